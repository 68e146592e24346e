//! The range that an approval judges: the parts that each vote counts for, and the blockers.

use super::parts::parts;
use super::{Electorate, SaidNobody, Verdict};
use crate::action::ApprovalSpec;
use crate::base::{Base, Passed};
use crate::people::Handle;
use crate::range::Direction;
use crate::shares::{Changes, Held, Named};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Commits and pull requests that the same members made: a vote counts for it unless it is one of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Their Slack user ids.
    pub makers: Vec<String>,
    /// The number of commits.
    pub commits: u32,
    /// The number of pull requests that they merged.
    pub pull_requests: u32,
    /// The title of one of them.
    pub title: String,
}

/// A reason why votes can't complete the approval until somebody resolves it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Blocker {
    /// No approval has let anything through to this place yet.
    NoBase,
    /// The source host no longer has the base.
    BaseLost {
        /// The base.
        base: String,
    },
    /// An admin set a base that the revision does not follow from.
    BaseRefused {
        /// The base.
        base: String,
        /// The admin (a Slack user id).
        by: String,
    },
    /// The revision and the base have no commit in common.
    Unrelated {
        /// The base.
        base: String,
    },
    /// The range is beyond what is read or kept, so that another reading says the same.
    TooLarge {
        /// The missing parts and the reason, one sentence each.
        missing: Vec<String>,
    },
    /// Signoff could not read the whole range.
    Incomplete {
        /// The missing parts and the reason, one sentence each.
        missing: Vec<String>,
    },
    /// Some makers of the change were not found in Slack.
    MakersNotFound {
        /// The names of people.
        names: Vec<String>,
        /// The names of programs that did more than stand in lines of co-authors.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        programs: Vec<String>,
        /// The names of programs that act for people whom the source host did not name: a run's own token,
        /// and the merge queue. Nobody can map them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tokens: Vec<String>,
        /// The names of listed bots that had a hand in more than their own signed commits.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        bots: Vec<String>,
    },
    /// An admin said that a maker has no member here, and nobody else has confirmed it yet.
    SaidNobodyHere(SaidNobody),
    /// Neither the source host nor the CI says who did something, so no admin can map them either.
    MakersUntold {
        /// The things that nobody can be named for, such as "who opened #7".
        what: Vec<String>,
    },
    /// No account is known for some commits.
    NotVouched {
        /// The first few of them.
        commits: Vec<String>,
        /// The total number of them.
        count: u32,
    },
    /// Some commits have no valid signature.
    NotVerified {
        /// The first few of them.
        commits: Vec<String>,
        /// The total number of them.
        count: u32,
    },
    /// Slack lacks some approvers that the rule names, and the others can't give enough votes.
    ApproversMissing {
        /// The approvers, as the rule names them.
        names: Vec<String>,
        /// The number of votes that are missing even if everyone approves.
        needed: u32,
    },
    /// Too few of the people who can vote did not make the change.
    NobodyLeft {
        /// The people who can vote, in words.
        who: String,
        /// The Slack user IDs of the makers of the part that lacks the most votes.
        makers: Vec<String>,
        /// The number of votes that this part lacks even if everyone approves.
        needed: u32,
    },
    /// The rules file in force can't be read, so nobody knows who may vote on another one.
    RulesUnread,
}

impl Blocker {
    /// People among the makers have no Slack member: these `names`.
    pub fn not_found(names: Vec<String>) -> Self {
        Self::MakersNotFound { names, programs: Vec::new(), tokens: Vec::new(), bots: Vec::new() }
    }

    /// True if too few approvers are left.
    pub fn is_lack_of_people(&self) -> bool {
        match self {
            Self::ApproversMissing { .. } | Self::NobodyLeft { .. } => true,
            Self::NoBase
            | Self::BaseLost { .. }
            | Self::BaseRefused { .. }
            | Self::Unrelated { .. }
            | Self::TooLarge { .. }
            | Self::Incomplete { .. }
            | Self::MakersNotFound { .. }
            | Self::SaidNobodyHere(_)
            | Self::MakersUntold { .. }
            | Self::NotVouched { .. }
            | Self::NotVerified { .. }
            | Self::RulesUnread => false,
        }
    }
}

