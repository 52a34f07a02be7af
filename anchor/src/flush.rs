//! Asking for a batch at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Asks the service to close a batch without waiting for count or age, as after a deadline.
#[derive(Debug, Clone, Default)]
pub struct FlushHandle(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    wanted: AtomicBool,
    wake: Notify,
}

impl FlushHandle {
    /// Every entry that is on the log now goes into a batch as soon as the one in flight is in a block.
    pub fn flush(&self) {
        self.0.wanted.store(true, Ordering::Release);
        self.0.wake.notify_one();
    }

    pub(crate) async fn requested(&self) {
        self.0.wake.notified().await;
    }

    pub(crate) fn take(&self) -> bool {
        self.0.wanted.swap(false, Ordering::AcqRel)
    }
}
