//! `signoff rules explain`.

mod human;
mod json;

use crate::args::{Explain, Format};
use crate::does::{Does, does};
use crate::files::{Stop, is_input, read};
use crate::outlook::{RuleForecast, conditions, outlook};
use crate::words::counted;
use crate::{Exit, Streams, deploy, policy};
use jiff::{SignedDuration, Timestamp};
use signoff_core::deploy::Deploy;
use signoff_rules::explain::Explanation;
use signoff_rules::policy::Shortfall;
use signoff_rules::{Problem, Rule};

/// Address that stands in for that of a deploy's page.
pub(crate) const DEPLOY_URL: &str = "https://signoff.example/deploys/example";

/// Explanation of the rules for a deploy at one time.
struct Explained<'a> {
    deploy: &'a Deploy,
    at: Timestamp,
    rules: Vec<ExplainedRule<'a>>,
}

struct ExplainedRule<'a> {
    rule: &'a Rule,
    outlook: RuleForecast,
    conditions: Vec<Explanation>,
    /// The ways in which it is below the policy, as people read them.
    below: Vec<String>,
    does: Vec<Does>,
}

impl Explained<'_> {
    /// Time for which the deploy has been there.
    fn deployed_for(&self) -> SignedDuration {
        self.at.duration_since(self.deploy.deployed_at).max(SignedDuration::ZERO)
    }
}

/// Explains each rule of the file.
pub(crate) fn run(args: &Explain, streams: &mut Streams<'_>, now: Timestamp) -> Result<Exit, Stop> {
    if is_input(&args.file) && is_input(&args.deploy) {
        return Err(Stop::file(&args.file, "standard input can only be one file; name the other"));
    }
    let named = |path: &std::path::Path| path.display().to_string();
    let (file, described) = (read(&args.file, streams)?, read(&args.deploy, streams)?);
    let parsed = signoff_rules::parse(&file, &named(&args.file));
    let deploy = deploy::parse(&described, &named(&args.deploy), now);
    let (file, deploy) = match (parsed, deploy) {
        (Ok(file), Ok(deploy)) => (file, deploy),
        (file, deploy) => {
            let problems: Vec<Problem> =
                file.err().into_iter().flatten().chain(deploy.err().into_iter().flatten()).collect();
            for problem in &problems {
                writeln!(streams.err, "{}\n", problem.rendered())?;
            }
            writeln!(streams.err, "{}, can't explain it", counted(problems.len(), "problem"))?;
            return Ok(Exit::Problems);
        }
    };
    let policy = match &args.policy {
        Some(path) => match policy::sound(path, streams.err)? {
            Some(policy) => Some(policy),
            None => return Ok(Exit::Problems),
        },
        None => None,
    };
    let below = |rule| {
        let below = policy::below(policy.as_ref(), &deploy.deploy.deployment, rule, &file);
        below.iter().map(Shortfall::text).collect()
    };
    let at = args.at.of(deploy.deploy.deployed_at);
    let context = deploy.context(DEPLOY_URL);
    let explained = |rule| ExplainedRule {
        rule,
        outlook: outlook(rule, &deploy, at),
        conditions: conditions(rule, &deploy, at),
        below: below(rule),
        does: does(&rule.actions, &context),
    };
    let explained =
        Explained { deploy: &deploy.deploy, at, rules: file.rules.iter().map(explained).collect() };
    match args.format {
        Format::Human => human::write(streams.out, &explained)?,
        Format::Json => json::write(streams.out, &explained)?,
    }
    Ok(Exit::Fine)
}
