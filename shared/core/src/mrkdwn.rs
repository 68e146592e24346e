//! Text in Slack's mrkdwn.

use crate::hidden::reorders;

/// `text` so that Slack shows it as it is: `&`, `<` and `>` are all that Slack interprets as control
/// sequences (mentions, links, dates). Source:
/// <https://docs.slack.dev/messaging/formatting-message-text/#escaping>. A character that would turn the text
/// after it around is shown as one that can't be shown.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(reorders, "\u{fffd}")
}

/// A link, `<url|label>`, whose label is escaped. For any other address than an `http` or `https` one, this
/// is the label alone: nothing that a deploy says can become a mention.
pub fn link(url: &str, label: &str) -> String {
    let label: String = label.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let label = escape(&label);
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        return label;
    }
    let mut text = String::from("<");
    for c in url.chars() {
        match c {
            '|' => text.push_str("%7C"),
            '<' => text.push_str("%3C"),
            '>' => text.push_str("%3E"),
            '&' => text.push_str("&amp;"),
            c if c.is_whitespace() || c.is_control() => text.push_str("%20"),
            c => text.push(c),
        }
    }
    text.push('|');
    text.push_str(&label);
    text.push('>');
    text
}

/// The Slack user ids of the people whom `mrkdwn` mentions, in order.
pub(crate) fn mentioned(mrkdwn: &str) -> impl Iterator<Item = &str> {
    mrkdwn.split("<@").skip(1).filter_map(|rest| rest.split_once('>')?.0.split('|').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slack_would_interpret_is_escaped() {
        assert_eq!(escape("a < b && c > <!channel>"), "a &lt; b &amp;&amp; c &gt; &lt;!channel&gt;");
        assert_eq!(escape("plain @here"), "plain @here");
        assert_eq!(
            escape("safe\u{202e}gnihton\u{2069} 👩\u{200d}💻"),
            "safe\u{fffd}gnihton\u{fffd} 👩\u{200d}💻"
        );
    }

    #[test]
    fn mentioned_people_are_found_in_order() {
        let found: Vec<_> = mentioned("<@U2>, <@U1|ana>: &lt;@U3&gt; <!here> <@U4").collect();
        assert_eq!(found, ["U2", "U1"]);
    }

    #[test]
    fn a_link_ends_where_it_should() {
        for (url, label, expected) in [
            ("https://x.io/a?b=1&c=2", "#1 a>b", "<https://x.io/a?b=1&amp;c=2|#1 a&gt;b>"),
            ("https://x.io/|<!channel>", "a|b\nc", "<https://x.io/%7C%3C!channel%3E|a|b c>"),
            ("javascript:alert(1)", "<@U1>", "&lt;@U1&gt;"),
            ("", "no address", "no address"),
        ] {
            assert_eq!(link(url, label), expected);
        }
    }
}
