//! `eventually-core`'s `EventStore` over any store of ours, behind the feature `eventually`.
//!
//! With it an [`Aggregate`](eventually_core::aggregate::Aggregate) and its
//! [`Repository`](eventually_core::repository::Repository) run on [`PgStore`](crate::PgStore) or
//! [`MemoryStore`](crate::MemoryStore) as they are. Three things differ from what that trait allows: nothing is ever
//! removed, a sealed stream is no aggregate's, and a log that outgrows the trait's 32-bit sequence numbers is
//! an error instead of a number that wraps.

use std::sync::Arc;
use std::time::Duration;

use eventually_core::store::{self as core, EventStream, Expected, Persisted, Select};
use futures::future::BoxFuture;
use futures::stream::{self, Stream, StreamExt as _};
use merkle::Envelope;

use crate::{
    AppendError, AppendRequest, Appended, Entropy, EventStore, NewEvent, ReadError, Recorded,
    StreamWrite, SystemEntropy,
};

/// Events read at a time.
const PAGE: u32 = 500;
/// How often an append that expects no version is tried when others were faster.
const ATTEMPTS_MAX: u32 = 16;
/// How often a request is handed over while nobody knows whether it was appended.
const UNAVAILABLE_TRIES: u32 = 3;
const UNAVAILABLE_PAUSE: Duration = Duration::from_millis(200);

/// How the events of one kind of aggregate stand on the log.
pub trait Codec: Clone + Send + Sync + 'static {
    /// Names an aggregate.
    type SourceId: Eq + Send + Sync;
    /// What happened to it.
    type Event: Send;
    /// Why a recorded event is none of these.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The stream of an aggregate.
    fn stream(&self, source: &Self::SourceId) -> String;

    /// The aggregate of a stream; `None` for a stream of something else.
    fn source(&self, stream: &str) -> Option<Self::SourceId>;

    /// The event as it is to be recorded, with who acted.
    fn encode(&self, event: Self::Event) -> NewEvent;

    /// The event that was recorded.
    ///
    /// # Errors
    /// When the type, its version or its members are none of this aggregate's.
    fn decode(&self, recorded: &Envelope) -> Result<Self::Event, Self::Error>;
}

/// A store of ours in the shape of `eventually-core`'s. Cheap to clone.
#[derive(Debug)]
pub struct AggregateStore<S, C> {
    store: Arc<S>,
    codec: C,
}

impl<S, C: Clone> Clone for AggregateStore<S, C> {
    fn clone(&self) -> Self {
        Self { store: Arc::clone(&self.store), codec: self.codec.clone() }
    }
}

/// Why a store of aggregates did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum AggregateStoreError<E: std::error::Error + 'static> {
    /// Nothing was appended, or for [`AppendError::Unavailable`] nobody knows: load the aggregate and look.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Nothing was read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A recorded event is none of the aggregate's.
    #[error("the event at position {position} is none of this aggregate's")]
    Decode {
        /// Its position.
        position: u64,
        /// What is wrong with it.
        #[source]
        source: E,
    },
    /// An aggregate's stream is open, and this one is sealed.
    #[error("the event at position {position} is sealed, which no aggregate's is")]
    Sealed {
        /// Its position.
        position: u64,
    },
    /// A version or a sequence number does not fit into the 32 bits that `eventually-core` has for it.
    #[error("{number} does not fit into 32 bits")]
    TooLarge {
        /// The number.
        number: u64,
    },
    /// Others were faster each time.
    #[error("the stream was written by others {attempts} times in a row")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// The log is append-only: nothing is removed.
    #[error("the log is append-only: nothing is removed")]
    AppendOnly,
}

impl<E: std::error::Error + 'static> core::AppendError for AggregateStoreError<E> {
    fn is_conflict_error(&self) -> bool {
        matches!(self, Self::Append(AppendError::VersionConflict { .. }) | Self::Contended { .. })
    }
}

type Failure<C> = AggregateStoreError<<C as Codec>::Error>;
type Found<C> = Persisted<<C as Codec>::SourceId, <C as Codec>::Event>;

impl<S: EventStore, C: Codec> AggregateStore<S, C> {
    /// Keeps the aggregates that `codec` knows in `store`.
    #[must_use]
    pub fn new(store: Arc<S>, codec: C) -> Self {
        Self { store, codec }
    }

    async fn version(&self, stream: &str) -> Result<u64, Failure<C>> {
        // A stream's versions are dense from 1.
        Ok(self.store.read_stream(stream).await?.len() as u64)
    }

    async fn append_to(
        &self,
        stream: String,
        expected: Expected,
        events: Vec<C::Event>,
    ) -> Result<u32, Failure<C>> {
        let events: Vec<NewEvent> =
            events.into_iter().map(|event| self.codec.encode(event)).collect();
        let Expected::Exact(version) = expected else {
            return self.append_anyhow(stream, events).await;
        };
        let expected = u64::from(version);
        if events.is_empty() {
            let actual = self.version(&stream).await?;
            return if actual == expected {
                Ok(version)
            } else {
                Err(AppendError::VersionConflict { stream, expected, actual }.into())
            };
        }
        self.append_at(&stream, expected, events).await
    }

