//! The command line of the GPT-2 example, as a function that tests can call.

mod arguments;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use checkpoint_core::{
    Checkpoint, FromCheckpoint, LoadError, LoadOptions, LoadReport, OpenError, SaveError,
    SaveOptions, SaveReport, ToCheckpoint,
};
use indicatif::{ProgressBar, ProgressStyle};
use thiserror::Error;

pub use self::arguments::{Arguments, Source};
use crate::gpt2::{
    Context, ContextError, Gpt2, Hparams, HparamsError, LanguageModel, Sampler, ShapeError,
    TextStream, Tokenizer, TokenizerError, most_likely, probabilities,
};

/// Errors of the example.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The model's directory is missing.
    #[error("there is no directory `{}`; `--model` takes one with the files of a GPT-2", .0.display())]
    NoDirectory(PathBuf),
    /// The hyper-parameters are not valid.
    #[error(transparent)]
    Hparams(#[from] HparamsError),
    /// The tokenizer's files are not valid, or lack tokens of the prompt.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The prompt is empty, and the model has no token to start a text from.
    #[error(
        "the prompt is empty, and the vocabulary has no `<|endoftext|>` to start a text from; give a text with `--prompt`"
    )]
    NoPrompt,
    /// The checkpoint is missing or cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// `TensorFlow` cannot be used, or cannot open the checkpoint.
    #[cfg(feature = "tensorflow")]
    #[error(transparent)]
    TensorFlow(#[from] checkpoint_tensorflow::Error),
    /// The example is built without `TensorFlow`.
    #[cfg(not(feature = "tensorflow"))]
    #[error(
        "this example was built without TensorFlow; build it with `cargo run --release -p checkpoint-examples \
         --features tensorflow --example gpt2 -- --source tensorflow`"
    )]
    WithoutTensorFlow,
    /// The checkpoint cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The model cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// A file of the model cannot be copied.
    #[error("cannot copy `{}`: {error}; save in another directory", path.display())]
    Copy {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// The checkpoint does not match the hyper-parameters.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The model cannot read the text.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// The text cannot be written.
    #[error("cannot write the text: {0}")]
    Write(#[from] io::Error),
}

impl Error {
    /// True if the reader of the output closed the pipe.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Loads the model, and writes the output that the arguments ask for to `out`. `bar` shows the progress of the load.
///
/// # Errors
/// Returns an error if the model cannot be loaded, if it cannot read the prompt, or if `out` cannot be written to.
pub fn run(arguments: &Arguments, out: &mut impl Write, bar: &ProgressBar) -> Result<(), Error> {
    let directory = arguments.model();
    if !directory.is_dir() {
        return Err(Error::NoDirectory(directory));
    }
    let hparams = Hparams::read(&directory)?;
    let tokenizer = Tokenizer::read(&directory)?;
    let prompt = prompt(&tokenizer, &arguments.prompt)?;
    let (weights, report) = load(&open(&directory, arguments.source)?, bar)?;
    let model = LanguageModel::new(weights, hparams)?;
    if !arguments.quiet {
        writeln!(out, "{report}\n")?;
    }
    if let Some(copy) = &arguments.save {
        let report = save(&model, &directory, copy)?;
        if !arguments.quiet {
            writeln!(out, "saved {report}\n")?;
        }
    }
    let context = Context::new(&model, &prompt)?;
    match arguments.logits {
        Some(count) => write_logits(context.logits(), count, &tokenizer, out),
        None => write_text(context, arguments, &tokenizer, out),
    }
}

/// Returns the tokens of the prompt, or the start token if it is empty.
fn prompt(tokenizer: &Tokenizer, prompt: &str) -> Result<Vec<usize>, Error> {
    if prompt.is_empty() {
        return tokenizer.end_of_text().map(|token| vec![token]).ok_or(Error::NoPrompt);
    }
    Ok(tokenizer.encode(prompt)?)
}

fn open(directory: &Path, source: Source) -> Result<Checkpoint, Error> {
    match source {
        Source::Native => Ok(Checkpoint::open(directory)?),
        #[cfg(feature = "tensorflow")]
        Source::TensorFlow => Ok(checkpoint_tensorflow::open(directory)?),
        #[cfg(not(feature = "tensorflow"))]
        Source::TensorFlow => Err(Error::WithoutTensorFlow),
    }
}

fn load(checkpoint: &Checkpoint, bar: &ProgressBar) -> Result<(Gpt2, LoadReport), Error> {
    let template = "loading {wide_bar} {decimal_bytes} of {decimal_total_bytes}";
    // With an invalid template, the default bar would stay.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let options = LoadOptions::new().on_progress(|progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    });
    let loaded = Gpt2::load_with(checkpoint, options);
    bar.finish_and_clear();
    Ok(loaded?)
}

/// Saves a model, and copies the files beside it.
fn save(model: &LanguageModel, from: &Path, to: &Path) -> Result<SaveReport, Error> {
    let options = SaveOptions::new().state_file(true);
    let report = model.weights().save_with(to.join("model.ckpt"), options)?;
    for file in ["hparams.json", "encoder.json", "vocab.bpe"] {
        let path = to.join(file);
        fs::copy(from.join(file), &path).map_err(|error| Error::Copy { path, error })?;
    }
    Ok(report)
}

/// Writes the prompt and its continuation, token by token.
fn write_text(
    mut context: Context<'_>,
    arguments: &Arguments,
    tokenizer: &Tokenizer,
    out: &mut impl Write,
) -> Result<(), Error> {
    let mut sampler = sampler(arguments);
    let mut stream = TextStream::default();
    write!(out, "{}", arguments.prompt)?;
    out.flush()?;
    let started = Instant::now();
    let mut written = 0;
    while written < arguments.tokens {
        let Some(token) = sampler.choose(context.logits()) else { break };
        if tokenizer.end_of_text() == Some(token) {
            break;
        }
        write!(out, "{}", stream.push(tokenizer.bytes(token)))?;
        out.flush()?;
        written += 1;
        if written < arguments.tokens {
            context.push(token)?;
        }
    }
    writeln!(out, "{}", stream.finish())?;
    if !arguments.quiet {
        let seconds = started.elapsed().as_secs_f64();
        writeln!(out, "\n{written} tokens in {seconds:.2} s")?;
    }
    Ok(())
}

fn sampler(arguments: &Arguments) -> Sampler {
    if arguments.greedy {
        Sampler::greedy()
    } else {
        Sampler::random(arguments.temperature, arguments.top_k, arguments.seed)
    }
}

/// Writes the most likely next tokens.
fn write_logits(
    logits: &[f32],
    count: usize,
    tokenizer: &Tokenizer,
    out: &mut impl Write,
) -> Result<(), Error> {
    let probabilities = probabilities(logits);
    writeln!(out, "{:>6}  {:<20}  {:>12}  {:>11}", "token", "text", "logit", "probability")?;
    let count = if count == 0 { logits.len() } else { count };
    for (token, logit) in most_likely(logits, count) {
        let probability = probabilities.get(token).copied().unwrap_or_default();
        let text = format!("{:?}", tokenizer.decode(&[token]));
        writeln!(out, "{token:>6}  {text:<20}  {logit:>12.6}  {probability:>11.6}")?;
    }
    Ok(())
}
