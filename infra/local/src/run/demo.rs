//! A small team to try Signoff with: people in Slack, a repository with rules, and deploys that wait in CI.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use serde_json::json;
use signoff_local::{
    circleci::CircleCi,
    github::{Author, ChangedFile, GitHub, NewCommit, NewPullRequest},
    jira::{Jira, NewIssue},
    slack::{NewChannel, NewUser, Slack},
    stand_in::server::{Bound, Server},
};

/// The template's `Deployments`.
pub const DEPLOYMENTS: &str = "acme/* #deploys";
/// Time that a job takes on the CircleCI stand-in.
pub const BUILD_TIME: Duration = Duration::from_secs(20);

const REPOSITORY: &str = "acme/checkout";
const PROJECT: &str = "gh/acme/checkout";
const WORKFLOW: &str = "build-and-deploy";
const HELD_JOB: &str = "hold-for-production";

/// Name, GitHub account; the e-mail address is made of the account.
const PEOPLE: [(&str, &str); 4] =
    [("Ana Kovač", "ana"), ("Ben Adeyemi", "ben"), ("Chiara Rossi", "chiara"), ("Dev Patel", "dev")];

/// Admin of the Slack workspace, and so of Signoff.
const ADMIN: &str = "ana";

/// Changes that the team works on: message, file, pull request label.
const CHANGES: [(&str, &str, &str); 5] = [
    ("Show the delivery date in the cart", "src/cart.rs", "feature"),
    ("Retry a card payment once", "src/payment.rs", "bug"),
    ("Round taxes per line, not per order", "src/tax.rs", "bug"),
    ("Send the receipt in the customer's language", "src/receipt.rs", "feature"),
    ("Update the HTTP client", "Cargo.toml", "dependencies"),
];

/// Reason why the demo could not make a deploy.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Signoff's API can't be reached.
    #[error("Signoff's API can't be reached: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// Signoff refused the deploy.
    #[error("Signoff answered {status}: {text}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// Signoff's answer.
        text: String,
    },
}

/// The team and its tools.
#[derive(Clone)]
pub struct Demo(Arc<Inner>);

struct Inner {
    // Held so that it runs as long as the demo does.
    _slack: Slack,
    github: GitHub,
    circleci: CircleCi,
    jira: Jira,
    http: reqwest::Client,
    register_url: String,
    api_key: &'static str,
    /// Changes so far, those of earlier runs among them.
    changes: AtomicUsize,
}

impl Demo {
    /// Fills the stand-ins with the team. `api_url` and `api_key` are where deploys are registered.
    pub fn new(
        (slack, github, circleci, jira): (Slack, GitHub, CircleCi, Jira),
        api_url: &str,
        api_key: &'static str,
    ) -> Result<Self, DemoError> {
        for (name, account) in PEOPLE {
            let person = NewUser::new(name, &email(account));
            slack.add_user(if account == ADMIN { person.admin() } else { person });
        }
        slack.add_channel(NewChannel::new("checkout-team"));
        slack.add_channel(NewChannel::new("deploys"));
        github.add_repository(REPOSITORY, "main");
        github.set_file(REPOSITORY, ".signoff/rules.yml", include_str!("../../demo/rules.yml"));
        circleci.add_project(PROJECT);
        let changes = AtomicUsize::new(github.commits(REPOSITORY).len());
        Ok(Self(Arc::new(Inner {
            _slack: slack,
            github,
            circleci,
            jira,
            http: reqwest::Client::builder().no_proxy().build()?,
            register_url: format!("{api_url}/api/1/deployments/{REPOSITORY}/register_deploy"),
            api_key,
            changes,
        })))
    }

    /// Pushes a change, whose pipeline comes to its job on hold, and registers its deploy on Staging. Tells
    /// which.
    ///
    /// # Errors
    /// Signoff's API is not there, or refuses the deploy.
    pub async fn deploy(&self) -> Result<String, DemoError> {
        let demo = &self.0;
        let number = demo.changes.fetch_add(1, Ordering::Relaxed);
        let revision = self.push(number);
        demo.circleci.add_pipeline_on_hold(PROJECT, &revision, "main", WORKFLOW, HELD_JOB);
        let deploy =
            json!({"sha": revision, "environment": "Staging", "branch": "main", "ignore_if_duplicate": true});
        let request = demo.http.post(&demo.register_url).bearer_auth(demo.api_key).json(&deploy);
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            return Err(DemoError::Refused { status, text });
        }
        let short = revision.get(..7).unwrap_or(&revision);
        Ok(format!("{short} of {REPOSITORY} is deployed to Staging: look into #checkout-team"))
    }

    /// Pushes the next change; every other one has a second author. Gives its revision.
    fn push(&self, number: usize) -> String {
        let person = |at: usize| PEOPLE[at % PEOPLE.len()];
        let author = |(name, account): (&str, &str)| Author::new(name, &email(account), account);
        let (title, path, label) = CHANGES[number % CHANGES.len()];
        let key = format!("SHOP-{}", number + 1);
        self.0.jira.add_issue(NewIssue { labels: vec![label.to_owned()], ..NewIssue::new(&key, title) });
        let mut message = format!("{title} ({key})");
        if number % 2 == 1 {
            let (name, account) = person(number + 1);
            message.push_str(&format!("\n\nCo-authored-by: {name} <{}>", email(account)));
        }
        let github = &self.0.github;
        let file = ChangedFile {
            path: path.to_owned(),
            previous: None,
            status: "modified",
            additions: 12,
            deletions: 5,
        };
        let author = author(person(number));
        let commit = NewCommit { author: author.clone(), message, branch: None, files: vec![file] };
        let revision = github.push(REPOSITORY, commit);
        github.add_pull_request(
            REPOSITORY,
            NewPullRequest {
                title: title.to_owned(),
                body: None,
                author,
                labels: vec![label.to_owned()],
                commits: vec![revision.clone()],
                merged: true,
                merger: None,
            },
        );
        revision
    }

    /// Makes a deploy for each `POST /deploys`, until the result is dropped.
    pub async fn serve(&self, address: SocketAddr) -> io::Result<Server> {
        let router = Router::new().route("/deploys", post(deploy)).with_state(self.clone());
        Ok(Bound::new(address).await?.serve(router))
    }
}

async fn deploy(State(demo): State<Demo>) -> (StatusCode, String) {
    match demo.deploy().await {
        Ok(text) => (StatusCode::OK, format!("{text}\n")),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error}\n")),
    }
}

fn email(account: &str) -> String {
    format!("{account}@acme.example")
}
