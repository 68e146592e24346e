//! The part of a deployment's page that says which policy binds its rules, and which of them are below it.

use super::{counted, time};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::message::shorten;
use signoff_core::policy::{PATH, PolicyFile, Proposal, StackPolicy};

/// Largest numbers of problems and of shortfalls that are shown, and the longest part of each, in characters.
const SHOWN: usize = 20;
const LENGTH: usize = 600;

/// A policy, and what it means for a deployment.
#[derive(Debug)]
pub(crate) struct PolicyShown {
    /// The repository that the stack's settings name.
    pub(crate) repository: String,
    /// The policy on record.
    pub(crate) state: StackPolicy,
    /// Shortfalls of the rules in force below the policy; `None`: they can't be told.
    pub(crate) shortfalls: Option<Vec<String>>,
}

/// The policy that binds a deployment.
pub(super) fn policy(shown: &PolicyShown, now: Timestamp) -> Markup {
    let StackPolicy { in_force, proposal, unusable, .. } = &shown.state;
    html! {
        section.block aria-labelledby="policy" {
            h2 #policy { "Policy" }
            @match in_force {
                Some(in_force) => p {
                    "These rules must meet a policy: " (file(&in_force.file)) ", since " (time(in_force.since, now)) ": "
                    (in_force.why()) "."
                },
                None => p { "No policy of " (shown.repository) " could be read yet, so no rule can act." },
            }
            @if let Some(unusable) = unusable {
                p {
                    "Since " (time(unusable.at, now)) ", the policy on the default branch of " (shown.repository)
                    " is invalid."
                    @if in_force.is_some() { " The last valid one stays in force." }
                }
                (list(&unusable.problems))
            }
            @if let Some(proposal) = proposal { (proposed(proposal, now)) }
            @match &shown.shortfalls {
                Some(none) if none.is_empty() => p { "Every rule in force meets it." },
                Some(shortfalls) => {
                    h3 { "Rules below the policy" }
                    p { "These rules still ask, but their actions don\u{2019}t run." }
                    (list(shortfalls))
                },
                None if in_force.is_some() => p { "Signoff can\u{2019}t tell which rules are below it." },
                None => {},
            }
        }
    }
}

fn proposed(proposal: &Proposal, now: Timestamp) -> Markup {
    html! {
        p {
            "Another policy, " (file(&proposal.file)) ", is on the default branch since " (time(proposal.at, now))
            " or before. "
            @if proposal.rejected { "An owner rejected it." } @else {
                "It counts once two of the owners approve it: "
                a href={ "/deploys/" (proposal.deploy) } { "see the votes" } "."
            }
        }
    }
}

fn list(lines: &[String]) -> Markup {
    let more = lines.len().saturating_sub(SHOWN);
    html! {
        ul { @for line in lines.iter().take(SHOWN) { li { (shorten(line, LENGTH)) } } }
        @if more > 0 { p.meta { "And " (counted(more, "more", "more")) "." } }
    }
}

fn file(file: &PolicyFile) -> Markup {
    html! { code { (PATH) } " of " (file.repository) " (" code title=(file.hash) { (file.short()) } ")" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use signoff_core::id::{DeployId, RunId};
    use signoff_core::policy::{InForce, Unusable};

    fn of(hash: &str) -> PolicyFile {
        let (repository, text) = ("acme/<policy>".to_owned(), String::new());
        PolicyFile { repository, hash: hash.to_owned(), text }
    }

    fn in_force() -> StackPolicy {
        let (file, owners) = (of("0123456789"), Vec::new());
        let in_force = InForce { file, owners, since: sample::at(0), approved_for: None };
        StackPolicy::default().adopt(in_force)
    }

    fn page(state: StackPolicy, shortfalls: Option<Vec<String>>) -> String {
        let repository = "acme/<policy>".to_owned();
        policy(&PolicyShown { repository, state, shortfalls }, sample::at(600)).0
    }

    #[test]
    fn the_section_names_the_policy_and_the_rules_below_it() {
        let met = page(in_force(), Some(Vec::new()));
        assert!(met.contains("acme/&lt;policy&gt;") && met.contains("title=\"0123456789\""), "{met}");
        assert!(met.contains("it was the stack's first policy.") && met.contains("meets it"), "{met}");
        let below = page(in_force(), Some(vec!["Rule `ship` (line 2): <b>".to_owned(); 25]));
        assert!(
            below.contains("Rules below the policy") && below.contains("Rule `ship` (line 2): &lt;b&gt;")
        );
        assert!(below.contains("And 5 more.") && !below.contains("meets it"), "{below}");
        assert!(page(in_force(), None).contains("can\u{2019}t tell which rules"));
    }

    #[test]
    fn the_section_says_what_is_wrong_or_waits() {
        let problem =
            Unusable { key: "k".to_owned(), problems: vec!["no <owners>".to_owned()], at: sample::at(0) };
        let none = page(StackPolicy::default().refuse(problem.clone(), false), None);
        assert!(none.contains("so no rule can act") && none.contains("no &lt;owners&gt;"), "{none}");
        assert!(page(in_force().refuse(problem, false), None).contains("The last valid one stays in force."));
        let proposal = Proposal {
            file: of("abcdefghij"),
            owners: Vec::new(),
            deploy: DeployId::from_text("d1"),
            run: RunId::from_text("r1"),
            at: sample::at(0),
            rejected: false,
        };
        let waits = page(in_force().propose(proposal.clone()), None);
        assert!(waits.contains("abcdefg") && waits.contains("href=\"/deploys/d1\""), "{waits}");
        let rejected = in_force().propose(proposal).reject("abcdefghij", &RunId::from_text("r1")).unwrap();
        assert!(page(rejected, None).contains("An owner rejected it."));
    }
}
