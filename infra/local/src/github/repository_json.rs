//! A repository as JSON, with its many addresses.

use super::json::{Place, number_of, user};
use super::state::Repository;
use serde_json::{Value, json};

/// A repository (`repository`).
pub fn repository_json(place: Place<'_>, repository: &Repository) -> Value {
    let (owner, name) = place.repository.split_once('/').unwrap_or((place.repository, ""));
    let mut json = json!({
        "id": number_of(place.repository) + repository.generation,
        "node_id": format!("R_{name}"),
        "name": name,
        "full_name": place.repository,
        "owner": user(place.url, owner, "Organization"),
        "private": true,
        "html_url": place.html(""),
        "description": null,
        "fork": false,
        "url": place.api(""),
        "default_branch": repository.default_branch,
        "visibility": "private",
        "license": null,
        "language": null,
        "homepage": null,
        "mirror_url": null,
        "archived": false,
        "disabled": false,
        "has_issues": true,
        "has_projects": true,
        "has_wiki": true,
        "has_pages": false,
        "has_downloads": true,
        "forks": 0,
        "forks_count": 0,
        "open_issues": 0,
        "open_issues_count": 0,
        "stargazers_count": 0,
        "watchers": 0,
        "watchers_count": 0,
        "size": 1,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "pushed_at": "2026-01-01T00:00:00Z",
        "git_url": format!("git://localhost/{}.git", place.repository),
        "ssh_url": format!("git@localhost:{}.git", place.repository),
        "clone_url": place.html(".git"),
        "svn_url": place.html(""),
    });
    const ADDRESSES: [(&str, &str); 36] = [
        ("archive_url", "/{archive_format}{/ref}"),
        ("assignees_url", "/assignees{/user}"),
        ("blobs_url", "/git/blobs{/sha}"),
        ("branches_url", "/branches{/branch}"),
        ("collaborators_url", "/collaborators{/collaborator}"),
        ("comments_url", "/comments{/number}"),
        ("commits_url", "/commits{/sha}"),
        ("compare_url", "/compare/{base}...{head}"),
        ("contents_url", "/contents/{+path}"),
        ("contributors_url", "/contributors"),
        ("deployments_url", "/deployments"),
        ("downloads_url", "/downloads"),
        ("events_url", "/events"),
        ("forks_url", "/forks"),
        ("git_commits_url", "/git/commits{/sha}"),
        ("git_refs_url", "/git/refs{/sha}"),
        ("git_tags_url", "/git/tags{/sha}"),
        ("hooks_url", "/hooks"),
        ("issue_comment_url", "/issues/comments{/number}"),
        ("issue_events_url", "/issues/events{/number}"),
        ("issues_url", "/issues{/number}"),
        ("keys_url", "/keys{/key_id}"),
        ("labels_url", "/labels{/name}"),
        ("languages_url", "/languages"),
        ("merges_url", "/merges"),
        ("milestones_url", "/milestones{/number}"),
        ("notifications_url", "/notifications{?since,all,participating}"),
        ("pulls_url", "/pulls{/number}"),
        ("releases_url", "/releases{/id}"),
        ("stargazers_url", "/stargazers"),
        ("statuses_url", "/statuses/{sha}"),
        ("subscribers_url", "/subscribers"),
        ("subscription_url", "/subscription"),
        ("tags_url", "/tags"),
        ("teams_url", "/teams"),
        ("trees_url", "/git/trees{/sha}"),
    ];
    if let Value::Object(map) = &mut json {
        for (key, rest) in ADDRESSES {
            map.insert(key.to_owned(), Value::String(place.api(rest)));
        }
    }
    json
}
