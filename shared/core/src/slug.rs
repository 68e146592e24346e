//! Names that a git host gives: one spelling of them compares as their host compares them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The one form of a name (an owner, a repository, a slug, an environment) that every key and every
/// comparison uses. Git hosts and CIs compare these names case-insensitively, so `acme/Checkout` is
/// `acme/checkout`.
pub fn canonical(name: &str) -> String {
    name.to_lowercase()
}

/// True if a CircleCI project (its slug) is one of CircleCI's GitHub App: `circleci/ORGANIZATION/PROJECT`.
///
/// Source: <https://circleci.com/docs/api-developers-guide/#getting-started-with-the-api>.
pub fn is_app_project(project: &str) -> bool {
    canonical(project).starts_with("circleci/")
}

/// True if `text` is CircleCI's slug of a project: three parts, each as a part of a [`Slug`]
/// (`gh/acme/checkout`, `circleci/ORGANIZATION/PROJECT`).
///
/// Source: <https://circleci.com/docs/api-developers-guide/#getting-started-with-the-api>.
pub fn is_circleci_project(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    parts.len() == 3 && parts.into_iter().all(is_part)
}

/// True if `text` is the id of a pipeline definition of CircleCI's: a UUID, as its project settings show it.
///
/// Source: <https://circleci.com/docs/api/v2/#operation/triggerPipelineRun>.
pub fn is_circleci_definition(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// True if `text` may be a part of a name. Dots alone are none: addresses take them for folders.
fn is_part(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && text.bytes().any(|b| b != b'.')
}

/// The name of a deployment, `organization/name` (`acme/checkout`). It is shown as it was written, and
/// compared in its [`canonical`] form.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// The slug `organization/name`. Each part has 1 to 100 of the characters `A-Z a-z 0-9 - _ .`, and not
    /// dots alone, which addresses take for folders; anything else is `None`.
    pub fn new(organization: &str, name: &str) -> Option<Self> {
        (is_part(organization) && is_part(name)).then(|| Self(format!("{organization}/{name}")))
    }

    /// `organization/name`, as it was written: for people.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `organization/name` in its [`canonical`] form: for keys.
    pub fn canonical(&self) -> String {
        canonical(&self.0)
    }

    /// The part before the slash.
    pub fn organization(&self) -> &str {
        self.0.split_once('/').map_or("", |(organization, _)| organization)
    }

    /// The part after the slash.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }
}

impl PartialEq for Slug {
    fn eq(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }
}

impl Eq for Slug {}

impl Hash for Slug {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical().hash(state);
    }
}

impl PartialOrd for Slug {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Slug {
    fn cmp(&self, other: &Self) -> Ordering {
        self.canonical().cmp(&other.canonical())
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashSet};

    #[test]
    fn project_slug_has_three_names() {
        for (text, expected) in [
            ("gh/acme/checkout", true),
            ("circleci/a-1/b", true),
            ("gh/acme", false),
            ("gh/acme/x/y", false),
            ("gh/acme/..", false),
            ("./acme/checkout", false),
            ("gh/acme/a b", false),
        ] {
            assert_eq!(is_circleci_project(text), expected, "{text}");
        }
    }

    #[test]
    fn definition_id_is_a_uuid() {
        for (text, expected) in [
            ("2338d0ae-5541-4bbf-88a2-55e9f7281f80", true),
            ("2338D0AE-5541-4BBF-88A2-55E9F7281F80", true),
            ("2338d0ae55414bbf88a255e9f7281f80", false),
            ("2338d0ae-5541-4bbf-88a2-55e9f7281f8g", false),
            ("2338d0ae-5541-4bbf-88a2-55e9f7281f80-", false),
            ("", false),
        ] {
            assert_eq!(is_circleci_definition(text), expected, "{text}");
        }
    }

    #[test]
    fn a_slug_takes_what_a_git_host_takes() {
        assert_eq!(
            Slug::new("acme", "check-out_2.0").map(|slug| slug.to_string()).as_deref(),
            Some("acme/check-out_2.0")
        );
        let refused = [("", "x"), ("a", ""), ("a/b", "c"), ("a", "b c"), ("a", "ä")];
        let dots = [("acme", "."), ("acme", ".."), ("acme", "..."), ("..", "checkout"), (".", ".")];
        for (organization, name) in refused.into_iter().chain(dots) {
            assert_eq!(Slug::new(organization, name), None, "{organization}/{name}");
        }
        assert!(Slug::new("acme", ".github").is_some());
    }

    #[test]
    fn a_slug_compares_in_any_case_and_keeps_its_spelling() {
        let (first, other) = (Slug::new("Acme", "Checkout").unwrap(), Slug::new("acme", "checkOUT").unwrap());
        assert_eq!(first, other);
        assert_eq!(first.cmp(&other), Ordering::Equal);
        assert_eq!([first.clone(), other.clone()].into_iter().collect::<HashSet<_>>().len(), 1);
        assert_eq!([first.clone(), other].into_iter().collect::<BTreeSet<_>>().len(), 1);
        assert_eq!((first.as_str(), first.canonical().as_str()), ("Acme/Checkout", "acme/checkout"));
        assert_ne!(first, Slug::new("acme", "checkout-api").unwrap());
    }
}
