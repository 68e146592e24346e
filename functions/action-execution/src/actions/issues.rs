//! `notify_mentioned_issues`, `transition_mentioned_issues` and `update_mentioned_issues`: each issue that
//! the deploy mentions, one by one.

use super::{Done, rendering};
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::action::{IssueField, IssueTransition};
use signoff_core::deploy::Deploy;
use signoff_core::effect::{EffectKind, MAX_ATTEMPTS};
use signoff_core::issue::Issue;
use signoff_providers::Failure;
use signoff_providers::issue::Comment;
use signoff_providers::tracker::Trackers;
use signoff_rules::template::{Mentions, render_plain};
use signoff_runtime::effects::Attempt;

/// Most issues that a summary lists by key.
const NAMED: usize = 10;
/// Summary for a deploy without issues.
const NONE: &str = "no issues are mentioned.";

/// Keys of the issues that the action was done to, those that had it already, and the failures of the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Report {
    done: Vec<String>,
    already: Vec<String>,
    failed: Vec<Failure>,
}

impl ActionExecution {
    pub(super) async fn notify_mentioned_issues(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        text: &str,
    ) -> Tried<Done> {
        let text = self.for_issues(attempt, deploy, "the comment", text).await?;
        let comment = self.issue_comment(attempt, deploy, &text);
        let comment = async |trackers: &Trackers, issue: &Issue| {
            trackers.comment(issue, &comment.borrowed()).await.map(|()| false)
        };
        self.each_issue(attempt, deploy, "commented on", comment).await
    }

    pub(super) async fn transition_mentioned_issues(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        IssueTransition { state, comment, resolution }: &IssueTransition,
    ) -> Tried<Done> {
        let state = self.for_issues(attempt, deploy, "the state", state).await?;
        let text = match comment {
            Some(text) => Some(self.for_issues(attempt, deploy, "the comment", text).await?),
            None => None,
        };
        let comment = text.map(|text| self.issue_comment(attempt, deploy, &text));
        let transition = async |trackers: &Trackers, issue: &Issue| {
            let moved = trackers.transition(issue, &state, resolution.as_deref(), attempt.lost).await?;
            if let Some(comment) = &comment {
                trackers.comment(issue, &comment.borrowed()).await?;
            }
            Ok(moved.already)
        };
        self.each_issue(attempt, deploy, &format!("moved to {state}:"), transition).await
    }

    pub(super) async fn update_mentioned_issues(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        IssueField { name, value }: &IssueField,
    ) -> Tried<Done> {
        let value = self.for_issues(attempt, deploy, "the value", value).await?;
        let update = async |trackers: &Trackers, issue: &Issue| {
            trackers.set_field(issue, name, &value).await.map(|()| false)
        };
        self.each_issue(attempt, deploy, &format!("set {name} of"), update).await
    }

    /// Does the same to each issue of `deploy`. One that refuses is named, and the others have their turn.
    /// Where the tracker can't be asked now, all have it again later: what was done is found to be done.
    async fn each_issue(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        what: &str,
        act: impl AsyncFn(&Trackers, &Issue) -> Result<bool, Failure>,
    ) -> Tried<Done> {
        if deploy.issues.is_empty() {
            return Ok(Done { summary: NONE.to_owned(), url: None });
        }
        let trackers = self.outside.trackers(self.now()).await?;
        let mut report = Report::default();
        for issue in &deploy.issues {
            match act(&trackers, issue).await {
                Ok(false) => report.done.push(issue.key.clone()),
                Ok(true) => report.already.push(issue.key.clone()),
                Err(failure) if is_waited_for(&failure, attempt.effect.tries()) => {
                    return Err(failure.into());
                }
                Err(failure) => report.failed.push(failure),
            }
        }
        let url = deploy.issues.first().filter(|_| deploy.issues.len() == 1).map(|issue| issue.url.clone());
        Ok(Done { summary: report.summary(what)?, url })
    }

    /// A template of an action on issues. Nobody is mentioned there: Slack's names mean nothing to a tracker.
    async fn for_issues(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        what: &str,
        template: &str,
    ) -> Tried<String> {
        let context = self.context(attempt, deploy, &Mentions::default(), &[template]).await?;
        Ok(render_plain(template, &context).map_err(rendering(what))?)
    }

