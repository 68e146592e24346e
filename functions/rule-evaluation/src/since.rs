//! Everything since the last approval, as rules ask about it: how much it is, which way it goes, and what its
//! commits are labelled with.

use crate::findings::Asker;
use crate::handler::{RuleEvaluation, Tried};
use crate::in_force::Judged;
use crate::plan::Scope;
use crate::range_lists::Lists;
use crate::siblings::Sibling;
use signoff_core::action::{Action, ApprovalSpec};
use signoff_core::base::{Passed, meets};
use signoff_core::deploy::{Deploy, Magnitude, Size};
use signoff_core::range::Direction;
use signoff_providers::github::{GitHub, RangeFailure, RangeOutline};
use signoff_rules::place::{acts_on, place};
use signoff_rules::variables::{DIVERGED, Known, MAGNITUDE, ROLLBACK, Since};
use signoff_rules::{Rule, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// The most bases that a rule is judged from; each takes one or two requests.
const MAX_BASES: usize = 40;
/// The most bases since which the whole range is read where a rule asks for lists.
const MAX_READ: usize = 8;

/// The answers.
#[derive(Debug, Default)]
pub(crate) struct SinceApproval {
    /// The size of a rule's range, by its name; `None`: nobody knows. Left out where the deploy's
    /// own commits count.
    pub(crate) magnitudes: BTreeMap<String, Option<Magnitude>>,
    /// The rest of what the conditions of a rule ask about, by its name.
    pub(crate) ranges: BTreeMap<String, Since>,
    /// The rules that act without asking for a place that another rule asks about, and where nothing was
    /// approved yet; each with that other rule.
    pub(crate) without_base: BTreeMap<String, Asker>,
    /// The gaps in what was read, a sentence each.
    pub(crate) notices: Vec<String>,
}

/// The evaluation that asks.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) github: &'a GitHub,
    pub(crate) deploy: &'a Deploy,
    pub(crate) judged: &'a Judged,
    pub(crate) known: &'a Known<'a>,
    pub(crate) scope: Scope,
    /// The number of attempts that count, this one included ([`signoff_core::effect::Effect::tries`]).
    pub(crate) tries: u32,
}

/// The direction from a base, how much it changes, and how many commits it adds; `None`: the source host does
/// not tell how much.
type Way = (Direction, Option<Magnitude>, usize);

/// The bases of places, and what was read since each, so that no request is made twice; and the gaps in it, a
/// sentence each.
#[derive(Default)]
struct Read {
    starts: BTreeMap<(String, bool), Option<Passed>>,
    outlines: BTreeMap<(String, String), Option<Way>>,
    siblings: Option<Vec<Sibling>>,
    notices: Vec<String>,
}

