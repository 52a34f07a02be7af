//! A contracting process from its sealed proposals to its last rating, as typed events on any log.
//!
//! Company A replaces its proposal and wins, B is above the budget, C takes its proposal back. Of the panel's three
//! seats one is left to the alternate, and one ballot is missed.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use domain::content::{
    AggregatedScore, Ballot, BallotScores, Disposition, Document, EconomicEnvelope, Milestone,
    Outliers, ProposalScore, Seat, TechnicalEnvelope, Tenderer, Unsolvent,
};
use domain::event::{
    AssignmentAccepted, AwardIssued, BallotCommitted, BallotMissed, BallotRevealed,
    ConflictDeclared, ContractActivated, ContractCompleted, ContractPrepared, ContractSigned,
    DeliverableAccepted, DeliverableReturned, DeliverableSubmitted, EconomicOpened,
    EvaluationComputed, EvaluatorAccredited, EvaluatorApplied, GuaranteeLodged, InvoiceRegistered,
    Offer, PanelDrawScheduled, PanelDrawn, ParticipantRegistered, PaymentOrdered, PaymentRecorded,
    PenaltyApplied, PerformanceRated, ProposalOpened, ProposalReplaced, ProposalSubmitted,
    ProposalWithdrawn, ProposalsOpened, ReceiptClosed, RulingIssued, SettlementIssued,
    TechnicalSheetOpened, TechnicalSheetSigned, TieBroken, WorkRated,
};
use domain::id::{
    AwardId, CompanyId, ContractId, EvaluatorId, LocalId, Mask, ParticipationId, ProposalId,
    Pseudonym, SheetId, TenderId,
};
use domain::vocabulary::{Party, TieBreak, UnsolventCause};
use domain::{Aggregation, CompanySize, Day, DomainEvent, Money, Ocid, Rfc, Timestamp};
use eventstore::{AppendRequest, EventStore, NewEvent, Recorded, StreamWrite, Withheld};
use merkle::Actor;
use merkle::hash::{sha256, to_hex};
use serde_json::json;
use uuid::Uuid;

/// Positions of what was sealed, once it is.
#[derive(Debug, Clone, Default)]
pub struct Sealed {
    pub participations: Vec<u64>,
    /// A's first, A's second, B's, C's, C's withdrawal.
    pub proposals: Vec<u64>,
    pub sheets: Vec<u64>,
    pub receipt_closed: u64,
}

/// A process that is played on `store`.
pub struct Case<'a, S> {
    store: &'a S,
    pub ocid: Ocid,
    pub tender_id: TenderId,
    pub sealed: Sealed,
    /// Everything that was appended, in order.
    pub recorded: Vec<Recorded>,
}

impl<'a, S: EventStore> Case<'a, S> {
    pub fn new(store: &'a S, ocid: &str, tender_id: Uuid) -> Self {
        Self {
            store,
            ocid: ocid.parse().unwrap(),
            tender_id: TenderId(tender_id),
            sealed: Sealed::default(),
            recorded: Vec::new(),
        }
    }

    pub async fn play(&mut self) {
        self.seal_proposals().await;
        self.close_receipt().await;
        self.open_technical().await;
        self.draw().await;
        self.seal_sheets().await;
        self.vote().await;
        self.open_economic().await;
        self.evaluate().await;
        self.award().await;
        self.sign().await;
        self.perform("D1").await;
        self.perform("D2").await;
        self.complete().await;
    }

    pub async fn seal_proposals(&mut self) {
        let tender_id = self.tender_id;
        for company in 0..3 {
            let id = ParticipationId(self.id(1, company));
            let tenderer = tenderer(company);
            let event = ParticipantRegistered { participation_id: id, tender_id, tenderer };
            let position = self.seal(id.stream(), event).await;
            self.sealed.participations.push(position);
        }
        let ids: Vec<ProposalId> = (0..3).map(|company| self.proposal(company)).collect();
        let submitted = |company: usize, text| ProposalSubmitted {
            proposal_id: ids[company],
            tender_id,
            offer: offer(company, text),
        };
        let replaced = ProposalReplaced {
            proposal_id: ids[0],
            tender_id,
            offer: offer(0, "propuesta corregida"),
        };
        let withdrawn = ProposalWithdrawn { proposal_id: ids[2], tender_id };
        let events: [(usize, DomainEvent); 5] = [
            (0, submitted(0, "propuesta").into()),
            (0, replaced.into()),
            (1, submitted(1, "propuesta").into()),
            (2, submitted(2, "propuesta").into()),
            (2, withdrawn.into()),
        ];
        for (company, event) in events {
            let position = self.seal(ids[company].stream(), event).await;
            self.sealed.proposals.push(position);
        }
    }

