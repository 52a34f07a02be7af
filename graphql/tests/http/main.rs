//! A real server on a port of its own, on a real Postgres, asked over HTTP as anybody would.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod anchored;
mod as_of;
mod auth;
#[path = "../../../projections/tests/support/case.rs"]
mod case;
mod commands;
mod feeds;
mod following;
mod limits;
mod lines;
mod processes;
mod public;
mod rest;
mod secrecy;
mod support;
