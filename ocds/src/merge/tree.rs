//! The state of a merge: what every path of the process was last given, or everything it was given.
//!
//! A path keeps apart a value of its own (`leaf`) and what lies below it, because a later release may give
//! an object where an earlier one gave `null`, and the standard's reference implementation lets both live on.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    MergeError,
    rules::{Rules, Strategy},
};

/// Members of an object by name.
pub type Members<L> = BTreeMap<String, Node<L>>;

/// Above this many comparisons of array members an index by `id` is built first.
const COMPARISONS_MAX: usize = 4_096;

/// What one path holds: only the newest value, or all of them.
pub trait Leaf {
    /// The first value the path was given, by the release with this number.
    fn new(value: &Value, release: usize) -> Self;
    /// A later value of the path; within one release the last one counts.
    fn set(&mut self, value: &Value, release: usize);
    /// What is printed, `None` for nothing; `stamps` describes each release by its number.
    fn print(&self, stamps: &[Stamp]) -> Option<Value>;
}

/// What a versioned value says about its release; `null` where the release did not say it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    pub(super) id: Value,
    pub(super) date: Value,
    pub(super) tag: Value,
}

/// One path of the merged release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node<L> {
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    leaf: Option<L>,
    /// The leaf was there before anything lay below the path; then it wins over what lies below.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    leaf_first: bool,
    #[serde(default = "Members::new", skip_serializing_if = "Members::is_empty")]
    members: Members<L>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    items: Vec<Item<L>>,
}

/// One object of an array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item<L> {
    id: Identity,
    #[serde(default = "Members::new", skip_serializing_if = "Members::is_empty")]
    members: Members<L>,
}

/// What the objects of an array are told apart by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Identity {
    /// No `id`: never the same as another.
    Absent,
    /// The `id` as it was first written.
    Present(Value),
}

fn none<L>() -> Option<L> {
    None
}

impl<L> Node<L> {
    fn empty() -> Self {
        Self { leaf: None, leaf_first: false, members: Members::new(), items: Vec::new() }
    }
}

impl<L: Leaf> Node<L> {
    /// Gives the path itself a value.
    fn set(&mut self, value: &Value, release: usize) {
        if let Some(leaf) = &mut self.leaf {
            leaf.set(value, release);
        } else {
            self.leaf_first = self.members.is_empty() && self.items.is_empty();
            self.leaf = Some(L::new(value, release));
        }
    }

    fn merge_items(&mut self, source: &[Value], rules: Option<&Rules>, release: usize) {
        let mut index = (self.items.len().saturating_mul(source.len()) > COMPARISONS_MAX
            || source.len().saturating_mul(source.len()) > COMPARISONS_MAX)
            .then(|| Index::of(&self.items));
        for (place, object) in source.iter().enumerate() {
            let Some(object) = object.as_object().filter(|it| yields(it, rules)) else { continue };
            let id = object.get("id").cloned().map_or(Identity::Absent, Identity::Present);
            let known = match &index {
                _ if self.items.get(place).is_some_and(|it| it.id.is(&id)) => Some(place),
                Some(index) => index.find(&id),
                None => self.items.iter().position(|it| it.id.is(&id)),
            };
            let at = known.unwrap_or(self.items.len());
            if known.is_none() {
                if let Some(index) = &mut index {
                    index.add(&id, at);
                }
                self.items.push(Item { id, members: Members::new() });
            }
            let item = &mut self.items[at];
            let skipped: &[&str] = if item.id.printed().is_some() { &["id"] } else { &[] };
            merge_members(&mut item.members, object, rules, release, skipped);
        }
    }

    /// Prints the path; `at` is its JSON pointer, for the error.
    fn print(&self, stamps: &[Stamp], at: &mut String) -> Result<Option<Value>, MergeError> {
        let leaf = self.leaf.as_ref().and_then(|leaf| leaf.print(stamps));
        let nothing_below = self.members.is_empty() && self.items.is_empty();
        let mut items = match leaf {
            leaf if nothing_below => return Ok(leaf),
            Some(Value::Array(values)) if self.leaf_first && self.members.is_empty() => values,
            Some(_) if self.leaf_first => return Err(MergeError::inconsistent(at)),
            _ if self.items.is_empty() => {
                return print_members(&self.members, stamps, at).map(|it| Some(Value::Object(it)));
            }
            _ if self.members.is_empty() => Vec::with_capacity(self.items.len()),
            _ => return Err(MergeError::inconsistent(at)),
        };
        for item in &self.items {
            let mut object = print_members(&item.members, stamps, at)?;
            if let Some(id) = item.id.printed() {
                object.insert("id".to_owned(), id.clone());
            }
            items.push(Value::Object(object));
        }
        Ok(Some(Value::Array(items)))
    }
}

