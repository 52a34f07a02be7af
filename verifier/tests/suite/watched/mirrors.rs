//! Several addresses of one log under watch.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{NOW, SIZE, Stage, TITLE, told};
use crate::world::server::log;
use crate::world::tree::root;
use crate::world::{self, World};
use serde_json::Value;
use verifier::merkle::verify_consistency;

/// The consistency proof of the evidence leads from its prefix to the larger checkpoint.
fn shows_a_split(stage: &Stage, notes: &[String; 2], sizes: (u64, u64), larger: &World) {
    let evidence = stage.evidence("split-view");
    for (index, note) in notes.iter().enumerate() {
        assert_eq!(evidence["checkpoints"][index]["note"], *note);
    }
    let hash = |text: &Value| verifier::encoding::unhex_array(text.as_str().unwrap()).unwrap();
    let proof: Vec<[u8; 32]> =
        evidence["consistencyProof"].as_array().unwrap().iter().map(hash).collect();
    let whole = root(&larger.leaves()[..usize::try_from(sizes.1).unwrap()]);
    let prefix = hash(&evidence["prefixRoot"]);
    assert_eq!(verify_consistency((sizes.0, &prefix), (sizes.1, &whole), &proof), Ok(()));
    assert!(!notes[0].contains(&world::b64(&prefix)), "the smaller log has another root");
}

#[test]
fn two_signed_logs_of_one_size_are_a_split_view() {
    let (world, forged) = (World::new(), World::new().rewritten(9, TITLE));
    let mut stage = Stage::new("watch-split");
    stage.mirror(log(&forged, SIZE));
    let mut honest = Stage::new("watch-no-split");
    honest.mirror(log(&world, SIZE));
    honest.round(NOW).is("anchored", &[], &[]);
    stage.round(NOW).is("refused", &["split-view"], &["split-view"]);
    let notes = [world.checkpoint(SIZE), forged.checkpoint(SIZE)];
    shows_a_split(&stage, &notes, (SIZE, SIZE), &forged);
    stage.round(NOW + 10).is("refused", &[], &["split-view"]);
    assert_eq!(stage.files().len(), 1);
}

#[test]
fn a_mirror_of_another_size_is_compared_by_the_tiles_of_the_larger_one() {
    let (world, forged) = (World::long(), World::long().rewritten(411, TITLE));
    for (shown, mirrored) in [(720, 600), (600, 720), (720, 512)] {
        let mut stage = Stage::of("watch-sizes", &world, shown, |_| ());
        stage.head.store(18, Ordering::Relaxed);
        stage.mirror(log(&world, mirrored));
        stage.round(NOW).is("anchored", &[], &[]);
        let mut stage = Stage::of("watch-sizes-split", &world, shown, |_| ());
        stage.head.store(18, Ordering::Relaxed);
        stage.mirror(log(&forged, mirrored));
        stage.round(NOW).is("refused", &["split-view"], &["split-view"]);
        let (ours, theirs) = (world.checkpoint(shown), forged.checkpoint(mirrored));
        if shown < mirrored {
            shows_a_split(&stage, &[ours, theirs], (shown, mirrored), &forged);
        } else {
            shows_a_split(&stage, &[theirs, ours], (mirrored, shown), &world);
        }
    }
}

#[test]
fn a_mirror_with_wrong_tiles_or_a_wrong_key_is_no_split_view() {
    let (world, forged) = (World::long(), World::long().rewritten(411, TITLE));
    let mut stage = Stage::of("watch-tiles", &world, 600, |_| ());
    stage.head.store(18, Ordering::Relaxed);
    let (honest, other) = (log(&world, 720), log(&forged, 720));
    let mirror = stage
        .mirror(move |path| if path == "/log/checkpoint" { honest(path) } else { other(path) });
    // Another key signed this one, with a root of another log.
    let (stranger, forged) =
        (ed25519_dalek::SigningKey::from_bytes(&[99; 32]), root(&forged.leaves()));
    let text = world::checkpoint_text(world.origin, 720, &forged);
    let line = world::signature_line(world.origin, 1, &stranger, &text);
    let note = format!("{text}\n{line}").into_bytes();
    stage.mirror(move |path| (path == "/log/checkpoint").then(|| note.clone()));
    stage.round(NOW).is("anchored", &[], &[]);
    stage.round(NOW);
    let both = ["unreachable", "unreachable"];
    let round = stage.round(NOW);
    round.is("anchored", &both, &both);
    let text = round.round.to_string();
    let why = format!("{mirror}: the tiles are not those of the checkpoint");
    assert!(text.contains(&why), "{text}");
    assert_eq!(text.matches("a key that the policy does not list [").count(), 1, "{text}");
}

#[test]
fn what_a_mirror_showed_is_remembered_for_the_next_round() {
    let (world, forged) = (World::long(), World::long().rewritten(650, TITLE));
    let mut stage = Stage::of("watch-turn", &world, 600, |_| ());
    stage.head.store(18, Ordering::Relaxed);
    let (now, first, then) = (AtomicU64::new(0), log(&forged, 700), log(&world, 720));
    stage.mirror(move |path| {
        // Its first checkpoint is of the forged log, all later ones of the other.
        if path == "/log/checkpoint" && now.fetch_add(1, Ordering::Relaxed) == 0 {
            return first(path);
        }
        if now.load(Ordering::Relaxed) < 2 { first(path) } else { then(path) }
    });
    stage.watch(|monitor| {
        told(monitor, NOW).is("anchored", &[], &[]);
        told(monitor, NOW).is("refused", &["split-view"], &["split-view"]);
    });
    let notes = [forged.checkpoint(700), world.checkpoint(720)];
    shows_a_split(&stage, &notes, (700, 720), &world);
}
