//! Tests of all layouts and all kinds of sources, against the definition of a layout.

use std::io;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;

use checkpoint_schema::listing::catalog::{
    Catalog, Checksum, Endianness, Extent, Name, Place, Slice, Strided, Variable,
};
use checkpoint_schema::listing::checksum::{Algorithm, Digest, crc32c};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::plan::Output;
use checkpoint_schema::strided::{Axis, Layout, Order};

use crate::read::error::ReadError;
use crate::read::fill::{FillError, Filled, Wanted};
use crate::read::reading::{Progress, Reading};
use crate::source::{DataFile, Memory, Source, SourceError};
use crate::tensor::Tensor;
use crate::tensor::buffer::Buffer;
use crate::tensor::cast::Conversion;

/// The place of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    BigEndian,
    /// With the CRC-32 checksums of zip.
    Crc32,
    /// Without checksums.
    Unsummed,
    /// Four slices.
    Slices,
    /// In column-major order.
    Columns,
    /// A view of the columns of a wider array, from an element on.
    View,
    /// Like a V1 checkpoint.
    Opaque,
}

impl Kind {
    fn checksum(self, bytes: &[u8]) -> Checksum {
        let mut crc32 = Digest::new(Algorithm::Crc32);
        crc32.update(bytes);
        match self {
            Self::Unsummed => Checksum::None,
            Self::Crc32 => Checksum::Crc32(crc32.value()),
            _ => Checksum::Crc32c(crc32c(bytes)),
        }
    }
}

const KINDS: [Kind; 6] =
    [Kind::Whole, Kind::BigEndian, Kind::Slices, Kind::Columns, Kind::View, Kind::Opaque];

/// A checkpoint with one data file.
#[derive(Debug)]
struct File {
    catalog: Catalog,
    bytes: Vec<u8>,
}

impl DataFile for File {
    fn path(&self) -> &Path {
        Path::new("memory")
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        into.copy_from_slice(&self.bytes[offset..offset + into.len()]);
        Ok(())
    }
}

impl Source for File {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn data_file(&self, _: u32) -> Result<&dyn DataFile, SourceError> {
        Ok(self)
    }
}

/// The matrices `a`, `b`, ..., all of the same shape.
struct Matrices {
    dtype: DType,
    dims: [u64; 2],
    bytes: Vec<Vec<u8>>,
}

impl Matrices {
    fn new(dtype: DType, dims: [u64; 2], count: u32) -> Self {
        let width = dtype.width().unwrap();
        let elements = usize::try_from(dims[0] * dims[1]).unwrap();
        let matrix = |seed: u32| {
            let number = |at: usize| u32::try_from(at).unwrap().wrapping_mul(2_654_435_761) ^ seed;
            // Small elements of each dtype: integers are numbers from 0 to 99.
            (0..elements).flat_map(|at| element(dtype, number(at) >> 7)[..width].to_vec()).collect()
        };
        Self { dtype, dims, bytes: (0..count).map(matrix).collect() }
    }

    fn name(number: usize) -> Name {
        Name::from(["a", "b", "c"][number])
    }

