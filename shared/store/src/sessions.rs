//! Sessions of people who are signed in to the console.
//!
//! The key of a row is the SHA-256 of the text in the browser's cookie, so that nobody signs in with what
//! stands in the table. The template lets the console alone read and write these rows.

use crate::error::{CommitError, StoreError};
use crate::row::{self, text};
use crate::unreadable::read_each;
use crate::{Store, keys};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A person's session in one browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// SHA-256 of the cookie's text, in hexadecimal digits.
    pub digest: String,
    /// The person's Slack user id.
    pub user: String,
    /// Their name in Slack.
    pub name: String,
    /// True if they are an admin of Signoff.
    pub is_admin: bool,
    /// The time at which they signed in.
    pub signed_in: Timestamp,
    /// The time at which Slack last said who they are.
    pub confirmed_at: Timestamp,
    /// The end of the session. DynamoDB deletes the row later, so that readers have to compare.
    pub expires_at: Timestamp,
}

impl Store {
    /// Puts a new session on record. Error: [`CommitError::Conflict`] where there is one with its digest.
    pub async fn begin_session(&self, session: &Session) -> Result<(), CommitError> {
        let begun = self.put_session(session, "attribute_not_exists(pk)", None).await?;
        if begun { Ok(()) } else { Err(CommitError::Conflict) }
    }

    /// The session with this digest, over or not. `None`: somebody ended it, or there never was one.
    pub async fn session(&self, digest: &str) -> Result<Option<Session>, StoreError> {
        self.get(&keys::session(digest)).await
    }

    /// Puts `session` in the place of the one that Slack had confirmed at `confirmed_before`. `false`:
    /// somebody ended that one, or another request has renewed it.
    pub async fn renew_session(
        &self,
        session: &Session,
        confirmed_before: Timestamp,
    ) -> Result<bool, StoreError> {
        let before = text(confirmed_before.to_string());
        self.put_session(session, "attribute_exists(pk) AND confirmed_at = :before", Some(before)).await
    }

    /// Ends the session with this digest, if there is one.
    pub async fn end_session(&self, digest: &str) -> Result<(), StoreError> {
        let request = self
            .dynamo
            .delete_item()
            .table_name(&self.places.record_table)
            .set_key(Some(row::key(&keys::session(digest))));
        request.send().await.map_err(|error| StoreError::service("DeleteItem", error))?;
        Ok(())
    }

    /// Ends all sessions of the person with this Slack user id, and says how many there were. One that begins
    /// meanwhile may stay.
    pub async fn end_sessions_of(&self, user: &str) -> Result<usize, StoreError> {
        let mut ended = 0;
        for row in self.session_rows(Some(user)).await? {
            if let Some(Ok(digest)) = row.get(keys::SK).map(AttributeValue::as_s) {
                self.end_session(digest).await?;
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// All sessions on record, the latest sign-in first; some of them may be over.
    pub async fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        self.sessions_of(None).await
    }

    /// The sessions of the person with this Slack user id, the latest sign-in first.
    pub async fn sessions_of_person(&self, user: &str) -> Result<Vec<Session>, StoreError> {
        self.sessions_of(Some(user)).await
    }

    async fn sessions_of(&self, user: Option<&str>) -> Result<Vec<Session>, StoreError> {
        let (mut sessions, _) = read_each::<Session>(self.session_rows(user).await?);
        sessions.sort_by(|a, b| b.signed_in.cmp(&a.signed_in).then_with(|| a.digest.cmp(&b.digest)));
        Ok(sessions)
    }

    /// The rows of all sessions, or of one person's.
    async fn session_rows(&self, user: Option<&str>) -> Result<Vec<row::Row>, StoreError> {
        let mut request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(keys::SESSIONS))
            .consistent_read(true);
        if let Some(user) = user {
            request = request
                .filter_expression("#user = :user")
                .expression_attribute_names("#user", "user")
                .expression_attribute_values(":user", text(user));
        }
        let pages = request.into_paginator().items().send();
        pages.collect::<Result<_, _>>().await.map_err(|error| StoreError::service("Query", error))
    }

    /// Puts `session` on record where `condition` is true; says whether it was.
    async fn put_session(
        &self,
        session: &Session,
        condition: &str,
        before: Option<AttributeValue>,
    ) -> Result<bool, StoreError> {
        let at = keys::session(&session.digest);
        let row = row::write(&at, session, session.expires_at, SignedDuration::ZERO)?;
        let request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(row))
            .condition_expression(condition)
            .set_expression_attribute_values(before.map(|before| [(":before".to_owned(), before)].into()));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }
}
