//! Tests of a subject's words and of its mark.

use super::*;
use crate::action::{BuildRef, EventSpec, ParameterValue, TriggerSpec};
use crate::approval::OwnPipeline;
use crate::effect::StartedBuild;
use crate::facts::Health;
use crate::git_ref::GitRef;
use crate::run::Branch;
use std::collections::BTreeMap;

fn source() -> BuildSource {
    let file = |path: &str, sha: &str| CiFile { path: path.to_owned(), sha: sha.to_owned() };
    BuildSource {
        name: "main".to_owned(),
        is_tag: false,
        head: "a".repeat(40),
        is_told: true,
        may_move: true,
        workflow: Some(file(".github/workflows/promote.yml", "b1")),
        ci_files: vec![file(".circleci", "t1"), file(".github", "t2")],
    }
}

fn build(workflow: Option<&str>) -> Action {
    let parameters = BTreeMap::from([
        ("environment".to_owned(), ParameterValue::Text("production".to_owned())),
        ("force".to_owned(), ParameterValue::Bool(false)),
    ]);
    Action::TriggerBuild(TriggerSpec { workflow: workflow.map(str::to_owned), parameters, revision: None })
}

#[test]
fn a_line_says_what_will_run() {
    let tag = BuildSource { name: "v1.2.3".to_owned(), is_tag: true, ..source() };
    let nothing = Start::Nothing("no branch stands there".to_owned());
    let held = |job: Option<&str>| {
        Action::AutoApproveBuild(BuildRef { build: "deploy".to_owned(), job: job.map(str::to_owned) })
    };
    let pushed = |pushed_to: GitRef| Release { pushed_to: Some(pushed_to), ..Release::default() };
    let main = pushed(GitRef::branch("main"));
    let own = |started: Option<StartedBuild>| {
        Start::Releases(Release { own: vec![OwnPipeline { step: 1, started }], ..main.clone() })
    };
    let started = StartedBuild::Pipeline { id: "p7".to_owned(), number: 7, url: "https://ci/7".to_owned() };
    let event = EventSpec {
        detail_type: "promoted".to_owned(),
        detail: BTreeMap::from([("to".to_owned(), "a long environment".to_owned())]),
        bus: Some("releases".to_owned()),
    };
    let lines = [
        (build(Some("promote.yml")), Start::From(source())),
        (build(None), Start::From(tag)),
        (build(Some("promote.yml")), nothing),
        (held(Some("hold")), Start::Releases(main.clone())),
        (held(None), Start::Releases(pushed(GitRef::tag("v1.2.3")))),
        (held(Some("hold")), Start::Nothing("nobody knows its branch".to_owned())),
        (held(Some("hold")), own(None)),
        (held(None), own(Some(started.clone()))),
        (held(None), Start::Releases(Release { earlier: Some(started), ..main.clone() })),
        (Action::Webhook(WebhookSpec::to("https://hooks.example.com/secret")), Start::NoBuild),
        (Action::SendEvent(event), Start::NoBuild),
    ]
    .map(|(action, start)| Act::describe(&action, &start, "gh/acme/checkout", 12));
    assert_eq!(
        lines,
        [
            "Starts promote.yml on main at aaaaaaa with environment=production, force=false",
            "Starts a pipeline of gh/acme/checkout on the tag v1.2.3 at aaaaaaa with environment=production, force=false",
            "Does not start promote.yml: no branch stands there",
            "Releases the job hold of deploy in gh/acme/checkout on main",
            "Releases the job that deploy in gh/acme/checkout holds on the tag v1.2.3",
            "Does not release the job hold of deploy in gh/acme/checkout: nobody knows its branch",
            "Releases the job hold of deploy in gh/acme/checkout: in the pipeline that trigger_build starts, or else in the one that the push started on main",
            "Releases the job that deploy in gh/acme/checkout holds: in pipeline 7, which trigger_build started, or else in the one that the push started on main",
            "Releases the job that deploy in gh/acme/checkout holds on main, in pipeline 7, where an earlier step released a job",
            "Posts to the webhook: https://hooks.example.com",
            "Sends the event promoted to the bus releases with to=a long envi\u{2026}",
        ]
    );
}

