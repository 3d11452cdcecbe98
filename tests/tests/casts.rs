//! Casts: variables of another dtype than the field.

#![expect(clippy::float_cmp, reason = "what a conversion makes of a number is exactly one other")]

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadError, LoadOptions, Memory, Owned, Tensor};
use checkpoint_tests::writer::Bundle;
use expect_test::{Expect, expect};
use half::{bf16, f16};
use ndarray::{Array1, Array2, ArrayD, Dimension, arr0, array};

/// Returns a tensor with the elements of an array.
fn tensor<T: checkpoint_core::Element, D: Dimension>(array: ndarray::Array<T, D>) -> Tensor {
    Tensor::from_array(array).unwrap()
}

fn load<T: for<'c> FromCheckpoint<'c> + Owned, const N: usize>(
    tensors: [(&str, Tensor); N],
) -> Result<T, LoadError> {
    let checkpoint = Checkpoint::from_source("memory", Memory::new(tensors));
    T::load_with(&checkpoint, LoadOptions::new()).map(|(value, _)| value)
}

fn refused<T: for<'c> FromCheckpoint<'c> + Owned, const N: usize>(
    tensors: [(&str, Tensor); N],
    expected: Expect,
) {
    let said = match load::<T, N>(tensors) {
        Ok(_) => "it loads".to_owned(),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&said);
}

#[test]
fn wider_floats_have_the_numbers_of_narrower_ones() {
    #[derive(FromCheckpoint)]
    struct Model {
        #[ckpt(cast)]
        brain: Array1<f32>,
        #[ckpt(cast = "lossless", transpose)]
        half: Array2<f64>,
        #[ckpt(cast)]
        single: f64,
    }

    let numbers = [0.0, -1.0, 0.333_984_38, f32::INFINITY, 1.175_494_4e-38];
    let halves: [f32; 6] = [0.5, -0.0, 65504.0, 5.960_464_5e-8, 1.0, 2.0];
    let model: Model = load([
        ("brain", tensor(Array1::from_iter(numbers.map(bf16::from_f32)))),
        (
            "half",
            tensor(Array2::from_shape_fn((2, 3), |(row, column)| {
                f16::from_f32(halves[3 * row + column])
            })),
        ),
        ("single", tensor(arr0(0.1_f32))),
    ])
    .unwrap();
    assert_eq!(model.brain.to_vec(), numbers);
    let transposed = [0, 3, 1, 4, 2, 5].map(|at| f64::from(halves[at]));
    assert_eq!(model.half.as_standard_layout().iter().copied().collect::<Vec<_>>(), transposed);
    assert_eq!(model.single, f64::from(0.1_f32));
}

#[test]
fn any_numbers_are_rounded_to_the_nearest() {
    #[derive(FromCheckpoint)]
    #[ckpt(cast = "any")]
    struct Model {
        single: Array1<f32>,
        brain: Array1<bf16>,
        step: i32,
        mask: Array1<f32>,
    }

    let doubles = [0.1, 1e300, -1e-300, 16_777_217.0];
    let model: Model = load([
        ("single", tensor(Array1::from_iter(doubles))),
        ("brain", tensor(array![1.0_f32, 1.003_906_2, 1.011_718_8])),
        ("step", tensor(arr0(-7.0_f64))),
        ("mask", tensor(array![true, false])),
    ])
    .unwrap();
    assert_eq!(model.single.to_vec(), [0.1, f32::INFINITY, -0.0, 16_777_216.0]);
    assert_eq!(model.brain.mapv(f32::from).to_vec(), [1.0, 1.0, 1.015_625]);
    assert_eq!((model.step, model.mask.to_vec()), (-7, vec![1.0, 0.0]));
}

#[test]
fn variables_of_several_dtypes_become_one_array() {
    #[derive(FromCheckpoint)]
    struct Model {
        #[ckpt(cast, concat(axis = 0, paths = ["a", "b", "c"]))]
        all: Array1<f64>,
    }

    let model: Model = load([
        ("a", tensor(array![1_i32, -2])),
        ("b", tensor(array![0.5_f32])),
        ("c", tensor(array![0.25_f64, 3.0])),
    ])
    .unwrap();
    assert_eq!(model.all.to_vec(), [1.0, -2.0, 0.5, 0.25, 3.0]);
}

#[test]
fn a_cast_of_the_struct_holds_within_and_a_field_says_otherwise() {
    #[derive(FromCheckpoint)]
    #[ckpt(cast = "any")]
    struct Model {
        norm: Norm,
        strict: Strict,
        #[ckpt(cast = "never")]
        step: i64,
    }

    #[derive(FromCheckpoint)]
    struct Norm {
        g: f32,
    }

    #[derive(FromCheckpoint)]
    #[ckpt(cast = "lossless")]
    struct Strict {
        g: f32,
    }

    let whole = |g: f64, strict: f32, step: i64| {
        [
            ("norm/g", tensor(arr0(g))),
            ("strict/g", tensor(arr0(f16::from_f32(strict)))),
            ("step", tensor(arr0(step))),
        ]
    };
    let model: Model = load(whole(0.5, 2.0, 7)).unwrap();
    assert_eq!((model.norm.g, model.strict.g, model.step), (0.5, 2.0, 7));
    refused::<Model, 3>(
        [
            ("norm/g", tensor(arr0(0.5_f64))),
            ("strict/g", tensor(arr0(0.5_f64))),
            ("step", tensor(arr0(7_i32))),
        ],
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 2 problems
            - field `Model.strict.g`: `strict/g` is f64 [], but the field is f32; change the field to f64, or write `cast = "any"`
            - field `Model.step`: `step` is i32 [], but the field is i64; change the field to i32, or write `cast`"#]],
    );
}

