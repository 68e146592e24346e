//! Records for tests. What people decide is told by the core itself, in [`story`].

mod crowded;
mod deployments;
mod events;
mod people;
mod record;
mod stories;
mod story;

pub(crate) use crowded::crowded;
pub(crate) use deployments::{deployments, evaluations, health, overview, waiting_approvals};
pub(crate) use events::{everything, hostile};
pub(crate) use people::people;
pub(crate) use record::{approved_after, recorded};
pub(crate) use stories::{
    approved, branches, cancelled_by_a_person, expired, four_eyes, frozen, held_back, resolved,
};
pub(crate) use stories::{breakable_glass, broken_glass, struck, superseded, thawed};

use crate::auth::visitor::{Member, Visitor, Who};
use jiff::{SignedDuration, Timestamp};
use signoff_core::action::{
    Action, ApprovalSpec, BuildRef, ChannelMessage, RangeRules, Reasons, TriggerSpec,
};
use signoff_core::approval::{Approval, Choice, Closed, Dialog, Electorate, Frozen, Status, Subject, Vote};
use signoff_core::deploy::{Commit, Deploy, Person, PullRequest, RulesChange, Slug, Source};
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::{Event, EventKind};
use signoff_core::facts::Facts;
use signoff_core::id::{ApprovalId, DeployId, EffectId};
use signoff_core::run::{Opening, Run, Status as RunStatus, StepState};
use signoff_store::{
    Actor, ApiKey, CiTrust, DeploymentPattern, DeploymentSettings, Done, GitHost, Page, Scope, SecretNumbers,
};
use std::collections::BTreeMap;

/// `seconds` after the deploy, which arrived on November 23, 2026 at 10:42 UTC.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let deployed: Timestamp = "2026-11-23T10:42:00Z".parse().unwrap();
    deployed + SignedDuration::from_secs(seconds)
}

fn deploy_id() -> DeployId {
    DeployId::from_text("9f2c4a1be07d53c86a10")
}

fn person(name: &str) -> Person {
    Person { name: name.into(), email: None, username: None }
}

fn commit(revision: &str, title: &str, authors: &[&str]) -> Commit {
    Commit {
        revision: revision.into(),
        title: title.into(),
        authors: authors.iter().map(|name| person(name)).collect(),
        url: Some(format!("https://github.com/acme/checkout/commit/{revision}")),
        issues: Vec::new(),
    }
}

fn deploy() -> Deploy {
    let revision = "7bf7226c14d3fd1d1d8f3b7ff2d5c5d9a8f0e6b1";
    Deploy {
        id: deploy_id(),
        deployment: Slug::new("acme", "checkout").unwrap(),
        repository: "acme/checkout".into(),
        environment: "Staging".into(),
        revision: revision.into(),
        branch: Some("main".into()),
        deployed_at: at(0),
        registered_at: at(2),
        source: Source::RegisterDeploy,
        tags: vec!["#payments".into()],
        links: BTreeMap::from([(
            "Build".into(),
            "https://app.circleci.com/pipelines/gh/acme/checkout/118".into(),
        )]),
        size: None,
        deployer: Some(person("Ana Novak")),
        commits: vec![
            commit(
                "c0ffee1a5d0c5b1f4c1e6b0a9d8e7f6a5b4c3d2e",
                "Validate IBANs before charging",
                &["Mato Zgajner"],
            ),
            commit(
                "0dd5ba11f00dfeedfacecafe5eed5ca1ab1e0ddb",
                "Retry refunds that the bank answered 503",
                &["Ana Novak", "Mato Zgajner"],
            ),
            commit(revision, "Merge pull request #482 from acme/iban-validation", &["Mato Zgajner"]),
        ],
        pull_requests: vec![PullRequest {
            number: 482,
            title: "Validate IBANs before charging".into(),
            url: "https://github.com/acme/checkout/pull/482".into(),
            author: "matozgajner".into(),
            merged_by: None,
            labels: vec!["payments".into(), "needs-release-note".into()],
            issues: Vec::new(),
        }],
        previous_revision: Some("1d2c3b4a5f6e7d8c9b0a1f2e3d4c5b6a7f8e9d0c".into()),
        rules_change: RulesChange::No,
        issues: Vec::new(),
        silent_trackers: Vec::new(),
        confirmation: signoff_core::confirmation::Confirmation::Confirmed,
        state: Default::default(),
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: Default::default(),
    }
}

