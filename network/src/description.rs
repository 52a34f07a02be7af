//! The declarative file a network is made from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A Clique network as its operators agreed on it: who signs, how fast, who holds money at first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Chain and network id.
    pub chain_id: u64,
    /// Seconds between two blocks, from 1.
    pub period_seconds: u64,
    /// Blocks between two checkpoints that list the signers.
    pub epoch_blocks: u64,
    /// Gas limit of every block.
    pub gas_limit: u64,
    /// Money the anchoring account has in the genesis block, in wei, canonical decimal.
    pub anchor_balance_wei: String,
    /// The nodes that seal, in any order.
    pub signers: Vec<SignerDescription>,
    /// The public node that keeps every state and answers proofs over HTTP on loopback.
    pub archive: ArchiveDescription,
}

/// A node that seals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerDescription {
    /// Name of the node: a lower-case letter, then letters, digits, `-`, at most 24 characters.
    pub name: String,
    /// The organisation that answers for it.
    pub organisation: String,
}

/// The archive node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveDescription {
    /// Name of the node, as for signers.
    pub name: String,
}

/// Why a description is not one.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// The text is not TOML, or has members of other names or types.
    #[error("the network file cannot be read")]
    Syntax(#[from] toml::de::Error),
    /// Nobody would seal.
    #[error("the network file names no signer; add a [[signers]] table")]
    NoSigner,
    /// With period 0 geth seals only when there is a transaction, and batches are never confirmed.
    #[error("period_seconds must be at least 1")]
    Period,
    /// An epoch of 0 blocks has no checkpoint.
    #[error("epoch_blocks must be at least 1")]
    Epoch,
    /// The name cannot be a folder and a host name.
    #[error("{name:?} cannot name a node: a lower-case letter, then letters, digits or '-'")]
    Name {
        /// The name as given.
        name: String,
    },
    /// Two nodes with one name.
    #[error("two nodes are named {name}")]
    NameTwice {
        /// The name.
        name: String,
    },
    /// The balance is not a decimal number.
    #[error("anchor_balance_wei must be a decimal number")]
    Balance,
}

impl Description {
    /// Reads and checks a description.
    ///
    /// # Errors
    /// [`DescriptionError`] names the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, DescriptionError> {
        let description: Self = toml::from_str(text)?;
        description.check()?;
        Ok(description)
    }

    /// Names of all geth nodes: the signers, then the archive node.
    pub fn node_names(&self) -> impl Iterator<Item = &str> {
        self.signers.iter().map(|signer| signer.name.as_str()).chain([self.archive.name.as_str()])
    }

    fn check(&self) -> Result<(), DescriptionError> {
        if self.signers.is_empty() {
            return Err(DescriptionError::NoSigner);
        }
        if self.period_seconds == 0 {
            return Err(DescriptionError::Period);
        }
        if self.epoch_blocks == 0 {
            return Err(DescriptionError::Epoch);
        }
        if self.anchor_balance_wei.parse::<u128>().is_err() {
            return Err(DescriptionError::Balance);
        }
        // The bootnode shares the folders of the others.
        let mut seen = BTreeSet::from(["boot"]);
        for name in self.node_names() {
            if !is_node_name(name) {
                return Err(DescriptionError::Name { name: name.to_owned() });
            }
            if !seen.insert(name) {
                return Err(DescriptionError::NameTwice { name: name.to_owned() });
            }
        }
        Ok(())
    }
}

fn is_node_name(name: &str) -> bool {
    name.len() <= 24
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        chain_id = 1
        period_seconds = 1
        epoch_blocks = 30000
        gas_limit = 4700000
        anchor_balance_wei = "1000"
        signers = [{ name = "signer1", organisation = "A" }]
        archive = { name = "archive1" }
    "#;

    #[test]
    fn a_description_is_read() {
        let description = Description::parse(TEXT).unwrap();
        assert_eq!(description.node_names().collect::<Vec<_>>(), ["signer1", "archive1"]);
    }

    #[test]
    fn an_unknown_member_is_refused() {
        let error = Description::parse(&TEXT.replace("chain_id", "chainid")).unwrap_err();
        assert!(matches!(error, DescriptionError::Syntax(_)));
    }

    #[test]
    fn a_period_of_zero_is_refused() {
        let error = Description::parse(&TEXT.replace("period_seconds = 1", "period_seconds = 0"));
        assert!(matches!(error, Err(DescriptionError::Period)));
    }

    #[test]
    fn names_that_would_leave_the_folder_are_refused() {
        for name in ["../x", "Signer", "", "boot"] {
            let text = TEXT.replace("archive1", name);
            assert!(Description::parse(&text).is_err(), "{name}");
        }
    }

    #[test]
    fn two_nodes_of_one_name_are_refused() {
        let error = Description::parse(&TEXT.replace("archive1", "signer1"));
        assert!(matches!(error, Err(DescriptionError::NameTwice { .. })));
    }
}
