//! Commands whose arguments fill a file of their own.

pub mod chain;
pub mod log;
pub mod monitor;
pub mod page;
