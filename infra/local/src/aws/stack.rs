//! The whole local AWS of one template: start it, drive it, look into it.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Bytes};
use secrecy::SecretString;
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

use super::{
    dead_letters::{DeadLetter, DeadLetters},
    gateway::Gateway,
    ids::Ids,
    lambda::{
        Functions, Invocation, Program,
        logs::{LogLine, LogSink, Logs},
    },
    poller, schedule,
    services::{
        self, ServiceError, Services,
        dynamodb::DynamoDb,
        requests::{Mark, Request, RequestLog},
        secrets::Secrets,
        sqs::Sqs,
    },
    template::{Place, Resources, Template, TemplateError},
};

const REGION: &str = "us-east-1";
const ACCOUNT: &str = "000000000000";
/// Where `data_dir` keeps the tables.
const DATABASE: &str = "dynamodb.sqlite";
/// Between two looks at the queues while waiting for them.
const LOOK: Duration = Duration::from_millis(5);

/// What a stack is started with.
#[derive(Debug)]
pub struct StackOptions {
    /// The template to run.
    pub template: PathBuf,
    /// `AWS::StackName`; generated names begin with it.
    pub stack: String,
    /// Template parameters that differ from their defaults. `AwsEndpointUrl` is set by the stack.
    pub parameters: BTreeMap<String, String>,
    /// Values of secrets (JSON) by logical id; others have the template's placeholder.
    pub secrets: BTreeMap<String, SecretString>,
    /// The directory that has the functions' programs.
    pub bin_dir: PathBuf,
    /// The directory that the tables are kept in; none keeps them in memory.
    pub data_dir: Option<PathBuf>,
    /// The HTTP API's port; 0 takes a free one.
    pub api_port: u16,
    /// The AWS services' port; 0 takes a free one.
    pub endpoint_port: u16,
    /// Who is told of the functions' log lines.
    pub log_sink: LogSink,
    /// Whether schedules run by themselves; if not, [`Stack::wake`] runs them.
    pub schedules: bool,
    /// Takes the place of the queues' visibility timeouts for the functions' batches: tests of a crash don't want to
    /// wait for minutes.
    pub visibility_timeout: Option<Duration>,
}

impl StackOptions {
    /// A stack in memory on free ports, whose schedules don't run by themselves.
    #[must_use]
    pub fn new(template: impl Into<PathBuf>, bin_dir: impl Into<PathBuf>) -> Self {
        Self {
            template: template.into(),
            stack: "signoff".to_owned(),
            parameters: BTreeMap::new(),
            secrets: BTreeMap::new(),
            bin_dir: bin_dir.into(),
            data_dir: None,
            api_port: 0,
            endpoint_port: 0,
            log_sink: LogSink::none(),
            schedules: false,
            visibility_timeout: None,
        }
    }
}

