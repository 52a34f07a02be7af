//! What may be asked of a procedure once its call is published, and of a contract.

use domain::content::BallotScores;
use domain::contract::ContractTerms;
use domain::input::MoneyInput;
use merkle::hash::{sha256, to_hex};
use serde::{Serialize, Serializer};

/// A document as it is sent.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentInput {
    /// Its file name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its bytes; whether two commands are the same is told by their hash.
    #[serde(serialize_with = "as_hash")]
    pub bytes: Vec<u8>,
}

fn as_hash<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_hex(&sha256(bytes)))
}

impl std::fmt::Debug for DocumentInput {
    /// Says nothing: what is sealed must not be printed with its command.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DocumentInput(…)")
    }
}

/// A proposal as it is sent: two envelopes.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposalInput {
    /// The technical envelope.
    pub technical: Vec<DocumentInput>,
    /// The price, VAT excluded.
    pub price: MoneyInput,
    /// The documents of the economic envelope.
    pub economic: Vec<DocumentInput>,
}

impl std::fmt::Debug for ProposalInput {
    /// Says nothing: a price that is printed is a price that is not sealed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProposalInput(…)")
    }
}

/// What a company may do in a tender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BidAct {
    /// Take part.
    RegisterParticipant {
        /// That nobody of the company has an interest in the unit.
        declares_no_conflict: bool,
    },
    /// Submit a proposal.
    SubmitProposal(Box<ProposalInput>),
    /// Submit another in its place.
    ReplaceProposal(Box<ProposalInput>),
    /// Take it back.
    WithdrawProposal,
}

impl BidAct {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::RegisterParticipant { .. } => "registerParticipant",
            Self::SubmitProposal(_) => "submitProposal",
            Self::ReplaceProposal(_) => "replaceProposal",
            Self::WithdrawProposal => "withdrawProposal",
        }
    }
}

/// A ballot as it is revealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RevealInput {
    /// Every proposal, in the order of the masks.
    pub proposals: Vec<BallotScores>,
    /// Why.
    pub justification: String,
    /// How likely the winner is to deliver in time, in per cent.
    pub delivery_probability_percent: u32,
    /// The commitment's salt, unpadded base64url of 32 bytes.
    pub salt: String,
}

/// What may be done in a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ProcedureAct {
    /// Open the technical envelopes.
    OpenTechnical,
    /// Score a proposal.
    SignTechnicalSheet {
        /// The proposal.
        mask: String,
        /// Centipoints, in the order of the call's technical criteria.
        scores: Vec<u32>,
        /// Why.
        justification: String,
    },
    /// Announce the draw of a panel.
    ScheduleDraw {
        /// How many seats.
        seats: u32,
        /// How many alternates at most.
        alternates: u32,
    },
    /// Draw it.
    DrawPanel,
    /// Take one's seat.
    AcceptAssignment,
    /// Leave it because of a conflict of interest.
    DeclareConflict {
        /// Why.
        reason: String,
    },
    /// Commit to a ballot.
    CommitBallot {
        /// The commitment, unpadded base64url of 32 bytes.
        commitment: String,
    },
    /// Reveal it.
    RevealBallot(Box<RevealInput>),
    /// Open the technical sheets and the economic envelopes.
    OpenEconomic,
    /// Compute all sub-scores.
    ComputeEvaluation,
    /// Break a tie of the first rank.
    BreakTie,
    /// Issue the ruling.
    IssueRuling {
        /// Why.
        reasons: String,
    },
    /// Issue the award.
    IssueAward {
        /// Why.
        reasons: String,
    },
    /// Award to nobody.
    DeclareDeserted {
        /// Why.
        reasons: String,
    },
    /// Prepare the contract for signature.
    PrepareContract(Box<ContractTerms>),
}

impl ProcedureAct {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::OpenTechnical => "openTechnical",
            Self::SignTechnicalSheet { .. } => "signTechnicalSheet",
            Self::ScheduleDraw { .. } => "scheduleDraw",
            Self::DrawPanel => "drawPanel",
            Self::AcceptAssignment => "acceptAssignment",
            Self::DeclareConflict { .. } => "declareConflict",
            Self::CommitBallot { .. } => "commitBallot",
            Self::RevealBallot(_) => "revealBallot",
            Self::OpenEconomic => "openEconomic",
            Self::ComputeEvaluation => "computeEvaluation",
            Self::BreakTie => "breakTie",
            Self::IssueRuling { .. } => "issueRuling",
            Self::IssueAward { .. } => "issueAward",
            Self::DeclareDeserted { .. } => "declareDeserted",
            Self::PrepareContract(_) => "prepareContract",
        }
    }
}

/// What may be done with a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ContractAct {
    /// Lodge the guarantee of performance.
    LodgeGuarantee {
        /// How much.
        amount: MoneyInput,
        /// Its number.
        reference: String,
    },
    /// Sign, for the party that the caller's role stands for.
    SignContract,
    /// Deliver.
    SubmitDeliverable {
        /// The deliverable.
        milestone_id: String,
        /// What is delivered.
        documents: Vec<DocumentInput>,
    },
    /// Send a deliverable back.
    ReturnDeliverable {
        /// The deliverable.
        milestone_id: String,
        /// Why.
        reason: String,
    },
    /// Accept a deliverable.
    AcceptDeliverable {
        /// The deliverable.
        milestone_id: String,
    },
    /// Charge for a late deliverable.
    ApplyPenalty {
        /// The deliverable.
        milestone_id: String,
    },
    /// Send the invoice of an accepted deliverable.
    RegisterInvoice {
        /// The deliverable.
        milestone_id: String,
        /// The invoice's own id (folio fiscal).
        invoice_id: String,
        /// How much.
        amount: MoneyInput,
    },
    /// Order its payment.
    OrderPayment {
        /// The deliverable.
        milestone_id: String,
    },
    /// Record that it was paid.
    RecordPayment {
        /// The deliverable.
        milestone_id: String,
        /// How much.
        amount: MoneyInput,
        /// The transfer's number.
        reference: String,
    },
    /// Close the contract and its accounts.
    CompleteContract,
    /// Rate how the supplier performed.
    RatePerformance {
        /// From 1 to 5.
        stars: u32,
        /// Why.
        comment: String,
    },
    /// Rate the work, as a citizen.
    RateWork {
        /// From 1 to 5.
        stars: u32,
    },
}

impl ContractAct {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::LodgeGuarantee { .. } => "lodgeGuarantee",
            Self::SignContract => "signContract",
            Self::SubmitDeliverable { .. } => "submitDeliverable",
            Self::ReturnDeliverable { .. } => "returnDeliverable",
            Self::AcceptDeliverable { .. } => "acceptDeliverable",
            Self::ApplyPenalty { .. } => "applyPenalty",
            Self::RegisterInvoice { .. } => "registerInvoice",
            Self::OrderPayment { .. } => "orderPayment",
            Self::RecordPayment { .. } => "recordPayment",
            Self::CompleteContract => "completeContract",
            Self::RatePerformance { .. } => "ratePerformance",
            Self::RateWork { .. } => "rateWork",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_documents_are_the_same_when_their_bytes_are_and_are_told_apart_without_them() {
        let document = |bytes: &[u8]| {
            let (name, media_type) = ("a.txt".to_owned(), "text/plain".to_owned());
            let document = DocumentInput { name, media_type, bytes: bytes.to_vec() };
            serde_json::to_string(&document).unwrap()
        };
        assert_eq!(document(b"one"), document(b"one"));
        assert_ne!(document(b"one"), document(b"two"));
        assert!(document(&[0; 10_000]).len() < 200);
    }
}
