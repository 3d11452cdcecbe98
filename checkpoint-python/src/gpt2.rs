//! The weights of GPT-2 as nested dictionaries.

use checkpoint_core::{FromCheckpoint, LoadError, Name, Tensor};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::arrays::Form;
use crate::checkpoint::Native;
use crate::watch::{Watch, watched};

/// GPT-2 with elements of any dtype.
#[derive(FromCheckpoint)]
#[ckpt(prefix = "model", dims(n_vocab, n_ctx, n_embd))]
#[ckpt(ignore(optimizer, bookkeeping, ema))]
struct Gpt2 {
    #[ckpt(shape = [n_vocab, n_embd])]
    wte: Tensor,
    #[ckpt(shape = [n_ctx, n_embd])]
    wpe: Tensor,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
    ln_f: Norm,
}

/// A block of the transformer.
#[derive(FromCheckpoint)]
struct Block {
    ln_1: Norm,
    attn: Attention,
    ln_2: Norm,
    mlp: Mlp,
}

#[derive(FromCheckpoint)]
struct Attention {
    c_attn: Linear,
    c_proj: Linear,
}

#[derive(FromCheckpoint)]
struct Mlp {
    c_fc: Linear,
    c_proj: Linear,
}

/// A linear layer, stored as a convolution of width 1.
#[derive(FromCheckpoint)]
#[ckpt(dims(local inputs, local outputs))]
struct Linear {
    #[ckpt(squeeze, shape = [inputs, outputs])]
    w: Tensor,
    #[ckpt(shape = [outputs])]
    b: Tensor,
}

#[derive(FromCheckpoint)]
struct Norm {
    #[ckpt(shape = [n_embd])]
    g: Tensor,
    #[ckpt(shape = [n_embd])]
    b: Tensor,
}

/// Loads the weights of GPT-2, for `tfckpt.gpt2`.
#[pyfunction]
pub(crate) fn gpt2<'py>(
    py: Python<'py>,
    native: &Bound<'py, Native>,
    prefix: &str,
    strict: bool,
    threads: usize,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let checkpoint = &native.get().checkpoint;
    let sizes = checkpoint.variables().iter().map(checkpoint_core::Variable::size);
    let load = |watch: &Watch| -> Result<Gpt2, LoadError> {
        let options = watch.load().prefix(prefix).allow_unmapped(!strict).threads(threads);
        Gpt2::load_with(checkpoint, options).map(|(model, _)| model)
    };
    watched(py, sizes.fold(0, u64::saturating_add), progress.as_ref(), load)?.into_dict(py, "model")
}

/// A struct that converts to a dictionary. Its variables are below `path`.
trait IntoDict {
    fn into_dict<'py>(self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyDict>>;
}

/// Implements `IntoDict` for structs: each field is an entry under its name.
macro_rules! dictionaries {
    ($($model:ident { $($member:ident)* })*) => {$(
        impl IntoDict for $model {
            fn into_dict<'py>(self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyDict>> {
                let dict = PyDict::new(py);
                $(
                    let (name, path) = (stringify!($member), &format!("{path}/{}", stringify!($member)));
                    dict.set_item(name, self.$member.into_item(py, path)?)?;
                )*
                Ok(dict)
            }
        }
    )*};
}

dictionaries! {
    Gpt2 { wte wpe blocks ln_f }
    Block { ln_1 attn ln_2 mlp }
    Attention { c_attn c_proj }
    Mlp { c_fc c_proj }
    Linear { w b }
    Norm { g b }
}

/// A field that converts to a value of a dictionary: another dictionary, a list, or an array.
trait IntoItem {
    fn into_item<'py>(self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyAny>>;
}

impl<T: IntoDict> IntoItem for T {
    fn into_item<'py>(self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyAny>> {
        self.into_dict(py, path).map(Bound::into_any)
    }
}

impl IntoItem for Vec<Block> {
    fn into_item<'py>(self, py: Python<'py>, _: &str) -> PyResult<Bound<'py, PyAny>> {
        let blocks = self.into_iter().enumerate();
        let blocks = blocks.map(|(number, block)| block.into_dict(py, &format!("model/h{number}")));
        Ok(PyList::new(py, blocks.collect::<PyResult<Vec<_>>>()?)?.into_any())
    }
}

impl IntoItem for Tensor {
    fn into_item<'py>(self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyAny>> {
        Form::new(py, &Name::from(path), self.spec().clone())?.array(self)
    }
}
