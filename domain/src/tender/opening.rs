//! The end of receipt, and the opening of the technical envelopes under masks.

use std::collections::{BTreeMap, BTreeSet};

use crate::content::{Disposition, Document};
use crate::event::{
    ProposalOpened, ProposalsOpened, ReceiptClosed, TenderDeserted, TenderPublished,
};
use crate::id::{Mask, ProposalId};
use crate::participation::TENDERERS_MAX;
use crate::tender::rejection::TenderRejection;
use crate::tender::stage::StageRejection;
use crate::tender::state::{ClosedReceipt, Tender, TenderEvent};
use crate::time::Timestamp;

/// The most proposals of one tender, one of each company that takes part: all of them are opened in one append.
pub const PROPOSALS_MAX: usize = TENDERERS_MAX as usize;

const NO_PROPOSALS: &str =
    "Al cierre de la recepción no había ninguna proposición: no se recibió o se retiró.";
const NONE_OPENABLE: &str = "Ninguna de las proposiciones recibidas se pudo abrir.";
const UNOPENABLE: &str = "Ya no se conserva su llave o alguno de sus documentos.";

/// What the end of receipt is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseReceipt {
    /// Positions of the live proposals, each of its last entry.
    pub positions: Vec<u64>,
}

/// What the technical opening is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTechnical {
    /// All sealed entries of the tender's proposal streams; of each stream the last one counts.
    pub acts: Vec<SealedAct>,
    /// Places, from 0, in the list of the live proposals by position: each once, drawn at random. Masks
    /// are given in this order; a proposal that cannot be opened gets none.
    pub order: Vec<usize>,
}

/// A sealed entry of a proposal's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedAct {
    /// Its position.
    pub position: u64,
    /// The proposal.
    pub proposal_id: ProposalId,
    /// What it does.
    pub kind: SealedActKind,
    /// The documents of its technical envelope; `None` when its key or its bytes are gone.
    pub documents: Option<Vec<Document>>,
}

/// What a sealed entry of a proposal's stream does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedActKind {
    /// It submits the proposal.
    Submitted,
    /// It puts another proposal in its place.
    Replaced,
    /// It takes the proposal back.
    Withdrawn,
}

impl Tender {
    pub(super) fn close_receipt(
        &self,
        command: CloseReceipt,
        now: Timestamp,
    ) -> Result<Vec<TenderEvent>, TenderRejection> {
        let call = match self {
            Self::Unpublished => return Err(StageRejection::TenderUnknown.into()),
            Self::Published(call) => call,
            Self::ReceiptClosed(_)
            | Self::Opened(_)
            | Self::EconomicOpened(_)
            | Self::Awarded { .. }
            | Self::Deserted { .. } => return Err(StageRejection::ReceiptAlreadyClosed.into()),
        };
        let deadline = call.schedule.receipt_end;
        if now < deadline {
            return Err(StageRejection::ReceiptOpen { deadline, now }.into());
        }
        let mut positions = command.positions;
        positions.sort_unstable();
        Ok(vec![TenderEvent::ReceiptClosed(Box::new(ReceiptClosed {
            tender_id: call.tender_id,
            ocid: call.ocid.clone(),
            deadline,
            positions: Some(positions),
        }))])
    }

    pub(super) fn open_technical(
        &self,
        command: OpenTechnical,
        now: Timestamp,
    ) -> Result<Vec<TenderEvent>, TenderRejection> {
        let receipt = match self {
            Self::Unpublished => return Err(StageRejection::TenderUnknown.into()),
            Self::Published(_) => return Err(StageRejection::ReceiptNotClosed.into()),
            Self::ReceiptClosed(receipt) => receipt,
            Self::Opened(_)
            | Self::EconomicOpened(_)
            | Self::Awarded { .. }
            | Self::Deserted { .. } => return Err(StageRejection::AlreadyOpened.into()),
        };
        let due = receipt.call.schedule.technical_opening;
        if now < due {
            return Err(StageRejection::OpeningNotDue { due, now }.into());
        }
        Ok(receipt.open(command)?)
    }
}

