//! By whose rules a deploy is judged, and how other rules come into force.

use crate::connections::save;
use insta::assert_snapshot;
use reqwest::StatusCode;
use serde_json::json;
use signoff_core::approval::Blocker;
use signoff_core::deploy::Slug;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::rules_in_force::{How, RulesInForce};
use signoff_core::run::Status;
use signoff_local::slack::NewUser;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};

/// Text that only the dialog of a proposed file has.
const PROPOSED: &str = "counts once it is approved";

/// The rules of the story's deployment.
async fn rules_of(story: &Story) -> RulesInForce {
    let slug = Slug::new("acme", &story.name).unwrap();
    story.world.store.rules_in_force(&slug).await.unwrap().unwrap()
}

/// A file that acts at once on Staging.
fn acts(receiver: &Receiver) -> String {
    let url = receiver.url();
    format!(
        "rules:\n  - ship:\n      conditions: [\"environment='Staging'\"]\n      actions: [{{webhook: '{url}/ship'}}]\n"
    )
}

/// A file that asks before it acts, with these options of the approval.
fn asks(receiver: &Receiver, options: &str) -> String {
    rule(options, &format!("webhook: '{}/promote'", receiver.url()))
}

/// A first deploy of Ana's by `rules`, which puts them in force; its dialog is answered with a rejection.
async fn begin(story: &Story, rules: &str) {
    story.pushes_rules("Ana", rules);
    let deploy = story.deploys(&story.push("Ana", "Begin"), "Staging").await;
    story.settled(&deploy).await;
}

fn paths(receiver: &Receiver) -> Vec<String> {
    receiver.deliveries().iter().map(|delivery| delivery.path.clone()).collect()
}

#[test]
fn a_removed_approval_is_still_asked_and_nothing_acts() {
    tell("guard-removed", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let receiver = Receiver::start(&[200]).await.unwrap();
        begin(story, &asks(&receiver, "votes_required: 1, self_approval: false")).await;
        let changed = story.pushes_rules("Ana", &acts(&receiver));
        let deploy = story.deploys(&changed, "Staging").await;
        let proposal = story.dialog_of(PROPOSED).await;
        let page = story.settled(&deploy).await;
        assert_eq!(paths(&receiver), Vec::<String>::new(), "nothing acted");
        let asked: Vec<_> = page.approvals.iter().map(|approval| approval.name.as_str()).collect();
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert!(asked.contains(&"Promote deploy to production"), "{asked:?}");
        assert_eq!(
            story.dialog_of("removes the approval \u{201c}Promote deploy to production\u{201d}").await,
            proposal
        );
        // Who made the change does not put it in force.
        story.click(&ana, &proposal, "approve").await;
        story.settled(&deploy).await;
        assert!(rules_of(story).await.proposal.is_some());
        story.click(&ben, &proposal, "approve").await;
        let page = story.settled(&deploy).await;
        let rules = rules_of(story).await;
        assert!(matches!(rules.in_force.how, How::Approved { .. }) && rules.proposal.is_none(), "{rules:?}");
        assert!(page.events.iter().any(|event| matches!(event.kind, EventKind::RulesInForce { .. })));
        assert!(
            story.problems().iter().any(|told| told.contains("is in force now")),
            "{:?}",
            story.problems()
        );
        assert_eq!(paths(&receiver), Vec::<String>::new(), "it counts from the next deploy on");
        let next = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        assert_eq!(story.settled(&next).await.approvals.len(), 0);
        assert_eq!(paths(&receiver), ["/ship"]);
    });
}

