//! Addresses of pages.

use crate::address::access::Access;
use crate::address::parameters::{parameter, query};
use crate::address::routes::{self, ErrorFormat};
use lambda_http::http::Method;
use signoff_core::id::DeployId;

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

/// Part of a deploy's page that is shown: a tab, or as much of it as fits on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) tab: Tab,
    /// Number of the tab's item with which it begins, from 0. In the timeline, which is read from its end,
    /// the number of the item with which it ends, from 1. `None`: the part that one sees first.
    pub(crate) at: Option<usize>,
}

/// The path and query of a page that a person may be led back to after signing in. Whatever a request said,
/// it only ever leads to a page of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Next(String);

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

    /// The parameter that says which part of it is shown.
    fn parameter(self) -> &'static str {
        match self {
            Self::Timeline => "before",
            Self::Approvals | Self::PullRequests | Self::Commits => "from",
        }
    }
}

impl From<Tab> for Part {
    fn from(tab: Tab) -> Self {
        Self { tab, at: None }
    }
}

impl Part {
    /// The part that a query asks for.
    pub(crate) fn of(query: &str) -> Self {
        let asked = parameter(query, "tab");
        let tab = Tab::ALL.into_iter().find(|tab| asked.as_deref() == Some(tab.name()));
        let tab = tab.unwrap_or(Tab::Approvals);
        Self { tab, at: parameter(query, tab.parameter()).and_then(|at| at.parse().ok()) }
    }

    /// Its address on the page of a deploy.
    pub(crate) fn href(self, deploy: &DeployId) -> String {
        let at = self.at.map(|at| at.to_string());
        let mut pairs = Vec::new();
        pairs.extend((self.tab != Tab::Approvals).then_some(("tab", self.tab.name())));
        pairs.extend(at.as_deref().map(|at| (self.tab.parameter(), at)));
        if pairs.is_empty() {
            format!("/deploys/{deploy}")
        } else {
            format!("/deploys/{deploy}?{}", query(&pairs))
        }
    }
}

/// The address of a deploy's page with `tab` open.
pub(crate) fn deploy_href(id: &DeployId, tab: Tab) -> String {
    Part::from(tab).href(id)
}

impl Next {
    /// Longer ones are forgotten.
    const LONGEST: usize = 2000;

    /// The page that `next` leads to; the first page where it leads to none of ours.
    pub(crate) fn of(next: Option<&str>) -> Self {
        let Some(next) = next.filter(|next| next.len() <= Self::LONGEST) else { return Self::home() };
        let (path, asked) = next.split_once('?').unwrap_or((next, ""));
        match routes::find(&Method::GET, path) {
            Ok(found) if found.entry.access != Access::Anyone && found.entry.face == ErrorFormat::Page => {
                Self::new(path, asked)
            }
            _ => Self::home(),
        }
    }

    /// The page at `path`, which is one of ours, and what was asked of it.
    pub(crate) fn new(path: &str, asked: &str) -> Self {
        // Written anew, so that nothing stands in it that is not percent-encoded.
        let pairs: Vec<_> = form_urlencoded::parse(asked.as_bytes()).collect();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        Self(if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", query(&pairs)) })
    }

    fn home() -> Self {
        Self("/".to_owned())
    }

    /// Its path and query.
    pub(crate) fn href(&self) -> &str {
        &self.0
    }

    /// The sign-in form's address, from which this page is gone back to.
    pub(crate) fn sign_in_href(&self) -> String {
        match self.href() {
            "/" => "/sign-in".to_owned(),
            next => format!("/sign-in?{}", query(&[("next", next)])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_pages_of_the_console_only() {
        let back = |next: Option<&str>| Next::of(next).href().to_owned();
        for next in ["/deploys/d1", "/deploys/d1?tab=commits", "/deploys?before=2026%23d1"] {
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
            "/api/v1/deploys",
            "/assets/a.css",
            "@evil.example",
            "/deploys/d1\r\nSet-Cookie: a=b",
        ] {
            assert_eq!(back(Some(next)), "/", "{next}");
        }
        assert_eq!(back(None), "/");
        assert_eq!(back(Some(&format!("/deploys?before={}", "x".repeat(2000)))), "/");
        assert_eq!(
            back(Some("/deploys/d1?tab=//evil.example\r\nSet-Cookie: a=b")),
            "/deploys/d1?tab=%2F%2Fevil.example%0D%0ASet-Cookie%3A+a%3Db"
        );
    }

    #[test]
    fn a_part_is_what_its_address_asks_for() {
        let id = DeployId::from_text("d1");
        let read = |href: &str| Part::of(href.split_once('?').map_or("", |(_, query)| query));
        for tab in Tab::ALL {
            for at in [None, Some(0), Some(250)] {
                let part = Part { tab, at };
                assert_eq!(read(&part.href(&id)), part, "{}", part.href(&id));
            }
        }
        assert_eq!(Part { tab: Tab::Commits, at: Some(83) }.href(&id), "/deploys/d1?tab=commits&from=83");
        assert_eq!(deploy_href(&id, Tab::Approvals), "/deploys/d1");
        for nothing in ["", "tab=x", "from=-1", "from=", "from=99999999999999999999999"] {
            assert_eq!(Part::of(nothing), Part::from(Tab::Approvals), "{nothing}");
        }
    }

    #[test]
    fn the_sign_in_form_remembers_the_page() {
        let next = Next::of(Some("/deploys/d1?tab=commits"));
        assert_eq!(next.sign_in_href(), "/sign-in?next=%2Fdeploys%2Fd1%3Ftab%3Dcommits");
        let query = next.sign_in_href().split_once('?').map(|(_, query)| query.to_owned()).unwrap();
        assert_eq!(Next::of(parameter(&query, "next").as_deref()), next);
        assert_eq!(Next::of(None).sign_in_href(), "/sign-in");
    }
}
