//! The record as files: comma-separated values (RFC 4180) for spreadsheets, JSON lines for programs.

use crate::address::site::Site;
use crate::view::{ListedApproval, ListedVote, PersonView};
use signoff_core::approval::Choice;
use signoff_store::ApprovalListing;
use std::io;

/// Largest size of a file, in bytes: Lambda answers with 6 MB at most, of which JSON's quoting of the body
/// takes its part.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Largest number of parts of the list in one file: as many as fit into the time that the function has.
pub(crate) const MOST_PARTS: i32 = 10;

/// The first line of comma-separated values.
const COLUMNS: [&str; 21] = [
    "id",
    "deployment",
    "environment",
    "revision",
    "rule",
    "name",
    "status",
    "opened_at",
    "closed_at",
    "seconds_open",
    "approved_by",
    "rejected_by",
    "cancelled_by",
    "reason",
    "url",
    "vote_reasons",
    "glass_broken_by",
    "glass_reason",
    "review_due",
    "reviewed_by",
    "review_note",
];

/// Characters that spreadsheets take for the beginning of a formula.
/// Source: <https://owasp.org/www-community/attacks/CSV_Injection>.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// A part of the record as a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Export {
    pub(crate) body: String,
    /// Cursor of the next part; `None` at the end, and before the beginning.
    pub(crate) next: Option<String>,
}

/// Writes a part of the list behind what was written before.
pub(crate) type Write = fn(Export, &ApprovalListing, &Site) -> io::Result<Export>;

/// A line for each approval, under a line of the columns' names. A cell that a spreadsheet would take for a
/// formula begins with an apostrophe.
pub(crate) fn csv(mut before: Export, listing: &ApprovalListing, site: &Site) -> io::Result<Export> {
    if before.body.is_empty() {
        before.body = line(&COLUMNS)?;
    }
    fill(before, listing, site, MOST_BYTES, row)
}

/// A line for each approval: a [`ListedApproval`] as JSON.
pub(crate) fn json_lines(before: Export, listing: &ApprovalListing, site: &Site) -> io::Result<Export> {
    fill(before, listing, site, MOST_BYTES, |approval| Ok(serde_json::to_string(approval)? + "\n"))
}

/// Appends as many lines of `listing` as fit into `most` bytes together with what was written before.
fn fill(
    before: Export,
    listing: &ApprovalListing,
    site: &Site,
    most: usize,
    line: impl Fn(&ListedApproval) -> io::Result<String>,
) -> io::Result<Export> {
    let Export { mut body, next: mut last } = before;
    for approval in &listing.approvals {
        let line = line(&ListedApproval::of(approval, site))?;
        if last.is_some() && body.len() + line.len() > most {
            return Ok(Export { body, next: last });
        }
        body.push_str(&line);
        last = Some(approval.place());
    }
    Ok(Export { body, next: listing.next.clone() })
}

fn row(approval: &ListedApproval) -> io::Result<String> {
    let cancelled_by = approval.cancelled_by.as_ref();
    let glass = approval.glass.as_ref();
    let review = glass.and_then(|glass| glass.review.as_ref());
    let person = |person: &PersonView| named(person.label(), &person.id);
    let cells = [
        approval.id.to_string(),
        approval.deployment.clone().unwrap_or_default(),
        approval.environment.clone().unwrap_or_default(),
        approval.revision.clone(),
        approval.rule.clone(),
        approval.name.clone(),
        approval.status.clone(),
        approval.opened_at.to_string(),
        approval.closed_at.map(|at| at.to_string()).unwrap_or_default(),
        approval.open_for().map(|seconds| seconds.to_string()).unwrap_or_default(),
        people(approval.voted(Choice::Approve)),
        people(approval.voted(Choice::Reject)),
        cancelled_by.map(person).unwrap_or_default(),
        approval.reason.clone().unwrap_or_default(),
        approval.url.clone(),
        reasons(&approval.votes),
        glass.map(|glass| person(&glass.by)).unwrap_or_default(),
        glass.map(|glass| glass.reason.clone()).unwrap_or_default(),
        glass.map(|glass| glass.review_due.to_string()).unwrap_or_default(),
        review.map(|review| person(&review.by)).unwrap_or_default(),
        review.map(|review| review.note.clone()).unwrap_or_default(),
    ];
    line(&cells.map(|cell| harmless(&cell)))
}

/// Reasons of the votes, with the voters: `Ana (U1): Looks right; Ben (U2): Not today`.
fn reasons(votes: &[ListedVote]) -> String {
    let said = votes.iter().filter_map(|vote| {
        vote.reason.as_ref().map(|reason| format!("{}: {reason}", named(&vote.name, &vote.voter)))
    });
    said.collect::<Vec<_>>().join("; ")
}

fn people<'a>(votes: impl Iterator<Item = &'a ListedVote>) -> String {
    votes.map(|vote| named(&vote.name, &vote.voter)).collect::<Vec<_>>().join("; ")
}

fn named(name: &str, id: &str) -> String {
    if name == id { id.to_owned() } else { format!("{name} ({id})") }
}

