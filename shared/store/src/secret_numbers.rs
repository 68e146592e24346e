//! Numbers that the secrets of a deployment are derived with. The secrets themselves are on no record.

use serde::{Deserialize, Serialize};

/// The numbers of a deployment's secrets. A higher number makes another secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretNumbers {
    /// The number of the secret that verifies incoming webhooks.
    pub incoming: u32,
    /// The number of the secret before it, until an admin drops it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming_before: Option<u32>,
    /// The number of the key that signs the `webhook` action.
    pub outgoing: u32,
}

/// A change of a deployment's secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretChange {
    /// Makes a new secret for incoming webhooks. The one before stays good.
    NewIncoming,
    /// Drops the secret before the newest one.
    DropIncoming,
    /// Signs the `webhook` action with the next key.
    NextOutgoing,
}

impl SecretNumbers {
    /// The numbers after `change`. `None`: the change can't be made, because the secret before is still good,
    /// or is not.
    #[must_use]
    pub fn changed(self, change: SecretChange) -> Option<Self> {
        let Self { incoming, incoming_before, outgoing } = self;
        match (change, incoming_before) {
            (SecretChange::NewIncoming, None) => {
                Some(Self { incoming: incoming.checked_add(1)?, incoming_before: Some(incoming), ..self })
            }
            (SecretChange::DropIncoming, Some(_)) => Some(Self { incoming_before: None, ..self }),
            (SecretChange::NewIncoming, Some(_)) | (SecretChange::DropIncoming, None) => None,
            (SecretChange::NextOutgoing, _) => Some(Self { outgoing: outgoing.checked_add(1)?, ..self }),
        }
    }

    /// The numbers of the secrets that verify an incoming webhook, the newest first.
    pub fn good_incoming(&self) -> impl Iterator<Item = u32> {
        std::iter::once(self.incoming).chain(self.incoming_before)
    }
}

impl SecretChange {
    /// Every change.
    pub const ALL: [Self; 3] = [Self::NewIncoming, Self::DropIncoming, Self::NextOutgoing];

    /// The change's name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewIncoming => "new_incoming",
            Self::DropIncoming => "drop_incoming",
            Self::NextOutgoing => "next_outgoing",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_secret_stays_good_until_an_admin_drops_it() {
        let first = SecretNumbers::default();
        assert_eq!(first.changed(SecretChange::DropIncoming), None);
        let second = first.changed(SecretChange::NewIncoming).unwrap();
        assert_eq!(second.good_incoming().collect::<Vec<_>>(), [1, 0]);
        assert_eq!(second.changed(SecretChange::NewIncoming), None);
        let dropped = second.changed(SecretChange::DropIncoming).unwrap();
        assert_eq!(dropped.good_incoming().collect::<Vec<_>>(), [1]);
        let third = dropped.changed(SecretChange::NewIncoming).unwrap();
        assert_eq!(third.good_incoming().collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn the_next_signing_key_leaves_incoming_webhooks_alone() {
        let numbers = SecretNumbers { incoming: 3, incoming_before: Some(2), outgoing: 0 };
        let next = SecretNumbers { outgoing: 1, ..numbers };
        assert_eq!(numbers.changed(SecretChange::NextOutgoing), Some(next));
        let last = SecretNumbers { outgoing: u32::MAX, ..numbers };
        assert_eq!(last.changed(SecretChange::NextOutgoing), None);
    }
}
