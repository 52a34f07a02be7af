//! The contract of the reference case, from its preparation to its ratings.

use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::content::{Document, Tenderer};
use crate::contract::{
    Contract, ContractCommand, ContractEvent, ContractTerms, MilestoneInput, PrepareContract,
};
use crate::event::{AwardIssued, DomainEvent};
use crate::id::{AccountRef, AwardId, CompanyId, ContractId, LocalId, Mask};
use crate::input::MoneyInput;
use crate::money::Money;
use crate::rfc::Rfc;
use crate::sample::{TENDER, day, local, tender_published};
use crate::vocabulary::{CompanySize, Party};

const CONTRACT: ContractId = ContractId(Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_0004));
const AWARD: AwardId = AwardId(Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_0005));
const SUPPLIER: CompanyId = CompanyId(Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_0003));
pub(crate) const SUPPLIER_ACCOUNT: AccountRef =
    AccountRef(Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_000c));
pub(crate) const BUYER_ACCOUNT: AccountRef =
    AccountRef(Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_000d));

const CITIZEN_ACCOUNT: AccountRef =
    AccountRef(Uuid::from_u128(0x0162_0000_0000_7000_8000_0000_0000_000e));

pub(crate) fn award_issued() -> AwardIssued {
    AwardIssued {
        award_id: AWARD,
        tender_id: TENDER,
        ocid: "ocds-000000-009000999-2018-1".parse().unwrap(),
        mask: Mask::at(1).unwrap(),
        supplier: Tenderer {
            company_id: SUPPLIER,
            legal_name: "ACCESO INCLUYENTE MÉXICO, S.C. DE R.L.".to_owned(),
            rfc: Rfc::parse("AIM160905H25", false).unwrap(),
            size: CompanySize::Micro,
        },
        amount: Money::mxn(179_000_000).unwrap(),
        total: 8539,
        sign_by: day("2018-04-28"),
        reasons: "Obtuvo el mayor puntaje total.".to_owned(),
    }
}

pub(crate) fn terms() -> ContractTerms {
    let milestone = |id: &str, title: &str, percent, due| MilestoneInput {
        id: id.to_owned(),
        title: title.to_owned(),
        percent,
        due: day(due),
    };
    ContractTerms {
        guarantee_percent: 10,
        penalty_per_day_per_mille: 5,
        milestones: vec![
            milestone("D1", "Plan de trabajo", 10, "2018-05-04"),
            milestone("D2", "Auditoría de 40 páginas", 40, "2018-06-01"),
            milestone("D3", "Pruebas con personas usuarias", 30, "2018-06-29"),
            milestone("D4", "Nueva prueba y capacitación", 20, "2018-07-20"),
        ],
    }
}

pub(crate) fn prepare_contract() -> PrepareContract {
    PrepareContract {
        contract_id: CONTRACT,
        award: Some(award_issued()),
        call: Some(tender_published()),
        terms: terms(),
    }
}

pub(crate) fn id(text: &str) -> LocalId {
    text.parse().unwrap()
}

pub(crate) fn mxn(centavos: u64) -> MoneyInput {
    MoneyInput { centavos: centavos.to_string(), currency: "MXN".to_owned() }
}

pub(crate) fn prepare() -> ContractCommand {
    ContractCommand::Prepare(Box::new(prepare_contract()))
}

pub(crate) fn lodge(centavos: u64) -> ContractCommand {
    ContractCommand::LodgeGuarantee {
        supplier_account: Some(SUPPLIER_ACCOUNT),
        caller: SUPPLIER_ACCOUNT,
        amount: mxn(centavos),
        reference: "FIANZA-2018-0417".to_owned(),
    }
}

pub(crate) fn sign(party: Party) -> ContractCommand {
    let caller = match party {
        Party::Buyer => BUYER_ACCOUNT,
        Party::Supplier => SUPPLIER_ACCOUNT,
    };
    ContractCommand::Sign { party, caller, supplier_account: Some(SUPPLIER_ACCOUNT) }
}

pub(crate) fn document() -> Document {
    Document {
        name: "entregable.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        sha256: "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
        bytes: 1024,
    }
}

pub(crate) fn deliver(milestone: &str) -> ContractCommand {
    ContractCommand::Deliver {
        caller: SUPPLIER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        milestone_id: id(milestone),
        documents: vec![document()],
    }
}

pub(crate) fn send_back(milestone: &str) -> ContractCommand {
    let reason = "Faltan las páginas de trámites.".to_owned();
    ContractCommand::Return {
        caller: BUYER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        milestone_id: id(milestone),
        reason,
    }
}

pub(crate) fn accept(milestone: &str) -> ContractCommand {
    ContractCommand::Accept {
        caller: BUYER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        milestone_id: id(milestone),
    }
}

pub(crate) fn penalty(milestone: &str) -> ContractCommand {
    ContractCommand::ApplyPenalty {
        caller: BUYER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        milestone_id: id(milestone),
    }
}

