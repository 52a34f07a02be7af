//! The reference case, as the tests of this crate play it.

pub(crate) mod contract;
pub(crate) mod evaluation;
pub(crate) mod procedure;

use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::content::{CallDays, Schedule, Weights};
use crate::event::{CatalogItemAdded, PlanApproved, TenderPublished, UnitRegistered};
use crate::id::{AccountRef, PlanId, TenderId};
use crate::input::{
    ItemInput, MoneyInput, QuoteInput, RequirementInput, SocialCriterionInput,
    TechnicalCriterionInput,
};
use crate::plan::{ApprovePlan, Plan, PlanCommand, PlanDraft, PlanEvent, PlanInput};
use crate::rule_set::RuleSet;
use crate::tender::{PublishCall, Tender, TenderCommand, TenderEvent, TenderInput};
use crate::time::{Day, Timestamp};
use crate::vocabulary::{Aggregation, Category, ProcurementMethod};

pub(crate) const PLAN: PlanId = PlanId(Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_0001));
pub(crate) const TENDER: TenderId =
    TenderId(Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_0002));
const AUTHOR: AccountRef = AccountRef(Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_000a));
const APPROVER: AccountRef = AccountRef(Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_000b));

pub(crate) fn local(text: &str) -> Timestamp {
    Timestamp::from_local(text).unwrap()
}

pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn mxn(centavos: &str) -> MoneyInput {
    MoneyInput { centavos: centavos.to_owned(), currency: "MXN".to_owned() }
}

fn items() -> Vec<ItemInput> {
    vec![ItemInput {
        id: "1".to_owned(),
        scheme: "MX-LOCAL".to_owned(),
        item: "33300001-ACC".to_owned(),
        quantity: 1,
    }]
}

pub(crate) fn unit() -> UnitRegistered {
    UnitRegistered {
        key: "009000999".parse().unwrap(),
        name: "Unidad de prueba".to_owned(),
        buyer: "Coordinación de Estrategia Digital Nacional (demostración)".to_owned(),
    }
}

pub(crate) fn catalogue_item() -> CatalogItemAdded {
    CatalogItemAdded {
        scheme: "MX-LOCAL".parse().unwrap(),
        id: "33300001-ACC".parse().unwrap(),
        parent: Some("33300001".parse().unwrap()),
        description: "Servicios accesibilidad".to_owned(),
        unit: "Servicio".to_owned(),
    }
}

pub(crate) fn plan_input() -> PlanInput {
    let quote =
        |source: &str, centavos| QuoteInput { source: source.to_owned(), amount: mxn(centavos) };
    PlanInput {
        unit_key: "009000999".to_owned(),
        need: "Mejora continua de la accesibilidad de gob.mx".to_owned(),
        fiscal_year: 2018,
        budget_line: "33304".to_owned(),
        amount: mxn("200000000"),
        items: items(),
        quotes: vec![
            quote("Proveedor A", "172000000"),
            quote("Proveedor B", "185000000"),
            quote("Contratos previos en plataforma", "199000000"),
        ],
    }
}

pub(crate) fn plan_draft() -> PlanDraft {
    plan_input().read().unwrap()
}

pub(crate) fn approve_plan() -> ApprovePlan {
    ApprovePlan {
        plan_id: PLAN,
        ocid: "ocds-000000-009000999-2018-1".parse().unwrap(),
        draft: plan_draft(),
        unit: Some(unit()),
        cited: vec![catalogue_item()],
        author: AUTHOR,
        approver: APPROVER,
        drafted_at: local("2018-03-26T10:00:00"),
        rules: RuleSet::piloto_2018().clone(),
    }
}

pub(crate) fn plan_approved() -> PlanApproved {
    let command = PlanCommand::Approve(Box::new(approve_plan()));
    let events = Plan::default().decide(command, local("2018-03-29T12:00:00")).unwrap();
    let PlanEvent::Approved(plan) = &events[0];
    (**plan).clone()
}

pub(crate) fn schedule() -> Schedule {
    Schedule {
        receipt_start: local("2018-04-12T09:00:00"),
        receipt_end: local("2018-04-13T18:00:00"),
        technical_opening: local("2018-04-13T18:30:00"),
        panel_draw: local("2018-04-13T19:00:00"),
        commit_start: local("2018-04-14T10:00:00"),
        commit_end: local("2018-04-14T20:00:00"),
        reveal_start: local("2018-04-15T08:00:00"),
        reveal_end: local("2018-04-15T12:00:00"),
        economic_opening: local("2018-04-15T12:30:00"),
        award_at: local("2018-04-15T13:00:00"),
    }
}

pub(crate) fn tender_input() -> TenderInput {
    let requirement = |id: &str, title: &str| RequirementInput {
        id: id.to_owned(),
        title: title.to_owned(),
        mandatory: true,
    };
    let technical = |id: &str, title: &str, maximum| TechnicalCriterionInput {
        id: id.to_owned(),
        title: title.to_owned(),
        maximum,
    };
    let social = |id: &str, title: &str, weight_percent| SocialCriterionInput {
        id: id.to_owned(),
        title: title.to_owned(),
        weight_percent,
    };
    TenderInput {
        plan_id: PLAN,
        procedure_number: "LA-009000999-E1-2018".to_owned(),
        title: "SERVICIOS PARA LA MEJORA CONTINUA DE ACCESIBILIDAD".to_owned(),
        description: "SERVICIOS DE EVALUACION DE ACCESIBILIDAD PARA GOB.MX".to_owned(),
        procurement_method: ProcurementMethod::Open,
        category: Category::Services,
        budget: mxn("200000000"),
        items: items(),
        requirements: vec![
            requirement("R1", "Personalidad jurídica"),
            requirement("R2", "Opinión de cumplimiento fiscal 32-D"),
        ],
        weights: Weights { technical: 5000, economic: 3000, social: 2000 },
        technical_minimum: 3750,
        aggregation: Aggregation::Median,
        technical_criteria: vec![
            technical("T1", "Capacidad del licitante", 2000),
            technical("T2", "Experiencia y especialidad", 1500),
            technical("T3", "Propuesta de trabajo", 1000),
            technical("T4", "Cumplimiento de contratos", 500),
        ],
        social_criteria: vec![
            social("S1", "Beneficio a personas con discapacidad", 40),
            social("S2", "Transferencia de conocimiento y código abierto", 30),
            social("S3", "Empleo incluyente y proveeduría local", 30),
        ],
        schedule: schedule(),
        call: CallDays {
            tender_start: day("2018-04-12"),
            tender_end: day("2018-04-13"),
            award_start: day("2018-04-14"),
            award_end: day("2018-04-15"),
            contracting_start: day("2018-04-16"),
            contracting_end: day("2018-04-28"),
        },
    }
}

pub(crate) fn publish_call() -> PublishCall {
    PublishCall {
        tender_id: TENDER,
        draft: tender_input().read().unwrap(),
        plan: Some(plan_approved()),
        cited: vec![catalogue_item()],
        author: AUTHOR,
        approver: APPROVER,
        registered_at: local("2018-04-02T09:00:00"),
        rules: RuleSet::piloto_2018().clone(),
    }
}

pub(crate) fn tender_published() -> TenderPublished {
    let command = TenderCommand::PublishCall(Box::new(publish_call()));
    let events = Tender::default().decide(command, local("2018-04-12T09:00:00")).unwrap();
    let TenderEvent::Published(tender) = &events[0] else { panic!("not published") };
    (**tender).clone()
}
