//! The arguments of what asks the record.

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use signoff_core::deploy::Slug;
use signoff_rules::condition::parse_duration;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// List deploys on record, newest first.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Deploys {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The maximum number of results.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Output format: a table, or one JSON array.
    #[arg(long, value_enum, default_value_t = RecordFormat::Table)]
    pub(crate) format: RecordFormat,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// List approvals on record with their voters, newest deploy first.
///
/// Without --deploy and --since: approvals of deploys in the last 7 days.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Approvals {
    /// Approvals of the deploy with this id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["deployment", "environment", "revision", "since"])]
    pub(crate) deploy: Option<String>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// Approvals with this status.
    #[arg(long, value_enum)]
    pub(crate) status: Option<Status>,
    /// The maximum number of results.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Output format: a table, or one JSON array.
    #[arg(long, value_enum, default_value_t = RecordFormat::Table)]
    pub(crate) format: RecordFormat,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// List events: who did what, when and to which deploy; newest deploy first, then in order of time.
///
/// Without --deploy and --since: events of deploys in the last 7 days.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Events {
    /// Events of the deploy with this id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["deployment", "environment", "revision", "since"])]
    pub(crate) deploy: Option<String>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// The maximum number of results.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Output format: a table, or one JSON array.
    #[arg(long, value_enum, default_value_t = RecordFormat::Table)]
    pub(crate) format: RecordFormat,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Replay rules against the deploys on record: what they would ask, what would run by itself, what would be
/// blocked.
///
/// Each deploy is judged by its record, until a newer deploy reached its environment. Every run counts as
/// succeeded, so rules with `after` open, too. A rules file belongs to one repository, so name its
/// deployment.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 success, 1 the file has problems, 2 usage error, unreadable file or Signoff unreachable."
)]
pub(crate) struct Replay {
    /// The rules file, or `-` for standard input.
    pub(crate) file: PathBuf,
    /// Deploys since: a duration (90d, 12h), a date (2026-11-01, in UTC) or a time
    /// (2026-11-01T10:00:00Z).
    #[arg(long, value_name = "TIME", default_value = "90d")]
    pub(crate) since: Since,
    /// Deploys of this deployment.
    #[arg(long, value_name = "OWNER/NAME", value_parser = slug)]
    pub(crate) deployment: Option<Slug>,
    /// Deploys to this environment, in any case.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Also show what this policy would have blocked.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Output format: tables, or one JSON document.
    #[arg(long, value_enum, default_value_t = RecordFormat::Table)]
    pub(crate) format: RecordFormat,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Wait until a revision's newest deploy is approved or rejected: for CIs that can't hold their own runs.
///
/// Every approval of the deploy must be approved, including those that its rules ask for after others. If
/// people asked again, the newer approval counts. A deploy that no rule asks about doesn't count as approved,
/// and neither does one with a rule that should ask and can't: it is not supported yet, or what it asks about
/// is not known. A rule that waits for news of the deploy, such as its health, counts if it comes `after`
/// another. An approved deploy counts as superseded once another revision was let through to the same place,
/// or the deploy was rolled back.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 approved; 1 rejected, expired, cancelled or superseded; 2 usage error or Signoff unreachable; 3 still open after --timeout."
)]
pub(crate) struct Wait {
    /// The deployment.
    #[arg(long, value_name = "OWNER/NAME", value_parser = slug)]
    pub(crate) deployment: Slug,
    /// The commit's full SHA.
    #[arg(long, value_name = "SHA", value_parser = revision)]
    pub(crate) revision: String,
    /// The environment, in any case. Required if the revision was deployed to several.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// The longest time to wait: 30m, 2h.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// The time between checks: 1s or more.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) every: Duration,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

const EXIT_CODES: &str = "Exit codes: 0 success, 2 usage error or Signoff unreachable.";

/// Which deploys.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Which {
    /// Deploys of this deployment.
    #[arg(long, value_name = "OWNER/NAME", value_parser = slug)]
    pub(crate) deployment: Option<Slug>,
    /// Deploys to this environment, in any case.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Deploys of this commit: its SHA, or the first 7 characters or more.
    #[arg(long, value_name = "SHA", value_parser = short_revision)]
    pub(crate) revision: Option<String>,
    /// Deploys since: a duration (7d, 12h), a date (2026-11-01, in UTC) or a time
    /// (2026-11-01T10:00:00Z).
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Since>,
}

