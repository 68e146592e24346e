//! Which rules hold, and the runs that follow.

use crate::again::{is_parked, is_whole, offer};
use crate::confirm::{look_number, next_look};
use crate::findings::EvaluationInput;
use crate::handler::{EvaluationError, RuleEvaluation, tell};
use crate::in_force::{Judged, Law};
use crate::mergers;
use crate::plan::{Plan, Scope, has_four_eyes, plan};
use crate::since::Asking;
use crate::unjudged::{may_change, note_told, unjudged, unknown_words};
use jiff::{SignedDuration, Timestamp};
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::evaluation::Evaluation;
use signoff_core::event::EventKind;
use signoff_core::freeze::{Hold, names};
use signoff_core::id::{RunId, digest};
use signoff_core::message;
use signoff_core::run::{Opening, Run, Status};
use signoff_providers::github::GitHub;
use signoff_rules::condition::Deploys;
use signoff_rules::variables::{Behind, Known};
use signoff_rules::{Rule, Snapshot};
use signoff_runtime::effects::Attempt;
use signoff_store::{After, Change, DeploySummary, MissingDeploys, Page};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Rows at which a transaction is committed and the next one is begun; DynamoDB takes 100.
const ROWS: usize = 50;
/// The bytes of runs at which a transaction is committed and the next one is begun; DynamoDB takes 4 MB.
const BYTES: usize = 1024 * 1024;
/// The most bytes of rules' names and notices that an event lists; the evaluation has more.
const LISTED: usize = 100_000;
/// The most environments that are compared with a deploy's own: each takes two requests.
const MAX_DRIFTS: usize = 10;

/// One look at the rules of a deploy.
pub(crate) struct EvaluationContext<'a> {
    pub(crate) attempt: &'a Attempt,
    pub(crate) scope: Scope,
    /// Findings that the authors of the rules should know.
    pub(crate) notices: Vec<String>,
    /// The deployment's channel, where it has one.
    pub(crate) channel: Option<String>,
    /// True if a connected tracker did not tell of the issues that the deploy mentions.
    pub(crate) has_failed_tracker: bool,
}

impl RuleEvaluation {
    /// Opens a run of each rule of `law` that holds for `deploy`, and has the rules evaluated again when the
    /// next one begins to hold by time alone. A first file that is invalid opens nothing and is told. A
    /// proposed one has its dialog opened. What there is to know of the deploy is put on record with it.
    pub(crate) async fn evaluate(
        &self,
        look: &EvaluationContext<'_>,
        github: &GitHub,
        deploy: Deploy,
        law: &Law,
    ) -> Result<(), EvaluationError> {
        match law {
            Law::Rules(judged) => {
                self.propose(look, &deploy, judged.proposal.as_deref()).await?;
                self.open(look, github, deploy, judged).await
            }
            Law::Refused { path, hash, problems, unread } => {
                let found = unread.as_ref().map(|unread| unread.proposal.as_deref());
                self.propose(look, &deploy, found.flatten()).await?;
                let is_proposed = found.map(|found| found.is_some());
                self.refuse(look, deploy, (path, hash), problems, is_proposed).await
            }
        }
    }

