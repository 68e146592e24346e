//! The list of people: whose a git account or an e-mail address is.

mod import;

use super::{Call, Console, refusals};
use crate::address::parameters::{parameter, query};
use crate::address::routes::ErrorFormat;
use crate::answer::Answer;
use crate::forms::people::{Filled, PersonForm, Said, is_user_id};
use crate::forms::people_file;
use crate::html::{self, PeoplePage, Shown};
use lambda_http::http::StatusCode;
use signoff_core::approval::Standing;
use signoff_core::id::DeployId;
use signoff_core::people::{By, Claim, Entry, Handle, Refusal};
use signoff_providers::Failure;
use signoff_providers::slack::Slack;
use signoff_store::{Change, CommitError, People};

/// The page's address.
const PAGE: &str = "/settings/people";

impl Console {
    /// The list, and the form of one entry: 1 query, or up to 3 of a very long list.
    pub(super) async fn people(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let people = self.people_on_record(call).await?;
        let edited = parameter(call.query, "handle").and_then(|handle| Handle::parse(&handle));
        let shown = match edited {
            Some(handle) => {
                let known = people.entries.iter().find(|entry| entry.handle == handle).cloned();
                let entry = known.unwrap_or_else(|| Entry::new(handle));
                Shown::Form(PersonForm::of(&entry))
            }
            None => {
                let imported = parameter(call.query, "imported").and_then(|changed| changed.parse().ok());
                imported.map_or(Shown::List, Shown::Imported)
            }
        };
        Ok(people_page(StatusCode::OK, &people, &shown, call))
    }

    /// The list as a file: 1 query, or up to 3 of a very long list.
    pub(super) async fn people_csv(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let people = self.people_on_record(call).await?;
        let text = people_file::write(&people.entries)
            .map_err(|error| refusals::unwritable(&error, call.face(), call.id))?;
        Ok(Answer::file("text/csv; charset=utf-8", "signoff-people.csv", text))
    }

    /// Saves whose an account is: 1 read and 1 transaction. Else the form again, with what is wrong.
    pub(super) async fn save_person(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let form = PersonForm::read(&call.form);
        let filled = match form.clone().filled() {
            Ok(filled) => filled,
            Err(form) => return self.form_again(StatusCode::UNPROCESSABLE_ENTITY, *form, call).await,
        };
        let Filled { handle, name, said } = filled;
        let claim = match said {
            Said::NobodyHere { kind, reason } => Claim::NobodyHere { kind, reason },
            Said::Member(typed) => {
                let slack = self.people_slack(call).await?;
                let member = member(&slack, &typed).await;
                match member.map_err(|failure| refusals::slack_silent(&failure, call.id))? {
                    Ok(claim) => claim,
                    Err(problem) => {
                        let mut form = form;
                        form.member.problem = Some(problem);
                        return self.form_again(StatusCode::UNPROCESSABLE_ENTITY, form, call).await;
                    }
                }
            }
        };
        let entry = self.entry(&handle, call).await?;
        if form.version != entry.version && !(form.version == 0 && entry.is_removed()) {
            return self.changed(&entry, call).await;
        }
        match entry.say(&name, claim, self.by(call)?) {
            Some(next) => self.commit_person(next, "said", call).await,
            None => Ok(found(&handle)),
        }
    }

    /// Confirms what another admin said: 1 read and 1 transaction.
    pub(super) async fn confirm_person(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let (entry, version) = self.sent(call).await?;
        match entry.confirm_as_admin(version, self.by(call)?) {
            Ok(next) => self.commit_person(next, "confirmed", call).await,
            Err(Refusal::Outdated) => self.changed(&entry, call).await,
            Err(
                refusal @ (Refusal::OwnWord | Refusal::OwnAccount | Refusal::NotYours | Refusal::OfAnother),
            ) => Err(refusals::not_confirmed(refusal)),
        }
    }

    /// Takes an account from the list, or has another admin asked to: 1 read and 1 transaction.
    pub(super) async fn remove_person(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let (entry, version) = self.sent(call).await?;
        if version != entry.version {
            return self.changed(&entry, call).await;
        }
        match entry.say(&entry.name, Claim::Removed, self.by(call)?) {
            Some(next) => self.commit_person(next, "removed", call).await,
            None => Ok(found(&entry.handle)),
        }
    }

