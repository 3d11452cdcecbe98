//! PyTorch checkpoints: archives of a pickle and the storages of its tensors; one archive, or shards with an index.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use checkpoint_schema::format::{Budget, DAMAGED, Limits};
use checkpoint_schema::listing::catalog::{Defect, Endianness, Name, Place, Variable};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;

use crate::open::error::OpenError;
use crate::open::format::{Candidate, Format, Opened};
use crate::open::path::what_it_is;
use crate::source::content::{Content, Held, Hold, memory};
use crate::source::error::SourceError;
use crate::source::file::OpenFile;
use crate::source::files::{Encoded, Files};
use crate::source::look::{Contents, look_at};
use crate::source::other_format::OtherFormat;
use crate::source::pytorch::object::PickleError;
use crate::source::pytorch::pickle::{LONGEST, Pickle};
use crate::source::pytorch::view::Storages;
use crate::source::pytorch::walk::{Leaf, leaves};
use crate::source::section::{Section, SectionError};
use crate::source::shards::{Of, index_of, open_shard, read_index, shard_of, start_of};
use crate::source::storage::FileSystem;
use crate::source::traits::DataFile;
use crate::source::zip::{Entry, Kind, entries, kind};
use crate::tensor::Tensor;

mod call;
mod object;
mod pickle;
mod view;
mod walk;

/// The extensions of files.
const FILES: [&str; 4] = [".bin", ".pt", ".pth", ".ckpt"];

/// The extension of an index of shards.
const INDEX: &str = ".bin.index.json";

/// The usual names of a model. Programs store optimizer state and other files next to it.
const MODEL: [&str; 2] = ["pytorch_model.bin", "pytorch_model.bin.index.json"];

/// The format of `torch.save`.
pub(crate) struct PyTorch;

impl Format for PyTorch {
    fn name(&self) -> &'static str {
        "pytorch"
    }

    fn is_called(&self, path: &str) -> bool {
        [".bin", ".pt", ".pth", INDEX].iter().any(|end| path.ends_with(end))
    }

    fn recognise(
        &self,
        system: &FileSystem,
        path: &Path,
    ) -> Result<Vec<Box<dyn Candidate>>, OpenError> {
        let failed = OpenError::io(path);
        if system.has_folder(path).map_err(failed)? {
            return in_folder(system, path);
        }
        let found = of_file(system, path)?;
        Ok(found.map(|found| -> Box<dyn Candidate> { Box::new(found) }).into_iter().collect())
    }
}

/// An archive, or the index of shards.
#[derive(Debug)]
struct Found {
    path: PathBuf,
    file: OpenFile,
    is_index: bool,
}

/// The checkpoint at a path, if the file is one.
fn of_file(system: &FileSystem, path: &Path) -> Result<Option<Found>, OpenError> {
    let failed = OpenError::io(path);
    let is_archive = kind(system, path).map_err(failed)? == Some(Kind::Torch);
    if !system.has_file(path).map_err(failed)? {
        return Ok(None);
    }
    let Some(file) = system.open(path).map_err(failed)? else { return Ok(None) };
    let start = start_of(&file).map_err(failed)?;
    let is_index = !is_archive && index_of(path, &start) == Some(Of::PyTorch);
    if let (false, Contents::OtherFormat(what @ OtherFormat::OldTorch)) =
        (is_index, look_at(system, path).map_err(failed)?)
    {
        return Err(OpenError::OtherFormat { path: path.to_owned(), what });
    }
    Ok((is_archive || is_index).then(|| Found { path: path.to_owned(), file, is_index }))
}

