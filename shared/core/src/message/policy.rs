//! Messages about the policy: that it changed, that it can't be used, and which rules it blocks.

use super::pieces::{code, code_block, deploy_link, local_time, shorten};
use crate::approval::Approval;
use crate::deploy::Deploy;
use crate::mrkdwn::{escape, link};
use crate::policy::{InForce, OWNERS, PolicyFile};

/// The most characters of the changed lines that a dialog shows; the repository has them all.
const CHANGES: usize = 1800;
/// The most characters of one line.
const LINE: usize = 200;
/// The most problems or shortfalls in a message to a channel; below, the most characters of each.
const TOLD: usize = 5;
const SHORTFALL: usize = 400;
/// The number of ways in which a rule is below the policy that a dialog and a page tell: they have little
/// room.
pub const BELOW_POLICY_SHOWN: usize = 3;
/// The most characters of one of them.
const SHORTFALL_IN_DIALOG: usize = 300;

/// The rule by which votes on several approvals are counted together.
const COUNTS_ONCE: &str = "A person who votes on several approvals counts once.";

/// The consequences for an approval whose rule is below the policy. They follow the sentence that the policy
/// blocks it.
pub const BELOW_POLICY: &str = "Votes are kept, and it goes on once the policy in force allows it. A corrected rules file \
                                counts from the next deploy.";

/// The question of a proposed policy's dialog. `changes` are the lines that it removes and adds.
pub fn policy_proposed(in_force: &InForce, file: &PolicyFile, changes: &[String]) -> String {
    let (mut room, mut shown) = (CHANGES, Vec::new());
    for change in changes {
        let line = shorten(change, LINE);
        let length = escape(&line).chars().count() + 1;
        if length > room {
            break;
        }
        room -= length;
        shown.push(line);
    }
    let more = changes.len() - shown.len();
    let mut text = format!(
        "*The policy of this stack changed* in {}. The change counts once two of its owners approve it.",
        code(&file.repository)
    );
    match shown.is_empty() {
        false => text.push_str(&format!("\n{}", code_block(&shown))),
        true => text.push_str("\nOnly spaces or line ends differ."),
    }
    if more > 0 {
        text.push_str(&format!(
            "\n:warning: {more} more changed lines are not shown. Read them in the repository before you approve."
        ));
    }
    text.push_str(&format!(
        "\nUntil then, the policy {} stays in force (since {}). {OWNERS} approvals of owners named there put {} in force.",
        code(in_force.file.short()),
        local_time(in_force.since),
        code(file.short())
    ));
    text
}

/// The direct message to an owner that `approval`, on another policy, waits for them.
pub fn policy_asks_owner(approval: &Approval, deploy_url: &str) -> String {
    format!(
        ":scroll: *The policy of this stack changed*, and you are one of its owners. {}: the change counts once {OWNERS} owners \
         approve it, and until then the policy in force stays. You don\u{2019}t have to be in {}, where the dialog is.",
        link(deploy_url, "Read the change and vote"),
        escape(&approval.channel)
    )
}

/// The message to a channel that a policy came into force.
pub fn policy_now_in_force(in_force: &InForce) -> String {
    format!(
        ":scroll: The policy {} in {} is in force now: {}.",
        code(in_force.file.short()),
        code(&in_force.file.repository),
        in_force.why()
    )
}

/// The message to a channel that `repository` has no policy that can be used. `in_force` stays in force.
pub fn policy_refused(repository: &str, in_force: Option<&InForce>, problems: &[String]) -> String {
    let meanwhile = match in_force {
        Some(in_force) => format!("The last valid one ({}) stays in force.", code(in_force.file.short())),
        None => "There is no earlier one, so rules still ask, but their actions don't run.".to_owned(),
    };
    format!(
        ":warning: The policy in {} is invalid. {meanwhile} Fix it on the default branch. The next deploy reads it again.\n{}",
        code(repository),
        code_block(&first(problems, TOLD, SHORTFALL))
    )
}

