//! What the log promised and did not keep, and which file proves it.

use std::fmt;

use super::part::ReceiptPart;
use super::report::ReceiptReport;
use crate::encoding::{hex, instant};
use crate::merkle::Hash;
use crate::verdict::AnchorFacts;

/// A promise or rule of the log that its own signatures show broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Breach {
    /// The entry was anchored after the promised instant; the block before was shown not to have it.
    LateAnchoring {
        /// The anchoring block.
        block: u64,
        /// Its time, milliseconds since 1970.
        block_ms: i128,
    },
    /// The promised instant passed in the chain, and the entry was not anchored.
    NotAnchored {
        /// A confirmed block after that instant.
        block: u64,
        /// Its time, milliseconds since 1970.
        block_ms: i128,
        /// Entries anchored in its state.
        size: u64,
    },
    /// Another entry than the acknowledged one is anchored at its position.
    OtherEntry {
        /// The leaf that is anchored.
        leaf: Hash,
        /// The anchoring block.
        block: u64,
    },
    /// The opening does not list the proposal.
    LeftOut {
        /// Position of the opening.
        opening: u64,
    },
    /// The opening says of the proposal what cannot be.
    Contradicted {
        /// Position of the opening.
        opening: u64,
        /// What cannot be.
        cause: Contradiction,
    },
    /// The opening lists nothing as withdrawn by the acknowledged withdrawal.
    WithdrawalIgnored {
        /// Position of the opening.
        opening: u64,
    },
}

/// Why what an opening says of a proposal cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// What replaced or withdrew it came before it or after the opening.
    #[error("as replaced or withdrawn by position {by}, which is not between it and the opening")]
    ByNotBetween {
        /// The position it names.
        by: u64,
    },
    /// What replaced it is not in the set, or only as a withdrawal.
    #[error("as replaced by position {by}, which the opening does not list as a proposal")]
    ByUnlisted {
        /// The position it names.
        by: u64,
    },
    /// What withdrew it is a proposal.
    #[error("as withdrawn by position {by}, which the opening lists as a proposal")]
    ByIsProposal {
        /// The position it names.
        by: u64,
    },
    /// It is called unopenable and can be opened.
    #[error("as unopenable, although the receipt file opens both of its envelopes")]
    Openable,
    /// Two things are said of it.
    #[error("more than once")]
    ListedTwice,
    /// It is a withdrawal and listed as a proposal.
    #[error("as a proposal, although it is a withdrawal")]
    WithdrawalAsProposal,
    /// It is a proposal and listed as a withdrawal.
    #[error("as a withdrawal, although it is a proposal")]
    ProposalAsWithdrawal,
}

impl Breach {
    pub(super) const fn late(anchor: &AnchorFacts) -> Self {
        Self::LateAnchoring { block: anchor.block, block_ms: anchor.block_ms }
    }

    /// The breach in one word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::LateAnchoring { .. } => "late-anchoring",
            Self::NotAnchored { .. } => "not-anchored-in-time",
            Self::OtherEntry { .. } => "another-entry",
            Self::LeftOut { .. } => "left-out",
            Self::Contradicted { .. } => "contradicted",
            Self::WithdrawalIgnored { .. } => "withdrawal-ignored",
        }
    }

    /// What each file or party proves, for whoever has to decide.
    #[must_use]
    pub fn evidence(&self, report: &ReceiptReport) -> Vec<(ReceiptPart, String)> {
        let seq = report.event.as_ref().map_or(0, |event| event.seq);
        let promise = instant(report.anchor_by_ms.unwrap_or_default().into());
        let acknowledged = format!("the log signed that it recorded this entry at position {seq}");
        match self {
            Self::LateAnchoring { block, block_ms } => vec![
                (ReceiptPart::Receipt, format!("{acknowledged}, to be anchored by {promise}")),
                (ReceiptPart::Proof, format!("block {block} has it, of {}", instant(*block_ms))),
                (
                    ReceiptPart::Chain,
                    format!(
                        "in the state of block {}, its parent, the position was not anchored",
                        block.saturating_sub(1)
                    ),
                ),
            ],
            Self::NotAnchored { block, block_ms, size } => vec![
                (ReceiptPart::Receipt, format!("{acknowledged}, to be anchored by {promise}")),
                (
                    ReceiptPart::Chain,
                    format!(
                        "block {block} of {} is confirmed, and in its state slot 0 of the contract says {size} entries",
                        instant(*block_ms)
                    ),
                ),
            ],
            Self::OtherEntry { leaf, block } => vec![
                (ReceiptPart::Receipt, acknowledged),
                (
                    ReceiptPart::Proof,
                    format!("block {block} anchors leaf {} at that position", hex(leaf)),
                ),
            ],
            Self::LeftOut { opening }
            | Self::Contradicted { opening, .. }
            | Self::WithdrawalIgnored { opening } => vec![
                (ReceiptPart::Receipt, format!("{acknowledged}, and what it is: {}", kind(report))),
                (
                    ReceiptPart::Opening,
                    format!("the anchored event at position {opening} is the opened set"),
                ),
            ],
        }
    }
}

fn kind(report: &ReceiptReport) -> &str {
    let name = report.event.as_ref().and_then(|event| event.name.as_ref());
    name.map_or("not disclosed", |(_, _, kind)| kind.as_str())
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LateAnchoring { .. } => write!(f, "late anchoring"),
            Self::NotAnchored { .. } => write!(f, "not anchored in time"),
            Self::OtherEntry { .. } => write!(f, "another entry stands at its position"),
            Self::LeftOut { .. } => write!(f, "left out of the opened set"),
            Self::Contradicted { cause, .. } => write!(f, "the opening lists it {cause}"),
            Self::WithdrawalIgnored { .. } => {
                write!(f, "the opening lists no proposal as withdrawn by it")
            }
        }
    }
}
