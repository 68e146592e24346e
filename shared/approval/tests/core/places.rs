//! The place that an approval leads to: another environment is another place.

use crate::samples::spec;
use approval::action::{
    Action, ApprovalSpec, BuildRef, EventSpec, HeaderText, ParameterValue, TriggerSpec, WebhookBody,
    WebhookSpec,
};
use approval::base::{acts_on, meets, place};
use std::collections::BTreeMap;

fn build(parameter: &str) -> Action {
    let parameters = BTreeMap::from([("target".to_owned(), ParameterValue::Text(parameter.to_owned()))]);
    Action::TriggerBuild(TriggerSpec { workflow: Some("promote.yml".to_owned()), parameters, revision: None })
}

fn event(detail: &str) -> Action {
    let detail = BTreeMap::from([("what".to_owned(), detail.to_owned())]);
    Action::SendEvent(EventSpec { detail_type: "Promoted".to_owned(), detail, bus: None })
}

/// The place of an approval that `action` follows, in an environment.
fn place_of(action: &Action, environment: &str) -> String {
    place(&ApprovalSpec { on_success: vec![action.clone()], ..spec(1) }, "promote", environment)
}

#[test]
fn environments_are_one_place_unless_a_text_names_them() {
    for (text, is_one) in [
        ("production", true),
        ("{{ revision }}", true),
        ("v-{{ short_revision }}", true),
        ("{{ environment }}", false),
        ("{{environment}}:{{ short_revision }}", false),
        ("{{ short_revision }}:{{ environment | lower }}", false),
        ("{{ revision ~ environment }}", false),
        ("{% if environment == 'Staging' %}staging{% else %}production{% endif %}", false),
        ("{%- if environment == 'Staging' -%}{{ revision }}{% endif %}", false),
        ("{{ deploy_name }}", false),
        ("{{ branch }}", false),
    ] {
        let to = WebhookSpec::to(format!("https://ci.example.com/{text}"));
        let webhook =
            Action::Webhook(WebhookSpec { body: Some(WebhookBody::Text("promote".to_owned())), ..to });
        let after = ApprovalSpec { on_success: vec![build(text)], ..spec(1) };
        for action in [build(text), webhook, Action::SlackChannelApproval(after)] {
            let (staging, production) = (place_of(&action, "Staging"), place_of(&action, "Production"));
            assert_eq!(staging == production, is_one, "{text}: {staging} and {production}");
        }
    }
}

#[test]
fn parameter_beside_the_revision_is_part_of_the_place() {
    for (one, other, is_one) in [
        ("{{ revision }}", "{{ short_revision }}", true),
        ("eu-{{ revision }}", "us-{{ revision }}", false),
        ("{{ revision }}", "{{ previous_revision }}", false),
    ] {
        for of in [build, event] {
            assert_eq!(
                place_of(&of(one), "Staging") == place_of(&of(other), "Staging"),
                is_one,
                "{one} {other}"
            );
        }
    }
}

#[test]
fn what_is_sent_is_part_of_the_place() {
    let url = || "https://cd.acme.test/run".to_owned();
    let with = |target: &str, header: &str| {
        let texts = [("target", target), ("sha", "{{ revision }}")];
        let texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let headers = BTreeMap::from([("X-To".to_owned(), HeaderText::Text(header.to_owned()))]);
        let body = Some(WebhookBody::Object(BTreeMap::from(texts)));
        Action::Webhook(WebhookSpec { body, headers, ..WebhookSpec::to(url()) })
    };
    let of = |action: &Action| place_of(action, "Staging");
    assert_eq!(of(&with("production", "a")), place_of(&with("production", "a"), "Production"));
    assert_ne!(of(&with("production", "a")), of(&with("staging", "a")));
    assert_ne!(of(&with("production", "a")), of(&with("production", "b")));
    assert_eq!(of(&with("production", "{{ revision }}")), of(&with("production", "{{ deploy_revision }}")));
    // What describes the deploy names its environment.
    for described in [Action::Webhook(WebhookSpec::to(url())), event("promoted")] {
        assert_ne!(of(&described), place_of(&described, "Production"), "{described:?}");
    }
}

