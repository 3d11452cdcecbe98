//! Requests to the operating system.

use std::fs::{self, File};
use std::io::{self, IoSliceMut};
use std::path::Path;

use memmap2::Mmap;
use rustix::fs::{Advice, fadvise};
use rustix::io::{Errno, ReadWriteFlags, preadv2};

/// Maps a file of this program.
#[expect(unsafe_code, reason = "the file is this program's own")]
pub(crate) fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: the program writes its files once, before it maps them.
    unsafe { Mmap::map(&file) }
}

/// Drops a file from the page cache. An error means that this is not possible.
pub(crate) fn drop_cached(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    let len = file.metadata()?.len();
    for at in [0, len / 2, len.saturating_sub(1)] {
        let mut byte = [0];
        let mut buffers = [IoSliceMut::new(&mut byte)];
        match preadv2(&file, &mut buffers, at, ReadWriteFlags::NOWAIT) {
            Err(Errno::AGAIN) => {}
            Ok(_) => return Err(io::Error::other("the system keeps it in its cache")),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Returns the free memory, in bytes.
pub(crate) fn free_memory() -> io::Result<u64> {
    field("/proc/meminfo", "MemAvailable:")
}

/// Returns the free space for a folder, in bytes.
pub(crate) fn free_disk(folder: &Path) -> io::Result<u64> {
    let known = folder.ancestors().find(|folder| folder.exists());
    let stat = rustix::fs::statvfs(known.ok_or(io::ErrorKind::NotFound)?)?;
    Ok(stat.f_bavail * stat.f_frsize)
}

/// Returns the peak memory of this process, in bytes.
pub(crate) fn peak() -> io::Result<u64> {
    field("/proc/self/status", "VmHWM:")
}

/// Returns a field of a file of the system, converted from kilobytes.
fn field(path: &str, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(path)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.ok_or(io::ErrorKind::NotFound)?.trim().trim_end_matches(" kB");
    number.parse::<u64>().map(|kilobytes| kilobytes * 1024).map_err(io::Error::other)
}
