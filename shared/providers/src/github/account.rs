//! An account by its name.

use super::client::{GitHub, JSON, found};
use crate::failure::{Failure, Repeat};
use reqwest::Method;
use serde::Deserialize;
use signoff_core::range::{Account, Identity};

/// Public profile of a GitHub account.
#[derive(Deserialize)]
struct Shown {
    id: u64,
    login: String,
    name: Option<String>,
    email: Option<String>,
    r#type: String,
}

impl GitHub {
    /// Reads the account `login`: its number, and the name and address of its public profile, which many do
    /// not show. <https://docs.github.com/rest/users/users#get-a-user>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if there is no such account.
    pub async fn account(&self, login: &str) -> Result<Identity, Failure> {
        let doing = format!("reading the account {login}");
        let request = self.call(Method::GET, ["users", login], JSON)?;
        let shown: Shown = found(&doing, request).await?.json("GitHub", &doing, Repeat::Harmless)?;
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        let is_bot = shown.r#type == "Bot";
        Ok(Identity {
            name: some(shown.name).unwrap_or_else(|| shown.login.clone()),
            email: some(shown.email),
            account: Some(Account::on_github(shown.id, &shown.login, is_bot)),
            vouched: true,
        })
    }
}
