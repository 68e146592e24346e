//! The whole local AWS of one template: start it, drive it, look into it.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Bytes, serve::ListenerExt as _};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::Instant,
};

use crate::stand_in::server::{Connection, Cuttable};

use super::{
    StackError, StackOptions,
    dead_letters::{self, DeadLetter},
    gateway::Gateway,
    ids::Ids,
    lambda::{
        Functions, Invocation, Program,
        logs::{LogLine, Logs},
    },
    poller, schedule,
    services::{
        self, Services,
        access::Access,
        dynamodb::DynamoDb,
        events::{BusEvent, Events},
        requests::{Mark, Request, RequestLog},
        secrets::Secrets,
        sqs::Sqs,
    },
    template::{
        Place, Resources, Template,
        resources::{Function, Queue},
    },
};

const REGION: &str = "us-east-1";
const ACCOUNT: &str = "000000000000";
/// Name of the file in `data_dir` that keeps the tables.
const DATABASE: &str = "dynamodb.sqlite";
/// Name of the file in `data_dir` that keeps the queues' messages.
const QUEUES: &str = "sqs.json";
/// Between two looks at the queues while waiting for them.
const LOOK: Duration = Duration::from_millis(5);
/// Between two looks of tests that wait a thousand times.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// A running stack. Dropping it ends all of its servers and functions.
pub struct Stack {
    place: Place,
    resources: Resources,
    services: Arc<Services>,
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
        let mut resources = template
            .resolve(&place, &parameters)
            .map_err(|source| StackError::Template { path: options.template, source })?;
        for function in &mut resources.functions {
            function.environment.extend(options.environment.clone());
        }
        check_secrets(&resources, &options.secrets)?;
        for function in &resources.functions {
            let Program(path) = Program::of(function, &options.bin_dir);
            if !path.is_file() {
                return Err(StackError::NoProgram { function: function.logical_id.clone(), path });
            }
        }

        let (logs, ids) = (Arc::new(Logs::new(options.log_sink)), Arc::new(Ids::default()));
        let functions = Arc::new(Functions::new(&resources.functions, &place, &options.bin_dir, &logs, &ids));
        let kept = options.data_dir.as_deref().map(prepare).transpose()?;
        let file = |name: &str| kept.map(|directory| directory.join(name));
        let services = Arc::new(Services {
            dynamodb: DynamoDb::start(file(DATABASE).as_deref()).await?,
            sqs: Sqs::new(&resources.queues, ACCOUNT, &ids, file(QUEUES), options.disorder)?,
            secrets: Secrets::new(&resources.secrets, &options.secrets, &ids),
            events: Events::new(&resources.event_rules, &functions, &ids, &place),
            functions: Arc::clone(&functions),
            requests: RequestLog::default(),
            access: Access::new(&resources, &place),
            calls: options.calls,
        });
        let killed = Arc::clone(&functions);
        services.calls.kill_with(move |function| {
            let functions = Arc::clone(&killed);
            Box::pin(async move { functions.kill_busy(function.as_deref()).await })
        });
        let (graves, dead_letters) = (Arc::downgrade(&services), graves(&resources));
        functions.bury_with(move |function, event| {
            let (services, queue) = (graves.upgrade(), dead_letters.get(&function).cloned());
            Box::pin(async move {
                let (Some(services), Some(queue)) = (services, queue) else { return };
                let request = json!({"QueueUrl": queue, "MessageBody": String::from_utf8_lossy(&event)});
                if let Err(error) = services.sqs.call("SendMessage", request).await {
                    tracing::warn!(function, %error, "an event that it failed to take is lost");
                }
            })
        });
        for table in &resources.tables {
            services.dynamodb.create(table)?;
        }

        for function in &resources.functions {
            if let Some((action, resource)) = services.access.missing_to_bury(function) {
                return Err(StackError::NotAllowed {
                    function: function.logical_id.clone(),
                    action,
                    resource,
                });
            }
        }

        let mut tasks = JoinSet::new();
        tasks.spawn(serve_services(endpoint.listener, services::router(Arc::clone(&services))));
        let gateway = Gateway::new(&resources.routes, &functions, &ids, &place);
        tasks.spawn(serve(api.listener, gateway.router()));
        for source in &resources.event_sources {
            if let Some(queue) = resources.queues.iter().find(|queue| queue.logical_id == source.queue) {
                if let Some((action, resource)) = services.access.missing_to_feed(source, queue) {
                    return Err(StackError::NotAllowed {
                        function: source.function.clone(),
                        action,
                        resource,
                    });
                }
                let (services, source, queue) = (Arc::clone(&services), source.clone(), queue.clone());
                let how = poller::How {
                    region: REGION.to_owned(),
                    visibility_timeout: options.visibility_timeout,
                    disorder: options.disorder,
                };
                tasks.spawn(poller::run(services, source, queue, how));
            }
        }
        if options.schedules {
            for schedule in &resources.schedules {
                let (functions, ids) = (Arc::clone(&functions), Arc::clone(&ids));
                tasks.spawn(schedule::run(functions, schedule.clone(), place.clone(), ids));
            }
        }
        Ok(Self { place, resources, services, logs, ids, tasks })
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

