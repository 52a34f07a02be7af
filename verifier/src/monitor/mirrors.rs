//! Several addresses of one log: whether all of them show one history.

use super::alarm::{Alarm, AlarmKind};
use super::{Finding, chain_of};
use crate::encoding::hex;
use crate::json::{Value, object};
use crate::log::consistency::{Relation, relation};
use crate::log::tiles::Tiles;
use crate::log::{LogError, current_checkpoint};
use crate::note::{Checkpoint, verify_checkpoint};
use crate::policy::Policy;

/// A signed checkpoint, and where it was seen.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) api: String,
    checkpoint: Checkpoint,
    note: String,
}

impl View {
    /// A checkpoint that a replay accepted.
    pub(super) fn seen(api: &str, note: &str, policy: &Policy) -> Option<Self> {
        let (keys, quorum) = (&policy.witness_keys, policy.witness_quorum);
        let checkpoint = verify_checkpoint(note, &policy.log_key, keys, quorum).ok()?;
        Some(Self { api: api.to_owned(), checkpoint, note: note.to_owned() })
    }

    /// What a mirror shows now.
    pub(super) fn read(api: &str, policy: &Policy) -> Result<Self, LogError> {
        let (log, mut note) = (Tiles::at(api)?, None);
        let patience = std::time::Duration::ZERO;
        let checkpoint = current_checkpoint(&log, patience, 0, policy, &mut note)?;
        Ok(Self { api: api.to_owned(), checkpoint, note: note.unwrap_or_default() })
    }

    fn to_json(&self) -> Value {
        object([("from", self.api.clone().into()), ("note", self.note.clone().into())])
    }
}

/// Compares all of them, and returns the largest.
///
/// Each has to extend the next smaller one; then each extends every smaller one.
pub(super) fn compare(mut views: Vec<View>, findings: &mut Vec<Finding>) -> Option<View> {
    views.sort_by_key(|view| view.checkpoint.size);
    for pair in views.windows(2) {
        let (smaller, larger) = (&pair[0], &pair[1]);
        let old = (smaller.checkpoint.size, &smaller.checkpoint.root);
        let related = Tiles::at(&larger.api)
            .and_then(|tiles| relation(&tiles, old, &larger.checkpoint))
            .map_err(|error| chain_of(&error));
        findings.push(match related {
            Ok(Relation::Extends) => continue,
            Ok(Relation::Diverges { prefix, proof }) => {
                Finding::Wrong(split(smaller, larger, &prefix, &proof))
            }
            Ok(Relation::OtherTiles) => Finding::Unread {
                subject: larger.api.clone(),
                why: "the tiles are not those of the checkpoint".to_owned(),
            },
            Err(why) => Finding::Unread { subject: larger.api.clone(), why },
        });
    }
    views.pop()
}

fn split(smaller: &View, larger: &View, prefix: &[u8; 32], proof: &[[u8; 32]]) -> Alarm {
    let (old, new) = (&smaller.checkpoint, &larger.checkpoint);
    let says = format!(
        "{} shows a signed log of {} entries with the root {}; in the signed log of {} entries that {} shows, the first {} have the root {}",
        smaller.api,
        old.size,
        hex(&old.root),
        new.size,
        larger.api,
        old.size,
        hex(prefix),
    );
    let proof = proof.iter().map(|hash| hex(hash).into()).collect();
    Alarm {
        kind: AlarmKind::SplitView,
        subject: String::new(),
        says,
        shows: vec![
            ("checkpoints", Value::Array(vec![smaller.to_json(), larger.to_json()])),
            ("consistencyProof", Value::Array(proof)),
            ("prefixRoot", hex(prefix).into()),
        ],
    }
}
