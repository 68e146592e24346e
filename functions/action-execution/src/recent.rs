//! A memory of what this process drew last, so that it draws nothing twice.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// The most things that are remembered; then all are forgotten.
const REMEMBERED: usize = 500;

/// The last thing that was drawn of each.
#[derive(Debug)]
pub(crate) struct Recent<K, V>(Mutex<BTreeMap<K, V>>);

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, V: Clone> Recent<K, V> {
    /// The last that was drawn; `None`: that is not known.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.0.lock().ok()?.get(key).cloned()
    }

    /// Remembers that `value` was drawn.
    pub(crate) fn put(&self, key: K, value: V) {
        let Ok(mut known) = self.0.lock() else { return };
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, value);
    }

    /// Forgets what was drawn, before something else is.
    pub(crate) fn forget(&self, key: &K) {
        if let Ok(mut known) = self.0.lock() {
            known.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_a_bound_and_forgets() {
        let recent = Recent::default();
        (0..REMEMBERED).for_each(|key| recent.put(key, "old"));
        assert_eq!((recent.get(&0), recent.get(&REMEMBERED)), (Some("old"), None));
        recent.forget(&0);
        assert_eq!(recent.get(&0), None);
        recent.put(0, "old");
        recent.put(REMEMBERED, "new");
        assert_eq!((recent.get(&0), recent.get(&REMEMBERED)), (None, Some("new")));
    }
}
