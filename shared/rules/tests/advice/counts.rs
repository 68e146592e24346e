//! Number of messages about one slip, at each line of sample files.

use super::told;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Sound files of the corpus.
const SAMPLES: [&str; 10] = [
    "comments",
    "explicit-keys",
    "freeze",
    "list-at-the-key",
    "plain-over-lines",
    "promote",
    "pull-requests",
    "quotas",
    "quotes",
    "unicode",
];

/// A slip of the hand in one line; `None`: the line has nothing of which it could be one.
type Slip = fn(&str) -> Option<String>;

/// The slips, each with the number of lines of the samples that may have more than one problem for it. The
/// numbers only fall.
const SLIPS: [(&str, Slip, usize); 11] = [
    ("colon", |line| line.contains(':').then(|| line.replacen(':', "", 1)), 0),
    ("dash", |line| line.contains("- ").then(|| line.replacen("- ", "", 1)), 0),
    ("quote", |line| line.contains('\'').then(|| line.replacen('\'', "", 1)), 0),
    (
        "last quote",
        |line| {
            let at = line.rfind('\'')?;
            Some(format!("{}{}", &line[..at], &line[at + 1..]))
        },
        0,
    ),
    ("indent", |line| line.starts_with("  ").then(|| line[2..].to_owned()), 0),
    ("brace", |line| line.contains('}').then(|| line.replacen('}', "", 1)), 0),
    ("tab", |line| line.starts_with("  ").then(|| format!("\t{}", line.trim_start())), 0),
    (
        "typographic quotes",
        |line| line.contains('\'').then(|| line.replacen('\'', "‘", 1).replacen('\'', "’", 1)),
        0,
    ),
    ("two spaces more", |line| (!line.trim().is_empty()).then(|| format!("  {line}")), 6),
    ("equals sign", |line| line.contains(": ").then(|| line.replacen(": ", "=", 1)), 2),
    ("other quote", |line| line.contains('\'').then(|| line.replacen('\'', "\"", 1)), 1),
];

#[test]
fn slip_of_somebody_from_elsewhere_is_told_once() {
    let mut wrong = String::new();
    for (file, _) in super::rows::others::all() {
        let (_, told) = told(&file);
        if told.len() != 1 {
            writeln!(wrong, "{file}{} messages: {told:#?}\n-----", told.len()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn one_slip_is_one_problem_in_nearly_every_line() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/good");
    let samples = SAMPLES.map(|name| (name, fs::read_to_string(corpus.join(format!("{name}.yml"))).unwrap()));
    let mut several: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, text) in &samples {
        let lines: Vec<&str> = text.lines().collect();
        for (slip, make, _) in SLIPS {
            for (index, line) in lines.iter().enumerate() {
                let Some(slipped) = make(line).filter(|_| !line.trim_start().starts_with('#')) else {
                    continue;
                };
                let with: Vec<&str> = lines
                    .iter()
                    .enumerate()
                    .map(|(at, line)| if at == index { &slipped } else { *line })
                    .collect();
                let (is_sound, messages) = told(&format!("{}\n", with.join("\n")));
                if !is_sound && messages.len() > 1 {
                    several.entry(slip).or_default().push(format!(
                        "{name}:{}: {}",
                        index + 1,
                        messages.len()
                    ));
                }
            }
        }
    }
    let mut wrong = String::new();
    for (slip, _, most) in SLIPS {
        let found = several.remove(slip).unwrap_or_default();
        if found.len() != most {
            writeln!(wrong, "{slip}: {} lines, not {most}\n{}", found.len(), found.join("\n")).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
