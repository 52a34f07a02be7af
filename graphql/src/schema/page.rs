//! Relay connections with keyset cursors (no offset: it drifts, and costs a second of CPU at 50,000).

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, Error, OutputType, SimpleObject};
use domain::rejection::InputRejection;
use projections::{Serving, View};

use super::faults::{refused, unprojected};
use super::scalars::{Position, format};

const FIRST_DEFAULT: u32 = 20;
const FIRST_MAX: u32 = 100;

/// What a list costs: its size times what each of its members costs.
pub(crate) fn cost(first: Option<i32>, child: usize) -> usize {
    let first =
        first.and_then(|first| usize::try_from(first).ok()).unwrap_or(FIRST_DEFAULT as usize);
    first.min(FIRST_MAX as usize) * child + 1
}

/// How far what is read has followed the log.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Projection {
    /// The generation of the read models.
    generation: Position,
    /// Position of the next event to be applied = number of events applied.
    position: Position,
}

impl From<&Serving> for Projection {
    fn from(serving: &Serving) -> Self {
        Self { generation: serving.generation.into(), position: serving.position.into() }
    }
}

/// What a connection over read models has besides its edges.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Projected {
    /// How far what is read has followed the log.
    projection: Projection,
}

/// A list over read models.
pub(crate) type ReadConnection<N> = Connection<String, N, Projected>;

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// Members to show.
    pub(crate) size: u32,
    /// Members to read: one more, to know whether there is a next page.
    pub(crate) limit: u32,
}

impl Window {
    pub(crate) fn read(first: Option<i32>) -> Result<Self, Error> {
        let first = first.unwrap_or(FIRST_DEFAULT.cast_signed());
        match u32::try_from(first) {
            Ok(size @ 1..=FIRST_MAX) => Ok(Self { size, limit: size + 1 }),
            _ => Err(refused(&InputRejection::OutOfRange {
                field: "first".to_owned(),
                min: 1,
                max: u64::from(FIRST_MAX),
            })),
        }
    }

    /// Shows `rows`, each with its cursor.
    pub(crate) fn show<N: OutputType, F: async_graphql::ObjectType>(
        self,
        rows: Vec<(String, N)>,
        has_previous: bool,
        fields: F,
    ) -> Connection<String, N, F> {
        let size = self.size as usize;
        let has_next = rows.len() > size;
        let mut connection = Connection::with_additional_fields(has_previous, has_next, fields);
        let edges = rows.into_iter().take(size).map(|(cursor, node)| Edge::new(cursor, node));
        connection.edges.extend(edges);
        connection
    }
}

/// A part of a list whose cursor is a position, and the read models to read it from.
pub(crate) struct ViewWindow {
    pub(crate) window: Window,
    pub(crate) after: Option<u64>,
    pub(crate) view: View,
}

impl ViewWindow {
    pub(crate) async fn open(
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<&str>,
        min_position: Option<&Position>,
    ) -> Result<Self, Error> {
        let window = Window::read(first)?;
        let after = after.map(read_cursor).transpose()?;
        Ok(Self { window, after, view: view(ctx, min_position).await? })
    }

    pub(crate) fn show<N: OutputType>(self, rows: Vec<(u64, N)>) -> ReadConnection<N> {
        let rows = rows.into_iter().map(|(cursor, node)| (cursor.to_string(), node)).collect();
        let projection = Projection::from(self.view.serving());
        self.window.show(rows, self.after.is_some(), Projected { projection })
    }
}

/// The read models, once they have applied `min_position` events.
pub(crate) async fn view(
    ctx: &Context<'_>,
    min_position: Option<&Position>,
) -> Result<View, Error> {
    let state = super::state(ctx)?;
    let min_position = min_position.map(|it| it.read("minPosition")).transpose();
    let min_position = min_position.map_err(|rejection| refused(&rejection))?.unwrap_or(0);
    let view = state.reader.view(min_position, state.config.wait_max).await;
    view.map_err(|error| unprojected(&error))
}

pub(crate) fn read_cursor(after: &str) -> Result<u64, Error> {
    after.parse().map_err(|_| refused(&format("after", "un cursor que haya dado esta misma lista")))
}
