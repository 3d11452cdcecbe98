//! NumPy arrays: archives as `numpy.savez` writes them, and directories of `.npy` files.

use std::fs;
use std::path::{Path, PathBuf};

use checkpoint_schema::listing::checksum::{Algorithm, Digest};
use checkpoint_schema::listing::dtype::DType;

use crate::open::path::ends_in_separator;
use crate::save::error::{NameProblem, SaveError};
use crate::save::file_names::file_name;
use crate::save::layout::{FilePlan, FileRange, Fixed, Planned, Sink};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::system::number::as_u64;

mod header;
mod zip;

use self::header::{header, kind};
use self::zip::{Entry, directory, local_len};

/// The file extension of an array.
const FILE: &str = ".npy";

/// The file extension of an archive.
const ARCHIVE: &str = ".npz";

/// The maximum length of a name in an archive, in bytes. The length field has two bytes.
const LONGEST: usize = 0xffff;

/// An archive of arrays.
pub(crate) struct Npz;

impl Sink for Npz {
    fn name(&self) -> &'static str {
        "npz"
    }

    fn is_meant_by(&self, path: &Path) -> bool {
        file_name(path).is_some_and(|name| name.ends_with(ARCHIVE))
    }

    fn base(&self, path: &Path) -> Result<PathBuf, SaveError> {
        base(path, "it ends in no name of a file; add one, such as `model.npz`")
    }

    fn is_part(&self, base: &str, name: &str) -> bool {
        name == base
    }

    fn problem(&self, outgoing: &Outgoing<'_>) -> Option<NameProblem> {
        problem(outgoing, leads_out)
    }

    fn algorithm(&self) -> Option<Algorithm> {
        Some(Algorithm::Crc32)
    }

    fn layout(
        &self,
        base: &Path,
        outgoing: &[Outgoing<'_>],
        sizes: &[u64],
        _: &SaveOptions<'_>,
    ) -> FilePlan {
        let (mut end, mut places) = (0_u64, Vec::new());
        for (outgoing, &size) in outgoing.iter().zip(sizes) {
            let name = local_len(as_u64(file_of(outgoing).len()));
            let header = as_u64(header(&outgoing.spec).len());
            let offset = end.saturating_add(name).saturating_add(header);
            places.push(FileRange { file: 0, offset, size });
            end = offset.saturating_add(size);
        }
        let files = vec![Planned { path: base.to_owned(), size: end }];
        FilePlan { files, places, fixed: Vec::new(), opens: base.to_owned(), folder: None }
    }

    fn finish(
        &self,
        outgoing: &[Outgoing<'_>],
        layout: &FilePlan,
        checksums: &[u32],
    ) -> Vec<Fixed> {
        let (mut fixed, mut entries, mut start) = (Vec::new(), Vec::new(), 0_u64);
        for ((outgoing, place), &checksum) in outgoing.iter().zip(&layout.places).zip(checksums) {
            let (name, header) = (file_of(outgoing), header(&outgoing.spec));
            let mut digest = Digest::new(Algorithm::Crc32);
            digest.update(&header);
            let crc = Algorithm::Crc32.combine(digest.value(), checksum, place.size);
            let size = as_u64(header.len()).saturating_add(place.size);
            let entry = Entry { name, start, size, crc };
            fixed.push(Fixed { file: 0, offset: start, bytes: [entry.local(), header].concat() });
            entries.push(entry);
            start = place.offset.saturating_add(place.size);
        }
        fixed.push(Fixed { file: 0, offset: start, bytes: directory(&entries, start) });
        fixed
    }
}

/// A directory with one file per array.
pub(crate) struct Npy;

impl Sink for Npy {
    fn name(&self) -> &'static str {
        "npy"
    }

    fn is_meant_by(&self, path: &Path) -> bool {
        ends_in_separator(path)
    }

    fn base(&self, path: &Path) -> Result<PathBuf, SaveError> {
        let refused = |problem| Err(SaveError::Path { path: path.to_owned(), problem });
        let base = base(
            path.components().as_path(),
            "it ends in no name of a directory; add one, such as `model/`",
        )?;
        if base.is_file() {
            return refused("it is a file, and a directory is needed; give another path");
        }
        // A save replaces the whole directory, so it must contain nothing else.
        if base.is_dir() && has_others(&base) {
            return refused("it is a directory that has more than arrays; give another path");
        }
        Ok(base)
    }

    fn makes_folder(&self) -> bool {
        true
    }

    fn is_part(&self, base: &str, name: &str) -> bool {
        name == base
    }

    fn problem(&self, outgoing: &Outgoing<'_>) -> Option<NameProblem> {
        problem(outgoing, |name| leads_out(name) || name.split('/').any(is_no_file))
    }

    fn layout(
        &self,
        base: &Path,
        outgoing: &[Outgoing<'_>],
        sizes: &[u64],
        _: &SaveOptions<'_>,
    ) -> FilePlan {
        let folder = Some(base.to_owned());
        let (files, places, fixed) = (Vec::new(), Vec::new(), Vec::new());
        let mut layout = FilePlan { files, places, fixed, opens: base.to_owned(), folder };
        for (file, (outgoing, &size)) in outgoing.iter().zip(sizes).enumerate() {
            let bytes = header(&outgoing.spec);
            let offset = as_u64(bytes.len());
            let path = base.join(file_of(outgoing));
            layout.files.push(Planned { path, size: offset.saturating_add(size) });
            layout.places.push(FileRange { file, offset, size });
            layout.fixed.push(Fixed { file, offset: 0, bytes });
        }
        layout
    }
}

/// The path of a checkpoint.
fn base(path: &Path, problem: &'static str) -> Result<PathBuf, SaveError> {
    match file_name(path) {
        None | Some("") => Err(SaveError::Path { path: path.to_owned(), problem }),
        Some(_) => Ok(path.to_owned()),
    }
}

/// True if a folder contains anything but arrays and folders of arrays.
fn has_others(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return true };
    entries.into_iter().any(|entry| {
        let Ok(entry) = entry else { return true };
        let is_array = || entry.file_name().to_str().is_some_and(|name| name.ends_with(FILE));
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => has_others(&entry.path()),
            Ok(kind) => !kind.is_file() || !is_array(),
            Err(_) => true,
        }
    })
}

