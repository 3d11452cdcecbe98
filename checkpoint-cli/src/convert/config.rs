//! `config.json` of `transformers`, from the hyper-parameters of a TensorFlow checkpoint.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::file;
use crate::hyper_parameters;

/// The name of the file.
pub(super) const NAME: &str = "config.json";

/// An architecture of `--model`.
struct Architecture {
    /// Its name in `transformers`.
    model_type: &'static str,
    /// The file of hyper-parameters beside its checkpoints.
    file: Option<&'static str>,
    /// The hyper-parameters that `transformers` calls otherwise.
    renamed: &'static [(&'static str, &'static str)],
}

fn architecture(model: &str) -> Option<Architecture> {
    let (model_type, file): (_, Option<&str>) = match model {
        "gpt2" => ("gpt2", Some("hparams.json")),
        "bert" => ("bert", Some("bert_config.json")),
        "albert" => ("albert", Some("albert_config.json")),
        "t5" => ("t5", None),
        "electra" | "electra-generator" => ("electra", None),
        "mobilenet-v1" => ("mobilenet_v1", None),
        "mobilenet-v2" => ("mobilenet_v2", None),
        _ => return None,
    };
    let renamed: &[_] = match model {
        "gpt2" => &[("n_vocab", "vocab_size"), ("n_ctx", "n_positions")],
        _ => &[],
    };
    Some(Architecture { model_type, file, renamed })
}

/// A `config.json` to write.
pub(super) struct Config {
    path: PathBuf,
    text: String,
    /// The file that it was made from, if there is one.
    from: Option<&'static str>,
}

impl Config {
    /// The configuration of a model at `to`, from the file beside the checkpoint at `from` and from `KEY=VALUE`s. Returns `None` if
    /// there is neither, or if the folder has one already that is kept.
    pub(super) fn new(
        model: &str,
        from: &Path,
        to: &Path,
        said: &[(String, Value)],
        is_kept: bool,
    ) -> Result<Option<Self>, Failure> {
        let Some(Architecture { model_type, file, renamed }) = architecture(model) else {
            return Ok(None);
        };
        let found = file.and_then(|file| hyper_parameters::beside(from, file));
        let path = to.with_file_name(NAME);
        if found.is_none() && said.is_empty() {
            return Ok(None);
        }
        if is_kept {
            return if said.is_empty() { Ok(None) } else { Err(Failure::Exists(path)) };
        }
        let file = file.filter(|_| found.is_some());
        let mut all = Map::new();
        for (name, value) in found.unwrap_or_default() {
            let other = renamed.iter().find(|(own, _)| *own == name);
            all.insert(other.map_or(name, |(_, other)| (*other).to_owned()), value);
        }
        all.insert("model_type".to_owned(), model_type.into());
        all.extend(said.iter().cloned());
        let text = serde_json::to_string_pretty(&all).unwrap_or_default() + "\n";
        Ok(Some(Self { path, text, from: file }))
    }

    pub(super) fn write(&self) -> Result<(), Failure> {
        file::write(&self.path, &self.text)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// `config.json, from hparams.json`
    pub(super) fn line(&self) -> String {
        match self.from {
            Some(file) => format!("config.json, from {file}"),
            None => "config.json".to_owned(),
        }
    }
}

/// Parses `n_head=12`. A value that is no JSON is text.
pub(super) fn entry(text: &str) -> Result<(String, Value), String> {
    let Some((key, value)) = text.split_once('=').filter(|(key, _)| !key.is_empty()) else {
        return Err("write a name and a value, as in `n_head=12`".to_owned());
    };
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((key.to_owned(), value))
}
