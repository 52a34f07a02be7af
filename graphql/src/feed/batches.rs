//! The feed of confirmed batches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anchor::BatchState;
use anchor::reader::{BatchView, Reader, ReaderError};
use eventstore::PgStore;
use futures::stream::{self, Stream};
use tokio::sync::Mutex;

use super::{After, PAGE};

/// The batches as feeds read them.
///
/// The anchor service is a process of its own and wakes nobody here, so the end of what is confirmed is asked for at
/// an interval: once for all feeds, and never while there are none.
pub(crate) struct ConfirmedBatches {
    anchors: Reader<PgStore>,
    poll_interval: Duration,
    /// First position of the newest confirmed batch, and when it was asked for. Held while it is asked for again.
    newest: Mutex<Option<(Instant, Option<u64>)>>,
}

impl ConfirmedBatches {
    pub(super) fn new(anchors: Reader<PgStore>, poll_interval: Duration) -> Self {
        Self { anchors, poll_interval, newest: Mutex::default() }
    }

    /// Every batch that begins behind what the client has, once it is confirmed, in the order of the log, without an
    /// end.
    pub(crate) fn follow(
        self: Arc<Self>,
        after: After,
    ) -> impl Stream<Item = Result<BatchView, ReaderError>> + Send + 'static {
        let (after, is_placed) = match after {
            After::Now => (None, false),
            After::Nothing => (None, true),
            After::Position(after) => (Some(after), true),
        };
        let follower = Follower { after, is_placed, page: VecDeque::new() };
        stream::try_unfold((self, follower), |(batches, mut follower)| async move {
            let batch = follower.next(&batches).await?;
            Ok(Some((batch, (batches, follower))))
        })
    }

    /// What a client has that wants only what is confirmed from now on.
    pub(crate) async fn now(&self) -> Result<After, ReaderError> {
        let newest = self.anchors.newest_confirmed().await?;
        Ok(newest.map_or(After::Nothing, After::Position))
    }

    async fn newest(&self) -> Result<Option<u64>, ReaderError> {
        let mut newest = self.newest.lock().await;
        if let Some((asked_at, first)) = *newest
            && asked_at.elapsed() < self.poll_interval
        {
            return Ok(first);
        }
        let first = self.anchors.newest_confirmed().await?;
        *newest = Some((Instant::now(), first));
        Ok(first)
    }
}

/// One feed.
struct Follower {
    /// First position of the last batch the client has.
    after: Option<u64>,
    /// Whether `after` says where the feed begins.
    is_placed: bool,
    page: VecDeque<BatchView>,
}

impl Follower {
    async fn next(&mut self, batches: &ConfirmedBatches) -> Result<BatchView, ReaderError> {
        if !self.is_placed {
            self.after = batches.anchors.newest_confirmed().await?;
            self.is_placed = true;
        }
        loop {
            if let Some(batch) = self.page.pop_front() {
                self.after = Some(batch.first);
                return Ok(batch);
            }
            if batches.newest().await? > self.after {
                let from = self.after.map_or(0, |after| after + 1);
                let page = batches.anchors.batches(from, PAGE).await?;
                let is_confirmed = |batch: &BatchView| batch.state == BatchState::Confirmed;
                self.page = page.into_iter().take_while(is_confirmed).collect();
            }
            if self.page.is_empty() {
                tokio::time::sleep(batches.poll_interval).await;
            }
        }
    }
}
