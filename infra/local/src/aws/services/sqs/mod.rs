//! SQS: FIFO and standard queues, in memory, kept in a file between runs if asked to.
//!
//! Own code rather than an emulator's crate: the ones there are give one message of a group per receive, lose
//! the wake-up of a receive that waits, or take any text for a receipt handle, and a batch with several
//! messages of one group is what the functions have to get right.
//!
//! [`queue`] has the rules, [`wire`] the protocol, this file what waits and what is kept.

mod md5;
mod parameters;
mod queue;
mod refusal;
mod wire;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{body::Bytes, response::Response};
use serde_json::Value;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use self::queue::{Delivery, Depth, Message, Queue};
use super::ServiceError;
use crate::aws::{clock, ids::Ids, shuffle::Shuffle, template::resources};
use crate::stand_in::locked;

/// The queues of the stack.
pub(crate) struct Sqs {
    account: String,
    ids: Arc<Ids>,
    queues: BTreeMap<String, Shared>,
    file: Option<PathBuf>,
}

/// A queue, and who waits for it.
struct Shared {
    settings: resources::Queue,
    queue: Mutex<Queue>,
    changed: Notify,
    /// Breaks the order of messages.
    disorder: Option<Mutex<Shuffle>>,
}

impl Shared {
    fn with<T>(&self, act: impl FnOnce(&mut Queue) -> T) -> T {
        act(&mut locked(&self.queue))
    }

    fn receive(&self, max: usize, hidden_ms: i64, now: i64) -> (Vec<Delivery>, Vec<Message>) {
        let mut shuffle = self.disorder.as_ref().map(locked);
        self.with(|queue| queue.receive(&self.settings, max, hidden_ms, now, shuffle.as_deref_mut()))
    }
}

impl Sqs {
    /// The queues, with what `file` kept of them.
    ///
    /// # Errors
    /// A file that can't be read.
    pub(crate) fn new(
        queues: &[resources::Queue],
        account: &str,
        ids: &Arc<Ids>,
        file: Option<PathBuf>,
        disorder: Option<u64>,
    ) -> Result<Self, ServiceError> {
        let mut kept = match &file {
            Some(file) if file.exists() => read(file)?,
            _ => BTreeMap::new(),
        };
        let queues = queues.iter().map(|settings| {
            let mut queue: Queue = kept.remove(&settings.name).unwrap_or_default();
            queue.recover();
            let disorder = disorder.map(|seed| Mutex::new(Shuffle::new(seed)));
            let shared = Shared {
                settings: settings.clone(),
                queue: Mutex::new(queue),
                changed: Notify::new(),
                disorder,
            };
            (settings.name.clone(), shared)
        });
        Ok(Self { account: account.to_owned(), ids: Arc::clone(ids), queues: queues.collect(), file })
    }

    /// Writes what the queues hold into the file, if there is one.
    ///
    /// # Errors
    /// A file that can't be written.
    pub(crate) fn keep(&self) -> Result<(), ServiceError> {
        let Some(file) = &self.file else { return Ok(()) };
        let failed = |error: &dyn ToString| {
            ServiceError::new(format!("SQS (keep in {})", file.display()), error.to_string())
        };
        let mut queues = serde_json::Map::new();
        for (name, shared) in &self.queues {
            let queue = shared.with(|queue| serde_json::to_value(&*queue)).map_err(|error| failed(&error))?;
            queues.insert(name.clone(), queue);
        }
        std::fs::write(file, Value::Object(queues).to_string()).map_err(|error| failed(&error))
    }

    /// Returns the number of messages that a queue holds now; `None` if there is no such queue.
    pub(crate) fn depth(&self, queue: &resources::Queue) -> Option<Depth> {
        let now = now();
        self.queues.get(&queue.name).map(|shared| shared.with(|queue| queue.depth(now)))
    }

    /// True if a message can be received now, or if a receiver still has one.
    pub(crate) fn is_busy(&self, queue: &resources::Queue) -> bool {
        let now = now();
        let busy = |shared: &Shared| shared.with(|queue| queue.is_busy(now, shared.disorder.is_some()));
        self.queues.get(&queue.name).is_some_and(busy)
    }

