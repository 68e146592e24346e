//! Parts of a page that `assets/signoff.js` keeps up to date.

use maud::{Markup, html};
use sha2::{Digest, Sha256};

/// A page, and the version of its live part: the ETag under which it is asked for again.
#[derive(Clone, Debug)]
pub(crate) struct LivePage {
    pub(crate) markup: Markup,
    pub(crate) version: String,
}

/// Live part of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live<'a> {
    /// Its id on the page.
    pub(super) id: &'a str,
    /// The address that shows it.
    pub(super) from: &'a str,
    /// Seconds between an answer and the next request for the part.
    pub(super) every: u32,
}

/// Hash that identifies this content.
pub(super) fn version(content: &Markup) -> String {
    hex::encode(&Sha256::digest(&content.0)[..12])
}

impl Live<'_> {
    /// The part, which shows `content`. `version` is that of what stands at its address, which may lack what
    /// only this answer says.
    pub(super) fn part(&self, version: &str, content: &Markup) -> Markup {
        html! {
            div id=(self.id) data-live=(self.every) data-from=(self.from) data-version=(version) { (content) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_where_it_is_from_and_how_often_it_is_asked_for() {
        let live = Live { id: "deploy", from: "/deploys/d1?a=b&c", every: 5 };
        let content = html! { p { "One" } };
        assert_eq!(
            live.part("v1", &content).0,
            "<div id=\"deploy\" data-live=\"5\" data-from=\"/deploys/d1?a=b&amp;c\" data-version=\"v1\"><p>One</p></div>"
        );
        assert_ne!(version(&content), version(&html! { p { "Two" } }));
    }
}
