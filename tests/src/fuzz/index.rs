//! An index: its catalog is consistent, and an index written from it reads the same.

use checkpoint_scaffold::{Options, Scaffold};
use checkpoint_schema::format::{Budget, Limits};
use checkpoint_schema::listing::catalog::{Catalog, Endianness, Extent, Place, Slice, Variable};
use checkpoint_schema::listing::checksum;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::manifest::Listing;
use checkpoint_schema::model::family::families;
use checkpoint_schema::naming::Names;

use super::{check_message, small_limits};
use crate::writer::key::slice_key;
use crate::writer::{self, Entry, Header, Index, Version};

/// Reads an index.
pub(super) fn index(bytes: &[u8]) {
    match Catalog::from_index(bytes, &small_limits()) {
        Ok(catalog) => {
            check(&catalog);
            check_again(&catalog);
            check_uses(&catalog, bytes.len());
        }
        Err(error) => check_message(&error),
    }
}

/// Checks that a catalog is consistent.
pub(super) fn check(catalog: &Catalog) {
    let variables = catalog.variables();
    for pair in variables.windows(2) {
        assert!(pair[0].name < pair[1].name, "the names are not in order");
    }
    for (position, variable) in variables.iter().enumerate() {
        assert_eq!(catalog.position(variable.name.as_bytes()), Some(position));
        let Variable { dtype, shape, place, .. } = variable;
        match place {
            Place::Whole(extent) => check_extent(catalog.shards, *dtype, shape, extent),
            Place::Slices(slices) => {
                for slice in slices {
                    check_extent(catalog.shards, *dtype, &slice.shape, &slice.extent);
                }
                check_slices(shape, slices);
            }
            // Only the source of a V1 checkpoint knows the position. No index has strides.
            Place::Strided(_) | Place::Opaque => {}
            Place::Unreadable(defect) => check_message(defect),
        }
    }
}

/// Runs the commands of the command line on a catalog of files with this length. All of them must list all variables.
pub(super) fn check_uses(catalog: &Catalog, len: usize) {
    let variables = catalog.variables();
    let counts = families(variables.iter()).into_iter().map(|family| family.count);
    assert_eq!(counts.sum::<usize>(), variables.len(), "a family is not whole");
    let names = Names::of_keys(catalog);
    let listing = Listing::of(&names);
    assert_eq!(Listing::read(listing.to_string().as_bytes(), &Limits::default()), Ok(listing));
    let budget = &Budget::new(&small_limits(), len as u64);
    let options = Options::new("Model", "fuzzed", budget);
    match Scaffold::new(&names, options) {
        Ok(scaffold) => assert!(scaffold.to_string().contains("pub struct Model {")),
        Err(error) => check_message(&error),
    }
}

fn check_extent(shards: u32, dtype: DType, shape: &Shape, extent: &Extent) {
    assert!(extent.shard < shards, "there is no such data file");
    let end = extent.offset.checked_add(extent.size);
    assert!(end.is_some_and(|end| i64::try_from(end).is_ok()), "the end has no number");
    match dtype.width() {
        Some(width) => {
            let size = u128::from(shape.elements()) * width as u128;
            assert_eq!(u128::from(extent.size), size, "{dtype} {shape} has another size");
        }
        None => assert!(extent.size >= shape.elements(), "each string takes a byte at least"),
    }
}

/// The maximum number of slices that each slice is compared with.
const MOST_COMPARED: usize = 100;

