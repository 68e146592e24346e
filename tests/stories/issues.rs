//! Issues of Jira and Linear: what they decide, and what is done to them.

use insta::assert_snapshot;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::run::Status;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::github::NewPullRequest;
use signoff_local::slack::NewUser;
use signoff_local::{jira, linear};
use signoff_store::Page;
use system_tests::story::{Story, tell};
use system_tests::world::PROBLEMS_CHANNEL;

/// A deploy of a commit with this message, for which `actions` run without an approval; what is on record
/// then.
async fn runs(story: &Story, message: &str, actions: &str) -> Page {
    evaluated(story, message, &format!("rules:\n  - tell: {{conditions: [], actions: [{actions}]}}\n")).await
}

/// A deploy of a commit with this message under these rules; what is on record in the end.
async fn evaluated(story: &Story, message: &str, rules: &str) -> Page {
    story.rules(rules);
    let revision = story.push("Ana", message);
    let deploy = story.deploys(&revision, "Staging").await;
    story.settled(&deploy).await
}

/// The rules that held, and what is worth knowing of the rules.
fn held(page: &Page) -> (Vec<String>, Vec<String>) {
    let evaluated = page.events.iter().filter_map(|event| match &event.kind {
        EventKind::RulesEvaluated { held, notices, .. } => Some((held.clone(), notices.clone())),
        _ => None,
    });
    let evaluated: Vec<_> = evaluated.collect();
    assert_eq!(evaluated.len(), 1, "{evaluated:?}");
    evaluated[0].clone()
}

/// Returns the lines of the first run's steps, without their links.
fn steps(page: &Page) -> String {
    let run = &page.runs[0];
    let lines = (0..run.steps.len()).filter_map(|step| signoff_core::message::step_line(run, step));
    let without_link = |line: String| line.split(" <http").next().unwrap_or_default().to_owned();
    lines.map(without_link).collect::<Vec<_>>().join("\n")
}

/// `text` without the deploy's revision and page, which differ from run to run.
fn plain(page: &Page, text: &str) -> String {
    let deploy = &page.deploy;
    let (_, rest) = text.split_once("](").unwrap_or(("", ""));
    let address = rest.split(')').next().unwrap_or_default();
    let text = text.replace(&deploy.revision, "REVISION").replace(deploy.short_revision(), "REVISION");
    if address.is_empty() { text } else { text.replace(address, "PAGE") }
}

