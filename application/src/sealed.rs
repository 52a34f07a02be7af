//! What is sealed, for the system's own eyes.
//!
//! Until custodians hold the keys, the server can read what is sealed: it keeps the keys outside the database and
//! uses them to decide what a company may do, and to open.

use domain::proposal::ProposalEvent;
use domain::tender::{SealedAct, SealedActKind};
use domain::{AccountRef, DomainEvent, ProposalId, TenderId};
use eventstore::EventStore;
use merkle::Envelope;
use uuid::Uuid;

use crate::history::{actor, known};
use crate::outcome::Fault;

/// Entries read at a time.
const READ_MAX: u32 = 500;

/// A sealed entry of a tender.
#[derive(Debug)]
pub(crate) struct SealedEntry {
    pub position: u64,
    pub event: DomainEvent,
    /// Who recorded it, where the inner envelope says so.
    pub actor: Option<AccountRef>,
}

/// Every sealed entry of a tender from the position of its call on, in order.
///
/// There is no index that says which sealed entry belongs to which tender: one could get lost, or be read. The log
/// itself is walked.
pub(crate) async fn entries_of(
    store: &impl EventStore,
    tender_id: TenderId,
    from: u64,
) -> Result<Vec<SealedEntry>, Fault> {
    let mut next = from;
    let mut entries = Vec::new();
    loop {
        let page = store.read(next, READ_MAX).await?;
        let Some(last) = page.last() else { return Ok(entries) };
        next = last.position + 1;
        for recorded in page.iter().filter(|recorded| recorded.is_sealed()) {
            let Some(envelope) = store.unseal(recorded).await? else { continue };
            if !names_tender(&envelope, tender_id) {
                continue;
            }
            if let Some(event) = known(store, recorded.id(), &envelope).await? {
                let actor = actor(&envelope);
                entries.push(SealedEntry { position: recorded.position, event, actor });
            }
        }
    }
}

fn names_tender(envelope: &Envelope, tender_id: TenderId) -> bool {
    envelope.data.get("tenderId").and_then(|it| it.as_str()) == Some(&tender_id.to_string())
}

/// The acts on proposals among sealed entries, in order.
pub(crate) fn acts(entries: &[SealedEntry]) -> Vec<SealedAct> {
    let of = |entry: &SealedEntry| {
        let event = ProposalEvent::try_from(entry.event.clone()).ok()?;
        let (proposal_id, kind, technical) = match event {
            ProposalEvent::Submitted(it) => {
                (it.proposal_id, SealedActKind::Submitted, it.offer.technical)
            }
            ProposalEvent::Replaced(it) => {
                (it.proposal_id, SealedActKind::Replaced, it.offer.technical)
            }
            ProposalEvent::Withdrawn(it) => (it.proposal_id, SealedActKind::Withdrawn, None),
        };
        let documents = technical.map(|envelope| envelope.documents);
        Some(SealedAct { position: entry.position, proposal_id, kind, documents })
    };
    entries.iter().filter_map(of).collect()
}

/// An entry that was live when receipt closed and cannot be read any more: its key is gone.
pub(crate) fn unreadable(position: u64) -> SealedAct {
    SealedAct {
        position,
        // Which stream it is in cannot be known; one of its own says as much.
        proposal_id: ProposalId(Uuid::from_u128(position.into())),
        kind: SealedActKind::Submitted,
        documents: None,
    }
}
