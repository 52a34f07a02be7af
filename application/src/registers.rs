//! Units, catalogues and companies: commands that are decided on one stream alone.

use domain::catalogue::{AddCatalogueItem, Catalogue, CatalogueCommand, read_scheme};
use domain::company::{Company, CompanyCommand, CompanyEvent, CompanyRejection, RegisterCompany};
use domain::evaluator::{
    ApplyAsEvaluator, Evaluator, EvaluatorCommand, EvaluatorEvent, EvaluatorRegister,
    EvaluatorRejection, REGISTER_STREAM, RegisterCommand, read_pseudonym,
};
use domain::unit::{RegisterUnit, Unit, UnitCommand, read_key};
use domain::{Aggregate, CompanyId, EvaluatorId, Rfc, Timestamp};
use eventstore::{Claim, EventStore};

use crate::append::Decision;
use crate::command::Request;
use crate::history::{Loaded, load};
use crate::outcome::{ExecuteError, Fault, rejected};

/// The set of RFCs of companies that were not rejected.
pub(crate) const RFC_CLAIM: &str = "rfc";
/// The set of evaluators' pseudonyms.
pub(crate) const PSEUDONYM_CLAIM: &str = "pseudonym";

pub(crate) async fn register_unit(
    store: &impl EventStore,
    input: &RegisterUnit,
    now: Timestamp,
) -> Result<Decision, ExecuteError> {
    let key = read_key("key", &input.key).map_err(rejected)?;
    let unit: Loaded<Unit> = load(store, key.stream()).await?;
    let events = unit.state.decide(UnitCommand::Register(input.clone()), now).map_err(rejected)?;
    Ok(Decision::new(unit.stream, unit.version, events))
}

pub(crate) async fn add_catalogue_item(
    store: &impl EventStore,
    input: &AddCatalogueItem,
    now: Timestamp,
) -> Result<Decision, ExecuteError> {
    let scheme = read_scheme("scheme", &input.scheme).map_err(rejected)?;
    let catalogue: Loaded<Catalogue> = load(store, scheme.stream()).await?;
    let command = CatalogueCommand::AddItem(input.clone());
    let events = catalogue.state.decide(command, now).map_err(rejected)?;
    Ok(Decision::new(catalogue.stream, catalogue.version, events))
}

pub(crate) async fn register_company(
    store: &impl EventStore,
    request: &Request<'_>,
    input: &RegisterCompany,
    now: Timestamp,
) -> Result<Decision, ExecuteError> {
    let company_id = CompanyId(request.created_id());
    let company: Loaded<Company> = load(store, company_id.stream()).await?;
    let command = CompanyCommand::Register { company_id, input: Box::new(input.clone()) };
    let events = company.state.decide(command, now).map_err(rejected)?;
    let take = events
        .iter()
        .filter_map(|event| match event {
            CompanyEvent::Registered(registered) => {
                Some(rfc_claim(&registered.rfc, &company.stream))
            }
            CompanyEvent::Approved(_) | CompanyEvent::Rejected(_) => None,
        })
        .collect();
    Ok(Decision { take, ..Decision::new(company.stream, company.version, events) })
}

pub(crate) async fn approve_company(
    store: &impl EventStore,
    request: &Request<'_>,
    company_id: CompanyId,
    now: Timestamp,
) -> Result<Decision, ExecuteError> {
    let company = load_company(store, company_id).await?;
    let registrant = registrant(&company)?;
    let command = CompanyCommand::Approve { approver: request.account(), registrant };
    let events = company.state.decide(command, now).map_err(rejected)?;
    Ok(Decision::new(company.stream, company.version, events))
}

pub(crate) async fn reject_company(
    store: &impl EventStore,
    request: &Request<'_>,
    company_id: CompanyId,
    reason: &str,
    now: Timestamp,
) -> Result<Decision, ExecuteError> {
    let company = load_company(store, company_id).await?;
    let registrant = registrant(&company)?;
    let approver = request.account();
    let command = CompanyCommand::Reject { approver, registrant, reason: reason.to_owned() };
    let events = company.state.decide(command, now).map_err(rejected)?;
    let release = company
        .state
        .registration()
        .map(|registered| rfc_claim(&registered.rfc, &company.stream))
        .into_iter()
        .collect();
    Ok(Decision { release, ..Decision::new(company.stream, company.version, events) })
}

pub(crate) async fn apply_as_evaluator(
    store: &impl EventStore,
    request: &Request<'_>,
    input: &ApplyAsEvaluator,
    now: Timestamp,
) -> Result<Decision, ExecuteError> {
    let evaluator_id = EvaluatorId(request.created_id());
    let evaluator: Loaded<Evaluator> = load(store, evaluator_id.stream()).await?;
    let command = EvaluatorCommand::Apply { evaluator_id, input: input.clone() };
    let events = evaluator.state.decide(command, now).map_err(rejected)?;
    let take = events.iter().map(|event| match event {
        EvaluatorEvent::Applied(applied) => Claim {
            kind: PSEUDONYM_CLAIM.to_owned(),
            value: applied.pseudonym.to_string(),
            stream: evaluator.stream.clone(),
        },
    });
    let take = take.collect();
    Ok(Decision { take, ..Decision::new(evaluator.stream, evaluator.version, events) })
}

pub(crate) async fn accredit_evaluator(
    store: &impl EventStore,
    request: &Request<'_>,
    evaluator_id: EvaluatorId,
    now: Timestamp,
) -> Result<Decision, ExecuteError> {
    let evaluator: Loaded<Evaluator> = load(store, evaluator_id.stream()).await?;
    let register: Loaded<EvaluatorRegister> = load(store, REGISTER_STREAM.to_owned()).await?;
    let command = RegisterCommand::Accredit {
        application: evaluator.state.application().cloned(),
        approver: request.account(),
        applicant: evaluator.begun_by,
    };
    let events = register.state.decide(command, now).map_err(rejected)?;
    let unchanged = vec![(evaluator.stream, evaluator.version)];
    Ok(Decision { unchanged, ..Decision::new(register.stream, register.version, events) })
}

/// The refusal of a second evaluator of the same name.
pub(crate) fn pseudonym_taken(input: &ApplyAsEvaluator) -> ExecuteError {
    match read_pseudonym(&input.pseudonym) {
        Ok(pseudonym) => rejected(EvaluatorRejection::PseudonymTaken { pseudonym }),
        Err(rejection) => rejected(rejection),
    }
}

/// The refusal of a second company with the same RFC.
pub(crate) fn rfc_taken(input: &RegisterCompany) -> ExecuteError {
    match Rfc::parse(&input.rfc, true) {
        Ok(rfc) => rejected(CompanyRejection::RfcTaken { rfc }),
        Err(rejection) => rejected(rejection),
    }
}

async fn load_company(
    store: &impl EventStore,
    company_id: CompanyId,
) -> Result<Loaded<Company>, ExecuteError> {
    let company: Loaded<Company> = load(store, company_id.stream()).await?;
    if company.version == 0 {
        return Err(rejected(CompanyRejection::Unknown));
    }
    Ok(company)
}

fn registrant(company: &Loaded<Company>) -> Result<domain::AccountRef, Fault> {
    company.begun_by.ok_or(Fault::Stored("actor of a company's registration"))
}

fn rfc_claim(rfc: &Rfc, stream: &str) -> Claim {
    Claim { kind: RFC_CLAIM.to_owned(), value: rfc.as_str().to_owned(), stream: stream.to_owned() }
}
