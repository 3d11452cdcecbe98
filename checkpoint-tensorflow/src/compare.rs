//! Compares what two readers read of a variable.

use checkpoint_core::{Checkpoint, DType, Name, ReadError, Spec, Tensor, Variable};
use thiserror::Error;

use crate::reads;

/// The result of a comparison without a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Both readers list the same dtype and shape, and read the same bits.
    Same,
    /// Both readers list the same dtype and shape. `TensorFlow` was not asked for its elements, because tensors of this
    /// dtype are not [`reads`].
    Listed(DType),
}

/// A difference between `TensorFlow` and our reader.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Difference {
    /// Only one reader lists the variable.
    #[error("`{name}`: {}; open an issue with the checkpoint", only(*.by_tensorflow, spec))]
    OnlyOne {
        /// The name of the variable.
        name: Name,
        /// The dtype and shape of the variable.
        spec: Spec,
        /// True if `TensorFlow` lists it, false if we do.
        by_tensorflow: bool,
    },
    /// The readers list different dtypes or shapes.
    #[error(
        "`{name}`: TensorFlow lists {tensorflow}, but we {native}; open an issue with the checkpoint"
    )]
    Spec {
        /// The name of the variable.
        name: Name,
        /// The dtype and shape that we list.
        native: Spec,
        /// The dtype and shape that `TensorFlow` lists.
        tensorflow: Spec,
    },
    /// The readers read different elements.
    #[error(
        "`{name}`: {count} of {} elements differ, the first at {first}, where TensorFlow reads {} and we {}; open an issue \
         with the checkpoint",
        spec.shape.elements(),
        shown(tensorflow),
        shown(native)
    )]
    Elements {
        /// The name of the variable.
        name: Name,
        /// The dtype and shape of the variable.
        spec: Spec,
        /// The number of elements that differ.
        count: u64,
        /// The index of the first difference, in row-major order, from 0.
        first: u64,
        /// The bytes of that element as we read it.
        native: Vec<u8>,
        /// The bytes of that element as `TensorFlow` reads it.
        tensorflow: Vec<u8>,
    },
    /// We cannot read the variable. `TensorFlow` was not asked.
    #[error(transparent)]
    Native(ReadError),
    /// We can read the variable, but `TensorFlow` cannot.
    #[error("we can read it, but through TensorFlow: {0}")]
    TensorFlow(ReadError),
}

fn only(by_tensorflow: bool, spec: &Spec) -> String {
    let (who, other) =
        if by_tensorflow { ("TensorFlow lists", "we do") } else { ("we list", "TensorFlow does") };
    format!("{who} {spec}, but {other} not")
}

/// Formats the first bytes of an element. Strings may be long.
fn shown(bytes: &[u8]) -> String {
    match bytes.split_at_checked(16) {
        Some((first, rest)) if !rest.is_empty() => {
            format!("{first:02x?} and {} more bytes", rest.len())
        }
        _ => format!("{bytes:02x?}"),
    }
}

/// Compares a variable in two readers. `native` is the checkpoint from [`Checkpoint::open`], and `tensorflow` the same checkpoint
/// from [`open`](crate::open). If the native read fails, `TensorFlow` is not asked.
///
/// # Errors
/// Returns an error if the readers differ, or if the variable cannot be read.
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

/// Returns the difference between two tensors of one dtype and shape. The tensors must differ.
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
