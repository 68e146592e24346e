//! The calls to Jira Cloud's REST API v3.

use super::failure::classify;
use super::field::{self, Change};
use super::{document, parse, wire};
use crate::failure::{Failure, Repeat, quote};
use crate::http::{Answer, MAX_ANSWER, secret_header, send, url};
use crate::issue::{Comment, Moved, listed};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use signoff_core::issue::Issue;

/// Fields of an issue that are read.
const FIELDS: [&str; 4] = ["summary", "priority", "labels", "issuetype"];
/// Number of an issue's newest comments that are searched for one of ours, which is seconds old.
const COMMENTS: &str = "100";

/// A client with one account. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Jira {
    http: Client,
    base: String,
    email: SecretString,
    token: SecretString,
}

impl Jira {
    /// A client for the site at `base` (`https://acme.atlassian.net`), with the e-mail address and API token
    /// of an account.
    pub fn new(http: Client, base: impl Into<String>, email: SecretString, token: SecretString) -> Self {
        Self { http, base: base.into(), email, token }
    }

    /// Those of the issues `keys` that there are, in their order; at most 100 keys.
    /// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-bulkfetch-post>
    ///
    /// A key that no issue has is left out, and so is one that the account may not see. (A search by JQL
    /// refuses such a key.)
    ///
    /// # Errors
    ///
    /// Jira can't be asked, or could not read some of them now.
    pub async fn issues(&self, keys: &[String]) -> Result<Vec<Issue>, Failure> {
        let doing = "looking up issues";
        let request = self.request(Method::POST, &["issue", "bulkfetch"])?;
        let request = request.json(&wire::BulkFetch { issue_ids_or_keys: keys, fields: &FIELDS });
        let answer = self.send(doing, request, Repeat::Harmless).await?;
        let fetched: wire::Fetched = answer.json("Jira", doing, Repeat::Harmless)?;
        if let Some(error) = fetched.issue_errors.first() {
            let said = quote(&error.to_string());
            return Err(Failure::retryable(format!(
                "Jira could not read some issues while {doing} ({said})"
            )));
        }
        let mut issues: Vec<Issue> =
            fetched.issues.into_iter().map(|issue| parse::issue(&self.base, issue)).collect();
        // One that was moved to another project has another key now, and comes last.
        issues.sort_by_key(|issue| keys.iter().position(|key| *key == issue.key).unwrap_or(keys.len()));
        Ok(issues)
    }

    /// Writes a comment on an issue, unless it may stand there and does.
    /// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-comments/>
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if it may have been written: then the same again, with [`Comment::may_stand`],
    /// writes it once.
    pub async fn comment(&self, issue: &str, comment: &Comment<'_>) -> Result<(), Failure> {
        let path = ["issue", issue, "comment"];
        if comment.may_stand {
            let doing = format!("reading the comments of {issue}");
            let request = self.request(Method::GET, &path)?;
            let request = request.query(&[("orderBy", "-created"), ("maxResults", COMMENTS)]);
            let answer = self.send(&doing, request, Repeat::Harmless).await?;
            let found: wire::Comments = answer.json("Jira", &doing, Repeat::Harmless)?;
            if found.comments.iter().any(|found| document::has_key(&found.body, comment.key)) {
                return Ok(());
            }
        }
        let doing = format!("commenting on {issue}");
        let request = self.request(Method::POST, &path)?.json(&json!({"body": document::comment(comment)}));
        self.send(&doing, request, Repeat::MayDouble).await.map(drop)
    }

