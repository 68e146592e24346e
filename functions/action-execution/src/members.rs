//! The makers of a range in Slack.

use crate::handler::ActionExecution;
use approval::approval::Member;
use approval::shares::Maker;
use providers::Failure;
use providers::slack::client::Slack;

impl ActionExecution {
    /// Who each of `makers` is in Slack, by every address that is theirs.
    ///
    /// Errors: Slack can't be asked now.
    pub(crate) async fn members(&self, slack: &Slack, makers: &[Maker]) -> Result<Vec<Member>, Failure> {
        let mut members = Vec::new();
        for maker in makers {
            let mut found = Vec::new();
            for email in &maker.emails {
                found.extend(self.account(slack, email.clone()).await?);
            }
            members.push(if found.is_empty() { Member::NotFound } else { Member::Found(found) });
        }
        Ok(members)
    }
}
