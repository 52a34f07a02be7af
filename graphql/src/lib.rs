//! The public face: GraphQL, OCDS over REST, proofs and the log's tiles, and live feeds of all that is new.
//!
//! Thin on purpose: every answer is a call into `application`, `projections` or the anchor's read side, and
//! what may be done is decided there. Refusals are data (`CommandRejected`), faults are errors with a slug; over
//! REST both are problem documents (RFC 9457). Lists are Relay connections with keyset cursors.
//!
//! It implements the serving side of `docs/proof-format.md` §3 (checkpoint, tiles, entry bundles) and §5
//! (bundles), and OCDS 1.1 packages. It writes no SQL and no event, decides nothing, and shows personal data to
//! nobody but whom it is for.

mod auth;
mod feed;
mod limiter;
mod problem;
mod proofs;
mod rest;
mod router;
mod schema;
mod socket;
mod state;

pub use problem::Problem;
pub use rest::openapi;
pub use router::{MetricsError, admin_router, install_metrics, router};
pub use schema::sdl;
pub use state::{ServeConfig, State, read_pool};