impl RuleEvaluation {
    /// Answers what the rules for which `is_looked_at` is true ask about everything since the last approval.
    ///
    /// A rule that asks people is judged from the base of its first approval's place. One that acts without
    /// asking and names a place in `promotes_to` is judged from the bases of the approvals that lead there,
    /// or to what it acts on. Without `promotes_to`, or where there is no such approval, it is judged from
    /// every base of the approvals of the file in force, so that no change since the earliest one is left
    /// out. Without any, the deploy's own commits count.
    ///
    /// One read of the record a place, and one or two requests to the source host a base; a whole reading of
    /// the range where a rule that acts without asking asks for lists.
    ///
    /// # Errors
    ///
    /// The record, the source host or a tracker can't be read now.
    pub(crate) async fn since_approval(
        &self,
        asking: Asking<'_>,
        is_looked_at: impl Fn(&Rule) -> bool,
    ) -> Tried<SinceApproval> {
        let Asking { deploy, judged, known, .. } = asking;
        let (mut found, mut read, mut lists) = (SinceApproval::default(), Read::default(), Lists::default());
        let mut fixed = Snapshot::of(known);
        for name in [MAGNITUDE, ROLLBACK, DIVERGED] {
            fixed = fixed.without(name);
        }
        let may_open =
            |rule: &&Rule| is_looked_at(rule) && rule.applies_to_deploys() && rule.may_hold(&fixed);
        for rule in judged.rules.rules.iter().filter(may_open) {
            let is_unasked = rule.acts_unasked();
            if is_unasked && let Some(asker) = self.asker_without_base(asking, rule, &mut read).await? {
                found.without_base.insert(rule.name.clone(), asker);
                continue;
            }
            let asks_for_lists = is_unasked && !rule.lists().is_empty();
            if !(rule.asks_for_magnitude() || rule.asks_for_way() || asks_for_lists) {
                continue;
            }
            let bases = self.bases(asking, rule, &mut read).await?;
            let of_lists = match asks_for_lists && bases.len() <= MAX_BASES {
                true => self.earliest(asking, &bases, &mut read).await?,
                false => BTreeSet::new(),
            };
            let too_many = [(&bases, MAX_BASES), (&of_lists, MAX_READ)];
            if let Some((all, most)) = too_many.into_iter().find(|(all, most)| all.len() > *most) {
                let name = &rule.name;
                found.notices.push(format!(
                    "The rule `{name}` is judged from the last approvals of {} places, and {most} are read at most; name one place \
                     in its `promotes_to`.",
                    all.len()
                ));
                found.magnitudes.insert(name.clone(), None);
                let unknown = rule.lists().into_iter().chain([ROLLBACK, DIVERGED]).collect();
                found.ranges.insert(name.clone(), Since { unknown, ..Since::default() });
                continue;
            }
            let mut since = Since::default();
            if rule.asks_for_magnitude() || rule.asks_for_way() {
                let mut outlines = Vec::new();
                for base in &bases {
                    outlines.push(self.outline(asking, base, &mut read).await?);
                }
                let is_own = bases.iter().all(|base| Some(base) == deploy.previous_revision.as_ref());
                if !is_own {
                    let known: Option<Vec<_>> = outlines.into_iter().collect();
                    let sizes = known.iter().flatten().map(|(_, magnitude, _)| *magnitude);
                    let largest = sizes.collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
                    found.magnitudes.insert(rule.name.clone(), largest);
                    match known {
                        Some(known) => since.ways = known.into_iter().map(|(way, ..)| way).collect(),
                        None => since.unknown.extend([ROLLBACK, DIVERGED]),
                    }
                }
            }
            if asks_for_lists {
                self.add_lists(asking, rule, &of_lists, &mut lists, &mut since).await?;
            }
            if since != Since::default() {
                found.ranges.insert(rule.name.clone(), since);
            }
        }
        found.notices.append(&mut read.notices);
        found.notices.append(&mut lists.notices);
        Ok(found)
    }

    /// Another rule in force that asks about what `rule`, which acts without asking, acts on, and for which
    /// nothing was approved yet. The rules in force of other deployments of the repository count too, if they
    /// came into force after this one's.
    async fn asker_without_base(
        &self,
        asking: Asking<'_>,
        rule: &Rule,
        read: &mut Read,
    ) -> Tried<Option<Asker>> {
        let in_force = asking.judged.rules.rules.iter().filter(|rule| asking.judged.is_in_force(&rule.name));
        for (other, spec) in askers(in_force, rule, asking.deploy) {
            if self.start(asking.deploy, other, spec, read).await?.is_none() {
                return Ok(Some(Asker { rule: other.name.clone(), elsewhere: None }));
            }
        }
        let siblings = match read.siblings.take() {
            Some(known) => known,
            None => self.newer_siblings(asking.github, asking.deploy).await?,
        };
        let mut found = None;
        for sibling in &siblings {
            for (other, spec) in asking_about(sibling.rules.rules.iter(), rule, asking.deploy) {
                if found.is_none() && self.start(asking.deploy, other, spec, read).await?.is_none() {
                    let elsewhere = Some(sibling.deployment.clone());
                    found = Some(Asker { rule: other.name.clone(), elsewhere });
                }
            }
        }
        read.siblings = Some(siblings);
        Ok(found)
    }

