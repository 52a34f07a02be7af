//! The reference case from its proposals to its award, as the tests of this crate play it.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::company::Company;
use crate::content::{AggregatedScore, Document, ProposalScore};
use crate::document::read_document;
use crate::event::{
    CompanyRegistered, DomainEvent, EvaluationComputed, Offer, ParticipantRegistered, RulingIssued,
    TechnicalSheetSigned,
};
use crate::id::{
    AccountRef, AwardId, CompanyId, Mask, ParticipationId, ProposalId, SheetId, TenderId,
};
use crate::input::MoneyInput;
use crate::participation::{Participation, ParticipationCommand, RegisterParticipant};
use crate::proposal::{Proposal, ProposalCommand, SubmitProposal, WithdrawProposal};
use crate::rfc::Rfc;
use crate::sample::{TENDER, local, tender_published};
use crate::sheet::{Sheet, SheetCommand, SignSheet};
use crate::tender::{
    CloseReceipt, DeclareDeserted, IssueAward, OpenEconomic, OpenTechnical, SealedAct,
    SealedActKind, SealedOffer, SealedSheet, Tender, TenderCommand, TenderEvent,
};
use crate::time::Timestamp;
use crate::vocabulary::{Aggregation, CompanySize};

/// A bidder of the case: razón social, RFC, size, centavos, position of its live proposal.
type Bidder = (&'static str, &'static str, CompanySize, &'static str, u64);

pub(crate) const BIDDERS: [Bidder; 3] = [
    (
        "CONSULTORES MARKEC DE PRUEBA, S.A. DE C.V.",
        "CMP140312QX5",
        CompanySize::Mediana,
        "184800000",
        50,
    ),
    ("ACCESO INCLUYENTE MÉXICO, S.C. DE R.L.", "AIM160905H25", CompanySize::Micro, "179000000", 53),
    (
        "TECNOLOGÍA WEB DEMOSTRACIÓN, S.A. DE C.V.",
        "TWD110728KB1",
        CompanySize::Pequena,
        "156000000",
        52,
    ),
];

/// Which bidder has the masks A, B, C.
pub(crate) const MASKED: [usize; 3] = [1, 0, 2];

/// An account that scores.
pub(crate) const SCORER: AccountRef = AccountRef(uuid(0x50));
/// An account that awards.
pub(crate) const AWARDER: AccountRef = AccountRef(uuid(0x51));

const fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_0000 | n)
}

fn uuid_of(base: u128, n: usize) -> Uuid {
    uuid(base + n as u128)
}

pub(crate) fn account(bidder: usize) -> AccountRef {
    AccountRef(uuid_of(0x60, bidder))
}

pub(crate) fn proposal_id(n: usize) -> ProposalId {
    ProposalId(uuid_of(0x70, n))
}

pub(crate) fn mask(place: usize) -> Mask {
    Mask::at(place).unwrap()
}

pub(crate) fn document(name: &str) -> Document {
    let hash = Sha256::digest(name.as_bytes());
    let sha256 = hash.iter().fold("0x".to_owned(), |hex, byte| format!("{hex}{byte:02x}"));
    read_document("documents[0]", name, "text/markdown", sha256, 2_048).unwrap()
}

pub(crate) fn registration(bidder: usize) -> CompanyRegistered {
    let (name, rfc, size, ..) = BIDDERS[bidder];
    CompanyRegistered {
        company_id: CompanyId(uuid_of(0x80, bidder)),
        legal_name: name.to_owned(),
        rfc: Rfc::parse(rfc, false).unwrap(),
        size,
        contact: None,
    }
}

pub(crate) fn company(bidder: usize) -> Company {
    Company::Approved(Box::new(registration(bidder)))
}

pub(crate) fn register_participant(bidder: usize) -> RegisterParticipant {
    RegisterParticipant {
        participation_id: ParticipationId(uuid_of(0x90, bidder)),
        tender: Some(tender_published()),
        company: company(bidder),
        registrant: Some(account(bidder)),
        caller: account(bidder),
        declares_no_conflict: true,
    }
}

fn only<E: Into<DomainEvent>>(mut events: Vec<E>) -> DomainEvent {
    assert_eq!(events.len(), 1);
    events.remove(0).into()
}

pub(crate) fn participant(bidder: usize) -> ParticipantRegistered {
    let command = ParticipationCommand::Register(Box::new(register_participant(bidder)));
    let events = Participation::default().decide(command, local("2018-04-12T10:00:00")).unwrap();
    let DomainEvent::ParticipantRegistered(event) = only(events) else { panic!("not registered") };
    event
}

