//! Sessions: they end at once wherever somebody ends them, and nobody makes one of what is on record.

use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use signoff_local::fault::{Fault, FaultKind};
use signoff_local::slack::NewUser;
use signoff_store::Session;
use std::time::Duration;
use system_tests::story::{Story, tell};
use system_tests::visitor::{Visitor, location};

/// The session's cookie, where the console is not reached over TLS.
pub(crate) const SESSION: &str = "signoff";

/// The key of the row of this browser's session.
fn digest(visitor: &Visitor<'_>) -> String {
    hex::encode(Sha256::digest(visitor.cookie(SESSION).unwrap()))
}

/// Lets time pass for the session of this browser: the same one, that much older.
pub(crate) async fn let_pass(story: &Story, visitor: &Visitor<'_>, time: SignedDuration) {
    let store = &story.world.store;
    let session = store.session(&digest(visitor)).await.unwrap().unwrap();
    let before = session.confirmed_at;
    let session = Session {
        signed_in: session.signed_in - time,
        confirmed_at: before - time,
        expires_at: session.expires_at - time,
        ..session
    };
    assert!(store.renew_session(&session, before).await.unwrap());
}

/// Another browser with the same cookie: what somebody has who copied it.
fn copied<'s>(story: &'s Story, visitor: &Visitor<'_>) -> Visitor<'s> {
    let copy = story.visitor();
    copy.set_cookie(SESSION, &visitor.cookie(SESSION).unwrap());
    copy
}

/// Nobody is signed in with this browser: not for a page, nor for JSON, nor for a form with `token`.
async fn is_out(visitor: &Visitor<'_>, token: &str) {
    let page = visitor.get("/deploys").await;
    assert_eq!((page.status().as_u16(), location(&page).as_str()), (303, "/sign-in?next=%2Fdeploys"));
    assert_eq!(visitor.get("/api/v1/deploys").await.status(), 401);
    let form = visitor.post_with("/sessions/end", &[], Some(token)).await;
    assert_eq!(form.status(), 403);
    assert!(form.text().await.unwrap().contains("Your session ended. Nothing was changed."));
}

#[test]
fn session_ended_elsewhere_is_refused_at_once() {
    tell("session-ends", async |story| {
        let ana = story.person("Ana");
        let (first, second) = (story.sign_in(&ana).await, story.sign_in(&ana).await);
        let (copy, token) = (copied(story, &first), first.token().await);
        assert_eq!(copy.get("/deploys").await.status(), 200);
        assert_eq!(first.post("/sign-out", &[]).await.status(), 303);
        is_out(&copy, &token).await;
        assert_eq!(second.get("/deploys").await.status(), 200, "the other browser's session goes on");

        let own = second.page("/sessions").await;
        assert_eq!(own.matches("This browser").count(), 1, "{own}");
        let again = second.picks(&ana).await;
        assert_eq!(second.come_back(&again).await.status(), 303);
        assert_eq!(
            story.world.store.sessions_of_person(&ana).await.unwrap().len(),
            1,
            "one for each browser"
        );
    });
}

#[test]
fn everybody_signs_themselves_out_everywhere() {
    tell("session-everywhere", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (first, second, other) =
            (story.sign_in(&ana).await, story.sign_in(&ana).await, story.sign_in(&ben).await);
        let (copy, token) = (copied(story, &first), first.token().await);
        let own = first.page("/sessions").await;
        assert_eq!(own.matches("<tr role=\"row\">").count(), 3, "two of hers below the titles: {own}");
        let second_token = second.token().await;
        let answer = first.post("/sessions/end", &[]).await;
        assert_eq!((answer.status().as_u16(), location(&answer).as_str()), (303, "/sign-in"));
        assert_eq!(first.cookie(SESSION), None);
        is_out(&copy, &token).await;
        is_out(&second, &second_token).await;
        assert_eq!(other.get("/deploys").await.status(), 200, "nobody else is signed out");
        assert_eq!(story.world.store.sessions_of_person(&ana).await.unwrap(), []);
    });
}

