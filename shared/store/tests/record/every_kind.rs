//! Every kind of row that the table in `keys.rs` lists, unreadable in every way: it is refused where
//! something is decided by it, left out where it is shown, and stays as it is. Its neighbours are read.

use crate::damage::{DAMAGES, Damage, damaged};
use crate::local::{CACHE, Local, RECORD, Row, text};
use crate::row_kinds::{KINDS, Kind};
use crate::samples::{approval, at, changes, deploy, open, plain, second};
use jiff::Timestamp;
use signoff_core::action::{Action, WebhookSpec};
use signoff_core::approval::{Approval, Dialog};
use signoff_core::base::Base;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::effect::StartedBuild;
use signoff_core::evaluation::Evaluation;
use signoff_core::facts::Facts;
use signoff_core::header_secret::HeaderSecrets;
use signoff_core::id::{EffectId, RunId};
use signoff_core::newest::{Arrival, Newest};
use signoff_core::owed::OwedReviews;
use signoff_core::people::{By, Claim, Entry, Handle};
use signoff_core::policy::StackPolicy;
use signoff_core::rules_in_force::{FileCopy, RulesInForce};
use signoff_core::run::{Command, FirstTry, Opening, Run, decide};
use signoff_store::{
    Actor, ApiKey, BuildRequest, CachedRules, Change, CommitError, DeploymentSettings, Done, GitHost,
    KeptAccount, Latest, Owner, RulesTexts, Scope, SecretNumbers, Session, Store, StoreError, Wanted,
    WantedApprovals,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// The place where the kinds of rows are listed.
const KEYS: &str = include_str!("../../src/keys.rs");

/// Everything on record of the deployment of this number.
struct Kept {
    number: u32,
    deploy: Deploy,
    run: RunId,
    approval: Approval,
    file: FileCopy,
    dialog: Dialog,
    message: Dialog,
}

impl Kept {
    fn slug(&self) -> &Slug {
        &self.deploy.deployment
    }

    fn name(&self) -> String {
        self.slug().to_string()
    }

    fn handle(&self) -> Handle {
        Handle::github(self.number.into())
    }

    fn key(&self) -> String {
        format!("k{}", self.number)
    }

    fn session(&self) -> String {
        format!("s{}", self.number)
    }
}

/// A build of the deployment of this number.
fn build(number: u32) -> StartedBuild {
    StartedBuild::Run { id: number.into(), url: format!("https://ci.example/{number}") }
}

/// Puts a row of each kind on record for one deployment.
async fn keep(store: &Store, number: u32) -> Kept {
    let slug = Slug::new("acme", &format!("shop-{number}")).expect("a slug");
    let deploy = Deploy { deployment: slug.clone(), ..deploy(number) };
    let (name, now) = (slug.to_string(), second(1));
    let done = Done { by: Actor { id: "U1".to_owned(), name: "Ana".to_owned() }, at: now };
    let latest = Latest::after(None, &deploy).expect("the first one");
    store.commit(Change::register(&deploy, now).latest(latest)).await.expect("registered");
    store.arrive(&deploy).await.expect("arrived");
    let opening = Opening {
        deploy: &deploy.id,
        revision: &deploy.revision,
        rule: "promote",
        rule_hash: "hash",
        actions: &[Action::Webhook(WebhookSpec::to("https://hooks.example.com".to_owned()))],
        followed: false,
    };
    let mut run = Run::open(&opening, now).next;
    store.commit(Change::to(&deploy.id, now).run(plain(run.clone()))).await.expect("opened");
    let first = FirstTry { effect: EffectId::from_text("e1"), at: now };
    for command in [Command::Begin(first), Command::Fail { reason: "404".to_owned() }] {
        run = store.run(&deploy.id, &run.id).await.expect("read").expect("a run");
        let decision = decide(&run, 0, command, now).expect("its turn");
        store.commit(Change::to(&deploy.id, now).run(decision)).await.expect("committed");
    }
    let approval = Approval { deployment: Some(slug.clone()), ..approval(&deploy.id, 1) };
    let approval = open(store, approval).await;
    let Arrival::Newest { next, .. } = Newest::of(&deploy, "promote", &run.id).arrive(None) else {
        panic!("nothing is newer")
    };
    let texts =
        RulesTexts { path: Some("rules.yml".to_owned()), rules: format!("rules: [] # {number}"), tags: None };
    let file = store.keep_rules(&slug, texts.copy("hash".to_owned()), &texts).await.expect("kept");
    let place = |ts: &str| Dialog { channel: format!("C{number}"), ts: ts.to_owned() };
    let (dialog, message) = (place("1.1"), place("2.2"));
    let change = Change::to(&deploy.id, now)
        .facts(plain(Facts::none(&deploy.id)))
        .newest(next)
        .base(Base::none(&slug, "place"))
        .owed_reviews(OwedReviews::none(&slug))
        .range(&approval.id, changes())
        .dialog(&dialog, &approval.id)
        .evaluation(Evaluation::of(&deploy, now, None), &EffectId::from_text("e1"))
        .rules(RulesInForce::first(&slug, file.clone(), None, now));
    store.commit(change).await.expect("committed");
    let claim = Claim::Member { id: "U1".to_owned(), name: String::new() };
    let by = By { id: "U2".to_owned(), name: "Ben".to_owned(), at: now };
    let person = Entry::new(Handle::github(number.into())).say("octo", claim, by).expect("new");
    let people = signoff_core::id::DeployId::people();
    store.commit(Change::to(&people, now).person(person)).await.expect("said");
    store.keep_repository(&slug, &name, number.into()).await.expect("kept");
    store.own_repository(number.into(), &slug).await.expect("owned");
    store.own_project(&name, number.into()).await.expect("owned");
    let another = Slug::new("acme", &format!("shop-{number}-2")).expect("a slug");
    store.own_repository(number.into(), &another).await.expect("added");
    store.watch(&deploy, "Production", now).await.expect("watches");
    store.place_message(&message, &deploy.id, now).await.expect("placed");
    let key = ApiKey {
        id: format!("k{number}"),
        name: "CI".to_owned(),
        scopes: BTreeSet::from([Scope::Read]),
        deployments: Vec::new(),
        digest: "0".repeat(64),
        last_four: "cafe".to_owned(),
        created: done.clone(),
        revoked: None,
    };
    store.create_key(&key).await.expect("created");
    let session = Session {
        digest: format!("s{number}"),
        user: "U1".to_owned(),
        name: "Ana".to_owned(),
        is_admin: false,
        signed_in: now,
        confirmed_at: now,
        expires_at: second(60),
    };
    store.begin_session(&session).await.expect("begun");
    let settings = DeploymentSettings {
        deployment: slug.clone(),
        repository: name.clone(),
        channel: None,
        circleci_project: None,
        circleci_definition: None,
        git_host: GitHost::Github,
        disconnected: None,
        leads: false,
        ci: Vec::new(),
        secrets: SecretNumbers::default(),
        saved: done,
        version: 0,
    };
    store.save_deployment(None, settings).await.expect("saved");
    store.tells_without_rules(&deploy, false).await.expect("told");
    let secrets = HeaderSecrets { read_at: now, secrets: BTreeMap::new() };
    store.keep_header_secrets(&secrets).await.expect("kept");
    store.ignore_delivery("github", &name, "why", now).await.expect("ignored");
    store.keep_account(&name, Some(account("U1")), now).await.expect("kept");
    let (first, run_id) = (EffectId::from_text("e1"), run.id.clone());
    let (id, what) = (deploy.id.clone(), "deploy.yml on main".to_owned());
    let request = BuildRequest { deploy: id, run: run_id, step: 0, effect: first.clone(), what };
    let change = Change::to(&deploy.id, now).build_request(&name, request);
    store.commit(change.build(&build(number), &first)).await.expect("committed");
    store.keep_reading_part(&name, "1", "text".to_owned(), now).await.expect("kept");
    let cached = CachedRules { etag: "1".to_owned(), text: String::new() };
    store.cache_rules(&name, "rules.yml", &cached, now).await.expect("kept");
    Kept { number, deploy, run: run.id, approval, file, dialog, message }
}

fn account(id: &str) -> KeptAccount {
    KeptAccount { id: id.to_owned(), name: "Ana".to_owned() }
}

fn refuses<T: Debug>(read: Result<T, StoreError>) {
    let error = read.expect_err("it can't be read");
    assert!(matches!(error, StoreError::Row { .. }) && !error.is_passing(), "{error}");
}

fn loses<T: Debug>(done: Result<T, CommitError>) {
    match done.expect_err("it can't be read") {
        CommitError::Store(error) => refuses::<()>(Err(error)),
        CommitError::Conflict => panic!("nobody else committed"),
    }
}

/// Reads what has a row of this kind, which is damaged, in every way that there is; `next` lies beside it.
async fn read(store: &Store, kind: &str, how: Damage, it: &Kept, next: &Kept) {
    let (id, slug, name) = (&it.deploy.id, it.slug(), it.name());
    let is_shown = how == Damage::UnknownField;
    match kind {
        "deploy" => {
            refuses(store.deploy(id).await);
            refuses(store.deploy_and_run(id, &it.run).await);
            refuses(store.step(id, &it.run, 0).await);
            let outline = store.outline(id).await.expect("what is read is sound").expect("a deploy");
            assert!(outline.stood());
            assert_eq!(store.page(id).await.is_ok(), is_shown);
            let recent = store.recent(10, None).await.expect("read");
            assert_eq!((recent.deploys.len(), recent.unreadable > 0), (1 + usize::from(is_shown), !is_shown));
        }
        "run" => {
            refuses(store.run(id, &it.run).await);
            refuses(store.approval_and_run(id, &it.approval.id, &it.run).await);
            refuses(store.step(id, &it.run, 0).await);
            let failed = store.failed_since(Timestamp::UNIX_EPOCH).await.expect("read");
            assert_eq!((failed.contains(id), failed.contains(&next.deploy.id)), (is_shown, true));
            let kept = store.deploys_kept_back(second(60)).await.expect("read");
            assert_eq!((kept.contains(id), kept.contains(&next.deploy.id)), (is_shown, true));
            let both = [(id, &it.run), (&next.deploy.id, &next.run)];
            assert_eq!(store.runs(&both).await.expect("read").len(), 1 + usize::from(is_shown));
        }
        "approval" => {
            refuses(store.approval(id, &it.approval.id).await);
            refuses(store.approval_and_run(id, &it.approval.id, &it.run).await);
            refuses(store.step(id, &it.run, 1).await);
            let listed = store.approvals(&WantedApprovals::default(), 10, None).await.expect("read");
            assert_eq!(listed.approvals.len(), 1 + usize::from(is_shown));
        }
        "facts: what became known after it arrived" => {
            refuses(store.facts(id).await);
            refuses(store.deploy_and_run(id, &it.run).await);
            store.alarms(id).await.expect("what is read is sound");
            let facts = store.facts_of(&[id, &next.deploy.id]).await.expect("read");
            assert_eq!((facts.contains_key(id), facts.contains_key(&next.deploy.id)), (is_shown, true));
        }
        "effect" => {
            let effects = store.page(id).await.expect("read").expect("a page").effects;
            assert_eq!(effects.is_empty(), !is_shown);
            // Whoever takes it puts it aside: unreadable.rs.
        }
        "event" => assert!(store.page(id).await.expect("read").is_some()),
        "evaluation of its rules" => {
            let (found, _) = store.evaluations(slug, None).await.expect("read");
            assert_eq!(found.len(), usize::from(is_shown));
        }
        "newest deploy of an environment" => {
            refuses(store.newest_in(slug, "Staging").await);
            refuses(store.after(&it.deploy).await);
            loses(store.arrive(&it.deploy).await);
            let part = store.deployments(10, None).await.expect("read");
            let environments = part.deployments.iter().map(|deployment| deployment.environments.len());
            assert_eq!(environments.sum::<usize>(), 1 + usize::from(is_shown));
        }
        "latest deploy that was registered for an environment" => {
            refuses(store.latest(slug, "Staging").await);
        }
        "number of a deployment's repository" => {
            refuses(store.kept_repository(slug, &name).await);
            refuses(store.keep_repository(slug, &name, 7).await);
        }
        "first deployment of a repository" => {
            refuses(store.own_repository(it.number.into(), slug).await);
            refuses(store.deployments_of(it.number.into()).await);
        }
        "repository of a CircleCI project" => refuses(store.own_project(&name, 7).await),
        "another deployment of a repository" => refuses(store.deployments_of(it.number.into()).await),
        "newest run that asks" => {
            refuses(store.newest(&Newest::of(&it.deploy, "promote", &it.run)).await);
        }
        "what was let through to a place" => refuses(store.base(slug, "place").await),
        "range that an approval judges" => refuses(store.range(id, &it.approval.id).await),
        "whose rules ask how far an environment is behind" => {
            let there = Deploy { environment: "Production".to_owned(), ..deploy(9) };
            let there = Deploy { deployment: slug.clone(), ..there };
            let watchers = store.watchers(&there).await.expect("read");
            assert_eq!(watchers.len(), usize::from(is_shown));
        }
        "place of a dialog" => refuses(store.approval_at(&it.dialog).await),
        "place of another message of a deploy" => refuses(store.deploy_at(&it.message).await),
        "place of a revision" => {
            let found = store.of_revision(slug, &it.deploy.revision).await.expect("read");
            assert_eq!(found.len(), usize::from(is_shown));
        }
        "API key" => {
            refuses(store.key(&it.key()).await);
            let by = Actor { id: "U1".to_owned(), name: "Ana".to_owned() };
            refuses(store.revoke_key(&it.key(), &by, second(2)).await);
            assert_eq!(store.keys().await.expect("read").len(), 1 + usize::from(is_shown));
        }
        "session of a person in the console" => {
            refuses(store.session(&it.session()).await);
            assert_eq!(store.sessions().await.expect("read").len(), 1 + usize::from(is_shown));
        }
        "settings of a deployment" => {
            refuses(store.deployment_settings(slug).await);
            // Of these a list needs the name alone.
            assert_eq!(store.deployments(10, None).await.expect("read").deployments.len(), 2);
        }
        "deployment that a repository's deliveries lead to" => refuses(store.deployment_of(&name).await),
        "git account or e-mail address of a person" => {
            refuses(store.person(&it.handle()).await);
            refuses(store.people_of(&[it.handle()]).await);
            assert!(store.people_of(&[next.handle()]).await.is_ok());
            let people = store.people().await.expect("read").entries;
            let has = |of: &Kept| people.iter().any(|entry| entry.handle == of.handle());
            assert_eq!((has(it), has(next)), (is_shown, true));
        }
        "rules in force of a deployment, and the proposed ones" => {
            refuses(store.rules_in_force(slug).await);
            let beside = store.beside(&[id], slug).await.expect("read");
            assert_eq!((beside.rules.is_some(), beside.unreadable), (is_shown, usize::from(!is_shown)));
        }
        "that a deployment has no rules was told" => {
            // It is never read; a condition on it may hold or not.
            store.tells_without_rules(&it.deploy, false).await.expect("asked");
        }
        "reviews of broken glasses that a deployment owes" => {
            refuses(store.owed_reviews(slug).await);
            assert_eq!(store.beside(&[], slug).await.expect("read").unreadable, usize::from(!is_shown));
        }
        "copy of a rules file, in pieces" => refuses(store.kept_rules(slug, &it.file).await),
        "policy of the stack, in force and proposed" => refuses(store.policy().await),
        "header secrets of the stack, without values" => {
            assert_eq!(store.header_secrets().await.expect("read").is_some(), is_shown);
        }
        "ignored delivery" => {
            store.ignore_delivery("github", &name, "why", second(2)).await.expect("ignored")
        }
        "Slack account of an e-mail address, to mention people" => {
            let known = store.known_account(&name, second(2)).await.expect("read");
            assert_eq!(known.is_some(), is_shown);
            store.keep_account(&name, Some(account("U2")), second(3)).await.expect("it stays");
        }
        "request for a build, as it was sent" => {
            let (requests, unreadable) =
                store.build_requests(&name, second(1), second(1)).await.expect("read");
            assert_eq!((requests.len(), unreadable), (usize::from(is_shown), usize::from(!is_shown)));
        }
        "step that a build belongs to" => {
            let owners = store.owners_of_builds(&[build(it.number)]).await.expect("read");
            assert_eq!(owners[&build(it.number).id()], Owner::Unreadable);
        }
        "part of a large range" => {
            let part = store.reading_part(&name, "1", second(2)).await.expect("read");
            assert_eq!(part.is_some(), is_shown);
        }
        "cached rules file" => {
            let cached = store.cached_rules(&name, "rules.yml", second(2)).await.expect("read");
            assert_eq!(cached.is_some(), is_shown);
        }
        other => panic!("no reader of the kind of row \u{201c}{other}\u{201d} is tested"),
    }
}

/// Reads everything of a deployment that is sound.
async fn reads_all(store: &Store, it: &Kept) {
    let (id, slug, name) = (&it.deploy.id, it.slug(), it.name());
    assert!(store.deploy_and_run(id, &it.run).await.expect("read").is_some());
    assert!(store.step(id, &it.run, 1).await.expect("read").is_some());
    let page = store.page(id).await.expect("read").expect("a page");
    assert!(page.unreadable.is_empty() && page.approvals.len() == 1 && !page.effects.is_empty());
    store.facts(id).await.expect("read");
    assert!(store.newest_in(slug, "Staging").await.expect("read").is_some());
    store.arrive(&it.deploy).await.expect("read");
    assert!(store.latest(slug, "Staging").await.expect("read").is_some());
    assert!(store.kept_repository(slug, &name).await.expect("read").is_some());
    assert_eq!(store.own_repository(it.number.into(), slug).await.expect("read"), *slug);
    assert_eq!(store.deployments_of(it.number.into()).await.expect("read").len(), 2);
    assert_eq!(store.own_project(&name, 7).await.expect("read"), u64::from(it.number));
    let asking = Newest::of(&it.deploy, "promote", &it.run);
    assert!(store.newest(&asking).await.expect("read").is_some());
    assert_eq!(store.base(slug, "place").await.expect("read").version, 1);
    assert!(store.range(id, &it.approval.id).await.expect("read").is_some());
    assert!(store.approval_at(&it.dialog).await.expect("read").is_some());
    assert!(store.deploy_at(&it.message).await.expect("read").is_some());
    assert_eq!(store.of_revision(slug, &it.deploy.revision).await.expect("read").len(), 1);
    assert!(store.key(&it.key()).await.expect("read").is_some());
    assert!(store.session(&it.session()).await.expect("read").is_some());
    assert!(store.deployment_settings(slug).await.expect("read").is_some());
    assert!(store.deployment_of(&name).await.expect("read").is_some());
    assert_eq!(store.person(&it.handle()).await.expect("read").version, 1);
    let beside = store.beside(&[id], slug).await.expect("read");
    assert!(beside.rules.is_some() && beside.unreadable == 0 && beside.reviews.version == 1);
    assert!(store.kept_rules(slug, &it.file).await.expect("read").is_some());
    let of_it = Wanted { deployment: Some(slug.clone()), ..Wanted::default() };
    assert_eq!(store.list(&of_it, 10, None).await.expect("read").deploys.len(), 1);
    let of_it = WantedApprovals { deployment: Some(slug.clone()), ..WantedApprovals::default() };
    assert_eq!(store.approvals(&of_it, 10, None).await.expect("read").approvals.len(), 1);
    assert_eq!(store.evaluations(slug, None).await.expect("read").0.len(), 1);
    assert!(store.known_account(&name, second(2)).await.expect("read").is_some());
    assert_eq!(store.build_requests(&name, second(0), second(2)).await.expect("read").0.len(), 1);
    let (build, first) = (build(it.number), EffectId::from_text("e1"));
    let owners = store.owners_of_builds(std::slice::from_ref(&build)).await.expect("read");
    assert_eq!(owners[&build.id()], Owner::Step(first.clone()));
    assert!(store.claim_build(&build, &first, second(2)).await.expect("written"));
    assert!(!store.claim_build(&build, &EffectId::from_text("e2"), second(2)).await.expect("written"));
    assert!(store.reading_part(&name, "1", second(2)).await.expect("read").is_some());
    assert!(store.cached_rules(&name, "rules.yml", second(2)).await.expect("read").is_some());
}

fn table(row: &Row) -> &'static str {
    if row.contains_key("sk") { RECORD } else { CACHE }
}

