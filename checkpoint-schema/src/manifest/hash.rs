//! Hashes of names that can be put together of those of their parts.

/// A factor without a pattern in its bits.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash of a text, as a polynomial in [`FACTOR`]: that of `ab` follows from those of `a` and `b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hash {
    value: u64,
    /// The factor to the power of the length.
    power: u64,
}

impl Hash {
    /// That of no text.
    pub const EMPTY: Self = Self { value: 0, power: 1 };

    /// That of a text.
    #[must_use]
    pub const fn of(mut text: &[u8]) -> Self {
        let mut hash = Self::EMPTY;
        while let [byte, rest @ ..] = text {
            hash = hash.byte(*byte);
            text = rest;
        }
        hash
    }

    /// That of this text with a byte behind it.
    const fn byte(self, byte: u8) -> Self {
        let value = self.value.wrapping_mul(FACTOR).wrapping_add(byte as u64 + 1);
        Self { value, power: self.power.wrapping_mul(FACTOR) }
    }

    /// That of this text with another behind it.
    #[must_use]
    pub const fn then(self, other: Self) -> Self {
        Self {
            value: self.value.wrapping_mul(other.power).wrapping_add(other.value),
            power: self.power.wrapping_mul(other.power),
        }
    }

    /// That of this text with a number behind it, in as many digits at least.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a digit")]
    pub const fn number(self, number: usize, digits: usize) -> Self {
        let rest = if number >= 10 || digits > 1 {
            self.number(number / 10, digits.saturating_sub(1))
        } else {
            self
        };
        rest.byte(b'0' + (number % 10) as u8)
    }

    /// A number that tells texts apart, in all of its bits.
    #[must_use]
    pub const fn mixed(self) -> u64 {
        let mixed = (self.value ^ (self.value >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
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
