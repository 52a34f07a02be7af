//! What the merge does with releases, case by case and as laws.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use ocds::merge::{MergeError, Record, Rules, compiled_release, versioned_release};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A schema that is small and has every strategy.
fn rules() -> Rules {
    let item = json!({"type": "object", "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "secret": {"type": "string", "omitWhenMerged": true},
        "roles": {"type": "array", "items": {"type": "string"}},
        "parts": {"type": "array", "items": {"$ref": "#/definitions/Part"}}
    }});
    let part = json!({"type": "object", "properties": {"id": {"type": "string"}}});
    Rules::from_schema(&json!({
        "properties": {
            "ocid": {"type": "string"},
            "id": {"type": "string", "omitWhenMerged": true},
            "date": {"type": "string", "omitWhenMerged": true},
            "tag": {"type": "array", "items": {"type": "string"}, "omitWhenMerged": true},
            "title": {"type": ["string", "null"]},
            "value": {"type": "object", "properties": {"amount": {"type": "number"}}},
            "items": {"type": "array", "items": {"$ref": "#/definitions/Item"}},
            "whole": {"type": "array", "wholeListMerge": true,
                "items": {"$ref": "#/definitions/Item"}}
        },
        "definitions": {"Item": item, "Part": part}
    }))
    .unwrap()
}

/// The release number `n`, one day after the one before it.
fn release(n: usize, members: Value) -> Value {
    let mut release = json!({
        "ocid": "ocds-000000-1", "id": n.to_string(), "date": date(n), "tag": ["tender"]
    });
    let Value::Object(members) = members else { panic!("members are an object") };
    release.as_object_mut().unwrap().extend(members);
    release
}

fn date(n: usize) -> String {
    format!("2018-04-{n:02}T00:00:00.000Z")
}

/// What the releases say once compiled, without what every compiled release has.
fn compiled(releases: &[Value]) -> Value {
    let mut merged = compiled_release(&rules(), releases).unwrap();
    let members = merged.as_object_mut().unwrap();
    for name in ["ocid", "id", "date", "tag"] {
        assert!(members.remove(name).is_some(), "{name}");
    }
    merged
}

/// The values of a versioned path with the number of the release that gave each.
fn versions(releases: &[Value], pointer: &str) -> Vec<(String, Value)> {
    let merged = versioned_release(&rules(), releases).unwrap();
    let versions = merged.pointer(pointer).unwrap().as_array().unwrap();
    versions
        .iter()
        .map(|it| (it["releaseID"].as_str().unwrap().to_owned(), it["value"].clone()))
        .collect()
}

#[test]
fn a_compiled_release_is_named_after_the_newest_date() {
    let releases = [release(2, json!({"title": "b"})), release(1, json!({"title": "a"}))];
    assert_eq!(
        compiled_release(&rules(), &releases).unwrap(),
        json!({
            "ocid": "ocds-000000-1",
            "id": "ocds-000000-1-2018-04-02T00:00:00.000Z",
            "date": "2018-04-02T00:00:00.000Z",
            "tag": ["compiled"],
            "title": "b"
        })
    );
}

#[test]
fn members_of_an_array_are_told_apart_by_id() {
    let releases = [
        release(1, json!({"items": [{"id": "1", "title": "a"}, {"id": "2", "title": "b"}]})),
        release(2, json!({"items": [{"id": "2", "title": "c"}, {"id": "3", "title": "d"}]})),
    ];
    assert_eq!(
        compiled(&releases),
        json!({"items": [
            {"id": "1", "title": "a"}, {"id": "2", "title": "c"}, {"id": "3", "title": "d"}
        ]})
    );
    assert_eq!(
        versions(&releases, "/items/1/title"),
        [("1".to_owned(), json!("b")), ("2".to_owned(), json!("c"))]
    );
}

#[test]
fn the_id_of_an_array_member_has_no_versions() {
    let releases = [release(1, json!({"items": [{"id": "1"}]}))];
    let merged = versioned_release(&rules(), &releases).unwrap();
    assert_eq!(merged["items"], json!([{"id": "1"}]));
}

