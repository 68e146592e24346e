//! The branches and tags that an action may build, where that is known only as it runs.

use super::judge::Judged;
use super::pattern::{Fit, fit_ref};
use super::place::{Place, acting};
use super::{Floor, Policy, Said};
use signoff_core::action::Action;
use signoff_core::deploy::Slug;
use signoff_core::git_ref::GitRef;

/// The branches and tags that the policy allows for an action: lists of patterns, each of which has to fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedRefs(Vec<Said<Vec<String>>>);

impl AllowedRefs {
    /// True if the policy allows building `built`. `None`: the ref is unknown, and only a policy without a
    /// list allows that. A tag fits only a pattern for tags, since anybody with push access can give a tag
    /// the name of a branch.
    pub fn allow(&self, built: Option<&GitRef>) -> bool {
        let Some(GitRef { name, is_tag }) = built else { return self.0.is_empty() };
        let (full, name) = match is_tag {
            true => (format!("refs/tags/{name}"), None),
            false => (format!("refs/heads/{name}"), Some(name).filter(|name| !name.starts_with("refs/"))),
        };
        let texts = || [full.as_str()].into_iter().chain(name.map(String::as_str));
        self.0.iter().all(|said| texts().any(|text| fit_ref(&said.value, text) == Fit::Yes))
    }
}

impl Policy {
    /// The floor of `action`, whose name in rules files is `name`, in the rule `judged`.
    pub(super) fn floor_of(
        &self,
        deployment: &Slug,
        judged: &Judged<'_>,
        action: &Action,
        name: &str,
    ) -> Floor {
        let place = Place::of(action, judged.environment());
        let mut floor = self.binding(deployment, &place, name);
        // A rule that names no environment goes on where the rules before it led to.
        for environment in judged.environments_before() {
            floor.join(&self.binding(deployment, &Place::environment(environment), name));
        }
        floor
    }

    /// The branches and tags that `action` of the rule `judged` may build.
    pub fn allowed_refs(&self, deployment: &Slug, judged: &Judged<'_>, action: &Action) -> AllowedRefs {
        let Some(name) = acting(action) else { return AllowedRefs::default() };
        AllowedRefs(self.floor_of(deployment, judged, action, name).allowed_refs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Before, parse};
    use signoff_core::action::BuildRef;

    #[test]
    fn refs_of_every_floor_that_binds_have_to_fit() {
        let policy = parse(
            "owners: [ana@acme.io, ben@acme.io]\ndefault: {allowed_refs: [main, 'release-*']}\nfloors:\n  - {places: [Production], \
             allowed_refs: [main]}\n",
            "policy.yml",
        )
        .unwrap();
        let action = Action::AutoApproveBuild(BuildRef { build: "deploy".to_owned(), job: None });
        let actions = [action.clone()];
        let allowed = |promotes_to: &str| {
            let rules = format!(
                "rules:\n  - before: {{promotes_to: {promotes_to}, actions: [slack_channel_approval: {{channel: '#a'}}]}}\n"
            );
            let file = crate::parse(&rules, "f").unwrap();
            let after = vec![Before { actions: &file.rules[0].actions, promotes_to: None }];
            let judged = Judged { rule: "ship", line: None, promotes_to: None, actions: &actions, after };
            let refs = policy.allowed_refs(&Slug::new("acme", "web").unwrap(), &judged, &action);
            let branches = ["main", "release-1", "evil"].map(|name| refs.allow(Some(&GitRef::branch(name))));
            assert!(!refs.allow(Some(&GitRef::tag("main"))) && !refs.allow(None));
            branches
        };
        assert_eq!(allowed("Production"), [true, false, false]);
        assert_eq!(allowed("Staging"), [true, true, false]);
    }

    #[test]
    fn tag_fits_only_a_pattern_for_tags() {
        let (main, tag) = (GitRef::branch("main"), GitRef::tag("main"));
        let named_as_a_tag = GitRef::branch("refs/tags/main");
        for (pattern, expected) in [
            ("main", [true, false, false]),
            ("m*", [true, false, false]),
            ("r*", [false, false, false]),
            ("refs/tags/*", [false, true, false]),
            ("refs/tags/main", [false, true, false]),
            ("refs/heads/*", [true, false, true]),
            ("refs/*", [true, true, true]),
            ("*", [true, true, true]),
        ] {
            let refs = AllowedRefs(vec![Said { value: vec![pattern.to_owned()], line: 1 }]);
            let allowed = [&main, &tag, &named_as_a_tag].map(|built| refs.allow(Some(built)));
            assert_eq!(allowed, expected, "{pattern}");
        }
    }
}
