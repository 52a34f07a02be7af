//! Bundles as the public may have them: with what events made public of the entry, and nothing else.

use std::time::Duration;

use anchor::reader::{BundleAnswer, ReaderError};
use merkle::bundle::Disclosure;
use projections::ProjectionError;
use uuid::Uuid;

use crate::State;

/// Why there is no bundle to show.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProofError {
    /// What is public could not be read.
    #[error(transparent)]
    Public(#[from] ProjectionError),
    /// The bundle could not be put together.
    #[error(transparent)]
    Bundle(#[from] ReaderError),
}

/// The bundle of an event, whoever asks.
pub(crate) async fn public_bundle(
    state: &State,
    event_id: Uuid,
    position: u64,
) -> Result<BundleAnswer, ProofError> {
    let disclosures = public_disclosures(state, event_id, position).await?;
    Ok(state.anchors.bundle_for(position, &disclosures).await?)
}

/// What an event on the log made public of this one, as far as its keys are not destroyed.
///
/// The read models name the paths; without them nothing is known to be public, so nothing is shown.
async fn public_disclosures(
    state: &State,
    event_id: Uuid,
    position: u64,
) -> Result<Vec<Disclosure>, ProofError> {
    let disclosed = match state.reader.view(0, Duration::ZERO).await {
        Ok(view) => view.disclosures(&*state.store, event_id, position).await,
        Err(error) => Err(error),
    };
    match disclosed {
        Ok(disclosures) => Ok(disclosures),
        Err(ProjectionError::NoGeneration | ProjectionError::OlderShape { .. }) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}
