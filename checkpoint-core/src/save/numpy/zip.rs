//! Archives of uncompressed files, as Python's `zipfile` writes them for `numpy.savez`.

use crate::system::number::as_u64;

/// The length of a file header, without the name and the extra field.
const LOCAL: u64 = 30;

/// The length of the extra field with two 8-byte sizes.
const SIZES: u64 = 20;

/// The ZIP version with 8-byte sizes.
const VERSION: u16 = 45;

/// The flag for a UTF-8 name.
const UTF8: u16 = 0x800;

/// 1980-01-01, the earliest date of the format.
const DATE: u16 = 33;

/// The system of the attributes: Unix.
const SYSTEM: u8 = 3;

/// Owners can read and write the file.
const ATTRIBUTES: u32 = 0o600 << 16;

/// The largest number that Python writes in a 4-byte field.
const LARGEST: u64 = 0x7fff_ffff;

/// The maximum number of files that Python writes in a 2-byte field.
const MOST: u64 = 0xffff;

/// A file in an archive.
pub(super) struct Entry {
    pub(super) name: String,
    /// The first byte of its header.
    pub(super) start: u64,
    pub(super) size: u64,
    pub(super) crc: u32,
}

/// The length of a file header, given the length of the name.
pub(super) fn local_len(name: u64) -> u64 {
    LOCAL.saturating_add(name).saturating_add(SIZES)
}

impl Entry {
    /// The header before the contents of the file.
    pub(super) fn local(&self) -> Vec<u8> {
        let mut out = b"PK\x03\x04".to_vec();
        out.extend(VERSION.to_le_bytes());
        self.common(&mut out);
        // The sizes are in the extra field.
        out.extend(u32::MAX.to_le_bytes());
        out.extend(u32::MAX.to_le_bytes());
        out.extend(short(as_u64(self.name.len())));
        out.extend(short(SIZES));
        out.extend(self.name.as_bytes());
        extra(&mut out, &[self.size, self.size]);
        out
    }

    /// The directory entry.
    fn central(&self, out: &mut Vec<u8>) {
        let mut large = Vec::new();
        let is_large = self.size > LARGEST;
        if is_large {
            large.extend([self.size, self.size]);
        }
        if self.start > LARGEST {
            large.push(self.start);
        }
        out.extend(b"PK\x01\x02");
        let [version, _] = VERSION.to_le_bytes();
        out.extend([version, SYSTEM]);
        out.extend(VERSION.to_le_bytes());
        self.common(out);
        let size = if is_large { u32::MAX.to_le_bytes() } else { long(self.size) };
        out.extend(size);
        out.extend(size);
        out.extend(short(as_u64(self.name.len())));
        let extra_len = as_u64(large.len()).saturating_mul(8).saturating_add(4);
        out.extend(short(if large.is_empty() { 0 } else { extra_len }));
        // No comment, first disk, no text attributes.
        out.extend([0; 6]);
        out.extend(ATTRIBUTES.to_le_bytes());
        out.extend(if self.start > LARGEST { u32::MAX.to_le_bytes() } else { long(self.start) });
        out.extend(self.name.as_bytes());
        if !large.is_empty() {
            extra(out, &large);
        }
    }

    /// Flags, method, time, date and checksum.
    fn common(&self, out: &mut Vec<u8>) {
        let flags = if self.name.is_ascii() { 0 } else { UTF8 };
        for number in [flags, 0, 0, DATE] {
            out.extend(number.to_le_bytes());
        }
        out.extend(self.crc.to_le_bytes());
    }
}

/// The directory of an archive, which starts at byte `start`.
pub(super) fn directory(entries: &[Entry], start: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        entry.central(&mut out);
    }
    let (count, size) = (as_u64(entries.len()), as_u64(out.len()));
    if count > MOST || start > LARGEST || size > LARGEST {
        let end = start.saturating_add(size);
        out.extend(b"PK\x06\x06");
        out.extend(44_u64.to_le_bytes());
        out.extend(VERSION.to_le_bytes());
        out.extend(VERSION.to_le_bytes());
        out.extend([0; 8]);
        for number in [count, count, size, start] {
            out.extend(number.to_le_bytes());
        }
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(end.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(short(count));
    out.extend(short(count));
    out.extend(long(size));
    out.extend(long(start));
    out.extend([0; 2]);
    out
}

/// Appends an extra field with 8-byte numbers.
fn extra(out: &mut Vec<u8>, numbers: &[u64]) {
    out.extend(1_u16.to_le_bytes());
    out.extend(short(as_u64(numbers.len()).saturating_mul(8)));
    for number in numbers {
        out.extend(number.to_le_bytes());
    }
}

/// A 2-byte number. The maximum means that the value is elsewhere.
fn short(number: u64) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

/// A 4-byte number. The maximum means that the value is elsewhere.
fn long(number: u64) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}
