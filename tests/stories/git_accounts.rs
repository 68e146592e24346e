//! Owners of git accounts: admins name them on the People page, somebody confirms it, and an owner who made
//! the change may then not vote.

use insta::assert_snapshot;
use reqwest::Response;
use serde_json::{Value, json};
use signoff_core::approval::Status;
use signoff_core::id::DeployId;
use signoff_core::people::{Handle, Standing};
use signoff_local::github::{Author, NewCommit};
use signoff_local::slack::{Message, NewUser};
use system_tests::receiver::Receiver;
use system_tests::story::{Story, rule, tell};
use system_tests::visitor::{Visitor, location};

/// The page's address.
const PEOPLE: &str = "/settings/people";

fn admin(story: &Story, name: &str) -> String {
    story.world.slack.add_user(NewUser::new(name, &story.email(name)).admin())
}

/// A commit of Ana, whose address is her account's noreply address.
fn push(story: &Story, account: u64) -> String {
    let email = format!("{account}+ana@users.noreply.github.com");
    let author = Author { name: "Ana Kovač".to_owned(), email, login: None };
    let commit = NewCommit { author, message: "Take cards".to_owned(), branch: None, files: Vec::new() };
    // An address proves nothing: somebody whom GitHub vouches for brought the commit in.
    story.world.github.push(&story.repository(), commit.pushed_by(&story.author("Zoe")))
}

/// A deploy of Ana's commit under a rule of four eyes; its id, and its dialog.
async fn asks(story: &Story, account: u64, action: &str) -> (DeployId, String) {
    story.person("Zoe");
    story.world.github.show_email("zoe", &story.email("Zoe"));
    let first = story.push("Zoe", "Begin");
    let before = story.deploys(&first, "Staging").await;
    story.settled(&before).await;
    story.rules(&rule("{self_approval: false}", action));
    let deploy = story.deploys(&push(story, account), "Staging").await;
    let dialog = story.dialog().await;
    story.sets_base(&deploy, &first).await;
    (deploy, dialog)
}

/// Says on the page that `account` belongs to `member`.
async fn says(visitor: &Visitor<'_>, account: u64, member: &str) -> Response {
    let (handle, version) = (account.to_string(), "0");
    let fields = [("handle", handle.as_str()), ("name", "ana"), ("is", "member"), ("member", member)];
    visitor.post(PEOPLE, &[&fields[..], &[("version", version)]].concat()).await
}

/// The status of an answer, and the text of what it told.
async fn told(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let page = answer.text().await.unwrap();
    let found = page.split_once("<h1>").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    let (_, text) = found.split_once("<p>").unwrap_or_default();
    (status, text.split("</p>").next().unwrap_or_default().to_owned())
}

async fn member_of(story: &Story, account: u64) -> String {
    let entry = story.world.store.person(&Handle::github(account)).await.unwrap();
    match entry.standing() {
        Standing::Member { id } => id.to_owned(),
        Standing::NobodyHere { kind } => kind.name().to_owned(),
        Standing::Unknown { .. } => "unknown".to_owned(),
    }
}

/// The question that `member` was asked in the direct message, once it reads as `wanted` says.
async fn question(story: &Story, member: &str, wanted: &str) -> Message {
    story
        .until("the question in the direct message", async || {
            let messages = story.world.slack.direct_messages(member);
            messages.into_iter().rev().find(|message| message.text.contains(wanted))
        })
        .await
}

/// `person` presses `button` of the question to `member`: the payload as Slack would sign it.
async fn presses(story: &Story, person: &str, member: &str, ts: &str, button: &str) -> Option<u16> {
    let slack = &story.world.slack;
    let direct = slack.direct_channel(member).unwrap();
    let mut payload: Value = slack.interaction_payload(member, &direct, ts, button).unwrap();
    payload["user"]["id"] = json!(person);
    let request = slack.signed(&payload.to_string(), signoff_runtime::time::now());
    slack.send(request).await.status
}

async fn status(story: &Story, deploy: &DeployId) -> Status {
    story.settled(deploy).await.approvals[0].status.clone()
}

