//! What an event on the log made public of another entry, with salt and value.

use eventstore::EventStore;
use merkle::bundle::Disclosure;
use uuid::Uuid;

use crate::{ProjectionError, View};

impl View {
    /// Everything that is public of the entry of an event and not in it, as far as its keys are not destroyed.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn disclosures<S: EventStore>(
        &self,
        store: &S,
        event_id: Uuid,
        position: u64,
    ) -> Result<Vec<Disclosure>, ProjectionError> {
        let paths = self.disclosed(position).await?;
        let mut kept = Vec::with_capacity(paths.len());
        for path in paths {
            let disclosure = store.disclose(event_id, &path).await?;
            kept.push((path, disclosure));
        }
        Ok(provable(kept))
    }
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
