//! What a dossier is as a file: everything that is not one by form is not judged at all.

use serde_json::{Value, json};
use std::io::{Cursor, Write as _};
use verifier::dossier::{DossierError, verify_dossier};
use verifier::policy::Policy;
use zip::CompressionMethod::{Deflated, Stored};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::world::dossier::{Dossier, zip};
use crate::world::jcs;
use crate::world::story::{OCID, honest, told};

fn start() -> Dossier {
    told(&|_, _, _| {}, Some(0))
}

/// What is wrong with the form of these bytes.
fn fault(bytes: &[u8]) -> DossierError {
    let policy = Policy::parse(jcs(&start().policy).as_bytes()).unwrap();
    verify_dossier(bytes, &policy).unwrap_err()
}

/// What is wrong with the form of a dossier with one more file.
fn fault_with(name: &str, content: &[u8]) -> DossierError {
    let mut files = start().all();
    files.push((name.to_owned(), content.to_vec()));
    files.sort();
    fault(&zip(&files, Deflated))
}

#[test]
fn stored_and_deflated_files_are_the_same_dossier() {
    let dossier = honest();
    let policy = Policy::parse(jcs(&dossier.policy).as_bytes()).unwrap();
    for method in [Stored, Deflated] {
        let opinion = verify_dossier(&zip(&dossier.all(), method), &policy).unwrap();
        assert_eq!(opinion.exit_code(), 0, "{opinion}");
    }
}

#[test]
fn a_name_that_could_leave_the_folder_is_no_name() {
    for name in [
        "../policy.json",
        "/etc/passwd",
        "proofs/../../x",
        "proofs/..",
        "proofs/.hidden",
        "proofs/a..b",
        "proofs/a/b",
        "proofs\\a",
        "documents/",
        "proofs/",
        "other/a",
        "README",
        "releases/á.json",
        "proofs/C:evil",
        "",
    ] {
        let fault = fault_with(name, b"x");
        assert!(matches!(&fault, DossierError::Name(found) if found == name), "{name}: {fault}");
    }
    let long = format!("proofs/{}", "a".repeat(201));
    assert!(matches!(fault_with(&long, b"x"), DossierError::Name(_)));
}

#[test]
fn a_bomb_is_not_unpacked_beyond_its_limit() {
    let zeros = vec![0; 2 * 1024 * 1024];
    for name in ["documents/aa", "proofs/999999.proof.json"] {
        let fault = fault_with(name, &zeros);
        assert!(matches!(fault, DossierError::FileTooLong { limit: 1_048_576, .. }), "{fault}");
    }
    // Many files that are each within the limit.
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(Deflated);
    for number in 0..65 {
        writer.start_file(format!("releases/{number:03}.json"), options).unwrap();
        writer.write_all(&vec![0; 4 * 1024 * 1024]).unwrap();
    }
    let bomb = writer.finish().unwrap().into_inner();
    assert!(bomb.len() < 8 * 1024 * 1024);
    assert!(matches!(fault(&bomb), DossierError::Unpacked));
    let many: Vec<_> = (0..20_001).map(|n| (format!("documents/{n:05}"), vec![])).collect();
    assert!(matches!(fault(&zip(&many, Stored)), DossierError::TooManyFiles(20_001)));
    let long = vec![0; 128 * 1024 * 1024 + 1];
    assert!(matches!(fault(&long), DossierError::TooLong(_)));
}

#[test]
fn files_that_overlap_or_come_in_front_are_no_dossier() {
    let bytes = start().bytes();
    assert!(matches!(fault(&[b"prefix", bytes.as_slice()].concat()), DossierError::Layout));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.start_file("documents/aa", options).unwrap();
    writer.write_all(b"shared").unwrap();
    writer.shallow_copy_file("documents/aa", "documents/bb").unwrap();
    let overlapping = writer.finish().unwrap().into_inner();
    assert!(matches!(fault(&overlapping), DossierError::Layout));

    // Two files of one name: the second name is written over in both places where it stands.
    let twice =
        zip(&[("documents/aa".to_owned(), vec![1]), ("documents/ab".to_owned(), vec![2])], Stored);
    assert!(matches!(fault(&replaced(&twice)), DossierError::Layout));
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.set_comment("more").unwrap();
    assert!(matches!(fault(&writer.finish().unwrap().into_inner()), DossierError::Layout));
}

