//! Facts about a deploy that become known after it arrived: its health, the tags that rules gave it, and the
//! reactions to its messages. Each change that goes on record has the rules evaluated again.

use crate::approval::Dialog;
use crate::decision::Decision;
use crate::effect::EffectKind;
use crate::event::EventKind;
use crate::id::DeployId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The most reporters, the most tags and the most reactions that are kept of a deploy: a row of the record
/// has its limits.
pub const MAX_KEPT: usize = 1000;
/// The most bytes that the names of reporters take. With the reports, the tags and the reactions they fit
/// into a row of 400 KB.
pub const REPORTERS: usize = 100_000;
/// The most alarms whose reports are kept of a deploy. They have room of their own: nobody who may report
/// health keeps them from being heard.
pub const MAX_ALARMS: usize = 100;
/// The most bytes that the names of alarms take.
const ALARMS: usize = 20_000;
/// The most bytes that the tags take.
const TAGS: usize = 20_000;
/// The most bytes that the names of those who reacted take.
const REACTORS: usize = 60_000;

/// The facts that became known about a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The deploy.
    pub deploy: DeployId,
    /// The last report of its health by each source ([`api`](API), `alarm checkout-5xx`).
    #[serde(default)]
    pub reports: BTreeMap<String, Report>,
    /// The tags that rules gave it, each once, in the order in which they came.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The reactions to its messages. One that was taken back stays, so that an older event does not bring it
    /// back.
    #[serde(default)]
    pub reactions: Vec<Reaction>,
    /// True if a reaction was left out because there are as many as are kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reactions_full: bool,
    /// The time of the last change that went on record; `None`: there was none.
    #[serde(default)]
    pub changed_at: Option<Timestamp>,
    /// The number of times that this was committed.
    pub version: u64,
}

/// The source of a health report that names none.
pub const API: &str = "api";
/// The start of a source's name where an alarm reports health.
pub const ALARM: &str = "alarm ";

/// The health of a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// All is well.
    Healthy,
    /// Something is wrong.
    Ailing,
    /// It does not work.
    Unhealthy,
}

/// The word for it in rules files.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Healthy => "Healthy",
            Self::Ailing => "Ailing",
            Self::Unhealthy => "Unhealthy",
        })
    }
}

/// A report of a deploy's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The health.
    pub health: Health,
    /// The time since which it is so.
    pub at: Timestamp,
}

/// A reaction that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Thumb {
    /// `:+1:`
    Plus1,
    /// `:-1:`
    Minus1,
}

/// Somebody's reaction to a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Reaction {
    /// The message.
    pub message: Dialog,
    /// The Slack user id.
    pub user: String,
    /// The name at that time.
    pub name: String,
    /// The kind of reaction.
    pub thumb: Thumb,
    /// True if it is there; false if it was taken back.
    pub is_there: bool,
    /// The time at which it was given or taken back.
    pub at: Timestamp,
}

impl Reaction {
    /// True if `other` is the same person's reaction of this kind to the same message.
    fn is_same(&self, other: &Self) -> bool {
        self.message == other.message && self.user == other.user && self.thumb == other.thumb
    }
}

/// A command to the facts about a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Somebody reports its health.
    Report {
        /// The source of the report.
        source: String,
        /// The report.
        report: Report,
    },
    /// Somebody takes their report of its health back.
    Withdraw {
        /// The source that takes its report back.
        source: String,
    },
    /// It took the place of a deploy of which alarms reported this: they watch the environment.
    Inherit(BTreeMap<String, Report>),
    /// A rule gives it a tag.
    Tag {
        /// The tag, with its `#`.
        tag: String,
        /// The rule's name.
        rule: String,
    },
    /// Somebody reacted to one of its messages, or took a reaction back.
    React(Reaction),
}

impl Facts {
    /// The facts about a deploy of which nothing became known yet.
    pub fn none(deploy: &DeployId) -> Self {
        Self {
            deploy: deploy.clone(),
            reports: BTreeMap::new(),
            tags: Vec::new(),
            reactions: Vec::new(),
            reactions_full: false,
            changed_at: None,
            version: 0,
        }
    }

    /// The worst that anybody reports; `None`: nobody reports anything.
    pub fn health(&self) -> Option<Health> {
        self.reports.values().map(|report| report.health).max()
    }

    /// The reports of alarms.
    pub fn alarms(&self) -> BTreeMap<String, Report> {
        let alarms = self.reports.iter().filter(|(source, _)| source.starts_with(ALARM));
        alarms.map(|(source, report)| (source.clone(), *report)).collect()
    }