#[test]
fn every_part_of_a_subject_has_its_own_mark() {
    let origin = Origin {
        host: "GitHub".to_owned(),
        repository: "acme/checkout".to_owned(),
        repository_id: Some(1),
        circleci_project: "gh/acme/checkout".to_owned(),
        circleci_definition: None,
    };
    let act = Act {
        step: 1,
        branch: Branch::OnSuccess,
        condition: None,
        line: "Starts promote.yml on main".to_owned(),
        short: None,
        action: build(Some("promote.yml")),
        start: Start::From(source()),
    };
    let subject = Subject {
        revision: "a".repeat(40),
        rule: "promote".to_owned(),
        rule_hash: "hash".to_owned(),
        plan: vec!["trigger_build: promote.yml".to_owned()],
        origin: Some(origin.clone()),
        branch: Some("main".to_owned()),
        acts: vec![act.clone()],
        fails: Vec::new(),
        at_opening: None,
        base: Some("0".repeat(40)),
        place: String::new(),
    };
    let with_start = |start: Start| Subject { acts: vec![Act { start, ..act.clone() }], ..subject.clone() };
    let with_source = |source: BuildSource| with_start(Start::From(source));
    let other =
        |sha: &str| Some(CiFile { path: ".github/workflows/promote.yml".to_owned(), sha: sha.to_owned() });
    let others = [
        Subject { origin: None, ..subject.clone() },
        Subject {
            origin: Some(Origin { repository: "acme/web".to_owned(), ..origin.clone() }),
            ..subject.clone()
        },
        Subject { origin: Some(Origin { repository_id: Some(2), ..origin.clone() }), ..subject.clone() },
        Subject {
            origin: Some(Origin { circleci_project: "gh/acme/web".to_owned(), ..origin.clone() }),
            ..subject.clone()
        },
        Subject {
            origin: Some(Origin { circleci_definition: Some("2338d0ae".to_owned()), ..origin }),
            ..subject.clone()
        },
        Subject { branch: Some("evil".to_owned()), ..subject.clone() },
        Subject { base: None, ..subject.clone() },
        Subject { at_opening: Some(AtOpening::default()), ..subject.clone() },
        Subject {
            at_opening: Some(AtOpening { health: Some(Health::Healthy), ..AtOpening::default() }),
            ..subject.clone()
        },
        Subject { acts: Vec::new(), ..subject.clone() },
        Subject { acts: vec![Act { action: build(None), ..act.clone() }], ..subject.clone() },
        with_source(BuildSource { name: "evil".to_owned(), ..source() }),
        with_source(BuildSource { head: "b".repeat(40), ..source() }),
        with_source(BuildSource { workflow: other("b2"), ..source() }),
        with_source(BuildSource { ci_files: Vec::new(), ..source() }),
        with_start(Start::Releases(Release::default())),
        with_start(Start::Releases(Release {
            pushed_to: Some(GitRef::branch("main")),
            ..Release::default()
        })),
        with_start(Start::Releases(Release { pushed_to: Some(GitRef::tag("main")), ..Release::default() })),
    ];
    let mut marks: Vec<String> = others.iter().map(Subject::mark).collect();
    marks.push(subject.mark());
    let count = marks.len();
    marks.sort_unstable();
    marks.dedup();
    assert_eq!(marks.len(), count);
}

#[test]
fn what_moved_is_named() {
    let origin = |repository: &str, project: &str| Origin {
        host: "GitHub".to_owned(),
        repository: repository.to_owned(),
        repository_id: None,
        circleci_project: project.to_owned(),
        circleci_definition: None,
    };
    let seen = origin("acme/checkout", "gh/acme/checkout");
    let by_definition = Origin { circleci_definition: Some("2338d0ae".to_owned()), ..seen.clone() };
    assert_eq!(
        seen.moved(&by_definition).as_deref(),
        Some("its CircleCI pipeline definition was not set and is 2338d0ae")
    );
    assert_eq!(seen.moved(&origin("Acme/Checkout", "gh/acme/checkout")), None);
    assert_eq!(
        seen.moved(&origin("acme/web", "gh/acme/web")).as_deref(),
        Some(
            "its repository was acme/checkout and is acme/web, its CircleCI project was gh/acme/checkout and is gh/acme/web"
        )
    );
    let mut now = source().ci_files;
    assert_eq!(source().changed_files(&now), None);
    now[1].sha = "t3".to_owned();
    assert_eq!(source().changed_files(&now).as_deref(), Some(".github"));
    assert_eq!(source().changed_files(&[]).as_deref(), Some(".circleci, .github"));
}

#[test]
fn builds_come_first_in_the_short_lines() {
    let act = |step: usize, action: Action, line: &str, condition: Option<&str>| Act {
        step,
        branch: Branch::OnSuccess,
        condition: condition.map(str::to_owned),
        line: line.to_owned(),
        short: Some(format!("{line}, short")),
        action,
        start: Start::NoBuild,
    };
    let rejected =
        Act { branch: Branch::OnReject, ..act(3, Action::AddDeployTag("no".to_owned()), "Tags no", None) };
    let condition = Act::condition([("B", Branch::OnSuccess), ("C", Branch::OnReject)]);
    let subject = Subject {
        acts: vec![
            act(1, Action::Webhook(WebhookSpec::to("https://a.example".to_owned())), "Posts", None),
            act(2, build(None), "Starts", condition.as_deref()),
            rejected,
        ],
        ..Subject::default()
    };
    assert_eq!(
        subject.lines(Branch::OnSuccess).collect::<Vec<_>>(),
        ["Posts", "Starts, once \u{201c}B\u{201d} is approved too and if \u{201c}C\u{201d} is rejected"]
    );
    assert_eq!(
        subject.short_lines(Branch::OnSuccess),
        [
            "Starts, short, once \u{201c}B\u{201d} is approved too and if \u{201c}C\u{201d} is rejected",
            "Posts, short"
        ]
    );
    assert_eq!(subject.short_lines(Branch::OnReject), ["Tags no, short"]);
    assert_eq!(subject.short_lines(Branch::OnExpire), Vec::<String>::new());
}
