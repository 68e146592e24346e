//! Evaluation of a condition.

use super::{Comparison, Condition, Deploys, Operand, Operator, Pattern, Snapshot, Value, parse_duration};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

/// The values of a variable whose texts have an order, the least first. `Unknown` is none of them.
pub(crate) fn order_of(variable: &str) -> &'static [&'static str] {
    match variable {
        "health" => &["Unhealthy", "Ailing", "Healthy"],
        "magnitude" => &["Small", "Medium", "Large"],
        _ => &[],
    }
}

/// True if upper and lower case are the same in the values of a variable.
pub(crate) fn in_any_case(variable: &str) -> bool {
    matches!(variable, "environment" | "deployment" | "revision" | "deployer")
}

impl Condition {
    /// True if it holds for these variables.
    ///
    /// A comparison of things that cannot be compared (a text with a number, a duration with a word) is false
    /// with every operator, and so is one with a variable that is not in the snapshot.
    pub fn holds(&self, snapshot: &Snapshot) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(snapshot)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(snapshot)),
            Self::Comparison(comparison) => comparison.holds(snapshot),
        }
    }

    /// True if it holds once every comparison with a variable that is not in the snapshot is taken to hold.
    pub fn may_hold(&self, snapshot: &Snapshot) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.may_hold(snapshot)),
            Self::Or(parts) => parts.iter().any(|part| part.may_hold(snapshot)),
            Self::Comparison(comparison) => !comparison.is_known(snapshot) || comparison.holds(snapshot),
        }
    }
}

impl Comparison {
    /// True if the snapshot has every variable that it names.
    fn is_known(&self, snapshot: &Snapshot) -> bool {
        let right = match &self.value {
            Operand::Variable(name) => snapshot.get(name).is_some(),
            Operand::Text(_)
            | Operand::Pattern(_)
            | Operand::Number(_)
            | Operand::Bool(_)
            | Operand::EmptyList => true,
        };
        right && snapshot.get(&self.variable).is_some()
    }

    /// True if it holds; see [`Condition::holds`].
    pub fn holds(&self, snapshot: &Snapshot) -> bool {
        self.holds_of_own(snapshot) && self.fails_also(snapshot).is_none()
    }

    /// The first further values of its variables with which it does not hold.
    pub(crate) fn fails_also<'s>(&self, snapshot: &'s Snapshot) -> Option<&'s BTreeMap<String, Value>> {
        let of_these =
            snapshot.also().iter().filter(|also| self.variables().any(|name| also.contains_key(name)));
        let mut failing =
            of_these.filter(|also| !self.holds_by(&|name| also.get(name).or_else(|| snapshot.get(name))));
        failing.next()
    }

    /// True if it holds without the further values of its variables.
    pub(crate) fn holds_of_own(&self, snapshot: &Snapshot) -> bool {
        self.holds_by(&|name| snapshot.get(name))
    }

    /// True if it holds for the values that `get` gives by their names.
    fn holds_by<'s>(&self, get: &dyn Fn(&str) -> Option<&'s Value>) -> bool {
        let Some(left) = get(&self.variable) else { return false };
        let any_case = in_any_case(&self.variable)
            || matches!(&self.value, Operand::Variable(name) if in_any_case(name));
        let order = match &self.value {
            // Of two variables only those of the same order can be compared.
            Operand::Variable(name) if order_of(name) != order_of(&self.variable) => &[],
            Operand::Variable(_)
            | Operand::Text(_)
            | Operand::Pattern(_)
            | Operand::Number(_)
            | Operand::Bool(_)
            | Operand::EmptyList => order_of(&self.variable),
        };
        let compared = Compared { operator: self.operator, any_case, order };
        match &self.value {
            Operand::EmptyList => match left {
                Value::List(list) => compared.ordered(list.len().cmp(&0)),
                _ => false,
            },
            Operand::Bool(truth) => compared.values(left, &Value::Bool(*truth)),
            Operand::Number(number) => compared.values(left, &Value::Number(*number)),
            Operand::Text(text) => compared.with_text(left, text),
            Operand::Pattern(pattern) => self.operator == Operator::Matches && matches(left, pattern),
            Operand::Variable(name) => get(name).is_some_and(|right| compared.values(left, right)),
        }
    }
}

/// Rules for the comparison of two values.
#[derive(Clone, Copy)]
struct Compared {
    operator: Operator,
    /// True if upper and lower case are the same.
    any_case: bool,
    /// The texts in their order, the least first; none: texts have no order here.
    order: &'static [&'static str],
}

impl Compared {
    /// True if the operator holds for an order.
    fn ordered(self, order: Ordering) -> bool {
        match self.operator {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Matches => false,
        }
    }

