//! What is read is what was written, to the last empty text.

use crate::local::{Local, Row};
use crate::samples::{approval, at, deploy, plain, second};
use approval::action::{Action, ApprovalSpec, BuildRef, ChannelMessage, ParameterValue, TriggerSpec};
use approval::approval::{Approval, Choice, Dialog, Electorate, Outcome, Status, Vote};
use approval::deploy::{Commit, Deploy, Person, PullRequest, Source};
use approval::effect::{Effect, EffectKind, EffectState};
use approval::event::EventKind;
use approval::id::{ApprovalId, RunId};
use approval::run::{Opening, Run, StepState};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use store::Change;

/// Text that has hurt somebody before.
const ODD: [&str; 7] =
    ["", " ", "\u{17d}gajner \u{1f680}\u{200d}\u{1f680}", "a\"b\\c\n\t\u{0}", "null", "#", "<@U1> & co"];

fn odd() -> Vec<String> {
    ODD.map(str::to_owned).to_vec()
}

/// A time with nanoseconds, as a clock gives it.
fn precise() -> Timestamp {
    second(7) + SignedDuration::from_nanos(123_456_789)
}

fn person(email: Option<&str>) -> Person {
    Person { name: ODD[2].to_owned(), email: email.map(str::to_owned), username: None }
}

fn rich_deploy() -> Deploy {
    Deploy {
        environment: ODD[2].to_owned(),
        branch: Some(String::new()),
        deployed_at: precise(),
        registered_at: precise(),
        source: Source::GithubDeployment,
        tags: odd(),
        // DynamoDB takes every name but an empty one.
        links: ODD.iter().map(|text| (format!("{text}."), (*text).to_owned())).collect(),
        deployer: Some(person(Some(""))),
        commits: vec![
            Commit { revision: String::new(), title: ODD[3].to_owned(), authors: Vec::new(), url: None },
            Commit {
                revision: "f".repeat(40),
                title: "x".repeat(1000),
                authors: vec![person(None), person(Some("ana@example.com"))],
                url: Some(String::new()),
            },
        ],
        pull_requests: vec![PullRequest {
            number: u64::MAX,
            title: String::new(),
            url: String::new(),
            author: String::new(),
            merged_by: None,
            labels: odd(),
        }],
        previous_revision: Some(String::new()),
        rules_change: approval::deploy::RulesChange::Unknown,
        ..deploy(1)
    }
}

