//! CloudFormation's intrinsic functions and pseudo parameters, for one place and one set of parameters.
//!
//! Semantics:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

use std::collections::BTreeMap;

use super::{
    Place, TemplateError,
    yaml::{Kind, Node},
};

/// References that go deeper than this are a circle.
const DEEPEST_REFERENCE: usize = 32;
/// Id of the HTTP API.
const API_ID: &str = "local";
const URL_SUFFIX: &str = "amazonaws.com";

/// Resolves values of one template.
pub(super) struct Resolver<'t> {
    root: &'t Node,
    place: &'t Place,
    parameters: BTreeMap<&'t str, Node>,
}

impl<'t> Resolver<'t> {
    /// # Errors
    /// An override of an unknown parameter, a parameter without a value, a value that is not allowed.
    pub(super) fn new(
        root: &'t Node,
        place: &'t Place,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Self, TemplateError> {
        let declared = root.get("Parameters").map_or(&[][..], Node::entries);
        if let Some(unknown) = overrides.keys().find(|name| !declared.iter().any(|(known, _)| known == *name))
        {
            return Err(TemplateError::new(0, format!("the template has no parameter `{unknown}`")));
        }
        let parameters = declared
            .iter()
            .map(|(name, declaration)| {
                let value = overrides.get(name).map(String::as_str).or_else(|| declaration.text("Default"));
                Ok((name.as_str(), parameter(name, declaration, value)?))
            })
            .collect::<Result<_, TemplateError>>()?;
        Ok(Self { root, place, parameters })
    }

