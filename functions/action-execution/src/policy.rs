//! The stack's policy where actions run: a rule below it asks, and nothing that it would let act is done.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::late_base::LateBase;
use crate::subject::renderer;
use crate::waits::Beside;
use signoff_core::action::{Action, ApprovalSpec, Kind};
use signoff_core::approval::{Approval, Subject};
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::id::{ApprovalId, RunId};
use signoff_core::message;
use signoff_core::policy::PATH;
use signoff_core::run::{KEPT_BACK, Run, Status};
use signoff_providers::Failure;
use signoff_rules::policy::{Approved, Before, Judged, Lacking, LackingKind, Policy, Shortfall, Together};
use signoff_rules::template::{Context, is_of_record};
use signoff_runtime::effects::Attempt;
use signoff_runtime::settings::{SettingError, Settings};
use signoff_store::{Change, StoreError};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The most rules that are followed back by `after`.
const MAX_AFTER: usize = 50;

/// The policies that this process has read.
#[derive(Debug)]
pub(crate) struct Policies {
    /// The repository of the stack's policy; `None`: no policy binds it.
    repository: Option<String>,
    /// The last one, by the hash of its text.
    last: Mutex<Option<(String, Arc<Policy>)>>,
}

/// Policy that binds the rules of the stack.
#[derive(Clone, Debug)]
pub(crate) enum Binding {
    /// Nothing: the stack has no repository for a policy.
    Nothing,
    /// It is not known: no policy could be read yet, for this reason. No rule may act.
    Unknown(String),
    /// The policy in force.
    Policy(Arc<Policy>),
}

/// The policy's word on the approvals of a run that set a base.
#[derive(Debug)]
pub(crate) enum Basing {
    /// They do.
    Always,
    /// They don't: the policy keeps something of the run back, or nothing of it is held against the policy.
    Never,
    /// The last one does where enough different people approved in all of them together.
    Counted(Box<Held>),
}

/// A run against the policy.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// The ways in which its rule is below the policy.
    pub(crate) below: Vec<String>,
    /// The floors that it meets by the votes of several approvals together.
    together: Vec<Together>,
    /// Those who may break the glass for what it does: e-mail addresses, Slack user ids and user groups.
    breakers: Vec<String>,
    /// The runs that had to succeed before it, where they did.
    runs_before: Vec<Run>,
    /// True if no action of the run is bound by the policy.
    asks_only: bool,
    /// True if it is held against a policy.
    is_by_policy: bool,
}

impl Policies {
    /// Those of a stack with these settings. Error: one can't be read.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self { repository: settings.policy_repository()?, last: Mutex::default() })
    }

    fn parsed(&self, hash: &str, text: &str) -> Result<Arc<Policy>, String> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, policy)) = last.as_ref()
            && known == hash
        {
            return Ok(Arc::clone(policy));
        }
        let policy = signoff_rules::policy::parse(text, PATH).map_err(|problems| {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            format!("the policy in force can't be read any more ({first})")
        })?;
        let policy = Arc::new(policy);
        *last = Some((hash.to_owned(), Arc::clone(&policy)));
        Ok(policy)
    }
}

impl ActionExecution {
    /// The policy in force now: one GetItem where the stack has a repository for it, and none otherwise.
    pub(crate) async fn policy(&self) -> Tried<Binding> {
        let Some(repository) = &self.policies.repository else { return Ok(Binding::Nothing) };
        let state = match self.store.policy().await {
            Ok(state) => state.unwrap_or_default(),
            // Nothing acts meanwhile, and everything that does not act goes on.
            Err(error @ StoreError::Row { .. }) => {
                let why = message::policy_row_unreadable(&error.to_string());
                return Ok(Binding::Unknown(format!("No rule may act. {why}")));
            }
            Err(error) => return Err(error.into()),
        };
        let Some(in_force) = state.in_force else {
            let problem = state.unusable.and_then(|unusable| unusable.problems.into_iter().next());
            let why = problem.unwrap_or_else(|| "The next deploy reads it.".to_owned());
            return Ok(Binding::Unknown(format!(
                "No policy of {repository} could be read yet, so no rule may act. {why}"
            )));
        };
        Ok(match self.policies.parsed(&in_force.file.hash, &in_force.file.text) {
            Ok(policy) => Binding::Policy(policy),
            Err(why) => Binding::Unknown(format!("No rule may act: {why}.")),
        })
    }

