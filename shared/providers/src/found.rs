//! Builds that a search found after the answer to a start was lost.

use signoff_core::effect::StartedBuild;

/// A build that may have come of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundBuild {
    /// The build.
    pub build: StartedBuild,
    /// The likeness to the one that was asked for.
    pub likeness: Likeness,
}

/// The likeness of a build to the one that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It is as it was asked for, and began when it should.
    Same,
    /// It may be that one: its CI does not tell all of it, or it began a moment too early or too late.
    Near,
    /// It is of another commit: the branch may have moved before it began.
    OtherCommit,
}
