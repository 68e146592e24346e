//! The branches and tags that an action may build, where that is known only as it runs.

use super::judge::Judged;
use super::pattern::{Fit, fit};
use super::place::{Place, acting};
use super::{Floor, Policy, Said};
use signoff_core::action::Action;
use signoff_core::deploy::Slug;

/// The branches and tags that the policy allows for an action: lists of patterns, each of which has to fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedRefs(Vec<Said<Vec<String>>>);

impl AllowedRefs {
    /// True if the branch or tag `name` may be built.
    pub fn allow(&self, name: &str) -> bool {
        self.0.iter().all(|said| fit(&said.value, name) == Fit::Yes)
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
            ["main", "release-1", "evil"].map(|name| refs.allow(name))
        };
        assert_eq!(allowed("Production"), [true, false, false]);
        assert_eq!(allowed("Staging"), [true, true, false]);
    }
}
