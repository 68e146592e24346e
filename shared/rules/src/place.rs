//! The place that an approval leads to, with the texts of its actions rendered as far as they say where
//! something goes.

use crate::template::{
    Context, Mentions, is_of_revision, is_template, names_of, render_address, render_plain,
};
use signoff_core::action::{Action, ApprovalSpec, TextOf};
use signoff_core::base::{self, Reach};
use signoff_core::deploy::Deploy;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// The template variables that say where something goes. The others differ from deploy to deploy, such as its
/// revision, its people and its commits: a place that followed them would have no base.
const WHERE: [&str; 6] = ["environment", "branch", "tags", "deploy_tags", "deployment", "deployment_name"];
/// The template variables that have one of these in them, and more.
const WITH_WHERE: [&str; 2] = ["deploy_name", "deploy_slack"];
/// The one spelling of a text that is the revision.
const REVISION: &str = "{{ revision }}";
/// The fewest characters of a revision that stand for it.
const SHORTEST: usize = 7;
/// Revisions that no deploy has.
const MADE_UP: [&str; 3] = [
    "0123456789abcdef0123456789abcdef01234567",
    "9d2f60b1c84e7a53f0219d2f60b1c84e7a53f021",
    "fa5b3c8d7e6190427f5b3c8d7e6190427f5b3c8d",
];

/// The place that the approval `spec` of `rule` leads to for `deploy` ([`base::place`]): two deploys whose
/// branch, tags or environment have an action run elsewhere lead to two places.
pub fn place(spec: &ApprovalSpec, rule: &str, deploy: &Deploy) -> String {
    base::place(&rendered_spec(spec, &Where::of(deploy)), rule, &deploy.environment)
}

/// Everything that `actions` act on for `deploy` ([`base::acts_on`]), and the environment that their rule
/// names in `promotes_to`.
pub fn acts_on(actions: &[Action], promotes_to: Option<&str>, deploy: &Deploy) -> BTreeSet<Reach> {
    base::acts_on(&rendered(actions, &Where::of(deploy)), promotes_to)
}

/// Renderer of texts that uses only the place of a deploy.
struct Where {
    context: Context,
    /// The same for revisions that no deploy has.
    made_up: [Context; 3],
}

impl Where {
    fn of(deploy: &Deploy) -> Self {
        let alone = |revision: &str| Deploy {
            revision: revision.to_owned(),
            links: BTreeMap::new(),
            deployer: None,
            commits: Vec::new(),
            pull_requests: Vec::new(),
            previous_revision: None,
            issues: Vec::new(),
            ..deploy.clone()
        };
        let context = |revision: &str| Context::new(&alone(revision), "", &Mentions::default());
        Self { context: context(""), made_up: MADE_UP.map(context) }
    }

    /// True if `template`, which names nothing but the revision, is the revision or the start of it. It is
    /// rendered to see: it may join the revision to fixed texts, or choose between those by it.
    fn is_revision(&self, template: &str) -> bool {
        self.made_up.iter().zip(MADE_UP).all(|(context, revision)| {
            render_plain(template, context).is_ok_and(|text| {
                let text = text.trim().to_ascii_lowercase();
                text.len() >= SHORTEST && revision.starts_with(&text)
            })
        })
    }

    /// `template`, rendered where it says where something goes. One that says something else too keeps its
    /// own text before that, and is no template any more; one that can't be rendered or read stays as it is.
    fn text(&self, of: TextOf, template: &str) -> String {
        let as_it_is = || template.to_owned();
        if !is_template(template) {
            return as_it_is();
        }
        let Some(names) = names_of(template) else { return as_it_is() };
        if of == TextOf::Other && !names.is_empty() && is_of_revision(template) {
            return if self.is_revision(template) { REVISION.to_owned() } else { as_it_is() };
        }
        let is_where = |name: &String| WHERE.contains(&name.as_str());
        if !names.iter().any(|name| is_where(name) || WITH_WHERE.contains(&name.as_str())) {
            return as_it_is();
        }
        let render = match of {
            TextOf::Address => render_address,
            TextOf::Other => render_plain,
        };
        let Ok(text) = render(template, &self.context) else { return as_it_is() };
        // What reads as a template again was no text of the rule.
        match names.iter().all(is_where) && !is_template(&text) {
            true => text,
            // The text says it: the template's names are not looked for again.
            false => format!("{template} \u{2192} {text}").replace('{', "("),
        }
    }
}

fn rendered(actions: &[Action], by: &Where) -> Vec<Action> {
    actions.iter().map(|action| rendered_action(action, by)).collect()
}

fn rendered_spec(spec: &ApprovalSpec, by: &Where) -> ApprovalSpec {
    ApprovalSpec { on_success: rendered(&spec.on_success, by), ..spec.clone() }
}

fn rendered_action(action: &Action, by: &Where) -> Action {
    if let Action::SlackChannelApproval(next) = action.plain() {
        return Action::SlackChannelApproval(rendered_spec(next, by));
    }
    let text = |of: TextOf, template: &str| Ok::<_, Infallible>(by.text(of, template));
    match action.with_texts(text) {
        Ok(rendered) => rendered,
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests;
