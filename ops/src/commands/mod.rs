//! One file a command.

pub mod account;
pub mod anchor;
pub mod contract;
pub mod doctor;
pub mod dossier;
pub mod drill;
pub mod export;
pub mod log;
pub mod network;
pub mod policy;
pub mod project;
pub mod serve;
pub mod up;
