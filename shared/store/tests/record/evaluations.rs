//! The evaluations of a deployment's rules.

use crate::local::Local;
use crate::samples::{deploy, plain, second};
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::evaluation::{Evaluated, Evaluation, Finding};
use signoff_core::facts::{Command, Health, Report, decide};
use signoff_core::id::{DeployId, EffectId, RunId};
use signoff_core::run::{Opening, Run};
use signoff_store::{Change, EvaluationPlace, Store};

fn every_finding() -> Vec<Evaluated> {
    let run = RunId::from_text("r1");
    let findings = [
        Finding::Opened { run: run.clone() },
        Finding::OpenBefore { run },
        Finding::Frozen { until: second(9), freeze: "weekend".to_owned() },
        Finding::After { rules: vec!["one".to_owned(), String::new()] },
        Finding::Fails { why: String::new(), from: None },
        Finding::Fails { why: "environment='x' fails".to_owned(), from: Some(second(8)) },
        Finding::Outdated,
        Finding::Unsupported { uses: "x".to_owned() },
        Finding::NotForDeploys,
    ];
    let named = |(number, finding)| Evaluated {
        rule: format!("rule {number}"),
        finding,
        asks: number % 2 == 0,
        expected: number % 3 == 0,
    };
    findings.into_iter().enumerate().map(named).collect()
}

async fn evaluate(store: &Store, deploy: &Deploy, at: i64, rules: Vec<Evaluated>) -> Evaluation {
    let evaluation = Evaluation::of(deploy, second(at), Some((".signoff/rules.yml", "hash"))).found(rules);
    let effect = EffectId::from_text(format!("e{at}"));
    let change = Change::to(&deploy.id, second(at)).evaluation(evaluation.clone(), &effect);
    store.commit(change).await.expect("committed");
    evaluation
}

#[tokio::test]
async fn evaluations_are_listed_newest_first_from_any_of_them_on() {
    let local = Local::new().await;
    let shop = Deploy { deployment: Slug::new("acme", "shop").expect("a slug"), ..deploy(2) };
    let first = evaluate(&local.store, &deploy(1), 1, every_finding()).await;
    evaluate(&local.store, &shop, 2, Vec::new()).await;
    let second = evaluate(&local.store, &deploy(3), 3, Vec::new()).await;
    let (found, more) = local.store.evaluations(&first.deployment, None).await.expect("read");
    let read: Vec<_> = found.iter().map(|found| found.evaluation.clone()).collect();
    assert_eq!((read, more), (vec![second, first.clone()], false));
    let newest = local.store.newest_evaluation(&deploy(1).id).await.expect("read").expect("one");
    let awaited = newest.rules.iter().filter(|rule| rule.is_awaited()).map(|rule| rule.rule.as_str());
    // Of those that ask: the one that waits for a freeze, and the one that a newer deploy came before.
    assert_eq!(awaited.collect::<Vec<_>>(), ["rule 2", "rule 6"]);
    assert_eq!(local.store.newest_evaluation(&deploy(9).id).await.expect("read"), None);
    evaluate(&local.store, &deploy(1), 4, Vec::new()).await;
    let newest = local.store.newest_evaluation(&deploy(1).id).await.expect("read").expect("one");
    assert_eq!((newest.at, newest.rules), (crate::samples::second(4), Vec::new()));
    let place = EvaluationPlace::parse(found[1].place.as_str()).expect("a place");
    let (found, _) = local.store.evaluations(&first.deployment, Some(&place)).await.expect("read");
    assert_eq!(found.into_iter().map(|found| found.evaluation).collect::<Vec<_>>(), [first]);
    for text in ["", "x#e1", "2026-11-23T10:00:00Z#", "2026-11-23T10:00:00Z#a b", "2026-11-23T10:00:00Z"] {
        assert_eq!(EvaluationPlace::parse(text), None, "{text}");
    }
}

#[tokio::test]
async fn what_does_not_fit_into_a_row_is_counted() {
    let local = Local::new().await;
    let why = "x".repeat(900);
    let rule = |number| Evaluated {
        rule: format!("rule {number}"),
        finding: Finding::Fails { why: why.clone(), from: None },
        asks: true,
        expected: false,
    };
    let written = evaluate(&local.store, &deploy(1), 1, (0..1000).map(rule).collect()).await;
    assert!((150..250).contains(&written.rules.len()), "{}", written.rules.len());
    assert_eq!(written.rules.len() + written.more, 1000);
    let (found, _) = local.store.evaluations(&written.deployment, None).await.expect("read");
    assert_eq!(found[0].evaluation, written);
}

#[tokio::test]
async fn evaluations_are_no_part_of_a_deploys_page() {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    evaluate(&local.store, &deploy(1), 1, every_finding()).await;
    let rows = local.rows().await;
    let of_deploy = format!("deploy#{} ", deploy(1).id);
    assert!(rows.keys().all(|key| !key.starts_with(&of_deploy) || !key.contains("evaluation")), "{rows:?}");
    assert!(local.store.page(&deploy(1).id).await.expect("read").is_some());
}

#[tokio::test]
async fn runs_and_facts_of_many_deploys_are_read_at_once() {
    let local = Local::new().await;
    let (one, two) = (deploy(1).id, deploy(2).id);
    let run = |deploy: &DeployId| {
        let opening = Opening {
            deploy,
            revision: "7bf7226",
            rule: "promote",
            rule_hash: "hash",
            actions: &[],
            followed: false,
        };
        Run::open(&opening, second(0)).next
    };
    let report = Report { health: Health::Ailing, at: second(0) };
    let command = Command::Report { source: "api".to_owned(), report };
    for id in [&one, &two] {
        let known = local.store.facts(id).await.expect("read");
        let facts = decide(&known, command.clone(), second(1)).expect("news");
        let change = Change::to(id, second(1)).run(plain(run(id))).facts(facts);
        local.store.commit(change).await.expect("committed");
    }
    let nobody = DeployId::from_text("nobody");
    let (first, second, none) = (run(&one).id, run(&two).id, run(&nobody).id);
    let runs = local.store.runs(&[(&one, &first), (&two, &second), (&nobody, &none)]).await.expect("read");
    assert_eq!(runs.len(), 2);
    assert!([(&one, &first), (&two, &second)].iter().all(|(deploy, run)| runs[*run].deploy == **deploy));
    let facts = local.store.facts_of(&[&one, &two, &nobody]).await.expect("read");
    assert_eq!(facts.len(), 2);
    assert!([one, two].iter().all(|id| facts[id].health() == Some(Health::Ailing)));
    assert!(local.store.runs(&[]).await.expect("read").is_empty());
}
