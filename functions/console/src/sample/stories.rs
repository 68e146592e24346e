//! Decisions of people, one story each.

use super::story::{Story, somebody};
use super::{asking, at, authors, build, message, spec};
use jiff::SignedDuration;
use jiff::civil::date;
use signoff_core::action::{Action, ApprovalSpec, Reasons, TriggerSpec, WebhookSpec};
use signoff_core::approval::{
    ApprovalAction, Ask, BreakerCheck, Breakers, Check, Command, Electorate, Hands, Standing, Successor,
    Verdict,
};
use signoff_core::deploy::RulesChange;
use signoff_core::freeze::{Dates, Freeze, Hours};
use signoff_core::id::DeployId;
use signoff_core::run::{self, Resolution};
use signoff_store::Page;
use std::collections::BTreeMap;

const MEMBER: Option<Standing> = Some(Standing::Member);

fn approves(reason: Option<&str>) -> Ask {
    Ask { reason: reason.map(str::to_owned), ..ApprovalAction::Approve.into() }
}

/// The look at these voters, who may vote as `electorate` has it.
fn looked_up(electorate: Electorate, voters: &[(&str, Verdict)]) -> Command {
    let voters = voters.iter().map(|(id, verdict)| ((*id).to_owned(), *verdict)).collect();
    Command::Confirm(Check { electorate, voters, base: None, breaker: None })
}

fn done(summary: &str, url: Option<&str>) -> run::Command {
    run::Command::Succeed { summary: summary.to_owned(), url: url.map(str::to_owned), build: None }
}

fn begin() -> run::Command {
    run::Command::Begin(super::first())
}

fn lost() -> run::Command {
    run::Command::Lose { reason: "The connection ended before the answer.".to_owned() }
}

fn resolves(resolution: Resolution, failed_at: i64) -> run::Command {
    let reason = (resolution == Resolution::Skip).then(|| "Deployed by hand".to_owned());
    run::Command::Resolve {
        by: "U2".into(),
        name: "ana".into(),
        resolution,
        reason,
        failed_at: at(failed_at),
    }
}

fn promote(on_success: Vec<Action>) -> ApprovalSpec {
    spec("Promote deploy to production", on_success)
}

/// The approval of the seed's picture.
pub(crate) fn approved() -> Page {
    let summary = "Approved the job hold of the workflow example-circleci-build.";
    let url = "https://app.circleci.com/pipelines/gh/acme/checkout/118/workflows/4b5c";
    Story::asks(promote(vec![build("example-circleci-build")]), Electorate::anyone(), RulesChange::No)
        .click(240, somebody("U1", "Mato Zgajner", MEMBER), approves(None))
        .then(241, looked_up(Electorate::anyone(), &[("U1", Verdict::Eligible)]))
        .step(1, begin(), 241)
        .step(1, done(summary, Some(url)), 242)
        .page()
}

/// Two others than the author have to say why, within two hours, and one of them did; another one took it
/// back. The deploy changes the rules.
pub(crate) fn four_eyes() -> Page {
    let asks = ApprovalSpec {
        votes_required: 2,
        require_reason: Reasons::Both,
        expires_after: Some(SignedDuration::from_hours(2)),
        on_reject: vec![message("#incidents")],
        on_expire: vec![Action::AddToDeployMessageThread("Nobody was there.".into())],
        ..promote(vec![build("example-circleci-build")])
    };
    let electorate = Electorate {
        except: vec!["U1".into(), "U5".into()],
        not_found: vec!["Zoe Hart".into()],
        ..Electorate::anyone()
    };
    Story::asks(asks, electorate, RulesChange::Yes(vec![".signoff/rules.yml".into()]))
        .click(240, somebody("U2", "Ana Novak", MEMBER), approves(Some("Watched it for an hour.")))
        .click(250, somebody("U3", "iztok", None), approves(Some("Looks good.")))
        .named(260, &[("U3", "Iztok Kos")])
        .click(300, somebody("U3", "Iztok Kos", MEMBER), ApprovalAction::Withdraw.into())
        .page()
}

