//! Texts about which deploy it is.

use super::pieces::deploy_link;
use crate::deploy::Deploy;
use crate::mrkdwn::escape;

/// The message to a channel that the source host does not confirm a deploy, for `reason` (whole sentences).
/// `looks_again`: Signoff asks the host again by itself. A button below the text asks it at once.
pub fn unconfirmed(deploy: &Deploy, deploy_url: &str, reason: &str, looks_again: bool) -> String {
    let next = if looks_again {
        "Signoff looks again by itself for a day, and goes on once GitHub confirms it. To look now, choose *Evaluate again*."
    } else {
        "Signoff does not look again by itself. Choose *Evaluate again* once that is fixed."
    };
    format!(
        ":warning: {} is unconfirmed: no rule runs for it, and it supersedes nothing. {} {next}",
        deploy_link(deploy, deploy_url),
        escape(reason)
    )
}
