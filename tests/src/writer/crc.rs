//! The checksum in all parts of a checkpoint: masked CRC32C.

use crc_fast::{CrcAlgorithm, Digest};

/// The checksum of the bytes so far.
pub(crate) struct Crc(Digest);

impl Crc {
    pub(crate) fn new() -> Self {
        Self(Digest::new(CrcAlgorithm::Crc32Iscsi))
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the masked checksum, as in files.
    pub(crate) fn masked(&self) -> u32 {
        let crc = u32::try_from(self.0.clone().finalize()).expect("a CRC-32 has 32 bits");
        crc.rotate_right(15).wrapping_add(0xa282_ead8)
    }
}

/// Returns the masked CRC32C of `bytes`, as in files.
#[must_use]
pub fn masked_crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.masked()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_is_that_of_the_algorithm() {
        assert_eq!(masked_crc(b"123456789"), 0xc78a_b0e5);
        assert_eq!(masked_crc(b""), 0xa282_ead8);
    }
}
