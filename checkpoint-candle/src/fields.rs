//! Fields of structs that are tensors of `candle`.

use std::ops::Range;

use bytemuck::cast_slice;
use candle_core::{CpuStorage, DType, Device, Error, Storage, StorageRef, Tensor, Var};
use checkpoint_core::{
    BuildError, FromCheckpoint, Node, Parts, SaveError, Shape, Spec, ToCheckpoint, Values,
};

use crate::convert::{Made, made};

/// The context of structs with tensors of `candle`: their device.
///
/// A struct with a [`Tensor`] or [`Var`] field names this context. So do its nested structs with such fields, and the structs
/// around it. Fields of all other types are allowed too. The elements keep their dtype, and on the CPU they are not copied.
///
/// ```
/// use candle_core::{Device, Tensor, Var};
/// use checkpoint_candle::Candle;
/// use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, ToCheckpoint};
///
/// #[derive(FromCheckpoint, ToCheckpoint)]
/// #[ckpt(context = "Candle", prefix = "model", ignore("model/h*/**"))]
/// struct Embeddings {
///     wte: Tensor,
///     #[ckpt(transpose)]
///     wpe: Tensor,
///     ln_f: Norm,
/// }
///
/// #[derive(FromCheckpoint, ToCheckpoint)]
/// #[ckpt(context = "Candle")]
/// struct Norm {
///     g: Var,
///     b: Option<Var>,
/// }
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
/// # let folder = tempfile::tempdir()?;
/// # let saved = folder.path().join("new.safetensors");
/// let checkpoint = Checkpoint::open(path)?;
/// let options = LoadOptions::new().context(Candle::new(&Device::Cpu));
/// let (embeddings, _) = Embeddings::load_with(&checkpoint, options)?;
/// assert_eq!(embeddings.wte.dims(), [300, 16]);
/// embeddings.save(&saved)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A load without this context, or with another one, does not compile:
///
/// ```compile_fail,E0308
/// # use checkpoint_candle::Candle;
/// # use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
/// #[derive(FromCheckpoint)]
/// #[ckpt(context = "Candle")]
/// struct Weights {
///     w: candle_core::Tensor,
/// }
///
/// # let checkpoint = Checkpoint::open("models/124M").unwrap();
/// let weights = Weights::load_with(&checkpoint, LoadOptions::new());
/// ```
///
/// # Saving
///
/// A save borrows contiguous tensors on the CPU, and copies others. Another thread that sets one of the variables waits until the
/// save ends.
#[derive(Clone, Debug)]
pub struct Candle {
    device: Device,
}

impl Candle {
    /// Creates a context with tensors on this device.
    #[must_use]
    pub fn new(device: &Device) -> Self {
        Self { device: device.clone() }
    }

    /// Returns the device of the tensors.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }
}

/// The description of a field that takes a variable of any dtype and rank.
const ANY: Node = <checkpoint_core::Tensor as FromCheckpoint<'static>>::NODE;

impl<'c> FromCheckpoint<'c, Candle> for Tensor {
    const NODE: Node = ANY;

    fn build(parts: &mut Parts<'c, Candle>) -> Result<Self, BuildError> {
        build(parts)
    }
}

impl<'c> FromCheckpoint<'c, Candle> for Var {
    const NODE: Node = ANY;

    fn build(parts: &mut Parts<'c, Candle>) -> Result<Self, BuildError> {
        build(parts)
    }
}

fn build<M: Made>(parts: &mut Parts<'_, Candle>) -> Result<M, BuildError> {
    let tensor = parts.any()?;
    made(tensor, parts.context().device()).map_err(BuildError::other)
}

impl ToCheckpoint<Candle> for Tensor {
    const NODE: Node = ANY;

