//! Laws that hold for any bytes: nothing a stranger sends makes the verifier panic.

use proptest::collection::vec;
use proptest::prelude::*;
use verifier::bundle::Bundle;
use verifier::chain::header::Header;
use verifier::chain::trie;
use verifier::encoding;
use verifier::entry::{Entry, FIRST_LINE};
use verifier::json::{Rules, canonical, canonical_profile, parse};
use verifier::merkle::{CompactRange, leaf_hash, verify_inclusion};
use verifier::note::NoteKey;
use verifier::policy::Policy;

use crate::world::chain::{Draft, hex};
use crate::world::tree;
use crate::world::{World, jcs};

/// Text made of the pieces of JSON, so that some of it is JSON.
fn nearly_json() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(",".to_owned()),
        Just(":".to_owned()),
        Just("null".to_owned()),
        Just("\"a\"".to_owned()),
        Just("\\u00e9".to_owned()),
        "-?[0-9]{1,18}(\\.[0-9]{1,3})?(e-?[0-9]{1,2})?",
        "\"[^\"\\\\\\x00-\\x1f]{0,4}\"",
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..600)) {
        drop(parse(&bytes, Rules::Any));
        drop(Bundle::parse(&bytes));
        drop(Policy::parse(&bytes));
        drop(Entry::parse(&[FIRST_LINE, &bytes].concat()));
        prop_assert!(Header::decode(&bytes).is_err());
        prop_assert!(trie::account(&[0; 32], &[0; 20], std::slice::from_ref(&bytes)).is_err());
        prop_assert!(trie::storage(&[0; 32], &[0; 32], &[1; 32], &[bytes]).is_err());
    }

    #[test]
    fn any_text_is_a_key_or_refused(text in "\\PC{0,80}") {
        drop(NoteKey::parse(&text));
        prop_assert!(encoding::instant_ms(&text).is_none());
        prop_assert!(encoding::position(&text).is_none_or(|n| n.to_string() == text));
        drop(encoding::unhex(&text));
        drop(encoding::unbase64url(&text));
    }

    #[test]
    fn the_canonical_form_is_its_own_canonical_form(text in nearly_json()) {
        if let Ok(value) = parse(text.as_bytes(), Rules::Any) && let Ok(once) = canonical(&value) {
            let again = parse(once.as_bytes(), Rules::Any).expect("canonical JSON is JSON");
            prop_assert_eq!(canonical(&again).expect("its numbers were written once"), once);
        }
    }

    #[test]
    fn what_the_profile_reads_all_of_json_reads_alike(text in nearly_json()) {
        if let Ok(strict) = parse(text.as_bytes(), Rules::Profile) {
            let written = canonical_profile(&strict);
            prop_assert_eq!(parse(text.as_bytes(), Rules::Any), Ok(strict));
            let theirs: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            prop_assert_eq!(jcs(&theirs).len(), written.len());
        }
    }

    #[test]
    fn a_header_with_changed_bytes_has_another_hash(at in 0usize..600, mask in 1u8..) {
        let sealed = Draft::new(7, [1; 32], [2; 32]).sealed(&crate::world::chain::Sealer::new(1));
        let honest = Header::decode(&sealed).expect("a header");
        let mut changed = sealed.clone();
        let at = at % changed.len();
        changed[at] ^= mask;
        if let Ok(header) = Header::decode(&changed) {
            prop_assert_ne!(header.hash, honest.hash);
        }
    }

    #[test]
    fn a_trie_node_with_changed_bytes_proves_nothing(at in any::<usize>(), mask in 1u8..) {
        let world = World::new();
        let (root, nodes) = world.chain.state(22, &world.chain.contract);
        prop_assert!(trie::account(&root, &world.chain.contract, &nodes).is_ok());
        let mut nodes = nodes;
        let which = at % nodes.len();
        let byte = (at / nodes.len()) % nodes[which].len();
        nodes[which][byte] ^= mask;
        prop_assert!(trie::account(&root, &world.chain.contract, &nodes).is_err(), "{}", hex(&nodes[which]));
    }

    #[test]
    fn every_leaf_of_any_tree_is_included_at_its_place(count in 1usize..80, at in any::<usize>()) {
        let leaves: Vec<_> = (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let at = at % count;
        let mut range = CompactRange::default();
        for leaf in &leaves {
            range.append(*leaf);
        }
        let (size, proof) = (count as u64, tree::path(&leaves, at));
        prop_assert_eq!(range.root(), tree::root(&leaves));
        prop_assert!(verify_inclusion(&leaves[at], at as u64, size, &proof, &range.root()).is_ok());
        prop_assert!(verify_inclusion(&leaves[at], at as u64 + 1, size, &proof, &range.root()).is_err());
    }
}
