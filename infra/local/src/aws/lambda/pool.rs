//! The processes of one function.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::body::Bytes;
use tokio::{
    process::Command,
    sync::{Semaphore, oneshot, watch},
    time::{sleep, timeout},
};

use super::{
    Invocation,
    logs::Logs,
    process::{Handle, Process},
    runtime_api::{Answer, Work},
};
use crate::aws::{
    clock,
    ids::Ids,
    template::{Place, resources::Function},
};

/// Processes of one function, at most. On AWS more invocations at once would be throttled; here they wait.
pub(super) const PROCESSES: usize = 10;
/// Longest time that a process may take until its first `next`; Lambda's own limit.
const INIT: Duration = Duration::from_secs(10);

/// Starts processes and hands them invocations.
pub(super) struct Pool {
    function: Function,
    program: Program,
    environment: Mutex<Vec<(String, String)>>,
    logs: Arc<Logs>,
    ids: Arc<Ids>,
    /// True when the stack closes.
    closed: watch::Receiver<bool>,
    slots: Semaphore,
    /// The one used last is on top: what is not needed stays cold.
    idle: Mutex<Vec<Process>>,
    all: Mutex<Vec<Handle>>,
}

impl Pool {
    pub(super) fn new(
        function: &Function,
        place: &Place,
        bin_dir: &Path,
        logs: Arc<Logs>,
        ids: Arc<Ids>,
        closed: watch::Receiver<bool>,
    ) -> Self {
        Self {
            program: Program::of(function, bin_dir),
            environment: Mutex::new(environment(function, place)),
            function: function.clone(),
            logs,
            ids,
            closed,
            slots: Semaphore::new(PROCESSES),
            idle: Mutex::default(),
            all: Mutex::default(),
        }
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.function.name == name || self.function.arn == name
    }

    /// Gives the environment variable `name` this value in every process that starts from now on.
    pub(super) fn set_variable(&self, name: &str, value: &str) {
        let mut environment = self.environment.lock().unwrap_or_else(PoisonError::into_inner);
        environment.retain(|(known, _)| known != name);
        environment.push((name.to_owned(), value.to_owned()));
    }

    /// Runs one invocation in a process of its own; ends early when the stack closes.
    pub(super) async fn invoke(&self, payload: Bytes) -> Invocation {
        let mut closed = self.closed.clone();
        tokio::select! {
            invocation = self.run(payload) => invocation,
            _ = closed.wait_for(|closed| *closed) => Invocation::failure("Runtime.ExitError", "the local stack is closing"),
        }
    }

    async fn run(&self, payload: Bytes) -> Invocation {
        // Closed never: the semaphore lives as long as the pool.
        let _slot = self.slots.acquire().await;
        let request_id = self.ids.uuid();
        let process = match self.process(&request_id).await {
            Ok(process) => process,
            Err(invocation) => return invocation,
        };
        let (answer, waiting) = oneshot::channel();
        let limit = self.function.timeout;
        let now = clock::now();
        let work = Work {
            trace_id: format!("Root={};Sampled=0", self.ids.trace(now.as_second())),
            deadline_ms: now
                .as_millisecond()
                .saturating_add(i64::try_from(limit.as_millis()).unwrap_or(i64::MAX)),
            function_arn: self.function.arn.clone(),
            request_id: request_id.clone(),
            payload,
            answer,
        };
        process.hand(work).await;
        let answer = tokio::select! {
            // An answer that came just before the end or the limit counts.
            biased;
            Ok(answer) = waiting => answer,
            exit = process.handle().ended() => return self.exited(&request_id, &exit),
            () = sleep(limit) => {
                process.handle().kill().await;
                let message = format!("{request_id} Task timed out after {:.2} seconds", limit.as_secs_f64());
                self.logs.write(&self.function.logical_id, &message);
                return Invocation::failure("Sandbox.Timedout", &message);
            }
        };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
        if *self.closed.borrow() {
            self.discard_idle();
        }
        match answer {
            Answer::Response(payload) => Invocation { payload, failed: false },
            Answer::Error(payload) => Invocation { payload, failed: true },
        }
    }

    /// A process that waits for work, or a new one that has initialized.
    async fn process(&self, request_id: &str) -> Result<Process, Invocation> {
        while let Some(process) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            if !process.handle().has_ended() {
                return Ok(process);
            }
        }
        let environment = self.environment.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut command = Command::new(&self.program.0);
        command.env_clear().envs(environment);
        let process =
            Process::start(command, &self.function.logical_id, &self.logs).await.map_err(|error| {
                let message = format!("{} can't be started: {error}", self.program.0.display());
                self.logs.write(&self.function.logical_id, &message);
                Invocation::failure("Runtime.InvalidEntrypoint", &message)
            })?;
        {
            let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|handle| !handle.has_ended());
            all.push(process.handle().clone());
        }
        tokio::select! {
            biased;
            () = process.ready() => Ok(process),
            exit = process.handle().ended() => Err(match process.init_error() {
                Some(payload) => Invocation { payload, failed: true },
                None => self.exited(request_id, &exit),
            }),
            () = sleep(INIT) => {
                process.handle().kill().await;
                let message = format!("{request_id} Init timed out after {:.2} seconds", INIT.as_secs_f64());
                self.logs.write(&self.function.logical_id, &message);
                Err(Invocation::failure("Sandbox.Timedout", &message))
            }
        }
    }

    fn exited(&self, request_id: &str, exit: &str) -> Invocation {
        let message = format!("RequestId: {request_id} Error: Runtime exited with error: {exit}");
        self.logs.write(&self.function.logical_id, &message);
        Invocation::failure("Runtime.ExitError", &message)
    }

    /// Ends the processes that wait for work.
    pub(super) fn discard_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Kills the processes that do not wait for work, and waits until they are gone.
    pub(super) async fn kill_busy(&self) {
        let mut handles = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            handles.retain(|handle| idle.iter().all(|process| !process.handle().is(handle)));
        }
        Self::kill_each(handles).await;
    }

    /// Kills all processes and waits until they are gone.
    pub(super) async fn kill(&self) {
        let handles = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self::kill_each(handles).await;
    }

    async fn kill_each(handles: Vec<Handle>) {
        for handle in handles {
            // A process whose owner drops it meanwhile is killed by that.
            let _ = timeout(Duration::from_secs(5), handle.kill()).await;
        }
    }
}

/// Path of a function's program.
pub(in crate::aws) struct Program(pub(in crate::aws) PathBuf);

impl Program {
    pub(in crate::aws) fn of(function: &Function, bin_dir: &Path) -> Self {
        Self(bin_dir.join(format!("{}{}", function.binary, std::env::consts::EXE_SUFFIX)))
    }
}

/// The environment of a process: the template's variables, and what Lambda itself sets.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
fn environment(function: &Function, place: &Place) -> Vec<(String, String)> {
    let memory = function.memory_mb.to_string();
    let log_group = format!("/aws/lambda/{}", function.name);
    let mut own = vec![
        ("AWS_ACCESS_KEY_ID", function.logical_id.as_str()),
        ("AWS_DEFAULT_REGION", &place.region),
        ("AWS_ENDPOINT_URL", &place.endpoint_url),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_NAME", &function.name),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
        ("AWS_REGION", &place.region),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
    ];
    if function.json_logs {
        own.push(("AWS_LAMBDA_LOG_FORMAT", "JSON"));
    }
    let template = function.environment.iter().map(|(key, value)| (key.clone(), value.clone()));
    template.chain(own.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()))).collect()
}
