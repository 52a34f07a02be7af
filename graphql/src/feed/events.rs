//! The feed of recorded events.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::DomainEvent;
use domain::rejection::InputRejection;
use eventstore::{EventStore as _, PgStore, ReadError, Recorded};
use futures::stream::{self, Stream};
use tokio::sync::{Mutex, Semaphore, watch};

use super::PAGE;
use crate::schema::Position;

/// Events that feeds at the end of the log share, so that one commit costs one read and not one a feed.
const RECENT_MAX: usize = 256;
/// Feeds that read the past at a time: commands need connections too.
const PAST_READERS: usize = 2;
/// The type of an entry that shows its place and time only.
const SEALED: &str = "Sealed";

/// Which types of events a feed is about.
#[derive(Debug, Clone)]
pub(crate) struct Types(Option<Vec<String>>);

impl Types {
    /// Reads names of types; `None` are all of them. A name that no event ever has is refused, for it would wait for
    /// ever.
    pub(crate) fn read(names: Option<Vec<String>>, field: &str) -> Result<Self, InputRejection> {
        let is_type = |name: &String| {
            name == SEALED || DomainEvent::TYPES.iter().any(|(known, _)| known == name)
        };
        match names {
            None => Ok(Self(None)),
            Some(names) if names.is_empty() => {
                Err(InputRejection::Empty { field: field.to_owned() })
            }
            Some(names) if names.iter().all(is_type) => Ok(Self(Some(names))),
            Some(_) => Err(InputRejection::Format {
                field: field.to_owned(),
                expected: "nombres de tipos de evento, como TenderPublished",
            }),
        }
    }

    fn hold(&self, recorded: &Recorded) -> bool {
        let found = recorded.content.r#type();
        self.0.as_ref().is_none_or(|names| names.iter().any(|name| name == found))
    }
}

/// What a client has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// All there is: it wants what comes from now on.
    Now,
    /// Nothing, written `-1`: it wants everything.
    Nothing,
    /// Everything up to this position.
    Position(u64),
}

impl After {
    /// Everything before the position `end`.
    pub(crate) fn up_to(end: u64) -> Self {
        end.checked_sub(1).map_or(Self::Nothing, Self::Position)
    }

    /// Reads what a client says; `None` is [`After::Now`].
    pub(crate) fn read(text: Option<&str>, field: &str) -> Result<Self, InputRejection> {
        match text {
            None => Ok(Self::Now),
            Some("-1") => Ok(Self::Nothing),
            Some(text) => Position(text.to_owned()).read(field).map(Self::Position),
        }
    }
}

/// As a client says it.
impl std::fmt::Display for After {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Now => Ok(()),
            Self::Nothing => f.write_str("-1"),
            Self::Position(position) => position.fmt(f),
        }
    }
}

/// Why a feed does not begin where it was asked to.
#[derive(Debug)]
pub(crate) enum StartError {
    /// No such event yet: whoever has it has it from another log, or from before this one was set back.
    Ahead(InputRejection),
    /// The log could not be asked.
    Read(ReadError),
}

/// The log as feeds read it.
pub(crate) struct RecordedEvents {
    store: Arc<PgStore>,
    /// The newest events, without a gap. Held while more of them are read: whoever waits finds them.
    recent: Mutex<VecDeque<Arc<Recorded>>>,
    past: Semaphore,
}

impl RecordedEvents {
    pub(super) fn new(store: Arc<PgStore>) -> Self {
        Self { store, recent: Mutex::default(), past: Semaphore::new(PAST_READERS) }
    }

    /// Position of the first event that a client does not have.
    pub(crate) async fn start(&self, after: After, field: &str) -> Result<u64, StartError> {
        let announced = *self.store.subscribe().borrow();
        let after = match after {
            After::Now => return Ok(announced),
            After::Nothing => return Ok(0),
            After::Position(after) => after,
        };
        if after < announced {
            return Ok(after + 1);
        }
        // Another process may have recorded it, and this one not have heard of it yet.
        let end = self.store.head().await.map_err(StartError::Read)?.next_position;
        if after < end {
            return Ok(after + 1);
        }
        let (field, max) = (field.to_owned(), end.saturating_sub(1));
        Err(StartError::Ahead(InputRejection::OutOfRange { field, min: 0, max }))
    }

    /// Every event from position `from` on that is of one of `types`, as it is recorded, without an end.
    pub(crate) fn follow(
        self: Arc<Self>,
        from: u64,
        types: Types,
    ) -> impl Stream<Item = Result<Arc<Recorded>, ReadError>> + Send + 'static {
        let announced = self.store.subscribe();
        let follower = Follower { events: self, announced, types, from, page: VecDeque::new() };
        stream::try_unfold(follower, Follower::next)
    }

    /// The events from `from` on, as many as a page holds; `end` is the position behind the last one.
    async fn page(&self, from: u64, end: u64) -> Result<VecDeque<Arc<Recorded>>, ReadError> {
        if end.saturating_sub(from) <= RECENT_MAX as u64
            && let Some(page) = self.recent_page(from).await?
        {
            return Ok(page);
        }
        let _turn = self.past.acquire().await;
        Ok(self.store.read(from, PAGE).await?.into_iter().map(Arc::new).collect())
    }

    /// `None` when `from` lies before what is remembered.
    async fn recent_page(&self, from: u64) -> Result<Option<VecDeque<Arc<Recorded>>>, ReadError> {
        let mut recent = self.recent.lock().await;
        let first = recent.front().map_or(from, |event| event.position);
        if from < first {
            return Ok(None);
        }
        let behind_last = recent.back().map_or(from, |event| event.position + 1);
        if from >= behind_last {
            if from > behind_last {
                // Nobody followed for a while: what is remembered does not reach up to here.
                recent.clear();
            }
            recent.extend(self.store.read(from, PAGE).await?.into_iter().map(Arc::new));
            let surplus = recent.len().saturating_sub(RECENT_MAX);
            recent.drain(..surplus);
        }
        let known = recent.iter().skip_while(|event| event.position < from);
        Ok(Some(known.take(PAGE as usize).cloned().collect()))
    }
}

/// One feed.
struct Follower {
    events: Arc<RecordedEvents>,
    announced: watch::Receiver<u64>,
    types: Types,
    /// Position of the next event to look at.
    from: u64,
    page: VecDeque<Arc<Recorded>>,
}

impl Follower {
    async fn next(mut self) -> Result<Option<(Arc<Recorded>, Self)>, ReadError> {
        loop {
            while let Some(event) = self.page.pop_front() {
                self.from = event.position + 1;
                if self.types.hold(&event) {
                    return Ok(Some((event, self)));
                }
            }
            let from = self.from;
            let announced = self.announced.wait_for(|end| *end > from).await.map(|end| *end);
            // The store is gone, or the log ends before what it announced: the client asks again, and is told.
            let Ok(end) = announced else { return Ok(None) };
            self.page = self.events.page(from, end).await?;
            if self.page.is_empty() {
                return Ok(None);
            }
        }
    }
}
