//! Forward-only SQL of the whole product, run by refinery as the owner of the database.
//!
//! Files are `V0001__verb_object.sql`: 0001 the log, 0100 the application, 0200 read models, 0300 the
//! anchor, and from 0301 on whatever came next, each with a higher number than all before it: a database
//! takes none below its newest. They are never edited once released. Services connect as
//! `smart_tenders_service`, which owns nothing.

mod embedded {
    refinery::embed_migrations!(".");
}

/// Brings the database behind `client` to the newest version; does nothing when it is there.
///
/// `client` must be connected as the owner of the schemas, not as the service.
///
/// # Errors
/// When a migration fails, is missing, or differs from the one that was applied.
pub async fn run(client: &mut tokio_postgres::Client) -> Result<(), refinery::Error> {
    embedded::migrations::runner().run_async(client).await.map(drop)
}
