//! Another repository that takes the name: nothing is started in it, and what was read by the name
//! counts for nothing.

use crate::connections::save;
use insta::assert_snapshot;
use reqwest::StatusCode;
use signoff_core::confirmation::Confirmation;
use signoff_core::id::DeployId;
use signoff_core::rules_in_force::How;
use signoff_core::run::Status;
use signoff_local::fault::{Fault, FaultKind, Hold};
use signoff_store::Page;
use system_tests::story::{Story, rule, tell};
use system_tests::world::{API_KEY, PROBLEMS_CHANNEL};

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
        let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
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

#[test]
fn rules_of_another_repository_count_for_nothing() {
    tell("rules-replaced", async |story| {
        let (github, repository) = (&story.world.github, story.repository());
        let ana = story.person("Ana");
        story.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
        let slug = signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
        let in_force = async || story.world.store.rules_in_force(&slug).await.unwrap();

        // The name changes hands once the deploy is confirmed and its rules are read.
        let hold = Hold::default();
        let path = format!("GET /repos/{repository}/contents/.signoff/rules.yml");
        github.faults().push(Fault::once(&path, FaultKind::Hold(hold.clone())));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        hold.reached().await;
        github.replace_repository(&repository);
        hold.release();
        let reason = story
            .until("the rules not to be evaluated", async || {
                match story.settled(&deploy).await.deploy.confirmation {
                    Confirmation::Unevaluated { reason } => Some(reason),
                    _ => None,
                }
            })
            .await;
        let kept = story.world.store.kept_repository(&slug, &repository).await.unwrap().unwrap();
        let reason =
            reason.replace(&(kept.id + 1).to_string(), "ANOTHER").replace(&kept.id.to_string(), "KEPT");
        assert_snapshot!(reason, @"acme/rules-replaced is another repository than before: its id on GitHub was KEPT and is ANOTHER. If that is intended, an admin connects it anew in the deployment's settings; then retry. If it is not, retry once the name is back with repository KEPT");
        assert_eq!((in_force().await, kept.noticed), (None, Some(kept.id + 1)));
        assert_eq!(story.problems().len(), 1, "the channel is told");

        github.give_name_back(&repository);
        let slack = &story.world.slack;
        let messages = slack.messages(PROBLEMS_CHANNEL);
        let offer =
            messages.iter().rev().find(|told| told.text.contains(&story.name) && !told.blocks.is_empty());
        slack.click(&ana, PROBLEMS_CHANNEL, &offer.unwrap().ts, "evaluate_again").await.unwrap();
        story.dialog().await;
        assert!(in_force().await.is_some());
    });
}

#[test]
fn repository_connected_once_more_keeps_its_rules() {
    tell("rules-connected-twice", async |story| {
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let asks = rule(&format!("approvers: ['{ben}']"), "webhook: 'https://example.com'");
        story.rules(&asks);
        let first = story.deploys(&story.push("Ana", "Begin"), "Staging").await;
        story.settled(&first).await;
        // The default branch has a file that waits for Ben, and an admin connects the repository once more.
        story.rules(&asks.replace(&ben, &ana));
        let other = Story::begin(story.world, "rules-connected-twice-2");
        assert_eq!(
            save(story, &other.name, "0", &story.repository(), &format!("#{}", other.name)).await,
            303
        );
        let revision = story.push("Ana", "Take cards");
        let deploy = other.deploys(&revision, "Staging").await;
        let page = other.settled(&deploy).await;
        let slug = |story: &Story| signoff_core::deploy::Slug::new("acme", &story.name).unwrap();
        let state = story.world.store.rules_in_force(&slug(&other)).await.unwrap().unwrap();
        assert_eq!(state.in_force.how, How::OfOwner { owner: slug(story) });
        let owner = story.world.store.rules_in_force(&slug(story)).await.unwrap().unwrap();
        assert_eq!(state.in_force.file.id, owner.in_force.file.id);
        assert!(state.proposal.is_some(), "what the default branch has is a proposal");
        let voters: Vec<_> = page.approvals.iter().map(|asked| asked.electorate.people.clone()).collect();
        let bens = |people: &Option<Vec<String>>| people.as_deref() == Some(std::slice::from_ref(&ben));
        assert!(!voters.is_empty() && voters.iter().all(bens), "{voters:?}");
    });
}
