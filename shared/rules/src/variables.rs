//! The variables of conditions: which there are, and which can be used.

mod elsewhere;

use crate::condition::{Clock, Deploys, Snapshot, Value};
use crate::reference::{Kind, OF_PULL_REQUESTS, VARIABLES, VARIABLES_NOT_YET};
use crate::suggest::did_you_mean;
use elsewhere::called_elsewhere;
use jiff::Timestamp;
use signoff_core::deploy::{Deploy, Magnitude};
use signoff_core::facts::{Facts, Thumb};
use signoff_core::range::Direction;
use signoff_core::slug::canonical;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

/// The variable that says how long a deploy has been there.
pub(crate) const DEPLOYED_FOR: &str = "deployed_for";
/// The variable that says how long nothing became known of a deploy.
pub(crate) const STALE_FOR: &str = "stale_for";
/// The name under which the reference describes those that begin with [`DRIFT`].
const DRIFT_OF_ANY: &str = "drift_to_ENV";
/// The variable that says whether a deploy is announced for a later time.
pub(crate) const FUTURE_DEPLOY: &str = "future_deploy";
/// The variable that says how much a deploy changes.
pub const MAGNITUDE: &str = "magnitude";
/// The variable that says whether a deploy goes back to an earlier revision.
pub const ROLLBACK: &str = "rollback";
/// The variable that says whether a deploy and what stood there before have each what the other one has not.
pub const DIVERGED: &str = "diverged";
/// The lists of what commits, pull requests and issues have.
pub const LISTS: [&str; 7] =
    ["tags", "pr_label", "pr_labels", "pr_authors", "issue_priority", "issue_labels", "issue_type"];
/// Beginning of the names of variables that say how far another environment is behind.
pub(crate) const DRIFT: &str = "drift_to_";
/// The value of `health` and `magnitude` where nobody knows.
pub const UNKNOWN: &str = "Unknown";

/// The reactions that count, each with the variables that say how many people reacted so.
const REACTIONS: [(Thumb, [&str; 2]); 2] = [
    (Thumb::Plus1, ["deploy_message_reaction_plus_1", "deploy_message_reactions_plus_1"]),
    (Thumb::Minus1, ["deploy_message_reaction_minus_1", "deploy_message_reactions_minus_1"]),
];

/// The texts that a variable can be, where there are so few.
pub(crate) fn texts_of(name: &str) -> &'static [&'static str] {
    match name {
        "health" => &["Healthy", "Ailing", "Unhealthy", UNKNOWN],
        "magnitude" => &["Small", "Medium", "Large", UNKNOWN],
        _ => &[],
    }
}

/// Names that variables have in older files, each with the name it has now.
pub(crate) const RENAMED: [(&str, &str); 2] = [
    ("deploy_message_reactions_plus_1", "deploy_message_reaction_plus_1"),
    ("deploy_message_reactions_minus_1", "deploy_message_reaction_minus_1"),
];

/// Result of looking up a variable's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// A condition can use it.
    Supported,
    /// Rules files use it, and Signoff cannot evaluate it yet.
    NotYet,
    /// No such variable; the clause names the one that may be meant.
    Unknown(Option<String>),
}

/// Looks up the variable `name`; names are in lower case.
pub fn look_up(name: &str) -> Variable {
    let known = || VARIABLES_NOT_YET.iter().chain(&OF_PULL_REQUESTS);
    if VARIABLES.iter().any(|variable| variable.name == name) || drift_of(name).is_some() {
        Variable::Supported
    } else if known().any(|known| known.name == name) {
        Variable::NotYet
    } else {
        let supported = VARIABLES.iter().map(|variable| variable.name).filter(|name| *name != DRIFT_OF_ANY);
        Variable::Unknown(called_elsewhere(name).or_else(|| did_you_mean(name, supported)))
    }
}

/// The kind of the variable `name`, where a condition can use it.
pub(crate) fn kind_of(name: &str) -> Option<Kind> {
    let drift = drift_of(name).map(|_| Kind::Behind);
    drift.or_else(|| VARIABLES.iter().find(|variable| variable.name == name).map(|variable| variable.kind))
}

/// True if a variable is compared with durations (`'5m'`).
pub(crate) fn is_duration(name: &str) -> bool {
    matches!(name, DEPLOYED_FOR | STALE_FOR) || drift_of(name).is_some()
}

