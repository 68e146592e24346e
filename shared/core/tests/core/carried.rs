//! Votes of an earlier approval after the base of its range moved: some stand, others don't.

use crate::samples::{approval, judged};
use signoff_core::approval::{Approval, Blocker, Carried, Electorate, Judged, Part};

fn electorate(parts: &[(&[&str], u32)], removed: u32) -> Electorate {
    let part = |(makers, commits): &(&[&str], u32)| Part {
        makers: makers.iter().map(ToString::to_string).collect(),
        commits: *commits,
        pull_requests: 0,
        title: "Take cards".to_owned(),
    };
    Electorate {
        parts: parts.iter().map(part).collect(),
        judged: Some(judged(removed)),
        ..Electorate::anyone()
    }
}

#[test]
fn votes_stand_for_the_same_makers_and_nothing_else() {
    let ana: &[&str] = &["U1"];
    let (ben, both): (&[&str], &[&str]) = (&["U2"], &["U1", "U2"]);
    let voted = |parts: &[(&[&str], u32)]| Approval { electorate: electorate(parts, 0), ..approval() };
    let blocked = Electorate { blocked: vec![Blocker::NoBase], ..electorate(&[(ana, 3)], 0) };
    let left = Electorate {
        blocked: vec![Blocker::ApproversMissing { names: Vec::new(), needed: 1 }],
        ..electorate(&[(ana, 3)], 0)
    };
    let with = |change: fn(&mut Judged)| {
        let mut now = electorate(&[(ana, 3)], 0);
        now.judged.as_mut().into_iter().for_each(change);
        now
    };
    let (longer, set) =
        (with(|judged| judged.added = 2), with(|judged| judged.set_by = Some("U9".to_owned())));
    let unread = Electorate { judged: None, ..electorate(&[(ana, 3)], 0) };
    for (then, now, expected) in [
        (voted(&[(ana, 3)]), electorate(&[(ana, 3)], 0), Carried::Stand),
        (voted(&[(ana, 3)]), electorate(&[(ana, 1)], 0), Carried::Stand),
        (voted(&[]), electorate(&[], 0), Carried::Stand),
        (voted(&[]), electorate(&[], 1), Carried::OtherChange),
        (voted(&[(ana, 3)]), electorate(&[(ana, 3)], 2), Carried::OtherChange),
        (voted(&[(ana, 3), (ben, 1)]), electorate(&[(ana, 3)], 0), Carried::OtherChange),
        (voted(&[(ana, 3)]), electorate(&[(ana, 3), (ben, 1)], 0), Carried::OtherChange),
        (voted(&[(ana, 1), (ben, 1)]), electorate(&[(both, 2)], 0), Carried::OtherChange),
        (voted(&[(ana, 3)]), longer, Carried::OtherChange),
        (voted(&[(ana, 3)]), set, Carried::OtherChange),
        (voted(&[(ana, 3)]), left, Carried::Stand),
        (voted(&[(ana, 3)]), blocked, Carried::Unknown),
        (voted(&[(ana, 3)]), unread, Carried::Unknown),
    ] {
        assert_eq!(then.carried(&now), expected, "{:?} then, {:?} now", then.electorate.parts, now.parts);
    }
}
