//! Rules of EventBridge: functions that are woken by time, and functions that hear events.

use std::time::Duration;

use serde_json::Value;

use super::{
    TemplateError,
    functions::function_named,
    resources::{EventRule, Resources, Schedule},
    yaml::{Kind, Node},
};

/// The bus that every account has.
pub const DEFAULT_BUS: &str = "default";

/// Conditions that an `EventPattern` puts on an event: a field has one of some values.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// The field has one of these values, or its list has; a number and a truth count as their texts.
    OneOf(Vec<String>),
    /// All of these fields are as they should be.
    Fields(Vec<(String, Pattern)>),
}

impl Pattern {
    /// True if the event matches the pattern.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        match (self, event) {
            (Self::OneOf(_), Value::Array(values)) => values.iter().any(|value| self.matches(value)),
            (Self::OneOf(texts), Value::String(text)) => texts.contains(text),
            (Self::OneOf(texts), Value::Number(_) | Value::Bool(_)) => texts.contains(&event.to_string()),
            (Self::OneOf(_), Value::Null | Value::Object(_)) => false,
            (Self::Fields(fields), event) => fields
                .iter()
                .all(|(name, pattern)| event.get(name).is_some_and(|value| pattern.matches(value))),
        }
    }

    fn read(node: &Node) -> Result<Self, TemplateError> {
        let wrong = || {
            TemplateError::new(
                node.line,
                "an `EventPattern` has lists of texts here, or fields with such lists",
            )
        };
        match &node.kind {
            Kind::List(items) if !items.is_empty() => {
                let texts = items.iter().map(|item| item.as_text().map(str::to_owned));
                texts.collect::<Option<_>>().map(Self::OneOf).ok_or_else(wrong)
            }
            Kind::Map(fields) if !fields.is_empty() => {
                let fields = fields.iter().map(|(name, node)| Ok((name.clone(), Self::read(node)?)));
                fields.collect::<Result<_, _>>().map(Self::Fields)
            }
            _ => Err(wrong()),
        }
    }
}

/// An `AWS::Events::Rule`. `permissions`: the properties of the template's `AWS::Lambda::Permission`s;
/// without one, AWS invokes nothing, and says so nowhere but in a metric.
pub(super) fn rule(
    resources: &mut Resources,
    (logical, arn): (&str, &str),
    properties: &Node,
    permissions: &[&Node],
) -> Result<(), TemplateError> {
    if properties.text("State") == Some("DISABLED") {
        return Ok(());
    }
    let known = ["Id", "Arn", "Input", "RetryPolicy", "DeadLetterConfig"];
    for target in properties.get("Targets").map_or(&[][..], Node::items) {
        if let Some((name, node)) = target.entries().iter().find(|(name, _)| !known.contains(&name.as_str()))
        {
            let message = format!("`{name}` of a target is not run here; known are {}", known.join(", "));
            return Err(TemplateError::new(node.line, message));
        }
        let function = function_named(resources, target, "Arn")?;
        if !permissions.iter().any(|permission| allows(resources, permission, &function, arn)) {
            let message = format!(
                "the rule may not invoke {function}: write an AWS::Lambda::Permission with `Action: lambda:InvokeFunction`, \
                 `Principal: events.amazonaws.com` and `SourceArn: !GetAtt {logical}.Arn`"
            );
            return Err(TemplateError::new(target.line, message));
        }
        let input = target.text("Input").map(str::to_owned);
        match (properties.text("ScheduleExpression"), properties.get("EventPattern")) {
            (Some(expression), None) => {
                let every = rate(expression).ok_or_else(|| {
                    let message =
                        format!("`ScheduleExpression` must be like rate(5 minutes), and is `{expression}`");
                    TemplateError::new(properties.line, message)
                })?;
                resources.schedules.push(Schedule { logical_id: logical.to_owned(), function, every, input });
            }
            (None, Some(pattern)) => resources.event_rules.push(EventRule {
                logical_id: logical.to_owned(),
                bus: properties.text("EventBusName").unwrap_or(DEFAULT_BUS).to_owned(),
                pattern: Pattern::read(pattern)?,
                function,
                input,
            }),
            _ => {
                let message = "a rule has either a `ScheduleExpression` or an `EventPattern` here";
                return Err(TemplateError::new(properties.line, message));
            }
        }
    }
    Ok(())
}

/// True if a permission lets a rule invoke a function.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html>
fn allows(resources: &Resources, permission: &Node, function: &str, rule: &str) -> bool {
    permission.text("Action") == Some("lambda:InvokeFunction")
        && permission.text("Principal") == Some("events.amazonaws.com")
        && permission.text("SourceArn").is_none_or(|arn| arn == rule)
        && function_named(resources, permission, "FunctionName").is_ok_and(|named| named == function)
}

/// `rate(value unit)`, as EventBridge writes it.
fn rate(expression: &str) -> Option<Duration> {
    let (value, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let seconds = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 60 * 60,
        "day" | "days" => 24 * 60 * 60,
        _ => return None,
    };
    value.parse::<u64>().ok().filter(|value| *value > 0).map(|value| Duration::from_secs(value * seconds))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::template::yaml;

    #[test]
    fn rates_are_read_as_eventbridge_writes_them() {
        assert_eq!(rate("rate(1 minute)"), Some(Duration::from_secs(60)));
        assert_eq!(rate("rate(2 hours)"), Some(Duration::from_secs(7200)));
        for wrong in ["rate(0 minutes)", "rate(minute)", "cron(0 12 * * ? *)", "rate(5 weeks)"] {
            assert_eq!(rate(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_pattern_asks_for_all_of_its_fields_and_one_of_their_values() {
        let pattern = "{source: [signoff], detail: {team: [web, payments], size: [3], quick: [true]}}";
        let pattern = Pattern::read(&yaml::parse(pattern).unwrap()).unwrap();
        let event = |source: &str, detail: Value| json!({"source": source, "id": "1", "detail": detail});
        for (source, detail, expected) in [
            ("signoff", json!({"team": "web", "size": 3, "quick": true, "more": {}}), true),
            ("signoff", json!({"team": ["api", "payments"], "size": "3", "quick": "true"}), true),
            ("signoff", json!({"team": "api", "size": 3, "quick": true}), false),
            ("signoff", json!({"team": "web", "size": 4, "quick": true}), false),
            ("signoff", json!({"team": "web", "size": 3}), false),
            ("signoff", json!({"team": {"web": 1}, "size": 3, "quick": null}), false),
            ("aws.cloudwatch", json!({"team": "web", "size": 3, "quick": true}), false),
        ] {
            assert_eq!(pattern.matches(&event(source, detail.clone())), expected, "{source} {detail}");
        }
    }

    #[test]
    fn a_pattern_that_is_not_understood_is_an_error() {
        for wrong in ["{source: signoff}", "{source: []}", "{source: [{prefix: sign}]}", "{}"] {
            let error = Pattern::read(&yaml::parse(wrong).unwrap()).unwrap_err();
            assert!(error.to_string().contains("has lists of texts here"), "{wrong}: {error}");
        }
    }
}
