//! Models of `candle-transformers` compute from checkpoints of `TensorFlow` the outputs of `transformers` with the same weights.
//!
//! `scripts/candle-references.py` wrote the checkpoints and the outputs.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Result, Tensor};
use candle_transformers::models::{bert, t5};
use checkpoint_candle::Weights;
use checkpoint_core::{Checkpoint, Rules};
use serde_json::Value;

fn folder(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(model)
}

fn read(model: &str, file: &str) -> String {
    fs::read_to_string(folder(model).join(file)).unwrap()
}

/// The recorded inputs and outputs of a model.
struct Expected(HashMap<String, Value>);

impl Expected {
    fn of(model: &str) -> Self {
        Self(serde_json::from_str(&read(model, "expected.json")).unwrap())
    }

    fn shape(&self, name: &str) -> Vec<usize> {
        serde_json::from_value(self.0[name]["shape"].clone()).unwrap()
    }

    fn ids(&self, name: &str) -> Result<Tensor> {
        let ids: Vec<u32> = serde_json::from_value(self.0[name]["elements"].clone()).unwrap();
        Tensor::from_vec(ids, self.shape(name), &Device::Cpu)
    }

    /// Compares a tensor with the output of this name.
    fn compare(&self, name: &str, found: &Tensor) -> Result<()> {
        assert_eq!(found.dims(), self.shape(name), "{name}");
        let expected: Vec<f32> = serde_json::from_value(self.0[name]["elements"].clone()).unwrap();
        let found = found.flatten_all()?.to_vec1::<f32>()?;
        let largest = expected.iter().map(|value| value.abs()).fold(0.0, f32::max);
        assert!(largest > 0.5, "outputs of {largest} at most show nothing");
        let differences = expected.iter().zip(&found).map(|(one, other)| (one - other).abs());
        let difference = differences.fold(0.0, f32::max);
        assert!(difference < 1e-4, "{name} differs by {difference}");
        Ok(())
    }
}

/// Opens the checkpoint, with the names and layouts of `transformers`.
fn checkpoint(model: &str) -> Checkpoint {
    let checkpoint = Checkpoint::open(folder(model).join("model.ckpt")).unwrap();
    checkpoint.converted(&Rules::known(model).unwrap()).unwrap()
}

fn names(weights: &Weights<'_>) -> Vec<String> {
    weights.unused().iter().map(|variable| variable.name.to_string()).collect()
}

#[test]
fn bert_agrees_with_transformers() -> Result<()> {
    let config: bert::Config = serde_json::from_str(&read("bert", "config.json")).unwrap();
    let checkpoint = checkpoint("bert");
    let weights = Weights::new(&checkpoint);
    let vb = weights.var_builder(DType::F32, &Device::Cpu);
    let model = bert::BertModel::load(vb.pp("bert"), &config)?;
    let expected = Expected::of("bert");
    let output = model.forward(
        &expected.ids("input_ids")?,
        &expected.ids("token_type_ids")?,
        Some(&expected.ids("attention_mask")?),
    )?;
    expected.compare("last_hidden_state", &output)?;
    let heads = ["bert.pooler.", "cls."];
    let unused = names(&weights);
    assert!(
        unused.iter().all(|name| heads.iter().any(|head| name.starts_with(head))),
        "{unused:?}"
    );
    assert_eq!(unused.len(), 9);
    Ok(())
}

#[test]
fn t5_agrees_with_transformers() -> Result<()> {
    let config: t5::Config = serde_json::from_str(&read("t5", "config.json")).unwrap();
    let checkpoint = checkpoint("t5");
    let weights = Weights::new(&checkpoint);
    let vb = weights.var_builder(DType::F32, &Device::Cpu);
    let mut model = t5::T5ForConditionalGeneration::load(vb, &config)?;
    let expected = Expected::of("t5");
    let encoded = model.encode(&expected.ids("input_ids")?)?;
    expected.compare("encoder_last_hidden_state", &encoded)?;
    // For tied embeddings, `candle` multiplies by the square root of the width before the projection, and T5 divides by it.
    let logits = model.decode(&expected.ids("decoder_input_ids")?, &encoded)?;
    #[expect(clippy::cast_precision_loss, reason = "it is 16")]
    let width = config.d_model as f64;
    expected.compare("logits", &(logits / width)?)?;
    assert_eq!(names(&weights), [""; 0]);
    Ok(())
}
