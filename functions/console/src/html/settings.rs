//! The settings of a deployment: its form, its secrets, and what disconnects it or connects it again.

use super::fields::{Line, area, copied, line};
use super::secrets::{SigningKeys, section};
use super::setup::own_line;
use super::{page, time};
use crate::auth::visitor::Visitor;
use crate::forms::settings::{LONGEST_CI, SettingsForm};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::deploy::Slug;
use signoff_store::{DeploymentSettings, GitHost, KeptRepository};

/// State of a deployment's settings.
#[derive(Clone, Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) deployment: &'a Slug,
    /// Settings on record.
    pub(crate) saved: Option<&'a DeploymentSettings>,
    /// The repository's name, as saved or as the parameter has it; empty of a deployment that is not
    /// connected.
    pub(crate) repository: &'a str,
    /// True if the stack's parameter `Deployments` has it.
    pub(crate) in_parameter: bool,
    /// True if somebody else saved while this form was open, so that the form was not saved.
    pub(crate) late: bool,
    /// The keys that sign its `webhook` actions.
    pub(crate) keys: Option<SigningKeys>,
    /// The repository, as GitHub confirmed it.
    pub(crate) kept: Option<KeptRepository>,
}

impl Standing<'_> {
    fn is_known(&self) -> bool {
        self.saved.is_some() || self.in_parameter
    }

    /// Its page's address with `end`.
    pub(super) fn href(&self, end: &str) -> String {
        format!("/deployments/{}/{end}", self.deployment)
    }
}

/// The page: where the settings stand, and `form` with what is in it.
pub(crate) fn settings(
    standing: &Standing<'_>,
    form: &SettingsForm,
    visitor: Option<&Visitor>,
    now: Timestamp,
) -> Markup {
    let slug = standing.deployment;
    let disconnected = standing.saved.and_then(|saved| saved.disconnected.as_ref());
    let title = if standing.is_known() { format!("Edit {slug}") } else { format!("Connect {slug}") };
    let body = html! {
        p.crumbs { a href=(format!("/deployments/{slug}")) { (slug) } }
        h1 { (title) }
        @if let Some(done) = disconnected {
            div.notice.problem {
                p { "Disconnected by " (done.by.name) ", " (time(done.at, now)) ". Signoff refuses its deploys." }
                (post(&standing.href("connect"), "Connect again", "", visitor))
            }
        }
        @if let (true, Some(saved)) = (standing.late, standing.saved) {
            p.notice.problem role="alert" {
                (saved.saved.by.name) " saved these settings in the meantime, so yours were not saved. You now see what "
                (saved.saved.by.name) " saved. Make your change again."
            }
        }
        (origin(standing, now))
        @if let (Some(kept), true) = (&standing.kept, standing.is_known()) { (number(standing, kept, visitor, now)) }
        (fields(standing, form, visitor))
        @if standing.is_known() { (section(standing, visitor)) }
        @if standing.is_known() && disconnected.is_none() { (disconnect(standing, visitor)) }
    };
    page(&title, None, visitor, &body)
}

/// Origin of the values.
fn origin(standing: &Standing<'_>, now: Timestamp) -> Markup {
    html! {
        @match standing.saved {
            Some(saved) => {
                p.meta { "Saved by " (saved.saved.by.name) ", " (time(saved.saved.at, now)) "." }
                @if !saved.leads {
                    p.notice {
                        "GitHub\u{2019}s deployment events for " (saved.repository) " go to another deployment, which connected this repository first. Register deploys of this one with register_deploy."
                    }
                }
            }
            None if standing.in_parameter => p.meta {
                "Inherited from the stack parameter Deployments. Saving overrides it for this deployment."
            },
            None => p.lead {
                "This deployment isn\u{2019}t connected yet, so Signoff refuses its deploys. Save these settings to connect it."
            },
        }
    }
}

