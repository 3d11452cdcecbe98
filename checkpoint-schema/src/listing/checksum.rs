//! 32-bit checksums, and the mask that `TensorFlow` applies to stored checksums.

use crc_fast::CrcAlgorithm;
use crc_fast::CrcAlgorithm::{Crc32Iscsi, Crc32IsoHdlc};

/// A 32-bit cyclic redundancy check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// CRC-32C (Castagnoli), used by `TensorFlow` and LevelDB.
    Crc32c,
    /// CRC-32, used by zip and gzip.
    Crc32,
}

impl Algorithm {
    /// Combines the checksums of two consecutive byte ranges. The second range has `second_len` bytes.
    #[must_use]
    pub const fn combine(self, first: u32, second: u32, second_len: u64) -> u32 {
        let polynomial = match self {
            Self::Crc32c => CASTAGNOLI,
            Self::Crc32 => IEEE,
        };
        // Appending zeros to the first range multiplies its checksum by x to the power of their number of bits. `crc_fast`
        // combines more than ten times slower, which matters if a tensor is read in pieces.
        let (mut product, mut power, mut left) = (first, X_TO_THE_8, second_len);
        while left > 0 {
            if left & 1 == 1 {
                product = multiply(product, power, polynomial);
            }
            power = multiply(power, power, polynomial);
            left >>= 1;
        }
        product ^ second
    }

    /// The checksum of this many zero bytes.
    #[must_use]
    pub fn zeros(self, len: u64) -> u32 {
        let mut byte = Digest::new(self);
        byte.update(&[0]);
        let (mut value, mut run, mut run_len, mut left) = (0, byte.value(), 1_u64, len);
        while left > 0 {
            if left & 1 == 1 {
                value = self.combine(value, run, run_len);
            }
            run = self.combine(run, run, run_len);
            (run_len, left) = (run_len << 1, left >> 1);
        }
        value
    }

    fn implementation(self) -> CrcAlgorithm {
        match self {
            Self::Crc32c => Crc32Iscsi,
            Self::Crc32 => Crc32IsoHdlc,
        }
    }
}

/// An incremental checksum.
#[derive(Clone, Copy, Debug)]
pub struct Digest(crc_fast::Digest);

impl Digest {
    /// Creates a digest of zero bytes.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self(crc_fast::Digest::new(algorithm.implementation()))
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of the bytes so far.
    #[must_use]
    pub fn value(&self) -> u32 {
        low_half(self.0.finalize())
    }
}

/// The CRC-32C of these bytes.
#[must_use]
pub fn crc32c(bytes: &[u8]) -> u32 {
    low_half(crc_fast::checksum(Crc32Iscsi, bytes))
}

/// The product of two polynomials modulo a third. The highest bit is the coefficient of x to the power of 0.
const fn multiply(one: u32, other: u32, modulo: u32) -> u32 {
    let (mut product, mut bits, mut term) = (0, one, other);
    while bits > 0 {
        product ^= term & 0_u32.wrapping_sub(bits >> 31);
        bits <<= 1;
        term = (term >> 1) ^ (modulo & 0_u32.wrapping_sub(term & 1));
    }
    product
}

/// The polynomial of CRC-32C, without its highest term.
const CASTAGNOLI: u32 = 0x82f6_3b78;

/// The polynomial of CRC-32, without its highest term.
const IEEE: u32 = 0xedb8_8320;

const X_TO_THE_8: u32 = 1 << (31 - 8);

/// Masks a checksum for storage.
///
/// Any bytes followed by their own checksum have the same checksum. The mask avoids this where the checksummed bytes
/// contain checksums.
#[must_use]
pub const fn mask(checksum: u32) -> u32 {
    checksum.rotate_right(15).wrapping_add(MASK)
}

/// Recovers the checksum from its masked form.
#[must_use]
pub const fn unmask(masked: u32) -> u32 {
    masked.wrapping_sub(MASK).rotate_left(15)
}

const MASK: u32 = 0xa282_ead8;

fn low_half(checksum: u64) -> u32 {
    u32::try_from(checksum & 0xffff_ffff).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALGORITHMS: [Algorithm; 2] = [Algorithm::Crc32c, Algorithm::Crc32];

    fn checksum(algorithm: Algorithm, bytes: &[u8]) -> u32 {
        let mut digest = Digest::new(algorithm);
        digest.update(bytes);
        digest.value()
    }

    #[test]
    fn they_are_the_algorithms_of_the_formats() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(b""), 0);
        assert_eq!(checksum(Algorithm::Crc32c, b"123456789"), 0xe306_9283);
        assert_eq!(checksum(Algorithm::Crc32, b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn the_mask_is_the_one_of_the_format() {
        for (checksum, masked) in [(0xe306_9283, 0xc78a_b0e5), (0, 0xa282_ead8)] {
            assert_eq!(mask(checksum), masked);
            assert_eq!(unmask(masked), checksum);
        }
        assert_eq!(unmask(0), 0x8a94_2ebe);
    }

    #[test]
    fn checksums_are_combined_for_any_length() {
        let lens =
            [0, 1, 7, 8, 4096, 4 << 20, (4 << 20) + 3, u64::from(u32::MAX), 1 << 32, 1 << 60];
        let pairs = [(0, 0), (1, 0), (0xe306_9283, 0x8a94_2ebe), (u32::MAX, 1)];
        for (algorithm, len) in ALGORITHMS.into_iter().flat_map(|it| lens.map(|len| (it, len))) {
            for (first, second) in pairs {
                let implementation = algorithm.implementation();
                let other =
                    crc_fast::checksum_combine(implementation, first.into(), second.into(), len);
                let combined = algorithm.combine(first, second, len);
                assert_eq!(u64::from(combined), other, "{algorithm:?} {first:x} {len}");
            }
        }
    }

    #[test]
    fn zeros_have_their_checksum_for_any_length() {
        for algorithm in ALGORITHMS {
            for len in [0, 1, 2, 3, 255, 256, 4097] {
                let expected = checksum(algorithm, &vec![0; len]);
                assert_eq!(algorithm.zeros(u64::try_from(len).unwrap()), expected, "{len}");
            }
        }
    }

    #[test]
    fn pieces_have_the_checksum_of_the_whole() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for algorithm in ALGORITHMS {
            for cut in [0, 1, 500, 743, 999, 1000] {
                let (first, second) = bytes.split_at(cut);
                let mut digest = Digest::new(algorithm);
                digest.update(first);
                digest.update(second);
                let whole = checksum(algorithm, &bytes);
                assert_eq!(digest.value(), whole);
                let second_len = u64::try_from(second.len()).unwrap();
                let parts = (checksum(algorithm, first), checksum(algorithm, second));
                assert_eq!(algorithm.combine(parts.0, parts.1, second_len), whole);
            }
        }
    }
}