#[test]
fn members_without_an_id_are_all_kept() {
    let releases = [
        release(1, json!({"items": [{"title": "a"}]})),
        release(2, json!({"items": [{"title": "a"}]})),
    ];
    assert_eq!(compiled(&releases), json!({"items": [{"title": "a"}, {"title": "a"}]}));
}

#[test]
fn whole_lists_and_lists_of_texts_are_replaced() {
    let releases = [
        release(1, json!({"whole": [{"id": "1"}], "items": [{"id": "1", "roles": ["a", "b"]}]})),
        release(2, json!({"whole": [{"id": "2"}], "items": [{"id": "1", "roles": ["c"]}]})),
    ];
    assert_eq!(
        compiled(&releases),
        json!({"whole": [{"id": "2"}], "items": [{"id": "1", "roles": ["c"]}]})
    );
}

#[test]
fn omitted_and_empty_values_leave_no_trace() {
    let releases = [release(
        1,
        json!({"items": [{"secret": "s"}, {}], "value": {}, "other": {"a": {"b": []}}, "whole": []}),
    )];
    assert_eq!(compiled(&releases), json!({"whole": []}));
}

#[test]
fn null_removes_a_leaf_and_is_a_version_of_it() {
    let releases = [
        release(1, json!({"title": "a", "items": [{"id": "1", "title": "x"}]})),
        release(2, json!({"title": null, "items": [{"id": "1", "title": null}]})),
    ];
    assert_eq!(compiled(&releases), json!({"items": [{"id": "1"}]}));
    assert_eq!(
        versions(&releases, "/title"),
        [("1".to_owned(), json!("a")), ("2".to_owned(), Value::Null)]
    );
    let again = [releases.as_slice(), &[release(3, json!({"title": "b"}))]].concat();
    assert_eq!(compiled(&again)["title"], "b");
}

#[test]
fn null_removes_neither_an_object_nor_an_array() {
    let releases = [
        release(1, json!({"value": {"amount": 1}, "items": [{"id": "1"}]})),
        release(2, json!({"value": null, "items": null})),
    ];
    assert_eq!(compiled(&releases), json!({"value": {"amount": 1}, "items": [{"id": "1"}]}));
}

#[test]
fn a_number_is_the_same_version_however_it_is_written() {
    let releases = [
        release(1, json!({"value": {"amount": 1}})),
        release(2, json!({"value": {"amount": 1.0}})),
        release(3, json!({"value": {"amount": 1.5}})),
    ];
    assert_eq!(
        versions(&releases, "/value/amount"),
        [("1".to_owned(), json!(1)), ("3".to_owned(), json!(1.5))]
    );
}

#[test]
fn one_id_twice_in_a_release_is_one_member_whose_last_value_counts() {
    let releases = [
        release(1, json!({"items": [{"id": "1", "title": "a"}]})),
        release(2, json!({"items": [{"id": "1", "title": "b"}, {"id": "1", "title": "a"}]})),
        release(3, json!({"items": [{"id": "1", "title": "c"}, {"id": "1", "secret": "s"}]})),
    ];
    assert_eq!(compiled(&releases), json!({"items": [{"id": "1", "title": "c"}]}));
    assert_eq!(
        versions(&releases, "/items/0/title"),
        [("1".to_owned(), json!("a")), ("3".to_owned(), json!("c"))]
    );
}

#[test]
fn dates_are_ordered_as_texts_and_equal_ones_as_given() {
    let late = release(1, json!({"date": "2020-01-01T23:30:00-06:00", "title": "later"}));
    let early = release(2, json!({"date": "2020-01-02T01:00:00Z", "title": "earlier"}));
    assert_eq!(compiled(&[early, late])["title"], "earlier");
    let one = release(1, json!({"title": "one"}));
    let two = release(1, json!({"title": "two"}));
    assert_eq!(compiled(&[one, two])["title"], "two");
}

