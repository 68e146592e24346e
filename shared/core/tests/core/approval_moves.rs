//! Any commands in any order and at any time, and the history of an approval under them.

use crate::samples::{WORKSPACE, approval, at, authors, except, successor, window};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use signoff_core::action::Reasons;
use signoff_core::approval::{
    Approval, ApprovalAction, Ask, BreakerCheck, Breakers, Check, Choice, Click, Command, Dialog, Electorate,
    Frozen, Hands, Refusal, Standing,
};
use signoff_core::approval::{Verdict, Voter, decide, open};
use signoff_core::decision::{Decision, Later};
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::freeze::{Dates, Freeze, Hours};

/// The next thing that happens to an approval. One that depends on the approval's state becomes a command
/// when its turn comes.
#[derive(Clone, Debug)]
pub enum Move {
    /// This command.
    Do(Command),
    /// U`person` clicks, so many seconds ago.
    Click { person: usize, ask: Ask, ago: i64, voter: (bool, Option<Standing>) },
    /// A click that was counted comes again.
    Replay(usize),
    /// The people who approved so many states ago were looked up; U`gone` are deactivated, and this is the
    /// electorate.
    Look { ago: usize, gone: usize, electorate: Electorate },
    /// Something is done whose time has come; a look is one at the state so many states ago.
    Due { ago: usize, gone: usize },
}

/// An approval of any quorum, of anyone or of the first few people, with any of its options.
pub fn approvals() -> impl Strategy<Value = Approval> {
    let reasons = prop_oneof![
        3 => Just(Reasons::Never), 1 => Just(Reasons::Approve), 1 => Just(Reasons::Reject), 1 => Just(Reasons::Both)
    ];
    let window = proptest::option::of((1..12_i64).prop_map(|tens| SignedDuration::from_secs(tens * 10)));
    let deadline = proptest::option::of((1..20_i64).prop_map(|tens| at(tens * 10)));
    let options = (1..5_u32, 1..4_u32, electorates(), reasons, window, deadline, freezes());
    options.prop_map(
        |(votes, rejections_required, electorate, require_reason, undo_window, expires_at, frozen)| {
            let named = vec!["U1".to_owned(), "U2".to_owned()];
            let glass = Some(Breakers { people: named.clone(), review_within: 100, by_policy: false });
            let electorate = Electorate { lift_freeze: vec![named], glass, ..electorate };
            Approval {
                frozen,
                votes_required: votes,
                rejections_required,
                electorate,
                require_reason,
                undo_window,
                expires_at,
                ..approval()
            }
        },
    )
}

/// One window of some minutes on that day, or none.
fn freezes() -> impl Strategy<Value = Frozen> {
    let window = |(from, minutes)| {
        let today = vec![Dates { first: date(2021, 5, 11), last: date(2021, 5, 11) }];
        let hours = Some(Hours { from: 11 * 60 + 42 + from, to: 11 * 60 + 42 + from + minutes });
        Freeze { dates: today, hours, ..window("release", "UTC") }
    };
    let windows = proptest::option::of((0..3_u16, 1..3_u16).prop_map(window));
    windows.prop_map(|windows| Frozen::new(windows.into_iter().collect(), at(0)))
}

fn electorates() -> impl Strategy<Value = Electorate> {
    let people = prop_oneof![2 => Just(Electorate::anyone()), 1 => (1..7_usize).prop_map(authors)];
    (people, proptest::bool::weighted(0.3))
        .prop_map(|(electorate, own)| if own { except(electorate, &["U1", "U2"]) } else { electorate })
}

fn asks() -> impl Strategy<Value = Ask> {
    let choice = prop_oneof![4 => Just(Choice::Approve), 1 => Just(Choice::Reject)];
    let reason = proptest::option::of("[ab]".prop_map(String::from));
    let cancel = "[ a]".prop_map(|reason| ApprovalAction::Cancel.because(reason));
    let vote =
        (choice, reason).prop_map(|(choice, reason)| Ask { reason, ..ApprovalAction::from(choice).into() });
    let lift = "[ a]".prop_map(|reason| ApprovalAction::LiftFreeze.because(reason));
    let glass = "[ a]".prop_map(|reason| ApprovalAction::BreakGlass.because(reason));
    let review = "[ a]".prop_map(|note| ApprovalAction::Review.because(note));
    let others = prop_oneof![2 => lift, 2 => glass, 2 => review, 1 => cancel];
    prop_oneof![24 => vote, 3 => Just(ApprovalAction::Withdraw.into()), 2 => Just(ApprovalAction::Undo.into()), 7 => others]
}

