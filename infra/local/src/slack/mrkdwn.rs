//! Slack's mrkdwn, as <https://docs.slack.dev/messaging/formatting-message-text> describes it, taken apart.

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Plain text, unescaped.
    Text(String),
    /// `*bold*`
    Bold(Vec<Span>),
    /// `_italic_`
    Italic(Vec<Span>),
    /// `~struck~`
    Strike(Vec<Span>),
    /// `` `code` ``
    Code(String),
    /// Lines of code between three backticks.
    Preformatted(String),
    /// A line that begins with `>`.
    Quote(Vec<Span>),
    /// `<https://…|label>`, or an address that stands by itself.
    Link(String, Vec<Span>),
    /// `<@U…>`
    User(String),
    /// `<#C…>`
    Channel(String),
    /// `<!subteam^S…>`
    Group(String),
    /// `<!here>`, `<!channel>`, `<!everyone>`
    Everyone(String),
    /// `<!date^seconds^format^link|fallback>`
    Date(Date),
    /// `:name:`
    Emoji(String),
    /// The end of a line.
    Break,
}

/// A time that every reader sees in their own time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Date {
    /// Seconds since 1970.
    pub seconds: i64,
    /// The format with tokens such as `{date_long}`.
    pub format: String,
    /// Address that it links to.
    pub link: Option<String>,
    /// Text to show if the format is unknown.
    pub fallback: String,
}

/// Takes a mrkdwn text apart.
pub fn parse(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        // Between an odd and the next fence stands code; a fence that is not closed would be text, which no
        // message of an app has.
        if index % 2 == 1 {
            spans.push(Span::Preformatted(unescaped(part.trim_matches('\n'))));
        } else {
            lines(part, &mut spans);
        }
    }
    spans
}

fn lines(text: &str, spans: &mut Vec<Span>) {
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            spans.push(Span::Break);
        }
        match line.strip_prefix("&gt;").or_else(|| line.strip_prefix('>')) {
            Some(quoted) => spans.push(Span::Quote(inline(quoted.trim_start()))),
            None => spans.extend(inline(line)),
        }
    }
}

/// Reads the formatting within one line.
fn inline(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    let mut before: Option<char> = None;
    while let Some(next) = rest.chars().next() {
        match special(rest, next, before) {
            Some((span, length)) => {
                flush(&mut plain, &mut spans);
                spans.push(span);
                before = rest.get(..length).and_then(|taken| taken.chars().next_back());
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                plain.push(next);
                before = Some(next);
                rest = rest.get(next.len_utf8()..).unwrap_or_default();
            }
        }
    }
    flush(&mut plain, &mut spans);
    spans
}

fn flush(plain: &mut String, spans: &mut Vec<Span>) {
    if !plain.is_empty() {
        spans.push(Span::Text(unescaped(plain)));
        plain.clear();
    }
}

/// The span at the start of `rest` and its length in bytes, if one starts there.
fn special(rest: &str, next: char, before: Option<char>) -> Option<(Span, usize)> {
    match next {
        '<' => {
            let end = rest.find('>')?;
            Some((token(rest.get(1..end)?)?, end + 1))
        }
        '`' => {
            let end = rest.get(1..)?.find('`').filter(|length| *length > 0)? + 1;
            Some((Span::Code(unescaped(rest.get(1..end)?)), end + 1))
        }
        '*' | '_' | '~' => {
            let end = closing(rest, next, before)?;
            let inner = inline(rest.get(1..end)?);
            let span = match next {
                '*' => Span::Bold(inner),
                '_' => Span::Italic(inner),
                _ => Span::Strike(inner),
            };
            Some((span, end + 1))
        }
        ':' => {
            let end = rest.get(1..)?.find(':')? + 1;
            let name = rest.get(1..end)?;
            let named = !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte));
            // A time (12:30:45) has no emoji in it.
            let emoji = named && !before.is_some_and(char::is_alphanumeric);
            emoji.then(|| (Span::Emoji(name.to_owned()), end + 1))
        }
        'h' if !before.is_some_and(char::is_alphanumeric) => {
            let address = rest.starts_with("https://") || rest.starts_with("http://");
            let end = rest.find(|c: char| c.is_whitespace() || "<>|*`".contains(c)).unwrap_or(rest.len());
            let url = rest.get(..end)?.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '_', '~']);
            let url_text = unescaped(url);
            address.then(|| (Span::Link(url_text.clone(), vec![Span::Text(url_text)]), url.len()))
        }
        _ => None,
    }
}

