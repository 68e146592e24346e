//! Somebody reacted to a message of a deploy, or took it back: rules may ask for that.

use crate::answer::{done, text};
use crate::handler::{Call, SlackInteraction};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use signoff_core::approval::{Dialog, Standing};
use signoff_core::facts::{Command, Reaction};
use signoff_core::id::DeployId;
use signoff_core::run::Run;
use signoff_providers::slack::parse::ClickUser;
use signoff_runtime::facts::record_fact;
use signoff_store::{CommitError, StoreError};

/// Outcome of recording a reaction.
enum Recorded {
    /// It is on record.
    Yes,
    /// Slack did not say who it is.
    NotKnown,
    /// The person is not a member, so that their reaction does not count.
    NotCounted,
    /// The message is none of a deploy, or the dialog of a proposal.
    NotOurs,
}

impl SlackInteraction {
    /// `reaction`, whose name is not known yet, came to a message of the workspace `team_id`. It counts where
    /// it is a member's; one that is taken back is so whoever they are by now.
    pub(crate) async fn reacted(
        &self,
        call: &Call<'_>,
        team_id: String,
        reaction: Reaction,
    ) -> Response<Body> {
        let request_id = call.request_id;
        let again = || text(StatusCode::SERVICE_UNAVAILABLE, "Not recorded. Send it again.");
        match self.record(call, team_id, reaction).await {
            Ok(Recorded::NotKnown) => again(),
            Ok(Recorded::Yes | Recorded::NotCounted | Recorded::NotOurs) => done(),
            Err(error) => {
                tracing::error!(request_id, %error, "a reaction was not recorded");
                again()
            }
        }
    }

    async fn record(
        &self,
        call: &Call<'_>,
        team_id: String,
        mut reaction: Reaction,
    ) -> Result<Recorded, CommitError> {
        let Some(deploy) = self.deploy_of(&reaction.message).await? else { return Ok(Recorded::NotOurs) };
        if reaction.is_there {
            let (id, name) = (reaction.user.clone(), reaction.user.clone());
            let person = self.person(call, &ClickUser { id, name, team_id }).await;
            match person.standing {
                Some(Standing::Member) => reaction.name = person.name,
                Some(_) => return Ok(Recorded::NotCounted),
                None => return Ok(Recorded::NotKnown),
            }
        }
        record_fact(&self.store, &deploy, &Command::React(reaction), call.now, call.request_id).await?;
        Ok(Recorded::Yes)
    }

    /// The deploy that a message is about. A dialog that only a proposed rules file or policy opened says
    /// what its author wrote: a reaction to it must not open a rule in force.
    async fn deploy_of(&self, message: &Dialog) -> Result<Option<DeployId>, StoreError> {
        let Some(place) = self.store.approval_at(message).await? else {
            return self.store.deploy_at(message).await;
        };
        let Some(approval) = self.store.approval(&place.deploy, &place.approval).await? else {
            return Ok(None);
        };
        let run = self.store.run(&place.deploy, &approval.run).await?;
        Ok(run.filter(Run::is_in_force).map(|_| place.deploy))
    }
}
