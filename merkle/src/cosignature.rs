//! Cosignatures of checkpoints (C2SP `tlog-cosignature`, Ed25519) as the log receives them from witnesses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};

/// Algorithm byte of `cosignature/v1`.
const COSIGNATURE: u8 = 0x04;
/// The most lines of an answer that are looked at.
const LINES_MAX: usize = 100;

/// Why a text is not a witness's verifier key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a witness's verifier key: <name>+<hex key id>+<base64 of 0x04 and an Ed25519 key>")]
pub struct WitnessKeyError;

/// Why an answer holds no cosignature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// Nothing by this key.
    #[error("the answer has no line by the witness's key")]
    Missing,
    /// A line by this key that does not verify.
    #[error("the line by the witness's key does not verify")]
    Wrong,
    /// A time that is not there yet.
    #[error("the witness says the time {time}, later than {latest}: its clock is wrong")]
    Future {
        /// What it says, in seconds since 1970.
        time: u64,
        /// The latest time that is taken.
        latest: u64,
    },
}

/// The key of a witness, as a policy lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
    text: String,
}

impl WitnessKey {
    /// Reads `<name>+<8 hex digits>+<base64 of 0x04 and the public key>`.
    ///
    /// # Errors
    /// If it is written otherwise, or the key is unusable.
    pub fn parse(text: &str) -> Result<Self, WitnessKeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(material)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(WitnessKeyError);
        };
        let material = STANDARD.decode(material).map_err(|_| WitnessKeyError)?;
        let Some((&COSIGNATURE, public)) = material.split_first() else {
            return Err(WitnessKeyError);
        };
        let public: &[u8; 32] = public.try_into().map_err(|_| WitnessKeyError)?;
        let key = VerifyingKey::from_bytes(public).map_err(|_| WitnessKeyError)?;
        let is_name =
            !name.is_empty() && !name.chars().any(|char| char.is_whitespace() || char.is_control());
        let id_of_key = signed_note::key_id(name, &material);
        // A key of small order would verify what it never signed.
        if !is_name || key.is_weak() || format!("{id_of_key:08x}") != id {
            return Err(WitnessKeyError);
        }
        let id = id_of_key.to_be_bytes();
        Ok(Self { name: name.to_owned(), id, key, text: text.to_owned() })
    }

    /// The text it was read from.
    #[must_use]
    pub fn verifier(&self) -> &str {
        &self.text
    }

    /// The name of the witness.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is the public key of `other`, under whatever name.
    #[must_use]
    pub fn same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Takes this witness's line out of its `answer` to the checkpoint `note`: verified, with its newline.
    ///
    /// Lines by other keys are not looked at. `latest` is the latest time that is taken, in seconds since 1970.
    ///
    /// # Errors
    /// See [`CosignatureError`].
    pub fn cosignature(
        &self,
        note: &str,
        answer: &str,
        latest: u64,
    ) -> Result<String, CosignatureError> {
        let text = note.rfind("\n\n").map(|blank| &note[..=blank]);
        let text = text.ok_or(CosignatureError::Wrong)?;
        let mut lines = answer.split_inclusive('\n').take(LINES_MAX);
        let signed = lines.find_map(|line| self.signed(line)).ok_or(CosignatureError::Missing)?;
        let (time, signature) = signed.split_first_chunk::<8>().ok_or(CosignatureError::Wrong)?;
        let signature = Signature::from_slice(signature).map_err(|_| CosignatureError::Wrong)?;
        let time = u64::from_be_bytes(*time);
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        self.key
            .verify_strict(message.as_bytes(), &signature)
            .map_err(|_| CosignatureError::Wrong)?;
        if time > latest {
            return Err(CosignatureError::Future { time, latest });
        }
        let encoded = STANDARD.encode([self.id.as_slice(), &signed].concat());
        Ok(format!("\u{2014} {} {encoded}\n", self.name))
    }

    /// What follows the key's id in a line of this key.
    fn signed(&self, line: &str) -> Option<Vec<u8>> {
        let (name, encoded) =
            line.strip_suffix('\n')?.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (id, signed) = bytes.split_first_chunk::<4>()?;
        (name == self.name && *id == self.id).then(|| signed.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;
    use crate::LogKey;

    const NOW: u64 = 1_800_000_000;

    fn text_of(name: &str, algorithm: u8, seed: u8) -> String {
        let public = SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes();
        let material = [&[algorithm], public.as_slice()].concat();
        let id = signed_note::key_id(name, &material);
        format!("{name}+{id:08x}+{}", STANDARD.encode(material))
    }

    fn line(key: &WitnessKey, seed: u8, time: u64, text: &str) -> String {
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        let signature = SigningKey::from_bytes(&[seed; 32]).sign(message.as_bytes()).to_bytes();
        let signed = [&key.id[..], &time.to_be_bytes(), &signature].concat();
        format!("\u{2014} {} {}\n", key.name, STANDARD.encode(signed))
    }

    #[test]
    fn the_line_of_the_key_is_taken_and_others_are_not_looked_at() {
        let key = WitnessKey::parse(&text_of("w.example/1", 4, 7)).unwrap();
        let other = WitnessKey::parse(&text_of("w.example/2", 4, 8)).unwrap();
        let log = LogKey::from_seed("log.example/test", &[3; 32]).unwrap();
        let note = log.sign(5, &[9; 32]).unwrap();
        let text = &note[..=note.rfind("\n\n").unwrap()];
        let (ours, theirs) = (line(&key, 7, NOW, text), line(&other, 8, NOW, text));
        let take = |answer: &str| key.cosignature(&note, answer, NOW);
        assert_eq!(take(&ours), Ok(ours.clone()));
        assert_eq!(take(&format!("{theirs}junk\n{ours}")), Ok(ours.clone()));
        assert_eq!(take(&theirs), Err(CosignatureError::Missing));
        assert_eq!(take(""), Err(CosignatureError::Missing));
        assert_eq!(take(ours.trim_end()), Err(CosignatureError::Missing));
        assert_eq!(take(&format!("{}{ours}", theirs.repeat(100))), Err(CosignatureError::Missing));

        let forged = line(&key, 8, NOW, text);
        assert_eq!(take(&forged), Err(CosignatureError::Wrong));
        let of_another = line(&key, 7, NOW, &text.replace("\n5\n", "\n6\n"));
        assert_eq!(take(&of_another), Err(CosignatureError::Wrong));
        let future = line(&key, 7, NOW + 1, text);
        assert_eq!(take(&future), Err(CosignatureError::Future { time: NOW + 1, latest: NOW }));
    }

    #[test]
    fn a_key_of_a_log_or_under_another_name_is_no_witness() {
        let right = text_of("w.example/1", 4, 7);
        assert_eq!(WitnessKey::parse(&right).unwrap().verifier(), right);
        let spaced = text_of("w example", 4, 7);
        let log = text_of("w.example/1", 1, 7);
        let renamed = right.replace("/1", "/2");
        for wrong in ["", "w", "w+00000000", &spaced, &log, &renamed, &right[..right.len() - 4]] {
            assert_eq!(WitnessKey::parse(wrong), Err(WitnessKeyError), "{wrong}");
        }
    }
}
