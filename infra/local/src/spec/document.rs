//! Reading an OpenAPI document.

use super::path::Template;
use super::{BrokenSpec, Operation, Parameter, RequestBody, schema};
use jsonschema::Validator;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// An OpenAPI document whose schemas are JSON Schema.
pub struct Document {
    document: Value,
    components: Value,
}

impl Document {
    /// Takes an OpenAPI document.
    pub fn new(document: &Value) -> Self {
        let document = schema::as_json_schema(document);
        Self { components: document.get("components").cloned().unwrap_or_default(), document }
    }

    /// Returns the schema of errors that are not listed with their operation, if the document has one.
    ///
    /// # Errors
    /// The schema can't be used.
    pub fn error(&self) -> Result<Option<Validator>, BrokenSpec> {
        let error = self.components.pointer("/schemas/basic-error");
        error.map(|schema| self.validator(schema)).transpose().map_err(BrokenSpec)
    }

    /// Its operations.
    ///
    /// # Errors
    /// What about an operation cannot be used.
    pub fn operations(&self) -> Result<Vec<Operation>, BrokenSpec> {
        let mut operations = Vec::new();
        for (path, methods) in object(&self.document, "paths") {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let made = self.operation(path, method, operation);
                operations.push(made.map_err(|problem| BrokenSpec(format!("{method} {path}: {problem}")))?);
            }
        }
        Ok(operations)
    }

    fn operation(&self, path: &str, method: &str, operation: &Value) -> Result<Operation, String> {
        let id = operation.get("operationId").and_then(Value::as_str).ok_or("no operationId")?;
        let parameters: Vec<&Value> = operation
            .get("parameters")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|parameter| self.resolved(parameter))
            .collect();
        let spans = |name: &str| {
            let named = parameters.iter().find(|parameter| text(parameter, "name") == name);
            let flag = |key| named.and_then(|parameter| parameter.get(key)) == Some(&Value::Bool(true));
            flag("x-multi-segment") || flag("allowReserved")
        };
        let mut responses = BTreeMap::new();
        for (status, response) in object(operation, "responses") {
            let schema = self.resolved(response).pointer("/content/application~1json/schema");
            let validator = schema.map(|schema| self.validator(schema)).transpose()?;
            responses.insert(status.clone(), validator);
        }
        Ok(Operation {
            id: id.to_owned(),
            method: method.to_uppercase().parse().map_err(|_| "not a method")?,
            template: Template::new(path, spans),
            path_parameters: self.parameters(&parameters, "path")?,
            query_parameters: self.parameters(&parameters, "query")?,
            body: operation.get("requestBody").map(|body| self.request_body(body)).transpose()?,
            responses,
        })
    }

    fn parameters(&self, parameters: &[&Value], place: &str) -> Result<Vec<Parameter>, String> {
        let here = parameters.iter().filter(|parameter| text(parameter, "in") == place);
        here.map(|parameter| {
            let schema = parameter.get("schema").ok_or("a parameter without a schema")?;
            Ok(Parameter {
                name: text(parameter, "name").to_owned(),
                required: parameter.get("required") == Some(&Value::Bool(true)),
                validator: self.validator(schema)?,
            })
        })
        .collect()
    }

    fn request_body(&self, body: &Value) -> Result<RequestBody, String> {
        let schema = body.pointer("/content/application~1json/schema").ok_or("a body that is not JSON")?;
        Ok(RequestBody {
            required: body.get("required") == Some(&Value::Bool(true)),
            validator: self.validator(&closed(schema))?,
        })
    }

    fn validator(&self, schema: &Value) -> Result<Validator, String> {
        schema::validator(schema, &self.components)
    }

    fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        let target = value
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| self.document.pointer(reference.trim_start_matches('#')));
        target.unwrap_or(value)
    }
}

/// The documents list every property that a request may have, but leave its schema open; a property that is
/// not listed would be ignored by the real service, which is never what a client means. So the top level is
/// closed.
fn closed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(map) = &mut schema
        && map.contains_key("properties")
    {
        map.entry("additionalProperties").or_insert(Value::Bool(false));
    }
    schema
}

/// The entries of an object's field that is an object.
pub fn object<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    value.get(key).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
