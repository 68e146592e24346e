//! Variables whose texts all have one form.

mod reach;

use reach::never_matches;
use signoff_core::deploy::Slug;

/// The reason why `variable` is never `text`, and what to write; `None`: it may be.
pub(super) fn of_another_form(variable: &str, text: &str) -> Option<(String, String)> {
    match variable {
        "deployment" if !text.contains('/') => Some((
            format!("`deployment` is ORGANIZATION/NAME, and never '{text}'"),
            match slug(&format!("acme/{text}")) {
                Some(_) => format!("write, for example, `deployment='acme/{text}'`"),
                None => "write, for example, `deployment='acme/checkout'`".to_owned(),
            },
        )),
        "deployment" if slug(text).is_none() => {
            let right = match text.contains('*') {
                true => a_pattern(text),
                false => match slug_at_the_end(text) {
                    Some(slug) => format!("write `deployment='{}'`", slug.as_str()),
                    None => "write, for example, `deployment='acme/checkout'`".to_owned(),
                },
            };
            Some((format!("`deployment` is ORGANIZATION/NAME, and never '{text}'"), right))
        }
        "revision" if !matches!(text.len(), 40 | 64) || !is_hexadecimal(text) => Some((
            format!("`revision` is a full SHA, and never '{text}'"),
            match is_hexadecimal(text) && !text.is_empty() {
                // Git writes its digits in lower case.
                true => format!("write `revision~='{}'` for one that begins so", text.to_lowercase()),
                false => "compare with all of its 40 digits".to_owned(),
            },
        )),
        "branch" if text.starts_with("refs/") => {
            let name = text.rsplit_once("heads/").or_else(|| text.rsplit_once("tags/"));
            let name = name.map_or(text, |(_, name)| name);
            let why = format!("`branch` is a name without `refs/heads/`, and never '{text}'");
            Some((why, format!("did you mean '{name}'?")))
        }
        "branch" if !is_git_name(text) => {
            let is_pattern = text.contains(['*', '\\']) || text.contains(".+");
            let right = match is_pattern && !text.contains(' ') {
                true => a_pattern(text),
                false => "the name stands there as git has it".to_owned(),
            };
            Some((format!("git has no branch or tag called '{text}'"), right))
        }
        "environment" if text.trim().is_empty() => {
            let right = "write, for example, `environment='staging'`".to_owned();
            Some(("`environment` is never empty".to_owned(), right))
        }
        _ => None,
    }
}

/// The reason why `text` is never in the list `variable`, and what to write; `None`: it may be.
pub(super) fn of_no_list(variable: &str, text: &str) -> Option<(String, String)> {
    match variable {
        "tags" if text == "*" => Some((
            "`tags` start with `#`: no deploy has the tag '*'".to_owned(),
            "write `tags!=[]` for any tag, or `tags=[]` for none".to_owned(),
        )),
        "tags" if !text.is_empty() && !is_tag(text.strip_prefix('#').unwrap_or(text)) => {
            Some((format!("a tag is `#` and one word: no deploy has the tag '{text}'"), a_tag(text)))
        }
        "tags" if !text.starts_with('#') => Some((
            format!("`tags` start with `#`: no deploy has the tag '{text}'"),
            format!("did you mean '#{text}'?"),
        )),
        "deployer" if text.is_empty() || text.starts_with('@') => Some((
            format!("`deployer` has accounts and e-mail addresses, and never '{text}'"),
            format!("did you mean '{}'?", text.trim_start_matches('@')),
        )),
        "deployer" | "pr_authors" if text.contains(char::is_whitespace) || text.starts_with('<') => Some((
            format!("the name of an account has no spaces, and no signs around it: never '{text}'"),
            match variable {
                "deployer" => "write, for example, `deployer='ana@example.com'`".to_owned(),
                _ => format!("write, for example, `{variable}='ana'`"),
            },
        )),
        "pr_authors" if text.is_empty() || text.starts_with('@') => Some((
            format!("`pr_authors` has accounts, and never '{text}'"),
            format!("did you mean '{}'?", text.trim_start_matches('@')),
        )),
        "pr_authors" if text.contains('@') => Some((
            format!("`pr_authors` has accounts, and never '{text}'"),
            "an account's name stands there, not an e-mail address".to_owned(),
        )),
        _ => None,
    }
}

