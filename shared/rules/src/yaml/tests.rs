//! Tests of the trees and the messages of the loader.

use super::*;
use crate::problem::{Problem, Source};
use std::fmt::Write;

fn read(text: &str) -> Result<Rc<Node>, Vec<Problem>> {
    load(&Source::new("rules.yml", text), "start with `rules:`")
}

fn problems(text: &str) -> String {
    match read(text) {
        Ok(node) => format!("fine: {}", shown(&node)),
        Err(problems) => problems.iter().map(Problem::rendered).collect::<Vec<_>>().join("\n"),
    }
}

/// The tree on one line, with each node's place.
fn shown(node: &Node) -> String {
    let mut text = format!("{}:{} ", node.start.line, node.start.column);
    match &node.content {
        Content::Scalar(scalar) => write!(text, "{:?}", scalar.text).unwrap(),
        Content::Sequence(nodes) => {
            write!(text, "[{}]", nodes.iter().map(|node| shown(node)).collect::<Vec<_>>().join(", "))
                .unwrap();
        }
        Content::Mapping(entries) => {
            let entry = |entry: &Entry| {
                format!("{}:{} {}: {}", entry.at.line, entry.at.column, entry.key, shown(&entry.value))
            };
            write!(text, "{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", ")).unwrap();
        }
    }
    text
}

#[test]
fn nodes_know_their_place() {
    insta::assert_snapshot!(problems("# é\r\nrules:\r\n  - 'a': [x, \"y\"]\r\n    b: |\r\n      line 1\r\n      line 2\r\n  -\r\n"), @r#"
    fine: 2:1 {2:1 rules: 3:3 [3:5 {3:5 a: 3:10 [3:11 "x", 3:14 "y"], 4:5 b: 5:7 "line 1\nline 2\n"}, 7:4 ""]}
    "#);
    insta::assert_snapshot!(problems("a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  l: >-\n    folded\n    text\n"), @r#"
    fine: 1:1 {1:1 a: 1:4 {1:8 k: 1:11 "1"}, 2:1 b: 1:4 {1:8 k: 1:11 "1"}, 3:1 c: 4:3 {5:3 l: 6:5 "folded text", 1:8 k: 1:11 "1"}}
    "#);
    insta::assert_snapshot!(problems("\u{feff}a: é 'b'\nc: !!str 5"), @r#"
    fine: 1:1 {1:1 a: 1:4 "é 'b'", 2:1 c: 2:4 "5"}
    "#);
}

#[test]
fn merge_keys_do_not_overwrite() {
    insta::assert_snapshot!(problems("a: &a {k: 1, l: 2}\nb: &b {l: 3, m: 4}\nc: {l: 9, <<: [*a, *b]}\n"), @r#"
    fine: 1:1 {1:1 a: 1:4 {1:8 k: 1:11 "1", 1:14 l: 1:17 "2"}, 2:1 b: 2:4 {2:8 l: 2:11 "3", 2:14 m: 2:17 "4"}, 3:1 c: 3:4 {3:5 l: 3:8 "9", 1:8 k: 1:11 "1", 2:14 m: 2:17 "4"}}
    "#);
    insta::assert_snapshot!(problems("c:\n  <<: 5\n"), @r"
    rules.yml:2:3: `<<` merges keys with values only; write `<<: *name`, where a mapping above has this anchor
      |
    2 |   <<: 5
      |   ^
    ");
}

#[test]
fn what_is_not_yaml_says_what_to_write_instead() {
    let bad = [
        "rules:\n\t- a: 1\n",
        "rules:\n  - a:\n\t  b: 1\n",
        "rules:\n  - a:\n      b: 1\n     c: 2\n",
        "rules:\n  - a: b: c\n",
        "rules:\n  - a: 'open\n",
        "rules:\n  - a: \"\\d\"\n",
        "rules:\n  - a: [1, 2\n",
        "rules:\n  - a: {b: 1\n",
        "rules:\n  - a: 'x' y\n",
        "rules:\n  - a: @team\n",
        "rules:\n  - a: *nobody\n",
        "rules:\n  - a: %x\n",
        "rules:\n  - version: {{ revision }}\n",
        "rules:\n  ? [a, b]\n  : c\n",
        "rules:\n  - a\n  b: 1\n",
        "rules:\n- a: 1\n b: 2\n",
        "rules:\n  a: |\n    x\n   y\n",
        "rules:\n  a\n  b: 1\n",
        "rules: 1\nrules: 2\nx:\n  k: 1\n  k: 2\n",
        "a: 1\n---\nb: 2\n",
        "a: !Ref x\n",
        "a: &x [*x]\n",
        "%éé\0\n",
        "a: \0\n",
        "",
        "# nothing\n",
        "---\n...\n",
        "]",
    ];
    let mut told = String::new();
    for text in bad {
        writeln!(told, "{text:?}\n{}\n", problems(text)).unwrap();
    }
    insta::assert_snapshot!(told, @r##"
    "rules:\n\t- a: 1\n"
    rules.yml:2:1: a tab indents this line; YAML takes spaces only: use 2 spaces per level
      |
    2 | 	- a: 1
      | ^

    "rules:\n  - a:\n\t  b: 1\n"
    rules.yml:3:1: a tab indents this line; YAML takes spaces only: use 2 spaces per level
      |
    3 | 	  b: 1
      | ^

    "rules:\n  - a:\n      b: 1\n     c: 2\n"
    rules.yml:4:6: this line is indented unlike its neighbours; keys of one mapping start in the same column
      |
    4 |      c: 2
      |      ^

    "rules:\n  - a: b: c\n"
    rules.yml:2:9: a `:` that starts no value here; indent the line as its neighbours, or put the text into quotes
      |
    2 |   - a: b: c
      |         ^

    "rules:\n  - a: 'open\n"
    rules.yml:2:8: a quote, `{` or `[` is never closed; close it
      |
    2 |   - a: 'open
      |        ^

    "rules:\n  - a: \"\\d\"\n"
    rules.yml:2:8: a `\` that starts no known escape; use single quotes: there, `\` is an ordinary character
      |
    2 |   - a: "\d"
      |        ^

    "rules:\n  - a: [1, 2\n"
    rules.yml:2:13: a `{` or `[` is not closed here; close it; a text with such characters, or with `{{ … }}`, stands in quotes
      |
    2 |   - a: [1, 2
      |             ^

    "rules:\n  - a: {b: 1\n"
    rules.yml:2:13: a `{` or `[` is not closed here; close it; a text with such characters, or with `{{ … }}`, stands in quotes
      |
    2 |   - a: {b: 1
      |             ^

    "rules:\n  - a: 'x' y\n"
    rules.yml:2:12: text after the end of a value; put the whole value into one pair of quotes
      |
    2 |   - a: 'x' y
      |            ^

    "rules:\n  - a: @team\n"
    rules.yml:2:8: a value cannot start with this character; put the value into quotes
      |
    2 |   - a: @team
      |        ^

    "rules:\n  - a: *nobody\n"
    rules.yml:2:8: no anchor `&nobody` stands before this alias; put `&nobody` before what it stands for, above; a text that starts with `*` stands in quotes
      |
    2 |   - a: *nobody
      |        ^

    "rules:\n  - a: %x\n"
    rules.yml:2:8: a value cannot start with this character; put the value into quotes
      |
    2 |   - a: %x
      |        ^

    "rules:\n  - version: {{ revision }}\n"
    rules.yml:2:15: a template without quotes; in YAML, `{` starts a mapping: write '{{ … }}' with quotes
      |
    2 |   - version: {{ revision }}
      |               ^

    "rules:\n  ? [a, b]\n  : c\n"
    rules.yml:2:5: a key must be a plain text
      |
    2 |   ? [a, b]
      |     ^

    "rules:\n  - a\n  b: 1\n"
    rules.yml:3:3: this line is not an entry of the list above; start it with `- `, or indent it further
      |
    3 |   b: 1
      |   ^

    "rules:\n- a: 1\n b: 2\n"
    rules.yml:3:2: this line is indented unlike its neighbours; keys of one mapping start in the same column
      |
    3 |  b: 2
      |  ^

    "rules:\n  a: |\n    x\n   y\n"
    rules.yml:4:4: this line is indented unlike its neighbours; keys of one mapping start in the same column
      |
    4 |    y
      |    ^

    "rules:\n  a\n  b: 1\n"
    rules.yml:3:4: a `:` that starts no value here; indent the line as its neighbours, or put the text into quotes
      |
    3 |   b: 1
      |    ^

    "rules: 1\nrules: 2\nx:\n  k: 1\n  k: 2\n"
    rules.yml:2:1: the key `rules` is here twice (first in line 1); keep one of them
      |
    2 | rules: 2
      | ^
    rules.yml:5:3: the key `k` is here twice (first in line 4); keep one of them
      |
    5 |   k: 2
      |   ^

    "a: 1\n---\nb: 2\n"
    rules.yml:2:1: a second document starts here; write all rules under one `rules:`, without the `---`
      |
    2 | ---
      | ^

    "a: !Ref x\n"
    rules.yml:1:4: tags (`!name`) mean nothing here; leave it out
      |
    1 | a: !Ref x
      |    ^

    "a: &x [*x]\n"
    rules.yml:1:8: an alias inside of what it stands for
      |
    1 | a: &x [*x]
      |        ^

    "%éé\0\n"
    rules.yml:1:5: a NUL character; delete it
      |
    1 | %éé
      |     ^

    "a: \0\n"
    rules.yml:1:4: a NUL character; delete it
      |
    1 | a:
      |    ^

    ""
    rules.yml:1:1: the file is empty; start with `rules:`

    "# nothing\n"
    rules.yml:1:1: the file is empty; start with `rules:`
      |
    1 | # nothing
      | ^

    "---\n...\n"
    rules.yml:1:1: the file is empty; start with `rules:`
      |
    1 | ---
      | ^

    "]"
    rules.yml:1:1: this `]` or `}` closes nothing; take it out, or put the text into quotes
      |
    1 | ]
      | ^
    "##);
}

#[test]
fn aliases_cannot_make_much_of_little() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 'b'..='k' {
        let before = char::from_u32(level as u32 - 1).unwrap();
        writeln!(bomb, "{level}: &{level} [{}]", vec![format!("*{before}"); 9].join(", ")).unwrap();
    }
    insta::assert_snapshot!(problems(&bomb), @r"
    rules.yml:5:4: more than 120000 values, aliases expanded and long texts counted as several; write fewer, or fewer aliases
      |
    5 | e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]
      |    ^
    ");
}

#[test]
fn aliases_cannot_nest_without_end() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        writeln!(text, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    insta::assert_snapshot!(problems(&text), @r"
    rules.yml:63:6: nested more than 64 levels deep
       |
    63 | a62: &a62 [*a61]
       |      ^
    ");
}

#[test]
fn size_and_depth_are_bounded() {
    insta::assert_snapshot!(problems(&"[".repeat(100_000)).lines().next().unwrap(), @r"
    rules.yml:1:256: nested too deep
    ");
    insta::assert_snapshot!(problems(&"- ".repeat(200_000)).lines().next().unwrap(), @r"
    rules.yml:1:129: nested more than 64 levels deep
    ");
    insta::assert_snapshot!(problems(&" ".repeat(MAX_SOURCE_BYTES + 1)).lines().next().unwrap(), @r"
    rules.yml:1:1: the file is larger than 512 KiB; split off what is not rules
    ");
    insta::assert_snapshot!(problems(&"- x\n".repeat(MAX_NODES)).lines().next().unwrap(), @r"
    rules.yml:1:1: more than 120000 values, aliases expanded and long texts counted as several; write fewer, or fewer aliases
    ");
    assert!(read(&format!("{}x{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH))).is_ok());
}

#[test]
fn a_place_in_a_text_is_found_in_the_file() {
    let find = |text: &str, wanted: &str| {
        let source = Source::new("rules.yml", text);
        let node = load(&source, "").unwrap();
        let Content::Mapping(entries) = &node.content else { panic!("no mapping") };
        let value = &entries[0].value;
        let decoded = &value.as_scalar().unwrap().text;
        let offset = decoded[..decoded.find(wanted).unwrap()].chars().count();
        let at = locate(&source, value, offset);
        format!(
            "{}:{} {}",
            at.line,
            at.column,
            source.line(at.line).chars().skip(at.column - 1).collect::<String>()
        )
    };
    for (text, wanted, expected) in [
        ("a: b='c' d", "d", "1:10 d"),
        ("a: b!='' d", "d", "1:10 d"),
        ("a: 'b=''c'' d'", "d", "1:13 d'"),
        ("a: 'b=''c'' d'", "c", "1:9 c'' d'"),
        (r#"a: "b=\"c\" d""#, "d", "1:13 d\""),
        ("a: |\n  x\n    y d\n", "d", "3:7 d"),
        ("a: >-\n\n  x\n  y d\n", "d", "4:5 d"),
        ("a: x\n   y\r\n   d\n", "d", "3:4 d"),
        (r#"a: "\x41 d""#, "d", "1:10 d\""),
        ("a: \"x\\n\\u00e9 d\"", "d", "1:15 d\""),
        ("a: \"x\\\n  d\"", "d", "2:3 d\""),
    ] {
        assert_eq!(find(text, wanted), expected, "{text:?}");
    }
}

#[test]
fn scalars_are_read_as_rules_files_mean_them() {
    let scalar = |text: &str| Scalar { text: text.to_owned(), style: ScalarStyle::Plain };
    for (text, expected) in
        [("yes", Some(true)), ("True", Some(true)), ("off", Some(false)), ("1", None), ("y", None)]
    {
        assert_eq!(scalar(text).as_bool(), expected, "{text}");
    }
    for (text, expected) in [
        ("0", Some(0)),
        ("-12", Some(-12)),
        ("007", None),
        ("1.5", None),
        ("1e3", None),
        ("99999999999999999999", None),
        ("-", None),
        ("+5", None),
    ] {
        assert_eq!(scalar(text).as_integer(), expected, "{text}");
    }
    let quoted = Scalar { text: "true".to_owned(), style: ScalarStyle::SingleQuoted };
    assert_eq!((quoted.as_bool(), quoted.as_integer(), quoted.is_null()), (None, None, false));
}

#[test]
fn kept_tag_is_the_one_key_of_a_mapping() {
    let bare = |text: &str| {
        let root = load_with_tags(&Source::new("template.yaml", text), "").unwrap();
        let shown = shown(&root).replace(['"', '{', '}', '[', ']', ','], "");
        let words = shown.split(' ').filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
        words.collect::<Vec<_>>().join(" ")
    };
    let short = "a: !Ref B\nc: !Join [x, !Ref D]\ne: !Not {f: g}\nh: !!str text\n";
    let long = "a: {'!Ref': B}\nc: {'!Join': [x, {'!Ref': D}]}\ne: {'!Not': {f: g}}\nh: text\n";
    assert_eq!(bare(short), bare(long));
    assert!(bare(short).contains("!Join"), "{}", bare(short));
    assert!(load(&Source::new("rules.yml", short), "").is_err());
}
