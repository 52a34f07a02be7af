//! What is served over plain HTTP: OCDS, proofs, the log's tiles, health, documentation.

mod caching;
mod docs;
mod documents;
mod feeds;
mod health;
mod log;
mod ocds;
mod proofs;

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::State;

pub(crate) use docs::{api_docs, graphiql, verifier_page};
pub(crate) use documents::read_hash;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Smart Tenders",
        description = "OCDS 1.1 releases and records, the proof of each of them, and the tiles of the log. \
                       Errors are problem documents (RFC 9457). Everything else is GraphQL, at /graphql; its \
                       subscriptions speak graphql-transport-ws there.",
        license(name = "MIT OR Apache-2.0")
    ),
    components(schemas(crate::Problem)),
    tags(
        (name = "OCDS", description = "Releases and records of contracting processes"),
        (name = "Documents", description = "Documents that an event made public"),
        (name = "Log", description = "Proofs, and the log itself as C2SP tlog-tiles"),
        (name = "Feeds", description = "What is new, as server-sent events; the same as the subscriptions of GraphQL. \
                                        After a reconnect nothing is missed and nothing comes twice"),
        (name = "Health", description = "Whether the system lives and is ready")
    )
)]
struct Description;

/// Every path that is described, with what answers it.
pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(ocds::record))
        .routes(routes!(ocds::release))
        .routes(routes!(ocds::extension))
        .routes(routes!(documents::document))
        .routes(routes!(proofs::proof))
        .routes(routes!(log::checkpoint))
        .routes(routes!(log::tile))
        .routes(routes!(feeds::events))
        .routes(routes!(feeds::batches))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
}

/// The description of the REST interface (`OpenAPI` 3.1), as it is committed.
///
/// # Panics
/// Never: a description is plain data.
#[must_use]
pub fn openapi() -> String {
    let (_, description) = routes().split_for_parts();
    let mut text = description.to_pretty_json().expect("a description is plain data");
    text.push('\n');
    text
}