fn clicks() -> impl Strategy<Value = Move> {
    let standing = prop_oneof![
        4 => Just(None),
        8 => Just(Some(Standing::Member)),
        1 => Just(Some(Standing::Guest)),
        1 => Just(Some(Standing::Bot)),
    ];
    (1..9_usize, asks(), 0..3_i64, (proptest::bool::weighted(0.9), standing))
        .prop_map(|(person, ask, ago, voter)| Move::Click { person, ask, ago, voter })
}

fn moves() -> impl Strategy<Value = Move> {
    let dialog = || (1..3_u8).prop_map(|ts| Dialog { channel: "C1".to_owned(), ts: format!("{ts}.0") });
    let name =
        (1..9_usize, "[a-c]").prop_map(|(number, name)| Command::Name(vec![(format!("U{number}"), name)]));
    let look = (0..4_usize, 0..9_usize, electorates()).prop_map(|(ago, gone, electorate)| Move::Look {
        ago,
        gone,
        electorate,
    });
    let other = prop_oneof![
        4 => dialog().prop_map(Command::DialogPosted),
        2 => dialog().prop_map(Command::DialogGone),
        4 => name,
        4 => "[ab]".prop_map(|reason| Command::Postpone { reason }),
        2 => Just(Command::Expire),
        1 => Just(Command::WatchFreeze),
        1 => Just(Command::Supersede(successor())),
        1 => Just(Command::Cancel { reason: "gone".to_owned() }),
    ];
    prop_oneof![
        20 => clicks(),
        2 => any::<usize>().prop_map(Move::Replay),
        2 => look,
        6 => (0..3_usize, 0..9_usize).prop_map(|(ago, gone)| Move::Due { ago, gone }),
        4 => other.prop_map(Move::Do),
    ]
}

/// Moves, each with the seconds since the one before it. Clocks differ, and so that it matters, time goes in
/// steps of ten seconds.
pub fn stories() -> impl Strategy<Value = Vec<(i64, Move)>> {
    let seconds = prop_oneof![1 => Just(-10_i64), 4 => Just(0), 3 => Just(10), 1 => Just(20)];
    proptest::collection::vec((seconds, moves()), 0..60)
}

/// The history of an approval, with everything that followed on the way.
pub struct History {
    pub last: Approval,
    pub now: Timestamp,
    pub effects: Vec<EffectKind>,
    pub events: Vec<(Timestamp, EventKind)>,
    /// The clicks that changed something.
    pub counted: Vec<Click>,
    /// The effects whose time is still to come, of those that take the approval on.
    pub due: Vec<(Timestamp, EffectKind)>,
    earlier: Vec<Approval>,
}

fn takes_it_on(later: &Later) -> bool {
    !matches!(later.kind, EffectKind::RemindReview { .. } | EffectKind::WatchApprovers { .. })
}

/// Opens `first` and carries out `moves`; `check` sees each command and its result, with the approval before
/// it.
pub fn carry_out(
    first: &Approval,
    moves: &[(i64, Move)],
    mut check: impl FnMut(&History, &Command, &Result<Decision<Approval>, Refusal>),
) -> History {
    let opening = open(first.clone(), None);
    let mut history = History {
        last: opening.next,
        now: at(0),
        effects: Vec::new(),
        events: Vec::new(),
        counted: Vec::new(),
        due: opening.later.into_iter().filter(takes_it_on).map(|later| (later.at, later.kind)).collect(),
        earlier: Vec::new(),
    };
    for (seconds, next) in moves {
        history.now += SignedDuration::from_secs(*seconds);
        if let Some(command) = history.command(next) {
            let result = decide(&history.last, command.clone(), history.now);
            check(&history, &command, &result);
            history.accept(&command, result);
        }
    }
    history
}

