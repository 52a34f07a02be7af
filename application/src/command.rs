//! What may be asked of the system; one variant a mutation.

use domain::catalogue::AddCatalogueItem;
use domain::company::RegisterCompany;
use domain::plan::PlanInput;
use domain::tender::TenderInput;
use domain::unit::RegisterUnit;
use domain::{AccountRef, CompanyId, PlanId, TenderId};
use serde::Serialize;
use uuid::Uuid;

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
        }
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
    pub caller: &'a Caller,
    pub role: domain::Role,
    pub command: &'a Command,
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        caller: &'a Caller,
        role: domain::Role,
        command_id: Uuid,
        command: &'a Command,
    ) -> Self {
        let mut name = caller.account.0.as_bytes().to_vec();
        name.extend_from_slice(command_id.as_bytes());
        Self {
            command_id,
            log_id: Uuid::new_v5(&CALLER_COMMANDS, &name),
            body: serde_json::to_vec(command).expect("a command is plain data"),
            caller,
            role,
            command,
        }
    }

    /// The id of what this command creates: the same when the command is repeated.
    pub(crate) fn created_id(&self) -> Uuid {
        Uuid::new_v5(&CREATED, self.log_id.as_bytes())
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
        let request = |caller| Request::new(caller, Role::Requesting, id, &command);
        assert_eq!(request(&one).log_id, request(&one).log_id);
        assert_ne!(request(&one).log_id, request(&other).log_id);
    }
}