/// The file name of a variable, in an archive or in a directory.
fn file_of(outgoing: &Outgoing<'_>) -> String {
    format!("{}{FILE}", outgoing.name.as_str().unwrap_or_default())
}

/// The problem of a variable that cannot be written.
fn problem(outgoing: &Outgoing<'_>, leads_out: impl Fn(&str) -> bool) -> Option<NameProblem> {
    let (name, spec) = (outgoing.name.clone(), outgoing.spec.clone());
    let reserved = |reason| Some(NameProblem::Reserved { name: name.clone(), reason });
    match name.as_str() {
        None => return reserved("is not UTF-8, which names of NumPy arrays are; rename it"),
        Some(text) if leads_out(text) => {
            return reserved("cannot be the path of a file; rename it");
        }
        Some(text) if text.len().saturating_add(FILE.len()) > LONGEST => {
            return reserved("is too long for the name of a file; shorten it");
        }
        Some(_) => {}
    }
    let advice = match outgoing.spec.dtype {
        DType::String => "leave it out, or save as TensorFlow",
        _ => "convert it to another dtype, leave it out, or save as safetensors or TensorFlow",
    };
    let unsupported =
        NameProblem::Unsupported { name: name.clone(), spec, format: "NumPy", advice };
    kind(outgoing.spec.dtype).is_none().then_some(unsupported)
}

/// True if a path leaves its folder, or is not a valid path.
fn leads_out(name: &str) -> bool {
    name.starts_with('/') || name.contains(['\\', '\0']) || name.split('/').any(|part| part == "..")
}

/// True if a path component is empty or hidden, or not a file of its own on this system.
fn is_no_file(part: &str) -> bool {
    part.is_empty() || part.starts_with('.') || (cfg!(windows) && is_special_on_windows(part))
}

/// True if Windows rejects a path component, or takes it for a device, for a stream of another file or for a shorter name.
fn is_special_on_windows(part: &str) -> bool {
    let is_invalid = |letter: char| letter.is_ascii_control() || "<>:\"|?*".contains(letter);
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let is_port = number.is_some_and(|number| {
        let mut letters = number.chars();
        let digit = letters.next().is_some_and(|letter| "123456789¹²³".contains(letter));
        digit && letters.next().is_none()
    });
    part.contains(is_invalid)
        || part.ends_with(['.', ' '])
        || is_port
        || ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&&*stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_changes_are_known() {
        let special =
            ["w:0", "a<b", "a\"", "a\n", "con", "Nul", "aux.w", "COM1", "lpt9.w", "a.", "a "];
        assert_eq!(special.map(is_special_on_windows), [true; 11]);
        let ordinary = ["w", "com", "COM10", "console", "a.b", "nul_", "ü", "a b"];
        assert_eq!(ordinary.map(is_special_on_windows), [false; 8]);
    }
}
