//! Facts that become known of a deploy after it arrived, and the rules that they open.

use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::facts::{API, Command, Health, Report};
use signoff_core::id::DeployId;
use signoff_core::run::Status;
use signoff_local::github::{ChangedFile, NewCommit};
use signoff_local::slack::NewUser;
use signoff_runtime::facts::record_fact;
use signoff_store::Page;
use system_tests::story::{Story, tell};
use system_tests::world::PROBLEMS_CHANNEL;

/// A rule that says its own name once `condition` holds.
fn says(name: &str, condition: &str) -> String {
    format!(
        "  - {name}:\n      conditions: [\"{condition}\"]\n      actions:\n        \
         - slack_channel_message: {{channel: '#CHANNEL', message: '{name}'}}\n"
    )
}

fn rules(rules: &[(&str, &str)]) -> String {
    let rules: String = rules.iter().map(|(name, condition)| says(name, condition)).collect();
    format!("rules:\n{rules}")
}

/// The rules that were opened, in that order, each with how its run ended.
fn opened(page: &Page) -> Vec<(&str, Status)> {
    page.runs.iter().map(|run| (run.rule.as_str(), run.status)).collect()
}

/// Somebody reports the health of `deploy`.
async fn report(story: &Story, deploy: &DeployId, health: Health) {
    let report = Report { health, at: signoff_runtime::time::now() };
    let command = Command::Report { source: API.to_owned(), report };
    assert!(
        record_fact(&story.world.store, deploy, &command, signoff_runtime::time::now(), "story")
            .await
            .unwrap()
    );
}

#[test]
fn a_report_of_health_opens_the_rule_that_asks_for_it_once() {
    tell("health", async |story| {
        story.rules(&rules(&[
            ("healthy", "environment='staging' and health='Healthy'"),
            ("unwell", "health='Ailing' or health='Unhealthy'"),
            ("unknown", "health='Unknown'"),
        ]));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        assert_eq!(opened(&story.settled(&deploy).await), [("unknown", Status::Succeeded)]);
        for health in [Health::Unhealthy, Health::Ailing, Health::Healthy, Health::Unhealthy] {
            report(story, &deploy, health).await;
            story.settled(&deploy).await;
        }
        let page = story.settled(&deploy).await;
        let names: Vec<_> = opened(&page).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["unknown", "unwell", "healthy"]);
        assert_eq!(page.facts.health(), Some(Health::Unhealthy));
    });
}

#[test]
fn an_older_deploy_opens_nothing_for_its_health() {
    tell("health-of-old", async |story| {
        story.rules(&rules(&[("healthy", "health='Healthy'")]));
        let older = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.settled(&older).await;
        let newer = story.deploys(&story.push("Ana", "Take vouchers"), "Staging").await;
        story.settled(&newer).await;
        report(story, &older, Health::Healthy).await;
        assert_eq!(opened(&story.settled(&older).await), []);
        report(story, &newer, Health::Healthy).await;
        assert_eq!(opened(&story.settled(&newer).await), [("healthy", Status::Succeeded)]);
    });
}

#[test]
fn thumbs_of_members_open_a_rule_and_those_of_strangers_do_not() {
    tell("thumbs", async |story| {
        let slack = &story.world.slack;
        story.rules(
            "rules:\n  - how-to:\n      conditions: [environment='Staging']\n      actions:\n        \
             - add_to_deploy_message_thread: 'React to promote {{ deploy_name }}.'\n  - promote:\n      conditions:\n        \
             - deploy_message_reactions_plus_1>=2 and deploy_message_reaction_minus_1=0\n      actions:\n        \
             - slack_deploy_message: 'promoted {{ deploy_name }}'\n",
        );
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!(opened(&page), [("how-to", Status::Succeeded)]);
        let text = |message: &str| format!("{message} {}", page.deploy.title());
        let posted = slack.messages(PROBLEMS_CHANNEL);
        let message = posted.iter().find(|message| message.text.contains(&text("React to promote"))).unwrap();
        let place = (PROBLEMS_CHANNEL, message.ts.as_str());
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let guest = slack.add_user(NewUser::new("Gus", &story.email("Gus")).guest());
        let react = async |user: &str, name: &str, is_there: bool| {
            let told = slack.react(user, place, name, is_there).await.unwrap();
            assert_eq!(told.outcome.status, Some(200), "{:?}", told.outcome);
            (told, story.settled(&deploy).await)
        };
        let counted = |page: &Page| {
            let thumbs = [signoff_core::facts::Thumb::Plus1, signoff_core::facts::Thumb::Minus1];
            thumbs.map(|thumb| page.facts.reacted(thumb))
        };
        let (first, page) = react(&ana, "+1", true).await;
        assert_eq!(counted(&page), [1, 0]);
        let (_, page) = react(&guest, "+1", true).await;
        assert_eq!(counted(&page), [1, 0]);
        react(&ben, "tada", true).await;
        let (_, page) = react(&ben, "-1", true).await;
        assert_eq!(counted(&page), [1, 1]);
        let (_, page) = react(&ben, "+1::skin-tone-3", true).await;
        assert_eq!((counted(&page), opened(&page).len()), ([2, 1], 1));
        let (_, page) = react(&ben, "-1", false).await;
        assert_eq!((counted(&page), opened(&page).len()), ([2, 0], 2));
        // Slack tells the first one once more.
        slack.redeliver(&first, 1).await;
        let page = story.settled(&deploy).await;
        assert_eq!(opened(&page), [("how-to", Status::Succeeded), ("promote", Status::Succeeded)]);
        let promoted = |posted: &str| posted.contains(&text("promoted"));
        assert_eq!(slack.messages(PROBLEMS_CHANNEL).iter().filter(|one| promoted(&one.text)).count(), 1);
        // A message that is none of a deploy's.
        let other =
            slack.messages(PROBLEMS_CHANNEL).into_iter().find(|message| promoted(&message.text)).unwrap();
        let told = slack.react(&ana, (PROBLEMS_CHANNEL, &other.ts), "+1", true).await.unwrap();
        assert_eq!(told.outcome.status, Some(200));
    });
}

