//! Roles and what they allow: a permission that is missing in the template must fail here as it fails on AWS.
//!
//! Understood are inline policies of `AWS::IAM::Role` with `Effect`, `Action` and `Resource`, and one kind of
//! `Condition`: the partition keys that a statement denies. What is not understood is an error, so that
//! nothing is allowed by mistake.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>,
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html>.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    TemplateError,
    yaml::{Kind, Node},
};

/// Operator and key of the condition that is understood.
const LEADING_KEYS: (&str, &str) = ("ForAnyValue:StringEquals", "dynamodb:LeadingKeys");

/// Permissions of an IAM role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Logical id.
    pub logical_id: String,
    /// The ARN that functions name it by.
    pub arn: String,
    statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    allows: bool,
    actions: Vec<String>,
    resources: Vec<String>,
    /// Partition keys of which a request must have one for the statement to apply; `None`: it always does.
    leading_keys: Option<BTreeSet<String>>,
}

impl Role {
    /// True if `action` (`sqs:SendMessage`) on `resource` (an ARN) is allowed: a statement allows it and none
    /// denies it.
    #[must_use]
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        self.allows_keys(action, resource, &BTreeSet::new())
    }

    /// The same, of a request for rows with these partition keys.
    #[must_use]
    pub fn allows_keys(&self, action: &str, resource: &str, leading_keys: &BTreeSet<String>) -> bool {
        let applies = |statement: &&Statement| {
            // Names of actions have no case.
            let action = action.to_ascii_lowercase();
            statement.actions.iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
                && statement.resources.iter().any(|pattern| matches(pattern, resource))
                && statement.leading_keys.as_ref().is_none_or(|keys| !keys.is_disjoint(leading_keys))
        };
        let mut applying = self.statements.iter().filter(applies).peekable();
        applying.peek().is_some() && applying.all(|statement| statement.allows)
    }

    /// Returns the number of characters that IAM counts of the role's policies: those of their JSON without
    /// white space.
    #[must_use]
    pub fn policy_characters(&self) -> usize {
        let document = |statement: &Statement| {
            let effect = if statement.allows { "Allow" } else { "Deny" };
            let mut document =
                json!({"Effect": effect, "Action": statement.actions, "Resource": statement.resources});
            if let Some(keys) = &statement.leading_keys {
                let (operator, key) = LEADING_KEYS;
                document["Condition"] = json!({operator: {key: keys}});
            }
            document
        };
        let statements: Vec<_> = self.statements.iter().map(document).collect();
        json!({"Version": "2012-10-17", "Statement": statements}).to_string().len()
    }
}

/// Reads a resolved role.
///
/// # Errors
/// An element of a policy that is not understood.
pub(super) fn role(logical: &str, arn: String, properties: &Node) -> Result<Role, TemplateError> {
    let mut statements = Vec::new();
    for policy in properties.get("Policies").map_or(&[][..], Node::items) {
        for statement in list(policy.at(&["PolicyDocument", "Statement"])) {
            statements.push(self::statement(statement)?);
        }
    }
    Ok(Role { logical_id: logical.to_owned(), arn, statements })
}

fn statement(node: &Node) -> Result<Statement, TemplateError> {
    let known = ["Sid", "Effect", "Action", "Resource", "Condition"];
    if let Some((name, _)) = node.entries().iter().find(|(name, _)| !known.contains(&name.as_str())) {
        let message = format!("`{name}` in a policy is not understood here; known are {}", known.join(", "));
        return Err(TemplateError::new(node.line, message));
    }
    let allows = match node.required("Effect")? {
        "Allow" => true,
        "Deny" => false,
        other => {
            return Err(TemplateError::new(
                node.line,
                format!("`Effect` must be Allow or Deny, and is `{other}`"),
            ));
        }
    };
    let texts = |key: &str| list(node.get(key)).iter().filter_map(Node::as_text).map(str::to_owned).collect();
    let leading_keys = node.get("Condition").map(leading_keys).transpose()?;
    if allows && leading_keys.is_some() {
        let message = "a `Condition` of what is allowed is not understood here; deny what is not meant";
        return Err(TemplateError::new(node.line, message));
    }
    Ok(Statement { allows, actions: texts("Action"), resources: texts("Resource"), leading_keys })
}

/// The partition keys that a condition names.
fn leading_keys(condition: &Node) -> Result<BTreeSet<String>, TemplateError> {
    let (operator, key) = LEADING_KEYS;
    let only = |node: &Node, name: &str| match node.entries() {
        [(found, value)] if found == name => Some(value.clone()),
        _ => None,
    };
    let values = only(condition, operator).and_then(|keys| only(&keys, key)).ok_or_else(|| {
        let message = format!("the only condition that is understood here is `{operator}` of `{key}`");
        TemplateError::new(condition.line, message)
    })?;
    Ok(list(Some(&values)).iter().filter_map(Node::as_text).map(str::to_owned).collect())
}

