//! Files that are no bundle, entries outside the profile, entries of another log or place.

use serde_json::{Value, json};

use super::{BATCH, Cases, HONEST, SEQ};
use crate::world::{self, SEALED, SIZES, WITHHOLDING, World, jcs};

const TITLE: &str = "\"title\":\"Licitación 5\"";

pub fn add(cases: &mut Cases) {
    files(cases);
    members(cases);
    outside_json(cases);
    outside_table(cases);
    paths_of_commitments(cases);
    sealed_forms(cases);
    lengths(cases);
    elsewhere(cases);
}

/// The world in which the honest entry has another text, rehashed and anchored.
fn world_with(text: &str, forged: &str) -> World {
    let mut entries = HONEST.entries.clone();
    let entry = String::from_utf8(entries[5].clone()).unwrap();
    assert!(entry.contains(text), "{entry}");
    entries[5] = entry.replacen(text, forged, 1).into_bytes();
    HONEST.with_entries(entries)
}

fn files(cases: &mut Cases) {
    let honest = jcs(&HONEST.bundle(SEQ));
    let mut limits = |attacks, name: &str, bytes: &[u8]| {
        cases.of(attacks);
        cases.bytes(name, "honest", bytes, "limits");
    };
    limits(&[], "an empty file", b"");
    limits(&[], "a line feed after the bundle", format!("{honest}\n").as_bytes());
    limits(&[], "white space in the bundle", honest.replacen(':', ": ", 1).as_bytes());
    limits(&[], "a byte-order mark", format!("\u{feff}{honest}").as_bytes());
    limits(&[], "bytes that are not UTF-8", &[honest.as_bytes(), b"\xff"].concat());
    let second = honest.replacen("\"v\":", "\"entry\":\"\",\"v\":", 1);
    limits(&["A43"], "a member name twice in the bundle", second.as_bytes());
    limits(&[], "members in another order", reordered(&honest).as_bytes());
    limits(
        &[],
        "an escape that is not needed",
        honest.replacen("anchor", "\\u0061nchor", 1).as_bytes(),
    );
    limits(&[], "the first half of a bundle", &honest.as_bytes()[..honest.len() / 2]);
    limits(&["A28"], "brackets without end", &b"[".repeat(1000));
    limits(&["A28"], "objects without end", &b"{\"a\":".repeat(1000));
    limits(&[], "an array", b"[]");
    limits(&[], "an object without members", b"{}");
    for (name, value) in [
        ("a number with a fraction", "1.5".to_owned()),
        ("a number with an exponent", "1e0".to_owned()),
        ("minus zero", "-0".to_owned()),
        ("the integer 2^53", "9007199254740992".to_owned()),
        ("text that is not in NFC", "\"e\u{301}\"".to_owned()),
        ("a lone surrogate", "\"\\ud800\"".to_owned()),
        ("30 levels of arrays", format!("{}{}", "[".repeat(30), "]".repeat(30))),
    ] {
        let bundle = disclosing(&value);
        limits(&["A43"], &format!("{name} in a disclosure"), bundle.as_bytes());
    }
    // What the limit of 32 levels and of integers still allows.
    cases.of(&[]);
    for (name, value) in [
        ("29 levels of arrays", format!("{}{}", "[".repeat(29), "]".repeat(29))),
        ("the integer 2^53 - 1", "9007199254740991".to_owned()),
        ("the integer -(2^53 - 1)", "-9007199254740991".to_owned()),
    ] {
        let name = format!("{name} in a disclosure that nobody committed to");
        cases.bytes(name, "honest", disclosing(&value), "disclosures");
    }
}

/// A bundle that discloses a value at a path that has another commitment.
fn disclosing(value: &str) -> String {
    let mut bundle = HONEST.bundle(WITHHOLDING);
    bundle["disclosures"] = json!([world::disclosure("/data/contact", &json!("VALUE"))]);
    jcs(&bundle).replacen("\"VALUE\"", value, 1)
}

fn reordered(honest: &str) -> String {
    let body = honest.strip_suffix(",\"v\":\"smart-tenders/bundle@v1\"}").unwrap();
    format!("{{\"v\":\"smart-tenders/bundle@v1\",{}}}", &body[1..])
}

