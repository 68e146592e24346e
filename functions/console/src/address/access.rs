//! Access that the routes need.

/// Access that a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anyone.
    Anyone,
    /// Whoever is signed in, and whoever shows an API key with the scope `admin`.
    Viewer,
    /// The same, and whoever shows an API key that reads.
    Reader,
    /// A person who is signed in with Slack.
    Member,
    /// An admin, or an API key with the scope `admin`.
    Admin,
    /// An admin who is signed in with Slack: another one may have to confirm what they did.
    AdminPerson,
}

impl Access {
    /// As docs/reference/routes.md has it.
    #[cfg(test)]
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Viewer => "anyone who is signed in; an API key with the scope `admin`",
            Self::Reader => "anyone who is signed in; an API key with the scope `read` or `admin`",
            Self::Member => "anyone who is signed in with Slack",
            Self::Admin => "an admin; an API key with the scope `admin`",
            Self::AdminPerson => "an admin who is signed in with Slack",
        }
    }
}
