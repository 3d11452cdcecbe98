//! Sources of other crates: their calls, and their errors.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use checkpoint_core::{
    Catalog, Checkpoint, DType, FromCheckpoint, LoadOptions, Memory, Name, Place, ReadErrorKind,
    Shape, Source, SourceError, Tensor, Variable,
};
use checkpoint_tests::conformance::{bundle, check};
use checkpoint_tests::mapped::{Mapped, taken};
use checkpoint_tests::writer::Bundle;
use expect_test::expect;
use ndarray::{Array2, arr1, s};

#[test]
fn a_source_of_data_files_elsewhere_conforms() {
    let open = |_: &Path, tensors: &[(Name, Tensor)]| Mapped::opened(bundle(tensors)).0;
    check(|_| true, open);
}

/// The bytes of `f32 [10, 3]`.
fn bytes() -> Vec<u8> {
    (0..120).collect()
}

const SHAPE: [u64; 2] = [10, 3];

#[test]
fn rows_of_a_whole_variable_are_the_only_bytes_read() {
    let bundle = Bundle::new().gap([0; 7]).tensor("w", DType::Float32, &SHAPE, bytes());
    let (checkpoint, log) = Mapped::opened(bundle);
    let rows = checkpoint.read_rows("w", 2..5).unwrap();
    assert_eq!(rows.spec().to_string(), "f32 [3, 3]");
    assert_eq!(rows.as_bytes(), &bytes()[24..60]);
    assert_eq!(taken(&log), [(0, 7 + 24..7 + 60)]);
    checkpoint.read_rows("w", 4..4).unwrap();
    checkpoint.read_rows("w", 9..11).unwrap_err();
    assert_eq!(taken(&log), []);
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Few {
    w0003: Array2<f32>,
    #[ckpt(slice(axis = 0, range = 2..5))]
    w5000: Array2<f32>,
    w9999: Array2<f32>,
}

#[test]
fn of_ten_thousand_variables_a_load_reads_what_its_fields_take_and_nothing_else() {
    let add = |bundle: Bundle, number| {
        bundle.tensor(format!("w{number:04}"), DType::Float32, &SHAPE, bytes())
    };
    let (checkpoint, log) = Mapped::opened((0..10_000).fold(Bundle::new(), add));
    assert_eq!(taken(&log), []);
    let (few, report) = Few::load_with(&checkpoint, LoadOptions::new().threads(1)).unwrap();
    assert_eq!((few.w0003.dim(), few.w5000.dim(), few.w9999.dim()), ((10, 3), (3, 3), (10, 3)));
    assert_eq!(few.w5000, few.w9999.slice(s![2..5, ..]));
    let (second, third) = (5000 * 120, 9999 * 120);
    let read = [(0, 360..480), (0, second + 24..second + 60), (0, third..third + 120)];
    assert_eq!(taken(&log), read);
    assert_eq!(report.bytes, 120 + 36 + 120);
}

#[test]
fn rows_of_a_partitioned_variable_are_read_from_the_slices_that_have_them() {
    let bundle = Bundle::new().partition("w", DType::Float32, &SHAPE, (0, &[4, 3, 3]), &bytes());
    let (checkpoint, log) = Mapped::opened(bundle);
    assert_eq!(checkpoint.read_rows("w", 3..6).unwrap().as_bytes(), &bytes()[36..72]);
    assert_eq!(taken(&log), [(0, 36..48), (0, 48..72)]);
    assert_eq!(checkpoint.read_rows("w", 8..9).unwrap().as_bytes(), &bytes()[96..108]);
    assert_eq!(taken(&log), [(0, 96..108)]);

    // The slices are separate columns, and the rows of each are contiguous.
    let bundle = Bundle::new().partition("w", DType::Float32, &SHAPE, (1, &[1, 2]), &bytes());
    let (checkpoint, log) = Mapped::opened(bundle);
    assert_eq!(checkpoint.read_rows("w", 3..6).unwrap().as_bytes(), &bytes()[36..72]);
    assert_eq!(taken(&log), [(0, 12..24), (0, 40 + 24..40 + 48)]);
}

#[test]
fn rows_are_verified_where_they_are_all_that_a_checksum_covers() {
    let bundle = || Bundle::new().partition("w", DType::Float32, &SHAPE, (0, &[4, 3, 3]), &bytes());
    let says = |at: usize, rows: Range<u64>| {
        let (mut mapped, _) = Mapped::new(bundle());
        mapped.files[0].bytes[at] ^= 1;
        let checkpoint = Checkpoint::from_source("mapped", mapped);
        checkpoint.read("w").unwrap_err();
        checkpoint.read_rows("w", rows).map_err(|error| error.to_string())
    };
    // The damage is in the rows 4..7, which are a slice.
    assert!(says(50, 3..7).unwrap_err().contains("the checksum of its 36 bytes at byte 48"));
    assert!(says(50, 4..7).unwrap_err().contains("the checksum of its 36 bytes at byte 48"));
    // Only a part of the slice is read, so its checksum is not verified.
    assert_ne!(says(50, 4..6).unwrap().as_bytes(), &bytes()[48..72]);
    assert_eq!(says(50, 5..7).unwrap().as_bytes(), &bytes()[60..84]);
    // The damage is in other rows.
    assert_eq!(says(50, 7..10).unwrap().as_bytes(), &bytes()[84..120]);
}

#[test]
fn a_buffer_is_filled_straight_from_the_file_and_verified() {
    let bundle = || Bundle::new().f32("w", &[3], &[1.0, 2.0, 3.0]);
    let (checkpoint, log) = Mapped::opened(bundle());
    let mut into = [0.0_f32; 3];
    checkpoint.read_into("w", &mut into).unwrap();
    assert_eq!((into, taken(&log)), ([1.0, 2.0, 3.0], vec![(0, 0..12)]));
    let (mut mapped, _) = Mapped::new(bundle());
    mapped.files[0].bytes[0] ^= 1;
    let error = Checkpoint::from_source("mapped", mapped).read_into("w", &mut into).unwrap_err();
    assert!(matches!(error.kind, ReadErrorKind::Checksum { .. }), "{error}");
}

#[test]
fn all_tensors_come_in_the_order_of_the_files_each_when_it_is_asked_for() {
    let bundle = Bundle::new().f32("c", &[1], &[1.0]).f32("a", &[1], &[2.0]);
    let bundle = bundle.partition("d", DType::UInt8, &[2], (0, &[1, 1]), &[3, 4]);
    let bundle = bundle.in_shard(1).f32("b", &[1], &[5.0]);
    let (checkpoint, log) = Mapped::opened(bundle);
    let mut tensors =
        checkpoint.tensors().map(|(name, tensor)| (name.to_string(), tensor.unwrap()));
    assert_eq!(taken(&log), []);
    assert_eq!(tensors.next().unwrap().0, "c");
    assert_eq!(taken(&log), [(0, 0..4)]);
    let names: Vec<_> = tensors.map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "d", "b"]);
    assert_eq!(taken(&log), [(0, 4..8), (0, 8..9), (0, 9..10), (1, 0..4)]);
}

