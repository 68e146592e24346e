//! The requests for a range of 20 commits, whatever its shape.

use super::*;
use signoff_core::range::Account;

/// A history of 20 squashed pull requests.
struct Shape {
    /// The depth to which other pull requests were squashed into the branch of each.
    depth: usize,
    /// An assistant opened each, and people asked it for more.
    is_assisted: bool,
    /// The people whom each commit names as co-authors.
    co_authors: usize,
    /// The pushes to other branches before the last commit.
    elsewhere: usize,
}

fn assistant() -> Author {
    let login = "acme-writer[bot]";
    Author::new(login, &format!("77+{login}@users.noreply.github.com"), login)
}

/// The commits of the branch `name`, where `depth` more pull requests were squashed into one another.
fn branch(host: &Host, name: &str, depth: usize, shape: &Shape) -> Vec<String> {
    let mut commits = Vec::new();
    if depth > 0 {
        let inner = format!("{name}-in");
        let of_inner = branch(host, &inner, depth - 1, shape);
        let made =
            host.push(on_branch(name, commit("cleo", &format!("Squash {inner}"))).merged_by(&person("dan")));
        opens(host, &inner, &made, &of_inner, shape);
        commits.push(made);
    }
    let names = (0..shape.co_authors).map(|number| format!("{name}-{number}"));
    let trailers: String = names.map(|one| format!("\nCo-authored-by: {one} <{one}@acme.test>")).collect();
    let own =
        (0..2).map(|number| on_branch(name, commit("ana", &format!("{name} {number}\n{trailers}"))).into());
    commits.extend(host.github.push_all(REPOSITORY, own.collect()));
    commits
}

fn opens(host: &Host, name: &str, squash: &String, commits: &[String], shape: &Shape) {
    let author = if shape.is_assisted { assistant() } else { person("ben") };
    let opened = NewPullRequest { author, ..pull_request("ben", std::slice::from_ref(squash)) };
    let mut opened = opened.of_branch(name, commits);
    if shape.is_assisted {
        opened = opened.commented_by(&person("eli"), "And the tests?");
    }
    host.github.add_pull_request(REPOSITORY, opened);
}

/// The base and the head.
fn history(host: &Host, shape: &Shape) -> (String, String) {
    let base = host.push(commit("ana", "base"));
    let mut head = base.clone();
    for number in 0..20 {
        let name = format!("change-{number}");
        let commits = branch(host, &name, shape.depth, shape);
        head = host.push(commit(&name, &format!("Change {number}")).merged_by(&person(&name)));
        opens(host, &name, &head, &commits, shape);
        for other in 0..shape.elsewhere / 20 {
            host.push(on_branch(&format!("other-{number}-{other}"), commit("dan", "elsewhere")));
        }
    }
    (base, head)
}

#[tokio::test]
async fn range_of_every_shape_costs_ten_requests() {
    let plain = Shape { depth: 0, is_assisted: false, co_authors: 0, elsewhere: 0 };
    let nested = [(0, true), (2, true), (3, true), (4, false), (4, true), (5, false)];
    let shapes = nested
        .map(|(depth, is_assisted)| Shape { depth, is_assisted, co_authors: 0, elsewhere: 40 })
        .into_iter()
        .chain([Shape { elsewhere: 700, ..plain }, Shape { co_authors: 8, is_assisted: true, ..plain }]);
    for Shape { depth, is_assisted, co_authors, elsewhere } in shapes {
        let shape = Shape { depth, is_assisted, co_authors, elsewhere };
        let host = Host::start().await;
        let (base, head) = history(&host, &shape);
        for (base, head, is_back) in [(&base, &head, false), (&head, &base, true)] {
            let told = format!(
                "{depth} deep, {is_assisted}, {co_authors} co-authors, {elsewhere} pushes, {is_back}"
            );
            let before = host.github.requests().len();
            let read = host.read(base, head).await.unwrap();
            let now = jiff::Timestamp::UNIX_EPOCH;
            let makers = signoff_core::shares::changes(&read.range, &[], now).makers;
            let people = makers.into_iter().filter_map(|maker| maker.account);
            let people: Vec<Account> = people.filter(|account| !account.is_bot).collect();
            host.client.shown_addresses(&people, read.profiles).await.unwrap();
            let requests = host.requests(before).len();
            assert!(requests <= 10, "{told}: {requests} requests");
            // What is deeper is not read, and told.
            let deepest = if is_back && is_assisted { 3 } else { 4 };
            let is_whole = read.range.missing.is_empty();
            assert_eq!(is_whole, depth <= deepest, "{told}: {:?}", read.range.missing);
            if is_whole {
                assert_eq!(read.range.pull_requests.len(), 20 * (depth + 1), "{told}");
            } else {
                let expected = format!(
                    "Pull requests were merged into the branches of others more than {deepest} deep, and not all were read."
                );
                assert_eq!(read.range.missing, [expected], "{told}");
            }
        }
        assert_eq!(host.github.violations(), Vec::<String>::new());
    }
}
