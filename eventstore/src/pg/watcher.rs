//! Wakes this process's readers when any process has appended.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use tokio::sync::watch;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

/// How long a lost notification, or a log without `NOTIFY`, can delay a reader.
const POLL: Duration = Duration::from_millis(500);

/// Name of the channel: one `NOTIFY` a batch, for one an event undoes the group commit.
pub(super) const CHANNEL: &str = "smart_tenders_log";

/// Runs until nobody receives any more; connects again whenever the connection is lost.
pub(super) async fn run(config: Config, announce: Arc<watch::Sender<u64>>) {
    while !announce.is_closed() {
        if let Err(error) = follow(&config, &announce).await {
            tracing::warn!(%error, "the log's watcher lost its connection and tries again");
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn follow(
    config: &Config,
    announce: &watch::Sender<u64>,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(NoTls).await?;
    let (wake, mut woken) = tokio::sync::mpsc::channel::<()>(1);
    let mut messages = futures::stream::poll_fn(move |context| connection.poll_message(context));
    // The connection only moves while it is polled, so it is polled by a task of its own.
    let pump = tokio::spawn(async move {
        while let Some(message) = messages.next().await {
            if matches!(message?, AsyncMessage::Notification(_)) {
                // A full channel means that a wake-up is on its way already.
                let _ = wake.try_send(());
            }
        }
        Ok::<(), tokio_postgres::Error>(())
    });
    client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
    while !announce.is_closed() {
        publish(next_position(&client).await?, announce);
        if let Ok(None) = tokio::time::timeout(POLL, woken.recv()).await {
            break;
        }
    }
    drop(client);
    pump.await.unwrap_or(Ok(()))
}

async fn next_position(client: &Client) -> Result<u64, tokio_postgres::Error> {
    let row = client.query_one("SELECT next_position FROM log.head WHERE id = 1", &[]).await?;
    Ok(row.get::<_, i64>("next_position").unsigned_abs())
}

/// Never backwards: the writer of this process may have announced a later batch already.
pub(super) fn publish(next_position: u64, announce: &watch::Sender<u64>) {
    announce.send_if_modified(|current| {
        let later = next_position > *current;
        if later {
            *current = next_position;
        }
        later
    });
}
