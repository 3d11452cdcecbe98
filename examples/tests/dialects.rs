//! Each model is converted from TensorFlow's names and layouts to those of PyTorch and back: by its struct, and by equivalent
//! rules.

use std::collections::BTreeMap;
use std::fmt::Debug;

use checkpoint_core::{
    Checkpoint, ConvertOptions, FromCheckpoint, LoadOptions, Memory, Name, Owned, Rules,
    SaveOptions, Target, Tensor, ToCheckpoint, convert, convert_model, rules,
};
use checkpoint_examples::albert::PretrainedAlbert;
use checkpoint_examples::bert::{FineTunedBert, PretrainedBert};
use checkpoint_examples::electra::{Discriminator, Generator};
use checkpoint_examples::gpt2::{Gpt2, Gpt2Heads};
use checkpoint_examples::mobilenet::MobileNet;
use checkpoint_examples::mobilenet_v2::MobileNetV2;
use checkpoint_examples::t5::T5;
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::pytorch::{converted, count_batches};
use checkpoint_tests::architectures::{albert, bert, electra, mobilenet, mobilenet_v2, t5};

type Tensors = BTreeMap<String, Tensor>;

fn contents(checkpoint: &Checkpoint) -> Tensors {
    let tensors = checkpoint.tensors();
    tensors.map(|(name, tensor)| (name.to_string(), tensor.unwrap())).collect()
}

fn in_memory(tensors: Vec<(Name, Tensor)>) -> Checkpoint {
    Checkpoint::from_source("saved", Memory::new(tensors))
}

#[track_caller]
fn are_equal(found: &Tensors, expected: &Tensors) {
    assert!(found.keys().eq(expected.keys()), "{:?}\n{:?}", found.keys(), expected.keys());
    let others = expected.iter().filter(|(name, tensor)| found[*name] != **tensor);
    assert_eq!(others.map(|(name, _)| name).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Converts a checkpoint of TensorFlow to PyTorch and back, with a struct and with the rules of a model.
fn there_and_back<T>(tf: &Checkpoint, model: &str, bind: Option<(&str, u64)>)
where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint + Debug,
{
    there_and_back_as::<T>(tf, model, bind, &contents(tf));
}

/// The same for a checkpoint that has other contents after the way back.
fn there_and_back_as<T>(tf: &Checkpoint, model: &str, bind: Option<(&str, u64)>, last: &Tensors)
where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint + Debug,
{
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    convert(tf, &path, &Rules::known(model).unwrap(), ConvertOptions::new()).unwrap();
    let hf = Checkpoint::open(&path).unwrap();

    let load_options =
        || bind.iter().fold(LoadOptions::new(), |load, &(name, value)| load.bind(name, value));
    let load = |checkpoint: &Checkpoint, dialect: &str| {
        let (value, report) = T::load_with(checkpoint, load_options()).unwrap();
        assert_eq!(report.dialect, Some(dialect));
        value
    };
    let (first, second) = (load(tf, "tf"), load(&hf, "hf"));
    assert!(format!("{first:?}") == format!("{second:?}"), "{model} differs in hf");

    let there = first.to_tensors(SaveOptions::new().dialect("hf").like(&hf)).unwrap();
    are_equal(&contents(&in_memory(there)), &contents(&hf));
    let mut like = SaveOptions::new().like(tf);
    if hf.variables().len() < tf.variables().len() {
        like = like.keep(["**"]);
    }
    let back = second.to_tensors(like).unwrap();
    are_equal(&contents(&in_memory(back)), last);

    rules_are_equal(&rules::<T>("tf", "hf").unwrap(), &Rules::known(model).unwrap(), tf);
    let known = Rules::known(model).unwrap().reversed().unwrap();
    rules_are_equal(&rules::<T>("hf", "tf").unwrap(), &known, &hf);
    let path = folder.path().join("converted.safetensors");
    let save = SaveOptions::new().dialect("hf");
    let save = bind.iter().fold(save, |save, &(name, value)| save.bind(name, value));
    let report = convert_model::<T>(tf, &path, ConvertOptions::new().save(save)).unwrap();
    assert!(report.verified);
    let converted = contents(&Checkpoint::open(&path).unwrap());
    let converted = converted.into_iter().map(|(name, tensor)| (without_prefix(&name), tensor));
    are_equal(&converted.collect(), &contents(&hf));
}

/// Converts a checkpoint of weights alone to PyTorch and back, by the struct and by its rules. The last files are the first, byte for
/// byte; so are those of PyTorch, converted to TensorFlow and back.
fn same_bytes<T>(weights: &Listing)
where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint,
{
    let (_written, tf) = weights.checkpoint().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let open = |name: &str| Checkpoint::open(at(name)).unwrap();
    let resave = |from: &Checkpoint, to: &str, dialect: &'static str| {
        let (model, _) = T::load_with(from, LoadOptions::new()).unwrap();
        model.save_with(at(to), SaveOptions::new().dialect(dialect)).unwrap();
    };
    let convert = |from: &str, to: &str, dialect: &'static str| {
        let save = SaveOptions::new().dialect(dialect);
        convert_model::<T>(&open(from), at(to), ConvertOptions::new().save(save)).unwrap();
    };
    resave(&tf, "first.ckpt", "tf");
    resave(&open("first.ckpt"), "there.safetensors", "hf");
    resave(&open("there.safetensors"), "back.ckpt", "tf");
    resave(&open("back.ckpt"), "again.safetensors", "hf");
    convert("first.ckpt", "converted.safetensors", "hf");
    convert("converted.safetensors", "converted.ckpt", "tf");
    let bytes = |name: &str| std::fs::read(at(name)).unwrap();
    for file in ["ckpt.index", "ckpt.data-00000-of-00001"] {
        let first = bytes(&format!("first.{file}"));
        assert!(first == bytes(&format!("back.{file}")), "{file} differs");
        assert!(first == bytes(&format!("converted.{file}")), "{file} differs when converted");
    }
    let first = bytes("there.safetensors");
    assert!(first == bytes("again.safetensors"), "safetensors differ");
    assert!(first == bytes("converted.safetensors"), "safetensors differ when converted");
}