/// True if time alone changes a variable.
pub(crate) fn is_clock(name: &str) -> bool {
    is_duration(name) || name == FUTURE_DEPLOY
}

/// True if a variable of a deploy may change after the deploy arrived.
pub(crate) fn may_change(name: &str) -> bool {
    is_of_the_newest(name) || matches!(name, FUTURE_DEPLOY | "tags" | "failed_rules")
}

/// True if a variable says how a deploy does in its environment. Nothing more can be said about a deploy once
/// a newer one took its place.
pub(crate) fn is_of_the_newest(name: &str) -> bool {
    is_duration(name) || name == "health" || name.starts_with("deploy_message_reaction")
}

/// The environment that a variable compares with (`production` of `drift_to_production`), as it is spelled.
pub(crate) fn drift_of(name: &str) -> Option<&str> {
    name.strip_prefix(DRIFT).filter(|environment| !environment.is_empty())
}

/// The name of a variable with its environment, if it has one, in lower case: names of environments are the
/// same in any case.
pub(crate) fn in_one_case(name: String) -> String {
    drift_of(&name).map(|environment| format!("{DRIFT}{}", canonical(environment))).unwrap_or(name)
}

/// Everything known about a deploy when its rules are evaluated.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// The deploy.
    pub deploy: &'a Deploy,
    /// News of it since it arrived.
    pub facts: Cow<'a, Facts>,
    /// The rules whose runs for it stopped before their last step.
    pub failed_rules: Vec<String>,
    /// Distance of other environments behind its own, by their names; `None`: that one has everything that
    /// this one has.
    pub drift: BTreeMap<String, Option<Behind>>,
    /// Size of the change since the base of the place that a rule leads to, by the rule's name, where that is
    /// not the deploy's own change; `None`: nobody knows.
    pub magnitudes: BTreeMap<String, Option<Magnitude>>,
    /// Everything since the base of the place that a rule leads to, by the rule's name, where its conditions
    /// ask about that and not about the deploy's own commits alone.
    pub ranges: BTreeMap<String, Since>,
}

/// Everything since what was approved last, as the conditions of one rule ask about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Since {
    /// The way that the deploy lies to each base that it is judged from; none: as it lies to what stood in
    /// the environment before.
    pub ways: Vec<Direction>,
    /// The lists of each commit and those of all together, by their names: a comparison has to hold with each
    /// of them.
    pub lists: Vec<BTreeMap<&'static str, Vec<String>>>,
    /// The variables of which nobody knows what they stand for: no comparison with them holds.
    pub unknown: BTreeSet<&'static str>,
}

/// Distance of one environment behind another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The time of the first deploy that the environment behind has not had.
    pub since: Timestamp,
    /// The number of such deploys.
    pub deploys: Deploys,
}

impl<'a> Known<'a> {
    /// Returns the values of a deploy that just arrived.
    pub fn new(deploy: &'a Deploy) -> Self {
        let facts = Cow::Owned(Facts::none(&deploy.id));
        let (drift, magnitudes, ranges) = Default::default();
        Self { deploy, facts, failed_rules: Vec::new(), drift, magnitudes, ranges }
    }

    /// The deploy's tags: its own, and those that rules gave it.
    pub fn tags(&self) -> Vec<String> {
        unique(self.deploy.tags.iter().chain(&self.facts.tags))
    }
}

impl Snapshot {
    /// The variables of a deploy at `now`: all of [`VARIABLES`](crate::reference::VARIABLES), and `drift_to_`
    /// with each environment in [`Known::drift`], in lower case.
    pub fn at(known: &Known<'_>, now: Timestamp) -> Self {
        let mut snapshot = Self::of(known);
        let Known { deploy, facts, .. } = known;
        let arrived = deploy.arrived_at();
        snapshot.run(DEPLOYED_FOR, Clock::Since(now.duration_since(arrived)));
        snapshot.run(FUTURE_DEPLOY, Clock::Ahead(now.duration_since(deploy.deployed_at)));
        let last = facts.changed_at.map_or(arrived, |changed_at| changed_at.max(arrived));
        snapshot.run(STALE_FOR, Clock::Since(now.duration_since(last)));
        for (environment, behind) in &known.drift {
            let name = format!("{DRIFT}{}", canonical(environment));
            match behind {
                Some(Behind { since, deploys }) => {
                    snapshot.run(name, Clock::Behind(now.duration_since(*since), *deploys));
                }
                None => snapshot.set(name, Value::Behind(Duration::ZERO, Deploys::default())),
            }
        }
        let health = facts.health().map_or_else(|| UNKNOWN.to_owned(), |health| health.to_string());
        snapshot.set("health", Value::Text(health));
        snapshot.set("failed_rules", Value::List(unique(&known.failed_rules)));
        for (thumb, names) in REACTIONS {
            let count = Value::Number(facts.reacted(thumb) as f64);
            names.into_iter().for_each(|name| snapshot.set(name, count.clone()));
        }
        snapshot
    }

