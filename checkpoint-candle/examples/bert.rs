//! A BERT of TensorFlow, as Google published it, computed by `candle-transformers`.
//!
//! ```sh
//! cargo run -p checkpoint-candle --example bert                    # a small one of random weights
//! cargo run -p checkpoint-candle --example bert -- uncased_L-12_H-768_A-12 101 7592 2088 102
//! ```
//!
//! The first argument is the directory of the checkpoint, with its `config.json` (or `bert_config.json`); the others are tokens.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_transformers::models::bert::{BertModel, Config};
use checkpoint_candle::Weights;
use checkpoint_core::{Checkpoint, Rules};

const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/bert");

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| SMALL.to_owned());
    let folder = Path::new(&folder);
    let tokens: Vec<u32> = arguments.map(|token| token.parse()).collect::<Result<_, _>>()?;
    let tokens = if tokens.is_empty() { vec![2, 11, 25, 39, 3] } else { tokens };

    let device = Device::Cpu;
    let config: Config = serde_json::from_str(&config(folder)?)?;
    let rules = Rules::known("bert").ok_or("no rules for BERT")?;
    let checkpoint = Checkpoint::open(checkpoint(folder))?.converted(&rules)?;
    let weights = Weights::new(&checkpoint);
    let model = BertModel::load(weights.var_builder(DType::F32, &device).pp("bert"), &config)?;
    for variable in weights.unused() {
        println!("unused: {}, {}", variable.name, variable.spec());
    }

    let tokens = Tensor::new(tokens, &device)?.unsqueeze(0)?;
    let output = model.forward(&tokens, &tokens.zeros_like()?, None)?;
    println!("{output}");
    Ok(())
}

/// Reads the configuration, under the file name of `transformers` or of Google.
fn config(folder: &Path) -> Result<String, Box<dyn Error>> {
    let names = ["config.json", "bert_config.json"].map(|name| folder.join(name));
    let path = names.iter().find(|path| path.exists()).ok_or("no `config.json`")?;
    // Google's file lacks settings for which `transformers` has defaults.
    let mut config: serde_json::Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let defaults = serde_json::json!({ "layer_norm_eps": 1e-12, "pad_token_id": 0 });
    for (key, value) in defaults.as_object().into_iter().flatten() {
        if config.get(key).is_none() {
            config[key] = value.clone();
        }
    }
    Ok(config.to_string())
}

/// The path of the checkpoint in the folder. Google's archives have no `checkpoint` file.
fn checkpoint(folder: &Path) -> PathBuf {
    let names = ["model.ckpt.index", "bert_model.ckpt.index"].map(|name| folder.join(name));
    names.into_iter().find(|path| path.exists()).unwrap_or_else(|| folder.to_owned())
}
