//! Rules that can't be judged: what their conditions ask about was not read whole. They do not open, and the
//! channel is told.

use signoff_core::deploy::Deploy;
use signoff_core::id::digest;
use signoff_rules::variables::{DIVERGED, LISTS, MAGNITUDE, ROLLBACK};
use signoff_rules::{Rule, Snapshot};

/// The variables that count by the word of somebody who may give it.
const OF_ONE_WORD: [&str; 2] = ["branch", "deployer"];
/// The most rules and reasons of a deploy that are noted as told.
const MOST_TOLD: usize = 100;
/// The lists over all issues that commits and pull requests mention.
const OF_ISSUES: [&str; 3] = ["issue_priority", "issue_labels", "issue_type"];

/// The names of those of `rules` that do not hold in `snapshot`, and of whose conditions each that does not
/// hold asks about a list of `deploy` that is incomplete.
pub(crate) fn unjudged<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    snapshot: &Snapshot,
    deploy: &Deploy,
) -> Vec<&'r str> {
    let (is_cut, more_issues) = (!deploy.reading.missing.is_empty(), deploy.mentions_more_issues());
    let is_incomplete = |name: &str, snapshot: &Snapshot| {
        let is_of_commits = LISTS.contains(&name) || [MAGNITUDE, ROLLBACK, DIVERGED].contains(&name);
        (is_of_commits && snapshot.get(name).is_none())
            || (name == "tags" && deploy.reading.tags_cut)
            || (OF_ONE_WORD.contains(&name) && snapshot.get(name).is_none())
            || (OF_ISSUES.contains(&name) && (is_cut || more_issues))
    };
    let is_unjudged = |rule: &&Rule| {
        let seen = rule.sees(snapshot);
        let mut failing = rule.conditions.iter().filter(|entry| !entry.condition.holds(&seen)).peekable();
        let is_incomplete = |name: &str| is_incomplete(name, &seen);
        failing.peek().is_some() && failing.all(|entry| entry.condition.names(&is_incomplete))
    };
    rules
        .into_iter()
        .filter(|rule| rule.applies_to_deploys())
        .filter(is_unjudged)
        .map(|rule| rule.name.as_str())
        .collect()
}

/// Notes in `told` that the channel is told of `rules` that can't be judged, for `reasons`; true if any of
/// them is new. Those after the first [`MOST_TOLD`] count as told: the last look tells all of them.
pub(crate) fn note_told(told: &mut Vec<String>, rules: &[&str], reasons: &[String]) -> bool {
    if rules.is_empty() {
        return false;
    }
    let rules = rules.iter().map(|rule| digest(&["rule", rule]));
    let reasons = reasons.iter().map(|reason| digest(&["reason", reason]));
    let before = told.len();
    for mark in rules.chain(reasons) {
        if told.len() < MOST_TOLD && !told.contains(&mark) {
            told.push(mark);
        }
    }
    told.len() > before
}

/// True if the source host may tell more of `deploy` later than it did now.
pub(crate) fn may_change(deploy: &Deploy) -> bool {
    !deploy.reading.missing.is_empty() || (deploy.branch.is_some() && !deploy.reading.on_branch)
}

