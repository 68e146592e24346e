//! The frame that the stand-ins' pages share: a sidebar, a heading, a part that is fetched again and again.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// A link to another page of the local stack.
#[derive(Clone, Debug)]
pub struct Link {
    /// Label of the link.
    pub label: String,
    /// Address of the link.
    pub url: String,
}

/// A button that asks another part of the local stack to do something, e.g. to make a deploy.
#[derive(Clone, Debug)]
pub struct Button {
    /// Label of the button.
    pub label: String,
    /// Address that the stand-in POSTs to when somebody presses it.
    pub url: String,
}

const STYLE: &str = include_str!("page.css");

/// A whole page. `live` is replaced by what `live_url` answers, once a second, without a reload.
pub fn page(
    title: &str,
    style: &str,
    sidebar: &Markup,
    live_url: &str,
    live: &Markup,
    script: &str,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, style))
            body {
                nav { (sidebar) }
                main id="live" data-url=(live_url) { (live) }
                script { (PreEscaped(include_str!("page.js"))) (PreEscaped(script)) }
            }
        }
    }
}

fn head(title: &str, style: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) }
            link rel="icon" href="data:,";
            style { (PreEscaped(STYLE)) (PreEscaped(style)) }
        }
    }
}

/// A page that stands by itself and does not change.
pub fn plain(title: &str, style: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, style))
            body.plain { main { (body) } }
        }
    }
}

/// The sidebar's list of links to the other pages; nothing if there are none.
pub fn links(links: &[Link]) -> Markup {
    html! {
        @if !links.is_empty() {
            h2 { "Local stack" }
            ul {
                @for link in links {
                    li { a href=(link.url) { (link.label) } }
                }
            }
        }
    }
}
