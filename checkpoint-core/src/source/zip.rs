//! The directory of a zip archive.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use checkpoint_schema::format::{Budget, DAMAGED, Limits, OverBudget};
use checkpoint_schema::listing::catalog::Name;
use rawzip::{CompressionMethod, ErrorKind, ReaderAt, ZipArchive, ZipFileHeaderRecord, ZipLocator};
use thiserror::Error;

use crate::open::error::OpenError;
use crate::source::content::{Content, Held};
use crate::source::file::OpenFile;
use crate::source::look::{Contents, look_at};
use crate::source::other_format::OtherFormat;
use crate::source::section::Section;
use crate::source::storage::FileSystem;
use crate::source::traits::DataFile;
use crate::system::number::as_u64;

/// The first bytes of an empty archive.
const EMPTY: &[u8] = b"PK\x05\x06";

/// The number of bytes to search for the end-of-directory record: the record itself and the longest comment after it.
const SEARCHED: u64 = (64 << 10) + 22;

/// The memory of an entry without its name, in bytes.
const ENTRY: u64 = 256;

/// The largest number of decompressed bytes per deflated byte. A few remaining bits can count as one more byte.
const MOST_TIMES: u64 = 1032;

/// A file in an archive.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Name,
    pub(crate) section: Section,
}

/// A kind of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// NumPy arrays.
    Arrays,
    /// A PyTorch pickle and the storages of its tensors.
    Torch,
}

/// The kind of an archive, by its contents; `None` for other archives and other files.
pub(crate) fn kind(system: &FileSystem, path: &Path) -> io::Result<Option<Kind>> {
    if !system.has_file(path)? {
        return Ok(None);
    }
    match look_at(system, path)? {
        Contents::OtherFormat(OtherFormat::Npz) => Ok(Some(Kind::Arrays)),
        Contents::OtherFormat(OtherFormat::Torch) => Ok(Some(Kind::Torch)),
        Contents::OtherFormat(OtherFormat::Zip) => {
            Ok(system.open(path)?.and_then(|file| by_names(path, file)))
        }
        Contents::Unknown if path.extension().is_some_and(|end| end == "npz") => {
            let mut start = [0; EMPTY.len()];
            let read = system.open(path)?.map(|file| file.read(0, &mut start));
            Ok(matches!(read, Some(Ok(()))).then_some(Kind::Arrays).filter(|_| start == EMPTY))
        }
        _ => Ok(None),
    }
}

/// The kind of an archive whose first file does not identify it.
fn by_names(path: &Path, file: OpenFile) -> Option<Kind> {
    let budget = Budget::new(&Limits::default(), file.size());
    let held = Held { path: path.to_owned(), content: Content::Open(file) };
    let entries = entries(&held, &budget).ok()?;
    let has = |end: &[u8]| entries.iter().any(|entry| entry.name.as_bytes().ends_with(end));
    if has(b"/data.pkl") || entries.iter().any(|entry| entry.name.as_bytes() == b"data.pkl") {
        return Some(Kind::Torch);
    }
    has(b".npy").then_some(Kind::Arrays)
}

/// Errors of an archive.
#[derive(Debug, Error)]
pub(crate) enum ZipError {
    #[error("{}", crate::source::reason(.0))]
    Io(io::Error),
    #[error("the archive has no end; the file is cut, fetch it again")]
    NoEnd,
    #[error("the directory of the archive is wrong; {DAMAGED}")]
    Directory,
    #[error("the archive declares {said} files, but its directory lists {found}; {DAMAGED}")]
    Count { said: u64, found: u64 },
    #[error("the archive has two files `{}`; {DAMAGED}", .0.short())]
    Twice(Name),
    #[error("the files `{}` and `{}` of the archive share bytes; {DAMAGED}", .0.short(), .1.short())]
    Overlap(Name, Name),
    #[error("the file `{}` does not lie within the archive; {DAMAGED}", .0.short())]
    Outside(Name),
    #[error("the file `{}` has another name in its own header; {DAMAGED}", .0.short())]
    OtherName(Name),
    #[error("the file `{}` is encrypted; save it without a password", .0.short())]
    Encrypted(Name),
    #[error("the name `{}` leads out of the archive; do not trust it, and fetch the file from elsewhere", .0.short())]
    Path(Name),
    #[error(
        "a file of the archive has a name of {len} bytes, and the limit is {limit}; if you trust the file, raise `Limits::key_bytes`"
    )]
    Long { len: u64, limit: u64 },
    #[error("the file `{}` is compressed by the method {method}, but only stored and deflated files are supported; save it again", name.short())]
    Method { name: Name, method: u16 },
    #[error("the file `{}` cannot have {size} bytes in {stored} compressed ones; {DAMAGED}", name.short())]
    Bomb { name: Name, size: u64, stored: u64 },
    #[error(transparent)]
    Memory(#[from] OverBudget),
}

impl ZipError {
    /// The error of opening a checkpoint.
    pub(crate) fn opening(self, path: &Path) -> OpenError {
        match self {
            Self::Io(source) => OpenError::Io { path: path.to_owned(), source },
            problem => OpenError::damaged(path, problem),
        }
    }
}

