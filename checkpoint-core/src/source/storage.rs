//! The file system of a checkpoint: local files or a [`Storage`].

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use crate::source::file::{OpenFile, is_regular};
use crate::source::traits::DataFile;

/// A file system that is not local, such as an object store.
///
/// Pass it to [`OpenOptions::storage`](crate::OpenOptions::storage). The formats work as with local files: they find the
/// checkpoint, the index and the shards. They join the opened path and file names with `/`.
///
/// The same file is opened several times. A storage with one request per call should cache the results.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::io;
/// use std::path::{Path, PathBuf};
/// use std::sync::Arc;
///
/// use checkpoint_core::{DataFile, OpenOptions, Storage};
///
/// #[derive(Debug)]
/// struct Bytes(PathBuf, Vec<u8>);
///
/// impl DataFile for Bytes {
///     fn path(&self) -> &Path {
///         &self.0
///     }
///     fn size(&self) -> u64 {
///         self.1.len() as u64
///     }
///     fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
///         let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
///         let bytes = self.1.get(start..).and_then(|rest| rest.get(..into.len()));
///         into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
///         Ok(())
///     }
/// }
///
/// /// Files without folders.
/// #[derive(Debug)]
/// struct Flat(BTreeMap<PathBuf, Arc<Bytes>>);
///
/// impl Storage for Flat {
///     fn open(&self, path: &Path) -> io::Result<Option<Arc<dyn DataFile>>> {
///         Ok(self.0.get(path).cloned().map(|file| -> Arc<dyn DataFile> { file }))
///     }
///     fn list(&self, _: &Path) -> io::Result<Option<Vec<String>>> {
///         Ok(None)
///     }
/// }
///
/// # let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano/");
/// let mut files = BTreeMap::new();
/// for name in ["model.ckpt.index", "model.ckpt.data-00000-of-00001"] {
///     let bytes = std::fs::read(format!("{model}{name}"))?;
///     files.insert(PathBuf::from(name), Arc::new(Bytes(name.into(), bytes)));
/// }
/// let checkpoint = OpenOptions::new().storage(Arc::new(Flat(files))).open("model.ckpt")?;
/// assert_eq!(checkpoint.read_array::<f32>("model/wte")?.shape(), [300, 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Storage: fmt::Debug + Send + Sync {
    /// Opens a file for reading byte ranges. Returns `None` if no file exists at the path.
    ///
    /// # Errors
    /// Returns an error if the storage cannot tell whether the file exists.
    fn open(&self, path: &Path) -> io::Result<Option<Arc<dyn DataFile>>>;

    /// Lists the names of the files and folders in a folder. Returns `None` if no folder exists at the path.
    ///
    /// # Errors
    /// Returns an error if the storage cannot tell whether the folder exists.
    fn list(&self, folder: &Path) -> io::Result<Option<Vec<String>>>;
}

/// The file system that formats read from.
#[derive(Clone, Debug, Default)]
pub(crate) enum FileSystem {
    /// Local files.
    #[default]
    Local,
    Of(Arc<dyn Storage>),
}

/// The kind of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file of `len` bytes.
    File {
        len: u64,
    },
    Folder,
    /// A pipe, a device or another special file.
    Special,
}

impl FileSystem {
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::Local)
    }

    /// Returns the kind of a path; `None` if nothing exists at the path.
    pub(crate) fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        let Self::Of(storage) = self else { return local_kind(path) };
        if let Some(file) = storage.open(path)? {
            return Ok(Some(Kind::File { len: file.size() }));
        }
        Ok(storage.list(path)?.map(|_| Kind::Folder))
    }

    /// True if a file exists at a path.
    pub(crate) fn has_file(&self, path: &Path) -> io::Result<bool> {
        match self {
            Self::Local => Ok(path.is_file()),
            Self::Of(storage) => Ok(storage.open(path)?.is_some()),
        }
    }

    /// True if a folder exists at a path.
    pub(crate) fn has_folder(&self, path: &Path) -> io::Result<bool> {
        match self {
            Self::Local => Ok(path.is_dir()),
            Self::Of(_) => Ok(self.kind(path)? == Some(Kind::Folder)),
        }
    }

    /// Opens a file; `None` for a folder, or for a special file whose contents may never end.
    pub(crate) fn open(&self, path: &Path) -> io::Result<Option<OpenFile>> {
        match self {
            Self::Local => OpenFile::open(path),
            Self::Of(storage) => match storage.open(path)? {
                Some(file) => Ok(Some(OpenFile::Of(file))),
                None => Err(ErrorKind::NotFound.into()),
            },
        }
    }

    /// Returns the sorted names in a folder; an empty list if it cannot be read.
    pub(crate) fn names(&self, folder: &Path) -> Vec<String> {
        let mut names = match self {
            Self::Local => {
                let here = Path::new(".");
                let folder = if folder.as_os_str().is_empty() { here } else { folder };
                let entries = fs::read_dir(folder).into_iter().flatten().flatten();
                entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
            }
            Self::Of(storage) => storage.list(folder).ok().flatten().unwrap_or_default(),
        };
        names.sort();
        names
    }
}

fn local_kind(path: &Path) -> io::Result<Option<Kind>> {
    use ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(Some(Kind::Folder)),
        Ok(metadata) if is_regular(&metadata) => Ok(Some(Kind::File { len: metadata.len() })),
        Ok(_) => Ok(Some(Kind::Special)),
        Err(error) => match error.kind() {
            NotFound | NotADirectory | InvalidInput | InvalidFilename => Ok(None),
            _ => Err(error),
        },
    }
}
