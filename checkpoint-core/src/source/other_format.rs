//! Files that users mistake for checkpoints.

use std::fmt;
use std::path::Path;

/// A known format that users mistake for a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherFormat {
    /// The pointer file of Git LFS in place of a large file.
    LfsPointer,
    /// `.h5`.
    Hdf5,
    /// `.keras`, or any other zip archive.
    Zip,
    /// `.pt`, `.pth`, or a Lightning `.ckpt`: a zip archive.
    Torch,
    /// The `PyTorch` format before 1.6: consecutive pickles, or a tar archive.
    OldTorch,
    /// `.npz`.
    Npz,
    /// `.npy`.
    Npy,
    /// `.pkl`.
    Pickle,
    /// `checkpoint` or `.msgpack` files of Flax and T5X.
    Msgpack,
    /// An Orbax directory.
    Orbax,
    /// `.tflite`.
    TfLite,
    /// `.gguf`.
    Gguf,
    /// `.tar.gz`, or another gzip file.
    Gzip,
    /// `.safetensors`.
    Safetensors,
    /// `.pb`, `.pbtxt`.
    Graph,
    /// The error page of a server in place of a file.
    Html,
}

/// The marker files of Orbax; every Orbax checkpoint has at least one.
pub(crate) const ORBAX: [&str; 3] = ["_CHECKPOINT_METADATA", "manifest.ocdbt", "_METADATA"];

/// The format, with advice.
impl fmt::Display for OtherFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LfsPointer => "a pointer of Git LFS and not the file itself; run `git lfs pull`",
            Self::Hdf5 => {
                "an HDF5 file, which is not read; load it in Keras, and save it with \
                 `tf.train.Checkpoint(model=model).write(...)`"
            }
            Self::Zip => {
                "a zip archive, which is not read; unpack it if it holds a checkpoint, or load it in Keras and save \
                 it with `tf.train.Checkpoint(model=model).write(...)`"
            }
            Self::Torch if cfg!(not(feature = "pytorch")) => {
                "a PyTorch checkpoint, which is read with the feature `pytorch` of `checkpoint-core`; switch it on"
            }
            Self::Torch => {
                "a PyTorch checkpoint, and no part of a TensorFlow one; open it by its own path"
            }
            Self::OldTorch => {
                "a PyTorch checkpoint of an old format; load it with `torch.load`, and save it again with PyTorch 1.6 or newer"
            }
            Self::Npz if cfg!(not(feature = "npz")) => {
                "an archive of NumPy arrays (`.npz`), which is read with the feature `npz` of `checkpoint-core`; switch it on"
            }
            Self::Npz => {
                "an archive of NumPy arrays (`.npz`), and no part of a TensorFlow checkpoint; open it by its own path"
            }
            Self::Npy => {
                "a NumPy array (`.npy`), and no part of a TensorFlow checkpoint; open it by its own path"
            }
            Self::Pickle => {
                "a Python pickle, which is not read; load it in Python, with the library that wrote it"
            }
            Self::Msgpack => {
                "a msgpack file, which is not read; restore it with `flax.serialization` or T5X, which \
                 write such files"
            }
            Self::Orbax => {
                "an Orbax checkpoint, which is not read; restore it with `orbax.checkpoint`"
            }
            Self::TfLite => {
                "a TFLite model, which is not read; open the checkpoint that it was converted from"
            }
            Self::Gguf => {
                "a GGUF model, which is not read; open the checkpoint that it was converted from"
            }
            Self::Gzip => "a gzip archive, which is not read; unpack it",
            Self::Safetensors => {
                "a safetensors file, and no part of a TensorFlow checkpoint; open it by its own path"
            }
            Self::Html => "a web page and not the file itself; fetch what it links to",
            Self::Graph => {
                "a graph, and holds no variables; save those with `tf.compat.v1.train.Saver().save(...)`"
            }
        })
    }
}

