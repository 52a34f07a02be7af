//! The OCDS extensions releases use, and the merge rules of the release schema they patch.
//!
//! Our own extensions are files of this crate (`extensions/NAME/`), compiled in, so that a publisher can serve them
//! at the URLs its packages name.

use std::sync::LazyLock;

use serde_json::Value;

use crate::merge::Rules;

/// The version of our extensions; a part of their URLs, raised with any change to them.
pub const VERSION: &str = "v1.2.0";

/// Where our extensions are published unless a publisher says otherwise.
pub const BASE_URL: &str = "https://smart-tenders.example/ocds/extensions/v1.2.0";

/// A registered extension in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its URL in the registry of OCDS extensions.
    pub url: &'static str,
    /// Its patch of the release schema.
    schema: &'static str,
}

macro_rules! registered {
    ($($owner:literal $repository:literal $version:literal $file:literal),+ $(,)?) => {
        [$(Registered {
            url: concat!(
                "https://raw.githubusercontent.com/", $owner, "/ocds_", $repository, "_extension/", $version,
                "/extension.json"
            ),
            schema: include_str!(concat!("../schema/", $file)),
        }),+]
    };
}

/// Registered extensions in use, in the order in which they patch the release schema.
///
/// Of those called `master` the registry knows no other version. No release uses a field of the location and metrics
/// extensions: they define what the bid opening and the milestones of transactions refer to.
pub const REGISTERED: [Registered; 10] = registered![
    "open-contracting-extensions" "requirements" "master" "requirements.json",
    "open-contracting-extensions" "bid" "v1.1.5" "bids.json",
    "open-contracting-extensions" "location" "v1.1.5" "location.json",
    "open-contracting-extensions" "bidOpening" "master" "bidOpening.json",
    "contratacionesabiertas" "guarantees" "master" "guarantees.json",
    "open-contracting-extensions" "contract_signatories" "master" "signatories.json",
    "open-contracting-extensions" "contract_completion" "master" "contract_completion.json",
    "open-contracting-extensions" "performance_failures" "master" "performance_failures.json",
    "open-contracting-extensions" "metrics" "v1.1" "metrics.json",
    "open-contracting-extensions" "transactions_relatedMilestone" "v1.1" "transaction_milestones.json",
];

/// Our extensions, in the order in which they patch the release schema.
pub const OURS: [&str; 5] = [
    "smartTenders_codelists",
    "smartTenders_planning",
    "smartTenders_evaluation",
    "smartTenders_contracts",
    "smartTenders_proofs",
];

/// A file of our extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Below the base URL, e.g. `smartTenders_proofs/extension.json`.
    pub path: &'static str,
    /// Its text, UTF-8.
    pub text: &'static str,
}

macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        &[$(File { path: $path, text: include_str!(concat!("../extensions/", $path)) }),+]
    };
}

/// Every file of our extensions.
pub const FILES: &[File] = files![
    "smartTenders_codelists/extension.json",
    "smartTenders_codelists/README.md",
    "smartTenders_codelists/codelists/+itemClassificationScheme.csv",
    "smartTenders_codelists/codelists/+partyRole.csv",
    "smartTenders_contracts/extension.json",
    "smartTenders_contracts/README.md",
    "smartTenders_contracts/release-schema.json",
    "smartTenders_evaluation/extension.json",
    "smartTenders_evaluation/README.md",
    "smartTenders_evaluation/release-schema.json",
    "smartTenders_evaluation/codelists/ballotStatus.csv",
    "smartTenders_evaluation/codelists/companySize.csv",
    "smartTenders_evaluation/codelists/panelMemberStatus.csv",
    "smartTenders_evaluation/codelists/sealedEntryDisposition.csv",
    "smartTenders_evaluation/codelists/socialAggregation.csv",
    "smartTenders_evaluation/codelists/tieBreakMethod.csv",
    "smartTenders_evaluation/codelists/unsolventCause.csv",
    "smartTenders_planning/extension.json",
    "smartTenders_planning/README.md",
    "smartTenders_planning/release-schema.json",
    "smartTenders_proofs/extension.json",
    "smartTenders_proofs/README.md",
    "smartTenders_proofs/release-schema.json",
];

/// The `extensions` of a package whose publisher serves our extensions below `base_url`.
#[must_use]
pub fn urls(base_url: &str) -> Vec<String> {
    let base_url = base_url.trim_end_matches('/');
    let ours = OURS.iter().map(|name| format!("{base_url}/{name}/extension.json"));
    REGISTERED.iter().map(|it| it.url.to_owned()).chain(ours).collect()
}

