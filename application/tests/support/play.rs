//! The case as it goes on after the call: who does what, and at which hour.
#![allow(dead_code, reason = "each test file uses its own part of these helpers")]

use application::{
    Accepted, BidAct, Caller, Command, ContractAct, DocumentInput, ExecuteError, ProcedureAct,
    ProposalInput, RevealInput,
};
use domain::content::{Ballot, BallotScores, Document};
use domain::contract::{ContractTerms, MilestoneInput};
use domain::evaluator::ApplyAsEvaluator;
use domain::{AccountRef, CompanyId, ContractId, DomainEvent, EvaluatorId, Role, TenderId};
use eventstore::EventStore as _;
use merkle::hash::{sha256, to_base64url, to_hex};
use merkle::{Commitment, Salt};
use serde_json::Value;
use uuid::Uuid;

use super::{World, caller, mxn};

/// Companies' accounts are 20, 21, …; evaluators' 40, 41, …
pub const COMPANY_ACCOUNTS: u128 = 20;
pub const EVALUATOR_ACCOUNTS: u128 = 40;

/// Why, wherever an act needs a reason.
pub const REASONS: &str = "La proposición con el mayor beneficio social según la convocatoria";

/// A published tender and the companies that may bid.
pub struct Play {
    pub world: World,
    pub tender_id: TenderId,
    pub companies: Vec<CompanyId>,
}

impl Play {
    /// The reference case up to the published call, with the twelve evaluators accredited.
    pub async fn published() -> Self {
        Self::publish(World::create().await).await
    }

    /// A case up to the published call.
    pub async fn publish(world: World) -> Self {
        world.registers().await;
        let mut companies = Vec::new();
        for index in 0..world.case["companies"].as_array().unwrap().len() {
            let company = Command::RegisterCompany(Box::new(world.company(index)));
            let registrant = caller(Role::Citizen, COMPANY_ACCOUNTS + index as u128);
            let company_id: CompanyId =
                world.accepted(&registrant, company).await.subject.parse().unwrap();
            let approve = Command::ApproveCompany { company_id };
            world.accepted(&caller(Role::Approver, 3), approve).await;
            companies.push(company_id);
        }
        let play = Self { tender_id: TenderId(Uuid::nil()), world, companies };
        play.accredit_evaluators().await;
        let plan_id = play.world.approved_plan().await;
        let tender_id = play.world.approved_call(play.world.tender(plan_id)).await;
        play.world.at("2018-04-12T09:00:00").await;
        let publish = Command::PublishCall { tender_id };
        play.world.accepted(&caller(Role::Contracting, 4), publish).await;
        Self { tender_id, ..play }
    }

    /// Another call with the same hours, published.
    pub async fn another_tender(&self) -> TenderId {
        let plan_id = self.world.approved_plan().await;
        let mut tender = self.world.tender(plan_id);
        "LA-009000999-E2-2018".clone_into(&mut tender.procedure_number);
        let tender_id = self.world.approved_call(tender).await;
        self.world
            .accepted(&caller(Role::Contracting, 4), Command::PublishCall { tender_id })
            .await;
        tender_id
    }

    async fn accredit_evaluators(&self) {
        let candidates = self.world.case["candidates"].as_array().unwrap();
        for (candidate, account) in candidates.iter().zip(EVALUATOR_ACCOUNTS..) {
            let (name, organisation) =
                (text(&candidate["pseudonym"]), text(&candidate["organisation"]));
            let evaluator_id = self.applied(account, &name, &organisation, &[]).await;
            self.accredit(evaluator_id).await;
        }
    }

    async fn applied(
        &self,
        account: u128,
        pseudonym: &str,
        organisation: &str,
        interests: &[&str],
    ) -> EvaluatorId {
        let input = ApplyAsEvaluator {
            pseudonym: pseudonym.to_owned(),
            organisation: organisation.to_owned(),
            interests: interests.iter().map(|&it| it.to_owned()).collect(),
        };
        let applicant = caller(Role::Citizen, account);
        let applied = self.world.accepted(&applicant, Command::ApplyAsEvaluator(input)).await;
        applied.subject.parse().unwrap()
    }

