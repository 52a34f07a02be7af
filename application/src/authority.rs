//! Who may do what: the matrix of roles and commands, as data.

use domain::{AccountRef, Role};

use crate::outcome::Rejection;

/// Whoever sends a command, as a session or the operator vouches for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account's pseudonym.
    pub account: AccountRef,
    /// The roles it may act in.
    pub roles: Vec<Role>,
}

/// For each command the roles that may send it, the preferred one first.
const MATRIX: &[(&str, &[Role])] = &[
    ("registerUnit", &[Role::PlatformAdmin, Role::CatalogAdmin]),
    ("addCatalogueItem", &[Role::CatalogAdmin]),
    ("registerCompany", &[Role::CompanyAdmin, Role::Citizen]),
    ("approveCompany", &[Role::Approver]),
    ("rejectCompany", &[Role::Approver]),
    ("savePlanDraft", &[Role::Requesting]),
    ("submitPlan", &[Role::Requesting]),
    ("returnPlan", &[Role::Approver]),
    ("approvePlan", &[Role::Approver]),
    ("saveTenderDraft", &[Role::Contracting]),
    ("submitCall", &[Role::Contracting]),
    ("returnCall", &[Role::Approver]),
    ("approveCall", &[Role::Approver]),
    ("publishCall", &[Role::Contracting]),
    ("applyAsEvaluator", &[Role::Citizen]),
    ("accreditEvaluator", &[Role::Oic]),
    ("registerParticipant", COMPANY),
    ("submitProposal", COMPANY),
    ("replaceProposal", COMPANY),
    ("withdrawProposal", COMPANY),
    ("openTechnical", &[Role::Contracting]),
    ("signTechnicalSheet", &[Role::Technical]),
    ("scheduleDraw", &[Role::Contracting]),
    ("drawPanel", &[Role::Contracting]),
    ("acceptAssignment", PANEL),
    ("declareConflict", PANEL),
    ("commitBallot", PANEL),
    ("revealBallot", PANEL),
    ("openEconomic", &[Role::Contracting]),
    ("computeEvaluation", &[Role::Contracting]),
    ("breakTie", &[Role::Contracting]),
    ("issueRuling", &[Role::Contracting]),
    ("issueAward", &[Role::Contracting]),
    ("declareDeserted", &[Role::Contracting]),
    ("prepareContract", &[Role::Contracting]),
    ("lodgeGuarantee", COMPANY),
    ("signContract", &[Role::Contracting, Role::CompanyAdmin, Role::Citizen]),
    ("submitDeliverable", COMPANY),
    ("returnDeliverable", &[Role::ContractAdmin]),
    ("acceptDeliverable", &[Role::ContractAdmin]),
    ("applyPenalty", &[Role::ContractAdmin]),
    ("registerInvoice", COMPANY),
    ("orderPayment", &[Role::ContractAdmin]),
    ("recordPayment", &[Role::Finance]),
    ("completeContract", &[Role::ContractAdmin]),
    ("ratePerformance", &[Role::ContractAdmin]),
    ("rateWork", &[Role::Citizen]),
];

/// Whose company it is, is a rule of the domain: anybody with an account may be the one.
const COMPANY: &[Role] = &[Role::CompanyAdmin, Role::Citizen];
/// Who sits on a panel, is a rule of the domain.
const PANEL: &[Role] = &[Role::Evaluator, Role::Citizen];

/// The role an act is recorded in: whoever acts for a company or on a panel does so as what they are there, once
/// the domain found that they are.
fn acting_role(allowed: &[Role], found: Role) -> Role {
    match found {
        Role::Citizen if allowed.contains(&Role::Evaluator) => Role::Evaluator,
        Role::Citizen if allowed.contains(&Role::Contracting) || allowed == COMPANY => {
            Role::CompanyAdmin
        }
        other => other,
    }
}

/// The roles that may send a command; none for a name that is no command.
#[must_use]
pub fn roles_for(command: &str) -> &'static [Role] {
    MATRIX.iter().find(|(name, _)| *name == command).map_or(&[], |(_, roles)| roles)
}

