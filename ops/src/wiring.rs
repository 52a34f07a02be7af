//! Connects the rooms to each other, the same way for every command.

use std::sync::Arc;

use ::anchor::BatchState;
use ::anchor::reader::Reader as AnchorReader;
use anyhow::{Context, Result};
use application::{Beacon, BeaconError, BlockAnswer};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use domain::{OcidPrefix, RuleSet};
use eventstore::{PgStore, SystemEntropy};
use ocds::package::Publication;
use tokio_postgres::{Config, NoTls};

use crate::commands::policy::DELAY_MAX;
use crate::data::Data;
use crate::keys;

/// Connections for everything but the log's own reads.
const CONNECTIONS: usize = 24;

/// The log and a pool beside it, both as the service's role. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    pub store: Arc<PgStore>,
    pub pool: Pool,
}

impl Rooms {
    pub async fn connect(data: &Data, database_url: &str) -> Result<Self> {
        let keyring = keys::keyring(data)?;
        let store = PgStore::connect(database_url, keyring, Box::new(SystemEntropy))
            .await
            .context("connecting to the log")?;
        let config: Config = database_url.parse().context("reading the connection string")?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, NoTls, recycling))
            .max_size(CONNECTIONS)
            .build()
            .context("making a pool of connections")?;
        Ok(Self { store: Arc::new(store), pool })
    }

    pub fn application(
        &self,
        data: &Data,
        ocid_prefix: OcidPrefix,
    ) -> Result<application::Application<PgStore>> {
        let rules = RuleSet::piloto_2018().clone();
        let settings = application::Settings { ocid_prefix, rules };
        let reader = AnchorReader::new(self.pool.clone(), Arc::clone(&self.store));
        let parts = application::Parts {
            entropy: Arc::new(SystemEntropy),
            keyring: keys::keyring(data)?,
            receipts: application::Receipts {
                key: keys::receipt_key(data)?,
                anchor_delay_max: DELAY_MAX,
            },
            beacon: Arc::new(AnchoringBlocks(reader)),
        };
        let (store, pool) = (Arc::clone(&self.store), self.pool.clone());
        Ok(application::Application::new(store, pool, settings, parts))
    }

    pub fn accounts(&self) -> Result<application::Accounts> {
        let settings = application::AccountSettings::default();
        let entropy = Arc::new(SystemEntropy);
        application::Accounts::new(self.pool.clone(), entropy, settings)
            .context("setting up the accounts")
    }
}

/// Blocks behind which a quorum of signers stands, as the anchor wrote them down.
struct AnchoringBlocks(AnchorReader<PgStore>);

impl std::fmt::Debug for AnchoringBlocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AnchoringBlocks")
    }
}

impl Beacon for AnchoringBlocks {
    fn block_of(&self, position: u64) -> BlockAnswer<'_> {
        Box::pin(async move {
            let batch = self.0.batch_of(position).await;
            let batch = batch.map_err(|error| BeaconError(Box::new(error)))?;
            let confirmed = batch.filter(|batch| batch.state == BatchState::Confirmed);
            Ok(confirmed.and_then(|batch| batch.block))
        })
    }
}

/// A single connection, for the owner's work.
pub async fn client(url: &str) -> Result<tokio_postgres::Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("connecting to the database")?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "a connection to the database broke off");
        }
    });
    Ok(client)
}

/// Who publishes, and under which terms, in every OCDS package.
pub fn publication() -> Publication {
    Publication {
        publisher_name: "Smart Tenders".to_owned(),
        publisher_uri: None,
        license: Some("https://creativecommons.org/licenses/by/4.0/".to_owned()),
        publication_policy: None,
        extensions_base_url: ocds::extensions::BASE_URL.to_owned(),
    }
}
