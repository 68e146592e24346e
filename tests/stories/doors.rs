//! Access to each request: each row of the table, tried by everyone that there is.

use reqwest::{Response, StatusCode};
use signoff_local::slack::NewUser;
use system_tests::routes::{self, Route};
use system_tests::story::{Story, tell};
use system_tests::visitor::Visitor;
use system_tests::world::API_KEY;

/// Somebody who makes requests.
enum Who<'s> {
    /// With a session.
    Person(Visitor<'s>),
    /// With a key in the header.
    Program(String),
}

impl Who<'_> {
    async fn get(&self, story: &Story, path: &str) -> Response {
        match self {
            Self::Person(visitor) => visitor.get(path).await,
            Self::Program(key) => {
                let url = format!("{}{path}", story.world.front.url());
                story.world.http.get(url).bearer_auth(key).send().await.unwrap()
            }
        }
    }

    /// Sends an empty form; a person's has the token of their session in it.
    async fn post(&self, story: &Story, path: &str) -> Response {
        match self {
            Self::Person(visitor) => visitor.post(path, &[]).await,
            Self::Program(key) => {
                let url = format!("{}{path}", story.world.front.url());
                story.world.http.post(url).bearer_auth(key).form(&[("", "")]).send().await.unwrap()
            }
        }
    }
}

/// A new key that is good for `scope`.
async fn key(story: &Story, scope: &str) -> String {
    let fields = [("name", format!("{scope} of {}", story.name)), ("scope", scope.to_owned())];
    let url = format!("{}/settings/keys", story.world.front.url());
    let answer = story.world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap();
    let page = answer.text().await.unwrap();
    let key = page.split_once("<code>sgn_").unwrap().1.split('<').next().unwrap();
    let key = format!("sgn_{key}");
    story.world.keeps_secret(&key);
    key
}

/// Returns the table's answer for five callers: a member, an admin, and keys with the scopes to read, to
/// register, and for all. `None`: the table has other words.
fn allowed(route: &Route) -> Option<[bool; 5]> {
    let allowed = match route.who.as_str() {
        "anyone" => [true; 5],
        "anyone who is signed in; an API key with the scope `admin`" => [true, true, false, false, true],
        "anyone who is signed in; an API key with the scope `read` or `admin`" => {
            [true, true, true, false, true]
        }
        "anyone who is signed in with Slack" => [true, true, false, false, false],
        "an admin; an API key with the scope `admin`" => [false, true, false, false, true],
        "an admin who is signed in with Slack" => [false, true, false, false, false],
        _ => return None,
    };
    Some(allowed)
}

#[test]
fn everybody_gets_what_the_table_says_and_nothing_else() {
    tell("doors", async |story| {
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        let admin = story.world.slack.add_user(NewUser::new("Ana", &story.email("Ana")).admin());
        let everyone = [
            Who::Person(story.sign_in(&story.person("Ben")).await),
            Who::Person(story.sign_in(&admin).await),
            Who::Program(key(story, "read").await),
            Who::Program(key(story, "register").await),
            Who::Program(key(story, "admin").await),
        ];
        let mut tried = 0;
        // What anyone may do is tried by strangers.
        for route in routes::all().iter().filter(|route| route.who != "anyone") {
            let path = route.path(story, &deploy);
            let allowed = allowed(route).expect("the table names nobody whom this story does not know");
            for (who, allowed) in everyone.iter().zip(allowed) {
                let status = match (route.method.as_str(), allowed) {
                    ("GET", _) => who.get(story, &path).await.status(),
                    (_, false) => who.post(story, &path).await.status(),
                    // Who may do it does it in stories of its own; without the token of the session nobody
                    // does.
                    (_, true) => match who {
                        Who::Person(visitor) => {
                            let answer = visitor.post_with(&path, &[], None).await;
                            assert_eq!(
                                answer.status(),
                                StatusCode::FORBIDDEN,
                                "{} without its token",
                                route.pattern
                            );
                            continue;
                        }
                        Who::Program(_) => continue,
                    },
                };
                let let_in = !matches!(status, StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED);
                assert_eq!(let_in, allowed, "{} {}: {status}", route.method, route.pattern);
                tried += 1;
            }
        }
        assert!(tried > 100, "{tried}");
    });
}
