//! Load and save checkpoints as structs of `ndarray` arrays, natively: no `TensorFlow`, no Python, no `protoc`.
//!
//! | format | load | save |
//! | --- | --- | --- |
//! | `TensorFlow`, V2 and V1 | yes | V2 |
//! | safetensors | yes | yes |
//! | `NumPy`: `.npz`, directories of `.npy` | yes | yes |
//! | `PyTorch`: `.bin`, `.pt`, `.pth` | yes | no |
//!
//! ```
//! use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
//! use ndarray::{Array1, Array2};
//!
//! #[derive(FromCheckpoint)]
//! #[ckpt(prefix = "model", ignore("model/h*/**"))]
//! struct Embeddings {
//!     wte: Array2<f32>, // the variable `model/wte`
//!     wpe: Array2<f32>, // `model/wpe`
//!     ln_f: LayerNorm,
//! }
//!
//! #[derive(FromCheckpoint)]
//! struct LayerNorm {
//!     g: Array1<f32>, // `model/ln_f/g`
//!     b: Array1<f32>,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
//! let checkpoint = Checkpoint::open(path)?;
//! let (model, report) = Embeddings::load_with(&checkpoint, LoadOptions::new())?;
//! assert_eq!(model.wte.dim(), (300, 16));
//! assert_eq!(model.ln_f.g.len(), 16);
//! assert_eq!(report.variables, 4);
//! # Ok(())
//! # }
//! ```
//!
//! The attributes of `#[ckpt(...)]` are described at [the derive](derive@FromCheckpoint). [`FromCheckpoint::load`] takes a path.
//! [`FromCheckpoint::load_with`] takes an open [`Checkpoint`] and [`LoadOptions`], and also returns a [`LoadReport`]. A failed
//! load returns a [`LoadError`] with all problems at once.
//!
//! `ArrayView` and `CowArray` fields borrow from a checkpoint in memory: see [`Checkpoint::open_in_memory`].
//!
//! # Saving
//!
//! [`ToCheckpoint`], derived beside `FromCheckpoint`, saves a struct with the attributes that load it. [`SaveOptions`] set the
//! format, the dialect and more. [`Checkpoint::save_as`] saves an open checkpoint in another format. [`convert()`] can also
//! change names and layouts. A [`Writer`] takes one array after another. [`recover`] completes an interrupted save.
//!
//! # Without a struct
//!
//! Variables are read [by name](Checkpoint#reading-without-a-struct): as tensors of any dtype, as arrays, into your own memory,
//! or by rows. Checkpoints that are not in files implement [`Source`]; [`Memory`] is one of them.
//!
//! # Features
//!
//! - `derive` (on by default): `#[derive(FromCheckpoint)]` and `#[derive(ToCheckpoint)]`.
//! - `npz` (on by default): `NumPy` archives. Arrays in `.npy` files need no feature.
//! - `pytorch` (on by default): `PyTorch` files.
//! - `half`: `f16` and `bf16` of the `half` crate as array elements.
//! - `num-complex`: `Complex<f32>` and `Complex<f64>` of the `num-complex` crate as array elements.
//! - `mmap`: `Checkpoint::open_mapped`, for arrays that borrow from mapped files.

#![deny(unnameable_types)]

/// Implements `Debug` as `Display`, so that an error returned from `main` is printed as its message.
macro_rules! debug_as_display {
    ($($error:ty),+ $(,)?) => {$(
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    )+};
}

mod checkpoint;
mod convert;
mod load;
mod open;
mod read;
mod save;
mod source;
mod system;
mod tensor;
mod traits;

