//! The file that comes out of the wizard, and the ways to put it into the repository.

use super::{kept, reference, step_page};
use crate::auth::visitor::Visitor;
use crate::view::{cut, weight};
use crate::wizard::host::{NewFile, edit_file, new_file};
use crate::wizard::{Form, Step, path};
use maud::{Markup, html};
use signoff_core::deploy::Slug;
use signoff_rules::Problem;
use signoff_rules::write::Merged;
use signoff_store::GitHost;
use std::ops::{Range, RangeInclusive};

/// Largest size of a file that is shown whole, in bytes of HTML; of a longer one only the new lines are
/// shown.
const MAX_SHOWN: usize = 20 * 1024;
/// Number of a file's problems that are shown, and the largest size of each, in bytes of HTML.
const MOST_PROBLEMS: usize = 10;
const LONGEST_PROBLEM: usize = 400;
/// Number of lines around the new ones that are shown then.
const AROUND: usize = 3;

/// Result of the wizard.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    /// The file's path.
    pub(crate) path: &'static str,
    /// The whole file, or the new rule alone.
    pub(crate) text: String,
    existing: Existing,
    /// Problems of the file that come from the header secrets which it names.
    misused: Vec<Problem>,
}

/// Rules file that the repository has.
#[derive(Clone, Debug)]
pub(crate) enum Existing {
    /// No rules file, or one that is not looked for.
    None,
    /// Nobody can say now.
    Unknown,
    /// A file, to which the rule was added in these lines.
    Merged(RangeInclusive<usize>),
    /// A file that a rule can't be added to.
    ByHand,
    /// A file that can't be read.
    Unreadable(Vec<Problem>),
}

impl Export {
    /// The new rule as a file of its own.
    pub(crate) fn new(path: &'static str, text: String, existing: Existing) -> Self {
        Self { path, text, existing, misused: Vec::new() }
    }

    /// The same, with the problems of the secrets that it names.
    pub(crate) fn with_misused(self, misused: Vec<Problem>) -> Self {
        Self { misused, ..self }
    }

    /// The file that there is, with the new rule.
    pub(crate) fn merged(path: &'static str, merged: Merged) -> Self {
        Self::new(path, merged.text, Existing::Merged(merged.added))
    }
}

/// The step, as it is shown.
pub(crate) struct ExportPage<'a> {
    pub(crate) deployment: &'a Slug,
    pub(crate) repository: &'a str,
    /// Host of the repository.
    pub(crate) host: GitHost,
    pub(crate) form: &'a Form,
    pub(crate) export: &'a Export,
    /// Address of GitHub's API.
    pub(crate) github_api: &'a str,
}

