//! `signoff rules replay`: rules against the deploys on record.

mod fate;
mod human;
mod json;

use crate::args::{RecordFormat, Replay};
use crate::ask::{Signoff, Surroundings, Wanted, wait};
use crate::deploy::Described;
use crate::files::{Stop, read};
use crate::record::ids;
use crate::words::counted;
use crate::{Exit, Streams, policy};
use fate::{Recorded, Replayed};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use serde::Deserialize;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::facts::Facts;
use signoff_rules::RulesFile;
use signoff_rules::policy::{Policy, Shortfall};
use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;

/// The rules, and what they mean for each deploy.
struct ReplayReport<'a> {
    file: &'a RulesFile,
    since: Timestamp,
    /// Shortfalls of the rules below the policy, as people read them, each once; `None`: there is no policy.
    below: Option<BTreeSet<String>>,
    /// Newest first.
    deploys: Vec<Replayed<'a>>,
}

/// The answer about one deploy.
#[derive(Deserialize)]
struct Document {
    deploy: Deploy,
    facts: Facts,
    runs: Vec<Run>,
}

/// A run on record.
#[derive(Deserialize)]
struct Run {
    rule: String,
}

/// Replays the rules of a file.
pub(crate) fn run(
    args: &Replay,
    streams: &mut Streams<'_>,
    surroundings: &Surroundings,
) -> Result<Exit, Stop> {
    let text = read(&args.file, streams)?;
    let file = match signoff_rules::parse(&text, &args.file.display().to_string()) {
        Ok(file) => file,
        Err(problems) => {
            for problem in &problems {
                writeln!(streams.err, "{}\n", problem.rendered())?;
            }
            writeln!(streams.err, "{}, can't replay it", counted(problems.len(), "problem"))?;
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
    let signoff = Signoff::new(&args.connection, surroundings)?;
    let since = args.since.of(surroundings.now);
    let wanted = Wanted {
        deployment: args.deployment.as_ref().map(ToString::to_string),
        environment: args.environment.clone(),
        since: Some(since),
        revision: None,
        before: None,
    };
    let recorded = wait(recorded(&signoff, &wanted))?;
    let shortfalls = policy.as_ref().map(|policy| shortfalls(policy, &file, &recorded)).unwrap_or_default();
    let below = shortfalls.iter().map(|(deployment, found)| {
        (deployment.clone(), found.iter().map(|shortfall| shortfall.rule.clone()).collect())
    });
    let deploys = fate::replay(&file, &below.collect(), &recorded, surroundings.now);
    let texts = policy.as_ref().map(|_| shortfalls.values().flatten().map(Shortfall::text).collect());
    let told = ReplayReport { file: &file, since, below: texts, deploys };
    match args.format {
        RecordFormat::Table => human::write(streams.out, &told)?,
        RecordFormat::Json => json::write(streams.out, &told)?,
    }
    Ok(Exit::Fine)
}

/// Shortfalls of the rules below the policy, by deployment on record.
fn shortfalls(policy: &Policy, file: &RulesFile, recorded: &[Recorded]) -> BTreeMap<Slug, Vec<Shortfall>> {
    let deployments: BTreeSet<&Slug> =
        recorded.iter().map(|recorded| &recorded.deploy.deploy.deployment).collect();
    deployments.into_iter().map(|deployment| (deployment.clone(), policy.judge(deployment, file))).collect()
}

/// The deploys on record that are wanted, newest first.
async fn recorded(signoff: &Signoff, wanted: &Wanted) -> Result<Vec<Recorded>, Stop> {
    let (listed, _) = signoff.deploys(wanted, usize::MAX).await?;
    let ids = ids(&listed)?;
    let recorded = |Document { deploy, facts, runs }: Document| Recorded {
        deploy: Described::known(deploy, facts),
        opened: runs.into_iter().map(|run| run.rule).collect(),
    };
    let documents = signoff.documents(&ids, None);
    // No rule is evaluated of a deploy that did not arrive.
    let arrived = documents.try_filter(|document: &Document| ready(document.deploy.state.has_arrived()));
    arrived.map_ok(recorded).try_collect().await
}