    /// The revisions that `rule` is judged from, each once.
    async fn bases(&self, asking: Asking<'_>, rule: &Rule, read: &mut Read) -> Tried<BTreeSet<String>> {
        let Asking { deploy, judged, .. } = asking;
        let mut bases = BTreeSet::new();
        if !rule.acts_unasked() {
            if let Some(spec) = first_approval(rule) {
                bases.extend(self.start(deploy, rule, spec, read).await?.map(|start| start.revision));
            }
            return Ok(bases);
        }
        let named = rule.promotes_to.as_ref().map(|named| format!("environment {}", named.to_lowercase()));
        let asked = judging(judged.approvals_in_force().collect(), named.as_deref(), rule, deploy);
        if let Some(named) = named {
            // An admin may have set its base, whoever is asked about it.
            let start = self.start_of(deploy, (named, false), read).await?;
            bases.extend(start.map(|start| start.revision));
        }
        for (other, spec) in asked {
            bases.extend(self.start(deploy, other, spec, read).await?.map(|start| start.revision));
        }
        Ok(bases)
    }

    /// The bases since which whole ranges are read. Where there are more than [`MAX_READ`], those are left
    /// out that follow from the earliest one: its range has theirs. Two requests each.
    async fn earliest(
        &self,
        asking: Asking<'_>,
        bases: &BTreeSet<String>,
        read: &mut Read,
    ) -> Tried<BTreeSet<String>> {
        let mut left = bases.clone();
        if bases.len() <= MAX_READ {
            return Ok(left);
        }
        let mut longest: Option<(usize, &String)> = None;
        for base in bases {
            let Some((Direction::Forward, _, added)) = self.outline(asking, base, read).await? else {
                continue;
            };
            longest = longest.max(Some((added, base)));
        }
        let Some((_, earliest)) = longest else { return Ok(left) };
        for base in bases.iter().filter(|base| *base != earliest) {
            let is_ahead = matches!(self.outline(asking, base, read).await?, Some((Direction::Forward, ..)));
            let follows = is_ahead
                && matches!(
                    self.compared(asking, earliest, base, read).await?,
                    Some((Direction::Forward, ..))
                );
            if follows {
                left.remove(base);
            }
        }
        Ok(left)
    }

    /// The start of the range of the approval `spec` of `rule`.
    async fn start(
        &self,
        deploy: &Deploy,
        rule: &Rule,
        spec: &ApprovalSpec,
        read: &mut Read,
    ) -> Tried<Option<Passed>> {
        let place = place(spec, &rule.name, deploy);
        self.start_of(deploy, (place, !spec.self_approval), read).await
    }

    /// The start of a range that leads to a place, for approvals that ask for four eyes or not.
    async fn start_of(&self, deploy: &Deploy, key: (String, bool), read: &mut Read) -> Tried<Option<Passed>> {
        if let Some(known) = read.starts.get(&key) {
            return Ok(known.clone());
        }
        let base = self.store.base(&deploy.deployment, &key.0).await?;
        let start = base.start_of(key.1, &deploy.revision).cloned();
        read.starts.insert(key, start.clone());
        Ok(start)
    }

    /// Which way the deploy goes from `base`, and how much it changes since; `None`: the source host does not
    /// say.
    async fn outline(&self, asking: Asking<'_>, base: &str, read: &mut Read) -> Tried<Option<Way>> {
        let deploy = asking.deploy;
        if deploy.previous_revision.as_deref() == Some(base) {
            let added = deploy.commits.len() + deploy.reading.older.commits;
            return Ok(deploy.reading.direction.map(|direction| (direction, deploy.magnitude(), added)));
        }
        self.compared(asking, base, &deploy.revision, read).await
    }

    /// The same for two revisions.
    async fn compared(
        &self,
        asking: Asking<'_>,
        base: &str,
        head: &str,
        read: &mut Read,
    ) -> Tried<Option<Way>> {
        let Asking { github, deploy, .. } = asking;
        let key = (base.to_owned(), head.to_owned());
        if let Some(known) = read.outlines.get(&key) {
            return Ok(*known);
        }
        let outline = match github.outline(&deploy.repository, base, head).await {
            Ok(outline) => Some((outline.direction, Some(magnitude(&outline)), outline.added)),
            Err(RangeFailure::Other(failure)) if failure.is_passing() => return Err(failure.into()),
            Err(failure) => {
                self.check_if_replaced(github, deploy).await?;
                tracing::warn!(deploy = %deploy.id, base, failure = failure.logged(), "the outline of a range is not known");
                read.notices.push(format!("{failure}."));
                None
            }
        };
        read.outlines.insert(key, outline);
        Ok(outline)
    }
}

