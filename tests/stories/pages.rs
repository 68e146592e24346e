//! People vote on a deploy's page, by the same rules as in Slack.

use insta::assert_snapshot;
use jiff::Timestamp;
use reqwest::Response;
use signoff_core::approval::{Approval, Choice, Closed, Status};
use signoff_core::id::DeployId;
use signoff_core::run::StepState;
use signoff_local::fault::{Fault, FaultKind};
use signoff_store::Page;
use system_tests::receiver::Receiver;
use system_tests::story::{Story, tell};
use system_tests::visitor::{Visitor, location};

/// A receiver, and the action that posts to it.
pub(crate) async fn hook() -> (Receiver, String) {
    let receiver = Receiver::start(&[200]).await.unwrap();
    let action = format!("webhook: '{}/hook'", receiver.url());
    (receiver, action)
}

/// The same, of which the next answer is lost.
pub(crate) async fn lost_hook() -> (Receiver, String) {
    let (receiver, action) = hook().await;
    receiver.faults().push(Fault::once("POST /hook", FaultKind::DropAfterHandling));
    (receiver, action)
}

/// The time at which the step with this number, of the only run, failed.
pub(crate) fn failed_at(page: &Page, step: usize) -> Timestamp {
    page.runs[0].steps[step].failure().unwrap().0
}

pub(crate) async fn approval(story: &Story, deploy: &DeployId) -> Approval {
    story.page(deploy).await.approvals.remove(0)
}

/// Returns the address that the form of the only approval of `deploy` is sent to, and the mark of the
/// approval's subject.
pub(crate) async fn form(story: &Story, deploy: &DeployId) -> (String, String) {
    let approval = approval(story, deploy).await;
    (format!("/deploys/{deploy}/approvals/{}", approval.id), approval.subject.mark())
}

/// `visitor` sends the form of the only approval of `deploy`.
pub(crate) async fn sends(
    story: &Story,
    visitor: &Visitor<'_>,
    deploy: &DeployId,
    what: &str,
    reason: &str,
) -> Response {
    let (path, subject) = form(story, deploy).await;
    visitor.post(&path, &[("what", what), ("subject", &subject), ("reason", reason)]).await
}

/// Returns the status of the page that answers a form, and its message.
pub(crate) async fn told(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let page = answer.text().await.unwrap();
    // Where nothing is told, the test shows the whole page.
    let told = page.split_once("role=\"alert\">").and_then(|(_, rest)| Some(rest.split_once("</p>")?.0));
    (status, told.unwrap_or(&page).replace("&amp;", "&"))
}