/// Enough people approved, for the second time: the first time somebody undid it.
pub(crate) fn held_back() -> Page {
    let asks = ApprovalSpec {
        undo_window: Some(SignedDuration::from_mins(10)),
        ..promote(vec![build("example-circleci-build")])
    };
    Story::asks(asks, Electorate::anyone(), RulesChange::Unknown)
        .click(240, somebody("U1", "Mato Zgajner", MEMBER), approves(None))
        .click(300, somebody("U2", "Ana Novak", MEMBER), ApprovalAction::Undo.into())
        .click(360, somebody("U1", "Mato Zgajner", MEMBER), approves(Some("The alert was noise.")))
        .page()
}

/// Enough people approved in a freeze, which Ana may lift.
fn in_a_freeze() -> Story {
    let today = Dates { first: date(2026, 11, 23), last: date(2026, 11, 23) };
    let freeze = Freeze {
        name: "Black Week".into(),
        days: Vec::new(),
        hours: Some(Hours { from: 9 * 60, to: 18 * 60 }),
        dates: vec![today],
        time_zone: "Europe/Berlin".into(),
        break_glass: vec!["ana@acme.example".into()],
    };
    let asks = ApprovalSpec { freeze: vec![freeze], ..promote(vec![build("example-circleci-build")]) };
    let electorate = Electorate { lift_freeze: vec![vec!["U2".into()]], ..Electorate::anyone() };
    Story::asks(asks, electorate, RulesChange::No).click(
        240,
        somebody("U1", "Mato Zgajner", MEMBER),
        approves(None),
    )
}

/// Its actions wait.
pub(crate) fn frozen() -> Page {
    in_a_freeze().page()
}

/// Ana lifted the freeze.
pub(crate) fn thawed() -> Page {
    let reason = "The checkout is down.".to_owned();
    in_a_freeze()
        .click(300, somebody("U2", "Ana Novak", MEMBER), ApprovalAction::LiftFreeze.because(reason))
        .page()
}

/// An approval of two votes, whose glass Ana may break.
fn with_a_glass() -> Story {
    let asks = ApprovalSpec { votes_required: 2, ..promote(vec![build("example-circleci-build")]) };
    Story::asks(asks, breakable(), RulesChange::No)
}

fn breakable() -> Electorate {
    let glass = Breakers { people: vec!["U2".into()], review_within: 48 * 3600, by_policy: false };
    Electorate { glass: Some(glass), ..Electorate::anyone() }
}

/// Nobody broke the glass yet.
pub(crate) fn breakable_glass() -> Page {
    with_a_glass().page()
}

/// Ana broke the glass; a review is owed by somebody else than her and Iztok, who made the change.
pub(crate) fn broken_glass() -> Page {
    let reason = "The checkout is down.".to_owned();
    let hands = Hands { members: vec!["U3".into()], may_lack: false };
    let breaker = Some(BreakerCheck { by: "U2".into(), verdict: Verdict::Eligible, hands });
    let look = Check { electorate: breakable(), voters: Vec::new(), base: None, breaker };
    with_a_glass()
        .click(240, somebody("U2", "Ana Novak", MEMBER), ApprovalAction::BreakGlass.because(reason))
        .then(241, Command::Confirm(look))
        .page()
}

/// Two approved; one of them was deactivated, and the other one is not an approver any more when they are
/// looked up. Another one approved since, and the look waits for Slack.
pub(crate) fn struck() -> Page {
    let asks = ApprovalSpec { votes_required: 2, ..promote(vec![build("example-circleci-build")]) };
    let approvers = |ids: &[&str]| Electorate {
        people: Some(ids.iter().map(|id| (*id).to_owned()).collect()),
        who: "the approvers of this rule".into(),
        ..Electorate::anyone()
    };
    let all = [("U1", Verdict::Eligible), ("U2", Verdict::Eligible), ("U3", Verdict::Deactivated)];
    let postponed = |reason: &str| Command::Postpone { reason: reason.to_owned() };
    let before = approvers(&["U1", "U2", "U3", "U4"]);
    Story::asks(ApprovalSpec { votes_required: 3, ..asks }, before, RulesChange::No)
        .click(240, somebody("U1", "Mato Zgajner", MEMBER), approves(None))
        .click(241, somebody("U2", "Ana Novak", MEMBER), approves(Some("Fine with me.")))
        .click(242, somebody("U3", "iztok", None), approves(None))
        .named(243, &[("U3", "Iztok Kos")])
        .then(244, looked_up(approvers(&["U1", "U4", "U6"]), &all))
        .click(300, somebody("U4", "Eva Kralj", MEMBER), approves(None))
        .click(301, somebody("U6", "jan", None), approves(None))
        .then(302, postponed("Slack answered 503."))
        .page()
}

