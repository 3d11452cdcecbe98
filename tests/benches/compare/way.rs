//! The ways to use a checkpoint.

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read};
use std::time::{Duration, Instant};

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, Node, Tensor};
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{PlanOptions, plan};
use checkpoint_tests::models::{Layers, PlainGpt2, Single, TrainedBert};
use clap::ValueEnum;
use half::bf16;
use memmap2::{Advice, MmapMut};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use crate::changed::{Cast, Split, Transposed};
use crate::save;
use crate::subject::{Files, Model, Subject};
use crate::system;

/// The largest total of tensors whose first use does not slow a process, in bytes.
const SMALL: u64 = 1 << 20;

/// A way to get the tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Way {
    Read,
    Copy,
    ReadNew,
    Load1,
    Load,
    Unverified1,
    Unverified,
    Split,
    Transposed,
    Cast,
    Views,
    ViewsVerified,
    Plan,
    LoadSafetensors,
    ReadMany,
    ViewsOfSafetensors,
    SafetensorsCopy,
    SafetensorsViews,
    RestoreV2,
    RestoreAgain,
    LoadCheckpoint,
    LoadVariable,
    Write,
    WriteSynced,
    SaveModel,
    SaveModelSynced,
    SaveModelSafetensors,
    Save1,
    Save,
    SaveAs,
    SaveAsSafetensors,
    SafetensorsSave,
    SaveV2,
    CopyFile,
    Convert,
    ConvertUnverified,
    ConvertInPython,
}

