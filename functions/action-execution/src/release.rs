//! Pipelines in which a job may be released: fixed when an approval opens, and compared before the release.

use signoff_core::approval::{OwnPipeline, Release, Start};
use signoff_core::effect::StartedBuild;
use signoff_core::git_ref::GitRef;
use signoff_core::run::{Resolution, Run, Step, StepState};
use signoff_providers::Failure;

/// The reason to release nothing where no push counts.
const NO_REF: &str = "neither the branch or tag that the deploy names nor the default branch contains its revision. Deploy again, \
                      and name the branch or tag whose pipeline is meant";

/// The pipelines in which step number `step` of `run` may release a job: those of the run itself, and the one
/// that the push to `pushed_to` started.
pub(crate) fn releases(run: &Run, step: usize, pushed_to: Option<GitRef>) -> Start {
    let started = |step: usize| run.steps.get(step).and_then(|step| step.started.clone());
    let own = run.pipelines_before(step).map(|step| OwnPipeline { step, started: started(step) });
    let own: Vec<OwnPipeline> = own.collect();
    if let Some(why) = run.pipelines_before(step).find_map(|step| untold(run.steps.get(step)?)) {
        return Start::Nothing(why);
    }
    if own.is_empty() && pushed_to.is_none() {
        return Start::Nothing(NO_REF.to_owned());
    }
    Start::Releases(Release { own, pushed_to, earlier: run.released_before(step).cloned() })
}

/// Pipelines that a step may release a job in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownPipelines {
    /// The ids of those that earlier steps of the run started, among those that people saw.
    pub(crate) own: Vec<String>,
    /// The id of the one in which an earlier step released a job.
    pub(crate) earlier: Option<String>,
    /// The branch or tag whose push counts.
    pub(crate) pushed_to: Option<GitRef>,
}

/// The pipelines in which step number `step` of `run` may release a job, among those that people saw with
/// `start`. Where nobody was asked (`start` is `None`), the push to `built_on` counts, the deploy's own
/// branch or tag, and no pipeline of the run does.
///
/// # Errors
/// One of them is another one than people saw, or nothing may be released.
pub(crate) fn known_pipelines(
    run: &Run,
    step: usize,
    start: Option<&Start>,
    built_on: Option<&GitRef>,
) -> Result<KnownPipelines, Failure> {
    let unasked = Release { pushed_to: built_on.cloned(), ..Release::default() };
    let release = match start {
        Some(Start::Releases(release)) => release,
        Some(Start::Nothing(why)) => return Err(nothing(why)),
        Some(Start::NoBuild | Start::From(_)) => {
            return Err(nothing("it is not among what people voted on"));
        }
        None => &unasked,
    };
    let mut own = Vec::new();
    for OwnPipeline { step, started: seen } in &release.own {
        if let Some(why) = run.steps.get(*step).and_then(untold) {
            return Err(nothing(&why));
        }
        let started = run.steps.get(*step).and_then(|step| step.started.as_ref());
        if seen.is_some() && seen.as_ref() != started {
            return Err(nothing("trigger_build started another pipeline than people saw"));
        }
        own.extend(started.and_then(id));
    }
    let earlier = run.released_before(step);
    if release.earlier.is_some() && release.earlier.as_ref() != earlier {
        return Err(nothing("an earlier step released a job in another pipeline than people saw"));
    }
    Ok(KnownPipelines { own, earlier: earlier.and_then(id), pushed_to: release.pushed_to.clone() })
}

/// The reason to release nothing after `step`, which starts a pipeline: it may have started one that Signoff
/// can't tell from others, and that is the one that is meant. `None`: it is known, or there is none.
fn untold(step: &Step) -> Option<String> {
    let resolution = step.resolved.as_ref().map(|resolved| (resolved.resolution, resolved.was_unknown));
    let what = match (&step.state, resolution) {
        (StepState::Unknown { .. }, _) => "may have started a pipeline, and its answer was lost",
        (StepState::Succeeded { .. }, Some((Resolution::MarkAsDone, _))) => "was marked as done",
        (StepState::SkippedByHand { .. }, Some((_, true))) => "was skipped and may have started a pipeline",
        (
            StepState::Waiting
            | StepState::Running { .. }
            | StepState::Asking { .. }
            | StepState::Succeeded { .. }
            | StepState::Failed { .. }
            | StepState::Skipped
            | StepState::SkippedByHand { .. },
            _,
        ) => return None,
    };
    Some(format!(
        "trigger_build {what}, so Signoff can't tell which pipeline is meant. Approve the job on CircleCI, then choose Mark as done"
    ))
}

/// The id of a CircleCI pipeline.
fn id(build: &StartedBuild) -> Option<String> {
    match build {
        StartedBuild::Pipeline { id, .. } => Some(id.clone()),
        StartedBuild::Run { .. } => None,
    }
}