    pub async fn close_receipt(&mut self) {
        let (tender_id, ocid) = self.of();
        let deadline = Timestamp::from_local("2018-04-13T18:00:00").unwrap();
        let positions = Some(vec![self.sealed.proposals[1], self.sealed.proposals[2]]);
        let event = ReceiptClosed { tender_id, ocid, deadline, positions };
        self.sealed.receipt_closed = self.on_tender(vec![event.into()]).await;
    }

    pub async fn open_technical(&mut self) {
        let (tender_id, ocid) = self.of();
        let [first, second, third, fourth, fifth] = self.sealed.proposals[..] else {
            panic!("the proposals are sealed first")
        };
        let opened = |place, position, text| ProposalOpened {
            tender_id,
            ocid: ocid.clone(),
            mask: mask(place),
            position,
            documents: vec![document(&format!("técnica {place} {text}"))],
        };
        let summary = ProposalsOpened {
            tender_id,
            ocid: ocid.clone(),
            proposals: vec![
                Disposition::Replaced { position: first, by: second },
                Disposition::Opened { position: second, mask: mask(0) },
                Disposition::Opened { position: third, mask: mask(1) },
                Disposition::Withdrawn { position: fourth, by: fifth },
                Disposition::Withdrawal { position: fifth },
            ],
            opened: 2,
        };
        let events = vec![
            opened(0, second, "propuesta corregida").into(),
            opened(1, third, "propuesta").into(),
            summary.into(),
        ];
        self.on_tender(events).await;
    }

    pub async fn draw(&mut self) {
        let (tender_id, ocid) = self.of();
        let scheduled = PanelDrawScheduled {
            tender_id,
            ocid: ocid.clone(),
            seats: 3,
            alternates: 1,
            candidates: 4,
            list_hash: to_hex(&[1; 32]),
            contribution_hash: to_hex(&[2; 32]),
        };
        let drawn = PanelDrawn {
            tender_id,
            ocid: ocid.clone(),
            candidates: (1..=4).map(pseudonym).collect(),
            contribution: to_hex(&[3; 32]),
            block_number: 4_711,
            block_hash: to_hex(&[4; 32]),
            seed: to_hex(&[5; 32]),
            panel: (1..=3).map(|number| seat(number, number)).collect(),
            alternates: vec![seat(1, 4)],
        };
        let accepted = |number, who: u32| AssignmentAccepted {
            tender_id,
            ocid: ocid.clone(),
            seat: number,
            evaluator_id: evaluator(who),
            pseudonym: pseudonym(who),
        };
        let conflict = ConflictDeclared {
            tender_id,
            ocid: ocid.clone(),
            seat: 3,
            pseudonym: pseudonym(3),
            replacement: Some(seat(3, 4)),
            reason: "Trabajé con una de las empresas".into(),
        };
        let events = vec![
            scheduled.into(),
            drawn.into(),
            accepted(1, 1).into(),
            accepted(2, 2).into(),
            accepted(3, 3).into(),
            conflict.into(),
            accepted(3, 4).into(),
        ];
        self.on_evaluation(events).await;
    }

    pub async fn seal_sheets(&mut self) {
        let tender_id = self.tender_id;
        for place in 0..2 {
            let sheet_id = SheetId(self.id(3, place));
            let event = TechnicalSheetSigned {
                sheet_id,
                tender_id,
                mask: mask(place),
                scores: vec![1_500, 1_400],
                justification: "Cumple con lo que pide la convocatoria".into(),
            };
            let position = self.seal(sheet_id.stream(), event).await;
            self.sealed.sheets.push(position);
        }
    }

    pub async fn vote(&mut self) {
        let (tender_id, ocid) = self.of();
        let committed = |number, who, text: &str| BallotCommitted {
            tender_id,
            ocid: ocid.clone(),
            seat: number,
            pseudonym: pseudonym(who),
            commitment: merkle::hash::to_base64url(&sha256(text.as_bytes())),
        };
        let revealed = |number| BallotRevealed {
            tender_id,
            ocid: ocid.clone(),
            seat: number,
            ballot: Ballot {
                tender_id,
                pseudonym: pseudonym(number),
                proposals: (0..2)
                    .map(|place| BallotScores { mask: mask(place), scores: vec![80, 60] })
                    .collect(),
                justification: document(&format!("justificación {number}")),
                delivery_probability_percent: 70,
            },
            salt: merkle::hash::to_base64url(&[7; 32]),
        };
        let missed = BallotMissed {
            tender_id,
            ocid: ocid.clone(),
            seat: 3,
            pseudonym: pseudonym(4),
            committed: true,
        };
        let events = vec![
            committed(1, 1, "uno").into(),
            committed(1, 1, "uno, otra vez").into(),
            committed(2, 2, "dos").into(),
            committed(3, 4, "tres").into(),
            revealed(1).into(),
            revealed(2).into(),
            missed.into(),
        ];
        self.on_evaluation(events).await;
    }

