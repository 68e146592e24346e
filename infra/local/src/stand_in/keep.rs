//! State of a stand-in, kept in a file, so that it survives a restart together with the record.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Interval at which the file is brought up to date, and so the most that a crash loses.
const EVERY: Duration = Duration::from_secs(1);

/// Keeps a file up to date until it is dropped, and once more then.
pub struct Keeper {
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

struct Inner {
    file: PathBuf,
    snapshot: Box<dyn Fn() -> String + Send + Sync>,
}

impl Keeper {
    /// Keeps what `snapshot` says in `file`.
    pub fn new(file: PathBuf, snapshot: impl Fn() -> String + Send + Sync + 'static) -> Self {
        let inner = Arc::new(Inner { file, snapshot: Box::new(snapshot) });
        let kept = inner.clone();
        let task = tokio::spawn(async move {
            let mut last = None;
            loop {
                tokio::time::sleep(EVERY).await;
                let text = (kept.snapshot)();
                if last.as_ref() != Some(&text) {
                    kept.write(&text);
                    last = Some(text);
                }
            }
        });
        Self { inner, task }
    }
}

impl Inner {
    fn write(&self, text: &str) {
        // Written beside and renamed, so that a crash leaves the old file or the new one.
        let beside = self.file.with_extension("new");
        if let Err(error) = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &self.file))
        {
            tracing::error!(file = %self.file.display(), %error, "the state of a stand-in cannot be written");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
        self.inner.write(&(self.inner.snapshot)());
    }
}

/// The state as the text of a file.
pub fn text_of(state: &impl Serialize) -> String {
    serde_json::to_string(state).unwrap_or_else(|error| {
        tracing::error!(%error, "the state of a stand-in cannot be written as JSON");
        String::new()
    })
}

/// The state in a file; the empty state if there is no file yet.
///
/// # Errors
/// When the file cannot be read, or was written by another version of the stand-in.
pub fn restored<T: Default + DeserializeOwned>(file: Option<&Path>) -> io::Result<T> {
    let Some(file) = file else { return Ok(T::default()) };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(error),
    };
    serde_json::from_str(&text).map_err(|error| {
        let problem = format!(
            "{} is not the state of this stand-in ({error}); remove it to start anew",
            file.display()
        );
        io::Error::new(io::ErrorKind::InvalidData, problem)
    })
}

#[cfg(test)]
mod tests {
    use crate::circleci::{self, CircleCi};
    use crate::github::{self, Author, ChangedFile, GitHub, NewCommit};
    use crate::slack::{self, NewChannel, NewUser, Slack};
    use std::io::ErrorKind;

    #[tokio::test]
    async fn what_the_stand_ins_know_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| Some(folder.path().join(name));
        let slack =
            async || Slack::start(slack::Options { file: file("slack.json"), ..Default::default() }).await;
        let github =
            async || GitHub::start(github::Options { file: file("github.json"), ..Default::default() }).await;
        let circleci = async || {
            CircleCi::start(circleci::Options { file: file("circleci.json"), ..Default::default() }).await
        };
        let push = |github: &GitHub| {
            let changed =
                ChangedFile { path: "a".into(), previous: None, status: "added", additions: 1, deletions: 0 };
            let author = Author::new("Ana", "ana@acme.test", "ana");
            let commit = NewCommit { author, message: "One".into(), branch: None, files: vec![changed] };
            github.push("acme/a", commit)
        };
        let (first, ana, sha, held) = {
            let (slack, github, circleci) =
                (slack().await.unwrap(), github().await.unwrap(), circleci().await.unwrap());
            let channel = slack.add_channel(NewChannel::new("deploys"));
            let sha = push(&github);
            let held = circleci.add_pipeline_on_hold("gh/acme/a", &sha, "main", "w", "hold");
            (channel, slack.add_user(NewUser::new("Ana", "ana@acme.test")), sha, held)
        };
        let (slack, github, circleci) =
            (slack().await.unwrap(), github().await.unwrap(), circleci().await.unwrap());
        assert_eq!(slack.channel_id("deploys"), Some(first));
        assert_eq!(slack.user_id("ana@acme.test"), Some(ana));
        assert_eq!(github.commits("acme/a")[0].sha, sha);
        assert_ne!(push(&github), sha, "a new commit is a new one after a restart too");
        assert_eq!(circleci.workflow_status(&held.workflow_id).as_deref(), Some("on_hold"));
    }

    #[tokio::test]
    async fn a_file_of_something_else_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("slack.json");
        std::fs::write(&file, "{\"users\": 1}").unwrap();
        let options = slack::Options { file: Some(file.clone()), ..Default::default() };
        let error = Slack::start(options).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(error.to_string().starts_with(&file.display().to_string()), "{error}");
    }
}
