//! Answers to a person whose click changed nothing.

use super::pieces::{local_time, may_vote, mentions, sentence};
use crate::approval::{NoConfirmer, NoReviewer, Refusal, Review, Status, Verdict};
use crate::mrkdwn::link;
use crate::run;

/// The answer to a person who clicked a button of an approval that is not on record.
pub const NO_SUCH_APPROVAL: &str =
    "Your click was not counted: this approval is not on record any more. Deploy again to be asked again.";
/// The answer to a person who clicked a button of a run that is not on record.
pub const NO_SUCH_RUN: &str = "Nothing was done: this run is not on record any more.";

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
        Refusal::NoVote => Some("You have no vote here that could be withdrawn.".to_owned()),
        Refusal::NotFrozen => {
            Some("There is no freeze to lift: nothing holds this back any more.".to_owned())
        }
        Refusal::NotALifter(named) if named.is_empty() => {
            Some("The freeze was not lifted: the rule names nobody who may.".to_owned())
        }
        Refusal::NotALifter(named) => {
            Some(format!("The freeze was not lifted: only {} may.", mentions(named.iter())))
        }
        Refusal::NotABreaker(named) if named.is_empty() => {
            Some("The glass was not broken: nobody may break the glass of this approval.".to_owned())
        }
        Refusal::NotABreaker(named) => {
            Some(format!("The glass was not broken: only {} may.", mentions(named.iter())))
        }
        Refusal::NoGlassNeeded => {
            Some("The glass was not broken: enough people approved already.".to_owned())
        }
        Refusal::NoReviewOwed => {
            Some("There is nothing to review: nothing went ahead here by a broken glass.".to_owned())
        }
        Refusal::Reviewed(review) => {
            let Review { by, at, .. } = &**review;
            Some(format!("Nothing was changed: <@{by}> reviewed this on {}.", local_time(*at)))
        }
        Refusal::NotAReviewer(why, people) => {
            let why = match why {
                NoReviewer::BrokeIt => "you broke the glass",
                NoReviewer::MadeSome => "you made some of the change, or said who did",
                NoReviewer::NotNamed => "you may not vote on this approval",
            };
            let who = if people.is_empty() {
                "Anyone else in the channel may, unless they made some of it.".to_owned()
            } else {
                format!("Only {} may.", mentions(people.iter()))
            };
            Some(format!("Your review was not recorded: {why}. {who}"))
        }
        Refusal::NotAConfirmer(why) => {
            let why = match why {
                NoConfirmer::Outdated => "it was confirmed or changed in the meantime. Look at it again.",
                NoConfirmer::OwnWord => "you said so yourself. Somebody else has to confirm it.",
                NoConfirmer::MadeSome => {
                    "you made some of the change. Somebody who made none of it has to confirm it."
                }
            };
            Some(format!("Nothing was confirmed: {why}"))
        }
        Refusal::NoQuorum => Some("There is nothing to undo any more.".to_owned()),
    }
}

/// The reason why a vote does not count, as the end of a sentence; `None`: `refusal` is no reason of that
/// kind.
pub fn why_not_counted(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Closed(status) => closed(status),
        Refusal::NotEligible(verdict, electorate) => Some(match verdict {
            Verdict::Stranger => {
                "only members of the workspace that this app belongs to may vote.".to_owned()
            }
            Verdict::Guest => "guests of the workspace may not vote.".to_owned(),
            Verdict::Deactivated => "your account is deactivated.".to_owned(),
            Verdict::Bot => "only people may vote.".to_owned(),
            Verdict::OwnWord => {
                "nobody else confirmed what you said on the page People of who made this.".to_owned()
            }
            Verdict::SetTheBase => {
                format!("whoever set the base of a range may not vote on it. {}", may_vote(electorate))
            }
            Verdict::OwnChange => {
                format!(
                    "this rule wants other eyes than those of who made the change. {}",
                    may_vote(electorate)
                )
            }
            Verdict::Eligible | Verdict::NotNamed | Verdict::BaseMoved => {
                let who = may_vote(electorate);
                let mut letters = who.chars();
                let first = letters.next().map(|first| first.to_lowercase().to_string());
                format!("{}{}", first.unwrap_or_default(), letters.as_str())
            }
        }),
        Refusal::OtherSubject => {
            Some("this button was made for another change than the one that is asked about now.".to_owned())
        }
        Refusal::ReasonNeeded => Some("it needs a reason. Click again, and say why.".to_owned()),
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

/// The outcome of an approval, as the end of a sentence; `None`: it is open.
fn closed(status: &Status) -> Option<String> {
    match status {
        Status::Pending | Status::Quorum { .. } => None,
        Status::Approved { at } => Some(format!("this was already approved on {}.", local_time(*at))),
        Status::Rejected { at } => Some(format!("this was already rejected on {}.", local_time(*at))),
        Status::Expired { at } => Some(format!("this expired on {}.", local_time(*at))),
        Status::Superseded { by, .. } => {
            Some(format!("this was superseded by {}. Vote on that one instead.", link(&by.url, &by.title)))
        }
        Status::Cancelled { at, by, reason } => {
            let by = by.as_ref().map(|by| format!(" by <@{by}>")).unwrap_or_default();
            Some(format!("this was cancelled{by} on {}: {}", local_time(*at), sentence(reason)))
        }
    }
}

/// The answer to a person who acted too late on a step's failure, or in a way that the step does not allow.
pub fn resolution_refused(refusal: run::Refusal) -> &'static str {
    match refusal {
        run::Refusal::Repeated => {
            "Nothing was done: somebody dealt with this before. Its line in the thread shows it."
        }
        run::Refusal::OutOfTurn => "Nothing was done: that can\u{2019}t be done about this step.",
        run::Refusal::AskedAgain => {
            "Nothing was done: this was asked again, and its actions run once that is approved."
        }
        run::Refusal::ReasonNeeded => super::failure::SKIP_NEEDS_REASON,
        run::Refusal::NoSuchStep => NO_SUCH_RUN,
    }
}
