//! Where the files of a zip file lie: everything has one place and says one thing, so that no other
//! program sees other files than this one.

use super::archive::{DossierError, FILES_MAX};
use zip::result::ZipError;

const END: &[u8] = b"PK\x05\x06";
const END_BYTES: usize = 22;
const ZIP64_LOCATOR: &[u8] = b"PK\x06\x07";
const ZIP64_LOCATOR_BYTES: usize = 20;
const RECORD: &[u8] = b"PK\x01\x02";
const RECORD_BYTES: usize = 46;
const HEADER: &[u8] = b"PK\x03\x04";
const HEADER_BYTES: usize = 30;
const STORED: usize = 0;
const DEFLATED: usize = 8;
/// Bits that change nothing: how hard a packer tried, and that names are UTF-8.
const HARMLESS_FLAGS: usize = 0x0806;

/// Checks the end record, before anything that it leads to is read, and then its directory.
pub(super) fn check(bytes: &[u8]) -> Result<(), DossierError> {
    let (directory, files) = check_end(bytes)?;
    check_files(&bytes[..bytes.len() - END_BYTES], directory, files).ok_or(DossierError::Layout)
}

/// The start of the directory and how many files it has: it ends where the end record starts, and
/// that record ends the file, so that a reader has no other one to look for. Whatever else looks like
/// an end record is some document's content.
fn check_end(bytes: &[u8]) -> Result<(usize, usize), DossierError> {
    let start = bytes.len().checked_sub(END_BYTES);
    let start = start.ok_or(ZipError::InvalidArchive("too short".into()))?;
    let (before, end) = bytes.split_at(start);
    if !end.starts_with(END) {
        let comment = bytes.len().saturating_sub(END_BYTES + usize::from(u16::MAX));
        let commented = bytes[comment..].windows(END.len()).any(|it| it == END);
        let missing = ZipError::InvalidArchive("no end record".into());
        return Err(if commented { DossierError::Layout } else { missing.into() });
    }
    let (disks, files_here, files) = (u32_at(end, 4), u16_at(end, 8), u16_at(end, 10));
    let (size, directory, comment) = (u32_at(end, 12), u32_at(end, 16), u16_at(end, 20));
    if files > FILES_MAX {
        return Err(DossierError::TooManyFiles(files));
    }
    let is_zip64 = before
        .len()
        .checked_sub(ZIP64_LOCATOR_BYTES)
        .is_some_and(|at| before[at..].starts_with(ZIP64_LOCATOR));
    let plain = disks == 0 && files_here == files && comment == 0 && !is_zip64;
    if !plain || directory.checked_add(size) != Some(before.len()) {
        return Err(DossierError::Layout);
    }
    Ok((directory, files))
}

/// Whether the files lie one behind the other from the first byte to the directory, each behind a
/// header that says what the directory says of it.
fn check_files(bytes: &[u8], directory: usize, files: usize) -> Option<()> {
    let (mut contents, mut records) = bytes.split_at_checked(directory)?;
    for _ in 0..files {
        let place = directory - contents.len();
        let record = take(&mut records, RECORD_BYTES)?;
        let header = take(&mut contents, HEADER_BYTES)?;
        let name = take(&mut records, u16_at(record, 28))?;
        let (flags, method) = (u16_at(record, 8), u16_at(record, 10));
        let (packed, unpacked) = (u32_at(record, 20), u32_at(record, 24));
        let (extra, comment, disk) = (u16_at(record, 30), u16_at(record, 32), u16_at(record, 34));
        let plain = record.starts_with(RECORD)
            && header.starts_with(HEADER)
            // From the version that is needed to the length of what is extra.
            && record[6..32] == header[4..]
            && flags & !HARMLESS_FLAGS == 0
            && (method == DEFLATED || method == STORED && packed == unpacked)
            && (extra, comment, disk) == (0, 0, 0)
            && u32_at(record, 42) == place
            && take(&mut contents, name.len())? == name;
        take(&mut contents, packed)?;
        if !plain {
            return None;
        }
    }
    (contents.is_empty() && records.is_empty()).then_some(())
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u16_at(bytes, at) + (u16_at(bytes, at + 2) << 16)
}