/// Where Signoff is, and as whom it is asked. The key itself is no argument: others on the machine can read
/// those.
#[derive(Args, Debug)]
pub(crate) struct Connection {
    /// Signoff's address: the stack's output ConsoleUrl.
    #[arg(long, value_name = "URL", env = "SIGNOFF_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,
    /// A file with an API key, instead of the environment variable SIGNOFF_API_KEY.
    #[arg(long, value_name = "FILE")]
    pub(crate) api_key_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecordFormat {
    Table,
    Json,
}

/// How an approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Status {
    Pending,
    Quorum,
    Approved,
    Rejected,
    Expired,
    Superseded,
    Cancelled,
}

impl Status {
    /// The word that the record has for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Quorum => "quorum",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// From when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long ago.
    Ago(SignedDuration),
    /// At this time.
    Time(Timestamp),
}

impl Since {
    /// The time, if it is `now`; the beginning of all time where it would lie before that.
    pub(crate) fn of(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(duration) => now.checked_sub(duration).unwrap_or(Timestamp::MIN),
            Self::Time(time) => time,
        }
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let ago = || Some(Self::Ago(SignedDuration::try_from(parse_duration(text)?).ok()?));
        let time = || text.parse().ok().map(Self::Time);
        // A date takes more than a date.
        let day = || text.parse::<Date>().ok().filter(|_| text.len() == "2026-11-01".len());
        let date = || Some(Self::Time(day()?.to_zoned(TimeZone::UTC).ok()?.timestamp()));
        ago().or_else(time).or_else(date).ok_or_else(|| {
            "write a duration (12h, 7d), a date (2026-11-01) or a time with its zone (2026-11-01T10:00:00Z)"
                .to_owned()
        })
    }
}

pub(super) fn slug(text: &str) -> Result<Slug, String> {
    let slug = text.split_once('/').and_then(|(organization, name)| Slug::new(organization, name));
    slug.ok_or_else(|| "write owner/name, for example acme/checkout".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "write a whole number and s, m, h or d, for example 30m".to_owned())
}

fn short_revision(text: &str) -> Result<String, String> {
    let is_sha = (7..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_sha {
        Ok(text.to_lowercase())
    } else {
        Err("write the commit's SHA, or its first 7 characters or more".to_owned())
    }
}

fn revision(text: &str) -> Result<String, String> {
    let is_full = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_full {
        Ok(text.to_owned())
    } else {
        Err("write the commit's full SHA, of 40 characters".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_when_on_is_a_time_or_counts_back_from_now() {
        let now: Timestamp = "2026-11-23T10:42:00Z".parse().unwrap();
        for (text, expected) in [
            ("7d", Some("2026-11-16T10:42:00Z")),
            (" 90m ", Some("2026-11-23T09:12:00Z")),
            ("999999999d", Some("-009999-01-02T01:59:59Z")),
            ("2026-11-01", Some("2026-11-01T00:00:00Z")),
            ("2026-11-01T10:00:00+02:00", Some("2026-11-01T08:00:00Z")),
            ("2026-11-01T10:00:00", None),
            ("2026-11-31", None),
            ("7", None),
            ("yesterday", None),
            ("", None),
        ] {
            let since = text.parse::<Since>().ok().map(|since| since.of(now).to_string());
            assert_eq!(since.as_deref(), expected, "{text}");
        }
    }
}