/// Advice to write a pattern: the text itself where it is one already, or with `.*` where `*` stands for any
/// text.
fn a_pattern(text: &str) -> String {
    let is_pattern = text.contains('\\') || text.contains(".*") || text.contains(".+");
    let pattern = match is_pattern {
        true => text.to_owned(),
        false => text.replace('.', "\\.").replace('*', ".*"),
    };
    format!("a pattern stands behind `~=`: '{pattern}'")
}

/// True if the rest of a tag, behind its `#`, is one word.
fn is_tag(word: &str) -> bool {
    !word.is_empty()
        && !word.contains(|c: char| matches!(c, '#' | ',') || c.is_whitespace() || c.is_control())
}

/// Advice for a text that is no tag.
fn a_tag(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c == '#' || c.is_whitespace()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let tag = words.join("-");
    match is_tag(&tag) {
        _ if text.contains([',', '|']) => "compare with each tag by itself, and join with `or`".to_owned(),
        true => format!("did you mean '#{tag}'?"),
        false => "write, for example, `tags='#web'`".to_owned(),
    }
}

/// The deployment that is called so.
fn slug(text: &str) -> Option<Slug> {
    let (organization, name) = text.split_once('/')?;
    Slug::new(organization, name)
}

/// The deployment at the end of a longer path or an address.
fn slug_at_the_end(text: &str) -> Option<Slug> {
    let path = text.trim().trim_end_matches('/').trim_end_matches(".git");
    let mut parts = path.rsplit('/');
    let (name, organization) = (parts.next()?, parts.next()?);
    let is_longer = text.contains("://") || parts.next().is_some_and(|host| host.contains('.'));
    Slug::new(organization, name).filter(|_| is_longer)
}

/// The reason why `variable`, or an element of it, never matches a regular expression, and what to write;
/// `None`: it may.
pub(super) fn pattern_of_another_form(variable: &str, pattern: &str) -> Option<(String, String)> {
    let starts = starts(pattern);
    let all = |is_wrong: fn(&str) -> bool| !starts.is_empty() && starts.iter().all(|start| is_wrong(start));
    match variable {
        "tags" if all(|start| start.starts_with(char::is_alphanumeric)) => Some((
            format!("`tags` start with `#`, and '{pattern}' matches from the start"),
            format!("did you mean '#{}'?", pattern.trim_start_matches('^').trim_start_matches("\\b")),
        )),
        "branch" if all(|start| start.starts_with("refs/")) => Some((
            format!("`branch` is a name without `refs/heads/`, and '{pattern}' matches from the start"),
            "the pattern begins with the branch's own name".to_owned(),
        )),
        "revision" if all(|start| !is_hexadecimal(start)) => Some((
            format!("`revision` is a full SHA, and '{pattern}' matches from the start"),
            "a SHA has the digits 0 to 9 and a to f alone".to_owned(),
        )),
        "revision" if has_no_digit_of_a_sha(pattern) => Some((
            format!("`revision` is a full SHA, and none matches '{pattern}'"),
            "a SHA has the digits 0 to 9 and a to f alone".to_owned(),
        )),
        _ if never_matches(variable, pattern) => {
            let form = match variable {
                "tags" => "a tag is `#` and one word",
                "deployment" => "`deployment` is ORGANIZATION/NAME",
                "pr_authors" => "`pr_authors` has accounts",
                _ => "`deployer` has accounts and e-mail addresses",
            };
            let right = match variable {
                "tags" => "begin the pattern with `#`",
                "deployment" => "write, for example, `deployment~='.*/checkout'`",
                "pr_authors" => "write the name of an account, without `@`",
                _ => "write it without `@` before it, and without spaces",
            };
            Some((format!("{form}, and none matches '{pattern}' from the start"), right.to_owned()))
        }
        _ => None,
    }
}

