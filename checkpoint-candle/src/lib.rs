//! Weights from checkpoints of any format for models of [`candle`](candle_core).
//!
//! [`Weights`] makes a `VarBuilder` of an open [`Checkpoint`](checkpoint_core::Checkpoint) of any format. With it, the models of
//! `candle-transformers` read checkpoints of `TensorFlow`:
//!
//! ```
//! use candle_core::{DType, Device};
//! use candle_nn::Linear;
//! use checkpoint_candle::Weights;
//! use checkpoint_core::{Checkpoint, Rules};
//!
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
//! // The names and layouts of Hugging Face.
//! let rules = Rules::known("gpt2").ok_or("no rules for this model")?;
//! let checkpoint = Checkpoint::open(path)?.converted(&rules)?;
//! let weights = Weights::new(&checkpoint);
//! let vb = weights.var_builder(DType::F32, &Device::Cpu);
//! let head = Linear::new(vb.get((300, 16), "wte.weight")?, None);
//! println!("{} variables that no layer took", weights.unused().len());
//! # assert_eq!((head.weight().dims(), weights.unused().len()), (&[300, 16][..], 27));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Fields of structs can be a `Tensor` or a `Var` of `candle`, on the device of the context: see [`Candle`].
//!
//! [`tensor`] converts one tensor that was read by name.

mod convert;
mod fields;
mod sharded;
mod weights;

pub use crate::convert::tensor;
pub use crate::fields::Candle;
pub use crate::sharded::{Sharded, ShardedVarBuilder};
pub use crate::weights::{Weights, var_builder};

#[cfg(doctest)]
#[doc = include_str!("../../docs/candle.md")]
struct Guide;
