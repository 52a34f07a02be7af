//! How a contract refuses, and what to do about it; one list for each stage.

mod closing;
mod delivery;
mod payment;
mod signature;
mod terms;

pub use closing::ClosingRejection;
pub use delivery::DeliveryRejection;
pub use payment::PaymentRejection;
pub use signature::SignatureRejection;
pub use terms::TermsRejection;

use crate::id::LocalId;
use crate::money::Currency;
use crate::rejection::{InputRejection, Refusal};

/// How a command to a contract is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// It cannot be prepared.
    #[error(transparent)]
    Terms(#[from] TermsRejection),
    /// It cannot be guaranteed or signed.
    #[error(transparent)]
    Signature(#[from] SignatureRejection),
    /// A deliverable cannot be delivered or decided on.
    #[error(transparent)]
    Delivery(#[from] DeliveryRejection),
    /// A deliverable cannot be invoiced or paid.
    #[error(transparent)]
    Payment(#[from] PaymentRejection),
    /// It cannot be completed or rated.
    #[error(transparent)]
    Closing(#[from] ClosingRejection),
    /// No contract has the id.
    #[error("the contract is not prepared")]
    Unknown,
    /// Not both parties signed.
    #[error("the contract is not signed by both parties")]
    NotYetActive,
    /// It was completed.
    #[error("the contract was completed")]
    NoLongerActive,
    /// The contract has no such deliverable.
    #[error("the contract has no deliverable {milestone_id}")]
    UnknownMilestone {
        /// What was asked for.
        milestone_id: LocalId,
    },
    /// Only the account that registered the supplier acts for it.
    #[error("the account is not the supplier's")]
    NotTheSuppliersAccount,
    /// The account that registered the supplier does not decide on its own work.
    #[error("the account is the supplier's")]
    SuppliersOwnAccount,
    /// An amount in another currency than the contract's.
    #[error("the amount is not in {currency}")]
    Currency {
        /// The contract's.
        currency: Currency,
    },
}

impl Refusal for ContractRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(rejection) => rejection.code(),
            Self::Terms(rejection) => rejection.code(),
            Self::Signature(rejection) => rejection.code(),
            Self::Delivery(rejection) => rejection.code(),
            Self::Payment(rejection) => rejection.code(),
            Self::Closing(rejection) => rejection.code(),
            Self::Unknown => "contract-unknown",
            Self::NotYetActive | Self::NoLongerActive => "contract-not-active",
            Self::UnknownMilestone { .. } => "milestone-unknown",
            Self::NotTheSuppliersAccount => "not-the-suppliers-account",
            Self::SuppliersOwnAccount => "suppliers-own-account",
            Self::Currency { .. } => "currency-not-allowed",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Input(rejection) => rejection.message_es(),
            Self::Terms(rejection) => rejection.message_es(),
            Self::Signature(rejection) => rejection.message_es(),
            Self::Delivery(rejection) => rejection.message_es(),
            Self::Payment(rejection) => rejection.message_es(),
            Self::Closing(rejection) => rejection.message_es(),
            Self::Unknown => {
                "No hay ningún contrato con ese identificador: revíselo en la página del \
                 procedimiento."
                    .to_owned()
            }
            Self::NotYetActive => {
                "El contrato aún no está vigente: espere a que lo firmen las dos partes.".to_owned()
            }
            Self::NoLongerActive => {
                "El contrato ya concluyó: consulte su finiquito en la página del contrato."
                    .to_owned()
            }
            Self::UnknownMilestone { milestone_id } => {
                format!("El contrato no tiene el entregable {milestone_id}: elija uno de su lista.")
            }
            Self::NotTheSuppliersAccount => {
                "Solo la cuenta que registró a la empresa proveedora puede actuar por ella: entre \
                 con esa cuenta."
                    .to_owned()
            }
            Self::SuppliersOwnAccount => {
                "La cuenta de la empresa proveedora no decide sobre su propio trabajo ni lo \
                 califica: pídalo a otra persona."
                    .to_owned()
            }
            Self::Currency { currency } => {
                format!("El contrato va en {currency}: convierta el importe y escríbalo de nuevo.")
            }
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::Input(rejection) => rejection.field(),
            Self::Terms(rejection) => rejection.field(),
            Self::Signature(rejection) => rejection.field(),
            Self::Delivery(rejection) => rejection.field(),
            Self::Payment(rejection) => rejection.field(),
            Self::Closing(rejection) => rejection.field(),
            Self::Unknown => Some("contractId".to_owned()),
            Self::UnknownMilestone { .. } => Some("milestoneId".to_owned()),
            Self::Currency { .. } => Some("amount.currency".to_owned()),
            Self::NotYetActive
            | Self::NoLongerActive
            | Self::NotTheSuppliersAccount
            | Self::SuppliersOwnAccount => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(rejection) => rejection.details(),
            Self::Terms(rejection) => rejection.details(),
            Self::Signature(rejection) => rejection.details(),
            Self::Delivery(rejection) => rejection.details(),
            Self::Payment(rejection) => rejection.details(),
            Self::Closing(rejection) => rejection.details(),
            Self::NotYetActive => vec![("status", "pending".to_owned())],
            Self::NoLongerActive => vec![("status", "completed".to_owned())],
            Self::UnknownMilestone { milestone_id } => {
                vec![("milestoneId", milestone_id.to_string())]
            }
            Self::Currency { currency } => vec![("expected", currency.to_string())],
            Self::Unknown | Self::NotTheSuppliersAccount | Self::SuppliersOwnAccount => Vec::new(),
        }
    }
}
