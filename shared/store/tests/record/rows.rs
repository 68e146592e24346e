//! Rows read back as they were written, to the last empty text.

use crate::kinds::{ODD, dialog, effects, electorate, events, first, odd, precise, successor, verdicts};
use crate::local::{Local, Row};
use crate::samples::{approval, at, deploy, plain, second};
use crate::template::table;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use signoff_core::action::{
    Action, Addressees, ApprovalSpec, BuildRef, ChannelMessage, EventSpec, IssueField, IssueTransition,
    OnFailure, ParameterValue, PersonalMessage, QuotaSpec, RangeRules, Reasons, TriggerSpec, WebhookSpec,
};
use signoff_core::approval::{
    Approval, ApprovalAction, Broken, Choice, Closed, Frozen, Glass, Hands, LastClick, Lifted,
    NobodyConfirmed, Review, Status, Struck, Verdict, Vote,
};
use signoff_core::deploy::{Commit, Deploy, Person, PullRequest, RulesChange, Source};
use signoff_core::effect::{Effect, EffectState, StartedBuild};
use signoff_core::freeze::{Dates, Day, Freeze, Hold, Hours, MIDNIGHT};
use signoff_core::id::ApprovalId;
use signoff_core::issue::{Issue, Tracker};
use signoff_core::run::{FailureNotice, KnownMakers, Makers, Opening, Resolution, Resolved, Run, StepState};
use signoff_store::Change;
use std::collections::BTreeMap;

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
        size: None,
        deployer: Some(person(Some(""))),
        commits: vec![
            Commit {
                revision: String::new(),
                title: ODD[3].to_owned(),
                authors: Vec::new(),
                url: None,
                issues: odd(),
            },
            Commit {
                revision: "f".repeat(40),
                title: "x".repeat(1000),
                authors: vec![person(None), person(Some("ana@example.com"))],
                url: Some(String::new()),
                issues: Vec::new(),
            },
        ],
        pull_requests: vec![PullRequest {
            number: u64::MAX,
            title: String::new(),
            url: String::new(),
            author: String::new(),
            merged_by: Some(person(None)),
            labels: odd(),
            issues: odd(),
        }],
        previous_revision: Some(String::new()),
        rules_change: RulesChange::Yes(odd()),
        issues: [Tracker::Jira, Tracker::Linear].map(issue).to_vec(),
        silent_trackers: vec![Tracker::Jira, Tracker::Linear],
        confirmation: signoff_core::confirmation::Confirmation::Confirmed,
        state: Default::default(),
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: Default::default(),
        ..deploy(1)
    }
}

fn issue(tracker: Tracker) -> Issue {
    Issue {
        key: "SHOP-7".to_owned(),
        title: String::new(),
        url: ODD[1].to_owned(),
        priority: None,
        labels: odd(),
        kind: Some(String::new()),
        tracker,
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
    let personal = |to| Action::SlackPersonalMessage(PersonalMessage { to, message: ODD[3].to_owned() });
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
        Action::NotifyDeployAuthors(ODD[2].to_owned()),
        Action::NotifyDeployer(String::new()),
        Action::SlackDeployMessage(ODD[2].to_owned()),
        personal(Addressees::Authors),
        personal(Addressees::Deployer),
        personal(Addressees::People(odd())),
        Action::NotifyMentionedIssues(String::new()),
        Action::TransitionMentionedIssues(IssueTransition {
            state: ODD[2].to_owned(),
            comment: None,
            resolution: Some(String::new()),
        }),
        Action::TransitionIssues(ODD[3].to_owned()),
        Action::UpdateMentionedIssues(IssueField { name: ODD[2].to_owned(), value: String::new() }),
        Action::SendEvent(EventSpec {
            detail_type: ODD[2].to_owned(),
            detail: BTreeMap::from([(" ".to_owned(), ODD[3].to_owned())]),
            bus: None,
        }),
        Action::SendEvent(EventSpec {
            detail_type: String::new(),
            detail: BTreeMap::new(),
            bus: Some("deploys".to_owned()),
        }),
    ];
    vec![Action::SlackChannelApproval(ApprovalSpec {
        name: String::new(),
        prompt: ODD[6].to_owned(),
        channel: "#deploys".to_owned(),
        votes_required: u32::MAX,
        quotas: vec![QuotaSpec { from: odd(), votes: 1 }],
        rejections_required: 1,
        authors_only: true,
        approvers: Some(Vec::new()),
        self_approval: false,
        range: RangeRules::default(),
        ask_again: true,
        require_reason: Reasons::Both,
        expires_after: Some(SignedDuration::MAX),
        remind_after: Some(SignedDuration::from_nanos(1)),
        break_glass: odd(),
        supersede: true,
        undo_window: Some(SignedDuration::from_mins(10)),
        freeze: vec![freeze()],
        on_success: inner,
        on_reject: vec![Action::AddToDeployMessageThread(ODD[2].to_owned())],
        on_expire: vec![Action::Webhook(WebhookSpec::to("https://user@example.com/?a=b"))],
    })]
}

fn freeze() -> Freeze {
    Freeze {
        name: ODD[2].to_owned(),
        days: Day::ALL.to_vec(),
        hours: Some(Hours { from: 0, to: MIDNIGHT }),
        dates: vec![Dates { first: date(2026, 12, 20), last: date(2027, 1, 3) }],
        time_zone: "Europe/Berlin".to_owned(),
        break_glass: odd(),
    }
}