fn nothing(why: &str) -> Failure {
    Failure::Permanent(format!("nothing was approved: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::id::{DeployId, EffectId};
    use signoff_core::run::{Command, FirstTry, Opening, decide};

    const RULES: &str = "rules:\n\
        - ship:\n    actions:\n\
        \x20     - trigger_build: {parameters: {first: true}}\n\
        \x20     - slack_channel_approval:\n\
        \x20         channel: '#gate'\n\
        \x20         on_reject: [trigger_build: {parameters: {undo: true}}]\n\
        \x20     - trigger_build: {parameters: {name: promote.yml}}\n\
        \x20     - auto_approve_build: release\n\
        \x20     - auto_approve_build: ship\n";

    fn pipeline(id: &str) -> StartedBuild {
        StartedBuild::Pipeline { id: id.to_owned(), number: 7, url: format!("https://ci.example/{id}") }
    }

    fn run() -> Run {
        let file = signoff_rules::parse(RULES, "rules.yml").unwrap();
        let opening = Opening {
            deploy: &DeployId::from_text("d"),
            revision: "r",
            rule: "ship",
            rule_hash: "h",
            actions: &file.rules[0].actions,
            followed: false,
        };
        Run::open(&opening, jiff::Timestamp::UNIX_EPOCH).next
    }

    fn main() -> Option<GitRef> {
        Some(GitRef::branch("main"))
    }

    #[test]
    fn only_pipelines_that_people_saw_are_released() {
        let mut run = run();
        // Neither the one after a rejection nor the workflow of GitHub's.
        assert_eq!(run.pipelines_before(4).collect::<Vec<_>>(), [0]);
        let known = |run: &Run, start: Option<&Start>| known_pipelines(run, 4, start, main().as_ref());
        let seen = |started| {
            let own = vec![OwnPipeline { step: 0, started }];
            Start::Releases(Release { own, ..Release::default() })
        };
        assert_eq!(known(&run, Some(&seen(None))), Ok(KnownPipelines::default()), "none was started");
        run.steps[0].started = Some(pipeline("p1"));
        for start in [seen(None), seen(Some(pipeline("p1")))] {
            let own = vec!["p1".to_owned()];
            assert_eq!(known(&run, Some(&start)), Ok(KnownPipelines { own, ..KnownPipelines::default() }));
        }
        let pushed = KnownPipelines { pushed_to: main(), ..KnownPipelines::default() };
        assert_eq!(known(&run, None), Ok(pushed), "nobody saw it");
        known(&run, Some(&seen(Some(pipeline("p2"))))).unwrap_err();
        known(&run, Some(&Start::NoBuild)).unwrap_err();
        known(&run, Some(&Start::Nothing("no".to_owned()))).unwrap_err();
    }

    #[test]
    fn nothing_is_released_after_an_untold_pipeline() {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let voted = releases(&run(), 4, main());
        let after = |was_unknown: bool, resolution: Option<Resolution>| {
            let first = FirstTry { effect: EffectId::from_text("e"), at: now };
            let reason = "CircleCI did not answer".to_owned();
            let ended = if was_unknown { Command::Lose { reason } } else { Command::Fail { reason } };
            let resolve = resolution.map(|resolution| Command::Resolve {
                by: "U1".to_owned(),
                name: "Ana".to_owned(),
                resolution,
                reason: Some("by hand".to_owned()),
                failed_at: now,
            });
            let commands = [Some(Command::Begin(first)), Some(ended), resolve].into_iter().flatten();
            commands.fold(run(), |run, command| decide(&run, 0, command, now).unwrap().next)
        };
        for (was_unknown, resolution, is_released) in [
            (true, Some(Resolution::MarkAsDone), false),
            // Somebody started one by hand.
            (false, Some(Resolution::MarkAsDone), false),
            (true, Some(Resolution::Skip), false),
            // It goes on by `on_failure: continue`.
            (true, None, false),
            // It started none: the push counts, as people saw.
            (false, Some(Resolution::Skip), true),
            (false, None, true),
        ] {
            let run = after(was_unknown, resolution);
            let known = known_pipelines(&run, 4, Some(&voted), main().as_ref());
            assert_eq!(known.is_ok(), is_released, "{was_unknown} {resolution:?}: {known:?}");
            // People who are asked after that see it.
            let seen = releases(&run, 4, main());
            assert_eq!(matches!(seen, Start::Releases(_)), is_released, "{seen:?}");
        }
    }

    #[test]
    fn push_counts_on_the_branch_that_people_saw() {
        let (run, voted) = (run(), releases(&run(), 4, Some(GitRef::tag("v1"))));
        let known = known_pipelines(&run, 4, Some(&voted), main().as_ref()).unwrap();
        assert_eq!(known.pushed_to, Some(GitRef::tag("v1")));
        let Start::Releases(release) = releases(&run, 4, None) else { panic!("it has its own") };
        assert_eq!(release.pushed_to, None);
        assert!(matches!(releases(&run, 0, None), Start::Nothing(_)));
    }

    #[test]
    fn later_step_releases_in_the_pipeline_of_the_earlier_one() {
        let mut run = run();
        let before = releases(&run, 5, main());
        run.steps[0].started = Some(pipeline("p1"));
        run.steps[4].started = Some(pipeline("p1"));
        let own = releases(&run, 5, main());
        assert_eq!(
            known_pipelines(&run, 5, Some(&own), main().as_ref()).unwrap().earlier,
            None,
            "it is the run's own"
        );
        run.steps[4].started = Some(pipeline("p2"));
        for start in [&before, &own, &releases(&run, 5, main())] {
            let known = known_pipelines(&run, 5, Some(start), main().as_ref()).unwrap();
            assert_eq!(known.earlier.as_deref(), Some("p2"), "{start:?}");
        }
        let seen = releases(&run, 5, main());
        run.steps[4].started = Some(pipeline("p3"));
        known_pipelines(&run, 5, Some(&seen), main().as_ref()).unwrap_err();
    }
}
