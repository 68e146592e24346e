//! The floor that binds an action.

use super::counting::needed;
use super::judge::Judged;
use super::pattern::Fit;
use super::place::{Place, acting};
use super::{BreakGlass, Floor, Policy, REVIEW_WITHIN, Said, Section};
use signoff_core::action::Action;
use signoff_core::deploy::Slug;
use signoff_core::slug::canonical;

impl Policy {
    /// The floor of `action` (its name in rules files) at `place` of `deployment`: of everything that every
    /// section which names it says, the strictest; of the default only where no section names it. Where a
    /// rule names an environment, what runs has to be named too: the environment is the rule's own word.
    pub fn binding(&self, deployment: &Slug, place: &Place, action: &str) -> Floor {
        let (mut floor, mut is_named, mut runs_are_named) = (Floor::default(), false, place.has_one_name());
        for section in self.floors.iter().filter(|section| section.names(deployment, action)) {
            let fit = if section.places.is_empty() { Fit::Yes } else { place.fit(&section.places) };
            let of_runs =
                if section.places.is_empty() { Fit::Yes } else { place.fit_by_what_runs(&section.places) };
            is_named |= fit == Fit::Yes;
            runs_are_named |= of_runs == Fit::Yes;
            if fit.max(of_runs) > Fit::No {
                floor.join(&section.floor);
            }
        }
        if !is_named {
            floor.join(&self.default);
        } else if !runs_are_named {
            // Who may break the glass there, the sections of the environment say: the default is not about
            // it.
            let (break_glass, names_no_breaker) = (floor.break_glass.clone(), floor.names_no_breaker);
            floor.join(&self.default);
            (floor.break_glass, floor.names_no_breaker) = (break_glass, names_no_breaker);
        }
        floor
    }

    /// The people who may break the glass of an approval of the rule `judged`, and when the review is due.
    /// Only those who may for everything that the rule does, and in the environments that it and the rules
    /// before it promote to.
    pub fn break_glass(&self, deployment: &Slug, judged: &Judged<'_>) -> BreakGlass {
        let mut acting = Vec::new();
        collect(judged.actions, &mut acting);
        let mut floors: Vec<Floor> =
            acting.iter().map(|(action, name)| self.floor_of(deployment, judged, action, name)).collect();
        if acting.is_empty() {
            // It only asks, also for the rules after it.
            let environments = judged.environment().into_iter().chain(judged.environments_before());
            floors.extend(environments.map(|named| self.binding(deployment, &Place::environment(named), "")));
        }
        if floors.is_empty() {
            floors.push(self.default.clone());
        }
        let mut floor = Floor::default();
        let mut is_named_in_all = true;
        for of_action in &floors {
            is_named_in_all &= !of_action.break_glass.is_empty() && !of_action.names_no_breaker;
            floor.join(of_action);
        }
        let mut lists = floor.break_glass.iter().map(|said| &said.value);
        let first = lists.next().filter(|_| is_named_in_all).cloned().unwrap_or_default();
        let in_all = |person: &String| lists.clone().all(|list| contains(list, person));
        let people = first.into_iter().filter(in_all).collect();
        let review_within = floor.review_within.map_or(REVIEW_WITHIN, |said| said.value);
        BreakGlass { people, review_within }
    }

    /// True if it names deployments anywhere. Its requirements then depend on the deployment.
    pub fn names_deployments(&self) -> bool {
        self.floors.iter().any(|section| !section.deployments.is_empty())
    }

    /// True if a pattern of its `deployments` fits `deployment`.
    pub fn names(&self, deployment: &Slug) -> bool {
        let mut naming = self.floors.iter().filter(|section| !section.deployments.is_empty());
        naming.any(|section| section.is_of(deployment))
    }
}

impl Section {
    /// True if it is for `action` of `deployment` at some place.
    fn names(&self, deployment: &Slug, action: &str) -> bool {
        self.is_of(deployment) && (self.actions.is_empty() || self.actions.iter().any(|name| name == action))
    }