/// The line of a dialog whose rule is below the policy in force; `None`: it is not, or the approval is
/// closed. From then on, the lines of its steps say that they are kept back.
pub(super) fn below_policy(approval: &Approval) -> Option<String> {
    let below = &approval.electorate.below_policy;
    let shown = first(below, BELOW_POLICY_SHOWN, SHORTFALL_IN_DIALOG)
        .into_iter()
        .map(|shortfall| format!("\n\u{2022} {}", escape(&shortfall)));
    (approval.status.is_open() && !below.is_empty()).then(|| {
        format!(
            ":no_entry: *The policy blocks what this approval would start.* {BELOW_POLICY}{}",
            shown.collect::<String>()
        )
    })
}

/// The reason for which `rule` may not act yet, though each of its approvals is approved: line `line` of the
/// policy asks for `needed` different people, and the votes of `found` count.
pub fn too_few_people(rule: &str, line: usize, needed: u64, found: u64) -> String {
    let count = match found {
        1 => "those of 1 person count".to_owned(),
        _ => format!("those of {found} people count"),
    };
    format!(
        "Rule {rule}: line {line} of the policy asks for the votes of {needed} different people, and {count}. {COUNTS_ONCE} \
         Deploy again, and let others vote."
    )
}

/// The reason for which `rule` may not act yet, though each of its approvals is approved: line `line` of the
/// policy asks for the votes `asked`, each of another person, and of these the votes `missing` are missing.
pub fn too_few_of_groups(rule: &str, line: usize, asked: &str, missing: &str) -> String {
    format!(
        "Rule {rule}: line {line} of the policy asks for {asked}, each from a different person. Missing: {missing}. {COUNTS_ONCE} \
         Deploy again, and let others vote."
    )
}

/// The reason for which `rule` may not act by the approval `name`, whose glass was broken in another rule.
pub fn glass_of_another_rule(rule: &str, name: &str) -> String {
    format!(
        "Rule {rule}: the glass of \u{201c}{name}\u{201d} was broken by somebody whom the policy does not name for what this rule does. Deploy \
         again, and let people vote."
    )
}

/// The message to a channel about a rule that asks nobody and that the policy blocks.
pub fn rule_blocked(deploy: &Deploy, deploy_url: &str, rule: &str, shortfalls: &[String]) -> String {
    format!(
        ":no_entry: The policy blocks the rule {} of {}, so nothing that it would do is done. A corrected rules file counts from \
         the next deploy.\n{}",
        code(rule),
        deploy_link(deploy, deploy_url),
        code_block(&first(shortfalls, TOLD, SHORTFALL))
    )
}

/// The first ones of `lines`, of each at most `length` characters, and the number of the others.
fn first(lines: &[String], told: usize, length: usize) -> Vec<String> {
    let mut shown: Vec<_> = lines.iter().take(told).map(|line| shorten(line, length)).collect();
    let more = lines.len().saturating_sub(told);
    shown.extend((more > 0).then(|| format!("and {more} more")));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn in_force() -> InForce {
        let (repository, hash) = ("acme/policy".to_owned(), "0123456789".to_owned());
        let file = PolicyFile { repository, hash, text: String::new() };
        InForce { file, owners: Vec::new(), since: Timestamp::UNIX_EPOCH, approved_for: None }
    }

    #[test]
    fn a_long_difference_is_shortened_and_says_so() {
        let file = PolicyFile { hash: "abcdefghij".to_owned(), ..in_force().file };
        let changes: Vec<_> = (0..300).map(|number| format!("+ <line {number}>")).collect();
        let text = policy_proposed(&in_force(), &file, &changes);
        assert!(text.chars().count() < 2700, "{}", text.chars().count());
        assert!(
            text.contains("+ &lt;line 0&gt;\n") && text.contains("more changed lines are not shown"),
            "{text}"
        );
        assert!(text.contains("approvals of owners named there put `abcdefg` in force"), "{text}");
        let same = policy_proposed(&in_force(), &file, &[]);
        assert!(same.contains("Only spaces or line ends differ."), "{same}");
    }
}