impl From<rawzip::Error> for ZipError {
    fn from(error: rawzip::Error) -> Self {
        match error.into_kind() {
            ErrorKind::IO(error) if error.kind() != io::ErrorKind::UnexpectedEof => Self::Io(error),
            ErrorKind::MissingEndOfCentralDirectory => Self::NoEnd,
            _ => Self::Directory,
        }
    }
}

/// A data file, as a reader of `rawzip`.
struct Bytes<'f>(&'f dyn DataFile);

impl ReaderAt for Bytes<'_> {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = self.0.size().saturating_sub(offset);
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        let into = into.get_mut(..len).unwrap_or_default();
        self.0.read(offset, into).map(|()| len)
    }
}

/// A file in an archive, and the offset of its header.
struct Listed {
    entry: Entry,
    start: u64,
}

/// Lists the files of an archive without its folders. Files that overlap are an error.
pub(crate) fn entries(file: &dyn DataFile, budget: &Budget) -> Result<Vec<Entry>, ZipError> {
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let locator = ZipLocator::new().max_search_space(SEARCHED);
    let located = locator.locate_in_reader(Bytes(file), &mut buffer, file.size());
    let archive = located.map_err(|(_, error)| error)?;
    // A name, a comment and the extra field each have at most 65,535 bytes.
    let mut buffer = vec![0; rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let mut local = vec![0; 2 * usize::from(u16::MAX)];
    let (mut listed, mut found) = (Vec::new(), 0_u64);
    let mut records = archive.entries(&mut buffer);
    while let Some(record) = records.next_entry()? {
        found = found.saturating_add(1);
        budget.charge("the files of an archive", charged(&record))?;
        let entry = list(&archive, &record, budget, &mut local)?;
        listed.extend(entry);
    }
    // Without the extension for large archives (zip64), the count of files is modulo 65,536.
    let said = archive.entries_hint();
    if said != found && said != found & 0xffff {
        return Err(ZipError::Count { said, found });
    }
    check(&mut listed, archive.directory_offset())?;
    Ok(listed.into_iter().map(|listed| listed.entry).collect())
}

fn charged(record: &ZipFileHeaderRecord<'_>) -> u64 {
    ENTRY.saturating_add(as_u64(record.file_path().len()).saturating_mul(2))
}

/// The directory entry of a file; `None` for a folder.
fn list(
    archive: &ZipArchive<Bytes<'_>>,
    record: &ZipFileHeaderRecord<'_>,
    budget: &Budget,
    local: &mut [u8],
) -> Result<Option<Listed>, ZipError> {
    let path = record.file_path();
    let (bytes, limit) = (path.as_bytes(), budget.limits().key_bytes);
    if as_u64(bytes.len()) > limit {
        return Err(ZipError::Long { len: as_u64(bytes.len()), limit });
    }
    let name = Name::from(bytes);
    if leads_out(bytes) {
        return Err(ZipError::Path(name));
    }
    let (size, stored) = (record.uncompressed_size_hint(), record.compressed_size_hint());
    if record.is_dir() && size == 0 {
        return Ok(None);
    }
    let flags = record.flags();
    if flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked() {
        return Err(ZipError::Encrypted(name));
    }
    let method = record.compression_method();
    let is_deflated = method == CompressionMethod::DEFLATE;
    if !is_deflated && method != CompressionMethod::STORE {
        return Err(ZipError::Method { name, method: method.as_u16() });
    }
    let most = stored.saturating_add(1).saturating_mul(MOST_TIMES);
    if is_deflated && size > most {
        return Err(ZipError::Bomb { name, size, stored });
    }
    let entry = archive.get_entry(record.wayfinder())?;
    if entry.local_header(local)?.file_path().as_bytes() != bytes {
        return Err(ZipError::OtherName(name));
    }
    let (offset, end) = entry.compressed_data_range();
    if end > archive.directory_offset() || (!is_deflated && size != stored) {
        return Err(ZipError::Outside(name));
    }
    let crc = Some(record.crc32());
    let section = Section { offset, stored, size, is_deflated, crc };
    Ok(Some(Listed { entry: Entry { name, section }, start: record.local_header_offset() }))
}

/// True if a relative path leads out of its folder.
fn leads_out(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| matches!(byte, b'/' | b'\\'));
    path.starts_with(b"/")
        || path.starts_with(b"\\")
        || path.contains(&0)
        || parts.any(|part| part == b"..")
}

/// Checks that names are unique, and that no two files overlap.
fn check(listed: &mut [Listed], directory: u64) -> Result<(), ZipError> {
    let mut names = BTreeSet::new();
    for Listed { entry, .. } in &*listed {
        if !names.insert(entry.name.as_bytes()) {
            return Err(ZipError::Twice(entry.name.clone()));
        }
    }
    drop(names);
    listed.sort_by_key(|listed| listed.start);
    for pair in listed.windows(2) {
        let [one, other] = pair else { continue };
        let end = one.entry.section.offset.saturating_add(one.entry.section.stored);
        if end > other.start {
            return Err(ZipError::Overlap(one.entry.name.clone(), other.entry.name.clone()));
        }
    }
    let outside = |listed: &&Listed| listed.start > directory;
    listed
        .iter()
        .find(outside)
        .map_or(Ok(()), |listed| Err(ZipError::Outside(listed.entry.name.clone())))
}