/// One of two approved in time; what follows ran.
pub(crate) fn expired() -> Page {
    let asks = ApprovalSpec {
        votes_required: 2,
        expires_after: Some(SignedDuration::from_mins(5)),
        on_reject: vec![message("#incidents")],
        on_expire: vec![message("#releases")],
        ..promote(vec![build("example-circleci-build")])
    };
    Story::asks(asks, authors(), RulesChange::No)
        .click(240, somebody("U1", "Mato Zgajner", MEMBER), approves(None))
        .then(305, Command::Expire)
        .step(3, begin(), 306)
        .step(3, done("Posted to #releases.", None), 307)
        .page()
}

/// A newer deploy took its place.
pub(crate) fn superseded() -> Page {
    let by = Successor {
        deploy: DeployId::from_text("a41c0e93d2b7f6580e1d"),
        title: "c0ffee1 - checkout (Staging)".into(),
        url: "https://signoff.example.com/deploys/a41c0e93d2b7f6580e1d".into(),
    };
    Story::asks(promote(vec![build("example-circleci-build")]), Electorate::anyone(), RulesChange::No)
        .then(400, Command::Supersede(by))
        .page()
}

/// Somebody who had approved ended it without a verdict.
pub(crate) fn cancelled_by_a_person() -> Page {
    let asks = ApprovalSpec { votes_required: 2, ..promote(Vec::new()) };
    Story::asks(asks, Electorate::anyone(), RulesChange::No)
        .click(240, somebody("U2", "Ana Novak", MEMBER), approves(None))
        .click(
            260,
            somebody("U2", "Ana Novak", MEMBER),
            ApprovalAction::Cancel.because("It was the wrong branch"),
        )
        .page()
}

/// Approved; the answers of its actions were lost, and somebody said what became of the first.
pub(crate) fn resolved() -> Page {
    let trigger = Action::TriggerBuild(TriggerSpec {
        workflow: Some("release.yml".into()),
        parameters: BTreeMap::new(),
        revision: None,
    });
    let hook = Action::Webhook(WebhookSpec::to("https://hooks.example.com/T123/not-shown"));
    Story::asks(promote(vec![trigger, hook, message("#releases")]), Electorate::anyone(), RulesChange::No)
        .click(240, somebody("U2", "Ana Novak", MEMBER), approves(None))
        .then(242, looked_up(Electorate::anyone(), &[("U2", Verdict::Eligible)]))
        .step(1, begin(), 243)
        .step(1, lost(), 273)
        .step(1, resolves(Resolution::MarkAsDone, 273), 300)
        .step(2, begin(), 301)
        .step(2, lost(), 331)
        .step(2, resolves(Resolution::Retry, 331), 360)
        .step(2, lost(), 390)
        .page()
}

/// Rejected; the rejection asks again.
pub(crate) fn branches() -> Page {
    let inner = ApprovalSpec {
        on_reject: vec![message("#inner-rejected")],
        ..spec("Promote to EU", vec![build("deploy-eu")])
    };
    let asks = ApprovalSpec {
        on_reject: vec![asking("Roll back", vec![build("roll-back")]), message("#incidents")],
        on_expire: vec![message("#forgotten")],
        ..promote(vec![build("deploy-us"), Action::SlackChannelApproval(inner)])
    };
    let rejects = ApprovalAction::Reject.into();
    Story::opens(&[Action::SlackChannelApproval(asks), message("#done")])
        .opened(0, |approval| approval)
        .click(240, somebody("U2", "Ana Novak", MEMBER), rejects)
        .opened(5, |approval| approval)
        .page()
}
