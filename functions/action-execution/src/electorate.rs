//! Voters and mentioned people: from e-mail addresses and usergroups to Slack user ids.

use crate::accounts::Purpose;
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::people::{Found, FoundMember, Known, Makers};
use signoff_core::action::ApprovalSpec;
use signoff_core::approval::{Electorate, Quota, Standing, Tally};
use signoff_core::deploy::{Deploy, Person};
use signoff_core::range::Identity;
use signoff_providers::Failure;
use signoff_providers::slack::client::Slack;
use signoff_rules::template::{Mentions, is_mentioning};

/// Most people of a deploy that are looked up.
const MAX_LOOKUPS: usize = 300;

impl ActionExecution {
    /// The Slack accounts of everybody whose own change `deploy` is. Who has none is not in it.
    pub(crate) async fn mentions(&self, slack: &Slack, deploy: &Deploy) -> Tried<Mentions> {
        Ok(self.makers(slack, deploy).await?.mentions())
    }

    /// The same for `template`, and nobody where it mentions no author: Slack takes 50 lookups a minute of a
    /// whole stack.
    pub(crate) async fn mentions_in(
        &self,
        slack: &Slack,
        deploy: &Deploy,
        template: &str,
    ) -> Tried<Mentions> {
        if !is_mentioning(template) {
            return Ok(Mentions::default());
        }
        Ok(self.found_for(slack, looked_up(deploy), Purpose::Mentioning).await?.mentions())
    }

    /// The Slack user ids of `authors`, for whom the host vouches. An entry of the list of people counts here
    /// only where somebody else than who made it confirmed it.
    pub(crate) async fn authors(&self, slack: &Slack, authors: &[Identity]) -> Tried<Vec<String>> {
        let found = self.members_of(slack, authors).await?;
        let counts = |found: &Found, member: &FoundMember| {
            found.known == Known::Member && (!member.by_list || found.unconfirmed_by.is_empty())
        };
        let ids = found.iter().flat_map(|found| {
            let members = found.members.iter().filter(move |member| counts(found, member));
            members.map(|member| member.id.clone())
        });
        Ok(ids.collect())
    }

    /// Everybody whose own change `deploy` is, as the list of people and Slack know them.
    pub(crate) async fn makers(&self, slack: &Slack, deploy: &Deploy) -> Tried<Makers> {
        self.found(slack, looked_up(deploy)).await
    }

    /// The people behind `approvers`, as rules name them. One that Slack does not have stops nobody else.
    ///
    /// Slack takes 50 lookups a minute, and a list may have more addresses. What a look that failed found out
    /// is known to its next attempt, which goes on from there; [`ActionExecution::forget_approvers`] ends
    /// that.
    ///
    /// # Errors
    ///
    /// Slack can't be asked now.
    pub(crate) async fn resolve(&self, slack: &Slack, approvers: &[String]) -> Result<Resolved, Failure> {
        let mut resolved = Resolved::default();
        for approver in approvers {
            let found = if is_user_id(approver) {
                self.is_there(slack, approver).await?.then(|| vec![approver.clone()])
            } else if is_address(approver) {
                let address = approver.to_lowercase();
                self.account_of(&self.approvers, slack, address).await?.map(|account| vec![account.id])
            } else {
                let members = slack.usergroup_members(approver).await?;
                resolved.groups.extend(members.is_some().then(|| approver.clone()));
                members
            };
            match found {
                Some(people) => resolved.people.extend(people),
                None => resolved.missing.push(approver.clone()),
            }
        }
        Ok(resolved)
    }

    /// True if the account with the Slack user id `user` exists and is active: people who left can't vote.
    async fn is_there(&self, slack: &Slack, user: &str) -> Result<bool, Failure> {
        let Some(profile) = slack.user(user).await? else { return Ok(false) };
        self.names.note(&profile.id, &profile.name);
        Ok(profile.standing() != Standing::Deactivated)
    }

    /// Has the next look at the voters that `spec` names ask Slack for each of them again: this one is
    /// complete.
    pub(crate) async fn forget_approvers(&self, spec: &ApprovalSpec) {
        let quotas = spec.quotas.iter().flat_map(|quota| &quota.from);
        let lifters = spec.freeze.iter().flat_map(|window| &window.break_glass);
        self.forget(spec.approvers.iter().flatten().chain(quotas).chain(lifters).chain(&spec.break_glass))
            .await;
    }

