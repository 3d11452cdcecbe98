//! Manifest files: the only input of the derive besides the item.

use std::env;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{self, Path, PathBuf};

use checkpoint_schema::format::Limits;
use checkpoint_schema::manifest::Listing;
use syn::LitStr;

use crate::attr::container::{Ignore, StructAttributes};
use crate::attr::dialect::Dialect;
use crate::attr::manifest::ManifestFile;
use crate::attr::value::{Path as Prefix, Piece};
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
    /// The number of its dialect, among those that the struct declares.
    pub(crate) dialect: usize,
    /// The number of its model, among the manifests of its dialect.
    pub(crate) model: usize,
}

/// Reads all manifests of a struct. Those of a dialect follow one another.
pub(crate) fn read(diag: &mut Diag, values: &StructAttributes) -> Vec<Manifest> {
    let dialect = |ManifestFile { dialect, .. }: &ManifestFile| {
        let is_it = |declared: &Dialect<StructAttributes>| Some(&declared.name) == dialect.as_ref();
        values.declared.iter().position(is_it).unwrap_or_default()
    };
    let read = |file| Some(Manifest { dialect: dialect(file), ..read_one(diag, file)? });
    let mut manifests: Vec<Manifest> = values.manifests.iter().filter_map(read).collect();
    manifests.sort_by_key(|manifest| manifest.dialect);
    manifests
}

impl Manifest {
    /// The attributes of its dialect; `None` for the first one.
    fn said<'w>(&self, values: &'w StructAttributes) -> Option<&'w StructAttributes> {
        let declared = values.declared.get(self.dialect).filter(|_| self.dialect > 0);
        declared.map(|dialect| &dialect.attributes.values)
    }

    /// The variables that the struct skips in its dialect.
    pub(crate) fn ignore<'w>(&self, values: &'w StructAttributes) -> &'w [Ignore] {
        let own = self.said(values).map(|said| &said.ignore).filter(|own| !own.is_empty());
        own.unwrap_or(&values.ignore)
    }

    /// The number of the prefix of its names, among those of its dialect: the first that a name has.
    pub(crate) fn prefix(&self, values: &StructAttributes) -> usize {
        let Some(said) = self.said(values) else { return 0 };
        let written = values.separator.as_deref().unwrap_or("/");
        let separator = said.separator.as_deref().unwrap_or(written);
        let start = |prefix: &Prefix| -> String {
            let text = |piece: &Piece| match piece {
                Piece::Text(text) => text.replace(written, separator),
                Piece::Index { .. } => String::new(),
            };
            let text: String = prefix.pieces.iter().map(text).collect();
            if text.is_empty() { text } else { text + separator }
        };
        let has = |prefix: &Prefix| {
            let start = start(prefix);
            let mut names = self.listing.variables().iter().flat_map(|listed| &listed.names);
            names.any(|name| name.as_bytes().starts_with(start.as_bytes()))
        };
        said.prefix.iter().chain(&said.prefix_aliases).position(has).unwrap_or_default()
    }
}

fn read_one(diag: &mut Diag, ManifestFile { file, model, .. }: &ManifestFile) -> Option<Manifest> {
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
            Some(Manifest {
                file: file.clone(),
                path,
                listing,
                is_watched,
                dialect: 0,
                model: *model,
            })
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
