//! Before the opening: everything that anybody can read is searched for what is sealed.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::api::Api;
use crate::clock;
use crate::rest;
use crate::stage::Stage;

/// Reads the log, the record, the releases, the pages' data and the operator's metrics, and looks for prices,
/// documents, and participants.
pub fn check(stage: &mut Stage) -> Result<()> {
    let public = everything(stage)?;
    let mut secrets = Vec::new();
    for proposal in &stage.case.proposals {
        secrets.push(proposal.price_centavos.clone());
        secrets.extend(proposal.documents.iter().map(|document| document.text.clone()));
        secrets.extend(proposal.documents.iter().map(|document| document.name.clone()));
    }
    secrets.extend(["submitProposal", "ProposalSubmitted", "numberOfTenderers"].map(str::to_owned));
    for secret in secrets {
        if let Some((place, _)) = public.iter().find(|(_, text)| text.contains(&secret)) {
            stage.report.deviate(format!("before the opening {place} holds “{secret}”"));
        }
    }
    println!("  ✔ {} nothing sealed in {} public answers", stage.now, public.len());
    Ok(())
}

fn everything(stage: &Stage) -> Result<Vec<(String, String)>> {
    let base = &stage.system.state.api_url;
    let ocid = stage.report.ocid.as_deref().context("no process is planned")?;
    let mut public = Vec::new();
    for path in [format!("/ocds/records/{ocid}"), "/log/checkpoint".to_owned()] {
        public.push((path.clone(), text(&rest::get(&format!("{base}{path}"))?.body)));
    }
    let api = Api::anonymous(stage.system);
    let query = "query($ocid: String!) { tender(ocid: $ocid) { title phase } releases(ocid: $ocid, first: 100) {
        nodes { releaseId bytes: sha256 } } companies(first: 100) { nodes { legalName } } }";
    public.push(("GraphQL".to_owned(), api.ask(query, &json!({"ocid": ocid}))?.to_string()));
    for act in &stage.report.acts {
        for event in &act.events {
            let query = "query($id: UUID!) { event(id: $id) { type stream data entry } }";
            let answer = api.ask(query, &json!({"id": event.id}))?;
            public.push((format!("event {}", event.position), readable(&answer["event"])));
        }
    }
    let metrics = clock::metrics(&stage.system.state.operator_socket)?;
    public.push(("the metrics".to_owned(), metrics));
    Ok(public)
}

/// The answer, and the entry as the text it is.
fn readable(event: &Value) -> String {
    let entry = event["entry"].as_str().unwrap_or_default();
    format!("{event} {}", text(&URL_SAFE_NO_PAD.decode(entry).unwrap_or_default()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
