//! What the rules of a file mean for a deploy at one time: which hold, which can't be opened, and when to look again.
//!
//! A rule with `deployed_for` asks whether a deploy has been in its environment for so long ("it soaked"). Only the newest
//! deploy of an environment is there: once a newer one came, the older one's rules that still wait never open, and
//! the newer one's wait anew. What a rule opened before goes on.

use approval::action::Action;
use approval::deploy::Deploy;
use jiff::{SignedDuration, Timestamp};
use rules::{Rule, Snapshot};

/// What is to be done about the rules of a file.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan<'r> {
    /// The rules that hold, in the file's order.
    pub(crate) holding: Vec<&'r Rule>,
    /// The rules that would hold now or later, and use what is not supported yet.
    pub(crate) unsupported: Vec<&'r Rule>,
    /// When the next rule begins to hold by time alone.
    pub(crate) next: Option<Timestamp>,
}

impl Plan<'_> {
    /// Whether it says of a rule that it holds, or will, for how long the deploy has been there.
    pub(crate) fn depends_on_time(&self) -> bool {
        self.next.is_some() || self.holding.iter().any(|rule| rule.depends_on_time())
    }

    /// Leaves out what depends on time: another deploy took this one's place, so it has not been there any longer.
    pub(crate) fn forget_time(&mut self) {
        self.next = None;
        self.holding.retain(|rule| !rule.depends_on_time());
    }
}

/// Which of the rules are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All: the deploy is new.
    All,
    /// Those with `deployed_for` or `after`: time has passed, or a run succeeded. What else changed in the file since counts
    /// from the next deploy on.
    Waiting,
}

/// What `rules` mean for `deploy` at `now`. `succeeded`: whether the run of the rule of this name has succeeded.
pub(crate) fn plan<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    scope: Scope,
    succeeded: impl Fn(&str) -> bool,
    deploy: &Deploy,
    now: Timestamp,
) -> Plan<'r> {
    let (whenever, at_this_time) = (Snapshot::of(deploy), Snapshot::at(deploy, now));
    let mut plan = Plan::default();
    for rule in rules.into_iter().filter(|rule| rule.applies_to_deploys() && rule.may_hold(&whenever)) {
        if scope == Scope::Waiting && !rule.may_come_to_hold() {
            continue;
        }
        if !rule.unsupported.is_empty() {
            plan.unsupported.push(rule);
        } else if !rule.after.iter().all(|name| succeeded(name)) {
            // The last of these runs has the rules evaluated again when it succeeds.
        } else if rule.holds(&at_this_time) {
            plan.holding.push(rule);
        } else {
            let from = rule.holds_from(&at_this_time).and_then(|from| SignedDuration::try_from(from).ok());
            // Beyond the end of all time, it never does.
            let from = from.and_then(|from| deploy.deployed_at.checked_add(from).ok());
            plan.next = plan.next.into_iter().chain(from).min();
        }
    }
    plan
}

/// Whether an approval of a rule, at whatever depth, counts no vote of who wrote, merged or deployed the change.
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
            | Action::Webhook(_)
            | Action::NotifyMentionedIssues(_)
            | Action::TransitionMentionedIssues(_)
            | Action::TransitionIssues(_)
            | Action::UpdateMentionedIssues(_) => false,
        })
    }
    any(&rule.actions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approval::deploy::{RulesChange, Slug, Source};
    use approval::id::DeployId;

    const RULES: &str = "rules:\n\
        - at-once: {conditions: [environment='staging'], actions: [trigger_build]}\n\
        - soaked: {conditions: [environment='staging', deployed_for>='5m'], actions: [trigger_build]}\n\
        - longer: {conditions: [environment='staging', deployed_for>'1d'], actions: [trigger_build]}\n\
        - early: {conditions: [deployed_for<'1m'], actions: [trigger_build]}\n\
        - healthy: {conditions: [health='Healthy' and deployed_for>='10m'], actions: [trigger_build]}\n\
        - never: {conditions: [deployed_for>='999999999999d'], actions: [trigger_build]}\n\
        - elsewhere: {conditions: [environment='production' and deployed_for>='5m'], actions: [trigger_build]}\n";

    fn deploy(deployed_at: &str) -> Deploy {
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
            deployer: None,
            commits: Vec::new(),
            pull_requests: Vec::new(),
            previous_revision: None,
            rules_change: RulesChange::No,
            issues: Vec::new(),
            silent_trackers: Vec::new(),
        }
    }

    #[test]
    fn rules_are_looked_at_again_when_the_next_one_begins_to_hold() {
        let file = rules::parse(RULES, "rules.yml").unwrap();
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
            let plan = plan(&file.rules, scope, |_| false, &deploy(deployed_at), now);
            assert_eq!(
                (names(&plan.holding).as_str(), plan.next),
                (holding, next.map(|at| at.parse().unwrap())),
                "{deployed_at}"
            );
            // It is told at once that it can't be opened, not when it would be.
            assert_eq!(names(&plan.unsupported), "healthy", "{deployed_at}");
        }
    }

    #[test]
    fn a_rule_waits_until_the_runs_before_it_succeeded() {
        let text = "rules:\n\
            - first: {actions: [trigger_build]}\n\
            - second: {after: first, actions: [trigger_build]}\n\
            - third: {after: [first, second], conditions: [deployed_for>='5m'], actions: [trigger_build]}\n";
        let file = rules::parse(text, "rules.yml").unwrap();
        let now = "2026-05-11T12:00:00Z".parse().unwrap();
        for (scope, succeeded, holding, next) in [
            (Scope::All, "", "first", None),
            (Scope::Waiting, "", "", None),
            (Scope::Waiting, "first", "second", None),
            (Scope::Waiting, "second", "", None),
            (Scope::Waiting, "first second", "second", Some("2026-05-11T12:05:00Z")),
        ] {
            let succeeded = |name: &str| succeeded.split(' ').any(|one| one == name);
            let plan = plan(&file.rules, scope, succeeded, &deploy("2026-05-11T12:00:00Z"), now);
            let names: Vec<_> = plan.holding.iter().map(|rule| rule.name.as_str()).collect();
            assert_eq!(
                (names.join(" "), plan.next),
                (holding.to_owned(), next.map(|at| at.parse().unwrap()))
            );
        }
    }

    #[test]
    fn a_deploy_that_was_replaced_waits_for_nothing() {
        let file = rules::parse(RULES, "rules.yml").unwrap();
        let now = "2026-05-11T12:06:00Z".parse().unwrap();
        let mut plan = plan(&file.rules, Scope::All, |_| false, &deploy("2026-05-11T12:00:00Z"), now);
        assert!(plan.depends_on_time());
        plan.forget_time();
        let names: Vec<_> = plan.holding.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!((names, plan.next), (vec!["at-once"], None));
        assert!(!plan.depends_on_time());
    }

    #[test]
    fn four_eyes_are_found_at_any_depth() {
        let text = "rules:\n\
            - plain: {conditions: [], actions: [trigger_build, slack_channel_approval: {channel: '#gate'}]}\n\
            - four: {conditions: [], actions: [slack_channel_approval: {channel: '#gate', self_approval: false}]}\n\
            - later: {conditions: [], actions: [slack_channel_approval: {channel: '#gate', on_success: \
              [slack_channel_approval: {channel: '#gate', self_approval: false}]}]}\n\
            - builds: {conditions: [], actions: [trigger_build]}\n";
        let file = rules::parse(text, "rules.yml").unwrap();
        assert_eq!(file.rules.iter().map(has_four_eyes).collect::<Vec<_>>(), [false, true, true, false]);
    }
}
