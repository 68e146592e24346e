//! The ends of tags.

use super::super::code::{Code, Token};
use super::{Open, Tags};

impl<'t> Tags<'t> {
    /// True if the tag `end` stands behind this one.
    pub(super) fn ends_later(&self, code: &Code<'t>, end: &str) -> bool {
        self.template.get(code.start..).is_some_and(|rest| rest.contains(end))
    }

    /// Tells that nothing ends `open`; with `outer`, before the place of the end of a tag around it.
    pub(super) fn never_closed(&mut self, open: &Open<'_>, outer: Option<(usize, &str)>) {
        let word = open.word;
        if open.is_told {
            return;
        }
        let rest = self.template.get(open.start..).unwrap_or_default();
        let ends = [format!("{{/{word}}}"), format!("{{end{word}}}"), format!("{{ end{word} }}")];
        if let Some((at, end)) = ends.iter().find_map(|end| Some((rest.find(end.as_str())?, end))) {
            let right = format!("write `{{% end{word} %}}`");
            return self.told(open.start + at, format!("`{end}` ends no tag here"), right);
        }
        if let Some((at, outer)) = outer {
            let message = format!("`{{% {word} %}}` is not closed before this `end{outer}`");
            return self.told(at, message, format!("write `{{% end{word} %}}` before it"));
        }
        self.told(
            open.start,
            format!("`{{% {word} %}}` is never closed"),
            format!("end it with `{{% end{word} %}}`"),
        );
    }

    /// `endif` and the like.
    pub(super) fn closing(&mut self, code: &Code<'t>, closed: &str, rest: &[Token<'t>]) {
        let is_innermost = self.open.last().is_some_and(|open| open.word == closed);
        if is_innermost {
            self.open.pop();
            // A set or a block may repeat its name.
            if !rest.is_empty() {
                self.told_once(
                    code,
                    format!("`end{closed}` stands alone in its tag"),
                    format!("write `{{% end{closed} %}}`"),
                );
            }
        } else if let Some(outer) = self.open.iter().rposition(|open| open.word == closed) {
            for inner in self.open.split_off(outer).into_iter().skip(1) {
                let end = format!("end{}", inner.word);
                if !inner.is_told && self.ends_later(code, &end) {
                    // Ends that cross are told once.
                    let message = format!("`end{closed}` stands before `{end}`");
                    self.told_once(code, message, format!("write `{{% {end} %}}` before it"));
                    self.crossed.push(inner.word);
                } else {
                    self.never_closed(&inner, Some((code.start, closed)));
                }
            }
        } else if let Some(told) = self.crossed.iter().position(|word| *word == closed) {
            self.crossed.remove(told);
        } else if let Some(open) = self.open.pop() {
            self.told_once(
                code,
                format!("`end{closed}` does not end `{{% {} %}}`", open.word),
                format!("write `{{% end{} %}}`", open.word),
            );
        } else {
            self.told_once(
                code,
                format!("`end{closed}` ends nothing: there is no `{{% {closed} %}}` before it"),
                "leave it out",
            );
        }
    }
}