    async fn accredit(&self, evaluator_id: EvaluatorId) {
        let accredit = Command::AccreditEvaluator { evaluator_id };
        self.world.accepted(&caller(Role::Oic, 5), accredit).await;
    }

    /// An evaluator more, of an organisation of its own.
    pub async fn accredited(
        &self,
        account: u128,
        pseudonym: &str,
        interests: &[&str],
    ) -> EvaluatorId {
        let evaluator_id = self.applied(account, pseudonym, pseudonym, interests).await;
        self.accredit(evaluator_id).await;
        evaluator_id
    }

    /// An evaluator who waits to be accredited.
    pub async fn waiting(&self, account: u128, pseudonym: &str) -> Command {
        let evaluator_id = self.applied(account, pseudonym, pseudonym, &[]).await;
        Command::AccreditEvaluator { evaluator_id }
    }

    #[expect(clippy::unused_self, reason = "whose account it is, is a fact of the play")]
    pub fn company_account(&self, index: usize) -> Caller {
        caller(Role::Citizen, COMPANY_ACCOUNTS + index as u128)
    }

    pub fn bid(&self, index: usize, act: BidAct) -> Command {
        Command::Bid { tender_id: self.tender_id, company_id: self.companies[index], act }
    }

    pub async fn try_bid(&self, index: usize, act: BidAct) -> Result<Accepted, ExecuteError> {
        self.world.run(&self.company_account(index), self.bid(index, act)).await
    }

    pub async fn act(&self, by: &Caller, act: ProcedureAct) -> Result<Accepted, ExecuteError> {
        self.world.run(by, Command::Procedure { tender_id: self.tender_id, act }).await
    }

    pub async fn done(&self, by: &Caller, act: ProcedureAct) -> Accepted {
        self.act(by, act).await.expect("accepted")
    }

    /// The proposal of the case's company at `index`.
    #[expect(clippy::unnecessary_box_returns, reason = "a bid holds it so")]
    pub fn proposal(&self, index: usize) -> Box<ProposalInput> {
        let proposal = &self.world.case["proposals"][index];
        let document = |place: usize| DocumentInput {
            name: text(&proposal["documents"][place]["name"]),
            media_type: "text/plain".to_owned(),
            bytes: text(&proposal["documents"][place]["text"]).into_bytes(),
        };
        Box::new(ProposalInput {
            technical: vec![document(0)],
            price: mxn(proposal["priceCentavos"].as_str().unwrap()),
            economic: vec![document(1)],
        })
    }

    /// All companies take part and propose, at the hours of the case.
    pub async fn all_propose(&self) {
        for index in 0..self.companies.len() {
            self.takes_part(index).await;
        }
        for index in 0..self.companies.len() {
            let at = text(&self.world.case["proposals"][index]["submittedAt"]);
            self.world.at(&at).await;
            let submit = BidAct::SubmitProposal(self.proposal(index));
            self.try_bid(index, submit).await.expect("proposes");
        }
    }

    /// The company at `index` takes part.
    pub async fn takes_part(&self, index: usize) {
        let take_part = BidAct::RegisterParticipant { declares_no_conflict: true };
        self.try_bid(index, take_part).await.expect("takes part");
    }

    /// From the proposals to the panel that took its seats.
    pub async fn opened_and_drawn(&self) {
        self.all_propose().await;
        self.opened_and_drawn_after_proposals().await;
    }

    /// The same, of proposals that are there.
    pub async fn opened_and_drawn_after_proposals(&self) {
        self.world.at("2018-04-13T18:30:00").await;
        let contracting = caller(Role::Contracting, 4);
        self.done(&contracting, ProcedureAct::OpenTechnical).await;
        self.drawn_and_scored().await;
    }

