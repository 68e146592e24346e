//! Events and effects of every kind, and text that is hard to keep.

use crate::samples::second;
use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::{
    Blocker, Breakers, Choice, Dialog, Electorate, Judged, Outcome, Part, Quota, SaidNobody, Standing,
    Successor, Verdict, WithoutRange,
};
use signoff_core::deploy::RulesChange;
use signoff_core::deploy_state::DeployState;
use signoff_core::effect::{EffectKind, Others};
use signoff_core::event::EventKind;
use signoff_core::facts::{Health, Report};
use signoff_core::id::{ApprovalId, DeployId, EffectId, RunId};
use signoff_core::people::{Handle, Nobody};
use signoff_core::range::Direction;
use signoff_core::range_files::{Moves, RangeFiles, Unread};
use signoff_core::run::{FirstTry, Resolution};
use signoff_core::shares::Held;

/// Text that has hurt somebody before.
pub const ODD: [&str; 7] =
    ["", " ", "\u{17d}gajner \u{1f680}\u{200d}\u{1f680}", "a\"b\\c\n\t\u{0}", "null", "#", "<@U1> & co"];

/// All of it.
pub fn odd() -> Vec<String> {
    ODD.map(str::to_owned).to_vec()
}

/// A time with nanoseconds, as a clock gives it.
pub fn precise() -> Timestamp {
    second(7) + SignedDuration::from_nanos(123_456_789)
}

/// Returns the place of a message.
pub fn dialog() -> Dialog {
    Dialog { channel: "C1".to_owned(), ts: "1763892600.000200".to_owned() }
}

/// A newer deploy.
pub fn successor() -> Successor {
    Successor { deploy: DeployId::from_text("d2"), title: ODD[3].to_owned(), url: String::new() }
}

/// Nobody may vote, and a few less.
pub fn electorate() -> Electorate {
    Electorate {
        people: Some(Vec::new()),
        who: ODD[2].to_owned(),
        except: vec!["U1".to_owned(), String::new()],
        not_found: odd(),
        missing: odd(),
        groups: odd(),
        quotas: vec![Quota { from: ODD[2].to_owned(), people: odd(), votes: 2 }],
        own_word: odd(),
        people_page: Some(ODD[2].to_owned()),
        lift_freeze: vec![Vec::new(), odd()],
        missing_lifters: odd(),
        glass: Some(Breakers { people: odd(), review_within: i64::MAX, by_policy: true }),
        parts: vec![Part { makers: odd(), commits: 2, pull_requests: 0, title: ODD[1].to_owned() }],
        blocked: blockers(),
        below_policy: odd(),
        judged: Some(Judged {
            base: String::new(),
            since: precise(),
            set_by: Some(ODD[0].to_owned()),
            by_glass: true,
            direction: Direction::Diverged,
            added: 3,
            removed: 0,
            held: Some(Held { since: Some(ODD[0].to_owned()), set_by: Some(ODD[1].to_owned()), commits: 3 }),
            has_no_makers: false,
            is_of_bots: true,
            allowed: odd(),
        }),
        is_of_rules: true,
        without_range: Some(WithoutRange::NotCompared { base: ODD[1].to_owned() }),
        files: Some(RangeFiles {
            rules_change: RulesChange::Yes(odd()),
            moves: Moves {
                named: vec![
                    Unread::MoreFiles,
                    Unread::Submodule { path: ODD[2].to_owned() },
                    Unread::SubmoduleSources,
                    Unread::LargeFile { path: String::new() },
                    Unread::Action { workflow: ODD[1].to_owned(), uses: ODD[3].to_owned() },
                ],
                more: u32::MAX,
            },
        }),
    }
}

