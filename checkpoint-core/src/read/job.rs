//! The plan to read a variable, complete before memory is allocated and bytes are read.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::{Deref, Range};

use checkpoint_schema::listing::catalog::{Extent, Place, Slice, Strided, Variable};
use checkpoint_schema::strided::{Layout, Order};

use crate::read::error::{ReadError, ReadErrorKind, failed};
use crate::read::reading::{PIECE, Reading};
use crate::read::strings::StringElements;
use crate::source::look::short;
use crate::source::{Access, DataFile, Source, SourceError};
use crate::system::number::as_u64;
use crate::tensor::buffer::Buffer;
use crate::tensor::native::ToNative;
use crate::tensor::region::region;

/// The job of reading a variable.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) variable: &'a Variable,
    /// The extents of the variable.
    pub(crate) parts: PlacedExtents<'a>,
    /// The stored order of the elements, if it is not row-major. Tasks then number the elements by their stored positions.
    pub(crate) order: Option<&'a Order>,
    /// True if the elements are moved to row-major order first, because a layout cannot be composed with the stored order.
    is_gathered: bool,
    /// True if all bytes of the extents are read, although not all are wanted.
    pub(crate) reads_whole: bool,
    source: &'a dyn Source,
}

/// The extents of a variable. One, which most variables have, needs no memory of its own.
#[derive(Debug)]
pub(crate) enum PlacedExtents<'a> {
    One([PlacedExtent<'a>; 1]),
    Several(Vec<PlacedExtent<'a>>),
}

impl<'a> Deref for PlacedExtents<'a> {
    type Target = [PlacedExtent<'a>];

    fn deref(&self) -> &Self::Target {
        match self {
            Self::One(one) => one,
            Self::Several(several) => several,
        }
    }
}

/// An extent with elements of a variable.
#[derive(Debug)]
pub(crate) struct PlacedExtent<'a> {
    pub(crate) extent: &'a Extent,
    pub(crate) file: &'a dyn DataFile,
    /// The conversion of stored elements to native ones.
    pub(crate) native: ToNative,
    /// The places of its bytes in the variable. Each element without a fixed width counts as one byte.
    pub(crate) region: Layout,
}

impl<'a> Job<'a> {
    /// Opens the data files of a variable, and checks that they are long enough.
    pub(crate) fn new(source: &'a dyn Source, variable: &'a Variable) -> Result<Self, ReadError> {
        let job = parts(source, variable).and_then(|parts| {
            let order = match &variable.place {
                Place::Strided(strided) => Some(&strided.order),
                _ => None,
            };
            let job =
                Self { variable, parts, order, is_gathered: false, reads_whole: false, source };
            job.check().map(|()| job)
        });
        job.map_err(|kind| failed(&variable.name, kind))
    }

    /// Checks that the slices cover the variable, and that the data files can contain them without overlap.
    fn check(&self) -> Result<(), ReadErrorKind> {
        let Place::Slices(_) = self.variable.place else { return Ok(()) };
        let (mut covered, mut claimed) = (0_u64, 0_u64);
        for PlacedExtent { extent, region, .. } in &*self.parts {
            let here = region.before(u64::MAX);
            holds(self.variable, extent, here)?;
            covered = covered.saturating_add(here);
            claimed = claimed.saturating_add(extent.size);
        }
        if covered != units(self.variable)? {
            return Err(misplaced());
        }
        let files: BTreeMap<u32, u64> =
            self.parts.iter().map(|part| (part.extent.shard, part.file.size())).collect();
        let size = files.values().fold(0, |size: u64, file| size.saturating_add(*file));
        if claimed > size { Err(ReadErrorKind::Overlap { claimed, size }) } else { Ok(()) }
    }

    /// True if the elements are bytes in data files, which tasks read and move to their destinations.
    pub(crate) fn is_of_bytes(&self) -> bool {
        let is_known = !matches!(self.variable.place, Place::Opaque) && !self.is_gathered;
        is_known && self.variable.dtype.width().is_some()
    }

    /// True if the elements are bytes in data files in row-major order, which can be read straight to an array.
    pub(crate) fn is_row_major(&self) -> bool {
        self.is_of_bytes() && self.order.is_none()
    }

    /// The number of elements, stored or gathered, that tasks number.
    pub(crate) fn elements(&self) -> u64 {
        let width = self.variable.dtype.width().map_or(1, as_u64);
        match self.order {
            Some(_) if !self.is_gathered => self.size().checked_div(width).unwrap_or(0),
            _ => self.variable.shape.elements(),
        }
    }

    /// Replaces the row-major numbers of a layout by those of tasks. `None` if the elements have to be gathered first.
    pub(crate) fn stored_layout(&self, layout: Layout) -> Option<Layout> {
        match self.order {
            Some(order) if !self.is_gathered => order.stored(self.variable.shape.dims(), &layout),
            _ => Some(layout),
        }
    }

    /// Moves the elements to row-major order first, if a layout cannot be composed with their stored order.
    pub(crate) fn gather_for(&mut self, layout: Option<&Layout>) {
        let layouts = self.order.and(layout);
        self.is_gathered |= layouts.is_some_and(|it| self.stored_layout(it.clone()).is_none());
    }

    /// The row-major number of an element.
    pub(crate) fn row_major(&self, element: u64) -> u64 {
        match self.order {
            Some(order) if !self.is_gathered => order.number(self.variable.shape.dims(), element),
            _ => element,
        }
    }

    /// The largest task of a thread on the variable, in bytes.
    pub(crate) fn piece(&self) -> usize {
        PIECE.max(self.chunk())
    }

    /// The largest read, in bytes.
    pub(crate) fn chunk(&self) -> usize {
        self.parts.iter().map(|part| part.access().chunk).max().unwrap_or(PIECE)
    }

    /// The number of bytes to read, as far as it is known.
    pub(crate) fn size(&self) -> u64 {
        match &self.variable.place {
            Place::Strided(strided) if !self.is_gathered => strided.extent.size,
            _ => self.variable.size(),
        }
    }

    /// The extents that contain these bytes of the variable. Each item has the part index, the part, and the byte range in the
    /// extent.
    pub(crate) fn stored(
        &self,
        bytes: &Range<u64>,
    ) -> impl Iterator<Item = (usize, &PlacedExtent<'a>, Range<u64>)> {
        let (start, end) = (bytes.start, bytes.end);
        self.parts.iter().enumerate().filter_map(move |(number, part)| {
            let stored = part.region.before(start)..part.region.before(end);
            (!stored.is_empty()).then_some((number, part, stored))
        })
    }

    /// The position in the files of the first of these bytes of the variable.
    pub(crate) fn start(&self, bytes: &Range<u64>) -> (u32, u64) {
        let start = |(_, part, stored): (usize, &PlacedExtent<'_>, Range<u64>)| {
            (part.extent.shard, part.extent.offset.saturating_add(stored.start))
        };
        self.stored(bytes).next().map(start).unwrap_or_default()
    }

    /// Reads the whole variable.
    pub(crate) fn read_all(&self, verify: bool) -> Result<Buffer, ReadErrorKind> {
        if self.variable.place == Place::Opaque {
            return self.given();
        }
        if self.is_gathered {
            let reading = Reading::new(self.source, Some(NonZero::<usize>::MIN));
            let read = Reading { verify, ..reading }.read(&[self.variable]);
            let buffer = read.map_err(|error| error.kind)?.pop();
            return buffer.ok_or(ReadErrorKind::Memory { bytes: self.size() });
        }
        let dtype = self.variable.dtype;
        let read = |part: &PlacedExtent<'a>| {
            let (file, extent, count) = (part.file, part.extent, part.region.before(u64::MAX));
            let chunk = part.access().chunk;
            let elements = StringElements { file, extent, chunk, dtype, count, verify };
            elements.read().map_err(|kind| kind.or_other_format(file))
        };
        if let [part] = &self.parts[..] {
            return read(part).map(Buffer::Strings);
        }
        let slices = self.parts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let regions = self.parts.iter().map(|part| &part.region);
        let parts: Vec<_> = regions.zip(slices.into_iter().map(Buffer::Strings)).collect();
        Buffer::assemble(self.variable, &parts).ok_or(ReadErrorKind::Memory { bytes: self.size() })
    }

    /// The tensor that the source returns.
    fn given(&self) -> Result<Buffer, ReadErrorKind> {
        let tensor = self.source.tensor(self.variable)?;
        if *tensor.spec() != self.variable.spec() {
            let problem = "it gives another dtype or shape than its catalog has";
            return Err(SourceError::Source { problem }.into());
        }
        Ok(tensor.into_buffer())
    }
}

impl<'a> PlacedExtent<'a> {
    /// The only extent of a variable, after a check of its size.
    pub(crate) fn whole(
        source: &'a dyn Source,
        variable: &'a Variable,
        extent: &'a Extent,
    ) -> Result<Self, ReadErrorKind> {
        let units = units(variable)?;
        let part = Self::new(source, variable, extent, Layout::whole(units))?;
        holds(variable, extent, units)?;
        Ok(part)
    }

    /// The extent of a variable in another order, after a check of the order.
    pub(crate) fn strided(
        source: &'a dyn Source,
        variable: &'a Variable,
        Strided { extent, order }: &'a Strided,
    ) -> Result<Self, ReadErrorKind> {
        let (dims, elements) = (variable.shape.dims(), variable.shape.elements());
        let width = as_u64(variable.dtype.width().ok_or_else(misplaced)?);
        let end = order.span(dims).and_then(|span| span.checked_mul(width));
        let is_sound = order.strides.len() == dims.len()
            && end.is_some_and(|end| end <= extent.size)
            && extent.size.is_multiple_of(width)
            && order.is_distinct(dims)
            && order.stored(dims, &Layout::whole(elements)).is_some();
        if !is_sound {
            return Err(misplaced());
        }
        Ok(Self::new(source, variable, extent, Layout::whole(extent.size))?)
    }

    /// Opens the data file of an extent, and checks that it is long enough.
    fn new(
        source: &'a dyn Source,
        variable: &'a Variable,
        extent: &'a Extent,
        region: Layout,
    ) -> Result<Self, SourceError> {
        let file = source.data_file(extent.shard)?;
        let end = extent.offset.checked_add(extent.size);
        // TensorFlow accepts any offset for an empty tensor.
        if extent.size > 0 && end.is_none_or(|end| end > file.size()) {
            return Err(short(file, extent));
        }
        let native = ToNative::new(variable.dtype, extent.endianness);
        Ok(Self { extent, file, native, region })
    }

    /// The access pattern that suits the data file.
    pub(crate) fn access(&self) -> Access {
        self.file.access()
    }

    /// The bytes of the extent, if the data file is in memory.
    pub(crate) fn bytes(&self) -> Option<&'a [u8]> {
        let bytes = self.file.bytes()?;
        // An empty tensor can have any offset; all others are in the file.
        let start = usize::try_from(self.extent.offset).unwrap_or(usize::MAX);
        let len = usize::try_from(self.extent.size).unwrap_or(usize::MAX);
        Some(bytes.get(start..).and_then(|rest| rest.get(..len)).unwrap_or_default())
    }
}

