//! Rules that use what is not supported yet, of which nobody can say what they do.

use crate::yaml::{Content, Node};
use sha2::{Digest, Sha256};
use std::rc::Rc;

/// The hash of a rule that uses what is not supported yet: `hash`, that of what was understood, with all that
/// `node` says, and the values of keys that stand there `again`.
pub(super) fn hash_with(hash: &str, node: &Node, again: &[Rc<Node>]) -> String {
    let mut digest = Sha256::new();
    digest.update(hash.as_bytes());
    digest.update(said(node).as_bytes());
    again.iter().for_each(|value| digest.update(said(value).as_bytes()));
    hex::encode(digest.finalize())
}

/// All that `node` says, however it is written.
fn said(node: &Node) -> String {
    match &node.content {
        Content::Scalar(scalar) => format!("{:?}", scalar.text),
        Content::Sequence(nodes) => {
            format!("[{}]", nodes.iter().map(|node| said(node)).collect::<Vec<_>>().join(","))
        }
        Content::Mapping(entries) => {
            let entries = entries.iter().map(|entry| format!("{:?}:{}", entry.key, said(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;

    #[test]
    fn hash_of_an_unsupported_rule_covers_all_of_it() {
        let hash = |report: &str| {
            let text = format!("rules:\n  - nightly: {{actions: [send_slack_msg: {{message: {report}}}]}}\n");
            let file = parse(&text, "f").unwrap();
            assert!(!file.rules[0].unsupported.is_empty());
            file.rules[0].hash.clone()
        };
        assert_eq!(hash("a"), hash("'a'"));
        assert_ne!(hash("a"), hash("b"));
    }
}
