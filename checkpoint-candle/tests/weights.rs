//! `Weights`, and the `VarBuilder`s over them.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::var_builder::Shard;
use checkpoint_candle::{Weights, tensor, var_builder};
use checkpoint_core::{Checkpoint, Memory};
use expect_test::{Expect, expect};
use half::bf16;
use ndarray::{Array2, arr0, array};

fn matrix() -> Array2<f32> {
    Array2::from_shape_fn((4, 6), |(row, column)| {
        f32::from(u8::try_from(10 * row + column).unwrap())
    })
}

fn of(tensors: impl IntoIterator<Item = (&'static str, checkpoint_core::Tensor)>) -> Checkpoint {
    Checkpoint::from_source("a test", Memory::new(tensors))
}

fn checkpoint() -> Checkpoint {
    let bytes = [0x80, 0x3f, 0x00, 0x40];
    of([
        ("layer.weight", checkpoint_core::Tensor::from_array(matrix()).unwrap()),
        ("layer.bias", checkpoint_core::Tensor::from_array(array![1_f64, 2.0]).unwrap()),
        (
            "halves",
            checkpoint_core::Tensor::from_bytes(checkpoint_core::DType::BFloat16, [2], &bytes)
                .unwrap(),
        ),
        ("names", checkpoint_core::Tensor::from_strings([1], ["a"]).unwrap()),
        ("step", checkpoint_core::Tensor::from_array(arr0(3_i64)).unwrap()),
    ])
}

fn refused<T>(result: Result<T>, expected: Expect) {
    // A backtrace follows if the environment asks for one.
    let error = result.err().map(|error| error.to_string()).unwrap_or_default();
    expected.assert_eq(error.lines().next().unwrap_or_default());
}

#[test]
fn tensors_are_of_the_dtype_of_the_builder() -> Result<()> {
    let checkpoint = checkpoint();
    let vb = var_builder(&checkpoint, DType::F32, &Device::Cpu);
    let bias = vb.pp("layer").get(2, "bias")?;
    assert_eq!((bias.dtype(), bias.to_vec1::<f32>()?), (DType::F32, vec![1.0, 2.0]));
    let halves = vb.get_unchecked_dtype("halves", DType::BF16)?;
    assert_eq!(halves.to_vec1::<bf16>()?, [1.0, 2.0].map(bf16::from_f32));
    assert!(vb.contains_tensor("step") && !vb.contains_tensor("layer"));
    Ok(())
}

#[test]
fn what_is_wrong_is_said_with_the_name() {
    let checkpoint = checkpoint();
    let vb = var_builder(&checkpoint, DType::F32, &Device::Cpu);
    refused(
        vb.pp("layer").get((4, 6), "wieght"),
        expect![[
            r#"cannot read `layer.wieght`: the checkpoint has no such variable; did you mean `layer.weight`?"#
        ]],
    );
    refused(
        vb.pp("layer").get((6, 4), "weight"),
        expect!["shape mismatch for `layer.weight`, expected: [6, 4], got: [4, 6]"],
    );
    refused(
        vb.get_unchecked("names"),
        expect![[
            r#"cannot read `names`: candle has no dtype for string [1]; leave it out, or load it as an array of `ndarray`"#
        ]],
    );
}

#[test]
fn what_no_layer_took_is_told() -> Result<()> {
    let checkpoint = checkpoint();
    let weights = Weights::new(&checkpoint);
    let names = || weights.unused().iter().map(|of| of.name.to_string()).collect::<Vec<_>>();
    let vb = weights.var_builder(DType::F32, &Device::Cpu);
    assert_eq!(names().len(), 5);
    vb.get((4, 6), "layer.weight")?;
    weights.sharded_var_builder(DType::F32, &Device::Cpu).get((), "step")?;
    assert_eq!(names(), ["halves", "layer.bias", "names"]);
    Ok(())
}

#[test]
fn ranks_read_their_parts() -> Result<()> {
    let checkpoint = checkpoint();
    let vb = Weights::new(&checkpoint).sharded_var_builder(DType::F32, &Device::Cpu);
    let part = |dim, rank, world_size| {
        vb.get_with_hints((4, 6), "layer.weight", Shard { dim, rank, world_size })
    };
    let whole = tensor(checkpoint.read("layer.weight").unwrap(), &Device::Cpu)?;
    let same = |part: Tensor, expected: Tensor| -> Result<()> {
        assert_eq!(part.to_vec2::<f32>()?, expected.to_vec2::<f32>()?);
        Ok(())
    };
    same(part(0, 0, 1)?, whole.clone())?;
    same(part(0, 1, 2)?, whole.narrow(0, 2, 2)?)?;
    same(part(1, 2, 3)?, whole.narrow(1, 4, 2)?)?;
    refused(
        part(1, 0, 4),
        expect!["Cannot divide tensor of shape [4, 6] equally along dim 1 into 4"],
    );
    refused(part(2, 0, 2), expect!["`layer.weight` has no axis 2; it is f32 [4, 6]"]);
    refused(part(0, 2, 2), expect!["rank 2 of 2 does not exist"]);
    Ok(())
}

#[test]
fn all_dtypes_of_candle_are_taken() {
    use checkpoint_core::DType::{
        BFloat16, Bool, Float8E4M3FN, Float16, Float32, Float64, Int16, Int32, Int64, UInt8, UInt32,
    };
    let dtypes = [
        (Float32, DType::F32),
        (Float64, DType::F64),
        (Float16, DType::F16),
        (BFloat16, DType::BF16),
        (Float8E4M3FN, DType::F8E4M3),
        (Int16, DType::I16),
        (Int32, DType::I32),
        (Int64, DType::I64),
        (UInt8, DType::U8),
        (UInt32, DType::U32),
        (Bool, DType::U8),
    ];
    for (dtype, expected) in dtypes {
        // The integer 1, or a float not below the smallest of `f32`.
        let bytes = if dtype == Float64 { &1_f64.to_le_bytes() } else { &1_u64.to_le_bytes() };
        let bytes = &bytes[..dtype.width().unwrap()];
        let one = checkpoint_core::Tensor::from_bytes(dtype, [1, 1], bytes).unwrap();
        let made = tensor(one, &Device::Cpu).unwrap();
        assert_eq!((made.dtype(), made.dims()), (expected, &[1, 1][..]), "{dtype}");
        let made = made.to_dtype(DType::F32).unwrap().to_vec2::<f32>().unwrap();
        assert!(made[0][0] > 0.0, "{dtype}");
    }
}
