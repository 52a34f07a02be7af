//! Accounts and sessions.

#![expect(
    clippy::unused_async,
    reason = "every resolver is asynchronous, also one that waits for nothing"
)]

use std::time::Instant as Wall;

use application::ExecuteError;
use async_graphql::{Context, Object, Result, SimpleObject, Union};
use axum::http::header::SET_COOKIE;

use super::codes::Role;
use super::commands::CommandRejected;
use super::faults::fault;
use super::scalars::{Instant, UuidText};
use super::{identity, state};
use crate::auth;

/// An account.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Account {
    /// The pseudonym that events name.
    r#ref: UuidText,
    /// What its owner logs in with.
    login: String,
    /// The roles it may act in.
    roles: Vec<Role>,
}

impl From<application::Account> for Account {
    fn from(account: application::Account) -> Self {
        Self {
            r#ref: account.account.0.into(),
            login: account.login,
            roles: account.roles.into_iter().map(Role::from).collect(),
        }
    }
}

/// A session that was begun.
#[derive(SimpleObject, Clone)]
pub(crate) struct Session {
    /// The bearer token.
    token: String,
    /// When it ends.
    expires_at: Instant,
    /// Whose it is.
    account: Account,
}

/// The answer to `createAccount`.
#[derive(Union, Clone)]
pub(crate) enum AccountResult {
    /// It was made.
    Account(Account),
    /// A rule refused it.
    Rejected(CommandRejected),
}

/// The answer to `login`.
#[derive(Union, Clone)]
pub(crate) enum LoginResult {
    /// It was begun.
    Session(Session),
    /// A rule refused it.
    Rejected(CommandRejected),
}

/// Queries about the account that is logged in.
#[derive(Default)]
pub(crate) struct AccountQuery;

#[Object]
impl AccountQuery {
    /// The account that is logged in; null when none is.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Account>> {
        Ok(identity(ctx)?.account.clone().map(Account::from))
    }
}

/// Counts the attempt; how it is refused when there were too many.
fn limited(ctx: &Context<'_>, login: Option<&str>) -> Result<Option<CommandRejected>> {
    let mut keys = vec![format!("address {}", identity(ctx)?.address)];
    keys.extend(login.map(|login| {
        let login: String = login.trim().to_ascii_lowercase().chars().take(64).collect();
        format!("login {login}")
    }));
    let attempt = state(ctx)?.limiter.attempt(&keys, Wall::now());
    Ok(attempt.err().map(CommandRejected::too_many_attempts))
}

pub(crate) async fn create_account(
    ctx: &Context<'_>,
    login: &str,
    password: &str,
) -> Result<AccountResult> {
    if let Some(rejected) = limited(ctx, None)? {
        return Ok(AccountResult::Rejected(rejected));
    }
    match state(ctx)?.accounts.create(login, password, &[domain::Role::Citizen]).await {
        Ok(account) => Ok(AccountResult::Account(account.into())),
        Err(ExecuteError::Rejected(rejection)) => Ok(AccountResult::Rejected(rejection.into())),
        Err(ExecuteError::Fault(error)) => Err(fault(&error)),
    }
}

pub(crate) async fn log_in(ctx: &Context<'_>, login: &str, password: &str) -> Result<LoginResult> {
    if let Some(rejected) = limited(ctx, Some(login))? {
        return Ok(LoginResult::Rejected(rejected));
    }
    match state(ctx)?.accounts.login(login, password).await {
        Ok(session) => {
            let cookie = auth::cookie(&state(ctx)?.config, &session.token);
            ctx.insert_http_header(SET_COOKIE, cookie);
            Ok(LoginResult::Session(Session {
                token: session.token,
                expires_at: session.expires_at.into(),
                account: session.account.into(),
            }))
        }
        Err(ExecuteError::Rejected(rejection)) => Ok(LoginResult::Rejected(rejection.into())),
        Err(ExecuteError::Fault(error)) => Err(fault(&error)),
    }
}

pub(crate) async fn log_out(ctx: &Context<'_>) -> Result<bool> {
    ctx.insert_http_header(SET_COOKIE, auth::no_cookie(&state(ctx)?.config));
    let Some(token) = &identity(ctx)?.token else { return Ok(false) };
    state(ctx)?.accounts.logout(token).await.map_err(|error| fault(&error))
}
