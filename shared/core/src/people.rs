//! People: the Slack member that a git account or an e-mail address belongs to, the person who said so, and
//! the confirmation that makes it count.
//!
//! An admin's statement counts once somebody else confirmed it: the member, by a button in a direct message,
//! or another admin. It only ever adds a maker of a change. While a statement that names another member than
//! before waits, nobody is found by the entry, and the former member is still kept from voting. A removal,
//! and a statement that names nobody, leave the confirmed statement in force until they are confirmed
//! themselves. People who may vote on an approval can also confirm for it alone that an account has no member
//! here ([`crate::approval::NobodyConfirmed`]).

mod handle;

pub use handle::{Ci, CiUser, Handle, Host, Role};

use crate::effect::{EffectKind, Others};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most changes of an entry that are kept with it, the newest ones.
const MOST_LINES: usize = 20;

/// A kind of account that belongs to no Slack member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nobody {
    /// Somebody who left.
    Left,
    /// A contributor from outside.
    Outside,
    /// An assistant that writes code.
    Assistant,
    /// A bot, whose signed commits have no maker.
    Bot,
}

/// Somebody who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct By {
    /// The Slack user id.
    pub id: String,
    /// The name at that time.
    pub name: String,
    /// The time.
    pub at: Timestamp,
}

/// Something that is said of a handle.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Claim {
    /// It belongs to a Slack member.
    Member {
        /// The Slack user id.
        id: String,
        /// The name at that time.
        name: String,
    },
    /// It belongs to nobody in this workspace.
    NobodyHere {
        /// The kind.
        kind: Nobody,
        /// The reason.
        reason: String,
    },
    /// It is to be removed from the list.
    Removed,
}

/// A claim, and the people behind it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Statement {
    /// The claim.
    pub claim: Claim,
    /// The admin who made it; `None`: it comes with Signoff.
    pub said: Option<By>,
    /// The member or the other admin who confirmed it.
    pub confirmed: Option<By>,
}

/// Something that happened to an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// The person and the time.
    pub by: By,
    /// The thing itself.
    pub did: Did,
}

/// A change of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Did {
    /// Made this claim.
    Say {
        /// The claim.
        claim: Claim,
    },
    /// Confirmed this claim.
    Confirm {
        /// The claim.
        claim: Claim,
    },
    /// Said that the account is not theirs.
    Decline {
        /// The claim.
        claim: Claim,
    },
}

/// An entry of the list: a handle and everything that is said of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// The account or the address.
    pub handle: Handle,
    /// The name that people know it by, such as the login.
    pub name: String,
    /// The statement in force.
    pub counts: Option<Statement>,
    /// The statement that waits to be confirmed.
    pub waits: Option<Statement>,
    /// The newest changes, oldest first.
    pub history: Vec<Line>,
    /// Grows by one with each change; 0: not on record yet.
    pub version: u64,
}

/// The use of an entry for a maker of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Nothing is known, or nothing that is confirmed.
    Unknown {
        /// The member whom a statement in force named, and whom one that waits would replace.
        kept: Option<&'a str>,
    },
    /// It belongs to this member.
    Member {
        /// The Slack user id.
        id: &'a str,
    },
    /// It belongs to nobody in this workspace.
    NobodyHere {
        /// The kind.
        kind: Nobody,
    },
}

/// The reason why somebody can't confirm or decline a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No statement waits, or another one than was shown.
    Outdated,
    /// They made the statement themselves.
    OwnWord,
    /// The statement takes an account away from them.
    OwnAccount,
    /// It names another member.
    NotYours,
    /// The account counts as another member's, and they are the one whom it names now.
    OfAnother,
}

impl Refusal {
    /// The reason and the way out, for the person who is refused.
    pub fn text(self) -> &'static str {
        match self {
            Self::Outdated => "It was changed or confirmed in the meantime. Look at it again.",
            Self::OwnWord => "You said so yourself. Another admin, or the member, has to confirm it.",
            Self::OwnAccount => "It is your own account until somebody else confirms this.",
            Self::NotYours => "Only the member whom it names can answer this.",
            Self::OfAnother => {
                "The account is another member\u{2019}s until an admin confirms this who is neither of you and did not say it."
            }
        }
    }
}

impl Nobody {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Left, Self::Outside, Self::Assistant, Self::Bot];

    /// Its name in forms and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Outside => "outside",
            Self::Assistant => "assistant",
            Self::Bot => "bot",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Left => "Left",
            Self::Outside => "Outside contributor",
            Self::Assistant => "Assistant",
            Self::Bot => "Bot",
        }
    }
}

