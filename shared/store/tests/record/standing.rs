//! The deploy that stands in an environment, whoever arrives when; and the latest one that was registered.

use crate::local::Local;
use crate::samples::{deploy, second};
use signoff_core::confirmation::{Confirmation, Doubt};
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::id::DeployId;
use signoff_store::{Actor, Anew, Arrived, Change, CommitError, Done, KeptRepository, Latest, Store};
use tokio::task::JoinSet;

/// The deploy `id` of the revision that `revision` stands for, so many seconds after the first.
fn deployed(id: &str, revision: u32, seconds: i64) -> Deploy {
    Deploy { id: DeployId::from_text(id), deployed_at: second(seconds), ..deploy(revision) }
}

async fn register(store: &Store, deploy: &Deploy) {
    store.commit(Change::register(deploy, second(0))).await.expect("registered");
}

async fn arrive(store: &Store, deploy: &Deploy) -> Arrived {
    store.arrive(deploy).await.expect("noted")
}

async fn stands(store: &Store) -> Option<DeployId> {
    let slug = Slug::new("ACME", "Checkout").expect("a slug");
    store.newest_in(&slug, "STAGING").await.expect("read").map(|newest| newest.id)
}

#[tokio::test]
async fn a_revision_that_comes_back_stands_there_anew() {
    let local = Local::new().await;
    let (a, b, again) = (deployed("a", 1, 1), deployed("b", 2, 2), deployed("again", 1, 3));
    for deploy in [&a, &b, &again] {
        register(&local.store, deploy).await;
    }
    let previous = |arrived: Arrived| match arrived {
        Arrived::Stands { previous, .. } => previous.map(|previous| previous.id),
        Arrived::Late | Arrived::Repeats { .. } => panic!("it stands there"),
    };
    assert_eq!(previous(arrive(&local.store, &a).await), None);
    assert_eq!(previous(arrive(&local.store, &b).await), Some(a.id.clone()));
    assert_eq!(previous(arrive(&local.store, &again).await), Some(b.id.clone()));
    // Whatever is evaluated once more means what it meant.
    assert_eq!(previous(arrive(&local.store, &again).await), Some(b.id.clone()));
    assert_eq!(arrive(&local.store, &b).await, Arrived::Late);
    assert_eq!(stands(&local.store).await, Some(again.id));
}

#[tokio::test]
async fn any_deploy_that_came_later_overtakes_a_deploy() {
    let local = Local::new().await;
    let (a, b, again) = (deployed("a", 1, 1), deployed("b", 2, 2), deployed("again", 1, 3));
    let overtook = async |deploy: &Deploy| {
        let after = local.store.after(deploy).await.expect("read");
        after.overtook().map(|by| by.id.clone())
    };
    for deploy in [&a, &b] {
        register(&local.store, deploy).await;
        arrive(&local.store, deploy).await;
    }
    assert_eq!((overtook(&a).await, overtook(&b).await), (Some(b.id.clone()), None));
    register(&local.store, &again).await;
    arrive(&local.store, &again).await;
    // The revision of the first one stands there again, as a deploy with runs of its own.
    let again_overtook = Some(again.id.clone());
    assert_eq!((overtook(&a).await, overtook(&b).await), (again_overtook.clone(), again_overtook));
    assert_eq!(overtook(&again).await, None);
}

