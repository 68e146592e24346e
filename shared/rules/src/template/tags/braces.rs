//! Braces around the block of a tag, as other languages have them.

use super::{Code, OPENERS, Open, Tags, Token};

impl<'t> Tags<'t> {
    /// Tells of `{% if tags { %}`, `{% } else { %}` and `{% } %}`. True if the code is one of these.
    pub(super) fn braces(&mut self, code: &Code<'t>) -> bool {
        let (closes, rest) = match code.tokens.split_first() {
            Some((first, rest)) if first.is("}") => (true, rest),
            Some(_) | None => (false, code.tokens.as_slice()),
        };
        let (opens, inner) = match rest.split_last() {
            Some((last, inner)) if last.is("{") => (true, inner),
            Some(_) | None => (false, rest),
        };
        if let Some((_, inner)) = rest.split_last().filter(|(last, _)| last.is("}") && !closes)
            && !inner.iter().any(|token| token.is("{"))
        {
            // `{% endif } %}`
            self.told_once(code, "`}` ends no block in a template", self.tag(inner));
            let word = inner.first().map_or("", |word| word.text);
            if word.starts_with("end") {
                self.open.pop();
            } else if let Some(word) = OPENERS.into_iter().find(|opener| *opener == word) {
                self.open.push(Open { word, start: code.start, has_else: false, is_told: false });
            }
            return true;
        }
        if !closes && !opens {
            return false;
        }
        let text = self.inner(inner);
        let word = inner.first().map_or("", |word| word.text);
        let is_told = self.open.last().is_some_and(|open| open.is_told);
        if !closes && let Some(word) = OPENERS.into_iter().find(|opener| *opener == word) {
            let later = self.template.get(code.start..).unwrap_or_default();
            let is_told = later.contains("{% }") || later.contains("{%}");
            let ended =
                if is_told { format!(", and `{{% end{word} %}}` where it ends") } else { String::new() };
            self.told_once(
                code,
                "`{` starts no block in a template",
                format!("write `{{% {text} %}}`{ended}"),
            );
            self.open.push(Open { word, start: code.start, has_else: false, is_told });
        } else if !closes {
            self.told_once(code, "`{` starts no block in a template", self.tag(inner));
        } else if word.is_empty() {
            // Of a tag that was told, its end is told with it.
            match self.open.pop() {
                Some(open) if open.is_told => {}
                Some(open) => {
                    let right = format!("write `{{% end{} %}}`", open.word);
                    self.told_once(code, "`}` ends no block in a template", right);
                }
                None => self.told_once(code, "`}` ends no block in a template", "leave it out"),
            }
        } else if !is_told {
            let text = text.replacen("else if", "elif", 1);
            self.told_once(code, "`}` ends no block in a template", format!("write `{{% {text} %}}`"));
        }
        true
    }

    /// Advice to write a tag with nothing but these tokens.
    fn tag(&self, inner: &[Token<'t>]) -> String {
        format!("write `{{% {} %}}`", self.inner(inner))
    }
}
