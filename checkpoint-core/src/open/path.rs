//! Finds the files of a checkpoint from a path.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use checkpoint_schema::listing::glob::Glob;

use self::absent::{graph, missing, not_a_checkpoint, nothing_in, temporary, unfinished};
use crate::open::error::OpenError;
use crate::open::state::{State, StateError};
use crate::source::look::{Contents, look_at};
use crate::source::{FileSystem, Kind, is_index, memory};

mod absent;

pub(crate) use self::absent::temporary_of;

/// The largest size of a `checkpoint` file, in bytes.
const LONGEST_STATE: u64 = 1 << 20;

/// A checkpoint that was found by file names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The common prefix of the file names.
    pub(crate) prefix: PathBuf,
    /// The version, with the files.
    pub(crate) version: Version,
}

/// The format version of a checkpoint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// An index and data files.
    V2 {
        /// The index. Its name may differ from that of the data files.
        index: PathBuf,
    },
    /// Tables, each with a part of the variables.
    V1 {
        /// All table files.
        files: Vec<PathBuf>,
    },
}

/// Finds the checkpoint at `path`. The first match wins:
///
/// 1. a V2 checkpoint with this prefix, or of this index or data file;
/// 2. the variables of a `SavedModel` directory;
/// 3. the latest checkpoint of a directory with a file `checkpoint`; the path of that file works too, under any name;
/// 4. the V2 checkpoint with an empty base name (`.index`) in a directory;
/// 5. a V1 checkpoint: a file; all files of a family `P-?????-of-?????`, by its prefix or one of its files; or all files that
///    match a pattern such as `P-*`.
///
/// A path with a trailing slash is a directory, not a prefix: 4 is tried first.
///
/// A `checkpoint` file can name an absolute path that is missing, because it was written on another machine. Then the
/// checkpoint of that name next to the file is used.
pub(crate) fn find(system: &FileSystem, path: &Path) -> Result<Found, OpenError> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let dot = bytes.strip_suffix(b".").and_then(|before| before.last());
    let is_folder = ends_in_separator(path) || dot.is_some_and(|&byte| is_separator(byte));
    // A trailing slash would separate the prefix from its suffix.
    let path = path.components().as_path();
    if is_folder && kind(system, path)? == Some(Kind::Folder) {
        return v2(system, &path.join(""))?.map_or_else(|| in_directory(system, path), Ok);
    }
    if let Some(found) = v2(system, path)? {
        return Ok(found);
    }
    match kind(system, path)? {
        Some(Kind::Folder) => in_directory(system, path),
        Some(Kind::File { .. }) => of_file(system, path),
        Some(Kind::Special) => Err(OpenError::Special { path: path.to_owned() }),
        None => match family(system, path)? {
            Some(found) => Ok(found),
            None => matching(system, path)?.ok_or_else(|| missing(system, path)),
        },
    }
}

/// The path of data file `shard` of the `shards` of a V2 checkpoint.
pub(crate) fn shard_path(prefix: &Path, shard: u32, shards: u32) -> PathBuf {
    with_suffix(prefix, &format!(".data-{shard:05}-of-{shards:05}"))
}