#[test]
fn thumbs_on_what_is_only_proposed_open_no_rule() {
    tell("thumbs-proposed", async |story| {
        let slack = &story.world.slack;
        let in_force = "rules:\n  - gate:\n      conditions: [environment='Production']\n      actions:\n        \
             - slack_channel_approval: {name: Production, channel: '#CHANNEL', on_success: [{add_deploy_tag: '#live'}]}\n  \
             - promote:\n      conditions: [deploy_message_reactions_plus_1>=1]\n      actions:\n        \
             - slack_deploy_message: 'promoted {{ deploy_name }}'\n";
        story.rules(in_force);
        let first = story.deploys(&story.push("Ana", "Begin"), "Staging").await;
        story.settled(&first).await;
        let poll = "  - poll:\n      conditions: [environment='Staging']\n      actions:\n        \
             - slack_deploy_message: 'Who likes cats, thumbs-proposed?'\n        \
             - slack_channel_approval: {name: Poll, channel: '#CHANNEL', on_success: [{add_deploy_tag: '#live'}]}\n";
        story.rules(&format!("{in_force}{poll}"));
        let deploy = story.deploys(&story.push("Ana", "Ask a question"), "Staging").await;
        let page = story.settled(&deploy).await;
        let channel = story.name.clone();
        let mut messages: Vec<(String, String)> = page
            .approvals
            .iter()
            .filter_map(|approval| Some((channel.clone(), approval.dialog.clone()?.ts)))
            .collect();
        let cats = slack.messages(PROBLEMS_CHANNEL);
        let cats = cats.iter().find(|message| message.text.contains("cats, thumbs-proposed")).unwrap();
        messages.push((PROBLEMS_CHANNEL.to_owned(), cats.ts.clone()));
        assert_eq!(messages.len(), 3, "the poll, its message, and the dialog of the file: {messages:?}");
        let ben = story.person("Ben");
        for (channel, ts) in &messages {
            let told = slack.react(&ben, (channel.as_str(), ts.as_str()), "+1", true).await.unwrap();
            assert_eq!(told.outcome.status, Some(200), "{:?}", told.outcome);
        }
        let page = story.settled(&deploy).await;
        assert_eq!(page.facts.reacted(signoff_core::facts::Thumb::Plus1), 0);
        assert!(page.runs.iter().all(|run| run.rule != "promote"), "{:?}", page.runs);
    });
}

