//! The command line.

use clap::{Parser, Subcommand};

use crate::convert::Convert;
use crate::diff::Diff;
use crate::digest::Digest;
use crate::explain::Explain;
use crate::failure::{Failure, Status};
use crate::help_files::{Completions, ManPages};
use crate::ls::List;
use crate::manifest::Manifest;
use crate::output::Color;
use crate::recover::Recover;
use crate::report::Report;
use crate::scaffold::Scaffold;
use crate::show::Show;
use crate::verify::Verify;

/// The end of every help text.
macro_rules! with_statuses {
    ($examples:literal) => {
        concat!(
            $examples,
            "\n\nExit status:
  0  success
  1  a variable is damaged, different, unreadable or missing
  2  the checkpoint cannot be read, the command line is invalid, or the output cannot be written"
        )
    };
}

/// Inspect, compare and convert checkpoints of TensorFlow, safetensors, PyTorch and NumPy
#[derive(Debug, Parser)]
#[command(
    name = "ckpt",
    version,
    max_term_width = 100,
    after_help = with_statuses!(
        "Examples:
  ckpt ls models/124M
  ckpt show models/124M model/wte
  ckpt explain models/124M model/wte
  ckpt verify models/124M
  ckpt digest models/124M
  ckpt diff models/124M gpt2.safetensors
  ckpt convert models/124M gpt2.safetensors
  ckpt manifest models/124M -o gpt2.txt
  ckpt scaffold --name Gpt2 models/124M
  ckpt report models/124M -o 124M.html"
    )
)]
pub(crate) struct CommandLine {
    /// Colors: `auto` (see `NO_COLOR`), `always` or `never`
    #[arg(
        long,
        global = true,
        value_enum,
        hide_possible_values = true,
        value_name = "WHEN",
        default_value = "auto"
    )]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the variables with their dtypes, shapes and sizes
    #[command(after_help = with_statuses!(
        "A GLOB matches whole names: `*` any text without `/`, `**` any text, `**/` any number of segments,
`?` one character, `[a-z]` and `[!a-z]` one character of a set.

A checkpoint of `tf.train.Checkpoint` also has object paths (`--naming object_path`) and the names
that layers gave (`--naming full_name`). A variable with several names is listed under each.

Examples:
  ckpt ls models/124M
  ckpt ls --tree models/124M
  ckpt ls models/124M 'model/h0/**' '**/wte'
  ckpt ls --json models/124M
  ckpt ls --top 10 models/124M
  ckpt ls --naming full_name models/keras"
    ))]
    Ls(List),
    /// Show the place, the statistics and the first elements of a variable
    #[command(after_help = with_statuses!(
        "Minimum, maximum and mean are those of the finite elements. NAME can be a key, an object path or a
full name.

Examples:
  ckpt show models/124M model/wte
  ckpt show --values 100 models/124M model/ln_f/g
  ckpt show --plot models/124M model/wte"
    ))]
    Show(Show),
    /// Show the names, the family and the optimizer slots of a variable, and the field that takes it
    #[command(after_help = with_statuses!(
        "The family has all names that differ only in numbers, with the same dtype and shape. The field is
that of the structs that `ckpt scaffold` writes. NAME can be a key, an object path or a full name.

Examples:
  ckpt explain models/124M model/h0/attn/c_attn/w
  ckpt explain --verify --json models/124M model/wte"
    ))]
    Explain(Explain),
    /// Print the SHA-256 of each variable's elements, as one line of JSON for each variable
    #[command(after_help = with_statuses!(
        "The elements are in row-major order and little-endian. An element of fewer than 8 bits takes a byte.
A string is its length, of 64 bits, and its bytes. Checkpoints of any formats with equal lines have
equal contents.

Examples:
  ckpt digest models/124M
  ckpt digest models/124M > 124M.digest"
    ))]
    Digest(Digest),
    /// Verify all checksums, or compare all tensors with those that TensorFlow reads
    #[command(after_help = with_statuses!(
        "Standard error lists the variables that are damaged, different or unreadable.

