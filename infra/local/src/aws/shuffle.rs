//! Order that is no order, and the same for the same seed.

/// A shuffler: SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
#[derive(Debug)]
pub(super) struct Shuffle(u64);

impl Shuffle {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`; 0 for none.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        // At most as large as `bound`, so it fits.
        usize::try_from(word % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// The same in another order.
    pub(super) fn shuffled<T>(&mut self, mut all: Vec<T>) -> Vec<T> {
        for last in (1..all.len()).rev() {
            let other = self.below(last + 1);
            all.swap(last, other);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_and_a_seed_gives_its_order() {
        let shuffled = |seed| Shuffle::new(seed).shuffled((0..20).collect::<Vec<_>>());
        let mut sorted = shuffled(7);
        assert_eq!(shuffled(7), sorted);
        assert_ne!(shuffled(8), sorted);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }
}
