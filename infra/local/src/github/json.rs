//! GitHub's objects as JSON, as the official schemas have them.

use super::changes::together;
use super::repository_json::repository_json;
use super::state::{Author, ChangedFile, Commit, PullRequest, Repository};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The login of the account that Signoff's tokens belong to.
pub const OWN_LOGIN: &str = "signoff";

/// Address of the objects: the API's base address and the repository's full name.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The base address, which is the API's and the pages'.
    pub url: &'a str,
    /// `acme/checkout`.
    pub repository: &'a str,
}

impl Place<'_> {
    /// The API address of something in the repository.
    pub fn api(self, rest: &str) -> String {
        format!("{}/repos/{}{rest}", self.url, self.repository)
    }

    /// The address of its page.
    pub fn html(self, rest: &str) -> String {
        format!("{}/{}{rest}", self.url, self.repository)
    }
}

/// Returns the kind of an account, a program's or a person's, by its name.
pub fn kind_of(login: &str) -> &'static str {
    if login.ends_with("[bot]") { "Bot" } else { "User" }
}

/// The account of a person, where they have one.
pub fn account(url: &str, author: &Author) -> Option<Value> {
    author.login.as_ref().map(|login| user(url, login, kind_of(login)))
}

/// An account (`simple-user`).
pub fn user(url: &str, login: &str, kind: &str) -> Value {
    let path = login.replace('[', "%5B").replace(']', "%5D");
    let api = format!("{url}/users/{path}");
    json!({
        "login": login,
        "id": number_of(login),
        "node_id": format!("U_{login}"),
        "avatar_url": format!("{url}/avatars/{path}.png"),
        "gravatar_id": "",
        "url": api,
        "html_url": format!("{url}/{path}"),
        "followers_url": format!("{api}/followers"),
        "following_url": format!("{api}/following{{/other_user}}"),
        "gists_url": format!("{api}/gists{{/gist_id}}"),
        "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{api}/subscriptions"),
        "organizations_url": format!("{api}/orgs"),
        "repos_url": format!("{api}/repos"),
        "events_url": format!("{api}/events{{/privacy}}"),
        "received_events_url": format!("{api}/received_events"),
        "type": kind,
        "site_admin": false,
    })
}

/// A file that changed (`diff-entry`).
pub fn file_change(place: Place<'_>, sha: &str, file: &ChangedFile) -> Value {
    let path = &file.path;
    let mut json = json!({
        "sha": super::state::sha_of(&format!("{sha} {path}")),
        "filename": path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": place.html(&format!("/blob/{sha}/{path}")),
        "raw_url": place.html(&format!("/raw/{sha}/{path}")),
        "contents_url": place.api(&format!("/contents/{path}?ref={sha}")),
    });
    if let (Some(previous), Value::Object(map)) = (&file.previous, &mut json) {
        map.insert("previous_filename".to_owned(), previous.as_str().into());
    }
    json
}

/// A file with its content (`content-file`). Of more than 1 MB the content is left out, and its encoding is
/// `none`, as <https://docs.github.com/rest/repos/contents> says.
pub fn content(place: Place<'_>, path: &str, text: &str, git_ref: &str) -> Value {
    const LARGEST_INLINE: usize = 1024 * 1024;
    let sha = super::state::sha_of(text);
    let url = place.api(&format!("/contents/{path}?ref={git_ref}"));
    let git = place.api(&format!("/git/blobs/{sha}"));
    let html = place.html(&format!("/blob/{git_ref}/{path}"));
    let (encoding, content) = if text.len() > LARGEST_INLINE {
        ("none", String::new())
    } else {
        ("base64", lines_of_60(&STANDARD.encode(text)))
    };
    json!({
        "type": "file",
        "encoding": encoding,
        "size": text.len(),
        "name": path.rsplit('/').next().unwrap_or(path),
        "path": path,
        "content": content,
        "sha": sha,
        "url": url,
        "git_url": git,
        "html_url": html,
        "download_url": place.html(&format!("/raw/{git_ref}/{path}")),
        "_links": {"self": url, "git": git, "html": html},
    })
}

/// Returns a directory's entries (`content-directory`).
pub fn directory(place: Place<'_>, path: &str, entries: &[(&str, Option<&String>)], git_ref: &str) -> Value {
    let entry = |(name, text): &(&str, Option<&String>)| {
        let path = format!("{path}/{name}");
        let sha = super::state::sha_of(text.map_or(name, |text| text));
        let (kind, tree) = if text.is_some() { ("file", "blobs") } else { ("dir", "trees") };
        let url = place.api(&format!("/contents/{path}?ref={git_ref}"));
        let git = place.api(&format!("/git/{tree}/{sha}"));
        let html = place.html(&format!("/blob/{git_ref}/{path}"));
        json!({
            "type": kind,
            "size": text.map_or(0, |text| text.len()),
            "name": name,
            "path": path,
            "sha": sha,
            "url": url,
            "git_url": git,
            "html_url": html,
            "download_url": text.map(|_| place.html(&format!("/raw/{git_ref}/{path}"))),
            "_links": {"self": url, "git": git, "html": html},
        })
    };
    entries.iter().map(entry).collect()
}

/// GitHub breaks base64 into lines; a client that cannot read those fails here too.
fn lines_of_60(base64: &str) -> String {
    let mut lines = String::with_capacity(base64.len() + base64.len() / 60 + 1);
    for (index, letter) in base64.chars().enumerate() {
        if index > 0 && index % 60 == 0 {
            lines.push('\n');
        }
        lines.push(letter);
    }
    lines.push('\n');
    lines
}

