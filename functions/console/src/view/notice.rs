//! Notices that a reader needs before they look for an approval that is not there.

use super::words::{quoted, sentence, when};
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::event::{Event, EventKind};
use signoff_core::id::ApprovalId;
use signoff_store::Page;

/// A notice about a deploy, such as a problem with its rules file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Notice {
    /// Subject of the notice.
    pub(crate) kind: NoticeKind,
    /// In a sentence.
    pub(crate) text: String,
    /// Details, one line each.
    pub(crate) details: Vec<String>,
}

/// Subject of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoticeKind {
    /// The rules are being read.
    RulesPending,
    /// The repository has no rules file.
    NoRulesFile,
    /// The rules file has no rule for this deploy.
    NoRuleHeld,
    /// The rules file uses something that Signoff does not support yet.
    NotSupported,
    /// The rules file can't be used.
    RulesRefused,
    /// Another rules file needs an approval before it counts.
    RulesProposed,
    /// The rules file on the default branch has mistakes while another one is in force.
    ProposalRefused,
    /// Another policy needs an approval of its owners before it counts.
    PolicyProposed,
    /// The policy repository has no policy that can be used.
    PolicyRefused,
    /// A rule asks for less than the policy, so none of its actions run.
    RuleBlocked,
    /// The rules were not evaluated: the deploy is unconfirmed, or the deployment is not connected.
    NotEvaluated,
    /// A rule held, but was not opened.
    RuleNotOpened,
    /// A rule waits for the end of a freeze.
    Frozen,
    /// Signoff could not post something in Slack.
    NotTold,
    /// This release can't read a part of the deploy.
    PutAside,
    /// Signoff tries something again.
    TriedAgain,
    /// Signoff stopped trying something.
    GivenUp,
}

impl Notice {
    /// True if somebody should do something about it.
    pub(crate) fn is_problem(&self) -> bool {
        match self.kind {
            NoticeKind::RulesPending
            | NoticeKind::NoRulesFile
            | NoticeKind::NoRuleHeld
            | NoticeKind::NotSupported
            | NoticeKind::Frozen => false,
            NoticeKind::RulesRefused
            | NoticeKind::RulesProposed
            | NoticeKind::ProposalRefused
            | NoticeKind::PolicyProposed
            | NoticeKind::PolicyRefused
            | NoticeKind::RuleBlocked
            | NoticeKind::NotEvaluated
            | NoticeKind::RuleNotOpened
            | NoticeKind::NotTold
            | NoticeKind::PutAside
            | NoticeKind::TriedAgain
            | NoticeKind::GivenUp => true,
        }
    }
}

/// The text about a row that can't be read.
pub(crate) fn put_aside(row: &str, reason: &str) -> String {
    let reason = reason.trim_end_matches('.');
    format!("Signoff can\u{2019}t read {row}: {reason}. Nothing is lost: Signoff tries again every hour.")
}

/// A notice that rows of a deploy can't be read.
fn unreadable(page: &Page) -> Option<Notice> {
    let rows = page.unreadable.len();
    let many =
        if rows == 1 { "One row of this deploy".to_owned() } else { format!("{rows} rows of this deploy") };
    let text = format!(
        "{many} can\u{2019}t be read by this release of Signoff and are missing on this page. A newer release may have written \
         them: deploy it again, or have an admin look at the functions\u{2019} log."
    );
    (rows > 0).then(|| Notice { kind: NoticeKind::PutAside, text, details: page.unreadable.clone() })
}

/// The notices of a deploy, in the order in which things happened.
pub(crate) fn notices(page: &Page) -> Vec<Notice> {
    let read = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::RulesEvaluated { .. }
                | EventKind::RulesRefused { .. }
                | EventKind::NotEvaluated { .. }
        )
    };
    let stuck: Vec<_> = page.effects.iter().filter_map(|effect| of_effect(effect, page)).collect();
    let is_read = page.events.iter().any(|event| read(&event.kind));
    let pending = (!is_read && stuck.is_empty()).then(|| Notice {
        kind: NoticeKind::RulesPending,
        text: "Reading the rules.".to_owned(),
        details: Vec::new(),
    });
    let evaluated = |event: &EventKind| matches!(event, EventKind::RulesEvaluated { .. });
    let went_on = page.events.iter().rposition(|event| evaluated(&event.kind));
    let still = |(index, event): (usize, &Event)| {
        // What kept it from being evaluated is over.
        let over = matches!(event.kind, EventKind::NotEvaluated { .. }) && Some(index) < went_on;
        if over { Vec::new() } else { of_event(&event.kind, page) }
    };
    let noted = page.events.iter().enumerate().flat_map(still);
    unreadable(page).into_iter().chain(noted).chain(pending).chain(stuck).collect()
}

