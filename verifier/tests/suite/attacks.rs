//! Attacks on a bundle, each by what the attacker holds.

use crate::world::chain::{Draft, LAST_BLOCK, Sealer, hex};
use crate::world::{
    self, BLOCKS, EPOCH, RELEASE, SEALED, SIZES, WITHHOLDING, World, disclosure, ending,
};
use alloy_primitives::keccak256;
use serde_json::{Value, json};
use verifier::policy::Policy;

/// The batch the attacks are on, and an entry in it.
const BATCH: usize = 1;
const SEQ: u64 = 5;

fn changed(edit: impl FnOnce(&World, &mut Value)) -> String {
    let world = World::new();
    let mut bundle = world.bundle(SEQ);
    edit(&world, &mut bundle);
    ending(&world.verify(&bundle))
}

fn other_hash(hash: &Value) -> Value {
    let text = hash.as_str().unwrap();
    let digit = if text.ends_with('0') { '1' } else { '0' };
    format!("{}{digit}", &text[..text.len() - 1]).into()
}

/// Every place in a JSON value, as RFC 6901 pointers.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{i}"), out);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{at}/{}", name.replace('/', "~1")), out);
            }
        }
        _ => {}
    }
}

/// A bundle that uses every member the format has.
fn full_bundle(world: &World) -> Value {
    let mut bundle = world.bundle(WITHHOLDING);
    bundle["disclosures"] = json!([disclosure("/data/contact", &world::contact())]);
    bundle
}

#[test]
fn a_member_replaced_by_anything_else_is_refused() {
    let world = World::new();
    let bundle = full_bundle(&world);
    let mut pointers = Vec::new();
    places(&bundle, "", &mut pointers);
    let mut tried = 0;
    for pointer in pointers.iter().filter(|pointer| *pointer != "/anchor") {
        let honest = bundle.pointer(pointer).unwrap();
        let others =
            [json!(null), json!(""), json!("0"), json!("1"), json!(0), json!([]), json!({})];
        for other in others.iter().filter(|other| *other != honest) {
            if (pointer.as_str(), other) == ("/disclosures", &json!([])) {
                continue;
            }
            let mut forged = bundle.clone();
            *forged.pointer_mut(pointer).unwrap() = other.clone();
            let report = world.verify(&forged);
            assert_eq!(report.outcome.exit_code(), 1, "{pointer} = {other}: {report}");
            tried += 1;
        }
    }
    println!("{tried} replacements at {} places", pointers.len());
}

#[test]
fn a_member_removed_added_or_repeated_is_refused() {
    let world = World::new();
    let bundle = full_bundle(&world);
    let mut pointers = Vec::new();
    places(&bundle, "", &mut pointers);
    for pointer in &pointers {
        let mut forged = bundle.clone();
        match forged.pointer_mut(pointer).unwrap() {
            Value::Object(members) => {
                members.insert("extra".to_owned(), Value::Null);
            }
            Value::Array(items) => items.push(items.last().cloned().unwrap_or(Value::Null)),
            _ => continue,
        }
        assert_eq!(world.verify(&forged).outcome.exit_code(), 1, "more in {pointer}");
    }
    for pointer in &pointers {
        let Some((parent, name)) = pointer.rsplit_once('/') else { continue };
        let mut forged = bundle.clone();
        match forged.pointer_mut(parent).unwrap() {
            Value::Object(members) => {
                members.remove(&name.replace("~1", "/"));
            }
            // The last header and the last disclosure are not needed for the proof.
            Value::Array(_) if ["/disclosures", "/anchor/headers"].contains(&parent) => continue,
            Value::Array(items) => {
                items.remove(name.parse().unwrap());
            }
            _ => unreachable!("a parent has children"),
        }
        assert_eq!(world.verify(&forged).outcome.exit_code(), 1, "without {pointer}");
    }
}

