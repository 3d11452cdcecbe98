//! Checkpoints of `TensorFlow`, of both versions.

use std::path::Path;

use checkpoint_schema::format::Limits;

use crate::open::error::OpenError;
use crate::open::format::{Candidate, Format, Opened};
use crate::open::path::{Found, Version, find};
use crate::source::{Bundle, Hold, V1};

/// The format of `TensorFlow`.
pub(crate) struct TensorFlow;

impl Format for TensorFlow {
    fn name(&self) -> &'static str {
        "tensorflow"
    }

    fn recognise(&self, path: &Path) -> Result<Vec<Box<dyn Candidate>>, OpenError> {
        let found: Box<dyn Candidate> = Box::new(find(path)?);
        Ok(vec![found])
    }
}

impl Candidate for Found {
    fn path(&self) -> &Path {
        &self.prefix
    }

    fn open(self: Box<Self>, limits: &Limits, hold: Hold) -> Result<Opened, OpenError> {
        match self.version {
            Version::V1 { files } => {
                let v1 = V1::open(&files, limits)?;
                let budget = v1.budget().clone();
                Ok(Opened { source: Box::new(v1), budget })
            }
            Version::V2 { index } => {
                let bundle = Bundle::open(&index, &self.prefix, limits, hold)?;
                let budget = bundle.budget().clone();
                Ok(Opened { source: Box::new(bundle), budget })
            }
        }
    }
}
