//! The conformance tests of sources.
//!
//! A test of a source calls [`check`] with a function that makes a checkpoint of given tensors. [`bundle`] and [`data`] help if
//! the tensors are written to files first.

mod tensors;

use std::path::Path;

use checkpoint_core::{
    Checkpoint, DType, FromCheckpoint, LoadOptions, Name, ReadErrorKind, Tensor, TensorError,
    Variable,
};
use ndarray::{Array1, Array2, Array3};

pub use self::tensors::{bundle, data};

/// A tensor and the name of its variable.
pub type Named = (Name, Tensor);

/// Checks that a source conforms.
///
/// `make` makes a checkpoint of these tensors and nothing else. It may write into the folder, which is empty and lives as long as
/// the checkpoint. The tensors have dtypes for which `holds` is true; these must include `float32`, `int64` and `bool`.
///
/// # Panics
/// If the source does not conform.
pub fn check(holds: impl Fn(DType) -> bool, make: impl Fn(&Path, &[Named]) -> Checkpoint) {
    let folder = tempfile::tempdir().expect("a folder");
    let given = tensors::of_all_dtypes(holds);
    let checkpoint = make(folder.path(), &given);
    variables_are_listed_in_the_order_of_their_names(&checkpoint, &given);
    variables_are_found_by_their_names_or_those_of_tensors(&checkpoint, &given);
    names_that_are_not_there_are_errors(&checkpoint);
    every_tensor_is_what_was_given(&checkpoint, &given);
    pieces_are_what_is_read_at_once(&checkpoint, &given);
    several_are_in_the_order_asked_for(&checkpoint, &given);
    all_come_one_after_another(&checkpoint, &given);
    rows_are_those_of_the_whole(&checkpoint, &given);
    rows_that_are_not_there_are_errors(&checkpoint);
    arrays_have_the_type_that_is_stored(&checkpoint, &given);
    memory_of_the_right_length_is_filled(&checkpoint, &given);
    let folder = tempfile::tempdir().expect("a folder");
    structs_are_loaded_on_any_number_of_threads(|given| make(folder.path(), given));
}

fn named<'g>(given: &'g [Named], name: &str) -> &'g Tensor {
    let named = given.iter().find(|(other, _)| other.as_bytes() == name.as_bytes());
    &named.expect("a tensor that is given").1
}

fn kind<T>(result: Result<T, checkpoint_core::ReadError>) -> ReadErrorKind {
    result.err().expect("an error").kind
}

fn variables_are_listed_in_the_order_of_their_names(checkpoint: &Checkpoint, given: &[Named]) {
    let mut expected: Vec<_> = given.iter().map(|(name, tensor)| (name, tensor.spec())).collect();
    expected.sort_by_key(|(name, _)| name.as_bytes());
    let listed = checkpoint.variables();
    assert_eq!(listed.len(), expected.len());
    for (variable, (name, spec)) in listed.iter().zip(expected) {
        assert_eq!((&variable.name, &variable.spec()), (name, spec));
    }
}

fn variables_are_found_by_their_names_or_those_of_tensors(
    checkpoint: &Checkpoint,
    given: &[Named],
) {
    for (name, tensor) in given {
        assert_eq!(checkpoint.get(name).map(|variable| &variable.name), Some(name));
        let spec = checkpoint.get(name).map(Variable::spec);
        assert_eq!(spec.as_ref(), Some(tensor.spec()));
    }
    let name = |asked: &str| checkpoint.get(asked).map(|variable| variable.name.to_string());
    assert_eq!(name("names/a:0").as_deref(), Some("names/a"));
    // The slice is a variable of its own.
    assert_eq!(name("names/b:0").as_deref(), Some("names/b:0"));
    assert_eq!(name("names/b:0:0").as_deref(), Some("names/b:0"));
    assert_eq!(name("names/a:1"), None);
    assert_eq!(checkpoint.read("names/a:0").ok().as_ref(), Some(named(given, "names/a")));
}