fn members(cases: &mut Cases) {
    let mut limits = |name: &str, pointer: &str, value: Value| {
        cases.edit(name, "limits", |bundle| *bundle.pointer_mut(pointer).unwrap() = value);
    };
    limits("another version of the format", "/v", json!("smart-tenders/bundle@v2"));
    limits("a position with a leading zero", "/batch/first", json!("03"));
    limits("a position as a number", "/batch/first", json!(3));
    limits("a position of 2^64", "/log/size", json!("18446744073709551616"));
    limits("an empty position", "/batch/index", json!(""));
    let root = HONEST.bundle(SEQ)["log"]["root"].as_str().unwrap().to_owned();
    limits("a hash without 0x", "/log/root", json!(root[2..]));
    limits("a hash in upper case", "/log/root", json!(format!("0x{}", root[2..].to_uppercase())));
    limits("a hash of 31 bytes", "/log/root", json!(root[..64]));
    limits("an odd number of hexadecimal digits", "/log/root", json!(root[..65]));
    limits("a path that is no list", "/batch/path", json!({}));
    limits("a path with a hash of 31 bytes", "/batch/path/0", json!(root[..64]));
    limits("an unknown consensus", "/anchor/consensus", json!("qbft"));
    limits("an anchor that is false", "/anchor", json!(false));
    let entry = HONEST.bundle(SEQ)["entry"].as_str().unwrap().to_owned();
    limits("an entry in padded base64url", "/entry", json!(format!("{entry}=")));
    limits("an entry in standard base64", "/entry", json!("+/+/"));
    limits("an entry whose unused bits are not zero", "/entry", json!("AB"));
    cases.of(&["A32"]);
    cases.edit("a slot named by the bundle", "limits", |bundle| {
        bundle["anchor"]["slot"] = "0x00".into();
    });
    cases.of(&[]);
    cases.edit("a member more", "limits", |bundle| bundle["more"] = Value::Null);
    cases.edit("a member less", "limits", |bundle| {
        bundle["anchor"].as_object_mut().unwrap().remove("genesisHash");
    });
}

