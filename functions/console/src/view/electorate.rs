//! People, and who may vote.

use crate::view::mrkdwn::People;
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::approval::{Approval, Choice, Electorate, Quota};
use signoff_core::message::{Show, blocked, judged};

/// Largest number of people that a sentence names.
const NAMED: usize = 20;

/// A person in Slack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct PersonView {
    /// The Slack user id.
    pub(crate) id: String,
    /// The name in Slack, if on record.
    pub(crate) name: Option<String>,
}

impl PersonView {
    /// The person with this Slack user id.
    pub(crate) fn of(id: &str, people: &People<'_>) -> Self {
        Self { id: id.to_owned(), name: people.known(id).map(str::to_owned) }
    }

    /// The name, else the id.
    pub(crate) fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}

/// The people who can vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ElectorateView {
    /// In a sentence.
    pub(crate) who: String,
    /// The user groups that some of them came by.
    #[serde(skip)]
    pub(crate) groups: Vec<String>,
    /// People who can vote; `null` if anyone in the channel can.
    pub(crate) people: Option<Vec<PersonView>>,
    /// People who can't vote because it is their own change.
    pub(crate) except: Vec<PersonView>,
    /// Names of people who made the change and were not found in Slack.
    pub(crate) not_found: Vec<String>,
    /// True if somebody who made the change was not found in Slack.
    #[serde(skip)]
    pub(crate) lacks_makers: bool,
    /// People who said on the page People who made the change. They can't vote until somebody else confirms
    /// it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) own_word: Vec<PersonView>,
    /// Groups that must give some of the votes. If empty, any approver's vote counts.
    pub(crate) quotas: Vec<QuotaView>,
    /// The range that people vote on, and whose part of the change still needs votes, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(crate) range: Vec<String>,
    /// Reasons why votes can't complete the approval, each with what to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(crate) blocked: Vec<String>,
    /// Ways in which the rule asks for less than the policy. While there are any, the actions after the
    /// approval don't run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub(crate) below_policy: Vec<String>,
}

/// A group that must give some of the votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct QuotaView {
    /// The people, as the rule names them.
    pub(crate) from: String,
    /// The people that these names stand for.
    pub(crate) people: Vec<PersonView>,
    /// The number of votes that the group must give.
    pub(crate) votes: u32,
}

impl ElectorateView {
    /// `electorate`, with the names that are on record.
    pub(crate) fn of(electorate: &Electorate, people: &People<'_>) -> Self {
        let all = |ids: &[String]| ids.iter().map(|id| PersonView::of(id, people)).collect();
        let quota = |quota: &Quota| QuotaView {
            from: quota.from.clone(),
            people: all(&quota.people),
            votes: quota.votes,
        };
        Self {
            who: electorate.who.clone(),
            groups: electorate.groups.clone(),
            people: electorate.people.as_deref().map(all),
            except: electorate.makers().map(|id| PersonView::of(id, people)).collect(),
            not_found: electorate.not_found.clone(),
            lacks_makers: electorate.lacks_makers(),
            own_word: all(&electorate.own_word),
            quotas: electorate.quotas.iter().map(quota).collect(),
            range: range(electorate, &[], 0, people),
            blocked: in_words(people, |show| blocked(electorate, show)),
            below_policy: electorate.below_policy.clone(),
        }
    }

    /// The same for an approval, with whose change lacks votes.
    pub(crate) fn of_approval(approval: &Approval, people: &People<'_>) -> Self {
        let approving = approval.votes.iter().filter(|vote| vote.choice == Choice::Approve);
        let voters: Vec<&str> = approving.map(|vote| vote.voter.as_str()).collect();
        let required = if approval.status.is_open() { approval.votes_required } else { 0 };
        Self {
            range: range(&approval.electorate, &voters, required, people),
            ..Self::of(&approval.electorate, people)
        }
    }

    /// In words, a sentence each. `channel`: where people are asked.
    pub(crate) fn sentences(&self, channel: &str) -> Vec<String> {
        let may = match self.people.as_deref() {
            None => format!("Anyone in {channel} can vote."),
            Some([]) => format!("Only {} can vote, and none of them has a Slack account.", self.who),
            Some(people) => format!("Only {} can vote: {}.", self.who, names(people, &self.groups)),
        };
        let quota = |quota: &QuotaView| format!("{} from {}", quota.votes, quota.from);
        let quotas: Vec<_> = self.quotas.iter().map(quota).collect();
        let quotas = (!quotas.is_empty())
            .then(|| format!("Needs approvals by different people: {}.", quotas.join(", ")));
        let except = (!self.except.is_empty())
            .then(|| format!("Can\u{2019}t vote on their own change: {}.", names(&self.except, &[])));
        let own_word = (!self.own_word.is_empty()).then(|| {
            let names = names(&self.own_word, &[]);
            format!(
                "{names} can\u{2019}t vote: nobody else has confirmed what they said about who made this."
            )
        });
        let not_found = (!self.not_found.is_empty()).then(|| {
            format!("Not found in Slack, so not excluded from voting: {}.", listed(self.not_found.iter()))
        });
        let sentences = std::iter::once(may).chain(quotas).chain(except).chain(own_word).chain(not_found);
        sentences.chain(self.range.iter().cloned()).collect()
    }
}