    /// The policy's word on an approval of `run` that sets a base. A run that only asks is held against no
    /// floor, so that under a policy it sets none: a rule of few votes would hide its commits from the one
    /// that acts.
    pub(crate) async fn policy_on_base(&self, deploy: &Deploy, run: &Run) -> Tried<Basing> {
        let held = self.held_against(&self.policy().await?, deploy, run, None).await?;
        Ok(match (held.below.is_empty() && !held.asks_only, held.together.is_empty()) {
            (false, _) => Basing::Never,
            (true, true) => Basing::Always,
            (true, false) => Basing::Counted(Box::new(held)),
        })
    }

    /// `true` if `last`, an approval of `run` that is approved now, sets a base.
    ///
    /// # Errors
    /// The other approvals behind the run can't be read.
    pub(crate) async fn sets_base(
        &self,
        run: &Run,
        basing: &Basing,
        last: &Approval,
    ) -> Result<bool, StoreError> {
        let held = match basing {
            Basing::Always => return Ok(true),
            Basing::Never => return Ok(false),
            Basing::Counted(held) => held,
        };
        let approved = self.approved_behind(run, held, Some(last)).await?;
        let is_broken = approved.iter().any(|(_, approval)| approval.glass.broken.is_some());
        Ok(!is_broken && too_few(run, held, &approved).is_empty())
    }

    /// Sets the base that `approval` did not set when it was approved, because the policy kept back what
    /// follows it. To be called once the policy lets that act.
    ///
    /// # Errors
    /// The record can't be read or written.
    pub(crate) async fn set_base_late(
        &self,
        effect: &Effect,
        deploy: &Deploy,
        run: &Run,
        approval: &Approval,
    ) -> Tried<()> {
        if !run.is_in_force() {
            return Ok(());
        }
        let basing = self.policy_on_base(deploy, run).await?;
        self.commit_newest(effect, async || {
            let now = self.now();
            if !self.sets_base(run, &basing, approval).await? {
                return Ok(None);
            }
            let Some(LateBase { next, others }) = self.late_base(deploy, run, approval, now).await? else {
                return Ok(None);
            };
            let owner = format!("base moved once the policy let {} go on", approval.id);
            Ok(Some(Change::to(&deploy.id, now).base(next).and(&owner, others, Vec::new())))
        })
        .await
    }

    /// The rule of `run` against what binds it, as it is written and as its texts are rendered now, or as
    /// people voted on them with `subject`.
    pub(crate) async fn held_against(
        &self,
        binding: &Binding,
        deploy: &Deploy,
        run: &Run,
        subject: Option<&Subject>,
    ) -> Tried<Held> {
        let asks_only = !run.steps.iter().any(|step| is_bound(&step.action));
        let policy = match binding {
            Binding::Nothing => return Ok(Held::default()),
            Binding::Unknown(_) | Binding::Policy(_) if asks_only => {
                return Ok(Held { asks_only, ..Held::default() });
            }
            Binding::Unknown(why) => return Ok(Held { below: vec![why.clone()], ..Held::default() }),
            Binding::Policy(policy) => policy,
        };
        let (actions, runs_before) = (run.actions(), self.runs_before(run).await?);
        let names = self.bound_as(policy, deploy).await?;
        let before: Vec<(Vec<Action>, Option<&str>)> =
            runs_before.iter().map(|run| (run.actions(), run.promotes_to.as_deref())).collect();
        let rendered = rendered(&actions, subject, &self.early_context(deploy));
        let (mut found, mut together) = (Vec::new(), Vec::new());
        for actions in [&actions, &rendered] {
            let judged = judged(run, actions, &before);
            for name in names.iter() {
                for shortfall in policy.judge_rule(name, &judged).iter().map(Shortfall::text) {
                    if !found.contains(&shortfall) {
                        found.push(shortfall);
                    }
                }
                together.extend(policy.votes_together(name, &judged));
            }
        }
        let breakers = names.break_glass(policy, &judged(run, &actions, &before)).people;
        Ok(Held { below: found, together, breakers, runs_before, asks_only: false, is_by_policy: true })
    }