#[tokio::test]
async fn repository_belongs_to_the_first_deployment() {
    let local = Local::new().await;
    let slug = |name: &str| Slug::new("acme", name).expect("a slug");
    let mut racers = JoinSet::new();
    for name in ["checkout", "copy", "checkout", "copy"] {
        let (store, slug) = (local.store.clone(), slug(name));
        racers.spawn(async move { store.own_repository(99, &slug).await.expect("owned") });
    }
    let owners = racers.join_all().await;
    assert!(owners.iter().all(|owner| *owner == owners[0]), "{owners:?}");
    assert_eq!(local.store.own_repository(99, &slug("third")).await.expect("owned"), owners[0]);
    assert_eq!(local.store.own_repository(98, &slug("third")).await.expect("owned"), slug("third"));
    let of = async |id: u64| {
        let all = local.store.deployments_of(id).await.expect("read");
        all.iter().map(|slug| slug.name().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let other = if owners[0] == slug("copy") { "copy checkout third" } else { "checkout copy third" };
    assert_eq!([of(99).await, of(98).await, of(97).await], [other, "third", ""]);
}

#[tokio::test]
async fn project_belongs_to_one_repository_until_it_is_moved() {
    let local = Local::new().await;
    let of =
        async |number: u64| local.store.own_project("circleci/Org/Project", number).await.expect("owned");
    let moves = async |from: u64, to: u64| {
        local.store.move_project("circleci/org/project", from, to).await.expect("asked")
    };
    assert_eq!([of(7).await, of(8).await], [7, 7]);
    assert_eq!([moves(8, 9).await, moves(7, 8).await], [false, true]);
    assert_eq!([of(7).await, of(8).await], [8, 8]);
}

#[tokio::test]
async fn a_report_of_what_stands_there_repeats_it() {
    let local = Local::new().await;
    let (a, report, between) = (deployed("a", 1, 1), deployed("report", 1, 5), deployed("between", 2, 3));
    for deploy in [&a, &report, &between] {
        register(&local.store, deploy).await;
    }
    arrive(&local.store, &a).await;
    let Arrived::Repeats { of } = arrive(&local.store, &report).await else { panic!("it repeats") };
    assert_eq!(of.id, a.id);
    // What was deployed before the report is not there any more.
    assert_eq!(arrive(&local.store, &between).await, Arrived::Late);
    assert_eq!(local.store.newer(&between).await.expect("read").map(|newer| newer.id), Some(a.id.clone()));
    assert_eq!(local.store.newer(&a).await.expect("read"), None);
    assert_eq!(stands(&local.store).await, Some(a.id));
}

#[tokio::test]
async fn a_deploy_that_was_never_evaluated_is_taken_over() {
    let local = Local::new().await;
    let (a, again) = (deployed("a", 1, 1), deployed("again", 1, 2));
    register(&local.store, &a).await;
    register(&local.store, &again).await;
    arrive(&local.store, &a).await;
    let confirmation = Confirmation::Unevaluated { reason: "GitHub answered 503".to_owned() };
    let given_up = Deploy { confirmation, ..a.clone() };
    local.store.commit(Change::to(&a.id, second(1)).deploy(&given_up)).await.expect("written");
    assert_eq!(arrive(&local.store, &again).await, Arrived::Stands { previous: None, is_rollback: false });
    assert_eq!(stands(&local.store).await, Some(again.id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_reports_of_one_revision_one_stands() {
    let local = Local::new().await;
    let reports: Vec<_> = (1..=20).map(|number| deployed(&format!("r{number}"), 1, number)).collect();
    for report in &reports {
        register(&local.store, report).await;
    }
    let mut tasks = JoinSet::new();
    for report in reports {
        let store = local.store.clone();
        tasks.spawn(async move { arrive(&store, &report).await });
    }
    let arrived = tasks.join_all().await;
    let stands = arrived.iter().filter(|arrived| matches!(arrived, Arrived::Stands { .. })).count();
    let repeats = arrived.iter().filter(|arrived| matches!(arrived, Arrived::Repeats { .. })).count();
    assert_eq!((stands, repeats), (1, 19));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_registrations_one_is_the_latest_after_each() {
    let local = Local::new().await;
    let mut tasks = JoinSet::new();
    for number in 1..=20 {
        let store = local.store.clone();
        tasks.spawn(async move {
            let deploy = deployed(&format!("d{number}"), number, i64::from(number));
            loop {
                let known = store.latest(&deploy.deployment, &deploy.environment).await.expect("read");
                let change = Change::register(&deploy, second(0));
                let change = match Latest::after(known.as_ref(), &deploy) {
                    Some(next) => change.latest(next),
                    None => change,
                };
                match store.commit(change).await {
                    Ok(()) => return,
                    Err(CommitError::Conflict) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    tasks.join_all().await;
    let slug = Slug::new("acme", "CHECKOUT").expect("a slug");
    let latest = local.store.latest(&slug, "staging").await.expect("read").expect("there is one");
    assert_eq!((latest.moment.deploy.as_str(), latest.moment.deployed_at), ("d20", second(20)));
    assert!(latest.version <= 20);
}

#[tokio::test]
async fn what_is_unconfirmed_or_a_repeat_is_in_no_environment() {
    let local = Local::new().await;
    let (known, doubtful, repeat) =
        (deployed("known", 1, 1), deployed("doubtful", 2, 2), deployed("repeat", 1, 3));
    for deploy in [&known, &doubtful, &repeat] {
        register(&local.store, deploy).await;
    }
    let changed = [
        Deploy { confirmation: Confirmation::Unconfirmed { doubt: Doubt::NoBranch }, ..doubtful },
        Deploy { confirmation: Confirmation::Repeat { of: known.id.clone() }, ..repeat },
    ];
    for deploy in &changed {
        local.store.commit(Change::to(&deploy.id, second(4)).deploy(deploy)).await.expect("written");
    }
    let later = deployed("later", 3, 9);
    let before = local.store.previous(&later).await.expect("read").map(|previous| previous.id);
    assert_eq!(before, Some(known.id.clone()));
    let listed = local.store.recent(10, None).await.expect("read").deploys;
    let listed: Vec<_> = listed.iter().map(|deploy| deploy.id.as_str()).collect();
    assert_eq!(listed, ["doubtful", "known"], "a repeat is listed as the deploy that it repeats");
}

#[tokio::test]
async fn repository_number_stays_until_an_admin_connects_anew() {
    let local = Local::new().await;
    let (slug, name) = (Slug::new("acme", "checkout").expect("a slug"), "acme/checkout");
    let store = &local.store;
    let kept = async || store.kept_repository(&slug, "ACME/checkout").await.expect("read");
    assert_eq!(kept().await, None);
    assert!(store.keep_repository(&slug, name, 7).await.expect("kept"));
    assert!(store.keep_repository(&slug, "Acme/Checkout", 7).await.expect("kept"));
    assert!(!store.keep_repository(&slug, name, 8).await.expect("read"));
    let first = KeptRepository::first(7);
    assert_eq!(kept().await, Some(first.clone()));
    let by = |name: &str| Done { by: Actor { id: "U1".to_owned(), name: name.to_owned() }, at: second(1) };
    assert!(!store.connect_anew(&slug, name, &first, by("Ana")).await.expect("read"), "nothing was noticed");
    store.note_repository(&slug, name, first.clone(), Some(8)).await.expect("noted");
    let stale = KeptRepository { noticed: Some(9), ..first.clone() };
    assert!(!store.connect_anew(&slug, name, &stale, by("Ana")).await.expect("read"), "9 was never noticed");
    let noticed = kept().await.expect("kept");
    assert_eq!((noticed.id, noticed.noticed), (7, Some(8)));
    assert!(store.connect_anew(&slug, name, &noticed, by("Ana")).await.expect("written"));
    assert!(!store.connect_anew(&slug, name, &noticed, by("Ben")).await.expect("read"), "it counts once");
    // Who notes late what an older look found changes nothing.
    store.note_repository(&slug, name, first, Some(8)).await.expect("read");
    let anew = Anew { was: 7, done: by("Ana") };
    assert_eq!(kept().await, Some(KeptRepository { anew: Some(anew), ..KeptRepository::first(8) }));
}

#[tokio::test]
async fn order_of_one_second_is_no_order_of_hashes() {
    let at = |id: &str, revision, number, registered| Deploy {
        host_deployment: number,
        registered_at: second(registered),
        ..deployed(id, revision, 1)
    };
    // In any order of their ids, and in whatever order they are noted.
    for ids in [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]] {
        let [first, then, last] = ids;
        let by_github = [at(first, 1, Some(9), 5), at(then, 2, Some(10), 4), at(last, 1, Some(11), 3)];
        let by_report = [at(first, 1, None, 3), at(then, 2, None, 4), at(last, 1, None, 5)];
        let by_both = [at(first, 1, None, 3), at(then, 2, Some(7), 4), at(last, 1, None, 5)];
        for deploys in [by_github, by_report, by_both] {
            let local = Local::new().await;
            let [one, two, again] = &deploys;
            for deploy in &deploys {
                register(&local.store, deploy).await;
            }
            let latest = Latest::after(None, two).expect("the first one");
            assert_eq!(Latest::after(Some(&latest), one), None, "{ids:?}");
            assert!(Latest::after(Some(&latest), again).is_some(), "{ids:?}");
            arrive(&local.store, two).await;
            assert_eq!(arrive(&local.store, one).await, Arrived::Late, "{ids:?}");
            assert_eq!(stands(&local.store).await, Some(two.id.clone()));
            assert_eq!(
                local.store.newer(one).await.expect("read").map(|newer| newer.id),
                Some(two.id.clone())
            );
            assert_eq!(local.store.newer(two).await.expect("read"), None);
            let back = arrive(&local.store, again).await;
            assert!(matches!(back, Arrived::Stands { is_rollback: true, .. }), "{ids:?}: {back:?}");
        }
    }
}
