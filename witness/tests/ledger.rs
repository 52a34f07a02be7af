//! What is cosigned and what is not, and what a crash leaves.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::sync::Barrier;

use support::{Log, NOW, ORIGIN, Place};
use verifier::note::{NoteError, NoteKey, verify_checkpoint};
use witness::{AddCheckpoint, KeyFileError, Ledger, LedgerError, Refusal, WitnessKey, key_file};

/// The note with the cosignature, as an auditor with a quorum of one checks it.
fn counted(ledger: &Ledger, log: &Log, size: u64, line: &str) -> Result<usize, NoteError> {
    let note = format!("{}{line}", log.note(size));
    let witnesses = std::slice::from_ref(ledger.key().verifier());
    verify_checkpoint(&note, &log.verifier(), witnesses, 1).map(|checkpoint| checkpoint.witnesses)
}

fn latest(ledger: &Ledger) -> Option<u64> {
    ledger.latest(ORIGIN).unwrap().map(|(checkpoint, _)| checkpoint.size)
}

#[test]
fn every_extension_is_cosigned_and_counts_towards_an_auditors_quorum() {
    let (place, log) = (Place::new(), Log::new("a", 40));
    let ledger = place.open();
    let mut old = 0;
    for size in [1, 2, 3, 8, 9, 15, 16, 17, 33, 40] {
        let cosigned = ledger.add(&log.request(old, size), NOW).unwrap();
        assert_eq!((cosigned.size, cosigned.origin.as_str()), (size, ORIGIN));
        assert_eq!(counted(&ledger, &log, size, &cosigned.line), Ok(1));
        old = size;
    }
    assert_eq!(latest(&ledger), Some(40));
    assert!(place.evidence().is_empty());
}

#[test]
fn the_same_request_after_a_lost_answer_gets_a_cosignature_again() {
    let (place, log) = (Place::new(), Log::new("a", 9));
    let ledger = place.open();
    ledger.add(&log.request(0, 5), NOW).unwrap();
    ledger.add(&log.request(5, 9), NOW).unwrap();
    drop(ledger);
    let ledger = place.open();
    let again = ledger.add(&log.request(5, 9), NOW);
    assert!(matches!(again, Err(Refusal::OtherSize { latest: 9 })), "{again:?}");
    let cosigned = ledger.add(&log.request(9, 9), NOW).unwrap();
    assert_eq!(counted(&ledger, &log, 9, &cosigned.line), Ok(1));
}

#[test]
fn two_checkpoints_of_one_size_leave_evidence_that_convicts_the_log() {
    let (place, log) = (Place::new(), Log::new("a", 9));
    let other = log.rewritten(4, 9);
    let ledger = place.open();
    ledger.add(&log.request(0, 9), NOW).unwrap();
    // Whatever old size the second one comes with.
    for old in [9, 0, 3] {
        let request = AddCheckpoint { old_size: old, proof: vec![], note: other.note(9) };
        let refused = ledger.add(&request, NOW + old);
        assert!(matches!(refused, Err(Refusal::SplitView { size: 9, latest: 9 })), "{refused:?}");
    }
    let [file] = &place.evidence()[..] else { panic!("{:?}", place.evidence()) };
    let bytes = std::fs::read(file).unwrap();
    let evidence = witness::Evidence::parse(&bytes).unwrap();
    assert_eq!(evidence.seen, NOW + 9, "the first one is kept");
    let judgement = evidence.judge(&log.verifier());
    assert_eq!(judgement.exit_code(), 1, "{judgement}");
    let ours = log.note(9);
    assert_eq!(evidence.cosigned, ours);
    assert_eq!(latest(&ledger), Some(9));
    assert_eq!(
        ledger.latest(ORIGIN).unwrap().unwrap().1.split("\n\n").next(),
        ours.split("\n\n").next()
    );
}

