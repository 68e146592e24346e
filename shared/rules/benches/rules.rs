//! How long it takes to read a file of 1,000 rules, and to evaluate its rules for one deploy.
//!
//! `cargo bench --package rules` prints, for each, the fastest and the median run of [`RUNS`] on one core.

use approval::deploy::{Deploy, PullRequest, RulesChange, Slug, Source};
use approval::id::DeployId;
use rules::{RulesFile, Snapshot};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

const RULES: usize = 1_000;
const RUNS: usize = 31;

/// A file of so many rules, each like one that a team would write: no two have the same names and texts. `operator` compares labels:
/// each `~=` is a regular expression to compile.
fn source(operator: &str) -> String {
    let mut text = "rules:\n".to_owned();
    for number in 0..RULES {
        // A `String` takes whatever is written.
        let _ = write!(
            text,
            "- promote-{number}:\n    \
                 conditions:\n    \
                 - environment='Staging' and deployed_for>='{minutes}m'\n    \
                 - expression: \"tags!='#hotfix' or pr_labels{operator}'fea{number}|feature'\"\n    \
                 actions:\n    \
                 - slack_channel_approval:\n        \
                     prompt: '{{{{ authors_slack }}}}, promote {{{{ deploy_slack }}}} to {number}?'\n        \
                     channel: '#team-{number}'\n        \
                     votes_required: 2\n        \
                     approvers: [ana@example.com, '@team-{number}']\n        \
                     on_success:\n        \
                     - auto_approve_build: 'build-{number}'\n",
            minutes = number % 60,
        );
    }
    text
}

fn deploy() -> Option<Deploy> {
    let at = "2026-05-11T11:42:00Z".parse().ok()?;
    Some(Deploy {
        id: DeployId::from_text("1"),
        deployment: Slug::new("acme", "checkout")?,
        repository: "acme/checkout".to_owned(),
        environment: "Staging".to_owned(),
        revision: "7bf72260c8f1d4e5a3b9027d6e8f41c59ab3d702".to_owned(),
        branch: None,
        deployed_at: at,
        registered_at: at,
        source: Source::RegisterDeploy,
        tags: vec!["#web".to_owned(), "#hotfix".to_owned()],
        links: Default::default(),
        deployer: None,
        commits: Vec::new(),
        pull_requests: vec![PullRequest {
            number: 12,
            title: "Take other currencies".to_owned(),
            url: "https://github.com/acme/checkout/pull/12".to_owned(),
            author: "ana".to_owned(),
            merged_by: None,
            labels: vec!["feature".to_owned(), "reviewed".to_owned()],
            issues: Vec::new(),
        }],
        previous_revision: None,
        rules_change: RulesChange::Unknown,
        issues: Vec::new(),
        silent_trackers: Vec::new(),
    })
}

/// How long each of the runs took, the fastest first.
fn timed<T>(mut run: impl FnMut() -> T) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

/// How many rules open, after an hour.
fn opened(file: &RulesFile, deploy: &Deploy) -> usize {
    let snapshot = Snapshot::at(deploy, deploy.deployed_at + Duration::from_secs(3600));
    file.rules.iter().filter(|rule| rule.opens_for(&snapshot)).count()
}

fn main() -> io::Result<()> {
    let mut out = io::stdout();
    for (operator, what) in [("!=", "without regular expressions"), ("~=", "with a regular expression each")]
    {
        let source = source(operator);
        let read = rules::parse(&source, "rules.yml").ok().zip(deploy());
        // Runs that stop at a mistake would be fast.
        let Some((file, deploy)) = read.filter(|(file, deploy)| opened(file, deploy) == RULES) else {
            return Err(io::Error::other("the rules of this bench do not open as they should"));
        };
        let read = timed(|| rules::parse(black_box(&source), "rules.yml"));
        let evaluated = timed(|| opened(black_box(&file), black_box(&deploy)));
        writeln!(out, "{RULES} rules ({} KiB) {what}:", source.len() / 1024)?;
        for (what, times) in [("read", read), ("evaluate for a deploy", evaluated)] {
            writeln!(out, "  {what}: {:.1?} at best, {:.1?} median", times[0], times[times.len() / 2])?;
        }
    }
    Ok(())
}