#[test]
fn rules_stay_with_their_repository() {
    tell("rules-taken-along", async |story| {
        let ben = story.person("Ben");
        let receiver = Receiver::start(&[200]).await.unwrap();
        begin(story, &asks(&receiver, &format!("approvers: ['{ben}']"))).await;
        // Another deployment goes by rules that ask nobody, and is taken to the guarded repository.
        let other = Story::begin(story.world, "rules-taken-along-2");
        other.rules("rules: []");
        let own = other.deploys(&other.push("Ana", "Begin elsewhere"), "Production").await;
        other.settled(&own).await;
        let (asking, asks_nobody) = (rules_of(story).await, rules_of(&other).await);
        assert_ne!(asking.repository, asks_nobody.repository);
        assert!(asking.repository.is_some() && asks_nobody.repository.is_some());
        let moves = async |version: &str, repository: &str| {
            let channel = format!("#{}", other.name);
            assert_eq!(save(story, &other.name, version, repository, &channel).await, 303);
        };
        moves("0", &story.repository()).await;
        let changed = story.pushes_rules("Ana", &acts(&receiver));
        let deploy = other.deploys(&changed, "Staging").await;
        other.settled(&deploy).await;
        let rules = rules_of(&other).await;
        assert_eq!(rules.in_force.how, How::OfOwner { owner: asking.deployment.clone() });
        assert_eq!(
            (&rules.in_force.file.id, rules.repository),
            (&asking.in_force.file.id, asking.repository)
        );
        assert!(rules.proposal.is_some(), "what the default branch has is a proposal");

        // In another repository it keeps its guard, and the file there is a proposal. Back again, too.
        moves("1", &other.repository()).await;
        let away = other.deploys(&other.push("Ana", "Go on elsewhere"), "Production").await;
        other.settled(&away).await;
        let rules = rules_of(&other).await;
        assert_eq!((&rules.in_force.how, rules.proposal.is_some()), (&How::TakenAlong, true));
        assert_eq!(
            (&rules.in_force.file.id, rules.repository),
            (&asking.in_force.file.id, asks_nobody.repository)
        );
        moves("2", &story.repository()).await;
        let back = other.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        other.settled(&back).await;
        let rules = rules_of(&other).await;
        assert_eq!((&rules.in_force.how, rules.proposal.is_some()), (&How::AsBefore, true));
        assert_eq!(rules.in_force.file.id, asking.in_force.file.id);
        assert_eq!(paths(&receiver), Vec::<String>::new(), "nothing acted");
    });
}

#[test]
fn a_rejected_proposal_changes_nothing_and_is_not_asked_again() {
    tell("proposal-rejected", async |story| {
        let ben = story.person("Ben");
        let receiver = Receiver::start(&[200]).await.unwrap();
        begin(story, &asks(&receiver, "votes_required: 2")).await;
        let lower = asks(&receiver, "votes_required: 1");
        let deploy = story.deploys(&story.pushes_rules("Ana", &lower), "Staging").await;
        let proposal = story.dialog_of(PROPOSED).await;
        let page = story.settled(&deploy).await;
        let needed = page.approvals.iter().map(|approval| approval.votes_required).collect::<Vec<_>>();
        assert_eq!(needed, [2, 2], "the file in force says how many");
        assert!(story.sees(&ben).contains("lowers votes_required from 2 to 1"), "{}", story.sees(&ben));
        story.click(&ben, &proposal, "reject").await;
        story.settled(&deploy).await;
        let rules = rules_of(story).await;
        assert!(rules.proposal.as_ref().is_some_and(|proposal| proposal.rejected), "{rules:?}");
        let next = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&next).await;
        let needed = page.approvals.iter().map(|approval| approval.votes_required).collect::<Vec<_>>();
        assert_eq!((needed, rules_of(story).await), (vec![2], rules));
    });
}

#[test]
fn a_harmless_change_counts_at_once() {
    tell("harmless-rules", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let asks = asks(&receiver, "votes_required: 1");
        begin(story, &asks).await;
        let more = format!(
            "{asks}  - says:\n      actions: [{{slack_channel_message: {{channel: '#CHANNEL', message: hello}}}}]\n"
        );
        let deploy = story.deploys(&story.pushes_rules("Ana", &more), "Staging").await;
        let page = story.settled(&deploy).await;
        assert_eq!((page.runs.len(), page.approvals.len()), (2, 1));
        assert_eq!(rules_of(story).await.in_force.how, How::Harmless);
    });
}

