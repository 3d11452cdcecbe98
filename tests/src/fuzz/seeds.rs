//! Seeds for fuzzing: the checkpoints of the corpus, and a few handwritten lines.

use std::path::Path;
use std::{fs, io};

use checkpoint_core::{Checkpoint, Strings};
use checkpoint_schema::format::tensorflow::object_graph::KEY;

use super::directory::Files;
use crate::corpus::{Case, Format, StateCase, arrays, case, cases, state_cases};
use crate::writer::Graph;
use crate::writer::index::index_path;
use crate::writer::safetensors::{index, with_header};

/// The maximum length of a seed. Longer ones slow the search down.
const LARGEST: usize = 16 << 10;

/// Templates, each with a name.
const TEMPLATES: [&str; 16] = [
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
    "<i-729:020>/<2*j-3>\n00000000000000000067/1",
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

/// Manifests as text.
const MANIFESTS: [&str; 8] = [
    "# comment\n\nmodel/h<0..12>/attn/c_attn/w  f32 [1, 768, 2304]\nstep i64 []",
    "naming = \"object_path\"\na/0 = b/<<  f32 [2]\nc  f32 [2]  key d\nlayer_<0..3>/w bf16 [3,4]",
    "naming = \"full_name\"\nw  string []  key w/.ATTRIBUTES/VARIABLE_VALUE",
    "block_<7..12:03>/<0,2..4>  f32 []\n<>  f32 []",
    "a\\u{20}b\\\\\\xff\\u{23}  f8_e4m3fn []",
    "w<0..2>/<0..3>_<1,3>  c64 [0]\r\nw0/0 i8 []",
    "w<0..1000000000>/<0..99:099999999>  f32 []",
    "w f32 [9223372036854775807, 2]",
];

/// Returns the seeds of the target with this name.
///
/// # Errors
///
/// When the corpus cannot be read.
pub fn seeds(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let lines = |lines: &[&str]| lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    let mut seeds: Vec<Vec<u8>> = match target {
        "template" => lines(&TEMPLATES),
        "glob" => lines(&GLOBS),
        "manifest" => {
            let indexes = of_cases(Format::V2, |case| fs::read(index_path(&case.prefix)))?;
            [lines(&MANIFESTS), indexes].concat()
        }
        "npz" => of_library("numpy")?,
        "pickle" => pickles()?,
        "pytorch" => of_library("pytorch")?,
        "safetensors" => safetensors_files(),
        "state" => state_cases()?.iter().map(StateCase::bytes).collect(),
        "index" => of_cases(Format::V2, |case| fs::read(index_path(&case.prefix)))?,
        "v1" => of_cases(Format::V1, |case| fs::read(&case.prefix))?,
        "object_graph" => object_graphs()?,
        "names" => [object_graphs()?, hostile_graphs()].concat(),
        "directory" => {
            let mut seeds = of_cases(Format::V2, directory)?;
            seeds.extend(of_cases(Format::V1, directory)?);
            seeds
        }
        _ => Vec::new(),
    };
    seeds.retain(|seed| seed.len() <= LARGEST);
    Ok(seeds)
}

/// Returns files with tensors of several dtypes, and an index.
fn safetensors_files() -> Vec<Vec<u8>> {
    let headers: [(&[u8], &[u8]); 6] = [
        (b"{}", b""),
        (br#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}"#, &[7; 16]),
        (br#"{"h.0.w":{"dtype":"BF16","shape":[3],"data_offsets":[1,7]},"h.1.w":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},"none":{"dtype":"U8","shape":[0,5],"data_offsets":[7,7]}}   "#, &[1; 7]),
        (br#"{"f4":{"dtype":"F4","shape":[2],"data_offsets":[0,1]},"f8":{"dtype":"F8_E8M0","shape":[1],"data_offsets":[1,2]}}"#, &[0x7f; 2]),
        (br#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, &[0; 3]),
        (br#"{"\u00fc\n":{"shape":[1e1],"dtype":"U16","data_offsets":[0,18446744073709551615]}}"#, &[0; 4]),
    ];
    let index = index([("a", "model-1.safetensors"), ("b", "../b")]).into_bytes();
    headers.iter().map(|(header, data)| with_header(header, data)).chain([index]).collect()
}

/// Returns the files that another library wrote.
fn of_library(library: &str) -> io::Result<Vec<Vec<u8>>> {
    let files = arrays(library)?.into_iter().map(|(path, _)| path);
    files.filter(|path| path.is_file()).map(fs::read).collect()
}

/// Returns the pickles that `PyTorch` wrote. Each is the first file of its archive.
fn pickles() -> io::Result<Vec<Vec<u8>>> {
    let pickle = |archive: &Vec<u8>| {
        let len = |at: usize| archive.get(at).copied().map_or(0, usize::from);
        let rest = archive.get(30 + len(26) + len(28) + 256 * len(29)..)?;
        // The data descriptor after the bytes.
        let end = rest.windows(4).position(|bytes| bytes == b"PK\x07\x08")?;
        rest.get(..end).map(<[u8]>::to_vec)
    };
    Ok(of_library("pytorch")?.iter().filter_map(pickle).collect())
}

/// Returns the object graph that `TensorFlow` wrote.
fn object_graphs() -> io::Result<Vec<Vec<u8>>> {
    let case = case("gen/object-based")?;
    let checkpoint = Checkpoint::open(&case.prefix).map_err(io::Error::other)?;
    let tensor = checkpoint.read(KEY).map_err(io::Error::other)?;
    let strings = tensor.as_strings();
    Ok(strings.into_iter().flat_map(Strings::iter).map(<[u8]>::to_vec).collect())
}

/// Returns graphs with cycles, with very many, very long or empty names, and with names of several variables.
fn hostile_graphs() -> Vec<Vec<u8>> {
    let round = Graph::new().child(0, "self", 0).child(0, "a", 1).child(1, "b", 0);
    let round = round.variable(0, "root", "a").variable(1, "root", "b");
    let empty = Graph::new().child(0, "", 1).child(1, "", 2).child(0, "x", 2);
    let empty = empty.variable(2, "", "").variable(0, "", "0").attribute(1, "", "", "1");
    let many = (0..60).fold(Graph::new(), |graph, object| {
        graph.child(object, "a", object + 1).child(object, "b", object + 1)
    });
    let long = (0..900).fold(Graph::new(), |graph, object| graph.child(object, "a", object + 1));
    let shared = (0..80).fold(Graph::new(), |graph, object| {
        let name = object.to_string();
        graph.child(0, &name, object + 1).variable(object + 1, &name, "w")
    });
    let slot = Graph::new().child(0, "v", 1).slot(0, 1, "m", 2);
    let key = "v/.OPTIMIZER_SLOT//m/.ATTRIBUTES/VARIABLE_VALUE";
    let graphs = [
        round,
        empty,
        many.variable(60, "w", "w"),
        long.variable(900, "w", "w"),
        shared,
        slot.variable(2, "v/m", key),
    ];
    graphs.iter().map(Graph::to_bytes).collect()
}

fn directory(case: &Case) -> io::Result<Vec<u8>> {
    Ok(Files::of_case(case)?.to_bytes())
}

fn of_cases(
    format: Format,
    seed: impl Fn(&Case) -> io::Result<Vec<u8>>,
) -> io::Result<Vec<Vec<u8>>> {
    let cases = cases()?;
    cases.iter().filter(|case| case.truth.format == format).map(seed).collect()
}

/// Writes the seeds into a folder in `corpus` for each target.
///
/// # Errors
///
/// When the seeds cannot be read or written.
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
