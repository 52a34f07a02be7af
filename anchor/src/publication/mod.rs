//! The log as static files (C2SP tlog-tiles): what is in a folder or a bucket needs no server of
//! ours to be read, and no trust to be believed.
//!
//! Tiles never change under their names and are written first; the checkpoint that covers them is
//! written last. *A crash in between leaves tiles that no checkpoint covers yet; the next run
//! writes the same bytes again and goes on.* A place that holds another log, or a longer one, is
//! left as it is.

mod bucket;
mod folder;

use eventstore::EventStore;
use merkle::TreeHead;
use merkle::hash::{self, Hash};
use merkle::tile_path::TilePath;

pub use bucket::{Bucket, BucketAddress, BucketError};
pub use folder::{Folder, FolderError};

use crate::reader::{Reader, ReaderError};

const CHECKPOINT: &str = "checkpoint";
/// The longest checkpoint that is read back, in bytes.
const NOTE_BYTES_MAX: usize = 64 * 1024;

/// Where a log is published.
pub trait Place: Send + Sync {
    /// Why it cannot be read or written.
    type Error: std::error::Error + Send + Sync + 'static;

    /// What is at `name`, if it is at most `bytes_max` long; `None` if there is nothing.
    fn read(
        &self,
        name: &str,
        bytes_max: usize,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, Self::Error>> + Send;

    /// Puts `content` there, whole or not at all, and returns once it is durable. What `changes`
    /// may be cached for a moment only.
    fn write(
        &self,
        name: &str,
        content: Vec<u8>,
        changes: bool,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// What a run published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Entries that were there before.
    pub before: u64,
    /// Entries that are there now.
    pub size: u64,
    /// Files that were written, the checkpoint not counted.
    pub tiles: usize,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError<E: std::error::Error + 'static> {
    /// Nothing is batched yet.
    #[error("nothing is batched yet: publish again in a moment")]
    NothingYet,
    /// The log could not be read.
    #[error("reading the log")]
    Read(#[source] ReaderError),
    /// The place could not be read or written.
    #[error("publishing")]
    Place(#[source] E),
    /// What the place has as its checkpoint is none.
    #[error(
        "what is published as checkpoint is none: see what it is, and empty the place or name another"
    )]
    NotACheckpoint,
    /// The place has a log that this one does not extend.
    #[error(
        "what is published is another log, or one that was rewritten: at size {size} its root is {}, ours {}; nothing was changed",
        hash::to_hex(.published),
        hash::to_hex(.ours)
    )]
    OtherLog {
        /// The size of what is published.
        size: u64,
        /// Its root.
        published: Hash,
        /// Ours at that size.
        ours: Hash,
    },
    /// The place has more than we have.
    #[error(
        "{published} entries are published, this log has {ours}: it is a copy that is behind, say a restored backup; nothing was changed"
    )]
    Longer {
        /// The size of what is published.
        published: u64,
        /// Ours.
        ours: u64,
    },
    /// A tile that the checkpoint covers is not in the memory of the anchor.
    #[error("the tile {0} is missing, although the checkpoint covers it")]
    Missing(TilePath),
}

/// Publishes what is new of the log since the last run.
///
/// # Errors
/// See [`PublishError`]; what was there before stays readable.
pub async fn publish<S: EventStore, P: Place>(
    reader: &Reader<S>,
    place: &P,
) -> Result<Published, PublishError<P::Error>> {
    let note = reader.checkpoint().await.map_err(PublishError::Read)?;
    let note = note.ok_or(PublishError::NothingYet)?;
    let ours = TreeHead::of_note(note.as_bytes()).ok_or(PublishError::NotACheckpoint)?;
    let published = place.read(CHECKPOINT, NOTE_BYTES_MAX).await.map_err(PublishError::Place)?;
    let before = match &published {
        None => 0,
        Some(bytes) => extended(reader, bytes, &ours).await?,
    };
    let tiles = TilePath::between(before, ours.size);
    for tile in &tiles {
        let content = match *tile {
            TilePath::Hashes { level, index, width } => reader.tile(level, index, width).await,
            TilePath::Entries { index, width } => reader.entries_tile(index, width).await,
        };
        let content = content.map_err(PublishError::Read)?.ok_or(PublishError::Missing(*tile))?;
        let name = format!("tile/{tile}");
        place.write(&name, content, false).await.map_err(PublishError::Place)?;
    }
    // Also when only witnesses have signed since.
    if published.as_deref() != Some(note.as_bytes()) {
        let written = place.write(CHECKPOINT, note.into_bytes(), true).await;
        written.map_err(PublishError::Place)?;
    }
    Ok(Published { before, size: ours.size, tiles: tiles.len() })
}

/// The size of what is published, if our log extends it.
async fn extended<S: EventStore, E: std::error::Error + 'static>(
    reader: &Reader<S>,
    published: &[u8],
    ours: &TreeHead,
) -> Result<u64, PublishError<E>> {
    let published = TreeHead::of_note(published);
    let published = published.ok_or(PublishError::NotACheckpoint)?;
    if published.size > ours.size {
        return Err(PublishError::Longer { published: published.size, ours: ours.size });
    }
    let root = reader.root(published.size).await.map_err(PublishError::Read)?;
    if published.origin != ours.origin || root != published.root {
        let (size, published) = (published.size, published.root);
        return Err(PublishError::OtherLog { size, published, ours: root });
    }
    Ok(published.size)
}