/// True if a regular expression without alternatives asks for a character that no SHA has.
fn has_no_digit_of_a_sha(pattern: &str) -> bool {
    let plain = pattern.replace(".*", "").replace(".+", "");
    let plain = plain.trim_start_matches('^').trim_end_matches('$');
    let is_literal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !plain.is_empty() && plain.chars().all(is_literal) && !is_hexadecimal(plain)
}

/// The plain text that each alternative of a regular expression starts with; none where one starts otherwise.
fn starts(pattern: &str) -> Vec<&str> {
    let inner = pattern.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let inner = inner.filter(|inner| !inner.contains(['(', ')'])).unwrap_or(pattern);
    let start = |alternative: &'_ str| -> Option<usize> {
        let is_plain = |c: &char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_');
        let length: usize = alternative.chars().take_while(is_plain).map(char::len_utf8).sum();
        let is_repeated = alternative.get(length..).is_some_and(|rest| rest.starts_with(['*', '?', '{']));
        let last = alternative.get(..length)?.chars().next_back().map_or(0, char::len_utf8);
        let length = if is_repeated { length - last } else { length };
        (length > 0 && !alternative.contains(['(', '[', '\\'])).then_some(length)
    };
    let alternatives = inner.split('|').map(|one| one.trim_start_matches('^').trim_start_matches("\\b"));
    let starts: Option<Vec<&str>> =
        alternatives.map(|one| start(one).and_then(|length| one.get(..length))).collect();
    starts.unwrap_or_default()
}

/// True if git takes this as the name of a branch or tag.
///
/// Source: <https://git-scm.com/docs/git-check-ref-format>.
fn is_git_name(name: &str) -> bool {
    let has_sign = name
        .contains(|c: char| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\'));
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    !has_sign
        && name != "@"
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && name.split('/').all(is_part)
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_of_a_pattern_is_known_where_it_is_plain() {
        for (pattern, expected) in [
            ("web", &["web"][..]),
            ("^web", &["web"]),
            ("\\bweb", &["web"]),
            ("(web|api.*)", &["web", "api"]),
            ("web|#a", &[]),
            ("w*#a", &[]),
            ("ab*", &["a"]),
            (".*web", &[]),
            ("[w]eb", &[]),
            ("refs/heads/.*", &["refs/heads/"]),
        ] {
            assert_eq!(starts(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn text_of_another_form_is_named_with_what_is_right() {
        let sha = "7bf7226a4a2b8c9d0e1f2a3b4c5d6e7f8a9b0c1d";
        for (variable, text, right) in [
            ("deployment", "acme/checkout", None),
            ("deployment", "checkout", Some("deployment='acme/checkout'")),
            ("revision", sha, None),
            ("revision", "7bf7226", Some("revision~='7bf7226'")),
            ("revision", "v1.2.0", Some("all of its 40 digits")),
            ("branch", "release/1", None),
            ("branch", "refs/heads/release/1", Some("'release/1'")),
            ("branch", "release/*", Some("'release/.*'")),
            ("branch", "release/.*", Some("'release/.*'")),
            ("branch", "release/.+", Some("'release/.+'")),
            ("branch", "v\\d+", Some("'v\\d+'")),
            ("branch", "v1.*", Some("'v1.*'")),
            ("branch", "a b", Some("as git has it")),
            ("branch", "", Some("as git has it")),
            ("branch", "v1.2.0", None),
            ("environment", "checkout", None),
            ("environment", " ", Some("environment='staging'")),
        ] {
            let found = of_another_form(variable, text).map(|(_, right)| right);
            assert_eq!(found.is_some(), right.is_some(), "{variable} {text}");
            assert!(found.unwrap_or_default().contains(right.unwrap_or_default()), "{variable} {text}");
        }
    }
}
