//! The private Postgres of a system, kept running, with everything in it made and migrated.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use eventstore::LogSetup;
use private_postgres::{Cluster, find_binaries};
use tokio::task::JoinHandle;

use crate::data::Data;
use crate::wiring::client;

const DATABASE: &str = "smart_tenders";
const SERVICE: &str = "smart_tenders_service";
/// How often a look tells whether the server is still there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A running private server; dropping it stops it.
pub struct Postgres {
    cluster: Arc<Mutex<Cluster>>,
    keeper: JoinHandle<()>,
    pub service_url: String,
    pub owner_url: String,
}

impl Postgres {
    /// Starts the server of `data`, and starts it again whenever it ends.
    pub async fn start(data: &Data) -> Result<Self> {
        let preferred = std::env::var_os("PG_BINDIR").map(PathBuf::from);
        let folder = data.postgres();
        let cluster = tokio::task::spawn_blocking(move || {
            let binaries = find_binaries(preferred.as_deref())?;
            Cluster::start(&folder, binaries)
        })
        .await?
        .context("starting the private PostgreSQL")?;
        let service_url = cluster.url(SERVICE, DATABASE);
        let owner_url = cluster.url("postgres", DATABASE);
        let admin_url = cluster.url("postgres", "postgres");
        let cluster = Arc::new(Mutex::new(cluster));
        let keeper = tokio::spawn(keep(Arc::clone(&cluster)));
        let postgres = Self { cluster, keeper, service_url, owner_url };
        create_database(&admin_url).await?;
        Ok(postgres)
    }

    /// Brings the schemas to the newest version and makes the log's head row.
    pub async fn prepare(&self, setup: &LogSetup) -> Result<()> {
        let mut owner = client(&self.owner_url).await?;
        migrations::run(&mut owner).await.context("migrating the database")?;
        eventstore::initialise(&owner, setup).await.context("setting up the log")?;
        Ok(())
    }

    /// Process number of the server.
    pub fn pid(&self) -> Option<u32> {
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner).server_pid()
    }

    /// Stops the server and waits until it is gone.
    pub async fn stop(self) {
        self.keeper.abort();
        let cluster = self.cluster;
        // The server takes its time to write what it holds, so no thread of the runtime waits for it.
        let stopped = tokio::task::spawn_blocking(move || drop(cluster)).await;
        if let Err(error) = stopped {
            tracing::warn!(%error, "the private PostgreSQL could not be stopped in order");
        }
    }
}

async fn create_database(admin_url: &str) -> Result<()> {
    let admin = client(admin_url).await?;
    let there = admin
        .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&DATABASE])
        .await
        .context("looking for the database")?;
    if there.is_none() {
        let sql = format!("CREATE DATABASE {DATABASE}");
        admin.batch_execute(&sql).await.context("making the database")?;
    }
    Ok(())
}

async fn keep(cluster: Arc<Mutex<Cluster>>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let cluster = Arc::clone(&cluster);
        let looked = tokio::task::spawn_blocking(move || {
            let mut cluster = cluster.lock().unwrap_or_else(PoisonError::into_inner);
            if !cluster.has_ended() {
                return Ok(());
            }
            tracing::warn!("the private PostgreSQL ended by itself and is started again");
            cluster.restart()
        });
        if let Ok(Err(error)) = looked.await {
            tracing::error!(%error, "the private PostgreSQL could not be started again");
        }
    }
}