/// The structs of GPT-2 write a prefix that the rules do not write. Both read names with and without it.
fn without_prefix(name: &str) -> String {
    name.strip_prefix("transformer.").unwrap_or(name).to_owned()
}

/// Checks that two sets of rules make the same variables with the same elements.
#[track_caller]
fn rules_are_equal(found: &Rules, expected: &Rules, from: &Checkpoint) {
    let made = |rules: &Rules| {
        let decided =
            rules.decide(from.catalog()).unwrap_or_else(|error| panic!("{error}\n{rules}"));
        let target = |target: Target| {
            (without_prefix(&target.name.to_string()), format!("{:?}", target.sources))
        };
        let targets: BTreeMap<_, _> = decided.targets.into_iter().map(target).collect();
        targets
    };
    assert_eq!(made(found), made(expected), "{found}");
}

#[test]
fn gpt2() {
    let nano = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    let tf = Checkpoint::open(nano).unwrap();
    // Without a prefix, as published; then with the prefix of a model with a head.
    there_and_back::<Gpt2>(&tf, "gpt2", None);
    there_and_back::<Gpt2Heads>(&tf, "gpt2", Some(("n_head", 2)));
    let (model, _) = Gpt2::load_with(&tf, LoadOptions::new()).unwrap();
    let hf = in_memory(model.to_tensors(SaveOptions::new().dialect("hf")).unwrap());
    assert!(hf.catalog().get("transformer.h.0.ln_1.weight").is_some());
    same_bytes::<Gpt2>(&Listing::of(&tf));
    let (again, report) = Gpt2::load_with(&hf, LoadOptions::new()).unwrap();
    assert_eq!(report.dialect, Some("hf"));
    assert!(format!("{again:?}") == format!("{model:?}"));
}

#[test]
fn bert() {
    let small =
        bert::Bert { vocab: 19, positions: 7, types: 2, hidden: 6, intermediate: 10, layers: 3 };
    let (_folder, tf) = small.trained().checkpoint().unwrap();
    there_and_back::<PretrainedBert>(&tf, "bert", None);
    same_bytes::<PretrainedBert>(&small.released());
    same_bytes::<FineTunedBert>(&small.fine_tuned(3));
    let (_folder, tf) = small.fine_tuned(3).checkpoint().unwrap();
    there_and_back::<FineTunedBert>(&tf, "bert", None);
}

