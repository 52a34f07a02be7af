//! Errors of queries: the user's own with the field to correct, ours with a slug and nothing else.

use application::Fault;
use async_graphql::{Error, ErrorExtensions};
use deadpool_postgres::PoolError;
use domain::Refusal;
use domain::rejection::InputRejection;
use eventstore::ReadError;
use projections::ProjectionError;
use tokio_postgres::error::SqlState;

/// What the user wrote is not of its shape.
pub(crate) fn refused(rejection: &InputRejection) -> Error {
    Error::new(rejection.message_es()).extend_with(|_, extensions| {
        extensions.set("code", rejection.code());
        if let Some(field) = rejection.field() {
            extensions.set("field", field);
        }
    })
}

/// An error whose slug is `code`.
pub(crate) fn coded(code: &'static str, message: &str) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// Whether waiting may help: somewhere below is a database that is away or busy.
pub(crate) fn passes(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<PoolError>() || error.downcast_ref().is_some_and(eventstore::passes) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Something of ours is broken or away: the log says what, the answer only which of the two.
pub(crate) fn broken(error: &(dyn std::error::Error + 'static)) -> Error {
    report(error);
    if passes(error) {
        return coded(
            "unavailable",
            "El servicio no está disponible: intente de nuevo en unos segundos.",
        );
    }
    coded("internal", "El sistema no pudo responder: intente de nuevo más tarde.")
}

pub(crate) fn report(error: &(dyn std::error::Error + 'static)) {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(source) = cause {
        causes.push(source.to_string());
        cause = source.source();
    }
    tracing::error!(error = %error, causes = causes.join(": "), "a request found something broken");
}

pub(crate) fn fault(error: &Fault) -> Error {
    report(error);
    let code = if passes(error) { "unavailable" } else { error.code() };
    coded(
        code,
        "El sistema no pudo terminar: repita el comando con el mismo identificador más tarde.",
    )
}

pub(crate) fn unread(error: &ReadError) -> Error {
    broken(error)
}

pub(crate) fn unprojected(error: &ProjectionError) -> Error {
    match error {
        ProjectionError::NotYet { position, .. } => {
            let message = "Los datos consultables aún no llegan a esa posición: intente de nuevo en unos segundos.";
            coded("not-yet-projected", message)
                .extend_with(|_, extensions| extensions.set("position", position.to_string()))
        }
        ProjectionError::NoGeneration
        | ProjectionError::Superseded { .. }
        | ProjectionError::OlderShape { .. } => {
            coded("unavailable", "Los datos consultables se están construyendo: intente más tarde.")
        }
        ProjectionError::TooManyReleases { .. } => coded(
            "too-many-releases",
            "El proceso tiene demasiadas entregas para reconstruirlo a una fecha: pida sus entregas por página.",
        ),
        ProjectionError::Database(cause) if cause.code() == Some(&SqlState::QUERY_CANCELED) => {
            coded("statement-timeout", "La consulta tardó demasiado: pida menos datos.")
        }
        other => broken(other),
    }
}