#[test]
fn several_are_read_in_the_order_of_the_files() {
    let gap = [0; 5000];
    let bundle = Bundle::new().f32("c", &[1], &[1.0]).gap(gap).f32("a", &[1], &[2.0]);
    let (checkpoint, log) = Mapped::opened(bundle.gap(gap).f32("b", &[1], &[3.0]));
    let read = checkpoint.read_many(["a", "b", "c:0"]).unwrap();
    let values = read.into_iter().map(|tensor| tensor.into_array::<f32>().unwrap()[0]);
    assert_eq!(values.collect::<Vec<_>>(), [2.0, 3.0, 1.0]);
    let mut read = taken(&log);
    // Threads start reads in order, but may finish in another order.
    read.sort_by_key(|(_, bytes)| bytes.start);
    assert_eq!(read, [(0, 0..4), (0, 5004..5008), (0, 10_008..10_012)]);
}

#[test]
fn several_small_ones_that_are_near_are_read_at_once() {
    let bundle = Bundle::new().f32("c", &[1], &[1.0]).gap([0; 50]).f32("a", &[2], &[2.0, 3.0]);
    let (checkpoint, log) = Mapped::opened(bundle);
    let read = checkpoint.read_many(["a", "c"]).unwrap();
    let values = read.into_iter().map(|tensor| tensor.into_array::<f32>().unwrap().sum());
    assert_eq!(values.collect::<Vec<_>>(), [5.0, 1.0]);
    assert_eq!(taken(&log), [(0, 0..62)]);
}