    pub async fn open_economic(&mut self) {
        let (tender_id, ocid) = self.of();
        let sheet = |place: usize| TechnicalSheetOpened {
            tender_id,
            ocid: ocid.clone(),
            mask: mask(place),
            position: self.sealed.sheets[place],
            scores: vec![1_500, 1_400],
            justification: "Cumple con lo que pide la convocatoria".into(),
        };
        let economic = |company: usize| EconomicOpened {
            tender_id,
            ocid: ocid.clone(),
            mask: mask(company),
            proposal_id: self.proposal(company),
            position: self.sealed.proposals[company + 1],
            participation: self.sealed.participations[company],
            tenderer: tenderer(company),
            price: price(company),
            documents: vec![document(&format!("económica {company}"))],
        };
        let events = vec![sheet(0).into(), sheet(1).into(), economic(0).into(), economic(1).into()];
        self.on_tender(events).await;
    }

    pub async fn evaluate(&mut self) {
        let (tender_id, ocid) = self.of();
        let result = AggregatedScore {
            aggregation: Aggregation::Median,
            social: 1_500,
            total: 8_400,
            rank: 1,
        };
        let scores = vec![ProposalScore {
            mask: mask(0),
            technical: 2_900,
            economic: 4_000,
            results: vec![result],
        }];
        let unsolvent = vec![Unsolvent { mask: mask(1), cause: UnsolventCause::Budget }];
        let computed = EvaluationComputed {
            tender_id,
            ocid: ocid.clone(),
            aggregation: Aggregation::Median,
            scores,
            unsolvent: unsolvent.clone(),
            outliers: vec![Outliers { pseudonym: pseudonym(2), cells: 1, of: 4 }],
        };
        let (method, order) = (TieBreak::CompanySize, vec![mask(0)]);
        let tie = TieBroken { tender_id, ocid: ocid.clone(), method, order: order.clone() };
        let reasons = "La mejor de las solventes".to_owned();
        let ruling = RulingIssued { tender_id, ocid, order, unsolvent, reasons };
        self.on_evaluation(vec![computed.into(), tie.into(), ruling.into()]).await;
    }

    pub async fn award(&mut self) {
        let (tender_id, ocid) = self.of();
        let event = AwardIssued {
            award_id: AwardId(self.id(4, 0)),
            tender_id,
            ocid,
            mask: mask(0),
            supplier: tenderer(0),
            amount: price(0),
            total: 8_400,
            sign_by: day("2018-04-28"),
            reasons: "Gana la propuesta A".into(),
        };
        self.on_tender(vec![event.into()]).await;
    }

    pub async fn sign(&mut self) {
        let (contract_id, ocid) = self.contract();
        let milestone = |id, percent, due| Milestone {
            id: local_id(id),
            title: format!("Entregable {id}"),
            percent,
            amount: Money::mxn(1_000_000 * u64::from(percent)).unwrap(),
            due: day(due),
        };
        let prepared = ContractPrepared {
            contract_id,
            ocid: ocid.clone(),
            tender_id: self.tender_id,
            award_id: AwardId(self.id(4, 0)),
            unit_key: "009000999".parse().unwrap(),
            title: "Contrato".into(),
            supplier: tenderer(0),
            amount: price(0),
            sign_by: day("2018-04-28"),
            guarantee_percent: 10,
            penalty_per_day_per_mille: 10,
            milestones: vec![milestone("D1", 40, "2018-05-04"), milestone("D2", 60, "2018-06-01")],
        };
        let guarantee = GuaranteeLodged {
            contract_id,
            ocid: ocid.clone(),
            amount: Money::mxn(10_000_000).unwrap(),
            reference: "FIANZA-1".into(),
        };
        let signed = |party| ContractSigned { contract_id, ocid: ocid.clone(), party };
        let signed_at = Timestamp::from_local("2018-04-20T12:00:00").unwrap();
        let activated = ContractActivated { contract_id, ocid: ocid.clone(), signed_at };
        let events = vec![
            prepared.into(),
            guarantee.into(),
            signed(Party::Buyer).into(),
            signed(Party::Supplier).into(),
            activated.into(),
        ];
        self.on_contract(events).await;
    }

