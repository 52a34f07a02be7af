//! The light client: Clique's own cases of voting, headers that may not follow, and nodes that lie.

mod ancestry;
mod chains;
mod following;
pub mod forge;
mod geth;
mod headers;
mod votes;
