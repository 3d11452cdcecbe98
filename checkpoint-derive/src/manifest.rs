//! Manifest files: the only input of the derive besides the item.

use std::env;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{self, Path, PathBuf};

use checkpoint_schema::format::Limits;
use checkpoint_schema::manifest::Listing;
use syn::LitStr;

use crate::attr::container::StructWords;
use crate::diag::Diag;

/// The maximum size of a manifest, in bytes. The index of a realistic checkpoint is smaller.
const LONGEST: u64 = 64 << 20;

/// The number of bytes that determine how many more to read.
const START: u64 = 64;

/// A manifest.
pub(crate) struct Manifest {
    /// The path, as written in the struct.
    pub(crate) file: LitStr,
    /// The resolved path.
    pub(crate) path: PathBuf,
    /// The listing.
    pub(crate) listing: Listing,
    /// True if Cargo recompiles when the file changes. The compiler then reads the whole file, which is too slow for large
    /// safetensors files.
    pub(crate) is_watched: bool,
}

/// Reads all manifests of a struct.
pub(crate) fn read(diag: &mut Diag, words: &StructWords) -> Vec<Manifest> {
    words.manifests.iter().filter_map(|file| read_one(diag, file)).collect()
}

fn read_one(diag: &mut Diag, file: &LitStr) -> Option<Manifest> {
    let name = file.value();
    let path = located(&name);
    let Contents { bytes, size } = match Contents::read(&path) {
        Ok(Some(contents)) => contents,
        Ok(None) => {
            diag.error(
                file,
                format!(
                    "the manifest `{name}` is not a regular file of at most {LONGEST} bytes; name an index or a text that \
                     `ckpt manifest` wrote"
                ),
            );
            return None;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(&path).display();
            let way_out = format!(
                "put the index of a checkpoint there, or run `ckpt manifest PATH -o {name}`"
            );
            diag.error(
                file,
                format!("cannot read the manifest `{name}`: no such file in `{folder}`; {way_out}"),
            );
            return None;
        }
        Err(error) => {
            let kind = error.kind();
            diag.error(
                file,
                format!("cannot read the manifest `{name}`: {kind}; name a file that can be read"),
            );
            return None;
        }
    };
    match Listing::read_start(&bytes, size, &Limits::default()) {
        Ok(listing) => {
            let is_watched = size <= LONGEST;
            Some(Manifest { file: file.clone(), path, listing, is_watched })
        }
        Err(error) => {
            diag.error(file, format!("cannot read the manifest `{name}`: {error}"));
            None
        }
    }
}

/// The part of a file that determines its listing.
struct Contents {
    bytes: Vec<u8>,
    /// The length of the file.
    size: u64,
}

impl Contents {
    /// Reads the file. Returns `None` for a pipe or a device, or if it is too large.
    fn read(path: &Path) -> io::Result<Option<Self>> {
        let metadata = fs::metadata(path)?;
        if !(metadata.is_file() || metadata.is_dir()) {
            return Ok(None);
        }
        let (mut file, size, mut bytes) = (File::open(path)?, metadata.len(), Vec::new());
        file.by_ref().take(START).read_to_end(&mut bytes)?;
        let needed = Listing::needed(&bytes, size);
        if needed > LONGEST {
            return Ok(None);
        }
        file.take(needed.saturating_sub(START)).read_to_end(&mut bytes)?;
        bytes.truncate(usize::try_from(needed).unwrap_or(usize::MAX));
        Ok(Some(Self { bytes, size }))
    }
}

/// Resolves a path, relative to the package's `Cargo.toml`, or to the working directory of the compiler without one.
fn located(file: &str) -> PathBuf {
    let folder = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let path = Path::new(&folder).join(file);
    path::absolute(&path).unwrap_or(path)
}
