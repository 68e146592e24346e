//! The sign-in page, and the way to Slack.

use super::page;
use crate::address::place::Next;
use maud::{Markup, html};
use signoff_runtime::credentials::{SLACK_CLIENT_ID, SLACK_CLIENT_SECRET};

/// The page, from which one gets to `next`. `problem`: why the last try did not; `slack`: whether people can
/// sign in with Slack.
pub(crate) fn sign_in(next: &Next, problem: Option<&str>, slack: bool) -> Markup {
    let body = html! {
        div.narrow.sign-in {
            h1 { "Sign in" }
            @if let Some(problem) = problem { p.notice.problem role="alert" { (problem) } }
            @if slack {
                form method="post" action="/sign-in/slack" {
                    input type="hidden" name="next" value=(next.href());
                    button type="submit" { "Sign in with Slack" }
                }
            } @else {
                p.notice {
                    "Sign in with Slack is not set up: put " code { (SLACK_CLIENT_ID.key) } " and " code { (SLACK_CLIENT_SECRET.key) }
                    " of the Slack app into the stack\u{2019}s " (SLACK_CLIENT_ID.secret.name()) "."
                }
            }
            p.meta { "Programs don\u{2019}t sign in. They use an API key, which an admin creates under Settings." }
        }
    };
    page("Sign in", None, None, &body)
}

/// The way to Slack, at `address`: the browser goes on by itself.
pub(crate) fn to_slack(address: &str) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Sign in with Slack" }
            p { a href=(address) { "Continue to Slack" } }
        }
    };
    super::page_going_to("Sign in with Slack", address, &body)
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    #[test]
    fn the_page() {
        let next = Next::of(Some("/deploys/d1?tab=commits"));
        insta::assert_snapshot!(lines(&sign_in(
            &next,
            Some("You didn\u{2019}t allow Slack to share who you are."),
            true
        )));
    }

    #[test]
    fn the_page_where_nobody_signs_in_with_slack() {
        insta::assert_snapshot!(lines(&sign_in(&Next::of(None), None, false)));
    }

    #[test]
    fn the_way_to_slack() {
        let address = "https://slack.com/openid/connect/authorize?response_type=code&state=\"><script>";
        insta::assert_snapshot!(lines(&to_slack(address)));
    }
}