/// A model without heads has the names of PyTorch without their prefix. Checks that it loads with and without it, and that a save has
/// the prefix, unless the checkpoint of `like` has none.
fn without_a_prefix<T>(weights: &Listing, model: &str, prefix: &str)
where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint,
{
    let (_folder, tf) = weights.checkpoint().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    convert(&tf, &path, &Rules::known(model).unwrap(), ConvertOptions::new()).unwrap();
    let prefixed = contents(&Checkpoint::open(&path).unwrap());
    let bare: Tensors = prefixed
        .iter()
        .map(|(name, tensor)| (name.strip_prefix(prefix).unwrap().to_owned(), tensor.clone()))
        .collect();
    let source = |tensors: &Tensors| {
        in_memory(
            tensors.iter().map(|(name, tensor)| (name.as_str().into(), tensor.clone())).collect(),
        )
    };
    for (hf, names) in [(source(&bare), &bare), (source(&prefixed), &prefixed)] {
        let (value, report) = T::load_with(&hf, LoadOptions::new()).unwrap();
        assert_eq!(report.dialect, Some("hf"));
        let back = value.to_tensors(SaveOptions::new().dialect("tf")).unwrap();
        are_equal(&contents(&in_memory(back)), &contents(&tf));
        let saved = value.to_tensors(SaveOptions::new().dialect("hf")).unwrap();
        are_equal(&contents(&in_memory(saved)), &prefixed);
        let saved = value.to_tensors(SaveOptions::new().like(&hf)).unwrap();
        are_equal(&contents(&in_memory(saved)), names);
        let path = folder.path().join(format!("{}.ckpt", names.keys().next().unwrap()));
        convert_model::<T>(&hf, &path, ConvertOptions::new()).unwrap();
        are_equal(&contents(&Checkpoint::open(&path).unwrap()), &contents(&tf));
    }
}

#[test]
fn models_without_heads_and_without_a_prefix() {
    let small =
        bert::Bert { vocab: 19, positions: 7, types: 2, hidden: 6, intermediate: 10, layers: 3 };
    let model = |weights: Listing, start: &str| weights.without(|name| !name.starts_with(start));
    without_a_prefix::<PretrainedBert>(&model(small.released(), "bert/"), "bert", "bert.");
    let small = albert::Albert::TINY;
    without_a_prefix::<PretrainedAlbert>(&model(small.released(), "bert/"), "albert", "albert.");
    let small = electra::Electra::TINY;
    without_a_prefix::<Discriminator>(&model(small.released(), "electra/"), "electra", "electra.");
}

/// Old files of PyTorch have other names of normalizations, and each tied tensor under both names.
#[test]
fn bert_of_old_files() {
    let small =
        bert::Bert { vocab: 19, positions: 7, types: 2, hidden: 6, intermediate: 10, layers: 3 };
    let (_folder, tf) = small.released().checkpoint().unwrap();
    let (model, _) = PretrainedBert::load_with(&tf, LoadOptions::new()).unwrap();
    let saved = model.to_tensors(SaveOptions::new().dialect("hf")).unwrap();
    let renamed = |(name, tensor): (Name, Tensor)| {
        let name = name.to_string().replace("LayerNorm.weight", "LayerNorm.gamma");
        (Name::from(name.replace("LayerNorm.bias", "LayerNorm.beta")), tensor)
    };
    let mut old: Vec<(Name, Tensor)> = saved.into_iter().map(renamed).collect();
    for (name, tied) in [
        ("bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"),
        ("cls.predictions.bias", "cls.predictions.decoder.bias"),
    ] {
        let (_, tensor) = old.iter().find(|(own, _)| own.to_string() == name).unwrap();
        old.push((tied.into(), tensor.clone()));
    }
    let (again, report) = PretrainedBert::load_with(&in_memory(old), LoadOptions::new()).unwrap();
    assert_eq!(report.dialect, Some("hf"));
    let back = again.to_tensors(SaveOptions::new().dialect("tf")).unwrap();
    are_equal(&contents(&in_memory(back)), &contents(&tf));
}

#[test]
fn albert() {
    let small = albert::Albert::TINY;
    let (_folder, tf) = small.trained().checkpoint().unwrap();
    there_and_back::<PretrainedAlbert>(&tf, "albert", None);
    same_bytes::<PretrainedAlbert>(&small.released());
}