fn build(name: &str) -> Action {
    Action::AutoApproveBuild(BuildRef { build: name.into(), job: None })
}

fn message(channel: &str) -> Action {
    Action::SlackChannelMessage(ChannelMessage { channel: channel.into(), message: "Promoted.".into() })
}

fn spec(name: &str, on_success: Vec<Action>) -> ApprovalSpec {
    ApprovalSpec {
        name: name.into(),
        prompt: "Promote?".into(),
        channel: "#deploys".into(),
        votes_required: 1,
        quotas: Vec::new(),
        rejections_required: 1,
        authors_only: false,
        approvers: None,
        self_approval: true,
        range: RangeRules::default(),
        ask_again: true,
        require_reason: Reasons::Never,
        expires_after: None,
        remind_after: None,
        supersede: true,
        undo_window: None,
        freeze: Vec::new(),
        break_glass: Vec::new(),
        on_success,
        on_reject: Vec::new(),
        on_expire: Vec::new(),
    }
}

fn asking(name: &str, on_success: Vec<Action>) -> Action {
    Action::SlackChannelApproval(spec(name, on_success))
}

/// The effect that tried a step first.
fn first() -> signoff_core::run::FirstTry {
    signoff_core::run::FirstTry { effect: EffectId::from_text("e"), at: at(0) }
}

fn run(rule: &str, actions: &[Action]) -> Run {
    let rule_hash = "5b41362bc82b7f3d56edc5a306db22105707d01ff4819e26faef9724a2d406c9";
    let id = deploy_id();
    let opening =
        Opening { deploy: &id, revision: &deploy().revision, rule, rule_hash, actions, followed: false };
    Run::open(&opening, at(4)).next
}

/// Sets the state of step `step`.
fn set(run: &mut Run, step: usize, state: StepState) {
    run.steps[step].state = state;
}

fn approval(run: &Run, step: usize) -> Approval {
    let Action::SlackChannelApproval(spec) = &run.steps[step].action else {
        panic!("step {step} does not ask")
    };
    Approval {
        id: ApprovalId::derive(&run.id, step),
        deploy: run.deploy.clone(),
        deployment: Slug::new("acme", "checkout"),
        environment: Some("Staging".into()),
        run: run.id.clone(),
        step,
        name: spec.name.clone(),
        subject: Subject {
            revision: run.revision.clone(),
            rule: run.rule.clone(),
            rule_hash: run.rule_hash.clone(),
            plan: spec.on_success.iter().map(ToString::to_string).collect(),
            ..Subject::default()
        },
        rules_change: RulesChange::No,
        comparison: None,
        prompt: "*Promote* <https://signoff.example.com/deploys/9f2c|7bf7226 - checkout (Staging)> by <@U1> to production?"
            .into(),
        channel: spec.channel.clone(),
        votes_required: spec.votes_required,
        rejections_required: spec.rejections_required,
        require_reason: spec.require_reason,
        undo_window: spec.undo_window,
        frozen: Frozen::new(spec.freeze.clone(), at(4 + step as i64)),
        nobody_here: Vec::new(),
        expires_at: spec.expires_after.map(|after| at(4 + step as i64) + after),
        electorate: Electorate::anyone(),
        workspace: "T1".into(),
        again: None,
        votes: Vec::new(),
        struck: Vec::new(),
        glass: Default::default(),
        names: [("U1", "Mato Zgajner"), ("U2", "Ana Novak")]
            .map(|(id, name)| (id.to_owned(), name.to_owned()))
            .into(),
        clicks: Vec::new(),
        status: Status::Pending,
        dialog: Some(Dialog { channel: "C024BE91L".into(), ts: "1795430525.000200".into() }),
        opened_at: at(4 + step as i64),
        version: 1,
    }
}

fn vote(voter: &str, name: &str, choice: Choice, seconds: i64) -> Vote {
    Vote { voter: voter.into(), name: name.into(), choice, reason: None, at: at(seconds), named: true }
}

