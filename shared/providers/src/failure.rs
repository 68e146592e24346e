//! Failures of calls to providers, sorted by what to do about them.

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use std::time::Duration;

/// The wait where a provider asks to slow down and names no time: "at least one minute", as GitHub documents
/// for its own (<https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api>).
const UNSAID: Duration = Duration::from_secs(60);

/// A call that failed, and what to do about it. The text is for people: it says what was wrong, where, and
/// what would be right; it never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The provider declined what somebody wrote (an unknown branch, an undeclared parameter): tell the
    /// person.
    #[error("{0}")]
    Refusal(String),
    /// Somebody else changed the same thing at the same time: read it again, then decide again.
    #[error("{0}")]
    Conflict(String),
    /// Nothing was done, or what was done can be repeated: try again.
    #[error("{message}")]
    Retryable {
        /// Description of the failure.
        message: String,
        /// Shortest wait that the provider asks for; `None`: it didn't say.
        retry_after: Option<Duration>,
    },
    /// The request was sent and no answer says whether it was carried out: look before trying again. Only
    /// calls that must not happen twice fail like this; all others are [`Failure::Retryable`].
    #[error("{0}")]
    Unanswered(String),
    /// It will fail again until a person changes something: record it, show it, stop.
    #[error("{0}")]
    Permanent(String),
}

impl Failure {
    /// A [`Failure::Retryable`] whose provider said nothing about when.
    pub fn retryable(message: impl Into<String>) -> Self {
        Self::Retryable { message: message.into(), retry_after: None }
    }

    /// A provider's rate limit, which slows work down and ends none: `wait` is what the provider asks for,
    /// and [`UNSAID`] where it asks for no time.
    pub(crate) fn slow_down(message: impl Into<String>, wait: Option<Duration>) -> Self {
        Self::Retryable { message: message.into(), retry_after: Some(wait.unwrap_or(UNSAID)) }
    }

    /// True if it may pass without anybody changing something: Signoff tries again, or looks first whether
    /// the call took effect.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Retryable { .. } | Self::Conflict(_) | Self::Unanswered(_) => true,
            Self::Permanent(_) | Self::Refusal(_) => false,
        }
    }

    /// Returns the shortest wait before the next attempt that the provider asks for; `None`: it didn't say.
    pub fn retry_after(&self) -> Option<SignedDuration> {
        match self {
            Self::Retryable { retry_after, .. } => SignedDuration::try_from((*retry_after)?).ok(),
            Self::Conflict(_) | Self::Unanswered(_) | Self::Permanent(_) | Self::Refusal(_) => None,
        }
    }

    /// The failure as a log line has it: its kind, and what the provider answered. The whole text may name
    /// people and what they wrote; it stands in the record alone.
    pub fn logged(&self) -> String {
        let kind = match self {
            Self::Retryable { .. } => "retryable",
            Self::Conflict(_) => "conflict",
            Self::Unanswered(_) => "unanswered",
            Self::Permanent(_) => "permanent",
            Self::Refusal(_) => "refusal",
        };
        let text = self.to_string();
        // "GitHub answered 404 while reading the account ana": what was asked for may name anybody.
        let answer = text.split_once(" while ").map(|(answer, _)| answer);
        match answer.filter(|answer| answer.len() <= 80 && !answer.contains(['\u{201c}', '"', '@', '<'])) {
            Some(answer) => format!("{kind}: {answer}"),
            None => kind.to_owned(),
        }
    }

    /// The failure of a call that was sent and has no answer worth the name: whether it may be tried again
    /// follows from what repeating it would do.
    pub(crate) fn lost(message: String, repeat: Repeat) -> Self {
        match repeat {
            Repeat::Harmless => Self::retryable(message),
            Repeat::MayDouble => Self::Unanswered(message),
        }
    }
}

/// Effect of making a call again that was carried out before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Nothing: it reads, or it sets what is already set.
    Harmless,
    /// It happens twice: a second message, a second build.
    MayDouble,
}

/// The failure of an answer 5xx. A 503 means that the service took nothing in. After any other 5xx the
/// request may have been carried out (a gateway gave up waiting, or the service broke half way).
pub(crate) fn server_error(
    service: &str,
    doing: &str,
    status: StatusCode,
    headers: &HeaderMap,
    repeat: Repeat,
) -> Failure {
    let message = format!("{service} answered {} while {doing}", status.as_u16());
    let retry_after = retry_after(headers);
    match repeat {
        Repeat::MayDouble if status != StatusCode::SERVICE_UNAVAILABLE => Failure::Unanswered(message),
        Repeat::MayDouble | Repeat::Harmless => Failure::Retryable { message, retry_after },
    }
}