    /// Returns the value of `Ref` for a resource: a table's name, a queue's URL, a secret's ARN.
    #[must_use]
    pub fn physical_id(&self, logical_id: &str) -> Option<&str> {
        self.resources.physical_ids.get(logical_id).map(String::as_str)
    }

    /// Puts a row, as DynamoDB's JSON has it, into the table with this logical id.
    ///
    /// # Errors
    /// There is no such table, or the row is none of its rows.
    pub fn put_row(&self, table: &str, row: &Value) -> Result<(), StackError> {
        let name = self.physical_id(table);
        let name = name.ok_or_else(|| StackError::Unknown { what: "table", logical_id: table.to_owned() })?;
        Ok(self.services.dynamodb.put(name, row)?)
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
    pub async fn invoke(
        &self,
        logical_id: &str,
        payload: impl Into<Bytes> + Send,
    ) -> Result<Invocation, StackError> {
        if !self.resources.functions.iter().any(|function| function.logical_id == logical_id) {
            return Err(StackError::Unknown { what: "function", logical_id: logical_id.to_owned() });
        }
        Ok(self.services.functions.invoke(logical_id, payload.into()).await)
    }

    /// Wakes the scheduled functions now, one after the other, as their time had come.
    pub async fn wake(&self) -> Vec<Invocation> {
        let mut invocations = Vec::new();
        for schedule in &self.resources.schedules {
            invocations
                .push(schedule::wake(&self.services.functions, schedule, &self.place, &self.ids).await);
        }
        invocations
    }

    /// Returns the events that were put on the buses, in order. Beyond some ten thousand, the oldest are
    /// dropped.
    #[must_use]
    pub fn events(&self) -> Vec<BusEvent> {
        self.services.events.taken()
    }

    /// Puts an event of an AWS service on the default bus: `source`, such as `aws.cloudwatch`, `detail_type`,
    /// and the `detail`.
    pub fn emit(&self, source: &str, detail_type: &str, detail: Value) {
        self.services.events.emit(source, detail_type, detail);
    }

    /// Refuses the next event of this detail type with an error code (`ThrottlingException`), in an answer
    /// 200 as EventBridge does.
    pub fn refuse_next_event(&self, detail_type: &str, code: &str) {
        self.services.events.refuse_next(detail_type, code);
    }

    /// Kills every process of a function as a crash would, whatever it is doing; the next invocation starts
    /// anew.
    ///
    /// # Errors
    /// There is no such function.
    pub async fn kill(&self, logical_id: &str) -> Result<(), StackError> {
        if self.services.functions.kill(logical_id).await {
            return Ok(());
        }
        Err(StackError::Unknown { what: "function", logical_id: logical_id.to_owned() })
    }

    /// Gives a function's environment variable another value, as an update of the stack's parameters does.
    /// Its processes end; the next invocation starts one that has the value.
    ///
    /// # Errors
    /// There is no such function.
    pub async fn set_variable(&self, logical_id: &str, name: &str, value: &str) -> Result<(), StackError> {
        if self.services.functions.set_variable(logical_id, name, value).await {
            return Ok(());
        }
        Err(StackError::Unknown { what: "function", logical_id: logical_id.to_owned() })
    }

    /// This moment in the sequence of requests.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.services.requests.mark()
    }

    /// Returns the requests that the AWS services got since `mark`, without the stack's own calls.
    #[must_use]
    pub fn requests_since(&self, mark: Mark) -> Vec<Request> {
        self.services.requests.since(mark)
    }

    /// Returns the lines that the functions printed, in order. Beyond some ten thousand, the oldest are
    /// dropped.
    #[must_use]
    pub fn logs(&self) -> Vec<LogLine> {
        self.logs.lines()
    }

