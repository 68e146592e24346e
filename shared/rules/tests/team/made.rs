//! The changes that a team makes, and the people behind each name, as the team itself knows them.

use std::collections::BTreeSet;

/// The number of people in the team.
pub const PEOPLE: u64 = 4;

/// A name that the source host shows of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The account of a person of the team.
    Account(u64),
    /// The second account of one, which the People page alone knows.
    SecondAccount(u64),
    /// The address of one, without an account.
    Address(u64),
    /// The second address of one, which the People page alone knows, without an account. They may have taken
    /// it off their account after they wrote with it.
    SecondAddress(u64),
    /// The account of somebody who left.
    Left,
    /// The account of somebody whom nobody knows.
    Stranger,
    /// An address that is nobody's.
    NoAddress,
}

/// The signature on a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    No,
    ByAuthor,
    /// The host signed what its author wrote on its page.
    ByHost,
}

/// A commit of somebody.
#[derive(Clone, Debug)]
pub struct Commit {
    pub author: Name,
    pub co_author: Option<Name>,
    /// The account that pushed it, where the host tells it.
    pub pusher: Option<Name>,
    pub signed: Signed,
}

/// Whoever merged a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merger {
    /// Somebody by their account.
    Account(Name),
    /// A run's own token, for the person who turned on auto-merge, where somebody did.
    Token { asked_by: Option<u64> },
    /// The merge queue, for whoever queued it last, where that account is not deleted. Somebody may have
    /// queued it before, and taken it out again.
    Queue { asked_by: Option<u64>, earlier: Option<u64> },
    /// Somebody whose account is deleted, while a person's auto-merge was on.
    Gone { asked_by: Option<u64> },
}

/// A change of the trunk.
#[derive(Clone, Debug)]
pub enum Change {
    /// A commit by itself.
    Pushed(Commit),
    /// A commit that a pull request brought as it was.
    Merged { commit: Commit, opener: Name, merger: Merger },
    /// The commit that a squash made of those of a branch.
    Squashed { branch: Vec<Commit>, opener: Name, merger: Merger },
    /// A program's own pull request of one commit.
    Program {
        /// True if the program is a bot on the People page.
        is_listed: bool,
        /// True if the host's signature is on the commit.
        is_signed: bool,
        asked_by: Option<u64>,
        more_asked_by: Option<Name>,
        /// Somebody who resolved conflicts of its branch on the host's page, with any text. Then it was
        /// squashed.
        resolved_by: Option<Name>,
        merger: Merger,
    },
}

/// The People page's word on somebody who left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// It has none.
    Unsaid,
    /// An admin said that they are nobody here.
    Said,
    /// A second admin confirmed it.
    Confirmed,
}

/// The People page.
#[derive(Clone, Debug)]
pub struct People {
    /// The people whose second account and second address it names, confirmed.
    pub second: BTreeSet<u64>,
    pub left: Word,
}

/// Those with a hand in a commit or in a merge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hands {
    /// The people of the team.
    pub people: BTreeSet<u64>,
    /// True if an account of somebody else had one too.
    pub has_unknown: bool,
}

impl Hands {
    fn of<'n>(names: impl IntoIterator<Item = &'n Name>, people: &People) -> Self {
        let mut hands = Self::default();
        names.into_iter().for_each(|name| hands.add(*name, people));
        hands
    }

    fn add(&mut self, name: Name, people: &People) {
        match name {
            Name::Account(person) | Name::Address(person) => {
                self.people.insert(person);
            }
            Name::SecondAccount(person) if people.second.contains(&person) => {
                self.people.insert(person);
            }
            Name::SecondAddress(person) if people.second.contains(&person) => {
                self.people.insert(person);
            }
            Name::Left => self.has_unknown |= people.left != Word::Confirmed,
            Name::SecondAccount(_) | Name::Stranger => self.has_unknown = true,
            // Anybody can write an address: one that is nobody's keeps nobody from voting.
            Name::SecondAddress(_) | Name::NoAddress => {}
        }
    }

    /// The same with whoever started the run, who made all of it.
    pub fn and_starter(mut self, starter: Name, people: &People) -> Self {
        self.add(starter, people);
        self
    }
}

impl Commit {
    fn names(&self) -> impl Iterator<Item = &Name> {
        [&self.author].into_iter().chain(&self.co_author).chain(&self.pusher)
    }

    /// True if somebody who signed in stands for it.
    pub fn is_vouched(&self) -> bool {
        let has_account =
            matches!(self.author, Name::Account(_) | Name::SecondAccount(_) | Name::Left | Name::Stranger);
        self.pusher.is_some() || self.signed != Signed::No && has_account
    }
}

impl Change {
    /// True if its commit on the trunk has a signature: its author's, or the host's.
    pub fn is_signed(&self) -> bool {
        match self {
            Self::Pushed(commit) | Self::Merged { commit, .. } => commit.signed != Signed::No,
            Self::Squashed { .. } => true,
            Self::Program { is_signed, resolved_by, .. } => *is_signed || resolved_by.is_some(),
        }
    }
}

impl Merger {
    /// Those who merged. `is_listed_bots` is true where all that was merged is a listed bot's own.
    fn hands(self, is_listed_bots: bool, people: &People) -> Hands {
        match self {
            Self::Account(name) => Hands::of([&name], people),
            Self::Token { asked_by: Some(person) } => Hands::of([&Name::Account(person)], people),
            Self::Token { asked_by: None } => Hands { has_unknown: !is_listed_bots, ..Hands::default() },
            Self::Queue { asked_by, earlier } => Hands {
                people: asked_by.into_iter().chain(earlier).collect(),
                has_unknown: asked_by.is_none() && !is_listed_bots,
            },
            Self::Gone { asked_by } => Hands { people: asked_by.into_iter().collect(), has_unknown: true },
        }
    }
}

impl Change {
    /// Those with a hand in each of its commits and in its merge, one by one.
    pub fn hands(&self, people: &People) -> Vec<Hands> {
        match self {
            Self::Pushed(commit) => vec![Hands::of(commit.names(), people)],
            Self::Merged { commit, opener, merger } => {
                vec![Hands::of(commit.names().chain([opener]), people), merger.hands(false, people)]
            }
            Self::Squashed { branch, opener, merger } => {
                let squash = Hands::of(branch.iter().flat_map(Commit::names).chain([opener]), people);
                let each = branch.iter().map(|commit| Hands::of(commit.names().chain([opener]), people));
                each.chain([squash, merger.hands(false, people)]).collect()
            }
            Self::Program { is_listed, is_signed, asked_by, more_asked_by, resolved_by, merger } => {
                let asked_by = asked_by.map(Name::Account);
                let mut commit = Hands::of(asked_by.iter().chain(more_asked_by).chain(resolved_by), people);
                // Without the host's signature nobody knows whose the commit is.
                commit.has_unknown |= !is_signed || asked_by.is_none() && !is_listed;
                let is_listed_bots = *is_listed && *is_signed && resolved_by.is_none();
                vec![commit, merger.hands(is_listed_bots, people)]
            }
        }
    }

    /// True if the program that opened it made all of it.
    pub fn is_programs_alone(&self) -> bool {
        matches!(self, Self::Program { is_signed: true, resolved_by: None, .. })
    }

    /// True if somebody stands for each of its commits.
    pub fn is_vouched(&self) -> bool {
        match self {
            Self::Pushed(commit) | Self::Merged { commit, .. } => commit.is_vouched(),
            Self::Squashed { branch, .. } => branch.iter().all(Commit::is_vouched),
            Self::Program { .. } => true,
        }
    }
}