/// A source that returns a given result, independent of its catalog.
#[derive(Debug)]
struct Gives {
    catalog: Catalog,
    tensor: Result<Tensor, SourceError>,
}

impl Gives {
    /// Its catalog has `w`, `f32 [2]`.
    fn new(tensor: Result<Tensor, SourceError>) -> Self {
        let variable = Variable {
            name: Name::from("w"),
            dtype: DType::Float32,
            shape: Shape::new([2]).unwrap(),
            place: Place::Opaque,
        };
        Self { catalog: Catalog::new(vec![variable], 0), tensor }
    }
}

impl Source for Gives {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn tensor(&self, _: &Variable) -> Result<Tensor, SourceError> {
        self.tensor.clone()
    }
}

fn error(tensor: Result<Tensor, SourceError>) -> checkpoint_core::ReadError {
    Checkpoint::from_source("gives", Gives::new(tensor)).read("w").unwrap_err()
}

#[derive(Debug)]
struct Gone;

impl std::error::Error for Gone {}

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the session is gone; start another")
    }
}

#[test]
fn an_error_of_another_crate_is_shown_and_can_be_had_back() {
    let error = error(Err(SourceError::other(Gone)));
    expect!["cannot read `w`: the session is gone; start another"].assert_eq(&error.to_string());
    let ReadErrorKind::Source(SourceError::Other(other)) = error.kind else { panic!("{error}") };
    assert!(other.is::<Gone>());
    let sentence = SourceError::other("the tensor is on a device; copy it first");
    expect!["the tensor is on a device; copy it first"].assert_eq(&sentence.to_string());
}

#[test]
fn an_error_of_a_data_file_of_another_crate_is_shown() {
    let error = io::Error::other("the server is gone");
    let error = SourceError::Read { path: "far".into(), offset: 7, source: Arc::new(error) };
    expect!["cannot read byte 7 of the data file `far`: the server is gone"]
        .assert_eq(&error.to_string());
}

#[test]
fn a_source_that_gives_something_else_than_it_says_is_found_out() {
    let expected = "cannot read `w`: it gives another dtype or shape than its catalog has; this is a bug in the implementation of `Source`, report it to its author";
    let dtype = Tensor::from_array(arr1(&[1.0_f64, 2.0])).unwrap();
    assert_eq!(error(Ok(dtype)).to_string(), expected);
    let shape = Tensor::from_array(arr1(&[1.0_f32])).unwrap();
    assert_eq!(error(Ok(shape)).to_string(), expected);
}

#[test]
fn of_two_tensors_of_one_name_in_memory_the_last_is_kept() {
    let tensor = |value: f32| Tensor::from_array(arr1(&[value])).unwrap();
    let memory = Memory::new([("w", tensor(1.0)), ("b", tensor(2.0)), ("w", tensor(3.0))]);
    let checkpoint = Checkpoint::from_source("memory", memory);
    let names: Vec<_> = checkpoint.variables().iter().map(|v| v.name.to_string()).collect();
    assert_eq!(names, ["b", "w"]);
    assert_eq!(checkpoint.read("w").unwrap(), tensor(3.0));
}
