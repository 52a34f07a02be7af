//! Why a projection stops, or cannot be read.

use domain::CorruptHistory;
use eventstore::{ReadError, StoreFault};
use ocds::merge::MergeError;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::procedure::OutOfPlace;

/// Why a projection stopped or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// Postgres refused or was not there.
    #[error("the read models' database failed")]
    Database(#[from] tokio_postgres::Error),
    /// No connection could be had.
    #[error("no connection to the read models' database")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The log could not be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// Another runner has taken this generation over.
    #[error("another runner has taken generation {generation} over; this one stops")]
    Fenced {
        /// The generation.
        generation: u64,
    },
    /// The generation is no longer the one that is served.
    #[error("generation {generation} is no longer served")]
    Superseded {
        /// The generation.
        generation: u64,
    },
    /// No generation is served.
    #[error("no generation of the read models is served yet: start a runner, or rebuild")]
    NoGeneration,
    /// The served generation has not got what is asked for: a newer one is being built.
    #[error("the served read models have the shape {found}; {expected} is being built")]
    OlderShape {
        /// The shape that is served.
        found: String,
        /// The shape that this version reads.
        expected: &'static str,
    },
    /// The generation is ahead of the log.
    #[error(
        "the read models are at position {position}, the log ends at {log_size}: the log was set back; \
         drop the read models and rebuild them"
    )]
    AheadOfLog {
        /// Where the read models stand.
        position: u64,
        /// Number of events of the log.
        log_size: u64,
    },
    /// The generation was built from another log.
    #[error(
        "the read models were built from the log {found}, this is {expected}: drop and rebuild them"
    )]
    OtherLog {
        /// Origin they were built from.
        found: String,
        /// Origin of the log.
        expected: String,
    },
    /// An event is missing.
    #[error("the log has no event at position {position}")]
    Gap {
        /// The missing position.
        position: u64,
    },
    /// An event that no version of this code wrote.
    #[error("the event at position {position} cannot be read")]
    CorruptEvent {
        /// Its position.
        position: u64,
        /// What is wrong with it.
        #[source]
        source: CorruptHistory,
    },
    /// A decision about a company that was not registered.
    #[error("the event at position {position} decides on a company that is not there")]
    UnknownCompany {
        /// Position of the event.
        position: u64,
    },
    /// An accreditation of somebody who never applied.
    #[error("the event at position {position} accredits an evaluator that is not there")]
    UnknownEvaluator {
        /// Position of the event.
        position: u64,
    },
    /// An act that speaks of something its process never had.
    #[error("the event at position {position} has no place in {ocid}")]
    OutOfPlace {
        /// The contracting process.
        ocid: String,
        /// Position of the event.
        position: u64,
        /// What is missing.
        #[source]
        source: OutOfPlace,
    },
    /// The bytes of a release are gone.
    #[error("the bytes of release {release_id}, published at position {position}, are not stored")]
    ReleaseMissing {
        /// The release.
        release_id: String,
        /// Position of its `ReleasePublished`.
        position: u64,
    },
    /// The bytes of a release are not those that were published.
    #[error(
        "the stored bytes of release {release_id} have the SHA-256 {actual}, but {recorded} is on the log at \
         position {position}: restore the bytes from a backup"
    )]
    ReleaseHash {
        /// The release.
        release_id: String,
        /// Position of its `ReleasePublished`.
        position: u64,
        /// The hash on the log.
        recorded: String,
        /// The hash of the stored bytes.
        actual: String,
    },
    /// The mapping of today makes another release out of the event than was published.
    #[error(
        "release {release_id} comes out of its event with the SHA-256 {actual}, but {recorded} is on the log \
         at position {position}: the mapping was changed without a new version"
    )]
    ReleaseDiffers {
        /// The release.
        release_id: String,
        /// Position of its `ReleasePublished`.
        position: u64,
        /// The hash on the log.
        recorded: String,
        /// The hash of what the mapping makes.
        actual: String,
    },
    /// A release that was made by a mapping this code does not have.
    #[error("release {release_id} was made by mapping {mapping}, which this version does not have")]
    UnknownMapping {
        /// The release.
        release_id: String,
        /// The recorded version.
        mapping: String,
    },
    /// A `ReleasePublished` whose cause is not on the log or makes no release.
    #[error("the event that release {release_id} was made from is not on the log")]
    NoSource {
        /// The release.
        release_id: String,
        /// The event its `ReleasePublished` names.
        causation: Option<Uuid>,
    },
    /// A release that is no JSON.
    #[error("release {release_id} is no JSON")]
    ReleaseJson {
        /// The release.
        release_id: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A release cannot be merged into its record.
    #[error("release {release_id} cannot be merged into its record")]
    Merge {
        /// The release.
        release_id: String,
        /// Why.
        #[source]
        source: MergeError,
    },
    /// A process has more releases than are merged for one answer.
    #[error("{ocid} has more releases than are merged for one answer")]
    TooManyReleases {
        /// The contracting process.
        ocid: String,
    },
    /// A stored row is not of its shape: somebody else wrote it.
    #[error("a stored row of {table} is not of its shape")]
    Row {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// What was rebuilt is not what is served.
    #[error(
        "rebuilt and served {table} differ: {served_only} rows are served only, {rebuilt_only} rebuilt only; \
         nothing was switched"
    )]
    RebuildDiffers {
        /// The table.
        table: &'static str,
        /// Rows that only the serving generation has.
        served_only: u64,
        /// Rows that only the rebuilt generation has.
        rebuilt_only: u64,
    },
    /// The read models did not reach a position in time.
    #[error("the read models are at position {position}, {wanted} was asked for: ask again later")]
    NotYet {
        /// Where they stand.
        position: u64,
        /// Where they were wanted.
        wanted: u64,
    },
}

impl ProjectionError {
    /// Whether trying again may help without anybody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            // A statement that took too long may have waited for others.
            Self::Database(error) | Self::Log(ReadError::Fault(StoreFault::Database(error))) => {
                eventstore::passes(error) || error.code() == Some(&SqlState::QUERY_CANCELED)
            }
            Self::Pool(_)
            | Self::Log(ReadError::Fault(StoreFault::Pool(_)))
            | Self::Superseded { .. }
            | Self::OlderShape { .. }
            | Self::NotYet { .. } => true,
            _ => false,
        }
    }
}
