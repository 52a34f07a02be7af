//! Taking part (participación): a company says that it will, before it sends a proposal.

use crate::aggregate::{Aggregate, aggregate_events};
use crate::company::Company;
use crate::content::Tenderer;
use crate::event::{CorruptHistory, ParticipantRegistered, TenderPublished};
use crate::id::{AccountRef, ParticipationId};
use crate::rejection::Refusal;
use crate::time::Timestamp;

/// What may be asked of a participation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParticipationCommand {
    /// Take part.
    Register(Box<RegisterParticipant>),
}

/// Everything a registration is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterParticipant {
    /// The id the participation will have.
    pub participation_id: ParticipationId,
    /// The call, if it is published.
    pub tender: Option<TenderPublished>,
    /// The company that takes part.
    pub company: Company,
    /// Who registered the company: the account in the envelope of its `CompanyRegistered`.
    pub registrant: Option<AccountRef>,
    /// Who asks.
    pub caller: AccountRef,
    /// Whether it is declared that there is no conflict of interest.
    pub declares_no_conflict: bool,
}

aggregate_events!(
    /// What is recorded of a participation.
    ParticipationEvent of "participation" {
        /// A company takes part.
        Registered(ParticipantRegistered),
    }
);

/// Why somebody may not act for a company in a tender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TendererRejection {
    /// No tender with that id is published.
    #[error("the tender is not published")]
    TenderUnknown,
    /// Only approved companies take part.
    #[error("the company is not approved")]
    CompanyNotApproved,
    /// Only the account that registered a company acts for it.
    #[error("the account is not the company's")]
    NotTheCompanysAccount,
    /// Receipt ended; at `deadline` exactly it has.
    #[error("receipt ended at {deadline}, it is {now}")]
    SubmissionPeriodEnded {
        /// The exclusive end.
        deadline: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
}

impl Refusal for TendererRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::TenderUnknown => "tender-unknown",
            Self::CompanyNotApproved => "company-not-approved",
            Self::NotTheCompanysAccount => "not-the-companys-account",
            Self::SubmissionPeriodEnded { .. } => "submission-period-ended",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::TenderUnknown => {
                "No hay ninguna licitación publicada con ese identificador: revíselo en la lista \
                 de licitaciones."
                    .to_owned()
            }
            Self::CompanyNotApproved => {
                "La empresa no está aprobada en el padrón: espere la aprobación o regístrela de \
                 nuevo."
                    .to_owned()
            }
            Self::NotTheCompanysAccount => {
                "Solo la cuenta que registró la empresa puede actuar por ella: entre con esa \
                 cuenta."
                    .to_owned()
            }
            Self::SubmissionPeriodEnded { deadline, .. } => format!(
                "El plazo de recepción terminó el {} y ya no se admite nada: busque otra \
                 licitación abierta.",
                deadline.in_spanish()
            ),
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::TenderUnknown => Some("tenderId".to_owned()),
            Self::CompanyNotApproved => Some("companyId".to_owned()),
            Self::NotTheCompanysAccount | Self::SubmissionPeriodEnded { .. } => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::SubmissionPeriodEnded { deadline, now } => {
                vec![("deadline", deadline.to_string()), ("now", now.to_string())]
            }
            Self::TenderUnknown | Self::CompanyNotApproved | Self::NotTheCompanysAccount => {
                Vec::new()
            }
        }
    }
}

/// The most companies that take part in a tender: one event lists at the opening what became of all they sent, and an
/// event has a limit.
pub const TENDERERS_MAX: u32 = 80;

/// How a participation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParticipationRejection {
    /// The account may not act for the company in the tender, or not now.
    #[error(transparent)]
    Tenderer(#[from] TendererRejection),
    /// Nobody takes part without declaring that there is no conflict of interest.
    #[error("a conflict of interest is not denied")]
    ConflictNotDenied,
    /// The company takes part already, or the id is another participation's.
    #[error("the participant is registered already")]
    AlreadyRegistered,
    /// As many companies take part as can.
    #[error("{TENDERERS_MAX} companies take part, which is all a tender takes")]
    NoPlaceLeft,
}

