//! The keys of a system, made once, in files that only their owner can read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use eventstore::{Entropy, FolderKeys, Keyring, SystemEntropy};
use merkle::LogKey;
use merkle::receipt::ReceiptKey;

use crate::data::Data;

/// Makes the keys of a new system's log, before the services that read them.
///
/// Where there is a log already none is made: by the policy that names another key nothing would be right that was
/// signed before, and under another key of claims everything unique could be taken once more.
pub fn create(data: &Data, origin: &str) -> Result<()> {
    if data.postgres().exists() {
        return Ok(());
    }
    create_once(&log_key_file(data), |seed| {
        let key = LogKey::from_seed(origin, seed).context("making the log's key")?;
        Ok(key.secret().to_string())
    })?;
    create_once(&receipt_key_file(data), |seed| {
        let key = ReceiptKey::from_seed(origin, seed).context("making the key of receipts")?;
        Ok(key.secret().to_string())
    })?;
    create_once(&claims_key_file(data), |seed| Ok(hex(seed)))
}

/// A start that was cut off before there was a log may have left a key behind.
fn create_once(path: &Path, secret: impl FnOnce(&[u8; 32]) -> Result<String>) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut seed = [0; 32];
    SystemEntropy.fill(&mut seed);
    Ok(network::write_secret(path, &format!("{}\n", secret(&seed)?))?)
}

/// Where the key that signs checkpoints lies.
pub fn log_key_file(data: &Data) -> PathBuf {
    data.keys().join("log.key")
}

/// Where the newest key that signs chain transactions lies: that of the network's genesis, until it is rotated.
pub fn anchorer_key_file(data: &Data) -> PathBuf {
    let rotated = data.keys().join("anchorer.key");
    if rotated.exists() { rotated } else { data.keys().join("anchor.key") }
}

fn receipt_key_file(data: &Data) -> PathBuf {
    data.keys().join("receipt.key")
}

fn claims_key_file(data: &Data) -> PathBuf {
    data.keys().join("claims.key")
}

/// The key that signs checkpoints.
pub fn log_key(data: &Data) -> Result<LogKey> {
    let path = log_key_file(data);
    LogKey::parse(&read(&path, "signs checkpoints")?)
        .with_context(|| format!("{} holds no key of a log", path.display()))
}

/// The key that signs receipts, another than that of checkpoints.
pub fn receipt_key(data: &Data) -> Result<ReceiptKey> {
    let path = receipt_key_file(data);
    ReceiptKey::parse(&read(&path, "signs receipts")?)
        .with_context(|| format!("{} holds no key of receipts", path.display()))
}

fn read(path: &Path, does: &str) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| {
        let path = path.display();
        format!(
            "reading {path}, the key that {does}: put it back from the backup, no new one is \
             made for a log that is there"
        )
    })
}

/// What the event store works with: the key of keyed hashes, and the vault's folder.
pub fn keyring(data: &Data) -> Result<Keyring> {
    let path = claims_key_file(data);
    let key = bytes(read(&path, "hashes what is unique")?.trim())
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
    fn a_key_that_is_lost_is_asked_for_and_not_replaced() {
        let folder = std::env::temp_dir().join(format!("keys-{}", network::random_word().unwrap()));
        let data = Data::new(&folder).unwrap();
        data.create().unwrap();
        create(&data, "tenders.example/log").unwrap();
        let (log, receipts) = (log_key(&data).unwrap(), receipt_key(&data).unwrap());
        assert_ne!(log.verifier().to_string(), receipts.verifier().to_string());
        // A start that was cut off goes on with the keys that are there.
        create(&data, "tenders.example/log").unwrap();
        assert_eq!(log_key(&data).unwrap().verifier(), log.verifier());

        std::fs::create_dir(data.postgres()).unwrap();
        for file in [log_key_file(&data), receipt_key_file(&data), claims_key_file(&data)] {
            std::fs::remove_file(&file).unwrap();
            create(&data, "tenders.example/log").unwrap();
            assert!(!file.exists());
        }
        let errors = [log_key(&data).err(), receipt_key(&data).err(), keyring(&data).err()];
        for error in errors {
            let says = format!("{:#}", error.unwrap());
            assert!(says.contains("keys/") && says.contains("from the backup"), "{says}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn hexadecimal_is_read_as_it_was_written() {
        let key = [0, 1, 0xab, 0xff];
        assert_eq!(bytes(&hex(&key)).unwrap(), key);
        assert_eq!(bytes("0"), None);
        assert_eq!(bytes("zz"), None);
    }
}