/// The invoice of `Dn`, whose id ends in `dn`.
pub(crate) fn invoice(milestone: &str, centavos: u64) -> ContractCommand {
    ContractCommand::RegisterInvoice {
        caller: SUPPLIER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        milestone_id: id(milestone),
        invoice_id: format!("01620000-0000-4000-8000-0000000000{milestone}"),
        amount: mxn(centavos),
    }
}

pub(crate) fn order(milestone: &str) -> ContractCommand {
    ContractCommand::OrderPayment {
        caller: BUYER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        milestone_id: id(milestone),
    }
}

pub(crate) fn pay(milestone: &str, centavos: u64) -> ContractCommand {
    ContractCommand::RecordPayment {
        caller: BUYER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        milestone_id: id(milestone),
        amount: mxn(centavos),
        reference: format!("SPEI-{milestone}"),
    }
}

pub(crate) fn rate_performance(stars: u32) -> ContractCommand {
    let comment = "Cumplió, con un entregable tardío.".to_owned();
    ContractCommand::RatePerformance {
        caller: BUYER_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        stars,
        comment,
    }
}

pub(crate) fn rate_work(stars: u32) -> ContractCommand {
    ContractCommand::RateWork {
        caller: CITIZEN_ACCOUNT,
        supplier_account: Some(SUPPLIER_ACCOUNT),
        stars,
    }
}

type Step = (&'static str, ContractCommand);

/// The case until both parties signed.
pub(crate) fn signature_steps() -> Vec<Step> {
    vec![
        ("2018-04-16T10:00:00", prepare()),
        ("2018-04-19T10:00:00", lodge(17_900_000)),
        ("2018-04-20T12:00:00", sign(Party::Supplier)),
        ("2018-04-20T12:30:00", sign(Party::Buyer)),
    ]
}

/// The second deliverable, which was late and sent back, until its payment.
pub(crate) fn late_steps() -> Vec<Step> {
    vec![
        ("2018-06-05T10:00:00", deliver("D2")),
        ("2018-06-08T10:00:00", send_back("D2")),
        ("2018-06-11T10:00:00", deliver("D2")),
        ("2018-06-13T10:00:00", accept("D2")),
        ("2018-06-13T11:00:00", penalty("D2")),
        ("2018-06-14T10:00:00", invoice("D2", 70_168_000)),
        ("2018-06-15T10:00:00", order("D2")),
        ("2018-07-12T10:00:00", pay("D2", 70_168_000)),
    ]
}

/// The other deliverables, which were in time, until their payment.
fn timely_steps(milestone: &'static str, centavos: u64, hours: [&'static str; 4]) -> Vec<Step> {
    vec![
        (hours[0], deliver(milestone)),
        (hours[1], accept(milestone)),
        (hours[2], invoice(milestone, centavos)),
        (hours[2], order(milestone)),
        (hours[3], pay(milestone, centavos)),
    ]
}

/// The whole case until the last payment.
pub(crate) fn payment_steps() -> Vec<Step> {
    let first = ["2018-05-04T23:59:59.999", "2018-05-08T10:00:00", "2018-05-09T10:00:00"];
    let third = ["2018-06-29T10:00:00", "2018-07-03T10:00:00", "2018-07-04T10:00:00"];
    let fourth = ["2018-07-20T10:00:00", "2018-07-24T10:00:00", "2018-07-25T10:00:00"];
    let until = |[a, b, c]: [&'static str; 3], paid| [a, b, c, paid];
    let mut steps = signature_steps();
    steps.extend(timely_steps("D1", 17_900_000, until(first, "2018-05-25T10:00:00")));
    steps.extend(late_steps());
    steps.extend(timely_steps("D3", 53_700_000, until(third, "2018-07-20T10:00:00")));
    steps.extend(timely_steps("D4", 35_800_000, until(fourth, "2018-08-08T10:00:00")));
    steps
}

/// The whole case.
pub(crate) fn steps() -> Vec<Step> {
    let mut steps = payment_steps();
    steps.push(("2018-08-10T12:00:00", ContractCommand::Complete));
    steps.push(("2018-08-10T13:00:00", rate_performance(4)));
    steps.push(("2018-08-11T10:00:00", rate_work(5)));
    steps
}

/// What is recorded when each step is decided upon what the steps before recorded.
pub(crate) fn played(steps: impl IntoIterator<Item = Step>) -> Vec<ContractEvent> {
    let mut history: Vec<ContractEvent> = Vec::new();
    for (at, command) in steps {
        let contract = Contract::replay(&history).unwrap();
        history.extend(contract.decide(command, local(at)).unwrap());
    }
    history
}

/// The first event of each type that the case records.
pub(crate) fn golden_contract() -> Vec<DomainEvent> {
    let mut first: Vec<DomainEvent> = Vec::new();
    for event in played(steps()).into_iter().map(DomainEvent::from) {
        if first.iter().all(|known| known.event_type() != event.event_type()) {
            first.push(event);
        }
    }
    first
}
