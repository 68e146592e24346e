//! Subject of a vote: fixed when its approval opens, and compared before each action.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::release::releases;
use signoff_core::action::{Action, ApprovalSpec, TextOf};
use signoff_core::approval::{Act, Approval, Origin, Start, Subject};
use signoff_core::deploy::Deploy;
use signoff_core::happened::AtOpening;
use signoff_core::run::Run;
use signoff_providers::Failure;
use signoff_rules::template::{
    Context, TemplateError, is_late, is_of_record, literal, render_address, render_plain,
};
use signoff_runtime::deployments::Connection;
use signoff_store::StoreError;

/// The most that the rendered texts of an approval's actions may come to, in bytes: they are kept in its row.
const MAX_TEXTS: usize = 64 * 1024;
/// The longest line of an action, in characters.
const MAX_LINE: usize = 4000;
/// Longest value that a dialog shows, in characters.
const MAX_VALUE: usize = 60;

impl ActionExecution {
    /// Returns the subject of a vote on step number `step` of `run`: every action that acts after it, also
    /// after further approvals. Each is rendered once, when the first approval that decides about it
    /// opens, and run so. `earlier` are the approvals that were opened before. Where a branch or a tag
    /// was looked up for it, the repository's number is compared afterwards.
    ///
    /// # Errors
    /// Among others, that the deployment is not where people voted on it before. `Err` of the answer: another
    /// repository has the name now, and what to do.
    pub(crate) async fn subject(
        &self,
        deploy: &Deploy,
        run: &Run,
        step: usize,
        spec: &ApprovalSpec,
        earlier: &[Approval],
    ) -> Tried<Result<Subject, String>> {
        let connected = self.connections.of(&self.store, &deploy.deployment).await?;
        let connection = connected.connection();
        unmoved(deploy, decided(run, step, earlier), connection)?;
        let (context, now) = self.context_at_opening(deploy, &texts_after(run, step)).await?;
        let at_opening = decided(run, step, earlier).find_map(|subject| subject.at_opening.clone()).or(now);
        let (mut acts, mut fails, mut left, mut has_looked) = (Vec::new(), Vec::new(), MAX_TEXTS, false);
        for (index, follows) in run.steps.iter().enumerate().filter(|(_, follows)| follows.action.acts()) {
            let Some(branch) = run.decides(step, index) else { continue };
            let condition = condition(run, step, index);
            let project = project(connection, &follows.action);
            let project = project.as_str();
            if let Some(known) = decided(run, step, earlier).find_map(|subject| subject.act(index)) {
                let known = with_started(Act { branch, condition, ..known.clone() }, run, project);
                let rendered = rendered(&known.action, &context)?;
                fails.extend(self.failing(deploy, &rendered, &known).await);
                acts.push(known);
                continue;
            }
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
                    has_looked = true;
                    self.start(deploy, connection, rule, spec).await?
                }
                (Action::TriggerBuild(_), _, None) => {
                    Start::Nothing(format!("this stack is not connected to {}", deploy.deployment))
                }
                (Action::AutoApproveBuild(_), ..) => releases(run, index, deploy.reading.built_on.clone()),
                _ => Start::NoBuild,
            };
            let describe = |longest| cut(Act::describe(&rendered, &start, project, longest));
            let line = describe(usize::MAX);
            let short = Some(describe(MAX_VALUE)).filter(|short| *short != line);
            let act = Act { step: index, branch, condition, line, short, action, start };
            fails.extend(self.failing(deploy, &rendered, &act).await);
            acts.push(act);
        }
        if has_looked && let Err(failure) = self.same_repository(deploy, &[]).await? {
            return Ok(Err(failure.to_string()));
        }
        Ok(Ok(Subject {
            revision: run.revision.clone(),
            rule: run.rule.clone(),
            rule_hash: run.rule_hash.clone(),
            plan: spec.on_success.iter().map(ToString::to_string).collect(),
            origin: self.origin(deploy, connection).await?,
            branch: deploy.branch.clone(),
            acts,
            fails,
            at_opening,
            base: None,
            place: String::new(),
        }))
    }

    /// The failure of `act` that is foreseen as things are: its line, the reason and what to do. `rendered`
    /// is its action with its texts.
    async fn failing(&self, deploy: &Deploy, rendered: &Action, act: &Act) -> Option<String> {
        let Action::Webhook(spec) = rendered else { return None };
        let why = self.webhook_refusal(deploy, spec).await?;
        Some(cut(format!("{}: {why}", act.short.as_ref().unwrap_or(&act.line))))
    }

    /// Returns the repository and the project of `connection`, with the repository's id on record.
    async fn origin(
        &self,
        deploy: &Deploy,
        connection: Option<&Connection>,
    ) -> Result<Option<Origin>, StoreError> {
        let Some(connection) = connection else { return Ok(None) };
        let kept = self.store.kept_repository(&deploy.deployment, &connection.repository).await?;
        Ok(Some(Origin { repository_id: kept.map(|kept| kept.id), ..origin(connection) }))
    }

    /// Returns the values that `texts` can use for `deploy` when an approval opens, and those that are kept
    /// for texts to which the vote brings something. Reads the health and the rules that failed only if a
    /// text uses them.
    async fn context_at_opening(
        &self,
        deploy: &Deploy,
        texts: &[String],
    ) -> Tried<(Context, Option<AtOpening>)> {
        let context = self.early_context(deploy);
        if !texts.iter().any(|text| is_of_record(text)) {
            return Ok((context, None));
        }
        let page = self.store.page(&deploy.id).await?;
        let page = page.ok_or_else(|| Failure::retryable("the deploy is not on record".to_owned()))?;
        let (health, failed_rules, tags) = (page.facts.health(), page.failed_rules(), deploy.tags.clone());
        let context = context.with_known(health, &failed_rules);
        let is_completed_later = texts.iter().any(|text| is_late(text));
        Ok((context, is_completed_later.then_some(AtOpening { health, failed_rules, tags })))
    }
}

