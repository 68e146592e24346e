//! A deploy of which as much is on record as can be, and more.

use super::{approval, asking, at, build, commit, event, person, registered, run, set, vote};
use signoff_core::action::{Action, ApprovalSpec};
use signoff_core::approval::{
    Blocker, Choice, Closed, Electorate, Lifted, Part, Quota, Standing, Status, Struck, Verdict,
};
use signoff_core::deploy::{PullRequest, RulesChange};
use signoff_core::event::EventKind;
use signoff_core::id::ApprovalId;
use signoff_core::issue::{Issue, Tracker};
use signoff_core::run::{Branch, Resolution, Run, StepState};
use signoff_store::Page;

/// Text that takes most as HTML: `count` quotation marks.
fn quotes(count: usize) -> String {
    "\"".repeat(count)
}

fn link() -> String {
    format!("https://example.com/{}", quotes(2000))
}

fn people() -> Vec<String> {
    (0..100).map(|number| format!("U{number}")).collect()
}

fn electorate(who: usize) -> Electorate {
    Electorate {
        people: Some(people()),
        who: quotes(who),
        except: (100..200).map(|number| format!("U{number}")).collect(),
        not_found: vec![quotes(200); 100],
        missing: Vec::new(),
        groups: Vec::new(),
        quotas: vec![Quota { from: quotes(200), people: Vec::new(), votes: 1 }; 20],
        own_word: (200..300).map(|number| format!("U{number}")).collect(),
        people_page: None,
        lift_freeze: vec![people()],
        missing_lifters: Vec::new(),
        glass: None,
        parts: vec![Part { makers: people(), commits: 1, pull_requests: 0, title: quotes(200) }; 200],
        blocked: vec![Blocker::not_found(vec![quotes(200); 300])],
        below_policy: vec![quotes(200); 20],
        judged: None,
        is_of_rules: false,
        without_range: None,
        files: None,
    }
}

/// 250 commits and pull requests, 50 links, 5 approvals of 100 votes each (of which the last three are open,
/// and everybody called `U0` to `U99` may vote), 300 events of every long kind at one second each, all of
/// them as long as they come.
pub(crate) fn crowded() -> Page {
    let mut page = registered();
    let deploy = &mut page.deploy;
    deploy.environment = quotes(300);
    deploy.branch = Some(quotes(300));
    deploy.deployer = Some(person(&quotes(300)));
    deploy.tags = vec![quotes(300); 50];
    deploy.links = (0..50).map(|number| (format!("{number} {}", quotes(200)), link())).collect();
    deploy.issues = (0..30)
        .map(|number| Issue {
            key: format!("SHOP-{number}"),
            title: quotes(300),
            url: format!("https://example.com/{}", quotes(300)),
            priority: None,
            labels: Vec::new(),
            kind: None,
            tracker: Tracker::Jira,
        })
        .collect();
    deploy.silent_trackers = vec![Tracker::Linear];
    let authors: Vec<_> = (0..20).map(|number| format!("{number} {}", quotes(200))).collect();
    let authors: Vec<_> = authors.iter().map(String::as_str).collect();
    deploy.commits = (0..250)
        .map(|number| commit(&format!("{number:040x}"), &quotes(300), &authors))
        .map(|commit| signoff_core::deploy::Commit { url: Some(link()), ..commit })
        .collect();
    deploy.pull_requests = (0..250)
        .map(|number| PullRequest {
            number,
            title: quotes(300),
            url: format!("https://example.com/{}", quotes(300)),
            author: quotes(200),
            merged_by: None,
            labels: vec![quotes(200); 50],
            issues: Vec::new(),
        })
        .collect();
    let run = asking_run();
    for (number, step) in (0..run.steps.len()).filter(|step| run.asks(*step).is_some()).enumerate() {
        page.approvals.push(voted_on(&run, step, number));
    }
    let ids: Vec<_> = page.approvals.iter().map(|approval| approval.id.clone()).collect();
    page.events = (0..300).map(|number| event(number, happened(number, &ids, &run))).collect();
    page.runs = vec![run];
    page
}

