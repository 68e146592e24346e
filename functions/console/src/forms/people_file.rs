//! People as comma-separated values (RFC 4180), in and out: what is written reads as it was.

use super::people::{
    Filled, LONGEST_NAME, MEMBER, Wrong, handle_problem, said, stand_in_problem, text_problem,
};
use crate::export::{as_typed, harmless, line};
use signoff_core::people::{By, Claim, Entry, Handle};
use std::collections::BTreeMap;
use std::io;

/// The most lines of a file.
pub(crate) const MOST_LINES: usize = 2000;

/// The columns that are read.
const READ: [&str; 5] = ["account", "name", "member", "nobody_here", "reason"];
/// The columns that are only written: they tell of who said so.
const TOLD: [&str; 5] = ["state", "said_by", "said_at", "confirmed_by", "confirmed_at"];

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileLine {
    /// Its number in the file.
    pub(crate) number: u64,
    /// Its meaning.
    pub(crate) filled: Filled,
}

/// A problem of a file, and the line that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineProblem {
    /// Its number in the file.
    pub(crate) line: u64,
    /// The problem, as sentences.
    pub(crate) problem: String,
}

/// Reads a file. Error: every problem of every line; then nothing of it counts.
pub(crate) fn read(text: &str) -> Result<Vec<FileLine>, Vec<LineProblem>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let columns = match reader.headers() {
        Ok(headers) => columns(headers)?,
        Err(error) => {
            return Err(vec![LineProblem { line: 1, problem: format!("This isn\u{2019}t CSV: {error}.") }]);
        }
    };
    let (mut lines, mut problems, mut seen) = (Vec::new(), Vec::new(), BTreeMap::<Handle, u64>::new());
    for (index, record) in reader.records().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                problems.push(LineProblem { line, problem: format!("This isn\u{2019}t CSV: {error}.") });
                break;
            }
        };
        let number = record.position().map_or(0, csv::Position::line);
        if index == MOST_LINES {
            let problem = format!("A file has at most {MOST_LINES} lines. Split it.");
            problems.push(LineProblem { line: number, problem });
            break;
        }
        match filled(&record, &columns) {
            Ok(filled) => match seen.get(&filled.handle) {
                Some(first) => {
                    let problem = format!("Line {first} has the same account. Keep one of them.");
                    problems.push(LineProblem { line: number, problem });
                }
                None => {
                    seen.insert(filled.handle.clone(), number);
                    lines.push(FileLine { number, filled });
                }
            },
            Err(found) => {
                problems.extend(found.into_iter().map(|problem| LineProblem { line: number, problem }));
            }
        }
    }
    if problems.is_empty() { Ok(lines) } else { Err(problems) }
}

/// Writes `entries`, each as its newest statement has it; what was removed is left out. Error: the file can't
/// be written.
pub(crate) fn write(entries: &[Entry]) -> io::Result<String> {
    let mut text = line(&READ.into_iter().chain(TOLD).collect::<Vec<_>>())?;
    for entry in entries {
        let Some(statement) = entry.newest() else { continue };
        // A removal that waits for another admin is no line of a file: what is in force until then is.
        let in_force = entry.counts.as_ref().filter(|_| statement.claim == Claim::Removed);
        let statement = in_force.unwrap_or(statement);
        let (member, nobody_here, reason) = match &statement.claim {
            Claim::Member { id, .. } => (id.as_str(), "", ""),
            Claim::NobodyHere { kind, reason } => ("", kind.name(), reason.as_str()),
            Claim::Removed => continue,
        };
        let by = |by: Option<&By>| by.map(|by| format!("{} ({})", by.name, by.id)).unwrap_or_default();
        let at = |by: Option<&By>| by.map(|by| by.at.to_string()).unwrap_or_default();
        let (said, confirmed) = (statement.said.as_ref(), statement.confirmed.as_ref());
        let state = if entry.waits.is_none() { "confirmed" } else { "not confirmed" };
        let cells = [
            entry.handle.to_string(),
            entry.name.clone(),
            member.to_owned(),
            nobody_here.to_owned(),
            reason.to_owned(),
            state.to_owned(),
            by(said),
            at(said),
            by(confirmed),
            at(confirmed),
        ];
        text.push_str(&line(&cells.map(|cell| harmless(&cell)))?);
    }
    Ok(text)
}

/// The places of the columns that are read, in their order.
fn columns(headers: &csv::StringRecord) -> Result<[Option<usize>; 5], Vec<LineProblem>> {
    let named: Vec<_> = headers.iter().map(|name| name.trim().to_lowercase()).collect();
    let known = || READ.into_iter().chain(TOLD);
    let mut problems = Vec::new();
    for (at, name) in named.iter().enumerate() {
        if !known().any(|known| known == name) {
            problems.push(format!("Unknown column “{name}”. The columns are: {}.", READ.join(", ")));
        } else if named[..at].contains(name) {
            problems.push(format!("The column “{name}” appears twice."));
        }
    }
    if !named.iter().any(|name| name == READ[0]) {
        problems.push(format!("The column “{}” is missing.", READ[0]));
    }
    if !problems.is_empty() {
        return Err(problems.into_iter().map(|problem| LineProblem { line: 1, problem }).collect());
    }
    Ok(READ.map(|column| named.iter().position(|name| name == column)))
}

