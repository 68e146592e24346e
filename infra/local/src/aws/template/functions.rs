//! Functions, and what leads to them: routes, event source mappings, rules.

use std::{collections::BTreeMap, time::Duration};

use super::{
    TemplateError,
    resolve::Resolver,
    resources::{EventSource, Function, Resources, Route},
    rules,
    yaml::Node,
};

/// Batches that Lambda takes from one queue at once, as long as the template names no `MaximumConcurrency`.
const BATCHES_AT_ONCE: u64 = 5;

/// An `AWS::Serverless::Function`, with SAM's `Globals.Function` under its own properties.
pub(super) fn function(
    logical: &str,
    name: String,
    resource: &Node,
    globals: Option<&Node>,
    resolver: &Resolver<'_>,
) -> Result<Function, TemplateError> {
    let line = resource.line;
    let none = Node::text_at(line, "");
    let own = resource.get("Properties").unwrap_or(&none);
    let globals = globals.unwrap_or(&none);
    if let Some(events) = own.get("Events") {
        let message = "`Events` are not run here (local emulators disagree on them): write \
                       AWS::Lambda::EventSourceMapping, AWS::Events::Rule or AWS::ApiGatewayV2::Route";
        return Err(TemplateError::new(events.line, message));
    }
    let binary =
        resource.at(&["Metadata", "BuildProperties", "Binary"]).and_then(Node::as_text).ok_or_else(|| {
            TemplateError::new(
                line,
                "`Metadata.BuildProperties.Binary` must name the program that the function runs",
            )
        })?;
    let mut environment = BTreeMap::new();
    for properties in [globals, own] {
        let variables = properties.at(&["Environment", "Variables"]).map_or(&[][..], Node::entries);
        for (key, value) in variables {
            let value = value.as_text().ok_or_else(|| {
                TemplateError::new(value.line, format!("the environment variable `{key}` must be a text"))
            })?;
            environment.insert(key.clone(), value.to_owned());
        }
    }
    let place = resolver.place();
    Ok(Function {
        logical_id: logical.to_owned(),
        arn: format!("arn:aws:lambda:{}:{}:function:{name}", place.region, place.account),
        name,
        binary: binary.to_owned(),
        timeout: Duration::from_secs(own.number("Timeout", globals.number("Timeout", 3)?)?),
        memory_mb: own.number("MemorySize", globals.number("MemorySize", 128)?)?,
        json_logs: logging(own).or_else(|| logging(globals)) == Some("JSON"),
        role_arn: own.text("Role").map(str::to_owned),
        dead_letters: own.get("DeadLetterQueue").and_then(|queue| queue.text("TargetArn")).map(str::to_owned),
        environment,
    })
}

fn logging(properties: &Node) -> Option<&str> {
    properties.at(&["LoggingConfig", "LogFormat"]).and_then(Node::as_text)
}

/// Reads the resources that tie others together, once all of those are known.
pub(super) fn connect(
    resources: &mut Resources,
    later: &[(&str, &str, Node)],
    resolver: &Resolver<'_>,
) -> Result<(), TemplateError> {
    let permissions = later.iter().filter(|(_, kind, _)| *kind == "AWS::Lambda::Permission");
    let permissions: Vec<&Node> = permissions.map(|(_, _, properties)| properties).collect();
    for (logical, kind, properties) in later {
        let place = |error: TemplateError| TemplateError {
            line: error.line,
            message: format!("{logical} ({kind}): {}", error.message),
        };
        match *kind {
            "AWS::ApiGatewayV2::Route" => {
                resources.routes.push(route(resources, later, properties).map_err(place)?);
            }
            "AWS::Lambda::EventSourceMapping" => {
                resources.event_sources.extend(event_source(resources, properties).map_err(place)?);
            }
            "AWS::Events::Rule" => {
                let arn = resolver.attribute(logical, "Arn", properties.line, 0).map_err(place)?;
                rules::rule(resources, (logical, &arn), properties, &permissions).map_err(place)?;
            }
            "AWS::ApiGatewayV2::Api" if properties.text("ProtocolType") != Some("HTTP") => {
                return Err(place(TemplateError::new(
                    properties.line,
                    "only `ProtocolType: HTTP` is run here",
                )));
            }
            // Integrations are read through their routes, permissions through the rules that need them.
            _ => {}
        }
    }
    Ok(())
}

fn route(
    resources: &Resources,
    later: &[(&str, &str, Node)],
    properties: &Node,
) -> Result<Route, TemplateError> {
    let target = properties.required("Target")?;
    let integration = later
        .iter()
        .find(|(logical, kind, _)| {
            *kind == "AWS::ApiGatewayV2::Integration"
                && resources.physical_ids.get(*logical).map(String::as_str)
                    == target.strip_prefix("integrations/")
        })
        .map(|(_, _, properties)| properties)
        .ok_or_else(|| {
            TemplateError::new(
                properties.line,
                format!("`Target` must be integrations/..., and is `{target}`"),
            )
        })?;
    let is = (integration.text("IntegrationType"), integration.text("PayloadFormatVersion"));
    if is != (Some("AWS_PROXY"), Some("2.0")) {
        let message = "only `IntegrationType: AWS_PROXY` with `PayloadFormatVersion: \"2.0\"` is run here";
        return Err(TemplateError::new(integration.line, message));
    }
    let function = function_named(resources, integration, "IntegrationUri")?;
    Ok(Route { key: properties.required("RouteKey")?.to_owned(), function })
}

fn event_source(resources: &Resources, properties: &Node) -> Result<Option<EventSource>, TemplateError> {
    if !properties.flag("Enabled", true)? {
        return Ok(None);
    }
    let arn = properties.required("EventSourceArn")?;
    let queue = resources.queues.iter().find(|queue| queue.arn == arn).ok_or_else(|| {
        TemplateError::new(properties.line, format!("there is no queue with the ARN `{arn}`"))
    })?;
    let types = properties.get("FunctionResponseTypes").map_or(&[][..], Node::items);
    let scaling = properties.get("ScalingConfig").unwrap_or(properties);
    Ok(Some(EventSource {
        function: function_named(resources, properties, "FunctionName")?,
        queue: queue.logical_id.clone(),
        batch_size: properties.number("BatchSize", 10)?.clamp(1, 10),
        reports_failures: types.iter().any(|kind| kind.as_text() == Some("ReportBatchItemFailures")),
        concurrency: scaling.number("MaximumConcurrency", BATCHES_AT_ONCE)?,
    }))
}

/// Logical id of the function that a property names: by name, by ARN, or by an ARN to invoke it.
pub(super) fn function_named(resources: &Resources, node: &Node, key: &str) -> Result<String, TemplateError> {
    let value = node.required(key)?;
    resources
        .functions
        .iter()
        .find(|function| {
            value == function.name
                || value == function.arn
                || value.contains(&format!("{}/invocations", function.arn))
        })
        .map(|function| function.logical_id.clone())
        .ok_or_else(|| TemplateError::new(node.line, format!("`{key}` names no function: `{value}`")))
}
