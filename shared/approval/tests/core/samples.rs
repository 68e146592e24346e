//! Deploys, approvals and runs to test with, and decisions as a line of text.

use approval::action::{Action, ApprovalSpec};
use approval::approval::{self as votes, Approval, Choice, Electorate, Status, Subject, Vote, Voter};
use approval::decision::Decision;
use approval::deploy::{Deploy, Slug, Source};
use approval::id::{ApprovalId, DeployId, RunId};
use approval::run::{Opening, Run};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::BTreeMap;

/// May 11th 2021, 11:42 UTC, and so many seconds.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1_620_733_320 + seconds)
}

/// The workspace of [`approval()`].
pub const WORKSPACE: &str = "T1";

/// A pending approval that needs one vote of anyone.
pub fn approval() -> Approval {
    Approval {
        id: ApprovalId::from_text("a"),
        deploy: DeployId::from_text("d"),
        run: RunId::from_text("r"),
        step: 0,
        name: "Promote deploy to production".to_owned(),
        subject: Subject {
            revision: "7bf72269a1b2c3d4".to_owned(),
            rule: "promote".to_owned(),
            rule_hash: "hash".to_owned(),
            plan: vec!["auto_approve_build: deploy".to_owned()],
        },
        prompt:
            "<@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test \
                 (Production)> to production?"
                .to_owned(),
        channel: "#deploys".to_owned(),
        votes_required: 1,
        rejections_required: 1,
        electorate: Electorate::Anyone,
        workspace: WORKSPACE.to_owned(),
        votes: Vec::new(),
        status: Status::Pending,
        dialog: None,
        opened_at: at(0),
        version: 1,
    }
}

/// The electorate of U1 to U`count`.
pub fn authors(count: usize) -> Electorate {
    let people = (1..=count).map(|number| format!("U{number}")).collect();
    Electorate::Only { who: "the authors of this deploy".to_owned(), people }
}

/// A member of the workspace.
pub fn member(id: &str) -> Voter {
    Voter { id: id.to_owned(), name: format!("name of {id}"), workspace: WORKSPACE.to_owned() }
}

/// A vote of a member.
pub fn vote_of(id: &str, choice: Choice) -> votes::Command {
    votes::Command::Vote { voter: member(id), choice, clicked_at: at(90) }
}

/// `approval` after these members' votes.
pub fn voted(approval: Approval, ballots: &[(&str, Choice)]) -> Approval {
    ballots.iter().fold(approval, |approval, (voter, choice)| {
        votes::decide(&approval, vote_of(voter, *choice), at(60)).expect("a vote that counts").next
    })
}

/// A vote as it stands in an approval.
pub fn counted(voter: &str, choice: Choice) -> Vote {
    Vote {
        voter: voter.to_owned(),
        name: format!("name of {voter}"),
        named: false,
        choice,
        at: at(60),
        clicked_at: at(30),
    }
}

/// A deploy of acme/checkout.
pub fn deploy() -> Deploy {
    Deploy {
        id: DeployId::from_text("d"),
        deployment: Slug::new("acme", "checkout").expect("a slug"),
        repository: "acme/checkout".to_owned(),
        environment: "Staging".to_owned(),
        revision: "7bf72269a1b2c3d4".to_owned(),
        branch: Some("main".to_owned()),
        deployed_at: at(0),
        registered_at: at(0),
        source: Source::RegisterDeploy,
        tags: Vec::new(),
        links: BTreeMap::new(),
        deployer: None,
        commits: Vec::new(),
        pull_requests: Vec::new(),
        previous_revision: None,
        rules_change: approval::deploy::RulesChange::Unknown,
    }
}

/// The action `webhook`, told from others by its host.
pub fn hook(host: &str) -> Action {
    Action::Webhook(format!("https://{host}/hook"))
}

/// The action `slack_channel_approval` with what runs once it is approved.
pub fn ask(name: &str, on_success: Vec<Action>) -> Action {
    Action::SlackChannelApproval(ApprovalSpec {
        name: name.to_owned(),
        prompt: "Promote?".to_owned(),
        channel: "#production".to_owned(),
        votes_required: 1,
        rejections_required: 1,
        authors_only: false,
        approvers: None,
        on_success,
    })
}

/// The decision that opens a run of these actions.
pub fn opened(actions: &[Action]) -> Decision<Run> {
    let deploy = DeployId::from_text("d");
    let opening =
        Opening { deploy: &deploy, revision: "7bf7226", rule: "promote", rule_hash: "hash", actions };
    Run::open(&opening, at(0))
}

/// A decision's effects and events, each by its name; a step's effect or event with the step's number.
pub fn consequences<State>(decision: &Decision<State>) -> String {
    let effects: Vec<_> = decision.effects.iter().map(|effect| named(effect, "do")).collect();
    let events: Vec<_> = decision.events.iter().map(|event| named(event, "event")).collect();
    let or_none = |names: Vec<String>| if names.is_empty() { "-".to_owned() } else { names.join(", ") };
    format!("do: {}; record: {}", or_none(effects), or_none(events))
}

/// What serde calls it under `tag`, and its step.
fn named<T: Serialize>(value: &T, tag: &str) -> String {
    let value = serde_json::to_value(value).expect("JSON");
    let name = value[tag].as_str().expect("a tagged value").to_owned();
    value.get("step").map_or(name.clone(), |step| format!("{name} {step}"))
}
