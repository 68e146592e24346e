//! FIFO groups: what waits for its time holds up nothing that is due before it.

use crate::samples::at;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::id::{DeployId, EffectId};

#[test]
fn look_that_waits_holds_up_no_look_due_before_it() {
    let deploy = DeployId::from_text("d");
    let group = |seconds| {
        let (id, kind) = (EffectId::from_text("e"), EffectKind::EvaluateRules { look: None });
        Effect::later(id, deploy.clone(), kind, at(seconds), at(0)).group()
    };
    // A rule with `deployed_for`, a look at an environment that moved, a new look at an unconfirmed deploy.
    let due = [0, 5, 60, 120, 300, 540, 600];
    let mut groups = due.map(group).to_vec();
    groups.sort();
    groups.dedup();
    assert_eq!(groups.len(), due.len(), "{groups:?}");
}

#[test]
fn looks_that_are_due_together_share_a_group() {
    let deploy = DeployId::from_text("d");
    let looks = (0..60).map(|seconds| {
        let (id, kind) = (EffectId::from_text("e"), EffectKind::EvaluateRules { look: None });
        Effect::later(id, deploy.clone(), kind, at(seconds + 5), at(seconds)).group()
    });
    let mut groups: Vec<String> = looks.collect();
    groups.dedup();
    assert!(groups.len() <= 7, "a busy environment would take every invocation: {groups:?}");
}
