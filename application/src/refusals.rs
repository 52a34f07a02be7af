//! What a unique key that is taken means to whoever asked for it.

use domain::participation::ParticipationRejection;
use domain::proposal::ProposalRejection;
use domain::sheet::SheetRejection;
use eventstore::AppendError;

use crate::acts::ContractAct;
use crate::bids::{PARTICIPATION_CLAIM, PROPOSAL_CLAIM};
use crate::command::{Command, Request};
use crate::contracts;
use crate::opening::SHEET_CLAIM;
use crate::outcome::{ExecuteError, Fault, rejected};
use crate::registers::{PSEUDONYM_CLAIM, RFC_CLAIM, pseudonym_taken, rfc_taken};

pub(crate) fn claim_taken(request: &Request<'_>, kind: String) -> ExecuteError {
    match (request.command, kind.as_str()) {
        (Command::RegisterCompany(input), RFC_CLAIM) => rfc_taken(input),
        (Command::ApplyAsEvaluator(input), PSEUDONYM_CLAIM) => pseudonym_taken(input),
        (_, PARTICIPATION_CLAIM) => rejected(ParticipationRejection::AlreadyRegistered),
        (_, PROPOSAL_CLAIM) => rejected(ProposalRejection::AlreadySubmitted),
        (_, SHEET_CLAIM) => rejected(SheetRejection::AlreadySigned),
        (command, other) => match contracts::claim_taken(other, contract_act(command)) {
            Some(rejection) => rejected(rejection),
            None => Fault::Append(AppendError::ClaimTaken { kind }).into(),
        },
    }
}

fn contract_act(command: &Command) -> Option<&ContractAct> {
    match command {
        Command::Contract { act, .. } => Some(act),
        _ => None,
    }
}
