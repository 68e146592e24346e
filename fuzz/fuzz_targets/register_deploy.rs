//! `register_deploy`: a line each for path and query, `Content-Type` and `Authorization`, then the body.

#![no_main]

use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::{Corpus, fuzz_target};
use secrecy::ExposeSecret;
use signoff_core::deploy::{Person, Slug};
use signoff_fuzz::{assert_told, lines_and_body, now};
use signoff_providers::register::{Registration, api_key, parse};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some(([target, content_type, authorization], body)) = lines_and_body(data) else {
        return Corpus::Reject;
    };
    let (path, query) =
        target.unwrap_or_default().split_once('?').unwrap_or((target.unwrap_or_default(), ""));
    slug(path);
    if let Some(key) = api_key(authorization, query, content_type, body) {
        let key = key.expose_secret();
        assert!(!key.is_empty() && key.trim() == key, "no key: {key:?}");
    }
    let registration = parse(content_type, query, body, now());
    assert_eq!(registration, parse(content_type, query, body, now()), "the same request, read twice");
    match registration {
        Ok(registration) => kept(&registration),
        Err(error) => {
            assert!(matches!(error.status(), 400 | 413));
            assert_told(&error.to_string());
        }
    }
    Corpus::Keep
});

/// The deployment that a path names.
fn slug(path: &str) {
    let Some((organization, name)) = path.split_once('/') else { return };
    if let Some(slug) = Slug::new(organization, name) {
        assert_eq!((slug.organization(), slug.name()), (organization, name));
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        assert!(slug.as_str().chars().all(known) && slug.as_str().matches('/').count() == 1, "{slug}");
    }
}

/// A SHA or the name of a tag that git could have made.
///
/// Source: <https://git-scm.com/docs/git-check-ref-format>.
fn revision(revision: &str) {
    let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if (4..=64).contains(&revision.len()) && revision.chars().all(hexadecimal) {
        return;
    }
    let tag = revision.strip_prefix("refs/tags/").unwrap_or(revision);
    assert!(!tag.starts_with("refs/"), "{tag:?}");
    let refused = |c: char| !c.is_ascii_graphic() || "~^:?*[\\".contains(c);
    assert!(!tag.contains(refused) && !tag.contains("..") && !tag.contains("@{"), "{tag:?}");
    assert!(!tag.ends_with('.'), "{tag:?}");
    for part in tag.split('/') {
        assert!(!part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"), "{tag:?}");
    }
}

/// Checks that a registered deploy has the promised shape and size.
fn kept(deploy: &Registration) {
    revision(&deploy.revision);
    for name in [Some(&deploy.environment), deploy.branch.as_ref()].into_iter().flatten() {
        assert!(!name.is_empty() && name.trim() == name && name.chars().count() <= 200, "{name:?}");
        assert!(!name.contains(char::is_control), "{name:?}");
    }
    if let Some(time) = deploy.deployed_at {
        assert!(time >= Timestamp::UNIX_EPOCH && time.duration_since(now()) <= SignedDuration::from_mins(10));
    }
    assert!(deploy.tags.len() <= 50);
    for (index, tag) in deploy.tags.iter().enumerate() {
        assert!(tag.starts_with('#') && tag.len() > 1 && !tag.contains(char::is_whitespace), "{tag:?}");
        assert!(!deploy.tags[..index].contains(tag), "{tag:?} twice");
    }
    assert!(deploy.links.len() <= 50 && deploy.links.keys().all(|name| !name.is_empty()));
    assert!(
        deploy.commits.len() <= 250
            && deploy.size.is_none_or(|size| size.files <= 1000)
            && deploy.pull_requests.len() <= 100
    );
    let pages = deploy.pull_requests.iter().map(|pull| &pull.url).filter(|url| !url.is_empty());
    let commits = deploy.commits.iter().filter_map(|commit| commit.url.as_ref());
    for address in deploy.links.values().chain(pages).chain(commits) {
        let lower = address.to_ascii_lowercase();
        assert!(lower.starts_with("https://") || lower.starts_with("http://"), "{address:?}");
        assert!(!address.contains(char::is_whitespace), "{address:?}");
    }
    for commit in &deploy.commits {
        assert!(!commit.revision.is_empty());
        assert!(commit.title.chars().count() <= 200 && !commit.title.contains('\n'), "{:?}", commit.title);
        commit.authors.iter().for_each(person);
    }
    for pull in &deploy.pull_requests {
        assert!(pull.title.chars().count() <= 200);
    }
}

fn person(person: &Person) {
    assert!(!person.name.is_empty(), "{person:?}");
    assert!(person.email.as_ref().is_none_or(|email| !email.is_empty()), "{person:?}");
}
