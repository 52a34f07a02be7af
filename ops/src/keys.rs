//! The keys of a system, made once, in files that only their owner can read.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use eventstore::{Entropy, FolderKeys, Keyring, SystemEntropy};
use merkle::LogKey;
use merkle::receipt::ReceiptKey;

use crate::data::Data;

/// The key that signs checkpoints; made for `origin` if there is none.
pub fn log_key(data: &Data, origin: &str) -> Result<LogKey> {
    let path = data.keys().join("log.key");
    if !path.exists() {
        let mut seed = [0; 32];
        SystemEntropy.fill(&mut seed);
        let key = LogKey::from_seed(origin, &seed).context("making the log's key")?;
        network::write_secret(&path, &format!("{}\n", key.secret()))?;
    }
    read_log_key(&path)
}

/// The key that signs receipts, another than that of checkpoints; made for `origin` if there is none.
pub fn receipt_key(data: &Data, origin: &str) -> Result<ReceiptKey> {
    let path = data.keys().join("receipt.key");
    if !path.exists() {
        let mut seed = [0; 32];
        SystemEntropy.fill(&mut seed);
        let key = ReceiptKey::from_seed(origin, &seed).context("making the key of receipts")?;
        network::write_secret(&path, &format!("{}\n", key.secret()))?;
    }
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("reading the key of receipts {}", path.display()))?;
    ReceiptKey::parse(&text).with_context(|| format!("{} holds no key of receipts", path.display()))
}

/// The key that signs checkpoints.
pub fn read_log_key(path: &Path) -> Result<LogKey> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("reading the log's key {}", path.display()))?;
    LogKey::parse(&text).with_context(|| format!("{} holds no key of a log", path.display()))
}

/// What the event store works with: the key of keyed hashes, and the vault's folder.
pub fn keyring(data: &Data) -> Result<Keyring> {
    let path = data.keys().join("claims.key");
    if !path.exists() {
        let mut key = [0; 32];
        SystemEntropy.fill(&mut key);
        network::write_secret(&path, &format!("{}\n", hex(&key)))?;
    }
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("reading the key of claims {}", path.display()))?;
    let key = bytes(text.trim())
        .and_then(|bytes| bytes.try_into().ok())
        .with_context(|| format!("{} does not hold 64 hexadecimal digits", path.display()))?;
    let vault = FolderKeys::open(&data.keys().join("vault"))?;
    Ok(Keyring::new(key, Arc::new(vault)))
}

/// Lower-case hexadecimal without `0x`.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every byte");
        text
    })
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_as_it_was_written() {
        let key = [0, 1, 0xab, 0xff];
        assert_eq!(bytes(&hex(&key)).unwrap(), key);
        assert_eq!(bytes("0"), None);
        assert_eq!(bytes("zz"), None);
    }
}