fn of_event(event: &EventKind, page: &Page) -> Vec<Notice> {
    let notice = |kind, text: String, details: &[String]| Notice { kind, text, details: details.to_vec() };
    match event {
        EventKind::RulesEvaluated { path: None, .. } => vec![notice(
            NoticeKind::NoRulesFile,
            "The repository has no rules file on its default branch. Add .signoff/rules.yml.".to_owned(),
            &[],
        )],
        EventKind::RulesEvaluated { path: Some(path), held, notices, .. } => {
            let nothing = held.is_empty().then(|| {
                notice(NoticeKind::NoRuleHeld, format!("No rule in {path} matches this deploy."), &[])
            });
            let unsupported = (!notices.is_empty()).then(|| {
                notice(NoticeKind::NotSupported, format!("{path} uses features that Signoff doesn\u{2019}t support yet."), notices)
            });
            nothing.into_iter().chain(unsupported).collect()
        }
        EventKind::RulesRefused { problems } => vec![notice(
            NoticeKind::RulesRefused,
            "The rules file is invalid, so no rules ran. Fix it on the default branch. The next deploy reads \
             it again."
                .to_owned(),
            problems,
        )],
        EventKind::RulesProposed { changes, .. } => vec![notice(
            NoticeKind::RulesProposed,
            "The rules file on the default branch isn\u{2019}t in force yet. It counts once it is approved.".to_owned(),
            changes,
        )],
        EventKind::ProposalRefused { problems } => vec![notice(
            NoticeKind::ProposalRefused,
            "The rules file on the default branch is invalid, so the one in force still counts. Fix it. The next deploy reads it again."
                .to_owned(),
            problems,
        )],
        EventKind::PolicyProposed { repository, changes, .. } => vec![notice(
            NoticeKind::PolicyProposed,
            format!("The policy in {repository} changed. The change counts once two of its owners approve it."),
            changes,
        )],
        EventKind::PolicyRefused { repository, in_force, problems } => {
            vec![notice(NoticeKind::PolicyRefused, policy_refused(repository, in_force.as_deref()), problems)]
        }
        EventKind::RuleBlocked { rule, shortfalls, .. } => vec![notice(
            NoticeKind::RuleBlocked,
            format!("The policy blocks the rule {}: it still asks, but its actions don\u{2019}t run.", quoted(rule)),
            shortfalls,
        )],
        EventKind::NotEvaluated { reason } => {
            let text = "The rules of this deploy were not evaluated, so no rules ran.";
            vec![notice(NoticeKind::NotEvaluated, text.to_owned(), std::slice::from_ref(reason))]
        }
        EventKind::RuleNotOpened { rule, reasons } => {
            let text = format!("The rule {} matches but didn\u{2019}t run.", quoted(rule));
            vec![notice(NoticeKind::RuleNotOpened, text, reasons)]
        }
        EventKind::NotTold { channel, reason } => {
            vec![notice(NoticeKind::NotTold, format!("Signoff couldn\u{2019}t post to {channel} in Slack: {reason}"), &[])]
        }
        EventKind::PutAside { row, reason } => {
            vec![notice(NoticeKind::PutAside, put_aside(row, reason), &[])]
        }
        EventKind::Frozen { rule, approval: None, until, freeze } if !page.runs.iter().any(|run| run.rule == *rule) => {
            let text = format!("The rule {} is frozen until {} and starts then: {}", quoted(rule), when(*until), sentence(freeze));
            vec![notice(NoticeKind::Frozen, text, &[])]
        }
        EventKind::DeployRegistered
        | EventKind::DeployReported { .. }
        | EventKind::RulesInForce { .. }
        | EventKind::PolicyInForce { .. }
        | EventKind::RunOpened { .. }
        | EventKind::ApprovalOpened { .. }
        | EventKind::DialogPosted { .. }
        | EventKind::DialogGone { .. }
        | EventKind::VoteCast { .. }
        | EventKind::VoteWithdrawn { .. }
        | EventKind::QuorumReached { .. }
        | EventKind::Frozen { .. }
        | EventKind::FreezeLifted { .. }
        | EventKind::GlassBroken { .. }
        | EventKind::GlassStruck { .. }
        | EventKind::GlassReviewed { .. }
        | EventKind::NobodyHereConfirmed { .. }
        | EventKind::QuorumUndone { .. }
        | EventKind::VotersChecked { .. }
        | EventKind::VoteStruck { .. }
        | EventKind::BaseSet { .. }
        | EventKind::VoteRefused { .. }
        | EventKind::ApprovalClosed { .. }
        | EventKind::StepStarted { .. }
        | EventKind::StepRetrying { .. }
        | EventKind::StepWaits { .. }
        | EventKind::EvaluationAsked { .. }
        | EventKind::AskedAgain { .. }
        | EventKind::StepSucceeded { .. }
        | EventKind::StepFailed { .. }
        | EventKind::StepUnknown { .. }
        | EventKind::StepResolved { .. }
        | EventKind::RunSucceeded { .. }
        | EventKind::RunStopped { .. }
        | EventKind::HealthReported { .. }
        | EventKind::HealthWithdrawn { .. }
        | EventKind::TagAdded { .. }
        | EventKind::Reacted { .. }
        | EventKind::ReactionsFull
        | EventKind::HealthFull => Vec::new(),
    }
}

