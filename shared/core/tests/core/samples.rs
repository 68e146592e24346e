//! Deploys, approvals and runs to test with, and decisions as a line of text.

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use signoff_core::action::{Action, ApprovalSpec, RangeRules, Reasons, WebhookSpec};
use signoff_core::approval::{
    self as votes, Approval, ApprovalAction, Ask, Check, Choice, Click, Electorate, Frozen, LastClick,
    Standing,
};
use signoff_core::approval::{Judged, Status, Subject, Successor, Verdict, Vote, Voter};
use signoff_core::decision::Decision;
use signoff_core::deploy::{Deploy, RulesChange, Slug, Source};
use signoff_core::freeze::{Dates, Freeze, Hours};
use signoff_core::id::{ApprovalId, DeployId, EffectId, RunId};
use signoff_core::range::Direction;
use signoff_core::run::{FirstTry, Opening, Run};
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
        deployment: Slug::new("acme", "work-test"),
        environment: Some("Production".to_owned()),
        run: RunId::from_text("r"),
        step: 0,
        name: "Promote deploy to production".to_owned(),
        subject: Subject {
            revision: "7bf72269a1b2c3d4".to_owned(),
            rule: "promote".to_owned(),
            rule_hash: "hash".to_owned(),
            plan: vec!["auto_approve_build: deploy".to_owned()],
            ..Subject::default()
        },
        rules_change: RulesChange::No,
        comparison: None,
        prompt:
            "<@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test \
                 (Production)> to production?"
                .to_owned(),
        channel: "#deploys".to_owned(),
        votes_required: 1,
        rejections_required: 1,
        require_reason: Reasons::Never,
        undo_window: None,
        frozen: Frozen::default(),
        nobody_here: Vec::new(),
        expires_at: None,
        electorate: Electorate::anyone(),
        workspace: WORKSPACE.to_owned(),
        again: None,
        votes: Vec::new(),
        struck: Vec::new(),
        glass: Default::default(),
        names: Default::default(),
        clicks: Vec::new(),
        status: Status::Pending,
        dialog: None,
        opened_at: at(0),
        version: 1,
    }
}

/// A freeze window that is open every day, by this zone's clock.
pub fn window(name: &str, zone: &str) -> Freeze {
    Freeze {
        name: name.to_owned(),
        days: Vec::new(),
        hours: None,
        dates: Vec::new(),
        time_zone: zone.to_owned(),
        break_glass: Vec::new(),
    }
}

/// `approval` in a freeze from its day's midnight to [`at`] `until`, a whole minute that day, which these
/// people may lift.
pub fn frozen(approval: Approval, until: u16, breakers: &[&str]) -> Approval {
    let today = vec![Dates { first: date(2021, 5, 11), last: date(2021, 5, 11) }];
    let hours = Some(Hours { from: 0, to: 11 * 60 + 42 + until / 60 });
    let release = Freeze { dates: today, hours, ..window("release", "UTC") };
    let lift_freeze = vec![breakers.iter().map(ToString::to_string).collect()];
    Approval {
        frozen: Frozen::new(vec![release], at(0)),
        electorate: Electorate { lift_freeze, ..approval.electorate },
        ..approval
    }
}

/// An approval of U1, U2 and U3 that needs two approving votes.
pub fn of_three() -> Approval {
    Approval { votes_required: 2, electorate: authors(3), ..approval() }
}

/// The electorate of U1 to U`count`.
pub fn authors(count: usize) -> Electorate {
    let people = (1..=count).map(|number| format!("U{number}")).collect();
    Electorate { people: Some(people), who: "the authors of this deploy".to_owned(), ..Electorate::anyone() }
}

/// `electorate` without these, whose own change it is.
pub fn except(electorate: Electorate, people: &[&str]) -> Electorate {
    Electorate { except: people.iter().map(ToString::to_string).collect(), ..electorate }
}

/// The newer deploy.
pub fn successor() -> Successor {
    Successor {
        deploy: DeployId::from_text("d2"),
        title: "98c2f5b - checkout (Staging)".to_owned(),
        url: "https://signoff.example.com/deploys/d2".to_owned(),
    }
}

/// A member of the workspace, as far as Slack said.
pub fn member(id: &str) -> Voter {
    Voter {
        id: id.to_owned(),
        name: format!("name of {id}"),
        workspace: WORKSPACE.to_owned(),
        standing: Some(Standing::Member),
    }
}

/// A click of a member on the dialog of an approval with the subject of [`approval()`], at [`at`] `second`.
pub fn click(id: &str, ask: Ask, second: i64) -> votes::Command {
    let subject = approval().subject.mark();
    votes::Command::Click(Click { voter: member(id), ask, at: at(second), subject })
}

/// A vote without a reason.
pub fn for_it(choice: Choice) -> Ask {
    ApprovalAction::from(choice).into()
}

/// A vote with a reason.
pub fn because(choice: Choice, reason: &str) -> Ask {
    ApprovalAction::from(choice).because(reason)
}

/// The command after a look at these approvers, each with its verdict, while `electorate` may vote.
pub fn check(electorate: Electorate, voters: &[(&str, Verdict)]) -> votes::Command {
    let voters = voters.iter().map(|(voter, verdict)| ((*voter).to_owned(), *verdict)).collect();
    votes::Command::Confirm(Check { electorate, voters, base: None, breaker: None })
}

