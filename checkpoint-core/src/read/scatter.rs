//! Moving elements from read buffers to arrays.

use std::ops::Range;

use checkpoint_schema::listing::dtype::DType;

use crate::read::destination::Destination;
use crate::read::placing::{Block, Placing, Row};
use crate::read::transpose::{self, Transpose};
use crate::system::number::as_u64;
use crate::tensor::cast::Conversion;

/// The number of non-contiguous elements that are converted at a time.
const TILE: usize = 512;

/// The size of a block whose elements change order, in bytes. It is small enough to stay in a cache while it is moved, and
/// large enough for long runs in the array.
const TURNED: usize = 512 << 10;

/// The elements of a variable that an array takes.
#[derive(Debug)]
pub(crate) struct Share {
    /// The index of the job that reads the variable.
    pub(crate) job: usize,
    /// The index of the array.
    pub(crate) output: usize,
    pub(crate) placing: Placing,
    /// The conversion from the dtype of the variable, if it differs.
    pub(crate) conversion: Option<Conversion>,
    /// The size of an array element, in bytes.
    pub(crate) width: usize,
    /// The dtype of the array.
    pub(crate) dtype: DType,
    /// True if the share covers the whole array.
    pub(crate) is_all: bool,
}

/// A unit of work of a thread: bytes to read, and the destinations of their elements.
#[derive(Debug, Default)]
pub(crate) struct Scatter<'b> {
    /// The jobs and the byte ranges of their variables, in file order.
    pub(crate) reads: Vec<(usize, Range<u64>)>,
    pub(crate) places: Vec<Destination<'b>>,
    /// The shares, each with the index of its place in `places`.
    pub(crate) shares: Vec<(&'b Share, usize)>,
}

/// An element that the dtype of an array cannot represent: its index in the variable, and that dtype.
pub(crate) struct Lost(pub(crate) u64, pub(crate) DType);

impl Scatter<'_> {
    /// Moves elements of a variable, from index `first`, to their destinations.
    pub(crate) fn put(&mut self, job: usize, first: u64, elements: &[u8]) -> Result<(), Lost> {
        for &(share, place) in &self.shares {
            if share.job == job
                && let Some(place) = self.places.get_mut(place)
            {
                share.put(first, elements, place)?;
            }
        }
        Ok(())
    }

    /// The shares of a job.
    pub(crate) fn shares_of(&self, job: usize) -> impl Iterator<Item = &Share> {
        self.shares.iter().map(|(share, _)| *share).filter(move |share| share.job == job)
    }

    /// True if a share of a job has gaps of at least `gap` elements.
    pub(crate) fn has_gaps(&self, job: usize, gap: u64) -> bool {
        self.shares_of(job).any(|share| share.placing.has_gaps(gap))
    }

    /// The number of bytes to read at once for a job. It is a multiple of whole rows of tiles if elements change their order.
    /// Then elements that are near one another in an array are in memory together.
    pub(crate) fn at_once(&self, job: usize, width: usize, chunk: usize, most: usize) -> usize {
        let shares = self.shares.iter().map(|(share, _)| share).filter(|share| share.job == job);
        let moved = shares.filter(|share| !share.placing.is_in_order());
        let Some(step) = moved.map(|share| share.placing.nearest_step()).max() else {
            return chunk;
        };
        let row = usize::try_from(step).unwrap_or(usize::MAX).saturating_mul(width);
        let tiles = row.saturating_mul(transpose::ROWS);
        let count = TURNED.max(chunk).checked_div(tiles).unwrap_or(0).max(1);
        if tiles <= most { tiles.saturating_mul(count) } else { most }
    }
}

impl Share {
    /// The size of an element of the variable, in bytes.
    fn width_before(&self) -> usize {
        self.conversion.as_ref().map_or(self.width, |conversion| conversion.from_width)
    }

    /// Moves the elements of this share among elements of the variable from index `first`.
    fn put(&self, first: u64, elements: &[u8], place: &mut Destination<'_>) -> Result<(), Lost> {
        let count = as_u64(elements.len().checked_div(self.width_before()).unwrap_or(0));
        let start = self.placing.before(first);
        let numbers = start..self.placing.before(first.saturating_add(count));
        let mut outcome = Some(());
        self.placing.blocks(numbers.clone(), &mut |block| {
            let moves = Moves { block: &block, first };
            let done = match &self.conversion {
                None => moves.copy(self.width, elements, place),
                Some(conversion) => moves.convert(conversion, elements, place),
            };
            outcome = outcome.and(done);
        });
        outcome.ok_or_else(|| self.lost(first, elements, numbers))
    }

    /// The first of these elements that cannot be converted.
    fn lost(&self, first: u64, elements: &[u8], mut numbers: Range<u64>) -> Lost {
        let is_lost = |&number: &u64| {
            let at = usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
            let start = at.saturating_mul(self.width_before());
            let element = elements.get(start..start.saturating_add(self.width_before()));
            let mut converted = [0; 16];
            let conversion = self.conversion.as_ref().zip(element);
            conversion.is_some_and(|(it, element)| it.run(element, &mut converted).is_err())
        };
        let mut taken = numbers.by_ref().map(|number| self.placing.place(number).0);
        Lost(taken.find(is_lost).unwrap_or(first), self.dtype)
    }
}

/// A block to move from elements of a variable, which start at index `first`, to an array.
struct Moves<'a> {
    block: &'a Block,
    first: u64,
}

