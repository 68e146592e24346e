//! The form that creates an API key.

use super::Field;
use signoff_store::{ApiKey, DeploymentPattern, Scope};
use std::collections::BTreeSet;

/// The most keys that may be good at the same time.
pub(crate) const MOST_KEYS: usize = 100;
/// The most patterns of deployments that one key has.
const MOST_PATTERNS: usize = 20;
/// The longest list of them, in characters.
pub(crate) const LONGEST_DEPLOYMENTS: usize = 1000;
/// The longest name, in characters.
pub(crate) const LONGEST_NAME: usize = 80;

/// Values of the form as they were typed, and their problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyForm {
    pub(crate) name: Field,
    pub(crate) scopes: BTreeSet<Scope>,
    pub(crate) scopes_problem: Option<String>,
    /// Patterns of deployments, with space or commas between them.
    pub(crate) deployments: Field,
    /// Problem that keeps any key from being created.
    pub(crate) problem: Option<String>,
}

/// Values of a form that is filled in as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilledKey {
    pub(crate) name: String,
    pub(crate) scopes: BTreeSet<Scope>,
    pub(crate) deployments: Vec<DeploymentPattern>,
}

impl KeyForm {
    /// Reads `form`, where `keys` are on record. Error: the form, with what is wrong beside its fields.
    pub(crate) fn read(form: &str, keys: &[ApiKey]) -> Result<FilledKey, Box<Self>> {
        let (mut name, mut deployments) = (String::new(), String::new());
        let mut scopes = BTreeSet::new();
        for (field, value) in form_urlencoded::parse(form.as_bytes()) {
            match &*field {
                "name" => name = value.trim().to_owned(),
                "deployments" => deployments = value.trim().to_owned(),
                "scope" => scopes.extend(Scope::ALL.into_iter().find(|scope| scope.name() == value)),
                _ => {}
            }
        }
        let active = || keys.iter().filter(|key| key.revoked.is_none());
        let length = name.chars().count();
        let name_problem = if length == 0 {
            Some("Enter a name for the key, such as \u{201c}CircleCI\u{201d}.".to_owned())
        } else if length > LONGEST_NAME {
            Some(format!("The name has {length} characters; at most {LONGEST_NAME} are taken. Shorten it."))
        } else if name.chars().any(char::is_control) {
            Some("The name has invisible characters. Write it on one line.".to_owned())
        } else if active().any(|key| key.name == name) {
            Some(
                "A key with this name already exists. Choose another name or revoke that key first."
                    .to_owned(),
            )
        } else {
            None
        };
        let scopes_problem = scopes.is_empty().then(|| "Choose at least one scope.".to_owned());
        let problem = (active().count() >= MOST_KEYS).then(|| {
            format!(
                "There are {MOST_KEYS} keys already, which is the limit. Revoke one that you no longer use."
            )
        });
        let (patterns, deployments_problem) = match patterns(&deployments, &scopes) {
            Ok(patterns) => (patterns, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        let problems = [&name_problem, &scopes_problem, &problem, &deployments_problem];
        if problems.iter().all(|problem| problem.is_none()) {
            return Ok(FilledKey { name, scopes, deployments: patterns });
        }
        let name = Field { text: name, problem: name_problem };
        let deployments = Field { text: deployments, problem: deployments_problem };
        Err(Box::new(Self { name, scopes, scopes_problem, deployments, problem }))
    }
}

/// The patterns in `text`. Error: what is wrong with one, or with limiting a key of these scopes.
fn patterns(text: &str, scopes: &BTreeSet<Scope>) -> Result<Vec<DeploymentPattern>, String> {
    let words = text.split([',', ' ']).filter(|word| !word.is_empty());
    let patterns = words
        .map(|word| {
            DeploymentPattern::parse(word).ok_or_else(|| {
                format!("{word:?} isn\u{2019}t a deployment. Write owner/name, or owner/* for all deployments of an owner.")
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    if patterns.len() > MOST_PATTERNS {
        return Err(format!("There are {}; at most {MOST_PATTERNS} are taken.", patterns.len()));
    }
    let reads_all = [Scope::Read, Scope::Admin].iter().any(|scope| scopes.contains(scope));
    if !patterns.is_empty() && reads_all {
        return Err("A key that reads the record or is an admin\u{2019}s is good for all deployments. Create two keys, or leave \
                    this empty."
            .to_owned());
    }
    Ok(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::api_key;

    fn problems(form: &str, keys: &[ApiKey]) -> Vec<String> {
        let form = KeyForm::read(form, keys).unwrap_err();
        let of_fields =
            form.name.problem.into_iter().chain(form.scopes_problem).chain(form.deployments.problem);
        of_fields.chain(form.problem).collect()
    }

    #[test]
    fn a_name_and_what_it_is_for() {
        let read = KeyForm::read("name=+CircleCI+%C5%BD&scope=read&scope=register&token=t", &[]);
        let filled = |name: &str, scopes: &[Scope]| FilledKey {
            name: name.to_owned(),
            scopes: scopes.iter().copied().collect(),
            deployments: Vec::new(),
        };
        assert_eq!(read, Ok(filled("CircleCI \u{17d}", &[Scope::Register, Scope::Read])));
        let longest = "\u{17d}".repeat(LONGEST_NAME);
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("name", longest.as_str()), ("scope", "admin")])
            .finish();
        assert_eq!(KeyForm::read(&form, &[]), Ok(filled(&longest, &[Scope::Admin])));
        let limited = KeyForm::read("name=CI&scope=register&deployments=acme/*,+Shop/Web", &[]).unwrap();
        let patterns: Vec<_> = limited.deployments.iter().map(DeploymentPattern::as_str).collect();
        assert_eq!(patterns, ["acme/*", "Shop/Web"]);
        let revoked = api_key(1, "CI", true);
        assert!(KeyForm::read("name=CI&scope=read", &[revoked]).is_ok(), "a revoked key gives its name back");
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let taken = api_key(1, "CI", false);
        insta::assert_snapshot!(problems("", &[]).join("\n"), @"
        Enter a name for the key, such as \u{201c}CircleCI\u{201d}.
        Choose at least one scope.
        ");
        insta::assert_snapshot!(problems("name=a%0Ab&scope=root", &[]).join("\n"), @"
        The name has invisible characters. Write it on one line.
        Choose at least one scope.
        ");
        let long = format!("name={}&scope=read", "x".repeat(81));
        insta::assert_snapshot!(problems(&long, &[]).join("\n"), @"The name has 81 characters; at most 80 are taken. Shorten it.");
        insta::assert_snapshot!(problems("name=CI&scope=read", &[taken]).join("\n"), @"A key with this name already exists. Choose another name or revoke that key first.");
        let many: Vec<_> = (0..100).map(|number| api_key(number, &number.to_string(), false)).collect();
        insta::assert_snapshot!(problems("name=CI&scope=read", &many).join("\n"), @"There are 100 keys already, which is the limit. Revoke one that you no longer use.");
        insta::assert_snapshot!(problems("name=CI&scope=report&deployments=acme", &[]).join("\n"), @r#""acme" isn’t a deployment. Write owner/name, or owner/* for all deployments of an owner."#);
        insta::assert_snapshot!(problems("name=CI&scope=read&deployments=acme/*", &[]).join("\n"), @"A key that reads the record or is an admin\u{2019}s is good for all deployments. Create two keys, or leave this empty.");
        let kept = KeyForm::read("name=CI", &[]).unwrap_err();
        assert_eq!((kept.name, kept.scopes.len()), (Field::new("CI"), 0), "what was typed stays");
    }
}
