//! Documentation that is served offline: `GraphiQL` from npm, Swagger UI from its crate.

use axum::Router;
use axum::extract::Path;
use axum::http::HeaderMap;
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

/// Swagger UI and the description it shows.
pub(crate) fn api_docs(description: OpenApi) -> Router<State> {
    SwaggerUi::new("/api-docs").url("/api-docs/openapi.json", description).into()
}

/// `GraphiQL`, or a page that says how to get it.
pub(crate) fn graphiql() -> Router<State> {
    Router::new().route("/graphiql", get(page)).route("/graphiql/{file}", get(file))
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