#[test]
fn a_log_that_comes_back_to_an_old_size_is_convicted_by_what_it_signed_then() {
    let (place, log) = (Place::new(), Log::new("a", 40));
    let ledger = place.open();
    let mut old = 0;
    for size in [3, 7, 8, 20, 31, 40] {
        ledger.add(&log.request(old, size), NOW).unwrap();
        old = size;
    }
    // Nor does it help to ask in a way that is refused for another reason.
    let other = log.rewritten(2, 7);
    let request = AddCheckpoint { old_size: 40, ..other.request(0, 7) };
    assert!(matches!(ledger.add(&request, NOW), Err(Refusal::OldBeyondNew { old: 40, size: 7 })));
    assert_eq!(place.evidence().len(), 1);
    std::fs::remove_file(&place.evidence()[0]).unwrap();
    // The tail was cut off and others were appended: A4, and A8 with every size signed anew.
    for (found, size) in [3, 7, 8, 20, 31].into_iter().enumerate() {
        let other = log.rewritten(2, size);
        let refused = ledger.add(&other.request(0, size), NOW);
        assert!(matches!(refused, Err(Refusal::SplitView { latest: 40, .. })), "{refused:?}");
        assert_eq!(place.evidence().len(), found + 1);
    }
    for file in place.evidence() {
        let evidence = witness::Evidence::parse(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!(evidence.judge(&log.verifier()).exit_code(), 1);
    }
    // Old checkpoints of the log itself are no contradiction, and are not cosigned again.
    for size in [3, 5, 31] {
        let replayed = ledger.add(&log.request(0, size), NOW);
        assert!(matches!(replayed, Err(Refusal::OtherSize { latest: 40 })), "{replayed:?}");
    }
    assert_eq!((latest(&ledger), place.evidence().len()), (Some(40), 5));
}

#[test]
fn a_rewritten_log_is_not_cosigned_and_an_auditor_with_a_quorum_refuses_it() {
    let (place, log) = (Place::new(), Log::new("a", 9));
    let ledger = place.open();
    ledger.add(&log.request(0, 9), NOW).unwrap();
    // Whoever stole the checkpoint key signs a tree of 12 that does not extend the 9.
    let stolen = log.rewritten(4, 12);
    let refused = ledger.add(&stolen.request(9, 12), NOW);
    assert!(matches!(refused, Err(Refusal::NotExtended(_))), "{refused:?}");
    assert_eq!(latest(&ledger), Some(9));
    let nobody = counted(&ledger, &stolen, 12, "");
    assert_eq!(nobody, Err(NoteError::TooFewWitnesses { found: 0, wanted: 1 }));
    let [file] = &place.evidence()[..] else { panic!("{:?}", place.evidence()) };
    let evidence = witness::Evidence::parse(&std::fs::read(file).unwrap()).unwrap();
    let judgement = evidence.judge(&log.verifier());
    assert_eq!(judgement.exit_code(), 3, "a wrong proof alone convicts nobody: {judgement}");
    // The log itself goes on.
    assert!(ledger.add(&Log::new("a", 12).request(9, 12), NOW).is_ok());
}

#[test]
fn wrong_proofs_by_strangers_do_not_fill_the_disk() {
    let (place, log) = (Place::new(), Log::new("a", 140));
    let ledger = place.open();
    ledger.add(&log.request(0, 9), NOW).unwrap();
    for size in 10..140 {
        let request = AddCheckpoint { proof: vec![[7; 32]], ..log.request(9, size) };
        assert!(matches!(ledger.add(&request, NOW), Err(Refusal::NotExtended(_))));
    }
    assert_eq!(place.evidence().len(), 100);
    // Two roots are kept all the same.
    let other = log.rewritten(4, 9);
    assert!(matches!(ledger.add(&other.request(9, 9), NOW), Err(Refusal::SplitView { .. })));
    assert_eq!(place.evidence().len(), 101);
}

#[test]
fn a_replayed_request_never_sets_the_witness_back() {
    let (place, log) = (Place::new(), Log::new("a", 20));
    let ledger = place.open();
    let first = log.request(0, 5);
    let second = log.request(5, 8);
    ledger.add(&first, NOW).unwrap();
    ledger.add(&second, NOW).unwrap();
    ledger.add(&log.request(8, 20), NOW).unwrap();
    for replayed in [first, second] {
        let refused = ledger.add(&replayed, NOW);
        assert!(matches!(refused, Err(Refusal::OtherSize { latest: 20 })), "{refused:?}");
    }
    assert_eq!(latest(&ledger), Some(20));
}

#[test]
fn of_two_histories_at_once_one_is_cosigned() {
    for round in 0..20 {
        let (place, log) = (Place::new(), Log::new("a", 30));
        let ledger = place.open();
        ledger.add(&log.request(0, 5), NOW).unwrap();
        let others: Vec<Log> = (0..4).map(|n| log.rewritten(5, 10 + n + round)).collect();
        let start = Barrier::new(others.len());
        let cosigned = std::thread::scope(|scope| {
            let add = |other: &Log| {
                let request = other.request(5, other.leaves.len() as u64);
                start.wait();
                ledger.add(&request, NOW).is_ok()
            };
            let threads: Vec<_> =
                others.iter().map(|other| scope.spawn(move || add(other))).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).filter(|ok| *ok).count()
        });
        assert_eq!(cosigned, 1, "each of them extends 5, and only one can extend what was signed");
    }
}

