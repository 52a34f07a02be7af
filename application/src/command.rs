//! What may be asked of the system; one variant a mutation.

use domain::catalogue::AddCatalogueItem;
use domain::company::RegisterCompany;
use domain::evaluator::ApplyAsEvaluator;
use domain::plan::PlanInput;
use domain::tender::TenderInput;
use domain::unit::RegisterUnit;
use domain::{AccountRef, Actor, CompanyId, ContractId, EvaluatorId, PlanId, TenderId};
use serde::Serialize;
use uuid::Uuid;

use crate::acts::{BidAct, ContractAct, ProcedureAct};
use crate::append::By;
use crate::authority::Caller;

/// The space of command ids that callers choose. A system command's id lies in a space of its own, so
/// that no caller can use it up beforehand.
const CALLER_COMMANDS: Uuid = Uuid::from_u128(0x91a5_3f0e_6c1b_4c63_9d0a_52f7_1b0c_8e01);
/// The space of ids that commands give to what they create.
const CREATED: Uuid = Uuid::from_u128(0x91a5_3f0e_6c1b_4c63_9d0a_52f7_1b0c_8e02);

/// A command as its caller wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Command {
    /// Enter a buying unit in the register.
    RegisterUnit(RegisterUnit),
    /// Add an item to a catalogue.
    AddCatalogueItem(AddCatalogueItem),
    /// Ask for the registration of a company.
    RegisterCompany(Box<RegisterCompany>),
    /// Approve a company.
    ApproveCompany {
        /// Which.
        company_id: CompanyId,
    },
    /// Refuse a company.
    RejectCompany {
        /// Which.
        company_id: CompanyId,
        /// Why.
        reason: String,
    },
    /// Begin a plan's draft or change it.
    SavePlanDraft {
        /// Which; `None` begins one.
        plan_id: Option<PlanId>,
        /// Its content.
        plan: Box<PlanInput>,
    },
    /// Ask for a decision on a plan.
    SubmitPlan {
        /// Which.
        plan_id: PlanId,
    },
    /// Send a plan back to its author.
    ReturnPlan {
        /// Which.
        plan_id: PlanId,
        /// Why.
        reason: String,
    },
    /// Approve a plan: it gets its ocid.
    ApprovePlan {
        /// Which.
        plan_id: PlanId,
    },
    /// Begin a call's draft or change it.
    SaveTenderDraft {
        /// Which; `None` begins one.
        tender_id: Option<TenderId>,
        /// Its content.
        tender: Box<TenderInput>,
    },
    /// Ask for a decision on a call.
    SubmitCall {
        /// Which.
        tender_id: TenderId,
    },
    /// Send a call back to its author.
    ReturnCall {
        /// Which.
        tender_id: TenderId,
        /// Why.
        reason: String,
    },
    /// Approve a call.
    ApproveCall {
        /// Which.
        tender_id: TenderId,
    },
    /// Publish an approved call.
    PublishCall {
        /// Which.
        tender_id: TenderId,
    },
    /// Ask to be a citizen evaluator.
    ApplyAsEvaluator(ApplyAsEvaluator),
    /// Enter an evaluator in the register.
    AccreditEvaluator {
        /// Which.
        evaluator_id: EvaluatorId,
    },
    /// Act for a company in a tender; what is recorded is sealed.
    Bid {
        /// The tender.
        tender_id: TenderId,
        /// The company.
        company_id: CompanyId,
        /// What it does.
        act: BidAct,
    },
    /// Act in a procedure.
    Procedure {
        /// The tender.
        tender_id: TenderId,
        /// What is done.
        act: ProcedureAct,
    },
    /// Act on a contract.
    Contract {
        /// The contract.
        contract_id: ContractId,
        /// What is done.
        act: ContractAct,
    },
}

