//! Plan for the rules of a file and a deploy at one time: the rules that hold, those that can't be opened,
//! and the time of the next look.
//!
//! A rule with `deployed_for` or `health` asks how a deploy does in its environment ("it soaked"). Only the
//! newest deploy of an environment is there: once a newer one came, the older one's rules that still wait
//! never open, and the newer one's wait anew. What a rule opened before goes on. A rule that acts without
//! asking anybody waits for the end of its freeze in the same way. Where another revision overtook the
//! deploy, no rule is opened that acts without asking.

use jiff::{SignedDuration, Timestamp};
use signoff_core::action::Action;
use signoff_core::freeze::Hold;
use signoff_rules::variables::Known;
use signoff_rules::{Rule, Snapshot};
use std::collections::BTreeSet;

/// Plan for the rules of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan<'r> {
    /// The rules that hold, in the file's order.
    pub(crate) holding: Vec<&'r Rule>,
    /// The rules that hold and that a freeze keeps from being opened.
    pub(crate) frozen: Vec<(&'r Rule, Hold)>,
    /// The rules that would hold now or later, and use what is not supported yet.
    pub(crate) unsupported: Vec<&'r Rule>,
    /// The rules that do not hold now, and may once more is known of the deploy; each with when it begins to
    /// hold by time alone, where it does.
    pub(crate) waiting: Vec<(&'r Rule, Option<Timestamp>)>,
    /// Those of the rules that hold that a freeze may have kept from being opened before.
    thawed: Vec<&'r str>,
}

impl Plan<'_> {
    /// True if the rule of this name is opened now, or once a freeze is over.
    pub(crate) fn opens(&self, name: &str) -> bool {
        let frozen = self.frozen.iter().map(|(rule, _)| rule);
        self.holding.iter().chain(frozen).any(|rule| rule.name == name)
    }

    /// The plan without the rules of these names.
    pub(crate) fn without(mut self, names: &[String]) -> Self {
        let stays = |rule: &Rule| !names.contains(&rule.name);
        self.holding.retain(|rule| stays(rule));
        self.frozen.retain(|(rule, _)| stays(rule));
        self.unsupported.retain(|rule| stays(rule));
        self.waiting.retain(|(rule, _)| stays(rule));
        self
    }

    /// Time at which the next rule is to be opened by time alone.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let thaws = self.frozen.iter().map(|(_, hold)| hold.until);
        self.waiting.iter().filter_map(|(_, from)| *from).chain(thaws).min()
    }

    /// The environments, in lower case, of which rules that wait ask how far they are behind.
    pub(crate) fn drifts(&self) -> BTreeSet<String> {
        self.waiting.iter().flat_map(|(rule, _)| rule.drifts()).collect()
    }

    /// True if `rule` is opened or waits, for a freeze too.
    pub(crate) fn names(&self, rule: &Rule) -> bool {
        let frozen = self.frozen.iter().map(|(rule, _)| rule);
        let waiting = self.waiting.iter().map(|(rule, _)| rule);
        self.holding.iter().chain(frozen).chain(waiting).any(|one| one.name == rule.name)
    }

    /// True if the plan opens a rule, or may, only because the deploy is still the newest of its environment.
    pub(crate) fn is_of_the_newest(&self) -> bool {
        let waiting = self.waiting.iter().map(|(rule, _)| rule);
        let asks = self.holding.iter().chain(waiting).any(|rule| rule.is_of_the_newest());
        asks || !self.frozen.is_empty() || !self.thawed.is_empty()
    }

    /// Removes everything that holds only for the newest deploy of an environment: a newer one is there.
    pub(crate) fn forget_the_newest(&mut self) {
        self.frozen.clear();
        let thawed = std::mem::take(&mut self.thawed);
        self.holding.retain(|rule| !rule.is_of_the_newest() && !thawed.contains(&rule.name.as_str()));
        self.waiting.retain(|(rule, _)| !rule.is_of_the_newest());
    }

    /// True if a rule is opened that acts without asking anybody.
    pub(crate) fn acts_unasked(&self) -> bool {
        self.holding.iter().any(|rule| rule.acts_unasked())
    }

    /// Leaves out the rules that would act without asking anybody, and returns their names: another revision
    /// overtook the deploy. What was opened before, `is_open`, stays.
    pub(crate) fn forget_the_unasked(&mut self, is_open: impl Fn(&Rule) -> bool) -> Vec<String> {
        let holding = std::mem::take(&mut self.holding).into_iter();
        let (acting, asking): (Vec<_>, Vec<_>) =
            holding.partition(|rule| rule.acts_unasked() && !is_open(rule));
        self.holding = asking;
        acting.into_iter().map(|rule| rule.name.clone()).collect()
    }
}

