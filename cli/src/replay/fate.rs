//! Simulation of what rules would have done with the deploys on record.

use crate::deploy::Described;
use crate::outlook::{RuleForecast, open, outlook};
use jiff::Timestamp;
use serde::Serialize;
use signoff_core::action::Action;
use signoff_core::deploy::Slug;
use signoff_rules::variables::Known;
use signoff_rules::{Rule, RulesFile, Snapshot};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A deploy on record.
pub(super) struct Recorded {
    pub(super) deploy: Described,
    /// The rules that opened for it then.
    pub(super) opened: Vec<String>,
}

/// A deploy, and what the rules would have done with it.
pub(super) struct Replayed<'a> {
    pub(super) recorded: &'a Recorded,
    /// Fate of each rule, in the file's order.
    pub(super) rules: Vec<(&'a Rule, ReplayOutcome)>,
}

/// Fate of a rule for a deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReplayOutcome {
    /// It opens, and people are asked.
    Asks,
    /// It opens, and asks nobody.
    Acts,
    /// It opens, and the policy lets nothing act that it would do.
    BelowPolicy,
    /// It would hold but for what is not supported yet, or may.
    NotSupported,
    /// It will hold at this time, if no newer deploy comes.
    Waits(Timestamp),
    /// It would have held later, and a newer deploy came first.
    TooLate,
    /// It holds, and a rule that it comes after does not open.
    NotAfter,
    /// It does not hold.
    DoesNotHold,
}

/// Verdict on a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// A rule asks people.
    Asked,
    /// Rules act, and none asks anybody.
    ByItself,
    /// Rules open, and the policy lets none of them act.
    BelowPolicy,
    /// No rule has opened; one will.
    Waiting,
    /// No rule opens.
    Blocked,
}

impl ReplayOutcome {
    /// True if a run is opened.
    pub(super) fn opens(&self) -> bool {
        match self {
            Self::Asks | Self::Acts | Self::BelowPolicy => true,
            Self::NotSupported | Self::Waits(_) | Self::TooLate | Self::NotAfter | Self::DoesNotHold => false,
        }
    }
}

impl Verdict {
    /// The verdicts, in the order in which they are told.
    pub(super) const ALL: [Self; 5] =
        [Self::Asked, Self::ByItself, Self::BelowPolicy, Self::Waiting, Self::Blocked];
}

impl Replayed<'_> {
    /// Verdict on the deploy.
    pub(super) fn verdict(&self) -> Verdict {
        let any = |is: fn(&ReplayOutcome) -> bool| self.rules.iter().any(|(_, fate)| is(fate));
        if any(|fate| *fate == ReplayOutcome::Asks) {
            Verdict::Asked
        } else if any(|fate| *fate == ReplayOutcome::Acts) {
            Verdict::ByItself
        } else if any(|fate| *fate == ReplayOutcome::BelowPolicy) {
            Verdict::BelowPolicy
        } else if any(|fate| matches!(fate, ReplayOutcome::Waits(_))) {
            Verdict::Waiting
        } else {
            Verdict::Blocked
        }
    }

    /// True if the rules that open differ from those that opened then.
    pub(super) fn otherwise(&self) -> bool {
        let mut opens: Vec<_> = self.opening().collect();
        let mut opened: Vec<_> = self.recorded.opened.iter().map(String::as_str).collect();
        opens.sort_unstable();
        opened.sort_unstable();
        opens != opened
    }

    /// The names of the rules that open.
    fn opening(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().filter(|(_, fate)| fate.opens()).map(|(rule, _)| rule.name.as_str())
    }
}

/// Simulates the rules of `file` for `recorded`, newest first, until `now` or until a newer deploy came to
/// the environment. `below`: the names of the rules that the policy blocks, by deployment.
pub(super) fn replay<'a>(
    file: &'a RulesFile,
    below: &BTreeMap<Slug, BTreeSet<String>>,
    recorded: &'a [Recorded],
    now: Timestamp,
) -> Vec<Replayed<'a>> {
    let none = BTreeSet::new();
    let mut newer: HashMap<(&str, String), Timestamp> = HashMap::new();
    let replayed = recorded.iter().map(|recorded| {
        let deploy = &recorded.deploy.deploy;
        let place = (deploy.deployment.as_str(), deploy.environment.to_lowercase());
        let replaced = newer.insert(place, deploy.deployed_at);
        let below = below.get(&deploy.deployment).unwrap_or(&none);
        Replayed { recorded, rules: one(file, below, &recorded.deploy, replaced, now) }
    });
    replayed.collect()
}