/// Another repository that has the name by now, and how it was connected, where it was.
fn number(
    standing: &Standing<'_>,
    kept: &KeptRepository,
    visitor: Option<&Visitor>,
    now: Timestamp,
) -> Markup {
    let name = standing.repository;
    html! {
        @if let Some(noticed) = kept.noticed {
            div.notice.problem #another-repository {
                p {
                    (name) " is now repository " (noticed) " on GitHub; it was " (kept.id) ". Its deploys are unconfirmed, and no rules run. Reconnect it only if you know who created the new repository: its rules and people count from then on."
                }
                form method="post" action=(standing.href("repository")) {
                    @if let Some(visitor) = visitor { (visitor.form_token()) }
                    input type="hidden" name="was" value=(kept.id);
                    input type="hidden" name="now" value=(noticed);
                    button type="submit" { "Reconnect it" }
                }
            }
        }
        @if let Some(anew) = &kept.anew {
            p.meta {
                "Reconnected as repository " (kept.id) " by " (anew.done.by.name) ", " (time(anew.done.at, now))
                "; it was " (anew.was) "."
            }
        }
    }
}

fn fields(standing: &Standing<'_>, form: &SettingsForm, visitor: Option<&Visitor>) -> Markup {
    let of = |id, label, hint, required| Line { id, label, hint, required, longest: 200 };
    let repository = of(
        "repository",
        "Repository",
        "owner/name. Signoff reads the rules from .signoff/rules.yml on its default branch.",
        true,
    );
    let channel = of(
        "channel",
        "Channel for problems",
        "The Slack channel for reports of problems, such as #deploys. Leave empty to keep them in the record only.",
        false,
    );
    let project = of(
        "circleci_project",
        "CircleCI project",
        "Its slug, such as gh/acme/checkout. Leave empty for the project of the repository on GitHub.",
        false,
    );
    let definition = of(
        "circleci_definition",
        "CircleCI pipeline definition",
        "Its id, from Project settings, Pipelines. trigger_build needs it if the project uses CircleCI\u{2019}s GitHub App. Otherwise leave it empty.",
        false,
    );
    let ci = Line {
        longest: LONGEST_CI,
        ..of(
            "ci",
            "CI jobs that need no API key",
            "One line for each project of GitHub Actions, GitLab, CircleCI or Buildkite whose jobs register deploys with the token that \
             their CI gives them. Only jobs of the default branch and of protected branches count, and of those named by ref=. The word \
             report at the end lets jobs of protected and named branches report health and give tags that count, but not Buildkite\u{2019}s. \
             The setup page shows what to write.",
            false,
        )
    };
    html! {
        form.fields method="post" action=(standing.href("edit")) {
            @if let Some(visitor) = visitor { (visitor.form_token()) }
            input type="hidden" name="version" value=(form.version);
            (line(&repository, &form.repository))
            (line(&channel, &form.channel))
            (line(&project, &form.circleci_project))
            (line(&definition, &form.circleci_definition))
            div.field {
                label for="git_host" { "Git host" }
                select #git_host name="git_host" aria-describedby="git_host-hint" {
                    @for host in GitHost::ALL {
                        option value=(host.name()) selected[host == form.git_host] { (host.title()) }
                    }
                }
                p.meta #git_host-hint { "The repository\u{2019}s host. Signoff can only confirm commits on GitHub: with another host, no rules run." }
            }
            (area(&ci, &form.ci))
            @if let Some(kept) = &standing.kept {
                p.meta { "The line for this repository on GitHub Actions:" }
                (copied("ci-own", "The line for this repository", &own_line(kept)))
            }
            button type="submit" { @if standing.is_known() { "Save" } @else { "Connect" } }
        }
    }
}

fn disconnect(standing: &Standing<'_>, visitor: Option<&Visitor>) -> Markup {
    html! {
        details.confirm #disconnect {
            summary { "Disconnect\u{2026}" }
            p { "If you disconnect " (standing.deployment) ":" }
            ul {
                li { "Signoff refuses its deploys and health reports, and ignores GitHub\u{2019}s deliveries;" }
                li { "no rules are evaluated, not even for deploys on record;" }
                li { "people can still vote on open approvals, but no actions run." }
            }
            p { "The record stays. An admin can connect it again here. Deploys that are made while it is disconnected are not evaluated later." }
            (post(&standing.href("disconnect"), &format!("Disconnect {}", standing.deployment), "danger", visitor))
        }
    }
}

