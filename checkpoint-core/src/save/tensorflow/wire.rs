//! Encoding of protocol buffer fields.

use crate::system::number::as_u64;

/// Appends a varint: seven bits per byte.
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    let low = |value: u64| value.to_le_bytes().first().copied().unwrap_or(0);
    while value >= 0x80 {
        out.push(low(value) | 0x80);
        value >>= 7;
    }
    out.push(low(value));
}

/// The encoded length of a varint.
pub(super) fn varint_len(value: u64) -> u64 {
    let bits = u64::BITS.saturating_sub(value.leading_zeros()).max(1);
    u64::from(bits.div_ceil(7))
}

/// Appends a numeric field, or nothing for 0.
pub(super) fn number(out: &mut Vec<u8>, field: u8, value: u64) {
    if value != 0 {
        varint(out, tag(field, 0));
        varint(out, value);
    }
}

/// Appends a field with bytes or a message, even if it is empty.
pub(super) fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    varint(out, tag(field, 2));
    varint(out, as_u64(value.len()));
    out.extend_from_slice(value);
}

/// Appends a 4-byte field.
pub(super) fn fixed32(out: &mut Vec<u8>, field: u8, value: u32) {
    varint(out, tag(field, 5));
    out.extend(value.to_le_bytes());
}

fn tag(field: u8, wire_type: u64) -> u64 {
    u64::from(field) << 3 | wire_type
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_takes_as_many_bytes_as_are_counted() {
        for value in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u64::from(u32::MAX), 1 << 62, u64::MAX] {
            let mut out = Vec::new();
            varint(&mut out, value);
            assert_eq!(as_u64(out.len()), varint_len(value), "{value}");
        }
    }
}