fn actions() -> Vec<Action> {
    let parameters = [
        ("flag", ParameterValue::Bool(false)),
        ("least", ParameterValue::Integer(i64::MIN)),
        ("most", ParameterValue::Integer(i64::MAX)),
        ("text", ParameterValue::Text(ODD[2].to_owned())),
        ("empty", ParameterValue::Text(String::new())),
        ("like a number", ParameterValue::Text("12".to_owned())),
        ("like a flag", ParameterValue::Text("true".to_owned())),
        (" ", ParameterValue::Integer(0)),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
    let trigger = TriggerSpec { workflow: None, parameters: BTreeMap::from(parameters), revision: None };
    let inner = vec![
        Action::AutoApproveBuild(BuildRef { build: String::new(), job: None }),
        Action::AutoApproveBuild(BuildRef { build: "b".to_owned(), job: Some(ODD[3].to_owned()) }),
        Action::TriggerBuild(trigger),
        Action::TriggerBuild(TriggerSpec {
            workflow: Some("deploy.yml".to_owned()),
            parameters: BTreeMap::new(),
            revision: Some("{{ revision }}".to_owned()),
        }),
        Action::SlackChannelMessage(ChannelMessage { channel: "#a".to_owned(), message: String::new() }),
        Action::AddToDeployMessageThread(ODD[2].to_owned()),
        Action::Webhook("https://user@example.com/?a=b".to_owned()),
    ];
    vec![Action::SlackChannelApproval(ApprovalSpec {
        name: String::new(),
        prompt: ODD[6].to_owned(),
        channel: "#deploys".to_owned(),
        votes_required: u32::MAX,
        rejections_required: 1,
        authors_only: true,
        approvers: Some(Vec::new()),
        on_success: inner,
    })]
}

fn states() -> Vec<StepState> {
    let reason = || ODD[3].to_owned();
    vec![
        StepState::Waiting,
        StepState::Running { note: None },
        StepState::Running { note: Some(String::new()) },
        StepState::Asking { approval: ApprovalId::from_text("a") },
        StepState::Succeeded { at: precise(), summary: String::new(), url: None },
        StepState::Succeeded { at: precise(), summary: reason(), url: Some(String::new()) },
        StepState::Failed { at: precise(), reason: reason() },
        StepState::Unknown { at: precise(), reason: reason() },
    ]
}

/// Events of every kind, with nothing where that may be and with something.
fn events() -> Vec<EventKind> {
    let (run, approval) = (RunId::from_text("r"), ApprovalId::from_text("a"));
    let (none, some, odd_text) = (None::<String>, Some(String::new()), || ODD[3].to_owned());
    let cast = |choice, previous| EventKind::VoteCast {
        approval: approval.clone(),
        voter: "U1".to_owned(),
        name: ODD[2].to_owned(),
        choice,
        previous,
    };
    let closed = |reason| EventKind::ApprovalClosed {
        approval: approval.clone(),
        outcome: "approved".to_owned(),
        reason,
    };
    let succeeded = |url| EventKind::StepSucceeded { run: run.clone(), step: 3, summary: String::new(), url };
    vec![
        EventKind::DeployRegistered,
        EventKind::RulesEvaluated {
            path: none.clone(),
            hash: none.clone(),
            held: Vec::new(),
            notices: odd(),
        },
        EventKind::RulesEvaluated {
            path: some.clone(),
            hash: some.clone(),
            held: odd(),
            notices: Vec::new(),
        },
        EventKind::RulesRefused { problems: odd() },
        EventKind::RuleNotOpened { rule: String::new(), reasons: Vec::new() },
        EventKind::RunOpened { run: run.clone(), rule: odd_text(), rule_hash: String::new() },
        EventKind::ApprovalOpened {
            approval: approval.clone(),
            name: String::new(),
            channel: "#a".to_owned(),
        },
        EventKind::DialogPosted {
            approval: approval.clone(),
            channel: "C1".to_owned(),
            ts: "1.000200".to_owned(),
        },
        cast(Choice::Approve, None),
        cast(Choice::Reject, Some(Choice::Approve)),
        EventKind::VoteRefused {
            approval: approval.clone(),
            voter: String::new(),
            name: String::new(),
            reason: odd_text(),
        },
        closed(none.clone()),
        closed(some.clone()),
        EventKind::StepStarted { run: run.clone(), step: 0, action: odd_text() },
        EventKind::StepRetrying { run: run.clone(), step: usize::MAX, reason: odd_text() },
        succeeded(none),
        succeeded(some),
        EventKind::StepFailed { run: run.clone(), step: 1, reason: String::new() },
        EventKind::StepUnknown { run: run.clone(), step: 1, reason: odd_text() },
        EventKind::RunSucceeded { run: run.clone() },
        EventKind::RunStopped { run, step: 12 },
        EventKind::NotTold { channel: String::new(), reason: odd_text() },
    ]
}

fn effects() -> Vec<EffectKind> {
    let (run, approval) = (RunId::from_text("r"), ApprovalId::from_text("a"));
    let advance = |outcome| EffectKind::AdvanceRun { run: run.clone(), step: 0, outcome };
    vec![
        EffectKind::EvaluateRules,
        EffectKind::RunStep { run: run.clone(), step: usize::MAX },
        advance(Outcome::Approved),
        advance(Outcome::Rejected),
        advance(Outcome::Cancelled(ODD[3].to_owned())),
        EffectKind::DrawDialog { approval: approval.clone() },
        EffectKind::DrawStep { approval, run, step: 7 },
        EffectKind::TellPerson { channel: "C1".to_owned(), user: "U1".to_owned(), text: String::new() },
        EffectKind::TellChannel { channel: String::new(), text: ODD[2].to_owned() },
    ]
}

#[tokio::test]
async fn a_deploy_reads_as_it_was_written() {
    let local = Local::new().await;
    for deploy in [rich_deploy(), deploy(2)] {
        local.store.commit(Change::register(&deploy, precise())).await.expect("registered");
        assert_eq!(local.store.deploy(&deploy.id).await.expect("read"), Some(deploy));
    }
    let list = local.store.recent(1, None).await.expect("read").deploys;
    assert_eq!((list[0].deployed_at, list[0].environment.as_str()), (precise(), ODD[2]));
}

#[tokio::test]
async fn a_run_reads_as_it_was_written() {
    let local = Local::new().await;
    let id = deploy(1).id;
    let opening = Opening { deploy: &id, revision: "", rule: ODD[2], rule_hash: "", actions: &actions() };
    let mut run = Run::open(&opening, precise()).next;
    assert_eq!(run.steps.len(), states().len());
    for (step, state) in run.steps.iter_mut().zip(states()) {
        (step.state, step.line) = (state, Some(String::new()));
    }
    run.steps[7].state = StepState::Skipped;
    local.store.commit(Change::to(&id, precise()).run(plain(run.clone()))).await.expect("committed");
    run.version = 1;
    assert_eq!(local.store.run(&id, &run.id).await.expect("read"), Some(run));
}

#[tokio::test]
async fn an_approval_reads_as_it_was_written_at_every_version() {
    let local = Local::new().await;
    let id = deploy(1).id;
    let vote = |voter: &str, choice| Vote {
        voter: voter.to_owned(),
        name: ODD[2].to_owned(),
        named: true,
        choice,
        at: precise(),
        clicked_at: precise(),
    };
    let statuses = [
        Status::Pending,
        Status::Approved { at: precise() },
        Status::Rejected { at: at(1) },
        Status::Cancelled { at: at(1), reason: String::new() },
    ];
    let mut next = Approval {
        votes: vec![vote("U1", Choice::Approve), vote("U2", Choice::Reject)],
        dialog: Some(Dialog { channel: "C1".to_owned(), ts: "1763892600.000200".to_owned() }),
        electorate: Electorate::Only { who: ODD[2].to_owned(), people: Vec::new() },
        votes_required: u32::MAX,
        prompt: String::new(),
        ..approval(&id, 1)
    };
    for status in statuses {
        next.status = status;
        local
            .store
            .commit(Change::to(&id, precise()).approval(plain(next.clone())))
            .await
            .expect("committed");
        next.version += 1;
        assert_eq!(local.store.approval(&id, &next.id).await.expect("read"), Some(next.clone()));
    }
}

#[tokio::test]
async fn events_of_every_kind_read_as_they_were_written() {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    let id = deploy(1).id;
    local.store.commit(Change::to(&id, precise()).and("all", Vec::new(), events())).await.expect("committed");
    let page = local.store.page(&id).await.expect("read").expect("a page");
    let kinds: Vec<_> = page.events.iter().skip(1).map(|event| event.kind.clone()).collect();
    assert_eq!(kinds, events());
    assert!(page.events.iter().skip(1).all(|event| event.deploy == id && event.at == precise()));
}

#[tokio::test]
async fn effects_of_every_kind_and_state_read_as_they_were_written() {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    let id = deploy(1).id;
    local
        .store
        .commit(Change::to(&id, precise()).and("all", effects(), Vec::new()))
        .await
        .expect("committed");
    let page = local.store.page(&id).await.expect("read").expect("a page");
    assert_eq!(page.effects.len(), effects().len() + 1);
    for kind in effects() {
        let now = precise();
        let found = page.effects.iter().find(|effect| effect.kind == kind && effect.created_at == now);
        let found = found.expect("an effect of each kind").clone();
        // When the clock sends it is kept in microseconds, which sort as text.
        let as_new = Effect::new(found.id.clone(), id.clone(), kind, now);
        assert_eq!(found, Effect { due_at: found.due_at, ..as_new.clone() });
        assert!(as_new.due_at.duration_since(found.due_at) < SignedDuration::from_micros(1));
        let mut claimed = local.store.claim(&found, second(10)).await.expect("claimed");
        claimed.attempts = claimed.attempts.max(1);
        for (state, note) in [(EffectState::Started, None), (EffectState::Unknown, Some(ODD[3].to_owned()))] {
            let after = claimed.closed(state, note);
            local.store.settle(&claimed, &after).await.expect("settled");
            assert_eq!(local.store.effect(&id, &found.id).await.expect("read"), Some(after));
        }
    }
}

#[tokio::test]
async fn rows_end_with_their_retention_and_not_before() {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    local.store.ignore_delivery("github", "1", "no", second(0)).await.expect("on record");
    let year = SignedDuration::from_hours(24 * 365);
    let expected = (second(0) + year).as_second().to_string();
    let rows = local.rows().await;
    let expires = |row: &Row| row.get("expires_at").and_then(|value| value.as_n().ok()).cloned();
    assert_eq!(rows.len(), 4);
    assert!(rows.values().all(|row| expires(row).as_ref() == Some(&expected)), "{rows:?}");
}
