//! A log and its memory as a backup had them.

use std::sync::Arc;

use eventstore::PgStore;
use futures::{SinkExt, TryStreamExt};
use private_postgres::TestDatabase;

use super::{connect, log};

/// Another database with the rows of this one that a condition holds for: a backup that was restored.
pub async fn restored(
    from: &TestDatabase,
    entries: i64,
    batches: i64,
) -> (TestDatabase, Arc<PgStore>) {
    let (database, store) = log().await;
    let old = connect(&from.owner_url).await;
    let new = connect(&database.owner_url).await;
    for (table, condition) in [
        ("log.events", format!("position < {entries}")),
        ("log.streams", "true".to_owned()),
        ("anchor.contracts", format!("{batches} > 0")),
        ("anchor.batches", format!("batch_index < {batches}")),
        ("anchor.tiles", "false".to_owned()),
    ] {
        let out = old
            .copy_out(&format!("COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT BINARY"))
            .await
            .unwrap();
        let rows: Vec<_> = out.try_collect().await.unwrap();
        let sink = new.copy_in(&format!("COPY {table} FROM STDIN BINARY")).await.unwrap();
        let mut sink = std::pin::pin!(sink);
        for row in rows {
            sink.send(row).await.unwrap();
        }
        sink.finish().await.unwrap();
    }
    new.execute("UPDATE log.head SET next_position = $1", &[&entries]).await.unwrap();
    (database, store)
}