    async fn commit_person(&self, next: Entry, did: &str, call: &Call<'_>) -> Result<Answer, Answer> {
        let handle = next.handle.clone();
        let change = Change::to(&DeployId::people(), call.now).person(next);
        match self.store.commit(change).await {
            Ok(()) => {
                tracing::info!(request_id = call.id, %handle, did, by = call.actor().id, "the list of people changed");
                Ok(found(&handle))
            }
            Err(CommitError::Conflict) => {
                let entry = self.entry(&handle, call).await?;
                self.changed(&entry, call).await
            }
            Err(CommitError::Store(error)) => {
                tracing::error!(request_id = call.id, %handle, %error, "the list of people was not changed");
                Err(refusals::not_recorded(call.id))
            }
        }
    }

    /// The entry and the version that a form of one button sends.
    async fn sent(&self, call: &Call<'_>) -> Result<(Entry, u64), Answer> {
        let handle = parameter(&call.form, "handle").and_then(|handle| Handle::parse(&handle));
        let handle = handle.ok_or_else(|| refusals::bad_form("handle"))?;
        let version = parameter(&call.form, "version").and_then(|version| version.parse().ok());
        let version = version.ok_or_else(|| refusals::bad_form("version"))?;
        Ok((self.entry(&handle, call).await?, version))
    }

    /// The form of an entry that somebody else changed while it was open.
    async fn changed(&self, entry: &Entry, call: &Call<'_>) -> Result<Answer, Answer> {
        let people = self.people_on_record(call).await?;
        let shown = Shown::Late(PersonForm::of(entry));
        Ok(people_page(StatusCode::CONFLICT, &people, &shown, call))
    }

    async fn form_again(
        &self,
        status: StatusCode,
        form: PersonForm,
        call: &Call<'_>,
    ) -> Result<Answer, Answer> {
        let people = self.people_on_record(call).await?;
        Ok(people_page(status, &people, &Shown::Form(form), call))
    }

    async fn people_on_record(&self, call: &Call<'_>) -> Result<People, Answer> {
        let people = self.store.people().await;
        people.map_err(|error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None))
    }

    async fn entry(&self, handle: &Handle, call: &Call<'_>) -> Result<Entry, Answer> {
        let entry = self.store.person(handle).await;
        entry.map_err(|error| refusals::unreadable(&error, ErrorFormat::Page, call.id, None))
    }

    /// The admin who asks, as they are put on record.
    fn by(&self, call: &Call<'_>) -> Result<By, Answer> {
        let member = call.member()?;
        Ok(By { id: member.id.clone(), name: member.name.clone(), at: call.now })
    }

    /// Slack, as a client that asks who people are.
    async fn people_slack(&self, call: &Call<'_>) -> Result<Slack, Answer> {
        let app = self.members.app(call.now).await;
        let app = app.map_err(|error| refusals::no_secret(&error, call.id))?;
        let app = app.ok_or_else(refusals::session_over)?;
        let slack = self.members.slack(&app).await;
        slack.map_err(|failure| refusals::slack_silent(&failure, call.id))
    }
}

/// The member with this Slack user id or e-mail address, as a claim. The inner error says why there is none.
async fn member(slack: &Slack, typed: &str) -> Result<Result<Claim, String>, Failure> {
    let id = if is_user_id(typed) {
        Some(typed.to_owned())
    } else {
        slack.user_by_email(&typed.to_lowercase()).await?.map(|profile| profile.id)
    };
    let profile = match id {
        Some(id) => slack.user(&id).await?,
        None => None,
    };
    let Some(profile) = profile else {
        return Ok(Err("Slack has no member with this id or address. Check their profile.".to_owned()));
    };
    Ok(match profile.standing() {
        Standing::Member | Standing::Guest => Ok(Claim::Member { id: profile.id, name: profile.name }),
        Standing::Deactivated => Err(
            "This member\u{2019}s account is deactivated. Say that the account belongs to nobody here: left."
                .to_owned(),
        ),
        Standing::Stranger => {
            Err("This person is in another workspace. Choose “nobody here: outside”.".to_owned())
        }
        Standing::Bot => {
            Err("This is a program. Say that the account belongs to nobody here: bot or assistant."
                .to_owned())
        }
    })
}

/// Redirect to the entry in the list.
fn found(handle: &Handle) -> Answer {
    Answer::see_other(format!("{PAGE}?{}", query(&[("q", &handle.to_string())])))
}

fn people_page(status: StatusCode, people: &People, shown: &Shown, call: &Call<'_>) -> Answer {
    let wanted = parameter(call.query, "q").unwrap_or_default();
    let part = parameter(call.query, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
    let page = PeoplePage { people, wanted: wanted.trim(), part, shown };
    Answer::page(status, html::people(&page, call.visitor(), call.now))
}
