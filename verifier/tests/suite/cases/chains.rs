//! Chains as a node may show them, one branch after the other, and what becomes of each (§13).

use alloy_primitives::keccak256;
use serde_json::{Value, json};
use verifier::chain::Address;
use verifier::light::UNSETTLED_BLOCKS;

use super::HONEST;
use crate::light::forge::Forge;
use crate::world::chain::{Draft, LAST_BLOCK, hex};
use crate::world::{EPOCH, PERIOD_S, World, b64u};

/// A chain as it is followed: what the policy says of it, and what the node showed.
struct Case {
    name: String,
    chain_id: u64,
    epoch: u64,
    genesis: Vec<u8>,
    /// From which block on the policy knows which signers.
    signers: Vec<(u64, Vec<Address>)>,
    steps: Vec<Value>,
    /// The chain that is followed so far.
    headers: Vec<Vec<u8>>,
}

/// What a branch that took the place of another says: the last common block, how many blocks
/// were replaced, and whether confirmed ones were among them.
type Replaced = Option<(u64, u64, bool)>;

impl Case {
    fn new(name: impl Into<String>, forge: &Forge) -> Self {
        Self {
            name: name.into(),
            chain_id: 1337,
            epoch: forge.epoch,
            genesis: forge.headers[0].clone(),
            signers: vec![(0, forge.signers.clone())],
            steps: Vec::new(),
            headers: vec![forge.headers[0].clone()],
        }
    }

    fn knowing(mut self, signers: Vec<(u64, Vec<Address>)>) -> Self {
        self.signers = signers;
        self
    }

    /// The node shows the chain of `forge`, which leaves the one followed after block `from`.
    fn shows(mut self, from: u64, forge: &Forge, ending: &str) -> Self {
        self.show(from, forge, ending, None);
        self
    }

    fn show(&mut self, from: u64, forge: &Forge, ending: &str, replaced: Replaced) {
        let first = usize::try_from(from).unwrap() + 1;
        let branch: Vec<_> = forge.headers[first..].iter().map(|header| b64u(header)).collect();
        let (verdict, check) = match ending {
            "followed" | "behind" => (ending, None),
            check => ("refused", Some(check)),
        };
        if verdict == "followed" {
            self.headers.clone_from(&forge.headers);
        }
        self.steps.push(json!({
            "from": from.to_string(), "headers": branch, "verdict": verdict, "check": check,
            "block": (self.headers.len() - 1).to_string(),
            "hash": hex(keccak256(self.headers.last().unwrap()).as_slice()),
            "replaced": replaced.map(|(ancestor, replaced, confirmed)| {
                json!({"ancestor": ancestor.to_string(), "replaced": replaced.to_string(),
                    "confirmed": confirmed})
            }),
        }));
    }

    fn vector(self) -> Value {
        let ends = self.signers.iter().skip(1).map(|(from, _)| Some(*from)).chain([None]);
        let ranges = self.signers.iter().zip(ends).map(|((from, signers), to)| {
            let signers: Vec<_> = signers
                .iter()
                .map(|signer| json!({"address": hex(signer), "organisation": hex(&signer[..2])}))
                .collect();
            json!({"fromBlock": from.to_string(), "toBlock": to.map(|to| to.to_string()),
                "signers": signers})
        });
        json!({
            "name": self.name,
            "chain": {
                "consensus": "clique", "chainId": self.chain_id.to_string(), "genesisHeader": hex(&self.genesis),
                "period": PERIOD_S.to_string(), "epoch": self.epoch.to_string(),
                "signers": ranges.collect::<Vec<_>>(),
            },
            "steps": self.steps,
        })
    }
}

fn grown(signers: &str, epoch: u64, last: u64) -> Forge {
    let mut forge = Forge::new(signers, epoch);
    forge.grow(last);
    forge
}

/// A chain of three signers whose fourth block is changed and sealed again, and goes on after it.
fn fourth(name: &str, epoch: u64, ending: &str, change: impl FnOnce(&mut Draft)) -> Case {
    let mut forge = grown("ABC", epoch, 3);
    let sealer = forge.next();
    let mut draft = forge.draft(sealer);
    change(&mut draft);
    forge.seal(sealer, &draft);
    Case::new(name, &forge).shows(0, &forge, ending)
}

