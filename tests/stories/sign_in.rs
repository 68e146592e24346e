//! Signing in to the console with Slack, and what a session is good for.

use crate::sessions::{SESSION, let_pass};
use jiff::SignedDuration;
use reqwest::Response;
use reqwest::header::ORIGIN;
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::slack::NewUser;
use system_tests::story::tell;
use system_tests::visitor::location;

/// The cookie of a sign-in that is under way.
const TICKET: &str = "signoff-sign-in";

/// The status, and what the page says about it.
async fn told(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let page = answer.text().await.unwrap();
    let problem = page.split_once("role=\"alert\">").and_then(|(_, rest)| Some(rest.split_once('<')?.0));
    (status, problem.unwrap_or_default().to_owned())
}

#[test]
fn people_sign_in_with_slack_and_strangers_do_not() {
    tell("sign-in", async |story| {
        let slack = &story.world.slack;
        let (ana, ben) = (story.person("Ana <Novak>"), story.person("Ben"));
        let (first, second) = (story.sign_in(&ana).await, story.sign_in(&ben).await);
        let page = first.page("/deploys").await;
        assert!(page.contains("Ana &lt;Novak&gt;") && !page.contains("Ana <Novak>"), "{page}");
        assert!(second.page("/deploys").await.contains("Ben"));
        assert!(second.cookie(TICKET).is_none(), "the sign-in is over");
        assert_eq!(second.get("/api/v1/deploys").await.status(), 200);

        let wanted = story.visitor();
        let address = wanted.goes_to_slack("/deploys?before=2026-11-23T10:00:00Z%23d1").await;
        let answer = wanted.come_back(&wanted.picks_at(address, Some(&ana)).await).await;
        assert_eq!(location(&answer), "/deploys?before=2026-11-23T10%3A00%3A00Z%23d1");
        let elsewhere = story.visitor();
        let address = elsewhere.goes_to_slack("//evil.example").await;
        let answer = elsewhere.come_back(&elsewhere.picks_at(address, Some(&ana)).await).await;
        assert_eq!(location(&answer), "/");

        let members_only = "Only members of this Slack workspace can sign in";
        let guest = slack.add_user(NewUser::new("Gus", &story.email("Gus")).guest());
        let stranger = slack.add_user(NewUser::new("Zed", &story.email("Zed")).of_team("T0OTHER0001"));
        let leaver = story.person("Eve");
        for (person, leaves, status, problem) in [
            (&guest, false, 403, members_only),
            (&stranger, false, 403, members_only),
            (&leaver, true, 400, "This sign-in took longer than ten minutes or was already used."),
        ] {
            let visitor = story.visitor();
            let mut address = visitor.goes_to_slack("/").await;
            // Who is of another workspace picks that one.
            let others: Vec<(String, String)> =
                address.query_pairs().into_owned().filter(|(name, _)| name != "team").collect();
            address.query_pairs_mut().clear().extend_pairs(others);
            let back = visitor.picks_at(address, Some(person)).await;
            if leaves {
                slack.deactivate(person);
            }
            let (got, told) = told(visitor.come_back(&back).await).await;
            assert_eq!(got, status, "{told}");
            assert!(told.starts_with(problem), "{told}");
            assert_eq!((visitor.cookie(SESSION), visitor.cookie(TICKET)), (None, None));
            assert_eq!(visitor.get("/deploys").await.status(), 303);
        }

        let cancels = story.visitor();
        let address = cancels.goes_to_slack("/").await;
        let (status, told) = told(cancels.come_back(&cancels.picks_at(address, None).await).await).await;
        assert_eq!(
            (status, told.as_str()),
            (403, "You didn\u{2019}t allow Slack to share who you are. Sign in again and allow it.")
        );
    });
}

