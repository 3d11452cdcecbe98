//! Loads a model with its struct, and saves it: `cargo run --release --example resave -- bert model.ckpt model.safetensors hf`.
//!
//! `scripts/check-with-frameworks.py` loads the new checkpoints in TensorFlow and PyTorch.

use std::error::Error;
use std::path::PathBuf;

use checkpoint_core::{Checkpoint, FromCheckpoint, Owned, SaveOptions, SaveReport, ToCheckpoint};
use checkpoint_examples::albert::PretrainedAlbert;
use checkpoint_examples::bert::{FineTunedBert, PretrainedBert};
use checkpoint_examples::electra::{Discriminator, Generator};
use checkpoint_examples::gpt2::Gpt2;
use checkpoint_examples::keras::ByObjects;
use checkpoint_examples::mobilenet::MobileNet;
use checkpoint_examples::mobilenet_v2::MobileNetV2;
use checkpoint_examples::t5::T5;
use clap::{Parser, ValueEnum};

/// Loads a model with its struct, and saves it anew
#[derive(Parser)]
struct Arguments {
    /// The struct
    model: Model,
    /// The checkpoint that it is loaded from
    from: PathBuf,
    /// The checkpoint that it is saved as
    to: PathBuf,
    /// The names and layouts to save it by [default: the struct's first]
    dialect: Option<String>,
    /// A checkpoint with the names and shapes that the struct leaves open
    #[arg(long)]
    like: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Model {
    Gpt2,
    Bert,
    BertFineTuned,
    Albert,
    T5,
    Electra,
    ElectraGenerator,
    #[value(name = "mobilenet-v1")]
    MobileNetV1,
    #[value(name = "mobilenet-v2")]
    MobileNetV2,
    Keras,
}

impl Arguments {
    fn resave<T>(&self) -> Result<SaveReport, Box<dyn Error>>
    where
        T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint,
    {
        let model = T::load(&self.from)?;
        let like = self.like.as_ref().map(Checkpoint::open).transpose()?;
        let mut options = SaveOptions::new();
        if let Some(dialect) = &self.dialect {
            options = options.dialect(dialect);
        }
        if let Some(like) = &like {
            options = options.like(like);
        }
        Ok(model.save_with(&self.to, options)?)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let report = match arguments.model {
        Model::Gpt2 => arguments.resave::<Gpt2>(),
        Model::Bert => arguments.resave::<PretrainedBert>(),
        Model::BertFineTuned => arguments.resave::<FineTunedBert>(),
        Model::Albert => arguments.resave::<PretrainedAlbert>(),
        Model::T5 => arguments.resave::<T5>(),
        Model::Electra => arguments.resave::<Discriminator>(),
        Model::ElectraGenerator => arguments.resave::<Generator>(),
        Model::MobileNetV1 => arguments.resave::<MobileNet>(),
        Model::MobileNetV2 => arguments.resave::<MobileNetV2>(),
        Model::Keras => arguments.resave::<ByObjects>(),
    }?;
    println!("{report}");
    Ok(())
}
