//! The makers of a range in Slack.

use crate::handler::ActionExecution;
use crate::people::Known;
use approval::approval::Member;
use approval::range::Identity;
use approval::shares::Maker;
use providers::Failure;
use providers::slack::client::Slack;

impl ActionExecution {
    /// Who each of `makers` is in Slack, by their account and by every address that is theirs; and those whose unconfirmed
    /// word on the page People says so, who may not vote.
    ///
    /// Errors: the record or Slack can't be asked now.
    pub(crate) async fn members(
        &self,
        slack: &Slack,
        makers: &[Maker],
    ) -> Result<(Vec<Member>, Vec<String>), Failure> {
        let identities: Vec<Vec<Identity>> = makers.iter().map(identities).collect();
        let mut found = self.members_of(slack, &identities.concat()).await?.into_iter();
        let (mut members, mut own_word) = (Vec::new(), Vec::new());
        for of_maker in &identities {
            let (mut ids, mut is_nobody, mut is_known) = (Vec::new(), false, of_maker.is_empty());
            for known in found.by_ref().take(of_maker.len()) {
                ids.extend(known.members.into_iter().map(|member| member.id));
                own_word.extend(known.unconfirmed_by);
                match known.known {
                    Known::Member => is_known = true,
                    Known::NobodyHere => is_nobody = true,
                    Known::Bot | Known::NotFound => {}
                }
            }
            members.push(match (is_known && !ids.is_empty(), is_nobody) {
                (true, _) => Member::Found(ids),
                (false, true) => Member::NobodyHere,
                // Whom the list named before it was changed is no voter until that is confirmed.
                (false, false) => {
                    own_word.extend(ids);
                    Member::NotFound
                }
            });
        }
        own_word.sort();
        own_word.dedup();
        Ok((members, own_word))
    }
}

/// A maker as each of their addresses has them; without one, as their account alone.
fn identities(maker: &Maker) -> Vec<Identity> {
    let of = |email: Option<String>| Identity {
        name: maker.name.clone(),
        email,
        account: maker.account.clone(),
        vouched: false,
    };
    if maker.is_untold {
        return Vec::new();
    }
    if maker.emails.is_empty() {
        vec![of(None)]
    } else {
        maker.emails.iter().cloned().map(Some).map(of).collect()
    }
}