    /// Delivered late, sent back, delivered again, accepted, charged, invoiced, ordered, paid.
    pub async fn perform(&mut self, milestone: &str) {
        let (contract_id, ocid) = self.contract();
        let milestone_id = local_id(milestone);
        let delivered = |text: &str| DeliverableSubmitted {
            contract_id,
            ocid: ocid.clone(),
            milestone_id: milestone_id.clone(),
            days_late: 2,
            documents: vec![document(&format!("{milestone} {text}"))],
        };
        let returned = DeliverableReturned {
            contract_id,
            ocid: ocid.clone(),
            milestone_id: milestone_id.clone(),
            reason: "Falta el anexo".into(),
        };
        let accepted = DeliverableAccepted {
            contract_id,
            ocid: ocid.clone(),
            milestone_id: milestone_id.clone(),
        };
        let penalty = PenaltyApplied {
            contract_id,
            ocid: ocid.clone(),
            milestone_id: milestone_id.clone(),
            days_late: 2,
            amount: Money::mxn(800_000).unwrap(),
        };
        let amount = Money::mxn(39_200_000).unwrap();
        let invoice = InvoiceRegistered {
            contract_id,
            ocid: ocid.clone(),
            milestone_id: milestone_id.clone(),
            invoice_id: "6f1b5a1e-0000-4000-8000-000000000001".into(),
            amount,
            pay_by: day("2018-05-28"),
        };
        let ordered = PaymentOrdered {
            contract_id,
            ocid: ocid.clone(),
            milestone_id: milestone_id.clone(),
            amount,
        };
        let reference = "SPEI-1".to_owned();
        let paid = PaymentRecorded {
            contract_id,
            ocid: ocid.clone(),
            milestone_id: milestone_id.clone(),
            amount,
            reference,
        };
        let events = vec![
            delivered("primera").into(),
            returned.into(),
            delivered("segunda").into(),
            accepted.into(),
            penalty.into(),
            invoice.into(),
            ordered.into(),
            paid.into(),
        ];
        self.on_contract(events).await;
    }

    pub async fn complete(&mut self) {
        let (contract_id, ocid) = self.contract();
        let completed = ContractCompleted { contract_id, ocid: ocid.clone() };
        let settled = SettlementIssued {
            contract_id,
            ocid: ocid.clone(),
            amount: price(0),
            penalties: Money::mxn(1_600_000).unwrap(),
            paid: Money::mxn(78_400_000).unwrap(),
        };
        let comment = "Cumplió, con retraso".to_owned();
        let rated = PerformanceRated { contract_id, ocid: ocid.clone(), stars: 4, comment };
        let work = |stars| WorkRated { contract_id, ocid: ocid.clone(), stars };
        let events = vec![
            completed.into(),
            settled.into(),
            rated.into(),
            work(5).into(),
            work(4).into(),
            work(4).into(),
        ];
        self.on_contract(events).await;
    }

    /// Appends one sealed event; answers its position.
    async fn seal(&mut self, stream: String, event: impl Into<DomainEvent>) -> u64 {
        let recorded = append(self.store, &stream, vec![event.into()]).await;
        let position = recorded[0].position;
        self.recorded.extend(recorded);
        position
    }

    async fn on_tender(&mut self, events: Vec<DomainEvent>) -> u64 {
        self.open(self.tender_id.stream(), events).await
    }

    async fn on_evaluation(&mut self, events: Vec<DomainEvent>) {
        self.open(self.tender_id.evaluation_stream(), events).await;
    }

    async fn on_contract(&mut self, events: Vec<DomainEvent>) {
        self.open(self.contract().0.stream(), events).await;
    }

    async fn open(&mut self, stream: String, events: Vec<DomainEvent>) -> u64 {
        let recorded = append(self.store, &stream, events).await;
        let last = recorded.last().unwrap().position;
        self.recorded.extend(recorded);
        last
    }

    fn of(&self) -> (TenderId, Ocid) {
        (self.tender_id, self.ocid.clone())
    }

    fn contract(&self) -> (ContractId, Ocid) {
        (ContractId(self.id(5, 0)), self.ocid.clone())
    }

    fn proposal(&self, company: usize) -> ProposalId {
        ProposalId(self.id(2, company))
    }

