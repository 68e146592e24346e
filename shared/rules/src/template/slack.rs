//! Text for Slack's mrkdwn.

use std::borrow::Cow;

/// `text` so that Slack shows it as it is: `&`, `<` and `>` are all that Slack interprets as control sequences (mentions,
/// links, dates). Source: <https://docs.slack.dev/messaging/formatting-message-text/#escaping>.
pub fn slack_escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// A link, `<url|label>`, whose label is escaped. What is not an `http` or `https` address gives the label alone: nothing
/// that a deploy says can become a mention.
pub fn slack_link(url: &str, label: &str) -> String {
    let label: String = label.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let label = slack_escape(&label);
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        return label.into_owned();
    }
    let mut link = String::from("<");
    for c in url.chars() {
        match c {
            '|' => link.push_str("%7C"),
            '<' => link.push_str("%3C"),
            '>' => link.push_str("%3E"),
            '&' => link.push_str("&amp;"),
            c if c.is_whitespace() || c.is_control() => link.push_str("%20"),
            c => link.push(c),
        }
    }
    link.push('|');
    link.push_str(&label);
    link.push('>');
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slack_would_interpret_is_escaped() {
        assert_eq!(slack_escape("a < b && c > <!channel>"), "a &lt; b &amp;&amp; c &gt; &lt;!channel&gt;");
        assert!(matches!(slack_escape("plain @here"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_link_ends_where_it_should() {
        for (url, label, expected) in [
            ("https://x.io/a?b=1&c=2", "#1 a>b", "<https://x.io/a?b=1&amp;c=2|#1 a&gt;b>"),
            ("https://x.io/|<!channel>", "a|b\nc", "<https://x.io/%7C%3C!channel%3E|a|b c>"),
            ("javascript:alert(1)", "<@U1>", "&lt;@U1&gt;"),
            ("", "no address", "no address"),
        ] {
            assert_eq!(slack_link(url, label), expected);
        }
    }
}
