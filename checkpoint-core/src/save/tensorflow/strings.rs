//! The encoding of strings and variants in data files.

use checkpoint_schema::listing::checksum::{Algorithm, Digest, mask};
use checkpoint_schema::listing::dtype::DType;

use super::wire::{varint, varint_len};
use crate::system::number::as_u64;
use crate::tensor::strings::Strings;

/// The length of a stored checksum.
const CHECKSUM: u64 = 4;

/// The encoded size of strings or variant messages.
pub(super) fn size(dtype: DType, strings: &Strings) -> u64 {
    let lengths = strings.iter().map(|string| varint_len(as_u64(string.len())));
    let lengths = lengths.fold(0, u64::saturating_add);
    let checksums = if dtype == DType::Variant { as_u64(strings.len()) } else { 1 };
    let all = as_u64(strings.as_bytes().len());
    lengths.saturating_add(all).saturating_add(CHECKSUM.saturating_mul(checksums))
}

/// Encodes strings or variant messages, and returns their checksum.
pub(super) fn encode(dtype: DType, strings: &Strings) -> (Vec<u8>, u32) {
    if dtype == DType::Variant { variants(strings) } else { plain(strings) }
}

/// All lengths, the checksum of the lengths, and all bytes.
fn plain(strings: &Strings) -> (Vec<u8>, u32) {
    let (mut out, mut digest) = (Vec::new(), Digest::new(Algorithm::Crc32c));
    for string in strings.iter() {
        let length = as_u64(string.len());
        varint(&mut out, length);
        match u32::try_from(length) {
            Ok(length) => digest.update(&length.to_le_bytes()),
            Err(_) => digest.update(&length.to_le_bytes()),
        }
    }
    let lengths = mask(digest.value()).to_le_bytes();
    digest.update(&lengths);
    digest.update(strings.as_bytes());
    out.extend(lengths);
    out.extend_from_slice(strings.as_bytes());
    (out, digest.value())
}

/// Each message with its length before it and a running checksum after it.
fn variants(messages: &Strings) -> (Vec<u8>, u32) {
    let (mut out, mut digest) = (Vec::new(), Digest::new(Algorithm::Crc32c));
    for message in messages.iter() {
        let length = as_u64(message.len());
        varint(&mut out, length);
        digest.update(&length.to_le_bytes());
        digest.update(message);
        let checksum = mask(digest.value()).to_le_bytes();
        digest.update(&checksum);
        out.extend_from_slice(message);
        out.extend(checksum);
    }
    (out, digest.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_as_the_worked_example_of_the_format_has_them() {
        let strings: Strings = ["hi", ""].into_iter().collect();
        let (bytes, checksum) = encode(DType::String, &strings);
        assert_eq!(bytes, b"\x02\0\x78\x27\x0b\x34hi");
        assert_eq!(mask(checksum), 0xed48_9e9e);
        let (bytes, _) = encode(DType::String, &Strings::default());
        assert_eq!(bytes, 0xa282_ead8_u32.to_le_bytes());
    }

    #[test]
    fn the_size_is_known_before() {
        let all: [Vec<Vec<u8>>; 3] = [vec![], vec![vec![]], vec![vec![7; 200], vec![1; 127]]];
        for strings in all {
            let strings: Strings = strings.into_iter().collect();
            for dtype in [DType::String, DType::Variant] {
                let (bytes, _) = encode(dtype, &strings);
                assert_eq!(as_u64(bytes.len()), size(dtype, &strings), "{strings:?}");
            }
        }
    }
}
