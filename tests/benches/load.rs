//! What loading a GPT-2 of 124M parameters costs, beside reading the same file.
//!
//! `cargo bench -p checkpoint-tests --bench load` writes the checkpoint (498 MB) into the system's folder for temporary
//! files, does each thing in a process of its own, and prints the fastest of some rounds as a ratio to plain reading.
//! With `-- FOLDER` it uses the checkpoint in that folder, or writes it there.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
use checkpoint_tests::gpt2::{self, Hparams};
use ndarray::{Array1, Array2};

const ROUNDS: usize = 7;

/// What is measured: its name, and one round of it.
type Way = (&'static str, fn(&Path) -> io::Result<()>);

const WAYS: [Way; 5] = [
    ("read the file into memory that is in use already", read_again),
    ("read the file into new memory", read_new),
    ("load, verified, one thread", |prefix| load(prefix, LoadOptions::new().threads(1))),
    ("load, verified, all cores", |prefix| load(prefix, LoadOptions::new())),
    ("load, not verified, all cores", |prefix| load(prefix, LoadOptions::new().verify(false))),
];

#[derive(FromCheckpoint)]
#[ckpt(prefix = "model")]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Gpt2 {
    wte: Array2<f32>,
    wpe: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
    ln_f: LayerNorm,
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Block {
    ln_1: LayerNorm,
    #[ckpt(path = "attn/c_attn")]
    attn: Conv1d,
    #[ckpt(path = "attn/c_proj")]
    attn_proj: Conv1d,
    ln_2: LayerNorm,
    #[ckpt(path = "mlp/c_fc")]
    fc: Conv1d,
    #[ckpt(path = "mlp/c_proj")]
    fc_proj: Conv1d,
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
struct LayerNorm {
    g: Array1<f32>,
    b: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Conv1d {
    #[ckpt(squeeze)]
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
    let prefix = folder.join("model.ckpt");
    if !prefix.with_extension("ckpt.index").exists() {
        gpt2::write(&Hparams::released("124M").ok_or(io::ErrorKind::NotFound)?, folder)?;
    }
    let bytes = fs::metadata(data(&prefix))?.len();
    println!(
        "GPT-2 124M, {bytes} bytes, fastest of {ROUNDS} rounds; memory beyond the tensors at the peak\n"
    );
    println!("| way | time | ratio | memory |\n| --- | --- | --- | --- |");
    let mut base = None;
    for (number, (name, _)) in WAYS.iter().enumerate() {
        let output =
            Command::new(std::env::current_exe()?).arg(number.to_string()).arg(&prefix).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let Some((nanos, peak)) = text.trim().split_once(' ') else {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        };
        let time = Duration::from_nanos(nanos.parse().map_err(io::Error::other)?).as_secs_f64();
        let peak: u64 = peak.parse().map_err(io::Error::other)?;
        let base = *base.get_or_insert(time);
        // The first way holds nothing of the file at its end.
        let beyond = peak.checked_sub(bytes / 2).map(|_| peak.saturating_sub(bytes) / 100_000);
        let memory =
            beyond.map_or("-".to_owned(), |tenths| format!("{}.{} MB", tenths / 10, tenths % 10));
        println!("| {name} | {:.0} ms | {:.2} | {memory} |", time * 1e3, time / base);
    }
    Ok(())
}

/// Prints the nanoseconds of the fastest round, and the bytes of memory at the peak above those at the start.
fn measure(way: usize, prefix: &Path) -> io::Result<()> {
    let (_, round) = WAYS.get(way).ok_or(io::ErrorKind::NotFound)?;
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

fn load(prefix: &Path, options: LoadOptions<'_>) -> io::Result<()> {
    let checkpoint = Checkpoint::open(prefix).map_err(io::Error::other)?;
    black_box(Gpt2::load_with(&checkpoint, options).map_err(io::Error::other)?);
    Ok(())
}
