//! A verified token's claims, held against the project that an admin named.
//!
//! Claims: <https://docs.github.com/en/actions/reference/security/oidc>,
//! <https://docs.gitlab.com/ci/secrets/id_token_authentication/>,
//! <https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/>,
//! <https://buildkite.com/docs/agent/cli/reference/oidc>.

use serde_json::Value;
use signoff_core::ci_job::CiJob;
use signoff_providers::oidc::Claims;
use signoff_store::{CiProject, CiTrust};

/// GitHub's events that run a workflow file of the repository itself, on a commit of its own. What follows
/// from a pull request, `workflow_run` among it, is left out.
const GITHUB_EVENTS: [&str; 7] = [
    "push",
    "workflow_dispatch",
    "repository_dispatch",
    "schedule",
    "release",
    "deployment",
    "deployment_status",
];
/// The same of GitLab. A `parent_pipeline` may be a merge request's.
const GITLAB_SOURCES: [&str; 6] = ["push", "web", "schedule", "api", "trigger", "pipeline"];
/// The same of Buildkite.
const BUILDKITE_SOURCES: [&str; 5] = ["ui", "api", "webhook", "trigger_job", "schedule"];

/// The reason for which a genuine token is not good for a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is of another project, or a fork.
    OtherProject,
    /// Something started the run that an outsider can start, or the token does not say what did.
    Event,
    /// Somebody has a shell in the job.
    SshRerun,
    /// Nobody says that its branch or tag is protected, and the settings do not name it.
    Ref,
    /// It names no full commit, or no run.
    Incomplete,
}

impl Refusal {
    /// The reason, as a part of a sentence about the token.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::OtherProject => {
                "it belongs to another project than the one in the deployment's settings, or to a fork"
            }
            Self::Event => "jobs of pull requests, and jobs that follow from them, can't register deploys",
            Self::SshRerun => "its job was rerun with SSH, or does not say that it was not",
            Self::Ref => {
                "its branch or tag is neither protected nor named by ref= in the deployment's settings"
            }
            Self::Incomplete => "it lacks the full SHA of its commit, or its run",
        }
    }
}

/// The job of a token that the issuer of `trust` signed, if it is of the very project, of a run that no
/// outsider starts, and of a branch or tag that is protected or named in the settings. Where the settings
/// name none, a branch of which the token does not say that it is protected is left to the source host.
/// Anything else that the token does not say is refused.
///
/// # Errors
///
/// The reason for which it is not.
pub(super) fn job(trust: &CiTrust, claims: &Claims) -> Result<CiJob, Refusal> {
    let said = |name: &str| text(claims, name);
    let same = |name: &str, expected: &str| said(name).as_deref() == Some(expected);
    let check = |holds: bool, refusal: Refusal| if holds { Ok(()) } else { Err(refusal) };
    let one_of = |name: &str, all: &[&str]| said(name).is_some_and(|value| all.contains(&value.as_str()));
    let started_by = |name: &str, all: &[&str]| check(one_of(name, all), Refusal::Event);
    let git_ref = |full: Option<String>, is_protected: bool| {
        let full = full.filter(|full| full.starts_with("refs/")).ok_or(Refusal::Ref)?;
        let is_vouched = is_protected || trust.refs.contains(&full);
        let may_be_default = trust.refs.is_empty() && full.starts_with("refs/heads/");
        check(is_vouched || may_be_default, Refusal::Ref).map(|()| (full, is_vouched))
    };
    let run = |name: &str| said(name).ok_or(Refusal::Incomplete);
    let ci = trust.project.title().to_owned();
    match &trust.project {
        CiProject::Github { repository_id } => {
            check(same("repository_id", repository_id), Refusal::OtherProject)?;
            started_by("event_name", &GITHUB_EVENTS)?;
            let (git_ref, is_vouched) = git_ref(said("ref"), same("ref_protected", "true"))?;
            let run = format!("{}.{}", run("run_id")?, run("run_attempt")?);
            Ok(CiJob { ci, git_ref, is_vouched, commit: Some(commit(said("sha"))?), run })
        }
        CiProject::Gitlab { project_id } => {
            // The job of a fork's merge request that runs in the parent has the fork's project_id.
            let is_own = same("project_id", project_id) && same("job_project_id", project_id);
            check(is_own, Refusal::OtherProject)?;
            started_by("pipeline_source", &GITLAB_SOURCES)?;
            let (git_ref, is_vouched) = git_ref(said("ref_path"), same("ref_protected", "true"))?;
            Ok(CiJob { ci, git_ref, is_vouched, commit: Some(commit(said("sha"))?), run: run("job_id")? })
        }
        CiProject::Circleci { organization, project, origin } => {
            let own = |name: &str| format!("oidc.circleci.com/{name}");
            let is_origin = said(&own("vcs-origin")).is_some_and(|said| said.eq_ignore_ascii_case(origin));
            let is_own = same(&own("org-id"), organization) && same(&own("project-id"), project) && is_origin;
            check(is_own, Refusal::OtherProject)?;
            check(same(&own("ssh-rerun"), "false"), Refusal::SshRerun)?;
            let (git_ref, is_vouched) = git_ref(said(&own("vcs-ref")), false)?;
            Ok(CiJob { ci, git_ref, is_vouched, commit: None, run: run(&own("job-id"))? })
        }
        CiProject::Buildkite { organization, pipeline } => {
            let is_own = same("organization_id", organization) && same("pipeline_id", pipeline);
            check(is_own, Refusal::OtherProject)?;
            started_by("build_source", &BUILDKITE_SOURCES)?;
            let tag = said("build_tag").filter(|tag| !tag.is_empty()).map(|tag| format!("refs/tags/{tag}"));
            let branch = || said("build_branch").map(|branch| format!("refs/heads/{branch}"));
            let (git_ref, is_vouched) = git_ref(tag.or_else(branch), false)?;
            Ok(CiJob {
                ci,
                git_ref,
                is_vouched,
                commit: Some(commit(said("build_commit"))?),
                run: run("job_id")?,
            })
        }
    }
}

