//! The admins of the stack.

use signoff_providers::slack::Profile;
use signoff_runtime::settings::{SettingError, Settings};

/// The people who are admins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admins {
    /// The workspace's admins and owners.
    OfWorkspace,
    /// Those with these e-mail addresses, in lower case.
    Named(Vec<String>),
}

impl Admins {
    /// The admins as the setting `ADMINS` names them.
    ///
    /// # Errors
    /// An entry is no e-mail address.
    pub fn new(settings: &Settings) -> Result<Self, SettingError> {
        Self::parse(settings.optional("ADMINS").unwrap_or_default())
    }

    /// The admins in a list of e-mail addresses; in an empty one, those of the workspace.
    ///
    /// # Errors
    /// An entry is no e-mail address.
    pub fn parse(text: &str) -> Result<Self, SettingError> {
        let named: Vec<String> = text
            .split(',')
            .map(|email| email.trim().to_lowercase())
            .filter(|email| !email.is_empty())
            .collect();
        let is_email = |text: &str| {
            text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        };
        match named.iter().find(|text| !is_email(text) || text.contains(char::is_whitespace)) {
            Some(wrong) => {
                let problem = format!(
                    "has the entry `{wrong}`; it must be e-mail addresses, comma separated, such as ana@acme.example"
                );
                Err(Settings::error("ADMINS", problem))
            }
            None if named.is_empty() => Ok(Self::OfWorkspace),
            None => Ok(Self::Named(named)),
        }
    }

    /// True if the account `profile` is an admin's, whatever else it is.
    pub fn have(&self, profile: &Profile) -> bool {
        match self {
            Self::OfWorkspace => profile.admin,
            Self::Named(named) => {
                profile.email.as_ref().is_some_and(|email| named.contains(&email.to_lowercase()))
            }
        }
    }
}