/// The known format of a file with this name, length and start, if any.
pub(crate) fn other_format(path: &Path, head: &[u8], len: u64) -> Option<OtherFormat> {
    let starts: [(&[u8], OtherFormat); 7] = [
        (b"version https://git-lfs.github.com/spec/", OtherFormat::LfsPointer),
        (b"\x89HDF\r\n\x1a\n", OtherFormat::Hdf5),
        (b"\x1f\x8b\x08", OtherFormat::Gzip),
        // The magic number of `torch.save`, pickled.
        (b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", OtherFormat::OldTorch),
        (b"\x93NUMPY", OtherFormat::Npy),
        (b"GGUF", OtherFormat::Gguf),
        (b"\x0c\xdb\x3a\x2a", OtherFormat::Orbax),
    ];
    let start = starts.into_iter().find(|(start, _)| head.starts_with(start));
    let by_name = || {
        if ORBAX.contains(&path.file_name()?.to_str()?) {
            return Some(OtherFormat::Orbax);
        }
        matches!(path.extension()?.to_str()?, "pb" | "pbtxt").then_some(OtherFormat::Graph)
    };
    start
        .map(|(_, foreign)| foreign)
        .or_else(|| zip(head))
        .or_else(|| is_old_torch(head).then_some(OtherFormat::OldTorch))
        .or_else(|| (head.get(4..8) == Some(b"TFL3")).then_some(OtherFormat::TfLite))
        .or_else(|| is_safetensors(head, len).then_some(OtherFormat::Safetensors))
        .or_else(|| is_html(head).then_some(OtherFormat::Html))
        .or_else(by_name)
        .or_else(|| is_pickle(head).then_some(OtherFormat::Pickle))
        .or_else(|| is_msgpack(head).then_some(OtherFormat::Msgpack))
}

/// The kind of a zip archive, by the name of its first file.
fn zip(head: &[u8]) -> Option<OtherFormat> {
    let header = head.strip_prefix(b"PK\x03\x04")?;
    let name = || {
        let len: [u8; 2] = header.get(22..24)?.try_into().ok()?;
        let name = header.get(26..)?;
        Some(name.get(..u16::from_le_bytes(len).into()).unwrap_or(name))
    };
    let name = name().unwrap_or_default();
    let is_torch = |end: &[u8]| name.ends_with(end);
    let torch: [&[u8]; 3] = [b"/data.pkl", b"/.format_version", b"/byteorder"];
    Some(if torch.into_iter().any(is_torch) {
        OtherFormat::Torch
    } else if name.ends_with(b".npy") {
        OtherFormat::Npz
    } else {
        OtherFormat::Zip
    })
}

/// True for a tar archive with one of the files of old `PyTorch` archives.
fn is_old_torch(head: &[u8]) -> bool {
    let files: [&[u8]; 4] = [b"sys_info\0", b"pickle\0", b"storages\0", b"tensors\0"];
    let is_tar = head.get(257..262) == Some(b"ustar");
    is_tar && files.iter().any(|file| head.starts_with(file))
}

/// True if the bytes start with a pickle protocol and one of the usual first opcodes.
fn is_pickle(head: &[u8]) -> bool {
    matches!(head, [0x80, 2..=5, b'}' | b']' | b'(' | b'c' | b'X' | b'K' | 0x95 | 0x8a, ..])
}

/// True if the bytes start with a map whose first key is a short string.
fn is_msgpack(head: &[u8]) -> bool {
    let ([0x81..=0x8f, rest @ ..] | [0xde, _, _, rest @ ..] | [0xdf, _, _, _, _, rest @ ..]) = head
    else {
        return false;
    };
    let Some((first @ 0xa1..=0xbf, name)) = rest.split_first() else { return false };
    let name = name.get(..usize::from(first & 0x1f)).unwrap_or_default();
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

/// True if the bytes start with the length of a JSON object and the object.
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
