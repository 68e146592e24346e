//! Texts about which deploy it is.

use super::pieces::deploy_link;
use crate::deploy::Deploy;
use crate::mrkdwn::escape;

/// The text that a channel is told when the source host does not confirm a deploy, for `reason` (whole sentences).
/// `looks_again`: Signoff asks the host again by itself.
pub fn unconfirmed(deploy: &Deploy, deploy_url: &str, reason: &str, looks_again: bool) -> String {
    let next = if looks_again {
        "Signoff looks again for some hours, and goes on by itself once GitHub confirms it."
    } else {
        "Signoff does not look again. Register the deploy again once that is mended."
    };
    format!(
        ":warning: {} is unconfirmed: no rule runs for it, and it supersedes nothing. {} {next}",
        deploy_link(deploy, deploy_url),
        escape(reason)
    )
}
