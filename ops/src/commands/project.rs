//! `project`: the read models, from zero, compared.

use anyhow::{Context, Result};

use crate::data::Data;
use crate::state::DatabaseUrl;
use crate::wiring::Rooms;

/// Rebuilds the read models from the log and compares them with those that are served.
///
/// Every release is made from its event again and must have the hash that is on the log; every row
/// must be equal. Then the new ones are served. The system may go on running meanwhile.
#[derive(Debug, clap::Args)]
pub struct Project {
    /// Drop what is there and build anew without comparing: for read models that are damaged.
    #[arg(long)]
    discard: bool,
    /// Most events in one transaction.
    #[arg(long, value_name = "COUNT", default_value_t = 500)]
    batch_size_max: u32,
    #[command(flatten)]
    database: DatabaseUrl,
}

impl Project {
    pub async fn run(&self, data: &Data) -> Result<()> {
        let rooms = Rooms::connect(data, &self.database.find(data)?).await?;
        let report = if self.discard {
            projections::drop_and_rebuild(&*rooms.store, &rooms.pool, self.batch_size_max).await
        } else {
            projections::rebuild(&*rooms.store, &rooms.pool, self.batch_size_max).await
        };
        let report = report.context("rebuilding the read models; those that are served stay")?;
        println!("generation          {}", report.generation);
        println!("events              {}", report.position);
        println!(
            "releases recomputed {}, all with the hash on the log",
            report.releases_recomputed
        );
        for (table, rows) in &report.rows_compared {
            println!("equal rows          {rows:>6} {table}");
        }
        Ok(())
    }
}
