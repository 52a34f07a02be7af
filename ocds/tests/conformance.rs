//! Every merge fixture of the standard's reference implementation.
//!
//! `ocds/fetch-merge-fixtures.sh FOLDER` fetches them; `OCDS_MERGE_FIXTURES=FOLDER` names them to this test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use ocds::merge::{MergeError, Rules, compiled_release, versioned_release};
use serde_json::Value;

/// The folders of the fixtures and the release schema each is merged by.
const SUITES: [(&str, &str); 3] = [
    ("1.0", "release-schema-1__0__3.json"),
    ("1.1", "release-schema-1__1__4.json"),
    ("schema", "schema.json"),
];

type Merge = fn(&Rules, &[Value]) -> Result<Value, MergeError>;

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Every expected result with the releases it comes from.
fn cases(folder: &Path, kind: &str) -> Vec<(PathBuf, PathBuf)> {
    let suffix = format!("-{kind}.json");
    let expected = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    expected
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(&suffix)?.to_owned();
            Some((folder.join(format!("{name}.json")), path))
        })
        .collect()
}

#[test]
fn every_reference_fixture_merges_as_expected() {
    let Some(folder) = std::env::var_os("OCDS_MERGE_FIXTURES").filter(|it| !it.is_empty()) else {
        println!("skipped: OCDS_MERGE_FIXTURES names no folder (ocds/fetch-merge-fixtures.sh)");
        return;
    };
    let folder = PathBuf::from(folder);
    let kinds: [(&str, Merge); 2] =
        [("compiled", compiled_release), ("versioned", versioned_release)];
    let mut passed = 0;
    for (suite, schema) in SUITES {
        let rules = Rules::from_schema(&read(&folder.join(schema))).unwrap();
        for (kind, merge) in kinds {
            for (given, expected) in cases(&folder.join(suite), kind) {
                let releases: Vec<Value> = serde_json::from_value(read(&given)).unwrap();
                let merged = merge(&rules, &releases).unwrap();
                assert_eq!(merged, read(&expected), "{}", expected.display());
                passed += 1;
            }
        }
    }
    println!("{passed} fixtures merge as expected");
    assert_eq!(passed, 50, "fixtures are missing");
}
