//! Inputs to start from: the checkpoints of the corpus, and a few lines by hand.

use std::path::Path;
use std::{fs, io};

use checkpoint_core::{Checkpoint, Strings, Tensor};
use checkpoint_schema::format::object_graph::KEY;

use super::directory::Files;
use crate::corpus::{Case, Format, StateCase, case, cases, state_cases};
use crate::writer::index::{index_path, shard_path};

/// Larger inputs slow the search down.
const LARGEST: usize = 16 << 10;

/// Templates, each with a name.
const TEMPLATES: [&str; 15] = [
    "model/h<i>/attn/c_attn/w\nmodel/h11/attn/c_attn/w",
    "/absolute\nabsolute",
    "block_<i:03>/w\nblock_012/w",
    "conv2d<i:_>/kernel\nconv2d_12/kernel",
    "conv2d<2*i+1:_>\nconv2d_25",
    "a<<b<i>>\na<b1>",
    "<i>/<i:02>\n1/01",
    "<i:_><j:_>\n_1_2",
    "<i:_>_5\n_5",
    "<i:_>_5<j:_>_5<k:_>_5<i:_>_5<j:_>_5<k:_>_5<i:_>_5<j:_>_5\n_5_5_5_5_5_5_5_5_5_5_5/",
    "<layer+4294967295:020>\n00000000004294967296",
    "x<4294967295*i>\nx0",
    "h{i}/w\nh0/w",
    "h<i",
    "h<i:3>",
];

/// Globs, each with a name.
const GLOBS: [&str; 14] = [
    "**/Adam\nmodel/w/Adam",
    "**\nmodel/w",
    "*/w\nmodel/w",
    "**/adam_[mv]\nw/adam_m",
    "a/**/b\na/b",
    "a**b\nab/b",
    "?[!a-c]/*x*\nzd/xx",
    "[]\n]",
    "[z-a]\nb",
    "a[\na[",
    "**/**/x/**\nx/y",
    "*_slot_v[rc]\nw_slot_vr",
    "ü?*\nüß",
    "[a-]\n-",
];

/// The inputs to start the target of this name from.
///
/// # Errors
///
/// When the corpus cannot be read.
pub fn seeds(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let lines = |lines: &[&str]| lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    let mut seeds: Vec<Vec<u8>> = match target {
        "template" => lines(&TEMPLATES),
        "glob" => lines(&GLOBS),
        "state" => state_cases()?.iter().map(StateCase::bytes).collect(),
        "index" => of_cases(Format::V2, |case| fs::read(index_path(&case.prefix)))?,
        "v1" => of_cases(Format::V1, |case| fs::read(&case.prefix))?,
        "object_graph" => object_graphs()?,
        "directory" => {
            let mut seeds = of_cases(Format::V2, v2_directory)?;
            seeds.extend(of_cases(Format::V1, v1_directory)?);
            seeds
        }
        _ => Vec::new(),
    };
    seeds.retain(|seed| seed.len() <= LARGEST);
    Ok(seeds)
}

/// The object graph that `TensorFlow` wrote.
fn object_graphs() -> io::Result<Vec<Vec<u8>>> {
    let case = case("gen/object-based")?;
    let checkpoint = Checkpoint::open(&case.prefix).map_err(io::Error::other)?;
    let tensor = checkpoint.read(KEY).map_err(io::Error::other)?;
    let strings = tensor.as_ref().and_then(Tensor::as_strings);
    Ok(strings.into_iter().flat_map(Strings::iter).map(<[u8]>::to_vec).collect())
}

fn of_cases(
    format: Format,
    seed: impl Fn(&Case) -> io::Result<Vec<u8>>,
) -> io::Result<Vec<Vec<u8>>> {
    let cases = cases()?;
    cases.iter().filter(|case| case.truth.format == format).map(seed).collect()
}

fn v2_directory(case: &Case) -> io::Result<Vec<u8>> {
    let mut files = vec![STATE.to_vec(), fs::read(index_path(&case.prefix))?];
    let shards = [1, 3].into_iter().find(|&shards| shard_path(&case.prefix, 0, shards).is_file());
    for shard in 0..shards.unwrap_or_default() {
        files.push(fs::read(shard_path(&case.prefix, shard, shards.unwrap_or_default()))?);
    }
    Ok(Files(files).to_bytes())
}

fn v1_directory(case: &Case) -> io::Result<Vec<u8>> {
    Ok(Files(vec![STATE.to_vec(), fs::read(&case.prefix)?]).to_bytes())
}

/// Names the checkpoint as the target `directory` calls it.
const STATE: &[u8] = b"model_checkpoint_path: \"model\"\nall_model_checkpoint_paths: \"model\"\n";

/// Writes the inputs to start from into a folder `corpus` for each target.
///
/// # Errors
///
/// When the seeds cannot be had, or not be written.
pub fn write(corpus: &Path) -> io::Result<()> {
    for (target, _) in super::TARGETS {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        for (number, seed) in seeds(target)?.into_iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:02}")), seed)?;
        }
    }
    Ok(())
}
