//! Byte ranges of tensors in their storages.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use checkpoint_schema::format::DAMAGED;
use checkpoint_schema::listing::catalog::{
    Checksum, Defect, Endianness, Extent, Name, Place, Strided, Variable,
};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::strided::Order;

use crate::source::error::SourceError;
use crate::source::files::Encoded;
use crate::source::pytorch::object::View;
use crate::source::section::{Section, SectionError};
use crate::source::traits::DataFile;
use crate::system::number::as_u64;
use crate::tensor::Tensor;
use crate::tensor::buffer::Buffer;
use crate::tensor::moves::gather;
use crate::tensor::native::ToNative;

/// The storages of an archive.
pub(super) struct Storages<'a> {
    /// All files, by name.
    pub(super) files: &'a BTreeMap<Name, Section>,
    /// The prefix of the file names of storages.
    pub(super) prefix: Vec<u8>,
    pub(super) endianness: Endianness,
    /// The shard number of the archive.
    pub(super) shard: u32,
    /// The largest size, in bytes, of a tensor with repeated elements. Compressed storages that several tensors share are
    /// decompressed for each of them, and those bytes have the same limit.
    pub(super) most: u64,
    /// The offsets of compressed storages that tensors use.
    pub(super) used: BTreeSet<u64>,
    /// The bytes that tensors decompress again.
    pub(super) again: u64,
}

/// A tensor whose elements are compressed, or share their places.
#[derive(Debug)]
pub(super) struct Scattered {
    shard: u32,
    section: Section,
    endianness: Endianness,
    /// The index of the first element.
    first: u64,
    /// The number of elements from the first to the last, inclusive.
    span: u64,
    /// The order of the elements, counted from the first one.
    order: Order,
}

/// The place of a tensor, or how to decode it.
pub(super) enum Located {
    At(Place),
    Scattered(Scattered),
}

impl Storages<'_> {
    /// The variable of a tensor with this name.
    pub(super) fn variable(
        &mut self,
        name: Name,
        view: &View,
        key: &[u8],
    ) -> (Variable, Option<Scattered>) {
        let dtype = view.dtype;
        let damaged =
            |reason: String| Place::Unreadable(Box::new(Defect::Damaged { reason: reason.into() }));
        let Some(shape) = Shape::new(&view.dims[..]) else {
            let place = damaged(format!("no tensor has its shape; {DAMAGED}"));
            return (Variable { name, dtype, shape: Shape::default(), place }, None);
        };
        let (place, scattered) = match self.locate(view, &shape, key) {
            Ok(Located::At(place)) => (place, None),
            Ok(Located::Scattered(scattered)) => (Place::Opaque, Some(scattered)),
            Err(reason) => (damaged(reason), None),
        };
        (Variable { name, dtype, shape, place }, scattered)
    }

    fn locate(&mut self, view: &View, shape: &Shape, key: &[u8]) -> Result<Located, String> {
        let file = Name::from([&self.prefix[..], key].concat());
        let section = *self.files.get(&file).ok_or_else(|| {
            format!("the archive has no file `{}` for its elements; {DAMAGED}", file.short())
        })?;
        let width = as_u64(view.dtype.width().unwrap_or(1));
        let stored = view.storage.dtype.and_then(DType::width).map_or(1, as_u64);
        let size = view.storage.len.checked_mul(stored);
        if size != Some(section.size) {
            let size = size.map_or("more".to_owned(), |size| size.to_string());
            return Err(format!(
                "the file `{}` has {} bytes, and its storage {size}; {DAMAGED}",
                file.short(),
                section.size
            ));
        }
        let last = last(view).ok_or_else(|| format!("its strides lead too far; {DAMAGED}"))?;
        let elements = shape.elements();
        let end = if elements == 0 { Some(0) } else { last.checked_add(1) };
        let end = end.and_then(|end| end.checked_mul(width)).filter(|&end| end <= section.size);
        let end = end.ok_or_else(|| format!("it ends behind its storage; {DAMAGED}"))?;
        if !section.is_deflated && is_contiguous(view) {
            let start = if elements == 0 { 0 } else { view.offset.saturating_mul(width) };
            let extent = self.extent(section, start, end.saturating_sub(start));
            return Ok(Located::At(Place::Whole(extent)));
        }
        let order = Order { first: view.offset, strides: view.strides[..].into() };
        let is_readable = !section.is_deflated && section.size.is_multiple_of(width);
        if is_readable && order.is_distinct(shape.dims()) {
            let extent = self.extent(section, 0, section.size);
            return Ok(Located::At(Place::Strided(Box::new(Strided { extent, order }))));
        }
        let bytes = elements.saturating_mul(width);
        let read = bytes.max(if section.is_deflated { section.size } else { 0 });
        if read > self.most.max(section.stored) {
            return Ok(unsupported(format!(
                "its {read} bytes repeat {} stored ones, and the limit is {}; if you trust the file, raise `Limits::memory`",
                section.stored, self.most
            )));
        }
        if section.is_deflated && !self.used.insert(section.offset) {
            self.again = self.again.saturating_add(section.size);
            if self.again > self.most {
                return Ok(unsupported(format!(
                    "its storage is compressed, and the tensors that share storages decompress more than {} bytes again; save the \
                     file without compression, or raise `Limits::memory`",
                    self.most
                )));
            }
        }
        let span =
            if elements == 0 { 0 } else { last.saturating_sub(view.offset).saturating_add(1) };
        Ok(Located::Scattered(Scattered {
            shard: self.shard,
            section,
            endianness: self.endianness,
            first: if elements == 0 { 0 } else { view.offset },
            span,
            order: Order { first: 0, strides: view.strides[..].into() },
        }))
    }

    /// The extent of a byte range of a storage. The archive only has a checksum of the whole storage.
    fn extent(&self, section: Section, start: u64, size: u64) -> Extent {
        let crc = section.crc.filter(|_| size == section.size);
        let checksum = crc.map_or(Checksum::None, Checksum::Crc32);
        let offset = section.offset.saturating_add(start);
        Extent { shard: self.shard, offset, size, endianness: self.endianness, checksum }
    }
}

