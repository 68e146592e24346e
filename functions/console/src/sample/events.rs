//! Every event, and text that must not do anything.

use super::{approved, at, commit, evaluated, event, person, set, succeeded, vote};
use signoff_core::approval::{
    Blocker, Choice, Closed, Electorate, Part, Standing, Status, Struck, Successor, Verdict, Vote,
};
use signoff_core::deploy::{Commit, PullRequest, RulesChange};
use signoff_core::event::EventKind;
use signoff_core::facts::{Health, Thumb};
use signoff_core::id::{DeployId, RunId};
use signoff_core::run::Resolution;
use signoff_store::Page;
use std::collections::BTreeMap;

/// One event of every kind.
pub(crate) fn everything() -> Page {
    let mut page = approved();
    let (run, id) = (page.runs[0].id.clone(), page.approvals[0].id.clone());
    let text = |text: &str| text.to_owned();
    let cast = |choice, previous, reason: Option<&str>, standing| EventKind::VoteCast {
        approval: id.clone(),
        voter: text("U1"),
        name: text("mato"),
        choice,
        previous,
        reason: reason.map(text),
        standing,
    };
    let withdrawn = |by: &str| EventKind::VoteWithdrawn {
        approval: id.clone(),
        voter: text("U3"),
        name: text("Iztok Kos"),
        choice: Choice::Approve,
        by: text(by),
    };
    let resolved = |resolution| EventKind::StepResolved {
        run: run.clone(),
        step: 1,
        by: text("U2"),
        name: text("ana"),
        reason: (resolution == Resolution::Skip).then(|| text("Deployed by hand")),
        resolution,
    };
    let closed = |outcome: &str, by: Option<&str>, reason: Option<&str>| EventKind::ApprovalClosed {
        approval: id.clone(),
        outcome: text(outcome),
        by: by.map(text),
        name: None,
        reason: reason.map(text),
    };
    let electorate = Electorate {
        people: Some(vec![text("U1"), text("U2"), text("U9")]),
        who: text("the approvers of this rule"),
        except: vec![text("U2")],
        not_found: vec![text("Zoe Hart")],
        quotas: Vec::new(),
        ..Electorate::anyone()
    };
    let late = "Your vote was not counted: this was already approved on <!date^1795430760^{date} at {time}|2026-11-23 at 10:46 UTC>.";
    let more = [
        evaluated(&[]),
        evaluated(&["one", "two"]),
        EventKind::RulesEvaluated { path: None, hash: None, held: Vec::new(), notices: Vec::new() },
        EventKind::RulesEvaluated {
            path: Some(text(".sleuth/rules.yml")),
            hash: None,
            held: vec![text("one")],
            notices: vec![text("`deploy_impact` is not supported yet.")],
        },
        EventKind::RulesRefused { problems: vec![text(".signoff/rules.yml:3:1: no `rules`.")] },
        EventKind::RulesInForce {
            path: Some(text(".signoff/rules.yml")),
            hash: text("0123456789"),
            why: text("it was the first file"),
        },
        EventKind::RulesProposed {
            path: None,
            hash: text("0123456789"),
            changes: vec![text("removes the rule `a`")],
        },
        EventKind::ProposalRefused { problems: vec![text(".signoff/rules.yml:3:1: no `rules`.")] },
        EventKind::PolicyInForce {
            repository: text("acme/policy"),
            hash: text("0123456789"),
            why: text("it was the stack's first policy"),
        },
        EventKind::PolicyProposed {
            repository: text("acme/policy"),
            hash: text("0123456789"),
            changes: vec![text("- votes_required: 2"), text("+ votes_required: 1")],
        },
        EventKind::PolicyRefused {
            repository: text("acme/policy"),
            in_force: Some(text("9876543210")),
            problems: vec![text(".signoff/policy.yml:1:1: no `owners`.")],
        },
        EventKind::PolicyRefused {
            repository: text("acme/policy"),
            in_force: None,
            problems: vec![text("The repository has no .signoff/policy.yml.")],
        },
        EventKind::RuleBlocked {
            run: RunId::from_text("r"),
            rule: text("ship"),
            shortfalls: vec![text("Rule `ship` (line 2): line 5 of the policy asks for 2 votes.")],
        },
        EventKind::NotEvaluated {
            reason: text("acme/checkout was disconnected by Ana on 2026-11-23 at 10:42 UTC."),
        },
        EventKind::RuleNotOpened { rule: text("later"), reasons: vec![text("It uses `wait`.")] },
        cast(Choice::Reject, Some(Choice::Approve), None, None),
        cast(Choice::Reject, Some(Choice::Reject), Some("The migration is missing."), Some(Standing::Guest)),
        cast(Choice::Reject, Some(Choice::Reject), None, Some(Standing::Bot)),
        withdrawn("U3"),
        EventKind::DialogGone { approval: id.clone(), channel: text("C1"), ts: text("1.1") },
        EventKind::QuorumReached { approval: id.clone(), until: at(900) },
        EventKind::Frozen { rule: text("nightly"), approval: None, until: at(900), freeze: text("weekend") },
        EventKind::Frozen {
            rule: text("promote"),
            approval: Some(id.clone()),
            until: at(900),
            freeze: text("weekend, holidays"),
        },
        EventKind::GlassBroken {
            approval: id.clone(),
            by: text("U2"),
            name: text("ana"),
            reason: text("Checkout is down"),
            due: at(900),
        },
        EventKind::GlassStruck {
            approval: id.clone(),
            by: text("U2"),
            name: text("ana"),
            verdict: Verdict::NotNamed,
        },
        EventKind::GlassReviewed {
            approval: id.clone(),
            by: text("U1"),
            name: text("mato"),
            note: text("Rolled forward since"),
        },
        EventKind::NobodyHereConfirmed {
            approval: id.clone(),
            handle: text("github:583231"),
            maker: text("octocat"),
            said_by: text("U1"),
            by: text("U2"),
            name: text("ana"),
        },
        EventKind::FreezeLifted {
            approval: id.clone(),
            by: text("U2"),
            name: text("ana"),
            freeze: text("weekend"),
            reason: text("Checkout is down"),
        },
        EventKind::VotersChecked {
            approval: id.clone(),
            voters: ["U1", "U2", "U3"].map(|voter| (text(voter), Verdict::Eligible)).to_vec(),
            electorate,
        },
        EventKind::BaseSet {
            approval: id.clone(),
            place: text("environment production"),
            revision: "4bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b".to_owned(),
            by: text("U2"),
            name: text("ana"),
        },
        EventKind::VoteStruck {
            approval: id.clone(),
            voter: text("U2"),
            name: text("ana"),
            verdict: Verdict::OwnChange,
        },
        EventKind::VoteRefused {
            approval: id.clone(),
            voter: text("U2"),
            name: text("Ana Novak"),
            reason: text(late),
        },
        closed("rejected", None, None),
        closed("expired", None, None),
        closed("superseded", None, Some("0123abc - checkout (Staging)")),
        closed("cancelled", None, Some("nobody may vote.")),
        closed("cancelled", Some("U2"), Some("wrong branch")),
        closed("cancelled", Some("U77"), Some("wrong branch")),
        EventKind::StepRetrying { run: run.clone(), step: 1, reason: text("CircleCI answered 503.") },
        EventKind::AskedAgain { approval: id.clone(), run: run.clone(), by: text("U2"), name: text("ana") },
        EventKind::EvaluationAsked { by: text("U2"), name: text("ana") },
        EventKind::StepWaits { run: run.clone(), step: 1, reason: text("the workflow has not started yet.") },
        EventKind::StepFailed { run: run.clone(), step: 1, reason: text("CircleCI answered 404.") },
        EventKind::StepUnknown { run: run.clone(), step: 1, reason: text("No answer came.") },
        resolved(Resolution::Retry),
        resolved(Resolution::MarkAsDone),
        EventKind::RunStopped { run: run.clone(), step: 1 },
        EventKind::RunSucceeded { run: RunId::from_text("gone") },
        EventKind::HealthReported {
            source: text("api"),
            health: Health::Healthy,
            since: at(60),
            overall: Health::Healthy,
        },
        EventKind::HealthReported {
            source: text("alarm checkout-5xx"),
            health: Health::Ailing,
            since: at(61),
            overall: Health::Unhealthy,
        },
        EventKind::HealthWithdrawn { source: text("api"), overall: Some(Health::Unhealthy) },
        EventKind::HealthWithdrawn { source: text("api"), overall: None },
        EventKind::TagAdded { tag: text("#soaked"), rule: text("soak") },
        EventKind::Reacted { user: text("U2"), name: text("ana"), thumb: Thumb::Plus1, is_there: true },
        EventKind::Reacted { user: text("U2"), name: text("ana"), thumb: Thumb::Minus1, is_there: false },
        EventKind::ReactionsFull,
        EventKind::HealthFull,
        EventKind::NotTold { channel: text("#deploys"), reason: text("the app is not in it.") },
        EventKind::PutAside { row: text("an action"), reason: text("its field `do` is missing.") },
    ];
    page.events.extend(more.into_iter().map(|kind| event(300, kind)));
    let undone = [
        EventKind::QuorumUndone { approval: id.clone(), by: text("U2"), name: text("ana") },
        withdrawn("U2"),
    ];
    page.events.extend(undone.into_iter().map(|kind| event(301, kind)));
    page
}

