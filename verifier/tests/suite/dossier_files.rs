//! What a dossier is as a file: everything that is not one by form is not judged at all.

use serde_json::{Value, json};
use std::io::{Cursor, Write as _};
use std::sync::LazyLock;
use verifier::dossier::{DossierError, verify_dossier};
use verifier::policy::Policy;
use zip::CompressionMethod::{Deflated, Stored};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::cases::dossiers::judged;
use crate::world::dossier::{Dossier, zip};
use crate::world::jcs;
use crate::world::story::{OCID, told};

fn start() -> Dossier {
    static START: LazyLock<Dossier> = LazyLock::new(|| told(&|_, _, _| {}, Some(0)));
    START.clone()
}

/// What is wrong with the form of these bytes.
fn fault(bytes: &[u8]) -> DossierError {
    let policy = Policy::parse(jcs(&start().policy).as_bytes()).unwrap();
    let opinion = verify_dossier(bytes, &policy);
    judged(&start().policy, bytes, &opinion);
    opinion.unwrap_err()
}

/// What is wrong with the form of a dossier with one more file.
fn fault_with(name: &str, content: &[u8]) -> DossierError {
    let mut files = start().all();
    files.push((name.to_owned(), content.to_vec()));
    files.sort();
    fault(&zip(&files, Deflated))
}

#[test]
pub fn stored_and_deflated_files_are_the_same_dossier() {
    let dossier = start();
    let policy = Policy::parse(jcs(&dossier.policy).as_bytes()).unwrap();
    for method in [Stored, Deflated] {
        let bytes = zip(&dossier.all(), method);
        let opinion = verify_dossier(&bytes, &policy);
        judged(&dossier.policy, &bytes, &opinion);
        let opinion = opinion.unwrap();
        assert_eq!(opinion.exit_code(), 0, "{opinion}");
    }
}

#[test]
pub fn a_name_that_could_leave_the_folder_is_no_name() {
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
pub fn a_bomb_is_not_unpacked_beyond_its_limit() {
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
pub fn files_that_overlap_or_come_in_front_are_no_dossier() {
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
pub fn a_file_has_one_end_record_and_no_reader_looks_for_another() {
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

#[test]
pub fn a_file_has_one_header_that_says_what_the_directory_says() {
    let bytes = zip(&start().all(), Stored);
    let end = bytes.len() - 22;
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let directory = usize::try_from(u32_at(end + 16)).unwrap();
    let name = 30 + usize::from(bytes[26]);
    // Each member of the first file's header alone, and of its record in the directory alone.
    let members = [0, 4, 6, 8, 10, 12, 14, 18, 22, 26, 28, 30, name - 1];
    for at in members.into_iter().chain([0, 6, 8, 20, 30, 32, 34, 42].map(|at| directory + at)) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(matches!(fault(&changed), DossierError::Layout), "byte {at}");
    }
    // Of both alike: encrypted, with its sizes behind it, packed in another way, with something extra.
    for (at, mask) in [(6, 1), (6, 8), (8, 12), (28, 1), (18, 1), (22, 1)] {
        let mut changed = bytes.clone();
        changed[at] ^= mask;
        changed[directory + at + 2] ^= mask;
        assert!(matches!(fault(&changed), DossierError::Layout), "byte {at} xor {mask}");
    }
    // A deflated file that is longer, or shorter, than both say.
    let packed = zip(&start().all(), Deflated);
    let end = packed.len() - 22;
    let u32_at = |at: usize| u32::from_le_bytes(packed[at..at + 4].try_into().unwrap());
    let directory = usize::try_from(u32_at(end + 16)).unwrap();
    for mask in [1, 2, 64] {
        let mut changed = packed.clone();
        changed[22] ^= mask;
        changed[directory + 24] ^= mask;
        fault(&changed);
    }
}

#[test]
pub fn nothing_lies_in_front_of_or_between_the_files() {
    let bytes = zip(&start().all(), Stored);
    let end = bytes.len() - 22;
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let directory = u32_at(end + 16);
    // Every offset is corrected, as a program would that puts itself in front.
    let inserted = |at: u32| {
        let mut shifted = bytes.clone();
        let mut shift = |place: usize| {
            let offset = u32_at(place) + if u32_at(place) >= at { 4 } else { 0 };
            shifted[place..place + 4].copy_from_slice(&offset.to_le_bytes());
        };
        let mut record = usize::try_from(directory).unwrap();
        while record < end {
            shift(record + 42);
            record += 46 + usize::from(bytes[record + 28]);
        }
        shift(end + 16);
        let at = usize::try_from(at).unwrap();
        [&shifted[..at], b"more", &shifted[at..]].concat()
    };
    let second = u32_at(usize::try_from(directory).unwrap() + 46 + usize::from(bytes[26]) + 42);
    for at in [0, second, directory] {
        assert!(matches!(fault(&inserted(at)), DossierError::Layout), "at {at}");
    }
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
pub fn damage_is_not_repaired() {
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
pub fn the_list_names_all_files_and_no_others() {
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
pub fn the_list_has_one_spelling() {
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
