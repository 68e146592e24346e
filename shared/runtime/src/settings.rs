//! Settings: what `template.yaml` puts into a function's environment.

use jiff::SignedDuration;
use signoff_core::deploy::Slug;
use std::collections::BTreeMap;
use thiserror::Error;

use crate::alarms::Alarms;
use crate::connections::Connections;
use crate::deployments::Deployments;

/// The settings of a function.
#[derive(Clone, Debug)]
pub struct Settings(BTreeMap<String, String>);

/// A setting that is missing or can't be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{name} {problem}. It is set under Environment of this function in template.yaml{hint}.")]
pub struct SettingError {
    /// The setting.
    pub name: String,
    /// Problem with it, to follow the setting's name.
    pub problem: String,
    /// Hint that tells where its value comes from.
    pub hint: String,
}

impl Settings {
    /// The settings in this process's environment.
    pub fn from_environment() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
        )
    }

    /// These settings, by name.
    pub fn new<const N: usize>(settings: [(&str, &str); N]) -> Self {
        Self(settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The setting `name`, where it is set and not empty.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// The setting `name`. Error: it is not set or empty.
    pub fn required(&self, name: &str) -> Result<&str, SettingError> {
        self.optional(name).ok_or_else(|| Self::error(name, "is not set"))
    }

    /// The address in the setting `name`, without a slash at the end. Error: it is not set or empty.
    pub fn url(&self, name: &str) -> Result<String, SettingError> {
        self.required(name).map(|url| url.trim_end_matches('/').to_owned())
    }

    /// The deployments of this stack: `DEPLOYMENTS`. Error: it is not set, or an entry can't be read.
    pub fn deployments(&self) -> Result<Deployments, SettingError> {
        let name = "DEPLOYMENTS";
        Deployments::parse(self.required(name)?).map_err(|error| Self::error(name, error.to_string()))
    }

    /// The deployments of this stack as functions ask for them. Error: as of [`Settings::deployments`].
    pub fn connections(&self) -> Result<Connections, SettingError> {
        self.deployments().map(Connections::new)
    }

    /// The alarms that say something of these deployments' health: `ALARMS`, which may be empty. Error: an
    /// entry can't be read, or is of a deployment that this stack does not know.
    pub fn alarms(&self) -> Result<Alarms, SettingError> {
        let name = "ALARMS";
        let alarms = Alarms::parse(self.optional(name).unwrap_or_default())
            .map_err(|error| Self::error(name, error.to_string()))?;
        let deployments = self.deployments()?;
        if let Some(slug) = alarms.deployments().find(|slug| deployments.connection(slug).is_none()) {
            let problem =
                format!("names {slug}, which is not connected to this stack (its parameter Deployments)");
            return Err(Self::error(name, problem));
        }
        Ok(alarms)
    }

    /// The repository with the stack's policy, `owner/name`: `POLICY_REPOSITORY`; `None`: no policy binds the
    /// stack.
    ///
    /// # Errors
    /// It is set and not `owner/name`.
    pub fn policy_repository(&self) -> Result<Option<String>, SettingError> {
        let name = "POLICY_REPOSITORY";
        let Some(repository) = self.optional(name).map(str::trim) else { return Ok(None) };
        let slug = repository.split_once('/').and_then(|(owner, name)| Slug::new(owner, name));
        slug.map(|slug| Some(slug.to_string())).ok_or_else(|| Self::error(name, "is not `owner/name`"))
    }

    /// Time for which the record is kept: `RETENTION_DAYS`, a whole number of days from 1 to 3650.
    pub fn retention(&self) -> Result<SignedDuration, SettingError> {
        let name = "RETENTION_DAYS";
        let days: i64 = self
            .required(name)?
            .parse()
            .ok()
            .filter(|days| (1..=3650).contains(days))
            .ok_or_else(|| Self::error(name, "must be a whole number of days from 1 to 3650"))?;
        Ok(SignedDuration::from_hours(24 * days))
    }

    /// An error about the setting `name`.
    pub fn error(name: &str, problem: impl Into<String>) -> SettingError {
        let hint = match name {
            "DEPLOYMENTS" => ", from the stack's parameter Deployments (`sam deploy --parameter-overrides`)",
            "RETENTION_DAYS" => {
                ", from the stack's parameter RetentionDays (`sam deploy --parameter-overrides`)"
            }
            "ALARMS" => ", from the stack's parameter Alarms (`sam deploy --parameter-overrides`)",
            "POLICY_REPOSITORY" => {
                ", from the stack's parameter PolicyRepository (`sam deploy --parameter-overrides`)"
            }
            "ADMINS" => ", from the stack's parameter Admins (`sam deploy --parameter-overrides`)",
            "EVENT_BUS" => ", from the stack's parameter EventBusName (`sam deploy --parameter-overrides`)",
            "AWS_REGION" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => " by Lambda itself",
            _ => "",
        };
        SettingError { name: name.to_owned(), problem: problem.into(), hint: hint.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_are_of_deployments_that_are_connected() {
        let alarms = |alarms| Settings::new([("DEPLOYMENTS", "acme/*"), ("ALARMS", alarms)]).alarms();
        assert_eq!(alarms("").unwrap(), Alarms::default());
        assert_eq!(alarms("5xx acme/web Production").unwrap().watching("5xx").len(), 1);
        let told = |text| alarms(text).unwrap_err().to_string();
        assert!(told("5xx shop/web Production").starts_with("ALARMS names shop/web, which is not connected"));
        assert!(told("5xx").starts_with("ALARMS has the entry `5xx`, which names no deployment"));
    }

    #[test]
    fn the_policy_repository_is_optional_and_named() {
        let read = |value| Settings::new([("POLICY_REPOSITORY", value)]).policy_repository();
        assert_eq!(Settings::new::<0>([]).policy_repository(), Ok(None));
        assert_eq!((read(""), read(" ")), (Ok(None), Ok(None)));
        assert_eq!(read(" acme/policy "), Ok(Some("acme/policy".to_owned())));
        for wrong in ["acme", "acme/..", "/policy", "acme/policy/x", "https://github.com/acme/policy"] {
            let told = read(wrong).unwrap_err().to_string();
            assert!(told.starts_with("POLICY_REPOSITORY is not `owner/name`"), "{told}");
        }
    }

    #[test]
    fn a_missing_setting_is_named_with_its_place() {
        let settings = Settings::new([("RECORD_TABLE", " "), ("RETENTION_DAYS", "0")]);
        let message = |error: Option<SettingError>| error.map(|error| error.to_string());
        assert_eq!(
            message(settings.required("RECORD_TABLE").err()).as_deref(),
            Some("RECORD_TABLE is not set. It is set under Environment of this function in template.yaml.")
        );
        assert_eq!(
            message(settings.retention().err()).as_deref(),
            Some(
                "RETENTION_DAYS must be a whole number of days from 1 to 3650. It is set under Environment of this \
                 function in template.yaml, from the stack's parameter RetentionDays (`sam deploy --parameter-overrides`)."
            )
        );
    }
}
