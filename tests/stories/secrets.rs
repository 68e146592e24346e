//! Secrets of a deployment's own: what verifies its incoming webhooks, and what signs its `webhook` actions.

use reqwest::Response;
use signoff_core::run::Status;
use signoff_local::github::DeploymentStatus;
use signoff_local::slack::NewUser;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, tell};
use system_tests::world::API_KEY;

/// Delivers that a revision of `repository` was deployed, as the GitHub deployment `id`; the answer.
async fn delivered(story: &Story, repository: &str, sha: &str, id: u64) -> (u16, String) {
    let status = DeploymentStatus {
        sha: sha.to_owned(),
        git_ref: "main".to_owned(),
        environment: "Staging".to_owned(),
        state: "success".to_owned(),
        creator: story.author("Ana"),
        deployment_id: id,
    };
    let delivery = story.world.github.deployment_status_delivery(repository, &status);
    let url = format!("{}/webhooks/github", story.world.front.url());
    let mut request = story.world.http.post(url).body(delivery.body);
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// An admin changes a secret of the story's deployment, in a form of the settings of `version`.
async fn change(story: &Story, change: &str, version: &str) -> Response {
    let url = format!("{}/deployments/acme/{}/secrets", story.world.front.url(), story.name);
    let fields = [("change", change), ("version", version)];
    story.world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap()
}

async fn page(story: &Story, end: &str) -> String {
    story.get(&format!("/deployments/acme/{}/{end}", story.name)).await.text().await.unwrap()
}

#[test]
fn a_repository_speaks_only_for_its_own_deployment() {
    tell("own-secret", async |story| {
        let github = &story.world.github;
        let sha = story.push("Ana", "Take cards");
        // The neighbour's admin knows the neighbour's secret, and signs in the name of this repository with
        // it.
        let neighbour = Story::begin(story.world, "own-secret-neighbour");
        let theirs = neighbour.set_webhook(&neighbour.repository(), "acme", 0);
        let ours = story.set_webhook(&story.repository(), "acme", 0);
        github.set_webhook(&story.repository(), &theirs);
        let (status, told) = delivered(story, &story.repository(), &sha, 1).await;
        assert_eq!(status, 401, "{told}");
        let (_, of_unknown) = delivered(story, "nobody/own-secret", &sha, 1).await;
        assert_eq!(told, of_unknown, "nobody learns which repositories are connected");
        github.set_webhook(&story.repository(), &ours);
        assert_eq!(delivered(story, &story.repository(), &sha, 1).await, (200, "Success".to_owned()));
        assert_eq!(github_deploys(story, &sha).await, 1);
        let setup = page(story, "setup").await;
        assert!(setup.contains(&ours), "admins see the secret");
        assert!(!page(&neighbour, "setup").await.contains(&ours));
    });
}

#[test]
fn only_admins_see_and_change_the_secrets() {
    tell("secret-admins", async |story| {
        let (ana, ben) = (story.person("Ana"), NewUser::new("Ben", &story.email("Ben")).admin());
        let ben = story.world.slack.add_user(ben);
        let secret = story.set_webhook(&story.repository(), "acme", 0);
        let (setup, edit) = ("/deployments/acme/secret-admins/setup", "/deployments/acme/secret-admins/edit");
        let secrets = "/deployments/acme/secret-admins/secrets";
        let fields = [("change", "new_incoming"), ("version", "0")];
        let member = story.sign_in(&ana).await;
        let page = member.page(setup).await;
        assert!(!page.contains(&secret) && page.contains("An admin sees it on this page"), "{page}");
        assert_eq!(member.get(edit).await.status(), 403);
        assert_eq!(member.post(secrets, &fields).await.status(), 403);
        let admin = story.sign_in(&ben).await;
        assert!(admin.page(setup).await.contains(&secret));
        assert!(admin.page(edit).await.contains(&story.signing_key(0)));
        assert_eq!(admin.post_with(secrets, &fields, None).await.status(), 403, "no form of the session");
        assert_eq!(admin.post(secrets, &fields).await.status(), 303);
        assert!(!admin.page(setup).await.contains(&secret));
    });
}

/// Returns the number of deploys of a revision on record.
async fn github_deploys(story: &Story, sha: &str) -> usize {
    let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
    story.world.store.of_revision(&slug, sha).await.unwrap().len()
}

#[test]
fn the_old_webhook_secret_is_good_until_it_is_dropped() {
    tell("new-secret", async |story| {
        let github = &story.world.github;
        let sha = story.push("Ana", "Take cards");
        let (old, new) = {
            let old = story.set_webhook(&story.repository(), "acme", 0);
            (old, story.set_webhook(&story.repository(), "acme", 1))
        };
        let status = async |id: u64| delivered(story, &story.repository(), &sha, id).await.0;
        assert_eq!(status(1).await, 401, "the next secret is not good yet");
        assert!(page(story, "setup").await.contains(&old));
        assert_eq!(change(story, "new_incoming", "0").await.status(), 303);
        let again = change(story, "new_incoming", "0").await;
        assert_eq!(again.status(), 409, "a form that is sent twice changes it once");
        let setup = page(story, "setup").await;
        assert!(setup.contains(&new) && !setup.contains(&old), "{setup}");
        assert_eq!(status(1).await, 200);
        github.set_webhook(&story.repository(), &old);
        assert_eq!(status(2).await, 200);
        assert_eq!(change(story, "drop_incoming", "1").await.status(), 303);
        assert_eq!(status(3).await, 401);
        github.set_webhook(&story.repository(), &new);
        assert_eq!(status(3).await, 200);
    });
}

#[test]
fn the_next_signing_key_signs_once_an_admin_says_so() {
    tell("signing-key", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        story.rules(&format!(
            "rules:\n  - tell:\n      conditions:\n        - environment='Staging'\n      actions:\n        - webhook: '{}/hook'\n",
            receiver.url()
        ));
        let (first, next) = (story.signing_key(0), story.signing_key(1));
        let deploys = async |message: &str| {
            let revision = story.push("Ana", message);
            let deploy = story.deploys(&revision, "Staging").await;
            assert_eq!(story.settled(&deploy).await.runs[0].status, Status::Succeeded);
            receiver.deliveries().pop().unwrap()
        };
        assert!(deploys("One").await.is_signed_with(&first));
        let shown = page(story, "edit").await;
        assert!(shown.contains(&first) && shown.contains(&next), "{shown}");
        assert_eq!(change(story, "next_outgoing", "0").await.status(), 303);
        let delivery = deploys("Two").await;
        assert!(delivery.is_signed_with(&next) && !delivery.is_signed_with(&first));
        let other = Story::begin(story.world, "signing-key-neighbour");
        assert!(!delivery.is_signed_with(&other.signing_key(1)));
        assert!(!delivery.is_signed_with(API_KEY), "no key that opens the console signs");
    });
}

#[test]
fn settings_that_are_saved_keep_the_secrets() {
    tell("kept-secret", async |story| {
        assert_eq!(change(story, "new_incoming", "0").await.status(), 303);
        let url = format!("{}/deployments/acme/kept-secret/edit", story.world.front.url());
        let fields = [("repository", "acme/kept-secret"), ("git_host", "github"), ("version", "1")];
        let saved = story.world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap();
        assert_eq!(saved.status(), 303);
        let secret = story.set_webhook(&story.repository(), "acme", 1);
        assert!(page(story, "setup").await.contains(&secret));
    });
}