/// A claim's value as text: ids come as numbers too, and truths in either form.
pub(super) fn text(claims: &Claims, name: &str) -> Option<String> {
    match claims.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A full SHA, in lower case.
fn commit(sha: Option<String>) -> Result<String, Refusal> {
    let is_full =
        |sha: &String| matches!(sha.len(), 40 | 64) && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    sha.filter(is_full).map(|sha| sha.to_lowercase()).ok_or(Refusal::Incomplete)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SHA: &str = "1111111111111111111111111111111111111111";
    const ORGANIZATION: &str = "00000000-0000-4000-8000-000000001001";
    const PROJECT: &str = "00000000-0000-4000-8000-000000002002";

    /// The job of `claims` with a claim replaced, or taken out by `null`.
    fn tried(line: &str, claims: &Value, change: Option<(&str, &Value)>) -> Result<CiJob, Refusal> {
        let mut claims = claims.as_object().unwrap().clone();
        match change {
            Some((name, Value::Null)) => drop(claims.remove(name)),
            Some((name, value)) => drop(claims.insert(name.to_owned(), value.clone())),
            None => {}
        }
        job(&CiTrust::parse(line).unwrap(), &claims)
    }

    /// Holds that `claims` are taken, and with each of these changes refused for its reason.
    fn refuses(line: &str, claims: &Value, changes: &[(&str, Value, Refusal)]) {
        assert!(tried(line, claims, None).is_ok(), "{line}");
        for (name, value, refusal) in changes {
            assert_eq!(tried(line, claims, Some((name, value))), Err(*refusal), "{name} {value}");
        }
    }

    fn github() -> Value {
        json!({"repository_id": "2002", "repository": "acme/pay", "event_name": "push", "ref": "refs/heads/main",
            "ref_protected": "true", "sha": SHA, "run_id": "4004", "run_attempt": "1"})
    }

    #[test]
    fn github_jobs_of_the_repository_itself_are_taken() {
        let line = "github repository_id=2002";
        let taken = CiJob {
            ci: "GitHub Actions".to_owned(),
            git_ref: "refs/heads/main".to_owned(),
            commit: Some(SHA.to_owned()),
            is_vouched: true,
            run: "4004.1".to_owned(),
        };
        assert_eq!(tried(line, &github(), None), Ok(taken.clone()));
        assert_eq!(tried(line, &github(), Some(("repository", &json!("acme/renamed")))), Ok(taken.clone()));
        let named = format!("{line} ref=refs/heads/main");
        assert_eq!(tried(&named, &github(), Some(("ref_protected", &json!("false")))), Ok(taken.clone()));
        // Whether it is the default branch, GitHub says.
        for unsaid in [json!("false"), json!(null)] {
            let unvouched = CiJob { is_vouched: false, ..taken.clone() };
            assert_eq!(tried(line, &github(), Some(("ref_protected", &unsaid))), Ok(unvouched));
        }
        let mut changes = vec![
            ("repository_id", json!("2003"), Refusal::OtherProject),
            ("repository_id", json!(null), Refusal::OtherProject),
            ("ref", json!(""), Refusal::Ref),
            ("ref", json!("main"), Refusal::Ref),
            ("sha", json!(null), Refusal::Incomplete),
            ("sha", json!("1111111"), Refusal::Incomplete),
            ("run_id", json!(null), Refusal::Incomplete),
            ("run_attempt", json!(null), Refusal::Incomplete),
        ];
        for event in [
            "pull_request",
            "pull_request_target",
            "pull_request_review",
            "pull_request_review_comment",
            "merge_group",
            "workflow_run",
            "issue_comment",
        ] {
            changes.push(("event_name", json!(event), Refusal::Event));
        }
        changes.push(("event_name", json!(null), Refusal::Event));
        refuses(line, &github(), &changes);
        let unprotected = github().to_string().replace("\"true\"", "\"false\"");
        let tag = serde_json::from_str(&unprotected.replace("refs/heads/main", "refs/tags/main")).unwrap();
        for line in [line, &named] {
            assert_eq!(tried(line, &tag, None), Err(Refusal::Ref), "{line}");
        }
        let feature = ("ref", &json!("refs/heads/feature"));
        let unprotected = serde_json::from_str(&unprotected).unwrap();
        assert_eq!(tried(&named, &unprotected, Some(feature)), Err(Refusal::Ref));
    }

    #[test]
    fn gitlab_jobs_of_forks_in_the_parent_are_refused() {
        let claims = json!({"project_id": "2002", "job_project_id": "2002", "pipeline_source": "push",
            "ref_path": "refs/heads/main", "ref_protected": "true", "sha": SHA, "job_id": "4005"});
        refuses(
            "gitlab project_id=2002",
            &claims,
            &[
                ("project_id", json!("9009"), Refusal::OtherProject),
                ("job_project_id", json!("9009"), Refusal::OtherProject),
                ("job_project_id", json!(null), Refusal::OtherProject),
                ("pipeline_source", json!("merge_request_event"), Refusal::Event),
                ("pipeline_source", json!("external_pull_request_event"), Refusal::Event),
                ("pipeline_source", json!("parent_pipeline"), Refusal::Event),
                ("pipeline_source", json!(null), Refusal::Event),
                ("ref_path", json!(null), Refusal::Ref),
                ("sha", json!(null), Refusal::Incomplete),
                ("job_id", json!(null), Refusal::Incomplete),
            ],
        );
    }

    #[test]
    fn circleci_jobs_that_were_rerun_with_ssh_are_refused() {
        let own = |name: &str| format!("oidc.circleci.com/{name}");
        let claims = json!({own("org-id"): ORGANIZATION, own("project-id"): PROJECT,
            own("vcs-origin"): "github.com/Acme/pay", own("vcs-ref"): "refs/heads/main", own("ssh-rerun"): false,
            own("job-id"): "j1"});
        let line = format!(
            "circleci organization={ORGANIZATION} project={PROJECT} origin=github.com/acme/pay ref=refs/heads/main"
        );
        assert_eq!(tried(&line, &claims, None).map(|job| job.commit), Ok(None));
        assert!(tried(&line, &claims, Some((&own("ssh-rerun"), &json!("false")))).is_ok());
        let changes = [
            ("org-id", json!(PROJECT), Refusal::OtherProject),
            ("project-id", json!(ORGANIZATION), Refusal::OtherProject),
            ("vcs-origin", json!("github.com/eve/pay"), Refusal::OtherProject),
            ("vcs-origin", json!(null), Refusal::OtherProject),
            ("vcs-ref", json!("refs/heads/pull/7"), Refusal::Ref),
            ("vcs-ref", json!(null), Refusal::Ref),
            ("ssh-rerun", json!(true), Refusal::SshRerun),
            ("ssh-rerun", json!("true"), Refusal::SshRerun),
            ("ssh-rerun", json!(null), Refusal::SshRerun),
            ("job-id", json!(null), Refusal::Incomplete),
        ];
        let names = changes.each_ref().map(|(name, ..)| own(name));
        let changes: Vec<_> = names
            .iter()
            .zip(&changes)
            .map(|(name, change)| (name.as_str(), change.1.clone(), change.2))
            .collect();
        refuses(&line, &claims, &changes);
    }

    #[test]
    fn buildkite_jobs_need_the_ids_of_their_pipeline() {
        let claims = json!({"organization_id": ORGANIZATION, "pipeline_id": PROJECT, "build_source": "webhook",
            "build_branch": "main", "build_commit": SHA, "build_tag": null, "job_id": "j1"});
        let line = format!("buildkite organization={ORGANIZATION} pipeline={PROJECT} ref=refs/heads/main");
        refuses(
            &line,
            &claims,
            &[
                ("organization_id", json!(null), Refusal::OtherProject),
                ("pipeline_id", json!(ORGANIZATION), Refusal::OtherProject),
                ("build_source", json!("pull_request"), Refusal::Event),
                ("build_source", json!(null), Refusal::Event),
                ("build_branch", json!("feature"), Refusal::Ref),
                ("build_tag", json!("main"), Refusal::Ref),
                ("build_commit", json!("HEAD"), Refusal::Incomplete),
            ],
        );
    }
}
