//! One process of a function: an execution environment.

use std::{io, net::Ipv4Addr, process::Stdio, sync::Arc, time::Duration};

use axum::{body::Bytes, serve::ListenerExt as _};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Notify, mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::{
    super::stack::answer_at_once,
    logs::Logs,
    runtime_api::{RuntimeApi, Work},
};

/// Time to wait for the rest of an ended process's output.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A running process. Dropping it kills the process.
pub(super) struct Process {
    work: mpsc::Sender<Work>,
    ready: watch::Receiver<bool>,
    api: Arc<RuntimeApi>,
    handle: Handle,
    /// The supervisor and the Runtime API's server; both end with this value.
    _tasks: JoinSet<()>,
}

/// Reference to a process for code that doesn't own it.
#[derive(Clone)]
pub(super) struct Handle {
    kill: Arc<Notify>,
    /// Reason why the process ended, as soon as it has.
    ended: watch::Receiver<Option<String>>,
}

impl Handle {
    /// Waits until the process has ended, and tells how.
    pub(super) async fn ended(&self) -> String {
        let mut ended = self.ended.clone();
        // An error means that its owner dropped the process, which kills it.
        let exit = ended.wait_for(Option::is_some).await.map(|exit| exit.clone());
        exit.ok().flatten().unwrap_or_else(|| "killed".to_owned())
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.borrow().is_some() || self.ended.has_changed().is_err()
    }

    /// True if both handles are of the same process.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.kill, &other.kill)
    }

    /// Kills the process and waits until it is gone.
    pub(super) async fn kill(&self) {
        self.kill.notify_one();
        self.ended().await;
    }
}

impl Process {
    /// Starts `command` with a Runtime API of its own; its output goes to the logs under `function`.
    ///
    /// # Errors
    /// No free port, or a program that can't be started.
    pub(super) async fn start(mut command: Command, function: &str, logs: &Arc<Logs>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        command.env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // Ctrl-C reaches a terminal's whole process group; the stack ends its functions itself.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;

        let (work, receiver) = mpsc::channel(1);
        let (ready_sender, ready) = watch::channel(false);
        let api = RuntimeApi::new(receiver, ready_sender);
        let mut tasks = JoinSet::new();
        let router = Arc::clone(&api).router();
        tasks.spawn(async move {
            if let Err(error) = axum::serve(listener.tap_io(answer_at_once), router).await {
                tracing::warn!(%error, "the Runtime API stopped");
            }
        });
        // The readers are not among the tasks that end with this value: the last words of a process that
        // crashed are the ones that matter. They end with the process's output.
        let mut output = JoinSet::new();
        if let Some(stdout) = child.stdout.take() {
            output.spawn(Arc::clone(logs).follow(function.to_owned(), stdout));
        }
        if let Some(stderr) = child.stderr.take() {
            output.spawn(Arc::clone(logs).follow(function.to_owned(), stderr));
        }
        let output = tokio::spawn(async move { while output.join_next().await.is_some() {} });
        let (ended_sender, ended) = watch::channel(None);
        let kill = Arc::new(Notify::new());
        tasks.spawn(supervise(child, output, Arc::clone(&kill), ended_sender));
        Ok(Self { work, ready, api, handle: Handle { kill, ended }, _tasks: tasks })
    }

    pub(super) const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits until the process has asked for its first invocation.
    pub(super) async fn ready(&self) {
        let mut ready = self.ready.clone();
        if ready.wait_for(|ready| *ready).await.is_err() {
            // Without a Runtime API there is nothing to wait for; the end of the process is what its owner
            // sees.
            std::future::pending::<()>().await;
        }
    }

    /// Hands an invocation to the process. If the process is gone, nobody will answer; its end tells so.
    pub(super) async fn hand(&self, work: Work) {
        let _ = self.work.send(work).await;
    }

    /// Returns the error that the process reported for its failed initialization, if there is one.
    pub(super) fn init_error(&self) -> Option<Bytes> {
        self.api.init_error()
    }
}

/// Waits for the end of the process, or brings it about; then for the rest of its output.
async fn supervise(
    mut child: Child,
    output: JoinHandle<()>,
    kill: Arc<Notify>,
    ended: watch::Sender<Option<String>>,
) {
    let exit = tokio::select! {
        exit = child.wait() => exit,
        () = kill.notified() => match child.kill().await {
            Ok(()) => child.wait().await,
            Err(error) => Err(error),
        },
    };
    // Bounded: a child of its own may hold the pipe open.
    let _ = timeout(LAST_WORDS, output).await;
    ended.send_replace(Some(exit.map_or_else(|error| error.to_string(), |exit| exit.to_string())));
}
