//! Actions against what the policy allows, whoever approved them.

use super::Judging;
use crate::policy::pattern::{Fit, fit, fit_in_any_case, fit_ref};
use crate::policy::place::{host, workflow};
use crate::policy::{Floor, Said};
use crate::problem::one_line;
use signoff_core::action::Action;

impl Judging<'_> {
    /// Notes a shortfall where the policy does not allow the action itself.
    pub(super) fn allowed(&mut self, action: &Action, name: &str, floor: &Floor) {
        let line = one_line(action.to_string());
        let action = action.plain();
        for Said { value, line: at } in &floor.allowed_actions {
            if !value.iter().any(|allowed| allowed == name) {
                let message = format!("does not allow the action `{name}`");
                self.short(None, ("allowed_actions", *at), message, use_one_of(value));
            }
        }
        for Said { value, line: at } in &floor.allowed_workflows {
            let names = match action {
                Action::TriggerBuild(spec) => vec![workflow(spec).to_owned()],
                Action::AutoApproveBuild(build) => {
                    let job = build.job.iter().map(|job| format!("{}/{job}", build.build));
                    std::iter::once(build.build.clone()).chain(job).collect()
                }
                _ => continue,
            };
            if names.iter().all(|name| fit(value, name) < Fit::Yes) {
                let message = format!("does not allow `{line}`, or it can't be told before it runs");
                self.short(None, ("allowed_workflows", *at), message, use_one_of(value));
            }
        }
        for Said { value, line: at } in &floor.allowed_refs {
            let Action::TriggerBuild(spec) = action else { continue };
            if spec.revision.as_deref().is_none_or(|revision| fit_ref(value, revision) < Fit::Yes) {
                let message = format!("says which branches and tags `{line}` may build");
                let right =
                    format!("write `revision:` with one of these, without variables: {}", listed(value));
                self.short(None, ("allowed_refs", *at), message, right);
            }
        }
        for Said { value, line: at } in &floor.allowed_webhook_hosts {
            let Action::Webhook(spec) = action else { continue };
            if host(&spec.url).is_none_or(|host| fit_in_any_case(value, &host) < Fit::Yes) {
                let message = format!("does not allow `{line}`, or its host can't be told before it runs");
                self.short(None, ("allowed_webhook_hosts", *at), message, use_one_of(value));
            }
        }
        for Said { value, line: at } in &floor.promotes_to {
            if self.promotes_to.is_none_or(|environment| fit_in_any_case(value, environment) < Fit::Yes) {
                let message = match self.promotes_to {
                    Some(environment) => {
                        format!("does not allow `promotes_to: {environment}` before `{line}`")
                    }
                    None => format!("asks that the rule names the environment that `{line}` promotes to"),
                };
                let right = format!("write `promotes_to:` with one of these: {}", listed(value));
                self.short(None, ("promotes_to", *at), message, right);
            }
        }
    }
}

fn use_one_of(list: &[String]) -> String {
    format!("use one of these: {}", listed(list))
}

fn listed(list: &[String]) -> String {
    list.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")
}
