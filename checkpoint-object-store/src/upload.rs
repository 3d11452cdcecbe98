//! Uploads of files of a checkpoint.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::path::Path as Location;
use object_store::{ObjectStore, ObjectStoreExt as _, WriteMultipart};

use crate::error::said;

/// The bytes of a part of a file. Stores require at least 5 MiB, and at most 10,000 parts.
const PART: u64 = 16 << 20;

/// The number of parts of a file that are uploaded at the same time.
const IN_FLIGHT: usize = 8;

/// Uploads a file. A long file is uploaded in parts, and becomes an object when all are complete.
pub(crate) async fn upload(
    store: Arc<dyn ObjectStore>,
    file: PathBuf,
    location: Location,
) -> Result<(), String> {
    let failed = |error: object_store::Error| said(&error);
    let mut opened = File::open(&file).map_err(|error| error.to_string())?;
    let mut part = read(&mut opened)?;
    if (part.len() as u64) < PART {
        return store.put(&location, part.into()).await.map(drop).map_err(failed);
    }
    let parts = store.put_multipart(&location).await.map_err(failed)?;
    let mut writer = WriteMultipart::new_with_chunk_size(parts, part.len());
    while !part.is_empty() {
        let capacity = writer.wait_for_capacity(IN_FLIGHT).await.map_err(failed);
        let next = capacity.and_then(|()| read(&mut opened));
        match next {
            Ok(next) => writer.put(std::mem::replace(&mut part, next).into()),
            Err(problem) => {
                // If this fails, the store removes the parts after some time.
                let _ = writer.abort().await;
                return Err(problem);
            }
        }
    }
    writer.finish().await.map(drop).map_err(failed)
}

/// Reads the next part. The last part of a file is shorter.
fn read(file: &mut File) -> Result<Vec<u8>, String> {
    let mut part = Vec::new();
    file.take(PART).read_to_end(&mut part).map_err(|error| error.to_string())?;
    Ok(part)
}

/// Returns the location in a folder of a store for a file of a checkpoint. `root` is the folder of the checkpoint's files.
pub(crate) fn location(folder: &str, root: &Path, file: &Path) -> Option<Location> {
    let name = file.strip_prefix(root).ok()?.to_str()?;
    let name = name.replace(std::path::MAIN_SEPARATOR, "/");
    Location::parse(format!("{}/{name}", folder.trim_end_matches('/'))).ok()
}
