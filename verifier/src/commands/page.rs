//! `verifier page`: whether a saved page is the one this program was published with.

use std::path::PathBuf;

use verifier::encoding::hex;
use verifier::merkle::sha256;

use crate::read;

pub const AFTER_HELP: &str = "\
Example: the page that somebody sent you, before you open it
  verifier page verifier.html

The same SHA-256 is in docs/web-verifier.sha256, and whoever builds the page gets the same bytes.
Exit codes: 0 it is that page · 1 it is another, or one of another version · 2 it cannot be read";

/// `sha256sum` of the page, as `web/verifier` builds it.
const PUBLISHED: &str = include_str!("../../../docs/web-verifier.sha256");
const PAGE_BYTES_MAX: usize = 16 << 20;

#[derive(clap::Args)]
pub struct Arguments {
    /// The page, one HTML file.
    file: PathBuf,
}

impl Arguments {
    pub fn run(&self) -> anyhow::Result<u8> {
        let hash = hex(&sha256(&read(&self.file, PAGE_BYTES_MAX)?));
        let hash = hash.trim_start_matches("0x");
        let published = PUBLISHED.split_whitespace().next().unwrap_or_default();
        if hash == published {
            println!("SAME: SHA-256 {hash}, the page of this version of verifier");
            return Ok(0);
        }
        println!("ANOTHER PAGE: SHA-256 {hash}; of this version of verifier it is {published}");
        println!("Do not open it: take the page from elsewhere, or build it (web/verifier).");
        Ok(1)
    }
}
