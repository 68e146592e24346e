//! The gate to everything that is open to anyone in a channel: in Slack, only people in the channel can
//! click; for requests on a page, and for clicks on a message elsewhere, Slack is asked whether the person is
//! in it.

use crate::cast::{RefusalKind, Refused};
use signoff_core::approval::Approval;
use signoff_core::mrkdwn::escape;
use signoff_providers::slack::Membership;

/// A channel that somebody has to be in for their request on a page to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Its id; `None`: nothing was posted there yet.
    channel: Option<String>,
    /// Its name in a sentence, in Slack's mrkdwn.
    name: String,
    words: &'static Words,
}

/// The answer of a gate to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// They are let through.
    Open,
    /// They are refused.
    Refused(Refused),
    /// They are refused unless they are an admin: nobody else can show that they are in the channel.
    AdminsOnly(Refused),
}

impl Passage {
    /// The refusal of somebody who is an admin, or is not; `None`: they are let through.
    pub fn refusal(self, is_admin: bool) -> Option<Refused> {
        match self {
            Self::Open => None,
            Self::AdminsOnly(_) if is_admin => None,
            Self::Refused(refused) | Self::AdminsOnly(refused) => Some(refused),
        }
    }
}

/// The words of a refusal at the gate.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    nothing: &'static str,
    may: &'static str,
    in_slack: &'static str,
    /// The way on without the channel.
    without: &'static str,
    /// True if an admin may do it where the channel is gone.
    is_for_admins: bool,
}

const VOTE: Words = Words {
    nothing: "Your click was not counted",
    may: "can vote",
    in_slack: "vote in Slack",
    without: "If the channel was deleted, name another one in the rules file and deploy again.",
    is_for_admins: false,
};
const ANSWER: Words = Words {
    nothing: "Nothing was done",
    may: "may act on this",
    in_slack: "do it in Slack",
    without: "If the channel was deleted, ask an admin of Signoff to act on this.",
    is_for_admins: true,
};

impl Gate {
    /// The gate of a request about `approval`; `None`: the people who may make it are named, wherever they
    /// are.
    pub fn of(approval: &Approval) -> Option<Self> {
        Self::around(approval, &VOTE)
    }

    /// The gate of an act on a step that failed, in the thread of the approval `asked`. `None`: the people
    /// who may act are named, or the rule asks nobody and admins act.
    pub fn of_step(asked: Option<&Approval>) -> Option<Self> {
        asked.and_then(|approval| Self::around(approval, &ANSWER))
    }

    fn around(approval: &Approval, words: &'static Words) -> Option<Self> {
        let channel = approval.dialog.as_ref().map(|dialog| dialog.channel.clone());
        let reviewed_by_anyone = approval.owed_review().is_some() && approval.reviewers().is_none();
        let open = approval.electorate.people.is_none() || reviewed_by_anyone;
        open.then(|| Self { channel, name: escape(&approval.channel), words })
    }

    /// The id of the channel; `None`: it is not known yet.
    pub fn channel(&self) -> Option<&str> {
        self.channel.as_deref()
    }