/// Reads the wait that a `Retry-After` header asks for (RFC 9110, section 10.2.3): seconds, or a date, which
/// counts from the answer's own `Date`, so that no clock of ours is involved. `None` if there is no header,
/// or an unreadable one.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(until(headers, http_date(value)?)?),
    }
}

/// The time from the answer's `Date` header to `then`; zero if that has passed, `None` without such a header.
pub(crate) fn until(headers: &HeaderMap, then: Timestamp) -> Option<Duration> {
    let answered = http_date(headers.get(DATE)?.to_str().ok()?)?;
    Some(Duration::try_from(then.duration_since(answered)).unwrap_or(Duration::ZERO))
}

/// An HTTP date (`Wed, 21 Oct 2015 07:28:00 GMT`); `None` for anything else.
fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// Quotes a provider's text for a message: on one line, 300 characters at most. Control characters count as
/// space.
pub(crate) fn quote(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?))).collect()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        let cases = [
            (headers(&[("retry-after", "30")]), Some(30)),
            (headers(&[("retry-after", " 0 ")]), Some(0)),
            (headers(&[("retry-after", "Wed, 21 Oct 2015 07:29:30 GMT"), ("date", date)]), Some(90)),
            (headers(&[("retry-after", "Wed, 21 Oct 2015 07:00:00 GMT"), ("date", date)]), Some(0)),
            (headers(&[("retry-after", date)]), None),
            (headers(&[("retry-after", "soon"), ("date", date)]), None),
            (headers(&[("retry-after", "-5")]), None),
            (headers(&[]), None),
        ];
        for (headers, seconds) in cases {
            assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{headers:?}");
        }
    }

    #[test]
    fn log_line_has_no_name_and_no_text() {
        let permanent = |text: &str| Failure::Permanent(text.to_owned());
        for (failure, logged) in [
            (
                permanent("GitHub answered 404 while reading the account ana: no such thing"),
                "permanent: GitHub answered 404",
            ),
            (Failure::slow_down("Slack asks us to slow down (users.info)", None), "retryable"),
            (permanent("nobody could vote on \u{201c}Ship\u{201d}: Ana <ana@example.com>"), "permanent"),
            (Failure::Unanswered("\"Ana\" answered while it slept".to_owned()), "unanswered"),
        ] {
            assert_eq!(failure.logged(), logged);
        }
    }

    #[test]
    fn a_failure_says_whether_and_when_to_try_again() {
        let text = || "said".to_owned();
        let asked =
            |seconds| Failure::Retryable { message: text(), retry_after: Some(Duration::from_secs(seconds)) };
        for (failure, passing, seconds) in [
            (asked(7), true, Some(7)),
            (asked(u64::MAX), true, None),
            (Failure::retryable("said"), true, None),
            (Failure::Conflict(text()), true, None),
            (Failure::Unanswered(text()), true, None),
            (Failure::Permanent(text()), false, None),
            (Failure::Refusal(text()), false, None),
        ] {
            let wait = failure.retry_after();
            assert_eq!(
                (failure.is_passing(), wait),
                (passing, seconds.map(SignedDuration::from_secs)),
                "{failure:?}"
            );
        }
    }

    #[test]
    fn only_a_503_is_sure_to_have_done_nothing() {
        for (status, repeat, unanswered) in [
            (503, Repeat::MayDouble, false),
            (500, Repeat::MayDouble, true),
            (502, Repeat::MayDouble, true),
            (504, Repeat::MayDouble, true),
            (500, Repeat::Harmless, false),
            (504, Repeat::Harmless, false),
        ] {
            let code = StatusCode::from_u16(status).unwrap();
            let failure = server_error("GitHub", "reading", code, &headers(&[]), repeat);
            assert_eq!(matches!(failure, Failure::Unanswered(_)), unanswered, "{status} {repeat:?}");
        }
    }

    #[test]
    fn a_quote_is_one_short_line() {
        assert_eq!(quote(" a\n  b\t\0\u{1b}c"), "a b c");
        assert_eq!(quote(&"ä".repeat(400)).chars().count(), 301);
    }
}
