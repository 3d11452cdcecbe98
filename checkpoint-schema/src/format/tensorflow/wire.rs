//! The wire format of protocol buffers: messages as sequences of fields.

use crate::format::cursor::{Cursor, Position};
use crate::format::error::WireError;

/// The maximum nesting depth of groups.
const DEEPEST_GROUP: usize = 100;

/// A field of a message.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The number of the field.
    pub number: u32,
    /// The value of the field.
    pub value: Value<'a>,
}

/// The value of a field, as far as the wire format determines its type.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// An integer, a bool or an enum.
    Varint(u64),
    /// An eight-byte number.
    Fixed64([u8; 8]),
    /// A string, bytes, a message, or packed numbers.
    Bytes(Cursor<'a>),
    /// A four-byte number.
    Fixed32([u8; 4]),
}

/// The fields of a message, in the order of storage, without groups.
///
/// Readers skip unknown fields: those with an unknown number or another type than expected.
#[derive(Debug)]
pub struct Fields<'a> {
    rest: Cursor<'a>,
    message: &'static str,
}

impl<'a> Fields<'a> {
    /// The fields of the message in `bytes`. Errors call it `message`.
    #[inline]
    #[must_use]
    pub fn new(bytes: Cursor<'a>, message: &'static str) -> Self {
        Self { rest: bytes, message }
    }

    #[inline]
    fn field(&mut self) -> Result<Option<Field<'a>>, WireError> {
        while !self.rest.is_empty() {
            let tag = self.tag()?;
            match tag.kind {
                3 => self.skip_group(tag)?,
                4 => return Err(self.group(tag.at)),
                _ => {
                    let value = self.value(tag)?;
                    return Ok(Some(Field { number: tag.number, value }));
                }
            }
        }
        Ok(None)
    }

    #[inline]
    fn tag(&mut self) -> Result<Tag, WireError> {
        let at = self.rest.at();
        let message = self.message;
        let tag = self.rest.varint64(message)?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| (1..1 << 29).contains(number));
        let number = number.ok_or(WireError::FieldNumber { message, at, number: tag >> 3 })?;
        Ok(Tag { number, kind: tag & 7, at })
    }

    #[inline]
    fn value(&mut self, tag: Tag) -> Result<Value<'a>, WireError> {
        let message = self.message;
        Ok(match tag.kind {
            0 => Value::Varint(self.rest.varint64(message)?),
            1 => Value::Fixed64(self.rest.array(message)?),
            2 => {
                let len = self.rest.varint64(message)?;
                let at = self.rest.at();
                Value::Bytes(Cursor::new(self.rest.take(len, message)?, at))
            }
            5 => Value::Fixed32(self.rest.array(message)?),
            kind => return Err(WireError::WireType { message, at: tag.at, kind }),
        })
    }

    /// Skips the group that `start` opens, including nested groups.
    fn skip_group(&mut self, start: Tag) -> Result<(), WireError> {
        let mut open = vec![start];
        while let Some(inmost) = open.last() {
            if self.rest.is_empty() {
                return Err(self.group(inmost.at));
            }
            let tag = self.tag()?;
            match tag.kind {
                3 if open.len() < DEEPEST_GROUP => open.push(tag),
                4 if tag.number == inmost.number => drop(open.pop()),
                3 | 4 => return Err(self.group(tag.at)),
                _ => drop(self.value(tag)?),
            }
        }
        Ok(())
    }

    fn group(&self, at: Position) -> WireError {
        WireError::Group { message: self.message, at }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let field = self.field().transpose()?;
        if field.is_err() {
            // The boundaries of fields after an error are unknown.
            self.rest = Cursor::new(&[], self.rest.at());
        }
        Some(field)
    }
}

#[derive(Clone, Copy, Debug)]
struct Tag {
    number: u32,
    kind: u64,
    at: Position,
}

