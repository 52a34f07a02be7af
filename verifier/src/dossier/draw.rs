//! The draw of the panel, drawn again.

use std::collections::BTreeMap;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::case::Case;
use super::contradiction::Contradiction;
use super::event::{Block, Event};
use super::opinion::Found;
use crate::encoding::hex;
use crate::json::{Value, canonical_profile, object};
use crate::merkle::{Hash, sha256};

/// An accredited evaluator who could be drawn.
struct Candidate<'a> {
    pseudonym: &'a str,
    evaluator_id: &'a str,
    organisation: &'a str,
}

/// Checks the draw.
pub(super) fn check(case: &Case) -> Result<Found, Contradiction> {
    let Some(scheduled) = case.one("PanelDrawScheduled")? else {
        return Ok(Found::Absent("no draw is announced so far"));
    };
    let Some(drawn) = case.one("PanelDrawn")? else {
        return Ok(Found::Absent("the panel is not drawn so far"));
    };
    drawn.require(scheduled.position < drawn.position, "it was drawn before it was announced")?;
    let candidates = candidates(case, scheduled, drawn)?;
    let contribution: Hash = drawn.record().hash("contribution")?;
    let committed = scheduled.record().hash("contributionHash")?;
    let same = sha256(&contribution) == committed;
    drawn.require(same, "the operator's number is not the one it committed to")?;
    let block = anchoring_block(case, scheduled)?;
    drawn.same("the block's number", drawn.record().position("blockNumber")?, block.number)?;
    drawn.same(
        "the block's hash",
        hex(&drawn.record().hash("blockHash")?).as_str(),
        hex(&block.hash).as_str(),
    )?;
    let seed = sha256(
        canonical_profile(&object([
            ("v", "smart-tenders/draw@v1".into()),
            ("tender", drawn.record().text("tenderId")?.into()),
            ("listHash", scheduled.record().text("listHash")?.into()),
            ("contribution", hex(&contribution).into()),
            ("blockHash", hex(&block.hash).into()),
        ]))
        .as_bytes(),
    );
    drawn.same("the seed", hex(&drawn.record().hash("seed")?).as_str(), hex(&seed).as_str())?;
    let seats = scheduled.record().number("seats")?;
    let (panel, alternates) = draw_again(&seed, candidates, seats as usize);
    let most = scheduled.record().number("alternates")? as usize;
    drawn.record().get("panel")?.is("the panel is another", &places(&panel))?;
    let alternates = &alternates[..alternates.len().min(most)];
    drawn.record().get("alternates")?.is("the alternates are others", &places(alternates))?;
    let (drawn, block) = (panel.len(), block.number);
    Ok(Found::Proven(format!("{drawn} seats drawn again, with the hash of block {block}")))
}

/// The candidates, each as it was accredited.
fn candidates<'a>(
    case: &'a Case,
    scheduled: &Event,
    drawn: &'a Event,
) -> Result<Vec<Candidate<'a>>, Contradiction> {
    let pseudonyms = drawn.record().texts("candidates")?;
    let sorted = pseudonyms.is_sorted_by(|a, b| a < b);
    drawn.require(sorted, "its candidates are not sorted, or one occurs twice")?;
    let list = Value::Array(pseudonyms.iter().map(|it| Value::from(*it)).collect());
    let same =
        sha256(canonical_profile(&list).as_bytes()) == scheduled.record().hash("listHash")?;
    drawn.require(same, "its candidates are not the announced ones")?;
    let count = scheduled.record().number("candidates")? as usize;
    scheduled.same("how many candidates there are", count, pseudonyms.len())?;
    let mut accredited = BTreeMap::new();
    for event in case.all("EvaluatorAccredited") {
        let record = event.record();
        let candidate = Candidate {
            pseudonym: record.text("pseudonym")?,
            evaluator_id: record.text("evaluatorId")?,
            organisation: record.text("organisation")?,
        };
        // Who is accredited later could be chosen by what the draw will be.
        let before = event.position < scheduled.position;
        event.require(before, "it was accredited after the draw was announced")?;
        if accredited.insert(candidate.pseudonym, candidate).is_some() {
            return Err(event.refuse("there is an earlier one of its name", ""));
        }
    }
    let known = |name: &str| {
        let candidate = accredited.remove(name);
        candidate.ok_or_else(|| drawn.refuse("a candidate's accreditation is not there", name))
    };
    pseudonyms.into_iter().map(known).collect()
}

