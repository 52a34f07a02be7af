//! The light client: Clique's own cases of voting, headers that may not follow, and nodes that lie.

mod ancestry;
mod following;
mod forge;
mod geth;
mod headers;
mod votes;
