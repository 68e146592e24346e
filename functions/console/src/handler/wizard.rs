//! The wizard that writes a rules file. It changes nothing: whoever puts the file into the repository does.

use super::{Call, Console, refusals};
use crate::address::parameters::parameter;
use crate::address::place::Tab;
use crate::address::routes::ErrorFormat;
use crate::answer::Answer;
use crate::html::wizard as pages;
use crate::wizard::{Form, LONGEST_SHOWN, MOST_CHANNELS, MOST_ENVIRONMENTS, Step, TooLong, offered, preview};
use lambda_http::http::StatusCode;
use signoff_core::deploy::{Deploy, Slug};
use signoff_core::message::Message;
use signoff_providers::Failure;
use signoff_providers::github::RepositoryFile;
use signoff_providers::github::first_file::RULES;
use signoff_rules::Problem;
use signoff_rules::write::{FieldProblem, NotMerged, Workflow, file, merged};
use signoff_runtime::connections::Connected;
use signoff_runtime::deployments::Connection;
use signoff_store::{DeploySummary, GitHost};
use std::cmp::Reverse;
use std::sync::Arc;

impl Console {
    /// A step of the wizard: 1 GetItem for the deployment; for the form 1 query of the record, and another
    /// one for the dialog in it.
    pub(super) async fn wizard(&self, call: &Call<'_>, form: &Form) -> Result<Answer, Answer> {
        let (deployment, connection) = self.connection(call).await?;
        let too_long = Form::too_long(&call.form);
        if too_long.is_some_and(|form| form.length > LONGEST_SHOWN) {
            return Err(refusals::too_long_for_wizard());
        }
        match form.step {
            Step::Introduction => {
                Ok(Answer::page(StatusCode::OK, pages::introduction(&deployment, form, call.visitor())))
            }
            Step::Export if too_long.is_none() => match form.draft.workflow() {
                Ok(workflow) => self.export(call, &deployment, &connection, form, &workflow).await,
                Err(problems) => self.form(call, &deployment, form, &problems, None).await,
            },
            Step::Export | Step::Workflow => self.form(call, &deployment, form, &[], too_long).await,
        }
    }

    /// The dialog alone, for the script: 1 GetItem and 2 queries.
    pub(super) async fn wizard_preview(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let (deployment, _) = self.connection(call).await?;
        let form = Form::read(&call.form);
        let deploys = self.newest_deploys(call, &deployment).await?;
        let dialog = self.dialog(call, &deployment, &form, &deploys).await?;
        Ok(Answer::page(StatusCode::OK, pages::preview(&dialog)))
    }

    /// The channels whose names have the text `q` in them, for the script: 1 GetItem.
    pub(super) async fn wizard_channels(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        self.connection(call).await?;
        let wanted = parameter(call.query, "q").unwrap_or_default();
        let channels = self.channels(call).await.unwrap_or_default();
        Ok(Answer::page(StatusCode::OK, pages::channel_list(&named(&channels, &wanted))))
    }