#[test]
fn proof_hashes_before_after_or_twice_are_refused() {
    for (part, check) in [("batch", "batch path"), ("log", "log path")] {
        let edit = |edit: &dyn Fn(&mut Vec<Value>)| {
            changed(|_, bundle| edit(bundle[part]["path"].as_array_mut().unwrap()))
        };
        assert_eq!(edit(&|path| path.push(hex(&[0; 32]).into())), check);
        assert_eq!(edit(&|path| path.insert(0, hex(&[0; 32]).into())), check);
        assert_eq!(edit(&|path| path.insert(0, path[0].clone())), check);
        assert_eq!(edit(&|path| path.swap(0, 1)), check);
        assert_eq!(edit(&|path| drop(path.pop())), check);
        assert_eq!(edit(&|path| path.resize(65, hex(&[0; 32]).into())), check);
    }
}

#[test]
fn a_proof_for_another_index_size_or_batch_is_refused() {
    let batch = |name: &'static str, value: &'static str| {
        changed(move |_, bundle| bundle["batch"][name] = value.into())
    };
    assert_eq!(batch("first", "4"), "batch path");
    assert_eq!(batch("first", "9"), "batch path");
    assert_eq!(batch("count", "0"), "batch path");
    assert_eq!(batch("count", "2"), "batch path");
    assert_eq!(batch("count", "4"), "batch path");
    // Leaf 2 of 5 has the same shape of path in a tree of 6; the log's size then differs.
    assert_eq!(batch("count", "6"), "log path");
    assert_eq!(batch("count", "18446744073709551615"), "batch path");
    assert_eq!(batch("index", "0"), "storage");
    assert_eq!(batch("index", "18446744073709551615"), "storage");
    assert_eq!(changed(|_, bundle| bundle["log"]["size"] = "9".into()), "log path");
    let other = |world: &World, bundle: &mut Value| {
        bundle["batch"] = world.bundle(SIZES[BATCH])["batch"].clone();
    };
    assert_eq!(changed(other), "batch path");
}

#[test]
fn an_inner_node_is_no_leaf() {
    let world = World::new();
    let leaves = world.leaves();
    let node = [leaves[3], leaves[4]].concat();
    let mut bundle = world.bundle(3);
    bundle["entry"] = world::b64u(&node).into();
    bundle["batch"]["path"].as_array_mut().unwrap().remove(0);
    assert_eq!(ending(&world.verify(&bundle)), "leaf");
}

#[test]
fn the_entry_of_another_log_or_position_is_refused() {
    let world = World::new();
    let elsewhere = world.edited(SEQ, |envelope| envelope["log"] = "other.example/log".into());
    assert_eq!(ending(&world.verify(&elsewhere.bundle(SEQ))), "profile");
    let replayed = world.edited(SEQ, |envelope| envelope["seq"] = "6".into());
    assert_eq!(ending(&replayed.verify(&replayed.bundle(SEQ))), "batch path");
    assert_eq!(
        changed(|world, bundle| bundle["entry"] = world.bundle(3)["entry"].clone()),
        "batch path"
    );
}

#[test]
fn an_edited_entry_with_every_path_rebuilt_is_refused() {
    let world = World::new();
    let forged = world.edited(SEQ, |envelope| envelope["data"]["title"] = "Otra".into());
    // The operator without the log's key, then with it, then claiming another batch root.
    let mut bundle = forged.bundle(SEQ);
    bundle["anchor"] = world.bundle(SEQ)["anchor"].clone();
    let signed = bundle.clone();
    bundle["log"]["checkpoint"] = world.checkpoint(SIZES[BATCH]).into();
    assert_eq!(ending(&world.verify(&bundle)), "checkpoint");
    assert_eq!(ending(&world.verify(&signed)), "storage");
    let mut half = signed.clone();
    half["batch"]["root"] = world.bundle(SEQ)["batch"]["root"].clone();
    assert_eq!(ending(&world.verify(&half)), "batch path");
    // With a chain of one's own there is nothing left to see but its signers.
    assert_eq!(ending(&forged.verify(&forged.bundle(SEQ))), "anchored");
}

