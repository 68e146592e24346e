//! Time that it takes to read a file of 1,000 rules, and to evaluate its rules for one deploy.
//!
//! `cargo bench --package signoff-rules` prints, for each, the fastest and the median run of [`RUNS`] on one
//! core. The rules are read just before they are evaluated, as in the function.

use signoff_core::deploy::{Deploy, PullRequest, RulesChange, Slug, Source};
use signoff_core::id::DeployId;
use signoff_rules::variables::Known;
use signoff_rules::{RulesFile, Snapshot};
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

const RULES: usize = 1_000;
const RUNS: usize = 31;

/// Comparisons of labels in the rules of a file: the text of the condition, with `NUMBER` for the rule's
/// number, and a name for it.
const COMPARISONS: [(&str, &str); 3] = [
    ("!='feaNUMBER|feature'", "without regular expressions"),
    ("~='feaNUMBER|feature'", "with a regular expression each, no two alike"),
    (r"~='v\\d+\\.NUMBER|feature'", "with one each that has `\\d`: hundreds of kinds of digits"),
];

/// A file of so many rules, each like one that a team would write: no two have the same names and texts.
fn source(comparison: &str) -> String {
    let mut text = "rules:\n".to_owned();
    for number in 0..RULES {
        let labels = comparison.replace("NUMBER", &number.to_string());
        // A `String` takes whatever is written.
        let _ = write!(
            text,
            "- promote-{number}:\n    \
                 conditions:\n    \
                 - environment='Staging' and deployed_for>='{minutes}m'\n    \
                 - expression: \"tags!='#hotfix' or pr_labels{labels}\"\n    \
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
        size: None,
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
        confirmation: signoff_core::confirmation::Confirmation::Confirmed,
        state: Default::default(),
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: Default::default(),
    })
}

/// Returns the duration of each run, the fastest first, without the time that it takes to prepare the run.
fn timed<I, T>(prepare: impl Fn() -> I, run: impl Fn(&I) -> T) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let input = prepare();
            let start = Instant::now();
            black_box(run(black_box(&input)));
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

/// Returns the number of rules that open after an hour.
fn opened(file: &RulesFile, deploy: &Deploy) -> usize {
    let snapshot = Snapshot::at(&Known::new(deploy), deploy.deployed_at + Duration::from_secs(3600));
    file.rules.iter().filter(|rule| rule.opens_for(&snapshot)).count()
}

fn main() -> io::Result<()> {
    let mut out = io::stdout();
    for (comparison, what) in COMPARISONS {
        let source = source(comparison);
        let read = signoff_rules::parse(&source, "rules.yml").ok().zip(deploy());
        // Runs that stop at a mistake would be fast.
        let Some((_, deploy)) = read.filter(|(file, deploy)| opened(file, deploy) == RULES) else {
            return Err(io::Error::other("the rules of this bench do not open as they should"));
        };
        let parse = |source: &String| signoff_rules::parse(source, "rules.yml");
        let read = timed(|| source.clone(), parse);
        let evaluated = timed(|| parse(&source), |file| file.as_ref().map(|file| opened(file, &deploy)).ok());
        writeln!(out, "{RULES} rules ({} KiB) {what}:", source.len() / 1024)?;
        for (what, times) in [("read", read), ("evaluate for a deploy", evaluated)] {
            writeln!(out, "  {what}: {:.1?} at best, {:.1?} median", times[0], times[times.len() / 2])?;
        }
    }
    Ok(())
}