fn states() -> Vec<StepState> {
    let reason = || ODD[3].to_owned();
    vec![
        StepState::Waiting,
        StepState::Running { note: None, waits: false },
        StepState::Running { note: Some(String::new()), waits: true },
        StepState::Asking { approval: ApprovalId::from_text("a") },
        StepState::Succeeded { at: precise(), summary: String::new(), url: None },
        StepState::Succeeded { at: precise(), summary: reason(), url: Some(String::new()) },
        StepState::Failed { at: precise(), reason: reason() },
        StepState::Unknown { at: precise(), reason: reason() },
        StepState::SkippedByHand { at: precise(), by: reason(), name: String::new(), reason: reason() },
    ]
}

#[tokio::test]
async fn a_deploy_reads_as_it_was_written() {
    let local = Local::new().await;
    for deploy in [rich_deploy(), deploy(2), Deploy { rules_change: RulesChange::No, ..deploy(3) }] {
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
    let opening = Opening {
        deploy: &id,
        revision: "",
        rule: ODD[2],
        rule_hash: "",
        actions: &actions(),
        followed: true,
    };
    let mut run = Run::open(&opening, precise()).next;
    assert!(run.steps.len() >= states().len());
    for (step, state) in run.steps.iter_mut().zip(states().into_iter().cycle()) {
        (step.state, step.line) = (state, Some(dialog()));
        (step.on_failure, step.asked, step.first) = (OnFailure::Continue, true, Some(first()));
        let makers = Makers { members: odd(), lacks_some: true };
        step.notice = Some(FailureNotice { failed_at: precise(), message: dialog() });
        step.makers = Some(KnownMakers { failed_at: precise(), makers });
        step.rejected = true;
        step.resolved = Some(Resolved {
            failed_at: precise(),
            failure: ODD[3].to_owned(),
            was_unknown: true,
            by: ODD[2].to_owned(),
            resolution: Resolution::Skip,
            reason: Some(ODD[3].to_owned()),
        });
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
        reason: (choice == Choice::Reject).then(String::new),
        at: precise(),
    };
    let quorum = |note| Status::Quorum { since: precise(), until: at(1), note };
    let cancelled = |by| Status::Closed(Closed::Cancelled { at: at(1), by, reason: String::new() });
    let statuses = [
        Status::Pending,
        quorum(None),
        quorum(Some(ODD[3].to_owned())),
        Status::Closed(Closed::Approved { at: precise() }),
        Status::Closed(Closed::Rejected { at: at(1) }),
        Status::Closed(Closed::Expired { at: precise() }),
        Status::Closed(Closed::Superseded { at: precise(), by: successor() }),
        cancelled(None),
        cancelled(Some("U1".to_owned())),
    ];
    let mut next = Approval {
        again: None,
        votes: vec![vote("U1", Choice::Approve), vote("U2", Choice::Reject)],
        struck: verdicts().map(|why| Struck { voter: "U3".to_owned(), why }).to_vec(),
        clicks: vec![LastClick { person: String::new(), at: precise(), action: ApprovalAction::LiftFreeze }],
        dialog: Some(dialog()),
        electorate: electorate(),
        rules_change: RulesChange::Yes(odd()),
        require_reason: Reasons::Reject,
        undo_window: Some(SignedDuration::from_mins(5)),
        frozen: Frozen {
            windows: vec![freeze(), Freeze { hours: None, days: Vec::new(), dates: Vec::new(), ..freeze() }],
            hold: Some(Hold { until: precise(), windows: vec![0, 1] }),
            lifted: Some(Lifted { by: "U1".to_owned(), at: precise(), reason: ODD[3].to_owned() }),
        },
        glass: Glass {
            broken: Some(Broken {
                by: "U1".to_owned(),
                name: ODD[2].to_owned(),
                at: precise(),
                reason: ODD[3].to_owned(),
                due: at(1),
                hands: Some(Hands { members: odd(), may_lack: true }),
                review: Some(Review {
                    by: String::new(),
                    name: String::new(),
                    at: precise(),
                    note: ODD[3].to_owned(),
                }),
            }),
            struck: Some(Struck { voter: "U3".to_owned(), why: Verdict::NotNamed }),
        },
        nobody_here: vec![NobodyConfirmed {
            handle: ODD[3].to_owned(),
            version: 7,
            by: "U1".to_owned(),
            at: precise(),
        }],
        expires_at: Some(precise()),
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
        // An evaluation has its deployment's lane.
        let written = Effect { due_at: found.due_at, lane: found.lane.clone(), ..as_new.clone() };
        assert_eq!(found, written);
        assert!(as_new.due_at.duration_since(found.due_at) < SignedDuration::from_micros(1));
        let mut claimed = local.store.claim(&found, second(10)).await.expect("claimed");
        claimed.attempts = claimed.attempts.max(1);
        for (state, note) in [(EffectState::Started, None), (EffectState::Unknown, Some(ODD[3].to_owned()))] {
            let build = StartedBuild::Run { id: u64::MAX, url: ODD[3].to_owned() };
            let backoff = Some(SignedDuration::from_secs(2));
            let after = Effect { build: Some(build), backoff, ..claimed.closed(state, note) };
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
    // An effect counts from its turn, in which the clock looks at it.
    let in_time = second(0) + year..=second(120) + year;
    let rows = local.rows().await;
    let name = table("RecordTable").time_to_live;
    let expires = |row: &Row| {
        let seconds = row.get(&name)?.as_n().ok()?.parse().ok()?;
        Timestamp::from_second(seconds).ok()
    };
    assert_eq!(rows.len(), 5);
    assert!(rows.values().all(|row| expires(row).is_some_and(|until| in_time.contains(&until))), "{rows:?}");
}