const ISSUE_RULES: &str = "rules:
  - urgent: {conditions: [issue_priority='High'], actions: [slack_channel_message: {channel: '#CHANNEL', message: urgent}]}
  - security: {conditions: [issue_labels='security'], actions: [slack_channel_message: {channel: '#CHANNEL', message: security}]}
  - bug: {conditions: [issue_type='Bug'], actions: [slack_channel_message: {channel: '#CHANNEL', message: bug}]}
  - calm: {conditions: [\"issue_labels!='security'\"], actions: [slack_channel_message: {channel: '#CHANNEL', message: calm}]}
  - always: {conditions: [environment='Staging'], actions: [slack_channel_message: {channel: '#CHANNEL', message: always}]}
";

#[test]
fn the_issues_that_a_change_mentions_decide_which_rules_open() {
    tell("issues-decide", async |story| {
        let world = story.world;
        let bug = jira::NewIssue::new("DECIDE-1", "Prices are wrong");
        world.jira.add_issue(jira::NewIssue { kind: "Bug".to_owned(), ..bug });
        world.jira.add_issue(jira::NewIssue::new("DECIDE-2", "Tell others"));
        let urgent = linear::NewIssue::new("DECIDEL-3", "Now");
        let labels = vec!["security".to_owned()];
        world.linear.add_issue(linear::NewIssue { priority: 2, labels, ..urgent });
        story.rules(ISSUE_RULES);
        let revision = story.push("Ana", "Take UTF-8\n\nFixes DECIDE-1, see DECIDE-99.");
        world.github.add_pull_request(
            &story.repository(),
            NewPullRequest {
                title: "DECIDEL-3: Take UTF-8".to_owned(),
                body: Some("It is a part of DECIDE-2.".to_owned()),
                author: story.author("Ana"),
                labels: Vec::new(),
                commits: vec![revision.clone()],
                merged: true,
                merger: None,
            },
        );
        let deploy = story.deploys(&revision, "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!(
            held(&page),
            (["urgent", "security", "bug", "always"].map(str::to_owned).to_vec(), Vec::new())
        );
        let keys: Vec<&str> = page.deploy.issues.iter().map(|issue| issue.key.as_str()).collect();
        assert_eq!(keys, ["DECIDE-2", "DECIDE-1", "DECIDEL-3"]);
        let asked = world.jira.requests();
        let mine = asked.iter().filter(|request| request.body.contains("DECIDE-99"));
        assert_eq!(mine.count(), 1, "all of them are asked for at once");
    });
}

#[test]
fn refusing_tracker_is_reported_and_the_deploy_goes_on() {
    tell("issues-refused", async |story| {
        let world = story.world;
        let urgent = linear::NewIssue::new("REFUSED-1", "Now");
        world.linear.add_issue(linear::NewIssue { priority: 2, ..urgent });
        let refused = Fault::once("/issue/bulkfetch", FaultKind::status(401, "")).with_body("REFUSED-1");
        world.jira.faults().push(refused);
        let page = evaluated(story, "Take cards (REFUSED-1)", ISSUE_RULES).await;
        let (held, notices) = held(&page);
        assert_eq!(held, ["always"], "what is not known is neither there nor absent");
        assert_snapshot!(notices.join("\n"), @"Jira answered 401 while looking up issues: Signoff's e-mail address and token are not valid; put a new `jira_email` and `jira_token` into ReadSecret, or into WriteSecret for actions on issues. No condition on issues holds for this deploy.");
        assert_eq!(page.deploy.issues[0].key, "REFUSED-1");
        assert_snapshot!(story.problems().join("\n"), @"
        ⚠️ These rules were not run for REVISION - issues-refused (Staging), because not everything that they ask about is known: urgent, security, bug, calm. Signoff tries again for a day. To try now, fix the reason and choose Evaluate again.
        Jira answered 401 while looking up issues: Signoff's e-mail address and token are not valid; put a new `jira_email` and `jira_token` into ReadSecret, or into WriteSecret for actions on issues. No condition on issues holds for this deploy.
        [Evaluate again]
        ");
        // The token is mended, and Signoff looks again by itself.
        let looks =
            |effect: &&Effect| matches!(effect.kind, EffectKind::EvaluateRules { .. }) && !effect.is_closed();
        story.pull_forward(page.effects.iter().find(looks).unwrap()).await;
        world.tick().await;
        let page = story
            .until("the rules on issues to open", async || {
                let page = story.page(&page.deploy.id).await;
                (page.runs.len() == 3).then_some(page)
            })
            .await;
        let page = story.settled(&page.deploy.id).await;
        let mut opened: Vec<&str> = page.runs.iter().map(|run| run.rule.as_str()).collect();
        opened.sort_unstable();
        assert_eq!((opened, page.deploy.silent_trackers.len()), (vec!["always", "calm", "urgent"], 0));
        assert_eq!((page.deploy.commits.len(), story.problems().len()), (1, 1));
        assert!(page.effects.iter().all(Effect::is_closed), "nothing is left to look at");
    });
}

#[test]
fn member_has_rules_on_issues_evaluated_again() {
    tell("issues-again", async |story| {
        let world = story.world;
        world.jira.add_issue(jira::NewIssue::new("AGAIN-1", "Prices"));
        let refused = Fault::once("/issue/bulkfetch", FaultKind::status(401, "")).with_body("AGAIN-1");
        world.jira.faults().push(refused);
        let first = evaluated(story, "Take cards (AGAIN-1)", ISSUE_RULES).await;
        let second = story.deploys(&story.push("Ana", "Take coins"), "Staging").await;
        story.settled(&second).await;
        let visitor = story.sign_in(&story.person("Ben")).await;
        let (id, token) = (&first.deploy.id, visitor.token().await);
        let answer = visitor.post_with(&format!("/deploys/{id}/evaluate"), &[], Some(&token)).await;
        assert_eq!(answer.status().as_u16(), 303);
        let page = story.settled(id).await;
        assert!(page.deploy.silent_trackers.is_empty() && page.deploy.stood(), "it stood there");
        let held = page.events.iter().rev().find_map(|event| match &event.kind {
            EventKind::RulesEvaluated { held, .. } => Some(held.clone()),
            _ => None,
        });
        assert_eq!(held.unwrap(), ["calm", "always"]);
        let runs: Vec<&str> = page.runs.iter().map(|run| run.rule.as_str()).collect();
        assert_eq!(runs, ["always", "calm"], "what was open stays open");
    });
}

#[test]
fn rule_that_a_later_look_cannot_judge_is_told_then() {
    tell("issues-at-last", async |story| {
        let world = story.world;
        world.jira.add_issue(jira::NewIssue::new("ATLAST-1", "Prices"));
        let rules = "rules:
  - cuts: {conditions: [\"branch='stable'\"], actions: [{add_deploy_tag: '#cut'}]}
  - bug: {conditions: [issue_type='Bug'], actions: [{add_deploy_tag: '#bug'}]}
";
        story.rules(rules);
        let revision = story.push("Ana", "Take cards (ATLAST-1)");
        let body = serde_json::json!({"sha": revision, "environment": "Staging", "branch": "stable"});
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        assert_eq!(story.post(&path, &body).await.status(), 200);
        let deploy = story.deploy_id(&revision, "Staging");
        story.until("the first look to be told", async || (story.problems().len() == 1).then_some(())).await;
        let refused = Fault::once("/issue/bulkfetch", FaultKind::status(401, "")).with_body("ATLAST-1");
        world.jira.faults().push(refused);
        let page = story.settled(&deploy).await;
        let looks =
            |effect: &&Effect| matches!(effect.kind, EffectKind::EvaluateRules { .. }) && !effect.is_closed();
        story.pull_forward(page.effects.iter().find(looks).unwrap()).await;
        world.tick().await;
        story.until("the next look to be told", async || (story.problems().len() == 2).then_some(())).await;
        story.settled(&deploy).await;
        let problems = story.problems();
        assert!(problems[0].contains("is known: cuts."), "{problems:?}");
        assert!(problems[1].contains("is known: cuts, bug.") && problems[1].contains("Jira"), "{problems:?}");
        let visitor = story.sign_in(&story.person("Ben")).await;
        let html = visitor.page(&format!("/deploys/{deploy}")).await;
        for part in
            ["Not everything is known that these rules ask about", "Jira answered 401", "Evaluate again"]
        {
            assert!(html.contains(part), "{part} is not in {html}");
        }
    });
}

#[test]
fn a_tracker_that_does_not_answer_now_is_asked_again() {
    tell("issues-later", async |story| {
        let world = story.world;
        let urgent = linear::NewIssue::new("LATER-1", "Now");
        world.linear.add_issue(linear::NewIssue { priority: 2, ..urgent });
        let limited =
            r#"{"errors": [{"message": "Rate limit exceeded", "extensions": {"code": "RATELIMITED"}}]}"#;
        // The filter has the team's key, not the issue's.
        let headers = vec![("retry-after".to_owned(), "1".to_owned())];
        let limited = FaultKind::Status { code: 400, headers, body: limited.to_owned() };
        let fault = Fault::once("/graphql", limited).with_body("\"LATER\"");
        world.linear.faults().push(fault);
        let page = evaluated(story, "Take cards (LATER-1)", ISSUE_RULES).await;
        let (held, notices) = held(&page);
        assert_eq!((held, notices), (["urgent", "calm", "always"].map(str::to_owned).to_vec(), Vec::new()));
    });
}

#[test]
fn each_issue_is_written_on_moved_and_changed() {
    tell("issues-all", async |story| {
        let world = story.world;
        world.jira.add_issue(jira::NewIssue::new("ALL-1", "Prices"));
        world.jira.add_issue(jira::NewIssue::new("ALL-2", "Receipts"));
        world.linear.add_issue(linear::NewIssue::new("ALLL-3", "Now"));
        let actions = "notify_mentioned_issues, {transition_mentioned_issues: {state: done, resolution: Fixed, comment: 'Shipped'}}, \
            {transition_issues: Done}, {update_mentioned_issues: {field_name: labels, field_value: released}}";
        let page = runs(story, "Fixes ALL-1, ALL-2 and ALLL-3", actions).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_snapshot!(steps(&page), @"
        :white_check_mark: `notify_mentioned_issues`: commented on ALL-1, ALL-2 and ALLL-3.
        :white_check_mark: `transition_mentioned_issues: done`: moved to done: ALL-1, ALL-2 and ALLL-3.
        :white_check_mark: `transition_issues: Done`: ALL-1, ALL-2 and ALLL-3 were there before.
        :white_check_mark: `update_mentioned_issues: labels`: set labels of ALL-1, ALL-2 and ALLL-3.
        ");
        for key in ["ALL-1", "ALL-2"] {
            assert_eq!(world.jira.status(key).as_deref(), Some("Done, Fixed"));
            assert_eq!(world.jira.issue(key).unwrap().labels, ["released"]);
            let comments = world.jira.comments(key).join("\n--\n");
            assert_eq!(
                plain(&page, &comments),
                "Deployed: REVISION - issues-all (Staging)\nSignoff\n--\nShipped\nSignoff"
            );
        }
        assert_eq!(world.linear.status("ALLL-3").as_deref(), Some("Done"));
        assert_eq!(world.linear.issue("ALLL-3").unwrap().labels, ["released"]);
        assert_snapshot!(plain(&page, &world.linear.comments("ALLL-3").join("\n--\n")), @"
        Deployed: REVISION - issues-all (Staging)

        [Signoff](PAGE)
        --
        Shipped

        [Signoff](PAGE)
        ");
    });
}

#[test]
fn an_answer_that_is_lost_leaves_one_comment() {
    tell("issues-lost", async |story| {
        let world = story.world;
        world.jira.add_issue(jira::NewIssue::new("LOST-1", "Prices"));
        world.jira.add_issue(jira::NewIssue::new("LOST-2", "Receipts"));
        world.linear.add_issue(linear::NewIssue::new("LOSTL-3", "Now"));
        let lost = |path: &str| Fault::once(path, FaultKind::DropAfterHandling).with_body("issues-lost");
        world.jira.faults().push(lost("POST /rest/api/3/issue/LOST-2/comment"));
        world.linear.faults().push(lost("/graphql"));
        let page = runs(story, "Fixes LOST-1, LOST-2 and LOSTL-3", "notify_mentioned_issues").await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        let counts = [
            world.jira.comments("LOST-1").len(),
            world.jira.comments("LOST-2").len(),
            world.linear.comments("LOSTL-3").len(),
        ];
        assert_eq!(counts, [1, 1, 1]);
        assert_snapshot!(steps(&page), @":white_check_mark: `notify_mentioned_issues`: commented on LOST-1, LOST-2 and LOSTL-3.");
    });
}

#[test]
fn lost_answer_after_a_transition_is_no_failure() {
    tell("issues-moved", async |story| {
        let world = story.world;
        world.jira.add_issue(jira::NewIssue::new("MOVED-1", "Prices"));
        let path = "POST /rest/api/3/issue/MOVED-1/transitions";
        world.jira.faults().push(Fault::once(path, FaultKind::DropAfterHandling));
        let action = "{transition_mentioned_issues: {state: Done, comment: 'Shipped'}}";
        let page = runs(story, "Fixes MOVED-1", action).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_eq!(world.jira.status("MOVED-1").as_deref(), Some("Done, Done"));
        assert_eq!(world.jira.comments("MOVED-1").len(), 1);
        assert_snapshot!(steps(&page), @":white_check_mark: `transition_mentioned_issues: Done`: MOVED-1 was there before.");
    });
}

#[test]
fn refusing_issue_is_named_and_others_go_on() {
    tell("issues-some", async |story| {
        let world = story.world;
        world.jira.add_issue(jira::NewIssue::new("SOME-1", "Prices"));
        world.linear.add_issue(linear::NewIssue::new("SOMEL-2", "Now"));
        let actions = "{update_mentioned_issues: {field_name: Released in, field_value: '{{ deployment_name }}'}}, \
            {transition_mentioned_issues: Shipped}, {notify_mentioned_issues: 'never'}";
        let page = runs(story, "Fixes SOME-1 and SOMEL-2", actions).await;
        assert_eq!(page.runs[0].status, Status::Stopped);
        assert_eq!(world.jira.field("SOME-1", "customfield_10042").as_deref(), Some("issues-some"));
        assert_eq!(world.jira.comments("SOME-1"), Vec::<String>::new());
        assert_snapshot!(steps(&page), @":x: `update_mentioned_issues: Released in` failed.");
        assert_snapshot!(story.problems().join("\n"), @"
        Rule tell for REVISION - issues-some (Staging):
        ❌ update_mentioned_issues: Released in failed: set Released in of SOME-1. SOMEL-2 was not changed: of Linear's fields Signoff sets title, priority, estimate, due date and label, not Released in.
        Did not run: transition_mentioned_issues: Shipped, notify_mentioned_issues.
        An admin can act on this.
        [Retry] [Skip…] [Mark as done]
        ");
    });
}

#[test]
fn retry_does_the_issues_that_are_left() {
    tell("issues-retry", async |story| {
        let world = story.world;
        world.jira.add_issue(jira::NewIssue::new("LEFT-1", "Prices"));
        world.jira.add_issue(jira::NewIssue::new("LEFT-2", "Receipts"));
        let refused = Fault::once("POST /rest/api/3/issue/LEFT-2/comment", FaultKind::status(403, "{}"));
        world.jira.faults().push(refused);
        let actions =
            "{transition_mentioned_issues: {state: Done, comment: 'Shipped'}}, {add_deploy_tag: '#shipped'}";
        let page = runs(story, "Fixes LEFT-1 and LEFT-2", actions).await;
        assert_eq!(page.runs[0].status, Status::Stopped, "an action that acts stops the run");
        assert_eq!(world.jira.comments("LEFT-1").len(), 1);
        let admin = world.slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        let failure = || {
            let told = world.slack.messages(PROBLEMS_CHANNEL);
            told.into_iter().rev().find(|message| message.text.contains("issues-retry"))
        };
        let told = story.until("the failure to be told", async || failure()).await;
        let clicked = world.slack.click(&admin, PROBLEMS_CHANNEL, &told.ts, "retry").await.unwrap();
        assert_eq!((clicked.status, clicked.problem), (Some(200), None));
        let page = story
            .until("the run to succeed", async || {
                let page = story.settled(&page.deploy.id).await;
                (page.runs[0].status == Status::Succeeded).then_some(page)
            })
            .await;
        assert_eq!(["LEFT-1", "LEFT-2"].map(|key| world.jira.comments(key).len()), [1, 1]);
        assert_eq!(page.runs[0].status, Status::Succeeded);
    });
}

#[test]
fn deploy_without_issues_stops_nothing() {
    tell("issues-none", async |story| {
        let world = story.world;
        world.jira.add_issue(jira::NewIssue::new("NONE-1", "Prices <!channel>"));
        let actions = "notify_mentioned_issues, {slack_channel_message: {channel: '#CHANNEL', \
            message: '{% for issue in issues %}{{ issue.key }} {{ issue.title }} ({{ issue.type }}){% else %}nothing{% endfor %}'}}";
        let page = runs(story, "Take cards and NONE-77", actions).await;
        assert_eq!(page.runs[0].status, Status::Succeeded);
        assert_snapshot!(steps(&page), @"
        :white_check_mark: `notify_mentioned_issues`: no issues are mentioned.
        :white_check_mark: `slack_channel_message: #issues-none`: posted to #issues-none.
        ");
        runs(story, "Take cards (NONE-1)", actions).await;
        let ana = story.person("Ana");
        assert_snapshot!(story.sees(&ana), @"
        nothing

        NONE-1 Prices <!channel> (Task)
        ");
    });
}
