//! Submitting forms: `view_submission` payloads and what the app answers
//! (<https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload>,
//! <https://docs.slack.dev/surfaces/modals#response_actions>).

use super::blocks::view;
use super::click::{ClickOutcome, InteractionRequest, person};
use super::views::{Input, View};
use super::{Shared, Slack};
use crate::stand_in::locked;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Reason why a form can't be submitted: Slack's own client refuses it before it sends anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotSubmit {
    /// The person sees no such form.
    #[error("{0} has no open view {1}")]
    View(String, String),
    /// The form has no such input.
    #[error("view {0} has no input {1}")]
    Input(String, String),
    /// There is no button to submit it with.
    #[error("view {0} has no submit button")]
    Button(String),
    /// Nothing was written where something must be.
    #[error("{0}: please complete this required field")]
    Required(String),
    /// Too little was written.
    #[error("{0}: at least {1} characters")]
    TooShort(String, u64),
    /// Too much was written.
    #[error("{0}: at most {1} characters")]
    TooLong(String, u64),
}

/// Outcome of a submission.
#[derive(Clone, Debug)]
pub struct SubmitOutcome {
    /// The status of the answer; `None`: no answer came.
    pub status: Option<u16>,
    /// The body of the answer.
    pub answer: String,
    /// Time that the answer took.
    pub elapsed: Duration,
    /// Error that Slack would show in the form, which then stays open.
    pub problem: Option<String>,
    /// Mistakes that the app found in the input, by block id.
    pub errors: BTreeMap<String, String>,
    /// True if the form is gone from the screen.
    pub closed: bool,
}

/// Next step that the app's answer asks for.
enum Next {
    Close,
    Errors(BTreeMap<String, String>),
    Update(serde_json::Map<String, Value>),
}

impl Slack {
    /// The signed request of a submission of what is written into the inputs (by action id; the others hold
    /// what they held before). `at` is the time in its `X-Slack-Request-Timestamp`.
    ///
    /// # Errors
    /// What Slack's client would not send.
    pub fn submission_request(
        &self,
        user: &str,
        view_id: &str,
        values: &[(&str, &str)],
        at: Timestamp,
    ) -> Result<InteractionRequest, CannotSubmit> {
        let payload = self.submission_payload(user, view_id, values)?;
        Ok(self.signed(&payload.to_string(), at))
    }

    /// Submits a form as `user`: POSTs the signed payload to the app's interactions address, and does with
    /// the form what the app answers.
    ///
    /// # Errors
    /// What Slack's client would not send.
    pub async fn submit(
        &self,
        user: &str,
        view_id: &str,
        values: &[(&str, &str)],
    ) -> Result<SubmitOutcome, CannotSubmit> {
        let request = self.submission_request(user, view_id, values, (self.shared.clock)())?;
        let sent = self.send(request).await;
        Ok(answered(&self.shared, view_id, sent))
    }

    fn submission_payload(
        &self,
        user: &str,
        view_id: &str,
        values: &[(&str, &str)],
    ) -> Result<Value, CannotSubmit> {
        let app = &self.shared.own.app;
        let now = (self.shared.clock)();
        let mut workspace = locked(&self.shared.state);
        let ts = workspace.ts(now);
        let unknown = || CannotSubmit::View(user.to_owned(), view_id.to_owned());
        let person =
            workspace.users.get(user).filter(|user| !user.deactivated).map(person).ok_or_else(unknown)?;
        let view = workspace.views.iter_mut().find(|view| view.user == user && view.id == view_id);
        let view = view.ok_or_else(unknown)?;
        enter(view, values)?;
        let json = view.json(app);
        let trigger = workspace.triggers.give(user, &ts, now);
        Ok(json!({
            "type": "view_submission",
            "team": {"id": app.team_id, "domain": app.team_domain},
            "user": person,
            "api_app_id": app.id,
            // As in a click's payload.
            "token": "deprecated-verification-token",
            "trigger_id": trigger,
            "view": json,
            "response_urls": [],
            "is_enterprise_install": false,
            "enterprise": null,
        }))
    }
}

