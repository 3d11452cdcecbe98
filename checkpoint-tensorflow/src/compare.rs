//! Whether two readers read the same.

use checkpoint_core::{Checkpoint, DType, Name, ReadError, Spec, Tensor, Variable};
use thiserror::Error;

use crate::reads;

/// What a comparison that found no difference has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Both list it with the same dtype and shape, and read the same, bit by bit.
    Same,
    /// Both list it with the same dtype and shape. `TensorFlow` was not asked for its elements, because tensors of this
    /// dtype are not [`reads`].
    Listed(DType),
}

/// How `TensorFlow` and we differ about a variable.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Difference {
    /// Only one lists it.
    #[error("`{name}`: {}; open an issue with the checkpoint", only(*.by_tensorflow, spec))]
    OnlyOne {
        /// The variable.
        name: Name,
        /// What it is.
        spec: Spec,
        /// Whether it is `TensorFlow` that lists it.
        by_tensorflow: bool,
    },
    /// They list it with different dtypes or shapes.
    #[error(
        "`{name}`: TensorFlow lists {tensorflow}, but we {native}; open an issue with the checkpoint"
    )]
    Spec {
        /// The variable.
        name: Name,
        /// What we list.
        native: Spec,
        /// What `TensorFlow` lists.
        tensorflow: Spec,
    },
    /// They read different elements.
    #[error(
        "`{name}`: {count} of {} elements differ, the first at {first}, where TensorFlow reads {} and we {}; open an issue \
         with the checkpoint",
        spec.shape.elements(),
        shown(tensorflow),
        shown(native)
    )]
    Elements {
        /// The variable.
        name: Name,
        /// What it is.
        spec: Spec,
        /// How many elements differ.
        count: u64,
        /// The number of the first that does, in row-major order, from 0.
        first: u64,
        /// What we read there.
        native: Vec<u8>,
        /// What `TensorFlow` reads there.
        tensorflow: Vec<u8>,
    },
    /// We cannot read it. `TensorFlow` was not asked.
    #[error(transparent)]
    Native(ReadError),
    /// `TensorFlow` cannot read it, and we can.
    #[error("we can read it, but through TensorFlow: {0}")]
    TensorFlow(ReadError),
}

fn only(by_tensorflow: bool, spec: &Spec) -> String {
    let (who, other) =
        if by_tensorflow { ("TensorFlow lists", "we do") } else { ("we list", "TensorFlow does") };
    format!("{who} {spec}, but {other} not")
}

/// The first bytes of an element, which may be a long string.
fn shown(bytes: &[u8]) -> String {
    match bytes.split_at_checked(16) {
        Some((first, rest)) if !rest.is_empty() => {
            format!("{first:02x?} and {} more bytes", rest.len())
        }
        _ => format!("{bytes:02x?}"),
    }
}

/// Compares what is read of a variable: `native` is as [`Checkpoint::open`] has it, `tensorflow` the same checkpoint as
/// [`open`](crate::open) has it. Where the native read fails, `TensorFlow` is not asked.
///
/// # Errors
/// If they differ, or if the variable cannot be read.
pub fn compare(
    native: &Checkpoint,
    tensorflow: &Checkpoint,
    name: &Name,
) -> Result<Compared, Difference> {
    let spec = |checkpoint: &Checkpoint| checkpoint.catalog().get(name).map(Variable::spec);
    let spec = match (spec(native), spec(tensorflow)) {
        (Some(native), Some(tensorflow)) if native == tensorflow => native,
        (Some(native), Some(tensorflow)) => {
            return Err(Difference::Spec { name: name.clone(), native, tensorflow });
        }
        (Some(spec), None) => return Err(only_one(name, spec, false)),
        (None, Some(spec)) => return Err(only_one(name, spec, true)),
        (None, None) => {
            return native.read(name).map(|_| Compared::Same).map_err(Difference::Native);
        }
    };
    let ours = native.read(name).map_err(Difference::Native)?;
    if !reads(spec.dtype) {
        return Ok(Compared::Listed(spec.dtype));
    }
    let theirs = tensorflow.read(name).map_err(Difference::TensorFlow)?;
    if ours == theirs { Ok(Compared::Same) } else { Err(elements(name, spec, &ours, &theirs)) }
}

fn only_one(name: &Name, spec: Spec, by_tensorflow: bool) -> Difference {
    Difference::OnlyOne { name: name.clone(), spec, by_tensorflow }
}

/// The difference between two tensors of one dtype and shape, which there is.
fn elements(name: &Name, spec: Spec, native: &Tensor, tensorflow: &Tensor) -> Difference {
    let pairs = each(native).zip(each(tensorflow)).zip(0_u64..);
    let mut pairs = pairs.filter(|((native, tensorflow), _)| native != tensorflow);
    let ((native, tensorflow), first) = pairs.next().unwrap_or_default();
    let count = pairs.fold(1, |count: u64, _| count.saturating_add(1));
    let (native, tensorflow) = (native.to_vec(), tensorflow.to_vec());
    Difference::Elements { name: name.clone(), spec, count, first, native, tensorflow }
}

/// The bytes of each element.
fn each(tensor: &Tensor) -> Box<dyn Iterator<Item = &[u8]> + '_> {
    match (tensor.as_strings(), tensor.dtype().width()) {
        (Some(strings), _) => Box::new(strings.iter()),
        (None, width) => Box::new(tensor.as_bytes().chunks(width.unwrap_or(1))),
    }
}
