//! The electorate of an approval, and the verdict on each person who wants to vote.

use super::outline::WithoutRange;
use super::{Approval, Blocker, BreakerCheck, Breakers, Judged, Part, Refusal, Standing, Voter};
use crate::range_files::RangeFiles;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The people who may vote on an approval, and everything else that decides about its votes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Electorate {
    /// The Slack user IDs of the people who can vote; `None` if anyone in the channel can.
    pub people: Option<Vec<String>>,
    /// The people who can vote, in words ("the authors of this deploy").
    pub who: String,
    /// The Slack user IDs of people who can't vote because it is their own change.
    pub except: Vec<String>,
    /// Names of makers with only an e-mail address that nobody in Slack has. They keep nobody from voting.
    pub not_found: Vec<String>,
    /// The approvers that the rule names and that Slack does not have: e-mail addresses and user groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The user groups by which the rule names some of its approvers, as the rule names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The groups that must give some of the votes. If empty, any approver's vote counts.
    #[serde(default)]
    pub quotas: Vec<Quota>,
    /// The Slack user IDs of people who said on the People page who made this. They can't vote until somebody
    /// else confirms it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_word: Vec<String>,
    /// The address of the People page, where an admin can map people who were not found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people_page: Option<String>,
    /// The Slack user ids of the people who may lift the freeze, for each of its windows in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lift_freeze: Vec<Vec<String>>,
    /// The people and user groups that the freeze's windows name to lift it, and that Slack does not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_lifters: Vec<String>,
    /// The people who can break the glass; `None` if nobody can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glass: Option<Breakers>,
    /// The parts of the change by their makers. Each part needs the votes of other people. If empty, a vote
    /// counts for the whole change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The reasons why votes can't complete the approval.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<Blocker>,
    /// Ways in which the rule asks for less than the policy. While there are any, the actions after the
    /// approval don't run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub below_policy: Vec<String>,
    /// The facts about the range since the base that people read, also where only its outline was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judged>,
    /// True if the change is that of a proposed rules file: only the commits that changed that file count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_rules: bool,
    /// The reason why there is no range, where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_range: Option<WithoutRange>,
    /// The change's effects on files: of everything since the base, else of the deploy's own commits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<RangeFiles>,
}

/// A group that must give some of the votes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Quota {
    /// The people, as the rule names them.
    pub from: String,
    /// Their Slack user ids.
    pub people: Vec<String>,
    /// The number of votes.
    pub votes: u32,
}

/// The verdict on somebody who wants to vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// They may.
    Eligible,
    /// Their account is deactivated.
    Deactivated,
    /// They are a guest.
    Guest,
    /// They are of another workspace.
    Stranger,
    /// It is a program.
    Bot,
    /// They are not among those who may.
    NotNamed,
    /// They said on the People page who made this, and nobody else confirmed it.
    OwnWord,
    /// It is their own change.
    OwnChange,
    /// They set the base of the range.
    SetTheBase,
    /// Another revision was let through since they voted, and so they voted on another change.
    BaseMoved,
}

/// The look at the voters before the first action.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Check {
    /// The people who may vote now.
    pub electorate: Electorate,
    /// The voters who were looked up: Slack user id and verdict.
    pub voters: Vec<(String, Verdict)>,
    /// The base of the range that they judge now.
    pub base: Option<String>,
    /// The look at whoever broke the glass.
    pub breaker: Option<BreakerCheck>,
}

impl Electorate {
    /// Anyone in the channel.
    pub fn anyone() -> Self {
        Self {
            people: None,
            who: "anyone in the channel".to_owned(),
            except: Vec::new(),
            not_found: Vec::new(),
            missing: Vec::new(),
            groups: Vec::new(),
            quotas: Vec::new(),
            own_word: Vec::new(),
            people_page: None,
            lift_freeze: Vec::new(),
            missing_lifters: Vec::new(),
            glass: None,
            parts: Vec::new(),
            blocked: Vec::new(),
            below_policy: Vec::new(),
            judged: None,
            is_of_rules: false,
            without_range: None,
            files: None,
        }
    }

    /// True if somebody who made the change was not found in Slack.
    pub fn lacks_makers(&self) -> bool {
        !self.not_found.is_empty()
            || self.blocked.iter().any(|blocker| {
                matches!(
                    blocker,
                    Blocker::MakersNotFound { .. }
                        | Blocker::SaidNobodyHere(_)
                        | Blocker::MakersUntold { .. }
                )
            })
    }

    /// The members (Slack user ids) who may not vote because they made the change. An admin who set the base
    /// may not vote either, but is not among them.
    pub fn makers(&self) -> impl Iterator<Item = &String> {
        let set_base = |person: &String| self.judged.iter().flat_map(Judged::setters).any(|by| by == person);
        self.except.iter().filter(move |person| !set_base(person))
    }

    /// The verdict on the member `person` (a Slack user id).
    pub fn verdict(&self, person: &str) -> Verdict {
        let is = |id: &String| id == person;
        let made_part = || self.parts.iter().any(|part| part.makers.iter().any(is));
        let set_base = self.judged.iter().flat_map(Judged::setters).any(is);
        if set_base && !made_part() {
            Verdict::SetTheBase
        } else if self.except.iter().any(is) {
            Verdict::OwnChange
        } else if self.own_word.iter().any(is) {
            Verdict::OwnWord
        } else if self.people.as_ref().is_some_and(|people| !people.iter().any(is)) {
            Verdict::NotNamed
        } else {
            Verdict::Eligible
        }
    }
}

impl Verdict {
    /// The verdict by an account's standing alone.
    pub fn of(standing: Standing) -> Self {
        match standing {
            Standing::Member => Self::Eligible,
            Standing::Deactivated => Self::Deactivated,
            Standing::Guest => Self::Guest,
            Standing::Stranger => Self::Stranger,
            Standing::Bot => Self::Bot,
        }
    }
}

impl Approval {
    /// The verdict on the account of `voter`, as far as its standing is known.
    pub(super) fn account(&self, voter: &Voter) -> Verdict {
        if voter.workspace == self.workspace {
            voter.standing.map_or(Verdict::Eligible, Verdict::of)
        } else {
            Verdict::Stranger
        }
    }

    /// Checks that `voter` may vote, decide on a failed action that followed, or ask for the approval again.
    pub fn admit(&self, voter: &Voter) -> Result<(), Refusal> {
        let account = self.account(voter);
        let verdict = if account == Verdict::Eligible { self.electorate.verdict(&voter.id) } else { account };
        match verdict {
            Verdict::Eligible => Ok(()),
            Verdict::Deactivated
            | Verdict::Guest
            | Verdict::Stranger
            | Verdict::Bot
            | Verdict::NotNamed
            | Verdict::OwnWord
            | Verdict::OwnChange
            | Verdict::SetTheBase
            | Verdict::BaseMoved => Err(Refusal::NotEligible(verdict, Box::new(self.electorate.clone()))),
        }
    }
}
