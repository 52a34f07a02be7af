//! The paths of withheld members: RFC 6901 pointers to members that are absent.

use crate::json::Value;

/// Which rule a path breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It points at neither the actor nor something in the data.
    #[error("is not /actor and does not start with /data/")]
    Elsewhere,
    /// A `~` that starts no escape of RFC 6901.
    #[error("has a ~ that starts no escape")]
    Escape,
    /// What should contain the withheld member is not an object that is present.
    #[error("its parent is not an object that is present")]
    Parent,
    /// The member is there.
    #[error("names a member that is present")]
    Present,
}

/// Checks one path of `cm`.
///
/// That no path is another's prefix follows: the shorter one's member is absent, so the longer
/// one's parent is not present.
pub(super) fn check(envelope: &Value, path: &str) -> Result<(), PathError> {
    if path != "/actor" && !path.starts_with("/data/") {
        return Err(PathError::Elsewhere);
    }
    let mut segments = Vec::new();
    for segment in path.split('/').skip(1) {
        segments.push(unescape(segment).ok_or(PathError::Escape)?);
    }
    let (last, parents) = segments.split_last().ok_or(PathError::Elsewhere)?;
    let parent = parents.iter().try_fold(envelope, |value, segment| child(value, segment));
    let members = parent.and_then(Value::as_object).ok_or(PathError::Parent)?;
    if members.contains_key(last) { Err(PathError::Present) } else { Ok(()) }
}

fn child<'a>(value: &'a Value, segment: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members.get(segment),
        Value::Array(elements) => {
            let index = crate::encoding::position(segment)?;
            elements.get(usize::try_from(index).ok()?)
        }
        _ => None,
    }
}

fn unescape(segment: &str) -> Option<String> {
    let mut out = String::with_capacity(segment.len());
    let mut characters = segment.chars();
    while let Some(character) = characters.next() {
        let plain = match character {
            '~' => match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        };
        out.push(plain);
    }
    Some(out)
}
