//! Everything about one deploy, and two rows of it at once.

use crate::local::Local;
use crate::samples::{approval, deploy, plain, second};
use jiff::Timestamp;
use signoff_core::approval::Approval;
use signoff_core::decision::Decision;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::id::{ApprovalId, RunId};
use signoff_core::run::{Opening, Run};
use signoff_store::{Change, Page, Store};

fn note(text: &str) -> EventKind {
    EventKind::NotTold { channel: "#deploys".to_owned(), reason: text.to_owned() }
}

fn notes(page: &Page) -> Vec<&str> {
    let mut notes = Vec::new();
    for event in &page.events {
        if let EventKind::NotTold { reason, .. } = &event.kind {
            notes.push(reason.as_str());
        }
    }
    notes
}

fn run(rule: &str, now: Timestamp) -> Run {
    let deploy = deploy(1).id;
    let opening = Opening {
        deploy: &deploy,
        revision: "7bf7226",
        rule,
        rule_hash: "hash",
        actions: &[],
        followed: false,
    };
    Run::open(&opening, now).next
}

async fn page(store: &Store) -> Page {
    store.page(&deploy(1).id).await.expect("read").expect("a page")
}

async fn registered() -> Local {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    local
}

#[tokio::test]
async fn a_deploy_that_is_not_on_record_has_no_page() {
    let local = registered().await;
    assert!(local.store.page(&deploy(2).id).await.expect("read").is_none());
    assert_eq!(local.store.deploy(&deploy(2).id).await.expect("read"), None);
}

#[tokio::test]
async fn runs_of_one_evaluation_stand_in_the_files_order() {
    let local = registered().await;
    let lines = [7, 2, 30, 11, 5];
    let change = lines.iter().fold(Change::to(&deploy(1).id, second(1)), |change, line| {
        let mut run = run(&format!("rule {line}"), second(1));
        run.line = Some(*line);
        change.run(plain(run))
    });
    local.store.commit(change).await.expect("committed");
    let found: Vec<_> = page(&local.store).await.runs.iter().filter_map(|run| run.line).collect();
    assert_eq!(found, [2, 5, 7, 11, 30]);
}

#[tokio::test]
async fn a_page_has_everything_of_its_deploy_and_nothing_of_others() {
    let local = registered().await;
    local.store.commit(Change::register(&deploy(2), second(0))).await.expect("registered");
    let id = deploy(1).id;
    let tell = EffectKind::TellChannel { channel: "#deploys".to_owned(), text: "told".to_owned() };
    let change = Change::to(&id, second(1))
        .run(plain(run("promote", second(1))))
        .approval(plain(approval(&id, 1)))
        .and("owner", vec![tell], vec![note("a")]);
    assert_eq!(change.rows(), 4);
    local.store.commit(change).await.expect("committed");
    let page = page(&local.store).await;
    assert_eq!((page.runs.len(), page.approvals.len(), page.effects.len(), page.events.len()), (1, 1, 2, 2));
    assert!(page.effects.iter().all(|effect| effect.deploy == id));
}

#[tokio::test]
async fn runs_and_approvals_come_oldest_first() {
    let local = registered().await;
    let id = deploy(1).id;
    for (rule, opened) in [("last", 9), ("first", 1), ("middle", 5)] {
        let run = run(rule, second(opened));
        let approval = |step| Approval {
            id: ApprovalId::derive(&run.id, step),
            run: run.id.clone(),
            step,
            name: format!("{rule} {step}"),
            opened_at: second(opened),
            ..approval(&id, 1)
        };
        let (one, two) = (plain(approval(1)), plain(approval(0)));
        let change = Change::to(&id, second(10)).approval(one).approval(two).run(plain(run.clone()));
        local.store.commit(change).await.expect("committed");
    }
    let page = page(&local.store).await;
    assert_eq!(
        page.runs.iter().map(|run| run.rule.as_str()).collect::<Vec<_>>(),
        ["first", "middle", "last"]
    );
    let names: Vec<_> = page.approvals.iter().map(|approval| approval.name.as_str()).collect();
    assert_eq!(names, ["first 0", "first 1", "middle 0", "middle 1", "last 0", "last 1"]);
}

#[tokio::test]
async fn events_come_in_the_order_of_their_commits() {
    let local = registered().await;
    let id = deploy(1).id;
    let events = |texts: [&str; 2]| texts.map(note).to_vec();
    // Committed out of order, by owners whose names sort the other way, some within a microsecond.
    let later = second(2) + jiff::SignedDuration::from_micros(1);
    for (now, owner, texts) in
        [(later, "z", ["f", "g"]), (second(2), "a", ["d", "e"]), (second(1), "b", ["a", "b"])]
    {
        let change = Change::to(&id, now).and(owner, Vec::new(), events(texts));
        local.store.commit(change).await.expect("committed");
    }
    let run = Decision { events: vec![note("y")], ..plain(run("promote", second(3))) };
    let approval = Decision { events: vec![note("x")], ..plain(approval(&id, 1)) };
    let last = Change::to(&id, second(3)).and("0", Vec::new(), vec![note("w")]).approval(approval).run(run);
    local.store.commit(last.and("1", Vec::new(), vec![note("z")])).await.expect("committed");
    assert_eq!(notes(&page(&local.store).await), ["a", "b", "d", "e", "f", "g", "w", "x", "y", "z"]);
}

#[tokio::test]
async fn a_page_longer_than_dynamodb_reads_at_once_is_whole() {
    let local = registered().await;
    let id = deploy(1).id;
    for number in 0..15 {
        let event = note(&format!("{number:02} {}", "x".repeat(100_000)));
        let change = Change::to(&id, second(number)).and(&number.to_string(), Vec::new(), vec![event]);
        local.store.commit(change).await.expect("committed");
    }
    let page = page(&local.store).await;
    let numbers: Vec<_> = notes(&page).iter().map(|text| text[..2].to_owned()).collect();
    assert_eq!(numbers, (0..15).map(|number| format!("{number:02}")).collect::<Vec<_>>());
    assert_eq!(page.deploy, deploy(1));
}

#[tokio::test]
async fn two_rows_are_read_at_once_or_not_at_all() {
    let local = registered().await;
    let id = deploy(1).id;
    let (run, approval) = (run("promote", second(1)), approval(&id, 1));
    assert_eq!(local.store.deploy_and_run(&id, &run.id).await.expect("read"), None);
    local.store.commit(Change::to(&id, second(1)).run(plain(run.clone()))).await.expect("committed");
    let (found_deploy, found_run) =
        local.store.deploy_and_run(&id, &run.id).await.expect("read").expect("both");
    assert_eq!((&found_deploy, &found_run.rule), (&deploy(1), &run.rule));

    assert_eq!(local.store.approval_and_run(&id, &approval.id, &run.id).await.expect("read"), None);
    local
        .store
        .commit(Change::to(&id, second(1)).approval(plain(approval.clone())))
        .await
        .expect("committed");
    let both = local.store.approval_and_run(&id, &approval.id, &run.id).await.expect("read").expect("both");
    assert_eq!((both.0.id, both.1.id), (approval.id.clone(), run.id.clone()));
    let nobodys = RunId::from_text("another");
    assert_eq!(local.store.approval_and_run(&id, &approval.id, &nobodys).await.expect("read"), None);
}