    /// From the technical opening to the signed sheets.
    pub async fn drawn_and_scored(&self) {
        let contracting = caller(Role::Contracting, 4);
        let seats = u32::try_from(self.world.case["seats"].as_array().unwrap().len()).unwrap();
        let schedule = ProcedureAct::ScheduleDraw { seats, alternates: 12 - seats };
        self.done(&contracting, schedule).await;
        self.world.at("2018-04-13T19:00:00").await;
        self.done(&contracting, ProcedureAct::DrawPanel).await;
        for seat in self.seats().await {
            self.done(&seat.1, ProcedureAct::AcceptAssignment).await;
        }
        self.world.at("2018-04-14T09:00:00").await;
        for (mask, company) in self.masks().await {
            let key = &self.world.case["companies"][company]["key"];
            let sheets = self.world.case["technicalSheets"].as_array().unwrap();
            let sheet = sheets.iter().find(|sheet| sheet["company"] == *key).unwrap();
            let sign = ProcedureAct::SignTechnicalSheet {
                mask,
                scores: serde_json::from_value(sheet["scores"].clone()).unwrap(),
                justification: text(&sheet["justification"]),
            };
            self.done(&caller(Role::Technical, 6), sign).await;
        }
    }

    /// From the first ballot to the award.
    pub async fn evaluated_and_awarded(&self) {
        self.evaluated().await;
        let contracting = caller(Role::Contracting, 4);
        self.done(&contracting, ProcedureAct::IssueRuling { reasons: REASONS.to_owned() }).await;
        self.world.at("2018-04-15T13:00:00").await;
        self.done(&contracting, ProcedureAct::IssueAward { reasons: REASONS.to_owned() }).await;
    }

    /// From the first ballot to the computed scores.
    pub async fn evaluated(&self) {
        let seats = self.seats().await;
        self.world.at("2018-04-14T10:00:00").await;
        for (place, (_, evaluator)) in seats.iter().enumerate() {
            let commitment = self.commitment(place).await;
            self.done(evaluator, ProcedureAct::CommitBallot { commitment }).await;
        }
        self.world.at("2018-04-15T08:00:00").await;
        for (place, (_, evaluator)) in seats.iter().enumerate() {
            let reveal = ProcedureAct::RevealBallot(Box::new(self.reveal(place).await));
            self.done(evaluator, reveal).await;
        }
        self.world.at("2018-04-15T12:30:00").await;
        let contracting = caller(Role::Contracting, 4);
        self.done(&contracting, ProcedureAct::OpenEconomic).await;
        self.done(&contracting, ProcedureAct::ComputeEvaluation).await;
    }

    pub fn terms(&self) -> ContractTerms {
        let contract = &self.world.case["contract"];
        let number = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
        let milestones = contract["milestones"].as_array().unwrap().iter();
        ContractTerms {
            guarantee_percent: number(&contract["guaranteePercent"]),
            penalty_per_day_per_mille: number(&contract["penaltyPerDayPerMille"]),
            milestones: milestones
                .map(|milestone| MilestoneInput {
                    id: text(&milestone["id"]),
                    title: text(&milestone["title"]),
                    percent: number(&milestone["percent"]),
                    due: text(&milestone["due"]).parse().unwrap(),
                })
                .collect(),
        }
    }

    /// The contract of the award, signed by both.
    pub async fn contract_in_force(&self) -> ContractId {
        self.world.at("2018-04-16T10:00:00").await;
        let buyer = caller(Role::Contracting, 4);
        let prepare = ProcedureAct::PrepareContract(Box::new(self.terms()));
        let contract_id: ContractId = self.done(&buyer, prepare).await.subject.parse().unwrap();
        let supplier = self.company_account(1);
        let guarantee = ContractAct::LodgeGuarantee {
            amount: mxn("17900000"),
            reference: "FIANZA-1".to_owned(),
        };
        self.contract(&supplier, contract_id, guarantee).await;
        self.contract(&supplier, contract_id, ContractAct::SignContract).await;
        self.contract(&buyer, contract_id, ContractAct::SignContract).await;
        contract_id
    }

