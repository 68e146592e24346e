//! The stack's policy: a floor that repositories can't lower.

use insta::assert_snapshot;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_core::policy::StackPolicy;
use signoff_core::run::{Status, StepState};
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::slack::{ClickOutcome, NewUser};
use signoff_store::Page;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell, tell_with_policy};
use system_tests::world::{POLICY_REPOSITORY, PROBLEMS_CHANNEL};

/// Text that only the dialog of a proposed policy has.
const PROPOSED: &str = "The policy of this stack changed";
/// A floor that asks for nothing.
const NOTHING: &str = "{}";
/// Text of a dialog whose rule is below the policy.
const BLOCKS: &str = "The policy blocks what this approval would start";

/// Puts a policy into its repository: the owners are Owen and Olga, and `default` (a YAML map in flow style)
/// binds everything.
pub(crate) fn set_policy(story: &Story, default: &str) {
    let (owen, olga) = (story.email("Owen"), story.email("Olga"));
    set_text(story, &format!("owners:\n  - {owen}\n  - {olga}\ndefault:\n  {default}\n"));
}

fn set_text(story: &Story, text: &str) {
    story.world.github.set_file(POLICY_REPOSITORY, ".signoff/policy.yml", text);
}

async fn policy_of(story: &Story) -> StackPolicy {
    story.world.store.policy().await.unwrap().unwrap()
}

/// The hash of the policy in force.
async fn in_force(story: &Story) -> String {
    policy_of(story).await.in_force.unwrap().file.hash
}

/// A rule that asks with `options`, tells, and then posts to `receiver`.
fn asks(receiver: &Receiver, options: &str) -> String {
    let tells = "slack_channel_message: {channel: '#CHANNEL', message: 'Going on'}";
    rule(options, &format!("{tells}}}, {{webhook: '{}/promote'", receiver.url()))
}

/// The revision that was let through to the place of step number `step` of a deploy's first run.
pub(crate) async fn passed(story: &Story, page: &Page, step: usize) -> Option<String> {
    let asked = page.approvals.iter().find(|approval| approval.step == step).unwrap();
    let base = story.world.store.base(&page.deploy.deployment, &asked.subject.place).await.unwrap();
    base.any.map(|passed| passed.revision)
}

/// A rule that posts to `receiver` and asks nobody.
fn acts(receiver: &Receiver) -> String {
    let url = receiver.url();
    format!(
        "rules:\n  - ship:\n      conditions: [\"environment='Staging'\"]\n      actions: [{{webhook: '{url}/ship'}}]\n"
    )
}

pub(crate) fn paths(receiver: &Receiver) -> Vec<String> {
    receiver.deliveries().iter().map(|delivery| delivery.path.clone()).collect()
}

/// A deploy to an environment that no rule names: it has the policy read.
async fn has_policy_read(story: &Story) -> DeployId {
    let deploy = story.deploys(&story.push("Ana", "Read the policy"), "Elsewhere").await;
    story.until("the rules to be evaluated", async || evaluated(story, &deploy).await).await;
    deploy
}

async fn evaluated(story: &Story, deploy: &DeployId) -> Option<()> {
    let page = story.world.store.page(deploy).await.unwrap()?;
    page.events.iter().any(|event| matches!(event.kind, EventKind::RulesEvaluated { .. })).then_some(())
}

/// Waits for the newest dialog of a proposed policy with `words` in it; its timestamp.
async fn proposal(story: &Story, words: &str) -> String {
    story
        .until("the dialog of the policy", async || {
            let messages = story.world.slack.messages(PROBLEMS_CHANNEL);
            let is_it = |text: &str| text.contains(PROPOSED) && text.contains(words);
            messages.iter().rev().find(|message| is_it(&message.text)).map(|message| message.ts.clone())
        })
        .await
}

async fn votes(story: &Story, person: &str, dialog: &str, button: &str) -> ClickOutcome {
    story.world.slack.click(person, PROBLEMS_CHANNEL, dialog, button).await.unwrap()
}

