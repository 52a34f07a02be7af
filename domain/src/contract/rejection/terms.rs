//! How the preparation of a contract is refused.

use crate::rejection::Refusal;
use crate::time::{Day, Timestamp};

/// Why a contract cannot be prepared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermsRejection {
    /// Nobody was awarded.
    #[error("there is no award")]
    AwardMissing,
    /// The award's call is not known.
    #[error("the award's tender is not published")]
    TenderUnknown,
    /// The id is another contract's.
    #[error("the contract is prepared already")]
    AlreadyPrepared,
    /// Another contract carries out the award.
    #[error("the award has a contract")]
    AwardHasContract,
    /// Nobody could sign it any more.
    #[error("the contract could be signed until {sign_by}")]
    SigningEnded {
        /// The last day.
        sign_by: Day,
        /// The hour of the command.
        now: Timestamp,
    },
    /// Nothing is delivered.
    #[error("the contract has no deliverable")]
    NoMilestones,
    /// The shares do not add up to the whole.
    #[error("the shares add up to {sum}, not 100 per cent")]
    PercentsSum {
        /// What they add up to.
        sum: u64,
    },
    /// A share of the amount that is less than a centavo.
    #[error("deliverable {index} is worth nothing")]
    WorthlessMilestone {
        /// Its place in the list, from 0.
        index: usize,
    },
    /// A deliverable that was due before there was a supplier.
    #[error("deliverable {index} is not due after {award_day}")]
    DueBeforeAward {
        /// Its place in the list, from 0.
        index: usize,
        /// The day of the award.
        award_day: Day,
    },
}

impl Refusal for TermsRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::AwardMissing => "award-missing",
            Self::TenderUnknown => "tender-unknown",
            Self::AlreadyPrepared => "contract-already-prepared",
            Self::AwardHasContract => "award-has-contract",
            Self::SigningEnded { .. } => "signature-period-ended",
            Self::NoMilestones => "list-empty",
            Self::PercentsSum { .. } => "percents-sum",
            Self::WorthlessMilestone { .. } => "milestone-amount-zero",
            Self::DueBeforeAward { .. } => "due-before-award",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::AwardMissing => {
                "El procedimiento no tiene fallo: espere a que se emita para preparar el contrato."
            }
            Self::TenderUnknown => {
                "No hay ninguna licitación publicada que corresponda al fallo: revise el \
                 identificador."
            }
            Self::AlreadyPrepared => {
                "Este contrato ya está preparado: consúltelo en la página del procedimiento."
            }
            Self::AwardHasContract => {
                "El fallo ya tiene un contrato: consúltelo en la página del procedimiento."
            }
            Self::SigningEnded { sign_by, .. } => {
                return format!(
                    "El plazo para firmar el contrato terminó el {} y ya no se puede preparar: \
                     informe al Órgano Interno de Control.",
                    sign_by.in_spanish()
                );
            }
            Self::NoMilestones => "El contrato no lleva ningún entregable: agregue al menos uno.",
            Self::PercentsSum { sum } => {
                return format!(
                    "Los entregables suman {sum} % del importe y deben sumar 100 %: ajústelos."
                );
            }
            Self::WorthlessMilestone { .. } => {
                "Al entregable no le toca ni un centavo del importe: reparta el importe en menos \
                 entregables."
            }
            Self::DueBeforeAward { award_day, .. } => {
                return format!(
                    "El entregable debe vencer después del fallo ({}): corrija la fecha.",
                    award_day.in_spanish()
                );
            }
        }
        .to_owned()
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::SigningEnded { .. } => None,
            Self::AwardMissing | Self::AwardHasContract => Some("awardId".to_owned()),
            Self::TenderUnknown => Some("tenderId".to_owned()),
            Self::AlreadyPrepared => Some("contractId".to_owned()),
            Self::NoMilestones | Self::PercentsSum { .. } => Some("milestones".to_owned()),
            Self::WorthlessMilestone { index } => Some(format!("milestones[{index}].percent")),
            Self::DueBeforeAward { index, .. } => Some(format!("milestones[{index}].due")),
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::PercentsSum { sum } => {
                vec![("sum", sum.to_string()), ("expected", "100".to_owned())]
            }
            Self::SigningEnded { sign_by, now } => {
                vec![("signBy", sign_by.to_string()), ("now", now.to_string())]
            }
            Self::DueBeforeAward { award_day, .. } => vec![("after", award_day.to_string())],
            Self::AwardMissing
            | Self::TenderUnknown
            | Self::AlreadyPrepared
            | Self::AwardHasContract
            | Self::NoMilestones
            | Self::WorthlessMilestone { .. } => Vec::new(),
        }
    }
}
