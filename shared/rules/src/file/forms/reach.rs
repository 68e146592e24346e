//! Regular expressions that no text of a variable can match.

use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;
use std::collections::HashSet;

/// The largest compiled expression that is looked at, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// The form that all texts of a variable have, as steps from one byte to the next. Step 0 is the start.
struct Form {
    /// The step after `byte`; `None`: no text goes on so.
    next: fn(usize, u8) -> Option<usize>,
    /// True if a text may end at the step.
    may_end: fn(usize) -> bool,
}

/// The form of the texts of `variable`; `None`: they have none that is known.
fn form_of(variable: &str) -> Option<Form> {
    match variable {
        // `#web`.
        "tags" => Some(Form {
            next: |step, byte| match (step, byte) {
                (0, b'#') => Some(1),
                (0, _) => None,
                (_, byte) => is_of_word(byte).then_some(2).filter(|_| !matches!(byte, b'#' | b',')),
            },
            may_end: |step| step == 2,
        }),
        // `acme/checkout`.
        "deployment" => Some(Form {
            next: |step, byte| match (step, byte) {
                (1, b'/') => Some(2),
                (_, b'/') => None,
                (0 | 1, byte) => is_of_word(byte).then_some(1),
                (_, byte) => is_of_word(byte).then_some(3),
            },
            may_end: |step| step == 3,
        }),
        // `ana`.
        "pr_authors" => Some(Form {
            next: |_, byte| is_of_word(byte).then_some(1).filter(|_| byte != b'@'),
            may_end: |step| step == 1,
        }),
        // `ana`, or `ana@example.com`.
        "deployer" => Some(Form {
            next: |step, byte| is_of_word(byte).then_some(1).filter(|_| step > 0 || byte != b'@'),
            may_end: |step| step == 1,
        }),
        _ => None,
    }
}

fn is_of_word(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !byte.is_ascii_control()
}

/// True if no text of `variable` matches `pattern` from its start on, in upper or lower case.
pub(super) fn never_matches(variable: &str, pattern: &str) -> bool {
    let Some(form) = form_of(variable) else { return false };
    let config = NFA::config().nfa_size_limit(Some(MAX_BYTES));
    let syntax = syntax::Config::new().case_insensitive(true);
    let Ok(nfa) = NFA::compiler().configure(config).syntax(syntax).build(pattern) else { return false };
    let mut seen: HashSet<(StateID, usize)> = HashSet::new();
    let mut open = vec![(nfa.start_anchored(), 0)];
    while let Some((id, step)) = open.pop() {
        if !seen.insert((id, step)) {
            continue;
        }
        let mut on = |start: u8, end: u8, next: StateID| {
            let steps: HashSet<usize> = (start..=end).filter_map(|byte| (form.next)(step, byte)).collect();
            open.extend(steps.into_iter().map(|step| (next, step)));
        };
        match nfa.state(id) {
            State::Match { .. } => return false,
            State::Fail => {}
            State::ByteRange { trans } => on(trans.start, trans.end, trans.next),
            State::Sparse(sparse) => {
                sparse.transitions.iter().for_each(|trans| on(trans.start, trans.end, trans.next));
            }
            // Its transitions can't be read; the compiler makes none of these.
            State::Dense(_) => return false,
            State::Union { alternates } => open.extend(alternates.iter().map(|next| (*next, step))),
            State::BinaryUnion { alt1, alt2 } => open.extend([(*alt1, step), (*alt2, step)]),
            State::Capture { next, .. } => open.push((*next, step)),
            State::Look { look, next } => {
                let may_be = match *look {
                    Look::Start => step == 0,
                    Look::End => (form.may_end)(step),
                    // The others depend on the text around them, and may hold.
                    _ => true,
                };
                open.extend(may_be.then_some((*next, step)));
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_that_no_text_can_match_is_found() {
        for (variable, pattern, expected) in [
            ("tags", "(?i)web", true),
            ("tags", "[wW]eb", true),
            ("tags", "\\w+", true),
            ("tags", "#two words", true),
            ("tags", "#", false),
            ("tags", "#web|api", false),
            ("tags", ".*web", false),
            ("tags", "[^a-z]web", false),
            ("tags", "$", true),
            ("tags", "", false),
            ("deployment", "checkout$", true),
            ("deployment", "checkout", false),
            ("deployment", "/checkout", true),
            ("deployment", ".*checkout$", false),
            ("deployment", "acme/.*", false),
            ("deployment", "acme/a/b", true),
            ("pr_authors", ".*@acme\\.example", true),
            ("pr_authors", "ana", false),
            ("deployer", "@ana", true),
            ("deployer", "(@ana|ben)", false),
            ("deployer", ".*@acme\\.example", false),
            ("deployer", "Ana Diaz", true),
            ("environment", "@ana", false),
            ("tags", "(", false),
        ] {
            assert_eq!(never_matches(variable, pattern), expected, "{variable} {pattern}");
        }
    }
}