#[test]
fn a_mapped_author_confirms_and_may_not_vote() {
    tell("accounts-button", async |story| {
        let receiver = Receiver::start(&[200]).await.unwrap();
        let action = format!("webhook: '{}/hook'", receiver.url());
        let [ana, ben] = ["Ana", "Ben"].map(|name| story.person(name));
        let chiara = admin(story, "Chiara");
        let visitor = story.sign_in(&chiara).await;
        let answer = says(&visitor, 8_100_001, &story.email("Ana")).await;
        assert_eq!(
            (answer.status().as_u16(), location(&answer).as_str()),
            (303, "/settings/people?q=github%3A8100001")
        );
        let asked = question(story, &ana, "is yours").await;
        assert_snapshot!(asked.text.replace(&chiara, "CHIARA"), @"<@CHIARA> says that the GitHub account ana (number 8100001) is yours. Once you confirm it, its changes count as yours in four-eyes checks.");
        assert_eq!(member_of(story, 8_100_001).await, "unknown", "her word alone does not count");
        assert_eq!(presses(story, &ana, &ana, &asked.ts, "account_is_mine").await, Some(200));
        assert_eq!(member_of(story, 8_100_001).await, ana);
        question(story, &ana, "You confirmed").await;

        let (deploy, dialog) = asks(story, 8_100_001, &action).await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert!(page.approvals[0].votes.is_empty(), "{:?}", page.approvals[0].votes);
        let seen = story.sees(&ana);
        assert!(seen.contains("Can't vote on their own change: @Ana, @Zoe."), "{seen}");
        story.click(&ben, &dialog, "approve").await;
        assert!(status(story, &deploy).await.is_approved());
    });
}

#[test]
fn a_second_admin_confirms_and_the_first_can_not() {
    tell("accounts-second", async |story| {
        let ana = story.person("Ana");
        let (chiara, dan) = (admin(story, "Chiara"), admin(story, "Dan"));
        let (first, second) = (story.sign_in(&chiara).await, story.sign_in(&dan).await);
        let form = [("handle", "8100002"), ("name", "<b>old"), ("is", "left"), ("reason", "left in May")];
        assert_eq!(first.post(PEOPLE, &form).await.status(), 303);
        let confirm = [("handle", "github:8100002"), ("version", "1")];
        let own = told(first.post("/settings/people/confirm", &confirm).await).await;
        assert_eq!(
            own,
            (403, "You said so yourself. Another admin, or the member, has to confirm it.".to_owned())
        );
        assert_eq!(member_of(story, 8_100_002).await, "unknown");
        let page = first.page("/settings/people?q=8100002").await;
        assert!(page.contains("Not confirmed") && !page.contains("/settings/people/confirm"), "{page}");
        let page = second.page("/settings/people?q=8100002").await;
        assert!(page.contains("/settings/people/confirm") && page.contains("&lt;b&gt;old"), "{page}");
        assert_eq!(second.post("/settings/people/confirm", &confirm).await.status(), 303);
        assert_eq!(member_of(story, 8_100_002).await, "left");
        assert_eq!(second.post("/settings/people/confirm", &confirm).await.status(), 409, "it is confirmed");

        // A change has to be confirmed anew, and who comes late sees what is on record.
        let change = [("handle", "8100002"), ("name", "old"), ("is", "member"), ("member", ana.as_str())];
        let late = first.post(PEOPLE, &[&change[..], &[("version", "1")]].concat()).await;
        assert_eq!(late.status(), 409);
        assert_eq!(first.post(PEOPLE, &[&change[..], &[("version", "2")]].concat()).await.status(), 303);
        assert_eq!(member_of(story, 8_100_002).await, "unknown");
        let remove = [("handle", "github:8100002"), ("version", "3")];
        assert_eq!(second.post("/settings/people/remove", &remove).await.status(), 303);
        let page = second.page("/settings/people?handle=github%3A8100002").await;
        assert!(page.contains("Dan removed it"), "{page}");
        let asked = question(story, &ana, "is yours").await;
        assert_eq!(presses(story, &ana, &ana, &asked.ts, "account_is_mine").await, Some(200));
        question(story, &ana, "There is nothing left to do").await;
        assert_eq!(member_of(story, 8_100_002).await, "unknown");
    });
}

#[test]
fn only_the_named_member_answers_the_question() {
    tell("accounts-stranger", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let visitor = story.sign_in(&admin(story, "Chiara")).await;
        assert_eq!(says(&visitor, 8_100_003, &ana).await.status(), 303);
        let asked = question(story, &ana, "is yours").await;
        for button in ["account_is_mine", "account_is_not_mine"] {
            assert_eq!(presses(story, &ben, &ana, &asked.ts, button).await, Some(403), "{button}");
        }
        let guest =
            story.world.slack.add_user(NewUser::new("Zed", &story.email("Zed")).of_team("T0OTHER0001"));
        assert_eq!(presses(story, &guest, &ana, &asked.ts, "account_is_mine").await, Some(403));
        assert_eq!(member_of(story, 8_100_003).await, "unknown");
        assert_eq!(presses(story, &ana, &ana, &asked.ts, "account_is_not_mine").await, Some(200));
        question(story, &ana, "is not yours").await;
        assert_eq!(
            presses(story, &ana, &ana, &asked.ts, "account_is_mine").await,
            Some(200),
            "an older question"
        );
        assert_eq!(member_of(story, 8_100_003).await, "unknown", "it is answered");
    });
}

