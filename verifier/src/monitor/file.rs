//! Evidence files: each is written once and never again.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::alarm::Alarm;
use crate::encoding::{hex, instant};
use crate::json::{Object, Value, canonical_profile};
use crate::policy::Policy;

const VERSION: &str = "smart-tenders/alarm@v1";
/// Alarms of one kind in one millisecond.
const SAME_NAME_MAX: u32 = 1_000;

/// Writes what shows `alarm` to a new file in `folder`.
///
/// Where the chain node is asked is left out: such addresses hold keys, and the file is made to be
/// given away.
pub(super) fn write(
    folder: &Path,
    alarm: &Alarm,
    now_ms: i64,
    policy: &Policy,
) -> io::Result<PathBuf> {
    let mut members: Object =
        alarm.shows.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let common: [(&str, Value); 7] = [
        ("v", VERSION.into()),
        ("alarm", alarm.kind.name().into()),
        ("origin", policy.origin.clone().into()),
        ("policy", hex(&policy.fingerprint).into()),
        ("says", alarm.says.clone().into()),
        ("subject", alarm.subject.clone().into()),
        ("time", instant(now_ms.into()).into()),
    ];
    members.extend(common.map(|(name, value)| (name.to_owned(), value)));
    let text = canonical_profile(&Value::Object(members));
    fs::create_dir_all(folder)?;
    let (path, mut file) = create(folder, &stem(alarm, now_ms))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(path)
}

/// `20260105T150230250Z-late-anchoring`: in a listing, files are in the order of time.
fn stem(alarm: &Alarm, now_ms: i64) -> String {
    let digits = |c: &char| c.is_ascii_alphanumeric();
    let time: String = instant(now_ms.into()).chars().filter(digits).collect();
    format!("{time}-{}", alarm.kind)
}

/// A file that did not exist.
fn create(folder: &Path, stem: &str) -> io::Result<(PathBuf, File)> {
    for number in 1..SAME_NAME_MAX {
        let suffix = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{stem}{suffix}.json"));
        match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            file => return Ok((path, file?)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
