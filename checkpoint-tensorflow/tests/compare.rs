//! What a comparison says, which needs no library: any two checkpoints can be compared.

use checkpoint_core::{Checkpoint, Memory, Name, Tensor};
use checkpoint_tensorflow::{Compared, compare};
use expect_test::{Expect, expect};
use ndarray::array;

fn checkpoint(name: &str, tensor: Tensor) -> Checkpoint {
    Checkpoint::from_source("a test", Memory::new([(name, tensor)]))
}

#[track_caller]
fn differ(native: &Checkpoint, tensorflow: &Checkpoint, expected: &Expect) {
    let difference = compare(native, tensorflow, &Name::from("w")).unwrap_err();
    expected.assert_eq(&difference.to_string());
}

#[test]
fn a_nan_is_the_same_as_itself_and_minus_zero_differs_from_zero() {
    let floats = |values| checkpoint("w", Tensor::from_array(values).unwrap());
    let ours = floats(array![f32::NAN, 0.0, 1.0, 2.0]);
    assert_eq!(compare(&ours, &ours, &Name::from("w")).unwrap(), Compared::Same);
    differ(
        &ours,
        &floats(array![f32::NAN, -0.0, 1.0, 3.0]),
        &expect![
            "`w`: 2 of 4 elements differ, the first at 1, where TensorFlow reads [00, 00, 00, 80] and we [00, 00, 00, 00]; open an issue with the checkpoint"
        ],
    );
}

#[test]
fn strings_are_compared_one_by_one() {
    let strings = |values: [&str; 3]| checkpoint("w", Tensor::from_strings([3], values).unwrap());
    differ(
        &strings(["a", "b", "c"]),
        &strings(["a", "", "c"]),
        &expect![
            "`w`: 1 of 3 elements differ, the first at 1, where TensorFlow reads [] and we [62]; open an issue with the checkpoint"
        ],
    );
    let long = "x".repeat(20);
    differ(
        &strings(["a", &long, ""]),
        &strings(["a", "b", ""]),
        &expect![
            "`w`: 1 of 3 elements differ, the first at 1, where TensorFlow reads [62] and we [78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78, 78] and 4 more bytes; open an issue with the checkpoint"
        ],
    );
    differ(
        &strings(["a", "bc", ""]),
        &strings(["a", "b", "c"]),
        &expect![
            "`w`: 2 of 3 elements differ, the first at 1, where TensorFlow reads [62] and we [62, 63]; open an issue with the checkpoint"
        ],
    );
}

#[test]
fn names_dtypes_and_shapes_that_only_one_has_are_differences() {
    let ours = checkpoint("w", Tensor::from_array(array![1_i64, 2]).unwrap());
    let theirs = checkpoint("w", Tensor::from_array(array![1_i64]).unwrap());
    let other = checkpoint("v", Tensor::from_array(array![1_i64]).unwrap());
    differ(
        &ours,
        &theirs,
        &expect![
            "`w`: TensorFlow lists i64 [1], but we i64 [2]; open an issue with the checkpoint"
        ],
    );
    differ(
        &ours,
        &other,
        &expect![
            "`w`: we list i64 [2], but TensorFlow does not; open an issue with the checkpoint"
        ],
    );
    differ(
        &other,
        &ours,
        &expect!["`w`: TensorFlow lists i64 [2], but we do not; open an issue with the checkpoint"],
    );
    differ(
        &other,
        &other,
        &expect!["cannot read `w`: the checkpoint has no such variable; did you mean `v`?"],
    );
}

#[test]
fn of_dtypes_that_are_not_read_only_the_listing_is_compared() {
    use checkpoint_core::DType;
    let ints =
        |values: &[u8]| checkpoint("w", Tensor::from_bytes(DType::Int4, [2], values).unwrap());
    let compared = compare(&ints(&[1, 2]), &ints(&[3, 4]), &Name::from("w"));
    assert_eq!(compared.unwrap(), Compared::Listed(DType::Int4));
}