fn names_that_are_not_there_are_errors(checkpoint: &Checkpoint) {
    assert_eq!(checkpoint.get("float32/matrx"), None);
    let near = |kind: ReadErrorKind| match kind {
        ReadErrorKind::Missing { nearest } => nearest.first().map(Name::to_string),
        other => panic!("not missing, but: {other}"),
    };
    let (missing, expected) = ("float32/matrx", Some("float32/matrix".to_owned()));
    assert_eq!(near(kind(checkpoint.read(missing))), expected);
    assert_eq!(near(kind(checkpoint.read_array::<f32>(missing))), expected);
    assert_eq!(near(kind(checkpoint.read_into(missing, &mut [0.0_f32]))), expected);
    assert_eq!(near(kind(checkpoint.read_rows(missing, 0..1))), expected);
    assert_eq!(near(kind(checkpoint.read_pieces(missing, |_| ()))), expected);
    assert_eq!(near(kind(checkpoint.read_many(["float32/matrix", missing]))), expected);
    assert_eq!(near(kind(checkpoint.read("nothing like it"))), None);
    let error = checkpoint.read(missing).expect_err("nothing is there").to_string();
    let start = "cannot read `float32/matrx`: the checkpoint has no such variable; did you mean `float32/matrix`";
    assert!(error.starts_with(start), "{error}");
}

fn every_tensor_is_what_was_given(checkpoint: &Checkpoint, given: &[Named]) {
    for (name, tensor) in given {
        match checkpoint.read(name) {
            Ok(read) => assert!(read == *tensor, "`{name}` is {read:?}, not {tensor:?}"),
            Err(error) => panic!("{error}"),
        }
    }
}

fn pieces_are_what_is_read_at_once(checkpoint: &Checkpoint, given: &[Named]) {
    for (name, tensor) in given {
        let mut bytes = Vec::new();
        let result = checkpoint.read_pieces(name, |piece| bytes.extend_from_slice(piece));
        result.unwrap_or_else(|error| panic!("{error}"));
        assert!(bytes == tensor.as_bytes(), "`{name}` in pieces");
    }
}

fn several_are_in_the_order_asked_for(checkpoint: &Checkpoint, given: &[Named]) {
    let names = given.iter().rev().map(|(name, _)| name);
    let read = checkpoint.read_many(names).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.len(), given.len());
    for (tensor, (name, expected)) in read.iter().zip(given.iter().rev()) {
        assert!(tensor == expected, "`{name}` among several");
    }
    let twice = checkpoint.read_many(["names/a", "names/a:0"]);
    let expected = [named(given, "names/a"); 2];
    assert!(twice.is_ok_and(|twice| twice.iter().eq(expected)));
    assert_eq!(checkpoint.read_many([""; 0]).map(|none| none.len()).ok(), Some(0));
}

fn all_come_one_after_another(checkpoint: &Checkpoint, given: &[Named]) {
    let mut names = Vec::new();
    for (name, tensor) in checkpoint.tensors() {
        let expected = named(given, name.as_str().expect("UTF-8 was given"));
        assert!(tensor.is_ok_and(|tensor| tensor == *expected), "`{name}` among all");
        names.push(name);
    }
    names.sort();
    let listed = checkpoint.variables().iter().map(|variable| &variable.name);
    assert!(names.into_iter().eq(listed), "each variable comes once");
}

