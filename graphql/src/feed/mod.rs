//! Live feeds: what is new on the log, and what is newly confirmed on the chain.
//!
//! A feed is a position that moves. Nothing is pushed into it: it is woken, reads the next page by position and hands
//! it on as fast as its client takes it. So a client that is slow delays itself only, and one that comes back with the
//! position of the last thing it has misses nothing and gets nothing twice.

mod batches;
mod events;

use std::sync::Arc;

use anchor::reader::Reader as AnchorReader;
use eventstore::PgStore;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

pub(crate) use batches::ConfirmedBatches;
pub(crate) use events::{After, RecordedEvents, StartError, Types};

use crate::state::ServeConfig;

/// Things read at a time; what a client that stands still holds in memory.
const PAGE: u32 = 32;

/// All feeds of this process.
pub(crate) struct Feeds {
    pub(crate) events: Arc<RecordedEvents>,
    pub(crate) batches: Arc<ConfirmedBatches>,
    places: Arc<Semaphore>,
    places_max: u32,
    closing: watch::Sender<bool>,
}

impl Feeds {
    pub(crate) fn new(
        store: Arc<PgStore>,
        anchors: AnchorReader<PgStore>,
        config: &ServeConfig,
    ) -> Self {
        Self {
            events: Arc::new(RecordedEvents::new(store)),
            batches: Arc::new(ConfirmedBatches::new(anchors, config.batch_poll_interval)),
            places: Arc::new(Semaphore::new(config.feeds_max as usize)),
            places_max: config.feeds_max,
            closing: watch::Sender::new(false),
        }
    }

    /// A place for one more feed; `None` when all are taken or the server stops.
    pub(crate) fn open(&self) -> Option<OpenFeed> {
        let closing = self.closing.subscribe();
        if *closing.borrow() {
            return None;
        }
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        metrics::gauge!("feeds_open").increment(1.0);
        Some(OpenFeed { _place: place, closing })
    }

    /// Tells every feed to end, and opens no more.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Waits until every feed has ended.
    pub(crate) async fn closed(&self) {
        // Only a closed semaphore refuses, and nobody closes this one.
        let _ = self.places.acquire_many(self.places_max).await;
    }
}

/// The place of one feed; it is free again when this is dropped.
pub(crate) struct OpenFeed {
    _place: OwnedSemaphorePermit,
    closing: watch::Receiver<bool>,
}

impl OpenFeed {
    /// Completes when the feed has to end.
    pub(crate) fn end(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut closing = self.closing.clone();
        async move {
            // A sender that is gone is an end too.
            let _ = closing.wait_for(|closing| *closing).await;
        }
    }
}

impl Drop for OpenFeed {
    fn drop(&mut self) {
        metrics::gauge!("feeds_open").decrement(1.0);
    }
}
