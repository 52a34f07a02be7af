//! What requests are answered from.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anchor::reader::Reader as AnchorReader;
use application::{Accounts, Application, Fault};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use eventstore::PgStore;
use ocds::package::Publication;
use projections::Reader;
use tokio_postgres::{Config, NoTls};

use crate::feed::Feeds;
use crate::limiter::Limiter;

/// What the operator decides about serving.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// Where the public reaches this server, without a slash at the end, such as `http://127.0.0.1:41753`.
    ///
    /// It stands in OCDS packages and is what an `Origin` header is compared with. With `https` the session
    /// cookie is a `__Host-` cookie.
    pub public_url: String,
    /// Who publishes, and under which terms.
    pub publication: Publication,
    /// How long a query waits for its `minPosition`; default 5 s.
    pub wait_max: Duration,
    /// How long a request may take; default 20 s.
    pub request_timeout: Duration,
    /// Logins and new accounts that one address, or one login, may try in a minute; default 20.
    pub attempts_per_minute: u32,
    /// How far the read models may lag behind the log and still be called ready, in events; default 10,000.
    pub lag_max: u64,
    /// Live feeds at a time, `WebSocket`s and event streams together; default 1,000. Further ones are refused.
    pub feeds_max: u32,
    /// How often a feed on which nothing happens says that it lives; default 15 s. A WebSocket whose client did not
    /// answer by the next time is closed, and so is any feed whose client takes nothing for twice as long.
    pub feed_keep_alive: Duration,
    /// How often it is looked whether a batch was confirmed, while somebody follows the batches; default 1 s.
    pub batch_poll_interval: Duration,
}

impl ServeConfig {
    /// A configuration with every default.
    #[must_use]
    pub fn new(public_url: String, publication: Publication) -> Self {
        Self {
            public_url,
            publication,
            wait_max: Duration::from_secs(5),
            request_timeout: Duration::from_secs(20),
            attempts_per_minute: 20,
            lag_max: 10_000,
            feeds_max: 1_000,
            feed_keep_alive: Duration::from_secs(15),
            batch_poll_interval: Duration::from_secs(1),
        }
    }

    /// How long something may take to leave: whoever takes nothing for so long is gone, or wants to do harm.
    pub(crate) fn feed_send_within(&self) -> Duration {
        self.feed_keep_alive * 2
    }

    /// Whether the public reaches this server over TLS.
    #[must_use]
    pub(crate) fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Everything a request may need. Cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Parts>);

/// The parts of a [`State`].
pub struct Parts {
    pub(crate) store: Arc<PgStore>,
    pub(crate) application: Application<PgStore>,
    pub(crate) accounts: Accounts,
    pub(crate) reader: Reader,
    pub(crate) anchors: AnchorReader<PgStore>,
    pub(crate) feeds: Feeds,
    pub(crate) config: ServeConfig,
    pub(crate) limiter: Limiter,
    pub(crate) append_failure: Mutex<Option<String>>,
}

impl std::ops::Deref for State {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl State {
    /// Puts the parts together; `pool` is for reading (see [`read_pool`]), connected as the service's role.
    #[must_use]
    pub fn new(
        store: Arc<PgStore>,
        application: Application<PgStore>,
        accounts: Accounts,
        pool: &Pool,
        config: ServeConfig,
    ) -> Self {
        let anchors = AnchorReader::new(pool.clone(), Arc::clone(&store));
        Self(Arc::new(Parts {
            reader: Reader::new(pool.clone()),
            feeds: Feeds::new(Arc::clone(&store), anchors.clone(), &config),
            anchors,
            limiter: Limiter::new(config.attempts_per_minute, Duration::from_mins(1)),
            append_failure: Mutex::new(None),
            store,
            application,
            accounts,
            config,
        }))
    }

    /// Tells every live feed to end, and opens no more: they would never end by themselves.
    ///
    /// Do it when the server stops, then let the requests under way end, then wait for [`State::feeds_closed`]:
    /// a server does not wait for `WebSocket`s.
    pub fn close_feeds(&self) {
        self.feeds.close();
    }

    /// Waits until every live feed has ended.
    pub async fn feeds_closed(&self) {
        self.feeds.closed().await;
    }

    /// Remembers whether the last append went through, for whoever asks whether the system is ready.
    pub(crate) fn note_append(&self, fault: Option<&Fault>) {
        let failure = match fault {
            Some(Fault::Append(cause)) => Some(cause.to_string()),
            Some(_) => return,
            None => None,
        };
        *self.append_failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    pub(crate) fn append_failure(&self) -> Option<String> {
        self.append_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Connections for reading, on each of which no statement may run longer than `statement_timeout`.
///
/// `url` is a libpq connection string.
///
/// # Errors
/// When the string is none.
///
/// # Panics
/// Never: a pool without timeouts needs no runtime.
pub fn read_pool(
    url: &str,
    connections_max: usize,
    statement_timeout: Duration,
) -> Result<Pool, tokio_postgres::Error> {
    let mut config: Config = url.parse()?;
    let timeout = format!("-c statement_timeout={}", statement_timeout.as_millis());
    let options = match config.get_options() {
        Some(options) => format!("{options} {timeout}"),
        None => timeout,
    };
    config.options(options);
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Ok(Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(connections_max)
        .build()
        .expect("a pool without timeouts needs no runtime"))
}
