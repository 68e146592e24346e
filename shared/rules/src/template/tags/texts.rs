//! Text of a template that looks like code.

use super::{OPENERS, Open, Tags, is_variable};

impl Tags<'_> {
    /// Text that looks like code: braces with a space between them, or one alone around a variable.
    pub(super) fn text(&mut self, start: usize, text: &str) {
        self.foreign_text(start, text);
        for (index, _) in text.match_indices('{') {
            let at = start + index;
            let inner = text.get(index + 1..).unwrap_or_default();
            let spaces = inner.len() - inner.trim_start_matches(' ').len();
            let split = inner.get(spaces..).unwrap_or_default();
            if spaces > 0 && split.starts_with(['{', '%']) {
                let (open, close) = if split.starts_with('{') { ("{{", "}}") } else { ("{%", "%}") };
                let code = split.get(1..).unwrap_or_default();
                let end = code.find(['}', '%']).unwrap_or(code.len());
                let code = code.get(..end).unwrap_or_default().trim();
                if !code.is_empty() && !code.contains(['\n', '{', ':']) {
                    let message =
                        format!("`{{{}{}` has a space between its braces", " ".repeat(spaces), &open[1..]);
                    self.told(at, message, format!("write `{open} {code} {close}`"));
                    let word = code.split(' ').next().unwrap_or_default();
                    if word.starts_with("end") {
                        self.open.pop();
                    }
                    let opener = OPENERS.into_iter().find(|opener| open == "{%" && *opener == word);
                    self.open.extend(opener.map(|word| Open {
                        word,
                        start: at,
                        has_else: false,
                        is_told: true,
                    }));
                    return;
                }
            }
            let name = inner.split('}').next().filter(|name| name.len() < inner.len()).unwrap_or_default();
            if is_variable(name.trim()) {
                let sign = self.template.get(..at).and_then(|before| before.chars().next_back());
                let sign =
                    sign.filter(|sign| matches!(sign, '$' | '#' | '%')).map(String::from).unwrap_or_default();
                let at = at - sign.len();
                let message = format!("`{sign}{{{name}}}` is shown as it is written");
                self.told(at, message, format!("write `{{{{ {} }}}}`", name.trim()));
            }
        }
    }

    /// `$name`, `$(name)` and `<%= name %>` of a variable.
    fn foreign_text(&mut self, start: usize, text: &str) {
        let signs =
            [("<%=", "%>"), ("[[", "]]"), ("((", "))"), ("<<", ">>"), ("$(", ")"), ("$", ""), ("%", "%")];
        for (before, after) in signs {
            for (index, _) in text.match_indices(before) {
                let inner = text.get(index + before.len()..).unwrap_or_default();
                let spaces = inner.len() - inner.trim_start().len();
                let end = inner.trim_start().find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let (name, rest) = inner.trim_start().split_at(end.unwrap_or(inner.len() - spaces));
                let is_apart = spaces == 0 || matches!(before, "<%=" | "[[" | "((" | "<<");
                if is_apart && is_variable(name) && rest.trim_start().starts_with(after) {
                    let length = before.len() + spaces + name.len();
                    let spaces = if after.is_empty() { 0 } else { rest.len() - rest.trim_start().len() };
                    let length = length + spaces + after.len();
                    let written = text.get(index..index + length).unwrap_or_default();
                    let message = format!("`{written}` is shown as it is written");
                    self.told(start + index, message, format!("write `{{{{ {name} }}}}`"));
                }
            }
        }
    }
}
