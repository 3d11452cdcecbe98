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
  0  all is well
  1  a variable is damaged, differs or cannot be read, or there is none of that name
  2  there is no checkpoint that can be read, the command line is wrong, or the output cannot be
     written"
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
        "A GLOB stands for whole names: `*` for any text without `/`, `**` for any text, `**/` for any
number of whole segments, `?` for one character, `[a-z]` and `[!a-z]` for one of some.

In a checkpoint of `tf.train.Checkpoint`, variables can be called by the paths of objects that lead
to them, `--naming object_path`, or by what the layers called them, `--naming full_name`. One with
several names is listed under each.

Examples:
  ckpt ls models/124M
  ckpt ls --tree models/124M
  ckpt ls models/124M 'model/h0/**' '**/wte'
  ckpt ls --json models/124M
  ckpt ls --top 10 models/124M
  ckpt ls --naming full_name models/keras"
    ))]
    Ls(List),
    /// Show a variable: where it is, statistics of its elements, and the first of them
    #[command(after_help = with_statuses!(
        "The minimum, the maximum and the mean are those of the finite elements. In a checkpoint of
`tf.train.Checkpoint`, a path of objects or a full name will do for a name, too.

Examples:
  ckpt show models/124M model/wte
  ckpt show --values 100 models/124M model/ln_f/g
  ckpt show --plot models/124M model/wte"
    ))]
    Show(Show),
    /// Explain a variable: its names, family and slots, and the field of a struct that takes it
    #[command(after_help = with_statuses!(
        "The family is that of all names which differ only in numbers and hold the same. The field is the
one that `ckpt scaffold` writes. A name is what it is for `ckpt show`.

Examples:
  ckpt explain models/124M model/h0/attn/c_attn/w
  ckpt explain --verify --json models/124M model/wte"
    ))]
    Explain(Explain),
    /// Print a SHA-256 of each variable's elements, as JSON, one variable a line
    #[command(after_help = with_statuses!(
        "The SHA-256 is that of the elements in row-major order, little-endian, one byte for an element of
fewer bits; of strings, for each its length as 64 bits, then its bytes. Two checkpoints with the
same lines hold the same, however they are stored.

Examples:
  ckpt digest models/124M
  ckpt digest models/124M > 124M.digest"
    ))]
    Digest(Digest),
    /// Compare every checksum with what is stored, or every tensor with what TensorFlow reads
    #[command(after_help = with_statuses!(
        "Each variable that is damaged, differs or cannot be read is named on standard error.

To compare with TensorFlow, `ckpt` has to be built with the feature `tensorflow`, and needs its
library: what is said without them tells how to get both. `TF_CPP_MIN_LOG_LEVEL=2` in the
environment keeps the library from writing notes.

Examples:
  ckpt verify models/124M
  ckpt verify --against tensorflow models/124M
  ckpt verify models/124M && echo all is well"
    ))]
    Verify(Verify),
    /// Compare two checkpoints of any formats: names, dtypes, shapes and values
    #[command(after_help = "\
Variables are compared by their names. Numbers are compared as numbers, also where their dtypes
differ: NaN is the same as NaN, and -0 as 0. A difference is relative to the larger one of both.
Variables whose names differ only in numbers, and which differ in the same way, are one line.

Examples:
  ckpt diff models/124M models/124M.npz
  ckpt diff --no-values old/model.safetensors new/model.safetensors

Exit status:
  0  the checkpoints hold the same
  1  they differ
  2  one cannot be read, a variable cannot be compared, or the command line is wrong")]
    Diff(Diff),
    /// Write another checkpoint of the same weights: other format, names, layouts or dtype
    #[command(after_help = with_statuses!(
        "Without rules, names and layouts stay. A rule gives variables other names and layouts, in the
language of `#[ckpt(...)]`; a file of rules has one on each line:

  model/wte                -> wte.weight
  model/h<i>/attn/c_attn/w -> h.<i>.attn.c_attn.weight : squeeze(0)
  optional model/extra     -> extra
  ignore optimizer, \"global_step\"
  keep \"other/**\"

