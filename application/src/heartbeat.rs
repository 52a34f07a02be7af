//! Heartbeats: after a while in which nothing happened, the log says that nothing happened.
//!
//! Without them a log that was cut off looks like one in which nobody did anything.

use std::future::Future;
use std::time::Duration;

use domain::event::Heartbeat;
use domain::{DomainEvent, Role};
use eventstore::{AppendError, AppendRequest, EventStore, NewEvent, StreamWrite};
use uuid::Uuid;

use crate::accounts::SYSTEM;
use crate::append::{data_of, hand_over};
use crate::outcome::Fault;

/// The stream of all heartbeats.
const STREAM: &str = "heartbeat";
/// The space of heartbeats' command ids: one for each position of the log.
const HEARTBEATS: Uuid = Uuid::from_u128(0x91a5_3f0e_6c1b_4c63_9d0a_52f7_1b0c_8e04);
/// How often the version of the stream is guessed: once wrong, once told, once overtaken.
const ATTEMPTS_MAX: u32 = 3;

/// Appends a heartbeat whenever nothing was appended for `idle`, until `stop` completes.
///
/// A failure is logged and tried again after the next `idle`: a missing heartbeat harms nothing.
pub async fn run(store: &impl EventStore, idle: Duration, stop: impl Future<Output = ()> + Send) {
    let mut announced = store.subscribe();
    tokio::pin!(stop);
    loop {
        announced.borrow_and_update();
        tokio::select! {
            () = &mut stop => return,
            Ok(()) = announced.changed() => {}
            () = tokio::time::sleep(idle) => {
                if let Err(error) = beat(store).await {
                    tracing::warn!(%error, "a heartbeat could not be appended");
                }
            }
        }
    }
}

/// Appends one heartbeat. Two processes that beat at the same position append one.
///
/// # Errors
/// [`Fault`] when the log cannot be read or written.
pub async fn beat(store: &impl EventStore) -> Result<(), Fault> {
    let position = store.head().await?.next_position;
    let mut expected = 0;
    for _ in 0..ATTEMPTS_MAX {
        match hand_over(store, request(position, expected)).await {
            Ok(_) => return Ok(()),
            // The stream is never read: the refusal names its version.
            Err(AppendError::VersionConflict { actual, .. }) => expected = actual,
            Err(other) => return Err(Fault::Append(other)),
        }
    }
    Err(Fault::Contended { attempts: ATTEMPTS_MAX })
}

fn request(position: u64, expected: u64) -> AppendRequest {
    let event = DomainEvent::from(Heartbeat {});
    let command_id = Uuid::new_v5(&HEARTBEATS, &position.to_be_bytes());
    let new_event = NewEvent {
        event_type: event.event_type().to_owned(),
        schema: event.schema_version(),
        actor: Some(merkle::Actor {
            kind: Role::System.actor_kind().to_string(),
            r#ref: SYSTEM.to_string(),
            role: Role::System.to_string(),
        }),
        causation: None,
        rule_set: None,
        data: data_of(&event),
        withheld: Vec::new(),
    };
    AppendRequest {
        command_id,
        body: position.to_be_bytes().to_vec(),
        correlation: command_id,
        writes: vec![StreamWrite {
            stream: STREAM.to_owned(),
            expected,
            events: vec![new_event],
            seal: None,
        }],
        unchanged: Vec::new(),
        not_before: None,
        not_after: None,
        take: Vec::new(),
        release: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eventstore::{Keyring, MemoryKeys, MemoryStore, SystemEntropy};
    use std::sync::Arc;

    fn store() -> MemoryStore {
        let keyring = Keyring::new([7; 32], Arc::new(MemoryKeys::default()));
        MemoryStore::new("log.example/heartbeat", None, keyring, Box::new(SystemEntropy))
    }

    #[tokio::test]
    async fn every_beat_is_an_event_of_one_stream() {
        let store = store();
        for _ in 0..5 {
            beat(&store).await.unwrap();
        }
        let events = store.read_stream(STREAM).await.unwrap();
        assert_eq!(events.len(), 5);
        assert!(events.iter().all(|event| event.content.r#type() == "Heartbeat"));
    }

    #[tokio::test]
    async fn the_same_position_is_beaten_once() {
        let store = store();
        store.append(request(0, 0)).await.unwrap();
        let again = store.append(request(0, 0)).await.unwrap();
        assert!(again.repeated);
    }

    #[tokio::test]
    async fn an_idle_log_beats_until_it_is_told_to_stop() {
        let store = Arc::new(store());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let beating = Arc::clone(&store);
        let task = tokio::spawn(async move {
            run(&*beating, Duration::from_millis(20), async {
                let _ = stopped.await;
            })
            .await;
        });
        store.subscribe().wait_for(|next| *next >= 2).await.unwrap();
        stop.send(()).unwrap();
        task.await.unwrap();
        let beats = store.head().await.unwrap().next_position;
        assert_eq!(store.read_stream(STREAM).await.unwrap().len() as u64, beats);
    }
}