/// Writes into the inputs, and checks all of them as Slack's client does.
fn enter(view: &mut View, values: &[(&str, &str)]) -> Result<(), CannotSubmit> {
    if view.of("submit").is_empty() {
        return Err(CannotSubmit::Button(view.id.clone()));
    }
    let mut entered = Vec::new();
    for (action_id, value) in values {
        let inputs = view.inputs();
        let input = inputs.iter().find(|input| input.action_id == *action_id);
        let input = input.ok_or_else(|| CannotSubmit::Input(view.id.clone(), (*action_id).to_owned()))?;
        entered.push(((input.block_id.to_owned(), input.action_id.to_owned()), (*value).to_owned()));
    }
    view.entered.extend(entered);
    view.inputs().iter().try_for_each(|input| complete(input, view.value(input)))
}

fn complete(input: &Input<'_>, value: &str) -> Result<(), CannotSubmit> {
    let (name, length) = (input.action_id.to_owned(), value.chars().count() as u64);
    if value.is_empty() {
        return if input.optional { Ok(()) } else { Err(CannotSubmit::Required(name)) };
    }
    if let Some(least) = input.length("min_length").filter(|least| length < *least) {
        return Err(CannotSubmit::TooShort(name, least));
    }
    match input.length("max_length").filter(|most| length > *most) {
        Some(most) => Err(CannotSubmit::TooLong(name, most)),
        None => Ok(()),
    }
}

/// Does with a form what the app answered.
fn answered(shared: &Shared, view_id: &str, sent: ClickOutcome) -> SubmitOutcome {
    let hash = locked(&shared.state).ts((shared.clock)());
    let mut workspace = locked(&shared.state);
    let ClickOutcome { status, answer, elapsed, problem } = sent;
    let mut outcome =
        SubmitOutcome { status, answer, elapsed, problem, errors: BTreeMap::new(), closed: false };
    let Some(view) = workspace.views.iter_mut().find(|view| view.id == view_id) else {
        // The person closed it while the app was thinking.
        outcome.closed = true;
        return outcome;
    };
    view.errors.clear();
    if outcome.problem.is_none() {
        match next(view, &outcome.answer) {
            Ok(Next::Close) => outcome.closed = true,
            Ok(Next::Errors(errors)) => {
                view.errors.clone_from(&errors);
                outcome.errors = errors;
            }
            Ok(Next::Update(content)) => {
                view.content = content;
                view.hash = hash;
            }
            Err(problem) => outcome.problem = Some(problem),
        }
    }
    view.problem.clone_from(&outcome.problem);
    if outcome.closed {
        workspace.views.retain(|view| view.id != view_id);
    }
    outcome
}

/// Returns the step that an answer asks for. Error: Slack can't do that, and tells the person so.
fn next(view: &View, answer: &str) -> Result<Next, String> {
    if answer.is_empty() {
        return Ok(Next::Close);
    }
    let neither = || format!("the app answered neither nothing nor a response_action: {answer}");
    let answer: Value = serde_json::from_str(answer).map_err(|_| neither())?;
    match answer.get("response_action").and_then(Value::as_str).ok_or_else(neither)? {
        "clear" => Ok(Next::Close),
        "errors" => {
            let errors = answer.get("errors").and_then(Value::as_object).cloned().unwrap_or_default();
            let inputs = view.inputs();
            let known = |block: &str| inputs.iter().any(|input| input.block_id == block);
            let text = |(block, error): (String, Value)| Some((block, error.as_str()?.to_owned()));
            if errors.is_empty() || !errors.iter().all(|(block, error)| known(block) && error.is_string()) {
                return Err(format!("the app's errors are not texts by the block ids of inputs: {answer}"));
            }
            Ok(Next::Errors(errors.into_iter().filter_map(text).collect()))
        }
        "update" => {
            let checked = view::checked(answer.get("view").unwrap_or(&Value::Null));
            let wrong =
                |errors: Vec<String>| format!("the app's new view is not valid: {}", errors.join("; "));
            checked.map(Next::Update).map_err(wrong)
        }
        other => Err(format!("the stand-in has no response_action {other}")),
    }
}