    /// The answer to a request by somebody with this `membership` of the channel (`None`: Slack did not say).
    pub fn passage(&self, membership: Option<Membership>) -> Passage {
        let Self { channel, name, words: Words { nothing, may, in_slack, without, is_for_admins } } = self;
        let (kind, why) = match (channel, membership) {
            (Some(_), Some(Membership::Member)) => return Passage::Open,
            (Some(_), Some(Membership::NotMember)) => (
                RefusalKind::Forbidden,
                format!("only people in {name} {may}. Join the channel, or ask somebody who is in it."),
            ),
            (Some(_), Some(Membership::TooMany)) => (
                RefusalKind::Conflict,
                format!("too many people are in {name} to look for you among them. Please {in_slack}."),
            ),
            (Some(_), Some(Membership::NoChannel)) => (
                RefusalKind::Conflict,
                format!("Signoff can\u{2019}t see {name} any more. Invite it there with /invite. {without}"),
            ),
            (Some(_), None) => (
                RefusalKind::Conflict,
                format!("Slack did not say whether you are in {name}. Send it again, or {in_slack}."),
            ),
            (None, _) => (
                RefusalKind::Conflict,
                format!("the dialog is not in {name} yet. Send it again in a moment."),
            ),
        };
        let refused = Refused::new(kind, format!("{nothing}: {why}"));
        match membership {
            Some(Membership::NoChannel) if channel.is_some() && *is_for_admins => {
                Passage::AdminsOnly(refused)
            }
            _ => Passage::Refused(refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(channel: Option<&str>, words: &'static Words) -> Gate {
        Gate { channel: channel.map(str::to_owned), name: "#releases".to_owned(), words }
    }

    #[test]
    fn only_who_is_in_the_channel_is_let_through() {
        let told = |channel, words, membership| {
            let refused = gate(channel, words).passage(membership).refusal(false);
            refused.map(|Refused { text, kind }| (kind, text))
        };
        let refused = |kind, text: &str| Some((kind, text.to_owned()));
        let here = Some("C1");
        for words in [&VOTE, &ANSWER] {
            assert_eq!(told(here, words, Some(Membership::Member)), None);
        }
        for (channel, words, membership, kind, text) in [
            (
                here,
                &VOTE,
                Some(Membership::NotMember),
                RefusalKind::Forbidden,
                "Your click was not counted: only people in #releases can vote. Join the channel, or ask somebody who is in it.",
            ),
            (
                here,
                &ANSWER,
                Some(Membership::NotMember),
                RefusalKind::Forbidden,
                "Nothing was done: only people in #releases may act on this. Join the channel, or ask somebody who is in it.",
            ),
            (
                here,
                &VOTE,
                Some(Membership::TooMany),
                RefusalKind::Conflict,
                "Your click was not counted: too many people are in #releases to look for you among them. Please vote in Slack.",
            ),
            (
                here,
                &VOTE,
                Some(Membership::NoChannel),
                RefusalKind::Conflict,
                "Your click was not counted: Signoff can\u{2019}t see #releases any more. Invite it there with /invite. If the channel was deleted, name another one in the rules file and deploy again.",
            ),
            (
                here,
                &ANSWER,
                Some(Membership::NoChannel),
                RefusalKind::Conflict,
                "Nothing was done: Signoff can\u{2019}t see #releases any more. Invite it there with /invite. If the channel was deleted, ask an admin of Signoff to act on this.",
            ),
            (
                here,
                &ANSWER,
                None,
                RefusalKind::Conflict,
                "Nothing was done: Slack did not say whether you are in #releases. Send it again, or do it in Slack.",
            ),
            (
                None,
                &VOTE,
                None,
                RefusalKind::Conflict,
                "Your click was not counted: the dialog is not in #releases yet. Send it again in a moment.",
            ),
        ] {
            assert_eq!(told(channel, words, membership), refused(kind, text));
        }
        assert!(
            told(None, &VOTE, Some(Membership::Member)).is_some(),
            "nobody is in a channel that is not known"
        );
    }

    #[test]
    fn admin_acts_on_a_failure_whose_channel_is_gone() {
        for (words, membership, is_let_through) in [
            (&ANSWER, Some(Membership::NoChannel), true),
            (&ANSWER, Some(Membership::NotMember), false),
            (&ANSWER, Some(Membership::TooMany), false),
            (&ANSWER, None, false),
            (&VOTE, Some(Membership::NoChannel), false),
        ] {
            let passage = gate(Some("C1"), words).passage(membership);
            assert_eq!(passage.refusal(true).is_none(), is_let_through, "{words:?} {membership:?}");
        }
        assert!(gate(None, &ANSWER).passage(Some(Membership::NoChannel)).refusal(true).is_some());
    }
}