#[test]
fn an_entry_outside_the_profile_is_refused_even_if_anchored() {
    let world = World::new();
    let entry_with = |text: &str, forged: &str| {
        let mut entries = world.entries.clone();
        let entry = String::from_utf8(entries[5].clone()).unwrap();
        assert!(entry.contains(text), "{entry}");
        entries[5] = entry.replacen(text, forged, 1).into_bytes();
        let sealers = world.chain.sealers.clone();
        let forged = World::from_entries(world.origin, entries, sealers, 2026);
        ending(&forged.verify(&forged.bundle(SEQ)))
    };
    let title = "\"title\":\"Licitación 5\"";
    assert_eq!(entry_with(title, "\"title\":\"Licitacio\u{301}n 5\""), "leaf", "not NFC");
    assert_eq!(entry_with(title, "\"title\":1.5"), "leaf", "a float");
    assert_eq!(entry_with(title, "\"title\":9007199254740992"), "leaf", "a big integer");
    assert_eq!(entry_with(title, "\"title\":\"\\ud800\""), "leaf", "a lone surrogate");
    assert_eq!(entry_with(title, "\"title\":1,\"title\":1"), "leaf", "a name twice");
    assert_eq!(entry_with(title, "\"title\" :\"x\""), "leaf", "white space");
    assert_eq!(entry_with("\"ver\":\"3\"", "\"ver\":\"0\""), "profile");
    assert_eq!(entry_with("\"clock\":\"wall\"", "\"clock\":\"moon\""), "profile");
    assert_eq!(
        entry_with(title, &format!("\"title\":{}1{}", "[".repeat(40), "]".repeat(40))),
        "leaf"
    );
    assert_eq!(entry_with(title, &format!("\"title\":\"{}\"", "x".repeat(65_535))), "leaf");
}

#[test]
fn a_wrong_disclosure_is_refused() {
    let world = World::new();
    let check = |disclosures: Value| {
        let mut bundle = world.bundle(WITHHOLDING);
        bundle["disclosures"] = disclosures;
        ending(&world.verify(&bundle))
    };
    let right = disclosure("/data/contact", &world::contact());
    assert_eq!(check(json!([right])), "anchored");
    let other_value = disclosure("/data/contact", &json!({"nombre": "Eva"}));
    assert_eq!(check(json!([other_value])), "disclosures");
    let mut other_salt = right.clone();
    other_salt["salt"] = world::b64u(&[0; 32]).into();
    assert_eq!(check(json!([other_salt])), "disclosures");
    // One salt and value for another path, committed or not.
    let mut other_path = right.clone();
    other_path["path"] = "/sig/0".into();
    assert_eq!(check(json!([other_path])), "disclosures");
    other_path["path"] = "/data/phone".into();
    assert_eq!(check(json!([other_path])), "disclosures");
    for path in ["", "/sig/1", "/sig/00", "/sig/-1", "/sig/"] {
        assert_eq!(check(json!([disclosure(path, &world::signature())])), "disclosures", "{path}");
    }
    assert_eq!(check(json!([right, right])), "limits", "a path twice");
    let signature = disclosure("/sig/0", &world::signature());
    assert_eq!(check(json!([signature, right])), "limits", "not sorted");
    let mut short = right.clone();
    short["salt"] = world::b64u(&[0; 31]).into();
    assert_eq!(check(json!([short])), "limits");
}

#[test]
fn a_sealed_entry_shows_its_content_only_with_its_envelope() {
    let world = World::new();
    let inner = world::inner(world.origin, &world.entries);
    let check = |disclosures: Value| {
        let mut bundle = world.bundle(SEALED);
        bundle["disclosures"] = disclosures;
        ending(&world.verify(&bundle))
    };
    let technical = disclosure("/data/technical", &json!("plan"));
    assert_eq!(check(json!([technical])), "disclosures");
    assert_eq!(check(json!([disclosure("", &inner), technical])), "anchored");
    let mut other = inner.clone();
    other["data"]["title"] = "Otra".into();
    assert_eq!(check(json!([disclosure("", &other)])), "disclosures");
    assert_eq!(
        check(json!([disclosure("", &inner), disclosure("/data/technical", &json!("x"))])),
        "disclosures"
    );
}

