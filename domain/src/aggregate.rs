//! What every aggregate has in common, and the way its tests speak.

use crate::event::CorruptHistory;
use crate::rejection::Refusal;
use crate::time::Timestamp;

/// A stream's state with the two functions that move it; both are pure.
pub trait Aggregate: Default {
    /// What may be asked.
    type Command;
    /// What is recorded.
    type Event;
    /// How a command is refused.
    type Rejection: Refusal;

    /// Answers a command at an instant of the business clock.
    ///
    /// # Errors
    /// The rejection, when a rule says no.
    fn decide(
        &self,
        command: Self::Command,
        now: Timestamp,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Adds one recorded event to the state; contains no business rule.
    ///
    /// # Errors
    /// [`CorruptHistory`] when the event cannot follow what came before it.
    fn evolve(self, event: &Self::Event) -> Result<Self, CorruptHistory>;

    /// The state after a whole history.
    ///
    /// # Errors
    /// As [`Self::evolve`].
    fn replay<'a>(
        history: impl IntoIterator<Item = &'a Self::Event>,
    ) -> Result<Self, CorruptHistory>
    where
        Self::Event: 'a,
    {
        history.into_iter().try_fold(Self::default(), Self::evolve)
    }
}

/// Makes the enum of one aggregate's events, with the ways from and to
/// [`DomainEvent`](crate::event::DomainEvent).
macro_rules! aggregate_events {
    ($(#[$doc:meta])* $name:ident of $aggregate:literal {
        $($(#[$variant_doc:meta])* $variant:ident($event:ident)),+ $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant(Box<crate::event::$event>)),+
        }

        impl From<$name> for crate::event::DomainEvent {
            fn from(event: $name) -> Self {
                match event { $($name::$variant(event) => Self::$event(*event)),+ }
            }
        }

        impl TryFrom<crate::event::DomainEvent> for $name {
            type Error = crate::event::CorruptHistory;

            fn try_from(
                event: crate::event::DomainEvent,
            ) -> Result<Self, crate::event::CorruptHistory> {
                match event {
                    $(crate::event::DomainEvent::$event(event) => {
                        Ok(Self::$variant(Box::new(event)))
                    })+
                    other => Err(crate::event::CorruptHistory::ForeignEvent {
                        aggregate: $aggregate,
                        event_type: other.event_type(),
                    }),
                }
            }
        }
    };
}
pub(crate) use aggregate_events;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::fmt::Debug;

    /// A history, an hour and a command: the given and the when of a test.
    pub(crate) struct Scenario<A: Aggregate> {
        history: Vec<A::Event>,
        now: Timestamp,
    }

    pub(crate) fn given<A: Aggregate>(history: impl IntoIterator<Item = A::Event>) -> Scenario<A> {
        Scenario { history: history.into_iter().collect(), now: Timestamp::from_millis(0).unwrap() }
    }

    pub(crate) struct Answer<A: Aggregate> {
        history: Vec<A::Event>,
        answer: Result<Vec<A::Event>, A::Rejection>,
    }

    impl<A: Aggregate> Scenario<A> {
        pub(crate) fn at(mut self, now: Timestamp) -> Self {
            self.now = now;
            self
        }

        pub(crate) fn when(self, command: A::Command) -> Answer<A> {
            let state = A::replay(&self.history).unwrap();
            Answer { history: self.history, answer: state.decide(command, self.now) }
        }
    }

    impl<A: Aggregate> Answer<A>
    where
        A::Event: Debug + PartialEq,
        A::Rejection: Debug + PartialEq,
    {
        /// The events, which the history also accepts: what decide emits evolve accepts.
        pub(crate) fn then_events(self) -> Vec<A::Event> {
            let events = self.answer.expect("accepted");
            A::replay(self.history.iter().chain(&events)).expect("what decide emits is accepted");
            events
        }

        pub(crate) fn then(self, expected: impl IntoIterator<Item = A::Event>) {
            let expected: Vec<A::Event> = expected.into_iter().collect();
            assert_eq!(self.then_events(), expected);
        }

        pub(crate) fn then_rejected(self, expected: A::Rejection) {
            assert!(!expected.message_es().is_empty());
            assert!(expected.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
            assert_eq!(self.answer, Err(expected));
        }
    }
}
