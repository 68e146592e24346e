//! Ids that AWS would make up: request ids, trace ids, event ids. They only have to differ.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

/// A source of ids; those of two runs differ as well.
#[derive(Debug, Default)]
pub(super) struct Ids {
    seed: RandomState,
    next: AtomicU64,
}

impl Ids {
    /// In the form of a UUID.
    pub(super) fn uuid(&self) -> String {
        let (high, low) = self.words();
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }

    /// In the form of X-Ray's `Root`: a version, 8 digits of time, 24 random ones.
    pub(super) fn trace(&self, epoch_seconds: i64) -> String {
        let (high, low) = self.words();
        format!("1-{epoch_seconds:08x}-{:08x}{low:016x}", high >> 32)
    }

    fn words(&self) -> (u64, u64) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (self.seed.hash_one((number, 0)), self.seed.hash_one((number, 1)))
    }
}