#[test]
fn a_new_rule_that_acts_waits_for_every_voter() {
    tell("new-rule-acts", async |story| {
        let ben = story.person("Ben");
        let receiver = Receiver::start(&[200]).await.unwrap();
        let asks = asks(&receiver, "votes_required: 1");
        begin(story, &asks).await;
        let both = format!("{asks}{}", acts(&receiver).replace("rules:\n", ""));
        let deploy = story.deploys(&story.pushes_rules("Ana", &both), "Staging").await;
        story.dialog_of(PROPOSED).await;
        let page = story.settled(&deploy).await;
        let sees = story.sees(&ben);
        assert!(sees.contains("adds the rule ship, which acts without asking anybody"), "{sees}");
        let waits = page.events.iter().any(|event| match &event.kind {
            EventKind::RulesEvaluated { notices, .. } => {
                notices.iter().any(|notice| notice.contains("`ship`"))
            }
            _ => false,
        });
        assert!(waits && paths(&receiver).is_empty());
    });
}

#[test]
fn a_proposed_approval_is_asked_and_its_action_waits() {
    tell("new-approval", async |story| {
        let (ben, cleo) = (story.person("Ben"), story.person("Cleo"));
        let receiver = Receiver::start(&[200]).await.unwrap();
        let first = asks(&receiver, "votes_required: 1");
        begin(story, &first).await;
        let second =
            first.replace("promote-to-production", "to-qa").replace("Promote deploy to production", "To QA");
        let second = second.replace("Staging", "QA").replace("/promote", "/qa").replace("rules:\n", "");
        let revision = story.pushes_rules("Ana", &format!("{first}{second}"));
        let deploy = story.deploys(&revision, "QA").await;
        let proposal = story.dialog_of(PROPOSED).await;
        let asked = story.dialog_of("Only the proposed rules file asks this").await;
        story.settled(&deploy).await;
        story.click(&cleo, &asked, "approve").await;
        let waits = story
            .until("the action to wait", async || {
                let page = story.world.store.page(&deploy).await.unwrap()?;
                let waits = |effect: &&signoff_core::effect::Effect| {
                    matches!(effect.kind, EffectKind::RunStep { .. })
                        && effect.note.as_ref().is_some_and(|note| note.contains("rules file is in force"))
                };
                page.effects.iter().find(waits).cloned()
            })
            .await;
        assert_eq!(paths(&receiver), Vec::<String>::new());
        story.click(&ben, &proposal, "approve").await;
        story
            .until("the file to be in force", async || {
                matches!(rules_of(story).await.in_force.how, How::Approved { .. }).then_some(())
            })
            .await;
        story.pull_forward(&waits).await;
        story.world.tick().await;
        let page = story.settled(&deploy).await;
        assert_eq!(paths(&receiver), ["/qa"]);
        assert!(page.runs.iter().all(|run| run.status == Status::Succeeded));
    });
}

#[test]
fn approval_of_rejected_file_is_not_asked_again() {
    tell("rejected-approval", async |story| {
        let ben = story.person("Ben");
        let receiver = Receiver::start(&[200]).await.unwrap();
        let first = asks(&receiver, "votes_required: 1");
        begin(story, &first).await;
        let second =
            first.replace("promote-to-production", "to-qa").replace("Promote deploy to production", "To QA");
        let second = second.replace("Staging", "QA").replace("/promote", "/qa").replace("rules:\n", "");
        let deploy = story.deploys(&story.pushes_rules("Ana", &format!("{first}{second}")), "QA").await;
        let proposal = story.dialog_of(PROPOSED).await;
        story.dialog_of("Only the proposed rules file asks this").await;
        story.click(&ben, &proposal, "reject").await;
        story
            .until("the file to be rejected", async || {
                rules_of(story).await.proposal.filter(|proposal| proposal.rejected)
            })
            .await;
        let next = story.deploys(&story.push("Ana", "Take cards"), "QA").await;
        let page = story.settled(&next).await;
        assert_eq!(page.approvals.len(), 0, "the rejected file asks nobody");
        let notices = page.events.iter().find_map(|event| match &event.kind {
            EventKind::RulesEvaluated { notices, .. } => Some(notices.join("\n")),
            _ => None,
        });
        assert!(notices.unwrap().contains("is not in force: its voters rejected it"));
        story.settled(&deploy).await;
    });
}

