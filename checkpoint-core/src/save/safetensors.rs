//! safetensors checkpoints, byte for byte as the `safetensors` crate and `transformers` write them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use checkpoint_schema::format::safetensors::{METADATA, PREFIX, dtype_name};
use checkpoint_schema::listing::dtype::DType;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::open::path::directory;
use crate::save::error::{NameProblem, SaveError};
use crate::save::file_names::{file_name, with_suffix};
use crate::save::layout::{FilePlan, FileRange, Fixed, Planned, Sink};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::system::number::as_u64;

/// The file extension.
const FILE: &str = ".safetensors";

/// The suffix that distinguishes an index of several files from a single file.
const INDEX: &str = ".index.json";

/// The alignment of the header length.
const ALIGNMENT: usize = 8;

/// The format of the `safetensors` crate.
pub(crate) struct Safetensors;

impl Sink for Safetensors {
    fn name(&self) -> &'static str {
        "safetensors"
    }

    fn is_meant_by(&self, path: &Path) -> bool {
        let name = file_name(path).unwrap_or_default();
        name.strip_suffix(INDEX).unwrap_or(name).ends_with(FILE)
    }

    fn base(&self, path: &Path) -> Result<PathBuf, SaveError> {
        match file_name(path) {
            None | Some("") => {
                let problem = "it ends in no name of a file; add one, such as `model.safetensors`";
                Err(SaveError::Path { path: path.to_owned(), problem })
            }
            Some(name) => Ok(path.with_file_name(name.strip_suffix(INDEX).unwrap_or(name))),
        }
    }

    fn is_part(&self, base: &str, name: &str) -> bool {
        let number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let numbers = name
            .strip_prefix(stem(base))
            .and_then(|rest| rest.strip_prefix('-')?.strip_suffix(FILE)?.split_once("-of-"));
        name.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest == INDEX)
            || numbers.is_some_and(|(one, all)| number(one) && number(all))
    }

    fn problem(&self, outgoing: &Outgoing<'_>) -> Option<NameProblem> {
        let (name, spec) = (outgoing.name.clone(), outgoing.spec.clone());
        let reserved = |reason| Some(NameProblem::Reserved { name: name.clone(), reason });
        match name.as_str() {
            None => return reserved("is not UTF-8, which names in safetensors are; rename it"),
            Some(METADATA) => return reserved("is what safetensors calls its metadata; rename it"),
            Some(_) => {}
        }
        let advice = match outgoing.spec.dtype {
            DType::String => "leave it out, or save as TensorFlow",
            _ => "convert it to another dtype, leave it out, or save as TensorFlow",
        };
        let format = "safetensors";
        let unsupported = NameProblem::Unsupported { name: name.clone(), spec, format, advice };
        dtype_name(outgoing.spec.dtype).is_none().then_some(unsupported)
    }

    fn layout(
        &self,
        base: &Path,
        outgoing: &[Outgoing<'_>],
        sizes: &[u64],
        options: &SaveOptions<'_>,
    ) -> FilePlan {
        let shards = shards(sizes, options.max_shard_size);
        let paths = paths(base, shards.len());
        let mut layout = FilePlan {
            files: Vec::new(),
            places: sizes.iter().map(|&size| FileRange { file: 0, offset: 0, size }).collect(),
            fixed: Vec::new(),
            opens: base.to_owned(),
            folder: None,
        };
        let mut map = BTreeMap::new();
        for (path, numbers) in paths.into_iter().zip(shards) {
            for &number in &numbers {
                map.extend(
                    outgoing
                        .get(number)
                        .and_then(|it| it.name.as_str())
                        .zip(file_name(&path).map(str::to_owned)),
                );
            }
            add_file(&mut layout, path, numbers, outgoing);
        }
        if layout.files.len() > 1 {
            layout.opens = with_suffix(base, INDEX);
            let bytes = index(sizes, &map);
            let planned = Planned { path: layout.opens.clone(), size: as_u64(bytes.len()) };
            layout.fixed.push(Fixed { file: layout.files.len(), offset: 0, bytes });
            layout.files.push(planned);
        }
        layout
    }
}

/// The common part of the names of several files.
fn stem(base: &str) -> &str {
    base.strip_suffix(FILE).unwrap_or(base)
}