pub(crate) fn submit_proposal(bidder: usize) -> SubmitProposal {
    let (.., centavos, _) = BIDDERS[bidder];
    SubmitProposal {
        proposal_id: proposal_id(bidder),
        tender: Some(tender_published()),
        participation: Some(participant(bidder)),
        company: company(bidder),
        registrant: Some(account(bidder)),
        caller: account(bidder),
        technical: vec![document("propuesta-tecnica.md"), document("equipo.md")],
        price: MoneyInput { centavos: centavos.to_owned(), currency: "MXN".to_owned() },
        economic: vec![document("propuesta-economica.md")],
    }
}

pub(crate) fn withdraw_proposal(bidder: usize) -> WithdrawProposal {
    WithdrawProposal {
        proposal_id: proposal_id(bidder),
        tender: Some(tender_published()),
        company: company(bidder),
        registrant: Some(account(bidder)),
        caller: account(bidder),
    }
}

/// What a bidder offers.
pub(crate) fn offer(bidder: usize) -> Offer {
    let command = ProposalCommand::Submit(Box::new(submit_proposal(bidder)));
    let events = Proposal::default().decide(command, local("2018-04-12T18:00:00")).unwrap();
    let DomainEvent::ProposalSubmitted(event) = only(events) else { panic!("not submitted") };
    event.offer
}

pub(crate) fn act(position: u64, n: usize, kind: SealedActKind) -> SealedAct {
    let documents = match kind {
        SealedActKind::Submitted | SealedActKind::Replaced => {
            Some(vec![document("propuesta-tecnica.md"), document("equipo.md")])
        }
        SealedActKind::Withdrawn => None,
    };
    SealedAct { position, proposal_id: proposal_id(n), kind, documents }
}

/// Three proposals that are opened, one of them in its second version; one that was taken back; one whose
/// documents are gone.
pub(crate) fn acts() -> Vec<SealedAct> {
    use SealedActKind::{Replaced, Submitted, Withdrawn};
    vec![
        act(50, 0, Submitted),
        act(51, 1, Submitted),
        act(52, 2, Submitted),
        act(53, 1, Replaced),
        act(54, 3, Submitted),
        act(55, 3, Withdrawn),
        SealedAct { documents: None, ..act(56, 4, Submitted) },
    ]
}

pub(crate) fn close_receipt() -> TenderCommand {
    TenderCommand::CloseReceipt(CloseReceipt { positions: vec![50, 52, 53, 56] })
}

pub(crate) fn open_technical() -> OpenTechnical {
    OpenTechnical { acts: acts(), order: vec![2, 3, 0, 1] }
}

pub(crate) fn sign_sheet(place: usize) -> SignSheet {
    let scores = [[1600, 1300, 900, 400], [1800, 1250, 900, 400], [1700, 1200, 850, 400]];
    SignSheet {
        sheet_id: SheetId(uuid_of(0xa0, place)),
        tender: Tender::replay(&opened()).unwrap(),
        mask: mask(place),
        scores: scores[place].to_vec(),
        justification: "Método de auditoría completo y equipo con experiencia comprobada"
            .to_owned(),
    }
}

pub(crate) fn signed_sheet(place: usize) -> TechnicalSheetSigned {
    let command = SheetCommand::Sign(Box::new(sign_sheet(place)));
    let events = Sheet::default().decide(command, local("2018-04-14T09:00:00")).unwrap();
    let DomainEvent::TechnicalSheetSigned(event) = only(events) else { panic!("not signed") };
    event
}

pub(crate) fn open_economic() -> OpenEconomic {
    let sheet =
        |place: usize| SealedSheet { position: 70 + place as u64, sheet: signed_sheet(place) };
    let sealed_offer = |bidder: usize| {
        let Offer { company, economic, .. } = offer(bidder);
        SealedOffer {
            position: BIDDERS[bidder].4,
            proposal_id: proposal_id(bidder),
            participation: 40 + bidder as u64,
            tenderer: company.unwrap(),
            economic: economic.unwrap(),
        }
    };
    OpenEconomic { sheets: (0..3).map(sheet).collect(), offers: (0..3).map(sealed_offer).collect() }
}

