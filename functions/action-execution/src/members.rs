//! The makers of a range in Slack.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::people::{Found, Known};
use signoff_core::approval::Member;
use signoff_core::shares::Maker;
use signoff_providers::slack::client::Slack;

/// The makers of a range, and the people who may not vote because of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InSlack {
    /// The Slack member of each maker, in the makers' order.
    pub(crate) members: Vec<Member>,
    /// The Slack user ids of people who may not vote, because nobody confirmed what they entered about a
    /// maker on the page People.
    pub(crate) own_word: Vec<String>,
    /// The Slack user ids of accounts that have a maker's address and are no member's.
    pub(crate) others: Vec<String>,
}

impl ActionExecution {
    /// Returns the Slack member of each of `makers`, by all their accounts and addresses.
    ///
    /// Errors: the record or Slack can't be asked now, or an entry can't be read.
    pub(crate) async fn members(&self, slack: &Slack, makers: &[Maker]) -> Tried<InSlack> {
        let handles: Vec<_> = makers.iter().map(Maker::handles).collect();
        let found = self.found_by(slack, &handles).await?;
        let mut all = InSlack::default();
        for (maker, found) in makers.iter().zip(found) {
            all.own_word.extend(found.unconfirmed_by.iter().cloned());
            all.others.extend(found.others.iter().cloned());
            let (member, kept) = member(maker, found);
            all.members.push(member);
            all.own_word.extend(kept);
        }
        all.own_word.sort();
        all.own_word.dedup();
        Ok(all)
    }
}

/// Returns the member that `maker` is, and the members whom the list named before it was changed: they may
/// not vote until the change is confirmed.
fn member(maker: &Maker, found: Found) -> (Member, Vec<String>) {
    let ids: Vec<String> = found.members.into_iter().map(|member| member.id).collect();
    // Somebody may have had a program do its work.
    let may_be_nobody = !maker.is_program_at_work();
    // Somebody with a guest account may have another one here: only a second admin says that they have none.
    let said = found.said.filter(|_| may_be_nobody && found.others.is_empty());
    match (found.known, ids.is_empty()) {
        (Known::Member, false) => (Member::Found(ids), Vec::new()),
        (Known::NobodyHere, true) if may_be_nobody => (Member::NobodyHere, Vec::new()),
        (Known::Bot, true) if maker.is_signed_bot => (Member::Bot, Vec::new()),
        (Known::Bot, true) => (Member::BotWithoutSignature, Vec::new()),
        (Known::NotFound, true) => (said.map_or(Member::NotFound, Member::SaidNobodyHere), Vec::new()),
        (Known::Member | Known::NobodyHere | Known::Bot | Known::NotFound, _) => (Member::NotFound, ids),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::FoundMember;
    use signoff_core::approval::SaidNobody;
    use signoff_core::people::Nobody;
    use signoff_core::range::Account;

    #[test]
    fn what_is_known_decides_who_a_maker_is() {
        let said = || SaidNobody {
            handle: "github:7".to_owned(),
            version: 1,
            name: "octocat".to_owned(),
            kind: Nobody::Left,
            reason: "a contractor".to_owned(),
            by: "ADMIN".to_owned(),
        };
        let found = |known, ids: &[&str], is_said: bool| Found {
            members: ids.iter().map(|id| FoundMember { id: (*id).to_owned(), by_list: true }).collect(),
            others: Vec::new(),
            known,
            unconfirmed_by: Vec::new(),
            said: is_said.then(said),
        };
        let kept = || vec!["U1".to_owned()];
        let (plain, signed) = (Maker::default(), Maker { is_signed_bot: true, ..Maker::default() });
        for (maker, found, expected) in [
            (&plain, found(Known::Member, &["U1"], false), (Member::Found(kept()), Vec::new())),
            (&signed, found(Known::Member, &["U1"], false), (Member::Found(kept()), Vec::new())),
            (&plain, found(Known::NobodyHere, &[], false), (Member::NobodyHere, Vec::new())),
            (&plain, found(Known::NobodyHere, &["U1"], false), (Member::NotFound, kept())),
            (&signed, found(Known::Bot, &[], false), (Member::Bot, Vec::new())),
            // Without the signature, anybody can have written the bot's name.
            (&plain, found(Known::Bot, &[], false), (Member::BotWithoutSignature, Vec::new())),
            (&plain, found(Known::Bot, &[], true), (Member::BotWithoutSignature, Vec::new())),
            (&plain, found(Known::Bot, &["U1"], false), (Member::NotFound, kept())),
            (&signed, found(Known::NotFound, &[], false), (Member::NotFound, Vec::new())),
            (&plain, found(Known::NotFound, &[], true), (Member::SaidNobodyHere(said()), Vec::new())),
            (&plain, found(Known::NotFound, &["U1"], true), (Member::NotFound, kept())),
        ] {
            assert_eq!(member(maker, found.clone()), expected, "{found:?}");
        }
        let account = |login: &str| Some(Account { id: 5, login: login.to_owned(), is_bot: false });
        let cursor = Account { id: 199_161_495, ..account("cursoragent").unwrap() };
        let (program, person) = (account("acme-writer[bot]"), account("ana"));
        for (account, is_only_co_author, expected) in [
            (person, false, [Member::NobodyHere, Member::SaidNobodyHere(said())]),
            (program.clone(), true, [Member::NobodyHere, Member::SaidNobodyHere(said())]),
            (program, false, [Member::NotFound, Member::NotFound]),
            (Some(cursor), false, [Member::NotFound, Member::NotFound]),
        ] {
            for is_signed_bot in [false, true] {
                let maker =
                    Maker { account: account.clone(), is_only_co_author, is_signed_bot, ..Maker::default() };
                let of = |known, is_said| member(&maker, found(known, &[], is_said)).0;
                let told = [of(Known::NobodyHere, false), of(Known::NotFound, true)];
                assert_eq!(told, expected, "{maker:?}");
            }
        }
        let guest = Found { others: kept(), ..found(Known::NotFound, &[], true) };
        assert_eq!(member(&plain, guest), (Member::NotFound, Vec::new()), "it takes a second admin");
    }
}
