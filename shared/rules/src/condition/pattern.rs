//! Regular expressions: what stands after `~=`.

use regex_automata::meta::{self, Regex};
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The largest compiled regular expression, in bytes; a repetition of a repetition grows fast.
const MAX_BYTES: usize = 256 * 1024;
/// The deepest nesting of groups in one.
const MAX_DEPTH: u32 = 50;

/// A regular expression that is compiled: doing that takes a hundred times as long as matching a label. A
/// clone shares it. Two are equal that are written alike and compiled alike.
#[derive(Clone)]
pub struct Pattern(Arc<Compiled>);

struct Compiled {
    text: String,
    any_case: bool,
    regex: Regex,
}

impl Pattern {
    /// Compiles a regular expression of bounded size. `any_case`: true if upper and lower case are the same.
    ///
    /// # Errors
    /// The reason in one line: the expression can't be read, or it is too large.
    pub fn new(text: &str, any_case: bool) -> Result<Self, String> {
        // Of the engines, the one that needs nothing but the compiled expression: the others take far longer
        // to make than they save where texts are as short as labels. Said here, because which ones there are
        // depends on what else is built.
        let config = Regex::config()
            .nfa_size_limit(Some(MAX_BYTES))
            .auto_prefilter(false)
            .onepass(false)
            .dfa(false)
            .hybrid(false)
            .backtrack(false);
        let syntax = syntax::Config::new().case_insensitive(any_case).nest_limit(MAX_DEPTH);
        let built = Regex::builder().configure(config).syntax(syntax).build(text);
        let regex = built.map_err(|error| reason(&error))?;
        Ok(Self(Arc::new(Compiled { text: text.to_owned(), any_case, regex })))
    }

    /// Returns the expression as it is written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// True if it matches a text, from the text's start on.
    pub fn matches(&self, text: &str) -> bool {
        self.0.regex.is_match(Input::new(text).anchored(Anchored::Yes))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text && self.0.any_case == other.0.any_case
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pattern")
            .field("text", &self.0.text)
            .field("any_case", &self.0.any_case)
            .finish_non_exhaustive()
    }
}

/// Returns the reason for which an expression can't be used.
fn reason(error: &meta::BuildError) -> String {
    match error.syntax_error() {
        // The expression is drawn with carets, and what is wrong stands in the last line.
        Some(error) => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or("it cannot be read");
            last.trim().trim_start_matches("error: ").to_owned()
        }
        None => "it is too large".to_owned(),
    }
}

/// The regular expressions of one file: many rules have the same ones.
#[derive(Debug, Default)]
pub(crate) struct Patterns(HashMap<(String, bool), Pattern>);

impl Patterns {
    /// The expression that is there already, or [`Pattern::new`].
    pub(super) fn compiled(&mut self, text: &str, any_case: bool) -> Result<Pattern, String> {
        let key = (text.to_owned(), any_case);
        if let Some(pattern) = self.0.get(&key) {
            return Ok(pattern.clone());
        }
        let pattern = Pattern::new(text, any_case)?;
        self.0.insert(key, pattern.clone());
        Ok(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_compiled_once_for_a_file() {
        let mut patterns = Patterns::default();
        let mut compiled = |text: &str, any_case| patterns.compiled(text, any_case).unwrap();
        let first = compiled("v[0-9]", false);
        assert!(Arc::ptr_eq(&first.0, &compiled("v[0-9]", false).0));
        let other = compiled("v[0-9]", true);
        assert_ne!(first, other);
        assert_eq!((first.matches("V1"), other.matches("V1")), (false, true));
        assert_ne!(first, compiled("v[0-8]", false));
        assert!(!compiled("v[0-8]", false).matches("v9"));
    }

    #[test]
    fn an_expression_is_what_is_written_however_it_is_compiled() {
        let compiled = || Pattern::new("#v1", false).unwrap();
        assert_eq!(compiled(), compiled());
        insta::assert_snapshot!(format!("{:?}", compiled()), @r##"Pattern { text: "#v1", any_case: false, .. }"##);
    }

    #[test]
    fn an_expression_matches_from_the_start_on() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "x", true),
            ("b|ab", "ab", true),
            ("b", "ab", false),
            ("^b", "ab", false),
            (".*b", "ab", true),
            (r"\bab", "ab", true),
            (r"\Bab", "ab", false),
            ("(?m)^b", "a\nb", false),
            ("é", "éa", true),
            (r"\w+$", "été", true),
        ] {
            assert_eq!(Pattern::new(pattern, false).unwrap().matches(text), expected, "{pattern}");
        }
    }
}
