//! A snapshot in the words of a state file.

use crate::chain::Address;
use crate::chain::snapshot::{Snapshot, Vote};
use crate::encoding::{hex, position, unhex_array};
use crate::json::{Value, object};
use crate::members::Members;

const NAMES: [&str; 10] = [
    "baseFeeWei",
    "gasLimit",
    "gasUsed",
    "hash",
    "number",
    "recents",
    "signers",
    "timestamp",
    "totalDifficulty",
    "votes",
];

pub(super) fn to_json(snapshot: &Snapshot) -> Value {
    let number = |number: u64| Value::from(number.to_string());
    let recent = |(at, by): &(u64, Address)| Value::Array(vec![number(*at), hex(by).into()]);
    let vote = |vote: &Vote| Value::Array(vec![hex(&vote.subject).into(), hex(&vote.voter).into()]);
    object([
        ("baseFeeWei", snapshot.base_fee_wei.map_or(Value::Null, number)),
        ("gasLimit", number(snapshot.gas_limit)),
        ("gasUsed", number(snapshot.gas_used)),
        ("hash", hex(&snapshot.hash).into()),
        ("number", number(snapshot.number)),
        ("recents", Value::Array(snapshot.recents.iter().map(recent).collect())),
        ("signers", addresses(&snapshot.signers())),
        ("timestamp", number(snapshot.timestamp_s)),
        ("totalDifficulty", snapshot.total_difficulty.to_string().into()),
        ("votes", Value::Array(snapshot.votes.iter().map(vote).collect())),
    ])
}

/// What [`to_json`] made.
pub(super) fn from_json(value: &Value) -> Option<Snapshot> {
    let members = Members::exactly(value, "snapshot", &NAMES).ok()?;
    let recent = |item: &Value| {
        let [at, by] = item.as_array()? else { return None };
        Some((position(at.as_str()?)?, unhex_array(by.as_str()?)?))
    };
    let vote = |item: &Value| {
        let [subject, voter] = item.as_array()? else { return None };
        let subject = unhex_array(subject.as_str()?)?;
        Some(Vote { subject, voter: unhex_array(voter.as_str()?)? })
    };
    Some(Snapshot {
        number: members.position("number").ok()?,
        hash: members.hex("hash").ok()?,
        timestamp_s: members.position("timestamp").ok()?,
        total_difficulty: members.string("totalDifficulty").ok()?.parse().ok()?,
        gas_limit: members.position("gasLimit").ok()?,
        gas_used: members.position("gasUsed").ok()?,
        base_fee_wei: members.position_or_null("baseFeeWei").ok()?,
        signers: read_addresses(members.value("signers").ok()?)?.into_iter().collect(),
        recents: members.array("recents").ok()?.iter().map(recent).collect::<Option<_>>()?,
        votes: members.array("votes").ok()?.iter().map(vote).collect::<Option<_>>()?,
    })
}

pub(super) fn signers_to_json(signers: &[(u64, Vec<Address>)]) -> Value {
    let set = |(from, set): &(u64, Vec<Address>)| {
        object([("fromBlock", from.to_string().into()), ("signers", addresses(set))])
    };
    Value::Array(signers.iter().map(set).collect())
}

/// What [`signers_to_json`] made; the first set is that of the genesis block.
pub(super) fn signers_from_json(value: &Value) -> Option<Vec<(u64, Vec<Address>)>> {
    let set = |item: &Value| {
        let members = Members::exactly(item, "set", &["fromBlock", "signers"]).ok()?;
        let signers = read_addresses(members.value("signers").ok()?)?;
        Some((members.position("fromBlock").ok()?, signers))
    };
    let sets: Vec<_> = value.as_array()?.iter().map(set).collect::<Option<_>>()?;
    let starts = sets.first().is_some_and(|(from, _)| *from == 0);
    (starts && sets.is_sorted_by(|a, b| a.0 < b.0)).then_some(sets)
}

fn addresses(addresses: &[Address]) -> Value {
    Value::Array(addresses.iter().map(|address| hex(address).into()).collect())
}

fn read_addresses(value: &Value) -> Option<Vec<Address>> {
    value.as_array()?.iter().map(|item| unhex_array(item.as_str()?)).collect()
}