#[test]
fn checkpoints_of_nobody_known_are_refused_and_named() {
    let (place, log) = (Place::new(), Log::new("a", 9));
    let ledger = place.open();
    let mut unknown = Log::new("a", 9);
    unknown.origin = "another.example/log".into();
    let refused = ledger.add(&unknown.request(0, 9), NOW);
    assert!(matches!(refused, Err(Refusal::UnknownOrigin { origin }) if origin == unknown.origin));

    let mut forger = Log::new("a", 9);
    forger.key = ed25519_dalek::SigningKey::from_bytes(&[4; 32]);
    assert!(matches!(ledger.add(&forger.request(0, 9), NOW), Err(Refusal::NotSigned)));
    // The right signature under another text.
    let note = log.note(9).replace("\n9\n", "\n8\n");
    let request = AddCheckpoint { note, ..log.request(0, 9) };
    assert!(matches!(ledger.add(&request, NOW), Err(Refusal::NotSigned)));

    for wrong in ["", "x", "a\n1\n\n", &log.sign(&format!("{ORIGIN}\n9\nAAAA\n")), &log.sign("a\n")]
    {
        let request = AddCheckpoint { note: wrong.to_owned(), ..log.request(0, 9) };
        let refused = ledger.add(&request, NOW);
        assert!(matches!(refused, Err(Refusal::NotACheckpoint)), "{wrong:?}: {refused:?}");
    }
    let root = verifier::encoding::base64_standard(&support::root(&log.leaves));
    let extended = log.sign(&format!("{ORIGIN}\n9\n{root}\nextension\n"));
    let request = AddCheckpoint { note: extended, ..log.request(0, 9) };
    assert!(matches!(ledger.add(&request, NOW), Err(Refusal::NotACheckpoint)));
    assert_eq!(latest(&ledger), None);
}

#[test]
fn lines_by_other_keys_are_not_looked_at() {
    let (place, log) = (Place::new(), Log::new("a", 9));
    let ledger = place.open();
    let mut stranger = Log::new("a", 9);
    stranger.key = ed25519_dalek::SigningKey::from_bytes(&[4; 32]);
    let line = stranger.note(9).rsplit_once("\n\n").unwrap().1.to_owned();
    let request = AddCheckpoint { note: format!("{}{line}", log.note(9)), ..log.request(0, 9) };
    assert!(ledger.add(&request, NOW).is_ok());
    let (_, kept) = ledger.latest(ORIGIN).unwrap().unwrap();
    assert!(!kept.contains(line.trim_end()), "{kept}");
}

