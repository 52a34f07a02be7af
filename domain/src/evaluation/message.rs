//! What is wrong with a command to an evaluation and what to do next, in Spanish.

use super::rejection::EvaluationRejection as Rejection;
use crate::id::Mask;
use crate::rejection::Refusal as _;

/// One sentence or two.
pub(super) fn in_spanish(rejection: &Rejection) -> String {
    match rejection {
        Rejection::Input(input) => input.message_es(),
        Rejection::ReceiptOpen { deadline, .. } => format!(
            "Todavía se reciben propuestas: anuncie el sorteo del panel a partir de {deadline}."
        ),
        Rejection::SeatsOutOfRange { field: "alternates", max, .. } => {
            format!("El panel admite hasta {max} suplentes: corrija el número.")
        }
        Rejection::SeatsOutOfRange { min, max, .. } => {
            format!("El panel debe tener entre {min} y {max} asientos: corrija el número.")
        }
        Rejection::TooFewCandidates { eligible, seats } => format!(
            "Solo hay {eligible} personas evaluadoras sin interés en la unidad compradora para \
             {seats} asientos: acredite a más o reduzca los asientos."
        ),
        Rejection::DrawNotDue { due, .. } => {
            format!("El sorteo está programado para {due}: espere a esa hora.")
        }
        Rejection::VotingNotStarted { start, .. } => {
            format!("Las boletas se comprometen a partir de {start}: espere a esa hora.")
        }
        Rejection::VotingEnded { deadline, .. } => format!(
            "El plazo para comprometer boletas terminó en {deadline}: ya no se reciben cambios."
        ),
        Rejection::RevealNotStarted { start, .. } => {
            format!("Las boletas se revelan a partir de {start}: espere a esa hora.")
        }
        Rejection::RevealEnded { deadline, .. } => format!(
            "El plazo para revelar boletas terminó en {deadline}: la boleta ya no se cuenta."
        ),
        Rejection::RevealOpen { deadline, .. } => {
            format!("Las boletas se revelan hasta {deadline}: espere a esa hora.")
        }
        Rejection::BallotMasks { expected } => format!(
            "La boleta debe calificar cada propuesta una vez y en este orden: {}. Corríjala.",
            list(expected)
        ),
        Rejection::ScoresCount { expected, .. } => format!(
            "Cada propuesta lleva {expected} calificaciones, una por criterio social: complételas."
        ),
        Rejection::QuorumMissing { revealed, quorum } => format!(
            "Se revelaron {revealed} boletas y se necesitan {quorum}: informe al Órgano Interno de \
             Control y reponga la evaluación."
        ),
        Rejection::TiedProposalsMissing { masks } => format!(
            "Para desempatar faltan los datos de las propuestas {}: inclúyalos.",
            list(masks)
        ),
        Rejection::TieUnbroken { masks } => format!(
            "Las propuestas {} empatan en primer lugar: registre el desempate antes del dictamen.",
            list(masks)
        ),
        other => fixed(other).to_owned(),
    }
}

/// The sentences that name nothing of the input.
fn fixed(rejection: &Rejection) -> &'static str {
    before_the_ballots(rejection)
        .or_else(|| of_the_ballots(rejection))
        .or_else(|| of_the_result(rejection))
        .unwrap_or("La evaluación no admite esta operación: revise los datos señalados.")
}

fn before_the_ballots(rejection: &Rejection) -> Option<&'static str> {
    Some(match rejection {
        Rejection::TenderUnknown => {
            "No hay ninguna licitación publicada con ese identificador: revíselo en la página de \
             licitaciones."
        }
        Rejection::DrawAlreadyScheduled => {
            "El sorteo del panel ya se anunció: consúltelo en la página de la licitación."
        }
        Rejection::DrawNotScheduled => {
            "El sorteo del panel no se ha anunciado: anúncielo antes de sortear."
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
            "Ya aceptó su asiento: prepare su boleta para el periodo de votación."
        }
        Rejection::AssignmentNotAccepted => {
            "Todavía no acepta su asiento: acéptelo antes de votar."
        }
        _ => return None,
    })
}

fn of_the_ballots(rejection: &Rejection) -> Option<&'static str> {
    Some(match rejection {
        Rejection::TenderNotOpened => {
            "No hay proposiciones técnicas abiertas que calificar: espere la apertura técnica."
        }
        Rejection::BallotAlreadyCommitted => {
            "Ya comprometió su boleta y no puede dejar el asiento: informe del conflicto al Órgano \
             Interno de Control."
        }
        Rejection::BallotMissed => {
            "Su boleta no se reveló a tiempo: el asiento ya no participa en esta evaluación."
        }
        Rejection::NothingCommitted => {
            "No comprometió ninguna boleta en el periodo de votación: no hay nada que revelar."
        }
        Rejection::CommitmentMismatch => {
            "La boleta o su sal no corresponden al último compromiso: revele la boleta vigente, \
             sin cambios."
        }
        Rejection::BallotAlreadyRevealed => "Su boleta ya fue revelada: no hace falta repetirlo.",
        Rejection::BallotOfAnother { .. } => {
            "La boleta nombra otra licitación u otro seudónimo: revele la suya."
        }
        Rejection::NothingMissed => {
            "No falta ninguna boleta por registrar: continúe con la apertura económica."
        }
        _ => return None,
    })
}

fn of_the_result(rejection: &Rejection) -> Option<&'static str> {
    Some(match rejection {
        Rejection::EconomicNotOpened => {
            "Los sobres económicos no están abiertos: ábralos antes de calcular la evaluación."
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
        Rejection::EvaluationDiffers => {
            "Lo registrado no coincide con lo que se calcula de nuevo: detenga el procedimiento e \
             informe al Órgano Interno de Control."
        }
        Rejection::NobodySolvent => {
            "Ninguna propuesta es solvente: declare desierta la licitación."
        }
        Rejection::TechnicalSigner => {
            "Quien firmó una ficha técnica no puede emitir el dictamen: pídalo a otra persona de la \
             unidad compradora."
        }
        Rejection::RulingAlreadyIssued => {
            "El dictamen ya se emitió: consúltelo en la página de la licitación."
        }
        _ => return None,
    })
}

fn list(masks: &[Mask]) -> String {
    masks.iter().map(Mask::as_str).collect::<Vec<_>>().join(", ")
}
