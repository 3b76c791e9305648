//! Chance from a seed, the same on every machine.

/// A stream of numbers (`SplitMix64`).
pub(super) struct Dice(u64);

impl Dice {
    /// The stream of one cart of one regime.
    pub(super) fn of(regime: &str, cart: u64) -> Self {
        let name = regime.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut dice = Self(name ^ cart.wrapping_mul(0xa076_1d64_78bd_642f));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).expect("low is not above high");
        low + i64::try_from(self.next() % span).expect("it is below the span")
    }

    /// A place in a list of so many.
    pub(super) fn place(&mut self, length: usize) -> usize {
        let last = i64::try_from(length).expect("lists are short") - 1;
        usize::try_from(self.between(0, last)).expect("it is not negative")
    }

    /// True so many times of a thousand.
    pub(super) fn chance(&mut self, per_mille: i64) -> bool {
        self.between(0, 999) < per_mille
    }
}
