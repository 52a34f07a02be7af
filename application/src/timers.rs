//! Timers: what happens because an hour has come. Nobody asks for it. Guards look at the clock and not at timers, but
//! for one: nothing is opened before receipt is closed on the log.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use domain::{Actor, DomainEvent, Role, TenderId, Timestamp};
use eventstore::EventStore;
use uuid::Uuid;

use crate::accounts::SYSTEM;
use crate::append::{By, Decision, NotAppended, append};
use crate::execute::{ATTEMPTS_MAX, Application};
use crate::history::domain_event;
use crate::outcome::{ExecuteError, Fault};

/// The space of timers' command ids: one for each tender and hour.
const TIMERS: Uuid = Uuid::from_u128(0x91a5_3f0e_6c1b_4c63_9d0a_52f7_1b0c_8e05);
/// Entries read at a time.
const READ_MAX: u32 = 500;
/// The clock is looked at this often.
const POLL: Duration = Duration::from_millis(500);

/// What a timer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hour {
    /// Receipt ends.
    ReceiptEnd,
    /// The time to reveal ends.
    RevealEnd,
}

/// How a timer ended.
enum Fired {
    /// There is nothing more to do.
    Done,
    /// It is asked again.
    TooEarly,
}

/// The refusals of an hour that has not come.
const TOO_EARLY: [&str; 2] = ["receipt-open", "reveal-open"];

/// A timer that has not run yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Timestamp,
    hour: Hour,
    tender_id: TenderId,
}

/// The timers of all tenders. They are in the log: whoever starts anew reads it again and finds the same.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    next_position: u64,
    due: BTreeSet<Due>,
}

impl Timers {
    /// Takes over what was recorded since.
    async fn follow(&mut self, store: &impl EventStore) -> Result<(), Fault> {
        loop {
            let page = store.read(self.next_position, READ_MAX).await?;
            let Some(last) = page.last() else { return Ok(()) };
            for recorded in &page {
                if let Some(event) = domain_event(recorded)? {
                    self.note(&event);
                }
            }
            self.next_position = last.position + 1;
        }
    }

    fn note(&mut self, event: &DomainEvent) {
        match event {
            DomainEvent::TenderPublished(call) => {
                let (tender_id, schedule) = (call.tender_id, &call.schedule);
                let (receipt, reveal) = (schedule.receipt_end, schedule.reveal_end);
                self.due.insert(Due { at: receipt, hour: Hour::ReceiptEnd, tender_id });
                self.due.insert(Due { at: reveal, hour: Hour::RevealEnd, tender_id });
            }
            DomainEvent::ReceiptClosed(event) => self.done(event.tender_id, Hour::ReceiptEnd),
            DomainEvent::BallotMissed(event) => self.done(event.tender_id, Hour::RevealEnd),
            // Whoever starts anew need not look again at what ended long ago.
            DomainEvent::AwardIssued(event) => self.done(event.tender_id, Hour::RevealEnd),
            DomainEvent::TenderDeserted(event) => self.done(event.tender_id, Hour::RevealEnd),
            _ => {}
        }
    }

    fn done(&mut self, tender_id: TenderId, hour: Hour) {
        self.due.retain(|due| due.tender_id != tender_id || due.hour != hour);
    }
}

impl<S: EventStore> Application<S> {
    /// Runs every timer whose hour has come; one that fails keeps no other from running.
    ///
    /// A crash between two of them leaves the rest to the next run; the same timer twice is one event, for its
    /// command id is made of tender and hour.
    ///
    /// # Errors
    /// The first [`ExecuteError::Fault`], when the log cannot be read or written; what was run is recorded, and the
    /// rest is left to the next run.
    pub async fn run_timers(&self) -> Result<(), ExecuteError> {
        let mut timers = self.timers().lock().await;
        timers.follow(self.store()).await?;
        let now = self.now().await?;
        let due: Vec<Due> = timers.due.iter().copied().take_while(|due| due.at <= now).collect();
        let mut outcome = Ok(());
        for due in due {
            match self.fire(due).await {
                Ok(Fired::Done) => drop(timers.due.remove(&due)),
                Ok(Fired::TooEarly) => {}
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        outcome
    }

    /// The hour of the first timer that has not run, if it is not after `until`.
    pub(crate) async fn next_timer(&self, until: Timestamp) -> Result<Option<Timestamp>, Fault> {
        let mut timers = self.timers().lock().await;
        timers.follow(self.store()).await?;
        Ok(timers.due.first().map(|due| due.at).filter(|at| *at <= until))
    }

    async fn fire(&self, due: Due) -> Result<Fired, ExecuteError> {
        let name = format!("{}/{:?}", due.tender_id, due.hour);
        let command_id = Uuid::new_v5(&TIMERS, name.as_bytes());
        let role = Role::System;
        let by = By {
            command_id,
            body: name.as_bytes(),
            sealed_correlation: command_id,
            actor: Actor { kind: role.actor_kind(), account: SYSTEM, role },
        };
        for _ in 0..ATTEMPTS_MAX {
            let decision = match self.decide_timer(due).await {
                Ok(decision) => decision,
                // The clock was set back a moment ago: the hour comes again.
                Err(ExecuteError::Rejected(rejection)) if TOO_EARLY.contains(&rejection.code) => {
                    return Ok(Fired::TooEarly);
                }
                // It ran already, or there is nothing to do: the rules say so.
                Err(ExecuteError::Rejected(rejection)) => {
                    tracing::debug!(code = rejection.code, tender.id = %due.tender_id, "a timer did nothing");
                    return Ok(Fired::Done);
                }
                Err(fault) => return Err(fault),
            };
            match append(self.store(), by, decision).await {
                Ok(_) => {
                    tracing::info!(tender.id = %due.tender_id, hour = ?due.hour, "a timer ran");
                    return Ok(Fired::Done);
                }
                Err(NotAppended::DecideAgain) => {}
                Err(NotAppended::ClaimTaken(_)) => return Err(Fault::Stored("claim").into()),
                Err(NotAppended::Final(error)) => return Err(error),
            }
        }
        Err(Fault::Contended { attempts: ATTEMPTS_MAX }.into())
    }

    async fn decide_timer(&self, due: Due) -> Result<Decision, ExecuteError> {
        match due.hour {
            Hour::ReceiptEnd => self.close_receipt(due.tender_id).await,
            Hour::RevealEnd => self.close_reveal(due.tender_id).await,
        }
    }
}

/// Runs timers as their hours come, until `stop` completes. A failure is logged and tried again.
pub async fn run<S: EventStore>(
    application: &Application<S>,
    stop: impl Future<Output = ()> + Send,
) {
    tokio::pin!(stop);
    loop {
        if let Err(error) = application.run_timers().await {
            tracing::warn!(%error, "the timers could not be run");
        }
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(POLL) => {}
        }
    }
}
