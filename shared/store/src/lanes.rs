//! The lanes of a deployment: the FIFO groups that evaluations of its deploys are spread over, so that many
//! of one deployment take a part of the functions only and the others' do not wait behind them.

use jiff::Timestamp;
use signoff_core::deploy::Slug;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::id::{DeployId, digest};

/// The number of deploys of one deployment that are evaluated at the same time.
const LANES: usize = 3;
/// The prefix of a lane's group.
const PREFIX: &str = "lane-";

/// The lane of `effect`, which is committed at `now`: evaluations that nothing holds back have one. One whose
/// message waits in the queue for its time would hold up what is due before it.
pub(crate) fn lane_of(effect: &Effect, now: Timestamp) -> Option<String> {
    let is_hidden = effect.not_before > now && effect.is_sent_at(now);
    (matches!(effect.kind, EffectKind::EvaluateRules { .. }) && !is_hidden).then(|| lane(&effect.deploy))
}

/// The lane of a deploy.
fn lane(deploy: &DeployId) -> String {
    let number = deploy.as_str().bytes().map(usize::from).sum::<usize>() % LANES;
    format!("{PREFIX}{}-{number}", deploy.share())
}

/// True where a FIFO group is one of these lanes: what has to wait leaves it.
pub fn is_lane(group: &str) -> bool {
    group.starts_with(PREFIX)
}

/// The FIFO group of the edits of a deployment's superseded dialogs that Slack asked to wait. It is no lane:
/// what has to be tried again stays in it.
pub fn edits_line(deployment: &Slug) -> String {
    format!("edits-{}", digest(&["edits", &deployment.canonical()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use signoff_core::id::{ApprovalId, EffectId};

    #[test]
    fn evaluation_has_a_lane_unless_it_waits_in_the_queue() {
        let now = Timestamp::UNIX_EPOCH;
        let deploy = DeployId::derive("register", &["acme/checkout", "staging", "7bf7226"]);
        let remind = EffectKind::Remind { approval: ApprovalId::from_text("a") };
        for (kind, minutes, expected) in [
            (EffectKind::EvaluateRules { look: None }, 0, true),
            (EffectKind::EvaluateRules { look: None }, 10, false),
            (EffectKind::EvaluateRules { look: None }, 11, true),
            (EffectKind::EvaluateAgain, 0, false),
            (remind, 0, false),
        ] {
            let at = now + SignedDuration::from_mins(minutes);
            let effect = Effect::later(EffectId::from_text("e"), deploy.clone(), kind, at, now);
            let lane = lane_of(&effect, now);
            assert_eq!(lane.as_deref().is_some_and(is_lane), expected, "{effect:?}");
            assert!(lane.is_none_or(|lane| lane.contains(deploy.share())));
        }
    }
}
