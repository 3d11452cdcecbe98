//! From what a user names to the files of a checkpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::foreign::{Contents, look_at};
use crate::open_error::OpenError;
use crate::source::is_regular;
use crate::state::{State, StateError};

/// How long a `checkpoint` file can be.
const LONGEST_STATE: u64 = 1 << 20;

/// A checkpoint that is there, as far as its names tell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// What the names of its files start with.
    pub(crate) prefix: PathBuf,
    /// Which files these are.
    pub(crate) format: Format,
}

/// The version of a checkpoint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// An index, and data files.
    V2,
    /// Tables, each with a part of the variables.
    V1 {
        /// All of the files.
        files: Vec<PathBuf>,
    },
}

/// Finds the checkpoint that is meant by `path`: the first of
///
/// 1. a V2 checkpoint of that prefix, or of a file that is its index or one of its data files;
/// 2. in a `SavedModel` directory, its variables;
/// 3. in a directory with a file `checkpoint`, the latest one that this names; the file itself will do, too;
/// 4. a V1 checkpoint: a file, or all of a family `P-?????-of-?????` of which `path` is the prefix, one, or that pattern.
///
/// If a file `checkpoint` names one by an absolute path where there is none, it was written on another machine: then the
/// one of that name beside the file is meant.
pub(crate) fn find(path: &Path) -> Result<Found, OpenError> {
    // A slash at the end would come between the prefix and what follows it.
    let path = path.components().as_path();
    if let Some(found) = v2(path)? {
        return Ok(found);
    }
    match metadata(path)? {
        Some(metadata) if metadata.is_dir() => in_directory(path),
        Some(metadata) if is_regular(&metadata) => of_file(path),
        Some(_) => Err(OpenError::Special { path: path.to_owned() }),
        None => family(path)?.ok_or_else(|| missing(path)),
    }
}

/// The data file of this number of the `shards` of a V2 checkpoint.
pub(crate) fn shard_path(prefix: &Path, shard: u32, shards: u32) -> PathBuf {
    with_suffix(prefix, &format!(".data-{shard:05}-of-{shards:05}"))
}

/// The number of data files as their names have it, where the index says that there are `shards`.
///
/// The two differ where TensorFlow merged checkpoints of which one had no variables: then the only complete family of
/// files is meant.
pub(crate) fn named_shards(prefix: &Path, shards: u32) -> u32 {
    if shard_path(prefix, 0, shards).is_file() {
        return shards;
    }
    let mut families: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for name in names_after(prefix, ".data-") {
        if let Some((shard, shards)) = numbers(&name) {
            families.entry(shards).or_default().insert(shard);
        }
    }
    if families.contains_key(&shards) {
        return shards;
    }
    families.retain(|&shards, found| found.iter().copied().eq(0..shards));
    match families.pop_first() {
        Some((only, _)) if families.is_empty() => only,
        _ => shards,
    }
}

/// Reads a file that can have `limit` bytes; one more of them if it has more.
pub(crate) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, OpenError> {
    let read = || {
        let file = File::open(path)?;
        let most = limit.saturating_add(1);
        let size = file.metadata()?.len().min(most);
        // One byte more, so that its end is met without more memory.
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(usize::try_from(size).unwrap_or(0).saturating_add(1))?;
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|source| OpenError::Io { path: path.to_owned(), source })
}

/// The index of the V2 checkpoint of this prefix.
pub(crate) fn index_path(prefix: &Path) -> PathBuf {
    with_suffix(prefix, ".index")
}

/// The V2 checkpoint of this prefix, if there is one.
fn v2(prefix: &Path) -> Result<Option<Found>, OpenError> {
    let is_there = is_file(&index_path(prefix))?;
    Ok(is_there.then(|| Found { prefix: prefix.to_owned(), format: Format::V2 }))
}

/// What is at the place of an index that cannot be read as one, if that is known: else its reader says better what is wrong.
pub(crate) fn foreign(index: &Path) -> Option<OpenError> {
    let contents = contents(index).ok()?;
    matches!(contents, Contents::Foreign(_)).then(|| not_a_checkpoint(index, contents))
}

/// The V1 checkpoint that this table belongs to.
fn v1(path: &Path) -> Result<Found, OpenError> {
    if let Some((prefix, shards)) = member(path) {
        let files = complete(path, &prefix, shards)?;
        return Ok(Found { prefix, format: Format::V1 { files } });
    }
    let prefix = path.to_owned();
    let files = vec![prefix.clone()];
    Ok(Found { prefix, format: Format::V1 { files } })
}