    async fn open(
        &self,
        look: &EvaluationContext<'_>,
        github: &GitHub,
        mut deploy: Deploy,
        judged: &Judged,
    ) -> Result<(), EvaluationError> {
        let (effect, scope, now) = (&look.attempt.effect, look.scope, self.now());
        let parsed = &judged.rules;
        // What an earlier evaluation, or an earlier attempt at this one, put on record.
        let page = match (scope, effect.attempts) {
            (Scope::All, 1) if look_number(effect) == Some(0) => None,
            (Scope::All | Scope::Waiting, _) => {
                self.store.page(&deploy.id).await?.map(Page::whole).transpose()?
            }
        };
        let other = page.as_ref().filter(|_| scope == Scope::Waiting);
        if let Some(goes_on_in) = other.and_then(|page| evaluation_under_way(page, now)) {
            // Both would write what is known of the deploy.
            return Err(EvaluationError::UnderWay { goes_on_in });
        }
        let run_of = |rule: &str| page.as_ref().and_then(|page: &Page| page.run_of(rule));
        let is_open = |rule: &Rule| run_of(&rule.name).is_some();
        let succeeded = |rule: &str| run_of(rule).is_some_and(|run| run.status == Status::Succeeded);
        let waiting = |rule: &&Rule| scope == Scope::All || !is_open(rule);
        let facts = match &page {
            Some(page) => page.facts.clone(),
            None => self.store.facts(&deploy.id).await?,
        };
        let mut failed_rules = page.as_ref().map(Page::failed_rules).unwrap_or_default();
        // That people rejected what was only proposed lets no rule in force act.
        failed_rules.retain(|name| judged.is_in_force(name));
        let mut known = Known { facts: Cow::Owned(facts), failed_rules, ..Known::new(&deploy) };
        known.drift = self.drift(&known, parsed.rules.iter().filter(waiting)).await?;
        let is_looked_at = |rule: &Rule| waiting(&rule) && (scope == Scope::All || rule.may_open_later());
        let asking = Asking { github, deploy: &deploy, judged, known: &known, scope, tries: effect.tries() };
        let since = self.since_approval(asking, is_looked_at).await?;
        (known.magnitudes, known.ranges) = (since.magnitudes, since.ranges);
        let may_act = |rule: &&Rule| waiting(rule) && !since.without_base.contains_key(&rule.name);
        let of_the_newest = plan(parsed.rules.iter().filter(may_act), scope, succeeded, &known, now);
        let was_opened = |name: &str| of_the_newest.opens(name) || run_of(name).is_some();
        let covered = judged.covered(was_opened);
        let of_the_newest = of_the_newest.without(&covered);
        let mut plan = of_the_newest.clone();
        let after = match plan.is_of_the_newest() || plan.acts_unasked() {
            true => self.store.after(&deploy).await?,
            false => After::default(),
        };
        let outdated = plan.is_of_the_newest() && after.newer.is_some();
        if outdated {
            plan.forget_the_newest();
        }
        let overtaken = after.overtook().map(|by| Overtaken { by, rules: plan.forget_the_unasked(is_open) });
        // What was opened by an earlier attempt at this evaluation, it opened.
        let was_open = |rule: &Rule| scope == Scope::Waiting && is_open(rule);
        let snapshot = &Snapshot::at(&known, now);
        let not_judged = unjudged(&parsed.rules, snapshot, &deploy);
        let looked = EvaluationInput {
            scope,
            snapshot,
            plan: &plan,
            of_the_newest: &of_the_newest,
            without_base: &since.without_base,
            unjudged: &not_judged,
        };
        let run = |rule: &Rule| RunId::derive(&deploy.id, &rule.name);
        let shown = judged.shown(&covered);
        let findings = looked.findings(&shown, run, was_open, succeeded);
        // They are told with the first evaluation.
        let unjudged: Vec<_> = match scope {
            Scope::All => not_judged.clone(),
            Scope::Waiting => Vec::new(),
        };
        for environment in plan.drifts() {
            self.store.watch(&deploy, &environment, now).await?;
        }
        let opening: Vec<_> = plan.holding.iter().copied().filter(|rule| !is_open(rule)).collect();
        let four_eyes = opening.iter().any(|rule| has_four_eyes(rule));
        if four_eyes {
            mergers::look_up(github, &mut deploy).await?;
        }

        let words = unknown_words(&parsed.rules, &unjudged, looked.snapshot, &deploy);
        let reasons = [look.notices.as_slice(), since.notices.as_slice(), words.as_slice()].concat();
        let may_be_told_later = look.has_failed_tracker || !since.notices.is_empty() || may_change(&deploy);
        let had_news = deploy.reading.unread_news.take().is_some();
        let is_untold = note_told(&mut deploy.reading.unjudged_told, &unjudged, &reasons);
        if scope == Scope::All {
            let unsupported: Vec<&str> = plan.unsupported.iter().map(|rule| rule.name.as_str()).collect();
            deploy.reading.unjudged = message::not_judged_sentences(&unjudged, &reasons, &unsupported);
        }
        let mut change = Change::to(&deploy.id, now);
        if four_eyes || had_news || scope == Scope::All {
            change = change.deploy(&deploy);
        }
        let followed: HashSet<&String> = parsed.rules.iter().flat_map(|rule| &rule.after).collect();
        let all_followed = parsed.rules.iter().any(Rule::asks_for_failures);
        for rule in &opening {
            let opening = Opening {
                deploy: &deploy.id,
                revision: &deploy.revision,
                rule: &rule.name,
                rule_hash: &rule.hash,
                actions: &rule.actions,
                followed: all_followed || followed.contains(&rule.name),
            };
            let mut run = Run::open(&opening, now);
            run.next.line = Some(rule.at.line);
            run.next.after.clone_from(&rule.after);
            run.next.promotes_to.clone_from(&rule.promotes_to);
            if rule.opens_after_freeze() {
                run.next.freeze.clone_from(&rule.freeze);
            }
            change = change.run(run);
            if change.rows() >= ROWS || change.bytes_of_runs() >= BYTES {
                self.store.commit(change).await?;
                change = Change::to(&deploy.id, now);
            }
        }
        let told = self.not_opened(look, &deploy, &plan, page.as_ref());
        let overtaken = overtaken.map(|overtaken| self.overtaken(look, &deploy, &overtaken, page.as_ref()));
        let told = told.into_iter().chain(overtaken.unwrap_or_default());
        for NotOpened { rule, effects, event } in told.chain(frozen(&plan, page.as_ref())) {
            // The same is never told twice, whichever evaluation finds it.
            let owner = format!("rule {rule} {}", digest(&[&format!("{event:?}")]));
            change = change.and(&owner, effects, vec![event]);
            if change.rows() >= ROWS {
                self.store.commit(change).await?;
                change = Change::to(&deploy.id, now);
            }
        }
        let (mut effects, mut events) = (Vec::new(), Vec::new());
        // A source that fails now may answer later: the rules are evaluated again until then, for a day.
        // A rule that is not supported opens once somebody changed it, and then chooses Evaluate again.
        let next_look = next_look(effect).filter(|_| !unjudged.is_empty() && may_be_told_later);
        if scope == Scope::All {
            let (tell, refused) = self.proposal_refused(look, &deploy, judged);
            effects.extend(tell);
            events.extend(refused);
            effects.extend(self.told_of_no_rules(look, &deploy, judged).await?);
        }
        let was_told = page.as_ref().is_some_and(was_evaluated)
            && matches!(effect.kind, EffectKind::EvaluateRules { .. });
        let is_repeated = was_told && next_look.is_some() && !is_untold;
        if !unjudged.is_empty() && !is_repeated {
            let looks_again = next_look.is_some() || self.looks_again(effect).await?;
            let told = (unjudged.as_slice(), reasons.as_slice());
            let text = message::rules_not_judged(&deploy, &self.deploy_url(&deploy), told, looks_again);
            effects.extend(offer(look.channel.as_deref(), text));
        }
        if scope == Scope::All || !opening.is_empty() {
            let frozen = |rule: &&Rule| plan.frozen.iter().any(|(frozen, _)| frozen.name == rule.name);
            let holds = |rule: &&Rule| plan.holding.iter().any(|holding| holding.name == rule.name);
            let held = parsed.rules.iter().filter(|rule| holds(rule) || frozen(rule));
            let of_file = parsed.notices.iter().filter(|_| scope == Scope::All);
            let waits = judged.notices.iter().filter(|_| scope == Scope::All).cloned();
            let notices = look
                .notices
                .iter()
                .chain(&since.notices)
                .cloned()
                .chain(waits)
                .chain(of_file.map(ToString::to_string));
            events.push(EventKind::RulesEvaluated {
                path: judged.path.clone(),
                hash: Some(parsed.hash.clone()),
                held: bounded(held.map(|rule| rule.name.clone())),
                notices: bounded(notices),
            });
        }
        if let Some(later) = next_look {
            change = later.after(change, now);
        }
        if let Some(next) = plan.next() {
            change =
                change.later(&format!("after {}", effect.id), EffectKind::EvaluateRules { look: None }, next);
        }
        if scope == Scope::All || !findings.is_empty() {
            let file = judged.path.as_deref().map(|path| (path, parsed.hash.as_str()));
            let evaluation = Evaluation::of(&deploy, now, file).found(findings);
            change = change.evaluation(evaluation, &effect.id);
        }
        let note = outdated.then(|| "no rule asks how it does any more: a newer deploy came".to_owned());
        let change = change.effect(effect, effect.closed(EffectState::Succeeded, note));
        Ok(self.store.commit(change.and(effect.id.as_str(), effects, events)).await?)
    }

