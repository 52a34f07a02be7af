//! The commands that are more than reading a file and printing a verdict.

pub mod chain;
