//! Salted commitments to values that are not in the entry, §2.1.

use sha2::{Digest as _, Sha256};

use crate::json::{Value, canonical_profile};

const DOMAIN: &[u8] = b"smart-tenders/commit@v1\0";

/// The commitment to `value` at `path` with `salt`.
///
/// # Panics
/// If `value` is not of the profile (it holds a float) or the path is 4 GiB long.
#[must_use]
pub fn commitment(path: &str, salt: &[u8; 32], value: &Value) -> [u8; 32] {
    let canonical = canonical_profile(value);
    let path_bytes = u32::try_from(path.len()).expect("a path is part of a file of 1 MiB");
    let mut hasher = Sha256::new();
    hasher.update(DOMAIN);
    hasher.update(path_bytes.to_be_bytes());
    hasher.update(path);
    hasher.update(salt);
    hasher.update((canonical.len() as u64).to_be_bytes());
    hasher.update(canonical);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_salt_and_value_all_count() {
        let salt = [7; 32];
        let base = commitment("/data/a", &salt, &Value::from("x"));
        assert_ne!(base, commitment("/data/b", &salt, &Value::from("x")));
        assert_ne!(base, commitment("/data/a", &[8; 32], &Value::from("x")));
        assert_ne!(base, commitment("/data/a", &salt, &Value::from("y")));
    }

    #[test]
    fn the_commitment_is_the_one_of_the_format() {
        // python3: sha256(b"smart-tenders/commit@v1\0" + (7).to_bytes(4,"big") + b"/data/a"
        //                 + bytes(32) + (3).to_bytes(8,"big") + b'"x"')
        let hash = commitment("/data/a", &[0; 32], &Value::from("x"));
        assert_eq!(crate::encoding::hex(&hash), GOLDEN);
    }

    const GOLDEN: &str = "0x6ed7dc9655a17a9a3bb49f6cfc9c4dc9517abd70ec73e20a521e01e9d76870d3";
}