impl Moves<'_> {
    /// The elements of the variable from index `element`, of this width.
    fn from<'f>(&self, from: &'f [u8], element: u64, width: usize) -> Option<&'f [u8]> {
        let at = usize::try_from(element.checked_sub(self.first)?).ok()?;
        from.get(at.checked_mul(width)?..)
    }

    /// Copies elements of this width; `None` if the destination is too small.
    fn copy(&self, width: usize, from: &[u8], into: &mut Destination<'_>) -> Option<()> {
        match width {
            1 => self.copy_words::<1>(from, into),
            2 => self.copy_words::<2>(from, into),
            4 => self.copy_words::<4>(from, into),
            8 => self.copy_words::<8>(from, into),
            _ => self.copy_words::<16>(from, into),
        }
    }

    fn copy_words<const W: usize>(&self, from: &[u8], into: &mut Destination<'_>) -> Option<()> {
        if let Some((transpose, outer)) = Transpose::of(self.block) {
            let Transpose { rows, columns, into: step, .. } = transpose;
            let mut turn = |at: u64, place: u64| {
                let from = self.from(from, at, W).ok_or(())?.as_chunks::<W>().0;
                let columns = into.columns(place, columns, step, rows, W).ok_or(())?;
                transpose.run(from, columns).ok_or(())
            };
            return self.block.starts(&outer, &mut turn).ok();
        }
        let (row, outer) = self.block.row(into.step);
        let mut copy = |at: u64, place: u64| {
            let from = self.from(from, at, W).ok_or(())?.as_chunks::<W>().0;
            let into = into.from(place, W).ok_or(())?.as_chunks_mut::<W>().0;
            copy_row(row, from, into).ok_or(())
        };
        self.block.starts(outer, &mut copy).ok()
    }

    /// Converts elements; `None` if an element cannot be represented.
    fn convert(
        &self,
        conversion: &Conversion,
        from: &[u8],
        into: &mut Destination<'_>,
    ) -> Option<()> {
        let (row, outer) = self.block.row(into.step);
        let (width, into_width) = (conversion.from_width, conversion.into_width);
        let mut tiles =
            Tiles { from: vec![0; tile(row, width)], into: vec![0; tile(row, into_width)] };
        let mut convert = |at: u64, place: u64| {
            let from = self.from(from, at, width).ok_or(())?;
            let into = into.from(place, into_width).ok_or(())?;
            if row.is_run() {
                let from = from.get(..row.len.saturating_mul(width)).ok_or(())?;
                return conversion.run(from, into).map_err(drop);
            }
            tiles.convert(row, conversion, from, into).ok_or(())
        };
        self.block.starts(outer, &mut convert).ok()
    }
}

/// The size of a tile buffer, in bytes; 0 if no tile is needed.
fn tile(row: Row, width: usize) -> usize {
    if row.is_run() { 0 } else { row.len.min(TILE).saturating_mul(width) }
}

/// Copies the elements of a row.
fn copy_row<T: Copy>(row: Row, from: &[T], into: &mut [T]) -> Option<()> {
    if row.is_run() {
        into.get_mut(..row.len)?.copy_from_slice(from.get(..row.len)?);
        return Some(());
    }
    if row.into == 1 {
        let into = into.get_mut(..row.len)?;
        for (into, from) in into.iter_mut().zip(from.iter().step_by(row.from)) {
            *into = *from;
        }
        return Some(());
    }
    let from = from.iter().step_by(row.from);
    for (into, from) in into.iter_mut().step_by(row.into).zip(from).take(row.len) {
        *into = *from;
    }
    Some(())
}

/// Buffers for elements that are contiguous neither in the variable nor in the array.
struct Tiles {
    from: Vec<u8>,
    into: Vec<u8>,
}

impl Tiles {
    /// Converts a row, a tile at a time.
    fn convert(
        &mut self,
        row: Row,
        conversion: &Conversion,
        from: &[u8],
        into: &mut [u8],
    ) -> Option<()> {
        let (width, into_width) = (conversion.from_width, conversion.into_width);
        let mut done = 0_usize;
        while done < row.len {
            let len = row.len.saturating_sub(done).min(TILE);
            let gather = Row { len, from: row.from, into: 1 };
            let at = done.saturating_mul(row.from).saturating_mul(width);
            let tile = self.from.get_mut(..len.saturating_mul(width))?;
            copy_elements(width, gather, from.get(at..)?, tile)?;
            let converted = self.into.get_mut(..len.saturating_mul(into_width))?;
            conversion.run(tile, converted).ok()?;
            let place = done.saturating_mul(row.into).saturating_mul(into_width);
            let spread = Row { len, from: 1, into: row.into };
            copy_elements(into_width, spread, converted, into.get_mut(place..)?)?;
            done = done.saturating_add(len);
        }
        Some(())
    }
}

/// Copies the elements of a row, of this width.
fn copy_elements(width: usize, row: Row, from: &[u8], into: &mut [u8]) -> Option<()> {
    match width {
        1 => copy_row(row, from, into),
        2 => copy_row(row, from.as_chunks::<2>().0, into.as_chunks_mut::<2>().0),
        4 => copy_row(row, from.as_chunks::<4>().0, into.as_chunks_mut::<4>().0),
        8 => copy_row(row, from.as_chunks::<8>().0, into.as_chunks_mut::<8>().0),
        _ => copy_row(row, from.as_chunks::<16>().0, into.as_chunks_mut::<16>().0),
    }
}