/// Which of the rules are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All: the deploy is new.
    All,
    /// Those whose verdict may have changed since: time has passed, more is known of the deploy, or a run
    /// ended. What else changed in the file since counts from the next deploy on.
    Waiting,
}

/// Returns the plan for `rules` by what is `known` of a deploy at `now`. `succeeded`: true if the run of the
/// rule of this name has succeeded.
pub(crate) fn plan<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    scope: Scope,
    succeeded: impl Fn(&str) -> bool,
    known: &Known<'_>,
    now: Timestamp,
) -> Plan<'r> {
    let (whenever, at_this_time) = (Snapshot::of(known), Snapshot::at(known, now));
    let mut plan = Plan::default();
    for rule in rules.into_iter().filter(|rule| rule.applies_to_deploys() && rule.may_hold(&whenever)) {
        if scope == Scope::Waiting && !rule.may_open_later() {
            continue;
        }
        if !rule.unsupported.is_empty() {
            plan.unsupported.push(rule);
        } else if !rule.after.iter().all(|name| succeeded(name)) {
            // The last of these runs has the rules evaluated again when it succeeds.
            plan.waiting.push((rule, None));
        } else if rule.holds(&at_this_time) {
            if let Some(hold) = rule.frozen(now) {
                plan.frozen.push((rule, hold));
                continue;
            }
            // Of a rule that can be frozen, a new deploy was not.
            let thawed = scope == Scope::Waiting && rule.opens_after_freeze();
            plan.thawed.extend(thawed.then_some(rule.name.as_str()));
            plan.holding.push(rule);
        } else {
            let wait = rule.holds_in(&at_this_time).and_then(|wait| SignedDuration::try_from(wait).ok());
            // Beyond the end of all time, it never does.
            plan.waiting.push((rule, wait.and_then(|wait| now.checked_add(wait).ok())));
        }
    }
    plan
}