    /// The operator with its sides exchanged.
    fn flipped(self) -> Self {
        let operator = match self.operator {
            Operator::Greater => Operator::Less,
            Operator::GreaterOrEqual => Operator::LessOrEqual,
            Operator::Less => Operator::Greater,
            Operator::LessOrEqual => Operator::GreaterOrEqual,
            same @ (Operator::Equal | Operator::NotEqual | Operator::Matches) => same,
        };
        Self { operator, ..self }
    }

    fn texts(self, left: &str, right: &str) -> bool {
        let equal = if self.any_case { left.to_lowercase() == right.to_lowercase() } else { left == right };
        let place = |text: &str| self.order.iter().position(|known| *known == text);
        match self.operator {
            Operator::Equal | Operator::NotEqual => self.equality(equal),
            Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => {
                place(left).zip(place(right)).is_some_and(|(left, right)| self.ordered(left.cmp(&right)))
            }
            Operator::Matches => false,
        }
    }

    /// A number of deploys against a number. Where there may be more, only what holds of all of them does.
    fn deploys(self, left: Deploys, right: f64) -> bool {
        let counted = f64::from(left.counted);
        if !left.or_more {
            return self.numbers(counted, right);
        }
        match self.operator {
            Operator::Greater | Operator::NotEqual => counted > right,
            Operator::GreaterOrEqual => counted >= right,
            Operator::Equal | Operator::Less | Operator::LessOrEqual | Operator::Matches => false,
        }
    }

    fn numbers(self, left: f64, right: f64) -> bool {
        left.partial_cmp(&right).is_some_and(|order| self.ordered(order))
    }

    fn durations(self, left: Duration, right: Duration) -> bool {
        self.ordered(left.cmp(&right))
    }

    /// True if a text is one of a list, or (for `!=`) none of it.
    fn membership(self, list: &[String], text: &str) -> bool {
        let equal = Self { operator: Operator::Equal, ..self };
        match self.operator {
            Operator::Equal => list.iter().any(|element| equal.texts(element, text)),
            Operator::NotEqual => list.iter().all(|element| !equal.texts(element, text)),
            Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Matches => false,
        }
    }

    /// A value against a quoted text, which is read as what the value is.
    fn with_text(self, left: &Value, text: &str) -> bool {
        match left {
            Value::Text(left) => self.texts(left, text),
            Value::List(list) => self.membership(list, text),
            Value::Number(number) => text.trim().parse().is_ok_and(|right| self.numbers(*number, right)),
            Value::Bool(truth) => {
                let right = text.to_ascii_lowercase();
                matches!(right.as_str(), "true" | "false") && self.equality(truth.to_string() == right)
            }
            Value::Duration(duration) | Value::Behind(duration, _) => {
                parse_duration(text).is_some_and(|right| self.durations(*duration, right))
            }
        }
    }

    /// `=` and `!=` alone.
    fn equality(self, equal: bool) -> bool {
        match self.operator {
            Operator::Equal => equal,
            Operator::NotEqual => !equal,
            Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Matches => false,
        }
    }

    fn values(self, left: &Value, right: &Value) -> bool {
        match (left, right) {
            (left, Value::Text(text)) => self.with_text(left, text),
            (Value::Text(_), right) => self.flipped().values(right, left),
            (Value::Number(left), Value::Number(right)) => self.numbers(*left, *right),
            (Value::Bool(left), Value::Bool(right)) => self.equality(left == right),
            (
                Value::Duration(left) | Value::Behind(left, _),
                Value::Duration(right) | Value::Behind(right, _),
            ) => self.durations(*left, *right),
            (Value::Behind(_, left), Value::Number(right)) => self.deploys(*left, *right),
            (Value::Number(left), Value::Behind(_, right)) => self.flipped().deploys(*right, *left),
            (Value::List(list), Value::Number(number)) => self.numbers(list.len() as f64, *number),
            (Value::Number(number), Value::List(list)) => self.numbers(*number, list.len() as f64),
            (Value::List(left), Value::List(right)) => {
                let within = |a: &[String], b: &[String]| a.iter().all(|element| b.contains(element));
                self.equality(within(left, right) && within(right, left))
            }
            (
                Value::Number(_) | Value::Bool(_) | Value::Duration(_) | Value::Behind(..) | Value::List(_),
                _,
            ) => false,
        }
    }
}

/// `~=`.
fn matches(left: &Value, pattern: &Pattern) -> bool {
    match left {
        Value::Text(left) => pattern.matches(left),
        Value::List(list) => list.iter().any(|element| pattern.matches(element)),
        Value::Number(_) | Value::Bool(_) | Value::Duration(_) | Value::Behind(..) => false,
    }
}
