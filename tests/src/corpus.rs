//! The checkpoints of `tests/corpus`, and what `TensorFlow` reads from them.
//!
//! Published checkpoints of others are not in the repository. If a folder `shared/corpus` is beside it, [`real_cases`] finds them
//! there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// A checkpoint, with the expected results.
#[derive(Debug)]
pub struct Case {
    /// The name, such as `gen/dtypes`.
    pub name: String,
    /// The prefix of a V2 checkpoint, or the file of a V1 checkpoint.
    pub prefix: PathBuf,
    /// The results of `TensorFlow`.
    pub truth: Truth,
}

/// The results of `TensorFlow` for a checkpoint.
#[derive(Debug, Deserialize)]
pub struct Truth {
    /// The version of the format.
    pub format: Format,
    prefix: String,
    /// True if the data files are missing.
    #[serde(default)]
    pub index_only: bool,
    /// The tensors, sorted by name. A partitioned variable is one tensor.
    pub tensors: Vec<Tensor>,
}

/// The version of the format of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One file.
    V1,
    /// An index and data files.
    V2,
}

/// One tensor as `TensorFlow` reads it.
#[derive(Debug, Deserialize)]
pub struct Tensor {
    /// The name; all names of the corpus are UTF-8.
    pub name: String,
    /// `TensorFlow`'s name of the dtype: `float32`.
    pub dtype: String,
    /// The number of the dtype.
    pub dtype_enum: u64,
    /// The lengths of the axes.
    pub shape: Vec<u64>,
    /// The number of bytes of the elements. The lengths of strings do not count.
    #[serde(default)]
    pub nbytes: u64,
    /// The [`sha256`] of the elements, or the [`sha256_of_strings`]; `None` if `TensorFlow` refuses to read them.
    pub sha256: Option<String>,
}

/// Returns the case of the repository with this name, such as `gen/dtypes`.
///
/// # Errors
///
/// When there is no such case.
pub fn case(name: &str) -> io::Result<Case> {
    read_case(&corpus(), name)
}

/// Returns all checkpoints of the repository, sorted by name.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn cases() -> io::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for kind in ["crafted", "gen", "models"] {
        cases.extend(read_kind(&corpus(), kind)?);
    }
    Ok(cases)
}

/// Returns the published checkpoints of others. If they are missing, prints a notice to standard error, which a passing test does
/// not hide, and returns none.
///
/// # Errors
///
/// When the folder is there but cannot be read.
pub fn real_cases() -> io::Result<Vec<Case>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("/"));
    let root = beside.join("shared/corpus");
    if root.is_dir() {
        return read_kind(&root, "real");
    }
    writeln!(
        io::stderr(),
        "skipped: the tests of published checkpoints; there is no folder `{}`",
        root.display()
    )?;
    Ok(Vec::new())
}

/// The text of a `checkpoint` file, with the results of `TensorFlow`. `D` stands for the directory.
#[derive(Debug, Deserialize)]
pub struct StateCase {
    /// A description of the text.
    pub id: String,
    text: String,
    latin1: bool,
    /// The result of `tf.train.latest_checkpoint`, if any.
    pub latest_checkpoint: Option<String>,
    /// The error of `tf.train.latest_checkpoint`, if any.
    pub latest_checkpoint_error: Option<String>,
    /// The result of `tf.train.get_checkpoint_state`.
    pub state: Option<State>,
}

/// The result of `tf.train.get_checkpoint_state`.
#[derive(Debug, Deserialize)]
pub struct State {
    /// The path of the latest checkpoint.
    pub model_checkpoint_path: String,
    /// The paths of all checkpoints that were kept.
    pub all: Vec<String>,
}

impl StateCase {
    /// Returns the bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        if self.latin1 {
            return self.text.chars().filter_map(|letter| u8::try_from(letter).ok()).collect();
        }
        self.text.clone().into_bytes()
    }
}

/// Returns the texts of `checkpoint` files.
///
/// # Errors
///
/// When they cannot be read.
pub fn state_cases() -> io::Result<Vec<StateCase>> {
    #[derive(Deserialize)]
    struct Cases {
        cases: Vec<StateCase>,
    }
    Ok(read_json::<Cases>(&corpus().join("state/state.json"))?.cases)
}

/// One array as another library reads it.
#[derive(Debug, Deserialize)]
pub struct Array {
    /// The name of the dtype, like [`Tensor::dtype`].
    pub dtype: String,
    /// The lengths of the axes.
    pub shape: Vec<u64>,
    /// The checksum, like [`Tensor::sha256`].
    pub sha256: String,
}

/// Returns what `numpy` or `pytorch` reads of its files: the path of each file or folder, and its arrays by name.
///
/// # Errors
///
/// When it cannot be read.
pub fn arrays(library: &str) -> io::Result<Vec<(PathBuf, BTreeMap<String, Array>)>> {
    let truth = corpus().join("truth").join(format!("{library}.json"));
    let files: BTreeMap<String, BTreeMap<String, Array>> = read_json(&truth)?;
    let path = |file: &str| corpus().join(library).join(file);
    Ok(files.into_iter().map(|(file, arrays)| (path(&file), arrays)).collect())
}