#[test]
fn an_inner_envelope_of_another_place_is_refused() {
    for (name, value) in [
        ("log", "other.example/log"),
        ("seq", "5"),
        ("id", "019b8e00-0000-7000-8000-000000000999"),
        ("at", "2026-01-05T15:00:04.251Z"),
        ("clock", "simulated"),
        ("type", "Sealed"),
    ] {
        let world = World::new();
        let mut inner = world::inner(world.origin, &world.entries);
        inner[name] = value.into();
        let commitment = world::commit("", &inner);
        let forged = world.edited(SEALED, |envelope| envelope["cm"] = json!({"": commitment}));
        let mut bundle = forged.bundle(SEALED);
        assert_eq!(ending(&forged.verify(&bundle)), "anchored");
        bundle["disclosures"] = json!([disclosure("", &inner)]);
        assert_eq!(ending(&forged.verify(&bundle)), "disclosures", "{name}");
    }
}

#[test]
fn a_checkpoint_signed_or_written_otherwise_is_refused() {
    let world = World::new();
    let note = world.checkpoint(SIZES[BATCH]);
    let text = format!("{}\n", note.split("\n\n").next().unwrap());
    let check = |note: &str| {
        let mut bundle = world.bundle(SEQ);
        bundle["log"]["checkpoint"] = note.into();
        ending(&world.verify(&bundle))
    };
    assert_eq!(check(&note), "anchored");
    let stranger = ed25519_dalek::SigningKey::from_bytes(&[99; 32]);
    let by = |name: &str, algorithm, key| world::signature_line(name, algorithm, key, &text);
    for forged in [
        format!("{text}\n"),
        text.clone(),
        format!("{note}\n"),
        note.trim_end().to_owned(),
        note.replacen('\n', "\r\n", 1),
        format!("{text}\n{}", by(world.origin, 1, &stranger)),
        format!("{note}{}", by("witness-c", 4, &stranger)),
        format!("{note}{}", by("witness-a", 4, &stranger)),
        format!("{note}{}", by("witness-a", 1, &world.witnesses[0])),
        format!("{note}{}", by(world.origin, 1, &world.log_key)),
        format!("{text}\n{}", by("witness-a", 4, &world.witnesses[0])),
        world.checkpoint(SIZES[0]),
        world.sign(&format!("{text}extension\n")),
        world.sign(&text.replacen("tenders", "others", 1)),
        world.sign(&text.replacen("\n8\n", "\n08\n", 1)),
        world.sign(&text.replacen("\n8\n", "\n9\n", 1)),
        world.sign(&text.replace('=', "")),
        String::new(),
        "\n\n".to_owned(),
        "x".repeat(70_000),
    ] {
        assert_eq!(check(&forged), "checkpoint", "{forged:?}");
    }
}

#[test]
fn another_chain_or_contract_than_the_policys_is_refused() {
    let policy = |edit: &dyn Fn(&mut Value)| {
        let world = World::new();
        let mut policy = world.policy();
        edit(&mut policy);
        match Policy::parse(world::jcs(&policy).as_bytes()) {
            Ok(_) => ending(&world::verify(&world.bundle(SEQ), &policy)),
            Err(_) => "no policy".to_owned(),
        }
    };
    assert_eq!(policy(&|_| ()), "anchored");
    assert_eq!(policy(&|p| p["chain"]["chainId"] = "2027".into()), "anchor");
    assert_eq!(policy(&|p| p["contracts"][0]["address"] = hex(&[0xbb; 20]).into()), "anchor");
    assert_eq!(policy(&|p| p["contracts"][0]["codeHash"] = hex(&[0xc1; 32]).into()), "storage");
    assert_eq!(policy(&|p| p["contracts"][0]["toSize"] = "7".into()), "anchor");
    assert_eq!(policy(&|p| p["contracts"][0]["fromSize"] = "8".into()), "anchor");
    assert_eq!(policy(&|p| p["contracts"][0]["toSize"] = "8".into()), "anchored");
    assert_eq!(policy(&|p| p["contracts"] = json!([])), "anchor");
    assert_eq!(policy(&|p| p["chain"]["period"] = "6".into()), "headers");
    assert_eq!(policy(&|p| p["origin"] = "x".into()), "no policy");
    let other_key = World::new().witnesses[0].clone();
    assert_eq!(
        policy(&|p| p["logKey"] = world::note_key("tenders.example/log", 1, &other_key).into()),
        "no policy",
        "the log's key is a witness's"
    );
}

