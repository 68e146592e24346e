//! The reader of ranges against the stand-in of GitHub.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod assistants;
mod costs;
mod dropped;
mod limits;
mod makers;
mod nested;
mod numbers;
mod parts;
mod profiles;
mod runs;
mod shapes;

use signoff_core::range::{Identity, Range};
use signoff_local::fault::RecordedRequest;
use signoff_local::github::{
    Author, ChangedFile, GitHub, NewCommit, NewPullRequest, Options, Push, Settings,
};
use signoff_providers::github::{RangeFailure, ReadRange};

const REPOSITORY: &str = "acme/checkout";

/// A repository on a stand-in of its own, and the client that reads it.
struct Host {
    github: GitHub,
    client: signoff_providers::github::GitHub,
}

impl Host {
    async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    async fn start_with(options: Options) -> Self {
        let github = GitHub::start(options).await.unwrap();
        github.add_repository(REPOSITORY, "main");
        let token = Settings::default().token.into();
        let client = signoff_providers::github::GitHub::new(
            signoff_providers::http::client().unwrap(),
            github.url(),
            token,
        );
        Self { github, client }
    }

    fn push(&self, commit: impl Into<Push>) -> String {
        self.github.push(REPOSITORY, commit)
    }

    async fn read(&self, base: &str, head: &str) -> Result<ReadRange, RangeFailure> {
        self.client.range(REPOSITORY, base, head).await
    }

    /// The whole range, which must be complete.
    async fn range(&self, base: &str, head: &str) -> Range {
        let read = self.read(base, head).await.unwrap();
        assert_eq!(read.range.missing, Vec::<String>::new());
        assert_eq!(self.github.violations(), Vec::<String>::new());
        read.range
    }

    /// The requests so far, but for the first `before`.
    fn requests(&self, before: usize) -> Vec<RecordedRequest> {
        self.github.requests().split_off(before)
    }
}

fn person(name: &str) -> Author {
    Author::new(name, &format!("{name}@acme.test"), name)
}

fn commit(author: &str, message: &str) -> NewCommit {
    let file = ChangedFile {
        path: format!("src/{author}.rs"),
        previous: None,
        status: "modified",
        additions: 2,
        deletions: 1,
    };
    NewCommit { author: person(author), message: message.to_owned(), branch: None, files: vec![file] }
}

fn on_branch(branch: &str, commit: NewCommit) -> NewCommit {
    NewCommit { branch: Some(branch.to_owned()), ..commit }
}

fn pull_request(author: &str, commits: &[String]) -> NewPullRequest {
    NewPullRequest {
        title: "Faster checkout".to_owned(),
        body: None,
        author: person(author),
        labels: Vec::new(),
        commits: commits.to_vec(),
        merged: true,
        merger: None,
    }
}

fn logins<'a>(people: impl IntoIterator<Item = &'a Identity>) -> Vec<String> {
    let login = |person: &Identity| person.account.as_ref().map(|account| account.login.clone());
    people.into_iter().map(|person| login(person).unwrap_or_else(|| format!("({})", person.name))).collect()
}
