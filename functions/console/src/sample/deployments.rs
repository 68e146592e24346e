//! Deployments, what is known of them, and evaluations of their rules.

use super::{approval, at, deploy, failed};
use crate::view::Overview;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::evaluation::{Evaluated, Evaluation, Finding};
use signoff_core::facts::{Facts, Health, Report};
use signoff_core::id::{DeployId, RunId};
use signoff_store::{
    ApprovalListing, ApprovalSummary, DeploySummary, Deployment, DeploymentListing, Environment,
};
use signoff_store::{EvaluationPlace, ListedEvaluation};
use std::collections::HashMap;

fn environment(id: &str, name: &str, seconds: i64) -> Environment {
    let Deploy { deployment, revision, branch, .. } = deploy();
    let newest = DeploySummary {
        id: DeployId::from_text(id),
        deployment,
        environment: name.to_owned(),
        revision,
        deployed_at: at(seconds),
        listed_at: at(seconds).to_string(),
        state: Default::default(),
        arrived_at: None,
        repeats: None,
        has_failed: false,
    };
    Environment { newest, branch }
}

/// One with three environments, and one that was disconnected before it had any.
pub(crate) fn deployments() -> Vec<Deployment> {
    let environments = vec![
        environment("d1", "<b>QA</b>", -7200),
        environment("d2", "Production", -86_400 * 400),
        environment("d3", "Staging", 0),
    ];
    let checkout = Deployment { slug: deploy().deployment, is_disconnected: false, environments };
    let legacy = Deployment {
        slug: Slug::new("acme", "legacy").unwrap(),
        is_disconnected: true,
        environments: Vec::new(),
    };
    vec![checkout, legacy]
}

/// The list of them, of which there are more.
pub(crate) fn overview() -> Overview {
    let part = DeploymentListing { deployments: deployments(), next: Slug::new("acme", "shop") };
    Overview { part, pending: waiting_approvals(), facts: health() }
}

/// Two approvals that wait for people, of the same environment.
pub(crate) fn waiting_approvals() -> ApprovalListing {
    let approval = approval(&failed().runs[0], 0);
    let summary = ApprovalSummary {
        id: approval.id,
        deploy: DeployId::from_text("d3"),
        deployment: Some(deploy().deployment),
        environment: Some("STAGING".to_owned()),
        revision: deploy().revision,
        name: approval.name,
        rule: approval.subject.rule,
        status: approval.status,
        votes: approval.votes,
        glass: approval.glass,
        opened_at: approval.opened_at,
    };
    let before = ApprovalSummary { deployment: None, environment: None, ..summary.clone() };
    ApprovalListing { approvals: vec![summary.clone(), summary, before], unreadable: 0, next: None }
}

/// One deploy that does well, and one that does not.
pub(crate) fn health() -> HashMap<DeployId, Facts> {
    let known = |(id, health): (&str, Health)| {
        let mut facts = Facts::none(&DeployId::from_text(id));
        facts.reports.insert("api".to_owned(), Report { health, at: at(9) });
        (facts.deploy.clone(), facts)
    };
    [("d1", Health::Healthy), ("d3", Health::Unhealthy)].map(known).into()
}

/// Four evaluations, newest first: one of rules that waited, one of a new deploy, one of a file that was
/// refused, and one without a file.
pub(crate) fn evaluations() -> Vec<ListedEvaluation> {
    let run = |rule: &str| RunId::derive(&deploy().id, rule);
    let found = |(rule, finding): (&str, Finding)| Evaluated {
        rule: rule.to_owned(),
        finding,
        asks: rule != "other",
        expected: rule == "old",
    };
    let fails = |why: &str, from: Option<i64>| Finding::Fails { why: why.to_owned(), from: from.map(at) };
    let again = [
        ("promote", Finding::OpenBefore { run: run("promote") }),
        ("soaked", Finding::Opened { run: run("soaked") }),
    ];
    let new = [
        ("promote", Finding::Opened { run: run("promote") }),
        ("soaked", fails("deployed_for>='5m' fails: deployed_for is 4s", Some(300))),
        ("after", Finding::After { rules: vec!["promote".to_owned(), "soaked".to_owned()] }),
        ("other", fails("environment='<Production>' fails: environment is `Staging`", None)),
        ("old", Finding::Outdated),
        ("ours", Finding::Unsupported { uses: "known, not supported yet: base_synced".to_owned() }),
        ("frozen", Finding::Frozen { until: at(86_400), freeze: "weekend".to_owned() }),
        ("pulls", Finding::NotForDeploys),
    ];
    let file =
        Some((".signoff/rules.yml", "5b41362bc82b7f3d56edc5a306db22105707d01ff4819e26faef9724a2d406c9"));
    let of = |seconds, file| Evaluation::of(&deploy(), at(seconds), file);
    let mut cut = of(4, file).found(new.map(found));
    cut.more = 3;
    let refused = Evaluation { problems: 2, ..of(-60, file) };
    let all = [of(5, file).found(again.map(found)), cut, refused, of(-120, None)];
    let listed = |(number, evaluation): (usize, Evaluation)| {
        let at = evaluation.at.strftime("%Y-%m-%dT%H:%M:%S.000000Z");
        let place = EvaluationPlace::parse(&format!("{at}#e{}", number + 1)).unwrap();
        ListedEvaluation { place, evaluation }
    };
    all.into_iter().enumerate().map(listed).collect()
}
