//! ocds.
