//! Rules files of the team: one or two rules, each of which asks once, asks twice, or acts by itself.

use signoff_core::action::ApprovalSpec;
use signoff_core::base;
use signoff_rules::RulesFile;
use std::collections::BTreeSet;

/// The names of the rules, in the order of the file.
pub const RULES: [&str; 2] = ["promote", "ship"];

/// The options of a rules file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    pub first: Rule,
    /// Another rule that does the same, where there is one.
    pub second: Option<Rule>,
    /// True if its first rule sends a message beside.
    pub tells: bool,
}

/// The options of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub votes: u32,
    pub four_eyes: bool,
    /// The approval that people are asked for once the first one is approved, where there is one.
    pub then: Option<Then>,
    /// True if makers who are not found are allowed.
    pub allows_unknown: bool,
    /// True if it asks at all. Else it acts by itself.
    pub asks: bool,
    /// True if it names the environment. Else its place is what it calls.
    pub names_place: bool,
    /// True if each commit has to be signed.
    pub verified: bool,
    /// True if a rollback has makers as well, where an approval asks for four eyes.
    pub rollback: bool,
}

/// The options of a rule's second approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Then {
    pub votes: u32,
    pub four_eyes: bool,
}

impl File {
    /// The file that the team begins with.
    pub const FIRST: Self = Self { first: Rule::FIRST, second: None, tells: false };

    /// Its rules by their names.
    pub fn rules(self) -> impl Iterator<Item = (&'static str, Rule)> {
        RULES.into_iter().zip([Some(self.first), self.second].into_iter().flatten())
    }

    /// The rules that ask, as far as they differ for anybody.
    pub fn asking(self) -> BTreeSet<String> {
        let asking = self.rules().filter(|(_, rule)| rule.asks);
        asking.map(|(name, rule)| text(name, rule, "")).collect()
    }

    /// The rules that act by themselves, as far as they differ for anybody.
    pub fn acting(self) -> BTreeSet<String> {
        let acting = self.rules().filter(|(_, rule)| !rule.asks);
        acting.map(|(name, rule)| text(name, rule, "")).collect()
    }

    /// The same file as Signoff reads it.
    pub fn parsed(self) -> RulesFile {
        let message = ", slack_channel_message: {channel: '#gate', message: 'Hello'}";
        let message = |name: &str| if self.tells && name == RULES[0] { message } else { "" };
        let rules: String = self.rules().map(|(name, rule)| text(name, rule, message(name))).collect();
        signoff_rules::parse(&format!("rules:\n{rules}"), "rules.yml").unwrap()
    }
}

impl Rule {
    /// The rule that the team begins with.
    pub const FIRST: Self = Self {
        votes: 1,
        four_eyes: true,
        then: None,
        allows_unknown: false,
        asks: true,
        names_place: true,
        verified: false,
        rollback: false,
    };

    /// Its approvals, in the order in which people are asked, as Signoff reads them.
    pub fn approvals(self, name: &str) -> Vec<ApprovalSpec> {
        let text = format!("rules:\n{}", text(name, Self { asks: true, ..self }, ""));
        let file = signoff_rules::parse(&text, "rules.yml").unwrap();
        file.rules[0].actions.iter().flat_map(|action| action.approvals()).cloned().collect()
    }

    /// The place that it leads to.
    pub fn place(self, name: &str) -> String {
        base::place(&self.approvals(name)[0], name, "Production")
    }
}

/// The rule in a rules file, with `message` after what it does.
fn text(name: &str, rule: Rule, message: &str) -> String {
    let place = if rule.names_place { "promotes_to: Production" } else { "" };
    let acts = "webhook: 'https://example.com'".to_owned();
    let then = rule.then.map(|then| approval(rule, "Then", then, &acts));
    let first = Then { votes: rule.votes, four_eyes: rule.four_eyes };
    let asks = || approval(rule, "First", first, then.as_ref().unwrap_or(&acts));
    let action = if rule.asks { asks() } else { acts.clone() };
    format!("  - {name}:\n      {place}\n      actions: [{action}{message}]\n")
}

fn approval(rule: Rule, name: &str, Then { votes, four_eyes }: Then, on_success: &str) -> String {
    let unknown = if rule.allows_unknown { "unknown_makers: allow, " } else { "" };
    // Without four eyes there is no such option.
    let rollback = if rule.rollback && four_eyes { "rollback: four_eyes, " } else { "" };
    format!(
        "slack_channel_approval: {{channel: '#gate', name: {name}, votes_required: {votes}, \
         self_approval: {}, {unknown}{rollback}verified_commits: {}, on_success: [{on_success}]}}",
        !four_eyes, rule.verified
    )
}
