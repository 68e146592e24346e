//! Triggering a pipeline by its definition, as projects of CircleCI's GitHub App need it.

use super::client::{CircleCi, Target, Triggered};
use super::failure::classify;
use super::wire;
use crate::failure::{Failure, Repeat, quote};
use crate::http::{MAX_ANSWER, send};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use signoff_core::action::ParameterValue;
use std::collections::BTreeMap;

/// `POST /project/{provider}/{organization}/{project}/pipeline/run`, asked.
#[derive(Serialize)]
struct Run<'a> {
    definition_id: &'a str,
    config: At<'a>,
    checkout: At<'a>,
    parameters: &'a BTreeMap<String, ParameterValue>,
}

/// A branch or a tag; the default branch where it names neither.
#[derive(Clone, Copy, Serialize)]
struct At<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
}

impl CircleCi {
    /// Triggers a pipeline of `project` (`circleci/ORGANIZATION/PROJECT`) by the id of its definition. Its
    /// configuration and its code are both taken from `target`.
    /// <https://circleci.com/docs/api/v2/#operation/triggerPipelineRun>
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if it may have been triggered: then [`CircleCi::find_triggered`] tells.
    /// [`Failure::Permanent`] if CircleCI triggered none, or has no such project or definition.
    pub async fn trigger_definition(
        &self,
        project: &str,
        definition: &str,
        target: Target<'_>,
        parameters: &BTreeMap<String, ParameterValue>,
    ) -> Result<Triggered, Failure> {
        let doing = format!("triggering the pipeline {definition} of {project}");
        let (branch, tag) = target.names();
        let at = At { branch, tag };
        let path = ["project"].into_iter().chain(project.split('/')).chain(["pipeline", "run"]);
        let request = self.request(Method::POST, &path.collect::<Vec<_>>())?;
        let request = request.json(&Run { definition_id: definition, config: at, checkout: at, parameters });
        let answer = send("CircleCI", &doing, request, Repeat::MayDouble, MAX_ANSWER).await?;
        match answer.status {
            StatusCode::CREATED => {}
            StatusCode::OK => {
                let said: wire::Message = serde_json::from_slice(&answer.body).unwrap_or_default();
                let said = quote(&said.message);
                return Err(Failure::Permanent(format!(
                    "CircleCI triggered no pipeline of {project}: {said}"
                )));
            }
            StatusCode::NOT_FOUND => {
                return Err(Failure::Permanent(format!(
                    "CircleCI answered 404 while {doing}: it has no such project or pipeline definition, or the owner of Signoff's \
                     CircleCI token may not see it; check both in the deployment's settings"
                )));
            }
            _ => return Err(classify(&doing, &answer, Repeat::MayDouble)),
        }
        let created: wire::Created = answer.json("CircleCI", &doing, Repeat::MayDouble)?;
        let url = self.pipeline_url(project, created.number);
        Ok(Triggered { number: created.number, id: created.id, url })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::{Reply, Responder, json as reply};
    use serde_json::{Value, json};

    const DEFINITION: &str = "2338d0ae-5541-4bbf-88a2-55e9f7281f80";

    #[tokio::test]
    async fn a_definition_is_triggered_at_a_branch_or_a_tag() {
        let server = Responder::start(|line, _| match line.rsplit('/').nth(2) {
            Some("app") => reply(
                201,
                &json!({"id": "p26", "state": "pending", "number": 26, "created_at": "2021-05-11T11:40:00Z"}),
            ),
            Some("skipped") => {
                reply(200, &json!({"message": "Ignoring pipeline due to CI skip in the commit"}))
            }
            Some("lost") => Reply::HangUp,
            _ => reply(404, &json!({"message": "Pipeline definition not found"})),
        })
        .await;
        let circleci = CircleCi::new(
            crate::http::client().unwrap(),
            format!("{}/api/v2", server.base),
            "https://app.circleci.com",
            "token".into(),
        );
        let parameters: BTreeMap<_, _> = [("deploy".to_owned(), ParameterValue::Bool(true))].into();
        let trigger = async |name: &str, target| {
            circleci
                .trigger_definition(&format!("circleci/org/{name}"), DEFINITION, target, &parameters)
                .await
        };
        let triggered = trigger("app", Target::Branch("main")).await.unwrap();
        assert_eq!(triggered.url, "https://app.circleci.com/pipelines/circleci/org/app/26");
        trigger("app", Target::Tag("v1")).await.unwrap();
        trigger("app", Target::DefaultBranch).await.unwrap();
        assert!(
            server.lines()[0].ends_with("/project/circleci/org/app/pipeline/run"),
            "{:?}",
            server.lines()
        );
        let bodies: Vec<Value> = server.asked()[..3]
            .iter()
            .map(|asked| serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap())
            .collect();
        for (body, at) in bodies.iter().zip([json!({"branch": "main"}), json!({"tag": "v1"}), json!({})]) {
            let expected = json!({
                "definition_id": DEFINITION, "config": at, "checkout": at, "parameters": {"deploy": true},
            });
            assert_eq!(*body, expected);
        }
        assert!(matches!(trigger("lost", Target::DefaultBranch).await, Err(Failure::Unanswered(_))));
        let mut told = Vec::new();
        for name in ["skipped", "other"] {
            told.push(trigger(name, Target::DefaultBranch).await.unwrap_err().to_string());
        }
        assert!(
            told[0].ends_with("circleci/org/skipped: Ignoring pipeline due to CI skip in the commit"),
            "{told:?}"
        );
        assert!(told[1].contains("check both in the deployment's settings"), "{told:?}");
    }
}