#[doc(inline)]
pub use checkpoint_schema::format::tensorflow::object_graph::{GraphError, ObjectGraph};
#[doc(inline)]
pub use checkpoint_schema::format::{Budget, FormatError, Limits, OverBudget};
#[doc(inline)]
pub use checkpoint_schema::listing::{
    catalog::{
        Catalog, Checksum, Defect, Endianness, Extent, Name, Place, Slice, Spec, Strided, Variable,
    },
    dtype::DType,
    glob::{Glob, GlobError},
    shape::Shape,
};
#[doc(inline)]
pub use checkpoint_schema::model::description::{Naming, Node};
pub use checkpoint_schema::model::shadow::Shadow;
#[doc(inline)]
pub use checkpoint_schema::plan::Row;
#[doc(inline)]
pub use checkpoint_schema::problem::{Problem, ProblemKind};
#[doc(inline)]
pub use checkpoint_schema::rules::{Decided, RuleProblem, Rules, RulesError, Target, TargetSource};
#[doc(inline)]
pub use checkpoint_schema::save::{SaveProblem, SaveProblemKind, SavedShadow, Tied};

pub use crate::checkpoint::Checkpoint;
pub use crate::checkpoint::object_graph::ObjectGraphError;
pub use crate::convert::compare::verify_copy;
pub use crate::convert::model::{convert_model, rules};
pub use crate::convert::{
    ConvertError, ConvertOptions, ConvertReport, PartReport, convert, convert_finish, convert_part,
    convert_plan,
};
pub use crate::load::{
    Borrowed, BuildError, Ignored, LoadError, LoadOptions, LoadReport, Mismatch, Parts,
};
pub use crate::open::error::OpenError;
pub use crate::open::options::OpenOptions;
pub use crate::open::state::StateError;
pub use crate::read::{Progress, ReadError, ReadErrorKind};
pub use crate::save::{
    NameProblem, SaveError, SaveOptions, SaveReport, ValueProblem, Writer, recover,
};
pub use crate::source::{Access, DataFile, Memory, OtherFormat, Source, SourceError, Storage};
pub use crate::system::rank::{Rank, RankError};
pub use crate::tensor::element::Element;
pub use crate::tensor::strings::Strings;
pub use crate::tensor::value::Value;
pub use crate::tensor::{Tensor, TensorError};
pub use crate::traits::from_checkpoint::{FromCheckpoint, Owned, Repeated};
pub use crate::traits::to_checkpoint::{ToCheckpoint, ToRepeated};
pub use crate::traits::values::Values;

#[cfg(feature = "derive")]
pub use checkpoint_derive::{FromCheckpoint, ToCheckpoint};

/// Names used by the derive's expansion. Not public API: they can change in any release.
#[doc(hidden)]
pub mod __private {
    pub use checkpoint_schema::fit;
    pub use checkpoint_schema::listing::dtype::DType;
    pub use checkpoint_schema::manifest;
    pub use checkpoint_schema::model::check;
    pub use checkpoint_schema::model::description::{
        Absent, Cast, Checks, Constant, Dim, Field, FieldDialect, Ignore, Indices, List, Naming,
        Node, Number, Op, Parallel, Path, Preset, Renamed, Repeat, Squeeze, Struct, StructDialect,
    };
    pub use checkpoint_schema::model::dialect;
    pub use checkpoint_schema::model::expression::{
        Assertion, AxisLength, Expression, Operator, Relation,
    };
    pub use checkpoint_schema::model::template::{Form, Piece, Placeholder};

    pub use crate::load::parts::{BuildError, Parts};
    pub use crate::save::SaveError;
    pub use crate::traits::custom::items::{Items, items_node};
    pub use crate::traits::custom::load::{map, map_node, try_from, with};
    pub use crate::traits::custom::save::{save_try_from, save_with, unmap};
    pub use crate::traits::from_checkpoint::{FromCheckpoint, Repeated};
    pub use crate::traits::to_checkpoint::{ToCheckpoint, ToRepeated};
    pub use crate::traits::values::Values;

    // In signatures of hidden functions of `Element`.
    pub use crate::tensor::buffer::Buffer;
    pub use crate::tensor::element::NoElements;
}
