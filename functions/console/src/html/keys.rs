//! API keys: the list, the form that creates one, and a new key, which is shown once.

use super::fields::{Line, copied, line};
use super::people::settings_parts;
use super::tables::{cell, list};
use super::{counted, page, time};
use crate::auth::visitor::Visitor;
use crate::forms::key::{KeyForm, LONGEST_DEPLOYMENTS, LONGEST_NAME};
use jiff::Timestamp;
use maud::{Markup, html};
use secrecy::{ExposeSecret, SecretString};
use signoff_runtime::api_keys::in_words;
use signoff_store::{ApiKey, DeploymentPattern, Scope};

/// The page's address.
const PART: &str = "/settings/keys";
/// Number of keys on a page.
const SHOWN: usize = 20;

/// The page: part number `part` (from 1) of `keys`, and the form that creates another one.
pub(crate) fn keys(
    keys: &[ApiKey],
    part: usize,
    form: &KeyForm,
    visitor: Option<&Visitor>,
    now: Timestamp,
) -> Markup {
    let (revoked, active): (Vec<_>, Vec<_>) = keys.iter().partition(|key| key.revoked.is_some());
    let active_count = active.len();
    let all: Vec<_> = active.into_iter().chain(revoked).collect();
    let parts = all.chunks(SHOWN).count();
    let part = part.clamp(1, parts.max(1));
    let body = html! {
        (settings_parts(PART))
        h1 { "API keys" }
        p.lead {
            "Programs use a key to register deploys, report their health and read the record. See the "
            a href="/api/v1/openapi.json" { "API reference" } "."
        }
        @if let Some(problem) = &form.problem { p.notice.problem role="alert" { (problem) } }
        h2 { (counted(active_count, "key", "keys")) " in use" }
        @if let Some(shown) = all.chunks(SHOWN).nth(part - 1) {
            (table(shown, visitor, now))
        }
        @if parts > 1 {
            nav.pager aria-label="More keys" {
                @if part > 1 { a href=(format!("{PART}?page={}", part - 1)) rel="prev" { "Previous" } }
                @if part < parts { a href=(format!("{PART}?page={}", part + 1)) rel="next" { "Next" } }
            }
        }
        h2 { "Create a key" }
        (create(form, visitor))
    };
    page("API keys", Some(PART), visitor, &body)
}

/// The page that shows the text of `key`, once. `example`: how a deploy is registered with it.
pub(crate) fn new_key(key: &ApiKey, text: &SecretString, example: &str, visitor: Option<&Visitor>) -> Markup {
    let body = html! {
        p.crumbs { a href=(PART) { "API keys" } }
        h1 { "The key " q { (key.name) } }
        p.notice role="status" {
            "You won\u{2019}t see this key again: Signoff keeps only its SHA-256. Copy it now to your CI\u{2019}s secrets."
        }
        (copied("key", "The new key", text.expose_secret()))
        p { "It can " (uses(key)) "." }
        @if key.scopes.contains(&Scope::Register) || key.scopes.contains(&Scope::Admin) {
            h2 { "Register a deploy with it" }
            (copied("example", "How to register a deploy", example))
            p.meta { "Put the key into the environment variable SIGNOFF_KEY, and replace acme/checkout with your deployment." }
        }
        p { a href=(PART) { "All keys" } }
    };
    page("The new key", Some(PART), visitor, &body)
}

/// Uses of a key, in words.
fn uses(key: &ApiKey) -> String {
    let uses: Vec<_> = key.scopes.iter().map(|scope| use_of(*scope)).collect();
    let of: Vec<_> = key.deployments.iter().map(DeploymentPattern::as_str).collect();
    let of = if of.is_empty() { String::new() } else { format!(", of {} only", of.join(", ")) };
    format!("{}{of}", uses.join(", and to "))
}

fn use_of(scope: Scope) -> &'static str {
    match scope {
        Scope::Register => "register deploys",
        Scope::Report => "report the health of deploys and give them tags that count in conditions",
        Scope::Read => "read the record, as JSON, JSON lines or CSV",
        Scope::Admin => "register deploys, report on them, read the record, create keys and change settings",
    }
}

