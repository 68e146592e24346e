//! People in the console.

use super::{SESSION, TRIES, Telling};
use crate::scenario::Taken;

/// The session of a person who is signed in to the console.
pub(super) struct Session {
    /// The cookie.
    cookie: String,
    /// Token that the session's forms carry.
    token: String,
}

impl Telling {
    pub(super) async fn sign_in(&mut self, person: &'static str) -> Result<(), String> {
        let id = self.person(person)?;
        let visitor = self.story.sign_in(&id).await;
        let cookie = visitor.cookie(SESSION).ok_or("the browser has no session")?;
        let session = Session { cookie, token: visitor.token().await };
        self.sessions.insert(person, session);
        Ok(())
    }

    /// Sends a person's vote from the page of the newest approval: again, until it is taken.
    pub(super) async fn vote_on_page(
        &mut self,
        person: &'static str,
        button: &'static str,
    ) -> Result<(), String> {
        let (_, approval) = self.asks().await?;
        let session = self.sessions.get(person).ok_or("nobody is signed in")?;
        let path = format!("/deploys/{}/approvals/{}", approval.deploy, approval.id);
        let subject = approval.subject.mark();
        let fields = [("what", button), ("subject", subject.as_str())];
        let visitor = self.story.visitor();
        visitor.set_cookie(SESSION, &session.cookie);
        let mut answers = Vec::new();
        for _ in 0..TRIES {
            let answer = visitor.post_with(&path, &fields, Some(&session.token)).await.status().as_u16();
            // One whose answer was lost is on record: sending it again changes nothing.
            if answer == 303 || (answer == 409 && !answers.is_empty()) {
                let (deploy, approval, person) = (approval.deploy, approval.id, self.person(person)?);
                self.taken.push(Taken { deploy, approval, person, button });
                return Ok(());
            }
            answers.push(answer);
        }
        Err(format!("the vote on the page was never taken: {answers:?}"))
    }
}
