//! The opposite of a condition.

use super::{Comparison, Condition, Operand, Operator, meant, parse};

/// The condition that holds where the one in `text` does not, as it is written; `None`: `text` is none, or it
/// asks for a regular expression, which can't be denied.
pub(crate) fn negated(text: &str) -> Option<String> {
    let condition = parse(text).ok().or_else(|| parse(&meant(text)?).ok())?;
    Some(opposite(&condition)?.to_string())
}

fn opposite(condition: &Condition) -> Option<Condition> {
    let each = |parts: &[Condition]| parts.iter().map(opposite).collect::<Option<Vec<_>>>();
    match condition {
        Condition::And(parts) => each(parts).map(Condition::Or),
        Condition::Or(parts) => each(parts).map(Condition::And),
        Condition::Comparison(comparison) => of_comparison(comparison).map(Condition::Comparison),
    }
}

fn of_comparison(comparison: &Comparison) -> Option<Comparison> {
    let Comparison { variable, operator, value } = comparison;
    let (operator, value) = match (operator, value) {
        (Operator::Equal, Operand::Bool(truth)) => (Operator::Equal, Operand::Bool(!truth)),
        (Operator::NotEqual, Operand::Bool(truth)) => (Operator::Equal, Operand::Bool(*truth)),
        (operator, value) => (turned(*operator)?, value.clone()),
    };
    Some(Comparison { variable: variable.clone(), operator, value })
}

fn turned(operator: Operator) -> Option<Operator> {
    match operator {
        Operator::Equal => Some(Operator::NotEqual),
        Operator::NotEqual => Some(Operator::Equal),
        Operator::Greater => Some(Operator::LessOrEqual),
        Operator::GreaterOrEqual => Some(Operator::Less),
        Operator::Less => Some(Operator::GreaterOrEqual),
        Operator::LessOrEqual => Some(Operator::Greater),
        Operator::Matches => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opposite_of_a_condition_is_written() {
        for (text, expected) in [
            ("tags='#a'", Some("tags!='#a'")),
            ("rollback", Some("rollback=false")),
            ("rollback=false", Some("rollback=true")),
            ("tags=[]", Some("tags!=[]")),
            ("deployed_for>='5m'", Some("deployed_for<'5m'")),
            ("tags='#a' and (rollback or tags>1)", Some("tags!='#a' or rollback=false and tags<=1")),
            ("environment == Staging", Some("environment!='Staging'")),
            ("branch~='main'", None),
            ("what?", None),
        ] {
            assert_eq!(negated(text).as_deref(), expected, "{text}");
        }
    }
}
