//! `TensorFlow` checkpoints of both versions.

use std::path::Path;

use checkpoint_schema::format::Limits;

use crate::open::error::OpenError;
use crate::open::format::{Candidate, Format, Opened};
use crate::open::path::{Found, Version, find};
use crate::source::bundle::Bundle;
use crate::source::content::Hold;
use crate::source::storage::FileSystem;
use crate::source::v1::V1;

/// Extensions of other formats. `TensorFlow` files can have any other extension.
const OTHERS: [&str; 7] = [".safetensors", ".npz", ".npy", ".bin", ".pt", ".pth", ".json"];

/// The `TensorFlow` format.
pub(crate) struct TensorFlow;

impl Format for TensorFlow {
    fn name(&self) -> &'static str {
        "tensorflow"
    }

    fn is_called(&self, path: &str) -> bool {
        !OTHERS.iter().any(|end| path.ends_with(end))
    }

    fn recognise(
        &self,
        system: &FileSystem,
        path: &Path,
    ) -> Result<Vec<Box<dyn Candidate>>, OpenError> {
        let found: Box<dyn Candidate> = Box::new(find(system, path)?);
        Ok(vec![found])
    }
}

impl Candidate for Found {
    fn path(&self) -> &Path {
        &self.prefix
    }

    fn open(
        self: Box<Self>,
        system: &FileSystem,
        limits: &Limits,
        hold: Hold,
    ) -> Result<Opened, OpenError> {
        match self.version {
            Version::V1 { files } => {
                let v1 = V1::open(system, &files, limits)?;
                let budget = v1.budget().clone();
                Ok(Opened { source: Box::new(v1), budget })
            }
            Version::V2 { index } => {
                let bundle = Bundle::open(system, &index, &self.prefix, limits, hold)?;
                let budget = bundle.budget().clone();
                Ok(Opened { source: Box::new(bundle), budget })
            }
        }
    }
}