fn event(seconds: i64, kind: EventKind) -> Event {
    Event { deploy: deploy_id(), at: at(seconds), kind }
}

fn succeeded(summary: &str, url: Option<&str>) -> StepState {
    StepState::Succeeded { at: at(242), summary: summary.into(), url: url.map(str::to_owned) }
}

/// An effect as it is committed.
pub(crate) fn effect(kind: EffectKind) -> Effect {
    Effect::new(EffectId::from_text("e1"), deploy_id(), kind, at(2))
}

/// A deploy whose rules are not read yet.
pub(crate) fn registered() -> Page {
    Page {
        facts: Facts::none(&deploy().id),
        deploy: deploy(),
        runs: Vec::new(),
        approvals: Vec::new(),
        effects: Vec::new(),
        events: vec![event(2, EventKind::DeployRegistered)],
        unreadable: Vec::new(),
    }
}

fn evaluated(held: &[&str]) -> EventKind {
    EventKind::RulesEvaluated {
        path: Some(".signoff/rules.yml".into()),
        hash: Some("5b41".into()),
        held: held.iter().map(|name| (*name).to_owned()).collect(),
        notices: Vec::new(),
    }
}

/// The authors of the deploy.
fn authors() -> Electorate {
    Electorate {
        people: Some(vec!["U1".into(), "U2".into()]),
        who: "the authors of this deploy".into(),
        ..Electorate::anyone()
    }
}

/// One of two votes that are needed.
pub(crate) fn pending() -> Page {
    let actions = vec![build("example-circleci-build"), message("#releases")];
    let mut run = run("promote-to-production", &[asking("Promote deploy to production", actions)]);
    let mut approval = approval(&run, 0);
    approval.votes_required = 2;
    approval.electorate = authors();
    approval.votes = vec![vote("U1", "Mato Zgajner", Choice::Approve, 240)];
    set(&mut run, 0, StepState::Asking { approval: approval.id.clone() });
    let events = vec![event(2, EventKind::DeployRegistered), event(4, evaluated(&["promote-to-production"]))];
    Page { runs: vec![run], approvals: vec![approval], events, ..registered() }
}

/// Two rejections, of two that reject.
pub(crate) fn rejected() -> Page {
    let mut page = pending();
    let approval = &mut page.approvals[0];
    approval.electorate = Electorate::anyone();
    approval.rejections_required = 2;
    approval.votes.push(vote("U2", "Ana Novak", Choice::Reject, 300));
    approval.votes.push(vote("U3", "Iztok Kos", Choice::Reject, 301));
    approval.status = Status::Closed(Closed::Rejected { at: at(301) });
    page
}

/// An approval that ended without a verdict.
pub(crate) fn cancelled() -> Page {
    let mut page = pending();
    let reason = "none of the people who may vote is left in Slack.".to_owned();
    page.approvals[0].votes.clear();
    page.approvals[0].status = Status::Closed(Closed::Cancelled { at: at(600), by: None, reason });
    page
}

/// Runs and approvals of every shape: an approval under an approval, one after another, one that is not open,
/// none at all.
pub(crate) fn several_runs() -> Page {
    let nested = asking("Promote to production", vec![build("deploy-production")]);
    let mut first = run(
        "two-stages",
        &[
            message("#deploys"),
            asking("Promote to QA", vec![build("deploy-qa"), nested]),
            message("#releases"),
        ],
    );
    set(&mut first, 0, succeeded("Posted to #deploys.", None));
    set(&mut first, 1, succeeded("approved", None));
    set(&mut first, 2, StepState::Running { note: Some("CircleCI answered 503.".into()), waits: false });
    let mut second = run("not-shown", &[asking("No such channel", vec![build("deploy-eu")])]);
    set(
        &mut second,
        0,
        StepState::Running { note: Some("There is no channel #nowhere.".into()), waits: false },
    );
    let trigger = Action::TriggerBuild(TriggerSpec {
        workflow: Some("smoke.yml".into()),
        parameters: BTreeMap::new(),
        revision: None,
    });
    let hook =
        Action::Webhook(signoff_core::action::WebhookSpec::to("https://hooks.example.com/T123/secret"));
    let mut third = run("smoke-tests", &[trigger, hook, message("#qa")]);
    set(
        &mut third,
        0,
        succeeded("Dispatched smoke.yml on main.", Some("https://github.com/acme/checkout/actions/runs/1")),
    );
    set(
        &mut third,
        1,
        StepState::Unknown { at: at(30), reason: "The connection ended before the answer.".into() },
    );
    let mut asked = approval(&first, 1);
    asked.votes = vec![vote("U1", "Mato Zgajner", Choice::Approve, 20)];
    asked.status = Status::Closed(Closed::Approved { at: at(20) });
    let opened = [event(4, evaluated(&["two-stages", "not-shown", "smoke-tests"]))];
    let mut page = registered();
    page.events.extend(opened);
    Page { runs: vec![first, second, third], approvals: vec![asked], ..page }
}