    fn source(&self, kind: Kind) -> Box<dyn Source> {
        let shape = || Shape::new(&self.dims[..]).unwrap();
        if kind == Kind::Opaque {
            let tensor = |bytes| Tensor::from_bytes(self.dtype, &self.dims[..], bytes).unwrap();
            let tensors = self.bytes.iter().enumerate();
            return Box::new(Memory::new(
                tensors.map(|(number, bytes)| (Self::name(number), tensor(bytes))),
            ));
        }
        let mut file = vec![0xff; 3];
        let mut variables = Vec::new();
        for (number, bytes) in self.bytes.iter().enumerate() {
            let mut add = |mut bytes: Vec<u8>| {
                let endianness =
                    if kind == Kind::BigEndian { Endianness::Big } else { Endianness::Little };
                if endianness == Endianness::Big {
                    let unit = self.dtype.swap_unit().unwrap();
                    bytes.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
                }
                let extent = Extent {
                    shard: 0,
                    offset: file.len() as u64,
                    size: bytes.len() as u64,
                    endianness,
                    checksum: kind.checksum(&bytes),
                };
                file.extend(bytes);
                extent
            };
            let place = match kind {
                Kind::Slices => Place::Slices(
                    self.slices()
                        .map(|(start, count)| Slice {
                            start: start.into(),
                            shape: Shape::new(&count[..]).unwrap(),
                            extent: add(self.cut(bytes, start, count)),
                        })
                        .collect(),
                ),
                Kind::Columns => self.strided(bytes, 0, self.dims[0], add),
                Kind::View => self.strided(bytes, 5, self.dims[0] + 3, add),
                _ => Place::Whole(add(bytes.clone())),
            };
            let (name, dtype, shape) = (Self::name(number), self.dtype, shape());
            variables.push(Variable { name, dtype, shape, place });
        }
        let catalog = Catalog::new(variables, 1);
        Box::new(File { catalog, bytes: file })
    }

    /// Columns of this length, with the matrix in its first rows, after `first` elements.
    fn strided(
        &self,
        bytes: &[u8],
        first: u64,
        column: u64,
        add: impl FnOnce(Vec<u8>) -> Extent,
    ) -> Place {
        let [rows, columns] = self.dims;
        let width = self.dtype.width().unwrap();
        let mut stored = vec![0x55; usize::try_from(first + column * columns).unwrap() * width];
        for (number, element) in (0..rows * columns).zip(bytes.chunks(width)) {
            let at = first + number / columns + number % columns * column;
            stored[usize::try_from(at).unwrap() * width..][..width].copy_from_slice(element);
        }
        let order = Order { first, strides: [1, column].into() };
        Place::Strided(Box::new(Strided { extent: add(stored), order }))
    }

    fn slices(&self) -> impl Iterator<Item = ([u64; 2], [u64; 2])> {
        let [rows, columns] = self.dims;
        let (r, c) = (rows / 3, columns / 2);
        [
            ([0, 0], [r, c]),
            ([0, c], [r, columns - c]),
            ([r, 0], [rows - r, c]),
            ([r, c], [rows - r, columns - c]),
        ]
        .into_iter()
    }

    fn cut(&self, bytes: &[u8], start: [u64; 2], count: [u64; 2]) -> Vec<u8> {
        let width = self.dtype.width().unwrap();
        let row = |row: u64| {
            let from = usize::try_from(row * self.dims[1] + start[1]).unwrap() * width;
            bytes[from..from + usize::try_from(count[1]).unwrap() * width].to_vec()
        };
        (start[0]..start[0] + count[0]).flat_map(row).collect()
    }
}

/// The bytes of a number, in native byte order.
fn element(dtype: DType, number: u32) -> Vec<u8> {
    let number = u8::try_from(number % 100).unwrap();
    match dtype {
        DType::Float32 => (f32::from(number) / 8.0).to_ne_bytes().to_vec(),
        DType::Complex128 => {
            [f64::from(number).to_ne_bytes(), (-f64::from(number)).to_ne_bytes()].concat()
        }
        DType::Int16 => i16::from(number).to_ne_bytes().to_vec(),
        DType::BFloat16 => ((f32::from(number).to_bits() >> 16) as u16).to_ne_bytes().to_vec(),
        DType::Int64 => i64::from(number).to_ne_bytes().to_vec(),
        _ => vec![number],
    }
}

