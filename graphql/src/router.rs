//! The router: what every request passes through, and where it goes.

use std::time::Instant;

use async_graphql::Request as GraphqlRequest;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, MatchedPath, Request, State as From};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tower_http::timeout::TimeoutLayer;

use crate::auth::identify;
use crate::rest;
use crate::schema::Executor;
use crate::state::ServeConfig;
use crate::{Problem, State, socket};

/// The largest body of a request without a session, in bytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// The largest body of a request with a session, in bytes: a proposal has two envelopes of 20 documents of 64 KiB, which
/// base64 makes 3.4 MiB.
const ACCOUNT_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Scripts and styles are files of ours; the editors of `GraphiQL` and Swagger UI set styles by script.
const CONTENT_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                              font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; \
                              form-action 'self'; object-src 'none'";

/// Everything the public may reach.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that attempts to log in are counted
/// by address; without it they are counted together.
pub fn router(state: State) -> Router {
    let timeout = state.config.request_timeout;
    let policy = content_policy(&state.config);
    let (described, description) = rest::routes().split_for_parts();
    described
        .merge(rest::api_docs(description))
        .merge(rest::graphiql())
        .merge(rest::verifier_page())
        .route("/graphql", post(graphql).get(socket::open))
        .fallback(|| async { Problem::not_found("Esa dirección no existe.") })
        .layer(Extension(Executor::new()))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, timeout))
        .layer(from_fn_with_state((state.clone(), policy), with_security_headers))
        .layer(from_fn(counted))
        .with_state(state)
}

/// Why metrics cannot be collected.
#[derive(Debug, thiserror::Error)]
#[error("metrics cannot be collected: a recorder is installed already")]
pub struct MetricsError(#[from] BuildError);

/// Collects the metrics of this process from here on; once a process.
///
/// # Errors
/// When metrics are collected already.
pub fn install_metrics() -> Result<PrometheusHandle, MetricsError> {
    Ok(PrometheusBuilder::new().install_recorder()?)
}

/// What only the operator may reach, on a listener of its own: `/metrics`.
pub fn admin_router(metrics: PrometheusHandle) -> Router {
    let render = move || async move {
        metrics.run_upkeep();
        ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render())
    };
    Router::new().route("/metrics", get(render))
}

async fn graphql(
    From(state): From<State>,
    Extension(executor): Extension<Executor>,
    mut request: Request,
) -> Result<Response, Problem> {
    if !is_json(request.headers()) {
        return Err(Problem::not_json());
    }
    let identity = identify(&state, request.headers(), request.extensions()).await?;
    if identity.account.is_some() {
        DefaultBodyLimit::max(ACCOUNT_BODY_BYTES_MAX).apply(&mut request);
    }
    let body =
        Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
            _ => Problem::malformed("No se pudo leer el cuerpo de la solicitud."),
        })?;
    let request = read_request(&body)?;
    let answer = executor.execute(request, &state, identity).await;
    let headers = answer.http_headers.clone();
    let body = serde_json::to_vec(&answer).map_err(|error| Problem::broken(&error))?;
    let mut response =
        ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response();
    response.headers_mut().extend(headers);
    Ok(response)
}

/// One request; a list of them is refused, for each would have limits of its own.
fn read_request(body: &[u8]) -> Result<GraphqlRequest, Problem> {
    let expected = "El cuerpo debe ser un objeto JSON con query, variables y operationName";
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::malformed(format!("{expected}.")));
    }
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::malformed(format!("{expected} (línea {line}, columna {column})."))
    })
}

/// What the server knows of a request besides its headers.
pub(crate) struct RequestExtensions(pub(crate) Extensions);

impl<S: Sync> axum::extract::FromRequestParts<S> for RequestExtensions {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        _state: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.clone()))
    }
}

/// A form or a script of another site cannot send this type without asking first.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|it| it.split(';').next());
    media_type.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}

/// The pages' own WebSocket is named: not every browser counts it as `'self'`.
fn content_policy(config: &ServeConfig) -> HeaderValue {
    let own = match config.public_url.strip_prefix("http") {
        Some(rest) => format!("; connect-src 'self' ws{rest}"),
        None => String::new(),
    };
    HeaderValue::from_str(&format!("{CONTENT_POLICY}{own}"))
        .unwrap_or(HeaderValue::from_static(CONTENT_POLICY))
}

async fn with_security_headers(
    From((state, policy)): From<(State, HeaderValue)>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = as_problem(next.run(request).await);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    let mut set = |name: HeaderName, value: &'static str| {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    };
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if state.config.is_secure() {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

/// What the layers below refuse by themselves, in words of their own, becomes a problem document too.
fn as_problem(response: Response) -> Response {
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes() == b"application/problem+json");
    let problem = match response.status() {
        _ if is_problem => return response,
        StatusCode::BAD_REQUEST => Problem::malformed("Revise la dirección y sus parámetros."),
        StatusCode::METHOD_NOT_ALLOWED => Problem::method_not_allowed(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        StatusCode::GATEWAY_TIMEOUT => Problem::timeout(),
        _ => return response,
    };
    let allow = response.headers().get(ALLOW).cloned();
    let mut response = problem.into_response();
    if let Some(allow) = allow {
        response.headers_mut().insert(ALLOW, allow);
    }
    response
}

async fn counted(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("http_requests_total", "path" => path.clone(), "status" => status)
        .increment(1);
    metrics::histogram!("http_request_duration_seconds", "path" => path)
        .record(started.elapsed().as_secs_f64());
    response
}