/// Why a stack could not be started, or could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The template's file can't be read.
    #[error("{path} can't be read: {source}")]
    ReadTemplate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The template says something that can't be run.
    #[error("{path}, {source}")]
    Template {
        /// The file.
        path: PathBuf,
        /// Line and reason.
        source: TemplateError,
    },
    /// A port is taken, or may not be used.
    #[error("port {port} can't be used: {source}; choose another one, or 0 for any that is free")]
    Port {
        /// The port that was asked for.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// A function's program is not there.
    #[error("{function} has no program at {path}: build it with `cargo build`")]
    NoProgram {
        /// Logical id of the function.
        function: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The directory for kept data can't be made.
    #[error("{path} can't be used to keep data in: {source}")]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// One of the services refused what the stack asked of it.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The template has no such resource.
    #[error("the template has no {what} `{logical_id}`")]
    Unknown {
        /// Such as `function`.
        what: &'static str,
        /// The logical id that was asked for.
        logical_id: String,
    },
    /// There was still work after the time that was given.
    #[error("still busy after {after:?}: {what}")]
    Busy {
        /// The time that was given.
        after: Duration,
        /// Which queues hold how much, how many invocations run.
        what: String,
    },
}

/// A running stack. Dropping it ends all of its servers and functions.
pub struct Stack {
    place: Place,
    resources: Resources,
    services: Arc<Services>,
    dead_letters: DeadLetters,
    logs: Arc<Logs>,
    ids: Arc<Ids>,
    tasks: JoinSet<()>,
}

impl Stack {
    /// Starts everything that the template describes. Functions' processes start with their first invocation.
    ///
    /// # Errors
    /// See [`StackError`]; nothing is left running then.
    pub async fn start(options: StackOptions) -> Result<Self, StackError> {
        let template = read_template(&options.template)?;
        let endpoint = bind(options.endpoint_port).await?;
        let api = bind(options.api_port).await?;
        let place = Place {
            stack: options.stack,
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            endpoint_url: format!("http://{}", endpoint.address),
            api_url: format!("http://{}", api.address),
        };
        let mut parameters = options.parameters;
        if template.has_parameter("AwsEndpointUrl") {
            parameters.insert("AwsEndpointUrl".to_owned(), place.endpoint_url.clone());
        }
        let resources = template
            .resolve(&place, &parameters)
            .map_err(|source| StackError::Template { path: options.template, source })?;
        check_secrets(&resources, &options.secrets)?;
        for function in &resources.functions {
            let Program(path) = Program::of(function, &options.bin_dir);
            if !path.is_file() {
                return Err(StackError::NoProgram { function: function.logical_id.clone(), path });
            }
        }

        let (logs, ids) = (Arc::new(Logs::new(options.log_sink)), Arc::new(Ids::default()));
        let functions = Arc::new(Functions::new(&resources.functions, &place, &options.bin_dir, &logs, &ids));
        let services = Services {
            dynamodb: DynamoDb::start(database(options.data_dir.as_deref())?.as_deref()).await?,
            sqs: Sqs::new(&place, endpoint.address.port()),
            secrets: Secrets::new(&place),
            functions: Arc::clone(&functions),
            requests: RequestLog::default(),
        };
        create(&services, &resources, &options.secrets).await?;
        let services = Arc::new(services);

        let mut tasks = JoinSet::new();
        tasks.spawn(serve(endpoint.listener, services::router(Arc::clone(&services))));
        let gateway = Gateway::new(&resources.routes, &functions, &ids, &place);
        tasks.spawn(serve(api.listener, gateway.router()));
        for source in &resources.event_sources {
            if let Some(queue) = resources.queues.iter().find(|queue| queue.logical_id == source.queue) {
                let (services, source, queue) = (Arc::clone(&services), source.clone(), queue.clone());
                tasks.spawn(poller::run(services, source, queue, REGION.to_owned(), options.visibility_timeout));
            }
        }
        if options.schedules {
            for schedule in &resources.schedules {
                let (functions, ids) = (Arc::clone(&functions), Arc::clone(&ids));
                tasks.spawn(schedule::run(functions, schedule.clone(), place.clone(), ids));
            }
        }
        let dead_letters = DeadLetters::new(&resources);
        Ok(Self { place, resources, services, dead_letters, logs, ids, tasks })
    }

    /// Address of the HTTP API, without a slash at the end.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.place.api_url
    }

    /// Address of all AWS services (`AWS_ENDPOINT_URL`), without a slash at the end.
    #[must_use]
    pub fn endpoint_url(&self) -> &str {
        &self.place.endpoint_url
    }

    /// `AWS_REGION`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.place.region
    }

    /// What `Ref` gives for a resource: a table's name, a queue's URL, a secret's ARN.
    #[must_use]
    pub fn physical_id(&self, logical_id: &str) -> Option<&str> {
        self.resources.physical_ids.get(logical_id).map(String::as_str)
    }

    /// The resources that run.
    #[must_use]
    pub const fn resources(&self) -> &Resources {
        &self.resources
    }

    /// Invokes a function and waits for its end.
    ///
    /// # Errors
    /// There is no such function. A function that fails is no error: see [`Invocation::failed`].
    pub async fn invoke(&self, logical_id: &str, payload: impl Into<Bytes> + Send) -> Result<Invocation, StackError> {
        if !self.resources.functions.iter().any(|function| function.logical_id == logical_id) {
            return Err(StackError::Unknown { what: "function", logical_id: logical_id.to_owned() });
        }
        Ok(self.services.functions.invoke(logical_id, payload.into()).await)
    }

    /// Wakes the scheduled functions now, one after the other, as their time had come.
    pub async fn wake(&self) -> Vec<Invocation> {
        let mut invocations = Vec::new();
        for schedule in &self.resources.schedules {
            invocations.push(schedule::wake(&self.services.functions, schedule, &self.place, &self.ids).await);
        }
        invocations
    }

    /// Kills every process of a function as a crash would, whatever it is doing; the next invocation starts anew.
    ///
    /// # Errors
    /// There is no such function.
    pub async fn kill(&self, logical_id: &str) -> Result<(), StackError> {
        if self.services.functions.kill(logical_id).await {
            return Ok(());
        }
        Err(StackError::Unknown { what: "function", logical_id: logical_id.to_owned() })
    }

    /// This moment in the sequence of requests.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.services.requests.mark()
    }

    /// What was asked of the AWS services since then; the stack's own calls are not among it.
    #[must_use]
    pub fn requests_since(&self, mark: Mark) -> Vec<Request> {
        self.services.requests.since(mark)
    }

    /// What the functions have printed, in order; the oldest lines are forgotten after some ten thousand.
    #[must_use]
    pub fn logs(&self) -> Vec<LogLine> {
        self.logs.lines()
    }

    /// Waits until no queue that feeds a function holds a message, visible or in flight, and no invocation runs.
    ///
    /// # Errors
    /// [`StackError::Busy`] with what is left to do after `within`; what SQS refuses.
    pub async fn idle(&self, within: Duration) -> Result<(), StackError> {
        let deadline = Instant::now() + within;
        loop {
            let (started, running) = self.services.functions.activity();
            let waiting = self.waiting().await?;
            // A message is in its queue until its invocation has ended, and what an invocation sends is there before
            // that: with empty queues and nothing started in between, nothing can be on its way.
            if running == 0 && waiting.is_empty() && self.services.functions.activity() == (started, 0) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let what = format!("{running} invocations; {}", waiting.join(", "));
                return Err(StackError::Busy { after: within, what });
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The queues that feed a function and are not empty.
    async fn waiting(&self) -> Result<Vec<String>, StackError> {
        let mut waiting = Vec::new();
        for source in &self.resources.event_sources {
            for queue in self.resources.queues.iter().filter(|queue| queue.logical_id == source.queue) {
                let depth = self.services.sqs.depth(queue).await?;
                if depth.visible + depth.in_flight > 0 {
                    waiting.push(format!(
                        "{} holds {} visible and {} in flight",
                        queue.name, depth.visible, depth.in_flight
                    ));
                }
            }
        }
        Ok(waiting)
    }

    /// All messages that have come to a dead-letter queue so far.
    ///
    /// # Errors
    /// What SQS refuses.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, StackError> {
        Ok(self.dead_letters.collect(&self.services.sqs).await?)
    }

    /// Deletes items whose time to live is over, which DynamoDB does by itself sooner or later; tells how many.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn delete_expired(&self) -> Result<usize, StackError> {
        Ok(self.services.dynamodb.delete_expired()?)
    }

    /// Ends everything and waits until the servers are gone.
    pub async fn stop(mut self) {
        self.services.functions.close();
        self.tasks.shutdown().await;
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // The tasks end with their set. Open connections may outlive it for a moment; functions must not.
        self.services.functions.close();
    }
}

struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

async fn bind(port: u16) -> Result<Bound, StackError> {
    let refused = |source| StackError::Port { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok(Bound { listener, address })
}

async fn serve(listener: TcpListener, router: Router) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, service).await {
        tracing::error!(%error, "a server of the local AWS stopped");
    }
}

fn read_template(path: &Path) -> Result<Template, StackError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| StackError::ReadTemplate { path: path.to_owned(), source })?;
    Template::parse(&text).map_err(|source| StackError::Template { path: path.to_owned(), source })
}

/// The database's file; its directory is made.
fn database(data_dir: Option<&Path>) -> Result<Option<PathBuf>, StackError> {
    let Some(directory) = data_dir else { return Ok(None) };
    std::fs::create_dir_all(directory)
        .map_err(|source| StackError::DataDir { path: directory.to_owned(), source })?;
    Ok(Some(directory.join(DATABASE)))
}

fn check_secrets(resources: &Resources, values: &BTreeMap<String, SecretString>) -> Result<(), StackError> {
    let known = |id: &&String| resources.secrets.iter().any(|secret| secret.logical_id == **id);
    match values.keys().find(|id| !known(id)) {
        Some(unknown) => Err(StackError::Unknown { what: "secret", logical_id: unknown.clone() }),
        None => Ok(()),
    }
}

/// Creates tables, queues and secrets.
async fn create(
    services: &Services,
    resources: &Resources,
    secrets: &BTreeMap<String, SecretString>,
) -> Result<(), ServiceError> {
    for table in &resources.tables {
        services.dynamodb.create(table)?;
    }
    for queue in &resources.queues {
        services.sqs.create(queue).await?;
    }
    for secret in &resources.secrets {
        services.secrets.create(secret, secrets.get(&secret.logical_id)).await?;
    }
    Ok(())
}
