//! What loading a GPT-2 of 124M parameters costs, beside reading the same file.
//!
//! `cargo bench -p checkpoint-tests --bench load` writes the checkpoint (498 MB, and once more in halves) into the system's folder for temporary
//! files, does each thing in a process of its own, and prints the fastest of some rounds, as a ratio to plain reading or to the
//! plain load of the same bytes.
//! With `-- FOLDER` it uses the checkpoint in that folder, or writes it there.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use checkpoint_core::schema::dtype::DType;
use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, Owned};
use checkpoint_tests::gpt2::{self, Hparams};
use checkpoint_tests::models::{Gpt2, Linear, Norm, PlainGpt2};
use half::bf16;
use ndarray::{Array1, Array2};

const ROUNDS: usize = 7;

/// What is measured: its name, one round of it, and the number of the way that it is compared with.
struct Way {
    name: &'static str,
    round: fn(&Path) -> io::Result<()>,
    beside: usize,
    /// The type of the elements of the checkpoint.
    dtype: DType,
}

const fn way(name: &'static str, beside: usize, round: fn(&Path) -> io::Result<()>) -> Way {
    Way { name, round, beside, dtype: DType::Float32 }
}

const fn of_halves(name: &'static str, beside: usize, round: fn(&Path) -> io::Result<()>) -> Way {
    Way { name, round, beside, dtype: DType::BFloat16 }
}

const WAYS: [Way; 9] = [
    way("read the file into memory that is in use already", 0, read_again),
    way("read the file into new memory", 0, read_new),
    way("load, verified, one thread", 0, |prefix| {
        load::<Plain<f32>>(prefix, LoadOptions::new().threads(1))
    }),
    way("load, verified, all cores", 0, |prefix| load::<Plain<f32>>(prefix, LoadOptions::new())),
    way("load, not verified, all cores", 0, |prefix| {
        load::<Plain<f32>>(prefix, LoadOptions::new().verify(false))
    }),
    way("load with `split` of q, k and v", 3, |prefix| load::<Split>(prefix, LoadOptions::new())),
    way("load with `transpose` of each matrix", 3, |prefix| {
        load::<Transposed>(prefix, LoadOptions::new())
    }),
    of_halves("load bf16 as it is", 7, |prefix| load::<Plain<bf16>>(prefix, LoadOptions::new())),
    of_halves("load bf16 with `cast` to f32", 7, |prefix| load::<Cast>(prefix, LoadOptions::new())),
];

type Plain<T> = PlainGpt2<Array2<T>, Array1<T>>;
type Split = Gpt2<Array2<f32>, Heads, Linear<Array2<f32>, Array1<f32>>, Norm<Array1<f32>>>;
type Transposed = Gpt2<Turned, TurnedLinear, TurnedLinear, Norm<Array1<f32>>>;

/// All of it converted.
#[derive(FromCheckpoint)]
#[ckpt(cast = "lossless")]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Cast {
    #[ckpt(flatten)]
    model: Plain<f32>,
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Heads {
    #[ckpt(squeeze, split(axis = 1))]
    w: [Array2<f32>; 3],
    #[ckpt(split(axis = 0))]
    b: [Array1<f32>; 3],
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Turned(#[ckpt(transpose)] Array2<f32>);

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
struct TurnedLinear {
    #[ckpt(squeeze, transpose)]
    w: Array2<f32>,
    b: Array1<f32>,
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [way, prefix] = &arguments[..] {
        return measure(way.parse().map_err(io::Error::other)?, Path::new(prefix));
    }
    let temporary = tempfile::tempdir()?;
    let folder = arguments.first().map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    compare(&folder)
}

/// Runs each way in a process of its own, and prints the table.
fn compare(folder: &Path) -> io::Result<()> {
    let singles = checkpoint(folder, DType::Float32)?;
    let halves = checkpoint(&folder.join("bf16"), DType::BFloat16)?;
    // What is loaded of the halves is as large, or half as large.
    let bytes = fs::metadata(data(&singles))?.len();
    println!(
        "GPT-2 124M, {bytes} bytes, fastest of {ROUNDS} rounds; memory beyond the tensors at the peak\n"
    );
    println!("| way | time | ratio | of the time to | memory |\n| --- | --- | --- | --- | --- |");
    let mut times = Vec::new();
    for (number, Way { name, beside, dtype, .. }) in WAYS.iter().enumerate() {
        let prefix = if *dtype == DType::BFloat16 { &halves } else { &singles };
        let output =
            Command::new(std::env::current_exe()?).arg(number.to_string()).arg(prefix).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let Some((nanos, peak)) = text.trim().split_once(' ') else {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        };
        let time = Duration::from_nanos(nanos.parse().map_err(io::Error::other)?).as_secs_f64();
        let peak: u64 = peak.parse().map_err(io::Error::other)?;
        times.push(time);
        let bytes = if *name == "load bf16 as it is" { bytes / 2 } else { bytes };
        // The first way holds nothing of the file at its end.
        let beyond = peak.checked_sub(bytes / 2).map(|_| peak.saturating_sub(bytes) / 100_000);
        let memory =
            beyond.map_or("-".to_owned(), |tenths| format!("{}.{} MB", tenths / 10, tenths % 10));
        let (ratio, beside) = (time / times[*beside], WAYS[*beside].name);
        println!("| {name} | {:.0} ms | {ratio:.2} | {beside} | {memory} |", time * 1e3);
    }
    Ok(())
}

/// The checkpoint of elements of this type in a folder, which is written if it is not there.
fn checkpoint(folder: &Path, dtype: DType) -> io::Result<PathBuf> {
    let prefix = folder.join("model.ckpt");
    if !prefix.with_extension("ckpt.index").exists() {
        let hparams = Hparams::released("124M").ok_or(io::ErrorKind::NotFound)?;
        gpt2::write_as(&hparams, dtype, folder)?;
    }
    Ok(prefix)
}

/// Prints the nanoseconds of the fastest round, and the bytes of memory at the peak above those at the start.
fn measure(way: usize, prefix: &Path) -> io::Result<()> {
    let Way { round, .. } = WAYS.get(way).ok_or(io::ErrorKind::NotFound)?;
    let start = peak()?;
    let mut fastest = Duration::MAX;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        round(prefix)?;
        fastest = fastest.min(started.elapsed());
    }
    println!("{} {}", fastest.as_nanos(), peak()? - start);
    Ok(())
}

/// The most memory that this process has had at once, in bytes.
fn peak() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .ok_or(io::ErrorKind::NotFound)?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().map_err(io::Error::other)?;
    Ok(kilobytes * 1024)
}

fn data(prefix: &Path) -> PathBuf {
    prefix.with_file_name("model.ckpt.data-00000-of-00001")
}

/// Reads the file through a small buffer: no memory is new, and all that is left is the copy out of the page cache.
fn read_again(prefix: &Path) -> io::Result<()> {
    let mut file = File::open(data(prefix))?;
    let mut buffer = vec![0; 1 << 20];
    while file.read(&mut buffer)? > 0 {
        black_box(&mut buffer);
    }
    Ok(())
}

/// Reads the file as `std` does.
fn read_new(prefix: &Path) -> io::Result<()> {
    black_box(fs::read(data(prefix))?);
    Ok(())
}

fn load<T: for<'c> FromCheckpoint<'c> + Owned>(
    prefix: &Path,
    options: LoadOptions<'_>,
) -> io::Result<()> {
    let checkpoint = Checkpoint::open(prefix).map_err(io::Error::other)?;
    black_box(T::load_with(&checkpoint, options).map_err(io::Error::other)?);
    Ok(())
}