/// True if an approval of a rule, at whatever depth, counts no vote of people who wrote, merged or deployed
/// the change.
pub(crate) fn has_four_eyes(rule: &Rule) -> bool {
    fn any(actions: &[Action]) -> bool {
        actions.iter().any(|action| match action {
            Action::SlackChannelApproval(spec) => {
                !spec.self_approval
                    || [&spec.on_success, &spec.on_reject, &spec.on_expire].into_iter().any(|then| any(then))
            }
            Action::AutoApproveBuild(_)
            | Action::TriggerBuild(_)
            | Action::SlackChannelMessage(_)
            | Action::AddToDeployMessageThread(_)
            | Action::NotifyDeployAuthors(_)
            | Action::NotifyDeployer(_)
            | Action::SlackPersonalMessage(_)
            | Action::SlackDeployMessage(_)
            | Action::AddDeployTag(_)
            // What it does are rules of their own.
            | Action::MonitorDrift(_)
            | Action::Webhook(_)
            | Action::NotifyMentionedIssues(_)
            | Action::TransitionMentionedIssues(_)
            | Action::TransitionIssues(_)
            | Action::UpdateMentionedIssues(_)
            | Action::SendEvent(_)
            // An approval takes no `on_failure`.
            | Action::WithOnFailure(_)
            | Action::RulesFile(_) => false,
        })
    }
    any(&rule.actions)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use signoff_core::deploy::{Deploy, RulesChange, Slug, Source};
    use signoff_core::id::DeployId;

    const RULES: &str = "rules:\n\
        - at-once: {conditions: [environment='staging'], actions: [trigger_build]}\n\
        - soaked: {conditions: [environment='staging', deployed_for>='5m'], actions: [trigger_build]}\n\
        - longer: {conditions: [environment='staging', deployed_for>'1d'], actions: [trigger_build]}\n\
        - early: {conditions: [deployed_for<'1m'], actions: [trigger_build]}\n\
        - ours: {conditions: [base_synced and deployed_for>='10m'], actions: [trigger_build]}\n\
        - never: {conditions: [deployed_for>='999999999999d'], actions: [trigger_build]}\n\
        - elsewhere: {conditions: [environment='production' and deployed_for>='5m'], actions: [trigger_build]}\n";

    pub(crate) fn deploy(deployed_at: &str) -> Deploy {
        let deployed_at = deployed_at.parse().unwrap();
        Deploy {
            id: DeployId::from_text("d1"),
            deployment: Slug::new("acme", "checkout").unwrap(),
            repository: "acme/checkout".to_owned(),
            environment: "Staging".to_owned(),
            revision: "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b".to_owned(),
            branch: None,
            deployed_at,
            registered_at: deployed_at,
            source: Source::RegisterDeploy,
            tags: Vec::new(),
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
        }
    }

    #[test]
    fn rules_are_looked_at_again_when_the_next_one_begins_to_hold() {
        let file = signoff_rules::parse(RULES, "rules.yml").unwrap();
        let names =
            |rules: &[&Rule]| rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>().join(" ");
        let now = "2026-05-11T12:00:00.5Z".parse().unwrap();
        for (scope, deployed_at, holding, next) in [
            (Scope::All, "2026-05-11T12:00:00.25Z", "at-once early", Some("2026-05-11T12:05:00.25Z")),
            (Scope::Waiting, "2026-05-11T12:00:00.25Z", "early", Some("2026-05-11T12:05:00.25Z")),
            (Scope::All, "2026-05-11T11:58:00Z", "at-once", Some("2026-05-11T12:03:00Z")),
            (Scope::Waiting, "2026-05-11T11:55:00.5Z", "soaked", Some("2026-05-12T11:55:01.5Z")),
            (Scope::Waiting, "2026-05-10T11:00:00Z", "soaked longer", None),
            // A clock that is wrong, or a deploy that is announced.
            (Scope::All, "2026-05-11T13:00:00Z", "at-once early", Some("2026-05-11T13:05:00Z")),
            (Scope::All, "9999-12-30T21:58:00Z", "at-once early", None),
            (Scope::All, "-009999-01-02T01:59:59Z", "at-once soaked longer", None),
        ] {
            let plan = plan(&file.rules, scope, |_| false, &Known::new(&deploy(deployed_at)), now);
            assert_eq!(
                (names(&plan.holding).as_str(), plan.next()),
                (holding, next.map(|at| at.parse().unwrap())),
                "{deployed_at}"
            );
            // It is told at once that it can't be opened, not when it would be.
            assert_eq!(names(&plan.unsupported), "ours", "{deployed_at}");
        }
    }

    #[test]
    fn a_rule_waits_until_the_runs_before_it_succeeded() {
        let text = "rules:\n\
            - first: {actions: [trigger_build]}\n\
            - second: {after: first, actions: [trigger_build]}\n\
            - third: {after: [first, second], conditions: [deployed_for>='5m'], actions: [trigger_build]}\n";
        let file = signoff_rules::parse(text, "rules.yml").unwrap();
        let now = "2026-05-11T12:00:00Z".parse().unwrap();
        for (scope, succeeded, holding, next) in [
            (Scope::All, "", "first", None),
            (Scope::Waiting, "", "", None),
            (Scope::Waiting, "first", "second", None),
            (Scope::Waiting, "second", "", None),
            (Scope::Waiting, "first second", "second", Some("2026-05-11T12:05:00Z")),
        ] {
            let succeeded = |name: &str| succeeded.split(' ').any(|one| one == name);
            let plan = plan(&file.rules, scope, succeeded, &Known::new(&deploy("2026-05-11T12:00:00Z")), now);
            let names: Vec<_> = plan.holding.iter().map(|rule| rule.name.as_str()).collect();
            assert_eq!(
                (names.join(" "), plan.next()),
                (holding.to_owned(), next.map(|at| at.parse().unwrap()))
            );
        }
    }

    #[test]
    fn a_rule_that_asks_nobody_waits_for_the_end_of_its_freeze() {
        let text = "rules:\n\
            - asks: {freeze: &w {name: weekend, days: [sat, sun], time_zone: UTC}, actions: [slack_channel_approval: {channel: '#gate'}]}\n\
            - acts: {freeze: *w, actions: [trigger_build]}\n\
            - soaks: {freeze: *w, conditions: [deployed_for>='1d'], actions: [trigger_build]}\n\
            - second: {freeze: *w, after: acts, actions: [trigger_build]}\n\
            - free: {actions: [trigger_build]}\n";
        let file = signoff_rules::parse(text, "rules.yml").unwrap();
        let (friday, monday) = ("2026-11-20T12:00:00Z", "2026-11-23T00:00:00Z");
        for (scope, now, deployed_at, holding, frozen, next) in [
            (Scope::All, friday, friday, "asks acts free", "", Some("2026-11-21T12:00:00Z")),
            (Scope::All, "2026-11-21T12:00:00Z", friday, "asks free", "acts soaks", Some(monday)),
            // It has not been there long enough, and has on Sunday.
            (Scope::All, "2026-11-21T11:00:00Z", friday, "asks free", "acts", Some("2026-11-21T12:00:00Z")),
            (Scope::Waiting, monday, friday, "acts soaks", "", None),
            (Scope::Waiting, "2026-11-22T23:59:59Z", friday, "", "acts soaks", Some(monday)),
        ] {
            let mut plan =
                plan(&file.rules, scope, |_| false, &Known::new(&deploy(deployed_at)), now.parse().unwrap());
            let names =
                |rules: &[&Rule]| rules.iter().map(|rule| rule.name.clone()).collect::<Vec<_>>().join(" ");
            let waiting: Vec<_> = plan.frozen.iter().map(|(rule, _)| *rule).collect();
            let found = (names(&plan.holding), names(&waiting), plan.next());
            let next = next.map(|at: &str| at.parse().unwrap());
            assert_eq!(found, (holding.to_owned(), frozen.to_owned(), next), "{now}");
            // What waited for its end waits no more once a newer deploy came.
            assert!(plan.is_of_the_newest());
            plan.forget_the_newest();
            let left = if scope == Scope::Waiting { "" } else { holding };
            assert_eq!((names(&plan.holding).as_str(), plan.frozen.len(), plan.next()), (left, 0, None));
        }
        let acted = plan(
            &file.rules,
            Scope::Waiting,
            |name| name == "acts",
            &Known::new(&deploy(friday)),
            monday.parse().unwrap(),
        );
        assert!(acted.holding.iter().any(|rule| rule.name == "second"));
    }

    #[test]
    fn a_deploy_that_was_replaced_waits_for_nothing() {
        let file = signoff_rules::parse(RULES, "rules.yml").unwrap();
        let now = "2026-05-11T12:06:00Z".parse().unwrap();
        let mut plan =
            plan(&file.rules, Scope::All, |_| false, &Known::new(&deploy("2026-05-11T12:00:00Z")), now);
        assert!(plan.is_of_the_newest());
        plan.forget_the_newest();
        let names: Vec<_> = plan.holding.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!((names, plan.next()), (vec!["at-once"], None));
        assert!(!plan.is_of_the_newest());
    }

    #[test]
    fn overtaken_deploy_only_asks_and_tells() {
        let text = "rules:\n\
            - acts: {actions: [slack_channel_message: {channel: '#gate', message: 'x'}, trigger_build]}\n\
            - asks: {actions: [slack_channel_approval: {channel: '#gate', on_success: [trigger_build]}]}\n\
            - tells: {actions: [slack_channel_message: {channel: '#gate', message: 'x'}]}\n";
        let file = signoff_rules::parse(text, "rules.yml").unwrap();
        let now = "2026-05-11T12:06:00Z".parse().unwrap();
        let known = deploy("2026-05-11T12:00:00Z");
        let mut plan = plan(&file.rules, Scope::All, |_| false, &Known::new(&known), now);
        assert!(plan.acts_unasked());
        assert_eq!(plan.clone().forget_the_unasked(|_| true), [""; 0], "it was opened before");
        assert_eq!(plan.forget_the_unasked(|_| false), ["acts"]);
        let names: Vec<_> = plan.holding.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!((names, plan.acts_unasked()), (vec!["asks", "tells"], false));
    }

    #[test]
    fn four_eyes_are_found_at_any_depth() {
        let text = "rules:\n\
            - plain: {conditions: [], actions: [trigger_build, slack_channel_approval: {channel: '#gate'}]}\n\
            - four: {conditions: [], actions: [slack_channel_approval: {channel: '#gate', self_approval: false}]}\n\
            - later: {conditions: [], actions: [slack_channel_approval: {channel: '#gate', on_success: \
              [slack_channel_approval: {channel: '#gate', self_approval: false}]}]}\n\
            - builds: {conditions: [], actions: [trigger_build]}\n";
        let file = signoff_rules::parse(text, "rules.yml").unwrap();
        assert_eq!(file.rules.iter().map(has_four_eyes).collect::<Vec<_>>(), [false, true, true, false]);
    }
}