/// Checks that the slices cover a variable, each element once.
fn check_slices(whole: &Shape, slices: &[Slice]) {
    for (number, slice) in slices.iter().enumerate() {
        assert_eq!(slice.start.len(), whole.rank());
        assert_eq!(slice.shape.rank(), whole.rank());
        for ((start, length), dim) in slice.start.iter().zip(slice.shape.dims()).zip(whole.dims()) {
            assert!(start.checked_add(*length).is_some_and(|end| end <= *dim), "out of bounds");
        }
        let empty = slice.shape.elements() == 0;
        // Compares all pairs, up to a limit.
        for other in slices.iter().take(number.min(MOST_COMPARED)).filter(|_| !empty) {
            let apart = (0..whole.rank()).any(|axis| {
                let end = |slice: &Slice| slice.start[axis] + slice.shape.dims()[axis];
                end(slice) <= other.start[axis] || end(other) <= slice.start[axis]
            });
            assert!(apart, "slices overlap");
        }
    }
    let covered: u128 = slices.iter().map(|slice| u128::from(slice.shape.elements())).sum();
    assert_eq!(covered, u128::from(whole.elements()), "slices do not cover their variable");
}

/// Checks that an index written from the catalog reads as the same catalog.
fn check_again(catalog: &Catalog) {
    if let Some(bytes) = write(catalog) {
        // The written blocks are not compressed, so the small limits may not be enough.
        assert_eq!(Catalog::from_index(&bytes, &Limits::default()).as_ref(), Ok(catalog));
    }
}

/// Returns the bytes of an index of this catalog.
///
/// Returns `None` if a variable cannot be read, or if an entry has the key of a slice. An entry that belongs to no variable is
/// read as a variable, so it can have such a name.
///
/// # Panics
///
/// When it is too large for a block.
#[must_use]
pub fn write(catalog: &Catalog) -> Option<Vec<u8>> {
    if catalog.variables().iter().any(|variable| variable.defect().is_some()) {
        return None;
    }
    let index = index_of(catalog);
    if index.entries.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return None;
    }
    Some(index.to_bytes().expect("the index is small"))
}

/// Returns the contents of an index of this catalog.
#[must_use]
pub fn index_of(catalog: &Catalog) -> Index {
    let mut entries: Vec<_> = catalog.variables().iter().flat_map(entries).collect();
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    let header = Header {
        num_shards: i64::from(catalog.shards),
        endianness: i64::from(is_big(catalog)),
        version: Some(Version::default()),
    };
    Index { header, entries, ..Index::default() }
}

/// True if the data files are big-endian.
fn is_big(catalog: &Catalog) -> bool {
    let mut extents = catalog.variables().iter().flat_map(|variable| variable.place.extents());
    extents.any(|extent| extent.endianness == Endianness::Big)
}

/// Returns the entries of a variable and of its slices, by key.
fn entries(variable: &Variable) -> Vec<(Vec<u8>, Entry)> {
    let name = variable.name.as_bytes();
    match &variable.place {
        Place::Whole(extent) => {
            vec![(name.to_vec(), entry(variable.dtype, &variable.shape, extent))]
        }
        Place::Slices(slices) => {
            let mut whole = Entry::new(variable.dtype, variable.shape.dims());
            whole.slices = slices.iter().map(|slice| extents(&variable.shape, slice)).collect();
            let parts = slices.iter().zip(&whole.slices).map(|(slice, extents)| {
                (slice_key(name, extents), entry(variable.dtype, &slice.shape, &slice.extent))
            });
            let mut entries: Vec<_> = parts.collect();
            entries.push((name.to_vec(), whole));
            entries
        }
        Place::Strided(_) | Place::Opaque | Place::Unreadable(_) => Vec::new(),
    }
}

fn entry(dtype: DType, shape: &Shape, extent: &Extent) -> Entry {
    Entry {
        shard_id: i64::from(extent.shard),
        offset: extent.offset.cast_signed(),
        size: extent.size.cast_signed(),
        crc32c: extent.checksum.parts().map(|(_, value)| checksum::mask(value)),
        ..Entry::new(dtype, shape.dims())
    }
}

fn extents(whole: &Shape, slice: &Slice) -> Vec<writer::Extent> {
    let axes = slice.start.iter().zip(slice.shape.dims()).zip(whole.dims());
    let extent = |((&start, &length), &dim): ((&u64, &u64), &u64)| {
        if length == dim {
            writer::Extent::WHOLE
        } else {
            writer::Extent::part(start.cast_signed(), length.cast_signed())
        }
    };
    axes.map(extent).collect()
}