`--against tensorflow` needs a `ckpt` with the feature `tensorflow`, and TensorFlow's library. If
one is missing, the error says how to get it. `TF_CPP_MIN_LOG_LEVEL=2` in the environment silences
the library.

Examples:
  ckpt verify models/124M
  ckpt verify --against tensorflow models/124M
  ckpt verify models/124M && echo undamaged"
    ))]
    Verify(Verify),
    /// Compare the names, dtypes, shapes and values of two checkpoints of any formats
    #[command(after_help = "\
Variables are compared by name, and numbers by value, even if their dtypes differ. NaN equals NaN,
and -0 equals 0. A relative difference is that to the larger of two numbers. Variables whose names
differ only in numbers, with the same kind of difference, are one line.

Examples:
  ckpt diff models/124M models/124M.npz
  ckpt diff --no-values old/model.safetensors new/model.safetensors

Exit status:
  0  the checkpoints are equal
  1  the checkpoints differ
  2  a checkpoint cannot be read, a variable cannot be compared, or the command line is invalid")]
    Diff(Diff),
    /// Convert a checkpoint to another format, other names, layouts or dtypes
    #[command(after_help = with_statuses!(
        "Without rules, names and layouts do not change. A rule changes the name and the layout of variables,
in the language of `#[ckpt(...)]`. A file of rules has one per line:

  model/wte                -> wte.weight
  model/h<i>/attn/c_attn/w -> h.<i>.attn.c_attn.weight : squeeze(0)
  optional model/extra     -> extra
  ignore optimizer, \"global_step\"
  keep \"other/**\"

The steps are `squeeze`, `expand`, `transpose`, `permute`, `reshape`, `shape`, `slice`, `chunk`,
`reorder`, `split` (into several variables) and `concat` (of several variables). The rules must
rename, ignore or keep every variable, and every rule must match one, unless it is `optional`.
Otherwise nothing is written. `--model` has rules for `gpt2`, `bert`, `albert`, `t5`, `electra`,
`electra-generator`, `mobilenet-v1` and `mobilenet-v2`.

Keys of Keras and `tf.train.Checkpoint` are long. `--naming full_name` or `object_path`, or the line
`naming full_name` in a file of rules, uses the names that `ckpt ls --naming full_name` lists.

With `--part`, several processes write the data files, whose size `--max-shard-size` limits. An
interrupted part continues at its next run. `--finish` writes the index, after all parts. `--part
env` uses the rank from Open MPI, MPICH, Slurm or torchrun.

The new checkpoint is read back and compared. An interrupted conversion leaves no checkpoint that
opens. Strings are only possible in TensorFlow's format; for other formats, `--ignore` them.
PyTorch, GGUF and HDF5 files are not written.

Examples:
  ckpt convert models/124M gpt2.npz
  ckpt convert --model gpt2 models/124M gpt2.safetensors
  ckpt convert --model gpt2 --reverse gpt2.safetensors out/model.ckpt
  ckpt convert --rules names.rules --dry-run models/124M out/model.safetensors
  ckpt convert --naming full_name --ignore optimizer models/keras keras.safetensors
  ckpt convert --part 1/4 --max-shard-size 5GB models/T5 t5.safetensors
  ckpt convert --finish --max-shard-size 5GB models/T5 t5.safetensors
  ckpt convert --dtype bf16 --ignore optimizer --ignore bookkeeping models/bert bert.safetensors"
    ))]
    Convert(Convert),
    /// Write a manifest: the variables of a checkpoint as text, to check structs at compile time
    #[command(after_help = with_statuses!(
        "A struct with `#[ckpt(manifest = \"gpt2.txt\")]` only compiles if it fits the manifest.
Variables of the same dtype and shape whose names differ only in numbers are one line.

`--check` prints the lines that differ: `- ` those of the file, `+ ` those of the checkpoint. The
exit status is then 1.

