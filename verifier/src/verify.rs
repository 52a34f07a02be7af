//! The checks of a bundle, in the order of §7.

use crate::blocks;
use crate::bundle::{Anchor, Bundle};
use crate::chain::contract::digest_slot;
use crate::chain::trie;
use crate::disclosure;
use crate::entry::{Entry, Envelope, OpenEnvelope};
use crate::merkle::{Hash, verify_inclusion};
use crate::note::verify_checkpoint;
use crate::policy::{Consensus, Policy};
use crate::refusal::{At as _, Cause, Check, Refusal, require};
use crate::verdict::{AnchorFacts, EventFacts, LogFacts, Outcome, Report};

/// Checks a bundle against a policy; the first failure ends it.
#[must_use]
pub fn verify_bundle(bytes: &[u8], policy: &Policy) -> Report {
    verify_event(bytes, policy).0
}

/// The same, with the event's envelope if every check held.
pub(crate) fn verify_event(bytes: &[u8], policy: &Policy) -> (Report, Option<OpenEnvelope>) {
    let mut report = Report::new(policy);
    match examine(bytes, policy, &mut report) {
        Ok((outcome, envelope)) => {
            report.outcome = outcome;
            (report, envelope)
        }
        Err(refusal) => {
            report.outcome = Outcome::Refused(refusal);
            (report, None)
        }
    }
}

fn examine(
    bytes: &[u8],
    policy: &Policy,
    report: &mut Report,
) -> Result<(Outcome, Option<OpenEnvelope>), Refusal> {
    let bundle = Bundle::parse(bytes).at(Check::Limits)?;
    let entry = Entry::parse(&bundle.entry).at(Check::Leaf)?;
    let envelope = entry.envelope().at(Check::Profile)?;
    let header = envelope.header().clone();
    require(header.log == policy.origin, Check::Profile, || Cause::OtherLog {
        found: header.log.clone(),
        wanted: policy.origin.clone(),
    })?;
    let inner = disclosure::check(&envelope, &bundle.disclosures).at(Check::Disclosures)?;
    report.event =
        Some(EventFacts::new(&envelope, inner.as_ref(), entry.leaf(), &bundle.disclosures));
    check_paths(&bundle, header.seq, &entry.leaf())?;
    report.log = Some(check_checkpoint(&bundle, policy)?);
    let outcome = match &bundle.anchor {
        None => Outcome::NotAnchored,
        Some(anchor) => check_anchor(&bundle, anchor, header.at_ms.into(), policy, report)?,
    };
    let readable = match envelope {
        Envelope::Open(open) => Some(*open),
        Envelope::Sealed(_) => inner,
    };
    Ok((outcome, readable))
}

fn check_paths(bundle: &Bundle, seq: u64, leaf: &Hash) -> Result<(), Refusal> {
    let (batch, log) = (&bundle.batch, &bundle.log);
    let outside = || Cause::OutsideBatch { seq, first: batch.first, count: batch.count };
    require(seq >= batch.first && batch.log_size().is_some(), Check::BatchPath, outside)?;
    let index = seq - batch.first;
    require(index < batch.count, Check::BatchPath, outside)?;
    verify_inclusion(leaf, index, batch.count, &bundle.batch_path, &batch.root)
        .at(Check::BatchPath)?;
    require(batch.log_size() == Some(log.size), Check::LogPath, || Cause::OtherSize {
        size: log.size,
    })?;
    verify_inclusion(leaf, seq, log.size, &log.path, &log.root).at(Check::LogPath)
}

fn check_checkpoint(bundle: &Bundle, policy: &Policy) -> Result<LogFacts, Refusal> {
    let (log, keys) = (&bundle.log, &policy.witness_keys);
    let checkpoint =
        verify_checkpoint(&log.checkpoint, &policy.log_key, keys, policy.witness_quorum)
            .at(Check::Checkpoint)?;
    let same = checkpoint.origin == policy.origin
        && checkpoint.size == log.size
        && checkpoint.root == log.root;
    require(same, Check::Checkpoint, || Cause::OtherTree {
        origin: checkpoint.origin.clone(),
        size: checkpoint.size,
        root: checkpoint.root,
    })?;
    Ok(LogFacts {
        batch: bundle.batch.index,
        size: log.size,
        root: log.root,
        witnesses: checkpoint.witnesses,
    })
}

fn check_anchor(
    bundle: &Bundle,
    anchor: &Anchor,
    at_ms: i128,
    policy: &Policy,
    report: &mut Report,
) -> Result<Outcome, Refusal> {
    let (chain, size) = (&policy.chain, bundle.log.size);
    let check = Check::Anchor;
    require(anchor.consensus == chain.consensus, check, || Cause::OtherConsensus)?;
    require(anchor.chain_id == chain.chain_id, check, || Cause::OtherChainId(anchor.chain_id))?;
    require(anchor.genesis_hash == chain.genesis_hash, check, || {
        Cause::OtherGenesis(anchor.genesis_hash)
    })?;
    let other = || Cause::OtherContract { contract: anchor.contract, size };
    let contract = policy.contract_at(size).filter(|known| known.address == anchor.contract);
    let contract = contract.ok_or_else(other).at(check)?;

    let headers = blocks::decode(&anchor.headers)?;
    let Some(block) = headers.first() else {
        return blocks::sealing(&headers, chain).map(|_| Outcome::NotAnchored);
    };
    let storage = blocks::storage_root(contract, &block.state_root, &anchor.account_proof)?;
    let digest =
        bundle.batch.digest(&policy.origin, chain.chain_id, &contract.address, &bundle.log.root);
    trie::storage(&storage, &digest_slot(bundle.batch.index), &digest, &anchor.storage_proof)
        .at(Check::Storage)?;
    let sealing = blocks::sealing(&headers, chain)?;
    let late = check_times(block.number, block.timestamp_s, at_ms, policy)?;
    report.anchor = Some(AnchorFacts {
        contract: contract.address,
        block: block.number,
        block_hash: block.hash,
        block_ms: i128::from(block.timestamp_s) * 1000,
        headers: headers.len(),
        sealing,
    });
    Ok(match chain.consensus {
        Consensus::Clique => Outcome::Anchored { late },
        Consensus::Dev => Outcome::Unsealed { late },
    })
}

/// Whether the anchoring is late; an error if it came before the recording.
fn check_times(number: u64, seconds: u64, at_ms: i128, policy: &Policy) -> Result<bool, Refusal> {
    let block_ms = i128::from(seconds) * 1000;
    let tolerance_ms = i128::from(policy.tolerance_s) * 1000;
    require(block_ms + tolerance_ms >= at_ms, Check::Times, || Cause::BeforeRecording {
        number,
        block_ms,
        at_ms,
    })?;
    Ok(block_ms > at_ms + i128::from(policy.max_delay_s) * 1000 + tolerance_ms)
}