/// The reasons for which `branch` and `deployer` are not known of `deploy`, where one of `rules` asks for
/// them: a sentence each.
pub(crate) fn unknown_words(
    rules: &[Rule],
    names: &[&str],
    snapshot: &Snapshot,
    deploy: &Deploy,
) -> Vec<String> {
    let asks = |word: &str| {
        let mut rules = rules.iter().filter(|rule| names.contains(&rule.name.as_str()));
        rules
            .any(|rule| rule.conditions.iter().any(|entry| entry.condition.names(&|name: &str| name == word)))
    };
    let mut reasons = Vec::new();
    if snapshot.get("branch").is_none() && asks("branch") {
        reasons.push(match &deploy.branch {
            None => "The deploy names no branch: send `branch` with its registration.".to_owned(),
            Some(branch) => format!(
                "No branch or tag {branch} of {} contains {}, so no condition on `branch` holds.",
                deploy.repository,
                deploy.short_revision()
            ),
        });
    }
    if snapshot.get("deployer").is_none() && asks("deployer") {
        let reason =
            "Nobody says who deployed: register with a key that has the scope `report`, and send `email`.";
        reasons.push(reason.to_owned());
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::deploy;
    use jiff::Timestamp;
    use signoff_core::deploy::{Person, Size};
    use signoff_core::issue::Tracker;
    use signoff_core::range::Direction;
    use signoff_rules::variables::Known;

    #[test]
    fn each_rule_and_reason_is_told_once() {
        let reasons = |reasons: &[&str]| reasons.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut told = Vec::new();
        for (rules, why, is_new) in [
            (&["a"][..], reasons(&["Jira is silent."]), true),
            (&["a"][..], reasons(&["Jira is silent."]), false),
            (&[][..], reasons(&["Linear is silent."]), false),
            (&["b", "a"][..], reasons(&["Jira is silent."]), true),
            (&["b"][..], reasons(&[]), false),
            (&["b"][..], reasons(&["Linear is silent."]), true),
        ] {
            assert_eq!(note_told(&mut told, rules, &why), is_new, "{rules:?} {why:?}");
        }
        let many: Vec<String> = (0..500).map(|number| format!("rule {number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(note_told(&mut told, &many, &[]) && !note_told(&mut told, &many, &[]));
        assert_eq!(told.len(), 100, "a deploy's row stays small");
    }

    #[test]
    fn rule_on_issues_is_unjudged_without_its_tracker() {
        let rule = "rules:\n  - bugs:\n      conditions: [\"issue_type!='Bug'\"]\n      actions: [{add_deploy_tag: '#fine'}]\n";
        let parsed = signoff_rules::parse(rule, "rules.yml").unwrap();
        for (silent, expected) in [(Vec::new(), &[][..]), (vec![Tracker::Jira], &["bugs"])] {
            let mut deploy = deploy("2021-05-11T11:40:00Z");
            deploy.silent_trackers = silent;
            let known = Known::new(&deploy);
            let snapshot = Snapshot::at(&known, Timestamp::UNIX_EPOCH);
            assert_eq!(unjudged(&parsed.rules, &snapshot, &deploy), expected, "{:?}", deploy.silent_trackers);
        }
    }

    #[test]
    fn a_rule_is_unjudged_by_what_is_incomplete_alone() {
        let rule = |name: &str, conditions: &str| {
            format!(
                "  - {name}:\n      conditions: [{conditions}]\n      actions: [{{auto_approve_build: 'build'}}]\n"
            )
        };
        let file = [
            rule("labels", "\"environment='Staging'\", \"pr_labels!='hold'\""),
            rule("elsewhere", "\"environment='Production'\", \"pr_labels!='hold'\""),
            rule("tags", "\"tags='#database'\""),
            rule("either", "\"magnitude='Large' or issue_type='Bug'\""),
            rule("always", "\"environment='Staging'\""),
            rule("back", "\"rollback or diverged\""),
            rule("branch", "\"branch='main'\""),
            rule("deployer", "\"deployer!='bot'\""),
        ];
        let parsed = signoff_rules::parse(&format!("rules:\n{}", file.concat()), "rules.yml").unwrap();
        for (missing, tags_cut, expected) in [
            (false, false, &[][..]),
            (true, false, &["labels", "either", "back", "branch", "deployer"]),
            (false, true, &["tags"]),
            (true, true, &["labels", "tags", "either", "back", "branch", "deployer"]),
        ] {
            let mut deploy = deploy("2021-05-11T11:40:00Z");
            deploy.reading.direction = Some(Direction::Forward).filter(|_| !missing);
            deploy.size = Some(Size { files: 1, lines: 1 });
            deploy.environment = "Staging".to_owned();
            deploy.reading.missing = vec!["Cut.".to_owned(); usize::from(missing)];
            deploy.reading.tags_cut = tags_cut;
            deploy.branch = Some("dev".to_owned());
            deploy.deployer = Some(Person { username: Some("ana".to_owned()), ..Person::default() });
            (deploy.reading.on_branch, deploy.reading.may_report) = (!missing, !missing);
            let known = Known::new(&deploy);
            let snapshot = Snapshot::at(&known, Timestamp::UNIX_EPOCH);
            let names = unjudged(&parsed.rules, &snapshot, &deploy);
            assert_eq!(names, expected, "{missing} {tags_cut}");
            let reasons = unknown_words(&parsed.rules, &names, &snapshot, &deploy);
            assert_eq!(reasons.len(), if missing { 2 } else { 0 }, "{reasons:?}");
        }
    }
}
