//! The place that an approval leads to: another environment is another place.

use crate::samples::spec;
use signoff_core::action::{
    Action, ApprovalSpec, BuildRef, EventSpec, HeaderText, Method, ParameterValue, TriggerSpec, WebhookBody,
    WebhookSpec,
};
use signoff_core::base::{acts_on, meets, place};
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
        ("{{ revision }}", "{{deploy_revision}}", true),
        ("{{ 'production' if revision }}", "{{ 'staging' if revision }}", false),
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
    // Neither a GET nor a DELETE describes anything.
    for method in [Method::Get, Method::Delete] {
        let silent = Action::Webhook(WebhookSpec { method, ..WebhookSpec::to(url()) });
        assert_eq!(of(&silent), place_of(&silent, "Production"), "{silent:?}");
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
        (Some("promote.yml"), &[("to", text(" Production "))], true),
        (Some("promote.yml"), &[("to", text("production{# x #}"))], true),
        (Some("promote.yml"), &[("to", text("{{ 'production' if revision }}"))], true),
        (Some("promote.yml"), &[("To", text("staging"))], true),
        (Some("promote.yml"), &[("to", text("staging"))], false),
        (Some("promote.yml"), &[("to", text("production")), ("dry", ParameterValue::Bool(true))], false),
        (Some("other.yml"), &production, false),
        (None, &production, false),
    ] {
        let acts = builds(workflow, parameters);
        assert_eq!((meets(&acts, &asked), meets(&asked, &acts)), (expected, expected), "{acts:?}");
    }
}

#[test]
fn environment_meets_what_is_told_to_go_there() {
    let address = |url: &str| Action::Webhook(WebhookSpec::to(url.to_owned()));
    let gate = acts_on(&[], Some("Production"));
    for (action, expected) in [
        (build("production"), true),
        (build(" PRODUCTION "), true),
        (build("{{ links.to }}"), true),
        (build("staging"), false),
        (build("{{ revision }}"), false),
        (event("Production"), true),
        (event("staging"), false),
        (address("https://cd.acme.test/production/run"), true),
        (address("https://cd.acme.test/run?to=Production"), true),
        (address("https://production.acme.test/run?to=staging"), false),
        (Action::AddDeployTag("production".to_owned()), false),
    ] {
        let acts = acts_on(std::slice::from_ref(&action), None);
        assert_eq!((meets(&acts, &gate), meets(&gate, &acts)), (expected, expected), "{action:?}");
    }
    let elsewhere = acts_on(&[build("staging")], Some("Staging"));
    assert!(!meets(&elsewhere, &gate), "another environment");
}

#[test]
fn addresses_meet_however_they_are_spelled() {
    let of = |url: &str| acts_on(&[Action::Webhook(WebhookSpec::to(url.to_owned()))], None);
    let meet = |one: &str, other: &str| {
        let (one, other) = (of(one), of(other));
        assert_eq!(meets(&one, &other), meets(&other, &one), "{one:?} {other:?}");
        meets(&one, &other)
    };
    for url in [
        "https://CD.acme.test/run",
        "HTTPS://cd.acme.test:443/run",
        "https://cd.acme.test:0443/run",
        "https://cd.acme.test/run#now",
        "https://cd.acme.test./run",
        "https://ana:secret@cd.acme.test/run",
        "https:cd.acme.test/run",
        "https:///cd.acme.test/run",
        "https:\\\\cd.acme.test\\run",
        "https://cd.acme.test//run",
        "https://cd.acme.test/run/",
        "https://cd.acme.test/x/../run",
        "https://cd.acme.test/x/%2e%2E/run",
        "https://cd.acme.test/%72un",
        "https://cd.acme.test/run;x=1",
        "https://cd.acme.test/r\tun",
        "https://cd.acme.test/%ff",
        "https://cd.acme.test/{{ \"run\" if revision }}",
        "https://cd.acme.test/{% if a %}run{% endif %}",
        "https://cd.acme.test/{{ branch }}",
        "https://{{ branch }}/other",
        "https://cd.acme.test{{ branch }}/run",
        "https://cd%2Eacme.test/run",
        "https://xn--cd-xyz.test/run",
        "https://0x7f.1/run",
        "{{ links.cd }}",
    ] {
        assert!(meet(url, "https://cd.acme.test/run"), "{url}");
    }
    for url in [
        "https://cd.acme.test/Run",
        "https://cd.acme.test:8443/run",
        "http://cd.acme.test/run",
        "https://acme.test/run",
        "https://cd.acme.test@acme.test/run",
        "https://127.0.0.1/run",
        "https://cd.acme.test/run/{{ revision }}",
        "https://acme.test/{{ branch }}",
    ] {
        assert!(!meet(url, "https://cd.acme.test/run"), "{url}");
    }
    for (one, other, expected) in [
        ("?b=1&a=2", "?a=2&b=1", true),
        ("?to=staging", "?to=production", false),
        ("?to=Production", "?to=production", true),
        ("?to=%70roduction", "?to=production", true),
        ("?to=staging&to=production", "?to=production", true),
        ("?to=staging;to=production", "?to=production", true),
        ("?sha={{ revision }}&to=staging", "?to=production", false),
        ("?sha={{ revision }}&to=staging", "?to=staging&sha=1", true),
        ("?to={{ branch }}", "?to=production", true),
        ("?{{ branch }}=staging", "?to=production", true),
        ("?to=staging{{ '&to=production' }}", "?to=production", true),
        ("", "?to=production", true),
    ] {
        let of = |query: &str| format!("https://cd.acme.test/run{query}");
        assert_eq!(meet(&of(one), &of(other)), expected, "{one} {other}");
    }
    assert!(!meet(
        "https://cd.acme.test/staging/{{ revision }}",
        "https://cd.acme.test/production/{{ revision }}"
    ));
}