/// The indices of the variables in each file, in order.
fn shards(sizes: &[u64], max: Option<u64>) -> Vec<Vec<usize>> {
    let (mut shards, mut shard, mut len) = (Vec::new(), Vec::new(), 0_u64);
    for (number, &size) in sizes.iter().enumerate() {
        let is_full = max.is_some_and(|max| len.saturating_add(size) > max);
        if is_full && !shard.is_empty() {
            shards.push(std::mem::take(&mut shard));
            len = 0;
        }
        shard.push(number);
        len = len.saturating_add(size);
    }
    shards.push(shard);
    shards
}

/// The paths of this many files.
fn paths(base: &Path, count: usize) -> Vec<PathBuf> {
    if count < 2 {
        return vec![base.to_owned()];
    }
    let stem = stem(file_name(base).unwrap_or_default());
    let name = |number: usize| format!("{stem}-{number:05}-of-{count:05}{FILE}");
    (1..=count).map(|number| directory(base).join(name(number))).collect()
}

/// Adds a file with the variables at these indices.
fn add_file(layout: &mut FilePlan, path: PathBuf, numbers: Vec<usize>, outgoing: &[Outgoing<'_>]) {
    let mut tensors: Vec<(usize, &Outgoing<'_>, usize)> = numbers
        .into_iter()
        .filter_map(|number| {
            let tensor = outgoing.get(number)?;
            let (rank, _) = dtype_name(tensor.spec.dtype)?;
            Some((rank, tensor, number))
        })
        .collect();
    tensors.sort_by(|one, other| {
        let names = || one.1.name.cmp(&other.1.name);
        other.0.cmp(&one.0).then_with(names)
    });
    let size = |number: usize| layout.places.get(number).map_or(0, |place| place.size);
    let (mut end, mut listed) = (0_u64, Vec::new());
    for (_, tensor, number) in &tensors {
        let begin = end;
        end = end.saturating_add(size(*number));
        listed.push((*tensor, [begin, end]));
    }
    let header = header(&listed);
    let (file, start) = (layout.files.len(), as_u64(header.len()));
    for ((_, _, number), (_, [begin, _])) in tensors.iter().zip(&listed) {
        if let Some(place) = layout.places.get_mut(*number) {
            (place.file, place.offset) = (file, start.saturating_add(*begin));
        }
    }
    layout.files.push(Planned { path, size: start.saturating_add(end) });
    layout.fixed.push(Fixed { file, offset: 0, bytes: header });
}

/// The length field and the header at the start of a file.
fn header(tensors: &[(&Outgoing<'_>, [u64; 2])]) -> Vec<u8> {
    // Names are UTF-8, and writing to memory cannot fail.
    let mut json = serde_json::to_vec(&Header(tensors)).unwrap_or_default();
    json.resize(json.len().next_multiple_of(ALIGNMENT), b' ');
    let mut header = as_u64(json.len()).to_le_bytes().to_vec();
    debug_assert_eq!(as_u64(header.len()), PREFIX);
    header.extend(json);
    header
}

struct Header<'h>(&'h [(&'h Outgoing<'h>, [u64; 2])]);

#[derive(serde::Serialize)]
struct Tensor<'t> {
    dtype: &'static str,
    shape: &'t [u64],
    data_offsets: [u64; 2],
}

#[derive(serde::Serialize)]
struct Metadata {
    format: &'static str,
}

impl Serialize for Header<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        // `transformers` rejects files without it.
        map.serialize_entry(METADATA, &Metadata { format: "pt" })?;
        for (tensor, data_offsets) in self.0 {
            let (_, dtype) = dtype_name(tensor.spec.dtype).unwrap_or_default();
            let shape = tensor.spec.shape.dims();
            let tensor_entry = Tensor { dtype, shape, data_offsets: *data_offsets };
            map.serialize_entry(tensor.name.as_str().unwrap_or_default(), &tensor_entry)?;
        }
        map.end()
    }
}

#[derive(serde::Serialize)]
struct Index<'i> {
    metadata: Total,
    weight_map: &'i BTreeMap<&'i str, String>,
}

#[derive(serde::Serialize)]
struct Total {
    total_size: u64,
}

/// The index of several files, formatted like Python's JSON.
fn index(sizes: &[u64], files: &BTreeMap<&str, String>) -> Vec<u8> {
    let total_size = sizes.iter().copied().fold(0, u64::saturating_add);
    let index = Index { metadata: Total { total_size }, weight_map: files };
    let json = serde_json::to_string_pretty(&index).unwrap_or_default();
    let mut ascii = String::new();
    for letter in json.chars() {
        if letter <= '~' {
            ascii.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii.push('\n');
    ascii.into_bytes()
}
