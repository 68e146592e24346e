//! The record as files: comma-separated values (RFC 4180) for spreadsheets, JSON lines for programs.

use crate::address::site::Site;
use crate::view::{ListedApproval, ListedVote};
use approval::approval::Choice;
use std::io;
use store::ApprovalListing;

/// How long a file may be: Lambda answers with 6 MB at most, of which JSON's quoting of the body takes its part.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The first line of comma-separated values.
const COLUMNS: [&str; 15] = [
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
];

/// What spreadsheets take for the beginning of a formula.
/// Source: <https://owasp.org/www-community/attacks/CSV_Injection>.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// A part of the record as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Export {
    pub(crate) body: String,
    /// What to ask for to get the next part; `None` at the end.
    pub(crate) next: Option<String>,
}

/// A line for each approval, under a line of the columns' names. A cell that a spreadsheet would take for a formula begins
/// with an apostrophe.
pub(crate) fn csv(listing: &ApprovalListing, site: &Site) -> io::Result<Export> {
    fill(listing, site, line(&COLUMNS)?, MOST_BYTES, row)
}

/// A line for each approval: a [`ListedApproval`] as JSON.
pub(crate) fn json_lines(listing: &ApprovalListing, site: &Site) -> io::Result<Export> {
    fill(listing, site, String::new(), MOST_BYTES, |approval| Ok(serde_json::to_string(approval)? + "\n"))
}

/// As many lines of `listing` after `body` as fit into `most` bytes, but one at least.
fn fill(
    listing: &ApprovalListing,
    site: &Site,
    mut body: String,
    most: usize,
    line: impl Fn(&ListedApproval) -> io::Result<String>,
) -> io::Result<Export> {
    let mut last = None;
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
        cancelled_by.map(|person| named(person.label(), &person.id)).unwrap_or_default(),
        approval.reason.clone().unwrap_or_default(),
        approval.url.clone(),
    ];
    line(&cells.map(harmless))
}

fn people<'a>(votes: impl Iterator<Item = &'a ListedVote>) -> String {
    votes.map(|vote| named(&vote.name, &vote.voter)).collect::<Vec<_>>().join("; ")
}

fn named(name: &str, id: &str) -> String {
    if name == id { id.to_owned() } else { format!("{name} ({id})") }
}

fn harmless(cell: String) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell }
}

fn line(cells: &[impl AsRef<[u8]>]) -> io::Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells)?;
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use approval::approval::Status;

    fn site() -> Site {
        Site::new("https://signoff.example.com").unwrap()
    }

    fn listing() -> ApprovalListing {
        let mut approvals = sample::recorded();
        approvals[0].name = "=HYPERLINK(\"https://evil.example\",\"a, b\")".into();
        approvals[0].votes[0].name = "@ana \"the\" boss".into();
        ApprovalListing { approvals, next: Some("next".into()) }
    }

    #[test]
    fn what_spreadsheets_get() {
        let export = csv(&listing(), &site()).unwrap();
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
            assert_eq!(harmless(cell.to_owned()), format!("'{cell}"));
        }
        for cell in ["", "1-1", "a=1", "'=1"] {
            assert_eq!(harmless(cell.to_owned()), cell);
        }
    }

    #[test]
    fn what_programs_get() {
        let export = json_lines(&listing(), &site()).unwrap();
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
            let export = fill(&listing, &site(), String::new(), most, one).unwrap();
            assert_eq!(export.body.lines().count(), fit, "{most} bytes");
            let next = listing.approvals.get(fit - 1).filter(|_| fit < listing.approvals.len());
            assert_eq!(export.next, next.map(|last| last.place()).or_else(|| listing.next.clone()));
        }
    }

    #[test]
    fn whoever_cancelled_is_named_where_the_record_knows_the_name() {
        let mut approvals = sample::recorded();
        approvals.truncate(1);
        approvals[0].status =
            Status::Cancelled { at: sample::at(9), by: Some("U9".into()), reason: "not today".into() };
        let listing = ApprovalListing { approvals, next: None };
        assert!(csv(&listing, &site()).unwrap().body.contains(",U9,not today,"));
    }
}