#[test]
fn admin_signs_somebody_out_everywhere() {
    tell("session-admin", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let admin = story.world.slack.add_user(NewUser::new("Olga", &story.email("Olga")).admin());
        let (first, second) = (story.sign_in(&ana).await, story.sign_in(&ana).await);
        let (member, admin) = (story.sign_in(&ben).await, story.sign_in(&admin).await);
        let (first_token, second_token) = (first.token().await, second.token().await);
        let end = format!("/settings/sessions/{ana}/end");
        let list = admin.page("/settings/sessions").await;
        assert!(list.contains(&format!("action=\"{end}\"")) || list.contains("?page=2"), "{list}");
        assert_eq!(member.post(&end, &[]).await.status(), 403);
        assert_eq!(member.get("/settings/sessions").await.status(), 403);
        assert_eq!(first.get("/deploys").await.status(), 200);
        assert_eq!(admin.post(&end, &[]).await.status(), 303);
        is_out(&first, &first_token).await;
        is_out(&second, &second_token).await;
        assert_eq!(member.get("/deploys").await.status(), 200);
        assert_eq!(story.sign_in(&ana).await.get("/deploys").await.status(), 200, "a member may come back");
    });
}

#[test]
fn row_of_a_session_signs_nobody_in() {
    tell("session-row", async |story| {
        let visitor = story.sign_in(&story.person("Ana")).await;
        let (cookie, token) = (visitor.cookie(SESSION).unwrap(), visitor.token().await);
        let row = story.world.store.session(&digest(&visitor)).await.unwrap().unwrap();
        let text = serde_json::to_string(&row).unwrap();
        assert!(!text.contains(&cookie) && !text.contains(&token), "{text}");
        let form_token = |key: &str| {
            let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
            hex::encode(mac.chain_update("form").finalize().into_bytes())
        };
        assert_eq!(form_token(&cookie), token, "the token follows from the cookie's text");
        let reader = story.visitor();
        for value in [row.digest.as_str(), &row.user, &text, &token] {
            reader.set_cookie(SESSION, value);
            assert_eq!(reader.get("/deploys").await.status(), 303, "{value}");
        }
        let answer = visitor.post_with("/sessions/end", &[], Some(&form_token(&row.digest))).await;
        assert_eq!(answer.status(), 403, "nor does the row make a form");
        assert_eq!(visitor.get("/deploys").await.status(), 200);
    });
}

#[test]
fn renewal_brings_no_ended_session_back() {
    tell("session-renewed", async |story| {
        let ana = story.person("Ana");
        let visitor = story.sign_in(&ana).await;
        let (slow, token) = (copied(story, &visitor), visitor.token().await);
        let_pass(story, &visitor, SignedDuration::from_hours(2)).await;
        let slack = &story.world.slack;
        let asks =
            || slack.requests().iter().filter(|request| request.query == format!("user={ana}")).count();
        let before = asks();
        let late = FaultKind::Delay(Duration::from_secs(1));
        slack.faults().push(Fault::once(&format!("users.info?user={ana}"), late));
        let (answer, ()) = tokio::join!(slow.get("/deploys"), async {
            story.until("Slack to be asked", async || (asks() > before).then_some(())).await;
            let out = visitor.post_with("/sign-out", &[], Some(&token)).await;
            assert_eq!(out.status(), 303);
        });
        assert_eq!(answer.status(), 303, "the session ended while Slack was asked");
        is_out(&slow, &token).await;
        assert_eq!(story.world.store.sessions_of_person(&ana).await.unwrap(), []);
    });
}

#[test]
fn two_tabs_renew_one_session() {
    tell("session-tabs", async |story| {
        let ana = story.person("Ana");
        let visitor = story.sign_in(&ana).await;
        let token = visitor.token().await;
        let_pass(story, &visitor, SignedDuration::from_hours(2)).await;
        let (one, two) = (copied(story, &visitor), copied(story, &visitor));
        let (first, second) = tokio::join!(one.get("/deploys"), two.get("/record"));
        assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
        assert_eq!(one.cookie(SESSION), two.cookie(SESSION));
        assert_eq!(two.token().await, token, "open forms stay good");
        assert_eq!(story.world.store.sessions_of_person(&ana).await.unwrap().len(), 1);
    });
}

#[test]
fn one_who_leaves_is_out_in_every_browser() {
    tell("session-leaves", async |story| {
        let ana = story.person("Ana");
        let (first, second) = (story.sign_in(&ana).await, story.sign_in(&ana).await);
        let token = second.token().await;
        let_pass(story, &first, SignedDuration::from_hours(2)).await;
        story.world.slack.deactivate(&ana);
        assert_eq!(second.get("/deploys").await.status(), 200, "Slack was asked a moment ago");
        assert_eq!(first.get("/deploys").await.status(), 303);
        is_out(&second, &token).await;
    });
}