/// The facts about a range that people read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// The revision where it starts.
    pub base: String,
    /// The time at which the base was let through, or set.
    pub since: Timestamp,
    /// The admin who set it (a Slack user id).
    pub set_by: Option<String>,
    /// True if a broken glass let the base through, and nobody reviewed it yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_glass: bool,
    /// The direction from the base to the revision.
    pub direction: Direction,
    /// The number of commits that it adds.
    pub added: u32,
    /// The number of commits that it takes out.
    pub removed: u32,
    /// The further commits that count, where it goes back or away to a revision that was never let through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// True if it goes back to a revision that was let through lately, so that nobody is kept from voting.
    pub has_no_makers: bool,
    /// True if listed bots alone made it.
    pub is_of_bots: bool,
    /// Makers without a Slack member, which the rule allows, by name.
    pub allowed: Vec<String>,
}

impl Judged {
    /// The admins who set a base that it starts at (Slack user ids).
    pub fn setters(&self) -> impl Iterator<Item = &String> {
        self.set_by.iter().chain(self.held.iter().filter_map(|held| held.set_by.as_ref()))
    }
}

/// The Slack account of a maker, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// These members (Slack user ids); one at least.
    Found(Vec<String>),
    /// Somebody of whom it is confirmed that they are not here.
    NobodyHere,
    /// Somebody of whom an admin says that they are not here, and nobody else confirmed it.
    SaidNobodyHere(SaidNobody),
    /// A program on the list of bots, as far as the source host's signature is on its commits.
    Bot,
    /// A program on that list that had a hand in something else, such as somebody's commit or the start of a
    /// run.
    BotWithoutSignature,
    /// Nobody knows.
    NotFound,
}

impl Electorate {
    /// This electorate for the range from `base` that came to `changes`, as `spec` judges it at `now`.
    ///
    /// `members` are its makers in Slack, by their index. Without `changes` the range is not known, and
    /// `unknown` says why.
    pub fn judging(
        mut self,
        spec: &ApprovalSpec,
        base: &Base,
        changes: Result<(&Changes, &[Member]), Blocker>,
        now: Timestamp,
    ) -> Self {
        if !spec.judges_range() {
            return self;
        }
        let head = changes.as_ref().map(|(known, _)| known.head.as_str());
        let start = match head {
            Ok(head) => base.judged_from(!spec.self_approval, head),
            Err(_) => base.start(!spec.self_approval),
        };
        self.except.extend(start.and_then(|start| start.set_by.clone()));
        let (changes, members) = match (start, changes) {
            (None, _) => return self.blocked_by(Blocker::NoBase),
            (Some(_), Err(blocker)) => return self.blocked_by(blocker),
            (Some(start), Ok(known)) => match &start.set_by {
                // An admin's word is no approval: it can only say what was there before.
                Some(by) if known.0.direction != Direction::Forward => {
                    let (base, by) = (start.revision.clone(), by.clone());
                    return self.blocked_by(Blocker::BaseRefused { base, by });
                }
                Some(_) | None => known,
            },
        };
        self.except.extend(changes.held.as_ref().and_then(|held| held.set_by.clone()));
        let has_no_makers = changes.direction == Direction::Rollback
            && changes.added == 0
            && changes.missing.is_empty()
            && !spec.range.rollback_four_eyes
            && base.was_let_through(&changes.head, now);
        if !changes.missing.is_empty() {
            let missing = changes.missing.clone();
            self.blocked.push(match changes.is_too_large {
                true => Blocker::TooLarge { missing },
                false => Blocker::Incomplete { missing },
            });
        }
        if spec.range.verified_commits {
            let Named { first, count } = unverified(changes, members);
            self.blocked.extend((count > 0).then_some(Blocker::NotVerified { commits: first, count }));
        }
        let mut allowed = Vec::new();
        if !spec.self_approval && !has_no_makers {
            let Named { first, count } = changes.unvouched.clone();
            self.blocked.extend((count > 0).then_some(Blocker::NotVouched { commits: first, count }));
            let NotFound { accounts, programs, tokens, bots, addresses, untold, said } =
                not_found(changes, members);
            self.not_found.extend(addresses);
            let accounts_of = accounts.len() + programs.len() + tokens.len() + bots.len();
            if spec.range.allow_unknown_makers {
                let said = said.into_iter().map(|said| said.name);
                let all = accounts.into_iter().chain(programs).chain(tokens).chain(bots);
                allowed = all.chain(said).chain(untold).collect();
                self.blocked.extend(unread(changes, members));
            } else {
                let not_found = Blocker::MakersNotFound { names: accounts, programs, tokens, bots };
                self.blocked.extend((accounts_of > 0).then_some(not_found));
                self.blocked.extend(said.into_iter().map(Blocker::SaidNobodyHere));
                self.blocked.extend((!untold.is_empty()).then_some(Blocker::MakersUntold { what: untold }));
            }
            let (parts, too_many) = parts(changes, members);
            self.parts = parts;
            self.blocked.extend(too_many);
            self.except.extend(makers_of_all(&self.parts));
        }
        self.except.sort();
        self.except.dedup();
        let Passed { revision, at, set_by, by_glass, .. } =
            start.cloned().unwrap_or_else(|| Passed::new(&changes.base, changes.read_at));
        self.judged = Some(Judged {
            base: revision,
            since: at,
            set_by,
            by_glass,
            direction: changes.direction,
            added: changes.added,
            removed: changes.removed,
            held: changes.held.clone(),
            has_no_makers,
            is_of_bots: changes.is_of_bots && is_of_listed_bots(changes, members),
            allowed,
        });
        self
    }

