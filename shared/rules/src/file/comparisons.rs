//! Comparisons that are known to be wrong before there is any deploy: by the kinds of the variable and of its
//! value.

use super::contradictions::{MAX_COUNTED, holds_always};
use super::forms::{of_another_form, of_no_list, pattern_of_another_form};
use super::unlikely::{expression_in_quotes, unlikely};
use crate::condition::{
    Comparison, Operand, Operator, meant_time, meant_truth, order_of, parse, parse_duration,
};
use crate::reference::{Kind, VARIABLES};
use crate::suggest::closest;
use crate::variables::{kind_of, texts_of};

/// A finding about a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// A mistake: what is wrong, and what to write.
    Problem(String, String),
    /// It never holds: why, and what to write.
    Never(String, String),
    /// It always holds: why, and what to write.
    Always(String, String),
    /// It hardly ever means what its author means: why, and what to write.
    Unlikely(String, String),
}

/// The first thing that is known to be wrong in a comparison, whatever the deploy.
pub(super) fn finding(comparison: &Comparison) -> Option<Finding> {
    let Comparison { variable, operator, value } = comparison;
    // A variable that no condition can use is told of elsewhere.
    let kind = kind_of(variable)?;
    let of = Compared { variable, operator: *operator, kind };
    let found = match value {
        Operand::Text(text) => of.with_text(text),
        Operand::Pattern(pattern) => of.with_pattern(pattern.text(), |text| pattern.matches(text)),
        Operand::Number(number) => of.with_number(*number),
        Operand::Bool(truth) => of.with_bool(*truth),
        Operand::EmptyList if kind == Kind::List => None,
        Operand::EmptyList => of.never(format!("`{variable}` is not a list"), of.example()),
        Operand::Variable(other) if other == variable => {
            of.with_itself().or_else(|| of.with_variable(other, kind))
        }
        Operand::Variable(other) => of.with_variable(other, kind_of(other)?),
    };
    found.or_else(|| unlikely(comparison)).or_else(|| of.by_values(comparison))
}

/// The message and the advice of a condition that is one comparison; `None`: nothing is told of it.
pub(super) fn told_alone(text: &str) -> Option<(String, String)> {
    let condition = parse(text).ok()?;
    let [comparison] = condition.comparisons()[..] else { return None };
    Some(match finding(comparison)? {
        Finding::Problem(message, right) => (message, right),
        Finding::Never(why, right) => (format!("`{comparison}` never holds: {why}"), right),
        Finding::Always(why, right) => (format!("`{comparison}` always holds: {why}"), right),
        Finding::Unlikely(why, right) => (format!("`{comparison}` is taken as it stands: {why}"), right),
    })
}

/// Advice whose example is a comparison that can hold.
pub(super) fn sound_example(right: String) -> String {
    let code = right.strip_prefix("write, for example, `").and_then(|rest| rest.strip_suffix('`'));
    let condition = code.and_then(|code| parse(code).ok());
    let example = condition.as_ref().and_then(|condition| match condition.comparisons()[..] {
        [comparison] => finding(comparison).map(|_| example_of(&comparison.variable)),
        _ => None,
    });
    example.flatten().unwrap_or(right)
}

/// Advice to write a comparison with `variable` that can hold; `None`: there is no such variable.
fn example_of(variable: &str) -> Option<String> {
    let kind = kind_of(variable)?;
    Some(Compared { variable, operator: Operator::Equal, kind }.example())
}

/// The number in `2 deploys`.
fn deploys(text: &str) -> Option<u32> {
    let (number, word) = text.trim().split_once(' ')?;
    matches!(word.trim(), "deploy" | "deploys").then(|| number.parse().ok()).flatten()
}

struct Compared<'c> {
    variable: &'c str,
    operator: Operator,
    kind: Kind,
}