#[test]
fn vote_on_the_page_shows_in_the_dialog() {
    tell("page-vote", async |story| {
        let (receiver, action) = hook().await;
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("votes_required: 2", &action).await;
        let visitor = story.sign_in(&ana).await;
        let page = visitor.page(&format!("/deploys/{deploy}")).await;
        let (path, subject) = form(story, &deploy).await;
        for part in [&format!("action=\"{path}\""), &format!("name=\"subject\" value=\"{subject}\"")] {
            assert!(page.contains(part), "{part} is not in {page}");
        }

        let answer = sends(story, &visitor, &deploy, "approve", "tests are <b>green</b>").await;
        assert_eq!(answer.status(), 303);
        let address = location(&answer);
        let page = visitor.page(address.split('#').next().unwrap_or_default()).await;
        for part in ["You approved this.", "Ana voted to", "tests are &lt;b&gt;green&lt;/b&gt;"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        story.settled(&deploy).await;
        assert_snapshot!(story.sees(&ana), @"
        @Ana, would you like to promote REVISION - page-vote (Staging) to production?
        Once approved:
        • Posts to the webhook: https://RECEIVER
        Votes:
        @Ana 👍 tests are <b>green</b>
        Nothing was approved for this place before, so this covers the deploy's own commits.
        1 of 2 approvals, 1 more needed.
        [Approve] [Reject] [… Withdraw my vote | Cancel this approval]
        ");

        // The same once more changes nothing.
        assert_eq!(sends(story, &visitor, &deploy, "approve", "tests are <b>green</b>").await.status(), 303);
        assert_eq!(approval(story, &deploy).await.votes.len(), 1);

        story.click(&ben, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].status.is_approved());
        assert_eq!(receiver.deliveries().len(), 1);
        assert_eq!(
            told(sends(story, &visitor, &deploy, "reject", "too late").await).await.0,
            409,
            "it is over"
        );
    });
}

#[test]
fn one_person_has_one_vote_wherever_they_vote() {
    tell("page-one-vote", async |story| {
        let (_receiver, action) = hook().await;
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("{votes_required: 3, rejections_required: 2}", &action).await;
        let visitor = story.sign_in(&ana).await;
        story.click(&ana, &dialog, "approve").await;
        assert_eq!(sends(story, &visitor, &deploy, "reject", "").await.status(), 303);
        let votes = approval(story, &deploy).await.votes;
        assert_eq!(votes.iter().map(|vote| vote.choice).collect::<Vec<_>>(), [Choice::Reject]);
        story.click(&ana, &dialog, "approve").await;
        let votes = approval(story, &deploy).await.votes;
        assert_eq!(votes.iter().map(|vote| vote.choice).collect::<Vec<_>>(), [Choice::Approve]);
        assert_eq!(sends(story, &visitor, &deploy, "withdraw", "").await.status(), 303);
        assert_eq!(approval(story, &deploy).await.votes, []);
        let (status, text) = told(sends(story, &visitor, &deploy, "withdraw", "").await).await;
        assert_eq!((status, text.as_str()), (303, ""), "a double click is no error");
        story.settled(&deploy).await;
    });
}

#[test]
fn a_reason_is_asked_for_on_the_page_too() {
    tell("page-reasons", async |story| {
        let (_receiver, action) = hook().await;
        let ana = story.person("Ana");
        let (deploy, _) = story.asks("{votes_required: 2, require_reason: approve}", &action).await;
        let visitor = story.sign_in(&ana).await;
        let long = "x".repeat(501);
        let mut seen = String::new();
        for (what, reason) in [("approve", " \r\n "), ("approve", &long), ("cancel", "")] {
            let (status, text) = told(sends(story, &visitor, &deploy, what, reason).await).await;
            seen.push_str(&format!("{what} {status} {text}\n"));
        }
        assert_snapshot!(seen, @"
        approve 422 This needs a reason. Nothing was saved yet: add a reason and send it again.
        approve 422 A reason has at most 500 characters; this one has 501. Shorten it.
        cancel 422 This needs a reason. Nothing was saved yet: add a reason and send it again.
        ");
        let page = story.page(&deploy).await;
        assert_eq!(page.approvals[0].votes, []);
        assert_eq!(sends(story, &visitor, &deploy, "approve", "looked at it").await.status(), 303);
        let vote = approval(story, &deploy).await.votes.remove(0);
        assert_eq!((vote.choice, vote.reason.as_deref()), (Choice::Approve, Some("looked at it")));
        assert_eq!(sends(story, &visitor, &deploy, "cancel", "wrong branch").await.status(), 303);
        let page = story.settled(&deploy).await;
        assert!(
            matches!(&page.approvals[0].status, Status::Closed(Closed::Cancelled { by, .. }) if *by == Some(ana))
        );
    });
}

#[test]
fn page_refuses_whom_slack_refuses_with_the_same_words() {
    tell("page-refused", async |story| {
        let (_receiver, action) = hook().await;
        let [ana, ben, cleo, dan] = ["Ana", "Ben", "Cleo", "Dan"].map(|name| story.person(name));
        let approvers = format!("{{approvers: [{ana}, {ben}, {dan}], self_approval: false}}");
        let base = story.push("Ana", "Begin");
        let (deploy, dialog) = story.asks(&approvers, &action).await;
        story.sets_base(&deploy, &base).await;
        let author = story.sign_in(&ana).await;
        let (other, guest, gone) =
            (story.sign_in(&cleo).await, story.sign_in(&ben).await, story.sign_in(&dan).await);
        story.world.slack.make_guest(&ben);
        for (who, person, visitor, why) in [
            ("the author", &ana, &author, "you made some of this change."),
            ("not named", &cleo, &other, "only the approvers of this rule can vote: "),
            ("by now a guest", &ben, &guest, "guests of the workspace cannot vote."),
        ] {
            story.click(person, &dialog, "approve").await;
            let (status, text) = told(sends(story, visitor, &deploy, "approve", "").await).await;
            assert_eq!(status, 403, "{who}");
            assert!(text.starts_with(&format!("Your click was not counted: {why}")), "{who}: {text}");
            let on_record = refusals(story, &deploy, person).await;
            assert_eq!(on_record.len(), 2, "{who}: each refusal is on record");
            assert_eq!(on_record[0], on_record[1], "{who}: in the same words");
        }
        story.world.slack.deactivate(&dan);
        let (status, text) = told(sends(story, &gone, &deploy, "approve", "").await).await;
        assert_eq!(
            (status, text.as_str()),
            (403, "Your click was not counted: your account is deactivated.")
        );
        assert_eq!(approval(story, &deploy).await.votes, []);
        let page = author.page(&format!("/deploys/{deploy}")).await;
        assert!(page.contains("You can\u{2019}t vote: you made some of this change"), "{page}");
        story.settled(&deploy).await;
    });
}

/// The reasons on record for which somebody's votes were refused.
pub(crate) async fn refusals(story: &Story, deploy: &DeployId, person: &str) -> Vec<String> {
    let events = story.page(deploy).await.events.into_iter();
    let reasons = events.filter_map(|event| match event.kind {
        signoff_core::event::EventKind::VoteRefused { voter, reason, .. } if voter == person => Some(reason),
        _ => None,
    });
    reasons.collect()
}

/// The session of a browser, as it sends it.
fn session(visitor: &Visitor<'_>) -> String {
    format!("signoff={}", visitor.cookie("signoff").unwrap_or_default())
}

#[test]
fn a_form_that_no_page_of_the_session_sent_counts_for_nothing() {
    tell("page-forged", async |story| {
        let (_receiver, action) = hook().await;
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, _) = story.asks("votes_required: 1", &action).await;
        let (visitor, other) = (story.sign_in(&ana).await, story.sign_in(&ben).await);
        let (path, subject) = form(story, &deploy).await;
        let fields = [("what", "approve"), ("subject", subject.as_str())];
        let before = story.page(&deploy).await;
        let others = other.token().await;
        for token in [None, Some("0123abcd"), Some(others.as_str())] {
            assert_eq!(visitor.post_with(&path, &fields, token).await.status(), 403, "{token:?}");
        }
        let token = visitor.token().await;
        let foreign = [("what", "approve"), ("subject", subject.as_str()), ("token", token.as_str())];
        let request = story.world.http.post(format!("{}{path}", story.world.front.url())).form(&foreign);
        let request = request.header("cookie", session(&visitor)).header("origin", "https://evil.example");
        assert_eq!(request.send().await.unwrap().status(), 403, "another site's form");
        let answer = story.post(&path, &serde_json::json!({})).await;
        assert_eq!(answer.status(), 403, "an API key votes for nobody");
        let other_subject = [("what", "approve"), ("subject", "0123456789")];
        let (status, text) = told(visitor.post(&path, &other_subject).await).await;
        assert_snapshot!(
            format!("{status} {text}"),
            @"409 Your click was not counted: this button belongs to an older version of the change. Use the buttons of the current dialog."
        );
        assert_eq!(visitor.post(&path, &[("what", "delete"), ("subject", &subject)]).await.status(), 400);
        let after = story.page(&deploy).await;
        assert_eq!((&after.approvals, after.runs), (&before.approvals, before.runs));
        assert_eq!(
            after.events.len(),
            before.events.len() + 1,
            "only who was signed in was refused on record"
        );
    });
}

#[test]
fn votes_that_race_from_both_sides_all_count() {
    tell("page-race", async |story| {
        let (receiver, action) = hook().await;
        let people: [String; 6] = std::array::from_fn(|number| story.person(&format!("P{number}")));
        let (deploy, dialog) = story.asks("votes_required: 6", &action).await;
        let (path, subject) = form(story, &deploy).await;
        let (path, subject) = (path.as_str(), subject.as_str());
        let on_page = async |person: &str| {
            let visitor = story.sign_in(person).await;
            let answer = visitor.post(path, &[("what", "approve"), ("subject", subject)]).await;
            assert_eq!(answer.status(), 303);
        };
        let in_slack = async |person: &str| story.click(person, &dialog, "approve").await;
        tokio::join!(
            on_page(&people[0]),
            in_slack(&people[1]),
            on_page(&people[2]),
            in_slack(&people[3]),
            on_page(&people[4]),
            in_slack(&people[5]),
        );
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].status.is_approved());
        assert_eq!(page.approvals[0].votes.len(), 6);
        assert_eq!(receiver.deliveries().len(), 1);
    });
}

