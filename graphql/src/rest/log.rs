//! The log as C2SP tlog-tiles (`docs/proof-format.md` §3).

use axum::extract::{Path, State as From};
use axum::http::HeaderMap;
use axum::response::Response;
use merkle::tile_path::TilePath;

use super::caching::{Cached, IMMUTABLE, REVALIDATE};
use crate::{Problem, State};

/// The newest signed checkpoint, with the cosignatures of the witnesses.
#[utoipa::path(
    get, path = "/log/checkpoint", tag = "Log",
    responses(
        (status = 200, description = "A signed note (C2SP tlog-checkpoint)", content_type = "text/plain", body = String),
        (status = 404, description = "Nothing is published yet", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn checkpoint(
    From(state): From<State>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let checkpoint = state.anchors.checkpoint().await.map_err(|error| Problem::broken(&error))?;
    let checkpoint = checkpoint.ok_or_else(|| {
        Problem::not_found("Todavía no hay ningún lote publicado en la bitácora.")
    })?;
    Ok(Cached {
        body: checkpoint.into_bytes(),
        content_type: "text/plain; charset=utf-8",
        cache_control: REVALIDATE,
        last_modified: None,
    }
    .answer(&headers))
}

/// A tile of hashes, or a bundle of entries.
#[utoipa::path(
    get, path = "/log/tile/{*path}", tag = "Log",
    params(("path" = String, Path,
            description = "`<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`, `<N>` as in `x001/234`")),
    responses(
        (status = 200, description = "Hashes of 32 bytes, or entries with their length before them as u16be",
         content_type = "application/octet-stream"),
        (status = 400, description = "Not the path of a tile", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The tile is not that wide yet", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn tile(
    From(state): From<State>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = TilePath::parse(&path).ok_or_else(|| {
        Problem::malformed(
            "path: use <L>/<N>[.p/<W>] o entries/<N>[.p/<W>], con <N> como x001/234.",
        )
    })?;
    let tile = match asked {
        TilePath::Hashes { level, index, width } => state.anchors.tile(level, index, width).await,
        TilePath::Entries { index, width } => state.anchors.entries_tile(index, width).await,
    };
    let body = tile
        .map_err(|error| Problem::broken(&error))?
        .ok_or_else(|| Problem::not_found("Esa tesela no existe todavía, o no con ese ancho."))?;
    Ok(Cached {
        body,
        content_type: "application/octet-stream",
        cache_control: IMMUTABLE,
        last_modified: None,
    }
    .answer(&headers))
}
