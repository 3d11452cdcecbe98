//! Checkpoints as `TensorFlow` writes them, byte for byte.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use checkpoint_schema::listing::checksum::Algorithm;
use checkpoint_schema::listing::dtype::DType;

use crate::open::path::{index_path, is_data_or_index, shard_path};
use crate::save::error::{NameProblem, SaveError};
use crate::save::file_names::file_name;
use crate::save::layout::{FilePlan, FileRange, Fixed, Planned, Sink};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::system::number::as_u64;
use crate::tensor::strings::Strings;

pub(crate) use self::index::{Entry, index};

mod index;
mod strings;
mod table;
mod wire;

/// The V2 format of `TensorFlow`.
pub(crate) struct TensorFlow;

impl Sink for TensorFlow {
    fn name(&self) -> &'static str {
        "tensorflow"
    }

    fn is_meant_by(&self, _: &Path) -> bool {
        true
    }

    fn base(&self, path: &Path) -> Result<PathBuf, SaveError> {
        let refused = |problem| Err(SaveError::Path { path: path.to_owned(), problem });
        if is_data_or_index(path) {
            return refused(
                "it is the name of one of its files; give the part before `.index` or `.data`",
            );
        }
        if path.as_os_str().is_empty() || file_name(path).is_none() {
            return refused("it ends in no name of a file; add one, such as `model.ckpt`");
        }
        Ok(path.to_owned())
    }

    fn is_part(&self, base: &str, name: &str) -> bool {
        let rest = name.strip_prefix(base);
        rest.is_some_and(|rest| rest.starts_with('.') && is_data_or_index(Path::new(rest)))
    }

    fn problem(&self, outgoing: &Outgoing<'_>) -> Option<NameProblem> {
        let Outgoing { name, spec, .. } = outgoing;
        let is_known = DType::from_number(u64::from(spec.dtype.number())).is_some();
        let advice = "convert it to another dtype, or save as safetensors";
        let (name, spec) = (name.clone(), spec.clone());
        let unsupported = NameProblem::Unsupported { name, spec, format: "TensorFlow", advice };
        (!is_known).then_some(unsupported)
    }

    fn algorithm(&self) -> Option<Algorithm> {
        Some(Algorithm::Crc32c)
    }

    fn strings_size(&self, dtype: DType, strings: &Strings) -> u64 {
        strings::size(dtype, strings)
    }

    fn strings(&self, dtype: DType, strings: &Strings) -> (Vec<u8>, u32) {
        strings::encode(dtype, strings)
    }

    fn grows(&self) -> bool {
        true
    }

    fn layout(
        &self,
        base: &Path,
        outgoing: &[Outgoing<'_>],
        sizes: &[u64],
        options: &SaveOptions<'_>,
    ) -> FilePlan {
        let mut shards = Shards::new(options);
        let mut shared: HashMap<(usize, u8), FileRange> = HashMap::new();
        let places = outgoing.iter().zip(sizes).map(|(outgoing, &size)| match outgoing.source {
            Some(source) => {
                let key = (source, outgoing.spec.dtype.number());
                *shared.entry(key).or_insert_with(|| shards.place(size))
            }
            None => shards.place(size),
        });
        let places = places.collect();
        let files = shards.files(base);
        FilePlan { files, places, fixed: Vec::new(), opens: base.to_owned(), folder: None }
    }

    fn finish(
        &self,
        outgoing: &[Outgoing<'_>],
        layout: &FilePlan,
        checksums: &[u32],
    ) -> Vec<Fixed> {
        let shards = layout.files.len().saturating_sub(1);
        let entries = outgoing.iter().zip(&layout.places).zip(checksums);
        let entries = entries.map(|((Outgoing { name, spec, .. }, &place), &checksum)| Entry {
            name,
            spec,
            place,
            checksum,
        });
        let bytes = index(entries.collect(), as_u64(shards));
        vec![Fixed { file: shards, offset: 0, bytes }]
    }
}

/// Data files filled one after another.
pub(crate) struct Shards {
    /// The end offset of each file, at least one.
    ends: Vec<u64>,
    align: u64,
    max: Option<u64>,
}

impl Default for Shards {
    /// One data file without gaps.
    fn default() -> Self {
        Self { ends: vec![0], align: 1, max: None }
    }
}

impl Shards {
    pub(crate) fn new(options: &SaveOptions<'_>) -> Self {
        Self { ends: vec![0], align: options.align, max: options.max_shard_size }
    }

    /// Assigns a place to the next variable of this size.
    pub(crate) fn place(&mut self, size: u64) -> FileRange {
        let end = self.ends.last().copied().unwrap_or(0);
        let mut offset = end.next_multiple_of(self.align.max(1));
        let is_full = self.max.is_some_and(|max| offset.saturating_add(size) > max);
        if is_full && end > 0 {
            self.ends.push(0);
            offset = 0;
        }
        if let Some(end) = self.ends.last_mut() {
            *end = if size > 0 { offset.saturating_add(size) } else { *end };
        }
        FileRange { file: self.ends.len().saturating_sub(1), offset, size }
    }

    /// The data files and the index of the checkpoint `base`.
    pub(crate) fn files(&self, base: &Path) -> Vec<Planned> {
        let count = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        let data = (0..count)
            .zip(&self.ends)
            .map(|(number, &size)| Planned { path: shard_path(base, number, count), size });
        let index = Planned { path: index_path(base), size: 0 };
        data.chain([index]).collect()
    }
}