/// Returns the end of the formatting that starts `rest`: like Slack, only at the edges of words and within
/// the line.
fn closing(rest: &str, mark: char, before: Option<char>) -> Option<usize> {
    if before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let mut inside_token = false;
    let mut last = mark;
    let letters: Vec<(usize, char)> = rest.char_indices().collect();
    for (position, (at, letter)) in letters.iter().enumerate().skip(1) {
        if position == 1 && (letter.is_whitespace() || *letter == mark) {
            return None;
        }
        let after = letters.get(position + 1).map(|(_, letter)| *letter);
        let ends = *letter == mark && !inside_token && !last.is_whitespace();
        if ends && position > 1 && !after.is_some_and(char::is_alphanumeric) {
            return Some(*at);
        }
        inside_token = match letter {
            '<' => true,
            '>' => false,
            _ => inside_token,
        };
        last = *letter;
    }
    None
}

/// Reads the text between `<` and `>`.
fn token(inner: &str) -> Option<Span> {
    let (target, label) = match inner.split_once('|') {
        Some((target, label)) => (target, Some(label)),
        None => (inner, None),
    };
    if let Some(id) = target.strip_prefix('@') {
        return Some(Span::User(id.to_owned()));
    }
    if let Some(id) = target.strip_prefix('#') {
        return Some(Span::Channel(id.to_owned()));
    }
    if let Some(command) = target.strip_prefix('!') {
        if let Some(id) = command.strip_prefix("subteam^") {
            return Some(Span::Group(id.to_owned()));
        }
        if let Some(date) = command.strip_prefix("date^") {
            return date_token(date, label.unwrap_or_default()).map(Span::Date);
        }
        return Some(Span::Everyone(command.to_owned()));
    }
    let address = ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme));
    let shown = label.unwrap_or_else(|| target.trim_start_matches("mailto:"));
    address.then(|| Span::Link(unescaped(target), inline_label(shown)))
}

/// A link's label may be formatted, but holds no links.
fn inline_label(label: &str) -> Vec<Span> {
    if label.contains("://") { vec![Span::Text(unescaped(label))] } else { inline(label) }
}

fn date_token(text: &str, fallback: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '^');
    let seconds = parts.next()?.parse().ok()?;
    let format = parts.next()?.to_owned();
    let link = parts.next().map(str::to_owned);
    Some(Date { seconds, format, link, fallback: unescaped(fallback) })
}

/// Text without Slack's three escapes.
pub fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Span {
        Span::Text(text.to_owned())
    }

    #[test]
    fn the_marks_of_the_documentation() {
        assert_eq!(
            parse("a *b _c_* ~d~ `*e*`"),
            [
                text("a "),
                Span::Bold(vec![text("b "), Span::Italic(vec![text("c")])]),
                text(" "),
                Span::Strike(vec![text("d")]),
                text(" "),
                Span::Code("*e*".into()),
            ]
        );
        for plain in ["2*3*4", "a_b_c", "* a *", "snake_case_", "**", "10:30:15", "a < b", "~"] {
            assert_eq!(parse(plain), [text(plain)], "{plain}");
        }
    }

    #[test]
    fn mentions_links_dates_and_emoji() {
        assert_eq!(
            parse("<@U1>, <#C1|x> <!subteam^S1|@x> <!here> :+1:"),
            [
                Span::User("U1".into()),
                text(", "),
                Span::Channel("C1".into()),
                text(" "),
                Span::Group("S1".into()),
                text(" "),
                Span::Everyone("here".into()),
                text(" "),
                Span::Emoji("+1".into()),
            ]
        );
        assert_eq!(
            parse("<https://a.test/?a=1&amp;b=2|*7bf7226* - x>"),
            [Span::Link(
                "https://a.test/?a=1&b=2".into(),
                vec![Span::Bold(vec![text("7bf7226")]), text(" - x")]
            )]
        );
        assert_eq!(
            parse("see https://a.test/b."),
            [text("see "), Span::Link("https://a.test/b".into(), vec![text("https://a.test/b")]), text(".")]
        );
        let date = |link: Option<&str>| {
            Span::Date(Date {
                seconds: 1_392_734_382,
                format: "{date} at {time}".into(),
                link: link.map(str::to_owned),
                fallback: "then".into(),
            })
        };
        assert_eq!(parse("<!date^1392734382^{date} at {time}|then>"), [date(None)]);
        assert_eq!(
            parse("<!date^1392734382^{date} at {time}^https://a.test|then>"),
            [date(Some("https://a.test"))]
        );
    }

    #[test]
    fn lines_quotes_code_and_escapes() {
        assert_eq!(
            parse("a &lt;b&gt; &amp;amp;\n&gt; q\n```\nx *y*\n```"),
            [
                text("a <b> &amp;"),
                Span::Break,
                Span::Quote(vec![text("q")]),
                Span::Break,
                Span::Preformatted("x *y*".into()),
            ]
        );
    }
}
