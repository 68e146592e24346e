//! The place that an approval leads to follows from where its actions go.

use super::*;
use serde_json::json;
use signoff_core::action::{ParameterValue, TriggerSpec};

/// A deploy of a revision to an environment, from a branch and with tags.
fn deploy(revision: &str, environment: &str, branch: &str, tags: &[&str]) -> Deploy {
    serde_json::from_value(json!({
        "id": revision, "deployment": "acme/checkout", "repository": "acme/checkout", "environment": environment,
        "revision": revision.repeat(40), "branch": branch, "deployed_at": "2026-05-11T11:42:00Z",
        "registered_at": "2026-05-11T11:42:00Z", "source": "register_deploy", "tags": tags, "links": {}, "deployer": null,
        "commits": [], "pull_requests": [], "previous_revision": null,
    }))
    .unwrap()
}

fn builds(parameters: &[(&str, &str)]) -> Action {
    let text = |value: &str| ParameterValue::Text(value.to_owned());
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
    Action::TriggerBuild(TriggerSpec { workflow: Some("promote.yml".to_owned()), parameters, revision: None })
}

/// The place of an approval that the build with these parameters follows.
fn place_of(parameters: &[(&str, &str)], deploy: &Deploy) -> String {
    let file = "rules:\n  - ship:\n      actions: [{slack_channel_approval: {channel: '#gate'}}]\n";
    let rules = crate::parse(file, "rules.yml").unwrap();
    let spec = rules.rules[0].actions[0].approvals()[0].clone();
    let asked = |on_success: Vec<Action>| ApprovalSpec { on_success, ..spec.clone() };
    let place_of = |spec: &ApprovalSpec| place(spec, "ship", deploy);
    let direct = place_of(&asked(vec![builds(parameters)]));
    let nested = asked(vec![Action::SlackChannelApproval(asked(vec![builds(parameters)]))]);
    assert_eq!(direct, place_of(&nested), "an approval in between leads there too");
    direct
}

#[test]
fn where_an_action_goes_makes_the_place() {
    let conditional = "{% if branch == 'main' %}production{% else %}canary{% endif %}";
    let main = deploy("a", "Staging", "main", &["#eu"]);
    let next = deploy("b", "Staging", "main", &["#eu"]);
    let others = [
        deploy("b", "Production", "main", &["#eu"]),
        deploy("b", "Staging", "release", &["#eu"]),
        deploy("b", "Staging", "main", &["#us"]),
    ];
    for (text, differ) in [
        ("production", [false, false, false]),
        ("{{ revision }}", [false, false, false]),
        ("v-{{ revision }}", [false, false, false]),
        ("{{ deploy_author_name }}", [false, false, false]),
        ("{{ environment }}", [true, false, false]),
        ("{{ environment }}-{{ revision }}", [true, false, false]),
        ("{{ deploy_name }}", [true, false, false]),
        ("{{ branch }}", [false, true, false]),
        ("{{ branch }}-{{ revision }}", [false, true, false]),
        (conditional, [false, true, false]),
        ("{{ tags }}", [false, false, true]),
        ("{{ tags[0] | replace('#', '') }}", [false, false, true]),
        ("{% for tag in deploy_tags %}{{ tag }}{% endfor %}", [false, false, true]),
    ] {
        let place = place_of(&[("target", text)], &main);
        assert_eq!(place, place_of(&[("target", text)], &next), "{text}: the next revision goes there too");
        let told = [0, 1, 2].map(|other: usize| place != place_of(&[("target", text)], &others[other]));
        assert_eq!(told, differ, "{text}");
    }
}

#[test]
fn a_template_and_its_value_are_one_place() {
    let deploy = deploy("a", "Production", "main", &["#eu"]);
    for (text, value) in [
        ("{{ environment | lower }}", "production"),
        ("{{ branch }}", "main"),
        ("{% if branch == 'main' %}live{% else %}canary{% endif %}", "live"),
    ] {
        assert_eq!(place_of(&[("target", text)], &deploy), place_of(&[("target", value)], &deploy), "{text}");
        let acts = |text: &str| acts_on(&[builds(&[("target", text)])], None, &deploy);
        assert_eq!(acts(text), acts(value), "{text}");
    }
}

#[test]
fn no_value_makes_another_place() {
    let named = |branch: &str| deploy("a", "Staging", branch, &[]);
    let branch = ("target", "{{ branch }}");
    let none = place_of(&[], &named("main"));
    for name in ["{{revision}}", "{{deploy_revision}}", "{%x%}"] {
        assert_ne!(place_of(&[branch], &named(name)), none, "{name}: a branch hides no parameter");
    }
    let two = place_of(&[("region", "eu"), ("stage", "prod")], &named("main"));
    for name in ["eu stage=prod", "eu\",\"stage\":\"prod"] {
        assert_ne!(place_of(&[("region", "{{ branch }}")], &named(name)), two, "{name}");
    }
}

#[test]
fn only_the_revision_itself_makes_no_place() {
    let deploy = deploy("a", "Staging", "main", &[]);
    let none = place_of(&[("target", "{{ revision }}")], &deploy);
    for (text, is_revision) in [
        ("{{ deploy_revision }}", true),
        ("{{- revision -}}", true),
        ("{{ revision | upper }}", true),
        ("{% if revision %}{{ revision }}{% endif %}", true),
        ("{{ 'production' if revision }}", false),
        ("{{ ['production', revision] | join('-') }}", false),
        ("{{ revision | replace(revision, 'production') }}", false),
        ("{{ revision if revision[0] == '0' else 'production' }}", false),
        ("{{ revision | length }}", false),
        ("production{# revision #}", false),
    ] {
        assert_eq!(place_of(&[("target", text)], &deploy) == none, is_revision, "{text}");
    }
    let joined = |name: &str| format!("{{{{ ['{name}', revision] | join('-') }}}}");
    let [staging, production] = ["staging", "production"].map(joined);
    assert_ne!(
        place_of(&[("target", &staging)], &deploy),
        place_of(&[("target", &production)], &deploy),
        "what was let through to one of them is no base of the other"
    );
    let acts = |text: &str| acts_on(&[builds(&[("target", text)])], None, &deploy);
    for text in ["{{ 'production' if revision }}", production.as_str(), "production{# x #}"] {
        assert!(base::meets(&acts(text), &acts("production")), "{text} may be production");
    }
}
