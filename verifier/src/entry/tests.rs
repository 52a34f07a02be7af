use super::*;
use crate::json::{Value, canonical_profile, object};

const LOG: &str = "tenders.example/log";
const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const HASH: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn envelope() -> Value {
    object([
        ("log", LOG.into()),
        ("seq", "7".into()),
        ("id", ID.into()),
        ("stream", "tender-1".into()),
        ("ver", "2".into()),
        ("prev", HASH.into()),
        ("type", "TenderPublished".into()),
        ("schema", "1".into()),
        ("at", "2026-01-02T03:04:05.678Z".into()),
        ("effectiveAt", "2026-01-02T03:04:05.678Z".into()),
        ("clock", "wall".into()),
        ("actor", object([("kind", "official".into()), ("ref", "a".into()), ("role", "b".into())])),
        ("causation", Value::Null),
        ("correlation", ID.into()),
        ("ruleSet", Value::Null),
        ("data", object([("title", "x".into()), ("deep", object([]))])),
        ("cm", object([("/data/contact", HASH.into())])),
        ("sig", Value::Array(vec![HASH.into()])),
    ])
}

fn with(mut envelope: Value, name: &str, value: Value) -> Value {
    let Value::Object(members) = &mut envelope else { unreachable!() };
    members.insert(name.to_owned(), value);
    envelope
}

fn without(mut envelope: Value, name: &str) -> Value {
    let Value::Object(members) = &mut envelope else { unreachable!() };
    members.remove(name);
    envelope
}

fn read(envelope: &Value) -> Result<Envelope, EnvelopeError> {
    let text = canonical_profile(envelope);
    Entry::parse(&[FIRST_LINE, text.as_bytes()].concat()).expect("canonical").envelope()
}

fn sealed(pad: usize) -> Value {
    object([
        ("at", "2026-01-02T03:04:05.678Z".into()),
        ("clock", "wall".into()),
        ("cm", object([("", HASH.into())])),
        ("id", ID.into()),
        ("log", LOG.into()),
        ("pad", "0".repeat(pad).into()),
        ("schema", "1".into()),
        ("seq", "7".into()),
        ("type", "Sealed".into()),
    ])
}

fn padding() -> usize {
    SEALED_ENTRY_BYTES - FIRST_LINE.len() - canonical_profile(&sealed(0)).len()
}

#[test]
fn an_envelope_of_the_table_is_read() {
    let Envelope::Open(open) = read(&envelope()).unwrap() else { panic!("not open") };
    assert_eq!((open.header.seq, open.ver, open.signatures.len()), (7, 2, 1));
}

#[test]
fn each_member_is_needed_and_no_other_is_known() {
    let Value::Object(members) = envelope() else { unreachable!() };
    for name in members.keys() {
        assert!(read(&without(envelope(), name)).is_err(), "without {name}");
        assert!(read(&with(envelope(), name, Value::Integer(1))).is_err(), "{name} as a number");
    }
    assert!(read(&with(envelope(), "extra", Value::Null)).is_err());
}

#[test]
fn values_outside_the_table_are_refused() {
    for (name, wrong) in [
        ("log", "has space".to_owned()),
        ("log", "plus+".to_owned()),
        ("log", String::new()),
        ("log", "x".repeat(129)),
        ("seq", "07".to_owned()),
        ("seq", "18446744073709551616".to_owned()),
        ("id", "01890a5d-ac96-474b-bcce-b302099a8057".to_owned()),
        ("stream", "Tender".to_owned()),
        ("stream", format!("a{}", "b".repeat(128))),
        ("stream", "a b".to_owned()),
        ("ver", "0".to_owned()),
        ("ver", "1".to_owned()),
        ("prev", HASH.replace('A', "=")),
        ("prev", "AAAA".to_owned()),
        ("type", "tender".to_owned()),
        ("type", "Tender-x".to_owned()),
        ("type", "Sealed".to_owned()),
        ("schema", "0".to_owned()),
        ("schema", "65536".to_owned()),
        ("at", "2026-02-30T00:00:00.000Z".to_owned()),
        ("effectiveAt", "2026-01-02T03:04:05Z".to_owned()),
        ("clock", "sundial".to_owned()),
        ("causation", "x".to_owned()),
        ("correlation", ID.to_uppercase()),
        ("ruleSet", "x".to_owned()),
    ] {
        assert!(read(&with(envelope(), name, wrong.clone().into())).is_err(), "{name} = {wrong}");
    }
    assert!(read(&with(envelope(), "prev", Value::Null)).is_err(), "ver 2 without prev");
}

