//! The language, described once: every key, action, variable, operator and template variable, and what is
//! known of others.
//!
//! The reader takes its lists of names from here, [`schema`] and [`page`] are made of it, and the tests parse
//! every example in it: nothing can be read that is not described, nor described and refused.

mod actions;
mod conditions;
mod examples;
mod filters;
mod keys;
mod page;
mod policy;
mod schema;
mod templates;

pub use actions::{
    ACTIONS, ACTIONS_NOT_YET, ASKING, Action, ON_FAILURE_EXAMPLES, TELLING, TRIGGERS, TRIGGERS_NOT_YET,
    WATCHING,
};
pub use conditions::{Kind, OF_PULL_REQUESTS, OPERATORS, VALUES, VARIABLES, VARIABLES_NOT_YET, Variable};
pub(crate) use examples::example;
pub use filters::{FILTERS, FILTERS_LEFT_OUT, Filter, Gives, LeftOut, TAGS_LEFT_OUT};
pub use keys::{
    APPROVAL, BUILD, CHANNEL_MESSAGE, CONDITION, EVENT, FILE, FREEZE, ISSUE_FIELD, ISSUE_TRANSITION,
    MONITOR_DRIFT, ON_FAILURE, PERSONAL_MESSAGE, QUOTA, RULE, TRIGGER_BUILD, WEBHOOK,
};
pub use page::{page, policy_page};
pub use policy::{FLOOR, POLICY, SECTION};
pub(crate) use policy::{MAX_FLOORS, MAX_PATTERN, MAX_PATTERNS};
pub use schema::{policy_schema, schema};
pub use templates::{TEMPLATE_VARIABLES, TEMPLATES, Template};

use jiff::SignedDuration;
#[cfg(doc)]
use signoff_core::action::EVENT_DETAIL;

/// The longest that people can be waited for: what is older is not on record any more.
pub(crate) const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// The longest that approved actions are held back.
pub(crate) const LONGEST_UNDO: SignedDuration = SignedDuration::from_hours(1);
/// The longest name of a rule, in characters.
pub(crate) const MAX_RULE_NAME: usize = 200;
/// The most entries of a list of votes.
pub(crate) const MAX_QUOTAS: usize = 10;
/// The most windows of a freeze.
pub(crate) const MAX_FREEZES: usize = 10;
/// The most dates and ranges of dates of a window.
pub(crate) const MAX_DATES: usize = 100;
/// The days of the week, in whatever case.
pub(crate) const DAYS: [[&str; 2]; 7] = [
    ["mon", "monday"],
    ["tue", "tuesday"],
    ["wed", "wednesday"],
    ["thu", "thursday"],
    ["fri", "friday"],
    ["sat", "saturday"],
    ["sun", "sunday"],
];
/// Words for `require_reason`: the votes that need a reason.
pub(crate) const REASONS: [&str; 3] = ["approve", "reject", "both"];
/// Words for `unknown_makers`: the effect on an approval of a maker without a Slack member.
pub(crate) const UNKNOWN_MAKERS: [&str; 2] = ["block", "allow"];
/// Words for `rollback`: the makers of the commits that a rollback takes out may not approve it.
pub(crate) const ROLLBACK: [&str; 1] = ["four_eyes"];
/// The methods of a webhook.
pub(crate) const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Words for `on_failure`: the effect of a failed action on the actions after it.
pub(crate) const ON_FAILURES: [&str; 2] = ["stop", "continue"];
/// Groups of people of a deploy.
pub(crate) const GROUPS: [&str; 2] = ["authors", "deployer"];
/// Comment on an issue where the rule has none.
pub(crate) const DEFAULT_COMMENT: &str = "Deployed: {{ deploy_name }}";
/// The detail type of an event where the rule names none.
pub(crate) const DEFAULT_DETAIL_TYPE: &str = "deployed";
/// Prompt of an approval where the rule has none.
pub(crate) const DEFAULT_PROMPT: &str =
    "{{ authors_slack }}, would you like to promote {{ deploy_slack }} to production?";

/// A key of the file, of a rule, of an action and so on.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// The kind of value that it takes.
    pub takes: Takes,
    /// Effect of leaving the key out.
    pub absent: Absent,
    /// Its purpose, in one or two sentences (Markdown).
    pub about: &'static str,
    /// Examples: lines of YAML, the first with the key.
    pub examples: &'static [&'static str],
}

/// Effect of leaving a key out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// An error: the key is required.
    Refused,
    /// The same as this value, as it would be written.
    Value(&'static str),
    /// The effect, in words.
    Means(&'static str),
}

/// Kind of value that a key or an action takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// A text that is not empty.
    Text,
    /// A text, or nothing.
    OptionalText,
    /// A text with template variables.
    Template,
    /// A whole number from 1.
    Count,
    /// `true` or `false`.
    Truth,
    /// A Slack channel: its name or id.
    Channel,
    /// A time to wait, up to the longest.
    Wait(SignedDuration),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A web address.
    Address,
    /// Somebody who may vote, or a list of such.
    People,
    /// Somebody who is written to, or a list of such.
    Recipients,
    /// A whole number from 1, or a list of [`QUOTA`]s.
    Votes,
    /// A list of rules.
    Rules,
    /// A list of triggers.
    Triggers,
    /// The name of another rule, or a list of such.
    OtherRules,
    /// A [`FREEZE`] window, or a list of such.
    Freeze,
    /// Days of the week: a list, or a text with commas.
    Days,
    /// A time of the day.
    FromTime,
    /// A time of the day, up to its end.
    ToTime,
    /// A time zone's IANA name.
    TimeZone,
    /// A date or a range of dates, or a list of such.
    Dates,
    /// A list of conditions.
    Conditions,
    /// A condition's text.
    Expression,
    /// A list of actions.
    Actions,
    /// Any names, each with a text, a number or a truth.
    Parameters,
    /// Names that [`EVENT_DETAIL`] does not have, each with a text with template variables.
    Details,
    /// A text with template variables, or names with such.
    Body,
    /// Names of headers, each with a text with template variables or with the name of a secret.
    Headers,
    /// The name or ARN of an event bus.
    Bus,
    /// A list of at least two people.
    Owners,
    /// Deployments: `organization/name` or `organization/*`, or a list of such.
    Deployments,
    /// A text in which `*` stands for any text, or a list of such.
    Patterns,
    /// A host in which `*` stands for any text, or a list of such.
    Hosts,
    /// The name of an action that acts, or a list of such.
    ActionNames,
    /// A list of mappings with the keys of [`SECTION`] and [`FLOOR`].
    Floors,
    /// A mapping with these keys.
    Keys(&'static [Key]),
}

/// A name with what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The name.
    pub name: &'static str,
    /// Description in one or two sentences (Markdown).
    pub about: &'static str,
    /// An example.
    pub example: &'static str,
}

/// The names of keys.
pub const fn names<const N: usize>(keys: &[Key; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut index = 0;
    while index < N {
        names[index] = keys[index].name;
        index += 1;
    }
    names
}

/// True if one of `known` has this name.
pub(crate) fn has(known: &[Known], name: &str) -> bool {
    known.iter().any(|known| known.name == name)
}

#[cfg(test)]
mod tests;