/// The approvals among `asked`, each with its rule, from whose bases `rule` is judged, which acts without
/// asking. If it names the place `named` (`environment production`), these are the ones that lead there or to
/// its targets, if there are any; otherwise all of them.
fn judging<'r>(
    asked: Vec<(&'r Rule, &'r ApprovalSpec)>,
    named: Option<&str>,
    rule: &Rule,
    deploy: &Deploy,
) -> Vec<(&'r Rule, &'r ApprovalSpec)> {
    let Some(named) = named else { return asked };
    let acts = acts_on(&rule.actions, rule.promotes_to.as_deref(), deploy);
    let leads_there = |(other, spec): &(&Rule, &ApprovalSpec)| {
        named == place(spec, &other.name, deploy)
            || meets(&acts, &acts_on(&spec.on_success, spec.range.promotes_to.as_deref(), deploy))
    };
    match asked.iter().any(leads_there) {
        true => asked.into_iter().filter(leads_there).collect(),
        false => asked,
    }
}

/// The approvals of other `rules`, each with its rule, that ask about the targets of `rule` for `deploy`,
/// also in a rule that this version does not open: it is there to guard them. An approval of a rule that
/// `rule` comes after is left out: its votes on this very deploy let `rule` open.
fn askers<'r>(
    rules: impl Iterator<Item = &'r Rule> + Clone,
    rule: &Rule,
    deploy: &Deploy,
) -> Vec<(&'r Rule, &'r ApprovalSpec)> {
    let (mut before, mut ahead) = (BTreeSet::new(), rule.after.clone());
    while let Some(name) = ahead.pop() {
        if let Some(other) = rules.clone().find(|other| other.name == name)
            && before.insert(name)
        {
            ahead.extend(other.after.iter().cloned());
        }
    }
    let is_another = |other: &&Rule| other.name != rule.name && !before.contains(&other.name);
    asking_about(rules.filter(is_another), rule, deploy)
}

/// The approvals of `rules`, each with its rule, that ask about the targets of `rule` for `deploy`.
fn asking_about<'r>(
    rules: impl Iterator<Item = &'r Rule>,
    rule: &Rule,
    deploy: &Deploy,
) -> Vec<(&'r Rule, &'r ApprovalSpec)> {
    let acts = acts_on(&rule.actions, rule.promotes_to.as_deref(), deploy);
    let approvals = |other: &'r Rule| {
        other.actions.iter().flat_map(Action::approvals).map(move |spec: &'r ApprovalSpec| (other, spec))
    };
    let asks_about_it = |(_, spec): &(&Rule, &ApprovalSpec)| {
        meets(&acts, &acts_on(&spec.on_success, spec.range.promotes_to.as_deref(), deploy))
    };
    rules.filter(|other| other.applies_to_deploys()).flat_map(approvals).filter(asks_about_it).collect()
}

/// The first approval of a rule that no other one comes before.
fn first_approval(rule: &Rule) -> Option<&ApprovalSpec> {
    rule.actions.iter().find_map(|action| match action {
        Action::SlackChannelApproval(spec) => Some(spec),
        _ => None,
    })
}

