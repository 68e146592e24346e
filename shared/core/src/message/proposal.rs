//! Messages about the rules in force, and about a proposed file.

use super::pieces::{code, code_block, deploy_link, local_time, sentence, shorten};
use crate::deploy::Deploy;
use crate::mrkdwn::{escape, link};
use crate::rules_in_force::{InForce, Proposal};

/// The most characters of the changes that a dialog lists; the deployment's page lists them all.
const CHANGES: usize = 1800;
/// The most characters of one change.
const CHANGE: usize = 300;
/// The most problems of a rules file that a message lists.
const PROBLEMS: usize = 10;

/// The question of a proposed file's dialog. `page` is the address of the deployment's page.
pub fn rules_proposed(in_force: &InForce, proposal: &Proposal, page: &str, repository: &str) -> String {
    let mut text =
        format!("*The rules file of {} changed.* The change counts once it is approved:", code(repository));
    let (mut room, mut told) = (CHANGES, 0);
    for change in &proposal.changes {
        let is_cut = change.chars().count() > CHANGE;
        let rest = if is_cut { " (cut; the page has more)" } else { "" };
        let line = format!("{}{rest}", escape(&shorten(change, CHANGE)));
        let length = line.chars().count();
        if length > room {
            break;
        }
        room -= length;
        told += 1;
        text.push_str(&format!("\n\u{2022} {line}"));
    }
    let more = proposal.changes.len() - told + proposal.more;
    if more > 0 {
        text.push_str(&format!("\n\u{2022} and {more} more changes, on the page"));
    }
    if let Some(comparison) = &proposal.comparison {
        text.push_str(&format!("\n{}", link(comparison, "See the difference")));
    }
    let (new, old) = (short(&proposal.file.hash), short(&in_force.file.hash));
    text.push_str(&format!(
        "\nUntil then, the file {} stays in force (since {}). An approval puts {} in force for the next deploys. {}",
        code(old),
        local_time(in_force.since),
        code(new),
        link(page, "Open the page")
    ));
    text
}

/// The sentence that names the approvals whose voters decide.
pub fn rules_voters(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("\u{201c}{}\u{201d}", escape(name))).collect();
    format!("The voters of {} decide.", names.join(", "))
}

/// The sentence that says who decides where nobody can vote: the file in force can't be read.
pub const NO_RULES_VOTERS: &str = "Signoff can't read the file in force, so nobody can vote on this and none of its rules run. \
                                   An admin who made none of the new file has to accept it on the page.";

/// The message to a channel that a file came into force. `why` is the way in which it did.
pub fn rules_now_in_force(deploy: &Deploy, hash: &str, page: &str, why: &str) -> String {
    format!(
        ":scroll: The rules file {} of {} is in force now: {} {}",
        code(short(hash)),
        code(&deploy.repository),
        sentence(why),
        link(page, "Open the page")
    )
}

/// The message to a channel that the file on the default branch has mistakes while another one is in force.
pub fn proposal_refused(deploy: &Deploy, deploy_url: &str, problems: &[String]) -> String {
    let mut shown: Vec<_> = problems.iter().take(PROBLEMS).cloned().collect();
    let more = problems.len().saturating_sub(PROBLEMS);
    shown.extend((more > 0).then(|| format!("and {more} more, on the deploy's page")));
    format!(
        ":warning: The rules file of {} on the default branch has mistakes and changes nothing. {} went by the rules in force. \
         Correct the file; the next deploy reads it again.\n{}",
        code(&deploy.repository),
        deploy_link(deploy, deploy_url),
        code_block(&shown)
    )
}

/// The beginning of a hash, for people.
fn short(hash: &str) -> &str {
    hash.get(..7).unwrap_or(hash)
}