    /// Where it expects nothing, the version that the stream happens to have is expected.
    async fn append_anyhow(
        &self,
        stream: String,
        events: Vec<NewEvent>,
    ) -> Result<u32, Failure<C>> {
        let mut expected = self.version(&stream).await?;
        if events.is_empty() {
            return narrow(expected);
        }
        for _ in 0..ATTEMPTS_MAX {
            match self.append_at(&stream, expected, events.clone()).await {
                Err(AggregateStoreError::Append(AppendError::VersionConflict {
                    actual, ..
                })) => expected = actual,
                answer => return answer,
            }
        }
        Err(AggregateStoreError::Contended { attempts: ATTEMPTS_MAX })
    }

    /// Appends and answers the version the stream then has.
    async fn append_at(
        &self,
        stream: &str,
        expected: u64,
        events: Vec<NewEvent>,
    ) -> Result<u32, Failure<C>> {
        let version = narrow(expected + events.len() as u64)?;
        let command_id = SystemEntropy.event_id(0);
        let request = AppendRequest {
            command_id,
            body: command_id.as_bytes().to_vec(),
            correlation: command_id,
            writes: vec![StreamWrite { stream: stream.to_owned(), expected, events, seal: None }],
            unchanged: Vec::new(),
            not_before: None,
            not_after: None,
            take: Vec::new(),
            release: Vec::new(),
        };
        self.hand_over(request).await?;
        Ok(version)
    }

    /// The same command id each time: nothing is appended twice.
    async fn hand_over(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        for _ in 1..UNAVAILABLE_TRIES {
            match self.store.append(request.clone()).await {
                Err(AppendError::Unavailable(_)) => tokio::time::sleep(UNAVAILABLE_PAUSE).await,
                answer => return answer,
            }
        }
        self.store.append(request).await
    }

    /// `None` for what is on the log but of no aggregate of this kind.
    fn persisted(&self, recorded: &Recorded) -> Option<Result<Found<C>, Failure<C>>> {
        let envelope = recorded.open()?;
        let source = self.codec.source(&envelope.stream)?;
        Some(self.decode(source, envelope))
    }

    fn decode(&self, source: C::SourceId, envelope: &Envelope) -> Result<Found<C>, Failure<C>> {
        let position = envelope.seq;
        let event = self
            .codec
            .decode(envelope)
            .map_err(|source| AggregateStoreError::Decode { position, source })?;
        let (version, sequence_number) = (narrow(envelope.ver)?, narrow(position)?);
        Ok(Persisted::from(source, event).version(version).sequence_number(sequence_number))
    }

    fn pages(&self, from: u64) -> impl Stream<Item = Result<Vec<Recorded>, ReadError>> {
        stream::try_unfold(from, move |from| async move {
            let page = self.store.read(from, PAGE).await?;
            let next = page.last().map_or(from, |last| last.position + 1);
            Ok((!page.is_empty()).then_some((page, next)))
        })
    }
}

impl<S: EventStore, C: Codec> core::EventStore for AggregateStore<S, C> {
    type SourceId = C::SourceId;
    type Event = C::Event;
    type Error = Failure<C>;

    fn append(
        &mut self,
        source_id: C::SourceId,
        version: Expected,
        events: Vec<C::Event>,
    ) -> BoxFuture<'_, Result<u32, Self::Error>> {
        Box::pin(self.append_to(self.codec.stream(&source_id), version, events))
    }

    fn stream(
        &self,
        source_id: C::SourceId,
        select: Select,
    ) -> BoxFuture<'_, Result<EventStream<'_, Self>, Self::Error>> {
        Box::pin(async move {
            let recorded = self.store.read_stream(&self.codec.stream(&source_id)).await?;
            // A stream's versions are dense from 1.
            let selected =
                (1..).zip(recorded).filter(move |(version, _)| *version >= first(select));
            let ours = selected.filter_map(|(_, it)| {
                let position = it.position;
                if it.is_sealed() {
                    return Some(Err(AggregateStoreError::Sealed { position }));
                }
                self.persisted(&it)
            });
            Ok(stream::iter(ours.collect::<Vec<_>>()).boxed())
        })
    }

    fn stream_all(
        &self,
        select: Select,
    ) -> BoxFuture<'_, Result<EventStream<'_, Self>, Self::Error>> {
        Box::pin(async move {
            let ours = self.pages(first(select)).map(|page| match page {
                Ok(page) => page.iter().filter_map(|it| self.persisted(it)).collect(),
                Err(error) => vec![Err(error.into())],
            });
            let ours = ours.flat_map(stream::iter);
            Ok(ours.boxed())
        })
    }

    /// Always [`AggregateStoreError::AppendOnly`].
    fn remove(&mut self, _: C::SourceId) -> BoxFuture<'_, Result<(), Self::Error>> {
        Box::pin(async { Err(AggregateStoreError::AppendOnly) })
    }
}

/// The first version or sequence number that is selected.
fn first(select: Select) -> u64 {
    match select {
        Select::All => 0,
        Select::From(first) => u64::from(first),
    }
}

fn narrow<E: std::error::Error>(number: u64) -> Result<u32, AggregateStoreError<E>> {
    u32::try_from(number).map_err(|_| AggregateStoreError::TooLarge { number })
}
