//! CloudWatch alarms that report a deployment's health: the setting `ALARMS`.
//!
//! Entries separated by commas: `ALARM OWNER/NAME ENVIRONMENT [ailing|unhealthy]`. A `*` at the end of an
//! alarm's name stands for whatever comes there; names and environments may have spaces. An alarm may stand
//! in several entries: it reports for each.

use signoff_core::deploy::Slug;
use signoff_core::facts::Health;
use thiserror::Error;

/// The alarms of a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alarms(Vec<Watch>);

/// An alarm, and what it means that it goes off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The alarm's name, or what it begins with.
    name: String,
    is_prefix: bool,
    /// The deployment that it watches.
    pub deployment: Slug,
    /// The environment that it watches.
    pub environment: String,
    /// Health of the newest deploy there while the alarm goes off.
    pub severity: Health,
}

/// An entry that can't be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "has the entry `{entry}`, which {problem}; an entry is `alarm-name owner/name Environment`, then optionally `ailing` or `unhealthy`"
)]
pub struct AlarmsError {
    entry: String,
    problem: &'static str,
}

impl Alarms {
    /// Reads the setting.
    pub fn parse(text: &str) -> Result<Self, AlarmsError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(Watch::parse).collect::<Result<_, _>>().map(Self)
    }

    /// Entries for the alarm called `name`, one for each environment. An entry with the exact name comes
    /// before one with a prefix, and a longer prefix before a shorter one.
    pub fn watching(&self, name: &str) -> Vec<&Watch> {
        let mut watching: Vec<&Watch> = self.0.iter().filter(|watch| watch.is_of(name)).collect();
        watching.sort_by_key(|watch| (watch.is_prefix, std::cmp::Reverse(watch.name.len())));
        let mut found: Vec<&Watch> = Vec::new();
        for watch in watching {
            if !found.iter().any(|known| known.place() == watch.place()) {
                found.push(watch);
            }
        }
        found
    }

    /// The deployments that alarms watch.
    pub fn deployments(&self) -> impl Iterator<Item = &Slug> {
        self.0.iter().map(|watch| &watch.deployment)
    }
}

impl Watch {
    fn parse(text: &str) -> Result<Self, AlarmsError> {
        let error = |problem| AlarmsError { entry: text.to_owned(), problem };
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let severity = match words.last().map(|word| word.to_ascii_lowercase()).as_deref() {
            Some("ailing") => Some(Health::Ailing),
            Some("unhealthy") => Some(Health::Unhealthy),
            Some("healthy") => return Err(error("says that an alarm means `healthy`")),
            _ => None,
        };
        if severity.is_some() {
            words.pop();
        }
        let slug = |word: &str| word.split_once('/').and_then(|(owner, name)| Slug::new(owner, name));
        // The last one: an alarm's name may look like a deployment.
        let at = words.iter().rposition(|word| slug(word).is_some());
        let at = at.ok_or_else(|| error("names no deployment (`owner/name`)"))?;
        let (name, environment) = (words[..at].join(" "), words[at + 1..].join(" "));
        let deployment = slug(words[at]).ok_or_else(|| error("names no deployment (`owner/name`)"))?;
        if name.is_empty() {
            return Err(error("names no alarm before the deployment"));
        }
        if environment.is_empty() {
            return Err(error("names no environment after the deployment"));
        }
        let prefix = name.strip_suffix('*');
        if prefix.unwrap_or(&name).contains('*') {
            return Err(error("has a `*` elsewhere than at the end of the alarm's name"));
        }
        Ok(Self {
            is_prefix: prefix.is_some(),
            name: prefix.unwrap_or(&name).to_owned(),
            deployment,
            environment,
            severity: severity.unwrap_or(Health::Unhealthy),
        })
    }

    fn is_of(&self, alarm: &str) -> bool {
        if self.is_prefix { alarm.starts_with(&self.name) } else { alarm == self.name }
    }

    fn place(&self) -> (&Slug, String) {
        (&self.deployment, self.environment.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(setting: &str, alarm: &str) -> Vec<String> {
        let alarms = Alarms::parse(setting).unwrap();
        let shown = |watch: &Watch| format!("{} {} {}", watch.deployment, watch.environment, watch.severity);
        alarms.watching(alarm).into_iter().map(shown).collect()
    }

    #[test]
    fn an_alarm_watches_what_its_entries_say() {
        let setting = "checkout-* acme/checkout Production ailing, checkout-5xx acme/checkout production, \
                       checkout-5xx acme/web Staging EU Unhealthy, Latency of a/b is high acme/web Production";
        for (alarm, expected) in [
            ("checkout-5xx", &["acme/checkout production Unhealthy", "acme/web Staging EU Unhealthy"][..]),
            ("checkout-latency", &["acme/checkout Production Ailing"]),
            ("Latency of a/b is high", &["acme/web Production Unhealthy"]),
            ("web-5xx", &[]),
            ("Checkout-5xx", &[]),
        ] {
            assert_eq!(watched(setting, alarm), expected, "{alarm}");
        }
        assert_eq!(watched("* acme/web Production", "anything"), ["acme/web Production Unhealthy"]);
        assert_eq!(watched("", "anything"), [""; 0]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (setting, problem) in [
            ("checkout-5xx", "names no deployment (`owner/name`)"),
            ("checkout-5xx Production", "names no deployment (`owner/name`)"),
            ("acme/checkout Production", "names no alarm before the deployment"),
            ("checkout-5xx acme/checkout", "names no environment after the deployment"),
            ("checkout-5xx acme/checkout ailing", "names no environment after the deployment"),
            ("checkout-5xx acme/checkout Production healthy", "says that an alarm means `healthy`"),
            ("*-5xx acme/checkout Production", "has a `*` elsewhere than at the end of the alarm's name"),
        ] {
            let error = Alarms::parse(setting).unwrap_err();
            assert_eq!(error.problem, problem, "{setting}");
        }
    }
}