    pub async fn contract(
        &self,
        by: &Caller,
        contract_id: ContractId,
        act: ContractAct,
    ) -> Accepted {
        self.world.accepted(by, Command::Contract { contract_id, act }).await
    }

    /// Who sits on the panel, in the order of the seats.
    pub async fn seats(&self) -> Vec<(String, Caller)> {
        let stream = self.tender_id.evaluation_stream();
        let mut pseudonyms = Vec::new();
        for event in self.events(&stream).await {
            match event {
                DomainEvent::PanelDrawn(drawn) => {
                    pseudonyms =
                        drawn.panel.iter().map(|seat| seat.pseudonym.to_string()).collect();
                }
                DomainEvent::ConflictDeclared(conflict) => {
                    let place = conflict.seat as usize - 1;
                    pseudonyms[place] = conflict.replacement.unwrap().pseudonym.to_string();
                }
                _ => {}
            }
        }
        let candidates = self.world.case["candidates"].as_array().unwrap();
        let account = |name: &String| {
            let place = candidates.iter().position(|it| it["pseudonym"] == name.as_str());
            EVALUATOR_ACCOUNTS + place.unwrap() as u128
        };
        let seat = |name: String| (name.clone(), caller(Role::Citizen, account(&name)));
        pseudonyms.into_iter().map(seat).collect()
    }

    /// The opened proposals in the order of the masks, each with the place of its company: what only a test may know.
    pub async fn masks(&self) -> Vec<(String, usize)> {
        let mut masks = Vec::new();
        for event in self.events(&self.tender_id.stream()).await {
            let DomainEvent::ProposalOpened(opened) = event else { continue };
            let hash = &opened.documents[0].sha256;
            let of_company =
                |index: &usize| to_hex(&sha256(&self.proposal(*index).technical[0].bytes)) == *hash;
            let company = (0..self.companies.len()).find(of_company).unwrap();
            masks.push((opened.mask.to_string(), company));
        }
        masks
    }

    pub async fn events(&self, stream: &str) -> Vec<DomainEvent> {
        let recorded = self.world.application.store().read_stream(stream).await.unwrap();
        recorded.iter().map(|entry| application::domain_event(entry).unwrap().unwrap()).collect()
    }

    /// What the evaluator at `place` reveals.
    pub async fn reveal(&self, place: usize) -> RevealInput {
        let seat = &self.world.case["seats"][place];
        let mut proposals = Vec::new();
        for (mask, company) in self.masks().await {
            let key = text(&self.world.case["companies"][company]["key"]);
            let scores = serde_json::from_value(seat["votes"][&key].clone()).unwrap();
            proposals.push(BallotScores { mask: mask.parse().unwrap(), scores });
        }
        RevealInput {
            proposals,
            justification: text(&seat["justification"]),
            delivery_probability_percent: 80,
            salt: to_base64url(&[u8::try_from(place).unwrap(); 32]),
        }
    }

    /// What the evaluator at `place` commits to.
    pub async fn commitment(&self, place: usize) -> String {
        let reveal = self.reveal(place).await;
        let justification = reveal.justification.as_bytes();
        let ballot = Ballot {
            tender_id: self.tender_id,
            pseudonym: self.seats().await[place].0.parse().unwrap(),
            proposals: reveal.proposals,
            justification: Document {
                name: "justificacion.txt".to_owned(),
                media_type: "text/plain".to_owned(),
                sha256: to_hex(&sha256(justification)),
                bytes: u32::try_from(justification.len()).unwrap(),
            },
            delivery_probability_percent: 80,
        };
        let salt = Salt([u8::try_from(place).unwrap(); 32]);
        let value = serde_json::to_value(ballot).unwrap();
        Commitment::to("/data/ballot", &salt, &value).unwrap().to_text()
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub fn account(n: u128) -> AccountRef {
    AccountRef(Uuid::from_u128(n))
}
