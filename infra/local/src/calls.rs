//! The calls that the functions make to what is around them, AWS and the stand-ins, and what befalls one of
//! them: what a test needs to ask "what if the process ended right here?" of every single call.
//!
//! A call that the AWS SDK repeats by itself is one call: its repetitions carry the same
//! `amz-sdk-invocation-id`.

mod shape;

pub(crate) use shape::shape;

use crate::stand_in::locked;
use crate::stand_in::server::Connection;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Its kind: who called what, as far as it is the same in every run (`ClockFunction DynamoDB.Query`,
    /// `CircleCI POST`).
    pub kind: String,
    /// Number of calls of its kind that came before it.
    pub number: usize,
}

/// A call that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The call.
    pub call: Call,
    /// The function that made it, by its logical id; `None` for calls to the stand-ins, which do not say it.
    pub function: Option<String>,
    /// The shape of its path and body, without ids, numbers and texts.
    pub shape: String,
}

/// Disruption that strikes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strike {
    /// The process ends; the call has no effect.
    KillBefore,
    /// The process ends once the call has taken effect, without its answer.
    KillAfter,
    /// It is answered with this status, and so is what the AWS SDK repeats; it has no effect.
    Refuse(u16),
    /// It takes effect, and its answer is lost. What the AWS SDK repeats arrives.
    LoseAnswer,
    /// It takes effect, and its answer is lost. What the AWS SDK repeats is lost as well.
    LoseConnection,
}

/// Calls between [`Calls::begin`] and [`Calls::end`].
#[derive(Clone, Debug, Default)]
pub struct CallLog {
    /// The calls, in the order of their arrival.
    pub calls: Vec<Arrival>,
    /// True if the strike hit its call.
    pub struck: bool,
}

type Killing = Pin<Box<dyn Future<Output = ()> + Send>>;
type Kill = Box<dyn Fn(Option<String>) -> Killing + Send + Sync>;

/// The calls of one stack's functions. A clone is the same list.
#[derive(Clone, Default)]
pub struct Calls(Arc<Shared>);

#[derive(Default)]
struct Shared {
    listening: Mutex<Option<Listening>>,
    kill: Mutex<Option<Kill>>,
}

#[derive(Default)]
struct Listening {
    heard: CallLog,
    counts: BTreeMap<String, usize>,
    order: Option<(Call, Strike)>,
    /// Calls by the id that the AWS SDK gave them: their place among the calls, and how often they came.
    invocations: BTreeMap<String, Again>,
}

/// A call that the AWS SDK may repeat.
#[derive(Clone, Default)]
struct Again {
    strike: Option<Strike>,
    times: usize,
}

impl std::fmt::Debug for Calls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Calls")
    }
}

impl Calls {
    /// From now on calls are kept, and `order` befalls one of them. Before the first `begin` nothing is kept.
    pub fn begin(&self, order: Option<(Call, Strike)>) {
        *locked(&self.0.listening) = Some(Listening { order, ..Listening::default() });
    }

    /// Stops listening, and returns the calls since [`begin`](Self::begin). From now on, no call is kept or
    /// struck.
    pub fn end(&self) -> CallLog {
        locked(&self.0.listening).take().map(|listening| listening.heard).unwrap_or_default()
    }

    /// Processes are ended by `kill`: those of one function that are at work, or of all.
    pub(crate) fn kill_with(&self, kill: impl Fn(Option<String>) -> Killing + Send + Sync + 'static) {
        *locked(&self.0.kill) = Some(Box::new(kill));
    }

    /// Lets a call happen, or what befalls it. `function`: who called, where that is known; `kind`: see
    /// [`Call::kind`]; `shape`: see [`Arrival::shape`]; `refuse` makes the answer of a refused call.
    pub(crate) async fn pass(
        &self,
        (function, kind, shape): (Option<&str>, String, String),
        headers: &HeaderMap,
        connection: &Connection,
        refuse: impl FnOnce(u16) -> Response,
        handle: impl Future<Output = Response>,
    ) -> Response {
        let invocation = headers.get("amz-sdk-invocation-id").and_then(|id| id.to_str().ok());
        match self.arrived(kind, (function, shape), invocation) {
            None => handle.await,
            Some((Strike::KillBefore, _)) => {
                self.kill(function).await;
                lost(connection)
            }
            Some((Strike::KillAfter, _)) => {
                handle.await;
                self.kill(function).await;
                lost(connection)
            }
            Some((Strike::Refuse(status), _)) => refuse(status),
            Some((Strike::LoseAnswer | Strike::LoseConnection, 1)) => {
                handle.await;
                lost(connection)
            }
            Some((Strike::LoseConnection, _)) => lost(connection),
            Some((Strike::LoseAnswer, _)) => handle.await,
        }
    }

    /// Counts a call. What befalls it, and how often it has come by now.
    fn arrived(
        &self,
        kind: String,
        (function, shape): (Option<&str>, String),
        invocation: Option<&str>,
    ) -> Option<(Strike, usize)> {
        let mut listening = locked(&self.0.listening);
        let listening = listening.as_mut()?;
        if let Some(again) = invocation.and_then(|id| listening.invocations.get_mut(id)) {
            again.times += 1;
            return again.strike.map(|strike| (strike, again.times));
        }
        let count = listening.counts.entry(kind.clone()).or_default();
        let call = Call { kind, number: *count };
        *count += 1;
        let strike =
            listening.order.as_ref().filter(|(ordered, _)| *ordered == call).map(|(_, strike)| *strike);
        listening.heard.struck |= strike.is_some();
        listening.heard.calls.push(Arrival { call, function: function.map(str::to_owned), shape });
        if let Some(id) = invocation {
            listening.invocations.insert(id.to_owned(), Again { strike, times: 1 });
        }
        strike.map(|strike| (strike, 1))
    }

    async fn kill(&self, function: Option<&str>) {
        let killing = locked(&self.0.kill).as_ref().map(|kill| kill(function.map(str::to_owned)));
        if let Some(killing) = killing {
            // By itself: the end of the calling process ends this call, and the others must end all the same.
            let _ = tokio::spawn(killing).await;
        }
    }
}

/// No answer, and no connection any more.
fn lost(connection: &Connection) -> Response {
    connection.cut();
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(kind: &str, number: usize) -> Call {
        Call { kind: kind.to_owned(), number }
    }

    #[test]
    fn calls_are_counted_by_kind_and_repetitions_are_not() {
        let calls = Calls::default();
        assert_eq!(
            calls.arrived("a".to_owned(), (None, String::new()), None),
            None,
            "nothing is kept before the beginning"
        );
        calls.begin(Some((call("b", 1), Strike::LoseConnection)));
        let arrive = |kind: &str, id| calls.arrived(kind.to_owned(), (None, String::new()), id);
        assert_eq!(arrive("a", None), None);
        assert_eq!(arrive("b", Some("1")), None);
        assert_eq!(arrive("b", Some("1")), None);
        assert_eq!(arrive("b", Some("2")), Some((Strike::LoseConnection, 1)));
        assert_eq!(arrive("b", Some("2")), Some((Strike::LoseConnection, 2)));
        assert_eq!(arrive("b", Some("3")), None);
        let heard = calls.end();
        assert!(heard.struck);
        let came: Vec<_> = heard.calls.into_iter().map(|arrival| arrival.call).collect();
        assert_eq!(came, [call("a", 0), call("b", 0), call("b", 1), call("b", 2)]);
        assert!(calls.end().calls.is_empty());
    }
}