    /// Returns the message to the channel that no rule in force is for deploys, where it was not told before.
    async fn told_of_no_rules(
        &self,
        look: &EvaluationContext<'_>,
        deploy: &Deploy,
        judged: &Judged,
    ) -> Result<Option<EffectKind>, EvaluationError> {
        let rules = &judged.rules.rules;
        let (Some(path), Some(channel)) = (&judged.path, look.channel.as_deref()) else { return Ok(None) };
        if rules.iter().any(Rule::applies_to_deploys) || !self.store.tells_without_rules(deploy, true).await?
        {
            return Ok(None);
        }
        let text = message::without_rules_for_deploys(deploy, path, rules.len(), &self.deploy_url(deploy));
        Ok(tell(Some(channel), text))
    }

    /// Returns, for each environment that a rule which may hold asks about, how far it is behind; `None`: it
    /// is not.
    pub(crate) async fn drift<'r>(
        &self,
        known: &Known<'_>,
        rules: impl Iterator<Item = &'r Rule>,
    ) -> Result<BTreeMap<String, Option<Behind>>, EvaluationError> {
        let whenever = Snapshot::of(known);
        let asked: BTreeSet<_> =
            rules.filter(|rule| rule.may_hold(&whenever)).flat_map(Rule::drifts).take(MAX_DRIFTS).collect();
        let mut drift = BTreeMap::new();
        for environment in asked {
            let missing = self.store.drift(known.deploy, &environment).await?;
            let behind = missing.map(|MissingDeploys { since, count, or_more }| Behind {
                since,
                deploys: Deploys { counted: count, or_more },
            });
            drift.insert(environment, behind);
        }
        Ok(drift)
    }

    /// Returns the messages and the events about rules that use what is not supported yet, without those that
    /// are on record already.
    fn not_opened(
        &self,
        look: &EvaluationContext<'_>,
        deploy: &Deploy,
        plan: &Plan<'_>,
        page: Option<&Page>,
    ) -> Vec<NotOpened> {
        let mut told = Vec::new();
        for rule in &plan.unsupported {
            let reasons: Vec<_> = rule.unsupported.iter().map(|problem| problem.to_string()).collect();
            let (url, is_offered) = (self.deploy_url(deploy), deploy.may_be_evaluated_again());
            let text = message::rule_not_opened(deploy, &url, &rule.name, &reasons, is_offered);
            let event = EventKind::RuleNotOpened { rule: rule.name.clone(), reasons };
            if page.is_some_and(|page| page.events.iter().any(|told| told.kind == event)) {
                continue;
            }
            let channel = look.channel.as_deref();
            let tell = if is_offered { offer(channel, text) } else { tell(channel, text) };
            told.push(NotOpened { rule: rule.name.clone(), effects: tell.into_iter().collect(), event });
        }
        told
    }

    /// Returns the events about the rules that do not act because another deploy overtook `deploy`, without
    /// those that are on record already. One message names all of the rules.
    fn overtaken(
        &self,
        look: &EvaluationContext<'_>,
        deploy: &Deploy,
        overtaken: &Overtaken<'_>,
        page: Option<&Page>,
    ) -> Vec<NotOpened> {
        let by = overtaken.by.revision.as_str();
        let reason = message::overtaken_by(by, &deploy.environment);
        let event =
            |rule: &String| EventKind::RuleNotOpened { rule: rule.clone(), reasons: vec![reason.clone()] };
        let is_new = |rule: &&String| {
            !page.is_some_and(|page| page.events.iter().any(|told| told.kind == event(rule)))
        };
        let rules: Vec<&String> = overtaken.rules.iter().filter(is_new).collect();
        let text = message::rules_overtaken(deploy, &self.deploy_url(deploy), &rules, by);
        let mut tell = tell(look.channel.as_deref(), text);
        let told = rules.into_iter().map(|rule| NotOpened {
            rule: rule.clone(),
            effects: tell.take().into_iter().collect(),
            event: event(rule),
        });
        told.collect()
    }
}