#[test]
fn a_sign_in_is_done_once_and_in_the_browser_that_began_it() {
    tell("sign-in-once", async |story| {
        let ana = story.person("Ana");
        let again = "This sign-in took longer than ten minutes or was already used. Sign in again.";
        let elsewhere =
            "This sign-in didn\u{2019}t start on this page in this browser. Sign in again from here.";

        let visitor = story.visitor();
        let back = visitor.picks(&ana).await;
        let ticket = visitor.cookie(TICKET).unwrap();
        assert_eq!(visitor.come_back(&back).await.status(), 303);
        let replayed = story.visitor();
        assert_eq!(told(replayed.come_back(&back).await).await, (400, again.to_owned()), "without a sign-in");
        replayed.set_cookie(TICKET, &ticket);
        assert_eq!(told(replayed.come_back(&back).await).await, (400, again.to_owned()), "with a used code");
        assert_eq!(replayed.cookie(SESSION), None);

        // Somebody is led to the console with another person's code: they have a sign-in of their own under
        // way, or none.
        let (attacker, victim) = (story.visitor(), story.visitor());
        let forged = attacker.picks(&ana).await;
        victim.goes_to_slack("/").await;
        assert_eq!(told(victim.come_back(&forged).await).await, (403, elsewhere.to_owned()));
        let state = attacker.picks(&ana).await;
        let state = state.split_once("state=").unwrap().1;
        for path in [
            "/sign-in/slack/callback".to_owned(),
            "/sign-in/slack/callback?code=made-up".to_owned(),
            format!(
                "/sign-in/slack/callback?code=made-up&state={}",
                state.replace(|digit| digit != '0', "0")
            ),
        ] {
            victim.goes_to_slack("/").await;
            assert_eq!(told(victim.come_back(&path).await).await, (403, elsewhere.to_owned()), "{path}");
        }
        assert_eq!(victim.cookie(SESSION), None);

        // The code of another sign-in, put behind this one's state: its token has the other nonce.
        let other = attacker.picks(&ana).await;
        let code = other.split_once("code=").unwrap().1.split_once('&').unwrap().0.to_owned();
        let own = victim.picks(&ana).await;
        let state = own.split_once("&state=").unwrap().1;
        let injected = victim.come_back(&format!("/sign-in/slack/callback?code={code}&state={state}")).await;
        let (status, problem) = told(injected).await;
        assert_eq!(status, 403);
        assert!(problem.starts_with("Slack\u{2019}s answer doesn\u{2019}t match this sign-in."), "{problem}");

        let slow = story.visitor();
        let back = slow.picks(&ana).await;
        story.world.slack.age_codes(&ana, SignedDuration::from_secs(601));
        assert_eq!(told(slow.come_back(&back).await).await, (400, again.to_owned()), "with an old code");
    });
}

#[test]
fn a_sign_in_that_slack_does_not_answer_can_be_done_again() {
    tell("sign-in-lost", async |story| {
        let ana = story.person("Ana");
        let visitor = story.visitor();
        let back = visitor.picks(&ana).await;
        let code = back.split_once("code=").unwrap().1.split_once('&').unwrap().0;
        let fault = Fault::once("POST /api/openid.connect.token", FaultKind::DropAfterHandling);
        story.world.slack.faults().push(fault.with_body(code));
        let (status, problem) = told(visitor.come_back(&back).await).await;
        assert_eq!(
            (status, problem.as_str()),
            (503, "Slack isn\u{2019}t answering right now. Sign in again in a moment.")
        );
        assert_eq!(visitor.come_back(&visitor.picks(&ana).await).await.status(), 303);
        assert_eq!(visitor.get("/deploys").await.status(), 200);
    });
}

#[test]
fn a_session_is_renewed_and_ends_with_the_membership() {
    tell("sign-in-renewed", async |story| {
        let slack = &story.world.slack;
        let ana = story.person("Ana");
        let asked =
            || slack.requests().iter().filter(|request| request.query == format!("user={ana}")).count();
        let visitor = story.sign_in(&ana).await;
        let (token, before) = (visitor.token().await, asked());

        let_pass(story, &visitor, SignedDuration::from_mins(59)).await;
        let young = visitor.cookie(SESSION);
        visitor.page("/deploys").await;
        assert_eq!(
            (visitor.cookie(SESSION), asked()),
            (young.clone(), before),
            "nothing is asked for an hour"
        );

        slack.add_user(NewUser::new("Ana Novak", &story.email("Ana")));
        let_pass(story, &visitor, SignedDuration::from_mins(2)).await;
        let answer = visitor.get("/deploys").await;
        let renewed = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(renewed.contains("; Max-Age=43200; "), "the browser keeps it on: {renewed}");
        assert!(answer.text().await.unwrap().contains("Ana Novak"), "as Slack knows her now");
        assert_eq!(asked(), before + 1);
        assert_eq!(visitor.cookie(SESSION), young, "the session is the same");
        assert_eq!(visitor.token().await, token, "open forms stay good");
        assert_eq!(asked(), before + 1);

        let_pass(story, &visitor, SignedDuration::from_hours(2)).await;
        slack.faults().push(Fault::once(&format!("users.info?user={ana}"), FaultKind::status(503, "")));
        visitor.page("/deploys").await;
        visitor.page("/deploys").await;
        assert_eq!(asked(), before + 3, "where Slack does not say, it is asked the next time");

        slack.deactivate(&ana);
        visitor.page("/deploys").await;
        let_pass(story, &visitor, SignedDuration::from_mins(61)).await;
        let answer = visitor.get("/deploys").await;
        assert_eq!((answer.status().as_u16(), location(&answer).as_str()), (303, "/sign-in?next=%2Fdeploys"));
        assert_eq!(visitor.cookie(SESSION), None);
    });
}

