//! Tokens of CI jobs in the place of API keys: whose are good for a deployment, for what, and for which
//! commits.

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use signoff_core::approval::Blocker;
use signoff_core::confirmation::{Confirmation, Doubt};
use signoff_core::deploy::Slug;
use signoff_core::id::DeployId;
use signoff_local::github::NewCommit;
use signoff_local::oidc::{Issuer, Options};
use system_tests::story::{Story, rule, tell};
use system_tests::world::API_KEY;

const ORGANIZATION: &str = "00000000-0000-4000-8000-000000001001";
const PROJECT: &str = "00000000-0000-4000-8000-000000002002";
/// The lines for a project of each CI. `ISSUER` stands for the issuer of the story.
pub(crate) const GITHUB: &str = "github repository_id=2002 issuer=ISSUER";
const GITLAB: &str = "gitlab project_id=3003 issuer=ISSUER";
pub(crate) const CIRCLECI: &str = "circleci organization=ORGANIZATION project=PROJECT origin=github.com/acme/STORY ref=refs/heads/main issuer=ISSUER";
pub(crate) const BUILDKITE: &str =
    "buildkite organization=ORGANIZATION pipeline=PROJECT ref=refs/heads/main issuer=ISSUER";

/// Makes the claims of a job for a commit.
type MakesClaims = fn(&str) -> Value;

/// A story's CI: an issuer of its own.
pub(crate) struct Ci<'s> {
    story: &'s Story,
    issuer: Issuer,
}

impl<'s> Ci<'s> {
    /// An issuer, and `lines` in the settings of the story's deployment.
    pub(crate) async fn trusted(story: &'s Story, lines: &[&str]) -> Self {
        let ci = Self { story, issuer: Issuer::start(Options::default()).await.unwrap() };
        assert_eq!(ci.save("0", lines).await.status(), 303);
        ci
    }

    /// Saves `lines` over the settings of `version`.
    async fn save(&self, version: &str, lines: &[&str]) -> Response {
        let lines = lines.join("\n").replace("ISSUER", self.issuer.url()).replace("STORY", &self.story.name);
        let lines = lines.replace("ORGANIZATION", ORGANIZATION).replace("PROJECT", PROJECT);
        let repository = self.story.repository();
        let channel = format!("#{}", self.story.name);
        let fields = [
            ("repository", repository.as_str()),
            ("channel", &channel),
            ("git_host", "github"),
            ("version", version),
            ("ci", &lines),
        ];
        let url = format!("{}/deployments/{repository}/edit", self.story.world.front.url());
        self.story.world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap()
    }

    /// A token with `claims`, for this stack, and with `changes` (`null` takes a claim out).
    pub(crate) fn token(&self, claims: &Value, changes: &[(&str, Value)]) -> String {
        let mut claims = claims.as_object().unwrap().clone();
        claims.insert("aud".to_owned(), json!(self.story.world.front.url()));
        for (name, value) in changes {
            match value {
                Value::Null => drop(claims.remove(*name)),
                value => drop(claims.insert((*name).to_owned(), value.clone())),
            }
        }
        let token = self.issuer.token(&Value::Object(claims)).unwrap();
        self.story.world.keeps_secret(&token);
        token
    }

