//! OCDS 1.1.5: events become releases, releases become records, both become packages.
//!
//! Three parts, of which only [`release`] knows the events of this repository; [`merge`], [`package`] and
//! [`canonical`] serve any publisher:
//!
//! - [`release`]: the pure mapping from a recorded event to at most one immutable release;
//! - [`merge`]: the merge of releases into compiled and versioned releases, one release at a time;
//! - [`package`] and [`canonical`]: release and record packages, and the exact bytes a release is hashed by.
//!
//! It does no I/O, reads no clock and validates nothing against a JSON schema: an independent tool does that.
//! It implements OCDS 1.1.5 (release schema, packages, "Merging") and RFC 8785 (JCS).

pub mod canonical;
pub mod extensions;
pub mod merge;
pub mod package;
pub mod release;
