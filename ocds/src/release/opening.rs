//! The openings of the envelopes → tag `tenderUpdate`.

use domain::{
    content::Disposition,
    event::{EconomicOpened, ProposalOpened, ProposalsOpened},
};
use serde_json::{Value, json};

use super::{
    Moment,
    parts::{company, company_reference, documents, one, value},
    process::Process,
    values::Object,
};

/// The type of a bid's documents.
const DOCUMENT_TYPE: &str = "submissionDocuments";

/// When the bid was received stands on the log at its entry; the opening does not say it.
pub(super) fn technical(event: &ProposalOpened, process: Process) -> Object {
    let bid = Object::new()
        .with("id", event.mask.as_str())
        .with("status", "pending")
        .with("sealedEntry", event.position.to_string())
        .with("documents", documents(&event.documents, DOCUMENT_TYPE));
    process.with_tender(Object::new()).with("bids", Object::new().with("details", one(bid)))
}

pub(super) fn act(event: &ProposalsOpened, process: Process, moment: &Moment) -> Object {
    // A bid that cannot be opened was received all the same; one that was replaced or withdrawn no longer counts.
    let received = event
        .proposals
        .iter()
        .filter(|it| matches!(it, Disposition::Opened { .. } | Disposition::Unopenable { .. }));
    let received = received.count();
    let entries: Value = event.proposals.iter().map(sealed_entry).collect();
    let tender = Object::new()
        .with("status", "complete")
        .with("numberOfTenderers", received)
        .with("bidOpening", Object::new().with("date", moment.at.as_str()))
        .with("evaluation", Object::new().with("sealedEntries", entries));
    let statistics = Object::new().with("statistics", one(statistic("bids", received, moment)));
    process.with_tender(tender).with("bids", statistics)
}

pub(super) fn economic(event: &EconomicOpened, process: Process) -> Object {
    let tenderer = Value::from(company_reference(&event.tenderer));
    let bid = Object::new()
        .with("id", event.mask.as_str())
        .with("status", "pending")
        .with("tenderers", json!([tenderer]))
        .with("value", value(&event.price))
        .with("sealedEntry", event.position.to_string())
        .with("participationEntry", event.participation.to_string())
        .with("documents", documents(&event.documents, DOCUMENT_TYPE));
    process
        .joined(company(&event.tenderer, &["tenderer"]))
        .with_tender(Object::new().with("tenderers", json!([tenderer])))
        .with("bids", Object::new().with("details", one(bid)))
}

/// A number of bids, by codelist `bidStatistics`.
pub(super) fn statistic(measure: &str, count: usize, moment: &Moment) -> Object {
    Object::new()
        .with("id", measure)
        .with("measure", measure)
        .with("value", count)
        .with("date", moment.at.as_str())
}

fn sealed_entry(disposition: &Disposition) -> Value {
    let entry = |position: &u64, disposition: &str| {
        Object::new().with("id", position.to_string()).with("disposition", disposition)
    };
    match disposition {
        Disposition::Opened { position, mask } => {
            entry(position, "opened").with("relatedBid", mask.as_str())
        }
        Disposition::Replaced { position, by } => {
            entry(position, "replaced").with("laterEntry", by.to_string())
        }
        Disposition::Withdrawn { position, by } => {
            entry(position, "withdrawn").with("laterEntry", by.to_string())
        }
        Disposition::Withdrawal { position } => entry(position, "withdrawal"),
        Disposition::Unopenable { position, reason } => {
            entry(position, "unopenable").with("rationale", reason.as_str())
        }
    }
    .into()
}
