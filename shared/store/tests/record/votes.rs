//! Voters who race.

use crate::local::Local;
use crate::samples::{approval, deploy, open, plain, second, vote};
use signoff_core::approval::{
    Approval, ApprovalAction, BreakerCheck, Breakers, Check, Choice, Click, Closed, Command, Electorate,
    Hands, Refusal, Status, Successor, Verdict, Voter, decide,
};
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_store::{Change, CommitError, Page, Store};
use tokio::task::JoinSet;

/// Far more than any race here takes; reached only by a test that fails.
const MAX_RACES: usize = 2000;

/// Decides and commits, and decides again on the newest state when somebody else committed first.
async fn cast(store: &Store, of: &Approval, command: Command) -> Result<(), Refusal> {
    for _ in 0..MAX_RACES {
        let newest = store.approval(&of.deploy, &of.id).await.expect("read").expect("an approval");
        let decision = decide(&newest, command.clone(), second(60))?;
        match store.commit(Change::to(&of.deploy, second(60)).approval(decision)).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Conflict) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("no end of conflicts");
}

/// Has everybody vote at the same time, and returns how each vote ended.
async fn race(store: &Store, of: &Approval, commands: Vec<Command>) -> Vec<Result<(), Refusal>> {
    let mut tasks = JoinSet::new();
    for command in commands {
        let (store, of) = (store.clone(), of.clone());
        tasks.spawn(async move { cast(&store, &of, command).await });
    }
    tasks.join_all().await
}

async fn newest(store: &Store, of: &Approval) -> Approval {
    store.approval(&of.deploy, &of.id).await.expect("read").expect("an approval")
}

/// The page of the deploy that `of` is about.
async fn page(store: &Store, of: &Approval) -> Page {
    store.page(&of.deploy).await.expect("read").expect("a page")
}

fn events(page: &Page, wanted: fn(&EventKind) -> bool) -> usize {
    page.events.iter().filter(|event| wanted(&event.kind)).count()
}

fn effects(page: &Page, wanted: fn(&EffectKind) -> bool) -> usize {
    page.effects.iter().filter(|effect| wanted(&effect.kind)).count()
}

/// Everybody who voted may, as was found at the look before the first action.
fn confirm(of: &Approval) -> Command {
    let voters = of.votes.iter().map(|vote| (vote.voter.clone(), Verdict::Eligible)).collect();
    Command::Confirm(Check { electorate: Electorate::anyone(), voters, base: None, breaker: None })
}

