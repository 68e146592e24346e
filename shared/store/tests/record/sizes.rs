//! A row of many people and many reports: it stays within DynamoDB's 400 KB, or is refused by name.

use crate::local::Local;
use crate::samples::{approval, deploy, plain, second};
use signoff_core::approval::Dialog;
use signoff_core::approval::{
    self as votes, Approval, ApprovalAction, Check, Click, Electorate, Status, Verdict, Voter,
};
use signoff_core::deploy::Deploy;
use signoff_core::event::EventKind;
use signoff_core::facts::{self, ALARM, Command, Facts, Health, MAX_ALARMS, Reaction, Report, Thumb};
use signoff_store::{Change, CommitError, StoreError};

#[tokio::test]
async fn five_hundred_votes_with_long_reasons_fit_into_a_row() {
    let local = Local::new().await;
    let id = deploy(1).id;
    let mut approval = approval(&id, 501);
    let reason = "\u{20ac}".repeat(500);
    for number in 0..500 {
        let voter = voter(&approval, number);
        let ask = ApprovalAction::Approve.because(reason.clone());
        let click = Click { voter, ask, at: second(number), subject: approval.subject.mark() };
        let decision =
            votes::decide(&approval, votes::Command::Click(click), second(number)).expect("a vote");
        let told = serde_json::to_string(&decision.events).expect("JSON");
        assert!(told.contains(&reason), "the record of the vote has the whole reason");
        approval = decision.next;
    }
    local
        .store
        .commit(Change::to(&id, second(0)).approval(plain(approval.clone())))
        .await
        .expect("committed");
    let kept = local.store.approval(&id, &approval.id).await.expect("read").expect("an approval");
    assert_eq!(kept.votes.len(), 500);
    assert_eq!(kept.votes[0].reason.as_ref(), Some(&reason));
    let last = kept.votes[499].reason.as_ref().expect("a reason");
    assert!(
        last.starts_with('\u{20ac}') && last.ends_with('\u{2026}') && last.chars().count() < 30,
        "{last}"
    );
}

fn voter(approval: &Approval, number: i64) -> Voter {
    Voter {
        id: format!("U{number:010}"),
        name: format!("{number:04} {}", "\u{fc}".repeat(40)),
        workspace: approval.workspace.clone(),
        standing: None,
    }
}

/// An approval of 500 people, held until second 2000, where one would have done.
fn held(approval: &Approval) -> Approval {
    let mut next = Approval { votes_required: 501, ..approval.clone() };
    for number in 0..500 {
        let ask = ApprovalAction::Approve.into();
        let subject = next.subject.mark();
        let click = Click { voter: voter(&next, number), ask, at: second(number), subject };
        next = votes::decide(&next, votes::Command::Click(click), second(number)).expect("a vote").next;
    }
    let status = Status::Quorum { since: second(500), until: second(2000), note: None };
    Approval { status, votes_required: 1, ..next }
}

#[tokio::test]
async fn five_hundred_votes_are_taken_back_or_struck_at_once() {
    let id = deploy(1).id;
    let approval = held(&approval(&id, 501));
    let (subject, voter) = (approval.subject.mark(), voter(&approval, 0));
    let undo =
        votes::Command::Click(Click { voter, ask: ApprovalAction::Undo.into(), at: second(1000), subject });
    let voters = approval.votes.iter().map(|vote| (vote.voter.clone(), Verdict::Deactivated)).collect();
    let base = approval.subject.base.clone();
    let strike = Check { electorate: Electorate::anyone(), voters, base, breaker: None };
    for (command, at) in [(undo, second(1000)), (votes::Command::Confirm(strike), second(2000))] {
        let local = Local::new().await;
        local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
        let decision = votes::decide(&approval, command, at).expect("its turn");
        let events = decision.events.clone();
        assert!(events.len() > 500);
        local.store.commit(Change::to(&id, at).approval(decision)).await.expect("committed");
        let page = local.store.page(&id).await.expect("read").expect("a page");
        let kept: Vec<EventKind> =
            page.events.into_iter().filter(|event| event.at == at).map(|event| event.kind).collect();
        assert_eq!(kept, events, "all of them, in their order");
    }
}

#[tokio::test]
async fn a_thousand_reporters_and_reactions_fit_into_a_row() {
    for name in ["n".repeat(90), "\u{1f600}".repeat(196)] {
        let local = Local::new().await;
        let id = deploy(1).id;
        let mut known = Facts::none(&id);
        let (mut kept, mut refused) = (0, 0);
        for number in 0..1000 {
            let source = format!("{number:04}{name}");
            let report = Report { health: Health::Unhealthy, at: second(number) };
            let command = Command::Report { source: source.clone(), report };
            match facts::decide(&known, command, second(number)) {
                Some(decision) => {
                    known = decision.next;
                    kept += 1;
                }
                None => {
                    assert!(known.is_full_for(&source));
                    refused += 1;
                }
            }
            let reaction = Reaction {
                message: Dialog { channel: "C0123456789".to_owned(), ts: format!("1795430760.{number:06}") },
                user: format!("U{number:010}"),
                name: name.clone(),
                thumb: Thumb::Minus1,
                is_there: true,
                at: second(number),
            };
            if let Some(decision) = facts::decide(&known, Command::React(reaction), second(number)) {
                known = decision.next;
            }
            let tag = Command::Tag { tag: format!("#{number}{name}"), rule: "tag".to_owned() };
            if let Some(decision) = facts::decide(&known, tag, second(number)) {
                known = decision.next;
            }
        }
        for number in 0..MAX_ALARMS {
            let source = format!("{ALARM}{number:04}{}", "n".repeat(190));
            let report = Report { health: Health::Unhealthy, at: second(0) };
            known = facts::decide(&known, Command::Report { source, report }, second(0)).expect("room").next;
        }
        assert_eq!(kept + refused, 1000);
        assert!(if name.len() < 100 { refused == 0 } else { kept > 100 && refused > 0 }, "{kept} of {name}");
        // One that reported before still may.
        let first = format!("0000{name}");
        assert!(!known.is_full_for(&first));
        local.store.commit(Change::to(&id, second(0)).facts(plain(known.clone()))).await.expect("committed");
        assert_eq!(local.store.facts(&id).await.expect("read").reports.len(), kept + MAX_ALARMS);
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_sent() {
    let local = Local::new().await;
    let links =
        (0..50).map(|number| (format!("link {number}"), format!("https://example.com/{}", "x".repeat(5000))));
    let large = Deploy { links: links.collect(), ..deploy(1) };
    let refused = local.store.commit(Change::register(&large, second(0))).await.expect_err("too large");
    let CommitError::Store(error @ StoreError::TooLarge { .. }) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().starts_with("the deploy with its links"), "{error}");
    let mut change = Change::to(&deploy(1).id, second(0));
    for number in 0..101 {
        change = change.and(&number.to_string(), Vec::new(), vec![EventKind::DeployRegistered]);
    }
    let refused = local.store.commit(change).await.expect_err("too many");
    assert!(refused.to_string().contains("101 rows"), "{refused}");
    assert!(local.rows().await.is_empty());
}
