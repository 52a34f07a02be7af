//! Bundles as the public may have them: with what events made public of the entry, and nothing else.

use std::time::Duration;

use anchor::reader::{BundleAnswer, ReaderError};
use eventstore::{EventStore as _, ReadError};
use merkle::bundle::Disclosure;
use projections::ProjectionError;
use uuid::Uuid;

use crate::State;

/// Why there is no bundle to show.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProofError {
    /// The log or its vault could not be read.
    #[error(transparent)]
    Log(#[from] ReadError),
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
        Ok(view) => view.disclosed(position).await,
        Err(error) => Err(error),
    };
    let paths = match disclosed {
        Ok(paths) => paths,
        Err(ProjectionError::NoGeneration | ProjectionError::OlderShape { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let mut kept = Vec::with_capacity(paths.len());
    for path in paths {
        let disclosure = state.store.disclose(event_id, &path).await?;
        kept.push((path, disclosure));
    }
    Ok(provable(kept))
}

/// What is still kept. Of a sealed entry the parts refer to the inner envelope: where that is erased they prove
/// nothing, and are left out.
fn provable(kept: Vec<(String, Option<Disclosure>)>) -> Vec<Disclosure> {
    let is_erased = kept.iter().any(|(path, disclosure)| path.is_empty() && disclosure.is_none());
    if is_erased {
        return Vec::new();
    }
    kept.into_iter().filter_map(|(_, disclosure)| disclosure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(path: &str) -> (String, Option<Disclosure>) {
        let disclosure =
            Disclosure { path: path.into(), salt: merkle::Salt([1; 32]), value: 1.into() };
        (path.into(), Some(disclosure))
    }

    #[test]
    fn an_erased_part_is_left_out_and_without_the_whole_nothing_is_shown() {
        let paths =
            |list| -> Vec<String> { provable(list).into_iter().map(|it| it.path).collect() };
        let part = ("/data/company".to_owned(), None);
        assert_eq!(paths(vec![kept(""), kept("/actor"), part]), ["", "/actor"]);
        assert!(paths(vec![(String::new(), None), kept("/actor")]).is_empty());
        assert_eq!(paths(vec![kept("/data/positions")]), ["/data/positions"]);
    }
}