/// Message that `repository` has no policy that can be used, and what that means.
pub(super) fn policy_refused(repository: &str, in_force: Option<&str>) -> String {
    match in_force {
        Some(hash) => {
            let short = hash.get(..7).unwrap_or(hash);
            format!("The policy in {repository} is invalid, so the last valid one ({short}) stays in force.")
        }
        None => {
            format!("The policy in {repository} is invalid, and there is no earlier one, so no rule can act.")
        }
    }
}

/// An effect that did not come about, where nothing else on the page tells of it.
fn of_effect(effect: &Effect, page: &Page) -> Option<Notice> {
    let what = match &effect.kind {
        EffectKind::EvaluateRules { .. } | EffectKind::EvaluateAgain => "Reading the rules".to_owned(),
        EffectKind::RecordHealth { source, .. } => format!("Recording the health that {source} reported"),
        EffectKind::DrawDialog { approval } => {
            format!("Showing the dialog {} in Slack", name_of(approval, page))
        }
        EffectKind::ConfirmQuorum { approval } => {
            format!("Looking up those who approved {}", name_of(approval, page))
        }
        EffectKind::Expire { approval } => {
            format!("Closing {}, which expired,", name_of(approval, page))
        }
        EffectKind::WatchFreeze { approval } => {
            format!("Showing in the dialog {} that a freeze starts or ends", name_of(approval, page))
        }
        EffectKind::JudgeAgain { approval, .. } => {
            format!("Checking again what blocks {}", name_of(approval, page))
        }
        EffectKind::WatchApprovers { approval } => {
            format!("Checking each day whether {} can still be approved", name_of(approval, page))
        }
        EffectKind::JudgeOthers { .. } => "Checking other approvals again".to_owned(),
        EffectKind::ApplyPolicy { .. } => "Checking again what the policy blocks".to_owned(),
        EffectKind::ListHeaderSecrets => "Looking up the stack's header secrets".to_owned(),
        EffectKind::TellFreezeLifted { approval } => {
            format!("Posting who lifted the freeze for {}", name_of(approval, page))
        }
        EffectKind::TellGlassBroken { approval } => {
            format!("Telling the channel who broke the glass of {}", name_of(approval, page))
        }
        EffectKind::RemindReview { approval, .. } => {
            format!("Reminding people of the review of {}", name_of(approval, page))
        }
        EffectKind::SettleReview { approval } => {
            format!("Recording the review of {}", name_of(approval, page))
        }
        EffectKind::TellThread { approval, .. } => {
            format!("Posting to the thread of {}", name_of(approval, page))
        }
        EffectKind::Remind { approval } => format!("Reminding people of {}", name_of(approval, page)),
        EffectKind::AskAgain { approval, .. } => format!("Asking {} again", name_of(approval, page)),
        EffectKind::Supersede { .. } => "Closing the approval of an older deploy".to_owned(),
        EffectKind::AdvanceRun { .. } => "Continuing after the votes".to_owned(),
        // Steps tell of themselves; messages that did not arrive are on record as events.
        EffectKind::RunStep { .. }
        | EffectKind::RetryStep { .. }
        | EffectKind::TellFailure { .. }
        | EffectKind::DrawStep { .. }
        | EffectKind::TellPerson { .. }
        | EffectKind::TellMember { .. }
        | EffectKind::TellChannel { .. }
        | EffectKind::OfferEvaluation { .. }
        | EffectKind::AskMember { .. } => return None,
    };
    let note = effect.note.as_deref();
    let because = note.map_or_else(|| ".".to_owned(), |note| format!(": {note}"));
    let (kind, text) = match effect.state {
        EffectState::Succeeded => return None,
        EffectState::Pending | EffectState::Started => {
            note?;
            (NoticeKind::TriedAgain, format!("{what} is being retried{because}"))
        }
        EffectState::Failed | EffectState::Unknown => {
            (NoticeKind::GivenUp, format!("{what} failed for good{because}"))
        }
    };
    Some(Notice { kind, text, details: Vec::new() })
}