#[test]
fn word_of_a_guest_counts_once_an_admin_confirms_it() {
    tell("accounts-guest", async |story| {
        let (first, second) = (admin(story, "Chiara"), admin(story, "Dan"));
        let guest = story.world.slack.add_user(NewUser::new("Gus", &story.email("Gus")).guest());
        assert_eq!(says(&story.sign_in(&first).await, 8_100_009, &guest).await.status(), 303);
        let asked = question(story, &guest, "is yours").await;
        assert_eq!(presses(story, &guest, &guest, &asked.ts, "account_is_mine").await, Some(403));
        assert_eq!(member_of(story, 8_100_009).await, "unknown");
        let confirm = [("handle", "github:8100009"), ("version", "1")];
        let second = story.sign_in(&second).await;
        assert_eq!(second.post("/settings/people/confirm", &confirm).await.status(), 303);
        assert_ne!(member_of(story, 8_100_009).await, "unknown");
    });
}

#[test]
fn whoever_said_it_alone_may_not_vote_on_what_needs_it() {
    tell("accounts-own-word", async |story| {
        let ana = story.person("Ana");
        let chiara = admin(story, "Chiara");
        let visitor = story.sign_in(&chiara).await;
        assert_eq!(says(&visitor, 8_100_004, &ana).await.status(), 303);
        let (deploy, dialog) = asks(story, 8_100_004, "webhook: 'https://example.com'").await;
        story.click(&chiara, &dialog, "approve").await;
        assert!(story.settled(&deploy).await.approvals[0].votes.is_empty());
        let seen = story.sees(&chiara);
        for text in [
            "@Chiara can't vote: nobody else has confirmed what they said about who made this.",
            "An admin can add them: People.",
            "Your click was not counted: nobody else has confirmed what you said on the page People about who made this.",
        ] {
            assert!(seen.contains(text), "{text}: {seen}");
        }
        let page = visitor.page(&format!("/deploys/{deploy}")).await;
        assert!(page.contains("<a href=\"/settings/people\">People</a>"), "{page}");
    });
}

#[test]
fn an_import_is_saved_as_a_whole_or_not_at_all() {
    tell("accounts-csv", async |story| {
        let ana = story.person("Ana");
        let visitor = story.sign_in(&admin(story, "Chiara")).await;
        let import = async |text: &str| visitor.post("/settings/people/import", &[("file", text)]).await;
        let good = format!("account,name,member\n8100005,ana,{ana}\n");
        for wrong in ["octocat,,U1\n", "8100006,,U0NOBODY\n", "8100005,again,U1\n", "8100006,x\"y,\"U1\n"] {
            let answer = import(&format!("{good}{wrong}")).await;
            assert_eq!(answer.status(), 422, "{wrong}");
            let page = answer.text().await.unwrap();
            assert!(page.contains("Nothing was imported") && page.contains("Line 3: "), "{wrong}: {page}");
            assert_eq!(
                story.world.store.person(&Handle::github(8_100_005)).await.unwrap().version,
                0,
                "{wrong}"
            );
        }
        let mut many = good.clone();
        many.extend((8_200_000..8_200_050).map(|account| format!("{account},,{ana}\n")));
        assert_eq!(import(&many).await.status(), 422, "more than can be committed at once");

        let file = format!(
            "account,name,member,nobody_here,reason\n8100005,ana,{ana},,\nold.{0},=old,,left,\"in May, \"\"she\"\" left\"\n",
            story.email("x")
        );
        let answer = import(&file).await;
        assert_eq!(location(&answer), "/settings/people?imported=2");
        question(story, &ana, "is yours").await;
        let exported = visitor.page("/settings/people.csv").await;
        let mine: String = exported
            .lines()
            .filter(|line| {
                line.starts_with("account") || line.contains("8100005") || line.contains("accounts-csv")
            })
            .map(|line| format!("{line}\n"))
            .collect();
        assert!(mine.contains("'=old") && mine.lines().count() == 3, "{mine}");
        assert_eq!(
            location(&import(&mine).await),
            "/settings/people?imported=0",
            "it reads as it was written"
        );
        assert_eq!(story.world.store.person(&Handle::github(8_100_005)).await.unwrap().version, 1);
    });
}