/// The look at everybody who approved `approval`: they all still may.
pub fn all_may(approval: &Approval) -> votes::Command {
    let approving = approval.votes.iter().filter(|vote| vote.choice == Choice::Approve);
    let voters: Vec<_> = approving.map(|vote| (vote.voter.as_str(), Verdict::Eligible)).collect();
    check(approval.electorate.clone(), &voters)
}

/// `approval` after `command` at [`at`] `second`.
pub fn after(approval: &Approval, command: votes::Command, second: i64) -> Approval {
    votes::decide(approval, command, at(second)).expect("a command that changes something").next
}

/// `approval` after these members' votes at [`at`] 60.
pub fn voted(approval: Approval, ballots: &[(&str, Choice)]) -> Approval {
    ballots
        .iter()
        .fold(approval, |approval, (voter, choice)| after(&approval, click(voter, for_it(*choice), 60), 60))
}

/// `approval` with these members' votes of [`at`] 60, and whatever status it has.
pub fn with_votes(mut approval: Approval, ballots: &[(&str, Choice)]) -> Approval {
    for (voter, choice) in ballots {
        approval.votes.push(counted(voter, *choice));
        approval.clicks.push(LastClick {
            person: (*voter).to_owned(),
            at: at(60),
            action: ApprovalAction::Approve,
        });
    }
    approval
}

/// A vote as it stands in an approval.
pub fn counted(voter: &str, choice: Choice) -> Vote {
    Vote {
        voter: voter.to_owned(),
        name: format!("name of {voter}"),
        named: false,
        choice,
        reason: None,
        at: at(60),
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

/// The action `webhook`, told from others by its host.
pub fn hook(host: &str) -> Action {
    Action::Webhook(WebhookSpec::to(format!("https://{host}/hook")))
}

/// The effect that tries a step first.
pub fn first() -> FirstTry {
    FirstTry { effect: EffectId::from_text("e"), at: at(0) }
}

/// The actions after an approval, by its outcome.
#[derive(Default)]
pub struct Branches {
    pub on_success: Vec<Action>,
    pub on_reject: Vec<Action>,
    pub on_expire: Vec<Action>,
}

/// The action `slack_channel_approval` with the actions that run once it is approved.
pub fn ask(name: &str, on_success: Vec<Action>) -> Action {
    ask_with(name, Branches { on_success, ..Branches::default() })
}

/// The action `slack_channel_approval` with the actions that run after it.
pub fn ask_with(name: &str, branches: Branches) -> Action {
    Action::SlackChannelApproval(ApprovalSpec {
        name: name.to_owned(),
        on_success: branches.on_success,
        on_reject: branches.on_reject,
        on_expire: branches.on_expire,
        ..spec(1)
    })
}

/// An approval that needs `votes_required` votes of anyone.
pub fn spec(votes_required: u32) -> ApprovalSpec {
    ApprovalSpec {
        name: "promote".to_owned(),
        prompt: "Promote?".to_owned(),
        channel: "#production".to_owned(),
        votes_required,
        quotas: Vec::new(),
        rejections_required: 1,
        authors_only: false,
        approvers: None,
        self_approval: true,
        range: RangeRules::default(),
        ask_again: true,
        require_reason: Reasons::Never,
        expires_after: None,
        remind_after: None,
        supersede: false,
        undo_window: None,
        freeze: Vec::new(),
        break_glass: Vec::new(),
        on_success: Vec::new(),
        on_reject: Vec::new(),
        on_expire: Vec::new(),
    }
}

/// The decision that opens a run of these actions.
pub fn opened(actions: &[Action]) -> Decision<Run> {
    let deploy = DeployId::from_text("d");
    let opening = Opening {
        deploy: &deploy,
        revision: "7bf7226",
        rule: "promote",
        rule_hash: "hash",
        actions,
        followed: false,
    };
    Run::open(&opening, at(0))
}

/// A decision's effects and events, each by its name; a step's effect or event with the step's number, a
/// later effect with the seconds of its time.
pub fn consequences<State>(decision: &Decision<State>) -> String {
    let later = |later: &signoff_core::decision::Later| {
        format!("{} at {}", named(&later.kind, "do"), later.at.duration_since(at(0)).as_secs())
    };
    let effects = decision.effects.iter().map(|effect| named(effect, "do"));
    let effects: Vec<_> = effects.chain(decision.later.iter().map(later)).collect();
    let events: Vec<_> = decision.events.iter().map(|event| named(event, "event")).collect();
    let or_none = |names: Vec<String>| if names.is_empty() { "-".to_owned() } else { names.join(", ") };
    format!("do: {}; record: {}", or_none(effects), or_none(events))
}

/// The name that serde gives `value` under `tag`, with its step.
fn named<T: Serialize>(value: &T, tag: &str) -> String {
    let value = serde_json::to_value(value).expect("JSON");
    let name = value[tag].as_str().expect("a tagged value").to_owned();
    value.get("step").map_or(name.clone(), |step| format!("{name} {step}"))
}

/// A range of one commit from a base that an approval let through, which takes out `removed` commits.
pub fn judged(removed: u32) -> Judged {
    Judged {
        base: "a".repeat(40),
        since: at(0),
        set_by: None,
        by_glass: false,
        direction: Direction::Forward,
        added: 1,
        removed,
        held: None,
        has_no_makers: false,
        is_of_bots: false,
        allowed: Vec::new(),
    }
}
