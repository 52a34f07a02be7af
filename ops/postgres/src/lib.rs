//! A private `PostgreSQL` cluster in a folder: found, initialised, started and stopped.
//!
//! It listens on a Unix socket only, on no port. It stops when the process that started it ends, however it
//! ends: a shell around the server waits for the end of a pipe that dies with its owner. It deliberately does
//! no SQL; what runs inside the cluster is its users' business (`migrations`, `eventstore`).
//!
//! `PostgreSQL` refuses to run as root, so root starts it as `postgres` or `nobody`.

mod binaries;
mod cluster;
#[cfg(feature = "testing")]
mod testing;

pub use binaries::{Binaries, find_binaries};
pub use cluster::{Cluster, ClusterError};
#[cfg(feature = "testing")]
pub use testing::TestDatabase;
