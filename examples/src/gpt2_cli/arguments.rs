//! The command line arguments.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Continue a text with GPT-2.
///
/// Loads a GPT-2 in the format of OpenAI's release, prints the field of each variable, and continues a text.
#[derive(Clone, Debug, Parser)]
#[command(name = "gpt2", version, after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub struct Arguments {
    /// Directory of the model [default: the one in this repository]
    ///
    /// It contains `checkpoint`, `hparams.json`, `encoder.json`, `vocab.bpe` and `model.ckpt.*` of OpenAI's release, from 124M to
    /// 1558M.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Reader of the checkpoint: `native` or `tensorflow` [default: native]
    ///
    /// `tensorflow` needs an example with the feature `tensorflow`, and TensorFlow's library. If one is missing, the error says
    /// how to get it. The text is the same.
    #[arg(long, value_enum, value_name = "READER", default_value_t)]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    pub source: Source,
    /// Text to continue [default: "ROMEO:" and a new line]
    ///
    /// An empty text starts with `<|endoftext|>`, if the model has this token.
    #[arg(long, value_name = "TEXT", default_value = "ROMEO:\n", hide_default_value = true)]
    pub prompt: String,
    /// Maximum number of new tokens
    ///
    /// The text ends earlier at `<|endoftext|>`. It can be longer than the context of the model: the older half of a full context
    /// is dropped.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub tokens: usize,
    /// Always choose the most likely token
    #[arg(long, conflicts_with_all = ["temperature", "top_k", "seed"])]
    pub greedy: bool,
    /// Temperature: near 0 for the most likely tokens, 1 for the probabilities of the model
    #[arg(long, value_name = "T", default_value_t = 0.7, value_parser = temperature)]
    pub temperature: f32,
    /// Choose among the K most likely tokens; 0 for all tokens
    #[arg(long, value_name = "K", default_value_t = 40)]
    pub top_k: usize,
    /// Seed of the random choices
    #[arg(long, value_name = "N", default_value_t = 38)]
    pub seed: u64,
    /// Print the N most likely next tokens with their logits, and no text; 10 without N, 0 for all
    ///
    /// Each line has the number of the token, its text, its logit and its probability.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "10")]
    #[arg(conflicts_with_all = ["tokens", "greedy", "temperature", "top_k", "seed"])]
    pub logits: Option<usize>,
    /// Save the loaded model with its files in this directory
    ///
    /// `--model` accepts the directory: a TensorFlow checkpoint, `hparams.json`, `encoder.json` and `vocab.bpe`.
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
    /// Print only the text
    #[arg(long)]
    pub quiet: bool,
}

/// The reader of the checkpoint.
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