    /// The reasons for which `run`, whose approvals are `own`, may not act though its rule meets the policy:
    /// the glass of an approval behind it was broken by somebody who may not break it for what this run does
    /// (the policy may have changed since), or a floor is met by several approvals together, in which too few
    /// different people approved. One person who votes in each of them is one person.
    async fn lacking_people(&self, run: &Run, held: &Held, own: &[Approval]) -> Tried<Vec<String>> {
        let is_own_broken = held.is_by_policy && own.iter().any(|approval| approval.glass.broken.is_some());
        if held.together.is_empty() && held.runs_before.is_empty() && !is_own_broken {
            return Ok(Vec::new());
        }
        let approved = self.approved_behind(run, held, None).await?;
        let is_broken = |approval: &&Approval| approval.glass.broken.is_some();
        let broken: Vec<&Approval> =
            approved.iter().map(|(_, approval)| approval).filter(is_broken).collect();
        match broken.is_empty() {
            true => Ok(too_few(run, held, &approved)),
            false => self.unnamed_breakers(run, held, &broken).await,
        }
    }

    /// The approvals that are approved of `run` and of the runs before it, with what their rules ask. `last`
    /// stands for its row.
    async fn approved_behind<'r>(
        &self,
        run: &'r Run,
        held: &'r Held,
        last: Option<&Approval>,
    ) -> Result<Vec<(&'r ApprovalSpec, Approval)>, StoreError> {
        let mut approved = Vec::new();
        for run in held.runs_before.iter().chain([run]) {
            for (step, asked) in run.steps.iter().enumerate() {
                let Action::SlackChannelApproval(spec) = &asked.action else { continue };
                let id = ApprovalId::derive(&run.id, step);
                let approval = match last.filter(|last| last.id == id) {
                    Some(last) => Some(last.clone()),
                    None => self.store.approval(&run.deploy, &id).await?,
                };
                let Some(approval) = approval else { continue };
                if approval.status.is_approved() {
                    approved.push((spec, approval));
                }
            }
        }
        Ok(approved)
    }

    /// Those of `broken` whose breaker the policy does not name for what `run` does.
    async fn unnamed_breakers(&self, run: &Run, held: &Held, broken: &[&Approval]) -> Tried<Vec<String>> {
        let slack = self.outside.slack(self.now()).await?;
        let named = self.resolve(&slack, &held.breakers).await?.people;
        self.forget(&held.breakers).await;
        let breakers = broken.iter().filter_map(|approval| Some((approval, approval.glass.broken.as_ref()?)));
        let unnamed = breakers.filter(|(_, broken)| !named.contains(&broken.by));
        Ok(unnamed.map(|(approval, _)| message::glass_of_another_rule(&run.rule, &approval.name)).collect())
    }

    /// The runs that had to succeed before `run`, where they did.
    pub(crate) async fn runs_before(&self, run: &Run) -> Tried<Vec<Run>> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        let mut ahead = run.after.clone();
        while let Some(name) = ahead.pop() {
            if seen.len() >= MAX_AFTER || !seen.insert(name.clone()) {
                continue;
            }
            let mut before = self.store.run(&run.deploy, &RunId::derive(&run.deploy, &name)).await?;
            // What was asked again counts as it ended the last time.
            while let Some(again) = before.as_ref().and_then(|before| before.asked_again.clone()) {
                before = self.store.run(&run.deploy, &again).await?;
            }
            if let Some(before) = before.filter(|before| before.status == Status::Succeeded) {
                ahead.extend(before.after.iter().cloned());
                found.push(before);
            }
        }
        Ok(found)
    }

    /// Finds out if the policy in force keeps step number `step` of `run` back; `own` are the approvals of
    /// the run. Then the clock looks again, at most a quarter of an hour later, and it is told.
    ///
    /// # Errors
    /// Among others: a newer deploy came to the environment while the policy kept the step back. The step is
    /// not run any more.
    pub(crate) async fn is_held_by_policy(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        (subject, own): (Option<&Subject>, &[Approval]),
    ) -> Tried<bool> {
        let held = self.held_against(&self.policy().await?, deploy, run, subject).await?;
        let lacking = self.lacking_people(run, &held, own).await?;
        let blocks = [held.below, lacking].concat();
        let has_waited = run.steps.get(step).is_some_and(|step| step.state.is_kept_back());
        if has_waited && self.store.after(deploy).await?.overtook().is_some() {
            let environment = &deploy.environment;
            return Err(Failure::Permanent(format!(
                "nothing was done: a newer deploy came to {environment} while the policy kept this back"
            ))
            .into());
        }
        if blocks.is_empty() {
            return Ok(false);
        }
        self.wait_for_policy(attempt, deploy, run, step, (&blocks, own), !has_waited).await?;
        Ok(true)
    }

    async fn wait_for_policy(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        (blocks, own): (&[String], &[Approval]),
        is_news: bool,
    ) -> Tried<()> {
        let thread = run.thread_of(step);
        let voted = own.iter().find(|approval| Some(&approval.id) == thread.as_ref());
        let reason = format!("{KEPT_BACK}{}", message::shorten(&blocks.join(" "), 600));
        let event = is_news.then(|| EventKind::RuleBlocked {
            run: run.id.clone(),
            rule: run.rule.clone(),
            shortfalls: blocks.to_vec(),
        });
        // With a dialog, its thread tells it.
        let channel = match is_news && thread.is_none() {
            true => self.fallback_channel(deploy).await?,
            false => None,
        };
        let text = message::rule_blocked(deploy, &self.deploy_url(&deploy.id), &run.rule, blocks);
        let tell = channel.map(|channel| EffectKind::TellChannel { channel, text });
        let beside = Beside { effects: tell.into_iter().collect(), events: event.into_iter().collect() };
        self.hold(attempt, (&run.id, step), voted, &reason, beside).await
    }
}

