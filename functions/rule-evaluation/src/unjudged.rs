//! Rules that can't be judged: what their conditions ask about was not read whole. They do not open, and the channel is told.

use approval::deploy::Deploy;
use rules::variables::{DIVERGED, LISTS, MAGNITUDE, ROLLBACK};
use rules::{Rule, Snapshot};

/// The lists over all issues that commits and pull requests mention.
const OF_ISSUES: [&str; 3] = ["issue_priority", "issue_labels", "issue_type"];

/// The names of those of `rules` that do not hold in `snapshot`, and of whose conditions each that does not hold asks about a
/// list of `deploy` that is incomplete.
pub(crate) fn unjudged<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    snapshot: &Snapshot,
    deploy: &Deploy,
) -> Vec<&'r str> {
    let (is_cut, more_issues) = (!deploy.reading.missing.is_empty(), deploy.mentions_more_issues());
    let is_told_before = |name: &str| OF_ISSUES.contains(&name) && !deploy.silent_trackers.is_empty();
    let is_incomplete = |name: &str, snapshot: &Snapshot| {
        let is_of_commits = LISTS.contains(&name) || [MAGNITUDE, ROLLBACK, DIVERGED].contains(&name);
        (is_of_commits && snapshot.get(name).is_none() && !is_told_before(name))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::deploy;
    use approval::deploy::Size;
    use approval::range::Direction;
    use jiff::Timestamp;
    use rules::variables::Known;

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
        ];
        let parsed = rules::parse(&format!("rules:\n{}", file.concat()), "rules.yml").unwrap();
        for (missing, tags_cut, expected) in [
            (false, false, &[][..]),
            (true, false, &["labels", "either", "back"]),
            (false, true, &["tags"]),
            (true, true, &["labels", "tags", "either", "back"]),
        ] {
            let mut deploy = deploy("2021-05-11T11:40:00Z");
            deploy.reading.direction = Some(Direction::Forward).filter(|_| !missing);
            deploy.size = Some(Size { files: 1, lines: 1 });
            deploy.environment = "Staging".to_owned();
            deploy.reading.missing = vec!["Cut.".to_owned(); usize::from(missing)];
            deploy.reading.tags_cut = tags_cut;
            let known = Known::new(&deploy);
            let snapshot = Snapshot::at(&known, Timestamp::UNIX_EPOCH);
            assert_eq!(unjudged(&parsed.rules, &snapshot, &deploy), expected, "{missing} {tags_cut}");
        }
    }
}
