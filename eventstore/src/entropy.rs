//! Where event ids, salts and nonces come from.

use merkle::Salt;
use uuid::Uuid;

/// A source of random bytes; an argument, so that tests can be repeated.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);

    /// A `UUIDv7` of the instant `at`, milliseconds since 1970-01-01 UTC.
    fn event_id(&self, at: i64) -> Uuid {
        let mut random = [0; 10];
        self.fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(at.unsigned_abs(), &random).into_uuid()
    }

    /// A salt.
    fn salt(&self) -> Salt {
        let mut salt = [0; 32];
        self.fill(&mut salt);
        Salt(salt)
    }
}

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// When the system has no random numbers: a commitment without a salt would give its value away.
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system has random numbers");
    }
}