/// The repository and the project of `connection`, without the repository's number.
fn origin(connection: &Connection) -> Origin {
    Origin {
        host: format!("{:?}", connection.git_host),
        repository: connection.repository.clone(),
        repository_id: None,
        circleci_project: connection.circleci_project.clone(),
        circleci_definition: connection.circleci_definition.clone(),
    }
}

/// The CircleCI project in which `action` runs, in words. A pipeline of CircleCI's GitHub App is started by
/// its definition, which says what runs in it.
fn project(connection: Option<&Connection>, action: &Action) -> String {
    let Some(connection) = connection else { return "CircleCI".to_owned() };
    let project = &connection.circleci_project;
    match (action.plain(), &connection.circleci_definition) {
        (Action::TriggerBuild(_), Some(definition)) => format!("{project} by the definition {definition}"),
        _ => project.clone(),
    }
}

/// The subjects of those of `approvals` that decide about step number `step` of `run`, the first one first.
pub(crate) fn decided<'a>(
    run: &'a Run,
    step: usize,
    approvals: &'a [Approval],
) -> impl Iterator<Item = &'a Subject> {
    let mut deciding: Vec<&Approval> =
        approvals.iter().filter(|approval| run.decides(approval.step, step).is_some()).collect();
    deciding.sort_by_key(|approval| approval.step);
    deciding.into_iter().map(|approval| &approval.subject)
}

/// `act`, which an earlier approval fixed, with the pipelines that are known since.
fn with_started(act: Act, run: &Run, project: &str) -> Act {
    let Start::Releases(release) = &act.start else { return act };
    let start = releases(run, act.step, release.pushed_to.clone());
    let line = cut(Act::describe(&act.action, &start, project, usize::MAX));
    Act { start, line, ..act }
}

/// The texts of what acts after step number `step` of `run`.
fn texts_after(run: &Run, step: usize) -> Vec<String> {
    let follows = run.steps.iter().enumerate().filter(|(index, _)| run.decides(step, *index).is_some());
    follows.flat_map(|(_, follows)| texts(&follows.action)).collect()
}

/// The words for the approvals after step number `step` of `run` that decide about step number `index` too.
fn condition(run: &Run, step: usize, index: usize) -> Option<String> {
    let others = run.decides_between(step, index).into_iter();
    Act::condition(others.filter_map(|(other, branch)| match &run.steps.get(other)?.action {
        Action::SlackChannelApproval(spec) => Some((spec.name.as_str(), branch)),
        _ => None,
    }))
}