/// Fate of each rule for `deploy`, which a newer one may have `replaced` at that time. The policy blocks the
/// rules `below`.
fn one<'a>(
    file: &'a RulesFile,
    below: &BTreeSet<String>,
    deploy: &Described,
    replaced: Option<Timestamp>,
    now: Timestamp,
) -> Vec<(&'a Rule, ReplayOutcome)> {
    let (until, whenever) = (replaced.unwrap_or(now), Snapshot::of(&Known::new(&deploy.deploy)));
    let open = open(file, |rule| outlook(rule, deploy, until).has_opened());
    let fate = |rule: &Rule| match outlook(rule, deploy, until) {
        RuleForecast::Opens | RuleForecast::Opened(_) if !open.contains(rule.name.as_str()) => {
            ReplayOutcome::NotAfter
        }
        RuleForecast::Opens | RuleForecast::Opened(_) if below.contains(&rule.name) => {
            ReplayOutcome::BelowPolicy
        }
        RuleForecast::Opens | RuleForecast::Opened(_) if asks(&rule.actions) => ReplayOutcome::Asks,
        RuleForecast::Opens | RuleForecast::Opened(_) => ReplayOutcome::Acts,
        RuleForecast::Later(_) | RuleForecast::Frozen(_) if replaced.is_some() => ReplayOutcome::TooLate,
        RuleForecast::Later(moment) | RuleForecast::Frozen(moment) => ReplayOutcome::Waits(moment.at),
        RuleForecast::NotSupported if rule.may_hold(&whenever) => ReplayOutcome::NotSupported,
        RuleForecast::NotSupported | RuleForecast::Never | RuleForecast::NotForDeploys => {
            ReplayOutcome::DoesNotHold
        }
    };
    file.rules.iter().map(|rule| (rule, fate(rule))).collect()
}

