//! Technical sheets (hojas de evaluación técnica): the points of one proposal, sealed until the prices.

use crate::aggregate::{Aggregate, aggregate_events};
use crate::event::{CorruptHistory, TechnicalSheetSigned, TenderPublished};
use crate::id::{LocalId, Mask, SheetId};
use crate::rejection::{InputRejection, Refusal};
use crate::tender::Tender;
use crate::text;
use crate::time::Timestamp;

/// What may be asked of a technical sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetCommand {
    /// Sign it.
    Sign(Box<SignSheet>),
}

/// Everything a technical sheet is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignSheet {
    /// The id the sheet will have.
    pub sheet_id: SheetId,
    /// The tender.
    pub tender: Tender,
    /// The proposal.
    pub mask: Mask,
    /// Centipoints, in the order of the call's technical criteria.
    pub scores: Vec<u32>,
    /// Why.
    pub justification: String,
}

aggregate_events!(
    /// What is recorded of a technical sheet.
    SheetEvent of "sheet" {
        /// It was signed.
        Signed(TechnicalSheetSigned),
    }
);

/// How a technical sheet is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// There is no proposal to score yet.
    #[error("the technical envelopes are not open")]
    TenderNotOpened,
    /// Whoever scores may know neither ballots nor prices.
    #[error("sheets are signed until {deadline}")]
    SheetsClosed {
        /// The start of the reveal.
        deadline: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// It was declared deserted.
    #[error("the tender is deserted")]
    TenderDeserted,
    /// No opened proposal has the mask.
    #[error("no proposal is known as {mask}")]
    MaskUnknown {
        /// The mask.
        mask: Mask,
    },
    /// Not one score for each criterion.
    #[error("there are {actual} scores for {expected} criteria")]
    ScoresCount {
        /// How many criteria the call has.
        expected: usize,
        /// How many scores were written.
        actual: usize,
    },
    /// More points than the criterion gives.
    #[error("the score of {criterion} is above {maximum} centipoints")]
    ScoreAboveMaximum {
        /// The score's place in the list, from 0.
        index: usize,
        /// The criterion.
        criterion: LocalId,
        /// The most it gives, in centipoints.
        maximum: u32,
    },
    /// The proposal has a sheet already, or the id is another sheet's.
    #[error("the sheet is signed already")]
    AlreadySigned,
}

impl Refusal for SheetRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(input) => input.code(),
            Self::TenderNotOpened => "tender-not-opened",
            Self::SheetsClosed { .. } => "sheets-closed",
            Self::TenderDeserted => "tender-deserted",
            Self::MaskUnknown { .. } => "mask-unknown",
            Self::ScoresCount { .. } => "scores-count",
            Self::ScoreAboveMaximum { .. } => "score-above-maximum",
            Self::AlreadySigned => "sheet-already-signed",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Input(input) => input.message_es(),
            Self::TenderNotOpened => {
                "Las proposiciones técnicas aún no se han abierto: espere la apertura técnica."
                    .to_owned()
            }
            Self::SheetsClosed { deadline, .. } => format!(
                "Las hojas técnicas se firman antes de que se revelen los votos ({}) y ya no se \
                 admiten más: consulte las firmadas.",
                deadline.in_spanish()
            ),
            Self::TenderDeserted => {
                "La licitación se declaró desierta: no queda ninguna proposición por calificar."
                    .to_owned()
            }
            Self::MaskUnknown { mask } => format!(
                "No hay ninguna proposición abierta con la letra {mask}: elija una de la lista."
            ),
            Self::ScoresCount { expected, actual } => format!(
                "La convocatoria tiene {expected} criterios técnicos y se escribieron {actual} \
                 puntajes: escriba uno por criterio."
            ),
            Self::ScoreAboveMaximum { criterion, maximum, .. } => format!(
                "El puntaje del criterio {criterion} supera su máximo ({}.{:02} puntos): redúzcalo.",
                maximum / 100,
                maximum % 100
            ),
            Self::AlreadySigned => {
                "La hoja técnica ya está firmada: continúe con la siguiente proposición.".to_owned()
            }
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::Input(input) => input.field(),
            Self::TenderNotOpened
            | Self::SheetsClosed { .. }
            | Self::TenderDeserted
            | Self::AlreadySigned => None,
            Self::MaskUnknown { .. } => Some("mask".to_owned()),
            Self::ScoresCount { .. } => Some("scores".to_owned()),
            Self::ScoreAboveMaximum { index, .. } => Some(format!("scores[{index}]")),
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(input) => input.details(),
            Self::MaskUnknown { mask } => vec![("mask", mask.to_string())],
            Self::ScoresCount { expected, actual } => {
                vec![("expected", expected.to_string()), ("actual", actual.to_string())]
            }
            Self::ScoreAboveMaximum { criterion, maximum, .. } => {
                vec![("criterion", criterion.to_string()), ("maximum", maximum.to_string())]
            }
            Self::SheetsClosed { deadline, now } => {
                vec![("deadline", deadline.to_string()), ("now", now.to_string())]
            }
            Self::TenderNotOpened | Self::TenderDeserted | Self::AlreadySigned => Vec::new(),
        }
    }
}