/// The vectors.
pub fn all() -> Value {
    let mut cases = honest();
    links(&mut cases);
    gas(&mut cases);
    base_fees(&mut cases);
    seals(&mut cases);
    turns(&mut cases);
    policies(&mut cases);
    branches(&mut cases);
    cases.push(settled());
    cases.push(of_the_bundles("the chain of the bundles", &HONEST));
    let rewritten = HONEST.rewritten(1, |envelope| envelope["data"]["rewritten"] = "yes".into());
    cases.push(of_the_bundles("the chain of the bundles, rewritten by its signers", &rewritten));
    cases.into_iter().map(Case::vector).collect()
}

fn honest() -> Vec<Case> {
    let mut cases = Vec::new();
    for signers in ["A", "AB", "ABC", "ABCDE"] {
        let forge = grown(signers, 4, 9);
        cases.push(
            Case::new(format!("honest, signers {signers}"), &forge).shows(0, &forge, "followed"),
        );
    }
    let mut forge = grown("ABC", 30_000, 5);
    let case = Case::new("honest, followed on", &forge).shows(0, &forge, "followed");
    forge.grow(8);
    cases.push(case.shows(5, &forge, "followed").shows(8, &forge, "followed"));
    cases
}

fn links(cases: &mut Vec<Case>) {
    cases.push(fourth("another parent", 9, "headers", |draft| draft.parent = [7; 32]));
    cases.push(fourth("a number left out", 9, "headers", |draft| draft.number = 5));
    cases.push(fourth("a number twice", 9, "headers", |draft| draft.number = 3));
    cases.push(fourth("too soon", 9, "headers", |draft| draft.time -= 1));
    cases.push(fourth("much later", 9, "followed", |draft| draft.time += 1_000));
    for (name, edit) in [
        ("two headers swapped", (|headers| headers.swap(3, 4)) as fn(&mut Vec<Vec<u8>>)),
        ("a header left out", |headers| drop(headers.remove(4))),
        ("a header twice", |headers| headers.insert(4, headers[4].clone())),
        ("the genesis header again", |headers| headers.insert(1, headers[0].clone())),
        ("a header with a byte after it", |headers| headers[4].push(0)),
        ("no header at all", |headers| headers[4] = vec![0xc0]),
    ] {
        let mut forge = grown("ABC", 9, 6);
        edit(&mut forge.headers);
        cases.push(Case::new(name, &forge).shows(0, &forge, "headers"));
    }
}

fn gas(cases: &mut Vec<Case>) {
    let step = 4_700_000 / 1_024;
    let mut limit = |name: &str, ending: &str, limit: u64| {
        cases.push(fourth(name, 9, ending, |draft| draft.gas_limit = limit));
    };
    limit("gas limit up by nearly a 1,024th", "followed", 4_700_000 + step - 1);
    limit("gas limit up by a 1,024th", "headers", 4_700_000 + step);
    limit("gas limit down by nearly a 1,024th", "followed", 4_700_000 - step + 1);
    limit("gas limit down by a 1,024th", "headers", 4_700_000 - step);
    let used = |draft: &mut Draft, beyond| draft.gas_used = draft.gas_limit + beyond;
    cases.push(fourth("all gas used", 9, "followed", |draft| used(draft, 0)));
    cases.push(fourth("more gas used than there is", 9, "headers", |draft| used(draft, 1)));
    for (name, limit, ending) in [
        ("the least gas limit", 5_000, "followed"),
        ("less than the least gas limit", 4_999, "headers"),
    ] {
        let mut forge = with_genesis(|genesis| genesis.gas_limit = 5_002);
        append(&mut forge, |draft| draft.gas_limit = limit);
        cases.push(Case::new(name, &forge).shows(0, &forge, ending));
    }
}

