//! The size of a rule's actions on record.

use super::reader::Reader;
use crate::problem::Position;
use signoff_core::action::Action;
use std::io::{self, Write};

/// The most bytes that the actions of a rule may take on record: a row of DynamoDB holds 400 KB
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>), and what becomes of
/// the actions is written beside them.
const MOST: usize = 300 * 1024;
/// About what is written beside each action until it is done.
const BESIDE: usize = 600;

impl Reader<'_> {
    /// Refuses a rule whose `actions` a run's row could not hold; `what` names the rule, which is `at`.
    pub(super) fn recorded(&mut self, actions: &[Action], what: &str, at: Position) {
        let size = size(actions);
        if size <= MOST {
            return;
        }
        let message = format!(
            "{what} is too large: its actions take {} KB on record, and at most {} KB are kept",
            size.div_ceil(1024),
            MOST / 1024
        );
        let right = "shorten its texts, or make several rules of it; what stands under an approval is kept once for each \
                     approval above it";
        self.problem(at, message, right.to_owned());
    }
}

/// The bytes that a run's row takes for `actions`, as JSON has them: each action with all that stands under
/// it.
fn size(actions: &[Action]) -> usize {
    let under = |action: &Action| match action {
        Action::SlackChannelApproval(spec) => {
            [&spec.on_success, &spec.on_reject, &spec.on_expire].into_iter().map(|then| size(then)).sum()
        }
        _ => 0,
    };
    actions.iter().map(|action| length(action) + BESIDE + under(action)).sum()
}

fn length(action: &Action) -> usize {
    let mut length = Length(0);
    // Every action can be written: a run's row is made of them.
    match serde_json::to_writer(&mut length, action) {
        Ok(()) => length.0,
        Err(_) => usize::MAX / 1024,
    }
}

/// Counts what is written.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;

    #[test]
    fn rule_larger_than_a_row_is_refused_by_name() {
        // Each of the messages stands in the outer approval, in the inner one, and by itself.
        let text = |messages: usize| {
            format!(
                "x-long: &long {{slack_channel_message: {{channel: '#c', message: '{}'}}}}\n\
                 rules:\n\
                 - small: {{actions: [*long]}}\n\
                 - deep:\n\
                 \x20   actions:\n\
                 \x20     - slack_channel_approval:\n\
                 \x20         name: Outer\n\
                 \x20         channel: '#c'\n\
                 \x20         on_success:\n\
                 \x20           - slack_channel_approval: {{name: Inner, channel: '#c', on_success: [{}]}}\n",
                "x".repeat(15 * 1024),
                vec!["*long"; messages].join(", ")
            )
        };
        assert_eq!(parse(&text(6), "rules.yml").map(|file| file.rules.len()), Ok(2));
        let problems = parse(&text(8), "rules.yml").unwrap_err();
        let [problem] = problems.as_slice() else { panic!("one problem: {problems:?}") };
        insta::assert_snapshot!(problem, @"rules.yml:4:3: the rule `deep` is too large: its actions take 369 KB on record, and at most 300 KB are kept; shorten its texts, or make several rules of it; what stands under an approval is kept once for each approval above it");
    }
}