impl ClosedReceipt {
    fn open(&self, command: OpenTechnical) -> Result<Vec<TenderEvent>, StageRejection> {
        let positions: BTreeSet<u64> = live_positions(&command.acts).into_iter().collect();
        let acts = with_next(command.acts);
        let entries = acts.iter().map(|(act, _)| act);
        let live: Vec<&SealedAct> = entries.filter(|it| positions.contains(&it.position)).collect();
        if live.len() > PROPOSALS_MAX {
            return Err(StageRejection::TooManyProposals { proposals: live.len() });
        }
        self.check_live(&live)?;
        let opened = opened(&self.call, &mask_order(&live, &command.order)?)?;
        let masks: BTreeMap<u64, &Mask> =
            opened.iter().map(|proposal| (proposal.position, &proposal.mask)).collect();
        let proposals = acts.iter().map(|(act, next)| disposition(act, *next, &masks)).collect();
        let (tender_id, ocid) = (self.call.tender_id, self.call.ocid.clone());
        let count = u32::try_from(opened.len()).unwrap_or(u32::MAX);
        let deserted = opened.is_empty().then(|| TenderDeserted {
            tender_id,
            ocid: ocid.clone(),
            reasons: if live.is_empty() { NO_PROPOSALS } else { NONE_OPENABLE }.to_owned(),
        });
        let summary = ProposalsOpened { tender_id, ocid, proposals, opened: count };
        let opened = opened.into_iter().map(|event| TenderEvent::ProposalOpened(Box::new(event)));
        let summary = TenderEvent::ProposalsOpened(Box::new(summary));
        let deserted = deserted.map(|event| TenderEvent::TenderDeserted(Box::new(event)));
        Ok(opened.chain([summary]).chain(deserted).collect())
    }

    /// Nothing came or went since receipt ended, as far as its positions are known.
    fn check_live(&self, live: &[&SealedAct]) -> Result<(), StageRejection> {
        let is_same = self
            .positions
            .as_ref()
            .is_none_or(|positions| live.iter().map(|act| &act.position).eq(positions));
        if is_same { Ok(()) } else { Err(StageRejection::ProposalsChanged) }
    }
}

/// Positions of the live proposals, in order: of each stream the last entry, unless it takes the proposal back.
#[must_use]
pub fn live_positions(acts: &[SealedAct]) -> Vec<u64> {
    let mut last: BTreeMap<ProposalId, &SealedAct> = BTreeMap::new();
    for act in acts {
        let latest = last.entry(act.proposal_id).or_insert(act);
        if latest.position < act.position {
            *latest = act;
        }
    }
    let live = last.values().filter(|act| match act.kind {
        SealedActKind::Submitted | SealedActKind::Replaced => true,
        SealedActKind::Withdrawn => false,
    });
    let mut positions: Vec<u64> = live.map(|act| act.position).collect();
    positions.sort_unstable();
    positions
}

/// What follows an entry in its stream: where, and what it does.
type Next = Option<(u64, SealedActKind)>;

/// The entries by position, each with what follows it.
fn with_next(mut acts: Vec<SealedAct>) -> Vec<(SealedAct, Next)> {
    acts.sort_unstable_by_key(|act| act.position);
    let mut later = BTreeMap::new();
    let mut nexts: Vec<Next> = acts
        .iter()
        .rev()
        .map(|act| later.insert(act.proposal_id, (act.position, act.kind)))
        .collect();
    nexts.reverse();
    acts.into_iter().zip(nexts).collect()
}

/// The live proposals in the order of their masks.
fn mask_order<'a>(
    live: &[&'a SealedAct],
    order: &[usize],
) -> Result<Vec<&'a SealedAct>, StageRejection> {
    let places: BTreeSet<usize> = order.iter().copied().collect();
    let is_permutation = order.len() == live.len() && places.into_iter().eq(0..live.len());
    if !is_permutation {
        return Err(StageRejection::MaskOrder { proposals: live.len() });
    }
    Ok(order.iter().map(|place| live[*place]).collect())
}

/// What can be opened, under A, B, C, … without a gap.
fn opened(
    call: &TenderPublished,
    ordered: &[&SealedAct],
) -> Result<Vec<ProposalOpened>, StageRejection> {
    ordered
        .iter()
        .filter_map(|act| act.documents.as_ref().map(|documents| (act.position, documents)))
        .enumerate()
        .map(|(place, (position, documents))| {
            let proposals = ordered.len();
            let mask = Mask::at(place).ok_or(StageRejection::TooManyProposals { proposals })?;
            Ok(ProposalOpened {
                tender_id: call.tender_id,
                ocid: call.ocid.clone(),
                mask,
                position,
                documents: documents.clone(),
            })
        })
        .collect()
}

/// What became of an entry.
fn disposition(act: &SealedAct, next: Next, masks: &BTreeMap<u64, &Mask>) -> Disposition {
    use SealedActKind as K;
    let position = act.position;
    match (act.kind, next, masks.get(&position)) {
        (K::Withdrawn, ..) => Disposition::Withdrawal { position },
        (K::Submitted | K::Replaced, Some((by, K::Withdrawn)), _) => {
            Disposition::Withdrawn { position, by }
        }
        (K::Submitted | K::Replaced, Some((by, K::Submitted | K::Replaced)), _) => {
            Disposition::Replaced { position, by }
        }
        (K::Submitted | K::Replaced, None, Some(mask)) => {
            Disposition::Opened { position, mask: (*mask).clone() }
        }
        (K::Submitted | K::Replaced, None, None) => {
            Disposition::Unopenable { position, reason: UNOPENABLE.to_owned() }
        }
    }
}