async fn put_all(local: &Local, rows: impl IntoIterator<Item = &Row>) {
    for row in rows {
        let put = local.dynamo.put_item().table_name(table(row)).set_item(Some(row.clone()));
        put.send().await.expect("put");
    }
}

async fn now(local: &Local, row: &Row) -> Row {
    let keys = ["pk", "sk"].into_iter().filter_map(|name| Some((name.to_owned(), row.get(name)?.clone())));
    let get = local.dynamo.get_item().table_name(table(row)).set_key(Some(keys.collect()));
    get.consistent_read(true).send().await.expect("read").item.expect("the row")
}

/// The kinds of rows that the table in `keys.rs` lists, by their names.
fn listed() -> Vec<&'static str> {
    let lines = KEYS.lines().filter_map(|line| line.strip_prefix("//! | ")?.split(" | ").next());
    lines.skip(1).collect()
}

#[test]
fn every_prefix_of_a_key_is_in_the_table() {
    let (docs, code): (Vec<_>, Vec<_>) = KEYS.lines().partition(|line| line.starts_with("//!"));
    let docs = docs.join("\n");
    for part in code.join("\n").split("format!(\"").skip(1) {
        let Some((prefix, _)) = part.split_once('#') else { continue };
        if !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            assert!(docs.contains(&format!("`{prefix}#")), "{prefix}# is in no line of the table in keys.rs");
        }
    }
}