#[test]
fn builds_meet_however_they_are_spelled() {
    let text = |text: &str| ParameterValue::Text(text.to_owned());
    let builds = |workflow: Option<&str>, parameters: &[(&str, ParameterValue)]| {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let workflow = workflow.map(str::to_owned);
        let action = Action::TriggerBuild(TriggerSpec { workflow, parameters, revision: None });
        acts_on(&[action], None)
    };
    let production = [("to", text("production")), ("dry", ParameterValue::Bool(false))];
    let asked = builds(Some("promote.yml"), &production);
    for (workflow, parameters, expected) in [
        (Some("promote.yml"), &[("to", text("production")), ("dry", text("false"))][..], true),
        (Some(".github/workflows/promote.yml"), &production, true),
        (Some("12345678"), &production, true),
        (Some("{{ branch }}.yml"), &production, true),
        (Some("promote.yml"), &[("dry", text("false"))], true),
        (Some("promote.yml"), &[("to", text("production")), ("note", text("x"))], true),
        (Some("promote.yml"), &[("to", text("{{ links.to }}"))], true),
        (Some("promote.yml"), &[("version", text("{{ revision }}")), ("to", text("production"))], true),
        (Some("promote.yml"), &[("to", text("staging"))], false),
        (Some("promote.yml"), &[("to", text("production")), ("dry", ParameterValue::Bool(true))], false),
        (Some("other.yml"), &production, false),
        (None, &production, false),
    ] {
        let acts = builds(workflow, parameters);
        assert_eq!((meets(&acts, &asked), meets(&asked, &acts)), (expected, expected), "{acts:?}");
    }
    let of = |url: &str| acts_on(&[Action::Webhook(WebhookSpec::to(url.to_owned()))], None);
    for url in ["https://CD.acme.test/run", "HTTPS://cd.acme.test:443/run", "https://cd.acme.test/run#now"] {
        assert!(meets(&of(url), &of("https://cd.acme.test/run")), "{url}");
    }
    for url in ["https://cd.acme.test/Run", "https://cd.acme.test:8443/run", "http://cd.acme.test/run"] {
        assert!(!meets(&of(url), &of("https://cd.acme.test/run")), "{url}");
    }
}

#[test]
fn actions_meet_where_they_may_reach_the_same() {
    let job = |build: &str, job: Option<&str>| {
        Action::AutoApproveBuild(BuildRef { build: build.to_owned(), job: job.map(str::to_owned) })
    };
    let address = |text: &str| Action::Webhook(WebhookSpec::to(format!("https://cd.acme.test/{text}")));
    let sends = |text: &str| {
        let body = Some(WebhookBody::Text(text.to_owned()));
        Action::Webhook(WebhookSpec { body, ..WebhookSpec::to("https://cd.acme.test/run".to_owned()) })
    };
    for (one, other, expected) in [
        (job("deploy", None), job("deploy", Some("hold")), true),
        (job("deploy", None), job("deploy", None), true),
        (job("deploy", Some("a")), job("deploy", Some("b")), false),
        (job("deploy", None), job("deploy-eu", Some("hold")), false),
        (address("{{ revision }}"), address("{{deploy_revision}}"), true),
        (address("a"), address("b"), false),
        (sends("staging"), sends("production"), true),
    ] {
        let later = ApprovalSpec { on_success: vec![other.clone()], ..spec(1) };
        for other in [other, Action::SlackChannelApproval(later)] {
            let (one, other) = (acts_on(std::slice::from_ref(&one), None), acts_on(&[other], None));
            assert_eq!((meets(&one, &other), meets(&other, &one)), (expected, expected), "{one:?} {other:?}");
        }
    }
}
