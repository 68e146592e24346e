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

/// The words of a refusal at the gate.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    nothing: &'static str,
    may: &'static str,
    in_slack: &'static str,
}

const VOTE: Words =
    Words { nothing: "Your click was not counted", may: "can vote", in_slack: "vote in Slack" };
const ANSWER: Words =
    Words { nothing: "Nothing was done", may: "may act on this", in_slack: "do it in Slack" };

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

    /// The refusal of a request by somebody with this `membership` of the channel (`None`: Slack did not
    /// say); `None`: they are in it.
    pub fn refuses(&self, membership: Option<Membership>) -> Option<Refused> {
        let Self { channel, name, words: Words { nothing, may, in_slack } } = self;
        let (kind, why) = match (channel, membership) {
            (Some(_), Some(Membership::Inside)) => return None,
            (Some(_), Some(Membership::Outside)) => (
                RefusalKind::Forbidden,
                format!("only people in {name} {may}. Join the channel, or ask somebody who is in it."),
            ),
            (Some(_), Some(Membership::TooMany)) => (
                RefusalKind::Conflict,
                format!("too many people are in {name} to look for you among them. Please {in_slack}."),
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
        Some(Refused::new(kind, format!("{nothing}: {why}")))
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
            gate(channel, words).refuses(membership).map(|Refused { text, kind }| (kind, text))
        };
        let refused = |kind, text: &str| Some((kind, text.to_owned()));
        let here = Some("C1");
        for words in [&VOTE, &ANSWER] {
            assert_eq!(told(here, words, Some(Membership::Inside)), None);
        }
        for (channel, words, membership, kind, text) in [
            (
                here,
                &VOTE,
                Some(Membership::Outside),
                RefusalKind::Forbidden,
                "Your click was not counted: only people in #releases can vote. Join the channel, or ask somebody who is in it.",
            ),
            (
                here,
                &ANSWER,
                Some(Membership::Outside),
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
            told(None, &VOTE, Some(Membership::Inside)).is_some(),
            "nobody is in a channel that is not known"
        );
    }
}
