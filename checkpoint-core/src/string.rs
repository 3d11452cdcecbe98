//! The string that a variable without axes holds.

use checkpoint_schema::catalog::{Endianness, Place, Variable};
use checkpoint_schema::format::checksum;

use crate::read::{ReadError, ReadErrorKind};
use crate::source::Source;

/// The most bytes that are stored besides those of the string: its length, and the checksum of that.
pub(crate) const MOST_BESIDES: u64 = 10 + 4;

/// Reads a string, and verifies its checksums.
pub(crate) fn read_string(source: &dyn Source, variable: &Variable) -> Result<Vec<u8>, ReadError> {
    read(source, variable).map_err(|kind| ReadError { variable: variable.name.clone(), kind })
}

fn read(source: &dyn Source, variable: &Variable) -> Result<Vec<u8>, ReadErrorKind> {
    let Place::Whole(extent) = &variable.place else {
        return Err(ReadErrorKind::Unsupported { what: "variables that are stored in slices are" });
    };
    source.check(extent)?;
    let memory = || ReadErrorKind::Memory { bytes: extent.size };
    let size = usize::try_from(extent.size).map_err(|_| memory())?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| memory())?;
    bytes.resize(size, 0);
    source.read(extent, 0, &mut bytes)?;

    let string = Stored::split(&bytes).ok_or(ReadErrorKind::String)?;
    let computed = string.checksum(source.catalog().endianness);
    if computed != extent.crc32c {
        return Err(ReadErrorKind::Checksum { extent: *extent, computed });
    }
    let start = bytes.len() - string.bytes.len();
    bytes.drain(..start);
    Ok(bytes)
}

/// A string as it is stored.
struct Stored<'b> {
    len: u64,
    /// The checksum of the length.
    checksum: &'b [u8; 4],
    bytes: &'b [u8],
}

impl<'b> Stored<'b> {
    /// A varint that is the length, its checksum, and as many bytes.
    fn split(stored: &'b [u8]) -> Option<Self> {
        let end = stored.iter().take(10).position(|&byte| byte < 0x80)?;
        let (varint, rest) = stored.split_at_checked(end + 1)?;
        let len = varint
            .iter()
            .rev()
            .try_fold(0, |len: u64, &byte| Some(len.checked_mul(0x80)? | u64::from(byte & 0x7f)))?;
        let (checksum, bytes) = rest.split_first_chunk()?;
        (u64::try_from(bytes.len()) == Ok(len)).then_some(Self { len, checksum, bytes })
    }

    /// The checksum of the length as a number of 4 or 8 bytes, its checksum, and the string.
    fn checksum(&self, endianness: Endianness) -> u32 {
        let mut digest = checksum::Digest::new();
        match (u32::try_from(self.len), endianness) {
            (Ok(len), Endianness::Little) => digest.update(&len.to_le_bytes()),
            (Ok(len), Endianness::Big) => digest.update(&len.to_be_bytes()),
            (Err(_), Endianness::Little) => digest.update(&self.len.to_le_bytes()),
            (Err(_), Endianness::Big) => digest.update(&self.len.to_be_bytes()),
        }
        digest.update(self.checksum);
        digest.update(self.bytes);
        digest.value()
    }
}