impl Entry {
    /// A handle of which nothing is on record. GitHub's own numbers of Dependabot and Renovate are listed
    /// bots from the start.
    ///
    /// Source: <https://api.github.com/user/49699333>, <https://api.github.com/user/29139614>.
    pub fn new(handle: Handle) -> Self {
        let known = match handle {
            Handle::Account { host: Host::Github, id: 49_699_333 } => Some("dependabot[bot]"),
            Handle::Account { host: Host::Github, id: 29_139_614 } => Some("renovate[bot]"),
            Handle::Account { host: Host::Github, .. }
            | Handle::Email { .. }
            | Handle::CiUser(_)
            | Handle::PullRequest { .. } => None,
        };
        let bot =
            || Claim::NobodyHere { kind: Nobody::Bot, reason: "It is on the list from the start".to_owned() };
        let counts = known.map(|_| Statement { claim: bot(), said: None, confirmed: None });
        let name = known.unwrap_or_default().to_owned();
        Self { handle, name, counts, waits: None, history: Vec::new(), version: 0 }
    }

    /// The handles that are listed from the start.
    pub fn built_in() -> [Self; 2] {
        [49_699_333, 29_139_614].map(|id| Self::new(Handle::Account { host: Host::Github, id }))
    }

    /// The newest statement, in force or not.
    pub fn newest(&self) -> Option<&Statement> {
        self.waits.as_ref().or(self.counts.as_ref())
    }

    /// True if nothing is said of the handle any more.
    pub fn is_removed(&self) -> bool {
        self.newest().is_none()
    }

    /// The entry after `by` made `claim` of the handle that they call `name`. A claim that is in force
    /// already takes back the statement that waits. `None`: it would change nothing.
    pub fn say(&self, name: &str, claim: Claim, by: By) -> Option<Self> {
        let mut next = self.clone();
        next.name = name.to_owned();
        let newest = self.newest().map(|statement| &statement.claim);
        let same = match (newest, &claim) {
            (Some(Claim::Member { id, .. }), Claim::Member { id: said, .. }) => id == said,
            (Some(newest), said) => newest == said,
            (None, said) => *said == Claim::Removed,
        };
        if same {
            return (next.name != self.name).then_some(next);
        }
        next.waits = None;
        let in_force = self.counts.as_ref().map(|statement| &statement.claim);
        match (&claim, in_force) {
            (Claim::Removed, Some(Claim::Member { .. })) => {
                next.waits = Some(Statement::new(claim.clone(), &by))
            }
            (Claim::Removed, _) => next.counts = None,
            (Claim::Member { id, .. }, Some(Claim::Member { id: counts, .. })) if id == counts => {}
            (claim, Some(counts)) if claim == counts => {}
            (claim, _) => next.waits = Some(Statement::new(claim.clone(), &by)),
        }
        next.note(by, Did::Say { claim });
        Some(next)
    }

    /// The entry after the member whom the waiting statement names confirmed it. `version`: of the entry that
    /// they were shown. Their word alone takes the account from no other member.
    pub fn confirm_as_member(&self, version: u64, by: By) -> Result<Self, Refusal> {
        self.own(version, &by)?;
        if self.replaces_another() {
            return Err(Refusal::OfAnother);
        }
        self.confirmed(by)
    }

    /// True if the account counts as one member's, and another one is to take their place.
    pub fn replaces_another(&self) -> bool {
        let member =
            |statement: &Option<Statement>| statement.as_ref().and_then(Statement::member).map(str::to_owned);
        member(&self.counts).zip(member(&self.waits)).is_some_and(|(counts, waits)| counts != waits)
    }

    /// The entry after the admin `by` confirmed the waiting statement. `version`: of the entry that they were
    /// shown.
    pub fn confirm_as_admin(&self, version: u64, by: By) -> Result<Self, Refusal> {
        let waits = self.waiting(version)?;
        let counts = self.counts.as_ref().map(|statement| &statement.claim);
        let is = |claim: &Claim| matches!(claim, Claim::Member { id, .. } if *id == by.id);
        if is(&waits.claim) && self.replaces_another() {
            return Err(Refusal::OfAnother);
        } else if is(&waits.claim) {
            // The member may say so, whoever said it first.
        } else if waits.said.as_ref().is_none_or(|said| said.id == by.id) {
            return Err(Refusal::OwnWord);
        } else if counts.is_some_and(is) {
            return Err(Refusal::OwnAccount);
        }
        self.confirmed(by)
    }

