//! The files that `manifest` names: the only thing besides the item that the derive reads.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{self, Path, PathBuf};

use checkpoint_schema::format::Limits;
use checkpoint_schema::manifest::Listing;
use syn::LitStr;

use crate::attr::container::StructWords;
use crate::diag::Diag;

/// A manifest.
pub(crate) struct Manifest {
    /// The file, as the struct names it.
    pub(crate) file: LitStr,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it lists.
    pub(crate) listing: Listing,
}

/// Reads all manifests of a struct.
pub(crate) fn read(diag: &mut Diag, words: &StructWords) -> Vec<Manifest> {
    words.manifests.iter().filter_map(|file| read_one(diag, file)).collect()
}

fn read_one(diag: &mut Diag, file: &LitStr) -> Option<Manifest> {
    let name = file.value();
    let path = located(&name);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
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
    match Listing::read(&bytes, &Limits::default()) {
        Ok(listing) => Some(Manifest { file: file.clone(), path, listing }),
        Err(error) => {
            diag.error(file, format!("cannot read the manifest `{name}`: {error}"));
            None
        }
    }
}

/// Where a file is: from the folder of the `Cargo.toml` of what is compiled, else from where the compiler runs.
fn located(file: &str) -> PathBuf {
    let folder = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let path = Path::new(&folder).join(file);
    path::absolute(&path).unwrap_or(path)
}