/// The genesis block of one signer, changed.
fn with_genesis(change: impl FnOnce(&mut Draft)) -> Forge {
    let mut forge = Forge::new("A", 30_000);
    let mut genesis = Draft::new(0, [0; 32], [9; 32]);
    genesis.listed = vec![forge.address('A')];
    genesis.difficulty = 1;
    change(&mut genesis);
    forge.headers[0] = genesis.with_seal(&[0; 65]);
    forge
}

/// The next block of one signer, changed.
fn append(forge: &mut Forge, change: impl FnOnce(&mut Draft)) {
    let mut draft = forge.draft('A');
    change(&mut draft);
    forge.seal('A', &draft);
}

fn base_fees(cases: &mut Vec<Case>) {
    const GWEI: u64 = 1_000_000_000;
    // Gas used and base fee of a block, and the base fee that EIP-1559 makes of them: the block's
    // target is 2,350,000.
    for (name, used, fee, next) in [
        ("nothing used", 0, GWEI, 875_000_000),
        ("a little used", 1, GWEI, 875_000_054),
        ("the target used", 2_350_000, GWEI, GWEI),
        ("one more than the target used", 2_350_001, GWEI, GWEI + 53),
        ("one less than the target used", 2_349_999, GWEI, GWEI - 53),
        ("everything used", 4_700_000, GWEI, 1_125_000_000),
        ("nearly everything used", 4_699_999, GWEI, 1_124_999_946),
        ("a fee that moves by nothing and rises all the same", 2_350_001, 7, 8),
        ("a fee that moves by nothing and does not fall", 0, 7, 7),
    ] {
        for (said, ending) in [(next, "followed"), (next + 1, "headers"), (next - 1, "headers")] {
            let mut forge = with_genesis(|genesis| {
                (genesis.gas_used, genesis.base_fee) = (used, fee);
            });
            append(&mut forge, |draft| draft.base_fee = said);
            let name = format!("base fee {said} after {fee}, {name}");
            cases.push(Case::new(name, &forge).shows(0, &forge, ending));
        }
    }
    for (name, genesis, first, second, ending) in [
        ("no base fee", true, true, true, "followed"),
        ("a base fee where there was none", true, true, false, "headers"),
        ("no base fee where there was one", false, false, true, "headers"),
    ] {
        let mut forge = with_genesis(|draft| draft.before_london = genesis);
        append(&mut forge, |draft| draft.before_london = first);
        append(&mut forge, |draft| draft.before_london = second);
        cases.push(Case::new(name, &forge).shows(0, &forge, ending));
    }
    // 32 bytes are no fee, and a header without fees has no sixteenth field.
    let mut forge = with_genesis(|draft| draft.before_london = true);
    append(&mut forge, |draft| (draft.before_london, draft.withdrawals) = (true, true));
    let name = "something else where a base fee would be";
    cases.push(Case::new(name, &forge).shows(0, &forge, "headers"));
}

fn seals(cases: &mut Vec<Case>) {
    let mut wrong = |name: &str, epoch: u64, change: fn(&mut Draft)| {
        cases.push(fourth(name, epoch, "seals", change));
    };
    wrong("difficulty 0", 9, |draft| draft.difficulty = 0);
    wrong("difficulty 1 in turn", 9, |draft| draft.difficulty = 1);
    wrong("difficulty 3", 9, |draft| draft.difficulty = 3);
    wrong("a nonce of neither kind", 9, |draft| draft.nonce = [1; 8]);
    wrong("a mix digest", 9, |draft| draft.mix = [1; 32]);
    wrong("uncles", 9, |draft| draft.uncles = [1; 32]);
    wrong("17 fields", 9, |draft| draft.withdrawals = true);
    wrong("signers listed between epochs", 9, |draft| draft.listed = vec![[1; 20]]);
    wrong("no signers listed at an epoch", 4, |draft| draft.listed.clear());
    wrong("signers in another order at an epoch", 4, |draft| draft.listed.swap(0, 1));
    wrong("one signer more at an epoch", 4, |draft| draft.listed.push([0xff; 20]));
    wrong("one signer less at an epoch", 4, |draft| draft.listed.truncate(2));
    wrong("a vote for somebody at an epoch", 4, |draft| draft.miner = [1; 20]);
    wrong("a vote to let in at an epoch", 4, |draft| draft.nonce = [0xff; 8]);
    for (name, change) in [
        ("a seal of zeros", (|seal| seal.fill(0)) as fn(&mut [u8; 65])),
        ("a seal with another parity", |seal| seal[64] ^= 1),
        ("a seal with v of 2", |seal| seal[64] = 2),
    ] {
        let mut forge = grown("ABC", 9, 4);
        let last = forge.headers.pop().unwrap();
        let mut seal = Draft::seal_of(&last);
        change(&mut seal);
        let draft = forge.draft(forge.next());
        forge.headers.push(draft.with_seal(&seal));
        cases.push(Case::new(name, &forge).shows(0, &forge, "seals"));
    }
}

