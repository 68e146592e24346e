//! How much a rule's range changes: everything since the base of the place that the rule leads to.

use crate::handler::{RuleEvaluation, Trouble};
use approval::action::{Action, ApprovalSpec};
use approval::base::{Passed, place};
use approval::deploy::{Deploy, Magnitude, Size};
use providers::github::{GitHub, Outline, RangeFailure};
use rules::Rule;
use std::collections::BTreeMap;

impl RuleEvaluation {
    /// How much the range of each of `rules` changes whose conditions ask for it, by its name; `None`: the source host does not
    /// say. A rule that asks people has the base of its first approval's place; one that acts without asking the earliest base of
    /// all approvals of the file. Left out where there is none: the deploy's own commits count.
    ///
    /// One read of the record a place, and one or two requests to the source host a base.
    ///
    /// # Errors
    ///
    /// The record or the source host can't be read now.
    pub(crate) async fn magnitudes(
        &self,
        github: &GitHub,
        deploy: &Deploy,
        rules: &[Rule],
        is_looked_at: impl Fn(&Rule) -> bool,
    ) -> Result<BTreeMap<String, Option<Magnitude>>, Trouble> {
        let mut starts: BTreeMap<(String, bool), Option<Passed>> = BTreeMap::new();
        let mut sizes: BTreeMap<String, Option<Magnitude>> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for rule in rules.iter().filter(|rule| rule.asks_for_magnitude() && is_looked_at(rule)) {
            let approvals: Vec<(&Rule, &ApprovalSpec)> = match (asked(rule).next(), rule.acts_unasked()) {
                (_, true) => rules.iter().flat_map(|of| asked(of).map(move |spec| (of, spec))).collect(),
                (first, false) => first.map(|spec| (rule, spec)).into_iter().collect(),
            };
            let mut earliest: Option<Passed> = None;
            for (of, spec) in approvals {
                let key = (place(spec, &of.name, &deploy.environment), !spec.self_approval);
                let start = match starts.get(&key) {
                    Some(known) => known.clone(),
                    None => {
                        let base = self.store.base(&deploy.deployment, &key.0).await?;
                        let start = base.start_of(key.1, &deploy.revision).cloned();
                        starts.insert(key, start.clone());
                        start
                    }
                };
                earliest = match (earliest, start) {
                    (Some(one), Some(other)) => Some(if other.at < one.at { other } else { one }),
                    (one, other) => one.or(other),
                };
            }
            let Some(start) = earliest.map(|start| start.revision) else { continue };
            if Some(&start) == deploy.previous_revision.as_ref() {
                continue;
            }
            let size = match sizes.get(&start) {
                Some(known) => *known,
                None => {
                    let size = match github.outline(&deploy.repository, &start, &deploy.revision).await {
                        Ok(outline) => Some(magnitude(&outline)),
                        Err(RangeFailure::Other(failure)) if failure.is_passing() => {
                            return Err(failure.into());
                        }
                        Err(failure) => {
                            tracing::warn!(deploy = %deploy.id, start, %failure, "the size of a range is not known");
                            None
                        }
                    };
                    sizes.insert(start, size);
                    size
                }
            };
            found.insert(rule.name.clone(), size);
        }
        Ok(found)
    }
}

/// The approvals of a rule that no other one comes before.
fn asked(rule: &Rule) -> impl Iterator<Item = &ApprovalSpec> {
    rule.actions.iter().filter_map(|action| match action {
        Action::SlackChannelApproval(spec) => Some(spec),
        _ => None,
    })
}

/// How much the files of a range change; large where not all are listed.
fn magnitude(outline: &Outline) -> Magnitude {
    let files = &outline.files;
    if files.truncated {
        return Magnitude::Large;
    }
    let changed = u64::try_from(files.paths.len()).unwrap_or(u64::MAX);
    Size { files: changed, lines: files.lines }.magnitude()
}
