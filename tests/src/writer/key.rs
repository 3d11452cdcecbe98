//! The keys of slices. Strings and numbers are encoded so that the bytes sort like the values.

use super::Extent;

/// Returns the key of one slice of the tensor `name`.
///
/// # Panics
///
/// When the rank does not fit a byte: no test needs that.
#[must_use]
pub fn slice_key(name: &[u8], extents: &[Extent]) -> Vec<u8> {
    let mut key = vec![0];
    for &byte in name {
        match byte {
            0 => key.extend([0, 0xff]),
            0xff => key.extend([0xff, 0]),
            _ => key.push(byte),
        }
    }
    key.extend([0, 1]);
    match u8::try_from(extents.len()).expect("a rank below 256") {
        0 => key.push(0),
        rank => key.extend([1, rank]),
    }
    for extent in extents {
        signed(&mut key, if extent.length.is_none() { 0 } else { extent.start });
        signed(&mut key, extent.length.unwrap_or(-1));
    }
    key
}

/// Appends `value` in as many bytes as it needs. The leading bits are the number of bytes.
fn signed(key: &mut Vec<u8>, value: i64) {
    let magnitude = i128::from(if value < 0 { !value } else { value });
    let bytes = (1..=10).find(|bytes| magnitude < 1 << (7 * bytes - 1)).expect("70 bits hold 64");
    let number = (i128::from(value) ^ (!0 << (7 * bytes))).to_be_bytes();
    key.extend_from_slice(&number[16 - bytes..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: i64) -> Vec<u8> {
        let mut key = Vec::new();
        signed(&mut key, value);
        key
    }

    #[test]
    fn numbers_have_the_vectors_of_the_format() {
        assert_eq!(encoded(0), b"\x80");
        assert_eq!(encoded(-1), b"\x7f");
        assert_eq!(encoded(63), b"\xbf");
        assert_eq!(encoded(64), b"\xc0\x40");
        assert_eq!(encoded(-64), b"\x40");
        assert_eq!(encoded(-65), b"\x3f\xbf");
        assert_eq!(encoded(8191), b"\xdf\xff");
        assert_eq!(encoded(8192), b"\xe0\x20\x00");
        assert_eq!(encoded(1 << 31), b"\xf8\x80\x00\x00\x00");
        assert_eq!(encoded(i64::MAX), b"\xff\xc0\x7f\xff\xff\xff\xff\xff\xff\xff");
    }

    #[test]
    fn a_whole_axis_and_a_part_of_one_make_the_key_of_the_format() {
        let key = slice_key(b"foo", &[Extent::WHOLE, Extent::part(1, 9)]);
        assert_eq!(key, b"\0foo\0\x01\x01\x02\x80\x7f\x81\x89");
    }

    #[test]
    fn bytes_that_could_end_a_name_are_escaped() {
        assert_eq!(slice_key(b"\0\xff", &[]), b"\0\0\xff\xff\0\0\x01\0");
    }
}
