//! The parts of a large range, kept between invocations: one that ends before the range is read whole leaves
//! the next one less to read.

use super::client::GitHub;
use crate::failure::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

/// The number of commits from which the parts of a range are kept. Smaller ranges are read within any
/// invocation.
pub(super) const LARGE: usize = 100;

/// An answer of the place where parts are kept.
pub type Kept<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// A place that keeps the parts of readings.
pub trait Parts: Debug + Send + Sync {
    /// The name of the reading of `range` that is under way, or of a new one.
    fn begin<'a>(&'a self, range: &'a str) -> Kept<'a, String>;
    /// The part `name` of `reading`, if it was kept.
    fn get<'a>(&'a self, reading: &'a str, name: &'a str) -> Kept<'a, Option<String>>;
    /// Keeps the part `name` of `reading`. One that is too large is not kept.
    fn put<'a>(&'a self, reading: &'a str, name: &'a str, part: String) -> Kept<'a, ()>;
    /// The reading of `range` is complete: the next one begins anew.
    fn end<'a>(&'a self, range: &'a str) -> Kept<'a, ()>;
    /// True if this invocation's time for reading is over.
    fn is_over(&self) -> bool;
}

/// A reading whose parts are kept.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    parts: Arc<dyn Parts>,
    range: String,
    name: String,
}

impl GitHub {
    /// The same client, which keeps the parts of large ranges in `parts`.
    pub fn keeping(mut self, parts: Arc<dyn Parts>) -> Self {
        self.parts = Some(parts);
        self
    }

    /// The client that reads the range between `base` and `head` of `repository`, `commits` long, on from
    /// where an earlier invocation ended.
    ///
    /// # Errors
    ///
    /// The place that keeps parts can't be asked now.
    pub(super) async fn reading(
        &self,
        repository: &str,
        (base, head): (&str, &str),
        commits: usize,
    ) -> Result<Self, Failure> {
        let Some(parts) = self.parts.as_ref().filter(|_| commits > LARGE) else { return Ok(self.clone()) };
        let range = format!("{repository} {base} {head}");
        let name = parts.begin(&range).await?;
        let mut reader = self.clone();
        reader.reading = Some(Reading { parts: Arc::clone(parts), range, name });
        Ok(reader)
    }

    /// The name of the reading, where its parts are kept.
    pub(super) fn reading_name(&self) -> Option<String> {
        self.reading.as_ref().map(|reading| reading.name.clone())
    }

    /// True if this invocation's time for the reading is over.
    pub(super) fn has_more_to_read(&self) -> bool {
        self.reading.as_ref().is_some_and(|reading| reading.parts.is_over())
    }

    /// Has the next reading of the range begin anew.
    ///
    /// # Errors
    ///
    /// As [`GitHub::reading`].
    pub(super) async fn end_reading(&self) -> Result<(), Failure> {
        match &self.reading {
            Some(reading) => reading.parts.end(&reading.range).await,
            None => Ok(()),
        }
    }

    /// The part `name` of the reading, if an earlier invocation read it.
    ///
    /// # Errors
    ///
    /// It is not kept, and this invocation's time for reading is over: the next one goes on. Or as
    /// [`GitHub::reading`].
    pub(super) async fn kept<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some(Reading { parts, range, name: reading }) = &self.reading else { return Ok(None) };
        let kept = parts.get(reading, name).await?;
        match kept.and_then(|part| serde_json::from_str(&part).ok()) {
            Some(part) => Ok(Some(part)),
            None if parts.is_over() => {
                Err(Failure::retryable(format!("the range {range} is large: Signoff reads on in a moment")))
            }
            None => Ok(None),
        }
    }

    /// Keeps the part `name` of the reading for the next invocation.
    ///
    /// # Errors
    ///
    /// As [`GitHub::reading`].
    pub(super) async fn keep<T: Serialize>(&self, name: &str, part: &T) -> Result<(), Failure> {
        let Some(Reading { parts, name: reading, .. }) = &self.reading else { return Ok(()) };
        match serde_json::to_string(part) {
            Ok(part) => parts.put(reading, name, part).await,
            // It is read again.
            Err(_) => Ok(()),
        }
    }
}