    /// The variables of a deploy that neither time nor what becomes known of it changes, but for its tags.
    /// `pr_label` is the same list as `pr_labels`; `pr_authors` are the accounts that opened the pull
    /// requests. Those of issues are left out where a tracker did not say what it has, and every list where
    /// the source host did not tell all that is in it, as are `rollback` and `diverged` where the host did
    /// not compare, `branch` where the host's branch of that name does not contain the revision, and
    /// `deployer` where nobody may say who it was: no comparison with them holds, whatever it asks.
    pub fn of(known: &Known<'_>) -> Self {
        let deploy = known.deploy;
        let (pulls, older) = (&deploy.pull_requests, &deploy.reading.older);
        let is_whole = deploy.reading.missing.is_empty();
        let mut snapshot = Self::new();
        snapshot.set("environment", Value::Text(deploy.environment.clone()));
        snapshot.set("deployment", Value::Text(deploy.deployment.to_string()));
        snapshot.set("revision", Value::Text(deploy.revision.clone()));
        if let Some(branch) = deploy.branch.as_deref().filter(|_| deploy.reading.on_branch) {
            snapshot.set("branch", Value::Text(bare_name(branch).to_owned()));
        }
        let deployers = deployers(deploy);
        if !deployers.is_empty() {
            snapshot.set("deployer", Value::List(deployers));
        }
        if !deploy.reading.tags_cut {
            snapshot.set("tags", Value::List(known.tags()));
        }
        if is_whole {
            let labels = unique(older.labels.iter().chain(pulls.iter().flat_map(|pull| &pull.labels)));
            let openers = pulls.iter().map(|pull| &pull.author).filter(|author| !author.is_empty());
            snapshot.set("pr_label", Value::List(labels.clone()));
            snapshot.set("pr_labels", Value::List(labels));
            snapshot.set("pr_authors", Value::List(unique(older.openers.iter().chain(openers))));
        }
        if let Some(direction) = deploy.reading.direction {
            snapshot.set(ROLLBACK, Value::Bool(direction == Direction::Rollback));
            snapshot.set(DIVERGED, Value::Bool(direction == Direction::Diverged));
        }
        let magnitude =
            deploy.magnitude().map_or_else(|| UNKNOWN.to_owned(), |magnitude| magnitude.to_string());
        snapshot.set(MAGNITUDE, Value::Text(magnitude));
        for (rule, magnitude) in &known.magnitudes {
            let magnitude = magnitude.map_or_else(|| UNKNOWN.to_owned(), |magnitude| magnitude.to_string());
            snapshot.set_for(rule, MAGNITUDE, Value::Text(magnitude));
        }
        for (rule, since) in &known.ranges {
            since.add_to(&mut snapshot, rule);
        }
        if is_whole && !deploy.mentions_more_issues() && deploy.silent_trackers.is_empty() {
            let issues = || deploy.issues.iter();
            let labels = unique(issues().flat_map(|issue| &issue.labels));
            snapshot.set(
                "issue_priority",
                Value::List(unique(issues().filter_map(|issue| issue.priority.as_ref()))),
            );
            snapshot.set("issue_labels", Value::List(labels));
            snapshot.set("issue_type", Value::List(unique(issues().filter_map(|issue| issue.kind.as_ref()))));
        }
        snapshot
    }
}

impl Since {
    /// Adds it to `snapshot` for the rule of this name.
    fn add_to(&self, snapshot: &mut Snapshot, rule: &str) {
        for name in &self.unknown {
            snapshot.unset_for(rule, *name);
        }
        for (index, way) in self.ways.iter().enumerate() {
            let of = |name: &str, direction| (name.to_owned(), Value::Bool(*way == direction));
            let both = [of(ROLLBACK, Direction::Rollback), of(DIVERGED, Direction::Diverged)];
            match index {
                0 => both.into_iter().for_each(|(name, value)| snapshot.set_for(rule, name, value)),
                _ => snapshot.also_for(rule, both.into()),
            }
        }
        for lists in &self.lists {
            let lists = lists.iter().map(|(name, list)| ((*name).to_owned(), Value::List(list.clone())));
            snapshot.also_for(rule, lists.collect());
        }
    }
}

