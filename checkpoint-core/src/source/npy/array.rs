//! An array in a file or an archive.

use checkpoint_schema::listing::catalog::Name;
use thiserror::Error;

use crate::source::npy::header::{Header, HeaderError, PREFIX};
use crate::source::section::{Reader, Section, SectionError};
use crate::source::traits::DataFile;

/// An array with its parsed header.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    pub(crate) header: Header,
    /// The shard number of the file.
    pub(crate) shard: u32,
    /// The header and the elements.
    pub(crate) section: Section,
    /// The offset of the elements in the section, in bytes.
    pub(crate) start: u64,
    /// The CRC-32 of the bytes before the elements.
    pub(crate) header_crc: u32,
}

/// Errors of reading a header.
#[derive(Debug, Error)]
pub(crate) enum ArrayError {
    #[error(transparent)]
    Section(#[from] SectionError),
    #[error(transparent)]
    Header(#[from] HeaderError),
}

impl Array {
    /// Reads the header at the start of a section.
    pub(crate) fn read(
        file: &dyn DataFile,
        shard: u32,
        section: Section,
        name: &Name,
    ) -> Result<Self, ArrayError> {
        let mut reader = section.reader(file, name.short().to_string());
        let prefix = usize::try_from(PREFIX.min(section.size)).unwrap_or(0);
        let mut bytes = vec![0; prefix];
        reader.fill(&mut bytes)?;
        let start = Header::len(&bytes)?;
        let rest = start.checked_sub(PREFIX).ok_or(HeaderError::Short)?;
        if rest > reader.left() {
            return Err(HeaderError::Short.into());
        }
        // `Header::len` limits the length, so the allocation is bounded.
        bytes.resize(usize::try_from(start).unwrap_or(prefix), 0);
        reader.fill(bytes.get_mut(prefix..).unwrap_or_default())?;
        let header = Header::read(&bytes)?;
        header.check_size(reader.left())?;
        Ok(Self { header, shard, section, start, header_crc: reader.crc() })
    }

    /// Creates a reader from the first element.
    pub(super) fn reader<'f>(
        &self,
        file: &'f dyn DataFile,
        name: &Name,
    ) -> Result<Reader<'f>, SectionError> {
        let mut reader = self.section.reader(file, name.short().to_string());
        reader.skip(self.start)?;
        Ok(reader)
    }
}
