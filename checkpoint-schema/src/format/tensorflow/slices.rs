//! Partitioned variables, which are stored in slices.

use std::mem;
use std::ops::Range;

use crate::format::error::EntryProblem;
use crate::format::limits::Limits;
use crate::format::tensorflow::bundle::{Data, Stored};
use crate::format::tensorflow::message::{SliceExtent, SliceMessage};
use crate::listing::catalog::{Extent, Place, Slice, Variable};
use crate::listing::dtype::DType;
use crate::listing::shape::Shape;

/// A slice, as listed in the entry of its variable.
#[derive(Clone, Debug)]
pub(crate) struct ListedSlice {
    start: Box<[u64]>,
    shape: Shape,
    /// The end of the key. It follows the result of [`key_start`], which all slices of the variable share.
    key_end: Vec<u8>,
}

impl ListedSlice {
    /// Creates slice `number` of a variable with this shape.
    pub(crate) fn new(
        number: usize,
        slice: &SliceMessage,
        whole: &Shape,
    ) -> Result<Self, EntryProblem> {
        let SliceMessage { extents, rank } = slice;
        let rank = *rank;
        if rank != whole.rank() {
            return Err(EntryProblem::SliceRank { slice: number, rank, shape: whole.clone() });
        }
        let mut starts = Vec::with_capacity(rank);
        let mut lengths = Vec::with_capacity(rank);
        let mut key_end = Vec::new();
        for (axis, (extent, &dim)) in extents.iter().zip(whole.dims()).enumerate() {
            let (start, length) = resolve(number, axis, *extent, dim, whole)?;
            starts.push(start);
            lengths.push(length);
            push_signed(&mut key_end, extent.start);
            push_signed(&mut key_end, extent.length.unwrap_or(-1));
        }
        let dims: Box<[u64]> = lengths.into();
        let shape = Shape::new(dims.clone()).ok_or(EntryProblem::Elements { dims })?;
        Ok(Self { start: starts.into(), shape, key_end })
    }

    /// The start index on each axis, the shape, and the end of the key.
    pub(crate) fn into_parts(self) -> (Box<[u64]>, Shape, Box<[u8]>) {
        (self.start, self.shape, self.key_end.into())
    }

    /// True if the slices have elements in common.
    fn overlaps(&self, other: &Self) -> bool {
        self.ranges().zip(other.ranges()).all(|(one, other)| one.0 < other.1 && other.0 < one.1)
    }

    /// The start and end on each axis.
    fn ranges(&self) -> impl Iterator<Item = (u64, u64)> {
        let ranges = self.start.iter().zip(self.shape.dims());
        ranges.map(|(&start, &length)| (start, start.saturating_add(length)))
    }

    /// The start on this axis. 0 if the axis does not exist.
    fn start(&self, axis: usize) -> u64 {
        self.start.get(axis).copied().unwrap_or(0)
    }

    /// The end on this axis. 1 if the axis does not exist.
    fn end(&self, axis: usize) -> u64 {
        self.shape.dims().get(axis).map_or(1, |&length| self.start(axis).saturating_add(length))
    }
}

/// The start and length of slice `number` on this axis of `dim` elements.
fn resolve(
    number: usize,
    axis: usize,
    extent: SliceExtent,
    dim: u64,
    whole: &Shape,
) -> Result<(u64, u64), EntryProblem> {
    let SliceExtent { start, length } = extent;
    let Some(length) = length else {
        let problem = EntryProblem::SliceLength { slice: number, axis, start };
        return if start == 0 { Ok((0, dim)) } else { Err(problem) };
    };
    let range = u64::try_from(start).ok().zip(u64::try_from(length).ok());
    let inside = |&(start, length): &(u64, u64)| {
        length > 0 && start.checked_add(length).is_some_and(|end| end <= dim)
    };
    range.filter(inside).ok_or_else(|| EntryProblem::SliceBounds {
        slice: number,
        axis,
        start,
        length,
        shape: whole.clone(),
    })
}

