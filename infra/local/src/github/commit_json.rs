//! A commit as JSON, with its signature as GitHub judges it.

use super::api::FILES;
use super::history::Signed;
use super::json::{Place, account, file_change};
use super::state::{Author, Commit};
use serde_json::{Value, json};

impl Commit {
    /// Returns the person who committed it.
    pub fn committed_by(&self) -> &Author {
        self.committer.as_ref().unwrap_or(&self.author)
    }
}

/// A commit (`commit`); `files`: with the files it changed, as one commit has them and a list does not.
pub fn commit(place: Place<'_>, commit: &Commit, files: bool) -> Value {
    let person = |author: &Author| {
        json!({
            "name": author.name,
            "email": author.email,
            "date": commit.date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        })
    };
    let parents: Vec<Value> = commit
        .parents
        .iter()
        .map(|sha| {
            json!({
                "sha": sha,
                "url": place.api(&format!("/commits/{sha}")),
                "html_url": place.html(&format!("/commit/{sha}")),
            })
        })
        .collect();
    let sha = &commit.sha;
    let mut json = json!({
        "sha": sha,
        "node_id": format!("C_{sha}"),
        "url": place.api(&format!("/commits/{sha}")),
        "html_url": place.html(&format!("/commit/{sha}")),
        "comments_url": place.api(&format!("/commits/{sha}/comments")),
        "commit": {
            "author": person(&commit.author),
            "committer": person(commit.committed_by()),
            "message": commit.message,
            "tree": {"sha": sha, "url": place.api(&format!("/git/trees/{sha}"))},
            "url": place.api(&format!("/git/commits/{sha}")),
            "comment_count": 0,
            "verification": verification(commit),
        },
        "author": account(place.url, &commit.author),
        "committer": account(place.url, commit.committed_by()),
        "parents": parents,
    });
    if let (true, Value::Object(map)) = (files, &mut json) {
        let (additions, deletions) = commit
            .files
            .iter()
            .fold((0, 0), |(added, removed), file| (added + file.additions, removed + file.deletions));
        map.insert(
            "stats".to_owned(),
            json!({"additions": additions, "deletions": deletions, "total": additions + deletions}),
        );
        map.insert(
            "files".to_owned(),
            commit.files.iter().take(FILES).map(|changed| file_change(place, sha, changed)).collect(),
        );
    }
    json
}

/// The reason that GitHub gives for its verdict on a signature.
pub fn reason(signed: &Signed) -> &str {
    match signed {
        Signed::No => "unsigned",
        Signed::By(_) | Signed::ByHost => "valid",
        Signed::Not(reason) => reason,
    }
}

/// A commit's `verification`.
fn verification(commit: &Commit) -> Value {
    let date = commit.date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (verified, signed) = match &commit.signed {
        Signed::No => (false, false),
        Signed::By(_) | Signed::ByHost => (true, true),
        Signed::Not(_) => (false, true),
    };
    json!({
        "verified": verified,
        "reason": reason(&commit.signed),
        "signature": signed.then_some("-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n"),
        "payload": signed.then(|| format!("tree {}\n", commit.sha)),
        "verified_at": verified.then_some(date),
    })
}