impl Command {
    /// The mutation's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::RegisterUnit(_) => "registerUnit",
            Self::AddCatalogueItem(_) => "addCatalogueItem",
            Self::RegisterCompany(_) => "registerCompany",
            Self::ApproveCompany { .. } => "approveCompany",
            Self::RejectCompany { .. } => "rejectCompany",
            Self::SavePlanDraft { .. } => "savePlanDraft",
            Self::SubmitPlan { .. } => "submitPlan",
            Self::ReturnPlan { .. } => "returnPlan",
            Self::ApprovePlan { .. } => "approvePlan",
            Self::SaveTenderDraft { .. } => "saveTenderDraft",
            Self::SubmitCall { .. } => "submitCall",
            Self::ReturnCall { .. } => "returnCall",
            Self::ApproveCall { .. } => "approveCall",
            Self::PublishCall { .. } => "publishCall",
            Self::ApplyAsEvaluator(_) => "applyAsEvaluator",
            Self::AccreditEvaluator { .. } => "accreditEvaluator",
            Self::Bid { act, .. } => act.name(),
            Self::Procedure { act, .. } => act.name(),
            Self::Contract { act, .. } => act.name(),
        }
    }
}

/// The name under which a mutation may be counted and logged, and whether it is its own: how often something sealed
/// was asked for is not public, only how many sealed entries there are.
#[must_use]
pub fn public_name(mutation: &str) -> (&str, bool) {
    match mutation {
        "registerParticipant"
        | "submitProposal"
        | "replaceProposal"
        | "withdrawProposal"
        | "signTechnicalSheet" => ("sealed", false),
        other => (other, true),
    }
}

/// A command on its way: who sent it, in which role, and the bytes that make a repeat a repeat.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The id the caller chose.
    pub command_id: Uuid,
    /// That id in the log: one space a caller, so that callers cannot take each other's ids.
    pub log_id: Uuid,
    /// Equal when the command is.
    pub body: Vec<u8>,
    /// Drawn at random: the id of what is sealed, and what its entries are correlated by. Neither may be derived
    /// from anything that others could know.
    pub drawn: Uuid,
    pub caller: &'a Caller,
    pub role: domain::Role,
    pub command: &'a Command,
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        caller: &'a Caller,
        role: domain::Role,
        command_id: Uuid,
        drawn: Uuid,
        command: &'a Command,
    ) -> Self {
        let mut name = caller.account.0.as_bytes().to_vec();
        name.extend_from_slice(command_id.as_bytes());
        Self {
            command_id,
            log_id: Uuid::new_v5(&CALLER_COMMANDS, &name),
            body: serde_json::to_vec(command).expect("a command is plain data"),
            drawn,
            caller,
            role,
            command,
        }
    }

    /// The id of what this command creates: the same when the command is repeated.
    pub(crate) fn created_id(&self) -> Uuid {
        Uuid::new_v5(&CREATED, self.log_id.as_bytes())
    }

    /// Whoever sent it, in the role it is sent in.
    pub(crate) fn by(&self) -> By<'_> {
        By {
            command_id: self.log_id,
            body: &self.body,
            sealed_correlation: self.drawn,
            actor: Actor { kind: self.role.actor_kind(), account: self.account(), role: self.role },
        }
    }

    pub(crate) fn account(&self) -> AccountRef {
        self.caller.account
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Role;

    #[test]
    fn the_same_id_of_two_callers_is_two_commands() {
        let command = Command::SubmitPlan { plan_id: PlanId(Uuid::from_u128(1)) };
        let caller = |n| Caller { account: AccountRef(Uuid::from_u128(n)), roles: vec![] };
        let (one, other) = (caller(1), caller(2));
        let id = Uuid::from_u128(9);
        let request = |caller| Request::new(caller, Role::Requesting, id, Uuid::nil(), &command);
        assert_eq!(request(&one).log_id, request(&one).log_id);
        assert_ne!(request(&one).log_id, request(&other).log_id);
    }
}