    fn put<'v>(&'v self, values: &mut Values<'v, Candle>) -> Result<(), SaveError> {
        let (dtype, width) = dtype_of(self.dtype())?;
        let dims = self.dims().iter().map(|&dim| u64::try_from(dim));
        let dims: Vec<u64> = dims.collect::<Result<_, _>>().map_err(SaveError::other)?;
        let shape = Shape::new(dims).ok_or_else(|| SaveError::other("it has too many axes"))?;
        let spec = Spec { dtype, shape };
        let (storage, layout) = self.storage_and_layout();
        if let (Storage::Cpu(of), Some((start, end))) = (&*storage, layout.contiguous_offsets())
            && elements(of).is_some()
        {
            return values.bytes(spec, Locked { storage, range: start * width..end * width });
        }
        // `copied` takes the lock itself.
        drop(storage);
        values.bytes(spec, copied(self).map_err(SaveError::other)?)
    }
}

impl ToCheckpoint<Candle> for Var {
    const NODE: Node = ANY;

    fn put<'v>(&'v self, values: &mut Values<'v, Candle>) -> Result<(), SaveError> {
        self.as_tensor().put(values)
    }
}

/// The elements of a tensor on the CPU, locked against changes.
struct Locked<'v> {
    storage: StorageRef<'v>,
    /// The byte range of the tensor in its storage.
    range: Range<usize>,
}

impl AsRef<[u8]> for Locked<'_> {
    fn as_ref(&self) -> &[u8] {
        let Storage::Cpu(storage) = &*self.storage else { return &[] };
        elements(storage).and_then(|bytes| bytes.get(self.range.clone())).unwrap_or_default()
    }
}

/// Returns the bytes of all elements in a storage, or `None` for types that are not plain numbers in memory.
fn elements(storage: &CpuStorage) -> Option<&[u8]> {
    match storage {
        CpuStorage::U8(elements) => Some(elements),
        CpuStorage::U32(elements) => Some(cast_slice(elements)),
        CpuStorage::I16(elements) => Some(cast_slice(elements)),
        CpuStorage::I32(elements) => Some(cast_slice(elements)),
        CpuStorage::I64(elements) => Some(cast_slice(elements)),
        CpuStorage::BF16(elements) => Some(cast_slice(elements)),
        CpuStorage::F16(elements) => Some(cast_slice(elements)),
        CpuStorage::F32(elements) => Some(cast_slice(elements)),
        CpuStorage::F64(elements) => Some(cast_slice(elements)),
        _ => None,
    }
}

/// Copies the elements of a tensor, in row-major order.
fn copied(tensor: &Tensor) -> Result<Vec<u8>, Error> {
    let tensor = tensor.to_device(&Device::Cpu)?.force_contiguous()?;
    let (storage, _) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(CpuStorage::F8E4M3(elements)) => {
            Ok(elements.iter().flat_map(|element| element.to_bits().to_ne_bytes()).collect())
        }
        Storage::Cpu(of) => {
            elements(of).map(<[u8]>::to_vec).ok_or_else(|| Error::msg("its storage is not known"))
        }
        _ => Err(Error::msg("it cannot be copied to the CPU")),
    }
}

/// Returns the dtype in a checkpoint, and the bytes of an element.
fn dtype_of(dtype: DType) -> Result<(checkpoint_core::DType, usize), SaveError> {
    let of = match dtype {
        DType::U8 => checkpoint_core::DType::UInt8,
        DType::U32 => checkpoint_core::DType::UInt32,
        DType::I16 => checkpoint_core::DType::Int16,
        DType::I32 => checkpoint_core::DType::Int32,
        DType::I64 => checkpoint_core::DType::Int64,
        DType::BF16 => checkpoint_core::DType::BFloat16,
        DType::F16 => checkpoint_core::DType::Float16,
        DType::F32 => checkpoint_core::DType::Float32,
        DType::F64 => checkpoint_core::DType::Float64,
        DType::F8E4M3 => checkpoint_core::DType::Float8E4M3FN,
        _ => {
            let problem = format!("no checkpoint has elements of `{}`", dtype.as_str());
            return Err(SaveError::other(problem));
        }
    };
    Ok((of, dtype.size_in_bytes()))
}
