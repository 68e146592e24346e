//! Views of a deploy for the pages and the JSON, computed from its record.
//!
//! These types are the JSON's shape, apart from the store's rows, so that a change of those does not change
//! it.

mod action;
mod approval;
mod awaited;
pub(crate) mod ballot;
mod deployments;
mod electorate;
mod frozen;
mod glass;
mod history;
mod listed;
pub(crate) mod mrkdwn;
mod notice;
mod overtaken;
mod sections;
mod time_to_approve;
mod timeline;
mod votes;
pub(crate) mod words;

pub(crate) use self::approval::{ApprovalView, SuccessorView};
pub(crate) use action::{ActionState, ActionView, QuestionView, RunView};
pub(crate) use awaited::AwaitedView;
pub(crate) use deployments::{DeploymentView, Overview, Pending};
pub(crate) use electorate::{ElectorateView, PersonView};
pub(crate) use frozen::FrozenView;
pub(crate) use glass::GlassView;
pub(crate) use history::{HistoryPart, HistoryWanted, MOST_OF_STEPS, history, steps};
pub(crate) use listed::{ListedApproval, ListedVote};
pub(crate) use notice::{Notice, notices};
pub(crate) use overtaken::OvertakenView;
pub(crate) use sections::{Section, sections};
pub(crate) use time_to_approve::{Every, Period, TimeToApprove};
pub(crate) use timeline::{Entry, Tone, timeline};
pub(crate) use votes::{CheckView, StruckView, VoteView, WithdrawnView};

use crate::address::site::Site;
use ::signoff_core::deploy_state::DeployState;
use ::signoff_core::id::DeployId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use signoff_store::{DeploySummary, Page};

/// A deploy in brief.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DeployView {
    pub(crate) id: DeployId,
    /// `owner/name`.
    pub(crate) deployment: String,
    pub(crate) environment: String,
    /// The full SHA of the commit.
    pub(crate) revision: String,
    /// Time of the deploy. If it did not arrive, the time at which it got its state.
    pub(crate) deployed_at: Timestamp,
    /// State of the deploy. Only `success` changes what is in the environment.
    pub(crate) state: DeployState,
    /// True if one of its actions failed and needs a person. Lists know this for the newest 500 such deploys.
    pub(crate) has_failed: bool,
    /// The deploy's page.
    pub(crate) url: String,
}

impl DeployView {
    /// A deploy of a list.
    pub(crate) fn of_summary(deploy: &DeploySummary, site: &Site) -> Self {
        Self {
            id: deploy.id.clone(),
            deployment: deploy.deployment.to_string(),
            environment: deploy.environment.clone(),
            revision: deploy.revision.clone(),
            deployed_at: deploy.deployed_at,
            state: deploy.state,
            has_failed: deploy.has_failed,
            url: site.deploy_url(&deploy.id),
        }
    }

    /// The deploy of a page.
    pub(crate) fn of_page(page: &Page, site: &Site) -> Self {
        let deploy = &page.deploy;
        Self {
            id: deploy.id.clone(),
            deployment: deploy.deployment.to_string(),
            environment: deploy.environment.clone(),
            revision: deploy.revision.clone(),
            deployed_at: deploy.deployed_at,
            state: deploy.state,
            has_failed: page.runs.iter().any(|run| run.failed_steps().next().is_some()),
            url: site.deploy_url(&deploy.id),
        }
    }
}

/// Size of `text` as HTML, in bytes.
pub(crate) fn weight(text: &str) -> usize {
    let escaped = |byte| match byte {
        b'<' | b'>' => 4,
        b'&' => 5,
        b'"' => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum()
}

/// `text`, or as much of its beginning as is at most `most` bytes long as HTML, with an ellipsis behind it.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if weight(text) <= most {
        return text.to_owned();
    }
    let mut room = most.saturating_sub('\u{2026}'.len_utf8());
    let fits = |letter: &char| {
        let left = room.checked_sub(weight(letter.encode_utf8(&mut [0; 4])));
        room = left.unwrap_or_default();
        left.is_some()
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('\u{2026}');
    short
}

/// `url`, where a browser may be sent to it: `http` and `https` only, never `javascript:` and its like.
pub(crate) fn web_link(url: &str) -> Option<&str> {
    let scheme = url.split_once("://")?.0;
    let safe = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    (safe && !url.chars().any(|c| c.is_whitespace() || c.is_control())).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::{cut, web_link, weight};

    #[test]
    fn a_text_is_cut_by_its_weight() {
        assert_eq!(cut("a<b", 6), "a<b");
        assert_eq!(cut("a<b>", 9), "a<b\u{2026}");
        assert_eq!(cut("a<b>", 8), "a<\u{2026}");
        assert_eq!(cut("\u{e9}\u{e9}\u{e9}", 5), "\u{e9}\u{2026}");
        assert_eq!(cut("\"\"", 12), "\"\"");
        assert_eq!(cut("\"\"\"", 15), "\"\"\u{2026}");
        assert_eq!(cut("\u{1f680}\u{1f680}", 7), "\u{1f680}\u{2026}");
        assert_eq!(cut("abcdef", 5), "ab\u{2026}");
        assert_eq!(cut("", 0), "");
        for most in 3..30 {
            assert!(weight(&cut(&"\"a\u{1f680}&".repeat(9), most)) <= most, "{most}");
        }
    }

    #[test]
    fn links_lead_to_the_web_only() {
        for url in ["https://ci.example/1?a=b#c", "HTTP://ci.example"] {
            assert_eq!(web_link(url), Some(url));
        }
        for url in [
            "javascript:alert(1)",
            "javascript://https://x/%0aalert(1)",
            " https://ci.example",
            "java\nscript://x",
            "data:text/html,x",
            "//ci.example",
            "/local",
            "ci.example",
            "https://ci.example/a\tb",
            "",
        ] {
            assert_eq!(web_link(url), None, "{url}");
        }
    }
}