fn outside_json(cases: &mut Cases) {
    cases.of(&["A43"]);
    for (name, forged) in [
        ("not in NFC", "\"title\":\"Licitacio\u{301}n 5\"".to_owned()),
        ("a float", "\"title\":1.5".to_owned()),
        ("a big integer", "\"title\":9007199254740992".to_owned()),
        ("a lone surrogate", "\"title\":\"\\ud800\"".to_owned()),
        ("a name twice", "\"title\":1,\"title\":1".to_owned()),
        ("white space", "\"title\" :\"x\"".to_owned()),
        ("40 levels", format!("\"title\":{}1{}", "[".repeat(40), "]".repeat(40))),
    ] {
        let bundle = world_with(TITLE, &forged).bundle(SEQ);
        cases.judge(format!("an anchored entry outside the profile: {name}"), &bundle, "leaf");
    }
    cases.of(&[]);
    for (name, forged) in [
        ("members sorted by UTF-16", "\"a\":{\"\u{1f600}\":1,\"\u{ff21}\":2},\"title\":\"x\""),
        ("control characters", "\"title\":\"\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}\""),
        ("null, true, false and integers", "\"title\":[null,true,false,-1,0,9007199254740991]"),
        ("30 levels", "\"title\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
    ] {
        let bundle = world_with(TITLE, forged).bundle(SEQ);
        cases.judge(format!("an entry with {name}"), &bundle, "anchored");
    }
    let unsorted = "\"a\":{\"\u{ff21}\":2,\"\u{1f600}\":1},\"title\":\"x\"";
    let bundle = world_with(TITLE, unsorted).bundle(SEQ);
    cases.judge("an entry with members sorted by code point", &bundle, "leaf");
}

fn outside_table(cases: &mut Cases) {
    let long = format!("\"stream\":\"t{}\"", "x".repeat(128));
    let stream = "\"stream\":\"tender-odd\"";
    for (text, forged) in [
        ("\"ver\":\"3\"", "\"ver\":\"0\""),
        ("\"ver\":\"3\"", "\"ver\":\"1\""),
        ("\"ver\":\"3\"", "\"ver\":3"),
        ("\"clock\":\"wall\"", "\"clock\":\"moon\""),
        ("\"schema\":\"1\"", "\"schema\":\"0\""),
        ("\"schema\":\"1\"", "\"schema\":\"65536\""),
        ("\"type\":\"TenderPublished\"", "\"type\":\"tenderPublished\""),
        ("\"type\":\"TenderPublished\"", "\"type\":\"Tender_Published\""),
        (stream, "\"stream\":\"Tender-odd\""),
        (stream, "\"stream\":\"tender odd\""),
        (stream, long.as_str()),
        ("\"at\":\"2026-01-05", "\"at\":\"2026-02-30"),
        (":05.250Z\",\"causation\"", ":05.250z\",\"causation\""),
        ("\"effectiveAt\":\"2026", "\"effectiveAt\":\"1969"),
        ("\"id\":\"019b8e00-0000-7", "\"id\":\"019b8e00-0000-4"),
        ("\"id\":\"019b8e00-0000-7000-8", "\"id\":\"019b8e00-0000-7000-c"),
        ("\"causation\":null", "\"causation\":\"019b8e00-0000-4000-8000-000000000000\""),
        ("\"correlation\":\"0", "\"correlation\":\"A"),
        ("\"kind\":\"official\"", "\"kind\":\"robot\""),
        ("\"ref\":\"a-1\"", "\"ref\":\"\""),
        ("\"role\":\"contracting\"", "\"role\":\"contracting\",\"x\":1"),
        ("\"id\":\"PILOTO-2018\"", "\"id\":\"\""),
        ("\"cm\":{}", "\"cm\":{\"/data/x\":\"\"}"),
        ("\"cm\":{}", "\"cm\":[]"),
        ("\"sig\":[]", "\"sig\":[\"x\"]"),
        ("\"sig\":[]", "\"sig\":{}"),
        ("\"data\":{\"title\":\"Licitación 5\"}", "\"data\":[]"),
        ("\"sig\":[]", "\"shade\":1,\"sig\":[]"),
        ("\"causation\":null,", ""),
        ("\"actor\":{\"kind\":\"official\",\"ref\":\"a-1\",\"role\":\"contracting\"},", ""),
    ] {
        let bundle = world_with(text, forged).bundle(SEQ);
        cases.judge(
            format!("{text} became {forged}").replace("x".repeat(128).as_str(), "xx…"),
            &bundle,
            "profile",
        );
    }
    for (text, forged) in [
        ("\"schema\":\"1\"", "\"schema\":\"65535\""),
        ("\"clock\":\"wall\"", "\"clock\":\"imported\""),
        ("\"causation\":null", "\"causation\":\"019b8e00-0000-7000-8000-000000000000\""),
        ("\"effectiveAt\":\"2026-01-05", "\"effectiveAt\":\"2024-02-29"),
    ] {
        let bundle = world_with(text, forged).bundle(SEQ);
        cases.judge(format!("{text} became {forged}"), &bundle, "anchored");
    }
}

fn paths_of_commitments(cases: &mut Cases) {
    let commitment = world::commit("x", &json!(1));
    let mut judge = |data: Value, path: &str, ending| {
        let world = HONEST.edited(SEQ, |envelope| {
            envelope["data"] = data.clone();
            envelope["cm"] = json!({path: commitment});
            if path == "/actor" {
                envelope.as_object_mut().unwrap().remove("actor");
            }
        });
        cases.judge(format!("a commitment at {path:?} in {data}"), &world.bundle(SEQ), ending);
    };
    judge(json!({}), "/data/x", "anchored");
    judge(json!({}), "/actor", "anchored");
    judge(json!({}), "/data/", "anchored");
    judge(json!({"a": {}}), "/data/a/x", "anchored");
    judge(json!({"a": [{}]}), "/data/a/0/x", "anchored");
    judge(json!({"a/b~": {}}), "/data/a~1b~0/x", "anchored");
    judge(json!({"x": null}), "/data/x", "profile");
    judge(json!({"a": [{}]}), "/data/a/00/x", "profile");
    judge(json!({"a": [{}]}), "/data/a/1/x", "profile");
    judge(json!({"a": []}), "/data/a/0", "profile");
    judge(json!({"a": "b"}), "/data/a/x", "profile");
    judge(json!({}), "/data/a/x", "profile");
    judge(json!({}), "/data/a~2", "profile");
    judge(json!({}), "/data/a~", "profile");
    judge(json!({}), "/data", "profile");
    judge(json!({}), "/dat", "profile");
    judge(json!({}), "", "profile");
    let two = HONEST.edited(SEQ, |envelope| {
        envelope["cm"] = json!({"/data/x": commitment, "/data/x/y": commitment});
    });
    cases.judge("a commitment below another one", &two.bundle(SEQ), "profile");
    let actor = HONEST.edited(SEQ, |envelope| envelope["cm"] = json!({"/actor": commitment}));
    cases.judge("an actor that is withheld and there", &actor.bundle(SEQ), "profile");
}

fn sealed_forms(cases: &mut Cases) {
    let mut profile = |name: &str, edit: &dyn Fn(&mut Value)| {
        let bundle = HONEST.edited(SEALED, edit).bundle(SEALED);
        cases.judge(name, &bundle, "profile");
    };
    let pad = |envelope: &Value| envelope["pad"].as_str().unwrap().to_owned();
    profile("a sealed entry of 1023 bytes", &|envelope| {
        envelope["pad"] = pad(envelope)[1..].into();
    });
    profile("a sealed entry of 1025 bytes", &|envelope| {
        envelope["pad"] = format!("{}0", pad(envelope)).into();
    });
    profile("a sealed entry padded with something else", &|envelope| {
        envelope["pad"] = pad(envelope).replacen('0', "1", 1).into();
    });
    profile("a sealed entry with a second commitment", &|envelope| {
        envelope["cm"]["/data/x"] = world::commit("x", &json!(1)).into();
        let spare = ",\"/data/x\":\"\"".len() + 43;
        envelope["pad"] = pad(envelope)[spare..].into();
    });
    profile("a sealed entry without commitment", &|envelope| {
        envelope["cm"] = json!({});
        let spare = "\"\":\"\"".len() + 43;
        envelope["pad"] = format!("{}{}", pad(envelope), "0".repeat(spare)).into();
    });
    profile("a sealed entry with a stream", &|envelope| {
        envelope["stream"] = "proposal-1".into();
        envelope["pad"] = pad(envelope)[",\"stream\":\"proposal-1\"".len()..].into();
    });
}

fn lengths(cases: &mut Cases) {
    let empty = world_with(TITLE, "\"title\":\"\"").entries[5].len();
    for (bytes, ending) in [(65_535, "anchored"), (65_536, "leaf")] {
        let title = format!("\"title\":\"{}\"", "x".repeat(bytes - empty));
        let bundle = world_with(TITLE, &title).bundle(SEQ);
        cases.judge(format!("an entry of {bytes} bytes"), &bundle, ending);
    }
    for (name, entry) in [
        ("no bytes", b"".as_slice()),
        ("its first line alone", b"smart-tenders/event@v1\n"),
        ("another first line", b"smart-tenders/event@v2\n{}"),
        ("a carriage return", b"smart-tenders/event@v1\r\n{}"),
    ] {
        let mut entries = HONEST.entries.clone();
        entries[5] = entry.to_vec();
        let bundle = HONEST.with_entries(entries).bundle(SEQ);
        cases.judge(format!("an entry of {name}"), &bundle, "leaf");
    }
    let mut entries = HONEST.entries.clone();
    entries[5] = b"smart-tenders/event@v1\n0".to_vec();
    let bundle = HONEST.with_entries(entries).bundle(SEQ);
    cases.judge("an entry of the least length", &bundle, "profile");
}

fn elsewhere(cases: &mut Cases) {
    cases.of(&["A21"]);
    let other = HONEST.edited(SEQ, |envelope| envelope["log"] = "other.example/log".into());
    cases.judge("an entry of another log", &other.bundle(SEQ), "profile");
    cases.of(&["A18"]);
    let replayed = HONEST.edited(SEQ, |envelope| envelope["seq"] = "6".into());
    cases.judge("an entry replayed at another position", &replayed.bundle(SEQ), "batch path");
    let replayed = HONEST.edited(SEQ, |envelope| envelope["seq"] = SIZES[BATCH].to_string().into());
    cases.judge("an entry replayed in another batch", &replayed.bundle(SEQ), "batch path");
    cases.of(&[]);
}
