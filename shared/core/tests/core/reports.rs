//! The other reports of a deploy, whose deployers are makers too.

use crate::samples::deploy;
use signoff_core::confirmation::{Confirmation, Doubt};
use signoff_core::deploy::Deploy;
use signoff_core::deploy_state::DeployState;
use signoff_core::id::DeployId;

#[test]
fn report_counts_before_it_is_confirmed() {
    let first = Deploy { id: DeployId::from_text("first"), ..deploy() };
    let report = |name: &str, confirmation: Confirmation, repeats: Option<&str>| {
        let mut report = Deploy { id: DeployId::from_text(name), confirmation, ..first.clone() };
        report.reading.repeats = repeats.map(DeployId::from_text);
        report
    };
    let repeat = |of: &str| Confirmation::Repeat { of: DeployId::from_text(of) };
    let unconfirmed = || Confirmation::Unconfirmed { doubt: Doubt::UnknownRevision };
    let failed = report("failed", Confirmation::Awaited, None);
    let others = [
        report("repeat-of-a-repeat", repeat("repeat"), None),
        report("repeat", repeat("first"), None),
        report("awaited", Confirmation::Awaited, None),
        report("again", Confirmation::Awaited, Some("first")),
        report("again-while-the-host-is-down", unconfirmed(), Some("first")),
        report("other", Confirmation::Confirmed, None),
        report("unconfirmed", unconfirmed(), None),
        report("repeat-of-another", repeat("other"), None),
        Deploy { state: DeployState::Failure, ..failed },
    ];
    let mut counted: Vec<&str> =
        first.reports_among(&others).into_iter().map(|report| report.id.as_str()).collect();
    counted.sort_unstable();
    assert_eq!(counted, ["again", "again-while-the-host-is-down", "awaited", "repeat", "repeat-of-a-repeat"]);
}
