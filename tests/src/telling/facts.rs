//! Facts that others tell of a deploy: monitoring, alarms, people who react, trackers.

use super::Telling;
use crate::scenario::{Fact, Learned};
use jiff::SignedDuration;
use serde_json::json;
use signoff_core::effect::EffectKind;
use signoff_core::facts::{ALARM, API, Health, Report};
use signoff_local::jira::NewIssue;
use signoff_store::Change;

impl Telling {
    /// Returns the key of the issue that the commits of this telling mention; no other telling has it.
    pub(crate) fn issue(&self) -> String {
        let own = self.story.name.trim_start_matches(self.scenario.name);
        // A key's project is of capital letters, digits and `_`, ten at most.
        format!("SW{}-1", own.to_uppercase().replace('-', "_"))
    }

    pub(super) async fn deploy_of_issue(&mut self, environment: &str) -> Result<(), String> {
        let issue = self.issue();
        self.story.world.jira.add_issue(NewIssue::new(&issue, "Take cards"));
        let revision = self.story.push("Ana", &format!("Take cards ({issue})"));
        self.deploy(&revision, environment).await
    }

    pub(super) async fn deploy_of_earlier(&mut self, environment: &str) -> Result<(), String> {
        let revision = self.story.push("Ana", "Take cards");
        let earlier = signoff_runtime::time::now() - SignedDuration::from_hours(2);
        let body = json!({
            "sha": revision, "environment": environment, "branch": "main", "ignore_if_duplicate": true,
            "date": earlier.to_string(),
        });
        self.register(environment, &body).await
    }

    pub(super) async fn report(&mut self, health: Health) -> Result<(), String> {
        let deploy = self.deploys.last().cloned().ok_or("nothing was deployed")?;
        let known = self.story.page(&deploy).await.deploy;
        let body = json!({"health": health.to_string(), "environment": known.environment});
        self.post(&format!("{}/health", known.revision), &body).await?;
        self.learned.push(Learned { deploy, fact: Fact::Health(API.to_owned(), health) });
        Ok(())
    }

    /// Commits a report as an effect that the clock finds.
    pub(super) async fn queue_report(&mut self, health: Health) -> Result<(), String> {
        let deploy = self.deploys.last().cloned().ok_or("nothing was deployed")?;
        let then = signoff_runtime::time::now() - SignedDuration::from_mins(3);
        let effect = EffectKind::RecordHealth { source: API.to_owned(), report: Report { health, at: then } };
        let change = Change::to(&deploy, then).and("queued report", vec![effect], Vec::new());
        self.story.world.silent_store.commit(change).await.map_err(|error| error.to_string())?;
        self.learned.push(Learned { deploy, fact: Fact::Health(API.to_owned(), health) });
        Ok(())
    }

    pub(super) async fn watch_by_alarm(&self, environment: &str) -> Result<(), String> {
        let name = &self.story.name;
        let alarms = format!("{name} acme/{name} {environment}");
        self.stack.set_variable("AlarmFunction", "ALARMS", &alarms).await.map_err(|error| error.to_string())
    }

    /// Has the alarm go off. EventBridge keeps its event, and Lambda hands it over again where the function
    /// fails.
    pub(super) fn alarm(&mut self) -> Result<(), String> {
        let deploy = self.deploys.last().cloned().ok_or("nothing was deployed")?;
        let name = &self.story.name;
        let at = signoff_runtime::time::now().strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string();
        let state = json!({"value": "ALARM", "reason": "Threshold Crossed", "timestamp": at});
        let detail = json!({"alarmName": name, "state": state, "configuration": {"metrics": []}});
        self.stack.emit("aws.cloudwatch", "CloudWatch Alarm State Change", detail);
        let source = format!("{ALARM}{name}");
        self.learned.push(Learned { deploy, fact: Fact::Health(source, Health::Unhealthy) });
        Ok(())
    }

    pub(super) async fn applaud(&mut self, person: &str) -> Result<(), String> {
        let deploy = self.deploys.last().cloned().ok_or("nothing was deployed")?;
        let (dialog, person) = (self.dialog().await?, self.person(person)?);
        let slack = &self.story.world.slack;
        let told = slack.react(&person, (&dialog.channel, &dialog.ts), "+1", true).await;
        self.tell_again(&told.map_err(|missing| missing.to_string())?).await?;
        self.learned.push(Learned { deploy, fact: Fact::Applause(person) });
        Ok(())
    }
}
