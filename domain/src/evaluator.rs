//! Citizen evaluators (evaluadores ciudadanos): they ask to enter the register, another account
//! accredits them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::aggregate::{Aggregate, aggregate_events};
use crate::event::{CorruptHistory, EvaluatorAccredited, EvaluatorApplied};
use crate::id::{AccountRef, EvaluatorId, Pseudonym, UnitKey};
use crate::rejection::{InputRejection, Refusal, in_range, unique_ids};
use crate::rfc::Rfc;
use crate::text::{self, TITLE_CHARS_MAX};
use crate::time::Timestamp;

/// The stream that holds the register.
pub const REGISTER_STREAM: &str = "evaluators";

/// The most interests one evaluator may declare.
pub const INTERESTS_MAX: u64 = 100;

/// What may be asked of an evaluator's application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluatorCommand {
    /// Ask to be accredited.
    Apply {
        /// The id the evaluator will have.
        evaluator_id: EvaluatorId,
        /// What was written.
        input: ApplyAsEvaluator,
    },
}

/// What is written to become an evaluator.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyAsEvaluator {
    /// The name it wants to be known by, e.g. `EV-7Q2`.
    pub pseudonym: String,
    /// The organisation that puts it forward.
    pub organisation: String,
    /// Keys of buying units and RFCs of companies it is linked to; may be empty.
    pub interests: Vec<String>,
}

impl std::fmt::Debug for ApplyAsEvaluator {
    /// Leaves the interests out: nobody else is shown them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApplyAsEvaluator")
            .field("pseudonym", &self.pseudonym)
            .field("organisation", &self.organisation)
            .finish_non_exhaustive()
    }
}

/// What may be asked of the register of evaluators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegisterCommand {
    /// Accredit an evaluator.
    Accredit {
        /// The application, if there is one.
        application: Option<EvaluatorApplied>,
        /// Who accredits.
        approver: AccountRef,
        /// Who applied: the account in the envelope of its `EvaluatorApplied`.
        applicant: Option<AccountRef>,
    },
}

aggregate_events!(
    /// What is recorded of an evaluator's application.
    EvaluatorEvent of "evaluator" {
        /// It asked to be accredited.
        Applied(EvaluatorApplied),
    }
);

aggregate_events!(
    /// What is recorded of the register of evaluators.
    RegisterEvent of "evaluator register" {
        /// An evaluator entered.
        Accredited(EvaluatorAccredited),
    }
);

/// How a command to an evaluator or to the register is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluatorRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// Another evaluator has the pseudonym.
    #[error("the pseudonym is another evaluator's")]
    PseudonymTaken {
        /// The pseudonym.
        pseudonym: Pseudonym,
    },
    /// The id is another evaluator's.
    #[error("the evaluator applied already")]
    AlreadyApplied,
    /// Nobody with the id applied.
    #[error("the evaluator did not apply")]
    Unknown,
    /// Whoever applies does not accredit themselves.
    #[error("the approver applied")]
    ApproverIsAuthor,
    /// It is in the register.
    #[error("the evaluator was accredited already")]
    AlreadyAccredited,
}

impl Refusal for EvaluatorRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(input) => input.code(),
            Self::PseudonymTaken { .. } => "pseudonym-taken",
            Self::AlreadyApplied => "evaluator-already-applied",
            Self::Unknown => "evaluator-unknown",
            Self::ApproverIsAuthor => "approver-is-author",
            Self::AlreadyAccredited => "evaluator-already-accredited",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Input(input) => return input.message_es(),
            Self::PseudonymTaken { .. } => {
                "Otra persona evaluadora ya usa este seudónimo: elija otro."
            }
            Self::AlreadyApplied => {
                "Esta solicitud ya se recibió: envíe la nueva con otro identificador."
            }
            Self::Unknown => {
                "No hay ninguna solicitud con ese identificador: revíselo en el padrón de personas \
                 evaluadoras."
            }
            Self::ApproverIsAuthor => {
                "Quien solicitó la acreditación no puede otorgársela: pídalo a otra persona \
                 autorizadora."
            }
            Self::AlreadyAccredited => {
                "La persona evaluadora ya está acreditada: no hace falta decidir de nuevo."
            }
        }
        .to_owned()
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::Input(input) => input.field(),
            Self::PseudonymTaken { .. } => Some("pseudonym".to_owned()),
            Self::AlreadyApplied | Self::Unknown | Self::AlreadyAccredited => {
                Some("evaluatorId".to_owned())
            }
            Self::ApproverIsAuthor => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(input) => input.details(),
            Self::PseudonymTaken { pseudonym } => vec![("pseudonym", pseudonym.to_string())],
            Self::AlreadyApplied
            | Self::Unknown
            | Self::ApproverIsAuthor
            | Self::AlreadyAccredited => Vec::new(),
        }
    }
}

/// An evaluator, by its application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Evaluator {
    /// Nobody applied under this id.
    #[default]
    Absent,
    /// Somebody applied.
    Applied(Box<EvaluatorApplied>),
}

impl Evaluator {
    /// What was applied for.
    #[must_use]
    pub fn application(&self) -> Option<&EvaluatorApplied> {
        match self {
            Self::Absent => None,
            Self::Applied(application) => Some(application),
        }
    }
}