/// The place of a tensor that is too expensive to read.
fn unsupported(reason: String) -> Located {
    Located::At(Place::Unreadable(Box::new(Defect::Unsupported { reason: reason.into() })))
}

/// The index of the last element in its storage.
fn last(view: &View) -> Option<u64> {
    iter::zip(&view.dims, &view.strides).try_fold(view.offset, |last, (dim, stride)| {
        last.checked_add(dim.saturating_sub(1).checked_mul(*stride)?)
    })
}

/// True if the elements are contiguous, in row-major order.
fn is_contiguous(view: &View) -> bool {
    if view.dims.contains(&0) {
        return true;
    }
    let mut stride = 1_u64;
    let axes = iter::zip(&view.dims, &view.strides).rev();
    axes.filter(|(dim, _)| **dim != 1).all(|(dim, found)| {
        let is_next = stride == *found;
        stride = stride.saturating_mul(*dim);
        is_next
    })
}

impl Encoded for Scattered {
    fn shard(&self) -> u32 {
        self.shard
    }

    fn read(&self, file: &dyn DataFile, variable: &Variable) -> Result<Tensor, SourceError> {
        let width = variable.dtype.width().ok_or_else(SourceError::unlisted)?;
        let memory = || SourceError::Memory { bytes: variable.bytes().unwrap_or(u64::MAX) };
        let usize_of = |number: u64| usize::try_from(number).map_err(|_| memory());
        let failed = |error: SectionError| error.reading(file, self.section.offset);
        let elements = usize_of(variable.shape.elements())?;
        let mut buffer = Buffer::zeroed(variable.dtype, elements).ok_or_else(memory)?;
        let mut stored = Buffer::zeroed(variable.dtype, usize_of(self.span)?).ok_or_else(memory)?;
        let mut reader = self.section.reader(file, variable.name.short().to_string());
        reader.skip(self.first.saturating_mul(as_u64(width))).map_err(failed)?;
        reader.fill(stored.bytes_mut()).map_err(failed)?;
        reader.skip(reader.left()).map_err(failed)?;
        reader.finish().map_err(failed)?;
        let (dims, bytes) = (variable.shape.dims(), buffer.bytes_mut());
        gather(&self.order, dims, width, stored.bytes(), bytes).ok_or_else(memory)?;
        ToNative::new(variable.dtype, self.endianness).apply(buffer.bytes_mut());
        Ok(Tensor::new(variable.spec(), buffer))
    }
}
