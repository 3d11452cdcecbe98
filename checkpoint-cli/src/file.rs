//! Files of a command, besides those of a checkpoint. `-` is the standard input or output.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;

use checkpoint_core::Checkpoint;

use crate::failure::Failure;
use crate::output;

/// The limit for the standard input, in bytes. It may be endless.
const MOST: u64 = 64 << 20;

/// Reads a file, or the standard input.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error| Failure::File { what: "read", file: path.to_owned(), error };
    let mut bytes = Vec::new();
    if is_standard(path) {
        io::stdin().lock().take(MOST + 1).read_to_end(&mut bytes).map_err(failed)?;
        return if bytes.len() as u64 > MOST {
            Err(Failure::Endless { most: MOST })
        } else {
            Ok(bytes)
        };
    }
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        // The length of a folder can be 0, so that reading would not fail.
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let special = || Failure::Special { file: path.to_owned(), standard: "input" };
    if is_special(&metadata) {
        return Err(special());
    }
    let file = File::open(path).map_err(failed)?;
    file.take(metadata.len().max(1)).read_to_end(&mut bytes).map_err(failed)?;
    // Files of the system (`/proc`) have no length, but bytes.
    if bytes.len() as u64 > metadata.len() { Err(special()) } else { Ok(bytes) }
}

/// Writes a file completely or not at all, or writes to the standard output. Files of a checkpoint are never replaced.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if is_standard(path) {
        let mut out = output::data();
        out.write_all(text.as_bytes())?;
        return Ok(out.flush()?);
    }
    // A link is kept, and its target is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let before = fs::metadata(&target).ok();
    if before.as_ref().is_some_and(is_special) {
        return Err(Failure::Special { file: path.to_owned(), standard: "output" });
    }
    if before.as_ref().is_some_and(Metadata::is_file) && Checkpoint::open(&target).is_ok() {
        return Err(Failure::OfCheckpoint { file: path.to_owned() });
    }
    let permissions = before.map(|before| before.permissions());
    let temporary = beside(&target);
    let written = File::create_new(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions))?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&temporary, &target)).map_err(|error| {
        // If the temporary file was not created, this fails, which is fine.
        let _ = fs::remove_file(&temporary);
        Failure::File { what: "write", file: path.to_owned(), error }
    })
}

/// Returns the path of the temporary file that replaces `target`.
fn beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", process::id()));
    target.with_file_name(name)
}

/// Returns `true` for a pipe, a device or the like, whose length is unknown. (A folder cannot be read or written.)
fn is_special(metadata: &Metadata) -> bool {
    !metadata.is_file() && !metadata.is_dir()
}

fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}
