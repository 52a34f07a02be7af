//! Subscriptions: the live feeds over graphql-transport-ws, and what else is served out of them.

use std::sync::Arc;

use async_graphql::{Context, Result, Subscription};
use futures::StreamExt as _;
use futures::stream::BoxStream;

use super::faults::{broken, refused, unread};
use super::log::{Batch, Event};
use super::scalars::Position;
use super::state;
use crate::feed::{After, StartError, Types};

/// Everything that can be followed.
#[derive(Default)]
pub(crate) struct Live;

#[Subscription(name = "Subscription")]
impl Live {
    /// Every event, as soon as it is on the log, in the order of the log.
    ///
    /// After a reconnect give the position of the last event you have as `after`: none is missed, none comes twice.
    /// `-1` begins at the beginning; without `after` only what is recorded from now on comes. With `types` only events of
    /// those types come: names such as `TenderPublished`, as `Event.type` shows them. `Sealed` is one of them, that of
    /// every sealed event.
    async fn event_recorded(
        &self,
        ctx: &Context<'_>,
        after: Option<Position>,
        types: Option<Vec<String>>,
    ) -> Result<BoxStream<'static, Result<Event>>> {
        let types = Types::read(types, "types").map_err(|rejection| refused(&rejection))?;
        let from = start(ctx, read(after.as_ref())?).await?;
        let events = Arc::clone(&state(ctx)?.feeds.events);
        let events = events.follow(from, types).map(|event| match event {
            Ok(event) => Ok(Event::from((*event).clone())),
            Err(error) => Err(unread(&error)),
        });
        Ok(events.boxed())
    }

    /// Every batch, once it is confirmed, in the order of the log.
    ///
    /// After a reconnect give `first` of the last batch you have as `after`. `-1` begins at the beginning; without
    /// `after` only what is confirmed from now on comes. Confirmation is looked for every second, for the anchor service wakes nobody here.
    async fn batch_anchored(
        &self,
        ctx: &Context<'_>,
        after: Option<Position>,
    ) -> Result<BoxStream<'static, Result<Batch>>> {
        let after = read(after.as_ref())?;
        start(ctx, after).await?;
        let batches = Arc::clone(&state(ctx)?.feeds.batches);
        let batches = batches.follow(after).map(|batch| match batch {
            Ok(batch) => Ok(Batch::from(&batch)),
            Err(error) => Err(broken(&error)),
        });
        Ok(batches.boxed())
    }
}

async fn start(ctx: &Context<'_>, after: After) -> Result<u64> {
    let start = state(ctx)?.feeds.events.start(after, "after").await;
    start.map_err(|error| match error {
        StartError::Ahead(rejection) => refused(&rejection),
        StartError::Read(error) => unread(&error),
    })
}

fn read(after: Option<&Position>) -> Result<After> {
    let after = After::read(after.map(|it| it.0.as_str()), "after");
    after.map_err(|rejection| refused(&rejection))
}
