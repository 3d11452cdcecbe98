//! Conversion of tensors of `checkpoint-core` to tensors of `candle`.

use candle_core::{DType, Device, Error, Result, Shape, Tensor, Var, WithDType};
use checkpoint_core::{Element, Spec, Variable};
use half::{bf16, f16};

/// Moves a tensor to a device of `candle`. On the CPU, the elements are not copied.
///
/// `bool` becomes `u8`: 0 or 1.
///
/// ```
/// use candle_core::Device;
/// use checkpoint_core::Checkpoint;
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
/// let checkpoint = Checkpoint::open(path)?;
/// let wte = checkpoint_candle::tensor(checkpoint.read("model/wte")?, &Device::Cpu)?;
/// assert_eq!(wte.dims(), [300, 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if `candle` has no such dtype, or if the device has no memory for the tensor.
pub fn tensor(tensor: checkpoint_core::Tensor, device: &Device) -> Result<Tensor> {
    made(tensor, device)
}

/// A tensor of `candle`, or a variable.
pub(crate) trait Made: Sized {
    fn of_elements<T: WithDType>(elements: Vec<T>, shape: Shape, device: &Device) -> Result<Self>;
    fn of_tensor(tensor: Tensor) -> Result<Self>;
}

impl Made for Tensor {
    fn of_elements<T: WithDType>(elements: Vec<T>, shape: Shape, device: &Device) -> Result<Self> {
        Self::from_vec(elements, shape, device)
    }

    fn of_tensor(tensor: Tensor) -> Result<Self> {
        Ok(tensor)
    }
}

impl Made for Var {
    fn of_elements<T: WithDType>(elements: Vec<T>, shape: Shape, device: &Device) -> Result<Self> {
        Self::from_vec(elements, shape, device)
    }

    fn of_tensor(tensor: Tensor) -> Result<Self> {
        Self::from_tensor(&tensor)
    }
}

/// Moves a tensor to a device.
pub(crate) fn made<M: Made>(tensor: checkpoint_core::Tensor, device: &Device) -> Result<M> {
    let shape = shape(tensor.spec())?;
    match tensor.dtype() {
        checkpoint_core::DType::Float32 => of::<f32, M>(tensor, shape, device),
        checkpoint_core::DType::Float64 => of::<f64, M>(tensor, shape, device),
        checkpoint_core::DType::Float16 => of::<f16, M>(tensor, shape, device),
        checkpoint_core::DType::BFloat16 => of::<bf16, M>(tensor, shape, device),
        checkpoint_core::DType::Int16 => of::<i16, M>(tensor, shape, device),
        checkpoint_core::DType::Int32 => of::<i32, M>(tensor, shape, device),
        checkpoint_core::DType::Int64 => of::<i64, M>(tensor, shape, device),
        checkpoint_core::DType::UInt8 => of::<u8, M>(tensor, shape, device),
        checkpoint_core::DType::UInt32 => of::<u32, M>(tensor, shape, device),
        checkpoint_core::DType::Bool => {
            let elements = tensor.into_vec::<bool>().map_err(Error::wrap)?;
            M::of_elements(elements.into_iter().map(u8::from).collect(), shape, device)
        }
        // `candle` converts the bytes to a type of its own, so this copies.
        checkpoint_core::DType::Float8E4M3FN => M::of_tensor(Tensor::from_raw_buffer(
            tensor.as_bytes(),
            DType::F8E4M3,
            shape.dims(),
            device,
        )?),
        _ => Err(Error::msg(unsupported(tensor.spec()))),
    }
}

fn of<T: Element + WithDType, M: Made>(
    tensor: checkpoint_core::Tensor,
    shape: Shape,
    device: &Device,
) -> Result<M> {
    M::of_elements(tensor.into_vec::<T>().map_err(Error::wrap)?, shape, device)
}

/// The shape of a variable.
pub(crate) fn shape(spec: &Spec) -> Result<Shape> {
    let dims = spec.shape.dims().iter();
    let dims: Vec<usize> =
        dims.map(|&dim| usize::try_from(dim).map_err(Error::wrap)).collect::<Result<_>>()?;
    Ok(dims.into())
}

/// Checks that `candle` has the dtype of a variable.
pub(crate) fn check(variable: &Variable) -> Result<()> {
    use checkpoint_core::DType::{
        BFloat16, Bool, Float8E4M3FN, Float16, Float32, Float64, Int16, Int32, Int64, UInt8, UInt32,
    };
    match variable.dtype {
        Float32 | Float64 | Float16 | BFloat16 | Float8E4M3FN | Int16 | Int32 | Int64 | UInt8
        | UInt32 | Bool => Ok(()),
        _ => {
            let problem = unsupported(&variable.spec());
            Err(Error::msg(format!("cannot read `{}`: {problem}", variable.name.short())))
        }
    }
}

fn unsupported(spec: &Spec) -> String {
    format!("candle has no dtype for {spec}; leave it out, or load it as an array of `ndarray`")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address of the first element.
    fn address(tensor: &Tensor) -> *const u8 {
        let (storage, _) = tensor.storage_and_layout();
        let candle_core::Storage::Cpu(storage) = &*storage else { panic!() };
        storage.as_slice::<f32>().unwrap().as_ptr().cast()
    }

    #[test]
    fn elements_are_not_copied_on_the_cpu() {
        let whole = || checkpoint_core::Tensor::from_array(ndarray::array![1.0_f32, 2.0]).unwrap();
        let (first, second) = (whole(), whole());
        let before = [first.as_bytes().as_ptr(), second.as_bytes().as_ptr()];
        let tensor = made::<Tensor>(first, &Device::Cpu).unwrap();
        let var = made::<Var>(second, &Device::Cpu).unwrap();
        assert_eq!([address(&tensor), address(&var)], before);
    }
}