/// A technical sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Sheet {
    /// No sheet yet.
    #[default]
    Absent,
    /// It is signed.
    Signed(Box<TechnicalSheetSigned>),
}

impl Sheet {
    /// What was signed.
    #[cfg(test)]
    pub(crate) fn signed(&self) -> Option<&TechnicalSheetSigned> {
        match self {
            Self::Absent => None,
            Self::Signed(sheet) => Some(sheet),
        }
    }
}

impl Aggregate for Sheet {
    type Command = SheetCommand;
    type Event = SheetEvent;
    type Rejection = SheetRejection;

    fn decide(
        &self,
        command: SheetCommand,
        now: Timestamp,
    ) -> Result<Vec<SheetEvent>, SheetRejection> {
        match (self, command) {
            (Self::Absent, SheetCommand::Sign(command)) => {
                Ok(vec![SheetEvent::Signed(Box::new(sign(*command, now)?))])
            }
            (Self::Signed(_), SheetCommand::Sign(_)) => Err(SheetRejection::AlreadySigned),
        }
    }

    fn evolve(self, event: &SheetEvent) -> Result<Self, CorruptHistory> {
        match (self, event) {
            (Self::Absent, SheetEvent::Signed(sheet)) => Ok(Self::Signed(sheet.clone())),
            (Self::Signed(_), SheetEvent::Signed(_)) => Err(CorruptHistory::OutOfOrder {
                aggregate: "sheet",
                status: "signed",
                event_type: "TechnicalSheetSigned",
            }),
        }
    }
}

fn sign(command: SignSheet, now: Timestamp) -> Result<TechnicalSheetSigned, SheetRejection> {
    let SignSheet { sheet_id, tender, mask, scores, justification } = command;
    let call = match &tender {
        Tender::Unpublished | Tender::Published(_) | Tender::ReceiptClosed(_) => {
            return Err(SheetRejection::TenderNotOpened);
        }
        Tender::Deserted { .. } => return Err(SheetRejection::TenderDeserted),
        Tender::Opened(technical) => &technical.call,
        Tender::EconomicOpened(opening) | Tender::Awarded { opening, .. } => {
            let deadline = opening.technical.call.schedule.reveal_start;
            return Err(SheetRejection::SheetsClosed { deadline, now });
        }
    };
    let deadline = call.schedule.reveal_start;
    if now >= deadline {
        return Err(SheetRejection::SheetsClosed { deadline, now });
    }
    if !tender.opened().iter().any(|proposal| proposal.mask == mask) {
        return Err(SheetRejection::MaskUnknown { mask });
    }
    check_scores(call, &scores)?;
    let justification = text::justification("justification", &justification)?;
    let tender_id = call.tender_id;
    Ok(TechnicalSheetSigned { sheet_id, tender_id, mask, scores, justification })
}

fn check_scores(call: &TenderPublished, scores: &[u32]) -> Result<(), SheetRejection> {
    let criteria = &call.technical_criteria;
    if scores.len() != criteria.len() {
        let (expected, actual) = (criteria.len(), scores.len());
        return Err(SheetRejection::ScoresCount { expected, actual });
    }
    for (index, (score, criterion)) in scores.iter().zip(criteria).enumerate() {
        if *score > criterion.maximum {
            let (criterion, maximum) = (criterion.id.clone(), criterion.maximum);
            return Err(SheetRejection::ScoreAboveMaximum { index, criterion, maximum });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