/// A name, and for each array its shape, and the indices of matrices with their layouts.
type Case = (&'static str, Vec<(Vec<u64>, Vec<(usize, Layout)>)>);

fn layout(from: u64, into: u64, axes: &[(u64, u64, u64)]) -> Layout {
    Layout::new(from, into, axes.iter().map(|&(len, from, into)| Axis { len, from, into }))
}

/// Layouts into ranges, and interleaved layouts.
fn cases([rows, columns]: [u64; 2]) -> Vec<Case> {
    let all = rows * columns;
    let whole = |into| layout(0, into, &[(all, 1, 1)]);
    let transposed = || layout(0, 0, &[(rows, columns, 1), (columns, 1, rows)]);
    let block = |from: u64, third: u64| layout(from, 0, &[(rows, columns, third), (third, 1, 1)]);
    let (third, rest) = (columns / 3, columns - 2 * (columns / 3));
    let mut cases = vec![
        (
            "as it is",
            vec![
                (vec![rows, columns], vec![(0, whole(0))]),
                (vec![rows, columns], vec![(1, whole(0))]),
            ],
        ),
        ("transposed", vec![(vec![columns, rows], vec![(0, transposed())])]),
        (
            "split along the last axis",
            vec![
                (vec![rows, third], vec![(0, block(0, third))]),
                (vec![rows, third], vec![(0, block(third, third))]),
                (vec![rows, rest], vec![(0, block(2 * third, rest))]),
            ],
        ),
        (
            "split along the first axis",
            vec![
                (vec![3, columns], vec![(0, layout(0, 0, &[(3 * columns, 1, 1)]))]),
                (
                    vec![rows - 3, columns],
                    vec![(0, layout(3 * columns, 0, &[((rows - 3) * columns, 1, 1)]))],
                ),
            ],
        ),
        (
            "joined along the first axis",
            vec![(vec![2 * rows, columns], vec![(1, whole(0)), (0, whole(all))])],
        ),
        (
            "joined along the last axis",
            vec![(
                vec![rows, 2 * columns],
                vec![
                    (0, layout(0, 0, &[(rows, columns, 2 * columns), (columns, 1, 1)])),
                    (1, layout(0, columns, &[(rows, columns, 2 * columns), (columns, 1, 1)])),
                ],
            )],
        ),
    ];
    cases.extend(cases_of_parts([rows, columns]));
    let (count, long) = (rows - 2, columns + 1);
    let across = layout(0, 0, &[(count, long, 1), (long, 1, count)]);
    cases
        .push(("rows that continue in the next row", vec![(vec![long, count], vec![(0, across)])]));
    cases
}

/// Stacks, parts and permutations.
fn cases_of_parts([rows, columns]: [u64; 2]) -> Vec<Case> {
    let all = rows * columns;
    let whole = |into| layout(0, into, &[(all, 1, 1)]);
    let transposed = || layout(0, 0, &[(rows, columns, 1), (columns, 1, rows)]);
    let block = |from: u64, third: u64| layout(from, 0, &[(rows, columns, third), (third, 1, 1)]);
    let third = columns / 3;
    vec![
        (
            "stacked along a new last axis",
            vec![(
                vec![rows, columns, 3],
                (0..3).map(|k| (k, layout(0, k as u64, &[(all, 1, 3)]))).collect(),
            )],
        ),
        (
            "transposed and joined, and as it is",
            vec![
                (
                    vec![2 * columns, rows],
                    vec![
                        (0, transposed()),
                        (1, layout(0, all, &[(rows, columns, 1), (columns, 1, rows)])),
                    ],
                ),
                (vec![rows, columns], vec![(1, whole(0))]),
            ],
        ),
        (
            "some rows",
            vec![(vec![4, columns], vec![(0, layout(2 * columns, 0, &[(4 * columns, 1, 1)]))])],
        ),
        ("some columns", vec![(vec![rows, third], vec![(0, block(1, third))])]),
        (
            "some columns, transposed, and others",
            vec![
                (
                    vec![third, rows],
                    vec![(0, layout(1, 0, &[(rows, columns, 1), (third, 1, rows)]))],
                ),
                (vec![rows, third], vec![(0, block(third + 1, third))]),
            ],
        ),
        (
            "permuted heads",
            vec![(
                vec![3, rows, third],
                vec![(
                    0,
                    layout(
                        0,
                        0,
                        &[(rows, columns, third), (3, third, rows * third), (third, 1, 1)],
                    ),
                )],
            )],
        ),
        ("one element, and zeros", vec![(vec![], vec![(2, layout(7, 0, &[]))]), (vec![5], vec![])]),
        ("nothing", vec![(vec![0, columns], vec![(0, layout(0, 0, &[(0, 1, 1)]))])]),
    ]
}

/// The expected elements of an array, moved and converted one by one.
fn expected(matrices: &Matrices, into: DType, dims: &[u64], shares: &[(usize, Layout)]) -> Vec<u8> {
    let (width, into_width) = (matrices.dtype.width().unwrap(), into.width().unwrap());
    let elements = usize::try_from(dims.iter().product::<u64>()).unwrap();
    let mut array = vec![0; elements * into_width];
    let conversion = Conversion::of(matrices.dtype, into);
    for (matrix, layout) in shares {
        let mut places = vec![(layout.from, layout.into)];
        for axis in &layout.axes {
            let steps = |&(from, into): &(u64, u64)| {
                let step = move |n| (from + n * axis.from, into + n * axis.into);
                (0..axis.len).map(step).collect::<Vec<_>>()
            };
            places = places.iter().flat_map(steps).collect();
        }
        for (from, place) in places {
            let (from, place) = (usize::try_from(from).unwrap(), usize::try_from(place).unwrap());
            let element = &matrices.bytes[*matrix][from * width..][..width];
            let place = &mut array[place * into_width..][..into_width];
            match &conversion {
                None => place.copy_from_slice(element),
                Some(conversion) => conversion.run(element, place).unwrap(),
            }
        }
    }
    array
}

fn fill(
    source: &dyn Source,
    threads: usize,
    into: DType,
    case: &Case,
) -> Result<Filled, ReadError> {
    fill_watched(source, threads, into, case, None)
}

fn fill_watched(
    source: &dyn Source,
    threads: usize,
    into: DType,
    case: &Case,
    on_progress: Option<&(dyn Fn(Progress) + Sync)>,
) -> Result<Filled, ReadError> {
    let threads = NonZero::new(threads);
    let reading =
        Reading { source, threads, verify: true, verify_parts: false, on_progress, cancel: None };
    let output = |(dims, _): &(Vec<u64>, _)| Output::owned(into, Shape::new(&dims[..]).unwrap());
    let outputs: Vec<Output> = case.1.iter().map(output).collect();
    let mut wanted = Vec::new();
    for (output, (_, shares)) in case.1.iter().enumerate() {
        for (matrix, layout) in shares {
            let variable = source.catalog().get(Matrices::name(*matrix)).unwrap();
            wanted.push(Wanted { variable, output, layout: Some(layout) });
        }
    }
    reading.fill(&outputs.iter().collect::<Vec<_>>(), &wanted, &[]).map_err(|error| match error {
        FillError::Read(error) => error,
        FillError::Zeros { .. } => panic!("there is memory for zeros"),
    })
}

fn check(matrices: &Matrices, into: DType) {
    check_of(matrices, into, &KINDS, |_| true);
}

fn check_of(matrices: &Matrices, into: DType, kinds: &[Kind], which: impl Fn(&str) -> bool) {
    let sources: Vec<_> = kinds.iter().map(|&kind| (kind, matrices.source(kind))).collect();
    for case in cases(matrices.dims).iter().filter(|case| which(case.0)) {
        let array = |(dims, shares): &(Vec<u64>, Vec<_>)| expected(matrices, into, dims, shares);
        let arrays: Vec<Vec<u8>> = case.1.iter().map(array).collect();
        for ((kind, source), threads) in
            sources.iter().flat_map(|source| [(source, 1), (source, 4)])
        {
            let filled = fill(&**source, threads, into, case).unwrap();
            let found = filled.buffers.iter().map(Buffer::bytes);
            assert!(
                found.eq(arrays.iter().map(Vec::as_slice)),
                "{}, {kind:?}, {} to {into}, {threads} threads",
                case.0,
                matrices.dtype
            );
        }
    }
}

#[test]
fn elements_go_where_layouts_say_from_every_source() {
    for dtype in [DType::Float32, DType::UInt8, DType::Int16, DType::Complex128, DType::Int64] {
        check(&Matrices::new(dtype, [37, 29], 3), dtype);
    }
}

#[test]
fn elements_are_converted_on_their_way() {
    for (dtype, into) in [
        (DType::Float32, DType::Float64),
        (DType::BFloat16, DType::Float32),
        (DType::Int16, DType::UInt8),
        (DType::UInt8, DType::Complex128),
        (DType::Complex128, DType::Complex64),
        (DType::Int64, DType::Float32),
    ] {
        check(&Matrices::new(dtype, [37, 29], 3), into);
    }
}

#[test]
fn large_matrices_are_moved_in_pieces_and_blocks() {
    let kinds = [Kind::Whole, Kind::Slices];
    let which = |name: &str| ["transposed", "split along the last axis"].contains(&name);
    // A row is longer than a block.
    check_of(&Matrices::new(DType::Int16, [5, 140_000], 2), DType::Int16, &kinds, which);
    // A matrix is longer than a piece.
    check_of(&Matrices::new(DType::UInt8, [2600, 1700], 2), DType::Int16, &kinds, which);
    let which = |name: &str| name.contains("transposed") || name == "permuted heads";
    check_of(
        &Matrices::new(DType::UInt8, [2600, 1700], 2),
        DType::UInt8,
        &[Kind::Whole, Kind::Columns],
        which,
    );
}

/// The number of bytes read, and the number of variables that were not verified.
fn cost(kind: Kind, name: &str) -> (u64, usize) {
    let matrices = Matrices::new(DType::Float32, [3000, 300], 3);
    let cases = cases(matrices.dims);
    let case = cases.iter().find(|case| case.0 == name).unwrap();
    let read = Mutex::new(0);
    let on_progress = |progress: Progress| {
        let mut read = read.lock().unwrap();
        *read = progress.done.max(*read);
    };
    let source = matrices.source(kind);
    let filled = fill_watched(&*source, 2, DType::Float32, case, Some(&on_progress)).unwrap();
    assert_eq!(filled.bytes, *read.lock().unwrap());
    assert_eq!(filled.without, if kind == Kind::Unsummed { filled.variables } else { 0 });
    (filled.bytes, filled.unverified)
}

#[test]
fn each_variable_is_read_once_and_only_what_is_wanted_of_it() {
    let matrix = 4 * 3000 * 300;
    assert_eq!(cost(Kind::Whole, "as it is"), (2 * matrix, 0));
    assert_eq!(cost(Kind::Whole, "split along the last axis"), (matrix, 0));
    assert_eq!(cost(Kind::Whole, "transposed and joined, and as it is"), (2 * matrix, 0));
    assert_eq!(cost(Kind::Whole, "some rows"), (4 * 4 * 300, 1));
    assert_eq!(cost(Kind::Slices, "some rows"), (4 * 4 * 300, 1));
    assert_eq!(cost(Kind::Unsummed, "as it is"), (2 * matrix, 0));
    assert_eq!(cost(Kind::Unsummed, "some rows"), (4 * 4 * 300, 0));
    assert_eq!(cost(Kind::Opaque, "some rows"), (matrix, 0));
    assert_eq!(cost(Kind::Columns, "as it is"), (2 * matrix, 0));
    assert_eq!(cost(Kind::Columns, "transposed"), (matrix, 0));
    assert_eq!(cost(Kind::Columns, "some columns"), (matrix / 3, 1));
    assert_eq!(cost(Kind::Whole, "one element, and zeros"), (4, 1));
    assert_eq!(cost(Kind::Whole, "nothing"), (0, 0));
}

#[test]
fn damage_is_found_wherever_elements_go() {
    let matrices = Matrices::new(DType::Float32, [37, 29], 3);
    let kinds = [Kind::Whole, Kind::Crc32, Kind::Columns, Kind::Unsummed];
    let kinds = kinds
        .into_iter()
        .flat_map(|kind| cases(matrices.dims).into_iter().map(move |case| (kind, case)));
    for (kind, case) in kinds {
        if ["some rows", "some columns", "one element, and zeros", "nothing"].contains(&case.0)
            || case.0.starts_with("permuted")
            || case.0.starts_with("some columns")
            || case.0.starts_with("rows that continue")
        {
            continue;
        }
        let source = matrices.source(kind);
        let mut bytes = vec![0; 3];
        let file = source.data_file(0).unwrap();
        bytes.resize(usize::try_from(file.size()).unwrap(), 0);
        file.read(0, &mut bytes).unwrap();
        bytes[3 + 4 * 37 * 5] ^= 1;
        let damaged = File { catalog: source.catalog().clone(), bytes };
        for threads in [1, 4] {
            let filled = fill(&damaged, threads, DType::Float32, &case);
            if kind == Kind::Unsummed {
                filled.unwrap();
                continue;
            }
            let error = filled.unwrap_err();
            assert!(error.to_string().starts_with("cannot read `a`: the checksum"), "{error}");
        }
    }
}

#[test]
fn what_a_type_does_not_hold_is_named_by_its_index_if_it_is_wanted() {
    let mut matrices = Matrices::new(DType::Int16, [37, 29], 3);
    let at = (5 * 29 + 20) * 2;
    matrices.bytes[0][at..at + 2].copy_from_slice(&300_i16.to_ne_bytes());
    for kind in KINDS {
        let source = matrices.source(kind);
        for case in cases(matrices.dims) {
            let result = fill(&*source, 2, DType::UInt8, &case);
            // Columns up to the 18th, the third row, none.
            let others = ["some columns", "some columns, transposed, and others"];
            let wanted = case.1.iter().flat_map(|(_, shares)| shares).any(|share| share.0 == 0);
            if !wanted || ["nothing", "some columns"].contains(&case.0) {
                result.unwrap();
                continue;
            }
            if case.0 == "some rows" {
                expect_test::expect!["cannot read `a`: its element [5, 20] is 300, which u8 cannot represent; change the type of the field"].assert_eq(&result.unwrap_err().to_string());
                continue;
            }
            if others.contains(&case.0) && result.is_ok() {
                continue;
            }
            let error = result.unwrap_err().to_string();
            assert!(
                error.contains("its element [5, 20] is 300, which u8 cannot represent"),
                "{error}"
            );
        }
    }
}

#[test]
fn strings_go_where_layouts_say() {
    let strings: Vec<String> = (0..37 * 29).map(|number| number.to_string()).collect();
    let tensor = || Tensor::from_strings([37, 29], &strings).unwrap();
    let source = Memory::new(["a", "b", "c"].map(|name| (name, tensor())));
    let places = Matrices::new(DType::Int64, [37, 29], 0);
    for case in cases(places.dims) {
        let filled = fill(&source, 2, DType::String, &case).unwrap();
        for (buffer, (dims, shares)) in filled.buffers.iter().zip(&case.1) {
            let Buffer::Strings(found) = buffer else { panic!("{buffer:?}") };
            // The numbers of the strings plus 1; 0 stands for a missing string.
            let numbers = (1..=37 * 29_i64).flat_map(i64::to_ne_bytes).collect::<Vec<u8>>();
            let matrices = Matrices {
                dtype: DType::Int64,
                dims: places.dims,
                bytes: vec![numbers.clone(), numbers.clone(), numbers],
            };
            let expected = expected(&matrices, DType::Int64, dims, shares);
            let string = |bytes: &[u8]| match i64::from_ne_bytes(bytes.try_into().unwrap()) {
                0 => String::new(),
                number => (number - 1).to_string(),
            };
            let expected: Vec<String> = expected.chunks_exact(8).map(string).collect();
            let found: Vec<&[u8]> = found.iter().collect();
            assert_eq!(found, expected.iter().map(String::as_bytes).collect::<Vec<_>>());
        }
    }
}
