//! `slack_channel_approval`.

use super::reader::Reader;
use crate::yaml::{Entry, Node};
use approval::action::ApprovalSpec;

/// What an approval asks where the rule says nothing.
const DEFAULT_PROMPT: &str =
    "{{ authors_slack }}, would you like to promote {{ deploy_slack }} to production?";

const NAME: &str = "slack_channel_approval";
const KEYS: [&str; 8] = [
    "name",
    "prompt",
    "channel",
    "votes_required",
    "rejections_required",
    "authors_only",
    "approvers",
    "on_success",
];

/// Keys that say who may approve, or what happens otherwise, and that nothing enforces yet: an approval that has one must
/// not be opened, or people would rely on what is not there.
const NOT_YET: [&str; 8] = [
    "expires_after",
    "on_expire",
    "remind_after",
    "supersede",
    "self_approval",
    "require_reason",
    "on_reject",
    "undo_window",
];

impl Reader<'_> {
    /// The keys of an approval, with their defaults. `rule` is the name of the rule.
    pub(super) fn approval(&mut self, node: &Node, rule: &str) -> Option<ApprovalSpec> {
        let entries =
            self.mapping(node, NAME, "`channel: '#name-of-the-channel'` and what else it takes under it")?;
        self.required(node, entries, NAME, "channel");
        let mut spec = ApprovalSpec {
            name: rule.to_owned(),
            prompt: DEFAULT_PROMPT.to_owned(),
            channel: String::new(),
            votes_required: 1,
            rejections_required: 1,
            authors_only: false,
            approvers: None,
            on_success: Vec::new(),
        };
        for entry in entries {
            self.approval_key(entry, rule, &mut spec);
        }
        self.enough_approvers(entries, &spec);
        (!spec.channel.is_empty()).then_some(spec)
    }

    fn approval_key(&mut self, entry: &Entry, rule: &str, spec: &mut ApprovalSpec) {
        let (node, key) = (entry.value.as_ref(), entry.key.as_str());
        match key {
            "name" => spec.name = self.text(node, key).unwrap_or_default(),
            "prompt" => spec.prompt = self.template(node, key).unwrap_or_default(),
            "channel" => spec.channel = self.channel(node, key).unwrap_or_default(),
            "votes_required" => spec.votes_required = self.count(node, key).unwrap_or(1),
            "rejections_required" => spec.rejections_required = self.count(node, key).unwrap_or(1),
            "authors_only" => spec.authors_only = self.truth(node, key).unwrap_or_default(),
            "approvers" => spec.approvers = self.approvers(node),
            "on_success" => spec.on_success = self.actions(node, key, rule),
            _ if NOT_YET.contains(&key) => self.unsupported(entry.at, key),
            _ => self.unknown_key(entry, NAME, &[&KEYS[..], &NOT_YET[..]].concat()),
        }
    }

    /// More votes than there are people can never come together. Groups may have any number of members.
    fn enough_approvers(&mut self, entries: &[Entry], spec: &ApprovalSpec) {
        let Some(approvers) = &spec.approvers else { return };
        let is_group = |approver: &String| {
            approver.starts_with('@') || (approver.starts_with('S') && !approver.contains('@'))
        };
        let groups = approvers.iter().any(is_group);
        for (key, votes) in
            [("votes_required", spec.votes_required), ("rejections_required", spec.rejections_required)]
        {
            let Some(entry) = entries.iter().find(|entry| entry.key == key) else { continue };
            if !groups && !approvers.is_empty() && votes as usize > approvers.len() {
                let message = format!("{key} is {votes}, and only {} may vote", approvers.len());
                self.notice(entry.at, message, "require fewer, or name more approvers".to_owned());
            }
        }
    }
}