    /// Brings an issue into `state`: by the transition that leads there, else by the one of this name; upper
    /// and lower case are the same. `resolution` is set with it. An issue that is in this state stays as it
    /// is. `lost`: whether an earlier attempt may have moved it.
    /// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-transitions-post>
    ///
    /// # Errors
    ///
    /// [`Failure::Refusal`] if no transition leads there (the message says which there are), or it takes no
    /// resolution.
    pub async fn transition(
        &self,
        issue: &str,
        state: &str,
        resolution: Option<&str>,
        lost: bool,
    ) -> Result<Moved, Failure> {
        let standing = self.standing(issue, "transitions").await?;
        let is_meant = |name: &str| name.trim().eq_ignore_ascii_case(state.trim());
        let current = standing.fields.status.name;
        if is_meant(&current) {
            return Ok(Moved { state: current, already: true });
        }
        let ways = &standing.transitions;
        let way = ways.iter().find(|way| is_meant(&way.to.name));
        let Some(way) = way.or_else(|| ways.iter().find(|way| is_meant(&way.name))) else {
            let there = listed(ways.iter().map(|way| way.to.name.as_str()));
            let (state, current) = (quote(state), quote(&current));
            if lost {
                return Err(Failure::Unanswered(format!(
                    "{issue} is {current} now, and whether we moved it there by `{state}` is not known"
                )));
            }
            let there = if there.is_empty() { "nothing".to_owned() } else { format!("only to {there}") };
            return Err(Failure::Refusal(format!("{issue} can't go from {current} to `{state}`, {there}")));
        };
        let doing = format!("moving {issue} to {}", way.to.name);
        let mut body = json!({"transition": {"id": way.id}});
        if let (Some(resolution), Value::Object(body)) = (resolution, &mut body) {
            body.insert("fields".to_owned(), json!({"resolution": {"name": resolution}}));
        }
        let request = self.request(Method::POST, &["issue", issue, "transitions"])?.json(&body);
        // The state tells whether it was moved.
        self.send(&doing, request, Repeat::MayDouble).await?;
        Ok(Moved { state: way.to.name.clone(), already: false })
    }

    /// Sets the field `name` (its name or its id) of an issue to what `value` means there; to a list, it is
    /// added. To repeat it changes nothing.
    /// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-put>
    ///
    /// # Errors
    ///
    /// [`Failure::Refusal`] if it has no such field, or the field does not take the value; the message says
    /// what it takes.
    pub async fn set_field(&self, issue: &str, name: &str, value: &str) -> Result<(), Failure> {
        let meta = self.standing(issue, "editmeta").await?.editmeta.unwrap_or_default();
        let refused = |reason: String| Failure::Refusal(format!("{issue} was not changed: {reason}"));
        let (id, field) = field::find(&meta, name).map_err(refused)?;
        let (part, value) = match field::change(field, value).map_err(refused)? {
            Change::Set(value) => ("fields", value),
            Change::Add(value) => ("update", json!([{"add": value}])),
        };
        let doing = format!("setting {} of {issue}", quote(&field.name));
        let body: Map<String, Value> = [(part.to_owned(), json!({ id: value }))].into_iter().collect();
        let request = self.request(Method::PUT, &["issue", issue])?.json(&body);
        self.send(&doing, request, Repeat::Harmless).await.map(drop)
    }

    /// The state of an issue, and what may be done with it.
    async fn standing(&self, issue: &str, expand: &str) -> Result<wire::Standing, Failure> {
        let doing = format!("reading {issue}");
        let request = self.request(Method::GET, &["issue", issue])?;
        let request = request.query(&[("fields", "status"), ("expand", expand)]);
        self.send(&doing, request, Repeat::Harmless).await?.json("Jira", &doing, Repeat::Harmless)
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Failure> {
        secret_header("e-mail address for Jira in the stack's secret", "", &self.email)?;
        secret_header("Jira token in the stack's secret", "", &self.token)?;
        let url = url(&self.base, ["rest", "api", "3"].iter().chain(path).copied())?;
        let (email, token) = (self.email.expose_secret().trim(), self.token.expose_secret().trim());
        Ok(self.http.request(method, url).basic_auth(email, Some(token)))
    }

    async fn send(&self, doing: &str, request: RequestBuilder, repeat: Repeat) -> Result<Answer, Failure> {
        let answer = send("Jira", doing, request, repeat, MAX_ANSWER).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(classify(doing, &answer, repeat)) }
    }
}

#[cfg(test)]
mod tests;
