//! A witness that fetches, and the logs it meets.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use support::{Log, NOW, ORIGIN, Place, root};
use verifier::merkle::Hash;
use witness::Refusal;
use witness::follow::{FollowError, follow};

/// What is served: a checkpoint, and the leaves the tiles are made of.
#[derive(Clone, Default)]
struct Served(Arc<Mutex<(String, Vec<Hash>)>>);

impl Served {
    async fn start() -> (Self, String) {
        let served = Self::default();
        let router = Router::new()
            .route(
                "/log/checkpoint",
                get(|State(Self(it))| async move { it.lock().unwrap().0.clone() }),
            )
            .route("/log/tile/{*path}", get(tile))
            .with_state(served.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (served, url)
    }

    fn show(&self, checkpoint: String, leaves: &[Hash]) {
        *self.0.lock().unwrap() = (checkpoint, leaves.to_vec());
    }
}

async fn tile(
    State(Served(it)): State<Served>,
    Path(path): Path<String>,
) -> Result<Vec<u8>, StatusCode> {
    let (level, rest) = path.split_once('/').ok_or(StatusCode::BAD_REQUEST)?;
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().unwrap()),
        None => (rest, 256),
    };
    let (level, index): (u32, usize) = (level.parse().unwrap(), index.parse().unwrap());
    let leaves = it.lock().unwrap().1.clone();
    let hashes: Vec<Hash> = leaves.chunks_exact(256_usize.pow(level)).map(root).collect();
    let tile = hashes.get(index * 256..index * 256 + width).ok_or(StatusCode::NOT_FOUND)?;
    Ok(tile.concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_grows_is_followed_by_its_own_tiles() {
    let (served, url) = Served::start().await;
    let (place, log) = (Place::new(), Log::new("a", 700));
    let ledger = place.open();
    tokio::task::spawn_blocking(move || {
        for size in [1, 2, 7, 255, 256, 257, 600, 600, 700] {
            served.show(log.note(size), &log.leaves[..usize::try_from(size).unwrap()]);
            assert_eq!(follow(&ledger, &url, NOW).unwrap().size, size);
        }
        assert_eq!(ledger.latest(ORIGIN).unwrap().unwrap().0.size, 700);
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_rewritten_or_cut_is_not_followed() {
    let (served, url) = Served::start().await;
    let (place, log) = (Place::new(), Log::new("a", 700));
    let ledger = place.open();
    tokio::task::spawn_blocking(move || {
        for size in [300, 400] {
            served.show(log.note(size), &log.leaves[..usize::try_from(size).unwrap()]);
            follow(&ledger, &url, NOW).unwrap();
        }
        let other = log.rewritten(350, 700);
        served.show(other.note(700), &other.leaves);
        let refused = follow(&ledger, &url, NOW);
        assert!(
            matches!(refused, Err(FollowError::Refused(Refusal::NotExtended(_)))),
            "{refused:?}"
        );
        let split = log.rewritten(200, 300);
        for (note, leaves) in
            [(other.note(400), &other.leaves[..400]), (split.note(300), &split.leaves)]
        {
            served.show(note, leaves);
            let refused = follow(&ledger, &url, NOW);
            let is_split = matches!(refused, Err(FollowError::Refused(Refusal::SplitView { .. })));
            assert!(is_split, "{refused:?}");
        }
        assert_eq!(place.evidence().len(), 3);
        served.show(log.note(300), &log.leaves[..300]);
        let behind = follow(&ledger, &url, NOW);
        assert!(
            matches!(behind, Err(FollowError::Behind { size: 300, latest: 400 })),
            "{behind:?}"
        );
        // Tiles that are not served, or wrong ones under a genuine checkpoint, prove nothing.
        served.show(log.note(700), &log.leaves[..500]);
        assert!(matches!(follow(&ledger, &url, NOW), Err(FollowError::Log(_))));
        served.show(log.note(700), &other.leaves);
        let refused = follow(&ledger, &url, NOW);
        assert!(
            matches!(refused, Err(FollowError::Refused(Refusal::NotExtended(_)))),
            "{refused:?}"
        );
        served.show("nonsense\n".into(), &[]);
        let refused = follow(&ledger, &url, NOW);
        assert!(
            matches!(refused, Err(FollowError::Refused(Refusal::NotACheckpoint))),
            "{refused:?}"
        );
        assert_eq!(ledger.latest(ORIGIN).unwrap().unwrap().0.size, 400);
        served.show(log.note(700), &log.leaves);
        assert_eq!(follow(&ledger, &url, NOW).unwrap().size, 700);
    })
    .await
    .unwrap();
}