    /// The receiver of these messages is done with them; those that it did not delete stay hidden.
    pub(crate) fn give_back<'m>(&self, queue: &resources::Queue, ids: impl Iterator<Item = &'m str>) {
        let now = now();
        if let Some(shared) = self.queues.get(&queue.name) {
            let shown = shared.with(|queue| ids.filter(|id| queue.give_back(id, now)).count());
            if shown > 0 {
                shared.changed.notify_waiters();
            }
        }
    }

    /// Shows every hidden message of a queue.
    pub(crate) fn reveal(&self, queue: &resources::Queue) {
        let now = now();
        if let Some(shared) = self.queues.get(&queue.name) {
            shared.with(|queue| queue.reveal(now));
            shared.changed.notify_waiters();
        }
    }

    /// Shows the messages of a queue whose body contains `text`; one in a receiver's hands once it is done.
    pub(crate) fn reveal_those(&self, queue: &resources::Queue, text: &str) {
        let now = now();
        if let Some(shared) = self.queues.get(&queue.name) {
            shared.with(|queue| queue.reveal_those(text, now));
            shared.changed.notify_waiters();
        }
    }

    /// The messages of a queue, as they are, without receiving them.
    pub(crate) fn peek(&self, queue: &resources::Queue) -> Vec<Message> {
        self.queues
            .get(&queue.name)
            .map_or_else(Vec::new, |shared| shared.with(|queue| queue.messages().cloned().collect()))
    }

    /// Makes a call of the stack's own; it is not among the recorded requests.
    ///
    /// # Errors
    /// What SQS refuses.
    pub(crate) async fn call(&self, operation: &str, request: Value) -> Result<Value, ServiceError> {
        let answer = wire::answer(self, operation, &request).await;
        answer.map_err(|refusal| ServiceError::new(format!("SQS.{operation}"), refusal.message()))
    }

    /// Answers one request.
    pub(crate) async fn handle(&self, operation: &str, body: Bytes) -> Response {
        wire::respond(self, operation, &body).await
    }

    /// Receives, waiting up to `wait` for a first message.
    async fn receive(&self, shared: &Shared, max: usize, hidden: Duration, wait: Duration) -> Vec<Delivery> {
        let hidden_ms = i64::try_from(hidden.as_millis()).unwrap_or(i64::MAX);
        let deadline = Instant::now() + wait;
        loop {
            // Before the look at the queue: a change in between must not be missed.
            let changed = shared.changed.notified();
            let now = now();
            let (deliveries, given_up) = shared.receive(max, hidden_ms, now);
            self.move_to_dead_letters(shared, given_up, now);
            if !deliveries.is_empty() || Instant::now() >= deadline {
                return deliveries;
            }
            let next =
                shared.with(|queue| queue.next_change(now)).and_then(|at| u64::try_from(at - now).ok());
            let wake = next.map_or(deadline, |ms| deadline.min(Instant::now() + Duration::from_millis(ms)));
            tokio::select! {
                () = changed => {}
                () = sleep_until(wake) => {}
            }
        }
    }

    fn move_to_dead_letters(&self, source: &Shared, given_up: Vec<Message>, now: i64) {
        let Some(redrive) = source.settings.redrive.as_ref() else { return };
        let target = self.queues.values().find(|shared| shared.settings.arn == redrive.target_arn);
        let Some(target) = target.filter(|_| !given_up.is_empty()) else { return };
        target.with(|queue| {
            for message in given_up {
                queue.move_to_dead_letters(message, &source.settings.arn, now);
            }
        });
        target.changed.notify_waiters();
    }
}

fn now() -> i64 {
    clock::now().as_millisecond()
}

fn read(file: &Path) -> Result<BTreeMap<String, Queue>, ServiceError> {
    let operation = || format!("SQS (read {})", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| ServiceError::new(operation(), error))?;
    serde_json::from_str(&text).map_err(|error| ServiceError::new(operation(), error))
}