/// Checks that the deployment has the same repository and project as when each of `subjects` was fixed.
/// Error: one changed; the message says which.
pub(crate) fn unmoved<'a>(
    deploy: &Deploy,
    subjects: impl IntoIterator<Item = &'a Subject>,
    connection: Option<&Connection>,
) -> Result<(), Failure> {
    subjects.into_iter().try_for_each(|subject| unmoved_since(deploy, subject, connection))
}

fn unmoved_since(deploy: &Deploy, subject: &Subject, connection: Option<&Connection>) -> Result<(), Failure> {
    let changed = moved(subject.origin.as_ref(), connection.map(origin).as_ref());
    changed.map_or(Ok(()), |changed| {
        Err(Failure::Permanent(format!(
            "nothing was done: {} is not what people voted on any more: {changed}. Deploy again to have it asked anew",
            deploy.deployment
        )))
    })
}

/// The difference between the origin that people voted on and the one that the deployment has `now`, as a
/// part of a sentence; `None`: there is none.
fn moved(seen: Option<&Origin>, now: Option<&Origin>) -> Option<String> {
    match (seen, now) {
        (Some(seen), Some(now)) => seen.moved(now),
        (None, None) => None,
        (Some(seen), None) => Some(format!(
            "its repository was {}, and this stack is not connected to the deployment any more",
            seen.repository
        )),
        (None, Some(now)) => {
            Some(format!("it was not connected, and its repository is {} now", now.repository))
        }
    }
}

/// Returns the renderer for a text of an action. In an address, a value can't change the rest of the address.
pub(crate) fn renderer(of: TextOf) -> fn(&str, &Context) -> Result<String, TemplateError> {
    match of {
        TextOf::Address => render_address,
        TextOf::Other => render_plain,
    }
}

/// `action` with its texts rendered, as people read it.
fn rendered(action: &Action, context: &Context) -> Result<Action, Failure> {
    let render = |of: TextOf, template: &str| match is_late(template) {
        true => Ok(template.to_owned()),
        false => renderer(of)(template, context),
    };
    action.with_texts(render).map_err(unrendered)
}

/// `action` with its texts rendered, each as a template of that very text. What is not known before the
/// action runs, such as who approves, stays a template.
fn fixed(action: &Action, context: &Context) -> Result<Action, Failure> {
    let fix = |of: TextOf, template: &str| -> Result<String, TemplateError> {
        if is_late(template) {
            return Ok(template.to_owned());
        }
        Ok(literal(&renderer(of)(template, context)?))
    };
    action.with_texts(fix).map_err(unrendered)
}

fn unrendered(error: TemplateError) -> Failure {
    Failure::Permanent(format!("an action can't be rendered: {error}"))
}

/// Size of the texts of `action` in bytes, at least.
fn size(action: &Action) -> usize {
    texts(action).iter().map(String::len).fold(0, usize::saturating_add)
}

/// The texts of `action`.
fn texts(action: &Action) -> Vec<String> {
    let found = std::cell::RefCell::new(Vec::new());
    let note = |_: TextOf, text: &str| {
        found.borrow_mut().push(text.to_owned());
        Ok::<_, std::convert::Infallible>(String::new())
    };
    match action.with_texts(note) {
        Ok(_) => found.into_inner(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deployment_without_connection_is_not_what_was_voted_on() {
        let origin = |repository: &str| Origin {
            host: "github".to_owned(),
            repository: repository.to_owned(),
            circleci_project: format!("gh/{repository}"),
            circleci_definition: None,
            repository_id: None,
        };
        let (web, shop) = (origin("acme/web"), origin("acme/shop"));
        for (seen, now, expected) in [
            (None, None, None),
            (Some(&web), Some(&web), None),
            (Some(&web), Some(&shop), Some("its repository was acme/web and is acme/shop")),
            (
                Some(&web),
                None,
                Some(
                    "its repository was acme/web, and this stack is not connected to the deployment any more",
                ),
            ),
            (None, Some(&web), Some("it was not connected, and its repository is acme/web now")),
        ] {
            let told = moved(seen, now);
            assert_eq!(told.is_some(), expected.is_some(), "{told:?}");
            assert!(told.unwrap_or_default().starts_with(expected.unwrap_or_default()));
        }
    }
}