Examples:
  ckpt manifest models/124M
  ckpt manifest models/124M -o gpt2.txt
  ckpt manifest models/124M -o gpt2.txt --check
  ckpt manifest models/keras --naming object_path -o keras.txt"
    ))]
    Manifest(Manifest),
    /// Write Rust structs that load a checkpoint, with `#[derive(FromCheckpoint)]`
    #[command(after_help = with_statuses!(
        "The structs take all variables except optimizer slots and counters. Names such as `layer_0` and
`layer_1` become a `Vec`, and equal parts become one struct. Lengths become symbols: `dim_768`, or
`n_embd` if `hparams.json` or `config.json` beside the checkpoint has this length.

A checkpoint with an object graph has keys, object paths and full names. The most readable ones are
used, unless `--naming` is given.

Examples:
  ckpt scaffold --name Gpt2 models/124M
  ckpt scaffold models/124M -o src/model.rs
  ckpt scaffold --manifest gpt2.txt models/124M -o src/model.rs
  ckpt scaffold --save --root model/h0 models/124M
  ckpt scaffold --dialect hf=model.safetensors models/124M"
    ))]
    Scaffold(Scaffold),
    /// Complete an interrupted save over an existing checkpoint
    #[command(after_help = with_statuses!(
        "A save over an existing checkpoint first writes all new files, and then renames them. If it is
interrupted between two renames, the checkpoint does not open. This command makes the remaining
renames. The next save to the same path makes them too.

Examples:
  ckpt recover models/124M/model.ckpt"
    ))]
    Recover(Recover),
    /// Write an HTML page: the tree, sizes, statistics and histograms of a checkpoint
    #[command(after_help = with_statuses!(
        "The page is one HTML file and needs no network. It has the tree of names with a search, a treemap of
the sizes, and the structs that `ckpt scaffold` writes. Each variable has statistics, a histogram
and a heat map. Unusual values are flagged: NaN, infinities, only zeros, rows of zeros.

All tensors are read, and their checksums are verified. Standard error and the page list the
variables that cannot be read.

With a second checkpoint, the page shows the differences that `ckpt diff` finds. Rules change the
names and layouts of the first checkpoint.

Examples:
  ckpt report models/124M -o 124M.html
  ckpt report --no-values models/124M -o 124M.html
  ckpt report --model gpt2 models/124M gpt2.safetensors -o gpt2.html"
    ))]
    Report(Report),
    /// Print completions for a shell
    #[command(after_help = with_statuses!(
        "Examples:
  ckpt completions bash > ~/.local/share/bash-completion/completions/ckpt
  ckpt completions fish > ~/.config/fish/completions/ckpt.fish"
    ))]
    Completions(Completions),
    /// Write a manual page for each command
    #[command(after_help = with_statuses!(
        "Examples:
  ckpt man ~/.local/share/man/man1"
    ))]
    Man(ManPages),
}

impl Command {
    pub(crate) fn run(self) -> Result<Status, Failure> {
        match self {
            Self::Ls(list) => list.run(),
            Self::Show(show) => show.run(),
            Self::Explain(explain) => explain.run(),
            Self::Digest(digest) => digest.run(),
            Self::Diff(diff) => diff.run(),
            Self::Convert(convert) => convert.run(),
            Self::Verify(verify) => verify.run(),
            Self::Manifest(manifest) => manifest.run(),
            Self::Scaffold(scaffold) => scaffold.run(),
            Self::Recover(recover) => recover.run(),
            Self::Report(report) => report.run(),
            Self::Completions(completions) => completions.run(),
            Self::Man(pages) => pages.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_examples_in_the_help_are_right() {
        let line = CommandLine::command();
        line.clone().debug_assert();
        let mut examples = 0;
        for help in std::iter::once(&line).chain(line.get_subcommands()) {
            let help = help.get_after_help().unwrap().to_string();
            for example in help.lines().filter_map(|line| line.strip_prefix("  ckpt ")) {
                let example = example.split(['>', '&']).next().unwrap().replace('\'', "");
                let words = std::iter::once("ckpt").chain(example.split_whitespace());
                assert!(CommandLine::try_parse_from(words).is_ok(), "{example}");
                examples += 1;
            }
        }
        assert_eq!(examples, 52);
    }
}