#[test]
fn a_bundle_that_claims_another_chain_or_contract_is_refused() {
    let anchor =
        |name: &'static str, value: Value| changed(move |_, bundle| bundle["anchor"][name] = value);
    assert_eq!(anchor("chainId", "2027".into()), "anchor");
    assert_eq!(anchor("genesisHash", hex(&[0; 32]).into()), "anchor");
    assert_eq!(anchor("consensus", "dev".into()), "anchor");
    assert_eq!(anchor("consensus", "qbft".into()), "limits");
    assert_eq!(anchor("contract", hex(&[0xbb; 20]).into()), "anchor");
}

#[test]
fn the_digest_binds_chain_and_contract() {
    // The same log anchored by the same signers in a chain with another id: only the digest tells.
    let world = World::new();
    let sealers = world.chain.sealers.clone();
    let other = World::from_entries(world.origin, world.entries.clone(), sealers, 2027);
    let mut bundle = other.bundle(SEQ);
    bundle["anchor"]["chainId"] = "2026".into();
    assert_eq!(ending(&world.verify(&bundle)), "storage");
}

#[test]
fn the_slot_is_the_verifiers_and_not_the_bundles() {
    let storage = |edit: &dyn Fn(&World, &mut Value)| {
        changed(|world, bundle| edit(world, &mut bundle["anchor"]))
    };
    // The proof of another slot, of another block, of a look-alike account.
    let other_slot = |world: &World, anchor: &mut Value| {
        anchor["storageProof"] = world.chain.anchor(0, BLOCKS[BATCH], 3)["storageProof"].clone();
    };
    assert_eq!(storage(&other_slot), "storage");
    let other_block = |world: &World, anchor: &mut Value| {
        anchor["storageProof"] = world.chain.anchor(BATCH, 22, 3)["storageProof"].clone();
    };
    assert_eq!(storage(&other_block), "storage");
    let other_state = |world: &World, anchor: &mut Value| {
        let other = world.chain.anchor(BATCH, 22, 3);
        anchor["accountProof"] = other["accountProof"].clone();
        anchor["storageProof"] = other["storageProof"].clone();
    };
    assert_eq!(storage(&other_state), "storage");
    let look_alike = |world: &World, anchor: &mut Value| {
        let nodes = world.chain.state(BLOCKS[BATCH], &[0xbb; 20]).1;
        anchor["accountProof"] = nodes.iter().map(|node| hex(node)).collect();
    };
    assert_eq!(storage(&look_alike), "storage");
    let before = |world: &World, anchor: &mut Value| {
        *anchor = world.chain.anchor(BATCH, BLOCKS[BATCH] - 1, 3);
    };
    assert_eq!(storage(&before), "storage", "the block before the anchoring one");
    let after = |world: &World, anchor: &mut Value| {
        *anchor = world.chain.anchor(BATCH, BLOCKS[BATCH] + 1, 3);
    };
    assert_eq!(storage(&after), "anchored", "a later block has the digest too");
    assert_eq!(storage(&|_, anchor| anchor["accountProof"] = json!([])), "storage");
    assert_eq!(storage(&|_, anchor| anchor["storageProof"] = json!([])), "storage");
    assert_eq!(storage(&|_, anchor| anchor["accountProof"] = json!(["0x80"])), "storage");
    let many: Vec<_> = (0..100).map(|_| "0xc0").collect();
    assert_eq!(storage(&|_, anchor| anchor["storageProof"] = json!(many)), "storage");
}

#[test]
fn a_chain_of_ones_own_is_refused() {
    let world = World::new();
    let foreign = World::with_sealers([11, 12, 13]);
    let mut bundle = foreign.bundle(SEQ);
    assert_eq!(ending(&foreign.verify(&bundle)), "anchored");
    assert_eq!(ending(&world.verify(&bundle)), "anchor");
    bundle["anchor"]["genesisHash"] = world.bundle(SEQ)["anchor"]["genesisHash"].clone();
    assert_eq!(ending(&world.verify(&bundle)), "seals");
}