fn table(keys: &[&ApiKey], visitor: Option<&Visitor>, now: Timestamp) -> Markup {
    let rows = keys.iter().map(|key| {
        html! {
            (cell("whole", &html! { strong { (key.name) } }))
            (cell("code", &html! { code { "sgn_\u{2026}" (key.last_four) } }))
            (cell("", &html! {
                (in_words(&key.scopes))
                @if !key.deployments.is_empty() {
                    ", of " (key.deployments.iter().map(DeploymentPattern::as_str).collect::<Vec<_>>().join(", "))
                }
            }))
            (cell("whole", &html! { (time(key.created.at, now)) " by " (key.created.by.name) }))
            (cell("whole", &html! {
                @match &key.revoked {
                    Some(revoked) => span.state.quiet {
                        "Revoked " (time(revoked.at, now)) " by " (revoked.by.name)
                    },
                    None => (revoke(key, visitor)),
                }
            }))
        }
    });
    list(&["Name", "Key", "Scopes", "Created", "Status"], rows)
}

fn revoke(key: &ApiKey, visitor: Option<&Visitor>) -> Markup {
    html! {
        details.confirm {
            summary aria-label=(format!("Revoke {}", key.name)) { "Revoke\u{2026}" }
            p { "Requests with this key fail at once. You can\u{2019}t undo this." }
            form method="post" action=(format!("/settings/keys/{}/revoke", key.id)) {
                @if let Some(visitor) = visitor { (visitor.form_token()) }
                button.danger type="submit" { "Revoke this key" }
            }
        }
    }
}

fn create(form: &KeyForm, visitor: Option<&Visitor>) -> Markup {
    let name = Line {
        id: "name",
        label: "Name",
        hint: "The program that will use the key. The list of keys shows this name.",
        required: true,
        longest: LONGEST_NAME,
    };
    let deployments = Line {
        id: "deployments",
        label: "Deployments",
        hint: "The deployments that it can register and report on: owner/name or owner/*, separated by commas. Leave empty for all.",
        required: false,
        longest: LONGEST_DEPLOYMENTS,
    };
    let problem = form.scopes_problem.as_ref();
    html! {
        form.fields method="post" action=(PART) {
            @if let Some(visitor) = visitor { (visitor.form_token()) }
            (line(&name, &form.name))
            fieldset aria-describedby=[problem.map(|_| "scopes-problem")] {
                legend { "Scopes" }
                @if let Some(problem) = problem { p.wrong #scopes-problem { (problem) } }
                @for scope in Scope::ALL {
                    label.choice {
                        input type="checkbox" name="scope" value=(scope.name()) checked[form.scopes.contains(&scope)];
                        span { code { (scope.name()) } ": to " (use_of(scope)) }
                    }
                }
            }
            (line(&deployments, &form.deployments))
            button type="submit" { "Create the key" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample::{self, api_key};

    #[test]
    fn the_list() {
        let known = [api_key(2, "Circle <b>CI</b>", false), api_key(1, "laptop", true)];
        let page = keys(&known, 1, &KeyForm::default(), Some(&sample::visitor()), sample::at(0));
        insta::assert_snapshot!(lines(&page));
    }

    #[test]
    fn nothing_yet_and_a_form_with_mistakes() {
        let form = KeyForm::read("name=", &[]).unwrap_err();
        insta::assert_snapshot!(lines(&keys(&[], 1, &form, Some(&sample::visitor()), sample::at(0))));
    }

    #[test]
    fn a_new_key_is_shown_with_what_it_is_good_for() {
        let text = SecretString::from("sgn_000000000001_secret");
        let page = new_key(&api_key(1, "CI", false), &text, "curl \"$URL\"", Some(&sample::visitor()));
        insta::assert_snapshot!(lines(&page));
        let reads = ApiKey { scopes: [Scope::Read].into(), ..api_key(1, "CI", false) };
        assert!(!new_key(&reads, &text, "curl", None).0.contains("curl"), "it can't register");
    }

    #[test]
    fn the_longest_page_is_small_enough() {
        let name = "\"".repeat(80);
        let many: Vec<_> = (0..300).map(|number| api_key(number, &name, number >= 100)).collect();
        let part =
            |number| keys(&many, number, &KeyForm::default(), Some(&sample::visitor()), sample::at(0)).0;
        assert!(
            part(1).contains("100 keys in use")
                && part(1).contains("?page=2")
                && !part(1).contains("Previous")
        );
        assert!(part(15).contains("?page=14") && !part(15).contains("Next"));
        assert_eq!(part(16), part(15), "there are no more");
        for number in [1, 5, 6] {
            assert!(part(number).len() < 60 * 1024, "part {number} has {} bytes", part(number).len());
        }
    }
}
