//! The requests for a build whose answers may be lost.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The requests for a build that attempts sent. They are put on record before they are sent: a build that a
/// search finds counts only if it began about then.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Asked {
    /// The time of the first one.
    pub first: Timestamp,
    /// The time of the last one.
    pub last: Timestamp,
    /// The ids of builds that may have come of them, or of somebody else's request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubted: Vec<String>,
}

impl Asked {
    /// One request, at `at`.
    pub fn at(at: Timestamp) -> Self {
        Self { first: at, last: at, doubted: Vec::new() }
    }

    /// These requests and the `others`, with the builds of these.
    #[must_use]
    pub fn and(&self, others: Option<&Self>) -> Self {
        let Some(others) = others else { return self.clone() };
        let (first, last) = (self.first.min(others.first), self.last.max(others.last));
        Self { first, last, doubted: self.doubted.clone() }
    }

    /// These requests, of which the builds `ids` alone may have come.
    #[must_use]
    pub fn doubting(&self, ids: Vec<String>) -> Self {
        Self { doubted: ids, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_span_from_the_first_to_the_last() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let (early, late) = (Asked::at(at(1)), Asked::at(at(9)).doubting(vec!["7".to_owned()]));
        let both = Asked { first: at(1), last: at(9), doubted: Vec::new() };
        assert_eq!(early.and(Some(&late)), both);
        assert_eq!(late.and(Some(&early)), both.doubting(vec!["7".to_owned()]));
        assert_eq!(both.and(None), both);
    }
}
