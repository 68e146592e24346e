//! Operators and variables that are written in several words.

use super::Writer;
use super::scan::Token;
use super::words::Call;
use crate::variables::kind_of;

impl Writer {
    /// The operator that the next words say, and how many these are: `is more than`.
    pub(super) fn in_words(&self) -> Option<(&'static str, usize)> {
        let word = |ahead: usize| match self.peek(ahead) {
            Some(Token::Name(word)) => word.to_ascii_lowercase(),
            _ => String::new(),
        };
        let from = usize::from(word(0) == "is");
        let sign = match (word(from).as_str(), word(from + 1).as_str()) {
            ("more" | "greater" | "longer" | "older" | "higher", "than") => ">",
            ("less" | "fewer" | "shorter" | "newer" | "lower", "than") => "<",
            ("equal" | "equals", "to") => "=",
            ("at", "least") => ">=",
            ("at", "most") => "<=",
            ("over" | "above", _) => return Some((">", from + 1)),
            ("under" | "below", _) => return Some(("<", from + 1)),
            _ => return None,
        };
        Some((sign, from + 2))
    }

    /// The function that the next words ask for, whether it must not hold, and how many these are:
    /// `does not contain`.
    pub(super) fn call_in_words(&self) -> Option<(Call, bool, usize)> {
        let word = |ahead: usize| match self.peek(ahead) {
            Some(Token::Name(word)) => word.to_ascii_lowercase().replace('_', ""),
            _ => String::new(),
        };
        let is_does = matches!(word(0).as_str(), "does" | "do");
        let is_doesnt = matches!(word(0).as_str(), "doesnt" | "dont");
        let from = usize::from(is_does || is_doesnt);
        let is_not = self.peek(from) == Some(&Token::Not);
        let from = from + usize::from(is_not);
        let (call, words) = match (word(from).as_str(), word(from + 1).as_str()) {
            ("starts" | "start" | "begins" | "begin" | "starting" | "beginning", "with") => {
                (Call::StartsWith, 2)
            }
            ("ends" | "end" | "ending", "with") => (Call::EndsWith, 2),
            ("startswith" | "startwith" | "startingwith" | "beginswith" | "hasprefix", _) => {
                (Call::StartsWith, 1)
            }
            ("endswith" | "endwith" | "endingwith" | "hassuffix", _) => (Call::EndsWith, 1),
            ("contains" | "contain" | "includes" | "include" | "has" | "have" | "containing", _) => {
                (Call::Contains, 1)
            }
            _ => return None,
        };
        Some((call, is_not || is_doesnt, from + words))
    }

    /// The variable whose name begins with `name` and goes on with the next words, and how many these are.
    pub(super) fn in_words_of(&self, name: &str) -> Option<(String, usize)> {
        let mut whole = name.to_owned();
        for words in 1..=2 {
            let Some(Token::Name(word)) = self.peek(words - 1) else { return None };
            whole = format!("{whole}_{word}");
            if kind_of(&whole).is_some() && kind_of(name).is_none() {
                return Some((whole, words));
            }
        }
        None
    }
}