/// The time until the evaluation of all rules of a deploy goes on that has begun, where one has.
fn evaluation_under_way(page: &Page, now: Timestamp) -> Option<SignedDuration> {
    // One that the clock tries again may take a day.
    let began = |effect: &&Effect| !effect.is_closed() && effect.attempts > 0 && !is_parked(effect);
    let under_way = page.effects.iter().filter(|effect| is_whole(effect)).filter(began);
    under_way.map(|effect| effect.not_before.duration_since(now)).max()
}

/// True if the rules of a deploy were evaluated before.
fn was_evaluated(page: &Page) -> bool {
    page.events.iter().any(|event| matches!(event.kind, EventKind::RulesEvaluated { .. }))
}

/// The deploy that overtook this one, and the rules that do not act because of it, by name.
struct Overtaken<'a> {
    by: &'a DeploySummary,
    rules: Vec<String>,
}

/// A rule that is not opened, with what is told and put on record of it.
struct NotOpened {
    rule: String,
    effects: Vec<EffectKind>,
    event: EventKind,
}

/// The first of `texts`, and how many more there are than an event lists.
fn bounded(texts: impl Iterator<Item = String>) -> Vec<String> {
    let (mut shown, mut bytes, mut more) = (Vec::new(), 0, 0);
    for text in texts {
        if bytes + text.len() > LISTED {
            more += 1;
        } else {
            bytes += text.len();
            shown.push(text);
        }
    }
    shown.extend((more > 0).then(|| format!("and {more} more")));
    shown
}

/// Returns the events about rules that hold but that a freeze keeps from being opened, without those that are
/// on record already.
fn frozen(plan: &Plan<'_>, known: Option<&Page>) -> Vec<NotOpened> {
    let told = |(rule, hold): &(&Rule, Hold)| {
        let event = EventKind::Frozen {
            rule: rule.name.clone(),
            approval: None,
            until: hold.until,
            freeze: names(&rule.freeze, hold),
        };
        NotOpened { rule: format!("frozen {}", rule.name), effects: Vec::new(), event }
    };
    let is_new = |told: &NotOpened| {
        !known.is_some_and(|page| page.events.iter().any(|event| event.kind == told.event))
    };
    plan.frozen.iter().map(told).filter(is_new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_lists_no_more_than_it_can() {
        let few = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(bounded(few.clone().into_iter()), few);
        let many = bounded((0..9_000).map(|number| format!("rule-{number:0195}")));
        assert_eq!(many.last().unwrap(), "and 8500 more");
        assert!(many.iter().map(String::len).sum::<usize>() < LISTED + 100);
    }
}
