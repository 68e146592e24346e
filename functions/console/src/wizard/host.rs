//! The pages of git hosts on which a file is made or changed.

use crate::address::parameters::query;
use signoff_store::GitHost;

/// The longest address that a link has: what browsers and hosts take for sure.
const LONGEST_ADDRESS: usize = 6000;
/// Whatever branch is the default one.
const DEFAULT_BRANCH: &str = "HEAD";

/// A link to a page of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewFile {
    /// Its address.
    pub(crate) href: String,
    /// True if the page has the file's name filled in.
    pub(crate) named: bool,
    /// True if it has the file's content filled in, so that nothing has to be pasted.
    pub(crate) filled_in: bool,
}

/// The page of `host` that makes the file at `path` of `repository` (`owner/name`), with `text` in it.
/// `github_api`: where GitHub's API is.
///
/// - GitHub takes name and content, as
///   <https://docs.github.com/repositories/working-with-files/managing-files/creating-new-files> has the
///   page.
/// - GitLab takes both, but its editor may leave the content out:
///   <https://gitlab.com/gitlab-org/gitlab/-/work_items/594214>.
/// - Bitbucket's page takes neither. Its own front end leads there; it is undocumented.
pub(crate) fn new_file(host: GitHost, github_api: &str, repository: &str, path: &str, text: &str) -> NewFile {
    let (page, name, content) = match host {
        GitHost::Github => {
            (format!("{}/{repository}/new/{DEFAULT_BRANCH}", github_site(github_api)), "filename", "value")
        }
        GitHost::Gitlab => {
            (format!("https://gitlab.com/{repository}/-/new/{DEFAULT_BRANCH}"), "file_name", "content")
        }
        GitHost::Bitbucket => {
            let href = format!("https://bitbucket.org/{repository}/create-file");
            return NewFile { href, named: false, filled_in: false };
        }
    };
    let whole = format!("{page}?{}", query(&[(name, path), (content, text)]));
    if whole.len() <= LONGEST_ADDRESS {
        return NewFile { href: whole, named: true, filled_in: host == GitHost::Github };
    }
    NewFile { href: format!("{page}?{}", query(&[(name, path)])), named: true, filled_in: false }
}

/// GitHub's page that changes the file at `path`; nothing is filled in there.
pub(crate) fn edit_file(github_api: &str, repository: &str, path: &str) -> String {
    format!("{}/{repository}/edit/{DEFAULT_BRANCH}/{path}", github_site(github_api))
}

/// Address of GitHub's pages: beside its API on GitHub Enterprise Server (`https://HOST/api/v3`), without
/// `api.` elsewhere.
fn github_site(api: &str) -> String {
    let site = api.trim_end_matches('/');
    match site.strip_suffix("/api/v3") {
        Some(site) => site.to_owned(),
        None => site.replacen("://api.", "://", 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://api.github.com";

    #[test]
    fn a_link_opens_the_page_of_a_new_file() {
        let text = "rules:\n  - a: '{{ x }} & #1'\n";
        let shown = GitHost::ALL.map(|host| {
            let NewFile { href, named, filled_in } =
                new_file(host, API, "acme/checkout", ".signoff/rules.yml", text);
            format!("{href} {named} {filled_in}")
        });
        insta::assert_snapshot!(shown.join("\n"), @"
        https://github.com/acme/checkout/new/HEAD?filename=.signoff%2Frules.yml&value=rules%3A%0A++-+a%3A+%27%7B%7B+x+%7D%7D+%26+%231%27%0A true true
        https://gitlab.com/acme/checkout/-/new/HEAD?file_name=.signoff%2Frules.yml&content=rules%3A%0A++-+a%3A+%27%7B%7B+x+%7D%7D+%26+%231%27%0A true false
        https://bitbucket.org/acme/checkout/create-file false false
        ");
    }

    #[test]
    fn a_file_that_is_too_long_for_an_address_is_left_out() {
        for host in [GitHost::Github, GitHost::Gitlab] {
            let link = new_file(host, API, "acme/checkout", ".signoff/rules.yml", &"\u{1f680}".repeat(600));
            assert!(link.named && !link.filled_in && link.href.len() < 120, "{link:?}");
        }
    }

    #[test]
    fn pages_of_github_are_beside_its_api() {
        for (api, site) in [
            (API, "https://github.com"),
            ("https://github.acme.example/api/v3/", "https://github.acme.example"),
            ("https://api.acme.ghe.com", "https://acme.ghe.com"),
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
        ] {
            let edit = edit_file(api, "acme/checkout", ".sleuth/rules.yml");
            assert_eq!(edit, format!("{site}/acme/checkout/edit/HEAD/.sleuth/rules.yml"));
        }
    }
}
