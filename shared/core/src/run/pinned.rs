//! The pipeline in which a step's job was approved, and the requests for a build of which nobody knows.

use super::Run;
use crate::action::Action;
use crate::decision::Decision;
use crate::effect::{Asked, StartedBuild};

/// `decision` with the pipeline `build` on step number `step`, where that approves a job: an attempt approved
/// it there, or was about to. A retry looks at no other pipeline, or the people's one vote would let two run.
pub fn pinned(mut decision: Decision<Run>, step: usize, build: Option<&StartedBuild>) -> Decision<Run> {
    let approves = |action: &Action| matches!(action, Action::AutoApproveBuild(_));
    if let Some(build) = build
        && let Some(step) = decision.next.steps.get_mut(step).filter(|step| approves(&step.action))
    {
        step.started = Some(build.clone());
    }
    decision
}

/// `decision` with the requests `requests` for a build on step number `step`, where nobody knows any more
/// what came of them.
pub fn asked(mut decision: Decision<Run>, step: usize, requests: Option<&Asked>) -> Decision<Run> {
    if let Some(requests) = requests
        && let Some(step) = decision.next.steps.get_mut(step).filter(|step| step.is_unknown())
    {
        let before = step.asked_ci.take();
        let mut known = requests.and(before.as_ref());
        known.doubted.extend(before.map(|before| before.doubted).unwrap_or_default());
        step.asked_ci = Some(known);
    }
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{BuildRef, TriggerSpec};
    use crate::id::DeployId;
    use crate::id::EffectId;
    use crate::run::{Command, FirstTry, Opening, Resolution, decide};
    use jiff::Timestamp;
    use std::collections::BTreeMap;

    #[test]
    fn retry_knows_the_pipeline_of_the_attempt_before() {
        let approves = Action::AutoApproveBuild(BuildRef { build: "deploy".to_owned(), job: None });
        let builds =
            Action::TriggerBuild(TriggerSpec { workflow: None, parameters: BTreeMap::new(), revision: None });
        for (action, is_kept) in [(approves, true), (builds, false)] {
            let opening = Opening {
                deploy: &DeployId::from_text("d"),
                revision: "r",
                rule: "ship",
                rule_hash: "h",
                actions: &[action],
                followed: false,
            };
            let now = Timestamp::UNIX_EPOCH;
            let run = Run::open(&opening, now).next;
            let first = FirstTry { effect: EffectId::from_text("e"), at: now };
            let begun = decide(&run, 0, Command::Begin(first), now).unwrap().next;
            let failed = decide(&begun, 0, Command::Fail { reason: "no answer".to_owned() }, now).unwrap();
            let build = StartedBuild::Pipeline { id: "p1".to_owned(), number: 1, url: String::new() };
            let failed = pinned(failed, 0, Some(&build)).next;
            let retry = Command::Resolve {
                by: "U1".to_owned(),
                name: "Ana".to_owned(),
                resolution: Resolution::Retry,
                reason: None,
                failed_at: now,
            };
            let retried = decide(&failed, 0, retry, now).unwrap().next;
            assert_eq!(retried.steps[0].started, is_kept.then_some(build), "{:?}", retried.steps[0].action);
            assert_eq!(pinned(Decision::new(retried.clone()), 0, None).next, retried, "none takes it away");
        }
    }
}
