//! One deployed stack with its stand-ins, shared by all stories of a test run.

use crate::front::Front;
use crate::local_aws::{Deployment, HarnessError, LocalAws, root, setting};
use crate::receiver::Receiver;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use signoff_local::aws::LogSink;
use signoff_local::calls::Calls;
use signoff_local::{circleci, github, jira, linear, slack};
use signoff_runtime::api_keys::NewKey;
use signoff_runtime::aws::Aws;
use signoff_runtime::settings::Settings;
use signoff_store::{Actor, ApiKey, Scope, Store, StoreConfig};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::OnceCell;

/// The token behind the secret `pager` that rules of `acme/webhook-secret` may send.
pub const HEADER_SECRET: &str = "header-secret-of-the-tests";
/// The API key of the stack under test: the row of a key that an admin created.
pub const API_KEY: &str = "sgn_7e577e577e57_7e577e577e577e577e577e577e577e577e577e577e577e577e577e577e577e57";
/// Name of that key.
pub const API_KEY_NAME: &str = "the tests";
/// The text that the keys of `webhook` actions are derived from.
pub const SIGNING_KEY: &str = "webhook-signing-key-of-the-tests";
/// Alarms, with the environments that they watch.
const ALARMS: &str = "health-alarm* acme/health-alarm Production, health-mild acme/health-alarm Production ailing, \
                      health-goes-on acme/health-goes-on Production, mixed-alarms acme/mixed-alarms Production, \
                      budgets-alarm acme/budgets Staging";
/// The repository with the policy of a stack that has one.
pub const POLICY_REPOSITORY: &str = "acme/policy";
/// The channel that hears of problems.
pub const PROBLEMS_CHANNEL: &str = "deploys";

/// Options of a world.
#[derive(Clone, Debug, Default)]
pub struct WorldOptions {
    /// Messages come twice and in any order, as this seed has it; only the embedded local AWS can do that.
    pub disorder: Option<u64>,
    /// True if the stack has its policy in [`POLICY_REPOSITORY`]. It is on the embedded local AWS then, so
    /// that there can be many such stacks: a policy binds a whole one.
    pub has_policy: bool,
}

/// The stack under test and what is around it.
pub struct World {
    /// The address of the HTTP API.
    pub front: Front,
    /// The workspace.
    pub slack: slack::Slack,
    /// The git host.
    pub github: github::GitHub,
    /// CI.
    pub circleci: circleci::CircleCi,
    /// An issue tracker.
    pub jira: jira::Jira,
    /// Another one.
    pub linear: linear::Linear,
    /// Local AWS to which the stack is deployed.
    pub aws: LocalAws,
    /// The record, looked into from outside.
    pub store: Store,
    /// The same, without a way to send: what a process does that ends between its commit and its send.
    pub silent_store: Store,
    /// The record's table, for what the record itself would never do.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The queues, for messages that the functions never send.
    pub sqs: aws_sdk_sqs::Client,
    /// The record table's name.
    pub record_table: String,
    /// A client without redirects.
    pub http: reqwest::Client,
    /// A receiver of webhooks, for those who need none of their own.
    pub receiver: Receiver,
    /// Calls of the functions.
    pub calls: Calls,
    bin_dir: PathBuf,
    panics: Arc<Mutex<Vec<String>>>,
    secrets: Arc<Mutex<Vec<String>>>,
    leaks: Arc<Mutex<Vec<String>>>,
    runtime: Runtime,
}

