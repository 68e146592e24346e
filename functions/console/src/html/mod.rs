//! The pages. Every text goes through maud, which escapes it; every address from outside through
//! [`web_link`].

mod actions;
mod again;
mod approvals;
mod ballot;
mod deploy;
mod deployment;
mod deployments;
mod deploys;
mod failure;
mod fields;
mod fit;
mod foreseen;
mod glass;
mod history;
mod icon;
mod keys;
mod live;
mod message;
mod nobody;
mod order;
mod people;
mod policy;
mod prompt;
mod record;
mod reported;
mod rules_in_force;
mod secrets;
mod sessions;
mod settings;
mod setup;
mod sign_in;
mod status;
mod tables;
mod time_to_approve;
mod timeline;
mod tokens;
mod votes;
pub(crate) mod wizard;

pub(crate) use ballot::{DeployPageContext, FlashMessage, done, needs_base};
pub(crate) use deploy::deploy;
pub(crate) use deployment::{DeploymentPage, deployment};
pub(crate) use deployments::{ROWS, deployments};
pub(crate) use deploys::deploys;
pub(crate) use failure::resolution_named;
pub(crate) use history::history;
pub(crate) use keys::{keys, new_key};
pub(crate) use live::LivePage;
pub(crate) use message::message;
pub(crate) use people::{Import, PeoplePage, Shown, people};
pub(crate) use policy::PolicyShown;
pub(crate) use record::{Found, record};
pub(crate) use secrets::{ShownSecret, SigningKeys};
pub(crate) use sessions::{own_sessions, sessions};
pub(crate) use settings::{Standing, settings};
pub(crate) use setup::{example, setup};
pub(crate) use sign_in::{sign_in, to_slack};
pub(crate) use time_to_approve::time_to_approve;

use crate::assets;
use crate::auth::visitor::{Access, Visitor};
use crate::view::{web_link, weight};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};
use signoff_core::deploy::Slug;
use signoff_core::deploy_state::DeployState;
use signoff_core::facts::{Facts, Health};
use signoff_core::message::shorten;
use signoff_store::DeploySummary;

/// Longest address of a link to somewhere else, in bytes of HTML.
const LONGEST_ADDRESS: usize = 2000;

/// The console's parts, and who sees the way to them.
const PARTS: &[(&str, &str, Access)] = &[
    ("Deployments", "/", Access::Viewer),
    ("Deploys", "/deploys", Access::Viewer),
    ("Record", "/record", Access::Viewer),
    ("Settings", "/settings/keys", Access::Admin),
];

/// A whole page. `part`: the address in [`PARTS`] that it belongs to, if any; `visitor`: who looks at it, if
/// that is known.
fn page(title: &str, part: Option<&str>, visitor: Option<&Visitor>, body: &Markup) -> Markup {
    framed(title, part, visitor, None, body)
}

/// A page of nobody in particular, from which the browser goes on to `address` by itself.
fn page_going_to(title: &str, address: &str, body: &Markup) -> Markup {
    framed(title, None, None, Some(address), body)
}

fn framed(
    title: &str,
    part: Option<&str>,
    visitor: Option<&Visitor>,
    goes_to: Option<&str>,
    body: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(address) = goes_to { meta http-equiv="refresh" content={ "0; url=" (address) }; }
                title { (title) " \u{b7} Signoff" }
                link rel="icon" type="image/svg+xml" href=(assets::icon_href());
                link rel="stylesheet" href=(assets::css_href());
                script src=(assets::js_href()) defer {}
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header.site {
                    div.wide {
                        a.brand href="/" { (icon::brand()) "Signoff" }
                        @if let Some(visitor) = visitor { (parts(part, visitor)) (signed_in(visitor)) }
                    }
                }
                main.wide #content { (body) }
            }
        }
    }
}

fn parts(here: Option<&str>, visitor: &Visitor) -> Markup {
    html! {
        nav.parts aria-label="Signoff" {
            @for (name, href, access) in PARTS {
                @if visitor.may(*access) {
                    a href=(href) aria-current=[(here == Some(href)).then_some("true")] { (name) }
                }
            }
        }
    }
}

fn signed_in(visitor: &Visitor) -> Markup {
    html! {
        form.who method="post" action="/sign-out" {
            @if visitor.may(Access::Member) {
                a href="/sessions" { (visitor.name()) }
            } @else {
                span.meta { (visitor.name()) }
            }
            (visitor.form_token())
            button.quiet type="submit" { "Sign out" }
        }
    }
}

