//! `notify_deploy_authors`, `notify_deployer` and `slack_personal_message`: a message to people, in person.

use super::{Done, rendering};
use crate::effect_error::Tried;
use crate::electorate::known_as;
use crate::handler::ActionExecution;
use crate::personal::Recipient;
use signoff_core::action::{Addressees, PersonalMessage};
use signoff_core::deploy::{Deploy, Person};
use signoff_rules::template::render;
use signoff_runtime::effects::Attempt;

impl ActionExecution {
    pub(super) async fn notify_deploy_authors(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        message: &str,
    ) -> Tried<Done> {
        let unknown = "Signoff knows no author of this deploy. The deploy's page says what was not read.";
        self.notify(attempt, deploy, &deploy.authors(), unknown, message).await
    }

    pub(super) async fn notify_deployer(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        message: &str,
    ) -> Tried<Done> {
        let unknown = "the registration doesn't say who deployed. Send `email` with it.";
        self.notify(attempt, deploy, &deployer(deploy), unknown, message).await
    }

    pub(super) async fn slack_personal_message(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        PersonalMessage { to, message }: &PersonalMessage,
    ) -> Tried<Done> {
        let people = match to {
            Addressees::Authors => return self.notify_deploy_authors(attempt, deploy, message).await,
            Addressees::Deployer => return self.notify_deployer(attempt, deploy, message).await,
            Addressees::People(people) => people,
        };
        let slack = self.outside.slack(self.now()).await?;
        let text = render(message, &self.slack_context(attempt, deploy, message).await?)
            .map_err(rendering("the message"))?;
        let mut recipients = Vec::new();
        for name in people {
            let account = if name.contains('@') {
                self.account(&slack, name.to_lowercase()).await?.map(|account| account.id)
            } else {
                Some(name.clone())
            };
            recipients.push(Recipient { name: name.clone(), account });
        }
        let report = self.tell_each(attempt, &slack, recipients, &text).await?;
        let summary = report.outcome("the rule names nobody.", &self.people_url())?;
        Ok(Done { summary, url: None })
    }

    /// Tells each of `people`; `unknown` says why there is nobody, and what to do.
    async fn notify(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        people: &[&Person],
        unknown: &str,
        message: &str,
    ) -> Tried<Done> {
        let slack = self.outside.slack(self.now()).await?;
        let mentions = self.mentions(&slack, deploy).await?;
        let context = self.context(attempt, deploy, &mentions, &[message]).await?;
        let text = render(message, &context).map_err(rendering("the message"))?;
        let recipients = people.iter().map(|person| Recipient {
            name: known_as(person),
            account: mentions.get(person).map(str::to_owned),
        });
        let report = self.tell_each(attempt, &slack, recipients.collect(), &text).await?;
        Ok(Done { summary: report.outcome(unknown, &self.people_url())?, url: None })
    }

    /// The address of the page that says which Slack account is whose.
    fn people_url(&self) -> String {
        format!("{}/people", self.public_url)
    }
}

/// Returns the deployer, if known. Where a maker of the change is the same person, returns the maker: the git
/// host tells more about makers.
fn deployer(deploy: &Deploy) -> Vec<&Person> {
    let deployer = deploy.deployer.as_ref();
    let known = |deployer| deploy.makers().into_iter().find(|maker| maker.is(deployer));
    deployer.map(|deployer| known(deployer).unwrap_or(deployer)).into_iter().collect()
}