fn range(electorate: &Electorate, voters: &[&str], required: u32, people: &People<'_>) -> Vec<String> {
    in_words(people, |show| judged(electorate, voters, required, show))
}

/// Lines of `say` in the words of a page.
fn in_words(people: &People<'_>, say: impl FnOnce(&Show<'_>) -> Vec<String>) -> Vec<String> {
    let show = Show {
        member: &|id| people.known(id).unwrap_or(id).to_owned(),
        text: &|text| text.to_owned(),
        time: &|at| at.strftime("%Y-%m-%d at %H:%M UTC").to_string(),
    };
    say(&show).into_iter().map(|line| line.replace('`', "")).collect()
}

/// `people` by name, and the number of those whose names are not on record: Slack tells a group's members by
/// id only. `groups`: those that they came by.
fn names(people: &[PersonView], groups: &[String]) -> String {
    let named: Vec<&str> = people.iter().filter_map(|person| person.name.as_deref()).collect();
    let unnamed = people.len() - named.len();
    let (shown, more) = named.split_at(named.len().min(NAMED));
    let (more, of_groups) = if groups.is_empty() { (more.len() + unnamed, 0) } else { (more.len(), unnamed) };
    let more = match (shown.is_empty(), more) {
        (_, 0) => None,
        (false, more) => Some(format!("{more} more")),
        (true, 1) => Some("1 person".to_owned()),
        (true, more) => Some(format!("{more} people")),
    };
    let of_groups = match of_groups {
        0 => None,
        1 => Some(format!("1 member of {}", groups.join(" and "))),
        count => Some(format!("{count} members of {}", groups.join(" and "))),
    };
    let counts: Vec<String> = more.into_iter().chain(of_groups).collect();
    match (shown.is_empty(), counts.as_slice()) {
        (false, []) => shown.join(", "),
        (false, [count]) => format!("{} and {count}", shown.join(", ")),
        (false, counts) => format!("{}, {}", shown.join(", "), counts.join(" and ")),
        (true, counts) => counts.join(" and "),
    }
}

fn listed(names: impl ExactSizeIterator<Item = impl AsRef<str>>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut text = String::new();
    for name in names.take(NAMED) {
        let comma = if text.is_empty() { "" } else { ", " };
        text.push_str(comma);
        text.push_str(name.as_ref());
    }
    if more > 0 { format!("{text} and {more} more") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn sentences(electorate: &Electorate) -> String {
        let page = sample::approved();
        ElectorateView::of(electorate, &People::of(&page)).sentences("#deploys").join("\n")
    }

    #[test]
    fn who_may_vote_in_words() {
        let anyone = Electorate::anyone();
        assert_eq!(sentences(&anyone), "Anyone in #deploys can vote.");
        let who = "the authors of this deploy".to_owned();
        let nobody = Electorate { people: Some(Vec::new()), who, ..anyone };
        assert_eq!(
            sentences(&nobody),
            "Only the authors of this deploy can vote, and none of them has a Slack account."
        );
        let ids = |from: usize, to: usize| (from..=to).map(|number| format!("U{number}")).collect::<Vec<_>>();
        let quota = |from: &str, votes| Quota { from: from.to_owned(), people: ids(1, 2), votes };
        let many = Electorate {
            people: Some(ids(1, 22)),
            except: ids(1, 2),
            not_found: vec!["Zoe".to_owned()],
            quotas: vec![quota("@sre", 2), quota("ana@example.com, @qa", 1)],
            ..nobody
        };
        insta::assert_snapshot!(sentences(&many), @"
        Only the authors of this deploy can vote: Mato Zgajner, Ana Novak and 20 more.
        Needs approvals by different people: 2 from @sre, 1 from ana@example.com, @qa.
        Can’t vote on their own change: Mato Zgajner, Ana Novak.
        Not found in Slack, so not excluded from voting: Zoe.
        ");
    }

    #[test]
    fn unnamed_people_are_counted_not_shown_by_id() {
        let person = |id: usize, name: Option<&str>| PersonView {
            id: format!("U{id}"),
            name: name.map(str::to_owned),
        };
        let unnamed = |count| (0..count).map(|id| person(id, None));
        let [ana, ben] = [person(91, Some("Ana")), person(92, Some("Ben"))];
        let groups = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let many = (100..125).map(|id| person(id, Some("Cleo")));
        let twenty = vec!["Cleo"; 20].join(", ");
        for (people, groups, expected) in [
            (vec![ana.clone(), ben.clone()], groups(&["@sre"]), "Ana, Ben".to_owned()),
            (unnamed(1).collect(), groups(&[]), "1 person".to_owned()),
            (unnamed(12).collect(), groups(&[]), "12 people".to_owned()),
            (unnamed(1).collect(), groups(&["@sre"]), "1 member of @sre".to_owned()),
            (
                unnamed(2).chain([ana, ben]).collect(),
                groups(&["@qa", "@sre"]),
                "Ana, Ben and 2 members of @qa and @sre".to_owned(),
            ),
            (many.clone().collect(), groups(&[]), format!("{twenty} and 5 more")),
            (
                many.chain(unnamed(3)).collect(),
                groups(&["@sre"]),
                format!("{twenty}, 5 more and 3 members of @sre"),
            ),
        ] {
            assert_eq!(names(&people, &groups), expected);
        }
    }
}