/// The extents of a variable.
fn parts<'a>(
    source: &'a dyn Source,
    variable: &'a Variable,
) -> Result<PlacedExtents<'a>, ReadErrorKind> {
    match &variable.place {
        Place::Whole(extent) => {
            Ok(PlacedExtents::One([PlacedExtent::whole(source, variable, extent)?]))
        }
        Place::Strided(strided) => {
            Ok(PlacedExtents::One([PlacedExtent::strided(source, variable, strided)?]))
        }
        Place::Slices(slices) => {
            let part = |slice: &'a Slice| {
                let region = region(variable, &slice.start, &slice.shape);
                let region = region.ok_or_else(misplaced)?;
                Ok(PlacedExtent::new(source, variable, &slice.extent, region)?)
            };
            slices.iter().map(part).collect::<Result<_, _>>().map(PlacedExtents::Several)
        }
        Place::Opaque => Ok(PlacedExtents::Several(Vec::new())),
        Place::Unreadable(defect) => Err(ReadErrorKind::Unreadable { defect: (**defect).clone() }),
    }
}

/// The size of a variable in bytes; in elements, if these have no fixed width.
fn units(variable: &Variable) -> Result<u64, ReadErrorKind> {
    if variable.dtype.width().is_none() {
        return Ok(variable.shape.elements());
    }
    variable.bytes().ok_or(ReadErrorKind::Memory { bytes: u64::MAX })
}

/// Checks that the size of an extent fits `units` bytes of a variable, or elements without a fixed width.
fn holds(variable: &Variable, extent: &Extent, units: u64) -> Result<(), ReadErrorKind> {
    let is_exact = variable.dtype.width().is_some();
    let fits = if is_exact { units == extent.size } else { units <= extent.size };
    if fits { Ok(()) } else { Err(misplaced()) }
}

fn misplaced() -> ReadErrorKind {
    let problem = "its catalog does not say where all of the elements are";
    SourceError::Source { problem }.into()
}
