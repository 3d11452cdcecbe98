//! The structs and the rules make what `transformers` makes of a checkpoint of TensorFlow, and lead back from it.
//!
//! `scripts/transformers-corpus.py` wrote the files: checkpoints in which all elements differ, and those that the library's own
//! loaders made of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use checkpoint_core::{
    Checkpoint, ConvertOptions, DType, FromCheckpoint, LoadOptions, Name, Owned, Rules,
    SaveOptions, Tensor, ToCheckpoint, convert, convert_model,
};
use checkpoint_examples::albert::PretrainedAlbert;
use checkpoint_examples::bert::PretrainedBert;
use checkpoint_examples::electra::{Discriminator, Generator};
use checkpoint_examples::gpt2::{Gpt2, Gpt2Heads};
use checkpoint_examples::mobilenet::MobileNet;
use checkpoint_examples::mobilenet_v2::MobileNetV2;
use checkpoint_examples::t5::T5;
use tempfile::TempDir;

type Tensors = BTreeMap<String, Tensor>;

/// A checkpoint of TensorFlow, and the checkpoint of PyTorch that `transformers` makes of it.
struct Pair {
    /// The name of the rules.
    rules: &'static str,
    tf: PathBuf,
    hf: PathBuf,
    /// A symbol that no variable determines.
    bind: Option<(&'static str, u64)>,
    /// The contents of the checkpoint of TensorFlow on the way back.
    back: Tensors,
    /// True if the checkpoint of TensorFlow has variables that the struct does not load.
    has_more: bool,
    /// The dtype of the checkpoint of TensorFlow.
    dtype: DType,
    work: TempDir,
}

impl Pair {
    /// The files in the folders `tf` and `hf` of the corpus.
    fn new(rules: &'static str, tf: &str, hf: &str) -> Self {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/transformers");
        let tf = Path::new(corpus).join(tf).join("model.ckpt");
        let hf = Path::new(corpus).join(hf).join("model.safetensors");
        let back = contents(&tf);
        Self {
            rules,
            tf,
            hf,
            bind: None,
            back,
            has_more: false,
            dtype: DType::Float32,
            work: tempfile::tempdir().unwrap(),
        }
    }

    /// Adds the names and dtypes of the checkpoint of TensorFlow, and the variables that the struct does not load.
    fn like<'a>(&self, tf: &'a Checkpoint, save: SaveOptions<'a>) -> SaveOptions<'a> {
        let save = save.like(tf);
        if self.has_more { save.keep(["**"]) } else { save }
    }

    fn load<T>(&self, path: &Path, dialect: &str) -> T
    where
        T: for<'c> FromCheckpoint<'c> + Owned,
    {
        let options = LoadOptions::new();
        let options = self.bind.iter().fold(options, |load, &(name, value)| load.bind(name, value));
        let (value, report) = T::load_with(&open(path), options).unwrap();
        assert_eq!(report.dialect, Some(dialect));
        value
    }

    /// Checks that the struct loads both checkpoints as one value, and saves either of them as the other.
    fn structs<T>(&self)
    where
        T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint,
    {
        let first = self.load::<T>(&self.tf, "tf");
        let second = self.load::<T>(&self.hf, "hf");
        for dialect in ["tf", "hf"] {
            let save = || SaveOptions::new().dialect(dialect);
            let (one, other) = (saved(&first, save()), saved(&second, save()));
            are_equal(&one, &other, "the values of both checkpoints");
        }
        let hf = contents(&self.hf);
        are_equal(&saved(&first, SaveOptions::new().dialect("hf")), &without_counters(&hf), "hf");
        let (tensorflow, pytorch) = (open(&self.tf), open(&self.hf));
        let like_tf = || self.like(&tensorflow, SaveOptions::new());
        are_equal(&saved(&second, like_tf()), &self.back, "tf");

        let there = self.work.path().join("struct.safetensors");
        let mut options = SaveOptions::new().like(&pytorch);
        if hf.len() > without_counters(&hf).len() {
            options = options.keep(["**.num_batches_tracked"]);
        }
        first.save_with(&there, options.overwrite(true)).unwrap();
        assert!(fs::read(&there).unwrap() == fs::read(&self.hf).unwrap(), "other bytes in hf");
        if self.back == contents(&self.tf) {
            let back = self.work.path().join("struct.ckpt");
            second.save_with(&back, like_tf().overwrite(true)).unwrap();
            for end in ["index", "data-00000-of-00001"] {
                let bytes = |path: &Path| fs::read(path.with_extension(format!("ckpt.{end}")));
                assert!(bytes(&back).unwrap() == bytes(&self.tf).unwrap(), "other bytes in {end}");
            }
        }
    }