/// The checkpoints in a folder: only the model, if one has a usual name; otherwise all.
fn in_folder(system: &FileSystem, folder: &Path) -> Result<Vec<Box<dyn Candidate>>, OpenError> {
    let mut names = system.names(folder);
    let is_index = |name: &&String| name.ends_with(INDEX);
    let shard = names.iter().find_map(|name| shard_of(name, FILES[0]));
    if let (Some(prefix), None) = (shard, names.iter().find(is_index)) {
        let missing = folder.join(format!("{prefix}{INDEX}"));
        return Err(OpenError::Incomplete { path: folder.to_owned(), missing });
    }
    names.retain(|name| {
        let is_file = FILES.iter().any(|end| name.ends_with(end) && shard_of(name, end).is_none());
        is_file || name.ends_with(INDEX)
    });
    if names.iter().any(|name| MODEL.contains(&&**name)) {
        names.retain(|name| MODEL.contains(&&**name));
    }
    let (mut found, mut failed): (Vec<Box<dyn Candidate>>, _) = (Vec::new(), None);
    for name in names {
        match of_file(system, &folder.join(name)) {
            Ok(file) => found.extend(file.map(|file| -> Box<dyn Candidate> { Box::new(file) })),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    // An old-format file next to other checkpoints is not an error.
    failed.filter(|_| found.is_empty()).map_or(Ok(found), Err)
}

impl Candidate for Found {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(
        self: Box<Self>,
        system: &FileSystem,
        limits: &Limits,
        hold: Hold,
    ) -> Result<Opened, OpenError> {
        let Self { path, file, is_index } = *self;
        let budget = Budget::new(limits, file.size());
        if is_index {
            return several(system, &path, &file, budget, hold);
        }
        let Archive { data, variables, encoded } = Archive::open(path, file, 0, &budget, hold)?;
        let source = Files::new(variables, encoded, vec![Box::new(data)]);
        Ok(Opened { source: Box::new(source), budget })
    }
}

/// Opens an index, and its shards.
fn several(
    system: &FileSystem,
    path: &Path,
    file: &OpenFile,
    mut budget: Budget,
    hold: Hold,
) -> Result<Opened, OpenError> {
    let index = read_index(path, file, &budget)?;
    let (mut files, mut all, mut encoded) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (shard, name) in (0..).zip(index.files()) {
        let archive = path.with_file_name(name);
        let file = open_shard(system, path, &archive)?;
        budget = budget.beside(file.size());
        if kind(system, &archive).ok() != Some(Some(Kind::Torch)) {
            let what = what_it_is(system, &archive)?;
            return Err(what.unwrap_or(OpenError::Unknown { path: archive }));
        }
        let archive = Archive::open(archive, file, shard, &budget, hold)?;
        let data: Box<dyn DataFile> = Box::new(archive.data);
        files.push(data);
        all.push(archive.variables);
        encoded.extend(archive.encoded);
    }
    let variables = index.variables(all);
    let variables = variables.map_err(|problem| OpenError::damaged(path, problem))?;
    Ok(Opened { source: Box::new(Files::new(variables, encoded, files)), budget })
}

/// An archive with its parsed pickle.
struct Archive {
    data: Held,
    /// The variables, in name order.
    variables: Vec<Variable>,
    encoded: BTreeMap<Name, Box<dyn Encoded>>,
}

impl Archive {
    fn open(
        path: PathBuf,
        file: OpenFile,
        shard: u32,
        budget: &Budget,
        hold: Hold,
    ) -> Result<Self, OpenError> {
        let content = Content::new(file, hold);
        let content = content.map_err(|source| OpenError::Io { path: path.clone(), source })?;
        let data = Held { path, content };
        let path = &data.path;
        let listed = entries(&data, budget).map_err(|error| error.opening(path))?;
        let files: BTreeMap<Name, Section> =
            listed.into_iter().map(|Entry { name, section }| (name, checked(section))).collect();
        let is_pickle = |name: &&Name| {
            name.as_bytes() == PICKLE || name.as_bytes().ends_with(&[b"/", PICKLE].concat())
        };
        let name = files.keys().find(is_pickle).cloned();
        let name = name.ok_or_else(|| OpenError::damaged(path, NoPickle))?;
        let folder = name.as_bytes().strip_suffix(PICKLE).unwrap_or_default();
        let endianness = endianness(&data, &files, folder)?;
        let pickle = read(&data, &name, &files, budget)?;
        let problem = |problem: PickleError| OpenError::damaged(path, problem);
        let pickle = Pickle::read(pickle, budget).map_err(problem)?;
        let root = path.file_stem().unwrap_or_default().to_string_lossy();
        let leaves = leaves(&pickle, root.as_bytes(), budget).map_err(problem)?;
        let limits = budget.limits();
        let most = limits.memory_per_byte.saturating_mul(data.size()).saturating_add(limits.memory);
        let prefix = [folder, b"data/"].concat();
        let mut storages = Storages {
            files: &files,
            prefix,
            endianness,
            shard,
            most,
            used: BTreeSet::new(),
            again: 0,
        };
        let (variables, encoded) = listing(&pickle, leaves, &mut storages).map_err(problem)?;
        Ok(Self { data, variables, encoded })
    }
}

/// Removes the checksum of a section if `PyTorch` was configured to write none (`set_crc32_options`).
fn checked(section: Section) -> Section {
    let crc = section.crc.filter(|&crc| crc != 0 || section.size == 0);
    Section { crc, ..section }
}

/// The file name of the pickle in an archive.
const PICKLE: &[u8] = b"data.pkl";

#[derive(Debug, thiserror::Error)]
#[error("the archive has no file `data.pkl`; {DAMAGED}")]
struct NoPickle;

#[derive(Debug, thiserror::Error)]
#[error("the file `{}` of the archive names the byte order `{}`, but only `little` and `big` exist; {DAMAGED}", name.short(), order.short())]
struct UnknownOrder {
    name: Name,
    order: Name,
}

/// The byte order of an archive. Only newer archives record it.
fn endianness(
    file: &dyn DataFile,
    files: &BTreeMap<Name, Section>,
    folder: &[u8],
) -> Result<Endianness, OpenError> {
    let name = Name::from([folder, b"byteorder"].concat());
    let Some(section) = files.get(&name) else { return Ok(Endianness::Little) };
    let mut reader = section.reader(file, name.short().to_string());
    let mut order = vec![0; usize::try_from(section.size).unwrap_or(16).min(16)];
    reader.fill(&mut order).map_err(|error| error.opening(file.path()))?;
    match &order[..] {
        b"little" => Ok(Endianness::Little),
        b"big" => Ok(Endianness::Big),
        _ => {
            let order = Name::from(order);
            Err(OpenError::damaged(file.path(), UnknownOrder { name, order }))
        }
    }
}

/// Reads the pickle.
fn read(
    file: &dyn DataFile,
    name: &Name,
    files: &BTreeMap<Name, Section>,
    budget: &Budget,
) -> Result<Vec<u8>, OpenError> {
    let path = file.path();
    let section = files.get(name).ok_or_else(|| OpenError::damaged(path, NoPickle))?;
    if section.size > LONGEST {
        let long = PickleError::Long { len: section.size, most: LONGEST };
        return Err(OpenError::damaged(path, long));
    }
    let needed = section.size.saturating_add(section.reader_memory());
    budget.charge("the pickle", needed).map_err(|over| OpenError::damaged(path, over))?;
    let bytes = memory(section.size);
    let mut bytes = bytes.map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
    let mut reader = section.reader(file, name.short().to_string());
    let filled = reader.fill(&mut bytes).and_then(|()| reader.finish());
    filled.map_err(|error| error.opening(path))?;
    Ok(bytes)
}

/// The variables of an archive, and those without a byte range.
type Listing = (Vec<Variable>, BTreeMap<Name, Box<dyn Encoded>>);

/// The variables of an archive, in name order.
fn listing(
    pickle: &Pickle,
    leaves: Vec<(Name, Leaf)>,
    storages: &mut Storages<'_>,
) -> Result<Listing, PickleError> {
    let (mut variables, mut encoded) = (Vec::new(), BTreeMap::new());
    for (name, leaf) in leaves {
        match leaf {
            Leaf::Tensor(view) => {
                let key = view.storage.key.of(&pickle.bytes);
                let (variable, scattered) = storages.variable(name.clone(), &view, key);
                variables.push(variable);
                if let Some(scattered) = scattered {
                    let scattered: Box<dyn Encoded> = Box::new(scattered);
                    encoded.insert(name, scattered);
                }
            }
            Leaf::Plain(tensor) => {
                let (dtype, shape) = (tensor.dtype(), tensor.shape().clone());
                variables.push(Variable { name: name.clone(), dtype, shape, place: Place::Opaque });
                encoded.insert(name, Box::new(Plain { tensor, shard: storages.shard }));
            }
            Leaf::Large => {
                let reason = "it is an integer of more than 64 bits; save it as a float or a text";
                let defect = Defect::Unsupported { reason: reason.into() };
                let (dtype, place) = (DType::Unknown, Place::Unreadable(Box::new(defect)));
                variables.push(Variable { name, dtype, shape: Shape::default(), place });
            }
        }
    }
    variables.sort_by(|one, other| one.name.cmp(&other.name));
    let twice = variables.array_windows().find(|[one, other]| one.name == other.name);
    if let Some([twice, _]) = twice {
        return Err(PickleError::Twice(twice.name.clone()));
    }
    Ok((variables, encoded))
}

/// Scalars that are stored in the pickle.
#[derive(Debug)]
struct Plain {
    tensor: Tensor,
    shard: u32,
}

impl Encoded for Plain {
    fn shard(&self) -> u32 {
        self.shard
    }

    fn read(&self, _: &dyn DataFile, _: &Variable) -> Result<Tensor, SourceError> {
        Ok(self.tensor.clone())
    }
}

impl SectionError {
    /// The error of opening a checkpoint.
    fn opening(self, path: &Path) -> OpenError {
        match self {
            Self::Io(source) => OpenError::Io { path: path.to_owned(), source },
            problem => OpenError::damaged(path, problem),
        }
    }
}