#[tokio::test]
async fn an_unreadable_row_of_any_kind_stops_nothing_else() {
    let local = Local::new().await;
    let store = &local.store;
    let it = keep(store, 1).await;
    let policy = Change::to(&it.deploy.id, at(1)).policy(StackPolicy::default());
    store.commit(policy).await.expect("committed");
    let mut rows: Vec<Row> = local.rows().await.into_values().collect();
    let cached = local.dynamo.scan().table_name(CACHE).send().await.expect("read");
    rows.extend(cached.items.unwrap_or_default());
    let next = keep(store, 2).await;
    let names: Vec<_> = KINDS.iter().map(|Kind(name, ..)| *name).collect();
    assert_eq!(names, listed(), "each kind of the table in keys.rs has its line, in its order");
    for row in &rows {
        let (pk, sk) = (text(row, "pk"), text(row, "sk"));
        let kinds = KINDS.iter().filter(|Kind(_, is_it, _)| is_it(&pk, &sk));
        assert_eq!(kinds.count(), 1, "{pk} {sk} is of one kind");
    }
    for how in DAMAGES {
        let mut all = Vec::new();
        for Kind(name, is_it, field) in &KINDS {
            let sound: Vec<_> = rows.iter().filter(|row| is_it(&text(row, "pk"), &text(row, "sk"))).collect();
            assert!(!sound.is_empty(), "{name} is on record");
            let broken: Vec<_> = sound.iter().map(|row| damaged(row, field, how)).collect();
            put_all(&local, &broken).await;
            read(store, name, how, &it, &next).await;
            for row in &broken {
                // What was not read may be written anew; all else stays.
                if *name != "that a deployment has no rules was told" {
                    assert_eq!(now(&local, row).await, *row, "{name} {how:?}");
                }
            }
            put_all(&local, sound).await;
            all.extend(broken);
        }
        // Now each row of the one deployment is unreadable.
        put_all(&local, &all).await;
        reads_all(store, &next).await;
        put_all(&local, &rows).await;
        reads_all(store, &it).await;
    }
}