    /// Waits until no queue that feeds a function holds a message, visible or in flight, and no invocation
    /// runs.
    ///
    /// # Errors
    /// [`StackError::Busy`] with what is left to do after `within`.
    pub async fn idle(&self, within: Duration) -> Result<(), StackError> {
        let deadline = Instant::now() + within;
        loop {
            let (started, running) = self.services.functions.activity();
            let waiting = self.waiting();
            // A message is in its queue until its invocation has ended, and what an invocation sends is there
            // before that: with empty queues and nothing started in between, nothing can be on its way.
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

    /// Waits until nothing happens by itself any more: no invocation runs, and no queue that feeds a function
    /// holds a message that could be received now. Hidden ones may be left; tells how many.
    ///
    /// # Errors
    /// [`StackError::Busy`] with what is left to do after `within`.
    pub async fn rest(&self, within: Duration) -> Result<usize, StackError> {
        let deadline = Instant::now() + within;
        loop {
            let (started, running) = self.services.functions.activity();
            let busy = self.feeding().any(|queue| self.services.sqs.is_busy(queue));
            let hidden = self.feeding().filter_map(|queue| self.services.sqs.depth(queue));
            let hidden = hidden.map(|depth| depth.visible + depth.in_flight + depth.delayed).sum();
            if running == 0 && !busy && self.services.functions.activity() == (started, 0) {
                return Ok(hidden);
            }
            if Instant::now() >= deadline {
                let what = format!("{running} invocations; {}", self.waiting().join(", "));
                return Err(StackError::Busy { after: within, what });
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Shows every message that is hidden in a queue that feeds a function, as if its time had passed. While
    /// nothing is being handled ([`rest`](Self::rest)), or it is handled twice at the same time.
    pub fn reveal(&self) {
        for queue in self.feeding() {
            self.services.sqs.reveal(queue);
        }
    }

    /// Shows the messages whose body contains `text` in the queues that feed a function, as if their time had
    /// passed. One that is being handled is shown when its invocation has ended.
    pub fn reveal_those(&self, text: &str) {
        for queue in self.feeding() {
            self.services.sqs.reveal_those(queue, text);
        }
    }

    fn feeding(&self) -> impl Iterator<Item = &Queue> {
        let sources = &self.resources.event_sources;
        self.resources
            .queues
            .iter()
            .filter(|queue| sources.iter().any(|source| source.queue == queue.logical_id))
    }

    /// The queues that feed a function and are not empty.
    fn waiting(&self) -> Vec<String> {
        let mut waiting = Vec::new();
        for queue in self.feeding() {
            let Some(depth) = self.services.sqs.depth(queue) else { continue };
            let hidden = depth.in_flight + depth.delayed;
            if depth.visible + hidden > 0 {
                waiting.push(format!("{} holds {} visible and {hidden} hidden", queue.name, depth.visible));
            }
        }
        waiting
    }

    /// The messages that the dead-letter queues hold.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        dead_letters::all(&self.resources, &self.services.sqs)
    }

    /// Deletes items whose time to live is over, which DynamoDB does by itself sooner or later; tells how
    /// many.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn delete_expired(&self) -> Result<usize, StackError> {
        Ok(self.services.dynamodb.delete_expired()?)
    }

    /// Ends everything, waits until the servers are gone, and keeps what the queues hold if data is kept.
    ///
    /// Without this (a crash) the messages are lost. Nothing is lost with them: what they stand for is unsent
    /// in the table until it is done, and the clock sends again what has waited too long.
    ///
    /// # Errors
    /// The queues' file can't be written.
    pub async fn stop(mut self) -> Result<(), StackError> {
        self.services.functions.close();
        self.tasks.shutdown().await;
        Ok(self.services.sqs.keep()?)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // The tasks end with their set. Open connections may outlive it for a moment; functions must not.
        self.services.functions.close();
    }
}

/// The URLs of the queues that take what functions failed to take, by the functions' logical ids. Lambda
/// sends there with the function's role.
fn graves(resources: &Resources) -> BTreeMap<String, String> {
    let grave = |function: &Function| {
        let queue =
            resources.queues.iter().find(|queue| Some(&queue.arn) == function.dead_letters.as_ref())?;
        Some((function.logical_id.clone(), queue.url.clone()))
    };
    resources.functions.iter().filter_map(grave).collect()
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
    if let Err(error) = axum::serve(listener.tap_io(answer_at_once), service).await {
        tracing::error!(%error, "a server of the local AWS stopped");
    }
}

/// Serves the AWS services, over connections that a test can cut.
async fn serve_services(listener: TcpListener, router: Router) {
    let service = router.into_make_service_with_connect_info::<Connection>();
    if let Err(error) = axum::serve(Cuttable(listener), service).await {
        tracing::error!(%error, "the AWS services of the local AWS stopped");
    }
}

/// Answers are small and nothing follows them: without this some wait for the other side's delayed
/// acknowledgement.
pub(super) fn answer_at_once(stream: &mut TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
}

fn read_template(path: &Path) -> Result<Template, StackError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| StackError::ReadTemplate { path: path.to_owned(), source })?;
    Template::parse(&text).map_err(|source| StackError::Template { path: path.to_owned(), source })
}

/// Makes the directory for kept data.
fn prepare(directory: &Path) -> Result<&Path, StackError> {
    std::fs::create_dir_all(directory)
        .map_err(|source| StackError::DataDir { path: directory.to_owned(), source })?;
    Ok(directory)
}

fn check_secrets(resources: &Resources, values: &BTreeMap<String, SecretString>) -> Result<(), StackError> {
    let known = |id: &&String| resources.secrets.iter().any(|secret| secret.logical_id == **id);
    match values.keys().find(|id| !known(id)) {
        Some(unknown) => Err(StackError::Unknown { what: "secret", logical_id: unknown.clone() }),
        None => Ok(()),
    }
}