/// Merges the members of one object of a release into the state.
pub(super) fn merge_members<L: Leaf>(
    target: &mut Members<L>,
    source: &Map<String, Value>,
    rules: Option<&Rules>,
    release: usize,
    skipped: &[&str],
) {
    for (name, value) in source {
        if skipped.contains(&name.as_str()) {
            continue;
        }
        let rules = rules.and_then(|it| it.member(name));
        match Part::of(value, rules) {
            Part::Nothing => {}
            Part::Leaf => set(target, name, value, release),
            Part::Object(object) => {
                merge_members(&mut node(target, name).members, object, rules, release, &[]);
            }
            Part::Array(objects) => node(target, name).merge_items(objects, rules, release),
        }
    }
}

/// Gives the member `name` a value of its own.
pub(super) fn set<L: Leaf>(target: &mut Members<L>, name: &str, value: &Value, release: usize) {
    node(target, name).set(value, release);
}

/// Prints the members of an object, without those that are `null` or nothing.
pub(super) fn print_members<L: Leaf>(
    members: &Members<L>,
    stamps: &[Stamp],
    at: &mut String,
) -> Result<Map<String, Value>, MergeError> {
    let mut object = Map::new();
    for (name, node) in members {
        let length = at.len();
        at.push('/');
        at.push_str(name);
        if let Some(value) = node.print(stamps, at)? {
            object.insert(name.clone(), value);
        }
        at.truncate(length);
    }
    Ok(object)
}

fn node<'a, L>(members: &'a mut Members<L>, name: &str) -> &'a mut Node<L> {
    if !members.contains_key(name) {
        members.insert(name.to_owned(), Node::empty());
    }
    members.get_mut(name).expect("the member was inserted just before")
}

/// What a value of a release is to the merge.
enum Part<'a> {
    /// Omitted, or empty in every branch.
    Nothing,
    Leaf,
    Object(&'a Map<String, Value>),
    Array(&'a [Value]),
}

impl<'a> Part<'a> {
    fn of(value: &'a Value, rules: Option<&Rules>) -> Self {
        match (rules.map_or(Strategy::Merge, |it| it.strategy), value) {
            (Strategy::Omit, _) => Self::Nothing,
            (Strategy::Merge, Value::Object(object)) => {
                if yields(object, rules) {
                    Self::Object(object)
                } else {
                    Self::Nothing
                }
            }
            (Strategy::Merge, Value::Array(values)) if values.iter().all(Value::is_object) => {
                let some = values.iter().filter_map(Value::as_object).any(|it| yields(it, rules));
                if some { Self::Array(values) } else { Self::Nothing }
            }
            (Strategy::Whole | Strategy::Merge, _) => Self::Leaf,
        }
    }
}

/// Whether an object has any value that is not omitted; one that has none leaves no trace.
fn yields(object: &Map<String, Value>, rules: Option<&Rules>) -> bool {
    object.iter().any(|(name, value)| {
        !matches!(Part::of(value, rules.and_then(|it| it.member(name))), Part::Nothing)
    })
}

impl Identity {
    /// The `id` as it is printed, without versions; a `null` one is a value like any other.
    fn printed(&self) -> Option<&Value> {
        match self {
            Self::Present(id) if !id.is_null() => Some(id),
            Self::Present(_) | Self::Absent => None,
        }
    }

    /// The same object: equal ids, where the number 1 equals the string "1".
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Present(Value::String(one)), Self::Present(Value::String(two))) => one == two,
            (Self::Present(one), Self::Present(two)) => key(one) == key(two),
            (Self::Absent, _) | (_, Self::Absent) => false,
        }
    }
}

fn key(id: &Value) -> String {
    match id {
        Value::String(text) => text.clone(),
        // No text of an id is empty (`minLength` 1), so that `null` stays apart from all of them.
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Where each `id` is in an array, for long arrays.
struct Index(HashMap<String, usize>);

impl Index {
    fn of<L>(items: &[Item<L>]) -> Self {
        let mut index = Self(HashMap::with_capacity(items.len()));
        for (at, item) in items.iter().enumerate() {
            index.add(&item.id, at);
        }
        index
    }

    fn add(&mut self, id: &Identity, at: usize) {
        if let Identity::Present(id) = id {
            self.0.entry(key(id)).or_insert(at);
        }
    }

    fn find(&self, id: &Identity) -> Option<usize> {
        match id {
            Identity::Present(id) => self.0.get(&key(id)).copied(),
            Identity::Absent => None,
        }
    }
}
