//! Checkpoints of both versions read the variables that were written.

use std::collections::BTreeMap;
use std::path::Path;

use checkpoint_core::Checkpoint;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::writer::{Bundle, Data, Extent, TableOptions, V1};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

/// The maximum number of elements of a variable.
const ELEMENTS: u64 = 100;

/// The maximum number of slices of a variable.
const SLICES: usize = 12;

/// A variable to write and read.
#[derive(Clone, Debug)]
struct Stored {
    dtype: DType,
    shape: Vec<u64>,
    /// The bytes of each element.
    elements: Vec<Vec<u8>>,
    /// The slices of the variable; `None` if it is whole.
    slices: Option<Vec<Vec<Cut>>>,
    /// The data files of the slices, in turn.
    shards: Vec<u32>,
    /// Unused bytes before it.
    gap: Vec<u8>,
}

/// The part of an axis in a slice.
#[derive(Clone, Copy, Debug)]
struct Cut {
    start: u64,
    length: u64,
    /// True if the file stores it as the whole axis, without a length.
    whole: bool,
}

impl Cut {
    fn extent(self) -> Extent {
        if self.whole {
            Extent::WHOLE
        } else {
            Extent::part(self.start.cast_signed(), self.length.cast_signed())
        }
    }
}

impl Stored {
    /// Returns the data of these elements.
    fn data(&self, elements: Vec<Vec<u8>>) -> Data {
        match self.dtype {
            DType::String => Data::Strings(elements),
            DType::Variant => Data::Variants(elements),
            _ => Data::Bytes(elements.concat()),
        }
    }

    /// Returns the elements in a slice.
    fn part(&self, slice: &[Cut]) -> Vec<Vec<u8>> {
        let mut elements = Vec::new();
        for (number, element) in (0..).zip(&self.elements) {
            let mut rest: u64 = number;
            let axes = self.shape.iter().zip(slice).rev();
            let inside = axes.fold(true, |inside, (dim, cut)| {
                let index = rest % dim;
                rest /= dim;
                inside && (cut.start..cut.start + cut.length).contains(&index)
            });
            if inside {
                elements.push(element.clone());
            }
        }
        elements
    }
}

type Variables = BTreeMap<Vec<u8>, Stored>;

/// Names of any bytes, most often of those with a special meaning in the format.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![select(&b"\0\x01\xfe\xffaab//_0"[..]), any::<u8>()];
    vec(byte, 1..12)
}

fn shape() -> impl Strategy<Value = Vec<u64>> {
    let dim = prop_oneof![20 => 1_u64..6, 1 => Just(0)];
    vec(dim, 0..=8).prop_map(|mut dims| {
        let mut elements = 1;
        for dim in &mut dims {
            if elements * *dim > ELEMENTS {
                *dim = 1;
            }
            elements *= (*dim).max(1);
        }
        dims
    })
}

/// Valid bytes of an element.
fn element(dtype: DType) -> BoxedStrategy<Vec<u8>> {
    let low_bits = match dtype {
        DType::Bool => 0x01,
        DType::Int2 | DType::UInt2 => 0x03,
        DType::Int4 | DType::UInt4 | DType::Float4E2M1FN => 0x0f,
        _ => 0xff,
    };
    let len = dtype.width().map_or(0..40, |width| width..width + 1);
    vec(any::<u8>().prop_map(move |byte| byte & low_bits), len).boxed()
}

/// Cuts each axis into parts. All combinations of them are the slices, in any order.
fn slices(shape: &[u64]) -> impl Strategy<Value = Vec<Vec<Cut>>> + use<> {
    let axes: Vec<_> =
        shape.iter().map(|&dim| vec(1..=dim, 0..3).prop_map(move |at| (dim, at))).collect();
    (axes, any::<bool>()).prop_map(|(axes, whole)| grid(&axes, whole)).prop_shuffle()
}

fn grid(axes: &[(u64, Vec<u64>)], whole: bool) -> Vec<Vec<Cut>> {
    axes.iter().fold(vec![Vec::new()], |slices: Vec<Vec<Cut>>, (dim, at)| {
        let mut ends = at.clone();
        ends.push(*dim);
        ends.sort_unstable();
        ends.dedup();
        if slices.len() * ends.len() > SLICES {
            ends = vec![*dim];
        }
        let starts = std::iter::once(&0).chain(&ends);
        let cut = |(&start, &end): (&u64, &u64)| {
            let length = end - start;
            Cut { start, length, whole: whole && length == *dim }
        };
        let cuts: Vec<Cut> = starts.zip(&ends).map(cut).collect();
        let with = |slice: &Vec<Cut>| {
            let slice = slice.clone();
            cuts.clone().into_iter().map(move |cut| [slice.clone(), vec![cut]].concat())
        };
        slices.iter().flat_map(with).collect()
    })
}

fn stored(dtypes: Vec<DType>) -> impl Strategy<Value = Stored> {
    (select(dtypes), shape()).prop_flat_map(|(dtype, shape)| {
        let count = usize::try_from(shape.iter().product::<u64>()).expect("there are few");
        let slices = match count {
            0 => Just(None).boxed(),
            _ => proptest::option::of(slices(&shape)).boxed(),
        };
        let elements = vec(element(dtype), count);
        (elements, slices, vec(0..3_u32, 1..4), vec(any::<u8>(), 0..3)).prop_map(
            move |(elements, slices, shards, gap)| {
                let shape = shape.clone();
                Stored { dtype, shape, elements, slices, shards, gap }
            },
        )
    })
}

