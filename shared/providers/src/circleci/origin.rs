//! The way a pipeline was started: by the push of its revision, or otherwise.

use super::wire::{Pipeline, Vcs};
use crate::failure::quote;
use serde_json::{Map, Value};

/// The beginnings of the types that triggers of source hosts have: `github_app`, `gitlab`, `bitbucket_dc`.
const HOSTS: [&str; 3] = ["github", "gitlab", "bitbucket"];

/// The way a pipeline was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// By the push of its revision, with the configuration of that revision.
    Push,
    /// Otherwise; the end of a sentence that begins "was started by".
    Otherwise(String),
}

/// The way `pipeline` was started, by its trigger's type, its repositories and its parameters. Only a push to
/// `repository` (`owner/name`) counts, as far as CircleCI names the repository.
/// <https://circleci.com/docs/api/v2/#operation/listPipelinesForProject>
pub(super) fn origin(pipeline: &Pipeline, repository: &str) -> Origin {
    let otherwise = |how: &str| Origin::Otherwise(how.to_owned());
    match pipeline.trigger.r#type.as_str() {
        "webhook" => {}
        "api" | "explicit" => return otherwise("a request to the API, and not by a push"),
        "scheduled_pipeline" => return otherwise("a schedule, and not by a push"),
        other => {
            return Origin::Otherwise(format!("a trigger of the type {}, and not by a push", quote(other)));
        }
    }
    // The parameters of one without `vcs` have to say that it was a push: `origin_by_parameters`.
    let Some(vcs) = pipeline.built() else { return otherwise("a trigger that names no repository") };
    if is_of_another_repository(&vcs) {
        return otherwise("a pull request from a fork");
    }
    if let Some(other) = pipeline.other_repository(repository) {
        return Origin::Otherwise(format!("a push to {other}, and not to {repository}"));
    }
    if vcs.branch.as_deref().is_some_and(|branch| branch.starts_with("pull/")) {
        return otherwise("a pull request, and not by a push to a branch or tag");
    }
    match &pipeline.trigger_parameters {
        Some(parameters) if !parameters.is_empty() => origin_by_parameters(&vcs, parameters),
        Some(_) | None => Origin::Push,
    }
}

/// True if the push came from another repository than the project's.
fn is_of_another_repository(vcs: &Vcs) -> bool {
    match (&vcs.origin_repository_url, &vcs.target_repository_url) {
        (Some(origin), Some(target)) => !origin.eq_ignore_ascii_case(target),
        // Which other repository it would be is not told.
        (Some(_), None) | (None, Some(_)) => true,
        (None, None) => false,
    }
}

/// The parameters of a push are objects of CircleCI's own, which tell of the event. A plain value is one that
/// somebody gave; an object that names another revision or configuration says that this is not what the push
/// of the revision made.
fn origin_by_parameters(vcs: &Vcs, parameters: &Map<String, Value>) -> Origin {
    for (name, value) in parameters {
        let Value::Object(told) = value else {
            return Origin::Otherwise(format!("a push with the parameter {}", quote(name)));
        };
        let text = |key: &str| told.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        // <https://circleci.com/docs/pipeline-variables/#pipeline-values>: the body is a custom webhook's.
        if told.get("body").is_some_and(|body| !is_nothing(body)) {
            return Origin::Otherwise("a custom webhook, and not by a push".to_owned());
        }
        if let Some(kind) =
            text("trigger_type").filter(|kind| !HOSTS.iter().any(|host| kind.starts_with(host)))
        {
            return Origin::Otherwise(format!("a trigger of the type {}, and not by a push", quote(kind)));
        }
        if let Some(event) = text("event_type").filter(|event| *event != "push") {
            return Origin::Otherwise(format!("an event of the type {}, and not by a push", quote(event)));
        }
        for key in ["config_ref", "checkout_sha", "commit_sha"] {
            if let Some(other) = text(key).filter(|other| !is_the_same(vcs, other)) {
                return Origin::Otherwise(format!(
                    "a push with the {key} {}, which is another one",
                    quote(other)
                ));
            }
        }
    }
    let event = parameters.get("circleci").and_then(|told| told.get("event_type")).and_then(Value::as_str);
    match event {
        Some("push") => Origin::Push,
        Some(_) | None => {
            Origin::Otherwise("an event of which CircleCI does not say that it was a push".to_owned())
        }
    }
}

