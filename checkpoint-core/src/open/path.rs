//! From what a user names to the files of a checkpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use checkpoint_schema::listing::glob::Glob;

use self::absent::{graph, missing, not_a_checkpoint, nothing_in, temporary, unfinished};
use crate::open::error::OpenError;
use crate::open::foreign::{Contents, look_at};
use crate::open::state::{State, StateError};
use crate::source::{is_index, is_regular};

mod absent;

pub(crate) use self::absent::temporary_of;

/// How long a `checkpoint` file can be.
const LONGEST_STATE: u64 = 1 << 20;

/// A checkpoint that is there, as far as its names tell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// What the names of its files start with.
    pub(crate) prefix: PathBuf,
    /// Which files these are.
    pub(crate) version: Version,
}

/// The version of a checkpoint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// An index, and data files.
    V2 {
        /// The index, which need not be called as the data files are.
        index: PathBuf,
    },
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
/// 3. in a directory with a file `checkpoint`, the latest one that this names; the file itself will do, too, whatever it is
///    called;
/// 4. in a directory, the V2 checkpoint with an empty base name (`.index`);
/// 5. a V1 checkpoint: a file, or all of a family `P-?????-of-?????` of which `path` is the prefix or one, or all files of a
///    pattern, as `P-*`.
///
/// A directory that is written with a slash at its end is not a prefix: there 4 comes first.
///
/// If a file `checkpoint` names one by an absolute path where there is none, it was written on another machine: then the
/// one of that name beside the file is meant.
pub(crate) fn find(path: &Path) -> Result<Found, OpenError> {
    let is_folder = ends_in_separator(path) || path.as_os_str().as_encoded_bytes().ends_with(b"/.");
    // A slash at the end would come between the prefix and what follows it.
    let path = path.components().as_path();
    if is_folder && metadata(path)?.is_some_and(|metadata| metadata.is_dir()) {
        return v2(&path.join(""))?.map_or_else(|| in_directory(path), Ok);
    }
    if let Some(found) = v2(path)? {
        return Ok(found);
    }
    match metadata(path)? {
        Some(metadata) if metadata.is_dir() => in_directory(path),
        Some(metadata) if is_regular(&metadata) => of_file(path),
        Some(_) => Err(OpenError::Special { path: path.to_owned() }),
        None => match family(path)? {
            Some(found) => Ok(found),
            None => matching(path)?.ok_or_else(|| missing(path)),
        },
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
    for (shard, shards) in data_files(prefix) {
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
    let index = index_path(prefix);
    let is_there = is_file(&index)?;
    Ok(is_there.then(|| Found { prefix: prefix.to_owned(), version: Version::V2 { index } }))
}

/// What is at the place of an index that cannot be read as one, if that is known: else its reader says better what is wrong.
pub(crate) fn foreign(index: &Path) -> Option<OpenError> {
    let contents = contents(index).ok()?;
    matches!(contents, Contents::Foreign(_)).then(|| not_a_checkpoint(index, contents))
}

/// The error for a file that is empty or of another library; `None` for others.
pub(crate) fn what_it_is(path: &Path) -> Result<Option<OpenError>, OpenError> {
    let contents = contents(path)?;
    let known = matches!(contents, Contents::Empty | Contents::Foreign(_));
    Ok(known.then(|| not_a_checkpoint(path, contents)))
}

/// The checkpoint that this table belongs to.
fn of_table(path: &Path) -> Result<Found, OpenError> {
    if is_index(path) { renamed(path) } else { v1(path) }
}

/// The V2 checkpoint of an index that has another name than its data files say: `P` beside `P.data-00000-of-00001`, or
/// anything beside data files that have no other index.
fn renamed(index: &Path) -> Result<Found, OpenError> {
    let has_data = |prefix: &PathBuf| !data_files(prefix).is_empty();
    let own = [index.to_owned(), index.with_extension("")].into_iter().find(has_data);
    let mut others = data_prefixes(directory(index));
    others.retain(|prefix| !index_path(prefix).is_file());
    let prefix = match (own, &others[..]) {
        (Some(own), _) => own,
        (None, []) => index.to_owned(),
        (None, [only]) => only.clone(),
        _ => return Err(OpenError::RenamedIndex { path: index.to_owned(), choices: others }),
    };
    Ok(Found { prefix, version: Version::V2 { index: index.to_owned() } })
}

/// The V1 checkpoint of all files that match the pattern in the last part of a path, if it is one and any do.
fn matching(pattern: &Path) -> Result<Option<Found>, OpenError> {
    let name = pattern.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some(glob) = Glob::parse(name).ok().filter(|_| name.contains(['*', '?', '['])) else {
        return Ok(None);
    };
    let directory = directory(pattern);
    let names = names(directory).into_iter().filter(|name| glob.matches(name));
    let files: Vec<PathBuf> = names.map(|name| directory.join(name)).collect();
    for file in &files {
        if !is_file(file)? {
            return Err(OpenError::Special { path: file.clone() });
        }
        let contents = contents(file)?;
        if contents != Contents::Table {
            return Err(not_a_checkpoint(file, contents));
        }
    }
    let prefix = pattern.to_owned();
    Ok((!files.is_empty()).then_some(Found { prefix, version: Version::V1 { files } }))
}

/// The V1 checkpoint that this table belongs to.
fn v1(path: &Path) -> Result<Found, OpenError> {
    if let Some((prefix, shards)) = member(path) {
        let files = complete(path, &prefix, shards)?;
        return Ok(Found { prefix, version: Version::V1 { files } });
    }
    let prefix = path.to_owned();
    let files = vec![prefix.clone()];
    Ok(Found { prefix, version: Version::V1 { files } })
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
            Ok(Some(Found { prefix, version: Version::V1 { files } }))
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
    } else if let Some(found) = v2(&path.join(""))? {
        Ok(found)
    } else {
        Err(nothing_in(path))
    }
}

/// The latest checkpoint, by the file `checkpoint` at `path`.
fn named_by(path: &Path) -> Result<Found, OpenError> {
    let named = with_state(path, latest)?;
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
        if let Some(found) = v2(prefix)? {
            return Ok(found);
        }
        // Some name a file of it.
        if let Some(prefix) = prefix_of(prefix)
            && let Some(found) = v2(&prefix)?
        {
            return Ok(found);
        }
        if is_file(prefix)? && contents(prefix)? == Contents::Table {
            return of_table(prefix);
        }
        if let Some(found) = family(prefix)? {
            return Ok(found);
        }
    }
    let beside = prefixes(directory);
    let named = named.into_iter().next().unwrap_or_default();
    Err(OpenError::Dangling { path: path.to_owned(), named, tried, beside })
}