/// Assembles variables from entries sorted by key. Slices become part of their variables.
///
/// A variable with an invalid entry is included as unreadable.
pub(crate) fn assemble(entries: Vec<Stored>, limits: &Limits) -> Vec<Variable> {
    let mut hidden = vec![false; entries.len()];
    let mut sliced = Vec::new();
    for entry in &entries {
        match &entry.data {
            Data::Here(_) => {}
            Data::Slices(listed) => {
                let found = locate(entry, listed, &entries, &mut hidden);
                sliced.push(found.and_then(|found| {
                    check_disjoint(listed, limits)?;
                    check_coverage(&entry.shape, listed)?;
                    Ok(found)
                }));
            }
            // Without a valid list of slices, all entries with the name of the variable count as its slices.
            Data::Wrong(_) => {
                let start = name_start(entry.name.as_bytes());
                hidden.get_mut(with_start(&start, &entries)).unwrap_or_default().fill(true);
            }
        }
    }
    let mut sliced = sliced.into_iter();
    // Hidden entries also consume their item of `sliced`.
    let variables = entries.into_iter().zip(hidden).filter_map(|(entry, hidden)| {
        let variable = variable(entry, &mut sliced);
        (!hidden).then_some(variable)
    });
    let mut variables: Vec<Variable> = variables.collect();
    // The list lives as long as the checkpoint. Its memory was sized for entries, which are larger.
    variables.shrink_to_fit();
    variables
}

/// The range of the entries whose keys have this prefix.
fn with_start(start: &[u8], entries: &[Stored]) -> Range<usize> {
    let first = entries.partition_point(|entry| entry.name.as_bytes() < start);
    let rest = entries.get(first..).unwrap_or_default();
    let count = rest.partition_point(|entry| entry.name.as_bytes().starts_with(start));
    first..first.saturating_add(count)
}

/// Locates the elements of the slices of `whole`. Marks the entries of the slices as `hidden`, even after an error.
fn locate(
    whole: &Stored,
    listed: &[ListedSlice],
    entries: &[Stored],
    hidden: &mut [bool],
) -> Result<Vec<Extent>, EntryProblem> {
    let key_start = key_start(whole.name.as_bytes(), whole.shape.rank());
    let range = with_start(&key_start, entries);
    // The prefix is the same, so the order of the entries is that of the rest of their keys.
    let entries = entries.get(range.clone()).unwrap_or_default();
    let hidden = hidden.get_mut(range).unwrap_or_default();
    let (mut extents, mut problem) = (Vec::new(), None);
    for (number, slice) in listed.iter().enumerate() {
        let end = |entry: &Stored| {
            entry.name.as_bytes().get(key_start.len()..).cmp(&Some(&*slice.key_end))
        };
        let found = entries.binary_search_by(end).ok();
        let found = found.and_then(|found| entries.get(found).zip(hidden.get_mut(found)));
        let found = found.map(|(entry, hidden)| (entry, mem::replace(hidden, true)));
        if problem.is_some() {
            continue;
        }
        let extent = match found {
            None => Err(EntryProblem::SliceMissing { slice: number }),
            Some((_, true)) => {
                let twin = listed.iter().position(|other| other.key_end == slice.key_end);
                let first = twin.unwrap_or(number);
                Err(EntryProblem::SliceOverlap { first, second: number })
            }
            Some((entry, false)) => extent_of(number, slice, whole.dtype, entry),
        };
        match extent {
            Ok(extent) => extents.push(extent),
            Err(error) => problem = Some(error),
        }
    }
    problem.map_or(Ok(extents), Err)
}

/// The byte range of slice `number`, after checking its entry.
fn extent_of(
    number: usize,
    slice: &ListedSlice,
    dtype: DType,
    entry: &Stored,
) -> Result<Extent, EntryProblem> {
    let misfit = |found| {
        let expected = format!("{dtype} {}", slice.shape);
        Err(EntryProblem::SliceEntry { slice: number, expected, found })
    };
    match &entry.data {
        Data::Slices(_) => misfit("a variable in slices itself".to_owned()),
        Data::Wrong(problem) => misfit(format!("an entry that is wrong: {problem}")),
        Data::Here(extent) if entry.dtype == dtype && entry.shape == slice.shape => Ok(*extent),
        Data::Here(_) => misfit(format!("{} {}", entry.dtype, entry.shape)),
    }
}

/// Converts an entry to a variable. A partitioned variable consumes the next item of `sliced`: byte ranges, or an error.
fn variable(
    entry: Stored,
    sliced: &mut impl Iterator<Item = Result<Vec<Extent>, EntryProblem>>,
) -> Variable {
    let at = entry.at;
    let place = match entry.data {
        Data::Here(extent) => Place::Whole(extent),
        Data::Wrong(problem) => problem.unreadable(at),
        Data::Slices(listed) => match sliced.next().unwrap_or_else(|| Ok(Vec::new())) {
            Err(problem) => problem.unreadable(at),
            Ok(extents) => {
                let found = listed.into_iter().zip(extents);
                let slice = |(slice, extent): (ListedSlice, Extent)| Slice {
                    start: slice.start,
                    shape: slice.shape,
                    extent,
                };
                Place::Slices(found.map(slice).collect())
            }
        },
    };
    Variable { name: entry.name, dtype: entry.dtype, shape: entry.shape, place }
}

