//! Search of the record: the fields of its form, and the parameters of its JSON and its exports.

use super::{BadQuery, REVISION, parameter, sha};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use signoff_core::deploy::Slug;
use signoff_store::{WantedApprovals, WantedOutcome};

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// `owner/name`.
    Deployment,
    /// The environment's name, in any case.
    Environment,
    /// A commit's SHA, or its beginning.
    Revision,
    /// A Slack user id, or a part of a name.
    Person,
    /// One of [`WantedOutcome::ALL`].
    Outcome,
    /// The first day, or the time.
    Since,
    /// The last day, or the time from which on nothing is wanted.
    Until,
}

/// Search of the record.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// Filter made of the fields that can be read.
    pub(crate) wanted: WantedApprovals,
    typed: Vec<(Field, String)>,
    problems: Vec<(Field, String)>,
}

impl Field {
    /// In the order in which they are shown.
    pub(crate) const ALL: [Self; 7] = [
        Self::Deployment,
        Self::Environment,
        Self::Revision,
        Self::Person,
        Self::Outcome,
        Self::Since,
        Self::Until,
    ];

    /// Its name in the address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Environment => "environment",
            Self::Revision => "revision",
            Self::Person => "person",
            Self::Outcome => "outcome",
            Self::Since => "since",
            Self::Until => "until",
        }
    }

    /// Longest text that may be typed into it, in characters.
    fn longest(self) -> usize {
        match self {
            // Two parts of 100, and the slash.
            Self::Deployment => 201,
            Self::Revision => 40,
            Self::Environment | Self::Person | Self::Outcome | Self::Since | Self::Until => 100,
        }
    }
}

impl Search {
    /// Reads a query. A field that is empty, as forms send it, is not searched by.
    pub(crate) fn read(query: &str) -> Self {
        let mut search = Self { wanted: WantedApprovals::default(), typed: Vec::new(), problems: Vec::new() };
        for field in Field::ALL {
            let typed = parameter(query, field.name()).unwrap_or_default();
            let typed = typed.trim();
            if typed.is_empty() {
                continue;
            }
            if let Err(problem) = search.take(field, typed) {
                search.problems.push((field, problem));
            }
            search.typed.push((field, typed.chars().take(field.longest()).collect()));
        }
        search
    }

    /// Text typed into a field; empty if there is none.
    pub(crate) fn typed(&self, field: Field) -> &str {
        self.typed.iter().find(|(known, _)| *known == field).map_or("", |(_, typed)| typed)
    }

    /// Problem with a field, to follow the field's name.
    pub(crate) fn problem(&self, field: Field) -> Option<&str> {
        self.problems.iter().find(|(known, _)| *known == field).map(|(_, problem)| problem.as_str())
    }

    /// Error: the first field that can't be read.
    pub(crate) fn whole(&self) -> Result<&WantedApprovals, BadQuery> {
        match self.problems.first() {
            Some((field, problem)) => Err(BadQuery(format!("The parameter `{}` {problem}.", field.name()))),
            None => Ok(&self.wanted),
        }
    }

    /// True if anything is searched by.
    pub(crate) fn is_any(&self) -> bool {
        !self.typed.is_empty()
    }

    /// The address of `path` with the same search, from `before` (a [`signoff_store::ApprovalListing::next`])
    /// on.
    pub(crate) fn href(&self, path: &str, before: Option<&str>) -> String {
        let mut pairs: Vec<(&str, &str)> =
            self.typed.iter().map(|(field, typed)| (field.name(), typed.as_str())).collect();
        pairs.extend(before.map(|before| ("before", before)));
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", super::query(&pairs)) }
    }

