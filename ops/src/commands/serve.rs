//! `serve`: the public API, the release publisher, the read models, the operator's socket.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use application::Application;
use domain::OcidPrefix;
use eventstore::PgStore;
use projections::Runner;
use tokio::net::TcpListener;
use tokio::sync::watch;

mod api;

use api::Api;

use crate::data::Data;
use crate::operator;
use crate::state::DatabaseUrl;
use crate::wiring::Rooms;

/// Most events that the read models take over in one transaction.
const PROJECTION_BATCH_MAX: u32 = 500;
/// How long requests under way may go on after a stop was asked for.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Serves the public API; publishes releases and follows the log with the read models.
///
/// `up` starts it with everything it needs; by hand it needs the same. It can be stopped at any
/// moment: what it had promised is in the database.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Address of the API.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Unix socket for the operator. Default: `run/operator.sock` in the data folder.
    #[arg(long, value_name = "FILE")]
    operator_socket: Option<PathBuf>,
    /// Prefix of every ocid; the default is for demonstrations only, a publisher registers one.
    #[arg(long, value_name = "PREFIX", env = "OCID_PREFIX", default_value = "ocds-000000")]
    ocid_prefix: OcidPrefix,
    /// Where the public reaches this server, without a slash at the end. Default: its own address.
    #[arg(long, value_name = "URL", env = "PUBLIC_URL")]
    public_url: Option<String>,
    /// Logins and new accounts that one address, or one login, may try in a minute.
    #[arg(long, value_name = "COUNT", env = "ATTEMPTS_PER_MINUTE", default_value_t = 20)]
    attempts_per_minute: u32,
    /// Live feeds at a time, `WebSocket`s and event streams together.
    #[arg(long, value_name = "COUNT", env = "FEEDS_MAX", default_value_t = 1_000)]
    feeds_max: u32,
    /// After so many seconds without an event the log says that nothing happened.
    #[arg(long, value_name = "SECONDS", env = "HEARTBEAT_IDLE_SECONDS", default_value_t = 3600,
        value_parser = clap::value_parser!(u64).range(1..))]
    heartbeat_idle_seconds: u64,
    #[command(flatten)]
    database: DatabaseUrl,
}

impl Serve {
    pub async fn run(&self, data: &Data) -> Result<()> {
        data.create()?;
        let database_url = self.database.find(data)?;
        let metrics = graphql::install_metrics()?;
        let rooms = Rooms::connect(data, &database_url).await?;
        let application = rooms.application(data, self.ocid_prefix.clone())?;
        let socket = match &self.operator_socket {
            Some(socket) => socket.clone(),
            None => data.operator_socket()?,
        };
        let listener = TcpListener::bind(self.listen)
            .await
            .with_context(|| format!("listening on {}", self.listen))?;
        let (stop, stopped) = watch::channel(false);
        let follower = tokio::spawn(follow(rooms.clone(), stopped.clone()));
        let publisher = tokio::spawn(publish(rooms.clone(), stopped.clone()));
        let idle = Duration::from_secs(self.heartbeat_idle_seconds);
        let heart = tokio::spawn(beat(rooms.clone(), idle, stopped.clone()));
        let timers = tokio::spawn(keep_hours(application.clone(), stopped.clone()));
        let api = Api {
            database_url,
            public_url: self.public_url.clone(),
            attempts_per_minute: self.attempts_per_minute,
            feeds_max: self.feeds_max,
        };
        let operator =
            operator::serve(&socket, application.clone(), graphql::admin_router(metrics));
        let api = api.serve(listener, &rooms, application, stop_of(stopped));
        let mut api = std::pin::pin!(api);
        tokio::select! {
            ended = operator => ended?,
            ended = &mut api => return ended,
            ended = end_of_process() => ended?,
        }
        stop.send_replace(true);
        // Requests under way may end; whoever waits longer asks the next server.
        let in_order = async { tokio::join!(api, follower, publisher, heart, timers) };
        if tokio::time::timeout(STOP_WITHIN, in_order).await.is_err() {
            tracing::warn!("some requests were cut off at the end");
        }
        tracing::info!("the API stopped");
        Ok(())
    }
}

async fn stop_of(mut stopped: watch::Receiver<bool>) {
    // The sender lives as long as the server; its end is a stop too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// An incident of the read models does not stop the rest: what was published stays readable, and
/// the served generation says what happened.
async fn follow(rooms: Rooms, stopped: watch::Receiver<bool>) {
    let runner = Runner::new(rooms.store, rooms.pool, PROJECTION_BATCH_MAX);
    if let Err(error) = runner.run(stop_of(stopped)).await {
        tracing::error!(error = &error as &dyn std::error::Error, "the read models stopped");
    }
}

async fn publish(rooms: Rooms, stopped: watch::Receiver<bool>) {
    let published = application::publisher::run(&*rooms.store, &rooms.pool, stop_of(stopped)).await;
    if let Err(error) = published {
        tracing::error!(error = &error as &dyn std::error::Error, "the release publisher stopped");
    }
}

async fn beat(rooms: Rooms, idle: Duration, stopped: watch::Receiver<bool>) {
    application::heartbeat::run(&*rooms.store, idle, stop_of(stopped)).await;
}

async fn keep_hours(application: Application<PgStore>, stopped: watch::Receiver<bool>) {
    application::timers::run(&application, stop_of(stopped)).await;
}

/// Ctrl-C at a terminal, SIGTERM from whoever supervises.
pub(super) async fn end_of_process() -> Result<()> {
    let terminate = tokio::signal::unix::SignalKind::terminate();
    let mut terminate = tokio::signal::unix::signal(terminate).context("listening for signals")?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted.context("listening for signals"),
    }
}
