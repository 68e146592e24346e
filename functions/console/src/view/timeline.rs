//! The timeline: every event of a deploy in words.

mod approvals;

use super::notice::{policy_refused, put_aside};
use super::votes::is_undo;
use super::words::{quoted, said, sentence, when};
use super::{web_link, words};
use crate::view::mrkdwn::People;
use jiff::Timestamp;
use signoff_core::approval::Verdict;
use signoff_core::deploy::Source;
use signoff_core::deploy_state::DeployState;
use signoff_core::event::{Event, EventKind};
use signoff_core::facts::{Health, MAX_KEPT, Thumb};
use signoff_core::id::{ApprovalId, RunId};
use signoff_core::run::Resolution;
use signoff_store::Page;

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Time at which it happened.
    pub(crate) at: Timestamp,
    /// Tone in which it is shown.
    pub(crate) tone: Tone,
    /// Sentence that says what happened.
    pub(crate) text: String,
    /// More of it, a sentence each.
    pub(crate) notes: Vec<String>,
    /// More of it, a line of code each.
    pub(crate) details: Vec<String>,
    /// Address of what the event is about.
    pub(crate) url: Option<String>,
}

/// Tone of an event, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Neither.
    Plain,
    /// The event was wanted.
    Good,
    /// The event needs somebody's eye.
    Warning,
    /// The event was not wanted.
    Bad,
}

/// Every event of a deploy, oldest first; each is told when it is asked for.
pub(crate) fn timeline(page: &Page) -> impl DoubleEndedIterator<Item = Entry> + ExactSizeIterator {
    let teller = Teller { page, people: People::of(page) };
    page.events.iter().map(move |event| teller.entry(event))
}

/// Tells events of a deploy.
struct Teller<'a> {
    page: &'a Page,
    people: People<'a>,
}

/// Parts of an entry, without its time.
struct TimelineEntry {
    tone: Tone,
    text: String,
    notes: Vec<String>,
    details: Vec<String>,
    url: Option<String>,
}

fn told(tone: Tone, text: String) -> TimelineEntry {
    TimelineEntry { tone, text, notes: Vec::new(), details: Vec::new(), url: None }
}

impl TimelineEntry {
    fn with_details(self, details: &[String]) -> Self {
        Self { details: details.to_vec(), ..self }
    }

    fn with_notes(self, notes: impl IntoIterator<Item = String>) -> Self {
        Self { notes: notes.into_iter().collect(), ..self }
    }

    fn with_url(self, url: Option<&str>) -> Self {
        Self { url: url.and_then(web_link).map(str::to_owned), ..self }
    }
}

/// Sentence for the state that was reported of a deploy that did not arrive, or that failed after it did.
fn reported(state: DeployState) -> &'static str {
    match state {
        DeployState::InProgress => "The deploy was reported as under way.",
        DeployState::Failure => "The deploy was reported as failed.",
        DeployState::Error => "The deploy was reported as failed with an error.",
        DeployState::Success => "The deploy was reported as a success.",
    }
}