/// Approved, but its second action failed.
pub(crate) fn failed() -> Page {
    let actions = vec![message("#releases"), build("example-circleci-build"), message("#qa")];
    let mut run = run("promote-to-production", &[asking("Promote deploy to production", actions)]);
    let mut approval = approval(&run, 0);
    approval.votes = vec![vote("U1", "Mato Zgajner", Choice::Approve, 240)];
    approval.status = Status::Closed(Closed::Approved { at: at(240) });
    set(&mut run, 0, succeeded("approved", None));
    set(&mut run, 1, succeeded("Posted to #releases.", None));
    let reason = "CircleCI has no workflow example-circleci-build for 7bf7226; it has: build, test.".into();
    set(&mut run, 2, StepState::Failed { at: at(243), reason });
    set(&mut run, 3, StepState::Skipped);
    run.status = RunStatus::Stopped;
    let mut page = registered();
    page.events.push(event(4, evaluated(&["promote-to-production"])));
    Page { runs: vec![run], approvals: vec![approval], ..page }
}

/// A rules file that can't be used.
pub(crate) fn refused() -> Page {
    let mut page = registered();
    let problems = vec![
        ".signoff/rules.yml:7:9: `slack_channel_aproval` is not an action; did you mean `slack_channel_approval`?".into(),
        ".signoff/rules.yml:12:1: a tab can't indent YAML; use spaces.".into(),
    ];
    page.events.push(event(4, EventKind::RulesRefused { problems }));
    page
}

/// Somebody who may do everything.
pub(crate) fn visitor() -> Visitor {
    let who = Who::Person(Member { id: "U1".to_owned(), name: "Ana Kovač".to_owned(), is_admin: true });
    Visitor { who, form_token: Some("0123abcd".to_owned()) }
}

/// An API key that Ana created, and Ben revoked, if it is.
pub(crate) fn api_key(number: usize, name: &str, revoked: bool) -> ApiKey {
    let by = |name: &str| Actor { id: format!("U{name}"), name: name.to_owned() };
    ApiKey {
        id: format!("{number:012x}"),
        name: name.to_owned(),
        scopes: [Scope::Register, Scope::Report].into(),
        deployments: DeploymentPattern::parse("acme/*").into_iter().collect(),
        digest: "0".repeat(64),
        last_four: "cafe".to_owned(),
        created: Done { by: by("Ana <b>"), at: at(0) },
        revoked: revoked.then(|| Done { by: by("Ben"), at: at(60) }),
    }
}

/// Settings of acme/checkout that Ben saved, and disconnected, if they are.
pub(crate) fn settings(disconnected: bool) -> DeploymentSettings {
    let done =
        |seconds| Done { by: Actor { id: "U2".to_owned(), name: "Ben & co".to_owned() }, at: at(seconds) };
    DeploymentSettings {
        deployment: Slug::new("acme", "checkout").unwrap(),
        repository: "acme/mono".to_owned(),
        channel: Some("#deploys".to_owned()),
        circleci_project: None,
        circleci_definition: None,
        git_host: GitHost::Bitbucket,
        disconnected: disconnected.then(|| done(60)),
        leads: disconnected,
        secrets: SecretNumbers { incoming: 1, incoming_before: disconnected.then_some(0), outgoing: 0 },
        ci: vec![CiTrust::parse("gitlab project_id=7 ref=refs/heads/main").unwrap()],
        saved: done(30),
        version: 3,
    }
}
