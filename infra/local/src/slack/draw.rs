//! Messages as HTML that looks as Slack draws them.

use super::date::{Reader, shown};
use super::mrkdwn::{Span, parse};
use super::state::{App, Channel, TOMBSTONE, Workspace};
use super::{emoji, text};
use maud::{Markup, html};
use serde_json::Value;

/// Everything that is needed to draw for one person.
pub struct Canvas<'a> {
    /// The app, which wrote it all.
    pub app: &'a App,
    /// Workspace in which names are looked up.
    pub workspace: &'a Workspace,
    /// In whose time zone.
    pub reader: &'a Reader,
    /// The id of the channel that it is in; empty in a form.
    pub channel: &'a str,
    /// Member who looks at the page.
    pub viewer: &'a str,
}

/// A message or an ephemeral message.
struct Drawn<'a> {
    ts: &'a str,
    thread_ts: Option<&'a str>,
    text: &'a str,
    blocks: &'a [Value],
    edited: bool,
    only_you: bool,
}

/// The messages of a channel as `viewer` sees them, replies under their message.
pub fn channel(app: &App, workspace: &Workspace, reader: &Reader, channel: &Channel, viewer: &str) -> Markup {
    let canvas = Canvas { app, workspace, reader, channel: &channel.id, viewer };
    let posted = channel.messages.iter().map(|message| Drawn {
        ts: &message.ts,
        thread_ts: message.thread_ts.as_deref(),
        text: &message.text,
        blocks: &message.blocks,
        edited: message.edited_ts.is_some() && message.blocks.is_empty(),
        only_you: false,
    });
    let own = workspace.ephemerals.iter().filter(|one| one.user == viewer && one.channel == channel.id);
    let own = own.map(|ephemeral| Drawn {
        ts: &ephemeral.ts,
        thread_ts: ephemeral.thread_ts.as_deref(),
        text: &ephemeral.text,
        blocks: &ephemeral.blocks,
        edited: false,
        only_you: true,
    });
    let deleted = channel.tombstones.iter().map(|ts| Drawn {
        ts,
        thread_ts: None,
        text: TOMBSTONE,
        blocks: &[],
        edited: false,
        only_you: false,
    });
    let mut all: Vec<Drawn<'_>> = posted.chain(own).chain(deleted).collect();
    all.sort_by(|one, other| one.ts.cmp(other.ts));
    let (replies, messages): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.thread_ts.is_some());
    html! {
        @if messages.is_empty() { p.empty { "Nothing was said here yet." } }
        @for message in &messages {
            (canvas.message(message))
            @let thread: Vec<&Drawn<'_>> = replies.iter().filter(|one| one.thread_ts == Some(message.ts)).collect();
            @if !thread.is_empty() {
                div.thread { @for reply in thread { (canvas.message(reply)) } }
            }
        }
    }
}