#[test]
fn a_file_has_one_end_record_and_no_reader_looks_for_another() {
    let bytes = start().bytes();
    let end = &bytes[bytes.len() - 22..];
    // A record behind the one that counts, and one whose directory is somewhere else.
    assert!(matches!(fault(&[&bytes, end].concat()), DossierError::Layout));
    let mut moved = bytes.clone();
    let at = moved.len() - 6;
    moved[at] ^= 1;
    assert!(matches!(fault(&moved), DossierError::Layout));
    // More files than may be are counted before their names are read.
    let mut many = bytes.clone();
    let at = many.len() - 14;
    many[at..at + 4].copy_from_slice(&[0x21, 0x4e, 0x21, 0x4e]);
    assert!(matches!(fault(&many), DossierError::TooManyFiles(20_001)));
    // A document may be a zip file itself.
    let inside = zip(&[("documents/aa".to_owned(), bytes)], Stored);
    assert!(matches!(fault(&inside), DossierError::Missing(name) if name == "dossier.json"));
}

fn replaced(bytes: &[u8]) -> Vec<u8> {
    let (from, to) = (b"documents/ab", b"documents/aa");
    let mut bytes = bytes.to_vec();
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from)).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn damage_is_not_repaired() {
    let bytes = start().bytes();
    assert!(matches!(fault(b"no zip"), DossierError::Zip(_)));
    assert!(matches!(fault(&bytes[..bytes.len() / 2]), DossierError::Zip(_)));
    let mut files = start().all();
    files.reverse();
    assert!(matches!(fault(&zip(&files, Stored)), DossierError::Order(_)));
    let mut stored = zip(&start().all(), Stored);
    let at = stored.windows(8).position(|it| it == b"\"anchor\"").unwrap();
    stored[at] ^= 1;
    assert!(matches!(fault(&stored), DossierError::Unpack { .. }));
}

#[test]
fn the_list_names_all_files_and_no_others() {
    assert!(
        matches!(fault_with("documents/aa", b"x"), DossierError::Unlisted(name) if name == "documents/aa")
    );
    let mut dossier = start();
    dossier.files.remove("proofs/0.proof.json");
    assert!(matches!(fault(&dossier.bytes()), DossierError::Missing(_)));
    let mut files = start().all();
    files.retain(|(name, _)| name != "dossier.json");
    assert!(matches!(fault(&zip(&files, Stored)), DossierError::Missing(_)));
}

#[test]
fn the_list_has_one_spelling() {
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut dossier = start();
        edit(&mut dossier.index);
        fault(&dossier.bytes())
    };
    for name in ["v", "ocid", "size", "events", "documents", "releases"] {
        let fault = edited(&|index| index[name] = Value::Null);
        assert!(matches!(fault, DossierError::Shape(_)), "{name}: {fault}");
    }
    assert!(matches!(edited(&|index| index["more"] = 1.into()), DossierError::Shape(_)));
    assert!(matches!(
        edited(&|index| index["events"].as_array_mut().unwrap().swap(0, 1)),
        DossierError::Item(_)
    ));
    assert!(matches!(
        edited(&|index| index["events"][0]["file"] = "proofs/1.proof.json".into()),
        DossierError::Item(_)
    ));
    assert!(matches!(edited(&|index| index["size"] = "3".into()), DossierError::Item(_)));
    assert!(matches!(
        edited(&|index| index["releases"][0]["releaseId"] = "../x".into()),
        DossierError::Shape(_)
    ));
    assert!(matches!(
        edited(&|index| index["releases"][0]["proof"] = json!("proofs/x")),
        DossierError::Shape(_)
    ));
    let mut files = start().all();
    let list = files.iter_mut().find(|(name, _)| name == "dossier.json").unwrap();
    list.1.push(b'\n');
    assert!(matches!(fault(&zip(&files, Stored)), DossierError::NotCanonical));
    assert!(start().index.to_string().contains(OCID));
}
