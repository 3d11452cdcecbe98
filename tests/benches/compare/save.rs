//! Ways to write a checkpoint.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use checkpoint_core::{
    Checkpoint, ConvertOptions, FromCheckpoint as _, Name, Rules, SaveOptions, Tensor,
    ToCheckpoint as _, Writer,
};
use checkpoint_tests::models::PlainGpt2;
use ndarray::{Array1, Array2};
use safetensors::SafeTensors;
use safetensors::tensor::serialize_to_file;

use crate::subject::Files;
use crate::system;

/// Measures writing to an empty folder beside the files, which is removed without waiting for the disk.
fn timed(files: &Files, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<Duration> {
    let folder = tempfile::tempdir_in(files.prefix.parent().unwrap_or(Path::new(".")))?;
    let path = folder.path().join("saved");
    let started = Instant::now();
    write(&path)?;
    Ok(started.elapsed())
}

/// Writes the bytes of the data file from memory.
pub(crate) fn plain(files: &Files, sync: bool) -> io::Result<Duration> {
    let bytes = fs::read(&files.data)?;
    timed(files, |path| {
        let mut file = File::create(path)?;
        file.write_all(&bytes)?;
        if sync { file.sync_all() } else { Ok(()) }
    })
}

/// Saves a struct that was loaded, in the format of this file extension.
pub(crate) fn model(files: &Files, ending: &str, sync: bool) -> io::Result<Duration> {
    type Model = PlainGpt2<Array2<f32>, Array1<f32>>;
    let model = Model::load(&files.prefix).map_err(io::Error::other)?;
    timed(files, |path| {
        let path = PathBuf::from(format!("{}{ending}", path.display()));
        model.save_with(path, options().sync(sync)).map(drop).map_err(io::Error::other)
    })
}

/// Saves tensors from memory, one after another.
pub(crate) fn writer(files: &Files, threads: usize) -> io::Result<Duration> {
    let checkpoint = open(&files.prefix)?;
    let tensors = checkpoint.tensors().map(|(name, tensor)| Ok((name.clone(), tensor?)));
    let tensors: Vec<(Name, Tensor)> =
        tensors.collect::<Result<_, checkpoint_core::ReadError>>().map_err(io::Error::other)?;
    timed(files, |path| {
        let write = || {
            let mut writer = Writer::create_with(path, options().threads(threads))?;
            for (name, tensor) in &tensors {
                writer.add_tensor(name.clone(), tensor)?;
            }
            writer.finish()
        };
        write().map(drop).map_err(io::Error::other)
    })
}

/// Opens a checkpoint and saves it, in the format of this file extension.
pub(crate) fn save_as(files: &Files, ending: &str) -> io::Result<Duration> {
    timed(files, |path| {
        let path = PathBuf::from(format!("{}{ending}", path.display()));
        open(&files.prefix)?.save_as(path, options()).map(drop).map_err(io::Error::other)
    })
}

/// Writes the tensors of the mapped safetensors file with the crate `safetensors`.
pub(crate) fn safetensors(files: &Files) -> io::Result<Duration> {
    let map = system::map(&files.safetensors)?;
    map.advise(memmap2::Advice::PopulateRead)?;
    let tensors = SafeTensors::deserialize(&map).map_err(io::Error::other)?;
    timed(files, |path| serialize_to_file(tensors.iter(), None, path).map_err(io::Error::other))
}

/// Reads the data file into the page cache, where other files may have taken its place.
fn cached(files: &Files) -> io::Result<()> {
    io::copy(&mut File::open(&files.data)?, &mut io::sink()).map(drop)
}

/// Copies the data file through memory.
pub(crate) fn copy_file(files: &Files) -> io::Result<Duration> {
    cached(files)?;
    timed(files, |path| {
        let (mut from, mut to) = (File::open(&files.data)?, File::create(path)?);
        let mut piece = vec![0; 1 << 20];
        loop {
            let len = from.read(&mut piece)?;
            if len == 0 {
                return Ok(());
            }
            to.write_all(&piece[..len])?;
        }
    })
}

/// Converts the checkpoint into a safetensors file.
pub(crate) fn convert(files: &Files, verify: bool) -> io::Result<Duration> {
    cached(files)?;
    timed(files, |path| {
        let path = path.with_extension("safetensors");
        let options = ConvertOptions::new().save(options()).verify(verify);
        let report =
            checkpoint_core::convert(&open(&files.prefix)?, path, &Rules::default(), options);
        report.map(drop).map_err(io::Error::other)
    })
}

fn open(prefix: &Path) -> io::Result<Checkpoint> {
    Checkpoint::open(prefix).map_err(io::Error::other)
}

/// The other ways do not wait for the disk either.
fn options<'a>() -> SaveOptions<'a> {
    SaveOptions::new().sync(false)
}
