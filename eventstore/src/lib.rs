//! eventstore.
