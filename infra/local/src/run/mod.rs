//! Builds the functions, starts everything, waits for Ctrl-C.

mod addresses;
mod build;
pub mod cli;
mod demo;
pub mod terminal;

use std::{
    io,
    path::{Path, PathBuf},
    time::Instant,
};

use secrecy::SecretString;
use signoff_local::{
    api_key,
    aws::{LogSink, Stack, StackError, StackOptions},
    circleci::{self, CircleCi},
    github::{self, GitHub},
    jira::{self, Jira},
    linear::{self, Linear},
    oidc::{self, Issuer},
    shell::{Options, Service, StandIn},
    slack::{self, Slack},
    stand_in::{
        self,
        page::{Button, Link},
    },
};

use self::{
    addresses::{Addresses, Ports, loopback},
    cli::Cli,
    demo::Demo,
    terminal::Terminal,
};

/// The text that the keys of `webhook` actions are derived from.
const SIGNING_KEY: &str = "webhook-signing-key-of-the-local-stack";

/// Reason why the local stack can't run: one line, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The functions can't be built.
    #[error("the functions can't be built: {0}")]
    Build(String),
    /// A stand-in, or the way to it, can't be started.
    #[error("{what} can't be started: {source}")]
    StandIn {
        /// Such as `Slack's stand-in`.
        what: String,
        /// The cause.
        source: io::Error,
    },
    /// The local AWS can't be started.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The demo's deploy was refused.
    #[error("the demo's first deploy failed: {0}")]
    Demo(#[from] demo::DemoError),
    /// The signals can't be listened for.
    #[error("can't listen for Ctrl-C: {0}")]
    Signal(io::Error),
}

/// Runs until Ctrl-C.
pub async fn run(cli: Cli, terminal: &Terminal) -> Result<(), RunError> {
    start_log();
    let bin_dir = build::bin_dir().map_err(RunError::Build)?;
    if !cli.no_build {
        terminal.step("building the functions (the first time takes a few minutes)");
        build::functions(&root()).await.map_err(RunError::Build)?;
    }
    terminal.step("starting the local AWS, Slack, GitHub, CircleCI, Jira and Linear");
    let begin = Instant::now();
    let ports = Ports::choose(cli.port)
        .map_err(|source| RunError::StandIn { what: "a server".to_owned(), source })?;
    let addresses = Addresses::from(ports);
    // A record that is there already has its deploys.
    let first_time = cli.data.as_ref().is_none_or(|directory| !directory.join(file_of("Slack")).exists());
    if let Some(directory) = &cli.data {
        std::fs::create_dir_all(directory)
            .map_err(|source| StackError::DataDir { path: directory.clone(), source })?;
    }
    let stand_ins = StandIns { addresses: &addresses, data: cli.data.as_deref() };
    let slack: Slack = stand_ins.start("Slack", ports.slack, slack_settings(&addresses)).await?;
    let github: GitHub = stand_ins.start("GitHub", ports.github, github::Settings::default()).await?;
    let builds = circleci::Settings { build_time: Some(demo::BUILD_TIME), ..circleci::Settings::default() };
    let circleci: CircleCi = stand_ins.start("CircleCI", ports.circleci, builds).await?;
    let host = github.clone();
    circleci.follow(move |repository, name, is_tag| host.head_of(repository, name, is_tag));
    let jira: Jira = stand_ins.start("Jira", ports.jira, jira::Settings::default()).await?;
    let _linear: Linear = stand_ins.start("Linear", ports.linear, linear::Settings::default()).await?;
    let issuer = oidc::Options { address: loopback(ports.issuer), ..oidc::Options::default() };
    let _issuer = Issuer::start(issuer)
        .await
        .map_err(|source| RunError::StandIn { what: "the issuer of CI tokens".to_owned(), source })?;
    let options = options(&cli, *terminal, ports, &addresses, bin_dir);
    let stack = Stack::start(options).await?;
    if first_time {
        // Later it is the record's: somebody may have revoked it.
        let now = stand_in::system_clock()();
        stack.put_row("RecordTable", &api_key::row(api_key::TEXT, &now.to_string()))?;
    }
    let demo = Demo::new((slack, github, circleci, jira), stack.api_url(), api_key::TEXT)?;
    let _server = demo
        .serve(loopback(ports.demo))
        .await
        .map_err(|source| RunError::StandIn { what: "the server that makes deploys".to_owned(), source })?;
    if first_time {
        demo.deploy().await?;
    }
    terminal.ready(&addresses, api_key::TEXT, begin.elapsed());
    interrupted().await.map_err(RunError::Signal)?;
    terminal.step("stopping");
    Ok(stack.stop().await?)
}

