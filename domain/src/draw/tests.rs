//! The draw, drawn again by other means, and its laws.

use super::*;
use crate::sample::evaluation::candidates;
use proptest::prelude::*;
use uuid::Uuid;

const SEED: [u8; 32] = [3; 32];

/// Candidates of these organisations.
fn of(organisations: &[u8]) -> Vec<Candidate> {
    let candidate = |(index, organisation): (usize, &u8)| Candidate {
        evaluator_id: EvaluatorId(Uuid::from_u128(index as u128)),
        pseudonym: format!("EV-{index:03}").parse().unwrap(),
        organisation: format!("Organización {organisation}"),
        interests: None,
    };
    organisations.iter().enumerate().map(candidate).collect()
}

fn pseudonyms(seats: &[Seat]) -> Vec<&str> {
    seats.iter().map(|seat| seat.pseudonym.as_str()).collect()
}

#[test]
fn the_lists_hash_is_that_of_the_sorted_canonical_array() {
    let list = |texts: [&str; 2]| texts.map(|text| text.parse().unwrap());
    let expected = to_hex(&Sha256::digest(br#"["EV-7Q2","EV-K4M"]"#).into());
    assert_eq!(list_hash(&list(["EV-K4M", "EV-7Q2"])), expected);
    assert_eq!(list_hash(&list(["EV-7Q2", "EV-K4M"])), expected);
}

#[test]
fn the_contributions_hash_is_that_of_its_bytes() {
    // printf '\0%.0s' $(seq 32) | sha256sum
    let expected = "0x66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";
    assert_eq!(contribution_hash(&[0; 32]), expected);
}

#[test]
fn the_seed_is_the_hash_of_its_canonical_object() {
    let tender = "01620000-0000-7000-8000-000000000002".parse().unwrap();
    let text = format!(
        r#"{{"blockHash":"0x{}","contribution":"0x{}","listHash":"0xab","tender":"{tender}","v":"smart-tenders/draw@v1"}}"#,
        "02".repeat(32),
        "01".repeat(32)
    );
    let expected: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    assert_eq!(seed(tender, "0xab", &[1; 32], &[2; 32]), expected);
}

#[test]
fn every_part_of_the_seed_changes_it() {
    let tender: TenderId = "01620000-0000-7000-8000-000000000002".parse().unwrap();
    let other: TenderId = "01620000-0000-7000-8000-000000000003".parse().unwrap();
    let seeds = BTreeSet::from([
        seed(tender, "0xab", &[1; 32], &[2; 32]),
        seed(other, "0xab", &[1; 32], &[2; 32]),
        seed(tender, "0xac", &[1; 32], &[2; 32]),
        seed(tender, "0xab", &[3; 32], &[2; 32]),
        seed(tender, "0xab", &[1; 32], &[3; 32]),
    ]);
    assert_eq!(seeds.len(), 5);
}

#[test]
fn the_rank_is_the_hmac_of_rfc_4231() {
    // RFC 4231 §4.3: the key "Jefe", zero-padded to 32 bytes, is the same key.
    let mut jefe = [0; 32];
    jefe[..4].copy_from_slice(b"Jefe");
    assert_eq!(
        to_hex(&rank(&jefe, "what do ya want for nothing?")),
        "0x5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[test]
fn an_organisation_has_no_more_seats_than_its_share_and_one() {
    // Ten of one organisation and five of others: 5 seats / 6 organisations, rounded up, and one.
    let candidates = of(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6]);
    let drawn = draw(&SEED, &candidates, 5, 15);
    let of_the_first = drawn.panel.iter().filter(|seat| seat.pseudonym.as_str() < "EV-010").count();
    assert_eq!((drawn.panel.len(), of_the_first), (5, 2));
    assert_eq!(drawn.alternates.len(), 10);
}

#[test]
fn the_share_is_relaxed_when_there_is_nobody_else() {
    let candidates = of(&[1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
    let drawn = draw(&SEED, &candidates, 10, 5);
    assert_eq!((drawn.panel.len(), drawn.alternates.len()), (10, 0));
    let ranks: Vec<[u8; 32]> =
        drawn.panel.iter().map(|seat| rank(&SEED, seat.pseudonym.as_str())).collect();
    assert!(ranks.is_sorted(), "who is passed over and returns sits by rank too");
}

#[test]
fn there_are_no_more_alternates_than_were_announced() {
    let drawn = draw(&SEED, &candidates(), 5, 2);
    assert_eq!((drawn.panel.len(), drawn.alternates.len()), (5, 2));
    assert_eq!(drawn.alternates.iter().map(|seat| seat.seat).collect::<Vec<_>>(), [1, 2]);
}

proptest! {
    #[test]
    fn a_draw_is_a_permutation_of_the_candidates(
        seed: [u8; 32],
        organisations in prop::collection::vec(0_u8..4, 3..20),
    ) {
        let candidates = of(&organisations);
        let drawn = draw(&seed, &candidates, 3, 20);
        let mut all = pseudonyms(&drawn.panel);
        all.extend(pseudonyms(&drawn.alternates));
        all.sort_unstable();
        let expected: Vec<&str> = candidates.iter().map(|it| it.pseudonym.as_str()).collect();
        prop_assert_eq!(all, expected);
        let numbers: Vec<u32> = drawn.panel.iter().map(|seat| seat.seat).collect();
        prop_assert_eq!(numbers, [1, 2, 3]);
    }

    #[test]
    fn a_draw_respects_the_organisations_while_others_are_left(
        seed: [u8; 32],
        organisations in prop::collection::vec(0_u8..4, 5..20),
        seats in 3_u32..6,
    ) {
        let candidates = of(&organisations);
        let drawn = draw(&seed, &candidates, seats, 20);
        let distinct: BTreeSet<&u8> = organisations.iter().collect();
        let most = (seats as usize).div_ceil(distinct.len()) + 1;
        let organisation = |seat: &Seat| {
            let index: usize = seat.pseudonym.as_str()[3..].parse().unwrap();
            organisations[index]
        };
        let has = |it: u8| drawn.panel.iter().filter(|seat| organisation(seat) == it).count();
        for it in distinct {
            // Whoever has more than its share took seats that no other organisation could take.
            let others_left = drawn.alternates.iter().any(|seat| {
                let other = organisation(seat);
                other != *it && has(other) < most
            });
            prop_assert!(has(*it) <= most || !others_left);
        }
    }

    #[test]
    fn whoever_draws_again_gets_the_same(seed: [u8; 32], shift in 0_usize..12) {
        let mut candidates = candidates();
        let drawn = draw(&seed, &candidates, 5, 5);
        candidates.rotate_left(shift);
        for candidate in &mut candidates {
            candidate.interests = None;
        }
        prop_assert_eq!(draw(&seed, &candidates, 5, 5), drawn);
    }
}
