//! Personal messages reach whom they should, once.

use insta::assert_snapshot;
use serde_json::json;
use signoff_core::run::Status;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::slack::NewUser;
use signoff_store::Page;
use system_tests::story::{Story, rule, tell};
use system_tests::world::PROBLEMS_CHANNEL;

/// A deploy of `revision` whose deployer has the address `email` runs `action`, without an approval; what is
/// on record then.
async fn runs(story: &Story, revision: &str, email: &str, action: &str) -> Page {
    story.rules(&format!("rules:\n  - tell:\n      conditions: []\n      actions: [{{{action}}}]\n"));
    let body = json!({"sha": revision, "environment": "Staging", "branch": "main", "email": email});
    let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
    assert_eq!(story.post(&path, &body).await.status(), 200);
    story.settled(&story.deploy_id(revision, "Staging")).await
}

/// Returns the direct messages of each of `people`.
fn told(story: &Story, people: &[&str]) -> String {
    let slack = &story.world.slack;
    let of = |person: &&str| {
        let messages = slack.direct_messages(person);
        let texts = messages.iter().map(|message| slack.render_text(message, &jiff::tz::TimeZone::UTC));
        texts.collect::<Vec<_>>().join(" | ")
    };
    people.iter().map(of).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_author_is_told_and_who_is_not_found_is_named() {
    tell("notify-authors", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let slack = &story.world.slack;
        slack.add_user(NewUser::new("Robot", &story.email("Robot")).bot());
        let left = slack.add_user(NewUser::new("Carl", &story.email("Carl")));
        slack.deactivate(&left);
        let co_authors = ["Ben", "Zoe Hart", "Robot", "Carl"].map(|name| {
            let address = story.email(name.split(' ').next().unwrap());
            format!("Co-authored-by: {name} <{address}>")
        });
        let revision = story.push("Ana", &format!("Take cards\n\n{}", co_authors.join("\n")));
        let text = "notify_deploy_authors: 'Your change is out, {{ authors_slack }}: {{ deployment_name }}'";
        story.rules(&rule("votes_required: 1", text));
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_snapshot!(told(story, &[&ana, &ben, &left]), @"
        Your change is out, @Ana, @Ben, Zoe Hart, @Robot, Carl: notify-authors
        Your change is out, @Ana, @Ben, Zoe Hart, @Robot, Carl: notify-authors
        ");
        assert_snapshot!(story.sees(&ana), @"
        @Ana, @Ben, Zoe Hart, @Robot, Carl, would you like to promote REVISION - notify-authors (Staging) to production?
        Votes:
        @Ana 👍
        Nothing was approved for this place before, so this covers the deploy's own commits.
        Action approved on DATE at TIME.

        ↳ ✅ notify_deploy_authors: told Ana and Ben. Zoe Hart and Carl were not found in Slack. Robot is a bot.
        ");
    });
}

#[test]
fn deployer_is_notified_once_after_a_lost_answer() {
    tell("notify-deployer", async |story| {
        let ana = story.person("Ana");
        let lost = Fault::once("chat.postMessage", FaultKind::DropAfterHandling);
        story.world.slack.faults().push(lost.with_body("out to notify-deployer"));
        let revision = story.push("Ben", "Take cards");
        let action = "notify_deployer: 'out to {{ deployment_name }}'";
        let page = runs(story, &revision, &story.email("Ana"), action).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_snapshot!(told(story, &[&ana]), @"out to notify-deployer");
        assert_snapshot!(steps(&page), @":white_check_mark: `notify_deployer`: told Ana.");
    });
}

#[test]
fn who_was_told_before_a_failure_is_not_told_again_after_it() {
    tell("notify-some", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let co_author = format!("Take cards\n\nCo-authored-by: Ben <{}>", story.email("Ben"));
        let revision = story.push("Ana", &co_author);
        let unavailable = FaultKind::status(503, "{}");
        let fault = Fault::once("conversations.open", unavailable).with_body(&ben);
        story.world.slack.faults().push(fault);
        let page = runs(story, &revision, &story.email("Ana"), "notify_deploy_authors: 'It is out'").await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_snapshot!(told(story, &[&ana, &ben]), @"
        It is out
        It is out
        ");
    });
}

#[test]
fn retry_tells_those_whom_the_first_try_missed() {
    tell("notify-retry", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let co_author = format!("Take cards\n\nCo-authored-by: Ben <{}>", story.email("Ben"));
        let revision = story.push("Ana", &co_author);
        let slack = &story.world.slack;
        let scope = FaultKind::status(200, r#"{"ok": false, "error": "missing_scope"}"#);
        slack.faults().push(Fault::once("conversations.open", scope).with_body(&ben));
        let page = runs(story, &revision, &story.email("Ana"), "notify_deploy_authors: 'It is out'").await;
        assert!(page.runs[0].steps[0].failure().is_some(), "{:?}", page.runs[0].steps);
        let admin = slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        let failure = || {
            let told = slack.messages(PROBLEMS_CHANNEL);
            told.into_iter().rev().find(|message| message.text.contains("notify-retry"))
        };
        let failed = story.until("the failure to be told", async || failure()).await;
        let clicked = slack.click(&admin, PROBLEMS_CHANNEL, &failed.ts, "retry").await.unwrap();
        assert_eq!((clicked.status, clicked.problem), (Some(200), None));
        let reached = async || (!slack.direct_messages(&ben).is_empty()).then_some(());
        story.until("Ben to be told", reached).await;
        story.settled(&page.deploy.id).await;
        assert_eq!([&ana, &ben].map(|person| slack.direct_messages(person).len()), [1, 1]);
    });
}

#[test]
fn that_nobody_can_be_told_stops_nothing() {
    tell("notify-nobody", async |story| {
        let revision = story.push("Ana", "Take cards");
        let actions = "notify_deployer: 'It is out'}, {notify_deploy_authors: 'It is out'";
        let page = runs(story, &revision, "", actions).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_snapshot!(steps(&page), @"
        :x: `notify_deployer` failed.
        :x: `notify_deploy_authors` failed.
        ");
        let told = async || (story.problems().len() == 2).then(|| story.problems().join("\n"));
        assert_snapshot!(story.until("both failures to be told", told).await, @"
        Rule tell for REVISION - notify-nobody (Staging):
        ❌ notify_deployer failed: nobody could be told: the registration doesn't say who deployed. Send email with it.
        An admin can act on this.
        [Retry] [Skip…] [Mark as done]
        Rule tell for REVISION - notify-nobody (Staging):
        ❌ notify_deploy_authors failed: nobody could be told: Ana was not found in Slack. Link whoever was not found to their Slack account at https://RECEIVER/people, or correct the name in the rule.
        An admin can act on this.
        [Retry] [Skip…] [Mark as done]
        ");
    });
}

/// Returns the lines of the first run's steps.
fn steps(page: &Page) -> String {
    let run = &page.runs[0];
    let lines = (0..run.steps.len()).filter_map(|step| signoff_core::message::step_line(run, step));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn people_whom_a_rule_names_are_told_by_address_and_by_id() {
    tell("personal", async |story| {
        let people = ["Ana", "Ben", "Carl"].map(|name| story.person(name));
        let people = people.each_ref().map(String::as_str);
        let [_, ben, carl] = people;
        let (address, nobody) = (story.email("Ana"), story.email("nobody"));
        story.world.slack.deactivate(carl);
        let actions = format!(
            "slack_personal_message: {{email: [{address}, {nobody}], message: 'one'}}}}, \
             {{slack_personal_message: {{user: [{ben}, {carl}, U0NOBODY01], meessage: 'two'}}}}, \
             {{slack_personal_message: {{group: deployer, message: 'three'}}}}, \
             {{slack_personal_message: {{group: authors, message: 'four'}}"
        );
        let revision = story.push("Ben", "Take cards");
        let page = runs(story, &revision, &address, &actions).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_snapshot!(told(story, &people), @"
        one | three
        two | four
        ");
        let lines = steps(&page).replace(ben, "BEN").replace(carl, "CARL");
        assert_snapshot!(lines, @"
        :white_check_mark: `slack_personal_message: ana.personal@acme.example, nobody.personal@acme.example`: told Ana. nobody.personal@acme.example was not found in Slack.
        :white_check_mark: `slack_personal_message: BEN, CARL, U0NOBODY01`: told Ben. U0NOBODY01 was not found in Slack. Carl has a deactivated account.
        :white_check_mark: `slack_personal_message: deployer`: told Ana.
        :white_check_mark: `slack_personal_message: authors`: told Ben.
        ");
    });
}
