//! Checkpoints in memory whose tensors count: the elements of each are 0, 1, 2, ...

use checkpoint_core::{Checkpoint, DType, FromCheckpoint, LoadOptions, Memory, Name, Tensor};
use ndarray::{ArrayD, IxDyn};

/// Returns an `f32` tensor of this shape with the elements 0, 1, 2, ... After 65535, it starts from 0 again.
///
/// # Panics
/// If the shape is too large.
#[must_use]
pub fn counting(shape: &[usize]) -> ArrayD<f32> {
    let numbers = (0..=u16::MAX).cycle().map(f32::from);
    let elements = numbers.take(shape.iter().product()).collect();
    ArrayD::from_shape_vec(IxDyn(shape), elements).expect("as many elements as the shape has")
}

/// Returns a checkpoint of [`counting`] tensors, one per line: a name and a shape. With a dtype between them, the tensor has this
/// dtype, and its elements are zero.
///
/// ```
/// let checkpoint = checkpoint_tests::memory::checkpoint("
///     model/wte [9, 4]
///     global_step i64 []
/// ");
/// assert_eq!(checkpoint.variables().len(), 2);
/// ```
///
/// # Panics
/// If a line has another form.
#[must_use]
pub fn checkpoint(lines: &str) -> Checkpoint {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let tensors: Vec<(Name, Tensor)> = lines.map(tensor).collect();
    Checkpoint::from_source("memory", Memory::new(tensors))
}

/// Returns the error of loading a struct from a checkpoint, or `it fits`.
#[must_use]
pub fn said<'c, T: FromCheckpoint<'c>>(
    checkpoint: &'c Checkpoint,
    options: LoadOptions<'_>,
) -> String {
    match T::load_with(checkpoint, options) {
        Ok(_) => "it fits".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn tensor(line: &str) -> (Name, Tensor) {
    let (name, spec) = line.split_once(' ').expect("a name and a shape");
    let (dtype, shape) = spec.split_once('[').expect("a shape in brackets");
    let dims = shape.trim_end_matches(']').split(", ").filter(|dim| !dim.is_empty());
    let shape: Vec<usize> = dims.map(|dim| dim.parse().expect("a number")).collect();
    let tensor = match dtype.trim() {
        "" => Tensor::from_array(counting(&shape)),
        dtype => {
            let dtype = DType::all().find(|known| known.to_string() == dtype).expect("a dtype");
            let bytes = shape.iter().product::<usize>() * dtype.width().expect("a width");
            let shape: Vec<u64> = shape.iter().map(|&dim| dim as u64).collect();
            Tensor::from_bytes(dtype, shape, &vec![0; bytes])
        }
    };
    (Name::from(name), tensor.expect("a tensor"))
}
