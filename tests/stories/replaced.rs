//! Another repository that takes the name between the vote and the action: nothing is started in it.

use approval::id::DeployId;
use approval::run::Status;
use insta::assert_snapshot;
use reqwest::StatusCode;
use store::Page;
use system_tests::story::{Story, rule, tell};
use system_tests::world::API_KEY;

const PROMOTE: &str = "trigger_build: {parameters: {name: promote.yml, version: '{{ deploy_revision }}'}}";

/// The reason for which the build of the newest run failed, with names in the place of the repository's
/// numbers.
fn failure(page: &Page, kept: u64) -> String {
    let (_, reason) = page.runs.last().unwrap().steps[1].failure().unwrap();
    reason.replace(&(kept + 1).to_string(), "ANOTHER").replace(&kept.to_string(), "KEPT")
}

/// A deploy of `message`, and its dialog.
async fn asked(story: &Story, message: &str) -> (DeployId, String) {
    let deploy = story.deploys(&story.push("Ana", message), "Staging").await;
    let dialog = story
        .until("its dialog", async || story.settled(&deploy).await.approvals.first()?.dialog.clone())
        .await;
    (deploy, dialog.ts)
}

#[test]
fn replaced_repository_starts_nothing_until_it_is_mended() {
    tell("runs-replaced", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        github.add_workflow(&repository, "promote.yml");
        story.rules(&rule("votes_required: 1", PROMOTE));
        let ben = story.person("Ben");
        let slug = approval::deploy::Slug::new("acme", &story.name).unwrap();
        let kept = async || story.world.store.kept_repository(&slug, &repository).await.unwrap().unwrap();

        // The name goes to another repository after the dialog opened, and comes back.
        let (deploy, dialog) = asked(story, "Take cards").await;
        let first = kept().await.id;
        github.replace_repository(&repository);
        story.click(&ben, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_snapshot!(failure(&page, first), @"nothing was done: acme/runs-replaced is another repository than before: its id on GitHub was KEPT and is ANOTHER. If that is intended, an admin connects it anew in the deployment's settings; then ask again. If it is not, retry once the name is back with repository KEPT.");
        assert_eq!((github.dispatched(&repository).len(), kept().await.noticed), (0, Some(first + 1)));
        let told = story.failure(&dialog).await;
        assert!(story.sees(&ben).contains("is another repository than before"), "it is told in the thread");
        github.give_name_back(&repository);
        story.click(&ben, &told, "retry").await;
        assert_eq!(story.settled(&deploy).await.runs[0].status, Status::Succeeded);
        assert_eq!((github.dispatched(&repository).len(), kept().await.noticed), (1, None));

        // An admin connects the other one: what people voted on is not it, and they are asked again.
        let (deploy, dialog) = asked(story, "Take vouchers").await;
        github.replace_repository(&repository);
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        let url = format!("{}/deployments/acme/{}/repository", story.world.front.url(), story.name);
        let form = [("was", first.to_string()), ("now", (first + 1).to_string())];
        let answer = story.world.http.post(url).bearer_auth(API_KEY).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let told = story.failure(&dialog).await;
        story.click(&ben, &told, "retry").await;
        let page = story.settled(&deploy).await;
        assert_snapshot!(failure(&page, first), @"nothing was done: people voted on repository KEPT, and an admin connected repository ANOTHER as acme/runs-replaced since. Ask again.");
        story.choose(&ben, &dialog, "ask_again").await;
        let again = story
            .until("it to be asked again", async || {
                let page = story.settled(&deploy).await;
                page.approvals.iter().find(|approval| approval.status.is_open())?.dialog.clone()
            })
            .await;
        story.click(&ben, &again.ts, "approve").await;
        let page = story.settled(&deploy).await;
        assert!(page.runs.iter().any(|run| run.status == Status::Succeeded), "{:?}", page.runs);
        assert_eq!(github.dispatched(&repository).len(), 2);
    });
}
