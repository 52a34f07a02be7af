//! How a command ends: accepted, rejected, or with a fault.

use domain::event::CorruptHistory;
use domain::id::InvalidId;
use domain::{Ocid, Refusal};
use eventstore::{AppendError, ClockError, KeysError, ReadError, Recorded};
use uuid::Uuid;

use crate::panel::BeaconError;
use crate::receipts::SignedReceipt;

/// A command that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The id the caller chose.
    pub command_id: Uuid,
    /// What was recorded; empty when a draft was moved.
    pub events: Vec<EventRef>,
    /// What it is about: unit key, item code, or the id of what was made or changed.
    pub subject: String,
    /// The contracting process, once there is one.
    pub ocid: Option<Ocid>,
    /// Read models that have applied this many events show what the command did.
    pub min_position: u64,
    /// The receipt of the first event; `None` when a draft was moved.
    pub receipt: Option<SignedReceipt>,
}

/// A recorded event, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRef {
    /// Its id.
    pub id: Uuid,
    /// Its place in the log.
    pub position: u64,
    /// Its type; `Sealed` for a sealed entry.
    pub event_type: String,
    /// Its stream; `None` for a sealed entry.
    pub stream: Option<String>,
}

impl From<&Recorded> for EventRef {
    fn from(recorded: &Recorded) -> Self {
        Self {
            id: recorded.id(),
            position: recorded.position,
            event_type: recorded.content.r#type().to_owned(),
            stream: recorded.open().map(|envelope| envelope.stream.clone()),
        }
    }
}

/// The business "no", ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("rejected: {code}")]
pub struct Rejection {
    /// A stable slug.
    pub code: &'static str,
    /// What is wrong and what to do, in Spanish.
    pub message_es: String,
    /// The input member to correct.
    pub field: Option<String>,
    /// What was compared.
    pub details: Vec<(String, String)>,
}

impl Rejection {
    pub(crate) fn of(refusal: &impl Refusal) -> Self {
        Self {
            code: refusal.code(),
            message_es: refusal.message_es(),
            field: refusal.field(),
            details: refusal
                .details()
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        }
    }

    pub(crate) fn plain(code: &'static str, message_es: &str, field: Option<&str>) -> Self {
        Self {
            code,
            message_es: message_es.to_owned(),
            field: field.map(str::to_owned),
            details: Vec::new(),
        }
    }

    pub(crate) fn command_reused() -> Self {
        Self::plain(
            "command-id-reused",
            "Este identificador de comando ya se usó con otro contenido: genere uno nuevo y envíe \
             de nuevo.",
            Some("commandId"),
        )
    }
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// A rule says no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Something is broken.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Something is broken; the caller may repeat the command with the same id.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The log could not be written.
    #[error("the log could not be written")]
    Append(#[source] AppendError),
    /// The log could not be read.
    #[error("the log could not be read")]
    Read(#[from] ReadError),
    /// The business clock could not be moved.
    #[error("the business clock could not be moved")]
    Clock(#[source] ClockError),
    /// Postgres refused or was not there.
    #[error("the application's database failed")]
    Database(#[from] tokio_postgres::Error),
    /// No connection could be had.
    #[error("no connection to the application's database")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// History that no version of this code could have written.
    #[error("the log holds history that cannot be")]
    History(#[from] CorruptHistory),
    /// A document could not be encrypted or decrypted.
    #[error("a document's key cannot be used")]
    Keys(#[source] KeysError),
    /// The block that anchors an event could not be looked up.
    #[error(transparent)]
    Beacon(#[from] BeaconError),
    /// A stored identifier or instant is not of its shape.
    #[error("a stored {0} is not of its shape")]
    Stored(&'static str),
    /// An ocid could not be minted.
    #[error("an ocid could not be minted")]
    Ocid(#[source] InvalidId),
    /// A stored draft cannot be read.
    #[error("a stored draft cannot be read")]
    Draft(#[source] serde_json::Error),
    /// Others kept writing the same streams.
    #[error("gave up after {attempts} attempts against others' writes")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// A password could not be hashed.
    #[error("a password could not be hashed")]
    Password,
    /// A release would be different from the one that was published.
    #[error("release {release_id} would not have the bytes that were published")]
    Diverged {
        /// Which.
        release_id: String,
    },
}

impl Fault {
    /// A stable slug for problem documents.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Append(AppendError::Unavailable(_)) | Self::Pool(_) => "unavailable",
            Self::Contended { .. } => "contended",
            Self::History(_) | Self::Stored(_) | Self::Diverged { .. } => "corrupt-history",
            Self::Append(_)
            | Self::Read(_)
            | Self::Clock(_)
            | Self::Database(_)
            | Self::Ocid(_)
            | Self::Draft(_)
            | Self::Keys(_)
            | Self::Beacon(_)
            | Self::Password => "internal",
        }
    }
}

/// Turns a domain refusal into the answer.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it ends a `map_err`, which hands over the value"
)]
pub(crate) fn rejected(refusal: impl Refusal) -> ExecuteError {
    ExecuteError::Rejected(Rejection::of(&refusal))
}

macro_rules! faults {
    ($($cause:ty),+) => {
        $(impl From<$cause> for ExecuteError {
            fn from(cause: $cause) -> Self {
                Self::Fault(cause.into())
            }
        })+
    };
}
faults!(ReadError, tokio_postgres::Error, deadpool_postgres::PoolError, CorruptHistory);
