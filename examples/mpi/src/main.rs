//! GPT-2 on several processes under MPI. Each loads its part of the weights, and computes some attention heads and a part of each
//! perceptron. `mpirun -n 4 checkpoint-mpi-example MODEL PROMPT TOKENS SAVED`
//!
//! Rank 0 also computes alone, and the tokens must be equal. Then all ranks load once more in another way: rank 0 reads all, and
//! sends each rank its part. The table compares both. At last, all ranks save the model as `SAVED`, if it is given.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use checkpoint_core::{
    Checkpoint, FromCheckpoint, LoadOptions, LoadReport, Rank, SaveOptions, ToCheckpoint,
};
use checkpoint_examples::gpt2::{Gpt2Parallel, Hparams, Tokenizer};
use mpi::collective::SystemOperation;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Destination, Root, Source};
use ndarray::{ArrayViewD, Axis};

/// The tag of the messages with weights.
const WEIGHTS: mpi::Tag = 1;

fn main() -> Result<(), Box<dyn Error>> {
    let universe = mpi::initialize().ok_or("MPI cannot be initialized")?;
    let world = universe.world();
    let mut arguments = env::args().skip(1);
    let model = arguments.next().unwrap_or_else(|| "examples/models/gpt2-bard".to_owned());
    let prompt = arguments.next().unwrap_or_else(|| "To be, or not to be".to_owned());
    let count = arguments.next().map_or(Ok(40), |count| count.parse())?;
    let saved = arguments.next();
    // The launcher tells the rank, without MPI. Both say the same.
    let rank = Rank::from_env()?.unwrap_or(Rank::new(0, 1)?);
    let (index, size) = (usize::try_from(world.rank())?, usize::try_from(world.size())?);
    if (rank.index(), rank.size()) != (index, size) {
        return Err(format!("the environment says {rank:?}, MPI {index} of {size}").into());
    }

    let (model, hparams) = (Path::new(&model), Hparams::read(&model)?);
    let tokenizer = Tokenizer::read(model)?;
    let tokens = tokenizer.encode(&prompt)?;
    let checkpoint = Checkpoint::open(model)?;
    world.barrier();
    let (part, report) = load(&checkpoint, rank)?;
    world.barrier();
    let sum = |term: &mut [f32]| {
        let own = term.to_vec();
        world.all_reduce_into(&own[..], term, SystemOperation::sum());
    };
    let found = part.continue_text(&hparams, &tokens, count, &sum);
    if index == 0 {
        let (whole, _) = load(&checkpoint, Rank::new(0, 1)?)?;
        let expected = whole.continue_text(&hparams, &tokens, count, &|_| {});
        if found != expected {
            return Err(format!("{size} ranks say {found:?}, one rank {expected:?}").into());
        }
        println!("{prompt}{}", tokenizer.decode(&found));
        println!("\n{size} ranks and one rank say the same {count} tokens\n");
    }
    compare(&world, &checkpoint, rank, &part, &report)?;
    match saved {
        Some(saved) => save(&world, &checkpoint, rank, &part, Path::new(&saved)),
        None => Ok(()),
    }
}

/// Saves the model: each rank writes its part, and rank 0 the index.
fn save(
    world: &SimpleCommunicator,
    checkpoint: &Checkpoint,
    rank: Rank,
    part: &Gpt2Parallel,
    saved: &Path,
) -> Result<(), Box<dyn Error>> {
    let options = || SaveOptions::new().rank(rank).like(checkpoint);
    let written = part.save_with(saved, options());
    // All ranks learn if one of them has failed.
    let (failed, mut failures) = (i32::from(written.is_err()), 0);
    world.all_reduce_into(&failed, &mut failures, SystemOperation::sum());
    println!("rank {}: {}", rank.index(), written?);
    if rank.index() == 0 && failures == 0 {
        println!("{}", part.save_finish(saved, options())?);
    }
    Ok(())
}

fn load(checkpoint: &Checkpoint, rank: Rank) -> Result<(Gpt2Parallel, LoadReport), Box<dyn Error>> {
    let options = LoadOptions::new().rank(rank);
    Ok(Gpt2Parallel::load_with(checkpoint, options)?)
}