Steps are `squeeze`, `expand`, `transpose`, `permute`, `reshape`, `shape`, `slice`, `chunk`,
`reorder`, `split` (into several names) and `concat` (of several). Each variable is renamed, ignored
or kept, and each rule that is not `optional` renames one; otherwise nothing is written. `--model`
has rules for `gpt2`, `bert`, `albert`, `t5`, `electra`, `electra-generator`, `mobilenet-v1` and
`mobilenet-v2`.

With `--part`, several processes share the data files, whose length `--max-shard-size` limits. A
part that was stopped goes on where it was. `--finish` writes the index when all parts have run.
`--part env` takes the rank that Open MPI, MPICH, Slurm or torchrun gives.

The new checkpoint is read back and compared. A conversion that is interrupted leaves nothing that
opens. Only TensorFlow's format holds strings: `--ignore` them for the others. Files of PyTorch,
GGUF and HDF5 are not written.

Examples:
  ckpt convert models/124M gpt2.npz
  ckpt convert --model gpt2 models/124M gpt2.safetensors
  ckpt convert --model gpt2 --reverse gpt2.safetensors out/model.ckpt
  ckpt convert --rules names.rules --dry-run models/124M out/model.safetensors
  ckpt convert --part 1/4 --max-shard-size 5GB models/T5 t5.safetensors
  ckpt convert --finish --max-shard-size 5GB models/T5 t5.safetensors
  ckpt convert --dtype bf16 --ignore optimizer --ignore bookkeeping models/bert bert.safetensors"
    ))]
    Convert(Convert),
    /// Write what a checkpoint holds as text, which structs can be compiled against
    #[command(after_help = with_statuses!(
        "A struct with `#[ckpt(manifest = \"gpt2.txt\")]` compiles only if it fits what the file says.
Variables that hold the same and whose names differ only in numbers are one line.

With `--check`, variables are called as in the file. What differs is printed by its lines: `- ` and
what the file says, `+ ` and what the checkpoint holds. The status is 1 then.

Examples:
  ckpt manifest models/124M
  ckpt manifest models/124M -o gpt2.txt
  ckpt manifest models/124M -o gpt2.txt --check
  ckpt manifest models/keras --naming object_path -o keras.txt"
    ))]
    Manifest(Manifest),
    /// Write Rust structs that load a checkpoint, with `#[derive(FromCheckpoint)]`
    #[command(after_help = with_statuses!(
        "The structs take every variable but the slots of optimizers and counters. A family of names as
`layer_0`, `layer_1`, ... is a `Vec`; parts that are alike are one struct; and lengths are symbols,
such as `dim_768`, or `n_embd` if a `hparams.json` or `config.json` beside the checkpoint says so.

A checkpoint with an object graph has paths of objects, full names and keys. Those that read best
are taken, unless `--naming` says otherwise.

Examples:
  ckpt scaffold --name Gpt2 models/124M
  ckpt scaffold models/124M -o src/model.rs
  ckpt scaffold --manifest gpt2.txt models/124M -o src/model.rs
  ckpt scaffold --save --root model/h0 models/124M"
    ))]
    Scaffold(Scaffold),
    /// End a save that was cut short while it replaced the files of a checkpoint
    #[command(after_help = with_statuses!(
        "A save over an old checkpoint first completes all new files, and then gives them their names. If it
is stopped between two names, the checkpoint does not open, and this command goes on from there.
The next save to the path does so, too.

Examples:
  ckpt recover models/124M/model.ckpt"
    ))]
    Recover(Recover),
    /// Write a page for a browser: the tree, sizes, statistics and histograms of a checkpoint
    #[command(after_help = with_statuses!(
        "The page is one HTML file that needs no network. It has the tree of names with a search, a treemap
of the sizes, the statistics, a histogram and a heat map of each variable, and the structs that
`ckpt scaffold` writes. What is unusual is flagged: NaN, infinities, zeros only, rows of zeros.

All tensors are read for that, one on each thread, and their checksums are compared. A variable that
cannot be read is named on standard error and in the page.

With a second checkpoint, differences are flagged too, as `ckpt diff` finds them. Rules change the
names and layouts of the first.

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
        assert_eq!(examples, 50);
    }
}