/// Every blocker.
fn blockers() -> Vec<Blocker> {
    vec![
        Blocker::NoBase,
        Blocker::BaseLost { base: ODD[0].to_owned() },
        Blocker::BaseRefused { base: ODD[1].to_owned(), by: String::new() },
        Blocker::Unrelated { base: ODD[2].to_owned() },
        Blocker::TooLarge { missing: odd() },
        Blocker::Incomplete { missing: odd() },
        Blocker::MakersNotFound { names: odd(), programs: odd(), tokens: odd(), bots: odd() },
        Blocker::SaidNobodyHere(SaidNobody {
            handle: ODD[3].to_owned(),
            version: u64::from(u32::MAX),
            name: ODD[2].to_owned(),
            kind: Nobody::Left,
            reason: ODD[0].to_owned(),
            by: String::new(),
        }),
        Blocker::MakersUntold { what: odd() },
        Blocker::NotVouched { commits: odd(), count: 7 },
        Blocker::NotVerified { commits: Vec::new(), count: u32::MAX },
        Blocker::ApproversMissing { names: odd(), needed: 1 },
        Blocker::NobodyLeft { who: ODD[0].to_owned(), makers: odd(), needed: 2 },
        Blocker::RulesUnread,
    ]
}

/// Every verdict.
pub fn verdicts() -> [Verdict; 10] {
    [
        Verdict::Eligible,
        Verdict::Deactivated,
        Verdict::Guest,
        Verdict::Stranger,
        Verdict::Bot,
        Verdict::NotNamed,
        Verdict::OwnWord,
        Verdict::OwnChange,
        Verdict::SetTheBase,
        Verdict::BaseMoved,
    ]
}

/// The effect that tried a step first.
pub fn first() -> FirstTry {
    FirstTry { effect: EffectId::from_text("e1"), at: precise() }
}

fn run() -> RunId {
    RunId::from_text("r")
}

fn approval() -> ApprovalId {
    ApprovalId::from_text("a")
}

/// Events of every kind, with nothing where that may be and with something.
pub fn events() -> Vec<EventKind> {
    [of_rules(), of_approvals(), of_votes(), of_steps()].concat()
}

fn of_rules() -> Vec<EventKind> {
    let (none, some) = (None::<String>, Some(String::new()));
    let evaluated = |text: &Option<String>, held, notices| EventKind::RulesEvaluated {
        path: text.clone(),
        hash: text.clone(),
        held,
        notices,
    };
    vec![
        EventKind::DeployRegistered,
        EventKind::DeployReported { state: DeployState::InProgress },
        evaluated(&none, Vec::new(), odd()),
        evaluated(&some, odd(), Vec::new()),
        EventKind::RulesRefused { problems: odd() },
        EventKind::RulesInForce { path: some.clone(), hash: ODD[3].to_owned(), why: String::new() },
        EventKind::RulesProposed { path: none.clone(), hash: String::new(), changes: odd() },
        EventKind::ProposalRefused { problems: odd() },
        EventKind::PolicyInForce { repository: ODD[3].to_owned(), hash: String::new(), why: String::new() },
        EventKind::PolicyProposed { repository: String::new(), hash: ODD[3].to_owned(), changes: odd() },
        EventKind::PolicyRefused { repository: String::new(), in_force: none.clone(), problems: odd() },
        EventKind::PolicyRefused { repository: String::new(), in_force: some.clone(), problems: Vec::new() },
        EventKind::RuleBlocked { run: run(), rule: ODD[3].to_owned(), shortfalls: odd() },
        EventKind::NotEvaluated { reason: ODD[3].to_owned() },
        EventKind::RuleNotOpened { rule: String::new(), reasons: Vec::new() },
        EventKind::RunOpened { run: run(), rule: ODD[3].to_owned(), rule_hash: String::new() },
    ]
}

