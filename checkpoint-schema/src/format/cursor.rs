//! A cursor over bytes, with their positions.

use std::fmt;

use crate::format::error::WireError;

/// The position of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Position {
    /// A byte of the file.
    File(u64),
    /// A byte of a block that is stored compressed.
    Decompressed {
        /// The start of the block in the file.
        block: u64,
        /// The offset in the decompressed block.
        byte: u64,
    },
}

impl Position {
    /// The position after `bytes` more bytes.
    pub(crate) fn plus(self, bytes: usize) -> Self {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        match self {
            Self::File(at) => Self::File(at.saturating_add(bytes)),
            Self::Decompressed { block, byte } => {
                Self::Decompressed { block, byte: byte.saturating_add(bytes) }
            }
        }
    }

    /// The number of bytes since an earlier position in the same bytes.
    pub(crate) fn since(self, earlier: Self) -> usize {
        let byte = |position| match position {
            Self::File(byte) | Self::Decompressed { byte, .. } => byte,
        };
        usize::try_from(byte(self).saturating_sub(byte(earlier))).unwrap_or(usize::MAX)
    }
}

/// Prints `byte 17`, or `byte 17 of what the block at byte 0 decompresses to`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(at) => write!(f, "byte {at}"),
            Self::Decompressed { block, byte } => {
                write!(f, "byte {byte} of what the block at byte {block} decompresses to")
            }
        }
    }
}

/// A cursor that consumes bytes from the front.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    /// The initial number of bytes.
    len: usize,
    start: Position,
}

impl<'a> Cursor<'a> {
    /// A cursor over `bytes`, which start at position `at`.
    #[inline]
    #[must_use]
    pub fn new(bytes: &'a [u8], at: Position) -> Self {
        Self { rest: bytes, len: bytes.len(), start: at }
    }

    /// The position of the next byte.
    #[must_use]
    pub fn at(&self) -> Position {
        self.start.plus(self.len.saturating_sub(self.rest.len()))
    }

    /// True if no bytes are left.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The remaining bytes.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes the next `need` bytes. Errors describe them as `what`.
    ///
    /// # Errors
    /// Returns an error if fewer bytes are left.
    #[inline]
    pub fn take(&mut self, need: u64, what: &'static str) -> Result<&'a [u8], WireError> {
        let taken = usize::try_from(need).ok().and_then(|need| self.rest.split_at_checked(need));
        let Some((taken, rest)) = taken else {
            return Err(WireError::Truncated { what, at: self.at(), need, have: self.rest.len() });
        };
        self.rest = rest;
        Ok(taken)
    }

    /// Takes the next `N` bytes. Errors describe them as `what`.
    #[inline]
    pub(crate) fn array<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], WireError> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else {
            let need = u64::try_from(N).unwrap_or(u64::MAX);
            return Err(WireError::Truncated { what, at: self.at(), need, have: self.rest.len() });
        };
        self.rest = rest;
        Ok(*taken)
    }

    /// Takes a varint of at most 10 bytes. Bits beyond the 64th are dropped.
    ///
    /// # Errors
    /// Returns an error if the varint is longer or truncated.
    #[inline]
    pub fn varint64(&mut self, what: &'static str) -> Result<u64, WireError> {
        self.varint(10, what)
    }

    /// Takes a varint of at most 5 bytes. Bits beyond the 32nd are dropped.
    #[inline]
    pub(crate) fn varint32(&mut self, what: &'static str) -> Result<u64, WireError> {
        Ok(self.varint(5, what)? & 0xffff_ffff)
    }

    #[inline]
    fn varint(&mut self, longest: usize, what: &'static str) -> Result<u64, WireError> {
        // Almost all varints have one byte.
        if let Some((&byte, rest)) = self.rest.split_first().filter(|(byte, _)| **byte < 0x80) {
            self.rest = rest;
            return Ok(byte.into());
        }
        self.long_varint(longest, what)
    }

    fn long_varint(&mut self, longest: usize, what: &'static str) -> Result<u64, WireError> {
        let at = self.at();
        let mut value = 0;
        for shift in (0..64).step_by(7).take(longest) {
            let [byte] = self.array(what)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(WireError::Varint { what, at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(bytes: &[u8]) -> Cursor<'_> {
        Cursor::new(bytes, Position::File(100))
    }

    #[test]
    fn a_varint_holds_the_low_group_first() {
        assert_eq!(cursor(&[0x00]).varint64("n"), Ok(0));
        assert_eq!(cursor(&[0x7f]).varint64("n"), Ok(127));
        assert_eq!(cursor(&[0xac, 0x02]).varint64("n"), Ok(300));
    }

    #[test]
    fn a_varint_can_be_longer_than_needed_but_not_longer_than_its_type() {
        assert_eq!(cursor(&[0x80, 0x00]).varint64("n"), Ok(0));
        assert_eq!(cursor(&[0x80, 0x80, 0x80, 0x80, 0x00]).varint32("n"), Ok(0));
        let overlong = Err(WireError::Varint { what: "n", at: Position::File(100) });
        assert_eq!(cursor(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]).varint32("n"), overlong);
        assert_eq!(cursor(&[0x80; 11]).varint64("n"), overlong);
    }

    #[test]
    fn bits_above_the_type_of_a_varint_are_dropped() {
        assert_eq!(cursor(&[0xff, 0xff, 0xff, 0xff, 0x7f]).varint32("n"), Ok(0xffff_ffff));
        let mut minus_one = [0xff; 10];
        minus_one[9] = 0x01;
        assert_eq!(cursor(&minus_one).varint64("n"), Ok(u64::MAX));
        minus_one[9] = 0x7f;
        assert_eq!(cursor(&minus_one).varint64("n"), Ok(u64::MAX));
    }

    #[test]
    fn what_is_missing_is_named_with_its_place() {
        let mut bytes = cursor(&[1, 2, 3]);
        assert_eq!(bytes.take(2, "a pair"), Ok(&[1, 2][..]));
        let error = bytes.take(1 << 40, "the rest").unwrap_err();
        let at = Position::File(102);
        assert_eq!(error, WireError::Truncated { what: "the rest", at, need: 1 << 40, have: 1 });
        assert_eq!(
            cursor(&[0x80]).varint64("n"),
            Err(WireError::Truncated { what: "n", at: Position::File(101), need: 1, have: 0 })
        );
    }
}
