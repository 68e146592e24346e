//! The calls to Linear's GraphQL API.

use super::failure::classify;
use super::field::{self, Change};
use super::{parse, wire};
use crate::failure::{Failure, Repeat, quote};
use crate::http::{MAX_ANSWER, secret_header, send, url};
use crate::issue::{Comment, Moved, listed};
use reqwest::Client;
use reqwest::header::AUTHORIZATION;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use signoff_core::issue::Issue;

/// A client with one key. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Linear {
    http: Client,
    url: String,
    key: SecretString,
}

impl Linear {
    /// A client for the API at `url` (`https://api.linear.app/graphql`), with an API key.
    pub fn new(http: Client, url: impl Into<String>, key: SecretString) -> Self {
        Self { http, url: url.into(), key }
    }

    /// Those of the issues `keys` that there are, in their order. A key that no issue has is left out, and so
    /// is one that the key's owner may not see. <https://linear.app/developers/filtering>
    ///
    /// # Errors
    ///
    /// Linear can't be asked, or does not list all labels of an issue.
    pub async fn issues(&self, keys: &[String]) -> Result<Vec<Issue>, Failure> {
        let variables = json!({"filter": parse::filter(keys), "first": keys.len()});
        let found: wire::Issues =
            self.ask("looking up issues", wire::ISSUES, &variables, Repeat::Harmless).await?;
        let cut = found.issues.nodes.iter().find(|issue| issue.labels.page_info.has_next_page);
        if let Some(issue) = cut {
            let key = quote(&issue.identifier);
            return Err(Failure::Permanent(format!("Linear lists only the first 100 labels of {key}")));
        }
        let mut issues: Vec<Issue> = found.issues.nodes.into_iter().map(parse::issue).collect();
        issues.sort_by_key(|issue| keys.iter().position(|key| *key == issue.key).unwrap_or(keys.len()));
        Ok(issues)
    }

    /// Writes a comment on an issue, unless it stands there. Its id follows from its key, so that Linear
    /// takes no second one.
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if it may have been written: then the same again writes it once.
    pub async fn comment(&self, issue: &str, comment: &Comment<'_>) -> Result<(), Failure> {
        let id = comment_id(issue, comment.key);
        let variables = json!({"issue": issue, "comment": id});
        let doing = format!("reading {issue}");
        let found: wire::Commented = self.ask(&doing, wire::COMMENT, &variables, Repeat::Harmless).await?;
        if !found.comments.nodes.is_empty() {
            return Ok(());
        }
        let doing = format!("commenting on {issue}");
        let body = format!("{}\n\n[Signoff]({})", comment.text.trim(), comment.page);
        let variables = json!({"input": {"id": id, "issueId": found.issue.id, "body": body}});
        let created: wire::CommentCreated =
            self.ask(&doing, wire::CREATE_COMMENT, &variables, Repeat::MayDouble).await?;
        done(&doing, &created.comment_create)
    }

    /// Brings an issue into the state of its team that has this name, in any case. One that is in it stays as
    /// it is.
    ///
    /// # Errors
    ///
    /// [`Failure::Refusal`] if the team has no such state; the message says which it has.
    pub async fn transition(&self, issue: &str, state: &str) -> Result<Moved, Failure> {
        let doing = format!("reading {issue}");
        let found: wire::States =
            self.ask(&doing, wire::STATES, &json!({"issue": issue}), Repeat::Harmless).await?;
        let wire::Standing { id, state: current, team } = found.issue;
        let is_meant = |name: &str| name.trim().eq_ignore_ascii_case(state.trim());
        if is_meant(&current.name) {
            return Ok(Moved { state: current.name, already: true });
        }
        let Some(to) = team.states.nodes.iter().find(|known| is_meant(&known.name)) else {
            let states = listed(team.states.nodes.iter().map(|known| known.name.as_str()));
            return Err(Failure::Refusal(format!(
                "{issue}'s team has no state `{}`, only {states}",
                quote(state)
            )));
        };
        self.update(&format!("moving {issue} to {}", to.name), &id, json!({"stateId": to.id})).await?;
        Ok(Moved { state: to.name.clone(), already: false })
    }

    /// Sets the field `name` of an issue to what `value` means there: title, priority, estimate or due date;
    /// a label is added. To repeat it changes nothing.
    ///
    /// # Errors
    ///
    /// [`Failure::Refusal`] if it is none of these, or does not take the value; the message says what it
    /// takes.
    pub async fn set_field(&self, issue: &str, name: &str, value: &str) -> Result<(), Failure> {
        let refused = |reason: String| Failure::Refusal(format!("{issue} was not changed: {reason}"));
        let input = match field::change(name, value).map_err(refused)? {
            Change::Set(input) => input,
            Change::AddLabel(label) => {
                let variables = json!({"issue": issue, "label": label});
                let doing = format!("reading {issue}");
                let found: wire::Labels =
                    self.ask(&doing, wire::LABELS, &variables, Repeat::Harmless).await?;
                let team = found.issue.team.id;
                let mut labels = found.issue_labels.nodes.into_iter();
                let usable = |label: &wire::Label| label.team.as_ref().is_none_or(|of| of.id == team);
                let found = labels.find(usable).ok_or_else(|| {
                    refused(format!("its team has no label `{}`; make it in Linear first", quote(&label)))
                })?;
                json!({"addedLabelIds": [found.id]})
            }
        };
        self.update(&format!("setting {} of {issue}", quote(name)), issue, input).await
    }

    async fn update(&self, doing: &str, issue: &str, input: Value) -> Result<(), Failure> {
        let variables = json!({"issue": issue, "input": input});
        let updated: wire::Updated = self.ask(doing, wire::UPDATE, &variables, Repeat::Harmless).await?;
        done(doing, &updated.issue_update)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        doing: &str,
        query: &'static str,
        variables: &Value,
        repeat: Repeat,
    ) -> Result<T, Failure> {
        let key = secret_header("Linear key in the stack's secret", "", &self.key)?;
        let request = self.http.post(url(&self.url, [])?).header(AUTHORIZATION, key);
        let request = request.json(&wire::Request { query, variables });
        let answer = send("Linear", doing, request, repeat, MAX_ANSWER).await?;
        if !answer.status.is_success() {
            return Err(classify(doing, &answer, repeat));
        }
        let response: wire::Response<Value> = answer.json("Linear", doing, repeat)?;
        let Some(data) = response.data.filter(|_| response.errors.is_empty()) else {
            return Err(classify(doing, &answer, repeat));
        };
        serde_json::from_value(data).map_err(|error| {
            Failure::Permanent(format!("Linear answered {doing}, but not what its schema describes: {error}"))
        })
    }
}

/// Linear may say that it did not, and not why.
fn done(doing: &str, answer: &wire::Success) -> Result<(), Failure> {
    if answer.success { Ok(()) } else { Err(Failure::Refusal(format!("Linear declined {doing}"))) }
}

/// The id of the comment with this key on this issue: a UUID in version 4's format, which Linear asks for.
fn comment_id(issue: &str, key: &str) -> String {
    let hash = hex::encode(Sha256::digest(format!("{issue} {key}")));
    format!("{}-{}-4{}-a{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}

#[cfg(test)]
mod tests;
