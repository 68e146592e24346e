//! Which request asks for what.

use approval::deploy::Slug;
use approval::id::DeployId;
use jiff::Timestamp;
use lambda_http::http::Method;
use store::Wanted;

/// How many deploys a page of the list shows, and the JSON list unless it is asked for another number.
pub(crate) const PAGE_SIZE: u8 = 50;
/// How many deploys the JSON list gives at most.
const MOST_DEPLOYS: u8 = 100;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A page that only those with a key see.
    Place(Place),
    /// JSON that only those with a key get.
    Json(Document),
    /// A file that the pages need.
    Asset(String),
    /// The sign-in form.
    SignInForm,
    /// A key typed into the sign-in form.
    SignIn,
    /// Forget the session.
    SignOut,
}

/// JSON about the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// The recent deploys.
    Deploys {
        /// Which.
        wanted: Wanted,
        /// How many, 1 to [`MOST_DEPLOYS`].
        limit: u8,
        /// Only those that come after this in the list.
        before: Option<Cursor>,
    },
    /// All that is known of a deploy, and its runs.
    Deploy(DeployId),
    /// A deploy's approvals.
    Approvals(DeployId),
    /// What happened to a deploy.
    Events(DeployId),
}

/// A page that a person may be led back to after signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The list of recent deploys.
    Deploys {
        /// Only those that come after this in the list.
        before: Option<Cursor>,
    },
    /// A deploy's page.
    Deploy {
        /// The deploy.
        id: DeployId,
        /// The tab that is open.
        tab: Tab,
    },
}

/// A tab of a deploy's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    /// Every event.
    Timeline,
    /// The approvals, their votes and actions.
    Approvals,
    /// The pull requests.
    PullRequests,
    /// The commits.
    Commits,
}

/// A place in the list of deploys, as the list before it gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor(String);

/// Why a request asks for nothing that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misroute {
    /// No such address.
    NotFound,
    /// The address takes other methods: these.
    Method(&'static str),
    /// A parameter can't be read; this says which, why, and what would be right.
    Query(String),
}

impl Tab {
    /// The tabs, in the order in which they are shown.
    pub(crate) const ALL: [Self; 4] = [Self::Timeline, Self::Approvals, Self::PullRequests, Self::Commits];

    /// Its value in the address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Timeline => "timeline",
            Self::Approvals => "approvals",
            Self::PullRequests => "pull-requests",
            Self::Commits => "commits",
        }
    }
}

impl Cursor {
    /// Reads what [`store::Listing::next`] gave: a time, `#` and a deploy's id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (time, id) = text.split_once('#')?;
        (time.parse::<Timestamp>().is_ok() && is_id(id)).then(|| Self(text.to_owned()))
    }

    /// Its text, for the store.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Place {
    /// Its path and query. Whatever a request said, this only ever leads to a page of the console.
    pub(crate) fn href(&self) -> String {
        match self {
            Self::Deploys { before: None } => "/".to_owned(),
            Self::Deploys { before: Some(Cursor(before)) } => format!("/?{}", query(&[("before", before)])),
            Self::Deploy { id, tab: Tab::Approvals } => format!("/deploys/{id}"),
            Self::Deploy { id, tab } => format!("/deploys/{id}?{}", query(&[("tab", tab.name())])),
        }
    }

    /// The page that `next` (of the sign-in form) leads to; the list of deploys where it leads to none of ours.
    pub(crate) fn after_sign_in(next: Option<&str>) -> Self {
        let (path, query) = next.map(|next| next.split_once('?').unwrap_or((next, ""))).unwrap_or(("/", ""));
        match Route::of(&Method::GET, path, query) {
            Ok(Route::Place(place)) => place,
            _ => Self::Deploys { before: None },
        }
    }

    /// The sign-in form's address, from which this page is gone back to.
    pub(crate) fn sign_in_href(&self) -> String {
        match self.href().as_str() {
            "/" => "/sign-in".to_owned(),
            next => format!("/sign-in?{}", query(&[("next", next)])),
        }
    }
}