    /// Checks that a conversion makes the other checkpoint, by the struct and by the rules of `--model`.
    fn conversions<T>(&self)
    where
        T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint,
    {
        let hf = without_counters(&contents(&self.hf));
        let tf = self.alone::<T>();
        let save = |dialect: &'static str, dtype| {
            let save = SaveOptions::new().dialect(dialect).dtype(dtype).overwrite(true);
            self.bind.iter().fold(save, |save, &(name, value)| save.bind(name, value))
        };
        let forwards = || ConvertOptions::new().save(save("hf", DType::Float32));
        let backwards = || ConvertOptions::new().save(save("tf", self.dtype));
        let [there, back] =
            ["there.safetensors", "back.ckpt"].map(|name| self.work.path().join(name));
        convert_model::<T>(&open(&self.tf), &there, forwards()).unwrap();
        are_equal(&contents(&there), &hf, "converted by the struct");
        convert_model::<T>(&open(&self.hf), &back, backwards()).unwrap();
        are_equal(&contents(&back), &tf, "converted back by the struct");

        let rules = Rules::known(self.rules).unwrap();
        convert(&open(&self.tf), &there, &rules, forwards()).unwrap();
        // The rules of GPT-2 write names without a prefix, as published. They read both.
        let bare = |name: &str| name.trim_start_matches("transformer.").to_owned();
        let hf = hf.into_iter().map(|(name, tensor)| (bare(&name), tensor)).collect();
        are_equal(&contents(&there), &hf, "converted by the rules");
        convert(&open(&self.hf), &back, &rules.reversed().unwrap(), backwards()).unwrap();
        are_equal(&contents(&back), &tf, "converted back by the rules");
    }

    /// The variables of TensorFlow that the struct saves without another checkpoint, with the elements that they had: without
    /// averages, the other model of ELECTRA, and newer names of T5.
    fn alone<T>(&self) -> Tensors
    where
        T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint,
    {
        let names = saved(&self.load::<T>(&self.hf, "hf"), SaveOptions::new().dialect("tf"));
        let usual = |name: &str| {
            let name = name.replace("coder/rms_norm", "coder/final_layer_norm");
            name.replace("rms_norm", "layer_norm")
        };
        let renamed = self.back.iter().map(|(name, tensor)| (usual(name), tensor.clone()));
        renamed.filter(|(name, _)| names.contains_key(name)).collect()
    }

    fn all<T>(&self)
    where
        T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint,
    {
        self.structs::<T>();
        self.conversions::<T>();
    }
}

fn open(path: &Path) -> Checkpoint {
    Checkpoint::open(path).unwrap()
}

fn contents(path: &Path) -> Tensors {
    let checkpoint = open(path);
    let tensors = checkpoint.tensors();
    tensors.map(|(name, tensor)| (name.to_string(), tensor.unwrap())).collect()
}

fn saved<T: ToCheckpoint>(value: &T, options: SaveOptions<'_>) -> Tensors {
    let named = |(name, tensor): (Name, Tensor)| (name.to_string(), tensor);
    value.to_tensors(options).unwrap().into_iter().map(named).collect()
}

/// The structs of MobileNet have no counters of batches.
fn without_counters(tensors: &Tensors) -> Tensors {
    let is_kept = |(name, _): &(&String, &Tensor)| !name.ends_with(".num_batches_tracked");
    tensors.iter().filter(is_kept).map(|(name, tensor)| (name.clone(), tensor.clone())).collect()
}

#[track_caller]
fn are_equal(found: &Tensors, expected: &Tensors, what: &str) {
    let names = |tensors: &Tensors| tensors.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{what}");
    let others = expected.iter().filter(|(name, tensor)| found[*name] != **tensor);
    assert_eq!(others.map(|(name, _)| name).collect::<Vec<_>>(), Vec::<&String>::new(), "{what}");
}

#[test]
fn gpt2() {
    let mut pair = Pair::new("gpt2", "gpt2", "gpt2");
    pair.all::<Gpt2>();
    pair.bind = Some(("n_head", 2));
    pair.all::<Gpt2Heads>();
}

#[test]
fn bert() {
    Pair::new("bert", "bert", "bert").all::<PretrainedBert>();
}

#[test]
fn albert() {
    Pair::new("albert", "albert", "albert").all::<PretrainedAlbert>();
}

#[test]
fn t5() {
    for name in ["t5", "t5-1.1", "t5-1.1-rms"] {
        Pair { dtype: DType::BFloat16, ..Pair::new("t5", name, name) }.all::<T5>();
    }
}

#[test]
fn electra() {
    // Each of the two models keeps the other.
    let discriminator = Pair::new("electra", "electra", "electra");
    Pair { has_more: true, ..discriminator }.all::<Discriminator>();
    let generator = Pair::new("electra-generator", "electra", "electra-generator");
    Pair { has_more: true, ..generator }.all::<Generator>();
}

#[test]
fn mobilenet() {
    Pair::new("mobilenet-v1", "mobilenet-v1", "mobilenet-v1").all::<MobileNet>();
}

/// The averages of weights are loaded, and saved under both names. Statistics have averages that nothing uses.
#[test]
fn mobilenet_v2() {
    let mut pair = Pair::new("mobilenet-v2", "mobilenet-v2", "mobilenet-v2");
    pair.has_more = true;
    for (name, average) in pair.back.clone() {
        if let Some(plain) = name.strip_suffix("/ExponentialMovingAverage")
            && !plain.contains("/moving_")
        {
            pair.back.insert(plain.to_owned(), average);
        }
    }
    pair.all::<MobileNetV2>();
}
