//! Path templates of OpenAPI (`/workflow/{id}/job`) against paths.

use crate::stand_in::percent::decoded;
use std::collections::BTreeMap;

/// A path template.
pub struct Template {
    segments: Vec<Segment>,
}

enum Segment {
    Literal(String),
    /// A parameter; `true`: it may hold slashes (`x-multi-segment`, `allowReserved`).
    Parameter(String, bool),
}

impl Template {
    /// Reads `/repos/{owner}/{repo}/contents/{path}`; `spans_segments` says of a parameter whether it may
    /// hold slashes.
    pub fn new(text: &str, spans_segments: impl Fn(&str) -> bool) -> Self {
        let segment = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => Segment::Parameter(name.to_owned(), spans_segments(name)),
            None => Segment::Literal(part.to_owned()),
        };
        Self { segments: parts(text).map(segment).collect() }
    }

    /// Returns the number of fixed segments. If two templates fit a path, the one with more is meant.
    pub fn literals(&self) -> usize {
        self.segments.iter().filter(|segment| matches!(segment, Segment::Literal(_))).count()
    }

    /// The decoded parameters if `path` (percent-encoded) fits.
    pub fn fit(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let parts: Vec<&str> = parts(path).collect();
        let mut parameters = BTreeMap::new();
        fit(&self.segments, &parts, &mut parameters).then_some(parameters)
    }
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

fn fit(segments: &[Segment], parts: &[&str], parameters: &mut BTreeMap<String, String>) -> bool {
    let Some((first, segments)) = segments.split_first() else { return parts.is_empty() };
    match first {
        Segment::Literal(text) => parts
            .split_first()
            .is_some_and(|(part, rest)| *part == text.as_str() && fit(segments, rest, parameters)),
        Segment::Parameter(name, spans) => {
            let longest = if *spans { parts.len() } else { parts.len().min(1) };
            // The longest value first: what follows a spanning parameter is found from the end.
            (1..=longest).rev().any(|length| {
                let (value, rest) = parts.split_at(length);
                let Some(value) = decoded(&value.join("/")).filter(|value| !value.is_empty()) else {
                    return false;
                };
                let fits = fit(segments, rest, parameters);
                if fits {
                    parameters.insert(name.clone(), value);
                }
                fits
            })
        }
    }
}