/// A list, or one value that stands for a list of itself.
fn list(node: Option<&Node>) -> &[Node] {
    match node {
        Some(Node { kind: Kind::List(items), .. }) => items,
        Some(node) => std::slice::from_ref(node),
        None => &[],
    }
}

/// True if a pattern with `*` (any characters) and `?` (one) matches all of `text`.
fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.as_bytes(), text.as_bytes());
    // Where to go on after the last `*` if what follows it does not match.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (Some((b'*', rest)), _) => {
                retry = Some((rest, text));
                pattern = rest;
            }
            (Some((wanted, rest)), Some((found, left))) if wanted == found || *wanted == b'?' => {
                (pattern, text) = (rest, left);
            }
            (None, None) => return true,
            _ => {
                let Some((after_star, [_, left @ ..])) = retry else { return false };
                retry = Some((after_star, left));
                (pattern, text) = (after_star, left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::template::yaml;

    fn role(statements: &str) -> Result<Role, TemplateError> {
        let properties = yaml::parse(&format!("Policies: [{{PolicyDocument: {{Statement: {statements}}}}}]"));
        super::role("Role", "arn:role".to_owned(), &properties.unwrap())
    }

    #[test]
    fn policy_denies_what_no_statement_allows() {
        let role = role(
            "[{Effect: Allow, Action: ['dynamodb:GetItem', 'sqs:*'], Resource: ['arn:table', 'arn:queue/*']},
              {Effect: Allow, Action: secretsmanager:GetSecretValue, Resource: arn:secret},
              {Effect: Deny, Action: sqs:DeleteQueue, Resource: '*'}]",
        )
        .unwrap();
        for (action, resource, expected) in [
            ("dynamodb:GetItem", "arn:table", true),
            ("dynamodb:getitem", "arn:table", true),
            ("dynamodb:GetItem", "arn:table/index/a", false),
            ("dynamodb:PutItem", "arn:table", false),
            ("sqs:SendMessage", "arn:queue/a", true),
            ("sqs:DeleteQueue", "arn:queue/a", false),
            ("secretsmanager:GetSecretValue", "arn:secret", true),
            ("secretsmanager:GetSecretValue", "arn:secrets", false),
        ] {
            assert_eq!(role.allows(action, resource), expected, "{action} on {resource}");
        }
    }

    #[test]
    fn partition_keys_of_some_rows_can_be_denied() {
        let role = role(
            "[{Effect: Allow, Action: 'dynamodb:*', Resource: 'arn:table'},
              {Effect: Deny, Action: 'dynamodb:*', Resource: 'arn:table',
               Condition: {'ForAnyValue:StringEquals': {'dynamodb:LeadingKeys': [sessions, keys]}}}]",
        )
        .unwrap();
        for (keys, expected) in [
            (&[][..], true),
            (&["deploy#1"], true),
            (&["sessions"], false),
            (&["deploy#1", "keys"], false),
            (&["session"], true),
        ] {
            let keys = keys.iter().map(|key| (*key).to_owned()).collect();
            assert_eq!(role.allows_keys("dynamodb:GetItem", "arn:table", &keys), expected, "{keys:?}");
        }
        assert!(role.policy_characters() > 200);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for condition in [
            "{StringEquals: {'dynamodb:LeadingKeys': [a]}}",
            "{'ForAnyValue:StringEquals': {'dynamodb:LeadingKeys': [a], 'aws:SourceIp': b}}",
            "{'ForAnyValue:StringEquals': {'dynamodb:LeadingKeys': [a]}, Bool: {'aws:SecureTransport': 'true'}}",
        ] {
            let error =
                role(&format!("[{{Effect: Deny, Action: 'a:b', Resource: '*', Condition: {condition}}}]"));
            let error = error.unwrap_err().to_string();
            assert!(error.contains("the only condition that is understood here"), "{error}");
        }
        let allowed = "{'ForAnyValue:StringEquals': {'dynamodb:LeadingKeys': [a]}}";
        let error = role(&format!("[{{Effect: Allow, Action: 'a:b', Resource: '*', Condition: {allowed}}}]"));
        assert!(error.unwrap_err().to_string().contains("a `Condition` of what is allowed"));
        let error = role("{Effect: Allow, NotAction: 'a:b', Resource: '*'}").unwrap_err().to_string();
        assert!(error.contains("`NotAction` in a policy is not understood here"), "{error}");
        assert!(role("[{Effect: Maybe, Action: 'a:b', Resource: '*'}]").is_err());
    }

    #[test]
    fn stars_and_question_marks_match_as_in_policies() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbbc", true),
            ("a*c*", "abcbd", true),
            ("a*c", "abcd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*b", "abab", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
