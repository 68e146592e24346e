//! A page that says what is wrong and what to do.

use super::page;
use maud::{Markup, html};

/// The page. `request`: the request's id, where somebody may have to look into the log.
pub(crate) fn message(title: &str, text: &str, request: Option<&str>) -> Markup {
    let body = html! {
        div.narrow {
            h1 { (title) }
            p { (text) }
            @if let Some(request) = request { p.meta { "Request " code { (request) } } }
            p { a href="/" { "To the console" } }
        }
    };
    page(title, None, None, &body)
}
