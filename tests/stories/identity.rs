//! Identity of a deploy: the host confirms it, one revision in one environment is one deploy while it is
//! there, and a rollback is a new one.

use crate::ci_tokens::push_to;
use crate::connections::save;
use reqwest::StatusCode;
use serde_json::{Value, json};
use signoff_core::approval::Status;
use signoff_core::confirmation::{Confirmation, Doubt};
use signoff_core::deploy::Slug;
use signoff_core::effect::{EffectKind, EffectState};
use signoff_core::id::DeployId;
use signoff_local::github::DeploymentStatus;
use signoff_store::Page;
use system_tests::routes;
use system_tests::story::{Story, rule, tell};
use system_tests::world::API_KEY;

const ASKS: &str = "votes_required: 2";
const ACTS: &str = "webhook: 'https://example.com'";

fn path(story: &Story) -> String {
    format!("/api/1/deployments/acme/{}/register_deploy", story.name)
}

/// Registers as CI does, whatever the host knows: the status, and what CI is told.
pub(crate) async fn send(story: &Story, body: &Value) -> (u16, String) {
    let answer = story.post_as_it_is(&path(story), body).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The deploys of `revision` to Staging, oldest first, once there are `number` of them and each was looked
/// at.
async fn deploys(story: &Story, revision: &str, number: usize) -> Vec<Page> {
    let slug = Slug::new("acme", &story.name).unwrap();
    story
        .until("the deploys of the revision", async || {
            let found = story.world.store.of_revision(&slug, revision).await.unwrap();
            let mut pages: Vec<Page> = Vec::new();
            for deploy in found {
                let page = story.world.store.page(&deploy.id).await.unwrap()?;
                if pages.iter().all(|known| known.deploy.id != page.deploy.id) {
                    pages.push(page);
                }
            }
            let looked_at = |page: &Page| page.deploy.confirmation != Confirmation::Awaited;
            (pages.len() == number && pages.iter().all(looked_at)).then_some(pages)
        })
        .await
}

/// Waits until the deploy was looked at and is not confirmed; the reason.
pub(crate) async fn doubt(story: &Story, deploy: &DeployId) -> Doubt {
    story
        .until("the deploy to be unconfirmed", async || {
            match story.world.store.deploy(deploy).await.unwrap()?.confirmation {
                Confirmation::Unconfirmed { doubt } => Some(doubt),
                Confirmation::Awaited
                | Confirmation::Confirmed
                | Confirmation::Unevaluated { .. }
                | Confirmation::Repeat { .. } => None,
            }
        })
        .await
}

/// Lets the next look at an unconfirmed deploy be due.
pub(crate) async fn look_again(story: &Story, deploy: &DeployId) {
    let page = story.page(deploy).await;
    let next = page.effects.iter().find(|effect| {
        matches!(effect.kind, EffectKind::EvaluateRules { .. }) && effect.state == EffectState::Pending
    });
    story.pull_forward(next.unwrap()).await;
    story.world.tick().await;
}

pub(crate) async fn stands(story: &Story) -> Option<DeployId> {
    let slug = Slug::new("acme", &story.name).unwrap();
    story.world.store.newest_in(&slug, "Staging").await.unwrap().map(|newest| newest.id)
}

fn status(story: &Story, id: u64, sha: &str) -> DeploymentStatus {
    DeploymentStatus {
        sha: sha.to_owned(),
        git_ref: "main".to_owned(),
        environment: "Staging".to_owned(),
        state: "success".to_owned(),
        creator: story.author("Ana"),
        deployment_id: id,
    }
}

/// Sends a delivery of GitHub's; the status, and the answer.
async fn deliver(story: &Story, delivery: &signoff_local::github::Delivery) -> (u16, String) {
    let url = format!("{}/webhooks/github", story.world.front.url());
    let mut request = story.world.http.post(url).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The id of GitHub's deployment `id` to Staging.
fn github_id(story: &Story, id: u64) -> DeployId {
    DeployId::derive("github", &[&story.repository(), &id.to_string(), "staging"])
}

#[test]
fn an_unknown_revision_supersedes_nothing_and_goes_on_later() {
    tell("identity-unknown", async |story| {
        let (known, dialog) = story.asks(ASKS, ACTS).await;
        let sha = "b".repeat(40);
        let body = json!({"sha": sha, "environment": "Staging"});
        assert_eq!(send(story, &body).await, (200, "Success".to_owned()));
        let deploy = story.deploy_id(&sha, "Staging");
        assert_eq!(doubt(story, &deploy).await, Doubt::UnknownRevision);
        let told = story.until("the channel to be told", async || story.problems().pop()).await;
        assert!(
            told.contains("is unconfirmed") && told.contains("looks again by itself for a day"),
            "{told}"
        );
        assert!(story.page(&deploy).await.runs.is_empty());
        assert_eq!(story.page(&known).await.approvals[0].status, Status::Pending);
        assert_eq!(stands(story).await, Some(known.clone()));
        let page = story.get(&format!("/api/v1/deploys/{deploy}")).await.text().await.unwrap();
        assert!(page.contains("unconfirmed"), "{page}");

        story.knows(&sha);
        look_again(story, &deploy).await;
        let asked = story
            .until("the dialog of the deploy that is confirmed now", async || {
                let messages = story.world.slack.messages(&story.name);
                messages.last().filter(|message| message.ts != dialog).map(|message| message.ts.clone())
            })
            .await;
        assert_ne!(asked, dialog);
        let page = story.settled(&deploy).await;
        assert_eq!(page.deploy.confirmation, Confirmation::Confirmed);
        assert_eq!(stands(story).await, Some(deploy));
        story.settled(&known).await;
    });
}

#[test]
fn a_commit_of_a_fork_is_unconfirmed() {
    tell("identity-fork", async |story| {
        story.rules(&rule(ASKS, ACTS));
        story.push("Ana", "Begin");
        let sha = "c".repeat(40);
        story.world.github.add_fork_commit(&story.repository(), &sha);
        // The registration names the commit itself as its branch: a host compares any two commits.
        let body = json!({"sha": sha, "environment": "Staging", "branch": sha});
        assert_eq!(send(story, &body).await.0, 200);
        let deploy = story.deploy_id(&sha, "Staging");
        assert_eq!(doubt(story, &deploy).await, Doubt::NoBranch);
        assert!(story.page(&deploy).await.runs.is_empty());
        story.until("the channel to be told", async || story.problems().pop()).await;

        // One of a branch that is far down the list, and that nobody names.
        for number in 0..20 {
            push_to(story, &format!("fix-{number:02}"), "Fix it");
        }
        let old = push_to(story, "release", "Release it");
        push_to(story, "release", "Fix the release");
        assert_eq!(send(story, &json!({"sha": old, "environment": "Staging"})).await.0, 200);
        let page = story.settled(&story.deploy_id(&old, "Staging")).await;
        assert_eq!(page.deploy.confirmation, Confirmation::Confirmed);
    });
}

#[test]
fn a_commit_that_only_a_tag_contains_is_confirmed() {
    tell("identity-tag", async |story| {
        story.rules("rules: []");
        story.push("Ana", "Begin");
        let sha = "d".repeat(40);
        story.world.github.add_fork_commit(&story.repository(), &sha);
        story.world.github.add_tag(&story.repository(), "v1.2.3", &sha);
        let body = json!({"sha": sha, "environment": "Staging", "branch": "v1.2.3"});
        assert_eq!(send(story, &body).await.0, 200);
        let page = story.settled(&story.deploy_id(&sha, "Staging")).await;
        assert_eq!(page.deploy.confirmation, Confirmation::Confirmed);
    });
}

#[test]
fn a_tag_is_resolved_when_the_deploy_arrives() {
    tell("identity-by-tag", async |story| {
        story.rules("rules: []");
        let first = story.push("Ana", "Begin");
        let github = &story.world.github;
        github.add_tag(&story.repository(), "v1", &first);
        let body = json!({"sha": "refs/tags/v1", "environment": "Staging"});
        assert_eq!(send(story, &body).await.0, 200);
        let id = story.deploy_id("refs/tags/v1", "Staging");
        let page = story.settled(&id).await;
        assert_eq!(page.deploy.confirmation, Confirmation::Confirmed);
        assert_eq!(page.deploy.revision, first);
        // The tag moves on: this is a new deploy.
        let second = story.push("Ana", "Take cards");
        github.add_tag(&story.repository(), "v1", &second);
        assert_eq!(send(story, &body).await.0, 200);
        let newest = story
            .until("the second deploy", async || stands(story).await.filter(|standing| *standing != id))
            .await;
        assert_eq!(story.settled(&newest).await.deploy.revision, second);
        let unknown = json!({"sha": "refs/tags/none", "environment": "Staging"});
        assert_eq!(send(story, &unknown).await.0, 200);
        let unknown = story.deploy_id("refs/tags/none", "Staging");
        assert_eq!(doubt(story, &unknown).await, Doubt::UnknownRevision);
    });
}

#[test]
fn four_digits_and_the_full_sha_are_one_deploy() {
    tell("identity-short", async |story| {
        let (deploy, _) = story.asks(ASKS, ACTS).await;
        let full = story.page(&deploy).await.deploy.revision;
        let ben = story.person("Ben");
        let dialog = story.dialog().await;
        story.click(&ben, &dialog, "approve").await;
        let body = json!({"sha": full[..7], "environment": "Staging"});
        assert_eq!(send(story, &body).await.0, 200);
        let short = story.settled(&story.deploy_id(&full[..7], "Staging")).await;
        assert_eq!(short.deploy.confirmation, Confirmation::Repeat { of: deploy.clone() });
        assert_eq!((short.deploy.revision.as_str(), short.runs.len()), (full.as_str(), 0));
        let page = story.settled(&deploy).await;
        assert_eq!((page.approvals.len(), page.approvals[0].votes.len()), (1, 1));
        assert_eq!(story.world.slack.messages(&story.name).len(), 1);
    });
}

#[test]
fn repository_of_another_deployment_is_unconfirmed() {
    tell("identity-twice", async |story| {
        let other = Story::begin(story.world, "identity-twice-2");
        other.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
        // An admin has this deployment use the other one's repository, whose name fits `acme/*` as well.
        assert_eq!(save(story, &story.name, "0", &other.repository(), "#elsewhere").await, 303);
        let deploy = other.deploys(&other.push("Ana", "Take cards"), "Staging").await;
        let doubt = doubt(&other, &deploy).await;
        assert_eq!(doubt, Doubt::OfOtherDeployment { deployment: Slug::new("acme", &story.name).unwrap() });
        assert_eq!(other.page(&deploy).await.runs, []);
    });
}

#[test]
fn another_repository_by_the_same_name_is_unconfirmed() {
    tell("identity-replaced", async |story| {
        story.rules("rules: []");
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        story.settled(&story.deploys(&first, "Staging").await).await;
        story.world.github.replace_repository(&story.repository());
        let deploy = story.deploys(&second, "Staging").await;
        let Doubt::AnotherRepository { kept, found } = doubt(story, &deploy).await else {
            panic!("another doubt");
        };
        assert_eq!(found, kept + 1);
        story.until("the channel to be told", async || story.problems().pop()).await;

        // Saving the settings for another reason does not take the other repository.
        assert_eq!(save(story, &story.name, "0", &story.repository(), "#elsewhere").await, 303);
        let third = story.deploys(&story.push("Ana", "Three"), "Staging").await;
        assert!(matches!(doubt(story, &third).await, Doubt::AnotherRepository { .. }));
        let edit = format!("/deployments/acme/{}/edit", story.name);
        let page = story.get(&edit).await.text().await.unwrap();
        let notice = format!("is now repository {found} on GitHub; it was {kept}.");
        assert!(page.contains(&notice), "{page}");

        let url = format!("{}/deployments/acme/{}/repository", story.world.front.url(), story.name);
        let connect = async |was: u64, now: u64| {
            let form = [("was", was.to_string()), ("now", now.to_string())];
            let answer = story.world.http.post(&url).bearer_auth(API_KEY).form(&form).send().await;
            answer.unwrap().status().as_u16()
        };
        // A number that GitHub did not name is not taken.
        assert_eq!(connect(kept, found + 1).await, 303);
        assert!(story.get(&edit).await.text().await.unwrap().contains(&notice));
        assert_eq!(connect(kept, found).await, 303);
        let page = story.get(&edit).await.text().await.unwrap();
        assert!(page.contains(&format!("Reconnected as repository {found} by ")), "{page}");
        let fourth = story.deploys(&story.push("Ana", "Four"), "Staging").await;
        assert_eq!(story.settled(&fourth).await.deploy.confirmation, Confirmation::Confirmed);
    });
}

#[test]
fn a_rollback_is_a_new_deploy_and_closes_what_it_took_away() {
    tell("identity-rollback", async |story| {
        let two = format!(
            "{}  - only-b:\n      conditions:\n        - environment='Staging'\n        - tags='#only-b'\n      actions:\n        \
             - slack_channel_approval: {{name: 'Only of B', channel: '#CHANNEL'}}\n",
            rule(ASKS, ACTS)
        );
        story.rules(&two);
        let (a, b) = (story.push("Ana", "A"), story.push("Ana", "B"));
        let mut ids = Vec::new();
        for revision in [&a, &b, &a] {
            let tags = if *revision == b { json!("#only-b") } else { Value::Null };
            let body =
                json!({"sha": revision, "environment": "Staging", "ignore_if_duplicate": true, "tags": tags});
            assert_eq!(send(story, &body).await, (200, "Success".to_owned()));
            let stands = story
                .until("the revision to stand there", async || {
                    let id = stands(story).await?;
                    let page = story.world.store.page(&id).await.unwrap()?;
                    (page.deploy.revision == *revision && !ids.contains(&id)).then_some(id)
                })
                .await;
            story.settled(&stands).await;
            ids.push(stands);
        }
        assert_eq!(deploys(story, &a, 2).await.len(), 2);
        let again = story.settled(&ids[2]).await;
        assert_eq!(again.approvals.len(), 1, "it is asked about anew");
        for older in &ids[..2] {
            let page = story.settled(older).await;
            let closed = page.approvals.iter().all(|approval| approval.status.is_superseded());
            assert!(closed, "{:?}", page.approvals);
        }
        // What stands there now is a duplicate, and so is the same request again.
        let body = json!({"sha": a, "environment": "staging"});
        assert_eq!(send(story, &body).await.0, 400);
        let listed = story.get(&format!("/api/v1/deploys?deployment=acme/{}", story.name)).await;
        let listed: Value = listed.json().await.unwrap();
        assert_eq!(listed["deploys"].as_array().map(Vec::len), Some(3), "{listed}");
    });
}

#[test]
fn a_registration_with_the_same_date_is_the_same_deploy() {
    tell("identity-date", async |story| {
        story.rules("rules: []");
        let (a, b) = (story.push("Ana", "A"), story.push("Ana", "B"));
        let dated = json!({"sha": a, "environment": "Staging", "date": "2026-05-11T11:42:00Z"});
        assert_eq!(send(story, &dated).await.0, 200);
        story.settled(&story.deploy_id(&a, "Staging")).await;
        story.settled(&story.deploys(&b, "Staging").await).await;
        assert_eq!(send(story, &dated).await.0, 400, "the date tells that it is the old deploy");
        assert_eq!(deploys(story, &a, 1).await.len(), 1);
        let now = json!({"sha": a, "environment": "Staging"});
        assert_eq!(send(story, &now).await.0, 200);
        assert_eq!(deploys(story, &a, 2).await.len(), 2);
        for page in deploys(story, &a, 2).await {
            story.settled(&page.deploy.id).await;
        }
    });
}

#[test]
fn two_jobs_of_one_environment_are_one_deploy() {
    tell("identity-jobs", async |story| {
        story.rules(&rule(ASKS, ACTS));
        let revision = story.push("Ana", "Take cards");
        let github = &story.world.github;
        let first = github.deployment_status_delivery(&story.repository(), &status(story, 1, &revision));
        assert_eq!(deliver(story, &first).await, (200, "Success".to_owned()));
        let dialog = story.dialog().await;
        let ben = story.person("Ben");
        story.click(&ben, &dialog, "approve").await;
        let second = github.deployment_status_delivery(&story.repository(), &status(story, 2, &revision));
        assert_eq!(deliver(story, &second).await, (200, "Success".to_owned()));
        let repeat = story.settled(&github_id(story, 2)).await;
        assert_eq!(repeat.deploy.confirmation, Confirmation::Repeat { of: github_id(story, 1) });
        let page = story.settled(&github_id(story, 1)).await;
        assert_eq!((page.approvals[0].votes.len(), &page.approvals[0].status), (1, &Status::Pending));
        assert_eq!(story.world.slack.messages(&story.name).len(), 1, "nobody is asked twice");
        // GitHub's deployment and CI's registration are one, too.
        let (code, told) = send(story, &json!({"sha": revision, "environment": "Staging"})).await;
        assert_eq!(code, 400, "{told}");
        assert!(deliver(story, &second).await.1.starts_with("Ignored"));
    });
}

#[test]
fn a_delivery_that_github_does_not_confirm_is_not_evaluated() {
    tell("identity-forged", async |story| {
        story.rules(&rule(ASKS, ACTS));
        let (old, new) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let github = &story.world.github;
        for (id, what) in [(1, "sha"), (2, "environment"), (3, "state"), (4, "ref")] {
            let delivery = github.deployment_status_delivery(&story.repository(), &status(story, id, &new));
            github.change_deployment(&story.repository(), id, |deployment| match what {
                "sha" => deployment.sha = old.clone(),
                "environment" => deployment.statuses[0].environment = "Production".to_owned(),
                "state" => deployment.statuses[0].state = "failure".to_owned(),
                _ => deployment.git_ref = "evil".to_owned(),
            });
            assert_eq!(deliver(story, &delivery).await.0, 200);
            let differs = doubt(story, &github_id(story, id)).await;
            assert!(matches!(&differs, Doubt::Differs { what: of, .. } if of == what), "{what}: {differs:?}");
            assert!(story.page(&github_id(story, id)).await.runs.is_empty());
        }
        assert_eq!(stands(story).await, None);
        story.until("the channel to be told", async || (story.problems().len() == 4).then_some(())).await;
        assert!(story.world.slack.messages(&story.name).is_empty());
    });
}

#[test]
fn a_capital_letter_is_no_other_deployment() {
    tell("identity-spelling", async |story| {
        story.rules("rules: []");
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let deploy = story.deploys(&first, "Staging").await;
        story.settled(&deploy).await;
        let other = "/api/1/deployments/Acme/Identity-Spelling/register_deploy";
        let duplicate = json!({"sha": first, "environment": "STAGING"});
        assert_eq!(story.post_as_it_is(other, &duplicate).await.status(), StatusCode::BAD_REQUEST);
        let news = json!({"sha": second, "environment": "Staging"});
        assert_eq!(story.post_as_it_is(other, &news).await.status(), StatusCode::OK);
        let page = story.settled(&story.deploy_id(&second, "Staging")).await;
        assert_eq!(page.deploy.deployment.as_str(), "acme/identity-spelling", "it is called as it was first");
        assert_eq!(page.deploy.previous_revision.as_deref(), Some(first.as_str()));

        let form = [("confirm", "yes")];
        let url = format!("{}/deployments/ACME/identity-spelling/disconnect", story.world.front.url());
        let key = API_KEY;
        let answer = story.world.http.post(url).bearer_auth(key).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let third = json!({"sha": story.push("Ana", "Three"), "environment": "Staging"});
        for path in [&path(story), other] {
            assert_eq!(story.post_as_it_is(path, &third).await.status(), StatusCode::CONFLICT, "{path}");
        }
        let dots = "/api/1/deployments/acme/.../register_deploy";
        assert_eq!(story.post_as_it_is(dots, &third).await.status(), StatusCode::BAD_REQUEST);
    });
}

#[test]
fn a_future_date_is_no_newer_than_now() {
    tell("identity-future", async |story| {
        story.rules("rules: []");
        let (first, second) = (story.push("Ana", "One"), story.push("Ana", "Two"));
        let ahead = (signoff_runtime::time::now() + jiff::SignedDuration::from_mins(9)).to_string();
        let body = json!({"sha": first, "environment": "Staging", "date": ahead});
        assert_eq!(send(story, &body).await.0, 200);
        story.settled(&story.deploy_id(&first, "Staging")).await;
        let newer = story.deploys(&second, "Staging").await;
        story.settled(&newer).await;
        assert_eq!(stands(story).await, Some(newer.clone()));
        assert_eq!(send(story, &body).await.0, 400, "with the same date it is the same deploy");
        assert_eq!(stands(story).await, Some(newer));
    });
}

#[test]
fn an_unknown_parameter_of_the_record_is_named() {
    tell("identity-parameters", async |story| {
        for (path, named) in [
            ("/api/v1/deploys?deployment=acme/x&enviroment=Staging", "`enviroment`"),
            ("/api/v1/deployments?limit=1", "`limit`"),
            ("/api/v1/approvals?voter=ana", "`voter`"),
            ("/api/v1/openapi.json?a=b", "`a`"),
            ("/api/v1/deploys?environment=Staging&environment=Production", "`environment` stands twice"),
        ] {
            let answer = story.get(path).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
            let problem: Value = answer.json().await.unwrap();
            assert!(problem["detail"].as_str().unwrap().contains(named), "{path}: {problem}");
        }
        for route in routes::all().into_iter().filter(|route| route.pattern.starts_with("/api/v1")) {
            let path = format!("{}?no_such=1", route.path(story, &DeployId::from_text("d1")));
            let answer = story.get(&path).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
            assert!(answer.text().await.unwrap().contains("`no_such`"), "{path}");
        }
        story.rules("rules: []");
        let revision = story.push("Ana", "One");
        let body = json!({"sha": revision, "environment": "Staging", "build_number": 7});
        assert_eq!(send(story, &body).await, (200, "Success".to_owned()), "clients send more than it needs");
        story.settled(&story.deploy_id(&revision, "Staging")).await;
    });
}

#[test]
fn deployment_on_another_host_confirms_nothing() {
    tell("identity-gitlab", async |story| {
        story.rules(&rule(ASKS, ACTS));
        let revision = story.push("Ana", "Take cards");
        let url = format!("{}/deployments/acme/{}/edit", story.world.front.url(), story.name);
        let fields = [
            ("repository", story.repository()),
            ("channel", format!("#{}", story.name)),
            ("git_host", "gitlab".to_owned()),
            ("version", "0".to_owned()),
        ];
        let saved = story.world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap();
        assert_eq!(saved.status(), 303);
        let before = story.world.github.requests().len();
        let deploy = story.deploys(&revision, "Staging").await;
        assert_eq!(doubt(story, &deploy).await, Doubt::OtherHost { host: "GitLab".to_owned() });
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs.len(), 0);
        let named = story.world.github.requests().split_off(before);
        assert!(!named.iter().any(|request| request.path.contains(&story.repository())));
    });
}
