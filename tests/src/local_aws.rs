//! The local AWS that the stack under test is deployed on.

use crate::front::Target;
use serde_json::Value;
use signoff_local::aws::{LogLine, LogSink, Mark, Request, Stack, StackOptions};
use signoff_local::calls::Calls;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Longest time that the second local AWS may take to start and deploy.
const DEPLOY_WITHIN: Duration = Duration::from_secs(180);

/// An error of the harness: it ends the test run.
pub type HarnessError = Box<dyn std::error::Error + Send + Sync>;

/// Options with which a stack is deployed.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The checkout's root.
    pub root: PathBuf,
    /// Directory of the functions' programs.
    pub bin_dir: PathBuf,
    /// The template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// Environment variables that the functions have besides the template's.
    pub environment: BTreeMap<String, String>,
    /// The secrets' values by logical id.
    pub secrets: BTreeMap<String, Value>,
    /// Keeps the functions' calls, on the embedded local AWS.
    pub calls: Calls,
    /// Hears the functions' log lines, on the embedded local AWS.
    pub log_sink: LogSink,
    /// Breaks the order of messages and doubles them, on the embedded local AWS; a seed.
    pub disorder: Option<u64>,
}

/// A deployed stack.
pub enum LocalAws {
    /// On the embedded local AWS.
    Embedded(Box<Stack>),
    /// On ministack.
    Ministack {
        /// Output of `deploy.py` about the stack.
        stack: Value,
        /// The process that keeps it running until its standard input closes.
        process: Box<Child>,
        /// Its input: each line names a function to invoke.
        input: Mutex<ChildStdin>,
    },
}

impl LocalAws {
    /// Deploys the stack on the local AWS that `SIGNOFF_TEST_AWS` names: `ministack`, or the embedded one.
    pub async fn deploy(deployment: Deployment) -> Result<Self, HarnessError> {
        match setting("SIGNOFF_TEST_AWS").as_deref() {
            None | Some("" | "embedded") => Self::embedded(deployment).await,
            Some("ministack") => Self::ministack(deployment).await,
            Some(other) => {
                Err(format!("SIGNOFF_TEST_AWS is {other}; it must be embedded or ministack").into())
            }
        }
    }

    /// Deploys the stack on the embedded local AWS.
    pub async fn embedded(deployment: Deployment) -> Result<Self, HarnessError> {
        let mut options = StackOptions::new(deployment.root.join("template.yaml"), deployment.bin_dir);
        options.parameters = deployment.parameters;
        options.environment = deployment.environment;
        options.secrets =
            deployment.secrets.into_iter().map(|(name, value)| (name, value.to_string().into())).collect();
        options.calls = deployment.calls;
        options.log_sink = deployment.log_sink;
        options.disorder = deployment.disorder;
        Ok(Self::Embedded(Box::new(Stack::start(options).await?)))
    }

    async fn ministack(deployment: Deployment) -> Result<Self, HarnessError> {
        let python = setting("SIGNOFF_MINISTACK_PYTHON").unwrap_or_else(|| "python3".to_owned());
        let scratch = deployment.bin_dir.join("../ministack");
        tokio::fs::create_dir_all(&scratch).await?;
        let (secrets, out) = (scratch.join("secrets.json"), scratch.join("stack.json"));
        tokio::fs::write(&secrets, serde_json::to_vec(&deployment.secrets)?).await?;
        if out.exists() {
            tokio::fs::remove_file(&out).await?;
        }
        let parameters = deployment.parameters.iter().map(|(name, value)| format!("{name}={value}"));
        let environment = deployment.environment.iter().map(|(name, value)| format!("{name}={value}"));
        let mut process = Command::new(python)
            .arg(deployment.root.join("infra/ministack/deploy.py"))
            .arg("--bin-dir")
            .arg(&deployment.bin_dir)
            .arg("--secrets")
            .arg(&secrets)
            .arg("--out")
            .arg(&out)
            .arg("--environment")
            .args(environment)
            .arg("--parameters")
            .args(parameters)
            .stdin(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let deadline = Instant::now() + DEPLOY_WITHIN;
        while !out.exists() {
            if let Some(status) = process.try_wait()? {
                return Err(format!(
                    "infra/ministack/deploy.py ended with {status} before the stack was there"
                )
                .into());
            }
            if Instant::now() > deadline {
                return Err(format!("infra/ministack/deploy.py took longer than {DEPLOY_WITHIN:?}").into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let stack = serde_json::from_slice(&tokio::fs::read(&out).await?)?;
        let input = process.stdin.take().ok_or("infra/ministack/deploy.py has no standard input")?;
        Ok(Self::Ministack { stack, process: Box::new(process), input: Mutex::new(input) })
    }

    /// Returns the address of the HTTP API.
    pub fn api(&self) -> Target {
        match self {
            Self::Embedded(stack) => Target { base: stack.api_url().to_owned(), host: None },
            Self::Ministack { stack, .. } => {
                let url = text(stack, "api_url");
                let host = url.split("://").nth(1).unwrap_or(&url).trim_end_matches('/').to_owned();
                Target { base: format!("http://{}", text(stack, "api_address")), host: Some(host) }
            }
        }
    }

    /// The address of the AWS services.
    pub fn endpoint(&self) -> String {
        match self {
            Self::Embedded(stack) => stack.endpoint_url().to_owned(),
            Self::Ministack { stack, .. } => text(stack, "endpoint"),
        }
    }

    /// The region and the keys of somebody who may do everything.
    pub fn credentials(&self) -> (String, String, String) {
        match self {
            Self::Embedded(stack) => (stack.region().to_owned(), "tests".to_owned(), "tests".to_owned()),
            Self::Ministack { stack, .. } => {
                (text(stack, "region"), text(stack, "access_key_id"), text(stack, "secret_access_key"))
            }
        }
    }

    /// The name, address or ARN of a resource.
    pub fn physical_id(&self, logical_id: &str) -> Result<String, HarnessError> {
        let id = match self {
            Self::Embedded(stack) => stack.physical_id(logical_id).map(str::to_owned),
            Self::Ministack { stack, .. } => stack["resources"][logical_id].as_str().map(str::to_owned),
        };
        id.ok_or_else(|| format!("the stack has no {logical_id}").into())
    }

    /// Has the clock look at what is due: at once, beside its own schedule.
    pub async fn wake_clock(&self) {
        match self {
            Self::Embedded(stack) => {
                for invocation in stack.wake().await {
                    assert!(!invocation.failed, "the clock failed: {invocation:?}");
                }
            }
            Self::Ministack { input, .. } => input.lock().await.write_all(b"ClockFunction\n").await.unwrap(),
        }
    }

    /// The embedded stack, for what only it can do.
    pub fn as_embedded(&self) -> Option<&Stack> {
        match self {
            Self::Embedded(stack) => Some(stack),
            Self::Ministack { .. } => None,
        }
    }

    /// This moment in the sequence of requests to AWS, where they are counted.
    pub fn mark(&self) -> Option<Mark> {
        self.as_embedded().map(Stack::mark)
    }

    /// The requests to AWS since then.
    pub fn requests_since(&self, mark: Mark) -> Vec<Request> {
        self.as_embedded().map(|stack| stack.requests_since(mark)).unwrap_or_default()
    }

    /// Returns the lines that the functions logged; none if the local AWS does not keep them.
    pub fn logs(&self) -> Vec<LogLine> {
        self.as_embedded().map(Stack::logs).unwrap_or_default()
    }
}

/// An environment variable of the test run.
#[expect(
    clippy::disallowed_methods,
    reason = "the harness is told by its environment which local AWS to use"
)]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The checkout's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
