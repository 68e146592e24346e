//! What a vote stands for: fixed when its approval opens, and compared before each action.

use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::action::{Action, ApprovalSpec};
use approval::approval::{Act, Origin, Start, Subject};
use approval::deploy::Deploy;
use approval::run::{Branch, Run};
use providers::Failure;
use rules::template::{
    Context, FAILED_RULES, Mentions, TemplateError, literal, render_address, render_plain,
};
use runtime::deployments::Connection;

/// The most that the rendered texts of an approval's actions may come to, in bytes: they are kept in its row.
const MAX_TEXTS: usize = 64 * 1024;
/// The longest line of an action, in characters.
const MAX_LINE: usize = 600;

impl ActionExecution {
    /// What a vote on step number `step` of `run` stands for: every action that acts after it is rendered here, and run so.
    pub(crate) async fn subject(
        &self,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        spec: &ApprovalSpec,
    ) -> Result<Subject, Trouble> {
        let connected = self.connections.of(&self.store, &deploy.deployment).await?;
        let connection = connected.connection();
        let context = self.context(deploy, &Mentions::default(), &[]).await?;
        let (mut acts, mut left) = (Vec::new(), MAX_TEXTS);
        for (index, follows) in run.steps.iter().enumerate() {
            if run.waits_for(index) != Some(step) || !follows.action.acts() {
                continue;
            }
            let on_approval = run.branch_of(index, step).unwrap_or_default() == Branch::OnSuccess;
            let rendered = rendered(&follows.action, &context)?;
            let action = fixed(&follows.action, &context)?;
            left = left.checked_sub(size(&action)).ok_or_else(|| {
                let name = &spec.name;
                Failure::Permanent(format!(
                    "the actions of \u{201c}{name}\u{201d} have texts of more than {} KiB for this deploy: shorten them",
                    MAX_TEXTS / 1024
                ))
            })?;
            let start = match (&follows.action, &rendered, connection) {
                (Action::TriggerBuild(rule), Action::TriggerBuild(spec), Some(connection)) => {
                    self.start(deploy, connection, rule, spec).await?
                }
                (Action::TriggerBuild(_), _, None) => {
                    Start::Nothing(format!("this stack is not connected to {}", deploy.deployment))
                }
                _ => Start::NoBuild,
            };
            let project = connection.map_or("CircleCI", |connection| connection.circleci_project.as_str());
            let line = cut(Act::describe(&rendered, &start, project));
            acts.push(Act { step: index, on_approval, line, action, start });
        }
        Ok(Subject {
            revision: run.revision.clone(),
            rule: run.rule.clone(),
            rule_hash: run.rule_hash.clone(),
            plan: spec.on_success.iter().map(ToString::to_string).collect(),
            origin: connection.map(origin),
            branch: deploy.branch.clone(),
            acts,
            base: None,
        })
    }
}

/// Where `connection` has the repository and the project.
fn origin(connection: &Connection) -> Origin {
    Origin {
        host: format!("{:?}", connection.git_host),
        repository: connection.repository.clone(),
        circleci_project: connection.circleci_project.clone(),
    }
}

/// That the deployment still has its repository and its project where they were when `subject` was fixed. Error: it has not,
/// and the message says what changed.
pub(crate) fn unmoved(
    deploy: &Deploy,
    subject: &Subject,
    connection: Option<&Connection>,
) -> Result<(), Failure> {
    let changed = match (&subject.origin, connection.map(origin)) {
        (Some(seen), Some(now)) => seen.moved(&now),
        // Who has no connection runs nothing that needs one.
        (None | Some(_), None) => None,
        (None, Some(now)) => {
            Some(format!("it was not connected, and its repository is {} now", now.repository))
        }
    };
    changed.map_or(Ok(()), |changed| {
        Err(Failure::Permanent(format!(
            "nothing was done: {} is not what people voted on any more: {changed}. Deploy again to have it asked anew",
            deploy.deployment
        )))
    })
}

/// What renders a text of `action`: in an address, a value stays in its place.
pub(crate) fn renderer(action: &Action) -> fn(&str, &Context) -> Result<String, TemplateError> {
    if matches!(action.plain(), Action::Webhook(_)) { render_address } else { render_plain }
}

/// `action` with its texts rendered, as people read it.
fn rendered(action: &Action, context: &Context) -> Result<Action, Failure> {
    action.with_texts(|template| renderer(action)(template, context)).map_err(unrendered)
}

/// `action` with its texts rendered, each as a template of that very text. Which rules stopped is not known before the end.
fn fixed(action: &Action, context: &Context) -> Result<Action, Failure> {
    let fix = |template: &str| -> Result<String, TemplateError> {
        if template.contains(FAILED_RULES) {
            return Ok(template.to_owned());
        }
        Ok(literal(&renderer(action)(template, context)?))
    };
    action.with_texts(fix).map_err(unrendered)
}

fn unrendered(error: TemplateError) -> Failure {
    Failure::Permanent(format!("an action can't be rendered: {error}"))
}

/// How many bytes the texts of `action` have, at least.
fn size(action: &Action) -> usize {
    let total = std::cell::Cell::new(0_usize);
    let count = |text: &str| {
        total.set(total.get().saturating_add(text.len()));
        Ok::<_, std::convert::Infallible>(String::new())
    };
    match action.with_texts(count) {
        Ok(_) => total.get(),
        Err(never) => match never {},
    }
}

/// A line, on one line and not too long.
fn cut(line: String) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}\u{2026}", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