#[test]
fn a_swapped_policy_shows_in_the_fingerprint() {
    let world = World::new();
    let foreign = World::with_sealers([11, 12, 13]);
    let ours = world.verify(&world.bundle(SEQ));
    let theirs = foreign.verify(&foreign.bundle(SEQ));
    assert_eq!((ending(&ours).as_str(), ending(&theirs).as_str()), ("anchored", "anchored"));
    assert_ne!(ours.policy, theirs.policy);
}

#[test]
fn too_few_descendants_are_refused() {
    let headers = |n: usize| {
        changed(|_, bundle| {
            bundle["anchor"]["headers"].as_array_mut().unwrap().truncate(n);
        })
    };
    assert_eq!(headers(0), "headers");
    assert_eq!(headers(1), "confirmations");
    assert_eq!(headers(2), "anchored");
}

#[test]
fn headers_with_a_gap_or_another_order_are_refused() {
    let headers = |edit: &dyn Fn(&mut Vec<Value>)| {
        changed(|_, bundle| edit(bundle["anchor"]["headers"].as_array_mut().unwrap()))
    };
    assert_eq!(headers(&|list| drop(list.remove(1))), "headers");
    assert_eq!(headers(&|list| list.swap(1, 2)), "headers");
    assert_eq!(headers(&|list| list.push(list[2].clone())), "headers");
    assert_eq!(headers(&|list| list[1] = other_hash(&list[1])), "headers");
    assert_eq!(headers(&|list| list[1] = "0xc0".into()), "headers");
    assert_eq!(headers(&|list| drop(list.remove(0))), "storage", "the proofs are of the first one");
}

/// The bundle whose second header is drafted and sealed by the attacker.
fn second_header(edit: impl FnOnce(&World, &mut Draft) -> Sealer) -> String {
    second_header_after(BATCH, BLOCKS[BATCH], edit)
}

fn second_header_after(
    batch: usize,
    block: u64,
    edit: impl FnOnce(&World, &mut Draft) -> Sealer,
) -> String {
    let world = World::new();
    let mut bundle = world.bundle(SIZES[batch] - 1);
    let mut draft = world.chain.draft(block + 1, keccak256(world.chain.header(block)).0);
    let sealer = edit(&world, &mut draft);
    bundle["anchor"] = world.chain.anchor(batch, block, 1);
    let headers = bundle["anchor"]["headers"].as_array_mut().unwrap();
    headers.push(hex(&draft.sealed(&sealer)).into());
    ending(&world.verify(&bundle))
}

fn in_turn(world: &World, draft: &Draft) -> Sealer {
    world.chain.in_turn(draft.number).clone()
}

#[test]
fn a_forged_seal_is_refused() {
    assert_eq!(second_header(|world, draft| in_turn(world, draft)), "anchored");
    assert_eq!(second_header(|_, _| Sealer::new(99)), "seals", "a stranger");
    let out_of_turn = |difficulty| {
        second_header(move |world, draft| {
            draft.difficulty = difficulty;
            world.chain.in_turn(draft.number + 1).clone()
        })
    };
    assert_eq!(out_of_turn(1), "anchored");
    assert_eq!(out_of_turn(2), "seals", "out of turn with the difficulty of the turn");
    let lazy = second_header(|world, draft| {
        draft.difficulty = 1;
        in_turn(world, draft)
    });
    assert_eq!(lazy, "seals", "in turn with the difficulty of another's turn");
    let recent = second_header(|world, draft| {
        draft.difficulty = 1;
        world.chain.in_turn(draft.number - 1).clone()
    });
    assert_eq!(recent, "seals", "the signer of the block before");
}