fn name_of(id: &ApprovalId, page: &Page) -> String {
    let approval = page.approvals.iter().find(|approval| approval.id == *id);
    approval.map(|approval| quoted(&approval.name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn kinds(page: &Page) -> Vec<NoticeKind> {
        notices(page).iter().map(|notice| notice.kind).collect()
    }

    #[test]
    fn a_deploy_that_went_well_needs_no_notice() {
        assert_eq!(notices(&sample::approved()), []);
    }

    #[test]
    fn until_the_rules_are_read_that_is_said() {
        let mut page = sample::registered();
        assert_eq!(kinds(&page), [NoticeKind::RulesPending]);
        let mut effect = sample::effect(EffectKind::EvaluateRules { look: None });
        effect.note = Some("GitHub answered 503.".into());
        page.effects = vec![effect.clone()];
        assert_eq!(kinds(&page), [NoticeKind::TriedAgain]);
        page.effects = vec![effect.closed(EffectState::Failed, Some("GitHub answered 401.".into()))];
        let [given_up] = notices(&page).try_into().unwrap();
        assert_eq!(given_up.text, "Reading the rules failed for good: GitHub answered 401.");
        assert!(given_up.is_problem());
    }

    #[test]
    fn replay_notes_missing_runs_and_not_waiting_ones() {
        let mut page = sample::held_back();
        let approval = page.approvals[0].id.clone();
        let waiting = [
            EffectKind::ConfirmQuorum { approval: approval.clone() },
            EffectKind::Expire { approval: approval.clone() },
            EffectKind::Remind { approval: approval.clone() },
            EffectKind::WatchFreeze { approval: approval.clone() },
            EffectKind::WatchApprovers { approval: approval.clone() },
            EffectKind::TellFreezeLifted { approval: approval.clone() },
            EffectKind::TellGlassBroken { approval: approval.clone() },
            EffectKind::RemindReview { approval: approval.clone(), round: 1 },
            EffectKind::SettleReview { approval },
        ];
        page.effects = waiting.into_iter().map(sample::effect).collect();
        assert_eq!(notices(&page), []);
        for effect in &mut page.effects {
            *effect = effect.closed(EffectState::Failed, Some("Slack answered 503.".into()));
        }
        let texts: Vec<_> = notices(&page).into_iter().map(|notice| notice.text).collect();
        insta::assert_snapshot!(texts.join("\n"), @"
        Looking up those who approved “Promote deploy to production” failed for good: Slack answered 503.
        Closing “Promote deploy to production”, which expired, failed for good: Slack answered 503.
        Reminding people of “Promote deploy to production” failed for good: Slack answered 503.
        Showing in the dialog “Promote deploy to production” that a freeze starts or ends failed for good: Slack answered 503.
        Checking each day whether “Promote deploy to production” can still be approved failed for good: Slack answered 503.
        Posting who lifted the freeze for “Promote deploy to production” failed for good: Slack answered 503.
        Telling the channel who broke the glass of “Promote deploy to production” failed for good: Slack answered 503.
        Reminding people of the review of “Promote deploy to production” failed for good: Slack answered 503.
        Recording the review of “Promote deploy to production” failed for good: Slack answered 503.
        ");
    }

    #[test]
    fn a_rule_that_is_frozen_is_said_until_it_opens() {
        let until = sample::at(3600);
        let of = |rule: &str, approval| {
            let event = EventKind::Frozen { rule: rule.into(), approval, until, freeze: "weekend".into() };
            of_event(&event, &sample::held_back())
                .into_iter()
                .map(|notice| (notice.is_problem(), notice.text))
        };
        assert_eq!(of("promote-to-production", None).count(), 0);
        assert_eq!(of("deploy", Some(ApprovalId::from_text("a"))).count(), 0);
        let [(is_problem, text)] = of("deploy", None).collect::<Vec<_>>().try_into().unwrap();
        assert!(!is_problem);
        insta::assert_snapshot!(text, @"The rule “deploy” is frozen until 2026-11-23 at 11:42 UTC and starts then: weekend.");
    }

    #[test]
    fn what_the_rules_file_lacks() {
        let evaluated = |path: Option<&str>, held: &[&str], notices: &[&str]| {
            let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            let path = path.map(str::to_owned);
            EventKind::RulesEvaluated { path, hash: None, held: texts(held), notices: texts(notices) }
        };
        let page = sample::registered();
        let kinds = |event| of_event(&event, &page).iter().map(|notice| notice.kind).collect::<Vec<_>>();
        assert_eq!(kinds(evaluated(None, &[], &[])), [NoticeKind::NoRulesFile]);
        assert_eq!(kinds(evaluated(Some("f"), &[], &[])), [NoticeKind::NoRuleHeld]);
        assert_eq!(kinds(evaluated(Some("f"), &["r"], &[])), []);
        assert_eq!(kinds(evaluated(Some("f"), &["r"], &["n"])), [NoticeKind::NotSupported]);
    }
}
