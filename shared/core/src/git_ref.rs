//! A branch or a tag.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A branch or a tag of a repository. A tag may have the name of a branch, and is another ref.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct GitRef {
    /// Its name, without `refs/heads/` or `refs/tags/`.
    pub name: String,
    /// True if it is a tag.
    pub is_tag: bool,
}

impl GitRef {
    /// The branch `name`.
    pub fn branch(name: &str) -> Self {
        Self { name: name.to_owned(), is_tag: false }
    }

    /// The tag `name`.
    pub fn tag(name: &str) -> Self {
        Self { name: name.to_owned(), is_tag: true }
    }

    /// Reads `heads/main` or `tags/v1`, with or without `refs/` before it; `None`: it says neither.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("refs/").unwrap_or(text);
        let branch = text.strip_prefix("heads/").map(Self::branch);
        branch.or_else(|| text.strip_prefix("tags/").map(Self::tag))
    }

    /// The name as a part of a sentence: `main`, `the tag v1`.
    pub fn words(&self) -> String {
        if self.is_tag { format!("the tag {}", self.name) } else { self.name.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ref_has_a_kind_and_a_name() {
        for (text, expected) in [
            ("refs/heads/main", Some(GitRef::branch("main"))),
            ("heads/tags/x", Some(GitRef::branch("tags/x"))),
            ("refs/tags/main", Some(GitRef::tag("main"))),
            ("main", None),
        ] {
            assert_eq!(GitRef::parse(text), expected, "{text}");
        }
        assert_eq!(GitRef::branch("main").words(), "main");
        assert_eq!(GitRef::tag("main").words(), "the tag main");
    }
}
