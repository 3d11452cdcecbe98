//! Writes a checkpoint of GPT-2, laid out as OpenAI's, with pseudo-random values: for measurements at full size.

use std::path::PathBuf;
use std::process::ExitCode;

use checkpoint_tests::gpt2::{self, Hparams};
use clap::Parser;
use clap::builder::RangedU64ValueParser;

/// Write a checkpoint of GPT-2 with pseudo-random values, laid out as OpenAI released it.
#[derive(Parser)]
struct Arguments {
    /// The directory for `checkpoint`, `hparams.json`, `model.ckpt.index` and the data file.
    out_dir: PathBuf,
    /// The released model that gives the hyper-parameters which are not set.
    #[arg(long, default_value = "124M", value_parser = Hparams::SIZES)]
    size: String,
    /// The number of tokens.
    #[arg(long, value_parser = count())]
    vocab: Option<u64>,
    /// The number of positions.
    #[arg(long, value_parser = count())]
    context: Option<u64>,
    /// The width of the model.
    #[arg(long, value_parser = count())]
    embd: Option<u64>,
    /// The number of attention heads.
    #[arg(long, value_parser = count())]
    heads: Option<u64>,
    /// The number of blocks.
    #[arg(long, value_parser = count())]
    layers: Option<u64>,
}

/// Parses a number of at least 1, with an upper limit beyond any model.
fn count() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(1..=1_000_000)
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<String, String> {
    let hparams = hparams(arguments)?;
    let dir = &arguments.out_dir;
    gpt2::write(&hparams, dir)
        .map_err(|error| format!("cannot write to `{}`: {error}", dir.display()))?;
    let (tensors, parameters) = (hparams.tensors().len(), hparams.parameters());
    Ok(format!(
        "wrote `{}`: {tensors} tensors of {parameters} parameters",
        dir.join("model.ckpt").display()
    ))
}

fn hparams(arguments: &Arguments) -> Result<Hparams, String> {
    let released =
        Hparams::released(&arguments.size).ok_or("the size is not that of a released model")?;
    let hparams = Hparams {
        n_vocab: arguments.vocab.unwrap_or(released.n_vocab),
        n_ctx: arguments.context.unwrap_or(released.n_ctx),
        n_embd: arguments.embd.unwrap_or(released.n_embd),
        n_head: arguments.heads.unwrap_or(released.n_head),
        n_layer: arguments.layers.unwrap_or(released.n_layer),
    };
    if !hparams.n_embd.is_multiple_of(hparams.n_head) {
        let (width, heads) = (hparams.n_embd, hparams.n_head);
        return Err(format!(
            "{heads} heads cannot share a width of {width}; set `--embd` to a multiple of `--heads`"
        ));
    }
    Ok(hparams)
}
