//! The place that an approval leads to: what lies in another environment is another place.

use crate::samples::spec;
use approval::action::{Action, ApprovalSpec, EventSpec, ParameterValue, TriggerSpec, WebhookSpec};
use approval::base::place;
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
        let webhook = Action::Webhook(WebhookSpec::to(format!("https://ci.example.com/{text}")));
        let after = ApprovalSpec { on_success: vec![build(text)], ..spec(1) };
        for action in [build(text), event(text), webhook, Action::SlackChannelApproval(after)] {
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
