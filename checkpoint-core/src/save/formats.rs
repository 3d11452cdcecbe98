//! The formats that are written, and the format of a path.

use std::path::Path;

use crate::save::error::SaveError;
use crate::save::layout::Sink;
use crate::save::numpy::{Npy, Npz};
use crate::save::options::SaveOptions;
use crate::save::safetensors::Safetensors;
use crate::save::tensorflow::TensorFlow;

/// All output formats. The last one accepts all paths.
pub(super) const SINKS: [&dyn Sink; 4] = [&Safetensors, &Npz, &Npy, &TensorFlow];

/// File extensions of formats that cannot be written.
const UNWRITTEN: [&str; 8] = ["pt", "pth", "bin", "npy", "h5", "keras", "gguf", "onnx"];

/// The format for a path.
pub(super) fn sink(path: &Path, options: &SaveOptions<'_>) -> Result<&'static dyn Sink, SaveError> {
    if path.file_name().is_some_and(|name| name.to_str().is_none()) {
        let problem = "its name is not UTF-8; save to another path";
        return Err(SaveError::Path { path: path.to_owned(), problem });
    }
    let Some(format) = &options.format else {
        if path.extension().is_some_and(|end| UNWRITTEN.iter().any(|other| end == *other)) {
            let problem = "its end is that of a format that is not written; end it with `.safetensors` or `.npz`, or name a \
                format with `SaveOptions::format`";
            return Err(SaveError::Path { path: path.to_owned(), problem });
        }
        let meant = SINKS.into_iter().find(|sink| sink.is_meant_by(path));
        return Ok(meant.unwrap_or(&TensorFlow));
    };
    let known = || SINKS.iter().map(|sink| sink.name()).collect();
    let unknown = || SaveError::UnknownFormat { format: format.clone(), known: known() };
    SINKS.into_iter().find(|sink| sink.name() == format).ok_or_else(unknown)
}
