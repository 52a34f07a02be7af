//! What is wrong with a command to an evaluation and what to do next, in Spanish.

use super::rejection::EvaluationRejection as Rejection;
use crate::rejection::{Refusal as _, listed};

/// One sentence or two.
#[expect(clippy::too_many_lines, reason = "one arm a refusal, so that none is forgotten")]
pub(super) fn in_spanish(rejection: &Rejection) -> String {
    match rejection {
        Rejection::Input(input) => return input.message_es(),
        Rejection::TenderUnknown => {
            "No hay ninguna licitación publicada con ese identificador: revíselo en la página de \
             licitaciones."
        }
        Rejection::ReceiptOpen { deadline, .. } => {
            return format!(
                "Todavía se reciben proposiciones: anuncie el sorteo del panel a partir del {}.",
                deadline.in_spanish()
            );
        }
        Rejection::DrawAlreadyScheduled => {
            "El sorteo del panel ya se anunció: consúltelo en la página de la licitación."
        }
        Rejection::SeatsOutOfRange { field: "alternates", max, .. } => {
            return format!("El panel admite hasta {max} suplentes: corrija el número.");
        }
        Rejection::SeatsOutOfRange { min, max, .. } => {
            return format!("El panel debe tener entre {min} y {max} asientos: corrija el número.");
        }
        Rejection::TooFewCandidates { eligible, seats } => {
            return format!(
                "Solo hay {eligible} personas evaluadoras sin interés en la unidad compradora para \
                 {seats} asientos: acredite a más o reduzca los asientos."
            );
        }
        Rejection::DrawNotScheduled => {
            "El sorteo del panel no se ha anunciado: anúncielo antes de sortear."
        }
        Rejection::DrawNotDue { due, .. } => {
            return format!(
                "El sorteo está programado para el {}: espere a esa hora.",
                due.in_spanish()
            );
        }
        Rejection::DrawNotAnchored => {
            "El anuncio del sorteo todavía no está en un bloque confirmado: espere unos minutos e \
             inténtelo de nuevo."
        }
        Rejection::CandidatesChanged => {
            "La lista de candidaturas no es la que se anunció: use la lista del momento del anuncio."
        }
        Rejection::ContributionChanged => {
            "El número revelado no es el que se comprometió al anunciar el sorteo: use aquel número."
        }
        Rejection::PanelAlreadyDrawn => {
            "El panel ya se sorteó: verifíquelo en la página de la licitación."
        }
        Rejection::PanelNotDrawn => "El panel todavía no se sortea: espere al sorteo.",
        Rejection::NotOnThePanel => {
            "Su cuenta no ocupa un asiento de este panel: revise en qué licitaciones participa."
        }
        Rejection::ConflictOfInterest => {
            "Su cuenta o sus intereses declarados la vinculan con una empresa que participa en esta \
             licitación: declare el conflicto para que entre su suplente."
        }
        Rejection::InterestsUnknown => {
            "Sus intereses declarados ya no se conservan y no se puede descartar un conflicto: \
             declárelo para que entre su suplente."
        }
        Rejection::AssignmentAlreadyAccepted => {
            "Ya aceptó su asiento: prepare su voto para el periodo de votación."
        }
        Rejection::AssignmentNotAccepted => {
            "Todavía no acepta su asiento: acéptelo antes de votar."
        }
        Rejection::BallotAlreadyCommitted => {
            "Ya selló su voto y no puede dejar el asiento: informe del conflicto al Órgano Interno \
             de Control."
        }
        Rejection::BallotMissed => {
            "Su voto no se reveló a tiempo: el asiento ya no participa en esta evaluación."
        }
        Rejection::TenderNotOpened => {
            "No hay proposiciones técnicas abiertas que calificar: espere la apertura técnica."
        }
        Rejection::VotingNotStarted { start, .. } => {
            return format!(
                "Los votos se sellan a partir del {}: espere a esa hora.",
                start.in_spanish()
            );
        }
        Rejection::VotingEnded { deadline, .. } => {
            return format!(
                "El plazo para sellar votos terminó el {}: ya no se reciben cambios.",
                deadline.in_spanish()
            );
        }
        Rejection::RevealNotStarted { start, .. } => {
            return format!(
                "Los votos se revelan a partir del {}: espere a esa hora.",
                start.in_spanish()
            );
        }
        Rejection::RevealEnded { deadline, .. } => {
            return format!(
                "El plazo para revelar votos terminó el {}: el suyo ya no se cuenta.",
                deadline.in_spanish()
            );
        }
        Rejection::NothingCommitted => {
            "No selló ningún voto en el periodo de votación: no hay nada que revelar."
        }
        Rejection::CommitmentMismatch => {
            "El voto no corresponde al último que selló: revele el vigente, sin cambios."
        }
        Rejection::BallotAlreadyRevealed => "Su voto ya fue revelado: no hace falta repetirlo.",
        Rejection::BallotOfAnother { .. } => {
            "El voto nombra otra licitación u otro seudónimo: revele el suyo."
        }
        Rejection::BallotMasks { expected } => {
            return format!(
                "El voto debe calificar cada proposición una vez y en este orden: {}. Corríjalo.",
                listed(expected)
            );
        }
        Rejection::ScoresCount { expected, .. } => {
            return format!(
                "Cada proposición lleva {expected} calificaciones, una por criterio social: \
                 complételas."
            );
        }
        Rejection::RevealOpen { deadline, .. } => {
            return format!(
                "Los votos se revelan hasta el {}: espere a esa hora.",
                deadline.in_spanish()
            );
        }
        Rejection::NothingMissed => {
            "No falta ningún voto por registrar: continúe con la apertura económica."
        }
        Rejection::EconomicNotOpened => {
            "Los sobres económicos no están abiertos: ábralos antes de calcular la evaluación."
        }
        Rejection::QuorumMissing { revealed, quorum } => {
            return format!(
                "Se revelaron {revealed} votos y se necesitan {quorum}: la evaluación ya no se \
                 puede calcular; informe al Órgano Interno de Control."
            );
        }
        Rejection::NotComputable(_) => {
            "Los puntos no se pueden calcular con lo que se abrió y se reveló: informe al Órgano \
             Interno de Control."
        }
        Rejection::EvaluationAlreadyComputed => {
            "La evaluación ya se calculó: consúltela en la página de la licitación."
        }
        Rejection::EvaluationMissing => {
            "La evaluación no se ha calculado: calcúlela antes de continuar."
        }
        Rejection::NoTie => "No hay empate en primer lugar: continúe con el dictamen.",
        Rejection::TieAlreadyBroken => "El empate ya se resolvió: continúe con el dictamen.",
        Rejection::TiedProposalsMissing { masks } => {
            return format!(
                "Para desempatar faltan los datos de las proposiciones {}: inclúyalos.",
                listed(masks)
            );
        }
        Rejection::TieUnbroken { masks } => {
            return format!(
                "Las proposiciones {} empatan en primer lugar: registre el desempate antes del \
                 dictamen.",
                listed(masks)
            );
        }
        Rejection::EvaluationDiffers => {
            "Lo registrado no coincide con lo que se calcula de nuevo: detenga el procedimiento e \
             informe al Órgano Interno de Control."
        }
        Rejection::NobodySolvent => {
            "Ninguna proposición es solvente: declare desierta la licitación."
        }
        Rejection::TechnicalSigner => {
            "Quien firmó una hoja técnica no puede emitir el dictamen: pídalo a otra persona de la \
             unidad compradora."
        }
        Rejection::RulingAlreadyIssued => {
            "El dictamen ya se emitió: consúltelo en la página de la licitación."
        }
    }
    .to_owned()
}
