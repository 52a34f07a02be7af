//! What this process logs, kept for tests that look for what must not be in it.

use std::io;
use std::sync::{Mutex, Once};

/// Every line that any test of this process logs, from the first call of [`capture`] on.
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static CAPTURING: Once = Once::new();

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to keep every line, of whatever level.
pub fn capture() {
    CAPTURING.call_once(|| {
        let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        everything.with_ansi(false).with_writer(|| Lines).init();
    });
}

/// What was logged until now.
pub fn text() -> String {
    String::from_utf8(LINES.lock().unwrap().clone()).unwrap()
}