#[test]
fn the_first_version_of_a_stream_has_no_previous_leaf() {
    let first = with(with(envelope(), "ver", "1".into()), "prev", Value::Null);
    assert!(read(&first).is_ok());
}

#[test]
fn a_withheld_member_is_absent_and_its_parent_present() {
    let with_path = |path: &str| with(envelope(), "cm", object([(path, HASH.into())]));
    for right in ["/data/contact", "/data/deep/x", "/data/a~0b~1c", "/data/"] {
        assert!(read(&with_path(right)).is_ok(), "{right}");
    }
    for wrong in [
        "",
        "/",
        "/data",
        "/dat",
        "data/x",
        "/seq",
        "/actor/ref",
        "/data/title",
        "/data/title/x",
        "/data/none/x",
        "/data/a~2",
        "/data/a~",
        "/cm/x",
    ] {
        assert!(read(&with_path(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn no_path_is_a_prefix_of_another() {
    let cm = object([("/data/a", HASH.into()), ("/data/a/b", HASH.into())]);
    assert!(read(&with(envelope(), "cm", cm)).is_err());
    let cm = object([("/data/a", HASH.into()), ("/data/ab", HASH.into())]);
    assert!(read(&with(envelope(), "cm", cm)).is_ok(), "prefixes are of whole segments");
}

#[test]
fn the_actor_is_absent_exactly_when_it_is_withheld() {
    let withheld = with(envelope(), "cm", object([("/actor", HASH.into())]));
    assert!(read(&withheld).is_err());
    assert!(read(&without(withheld, "actor")).is_ok());
    let robot = object([("kind", "robot".into()), ("ref", "a".into()), ("role", "b".into())]);
    assert!(read(&with(envelope(), "actor", robot)).is_err());
}

#[test]
fn a_sealed_entry_has_1024_bytes_of_nothing() {
    assert!(matches!(read(&sealed(padding())), Ok(Envelope::Sealed(_))));
    assert_eq!(read(&sealed(padding() - 1)).unwrap_err(), EnvelopeError::SealedLength(1023));
    let spaces = with(sealed(padding()), "pad", " ".repeat(padding()).into());
    assert_eq!(read(&spaces).unwrap_err(), EnvelopeError::Padding);
    let other = with(sealed(padding() - 1), "cm", object([("x", HASH.into())]));
    assert_eq!(read(&other).unwrap_err(), EnvelopeError::SealedCommitments);
}

#[test]
fn bytes_that_are_not_canonical_are_no_entry() {
    let text = canonical_profile(&envelope());
    let parse = |text: &str| Entry::parse(&[FIRST_LINE, text.as_bytes()].concat()).err();
    assert_eq!(parse(&text), None);
    assert_eq!(parse(&text.replacen(':', ": ", 1)), Some(LeafError::NotCanonical));
    assert_eq!(parse(&text.replacen("tender", "t\\u0065nder", 1)), Some(LeafError::NotCanonical));
    assert_eq!(Entry::parse(text.as_bytes()).err(), Some(LeafError::FirstLine));
    assert_eq!(Entry::parse(FIRST_LINE).err(), Some(LeafError::Length(23)));
    assert_eq!(Entry::parse(&vec![b'x'; 65_536]).err(), Some(LeafError::Length(65_536)));
}
