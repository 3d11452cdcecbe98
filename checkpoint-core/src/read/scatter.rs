//! Moving elements from read buffers to arrays.

use std::ops::Range;

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::strided::Layout;

use crate::read::runs::nearest_step;
use crate::system::number::as_u64;
use crate::tensor::cast::Conversion;
use crate::tensor::destination::Destination;
use crate::tensor::moves::Moves;
use crate::tensor::transpose;

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
    /// The elements and their positions.
    pub(crate) layout: Layout,
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
        self.shares_of(job).any(|share| share.layout.has_gaps(gap))
    }

    /// The number of bytes to read at once for a job. It is a multiple of whole rows of tiles if elements change their order.
    /// Then elements that are near one another in an array are in memory together.
    pub(crate) fn at_once(&self, job: usize, width: usize, chunk: usize, most: usize) -> usize {
        let shares = self.shares.iter().map(|(share, _)| share).filter(|share| share.job == job);
        let moved = shares.filter(|share| !share.layout.is_in_order());
        let Some(step) = moved.map(|share| nearest_step(&share.layout)).max() else {
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
        let start = self.layout.before(first);
        let numbers = start..self.layout.before(first.saturating_add(count));
        let mut outcome = Some(());
        self.layout.blocks(numbers.clone(), &mut |block| {
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
        let mut taken = numbers.by_ref().map(|number| self.layout.place(number).0);
        Lost(taken.find(is_lost).unwrap_or(first), self.dtype)
    }
}
