//! Who sends a request: a bearer token, or the session cookie of a page of ours.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use application::{Account, Fault};
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, COOKIE, HeaderValue, ORIGIN};
use axum::http::{Extensions, HeaderMap};

use crate::state::ServeConfig;
use crate::{Problem, State};

/// Who sends a request.
#[derive(Clone)]
pub(crate) struct Identity {
    /// The account that is logged in.
    pub(crate) account: Option<Account>,
    /// Its session.
    pub(crate) token: Option<String>,
    /// The address the request comes from.
    pub(crate) address: IpAddr,
}

/// Why a request is not answered at all.
pub(crate) enum Refused {
    /// The bearer token is no session's.
    Token,
    /// The cookie came with a request that no page of ours sent.
    CrossOrigin,
    /// The sessions could not be read.
    Fault(Fault),
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Token => Self::invalid_session(),
            Refused::CrossOrigin => Self::cross_origin(),
            Refused::Fault(error) => Self::broken(&error),
        }
    }
}

/// Finds out who sends a request.
///
/// A token that is wrong is refused; a cookie that is old is not, for a browser sends it by itself.
pub(crate) async fn identify(
    state: &State,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Identity, Refused> {
    let address = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |connection| connection.0.ip());
    let (token, is_bearer) = match headers.get(AUTHORIZATION) {
        Some(value) => (Some(bearer(value).ok_or(Refused::Token)?), true),
        None => (session_cookie(&state.config, headers), false),
    };
    if token.is_some() && !is_bearer && !is_same_origin(&state.config, headers) {
        return Err(Refused::CrossOrigin);
    }
    let account = match &token {
        Some(token) => state.accounts.authenticate(token).await.map_err(Refused::Fault)?,
        None => None,
    };
    if account.is_none() && is_bearer {
        return Err(Refused::Token);
    }
    Ok(Identity { account, token, address })
}

fn bearer(value: &HeaderValue) -> Option<String> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

fn session_cookie(config: &ServeConfig, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(config);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name && !value.is_empty())
        .map(|(_, token)| token.to_owned())
}

/// A request with a cookie must come from a page of ours; a browser cannot be made to lie about it.
fn is_same_origin(config: &ServeConfig, headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes() == config.public_url.as_bytes())
}

/// Over plain HTTP, which is for loopback only, a browser accepts no `__Host-` cookie.
fn cookie_name(config: &ServeConfig) -> &'static str {
    if config.is_secure() { "__Host-smart-tenders" } else { "smart-tenders" }
}

/// The cookie that holds a session.
pub(crate) fn cookie(config: &ServeConfig, token: &str) -> String {
    let secure = if config.is_secure() { "; Secure" } else { "" };
    format!("{}={token}; Path=/; HttpOnly; SameSite=Strict{secure}", cookie_name(config))
}

/// The cookie that makes a browser forget the session.
pub(crate) fn no_cookie(config: &ServeConfig) -> String {
    format!("{}; Max-Age=0", cookie(config, ""))
}