#[test]
fn a_header_that_breaks_a_rule_of_clique_is_refused() {
    let header = |edit: &dyn Fn(&mut Draft)| {
        second_header(|world, draft| {
            edit(draft);
            in_turn(world, draft)
        })
    };
    assert_eq!(header(&|draft| draft.mix = [1; 32]), "seals");
    assert_eq!(header(&|draft| draft.uncles = [1; 32]), "seals");
    assert_eq!(header(&|draft| draft.nonce = [1; 8]), "seals");
    assert_eq!(header(&|draft| draft.nonce = [0xff; 8]), "anchored", "a vote");
    assert_eq!(header(&|draft| draft.miner = [1; 20]), "anchored", "a vote");
    assert_eq!(header(&|draft| draft.listed = vec![[1; 20]]), "seals", "signers between epochs");
    assert_eq!(header(&|draft| draft.withdrawals = true), "seals", "a later fork");
    assert_eq!(header(&|draft| draft.time -= 1), "headers", "sooner than a period");
    assert_eq!(header(&|draft| draft.number += 1), "headers");
    assert_eq!(header(&|draft| draft.parent = [1; 32]), "headers");
}

#[test]
fn an_epoch_block_lists_the_policys_signers_and_does_not_vote() {
    let epoch_block = |edit: &dyn Fn(&mut Draft)| {
        second_header_after(BATCH, EPOCH - 1, |world, draft| {
            edit(draft);
            in_turn(world, draft)
        })
    };
    assert_eq!(epoch_block(&|_| ()), "anchored");
    assert_eq!(epoch_block(&|draft| draft.listed.clear()), "seals");
    assert_eq!(epoch_block(&|draft| draft.listed.truncate(2)), "seals");
    assert_eq!(epoch_block(&|draft| draft.listed.swap(0, 1)), "seals");
    assert_eq!(epoch_block(&|draft| draft.nonce = [0xff; 8]), "seals");
    assert_eq!(epoch_block(&|draft| draft.miner = [1; 20]), "seals");
}

#[test]
fn signers_count_only_in_their_range_of_blocks() {
    let world = World::new();
    let ranges = |first_end: u64| {
        let mut policy = world.policy();
        let mut later = policy["chain"]["signers"][0].clone();
        policy["chain"]["signers"][0]["toBlock"] = first_end.to_string().into();
        later["fromBlock"] = first_end.to_string().into();
        later["signers"].as_array_mut().unwrap().remove(0);
        policy["chain"]["signers"].as_array_mut().unwrap().push(later);
        ending(&world::verify(&world.bundle(SEQ), &policy))
    };
    assert_eq!(ranges(LAST_BLOCK), "anchored");
    assert_eq!(ranges(BLOCKS[BATCH] + 1), "seals", "the set changes after the anchoring block");
    let mut policy = world.policy();
    policy["chain"]["signers"][0]["toBlock"] = BLOCKS[BATCH].to_string().into();
    assert_eq!(ending(&world::verify(&world.bundle(SEQ), &policy)), "seals", "nobody's height");
}

#[test]
fn a_block_before_the_recording_is_refused() {
    let world = World::new();
    // Batch 0 is in block 12, 60 seconds after the start.
    let at = |seconds: u64| {
        let forged = world.edited(0, |envelope| {
            envelope["at"] = world::instant(world::START_S + seconds).into();
        });
        ending(&forged.verify(&forged.bundle(0)))
    };
    assert_eq!(at(74), "anchored", "within the tolerance of 15 seconds");
    assert_eq!(at(75), "times");
    assert_eq!(at(86_400), "times");
}

#[test]
fn giant_numbers_and_deep_nesting_end_in_a_refusal() {
    let policy = Policy::parse(world::jcs(&World::new().policy()).as_bytes());
    let policy = policy.unwrap();
    let mut forged = vec![
        b"[".repeat(1_000_000),
        b"{\"a\":".repeat(100_000),
        vec![b' '; 1024 * 1024],
        vec![b'0'; 2 * 1024 * 1024],
        Vec::new(),
    ];
    let mut bundle = World::new().bundle(RELEASE);
    bundle["log"]["size"] = "18446744073709551615".into();
    bundle["batch"]["first"] = "18446744073709551610".into();
    forged.push(world::jcs(&bundle).into_bytes());
    for bytes in forged {
        let report = verifier::verify_bundle(&bytes, &policy);
        assert_eq!(report.outcome.exit_code(), 1);
    }
}
