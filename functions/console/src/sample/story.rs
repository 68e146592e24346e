//! A run that asks people, told by the core: what it decides is the record.

use super::{approval, at, evaluated, event, registered, run};
use signoff_core::action::{Action, ApprovalSpec};
use signoff_core::approval::{self as asked, Approval, Ask, Click, Electorate, Standing, Voter};
use signoff_core::decision::Decision;
use signoff_core::deploy::RulesChange;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::run;
use signoff_store::Page;

/// A deploy's record, as far as it is told.
pub(super) struct Story {
    page: Page,
}

/// Somebody of the workspace whose account is `standing`; where Slack said so, `name` is what it calls them,
/// else the handle that came with the click.
pub(super) fn somebody(id: &str, name: &str, standing: Option<Standing>) -> Voter {
    Voter { id: id.into(), name: name.into(), workspace: "T1".into(), standing }
}

impl Story {
    /// The rule `promote-to-production` holds, and asks as `spec` has it.
    pub(super) fn asks(spec: ApprovalSpec, electorate: Electorate, rules_change: RulesChange) -> Self {
        Self::opens(&[Action::SlackChannelApproval(spec)]).opened(0, |approval| Approval {
            electorate,
            rules_change,
            ..approval
        })
    }

    /// The rule `promote-to-production` holds, and does `actions`.
    pub(super) fn opens(actions: &[Action]) -> Self {
        let run = run("promote-to-production", actions);
        let opened = EventKind::RunOpened {
            run: run.id.clone(),
            rule: run.rule.clone(),
            rule_hash: run.rule_hash.clone(),
        };
        let mut page = Page { runs: vec![run], ..registered() };
        page.events.extend([evaluated(&["promote-to-production"]), opened].map(|kind| event(4, kind)));
        Self { page }
    }

    /// The step number `step` asks, with the approval that `change` makes of the usual one; its dialog is
    /// posted.
    pub(super) fn opened(self, step: usize, change: impl FnOnce(Approval) -> Approval) -> Self {
        let mut story = self.quietly(step, run::Command::Begin(super::first()), 4);
        let new = change(approval(&story.page.runs[0], step));
        let (id, dialog) = (new.id.clone(), new.dialog.clone().unwrap());
        story.page.approvals.push(Approval { dialog: None, ..new });
        let decision = asked::open(story.last().clone(), None);
        story.record(4, decision.events);
        story.quietly(step, run::Command::Ask(id), 4).then(5, asked::Command::DialogPosted(dialog))
    }

    /// The newest approval is told `command`; what its run has to hear of that, it hears at once.
    pub(super) fn then(mut self, seconds: i64, command: asked::Command) -> Self {
        let Decision { next, effects, events, .. } =
            asked::decide(self.last(), command, at(seconds)).unwrap();
        *self.page.approvals.last_mut().unwrap() = next;
        self.record(seconds, events);
        for effect in effects {
            if let EffectKind::AdvanceRun { step, outcome, .. } = effect {
                self = self.step(step, run::Command::Close(outcome), seconds);
            }
        }
        self
    }

    /// `voter` clicks.
    pub(super) fn click(self, seconds: i64, voter: Voter, ask: Ask) -> Self {
        let subject = self.last().subject.mark();
        self.then(seconds, asked::Command::Click(Click { voter, ask, at: at(seconds), subject }))
    }

    /// Slack says what it calls those who voted.
    pub(super) fn named(self, seconds: i64, names: &[(&str, &str)]) -> Self {
        let names = names.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned()));
        self.then(seconds, asked::Command::Name(names.collect()))
    }

    /// Step number `step` is told `command`.
    pub(super) fn step(mut self, step: usize, command: run::Command, seconds: i64) -> Self {
        let Decision { next, events, .. } =
            run::decide(&self.page.runs[0], step, command, at(seconds)).unwrap();
        self.page.runs[0] = next;
        self.record(seconds, events);
        self
    }

    /// The same without events: an approval's own say it.
    fn quietly(mut self, step: usize, command: run::Command, seconds: i64) -> Self {
        let before = self.page.events.len();
        self = self.step(step, command, seconds);
        self.page.events.truncate(before);
        self
    }

    /// The newest approval.
    fn last(&self) -> &Approval {
        self.page.approvals.last().unwrap()
    }

    /// The record.
    pub(super) fn page(self) -> Page {
        self.page
    }

    fn record(&mut self, seconds: i64, events: Vec<EventKind>) {
        self.page.events.extend(events.into_iter().map(|kind| event(seconds, kind)));
    }
}