impl Teller<'_> {
    /// True if the deploy was in its environment before `event`.
    fn had_arrived(&self, event: &Event) -> bool {
        let before = self.page.events.iter().take_while(|earlier| *earlier != event);
        before.into_iter().any(|earlier| earlier.kind == EventKind::DeployRegistered)
    }

    fn entry(&self, event: &Event) -> Entry {
        let TimelineEntry { tone, text, notes, details, url } = self.tell(event);
        Entry { at: event.at, tone, text, notes, details, url }
    }

    fn tell(&self, event: &Event) -> TimelineEntry {
        match &event.kind {
            EventKind::DeployRegistered => {
                let by = match self.page.deploy.source {
                    Source::RegisterDeploy => "register_deploy",
                    Source::GithubDeployment => "GitHub\u{2019}s deployment status",
                };
                told(Tone::Plain, format!("The deploy was registered by {by}."))
            }
            EventKind::DeployReported { state: DeployState::InProgress } if self.had_arrived(event) => {
                told(Tone::Plain, "The deploy was reported as under way again.".to_owned())
            }
            EventKind::DeployReported { state } => {
                let tone = if state.has_failed() { Tone::Bad } else { Tone::Plain };
                told(tone, reported(*state).to_owned())
            }
            EventKind::RulesEvaluated { path: None, .. } => {
                told(Tone::Plain, "The repository has no rules file.".to_owned())
            }
            EventKind::RulesEvaluated { path: Some(path), held, notices, .. } => {
                told(Tone::Plain, format!("The rules were read from {path}: {}.", what_holds(held)))
                    .with_details(notices)
            }
            EventKind::RulesRefused { problems } => {
                told(Tone::Bad, "The rules file is invalid, so no rules ran.".to_owned())
                    .with_details(problems)
            }
            EventKind::RulesInForce { path, hash, why } => {
                let file = path.as_deref().unwrap_or("No rules file");
                let short = hash.get(..7).unwrap_or(hash);
                told(Tone::Plain, format!("{file} ({short}) came into force: {why}"))
            }
            EventKind::RulesProposed { path, hash, changes } => {
                let file = path.as_deref().unwrap_or("The removal of the rules file");
                let short = hash.get(..7).unwrap_or(hash);
                told(Tone::Warning, format!("{file} ({short}) counts once it is approved."))
                    .with_details(changes)
            }
            EventKind::ProposalRefused { problems } => told(
                Tone::Warning,
                "The rules file on the default branch is invalid. The one in force still counts.".to_owned(),
            )
            .with_details(problems),
            EventKind::PolicyInForce { repository, hash, why } => {
                let short = hash.get(..7).unwrap_or(hash);
                told(Tone::Plain, format!("The policy in {repository} ({short}) came into force: {why}."))
            }
            EventKind::PolicyProposed { repository, hash, changes } => {
                let short = hash.get(..7).unwrap_or(hash);
                let text = format!("The policy in {repository} ({short}) counts once two owners approve it.");
                told(Tone::Warning, text).with_details(changes)
            }
            EventKind::PolicyRefused { repository, in_force, problems } => {
                told(Tone::Warning, policy_refused(repository, in_force.as_deref())).with_details(problems)
            }
            EventKind::RuleBlocked { rule, shortfalls, .. } => {
                told(Tone::Warning, format!("The policy blocks what the rule {} would do.", quoted(rule)))
                    .with_details(shortfalls)
            }
            EventKind::NotEvaluated { reason } => told(
                Tone::Warning,
                "The rules were not evaluated: the deployment is not connected.".to_owned(),
            )
            .with_details(std::slice::from_ref(reason)),
            EventKind::RuleNotOpened { rule, reasons } => {
                told(Tone::Warning, format!("The rule {} matches but didn\u{2019}t run.", quoted(rule)))
                    .with_details(reasons)
            }
            EventKind::RunOpened { rule, .. } => {
                told(Tone::Plain, format!("The rule {} was started.", quoted(rule)))
            }
            EventKind::ApprovalOpened { approval, name, channel, .. } => self.opened(approval, name, channel),
            EventKind::BaseSet { approval, revision, by, name, .. } => {
                let (who, on) = (self.people.name(by, name), self.approval_name(approval));
                let base = revision.get(..7).unwrap_or(revision);
                told(Tone::Warning, format!("{who} set the base of {on} to {base}, and can't vote on it."))
            }
            EventKind::DialogPosted { approval, .. } => told(
                Tone::Plain,
                format!("The dialog of {} was posted to Slack.", self.approval_name(approval)),
            ),
            EventKind::DialogGone { approval, .. } => told(
                Tone::Warning,
                format!(
                    "The dialog of {} was deleted in Slack and posted again.",
                    self.approval_name(approval)
                ),
            ),
            EventKind::VoteCast { approval, voter, name, choice, previous, reason, standing } => {
                let (who, on) = (self.people.name(voter, name), self.approval_name(approval));
                approvals::cast(who, &on, (*choice, *previous), reason.as_deref(), *standing)
            }
            EventKind::VoteWithdrawn { approval, voter, name, choice, by } => {
                let undone = is_undo(self.page, event, approval, by);
                self.withdrawn(approval, self.people.name(voter, name), *choice, undone)
            }
            EventKind::QuorumReached { approval, until } => {
                self.quorum(approval, Some(*until).filter(|until| *until > event.at))
            }
            EventKind::Frozen { rule, approval: None, until, freeze } => told(
                Tone::Warning,
                format!(
                    "The rule {} is frozen until {} and starts then: {}",
                    quoted(rule),
                    when(*until),
                    sentence(freeze)
                ),
            ),
            EventKind::Frozen { approval: Some(approval), until, freeze, .. } => told(
                Tone::Warning,
                format!(
                    "{} is frozen until {}: {}",
                    self.approval_name(approval),
                    when(*until),
                    sentence(freeze)
                ),
            ),
            EventKind::FreezeLifted { approval, by, name, freeze, reason } => {
                let (who, on) = (self.people.name(by, name), self.approval_name(approval));
                told(Tone::Warning, format!("{who} lifted the freeze ({freeze}) for {on}: {}", said(reason)))
            }
            EventKind::GlassBroken { approval, by, name, reason, due } => {
                let (who, on) = (self.people.name(by, name), self.approval_name(approval));
                let (said, due) = (said(reason), when(*due));
                told(
                    Tone::Warning,
                    format!(
                        "{who} broke the glass of {on}, which goes ahead without its votes: {said} Review due {due}."
                    ),
                )
            }
            EventKind::GlassStruck { approval, by, name, verdict } => {
                let (who, on) = (self.people.name(by, name), self.approval_name(approval));
                let why = match verdict {
                    Verdict::NotNamed => "they can no longer break it",
                    other => words::verdict(*other),
                };
                told(Tone::Warning, format!("The glass of {on} that {who} broke was restored: {why}."))
            }
            EventKind::GlassReviewed { approval, by, name, note } => {
                let (who, on) = (self.people.name(by, name), self.approval_name(approval));
                told(Tone::Good, format!("{who} reviewed the broken glass of {on}: {}", said(note)))
            }
            EventKind::NobodyHereConfirmed { approval, handle, maker, said_by, by, name } => {
                let (who, said_by) = (self.people.name(by, name), self.people.name(said_by, said_by));
                let on = self.approval_name(approval);
                let text = format!("{who} confirmed for {on} what {said_by} said: {maker} is nobody here.");
                told(Tone::Warning, text).with_details(std::slice::from_ref(handle))
            }
            EventKind::QuorumUndone { approval, by, name } => {
                let (who, on) = (self.people.name(by, name), self.approval_name(approval));
                told(Tone::Warning, format!("{who} undid the approval of {on} before its actions ran."))
            }
            EventKind::VotersChecked { approval, electorate, voters } => {
                self.checked(approval, electorate, voters)
            }
            EventKind::VoteStruck { approval, voter, name, verdict } => {
                let (who, on) = (self.people.name(voter, name), self.approval_name(approval));
                let why = words::verdict(*verdict);
                told(Tone::Warning, format!("The vote of {who} to approve {on} no longer counts: {why}."))
            }
            EventKind::VoteRefused { approval, voter, name, reason } => {
                let (who, said) = (self.people.name(voter, name), self.people.told(reason));
                let on = self.approval_name(approval);
                told(Tone::Warning, format!("{who} clicked on {on} and was told: {said}"))
            }
            EventKind::ApprovalClosed { approval, outcome, by, name, reason } => {
                let by = name.as_deref().or(by.as_deref());
                self.closed(approval, outcome, by, reason.as_deref())
            }
            EventKind::StepStarted { action, .. } => told(Tone::Plain, format!("{action} was started.")),
            EventKind::StepRetrying { run, step, reason } => {
                told(Tone::Warning, format!("{} is being retried: {reason}", self.action_line(run, *step)))
            }
            EventKind::AskedAgain { approval, by, name, .. } => {
                let who = self.people.name(by, name);
                told(Tone::Plain, format!("{who} had {} asked again.", self.approval_name(approval)))
            }
            EventKind::EvaluationAsked { by, name } => {
                let who = self.people.name(by, name);
                told(Tone::Plain, format!("{who} had the rules evaluated again."))
            }
            EventKind::StepWaits { run, step, reason } => {
                told(Tone::Plain, format!("{} is waiting: {reason}", self.action_line(run, *step)))
            }
            EventKind::StepSucceeded { run, step, summary, url } => {
                told(Tone::Good, format!("{} succeeded: {summary}", self.action_line(run, *step)))
                    .with_url(url.as_deref())
            }
            EventKind::StepFailed { run, step, reason } => {
                told(Tone::Bad, format!("{} failed: {reason}", self.action_line(run, *step)))
            }
            EventKind::StepUnknown { run, step, reason } => told(
                Tone::Warning,
                format!("{} may or may not have happened: {reason}", self.action_line(run, *step)),
            ),
            EventKind::StepResolved { run, step, by, name, resolution, reason } => {
                let (who, line) = (self.people.name(by, name), self.action_line(run, *step));
                told(
                    Tone::Plain,
                    match resolution {
                        Resolution::Retry => format!("{who} had {line} run again."),
                        Resolution::Skip => {
                            format!("{who} skipped {line}: {}", reason.as_deref().unwrap_or_default())
                        }
                        Resolution::MarkAsDone => format!("{who} marked {line} as done."),
                    },
                )
            }
            EventKind::RunSucceeded { run } => {
                told(Tone::Good, format!("The rule {} ran to its end.", self.rule_name(run)))
            }
            EventKind::RunStopped { run, step } => told(
                Tone::Bad,
                format!("The rule {} stopped at {}.", self.rule_name(run), self.action_line(run, *step)),
            ),
            EventKind::HealthReported { source, health, overall, .. } => {
                health_reported(source, *health, *overall)
            }
            EventKind::HealthWithdrawn { source, overall } => {
                let left = match overall {
                    Some(health) => format!("Overall it is {health}."),
                    None => "No other source reports it.".to_owned(),
                };
                told(Tone::Plain, format!("{source} withdrew its report of the deploy\u{2019}s health."))
                    .with_notes(Some(left))
            }
            EventKind::TagAdded { tag, rule } => {
                told(Tone::Plain, format!("The rule {} gave the deploy the tag {tag}.", quoted(rule)))
            }
            EventKind::Reacted { user, name, thumb, is_there } => {
                let (who, sign) = (self.people.name(user, name), thumb_sign(*thumb));
                let what = if *is_there { "reacted with" } else { "took back" };
                told(Tone::Plain, format!("{who} {what} {sign}."))
            }
            EventKind::ReactionsFull => told(
                Tone::Warning,
                format!("A reaction was not counted: Signoff keeps {MAX_KEPT} reactions of a deploy."),
            ),
            EventKind::HealthFull => told(
                Tone::Warning,
                format!("A report of health was not counted: Signoff keeps those of {MAX_KEPT} sources."),
            ),
            EventKind::PutAside { row, reason } => told(Tone::Warning, put_aside(row, reason)),
            EventKind::NotTold { channel, reason } => {
                told(Tone::Warning, format!("Signoff couldn\u{2019}t post to {channel} in Slack: {reason}"))
            }
        }
    }

    fn approval_name(&self, id: &ApprovalId) -> String {
        let approval = self.page.approvals.iter().find(|approval| approval.id == *id);
        approval.map_or_else(|| format!("the approval {id}"), |approval| quoted(&approval.name))
    }

    fn rule_name(&self, id: &RunId) -> String {
        let run = self.page.runs.iter().find(|run| run.id == *id);
        run.map_or_else(|| format!("of the run {id}"), |run| quoted(&run.rule))
    }

    fn action_line(&self, id: &RunId, step: usize) -> String {
        let run = self.page.runs.iter().find(|run| run.id == *id);
        let step_of_run = run.and_then(|run| run.steps.get(step));
        step_of_run
            .map_or_else(|| format!("step {} of the run {id}", step + 1), |step| step.action.to_string())
    }
}