/// A pull request (`pull-request-simple`).
pub fn pull_request(place: Place<'_>, repository: &Repository, pull: &PullRequest) -> Value {
    let api = place.api(&format!("/pulls/{}", pull.number));
    let issue = place.api(&format!("/issues/{}", pull.number));
    let html = place.html(&format!("/pull/{}", pull.number));
    let at = pull.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let head = pull.content.commits.last().cloned().unwrap_or_default();
    let merged = pull.content.merged.then_some(&at);
    let labels: Vec<Value> = pull
        .content
        .labels
        .iter()
        .map(|name| {
            json!({
                "id": number_of(name), "node_id": format!("LA_{name}"), "name": name, "description": "",
                "url": place.api(&format!("/labels/{name}")), "color": "ededed", "default": false,
            })
        })
        .collect();
    let statuses = place.api(&format!("/statuses/{head}"));
    let (owner, _) = place.repository.split_once('/').unwrap_or((place.repository, ""));
    let side = |branch: &str, sha: &str| {
        json!({
            "label": format!("{owner}:{branch}"), "ref": branch, "sha": sha,
            "user": user(place.url, owner, "Organization"),
            "repo": repository_json(place, repository),
        })
    };
    json!({
        "id": number_of(&html),
        "node_id": format!("PR_{}", pull.number),
        "number": pull.number,
        "url": api,
        "html_url": html,
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "issue_url": issue,
        "commits_url": format!("{api}/commits"),
        "review_comments_url": format!("{api}/comments"),
        "review_comment_url": format!("{}{{/number}}", place.api("/pulls/comments")),
        "comments_url": format!("{issue}/comments"),
        "statuses_url": statuses,
        "state": if pull.content.merged { "closed" } else { "open" },
        "locked": false,
        "title": pull.content.title,
        "user": account(place.url, &pull.content.author),
        "body": pull.content.body,
        "labels": labels,
        "milestone": null,
        "created_at": at,
        "updated_at": at,
        "closed_at": merged,
        "merged_at": merged,
        "merge_commit_sha": merged.map(|_| &head),
        "assignee": null,
        "head": side(&pull.branch(), &head),
        "base": side(&repository.default_branch, &head),
        "_links": {
            "self": {"href": api}, "html": {"href": html}, "issue": {"href": issue},
            "comments": {"href": format!("{issue}/comments")},
            "review_comments": {"href": format!("{api}/comments")},
            "review_comment": {"href": format!("{}{{/number}}", place.api("/pulls/comments"))},
            "commits": {"href": format!("{api}/commits")},
            "statuses": {"href": statuses},
        },
        "author_association": "MEMBER",
        "auto_merge": null,
        "draft": false,
    })
}

/// A pull request (`pull-request`): what a list has of it, and more.
pub fn whole_pull_request(place: Place<'_>, repository: &Repository, pull: &PullRequest) -> Value {
    let content = &pull.content;
    let merger = content.merger.as_ref().unwrap_or(&content.author);
    let merger = content.merged.then(|| account(place.url, merger));
    let commits: Vec<&Commit> = content.commits.iter().filter_map(|sha| repository.commit(sha)).collect();
    let changed = together(commits.iter().map(|commit| commit.files.as_slice()));
    let more = json!({
        "merged": content.merged,
        "mergeable": null,
        "mergeable_state": "unknown",
        "merged_by": merger,
        "comments": 0,
        "review_comments": 0,
        "maintainer_can_modify": false,
        "commits": commits.len(),
        "additions": changed.iter().map(|file| file.additions).sum::<u64>(),
        "deletions": changed.iter().map(|file| file.deletions).sum::<u64>(),
        "changed_files": changed.len(),
    });
    with(pull_request(place, repository, pull), more)
}

/// An account's public profile (`public-user`).
pub fn profile(url: &str, person: &Author, email: Option<&str>) -> Value {
    with(user(url, login_of(person), "User"), more_of_profile(&person.name, email))
}

/// The public profile of an organization.
pub fn organization(url: &str, login: &str) -> Value {
    with(user(url, login, "Organization"), more_of_profile(login, None))
}

fn more_of_profile(name: &str, email: Option<&str>) -> Value {
    let at = "2020-01-02T03:04:05Z";
    json!({
        "name": name,
        "email": email,
        "company": null,
        "blog": "",
        "location": null,
        "hireable": null,
        "bio": null,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": at,
        "updated_at": at,
    })
}

/// An object with the fields of another one.
fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

/// An id that always comes out the same for the same name. Accounts that Signoff knows by their number have
/// GitHub's own.
///
/// Source: <https://api.github.com/users/dependabot[bot]> and the like.
pub fn number_of(name: &str) -> u64 {
    match name {
        "dependabot[bot]" => return 49_699_333,
        "renovate[bot]" => return 29_139_614,
        "copilot-swe-agent[bot]" => return 198_982_749,
        "github-actions[bot]" => return 41_898_282,
        "github-merge-queue[bot]" => return 118_344_674,
        _ => {}
    }
    name.bytes().fold(7, |number, byte| (number * 31 + u64::from(byte)) % 1_000_000_007)
}

/// The login of a person, or what stands for one when they have no account.
pub fn login_of(author: &Author) -> &str {
    author.login.as_deref().unwrap_or("ghost")
}