    fn take(&mut self, field: Field, typed: &str) -> Result<(), String> {
        let longest = field.longest();
        if typed.chars().count() > longest {
            return Err(format!("must have {longest} characters at most"));
        }
        match field {
            Field::Deployment => {
                let slug =
                    typed.split_once('/').and_then(|(organization, name)| Slug::new(organization, name));
                self.wanted.deployment = Some(slug.ok_or("must be owner/name, such as acme/checkout")?);
            }
            Field::Environment => self.wanted.environment = Some(typed.to_owned()),
            Field::Revision => {
                self.wanted.revision = Some(sha(typed).ok_or_else(|| format!("must be {REVISION}"))?);
            }
            Field::Person => {
                let person = typed.trim_start_matches('@');
                let problem = "must be a part of a name, or a Slack user id such as U024BE7LH";
                self.wanted.person =
                    Some(Some(person.to_owned()).filter(|name| !name.is_empty()).ok_or(problem)?);
            }
            Field::Outcome => {
                let known = WantedOutcome::ALL.into_iter().find(|outcome| outcome.word() == typed);
                self.wanted.outcome = Some(known.ok_or_else(|| {
                    let words = WantedOutcome::ALL.map(WantedOutcome::word);
                    format!("must be one of {}", words.join(", "))
                })?);
            }
            Field::Since => self.wanted.since = Some(time(typed, 0)?),
            // A day that is named belongs to what is searched for.
            Field::Until => self.wanted.until = Some(time(typed, 1)?),
        }
        Ok(())
    }
}

/// A time, or the beginning of the day that comes `days` after the one that is named, in UTC.
fn time(typed: &str, days: i64) -> Result<Timestamp, &'static str> {
    let problem = "must be a day such as 2026-11-23, or a time with its zone such as 2026-11-23T10:42:00Z";
    if let Ok(time) = typed.parse::<Timestamp>() {
        return Ok(time);
    }
    let day = Date::strptime("%Y-%m-%d", typed).and_then(|day| day.checked_add(Span::new().days(days)));
    let midnight = day.and_then(|day| day.to_zoned(TimeZone::UTC));
    midnight.map(|midnight| midnight.timestamp()).map_err(|_| problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_record_is_searched_for() {
        let search = Search::read(
            "deployment=acme/checkout&environment=+QA+&revision=4BF7226&person=@Ana&outcome=rejected\
             &since=2026-11-01&until=2026-11-02&limit=3",
        );
        let time = |text: &str| text.parse().ok();
        let expected = WantedApprovals {
            deployment: Slug::new("acme", "checkout"),
            environment: Some("QA".to_owned()),
            revision: Some("4bf7226".to_owned()),
            person: Some("Ana".to_owned()),
            outcome: Some(WantedOutcome::Rejected),
            since: time("2026-11-01T00:00:00Z"),
            // The last day is searched too.
            until: time("2026-11-03T00:00:00Z"),
        };
        assert_eq!(search.whole(), Ok(&expected));
        let next = "2026-11-02T00:00:00.000000Z#a1";
        assert_eq!(
            search.href("/record", Some(next)),
            "/record?deployment=acme%2Fcheckout&environment=QA&revision=4BF7226&person=%40Ana&outcome=rejected\
             &since=2026-11-01&until=2026-11-02&before=2026-11-02T00%3A00%3A00.000000Z%23a1"
        );
        let exact = Search::read("until=2026-11-02T02:00:00%2B02:00");
        assert_eq!(exact.wanted.until, time("2026-11-02T00:00:00Z"));
    }

    #[test]
    fn an_empty_form_searches_for_everything() {
        let empty = Search::read("deployment=&environment=&revision=&person=+&outcome=&since=&until=");
        assert_eq!(empty.whole(), Ok(&WantedApprovals::default()));
        assert_eq!((empty.is_any(), empty.href("/record", None).as_str()), (false, "/record"));
    }

    #[test]
    fn what_can_not_be_read_is_named_and_the_rest_is_kept() {
        for (query, right) in [
            ("deployment=checkout", "owner/name"),
            ("revision=4bf722", "first 7 characters"),
            ("revision=main", "first 7 characters"),
            ("person=@", "a part of a name"),
            ("outcome=done", "pending, approved, rejected, expired, superseded, cancelled"),
            ("since=yesterday", "2026-11-23"),
            ("until=2026-02-30", "2026-11-23"),
            ("until=9999-12-31", "2026-11-23"),
            ("environment=", "100 characters"),
        ] {
            let query =
                if query.ends_with('=') { query.to_owned() + &"x".repeat(201) } else { query.to_owned() };
            let search = Search::read(&format!("{query}&deployment=acme/checkout"));
            let BadQuery(problem) = search.whole().unwrap_err();
            let name = query.split('=').next().unwrap_or_default();
            assert!(problem.contains(&format!("`{name}`")) && problem.contains(right), "{query}: {problem}");
            let field = Field::ALL.into_iter().find(|field| field.name() == name).unwrap();
            assert!(
                search.problem(field).is_some() && search.typed(field).chars().count() <= field.longest()
            );
        }
    }
}