/// A report of a deploy's health; where others report worse, that too.
fn health_reported(source: &str, health: Health, overall: Health) -> TimelineEntry {
    let tone = match health {
        Health::Healthy => Tone::Good,
        Health::Ailing => Tone::Warning,
        Health::Unhealthy => Tone::Bad,
    };
    let all = (overall != health).then(|| format!("Overall it is {overall}."));
    told(tone, format!("The deploy is {health}, {source} reports.")).with_notes(all)
}

fn thumb_sign(thumb: Thumb) -> &'static str {
    match thumb {
        Thumb::Plus1 => "\u{1f44d}",
        Thumb::Minus1 => "\u{1f44e}",
    }
}

fn what_holds(held: &[String]) -> String {
    match held {
        [] => "no rule matches".to_owned(),
        [one] => format!("the rule {} holds", quoted(one)),
        several => {
            let names: Vec<_> = several.iter().map(|name| quoted(name)).collect();
            format!("the rules {} hold", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// The timeline, an event a line, then what belongs to it.
    fn lines(page: &Page) -> String {
        let lines = timeline(page).map(|entry| {
            let notes = entry.notes.iter().map(|line| format!("\n  {line}")).collect::<String>();
            let details = entry.details.iter().map(|line| format!("\n  - {line}")).collect::<String>();
            let url = entry.url.as_ref().map(|url| format!(" <{url}>")).unwrap_or_default();
            format!("{:?}: {}{url}{notes}{details}", entry.tone, entry.text)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_event_in_words() {
        insta::assert_snapshot!(lines(&sample::everything()), @"
        Plain: The deploy was registered by register_deploy.
        Plain: The rules were read from .signoff/rules.yml: the rule “promote-to-production” holds.
        Plain: The rule “promote-to-production” was started.
        Plain: The approval “Promote deploy to production” was opened for #deploys.
          Anyone in #deploys can vote.
        Plain: The dialog of “Promote deploy to production” was posted to Slack.
        Good: Mato Zgajner voted to approve “Promote deploy to production”.
          When voting: a member of the workspace.
        Good: Enough people approved “Promote deploy to production”.
        Plain: Everyone who approved “Promote deploy to production” was checked again before its first action.
          Mato Zgajner: they can vote.
          Anyone in #deploys can vote.
        Good: “Promote deploy to production” was approved.
        Plain: auto_approve_build: example-circleci-build was started.
        Good: auto_approve_build: example-circleci-build succeeded: Approved the job hold of the workflow example-circleci-build. <https://app.circleci.com/pipelines/gh/acme/checkout/118/workflows/4b5c>
        Good: The rule “promote-to-production” ran to its end.
        Plain: The rules were read from .signoff/rules.yml: no rule matches.
        Plain: The rules were read from .signoff/rules.yml: the rules “one”, “two” hold.
        Plain: The repository has no rules file.
        Plain: The rules were read from .sleuth/rules.yml: the rule “one” holds.
          - `deploy_impact` is not supported yet.
        Bad: The rules file is invalid, so no rules ran.
          - .signoff/rules.yml:3:1: no `rules`.
        Plain: .signoff/rules.yml (0123456) came into force: it was the first file
        Warning: The removal of the rules file (0123456) counts once it is approved.
          - removes the rule `a`
        Warning: The rules file on the default branch is invalid. The one in force still counts.
          - .signoff/rules.yml:3:1: no `rules`.
        Plain: The policy in acme/policy (0123456) came into force: it was the stack's first policy.
        Warning: The policy in acme/policy (0123456) counts once two owners approve it.
          - - votes_required: 2
          - + votes_required: 1
        Warning: The policy in acme/policy is invalid, so the last valid one (9876543) stays in force.
          - .signoff/policy.yml:1:1: no `owners`.
        Warning: The policy in acme/policy is invalid, and there is no earlier one, so no rule can act.
          - The repository has no .signoff/policy.yml.
        Warning: The policy blocks what the rule “ship” would do.
          - Rule `ship` (line 2): line 5 of the policy asks for 2 votes.
        Warning: The rules were not evaluated: the deployment is not connected.
          - acme/checkout was disconnected by Ana on 2026-11-23 at 10:42 UTC.
        Warning: The rule “later” matches but didn’t run.
          - It uses `wait`.
        Bad: Mato Zgajner changed their vote to reject “Promote deploy to production”.
          When voting: unknown, because Slack didn’t answer in time.
        Bad: Mato Zgajner gave another reason for their vote to reject “Promote deploy to production”: “The migration is missing.”
          When voting: a guest of the workspace.
        Bad: Mato Zgajner removed the reason from their vote to reject “Promote deploy to production”.
          When voting: a program.
        Warning: Iztok Kos withdrew their vote to approve “Promote deploy to production”.
        Warning: The dialog of “Promote deploy to production” was deleted in Slack and posted again.
        Good: Enough people approved “Promote deploy to production”. The actions start on 2026-11-23 at 10:57 UTC unless somebody presses Undo.
        Warning: The rule “nightly” is frozen until 2026-11-23 at 10:57 UTC and starts then: weekend.
        Warning: “Promote deploy to production” is frozen until 2026-11-23 at 10:57 UTC: weekend, holidays.
        Warning: Ana Novak broke the glass of “Promote deploy to production”, which goes ahead without its votes: “Checkout is down”. Review due 2026-11-23 at 10:57 UTC.
        Warning: The glass of “Promote deploy to production” that Ana Novak broke was restored: they can no longer break it.
        Good: Mato Zgajner reviewed the broken glass of “Promote deploy to production”: “Rolled forward since”.
        Warning: Ana Novak confirmed for “Promote deploy to production” what Mato Zgajner said: octocat is nobody here.
          - github:583231
        Warning: Ana Novak lifted the freeze (weekend) for “Promote deploy to production”: “Checkout is down”.
        Plain: Everyone who approved “Promote deploy to production” was checked again before its first action.
          Mato Zgajner: they can vote.
          Ana Novak: it is their own change.
          Iztok Kos: they are not an approver.
          Only the approvers of this rule can vote: Mato Zgajner, Ana Novak and 1 more.
          Can’t vote on their own change: Ana Novak.
          Not found in Slack, so not excluded from voting: Zoe Hart.
        Warning: Ana Novak set the base of “Promote deploy to production” to 4bf7226, and can't vote on it.
        Warning: The vote of Ana Novak to approve “Promote deploy to production” no longer counts: it is their own change.
        Warning: Ana Novak clicked on “Promote deploy to production” and was told: Your vote was not counted: this was already approved on 2026-11-23 at 10:46 UTC.
        Bad: “Promote deploy to production” was rejected.
        Warning: “Promote deploy to production” expired: too few people voted in time.
        Warning: “Promote deploy to production” was superseded by 0123abc - checkout (Staging).
        Warning: “Promote deploy to production” was cancelled: nobody may vote.
        Warning: “Promote deploy to production” was cancelled by Ana Novak: wrong branch.
        Warning: “Promote deploy to production” was cancelled by U77: wrong branch.
        Warning: auto_approve_build: example-circleci-build is being retried: CircleCI answered 503.
        Plain: Ana Novak had “Promote deploy to production” asked again.
        Plain: Ana Novak had the rules evaluated again.
        Plain: auto_approve_build: example-circleci-build is waiting: the workflow has not started yet.
        Bad: auto_approve_build: example-circleci-build failed: CircleCI answered 404.
        Warning: auto_approve_build: example-circleci-build may or may not have happened: No answer came.
        Plain: Ana Novak had auto_approve_build: example-circleci-build run again.
        Plain: Ana Novak marked auto_approve_build: example-circleci-build as done.
        Bad: The rule “promote-to-production” stopped at auto_approve_build: example-circleci-build.
        Good: The rule of the run gone ran to its end.
        Good: The deploy is Healthy, api reports.
        Warning: The deploy is Ailing, alarm checkout-5xx reports.
          Overall it is Unhealthy.
        Plain: api withdrew its report of the deploy’s health.
          Overall it is Unhealthy.
        Plain: api withdrew its report of the deploy’s health.
          No other source reports it.
        Plain: The rule “soak” gave the deploy the tag #soaked.
        Plain: Ana Novak reacted with 👍.
        Plain: Ana Novak took back 👎.
        Warning: A reaction was not counted: Signoff keeps 1000 reactions of a deploy.
        Warning: A report of health was not counted: Signoff keeps those of 1000 sources.
        Warning: Signoff couldn’t post to #deploys in Slack: the app is not in it.
        Warning: Signoff can’t read an action: its field `do` is missing. Nothing is lost: Signoff tries again every hour.
        Warning: Ana Novak undid the approval of “Promote deploy to production” before its actions ran.
        Warning: This withdrew the vote of Iztok Kos to approve “Promote deploy to production”.
        ");
    }

    #[test]
    fn an_approval_that_a_freeze_holds_until_somebody_lifts_it() {
        let text = lines(&sample::thawed());
        let told: Vec<_> = text.lines().skip_while(|line| !line.contains("frozen")).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        Warning: “Promote deploy to production” is frozen until 2026-11-23 at 17:00 UTC: Black Week.
        Plain: The dialog of “Promote deploy to production” was posted to Slack.
        Good: Mato Zgajner voted to approve “Promote deploy to production”.
          When voting: a member of the workspace.
        Good: Enough people approved “Promote deploy to production”. The actions start on 2026-11-23 at 17:00 UTC unless somebody presses Undo.
        Warning: “Promote deploy to production” is frozen until 2026-11-23 at 17:00 UTC: Black Week.
        Warning: Ana Novak lifted the freeze (Black Week) for “Promote deploy to production”: “The checkout is down.”
        ");
    }

    #[test]
    fn an_approval_that_is_undone_and_given_again() {
        insta::assert_snapshot!(lines(&sample::held_back()), @"
        Plain: The deploy was registered by register_deploy.
        Plain: The rules were read from .signoff/rules.yml: the rule “promote-to-production” holds.
        Plain: The rule “promote-to-production” was started.
        Plain: The approval “Promote deploy to production” was opened for #deploys.
          Signoff couldn’t find out from GitHub if the deploy changes its own rules or what CI runs.
          Anyone in #deploys can vote.
        Plain: The dialog of “Promote deploy to production” was posted to Slack.
        Good: Mato Zgajner voted to approve “Promote deploy to production”.
          When voting: a member of the workspace.
        Good: Enough people approved “Promote deploy to production”. The actions start on 2026-11-23 at 10:56 UTC unless somebody presses Undo.
        Warning: Ana Novak undid the approval of “Promote deploy to production” before its actions ran.
        Warning: This withdrew the vote of Mato Zgajner to approve “Promote deploy to production”.
        Good: Mato Zgajner voted to approve “Promote deploy to production”: “The alert was noise.”
          When voting: a member of the workspace.
        Good: Enough people approved “Promote deploy to production”. The actions start on 2026-11-23 at 10:58 UTC unless somebody presses Undo.
        ");
    }

    #[test]
    fn voters_who_may_not_vote_any_more() {
        insta::assert_snapshot!(lines(&sample::struck()), @"
        Plain: The deploy was registered by register_deploy.
        Plain: The rules were read from .signoff/rules.yml: the rule “promote-to-production” holds.
        Plain: The rule “promote-to-production” was started.
        Plain: The approval “Promote deploy to production” was opened for #deploys.
          Only the approvers of this rule can vote: Mato Zgajner, Ana Novak, Iztok Kos, Eva Kralj.
        Plain: The dialog of “Promote deploy to production” was posted to Slack.
        Good: Mato Zgajner voted to approve “Promote deploy to production”.
          When voting: a member of the workspace.
        Good: Ana Novak voted to approve “Promote deploy to production”: “Fine with me.”
          When voting: a member of the workspace.
        Good: Iztok Kos voted to approve “Promote deploy to production”.
          When voting: unknown, because Slack didn’t answer in time.
        Good: Enough people approved “Promote deploy to production”.
        Plain: Everyone who approved “Promote deploy to production” was checked again before its first action.
          Mato Zgajner: they can vote.
          Ana Novak: they are not an approver.
          Iztok Kos: their account is deactivated.
          Only the approvers of this rule can vote: Mato Zgajner, Eva Kralj, jan.
        Warning: The vote of Ana Novak to approve “Promote deploy to production” no longer counts: they are not an approver.
        Warning: The vote of Iztok Kos to approve “Promote deploy to production” no longer counts: their account is deactivated.
        Good: Eva Kralj voted to approve “Promote deploy to production”.
          When voting: a member of the workspace.
        Good: jan voted to approve “Promote deploy to production”.
          When voting: unknown, because Slack didn’t answer in time.
        Good: Enough people approved “Promote deploy to production”.
        ");
    }

    #[test]
    fn what_is_not_on_record_any_more_is_named_by_its_id() {
        let mut page = sample::everything();
        page.runs.clear();
        page.approvals.clear();
        let texts: Vec<_> = timeline(&page).map(|entry| entry.text).collect();
        assert!(texts.iter().any(|text| text.starts_with("The rule of the run ")), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("the approval ")), "{texts:?}");
    }
}
