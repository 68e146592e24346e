//! The arguments.

mod record;

pub(crate) use record::{Approvals, Connection, Deploys, Events, RecordFormat, Replay, Since, Wait, Which};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use signoff_core::deploy::Slug;
use signoff_rules::condition::parse_duration;
use std::path::PathBuf;
use std::str::FromStr;

/// Signoff on the command line: check, test and replay rules, and query the record.
#[derive(Debug, Parser)]
#[command(name = "signoff", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check, explain, test, replay, convert and document rules files.
    #[command(arg_required_else_help = true)]
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    Deploys(Deploys),
    Approvals(Approvals),
    Events(Events),
    Wait(Wait),
    // The same as `rules convert`, which the help shows beside its neighbours.
    #[command(hide = true)]
    Convert(Convert),
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    Check(Check),
    Explain(Explain),
    Test(Test),
    Replay(Replay),
    Convert(Convert),
    /// Print the rules reference with examples: docs/rules.md
    Reference(Of),
    /// Print the JSON Schema of rules files, for completion and checks in editors
    ///
    /// Editors with yaml-language-server use it if the rules file has this line (the path is relative to the
    /// rules file):
    ///
    ///   # yaml-language-server: $schema=rules.schema.json
    #[command(verbatim_doc_comment)]
    Schema(Of),
}

/// Which language is described.
#[derive(Args, Debug)]
pub(crate) struct Of {
    /// Describe policies instead of rules files.
    #[arg(long)]
    pub(crate) policy: bool,
}

/// Check rules files: report every problem with its place and a correction.
///
/// Notices report features that are not supported yet and conditions that can never hold. With a policy, a
/// rule below its floor is also a problem.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 no problems, 1 problems (with --strict: or notices), 2 usage error or unreadable file."
)]
pub(crate) struct Check {
    /// The rules files, or `-` for standard input. Optional with a policy.
    #[arg(required_unless_present = "policy")]
    pub(crate) files: Vec<PathBuf>,
    /// Output format: for people, one JSON document, or GitHub Actions annotations.
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    pub(crate) format: CheckFormat,
    /// Treat notices as problems.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Compare each file with this one, which is in force: show what changes and if that needs an approval.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// Check this policy, and each rules file against it.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// The deployments of the rules' repository: each binds the rules by its name. Repeat it, or separate
    /// them by commas. Required if the policy names deployments.
    #[arg(long, value_name = "OWNER/NAME", value_parser = record::slug, value_delimiter = ',', requires = "policy")]
    pub(crate) deployment: Vec<Slug>,
    /// The name for standard input in messages.
    #[arg(long, default_value = ".signoff/rules.yml")]
    pub(crate) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Human,
    Json,
    Github,
}

/// Explain what the rules do with a deploy: which rules match, which conditions fail, when a rule will match,
/// what runs.
///
/// Describe the deploy as for `register_deploy`, in JSON or YAML: sha (required), environment, date,
/// branch, tags, email, links, commits, files, pull_requests; `deployment` (owner/name, else acme/checkout);
/// and `issues`, as the trackers report them: key (required), title, url, priority, labels, type, tracker
/// (jira or linear). The command asks no other system: labels and authors come from this file.
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 success, 1 a file has problems, 2 usage error or unreadable file.")]
pub(crate) struct Explain {
    /// The rules file, or `-` for standard input.
    pub(crate) file: PathBuf,
    /// The file with the deploy, or `-` for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) deploy: PathBuf,
    /// The time to explain: a time (2026-05-11T11:42:00Z), or a duration after the deploy (+10m) [default:
    /// +0s]
    #[arg(long, value_name = "TIME", default_value = "+0s", hide_default_value = true)]
    pub(crate) at: At,
    /// Also show what this policy blocks.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Output format: for people, or one JSON document.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

/// Test rules with cases: for a given deploy, expect these runs, dialogs and actions
///
/// A case file:
///
///   rules: rules.yml                      # beside the cases
///   cases:
///     - name: Staging asks the team
///       deploy: {sha: 7bf7226, environment: Staging, tags: ['#web']}   # or a file's name
///       at: +10m                          # how long it has been deployed, or a time; optional
///       expect:                           # every run that opens until then, and no other; [] for none
///         - rule: promote-to-production
///           first: []                     # what runs before the dialog; optional
///           ask: {channel: '#releases', votes_required: 2}
///           then: ['auto_approve_build: build-and-deploy']
///
/// `ask` takes keys of slack_channel_approval and compares the ones that you give; write the prompt as people
/// read it. `then` is what runs after it is approved, or all that runs in a rule without `ask`. With `ask`, a
/// missing `first` means that nothing runs before people were asked. `blocked: true` expects, with a policy,
/// that the rule is below its floor: then nothing that the rule would let act is done.
#[derive(Args, Debug)]
#[command(
    verbatim_doc_comment,
    after_help = "Exit codes: 0 all passed, 1 a case failed or a file has problems, 2 usage error, unreadable file or no cases."
)]
pub(crate) struct Test {
    /// Case files, or folders with case files: cases.yml, NAME.cases.yml (or .yaml, .json).
    #[arg(required = true, value_name = "DIR_OR_FILE")]
    pub(crate) paths: Vec<PathBuf>,
    /// Also check the rules against this policy.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

/// Convert a Sleuth rules file: update renamed keys and keep every other byte.
///
/// The new file goes to standard output. The changes, and features that are not supported yet, go to standard
/// error.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 success, 1 the file has problems, 2 usage error, or a file that can't be read or written."
)]
pub(crate) struct Convert {
    /// The file to convert, or `-` for standard input.
    #[arg(default_value = ".sleuth/rules.yml")]
    pub(crate) file: PathBuf,
    /// Write the new file here, for example to .signoff/rules.yml.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// A moment in the life of a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// So long after it was deployed.
    After(SignedDuration),
    /// At this time.
    Time(Timestamp),
}

impl At {
    /// The time, for a deploy of `deployed_at`; the end of all time where it would lie behind that.
    pub(crate) fn of(self, deployed_at: Timestamp) -> Timestamp {
        match self {
            Self::After(duration) => deployed_at.checked_add(duration).unwrap_or(Timestamp::MAX),
            Self::Time(time) => time,
        }
    }
}

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let after = text.strip_prefix('+').and_then(parse_duration);
        let after = after.and_then(|duration| SignedDuration::try_from(duration).ok()).map(Self::After);
        after.or_else(|| text.parse().ok().map(Self::Time)).ok_or_else(|| {
            "write how long after the deploy (+30s, +10m, +4h, +1d) or a time with its zone (2026-05-11T11:42:00Z)"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_counts_from_the_deploy() {
        let deployed: Timestamp = "2026-05-11T11:42:00Z".parse().unwrap();
        for (text, expected) in [
            ("+0s", Some("2026-05-11T11:42:00Z")),
            ("+10m", Some("2026-05-11T11:52:00Z")),
            ("+9999999d", Some("9999-12-30T22:00:00.999999999Z")),
            ("2026-05-11T13:42:00+02:00", Some("2026-05-11T11:42:00Z")),
            ("10m", None),
            ("+10", None),
            ("2026-05-11", None),
            ("", None),
        ] {
            let at = text.parse::<At>().ok().map(|at| at.of(deployed).to_string());
            assert_eq!(at.as_deref(), expected, "{text}");
        }
    }
}