/// The evaluation of the case; with nobody solvent when `scores` is empty.
pub(crate) fn evaluation() -> EvaluationComputed {
    let score = |place, technical, economic, results: [(u32, u32, u32); 3]| ProposalScore {
        mask: mask(place),
        technical,
        economic,
        results: Aggregation::ALL
            .iter()
            .zip(results)
            .map(|(aggregation, (social, total, rank))| AggregatedScore {
                aggregation: *aggregation,
                social,
                total,
                rank,
            })
            .collect(),
    };
    EvaluationComputed {
        tender_id: TENDER,
        ocid: tender_published().ocid,
        aggregation: Aggregation::Median,
        scores: vec![
            score(0, 4200, 2615, [(1724, 8539, 1), (1722, 8537, 1), (1533, 8348, 2)]),
            score(1, 4350, 2532, [(1262, 8144, 3), (1260, 8142, 3), (1088, 7970, 3)]),
            score(2, 4150, 3000, [(1100, 8250, 2), (1100, 8250, 2), (1260, 8410, 1)]),
        ],
        unsolvent: Vec::new(),
        outliers: Vec::new(),
    }
}

pub(crate) fn ruling() -> RulingIssued {
    RulingIssued {
        tender_id: TENDER,
        ocid: tender_published().ocid,
        order: vec![mask(0), mask(2), mask(1)],
        unsolvent: Vec::new(),
        reasons: "Por puntos y porcentajes".to_owned(),
    }
}

pub(crate) fn issue_award() -> IssueAward {
    IssueAward {
        award_id: AwardId(uuid(0xb0)),
        ruling: Some(ruling()),
        evaluation: Some(evaluation()),
        reasons: "Obtuvo el puntaje más alto y su precio es aceptable".to_owned(),
        caller: AWARDER,
        technical_signers: vec![SCORER],
    }
}

/// The history with what a command adds to it.
pub(crate) fn after(
    mut history: Vec<TenderEvent>,
    at: Timestamp,
    command: TenderCommand,
) -> Vec<TenderEvent> {
    let events = Tender::replay(&history).unwrap().decide(command, at).unwrap();
    history.extend(events);
    history
}

pub(crate) fn published() -> Vec<TenderEvent> {
    vec![TenderEvent::Published(Box::new(tender_published()))]
}

pub(crate) fn closed() -> Vec<TenderEvent> {
    after(published(), local("2018-04-13T18:00:00"), close_receipt())
}

pub(crate) fn opened() -> Vec<TenderEvent> {
    let command = TenderCommand::OpenTechnical(Box::new(open_technical()));
    after(closed(), local("2018-04-13T18:30:00"), command)
}

pub(crate) fn priced() -> Vec<TenderEvent> {
    let command = TenderCommand::OpenEconomic(Box::new(open_economic()));
    after(opened(), local("2018-04-15T12:30:00"), command)
}

pub(crate) fn awarded() -> Vec<TenderEvent> {
    let command = TenderCommand::IssueAward(Box::new(issue_award()));
    after(priced(), local("2018-04-15T13:00:00"), command)
}

pub(crate) fn declare_deserted() -> DeclareDeserted {
    DeclareDeserted {
        evaluation: Some(EvaluationComputed { scores: Vec::new(), ..evaluation() }),
        reasons: "Ninguna proposición alcanzó el mínimo técnico".to_owned(),
        caller: AWARDER,
        technical_signers: vec![SCORER],
    }
}

/// Another tender's id.
pub(crate) fn other_tender() -> TenderId {
    TenderId(uuid(0xff))
}

/// One of each event of this part of the case.
pub(crate) fn golden_procedure() -> Vec<DomainEvent> {
    let at = local("2018-04-12T18:00:00");
    let decide = |history: Vec<DomainEvent>, command| {
        let history: Vec<_> = history.into_iter().map(|it| it.try_into().unwrap()).collect();
        only(Proposal::replay(&history).unwrap().decide(command, at).unwrap())
    };
    let submitted = decide(vec![], ProposalCommand::Submit(Box::new(submit_proposal(1))));
    let replace = ProposalCommand::Replace(Box::new(submit_proposal(1)));
    let withdraw = ProposalCommand::Withdraw(Box::new(withdraw_proposal(1)));
    let replaced = decide(vec![submitted.clone()], replace);
    let withdrawn = decide(vec![submitted.clone()], withdraw);
    let deserted = TenderCommand::DeclareDeserted(Box::new(declare_deserted()));
    let deserted = after(priced(), at, deserted).pop().unwrap();
    let mut all =
        vec![participant(1).into(), submitted, replaced, withdrawn, signed_sheet(0).into()];
    let tender = awarded().into_iter().skip(1).chain([deserted]).map(DomainEvent::from);
    for event in tender {
        if all.iter().all(|known: &DomainEvent| known.event_type() != event.event_type()) {
            all.push(event);
        }
    }
    all
}
