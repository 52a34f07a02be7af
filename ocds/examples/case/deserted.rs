//! What the process that is awarded does not have: entries that do not count, ballots that are missing, a tie, bids
//! that are not solvent, a tender without an award.

use serde_json::json;

use super::{log::Log, procedure::seat_of};

/// Records what follows the call.
pub fn play(log: &mut Log) {
    let at = "2018-04-13T23:30:00.000Z";
    for (mask, position) in [("A", "56"), ("B", "58")] {
        log.tender(
            "ProposalOpened",
            at,
            json!({"mask": mask, "position": position, "documents": []}),
        );
    }
    let entries = json!([
        {"disposition": "replaced", "position": "52", "by": "56"},
        {"disposition": "withdrawn", "position": "53", "by": "54"},
        {"disposition": "withdrawal", "position": "54"},
        {"disposition": "unopenable", "position": "55", "reason": "La llave se perdió"},
        {"disposition": "opened", "position": "56", "mask": "A"},
        {"disposition": "opened", "position": "58", "mask": "B"},
    ]);
    log.tender("ProposalsOpened", at, json!({"proposals": entries, "opened": 2}));
    let conflict = json!({"seat": 4, "pseudonym": "EV-R3T", "reason": "Es pariente de una persona servidora pública"});
    log.tender("ConflictDeclared", "2018-04-14T00:10:00.000Z", conflict);
    log.tender("AssignmentAccepted", "2018-04-14T01:00:00.000Z", seat_of("EV-X8H", 5));
    for (pseudonym, seat, committed) in [("EV-X8H", 5, true), ("EV-P9D", 3, false)] {
        let missed = json!({"seat": seat, "pseudonym": pseudonym, "committed": committed});
        log.tender("BallotMissed", "2018-04-15T17:00:00.000Z", missed);
    }
    let at = "2018-04-15T17:40:00.000Z";
    let order = json!({"method": "companySize", "order": ["B", "A"]});
    log.tender("TieBroken", at, order);
    let computed = json!({
        "aggregation": "median", "scores": [], "outliers": [],
        "unsolvent": [{"mask": "A", "cause": "technicalMinimum"}, {"mask": "B", "cause": "budget"}],
    });
    log.tender("EvaluationComputed", at, computed);
    let reasons = "Ninguna propuesta resultó solvente.";
    log.tender("TenderDeserted", "2018-04-15T18:00:00.000Z", json!({"reasons": reasons}));
}
