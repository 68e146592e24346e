//! Variables whose values are known only when an action runs.

use crate::template::{is_late, is_mentioning};
use approval::approval::{Choice, Vote};
use approval::facts::Health;
use approval::happened::{Decided, Happened};

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
    Happened { health: Some(Health::Unhealthy), failed_rules: Vec::new(), decided: Some(decided) }
}

#[test]
fn late_variables_are_told_from_words_in_a_text() {
    for (template, late) in [
        ("{{ approved_by }}", true),
        ("{% for vote in votes %}{{ vote.name }}{% endfor %}", true),
        ("{% if health == 'Healthy' %}yes{% endif %}", true),
        ("{{ approval.name }}", true),
        ("{{ approved_by", true),
        // It is as it was when the approval opened.
        ("{{ failed_rules }}", false),
        ("Needs an approval, and good health", false),
        ("{{ 'votes' }} of {{ revision }}", false),
        ("{% for health in tags %}{{ health }}{% endfor %}", false),
    ] {
        assert_eq!(is_late(template), late, "{template}");
    }
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