    /// This electorate, blocked where Slack does not have all approvers and the others can't give the
    /// `required` votes, whoever made the change.
    pub fn with_those_found(mut self, required: u32) -> Self {
        let Some(people) = self.people.as_ref().filter(|_| !self.missing.is_empty()) else { return self };
        let found: Vec<&str> = people.iter().map(String::as_str).collect();
        let whole = Self { parts: Vec::new(), ..self.clone() };
        let needed = whole.tally(&found, required).needed;
        let names = self.missing.clone();
        self.blocked.extend((needed > 0).then_some(Blocker::ApproversMissing { names, needed }));
        self
    }

    /// This electorate, blocked where those who may vote and did not make the change can't give the
    /// `required` votes. If anyone in a channel may vote, nobody knows who is left, and this never blocks.
    pub fn with_those_left(mut self, required: u32) -> Self {
        let Some(named) = &self.people else { return self };
        let is_told =
            |blocker: &Blocker| blocker.is_lack_of_people() || matches!(blocker, Blocker::RulesUnread);
        if self.blocked.iter().any(is_told) {
            return self;
        }
        let may: Vec<&str> = named
            .iter()
            .filter(|person| self.verdict(person) == Verdict::Eligible)
            .map(String::as_str)
            .collect();
        let lacks = |part: &Part| self.tally_part(part, &may, required).needed;
        let most = self.parts.iter().map(|part| (lacks(part), part.makers.as_slice()));
        let most = most.max_by_key(|(needed, _)| *needed);
        let (needed, makers) =
            most.unwrap_or_else(|| (self.tally(&may, required).needed, self.except.as_slice()));
        let (who, makers) = (self.who.clone(), makers.to_vec());
        self.blocked.extend((needed > 0).then_some(Blocker::NobodyLeft { who, makers, needed }));
        self
    }

    fn blocked_by(mut self, blocker: Blocker) -> Self {
        self.blocked.push(blocker);
        self
    }
}

/// The makers that are not found in Slack.
struct NotFound {
    /// The names of those that an account or another handle stands for.
    accounts: Vec<String>,
    /// The names of programs at work.
    programs: Vec<String>,
    /// The names of programs that act for people, and that nobody can map.
    tokens: Vec<String>,
    /// The names of listed bots that had a hand in more than their own signed commits.
    bots: Vec<String>,
    /// The names of those of whom only an address is known.
    addresses: Vec<String>,
    /// The things that somebody did of whom nothing is known.
    untold: Vec<String>,
    /// Statements of admins about them that nobody else confirmed.
    said: Vec<SaidNobody>,
}

