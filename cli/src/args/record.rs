//! The arguments of what asks the record.

use approval::deploy::Slug;
use clap::{Args, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rules::condition::parse_duration;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// List deploys on record, newest first.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Deploys {
    #[command(flatten)]
    pub(crate) which: Which,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// How to tell: as a table, or as one JSON array.
    #[arg(long, value_enum, default_value_t = RecordFormat::Table)]
    pub(crate) format: RecordFormat,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// List approvals on record, with who voted; those of the newest deploy first.
///
/// Without --deploy and --since: those of deploys of the last 7 days.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Approvals {
    /// Those of this deploy: its id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["deployment", "environment", "revision", "since"])]
    pub(crate) deploy: Option<String>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// Those that stand so.
    #[arg(long, value_enum)]
    pub(crate) status: Option<Status>,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// How to tell: as a table, or as one JSON array.
    #[arg(long, value_enum, default_value_t = RecordFormat::Table)]
    pub(crate) format: RecordFormat,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// List what happened: who did what, when, to which deploy; the newest deploy first, and of each what
/// happened first.
///
/// Without --deploy and --since: that of deploys of the last 7 days.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Events {
    /// What happened to this deploy: its id.
    #[arg(long, value_name = "ID", conflicts_with_all = ["deployment", "environment", "revision", "since"])]
    pub(crate) deploy: Option<String>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// How to tell: as a table, or as one JSON array.
    #[arg(long, value_enum, default_value_t = RecordFormat::Table)]
    pub(crate) format: RecordFormat,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Replay rules against the deploys on record: what would be asked, what would run by itself, what would be
/// blocked.
///
/// Each deploy is looked at as it is on record, until a newer one came to its environment. Every run is taken
/// to succeed, so that rules with `after` open, too. The rules are those of one repository: name its
/// deployment.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit code: 0 replayed, 1 the file has problems, 2 wrong usage, a file that cannot be read, or a Signoff that cannot be asked."
)]
pub(crate) struct Replay {
    /// The rules file; `-` is the standard input.
    pub(crate) file: PathBuf,
    /// Deploys from when on: how long ago (90d, 12h), a date (2026-11-01, in UTC) or a time
    /// (2026-11-01T10:00:00Z).
    #[arg(long, value_name = "TIME", default_value = "90d")]
    pub(crate) since: Since,
    /// Deploys of this deployment.
    #[arg(long, value_name = "OWNER/NAME", value_parser = slug)]
    pub(crate) deployment: Option<Slug>,
    /// Deploys to this environment, in any case.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// Tell what this policy would have blocked, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// How to tell: as tables, or as one JSON document.
    #[arg(long, value_enum, default_value_t = RecordFormat::Table)]
    pub(crate) format: RecordFormat,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Wait until people decided about a revision's newest deploy: for a CI that can't hold its own run.
///
/// Every approval of the deploy has to be approved, those among them that its rules ask for only after
/// others. Where people asked again, the newer approval counts. A deploy that no rule asks about is not
/// approved.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit code: 0 approved; 1 rejected, expired, cancelled or superseded; 2 wrong usage or a Signoff that cannot be asked; 3 still open when the time is over."
)]
pub(crate) struct Wait {
    /// The deployment.
    #[arg(long, value_name = "OWNER/NAME", value_parser = slug)]
    pub(crate) deployment: Slug,
    /// The commit's full SHA.
    #[arg(long, value_name = "SHA", value_parser = revision)]
    pub(crate) revision: String,
    /// The environment, in any case; needed where the revision was deployed to several.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// How long to wait at most: 30m, 2h.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// How often to look: 1s or more.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) every: Duration,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

const EXIT_CODES: &str = "Exit code: 0 told, 2 wrong usage or a Signoff that cannot be asked.";

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
    /// Deploys from when on: how long ago (7d, 12h), a date (2026-11-01, in UTC) or a time
    /// (2026-11-01T10:00:00Z).
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Since>,
}

/// Where Signoff is, and as whom it is asked. The key itself is no argument: others on the machine can read
/// those.
#[derive(Args, Debug)]
pub(crate) struct Connection {
    /// Where Signoff is: the stack's output ConsoleUrl.
    #[arg(long, value_name = "URL", env = "SIGNOFF_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,
    /// A file with an API key, in place of the environment variable SIGNOFF_API_KEY.
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
            "write how long ago (12h, 7d), a date (2026-11-01) or a time with its zone (2026-11-01T10:00:00Z)"
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