    /// True where there is no room for a report of `source`: as many others report as are kept.
    pub fn is_full_for(&self, source: &str) -> bool {
        !self.reports.contains_key(source) && !has_room(&self.reports, source)
    }

    /// True where there is no room for `tag`: the deploy has as many tags as are kept.
    pub fn is_full_for_tag(&self, tag: &str) -> bool {
        !self.tags.iter().any(|known| known == tag) && !has_room_for_tag(&self.tags, tag)
    }

    /// True where there is no room for `reaction`: the deploy has as many as are kept.
    pub fn is_full_for_reaction(&self, reaction: &Reaction) -> bool {
        !self.reactions.iter().any(|known| known.is_same(reaction))
            && !has_room_for_reaction(&self.reactions, reaction)
    }

    /// The number of people who reacted with `thumb` to any message of the deploy.
    pub fn reacted(&self, thumb: Thumb) -> usize {
        let there = self.reactions.iter().filter(|reaction| reaction.thumb == thumb && reaction.is_there);
        there.map(|reaction| &reaction.user).collect::<BTreeSet<_>>().len()
    }
}

/// The decision on `command` to `facts` at `now`; `None`: it brings nothing new, it is older than what is
/// known, or there is no room for it.
pub fn decide(facts: &Facts, command: Command, now: Timestamp) -> Option<Decision<Facts>> {
    let mut decision = Decision::new(facts.clone());
    let next = &mut decision.next;
    match command {
        Command::Report { source, report } => {
            report_health(&mut next.reports, source.clone(), report)?;
            if facts.reports.get(&source).map(|known| known.health) != Some(report.health) {
                let (Report { health, at }, overall) = (report, next.health().unwrap_or(report.health));
                decision.events.push(EventKind::HealthReported { source, health, since: at, overall });
            }
        }
        Command::Withdraw { source } => {
            next.reports.remove(&source)?;
            decision.events.push(EventKind::HealthWithdrawn { source, overall: decision.next.health() });
        }
        Command::Inherit(reports) => {
            for (source, report) in reports {
                // What was reported of this deploy since is newer, and stays.
                let _known = report_health(&mut next.reports, source, report);
            }
            return (next.reports != facts.reports).then_some(decision);
        }
        Command::Tag { tag, rule } => {
            if next.tags.contains(&tag) || !has_room_for_tag(&next.tags, &tag) {
                return None;
            }
            next.tags.push(tag.clone());
            decision.events.push(EventKind::TagAdded { tag, rule });
        }
        Command::React(reaction) if facts.is_full_for_reaction(&reaction) => {
            // What the rules ask about stays as it is; it is on record once.
            next.reactions_full = true;
            decision.events.push(EventKind::ReactionsFull);
            return (reaction.is_there && !facts.reactions_full).then_some(decision);
        }
        Command::React(reaction) => {
            let Reaction { user, name, thumb, is_there, .. } = reaction.clone();
            if react(&mut next.reactions, reaction)? != is_there {
                decision.events.push(EventKind::Reacted { user, name, thumb, is_there });
            }
        }
    }
    if !decision.events.is_empty() {
        decision.next.changed_at = Some(now);
        decision.follow(EffectKind::EvaluateRules { look: None });
    }
    Some(decision)
}

/// True where the reports of one more source are kept: among those of alarms, or among the others.
fn has_room(reports: &BTreeMap<String, Report>, source: &str) -> bool {
    let is_alarm = |source: &str| source.starts_with(ALARM);
    let (most, most_bytes) = if is_alarm(source) { (MAX_ALARMS, ALARMS) } else { (MAX_KEPT, REPORTERS) };
    let others = reports.keys().filter(|known| is_alarm(known) == is_alarm(source));
    let (number, bytes) =
        others.fold((0, source.len()), |(number, bytes), known| (number + 1, bytes + known.len()));
    number < most && bytes <= most_bytes
}

/// Puts a report in its place; `None`: the one that is there is as new.
fn report_health(reports: &mut BTreeMap<String, Report>, source: String, report: Report) -> Option<()> {
    match reports.get(&source) {
        Some(known) if known.at > report.at || *known == report => return None,
        None if !has_room(reports, &source) => return None,
        Some(_) | None => reports.insert(source, report),
    };
    Some(())
}

fn has_room_for_tag(tags: &[String], tag: &str) -> bool {
    let bytes: usize = tags.iter().map(String::len).sum();
    tags.len() < MAX_KEPT && bytes + tag.len() <= TAGS
}

