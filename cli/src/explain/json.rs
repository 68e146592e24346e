//! The explanation for scripts.

use super::{Explained, ExplainedRule};
use crate::check::document;
use crate::does::Does;
use crate::files::Stop;
use crate::outlook::RuleForecast;
use jiff::Timestamp;
use serde::Serialize;
use signoff_core::freeze::hold;
use signoff_rules::condition::Value;
use signoff_rules::explain::{Explanation, shown_duration};
use std::collections::BTreeMap;
use std::io::Write;

#[derive(Serialize)]
struct Document<'a> {
    deploy: String,
    at: Timestamp,
    deployed_for: String,
    rules: Vec<RuleEntry<'a>>,
}

#[derive(Serialize)]
struct RuleEntry<'a> {
    name: &'a str,
    /// One word of those in [`word`].
    outlook: &'static str,
    /// Time that the deploy has to be there before the rule opens, and the moment at which it opens. `None`:
    /// time does not decide.
    opens_after: Option<String>,
    opens_at: Option<Timestamp>,
    /// Windows in which it does not act, in words, and the end of the one that is open now.
    freeze: Vec<String>,
    frozen_until: Option<Timestamp>,
    /// The rules whose runs have to succeed before.
    after: &'a [String],
    conditions: Vec<ConditionEntry<'a>>,
    triggers: &'a [String],
    not_supported: Vec<&'a str>,
    /// The ways in which it is below the policy.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    below_policy: &'a [String],
    actions: &'a [Does],
}

#[derive(Serialize)]
struct ConditionEntry<'a> {
    description: Option<&'a str>,
    condition: String,
    holds: bool,
    explanation: Part<'a>,
}

/// A part of a condition. What a comparison's variable stands for is a text, number, truth, list or (as text)
/// duration.
#[derive(Serialize)]
#[serde(untagged)]
enum Part<'a> {
    All { holds: bool, all: Vec<Part<'a>> },
    Any { holds: bool, any: Vec<Part<'a>> },
    Comparison { holds: bool, comparison: String, variables: BTreeMap<&'a str, Option<Plain<'a>>> },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Plain<'a> {
    Text(&'a str),
    Number(f64),
    Bool(bool),
    List(&'a [String]),
    Duration(String),
}

/// Writes what the rules do with the deploy.
pub(super) fn write(out: &mut dyn Write, explained: &Explained<'_>) -> Result<(), Stop> {
    let rules = explained.rules.iter().map(|one| rule(one, explained.at)).collect();
    let (deploy, deployed_for) = (explained.deploy.title(), shown_duration(explained.deployed_for()));
    document(out, &Document { deploy, at: explained.at, deployed_for, rules })
}

/// Outlook of a rule, in one word.
fn word(outlook: &RuleForecast) -> &'static str {
    match outlook {
        RuleForecast::Opens => "opens",
        RuleForecast::Opened(_) => "opened_before",
        RuleForecast::Later(_) => "opens_later",
        RuleForecast::Frozen(_) => "frozen",
        RuleForecast::Never => "does_not_open",
        RuleForecast::NotForDeploys => "not_for_deploys",
        RuleForecast::NotSupported => "not_supported",
    }
}

fn rule<'a>(explained: &'a ExplainedRule<'a>, at: Timestamp) -> RuleEntry<'a> {
    let moment = match &explained.outlook {
        RuleForecast::Opened(moment) | RuleForecast::Later(moment) | RuleForecast::Frozen(moment) => {
            Some(moment)
        }
        RuleForecast::Opens
        | RuleForecast::Never
        | RuleForecast::NotForDeploys
        | RuleForecast::NotSupported => None,
    };
    let rule = explained.rule;
    let conditions = rule.conditions.iter().zip(&explained.conditions).map(|(entry, explanation)| {
        let (condition, holds) = (entry.condition.to_string(), explanation.holds());
        let description = entry.description.as_deref();
        ConditionEntry { description, condition, holds, explanation: part(explanation) }
    });
    RuleEntry {
        name: &rule.name,
        outlook: word(&explained.outlook),
        opens_after: moment.map(|moment| shown_duration(moment.deployed_for)),
        freeze: rule.freeze.iter().map(ToString::to_string).collect(),
        frozen_until: hold(&rule.freeze, at).map(|hold| hold.until),
        after: &rule.after,
        opens_at: moment.map(|moment| moment.at),
        conditions: conditions.collect(),
        triggers: &rule.triggers,
        not_supported: rule.unsupported.iter().map(|problem| problem.message.as_str()).collect(),
        below_policy: &explained.below,
        actions: &explained.does,
    }
}

fn part(explanation: &Explanation) -> Part<'_> {
    match explanation {
        Explanation::All { holds, parts } => {
            Part::All { holds: *holds, all: parts.iter().map(part).collect() }
        }
        Explanation::Any { holds, parts } => {
            Part::Any { holds: *holds, any: parts.iter().map(part).collect() }
        }
        Explanation::Comparison(compared) => {
            let mut variables = BTreeMap::new();
            for (name, value) in &compared.variables {
                variables.insert(name.as_str(), value.as_ref().map(plain));
            }
            Part::Comparison { holds: compared.holds, comparison: compared.comparison.to_string(), variables }
        }
    }
}

fn plain(value: &Value) -> Plain<'_> {
    match value {
        Value::Text(text) => Plain::Text(text),
        Value::Number(number) => Plain::Number(*number),
        Value::Bool(truth) => Plain::Bool(*truth),
        Value::List(list) => Plain::List(list),
        Value::Duration(_) | Value::Behind(..) => Plain::Duration(signoff_rules::explain::shown(value)),
    }
}