fn of_approvals() -> Vec<EventKind> {
    let opened = |electorate| EventKind::ApprovalOpened {
        approval: approval(),
        name: String::new(),
        channel: "#a".to_owned(),
        electorate,
    };
    let closed = |outcome: &str, text: Option<String>| EventKind::ApprovalClosed {
        approval: approval(),
        outcome: outcome.to_owned(),
        by: text.clone(),
        name: text.clone(),
        reason: text,
    };
    let Dialog { channel, ts } = dialog();
    vec![
        opened(electorate()),
        opened(Electorate::anyone()),
        EventKind::DialogPosted { approval: approval(), channel: channel.clone(), ts: ts.clone() },
        EventKind::DialogGone { approval: approval(), channel, ts },
        EventKind::Frozen {
            rule: String::new(),
            approval: None,
            until: precise(),
            freeze: ODD[2].to_owned(),
        },
        EventKind::Frozen {
            rule: String::new(),
            approval: Some(approval()),
            until: precise(),
            freeze: String::new(),
        },
        EventKind::FreezeLifted {
            approval: approval(),
            by: "U1".to_owned(),
            name: String::new(),
            freeze: String::new(),
            reason: ODD[3].to_owned(),
        },
        EventKind::GlassBroken {
            approval: approval(),
            by: "U1".to_owned(),
            name: ODD[2].to_owned(),
            reason: ODD[3].to_owned(),
            due: precise(),
        },
        EventKind::GlassStruck {
            approval: approval(),
            by: "U1".to_owned(),
            name: String::new(),
            verdict: Verdict::NotNamed,
        },
        EventKind::GlassReviewed {
            approval: approval(),
            by: String::new(),
            name: ODD[2].to_owned(),
            note: ODD[3].to_owned(),
        },
        EventKind::NobodyHereConfirmed {
            approval: approval(),
            handle: ODD[3].to_owned(),
            maker: ODD[2].to_owned(),
            said_by: String::new(),
            by: "U1".to_owned(),
            name: ODD[2].to_owned(),
        },
        EventKind::QuorumReached { approval: approval(), until: precise() },
        EventKind::QuorumUndone { approval: approval(), by: String::new(), name: ODD[2].to_owned() },
        EventKind::VotersChecked {
            approval: approval(),
            electorate: electorate(),
            voters: verdicts().map(|verdict| (ODD[2].to_owned(), verdict)).to_vec(),
        },
        EventKind::VotersChecked {
            approval: approval(),
            electorate: Electorate::anyone(),
            voters: Vec::new(),
        },
        closed("approved", None),
        closed("cancelled", Some(String::new())),
    ]
}

fn of_votes() -> Vec<EventKind> {
    let text = || ODD[2].to_owned();
    let cast = |choice, previous, reason, standing| EventKind::VoteCast {
        approval: approval(),
        voter: "U1".to_owned(),
        name: text(),
        choice,
        previous,
        reason,
        standing,
    };
    let struck = |verdict| EventKind::VoteStruck {
        approval: approval(),
        voter: "U1".to_owned(),
        name: String::new(),
        verdict,
    };
    let standings =
        [Standing::Member, Standing::Deactivated, Standing::Guest, Standing::Stranger, Standing::Bot];
    let mut events = vec![
        EventKind::BaseSet {
            approval: approval(),
            place: ODD[1].to_owned(),
            revision: String::new(),
            by: "U1".to_owned(),
            name: ODD[2].to_owned(),
        },
        cast(Choice::Approve, None, None, None),
        EventKind::VoteWithdrawn {
            approval: approval(),
            voter: "U1".to_owned(),
            name: text(),
            choice: Choice::Reject,
            by: String::new(),
        },
        EventKind::VoteRefused {
            approval: approval(),
            voter: String::new(),
            name: String::new(),
            reason: ODD[3].to_owned(),
        },
    ];
    events.extend(standings.map(|standing| {
        cast(Choice::Reject, Some(Choice::Approve), Some(ODD[3].to_owned()), Some(standing))
    }));
    events.extend(verdicts().map(struck));
    events
}

fn of_steps() -> Vec<EventKind> {
    let text = || ODD[3].to_owned();
    let succeeded = |url| EventKind::StepSucceeded { run: run(), step: 3, summary: String::new(), url };
    let resolved = |resolution| EventKind::StepResolved {
        run: run(),
        step: 1,
        by: "U1".to_owned(),
        name: ODD[2].to_owned(),
        resolution,
        reason: (resolution == Resolution::Skip).then(text),
    };
    vec![
        EventKind::StepStarted { run: run(), step: 0, action: text() },
        EventKind::StepRetrying { run: run(), step: usize::MAX, reason: text() },
        EventKind::AskedAgain {
            approval: approval(),
            run: run(),
            by: String::new(),
            name: ODD[2].to_owned(),
        },
        EventKind::EvaluationAsked { by: String::new(), name: ODD[2].to_owned() },
        EventKind::StepWaits { run: run(), step: usize::MAX, reason: text() },
        succeeded(None),
        succeeded(Some(String::new())),
        EventKind::StepFailed { run: run(), step: 1, reason: String::new() },
        EventKind::StepUnknown { run: run(), step: 1, reason: text() },
        resolved(Resolution::Retry),
        resolved(Resolution::Skip),
        resolved(Resolution::MarkAsDone),
        EventKind::RunSucceeded { run: run() },
        EventKind::RunStopped { run: run(), step: 12 },
        EventKind::NotTold { channel: String::new(), reason: text() },
        EventKind::PutAside { row: text(), reason: text() },
    ]
}