    /// The same for those whom `named` names.
    pub(crate) async fn forget<'n>(&self, named: impl IntoIterator<Item = &'n String>) {
        let mut known = self.approvers.lock().await;
        for name in named {
            known.remove(&name.to_lowercase());
        }
    }

    /// Returns the voters of an approval with `spec`, whoever made the change; there may be none. `authors`:
    /// the Slack user ids of the authors for whom the host vouches.
    pub(crate) async fn electorate(
        &self,
        slack: &Slack,
        spec: &ApprovalSpec,
        authors: Vec<String>,
    ) -> Result<Electorate, Failure> {
        let (mut quotas, mut missing, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for quota in &spec.quotas {
            let resolved = self.resolve(slack, &quota.from).await?;
            missing.extend(resolved.missing);
            groups.extend(resolved.groups);
            let people = each_once(resolved.people);
            quotas.push(Quota { from: quota.from.join(", "), people, votes: quota.votes });
        }
        let (who, people) = match (&spec.approvers, spec.authors_only) {
            // The rules language takes either these or the approvers of quotas.
            (None, _) if !quotas.is_empty() => {
                let people = quotas.iter().flat_map(|quota| quota.people.iter().cloned()).collect();
                ("the approvers of this rule".to_owned(), Some(people))
            }
            (None, false) => (Electorate::anyone().who, None),
            (None, true) => ("the authors of this deploy".to_owned(), Some(authors)),
            (Some(approvers), false) => {
                let resolved = self.resolve(slack, approvers).await?;
                missing.extend(resolved.missing);
                groups.extend(resolved.groups);
                ("the approvers of this rule".to_owned(), Some(resolved.people))
            }
            (Some(approvers), true) => {
                let resolved = self.resolve(slack, approvers).await?;
                missing.extend(resolved.missing);
                groups.extend(resolved.groups);
                let named = authors.into_iter().filter(|id| resolved.people.contains(id)).collect();
                ("the authors of this deploy that the rule names".to_owned(), Some(named))
            }
        };
        let people = people.map(each_once);
        let (mut lift_freeze, mut missing_lifters) = (Vec::new(), Vec::new());
        for window in &spec.freeze {
            let resolved = self.resolve(slack, &window.break_glass).await?;
            missing_lifters.extend(resolved.missing);
            lift_freeze.push(each_once(resolved.people));
        }
        let (missing, missing_lifters) = (each_once(missing), each_once(missing_lifters));
        let groups = each_once(groups);
        let electorate = Electorate {
            people,
            who,
            missing,
            groups,
            quotas,
            lift_freeze,
            missing_lifters,
            ..Electorate::anyone()
        };
        Ok(electorate.with_those_found(spec.votes_required))
    }
}

/// Those whose own change `deploy` is, as far as they are looked up.
fn looked_up(deploy: &Deploy) -> Vec<Person> {
    deploy.makers().into_iter().take(MAX_LOOKUPS).cloned().collect()
}

/// Checks that so many votes can come together. Error: they never could.
pub(crate) fn reachable(
    electorate: &Electorate,
    spec: &ApprovalSpec,
    deploy: &Deploy,
) -> Result<(), Failure> {
    // Whoever may break the glass can let it go ahead.
    if electorate.glass.as_ref().is_some_and(|breakers| !breakers.people.is_empty()) {
        return Ok(());
    }
    // Whoever is missing can be restored in Slack: until then it is blocked.
    let Some(named) = electorate.people.as_ref().filter(|_| electorate.missing.is_empty()) else {
        return Ok(());
    };
    let who = &electorate.who;
    if named.is_empty() {
        return Err(Failure::Permanent(nobody(spec, deploy, who)));
    }
    let all: Vec<&str> = named.iter().map(String::as_str).collect();
    // Whose own change it is blocks it, and is no mistake of the rule.
    let anyone = Electorate { parts: Vec::new(), ..electorate.clone() };
    let Tally { given, needed, .. } = anyone.tally(&all, spec.votes_required);
    if needed == 0 {
        return Ok(());
    }
    let (name, required) = (&spec.name, spec.votes_required);
    if electorate.quotas.is_empty() {
        return Err(Failure::Permanent(format!(
            "\u{201c}{name}\u{201d} could never be approved: it needs {required} approvals, and only {given} of {who} can \
             vote"
        )));
    }
    let quotas: Vec<_> =
        electorate.quotas.iter().map(|quota| format!("{} from {}", quota.votes, quota.from)).collect();
    Err(Failure::Permanent(format!(
        "\u{201c}{name}\u{201d} could never be approved: it needs {required} approvals of different people ({}), and only \
         {given} can come together",
        quotas.join(", ")
    )))
}

/// `texts` in order, each once.
pub(crate) fn each_once(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts.dedup();
    texts
}

/// The people whom a rule names.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// Their Slack user ids.
    pub(crate) people: Vec<String>,
    /// The user groups among them, as the rule names them.
    pub(crate) groups: Vec<String>,
    /// The e-mail addresses, user groups and user ids that Slack does not have, or whose account is
    /// deactivated.
    pub(crate) missing: Vec<String>,
}

/// True if `text` is an e-mail address.
fn is_address(text: &str) -> bool {
    text.contains('@') && !text.starts_with(['@', '<'])
}

/// True if `text` is a Slack user id (`U…` or `W…`).
fn is_user_id(text: &str) -> bool {
    text.len() > 6
        && text.starts_with(['U', 'W'])
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// A person by the name that people know on the git host.
pub(crate) fn known_as(person: &Person) -> String {
    let name = Some(&person.name).filter(|name| !name.is_empty());
    name.or(person.username.as_ref()).or(person.email.as_ref()).cloned().unwrap_or_default()
}

fn nobody(spec: &ApprovalSpec, deploy: &Deploy, who: &str) -> String {
    let names: Vec<_> = match &spec.approvers {
        Some(approvers) => approvers.clone(),
        None if !spec.quotas.is_empty() => spec.quotas.iter().flat_map(|quota| quota.from.clone()).collect(),
        None => deploy
            .authors()
            .into_iter()
            .map(|author| match &author.email {
                Some(email) => format!("{} <{email}>", author.name),
                None => format!("{} (no e-mail address known)", author.name),
            })
            .collect(),
    };
    let names = if names.is_empty() { "none is known".to_owned() } else { names.join(", ") };
    format!(
        "nobody could vote on \u{201c}{}\u{201d}: only {who} may, and none of them has a Slack account under that address: {names}",
        spec.name
    )
}