/// The V1 checkpoint of several files that has this prefix, or whose files match this pattern, if there is one.
fn family(path: &Path) -> Result<Option<Found>, OpenError> {
    let of_member = |(prefix, shards)| (prefix, BTreeSet::from([shards]));
    let of_prefix = || {
        let names = names_after(path, "-");
        let sizes = names.iter().filter_map(|name| Some(numbers(name)?.1));
        (path.to_owned(), sizes.collect())
    };
    let (prefix, sizes) = member(path).map_or_else(of_prefix, of_member);
    let first = |shards: u32| part_path(&prefix, 0, shards);
    let mut tables = Vec::new();
    for shards in sizes {
        // Records in shards are named alike.
        if is_file(&first(shards))? && contents(&first(shards))? == Contents::Table {
            tables.push(shards);
        }
    }
    match tables[..] {
        [] => Ok(None),
        [shards] => {
            let files = complete(path, &prefix, shards)?;
            Ok(Some(Found { prefix, format: Format::V1 { files } }))
        }
        _ => {
            let choices = tables.into_iter().map(first).collect();
            Err(OpenError::Ambiguous { path: path.to_owned(), choices })
        }
    }
}

/// All files of a V1 checkpoint of several.
fn complete(path: &Path, prefix: &Path, shards: u32) -> Result<Vec<PathBuf>, OpenError> {
    let mut files = Vec::new();
    for shard in 0..shards {
        let file = part_path(prefix, shard, shards);
        if !is_file(&file)? {
            return Err(OpenError::Incomplete { path: path.to_owned(), missing: file });
        }
        files.push(file);
    }
    Ok(files)
}

fn part_path(prefix: &Path, shard: u32, shards: u32) -> PathBuf {
    with_suffix(prefix, &format!("-{shard:05}-of-{shards:05}"))
}

/// The prefix and the number of the files, if this is the name of one of them, or the pattern that stands for all.
fn member(path: &Path) -> Option<(PathBuf, u32)> {
    let name = path.file_name()?.to_str()?;
    let (rest, shards) = name.rsplit_once("-of-")?;
    let (prefix, shard) = rest.rsplit_once('-')?;
    let shard = if shard == "?????" { "00000" } else { shard };
    let (_, shards) = numbers(&format!("{shard}-of-{shards}"))?;
    Some((path.with_file_name(prefix), shards))
}

/// The two numbers in a name that ends in `00001-of-00003`.
fn numbers(name: &str) -> Option<(u32, u32)> {
    let (shard, shards) = name.split_once("-of-")?;
    let numbers = (shard.parse().ok()?, shards.parse().ok()?);
    let (shard, shards): (u32, u32) = numbers;
    let canonical = format!("{shard:05}-of-{shards:05}") == name;
    Some(numbers).filter(|_| canonical && shard < shards)
}

fn in_directory(path: &Path) -> Result<Found, OpenError> {
    let state = path.join("checkpoint");
    if is_file(&path.join("saved_model.pb"))? || is_file(&path.join("saved_model.pbtxt"))? {
        let prefix = path.join("variables").join("variables");
        let missing = || OpenError::NoVariables { path: path.to_owned(), prefix: prefix.clone() };
        v2(&prefix)?.ok_or_else(missing)
    } else if is_file(&state)? {
        named_by(&state)
    } else {
        let mut within = prefixes(path);
        within.extend(prefixes(&path.join("variables")));
        Err(OpenError::NoState { path: path.to_owned(), within })
    }
}

/// The latest checkpoint, by the file `checkpoint` at `path`.
fn named_by(path: &Path) -> Result<Found, OpenError> {
    let bytes = read_file(path, LONGEST_STATE)?;
    let long = u64::try_from(bytes.len()).is_ok_and(|len| len > LONGEST_STATE);
    let problem = |problem| OpenError::State { path: path.to_owned(), problem };
    if long {
        return Err(problem(StateError::Long { limit: LONGEST_STATE }));
    }
    let named = State::parse(&bytes).map_err(problem)?.latest;
    let directory = directory(path);
    let mut tried = vec![directory.join(&named)];
    if is_of_another_machine(&named) {
        let name = named.rsplit(['/', '\\']).next().unwrap_or_default();
        tried.push(directory.join(name));
    }
    for prefix in &tried {
        if let Some(found) = v2(prefix)? {
            return Ok(found);
        }
        if is_file(prefix)? && contents(prefix)? == Contents::Table {
            return v1(prefix);
        }
        if let Some(found) = family(prefix)? {
            return Ok(found);
        }
    }
    let beside = prefixes(directory);
    Err(OpenError::Dangling { path: path.to_owned(), named, tried, beside })
}