fn rows_are_those_of_the_whole(checkpoint: &Checkpoint, given: &[Named]) {
    for (name, tensor) in given {
        let Some(&count) = tensor.shape().dims().first() else { continue };
        let (half, third) = (count / 2, count / 3);
        for rows in [0..count, 0..0, count..count, 0..half, half..count, third..count - third] {
            let expected = tensors::rows(tensor, &rows);
            match checkpoint.read_rows(name, rows.clone()) {
                Ok(read) => assert!(read == expected, "rows {rows:?} of `{name}`"),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

fn rows_that_are_not_there_are_errors(checkpoint: &Checkpoint) {
    let scalar = kind(checkpoint.read_rows("float32/scalar", 0..1));
    assert!(matches!(scalar, ReadErrorKind::Scalar), "{scalar}");
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    for rows in [6..8, 8..8, 3..2, 0..u64::MAX] {
        let error = kind(checkpoint.read_rows("float32/matrix", rows.clone()));
        assert!(matches!(&error, ReadErrorKind::Rows { rows: asked, .. } if *asked == rows));
        let expected = format!(
            "it is f32 [7, 5], which does not have the rows {rows:?}; ask for rows within 0..7"
        );
        assert_eq!(error.to_string(), expected);
    }
}

fn arrays_have_the_type_that_is_stored(checkpoint: &Checkpoint, given: &[Named]) {
    let matrix = checkpoint.read_array::<f32>("float32/matrix").expect("an array of `f32`");
    assert_eq!(matrix.shape(), [7, 5]);
    assert!(Tensor::from_array(matrix).ok().as_ref() == Some(named(given, "float32/matrix")));
    let six = checkpoint.read_array::<bool>("bool/rank 6").expect("an array of `bool`");
    assert!(Tensor::from_array(six).ok().as_ref() == Some(named(given, "bool/rank 6")));
    let scalar = checkpoint.read_array::<i64>("int64/scalar").expect("an array of `i64`");
    assert_eq!(scalar.ndim(), 0);
    let others = [
        ("float32/matrix", DType::Float32, DType::Float64),
        ("int64/none", DType::Int64, DType::Float64),
        ("string/matrix", DType::String, DType::Float64),
    ];
    let is_given = |name: &str| checkpoint.get(name).is_some();
    for (name, found, wanted) in others.into_iter().filter(|other| is_given(other.0)) {
        let error = kind(checkpoint.read_array::<f64>(name));
        let ReadErrorKind::Tensor(TensorError::DType { found: is, wanted: asked }) = error else {
            panic!("`{name}`: {error}")
        };
        assert_eq!((is, asked), (found, wanted));
    }
}

fn memory_of_the_right_length_is_filled(checkpoint: &Checkpoint, given: &[Named]) {
    let mut numbers = [0.0_f32; 35];
    checkpoint.read_into("float32/matrix", &mut numbers).expect("35 numbers");
    let expected = named(given, "float32/matrix").as_bytes();
    assert!(numbers.iter().flat_map(|number| number.to_ne_bytes()).eq(expected.iter().copied()));
    let mut flags = [false; 35];
    checkpoint.read_into("bool/matrix", &mut flags).expect("35 flags");
    let expected = named(given, "bool/matrix").as_bytes();
    assert!(flags.iter().map(|&flag| u8::from(flag)).eq(expected.iter().copied()));
    checkpoint.read_into("int64/none", &mut [0_i64; 0]).expect("nothing");
    for room in [0, 34, 36] {
        let error = kind(checkpoint.read_into("float32/matrix", &mut vec![0.0_f32; room]));
        let expected = format!(
            "it has 35 elements, but the buffer has room for {room}; give one of exactly 35"
        );
        assert_eq!(error.to_string(), expected);
    }
    let error = kind(checkpoint.read_into("float32/matrix", &mut [0_i32; 35]));
    assert!(matches!(error, ReadErrorKind::Tensor(TensorError::DType { .. })), "{error}");
}

#[derive(FromCheckpoint, Debug, PartialEq)]
#[ckpt(prefix = "model")]
struct Model {
    step: i64,
    /// Larger than one read of a thread.
    large: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Block {
    #[ckpt(squeeze)]
    w: Array2<f32>,
    mask: Array1<bool>,
    bias: Option<Array1<f32>>,
}

fn structs_are_loaded_on_any_number_of_threads(make: impl Fn(&[Named]) -> Checkpoint) {
    let number = |at: usize| f32::from(u16::try_from(at % 65_521).unwrap_or_default());
    let block = |block: usize| Block {
        w: Array2::from_shape_fn((4, 3), |(row, column)| number(block * 100 + row * 10 + column)),
        mask: Array1::from_shape_fn(5, |at| at % 2 == block),
        bias: (block == 1).then(|| Array1::from(vec![0.5, -0.5])),
    };
    let large = Array2::from_shape_fn((1030, 1031), |(row, column)| number(row * 7919 + column));
    let model = Model { step: -7, large, blocks: vec![block(0), block(1)] };
    let checkpoint = make(&tensors_of(&model));
    for threads in [1, 4] {
        let options = LoadOptions::new().threads(threads);
        let (loaded, report) =
            Model::load_with(&checkpoint, options).unwrap_or_else(|error| panic!("{error}"));
        assert!(loaded == model, "{threads} threads");
        assert_eq!((report.variables, report.absent), (7, vec!["Model.blocks[0].bias".to_owned()]));
    }
}

fn tensors_of(model: &Model) -> Vec<Named> {
    let tensor = |tensor: Result<Tensor, TensorError>| tensor.expect("a tensor");
    let mut tensors = vec![
        ("model/step".to_owned(), tensor(Tensor::from_array(ndarray::arr0(model.step)))),
        ("model/large".to_owned(), tensor(Tensor::from_array(model.large.clone()))),
    ];
    for (number, block) in model.blocks.iter().enumerate() {
        let name = |name: &str| format!("model/h{number}/{name}");
        let w: Array3<f32> = block.w.clone().insert_axis(ndarray::Axis(0));
        tensors.push((name("w"), tensor(Tensor::from_array(w))));
        tensors.push((name("mask"), tensor(Tensor::from_array(block.mask.clone()))));
        let bias = block.bias.clone().map(|bias| (name("bias"), tensor(Tensor::from_array(bias))));
        tensors.extend(bias);
    }
    tensors.into_iter().map(|(name, tensor)| (Name::from(name), tensor)).collect()
}
