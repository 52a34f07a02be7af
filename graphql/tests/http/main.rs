//! A real server on a port of its own, on a real Postgres, asked over HTTP as anybody would.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod anchored;
mod auth;
mod commands;
mod limits;
mod rest;
mod support;
