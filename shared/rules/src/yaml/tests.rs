//! What the loader takes and what it says.

use super::*;
use crate::problem::{Problem, Source};
use std::fmt::Write;

fn read(text: &str) -> Result<Rc<Node>, Vec<Problem>> {
    load(&Source::new("rules.yml", text), text)
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
            write!(text, "[{}]", nodes.iter().map(|node| shown(node)).collect::<Vec<_>>().join(", ")).unwrap();
        }
        Content::Mapping(entries) => {
            let entry = |entry: &Entry| format!("{}:{} {}: {}", entry.at.line, entry.at.column, entry.key, shown(&entry.value));
            write!(text, "{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", ")).unwrap();
        }
    }
    text
}

#[test]
fn nodes_know_their_place() {
    insta::assert_snapshot!(problems("# é\r\nrules:\r\n  - 'a': [x, \"y\"]\r\n    b: |\r\n      line 1\r\n      line 2\r\n  -\r\n"), @"");
    insta::assert_snapshot!(problems("a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n  l: >-\n    folded\n    text\n"), @"");
    insta::assert_snapshot!(problems("\u{feff}a: é 'b'\nc: !!str 5"), @"");
}

#[test]
fn merge_keys_do_not_overwrite() {
    insta::assert_snapshot!(problems("a: &a {k: 1, l: 2}\nb: &b {l: 3, m: 4}\nc: {l: 9, <<: [*a, *b]}\n"), @"");
    insta::assert_snapshot!(problems("c:\n  <<: 5\n"), @"");
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
    insta::assert_snapshot!(told, @"");
}

#[test]
fn aliases_cannot_make_much_of_little() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 'b'..='k' {
        let before = char::from_u32(level as u32 - 1).unwrap();
        writeln!(bomb, "{level}: &{level} [{}]", vec![format!("*{before}"); 9].join(", ")).unwrap();
    }
    insta::assert_snapshot!(problems(&bomb), @"");
}

#[test]
fn aliases_cannot_nest_without_end() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        writeln!(text, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    insta::assert_snapshot!(problems(&text), @"");
}

#[test]
fn size_and_depth_are_bounded() {
    insta::assert_snapshot!(problems(&"[".repeat(100_000)).lines().next().unwrap(), @"");
    insta::assert_snapshot!(problems(&"- ".repeat(200_000)).lines().next().unwrap(), @"");
    insta::assert_snapshot!(problems(&" ".repeat(MAX_SOURCE_BYTES + 1)).lines().next().unwrap(), @"");
    insta::assert_snapshot!(problems(&"- x\n".repeat(MAX_NODES)).lines().next().unwrap(), @"");
    assert!(read(&format!("{}x{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH))).is_ok());
}

#[test]
fn a_place_in_a_text_is_found_in_the_file() {
    let find = |text: &str, wanted: &str| {
        let source = Source::new("rules.yml", text);
        let node = load(&source, text).unwrap();
        let Content::Mapping(entries) = &node.content else { panic!("no mapping") };
        let value = &entries[0].value;
        let decoded = &value.as_scalar().unwrap().text;
        let offset = decoded[..decoded.find(wanted).unwrap()].chars().count();
        let at = locate(&source, value, offset);
        format!("{}:{} {}", at.line, at.column, source.line(at.line).chars().skip(at.column - 1).collect::<String>())
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
        (r#"a: "\x41 d""#, "d", r#"1:4 "\x41 d""#),
    ] {
        assert_eq!(find(text, wanted), expected, "{text:?}");
    }
}

#[test]
fn scalars_are_read_as_rules_files_mean_them() {
    let scalar = |text: &str| Scalar { text: text.to_owned(), style: ScalarStyle::Plain };
    for (text, expected) in [("yes", Some(true)), ("True", Some(true)), ("off", Some(false)), ("1", None), ("y", None)] {
        assert_eq!(scalar(text).as_bool(), expected, "{text}");
    }
    for (text, expected) in [("0", Some(0)), ("-12", Some(-12)), ("007", None), ("1.5", None), ("1e3", None), ("99999999999999999999", None), ("-", None), ("+5", None)] {
        assert_eq!(scalar(text).as_integer(), expected, "{text}");
    }
    let quoted = Scalar { text: "true".to_owned(), style: ScalarStyle::SingleQuoted };
    assert_eq!((quoted.as_bool(), quoted.as_integer(), quoted.is_null()), (None, None, false));
}