/// The name of a branch or tag without what git has before it.
fn bare_name(name: &str) -> &str {
    ["refs/heads/", "refs/tags/"].iter().find_map(|refs| name.strip_prefix(refs)).unwrap_or(name)
}

/// The accounts and e-mail addresses of whoever deployed, by the source host's word or by that of a
/// registration that may report; none where there is neither.
fn deployers(deploy: &Deploy) -> Vec<String> {
    let is_told = deploy.host_deployment.is_some() || deploy.reading.may_report;
    let people = deploy.deployers().iter().filter(|_| is_told);
    let names = people.flat_map(|person| [&person.username, &person.email]).flatten();
    unique(names.filter(|name| !name.is_empty()))
}

/// Each text once, in the order in which they first appear: a list's length must count labels, not pull
/// requests.
pub(crate) fn unique<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut seen = HashSet::new();
    texts.into_iter().filter(|text| seen.insert(*text)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition;
    use signoff_core::deploy::{Person, RulesChange, Slug, Source};
    use signoff_core::id::DeployId;
    use signoff_core::issue::{Issue, Tracker};

    fn issue(priority: Option<&str>, labels: &[&str], kind: Option<&str>) -> Issue {
        Issue {
            key: "SHOP-7".to_owned(),
            title: "Prices".to_owned(),
            url: "https://acme.atlassian.net/browse/SHOP-7".to_owned(),
            priority: priority.map(str::to_owned),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            kind: kind.map(str::to_owned),
            tracker: Tracker::Jira,
        }
    }

    fn mentioning(issues: Vec<Issue>) -> Deploy {
        Deploy {
            id: DeployId::from_text("d1"),
            deployment: Slug::new("acme", "checkout").unwrap(),
            repository: "acme/checkout".to_owned(),
            environment: "Staging".to_owned(),
            revision: "7bf7226".to_owned(),
            branch: None,
            deployed_at: Timestamp::UNIX_EPOCH,
            registered_at: Timestamp::UNIX_EPOCH,
            source: Source::RegisterDeploy,
            tags: Vec::new(),
            links: Default::default(),
            size: None,
            deployer: None,
            commits: Vec::new(),
            pull_requests: Vec::new(),
            previous_revision: None,
            rules_change: RulesChange::No,
            issues,
            silent_trackers: Vec::new(),
            confirmation: signoff_core::confirmation::Confirmation::Confirmed,
            state: Default::default(),
            host_deployment: None,
            reported_tags: Vec::new(),
            reading: Default::default(),
        }
    }

    fn holding(deploy: &Deploy) -> Vec<&'static str> {
        let conditions = [
            "issue_priority='High'",
            "issue_priority=1",
            "issue_labels!='hold'",
            "issue_labels='b'",
            "issue_labels=2",
            "issue_type=[]",
            "issue_type~='Bug|Story'",
        ];
        let holds = |text: &str| condition::parse(text).unwrap().holds(&Snapshot::of(&Known::new(deploy)));
        conditions.into_iter().filter(|text| holds(text)).collect()
    }

    #[test]
    fn the_issues_of_a_deploy_are_lists_of_what_each_has_once() {
        assert_eq!(holding(&mentioning(Vec::new())), ["issue_labels!='hold'", "issue_type=[]"]);
        let two = vec![issue(Some("High"), &["a", "b"], Some("Bug")), issue(Some("High"), &["b"], None)];
        assert_eq!(
            holding(&mentioning(two)),
            [
                "issue_priority='High'",
                "issue_priority=1",
                "issue_labels!='hold'",
                "issue_labels='b'",
                "issue_labels=2",
                "issue_type~='Bug|Story'",
            ]
        );
    }

    #[test]
    fn unknown_magnitude_acts_for_nobody() {
        let text = "rules:\n\
            - asks: {conditions: [\"magnitude!='Large'\"], actions: [slack_channel_approval: {channel: '#gate'}]}\n\
            - acts: {conditions: [\"magnitude!='Large'\"], actions: [trigger_build]}\n\
            - small: {conditions: [\"magnitude='Small'\"], actions: [trigger_build]}\n\
            - tells: {conditions: [\"magnitude='Unknown'\"], actions: [slack_channel_message: {channel: '#c', message: m}]}\n";
        let file = crate::parse(text, "rules.yml").unwrap();
        let deploy = mentioning(Vec::new());
        let mut known = Known::new(&deploy);
        let holding = |known: &Known<'_>| -> Vec<String> {
            let snapshot = Snapshot::of(known);
            let holds = file.rules.iter().filter(|rule| rule.holds(&snapshot));
            holds.map(|rule| rule.name.clone()).collect()
        };
        assert_eq!(holding(&known), ["asks", "tells"]);
        for (rule, magnitude) in
            [("asks", Some(Magnitude::Large)), ("acts", None), ("small", Some(Magnitude::Small))]
        {
            known.magnitudes.insert(rule.to_owned(), magnitude);
        }
        assert_eq!(holding(&known), ["small", "tells"]);
    }

    #[test]
    fn a_way_that_is_not_known_holds_neither_way() {
        let conditions = ["rollback", "rollback=false", "diverged", "diverged=false", "rollback or diverged"];
        for (direction, expected) in [
            (None, &[][..]),
            (Some(Direction::Forward), &["rollback=false", "diverged=false"]),
            (Some(Direction::Same), &["rollback=false", "diverged=false"]),
            (Some(Direction::Rollback), &["rollback", "diverged=false", "rollback or diverged"]),
            (Some(Direction::Diverged), &["rollback=false", "diverged", "rollback or diverged"]),
        ] {
            let mut deploy = mentioning(Vec::new());
            deploy.reading.direction = direction;
            let snapshot = Snapshot::of(&Known::new(&deploy));
            let holds = |text: &&str| condition::parse(text).unwrap().holds(&snapshot);
            assert_eq!(conditions.into_iter().filter(holds).collect::<Vec<_>>(), expected, "{direction:?}");
        }
    }

    #[test]
    fn time_counts_from_a_date_that_may_be_reported() {
        let hour = jiff::SignedDuration::from_hours(1);
        for (may_report, host, holds) in [(false, None, false), (true, None, true), (false, Some(7), true)] {
            let mut deploy = mentioning(Vec::new());
            deploy.deployed_at = deploy.registered_at - hour * 48;
            (deploy.reading.may_report, deploy.host_deployment) = (may_report, host);
            let known = Known::new(&deploy);
            let snapshot = Snapshot::at(&known, deploy.registered_at + hour);
            for condition in ["deployed_for>='1d'", "stale_for>='1d'"] {
                let parsed = condition::parse(condition).unwrap();
                assert_eq!(parsed.holds(&snapshot), holds, "{condition} {may_report} {host:?}");
            }
        }
    }

    #[test]
    fn branch_and_deployer_count_by_the_hosts_word_alone() {
        let ana =
            Person { name: "Ana".to_owned(), email: Some("Ana@acme.example".to_owned()), username: None };
        let conditions = [
            "branch='main'",
            "branch!='main'",
            "deployer='ana@acme.example'",
            "deployer!='bot'",
            "deployment='Acme/Checkout'",
            "revision~='7BF'",
        ];
        for (on_branch, may_report, host, expected) in [
            (false, false, None, conditions[4..].to_vec()),
            (true, false, None, vec![conditions[0], conditions[4], conditions[5]]),
            (false, true, None, conditions[2..].to_vec()),
            (true, false, Some(7), [&conditions[..1], &conditions[2..]].concat()),
        ] {
            let mut deploy = mentioning(Vec::new());
            (deploy.branch, deploy.deployer) = (Some("refs/heads/main".to_owned()), Some(ana.clone()));
            (deploy.reading.on_branch, deploy.reading.may_report) = (on_branch, may_report);
            deploy.host_deployment = host;
            let snapshot = Snapshot::of(&Known::new(&deploy));
            let holds = |text: &&str| condition::parse(text).unwrap().holds(&snapshot);
            assert_eq!(
                conditions.into_iter().filter(holds).collect::<Vec<_>>(),
                expected,
                "{on_branch} {may_report}"
            );
        }
    }

    #[test]
    fn nothing_holds_of_issues_that_a_tracker_did_not_tell() {
        let mut deploy = mentioning(vec![issue(Some("High"), &["b"], Some("Bug"))]);
        deploy.silent_trackers = vec![Tracker::Linear];
        assert_eq!(holding(&deploy), [""; 0]);
    }
}