/// Waits until the policy keeps a step of `deploy` back; the effect that looks again.
pub(crate) async fn kept_back(story: &Story, deploy: &DeployId) -> Effect {
    story
        .until("the policy to keep a step back", async || {
            let page = story.world.store.page(deploy).await.unwrap()?;
            let waits = |effect: &&Effect| {
                let note = effect.note.as_deref().unwrap_or_default();
                matches!(effect.kind, EffectKind::RunStep { .. })
                    && note.starts_with("The policy keeps this back")
            };
            page.effects.iter().find(waits).cloned()
        })
        .await
}

/// Waits until every run of `deploy` succeeded; what is on record of it.
async fn went_on(story: &Story, deploy: &DeployId) -> Page {
    story
        .until("its runs to succeed", async || {
            let page = story.world.store.page(deploy).await.unwrap()?;
            page.runs.iter().all(|run| run.status == Status::Succeeded).then_some(page)
        })
        .await
}

/// The clock looks again at what the policy keeps back.
pub(crate) async fn look_again(story: &Story, waits: &Effect) {
    story.pull_forward(waits).await;
    story.world.tick().await;
}

/// Owen and Olga put the proposed policy in force.
async fn owners_approve(story: &Story, [owen, olga]: [&str; 2]) {
    let before = in_force(story).await;
    let dialog = proposal(story, "Until then, the policy").await;
    for owner in [owen, olga] {
        let outcome = votes(story, owner, &dialog, "approve").await;
        assert_eq!((outcome.status, outcome.problem), (Some(200), None));
    }
    story.until("the policy to be in force", async || (in_force(story).await != before).then_some(())).await;
}

fn told(story: &Story, words: &str) -> usize {
    let messages = story.world.slack.messages(PROBLEMS_CHANNEL);
    messages.iter().filter(|message| message.text.contains(words)).count()
}

#[test]
fn stack_without_a_policy_binds_no_rule() {
    tell("policy-none", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        story.rules(&acts(&receiver));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.settled(&deploy).await;
        assert_eq!(paths(&receiver), ["/ship"]);
        assert_eq!(story.world.store.policy().await.unwrap(), None);
    });
}

#[test]
fn rule_below_the_policy_asks_and_nothing_acts() {
    tell_with_policy("policy-floor", async |story| {
        let [owen, olga, ben] = ["Owen", "Olga", "Ben"].map(|name| story.person(name));
        let receiver = Receiver::start(&[200]).await.unwrap();
        set_policy(story, "votes_required: 2");
        story.rules(&asks(&receiver, "votes_required: 1"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let dialog = story.dialog_of(BLOCKS).await;
        let state = policy_of(story).await;
        assert!(
            state.in_force.is_some_and(|policy| policy.approved_for.is_none()),
            "the first one counts at once"
        );
        assert_eq!(told(story, "it was the stack's first policy"), 1);
        story.click(&ben, &dialog, "approve").await;
        kept_back(story, &deploy).await;
        let page = story.until_drawn(&deploy).await;
        assert_eq!(paths(&receiver), Vec::<String>::new(), "nothing acted");
        let sees = story
            .until("the thread to say it", async || {
                let sees = story.sees(&ben);
                (sees.contains("Going on") && sees.contains("The policy keeps this back")).then_some(sees)
            })
            .await;
        assert!(
            sees.contains("Rule promote-to-production (line 2): line 5 of the policy asks for 2 votes"),
            "{sees}"
        );
        let blocked: Vec<_> = page
            .events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::RuleBlocked { rule, shortfalls, .. } => Some((rule.as_str(), shortfalls.len())),
                _ => None,
            })
            .collect();
        assert_eq!(blocked, [("promote-to-production", 1)]);
        assert_eq!(passed(story, &page, 0).await, None, "what was kept back is in the next range too");
        let admin = story.world.slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        let visitor = story.sign_in(&admin).await;
        let shown = visitor.page(&format!("/deployments/acme/{}", story.name)).await;
        assert!(
            shown.contains("These rules must meet a policy") && shown.contains("Rules below the policy"),
            "{shown}"
        );
        assert!(shown.contains("line 5 of the policy asks for 2 votes"), "{shown}");
        assert!(visitor.page(&format!("/deploys/{deploy}")).await.contains("The policy blocks the rule"));

        // The owners lower the policy: what the approval let act goes on by itself, at once.
        set_policy(story, "votes_required: 1");
        has_policy_read(story).await;
        owners_approve(story, [&owen, &olga]).await;
        let page = went_on(story, &deploy).await;
        assert_eq!(paths(&receiver), ["/promote"]);
        let base = passed(story, &page, 0).await;
        assert_eq!(base.as_ref(), Some(&page.deploy.revision), "the next range starts at what went on");
        assert!(visitor.page(&format!("/deployments/acme/{}", story.name)).await.contains("meets it"));
    });
}

