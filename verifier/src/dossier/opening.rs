//! The end of receipt, and what the technical opening says of every sealed proposal.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::contradiction::Contradiction;
use super::event::Event;
use super::opinion::Found;
use super::record::{Record, mask_order};
use crate::encoding::instant;
use crate::json::Value;
use crate::merkle::Hash;

/// The types of entries in the streams of proposals.
const ACTS: [&str; 3] = ["ProposalSubmitted", "ProposalReplaced", "ProposalWithdrawn"];
/// Where the end of receipt commits to what is live.
const POSITIONS: &str = "/data/positions";
const WITHDRAWN: &str = "ProposalWithdrawn";

/// Whether receipt ended at the call's hour, and no proposal came after it.
pub(super) fn receipt(case: &Case) -> Result<Found, Contradiction> {
    let Some(closed) = case.one("ReceiptClosed")? else {
        return Ok(Found::Absent("receipt did not end so far"));
    };
    let schedule = case.call(closed)?.get("schedule")?;
    let (start, end) = (schedule.instant("receiptStart")?, schedule.instant("receiptEnd")?);
    closed.same(
        "the deadline",
        instant(closed.record().instant("deadline")?.into()).as_str(),
        instant(end.into()).as_str(),
    )?;
    closed.require(closed.effective_at_ms() >= end, "it came before the deadline")?;
    let Some(opened) = case.one("ProposalsOpened")? else {
        return Ok(Found::Absent("the proposals are not opened so far, so nothing tells when"));
    };
    let mut live = Vec::new();
    for listing in opened.record().list("proposals")? {
        let position = listing.position("position")?;
        let disposition = listing.text("disposition")?;
        if ["opened", "unopenable"].contains(&disposition) {
            live.push(Value::from(position.to_string()));
        }
        let Some(entry) = case.at(position) else { continue };
        entry.require(position < closed.position, "it was recorded after receipt ended")?;
        if entry.envelope.is_some() {
            let in_time = (start..end).contains(&entry.effective_at_ms());
            entry.require(in_time, "it was not submitted while proposals were received")?;
        }
    }
    let Ok(committed) = closed.shown(POSITIONS) else {
        let mut paths = closed.envelope.iter().flat_map(|open| &open.commitments);
        let commits = paths.any(|(path, _)| path == POSITIONS);
        closed.require(commits, "it commits to no positions of live proposals")?;
        let says =
            "the positions of live proposals that the end of receipt committed to are not shown";
        return Ok(Found::Incomplete(says.to_owned()));
    };
    committed
        .is("the live proposals it committed to are not the opened ones", &Value::Array(live))?;
    let says = "what was live when receipt ended is what was opened, and all of it came in time";
    Ok(Found::Proven(says.to_owned()))
}

/// Whether the opening says of each entry what its stream shows, under one mask each.
pub(super) fn check(case: &Case) -> Result<Found, Contradiction> {
    let Some(opened) = case.one("ProposalsOpened")? else {
        return Ok(Found::Absent("the proposals are not opened so far"));
    };
    let listings = listings(opened)?;
    let mut entries = BTreeMap::new();
    let mut gone = 0;
    for (position, listing) in &listings {
        let disposition = listing.text("disposition")?;
        // What was opened is shown; what never was may have been erased.
        let may_be_gone = disposition != "opened";
        if may_be_gone && !is_shown(case, *position) {
            let there = case.at(*position).filter(|entry| entry.sealed);
            let there = there.ok_or_else(|| {
                opened.refuse("an entry it lists is not in the dossier", position)
            })?;
            gone += usize::from(disposition != "unopenable");
            entries.insert(*position, there);
        } else {
            entries.insert(*position, case.sealed(opened, *position, &ACTS)?);
        }
    }
    check_nothing_left_out(case, opened, &listings)?;
    let proposals = check_streams(&entries, &listings)?;
    let masks = check_masks(case, opened, &listings)?;
    let called = |listing: &&Record<'_>| listing.text("disposition") == Ok("unopenable");
    let unopenable = match listings.values().filter(called).count() {
        0 => String::new(),
        count => format!(", {count} called unopenable"),
    };
    let entries = entries.len();
    let says = format!("{entries} entries of {proposals} proposals, {masks} opened{unopenable}");
    Ok(match gone {
        0 => Found::Proven(format!("{says}, none left out of what is shown")),
        gone => Found::Incomplete(format!("{says}, {gone} that were not opened are not shown")),
    })
}

/// What the opening says of each position.
fn listings(opened: &Event) -> Result<BTreeMap<u64, Record<'_>>, Contradiction> {
    let mut listings = BTreeMap::new();
    for listing in opened.record().list("proposals")? {
        let position = listing.position("position")?;
        if listings.insert(position, listing).is_some() {
            return Err(opened.refuse("it lists a position twice", position));
        }
    }
    Ok(listings)
}

fn is_shown(case: &Case, position: u64) -> bool {
    case.at(position).is_some_and(|entry| entry.envelope.is_some())
}

