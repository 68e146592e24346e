//! Who may vote, and who is mentioned: from e-mail addresses and usergroups to Slack user ids.

use approval::action::ApprovalSpec;
use approval::approval::Electorate;
use approval::deploy::{Deploy, Person};
use providers::Failure;
use providers::slack::client::Slack;
use rules::template::Mentions;
use std::collections::BTreeMap;

/// How many people of a deploy are looked up; Slack allows some dozens a minute.
const MAX_LOOKUPS: usize = 40;

/// The Slack accounts of the authors of `deploy` and of who deployed it. Who has none is not in it.
pub(crate) async fn mentions(slack: &Slack, deploy: &Deploy) -> Result<Mentions, Failure> {
    let mut people: Vec<&Person> = deploy.authors();
    people.extend(&deploy.deployer);
    let mut by_email: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut mentions = Mentions::default();
    for person in people.into_iter().take(MAX_LOOKUPS) {
        let Some(email) = &person.email else { continue };
        let email = email.to_lowercase();
        let id = match by_email.get(&email) {
            Some(known) => known.clone(),
            None => slack.user_by_email(&email).await?,
        };
        by_email.insert(email, id.clone());
        if let Some(id) = id {
            mentions.insert(person, &id);
        }
    }
    Ok(mentions)
}

/// Who may vote on an approval as `spec` has it. Error: nobody could.
pub(crate) async fn electorate(
    slack: &Slack,
    spec: &ApprovalSpec,
    deploy: &Deploy,
    mentions: &Mentions,
) -> Result<Electorate, Failure> {
    let authors =
        || deploy.authors().into_iter().filter_map(|author| mentions.get(author).map(str::to_owned));
    let (who, people): (_, Vec<String>) = match (&spec.approvers, spec.authors_only) {
        (None, false) => return Ok(Electorate::Anyone),
        (None, true) => ("the authors of this deploy", authors().collect()),
        (Some(approvers), false) => ("the approvers of this rule", resolve(slack, approvers).await?),
        (Some(approvers), true) => {
            let approvers = resolve(slack, approvers).await?;
            (
                "the authors of this deploy that the rule names",
                authors().filter(|id| approvers.contains(id)).collect(),
            )
        }
    };
    let mut people = people;
    people.sort();
    people.dedup();
    if people.is_empty() {
        return Err(Failure::Permanent(nobody(spec, deploy, who)));
    }
    if (people.len() as u64) < u64::from(spec.votes_required) {
        return Err(Failure::Permanent(format!(
            "\u{201c}{}\u{201d} could never be approved: it needs {} approvals, and only {} of {who} can vote",
            spec.name,
            spec.votes_required,
            people.len()
        )));
    }
    Ok(Electorate::Only { who: who.to_owned(), people })
}

async fn resolve(slack: &Slack, approvers: &[String]) -> Result<Vec<String>, Failure> {
    let mut people = Vec::new();
    for approver in approvers {
        if is_user_id(approver) {
            people.push(approver.clone());
        } else if approver.contains('@') && !approver.starts_with('@') && !approver.starts_with('<') {
            people.extend(slack.user_by_email(&approver.to_lowercase()).await?);
        } else {
            people.extend(slack.usergroup_members(approver).await?);
        }
    }
    Ok(people)
}

/// Whether `text` is a Slack user id (`U…` or `W…`).
fn is_user_id(text: &str) -> bool {
    text.len() > 6
        && text.starts_with(['U', 'W'])
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn nobody(spec: &ApprovalSpec, deploy: &Deploy, who: &str) -> String {
    let names: Vec<_> = match &spec.approvers {
        Some(approvers) => approvers.clone(),
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
