//! Slack accounts by e-mail address. Slack takes some dozens of lookups a minute of a whole stack
//! (<https://docs.slack.dev/reference/methods/users.lookupByEmail>).

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::Standing;
use signoff_providers::Failure;
use signoff_providers::slack::client::{Profile, Slack};
use signoff_store::KeptAccount;
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// Time for which a process remembers the account of an address: after Slack asked to wait, the next attempt
/// goes on where this one stopped.
const KNOWN_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Most accounts that a process remembers.
const KNOWN: usize = 5000;

/// Accounts by e-mail address in lower case, and when Slack said so.
pub(crate) type Accounts = Mutex<BTreeMap<String, (Option<SlackAccount>, Timestamp)>>;

/// A Slack account that has an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlackAccount {
    /// The Slack user id.
    pub(crate) id: String,
    /// The name that Slack shows.
    pub(crate) name: String,
    /// True for a member of the workspace; false for a guest, a program, and an account that was deactivated
    /// or is another workspace's. A person can have such an account beside the one that they vote with.
    pub(crate) is_member: bool,
}

impl From<Profile> for SlackAccount {
    fn from(profile: Profile) -> Self {
        let is_member = profile.standing() == Standing::Member;
        Self { id: profile.id, name: profile.name, is_member }
    }
}

/// Purpose of a lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To judge who may vote: by Slack's own word, which is waited for.
    Judging,
    /// To mention them in a text: also by what the record has of the last half hour. Where Slack asks to
    /// wait, the text goes without the mention.
    Mentioning,
}

impl ActionExecution {
    /// The Slack account with this e-mail address (in lower case), by Slack's word of the last minutes.
    pub(crate) async fn account(
        &self,
        slack: &Slack,
        email: String,
    ) -> Result<Option<SlackAccount>, Failure> {
        self.account_of(&self.accounts, slack, email).await
    }

    /// The same by what `accounts` remembers. Others go on with them while Slack is asked.
    pub(crate) async fn account_of(
        &self,
        accounts: &Accounts,
        slack: &Slack,
        email: String,
    ) -> Result<Option<SlackAccount>, Failure> {
        let now = self.now();
        if let Some(account) = known(&*accounts.lock().await, &email, now) {
            self.names.note_account(account.as_ref());
            return Ok(account);
        }
        let account = slack.user_by_email(&email).await?.map(SlackAccount::from);
        self.names.note_account(account.as_ref());
        let mut accounts = accounts.lock().await;
        if accounts.len() >= KNOWN {
            accounts.clear();
        }
        accounts.insert(email, (account.clone(), now));
        Ok(account)
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
    ) -> Tried<Option<SlackAccount>> {
        match purpose {
            Purpose::Judging => Ok(self.account(slack, address.to_owned()).await?),
            Purpose::Mentioning => self.account_to_mention(slack, address).await,
        }
    }

    async fn account_to_mention(&self, slack: &Slack, address: &str) -> Tried<Option<SlackAccount>> {
        let now = self.now();
        if let Some(account) = known(&*self.accounts.lock().await, address, now) {
            self.names.note_account(account.as_ref());
            return Ok(account);
        }
        if let Some(kept) = self.store.known_account(address, now).await? {
            // A guest is mentioned like a member, and nobody is judged by this.
            let account = kept.map(|KeptAccount { id, name }| SlackAccount { id, name, is_member: true });
            self.names.note_account(account.as_ref());
            return Ok(account);
        }
        if self.lookups.left(now).is_some() {
            return Ok(None);
        }
        match self.account(slack, address.to_owned()).await {
            Ok(account) => {
                let kept = account.clone().map(|SlackAccount { id, name, .. }| KeptAccount { id, name });
                self.store.keep_account(address, kept, now).await?;
                Ok(account)
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

/// Returns Slack's answer about `address` shortly before `now`; `None`: this process did not ask.
fn known(
    accounts: &BTreeMap<String, (Option<SlackAccount>, Timestamp)>,
    address: &str,
    now: Timestamp,
) -> Option<Option<SlackAccount>> {
    let (account, at) = accounts.get(address)?;
    (now.duration_since(*at) < KNOWN_FOR).then(|| account.clone())
}