/// A time, short for the eye and whole for machines and the pointer. The year is shown where it is not this
/// one.
fn time(at: Timestamp, now: Timestamp) -> Markup {
    time_as(at, now, "%H:%M UTC")
}

/// The same to the second.
fn time_to_the_second(at: Timestamp, now: Timestamp) -> Markup {
    time_as(at, now, "%H:%M:%S UTC")
}

/// The same, with the time of day as `clock` formats it.
fn time_as(at: Timestamp, now: Timestamp, clock: &str) -> Markup {
    let (at_utc, now_utc) = (at.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC));
    let day = if at_utc.year() == now_utc.year() { "%b %-d" } else { "%b %-d, %Y" };
    let format = format!("{day}, {clock}");
    html! {
        time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) title=(at.strftime("%Y-%m-%d %H:%M:%S UTC")) {
            (at.strftime(&format))
        }
    }
}

/// A link to somewhere else, or its text alone where the address is not of the web, or too long for a page.
fn external(url: Option<&str>, text: &Markup) -> Markup {
    html! {
        @match url.and_then(web_link).filter(|url| weight(url) <= LONGEST_ADDRESS) {
            Some(url) => a href=(url) rel="noopener noreferrer" { (text) },
            None => (text),
        }
    }
}

/// A revision's first characters.
fn revision(full: &str) -> Markup {
    html! { code.rev title=(shorten(full, fit::NAME)) { (full.get(..7).unwrap_or(full)) } }
}

/// The address of a deployment's page, or of the page at `path` under it.
fn deployment_href(deployment: &Slug, path: &str) -> String {
    format!("/deployments/{deployment}{path}")
}

/// Marks that a deploy did not arrive, and that an action of it failed and waits for somebody, where that is
/// so.
fn failed(deploy: &DeploySummary) -> Markup {
    html! {
        @if let Some(state) = state(deploy.state) { " " (state) }
        @if deploy.has_failed { " " span.state.bad { "Failed" } }
    }
}

/// State of a deploy that did not arrive; `None`: it arrived.
fn state(state: DeployState) -> Option<Markup> {
    match state {
        DeployState::InProgress => Some(html! { span.state.busy { "In progress" } }),
        DeployState::Failure | DeployState::Error => Some(html! { span.state.bad { "Deploy failed" } }),
        DeployState::Success => None,
    }
}

/// As much of an environment's name as fits into a row.
fn short_environment(name: &str) -> String {
    shorten(name, 60)
}

/// Health of a deploy.
fn health(facts: Option<&Facts>) -> Markup {
    html! {
        @match facts.and_then(Facts::health) {
            Some(Health::Healthy) => span.state.good { "Healthy" },
            Some(Health::Ailing) => span.state.warn { "Ailing" },
            Some(Health::Unhealthy) => span.state.bad { "Unhealthy" },
            None => span.meta { "Not reported" },
        }
    }
}

/// `count` and the word for that many.
fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::sample;

    /// A page with a line for each element, as snapshots show it; the files' hashes are left out.
    pub(crate) fn lines(markup: &Markup) -> String {
        let html =
            markup.0.replace(assets::css_href(), "/assets/CSS").replace(assets::icon_href(), "/assets/ICON");
        let html =
            html.replace(assets::js_href(), "/assets/JS").replace(assets::rules_href(), "/assets/RULES");
        html.replace("><", ">\n<")
    }

    #[test]
    fn times() {
        let shown = |now: &str| time(sample::at(7), now.parse().unwrap()).0;
        let whole = "<time datetime=\"2026-11-23T10:42:07Z\" title=\"2026-11-23 10:42:07 UTC\">";
        assert_eq!(shown("2026-12-31T23:59:59Z"), format!("{whole}Nov 23, 10:42 UTC</time>"));
        assert_eq!(shown("2027-01-01T00:00:00Z"), format!("{whole}Nov 23, 2026, 10:42 UTC</time>"));
    }

    #[test]
    fn links_to_elsewhere_take_nothing_along() {
        let text = html! { "Build" };
        assert_eq!(
            external(Some("https://ci.example/?a&b"), &text).0,
            "<a href=\"https://ci.example/?a&amp;b\" rel=\"noopener noreferrer\">Build</a>"
        );
        assert_eq!(external(Some("javascript:alert(1)"), &text).0, "Build");
        assert_eq!(external(None, &text).0, "Build");
        assert_eq!(external(Some(&format!("https://ci.example/{}", "x".repeat(2000))), &text).0, "Build");
    }
}
