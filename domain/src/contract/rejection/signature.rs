//! How guarantee and signature are refused.

use crate::money::Money;
use crate::rejection::Refusal;
use crate::time::{Day, Timestamp};
use crate::vocabulary::Party;

/// Why a contract cannot be guaranteed or signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRejection {
    /// The guarantee does not cover its share of the amount.
    #[error("the guarantee is below {minimum}")]
    GuaranteeTooSmall {
        /// The least it has to be.
        minimum: Money,
    },
    /// There is a guarantee.
    #[error("the guarantee was lodged already")]
    GuaranteeAlreadyLodged,
    /// Nobody signs before there is a guarantee.
    #[error("the guarantee is not lodged")]
    GuaranteeMissing,
    /// The last day to sign is over.
    #[error("the contract could be signed until {sign_by}")]
    PeriodEnded {
        /// The last day.
        sign_by: Day,
        /// The hour of the command.
        now: Timestamp,
    },
    /// The party signed before.
    #[error("the {party} signed already")]
    AlreadySigned {
        /// Which.
        party: Party,
    },
    /// The supplier's account does not sign for the buyer.
    #[error("the account is the supplier's")]
    NotTheBuyersAccount,
}

impl Refusal for SignatureRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::GuaranteeTooSmall { .. } => "guarantee-too-small",
            Self::GuaranteeAlreadyLodged => "guarantee-already-lodged",
            Self::GuaranteeMissing => "guarantee-missing",
            Self::PeriodEnded { .. } => "signature-period-ended",
            Self::AlreadySigned { .. } => "already-signed",
            Self::NotTheBuyersAccount => "not-the-buyers-account",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::GuaranteeTooSmall { minimum } => format!(
                "La garantía de cumplimiento debe ser de al menos {minimum}: presente una mayor."
            ),
            Self::GuaranteeAlreadyLodged => {
                "La garantía de cumplimiento ya está presentada: no hace falta otra.".to_owned()
            }
            Self::GuaranteeMissing => {
                "Falta la garantía de cumplimiento: la empresa proveedora debe presentarla antes \
                 de la firma."
                    .to_owned()
            }
            Self::PeriodEnded { sign_by, .. } => format!(
                "El plazo para firmar terminó el {}: consulte a la unidad compradora qué procede.",
                sign_by.in_spanish()
            ),
            Self::AlreadySigned { party: Party::Buyer } => {
                "La unidad compradora ya firmó: no hace falta firmar de nuevo.".to_owned()
            }
            Self::AlreadySigned { party: Party::Supplier } => {
                "La empresa proveedora ya firmó: no hace falta firmar de nuevo.".to_owned()
            }
            Self::NotTheBuyersAccount => {
                "La cuenta de la empresa proveedora no puede firmar por la unidad compradora: \
                 pídalo a otra persona de la unidad."
                    .to_owned()
            }
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::GuaranteeTooSmall { .. } => Some("amount.centavos".to_owned()),
            Self::AlreadySigned { .. } | Self::NotTheBuyersAccount => Some("party".to_owned()),
            Self::GuaranteeAlreadyLodged | Self::GuaranteeMissing | Self::PeriodEnded { .. } => {
                None
            }
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::GuaranteeTooSmall { minimum } => {
                vec![("minimumCentavos", minimum.centavos().to_string())]
            }
            Self::PeriodEnded { sign_by, now } => {
                vec![("signBy", sign_by.to_string()), ("now", now.to_string())]
            }
            Self::AlreadySigned { party } => vec![("party", party.to_string())],
            Self::GuaranteeAlreadyLodged | Self::GuaranteeMissing | Self::NotTheBuyersAccount => {
                Vec::new()
            }
        }
    }
}
