//! Personal messages: to each of several people, once, and what became of it for whom.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use serde_json::Value;
use signoff_core::approval::Standing;
use signoff_core::effect::EffectKind;
use signoff_providers::Failure;
use signoff_providers::slack::client::Slack;
use signoff_runtime::effects::Attempt;
use std::collections::BTreeSet;

/// Most people that one step writes to: Slack takes about 50 calls a minute of the methods that it needs for
/// each.
const MOST: usize = 30;
/// Most of the people reached that a summary names.
const NAMED: usize = 5;

/// Somebody to be told.
#[derive(Clone, Debug)]
pub(crate) struct Recipient {
    /// Name until Slack gives another one.
    pub(crate) name: String,
    /// Their Slack user id, if they have one.
    pub(crate) account: Option<String>,
}

/// The people who were told, by name, and those who were not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    told: Vec<String>,
    not_found: Vec<String>,
    bots: Vec<String>,
    deactivated: Vec<String>,
    strangers: Vec<String>,
    unreachable: Vec<String>,
    too_many: Vec<String>,
}

impl ActionExecution {
    /// Posts `text` to each of `recipients` in their direct message with the app, which carries the effect's
    /// id: where an earlier attempt may have reached some of them, looks there first.
    pub(crate) async fn tell_each(
        &self,
        attempt: &Attempt,
        slack: &Slack,
        recipients: Vec<Recipient>,
        text: &str,
    ) -> Tried<Report> {
        // An attempt that failed at one person has told those before them, and so has a failed step that
        // somebody retries.
        let may_stand = attempt.lost
            || attempt.effect.attempts > 1
            || matches!(attempt.effect.kind, EffectKind::RetryStep { .. });
        let attempt = Attempt { lost: may_stand, ..attempt.clone() };
        let key = attempt.effect.id.as_str();
        let (mut report, mut seen) = (Report::default(), BTreeSet::new());
        for Recipient { name, account } in recipients {
            let Some(account) = account else {
                report.not_found.push(name);
                continue;
            };
            if !seen.insert(account.clone()) {
                continue;
            }
            if report.told.len() == MOST {
                report.too_many.push(name);
                continue;
            }
            let Some(profile) = slack.user(&account).await? else {
                report.not_found.push(name);
                continue;
            };
            let skipped = match profile.standing() {
                Standing::Bot => Some(&mut report.bots),
                Standing::Deactivated => Some(&mut report.deactivated),
                Standing::Stranger => Some(&mut report.strangers),
                Standing::Member | Standing::Guest => None,
            };
            if let Some(skipped) = skipped {
                skipped.push(profile.name);
                continue;
            }
            let Some(direct) = slack.open_direct(&account).await? else {
                report.unreachable.push(profile.name);
                continue;
            };
            self.post_once(&attempt, &direct, None, text, &Value::Null, key).await?;
            report.told.push(profile.name);
        }
        Ok(report)
    }
}

impl Report {
    /// Returns the report in words. `unknown` says why there is nobody to tell, and what to do about it;
    /// `people_url` is the address of the page People.
    ///
    /// # Errors
    ///
    /// Nobody was told: the reason names everybody, and says what to do.
    pub(crate) fn outcome(&self, unknown: &str, people_url: &str) -> Result<String, Failure> {
        let summary = self.summary(unknown);
        if !self.told.is_empty() {
            return Ok(summary);
        }
        let is_elsewhere = ![&self.bots, &self.deactivated, &self.strangers].into_iter().all(Vec::is_empty);
        let advice = [
            (!self.not_found.is_empty()).then(|| {
                format!(
                    "Link whoever was not found to their Slack account at {people_url}, or correct the name in the rule."
                )
            }),
            (!self.unreachable.is_empty()).then(|| {
                "Have whoever is out of reach open the app in Slack once, or use slack_channel_message and invite the app \
                 to that channel: /invite @Signoff."
                    .to_owned()
            }),
            is_elsewhere.then(|| "Have the rule tell a member of this workspace.".to_owned()),
        ];
        let sentences: Vec<String> = std::iter::once(summary).chain(advice.into_iter().flatten()).collect();
        Err(Failure::Permanent(sentences.join(" ")))
    }