/// Checks that no two slices overlap.
///
/// The slices are sorted along the axis with the most distinct starts. Each slice is compared with those that start before
/// its end.
pub(crate) fn check_disjoint(slices: &[ListedSlice], limits: &Limits) -> Result<(), EntryProblem> {
    let axis = busiest_axis(slices);
    let mut order: Vec<_> = slices.iter().enumerate().collect();
    order.sort_by_key(|(_, slice)| slice.start(axis));
    let count = u64::try_from(slices.len()).unwrap_or(u64::MAX);
    let mut allowed = count.saturating_mul(limits.slice_comparisons);
    let mut rest = order.as_slice();
    while let Some((&(number, slice), later)) = rest.split_first() {
        rest = later;
        for &(other, candidate) in
            later.iter().take_while(|(_, later)| later.start(axis) < slice.end(axis))
        {
            let slices = slices.len();
            allowed = allowed.checked_sub(1).ok_or(EntryProblem::SliceComparisons { slices })?;
            if slice.overlaps(candidate) {
                let (first, second) = (number.min(other), number.max(other));
                return Err(EntryProblem::SliceOverlap { first, second });
            }
        }
    }
    Ok(())
}

/// The axis with the most distinct starts of slices.
fn busiest_axis(slices: &[ListedSlice]) -> usize {
    let rank = slices.first().map_or(0, |slice| slice.start.len());
    let places = |axis: &usize| {
        let mut starts: Vec<u64> = slices.iter().map(|slice| slice.start(*axis)).collect();
        starts.sort_unstable();
        starts.dedup();
        starts.len()
    };
    (0..rank).max_by_key(places).unwrap_or(0)
}

/// Checks that slices without overlaps cover a variable of this shape.
pub(crate) fn check_coverage(whole: &Shape, slices: &[ListedSlice]) -> Result<(), EntryProblem> {
    let elements = whole.elements();
    let covered =
        slices.iter().fold(0_u64, |sum, slice| sum.saturating_add(slice.shape.elements()));
    if covered == elements {
        Ok(())
    } else {
        Err(EntryProblem::SliceCoverage { covered, elements })
    }
}

/// The key prefix of the slices of a variable with this name and rank.
///
/// The rest of a key is the start and length of the slice for each axis. For a whole axis, these are 0 and -1.
pub(crate) fn key_start(name: &[u8], rank: usize) -> Vec<u8> {
    let mut key = name_start(name);
    push_unsigned(&mut key, rank);
    key
}

/// The key prefix of all slices of a variable with this name.
fn name_start(name: &[u8]) -> Vec<u8> {
    let mut key = vec![0];
    for &byte in name {
        match byte {
            0x00 => key.extend([0x00, 0xff]),
            0xff => key.extend([0xff, 0x00]),
            _ => key.push(byte),
        }
    }
    key.extend([0x00, 0x01]);
    key
}

/// Appends the number of significant bytes, then these bytes in big-endian order.
fn push_unsigned(key: &mut Vec<u8>, number: usize) {
    let bytes = number.to_be_bytes();
    let significant = bytes.iter().skip_while(|&&byte| byte == 0);
    let count = significant.clone().count();
    key.push(u8::try_from(count).unwrap_or(u8::MAX));
    key.extend(significant);
}

/// Appends a number in big-endian two's complement, with as few bytes as needed.
///
/// The number of inverted leading bits is the number of bytes, so that keys sort like numbers.
fn push_signed(key: &mut Vec<u8>, number: i64) {
    let magnitude = if number < 0 { !number } else { number };
    let bits = i64::BITS.saturating_sub(magnitude.leading_zeros());
    let len = (bits / 7).saturating_add(1);
    let ones = 1_u128.wrapping_shl(len).wrapping_sub(1);
    let inverted = ones.wrapping_shl(len.wrapping_mul(7));
    let bytes = (i128::from(number).cast_unsigned() ^ inverted).to_be_bytes();
    let start = bytes.len().saturating_sub(usize::try_from(len).unwrap_or(0));
    key.extend(bytes.iter().skip(start));
}

#[cfg(test)]
mod tests;