impl Compared<'_> {
    fn is_equality(&self) -> bool {
        matches!(self.operator, Operator::Equal | Operator::NotEqual)
    }

    fn never(&self, why: String, right: String) -> Option<Finding> {
        Some(Finding::Never(why, right))
    }

    fn always(&self, why: String, right: String) -> Option<Finding> {
        Some(Finding::Always(why, right))
    }

    /// A finding by all values of the variable, where there are few that make a difference.
    fn by_values(&self, comparison: &Comparison) -> Option<Finding> {
        let variable = self.variable;
        match holds_always(comparison)? {
            true => self.always(format!("every value of `{variable}` fits"), self.example()),
            false => self.never(format!("no value of `{variable}` fits"), self.example()),
        }
    }

    /// The variable against itself.
    fn with_itself(&self) -> Option<Finding> {
        let is_ordered = matches!(self.kind, Kind::Number | Kind::Duration | Kind::Behind);
        let why = format!("`{}` is compared with itself", self.variable);
        match self.operator {
            Operator::Equal => self.always(why, self.example()),
            Operator::GreaterOrEqual | Operator::LessOrEqual if is_ordered => {
                self.always(why, self.example())
            }
            Operator::NotEqual => self.never(why, self.example()),
            Operator::Greater | Operator::Less if is_ordered => self.never(why, self.example()),
            Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Matches => None,
        }
    }

    /// A value that the variable never has: `=` never holds, and `!=` always.
    fn impossible(&self, why: String, right: String) -> Option<Finding> {
        Some(match self.operator {
            Operator::NotEqual => Finding::Always(why, right),
            Operator::Equal
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Matches => Finding::Never(why, right),
        })
    }

    /// A comparison with the variable that can hold.
    fn example(&self) -> String {
        let variable = self.variable;
        let described = VARIABLES.iter().find(|described| described.name == variable);
        let example = described.and_then(|described| described.examples.first()).copied().unwrap_or_default();
        match self.kind {
            Kind::Text | Kind::Number | Kind::Duration => format!("write, for example, `{example}`"),
            Kind::List => {
                format!("write `{variable}!=[]` where it is to have any, or, for example, `{example}`")
            }
            Kind::Bool => format!("write `{variable}` or `{variable}=false`"),
            Kind::Behind => format!("write, for example, `{variable}>='2h'` or `{variable}>=3`"),
        }
    }

    fn with_text(&self, text: &str) -> Option<Finding> {
        let Self { variable, operator, .. } = self;
        let is_filled = matches!(self.kind, Kind::Text | Kind::List) && self.is_equality();
        if let Some(code) = expression_in_quotes(text).filter(|_| is_filled) {
            let why = format!("conditions have no templates, and nothing fills `{code}` in");
            return Some(Finding::Unlikely(why, "write the value itself".to_owned()));
        }
        match self.kind {
            Kind::Text if self.is_equality() => self.one_of(text),
            Kind::Text if order_of(variable).contains(&text) => None,
            Kind::Text if !order_of(variable).is_empty() => {
                let order = order_of(variable);
                let right =
                    closest(text, order.iter().copied()).map(|right| format!("did you mean '{right}'?"));
                self.never(
                    format!("'{text}' has no place in the order of `{variable}`"),
                    right.unwrap_or_else(|| format!("it is '{}'", order.join("' < '"))),
                )
            }
            Kind::Text => Some(Finding::Problem(
                format!("the texts of `{variable}` have no order"),
                format!("compare with `=`, `!=` or `~=`, not with `{operator}`"),
            )),
            Kind::List if self.is_equality() => self.an_element(text),
            Kind::List if text.trim().parse::<u32>().is_ok() => self.never(
                format!("a list is compared by its length, and '{text}' is a text"),
                format!("write `{variable}{operator}{}`", text.trim()),
            ),
            Kind::List => self.never(
                format!("a list is compared by its length, and '{text}' is not a number"),
                format!("write, for example, `{variable}{operator}1`, or `{variable}='{text}'`"),
            ),
            Kind::Number if text.trim().parse::<f64>().is_ok() => None,
            Kind::Number => {
                self.never(format!("`{variable}` is a number, and '{text}' is none"), self.example())
            }
            Kind::Bool if self.is_equality() && is_truth(text) => None,
            Kind::Bool => self.never(
                format!("`{variable}` is true or false, and never '{text}'"),
                self.truth(meant_truth(text)),
            ),
            Kind::Duration | Kind::Behind if parse_duration(text).is_some() => None,
            Kind::Behind if text.trim().parse::<u32>().is_ok() => Some(Finding::Problem(
                format!("`{variable}` is compared with the text '{text}'"),
                format!(
                    "write `{variable}{operator}{0}` for a number of deploys, or, for example, '{0}h' for a time",
                    text.trim()
                ),
            )),
            Kind::Behind if deploys(text).is_some() => Some(Finding::Problem(
                format!("`{variable}` is compared with the text '{text}'"),
                format!("write `{variable}{operator}{}`", deploys(text).unwrap_or_default()),
            )),
            Kind::Duration | Kind::Behind => Some(Finding::Problem(
                format!("`{variable}` is compared with '{text}'"),
                meant_time(text).map_or_else(
                    || "write a duration: '30s', '5m', '4h' or '1d'".to_owned(),
                    |time| format!("write '{time}'"),
                ),
            )),
        }
    }

    /// A comparison of a truth with the one that is meant.
    fn truth(&self, meant: Option<bool>) -> String {
        match meant.filter(|_| self.is_equality()) {
            Some(truth) => format!("write `{}{}{truth}`", self.variable, self.operator),
            None => self.example(),
        }
    }

    /// Finds a comparison with a text that the variable never is.
    fn one_of(&self, text: &str) -> Option<Finding> {
        let texts = texts_of(self.variable);
        if texts.is_empty() {
            // It says that the host tells it at all.
            if text.is_empty() && self.operator == Operator::NotEqual && self.variable != "environment" {
                return None;
            }
            let (why, right) = of_another_form(self.variable, text)?;
            return self.impossible(why, right);
        }
        if texts.contains(&text) {
            return None;
        }
        let right = closest(text, texts.iter().copied()).map(|right| format!("did you mean '{right}'?"));
        let all = || format!("it is one of '{}'", texts.join("', '"));
        self.impossible(format!("`{}` is never '{text}'", self.variable), right.unwrap_or_else(all))
    }

    /// A text that can be in no list.
    fn an_element(&self, text: &str) -> Option<Finding> {
        let Self { variable, operator, .. } = self;
        // `!=''` is how older files ask if a list has any.
        let is_empty = text.is_empty() && *operator == Operator::Equal;
        let empty = || (format!("no entry of `{variable}` is empty"), String::new());
        let (why, right) = of_no_list(variable, text).or_else(|| is_empty.then(empty))?;
        let right = if text.is_empty() { format!("write `{variable}{operator}[]`") } else { right };
        self.impossible(why, right)
    }

    fn with_pattern(&self, pattern: &str, matches: impl Fn(&str) -> bool) -> Option<Finding> {
        let Self { variable, .. } = self;
        match self.kind {
            Kind::Text => {
                if let Some((why, right)) = pattern_of_another_form(variable, pattern) {
                    return self.never(why, right);
                }
                let texts = texts_of(variable);
                let any = texts.is_empty() || texts.iter().any(|text| matches(text));
                let all = format!("it is one of '{}'", texts.join("', '"));
                if any { None } else { self.never(format!("`{variable}` never matches '{pattern}'"), all) }
            }
            Kind::List => {
                let (why, right) = pattern_of_another_form(variable, pattern)?;
                self.never(why, right)
            }
            Kind::Number | Kind::Bool | Kind::Duration | Kind::Behind => {
                self.never(format!("`~=` matches texts, and `{variable}` is none"), self.example())
            }
        }
    }

    fn with_number(&self, number: f64) -> Option<Finding> {
        let Self { variable, operator, .. } = self;
        match self.kind {
            Kind::Number | Kind::List | Kind::Behind => self.beyond(number),
            Kind::Text if !texts_of(variable).is_empty() => self.never(
                format!("`{variable}` is a text, and {number} is a number"),
                format!("it is one of '{}'", texts_of(variable).join("', '")),
            ),
            Kind::Text => self.never(
                format!("`{variable}` is a text, and {number} is a number"),
                format!(
                    "write `{variable}{}'{number}'`",
                    if self.is_equality() { *operator } else { Operator::Equal }
                ),
            ),
            Kind::Bool => self.never(
                format!("`{variable}` is true or false, and never the number {number}"),
                self.truth(meant_truth(&number.to_string())),
            ),
            Kind::Duration => self.never(
                format!("`{variable}` is a time, and {number} has no unit"),
                format!("write, for example, `{variable}{operator}'{}m'`", number.abs().trunc()),
            ),
        }
    }

    /// Finds a comparison of a count with `number` that always or never holds: a count is never below 0.
    fn beyond(&self, number: f64) -> Option<Finding> {
        // What is counted in part may be more, and then only a number below that is known to be another.
        let is_counted = self.kind != Kind::Behind || number < f64::from(MAX_COUNTED);
        let always = match self.operator {
            Operator::Greater => number < 0.0,
            Operator::GreaterOrEqual => number <= 0.0,
            Operator::NotEqual => (number < 0.0 || number.fract() != 0.0) && is_counted,
            Operator::Equal | Operator::Less | Operator::LessOrEqual | Operator::Matches => false,
        };
        if always {
            let why = format!("`{}` counts, and a count is a whole number from 0", self.variable);
            return self.always(why, self.example());
        }
        let holds = match self.operator {
            Operator::Equal => number >= 0.0 && number.fract() == 0.0,
            Operator::Less => number > 0.0,
            Operator::LessOrEqual => number >= 0.0,
            Operator::Greater | Operator::GreaterOrEqual | Operator::NotEqual | Operator::Matches => true,
        };
        let why = format!("`{}` counts, and a count is a whole number from 0", self.variable);
        if holds { None } else { self.never(why, self.example()) }
    }

    fn with_bool(&self, truth: bool) -> Option<Finding> {
        match self.kind {
            Kind::Bool => None,
            Kind::Text | Kind::List | Kind::Number | Kind::Duration | Kind::Behind => {
                self.never(format!("`{}` is never `{truth}`", self.variable), self.example())
            }
        }
    }

    fn with_variable(&self, other: &str, kind: Kind) -> Option<Finding> {
        let Self { variable, operator, .. } = self;
        let fits = match (self.kind, kind) {
            (Kind::Text, Kind::Text) if self.is_equality() => true,
            (Kind::Text, Kind::Text) => {
                let order = order_of(variable);
                if !order.is_empty() && order == order_of(other) {
                    return None;
                }
                return Some(Finding::Problem(
                    format!("the texts of `{variable}` and `{other}` have no common order"),
                    format!("compare with `=` or `!=`, not with `{operator}`"),
                ));
            }
            (Kind::List, Kind::List | Kind::Text) | (Kind::Text, Kind::List) | (Kind::Bool, Kind::Bool) => {
                self.is_equality()
            }
            (Kind::Number, Kind::Number | Kind::List | Kind::Behind)
            | (Kind::List | Kind::Behind, Kind::Number)
            | (Kind::Duration | Kind::Behind, Kind::Duration | Kind::Behind) => true,
            (Kind::Text | Kind::List | Kind::Number | Kind::Bool | Kind::Duration | Kind::Behind, _) => false,
        };
        let why = format!("`{variable}` and `{other}` are of different kinds, or have no order");
        if fits { None } else { self.never(why, self.example()) }
    }
}

fn is_truth(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

#[cfg(test)]
mod tests;
