//! What the public reaches.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use application::Application;
use eventstore::PgStore;
use graphql::ServeConfig;
use tokio::net::TcpListener;

use crate::wiring::{Rooms, publication};

/// Connections for reading.
const READERS: usize = 24;
/// No read takes longer than that, or it is too large for a page.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// What the operator decides about it.
pub struct Api {
    /// libpq connection string of the service's role.
    pub database_url: String,
    /// Where the public reaches it; the listener's own address if nothing was said.
    pub public_url: Option<String>,
    /// Logins and new accounts an address may try in a minute.
    pub attempts_per_minute: u32,
    /// Live feeds at a time.
    pub feeds_max: u32,
}

impl Api {
    /// Serves until `stop` completes, then lets the requests under way end, and the feeds.
    pub async fn serve(
        self,
        listener: TcpListener,
        rooms: &Rooms,
        application: Application<PgStore>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<()> {
        let address = listener.local_addr().context("asking for the address of the API")?;
        let public_url = self.public_url.unwrap_or_else(|| format!("http://{address}"));
        let mut config = ServeConfig::new(public_url, publication());
        config.attempts_per_minute = self.attempts_per_minute;
        config.feeds_max = self.feeds_max;
        let pool = graphql::read_pool(&self.database_url, READERS, STATEMENT_TIMEOUT)
            .context("reading the connection string")?;
        let accounts = rooms.accounts()?;
        let store = Arc::clone(&rooms.store);
        let state = graphql::State::new(store, application, accounts, &pool, config);
        let feeds = state.clone();
        // A feed never ends by itself, so the requests under way would not.
        let stop = async move {
            stop.await;
            feeds.close_feeds();
        };
        let served = state.clone();
        let service = graphql::router(state).into_make_service_with_connect_info::<SocketAddr>();
        tracing::info!(api.address = %address, "the API is served");
        let serving = axum::serve(listener, service).with_graceful_shutdown(stop);
        serving.await.context("serving the API")?;
        served.feeds_closed().await;
        Ok(())
    }
}
