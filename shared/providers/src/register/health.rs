//! A report of a deploy's health.

use super::input::{Fields, ParseError, parameters};
use super::parse::{date, name};
use jiff::Timestamp;
use signoff_core::facts::{ALARM, API, Health, Report};

/// The shortest part of a revision that stands for it, in characters, as git itself shows it.
const SHORTEST_REVISION: usize = 7;

/// Health report of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthReport {
    /// The environment; `None`: the only one that has the revision.
    pub environment: Option<String>,
    /// Name of the reporter.
    pub source: String,
    /// The health, and the time from which it holds.
    pub report: Report,
}

/// Reads a report from a request's `Content-Type`, query (without `?`) and body, as [`super::parse()`] does.
///
/// - `health`: `healthy`, `ailing` or `unhealthy`, in any case; required.
/// - `environment`: where the revision was deployed to more than one.
/// - `date`: since when, in ISO 8601; without it, since `now`.
/// - `source`: who reports, `api` where it is not said. What alarms report is theirs alone.
///
/// # Errors
///
/// The first thing that is wrong, by the parameter's name, with what would be right.
pub fn parse_health(
    content_type: Option<&str>,
    query: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<HealthReport, ParseError> {
    let members = parameters(content_type, query, body)?;
    let fields = Fields { members: &members, at: String::new() };
    Ok(HealthReport {
        report: Report {
            health: health(&fields)?,
            // A clock that is ahead of ours must not put it before reports to come.
            at: date(&fields, "report", now)?.map_or(now, |date| date.min(now)),
        },
        environment: name(&fields, "environment")?,
        source: source(&fields)?,
    })
}

/// A revision, or the beginning of one, as the address of a report has it; in lower case.
///
/// # Errors
///
/// It is none.
pub fn parse_revision(text: &str) -> Result<String, ParseError> {
    let sound =
        (SHORTEST_REVISION..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if sound {
        return Ok(text.to_ascii_lowercase());
    }
    let text = crate::failure::quote(text);
    let problem =
        format!("`{text}` is not a git SHA: send {SHORTEST_REVISION} to 64 hexadecimal digits of it");
    Err(ParseError::parameter("revision", problem))
}

fn health(fields: &Fields<'_>) -> Result<Health, ParseError> {
    let Some(text) = fields.text("health")? else {
        return Err(fields.wrong("health", "it is missing: send healthy, ailing or unhealthy"));
    };
    match text.to_ascii_lowercase().as_str() {
        "healthy" => Ok(Health::Healthy),
        "ailing" => Ok(Health::Ailing),
        "unhealthy" => Ok(Health::Unhealthy),
        _ => {
            let text = crate::failure::quote(text);
            Err(fields.wrong("health", format!("`{text}` is none: send healthy, ailing or unhealthy")))
        }
    }
}

fn source(fields: &Fields<'_>) -> Result<String, ParseError> {
    let source = name(fields, "source")?.unwrap_or_else(|| API.to_owned());
    if source.to_lowercase().starts_with(ALARM) {
        let problem =
            format!("a name that starts with `{ALARM}` is a CloudWatch alarm's: choose another one");
        return Err(fields.wrong("source", problem));
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }

    fn read(body: &str) -> Result<HealthReport, String> {
        parse_health(None, "", body.as_bytes(), now()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_report_says_what_where_since_when_and_who() {
        let report = |health, at: &str| Report { health, at: at.parse().unwrap() };
        for (body, expected) in [
            (
                "health=healthy",
                HealthReport {
                    environment: None,
                    source: "api".to_owned(),
                    report: report(Health::Healthy, "2026-11-23T10:00:00Z"),
                },
            ),
            (
                r#"{"health": "AILING", "environment": "Staging", "date": "2026-11-23T09:00:00", "source": "smoke tests"}"#,
                HealthReport {
                    environment: Some("Staging".to_owned()),
                    source: "smoke tests".to_owned(),
                    report: report(Health::Ailing, "2026-11-23T09:00:00Z"),
                },
            ),
            (
                "health=Unhealthy&environment=&date=&source=",
                HealthReport {
                    environment: None,
                    source: "api".to_owned(),
                    report: report(Health::Unhealthy, "2026-11-23T10:00:00Z"),
                },
            ),
        ] {
            assert_eq!(read(body), Ok(expected), "{body}");
        }
        let query = parse_health(None, "health=ailing", b"", now()).unwrap();
        assert_eq!(query.report.health, Health::Ailing);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = [
            "",
            "health=sick",
            r#"{"health": 1}"#,
            "health=healthy&date=tomorrow",
            "health=healthy&date=2026-11-23T12:00:00Z",
            "health=healthy&source=Alarm%20checkout-5xx",
            "health=healthy&environment=a%0Ab",
        ];
        insta::assert_snapshot!(told.map(|body| read(body).unwrap_err()).join("\n"), @"
        health: it is missing: send healthy, ailing or unhealthy
        health: `sick` is none: send healthy, ailing or unhealthy
        health: it must be text in quotes, not a number
        date: `tomorrow` is not a date and time in ISO 8601, such as 2021-05-11T11:42:00Z
        date: `2026-11-23T12:00:00Z` is in the future (it is 2026-11-23T10:00:00Z now): send the time of the report, with its zone, or leave it out for now
        source: a name that starts with `alarm ` is a CloudWatch alarm's: choose another one
        environment: it must be a name on one line, of at most 200 characters
        ");
    }

    #[test]
    fn a_revision_is_seven_digits_or_more() {
        assert_eq!(parse_revision("ABCDEF1").as_deref(), Ok("abcdef1"));
        assert_eq!(parse_revision(&"a".repeat(64)).unwrap().len(), 64);
        for wrong in ["", "abcdef", "main-branch", &"a".repeat(65), "abcdef1#"] {
            assert!(parse_revision(wrong).is_err(), "{wrong}");
        }
        let told = parse_revision("main").unwrap_err().to_string();
        assert_eq!(told, "revision: `main` is not a git SHA: send 7 to 64 hexadecimal digits of it");
    }
}