    /// True if it is for everything of `deployment`, or for some of it.
    fn is_of(&self, deployment: &Slug) -> bool {
        let of_deployment = |pattern: &String| {
            let pattern = canonical(pattern);
            match pattern.strip_suffix("/*") {
                Some(organization) => organization == canonical(deployment.organization()),
                None => pattern == deployment.canonical(),
            }
        };
        self.deployments.is_empty() || self.deployments.iter().any(of_deployment)
    }
}

impl Floor {
    /// Joins another floor: of each value, the stricter one stays.
    pub(super) fn join(&mut self, other: &Self) {
        let Self {
            votes,
            quotas,
            approvers,
            four_eyes,
            verified_commits,
            blocks_unknown_makers,
            rollback_four_eyes,
            final_rejection,
            expires_after,
            promotes_to,
            allowed_actions,
            allowed_workflows,
            allowed_refs,
            allowed_webhook_hosts,
            break_glass,
            names_no_breaker,
            review_within,
        } = other;
        self.names_no_breaker |= *names_no_breaker || break_glass.is_empty() && needed(other).is_some();
        stricter(&mut self.votes, votes, |new, old| new > old);
        stricter(&mut self.expires_after, expires_after, |new, old| new < old);
        stricter(&mut self.review_within, review_within, |new, old| new < old);
        for (line, other) in [
            (&mut self.four_eyes, four_eyes),
            (&mut self.verified_commits, verified_commits),
            (&mut self.blocks_unknown_makers, blocks_unknown_makers),
            (&mut self.rollback_four_eyes, rollback_four_eyes),
            (&mut self.final_rejection, final_rejection),
        ] {
            *line = line.or(*other);
        }
        add(&mut self.quotas, quotas);
        for (lists, others) in [
            (&mut self.approvers, approvers),
            (&mut self.promotes_to, promotes_to),
            (&mut self.allowed_actions, allowed_actions),
            (&mut self.allowed_workflows, allowed_workflows),
            (&mut self.allowed_refs, allowed_refs),
            (&mut self.allowed_webhook_hosts, allowed_webhook_hosts),
            (&mut self.break_glass, break_glass),
        ] {
            add(lists, others);
        }
    }
}

fn stricter<T: Clone>(known: &mut Option<Said<T>>, other: &Option<Said<T>>, is: impl Fn(&T, &T) -> bool) {
    let Some(other) = other else { return };
    if known.as_ref().is_none_or(|known| is(&other.value, &known.value)) {
        *known = Some(other.clone());
    }
}

/// Adds the lists that are not there yet.
fn add<T: Clone + PartialEq>(known: &mut Vec<T>, others: &[T]) {
    for other in others {
        if !known.contains(other) {
            known.push(other.clone());
        }
    }
}

/// True if a list names somebody, in any case.
pub(super) fn contains(list: &[String], person: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(person))
}

impl<'a> Judged<'a> {
    /// The environment that the rule promotes to: the one that it names, else that of its approvals.
    pub(super) fn environment(&self) -> Option<&'a str> {
        self.promotes_to.or_else(|| promotes_to(self.actions))
    }

    /// The environments that the rules before it promote to.
    pub(super) fn environments_before(&self) -> impl Iterator<Item = &'a str> {
        self.after.iter().filter_map(|before| before.promotes_to.or_else(|| promotes_to(before.actions)))
    }
}

/// The environment that the approvals of a rule promote to.
fn promotes_to(actions: &[Action]) -> Option<&str> {
    let mut approvals = actions.iter().flat_map(Action::approvals);
    approvals.find_map(|spec| spec.range.promotes_to.as_deref())
}

/// Everything in `actions` that acts, at whatever depth, with its name in rules files.
fn collect<'a>(actions: &'a [Action], found: &mut Vec<(&'a Action, &'static str)>) {
    for action in actions {
        found.extend(acting(action).map(|name| (action, name)));
        if let Action::SlackChannelApproval(spec) = action {
            for then in [&spec.on_success, &spec.on_reject, &spec.on_expire] {
                collect(then, found);
            }
        }
    }
}