#[test]
fn without_cast_the_error_says_which_one_to_write() {
    #[derive(FromCheckpoint)]
    struct Model {
        _wide: f64,
        _narrow: f32,
        _string: f32,
    }

    refused::<Model, 3>(
        [
            ("_wide", tensor(arr0(0.5_f32))),
            ("_narrow", tensor(arr0(0.5_f64))),
            ("_string", Tensor::from_strings([], ["0.5"]).unwrap()),
        ],
        expect![[r#"
            `Model` does not fit the checkpoint `memory`: 3 problems
            - field `Model._wide`: `_wide` is f32 [], but the field is f64; change the field to f32, or write `cast`
            - field `Model._narrow`: `_narrow` is f64 [], but the field is f32; change the field to f64, or write `cast = "any"`
            - field `Model._string`: `_string` is string [], but the field is f32; change the field to string"#]],
    );
}

#[test]
fn a_number_that_the_field_does_not_hold_is_told_with_its_place() {
    #[derive(FromCheckpoint)]
    struct Model {
        #[ckpt(cast = "any", transpose)]
        counts: Array2<i32>,
    }

    refused::<Model, 1>(
        [("counts", tensor(array![[1_i64, 2, 3], [4, 1 << 31, 6]]))],
        expect![
            "field `Model.counts`: cannot read `counts`: its element [1, 1] is 2147483648, which i32 cannot represent; change the type of the field"
        ],
    );
    refused::<Model, 1>(
        [("counts", tensor(array![[1.0_f32, 2.0], [0.5, 4.0]]))],
        expect![
            "field `Model.counts`: cannot read `counts`: its element [1, 0] is 0.5, which i32 cannot represent; change the type of the field"
        ],
    );
    refused::<Model, 1>(
        [("counts", tensor(array![[f64::NAN]]))],
        expect![
            "field `Model.counts`: cannot read `counts`: its element [0, 0] is NaN, which i32 cannot represent; change the type of the field"
        ],
    );
    let counts: Result<Model, _> = load([("counts", tensor(array![[u64::from(u32::MAX) / 2]]))]);
    assert_eq!(counts.unwrap().counts, array![[i32::MAX]]);
}

/// Damage can change an element to any number. The error must be the damage, not the number.
#[test]
fn a_number_that_the_field_does_not_hold_does_not_hide_damage() {
    #[derive(FromCheckpoint, Debug)]
    struct Model {
        #[ckpt(cast = "any")]
        _counts: Array1<i32>,
    }

    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    // Several threads read it, and the numbers that do not fit are far from the damage.
    let elements = 3 << 19;
    let mut counts = vec![0_i64; elements];
    counts[0] = i64::MAX;
    let shape = [u64::try_from(elements).unwrap()];
    let data = checkpoint_tests::writer::Data::numbers(&counts, i64::to_le_bytes);
    let dtype = checkpoint_core::DType::Int64;
    Bundle::new().tensor("_counts", dtype, &shape, data).write(&prefix).unwrap();
    let said = |options: LoadOptions<'_>| {
        let error = Model::load_with(&Checkpoint::open(&prefix).unwrap(), options).unwrap_err();
        error.to_string().replace(&folder.path().display().to_string(), "")
    };
    let held = "field `Model._counts`: cannot read `_counts`: its element [0] is 9223372036854775807, which i32 cannot represent; change the type of the field";
    assert_eq!(said(LoadOptions::new()), held);

    let path = folder.path().join("model.ckpt.data-00000-of-00001");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8 * elements - 3] = 1;
    std::fs::write(&path, bytes).unwrap();
    for threads in [1, 2] {
        let said = said(LoadOptions::new().threads(threads));
        assert!(said.contains("the checksum of its 12582912 bytes at byte 0"), "{said}");
    }
    assert_eq!(said(LoadOptions::new().verify(false)), held);
}

#[test]
fn what_is_only_stored_is_a_tensor_of_its_dtype() {
    #[derive(FromCheckpoint)]
    struct Model {
        #[ckpt(cast = "any")]
        weights: Tensor,
        counts: ArrayD<i64>,
    }

    let weights = tensor(array![bf16::from_f32(0.5)]);
    let model: Model =
        load([("weights", weights.clone()), ("counts", tensor(arr0(3_i64)))]).unwrap();
    assert_eq!((model.weights, model.counts), (weights, arr0(3).into_dyn()));
}
