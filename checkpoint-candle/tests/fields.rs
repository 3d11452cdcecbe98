//! Structs of tensors of `candle`: they load the same elements as `ndarray`, and a saved struct loads again.

use candle_core::{DType, Device, Tensor, Var};
use checkpoint_candle::Candle;
use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, Memory, SaveOptions, ToCheckpoint};
use expect_test::expect;
use ndarray::{Array1, Array2, ArrayD};

#[derive(FromCheckpoint, ToCheckpoint)]
#[ckpt(context = "Candle", prefix = "model", dims(n_embd))]
struct Gpt2 {
    #[ckpt(shape = [_, n_embd])]
    wte: Var,
    wpe: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
    #[ckpt(path = "ln_f/g")]
    gain: Box<Tensor>,
    #[ckpt(path = "ln_f/b")]
    bias: Option<Tensor>,
    absent: Option<Tensor>,
    #[ckpt(dim)]
    n_embd: usize,
}

#[derive(FromCheckpoint, ToCheckpoint)]
#[ckpt(context = "Candle", ignore("ln_*/*", "mlp/**", "attn/c_proj/*"))]
struct Block {
    #[ckpt(path = "attn/c_attn/w", squeeze(0), split(axis = 1), transpose)]
    qkv: [Tensor; 3],
    #[ckpt(path = "attn/c_attn/b", split(axis = 0))]
    biases: (Var, Tensor, Array1<f32>),
}

const NANO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");

fn options() -> LoadOptions<'static, Candle> {
    LoadOptions::new().allow_unmapped(true).context(Candle::new(&Device::Cpu))
}

fn same(tensor: &Tensor, array: &ArrayD<f32>) {
    assert_eq!(tensor.dims(), array.shape());
    let elements = tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert!(elements.iter().eq(array.iter()));
}

#[test]
fn a_struct_holds_the_elements_of_the_checkpoint() {
    let checkpoint = Checkpoint::open(NANO).unwrap();
    let (model, report) = Gpt2::load_with(&checkpoint, options()).unwrap();
    let array = |name: &str| checkpoint.read_array::<f32>(name).unwrap();
    same(&model.wte, &array("model/wte"));
    same(&model.gain, &array("model/ln_f/g"));
    same(&model.bias.unwrap(), &array("model/ln_f/b"));
    assert!(model.wte.is_variable() && model.absent.is_none() && report.verified);
    assert_eq!((model.wpe.into_dyn(), model.n_embd), (array("model/wpe"), 16));
    let qkv = array("model/h1/attn/c_attn/w");
    let qkv = qkv.index_axis(ndarray::Axis(0), 0);
    for (number, part) in model.blocks[1].qkv.iter().enumerate() {
        let columns = ndarray::Slice::from(16 * number..16 * number + 16);
        same(part, &qkv.slice_axis(ndarray::Axis(1), columns).t().to_owned());
    }
    assert!(model.blocks[1].biases.0.is_variable());
}

#[test]
fn what_is_saved_is_loaded_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.safetensors");
    let (model, _) = Gpt2::load_with(&Checkpoint::open(NANO).unwrap(), options()).unwrap();
    // One tensor that is not in row-major order, and one that is a part of another.
    let wte = Var::from_tensor(&model.wte.as_tensor().affine(2.0, 0.0).unwrap()).unwrap();
    let bias = model.wte.get(3).unwrap();
    let gain =
        Box::new(model.wte.narrow(1, 2, 1).unwrap().squeeze(1).unwrap().narrow(0, 5, 16).unwrap());
    let model = Gpt2 { wte, gain, bias: Some(bias), ..model };
    model.save(&path).unwrap();
    let (again, _) = Gpt2::load_with(&Checkpoint::open(&path).unwrap(), options()).unwrap();
    for (before, after) in [
        (&*model.wte, &*again.wte),
        (&*model.gain, &*again.gain),
        (model.bias.as_ref().unwrap(), again.bias.as_ref().unwrap()),
        (&model.blocks[0].qkv[1], &again.blocks[0].qkv[1]),
        (&*model.blocks[1].biases.0, &*again.blocks[1].biases.0),
    ] {
        let elements = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(elements(before), elements(after));
        assert_eq!(before.dims(), after.dims());
    }
}

#[derive(FromCheckpoint, ToCheckpoint)]
#[ckpt(context = "Candle")]
struct One {
    tensor: Tensor,
}

#[test]
fn every_dtype_of_candle_is_saved() {
    for dtype in [
        DType::U8,
        DType::U32,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::BF16,
        DType::F16,
        DType::F32,
        DType::F64,
        DType::F8E4M3,
    ] {
        let tensor =
            Tensor::new(&[1_f32, 2.0, 3.0], &Device::Cpu).unwrap().to_dtype(dtype).unwrap();
        let tensors = One { tensor }.to_tensors(SaveOptions::new()).unwrap();
        let checkpoint = Checkpoint::from_source("memory", Memory::new(tensors));
        let options = LoadOptions::new().context(Candle::new(&Device::Cpu));
        let (One { tensor }, _) = One::load_with(&checkpoint, options).unwrap();
        assert_eq!(tensor.dtype(), dtype);
        let elements = tensor.to_dtype(DType::F32).unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(elements, [1.0, 2.0, 3.0], "{dtype:?}");
    }
}

#[test]
fn a_dtype_that_candle_lacks_is_told_with_the_field() {
    let bytes =
        checkpoint_core::Tensor::from_bytes(checkpoint_core::DType::Int8, [2], &[1, 2]).unwrap();
    let checkpoint = Checkpoint::from_source("memory", Memory::new([("tensor", bytes)]));
    let options = LoadOptions::new().context(Candle::new(&Device::Cpu));
    let error = One::load_with(&checkpoint, options).map(drop).unwrap_err().to_string();
    let error = error.lines().next().unwrap_or_default();
    expect!["field `One.tensor`: candle has no dtype for i8 [2]; leave it out, or load it as an array of `ndarray`"].assert_eq(error);
}