#[test]
fn a_path_with_two_shapes_cannot_be_printed() {
    let releases =
        [release(1, json!({"items": {"a": 1}})), release(2, json!({"items": [{"id": "1"}]}))];
    let error = MergeError::Inconsistent { pointer: "/items".to_owned() };
    assert_eq!(compiled_release(&rules(), &releases), Err(error.clone()));
    assert_eq!(versioned_release(&rules(), &releases), Err(error));
}

#[test]
fn a_release_that_cannot_be_ordered_changes_nothing() {
    let rules = rules();
    let mut record = Record::default();
    record.apply(&rules, &release(2, json!({"title": "a"}))).unwrap();
    let before = record.clone();
    let older = record.apply(&rules, &release(1, json!({"title": "b"})));
    assert_eq!(older, Err(MergeError::OutOfOrder { date: date(1), previous: date(2) }));
    let undated = record.apply(&rules, &json!({"ocid": "ocds-000000-1", "title": "b"}));
    assert_eq!(undated, Err(MergeError::NoDate));
    assert_eq!(record.apply(&rules, &json!("release")), Err(MergeError::NotAnObject));
    assert_eq!(record, before);
}

#[test]
fn long_arrays_merge_by_id_in_any_order() {
    let item = |n: usize| json!({"id": n.to_string(), "title": "a"});
    let first: Vec<Value> = (0..300).map(item).collect();
    let second: Vec<Value> =
        (0..310).rev().map(|n| json!({"id": n.to_string(), "title": "b"})).collect();
    let merged =
        compiled(&[release(1, json!({"items": first})), release(2, json!({"items": second}))]);
    let items = merged["items"].as_array().unwrap();
    assert_eq!(items.len(), 310);
    assert!(items.iter().all(|it| it["title"] == "b"));
    assert_eq!((&items[0]["id"], &items[309]["id"]), (&json!("0"), &json!("300")));
}

/// Values of a release: leaves, empty ones, lists, objects and arrays of objects with and without ids.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        (0..3_i64).prop_map(Value::from),
        "[ab]".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["a"])),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let object = prop::collection::btree_map("title|parts|roles|x", inner, 0..3)
            .prop_map(|it| it.into_iter().collect::<Map<String, Value>>());
        let member = (prop::option::of("[123]"), object.clone()).prop_map(|(id, mut object)| {
            if let Some(id) = id {
                object.insert("id".to_owned(), Value::String(id));
            }
            Value::Object(object)
        });
        prop_oneof![
            object.prop_map(Value::Object),
            prop::collection::vec(member, 0..3).prop_map(Value::Array)
        ]
    })
}

fn releases() -> impl Strategy<Value = Vec<Value>> {
    let members = prop::collection::btree_map("title|value|items|whole|other", value(), 0..4);
    prop::collection::vec(members, 1..6).prop_map(|all| {
        let members = all.into_iter().map(|it| Value::Object(it.into_iter().collect()));
        members.enumerate().map(|(n, members)| release(n + 1, members)).collect()
    })
}

proptest! {
    #[test]
    fn a_record_that_is_stored_between_releases_equals_one_merge_of_all(releases in releases()) {
        let rules = rules();
        let mut record = Record::default();
        for (n, release) in releases.iter().enumerate() {
            record.apply(&rules, release).unwrap();
            let stored = serde_json::to_string(&record).unwrap();
            record = serde_json::from_str(&stored).unwrap();
            let all = &releases[..=n];
            prop_assert_eq!(record.compiled_release(), compiled_release(&rules, all));
            prop_assert_eq!(record.versioned_release(), versioned_release(&rules, all));
        }
    }

    #[test]
    fn the_order_releases_are_given_in_does_not_matter(releases in releases(), turn in 0..6_usize) {
        let mut turned = releases.clone();
        turned.rotate_left(turn % releases.len());
        prop_assert_eq!(
            compiled_release(&rules(), &turned),
            compiled_release(&rules(), &releases)
        );
    }
}
