//! Valid and invalid zip archives.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// A file in an archive. Its fields in the directory can be changed.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name in the directory.
    pub name: Vec<u8>,
    /// The name before the bytes.
    pub local_name: Vec<u8>,
    /// The bytes as they are stored.
    pub stored: Vec<u8>,
    /// The uncompressed size.
    pub size: u64,
    /// The CRC-32 of the uncompressed bytes.
    pub crc: u32,
    /// 0 for stored, 8 for deflated bytes.
    pub method: u16,
    /// Bit 0 for an encrypted file.
    pub flags: u16,
    /// The number that is added to the offset in the directory.
    pub moved: i64,
    /// The length of an extra field before the bytes.
    pub padding: u16,
}

impl Entry {
    /// Creates a file that is not compressed.
    #[must_use]
    pub fn stored(name: &str, bytes: &[u8]) -> Self {
        let name = name.as_bytes().to_vec();
        Self {
            local_name: name.clone(),
            name,
            stored: bytes.to_vec(),
            size: bytes.len() as u64,
            crc: crc32(bytes),
            method: 0,
            flags: 0,
            moved: 0,
            padding: 0,
        }
    }

    /// Creates a compressed file.
    ///
    /// # Panics
    /// If memory cannot be written.
    #[must_use]
    pub fn deflated(name: &str, bytes: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("memory");
        let stored = encoder.finish().expect("memory");
        Self { stored, method: 8, ..Self::stored(name, bytes) }
    }

    /// Returns the entry with changed fields.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// Returns the CRC-32 of zip.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Returns an archive of these files, in the zip64 form if `is_large`.
///
/// # Panics
/// If something exceeds the limits of the format.
#[must_use]
pub fn zip(entries: &[Entry], is_large: bool) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let start = (bytes.len() as u64).checked_add_signed(entry.moved).expect("a place");
        let sizes = [entry.stored.len() as u64, entry.size];
        let small =
            sizes.map(|size| if is_large { u32::MAX } else { u32::try_from(size).expect("small") });
        bytes.extend(b"PK\x03\x04\x2d\0");
        common(&mut bytes, entry, small);
        bytes.extend(u16::try_from(entry.local_name.len()).expect("a name").to_le_bytes());
        let extra = if is_large { wide(&[sizes[1], sizes[0]]) } else { Vec::new() };
        let len = u16::try_from(extra.len()).expect("short") + entry.padding;
        bytes.extend(len.to_le_bytes());
        bytes.extend(
            [&entry.local_name[..], &extra, &vec![0xfb; entry.padding.into()], &entry.stored]
                .concat(),
        );

        directory.extend(b"PK\x01\x02\x2d\x03\x2d\0");
        common(&mut directory, entry, small);
        let extra = if is_large { wide(&[sizes[1], sizes[0], start]) } else { Vec::new() };
        for len in [entry.name.len(), extra.len(), 0, 0, 0] {
            directory.extend(u16::try_from(len).expect("short").to_le_bytes());
        }
        let place = if is_large { u32::MAX } else { u32::try_from(start).expect("small") };
        directory.extend([[0; 4], place.to_le_bytes()].concat());
        directory.extend([&entry.name[..], &extra].concat());
    }
    end(&mut bytes, &directory, entries.len() as u64, is_large);
    bytes
}

/// Appends the fields that local headers and the directory share.
fn common(bytes: &mut Vec<u8>, entry: &Entry, sizes: [u32; 2]) {
    for field in [entry.flags, entry.method, 0, 0x21] {
        bytes.extend(field.to_le_bytes());
    }
    for field in [entry.crc, sizes[0], sizes[1]] {
        bytes.extend(field.to_le_bytes());
    }
}

/// Returns an extra field of 64-bit numbers.
fn wide(numbers: &[u64]) -> Vec<u8> {
    let len = u16::try_from(numbers.len() * 8).expect("short");
    let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
    [1_u16.to_le_bytes(), len.to_le_bytes()].concat().into_iter().chain(numbers).collect()
}

fn end(bytes: &mut Vec<u8>, directory: &[u8], count: u64, is_large: bool) {
    let (start, size) = (bytes.len() as u64, directory.len() as u64);
    bytes.extend(directory);
    let at = bytes.len() as u64;
    if is_large {
        bytes
            .extend([&b"PK\x06\x06"[..], &44_u64.to_le_bytes(), &[45, 0, 45, 0], &[0; 8]].concat());
        bytes.extend([count, count, size, start].map(u64::to_le_bytes).concat());
        bytes.extend([&b"PK\x06\x07\0\0\0\0"[..], &at.to_le_bytes(), &[1, 0, 0, 0]].concat());
    }
    let small =
        |number: u64| if is_large { u32::MAX } else { u32::try_from(number).expect("small") };
    let count = if is_large { u16::MAX } else { u16::try_from(count).expect("few") };
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend([small(size), small(start)].map(u32::to_le_bytes).concat());
    bytes.extend([0, 0]);
}
