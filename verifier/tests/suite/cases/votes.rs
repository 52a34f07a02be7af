//! The test cases of EIP-225, each as a line: who seals, and with which vote.

use serde_json::{Value, json};
use verifier::chain::clique::recover_sealer;
use verifier::chain::snapshot::Snapshot;

use crate::light::forge::{EPOCH, Forge, decode};
use crate::world::chain::hex;
use crate::world::{PERIOD_S, b64u};

/// Signers, epoch, blocks, and the signers in the end: `A` seals, `A+B` votes to let B in, `A-B`
/// to put B out.
const VOTES: [(&str, u64, &str, &str); 20] = [
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

/// The last block of each is sealed by who sealed just before, or by no signer.
const FAULTS: [(&str, u64, &str, &str); 6] = [
    ("ABC", 3, "A B A A", "recent"),
    ("AB", EPOCH, "A A", "recent"),
    ("ABCDE", EPOCH, "A B A", "recent"),
    ("A", EPOCH, "B", "stranger"),
    ("AB", EPOCH, "A B C", "stranger"),
    // Put out in the block before, and no signer from then on.
    ("ABC", EPOCH, "A-C B-C C", "stranger"),
];

/// Accounts by letter, and how many wish a change of each.
type Wishes = &'static [(char, usize)];

/// Wishes that have not been carried, with how many have each.
const PENDING: [(&str, u64, &str, Wishes); 4] = [
    ("ABCD", EPOCH, "A-C B+E C+E", &[('C', 1), ('E', 2)]),
    // A wish for what is already so takes the one before back.
    ("ABC", EPOCH, "A-C B A+C", &[]),
    ("ABC", EPOCH, "A+D B A-D", &[]),
    ("ABC", 3, "A+D B+E C", &[]),
];

/// Plays `blocks`; the last one may be one that may not follow.
fn play(signers: &str, epoch: u64, blocks: &str) -> Forge {
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
        // Only whose turn the next block is depends on what the verifier says.
        if snapshot.append(&header, recover_sealer(&header), (PERIOD_S, epoch)).is_ok() {
            forge.signers = snapshot.signers();
        }
    }
    forge
}

fn vector((signers, epoch, blocks): (&str, u64, &str), forge: &Forge, ending: Value) -> Value {
    let headers: Vec<_> = forge.headers.iter().map(|header| b64u(header)).collect();
    let mut vector = ending;
    vector["name"] = format!("{signers}, epoch {epoch}: {blocks}").into();
    vector["epoch"] = epoch.to_string().into();
    vector["period"] = PERIOD_S.to_string().into();
    vector["headers"] = headers.into();
    vector
}

/// The vectors: signers after the last block, pending votes where they are told, or the fault.
pub fn all() -> Value {
    let mut vectors = Vec::new();
    for (signers, epoch, blocks, after) in VOTES {
        let forge = play(signers, epoch, blocks);
        let after: Vec<_> = forge.addresses(after).iter().map(|address| hex(address)).collect();
        let ending = json!({"signers": after, "pending": null, "fault": null});
        vectors.push(vector((signers, epoch, blocks), &forge, ending));
    }
    for (signers, epoch, blocks, fault) in FAULTS {
        let ending = json!({"signers": null, "pending": null, "fault": fault});
        vectors.push(vector((signers, epoch, blocks), &play(signers, epoch, blocks), ending));
    }
    for (signers, epoch, blocks, pending) in PENDING {
        let forge = play(signers, epoch, blocks);
        let mut pending: Vec<_> =
            pending.iter().map(|(name, votes)| (hex(&forge.address(*name)), *votes)).collect();
        pending.sort_unstable();
        let ending = json!({"signers": null, "pending": pending, "fault": null});
        vectors.push(vector((signers, epoch, blocks), &forge, ending));
    }
    vectors.into()
}
