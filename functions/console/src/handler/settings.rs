//! Settings of a deployment, and how its deploys come to Signoff.

use super::{Call, Console, refusals};
use crate::address::parameters::parameter;
use crate::address::routes::ErrorFormat;
use crate::answer::Answer;
use crate::forms::settings::{Filled, SettingsForm};
use crate::html::{self, Standing};
use lambda_http::http::StatusCode;
use signoff_core::deploy::Slug;
use signoff_store::{CommitError, DeploymentSettings, Done, KeptRepository, SecretNumbers};

impl Console {
    /// The form: 2 reads.
    pub(super) async fn settings_form(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let deployment = call.deployment()?;
        let saved = self.saved(&deployment, call).await?;
        let form = self.form_of(&deployment, saved.as_ref());
        Ok(self.settings_page(StatusCode::OK, &deployment, saved.as_ref(), &form, call).await)
    }

    /// Saves the form: 3 reads and 1 write, and what [`Console::keep_number`] takes. Else the form again:
    /// with what is wrong, or with what somebody else saved meanwhile.
    pub(super) async fn save_settings(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let deployment = call.deployment()?;
        let saved = self.saved(&deployment, call).await?;
        let form = SettingsForm::read(&call.form);
        if form.version != saved.as_ref().map_or(0, |saved| saved.version) {
            return Ok(self.late(&deployment, saved.as_ref(), call).await);
        }
        let Some(filled) = form.filled() else {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(self.settings_page(status, &deployment, saved.as_ref(), &form, call).await);
        };
        let disconnected = saved.as_ref().and_then(|saved| saved.disconnected.clone());
        let secrets = saved.as_ref().map_or_else(SecretNumbers::default, |saved| saved.secrets);
        self.save(&deployment, saved.as_ref(), filled, disconnected, secrets, call).await
    }

    /// Disconnects a deployment: 2 reads and 1 write. Doing it again changes nothing.
    pub(super) async fn disconnect(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        self.switch(call, Some(Done { by: call.actor(), at: call.now })).await
    }

    /// Connects it again: 2 reads and 1 write. Doing it again changes nothing.
    pub(super) async fn connect(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        self.switch(call, None).await
    }