/// The merge rules of the OCDS 1.1.5 release schema with every extension in use.
///
/// # Panics
/// Never: a test compiles the same files.
#[must_use]
pub fn merge_rules() -> &'static Rules {
    static RULES: LazyLock<Rules> =
        LazyLock::new(|| Rules::from_schema(&release_schema()).expect("the schema is a constant"));
    &RULES
}

/// The OCDS 1.1.5 release schema, patched by every extension in use.
///
/// # Panics
/// Never: a test reads the same files.
#[must_use]
pub fn release_schema() -> Value {
    let parse = |text| serde_json::from_str(text).expect("the schema is a constant");
    let mut schema = parse(include_str!("../schema/release-schema-1.1.5.json"));
    for extension in REGISTERED {
        merge_patch(&mut schema, parse(extension.schema));
    }
    for name in OURS {
        let path = format!("{name}/release-schema.json");
        if let Some(file) = FILES.iter().find(|file| file.path == path) {
            merge_patch(&mut schema, parse(file.text));
        }
    }
    schema
}

/// RFC 7396, by which an extension patches the release schema.
fn merge_patch(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, patch) in patch {
        if patch.is_null() {
            target.remove(&name);
        } else {
            merge_patch(target.entry(name).or_insert(Value::Null), patch);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use serde_json::json;

    use super::*;

    #[test]
    fn patches_add_replace_and_remove() {
        let mut target = json!({"a": {"b": 1, "c": 2}, "d": [1]});
        merge_patch(&mut target, json!({"a": {"b": null, "e": {"f": 3}}, "d": {"g": 4}}));
        assert_eq!(target, json!({"a": {"c": 2, "e": {"f": 3}}, "d": {"g": 4}}));
    }

    #[test]
    fn the_patched_schema_has_every_extension_and_compiles() {
        let schema = release_schema();
        for pointer in [
            "/properties/proof",
            "/definitions/Tender/properties/evaluation",
            "/definitions/Tender/properties/criteria",
            "/definitions/Criterion/properties/mandatory",
            "/definitions/Planning/properties/marketResearch",
            "/definitions/Bid/properties/tenderers",
            "/definitions/Bid/properties/sealedEntry",
            "/definitions/Tender/properties/bidOpening",
            "/definitions/Organization/properties/size",
            "/definitions/Contract/properties/guarantees",
            "/definitions/Contract/properties/signatories",
            "/definitions/Contract/properties/settlement",
            "/definitions/Implementation/properties/finalValue",
            "/definitions/Implementation/properties/performanceFailures",
            "/definitions/PerformanceFailure/properties/penaltyValue",
            "/definitions/Transaction/properties/relatedImplementationMilestone",
        ] {
            assert!(schema.pointer(pointer).is_some(), "{pointer}");
        }
        assert_eq!(Rules::from_schema(&schema).as_ref(), Ok(merge_rules()));
    }

    #[test]
    fn every_file_of_the_extensions_is_compiled_in() {
        fn count(folder: &Path) -> usize {
            let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("extensions");
        assert_eq!(count(&folder), FILES.len());
    }

    #[test]
    fn the_urls_of_our_extensions_name_their_version() {
        assert!(BASE_URL.ends_with(VERSION));
        let urls = urls("http://127.0.0.1:8080/ocds/extensions/v1.2.0/");
        assert_eq!(urls.len(), REGISTERED.len() + OURS.len());
        assert_eq!(
            urls[1],
            "https://raw.githubusercontent.com/open-contracting-extensions/ocds_bid_extension/v1.1.5/extension.json"
        );
        assert_eq!(
            urls[REGISTERED.len()],
            "http://127.0.0.1:8080/ocds/extensions/v1.2.0/smartTenders_codelists/extension.json"
        );
    }

    #[test]
    fn every_extension_of_ours_is_documented_at_its_version() {
        for name in OURS {
            let text = |file: &str| {
                let path = format!("{name}/{file}");
                FILES.iter().find(|it| it.path == path).map(|it| it.text).unwrap()
            };
            assert!(text("README.md").starts_with("# "), "{name}");
            let extension: Value = serde_json::from_str(text("extension.json")).unwrap();
            let documentation = format!("{BASE_URL}/{name}/README.md");
            assert_eq!(extension["documentationUrl"]["en"], json!(documentation));
            for codelist in extension["codelists"].as_array().into_iter().flatten() {
                text(&format!("codelists/{}", codelist.as_str().unwrap()));
            }
            for dependency in extension["dependencies"].as_array().into_iter().flatten() {
                assert!(REGISTERED.iter().any(|it| it.url == dependency), "{dependency}");
            }
        }
    }
}