/// Markup and addresses that must not do anything, wherever text comes from outside.
pub(crate) fn hostile() -> Page {
    let markup = "<script>alert('x')</script>\"'&amp;<img src=x onerror=alert(1)>";
    let link = "javascript:alert(document.cookie)";
    let mut page = everything();
    page.events.push(event(301, EventKind::RulesRefused { problems: vec![markup.into()] }));
    page.events.push(event(301, EventKind::NotTold { channel: markup.into(), reason: markup.into() }));
    let deploy = &mut page.deploy;
    deploy.environment = markup.into();
    deploy.branch = Some(markup.into());
    deploy.tags = vec![markup.into()];
    deploy.links = BTreeMap::from([(markup.into(), link.into())]);
    deploy.deployer = Some(person(markup));
    deploy.commits.push(Commit { url: Some(link.into()), ..commit(markup, markup, &[markup]) });
    deploy.pull_requests.push(PullRequest {
        number: 1,
        title: markup.into(),
        url: link.into(),
        author: markup.into(),
        merged_by: None,
        labels: vec![markup.into()],
        issues: Vec::new(),
    });
    let approval = &mut page.approvals[0];
    approval.name = markup.into();
    approval.prompt = format!("{markup} <{link}|{markup}>");
    approval.channel = markup.into();
    approval.subject.rule = markup.into();
    approval.votes = vec![Vote { reason: Some(markup.into()), ..vote("U1", markup, Choice::Approve, 1) }];
    approval.struck = vec![Struck { voter: markup.into(), why: Verdict::Bot }];
    approval.rules_change = RulesChange::Yes(vec![markup.into()]);
    approval.electorate = Electorate {
        people: Some(vec![markup.into()]),
        who: markup.into(),
        except: vec![markup.into()],
        not_found: vec![markup.into()],
        missing: vec![markup.into()],
        groups: vec![markup.into()],
        quotas: Vec::new(),
        own_word: vec![markup.into()],
        people_page: Some(markup.into()),
        lift_freeze: vec![vec![markup.into()]],
        missing_lifters: vec![markup.into()],
        glass: None,
        parts: vec![
            Part { makers: vec![markup.into()], commits: 1, pull_requests: 0, title: markup.into() };
            2
        ],
        blocked: vec![Blocker::not_found(vec![markup.into()])],
        below_policy: vec![markup.into()],
        judged: None,
        is_of_rules: true,
        without_range: None,
        files: None,
    };
    let by = Successor { deploy: DeployId::from_text(markup), title: markup.into(), url: link.into() };
    approval.status = Status::Closed(Closed::Superseded { at: at(300), by });
    let withdrawn = EventKind::VoteWithdrawn {
        approval: approval.id.clone(),
        voter: markup.into(),
        name: markup.into(),
        choice: Choice::Approve,
        by: markup.into(),
    };
    let run = &mut page.runs[0];
    let resolved = EventKind::StepResolved {
        run: run.id.clone(),
        step: 1,
        by: markup.into(),
        name: markup.into(),
        resolution: Resolution::Retry,
        reason: Some(markup.into()),
    };
    page.events.extend([withdrawn, resolved].map(|kind| event(302, kind)));
    run.rule = markup.into();
    set(run, 1, succeeded(markup, Some(link)));
    page
}