    /// Connection of the deployment: 1 GetItem.
    async fn connection(&self, call: &Call<'_>) -> Result<(Slug, Connection), Answer> {
        let slug = call.deployment()?;
        let connected = self.connections.of(&self.store, &slug).await;
        let connected =
            connected.map_err(|error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None))?;
        match connected {
            Connected::Yes(connection) => Ok((slug, connection)),
            Connected::No(done) => Err(refusals::disconnected(&slug, &done)),
            Connected::Unknown => Err(refusals::no_deployment(call.face())),
        }
    }

    async fn form(
        &self,
        call: &Call<'_>,
        deployment: &Slug,
        form: &Form,
        problems: &[FieldProblem],
        too_long: Option<TooLong>,
    ) -> Result<Answer, Answer> {
        let deploys = self.newest_deploys(call, deployment).await?;
        let mut newest: Vec<&DeploySummary> = deploys.iter().collect();
        newest.sort_unstable_by_key(|deploy| Reverse(&deploy.listed_at));
        let newest = newest.into_iter().map(|deploy| deploy.environment.as_str());
        let mut environments = offered(newest, MOST_ENVIRONMENTS);
        environments.sort_unstable();
        let mut form = form.clone();
        // The first time, one of those that there are.
        if problems.is_empty() && form.draft.environment.is_empty() {
            form.draft.environment = environments.first().copied().unwrap_or_default().to_owned();
        }
        let dialog = match too_long {
            None => Some(self.dialog(call, deployment, &form, &deploys).await?),
            Some(_) => None,
        };
        let channels = self.channels(call).await;
        let channels = channels.as_ref().map(|channels| named(channels, ""));
        let page = pages::FormPage {
            deployment,
            form: &form,
            environments: &environments,
            channels: channels.as_deref(),
            problems,
            too_long,
            dialog: dialog.as_ref(),
        };
        let sound = problems.is_empty() && too_long.is_none();
        let status = if sound { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        Ok(Answer::page(status, page.draw(call.visitor())))
    }

    /// The newest deploy of each environment: 1 query.
    async fn newest_deploys(&self, call: &Call<'_>, deployment: &Slug) -> Result<Vec<DeploySummary>, Answer> {
        let deployment = self.store.deployment(deployment).await;
        let deployment =
            deployment.map_err(|error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None))?;
        let environments = deployment.map(|deployment| deployment.environments).unwrap_or_default();
        Ok(environments.into_iter().map(|environment| environment.newest).collect())
    }

    /// The dialog for the newest deploy of the form's environment, or for a sample where there is none.
    async fn dialog(
        &self,
        call: &Call<'_>,
        deployment: &Slug,
        form: &Form,
        deploys: &[DeploySummary],
    ) -> Result<Result<Message, Vec<FieldProblem>>, Answer> {
        let workflow = match preview::workflow(&form.draft) {
            Ok(workflow) => workflow,
            Err(problems) => return Ok(Err(problems)),
        };
        let deploy = self.deploy_in(call, deployment, &workflow.environment, deploys).await?;
        let url = format!("{}?tab={}", self.site.deploy_url(&deploy.id), Tab::Approvals.name());
        Ok(preview::dialog(&workflow, &deploy, &url, call.now))
    }

    async fn deploy_in(
        &self,
        call: &Call<'_>,
        deployment: &Slug,
        environment: &str,
        deploys: &[DeploySummary],
    ) -> Result<Deploy, Answer> {
        let here = |deploy: &&DeploySummary| deploy.environment.to_lowercase() == environment.to_lowercase();
        match deploys.iter().find(here) {
            Some(found) => Ok(self.page_of(&found.id, call).await?.deploy),
            None => Ok(preview::sample(deployment, environment, call.now)),
        }
    }

    /// The names of the channels; `None`: Slack can't be asked now.
    async fn channels(&self, call: &Call<'_>) -> Option<Arc<[String]>> {
        let asked = async {
            let token = self.members.bot_token(call.now).await;
            let token = token.map_err(|error| Failure::retryable(error.to_string()))?;
            self.outside.channels(token, call.now).await
        };
        let warn = |failure: &Failure| {
            tracing::warn!(request_id = call.id, failure = failure.logged(), "the wizard offers no channels");
        };
        asked.await.inspect_err(warn).ok()
    }

    async fn export(
        &self,
        call: &Call<'_>,
        deployment: &Slug,
        connection: &Connection,
        form: &Form,
        workflow: &Workflow,
    ) -> Result<Answer, Answer> {
        let repository = connection.repository.as_str();
        let alone = |path: &str, workflow: &Workflow| {
            file(workflow, path).map_err(|problems| {
                let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
                tracing::error!(request_id = call.id, problems = ?told, "the wizard's file can't be read back");
                refusals::not_written(call.id)
            })
        };
        let host = form.host.unwrap_or(connection.git_host);
        let existing = match host {
            GitHost::Github => self.outside.rules_file(repository, call.now).await,
            GitHost::Gitlab | GitHost::Bitbucket => Ok(None),
        };
        let existing = existing.inspect_err(|failure| {
            tracing::warn!(
                request_id = call.id,
                repository,
                failure = failure.logged(),
                "the wizard can't look for a rules file"
            );
        });
        let export = match existing {
            Ok(None) => pages::Export::new(RULES[0], alone(RULES[0], workflow)?, pages::Existing::None),
            Err(_) => pages::Export::new(RULES[0], alone(RULES[0], workflow)?, pages::Existing::Unknown),
            Ok(Some(RepositoryFile { path, text })) => match merged(&text, path, workflow) {
                Ok(merged) => pages::Export::merged(path, merged),
                Err(NotMerged::ByHand(rule)) => {
                    let workflow = Workflow { rule, ..workflow.clone() };
                    pages::Export::new(path, alone(path, &workflow)?, pages::Existing::ByHand)
                }
                Err(NotMerged::Unreadable(problems)) => {
                    let text = alone(path, workflow)?;
                    pages::Export::new(path, text, pages::Existing::Unreadable(problems))
                }
            },
        };
        let misused = self.misused_secrets(call, deployment, &export).await?;
        let export = export.with_misused(misused);
        if form.download {
            return Ok(Answer::file("application/yaml", "rules.yml", export.text));
        }
        let page = pages::ExportPage {
            deployment,
            repository,
            host,
            form,
            export: &export,
            github_api: self.outside.github_url(),
        };
        Ok(Answer::page(StatusCode::OK, page.draw(call.visitor())))
    }

    /// The problems of `export` that come from the header secrets which it names, as far as the record knows
    /// the stack's: 1 GetItem for a file that names one.
    async fn misused_secrets(
        &self,
        call: &Call<'_>,
        deployment: &Slug,
        export: &pages::Export,
    ) -> Result<Vec<Problem>, Answer> {
        let file = signoff_rules::parse(&export.text, export.path).ok();
        let Some(file) = file.filter(|file| !file.header_secrets.is_empty()) else { return Ok(Vec::new()) };
        let known = self.store.header_secrets().await;
        let known = known.map_err(|error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None))?;
        Ok(known.map(|known| file.misused_secrets(&known, deployment)).unwrap_or_default())
    }
}

/// The channels that are offered of those that have `wanted` in their names.
fn named<'a>(channels: &'a [String], wanted: &str) -> Vec<&'a str> {
    let wanted = wanted.trim_start_matches('#').to_lowercase();
    offered(channels.iter().map(String::as_str).filter(|name| name.contains(&wanted)), MOST_CHANNELS)
}
