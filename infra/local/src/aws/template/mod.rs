//! `template.yaml` as typed resources: the local stack has no second description of what runs on AWS.
//!
//! [`Template::parse`] reads the text, [`Template::resolve`] fills in parameters, conditions and what
//! resources are called on this machine. What the template may contain is what [`resources`] knows; what is
//! left out knowingly stands in [`resources::IGNORED`].

mod functions;
pub mod policies;
mod resolve;
pub mod resources;
pub mod rules;
mod yaml;

use std::collections::BTreeMap;

pub use resources::Resources;

/// Reason why a template can't run here; the text names the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", if *line == 0 { String::new() } else { format!("line {line}: ") })]
pub struct TemplateError {
    /// 1-based line of the template; 0 if no one line is at fault.
    pub line: usize,
    /// Description of the mistake, and of what would be right.
    pub message: String,
}

impl TemplateError {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// Values of a template's pseudo parameters and of the addresses that AWS would assign.
#[derive(Debug, Clone)]
pub struct Place {
    /// `AWS::StackName`, the prefix of every generated name.
    pub stack: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`.
    pub account: String,
    /// Base address of all AWS services; queue URLs start with it.
    pub endpoint_url: String,
    /// Address of the HTTP API; takes the place of `https://{api}.execute-api.{region}.amazonaws.com`.
    pub api_url: String,
}

/// A template as written: intrinsic functions not yet resolved.
#[derive(Debug, Clone)]
pub struct Template {
    root: yaml::Node,
}

impl Template {
    /// Reads a template's text.
    ///
    /// # Errors
    /// What is not YAML, or has no `Resources`.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let root = yaml::parse(text)?;
        if root.get("Resources").is_none_or(|resources| resources.entries().is_empty()) {
            return Err(TemplateError::new(root.line, "the template has no `Resources`"));
        }
        Ok(Self { root })
    }

    /// The resources with all values filled in.
    ///
    /// `parameters` override the template's defaults.
    ///
    /// # Errors
    /// A parameter without a value or that the template does not know, a reference to nothing, an intrinsic
    /// function, a resource type or a property that the local stack can't run.
    pub fn resolve(
        &self,
        place: &Place,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Resources, TemplateError> {
        let resolver = resolve::Resolver::new(&self.root, place, parameters)?;
        resources::read(&resolver)
    }

    /// True if the template declares a parameter of this name.
    #[must_use]
    pub fn has_parameter(&self, name: &str) -> bool {
        self.root.at(&["Parameters", name]).is_some()
    }
}

#[cfg(test)]
mod tests;
