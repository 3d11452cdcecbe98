//! The messages of an index, against `prost`.

use checkpoint_schema::format::Limits;
use checkpoint_schema::listing::catalog::{Catalog, Checksum, Endianness, Place};
use checkpoint_schema::listing::checksum::unmask;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::{MAX_RANK, Shape};
use checkpoint_tests::writer::table::write_table;
use checkpoint_tests::writer::{self, TableOptions};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message;

#[derive(Clone, PartialEq, Message)]
struct BundleHeader {
    #[prost(int32, tag = "1")]
    num_shards: i32,
    #[prost(int32, tag = "2")]
    endianness: i32,
    #[prost(message, optional, tag = "3")]
    version: Option<Version>,
}

#[derive(Clone, PartialEq, Message)]
struct Version {
    #[prost(int32, tag = "1")]
    producer: i32,
    #[prost(int32, tag = "2")]
    min_consumer: i32,
    #[prost(int32, repeated, tag = "3")]
    bad_consumers: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct BundleEntry {
    #[prost(int32, tag = "1")]
    dtype: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<TensorShape>,
    #[prost(int32, tag = "3")]
    shard_id: i32,
    #[prost(int64, tag = "4")]
    offset: i64,
    #[prost(int64, tag = "5")]
    size: i64,
    #[prost(fixed32, tag = "6")]
    crc32c: u32,
    #[prost(message, repeated, tag = "7")]
    slices: Vec<TensorSlice>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorShape {
    #[prost(message, repeated, tag = "2")]
    dim: Vec<Dim>,
    #[prost(bool, tag = "3")]
    unknown_rank: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Dim {
    #[prost(int64, tag = "1")]
    size: i64,
    #[prost(string, tag = "2")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct TensorSlice {
    #[prost(message, repeated, tag = "1")]
    extent: Vec<SliceExtent>,
}

#[derive(Clone, PartialEq, Message)]
struct SliceExtent {
    #[prost(int64, tag = "1")]
    start: i64,
    #[prost(oneof = "HasLength", tags = "2")]
    has_length: Option<HasLength>,
}

#[derive(Clone, Copy, PartialEq, prost::Oneof)]
enum HasLength {
    #[prost(int64, tag = "2")]
    Length(i64),
}

const SHARDS: i32 = 3;

fn header() -> impl Strategy<Value = BundleHeader> {
    let version = (-1..3, -1..3, vec(-1..3, 0..2));
    let version = version.prop_map(|(producer, min_consumer, bad_consumers)| Version {
        producer,
        min_consumer,
        bad_consumers,
    });
    let shards = prop_oneof![4 => 1..5, 1 => any::<i32>()];
    let endianness = prop_oneof![4 => 0..3, 1 => any::<i32>()];
    (shards, endianness, option::of(version)).prop_map(|(num_shards, endianness, version)| {
        BundleHeader { num_shards, endianness, version }
    })
}

fn shape() -> impl Strategy<Value = TensorShape> {
    let size = prop_oneof![9 => 0..7_i64, 1 => any::<i64>()];
    let dim = (size, "[a-c]{0,2}").prop_map(|(size, name)| Dim { size, name });
    let dims = prop_oneof![30 => vec(dim.clone(), 0..5), 1 => vec(dim, 253..257)];
    (dims, prop::bool::weighted(0.05))
        .prop_map(|(dim, unknown_rank)| TensorShape { dim, unknown_rank })
}

/// An entry, most often of the size of its dtype and shape.
fn entry() -> impl Strategy<Value = BundleEntry> {
    let dtype = prop_oneof![9 => 0..35, 1 => any::<i32>()];
    let place = (
        prop_oneof![9 => 0..4, 1 => any::<i32>()],
        prop_oneof![9 => 0..1000_i64, 1 => any::<i64>()],
        prop_oneof![1 => any::<i64>().prop_map(Some), 5 => Just(None)],
        any::<u32>(),
    );
    (dtype, option::weighted(0.9, shape()), place).prop_map(
        |(dtype, shape, (shard_id, offset, size, crc32c))| {
            let mut entry =
                BundleEntry { dtype, shape, shard_id, offset, crc32c, ..BundleEntry::default() };
            entry.size = size.unwrap_or_else(|| fitting_size(&entry).unwrap_or(0));
            entry
        },
    )
}

fn dtype(entry: &BundleEntry) -> Option<DType> {
    DType::from_number(u64::try_from(entry.dtype).ok()?)
}

fn dims(entry: &BundleEntry) -> Option<Shape> {
    let dims = entry.shape.iter().flat_map(|shape| &shape.dim);
    let dims: Option<Vec<u64>> = dims.map(|dim| u64::try_from(dim.size).ok()).collect();
    Shape::new(dims?)
}

fn fitting_size(entry: &BundleEntry) -> Option<i64> {
    let width = i64::try_from(dtype(entry)?.width().unwrap_or(1)).ok()?;
    i64::try_from(dims(entry)?.elements()).ok()?.checked_mul(width)
}

/// True if an index with this header is always refused.
fn is_refused_header(header: &BundleHeader) -> bool {
    let Version { producer, min_consumer, bad_consumers } =
        header.version.clone().unwrap_or_default();
    let shards = 1..=i32::try_from(Limits::default().shards).unwrap();
    producer < 0
        || min_consumer > 1
        || bad_consumers.contains(&1)
        || !shards.contains(&header.num_shards)
}

/// True if this entry, alone in an index of [`SHARDS`] data files, is no valid variable.
fn is_refused_entry(entry: &BundleEntry) -> bool {
    // An unknown rank with axes is a contradiction.
    let unknown_rank =
        entry.shape.as_ref().is_some_and(|shape| shape.unknown_rank && shape.dim.is_empty());
    let rank = entry.shape.as_ref().map_or(0, |shape| shape.dim.len());
    let fits = match dtype(entry).map(DType::width) {
        Some(Some(_)) => fitting_size(entry) == Some(entry.size),
        Some(None) => fitting_size(entry).is_some_and(|least| least <= entry.size),
        None => false,
    };
    let place = (0..SHARDS).contains(&entry.shard_id)
        && entry.offset >= 0
        && entry.size >= 0
        && entry.offset.checked_add(entry.size).is_some();
    // The entries of its slices are missing.
    !fits || !place || unknown_rank || rank > MAX_RANK || !entry.slices.is_empty()
}

/// Reads an index with these messages.
fn read(header: &[u8], entry: &[u8]) -> Result<Catalog, String> {
    let pairs = [("", header), ("w", entry)].into_iter();
    let table = write_table(Vec::new(), TableOptions::default(), pairs).unwrap();
    Catalog::from_index(&table, &Limits::default()).map_err(|error| error.to_string())
}

/// Reads an index with this header and one number.
fn read_header(header: &[u8]) -> Result<Catalog, String> {
    let entry = BundleEntry { dtype: 1, size: 4, ..BundleEntry::default() };
    read(header, &entry.encode_to_vec())
}

/// Reads an index with this entry. Returns the error of its variable, if it cannot be read. The index itself is never refused.
fn read_entry(entry: &[u8]) -> Result<Catalog, String> {
    let header = BundleHeader { num_shards: SHARDS, ..BundleHeader::default() };
    let catalog = read(&header.encode_to_vec(), entry).unwrap();
    let [variable] = catalog.variables() else { panic!("there is not one variable") };
    let defect = variable.defect().map(ToString::to_string);
    defect.map_or(Ok(catalog), Err)
}

/// Checks that the result matches the message.
fn check_header(catalog: &Catalog, header: &BundleHeader) {
    assert_eq!(i64::from(catalog.shards), i64::from(header.num_shards));
    // TensorFlow treats every other number as little-endian.
    let [variable] = catalog.variables() else { panic!("there is not one variable") };
    let Place::Whole(extent) = variable.place else { panic!("it is in slices") };
    assert_eq!(extent.endianness == Endianness::Big, header.endianness == 1);
}

/// Checks that the result matches the message.
fn check_entry(catalog: &Catalog, entry: &BundleEntry) {
    let [variable] = catalog.variables() else { panic!("there is not one variable") };
    assert_eq!(i32::from(variable.dtype.number()), entry.dtype);
    assert_eq!(Some(&variable.shape), dims(entry).as_ref());
    let Place::Whole(extent) = variable.place else { panic!("it is in slices") };
    assert_eq!(i64::from(extent.shard), i64::from(entry.shard_id));
    assert_eq!(
        (extent.offset, extent.size),
        (entry.offset.cast_unsigned(), entry.size.cast_unsigned())
    );
    assert_eq!(extent.checksum, Checksum::Crc32c(unmask(entry.crc32c)));
}

/// Checks that any bytes read as `prost` reads them, and are refused if the result is invalid.
///
/// There are three intended differences, in which `TensorFlow` accepts what `prost` refuses. A field of another type than its
/// number implies is skipped. Bits of a number beyond the 64th are dropped. The name of an axis, which is not used, need not be
/// UTF-8.
fn check_any<M: Message + Default + std::fmt::Debug>(
    bytes: &[u8],
    read: &Result<Catalog, String>,
    is_refused: impl Fn(&M) -> bool,
    check: impl Fn(&Catalog, &M),
) {
    match (M::decode(bytes), read) {
        (Ok(message), Ok(catalog)) => {
            assert!(!is_refused(&message), "{message:?} is read");
            check(catalog, &message);
        }
        (Ok(message), Err(error)) => {
            assert!(is_refused(&message), "{message:?} is refused: {error}");
        }
        (Err(error), Ok(_)) => {
            let error = error.to_string();
            let wanted = ["invalid wire type", "invalid varint", "UTF-8"];
            assert!(wanted.iter().any(|wanted| error.contains(wanted)), "{error}");
        }
        (Err(_), Err(_)) => {}
    }
}

/// Returns a message, or two in sequence. The second is merged into the first.
fn one_or_two<M: Message>(first: &M, second: Option<&M>) -> Vec<u8> {
    let mut bytes = first.encode_to_vec();
    bytes.extend(second.map(M::encode_to_vec).unwrap_or_default());
    bytes
}

/// Changes bytes at some positions: replaces, inserts or removes one.
fn changed(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, Option<u8>, bool)]) -> Vec<u8> {
    for (at, byte, longer) in changes {
        let at = at.index(bytes.len() + 1);
        let end = if *longer { at } else { (at + 1).min(bytes.len()) };
        bytes.splice(at..end, *byte);
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, Option<u8>, bool)>> {
    vec((any::<prop::sample::Index>(), option::weighted(0.9, any::<u8>()), any::<bool>()), 0..4)
}

fn writer_slice(extents: &[writer::Extent]) -> TensorSlice {
    let extent = |extent: &writer::Extent| SliceExtent {
        start: extent.start,
        has_length: extent.length.map(HasLength::Length),
    };
    TensorSlice { extent: extents.iter().map(extent).collect() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_header_has_the_fields_that_prost_wrote(header in header()) {
        let read = read_header(&header.encode_to_vec());
        prop_assert_eq!(read.is_err(), is_refused_header(&header), "{:?}", read);
        if let Ok(catalog) = read {
            check_header(&catalog, &header);
        }
    }

    #[test]
    fn an_entry_has_the_fields_that_prost_wrote(entry in entry()) {
        let read = read_entry(&entry.encode_to_vec());
        prop_assert_eq!(read.is_err(), is_refused_entry(&entry), "{:?}", read);
        if let Ok(catalog) = read {
            check_entry(&catalog, &entry);
        }
    }

    #[test]
    fn a_header_of_any_bytes_is_read_as_prost_reads_it(
        first in header(),
        second in option::of(header()),
        changes in changes(),
    ) {
        let bytes = changed(one_or_two(&first, second.as_ref()), &changes);
        // V1 checkpoints begin with this byte.
        if bytes.first() != Some(&0x0a) {
            check_any(&bytes, &read_header(&bytes), is_refused_header, check_header);
        }
    }

    #[test]
    fn an_entry_of_any_bytes_is_read_as_prost_reads_it(
        first in entry(),
        second in option::of(entry()),
        changes in changes(),
    ) {
        let bytes = changed(one_or_two(&first, second.as_ref()), &changes);
        check_any(&bytes, &read_entry(&bytes), is_refused_entry, check_entry);
    }

    #[test]
    fn any_bytes_are_read_as_prost_reads_them(bytes in vec(any::<u8>(), 0..40)) {
        check_any(&bytes, &read_entry(&bytes), is_refused_entry, check_entry);
    }

    #[test]
    fn the_writer_of_the_tests_writes_what_prost_reads(
        shape in vec(any::<i64>(), 0..4),
        numbers in (any::<i32>(), any::<i32>(), any::<i64>(), any::<i64>()),
        crc32c: Option<u32>,
        slices in vec(vec((any::<i64>(), any::<Option<i64>>()), 0..3), 0..3),
    ) {
        let (dtype, shard_id, offset, size) = numbers;
        let extent = |&(start, length): &(i64, Option<i64>)| writer::Extent { start, length };
        let slices: Vec<Vec<_>> = slices.iter().map(|slice| slice.iter().map(extent).collect()).collect();
        let entry = writer::Entry {
            dtype: dtype.into(),
            shape: shape.clone(),
            shard_id: shard_id.into(),
            offset,
            size,
            crc32c,
            slices: slices.clone(),
        };
        let dim = shape.into_iter().map(|size| Dim { size, ..Dim::default() }).collect();
        let expected = BundleEntry {
            dtype,
            shape: Some(TensorShape { dim, unknown_rank: false }),
            shard_id,
            offset,
            size,
            crc32c: crc32c.unwrap_or_default(),
            slices: slices.iter().map(|slice| writer_slice(slice)).collect(),
        };
        prop_assert_eq!(BundleEntry::decode(&entry.to_bytes()[..]), Ok(expected));
    }
}
