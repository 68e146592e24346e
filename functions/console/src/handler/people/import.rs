//! The import of a file of people: checked as a whole, and saved as a whole.

use super::{PAGE, member, people_page};
use crate::address::parameters::parameter;
use crate::answer::Answer;
use crate::forms::people::Said;
use crate::forms::people_file::{self, FileLine, LineProblem};
use crate::handler::{Call, Console, refusals};
use crate::html::{Import, Shown};
use lambda_http::http::StatusCode;
use signoff_core::id::DeployId;
use signoff_core::people::{Claim, Entry};
use signoff_providers::Failure;
use signoff_providers::slack::Slack;
use signoff_store::{Change, CommitError};
use std::collections::BTreeMap;
use tokio::task::JoinSet;

/// Largest number of lines that may change something: each takes an entry and a question to its member, and
/// DynamoDB commits 100 rows at once.
const MOST_CHANGED: usize = 50;
/// Number of members that Slack is asked about at the same time.
const AT_ONCE: usize = 8;

impl Console {
    /// Saves all that a file says, in 1 transaction, or nothing of it: then each problem is told with its
    /// line. Reads 1 request for each 100 lines.
    pub(in crate::handler) async fn import_people(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let text = parameter(&call.form, "file").unwrap_or_default();
        let lines = match people_file::read(&text) {
            Ok(lines) => lines,
            Err(problems) => return self.not_imported(text, problems, call).await,
        };
        let handles: Vec<_> = lines.iter().map(|line| line.filled.handle.clone()).collect();
        let known = self.store.people_of(&handles).await;
        let known = known.map_err(|error| refusals::unreadable(&error, call.face(), call.id, None))?;
        let news: Vec<_> = lines
            .into_iter()
            .filter_map(|line| {
                let entry = known.get(&line.filled.handle)?;
                (!is_known(&line, entry)).then(|| (line, entry.clone()))
            })
            .collect();
        if let Some((line, _)) = news.get(MOST_CHANGED) {
            let problem = format!(
                "The file changes {} lines, and at most {MOST_CHANGED} can be changed at once. Leave out the lines from this one \
                 on that change something, and import them afterwards.",
                news.len()
            );
            return self.not_imported(text, vec![LineProblem { line: line.number, problem }], call).await;
        }
        let members = self.members_named(&news, call).await?;
        let (mut change, mut problems) = (Change::to(&DeployId::people(), call.now), Vec::new());
        let mut changed = 0;
        for (line, entry) in news {
            let claim = match line.filled.said {
                Said::NobodyHere { kind, reason } => Ok(Claim::NobodyHere { kind, reason }),
                Said::Member(typed) => members.get(&typed).cloned().unwrap_or_else(|| Err(String::new())),
            };
            match claim {
                Ok(claim) => {
                    // The same member by another address is no change.
                    let Some(next) = entry.say(&line.filled.name, claim, self.by(call)?) else { continue };
                    change = change.person(next);
                    changed += 1;
                }
                Err(problem) => {
                    problems.push(LineProblem { line: line.number, problem: format!("member: {problem}") });
                }
            }
        }
        if !problems.is_empty() {
            return self.not_imported(text, problems, call).await;
        }
        if changed > 0 {
            match self.store.commit(change).await {
                Ok(()) => {}
                Err(CommitError::Conflict) => {
                    let problem =
                        "Somebody else changed one of these accounts meanwhile. Import the file again."
                            .to_owned();
                    return self.not_imported(text, vec![LineProblem { line: 1, problem }], call).await;
                }
                Err(CommitError::Store(error)) => {
                    tracing::error!(request_id = call.id, %error, "a file of people was not imported");
                    return Err(refusals::not_recorded(call.id));
                }
            }
        }
        tracing::info!(request_id = call.id, changed, by = call.actor().id, "a file of people was imported");
        Ok(Answer::see_other(format!("{PAGE}?imported={changed}")))
    }

    /// The claim for each member who is named in `news`, or why there is none, by what was typed.
    async fn members_named(
        &self,
        news: &[(FileLine, Entry)],
        call: &Call<'_>,
    ) -> Result<BTreeMap<String, Result<Claim, String>>, Answer> {
        let mut typed: Vec<_> = news
            .iter()
            .filter_map(|(line, _)| match &line.filled.said {
                Said::Member(typed) => Some(typed.clone()),
                Said::NobodyHere { .. } => None,
            })
            .collect();
        typed.sort_unstable();
        typed.dedup();
        if typed.is_empty() {
            return Ok(BTreeMap::new());
        }
        let slack = self.people_slack(call).await?;
        let found = named(&slack, typed).await;
        found.map_err(|failure| refusals::slack_silent(&failure, call.id))
    }

    async fn not_imported(
        &self,
        text: String,
        problems: Vec<LineProblem>,
        call: &Call<'_>,
    ) -> Result<Answer, Answer> {
        let people = self.people_on_record(call).await?;
        let shown = Shown::Import(Import { text, problems });
        Ok(people_page(StatusCode::UNPROCESSABLE_ENTITY, &people, &shown, call))
    }
}

/// True if `entry` already says the same as `line`, as far as can be told without asking Slack.
fn is_known(line: &FileLine, entry: &Entry) -> bool {
    let newest = match entry.newest().map(|statement| &statement.claim) {
        Some(Claim::Removed) => entry.counts.as_ref().map(|statement| &statement.claim),
        newest => newest,
    };
    let same = match (&line.filled.said, newest) {
        (Said::Member(typed), Some(Claim::Member { id, .. })) => typed == id,
        (Said::NobodyHere { kind, reason }, Some(Claim::NobodyHere { kind: known, reason: why })) => {
            kind == known && reason == why
        }
        (Said::Member(_) | Said::NobodyHere { .. }, _) => false,
    };
    same && line.filled.name == entry.name
}

async fn named(
    slack: &Slack,
    typed: Vec<String>,
) -> Result<BTreeMap<String, Result<Claim, String>>, Failure> {
    let mut found = BTreeMap::new();
    let mut asked = JoinSet::new();
    let mut left = typed.into_iter();
    loop {
        while asked.len() < AT_ONCE
            && let Some(typed) = left.next()
        {
            let slack = slack.clone();
            asked.spawn(async move {
                let claim = member(&slack, &typed).await;
                (typed, claim)
            });
        }
        let Some(answer) = asked.join_next().await else { return Ok(found) };
        let (typed, claim) = answer.map_err(|error| Failure::retryable(error.to_string()))?;
        found.insert(typed, claim?);
    }
}