impl Way {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Read => "`read` into memory that is in use already, one thread",
            Self::Copy => "`memcpy` into new memory of huge pages, one thread",
            Self::ReadNew => "`read` into new memory of huge pages, one thread",
            Self::Load1 => "open and load, verified, one thread",
            Self::Load => "open and load, verified, all cores",
            Self::Unverified1 => "open and load, not verified, one thread",
            Self::Unverified => "open and load, not verified, all cores",
            Self::Split => "open and load, all cores, `split` of q, k and v",
            Self::Transposed => "open and load, all cores, `transpose` of each matrix",
            Self::Cast => "open and load, all cores, `cast` to f32",
            Self::Views => "map and borrow, not verified",
            Self::ViewsVerified => "map and borrow, verified, all cores",
            Self::Plan => "open and plan",
            Self::LoadSafetensors => "open and load a safetensors file, all cores",
            Self::ReadMany => "open a safetensors file and `read_many` by name, all cores",
            Self::ViewsOfSafetensors => "map and borrow from a safetensors file",
            Self::SafetensorsCopy => "`safetensors`: map, and copy to `Vec<f32>`",
            Self::SafetensorsViews => "`safetensors`: map, and views",
            Self::RestoreV2 => "TensorFlow: `RestoreV2` of all, the first in a process",
            Self::RestoreAgain => "TensorFlow: `RestoreV2` of all, again",
            Self::LoadCheckpoint => "TensorFlow: `load_checkpoint`, and `get_tensor` of each",
            Self::LoadVariable => "TensorFlow: `load_variable` of each, squeezed and nested",
            Self::Write => "`write` of the bytes, which are in memory, into a new file, one thread",
            Self::WriteSynced => "the same, and `fsync`",
            Self::SaveModel => "`save` of a struct, all cores",
            Self::SaveModelSynced => "`save` of a struct, synced, all cores",
            Self::SaveModelSafetensors => "`save` of a struct as safetensors, all cores",
            Self::Save1 => "`Writer`: tensors in memory, one thread",
            Self::Save => "`Writer`: tensors in memory, all cores",
            Self::SaveAs => "open and `save_as`, verified, all cores",
            Self::SaveAsSafetensors => "open and `save_as` safetensors, verified, all cores",
            Self::SafetensorsSave => "`safetensors`: `serialize_to_file` of views",
            Self::SaveV2 => "TensorFlow: `SaveV2` of tensors in memory",
            Self::CopyFile => "`read` and `write` of the data file, piece by piece, one thread",
            Self::Convert => "`convert` into safetensors, read back and compared, all cores",
            Self::ConvertUnverified => "`convert` into safetensors, not compared, all cores",
            Self::ConvertInPython => "Python: `load_checkpoint`, `get_tensor` of each, `save_file`",
        }
    }

    /// True if a process does nothing else, so that its whole time is meaningful.
    pub(crate) fn is_whole(self, bytes: u64) -> bool {
        let others =
            [Self::RestoreV2, Self::LoadCheckpoint, Self::LoadVariable, Self::SafetensorsCopy];
        let is_one = self.is_load() || self.is_conversion() || others.contains(&self);
        !self.is_repeated(bytes) && is_one
    }

    /// True if a process repeats it, because it does not need much memory.
    pub(crate) fn is_repeated(self, bytes: u64) -> bool {
        !self.is_tensorflow()
            && !self.is_save()
            && !self.is_conversion()
            && (self.is_light() || bytes < SMALL)
    }

    pub(crate) fn is_tensorflow(self) -> bool {
        let ways = [Self::RestoreV2, Self::RestoreAgain, Self::LoadCheckpoint, Self::LoadVariable];
        ways.contains(&self) || matches!(self, Self::SaveV2 | Self::ConvertInPython)
    }

    /// True if it converts a file to another one.
    pub(crate) fn is_conversion(self) -> bool {
        let ours = matches!(self, Self::Convert | Self::ConvertUnverified);
        ours || matches!(self, Self::CopyFile | Self::ConvertInPython)
    }

    /// True if it writes files.
    pub(crate) fn is_save(self) -> bool {
        let theirs =
            matches!(self, Self::Write | Self::WriteSynced | Self::SafetensorsSave | Self::SaveV2);
        let all = matches!(self, Self::SaveAs | Self::SaveAsSafetensors);
        theirs || all || self.is_save_of_struct() || matches!(self, Self::Save1 | Self::Save)
    }

    /// True if it saves a struct that it loaded before.
    pub(crate) fn is_save_of_struct(self) -> bool {
        matches!(self, Self::SaveModel | Self::SaveModelSynced | Self::SaveModelSafetensors)
    }

    /// True if it loads all tensors into memory of their own, with this project.
    pub(crate) fn is_load(self) -> bool {
        let unchanged =
            matches!(self, Self::Load1 | Self::Load | Self::Unverified1 | Self::Unverified);
        let changed = matches!(self, Self::Split | Self::Transposed | Self::Cast);
        unchanged || changed || matches!(self, Self::LoadSafetensors | Self::ReadMany)
    }

    /// Returns the size of the tensors that it makes in memory, from that of the checkpoint.
    pub(crate) fn makes(self, bytes: u64) -> u64 {
        match self {
            Self::Cast => bytes * 2,
            _ if self.is_conversion() => 0,
            _ => bytes,
        }
    }

    /// True if it copies no tensors.
    pub(crate) fn is_light(self) -> bool {
        let views = matches!(self, Self::Views | Self::ViewsOfSafetensors | Self::SafetensorsViews);
        views || self == Self::Plan
    }

    /// True if it is measured for a checkpoint.
    pub(crate) fn suits(self, subject: Subject) -> bool {
        match self {
            Self::Read | Self::Plan | Self::Load1 | Self::Load => true,
            Self::Split | Self::Transposed | Self::ConvertInPython => subject == Subject::Small,
            Self::Cast => subject.model() == Model::Gpt2Halves,
            // Its typical use is a GPT-2. Each variable opens the index again, which takes minutes for thousands of them.
            Self::LoadVariable => subject.model() == Model::Gpt2,
            _ if self.is_save_of_struct() => subject.model() == Model::Gpt2,
            Self::Write
            | Self::WriteSynced
            | Self::SafetensorsSave
            | Self::SaveV2
            | Self::CopyFile
            | Self::Convert
            | Self::ConvertUnverified
                if subject == Subject::Large =>
            {
                true
            }
            _ if self.is_save() || self.is_conversion() => {
                matches!(subject, Subject::Small | Subject::Variables20000 | Subject::Tensor400M)
            }
            _ => !subject.is_fraction(),
        }
    }

    /// True if it is also measured with an empty page cache.
    pub(crate) fn suits_cold(self, subject: Subject) -> bool {
        let whole = matches!(self, Self::Read | Self::Load1 | Self::Load)
            || matches!(self, Self::SafetensorsCopy | Self::RestoreV2);
        whole && !subject.is_fraction() && subject.model() != Model::Layers
    }

    /// Measures it once, without preparing it or dropping the result.
    pub(crate) fn round(self, subject: Subject, files: &Files) -> io::Result<Duration> {
        let options = LoadOptions::new();
        match self {
            Self::Read => read(files),
            Self::Copy => copy(files),
            Self::ReadNew => timed(|| read_new(files)),
            Self::Load1 => load(subject, files, options.threads(1)),
            Self::Load => load(subject, files, options),
            Self::Unverified1 => load(subject, files, options.verify(false).threads(1)),
            Self::Unverified => load(subject, files, options.verify(false)),
            Self::Split => load_as::<Split>(files, options),
            Self::Transposed => load_as::<Transposed>(files, options),
            Self::Cast => load_as::<Cast>(files, options),
            Self::Views => borrow(subject, files, options.verify(false)),
            Self::ViewsVerified => borrow(subject, files, options),
            Self::Plan => plan_of(subject, files),
            Self::LoadSafetensors => load(subject, &files.of_safetensors(), options),
            Self::ReadMany => timed(|| read_many(&files.of_safetensors())),
            Self::ViewsOfSafetensors => borrow(subject, &files.of_safetensors(), options),
            Self::SafetensorsCopy => timed(|| safetensors_copy(files)),
            Self::SafetensorsViews => safetensors_views(files),
            Self::Write => save::plain(files, false),
            Self::WriteSynced => save::plain(files, true),
            Self::SaveModel => save::model(files, "", false),
            Self::SaveModelSynced => save::model(files, "", true),
            Self::SaveModelSafetensors => save::model(files, ".safetensors", false),
            Self::Save1 => save::writer(files, 1),
            Self::Save => save::writer(files, 0),
            Self::SaveAs => save::save_as(files, ""),
            Self::SaveAsSafetensors => save::save_as(files, ".safetensors"),
            Self::SafetensorsSave => save::safetensors(files),
            Self::CopyFile => save::copy_file(files),
            Self::Convert => save::convert(files, true),
            Self::ConvertUnverified => save::convert(files, false),
            Self::RestoreV2
            | Self::RestoreAgain
            | Self::LoadCheckpoint
            | Self::LoadVariable
            | Self::SaveV2
            | Self::ConvertInPython => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// Measures making a value, without dropping it.
fn timed<T>(make: impl FnOnce() -> io::Result<T>) -> io::Result<Duration> {
    let started = Instant::now();
    let value = black_box(make()?);
    let elapsed = started.elapsed();
    drop(value);
    Ok(elapsed)
}

/// Allocates memory for all tensors, with huge pages if the system has them.
fn new_memory(files: &Files) -> io::Result<MmapMut> {
    let memory = MmapMut::map_anon(usize::try_from(files.bytes).map_err(io::Error::other)?)?;
    memory.advise(Advice::HugePage)?;
    Ok(memory)
}

fn read_new(files: &Files) -> io::Result<MmapMut> {
    let mut memory = new_memory(files)?;
    File::open(&files.data)?.read_exact(&mut memory)?;
    Ok(memory)
}

fn read(files: &Files) -> io::Result<Duration> {
    let mut memory = new_memory(files)?;
    memory.fill(1);
    timed(|| File::open(&files.data)?.read_exact(black_box(&mut memory)))
}

fn copy(files: &Files) -> io::Result<Duration> {
    let source = system::map(&files.data)?;
    source.advise(Advice::PopulateRead)?;
    timed(|| {
        let mut memory = new_memory(files)?;
        memory.copy_from_slice(&source);
        Ok(memory)
    })
}

fn open(files: &Files) -> io::Result<Checkpoint> {
    Checkpoint::open(&files.prefix).map_err(io::Error::other)
}

fn load(subject: Subject, files: &Files, options: LoadOptions<'_>) -> io::Result<Duration> {
    type Matrix = Array2<f32>;
    type Vector = Array1<f32>;
    match subject.model() {
        Model::Gpt2 => load_as::<PlainGpt2<Matrix, Vector>>(files, options),
        Model::Gpt2Halves => load_as::<PlainGpt2<Array2<bf16>, Array1<bf16>>>(files, options),
        Model::Bert => load_as::<TrainedBert<Matrix, Vector>>(files, options),
        Model::Layers => load_as::<Layers<Vector>>(files, options),
        Model::Single => load_as::<Single<Matrix>>(files, options),
    }
}

fn load_as<T: for<'c> FromCheckpoint<'c>>(
    files: &Files,
    options: LoadOptions<'_>,
) -> io::Result<Duration> {
    timed(|| T::load_with(&open(files)?, options).map_err(io::Error::other))
}

fn read_many(files: &Files) -> io::Result<Vec<Tensor>> {
    let checkpoint = open(files)?;
    let names = checkpoint.variables().iter().map(|variable| variable.name.clone());
    checkpoint.read_many(names).map_err(io::Error::other)
}

fn borrow(subject: Subject, files: &Files, options: LoadOptions<'_>) -> io::Result<Duration> {
    let started = Instant::now();
    let checkpoint = open_mapped(files)?;
    borrow_from(&checkpoint, subject, options)?;
    Ok(started.elapsed())
}

#[expect(unsafe_code, reason = "the files are this program's own")]
fn open_mapped(files: &Files) -> io::Result<Checkpoint> {
    // SAFETY: the program writes its files once, before it maps them.
    unsafe { Checkpoint::open_mapped(&files.prefix) }.map_err(io::Error::other)
}

fn borrow_from<'c>(
    checkpoint: &'c Checkpoint,
    subject: Subject,
    options: LoadOptions<'_>,
) -> io::Result<()> {
    match subject.model() {
        Model::Gpt2 => {
            borrow_as::<PlainGpt2<ArrayView2<'c, f32>, ArrayView1<'c, f32>>>(checkpoint, options)
        }
        Model::Gpt2Halves => {
            borrow_as::<PlainGpt2<ArrayView2<'c, bf16>, ArrayView1<'c, bf16>>>(checkpoint, options)
        }
        Model::Bert => {
            borrow_as::<TrainedBert<ArrayView2<'c, f32>, ArrayView1<'c, f32>>>(checkpoint, options)
        }
        Model::Layers => borrow_as::<Layers<ArrayView1<'c, f32>>>(checkpoint, options),
        Model::Single => borrow_as::<Single<ArrayView2<'c, f32>>>(checkpoint, options),
    }
}

fn borrow_as<'c, T: FromCheckpoint<'c>>(
    checkpoint: &'c Checkpoint,
    options: LoadOptions<'_>,
) -> io::Result<()> {
    black_box(&T::load_with(checkpoint, options).map_err(io::Error::other)?);
    Ok(())
}

fn plan_of(subject: Subject, files: &Files) -> io::Result<Duration> {
    match subject.model() {
        Model::Gpt2 => plan_as::<PlainGpt2<Array2<f32>, Array1<f32>>>(files),
        Model::Gpt2Halves => plan_as::<PlainGpt2<Array2<bf16>, Array1<bf16>>>(files),
        Model::Bert => plan_as::<TrainedBert<Array2<f32>, Array1<f32>>>(files),
        Model::Layers => plan_as::<Layers<Array1<f32>>>(files),
        Model::Single => plan_as::<Single<Array2<f32>>>(files),
    }
}

fn plan_as<T: for<'c> FromCheckpoint<'c>>(files: &Files) -> io::Result<Duration> {
    let started = Instant::now();
    let checkpoint = open(files)?;
    let names = Names::of_keys(checkpoint.catalog());
    let node: &'static Node = const { &T::NODE };
    let planned = plan(node, &names, PlanOptions::default());
    black_box(&planned.map_err(|problems| io::Error::other(problems[0].to_string()))?);
    Ok(started.elapsed())
}

/// A copied tensor.
#[expect(dead_code, reason = "the tensors are only copied")]
enum Copied {
    Singles(Vec<f32>),
    Counter(Vec<i64>),
}

fn safetensors_copy(files: &Files) -> io::Result<Vec<(String, Copied)>> {
    let map = system::map(&files.safetensors)?;
    let tensors = SafeTensors::deserialize(&map).map_err(io::Error::other)?;
    let copied = tensors.iter().map(|(name, view)| {
        let copied = match view.dtype() {
            Dtype::I64 => Copied::Counter(black_box(bytemuck::pod_collect_to_vec(view.data()))),
            _ => Copied::Singles(black_box(bytemuck::pod_collect_to_vec(view.data()))),
        };
        (name.to_owned(), copied)
    });
    Ok(copied.collect())
}

fn safetensors_views(files: &Files) -> io::Result<Duration> {
    let started = Instant::now();
    let map = system::map(&files.safetensors)?;
    let tensors = SafeTensors::deserialize(&map).map_err(io::Error::other)?;
    black_box(&tensors.tensors());
    Ok(started.elapsed())
}
