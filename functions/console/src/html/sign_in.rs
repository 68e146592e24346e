//! The sign-in form.

use super::page;
use crate::place::Next;
use maud::{Markup, html};

/// The form, which leads to `next`. `problem`: why the last try did not.
pub(crate) fn sign_in(next: &Next, problem: Option<&str>) -> Markup {
    let body = html! {
        div.narrow {
            h1 { "Sign in" }
            @if let Some(problem) = problem { p.notice.problem role="alert" { (problem) } }
            form method="post" action="/sign-in" {
                input type="hidden" name="next" value=(next.href());
                label for="key" { "API key" }
                input #key type="password" name="key" required autofocus autocomplete="current-password"
                    aria-describedby="key-hint";
                p.meta #key-hint {
                    "One of the keys in this stack\u{2019}s secret in AWS Secrets Manager (the stack\u{2019}s output ApiSecretArn)."
                }
                button type="submit" { "Sign in" }
            }
        }
    };
    page("Sign in", None, None, &body)
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;

    #[test]
    fn the_form() {
        let next = Next::of(Some("/deploys/d1?tab=commits"));
        insta::assert_snapshot!(lines(&sign_in(&next, Some("That is not one of the keys."))));
    }
}