/// The contents of the `checkpoint` file at `path`.
pub(crate) fn read_state(path: &Path) -> Result<State, OpenError> {
    with_state(path, State::parse)
}

/// Reads the `checkpoint` file at `path`.
fn with_state<T>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, StateError>,
) -> Result<T, OpenError> {
    let bytes = read_file(path, LONGEST_STATE)?;
    let long = u64::try_from(bytes.len()).is_ok_and(|len| len > LONGEST_STATE);
    let problem = |problem| {
        let problem = OpenError::State { path: path.to_owned(), problem };
        foreign(path).unwrap_or(problem)
    };
    if long {
        return Err(problem(StateError::Long { limit: LONGEST_STATE }));
    }
    parse(&bytes).map_err(problem)
}

/// The name of the latest checkpoint in a `checkpoint` file, and the paths that it may mean.
fn latest(bytes: &[u8]) -> Result<Vec<String>, StateError> {
    let windows = State::latest_of_windows(bytes);
    match (State::parse(bytes), windows) {
        (Ok(state), windows) => Ok(std::iter::once(state.latest).chain(windows).collect()),
        (Err(_), Some(windows)) => Ok(vec![windows]),
        (Err(problem), None) => Err(problem),
    }
}

/// The prefixes that a path in a `checkpoint` file can mean, the likeliest first.
fn meant_by(directory: &Path, named: &str) -> Vec<PathBuf> {
    // A directory alone is the prefix of a checkpoint with an empty base name.
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

/// Whether a path is absolute, also by the rules of another system, or an address.
fn is_of_another_machine(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    drive || path.starts_with(['/', '\\']) || path.contains("://")
}

/// The checkpoint that a file belongs to.
fn of_file(path: &Path) -> Result<Found, OpenError> {
    if let Some(prefix) = prefix_of(path) {
        let missing = || OpenError::NoIndex { path: path.to_owned(), prefix: prefix.clone() };
        return v2(&prefix)?.ok_or_else(|| unfinished(&prefix).unwrap_or_else(missing));
    }
    if path.extension().is_some_and(|extension| extension == "meta") {
        return Err(graph(path));
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if let Some(prefix) = temporary(name) {
        let prefix = directory(path).join(prefix);
        return Err(OpenError::Unfinished { prefix, temporary: path.to_owned() });
    }
    match (name, contents(path)?) {
        (_, Contents::Table) => of_table(path),
        ("checkpoint", _) => named_by(path),
        ("saved_model.pb" | "saved_model.pbtxt", _) => {
            let open = directory(path).to_owned();
            Err(OpenError::Graph { path: path.to_owned(), open })
        }
        (_, Contents::Unknown) if is_state(path) => named_by(path),
        (_, contents) => Err(not_a_checkpoint(path, contents)),
    }
}

/// `true` for the name of an index or a data file.
pub(crate) fn is_data_or_index(path: &Path) -> bool {
    prefix_of(path).is_some()
}

/// The prefix of the V2 checkpoint that a file belongs to, if it is called like its index or one of its data files.
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

/// Whether a file is one as `checkpoint`, by what it holds.
fn is_state(path: &Path) -> bool {
    let is_short = |len: u64| len <= LONGEST_STATE;
    let len = metadata(path).ok().flatten().map(|metadata| metadata.len());
    len.is_some_and(is_short)
        && read_file(path, LONGEST_STATE).is_ok_and(|bytes| latest(&bytes).is_ok())
}

/// The prefixes of the V2 checkpoints in a directory.
fn prefixes(directory: &Path) -> Vec<PathBuf> {
    let mut names = names(directory);
    names.retain(|name| directory.join(name).is_file());
    names.iter().filter_map(|name| Some(directory.join(name.strip_suffix(".index")?))).collect()
}

/// The prefixes of the data files in a directory.
fn data_prefixes(directory: &Path) -> Vec<PathBuf> {
    let files = names(directory).into_iter().map(|name| directory.join(name));
    let is_data = |file: &PathBuf| file.extension().is_none_or(|extension| extension != "index");
    let prefixes: BTreeSet<_> = files.filter(is_data).filter_map(|file| prefix_of(&file)).collect();
    prefixes.into_iter().collect()
}

/// The numbers of the data files of this prefix.
fn data_files(prefix: &Path) -> Vec<(u32, u32)> {
    names_after(prefix, ".data-").iter().filter_map(|name| numbers(name)).collect()
}

/// What follows in the names of the files that start with `prefix` and then `start`.
fn names_after(prefix: &Path, start: &str) -> Vec<String> {
    let base = if ends_in_separator(prefix) {
        Some("")
    } else {
        prefix.file_name().and_then(|name| name.to_str())
    };
    let Some(base) = base else { return Vec::new() };
    let names = names(directory(prefix));
    let rests = names.iter().filter_map(|file| file.strip_prefix(base)?.strip_prefix(start));
    rests.map(str::to_owned).collect()
}

/// The names in a directory, in order; none if it cannot be read.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let here = Path::new(".");
    let directory = if directory.as_os_str().is_empty() { here } else { directory };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The directory that a path is in; empty for the current one. A prefix with an empty base name is that directory itself.
pub(crate) fn directory(path: &Path) -> &Path {
    if ends_in_separator(path) { path } else { path.parent().unwrap_or(Path::new("")) }
}

/// Whether a path ends in what stands between its parts.
pub(crate) fn ends_in_separator(path: &Path) -> bool {
    let last = path.as_os_str().as_encoded_bytes().last();
    last.is_some_and(|&last| std::path::is_separator(char::from(last)))
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
