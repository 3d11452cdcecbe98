//! `ckpt convert`: another checkpoint of the same weights.

mod config;

use std::io::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use checkpoint_core::{
    ConvertOptions, DType, Progress, Rank, RankError, SaveOptions, Variable, convert,
    convert_finish, convert_part, convert_plan,
};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use indicatif::ProgressBar;
use serde_json::Value;

use crate::arguments::CheckpointArgs;
use crate::convert::config::Config;
use crate::failure::{Failure, Status};
use crate::output::{self, counted};
use crate::remote::{self, Upload};
use crate::rule_args::RuleArgs;
use crate::verify::bar;

#[derive(Args, Debug)]
pub(crate) struct Convert {
    #[command(flatten)]
    from: CheckpointArgs,
    /// Path or URL: `x.safetensors`, `x.npz`, `x/` for `.npy` files, or TensorFlow's
    to: PathBuf,
    /// Format: `tensorflow`, `safetensors`, `npz`, `npy` [default: by path]
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    #[command(flatten)]
    rules: RuleArgs,
    /// Entry of the `config.json` that `--model` writes
    #[arg(long, value_name = "KEY=VALUE", value_parser = config::entry)]
    config: Vec<(String, Value)>,
    /// Convert only variables that a glob matches
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    /// Round floats to this dtype: `f64`, `f32`, `f16`, `bf16`
    #[arg(long, value_name = "DTYPE", value_parser = dtypes(), hide_possible_values = true)]
    dtype: Option<DType>,
    /// Maximum size of a TensorFlow or safetensors data file: `5GB`
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_shard_size: Option<u64>,
    /// Replace an existing checkpoint
    #[arg(long)]
    overwrite: bool,
    /// Number of threads [default: one for each core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,
    /// Do not read the new checkpoint back
    #[arg(long)]
    no_verify: bool,
    /// Print the new names and layouts, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    parts: Parts,
}

/// A conversion by several processes.
#[derive(Args, Debug)]
struct Parts {
    /// Convert one of several parts: `1/4`, or `env` for this rank
    #[arg(long, value_name = "I/N", value_parser = part, conflicts_with_all = ["finish", "overwrite", "dry_run"])]
    part: Option<Rank>,
    /// Complete a conversion in parts
    #[arg(long, conflicts_with_all = ["overwrite", "dry_run"])]
    finish: bool,
}

fn dtypes() -> impl clap::builder::TypedValueParser<Value = DType> {
    PossibleValuesParser::new(["f64", "f32", "f16", "bf16"])
        .map(|name| DType::from_short(&name).unwrap_or(DType::Float32))
}

/// Parses `1/4` or `env`.
fn part(text: &str) -> Result<Rank, String> {
    if text != "env" {
        return text.parse().map_err(|error: RankError| error.to_string());
    }
    let rank = Rank::from_env().map_err(|error| error.to_string())?;
    rank.ok_or_else(|| "no launcher says a rank; write a part such as `1/4`".to_owned())
}

/// Parses `5GB`, `500MB` or `1000`.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        unit => return Err(format!("unknown unit `{unit}`; write bytes, or kB, MB or GB")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("`{digits}` is not a whole number"))?;
    number.checked_mul(unit).ok_or_else(|| "no file is as long".to_owned())
}

impl Convert {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let rules = self.rules.rules()?;
        let from = self.from.open()?;
        if self.dry_run {
            let (catalog, decided) = convert_plan(&from, &rules, &self.only)?;
            let count = counted(decided.targets.len() as u64, "variable");
            return output::finish(Status::Good, |out| {
                rules
                    .summary(&catalog, &decided)
                    .iter()
                    .try_for_each(|row| writeln!(out, "{row}"))?;
                for (glob, numbers) in &decided.ignored {
                    writeln!(
                        out,
                        "ignored by `{glob}`: {}",
                        counted(numbers.len() as u64, "variable")
                    )?;
                }
                writeln!(out, "{count}; nothing was written")
            });
        }
        let upload = remote::url(&self.to).map(|url| self.upload(url)).transpose()?;
        let to = upload.as_ref().map_or(&*self.to, Upload::path);
        let sizes = from.variables().iter().map(Variable::size);
        let bar = bar(sizes.fold(0, u64::saturating_add));
        if let Some(part) = self.parts.part {
            let report = convert_part(&from, to, &rules, self.options(&bar), part)?;
            bar.finish_and_clear();
            return output::finish(Status::Good, |out| {
                writeln!(out, "part {} of {}: {report}", part.index() + 1, part.size())
            });
        }
        let config = self.config(to, upload.as_ref())?;
        let convert = if self.parts.finish { convert_finish } else { convert };
        let mut report = convert(&from, to, &rules, self.options(&bar))?;
        bar.finish_and_clear();
        if let Some(config) = &config {
            config.write()?;
        }
        if let Some(upload) = &upload {
            let others: Vec<&Path> = config.iter().map(Config::path).collect();
            upload.finish(&mut report.saved, &others, !self.no_verify)?;
        }
        output::finish(Status::Good, |out| {
            writeln!(out, "{report}")?;
            config.iter().try_for_each(|config| writeln!(out, "{}", config.line()))
        })
    }

    /// Prepares a conversion to a URL.
    fn upload(&self, url: &str) -> Result<Upload, Failure> {
        let refused = |problem| Err(Failure::ToUrl { url: url.to_owned(), problem });
        if self.parts.part.is_some() || self.parts.finish {
            return refused("parts need a common folder; write files, and upload them");
        }
        if self.overwrite {
            return refused(
                "a store replaces files one by one; write to another URL, or remove the checkpoint first",
            );
        }
        Upload::new(url)
    }

    /// The `config.json` that follows from the hyper-parameters, for a conversion to PyTorch's names.
    fn config(&self, to: &Path, upload: Option<&Upload>) -> Result<Option<Config>, Failure> {
        let is_safetensors = match &self.format {
            Some(format) => format == "safetensors",
            None => self.to.extension().is_some_and(|end| end == "safetensors"),
        };
        match self.rules.to_pytorch().filter(|_| is_safetensors) {
            Some(model) => {
                let is_there = upload.map(|upload| upload.has(config::NAME)).transpose()?;
                let is_there = is_there.unwrap_or(to.with_file_name(config::NAME).exists());
                let is_kept = is_there && !self.overwrite;
                if let (Some(url), true) =
                    (remote::url(&self.to), is_kept && !self.config.is_empty())
                {
                    let (url, problem) = (
                        url.to_owned(),
                        "there is a `config.json` beside it; remove that first, or leave out `--config`",
                    );
                    return Err(Failure::ToUrl { url, problem });
                }
                Config::new(model, self.from.path(), to, &self.config, is_kept)
            }
            None => Ok(None),
        }
    }

    fn options<'a>(&'a self, bar: &'a ProgressBar) -> ConvertOptions<'a> {
        let mut save = SaveOptions::new()
            .overwrite(self.overwrite)
            .threads(self.threads.map_or(0, NonZero::get))
            .on_progress(|progress: Progress| {
                bar.set_length(progress.total);
                bar.set_position(progress.done);
            });
        if let Some(format) = &self.format {
            save = save.format(format);
        }
        if let Some(dtype) = self.dtype {
            save = save.dtype(dtype);
        }
        if let Some(size) = self.max_shard_size {
            save = save.max_shard_size(size);
        }
        ConvertOptions::new().save(save).only(&self.only).verify(!self.no_verify)
    }
}