#[test]
fn electra() {
    let small = electra::Electra::TINY;
    let (_folder, tf) = small.trained().checkpoint().unwrap();
    there_and_back::<Discriminator>(&tf, "electra", None);
    there_and_back::<Generator>(&tf, "electra-generator", None);
    same_bytes::<Discriminator>(&small.released());
    same_bytes::<Generator>(&small.released());
    // With equal widths, only the generator has a projection of the embeddings.
    let equal = electra::Electra { embedding: 6, ..small };
    let (_folder, tf) = equal.released().checkpoint().unwrap();
    there_and_back::<Discriminator>(&tf, "electra", None);
    there_and_back::<Generator>(&tf, "electra-generator", None);
}

#[test]
fn t5() {
    for size in [t5::T5::SMALL, t5::T5::SMALL_1_1] {
        let small =
            t5::T5 { vocab: 19, d_model: 6, d_ff: 10, heads: 2, d_kv: 4, blocks: 3, ..size };
        let (_folder, tf) = small.trained().checkpoint().unwrap();
        there_and_back::<T5>(&tf, "t5", None);
        same_bytes::<T5>(&small.trained());
    }
}

#[test]
fn t5_1_1_has_its_names_without_another_checkpoint() {
    let small = t5::T5 {
        vocab: 19,
        d_model: 6,
        d_ff: 10,
        heads: 2,
        d_kv: 4,
        blocks: 1,
        ..t5::T5::SMALL_1_1
    };
    let (_folder, tf) = small.trained().checkpoint().unwrap();
    let (model, _) = T5::load_with(&tf, LoadOptions::new()).unwrap();
    for (dialect, names) in [
        ("tf", ["decoder/block_000/layer_002/DenseReluDense/wi_0/kernel", "decoder/logits/kernel"]),
        ("hf", ["decoder.block.0.layer.2.DenseReluDense.wi_0.weight", "lm_head.weight"]),
    ] {
        let saved = in_memory(model.to_tensors(SaveOptions::new().dialect(dialect)).unwrap());
        for name in names {
            assert!(saved.catalog().get(name).is_some(), "{name}");
        }
    }
}

/// Checks that the rules lead back from a checkpoint of PyTorch with the counters of batches, which TensorFlow lacks.
#[track_caller]
fn without_counters(weights: &Listing, model: &str) {
    let (_written, tf) = weights.checkpoint().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let rules = Rules::known(model).unwrap();
    let mut hf = converted(tf.catalog(), model);
    count_batches(&mut hf);
    let (_written, hf) = hf.checkpoint().unwrap();
    let path = folder.path().join("back.ckpt");
    convert(&hf, &path, &rules.reversed().unwrap(), ConvertOptions::new()).unwrap();
    let back = Checkpoint::open(&path).unwrap();
    assert!(contents(&back).keys().eq(contents(&tf).keys()));
}

#[test]
fn mobilenet() {
    let small = mobilenet::MobileNet { thinner: 8, classes: 11 };
    let (_folder, tf) = small.listing().checkpoint().unwrap();
    there_and_back::<MobileNet>(&tf, "mobilenet-v1", None);
    same_bytes::<MobileNet>(&small.listing());
    let averages = |name: &str| name.ends_with("/ExponentialMovingAverage");
    let others = |name: &str| name.contains("/RMSProp") || name == "global_step";
    let weights = small.listing().without(|name| averages(name) || others(name));
    without_counters(&weights, "mobilenet-v1");
}

#[test]
fn mobilenet_v2() {
    let small = mobilenet_v2::MobileNetV2 { thinner: 16, classes: 11 };
    for listing in [small.weights(), small.averages()] {
        let (_folder, tf) = listing.checkpoint().unwrap();
        there_and_back::<MobileNetV2>(&tf, "mobilenet-v2", None);
    }
    // The averages of weights are loaded, and saved as both.
    let (_folder, tf) = small.trained().checkpoint().unwrap();
    let mut last = contents(&tf);
    for (name, average) in contents(&tf) {
        if let Some(plain) = name.strip_suffix("/ExponentialMovingAverage")
            && !plain.contains("/moving_")
        {
            last.insert(plain.to_owned(), average);
        }
    }
    there_and_back_as::<MobileNetV2>(&tf, "mobilenet-v2", None, &last);
    same_bytes::<MobileNetV2>(&small.weights());
    without_counters(&small.weights(), "mobilenet-v2");
}
