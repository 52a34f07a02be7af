//! Where something is shown, and what is still open.

use std::fmt;

/// Where something is shown, or at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptPart {
    /// The receipt file.
    Receipt,
    /// The bundle of the same position.
    Proof,
    /// The bundle of the opening.
    Opening,
    /// The chain, as a node tells it.
    Chain,
}

impl ReceiptPart {
    /// The part in one word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Proof => "proof",
            Self::Opening => "opening",
            Self::Chain => "chain",
        }
    }
}

impl fmt::Display for ReceiptPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Receipt => "the receipt file",
            Self::Proof => "the proof",
            Self::Opening => "the opening",
            Self::Chain => "the chain",
        })
    }
}

/// What is still open, and what would settle it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    /// Nothing shows whether the entry is anchored.
    NoProof,
    /// The proof or the opening is in the log, not anchored.
    NotAnchored(ReceiptPart),
    /// What is shown is in a development chain.
    Unsealed(ReceiptPart),
    /// The log signed another entry at the position, and did not anchor it.
    OtherEntry,
    /// The proof's block is later than promised. A digest stays in storage, so anybody can make a
    /// proof of a later block than the one that anchored the entry.
    GiveNode {
        /// The proof's block.
        block: u64,
    },
    /// The proof is of a later block than the one that anchored the entry.
    LaterBlock,
    /// The position is not anchored; it is not due yet, or the chain stands still.
    NotDue {
        /// Entries anchored.
        size: u64,
    },
    /// The position is anchored; whether with this entry, a proof shows.
    GiveProof {
        /// Entries anchored.
        size: u64,
    },
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProof => write!(f, "whether it was anchored: give --proof or --rpc"),
            Self::NotAnchored(part) => {
                write!(f, "{part} is in the log and not anchored: ask for it again later")
            }
            Self::Unsealed(part) => {
                write!(f, "{part} is of a development chain, where nothing is sealed by anybody")
            }
            Self::OtherEntry => write!(
                f,
                "the log signed a checkpoint with ANOTHER ENTRY at this position and did not anchor it: keep both files"
            ),
            Self::GiveNode { block } => write!(
                f,
                "block {block} is later than promised, and perhaps not the first that had it: give --rpc of a node with the state of block {}",
                block.saturating_sub(1)
            ),
            Self::LaterBlock => write!(
                f,
                "the block before the proof's had it already: a proof of the block that anchored it tells when"
            ),
            Self::NotDue { size } => write!(
                f,
                "{size} entries are anchored in the newest confirmed block, which is not late: not due yet, or the chain stands still"
            ),
            Self::GiveProof { size } => {
                write!(f, "{size} entries are anchored, its position among them: give --proof")
            }
        }
    }
}