#[test]
fn a_tag_that_a_rule_gives_opens_the_next_one() {
    tell("marking", async |story| {
        story.world.github.set_file(
            &story.repository(),
            ".signoff/TAGS",
            "# whose\n*.sql  #database\n/web/ web\n",
        );
        story.rules(
            "rules:\n  - mark:\n      conditions: [tags='#database', tags!='#marked']\n      actions:\n        \
             - add_deploy_tag: 'marked'\n        - slack_channel_message: {channel: '#CHANNEL', message: \"now {{ tags | join(' ') }}\"}\n  \
             - marked:\n      conditions: [tags='#marked', magnitude='Medium']\n      actions:\n        \
             - add_deploy_tag: '{{ deployment_name }} x'\n  - failed:\n      conditions: [failed_rules='marked']\n      actions:\n        \
             - slack_channel_message: {channel: '#CHANNEL', message: \"{{ failed_rules | join(', ') }} failed\"}\n",
        );
        let file = |path: &str, lines| ChangedFile {
            path: path.to_owned(),
            previous: None,
            status: "modified",
            additions: lines,
            deletions: 1,
        };
        let commit = NewCommit {
            author: story.author("Ana"),
            message: "Take cards".to_owned(),
            branch: None,
            files: vec![file("db/1.sql", 100), file("README", 50)],
        };
        let revision = story.world.github.push(&story.repository(), commit);
        let deploy = story.deploys(&revision, "Staging").await;
        let page = story
            .until("the rule that asks for failures", async || {
                let page = story.settled(&deploy).await;
                (page.runs.len() == 3).then_some(page)
            })
            .await;
        assert_eq!(
            opened(&page),
            [("mark", Status::Succeeded), ("marked", Status::Stopped), ("failed", Status::Succeeded)]
        );
        assert_eq!(page.deploy.tags, ["#database"]);
        assert_eq!(page.facts.tags, ["#marked"]);
        let said = story.world.slack.messages(&story.name);
        let mut said: Vec<_> = said.iter().map(|message| message.text.as_str()).collect();
        said.sort_unstable();
        assert_eq!(said, ["marked failed", "now #database #marked"]);
        let notices: Vec<_> = page
            .events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::RulesEvaluated { notices, .. } => Some(notices.join("\n")),
                _ => None,
            })
            .collect();
        assert_snapshot!(notices[0], @"
        .signoff/TAGS:3:10: no tag; write a pattern and its tags: `*.sql #database`
        .signoff/rules.yml:10:27: add_deploy_tag fails: a tag is one word, and a space stands in this one; write `add_deploy_tag: '{{ deployment_name }}-x'`
        ");
        assert_snapshot!(story.problems().join("\n"), @"
        Rule marked for REVISION - marking (Staging):
        ❌ add_deploy_tag: {{ deployment_name }} x failed: marking x is not a tag: it must be one word such as #soaked.
        An admin can act on this.
        [Retry] [Skip…] [Mark as done]
        ");
    });
}

#[test]
fn caught_up_environment_opens_the_rule() {
    tell("drift", async |story| {
        story.rules(
            "rules:\n  - watch:\n      conditions: [environment='Staging']\n      actions:\n        - monitor_drift:\n            \
             environment: Production\n            threshold: '1h'\n            on_over:\n              \
             - slack_channel_message: {channel: '#CHANNEL', message: 'behind'}\n            on_under:\n              \
             - slack_channel_message: {channel: '#CHANNEL', message: 'caught up'}\n",
        );
        let revision = story.push("Ana", "Take cards");
        let earlier = signoff_runtime::time::now() - SignedDuration::from_hours(2);
        let body = json!({"sha": revision, "environment": "Staging", "date": earlier.to_string()});
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        assert_eq!(story.post(&path, &body).await.status().as_u16(), 200);
        let staging = story.deploy_id(&revision, "Staging");
        let said = || {
            let messages = story.world.slack.messages(&story.name);
            messages.into_iter().map(|message| message.text).collect::<Vec<_>>()
        };
        story.until("it to be behind", async || said().contains(&"behind".to_owned()).then_some(())).await;
        let page = story.settled(&staging).await;
        let names: Vec<_> = opened(&page).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["watch", "watch (drift to Production over)"]);

        let production = story.deploys(&revision, "Production").await;
        story.settled(&production).await;
        story
            .until("it to have caught up", async || said().contains(&"caught up".to_owned()).then_some(()))
            .await;
        let page = story.settled(&staging).await;
        assert_eq!(page.runs.len(), 3);
        assert_eq!(said(), ["behind", "caught up"]);
        let evaluations = page
            .effects
            .iter()
            .filter(|effect| matches!(effect.kind, EffectKind::EvaluateRules { .. }))
            .count();
        // Its own, after the run of each of the first two, and when Production had it.
        assert_eq!(evaluations, 4);
    });
}

#[test]
fn drift_is_seen_while_another_rule_still_soaks() {
    tell("drift-beside-soak", async |story| {
        let level = "environment='Staging' and drift_to_production=0";
        let soaked = "environment='Staging' and deployed_for>='8m'";
        story.rules(&rules(&[("caught-up", level), ("soaked", soaked)]));
        let revision = story.push("Ana", "Take cards");
        let staging = story.deploys(&revision, "Staging").await;
        let waits = |effect: &Effect| {
            matches!(effect.kind, EffectKind::EvaluateRules { .. })
                && effect.attempts == 0
                && effect.not_before > effect.created_at
        };
        // The queue has its message by now, and hides it for almost eight minutes.
        story
            .until("a rule to soak", async || story.page(&staging).await.effects.into_iter().find(waits))
            .await;
        let production = story.deploys(&revision, "Production").await;
        story.settled(&production).await;
        let page = story
            .until("the other rule to run", async || {
                let page = story.page(&staging).await;
                page.runs.first().is_some_and(|run| run.status == Status::Succeeded).then_some(page)
            })
            .await;
        assert_eq!(opened(&page), [("caught-up", Status::Succeeded)]);
    });
}