async fn with_approval(votes_required: u32) -> (Local, Approval) {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    let approval = open(&local.store, approval(&deploy(1).id, votes_required)).await;
    (local, approval)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_votes_at_once_have_one_outcome() {
    let (local, approval) = with_approval(50).await;
    let commands = (0..50).map(|number| vote(&approval, &format!("U{number}"), Choice::Approve)).collect();
    let results = race(&local.store, &approval, commands).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");

    let last = newest(&local.store, &approval).await;
    assert_eq!((last.votes.len(), last.version), (50, 51));
    assert_eq!(last.status, Status::Quorum { since: second(60), until: second(60), note: None });
    let voted = page(&local.store, &approval).await;
    assert_eq!(events(&voted, |event| matches!(event, EventKind::VoteCast { .. })), 50);
    assert_eq!(events(&voted, |event| matches!(event, EventKind::QuorumReached { .. })), 1);
    assert_eq!(events(&voted, |event| matches!(event, EventKind::ApprovalClosed { .. })), 0);
    assert_eq!(effects(&voted, |effect| matches!(effect, EffectKind::DrawDialog { .. })), 50);
    assert_eq!(effects(&voted, |effect| matches!(effect, EffectKind::ConfirmQuorum { .. })), 1);
    assert_eq!(effects(&voted, |effect| matches!(effect, EffectKind::AdvanceRun { .. })), 0);

    let results = race(&local.store, &approval, vec![confirm(&last); 10]).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(Refusal::NotNow))), "{results:?}");
    assert_eq!(
        newest(&local.store, &approval).await.status,
        Status::Closed(Closed::Approved { at: second(60) })
    );
    let page = page(&local.store, &approval).await;
    assert_eq!(events(&page, |event| matches!(event, EventKind::VotersChecked { .. })), 1);
    assert_eq!(events(&page, |event| matches!(event, EventKind::ApprovalClosed { .. })), 1);
    assert_eq!(effects(&page, |effect| matches!(effect, EffectKind::AdvanceRun { .. })), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rejection_races_the_look_and_one_decides() {
    for _ in 0..10 {
        let (local, approval) = with_approval(1).await;
        cast(&local.store, &approval, vote(&approval, "U1", Choice::Approve)).await.expect("a vote");
        let quorum = newest(&local.store, &approval).await;
        let commands = vec![confirm(&quorum), vote(&approval, "U2", Choice::Reject)];
        let results = race(&local.store, &approval, commands).await;
        let last = newest(&local.store, &approval).await;
        assert_eq!(last.version, 3);
        let late: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        match last.status {
            Status::Closed(closed @ Closed::Approved { .. }) => assert_eq!(late, [&Refusal::Closed(closed)]),
            Status::Closed(Closed::Rejected { .. }) => assert_eq!(late, [&Refusal::NotNow]),
            other => panic!("{other:?}"),
        }
        let page = page(&local.store, &approval).await;
        assert_eq!(events(&page, |event| matches!(event, EventKind::ApprovalClosed { .. })), 1);
        assert_eq!(effects(&page, |effect| matches!(effect, EffectKind::AdvanceRun { .. })), 1);
    }
}

/// U9 breaks the glass of `of`.
fn breaks_glass(of: &Approval) -> Command {
    let workspace = of.workspace.clone();
    let voter = Voter { id: "U9".to_owned(), name: "Nina".to_owned(), workspace, standing: None };
    let ask = ApprovalAction::BreakGlass.because("Checkout is down");
    Command::Click(Click { voter, ask, at: second(1), subject: of.subject.mark() })
}

/// The look at everybody who voted, and at U9, who may break the glass.
fn look(of: &Approval) -> Command {
    let voters = of.votes.iter().map(|vote| (vote.voter.clone(), Verdict::Eligible)).collect();
    let breaker = of.glass.broken.as_ref().map(|broken| {
        let hands = Hands { members: Vec::new(), may_lack: false };
        BreakerCheck { by: broken.by.clone(), verdict: Verdict::Eligible, hands }
    });
    Command::Confirm(Check { electorate: of.electorate.clone(), voters, base: None, breaker })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn broken_glass_and_its_rival_close_an_approval_once() {
    let newer = Successor {
        deploy: DeployId::from_text("d2"),
        title: "Take vouchers".to_owned(),
        url: "https://signoff.example.com/deploys/d2".to_owned(),
    };
    for round in 0..30 {
        let local = Local::new().await;
        local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
        let glass = Breakers { people: vec!["U9".to_owned()], review_within: 3_600, by_policy: false };
        let electorate = Electorate { glass: Some(glass), ..Electorate::anyone() };
        let whole = Approval { electorate, ..approval(&deploy(1).id, 1) };
        let approval = open(&local.store, whole).await;
        let rival = match round % 3 {
            0 => vote(&approval, "U1", Choice::Approve),
            1 => vote(&approval, "U2", Choice::Reject),
            _ => Command::Supersede(newer.clone()),
        };
        let results = race(&local.store, &approval, vec![breaks_glass(&approval), rival]).await;
        let quorum = newest(&local.store, &approval).await;
        if quorum.status.is_quorum() {
            cast(&local.store, &approval, look(&quorum)).await.expect("enough");
        }
        let last = newest(&local.store, &approval).await;
        let is_broken = last.glass.broken.is_some();
        match (round % 3, &last.status) {
            (0, Status::Closed(Closed::Approved { .. })) => {
                assert_eq!(last.votes.len(), 1, "the vote is kept");
                assert_eq!(last.owed_review().is_some(), is_broken, "a review is owed for a broken glass");
                let refused = results.contains(&Err(Refusal::NoGlassNeeded));
                assert_ne!(refused, is_broken, "{results:?}");
            }
            (1, Status::Closed(closed @ Closed::Rejected { .. }))
            | (2, Status::Closed(closed @ Closed::Superseded { .. })) => {
                assert_eq!(last.owed_review(), None, "nothing went ahead");
                let refused = results.contains(&Err(Refusal::Closed(closed.clone())));
                assert_ne!(refused, is_broken, "{results:?}");
            }
            (_, other) => panic!("{round}: {other:?}"),
        }
        let page = page(&local.store, &approval).await;
        assert_eq!(events(&page, |event| matches!(event, EventKind::ApprovalClosed { .. })), 1);
        assert_eq!(
            events(&page, |event| matches!(event, EventKind::GlassBroken { .. })),
            usize::from(is_broken)
        );
        assert_eq!(effects(&page, |effect| matches!(effect, EffectKind::AdvanceRun { .. })), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_persons_click_delivered_twenty_times_is_one_vote() {
    let (local, approval) = with_approval(2).await;
    let results = race(&local.store, &approval, vec![vote(&approval, "U1", Choice::Approve); 20]).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(Refusal::Replayed))), "{results:?}");
    let last = newest(&local.store, &approval).await;
    assert_eq!((last.votes.len(), last.version, last.status), (1, 2, Status::Pending));
    let page = page(&local.store, &approval).await;
    assert_eq!(events(&page, |event| matches!(event, EventKind::VoteCast { .. })), 1);
}

#[tokio::test]
async fn stale_vote_is_a_conflict_and_changes_nothing() {
    let (local, approval) = with_approval(2).await;
    let decided =
        |voter| decide(&approval, vote(&approval, voter, Choice::Approve), second(60)).expect("a vote");
    let change = |voter| Change::to(&approval.deploy, second(60)).approval(decided(voter));
    local.store.commit(change("U1")).await.expect("the first vote");
    let before = local.rows().await;
    let second_vote = local.store.commit(change("U2")).await;
    assert!(matches!(second_vote, Err(CommitError::Conflict)), "{second_vote:?}");
    assert_eq!(local.rows().await, before);
}

#[tokio::test]
async fn second_change_to_a_version_is_a_conflict() {
    let (local, approval) = with_approval(2).await;
    let renamed = |name: &str| plain(Approval { name: name.to_owned(), ..approval.clone() });
    let change = |name| Change::to(&approval.deploy, second(60)).approval(renamed(name));
    local.store.commit(change("first")).await.expect("the first change");
    let late = local.store.commit(change("second")).await;
    assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
    let last = newest(&local.store, &approval).await;
    assert_eq!((last.name.as_str(), last.version), ("first", 2));
}

#[tokio::test]
async fn an_approval_opens_once() {
    let (local, approval) = with_approval(2).await;
    let before = local.rows().await;
    let again = Approval { version: 0, ..approval.clone() };
    let again = local.store.commit(Change::to(&approval.deploy, second(1)).approval(plain(again))).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
    assert_eq!(local.rows().await, before);
}

#[tokio::test]
async fn an_approval_that_is_not_on_record_can_not_be_moved() {
    let local = Local::new().await;
    let never = Approval { version: 3, ..approval(&deploy(1).id, 1) };
    let result = local.store.commit(Change::to(&deploy(1).id, second(1)).approval(plain(never))).await;
    assert!(matches!(result, Err(CommitError::Conflict)), "{result:?}");
    assert_eq!(local.rows().await.len(), 0);
}
