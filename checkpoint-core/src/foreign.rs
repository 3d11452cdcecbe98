//! Files that are taken for checkpoints, and are not.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use checkpoint_schema::format::table::{FOOTER_LEN, MAGIC};

use crate::source::DataFile;

/// The bytes of the beginning that are looked at.
const HEAD: usize = 64;

/// What a file is, by its first and last bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// A table: a V1 checkpoint, or the index of a V2 one.
    Table,
    /// Nothing.
    Empty,
    /// Something that is known, but no checkpoint.
    Foreign(Foreign),
    /// Something else.
    Unknown,
}

/// A kind of file that is taken for a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// What stands for a file in a Git repository with large files.
    LfsPointer,
    /// `.h5`.
    Hdf5,
    /// `.keras`, `.npz`, `.pt`, or an archive of anything.
    Zip,
    /// `.tar.gz`, or anything else compressed.
    Gzip,
    /// `.safetensors`.
    Safetensors,
    /// `.pb`, `.pbtxt`.
    Graph,
    /// What a server sends instead of a file.
    Html,
}

/// What it is, and what to do with it.
impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LfsPointer => "a pointer of Git LFS and not the file itself; run `git lfs pull`",
            Self::Hdf5 => {
                "an HDF5 file and not a TensorFlow checkpoint; load it in Keras, and save it with \
                 `tf.train.Checkpoint(model=model).write(...)`"
            }
            Self::Zip => {
                "a zip archive and not a TensorFlow checkpoint; unpack it if it holds one, or load it in Keras and save \
                 it with `tf.train.Checkpoint(model=model).write(...)`"
            }
            Self::Gzip => "a gzip archive and not a TensorFlow checkpoint; unpack it",
            Self::Safetensors => {
                "a safetensors file and not a TensorFlow checkpoint; the crate `safetensors` reads it"
            }
            Self::Html => "a web page and not the file itself; fetch what it links to",
            Self::Graph => {
                "a graph, and holds no variables; save those with `tf.compat.v1.train.Saver().save(...)`"
            }
        })
    }
}

/// Looks at the first and the last bytes of a file.
pub(crate) fn look_at(path: &Path) -> io::Result<Contents> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let mut head = Vec::new();
    file.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(len.saturating_sub(FOOTER_LEN)))?;
    file.take(FOOTER_LEN).read_to_end(&mut tail)?;
    Ok(if head.is_empty() {
        Contents::Empty
    } else if tail.ends_with(&MAGIC) {
        Contents::Table
    } else {
        foreign(path, &head, len).map_or(Contents::Unknown, Contents::Foreign)
    })
}

/// What a data file is instead, if that is known.
pub(crate) fn look_at_data(file: &dyn DataFile) -> Option<Foreign> {
    let mut head = [0; HEAD];
    let len = usize::try_from(file.size()).unwrap_or(HEAD).min(HEAD);
    let head = head.get_mut(..len)?;
    file.read(0, head).ok()?;
    foreign(file.path(), head, file.size())
}

fn foreign(path: &Path, head: &[u8], len: u64) -> Option<Foreign> {
    let starts: [(&[u8], Foreign); 4] = [
        (b"version https://git-lfs.github.com/spec/", Foreign::LfsPointer),
        (b"\x89HDF\r\n\x1a\n", Foreign::Hdf5),
        (b"PK\x03\x04", Foreign::Zip),
        (b"\x1f\x8b\x08", Foreign::Gzip),
    ];
    let start = starts.into_iter().find(|(start, _)| head.starts_with(start));
    let by_name = || match path.extension()?.to_str()? {
        "pb" | "pbtxt" => Some(Foreign::Graph),
        _ => None,
    };
    start
        .map(|(_, foreign)| foreign)
        .or_else(|| is_safetensors(head, len).then_some(Foreign::Safetensors))
        .or_else(|| is_html(head).then_some(Foreign::Html))
        .or_else(by_name)
}

/// Whether it starts with the length of a JSON object, and that object.
fn is_safetensors(head: &[u8], len: u64) -> bool {
    let Some((json_len, json)) = head.split_first_chunk() else {
        return false;
    };
    let fits = u64::from_le_bytes(*json_len) <= len.saturating_sub(8);
    fits && (json.starts_with(b"{\"") || json.starts_with(b"{}"))
}

fn is_html(head: &[u8]) -> bool {
    let head = head.trim_ascii_start().to_ascii_lowercase();
    head.starts_with(b"<!doctype html") || head.starts_with(b"<html")
}
