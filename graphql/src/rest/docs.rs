//! Pages that are served offline: `GraphiQL` from npm, Swagger UI from its crate, the browser's verifier.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, HeaderValue};
use axum::response::Response;
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

use super::caching::{Cached, REVALIDATE};
use crate::{Problem, State};

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Files that `npm ci` in `graphql/assets` fetched before this was built; empty ones when it did not.
const VENDORED: [(&str, &str, &[u8]); 4] = [
    ("react.js", SCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/react.js"))),
    ("react-dom.js", SCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/react-dom.js"))),
    ("graphiql.js", SCRIPT, include_bytes!(concat!(env!("OUT_DIR"), "/graphiql.js"))),
    ("graphiql.css", STYLE, include_bytes!(concat!(env!("OUT_DIR"), "/graphiql.css"))),
];
const PAGE: &[u8] = include_bytes!("../../assets/graphiql.html");
const START: &[u8] = include_bytes!("../../assets/graphiql-start.js");
const PLACEHOLDER: &[u8] = include_bytes!("../../assets/placeholder.html");

/// What `make setup` built in `web/verifier`, or nothing.
const VERIFIER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/verifier.html"));

/// Swagger UI and the description it shows.
pub(crate) fn api_docs(description: OpenApi) -> Router<State> {
    SwaggerUi::new("/api-docs").url("/api-docs/openapi.json", description).into()
}

/// `GraphiQL`, or a page that says how to get it.
pub(crate) fn graphiql() -> Router<State> {
    Router::new().route("/graphiql", get(page)).route("/graphiql/{file}", get(file))
}

/// The browser's verifier, to be saved: it works from disk, where its SHA-256 can be compared before it is opened.
/// Whoever is verified with it is the last one who should run it for the reader.
pub(crate) fn verifier_page() -> Router<State> {
    Router::new().route("/verificador.html", get(verifier))
}

async fn verifier(headers: HeaderMap) -> Result<Response, Problem> {
    if VERIFIER.is_empty() {
        return Err(Problem::not_found(
            "Este programa se construyó sin el verificador: ejecute make setup.",
        ));
    }
    let mut response = served(VERIFIER, HTML, &headers);
    let disposition = HeaderValue::from_static("attachment; filename=\"verifier.html\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    Ok(response)
}

async fn page(headers: HeaderMap) -> Response {
    let is_vendored = VENDORED.iter().all(|(_, _, body)| !body.is_empty());
    served(if is_vendored { PAGE } else { PLACEHOLDER }, HTML, &headers)
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    if name == "start.js" {
        return Ok(served(START, SCRIPT, &headers));
    }
    VENDORED
        .iter()
        .find(|(file, _, body)| *file == name && !body.is_empty())
        .map(|(_, content_type, body)| served(body, content_type, &headers))
        .ok_or_else(|| Problem::not_found("No hay ningún archivo con ese nombre."))
}

fn served(body: &[u8], content_type: &'static str, headers: &HeaderMap) -> Response {
    let body = body.to_vec();
    Cached { body, content_type, cache_control: REVALIDATE, last_modified: None }.answer(headers)
}
