//! Rules that come after others which need another deploy: they never open.

use super::clashes_of;
use crate::condition::Condition;
use crate::file::Rule;
use crate::file::reader::Reader;
use crate::file::stages::Stage;
use std::collections::{HashMap, HashSet};

/// Variables that are the same for a deploy for as long as it is there.
const LASTING: [&str; 5] = ["branch", "deployer", "deployment", "environment", "revision"];
/// Most rules that are looked at together.
const MAX_TOGETHER: usize = 20;

impl Reader<'_> {
    /// Tells of each rule that comes after rules for other deploys than its own.
    pub(in crate::file) fn apart(&mut self, rules: &[Rule], stages: &[Stage]) {
        let by_name: HashMap<&str, &Rule> = rules.iter().map(|rule| (rule.name.as_str(), rule)).collect();
        let asks = |rule: &&Rule| {
            rule.conditions.iter().any(|entry| entry.condition.names(&|name: &str| LASTING.contains(&name)))
        };
        // With less than two, nothing can be at odds.
        if rules.iter().filter(asks).take(2).count() < 2 {
            return;
        }
        // What comes after such a rule never opens for the same reason.
        let mut told: HashSet<&str> = HashSet::new();
        let mut together: Vec<&Rule> = Vec::new();
        for Stage { rule, after, at } in stages {
            if self.has_enough_notices() || self.contradictions == 0 {
                return;
            }
            let Some(rule) = by_name.get(rule.as_str()).copied() else { continue };
            if together.first().is_none_or(|first| first.name != rule.name) {
                together = vec![rule];
            }
            let before = before(after, &by_name);
            if told.contains(rule.name.as_str()) || before.iter().any(|rule| told.contains(&*rule.name)) {
                continue;
            }
            for other in before.into_iter().filter(asks) {
                let clash = together.iter().find_map(|one| Some((*one, self.clash(one, other)?)));
                let Some((one, (ones, others))) = clash else {
                    together.push(other);
                    continue;
                };
                let who = if one.name == rule.name { "it".to_owned() } else { format!("`{}`", one.name) };
                let through = match other.name == *after {
                    true => String::new(),
                    false => format!(" (which `{after}` comes after)"),
                };
                let message = format!(
                    "the rule `{}` never opens: {who} needs {ones}, and `{}`{through} needs {others} of the same deploy",
                    rule.name, other.name
                );
                told.insert(&rule.name);
                self.notice(*at, message, format!("take `{after}` out of `after`"));
                break;
            }
        }
    }

    /// The comparisons of two rules that never hold for one deploy; `None`: there are none.
    fn clash(&mut self, one: &Rule, other: &Rule) -> Option<(String, String)> {
        let of_both = [one, other].map(|rule| rule.conditions.iter().map(|entry| &entry.condition));
        let all: Vec<&Condition> = of_both.into_iter().flatten().collect();
        let comparisons: Vec<_> = all.iter().flat_map(|condition| condition.comparisons()).collect();
        let count: usize = one.conditions.iter().map(|entry| entry.condition.comparisons().len()).sum();
        let joined = |of: &[usize]| {
            let named = of.iter().filter_map(|of| comparisons.get(*of));
            named.map(|comparison| format!("`{comparison}`")).collect::<Vec<_>>().join(" and ")
        };
        let clashes = clashes_of(&all, &mut self.contradictions, |name| LASTING.contains(&name));
        clashes.iter().filter(|clash| !clash.is_always).find_map(|clash| {
            let (ones, others): (Vec<usize>, Vec<usize>) = clash.of.iter().partition(|of| **of < count);
            (!ones.is_empty() && !others.is_empty()).then(|| (joined(&ones), joined(&others)))
        })
    }
}

/// The rule `after` and those that it comes after itself, the nearest first.
fn before<'r>(after: &str, by_name: &HashMap<&str, &'r Rule>) -> Vec<&'r Rule> {
    let is_open = |rule: &&Rule| rule.applies_to_deploys() && rule.unsupported.is_empty();
    let mut found: Vec<&Rule> = by_name.get(after).copied().filter(is_open).into_iter().collect();
    let mut index = 0;
    while let Some(rule) = found.get(index).copied() {
        index += 1;
        for name in &rule.after {
            let known = by_name.get(name.as_str()).copied();
            let is_new = |rule: &&Rule| found.iter().all(|other| other.name != rule.name);
            if let Some(next) = known.filter(is_new).filter(|_| found.len() < MAX_TOGETHER) {
                found.push(next);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::parse;

    fn told(rules: &[(&str, &str, &str)]) -> Vec<String> {
        let rule = |(name, after, condition): &(&str, &str, &str)| {
            let after = if after.is_empty() { String::new() } else { format!("after: {after}, ") };
            format!("  - {name}: {{{after}conditions: [\"{condition}\"], actions: [trigger_build]}}\n")
        };
        let text: String = rules.iter().map(rule).collect();
        let notices = parse(&format!("rules:\n{text}"), "f").unwrap().notices;
        notices.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn rule_after_one_of_another_environment_never_opens() {
        let test = ("test", "", "environment='Staging' and deployed_for>'5m'");
        let ship = ("ship", "test", "environment='Production'");
        let tell = ("tell", "[ship]", "rollback=false");
        insta::assert_snapshot!(told(&[test, ship, tell]).join("\n"), @"f:3:19: the rule `ship` never opens: it needs `environment='Production'`, and `test` needs `environment='Staging'` of the same deploy; take `test` out of `after`");
        let soak = ("soak", "test", "rollback=false");
        let through = told(&[test, soak, ("ship", "soak", "environment='Production'")]);
        insta::assert_snapshot!(through.join("\n"), @"f:4:19: the rule `ship` never opens: it needs `environment='Production'`, and `test` (which `soak` comes after) needs `environment='Staging'` of the same deploy; take `soak` out of `after`");
        let both =
            [test, ("ship", "", "environment='Production'"), ("tell", "[test, ship]", "rollback=false")];
        insta::assert_snapshot!(told(&both).join("\n"), @"f:4:26: the rule `tell` never opens: `test` needs `environment='Staging'`, and `ship` needs `environment='Production'` of the same deploy; take `ship` out of `after`");
    }

    #[test]
    fn rules_that_one_deploy_may_open_have_no_notice() {
        for (first, second) in [
            ("environment='Staging'", "environment='staging'"),
            ("environment='Staging' or environment='QA'", "environment='QA'"),
            ("deployed_for<'5m'", "deployed_for>'1h'"),
            ("failed_rules=[]", "failed_rules='x'"),
            ("environment='Staging'", "environment='QA' or deployed_for<'5m'"),
            ("tags='#a'", "tags!='#a'"),
        ] {
            let told = told(&[("one", "", first), ("two", "one", second), ("x", "", "rollback")]);
            let about = |told: &&String| told.contains("never opens");
            assert_eq!(told.iter().filter(about).count(), 0, "{first} {second}");
        }
    }
}
