//! Errors for paths without a checkpoint.

use std::path::{Path, PathBuf};

use super::{
    directory, has_file, index_path, names_after, numbers, prefix_of, prefixes, with_suffix,
};
use crate::open::error::OpenError;
use crate::source::look::{Contents, look_at};
use crate::source::other_format::{ORBAX, OtherFormat};
use crate::source::{FileSystem, Kind};

/// The largest number of files that are inspected to describe a directory.
const LOOKED_INTO: usize = 50;

/// The error for a missing path.
pub(super) fn missing(system: &FileSystem, path: &Path) -> OpenError {
    let (prefix, index) = (path.to_owned(), index_path(path));
    if matches!(system.kind(&index), Ok(Some(_))) {
        return OpenError::Special { path: index };
    }
    let data = || {
        let name =
            names_after(system, path, ".data-").into_iter().find(|name| numbers(name).is_some())?;
        let path = with_suffix(path, &format!(".data-{name}"));
        Some(OpenError::NoIndex { path, prefix: prefix.clone() })
    };
    let meta = || {
        let meta = with_suffix(path, ".meta");
        has_file(system, &meta).then(|| graph(system, &meta))
    };
    unfinished(system, path).or_else(data).or_else(meta).unwrap_or_else(|| {
        let beside = prefixes(system, directory(path));
        OpenError::NotFound { path: prefix, beside }
    })
}

/// The error for an unfinished checkpoint with this prefix, if temporary files exist.
pub(super) fn unfinished(system: &FileSystem, prefix: &Path) -> Option<OpenError> {
    let is_temporary = |name: &String| {
        let temporary = name.contains(".tempstate");
        is_temporary_directory(name)
            || temporary && (name.starts_with(".index") || name.starts_with(".data-"))
    };
    let name = names_after(system, prefix, "").into_iter().find(is_temporary)?;
    let temporary = with_suffix(prefix, &name);
    Some(OpenError::Unfinished { prefix: prefix.to_owned(), temporary })
}

/// The temporary file or directory that an unfinished write of this file has left.
pub(crate) fn temporary_of(system: &FileSystem, file: &Path) -> Option<PathBuf> {
    let name = names_after(system, file, ".tempstate").into_iter().next()?;
    Some(with_suffix(file, &format!(".tempstate{name}")))
}

