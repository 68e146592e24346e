//! Choice of the route that answers a request.
//!
//! A full match wins over a greedy one (`{proxy+}`), that over `$default`; among full matches fixed segments
//! win over parameters, from the left, and a method over `ANY`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation>

use std::cmp::Reverse;

use crate::aws::template::resources;

/// All routes of an API.
#[derive(Debug)]
pub(super) struct Routes(Vec<Pattern>);

#[derive(Debug)]
struct Pattern {
    key: String,
    function: String,
    /// None stands for `ANY`.
    method: Option<String>,
    /// None stands for `$default`.
    segments: Option<Vec<Segment>>,
}

#[derive(Debug)]
enum Segment {
    Fixed(String),
    Parameter(String),
    Greedy(String),
}

/// The route that answers, and what its parameters stand for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'r> {
    pub(super) key: &'r str,
    pub(super) function: &'r str,
    pub(super) parameters: Vec<(&'r str, String)>,
}

impl Routes {
    pub(super) fn new(routes: &[resources::Route]) -> Self {
        Self(routes.iter().map(Pattern::new).collect())
    }

    /// `path` is decoded already, as the real gateway does before it looks for the route.
    pub(super) fn find<'r>(&'r self, method: &str, path: &str) -> Option<Found<'r>> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let mut matches: Vec<(&Pattern, Vec<(&str, String)>)> = self
            .0
            .iter()
            .filter(|pattern| pattern.method.as_deref().is_none_or(|own| own == method))
            .filter_map(|pattern| Some((pattern, pattern.matches(&parts)?)))
            .collect();
        matches.sort_by_key(|(pattern, _)| Reverse(pattern.specificity()));
        let (pattern, parameters) = matches.into_iter().next()?;
        Some(Found { key: &pattern.key, function: &pattern.function, parameters })
    }
}

impl Pattern {
    fn new(route: &resources::Route) -> Self {
        let (key, function) = (route.key.clone(), route.function.clone());
        let Some((method, path)) = route.key.split_once(' ') else {
            return Self { key, function, method: None, segments: None };
        };
        let segments = path.trim_start_matches('/').split('/').map(|segment| {
            match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                None => Segment::Fixed(segment.to_owned()),
                Some(name) => match name.strip_suffix('+') {
                    Some(name) => Segment::Greedy(name.to_owned()),
                    None => Segment::Parameter(name.to_owned()),
                },
            }
        });
        let segments = Some(segments.collect());
        Self { key, function, method: (method != "ANY").then(|| method.to_owned()), segments }
    }

    fn matches<'r>(&'r self, parts: &[&str]) -> Option<Vec<(&'r str, String)>> {
        let mut parameters = Vec::new();
        let Some(segments) = &self.segments else { return Some(parameters) };
        let mut rest = parts;
        for segment in segments {
            let (part, after) = rest.split_first()?;
            match segment {
                Segment::Fixed(text) if text == part => {}
                Segment::Fixed(_) => return None,
                Segment::Parameter(_) if part.is_empty() => return None,
                Segment::Parameter(name) => parameters.push((name.as_str(), (*part).to_owned())),
                Segment::Greedy(name) => {
                    parameters.push((name.as_str(), rest.join("/")));
                    return Some(parameters);
                }
            }
            rest = after;
        }
        rest.is_empty().then_some(parameters)
    }

    /// Greater is more specific.
    fn specificity(&self) -> (u8, Vec<u8>, bool) {
        let kinds: Vec<u8> = self.segments.iter().flatten().map(Segment::specificity).collect();
        let whole = match &self.segments {
            None => 0,
            Some(_) if kinds.contains(&0) => 1,
            Some(_) => 2,
        };
        (whole, kinds, self.method.is_some())
    }
}

impl Segment {
    const fn specificity(&self) -> u8 {
        match self {
            Self::Greedy(_) => 0,
            Self::Parameter(_) => 1,
            Self::Fixed(_) => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(keys: &[&str]) -> Routes {
        let route = |key: &&str| resources::Route { key: (*key).to_owned(), function: "F".to_owned() };
        Routes::new(&keys.iter().map(route).collect::<Vec<_>>())
    }

    #[test]
    fn the_most_specific_route_answers() {
        let routes = routes(&[
            "$default",
            "ANY /a/{rest+}",
            "GET /a/{id}",
            "ANY /a/{id}",
            "GET /a/{id}/c",
            "GET /a/b",
            "GET /",
            "POST /{x}/{y}/c",
        ]);
        for (method, path, key) in [
            ("GET", "/", "GET /"),
            ("GET", "/a/b", "GET /a/b"),
            ("GET", "/a/x", "GET /a/{id}"),
            ("PUT", "/a/x", "ANY /a/{id}"),
            ("GET", "/a/x/c", "GET /a/{id}/c"),
            ("GET", "/a/x/d/e", "ANY /a/{rest+}"),
            ("POST", "/a/x/c", "POST /{x}/{y}/c"),
            ("GET", "/elsewhere", "$default"),
        ] {
            assert_eq!(routes.find(method, path).map(|found| found.key), Some(key), "{method} {path}");
        }
    }

    #[test]
    fn parameters_are_told_and_empty_ones_do_not_match() {
        let routes = routes(&["GET /deploys/{id}", "GET /files/{path+}"]);
        let parameters = |path| routes.find("GET", path).map(|found| found.parameters);
        assert_eq!(parameters("/deploys/d 1"), Some(vec![("id", "d 1".to_owned())]));
        assert_eq!(parameters("/files/a/b"), Some(vec![("path", "a/b".to_owned())]));
        assert_eq!(parameters("/deploys/"), None);
        assert_eq!(parameters("/deploys"), None);
        assert_eq!(parameters("/deploys/1/"), None);
        assert_eq!(routes.find("POST", "/deploys/1"), None);
    }
}
