//! The part of the protocol buffers wire format that checkpoints need.

/// Appends `value` as a varint.
pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Appends an `int32`, `int64` or `enum` field. Appends nothing for 0, which is the default of a missing field.
pub fn int_field(out: &mut Vec<u8>, number: u64, value: i64) {
    if value != 0 {
        present_int_field(out, number, value);
    }
}

/// Appends an integer field even if it is 0, as for a member of a `oneof`.
pub fn present_int_field(out: &mut Vec<u8>, number: u64, value: i64) {
    varint(out, number << 3);
    varint(out, value.cast_unsigned());
}

/// Appends a field of bytes: a string, a message or packed numbers.
pub fn bytes_field(out: &mut Vec<u8>, number: u64, value: &[u8]) {
    varint(out, (number << 3) | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

/// Appends a `fixed32` field.
pub fn fixed32_field(out: &mut Vec<u8>, number: u64, value: u32) {
    varint(out, (number << 3) | 5);
    out.extend_from_slice(&value.to_le_bytes());
}
