//! What clients are written against is committed; `BLESS=1` writes it anew.

#![expect(clippy::unwrap_used, reason = "a snapshot that cannot be written is a failure")]

use std::path::Path;

fn committed(name: &str, now: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, now).unwrap();
    }
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = now.lines().zip(before.lines()).find(|(now, before)| now != before);
    assert!(
        now == before,
        "{name} differs from the code (first at {differs:?}): run `make bless` and review it"
    );
}

#[test]
fn the_schema_is_the_committed_one() {
    committed("schema.graphql", &graphql::sdl());
}

#[test]
fn the_description_of_the_rest_interface_is_the_committed_one() {
    committed("openapi.json", &graphql::openapi());
}

#[test]
fn the_justification_of_the_description_is_hashed_as_it_says() {
    let text = " Entrego\u{301} antes y ofrece ma\u{301}s garanti\u{301}a. ";
    let kept = domain::text::justification("justification", text).unwrap();
    let hash = merkle::hash::to_hex(&merkle::hash::sha256(kept.as_bytes()));
    let sdl = graphql::sdl();
    assert!(sdl.contains(&format!("`\" {kept} \"`")), "{kept}");
    assert!(sdl.contains(&format!("`{hash}` and {}", kept.len())), "{hash} {}", kept.len());
}
