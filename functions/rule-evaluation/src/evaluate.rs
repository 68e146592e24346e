//! Which rules hold, and the runs that follow.

use crate::handler::{RuleEvaluation, Trouble};
use crate::rules_file::Source;
use approval::deploy::Deploy;
use approval::event::EventKind;
use approval::id::RunId;
use approval::message;
use approval::run::{Opening, Run};
use rules::{Rule, Snapshot};
use runtime::effects::Attempt;
use store::Change;

/// How many rows a transaction holds before it is committed and the next one is begun; DynamoDB takes 100.
const ROWS: usize = 60;

impl RuleEvaluation {
    /// Opens a run of each rule of `file` that holds for `deploy`. An invalid file opens nothing and is told.
    pub(crate) async fn evaluate(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        file: &Source,
    ) -> Result<(), Trouble> {
        let effect = &attempt.effect;
        let now = self.now();
        let enriched = Change::to(&deploy.id, now).deploy(deploy);
        let parsed = match rules::parse(&file.text, file.path) {
            Ok(parsed) => parsed,
            Err(problems) => {
                let problems: Vec<_> = problems.iter().map(|problem| problem.to_string()).collect();
                let text = message::rules_refused(deploy, &self.deploy_url(deploy), &problems);
                let tell = self.tell(deploy, text).into_iter().collect();
                let change = enriched.done(effect);
                let events = vec![EventKind::RulesRefused { problems }];
                return Ok(self.store.commit(change.and(effect.id.as_str(), tell, events)).await?);
            }
        };
        let snapshot = Snapshot::of(deploy);
        let (mut held, mut effects, mut events) = (Vec::new(), Vec::new(), Vec::new());
        let mut change = enriched;
        for rule in parsed.rules.iter().filter(|rule| rule.applies_to_deploys() && rule.may_hold(&snapshot)) {
            if !rule.unsupported.is_empty() {
                let reasons: Vec<_> = rule.unsupported.iter().map(|problem| problem.to_string()).collect();
                let text = message::rule_not_opened(deploy, &self.deploy_url(deploy), &rule.name, &reasons);
                effects.extend(self.tell(deploy, text));
                events.push(EventKind::RuleNotOpened { rule: rule.name.clone(), reasons });
                continue;
            }
            held.push(rule.name.clone());
            if self.is_open(attempt, deploy, rule).await? {
                continue;
            }
            let opening = Opening {
                deploy: &deploy.id,
                revision: &deploy.revision,
                rule: &rule.name,
                rule_hash: &rule.hash,
                actions: &rule.actions,
            };
            change = change.run(Run::open(&opening, now));
            if change.rows() >= ROWS {
                self.store.commit(change).await?;
                change = Change::to(&deploy.id, now);
            }
        }
        let notices = parsed.notices.iter().map(|problem| problem.to_string()).collect();
        events.push(EventKind::RulesEvaluated {
            path: Some(file.path.to_owned()),
            hash: Some(parsed.hash),
            held,
            notices,
        });
        Ok(self.store.commit(change.and(effect.id.as_str(), effects, events).done(effect)).await?)
    }

    /// Whether an earlier attempt at this deploy opened the run of `rule` already.
    async fn is_open(&self, attempt: &Attempt, deploy: &Deploy, rule: &Rule) -> Result<bool, Trouble> {
        if attempt.effect.attempts == 1 {
            return Ok(false);
        }
        Ok(self.store.run(&deploy.id, &RunId::derive(&deploy.id, &rule.name)).await?.is_some())
    }
}
