//! Variables whose values are known only when an action runs.

use crate::template::{Context, Mentions, is_late, is_mentioning, is_of_record, render_plain};
use signoff_core::approval::{Choice, Vote};
use signoff_core::facts::Health;
use signoff_core::happened::{AtOpening, Decided, Happened};

/// Two people approved a deploy that does not do well; one of them has no id that Slack gives.
pub(super) fn happened() -> Happened {
    let vote = |voter: &str, name: &str| Vote {
        voter: voter.to_owned(),
        name: name.to_owned(),
        named: true,
        choice: Choice::Approve,
        reason: Some("<!channel> ok".to_owned()),
        at: "2026-05-11T12:00:00Z".parse().unwrap(),
    };
    let decided = Decided {
        name: "Promote <it>".to_owned(),
        rule: "promote".to_owned(),
        outcome: "approved",
        opened_at: "2026-05-11T11:50:00Z".parse().unwrap(),
        closed_at: "2026-05-11T12:00:00Z".parse().unwrap(),
        reason: None,
        votes: vec![vote("U0BEN", "Ben"), vote("!channel", "Eve <3")],
        glass: None,
    };
    Happened { health: Some(Health::Unhealthy), decided: Some(decided), ..Happened::default() }
}

#[test]
fn late_variables_are_told_from_words_in_a_text() {
    for (template, late) in [
        ("{{ approved_by }}", true),
        ("{% for vote in votes %}{{ vote.name }}{% endfor %}", true),
        ("{{ approval.name }}", true),
        ("{{ approved_by", true),
        // They are as they were when the approval opened.
        ("{% if health == 'Healthy' %}yes{% endif %}", false),
        ("{{ failed_rules }}", false),
        ("Needs an approval, and good health", false),
        ("{{ 'votes' }} of {{ revision }}", false),
        ("{% for health in tags %}{{ health }}{% endfor %}", false),
    ] {
        assert_eq!(is_late(template), late, "{template}");
        let is_changing = template.contains("if health") || template.contains("{ failed_rules");
        assert_eq!(is_of_record(template), late || is_changing, "{template}");
    }
}

#[test]
fn voted_text_keeps_the_values_of_the_opening() {
    let template = "{{ health }} {{ tags }} {{ failed_rules }} {{ approved_by }}";
    let context = || Context::new(&super::deploy(), "https://x.example", &Mentions::new());
    let rendered = |happened: &Happened| render_plain(template, &context().with(happened)).unwrap();
    let at_opening = AtOpening {
        health: Some(Health::Healthy),
        failed_rules: vec!["smoke-test".to_owned()],
        tags: vec!["#then".to_owned()],
    };
    let voted = Happened { at_opening: Some(at_opening), ..happened() };
    assert_eq!(rendered(&voted), "Healthy #then smoke-test Ben, Eve <3");
    assert!(rendered(&happened()).starts_with("Unhealthy "));
}

#[test]
fn authors_are_mentioned_by_two_names_alone() {
    for (template, mentions) in [
        ("Promote to production?", false),
        ("By {{ authors }}", false),
        ("the authors_slack of a deploy", false),
        ("{% set authors_slack = 1 %}{{ authors_slack }}", false),
        ("By {{ authors_slack }}", true),
        ("{% if slack_mention_authors %}x{% endif %}", true),
        ("{{ authors_slack", true),
    ] {
        assert_eq!(is_mentioning(template), mentions, "{template}");
    }
}