    /// The entry after the member whom the waiting statement names said that the account is not theirs.
    pub fn decline(&self, version: u64, by: By) -> Result<Self, Refusal> {
        let claim = self.own(version, &by)?.claim.clone();
        let mut next = Self { waits: None, ..self.clone() };
        next.note(by, Did::Decline { claim });
        Ok(next)
    }

    /// The use of it for a maker of a change.
    pub fn standing(&self) -> Standing<'_> {
        let counts = self.counts.as_ref();
        let (member, replaces) = (
            counts.and_then(Statement::member),
            self.waits.as_ref().is_some_and(|waits| waits.member().is_some()),
        );
        match counts {
            Some(statement) if !replaces => match &statement.claim {
                Claim::Member { id, .. } => Standing::Member { id },
                Claim::NobodyHere { kind, .. } => Standing::NobodyHere { kind: *kind },
                Claim::Removed => Standing::Unknown { kept: None },
            },
            Some(_) | None => Standing::Unknown { kept: member },
        }
    }

    /// The statement that waits and that people who may vote can confirm for one approval: it says that the
    /// handle has no member here, and no other statement counts yet. Only an admin puts a bot on the list.
    pub fn nobody_here_waits(&self) -> Option<(&Statement, Nobody, &str)> {
        let waits = self.waits.as_ref().filter(|_| self.counts.is_none())?;
        match &waits.claim {
            Claim::NobodyHere { kind, reason } if *kind != Nobody::Bot => Some((waits, *kind, reason)),
            Claim::NobodyHere { .. } | Claim::Member { .. } | Claim::Removed => None,
        }
    }

    /// The effect that follows once this entry is on record: it asks the member whom the waiting statement
    /// names. If the handle's member is known, or people who may vote can confirm the statement, blocked
    /// approvals are judged again.
    pub fn follows(&self) -> Option<EffectKind> {
        if self.waits.as_ref().and_then(Statement::member).is_some() {
            let (handle, version) = (self.handle.clone(), self.version + 1);
            return Some(EffectKind::AskMember { handle, version, at: None });
        }
        match self.standing() {
            Standing::Member { .. } | Standing::NobodyHere { .. } => {
                Some(EffectKind::judge_others(Others::Blocked))
            }
            Standing::Unknown { .. } => {
                self.nobody_here_waits().map(|_| EffectKind::judge_others(Others::Blocked))
            }
        }
    }

    fn waiting(&self, version: u64) -> Result<&Statement, Refusal> {
        self.waits.as_ref().filter(|_| self.version == version).ok_or(Refusal::Outdated)
    }

    fn own(&self, version: u64, by: &By) -> Result<&Statement, Refusal> {
        let waits = self.waiting(version)?;
        if waits.member() == Some(by.id.as_str()) { Ok(waits) } else { Err(Refusal::NotYours) }
    }

    fn confirmed(&self, by: By) -> Result<Self, Refusal> {
        let mut next = self.clone();
        let statement = next.waits.take().ok_or(Refusal::Outdated)?;
        let claim = statement.claim.clone();
        let removed = claim == Claim::Removed;
        next.counts = (!removed).then(|| Statement { confirmed: Some(by.clone()), ..statement });
        next.note(by, Did::Confirm { claim });
        Ok(next)
    }

    fn note(&mut self, by: By, did: Did) {
        self.history.push(Line { by, did });
        let surplus = self.history.len().saturating_sub(MOST_LINES);
        self.history.drain(..surplus);
    }
}

impl Statement {
    fn new(claim: Claim, by: &By) -> Self {
        Self { claim, said: Some(by.clone()), confirmed: None }
    }

    /// The member whom it names.
    pub fn member(&self) -> Option<&str> {
        match &self.claim {
            Claim::Member { id, .. } => Some(id),
            Claim::NobodyHere { .. } | Claim::Removed => None,
        }
    }

    /// The person who made it, unless somebody else confirmed it: they may not vote on what needs it.
    pub fn only_by(&self) -> Option<&str> {
        let said = self.said.as_ref()?;
        let others = self.confirmed.as_ref().is_some_and(|confirmed| confirmed.id != said.id);
        (!others).then_some(said.id.as_str())
    }
}

#[cfg(test)]
mod tests;
