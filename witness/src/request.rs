//! The body of `add-checkpoint` (C2SP `tlog-witness`).

use std::fmt::Write as _;

use verifier::encoding::{base64_standard, position, unbase64_standard};
use verifier::merkle::Hash;
use verifier::note::NOTE_BYTES_MAX;

/// The most hashes of a proof.
pub const PROOF_LINES_MAX: usize = 63;
/// The longest body: the old size, the proof, an empty line and a note.
pub const REQUEST_BYTES_MAX: usize = NOTE_BYTES_MAX + 64 + PROOF_LINES_MAX * 45;

/// A checkpoint that is submitted, with the proof that it extends another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the checkpoint that the witness is supposed to have cosigned last; 0 for none.
    pub old_size: u64,
    /// RFC 6962 §2.1.2, from there to the checkpoint.
    pub proof: Vec<Hash>,
    /// The signed note, unread.
    pub note: String,
}

/// Why a body is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Too long.
    #[error("the body is longer than {REQUEST_BYTES_MAX} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("the body is not UTF-8")]
    Encoding,
    /// The first line.
    #[error("line 1 is not `old`, a space and a size in decimal without leading zeroes")]
    OldSize,
    /// No empty line.
    #[error("there is no empty line before the checkpoint")]
    NoCheckpoint,
    /// Too many proof lines.
    #[error("the proof has more than {PROOF_LINES_MAX} lines")]
    ProofTooLong,
    /// A line of the proof.
    #[error("line {line} is not the standard base64 of 32 bytes")]
    ProofLine {
        /// Its number, from 1.
        line: usize,
    },
    /// A proof from nothing.
    #[error("a proof from size 0 has no lines")]
    ProofFromNothing,
}

impl AddCheckpoint {
    /// Reads a body.
    ///
    /// # Errors
    /// The first thing wrong; the note is not looked at.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        if body.len() > REQUEST_BYTES_MAX {
            return Err(RequestError::TooLong);
        }
        let body = std::str::from_utf8(body).map_err(|_| RequestError::Encoding)?;
        let (first, mut rest) = body.split_once('\n').ok_or(RequestError::OldSize)?;
        let old_size = first.strip_prefix("old ").and_then(position);
        let old_size = old_size.ok_or(RequestError::OldSize)?;
        let mut proof = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n').ok_or(RequestError::NoCheckpoint)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            if proof.len() == PROOF_LINES_MAX {
                return Err(RequestError::ProofTooLong);
            }
            let hash = unbase64_standard(line).and_then(|bytes| bytes.try_into().ok());
            proof.push(hash.ok_or(RequestError::ProofLine { line: proof.len() + 2 })?);
        }
        if old_size == 0 && !proof.is_empty() {
            return Err(RequestError::ProofFromNothing);
        }
        Ok(Self { old_size, proof, note: rest.to_owned() })
    }

    /// The body that [`Self::parse`] reads.
    #[must_use]
    pub fn to_body(&self) -> String {
        let mut body = format!("old {}\n", self.old_size);
        for hash in &self.proof {
            writeln!(body, "{}", base64_standard(hash)).expect("a string takes every line");
        }
        body.push('\n');
        body.push_str(&self.note);
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<AddCheckpoint, RequestError> {
        AddCheckpoint::parse(body.as_bytes())
    }

    #[test]
    fn the_example_of_the_specification_is_read_and_written_back() {
        let body = "old 20852014\n\
            PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
            jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
            5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
            /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
            \n\
            example.com/behind-the-sofa\n\
            20852163\n\
            CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
            \n\
            \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
        let read = parse(body).unwrap();
        assert_eq!((read.old_size, read.proof.len()), (20_852_014, 4));
        assert!(read.note.starts_with("example.com/behind-the-sofa\n20852163\n"));
        assert_eq!(read.to_body(), body);
    }

    #[test]
    fn a_body_that_is_written_otherwise_is_named_by_its_line() {
        let hash = base64_standard(&[1; 32]);
        for first in
            ["", "old", "old ", "old -1", "old 01", "OLD 1", "old 1 ", "old 18446744073709551616"]
        {
            assert_eq!(parse(&format!("{first}\n\nnote")), Err(RequestError::OldSize), "{first:?}");
        }
        assert_eq!(parse("old 1"), Err(RequestError::OldSize));
        assert_eq!(parse(&format!("old 1\n{hash}\n")), Err(RequestError::NoCheckpoint));
        assert_eq!(parse("old 1\nAAAA\n\nnote"), Err(RequestError::ProofLine { line: 2 }));
        let wrong = parse(&format!("old 1\n{hash}\r\n\nnote"));
        assert_eq!(wrong, Err(RequestError::ProofLine { line: 2 }));
        assert_eq!(parse(&format!("old 0\n{hash}\n\nn")), Err(RequestError::ProofFromNothing));
        assert_eq!(AddCheckpoint::parse(b"old 1\n\n\xff"), Err(RequestError::Encoding));
        let long = vec![b'x'; REQUEST_BYTES_MAX + 1];
        assert_eq!(AddCheckpoint::parse(&long), Err(RequestError::TooLong));
    }

    #[test]
    fn a_proof_has_63_lines_and_not_one_more() {
        let lines = |count| format!("{}\n", base64_standard(&[1; 32])).repeat(count);
        assert!(parse(&format!("old 1\n{}\nnote", lines(63))).is_ok());
        let more = parse(&format!("old 1\n{}\nnote", lines(64)));
        assert_eq!(more, Err(RequestError::ProofTooLong));
    }
}