fn not_found(changes: &Changes, members: &[Member]) -> NotFound {
    let (mut accounts, mut addresses, mut untold) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut programs, mut tokens, mut bots) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut said: Vec<SaidNobody> = Vec::new();
    for (index, maker) in changes.makers.iter().enumerate() {
        let login = maker.account.as_ref().map(|account| account.login.as_str());
        let is_token = maker.account.as_ref().is_some_and(|account| {
            account.is_run_token()
                || account.is_merge_queue()
                || Handle::github(account.id).stands_for_people()
        });
        let handle = maker.handle.as_ref().map(ToString::to_string);
        let name = match (login.or(handle.as_deref()), maker.emails.first()) {
            (Some(handle), _) if *handle != maker.name && !maker.name.is_empty() => {
                format!("{} ({handle})", maker.name)
            }
            (Some(handle), _) => handle.to_owned(),
            (None, Some(email)) => format!("{} <{email}>", maker.name),
            (None, None) => maker.name.clone(),
        };
        match members.get(index).unwrap_or(&Member::NotFound) {
            Member::Found(_) | Member::NobodyHere | Member::Bot => {}
            Member::SaidNobodyHere(_) if login.is_none() && !maker.is_untold => {
                addresses.insert(name);
            }
            Member::SaidNobodyHere(known) => {
                let known = SaidNobody { name, ..known.clone() };
                if !said.contains(&known) {
                    said.push(known);
                }
            }
            Member::NotFound | Member::BotWithoutSignature if is_token => {
                tokens.insert(name);
            }
            // A member who takes its place on the list would be the maker of its own commits too.
            Member::BotWithoutSignature => {
                bots.insert(name);
            }
            // Once two admins listed it as a bot, it is found.
            Member::NotFound if maker.is_program_at_work() && !maker.is_signed_bot => {
                programs.insert(name);
            }
            Member::NotFound if login.is_some() || handle.is_some() => {
                accounts.insert(name);
            }
            Member::NotFound if !maker.is_untold => {
                addresses.insert(name);
            }
            Member::NotFound if maker.emails.is_empty() => {
                untold.insert(name);
            }
            Member::NotFound => {
                accounts.insert(name);
            }
        }
    }
    let all = |names: BTreeSet<String>| names.into_iter().collect();
    NotFound {
        accounts: all(accounts),
        programs: all(programs),
        tokens: all(tokens),
        bots: all(bots),
        addresses: all(addresses),
        untold: all(untold),
        said,
    }
}

/// The commits without a valid signature, those of programs among them that are not on the list of bots.
fn unverified(changes: &Changes, members: &[Member]) -> Named {
    let is_listed = |maker: usize| members.get(maker).is_some_and(|member| *member == Member::Bot);
    let others = changes.of_bots.iter().filter(|of| !is_listed(of.maker)).map(|of| &of.commits);
    others.fold(changes.unverified.clone(), Named::and)
}

/// True if every program among the makers is on the list of bots. The people who started their runs don't
/// matter.
fn is_of_listed_bots(changes: &Changes, members: &[Member]) -> bool {
    let mut programs = changes.makers.iter().zip(members).filter(|(maker, _)| maker.is_signed_bot);
    programs.all(|(_, member)| *member == Member::Bot)
}

/// The blocker for makers who were not found and whose public profiles were not read: they may have a Slack
/// member. `None`: there are none.
fn unread(changes: &Changes, members: &[Member]) -> Option<Blocker> {
    let is_not_found = |index: usize| match members.get(index) {
        None | Some(Member::NotFound | Member::SaidNobodyHere(_) | Member::BotWithoutSignature) => true,
        Some(Member::Found(_) | Member::NobodyHere | Member::Bot) => false,
    };
    let unread =
        changes.makers.iter().enumerate().filter(|(index, maker)| maker.is_unread && is_not_found(*index));
    let names: Vec<&str> = unread.map(|(_, maker)| maker.name.as_str()).collect();
    let missing = format!(
        "GitHub did not tell the public e-mail addresses of these makers: {}. Map them on the People page.",
        names.join(", ")
    );
    (!names.is_empty()).then(|| Blocker::Incomplete { missing: vec![missing] })
}

/// Those who made something of each part: their vote would count for nothing.
fn makers_of_all(parts: &[Part]) -> Vec<String> {
    let Some((first, others)) = parts.split_first() else { return Vec::new() };
    let in_all = |maker: &&String| others.iter().all(|part| part.makers.contains(maker));
    first.makers.iter().filter(in_all).cloned().collect()
}