/// Five actions that ask, each with a hundred of its own.
fn asking_run() -> Run {
    let action = |number: usize| build(&format!("{number} {}", quotes(300)));
    let asks = |number: usize| {
        let Action::SlackChannelApproval(spec) = asking(&format!("{number} {}", quotes(300)), Vec::new())
        else {
            panic!("it asks")
        };
        let (on_success, others) = ((0..100).map(action).collect(), vec![action(0); 20]);
        let (on_reject, on_expire) = (others.clone(), others);
        Action::SlackChannelApproval(ApprovalSpec { on_success, on_reject, on_expire, ..spec })
    };
    let actions: Vec<_> = (0..5).map(asks).collect();
    let mut run = run(&quotes(300), &actions);
    for step in 0..run.steps.len() {
        let state = match run.steps[step].action {
            Action::SlackChannelApproval(_) => {
                StepState::Asking { approval: ApprovalId::derive(&run.id, step) }
            }
            // Where a person is asked, it is not the first that is shown.
            _ if run.steps[step].branch == Branch::OnSuccess && step % 100 == 50 => {
                StepState::Unknown { at: at(30), reason: quotes(3000) }
            }
            _ => StepState::Succeeded { at: at(30), summary: quotes(3000), url: Some(link()) },
        };
        set(&mut run, step, state);
    }
    run
}

fn voted_on(run: &Run, step: usize, number: usize) -> signoff_core::approval::Approval {
    let mut asked = approval(run, step);
    asked.prompt = "*\"* ".repeat(1000);
    asked.channel = quotes(300);
    asked.rules_change = RulesChange::Yes(vec![quotes(300); 10]);
    asked.votes_required = 1000;
    asked.electorate = electorate(300);
    asked.votes = people()
        .iter()
        .map(|id| {
            let mut vote = vote(id, &quotes(300), Choice::Approve, 240);
            vote.reason = Some(quotes(3000));
            vote
        })
        .collect();
    // Somebody may still vote.
    asked.votes.remove(0);
    asked.struck = people().into_iter().map(|voter| Struck { voter, why: Verdict::NotNamed }).collect();
    asked.status = match number {
        0 => Status::Closed(Closed::Approved { at: at(300) }),
        1 => Status::Closed(Closed::Cancelled { at: at(300), by: Some("U2".into()), reason: quotes(3000) }),
        2 | 3 => Status::Pending,
        _ => Status::Quorum { since: at(590), until: at(100_000), note: Some(quotes(3000)) },
    };
    asked.frozen.lifted = Some(Lifted { by: "U2".into(), at: at(200), reason: quotes(3000) });
    asked
}

fn happened(number: i64, approvals: &[ApprovalId], run: &Run) -> EventKind {
    let of = |number: i64| approvals[usize::try_from(number).unwrap() % approvals.len()].clone();
    let (approval, long) = (of(number), quotes(3000));
    let (by, name) = ("U2".to_owned(), quotes(300));
    match number % 9 {
        0 => EventKind::VoteCast {
            approval,
            voter: by,
            name,
            choice: Choice::Approve,
            previous: None,
            reason: Some(long),
            standing: Some(Standing::Member),
        },
        1 => EventKind::RulesRefused { problems: vec![quotes(300); 100] },
        2 => EventKind::RulesEvaluated {
            path: Some(quotes(300)),
            hash: None,
            held: vec![quotes(300); 50],
            notices: vec![quotes(300); 50],
        },
        3 => EventKind::VotersChecked {
            approval,
            electorate: electorate(200),
            voters: people().into_iter().map(|voter| (voter, Verdict::Eligible)).collect(),
        },
        4 => EventKind::NotTold { channel: quotes(300), reason: long },
        5 => EventKind::StepSucceeded { run: run.id.clone(), step: 1, summary: long, url: Some(link()) },
        6 => EventKind::VoteWithdrawn { approval, voter: by.clone(), name, choice: Choice::Reject, by },
        7 => {
            let (run, resolution) = (run.id.clone(), Resolution::Retry);
            EventKind::StepResolved { run, step: 1, by, name, resolution, reason: Some(quotes(500)) }
        }
        _ => EventKind::ApprovalOpened { approval, name, channel: quotes(300), electorate: electorate(100) },
    }
}
