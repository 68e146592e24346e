//! `slack_channel_approval`.

use super::reader::Reader;
use super::values::{channel, wait};
use crate::reference::{
    self, APPROVAL, DEFAULT_PROMPT, LONGEST_UNDO, LONGEST_WAIT, MAX_QUOTAS, REASONS, ROLLBACK,
    UNKNOWN_MAKERS, names,
};
use crate::suggest::did_you_mean;
use crate::template::is_template;
use crate::yaml::{Content, Entry, Node};
use jiff::SignedDuration;
use signoff_core::action::{Action, ApprovalSpec, QuotaSpec, RangeRules, Reasons};

const NAME: &str = "slack_channel_approval";
const KEYS: [&str; APPROVAL.len()] = names(&APPROVAL);
const QUOTA_KEYS: [&str; reference::QUOTA.len()] = names(&reference::QUOTA);

/// An entry of a list of votes, as messages call it.
pub(super) const QUOTA: &str = "an entry of votes_required";
/// Example of a list of votes, for messages.
pub(super) const QUOTA_EXAMPLE: &str =
    "`votes_required: [{from: '@sre', votes: 2}, {from: '@qa', votes: 1}]`";

impl Reader<'_> {
    /// The keys of an approval, with their defaults. `rule` is the name of the rule.
    pub(super) fn approval(&mut self, node: &Node, rule: &str) -> Option<ApprovalSpec> {
        let text = node.as_scalar().filter(|scalar| !scalar.is_null()).map(|scalar| channel(&scalar.text));
        if let Some(Ok(channel)) = text {
            let message = format!("{NAME} takes keys with values, not a text");
            let edits = self.under_key(node, &format!("channel: '{channel}'"));
            self.problem_with(node.start, message, format!("write `channel: '{channel}'` under it"), edits);
            return None;
        }
        let entries =
            self.mapping(node, NAME, "`channel: '#name-of-the-channel'` and what else it takes under it")?;
        self.required(node, entries, NAME, "channel");
        let mut spec = ApprovalSpec {
            name: rule.to_owned(),
            prompt: DEFAULT_PROMPT.to_owned(),
            channel: String::new(),
            votes_required: 1,
            quotas: Vec::new(),
            rejections_required: 1,
            authors_only: false,
            approvers: None,
            self_approval: true,
            range: RangeRules::default(),
            ask_again: true,
            require_reason: Reasons::Never,
            expires_after: None,
            remind_after: None,
            supersede: true,
            undo_window: None,
            freeze: Vec::new(),
            break_glass: Vec::new(),
            on_success: Vec::new(),
            on_reject: Vec::new(),
            on_expire: Vec::new(),
        };
        for entry in self.known(entries, NAME, &KEYS) {
            self.approval_key(entry, rule, &mut spec);
        }
        self.one_electorate(entries, &spec);
        self.possible_electorate(entries, &spec);
        self.useful_deadlines(entries, &spec);
        (!spec.channel.is_empty()).then_some(spec)
    }

    fn approval_key(&mut self, entry: &Entry, rule: &str, spec: &mut ApprovalSpec) {
        let (node, key) = (entry.value.as_ref(), entry.key.as_str());
        match key {
            "name" => spec.name = self.text(node, key).unwrap_or_default(),
            "prompt" => {
                spec.prompt = self.template(node, key).unwrap_or_default();
                self.short_enough(node, &spec.prompt);
            }
            "channel" => spec.channel = self.channel(node, key).unwrap_or_default(),
            "votes_required" => match &node.content {
                Content::Sequence(_) => {
                    spec.quotas = self.quotas(node);
                    spec.votes_required =
                        spec.quotas.iter().fold(0_u32, |sum, quota| sum.saturating_add(quota.votes)).max(1);
                }
                Content::Scalar(_) | Content::Mapping(_) => {
                    spec.votes_required = self.count(node, key).unwrap_or(1)
                }
            },
            "rejections_required" => spec.rejections_required = self.count(node, key).unwrap_or(1),
            "authors_only" => spec.authors_only = self.truth(node, key).unwrap_or_default(),
            "approvers" => spec.approvers = self.approvers(node, key),
            "self_approval" => spec.self_approval = self.truth(node, key).unwrap_or_default(),
            "unknown_makers" => {
                let word = self.word(node, key, &UNKNOWN_MAKERS);
                spec.range.allow_unknown_makers = word.is_some_and(|word| word == "allow");
            }
            "verified_commits" => spec.range.verified_commits = self.truth(node, key).unwrap_or(true),
            "rollback" => {
                self.word(node, key, &ROLLBACK);
                spec.range.rollback_four_eyes = true;
            }
            "break_glass" => spec.break_glass = self.approvers(node, key).unwrap_or_default(),
            "require_reason" => spec.require_reason = self.reasons(node).unwrap_or(Reasons::Both),
            "expires_after" => spec.expires_after = self.wait(node, key, "24h", LONGEST_WAIT),
            "remind_after" => spec.remind_after = self.wait(node, key, "2h", LONGEST_WAIT),
            "ask_again" => spec.ask_again = self.truth(node, key).unwrap_or_default(),
            "supersede" => spec.supersede = self.truth(node, key).unwrap_or(true),
            "undo_window" => spec.undo_window = self.wait(node, key, "30s", LONGEST_UNDO),
            "on_success" => spec.on_success = self.actions(node, key, rule),
            "on_reject" => spec.on_reject = self.actions(node, key, rule),
            "on_expire" => spec.on_expire = self.actions(node, key, rule),
            _ => {}
        }
    }

    /// A list of `{from: …, votes: …}`.
    pub(super) fn quotas(&mut self, node: &Node) -> Vec<QuotaSpec> {
        let Some(nodes) = self.list(node, "votes_required", QUOTA_EXAMPLE) else { return Vec::new() };
        if let Some(more) = nodes.get(MAX_QUOTAS) {
            let message = format!("votes_required has more than {MAX_QUOTAS} entries");
            self.problem(more.start, message, "name several groups in one `from`".to_owned());
            return Vec::new();
        }
        self.each(nodes, Self::quota)
    }

    fn quota(&mut self, node: &Node) -> Option<QuotaSpec> {
        let entries = self.mapping(node, QUOTA, QUOTA_EXAMPLE)?;
        self.required(node, entries, QUOTA, "from");
        let mut quota = QuotaSpec { from: Vec::new(), votes: 1 };
        for entry in self.known(entries, QUOTA, &QUOTA_KEYS) {
            match entry.key.as_str() {
                "from" => quota.from = self.approvers(&entry.value, "from").unwrap_or_default(),
                "votes" => quota.votes = self.count(&entry.value, "votes").unwrap_or(1),
                _ => {}
            }
        }
        (!quota.from.is_empty()).then_some(quota)
    }

    /// Reports keys that say who may vote beside quotas, which say it already.
    fn one_electorate(&mut self, entries: &[Entry], spec: &ApprovalSpec) {
        if spec.quotas.is_empty() {
            return;
        }
        let said_again =
            |entry: &&Entry| entry.key == "approvers" || (entry.key == "authors_only" && spec.authors_only);
        for entry in entries.iter().filter(said_again) {
            let message = format!("{} beside a list of votes_required: both say who can vote", entry.key);
            let suggestion = format!("take {} out, or require a number of votes", entry.key);
            self.problem(entry.at, message, suggestion);
        }
    }

    /// One of `words`.
    pub(super) fn word(&mut self, node: &Node, key: &str, words: &[&'static str]) -> Option<String> {
        let text = self.text(node, key)?.trim().to_owned();
        if words.contains(&text.as_str()) {
            return Some(text);
        }
        let suggestion = did_you_mean(&text, words.iter().copied()).unwrap_or_else(|| match words {
            [only] => format!("it takes {only} alone"),
            _ => format!("write {}", words.join(" or ")),
        });
        self.problem(node.start, format!("{key} can't be `{text}`"), suggestion);
        None
    }

    /// The environment that a rule promotes to, which every approval of `actions`, at whatever depth, has
    /// from it. Where the rule neither asks nor acts, the key says nothing.
    pub(super) fn promotes_to(&mut self, actions: &mut [Action], entry: &Entry) -> Option<String> {
        let environment = self.text(&entry.value, "promotes_to")?.trim().to_owned();
        if is_template(&environment) {
            let message = format!(
                "promotes_to can't be a template: `{environment}` would stand for every environment at once"
            );
            self.problem(entry.value.start, message, "name the environment".to_owned());
            return None;
        }
        if !promote(actions, &environment) && !actions.iter().any(Action::may_act) {
            let message = "promotes_to changes nothing: the rule neither asks for an approval nor acts";
            self.notice(entry.at, message, "take it out".to_owned());
        }
        Some(environment)
    }

    /// `approve`, `reject` or `both`.
    fn reasons(&mut self, node: &Node) -> Option<Reasons> {
        let text = self.text(node, "require_reason")?;
        let reasons = match text.trim() {
            "approve" => Reasons::Approve,
            "reject" => Reasons::Reject,
            "both" => Reasons::Both,
            other => {
                let message = format!("`{other}` can't give a reason");
                let suggestion = did_you_mean(other, REASONS)
                    .unwrap_or_else(|| "write approve, reject or both".to_owned());
                self.problem(node.start, message, suggestion);
                return None;
            }
        };
        Some(reasons)
    }

    /// A time to wait, from a second up to `longest`.
    pub(super) fn wait(
        &mut self,
        node: &Node,
        key: &str,
        example: &str,
        longest: SignedDuration,
    ) -> Option<SignedDuration> {
        let text = self.text(node, key)?;
        self.sound(node.start, wait(&text, key, example, longest))
    }

    /// Adds notices of deadlines that can never be reached.
    fn useful_deadlines(&mut self, entries: &[Entry], spec: &ApprovalSpec) {
        let at = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| entry.at);
        if let (Some(at), None, false) = (at("on_expire"), spec.expires_after, spec.on_expire.is_empty()) {
            let message = "on_expire never runs: the approval does not expire".to_owned();
            self.notice(at, message, "add, for example, `expires_after: '24h'`".to_owned());
        }
        if let (Some(at), Some(remind), Some(expire)) =
            (at("remind_after"), spec.remind_after, spec.expires_after)
            && remind >= expire
        {
            let message = "nobody is reminded: the approval expires before".to_owned();
            self.notice(at, message, "remind earlier than it expires".to_owned());
        }
    }
}

/// Gives every approval of `actions` the environment that its rule promotes to; whether there is one.
fn promote(actions: &mut [Action], environment: &str) -> bool {
    let mut asks = false;
    for action in actions {
        if let Action::SlackChannelApproval(spec) = action {
            asks = true;
            spec.range.promotes_to = Some(environment.to_owned());
            for then in [&mut spec.on_success, &mut spec.on_reject, &mut spec.on_expire] {
                promote(then, environment);
            }
        }
        if let Action::MonitorDrift(monitor) = action {
            for then in [&mut monitor.on_over, &mut monitor.on_under] {
                asks |= promote(then, environment);
            }
        }
    }
    asks
}
