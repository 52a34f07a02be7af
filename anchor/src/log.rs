//! The log as the anchor service sees it: stored bytes, and nothing that was computed from them before.

use eventstore::{EventStore, ReadError};
use merkle::BatchTree;
use merkle::digest::BatchHead;
use merkle::hash::{Hash, leaf_hash};
use merkle::log_tree::{self, LogTreeError, Question, Tiles};

/// Entries read at once.
const CHUNK: u32 = 1_000;

/// Why the log could not be anchored.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The event store could not be read, or an entry is no entry.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// A position is empty although the log goes on after it.
    #[error("the log has no entry at position {position}: restore it")]
    Gap {
        /// The position.
        position: u64,
    },
    /// The stored bytes do not have the stored hash, or are not the entry of their position.
    #[error("the entry at position {position} was changed: restore it from a backup or a tile")]
    Changed {
        /// The position.
        position: u64,
    },
    /// The tiles do not fit the log.
    #[error("the tiles of the log cannot be computed")]
    Tiles(#[from] LogTreeError),
}

/// Leaf hashes of the positions from `from` to `to`, exclusive, each computed from the stored bytes.
pub(crate) async fn leaves<S: EventStore>(
    store: &S,
    from: u64,
    to: u64,
) -> Result<Vec<Hash>, LogError> {
    let mut leaves = Vec::new();
    let mut position = from;
    while position < to {
        let limit = u32::try_from(to - position).unwrap_or(CHUNK).min(CHUNK);
        let entries = store.read(position, limit).await?;
        if entries.is_empty() {
            return Err(LogError::Gap { position });
        }
        for recorded in entries {
            if recorded.position != position {
                return Err(LogError::Gap { position });
            }
            let leaf = leaf_hash(&recorded.entry);
            if leaf != recorded.leaf || recorded.content.seq() != position {
                return Err(LogError::Changed { position });
            }
            leaves.push(leaf);
            position += 1;
        }
    }
    Ok(leaves)
}

/// Whether an open entry of one of these types is among the positions from `from` to `to`, exclusive.
pub(crate) async fn holds_type<S: EventStore>(
    store: &S,
    from: u64,
    to: u64,
    types: &[&str],
) -> Result<bool, LogError> {
    let mut position = from;
    while position < to {
        let limit = u32::try_from(to - position).unwrap_or(CHUNK).min(CHUNK);
        let entries = store.read(position, limit).await?;
        let Some(last) = entries.last() else { return Err(LogError::Gap { position }) };
        position = last.position + 1;
        if entries.iter().any(|recorded| types.contains(&recorded.content.r#type())) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A batch, and the tiles that it makes or changes.
pub(crate) struct Cut {
    pub(crate) head: BatchHead,
    pub(crate) tiles: Tiles,
}

/// Cuts `leaves` off as a batch that starts at `first`; `edge` holds the tiles the log goes on from.
pub(crate) fn cut(
    index: u64,
    first: u64,
    leaves: &[Hash],
    edge: &Tiles,
) -> Result<Cut, LogTreeError> {
    let tiles = log_tree::append(edge, first, leaves)?;
    let mut known = edge.clone();
    known.extend(tiles.clone());
    let count = leaves.len() as u64;
    let log_root = root(first + count, &known)?;
    let tree = BatchTree::from_leaves(leaves)
        .ok_or(LogTreeError::OutOfRange { smaller: first, size: first })?;
    let head = BatchHead { index, first, count, batch_root: tree.root(), log_root };
    Ok(Cut { head, tiles })
}

/// The log root at `size`.
pub(crate) fn root(size: u64, tiles: &Tiles) -> Result<Hash, LogTreeError> {
    let answer = Question::Root { size }.answer(tiles)?;
    answer.first().copied().ok_or(LogTreeError::OutOfRange { smaller: size, size })
}
