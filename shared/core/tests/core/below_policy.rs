//! The dialog's lines about the policy, as the policy in force changes.

use crate::dialogs::{blocks, said};
use crate::samples::{approval, at, voted};
use signoff_core::approval::{Approval, Choice, Closed, Command, Electorate, Status, decide};
use signoff_core::decision::Decision;
use signoff_core::effect::EffectKind;
use signoff_core::message::dialog;
use signoff_core::run::{KEPT_BACK, StepState};

const SHORTFALL: &str = "Rule `ship`: line 5 of the policy asks for <2> votes";

fn below(lines: &[&str]) -> Electorate {
    Electorate { below_policy: lines.iter().map(ToString::to_string).collect(), ..Electorate::anyone() }
}

fn judged(approval: &Approval, electorate: Electorate) -> Decision<Approval> {
    let base = approval.subject.base.clone();
    decide(approval, Command::Judge { electorate, base, round: 0 }, at(30)).expect("a look")
}

#[test]
fn dialog_says_what_the_policy_in_force_keeps_back() {
    let asked = voted(
        Approval { electorate: Electorate::anyone(), votes_required: 2, ..approval() },
        &[("U1", Choice::Approve)],
    );
    let stricter = judged(&asked, below(&[SHORTFALL]));
    assert!(stricter.effects.contains(&EffectKind::DrawDialog { approval: asked.id.clone() }));
    let shown = blocks(&stricter.next, None);
    assert!(
        said(&shown[0]).contains("*The policy blocks what this approval would start.*")
            && said(&shown[0])
                .ends_with("\n\u{2022} Rule `ship`: line 5 of the policy asks for &lt;2&gt; votes"),
        "{}",
        said(&shown[0])
    );
    assert_eq!(said(&shown[1]), format!("section: {}", asked.prompt));
    assert!(dialog(&stricter.next, None).text.starts_with(":no_entry: *The policy blocks"));
    assert_eq!(stricter.next.votes, asked.votes, "votes are kept");
    // The same policy again is no news.
    assert_eq!(judged(&stricter.next, below(&[SHORTFALL])).effects, []);
    let lifted = judged(&stricter.next, Electorate::anyone());
    assert!(lifted.effects.contains(&EffectKind::DrawDialog { approval: asked.id.clone() }));
    assert_eq!(blocks(&lifted.next, None), blocks(&asked, None));
}

#[test]
fn closed_dialog_says_nothing_of_the_policy() {
    let electorate = below(&[SHORTFALL]);
    let closed =
        Approval { electorate, status: Status::Closed(Closed::Approved { at: at(9) }), ..approval() };
    assert!(!dialog(&closed, None).text.contains("policy"), "its steps' lines say it");
}

#[test]
fn ways_below_the_policy_are_told_up_to_a_limit() {
    let long = "x".repeat(900);
    let electorate = below(&[long.as_str(); 8]);
    let text = said(&blocks(&Approval { electorate, ..approval() }, None)[0]);
    assert!(text.chars().count() < 1300 && text.ends_with("\u{2022} and 5 more"), "{text}");
}

#[test]
fn step_that_the_policy_keeps_back_is_told_by_its_note() {
    let running = |note: Option<String>| StepState::Running { note, waits: true };
    assert!(running(Some(format!("{KEPT_BACK}{SHORTFALL}."))).is_kept_back());
    for other in [running(None), running(Some("503".to_owned())), StepState::Waiting, StepState::Skipped] {
        assert!(!other.is_kept_back(), "{other:?}");
    }
}
