//! GPT-2, loaded from a directory as `OpenAI` released it. A model crate could look like this module.
//!
//! ```
//! use checkpoint_core::FromCheckpoint;
//! use checkpoint_examples::gpt2::{Context, Gpt2, Hparams, LanguageModel, Tokenizer, most_likely};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/models/gpt2-bard");
//! let model = LanguageModel::new(Gpt2::load(directory)?, Hparams::read(directory)?)?;
//! let tokenizer = Tokenizer::read(directory)?;
//!
//! let context = Context::new(&model, &tokenizer.encode("To be, or not to")?)?;
//! let (best, _) = most_likely(context.logits(), 1)[0];
//! assert_eq!(tokenizer.bytes(best), Some(b" be".as_slice()));
//! # Ok(())
//! # }
//! ```

mod heads;
mod model;
mod parallel;

mod hparams;
mod shapes;

mod context;
mod language_model;

mod sample;
mod tokenizer;

mod file;

pub use context::{Context, ContextError};
pub use file::FileError;
pub use heads::{BlockHeads, Gpt2Heads, Heads};
pub use hparams::{Hparams, HparamsError};
pub use language_model::LanguageModel;
pub use model::{Attention, Block, Conv1d, Gpt2, LayerNorm, Mlp};
pub use parallel::{AttentionParallel, BlockParallel, Gpt2Parallel, MlpParallel, Sum};
pub use sample::{Sampler, most_likely, probabilities};
pub use shapes::ShapeError;
pub use tokenizer::{TextStream, Tokenizer, TokenizerError};