/// The outputs of OpenAI's graph of GPT-2 for a checkpoint.
#[derive(Debug, Deserialize)]
pub struct Gpt2Truth {
    /// Sequences of tokens with their continuations.
    pub cases: Vec<Gpt2Case>,
    /// Texts with their tokens.
    pub encode: Vec<Encoding>,
}

/// A sequence of tokens with its continuation.
#[derive(Debug, Deserialize)]
pub struct Gpt2Case {
    /// The input tokens.
    pub ids: Vec<u32>,
    /// The logits at the last position.
    pub logits_last: Vec<f32>,
    /// The most likely token at each position.
    pub argmax_all: Vec<u32>,
    /// The continuation by greedy decoding.
    pub greedy: Vec<u32>,
    /// The margin of each of these logits over the second best. If it is tiny, do not compare.
    pub margins: Vec<f32>,
}

/// A text with its tokens.
#[derive(Debug, Deserialize)]
pub struct Encoding {
    /// The text.
    pub text: String,
    /// Its tokens.
    pub ids: Vec<u32>,
}

/// Returns the outputs of OpenAI's graph for the checkpoint `models/<name>`.
///
/// # Errors
///
/// When there is no such model.
pub fn gpt2_truth(name: &str) -> io::Result<Gpt2Truth> {
    read_json(&corpus().join("truth/gpt2").join(format!("{name}.json")))
}

/// Returns the SHA-256 of `bytes`, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new().chain_update(bytes))
}

/// Returns the SHA-256 of a tensor of strings, in hexadecimal, as in [`Truth`].
#[must_use]
pub fn sha256_of_strings(strings: impl IntoIterator<Item: AsRef<[u8]>>) -> String {
    hexadecimal(strings.into_iter().fold(Sha256::new(), |hash, string| {
        let string = string.as_ref();
        hash.chain_update((string.len() as u64).to_le_bytes()).chain_update(string)
    }))
}

/// Returns the SHA-256 of a tensor's elements in little-endian bytes, or of its strings, as in [`Truth`].
#[must_use]
pub fn sha256_of_tensor(tensor: &checkpoint_core::Tensor) -> String {
    if let Some(strings) = tensor.as_strings() {
        return sha256_of_strings(strings.iter());
    }
    let mut bytes = tensor.as_bytes().to_vec();
    if cfg!(target_endian = "big")
        && let Some(unit) = tensor.dtype().swap_unit()
    {
        bytes.chunks_mut(unit).for_each(<[u8]>::reverse);
    }
    sha256(&bytes)
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn read_kind(root: &Path, kind: &str) -> io::Result<Vec<Case>> {
    let files = root.join("truth").join(kind).read_dir()?;
    let mut paths = files.map(|file| Ok(file?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    let names = paths.iter().filter_map(|path| path.file_stem()?.to_str());
    names.map(|name| read_case(root, &format!("{kind}/{name}"))).collect()
}

fn read_case(root: &Path, name: &str) -> io::Result<Case> {
    let truth: Truth = read_json(&root.join("truth").join(format!("{name}.json")))?;
    Ok(Case { name: name.to_owned(), prefix: root.join(name).join(&truth.prefix), truth })
}

fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let named = |error| io::Error::other(format!("cannot read `{}`: {error}", path.display()));
    let file = File::open(path).map_err(named)?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| named(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_its_files_and_its_truth() {
        let cases = cases().unwrap();
        assert_eq!(cases.len(), 15);
        for Case { name, prefix, truth } in cases.into_iter().chain(real_cases().unwrap()) {
            let file = match truth.format {
                Format::V1 => prefix,
                Format::V2 => crate::writer::index::index_path(&prefix),
            };
            assert!(file.is_file(), "{name} has no file {}", file.display());
            assert!(!truth.tensors.is_empty(), "{name} has no tensors");
        }
    }

    #[test]
    fn the_truth_about_models_and_states_is_there() {
        for name in ["gpt2-nano", "gpt2-shakespeare"] {
            let truth = gpt2_truth(name).unwrap();
            assert!(truth.cases.iter().all(|case| case.greedy.len() == case.margins.len()));
            assert!(!truth.encode.is_empty());
        }
        let states = state_cases().unwrap();
        let garbage = states.iter().find(|case| case.id == "garbage").unwrap();
        assert_eq!(garbage.bytes(), [0, 1, 2, 0xff]);
        assert_eq!(states.iter().filter(|case| case.state.is_some()).count(), 8);
    }

    #[test]
    fn hashes_are_in_hexadecimal() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(sha256_of_strings([b"a"]), sha256(b"\x01\0\0\0\0\0\0\0a"));
    }
}