#[test]
fn changed_policy_counts_once_two_owners_approved_it() {
    tell_with_policy("policy-change", async |story| {
        let [owen, olga, ben] = ["Owen", "Olga", "Ben"].map(|name| story.person(name));
        let guest = story.world.slack.add_user(NewUser::new("Gus", &story.email("Gus")).guest());
        let admin = story.world.slack.add_user(NewUser::new("Ada", &story.email("Ada")).admin());
        let receiver = Receiver::start(&[200]).await.unwrap();
        set_policy(story, "{}\nfloors:\n  - {places: [Production], votes_required: 1}");
        story.rules(&acts(&receiver).replace("- ship:\n", "- ship:\n      promotes_to: Production\n"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let waits = kept_back(story, &deploy).await;
        let before = in_force(story).await;
        set_policy(story, NOTHING);
        let reads = has_policy_read(story).await;
        let dialog = proposal(story, "votes_required: 1").await;
        let asked = story.world.slack.messages(PROBLEMS_CHANNEL);
        let asked =
            asked.iter().find(|message| message.ts == dialog).map(|message| message.text.clone()).unwrap();
        let asked: Vec<_> = asked.lines().take(3).collect();
        assert_snapshot!(asked.join("\n"), @"
        *The policy of this stack changed* in `acme/policy`. The change counts once two of its owners approve it.
        ```- floors:
        -   - {places: [Production], votes_required: 1}```
        ");
        // Whoever is no owner has no vote, an admin neither.
        for stranger in [&ben, &guest, &admin] {
            votes(story, stranger, &dialog, "approve").await;
        }
        votes(story, &owen, &dialog, "approve").await;
        let page = story.settled(&reads).await;
        let approval = &page.approvals[0];
        let voters: Vec<_> = approval.votes.iter().map(|vote| vote.voter.as_str()).collect();
        assert_eq!((voters, approval.votes_required), (vec![owen.as_str()], 2));
        assert_eq!(in_force(story).await, before, "one owner is not enough");
        look_again(story, &waits).await;
        kept_back(story, &deploy).await;
        assert_eq!(paths(&receiver), Vec::<String>::new());
        votes(story, &olga, &dialog, "approve").await;
        let page = story.settled(&reads).await;
        let state = policy_of(story).await;
        assert_eq!(state.in_force.and_then(|policy| policy.approved_for), Some(reads));
        assert!(page.events.iter().any(|event| matches!(event.kind, EventKind::PolicyInForce { .. })));
        went_on(story, &deploy).await;
        assert_eq!(paths(&receiver), ["/ship"]);
    });
}

#[test]
fn rejected_policy_is_not_asked_again() {
    tell_with_policy("policy-rejected", async |story| {
        let [owen, _] = ["Owen", "Olga"].map(|name| story.person(name));
        set_policy(story, "votes_required: 2");
        has_policy_read(story).await;
        let before = in_force(story).await;
        set_policy(story, "votes_required: 1");
        let reads = has_policy_read(story).await;
        let dialog = proposal(story, "+   votes_required: 1").await;
        votes(story, &owen, &dialog, "reject").await;
        story.settled(&reads).await;
        story.settled(&has_policy_read(story).await).await;
        assert_eq!((told(story, PROPOSED), in_force(story).await), (1, before.clone()));
        // A newer text is asked, and its dialog closes once the repository has the policy in force again.
        set_policy(story, NOTHING);
        let reads = has_policy_read(story).await;
        proposal(story, "+   {}").await;
        story.settled(&reads).await;
        set_policy(story, "votes_required: 4");
        let newer = has_policy_read(story).await;
        proposal(story, "+   votes_required: 4").await;
        story.settled(&newer).await;
        assert_eq!(story.settled(&reads).await.approvals[0].status.word(), "superseded");
        set_policy(story, "votes_required: 2");
        story.settled(&has_policy_read(story).await).await;
        assert_eq!(story.settled(&newer).await.approvals[0].status.word(), "superseded");
        let state = policy_of(story).await;
        assert_eq!((state.proposal, in_force(story).await), (None, before));
    });
}

#[test]
fn unusable_policy_leaves_the_last_one_in_force() {
    tell_with_policy("policy-unusable", async |story| {
        let receiver = Receiver::start(&[200, 200, 200, 200]).await.unwrap();
        story.rules(&acts(&receiver));
        set_policy(story, NOTHING);
        story.settled(&has_policy_read(story).await).await;
        let before = in_force(story).await;
        let problem = "The last valid one";
        set_text(story, "owners: [ana@acme.example]\nfloor: []\n");
        for number in 1..=2 {
            let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
            let page = story.settled(&deploy).await;
            let refused =
                page.events.iter().any(|event| matches!(event.kind, EventKind::PolicyRefused { .. }));
            assert_eq!(
                (paths(&receiver).len(), told(story, problem)),
                (number, 1),
                "told once for each text"
            );
            assert_eq!(refused, number == 1);
        }
        assert_eq!(told(story, ".signoff/policy.yml:1:1: a policy needs two owners"), 1);
        story.world.github.remove_file(POLICY_REPOSITORY, ".signoff/policy.yml");
        story.settled(&has_policy_read(story).await).await;
        assert_eq!(
            (told(story, problem), told(story, "has no .signoff/policy.yml on its default branch")),
            (2, 1)
        );
        let unreachable = FaultKind::status(403, r#"{"message": "Resource not accessible"}"#);
        story.world.github.faults().push(Fault::once("/repos/acme/policy/contents", unreachable));
        story.settled(&has_policy_read(story).await).await;
        assert_eq!((told(story, problem), told(story, "can't be read now")), (3, 1));
        assert_eq!(in_force(story).await, before);
        set_policy(story, NOTHING);
        story.settled(&has_policy_read(story).await).await;
        let state = policy_of(story).await;
        assert_eq!((state.unusable, state.proposal, in_force(story).await), (None, None, before));
    });
}

#[test]
fn stack_whose_policy_was_never_read_lets_nothing_act() {
    tell_with_policy("policy-never", async |story| {
        let ben = story.person("Ben");
        let receiver = Receiver::start(&[200, 200]).await.unwrap();
        let both =
            format!("{}{}", acts(&receiver), asks(&receiver, "votes_required: 1").replace("rules:\n", ""));
        story.rules(&both);
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let dialog = story.dialog_of(BLOCKS).await;
        story.click(&ben, &dialog, "approve").await;
        let waits = story
            .until("both rules to be kept back", async || {
                let page = story.world.store.page(&deploy).await.unwrap()?;
                let is_blocked =
                    |event: &signoff_core::event::Event| matches!(event.kind, EventKind::RuleBlocked { .. });
                let waiting = |effect: &&Effect| {
                    matches!(effect.kind, EffectKind::RunStep { .. }) && effect.note.is_some()
                };
                let both = page.events.iter().filter(|event| is_blocked(event)).count() == 2;
                both.then(|| page.effects.iter().filter(waiting).cloned().collect::<Vec<_>>())
            })
            .await;
        assert_eq!((waits.len(), paths(&receiver)), (2, Vec::new()));
        story
            .until("the channel to be told", async || {
                (told(story, "blocks the rule `ship`") == 1).then_some(())
            })
            .await;
        assert_eq!(told(story, "but their actions don't run"), 1);
        set_policy(story, NOTHING);
        story.settled(&has_policy_read(story).await).await;
        went_on(story, &deploy).await;
        let mut acted = paths(&receiver);
        acted.sort();
        assert_eq!(acted, ["/promote", "/ship"]);
    });
}

#[test]
fn stricter_policy_stops_the_action_after_the_vote() {
    tell_with_policy("policy-stricter", async |story| {
        let [owen, olga, ben] = ["Owen", "Olga", "Ben"].map(|name| story.person(name));
        let receiver = Receiver::start(&[200]).await.unwrap();
        set_policy(story, "votes_required: 1");
        story.rules(&asks(&receiver, "votes_required: 1"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let dialog = story.dialog().await;
        story.settled(&deploy).await;
        assert!(!story.sees(&ben).contains(BLOCKS), "{}", story.sees(&ben));
        set_policy(story, "allowed_webhook_hosts: ['hooks.acme.example']");
        has_policy_read(story).await;
        owners_approve(story, [&owen, &olga]).await;
        // The dialog that is open says so, before anybody votes.
        story.until("the dialog to say it", async || story.sees(&ben).contains(BLOCKS).then_some(())).await;
        story.click(&ben, &dialog, "approve").await;
        let waits = kept_back(story, &deploy).await;
        let note = waits.note.clone().unwrap_or_default();
        assert!(note.contains("line 5 of the policy does not allow `webhook: http://127.0.0.1"), "{note}");
        assert!(story.sees(&ben).contains("Going on"), "what only tells goes on");
        // A newer deploy takes its place: what was kept back is not run any more.
        let newer = story.deploys(&story.push("Ana", "Take vouchers"), "Staging").await;
        story.dialog_of(BLOCKS).await;
        look_again(story, &waits).await;
        let page = story.settled(&deploy).await;
        let reasons: Vec<_> = page.runs[0]
            .steps
            .iter()
            .filter_map(|step| match &step.state {
                StepState::Failed { reason, .. } => Some(reason.as_str()),
                _ => None,
            })
            .collect();
        let gone = "nothing was done: a newer deploy came to Staging while the policy kept this back.";
        assert_eq!((reasons, paths(&receiver)), (vec![gone], Vec::new()));
        story.settled(&newer).await;
    });
}

#[test]
fn votes_of_an_earlier_rule_count_towards_the_floor() {
    tell_with_policy("policy-after", async |story| {
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let receiver = Receiver::start(&[200, 200]).await.unwrap();
        let stage = |name: &str, after: &str, then: &str| {
            format!(
                "  - {name}:\n      {after}\n      conditions: [\"environment='Staging'\"]\n      actions:\n        \
                 - slack_channel_approval: {{name: '{name}', channel: '#CHANNEL', prompt: 'Go on with {name}?', \
                 on_success: [{{{then}}}]}}\n"
            )
        };
        let first = stage(
            "canary",
            "description: first",
            "slack_channel_message: {channel: '#CHANNEL', message: hi}",
        );
        let second = stage("everyone", "after: [canary]", &format!("webhook: '{}/everyone'", receiver.url()));
        set_policy(story, "votes_required: 2");
        story.rules(&format!("rules:\n{first}{second}"));
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let canary = story.dialog_of("Go on with canary?").await;
        story.click(&ana, &canary, "approve").await;
        let everyone = story.dialog_of("Go on with everyone?").await;
        story.click(&ben, &everyone, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(paths(&receiver), ["/everyone"]);
        let requests = story.world.github.requests();
        let read = requests.iter().filter(|request| request.path.contains("/acme/policy/contents"));
        assert_eq!(
            read.count(),
            1,
            "the policy is read when the deploy arrives, and not again with its rules"
        );
        assert!(page.runs.iter().all(|run| run.status == Status::Succeeded), "{:?}", page.runs);
    });
}
