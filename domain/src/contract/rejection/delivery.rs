//! How deliveries and the decisions on them are refused.

use crate::contract::state::MilestoneStatus;
use crate::money::Money;
use crate::rejection::Refusal;

/// Why a deliverable cannot be delivered or decided on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryRejection {
    /// The deliverable waits for a decision, or was accepted.
    #[error("a deliverable that is {} is not expected", status.as_str())]
    NotExpected {
        /// Where it stands.
        status: MilestoneStatus,
    },
    /// A delivery without a document.
    #[error("nothing is delivered")]
    NoDocuments,
    /// There is nothing to decide on.
    #[error("a deliverable that is {} cannot be decided on", status.as_str())]
    NothingDelivered {
        /// Where it stands.
        status: MilestoneStatus,
    },
    /// It was not accepted.
    #[error("a deliverable that is {} is not accepted", status.as_str())]
    NotAccepted {
        /// Where it stands.
        status: MilestoneStatus,
    },
    /// It was delivered in time.
    #[error("the deliverable is not late")]
    NotLate,
    /// Its penalty was applied before.
    #[error("the penalty was applied already")]
    PenaltyAlreadyApplied,
    /// The penalties so far are the whole guarantee.
    #[error("the guarantee {guarantee} is used up")]
    GuaranteeUsedUp {
        /// The guarantee.
        guarantee: Money,
    },
}

impl Refusal for DeliveryRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotExpected { .. } => "deliverable-not-expected",
            Self::NoDocuments => "list-empty",
            Self::NothingDelivered { .. } => "nothing-delivered",
            Self::NotAccepted { .. } => "deliverable-not-accepted",
            Self::NotLate => "not-late",
            Self::PenaltyAlreadyApplied => "penalty-already-applied",
            Self::GuaranteeUsedUp { .. } => "guarantee-used-up",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::NotExpected { status: MilestoneStatus::Delivered } => {
                "El entregable ya se entregó: espere a que lo acepten o lo devuelvan."
            }
            Self::NotExpected { .. } => {
                "El entregable ya fue aceptado: no hace falta entregarlo de nuevo."
            }
            Self::NoDocuments => "La entrega no lleva ningún documento: agregue al menos uno.",
            Self::NothingDelivered { .. } => {
                "El entregable no tiene ninguna entrega por decidir: espere a que la empresa \
                 proveedora lo entregue."
            }
            Self::NotAccepted { .. } => {
                "El entregable no está aceptado: espere a que se acepte y vuelva a intentarlo."
            }
            Self::NotLate => {
                "El entregable se entregó a tiempo y no lleva pena: continúe con la factura."
            }
            Self::PenaltyAlreadyApplied => {
                "La pena de este entregable ya está aplicada: continúe con la factura."
            }
            Self::GuaranteeUsedUp { guarantee } => {
                return format!(
                    "Las penas ya suman la garantía de cumplimiento ({guarantee}) y no procede \
                     ninguna más: continúe con la factura."
                );
            }
        }
        .to_owned()
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::NoDocuments => Some("documents".to_owned()),
            Self::NotExpected { .. }
            | Self::NothingDelivered { .. }
            | Self::NotAccepted { .. }
            | Self::NotLate
            | Self::PenaltyAlreadyApplied
            | Self::GuaranteeUsedUp { .. } => Some("milestoneId".to_owned()),
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotExpected { status }
            | Self::NothingDelivered { status }
            | Self::NotAccepted { status } => vec![("status", status.as_str().to_owned())],
            Self::GuaranteeUsedUp { guarantee } => {
                vec![("guaranteeCentavos", guarantee.centavos().to_string())]
            }
            Self::NoDocuments | Self::NotLate | Self::PenaltyAlreadyApplied => Vec::new(),
        }
    }
}