    /// A token of a job of GitHub Actions for `sha`, in the run `run`.
    fn github(&self, sha: &str, run: u32) -> String {
        self.token(&github(sha), &[("run_id", json!(run.to_string()))])
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: &Value) -> (u16, String) {
        let url = format!("{}/api/1/deployments/{path}", self.story.world.front.url());
        let answer = self.story.world.http.post(url).bearer_auth(token).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Registers `sha` in Staging by `token`; the status, and what the job is told.
    pub(crate) async fn registers(&self, token: &str, sha: &str) -> (u16, String) {
        let path = format!("{}/register_deploy", self.story.repository());
        self.post(&path, token, &json!({"sha": sha, "environment": "Staging"})).await
    }

    /// The deploys of `sha` on record, oldest first.
    async fn deploys(&self, sha: &str) -> Vec<DeployId> {
        let slug = Slug::new("acme", &self.story.name).unwrap();
        let mut ids: Vec<DeployId> = Vec::new();
        for deploy in self.story.world.store.of_revision(&slug, sha).await.unwrap() {
            if !ids.contains(&deploy.id) {
                ids.push(deploy.id);
            }
        }
        ids
    }
}

pub(crate) fn github(sha: &str) -> Value {
    json!({"repository_id": "2002", "repository": "acme/any", "event_name": "push", "ref": "refs/heads/main",
        "ref_type": "branch", "ref_protected": "true", "sha": sha, "run_id": "4004", "run_attempt": "1"})
}

fn gitlab(sha: &str) -> Value {
    json!({"project_id": "3003", "job_project_id": "3003", "pipeline_source": "push", "ref": "main",
        "ref_path": "refs/heads/main", "ref_protected": "true", "sha": sha, "job_id": "4005"})
}

pub(crate) fn circleci(story: &Story) -> Value {
    json!({"oidc.circleci.com/org-id": ORGANIZATION, "oidc.circleci.com/project-id": PROJECT,
        "oidc.circleci.com/vcs-origin": format!("github.com/acme/{}", story.name),
        "oidc.circleci.com/vcs-ref": "refs/heads/main", "oidc.circleci.com/ssh-rerun": false,
        "oidc.circleci.com/job-id": "j1"})
}

pub(crate) fn buildkite(sha: &str) -> Value {
    json!({"organization_id": ORGANIZATION, "pipeline_id": PROJECT, "build_source": "webhook",
        "build_branch": "main", "build_commit": sha, "job_id": "j2"})
}

/// A commit on the branch `branch`; its SHA.
pub(crate) fn push_to(story: &Story, branch: &str, message: &str) -> String {
    story.world.github.add_branch(&story.repository(), branch);
    let commit = NewCommit {
        author: story.author("Ana"),
        message: message.to_owned(),
        branch: Some(branch.to_owned()),
        files: Vec::new(),
    };
    story.world.github.push(&story.repository(), commit)
}

#[test]
fn a_job_of_each_ci_registers_with_its_own_token() {
    tell("ci-tokens", async |story| {
        story.rules("rules: []");
        let ci = Ci::trusted(story, &[GITHUB, GITLAB, CIRCLECI, BUILDKITE]).await;
        let cis: [(&str, MakesClaims); 4] = [
            ("GitHub Actions", github),
            ("GitLab CI", gitlab),
            ("CircleCI", |_| json!(null)),
            ("Buildkite", buildkite),
        ];
        for (title, claims) in cis {
            let sha = story.push("Ana", title);
            let claims = if title == "CircleCI" { circleci(story) } else { claims(&sha) };
            let answer = ci.registers(&ci.token(&claims, &[]), &sha).await;
            assert_eq!(answer, (200, "Success".to_owned()), "{title}");
            let deploy = story.settled(&story.deploy_id(&sha, "Staging")).await.deploy;
            let job = deploy.reading.ci_job.unwrap();
            let commit = (title != "CircleCI").then_some(sha);
            assert_eq!((job.ci.as_str(), job.commit), (title, commit));
            assert_eq!(deploy.confirmation, Confirmation::Confirmed, "{title}");
            let page = story.get(&format!("/deploys/{}", deploy.id)).await.text().await.unwrap();
            let told = format!("by the token of a job of {title} for refs/heads/main");
            assert!(page.contains(&told), "{page}");
        }
    });
}

#[test]
fn a_token_that_is_not_for_the_deployment_is_refused() {
    tell("ci-refused", async |story| {
        let ci = Ci::trusted(story, &[GITHUB, GITLAB, CIRCLECI, BUILDKITE]).await;
        let sha = story.push("Ana", "One");
        let now = signoff_runtime::time::now().as_second();
        let other = Issuer::start(Options::default()).await.unwrap();
        other.rotate().unwrap();
        let (hub, lab, circle, kite) = (github(&sha), gitlab(&sha), circleci(story), buildkite(&sha));
        let project = "belongs to another project than the one in the deployment's settings, or to a fork";
        let pull_request = "jobs of pull requests, and jobs that follow from them, can't register deploys";
        let unprotected = "neither protected nor named by ref=";
        let time = "it has expired, is older than an hour, or is not valid yet";
        let mut attempts = Vec::new();
        for (claims, changes, status, reason) in [
            (&hub, vec![("aud", json!("https://github.com/acme"))], 401, "made for another audience"),
            (
                &hub,
                vec![("iss", json!(other.url()))],
                401,
                "no CI in the deployment's settings has its issuer",
            ),
            (&hub, vec![("exp", json!(now - 60))], 401, time),
            (
                &hub,
                vec![("iat", json!(now - 3_660)), ("nbf", json!(now - 3_660)), ("exp", json!(now + 60))],
                401,
                time,
            ),
            (&hub, vec![("nbf", json!(now + 600))], 401, time),
            (&hub, vec![("repository_id", json!("2003"))], 403, project),
            (&hub, vec![("event_name", json!("pull_request"))], 403, pull_request),
            (&hub, vec![("event_name", json!("pull_request_target"))], 403, pull_request),
            (&hub, vec![("event_name", Value::Null)], 403, pull_request),
            (&hub, vec![("ref", json!("refs/tags/v1")), ("ref_protected", json!("false"))], 403, unprotected),
            (&hub, vec![("sha", Value::Null)], 403, "lacks the full SHA of its commit"),
            (&lab, vec![("project_id", json!("9009"))], 403, project),
            (&lab, vec![("job_project_id", json!("9009"))], 403, project),
            (&lab, vec![("pipeline_source", json!("merge_request_event"))], 403, pull_request),
            (
                &lab,
                vec![("ref_path", json!("refs/tags/v1")), ("ref_protected", json!("false"))],
                403,
                unprotected,
            ),
            (&circle, vec![("oidc.circleci.com/ssh-rerun", json!(true))], 403, "was rerun with SSH"),
            (
                &circle,
                vec![("oidc.circleci.com/vcs-origin", json!("github.com/eve/ci-refused"))],
                403,
                project,
            ),
            (&circle, vec![("oidc.circleci.com/vcs-ref", json!("refs/heads/pull/7"))], 403, unprotected),
            (&kite, vec![("pipeline_id", json!(ORGANIZATION))], 403, project),
            (&kite, vec![("build_branch", json!("feature"))], 403, unprotected),
        ] {
            attempts.push((format!("{changes:?}"), ci.token(claims, &changes), status, reason));
        }
        let good = ci.github(&sha, 1);
        let mut forged = hub.clone();
        forged["iss"] = json!(ci.issuer.url());
        forged["aud"] = json!(story.world.front.url());
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let changed = format!("{first}{}", &signature[1..]);
        for (case, token, reason) in [
            ("another's key", other.token(&forged).unwrap(), "its issuer has no such key"),
            ("another signature", format!("{signed}.{changed}"), "its signature does not match"),
            (
                "no signature",
                format!("eyJhbGciOiJub25lIn0.{}.", signed.split('.').nth(1).unwrap()),
                "is not a JSON Web Token",
            ),
        ] {
            attempts.push((case.to_owned(), token, 401, reason));
        }
        for (case, token, status, reason) in attempts {
            let (answered, told) = ci.registers(&token, &sha).await;
            assert_eq!(answered, status, "{case}: {told}");
            assert!(
                told.starts_with("Authorization: the token is refused: ") && told.contains(reason),
                "{case}: {told}"
            );
            assert!(told.contains("/deployments/acme/ci-refused/edit"), "{told}");
        }
        // The path names the deployment, and the settings of another one do not name the project.
        let body = json!({"sha": sha, "environment": "Staging"});
        for place in ["acme/ci-tokens-of-nobody", "nobody/ci-refused"] {
            let (status, told) = ci.post(&format!("{place}/register_deploy"), &good, &body).await;
            assert!(
                status == 401 && told.contains("no CI in the deployment's settings has its issuer"),
                "{place}: {told}"
            );
        }
        assert!(ci.deploys(&sha).await.is_empty());
        assert_eq!(ci.registers(&good, &sha).await.0, 200);
        story.settled(&story.deploy_id(&sha, "Staging")).await;
    });
}

#[test]
fn a_token_reports_only_where_the_settings_say_so() {
    tell("ci-report", async |story| {
        story.rules("rules: []");
        let ci = Ci::trusted(story, &[GITHUB]).await;
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let path = |end: &str| format!("{}/{end}", story.repository());
        let tagged = |sha: &str| json!({"sha": sha, "environment": "Staging", "tags": "#hotfix"});
        let token = ci.github(&second, 1);
        assert_eq!(ci.post(&path("register_deploy"), &token, &tagged(&first)).await.0, 200);
        let deploy = story.settled(&story.deploy_id(&first, "Staging")).await.deploy;
        assert_eq!((deploy.tags, deploy.reported_tags), (vec![], vec!["#hotfix".to_owned()]));
        let health = path(&format!("{first}/health"));
        let (status, told) = ci.post(&health, &token, &json!({"health": "healthy"})).await;
        assert!(status == 403 && told.contains("lacks the word `report`"), "{told}");

        assert_eq!(ci.save("1", &[&format!("{GITHUB} report")]).await.status(), 303);
        assert_eq!(ci.post(&health, &token, &json!({"health": "healthy"})).await.0, 200);
        assert_eq!(ci.post(&path("register_deploy"), &token, &tagged(&second)).await.0, 200);
        let deploy = story.settled(&story.deploy_id(&second, "Staging")).await.deploy;
        assert_eq!((deploy.tags, deploy.reported_tags), (vec!["#hotfix".to_owned()], vec![]));
        story.settled(&story.deploy_id(&first, "Staging")).await;

        assert_eq!(ci.save("2", &[]).await.status(), 303);
        assert_eq!(ci.post(&health, &token, &json!({"health": "ailing"})).await.0, 401);
    });
}

#[test]
fn buildkite_token_does_not_report() {
    tell("ci-buildkite-report", async |story| {
        story.rules("rules: []");
        let ci = Ci::trusted(story, &[BUILDKITE]).await;
        // Nobody can tell a fork's branch `main` from the repository's own.
        assert_eq!(ci.save("1", &[&format!("{BUILDKITE} report")]).await.status(), 422);
        let revision = story.push("Ana", "One");
        let token = ci.token(&buildkite(&revision), &[]);
        assert_eq!(ci.registers(&token, &revision).await.0, 200);
        story.settled(&story.deploy_id(&revision, "Staging")).await;
        let health = format!("{}/{revision}/health", story.repository());
        assert_eq!(ci.post(&health, &token, &json!({"health": "healthy"})).await.0, 403);
    });
}

#[test]
fn a_commit_outside_the_token_is_unconfirmed() {
    tell("ci-commit", async |story| {
        story.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
        let ci = Ci::trusted(story, &[GITHUB, CIRCLECI]).await;
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let feature = push_to(story, "feature", "Three");
        let circle = ci.token(&circleci(story), &[]);
        for (token, sha, named) in
            [(ci.github(&first, 1), &second, first.as_str()), (circle.clone(), &feature, "heads/main")]
        {
            assert_eq!(ci.registers(&token, sha).await.0, 200);
            let page = story.settled(&story.deploy_id(sha, "Staging")).await;
            let doubt = Doubt::OutsideToken { named: named.to_owned() };
            assert_eq!(page.deploy.confirmation, Confirmation::Unconfirmed { doubt });
            assert!(page.runs.is_empty(), "nothing acts for it");
            assert_eq!(ci.registers(&token, sha).await.0, 400, "it is the same deploy again");
        }
        let told = story.until("the channel to be told", async || {
            let messages = story.world.slack.messages(&story.name);
            (messages.len() == 2).then(|| messages[0].text.clone())
        });
        assert!(told.await.contains("Register the commit that the job runs for, or an ancestor of it"));

        // An ancestor of the named commit, and the commit itself by its own job.
        assert_eq!(ci.registers(&ci.github(&second, 2), &first).await.0, 200);
        let page = story.settled(&story.deploy_id(&first, "Staging")).await;
        assert_eq!((page.deploy.confirmation, page.runs.len()), (Confirmation::Confirmed, 1));
        assert_eq!(ci.registers(&ci.github(&second, 2), &second).await.0, 200);
        let deploys = ci.deploys(&second).await;
        assert_eq!(deploys.len(), 2);
        let mut confirmed = 0;
        for deploy in &deploys {
            confirmed +=
                usize::from(story.settled(deploy).await.deploy.confirmation == Confirmation::Confirmed);
        }
        assert_eq!(confirmed, 1);
        story.settled(&story.deploy_id(&first, "Staging")).await;
    });
}

#[test]
fn whoever_started_a_job_made_what_its_token_registers() {
    tell("ci-starter", async |story| {
        story.rules(&rule("{self_approval: false}", "webhook: 'https://example.com'"));
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let ci = Ci::trusted(story, &[GITHUB]).await;
        let base = story.push("Ben", "Begin");
        // Her account is known by a commit of hers.
        story.push("Ana", "Take cards");
        let sha = story.push("Ben", "Take coins");
        let (by, again) = (story.author("Ben"), story.author("Ana"));
        let run = story.world.github.add_run(&story.repository(), &sha, &by, &again);
        let token =
            ci.token(&github(&sha), &[("run_id", json!(run.to_string())), ("run_attempt", json!("2"))]);
        assert_eq!(ci.registers(&token, &sha).await.0, 200);
        let deploy = story.deploy_id(&sha, "Staging");
        story.dialog().await;
        story.sets_base(&deploy, &base).await;
        let electorate = story.settled(&deploy).await.approvals[0].electorate.clone();
        assert_eq!(electorate.blocked, []);
        for starter in [&ana, &ben] {
            assert!(electorate.except.contains(starter), "{:?}", electorate.except);
        }
        // A run that GitHub does not tell, started again by somebody.
        let other = story.push("Ben", "Take cash");
        let token = ci.token(&github(&other), &[("run_id", json!("4711")), ("run_attempt", json!("2"))]);
        assert_eq!(ci.registers(&token, &other).await.0, 200);
        let page = story.settled(&story.deploy_id(&other, "Staging")).await;
        let told: Vec<_> = page.deploy.deployed_by().into_iter().map(|by| by.name).collect();
        assert_eq!(told, ["who started the run again"]);
        let blocked = &page.approvals[0].electorate.blocked;
        assert!(matches!(&blocked[..], [Blocker::MakersUntold { what }] if *what == told), "{blocked:?}");
    });
}

#[test]
fn a_new_key_of_the_issuer_is_found() {
    tell("ci-rotated", async |story| {
        story.rules("rules: []");
        let ci = Ci::trusted(story, &[GITHUB]).await;
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let before = ci.github(&first, 1);
        assert_eq!(ci.registers(&before, &first).await.0, 200);
        ci.issuer.rotate().unwrap();
        assert_eq!(ci.registers(&ci.github(&second, 2), &second).await.0, 200);
        let path = format!("{}/register_deploy", story.repository());
        let body = json!({"sha": first, "environment": "Production"});
        assert_eq!(ci.post(&path, &before, &body).await.0, 200, "a key that is still published counts");
        for deploy in ["Staging", "Production"].map(|environment| story.deploy_id(&first, environment)) {
            story.settled(&deploy).await;
        }
        story.settled(&story.deploy_id(&second, "Staging")).await;
    });
}

#[test]
fn an_issuer_that_is_down_loses_nothing() {
    tell("ci-down", async |story| {
        story.rules("rules: []");
        let ci = Ci::trusted(story, &[GITHUB]).await;
        let sha = story.push("Ana", "One");
        let token = ci.github(&sha, 1);
        ci.issuer.set_down(true);
        let (status, told) = ci.registers(&token, &sha).await;
        let expected = format!(
            "The deploy was not registered: Signoff can't read the keys of {} right now. Try again in a minute.",
            ci.issuer.url()
        );
        assert_eq!((status, told), (503, expected));
        assert!(ci.deploys(&sha).await.is_empty());
        ci.issuer.set_down(false);
        let registered = story.until("the issuer to be asked again", async || {
            (ci.registers(&token, &sha).await.0 == 200).then_some(())
        });
        registered.await;
        story.settled(&story.deploy_id(&sha, "Staging")).await;
    });
}

#[test]
fn unprotected_branch_is_held_against_the_host() {
    tell("ci-default", async |story| {
        story.rules("rules: []");
        let own = CIRCLECI.replace(" ref=refs/heads/main", "");
        let ci = Ci::trusted(story, &[&format!("{GITHUB} report"), &own]).await;
        let feature = push_to(story, "feature", "One");
        let release = push_to(story, "release", "Two");
        story.world.github.protect(&story.repository(), "release");
        let trunk = story.push("Ana", "Three");
        let claims = |sha: &str, branch: &str| {
            let (branch, unsaid) = (json!(format!("refs/heads/{branch}")), json!("false"));
            ci.token(&github(sha), &[("ref", branch), ("ref_protected", unsaid), ("run_id", json!(sha))])
        };
        let of_circleci = |branch: &str| {
            let branch = json!(format!("refs/heads/{branch}"));
            ci.token(&circleci(story), &[("oidc.circleci.com/vcs-ref", branch)])
        };
        let doubt = Doubt::UnprotectedRef { named: "refs/heads/feature".to_owned() };
        let unconfirmed = Confirmation::Unconfirmed { doubt };
        for (environment, by) in [("One", "GitHub"), ("Two", "CircleCI")] {
            for (branch, sha, expected) in [
                ("main", &trunk, &Confirmation::Confirmed),
                ("release", &release, &Confirmation::Confirmed),
                ("feature", &feature, &unconfirmed),
            ] {
                let token = if by == "GitHub" { claims(sha, branch) } else { of_circleci(branch) };
                let environment = format!("{environment} {branch}");
                let path = format!("{}/register_deploy", story.repository());
                let body = json!({"sha": sha, "environment": environment});
                assert_eq!(ci.post(&path, &token, &body).await.0, 200, "{by} {branch}");
                let deploy = story.settled(&story.deploy_id(sha, &environment)).await.deploy;
                assert_eq!(deploy.confirmation, *expected, "{by} {branch}");
            }
        }
        // What is reported counts at once, so that the branch has to be protected by the token's own word, or
        // named.
        let health = format!("{}/{trunk}/health", story.repository());
        let (status, told) = ci.post(&health, &claims(&trunk, "main"), &json!({"health": "healthy"})).await;
        assert!(status == 403 && told.contains("neither protected nor named by ref="), "{told}");
    });
}

#[test]
fn a_registration_sent_again_is_the_same_deploy() {
    tell("ci-replayed", async |story| {
        story.rules("rules: []");
        let ci = Ci::trusted(story, &[GITHUB]).await;
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let of_first = ci.github(&first, 1);
        assert_eq!(ci.registers(&of_first, &first).await.0, 200);
        let (status, told) = ci.registers(&of_first, &first).await;
        assert!(status == 400 && told.contains("is already registered"), "{told}");
        assert_eq!(ci.registers(&ci.github(&second, 2), &second).await.0, 200);
        story.settled(&story.deploy_id(&second, "Staging")).await;
        let (status, told) = ci.registers(&of_first, &first).await;
        assert!(status == 400 && told.contains("is already registered"), "{told}");
        assert_eq!(ci.deploys(&first).await, [story.deploy_id(&first, "Staging")]);
        let standing = async || {
            let slug = Slug::new("acme", &story.name).unwrap();
            story.world.store.newest_in(&slug, "Staging").await.unwrap().map(|newest| newest.revision)
        };
        assert_eq!(standing().await.as_ref(), Some(&second), "a replay rolls nothing back");

        // A rerun is a job of its own, and rolls back; sent again, it is the same rollback.
        let rerun = ci.token(&github(&first), &[("run_id", json!("1")), ("run_attempt", json!("2"))]);
        for status in [200, 400] {
            assert_eq!(ci.registers(&rerun, &first).await.0, status);
        }
        let deploys = ci.deploys(&first).await;
        assert_eq!(deploys.len(), 2);
        for deploy in &deploys {
            story.settled(deploy).await;
        }
        assert_eq!(standing().await.as_ref(), Some(&first));

        // One attempt of a run is one deploy, whatever dates it sends.
        assert_eq!(ci.registers(&ci.github(&second, 3), &second).await.0, 200);
        story.settled(&story.deploy_id(&second, "Staging")).await;
        let path = format!("{}/register_deploy", story.repository());
        let claims = [("run_id", json!("1")), ("run_attempt", json!("3"))];
        let third = ci.token(&github(&first), &claims);
        for (date, status) in [("2026-05-11T11:42:00Z", 200), ("2026-05-11T11:43:00Z", 400)] {
            let body = json!({"sha": first, "environment": "Staging", "date": date});
            assert_eq!(ci.post(&path, &third, &body).await.0, status, "{date}");
        }
        assert_eq!(ci.deploys(&first).await.len(), 3);
    });
}

#[test]
fn parameters_that_mean_nothing_are_on_record() {
    tell("ci-ignored", async |story| {
        story.rules("rules: []");
        let sha = story.push("Ana", "One");
        let path = format!("/api/1/deployments/{}/register_deploy", story.repository());
        let mut body = json!({"sha": sha, "environment": "Staging", "<b>colour": "red"});
        for number in 0..30 {
            body[format!("z{number:02}{}", "x".repeat(1_000))] = json!(number);
        }
        assert_eq!(story.post(&path, &body).await.status(), 200);
        let deploy = story.settled(&story.deploy_id(&sha, "Staging")).await.deploy;
        let ignored = &deploy.reading.reported.ignored;
        assert_eq!((ignored.len(), ignored[0].as_str()), (20, "<b>colour"));
        assert!(ignored.iter().all(|name| name.chars().count() <= 301), "{ignored:?}");
        let page = story.get(&format!("/deploys/{}", deploy.id)).await.text().await.unwrap();
        assert!(page.contains("Ignored by register_deploy") && page.contains("&lt;b&gt;colour"), "{page}");
    });
}

#[test]
fn the_settings_say_which_line_to_write() {
    tell("ci-settings", async |story| {
        story.rules("rules: []");
        let sha = story.push("Ana", "One");
        story.settled(&story.deploys(&sha, "Staging").await).await;
        let slug = Slug::new("acme", &story.name).unwrap();
        let kept = story.world.store.kept_repository(&slug, &story.repository()).await.unwrap().unwrap();
        let line = format!("github repository_id={}", kept.id);
        for page in ["edit", "setup"] {
            let page =
                story.get(&format!("/deployments/acme/ci-settings/{page}")).await.text().await.unwrap();
            assert!(page.contains(&line), "{page}");
        }
        let ci = Ci { story, issuer: Issuer::start(Options::default()).await.unwrap() };
        let wrong = ci.save("0", &[GITHUB, "github repository=acme/ci-settings"]).await;
        assert_eq!(wrong.status(), 422);
        let page = wrong.text().await.unwrap();
        assert!(page.contains("Line 2: A line of github needs repository_id= (a number)."), "{page}");
        assert_eq!(ci.save("0", &[GITHUB]).await.status(), 303);
        // What is done to the settings elsewhere leaves the lines as they are.
        let post = async |path: &str, body: &[(&str, &str)]| {
            let url = format!("{}/deployments/acme/ci-settings/{path}", story.world.front.url());
            story.world.http.post(url).bearer_auth(API_KEY).form(body).send().await.unwrap().status()
        };
        for path in ["disconnect", "connect"] {
            assert_eq!(post(path, &[]).await, StatusCode::SEE_OTHER);
        }
        let page = story.get("/deployments/acme/ci-settings/edit").await.text().await.unwrap();
        assert!(page.contains(&format!("github repository_id=2002 issuer={}", ci.issuer.url())), "{page}");
    });
}
