//! The opened set of a tender, and what it says of one proposal.

use std::collections::BTreeMap;
use std::fmt;

use super::Acknowledged;
use super::breach::{Breach, Contradiction};
use crate::encoding;
use crate::entry::OpenEnvelope;
use crate::json::Value;
use crate::members::{Members, ShapeError};

/// What a bidder withholds until the opening, each under a commitment of its own.
const ENVELOPES: [&str; 2] = ["/data/technical", "/data/economic"];

/// Why a receipt cannot be looked up in an opening (check `opening`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// The bundle is of another event.
    #[error("the bundle is not of a ProposalsOpened event")]
    OtherEvent,
    /// The event's data are not those of its type.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The receipt's file does not show what was sealed.
    #[error(
        "the receipt file does not disclose its inner envelope, so nobody can say of what it is"
    )]
    StillSealed,
    /// The receipt is of another kind of event.
    #[error("the receipt is of a {0}, no opening lists that")]
    NotAProposal(String),
    /// The receipt is of another tender.
    #[error("the opening is of another tender than the receipt")]
    OtherTender,
    /// The opening was recorded first.
    #[error("the opening at position {opening} was recorded before the receipt's entry at {seq}")]
    OpenedBefore {
        /// Position of the opening.
        opening: u64,
        /// Position of the receipt's entry.
        seq: u64,
    },
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// It was opened.
    Opened,
    /// A later proposal of the same bidder took its place.
    Replaced {
        /// Position of that proposal.
        by: u64,
    },
    /// The bidder took it back.
    Withdrawn {
        /// Position of the withdrawal.
        by: u64,
    },
    /// What the bidder sent could not be opened.
    Unopenable,
    /// It is the withdrawal of a proposal.
    Withdrawal,
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => write!(f, "opened"),
            Self::Replaced { by } => write!(f, "replaced by position {by}"),
            Self::Withdrawn { by } => write!(f, "withdrawn by position {by}"),
            Self::Unopenable => write!(f, "unopenable"),
            Self::Withdrawal => write!(f, "a withdrawal that was heeded"),
        }
    }
}

/// The proposal, replacement or withdrawal that a receipt acknowledges.
pub(super) struct Proposal {
    seq: u64,
    is_withdrawal: bool,
    /// Whether the receipt's file shows, rightly, everything there is to open.
    can_be_opened: bool,
}

/// What the receipt is of, if `opened` is the set to look it up in.
pub(super) fn proposal(receipt: &Acknowledged, opened: &Opened) -> Result<Proposal, OpeningError> {
    let inner = receipt.envelope.as_ref().ok_or(OpeningError::StillSealed)?;
    let is_withdrawal = match inner.kind.as_str() {
        "ProposalSubmitted" | "ProposalReplaced" => false,
        "ProposalWithdrawn" => true,
        other => return Err(OpeningError::NotAProposal(other.to_owned())),
    };
    if inner.data.get("tenderId").and_then(Value::as_str) != Some(&opened.tender_id) {
        return Err(OpeningError::OtherTender);
    }
    let (opening, seq) = (opened.position, receipt.event.seq);
    if opening <= seq {
        return Err(OpeningError::OpenedBefore { opening, seq });
    }
    let shown = |path: &&str| receipt.disclosures.iter().any(|shown| shown.path == **path);
    Ok(Proposal { seq, is_withdrawal, can_be_opened: ENVELOPES.iter().all(shown) })
}

/// The data of a `ProposalsOpened` event.
pub(super) struct Opened {
    /// Position of the event.
    position: u64,
    tender_id: String,
    /// What is said of each position; more than one thing only if the set contradicts itself.
    proposals: BTreeMap<u64, Vec<Listing>>,
}

