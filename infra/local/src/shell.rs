//! The shell that all stand-ins share: options, start, state in a file, recorded requests, violations, and
//! the frame of the page. A stand-in is a [`Service`]: its API, its state and its pages.

use crate::fault::{Faults, Observed, RecordedRequest, observe};
use crate::spec::gate::Gate;
use crate::stand_in::keep::{self, Keeper};
use crate::stand_in::page::{self, Link};
use crate::stand_in::server::{Bound, Server};
use crate::stand_in::{Clock, locked, system_clock};
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, State};
use axum::middleware::from_fn_with_state;
use axum::response::Html;
use axum::routing::get;
use maud::{Markup, html};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A service that a stand-in answers for. The value holds what one running stand-in has beside its state.
pub trait Service: Sized + Send + Sync + 'static {
    /// Options of this service alone.
    type Settings: Send + Sync + 'static;
    /// State that survives a restart.
    type State: Default + Serialize + DeserializeOwned + Send + 'static;

    /// Makes the parts of a stand-in that are not kept.
    ///
    /// # Errors
    /// A part can't be made, e.g. from a spec that can't be read.
    fn new(settings: &Self::Settings) -> io::Result<Self>;

    /// Routes of the API. Their requests are recorded, and faults strike them.
    fn api() -> Router<StandIn<Self>>;

    /// Routes of the pages for people.
    fn pages() -> Router<StandIn<Self>>;
}

/// Options of a stand-in.
#[derive(Clone)]
pub struct Options<T> {
    /// Address to listen on; port 0 takes any free one.
    pub address: SocketAddr,
    /// The time.
    pub clock: Clock,
    /// File that keeps the state over restarts; `None`: it is not kept.
    pub file: Option<PathBuf>,
    /// Links to the other pages of the local stack.
    pub links: Vec<Link>,
    /// Options of this service alone.
    pub settings: T,
}

impl<T> From<T> for Options<T> {
    fn from(settings: T) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { address, clock: system_clock(), file: None, links: Vec::new(), settings }
    }
}

impl<T: Default> Default for Options<T> {
    fn default() -> Self {
        T::default().into()
    }
}

/// Parts of a running stand-in that its handlers share.
pub struct Shell<S: Service> {
    pub(crate) url: String,
    pub(crate) clock: Clock,
    pub(crate) links: Vec<Link>,
    pub(crate) settings: S::Settings,
    pub(crate) gate: Gate,
    pub(crate) state: Mutex<S::State>,
    /// Parts that this service alone has.
    pub(crate) own: S,
    observed: Observed,
}

/// A running stand-in; it stops when the last clone is dropped.
pub struct StandIn<S: Service> {
    pub(crate) shared: Arc<Shell<S>>,
    /// They stop with the last clone of this. `None` in the clone that the server itself has.
    _running: Option<Arc<(Server, Option<Keeper>)>>,
}

impl<S: Service> Clone for StandIn<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), _running: self._running.clone() }
    }
}

impl<S: Service> FromRef<StandIn<S>> for Arc<Shell<S>> {
    fn from_ref(stand_in: &StandIn<S>) -> Self {
        stand_in.shared.clone()
    }
}

impl<S: Service> StandIn<S> {
    /// Starts a stand-in with the state in [`Options::file`], or with an empty one.
    ///
    /// # Errors
    /// The address can't be bound, the file can't be read, or the service can't be made.
    pub async fn start(options: impl Into<Options<S::Settings>>) -> io::Result<Self> {
        let Options { address, clock, file, links, settings } = options.into();
        let bound = Bound::new(address).await?;
        let shared = Arc::new(Shell {
            url: bound.url(),
            clock,
            links,
            own: S::new(&settings)?,
            settings,
            gate: Gate::default(),
            state: Mutex::new(keep::restored(file.as_deref())?),
            observed: Observed::default(),
        });
        let api = S::api()
            // `observe` limits the body.
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(shared.observed.clone(), observe));
        let router = S::pages().merge(api).with_state(Self { shared: shared.clone(), _running: None });
        let kept = shared.clone();
        let keeper = file.map(|file| Keeper::new(file, move || keep::text_of(&*locked(&kept.state))));
        Ok(Self { shared, _running: Some(Arc::new((bound.serve(router), keeper))) })
    }

    /// The address of the page, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The faults that wait for a request.
    pub fn faults(&self) -> &Faults {
        &self.shared.observed.faults
    }

    /// Every request to the API so far.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.observed.requests.all()
    }

    /// Returns the violations of the spec or the documentation by requests and answers so far; tests expect
    /// none.
    pub fn violations(&self) -> Vec<String> {
        self.shared.gate.violations()
    }
}

/// A service whose pages are one, which looks the same to everybody.
pub trait OnePage: Service {
    /// Name of the service, as the page's heading.
    const NAME: &'static str;

    /// Part of the sidebar between the heading and the links.
    fn sidebar(_shared: &Shell<Self>) -> Markup {
        html! {}
    }

    /// Part of the page that changes.
    fn content(shared: &Shell<Self>) -> Markup;
}

/// Routes of the page of `S`.
pub fn page_routes<S: OnePage>() -> Router<StandIn<S>> {
    Router::new().route("/", get(whole_page::<S>)).route("/live", get(live_part::<S>))
}

/// The whole page of `S`.
pub async fn whole_page<S: OnePage>(State(shared): State<Arc<Shell<S>>>) -> Html<String> {
    let sidebar = html! {
        h1 { (S::NAME) " " span.none { "(stand-in)" } }
        (S::sidebar(&shared))
        (page::links(&shared.links))
    };
    let title = format!("{} (stand-in)", S::NAME);
    Html(page::page(&title, "", &sidebar, "/live", &S::content(&shared), "").into_string())
}

async fn live_part<S: OnePage>(State(shared): State<Arc<Shell<S>>>) -> Html<String> {
    Html(S::content(&shared).into_string())
}