impl World {
    /// The world of this test run; the first call starts it.
    pub fn get() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        let disorder = setting("SIGNOFF_TEST_DISORDER").and_then(|seed| seed.parse().ok());
        WORLD.get_or_init(|| match Self::start(&WorldOptions { disorder, has_policy: false }) {
            Ok(world) => world,
            Err(error) => {
                // Every story fails with it.
                #[expect(clippy::panic, reason = "without a world there is no test")]
                {
                    panic!("the stack under test can't be started: {error}")
                }
            }
        })
    }

    /// Runs `future` among the world's servers, so that no connection outlives its runtime.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Has the clock look at what is due, as it does every minute.
    pub async fn tick(&self) {
        self.aws.wake_clock().await;
    }

    /// Waits for the clock's own schedule on the second local AWS, which has one of its own; else as
    /// [`tick`](Self::tick).
    pub async fn scheduled_tick(&self) {
        if self.aws.as_embedded().is_some() {
            self.tick().await;
        }
    }

    /// Returns the path of the program with this name, built with the functions.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }

    /// The lines of the functions' logs that tell of a panic.
    pub fn panics(&self) -> Vec<String> {
        self.panics.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the places in which a secret leaked: the functions' logs, Slack, trackers, and receivers.
    pub fn leaks(&self) -> Vec<String> {
        let mut leaks = self.leaks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let requests = [self.slack.requests(), self.jira.requests(), self.linear.requests()].concat();
        // The one call that is made with the app's own secret, in its body.
        let signs_in = |path: &str| path.ends_with("/openid.connect.token");
        let said =
            requests.into_iter().filter(|request| !signs_in(&request.path)).map(|request| request.body);
        let posted = self.receiver.deliveries().into_iter().map(|delivery| delivery.body.to_string());
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        leaks.extend(said.chain(posted).filter(|text| secrets.iter().any(|secret| text.contains(secret))));
        leaks
    }

    /// From now on, `secret` must be seen nowhere either.
    pub fn keeps_secret(&self, secret: &str) {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).push(secret.to_owned());
    }

    /// A world of one's own.
    pub fn start(options: &WorldOptions) -> Result<Self, HarnessError> {
        let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build()?;
        let world = runtime.block_on(Self::raise(options))?;
        Ok(world(runtime))
    }

    async fn raise(options: &WorldOptions) -> Result<impl FnOnce(Runtime) -> Self, HarnessError> {
        let bin_dir = BUILT.get_or_try_init(build_functions).await?.clone();
        let http = reqwest_client()?;
        let front = Front::start(http.clone()).await?;
        let slack = slack::Slack::start(slack::Settings {
            interactions_url: Some(format!("{}/slack/interactions", front.url())),
            events_url: Some(format!("{}/slack/events", front.url())),
            redirect_urls: vec![format!("{}/sign-in/slack/callback", front.url())],
            ..slack::Settings::default()
        })
        .await?;
        slack.add_channel(slack::NewChannel::new(PROBLEMS_CHANNEL));
        let github = github::GitHub::start(github::Options::default()).await?;
        let circleci = circleci::CircleCi::start(circleci::Options::default()).await?;
        let host = github.clone();
        circleci.follow(move |repository, name, is_tag| host.head_of(repository, name, is_tag));
        let jira = jira::Jira::start(jira::Options::default()).await?;
        let linear = linear::Linear::start(linear::Options::default()).await?;
        let mut parameters = BTreeMap::from(
            [
                ("Deployments", format!("acme/* #{PROBLEMS_CHANNEL}, shop/web=acme/storefront")),
                ("Alarms", ALARMS.to_owned()),
                ("PublicUrl", front.url().to_owned()),
                ("SlackApiUrl", format!("{}/api", slack.url())),
                ("SlackAuthorizeUrl", slack.authorize_url()),
                ("GitHubApiUrl", github.url().to_owned()),
                ("CircleCiApiUrl", format!("{}/api/v2", circleci.url())),
                ("CircleCiAppUrl", circleci.url().to_owned()),
                ("JiraUrl", jira.url().to_owned()),
                ("LinearApiUrl", linear.api_url()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        if options.has_policy {
            github.add_repository(POLICY_REPOSITORY, "main");
            parameters.insert("PolicyRepository".to_owned(), POLICY_REPOSITORY.to_owned());
        }
        let mut secrets = signoff_local::secrets::of_stand_ins(SIGNING_KEY);
        let receiver = Receiver::start(&[200]).await?;
        let calls = Calls::default();
        slack.faults().listen("Slack", &calls);
        github.faults().listen("GitHub", &calls);
        circleci.faults().listen("CircleCI", &calls);
        jira.faults().listen("Jira", &calls);
        linear.faults().listen("Linear", &calls);
        receiver.faults().listen("Receiver", &calls);
        let panics = Arc::new(Mutex::new(Vec::new()));
        let leaks = Arc::new(Mutex::new(Vec::new()));
        let mut secret_texts: Vec<String> = secrets.values().flat_map(texts).collect();
        secret_texts.push(HEADER_SECRET.to_owned());
        secret_texts.push(API_KEY.to_owned());
        let texts = Arc::new(Mutex::new(secret_texts));
        // Of this one only the value is secret.
        let pager = json!({
            "value": format!("Bearer {HEADER_SECRET}"),
            "hosts": ["127.0.0.1"],
            "deployments": ["acme/webhook-secret"],
        });
        if let Some(write) = secrets.get_mut("WriteSecret") {
            write["webhook_headers"]["pager"] = pager;
        }
        let (heard, leaked, secret_texts) = (Arc::clone(&panics), Arc::clone(&leaks), Arc::clone(&texts));
        let log_sink = LogSink::each(move |line| {
            let secret_texts = secret_texts.lock().unwrap_or_else(PoisonError::into_inner);
            if secret_texts.iter().any(|secret| line.text.contains(secret)) {
                leaked.lock().unwrap_or_else(PoisonError::into_inner).push(line.text.clone());
            }
            if line.text.contains("panicked at") {
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(line.text.clone());
            }
        });
        let deployment = Deployment {
            root: root(),
            bin_dir: bin_dir.clone(),
            parameters,
            // Receivers of the webhook action run on this machine too.
            environment: BTreeMap::from([("WEBHOOK_LOOPBACK".to_owned(), "allowed".to_owned())]),
            secrets,
            calls: calls.clone(),
            log_sink,
            disorder: options.disorder,
        };
        let aws = if options.has_policy {
            LocalAws::embedded(deployment).await?
        } else {
            LocalAws::deploy(deployment).await?
        };
        front.lead_to(aws.api());
        let (settings, record_table) = (settings(&aws)?, aws.physical_id("RecordTable")?);
        let clients = Aws::new(&settings)?;
        let (store, dynamodb, sqs) = (clients.store(&settings)?, clients.dynamodb(), clients.sqs());
        store.create_key(&key_of_the_tests()?).await?;
        let places = StoreConfig {
            record_table: record_table.clone(),
            cache_table: None,
            deploys_queue: None,
            effects_queue: None,
            retention: settings.retention()?,
        };
        let silent_store = Store::new(clients.dynamodb(), None, places);
        Ok(|runtime| Self {
            front,
            slack,
            github,
            circleci,
            jira,
            linear,
            aws,
            store,
            silent_store,
            dynamodb,
            sqs,
            record_table,
            http,
            receiver,
            calls,
            bin_dir,
            panics,
            secrets: texts,
            leaks,
            runtime,
        })
    }
}

/// The row of [`API_KEY`].
fn key_of_the_tests() -> Result<ApiKey, HarnessError> {
    let digits = API_KEY.trim_start_matches("sgn_").replace('_', "");
    let random = hex::decode(digits)?.try_into().map_err(|_| "the tests' API key has another length")?;
    let by = Actor { id: "tests".to_owned(), name: API_KEY_NAME.to_owned() };
    let NewKey { text, row } =
        NewKey::new(&random, API_KEY_NAME.to_owned(), Scope::ALL.into(), by, signoff_runtime::time::now());
    assert_eq!(text.expose_secret(), API_KEY);
    Ok(row)
}

/// Directory of the functions' programs, once they are built.
static BUILT: OnceCell<PathBuf> = OnceCell::const_new();

/// A client that follows no redirects.
fn reqwest_client() -> Result<reqwest::Client, HarnessError> {
    Ok(signoff_providers::http::client()?)
}

/// The settings of somebody with rights to all of the stack on `aws`.
fn settings(aws: &LocalAws) -> Result<Settings, HarnessError> {
    let (region, key, secret) = aws.credentials();
    Ok(Settings::new([
        ("AWS_REGION", &region),
        ("AWS_ACCESS_KEY_ID", &key),
        ("AWS_SECRET_ACCESS_KEY", &secret),
        ("AWS_ENDPOINT_URL", &aws.endpoint()),
        ("RECORD_TABLE", &aws.physical_id("RecordTable")?),
        ("DEPLOYS_QUEUE_URL", &aws.physical_id("DeploysQueue")?),
        ("EFFECTS_QUEUE_URL", &aws.physical_id("EffectsQueue")?),
        ("RETENTION_DAYS", "365"),
    ]))
}

/// Builds the functions as `cargo run` does, and returns the folder that has their programs.
async fn build_functions() -> Result<PathBuf, HarnessError> {
    // With a test: the same features as `cargo test --workspace`, so that nothing is compiled twice. What
    // measures (examples/) may be built with `--release`, and so are the functions then.
    let what: &[&str] = if cfg!(debug_assertions) { &["--test", "stories"] } else { &["--release"] };
    let mut build = signoff_local::cargo::command(&root());
    let status = build.args(["build", "--workspace", "--bins"]).args(what).status().await?;
    if !status.success() {
        return Err(format!("`cargo build --workspace --bins {}` ended with {status}", what.join(" ")).into());
    }
    // This test's own program lies in target/debug/deps.
    let program = std::env::current_exe()?;
    let bin_dir = program.parent().and_then(|deps| deps.parent());
    Ok(bin_dir.ok_or("the test's program lies nowhere")?.to_owned())
}

/// Every text in a secret's value.
fn texts(secret: &Value) -> Vec<String> {
    match secret {
        Value::String(text) => vec![text.clone()],
        Value::Array(parts) => parts.iter().flat_map(texts).collect(),
        Value::Object(parts) => parts.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}