impl Opened {
    pub(super) fn read(
        envelope: Option<&OpenEnvelope>,
        position: u64,
    ) -> Result<Self, OpeningError> {
        let open = envelope.filter(|open| open.kind == "ProposalsOpened");
        let data = Value::Object(open.ok_or(OpeningError::OtherEvent)?.data.clone());
        let members = Members::at_least(&data, "data", &["tenderId", "proposals"])?;
        let tender_id = members
            .read("tenderId", "a UUID", |id| encoding::is_uuid(id).then(|| id.to_owned()))?;
        let mut proposals = BTreeMap::<u64, Vec<Listing>>::new();
        for item in members.array("proposals")? {
            let members = Members::at_least(item, "proposal", &["position", "disposition"])?;
            let listing = read_listing(item, members.string("disposition")?)?;
            proposals.entry(members.position("position")?).or_default().push(listing);
        }
        Ok(Self { position, tender_id, proposals })
    }

    /// What the set says of `proposal`, or the breach that it is.
    pub(super) fn judge(&self, proposal: &Proposal) -> Result<Listing, Breach> {
        let opening = self.position;
        let contradicted = |cause| Breach::Contradicted { opening, cause };
        let listings = self.proposals.get(&proposal.seq).map_or(&[][..], Vec::as_slice);
        if proposal.is_withdrawal {
            return self.judge_withdrawal(proposal.seq);
        }
        let listing = match listings {
            [] => return Err(Breach::LeftOut { opening }),
            [listing] => *listing,
            _ => return Err(contradicted(Contradiction::ListedTwice)),
        };
        match listing {
            Listing::Replaced { by } | Listing::Withdrawn { by } if !self.follows(proposal, by) => {
                Err(contradicted(Contradiction::ByNotBetween { by }))
            }
            Listing::Replaced { by } if !self.lists_as_more_than_withdrawal(by) => {
                Err(contradicted(Contradiction::ByUnlisted { by }))
            }
            // A position whose content was to be opened is a proposal, so it withdraws nothing.
            Listing::Withdrawn { by } if self.lists_as_proposal(by) => {
                Err(contradicted(Contradiction::ByIsProposal { by }))
            }
            Listing::Unopenable if proposal.can_be_opened => {
                Err(contradicted(Contradiction::Openable))
            }
            Listing::Withdrawal => Err(contradicted(Contradiction::ProposalAsWithdrawal)),
            _ => Ok(listing),
        }
    }

    fn judge_withdrawal(&self, seq: u64) -> Result<Listing, Breach> {
        let opening = self.position;
        if self.lists_as_proposal(seq) {
            let cause = Contradiction::WithdrawalAsProposal;
            return Err(Breach::Contradicted { opening, cause });
        }
        let heeded = |(position, listings): (&u64, &Vec<Listing>)| {
            *position < seq && listings.contains(&Listing::Withdrawn { by: seq })
        };
        if self.proposals.iter().any(heeded) {
            Ok(Listing::Withdrawal)
        } else {
            Err(Breach::WithdrawalIgnored { opening })
        }
    }

    /// Whether a position is listed as something that can take a proposal's place.
    fn lists_as_more_than_withdrawal(&self, position: u64) -> bool {
        let mut listings = self.proposals.get(&position).into_iter().flatten();
        listings.any(|listing| *listing != Listing::Withdrawal)
    }

    /// Whether a position is listed as something that was, or might have been, opened.
    fn lists_as_proposal(&self, position: u64) -> bool {
        let listings = self.proposals.get(&position).map_or(&[][..], Vec::as_slice);
        let withdraws =
            |listing: &Listing| matches!(listing, Listing::Withdrawn { .. } | Listing::Withdrawal);
        !listings.iter().all(withdraws)
    }

    /// Whether `by` comes after the proposal and before the opening.
    const fn follows(&self, proposal: &Proposal, by: u64) -> bool {
        proposal.seq < by && by < self.position
    }
}

fn read_listing(item: &Value, disposition: &str) -> Result<Listing, ShapeError> {
    let by = || Members::at_least(item, "proposal", &["by"])?.position("by");
    match disposition {
        "opened" => Ok(Listing::Opened),
        "replaced" => Ok(Listing::Replaced { by: by()? }),
        "withdrawn" => Ok(Listing::Withdrawn { by: by()? }),
        "unopenable" => Ok(Listing::Unopenable),
        "withdrawal" => Ok(Listing::Withdrawal),
        _ => Err(ShapeError::Kind {
            object: "proposal",
            name: "disposition",
            expected: "opened, replaced, withdrawn, unopenable or withdrawal",
        }),
    }
}
