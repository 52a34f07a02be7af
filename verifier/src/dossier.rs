//! Whether everything of one procedure fits together, §12: one file, one opinion.
//!
//! Each event has its proof; this module looks at what the events say of each other. It computes
//! again what anybody can compute from them: the opened set, the draw, the ballots' commitments, the
//! points, the order, the award and the payments. It shares no code with what computed them first.

mod archive;
mod award;
mod ballots;
mod case;
mod contradiction;
mod documents;
mod draw;
mod envelopes;
mod event;
mod execution;
mod hours;
mod index;
mod layout;
mod opening;
mod opinion;
mod order;
mod outliers;
mod points;
mod record;
mod releases;
mod scope;
mod terms;

pub use archive::{DOSSIER_BYTES_MAX, DossierError};
pub use contradiction::Contradiction;
pub use opinion::{Finding, Opinion, Standing};

use case::Case;
use index::Index;
use opinion::Found;

use crate::entry::Clock;
use crate::policy::Policy;

/// One topic: what it is called, and its check.
type Check = (&'static str, fn(&Case) -> Result<Found, Contradiction>);

/// The topics, in the order of §12.
const CHECKS: [Check; 17] = [
    (opinion::ANCHORING, case::anchoring),
    ("streams", scope::streams),
    ("scope", scope::scope),
    ("hours", hours::check),
    ("documents", documents::check),
    ("releases", releases::check),
    ("receipt", opening::receipt),
    ("opened set", opening::check),
    ("technical", envelopes::technical),
    ("draw", draw::check),
    ("ballots", ballots::check),
    ("sheets", envelopes::sheets),
    ("economic", envelopes::economic),
    ("points", points::check),
    ("award", award::check),
    ("contract", terms::check),
    ("execution", execution::check),
];

/// Reads a dossier and says what it proves.
///
/// # Errors
/// If the file is not a dossier by form; whatever it says wrongly is in the opinion.
pub fn verify_dossier(bytes: &[u8], policy: &Policy) -> Result<Opinion, DossierError> {
    let mut files = archive::read(bytes)?;
    let index = Index::read(&files)?;
    let counts = [index.events.len(), index.documents.len(), index.releases.len()];
    let mut opinion = Opinion::new(policy, &index.ocid, index.size, counts);
    let case = match Case::gather(index, &mut files, policy) {
        Ok(case) => case,
        Err(contradiction) => {
            // What follows would rest on an event that is not proven.
            opinion.findings.push(Finding::new("proofs", Err(contradiction)));
            let rest = CHECKS.iter().map(|(topic, _)| {
                Finding::new(topic, Ok(Found::Absent("not examined, because a proof was refused")))
            });
            opinion.findings.extend(rest);
            return Ok(opinion);
        }
    };
    let has = |clock| case.events.iter().any(|event| event.clock == clock);
    opinion.simulated = has(Clock::Simulated);
    opinion.imported = has(Clock::Imported);
    opinion.witnessed =
        !case.events.is_empty() && case.events.iter().all(|event| event.witnesses > 0);
    let proofs = format!("{} events were recorded in this log as they are shown", counts[0]);
    opinion.findings.push(Finding::new("proofs", Ok(Found::Proven(proofs))));
    let findings = CHECKS.iter().map(|(topic, check)| Finding::new(topic, check(&case)));
    opinion.findings.extend(findings);
    Ok(opinion)
}
