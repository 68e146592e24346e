//! Keys that stand in their mapping a second time: which of the two is meant, nobody can say.

use super::reader::Reader;
use crate::problem::Position;
use crate::yaml::{KeyAgain, Node};
use std::rc::Rc;

impl Reader<'_> {
    /// Makes problems of the keys that stand twice in a mapping of `rule`. Returns the values that they have
    /// the second time.
    pub(super) fn keys_again_in(&mut self, rule: &Node) -> Vec<Rc<Node>> {
        let all = std::mem::take(&mut self.keys_again);
        let is_inside = |place| rule.has_mapping_at(place);
        let (inside, others): (Vec<_>, _) =
            all.into_iter().partition(|again| again.mapping.is_some_and(is_inside));
        self.keys_again = others;
        inside.into_iter().map(|again| self.key_again(again)).collect()
    }

    /// Makes problems of all others: outside of the rules, and in what an anchor makes a part of several.
    pub(super) fn keys_again_elsewhere(&mut self) {
        for again in std::mem::take(&mut self.keys_again) {
            self.key_again(again);
        }
    }

    fn key_again(&mut self, again: KeyAgain) -> Rc<Node> {
        let at = Position { line: again.problem.line, column: again.problem.column };
        self.problem(at, again.problem.message, again.problem.suggestion);
        again.value
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;

    const CLOSED: &str = "  - nightly:\n      actions:\n        - send_slack_msg: {message: a, message: b}\n";

    fn told(text: &str) -> Result<Vec<String>, Vec<String>> {
        let lines = |problems: Vec<crate::Problem>| problems.iter().map(ToString::to_string).collect();
        parse(text, "f").map(|file| lines(file.notices)).map_err(lines)
    }

    #[test]
    fn key_twice_in_a_closed_rule_is_a_notice() {
        let sound = "  - ship:\n      actions: [trigger_build]\n";
        assert_eq!(
            told(&format!("rules:\n{CLOSED}{sound}")),
            Ok(vec![
                "f:4:11: known, not supported yet: send_slack_msg; the rule `nightly` is not opened".to_owned(),
                "f:4:40: the key `message` is here twice (first in line 4); keep one of them; the rule `nightly` is not opened".to_owned(),
            ])
        );
    }

    #[test]
    fn key_twice_where_a_rule_opens_is_a_problem() {
        let twice = "rules:\n  - ship:\n      actions:\n        - webhook: {url: 'https://a.example', url: 'https://b.example'}\n";
        for text in [format!("{twice}{CLOSED}"), twice.to_owned()] {
            let told = told(&text).unwrap_err();
            assert_eq!(told, ["f:4:47: the key `url` is here twice (first in line 4); keep one of them"]);
        }
    }

    #[test]
    fn key_twice_at_an_anchor_is_a_problem() {
        let shared = "rules:\n  - nightly:\n      actions:\n        - send_slack_msg: x\n        - webhook: &to {url: 'https://a.example', url: 'https://b.example'}\n\
                      \x20 - ship:\n      actions:\n        - webhook: *to\n";
        let told = told(shared).unwrap_err();
        assert_eq!(told, ["f:5:51: the key `url` is here twice (first in line 5); keep one of them"]);
    }

    #[test]
    fn hash_of_a_closed_rule_covers_a_key_that_is_there_twice() {
        let hash = |text: &str| parse(text, "f").unwrap().rules[0].hash.clone();
        let file = format!("rules:\n{CLOSED}");
        assert_ne!(hash(&file), hash(&file.replace("message: b", "message: c")));
    }
}
