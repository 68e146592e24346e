//! Which rules hold, and the runs that follow.

use crate::handler::{RuleEvaluation, Trouble};
use crate::mergers;
use crate::plan::{Plan, Scope, has_four_eyes, plan};
use crate::rules_file::Source;
use approval::deploy::Deploy;
use approval::effect::{EffectKind, EffectState};
use approval::event::EventKind;
use approval::id::RunId;
use approval::message;
use approval::run::{Opening, Run, Status};
use providers::github::GitHub;
use rules::{Rule, RulesFile};
use runtime::effects::Attempt;
use std::collections::HashSet;
use store::{Change, Page};

/// How many rows a transaction holds before it is committed and the next one is begun; DynamoDB takes 100.
const ROWS: usize = 60;

impl RuleEvaluation {
    /// Opens a run of each rule of `file` that holds for `deploy`, and has the rules evaluated again when the next one
    /// begins to hold by time alone. An invalid file opens nothing and is told. What there is to know of the deploy is put on
    /// record with it.
    pub(crate) async fn evaluate(
        &self,
        attempt: &Attempt,
        scope: Scope,
        github: &GitHub,
        (deploy, notices): (Deploy, Vec<String>),
        file: &Source,
    ) -> Result<(), Trouble> {
        match rules::parse(&file.text, file.path) {
            Ok(parsed) => self.open(attempt, scope, github, (deploy, notices), (file.path, &parsed)).await,
            Err(problems) => {
                let effect = &attempt.effect;
                let problems: Vec<_> = problems.iter().map(|problem| problem.to_string()).collect();
                let text = message::rules_refused(&deploy, &self.deploy_url(&deploy), &problems);
                let tell = self.tell(&deploy, text).into_iter().collect();
                let change = Change::to(&deploy.id, self.now()).deploy(&deploy).done(effect);
                let events = vec![EventKind::RulesRefused { problems }];
                Ok(self.store.commit(change.and(effect.id.as_str(), tell, events)).await?)
            }
        }
    }

    async fn open(
        &self,
        attempt: &Attempt,
        scope: Scope,
        github: &GitHub,
        (mut deploy, mut notices): (Deploy, Vec<String>),
        (path, parsed): (&str, &RulesFile),
    ) -> Result<(), Trouble> {
        let (effect, now) = (&attempt.effect, self.now());
        // What an earlier evaluation, or an earlier attempt at this one, put on record.
        let known = match (scope, effect.attempts) {
            (Scope::All, 1) => None,
            (Scope::All | Scope::Waiting, _) => self.store.page(&deploy.id).await?,
        };
        let run_of = |rule: &str| {
            let run = RunId::derive(&deploy.id, rule);
            known.iter().flat_map(|page: &Page| &page.runs).find(|open| open.id == run)
        };
        let is_open = |rule: &Rule| run_of(&rule.name).is_some();
        let succeeded = |rule: &str| run_of(rule).is_some_and(|run| run.status == Status::Succeeded);
        let waiting = |rule: &&Rule| scope == Scope::All || !is_open(rule);
        let mut plan = plan(parsed.rules.iter().filter(waiting), scope, succeeded, &deploy, now);
        let outdated = plan.depends_on_time() && self.store.newer(&deploy).await?.is_some();
        if outdated {
            plan.forget_time();
        }
        let opening: Vec<_> = plan.holding.iter().copied().filter(|rule| !is_open(rule)).collect();
        let four_eyes = opening.iter().any(|rule| has_four_eyes(rule));
        if four_eyes {
            mergers::look_up(github, &mut deploy).await?;
        }

        let mut change = Change::to(&deploy.id, now);
        if four_eyes || scope == Scope::All {
            change = change.deploy(&deploy);
        }
        let followed: HashSet<&String> = parsed.rules.iter().flat_map(|rule| &rule.after).collect();
        for rule in &opening {
            let opening = Opening {
                deploy: &deploy.id,
                revision: &deploy.revision,
                rule: &rule.name,
                rule_hash: &rule.hash,
                actions: &rule.actions,
                followed: followed.contains(&rule.name),
            };
            change = change.run(Run::open(&opening, now));
            if change.rows() >= ROWS {
                self.store.commit(change).await?;
                change = Change::to(&deploy.id, now);
            }
        }
        let (effects, mut events) = self.not_opened(&deploy, &plan, known.as_ref());
        if scope == Scope::All || !opening.is_empty() {
            let of_file = parsed.notices.iter().filter(|_| scope == Scope::All);
            notices.extend(of_file.map(|problem| problem.to_string()));
            events.push(EventKind::RulesEvaluated {
                path: Some(path.to_owned()),
                hash: Some(parsed.hash.clone()),
                held: plan.holding.iter().map(|rule| rule.name.clone()).collect(),
                notices,
            });
        }
        if let Some(next) = plan.next {
            change = change.later(&format!("after {}", effect.id), EffectKind::EvaluateRules, next);
        }
        let note = outdated.then(|| "no rule waits for time any more: a newer deploy came".to_owned());
        let change = change.effect(effect, effect.closed(EffectState::Succeeded, note));
        Ok(self.store.commit(change.and(effect.id.as_str(), effects, events)).await?)
    }

    /// What is told, and put on record, of rules that use what is not supported yet; nothing that is on record already.
    fn not_opened(
        &self,
        deploy: &Deploy,
        plan: &Plan<'_>,
        known: Option<&Page>,
    ) -> (Vec<EffectKind>, Vec<EventKind>) {
        let (mut effects, mut events) = (Vec::new(), Vec::new());
        for rule in &plan.unsupported {
            let reasons: Vec<_> = rule.unsupported.iter().map(|problem| problem.to_string()).collect();
            let text = message::rule_not_opened(deploy, &self.deploy_url(deploy), &rule.name, &reasons);
            let event = EventKind::RuleNotOpened { rule: rule.name.clone(), reasons };
            if known.is_some_and(|page| page.events.iter().any(|told| told.kind == event)) {
                continue;
            }
            effects.extend(self.tell(deploy, text));
            events.push(event);
        }
        (effects, events)
    }
}