/// The size of a range by its files; large where not all are listed.
fn magnitude(outline: &RangeOutline) -> Magnitude {
    let files = &outline.files;
    if files.truncated {
        return Magnitude::Large;
    }
    let changed = u64::try_from(files.paths.len()).unwrap_or(u64::MAX);
    Size { files: changed, lines: files.lines }.magnitude()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that ask about what `ship` acts on, by name.
    fn askers_of(rules: &str) -> String {
        let file = signoff_rules::parse(&format!("rules:\n{rules}"), "rules.yml").unwrap();
        let deploy = crate::plan::tests::deploy("2026-05-11T12:00:00Z");
        let ship = file.rules.iter().find(|rule| rule.name == "ship").unwrap();
        let found = askers(file.rules.iter(), ship, &deploy);
        found.into_iter().map(|(rule, _)| rule.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rule_that_names_no_place_is_judged_from_every_base() {
        let asks = |name: &str, more: &str, then: &str| {
            format!(
                "  - {name}:\n      {more}\n      actions: [{{slack_channel_approval: {{channel: '#gate', \
                 on_success: [{{add_deploy_tag: '{then}'}}]}}}}]\n"
            )
        };
        let file = |named: &str| {
            let asking = asks("staging", "description: a", "#staging")
                + &asks("live", "promotes_to: Production", "#other")
                + &asks("cdn", "description: a", "#cdn");
            let ship = format!(
                "  - ship:\n      {named}\n      actions: [{{add_deploy_tag: '#staging'}}, {{add_deploy_tag: '#cdn'}}]\n"
            );
            signoff_rules::parse(&format!("rules:\n{asking}{ship}"), "rules.yml").unwrap()
        };
        let deploy = crate::plan::tests::deploy("2026-05-11T12:00:00Z");
        for (named, place, expected) in [
            // It acts on what two of them ask about, and the third one's base counts as well.
            ("description: b", None, "staging live cdn"),
            ("promotes_to: Production", Some("environment production"), "staging live cdn"),
            ("promotes_to: Staging", Some("environment staging"), "staging cdn"),
        ] {
            let file = file(named);
            let asking = file.rules.iter().flat_map(|rule| first_approval(rule).map(|spec| (rule, spec)));
            let ship = file.rules.iter().find(|rule| rule.name == "ship").unwrap();
            let found = judging(asking.collect(), place, ship, &deploy);
            let names: Vec<&str> = found.into_iter().map(|(rule, _)| rule.name.as_str()).collect();
            assert_eq!(names.join(" "), expected, "{named}");
        }
    }

    #[test]
    fn rule_waits_for_other_rules_about_its_place() {
        let asks = |name: &str, more: &str, then: &str| {
            format!(
                "  - {name}:\n      {more}\n      actions: [{{slack_channel_approval: {{channel: '#gate', \
                 on_success: [{then}]}}}}]\n"
            )
        };
        let ship =
            |more: &str| format!("  - ship:\n      {more}\n      actions: [{{add_deploy_tag: '#live'}}]\n");
        let (live, other) = ("{add_deploy_tag: '#Live'}", "{add_deploy_tag: '#tested'}");
        let says = "{slack_channel_message: {channel: '#a', message: b}}";
        let to = "promotes_to: Production";
        let build = |to: &str| {
            format!(
                "  - ship:\n      actions: [{{trigger_build: {{parameters: {{name: ci.yml, to: {to}}}}}}}]\n"
            )
        };
        for (file, expected) in [
            (asks("gate", "description: a", live) + &ship("description: b"), "gate"),
            (asks("gate", "description: a", other) + &ship("description: b"), ""),
            (asks("gate", "description: a", live) + &ship("after: [gate]"), ""),
            (asks("gate", to, says) + &ship(to), "gate"),
            (asks("gate", to, says) + &ship(&format!("{to}\n      after: [gate]")), ""),
            (asks("gate", to, says) + &build("production"), "gate"),
            (asks("gate", to, says) + &build("staging"), ""),
            (
                asks("gate", to, says)
                    + &asks("look", "after: [gate]", other)
                    + &ship(&format!("{to}\n      after: [look]")),
                "",
            ),
            (
                asks("gate", to, says)
                    + &asks("more", to, says)
                    + &ship(&format!("{to}\n      after: [gate]")),
                "more",
            ),
        ] {
            assert_eq!(askers_of(&file), expected, "{file}");
        }
        let held = asks("gate", "description: a", live).replace("actions: [", "actions: [merge, ");
        let file = signoff_rules::parse(&format!("rules:\n{held}"), "rules.yml").unwrap();
        assert!(!file.rules[0].unsupported.is_empty(), "this version does not open it");
        assert_eq!(askers_of(&(held + &ship("description: b"))), "gate");
    }
}
