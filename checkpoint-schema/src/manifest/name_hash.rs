//! Hashes of names, which can be combined from the hashes of parts.

/// A factor with irregular bits.
const FACTOR: u128 = 0x9e37_79b9_7f4a_7c15;

/// The hash of a text, as a polynomial in a fixed factor. The hash of `ab` follows from those of `a` and `b`.
///
/// The fields are visible to inner loops over variables in a constant, where a call costs more than a few operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash {
    pub(crate) value: u64,
    /// The factor to the power of the text's length.
    pub(crate) power: u64,
}

#[expect(clippy::cast_possible_truncation, reason = "hashes are the lower bits")]
impl Hash {
    /// The hash of the empty text.
    pub const EMPTY: Self = Self { value: 0, power: 1 };

    /// The hash of a text.
    #[must_use]
    pub const fn of(text: &[u8]) -> Self {
        let (mut value, mut power, mut at) = (0, 1, 0);
        while at < text.len() {
            // Multiplies without a call, since the compiler evaluates constants step by step.
            value = (value as u128 * FACTOR + text[at] as u128 + 1) as u64;
            power = (power as u128 * FACTOR) as u64;
            at += 1;
        }
        Self { value, power }
    }

    /// The hash of this text followed by another.
    #[must_use]
    pub const fn then(self, other: Self) -> Self {
        let value = self.value as u128 * other.power as u128 + other.value as u128;
        let power = self.power as u128 * other.power as u128;
        Self { value: value as u64, power: power as u64 }
    }

    /// The hash of this text followed by a number, padded to at least `digits` digits.
    #[must_use]
    pub const fn number(self, number: usize, digits: usize) -> Self {
        let (mut unit, mut left) = (1, digits);
        while unit <= number / 10 || left > 1 {
            unit *= 10;
            left = left.saturating_sub(1);
        }
        let Self { mut value, mut power } = self;
        while unit > 0 {
            value =
                (value as u128 * FACTOR + (number / unit % 10 + b'0' as usize) as u128 + 1) as u64;
            power = (power as u128 * FACTOR) as u64;
            unit /= 10;
        }
        Self { value, power }
    }

    /// The final hash, with all bits mixed.
    #[must_use]
    pub const fn mixed(self) -> u64 {
        let mixed = ((self.value ^ (self.value >> 31)) as u128 * 0xbf58_476d_1ce4_e5b9) as u64;
        mixed ^ (mixed >> 29)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_text_is_that_of_its_parts() {
        let whole = Hash::of(b"model/h12/attn_007/w");
        let parts = Hash::of(b"model/h").number(12, 1).then(Hash::of(b"/attn_")).number(7, 3);
        assert_eq!(parts.then(Hash::of(b"/w")), whole);
        assert_eq!(Hash::EMPTY.then(whole), whole);
        assert_eq!(whole.then(Hash::EMPTY), whole);
        assert_eq!(Hash::EMPTY.number(0, 1), Hash::of(b"0"));
        assert_eq!(Hash::EMPTY.number(100, 2), Hash::of(b"100"));
    }

    #[test]
    fn other_texts_have_other_hashes() {
        let names =
            (0..100_000_u32).map(|number| Hash::of(format!("h{number}").as_bytes()).mixed());
        let mut hashes: Vec<u64> = names.collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 100_000);
        assert_ne!(Hash::of(b"\0"), Hash::of(b"\0\0"));
    }
}