/// Effects of every kind.
pub fn effects() -> Vec<EffectKind> {
    let advance = |outcome| EffectKind::AdvanceRun { run: run(), step: 0, outcome };
    let draw = |approval| EffectKind::DrawStep { approval, run: run(), step: 7 };
    vec![
        EffectKind::EvaluateRules { look: None },
        EffectKind::EvaluateRules { look: Some(usize::from(u8::MAX)) },
        EffectKind::RunStep { run: run(), step: usize::MAX },
        EffectKind::RetryStep { run: run(), step: 0, first: first(), looks: true },
        EffectKind::RetryStep { run: run(), step: 0, first: first(), looks: false },
        EffectKind::TellFailure { approval: None, run: run(), step: 1, failed_at: precise() },
        EffectKind::TellFailure {
            approval: Some(ApprovalId::from_text("a")),
            run: run(),
            step: 1,
            failed_at: precise(),
        },
        advance(Outcome::Approved),
        advance(Outcome::Rejected),
        advance(Outcome::Expired),
        advance(Outcome::Cancelled(ODD[3].to_owned())),
        advance(Outcome::Superseded(ODD[3].to_owned())),
        EffectKind::ConfirmQuorum { approval: approval() },
        EffectKind::Expire { approval: approval() },
        EffectKind::Remind { approval: approval() },
        EffectKind::WatchFreeze { approval: approval() },
        EffectKind::JudgeAgain { approval: approval(), round: 3 },
        EffectKind::WatchApprovers { approval: approval() },
        EffectKind::JudgeOthers { others: Others::MovedBy { approval: approval() }, from: None },
        EffectKind::JudgeOthers { others: Others::Blocked, from: Some(ODD[3].to_owned()) },
        EffectKind::judge_others(Others::All),
        EffectKind::ApplyPolicy { from: None },
        EffectKind::ApplyPolicy { from: Some(DeployId::from_text(ODD[3])) },
        EffectKind::ListHeaderSecrets,
        EffectKind::EvaluateAgain,
        EffectKind::AskAgain { approval: approval(), run: run(), by: String::new(), name: ODD[2].to_owned() },
        EffectKind::RecordHealth {
            source: ODD[2].to_owned(),
            report: Report { health: Health::Ailing, at: precise() },
        },
        EffectKind::OfferEvaluation { channel: "C1".to_owned(), text: ODD[1].to_owned() },
        EffectKind::TellFreezeLifted { approval: approval() },
        EffectKind::TellThread { approval: approval(), text: ODD[1].to_owned(), to_deployers: true },
        EffectKind::TellGlassBroken { approval: approval() },
        EffectKind::RemindReview { approval: approval(), round: u32::MAX },
        EffectKind::SettleReview { approval: approval() },
        EffectKind::Supersede { deploy: DeployId::from_text("d1"), run: run(), by: successor() },
        EffectKind::DrawDialog { approval: approval() },
        draw(Some(approval())),
        draw(None),
        EffectKind::TellPerson { channel: "C1".to_owned(), user: "U1".to_owned(), text: String::new() },
        EffectKind::TellMember { user: "U1".to_owned(), text: ODD[1].to_owned() },
        EffectKind::TellChannel { channel: String::new(), text: ODD[2].to_owned() },
        EffectKind::AskMember { handle: Handle::github(u64::MAX), version: 1, at: None },
        EffectKind::AskMember {
            handle: Handle::Email { address: ODD[2].to_owned() },
            version: u64::MAX,
            at: Some(dialog()),
        },
    ]
}
