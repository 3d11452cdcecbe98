//! The cost of loading a GPT-2 of 124M parameters into tensors of `candle`, compared with arrays of `ndarray`.
//!
//! `cargo bench -p checkpoint-candle` writes the checkpoint to the system's temporary folder. It loads the checkpoint in all ways
//! in turn, each in a process of its own. It prints the fastest time and the peak memory of each way.

use std::env;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use candle_core::{DType, Device, Tensor};
use checkpoint_candle::{Candle, Weights};
use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
use checkpoint_tests::gpt2::{Hparams, write};
use checkpoint_tests::models::PlainGpt2;
use ndarray::{Array1, Array2};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The number of processes for each way.
const ROUNDS: usize = 7;

/// The number of loads in a process.
const LOADS: usize = 3;

/// Loads a checkpoint, and drops the result.
type Load = fn(&Checkpoint) -> Outcome<()>;

const WAYS: [(&str, Load); 3] = [
    ("a struct of `ndarray`", ndarray),
    ("a struct of `candle`", candle),
    ("`VarBuilder`, one after another", var_builder),
];

fn ndarray(checkpoint: &Checkpoint) -> Outcome<()> {
    let model = PlainGpt2::<Array2<f32>, Array1<f32>>::load_with(checkpoint, LoadOptions::new())?;
    black_box(&model);
    Ok(())
}

fn candle(checkpoint: &Checkpoint) -> Outcome<()> {
    let options = LoadOptions::new().context(Candle::new(&Device::Cpu));
    black_box(&Gpt2::load_with(checkpoint, options)?);
    Ok(())
}

fn var_builder(checkpoint: &Checkpoint) -> Outcome<()> {
    let weights = Weights::new(checkpoint);
    let vb = weights.var_builder(DType::F32, &Device::Cpu);
    let names = checkpoint.variables().iter().map(|variable| variable.name.to_string());
    let tensors = names.map(|name| vb.get_unchecked(&name)).collect::<Result<Vec<_>, _>>()?;
    black_box(&tensors);
    Ok(())
}

#[derive(FromCheckpoint)]
#[ckpt(context = "Candle", prefix = "model")]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Gpt2 {
    wte: Tensor,
    wpe: Tensor,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
    ln_f: Norm,
}

#[derive(FromCheckpoint)]
#[ckpt(context = "Candle")]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Block {
    ln_1: Norm,
    #[ckpt(path = "attn/c_attn")]
    attn: Linear,
    #[ckpt(path = "attn/c_proj")]
    attn_proj: Linear,
    ln_2: Norm,
    #[ckpt(path = "mlp/c_fc")]
    fc: Linear,
    #[ckpt(path = "mlp/c_proj")]
    fc_proj: Linear,
}

#[derive(FromCheckpoint)]
#[ckpt(context = "Candle")]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Linear {
    #[ckpt(squeeze(0))]
    w: Tensor,
    b: Tensor,
}

#[derive(FromCheckpoint)]
#[ckpt(context = "Candle")]
#[expect(dead_code, reason = "the weights are only loaded")]
struct Norm {
    g: Tensor,
    b: Tensor,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> =
        env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match &arguments[..] {
        [way, path] => measured(WAYS[way.parse::<usize>()?].1, Path::new(path)),
        _ => compare(),
    }
}

/// Prints the nanoseconds of the fastest load in this process, and its peak memory.
fn measured(load: Load, path: &Path) -> Outcome<()> {
    let (mut fastest, mut peak) = (Duration::MAX, 0);
    for round in 0..LOADS {
        let started = Instant::now();
        load(&Checkpoint::open(path)?)?;
        fastest = fastest.min(started.elapsed());
        if round == 0 {
            peak = peak_kilobytes()?;
        }
    }
    println!("{} {peak}", fastest.as_nanos());
    Ok(())
}

/// Runs all ways in turn, and prints a table.
fn compare() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    write(&Hparams::released("124M").ok_or("no such size")?, folder.path())?;
    let mut fastest = [(f64::MAX, f64::MAX); WAYS.len()];
    for _ in 0..ROUNDS {
        for (way, (time, memory)) in fastest.iter_mut().enumerate() {
            let program = Command::new(env::current_exe()?)
                .args([way.to_string().as_ref(), folder.path().as_os_str()])
                .output()?;
            let printed = String::from_utf8(program.stdout)?;
            let (nanos, kilobytes) = printed
                .trim()
                .split_once(' ')
                .ok_or_else(|| String::from_utf8_lossy(&program.stderr).into_owned())?;
            *time = time.min(nanos.parse::<f64>()? / 1e6);
            *memory = memory.min(kilobytes.parse::<f64>()? * 1024.0 / 1e6);
        }
    }
    println!("| way | open and load | ratio | peak of the process | ratio |");
    println!("| --- | --- | --- | --- | --- |");
    let (first_time, first_memory) = fastest[0];
    for ((name, _), (time, memory)) in WAYS.iter().zip(fastest) {
        let ratios = (time / first_time, memory / first_memory);
        println!("| {name} | {time:.1} ms | {:.2} | {memory:.1} MB | {:.3} |", ratios.0, ratios.1);
    }
    Ok(())
}

/// The peak memory of this process.
fn peak_kilobytes() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let line = line.ok_or("the system does not say how much memory it was")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