fn turns(cases: &mut Vec<Case>) {
    // Who seals each block after the genesis block, in turn or not.
    for (signers, blocks, ending) in [
        ("ABCDE", "ABCAB", "followed"),
        ("ABCDE", "ABCAA", "seals"),
        ("ABCDE", "ABCAC", "seals"),
        ("ABCD", "ABCAD", "followed"),
        ("ABCD", "ABCAC", "seals"),
        ("ABC", "ABAB", "followed"),
        ("ABC", "ABB", "seals"),
        ("ABC", "ABD", "seals"),
        ("A", "AAA", "followed"),
    ] {
        let mut forge = Forge::new(signers, 30_000);
        for name in blocks.chars() {
            let draft = forge.draft(name);
            forge.seal(name, &draft);
        }
        let name = format!("of {signers} {blocks} seal");
        cases.push(Case::new(name, &forge).shows(0, &forge, ending));
    }
}

/// A chain of three signers in which D is let in by block `at` - 1, with blocks up to `last`.
fn letting_in(at: u64, last: u64) -> Forge {
    let mut forge = grown("ABC", 30_000, at - 3);
    for _ in 0..2 {
        let name = forge.next();
        let mut draft = forge.draft(name);
        (draft.miner, draft.nonce) = (forge.address('D'), [0xff; 8]);
        forge.seal(name, &draft);
    }
    forge.signers = forge.addresses("ABCD");
    forge.grow(last);
    forge
}

fn policies(cases: &mut Vec<Case>) {
    let forge = letting_in(6, 8);
    let [three, four] = ["ABC", "ABCD"].map(|names| forge.addresses(names));
    let other = forge.addresses("ABE");
    for (name, signers, ending) in [
        (
            "who was let in is in the policy",
            vec![(0, three.clone()), (6, four.clone())],
            "followed",
        ),
        ("who was let in is not in the policy", vec![(0, three.clone())], "seals"),
        ("the policy lets in a block early", vec![(0, three.clone()), (5, four.clone())], "seals"),
        ("the policy lets in a block late", vec![(0, three.clone()), (7, four)], "seals"),
        ("the policy has others than the chain", vec![(0, three), (3, other)], "seals"),
    ] {
        cases.push(Case::new(name, &forge).knowing(signers).shows(0, &forge, ending));
    }
    // A signer that was put out at block 2 and seals on.
    let mut forge = Forge::new("ABC", 30_000);
    for name in ['A', 'B'] {
        let mut draft = forge.draft(name);
        draft.miner = forge.address('C');
        forge.seal(name, &draft);
    }
    forge.signers = forge.addresses("AB");
    let signers = vec![(0, forge.addresses("ABC")), (3, forge.signers.clone())];
    for (name, sealer, ending) in [
        ("who was put out seals no more", 'C', "seals"),
        ("with fewer signers each may seal sooner", 'A', "followed"),
    ] {
        let mut forge = forge.clone();
        let draft = forge.draft(sealer);
        forge.seal(sealer, &draft);
        cases.push(Case::new(name, &forge).knowing(signers.clone()).shows(0, &forge, ending));
    }
}

