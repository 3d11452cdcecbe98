//! Checks the shapes of weights against the hyper-parameters.

use std::fmt;

use thiserror::Error;

use super::hparams::{Hparams, HparamsError};
use super::model::{Block, Conv1d, Gpt2, LayerNorm};

/// Errors of [`LanguageModel::new`](super::LanguageModel::new).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// The hyper-parameters are not valid.
    #[error(transparent)]
    Hparams(#[from] HparamsError),
    /// The hyper-parameters are those of another model.
    #[error("`hparams.json` does not describe the checkpoint: {}", Differences(.0))]
    Differ(Vec<Difference>),
    /// A tensor has an unexpected shape.
    #[error("`{name}` is {found:?} in the model, but n_embd {n_embd} asks for {expected:?}")]
    Tensor {
        /// The name of the variable.
        name: String,
        /// The hyper-parameter that determines the shape.
        n_embd: usize,
        /// The shape in the model.
        found: Vec<usize>,
        /// The expected shape.
        expected: Vec<usize>,
    },
}

/// A hyper-parameter that differs from the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The name of the hyper-parameter.
    pub name: &'static str,
    /// The value in `hparams.json`.
    pub said: usize,
    /// The value that follows from the checkpoint.
    pub found: usize,
}

struct Differences<'a>(&'a [Difference]);

impl fmt::Display for Differences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Difference { name, said, found }) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{name} is {found}, not {said}")?;
        }
        Ok(())
    }
}

/// Checks that `model` has the shapes that follow from `hparams`.
pub(super) fn check(model: &Gpt2, hparams: &Hparams) -> Result<(), ShapeError> {
    hparams.check()?;
    let Hparams { n_vocab, n_ctx, n_embd, n_layer, .. } = *hparams;
    let sizes = [
        ("n_vocab", n_vocab, model.wte.nrows()),
        ("n_ctx", n_ctx, model.wpe.nrows()),
        ("n_embd", n_embd, model.wte.ncols()),
        ("n_layer", n_layer, model.blocks.len()),
    ];
    let differences: Vec<Difference> = sizes
        .into_iter()
        .filter(|(_, said, found)| said != found)
        .map(|(name, said, found)| Difference { name, said, found })
        .collect();
    if !differences.is_empty() {
        return Err(ShapeError::Differ(differences));
    }
    let shapes = Shapes { n_embd };
    shapes.tensor("model/wpe", model.wpe.shape(), &[n_ctx, n_embd])?;
    for (number, block) in model.blocks.iter().enumerate() {
        shapes.block(&format!("model/h{number}"), block)?;
    }
    shapes.layer_norm("model/ln_f", &model.ln_f)
}

/// The shapes that follow from the width of the model.
struct Shapes {
    n_embd: usize,
}

impl Shapes {
    fn block(&self, path: &str, block: &Block) -> Result<(), ShapeError> {
        let Block { ln_1, attn, ln_2, mlp } = block;
        let e = self.n_embd;
        self.layer_norm(&format!("{path}/ln_1"), ln_1)?;
        self.conv1d(&format!("{path}/attn/c_attn"), &attn.c_attn, [e, 3 * e])?;
        self.conv1d(&format!("{path}/attn/c_proj"), &attn.c_proj, [e, e])?;
        self.layer_norm(&format!("{path}/ln_2"), ln_2)?;
        self.conv1d(&format!("{path}/mlp/c_fc"), &mlp.c_fc, [e, 4 * e])?;
        self.conv1d(&format!("{path}/mlp/c_proj"), &mlp.c_proj, [4 * e, e])
    }

    fn conv1d(&self, path: &str, conv: &Conv1d, expected: [usize; 2]) -> Result<(), ShapeError> {
        self.tensor(&format!("{path}/w"), conv.w.shape(), &expected)?;
        self.tensor(&format!("{path}/b"), conv.b.shape(), &expected[1..])
    }

    fn layer_norm(&self, path: &str, norm: &LayerNorm) -> Result<(), ShapeError> {
        self.tensor(&format!("{path}/g"), norm.g.shape(), &[self.n_embd])?;
        self.tensor(&format!("{path}/b"), norm.b.shape(), &[self.n_embd])
    }

    fn tensor(&self, name: &str, found: &[usize], expected: &[usize]) -> Result<(), ShapeError> {
        if found == expected {
            return Ok(());
        }
        Err(ShapeError::Tensor {
            name: name.to_owned(),
            n_embd: self.n_embd,
            found: found.to_vec(),
            expected: expected.to_vec(),
        })
    }
}