/// The rule of `run` with `actions`, after runs with the actions and the environment of each in `before`.
pub(crate) fn judged<'a>(
    run: &'a Run,
    actions: &'a [Action],
    before: &'a [(Vec<Action>, Option<&'a str>)],
) -> Judged<'a> {
    let before = before.iter().map(|(actions, promotes_to)| Before { actions, promotes_to: *promotes_to });
    Judged {
        rule: &run.rule,
        line: run.line,
        promotes_to: run.promotes_to.as_deref(),
        actions,
        after: before.collect(),
    }
}

/// The floors that `run` meets by several approvals together, and in which too few different people approved,
/// a sentence each.
fn too_few(run: &Run, held: &Held, approved: &[(&ApprovalSpec, Approval)]) -> Vec<String> {
    let approved: Vec<Approved<'_>> = approved
        .iter()
        .map(|(spec, approval)| Approved {
            spec,
            electorate: &approval.electorate,
            voters: approval.deciding(),
        })
        .collect();
    let mut lacking = Vec::new();
    for together in &held.together {
        for Lacking { line, kind } in together.lacking(&approved) {
            let text = match kind {
                LackingKind::People { needed, found } => {
                    message::too_few_people(&run.rule, line, needed, found)
                }
                LackingKind::Groups { asked, missing } => {
                    message::too_few_of_groups(&run.rule, line, &asked, &missing)
                }
            };
            if !lacking.contains(&text) {
                lacking.push(text);
            }
        }
    }
    lacking
}

/// True if the policy binds `action`: it acts, and Signoff did not add it itself.
pub(crate) fn is_bound(action: &Action) -> bool {
    action.kind() == Kind::Acts && !matches!(action, Action::RulesFile(_))
}

/// `actions` with the texts of what acts rendered: those that people voted on with `subject`, else as they
/// are now. One that can't be rendered, or not before the action runs, stays a template, of which nothing can
/// be proven.
fn rendered(actions: &[Action], subject: Option<&Subject>, context: &Context) -> Vec<Action> {
    let render = |index: usize, action: &Action| {
        let action = subject.and_then(|subject| subject.act(index)).map_or(action, |act| &act.action);
        let rendered = action.with_texts(|of, template| match is_of_record(template) {
            true => Ok(template.to_owned()),
            false => renderer(of)(template, context),
        });
        rendered.unwrap_or_else(|_| action.clone())
    };
    each(actions, &mut 0, &render)
}

/// `actions` with what `with` makes of each one that is no approval, by the number of its step in a run of
/// them.
fn each(actions: &[Action], next: &mut usize, with: &dyn Fn(usize, &Action) -> Action) -> Vec<Action> {
    let mut made = Vec::new();
    for action in actions {
        let index = *next;
        *next += 1;
        made.push(match action {
            Action::SlackChannelApproval(spec) => {
                let on_success = each(&spec.on_success, next, with);
                let on_reject = each(&spec.on_reject, next, with);
                let on_expire = each(&spec.on_expire, next, with);
                let spec = ApprovalSpec { on_success, on_reject, on_expire, ..spec.clone() };
                Action::SlackChannelApproval(spec)
            }
            other => with(index, other),
        });
    }
    made
}

#[cfg(test)]
mod tests;
