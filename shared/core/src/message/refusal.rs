//! Answers to a person whose click changed nothing.

use super::pieces::{local_time, may_vote, mentions, sentence};
use crate::approval::{Closed, NoConfirmer, NoReviewer, Refusal, Review, Verdict};
use crate::mrkdwn::link;
use crate::run;

/// The answer to a person who clicked a button of an approval that is not on record.
pub const NO_SUCH_APPROVAL: &str =
    "Your click was not counted: this approval is no longer on record. Deploy again to ask again.";
/// The answer to a person who clicked a button of a run that is not on record.
pub const NO_SUCH_RUN: &str = "Nothing was done: this run is no longer on record.";

/// The answer to a person whose click changed nothing; `None`: there is nothing to tell.
pub fn refusal(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Repeated
        | Refusal::Replayed
        | Refusal::NotNow
        | Refusal::Closed(_)
        | Refusal::NotEligible(..)
        | Refusal::OtherSubject
        | Refusal::ReasonNeeded => {
            why_not_counted(refusal).map(|why| format!("Your click was not counted: {why}"))
        }
        Refusal::NoVote => Some("You have no vote to withdraw here.".to_owned()),
        Refusal::NotFrozen => Some("There is no freeze to lift.".to_owned()),
        Refusal::NotALifter(named) if named.is_empty() => {
            Some("Nobody can lift this freeze: the rule names nobody for it.".to_owned())
        }
        Refusal::NotALifter(named) => Some(format!("Only {} can lift this freeze.", mentions(named.iter()))),
        Refusal::NotABreaker(named) if named.is_empty() => {
            Some("Nobody can break the glass of this approval.".to_owned())
        }
        Refusal::NotABreaker(named) => {
            Some(format!("Only {} can break the glass here.", mentions(named.iter())))
        }
        Refusal::NoGlassNeeded => {
            Some("You cannot break the glass: enough people have already approved.".to_owned())
        }
        Refusal::NoReviewOwed => Some("There is nothing to review: nobody broke the glass here.".to_owned()),
        Refusal::Reviewed(review) => {
            let Review { by, at, .. } = &**review;
            Some(format!("Nothing was changed: <@{by}> reviewed this on {}.", local_time(*at)))
        }
        Refusal::NotAReviewer(why, people) => {
            let why = match why {
                NoReviewer::BrokeIt => "you broke the glass",
                NoReviewer::MadeSome => "you made some of the change, or you said who did",
                NoReviewer::NotNamed => "you cannot vote on this approval",
            };
            let who = if people.is_empty() {
                "Anyone else in the channel can, unless they made some of the change.".to_owned()
            } else {
                format!("Only {} may.", mentions(people.iter()))
            };
            Some(format!("Your review did not count: {why}. {who}"))
        }
        Refusal::NotAConfirmer(why) => {
            let why = match why {
                NoConfirmer::Outdated => "it was confirmed or changed in the meantime. Check it again.",
                NoConfirmer::OwnWord => "you said so yourself. Somebody else has to confirm it.",
                NoConfirmer::MadeSome => {
                    "you made some of the change. Somebody who made none of it has to confirm it."
                }
            };
            Some(format!("Nothing was confirmed: {why}"))
        }
        Refusal::NoQuorum => Some("There is nothing left to undo.".to_owned()),
    }
}

/// The reason why a vote does not count, as the end of a sentence; `None`: `refusal` is no reason of that
/// kind.
pub fn why_not_counted(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Closed(closed) => Some(how_it_ended(closed)),
        Refusal::NotEligible(verdict, electorate) => Some(match verdict {
            Verdict::Stranger => "only members of this app's workspace can vote, and your account belongs to another one (even in the same Enterprise Grid organization).".to_owned(),
            Verdict::Guest => "guests of the workspace cannot vote.".to_owned(),
            Verdict::Deactivated => "your account is deactivated.".to_owned(),
            Verdict::Bot => "only people can vote.".to_owned(),
            Verdict::OwnWord => {
                "nobody else has confirmed what you said on the page People about who made this.".to_owned()
            }
            Verdict::SetTheBase => {
                format!("you set the base of this change, so you cannot vote on it. {}", may_vote(electorate))
            }
            Verdict::OwnChange => {
                format!("you made some of this change. {}", may_vote(electorate))
            }
            Verdict::Eligible | Verdict::NotNamed | Verdict::BaseMoved => {
                let who = may_vote(electorate);
                let mut letters = who.chars();
                let first = letters.next().map(|first| first.to_lowercase().to_string());
                format!("{}{}", first.unwrap_or_default(), letters.as_str())
            }
        }),
        Refusal::OtherSubject => Some(
            "this button belongs to an older version of the change. Use the buttons of the current dialog."
                .to_owned(),
        ),
        Refusal::ReasonNeeded => Some("it needs a reason. Click again and add one.".to_owned()),
        Refusal::Repeated
        | Refusal::Replayed
        | Refusal::NotNow
        | Refusal::NoVote
        | Refusal::NoQuorum
        | Refusal::NotFrozen
        | Refusal::NotALifter(_)
        | Refusal::NotABreaker(_)
        | Refusal::NoGlassNeeded
        | Refusal::NoReviewOwed
        | Refusal::Reviewed(_)
        | Refusal::NotAReviewer(..)
        | Refusal::NotAConfirmer(_) => None,
    }
}

/// The end of an approval, as the end of a sentence.
fn how_it_ended(closed: &Closed) -> String {
    match closed {
        Closed::Approved { at } => format!("this was already approved on {}.", local_time(*at)),
        Closed::Rejected { at } => format!("this was already rejected on {}.", local_time(*at)),
        Closed::Expired { at } => format!("this expired on {}.", local_time(*at)),
        Closed::Superseded { by, .. } => {
            format!("this was superseded by {}. Vote on that one instead.", link(&by.url, &by.title))
        }
        Closed::Cancelled { at, by, reason } => {
            let by = by.as_ref().map(|by| format!(" by <@{by}>")).unwrap_or_default();
            format!("this was cancelled{by} on {}: {}", local_time(*at), sentence(reason))
        }
    }
}

/// The answer to a person who acted too late on a step's failure, or in a way that the step does not allow.
pub fn resolution_refused(refusal: run::Refusal) -> &'static str {
    match refusal {
        run::Refusal::Repeated => "Nothing was done: somebody was faster. Its line in the thread says who.",
        run::Refusal::OutOfTurn => "Nothing was done: this step does not allow that.",
        run::Refusal::AskedAgain => {
            "Nothing was done: this was asked again. Its actions run once the new approval is approved."
        }
        run::Refusal::ReasonNeeded => super::failure::SKIP_NEEDS_REASON,
        run::Refusal::NoSuchStep => NO_SUCH_RUN,
    }
}
