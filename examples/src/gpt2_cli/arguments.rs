//! The command line arguments.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Continue a text with GPT-2.
///
/// Loads a GPT-2 as OpenAI released it, shows which variable of the checkpoint went where, and continues a text.
#[derive(Clone, Debug, Parser)]
#[command(name = "gpt2", version, after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The directory of the model [default: the one in this repository]
    ///
    /// It holds `checkpoint`, `hparams.json`, `encoder.json`, `vocab.bpe` and `model.ckpt.*`, as OpenAI released them,
    /// of any size from 124M to 1558M.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// What reads the checkpoint: `native` or `tensorflow` [default: native]
    ///
    /// For `tensorflow` the example has to be built with the feature `tensorflow`, and needs TensorFlow's library: what is
    /// said without them tells how to get both. The text is the same.
    #[arg(long, value_enum, value_name = "READER", default_value_t)]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    pub source: Source,
    /// The text to continue [default: "ROMEO:" and a new line]
    ///
    /// An empty text starts from `<|endoftext|>`, if the model has that token.
    #[arg(long, value_name = "TEXT", default_value = "ROMEO:\n", hide_default_value = true)]
    pub prompt: String,
    /// How many tokens to write at most
    ///
    /// There are fewer where the model ends its text with `<|endoftext|>`. There can be more than the model reads at once:
    /// each time that its context is full, the older half of it is forgotten.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub tokens: usize,
    /// Always take the most likely token
    #[arg(long, conflicts_with_all = ["temperature", "top_k", "seed"])]
    pub greedy: bool,
    /// How adventurous the choice is: near 0 hardly, at 1 as the model says
    #[arg(long, value_name = "T", default_value_t = 0.7, value_parser = temperature)]
    pub temperature: f32,
    /// Choose among the K most likely tokens, or among all for 0
    #[arg(long, value_name = "K", default_value_t = 40)]
    pub top_k: usize,
    /// The same seed makes the same choices
    #[arg(long, value_name = "N", default_value_t = 38)]
    pub seed: u64,
    /// Show the N most likely next tokens (10 if N is not given, all for 0) with their logits, and no text
    ///
    /// One line for each: its number, its text, its logit, and how likely it is to follow the prompt.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "10")]
    #[arg(conflicts_with_all = ["tokens", "greedy", "temperature", "top_k", "seed"])]
    pub logits: Option<usize>,
    /// Save the model that was loaded in this directory, with its files, before any text
    ///
    /// The directory is one that `--model` takes: a checkpoint of TensorFlow beside `hparams.json`, `encoder.json` and `vocab.bpe`.
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
    /// Show neither what was loaded nor how long it took
    #[arg(long)]
    pub quiet: bool,
}

/// What reads the checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Source {
    /// `checkpoint-core`.
    #[default]
    Native,
    /// `checkpoint-tensorflow`.
    #[value(name = "tensorflow")]
    TensorFlow,
}

const EXAMPLES: &str = r#"Examples:
  cargo run --release --example gpt2
  cargo run --release --example gpt2 -- --prompt "To be, or not to be" --seed 7
  cargo run --release --example gpt2 -- --prompt $'JULIET:\nO ' --greedy --tokens 40
  cargo run --release --example gpt2 -- --model models/124M --prompt "Alan Turing theorized that" --logits 5
  cargo run --release --example gpt2 -- --save copy --tokens 0"#;

impl Arguments {
    /// Returns the model's directory.
    #[must_use]
    pub fn model(&self) -> PathBuf {
        let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/models/gpt2-bard");
        self.model.clone().unwrap_or_else(|| shipped.into())
    }
}

fn temperature(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(temperature) if temperature.is_finite() && temperature > 0.0 => Ok(temperature),
        Ok(0.0) => Err("a temperature is above 0; `--greedy` takes the most likely token".into()),
        _ => Err("a temperature is a number above 0".into()),
    }
}