/// The number of data files in their names, given the number `shards` of the index.
///
/// The two differ after TensorFlow merges checkpoints and one of them has no variables. Then the only complete family of files
/// is used.
pub(crate) fn named_shards(system: &FileSystem, prefix: &Path, shards: u32) -> u32 {
    if has_file(system, &shard_path(prefix, 0, shards)) {
        return shards;
    }
    let mut families: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (shard, shards) in data_files(system, prefix) {
        families.entry(shards).or_default().insert(shard);
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

/// Reads a file up to `limit` bytes; `limit + 1` bytes if it is longer.
pub(crate) fn read_file(
    system: &FileSystem,
    path: &Path,
    limit: u64,
) -> Result<Vec<u8>, OpenError> {
    let read = || {
        let file = system.open(path)?.ok_or(io::ErrorKind::InvalidInput)?;
        let mut bytes = memory(file.size().min(limit.saturating_add(1)))?;
        file.read(0, &mut bytes).map(|()| bytes)
    };
    read().map_err(|source| failed(path, source))
}

/// The index path of a V2 checkpoint with this prefix.
pub(crate) fn index_path(prefix: &Path) -> PathBuf {
    with_suffix(prefix, ".index")
}

/// The V2 checkpoint with this prefix, if it exists.
fn v2(system: &FileSystem, prefix: &Path) -> Result<Option<Found>, OpenError> {
    let index = index_path(prefix);
    let is_there = is_file(system, &index)?;
    Ok(is_there.then(|| Found { prefix: prefix.to_owned(), version: Version::V2 { index } }))
}

/// The error for an index of another known format. Other errors are left to the reader of the index, which reports them better.
pub(crate) fn other_format(system: &FileSystem, index: &Path) -> Option<OpenError> {
    let contents = contents(system, index).ok()?;
    matches!(contents, Contents::OtherFormat(_)).then(|| not_a_checkpoint(index, contents))
}

/// The error for a file that is empty or has another known format; `None` for other files.
pub(crate) fn what_it_is(system: &FileSystem, path: &Path) -> Result<Option<OpenError>, OpenError> {
    let contents = contents(system, path)?;
    let known = matches!(contents, Contents::Empty | Contents::OtherFormat(_));
    Ok(known.then(|| not_a_checkpoint(path, contents)))
}

/// The checkpoint that a table belongs to.
fn of_table(system: &FileSystem, path: &Path) -> Result<Found, OpenError> {
    if is_index(system, path) { renamed(system, path) } else { v1(system, path) }
}

/// The V2 checkpoint of a renamed index: `P` next to `P.data-00000-of-00001`, or any name next to data files without an index.
fn renamed(system: &FileSystem, index: &Path) -> Result<Found, OpenError> {
    let has_data = |prefix: &PathBuf| !data_files(system, prefix).is_empty();
    let own = [index.to_owned(), index.with_extension("")].into_iter().find(has_data);
    let mut others = data_prefixes(system, directory(index));
    others.retain(|prefix| !has_file(system, &index_path(prefix)));
    let prefix = match (own, &others[..]) {
        (Some(own), _) => own,
        (None, []) => index.to_owned(),
        (None, [only]) => only.clone(),
        _ => return Err(OpenError::RenamedIndex { path: index.to_owned(), choices: others }),
    };
    Ok(Found { prefix, version: Version::V2 { index: index.to_owned() } })
}

/// The V1 checkpoint of all files that match the pattern in the last path component, if it is a pattern with matches.
fn matching(system: &FileSystem, pattern: &Path) -> Result<Option<Found>, OpenError> {
    let name = pattern.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some(glob) = Glob::parse(name).ok().filter(|_| name.contains(['*', '?', '['])) else {
        return Ok(None);
    };
    let directory = directory(pattern);
    let names = system.names(directory).into_iter().filter(|name| glob.matches(name));
    let files: Vec<PathBuf> = names.map(|name| directory.join(name)).collect();
    for file in &files {
        if !is_file(system, file)? {
            return Err(OpenError::Special { path: file.clone() });
        }
        let contents = contents(system, file)?;
        if contents != Contents::Table {
            return Err(not_a_checkpoint(file, contents));
        }
    }
    let prefix = pattern.to_owned();
    Ok((!files.is_empty()).then_some(Found { prefix, version: Version::V1 { files } }))
}

/// The V1 checkpoint that a table belongs to.
fn v1(system: &FileSystem, path: &Path) -> Result<Found, OpenError> {
    if let Some((prefix, shards)) = member(path) {
        let files = complete(system, path, &prefix, shards)?;
        return Ok(Found { prefix, version: Version::V1 { files } });
    }
    let prefix = path.to_owned();
    let files = vec![prefix.clone()];
    Ok(Found { prefix, version: Version::V1 { files } })
}

/// The V1 checkpoint with shards that has this prefix, or whose files match this pattern, if it exists.
fn family(system: &FileSystem, path: &Path) -> Result<Option<Found>, OpenError> {
    let of_member = |(prefix, shards)| (prefix, BTreeSet::from([shards]));
    let of_prefix = || {
        let names = names_after(system, path, "-");
        let sizes = names.iter().filter_map(|name| Some(numbers(name)?.1));
        (path.to_owned(), sizes.collect())
    };
    let (prefix, sizes) = member(path).map_or_else(of_prefix, of_member);
    let first = |shards: u32| part_path(&prefix, 0, shards);
    let mut tables = Vec::new();
    for shards in sizes {
        // Sharded record files have the same names.
        if is_file(system, &first(shards))? && contents(system, &first(shards))? == Contents::Table
        {
            tables.push(shards);
        }
    }
    match tables[..] {
        [] => Ok(None),
        [shards] => {
            let files = complete(system, path, &prefix, shards)?;
            Ok(Some(Found { prefix, version: Version::V1 { files } }))
        }
        _ => {
            let choices = tables.into_iter().map(first).collect();
            Err(OpenError::Ambiguous { path: path.to_owned(), choices })
        }
    }
}

/// All files of a V1 checkpoint with shards.
fn complete(
    system: &FileSystem,
    path: &Path,
    prefix: &Path,
    shards: u32,
) -> Result<Vec<PathBuf>, OpenError> {
    let mut files = Vec::new();
    for shard in 0..shards {
        let file = part_path(prefix, shard, shards);
        if !is_file(system, &file)? {
            return Err(OpenError::Incomplete { path: path.to_owned(), missing: file });
        }
        files.push(file);
    }
    Ok(files)
}

fn part_path(prefix: &Path, shard: u32, shards: u32) -> PathBuf {
    with_suffix(prefix, &format!("-{shard:05}-of-{shards:05}"))
}

/// The prefix and the number of shards, if a path is one of the shards or the pattern for all of them.
fn member(path: &Path) -> Option<(PathBuf, u32)> {
    let name = path.file_name()?.to_str()?;
    let (rest, shards) = name.rsplit_once("-of-")?;
    let (prefix, shard) = rest.rsplit_once('-')?;
    let shard = if shard == "?????" { "00000" } else { shard };
    let (_, shards) = numbers(&format!("{shard}-of-{shards}"))?;
    Some((path.with_file_name(prefix), shards))
}

/// The two numbers of a name that ends in `00001-of-00003`.
fn numbers(name: &str) -> Option<(u32, u32)> {
    let (shard, shards) = name.split_once("-of-")?;
    let numbers = (shard.parse().ok()?, shards.parse().ok()?);
    let (shard, shards): (u32, u32) = numbers;
    let canonical = format!("{shard:05}-of-{shards:05}") == name;
    Some(numbers).filter(|_| canonical && shard < shards)
}

fn in_directory(system: &FileSystem, path: &Path) -> Result<Found, OpenError> {
    let state = path.join("checkpoint");
    if is_file(system, &path.join("saved_model.pb"))?
        || is_file(system, &path.join("saved_model.pbtxt"))?
    {
        let prefix = path.join("variables").join("variables");
        let missing = || OpenError::NoVariables { path: path.to_owned(), prefix: prefix.clone() };
        v2(system, &prefix)?.ok_or_else(missing)
    } else if is_file(system, &state)? {
        named_by(system, &state)
    } else if let Some(found) = v2(system, &path.join(""))? {
        Ok(found)
    } else {
        Err(nothing_in(system, path))
    }
}

/// The latest checkpoint of the `checkpoint` file at `path`.
fn named_by(system: &FileSystem, path: &Path) -> Result<Found, OpenError> {
    let named = with_state(system, path, latest)?;
    let directory = directory(path);
    let mut tried = Vec::new();
    for named in &named {
        for prefix in meant_by(directory, named) {
            if !tried.contains(&prefix) {
                tried.push(prefix);
            }
        }
    }
    for prefix in &tried {
        if let Some(found) = v2(system, prefix)? {
            return Ok(found);
        }
        // Some `checkpoint` files name a file of the checkpoint instead of its prefix.
        if let Some(prefix) = prefix_of(prefix)
            && let Some(found) = v2(system, &prefix)?
        {
            return Ok(found);
        }
        if is_file(system, prefix)? && contents(system, prefix)? == Contents::Table {
            return of_table(system, prefix);
        }
        if let Some(found) = family(system, prefix)? {
            return Ok(found);
        }
    }
    let beside = prefixes(system, directory);
    let named = named.into_iter().next().unwrap_or_default();
    Err(OpenError::Dangling { path: path.to_owned(), named, tried, beside })
}

/// Reads and parses the `checkpoint` file at `path`.
pub(crate) fn read_state(system: &FileSystem, path: &Path) -> Result<State, OpenError> {
    with_state(system, path, State::parse)
}

/// Reads the `checkpoint` file at `path`, and parses it with a function.
fn with_state<T>(
    system: &FileSystem,
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, StateError>,
) -> Result<T, OpenError> {
    let bytes = read_file(system, path, LONGEST_STATE)?;
    let long = u64::try_from(bytes.len()).is_ok_and(|len| len > LONGEST_STATE);
    let problem = |problem| {
        let problem = OpenError::State { path: path.to_owned(), problem };
        other_format(system, path).unwrap_or(problem)
    };
    if long {
        return Err(problem(StateError::Long { limit: LONGEST_STATE }));
    }
    parse(&bytes).map_err(problem)
}

/// The possible paths of the latest checkpoint in a `checkpoint` file.
fn latest(bytes: &[u8]) -> Result<Vec<String>, StateError> {
    let windows = State::latest_of_windows(bytes);
    match (State::parse(bytes), windows) {
        (Ok(state), windows) => Ok(std::iter::once(state.latest).chain(windows).collect()),
        (Err(_), Some(windows)) => Ok(vec![windows]),
        (Err(problem), None) => Err(problem),
    }
}

/// The possible prefixes for a path in a `checkpoint` file, the most likely first.
fn meant_by(directory: &Path, named: &str) -> Vec<PathBuf> {
    // A bare directory is the prefix of a checkpoint with an empty base name.
    let is_directory = named == "." || named.ends_with("/.");
    let named = if is_directory { named.strip_suffix('.').unwrap_or(named) } else { named };
    let mut meant = vec![directory.join(named)];
    if is_of_another_machine(named) {
        let name = named.rsplit(['/', '\\']).next().unwrap_or_default();
        meant.push(directory.join(name));
    } else if named.contains('\\') {
        meant.push(directory.join(named.replace('\\', "/")));
    }
    meant
}

/// True for a URL, or for a path that is absolute on any operating system.
fn is_of_another_machine(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    drive || path.starts_with(['/', '\\']) || path.contains("://")
}

/// The checkpoint that a file belongs to.
fn of_file(system: &FileSystem, path: &Path) -> Result<Found, OpenError> {
    if let Some(prefix) = prefix_of(path) {
        let missing = || OpenError::NoIndex { path: path.to_owned(), prefix: prefix.clone() };
        return v2(system, &prefix)?
            .ok_or_else(|| unfinished(system, &prefix).unwrap_or_else(missing));
    }
    if path.extension().is_some_and(|extension| extension == "meta") {
        return Err(graph(system, path));
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if let Some(prefix) = temporary(name) {
        let prefix = directory(path).join(prefix);
        return Err(OpenError::Unfinished { prefix, temporary: path.to_owned() });
    }
    match (name, contents(system, path)?) {
        (_, Contents::Table) => of_table(system, path),
        ("checkpoint", _) => named_by(system, path),
        ("saved_model.pb" | "saved_model.pbtxt", _) => {
            let open = directory(path).to_owned();
            Err(OpenError::Graph { path: path.to_owned(), open })
        }
        (_, Contents::Unknown) if is_state(system, path) => named_by(system, path),
        (_, contents) => Err(not_a_checkpoint(path, contents)),
    }
}

/// True for the name of an index or a data file.
pub(crate) fn is_data_or_index(path: &Path) -> bool {
    prefix_of(path).is_some()
}

/// The prefix of the V2 checkpoint of a file, if its name is that of an index or a data file.
fn prefix_of(path: &Path) -> Option<PathBuf> {
    let is_part = |ending: &str| ending == "index" || data_number(ending).is_some();
    // The base name can be empty.
    let ending = path.file_name()?.to_str().and_then(|name| name.strip_prefix('.'));
    if ending.is_some_and(is_part) {
        return Some(directory(path).join(""));
    }
    let is_part = path.extension()?.to_str().is_some_and(is_part);
    is_part.then(|| path.with_extension(""))
}

/// The numbers in `data-00001-of-00003`.
fn data_number(ending: &str) -> Option<(u32, u32)> {
    numbers(ending.strip_prefix("data-")?)
}

/// True if the contents of a file are those of a `checkpoint` file.
fn is_state(system: &FileSystem, path: &Path) -> bool {
    let is_short =
        matches!(kind(system, path), Ok(Some(Kind::File { len })) if len <= LONGEST_STATE);
    is_short && read_file(system, path, LONGEST_STATE).is_ok_and(|bytes| latest(&bytes).is_ok())
}

/// The prefixes of the V2 checkpoints in a directory.
fn prefixes(system: &FileSystem, directory: &Path) -> Vec<PathBuf> {
    let mut names = system.names(directory);
    names.retain(|name| has_file(system, &directory.join(name)));
    names.iter().filter_map(|name| Some(directory.join(name.strip_suffix(".index")?))).collect()
}

/// The prefixes of the data files in a directory.
fn data_prefixes(system: &FileSystem, directory: &Path) -> Vec<PathBuf> {
    let files = system.names(directory).into_iter().map(|name| directory.join(name));
    let is_data = |file: &PathBuf| file.extension().is_none_or(|extension| extension != "index");
    let prefixes: BTreeSet<_> = files.filter(is_data).filter_map(|file| prefix_of(&file)).collect();
    prefixes.into_iter().collect()
}

/// The shard numbers of the data files with this prefix.
fn data_files(system: &FileSystem, prefix: &Path) -> Vec<(u32, u32)> {
    names_after(system, prefix, ".data-").iter().filter_map(|name| numbers(name)).collect()
}

/// The suffixes of the file names that start with `prefix` followed by `start`.
fn names_after(system: &FileSystem, prefix: &Path, start: &str) -> Vec<String> {
    let base = if ends_in_separator(prefix) {
        Some("")
    } else {
        prefix.file_name().and_then(|name| name.to_str())
    };
    let Some(base) = base else { return Vec::new() };
    let names = system.names(directory(prefix));
    let rests = names.iter().filter_map(|file| file.strip_prefix(base)?.strip_prefix(start));
    rests.map(str::to_owned).collect()
}

/// The parent directory of a path; empty for the current one. A prefix with an empty base name is a directory already.
pub(crate) fn directory(path: &Path) -> &Path {
    if ends_in_separator(path) { path } else { path.parent().unwrap_or(Path::new("")) }
}

/// True if a path ends in a path separator.
pub(crate) fn ends_in_separator(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().last().is_some_and(|&last| is_separator(last))
}

fn is_separator(byte: u8) -> bool {
    std::path::is_separator(char::from(byte))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn is_file(system: &FileSystem, path: &Path) -> Result<bool, OpenError> {
    match system {
        FileSystem::Local => Ok(matches!(kind(system, path)?, Some(Kind::File { .. }))),
        FileSystem::Of(_) => system.has_file(path).map_err(|source| failed(path, source)),
    }
}

/// True if a file is known to exist.
pub(crate) fn has_file(system: &FileSystem, path: &Path) -> bool {
    system.has_file(path).unwrap_or(false)
}

/// The kind of a path; `None` if nothing exists at the path.
fn kind(system: &FileSystem, path: &Path) -> Result<Option<Kind>, OpenError> {
    system.kind(path).map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), source }
}

fn contents(system: &FileSystem, path: &Path) -> Result<Contents, OpenError> {
    look_at(system, path).map_err(|source| failed(path, source))
}

#[cfg(test)]
mod tests;
