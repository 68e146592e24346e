//! Deploys, approvals and effects to put on record.

use jiff::{SignedDuration, Timestamp};
use signoff_core::action::Reasons;
use signoff_core::approval::{
    self as votes, Approval, ApprovalAction, Choice, Click, Electorate, Frozen, Status, Subject, Voter,
};
use signoff_core::decision::Decision;
use signoff_core::deploy::{Deploy, RulesChange, Slug, Source};
use signoff_core::effect::Effect;
use signoff_core::id::{ApprovalId, DeployId, RunId};
use signoff_core::range::Direction;
use signoff_core::shares::{Changes, Named};
use signoff_store::{Change, Store};
use std::collections::BTreeMap;

/// A time, and so many milliseconds.
pub fn at(milliseconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH
        + SignedDuration::from_secs(1_795_430_760)
        + SignedDuration::from_millis(milliseconds)
}

/// So many seconds after the first time.
pub fn second(seconds: i64) -> Timestamp {
    at(seconds * 1000)
}

/// A deploy of acme/checkout to Staging, of the revision that `number` stands for.
pub fn deploy(number: u32) -> Deploy {
    let revision = format!("{number:040x}");
    Deploy {
        id: DeployId::derive("register", &["acme/checkout", "staging", &revision]),
        deployment: Slug::new("acme", "checkout").expect("a slug"),
        repository: "acme/checkout".to_owned(),
        environment: "Staging".to_owned(),
        revision,
        branch: None,
        deployed_at: second(0),
        registered_at: second(0),
        source: Source::RegisterDeploy,
        tags: Vec::new(),
        links: BTreeMap::new(),
        size: None,
        deployer: None,
        commits: Vec::new(),
        pull_requests: Vec::new(),
        previous_revision: None,
        rules_change: RulesChange::Unknown,
        issues: Vec::new(),
        silent_trackers: Vec::new(),
        confirmation: signoff_core::confirmation::Confirmation::Confirmed,
        state: Default::default(),
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: Default::default(),
    }
}

/// A pending approval of `deploy` that needs so many votes of anyone, before it is committed.
pub fn approval(deploy: &DeployId, votes_required: u32) -> Approval {
    let run = RunId::derive(deploy, "promote");
    Approval {
        id: ApprovalId::derive(&run, 0),
        deploy: deploy.clone(),
        deployment: Slug::new("acme", "checkout"),
        environment: Some("Staging".to_owned()),
        run,
        step: 0,
        name: "Promote deploy to production".to_owned(),
        subject: Subject {
            revision: "7bf7226".to_owned(),
            rule: "promote".to_owned(),
            rule_hash: "hash".to_owned(),
            plan: Vec::new(),
            ..Subject::default()
        },
        rules_change: RulesChange::No,
        comparison: None,
        prompt: "Promote?".to_owned(),
        channel: "#deploys".to_owned(),
        votes_required,
        rejections_required: 1,
        require_reason: Reasons::Never,
        undo_window: None,
        frozen: Frozen::default(),
        nobody_here: Vec::new(),
        expires_at: None,
        electorate: Electorate::anyone(),
        workspace: "T1".to_owned(),
        again: None,
        votes: Vec::new(),
        struck: Vec::new(),
        glass: Default::default(),
        names: Default::default(),
        clicks: Vec::new(),
        status: Status::Pending,
        dialog: None,
        opened_at: second(0),
        version: 0,
    }
}

/// A state to be committed without anything that follows from it.
pub fn plain<State>(next: State) -> Decision<State> {
    Decision::new(next)
}

/// Puts `approval` on record, and returns it as it stands there.
pub async fn open(store: &Store, approval: Approval) -> Approval {
    let (deploy, id) = (approval.deploy.clone(), approval.id.clone());
    store.commit(Change::to(&deploy, second(0)).approval(plain(approval))).await.expect("committed");
    store.approval(&deploy, &id).await.expect("read").expect("an approval")
}

/// A vote of this person on `of`.
pub fn vote(of: &Approval, voter: &str, choice: Choice) -> votes::Command {
    let voter = Voter {
        id: voter.to_owned(),
        name: format!("name of {voter}"),
        workspace: of.workspace.clone(),
        standing: None,
    };
    let ask = ApprovalAction::from(choice).into();
    votes::Command::Click(Click { voter, ask, at: second(1), subject: of.subject.mark() })
}

/// Registers deploy `number` at `now`, and returns the effect that follows from it as it stands on record.
pub async fn effect(store: &Store, number: u32, now: Timestamp) -> Effect {
    store.commit(Change::register(&deploy(number), now)).await.expect("registered");
    let page = store.page(&deploy(number).id).await.expect("read").expect("a page");
    page.effects.into_iter().next().expect("an effect")
}

/// The effect as it stands on record now.
pub async fn reread(store: &Store, effect: &Effect) -> Effect {
    store.effect(&effect.deploy, &effect.id).await.expect("read").expect("the effect")
}

/// A range of nobody's.
pub fn changes() -> Changes {
    Changes {
        base: "a".to_owned(),
        head: "b".to_owned(),
        direction: Direction::Forward,
        added: 1,
        removed: 0,
        held: None,
        makers: Vec::new(),
        shares: Vec::new(),
        authors: Vec::new(),
        unvouched: Named::default(),
        unverified: Named::default(),
        of_bots: Vec::new(),
        is_of_bots: false,
        files: Default::default(),
        started_by: Vec::new(),
        missing: Vec::new(),
        is_too_large: false,
        read_at: second(0),
    }
}