#[test]
fn a_quorum_is_undone_on_the_page() {
    tell("page-undo", async |story| {
        let (receiver, action) = hook().await;
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("{undo_window: 1h}", &action).await;
        story.click(&ana, &dialog, "approve").await;
        let visitor = story.sign_in(&ben).await;
        let answer = sends(story, &visitor, &deploy, "undo", "").await;
        assert_eq!(answer.status(), 303);
        let approval = approval(story, &deploy).await;
        assert_eq!((approval.status, approval.votes), (Status::Pending, Vec::new()));
        let (status, text) = told(sends(story, &visitor, &deploy, "undo", "").await).await;
        assert_eq!((status, text.as_str()), (303, ""), "a double click is no error");
        assert_eq!(receiver.deliveries().len(), 0);
        assert_eq!(sends(story, &visitor, &deploy, "cancel", "enough").await.status(), 303);
    });
}

#[test]
fn somebody_says_on_the_page_what_became_of_an_action() {
    tell("page-unknown", async |story| {
        let (receiver, action) = lost_hook().await;
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("votes_required: 1", &action).await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let visitor = story.sign_in(&ana).await;
        let path = format!("/deploys/{deploy}/runs/{}/steps/1", page.runs[0].id);
        let failed_at = failed_at(&page, 1).as_microsecond().to_string();
        assert!(visitor.page(&format!("/deploys/{deploy}")).await.contains(&format!("action=\"{path}\"")));
        let retry = [("resolution", "retry"), ("failed_at", failed_at.as_str())];
        let silent = Fault::once(&format!("users.info?user={ana}"), FaultKind::status(503, ""));
        story.world.slack.faults().push(silent);
        assert_eq!(visitor.post(&path, &retry).await.status(), 503, "nobody does that unseen");
        assert_eq!(visitor.post(&path, &retry).await.status(), 303);
        let page = story.settled(&deploy).await;
        assert!(matches!(page.runs[0].steps[1].state, StepState::Succeeded { .. }));
        assert_eq!(receiver.deliveries().len(), 2);
        assert_eq!(visitor.post(&path, &retry).await.status(), 303, "the same again is no error");
        story.settled(&deploy).await;
        assert_eq!(receiver.deliveries().len(), 2);
        let other = story.sign_in(&story.person("Ben")).await;
        let (status, text) = told(other.post(&path, &retry).await).await;
        assert_snapshot!(
            format!("{status} {text}"),
            @"409 Nothing was done: somebody was faster. Its line in the thread says who."
        );
    });
}