impl Aggregate for Evaluator {
    type Command = EvaluatorCommand;
    type Event = EvaluatorEvent;
    type Rejection = EvaluatorRejection;

    fn decide(
        &self,
        command: EvaluatorCommand,
        _now: Timestamp,
    ) -> Result<Vec<EvaluatorEvent>, EvaluatorRejection> {
        match (self, command) {
            (Self::Absent, EvaluatorCommand::Apply { evaluator_id, input }) => {
                Ok(vec![EvaluatorEvent::Applied(Box::new(apply(evaluator_id, &input)?))])
            }
            (Self::Applied(_), EvaluatorCommand::Apply { .. }) => {
                Err(EvaluatorRejection::AlreadyApplied)
            }
        }
    }

    fn evolve(self, event: &EvaluatorEvent) -> Result<Self, CorruptHistory> {
        match (self, event) {
            (Self::Absent, EvaluatorEvent::Applied(application)) => {
                Ok(Self::Applied(application.clone()))
            }
            (Self::Applied(_), EvaluatorEvent::Applied(_)) => Err(CorruptHistory::OutOfOrder {
                aggregate: "evaluator",
                status: "applied",
                event_type: "EvaluatorApplied",
            }),
        }
    }
}

/// The register of evaluators: who is accredited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvaluatorRegister {
    accredited: BTreeMap<EvaluatorId, EvaluatorAccredited>,
}

impl EvaluatorRegister {
    /// Everybody who is accredited, by id.
    #[cfg(test)]
    pub(crate) fn accredited(&self) -> impl Iterator<Item = &EvaluatorAccredited> {
        self.accredited.values()
    }
}

impl Aggregate for EvaluatorRegister {
    type Command = RegisterCommand;
    type Event = RegisterEvent;
    type Rejection = EvaluatorRejection;

    fn decide(
        &self,
        command: RegisterCommand,
        _now: Timestamp,
    ) -> Result<Vec<RegisterEvent>, EvaluatorRejection> {
        let RegisterCommand::Accredit { application, approver, applicant } = command;
        let (Some(application), Some(applicant)) = (application, applicant) else {
            return Err(EvaluatorRejection::Unknown);
        };
        let EvaluatorApplied { evaluator_id, pseudonym, organisation, interests: _ } = application;
        if self.accredited.contains_key(&evaluator_id) {
            return Err(EvaluatorRejection::AlreadyAccredited);
        }
        if approver == applicant {
            return Err(EvaluatorRejection::ApproverIsAuthor);
        }
        let accredited = EvaluatorAccredited { evaluator_id, pseudonym, organisation };
        Ok(vec![RegisterEvent::Accredited(Box::new(accredited))])
    }

    fn evolve(mut self, event: &RegisterEvent) -> Result<Self, CorruptHistory> {
        let RegisterEvent::Accredited(evaluator) = event;
        if self.accredited.insert(evaluator.evaluator_id, (**evaluator).clone()).is_some() {
            return Err(CorruptHistory::OutOfOrder {
                aggregate: "evaluator register",
                status: "with that evaluator",
                event_type: "EvaluatorAccredited",
            });
        }
        Ok(self)
    }
}

fn apply(
    evaluator_id: EvaluatorId,
    input: &ApplyAsEvaluator,
) -> Result<EvaluatorApplied, InputRejection> {
    let pseudonym = read_pseudonym(&input.pseudonym)?;
    let organisation = text::line("organisation", &input.organisation, TITLE_CHARS_MAX)?;
    in_range("interests", input.interests.len() as u64, 0, INTERESTS_MAX)?;
    let interests = input.interests.iter().enumerate();
    let interests: Vec<String> = interests
        .map(|(index, text)| read_interest(&format!("interests[{index}]"), text))
        .collect::<Result<_, _>>()?;
    unique_ids("interests", &interests)?;
    Ok(EvaluatorApplied { evaluator_id, pseudonym, organisation, interests: Some(interests) })
}

/// Reads a pseudonym as it was typed.
///
/// # Errors
/// [`InputRejection`] when it is none.
pub fn read_pseudonym(text: &str) -> Result<Pseudonym, InputRejection> {
    let pseudonym = text::line("pseudonym", text, TITLE_CHARS_MAX)?.to_uppercase();
    pseudonym.parse().map_err(|_| InputRejection::Format {
        field: "pseudonym".to_owned(),
        expected: "un seudónimo como EV-7Q2: EV- y de 3 a 12 letras mayúsculas o dígitos",
    })
}

/// Reads the key of a buying unit or an RFC. A check digit that does not fit is taken: an interest that is
/// not declared is worse than one that is misspelt.
fn read_interest(field: &str, text: &str) -> Result<String, InputRejection> {
    let interest = text::line(field, text, TITLE_CHARS_MAX)?.to_uppercase();
    if let Ok(unit_key) = interest.parse::<UnitKey>() {
        return Ok(unit_key.to_string());
    }
    let rfc = Rfc::parse(&interest, true).map_err(|_| InputRejection::Format {
        field: field.to_owned(),
        expected: "la clave de una unidad compradora o el RFC de una empresa",
    })?;
    Ok(rfc.to_string())
}

#[cfg(test)]
mod tests;