/// Whether every entry of a proposal that is shown is listed.
fn check_nothing_left_out(
    case: &Case,
    opened: &Event,
    listings: &BTreeMap<u64, Record<'_>>,
) -> Result<(), Contradiction> {
    let acts = case.events.iter().filter(|event| event.sealed && ACTS.contains(&event.kind()));
    for entry in acts {
        if !listings.contains_key(&entry.position) {
            return Err(opened.refuse("it leaves a proposal out", entry.position));
        }
    }
    Ok(())
}

/// Whether each proposal's entries follow each other without a gap, and became what is said of them;
/// returns how many proposals are shown.
fn check_streams(
    entries: &BTreeMap<u64, &Event>,
    listings: &BTreeMap<u64, Record<'_>>,
) -> Result<usize, Contradiction> {
    let by_leaf: BTreeMap<Hash, &Event> = entries.values().map(|it| (it.leaf, *it)).collect();
    let shown = || entries.values().filter_map(|it| Some((*it, it.envelope.as_ref()?)));
    let mut next: BTreeMap<Hash, &Event> = BTreeMap::new();
    let (mut first, mut streams) = (BTreeSet::new(), BTreeSet::new());
    for (entry, open) in shown() {
        streams.insert(&open.stream);
        let Some(prev) = open.prev else {
            entry.require(first.insert(&open.stream), "its proposal was submitted before")?;
            continue;
        };
        let before = by_leaf.get(&prev);
        let before = before.ok_or_else(|| entry.refuse("an event of its stream is missing", ""))?;
        // Of what is not shown the leaf is all there is to compare.
        if before.envelope.is_some() {
            entry.follows(Some(before))?;
            entry.same("the stream it continues", entry.stream(), before.stream())?;
        }
        let only = next.insert(prev, entry).is_none();
        entry.require(only, "another entry continues the same one")?;
    }
    for (position, entry) in entries {
        let Some(listing) = listings.get(position) else { continue };
        let is_hidden =
            |by: u64| *position < by && entries.get(&by).is_some_and(|it| it.envelope.is_none());
        check_listing(entry, *listing, next.get(&entry.leaf).copied(), is_hidden)?;
    }
    Ok(streams.len())
}

/// Whether an entry became what is said of it, `next` being what is shown to continue its stream.
fn check_listing(
    entry: &Event,
    listing: Record<'_>,
    next: Option<&Event>,
    is_hidden: impl Fn(u64) -> bool,
) -> Result<(), Contradiction> {
    let said = listing.text("disposition")?;
    let ended = ["replaced", "withdrawn"].contains(&said);
    let (wanted, by) = match next {
        _ if entry.kind() == WITHDRAWN => ("withdrawal", None),
        Some(next) if next.kind() == WITHDRAWN => ("withdrawn", Some(next.position)),
        Some(next) => ("replaced", Some(next.position)),
        // Nobody can tell any more what an entry was that is not shown.
        None if ended && is_hidden(listing.position("by")?) => return Ok(()),
        None if entry.envelope.is_none() && !ended => return Ok(()),
        None => ("opened", None),
    };
    let unopenable = said == "unopenable" && wanted == "opened";
    if unopenable {
        let opens = entry.disclosed.contains_key("/data/technical");
        entry.require(!opens, "it is called unopenable, and it is opened here")?;
    } else {
        entry.same("what the opening says became of it", said, wanted)?;
    }
    match by {
        Some(by) => entry.same("the entry that came after it", listing.position("by")?, by),
        None => Ok(()),
    }
}

/// Whether the masks are A, B, C, … and each is the mask of one opened entry.
fn check_masks(
    case: &Case,
    opened: &Event,
    listings: &BTreeMap<u64, Record<'_>>,
) -> Result<usize, Contradiction> {
    let openings = case.by_mask("ProposalOpened")?;
    let mut masks = Vec::new();
    for (position, listing) in listings {
        if listing.text("disposition")? != "opened" {
            continue;
        }
        let mask = listing.text("mask")?;
        let event = openings.get(mask);
        let event = event.ok_or_else(|| opened.refuse("nothing was opened under a mask", mask))?;
        event.same("the entry of its mask", event.record().position("position")?, *position)?;
        masks.push(mask);
    }
    masks.sort_unstable_by_key(|mask| mask_order(mask));
    for (place, mask) in masks.iter().enumerate() {
        opened.same("its masks have a gap or a double", *mask, mask_at(place).as_str())?;
    }
    let count = u64::from(opened.record().number("opened")?);
    opened.same("how many it opened", count, masks.len() as u64)?;
    let events = case.all("ProposalOpened").count();
    opened.same("how many envelopes were opened", events, masks.len())?;
    Ok(masks.len())
}

/// The mask at a place from 0: A, B, …, Z, AA, AB, …
fn mask_at(place: usize) -> String {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap_or_default());
    match place.checked_sub(26) {
        None => letter(place).to_string(),
        Some(place) => [letter(place / 26), letter(place)].iter().collect(),
    }
}

/// The masks that were opened, in order.
pub(super) fn masks(case: &Case) -> Result<Vec<&str>, Contradiction> {
    let mut masks = Vec::new();
    for event in case.all("ProposalOpened") {
        masks.push(event.record().text("mask")?);
    }
    masks.sort_unstable_by_key(|mask| mask_order(mask));
    Ok(masks)
}
