//! Structured logs, one JSON object a line, as CloudWatch Logs Insights reads them.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// The longest line in bytes. CloudWatch Logs takes 1 MB and bills by the byte; nobody reads more than this.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>.
const LONGEST: usize = 8 * 1024;
/// The part that is kept of a line that is longer. Quoting it as JSON may double it.
const KEPT: usize = 3 * 1024;

/// Logs to standard output from now on. `filter` is in `RUST_LOG`'s syntax; one that can't be read means
/// `info`.
pub fn start(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(|| Bounded(io::stdout()))
        .try_init();
    // Only a second call fails, and the first one's logs go on.
    drop(started);
}

/// Logs one line that says why a function can't start or go on, and returns a status that Lambda takes for a
/// failure.
pub fn stopped(error: &dyn Display) -> ExitCode {
    tracing::error!(%error, "stopped");
    ExitCode::FAILURE
}

/// A log of which no line is longer than [`LONGEST`]: each write is one line.
struct Bounded<W>(W);

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, whole: &[u8]) -> io::Result<usize> {
        let line = without_addresses(whole);
        if line.len() <= LONGEST {
            self.0.write_all(&line)?;
        } else {
            let start = String::from_utf8_lossy(line.get(..KEPT).unwrap_or_default());
            let cut = serde_json::json!({
                "level": "ERROR",
                "message": "a longer line was cut",
                "bytes": whole.len(),
                "start": start,
            });
            writeln!(self.0, "{cut}")?;
        }
        Ok(whole.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// `line` with a mark in the place of each e-mail address: providers' answers name them, and logs must not.
fn without_addresses(line: &[u8]) -> Cow<'_, [u8]> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte) || *byte >= 0x80;
    let (mut shown, mut from) = (Vec::new(), 0);
    while let Some(found) = line.get(from..).and_then(|rest| rest.iter().position(|byte| *byte == b'@')) {
        let at = from + found;
        let before = line.get(from..at).unwrap_or_default();
        let local = before.iter().rev().take_while(|byte| is_part(byte)).count();
        let domain = line.get(at + 1..).unwrap_or_default().iter().take_while(|byte| is_part(byte)).count();
        if local == 0 || domain == 0 {
            shown.extend_from_slice(before);
            shown.push(b'@');
        } else {
            shown.extend_from_slice(before.get(..before.len() - local).unwrap_or_default());
            shown.extend_from_slice(b"[address]");
        }
        from = at + 1 + if local == 0 { 0 } else { domain };
    }
    if from == 0 {
        return Cow::Borrowed(line);
    }
    shown.extend_from_slice(line.get(from..).unwrap_or_default());
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_no_line() {
        for (line, shown) in [
            (
                r#"{"error":"no user ana.lopez+x@acme.example, or so"}"#,
                r#"{"error":"no user [address], or so"}"#,
            ),
            ("a@b b@c", "[address] [address]"),
            ("@here and a@ and @b", "@here and a@ and @b"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(without_addresses(line.as_bytes()), line.replace(line, shown).as_bytes());
        }
    }

    #[test]
    fn no_line_is_longer_than_its_bound() {
        for (letter, count) in
            [("a", 10), ("a", LONGEST - 1), ("a", 5_000_000), ("\"", 20_000), ("\u{20ac}", 20_000)]
        {
            let mut log = Bounded(Vec::new());
            let line = format!("{}\n", letter.repeat(count));
            log.write_all(line.as_bytes()).unwrap();
            assert!(log.0.len() <= LONGEST, "{letter} {count}: {}", log.0.len());
            assert_eq!(log.0.last(), Some(&b'\n'));
            if line.len() > LONGEST {
                let cut: serde_json::Value = serde_json::from_slice(&log.0).unwrap();
                assert_eq!(cut["bytes"], line.len());
            } else {
                assert_eq!(log.0, line.as_bytes());
            }
        }
    }
}
