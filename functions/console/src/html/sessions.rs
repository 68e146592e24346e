//! Sessions: one's own, and those of everybody.

use super::people::settings_parts;
use super::tables::{cell, list};
use super::{counted, page, time};
use crate::auth::visitor::Visitor;
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::message::shorten;
use signoff_store::Session;
use std::collections::BTreeMap;

/// The address of everybody's sessions.
const PART: &str = "/settings/sessions";
/// Number of people, or of one's own sessions, on a page.
const SHOWN: usize = 20;
/// Most characters of a name.
const NAME: usize = 80;

/// The page with the person's own `sessions`. `this`: the digest of the one that this browser has.
pub(crate) fn own_sessions(
    sessions: &[Session],
    this: Option<&str>,
    visitor: Option<&Visitor>,
    now: Timestamp,
) -> Markup {
    let rows = sessions.iter().take(SHOWN).map(|session| {
        html! {
            (cell("", &time(session.signed_in, now)))
            (cell("", &time(session.expires_at, now)))
            (cell("whole", &html! {
                @if this == Some(session.digest.as_str()) { "This browser" } @else { "Another browser" }
            }))
        }
    });
    let more = sessions.len().saturating_sub(SHOWN);
    let body = html! {
        h1 { "Your sessions" }
        p.lead { "The browsers in which you are signed in to Signoff." }
        (list(&["Signed in", "Ends", "Browser"], rows))
        @if more > 0 { p.meta { "And " (counted(more, "older session", "older sessions")) "." } }
        form method="post" action="/sessions/end" {
            @if let Some(visitor) = visitor { (visitor.form_token()) }
            button.danger type="submit" { "Sign out everywhere" }
        }
        p.meta { "This ends all of your sessions at once, including the one in this browser." }
    };
    page("Your sessions", None, visitor, &body)
}

/// The page with the sessions of everybody: part number `part` (from 1) of the people who are signed in.
pub(crate) fn sessions(
    sessions: &[Session],
    part: usize,
    visitor: Option<&Visitor>,
    now: Timestamp,
) -> Markup {
    let mut people: BTreeMap<&str, Vec<&Session>> = BTreeMap::new();
    for session in sessions {
        people.entry(&session.user).or_default().push(session);
    }
    let count = people.len();
    let mut people: Vec<_> = people.into_values().collect();
    people.sort_by_key(|of_one| of_one.first().map(|latest| (latest.name.to_lowercase(), &latest.user)));
    let parts = people.chunks(SHOWN).count();
    let part = part.clamp(1, parts.max(1));
    let rows = people.chunks(SHOWN).nth(part - 1).unwrap_or_default().iter().filter_map(|of_one| {
        let latest = of_one.first()?;
        Some(html! {
            (cell("whole", &html! { strong { (shorten(&latest.name, NAME)) } }))
            (cell("", &html! { (counted(of_one.len(), "session", "sessions")) }))
            (cell("", &time(latest.signed_in, now)))
            (cell("whole", &end(latest, visitor)))
        })
    });
    let body = html! {
        (settings_parts(PART))
        h1 { "Sessions" }
        p.lead { "The people who are signed in to the console. You can sign somebody out in all of their browsers at once." }
        h2 { (counted(count, "person", "people")) " signed in" }
        @if count > 0 { (list(&["Name", "Sessions", "Last sign-in", "Sign out"], rows)) }
        @if parts > 1 {
            nav.pager aria-label="More people" {
                @if part > 1 { a href=(format!("{PART}?page={}", part - 1)) rel="prev" { "Previous" } }
                @if part < parts { a href=(format!("{PART}?page={}", part + 1)) rel="next" { "Next" } }
            }
        }
    };
    page("Sessions", Some("/settings/keys"), visitor, &body)
}

fn end(of: &Session, visitor: Option<&Visitor>) -> Markup {
    html! {
        details.confirm {
            summary aria-label=(format!("Sign out {}", shorten(&of.name, NAME))) { "Sign out\u{2026}" }
            p {
                "This ends all of their sessions at once. Members of the Slack workspace can sign in again. To keep somebody out, \
                 deactivate their account in Slack."
            }
            form method="post" action=(format!("{PART}/{}/end", of.user)) {
                @if let Some(visitor) = visitor { (visitor.form_token()) }
                button.danger type="submit" { "Sign out everywhere" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;

    fn session(number: i64, user: &str, name: &str) -> Session {
        Session {
            digest: format!("d{number}"),
            user: user.to_owned(),
            name: name.to_owned(),
            is_admin: false,
            signed_in: sample::at(-number * 60),
            confirmed_at: sample::at(0),
            expires_at: sample::at(12 * 3600 - number * 60),
        }
    }

    #[test]
    fn own_sessions_of_a_person() {
        let both = [session(1, "U1", "Ana"), session(2, "U1", "Ana")];
        let page = own_sessions(&both, Some("d2"), Some(&sample::visitor()), sample::at(0));
        insta::assert_snapshot!(lines(&page));
    }

    #[test]
    fn sessions_of_everybody() {
        let all = [session(1, "U2", "Ben <b>"), session(2, "U1", "Ana"), session(3, "U2", "Ben")];
        insta::assert_snapshot!(lines(&sessions(&all, 1, Some(&sample::visitor()), sample::at(0))));
    }

    #[test]
    fn longest_page_is_small_enough() {
        let name = "\"".repeat(200);
        let many: Vec<_> = (0..300).map(|number| session(number, &format!("U{number}"), &name)).collect();
        let part = |number| sessions(&many, number, Some(&sample::visitor()), sample::at(0)).0;
        assert!(part(1).contains("300 people signed in") && part(1).contains("?page=2"));
        assert!(part(15).contains("?page=14") && !part(15).contains("Next"));
        assert_eq!(part(16), part(15), "there are no more");
        assert!(part(1).len() < 60 * 1024, "{}", part(1).len());
        let own = own_sessions(&many, None, Some(&sample::visitor()), sample::at(0)).0;
        assert!(own.contains("And 280 older sessions") && own.len() < 60 * 1024, "{}", own.len());
    }
}