impl History {
    /// The command that `next` is now.
    fn command(&mut self, next: &Move) -> Option<Command> {
        match next {
            Move::Do(command) => Some(command.clone()),
            Move::Click { person, ask, ago, voter: (ours, standing) } => {
                let (id, name) = (format!("U{person}"), format!("name of U{person}"));
                let workspace = if *ours { WORKSPACE } else { "T2" }.to_owned();
                let voter = Voter { id, name, workspace, standing: *standing };
                let clicked = self.now - SignedDuration::from_secs(*ago);
                let subject = self.last.subject.mark();
                Some(Command::Click(Click { voter, ask: ask.clone(), at: clicked, subject }))
            }
            Move::Replay(number) => {
                let index = number.checked_rem(self.counted.len())?;
                self.counted.get(index).cloned().map(Command::Click)
            }
            Move::Look { ago, gone, electorate } => Some(look(self.seen(*ago), *gone, electorate.clone())),
            Move::Due { ago, gone } => {
                let now = self.now;
                let index = self.due.iter().position(|(at, _)| *at <= now)?;
                Some(self.take_due(index, *ago, *gone))
            }
        }
    }

    /// The state so many states ago.
    fn seen(&self, ago: usize) -> &Approval {
        ago.checked_sub(1).and_then(|ago| self.earlier.iter().rev().nth(ago)).unwrap_or(&self.last)
    }

    /// Takes what is due, and makes it a command; a look is one at the state so many states ago, and U`gone`
    /// is deactivated.
    fn take_due(&mut self, index: usize, ago: usize, gone: usize) -> Command {
        match self.due.remove(index).1 {
            EffectKind::Expire { .. } => Command::Expire,
            EffectKind::WatchFreeze { .. } => Command::WatchFreeze,
            EffectKind::ConfirmQuorum { .. } => look(self.seen(ago), gone, self.last.electorate.clone()),
            other => panic!("{other:?} takes no approval on"),
        }
    }

    fn accept(&mut self, command: &Command, result: Result<Decision<Approval>, Refusal>) {
        let Ok(decision) = result else { return };
        if let Command::Click(click) = command {
            self.counted.push(click.clone());
        }
        self.earlier.push(std::mem::replace(&mut self.last, decision.next));
        let now = self.now;
        self.events.extend(decision.events.into_iter().map(|event| (now, event)));
        let later = decision.later.into_iter().filter(takes_it_on);
        self.due.extend(later.map(|later| (later.at, later.kind)));
        let takes_on = |kind: &&EffectKind| matches!(kind, EffectKind::ConfirmQuorum { .. });
        self.due.extend(decision.effects.iter().filter(takes_on).map(|kind| (now, kind.clone())));
        self.effects.extend(decision.effects);
    }

    /// Does everything that is still due, each at its time; all who voted still may.
    pub fn finish(&mut self) {
        while let Some(index) = (0..self.due.len()).min_by_key(|index| self.due[*index].0) {
            self.now = self.now.max(self.due[index].0);
            let command = self.take_due(index, 0, 0);
            let result = decide(&self.last, command.clone(), self.now);
            self.accept(&command, result);
        }
    }

    pub fn closings(&self) -> Vec<&str> {
        let closing = |event: &'_ EventKind| matches!(event, EventKind::ApprovalClosed { .. });
        let closed = self.events.iter().filter(|(_, event)| closing(event));
        closed
            .map(
                |(_, event)| if let EventKind::ApprovalClosed { outcome, .. } = event { outcome } else { "" },
            )
            .collect()
    }

    pub fn advances(&self) -> usize {
        self.effects.iter().filter(|effect| matches!(effect, EffectKind::AdvanceRun { .. })).count()
    }
}

/// The look at those who approved `seen`.
fn look(seen: &Approval, gone: usize, electorate: Electorate) -> Command {
    let gone = format!("U{gone}");
    let approving = seen.votes.iter().filter(|vote| vote.choice == Choice::Approve);
    let verdict = |voter: &str| if voter == gone { Verdict::Deactivated } else { Verdict::Eligible };
    let voters = approving.map(|vote| (vote.voter.clone(), verdict(&vote.voter))).collect();
    let breaker = seen.glass.broken.as_ref().map(|broken| BreakerCheck {
        by: broken.by.clone(),
        verdict: verdict(&broken.by),
        hands: Hands { members: vec!["U3".to_owned()], may_lack: false },
    });
    Command::Confirm(Check { electorate, voters, base: None, breaker })
}