/// True if people are asked. An approval's own actions only run after it was asked for.
fn asks(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::SlackChannelApproval(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::deploy::{self, Deploy, RulesChange};
    use signoff_core::id::DeployId;
    use signoff_rules::problem::{Position, Source};

    const RULES: &str = "rules:\n\
        - ask: {conditions: [tags='#ask'], actions: [trigger_build, slack_channel_approval: {channel: '#gate'}]}\n\
        - act: {conditions: [tags='#act'], actions: [trigger_build]}\n\
        - soaked: {conditions: [tags='#soak', deployed_for>='10m'], actions: [trigger_build]}\n\
        - early: {conditions: [tags='#early', deployed_for<'1m'], actions: [trigger_build]}\n\
        - then: {after: soaked, conditions: [tags='#then'], actions: [slack_channel_approval: {channel: '#gate'}]}\n\
        - merge: {triggers: [pr_opened], actions: [merge_pull_request]}\n";

    /// A deploy of checkout (in an environment, at a time of 12:xx, with tags), of which rule `act` is on
    /// record.
    fn recorded(environment: &str, minute: i64, tags: &str) -> Recorded {
        let noon: Timestamp = "2026-05-11T12:00:00Z".parse().unwrap();
        let deployed_at = noon + jiff::SignedDuration::from_mins(minute);
        let deploy = Deploy {
            id: DeployId::from_text("d1"),
            deployment: Slug::new("acme", "checkout").unwrap(),
            repository: "acme/checkout".to_owned(),
            environment: environment.to_owned(),
            revision: "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b".to_owned(),
            branch: None,
            deployed_at,
            registered_at: deployed_at,
            source: deploy::Source::RegisterDeploy,
            tags: tags.split(' ').map(str::to_owned).collect(),
            links: Default::default(),
            size: None,
            deployer: None,
            commits: Vec::new(),
            pull_requests: Vec::new(),
            previous_revision: None,
            rules_change: RulesChange::No,
            issues: Vec::new(),
            silent_trackers: Vec::new(),
            confirmation: signoff_core::confirmation::Confirmation::Confirmed,
            state: Default::default(),
            host_deployment: None,
            reported_tags: Vec::new(),
            reading: Default::default(),
        };
        Recorded { deploy: deploy.into(), opened: vec!["act".to_owned()] }
    }

    #[test]
    fn what_is_not_supported_blocks_what_it_may_hold_for() {
        let mut file = signoff_rules::parse(RULES, "rules.yml").unwrap();
        let source = Source::new("rules.yml", RULES);
        let problem = source.problem(Position { line: 1, column: 1 }, "known, not supported yet", None);
        for rule in &mut file.rules[..2] {
            rule.unsupported.push(problem.clone());
        }
        let recorded = [recorded("Staging", 50, "#act")];
        let replayed = replay(&file, &BTreeMap::new(), &recorded, "2026-05-11T13:00:00Z".parse().unwrap());
        let fates: Vec<_> = replayed[0].rules.iter().map(|(_, fate)| fate.clone()).collect();
        assert_eq!(fates[..2], [ReplayOutcome::DoesNotHold, ReplayOutcome::NotSupported]);
        assert_eq!((replayed[0].verdict(), replayed[0].otherwise()), (Verdict::Blocked, true));
    }

    #[test]
    fn rule_below_the_policy_opens_and_does_not_act() {
        let file = signoff_rules::parse(RULES, "rules.yml").unwrap();
        let below = |deployment: &str| {
            let rules = ["ask", "act"].map(str::to_owned);
            BTreeMap::from([(Slug::new("acme", deployment).unwrap(), BTreeSet::from(rules))])
        };
        let recorded =
            [recorded("Staging", 50, "#act #soak"), recorded("QA", 50, "#act"), recorded("QA", 40, "#ask")];
        let now = "2026-05-11T13:00:00Z".parse().unwrap();
        let verdicts = |below| -> Vec<_> {
            let replayed = replay(&file, &below, &recorded, now);
            replayed.iter().map(|replayed| (replayed.verdict(), replayed.otherwise())).collect()
        };
        let (by_itself, blocked) = (Verdict::ByItself, Verdict::BelowPolicy);
        assert_eq!(verdicts(below("checkout")), [(by_itself, true), (blocked, false), (blocked, true)]);
        assert_eq!(verdicts(below("web")), [(by_itself, true), (by_itself, false), (Verdict::Asked, true)]);
    }

    #[test]
    fn what_becomes_of_each_deploy() {
        let file = signoff_rules::parse(RULES, "rules.yml").unwrap();
        let now = "2026-05-11T13:00:00Z".parse().unwrap();
        // Newest first; Staging and Production have deploys of their own.
        let record = [
            ("Staging", 55, "#soak #then", "waiting", "soaked waits, then not after"),
            ("staging", 50, "#soak #ask", "asked", "ask asks, soaked too late"),
            ("Production", 48, "#soak #then", "asked", "soaked acts, then asks"),
            ("Staging", 40, "#soak", "by itself", "soaked acts"),
            ("Staging", 39, "#early #act", "by itself", "act acts, early acts"),
            ("Staging", 38, "#act", "by itself the same", "act acts"),
            ("Staging", 20, "#none", "blocked", ""),
            ("Staging", 10, "#then", "blocked", "then not after"),
        ];
        let recorded: Vec<_> = record
            .iter()
            .map(|(environment, minute, tags, ..)| recorded(environment, *minute, tags))
            .collect();
        let replayed = replay(&file, &BTreeMap::new(), &recorded, now);
        assert_eq!(replayed.len(), record.len());
        for (replayed, (environment, minute, _, verdict, fates)) in replayed.iter().zip(record) {
            let told = replayed.rules.iter().filter_map(|(rule, fate)| {
                let fate = match fate {
                    ReplayOutcome::Asks => "asks",
                    ReplayOutcome::Acts => "acts",
                    ReplayOutcome::BelowPolicy => "below the policy",
                    ReplayOutcome::NotSupported => "not supported",
                    ReplayOutcome::Waits(at) => {
                        assert_eq!(at.to_string(), "2026-05-11T13:05:00Z");
                        "waits"
                    }
                    ReplayOutcome::TooLate => "too late",
                    ReplayOutcome::NotAfter => "not after",
                    ReplayOutcome::DoesNotHold => return None,
                };
                Some(format!("{} {fate}", rule.name))
            });
            let same = if replayed.otherwise() { "" } else { " the same" };
            let word = match replayed.verdict() {
                Verdict::Asked => "asked",
                Verdict::ByItself => "by itself",
                Verdict::BelowPolicy => "below the policy",
                Verdict::Waiting => "waiting",
                Verdict::Blocked => "blocked",
            };
            let told = (format!("{word}{same}"), told.collect::<Vec<_>>().join(", "));
            assert_eq!(told, (verdict.to_owned(), fates.to_owned()), "{environment} at 12:{minute}");
        }
    }
}