/// The `int32` or enum value of a varint: its low 32 bits.
pub(crate) fn int32(varint: u64) -> i32 {
    let [a, b, c, d, ..] = varint.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

/// The `int64` value of a varint.
pub(crate) fn int64(varint: u64) -> i64 {
    varint.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields in `bytes`, with the contents of those of type `Bytes`.
    fn fields(bytes: &[u8]) -> Result<Vec<(u32, String)>, WireError> {
        Fields::new(Cursor::new(bytes, Position::File(10)), "the message")
            .map(|field| {
                let field = field?;
                let value = match field.value {
                    Value::Bytes(mut bytes) => {
                        let at = bytes.at();
                        format!("{:?} at {at}", bytes.take(2, "two bytes")?)
                    }
                    value => format!("{value:?}"),
                };
                Ok((field.number, value))
            })
            .collect()
    }

    fn group(at: u64) -> Result<Vec<(u32, String)>, WireError> {
        Err(WireError::Group { message: "the message", at: Position::File(at) })
    }

    #[test]
    fn a_field_of_every_type_is_read() {
        let bytes = [
            &[0x08, 0x96, 0x01][..],
            &[0x11, 1, 2, 3, 4, 5, 6, 7, 8],
            &[0x1a, 2, 9, 8],
            &[0xa5, 0x01, 4, 3, 2, 1],
        ];
        let expected = [
            (1, "Varint(150)"),
            (2, "Fixed64([1, 2, 3, 4, 5, 6, 7, 8])"),
            (3, "[9, 8] at byte 24"),
            (20, "Fixed32([4, 3, 2, 1])"),
        ];
        let expected = expected.map(|(number, value)| (number, value.to_owned()));
        assert_eq!(fields(&bytes.concat()), Ok(expected.to_vec()));
    }

    #[test]
    fn groups_are_skipped_with_all_that_is_in_them() {
        let groups = [0x2b, 0x08, 0x07, 0x33, 0x34, 0x12, 0x01, 0x2c, 0x2c];
        assert_eq!(fields(&groups), Ok(vec![]));
        assert_eq!(fields(&groups[..8]), group(10));
        let after = [&groups[..], &[0x08, 0x01]].concat();
        assert_eq!(fields(&after), Ok(vec![(1, "Varint(1)".to_owned())]));
    }

    #[test]
    fn groups_that_do_not_end_as_they_began_are_refused() {
        assert_eq!(fields(&[0x0c]), group(10));
        assert_eq!(fields(&[0x0b]), group(10));
        assert_eq!(fields(&[0x0b, 0x14]), group(11));
    }

    #[test]
    fn groups_are_followed_only_so_deep() {
        let nested = |depth| [vec![0x0b; depth], vec![0x0c; depth]].concat();
        assert_eq!(fields(&nested(DEEPEST_GROUP)), Ok(vec![]));
        assert_eq!(fields(&nested(DEEPEST_GROUP + 1)), group(110));
        assert_eq!(fields(&vec![0x0b; 1 << 20]), group(110));
    }

    #[test]
    fn tags_that_no_message_has_are_refused() {
        let (message, at) = ("the message", Position::File(10));
        let number = |number| Err(WireError::FieldNumber { message, at, number });
        assert_eq!(fields(&[0x00, 0x00]), number(0));
        assert_eq!(fields(&[0x80, 0x80, 0x80, 0x80, 0x10]), number(1 << 29));
        let kind = |kind| Err(WireError::WireType { message, at, kind });
        assert_eq!(fields(&[0x0e, 0x00]), kind(6));
        assert_eq!(fields(&[0x0f, 0x00]), kind(7));
    }

    #[test]
    fn a_value_that_is_cut_is_refused_wherever_the_cut_is() {
        let whole =
            [0x08, 0x96, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 2, 9, 8, 0x25, 1, 2, 3, 4];
        for len in 0..=whole.len() {
            let complete = [0, 3, 12, 16, 21].contains(&len);
            assert_eq!(fields(&whole[..len]).is_ok(), complete, "{len} bytes");
        }
    }

    #[test]
    fn numbers_take_the_low_bits_of_their_varint() {
        assert_eq!(int32(u64::MAX), -1);
        assert_eq!(int32(0x1_0000_0002), 2);
        assert_eq!(int64(u64::MAX), -1);
    }
}
