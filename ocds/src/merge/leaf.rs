//! What a path keeps: its newest value for a compiled release, all its values for a versioned one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::tree::{Leaf, Stamp};

/// The newest value of a path; `null` removes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Newest {
    #[serde(rename = "v")]
    value: Value,
}

impl Leaf for Newest {
    fn new(value: &Value, _: usize) -> Self {
        Self { value: value.clone() }
    }

    fn set(&mut self, value: &Value, _: usize) {
        self.value.clone_from(value);
    }

    fn print(&self, _: &[Stamp]) -> Option<Value> {
        (!self.value.is_null()).then(|| self.value.clone())
    }
}

/// Every value of a path that differed from the one before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History(Vec<Version>);

/// One value and the number of the release that gave it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Version {
    #[serde(rename = "r")]
    release: usize,
    #[serde(rename = "v")]
    value: Value,
}

impl Leaf for History {
    fn new(value: &Value, release: usize) -> Self {
        Self(vec![Version { release, value: value.clone() }])
    }

    fn set(&mut self, value: &Value, release: usize) {
        // Two objects of one array with the same id: only the last of their values counts.
        if self.0.last().is_some_and(|it| it.release == release) {
            self.0.pop();
        }
        if self.0.last().is_some_and(|it| equal(&it.value, value)) {
            return;
        }
        self.0.push(Version { release, value: value.clone() });
    }

    fn print(&self, stamps: &[Stamp]) -> Option<Value> {
        let versions = self.0.iter().filter_map(|version| {
            let stamp = stamps.get(version.release)?;
            let mut object = Map::new();
            object.insert("releaseID".to_owned(), stamp.id.clone());
            object.insert("releaseDate".to_owned(), stamp.date.clone());
            object.insert("releaseTag".to_owned(), stamp.tag.clone());
            object.insert("value".to_owned(), version.value.clone());
            Some(Value::Object(object))
        });
        Some(Value::Array(versions.collect()))
    }
}

/// Equal JSON values, where numbers are equal by their value: 1 is 1.0.
fn equal(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => {
            one == two || (one.is_f64() || two.is_f64()) && one.as_f64() == two.as_f64()
        }
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| equal(one, two))
        }
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len()
                && one.iter().all(|(name, one)| two.get(name).is_some_and(|two| equal(one, two)))
        }
        _ => one == two,
    }
}
