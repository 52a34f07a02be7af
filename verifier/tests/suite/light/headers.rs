//! Headers that may not follow.

use verifier::chain::clique::{LinkError, SealFault, recover_sealer};
use verifier::chain::snapshot::{FollowError, Snapshot};

use super::forge::{Forge, decode};
use crate::world::PERIOD_S;
use crate::world::chain::Draft;

/// What becomes of the fourth block of a chain of three signers, at epochs of two blocks, after `change`.
fn fourth(change: impl FnOnce(&mut Draft)) -> Result<(), FollowError> {
    let mut forge = Forge::new("ABC", 2);
    forge.grow(3);
    let name = ['A', 'B', 'C'].into_iter().find(|name| forge.address(*name) == forge.signers[1]);
    let name = name.unwrap();
    let mut draft = forge.draft(name);
    change(&mut draft);
    forge.seal(name, &draft);
    let headers: Vec<_> = forge.headers.iter().map(|rlp| decode(rlp)).collect();
    let mut snapshot = Snapshot::genesis(&headers[0]).unwrap();
    for header in &headers[1..] {
        let before = snapshot.clone();
        let taken = snapshot.append(header, recover_sealer(header), (PERIOD_S, 2));
        if let Err(error) = taken {
            assert_eq!(snapshot, before, "what is refused changes nothing");
            return Err(error);
        }
    }
    Ok(())
}

fn fault(change: impl FnOnce(&mut Draft)) -> SealFault {
    match fourth(change) {
        Err(FollowError::Seal(error)) => error.fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_honest_header_follows() {
    fourth(|_| ()).unwrap();
}

#[test]
fn headers_are_linked_by_number_hash_and_time() {
    let number = 4;
    let parent = fourth(|draft| draft.parent = [7; 32]);
    assert_eq!(parent, Err(LinkError::Parent { number }.into()));
    assert_eq!(fourth(|draft| draft.number = 5), Err(LinkError::Number { number: 5 }.into()));
    assert_eq!(fourth(|draft| draft.time -= 1), Err(LinkError::Period { number }.into()));
}

#[test]
fn the_difficulty_is_that_of_the_turn() {
    for found in [0, 1, 3, u64::MAX] {
        let expected = SealFault::Difficulty { found, expected: 2 };
        assert_eq!(fault(|draft| draft.difficulty = found), expected);
    }
}

#[test]
fn an_epoch_block_lists_the_signers_and_votes_for_nobody() {
    assert_eq!(fault(|draft| draft.listed.clear()), SealFault::EpochSigners);
    assert_eq!(fault(|draft| draft.listed.swap(0, 1)), SealFault::EpochSigners);
    assert_eq!(fault(|draft| draft.listed.push([1; 20])), SealFault::EpochSigners);
    assert_eq!(fault(|draft| draft.miner = [1; 20]), SealFault::EpochVote);
    assert_eq!(fault(|draft| draft.nonce = [0xff; 8]), SealFault::EpochVote);
}

#[test]
fn what_clique_leaves_empty_is_empty() {
    assert_eq!(fault(|draft| draft.mix = [1; 32]), SealFault::MixDigest);
    assert_eq!(fault(|draft| draft.uncles = [1; 32]), SealFault::Uncles);
    assert_eq!(fault(|draft| draft.nonce = [1; 8]), SealFault::Nonce);
    assert_eq!(fault(|draft| draft.withdrawals = true), SealFault::Fields);
}

#[test]
fn gas_follows_from_the_block_before() {
    let wrong = Err(FollowError::Gas { number: 4 });
    assert_eq!(fourth(|draft| draft.gas_limit += draft.gas_limit / 1024), wrong);
    assert_eq!(fourth(|draft| draft.gas_limit = 4_999), wrong);
    assert_eq!(fourth(|draft| draft.gas_used = draft.gas_limit + 1), wrong);
    assert_eq!(fourth(|draft| draft.base_fee = 8), wrong);
    fourth(|draft| draft.gas_limit += draft.gas_limit / 1024 - 1).unwrap();
    fourth(|draft| draft.gas_used = draft.gas_limit).unwrap();
}

#[test]
fn a_genesis_block_lists_its_signers_in_order() {
    let mut forge = Forge::new("ABC", 2);
    forge.grow(2);
    let genesis = |rlp: &[u8]| Snapshot::genesis(&decode(rlp));
    assert!(genesis(&forge.headers[0]).is_ok());
    assert_eq!(genesis(&forge.headers[2]), Err(FollowError::Genesis), "not of block 0");
    assert_eq!(genesis(&Draft::genesis(&[])), Err(FollowError::Genesis), "nobody");
    let mut sealers = crate::world::chain::Sealer::three([1, 2, 3]);
    sealers.swap(0, 1);
    assert_eq!(genesis(&Draft::genesis(&sealers)), Err(FollowError::Genesis), "not in order");
}