    /// Returns the report in words; `unknown` says why there is nobody to tell.
    fn summary(&self, unknown: &str) -> String {
        let too_many = format!("not told: Signoff writes to {MOST} people at most");
        let (was_too_many, were_too_many) = (format!("was {too_many}"), format!("were {too_many}"));
        let left_out = [
            (&self.not_found, "was not found in Slack", "were not found in Slack"),
            (&self.bots, "is a bot", "are bots"),
            (&self.deactivated, "has a deactivated account", "have deactivated accounts"),
            (&self.strangers, "is of another workspace", "are of other workspaces"),
            (&self.unreachable, "is out of the app's reach in Slack", "are out of the app's reach in Slack"),
            (&self.too_many, &was_too_many, &were_too_many),
        ];
        let mut not_told: Vec<String> = left_out
            .into_iter()
            .filter(|(names, ..)| !names.is_empty())
            .map(|(names, is, are)| {
                let rest = if names.len() == 1 { is } else { are };
                format!("{} {rest}.", listed(names, usize::MAX))
            })
            .collect();
        let told = match (self.told.is_empty(), not_told.is_empty()) {
            (true, true) => return format!("nobody could be told: {unknown}"),
            (true, false) => "nobody could be told:".to_owned(),
            (false, true | false) => format!("told {}.", listed(&self.told, NAMED)),
        };
        not_told.insert(0, told);
        not_told.join(" ")
    }
}

/// Names as a part of a sentence: the first `most` of them, and how many more there are.
fn listed(names: &[String], most: usize) -> String {
    let mut shown: Vec<String> = names.iter().take(most).map(|name| one_line(name)).collect();
    if names.len() > most {
        shown.push(format!("{} more", names.len() - most));
    }
    match shown.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// A name without line breaks: a git host takes any.
fn one_line(name: &str) -> String {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() { "somebody".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn who_was_told_and_who_was_not_is_named() {
        let all = ["Ana", "Ben", "Cleo", "Dan", "Eva", "Fay", "Gus"];
        let one = names(&["Zoe\nHart"]);
        let two = names(&["Yan", ""]);
        let told = |people: &[&str]| Report { told: names(people), ..Report::default() };
        let of = |people: &[String]| Report {
            told: names(&["Ana"]),
            not_found: people.to_vec(),
            bots: people.to_vec(),
            deactivated: people.to_vec(),
            strangers: people.to_vec(),
            unreachable: people.to_vec(),
            too_many: people.to_vec(),
        };
        let nobody = Report { not_found: one.clone(), ..Report::default() };
        let reports =
            [told(&all[..1]), told(&all[..3]), told(&all), of(&one), of(&two), nobody, Report::default()];
        let texts = reports.map(|report| report.summary("its authors are not known."));
        insta::assert_snapshot!(texts.join("\n"), @"
        told Ana.
        told Ana, Ben and Cleo.
        told Ana, Ben, Cleo, Dan, Eva and 2 more.
        told Ana. Zoe Hart was not found in Slack. Zoe Hart is a bot. Zoe Hart has a deactivated account. Zoe Hart is of another workspace. Zoe Hart is out of the app's reach in Slack. Zoe Hart was not told: Signoff writes to 30 people at most.
        told Ana. Yan and somebody were not found in Slack. Yan and somebody are bots. Yan and somebody have deactivated accounts. Yan and somebody are of other workspaces. Yan and somebody are out of the app's reach in Slack. Yan and somebody were not told: Signoff writes to 30 people at most.
        nobody could be told: Zoe Hart was not found in Slack.
        nobody could be told: its authors are not known.
        ");
    }

    #[test]
    fn telling_nobody_is_a_failure_with_advice() {
        let people = names(&["Zoe"]);
        let nobody = |of: fn(&mut Report) -> &mut Vec<String>| {
            let mut report = Report::default();
            of(&mut report).clone_from(&people);
            report
        };
        let some = Report { told: names(&["Ana"]), not_found: people.clone(), ..Report::default() };
        assert!(some.outcome("", "").is_ok());
        let reports = [
            nobody(|report| &mut report.not_found),
            nobody(|report| &mut report.unreachable),
            nobody(|report| &mut report.deactivated),
            Report::default(),
        ];
        let unknown = "the registration doesn't say who deployed. Send `email` with it.";
        let texts = reports.map(|report| {
            report
                .outcome(unknown, "https://signoff.test/people")
                .map_or_else(|failure| failure.to_string(), |_| String::new())
        });
        insta::assert_snapshot!(texts.join("\n"), @"
        nobody could be told: Zoe was not found in Slack. Link whoever was not found to their Slack account at https://signoff.test/people, or correct the name in the rule.
        nobody could be told: Zoe is out of the app's reach in Slack. Have whoever is out of reach open the app in Slack once, or use slack_channel_message and invite the app to that channel: /invite @Signoff.
        nobody could be told: Zoe has a deactivated account. Have the rule tell a member of this workspace.
        nobody could be told: the registration doesn't say who deployed. Send `email` with it.
        ");
    }
}
