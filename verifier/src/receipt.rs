//! Whether a receipt is one, and whether the log kept what it promises, §10 and §11.
//!
//! A receipt is signed after an entry was recorded and before it is anchored. By itself it shows
//! that the log acknowledged the entry; with a proof, an opening or a chain node it shows a breach.

mod breach;
mod file;
mod opening;
mod part;
mod report;

pub use breach::{Breach, Contradiction};
pub use file::{RECEIPT_BYTES_MAX, ReceiptError};
pub use opening::{Listing, OpeningError};
pub use part::{Pending, ReceiptPart};
pub use report::{ReceiptOutcome, ReceiptReport};

use crate::bundle::{Bundle, Disclosure};
use crate::chain::header::Header;
use crate::entry::OpenEnvelope;
use crate::log::{LogError, newest_size, size_before};
use crate::merkle::Hash;
use crate::policy::Policy;
use crate::refusal::{At as _, Check, Refusal};
use crate::verdict::{AnchorFacts, EventFacts, Outcome};
use crate::verify::verify_event;

/// What a receipt is held against.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// A bundle of the same position.
    pub proof: Option<&'a [u8]>,
    /// A bundle of the tender's `ProposalsOpened` event.
    pub opening: Option<&'a [u8]>,
    /// A node's JSON-RPC over HTTP. With a proof, it is asked only if the proof looks late.
    pub rpc: Option<&'a str>,
}

/// Checks a receipt file, and what the log did about what it acknowledged.
///
/// # Errors
/// Only if the node cannot be read; a failed check is the report's outcome.
pub fn verify_receipt(
    file: &[u8],
    evidence: &Evidence<'_>,
    policy: &Policy,
) -> Result<ReceiptReport, LogError> {
    let mut report = ReceiptReport::new(policy);
    match examine(file, evidence, policy, &mut report) {
        Ok(()) => report.conclude(),
        Err((part, LogError::Refused(refusal))) => report.refuse(part, refusal),
        Err((_, unreadable)) => return Err(unreadable),
    }
    Ok(report)
}

/// A receipt whose file was checked.
struct Acknowledged {
    event: EventFacts,
    anchor_by_ms: i64,
    /// The event's envelope, if the file shows it.
    envelope: Option<OpenEnvelope>,
    disclosures: Vec<Disclosure>,
}

/// The file at fault, and how.
type Fault = (ReceiptPart, LogError);

fn in_part<E: Into<LogError>>(part: ReceiptPart) -> impl FnOnce(E) -> Fault {
    move |error| (part, error.into())
}

fn examine(
    file: &[u8],
    evidence: &Evidence<'_>,
    policy: &Policy,
    report: &mut ReceiptReport,
) -> Result<(), Fault> {
    let receipt = file::check(file, policy).map_err(in_part(ReceiptPart::Receipt))?;
    report.acknowledged(&receipt);
    match (evidence.proof, evidence.rpc) {
        (Some(proof), rpc) => check_proof(proof, rpc, &receipt, policy, report)?,
        (None, Some(rpc)) => {
            ask_chain(rpc, &receipt, policy, report).map_err(in_part(ReceiptPart::Chain))?;
        }
        (None, None) => report.pending.push(Pending::NoProof),
    }
    if let Some(opening) = evidence.opening {
        check_opening(opening, &receipt, policy, report).map_err(in_part(ReceiptPart::Opening))?;
    }
    Ok(())
}

fn check_proof(
    bytes: &[u8],
    rpc: Option<&str>,
    receipt: &Acknowledged,
    policy: &Policy,
    report: &mut ReceiptReport,
) -> Result<(), Fault> {
    let (anchoring, leaf) =
        proof_of(bytes, receipt.event.seq, policy).map_err(in_part(ReceiptPart::Proof))?;
    let Anchoring::In(anchor) = anchoring else {
        report.pending.push(match anchoring {
            _ if leaf != receipt.event.leaf => Pending::OtherEntry,
            Anchoring::Unsealed => Pending::Unsealed(ReceiptPart::Proof),
            _ => Pending::NotAnchored(ReceiptPart::Proof),
        });
        return Ok(());
    };
    report.anchor = Some(anchor.clone());
    if leaf != receipt.event.leaf {
        report.breaches.push(Breach::OtherEntry { leaf, block: anchor.block });
    } else if anchor.block_ms > report::latest_ms(receipt.anchor_by_ms, policy) {
        let held = rpc.map(|rpc| held_before(bytes, rpc, receipt.event.seq, policy));
        match held.transpose().map_err(in_part(ReceiptPart::Chain))? {
            Some(true) => report.pending.push(Pending::LaterBlock),
            Some(false) => report.breaches.push(Breach::late(&anchor)),
            None => report.pending.push(Pending::GiveNode { block: anchor.block }),
        }
    }
    Ok(())
}

