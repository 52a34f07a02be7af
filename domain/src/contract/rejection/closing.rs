//! How completion and ratings are refused.

use crate::id::LocalId;
use crate::rejection::{Refusal, listed};

/// Why a contract cannot be completed or rated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClosingRejection {
    /// Not every deliverable is paid.
    #[error("{} deliverables are not paid", milestone_ids.len())]
    MilestonesOpen {
        /// Those that are not.
        milestone_ids: Vec<LocalId>,
    },
    /// It was completed before.
    #[error("the contract was completed already")]
    AlreadyCompleted,
    /// The performance is rated once the contract is completed.
    #[error("the contract is not completed")]
    NotCompleted,
    /// The performance was rated before.
    #[error("the performance was rated already")]
    PerformanceAlreadyRated,
    /// The work is rated once a deliverable is accepted.
    #[error("no deliverable is accepted")]
    NothingAccepted,
    /// The account rated the work before.
    #[error("the account rated the work already")]
    WorkAlreadyRated,
}

impl Refusal for ClosingRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::MilestonesOpen { .. } => "milestones-open",
            Self::AlreadyCompleted => "contract-already-completed",
            Self::NotCompleted => "contract-not-completed",
            Self::PerformanceAlreadyRated => "performance-already-rated",
            Self::NothingAccepted => "nothing-accepted",
            Self::WorkAlreadyRated => "work-already-rated",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::MilestonesOpen { milestone_ids } => {
                return format!(
                    "Faltan entregables por pagar ({}): concluya el contrato cuando estén pagados.",
                    listed(milestone_ids)
                );
            }
            Self::AlreadyCompleted => {
                "El contrato ya concluyó: consulte su finiquito en la página del contrato."
            }
            Self::NotCompleted => {
                "El contrato no ha concluido: califique el desempeño cuando concluya."
            }
            Self::PerformanceAlreadyRated => {
                "El desempeño ya está calificado: consulte la calificación en la página del \
                 contrato."
            }
            Self::NothingAccepted => {
                "Aún no se acepta ningún entregable: califique la obra cuando se acepte el primero."
            }
            Self::WorkAlreadyRated => {
                "Su cuenta ya calificó esta obra: consulte las calificaciones en la página del \
                 contrato."
            }
        }
        .to_owned()
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::MilestonesOpen { milestone_ids } => vec![("milestoneIds", listed(milestone_ids))],
            Self::AlreadyCompleted
            | Self::NotCompleted
            | Self::PerformanceAlreadyRated
            | Self::NothingAccepted
            | Self::WorkAlreadyRated => Vec::new(),
        }
    }
}
