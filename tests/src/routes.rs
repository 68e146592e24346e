//! Requests that the console answers, as in docs/reference/routes.md; a test of the console holds that
//! table.

use crate::local_aws::root;
use crate::story::Story;
use signoff_core::id::DeployId;

/// A request of the table.
#[derive(Clone, Debug)]
pub struct Route {
    /// `GET`.
    pub method: String,
    /// Its path; a segment in braces stands for any one.
    pub pattern: String,
    /// People and keys that may make the request, in the table's words.
    pub who: String,
}

/// All of them, in the table's order.
pub fn all() -> Vec<Route> {
    let page = std::fs::read_to_string(root().join("docs/reference/routes.md")).unwrap();
    let (_, table) = page.split_once("| request | who |\n|---|---|\n").unwrap();
    let rows = table.lines().map_while(|line| line.strip_prefix("| `")?.split_once("` | "));
    let route = |(request, who): (&str, &str)| {
        let (method, pattern) = request.split_once(' ').unwrap();
        let who = who.trim_end_matches(" |").to_owned();
        Route { method: method.to_owned(), pattern: pattern.to_owned(), who }
    };
    rows.map(route).collect()
}

/// Keys of the routes that lead to `function`, as docs/reference/routes.md has them; a test of the function
/// holds its table.
pub fn keys(function: &str) -> Vec<String> {
    let page = std::fs::read_to_string(root().join("docs/reference/routes.md")).unwrap();
    let heading = format!("## {function}\n\n| request | what it does |\n|---|---|\n");
    let (_, table) = page.split_once(&heading).unwrap();
    let rows = table.lines().map_while(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.map(|(key, _)| key.to_owned()).collect()
}

impl Route {
    /// An address of this pattern where something of the story is to be seen.
    pub fn path(&self, story: &Story, deploy: &DeployId) -> String {
        let known = |segment: &str| match segment {
            "{organization}" => "acme".to_owned(),
            "{name}" => story.name.clone(),
            "{id}" => deploy.to_string(),
            // Nothing is there, and that has to be said well too.
            "{file}" | "{approval}" | "{run}" | "{step}" | "{user}" => "none".to_owned(),
            other if other.starts_with('{') => {
                #[expect(clippy::panic, reason = "an address that no test can make up must not go untested")]
                {
                    panic!("{}: say what {other} stands for", self.pattern)
                }
            }
            other => other.to_owned(),
        };
        self.pattern.split('/').map(known).collect::<Vec<_>>().join("/")
    }
}