    pub(super) const fn place(&self) -> &'t Place {
        self.place
    }

    /// The resources that exist: those whose condition holds.
    pub(super) fn resources(&self) -> Result<Vec<(&'t str, &'t Node)>, TemplateError> {
        let declared = self.root.get("Resources").map_or(&[][..], Node::entries);
        let mut existing = Vec::new();
        for (name, resource) in declared {
            let exists = match resource.text("Condition") {
                Some(condition) => self.condition(condition, resource.line, 0)?,
                None => true,
            };
            if exists {
                existing.push((name.as_str(), resource));
            }
        }
        Ok(existing)
    }

    /// SAM's `Globals.Function`, resolved.
    pub(super) fn function_globals(&self) -> Result<Option<Node>, TemplateError> {
        match self.root.at(&["Globals", "Function"]) {
            Some(globals) => self.resolve(globals),
            None => Ok(None),
        }
    }

    /// The value with every intrinsic function replaced; none stands for `AWS::NoValue`.
    pub(super) fn resolve(&self, node: &Node) -> Result<Option<Node>, TemplateError> {
        self.value(node, 0)
    }

    fn value(&self, node: &Node, depth: usize) -> Result<Option<Node>, TemplateError> {
        if depth > DEEPEST_REFERENCE {
            return Err(TemplateError::new(node.line, "this value refers to itself"));
        }
        match &node.kind {
            Kind::Text(text) => Ok(Some(Node::text_at(node.line, self.local_address(text)))),
            Kind::List(items) => {
                let mut values = Vec::new();
                for item in items {
                    values.extend(self.value(item, depth + 1)?);
                }
                Ok(Some(Node { line: node.line, kind: Kind::List(values) }))
            }
            Kind::Map(entries) => {
                if let [(function, argument)] = entries.as_slice()
                    && (function == "Ref" || function.starts_with("Fn::"))
                {
                    return self.call(function, argument, depth + 1);
                }
                let mut values = Vec::new();
                for (key, entry) in entries {
                    if let Some(value) = self.value(entry, depth + 1)? {
                        values.push((key.clone(), value));
                    }
                }
                Ok(Some(Node { line: node.line, kind: Kind::Map(values) }))
            }
        }
    }

    fn call(&self, function: &str, argument: &Node, depth: usize) -> Result<Option<Node>, TemplateError> {
        let line = argument.line;
        let wrong = |usage: &str| TemplateError::new(line, format!("{function} takes {usage}"));
        match function {
            "Ref" => self.reference(argument.as_text().ok_or_else(|| wrong("one name"))?, line, depth),
            "Fn::GetAtt" => match argument.items() {
                [resource, attribute] => {
                    let resource = resource.as_text().ok_or_else(|| wrong("a resource and an attribute"))?;
                    let attribute =
                        attribute.as_text().ok_or_else(|| wrong("a resource and an attribute"))?;
                    Ok(Some(Node::text_at(line, self.attribute(resource, attribute, line, depth)?)))
                }
                _ => Err(wrong("a resource and an attribute")),
            },
            "Fn::Sub" => self.substitute(argument, depth).map(Some),
            "Fn::If" => match argument.items() {
                [condition, then, otherwise] => {
                    let name = condition.as_text().ok_or_else(|| wrong("a condition's name first"))?;
                    self.value(if self.condition(name, line, depth)? { then } else { otherwise }, depth)
                }
                _ => Err(wrong("a condition and two values")),
            },
            "Fn::Join" => match argument.items() {
                [separator, list] => {
                    let separator = separator.as_text().ok_or_else(|| wrong("a separator first"))?;
                    let list = self.value(list, depth)?.unwrap_or_else(|| Node::text_at(line, ""));
                    let parts: Vec<&str> = list.items().iter().filter_map(Node::as_text).collect();
                    Ok(Some(Node::text_at(line, self.local_address(&parts.join(separator)))))
                }
                _ => Err(wrong("a separator and a list")),
            },
            "Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or" => {
                let call = Node { line, kind: Kind::Map(vec![(function.to_owned(), argument.clone())]) };
                Ok(Some(Node::text_at(line, self.holds(&call, depth)?.to_string())))
            }
            _ => Err(TemplateError::new(
                line,
                format!(
                    "{function} is not known here; known are Ref, Sub, GetAtt, If, Join, Equals, Not, And, Or"
                ),
            )),
        }
    }

    fn condition(&self, name: &str, line: usize, depth: usize) -> Result<bool, TemplateError> {
        let condition = self
            .root
            .at(&["Conditions", name])
            .ok_or_else(|| TemplateError::new(line, format!("there is no condition `{name}`")))?;
        self.holds(condition, depth + 1)
    }

    fn holds(&self, node: &Node, depth: usize) -> Result<bool, TemplateError> {
        if depth > DEEPEST_REFERENCE {
            return Err(TemplateError::new(node.line, "this condition refers to itself"));
        }
        let wrong = || {
            TemplateError::new(node.line, "a condition is Fn::Equals, Fn::Not, Fn::And, Fn::Or or Condition")
        };
        let [(function, argument)] = node.entries() else { return Err(wrong()) };
        let each = || argument.items().iter().map(|item| self.holds(item, depth + 1));
        match (function.as_str(), argument.items()) {
            ("Fn::Equals", [left, right]) => Ok(self.text_of(left, depth)? == self.text_of(right, depth)?),
            ("Fn::Not", [condition]) => Ok(!self.holds(condition, depth + 1)?),
            ("Fn::And", [_, ..]) => each().try_fold(true, |all, one| Ok(all & one?)),
            ("Fn::Or", [_, ..]) => each().try_fold(false, |any, one| Ok(any | one?)),
            ("Condition", []) => self.condition(argument.as_text().ok_or_else(wrong)?, node.line, depth),
            _ => Err(wrong()),
        }
    }

    fn text_of(&self, node: &Node, depth: usize) -> Result<String, TemplateError> {
        let value = self.value(node, depth + 1)?;
        Ok(value.as_ref().and_then(Node::as_text).unwrap_or_default().to_owned())
    }

    /// `Fn::Sub` of a text, or of a text and a map of its own names.
    fn substitute(&self, argument: &Node, depth: usize) -> Result<Node, TemplateError> {
        let line = argument.line;
        let (text, own) = match (argument.as_text(), argument.items()) {
            (Some(text), _) => (text, None),
            (None, [text, own]) => (text.as_text().unwrap_or_default(), Some(own)),
            _ => return Err(TemplateError::new(line, "Fn::Sub takes a text, or a text and a map")),
        };
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| TemplateError::new(line, "`${` without its `}` in Fn::Sub"))?;
            result.push_str(before);
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = own.and_then(|own| own.get(name)) {
                result.push_str(&self.text_of(value, depth)?);
            } else if let Some((resource, attribute)) = name.split_once('.') {
                result.push_str(&self.attribute(resource, attribute, line, depth)?);
            } else {
                let value = self.reference(name, line, depth)?;
                result.push_str(value.as_ref().and_then(Node::as_text).unwrap_or_default());
            }
        }
        result.push_str(rest);
        Ok(Node::text_at(line, self.local_address(&result)))
    }

    fn reference(&self, name: &str, line: usize, depth: usize) -> Result<Option<Node>, TemplateError> {
        let place = self.place;
        let text = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::Region" => place.region.clone(),
            "AWS::AccountId" => place.account.clone(),
            "AWS::Partition" => "aws".to_owned(),
            "AWS::URLSuffix" => URL_SUFFIX.to_owned(),
            "AWS::StackName" => place.stack.clone(),
            "AWS::StackId" => format!(
                "arn:aws:cloudformation:{}:{}:stack/{}/local",
                place.region, place.account, place.stack
            ),
            _ => match self.parameters.get(name) {
                Some(value) => return Ok(Some(Node { line, kind: value.kind.clone() })),
                None => self.physical_id(name, line, depth)?,
            },
        };
        Ok(Some(Node::text_at(line, text)))
    }

    fn resource(&self, logical: &str, line: usize) -> Result<(&'t Node, &'t str), TemplateError> {
        let resource = self.root.at(&["Resources", logical]).ok_or_else(|| {
            TemplateError::new(line, format!("there is no parameter or resource `{logical}`"))
        })?;
        Ok((resource, resource.required("Type")?))
    }

    /// The name that a resource has here: what its name property says, or made of the stack's and the logical
    /// name.
    pub(super) fn name(&self, logical: &str, line: usize, depth: usize) -> Result<String, TemplateError> {
        let (resource, kind) = self.resource(logical, line)?;
        let property = match kind {
            "AWS::DynamoDB::Table" => Some("TableName"),
            "AWS::SQS::Queue" => Some("QueueName"),
            "AWS::SecretsManager::Secret" => Some("Name"),
            "AWS::Serverless::Function" => Some("FunctionName"),
            _ => None,
        };
        if let Some(named) = property.and_then(|property| resource.at(&["Properties", property]))
            && let Some(name) = self.value(named, depth + 1)?
        {
            return Ok(name.as_text().unwrap_or_default().to_owned());
        }
        // A FIFO queue's generated name ends in .fifo on AWS too.
        let fifo = kind == "AWS::SQS::Queue" && resource.at(&["Properties", "FifoQueue"]).is_some();
        Ok(format!("{}-{logical}{}", self.place.stack, if fifo { ".fifo" } else { "" }))
    }

    /// Returns the value of `Ref` for a resource.
    pub(super) fn physical_id(
        &self,
        logical: &str,
        line: usize,
        depth: usize,
    ) -> Result<String, TemplateError> {
        let (_, kind) = self.resource(logical, line)?;
        match kind {
            "AWS::SQS::Queue" => {
                let name = self.name(logical, line, depth)?;
                Ok(format!("{}/{}/{name}", self.place.endpoint_url, self.place.account))
            }
            "AWS::SecretsManager::Secret" => self.attribute(logical, "Arn", line, depth),
            "AWS::ApiGatewayV2::Api" => Ok(API_ID.to_owned()),
            _ => self.name(logical, line, depth),
        }
    }

    /// Returns the value of `Fn::GetAtt` for a resource. For a resource that does not run here, it is a text
    /// that says so.
    pub(super) fn attribute(
        &self,
        logical: &str,
        attribute: &str,
        line: usize,
        depth: usize,
    ) -> Result<String, TemplateError> {
        let (_, kind) = self.resource(logical, line)?;
        let name = self.name(logical, line, depth)?;
        let arn = |service: &str, resource: &str| {
            format!("arn:aws:{service}:{}:{}:{resource}", self.place.region, self.place.account)
        };
        match (kind, attribute) {
            ("AWS::DynamoDB::Table", "Arn") => Ok(arn("dynamodb", &format!("table/{name}"))),
            ("AWS::SQS::Queue", "Arn") => Ok(arn("sqs", &name)),
            ("AWS::SQS::Queue", "QueueName") => Ok(name),
            ("AWS::SQS::Queue", "QueueUrl") => self.physical_id(logical, line, depth),
            // AWS's own end is made up of six letters, too.
            ("AWS::SecretsManager::Secret", "Arn" | "Id") => {
                Ok(arn("secretsmanager", &format!("secret:{name}-local0")))
            }
            ("AWS::IAM::Role", "Arn") => Ok(format!("arn:aws:iam::{}:role/{name}", self.place.account)),
            ("AWS::Events::Rule", "Arn") => Ok(arn("events", &format!("rule/{name}"))),
            ("AWS::Serverless::Function", "Arn") => Ok(arn("lambda", &format!("function:{name}"))),
            ("AWS::ApiGatewayV2::Api", "ApiEndpoint") => Ok(self.place.api_url.clone()),
            ("AWS::ApiGatewayV2::Api", "ApiId") => Ok(API_ID.to_owned()),
            _ if super::resources::IGNORED.contains(&kind) => {
                Ok(arn("ignored", &format!("{name}/{attribute}")))
            }
            _ => Err(TemplateError::new(line, format!("{kind} has no attribute `{attribute}` here"))),
        }
    }

    /// An address on the API's own domain leads to the local gateway instead.
    fn local_address(&self, text: &str) -> String {
        let own = format!("https://{API_ID}.execute-api.{}.{URL_SUFFIX}", self.place.region);
        text.replace(&own, &self.place.api_url)
    }
}

/// A parameter's value, checked as CloudFormation would.
fn parameter(name: &str, declaration: &Node, value: Option<&str>) -> Result<Node, TemplateError> {
    let line = declaration.line;
    let value = value.ok_or_else(|| {
        TemplateError::new(line, format!("the parameter `{name}` has no default: pass a value for it"))
    })?;
    let allowed = declaration.get("AllowedValues").map_or(&[][..], Node::items);
    if !allowed.is_empty() && !allowed.iter().any(|item| item.as_text() == Some(value)) {
        let allowed: Vec<&str> = allowed.iter().filter_map(Node::as_text).collect();
        let message =
            format!("the parameter `{name}` is `{value}`, and must be one of {}", allowed.join(", "));
        return Err(TemplateError::new(line, message));
    }
    match declaration.required("Type")? {
        "Number" if value.parse::<f64>().is_err() => Err(TemplateError::new(
            line,
            format!("the parameter `{name}` is `{value}`, and must be a number"),
        )),
        "CommaDelimitedList" => {
            let items = value.split(',').map(|item| Node::text_at(line, item.trim())).collect();
            Ok(Node { line, kind: Kind::List(items) })
        }
        _ => Ok(Node::text_at(line, value)),
    }
}