impl Canvas<'_> {
    fn message(&self, message: &Drawn<'_>) -> Markup {
        let at = message.ts.split('.').next().and_then(|seconds| seconds.parse().ok());
        let at = at.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).unwrap_or_default();
        let at = at.to_zoned(self.reader.zone.clone());
        let problem = self.workspace.problems.get(&(self.viewer.to_owned(), message.ts.to_owned()));
        html! {
            article.message.private[message.only_you] id={ "p" (message.ts.replace('.', "")) } {
                @if message.only_you { p.only { "👁 Only visible to you" } }
                div.avatar aria-hidden="true" { "✓" }
                div.said {
                    p.who {
                        strong { (self.app.name) } " " span.app { "APP" } " "
                        time title=(at.strftime("%Y-%m-%d %H:%M:%S").to_string()) { (at.strftime("%H:%M").to_string()) }
                    }
                    @if message.blocks.is_empty() {
                        div.block { (self.mrkdwn(message.text)) @if message.edited { span.edited { " (edited)" } } }
                    } @else {
                        @for block in message.blocks { (self.block(block, message.ts)) }
                    }
                    @if let Some(problem) = problem { p.problem role="alert" { "⚠ " (problem) } }
                }
            }
        }
    }

    /// A block of the message `ts`; of a form's none are inputs.
    pub fn block(&self, block: &Value, ts: &str) -> Markup {
        let all = |key: &str| block.get(key).and_then(Value::as_array).into_iter().flatten();
        match block.get("type").and_then(Value::as_str).unwrap_or_default() {
            "divider" => html! { hr; },
            "header" => html! { h2.block { (self.text(block.get("text"))) } },
            "context" => html! {
                div.context { @for element in all("elements") { span { (self.text(Some(element))) } " " } }
            },
            "actions" => html! {
                div.actions { @for element in all("elements") { (self.interactive(element, ts)) } }
            },
            _ => html! {
                div.block.with-accessory[block.get("accessory").is_some()] {
                    div {
                        (self.text(block.get("text")))
                        @if block.get("fields").is_some() {
                            div.fields { @for field in all("fields") { div { (self.text(Some(field))) } } }
                        }
                    }
                    @if let Some(accessory) = block.get("accessory") { (self.interactive(accessory, ts)) }
                }
            },
        }
    }

    fn interactive(&self, element: &Value, ts: &str) -> Markup {
        if element.get("type").and_then(Value::as_str) != Some("overflow") {
            return self.button(element, ts);
        }
        let action = element.get("action_id").and_then(Value::as_str).unwrap_or_default();
        let options = element.get("options").and_then(Value::as_array).into_iter().flatten();
        html! {
            details.menu {
                summary.button aria-label="More actions" { "…" }
                div {
                    @for option in options {
                        button type="button" data-action=(action) data-ts=(ts) data-channel=(self.channel)
                            data-option=(option.get("value").and_then(Value::as_str).unwrap_or_default()) {
                            (self.text(option.get("text")))
                        }
                    }
                }
            }
        }
    }

    fn button(&self, button: &Value, ts: &str) -> Markup {
        let of = |key: &str| button.get(key).and_then(Value::as_str).unwrap_or_default();
        let label = self.text(button.get("text"));
        let class = format!("button {}", of("style"));
        html! {
            @if of("url").is_empty() {
                button type="button" class=(class) data-action=(of("action_id")) data-ts=(ts) data-channel=(self.channel) {
                    (label)
                }
            } @else {
                a class=(class) href=(of("url")) { (label) }
            }
        }
    }

    /// A text object.
    pub fn text(&self, object: Option<&Value>) -> Markup {
        let of = |key: &str| object.and_then(|object| object.get(key)?.as_str()).unwrap_or_default();
        if of("type") == "plain_text" {
            return html! { (text::with_emoji(of("text"))) };
        }
        self.mrkdwn(of("text"))
    }

    fn mrkdwn(&self, text: &str) -> Markup {
        self.spans(&parse(text))
    }

    fn spans(&self, spans: &[Span]) -> Markup {
        // Code and quotes stand on lines of their own: the breaks around them are theirs.
        let block = |index: Option<usize>| {
            let span = index.and_then(|index| spans.get(index));
            matches!(span, Some(Span::Preformatted(_) | Span::Quote(_)))
        };
        let own = |index: usize| block(index.checked_sub(1)) || block(index.checked_add(1));
        let shown = spans.iter().enumerate().filter(|(index, span)| **span != Span::Break || !own(*index));
        html! { @for (_, span) in shown { (self.span(span)) } }
    }

    fn span(&self, span: &Span) -> Markup {
        match span {
            Span::Text(text) => html! { (text) },
            Span::Bold(inner) => html! { b { (self.spans(inner)) } },
            Span::Italic(inner) => html! { i { (self.spans(inner)) } },
            Span::Strike(inner) => html! { s { (self.spans(inner)) } },
            Span::Code(code) => html! { code { (code) } },
            Span::Preformatted(code) => html! { pre { (code) } },
            Span::Quote(inner) => html! { blockquote { (self.spans(inner)) } },
            Span::Link(url, label) => html! { a href=(url) { (self.spans(label)) } },
            Span::User(id) => html! {
                span.mention.you[id == self.viewer] { (text::user(self.workspace, id)) }
            },
            Span::Channel(id) => {
                html! { a href={ "/?channel=" (id) } { (text::channel(self.workspace, id)) } }
            }
            Span::Group(id) => html! { span.mention { (text::group(self.workspace, id)) } },
            Span::Everyone(name) => html! { span.mention.you { "@" (name) } },
            Span::Date(date) => match &date.link {
                Some(link) => html! { a href=(link) { (shown(date, self.reader)) } },
                None => html! { (shown(date, self.reader)) },
            },
            Span::Emoji(name) => match emoji::of(name) {
                Some(emoji) => html! { span.emoji title={ ":" (name) ":" } { (emoji) } },
                None => html! { ":" (name) ":" },
            },
            Span::Break => html! { br; },
        }
    }
}
