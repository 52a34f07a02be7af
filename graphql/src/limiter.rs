//! A bounded count of attempts, so that passwords cannot be guessed at speed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Keys that are remembered at a time; beyond that, those whose window ended are forgotten.
const KEYS_MAX: usize = 10_000;

/// Counts attempts per key in windows of fixed length.
pub(crate) struct Limiter {
    attempts_max: u32,
    window: Duration,
    /// Begin of the window and attempts in it.
    counts: Mutex<HashMap<String, (Instant, u32)>>,
}

impl Limiter {
    pub(crate) fn new(attempts_max: u32, window: Duration) -> Self {
        Self { attempts_max, window, counts: Mutex::new(HashMap::new()) }
    }

    /// Counts an attempt at `now` under each of `keys`; how long to wait when one of them has no attempt left.
    pub(crate) fn attempt(&self, keys: &[String], now: Instant) -> Result<(), Duration> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEYS_MAX {
            counts.retain(|_, (begin, _)| now.duration_since(*begin) < self.window);
        }
        // Full of living windows: somebody tries many logins from many addresses, and everybody waits.
        if counts.len() >= KEYS_MAX {
            return Err(self.window);
        }
        let mut wait = Duration::ZERO;
        for key in keys {
            let (begin, count) = counts.entry(key.clone()).or_insert((now, 0));
            let age = now.duration_since(*begin);
            if age >= self.window {
                (*begin, *count) = (now, 0);
            }
            if *count >= self.attempts_max {
                wait = wait.max(self.window.saturating_sub(age));
            } else {
                *count += 1;
            }
        }
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_mins(1);

    #[test]
    fn a_key_has_its_attempts_back_when_the_window_ends() {
        let limiter = Limiter::new(2, WINDOW);
        let (now, key) = (Instant::now(), [String::from("login:a")]);
        assert_eq!(limiter.attempt(&key, now), Ok(()));
        assert_eq!(limiter.attempt(&key, now), Ok(()));
        let later = now + Duration::from_secs(20);
        assert_eq!(limiter.attempt(&key, later), Err(Duration::from_secs(40)));
        assert_eq!(limiter.attempt(&[String::from("login:b")], later), Ok(()));
        assert_eq!(limiter.attempt(&key, now + WINDOW), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limiter = Limiter::new(2, WINDOW);
        let now = Instant::now();
        for number in 0..KEYS_MAX {
            assert_eq!(limiter.attempt(&[number.to_string()], now), Ok(()));
        }
        assert!(limiter.attempt(&[String::from("one more")], now).is_err());
        assert_eq!(limiter.attempt(&[String::from("one more")], now + WINDOW), Ok(()));
    }
}
