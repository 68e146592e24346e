//! Strangers at the dialog of a policy, and at the glass that it names people for.

use crate::strangers::Attempt;
use insta::assert_snapshot;
use jiff::SignedDuration;
use signoff_local::slack::{InteractionRequest, NewUser};
use std::fmt::Write;
use system_tests::story::{rule, tell_with_policy};
use system_tests::world::{POLICY_REPOSITORY, PROBLEMS_CHANNEL};

#[test]
fn strangers_change_no_policy_and_break_no_glass_of_one() {
    tell_with_policy("strangers-policy", async |story| {
        let [owen, olga, ben] = ["Owen", "Olga", "Ben"].map(|name| story.person(name));
        let set_policy = |votes: u32| {
            let (owners, floor) = (format!("[{owen}, {olga}]"), format!("votes_required: {votes}"));
            let text = format!("owners: {owners}\ndefault: {{{floor}, break_glass: {owen}}}\n");
            story.world.github.set_file(POLICY_REPOSITORY, ".signoff/policy.yml", &text);
        };
        set_policy(2);
        story.rules(&rule("votes_required: 2", "webhook: 'https://example.com'"));
        story.settled(&story.deploys(&story.push("Ana", "One"), "Staging").await).await;
        set_policy(1);
        let deploy = story.deploys(&story.push("Ana", "Two"), "Staging").await;
        let before = story.settled(&deploy).await;
        let in_force = story.world.store.policy().await.unwrap().unwrap().in_force;
        let (policies, others): (Vec<_>, Vec<_>) =
            before.approvals.iter().partition(|approval| approval.name.contains("olicy"));
        let (policy, asked) = (policies[0], others[0].dialog.clone().unwrap().ts);
        let dialog = policy.dialog.clone().unwrap().ts;
        let slack = &story.world.slack;
        let now = signoff_runtime::time::now();
        let click = |person: &str, at| {
            slack.interaction_request(person, PROBLEMS_CHANNEL, &dialog, "approve", at).unwrap()
        };
        let glass = story.option(&asked, "break_glass").expect("the menu has it");
        let breaks =
            |person: &str| slack.option_request(person, &story.name, &asked, "more", &glass, now).unwrap();
        let (owns, owners_glass, bens) = (click(&owen, now), breaks(&owen), click(&ben, now));
        let guest = slack.add_user(NewUser::new("Gus", &story.email("Gus")).guest());
        let elsewhere = slack.add_user(NewUser::new("Zed", &story.email("Zed")).of_team("T0OTHER0001"));
        let clicks = "POST /slack/interactions";
        let votes = "POST /deploys/{id}/approvals/{approval}";
        let form = ("content-type", "application/x-www-form-urlencoded");
        let page = format!("/deploys/{deploy}/approvals/{}", policy.id);
        let attempts = [
            Attempt::new(clicks, "unsigned", "/slack/interactions").body(owns.body.clone()),
            Attempt::new(clicks, "in an owner's name", "/slack/interactions")
                .signed(InteractionRequest { body: bens.body.replace(&ben, &owen), ..bens.clone() }),
            Attempt::new(clicks, "six minutes old", "/slack/interactions")
                .signed(click(&owen, now - SignedDuration::from_mins(6))),
            Attempt::new(clicks, "no owner", "/slack/interactions").signed(bens),
            Attempt::new(clicks, "a guest", "/slack/interactions").signed(click(&guest, now)),
            Attempt::new(clicks, "of another workspace", "/slack/interactions")
                .signed(click(&elsewhere, now)),
            Attempt::new(votes, "no session", page.as_str()).header(form.0, form.1).body("what=approve"),
            Attempt::new(clicks, "breaks the glass unsigned", "/slack/interactions").body(owners_glass.body),
            Attempt::new(clicks, "breaks the glass unnamed", "/slack/interactions").signed(breaks(&ben)),
        ];
        let mut table = String::new();
        for attempt in &attempts {
            let status = attempt.status(story).await;
            let _ = writeln!(table, "{} | {} | {}", attempt.route, attempt.case, status.as_u16());
        }
        assert_snapshot!(table, @"
        POST /slack/interactions | unsigned | 401
        POST /slack/interactions | in an owner's name | 401
        POST /slack/interactions | six minutes old | 401
        POST /slack/interactions | no owner | 200
        POST /slack/interactions | a guest | 200
        POST /slack/interactions | of another workspace | 200
        POST /deploys/{id}/approvals/{approval} | no session | 403
        POST /slack/interactions | breaks the glass unsigned | 401
        POST /slack/interactions | breaks the glass unnamed | 200
        ");
        let after = story.settled(&deploy).await;
        assert!(after.approvals.iter().all(|approval| approval.votes.is_empty()), "{:?}", after.approvals);
        assert!(after.approvals.iter().all(|approval| approval.glass.broken.is_none()));
        assert_eq!(story.world.store.policy().await.unwrap().unwrap().in_force, in_force);
    });
}