    /// Ids of different processes differ.
    fn id(&self, kind: u128, number: usize) -> Uuid {
        let number = u128::try_from(number).unwrap();
        Uuid::from_u128(self.tender_id.0.as_u128() ^ (kind << 96) ^ (number << 80))
    }
}

/// Four who apply to be evaluators, three of whom are accredited.
pub async fn evaluators(store: &impl EventStore) {
    for who in 1..=4 {
        let (evaluator_id, organisation) = (evaluator(who), format!("Organización {who}"));
        let applied = EvaluatorApplied {
            evaluator_id,
            pseudonym: pseudonym(who),
            organisation: organisation.clone(),
            interests: Some(vec!["009000999".into()]),
        };
        append(store, &evaluator_id.stream(), vec![applied.into()]).await;
        if who < 4 {
            let pseudonym = pseudonym(who);
            let accredited = EvaluatorAccredited { evaluator_id, pseudonym, organisation };
            append(store, "evaluators", vec![accredited.into()]).await;
        }
    }
}

/// Appends events as `application` does: sealed, or open with what they withhold in the vault.
pub async fn append(
    store: &impl EventStore,
    stream: &str,
    events: Vec<DomainEvent>,
) -> Vec<Recorded> {
    let expected = store.read_stream(stream).await.unwrap().len() as u64;
    let seal = events[0].is_sealed().then(|| "company-1".to_owned());
    let events = events.iter().map(new_event).collect();
    let command_id = Uuid::new_v4();
    let request = AppendRequest {
        command_id,
        body: command_id.as_bytes().to_vec(),
        correlation: Uuid::new_v4(),
        writes: vec![StreamWrite { stream: stream.into(), expected, events, seal }],
        unchanged: vec![],
        not_before: None,
        not_after: None,
        take: vec![],
        release: vec![],
    };
    store.append(request).await.unwrap().events
}

fn new_event(event: &DomainEvent) -> NewEvent {
    let actor = Actor { kind: "system".into(), r#ref: "test".into(), role: "system".into() };
    let keep_back =
        |path: &str, value| Withheld { path: path.into(), subject: "company-1".into(), value };
    let mut withheld: Vec<Withheld> =
        event.private_parts().into_iter().map(|part| keep_back(part.path, part.value)).collect();
    if event.withholds_actor() {
        let value = json!({"kind": actor.kind, "ref": actor.r#ref, "role": actor.role});
        withheld.push(keep_back("/actor", value));
    }
    NewEvent {
        event_type: event.event_type().into(),
        schema: event.schema_version(),
        actor: (!event.withholds_actor()).then_some(actor),
        causation: None,
        rule_set: None,
        data: event.to_data().as_object().unwrap().clone(),
        withheld,
    }
}

/// A document whose bytes are `text`.
pub fn document(text: &str) -> Document {
    Document {
        name: format!("{text}.txt"),
        media_type: "text/plain".into(),
        sha256: to_hex(&sha256(text.as_bytes())),
        bytes: u32::try_from(text.len()).unwrap(),
    }
}

fn offer(company: usize, text: &str) -> Offer {
    let documents = vec![document(&format!("técnica {company} {text}"))];
    Offer {
        company: Some(tenderer(company)),
        technical: Some(TechnicalEnvelope { documents }),
        economic: Some(EconomicEnvelope {
            price: price(company),
            documents: vec![document(&format!("económica {company}"))],
        }),
    }
}

fn tenderer(company: usize) -> Tenderer {
    Tenderer {
        company_id: CompanyId(Uuid::from_u128(u128::try_from(company).unwrap() + 1)),
        legal_name: format!("EMPRESA {company}"),
        rfc: Rfc::try_from("CMP140312QX5".to_owned()).unwrap(),
        size: CompanySize::Micro,
    }
}

fn price(company: usize) -> Money {
    Money::mxn([80_000_000, 300_000_000, 90_000_000][company]).unwrap()
}

fn mask(place: usize) -> Mask {
    Mask::at(place).unwrap()
}

fn pseudonym(who: u32) -> Pseudonym {
    format!("EV-{who:03}").parse().unwrap()
}

fn evaluator(who: u32) -> EvaluatorId {
    EvaluatorId(Uuid::from_u128((9 << 64) + u128::from(who)))
}

fn seat(number: u32, who: u32) -> Seat {
    Seat { seat: number, evaluator_id: evaluator(who), pseudonym: pseudonym(who) }
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn local_id(text: &str) -> LocalId {
    text.parse().unwrap()
}
