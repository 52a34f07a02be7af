//! The test cases of EIP-225, each as a line: who seals, and with which vote.

use verifier::chain::clique::{SealFault, recover_sealer};
use verifier::chain::snapshot::{FollowError, Snapshot};

use super::forge::{EPOCH, Forge, decode};
use crate::world::PERIOD_S;

/// Plays `blocks`: `A` seals, `A+B` votes to let B in, `A-B` to put B out.
fn play(signers: &str, epoch: u64, blocks: &str) -> (Forge, Result<Snapshot, FollowError>) {
    let mut forge = Forge::new(signers, epoch);
    let mut snapshot = Snapshot::genesis(&decode(&forge.headers[0])).unwrap();
    for block in blocks.split_whitespace() {
        let mut letters = block.chars();
        let sealer = letters.next().unwrap();
        let mut draft = forge.draft(sealer);
        if let Some(sign) = letters.next() {
            draft.miner = forge.address(letters.next().unwrap());
            draft.nonce = if sign == '+' { [0xff; 8] } else { [0; 8] };
        }
        forge.seal(sealer, &draft);
        let header = decode(forge.headers.last().unwrap());
        if let Err(error) = snapshot.append(&header, recover_sealer(&header), (PERIOD_S, epoch)) {
            return (forge, Err(error));
        }
        forge.signers = snapshot.signers();
    }
    (forge, Ok(snapshot))
}

#[test]
fn votes_make_the_signers_that_eip_225_says() {
    let cases = [
        ("A", EPOCH, "A", "A"),
        ("A", EPOCH, "A+B B A+C", "AB"),
        ("AB", EPOCH, "A+C B+C A+D B+D C A+E B+E", "ABCD"),
        ("A", EPOCH, "A-A", ""),
        ("AB", EPOCH, "A-B", "AB"),
        ("AB", EPOCH, "A-B B-B", "A"),
        ("ABC", EPOCH, "A-C B-C", "AB"),
        ("ABCD", EPOCH, "A-C B-C", "ABCD"),
        ("ABCD", EPOCH, "A-D B-D C-D", "ABC"),
        // Once per signer and subject.
        ("AB", EPOCH, "A+C B A+C B A+C", "AB"),
        ("AB", EPOCH, "A+C B A+D B A B+D A B+C", "ABCD"),
        ("AB", EPOCH, "A-B B A-B B A-B", "AB"),
        ("ABCD", EPOCH, "A-C B C A-D B C A B-D C-D A B-C", "AB"),
        // Votes of those that were put out are void.
        ("ABC", EPOCH, "C-B A-C B-C A-B", "AB"),
        ("ABC", EPOCH, "C+D A-C B-C A+D", "AB"),
        // Only who is voted on may change.
        ("ABCD", EPOCH, "A-C B C A-D B-C C A B-D C-D", "ABC"),
        ("ABCD", EPOCH, "A-C B C A-D B-C C A B-D C-D A C+C", "AB"),
        ("ABCD", EPOCH, "A-C B C A-D B-C C A B-D C-D A B+C", "ABC"),
        // Pending votes do not outlive a change of what they are about.
        ("ABCDE", EPOCH, "A+F B+F C+F D-F E-F B-F C-F D+F E+F B-A C-A D-A B+F", "BCDEF"),
        // An epoch forgets all votes.
        ("AB", 3, "A+C B A B+C", "AB"),
    ];
    for (signers, epoch, blocks, expected) in cases {
        let (forge, snapshot) = play(signers, epoch, blocks);
        let found = snapshot.unwrap_or_else(|error| panic!("{blocks}: {error}")).signers();
        assert_eq!(found, forge.addresses(expected), "{blocks}");
    }
}

#[test]
fn strangers_and_recent_signers_seal_nothing() {
    let recent = ["ABC 3 A B A A", "AB 30000 A A", "ABCDE 30000 A B A"];
    let stranger = ["A 30000 B", "AB 30000 A B C"];
    for (cases, is_recent) in [(&recent[..], true), (&stranger, false)] {
        for case in cases {
            let (signers, rest) = case.split_once(' ').unwrap();
            let (epoch, blocks) = rest.split_once(' ').unwrap();
            let (_, played) = play(signers, epoch.parse().unwrap(), blocks);
            let Err(FollowError::Seal(error)) = played else { panic!("{case}: {played:?}") };
            assert_eq!(matches!(error.fault, SealFault::Recent(_)), is_recent, "{case}: {error}");
            assert_eq!(
                matches!(error.fault, SealFault::Stranger(_)),
                !is_recent,
                "{case}: {error}"
            );
        }
    }
}

#[test]
fn pending_votes_are_told() {
    let (forge, snapshot) = play("ABCD", EPOCH, "A-C B+E C+E");
    let mut expected = vec![(forge.address('C'), 1), (forge.address('E'), 2)];
    expected.sort_unstable();
    assert_eq!(snapshot.unwrap().pending(), expected);
}
