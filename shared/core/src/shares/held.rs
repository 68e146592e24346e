//! The commits that a revision holds and that nobody let through on their own. A rollback or a divergence is
//! compared with the revision that was let through last, so that its range shows what it takes out of that,
//! and not what it brings back alone.

use super::{Changes, Maker, OfBot, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The commits that the end of a range holds, where that revision was never let through to the place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    /// The newest revision before it that was let through; `None`: none is known, so that only its last
    /// commit counts.
    pub since: Option<String>,
    /// The admin who said that it was let through (a Slack user id); `None`: an approval let it through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_by: Option<String>,
    /// The number of commits.
    pub commits: u32,
}

impl Changes {
    /// These changes, with those that `held` describes: `more` has them, where there are any.
    pub fn with_held(mut self, held: Held, more: Option<Changes>) -> Self {
        self.held = Some(held);
        let Some(more) = more else { return self };
        let indexes: Vec<usize> = more.makers.into_iter().map(|maker| self.index(maker)).collect();
        let index = |old: usize| indexes.get(old).copied();
        for share in more.shares {
            let makers: BTreeSet<usize> = share.makers.into_iter().filter_map(index).collect();
            match self.shares.iter_mut().find(|known| known.makers == makers) {
                Some(known) => {
                    known.commits = known.commits.saturating_add(share.commits);
                    known.pull_requests = known.pull_requests.saturating_add(share.pull_requests);
                }
                None => self.shares.push(Share { makers, ..share }),
            }
        }
        for of in more.of_bots {
            let Some(maker) = index(of.maker) else { continue };
            self.of_bots.push(OfBot { maker, ..of });
        }
        for author in more.authors {
            if !self.authors.contains(&author) {
                self.authors.push(author);
            }
        }
        self.unvouched = self.unvouched.and(&more.unvouched);
        self.unverified = self.unverified.and(&more.unverified);
        self.is_of_bots &= more.is_of_bots;
        self.missing.extend(more.missing);
        self.is_too_large |= more.is_too_large;
        self
    }

    /// The index of `maker` among the makers.
    fn index(&mut self, maker: Maker) -> usize {
        if let Some(known) = self.makers.iter().position(|known| *known == maker) {
            return known;
        }
        self.makers.push(maker);
        self.makers.len() - 1
    }
}
