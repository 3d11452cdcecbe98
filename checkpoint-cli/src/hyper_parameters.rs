//! Files of hyper-parameters beside a checkpoint, also behind a URL: `hparams.json`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::{Map, Value};

use crate::remote;

/// The maximum size of a file, in bytes.
const MOST: u64 = 1 << 20;

/// Reads a JSON object from the folder of a checkpoint. Returns `None` if there is no such file, or if it is something else.
pub(crate) fn beside(checkpoint: &Path, file: &str) -> Option<Map<String, Value>> {
    if let Some(url) = remote::url(checkpoint) {
        return serde_json::from_slice(&remote::beside(url, file, MOST)?).ok();
    }
    let folder = if checkpoint.is_dir() { checkpoint } else { checkpoint.parent()? };
    let path = folder.join(file);
    // A device or a pipe may be endless, and opening a pipe may wait.
    if !path.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}