/// Whether a path is absolute, also by the rules of another system, or an address.
fn is_of_another_machine(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    drive || path.starts_with(['/', '\\']) || path.contains("://")
}

/// The checkpoint that a file belongs to.
fn of_file(path: &Path) -> Result<Found, OpenError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let stem = path.with_extension("");
    let data = extension.strip_prefix("data-").is_some_and(|name| numbers(name).is_some());
    if extension == "index" || data {
        let missing = || OpenError::NoIndex { path: path.to_owned(), prefix: stem.clone() };
        return v2(&stem)?.ok_or_else(|| unfinished(&stem).unwrap_or_else(missing));
    }
    if extension == "meta" {
        return Err(OpenError::Graph { path: path.to_owned(), open: stem });
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if let Some((prefix, _)) = name.split_once(".tempstate") {
        let prefix = Path::new(prefix).with_extension("");
        let prefix = directory(path).join(prefix);
        return Err(OpenError::Unfinished { prefix, temporary: path.to_owned() });
    }
    match (name, contents(path)?) {
        (_, Contents::Table) => v1(path),
        ("checkpoint", _) => named_by(path),
        ("saved_model.pb" | "saved_model.pbtxt", _) => {
            let open = directory(path).to_owned();
            Err(OpenError::Graph { path: path.to_owned(), open })
        }
        (_, contents) => Err(not_a_checkpoint(path, contents)),
    }
}

/// What is wrong with a file that is none of a checkpoint.
fn not_a_checkpoint(path: &Path, contents: Contents) -> OpenError {
    let path = path.to_owned();
    match contents {
        Contents::Empty => OpenError::Empty { path },
        Contents::Foreign(what) => OpenError::Foreign { path, what },
        Contents::Unknown | Contents::Table => OpenError::Unknown { path },
    }
}

/// What is wrong where there is no file.
fn missing(path: &Path) -> OpenError {
    let (prefix, index) = (path.to_owned(), index_path(path));
    if index.exists() {
        return OpenError::Special { path: index };
    }
    let data = || {
        let name = names_after(path, ".data-").into_iter().find(|name| numbers(name).is_some())?;
        let path = with_suffix(path, &format!(".data-{name}"));
        Some(OpenError::NoIndex { path, prefix: prefix.clone() })
    };
    unfinished(path).or_else(data).unwrap_or_else(|| {
        let beside = prefixes(directory(path));
        OpenError::NotFound { path: prefix, beside }
    })
}

/// The error that the checkpoint of this prefix is being written, if there are signs of it.
fn unfinished(prefix: &Path) -> Option<OpenError> {
    let is_temporary = |name: &String| {
        let temporary = name.contains(".tempstate");
        name == "_temp" || temporary && (name.starts_with(".index") || name.starts_with(".data-"))
    };
    let name = names_after(prefix, "").into_iter().find(is_temporary)?;
    let temporary = with_suffix(prefix, &name);
    Some(OpenError::Unfinished { prefix: prefix.to_owned(), temporary })
}

/// The prefixes of the V2 checkpoints in a directory.
fn prefixes(directory: &Path) -> Vec<PathBuf> {
    let mut names = names(directory);
    names.retain(|name| directory.join(name).is_file());
    names.iter().filter_map(|name| Some(directory.join(name.strip_suffix(".index")?))).collect()
}

/// What follows in the names of the files that start with `prefix` and then `start`.
fn names_after(prefix: &Path, start: &str) -> Vec<String> {
    let Some(name) = prefix.file_name().and_then(|name| name.to_str()) else {
        return Vec::new();
    };
    let names = names(directory(prefix));
    let rests = names.iter().filter_map(|file| file.strip_prefix(name)?.strip_prefix(start));
    rests.map(str::to_owned).collect()
}

/// The names in a directory, in order; none if it cannot be read.
fn names(directory: &Path) -> Vec<String> {
    let here = Path::new(".");
    let directory = if directory.as_os_str().is_empty() { here } else { directory };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The directory that a path is in; empty for the current one.
fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn is_file(path: &Path) -> Result<bool, OpenError> {
    Ok(metadata(path)?.is_some_and(|metadata| is_regular(&metadata)))
}

/// What the system says of a path; `None` if there is nothing.
fn metadata(path: &Path) -> Result<Option<fs::Metadata>, OpenError> {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) => match error.kind() {
            NotFound | NotADirectory | InvalidInput | InvalidFilename => Ok(None),
            _ => Err(OpenError::Io { path: path.to_owned(), source: error }),
        },
    }
}

fn contents(path: &Path) -> Result<Contents, OpenError> {
    look_at(path).map_err(|source| OpenError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
