//! `account`: accounts that only the operator makes.

use std::io::Read;

use anyhow::{Context, Result, bail};
use application::ExecuteError;
use clap::Subcommand;
use domain::Role;

use crate::data::Data;
use crate::state::DatabaseUrl;
use crate::wiring::Rooms;

/// Makes accounts of officials; citizens make their own.
#[derive(Debug, Subcommand)]
pub enum Account {
    Add(Add),
}

/// Makes an account with roles; its password comes on standard input.
///
/// `printf '%s' "$PASSWORD" | smart-tenders account add --login ana --role approver --password-stdin`
#[derive(Debug, clap::Args)]
pub struct Add {
    /// What the person logs in with: 3 to 64 lower-case letters, digits and `.` `_` `@` `+` `-`.
    #[arg(long, value_name = "LOGIN")]
    login: String,
    /// A role, such as `requesting`, `contracting`, `approver`, `catalog_admin`; may be repeated.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// Key of the unit the person works for, for the operator's log; roles hold for every unit.
    #[arg(long, value_name = "KEY")]
    unit: Option<String>,
    /// Read the password from standard input, up to its end; a line end at the end is not part of it.
    #[arg(long, required = true)]
    password_stdin: bool,
    #[command(flatten)]
    database: DatabaseUrl,
}

impl Account {
    pub async fn run(&self, data: &Data) -> Result<()> {
        let Self::Add(add) = self;
        add.run(data).await
    }
}

impl Add {
    async fn run(&self, data: &Data) -> Result<()> {
        let mut password = String::new();
        std::io::stdin().read_to_string(&mut password).context("reading the password")?;
        let password = password.trim_end_matches(['\r', '\n']);
        let rooms = Rooms::connect(data, &self.database.find(data)?).await?;
        match rooms.accounts()?.create(&self.login, password, &self.roles).await {
            Ok(account) => {
                let unit = self.unit.as_deref().unwrap_or("-");
                let account = account.account;
                tracing::info!(account.r#ref = %account, account.unit = unit, "an account was made");
                println!("{account}");
                Ok(())
            }
            Err(ExecuteError::Rejected(rejection)) => {
                bail!("{}: {}", rejection.code, rejection.message_es)
            }
            Err(error) => Err(error).context("making the account"),
        }
    }
}