/// The cell, with an apostrophe before what would be the beginning of a formula: at its own beginning, and
/// where a spreadsheet that takes semicolons or tabs for the ends of cells would see another one begin.
pub(crate) fn harmless(cell: &str) -> String {
    let mut harmless = String::with_capacity(cell.len());
    let mut begins = true;
    for letter in cell.chars() {
        if begins && FORMULA.contains(&letter) {
            harmless.push('\'');
        }
        begins = matches!(letter, ';' | '\t') || (begins && matches!(letter, ' ' | '"'));
        harmless.push(letter);
    }
    harmless
}

/// The cell as it was before [`harmless`] wrote it.
pub(crate) fn as_typed(cell: &str) -> String {
    let mut typed = String::with_capacity(cell.len());
    let mut letters = cell.chars().peekable();
    let mut begins = true;
    while let Some(letter) = letters.next() {
        if begins && letter == '\'' && letters.peek().is_some_and(|next| FORMULA.contains(next)) {
            continue;
        }
        begins = matches!(letter, ';' | '\t') || (begins && matches!(letter, ' ' | '"'));
        typed.push(letter);
    }
    typed
}

/// A line of comma-separated values.
pub(crate) fn line(cells: &[impl AsRef<[u8]>]) -> io::Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells)?;
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use signoff_core::approval::{Closed, Status};

    fn site() -> Site {
        Site::new("https://signoff.example.com").unwrap()
    }

    fn listing() -> ApprovalListing {
        let mut approvals = sample::recorded();
        approvals[0].name = "=HYPERLINK(\"https://evil.example\",\"a, b\")".into();
        approvals[0].votes[0].name = "@ana \"the\" boss".into();
        ApprovalListing { approvals, unreadable: 0, next: Some("next".into()) }
    }

    #[test]
    fn what_spreadsheets_get() {
        let export = csv(Export::default(), &listing(), &site()).unwrap();
        assert_eq!(export.next.as_deref(), Some("next"));
        insta::assert_snapshot!(export.body.replace("\r\n", "\\r\\n\n"));
        // A reader of CSV finds the same cells, and none that is a formula.
        let mut reader = csv::Reader::from_reader(export.body.as_bytes());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!((rows.len(), rows[0].len()), (listing().approvals.len(), COLUMNS.len()));
        assert_eq!(&rows[0][5], "'=HYPERLINK(\"https://evil.example\",\"a, b\")");
        assert!(rows.iter().flatten().all(|cell| !cell.starts_with(FORMULA)));
    }

    #[test]
    fn every_beginning_of_a_formula_is_made_harmless() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert!(harmless(cell).starts_with(&format!("'{}", &cell[..1])), "{cell:?}");
        }
        assert_eq!(harmless("Ana; =cmd();\"@b\";c\t-1"), "Ana; '=cmd();\"'@b\";c\t'-1");
        for cell in ["=1+1", "Ana; =cmd();\"@b\";c\t-1", "a (b); c (d)", ""] {
            assert_eq!(as_typed(&harmless(cell)), cell);
        }
        for cell in ["", "1-1", "a=1", "'=1", "a (b); c (d)"] {
            assert_eq!(harmless(cell), cell);
        }
    }

    #[test]
    fn what_programs_get() {
        let export = json_lines(Export::default(), &listing(), &site()).unwrap();
        let lines: Vec<serde_json::Value> =
            export.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), listing().approvals.len());
        assert_eq!(lines[0]["name"], "=HYPERLINK(\"https://evil.example\",\"a, b\")");
        insta::assert_snapshot!(serde_json::to_string_pretty(&lines).unwrap());
    }

    #[test]
    fn a_file_ends_before_it_is_too_long_and_says_where() {
        let listing = listing();
        let one = |approval: &ListedApproval| Ok(format!("{}\n", approval.id));
        let line = listing.approvals[0].id.as_str().len() + 1;
        for (most, fit) in
            [(0, 1), (line, 1), (2 * line - 1, 1), (2 * line, 2), (usize::MAX, listing.approvals.len())]
        {
            let export = fill(Export::default(), &listing, &site(), most, one).unwrap();
            assert_eq!(export.body.lines().count(), fit, "{most} bytes");
            let next = listing.approvals.get(fit - 1).filter(|_| fit < listing.approvals.len());
            assert_eq!(export.next, next.map(|last| last.place()).or_else(|| listing.next.clone()));
        }
    }

    #[test]
    fn a_part_goes_on_where_the_one_before_ended() {
        let (all, begun) = (listing(), csv(Export::default(), &listing(), &site()).unwrap());
        let mut first = all.clone();
        let second = ApprovalListing {
            approvals: first.approvals.split_off(2),
            unreadable: 0,
            next: all.next.clone(),
        };
        first.next = Some(first.approvals[1].place());
        let parts = csv(csv(Export::default(), &first, &site()).unwrap(), &second, &site()).unwrap();
        assert_eq!(parts, begun);
        let full = fill(begun.clone(), &second, &site(), 1, row).unwrap();
        assert_eq!(full, begun, "what does not fit is for the next file");
    }

    #[test]
    fn whoever_cancelled_is_named_where_the_record_knows_the_name() {
        let mut approvals = sample::recorded();
        approvals.truncate(1);
        approvals[0].status = Status::Closed(Closed::Cancelled {
            at: sample::at(9),
            by: Some("U9".into()),
            reason: "not today".into(),
        });
        let listing = ApprovalListing { approvals, unreadable: 0, next: None };
        assert!(csv(Export::default(), &listing, &site()).unwrap().body.contains(",U9,not today,"));
    }
}