impl Route {
    /// What a request asks for. `path` is percent-encoded, as it came; HEAD asks for what GET asks for.
    pub(crate) fn of(method: &Method, path: &str, query: &str) -> Result<Self, Misroute> {
        let parts: Vec<&str> = path.strip_prefix('/').ok_or(Misroute::NotFound)?.split('/').collect();
        let reads = method == Method::GET || method == Method::HEAD;
        let posts = method == Method::POST;
        let found =
            |allowed: bool, allow: &'static str| if allowed { Ok(()) } else { Err(Misroute::Method(allow)) };
        let get = || found(reads, "GET, HEAD");
        match parts.as_slice() {
            [""] => {
                get()?;
                Ok(Self::Place(Place::Deploys { before: cursor(query)? }))
            }
            ["deploys", id] if is_id(id) => {
                get()?;
                let asked = parameter(query, "tab");
                let tab = Tab::ALL.into_iter().find(|tab| asked.as_deref() == Some(tab.name()));
                Ok(Self::Place(Place::Deploy {
                    id: DeployId::from_text(*id),
                    tab: tab.unwrap_or(Tab::Approvals),
                }))
            }
            ["api", "v1", "deploys"] => {
                get()?;
                let (wanted, limit, before) = (wanted(query)?, limit(query)?, cursor(query)?);
                Ok(Self::Json(Document::Deploys { wanted, limit, before }))
            }
            ["api", "v1", "deploys", id] if is_id(id) => {
                get()?;
                Ok(Self::Json(Document::Deploy(DeployId::from_text(*id))))
            }
            ["api", "v1", "deploys", id, "approvals"] if is_id(id) => {
                get()?;
                Ok(Self::Json(Document::Approvals(DeployId::from_text(*id))))
            }
            ["api", "v1", "deploys", id, "events"] if is_id(id) => {
                get()?;
                Ok(Self::Json(Document::Events(DeployId::from_text(*id))))
            }
            ["assets", file] => {
                get()?;
                Ok(Self::Asset((*file).to_owned()))
            }
            ["sign-in"] if posts => Ok(Self::SignIn),
            ["sign-in"] => {
                found(reads, "GET, HEAD, POST")?;
                Ok(Self::SignInForm)
            }
            ["sign-out"] => {
                found(posts, "POST")?;
                Ok(Self::SignOut)
            }
            _ => Err(Misroute::NotFound),
        }
    }
}

/// The first value of the parameter `name` in a query or a form.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn cursor(query: &str) -> Result<Option<Cursor>, Misroute> {
    let Some(text) = parameter(query, "before").filter(|text| !text.is_empty()) else { return Ok(None) };
    let cursor = Cursor::parse(&text).ok_or_else(|| {
        Misroute::Query(
            "The parameter `before` must be the `next` of an earlier answer, percent-encoded.".to_owned(),
        )
    })?;
    Ok(Some(cursor))
}

/// Which deploys a list is asked for.
fn wanted(query: &str) -> Result<Wanted, Misroute> {
    let deployment = parameter(query, "deployment").map(|text| {
        let slug = text.split_once('/').and_then(|(organization, name)| Slug::new(organization, name));
        let problem = "The parameter `deployment` must be owner/name, such as acme/checkout.";
        slug.ok_or_else(|| Misroute::Query(problem.to_owned()))
    });
    let environment = parameter(query, "environment").map(|text| {
        let problem = "The parameter `environment` must be the name of an environment, such as Staging.";
        if text.is_empty() { Err(Misroute::Query(problem.to_owned())) } else { Ok(text) }
    });
    Ok(Wanted {
        deployment: deployment.transpose()?,
        environment: environment.transpose()?,
        since: time(query, "since")?,
        until: time(query, "until")?,
    })
}

fn time(query: &str, name: &str) -> Result<Option<Timestamp>, Misroute> {
    let Some(text) = parameter(query, name) else { return Ok(None) };
    let problem = || {
        let right = "such as 2026-11-23T10:42:00Z, percent-encoded";
        Misroute::Query(format!(
            "The parameter `{name}` must be a time with its zone, as RFC 3339 has it, {right}."
        ))
    };
    text.parse().map(Some).map_err(|_| problem())
}

fn limit(query: &str) -> Result<u8, Misroute> {
    let Some(text) = parameter(query, "limit") else { return Ok(PAGE_SIZE) };
    let limit = text.parse().ok().filter(|limit| (1..=MOST_DEPLOYS).contains(limit));
    limit.ok_or_else(|| {
        Misroute::Query(format!("The parameter `limit` must be a whole number from 1 to {MOST_DEPLOYS}."))
    })
}