/// The block that the announcement's proof shows, if no other proof shows that it was anchored
/// before: the operator could otherwise wait for a block that suits it.
fn anchoring_block(case: &Case, scheduled: &Event) -> Result<Block, Contradiction> {
    let block = scheduled.block;
    let block = block.ok_or_else(|| scheduled.refuse("its proof shows no block", ""))?;
    let shown = case.events.iter().filter_map(|event| event.block);
    let earlier = shown
        .filter(|it| it.size >= block.size && it.number < block.number)
        .min_by_key(|it| it.number);
    match earlier {
        Some(earlier) => {
            Err(scheduled
                .refuse("another proof shows an earlier block that had it", earlier.number))
        }
        None => Ok(block),
    }
}

/// The rank of a name or an id in the draws of a seed; the lowest is first.
pub(super) fn rank(seed: &Hash, key: &str) -> Hash {
    let mut mac = Hmac::<Sha256>::new_from_slice(seed).expect("HMAC takes a key of any length");
    mac.update(key.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Who sits and who stands by: in order of rank, at most ⌈seats / organisations⌉ + 1 of one
/// organisation as long as there are others.
fn draw_again<'a>(
    seed: &Hash,
    mut candidates: Vec<Candidate<'a>>,
    seats: usize,
) -> (Vec<Candidate<'a>>, Vec<Candidate<'a>>) {
    candidates.sort_by_cached_key(|candidate| rank(seed, candidate.pseudonym));
    let mut members: BTreeMap<&str, usize> =
        candidates.iter().map(|candidate| (candidate.organisation, 0)).collect();
    let most = seats.div_ceil(members.len().max(1)) + 1;
    let mut takes: Vec<bool> = Vec::with_capacity(candidates.len());
    let mut seated = 0;
    for candidate in &candidates {
        let of_organisation = members.entry(candidate.organisation).or_default();
        let take = seated < seats && *of_organisation < most;
        *of_organisation += usize::from(take);
        seated += usize::from(take);
        takes.push(take);
    }
    for take in takes.iter_mut().filter(|take| !**take).take(seats.saturating_sub(seated)) {
        *take = true;
    }
    let (mut panel, mut alternates) = (Vec::new(), Vec::new());
    for (candidate, take) in candidates.into_iter().zip(takes) {
        if take { panel.push(candidate) } else { alternates.push(candidate) }
    }
    (panel, alternates)
}

/// Seats as an event records them, from 1.
fn places(candidates: &[Candidate<'_>]) -> Value {
    let seat = |(number, candidate): (i64, &Candidate<'_>)| {
        object([
            ("seat", Value::Integer(number)),
            ("evaluatorId", candidate.evaluator_id.into()),
            ("pseudonym", candidate.pseudonym.into()),
        ])
    };
    Value::Array((1..).zip(candidates).map(seat).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates() -> Vec<Candidate<'static>> {
        let all = [("EV-A", "1"), ("EV-B", "1"), ("EV-C", "1"), ("EV-D", "2"), ("EV-E", "3")];
        let candidate = |(pseudonym, organisation)| Candidate {
            pseudonym,
            evaluator_id: pseudonym,
            organisation,
        };
        all.map(candidate).into()
    }

    /// A seed by which the first three are of one organisation, in some order.
    fn unlucky() -> Hash {
        let of_first = |seed: &Hash| {
            let mut ranked = candidates();
            ranked.sort_by_cached_key(|candidate| rank(seed, candidate.pseudonym));
            ranked[..3].iter().all(|candidate| candidate.organisation == "1")
        };
        (0..=255).map(|byte| [byte; 32]).find(of_first).expect("one in ten seeds is so")
    }

    #[test]
    fn one_organisation_has_at_most_its_share_and_one_more() {
        let (panel, alternates) = draw_again(&unlucky(), candidates(), 3);
        let of = |panel: &[Candidate<'_>]| {
            panel.iter().filter(|candidate| candidate.organisation == "1").count()
        };
        // ⌈3 / 3⌉ + 1.
        assert_eq!((panel.len(), of(&panel), alternates.len(), of(&alternates)), (3, 2, 2, 1));
    }

    #[test]
    fn seats_that_nobody_else_can_take_go_to_who_was_left_out() {
        let all: Vec<_> = candidates().into_iter().take(4).collect();
        let (panel, alternates) = draw_again(&unlucky(), all, 4);
        assert_eq!((panel.len(), alternates.len()), (4, 0));
    }
}