#[test]
fn a_page_that_did_not_change_is_not_sent_again() {
    tell("page-live", async |story| {
        let (_receiver, action) = hook().await;
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("votes_required: 2", &action).await;
        let visitor = story.sign_in(&ben).await;
        let path = format!("/deploys/{deploy}");
        let first = visitor.get(&path).await;
        let etag = first.headers()["etag"].to_str().unwrap().to_owned();
        let page = first.text().await.unwrap();
        let version = etag.trim_matches('"');
        let live =
            format!("<div id=\"deploy\" data-live=\"5\" data-from=\"{path}\" data-version=\"{version}\">");
        assert!(page.contains(&live), "{live} is not in {page}");
        let if_changed = async || {
            let request = story.world.http.get(format!("{}{path}", story.world.front.url()));
            let request = request.header("cookie", session(&visitor)).header("if-none-match", &etag);
            request.send().await.unwrap()
        };
        let again = if_changed().await;
        assert_eq!((again.status().as_u16(), again.text().await.unwrap().as_str()), (304, ""));
        story.click(&ana, &dialog, "approve").await;
        let changed = if_changed().await;
        assert_eq!(changed.status(), 200);
        assert!(
            changed
                .text()
                .await
                .unwrap()
                .contains("<span data-say>Ana voted to <strong>approve</strong></span>")
        );
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        let settled = visitor.page(&path).await;
        assert!(settled.contains("data-live=\"60\""), "what comes late is asked for slowly: {settled}");
    });
}