#[test]
fn a_cosignature_of_one_log_is_none_of_another() {
    let place = Place::new();
    let (one, mut other) = (Log::new("a", 9), Log::new("b", 9));
    other.origin = "another.example/log".into();
    other.key = ed25519_dalek::SigningKey::from_bytes(&[4; 32]);
    let ledger = Ledger::open(&place.0, vec![one.verifier(), other.verifier()]).unwrap();
    let line = ledger.add(&one.request(0, 9), NOW).unwrap().line;
    assert_eq!(counted(&ledger, &one, 9, &line), Ok(1));
    let name = "witness.example/w1".to_owned();
    assert_eq!(counted(&ledger, &other, 9, &line), Err(NoteError::BadSignature { name }));
    // Nor does one log's key sign for the other.
    let text = one
        .note(9)
        .split_inclusive("\n\n")
        .next()
        .unwrap()
        .trim_end()
        .replace(ORIGIN, &other.origin);
    let request = AddCheckpoint { note: one.sign(&format!("{text}\n")), ..one.request(0, 9) };
    assert!(matches!(ledger.add(&request, NOW), Err(Refusal::NotSigned)));
    // Each has its own line of checkpoints.
    assert!(ledger.add(&other.request(0, 5), NOW).is_ok());
}

#[test]
fn the_empty_log_has_one_root() {
    let (place, log) = (Place::new(), Log::new("a", 3));
    let ledger = place.open();
    let root = verifier::encoding::base64_standard(&[9; 32]);
    let wrong = log.sign(&format!("{ORIGIN}\n0\n{root}\n"));
    let request = AddCheckpoint { note: wrong, ..log.request(0, 0) };
    assert!(matches!(ledger.add(&request, NOW), Err(Refusal::NotExtended(_))));
    assert!(ledger.add(&log.request(0, 0), NOW).is_ok());
    assert!(ledger.add(&log.request(0, 3), NOW).is_ok());
}

#[test]
fn a_clock_that_is_set_back_a_little_takes_no_time_back() {
    let (place, log) = (Place::new(), Log::new("a", 9));
    let time = |ledger: &Ledger| {
        let note = ledger.latest(ORIGIN).unwrap().unwrap().1;
        let line = note.lines().last().unwrap().rsplit_once(' ').unwrap().1.to_owned();
        let bytes = verifier::encoding::unbase64_standard(&line).unwrap();
        u64::from_be_bytes(*bytes[4..].first_chunk().unwrap())
    };
    let ledger = place.open();
    ledger.add(&log.request(0, 3), NOW).unwrap();
    assert_eq!(time(&ledger), NOW);
    drop(ledger);
    let ledger = place.open();
    ledger.add(&log.request(3, 5), NOW - 200).unwrap();
    assert_eq!(time(&ledger), NOW);
    ledger.add(&log.request(5, 7), NOW + 7).unwrap();
    assert_eq!(time(&ledger), NOW + 7);
    // The clock was wrong before: logs take no time of the future, so this one is not kept for years.
    ledger.add(&log.request(7, 9), NOW - 1000).unwrap();
    assert_eq!(time(&ledger), NOW - 1000);
}

#[test]
fn what_a_crash_leaves_is_mended() {
    let (place, log) = (Place::new(), Log::new("a", 40));
    let state = place.state();
    {
        let ledger = place.open();
        ledger.add(&log.request(0, 3), NOW).unwrap();
        ledger.add(&log.request(3, 9), NOW).unwrap();
    }
    // A crash while the new checkpoint was written beside the old one.
    std::fs::write(state.join("checkpoint.new"), &log.note(12)[..30]).unwrap();
    let ledger = place.open();
    assert_eq!(latest(&ledger), Some(9));
    drop(ledger);
    // A crash before the history had it, and one in the middle of a record; or the disk gave nothing but zeroes.
    let history = std::fs::read(state.join("history")).unwrap();
    let record = history.len() / 2;
    let torn = [
        &history[..record + 50],
        &[&history[..record], &[0; 108]].concat()[..],
        &history[..record],
    ];
    let mut old = 9;
    for (torn, size) in torn.into_iter().zip([12, 20, 31]) {
        std::fs::write(state.join("history"), torn).unwrap();
        let ledger = place.open();
        ledger.add(&log.request(old, size), NOW).unwrap();
        for known in [3, old] {
            let other = log.rewritten(1, known);
            let refused = ledger.add(&other.request(0, known), NOW);
            assert!(matches!(refused, Err(Refusal::SplitView { .. })), "{known}: {refused:?}");
        }
        old = size;
    }
}