impl ExportPage<'_> {
    /// The page.
    pub(crate) fn draw(&self, visitor: Option<&Visitor>) -> Markup {
        let Self { deployment, form, .. } = *self;
        let body = html! {
            (self.what_to_do())
            @if !self.export.misused.is_empty() {
                div.notice.problem {
                    p { "The file names secrets that the stack doesn\u{2019}t have for this deployment. Until that is mended, none of its rules run:" }
                    ul { @for problem in self.export.misused.iter().take(MOST_PROBLEMS) { li { (cut(&problem.to_string(), LONGEST_PROBLEM)) } } }
                }
            }
            (self.file())
            p.ways {
                @if self.is_whole() { button type="button" hidden data-copy="#yaml" { "Copy" } }
                button.plain type="submit" form="typed" name="download" value="1" { "Download" }
                (self.host_link())
            }
            p {
                "Done! Your next deploy to this environment will ask for approval. For stages, freezes, reminders and approvals by several groups, see the "
                (reference())
            }
            form #typed method="post" action=(path(deployment, "new")) {
                (kept(form, Step::Export, visitor))
                (self.hosts())
                div.steps {
                    button type="submit" name="step" value=(Step::Workflow.name()) { "Previous" }
                    button type="button" disabled { "Next" }
                }
            }
        };
        step_page(deployment, Step::Export, visitor, &body)
    }

    fn what_to_do(&self) -> Markup {
        let (file, repository) =
            (html! { code { (self.export.path) } }, html! { code { (self.repository) } });
        match &self.export.existing {
            Existing::None => html! {
                p { "Save this as " (file) " on the default branch of the repository " (repository) "." }
                @if self.host != GitHost::Github {
                    p.notice {
                        "Signoff can only read repositories on GitHub. If this one already has a rules file, add the rule at the end of its "
                        code { "rules" } "."
                    }
                }
            },
            Existing::Unknown => html! {
                p { "Save this as " (file) " on the default branch of the repository " (repository) "." }
                p.notice.problem {
                    "Signoff can\u{2019}t ask GitHub right now if the repository already has a rules file. If it has one, add this rule at the end of its "
                    code { "rules" } " under a new name, or reload this page later."
                }
            },
            Existing::Merged(_) => html! {
                p {
                    "The repository " (repository) " has the file " (file)
                    " already. Here is that file with the new rule at the end. The new lines are marked; all other lines are unchanged."
                }
            },
            Existing::ByHand => html! {
                p { "Add this rule to " (file) " of the repository " (repository) "." }
                p.notice.problem {
                    "The rules of that file are written in brackets or in another way in which nothing can be added at their end without a change \
                     to what is there. Add the new rule by hand."
                }
            },
            Existing::Unreadable(problems) => html! {
                p { "Add this rule to " (file) " of the repository " (repository) ", after you have fixed that file." }
                div.notice.problem {
                    p { "Signoff can\u{2019}t read this file, so none of its rules run:" }
                    ul { @for problem in problems.iter().take(MOST_PROBLEMS) { li { (cut(&problem.to_string(), LONGEST_PROBLEM)) } } }
                }
            },
        }
    }

    /// True if the page shows all of the file.
    fn is_whole(&self) -> bool {
        weight(&self.export.text) <= MAX_SHOWN
    }

    /// The file's lines, the new ones marked.
    fn file(&self) -> Markup {
        let Export { text, existing, .. } = self.export;
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let new = match existing {
            Existing::Merged(added) => added.start() - 1..*added.end(),
            _ => 0..0,
        };
        let shown = if self.is_whole() { 0..lines.len() } else { fitting(&lines, &new) };
        let new = new.start..new.end.min(shown.end);
        let part = |range: Range<usize>| lines.get(range).unwrap_or_default().concat();
        html! {
            @if !self.is_whole() {
                p.meta {
                    "The file is too long for this page"
                    @if !shown.is_empty() { ": these are its lines " (shown.start + 1) " to " (shown.end) }
                    ". The download has all of it."
                }
            }
            @if !shown.is_empty() {
                pre.yaml #yaml tabindex="0" role="region" aria-label="The rules file" {
                    // The first line's end after the tag is not part of the text.
                    "\n"
                    @if new.is_empty() {
                        (part(shown))
                    } @else {
                        (part(shown.start..new.start)) mark { (part(new.clone())) } (part(new.end..shown.end))
                    }
                }
            }
        }
    }

    /// The way to the host's page where the file is made, or changed.
    fn host_link(&self) -> Markup {
        let (host, export) = (self.host, self.export);
        let link = |href: &str, text: &str, then: Option<Markup>| {
            html! {
                a.button href=(href) rel="noopener noreferrer" { (text) }
                @if let Some(then) = then { span.meta { (then) } }
            }
        };
        match export.existing {
            Existing::None | Existing::Unknown => {
                let NewFile { href, named, filled_in } =
                    new_file(host, self.github_api, self.repository, export.path, &export.text);
                let then = match (named, filled_in) {
                    (true, true) => None,
                    (true, false) => Some(html! { "If the page is empty, paste the file into it." }),
                    (false, _) => {
                        Some(html! { "Name the file " code { (export.path) } " there, and paste it." })
                    }
                };
                link(&href, &format!("Create the file on {}", host.title()), then)
            }
            Existing::Merged(_) | Existing::ByHand | Existing::Unreadable(_) => {
                let href = edit_file(self.github_api, self.repository, export.path);
                let then = match export.existing {
                    Existing::Merged(_) if self.is_whole() => "Replace the whole file with this.",
                    _ => "Add the rule there.",
                };
                link(&href, "Edit the file on GitHub", Some(html! { (then) }))
            }
        }
    }

    /// Choice of the repository's host.
    fn hosts(&self) -> Markup {
        html! {
            fieldset.hosts {
                legend.meta { "The repository is on" }
                @for host in GitHost::ALL {
                    button.quiet type="submit" name="host" value=(host.name()) aria-pressed=(host == self.host) { (host.title()) }
                }
            }
        }
    }
}

/// The lines that are shown of a file that is too long: the `new` ones, of a file with none the first ones,
/// as many as fit; and some around them where these fit too.
fn fitting(lines: &[&str], new: &Range<usize>) -> Range<usize> {
    let weight_of = |range: &Range<usize>| -> usize {
        lines.get(range.clone()).unwrap_or_default().iter().map(|line| weight(line)).sum()
    };
    let around = new.start.saturating_sub(AROUND)..(new.end + AROUND).min(lines.len());
    if !new.is_empty() && weight_of(&around) <= MAX_SHOWN {
        return around;
    }
    let wanted = if new.is_empty() { 0..lines.len() } else { new.clone() };
    let fits = |end: &usize| weight_of(&(wanted.start..*end)) <= MAX_SHOWN;
    let end = (wanted.start..=wanted.end).take_while(fits).last().unwrap_or(wanted.start);
    wanted.start..end
}
