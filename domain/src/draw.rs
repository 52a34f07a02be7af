//! The draw of a citizens' panel, which anybody can draw again from public records.
//!
//! Nobody chooses the outcome alone: the list of candidates is fixed before, the operator commits to a
//! number before, and the block that anchors the announcement is not known before.

use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

use crate::content::Seat;
use crate::hash::{canonical_hash, to_hex};
use crate::id::{EvaluatorId, Pseudonym, TenderId};

/// An accredited evaluator who may be drawn.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub evaluator_id: EvaluatorId,
    /// The name it is known by.
    pub pseudonym: Pseudonym,
    /// The organisation that put it forward.
    pub organisation: String,
    /// Keys of buying units and RFCs of companies it is linked to; `None` when they are not known.
    pub interests: Option<Vec<String>>,
}

impl std::fmt::Debug for Candidate {
    /// Leaves the interests out: nobody else is shown them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Candidate")
            .field("evaluator_id", &self.evaluator_id)
            .field("pseudonym", &self.pseudonym)
            .field("organisation", &self.organisation)
            .finish_non_exhaustive()
    }
}

/// A panel and its alternates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Who sits, in order of rank; seats count from 1.
    pub panel: Vec<Seat>,
    /// Who enters when somebody leaves, in order of rank; places count from 1.
    pub alternates: Vec<Seat>,
}

/// The hash of a list of candidates: SHA-256 of the JCS of the sorted pseudonyms, `0x` and lower-case
/// hexadecimal.
#[must_use]
pub fn list_hash(candidates: &[Pseudonym]) -> String {
    let mut sorted: Vec<&str> = candidates.iter().map(Pseudonym::as_str).collect();
    sorted.sort_unstable();
    to_hex(&canonical_hash(&json!(sorted)))
}

/// The hash of the operator's number: SHA-256 of its 32 bytes, `0x` and lower-case hexadecimal.
#[must_use]
pub fn contribution_hash(contribution: &[u8; 32]) -> String {
    to_hex(&Sha256::digest(contribution).into())
}

/// The seed of a tender's draw: SHA-256 of the JCS of
/// `{"v":"smart-tenders/draw@v1","tender","listHash","contribution","blockHash"}`, the number and the
/// block's hash as `0x` and lower-case hexadecimal.
#[must_use]
pub fn seed(
    tender: TenderId,
    list_hash: &str,
    contribution: &[u8; 32],
    block_hash: &[u8; 32],
) -> [u8; 32] {
    canonical_hash(&json!({
        "v": "smart-tenders/draw@v1",
        "tender": tender.to_string(),
        "listHash": list_hash,
        "contribution": to_hex(contribution),
        "blockHash": to_hex(block_hash),
    }))
}

/// The rank of a key, a pseudonym or a proposal's id: HMAC-SHA256 with the seed; the lowest is first.
///
/// # Panics
/// Never: HMAC takes a key of any length.
#[must_use]
pub fn rank(seed: &[u8; 32], key: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(seed).expect("HMAC takes any key");
    mac.update(key.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Draws a panel. In order of rank, each candidate takes a seat unless its organisation already has
/// ⌈seats / organisations⌉ + 1; seats that nobody else can take go to those who were passed over, in
/// order of rank. The rest are the alternates. The order of the candidates is of no consequence.
#[must_use]
pub fn draw(seed: &[u8; 32], candidates: &[Candidate], seats: u32, alternates: u32) -> Drawn {
    let seats = seats as usize;
    let mut ranked: Vec<&Candidate> = candidates.iter().collect();
    ranked.sort_by_cached_key(|candidate| {
        (rank(seed, candidate.pseudonym.as_str()), candidate.pseudonym.clone())
    });
    let organisations: BTreeSet<&str> =
        candidates.iter().map(|candidate| candidate.organisation.as_str()).collect();
    let most = seats.div_ceil(organisations.len().max(1)) + 1;
    let mut sits = vec![false; ranked.len()];
    let mut taken = 0;
    let mut of_organisation: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, candidate) in ranked.iter().enumerate() {
        let has = of_organisation.entry(&candidate.organisation).or_default();
        if taken < seats && *has < most {
            *has += 1;
            taken += 1;
            sits[place] = true;
        }
    }
    for seat in sits.iter_mut().filter(|sits| !**sits).take(seats - taken) {
        *seat = true;
    }
    let those = |sitting: bool, most: usize| {
        let those = ranked.iter().zip(&sits).filter(move |(_, sits)| **sits == sitting);
        (1..).zip(those.take(most)).map(|(place, (candidate, _))| seat(place, candidate)).collect()
    };
    Drawn { panel: those(true, seats), alternates: those(false, alternates as usize) }
}

fn seat(number: u32, candidate: &Candidate) -> Seat {
    Seat {
        seat: number,
        evaluator_id: candidate.evaluator_id,
        pseudonym: candidate.pseudonym.clone(),
    }
}

#[cfg(test)]
mod tests;