#[test]
fn a_proposal_with_a_mistake_changes_nothing_and_is_told() {
    tell("proposal-mistake", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        begin(story, &asks(&receiver, "votes_required: 1")).await;
        let before = rules_of(story).await;
        let deploy = story
            .deploys(&story.pushes_rules("Ana", "rules:\n  - ship:\n      actions: [webhok: x]\n"), "Staging")
            .await;
        let page = story.settled(&deploy).await;
        assert_eq!((page.approvals.len(), rules_of(story).await), (1, before));
        assert!(page.events.iter().any(|event| matches!(event.kind, EventKind::ProposalRefused { .. })));
        assert_snapshot!(story.problems().join("\n"), @"
        ⚠️ The rules file of acme/proposal-mistake on the default branch has mistakes and changes nothing. REVISION - proposal-mistake (Staging) went by the rules in force. Correct the file; the next deploy reads it again.
        .signoff/rules.yml:3:17: unknown action `webhok`; did you mean `webhook`?
        ");
    });
}

#[test]
fn a_file_that_goes_back_closes_its_dialog() {
    tell("rules-go-back", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let first = asks(&receiver, "votes_required: 2");
        begin(story, &first).await;
        let deploy = story.deploys(&story.pushes_rules("Ana", &acts(&receiver)), "Staging").await;
        story.dialog_of(PROPOSED).await;
        story.settled(&deploy).await;
        let next = story.deploys(&story.pushes_rules("Ana", &first), "Staging").await;
        story.settled(&next).await;
        let page = story.settled(&deploy).await;
        let superseded =
            page.approvals.iter().filter(|approval| approval.status.word() == "superseded").count();
        assert_eq!((superseded, rules_of(story).await.proposal), (2, None));
    });
}

#[test]
fn an_admin_who_made_none_of_it_accepts_what_nobody_can_vote_on() {
    tell("rules-accepted", async |story| {
        let admin = |name: &str| story.world.slack.add_user(NewUser::new(name, &story.email(name)).admin());
        let (ana, dora) = (admin("Ana"), admin("Dora"));
        let receiver = Receiver::start(&[200]).await.unwrap();
        let only_ana =
            format!("votes_required: 1, self_approval: false, approvers: ['{}']", story.email("Ana"));
        story.pushes_rules("Ben", &asks(&receiver, &only_ana));
        story.person("Ben");
        let deploy = story.deploys(&story.push("Ben", "Begin"), "Staging").await;
        story.settled(&deploy).await;
        let deploy = story.deploys(&story.pushes_rules("Ana", &acts(&receiver)), "Staging").await;
        let page = story.settled(&deploy).await;
        let rules = rules_of(story).await;
        let proposal = rules.proposal.unwrap();
        let asked = page.approvals.iter().find(|approval| approval.run == proposal.run).unwrap();
        let blocked = &asked.electorate.blocked;
        assert!(matches!(&blocked[..], [Blocker::NobodyLeft { needed: 1, .. }]), "{blocked:?}");
        let path = format!("/deployments/acme/{}", story.name);
        let form = [("file", proposal.file.id.as_str()), ("reason", "Nobody else is here")];
        let answer = story.sign_in(&ana).await.post(&format!("{path}/rules"), &form).await;
        assert_eq!(answer.status(), 409, "who made it does not accept it");
        let visitor = story.sign_in(&dora).await;
        assert!(visitor.page(&path).await.contains("Accept it without votes"));
        // The deployment has no channel any more: that of the proposal's own approval hears of it.
        assert_eq!(save(story, &story.name, "0", &story.repository(), "").await, 303);
        let answer = visitor.post(&format!("{path}/rules"), &form).await;
        assert_eq!(answer.status(), 303);
        let page = story.settled(&deploy).await;
        let asked = page.approvals.iter().find(|approval| approval.run == proposal.run).unwrap();
        assert_eq!(asked.status.word(), "superseded", "its dialog is closed");
        let how = rules_of(story).await.in_force.how;
        assert!(
            matches!(&how, How::Accepted { by, reason, .. } if *by == dora && reason == "Nobody else is here"),
            "{how:?}"
        );
        let sees = story.sees(&ana);
        assert!(sees.contains("Dora accepted it: Nobody else is here"), "{sees}");
        assert!(visitor.page(&path).await.contains("accepted it"));
    });
}