/// Whether `text` can be an id.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "before=2026-11-23T10%3A00%3A00.000000Z%23d1";

    fn of(method: Method, address: &str) -> Result<Route, Misroute> {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        Route::of(&method, path, query)
    }

    fn deploy(tab: Tab) -> Route {
        Route::Place(Place::Deploy { id: DeployId::from_text("d1"), tab })
    }

    #[test]
    fn every_address() {
        let before = Cursor::parse("2026-11-23T10:00:00.000000Z#d1");
        assert!(before.is_some());
        let get = |address: &str| of(Method::GET, address);
        assert_eq!(get("/"), Ok(Route::Place(Place::Deploys { before: None })));
        assert_eq!(get(&format!("/?{BEFORE}")), Ok(Route::Place(Place::Deploys { before: before.clone() })));
        assert_eq!(of(Method::HEAD, "/deploys/d1"), Ok(deploy(Tab::Approvals)));
        assert_eq!(get("/deploys/d1?tab=pull-requests"), Ok(deploy(Tab::PullRequests)));
        assert_eq!(get("/deploys/d1?tab=nonsense"), Ok(deploy(Tab::Approvals)));
        let all = Wanted::default();
        assert_eq!(
            get("/api/v1/deploys"),
            Ok(Route::Json(Document::Deploys { wanted: all.clone(), limit: 50, before: None }))
        );
        assert_eq!(
            get(&format!("/api/v1/deploys?limit=100&{BEFORE}")),
            Ok(Route::Json(Document::Deploys { wanted: all, limit: 100, before }))
        );
        let wanted = Wanted {
            deployment: Slug::new("acme", "checkout"),
            environment: Some("Staging EU".to_owned()),
            since: "2026-11-01T00:00:00Z".parse().ok(),
            until: "2026-11-02T00:00:00Z".parse().ok(),
        };
        assert_eq!(
            get("/api/v1/deploys?deployment=acme/checkout&environment=Staging+EU&since=2026-11-01T00:00:00Z\
                 &until=2026-11-02T02:00:00%2B02:00"),
            Ok(Route::Json(Document::Deploys { wanted, limit: 50, before: None }))
        );
        let d1 = || DeployId::from_text("d1");
        assert_eq!(get("/api/v1/deploys/d1"), Ok(Route::Json(Document::Deploy(d1()))));
        assert_eq!(get("/api/v1/deploys/d1/approvals"), Ok(Route::Json(Document::Approvals(d1()))));
        assert_eq!(get("/api/v1/deploys/d1/events"), Ok(Route::Json(Document::Events(d1()))));
        assert_eq!(get("/assets/a.css"), Ok(Route::Asset("a.css".into())));
        assert_eq!(get("/sign-in?next=/"), Ok(Route::SignInForm));
        assert_eq!(of(Method::POST, "/sign-in"), Ok(Route::SignIn));
        assert_eq!(of(Method::POST, "/sign-out"), Ok(Route::SignOut));
    }

    #[test]
    fn what_there_is_not() {
        for address in [
            "",
            "/deploys",
            "/deploys/",
            "/deploys/d%201",
            "/deploys/../x",
            "/api/v1/deploys/",
            "/api/v1/deploys/d1/votes",
            "/assets/a/b",
            "//",
        ] {
            assert_eq!(of(Method::GET, address), Err(Misroute::NotFound), "{address}");
        }
        assert_eq!(of(Method::POST, "/"), Err(Misroute::Method("GET, HEAD")));
        assert_eq!(of(Method::DELETE, "/deploys/d1"), Err(Misroute::Method("GET, HEAD")));
        assert_eq!(of(Method::PUT, "/sign-in"), Err(Misroute::Method("GET, HEAD, POST")));
        assert_eq!(of(Method::GET, "/sign-out"), Err(Misroute::Method("POST")));
        for query in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=",
            "limit=x",
            "before=x",
            "before=2026-11-23%23d1",
            "deployment=checkout",
            "deployment=",
            "environment=",
            "since=7d",
            "until=2026-11-23",
            // A plus sign that is not encoded is a space.
            "since=2026-11-23T10:00:00+02:00",
        ] {
            let refused = of(Method::GET, &format!("/api/v1/deploys?{query}"));
            let parameter = query.split('=').next().unwrap_or_default();
            assert!(
                matches!(&refused, Err(Misroute::Query(text)) if text.contains(parameter)),
                "{query}: {refused:?}"
            );
        }
    }

    #[test]
    fn the_way_back_leads_to_pages_of_the_console_only() {
        let back = |next: Option<&str>| Place::after_sign_in(next).href();
        for next in ["/deploys/d1", "/deploys/d1?tab=commits", &format!("/?{BEFORE}")] {
            assert_eq!(back(Some(next)), next);
        }
        for next in [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "https:/evil.example",
            "javascript:alert(1)",
            "/%2F/evil.example",
            "/deploys/..//evil.example",
            "/deploys/d1/../..//evil.example",
            "/\t/evil.example",
            "/sign-out",
            "/sign-in?next=/sign-in",
            "/?before=https://evil.example",
            "@evil.example",
            "/deploys/d1\r\nSet-Cookie: a=b",
        ] {
            assert_eq!(back(Some(next)), "/", "{next}");
        }
        assert_eq!(back(None), "/");
        assert_eq!(back(Some("/deploys/d1?tab=//evil.example")), "/deploys/d1");
    }

    #[test]
    fn the_sign_in_form_remembers_the_page() {
        let place = Place::Deploy { id: DeployId::from_text("d1"), tab: Tab::Commits };
        assert_eq!(place.sign_in_href(), "/sign-in?next=%2Fdeploys%2Fd1%3Ftab%3Dcommits");
        let query = place.sign_in_href().split_once('?').map(|(_, query)| query.to_owned()).unwrap();
        assert_eq!(Place::after_sign_in(parameter(&query, "next").as_deref()), place);
        assert_eq!(Place::Deploys { before: None }.sign_in_href(), "/sign-in");
    }
}