fn filled(record: &csv::StringRecord, columns: &[Option<usize>; 5]) -> Result<Filled, Vec<String>> {
    let [account, name, member, nobody_here, reason] =
        columns.map(|at| as_typed(at.and_then(|at| record.get(at)).unwrap_or_default()));
    let mut problems = Vec::new();
    let handle = Handle::parse(&account);
    if handle.is_none() {
        problems.push(format!("account: {}", handle_problem(&account)));
    }
    problems.extend(text_problem(&name, LONGEST_NAME).map(|problem| format!("name: {problem}")));
    let is = if nobody_here.is_empty() { MEMBER } else { nobody_here.as_str() };
    let said = match (member.is_empty(), nobody_here.is_empty()) {
        (false, false) => Err("member, nobody_here: Fill in one of them.".to_owned()),
        (true, true) => Err("member, nobody_here: Both are empty. Fill in one of them.".to_owned()),
        (true, false) | (false, true) => said(is, &member, &reason).map_err(|wrong| match wrong {
            Wrong::Is(problem) => format!("nobody_here: {}", problem.replace(&format!("{MEMBER}, "), "")),
            Wrong::Member(problem) => format!("member: {problem}"),
            Wrong::Reason(problem) => format!("reason: {problem}"),
        }),
    };
    let listed = handle.as_ref().filter(|_| said.is_ok());
    problems.extend(listed.and_then(stand_in_problem).map(|problem| format!("account: {problem}")));
    match (handle, said) {
        (Some(handle), Ok(said)) if problems.is_empty() => Ok(Filled { handle, name, said }),
        (_, said) => {
            problems.extend(said.err());
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::people::Said;
    use crate::sample;

    fn told(text: &str) -> String {
        let problems = read(text).unwrap_err();
        problems.iter().map(|problem| format!("{}: {}\n", problem.line, problem.problem)).collect()
    }

    #[test]
    fn a_file_reads_as_it_was_written() {
        let entries = sample::people();
        let text = write(&entries).unwrap();
        insta::assert_snapshot!(text.replace("\r\n", "\n"), @"
        account,name,member,nobody_here,reason,state,said_by,said_at,confirmed_by,confirmed_at
        github:7,ben-a,U2,,,confirmed,Ana Kovač (U1),2026-11-23T10:42:00Z,Ben Adeyemi (U2),2026-11-23T10:43:00Z
        github:583231,chiara-r,U4,,,not confirmed,Ana Kovač (U1),2026-11-23T10:44:00Z,,
        old@acme.example,'=old-timer,,left,left in May,not confirmed,Ben Adeyemi (U2),2026-11-23T10:42:00Z,,
        github:49699333,dependabot[bot],,bot,It is on the list from the start,confirmed,,,,
        github:29139614,renovate[bot],,bot,It is on the list from the start,confirmed,,,,
        ");
        let read = read(&text).unwrap();
        assert_eq!(read.len(), entries.iter().filter(|entry| !entry.is_removed()).count());
        for line in read {
            let entry = entries.iter().find(|entry| entry.handle == line.filled.handle).unwrap();
            assert_eq!(line.filled.name, entry.name);
        }
    }

    #[test]
    fn columns_may_come_in_any_order_and_be_left_out() {
        let read = read("\u{feff}Member,Account\nU2, 583231 \n\"U3\",ana@acme.example\n").unwrap();
        let of = |number, handle: Handle, member: &str| {
            let said = Said::Member(member.to_owned());
            FileLine { number, filled: Filled { handle, name: String::new(), said } }
        };
        let ana = Handle::email("ana@acme.example").unwrap();
        assert_eq!(read, [of(2, Handle::github(583_231), "U2"), of(3, ana, "U3")]);
    }

    #[test]
    fn each_problem_is_told_with_its_line() {
        let lines = [
            "account,name,member,nobody_here,reason",
            "583231,octocat,U2,,",
            "octocat,,U2,,",
            "7,,,,",
            "8,,U2,left,gone",
            "9,,,boss,no",
            "10,,,left,",
            "583231+octocat@users.noreply.github.com,,U3,,",
            "11,,@ana,,",
            "118344674,,,assistant,merges",
        ];
        insta::assert_snapshot!(told(&lines.join("\n")), @"
        3: account: This isn’t an account’s number or an e-mail address. Write the account’s number on GitHub (the id at https://api.github.com/users/LOGIN), its noreply address, or an e-mail address.
        4: member, nobody_here: Both are empty. Fill in one of them.
        5: member, nobody_here: Fill in one of them.
        6: nobody_here: Choose one of: left, outside, assistant, bot.
        7: reason: Say why it belongs to nobody here, such as “left in May”.
        8: Line 2 has the same account. Keep one of them.
        9: member: Write the member’s id in Slack (U0123ABCDEF: “Copy member ID” in their profile), or the e-mail address that they have in Slack.
        10: account: This account acts for the people who started a run or queued a merge. They are the makers, so this account can’t have an entry.
        ");
        insta::assert_snapshot!(told("account,e-mail,account\n"), @"
        1: Unknown column “e-mail”. The columns are: account, name, member, nobody_here, reason.
        1: The column “account” appears twice.
        ");
        insta::assert_snapshot!(told(""), @"1: The column “account” is missing.");
        let many: String = (1..=2001).map(|id| format!("{id},U2\n")).collect();
        insta::assert_snapshot!(told(&format!("account,member\n{many}")), @"2002: A file has at most 2000 lines. Split it.");
    }
}
