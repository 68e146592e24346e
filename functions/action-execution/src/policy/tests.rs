use super::*;
use signoff_core::id::DeployId;
use signoff_core::run::Opening;

const RULES: &str = "rules:\n\
    - ship:\n    actions:\n\
    \x20     - webhook: 'https://a.example/{{ environment }}'\n\
    \x20     - slack_channel_approval:\n\
    \x20         channel: '#gate'\n\
    \x20         on_success: [{slack_channel_approval: {name: Two, channel: '#gate', on_success: [{add_deploy_tag: '{{ revision }}'}]}}]\n\
    \x20         on_reject: [{webhook: 'https://b.example'}]\n\
    \x20     - add_deploy_tag: done\n";

#[test]
fn each_action_has_the_number_of_its_step() {
    let file = signoff_rules::parse(RULES, "rules.yml").unwrap();
    let actions = &file.rules[0].actions;
    let opening = Opening {
        deploy: &DeployId::from_text("d"),
        revision: "r",
        rule: "ship",
        rule_hash: "h",
        actions,
        followed: false,
    };
    let run = Run::open(&opening, jiff::Timestamp::UNIX_EPOCH).next;
    assert_eq!(&run.actions(), actions);
    let same = |index: usize, action: &Action| {
        assert_eq!(run.steps[index].action, *action, "step {index}");
        action.clone()
    };
    assert_eq!(&each(actions, &mut 0, &same), actions);
}
