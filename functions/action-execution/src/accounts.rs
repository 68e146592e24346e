//! Slack accounts by e-mail address. Slack takes some dozens of lookups a minute of a whole stack
//! (<https://docs.slack.dev/reference/methods/users.lookupByEmail>).

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use jiff::{SignedDuration, Timestamp};
use providers::Failure;
use providers::slack::client::Slack;
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// How long an account is known by its e-mail address: what is tried again after Slack asked to wait goes on
/// where it stopped.
const KNOWN_FOR: SignedDuration = SignedDuration::from_mins(10);
/// How many accounts a process knows.
const KNOWN: usize = 5000;

/// Accounts by e-mail address in lower case, and when Slack said so.
pub(crate) type Accounts = Mutex<BTreeMap<String, (Option<String>, Timestamp)>>;

/// What somebody is looked up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To judge who may vote: by Slack's own word, which is waited for.
    Judging,
    /// To mention them in a text: also by what the record has of the last half hour. Where Slack asks to
    /// wait, the text goes without the mention.
    Mentioning,
}

impl ActionExecution {
    /// The Slack user id of who has this e-mail address (in lower case), by Slack's word of the last minutes.
    pub(crate) async fn account(&self, slack: &Slack, email: String) -> Result<Option<String>, Failure> {
        self.account_of(&self.accounts, slack, email).await
    }

    /// The same by what `accounts` remembers. Others go on with them while Slack is asked.
    pub(crate) async fn account_of(
        &self,
        accounts: &Accounts,
        slack: &Slack,
        email: String,
    ) -> Result<Option<String>, Failure> {
        let now = self.now();
        if let Some(id) = known(&*accounts.lock().await, &email, now) {
            return Ok(id);
        }
        let id = slack.user_by_email(&email).await?;
        let mut accounts = accounts.lock().await;
        if accounts.len() >= KNOWN {
            accounts.clear();
        }
        accounts.insert(email, (id.clone(), now));
        Ok(id)
    }

    /// The same for `purpose`.
    ///
    /// # Errors
    ///
    /// Slack can't be asked, or the record can't be read or written. That Slack asks to wait is none where
    /// they are only mentioned.
    pub(crate) async fn account_for(
        &self,
        slack: &Slack,
        address: &str,
        purpose: Purpose,
    ) -> Tried<Option<String>> {
        match purpose {
            Purpose::Judging => Ok(self.account(slack, address.to_owned()).await?),
            Purpose::Mentioning => self.account_to_mention(slack, address).await,
        }
    }

    async fn account_to_mention(&self, slack: &Slack, address: &str) -> Tried<Option<String>> {
        let now = self.now();
        if let Some(id) = known(&*self.accounts.lock().await, address, now) {
            return Ok(id);
        }
        if let Some(id) = self.store.known_account(address, now).await? {
            return Ok(id);
        }
        if self.lookups.left(now).is_some() {
            return Ok(None);
        }
        match self.account(slack, address.to_owned()).await {
            Ok(id) => {
                self.store.keep_account(address, id.as_deref(), now).await?;
                Ok(id)
            }
            Err(failure) => match failure.retry_after() {
                Some(asked) => {
                    tracing::info!(failure = failure.logged(), "an author is not mentioned");
                    self.lookups.lasts_until(now + asked);
                    Ok(None)
                }
                None => Err(failure.into()),
            },
        }
    }
}

/// What Slack said of `address` shortly before `now`; `None`: this process did not ask.
fn known(
    accounts: &BTreeMap<String, (Option<String>, Timestamp)>,
    address: &str,
    now: Timestamp,
) -> Option<Option<String>> {
    let (id, at) = accounts.get(address)?;
    (now.duration_since(*at) < KNOWN_FOR).then(|| id.clone())
}