/// What a bundle shows of the chain.
enum Anchoring {
    In(AnchorFacts),
    Unsealed,
    Missing,
}

/// How the bundle of position `seq` is anchored, and its leaf.
fn proof_of(bytes: &[u8], seq: u64, policy: &Policy) -> Result<(Anchoring, Hash), Refusal> {
    let (report, _) = verify_event(bytes, policy);
    let anchoring = anchoring(report.outcome, report.anchor)?;
    let found = report.event.map(|event| (event.seq, event.leaf));
    let of_this = found.filter(|(position, _)| *position == seq);
    let found = found.map_or(0, |(position, _)| position);
    let other = ReceiptError::OtherPosition { found, wanted: seq };
    of_this.ok_or(other).at(Check::Receipt).map(|(_, leaf)| (anchoring, leaf))
}

fn anchoring(outcome: Outcome, anchor: Option<AnchorFacts>) -> Result<Anchoring, Refusal> {
    match (outcome, anchor) {
        (Outcome::Refused(refusal), _) => Err(refusal),
        (Outcome::Anchored { .. }, Some(anchor)) => Ok(Anchoring::In(anchor)),
        (Outcome::Unsealed { .. }, _) => Ok(Anchoring::Unsealed),
        (Outcome::Anchored { .. } | Outcome::NotAnchored, _) => Ok(Anchoring::Missing),
    }
}

/// Whether the block before the bundle's had the position already.
///
/// A digest stays in storage, so a bundle can be made of any later block too: only the state
/// before it tells which block anchored the batch.
fn held_before(bytes: &[u8], rpc: &str, seq: u64, policy: &Policy) -> Result<bool, LogError> {
    let bundle = Bundle::parse(bytes).at(Check::Limits)?;
    let rlp = bundle.anchor.as_ref().and_then(|anchor| anchor.headers.first());
    let header = rlp.and_then(|rlp| Header::decode(rlp).ok());
    let (Some(header), Some(contract)) = (header, policy.contract_at(bundle.log.size)) else {
        // The bundle was found anchored, so it has both.
        return Ok(false);
    };
    Ok(size_before(rpc, contract, &header)? > seq)
}

fn ask_chain(
    rpc: &str,
    receipt: &Acknowledged,
    policy: &Policy,
    report: &mut ReceiptReport,
) -> Result<(), LogError> {
    let seq = receipt.event.seq;
    let contract = seq.checked_add(1).and_then(|size| policy.contract_at(size));
    let contract = contract.ok_or(ReceiptError::NoContract { seq }).at(Check::Anchor)?;
    let Some((size, block)) = newest_size(rpc, policy, contract)? else {
        report.pending.push(Pending::NotDue { size: contract.from_size });
        return Ok(());
    };
    report.anchor = Some(block.clone());
    let due = block.block_ms > report::latest_ms(receipt.anchor_by_ms, policy);
    match (size > seq, due, block.sealing.is_some()) {
        (true, ..) => report.pending.push(Pending::GiveProof { size }),
        (false, true, true) => report.breaches.push(Breach::NotAnchored {
            block: block.block,
            block_ms: block.block_ms,
            size,
        }),
        (false, true, false) => report.pending.push(Pending::Unsealed(ReceiptPart::Chain)),
        (false, false, _) => report.pending.push(Pending::NotDue { size }),
    }
    Ok(())
}

fn check_opening(
    bytes: &[u8],
    receipt: &Acknowledged,
    policy: &Policy,
    report: &mut ReceiptReport,
) -> Result<(), Refusal> {
    let (verdict, envelope) = verify_event(bytes, policy);
    let position = verdict.event.as_ref().map_or(0, |event| event.seq);
    let anchoring = anchoring(verdict.outcome, verdict.anchor)?;
    let opened = opening::Opened::read(envelope.as_ref(), position).at(Check::Opening)?;
    let proposal = opening::proposal(receipt, &opened).at(Check::Opening)?;
    match anchoring {
        Anchoring::In(_) => {}
        // A set that can still be replaced is no breach yet.
        Anchoring::Unsealed => {
            report.pending.push(Pending::Unsealed(ReceiptPart::Opening));
            return Ok(());
        }
        Anchoring::Missing => {
            report.pending.push(Pending::NotAnchored(ReceiptPart::Opening));
            return Ok(());
        }
    }
    match opened.judge(&proposal) {
        Ok(listing) => report.listing = Some(listing),
        Err(breach) => report.breaches.push(breach),
    }
    Ok(())
}
