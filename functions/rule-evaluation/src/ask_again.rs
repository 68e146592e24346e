//! Ask again: a closed approval is opened anew, by the rules that are in force now.

use crate::handler::{EvaluationError, RuleEvaluation, Tried};
use crate::in_force::{Judged, Law};
use crate::plan::Scope;
use crate::since::Asking;
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::id::{ApprovalId, RunId};
use signoff_core::message::{self, NotAskedAgain, shorten};
use signoff_core::run::{NotAgain, Opening, Run, Status};
use signoff_providers::github::GitHub;
use signoff_rules::explain::failures;
use signoff_rules::variables::Known;
use signoff_rules::{Rule, Snapshot};
use signoff_runtime::connections::Connected;
use signoff_store::{Change, Page};
use std::borrow::Cow;

/// The most of the conditions that do not hold that is told, in characters.
const MAX_WHY: usize = 500;

impl RuleEvaluation {
    /// Has `approval` of `run` asked again because of `by`, a Slack user id and a name. Where it can't be,
    /// the dialog's thread says why. One query, the reads of the rules in force, and one commit.
    pub(crate) async fn ask_again(
        &self,
        effect: &Effect,
        approval: &ApprovalId,
        run: &RunId,
        by: (&str, &str),
    ) -> Result<(), EvaluationError> {
        let now = self.now();
        let asked = match self.store.page(&effect.deploy).await?.map(Page::whole).transpose()? {
            Some(page) => self.asked(effect, &page, approval, run, by).await?,
            None => Err(None),
        };
        let change = Change::to(&effect.deploy, now);
        let change = match asked {
            Ok((earlier, next)) => change.run(earlier).run(next).done(effect),
            Err(why) => {
                let note = why.as_ref().map(|why| why.to_string());
                let text = why.map(|why| message::not_asked_again(by.0, &why));
                let tell = text.map(|text| EffectKind::tell_thread(approval.clone(), text));
                let change = change.effect(effect, effect.closed(EffectState::Succeeded, note));
                change.and(effect.id.as_str(), tell.into_iter().collect(), Vec::new())
            }
        };
        Ok(self.store.commit(change).await?)
    }

    /// The run that is asked again for, and the one that takes its place. `Err` of the answer: the reason why
    /// not; none, where there is nobody to tell or nothing to say.
    async fn asked(
        &self,
        effect: &Effect,
        page: &Page,
        approval: &ApprovalId,
        run: &RunId,
        by: (&str, &str),
    ) -> Result<Result<Decisions, Option<NotAskedAgain>>, EvaluationError> {
        let deploy = &page.deploy;
        let run = page.runs.iter().find(|known| known.id == *run);
        let approval = page.approvals.iter().find(|known| known.id == *approval);
        let (Some(run), Some(approval)) = (run, approval) else { return Ok(Err(None)) };
        let refuse = |why| Ok(Err(Some(why)));
        match run.may_ask_again(approval) {
            Ok(_) => {}
            // Somebody else was quicker.
            Err(NotAgain::Before) => return Ok(Err(None)),
            Err(why) => return refuse(NotAskedAgain::Core(why)),
        }
        if let Some(newer) = self.store.newer(deploy).await? {
            let revision = newer.revision;
            return refuse(NotAskedAgain::NewerDeploy { environment: deploy.environment.clone(), revision });
        }
        let connected = self.connections.of(&self.store, &deploy.deployment).await?;
        if !matches!(connected, Connected::Yes(_)) {
            return refuse(NotAskedAgain::Disconnected);
        }
        let github = self.numbered(self.github().await?, deploy).await?;
        let judged = match self.law(&github, deploy, effect, Scope::Waiting).await? {
            Some(Law::Rules(judged)) => judged,
            Some(Law::Refused { .. }) | None => return refuse(NotAskedAgain::NoRules),
        };
        let rules = &judged.rules.rules;
        let rule = rules.iter().find(|rule| rule.name == run.rule && judged.is_in_force(&rule.name));
        let Some(rule) = rule else { return refuse(NotAskedAgain::NoSuchRule { rule: run.rule.clone() }) };
        let waits_for = rule
            .after
            .iter()
            .find(|name| page.run_of(name).is_none_or(|before| before.status != Status::Succeeded));
        if let Some(before) = waits_for {
            return refuse(NotAskedAgain::After { rule: before.clone() });
        }
        if let Some(problem) = rule.unsupported.first() {
            return refuse(NotAskedAgain::Unsupported { problem: problem.to_string() });
        }
        if let Some(why) = self.fails_now(effect, &github, page, &judged, rule).await? {
            return refuse(NotAskedAgain::DoesNotHold { rule: rule.name.clone(), why });
        }
        let opening = Opening {
            deploy: &deploy.id,
            revision: &deploy.revision,
            rule: &rule.name,
            rule_hash: &rule.hash,
            actions: &rule.actions,
            followed: rules.iter().any(|other| other.after.contains(&rule.name))
                || rules.iter().any(Rule::asks_for_failures),
        };
        let all: Vec<_> = page.approvals.iter().filter(|other| other.run == run.id).collect();
        Ok(match run.ask_again((approval, &all), &opening, by, self.now()) {
            Ok((earlier, mut next)) => {
                next.next.line = Some(rule.at.line);
                next.next.after.clone_from(&rule.after);
                next.next.promotes_to.clone_from(&rule.promotes_to);
                Ok((earlier, next))
            }
            Err(why) => Err(Some(NotAskedAgain::Core(why))),
        })
    }

    /// The conditions of `rule`, as it is now, that do not hold for the deploy of `page`; `None`: it holds.
    async fn fails_now(
        &self,
        effect: &Effect,
        github: &GitHub,
        page: &Page,
        judged: &Judged,
        rule: &Rule,
    ) -> Tried<Option<String>> {
        let deploy = &page.deploy;
        let mut known = Known { facts: Cow::Borrowed(&page.facts), ..Known::new(deploy) };
        known.failed_rules = page.failed_rules();
        // The run that is asked again is no failure of its own rule.
        known.failed_rules.retain(|name| *name != rule.name && judged.is_in_force(name));
        known.drift = self.drift(&known, std::iter::once(rule)).await?;
        let (scope, tries) = (Scope::Waiting, effect.tries());
        let asking = Asking { github, deploy, judged, known: &known, scope, tries };
        let since = self.since_approval(asking, |other| other.name == rule.name).await?;
        (known.magnitudes, known.ranges) = (since.magnitudes, since.ranges);
        let snapshot = Snapshot::at(&known, self.now());
        Ok((!rule.holds(&snapshot)).then(|| {
            let failing = failures(&rule.conditions, &rule.sees(&snapshot)).join("; ");
            shorten(&failing, MAX_WHY)
        }))
    }
}

/// Decisions about the earlier run and about the run that takes its place.
type Decisions = (signoff_core::decision::Decision<Run>, signoff_core::decision::Decision<Run>);
