//! How a proposal is refused, and what to do about it.

use crate::money::Currency;
use crate::participation::TendererRejection;
use crate::proposal::OFFERS_MAX;
use crate::rejection::{InputRejection, Refusal};
use crate::time::Timestamp;

/// How a proposal is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposalRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// The account may not act for the company in the tender, or not any more.
    #[error(transparent)]
    Tenderer(#[from] TendererRejection),
    /// Nothing is received yet.
    #[error("receipt starts at {start}, it is {now}")]
    SubmissionNotStarted {
        /// From when proposals are received.
        start: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// The company has not registered as a participant of the tender.
    #[error("the company is no participant of the tender")]
    ParticipantNotRegistered,
    /// A technical envelope without a document.
    #[error("the technical envelope is empty")]
    NoTechnicalDocuments,
    /// Nobody offers for nothing.
    #[error("the price is zero")]
    ZeroPrice,
    /// The price is in another currency than the call's budget.
    #[error("the price is not in {currency}")]
    Currency {
        /// The currency of the budget.
        currency: Currency,
    },
    /// The company has no such proposal in the tender.
    #[error("the proposal is unknown")]
    Unknown,
    /// The company has a live proposal, or the id is another proposal's.
    #[error("the proposal was submitted already")]
    AlreadySubmitted,
    /// It was taken back.
    #[error("the proposal was taken back")]
    Withdrawn,
    /// The company submitted and replaced as often as it may.
    #[error("the company submitted or replaced {OFFERS_MAX} times, which is all a tender takes")]
    NoOfferLeft,
}

impl Refusal for ProposalRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(input) => input.code(),
            Self::Tenderer(tenderer) => tenderer.code(),
            Self::SubmissionNotStarted { .. } => "submission-not-started",
            Self::ParticipantNotRegistered => "participant-not-registered",
            Self::NoTechnicalDocuments => "list-empty",
            Self::ZeroPrice => "amount-zero",
            Self::Currency { .. } => "currency-not-allowed",
            Self::Unknown => "proposal-unknown",
            Self::AlreadySubmitted => "proposal-already-submitted",
            Self::Withdrawn => "proposal-withdrawn",
            Self::NoOfferLeft => "proposal-changes-max",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Input(input) => return input.message_es(),
            Self::Tenderer(tenderer) => return tenderer.message_es(),
            Self::SubmissionNotStarted { start, .. } => {
                return format!(
                    "La recepción aún no empieza: envíe su proposición desde el {}.",
                    start.in_spanish()
                );
            }
            Self::Currency { currency } => {
                return format!(
                    "El precio va en {currency}, como el presupuesto: convierta el importe y \
                     escríbalo de nuevo."
                );
            }
            Self::NoOfferLeft => {
                return format!(
                    "La empresa ya envió o sustituyó su proposición {OFFERS_MAX} veces, que son \
                     las que admite una licitación: se abrirá la última, si no la retira."
                );
            }
            Self::ParticipantNotRegistered => {
                "La empresa no está registrada en esta licitación: regístrela como participante \
                 antes de enviar la proposición."
            }
            Self::NoTechnicalDocuments => {
                "El sobre técnico está vacío: agregue al menos un documento."
            }
            Self::ZeroPrice => "El precio debe ser mayor que cero: escríbalo.",
            Self::Unknown => {
                "La empresa no tiene esa proposición en esta licitación: revise el identificador \
                 en su acuse."
            }
            Self::AlreadySubmitted => {
                "La proposición ya se envió: para cambiarla, sustitúyala antes del cierre."
            }
            Self::Withdrawn => {
                "La proposición fue retirada: si el plazo sigue abierto, envíe una nueva."
            }
        }
        .to_owned()
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::Input(input) => input.field(),
            Self::Tenderer(tenderer) => tenderer.field(),
            Self::NoTechnicalDocuments => Some("technical".to_owned()),
            Self::ZeroPrice => Some("price.centavos".to_owned()),
            Self::Currency { .. } => Some("price.currency".to_owned()),
            Self::Unknown | Self::Withdrawn => Some("proposalId".to_owned()),
            Self::SubmissionNotStarted { .. }
            | Self::ParticipantNotRegistered
            | Self::AlreadySubmitted
            | Self::NoOfferLeft => None,
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(input) => input.details(),
            Self::Tenderer(tenderer) => tenderer.details(),
            Self::SubmissionNotStarted { start, now } => {
                vec![("receiptStart", start.to_string()), ("now", now.to_string())]
            }
            Self::Currency { currency } => vec![("expected", currency.to_string())],
            Self::NoOfferLeft => vec![("offersMax", OFFERS_MAX.to_string())],
            Self::ParticipantNotRegistered
            | Self::NoTechnicalDocuments
            | Self::ZeroPrice
            | Self::Unknown
            | Self::AlreadySubmitted
            | Self::Withdrawn => Vec::new(),
        }
    }
}
