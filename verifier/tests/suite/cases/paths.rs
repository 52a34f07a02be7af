//! Inclusion proofs for another place, and with hashes too many or too few.

use serde_json::{Value, json};

use super::{BATCH, Cases, HONEST, SEQ};
use crate::world::chain::hex;
use crate::world::{self, RELEASE, SIZES};

pub fn add(cases: &mut Cases) {
    hashes(cases);
    places(cases);
    leaves(cases);
}

fn hashes(cases: &mut Cases) {
    for (part, check) in [("batch", "batch path"), ("log", "log path")] {
        let mut edit = |attacks, name: &str, edit: &dyn Fn(&mut Vec<Value>)| {
            cases.of(attacks);
            cases.edit(format!("{name} in the {part} path"), check, |bundle| {
                edit(bundle[part]["path"].as_array_mut().unwrap());
            });
        };
        let junk: Value = hex(&[0; 32]).into();
        edit(&["A23"], "a hash after", &|path| path.push(junk.clone()));
        edit(&["A24"], "a hash before", &|path| path.insert(0, junk.clone()));
        edit(&["A25"], "the first hash twice", &|path| path.insert(0, path[0].clone()));
        edit(&["A25"], "the last hash twice", &|path| path.push(path[path.len() - 1].clone()));
        edit(&["A18"], "two hashes swapped", &|path| path.swap(0, 1));
        edit(&["A19"], "a hash missing", &|path| drop(path.pop()));
        edit(&["A19"], "no hash", &|path| path.clear());
        edit(&["A28"], "64 hashes", &|path| path.resize(64, junk.clone()));
        edit(&["A28"], "65 hashes", &|path| path.resize(65, junk.clone()));
    }
    cases.of(&[]);
}

fn places(cases: &mut Cases) {
    let mut batch = |attacks, name: &str, member: &str, value: &str, check| {
        cases.of(attacks);
        cases.edit(format!("{name}: {member} {value}"), check, |bundle| {
            bundle["batch"][member] = value.into();
        });
    };
    batch(&["A18"], "a proof for another index", "first", "4", "batch path");
    batch(&["A22"], "a batch that starts after the entry", "first", "9", "batch path");
    batch(&["A22"], "an empty batch", "count", "0", "batch path");
    batch(&["A22"], "a batch that ends before the entry", "count", "2", "batch path");
    batch(&["A19"], "a proof for another size", "count", "4", "batch path");
    // Leaf 2 of 5 has the same shape of path in a tree of 6; the log's size then differs.
    batch(&["A19"], "a size with the same shape of path", "count", "6", "log path");
    batch(&["A28"], "a batch beyond 2^64", "count", "18446744073709551615", "batch path");
    batch(&["A20"], "another batch", "index", "0", "storage");
    batch(&["A20"], "a batch that is not anchored", "index", "3", "storage");
    batch(&["A28"], "a giant index", "index", "18446744073709551615", "storage");
    cases.of(&["A20"]);
    let other = HONEST.bundle(SIZES[BATCH])["batch"].clone();
    cases.edit("the batch part of another batch", "batch path", |bundle| bundle["batch"] = other);
    cases.of(&["A19"]);
    for size in ["7", "9", "15"] {
        cases.edit(format!("a log path for size {size}"), "log path", |bundle| {
            bundle["log"]["size"] = size.into();
        });
    }
    cases.of(&["A28"]);
    let mut bundle = HONEST.bundle(RELEASE);
    bundle["log"]["size"] = "18446744073709551615".into();
    bundle["batch"]["first"] = "18446744073709551610".into();
    cases.judge("positions near 2^64", &bundle, "batch path");
    cases.of(&["A18", "A20"]);
    cases.edit("the entry of another batch", "batch path", |bundle| {
        bundle["entry"] = HONEST.bundle(SIZES[BATCH])["entry"].clone();
    });
    cases.edit("the next entry of the same batch", "batch path", |bundle| {
        bundle["entry"] = HONEST.bundle(SEQ + 1)["entry"].clone();
    });
    cases.of(&[]);
}

/// Inner nodes passed off as leaves, and a leaf passed off as an inner node.
fn leaves(cases: &mut Cases) {
    cases.of(&["A26"]);
    let leaves = HONEST.leaves();
    let node = [leaves[3], leaves[4]].concat();
    let mut bundle = HONEST.bundle(3);
    bundle["entry"] = world::b64u(&node).into();
    bundle["batch"]["path"].as_array_mut().unwrap().remove(0);
    cases.judge("an inner node of 64 bytes as an entry", &bundle, "leaf");
    bundle["entry"] = world::b64u(&[&[1], node.as_slice()].concat()).into();
    cases.judge("an inner node with its prefix as an entry", &bundle, "leaf");
    let mut bundle = HONEST.bundle(3);
    bundle["batch"]["root"] = hex(&leaves[3]).into();
    bundle["batch"]["path"] = json!([]);
    cases.judge("a leaf as the root of its batch", &bundle, "batch path");
    cases.of(&[]);
}