fn variables(dtypes: Vec<DType>) -> impl Strategy<Value = Variables> {
    btree_map(name(), stored(dtypes), 0..8)
}

fn table() -> impl Strategy<Value = TableOptions> {
    (select(vec![1, 60, 300, 262_144]), 1..=16_usize, any::<bool>()).prop_map(
        |(block_size, restart_interval, snappy)| TableOptions {
            block_size,
            restart_interval,
            snappy,
        },
    )
}

/// Writes variables into a bundle, in reverse order if `backwards`.
fn bundle(variables: &Variables, backwards: bool) -> Bundle {
    let mut order: Vec<_> = variables.iter().collect();
    if backwards {
        order.reverse();
    }
    let mut bundle = Bundle::new();
    for (name, stored) in order {
        let Stored { dtype, shape, elements, slices, shards, gap } = stored;
        let mut shards = shards.iter().cycle();
        bundle = bundle.gap(gap);
        if let Some(slices) = slices {
            for slice in slices {
                let extents: Vec<Extent> = slice.iter().map(|cut| cut.extent()).collect();
                let data = stored.data(stored.part(slice));
                bundle = bundle.in_shard(*shards.next().expect("there is one"));
                bundle = bundle.slice(name, *dtype, shape, &extents, data);
            }
        } else {
            bundle = bundle.in_shard(*shards.next().expect("there is one"));
            bundle = bundle.tensor(name, *dtype, shape, stored.data(elements.clone()));
        }
    }
    bundle
}

fn v1(variables: &Variables, packed: bool) -> V1 {
    let start = if packed { V1::new() } else { V1::new().unpacked() };
    variables.iter().fold(start, |mut v1, (name, stored)| {
        let whole = || {
            vec![stored.shape.iter().map(|&length| Cut { start: 0, length, whole: true }).collect()]
        };
        for slice in stored.slices.clone().unwrap_or_else(whole) {
            let extents: Vec<Extent> = slice.iter().map(|cut| cut.extent()).collect();
            let data = stored.data(stored.part(&slice));
            v1 = v1.slice(name, stored.dtype, &stored.shape, &extents, data);
        }
        v1
    })
}

/// Checks that the checkpoint has exactly these variables.
fn check(path: &Path, variables: &Variables) {
    let checkpoint = Checkpoint::open(path).unwrap();
    let names = checkpoint.catalog().variables().iter().map(|variable| variable.name.as_bytes());
    assert!(names.eq(variables.keys()), "there are other names");
    for (variable, stored) in checkpoint.catalog().variables().iter().zip(variables.values()) {
        assert_eq!((variable.dtype, variable.shape.dims()), (stored.dtype, &stored.shape[..]));
        let tensor = checkpoint.read(&variable.name).unwrap();
        assert_eq!(tensor.as_bytes(), stored.elements.concat());
        if let Some(strings) = tensor.as_strings() {
            assert!(strings.iter().eq(&stored.elements), "the strings end elsewhere");
        }
        let mut pieces = Vec::new();
        checkpoint.read_pieces(&variable.name, |piece| pieces.extend_from_slice(piece)).unwrap();
        assert_eq!(pieces, tensor.as_bytes());
    }
}

/// The dtypes for which V1 checkpoints have a field.
fn v1_dtypes() -> Vec<DType> {
    let is_held = |dtype: &DType| {
        let elements = vec![0; dtype.width().unwrap_or(0)];
        let data = if dtype.width().is_some() {
            Data::Bytes(elements)
        } else {
            Data::Strings(vec![elements])
        };
        V1::new().tensor("w", *dtype, &[], data).pairs().is_ok()
    };
    DType::all().filter(is_held).collect()
}

#[test]
fn version_1_holds_all_dtypes_but_the_small_ones_and_variants() {
    let held = v1_dtypes();
    let others: Vec<u8> =
        DType::all().filter(|dtype| !held.contains(dtype)).map(DType::number).collect();
    assert_eq!(others, [21, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_v2_checkpoint_is_read_as_it_was_written(
        variables in variables(DType::all().collect()),
        table in table(),
        backwards: bool,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("model");
        bundle(&variables, backwards).table(table).write(&prefix).unwrap();
        check(&prefix, &variables);
    }

    #[test]
    fn a_big_endian_checkpoint_is_read_as_it_was_written(
        // No program reads big-endian variants.
        variables in variables(DType::all().filter(|dtype| *dtype != DType::Variant).collect()),
        table in table(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("model");
        bundle(&variables, false).table(table).big_endian().write(&prefix).unwrap();
        check(&prefix, &variables);
    }

    #[test]
    fn a_v1_checkpoint_is_read_as_it_was_written(
        variables in variables(v1_dtypes()),
        table in table(),
        packed: bool,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        v1(&variables, packed).table(table).write(&path).unwrap();
        check(&path, &variables);
    }
}