/// True for the ending of a directory of an unfinished checkpoint: `_temp`, or `_temp_` and a number.
fn is_temporary_directory(ending: &str) -> bool {
    let number = ending.strip_prefix("_temp_");
    ending == "_temp"
        || number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// The base name of an unfinished checkpoint, if this is the name of one of its temporary files or directories.
pub(super) fn temporary(name: &str) -> Option<&str> {
    if let Some((file, _)) = name.split_once(".tempstate") {
        return file.rsplit_once('.').map(|(base, _)| base);
    }
    let at = name.rfind("_temp")?;
    let (base, ending) = name.split_at_checked(at)?;
    is_temporary_directory(ending).then_some(base)
}

/// The error for a directory without a `checkpoint` file.
pub(super) fn nothing_in(system: &FileSystem, path: &Path) -> OpenError {
    let mut within = prefixes(system, path);
    within.extend(prefixes(system, &path.join("variables")));
    // A checkpoint next to the directory is meant only by a path without a trailing slash.
    let beside = has_file(system, &index_path(path));
    within.extend(beside.then(|| path.to_owned()));
    let names = system.names(path);
    let files = || names.iter().map(|name| path.join(name));
    let looked = files().take(LOOKED_INTO).filter(|path| has_file(system, path));
    let looked = looked.filter_map(|path| Some((look_at(system, &path).ok()?, path)));
    let looked: Vec<(Contents, PathBuf)> = looked.collect();
    let is_table = |(contents, path): &&(Contents, PathBuf)| {
        *contents == Contents::Table
            && path.extension().is_none_or(|extension| extension != "index")
    };
    let tables: Vec<&PathBuf> = looked.iter().filter(is_table).map(|(_, path)| path).collect();
    within.extend(tables.iter().copied().cloned());
    within.extend(pattern(&tables));
    let none =
        OpenError::NoState { path: if beside { path.join("") } else { path.to_owned() }, within };
    if matches!(&none, OpenError::NoState { within, .. } if !within.is_empty()) {
        return none;
    }
    let unfinished = || {
        let mut signs = names.iter().filter_map(|name| Some((name, temporary(name)?)));
        let (name, base) = signs.next()?;
        let (prefix, temporary) = (path.join(base), path.join(name));
        Some(OpenError::Unfinished { prefix, temporary })
    };
    let data = || {
        let data = files().find(|file| prefix_of(file).is_some())?;
        Some(OpenError::NoIndex { prefix: prefix_of(&data)?, path: data })
    };
    let meta = || {
        let graph = files().find(|file| file.extension().is_some_and(|end| end == "meta"))?;
        Some(self::graph(system, &graph))
    };
    let foreign = || {
        let mut foreign =
            looked.iter().filter(|(contents, _)| matches!(contents, Contents::OtherFormat(_)));
        foreign.next().map(|(contents, path)| not_a_checkpoint(path, *contents))
    };
    let orbax = || {
        let is_orbax = |file: &PathBuf| {
            ORBAX.iter().any(|name| file.ends_with(name) || has_file(system, &file.join(name)))
        };
        let what = OtherFormat::Orbax;
        files()
            .any(|file| is_orbax(&file))
            .then(|| OpenError::OtherFormat { path: path.to_owned(), what })
    };
    special(system, files())
        .or_else(unfinished)
        .or_else(data)
        .or_else(meta)
        .or_else(orbax)
        .or_else(foreign)
        .or_else(|| outer(system, path, files()))
        .unwrap_or(none)
}

/// The error for a directory, if some of these folders in it have a checkpoint.
fn outer(
    system: &FileSystem,
    path: &Path,
    folders: impl Iterator<Item = PathBuf>,
) -> Option<OpenError> {
    let is_folder = |path: &PathBuf| matches!(system.kind(path), Ok(Some(Kind::Folder)));
    let has_one = |path: &PathBuf| {
        has_file(system, &path.join("checkpoint")) || !prefixes(system, path).is_empty()
    };
    let within = folders.take(LOOKED_INTO).filter(is_folder).filter(has_one);
    let within: Vec<PathBuf> = within.collect();
    (!within.is_empty()).then(|| OpenError::NoState { path: path.to_owned(), within })
}

/// The error for a pipe or device among these files, if its name is that of a checkpoint's file.
fn special(system: &FileSystem, files: impl Iterator<Item = PathBuf>) -> Option<OpenError> {
    let is_named = |path: &PathBuf| {
        path.ends_with("checkpoint") || path.ends_with(".index") || path.extension().is_some()
    };
    let is_special = |path: &PathBuf| matches!(system.kind(path), Ok(Some(Kind::Special)));
    let path = files.filter(is_named).take(LOOKED_INTO).find(is_special)?;
    Some(OpenError::Special { path })
}

/// A pattern for the files of a directory, from their common start.
fn pattern(files: &[&PathBuf]) -> Option<PathBuf> {
    let [first, others @ ..] = files else { return None };
    let name = first.file_name()?.to_str()?;
    let same = |other: &&PathBuf| {
        let other = other.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let letters = name.char_indices().zip(other.chars());
        let mut different = letters.filter(|((_, one), other)| one != other);
        different.next().map_or(name.len().min(other.len()), |((at, _), _)| at)
    };
    let same = others.iter().map(same).min()?;
    let start = name.get(..same).filter(|start| !start.is_empty())?;
    Some(first.with_file_name(format!("{start}*")))
}

/// The error for a graph file.
pub(super) fn graph(system: &FileSystem, path: &Path) -> OpenError {
    let (path, prefix) = (path.to_owned(), path.with_extension(""));
    if has_file(system, &index_path(&prefix)) || has_file(system, &prefix) {
        OpenError::Graph { path, open: prefix }
    } else {
        OpenError::GraphAlone { path, prefix }
    }
}

/// The error for a file that is not part of a checkpoint.
pub(super) fn not_a_checkpoint(path: &Path, contents: Contents) -> OpenError {
    let path = path.to_owned();
    match contents {
        Contents::Empty => OpenError::Empty { path },
        Contents::OtherFormat(what) => OpenError::OtherFormat { path, what },
        Contents::Unknown | Contents::Table => OpenError::Unknown { path },
    }
}