#[test]
fn events_meet_on_every_name_of_their_bus() {
    let sends = |bus: Option<&str>, kind: &str, detail: &[(&str, &str)]| {
        let detail = detail.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let (detail_type, bus) = (kind.to_owned(), bus.map(str::to_owned));
        acts_on(&[Action::SendEvent(EventSpec { detail_type, detail, bus })], None)
    };
    let production = [("to", "production")];
    let asked = sends(None, "Promoted", &production);
    for (bus, kind, detail, expected) in [
        (Some("default"), "Promoted", &production[..], true),
        (Some("arn:aws:events:eu-west-1:123456789012:event-bus/default"), "Promoted", &production, true),
        (Some("deploys"), "Promoted", &production, true),
        (None, "{{ 'Promoted' if revision }}", &production, true),
        (None, "Tested", &production, false),
        (None, "Promoted", &[], true),
        (None, "Promoted", &[("to", "Production"), ("note", "x")], true),
        (None, "Promoted", &[("to", "{{ branch }}")], true),
        (None, "Promoted", &[("to", "staging")], false),
    ] {
        let acts = sends(bus, kind, detail);
        assert_eq!((meets(&acts, &asked), meets(&asked, &acts)), (expected, expected), "{acts:?}");
    }
    let named = |bus| sends(Some(bus), "Promoted", &production);
    let by_arn = named("arn:aws:events:eu-west-1:123456789012:event-bus/deploys");
    assert!(meets(&named("deploys"), &by_arn) && !meets(&named("default"), &by_arn));
}

#[test]
fn actions_meet_where_they_may_reach_the_same() {
    let job = |build: &str, job: Option<&str>| {
        Action::AutoApproveBuild(BuildRef { build: build.to_owned(), job: job.map(str::to_owned) })
    };
    let address = |text: &str| Action::Webhook(WebhookSpec::to(format!("https://cd.acme.test/{text}")));
    let tag = |text: &str| Action::AddDeployTag(text.to_owned());
    let sends = |text: &str| {
        let body = Some(WebhookBody::Text(text.to_owned()));
        Action::Webhook(WebhookSpec { body, ..WebhookSpec::to("https://cd.acme.test/run".to_owned()) })
    };
    for (one, other, expected) in [
        (job("deploy", None), job("deploy", Some("hold")), true),
        (job("deploy", None), job("deploy", None), true),
        (job("deploy", Some("a")), job("deploy", Some("b")), false),
        (job("deploy", None), job("deploy-eu", Some("hold")), false),
        (job("{{ branch }}", None), job("deploy", Some("hold")), true),
        (tag("{{ '#live' if revision }}"), tag("#live"), true),
        (tag("#Live"), tag("#live"), true),
        (tag("#live"), tag("#tested"), false),
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
