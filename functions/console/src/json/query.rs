//! Parameters that an address of the API refuses: unknown ones, and those that stand twice.

use crate::address::routes::{Entry, ErrorFormat};
use std::collections::BTreeSet;

/// The first parameter of `query` that the address of `entry`, one of the API, does not take.
pub(crate) fn unknown_parameter(entry: &Entry, query: &str) -> Option<String> {
    if entry.face != ErrorFormat::Json {
        return None;
    }
    names(query).find(|name| !entry.parameters.contains(&name.as_str()))
}

/// The first parameter that stands twice in `query`, of which only one could count.
pub(crate) fn repeated_parameter(entry: &Entry, query: &str) -> Option<String> {
    if entry.face != ErrorFormat::Json {
        return None;
    }
    let mut seen = BTreeSet::new();
    names(query).find(|name| !seen.insert(name.clone()))
}

fn names(query: &str) -> impl Iterator<Item = String> {
    form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parameters::{self, BadQuery, Search};
    use crate::address::routes::{Endpoint, TABLE};

    #[test]
    fn api_refuses_unknown_and_repeated_parameters() {
        let mut known = 0;
        for entry in TABLE.iter().filter(|entry| entry.face == ErrorFormat::Json) {
            let unknown = unknown_parameter(entry, "no_such=1");
            assert_eq!(unknown.as_deref(), Some("no_such"), "{}", entry.path);
            for name in entry.parameters {
                assert_eq!(unknown_parameter(entry, &format!("{name}=1")), None, "{}", entry.path);
                let twice = repeated_parameter(entry, &format!("{name}=1&{name}=2"));
                assert_eq!(twice.as_deref(), Some(*name));
                known += 1;
            }
        }
        assert!(known > 10, "{known}");
        let page = TABLE.iter().find(|entry| entry.face == ErrorFormat::Page).unwrap();
        assert_eq!((unknown_parameter(page, "a=1"), repeated_parameter(page, "a=1&a=2")), (None, None));
    }

    #[test]
    fn every_parameter_of_a_list_is_read() {
        let of = |endpoint| TABLE.iter().find(|entry| entry.endpoint == endpoint).unwrap().parameters;
        let part = |query: &str| {
            parameters::limit(query)?;
            parameters::cursor(query).map(|_| ())
        };
        let long = "x".repeat(101);
        for name in of(Endpoint::RecordJson) {
            let query = format!("{name}={long}");
            let read = Search::read(&query).whole().map(|_| ()).and_then(|()| part(&query));
            assert!(matches!(&read, Err(BadQuery(problem)) if problem.contains(name)), "{name}: {read:?}");
        }
        for name in of(Endpoint::DeploysJson) {
            let query = format!("{name}={}", if *name == "environment" { "" } else { "x" });
            let read = parameters::wanted(&query).map(|_| ()).and_then(|()| part(&query));
            assert!(matches!(&read, Err(BadQuery(problem)) if problem.contains(name)), "{name}: {read:?}");
        }
        assert_eq!(of(Endpoint::DeploymentsJson), ["after"]);
    }
}