/// The role in which the caller sends the command.
///
/// # Errors
/// `role-not-allowed`, with the roles that would be.
pub fn authorise(caller: &Caller, command: &str) -> Result<Role, Rejection> {
    let allowed = roles_for(command);
    if let Some(role) = allowed.iter().find(|role| caller.roles.contains(role)) {
        return Ok(acting_role(allowed, *role));
    }
    let names: Vec<&str> = allowed.iter().map(|role| role.as_str()).collect();
    Err(Rejection {
        code: "role-not-allowed",
        message_es: "Su cuenta no tiene el rol necesario para esta acción: entre con una cuenta \
            que lo tenga o pídalo a la administración."
            .to_owned(),
        field: None,
        details: vec![
            ("command".to_owned(), command.to_owned()),
            ("roles".to_owned(), names.join(",")),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn caller(roles: &[Role]) -> Caller {
        Caller { account: AccountRef(Uuid::from_u128(1)), roles: roles.to_vec() }
    }

    #[test]
    fn a_caller_acts_in_a_role_that_the_command_allows() {
        let official = caller(&[Role::Requesting, Role::Approver]);
        assert_eq!(authorise(&official, "approvePlan"), Ok(Role::Approver));
        assert_eq!(authorise(&official, "savePlanDraft"), Ok(Role::Requesting));
    }

    #[test]
    fn without_the_role_nothing_is_allowed() {
        let rejection = authorise(&caller(&[Role::Citizen]), "approvePlan").unwrap_err();
        assert_eq!(rejection.code, "role-not-allowed");
        assert!(rejection.details.contains(&("roles".to_owned(), "approver".to_owned())));
        assert!(authorise(&caller(Role::ALL), "noCommand").is_err());
    }

    #[test]
    fn operators_decide_nothing_of_others() {
        let operator = caller(&[Role::PlatformAdmin, Role::CatalogAdmin]);
        let allowed: Vec<_> =
            MATRIX.iter().filter(|(name, _)| authorise(&operator, name).is_ok()).collect();
        assert_eq!(allowed.len(), 2, "units and catalogue items only");
    }

    #[test]
    fn each_act_of_a_procedure_is_for_those_whose_act_it_is() {
        let contracting = "openTechnical scheduleDraw drawPanel openEconomic computeEvaluation breakTie \
            issueRuling issueAward declareDeserted prepareContract";
        let company = "registerParticipant submitProposal replaceProposal withdrawProposal \
            lodgeGuarantee submitDeliverable registerInvoice";
        let panel = "acceptAssignment declareConflict commitBallot revealBallot";
        let admin = "returnDeliverable acceptDeliverable applyPenalty orderPayment completeContract \
            ratePerformance";
        for (commands, allowed) in [
            (contracting, &[Role::Contracting][..]),
            (company, &[Role::CompanyAdmin, Role::Citizen]),
            (panel, &[Role::Evaluator, Role::Citizen]),
            (admin, &[Role::ContractAdmin]),
            ("signTechnicalSheet", &[Role::Technical]),
            ("signContract", &[Role::Contracting, Role::CompanyAdmin, Role::Citizen]),
            ("recordPayment", &[Role::Finance]),
            ("rateWork applyAsEvaluator", &[Role::Citizen]),
            ("accreditEvaluator", &[Role::Oic]),
        ] {
            for command in commands.split_whitespace() {
                assert_eq!(roles_for(command), allowed, "{command}");
            }
        }
    }

    #[test]
    fn an_act_is_recorded_in_the_role_that_it_is_done_in() {
        let citizen = caller(&[Role::Citizen]);
        for (command, role) in [
            ("submitProposal", Role::CompanyAdmin),
            ("signContract", Role::CompanyAdmin),
            ("commitBallot", Role::Evaluator),
            ("rateWork", Role::Citizen),
            ("applyAsEvaluator", Role::Citizen),
        ] {
            assert_eq!(authorise(&citizen, command), Ok(role), "{command}");
        }
    }
}
