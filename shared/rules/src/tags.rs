//! Default tags: `.signoff/TAGS` (or `.sleuth/TAGS`) gives a deploy tags by the paths of the files that it
//! changes.
//!
//! ```text
//! # pattern      tags
//! *.sql          #database
//! /web/          #web #frontend
//! infra/*/prod   #infra
//! ```
//!
//! Patterns are those of `.gitignore` and `CODEOWNERS`: one without a slash, or with one at its end only, is
//! of files and folders at any depth; any other starts at the root; `*` stops at a slash and `**` does not;
//! what is in a folder that matches is meant, too.

use crate::problem::{Position, Problem, Source};
use crate::variables::unique;
use glob::{MatchOptions, Pattern};

/// The most lines that are read.
const MAX_LINES: usize = 1000;
/// The longest line that is read, in bytes.
const MAX_LINE: usize = 1000;

/// The default tags of a repository that has no file of them, which are Sleuth's.
///
/// Source: the table of default patterns on Sleuth's page "Automatic tags" (help.sleuth.io).
pub const STANDARD: [(&str, &str); 8] = [
    ("**/migration/**", "#migration"),
    ("Pipfile.lock", "#dependencies"),
    ("requirements.txt", "#dependencies"),
    ("package-lock.json", "#dependencies"),
    ("pom.xml", "#dependencies"),
    ("Dockerfile", "#docker"),
    ("**/db/**", "#database"),
    ("*tf", "#terraform"),
];

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// Content of a file of default tags.
#[derive(Debug)]
pub struct DefaultTags {
    lines: Vec<Line>,
    /// The lines that can't be read; the others count.
    pub problems: Vec<Problem>,
}

/// The tags that a path gives which matches one of the patterns.
#[derive(Debug)]
struct Line {
    patterns: Vec<Pattern>,
    tags: Vec<String>,
}

impl DefaultTags {
    /// True if some path may give this tag.
    pub fn may_give(&self, tag: &str) -> bool {
        self.lines.iter().any(|line| line.tags.iter().any(|given| given == tag))
    }

    /// Reads a file. `path` is its name in messages.
    pub fn parse(text: &str, path: &str) -> Self {
        let source = Source::new(path, text);
        let mut read = Self { lines: Vec::new(), problems: Vec::new() };
        for (index, line) in text.lines().enumerate() {
            let at = |column| Position { line: index + 1, column };
            if index >= MAX_LINES {
                let message = format!("more than {MAX_LINES} lines: what follows was not read");
                read.problems.push(source.problem(at(1), message, None));
                break;
            }
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match parse_line(line) {
                Ok(line) => read.lines.push(line),
                Err((column, message, right)) => {
                    read.problems.push(source.problem(at(column), message, right.to_owned()));
                }
            }
        }
        read
    }

    /// Returns the tags for a repository without a file: [`STANDARD`].
    pub fn standard() -> Self {
        let lines: String = STANDARD.iter().map(|(pattern, tag)| format!("{pattern} {tag}\n")).collect();
        Self::parse(&lines, "")
    }

    /// The tags of a deploy that changes the files at `paths`, each once, in the file's order.
    pub fn of<'p>(&self, paths: impl IntoIterator<Item = &'p String> + Clone) -> Vec<String> {
        let given = self.lines.iter().filter(|Line { patterns, .. }| {
            let matches = |path: &String| patterns.iter().any(|pattern| pattern.matches_with(path, OPTIONS));
            paths.clone().into_iter().any(matches)
        });
        unique(given.flat_map(|line| &line.tags))
    }
}

/// A line, or the column of what is wrong, what that is, and what would be right.
fn parse_line(line: &str) -> Result<Line, (usize, String, &'static str)> {
    const EXAMPLE: &str = "write a pattern and its tags: `*.sql #database`";
    let column = |rest: &str| line.chars().count() - rest.chars().count() + 1;
    if line.len() > MAX_LINE {
        return Err((1, format!("a line longer than {MAX_LINE} bytes"), EXAMPLE));
    }
    let begins = line
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|at| line.get(..*at).is_some_and(|before| before.ends_with(char::is_whitespace)));
    let (pattern, tags) = line.split_at(begins.unwrap_or(line.len()));
    if tags.is_empty() {
        return Err((column(""), "no tag".to_owned(), EXAMPLE));
    }
    let mut named = Vec::new();
    for tag in tags.split_whitespace() {
        if tag.len() < 2 || !tag.starts_with('#') {
            let rest = tags.find(tag).and_then(|at| tags.get(at..)).unwrap_or(tags);
            return Err((column(rest), format!("`{tag}` is not a tag"), "each tag starts with `#`"));
        }
        named.push(tag.to_owned());
    }
    match patterns(pattern.trim()) {
        Ok(patterns) => Ok(Line { patterns, tags: named }),
        Err(error) => {
            let start = column(line.trim_start()) + error.pos;
            Err((
                start,
                format!("not a pattern: {}", error.msg),
                "in patterns `*`, `**`, `?` and `[abc]` mean something",
            ))
        }
    }
}