    fn issue_comment(&self, attempt: &Attempt, deploy: &Deploy, text: &str) -> OwnComment {
        OwnComment {
            text: text.to_owned(),
            page: self.deploy_url(&deploy.id),
            key: attempt.effect.id.to_string(),
            // An attempt that failed at one issue has written on those before it, and so has a failed step
            // that somebody retries.
            may_stand: attempt.lost
                || attempt.effect.attempts > 1
                || matches!(attempt.effect.kind, EffectKind::RetryStep { .. }),
        }
    }
}

/// A [`Comment`] that is the same for all issues.
struct OwnComment {
    text: String,
    page: String,
    key: String,
    may_stand: bool,
}

impl OwnComment {
    fn borrowed(&self) -> Comment<'_> {
        Comment { text: &self.text, page: &self.page, key: &self.key, may_stand: self.may_stand }
    }
}

/// True if `failure` is worth another try: always for a rate limit, and for a lost answer, which only a
/// person can settle in the end; for others that pass, until the attempts are used up.
fn is_waited_for(failure: &Failure, tries: u32) -> bool {
    match failure {
        Failure::Retryable { retry_after: Some(_), .. } => true,
        Failure::Retryable { .. } | Failure::Conflict(_) => tries < MAX_ATTEMPTS,
        Failure::Unanswered(_) => true,
        Failure::Permanent(_) | Failure::Refusal(_) => false,
    }
}

impl Report {
    /// Returns the summary of the report.
    ///
    /// # Errors
    ///
    /// The action was not done to every issue. Doing it again is harmless for the others.
    fn summary(&self, what: &str) -> Result<String, Failure> {
        let mut texts = Vec::new();
        if !self.done.is_empty() {
            texts.push(format!("{what} {}.", listed(&self.done)));
        }
        if !self.already.is_empty() {
            let were = if self.already.len() == 1 { "was" } else { "were" };
            texts.push(format!("{} {were} there before.", listed(&self.already)));
        }
        texts.extend(self.failed.iter().map(|failure| format!("{failure}.")));
        let text = texts.join(" ");
        if self.failed.is_empty() { Ok(text) } else { Err(Failure::Permanent(text)) }
    }
}

/// The first keys, and how many more there are.
fn listed(keys: &[String]) -> String {
    let mut shown: Vec<String> = keys.iter().take(NAMED).cloned().collect();
    if keys.len() > NAMED {
        shown.push(format!("{} more", keys.len() - NAMED));
    }
    match shown.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_and_what_was_not_is_named() {
        let keys =
            |from: usize, to: usize| (from..to).map(|number| format!("SHOP-{number}")).collect::<Vec<_>>();
        let gone = || Failure::Refusal("SHOP-9 can't go from Closed to `Done`, to nothing".to_owned());
        let report = |done, already, failed| Report { done, already, failed };
        let told: Vec<String> = [
            report(keys(1, 2), vec![], vec![]),
            report(keys(1, 14), vec![], vec![]),
            report(keys(1, 3), keys(3, 4), vec![gone()]),
            report(vec![], keys(1, 3), vec![]),
            report(vec![], vec![], vec![gone(), gone()]),
        ]
        .iter()
        .map(|report| match report.summary("moved to Done:") {
            Ok(text) => text,
            Err(failure) => format!("{failure:?}"),
        })
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        moved to Done: SHOP-1.
        moved to Done: SHOP-1, SHOP-2, SHOP-3, SHOP-4, SHOP-5, SHOP-6, SHOP-7, SHOP-8, SHOP-9, SHOP-10 and 3 more.
        Permanent("moved to Done: SHOP-1 and SHOP-2. SHOP-3 was there before. SHOP-9 can't go from Closed to `Done`, to nothing.")
        SHOP-1 and SHOP-2 were there before.
        Permanent("SHOP-9 can't go from Closed to `Done`, to nothing. SHOP-9 can't go from Closed to `Done`, to nothing.")
        "#);
    }

    #[test]
    fn temporary_failures_are_retried_and_lost_answers_last() {
        let said = || "said".to_owned();
        for (failure, first, last) in [
            (Failure::retryable("said"), true, false),
            (Failure::Conflict(said()), true, false),
            (Failure::Unanswered(said()), true, true),
            (Failure::Permanent(said()), false, false),
            (Failure::Refusal(said()), false, false),
        ] {
            let waited = (is_waited_for(&failure, 1), is_waited_for(&failure, MAX_ATTEMPTS));
            assert_eq!(waited, (first, last), "{failure:?}");
        }
    }
}
