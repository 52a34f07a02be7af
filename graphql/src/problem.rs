//! Errors over HTTP (RFC 9457).

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{
    ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A problem document.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// `/problems/` and a stable slug.
    #[serde(rename = "type")]
    kind: String,
    /// What went wrong, the same for every problem of its type.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time, and what to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    #[serde(skip)]
    header: Option<(HeaderName, &'static str)>,
}

impl Problem {
    fn new(status: StatusCode, slug: &str, title: &'static str, detail: impl Into<String>) -> Self {
        let kind = format!("/problems/{slug}");
        Self { kind, title, status: status.as_u16(), detail: detail.into(), header: None }
    }

    fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed-request",
            "La solicitud está mal formada",
            detail,
        )
    }

    /// A member of the input is not of its shape.
    pub(crate) fn rejected(rejection: &domain::rejection::InputRejection) -> Self {
        Self::malformed(domain::Refusal::message_es(rejection))
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "No se encontró", detail)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "El método no se admite",
            "Use uno de los métodos que nombra la cabecera Allow.",
        )
    }

    pub(crate) fn too_many_feeds() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-many-feeds",
            "No hay lugar para otra transmisión",
            "Intente de nuevo en unos segundos, o consulte por página.",
        )
        .with(RETRY_AFTER, "5")
    }

    pub(crate) fn too_many_releases() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "too-many-releases",
            "El proceso tiene demasiadas entregas",
            "No se reconstruye a una fecha: pida el expediente de hoy, que las tiene todas.",
        )
    }

    /// `/graphql` is for POST, and for GET when that asks for a WebSocket.
    pub(crate) fn only_post() -> Self {
        Self::method_not_allowed().with(ALLOW, "POST")
    }

    pub(crate) fn timeout() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timeout",
            "La solicitud tardó demasiado",
            "Pida menos datos, o intente de nuevo más tarde.",
        )
    }

    pub(crate) fn not_json() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "El tipo de contenido no se admite",
            "Envíe la consulta como application/json.",
        )
    }

    pub(crate) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload-too-large",
            "La solicitud es demasiado grande",
            "El cuerpo admite 256 KiB sin sesión y 4 MiB con ella, que bastan para 40 documentos de 64 KiB: \
             acorte la solicitud.",
        )
    }

    pub(crate) fn invalid_session() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid-session",
            "La sesión no es válida",
            "El token no existe o venció: entre de nuevo.",
        )
        .with(WWW_AUTHENTICATE, "Bearer")
    }

    pub(crate) fn cross_origin() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "cross-origin",
            "La solicitud viene de otro sitio",
            "La cookie de sesión solo vale desde las páginas de este sitio: use un token.",
        )
    }

    pub(crate) fn not_yet_batched() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "not-yet-batched",
            "El evento aún no está en un lote",
            "La prueba existe cuando se cierra el lote: intente de nuevo en unos segundos.",
        )
        .with(RETRY_AFTER, "5")
    }

    pub(crate) fn not_yet_cosigned() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "not-yet-cosigned",
            "Los testigos aún no han firmado el lote del evento",
            "La prueba se publica cuando la firman los testigos que exige la política: intente de nuevo en unos \
             segundos.",
        )
        .with(RETRY_AFTER, "5")
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "El servicio no está disponible",
            "Intente de nuevo en unos segundos.",
        )
        .with(RETRY_AFTER, "5")
    }

    /// Something of ours is broken or away: the log says what, the answer only which of the two.
    pub(crate) fn broken(error: &(dyn std::error::Error + 'static)) -> Self {
        crate::schema::report(error);
        if crate::schema::passes(error) {
            return Self::unavailable();
        }
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "El sistema no pudo responder",
            "Intente de nuevo más tarde.",
        )
    }
}

impl From<projections::ProjectionError> for Problem {
    fn from(error: projections::ProjectionError) -> Self {
        if matches!(error, projections::ProjectionError::NoGeneration) || error.is_transient() {
            crate::schema::report(&error);
            return Self::unavailable();
        }
        if matches!(error, projections::ProjectionError::TooManyReleases { .. }) {
            return Self::too_many_releases();
        }
        Self::broken(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let header = self.header.clone();
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