/// The chain up to block `from`, and then a block that is not in turn.
fn leaving(forge: &Forge, from: usize) -> Forge {
    let mut rival = forge.clone();
    rival.headers.truncate(from + 1);
    let turn = rival.next();
    let recent = rival.signers[from % 3];
    let other =
        ['A', 'B', 'C'].into_iter().find(|name| *name != turn && rival.address(*name) != recent);
    let draft = rival.draft(other.unwrap());
    rival.seal(other.unwrap(), &draft);
    rival
}

fn branches(cases: &mut Vec<Case>) {
    let honest = grown("ABC", 9, 12);
    let mut rival = leaving(&honest, 7);
    let mut case = Case::new("branches, lighter, as heavy and heavier", &honest);
    case.show(0, &honest, "followed", None);
    for (last, ending) in [(12, "behind"), (13, "behind"), (14, "followed")] {
        rival.grow(last);
        case.show(7, &rival, ending, (ending == "followed").then_some((7, 5, true)));
    }
    case.show(7, &honest, "behind", None);
    cases.push(case);

    // As heavy and of one length: the one that was followed first counts.
    let mut twin = honest.clone();
    twin.headers.truncate(12);
    let draft = Draft { state: [8; 32], ..twin.draft(twin.next()) };
    twin.seal(twin.next(), &draft);
    let mut case = Case::new("a branch as heavy, and one block more of it", &honest);
    case.show(0, &honest, "followed", None);
    case.show(11, &twin, "behind", None);
    twin.grow(13);
    // Block 12 had no descendant, so nobody went back on a confirmation.
    case.show(11, &twin, "followed", Some((11, 1, false)));
    cases.push(case);

    let mut wrong = leaving(&honest, 7);
    wrong.grow(15);
    wrong.headers.swap(9, 10);
    let case = Case::new("a heavier branch with a header that may not follow", &honest);
    cases.push(
        case.shows(0, &honest, "followed")
            .shows(7, &wrong, "headers")
            .shows(12, &honest, "followed"),
    );
    voting(cases);
}

/// A branch that lets D in, and the one that was followed before does not.
fn voting(cases: &mut Vec<Case>) {
    let plain = grown("ABC", 30_000, 7);
    let mut rival = plain.clone();
    rival.headers.truncate(6);
    let voting = letting_in(8, 9);
    assert_eq!(rival.headers, voting.headers[..6], "they part after block 5");
    let case = Case::new("a branch whose votes are not in the policy", &plain);
    cases.push(
        case.shows(0, &plain, "followed").shows(5, &voting, "seals").shows(7, &plain, "followed"),
    );
    let signers = vec![(0, plain.signers.clone()), (8, voting.signers.clone())];
    let case = Case::new("a branch has the votes of its own", &plain).knowing(signers);
    let mut case = case.shows(0, &plain, "followed");
    case.show(5, &voting, "followed", Some((5, 2, true)));
    cases.push(case);
}

/// What is older than the newest 1,024 blocks stays, however heavy another branch is.
fn settled() -> Case {
    let newest = UNSETTLED_BLOCKS as u64 + 10;
    let honest = grown("A", 30_000, newest);
    let mut case = Case::new("what is settled", &honest);
    case.show(0, &honest, "followed", None);
    for (from, ending) in [(9, "ancestry"), (0, "ancestry"), (10, "behind"), (11, "behind")] {
        let mut rival = honest.clone();
        rival.headers.truncate(from + 1);
        let draft = Draft { state: [8; 32], ..rival.draft('A') };
        rival.seal('A', &draft);
        case.show(from as u64, &rival, ending, None);
    }
    case
}

/// The chain that the bundles of the other vectors are anchored in.
fn of_the_bundles(name: &str, world: &World) -> Case {
    let mut forge = Forge::new("ABC", EPOCH);
    forge.signers = world.chain.sealers.iter().map(|sealer| sealer.address).collect();
    forge.headers = (0..=LAST_BLOCK).map(|number| world.chain.header(number).to_vec()).collect();
    let case = Case { chain_id: world.chain.id, ..Case::new(name, &forge) };
    case.shows(0, &forge, "followed")
}
