//! The requests that a small range may take in all.

/// The number of commits up to which a range is small.
const FEW: usize = 20;
/// The most requests for all of a small range: its comparison, its queries, the list of pushes with their
/// heads, the files at both ends where the comparison cuts its list, and the public profiles of its makers.
pub(super) const WHOLE: usize = 10;
/// The requests for public profiles that are always left.
pub(super) const PROFILES: usize = 1;
/// The requests for the files at both ends of a range whose list of files was cut.
const FILES_AT_ENDS: usize = 2;

/// The requests that are left for a range, if there is a bound.
///
/// A further page of a branch with more than 100 commits is not counted: such a branch makes the range larger
/// than its own commits. Nor is what GitHub makes of a query that it takes too long over.
#[derive(Debug)]
pub(super) struct Room {
    left: Option<usize>,
    is_short: bool,
}

impl Room {
    /// The requests that are left for a range of `commits`, after `spent` on its comparison. `is_cut`: the
    /// comparison does not list all files.
    pub(super) fn of(commits: usize, spent: usize, is_cut: bool) -> Self {
        let kept = PROFILES + if is_cut { FILES_AT_ENDS } else { 0 };
        Self { left: (commits <= FEW).then(|| WHOLE.saturating_sub(spent + kept)), is_short: false }
    }

    /// Notes that the range takes more than is read of one.
    pub(super) fn fall_short(&mut self) {
        self.is_short = true;
    }

    /// True if the range takes more than is read of one.
    pub(super) fn is_short(&self) -> bool {
        self.is_short
    }

    /// As many of `wanted` requests as there are, without the `kept` ones that are for what comes later.
    pub(super) fn take(&mut self, wanted: usize, kept: usize) -> usize {
        let Some(left) = self.left.as_mut() else { return wanted };
        let taken = wanted.min(left.saturating_sub(kept));
        *left -= taken;
        taken
    }

    /// The requests that are left; `None`: there is no bound.
    pub(super) fn left(&self) -> Option<usize> {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_range_is_bound() {
        for (commits, spent, is_cut, left) in [
            (0, 1, false, Some(8)),
            (20, 2, false, Some(7)),
            (20, 2, true, Some(5)),
            (20, 40, true, Some(0)),
            (21, 2, false, None),
        ] {
            assert_eq!(Room::of(commits, spent, is_cut).left(), left, "{commits} {spent} {is_cut}");
        }
    }

    #[test]
    fn what_comes_later_keeps_its_requests() {
        let mut room = Room::of(20, 5, false);
        let taken: Vec<usize> =
            [(1, 1), (5, 1), (5, 1), (5, 0), (1, 0)].map(|(wanted, kept)| room.take(wanted, kept)).into();
        assert_eq!(taken, [1, 2, 0, 1, 0]);
        assert_eq!(Room::of(21, 5, false).take(40, 1), 40);
    }
}