/// True if a value is null or empty.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// True if `name` is the pipeline's own revision, branch or tag.
fn is_the_same(vcs: &Vcs, name: &str) -> bool {
    let revision = vcs.revision.as_deref().is_some_and(|revision| revision.eq_ignore_ascii_case(name));
    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
    let tag = name.strip_prefix("refs/tags/").unwrap_or(name);
    revision || vcs.branch.as_deref() == Some(branch) || vcs.tag.as_deref() == Some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const REVISION: &str = "7bf7226a0d9e4c5b8f3a2e1d0c9b8a7f6e5d4c3b";

    fn told(trigger: &str, vcs: &Value, parameters: &Value) -> String {
        let pipeline = json!({"id": "p", "number": 1, "state": "created", "created_at": "2021-05-11T11:40:00Z",
            "trigger": {"type": trigger}, "vcs": vcs, "trigger_parameters": parameters});
        match origin(&serde_json::from_value(pipeline).unwrap(), "acme/a") {
            Origin::Push => "push".to_owned(),
            Origin::Otherwise(how) => how,
        }
    }

    #[test]
    fn only_the_push_of_a_revision_counts() {
        let push = json!({"revision": REVISION, "branch": "main", "origin_repository_url": "https://github.com/acme/a",
            "target_repository_url": "https://github.com/Acme/a"});
        let with = |key: &str, value: &str| {
            let mut vcs = push.clone();
            vcs[key] = json!(value);
            vcs
        };
        let own = json!({"git": {"checkout_sha": REVISION, "branch": "main"},
            "circleci": {"event_type": "push", "trigger_type": "github_app"}, "webhook": {"body": ""},
            "github_app": {"config_ref": "refs/heads/main"}});
        let one_url = |key: &str| {
            let mut vcs = push.clone();
            vcs[key] = Value::Null;
            vcs
        };
        let of = |url: &Value| {
            let mut vcs = push.clone();
            vcs["origin_repository_url"] = url.clone();
            vcs["target_repository_url"] = url.clone();
            vcs
        };
        let custom = json!({"circleci": {"event_type": "push"}, "webhook": {"body": "{}"}});
        let kind = json!({"circleci": {"event_type": "push", "trigger_type": "webhook"}});
        let none = Value::Null;
        for (trigger, vcs, parameters, expected) in [
            ("webhook", push.clone(), none.clone(), "push"),
            ("webhook", push.clone(), own.clone(), "push"),
            // Pipelines of the GitHub App have no `vcs`.
            ("webhook", none.clone(), own, "push"),
            (
                "webhook",
                none.clone(),
                json!({"git": {"checkout_sha": REVISION, "branch": "main"}}),
                "an event of which CircleCI does not say that it was a push",
            ),
            (
                "webhook",
                none.clone(),
                json!({"git": {"checkout_sha": REVISION}, "circleci": {"event_type": "pull_request"}}),
                "an event of the type pull_request, and not by a push",
            ),
            (
                "webhook",
                none.clone(),
                json!({"git": {"checkout_sha": REVISION, "branch": "main"}, "circleci": {"event_type": "push"},
                    "github_app": {"config_ref": "refs/heads/evil"}}),
                "a push with the config_ref refs/heads/evil, which is another one",
            ),
            (
                "webhook",
                none.clone(),
                json!({"git": {"branch": "main"}, "circleci": {"event_type": "push"}}),
                "a trigger that names no repository",
            ),
            (
                "api",
                none.clone(),
                json!({"git": {"checkout_sha": REVISION}, "circleci": {"event_type": "push"}}),
                "a request to the API, and not by a push",
            ),
            ("api", push.clone(), none.clone(), "a request to the API, and not by a push"),
            ("explicit", push.clone(), none.clone(), "a request to the API, and not by a push"),
            ("scheduled_pipeline", push.clone(), none.clone(), "a schedule, and not by a push"),
            ("new", push.clone(), none.clone(), "a trigger of the type new, and not by a push"),
            ("webhook", none.clone(), none.clone(), "a trigger that names no repository"),
            (
                "webhook",
                with("origin_repository_url", "https://github.com/eve/a"),
                none.clone(),
                "a pull request from a fork",
            ),
            (
                "webhook",
                with("branch", "pull/7/head"),
                none.clone(),
                "a pull request, and not by a push to a branch or tag",
            ),
            ("webhook", one_url("origin_repository_url"), none.clone(), "a pull request from a fork"),
            ("webhook", one_url("target_repository_url"), none.clone(), "a pull request from a fork"),
            (
                "webhook",
                of(&json!("https://github.com/acme/b")),
                none.clone(),
                "a push to https://github.com/acme/b, and not to acme/a",
            ),
            (
                "webhook",
                of(&Value::Null),
                none.clone(),
                "a push to a repository that CircleCI does not name, and not to acme/a",
            ),
            ("webhook", push.clone(), custom, "a custom webhook, and not by a push"),
            ("webhook", push.clone(), kind, "a trigger of the type webhook, and not by a push"),
            ("webhook", push.clone(), json!({}), "push"),
            (
                "webhook",
                push.clone(),
                json!({"git": {"checkout_sha": REVISION}}),
                "an event of which CircleCI does not say that it was a push",
            ),
            ("webhook", push.clone(), json!({"deploy": true}), "a push with the parameter deploy"),
            (
                "webhook",
                push.clone(),
                json!({"github_app": {"config_ref": "evil"}}),
                "a push with the config_ref evil, which is another one",
            ),
            (
                "webhook",
                push.clone(),
                json!({"circleci": {"event_type": "comment"}}),
                "an event of the type comment, and not by a push",
            ),
        ] {
            assert_eq!(told(trigger, &vcs, &parameters), expected, "{trigger} {vcs} {parameters}");
        }
    }
}