/// Values that all stand-ins of a local stack are started with.
struct StandIns<'a> {
    addresses: &'a Addresses,
    data: Option<&'a Path>,
}

impl StandIns<'_> {
    async fn start<S: Service>(
        &self,
        name: &str,
        port: u16,
        settings: S::Settings,
    ) -> Result<StandIn<S>, RunError> {
        let options = Options {
            address: loopback(port),
            links: links(self.addresses, name),
            file: self.data.map(|directory| directory.join(file_of(name))),
            ..settings.into()
        };
        let started = StandIn::start(options).await;
        started.map_err(|source| RunError::StandIn { what: format!("{name}'s stand-in"), source })
    }
}

/// Name of the file that keeps the state of a stand-in, in the directory for kept data.
fn file_of(name: &str) -> String {
    format!("{}.json", name.to_ascii_lowercase())
}

fn slack_settings(addresses: &Addresses) -> slack::Settings {
    slack::Settings {
        interactions_url: Some(format!("{}/slack/interactions", addresses.api)),
        events_url: Some(format!("{}/slack/events", addresses.api)),
        redirect_urls: vec![format!("{}/sign-in/slack/callback", addresses.api)],
        buttons: vec![Button {
            label: "Make a deploy".to_owned(),
            url: format!("{}/deploys", addresses.demo),
        }],
        ..slack::Settings::default()
    }
}

/// Links to all pages but the one's own.
fn links(addresses: &Addresses, own: &str) -> Vec<Link> {
    let all = [
        ("Slack", &addresses.slack),
        ("CircleCI", &addresses.circleci),
        ("GitHub", &addresses.github),
        ("Jira", &addresses.jira),
        ("Linear", &addresses.linear),
        ("Console", &addresses.api),
    ];
    let others = all.into_iter().filter(|(label, _)| *label != own);
    others.map(|(label, url)| Link { label: label.to_owned(), url: url.clone() }).collect()
}

fn options(
    cli: &Cli,
    terminal: Terminal,
    ports: Ports,
    addresses: &Addresses,
    bin_dir: PathBuf,
) -> StackOptions {
    let mut options = StackOptions::new(root().join("template.yaml"), bin_dir);
    options.data_dir.clone_from(&cli.data);
    options.api_port = ports.api;
    options.endpoint_port = ports.endpoint;
    options.schedules = true;
    let all = cli.logs;
    options.log_sink = LogSink::each(move |line| terminal.log(line, all));
    options.parameters = [
        ("Deployments", demo::DEPLOYMENTS.to_owned()),
        ("SlackApiUrl", format!("{}/api", addresses.slack)),
        ("SlackAuthorizeUrl", format!("{}/openid/connect/authorize", addresses.slack)),
        ("GitHubApiUrl", addresses.github.clone()),
        ("CircleCiApiUrl", format!("{}/api/v2", addresses.circleci)),
        ("CircleCiAppUrl", addresses.circleci.clone()),
        ("JiraUrl", addresses.jira.clone()),
        ("LinearApiUrl", format!("{}/graphql", addresses.linear)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    // Receivers of the webhook action run on this machine too.
    options.environment = [("WEBHOOK_LOOPBACK".to_owned(), "allowed".to_owned())].into();
    let secrets = signoff_local::secrets::of_stand_ins(SIGNING_KEY);
    options.secrets =
        secrets.into_iter().map(|(name, value)| (name, SecretString::from(value.to_string()))).collect();
    options
}

/// The checkout that this program was built from.
fn root() -> PathBuf {
    let infra_local = Path::new(env!("CARGO_MANIFEST_DIR"));
    infra_local.ancestors().nth(2).unwrap_or(infra_local).to_owned()
}

/// Writes the local stack's own failures to stderr.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::new("off,signoff_local=warn");
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    log.with_target(false).without_time().init();
}

/// Returns at Ctrl-C, or when asked to end by another process.
async fn interrupted() -> io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupt = tokio::signal::ctrl_c() => interrupt,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
