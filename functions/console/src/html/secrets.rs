//! Secrets of a deployment's own: the one that verifies incoming webhooks, and the key that signs outgoing
//! ones.

use super::Standing;
use super::fields::copied;
use crate::auth::visitor::Visitor;
use maud::{Markup, html};
use secrecy::{ExposeSecret, SecretString};
use signoff_runtime::credentials::{GITHUB_WEBHOOK_SECRET, WEBHOOK_SIGNING_KEY};
use signoff_store::SecretChange;

/// The secret for incoming webhooks, as far as a visitor may see it.
#[derive(Clone, Debug)]
pub(crate) enum ShownSecret {
    /// Only admins see it.
    ToAdmins,
    /// There is none before the deployment is connected.
    OnceConnected,
    /// The stack has none to derive it from.
    Missing,
    /// The newest one.
    This {
        secret: SecretString,
        /// True if the one before it is good too.
        one_before: bool,
    },
}

/// The keys that sign outgoing webhooks.
#[derive(Clone, Debug)]
pub(crate) struct SigningKeys {
    pub(crate) current: SecretString,
    pub(crate) next: SecretString,
}

/// The line of the setup page that says what to put into the field *Secret* of GitHub's webhook.
pub(super) fn incoming(shown: &ShownSecret, settings_href: &str) -> Markup {
    html! {
        @match shown {
            ShownSecret::ToAdmins => "Secret: the deployment\u{2019}s own. An admin sees it on this page.",
            ShownSecret::OnceConnected => "Secret: the deployment\u{2019}s own. It is shown here once the deployment is connected.",
            ShownSecret::Missing => {
                "Secret: there is none yet. Put a " code { (GITHUB_WEBHOOK_SECRET.key) } " into the stack\u{2019}s "
                (GITHUB_WEBHOOK_SECRET.secret.name()) ", and open this page again."
            }
            ShownSecret::This { secret, one_before } => {
                "Secret, for this deployment only:"
                (copied("webhook-secret", "The webhook\u{2019}s secret", secret.expose_secret()))
                @if *one_before {
                    p.meta {
                        "The previous secret also works until you drop it in the " a href=(settings_href) { "settings" } "."
                    }
                }
            }
        }
    }
}

/// The part of the settings page that changes the secrets.
pub(super) fn section(standing: &Standing<'_>, visitor: Option<&Visitor>) -> Markup {
    let one_before = standing.saved.is_some_and(|saved| saved.secrets.incoming_before.is_some());
    let change = |change, label: &str| form(standing, change, label, visitor);
    html! {
        h2 { "Incoming webhook" }
        @if one_before {
            p {
                "Signoff verifies GitHub\u{2019}s deliveries with the secret on the " a href=(standing.href("setup")) { "setup page" }
                ", and with the previous one. Put the new one into the webhook on GitHub, then drop the old one."
            }
            (change(SecretChange::DropIncoming, "Drop the old secret"))
        } @else {
            p {
                "Signoff verifies GitHub\u{2019}s deliveries with the secret on the " a href=(standing.href("setup")) { "setup page" }
                ". After you create a new one, the old one works until you drop it."
            }
            (change(SecretChange::NewIncoming, "Create a new secret"))
        }
        h2 { "Outgoing webhook" }
        @match &standing.keys {
            Some(keys) => {
                p { "The " code { "webhook" } " action of this deployment signs with this key. Receivers check the header X-SLEUTH-SIGNATURE with it:" }
                (copied("signing-key", "The signing key", keys.current.expose_secret()))
                details.confirm {
                    summary { "Change the key\u{2026}" }
                    p { "First, have every receiver accept this key as well. Then sign with it. Signoff stops using the key above at once." }
                    (copied("next-signing-key", "The next signing key", keys.next.expose_secret()))
                    (change(SecretChange::NextOutgoing, "Sign with the next key"))
                }
            }
            None => p {
                "There is no key to sign with: put a " code { (WEBHOOK_SIGNING_KEY.key) } " into the stack\u{2019}s "
                (WEBHOOK_SIGNING_KEY.secret.name()) ", and open this page again."
            },
        }
    }
}

fn form(standing: &Standing<'_>, change: SecretChange, label: &str, visitor: Option<&Visitor>) -> Markup {
    html! {
        form method="post" action=(standing.href("secrets")) {
            @if let Some(visitor) = visitor { (visitor.form_token()) }
            input type="hidden" name="version" value=(standing.saved.map_or(0, |saved| saved.version));
            input type="hidden" name="change" value=(change.name());
            button type="submit" { (label) }
        }
    }
}
