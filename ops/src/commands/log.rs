//! `log`: the log as static files that anybody may read and copy.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::anchor::Url;
use ::anchor::publication::{Bucket, BucketAddress, Folder, Place, PublishError, publish};
use ::anchor::reader::Reader;
use anyhow::{Context, Result};
use clap::Subcommand;
use eventstore::PgStore;

use crate::data::Data;
use crate::state::DatabaseUrl;
use crate::wiring::Rooms;

/// Publishes the log as static files (C2SP tlog-tiles), for a web server, an object store, a mirror.
#[derive(Debug, clap::Args)]
pub struct Log {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write what is new to a folder or a bucket: tiles first, then the checkpoint that covers them.
    #[command(after_help = "\
Example: a folder that a web server shows as https://tenders.example/log/
  smart-tenders log publish --to /srv/www/log --every 10

Example: a bucket of an object store that speaks S3
  S3_ACCESS_KEY_ID=… S3_SECRET_ACCESS_KEY=… smart-tenders log publish \\
      --bucket tenders --endpoint https://s3.example --prefix log

What is there already is looked at first: another log, or a longer one, is left as it is (exit code 1).")]
    Publish(Publish),
}

#[derive(Debug, clap::Args)]
struct Publish {
    /// Folder to write to; made if it is missing.
    #[arg(long, value_name = "DIR", required_unless_present = "bucket")]
    to: Option<PathBuf>,
    /// Bucket to write to.
    #[arg(long, value_name = "NAME", conflicts_with = "to", requires = "endpoint")]
    bucket: Option<String>,
    /// Address of the bucket's store.
    #[arg(long, value_name = "URL", requires = "bucket")]
    endpoint: Option<Url>,
    /// Region of the bucket's store.
    #[arg(long, value_name = "NAME", default_value = "us-east-1")]
    region: String,
    /// What stands in front of every name in the bucket.
    #[arg(long, value_name = "PATH", default_value = "", value_parser = prefix)]
    prefix: String,
    /// Access key of the bucket's store.
    #[arg(
        long,
        value_name = "KEY",
        env = "S3_ACCESS_KEY_ID",
        hide_env_values = true,
        requires = "bucket"
    )]
    access_key: Option<String>,
    /// Its secret.
    #[arg(
        long,
        value_name = "SECRET",
        env = "S3_SECRET_ACCESS_KEY",
        hide_env_values = true,
        requires = "bucket"
    )]
    secret_key: Option<String>,
    /// Go on for ever, so many seconds after each time.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    #[command(flatten)]
    database: DatabaseUrl,
}

impl Log {
    pub async fn run(&self, data: &Data) -> Result<()> {
        let Action::Publish(action) = &self.action;
        let rooms = Rooms::connect(data, &action.database.find(data)?).await?;
        let reader = Reader::new(rooms.pool.clone(), Arc::clone(&rooms.store));
        match (&action.to, &action.bucket) {
            (Some(folder), _) => action.publish(&reader, &Folder::new(folder)).await,
            (None, Some(name)) => action.publish(&reader, &action.open(name)?).await,
            (None, None) => unreachable!("clap wants one of them"),
        }
    }
}

impl Publish {
    fn open(&self, name: &str) -> Result<Bucket> {
        let address = BucketAddress {
            endpoint: self.endpoint.clone().context("--endpoint says where the bucket is")?,
            name: name.to_owned(),
            region: self.region.clone(),
            prefix: self.prefix.clone(),
        };
        let key = self.access_key.as_deref().context("S3_ACCESS_KEY_ID is not set")?;
        let secret = self.secret_key.as_deref().context("S3_SECRET_ACCESS_KEY is not set")?;
        Bucket::new(&address, key, secret).context("opening the bucket")
    }

    async fn publish<P: Place>(&self, reader: &Reader<PgStore>, place: &P) -> Result<()> {
        loop {
            match publish(reader, place).await {
                Ok(done) => {
                    let new = done.size - done.before;
                    println!("{} entries published, {new} new, {} tiles", done.size, done.tiles);
                }
                // What may be otherwise in a moment is no reason to end what goes on for ever.
                Err(error @ (PublishError::NothingYet | PublishError::Place(_)))
                    if self.every.is_some() =>
                {
                    eprintln!("{:#}", anyhow::Error::from(error));
                }
                Err(error) => return Err(error).context("publishing the log"),
            }
            let Some(seconds) = self.every else { return Ok(()) };
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }
}

fn prefix(text: &str) -> Result<String, String> {
    let fits = text.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if text.is_empty() || fits {
        Ok(text.to_owned())
    } else {
        Err("a path without slashes at its ends and without . or ..".to_owned())
    }
}