#[test]
fn admin_pages_wait_until_slack_confirms_the_admin() {
    tell("sign-in-admin", async |story| {
        let slack = &story.world.slack;
        let ana = slack.add_user(NewUser::new("Ana", &story.email("Ana")).admin());
        let visitor = story.sign_in(&ana).await;
        visitor.page("/settings/keys").await;
        let_pass(story, &visitor, SignedDuration::from_hours(2)).await;
        let silent = || {
            slack.faults().push(Fault::once(&format!("users.info?user={ana}"), FaultKind::status(503, "")));
        };
        silent();
        let answer = visitor.get("/settings/keys").await;
        assert_eq!(answer.status(), 503);
        let page = answer.text().await.unwrap();
        assert!(
            page.contains(
                "Signoff couldn\u{2019}t check with Slack that you are still an admin. Nothing was changed."
            ),
            "{page}"
        );
        silent();
        visitor.page("/deploys").await;
        let (secret, setup) =
            (story.set_webhook(&story.repository(), "acme", 0), "/deployments/acme/sign-in-admin/setup");
        silent();
        assert!(!visitor.page(setup).await.contains(&secret), "nor is an admin's secret shown meanwhile");
        visitor.page("/settings/keys").await;
        assert!(visitor.page(setup).await.contains(&secret));

        slack.deactivate(&ana);
        let_pass(story, &visitor, SignedDuration::from_hours(2)).await;
        let answer = visitor.get("/api/v1/deploys").await;
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(visitor.cookie(SESSION), None, "the session is over");
    });
}

#[test]
fn a_session_that_is_not_used_or_too_old_is_over() {
    tell("sign-in-over", async |story| {
        let ana = story.person("Ana");
        let visitor = story.sign_in(&ana).await;
        let_pass(story, &visitor, SignedDuration::from_hours(12)).await;
        assert_eq!(visitor.get("/deploys").await.status(), 303);

        let used = story.sign_in(&ana).await;
        for _ in 0..15 {
            let_pass(story, &used, SignedDuration::from_hours(11)).await;
            used.page("/deploys").await;
        }
        let_pass(story, &used, SignedDuration::from_hours(3)).await;
        assert_eq!(used.get("/deploys").await.status(), 303, "after seven days");
    });
}

#[test]
fn a_form_needs_the_token_of_its_session() {
    tell("sign-in-forms", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (visitor, other) = (story.sign_in(&ana).await, story.sign_in(&ben).await);
        let others = other.token().await;
        for token in [None, Some(""), Some(others.as_str()), Some("0")] {
            let answer = visitor.post_with("/sign-out", &[], token).await;
            assert_eq!(answer.status(), 403, "{token:?}");
            assert_eq!(visitor.get("/deploys").await.status(), 200, "{token:?}");
        }
        let token = visitor.token().await;
        let url = format!("{}/sign-out", story.world.front.url());
        let cookie = format!("{SESSION}={}", visitor.cookie(SESSION).unwrap());
        let request = story.world.http.post(url).header("cookie", cookie).form(&[("token", &token)]);
        let answer = request.header(ORIGIN, "https://evil.example").send().await.unwrap();
        assert_eq!(answer.status(), 403, "from another site's page");
        let answer = visitor.post("/sign-out", &[]).await;
        assert_eq!((answer.status().as_u16(), location(&answer).as_str()), (303, "/sign-in"));
        assert_eq!(visitor.cookie(SESSION), None);
        assert_eq!(visitor.get("/deploys").await.status(), 303);
    });
}
