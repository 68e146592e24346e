//! Triggers, which a click gives the app to open one form with:
//! <https://docs.slack.dev/interactivity/handling-user-interaction>

use crate::stand_in::uuid_of;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// Time after the click within which a form can be opened.
const OPENS_WITHIN: SignedDuration = SignedDuration::from_secs(3);
/// So many are remembered.
const REMEMBERED: usize = 1_000;

/// The triggers that were given out, oldest first.
#[derive(Default)]
pub struct Triggers(VecDeque<Trigger>);

struct Trigger {
    id: String,
    user: String,
    at: Timestamp,
    exchanged: bool,
}

impl Triggers {
    /// A trigger for a click of `user` at this time; `ts` is unique to the click.
    pub fn give(&mut self, user: &str, ts: &str, at: Timestamp) -> String {
        let id = format!("13345224609.738474920.{}", uuid_of(&format!("{ts} {user}")).replace('-', ""));
        self.0.push_back(Trigger { id: id.clone(), user: user.to_owned(), at, exchanged: false });
        if self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
        id
    }

    /// The person whose click gave this trigger, which now can't be used any more.
    ///
    /// # Errors
    /// Slack's word for what is wrong with it.
    pub fn exchange(&mut self, id: &str, now: Timestamp) -> Result<String, &'static str> {
        let trigger = self.0.iter_mut().find(|trigger| trigger.id == id).ok_or("invalid_trigger_id")?;
        if trigger.exchanged {
            return Err("exchanged_trigger_id");
        }
        if now.duration_since(trigger.at) > OPENS_WITHIN {
            return Err("expired_trigger_id");
        }
        trigger.exchanged = true;
        Ok(trigger.user.clone())
    }
}
