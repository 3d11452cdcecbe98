//! A `VarBuilder` whose layers request parts of tensors.

use candle_core::{DType, Device, Error, Result, Shape, Tensor};
use candle_nn::var_builder::{Backend, Shard, VarBuilderArgs};

use crate::convert::{check, shape, tensor};
use crate::weights::Weights;

/// A `VarBuilder` for tensor-parallel models: see [`Weights::sharded_var_builder`].
pub type ShardedVarBuilder<'c> = VarBuilderArgs<'c, Sharded<'c>>;

/// The parts of variables for one rank of a tensor-parallel model.
///
/// A layer describes its part with a [`Shard`]: the axis, the rank and the number of ranks. A part along the first axis is read
/// alone. **Its checksum is not verified**, because a checksum covers the whole variable. For other axes, the whole variable is
/// read, verified, and cut.
///
/// As in `candle`, the requested shape is only checked if there is one rank.
///
/// ```
/// use candle_core::{DType, Device};
/// use candle_nn::var_builder::Shard;
/// use checkpoint_candle::Weights;
/// use checkpoint_core::Checkpoint;
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
/// let checkpoint = Checkpoint::open(path)?;
/// let vb = Weights::new(&checkpoint).sharded_var_builder(DType::F32, &Device::Cpu);
/// let shard = Shard { dim: 0, rank: 1, world_size: 2 };
/// let half = vb.get_with_hints((300, 16), "model/wte", shard)?;
/// assert_eq!(half.dims(), [150, 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sharded<'c>(pub(crate) Weights<'c>);

impl Backend for Sharded<'_> {
    type Hints = Shard;

    fn get(
        &self,
        expected: Shape,
        name: &str,
        Shard { dim, rank, world_size }: Shard,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        if world_size == 1 {
            return self.0.read_shape(expected, name, dtype, device);
        }
        let variable = self.0.take(name)?;
        check(variable)?;
        let shape = shape(&variable.spec())?;
        let Some(&len) = shape.dims().get(dim) else {
            let msg = format!("`{name}` has no axis {dim}; it is {}", variable.spec());
            return Err(Error::msg(msg));
        };
        if world_size == 0 || rank >= world_size {
            return Err(Error::msg(format!("rank {rank} of {world_size} does not exist")));
        }
        if len % world_size != 0 {
            return Err(Error::ShapeMismatchSplit { shape, dim, n_parts: world_size }.bt());
        }
        let (block, start) = (len / world_size, len / world_size * rank);
        if dim > 0 {
            let whole = self.0.read(variable, dtype, &Device::Cpu)?;
            return whole.narrow(dim, start, block)?.force_contiguous()?.to_device(device);
        }
        let rows = u64::try_from(start).map_err(Error::wrap)?;
        let rows = rows..rows + u64::try_from(block).map_err(Error::wrap)?;
        let read = self.0.checkpoint().read_rows(&variable.name, rows).map_err(Error::wrap)?;
        tensor(read, device)?.to_dtype(dtype)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        self.0.read(self.0.take(name)?, dtype, device)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.0.checkpoint().get(name).is_some()
    }
}