#[test]
fn a_damaged_or_foreign_state_is_not_worked_with() {
    let (place, log) = (Place::new(), Log::new("a", 9));
    let file = place.state().join("checkpoint");
    place.open().add(&log.request(0, 9), NOW).unwrap();
    let kept = std::fs::read_to_string(&file).unwrap();
    let other = Log::new("b", 9);
    for wrong in
        ["", &kept[..kept.len() - 9], &log.note(9), &kept.replace("\n9\n", "\n8\n"), &other.note(9)]
    {
        std::fs::write(&file, wrong).unwrap();
        let opened = Ledger::open(&place.0, vec![log.verifier()]);
        assert!(matches!(opened, Err(LedgerError::Storage(_))), "{wrong:?}");
    }
    // A line of this witness's key that it never made.
    let place_of_digit = kept.len() - 20;
    let other = if kept.as_bytes()[place_of_digit] == b'A' { "B" } else { "A" };
    let mut forged = kept.clone();
    forged.replace_range(place_of_digit..=place_of_digit, other);
    std::fs::write(&file, forged).unwrap();
    let opened = Ledger::open(&place.0, vec![log.verifier()]);
    assert!(matches!(opened, Err(LedgerError::Storage(_))));
    // Damaged while it runs: nothing is signed on top of it.
    std::fs::write(&file, &kept).unwrap();
    let ledger = place.open();
    std::fs::write(&file, "").unwrap();
    let refused = ledger.add(&log.request(9, 9), NOW);
    assert!(matches!(refused, Err(Refusal::Storage(_))), "{refused:?}");
}

#[test]
fn what_cannot_be_remembered_is_not_signed() {
    let (place, log) = (Place::new(), Log::new("a", 12));
    let ledger = place.open();
    ledger.add(&log.request(0, 9), NOW).unwrap();
    // The name that is written beside the old one is taken by a folder.
    std::fs::create_dir(place.state().join("checkpoint.new")).unwrap();
    let refused = ledger.add(&log.request(9, 12), NOW);
    assert!(matches!(refused, Err(Refusal::Storage(_))), "{refused:?}");
    assert_eq!(latest(&ledger), Some(9));
    std::fs::remove_dir(place.state().join("checkpoint.new")).unwrap();
    assert!(ledger.add(&log.request(9, 12), NOW).is_ok());
}

#[test]
fn two_witnesses_do_not_work_in_one_folder() {
    let (place, log) = (Place::new(), Log::new("a", 1));
    let first = place.open();
    let second = Ledger::open(&place.0, vec![log.verifier()]);
    assert!(matches!(second, Err(LedgerError::Locked { .. })), "{second:?}");
    drop(first);
    place.open();
}

#[test]
fn a_key_is_made_once_and_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let file = key_file(&place.0);
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read(&file).unwrap();
    let again = WitnessKey::create(&file, "witness.example/w1");
    assert!(matches!(again, Err(KeyFileError::Exists { .. })));
    assert_eq!(std::fs::read(&file).unwrap(), before);

    let key = WitnessKey::read(&file).unwrap();
    assert_eq!(NoteKey::parse(key.verifier_text()).as_ref(), Ok(key.verifier()));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(WitnessKey::read(&file), Err(KeyFileError::Open { .. })));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    for wrong in
        ["", "PRIVATE+KEY+w+00000000+BAAA", &String::from_utf8(before).unwrap().replace("w1", "w2")]
    {
        std::fs::write(&file, wrong).unwrap();
        assert!(matches!(WitnessKey::read(&file), Err(KeyFileError::Form { .. })), "{wrong}");
    }
}

#[test]
fn logs_share_no_key() {
    let (place, log) = (Place::new(), Log::new("a", 1));
    let mut other = Log::new("a", 1);
    other.origin = "another.example/log".into();
    let shared = Ledger::open(&place.0, vec![log.verifier(), other.verifier()]);
    assert!(matches!(shared, Err(LedgerError::SharedKey { .. })), "{shared:?}");
    assert!(matches!(Ledger::open(&place.0, vec![]), Err(LedgerError::NoLog)));
}
