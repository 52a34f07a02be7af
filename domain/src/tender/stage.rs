//! How a stage of a published tender is refused, and what to do about it.

use crate::id::Mask;
use crate::rejection::{Refusal, listed};
use crate::tender::opening::PROPOSALS_MAX;
use crate::time::{Day, Timestamp};

/// How a stage of a tender is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StageRejection {
    /// No call is published under the id.
    #[error("the tender is not published")]
    TenderUnknown,
    /// Receipt has not ended.
    #[error("receipt ends at {deadline}, it is {now}")]
    ReceiptOpen {
        /// The exclusive end of receipt.
        deadline: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// Receipt was closed before.
    #[error("receipt was closed already")]
    ReceiptAlreadyClosed,
    /// Receipt has to be closed first.
    #[error("receipt is not closed")]
    ReceiptNotClosed,
    /// The hour of the opening has not come.
    #[error("the opening is due at {due}, it is {now}")]
    OpeningNotDue {
        /// From when the envelopes may be opened.
        due: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// The envelopes were opened before.
    #[error("the envelopes were opened already")]
    AlreadyOpened,
    /// The technical envelopes have to be opened first.
    #[error("the technical envelopes are not open")]
    TenderNotOpened,
    /// More proposals than one opening records.
    #[error("there are more than {PROPOSALS_MAX} proposals")]
    TooManyProposals {
        /// How many there are.
        proposals: usize,
    },
    /// The order of the masks is not one of the live proposals, each once.
    #[error("the order of the masks does not name each live proposal once")]
    MaskOrder {
        /// How many live proposals there are.
        proposals: usize,
    },
    /// The proposals are not those that were live when receipt closed.
    #[error("the live proposals are not those of the end of receipt")]
    ProposalsChanged,
    /// Proposals without a technical sheet.
    #[error("proposals without a technical sheet")]
    SheetsMissing {
        /// Which.
        masks: Vec<Mask>,
    },
    /// Proposals whose economic envelope is not at hand.
    #[error("proposals without an economic envelope")]
    OfferMissing {
        /// Which.
        masks: Vec<Mask>,
    },
    /// The hour of the award has not come.
    #[error("the award is due at {due}, it is {now}")]
    AwardNotDue {
        /// From when the award may be issued.
        due: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// The contract of an award could not be signed any more.
    #[error("the contract could be signed until {sign_by}")]
    ContractingEnded {
        /// The last day.
        sign_by: Day,
        /// The hour of the command.
        now: Timestamp,
    },
    /// The economic envelopes have to be opened first.
    #[error("the economic envelopes are not open")]
    EconomicNotOpened,
    /// There is no ruling with a solvent proposal.
    #[error("the ruling is missing")]
    RulingMissing,
    /// There is no evaluation, or it does not score the winner.
    #[error("the evaluation is missing")]
    EvaluationMissing,
    /// The award was issued before.
    #[error("the award was issued already")]
    AlreadyAwarded,
    /// It was declared deserted before.
    #[error("the tender is deserted")]
    Deserted,
    /// Whoever scored neither awards nor declares that nobody is awarded.
    #[error("the account signed a technical sheet")]
    TechnicalSigner,
    /// A tender with a solvent proposal is awarded.
    #[error("there are solvent proposals")]
    SolventProposals {
        /// Which.
        masks: Vec<Mask>,
    },
}

impl Refusal for StageRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::TenderUnknown => "tender-unknown",
            Self::ReceiptOpen { .. } => "receipt-open",
            Self::ReceiptAlreadyClosed => "receipt-already-closed",
            Self::ReceiptNotClosed => "receipt-not-closed",
            Self::OpeningNotDue { .. } => "opening-not-due",
            Self::AlreadyOpened => "already-opened",
            Self::TenderNotOpened => "tender-not-opened",
            Self::TooManyProposals { .. } => "too-many-proposals",
            Self::MaskOrder { .. } => "mask-order",
            Self::ProposalsChanged => "proposals-changed",
            Self::SheetsMissing { .. } => "sheets-missing",
            Self::OfferMissing { .. } => "offer-missing",
            Self::AwardNotDue { .. } => "award-not-due",
            Self::ContractingEnded { .. } => "signature-period-ended",
            Self::EconomicNotOpened => "economic-not-opened",
            Self::RulingMissing => "ruling-missing",
            Self::EvaluationMissing => "evaluation-missing",
            Self::AlreadyAwarded => "already-awarded",
            Self::Deserted => "tender-deserted",
            Self::TechnicalSigner => "technical-signer",
            Self::SolventProposals { .. } => "solvent-proposals",
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm a refusal, so that none is forgotten")]
    fn message_es(&self) -> String {
        match self {
            Self::TenderUnknown => {
                "No hay ninguna licitación publicada con ese identificador: revíselo en la lista \
                 de licitaciones."
            }
            Self::ReceiptOpen { deadline, .. } => {
                return format!(
                    "La recepción sigue abierta: espere su cierre ({}).",
                    deadline.in_spanish()
                );
            }
            Self::ReceiptAlreadyClosed => {
                "La recepción ya se cerró: continúe con la apertura técnica."
            }
            Self::ReceiptNotClosed => {
                "El cierre de la recepción aún no consta en la bitácora: espere unos segundos e \
                 inténtelo de nuevo."
            }
            Self::OpeningNotDue { due, .. } => {
                return format!(
                    "Aún no es la hora de la apertura: espere hasta el {}.",
                    due.in_spanish()
                );
            }
            Self::AlreadyOpened => "Los sobres ya se abrieron: consulte el acta de apertura.",
            Self::TenderNotOpened => {
                "Las proposiciones técnicas aún no se han abierto: espere la apertura técnica."
            }
            Self::TooManyProposals { proposals } => {
                return format!(
                    "Hay {proposals} proposiciones y el acto de apertura admite {PROPOSALS_MAX}: \
                     avise a la administración de la plataforma."
                );
            }
            Self::MaskOrder { .. } | Self::ProposalsChanged => {
                "Las proposiciones no coinciden con las que había al cierre de la recepción: \
                 inténtelo de nuevo y, si se repite, avise a la administración de la plataforma."
            }
            Self::SheetsMissing { masks } => {
                return format!(
                    "Falta la hoja técnica de estas proposiciones: {}. El plazo para firmarla \
                     terminó: informe al Órgano Interno de Control.",
                    listed(masks)
                );
            }
            Self::OfferMissing { masks } => {
                return format!(
                    "No está el sobre económico de estas proposiciones: {}. Avise a la \
                     administración de la plataforma.",
                    listed(masks)
                );
            }
            Self::AwardNotDue { due, .. } => {
                return format!(
                    "Aún no es la hora del fallo: espere hasta el {}.",
                    due.in_spanish()
                );
            }
            Self::ContractingEnded { sign_by, .. } => {
                return format!(
                    "El plazo para firmar el contrato terminó el {} y el fallo ya no se puede \
                     emitir: informe al Órgano Interno de Control.",
                    sign_by.in_spanish()
                );
            }
            Self::EconomicNotOpened => {
                "Los precios aún no se han abierto: espere la apertura económica."
            }
            Self::RulingMissing => {
                "Falta un dictamen con una proposición solvente: emítalo antes del fallo."
            }
            Self::EvaluationMissing => "Falta la evaluación: calcúlela antes de continuar.",
            Self::AlreadyAwarded => "El fallo ya se emitió: consúltelo en la licitación.",
            Self::Deserted => {
                "La licitación se declaró desierta: publique una convocatoria nueva si la \
                 necesidad continúa."
            }
            Self::TechnicalSigner => {
                "Quien firmó una hoja técnica no emite el fallo ni declara desierta la licitación: \
                 pídalo a otra persona."
            }
            Self::SolventProposals { masks } => {
                return format!(
                    "Hay proposiciones solventes ({}): emita el dictamen y el fallo.",
                    listed(masks)
                );
            }
        }
        .to_owned()
    }

    fn field(&self) -> Option<String> {
        matches!(self, Self::TenderUnknown).then(|| "tenderId".to_owned())
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::ReceiptOpen { deadline, now } => {
                vec![("deadline", deadline.to_string()), ("now", now.to_string())]
            }
            Self::OpeningNotDue { due, now } | Self::AwardNotDue { due, now } => {
                vec![("due", due.to_string()), ("now", now.to_string())]
            }
            Self::ContractingEnded { sign_by, now } => {
                vec![("signBy", sign_by.to_string()), ("now", now.to_string())]
            }
            Self::TooManyProposals { proposals } => vec![
                ("proposals", proposals.to_string()),
                ("proposalsMax", PROPOSALS_MAX.to_string()),
            ],
            Self::MaskOrder { proposals } => vec![("proposals", proposals.to_string())],
            Self::SheetsMissing { masks }
            | Self::OfferMissing { masks }
            | Self::SolventProposals { masks } => vec![("masks", listed(masks))],
            _ => Vec::new(),
        }
    }
}