impl Refusal for ParticipationRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Tenderer(tenderer) => tenderer.code(),
            Self::ConflictNotDenied => "conflict-not-denied",
            Self::AlreadyRegistered => "participant-already-registered",
            Self::NoPlaceLeft => "participants-max",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Tenderer(tenderer) => return tenderer.message_es(),
            Self::ConflictNotDenied => {
                "Para participar debe declarar que no hay conflicto de interés: marque la \
                 declaración si es así."
            }
            Self::AlreadyRegistered => {
                "La empresa ya está registrada en esta licitación: envíe su proposición."
            }
            Self::NoPlaceLeft => {
                return format!(
                    "Esta licitación ya tiene {TENDERERS_MAX} participantes, que son los que \
                     admite el acto de apertura: avise a la unidad convocante."
                );
            }
        }
        .to_owned()
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::Tenderer(tenderer) => tenderer.field(),
            Self::ConflictNotDenied => Some("declaresNoConflict".to_owned()),
            Self::AlreadyRegistered | Self::NoPlaceLeft => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Tenderer(tenderer) => tenderer.details(),
            Self::ConflictNotDenied | Self::AlreadyRegistered => Vec::new(),
            Self::NoPlaceLeft => vec![("participantsMax", TENDERERS_MAX.to_string())],
        }
    }
}

/// A participation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Participation {
    /// No participation yet.
    #[default]
    Absent,
    /// A company takes part.
    Registered(Box<ParticipantRegistered>),
}

impl Participation {
    /// What was registered.
    #[must_use]
    pub fn registered(&self) -> Option<&ParticipantRegistered> {
        match self {
            Self::Absent => None,
            Self::Registered(participant) => Some(participant),
        }
    }
}

impl Aggregate for Participation {
    type Command = ParticipationCommand;
    type Event = ParticipationEvent;
    type Rejection = ParticipationRejection;

    fn decide(
        &self,
        command: ParticipationCommand,
        now: Timestamp,
    ) -> Result<Vec<ParticipationEvent>, ParticipationRejection> {
        match (self, command) {
            (Self::Absent, ParticipationCommand::Register(command)) => {
                Ok(vec![ParticipationEvent::Registered(Box::new(register(*command, now)?))])
            }
            (Self::Registered(_), ParticipationCommand::Register(_)) => {
                Err(ParticipationRejection::AlreadyRegistered)
            }
        }
    }

    fn evolve(self, event: &ParticipationEvent) -> Result<Self, CorruptHistory> {
        match (self, event) {
            (Self::Absent, ParticipationEvent::Registered(participant)) => {
                Ok(Self::Registered(participant.clone()))
            }
            (Self::Registered(_), ParticipationEvent::Registered(_)) => {
                Err(CorruptHistory::OutOfOrder {
                    aggregate: "participation",
                    status: "registered",
                    event_type: "ParticipantRegistered",
                })
            }
        }
    }
}

fn register(
    command: RegisterParticipant,
    now: Timestamp,
) -> Result<ParticipantRegistered, ParticipationRejection> {
    let RegisterParticipant {
        participation_id,
        tender,
        company,
        registrant,
        caller,
        declares_no_conflict,
    } = command;
    let tender = tender.ok_or(TendererRejection::TenderUnknown)?;
    let tenderer = tenderer(&company, registrant, caller)?;
    check_receipt_end(&tender, now)?;
    if !declares_no_conflict {
        return Err(ParticipationRejection::ConflictNotDenied);
    }
    Ok(ParticipantRegistered { participation_id, tender_id: tender.tender_id, tenderer })
}

/// The company as a tender records it, if it is approved and the caller acts for it.
///
/// # Errors
/// [`TendererRejection::CompanyNotApproved`] or [`TendererRejection::NotTheCompanysAccount`].
pub fn tenderer(
    company: &Company,
    registrant: Option<AccountRef>,
    caller: AccountRef,
) -> Result<Tenderer, TendererRejection> {
    match company {
        Company::Unregistered | Company::Submitted(_) | Company::Rejected(_) => {
            Err(TendererRejection::CompanyNotApproved)
        }
        Company::Approved(_) if registrant != Some(caller) => {
            Err(TendererRejection::NotTheCompanysAccount)
        }
        Company::Approved(company) => Ok(Tenderer {
            company_id: company.company_id,
            legal_name: company.legal_name.clone(),
            rfc: company.rfc.clone(),
            size: company.size,
        }),
    }
}

/// Refuses from the end of receipt on.
///
/// # Errors
/// [`TendererRejection::SubmissionPeriodEnded`].
pub(crate) fn check_receipt_end(
    tender: &TenderPublished,
    now: Timestamp,
) -> Result<(), TendererRejection> {
    let deadline = tender.schedule.receipt_end;
    // The deadline is exclusive: at `receipt_end` it is late.
    if now >= deadline {
        return Err(TendererRejection::SubmissionPeriodEnded { deadline, now });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
