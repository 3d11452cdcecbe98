//! The cost of many small variables, per variable: opening, planning, loading. Also the cost of borrowing a GPT-2 of 124M
//! parameters.
//!
//! `cargo bench -p checkpoint-tests --bench many` writes checkpoints of 200, 2,000 and 20,000 variables to the system's temporary
//! folder, and prints the fastest of some rounds. The time per variable should be the same for all. With `-- WHAT` it only runs
//! the lines that contain this text.

use std::fs::File;
use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, LoadReport, Node, Owned};
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{PlanOptions, plan};
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::gpt2::Hparams;
use checkpoint_tests::models::{Layers, PlainGpt2};
use clap::Parser;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// The minimum number of rounds. `LONG` is their minimum duration.
const ROUNDS: usize = 15;
const LONG: Duration = Duration::from_millis(500);

/// All variables in one list.
#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Flat {
    #[ckpt(path = "layer_<i>/a", repeat)]
    all: Vec<Array1<f32>>,
}

/// All variables in one array.
#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Stacked {
    #[ckpt(path = "layer_<i>/a", stack(i, axis = 0))]
    all: Array2<f32>,
}

/// GPT-2, borrowed.
type Gpt2<'a> = PlainGpt2<ArrayView2<'a, f32>, ArrayView1<'a, f32>>;

/// Measure what many small variables cost, each.
#[derive(Parser)]
struct Arguments {
    /// Only what has this in its line.
    what: Option<String>,
    /// `cargo bench` says it.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> io::Result<()> {
    let Arguments { what, .. } = Arguments::parse();
    let what = what.unwrap_or_default();
    let measure = |line: &str, variables, round: &mut dyn FnMut() -> io::Result<Duration>| {
        if format!("{line} {variables}").contains(&what) {
            measure(line, variables, round)
        } else {
            Ok(())
        }
    };
    let folder = tempfile::tempdir()?;
    println!("| what | variables | time | each |\n| --- | --- | --- | --- |");
    for variables in [200, 2_000, 20_000] {
        let layers = layers(&folder.path().join(format!("layers-{variables}")), variables)?;
        let flat = flat(&folder.path().join(format!("flat-{variables}")), variables)?;
        measure("open", variables, &mut || timed(|| open(&layers)))?;
        measure("open and plan, in layers", variables, &mut || {
            plan_of::<Layers<Array1<f32>>>(&layers)
        })?;
        measure("open and plan, in one list", variables, &mut || plan_of::<Flat>(&flat))?;
        measure("open and load, one thread", variables, &mut || {
            timed(|| load::<Layers<Array1<f32>>>(&layers, 1))
        })?;
        measure("open and load, all cores", variables, &mut || {
            timed(|| load::<Layers<Array1<f32>>>(&layers, 0))
        })?;
        measure("open and load, stacked, one thread", variables, &mut || {
            timed(|| load::<Stacked>(&flat, 1))
        })?;
    }
    let (gpt2, variables) = gpt2(&folder.path().join("gpt2"))?;
    measure("GPT-2 124M: map and borrow, not verified", variables, &mut || borrow(&gpt2))
}

/// Prints the fastest of some rounds.
fn measure(
    what: &str,
    variables: usize,
    round: &mut dyn FnMut() -> io::Result<Duration>,
) -> io::Result<()> {
    let (mut fastest, mut rounds, begun) = (Duration::MAX, 0, Instant::now());
    while rounds < ROUNDS || begun.elapsed() < LONG {
        fastest = fastest.min(round()?);
        rounds += 1;
    }
    let micros = fastest.as_secs_f64() * 1e6;
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let each = micros / variables as f64;
    println!("| {what} | {variables} | {:.2} ms | {each:.2} us |", micros / 1e3);
    Ok(())
}

/// Measures making a value, without dropping it.
fn timed<T>(make: impl FnOnce() -> io::Result<T>) -> io::Result<Duration> {
    let started = Instant::now();
    let value = black_box(make()?);
    let elapsed = started.elapsed();
    drop(value);
    Ok(elapsed)
}

/// Writes a checkpoint of layers of small variables.
fn layers(prefix: &Path, variables: usize) -> io::Result<PathBuf> {
    Listing::layers(variables).write(prefix)?;
    Ok(prefix.to_owned())
}

/// Writes a checkpoint of layers of one small variable each.
fn flat(prefix: &Path, variables: usize) -> io::Result<PathBuf> {
    let mut listing = Listing::default();
    for layer in 0..variables {
        listing.weight(format!("layer_{layer}/a"), &[8]);
    }
    listing.write(prefix)?;
    Ok(prefix.to_owned())
}

/// Writes the index of a GPT-2 of 124M parameters, with a sparse data file that is never read. Returns the number of its
/// variables, too.
fn gpt2(prefix: &Path) -> io::Result<(PathBuf, usize)> {
    let hparams = Hparams::released("124M").ok_or(io::ErrorKind::NotFound)?;
    let listing = Listing::gpt2("124M");
    listing.index_at(prefix)?;
    let data = prefix.with_file_name("gpt2.data-00000-of-00001");
    File::create(data)?.set_len(4 * hparams.parameters())?;
    Ok((prefix.to_owned(), listing.variables().len()))
}

fn open(prefix: &Path) -> io::Result<Checkpoint> {
    Checkpoint::open(prefix).map_err(io::Error::other)
}

fn plan_of<T: for<'c> FromCheckpoint<'c>>(prefix: &Path) -> io::Result<Duration> {
    let started = Instant::now();
    let checkpoint = open(prefix)?;
    let names = Names::of_keys(checkpoint.catalog());
    let node: &'static Node = const { &T::NODE };
    let planned = plan(node, &names, PlanOptions::default());
    black_box(&planned.map_err(|problems| io::Error::other(problems[0].to_string()))?);
    Ok(started.elapsed())
}

fn load<T: for<'c> FromCheckpoint<'c> + Owned>(
    prefix: &Path,
    threads: usize,
) -> io::Result<(T, LoadReport)> {
    let options = LoadOptions::new().threads(threads);
    T::load_with(&open(prefix)?, options).map_err(io::Error::other)
}

#[expect(unsafe_code, reason = "the file is this program's own")]
fn borrow(prefix: &Path) -> io::Result<Duration> {
    let started = Instant::now();
    // SAFETY: the folder is new, and nothing else knows its name.
    let checkpoint = unsafe { Checkpoint::open_mapped(prefix) }.map_err(io::Error::other)?;
    let options = LoadOptions::new().verify(false);
    black_box(&Gpt2::load_with(&checkpoint, options).map_err(io::Error::other)?);
    Ok(started.elapsed())
}
