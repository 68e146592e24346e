//! The form that creates an API key.

use super::Field;
use std::collections::BTreeSet;
use store::{ApiKey, Scope};

/// The most keys that may be good at the same time.
pub(crate) const MOST_KEYS: usize = 100;
/// The longest name, in characters.
pub(crate) const LONGEST_NAME: usize = 80;

/// What was filled in, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyForm {
    pub(crate) name: Field,
    pub(crate) scopes: BTreeSet<Scope>,
    pub(crate) scopes_problem: Option<String>,
    /// What keeps any key from being created.
    pub(crate) problem: Option<String>,
}

impl KeyForm {
    /// Reads `form`, where `keys` are on record. Error: the form, with what is wrong beside its fields.
    pub(crate) fn read(form: &str, keys: &[ApiKey]) -> Result<(String, BTreeSet<Scope>), Self> {
        let mut name = String::new();
        let mut scopes = BTreeSet::new();
        for (field, value) in form_urlencoded::parse(form.as_bytes()) {
            match &*field {
                "name" => name = value.trim().to_owned(),
                "scope" => scopes.extend(Scope::ALL.into_iter().find(|scope| scope.name() == value)),
                _ => {}
            }
        }
        let active = || keys.iter().filter(|key| key.revoked.is_none());
        let length = name.chars().count();
        let name_problem = if length == 0 {
            Some("Say what will use the key, such as \u{201c}CircleCI\u{201d}.".to_owned())
        } else if length > LONGEST_NAME {
            Some(format!("The name has {length} characters; at most {LONGEST_NAME} are taken. Shorten it."))
        } else if name.chars().any(char::is_control) {
            Some("The name has characters that can\u{2019}t be shown. Write it on one line.".to_owned())
        } else if active().any(|key| key.name == name) {
            Some("There is a key of this name. Choose another one, or revoke that one first.".to_owned())
        } else {
            None
        };
        let scopes_problem = scopes.is_empty().then(|| "Choose what the key is for.".to_owned());
        let problem = (active().count() >= MOST_KEYS).then(|| {
            format!(
                "There are {MOST_KEYS} keys already, which is the most. Revoke one that is not used any more."
            )
        });
        if name_problem.is_none() && scopes_problem.is_none() && problem.is_none() {
            return Ok((name, scopes));
        }
        Err(Self { name: Field { text: name, problem: name_problem }, scopes, scopes_problem, problem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::api_key;

    fn problems(form: &str, keys: &[ApiKey]) -> Vec<String> {
        let form = KeyForm::read(form, keys).unwrap_err();
        form.name.problem.into_iter().chain(form.scopes_problem).chain(form.problem).collect()
    }

    #[test]
    fn a_name_and_what_it_is_for() {
        let read = KeyForm::read("name=+CircleCI+%C5%BD&scope=read&scope=register&token=t", &[]);
        assert_eq!(read, Ok(("CircleCI \u{17d}".to_owned(), BTreeSet::from([Scope::Register, Scope::Read]))));
        let longest = "\u{17d}".repeat(LONGEST_NAME);
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("name", longest.as_str()), ("scope", "admin")])
            .finish();
        assert_eq!(KeyForm::read(&form, &[]), Ok((longest, BTreeSet::from([Scope::Admin]))));
        let revoked = api_key(1, "CI", true);
        assert!(KeyForm::read("name=CI&scope=read", &[revoked]).is_ok(), "a revoked key gives its name back");
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        let taken = api_key(1, "CI", false);
        insta::assert_snapshot!(problems("", &[]).join("\n"), @"
        Say what will use the key, such as \u{201c}CircleCI\u{201d}.
        Choose what the key is for.
        ");
        insta::assert_snapshot!(problems("name=a%0Ab&scope=root", &[]).join("\n"), @"
        The name has characters that can’t be shown. Write it on one line.
        Choose what the key is for.
        ");
        let long = format!("name={}&scope=read", "x".repeat(81));
        insta::assert_snapshot!(problems(&long, &[]).join("\n"), @"The name has 81 characters; at most 80 are taken. Shorten it.");
        insta::assert_snapshot!(problems("name=CI&scope=read", &[taken]).join("\n"), @"There is a key of this name. Choose another one, or revoke that one first.");
        let many: Vec<_> = (0..100).map(|number| api_key(number, &number.to_string(), false)).collect();
        insta::assert_snapshot!(problems("name=CI&scope=read", &many).join("\n"), @"There are 100 keys already, which is the most. Revoke one that is not used any more.");
        let kept = KeyForm::read("name=CI", &[]).unwrap_err();
        assert_eq!((kept.name, kept.scopes.len()), (Field::new("CI"), 0), "what was typed stays");
    }
}