/// The patterns of whole paths that a line's pattern stands for.
fn patterns(text: &str) -> Result<Vec<Pattern>, glob::PatternError> {
    let inner = text.trim_matches('/');
    let is_anchored = text.starts_with('/') || inner.contains('/');
    let start = if is_anchored || inner.starts_with("**") { "" } else { "**/" };
    // What starts a line's own pattern has been read before: a problem's place is within that.
    Pattern::new(inner)?;
    let folder = Pattern::new(&format!("{start}{inner}/**"))?;
    let mut both = vec![folder];
    if !text.ends_with('/') {
        both.push(Pattern::new(&format!("{start}{inner}"))?);
    }
    Ok(both)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_as_those_of_code_owners_do() {
        for (pattern, matching, others) in [
            ("*.sql", "a.sql db/a.sql db/x/.sql", "a.sqlx"),
            ("/*.sql", "a.sql", "db/a.sql"),
            ("web/", "web/a x/web/a/b", "web awebs/a"),
            ("/web/", "web/a web/a/b", "x/web/a web"),
            ("web", "web web/a x/web x/web/a", "webs"),
            ("src/api", "src/api src/api/a", "x/src/api src/apis"),
            ("infra/*/prod", "infra/x/prod infra/x/prod/a", "infra/x/y/prod"),
            ("infra/**/prod", "infra/prod infra/x/y/prod", "infra/x/prods"),
            ("**/test", "test a/b/test/c", "tests"),
            ("*", "a a/b", ""),
            ("docs/*.[mt]d", "docs/a.md docs/a.td", "docs/x/a.md docs/a.xd"),
        ] {
            let read = DefaultTags::parse(&format!("{pattern} #t"), "TAGS");
            assert!(read.problems.is_empty(), "{pattern}");
            for (paths, expected) in [(matching, vec!["#t"]), (others, vec![])] {
                for path in paths.split_whitespace() {
                    assert_eq!(read.of(&[path.to_owned()]), expected, "{pattern} of {path}");
                }
            }
        }
    }

    #[test]
    fn tags_are_given_once_and_comments_left_out() {
        let text = "# comment\n\n*.rs  #rust #code\n/my dir/*\t#code #mine\n";
        let read = DefaultTags::parse(text, "TAGS");
        assert!(read.problems.is_empty());
        let paths = ["a.rs", "my dir/b"].map(str::to_owned);
        assert_eq!(read.of(&paths), ["#rust", "#code", "#mine"]);
        assert_eq!(read.of(&paths[1..]), ["#code", "#mine"]);
        assert_eq!(read.of(&[]), Vec::<String>::new());
    }

    #[test]
    fn the_standard_tags_are_those_of_sleuth() {
        let standard = DefaultTags::standard();
        assert!(standard.problems.is_empty());
        for (path, expected) in [
            ("Dockerfile", vec!["#docker"]),
            ("services/web/Dockerfile", vec!["#docker"]),
            ("Dockerfile.dev", vec![]),
            ("pom.xml", vec!["#dependencies"]),
            ("web/package-lock.json", vec!["#dependencies"]),
            ("package.json", vec![]),
            ("app/migration/0001.py", vec!["#migration"]),
            ("migration/0001.py", vec!["#migration"]),
            ("db/schema.rb", vec!["#database"]),
            ("app/db/migration/1.sql", vec!["#migration", "#database"]),
            ("infra/main.tf", vec!["#terraform"]),
            ("README.md", vec![]),
        ] {
            assert_eq!(standard.of(&[path.to_owned()]), expected, "{path}");
        }
    }

    #[test]
    fn a_wrong_line_is_told_with_its_place_and_the_others_count() {
        let text = "*.rs\n*.rs #a b\n  a[ #a\n*.md #\n*.md #docs\n***/x #a\n";
        let read = DefaultTags::parse(text, ".signoff/TAGS");
        let told: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @"
        .signoff/TAGS:1:5: no tag; write a pattern and its tags: `*.sql #database`
        .signoff/TAGS:2:9: `b` is not a tag; each tag starts with `#`
        .signoff/TAGS:3:4: not a pattern: invalid range pattern; in patterns `*`, `**`, `?` and `[abc]` mean something
        .signoff/TAGS:4:6: `#` is not a tag; each tag starts with `#`
        .signoff/TAGS:6:3: not a pattern: wildcards are either regular `*` or recursive `**`; in patterns `*`, `**`, `?` and `[abc]` mean something
        ");
        assert_eq!(read.of(&["x.md".to_owned()]), ["#docs"]);
    }
}