    /// Page with the instructions for reporting deploys to Signoff: 2 reads.
    pub(super) async fn setup(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let deployment = call.deployment()?;
        let connected = self.connections.of(&self.store, &deployment).await;
        let connected =
            connected.map_err(|error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None))?;
        let incoming = self.incoming(&deployment, &connected, call).await;
        let kept = match connected.connection() {
            Some(known) => self.kept(&deployment, &known.repository, call).await,
            None => None,
        };
        let page = html::setup(&deployment, &connected, &incoming, kept.as_ref(), &self.site, call.visitor());
        Ok(Answer::page(StatusCode::OK, page))
    }

    /// Takes the repository that has the name by now for the deployment's, as the form names both numbers: 2
    /// reads and 1 write. Where another one is kept or was noticed meanwhile, nothing changes, and the form
    /// shows that.
    pub(super) async fn connect_anew(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let deployment = call.deployment()?;
        let saved = self.saved(&deployment, call).await?;
        let (Filled { repository, .. }, _) = self.unchanged(&deployment, saved.as_ref())?;
        let kept = self.store.kept_repository(&deployment, &repository).await;
        let kept = kept.map_err(|error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None))?;
        let number = |name| parameter(&call.form, name).and_then(|text| text.parse().ok());
        let (was, now): (Option<u64>, Option<u64>) = (number("was"), number("now"));
        let meant = |kept: &KeptRepository| Some(kept.id) == was && now.is_some() && kept.noticed == now;
        if let Some(kept) = kept.filter(meant) {
            let done = Done { by: call.actor(), at: call.now };
            let by = done.by.id.clone();
            let written = self.store.connect_anew(&deployment, &repository, &kept, done).await;
            let is_done = written.map_err(|error| {
                tracing::error!(request_id = call.id, %deployment, %error, "the repository was not connected anew");
                refusals::not_recorded(call.id)
            })?;
            if is_done {
                tracing::info!(request_id = call.id, %deployment, by, repository, was, now, "repository connected anew");
            }
        }
        Ok(Answer::see_other(edit_href(&deployment)))
    }

    async fn switch(&self, call: &Call<'_>, disconnected: Option<Done>) -> Result<Answer, Answer> {
        let deployment = call.deployment()?;
        let saved = self.saved(&deployment, call).await?;
        let was = saved.as_ref().is_some_and(|saved| saved.disconnected.is_some());
        let (filled, _) = self.unchanged(&deployment, saved.as_ref())?;
        if was == disconnected.is_some() {
            return Ok(Answer::see_other(edit_href(&deployment)));
        }
        let secrets = saved.as_ref().map_or_else(SecretNumbers::default, |saved| saved.secrets);
        self.save(&deployment, saved.as_ref(), filled, disconnected, secrets, call).await
    }

    /// The settings as they are, saved or not, and who disconnected the deployment. `Err`: the answer where
    /// nothing is known of it.
    pub(super) fn unchanged(
        &self,
        deployment: &Slug,
        saved: Option<&DeploymentSettings>,
    ) -> Result<(Filled, Option<Done>), Answer> {
        if saved.is_none() && self.connections.of_parameter(deployment).is_none() {
            return Err(refusals::not_connected(deployment));
        }
        let filled = self.form_of(deployment, saved).filled();
        let filled = filled.ok_or_else(|| refusals::not_connected(deployment))?;
        Ok((filled, saved.and_then(|saved| saved.disconnected.clone())))
    }

    pub(super) async fn save(
        &self,
        deployment: &Slug,
        before: Option<&DeploymentSettings>,
        filled: Filled,
        disconnected: Option<Done>,
        secrets: SecretNumbers,
        call: &Call<'_>,
    ) -> Result<Answer, Answer> {
        let Filled { repository, channel, circleci_project, circleci_definition, git_host, ci } = filled;
        let next = DeploymentSettings {
            deployment: deployment.clone(),
            repository,
            channel,
            circleci_project,
            circleci_definition,
            git_host,
            disconnected,
            leads: false,
            secrets,
            ci,
            saved: Done { by: call.actor(), at: call.now },
            version: 0,
        };
        match self.store.save_deployment(before, next).await {
            Ok(saved) => {
                let DeploymentSettings { repository, channel, circleci_project, version, ci, .. } = &saved;
                let circleci_definition = &saved.circleci_definition;
                let ci: Vec<_> = ci.iter().map(ToString::to_string).collect();
                let SecretNumbers { incoming, outgoing, .. } = saved.secrets;
                let connected = saved.disconnected.is_none();
                let was = before.map(|before| before.repository.as_str());
                tracing::info!(
                    request_id = call.id,
                    %deployment,
                    version,
                    by = saved.saved.by.id,
                    was,
                    repository,
                    channel,
                    circleci_project,
                    circleci_definition,
                    ci = ci.join("; "),
                    connected,
                    incoming_secret = incoming,
                    signing_key = outgoing,
                    "settings saved"
                );
                self.keep_number(&saved, call).await;
                Ok(Answer::see_other(edit_href(deployment)))
            }
            Err(CommitError::Conflict) => {
                let saved = self.saved(deployment, call).await?;
                Ok(self.late(deployment, saved.as_ref(), call).await)
            }
            Err(CommitError::Store(error)) => {
                tracing::error!(request_id = call.id, %deployment, %error, "settings were not saved");
                Err(refusals::not_recorded(call.id))
            }
        }
    }

    pub(super) async fn saved(
        &self,
        deployment: &Slug,
        call: &Call<'_>,
    ) -> Result<Option<DeploymentSettings>, Answer> {
        let saved = self.store.deployment_settings(deployment).await;
        saved.map_err(|error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None))
    }

    fn form_of(&self, deployment: &Slug, saved: Option<&DeploymentSettings>) -> SettingsForm {
        saved.map(SettingsForm::saved).unwrap_or_else(|| {
            SettingsForm::unsaved(deployment, self.connections.of_parameter(deployment).as_ref())
        })
    }

    /// The form with what somebody else saved while it was open.
    pub(super) async fn late(
        &self,
        deployment: &Slug,
        saved: Option<&DeploymentSettings>,
        call: &Call<'_>,
    ) -> Answer {
        let form = self.form_of(deployment, saved);
        self.settings_page(StatusCode::CONFLICT, deployment, saved, &form, call).await
    }

    async fn settings_page(
        &self,
        status: StatusCode,
        deployment: &Slug,
        saved: Option<&DeploymentSettings>,
        form: &SettingsForm,
        call: &Call<'_>,
    ) -> Answer {
        let late = status == StatusCode::CONFLICT;
        let numbers = saved.map_or_else(SecretNumbers::default, |saved| saved.secrets);
        let keys = self.signing_keys(deployment, numbers, call).await;
        let parameter = self.connections.of_parameter(deployment);
        let known = saved.map(|saved| saved.repository.as_str());
        let known = known.or_else(|| parameter.as_ref().map(|known| known.repository.as_str()));
        let kept = match known {
            Some(repository) => self.kept(deployment, repository, call).await,
            None => None,
        };
        let in_parameter = parameter.is_some();
        let repository = known.unwrap_or_default();
        let standing = Standing { deployment, saved, repository, in_parameter, late, keys, kept };
        Answer::page(status, html::settings(&standing, form, call.visitor(), call.now))
    }
}

impl Console {
    /// The repository as GitHub confirmed it, where it did. A page goes without it where the record can't be
    /// read.
    async fn kept(&self, deployment: &Slug, repository: &str, call: &Call<'_>) -> Option<KeptRepository> {
        let kept = self.store.kept_repository(deployment, repository).await;
        kept.inspect_err(|error| tracing::warn!(request_id = call.id, %deployment, %error, "a repository's number is not shown"))
            .ok()
            .flatten()
    }
}

fn edit_href(deployment: &Slug) -> String {
    format!("/deployments/{deployment}/edit")
}