/// Prints a table: each rank reads its part, or rank 0 reads all and scatters it.
fn compare(
    world: &SimpleCommunicator,
    checkpoint: &Checkpoint,
    rank: Rank,
    part: &Gpt2Parallel,
    report: &LoadReport,
) -> Result<(), Box<dyn Error>> {
    let scattered = scatter(world, checkpoint, rank)?;
    if scattered.weights != weights(part, Rank::new(0, 1)?) {
        return Err(format!("rank {} got other weights than it read", rank.index()).into());
    }
    let own = [report.bytes, scattered.read, nanos(report.elapsed), nanos(scattered.elapsed)];
    let mut all = vec![0_u64; own.len() * rank.size()];
    let root = world.process_at_rank(0);
    if rank.index() > 0 {
        root.gather_into(&own[..]);
        return Ok(());
    }
    root.gather_into_root(&own[..], &mut all[..]);
    let of = |column: usize| all.iter().skip(column).step_by(own.len()).copied();
    let (sum, max) = (|column| of(column).sum::<u64>(), |column| of(column).max().unwrap_or(1));
    let mut table = String::new();
    writeln!(table, "| load | bytes by rank 0 | bytes by all ranks | sent | time |")?;
    writeln!(table, "| --- | --- | --- | --- | --- |")?;
    let bytes = |column| format!("{} | {}", all[column], sum(column));
    writeln!(table, "| each rank reads its part | {} | 0 | 1 |", bytes(0))?;
    let sent = scattered.sent;
    let ratio = max(3) as f64 / max(2).max(1) as f64;
    writeln!(table, "| rank 0 reads all and scatters | {} | {sent} | {ratio:.2} |", bytes(1))?;
    println!("{table}");
    Ok(())
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The weights of a rank, after rank 0 has sent them.
struct Scattered {
    weights: Vec<f32>,
    read: u64,
    sent: usize,
    elapsed: Duration,
}

/// Loads all weights on rank 0, and sends each rank its part.
fn scatter(
    world: &SimpleCommunicator,
    checkpoint: &Checkpoint,
    rank: Rank,
) -> Result<Scattered, Box<dyn Error>> {
    world.barrier();
    let started = Instant::now();
    let (mut read, mut sent) = (0, 0);
    let own;
    if rank.index() == 0 {
        let (whole, report) = load(checkpoint, Rank::new(0, 1)?)?;
        read = report.bytes;
        own = weights(&whole, rank);
        for index in 1..rank.size() {
            let part = weights(&whole, Rank::new(index, rank.size())?);
            sent += size_of_val(&part[..]);
            world.process_at_rank(i32::try_from(index)?).send_with_tag(&part[..], WEIGHTS);
        }
    } else {
        own = world.process_at_rank(0).receive_vec_with_tag(WEIGHTS).0;
    }
    world.barrier();
    Ok(Scattered { weights: own, read, sent, elapsed: started.elapsed() })
}

/// The weights that a rank takes of a model, one after another.
fn weights(model: &Gpt2Parallel, rank: Rank) -> Vec<f32> {
    let mut all = Vec::new();
    let mut whole = |array: ArrayViewD<'_, f32>| all.extend(array);
    for array in [&model.wte, &model.wpe] {
        whole(array.view().into_dyn());
    }
    for norm in [&model.ln_f].into_iter().chain(model.blocks.iter().flat_map(|it| [&it.ln_1, &it.ln_2])) {
        whole(norm.g.view().into_dyn());
        whole(norm.b.view().into_dyn());
    }
    for block in &model.blocks {
        whole(block.attn.proj_bias.view().into_dyn());
        whole(block.mlp.down_bias.view().into_dyn());
    }
    // The same axes as in the struct.
    let mut part = |array: ArrayViewD<'_, f32>, axis| {
        let len = array.len_of(Axis(axis)) / rank.size();
        let start = rank.index() * len;
        all.extend(array.slice_axis(Axis(axis), (start..start + len).into()));
    };
    for block in &model.blocks {
        let (attn, mlp) = (&block.attn, &block.mlp);
        for (weights, bias) in attn.qkv.iter().zip(&attn.qkv_bias) {
            part(weights.view().into_dyn(), 1);
            part(bias.view().into_dyn(), 0);
        }
        part(attn.proj.view().into_dyn(), 0);
        part(mlp.up.view().into_dyn(), 1);
        part(mlp.up_bias.view().into_dyn(), 0);
        part(mlp.down.view().into_dyn(), 0);
    }
    all
}