#[test]
fn admin_does_not_accept_for_voters_not_asked_yet() {
    tell("rules-not-accepted", async |story| {
        let dora = story.world.slack.add_user(NewUser::new("Dora", &story.email("Dora")).admin());
        let _people = ["Ana", "Ben", "Cleo"].map(|name| story.person(name));
        let receiver = Receiver::start(&[200]).await.unwrap();
        let only_ana =
            format!("votes_required: 1, self_approval: false, approvers: ['{}']", story.email("Ana"));
        let second = format!("votes_required: 1, approvers: ['{}']", story.email("Cleo"));
        let second = asks(&receiver, &second)
            .replace("promote-to-production", "to-qa")
            .replace("Promote deploy to production", "To QA");
        let both = format!("{}{}", asks(&receiver, &only_ana), second.replace("rules:\n", ""));
        story.pushes_rules("Ben", &both);
        let deploy = story.deploys(&story.push("Ben", "Begin"), "Staging").await;
        story.settled(&deploy).await;
        let deploy = story.deploys(&story.pushes_rules("Ana", &acts(&receiver)), "Staging").await;
        let page = story.settled(&deploy).await;
        let proposal = rules_of(story).await.proposal.unwrap();
        let asked = page.approvals.iter().find(|approval| approval.run == proposal.run).unwrap();
        assert!(!asked.electorate.blocked.is_empty());
        let path = format!("/deployments/acme/{}/rules", story.name);
        let form = [("file", proposal.file.id.as_str()), ("reason", "Nobody else is here")];
        let answer = story.sign_in(&dora).await.post(&path, &form).await;
        assert_eq!(answer.status(), 409);
        let told = answer.text().await.unwrap();
        assert!(told.contains("Rules file: To QA") && told.contains("was not asked yet"), "{told}");
        assert!(rules_of(story).await.proposal.is_some());
    });
}

#[test]
fn another_spelling_has_the_same_rules_in_force() {
    tell("identity-rules", async |story| {
        story.rules(&rule("votes_required: 2", "webhook: 'https://example.com'"));
        let first = story.deploys(&story.push("Ana", "One"), "Staging").await;
        story.settled(&first).await;
        story.rules("rules:\n  - evil:\n      actions:\n        - webhook: 'https://example.com'\n");
        let second = story.push("Ana", "Two");
        let other = "/api/1/deployments/Acme/Identity-Rules/register_deploy";
        // An environment without a deploy, which would tell how the deployment was called first.
        let body = json!({"sha": second, "environment": "X1"});
        assert_eq!(story.post_as_it_is(other, &body).await.status(), StatusCode::OK);
        let page = story.settled(&story.deploy_id(&second, "X1")).await;
        assert!(page.runs.iter().all(|run| run.rule != "evil"), "{:?}", page.runs);
    });
}
