//! `drill`: attacks by whoever owns the database, rehearsed, and taken back.

use anyhow::Result;
use clap::Subcommand;

use crate::data::Data;
use crate::state::State;
use crate::wiring::client;
use crate::{drill, keys};

/// Rehearses attacks by the owner of the database; refused on a log that runs on the wall clock.
///
/// An auditor then replays the log (`verifier log`) and must name the place. `restore` puts
/// everything back; only one attack is rehearsed at a time.
#[derive(Debug, Subcommand)]
pub enum Drill {
    /// Change what one entry says, and nothing else.
    Edit(At),
    /// Change what one entry says and make everything in the database fit again: later entries,
    /// leaves, tiles, roots, even checkpoints signed with the log's own key. Only the chain tells.
    Rewrite(At),
    /// Put back what was there before.
    Restore,
}

/// Where to attack.
#[derive(Debug, clap::Args)]
pub struct At {
    /// Position of the entry in the log.
    #[arg(long, value_name = "POSITION")]
    position: u64,
}

impl Drill {
    pub async fn run(&self, data: &Data) -> Result<()> {
        let mut owner = client(&State::read(data)?.owner_database_url).await?;
        match self {
            Self::Edit(at) => drill::edit(&mut owner, at.position).await?,
            Self::Rewrite(at) => {
                let key = keys::log_key(data)?;
                drill::rewrite(&mut owner, at.position, &key).await?;
            }
            Self::Restore => return drill::restore(&mut owner).await,
        }
        println!("the log was changed; `smart-tenders drill restore` puts it back");
        Ok(())
    }
}