fn post(address: &str, label: &str, class: &str, visitor: Option<&Visitor>) -> Markup {
    html! {
        form method="post" action=(address) {
            @if let Some(visitor) = visitor { (visitor.form_token()) }
            button class=[(!class.is_empty()).then_some(class)] type="submit" { (label) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;
    use signoff_store::Anew;

    fn slug() -> Slug {
        Slug::new("acme", "checkout").unwrap()
    }

    fn keys() -> Option<SigningKeys> {
        Some(SigningKeys { current: "current-key".into(), next: "next-key".into() })
    }

    fn shown(standing: &Standing<'_>, form: &SettingsForm) -> String {
        lines(&settings(standing, form, Some(&sample::visitor()), sample::at(0)))
    }

    #[test]
    fn what_is_saved() {
        let saved = sample::settings(false);
        let slug = slug();
        let standing = Standing {
            deployment: &slug,
            saved: Some(&saved),
            repository: &saved.repository,
            in_parameter: false,
            late: true,
            keys: keys(),
            kept: Some(KeptRepository::first(2002)),
        };
        insta::assert_snapshot!(shown(&standing, &SettingsForm::saved(&saved)));
    }

    #[test]
    fn what_is_disconnected_can_be_connected_again() {
        let saved = sample::settings(true);
        let slug = slug();
        let standing = Standing {
            deployment: &slug,
            saved: Some(&saved),
            repository: &saved.repository,
            in_parameter: true,
            late: false,
            keys: None,
            kept: None,
        };
        insta::assert_snapshot!(shown(&standing, &SettingsForm::saved(&saved)));
    }

    #[test]
    fn another_repository_is_connected_by_an_explicit_choice() {
        let saved = sample::settings(false);
        let slug = slug();
        let of = |kept: KeptRepository| {
            let standing = Standing {
                deployment: &slug,
                saved: Some(&saved),
                repository: &saved.repository,
                in_parameter: false,
                late: false,
                keys: None,
                kept: Some(kept),
            };
            shown(&standing, &SettingsForm::saved(&saved))
        };
        let noticed = of(KeptRepository { noticed: Some(123), ..KeptRepository::first(99) });
        assert!(noticed.contains("acme/mono is now repository 123 on GitHub; it was 99."), "{noticed}");
        assert!(noticed.contains("action=\"/deployments/acme/checkout/repository\""), "{noticed}");
        assert!(
            noticed.contains("name=\"was\" value=\"99\"") && noticed.contains("name=\"now\" value=\"123\"")
        );
        let anew = Some(Anew { was: 99, done: saved.saved.clone() });
        let page = of(KeptRepository { anew, ..KeptRepository::first(123) });
        assert!(page.contains("Reconnected as repository 123 by Ben &amp; co, "), "{page}");
        assert!(page.contains("; it was 99.") && !page.contains("another-repository"), "{page}");
        assert!(!of(KeptRepository::first(99)).contains("Reconnect"));
    }

    #[test]
    fn what_nothing_is_saved_of() {
        let slug = slug();
        let standing = Standing {
            deployment: &slug,
            saved: None,
            repository: "",
            in_parameter: false,
            late: false,
            keys: None,
            kept: None,
        };
        let form = SettingsForm::read("repository=&channel=deploys&git_host=gitlab");
        insta::assert_snapshot!(shown(&standing, &form));
        let known = Standing { in_parameter: true, ..standing };
        let page = shown(&known, &SettingsForm::unsaved(&slug, None));
        assert!(page.contains("Inherited from the stack parameter Deployments"), "{page}");
        assert!(page.contains("Disconnect acme/checkout"), "{page}");
    }
}