/// Puts a reaction in its place, and says whether it was there before; `None`: the one that is there is as
/// new.
fn react(reactions: &mut Vec<Reaction>, reaction: Reaction) -> Option<bool> {
    match reactions.iter_mut().find(|known| known.is_same(&reaction)) {
        Some(known) if known.at >= reaction.at => None,
        Some(known) => {
            let was_there = known.is_there;
            *known = reaction;
            Some(was_there)
        }
        None => {
            reactions.push(reaction);
            Some(false)
        }
    }
}

fn has_room_for_reaction(reactions: &[Reaction], reaction: &Reaction) -> bool {
    let bytes: usize = reactions.iter().map(|known| known.user.len() + known.name.len()).sum();
    reactions.len() < MAX_KEPT && bytes + reaction.user.len() + reaction.name.len() <= REACTORS
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn report(source: &str, health: Health, seconds: i64) -> Command {
        Command::Report { source: source.to_owned(), report: Report { health, at: at(seconds) } }
    }

    fn reaction(message: &str, user: &str, thumb: Thumb, is_there: bool, seconds: i64) -> Command {
        let message = Dialog { channel: "C1".to_owned(), ts: message.to_owned() };
        let (user, name) = (user.to_owned(), user.to_uppercase());
        Command::React(Reaction { message, user, name, thumb, is_there, at: at(seconds) })
    }

    /// The facts after `commands`, and how often the rules are evaluated again.
    fn after(commands: impl IntoIterator<Item = Command>) -> (Facts, usize) {
        let (mut facts, mut evaluations) = (Facts::none(&DeployId::from_text("d")), 0);
        for (index, command) in commands.into_iter().enumerate() {
            let now = at(1000 + i64::try_from(index).unwrap());
            if let Some(decision) = decide(&facts, command, now) {
                assert_eq!(decision.effects.is_empty(), decision.events.is_empty());
                assert_ne!(decision.next, facts);
                if !decision.effects.is_empty() {
                    assert_eq!(decision.next.changed_at, Some(now));
                }
                evaluations += decision.effects.len();
                facts = decision.next;
            }
        }
        (facts, evaluations)
    }

    #[test]
    fn health_is_the_worst_of_the_newest_reports() {
        use Health::{Ailing, Healthy, Unhealthy};
        for (commands, health, evaluations) in [
            (vec![], None, 0),
            (vec![report("api", Healthy, 1)], Some(Healthy), 1),
            (vec![report("api", Healthy, 1), report("api", Healthy, 1)], Some(Healthy), 1),
            (vec![report("api", Healthy, 1), report("alarm a", Ailing, 0)], Some(Ailing), 2),
            (vec![report("api", Unhealthy, 1), report("api", Healthy, 2)], Some(Healthy), 2),
            (vec![report("api", Unhealthy, 2), report("api", Healthy, 1)], Some(Unhealthy), 1),
            // The one in between comes last.
            (
                vec![report("api", Healthy, 1), report("api", Healthy, 3), report("api", Ailing, 2)],
                Some(Healthy),
                1,
            ),
        ] {
            let told = format!("{commands:?}");
            let (facts, evaluated) = after(commands);
            assert_eq!((facts.health(), evaluated), (health, evaluations), "{told}");
        }
    }

    #[test]
    fn withdrawn_report_leaves_what_others_say() {
        use Health::{Ailing, Unhealthy};
        let withdraw = || Command::Withdraw { source: "api".to_owned() };
        for (commands, health, evaluations) in [
            (vec![withdraw()], None, 0),
            (vec![report("api", Unhealthy, 1), withdraw(), withdraw()], None, 2),
            (vec![report("api", Unhealthy, 1), report("alarm a", Ailing, 1), withdraw()], Some(Ailing), 3),
        ] {
            let told = format!("{commands:?}");
            let (facts, evaluated) = after(commands);
            assert_eq!((facts.health(), evaluated), (health, evaluations), "{told}");
        }
    }

    #[test]
    fn alarms_go_on_with_the_deploy_that_takes_the_place() {
        let (before, _) = after([report("alarm a", Health::Unhealthy, 1), report("api", Health::Healthy, 1)]);
        let inherited = before.alarms();
        assert_eq!(inherited.keys().collect::<Vec<_>>(), ["alarm a"]);
        let (facts, evaluated) = after([Command::Inherit(inherited.clone())]);
        assert_eq!((facts.health(), facts.changed_at, evaluated), (Some(Health::Unhealthy), None, 0));
        let (facts, _) = after([report("alarm a", Health::Healthy, 2), Command::Inherit(inherited)]);
        assert_eq!(facts.health(), Some(Health::Healthy));
        assert_eq!(decide(&facts, Command::Inherit(BTreeMap::new()), at(0)), None);
    }

    #[test]
    fn alarm_has_room_beside_all_other_reporters() {
        use Health::{Healthy, Unhealthy};
        let long = "n".repeat(97);
        let others = (0..MAX_KEPT).map(|number| report(&format!("{number:03}{long}"), Healthy, 1));
        let (facts, _) = after(others);
        assert!(facts.is_full_for("one more"));
        let decision = decide(&facts, report("alarm a", Unhealthy, 1), at(2)).unwrap();
        assert_eq!(decision.next.health(), Some(Unhealthy));
        let alarms = (0..MAX_ALARMS).map(|number| report(&format!("alarm {number}"), Healthy, 1));
        let (facts, _) = after(alarms);
        assert!(facts.is_full_for("alarm more") && !facts.is_full_for("alarm 7"));
        assert!(!facts.is_full_for("api"), "alarms take no room from others");
    }

    #[test]
    fn a_person_counts_once_for_all_messages() {
        use Thumb::{Minus1, Plus1};
        let (facts, evaluated) = after([
            reaction("1", "ana", Plus1, true, 1),
            reaction("2", "ana", Plus1, true, 1),
            reaction("1", "ben", Plus1, true, 1),
            reaction("1", "ben", Minus1, true, 1),
            reaction("1", "ana", Plus1, false, 2),
            reaction("1", "ana", Plus1, true, 1),
            reaction("3", "eve", Plus1, false, 4),
            reaction("3", "eve", Plus1, true, 3),
        ]);
        assert_eq!((facts.reacted(Plus1), facts.reacted(Minus1), evaluated), (2, 1, 5));
    }

    #[test]
    fn a_tag_is_added_once() {
        let tag = |tag: &str| Command::Tag { tag: tag.to_owned(), rule: "soak".to_owned() };
        let (facts, evaluated) = after([tag("#a"), tag("#b"), tag("#a")]);
        assert_eq!((facts.tags, evaluated), (vec!["#a".to_owned(), "#b".to_owned()], 2));
    }

    proptest! {
        #[test]
        fn reports_and_reactions_may_come_in_any_order(
            commands in Just((0..12).map(|n| {
                if n % 2 == 0 {
                    let health = [Health::Healthy, Health::Ailing, Health::Unhealthy][n % 3];
                    report(if n % 4 == 0 { "api" } else { "alarm a" }, health, n as i64)
                } else {
                    reaction("1", if n % 4 == 1 { "ana" } else { "ben" }, Thumb::Plus1, n % 3 == 0, n as i64)
                }
            }).collect::<Vec<_>>()).prop_shuffle()
        ) {
            let (facts, _) = after(commands);
            prop_assert_eq!(facts.reports["api"], Report { health: Health::Unhealthy, at: at(8) });
            prop_assert_eq!(facts.reports["alarm a"], Report { health: Health::Ailing, at: at(10) });
            prop_assert_eq!(facts.reacted(Thumb::Plus1), 1);
        }
    }

    #[test]
    fn reaction_without_room_is_on_record_once() {
        let mut facts = Facts::none(&DeployId::from_text("d"));
        for number in 0..MAX_KEPT {
            let command = reaction("1", &format!("u{number}"), Thumb::Plus1, true, 1);
            let Command::React(reaction) = command else { panic!("no reaction") };
            facts.reactions.push(reaction);
        }
        let one_more = |user: &str| reaction("1", user, Thumb::Plus1, true, 2);
        let decision = decide(&facts, one_more("zoe"), at(9)).expect("it is told");
        assert_eq!(decision.events, [EventKind::ReactionsFull]);
        assert!(decision.effects.is_empty(), "no rule asks about it");
        assert_eq!(decision.next.reactions, facts.reactions);
        assert_eq!(decide(&decision.next, one_more("yan"), at(10)), None, "it is on record");
        let taken_back = reaction("1", "u0", Thumb::Plus1, false, 3);
        assert!(decide(&decision.next, taken_back, at(11)).is_some(), "who reacted can take that back");
    }

    #[test]
    fn tag_without_room_is_no_news_and_is_told_apart() {
        let mut facts = Facts::none(&DeployId::from_text("d"));
        facts.tags = (0..MAX_KEPT).map(|number| format!("#{number}")).collect();
        let tag = |tag: &str| Command::Tag { tag: tag.to_owned(), rule: "soak".to_owned() };
        for (name, is_full) in [("#0", false), ("#new", true)] {
            assert_eq!(decide(&facts, tag(name), at(1)), None);
            assert_eq!(facts.is_full_for_tag(name), is_full, "{name}");
        }
        facts.tags.pop();
        assert!(!facts.is_full_for_tag("#new") && decide(&facts, tag("#new"), at(1)).is_some());
    }
}
