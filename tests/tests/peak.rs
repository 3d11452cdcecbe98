//! The peak memory of a load beyond the tensors themselves, for all transforms.

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicIsize, Ordering};

use checkpoint_core::{
    Checkpoint, DType, FromCheckpoint, LoadOptions, LoadReport, Name, Owned, SaveOptions, Variable,
    Writer,
};
use checkpoint_tests::writer::Bundle;
use ndarray::{Array1, Array2, Array3};

/// The bytes that all threads have allocated.
static USED: AtomicIsize = AtomicIsize::new(0);
/// The peak of these bytes since the count began.
static PEAK: AtomicIsize = AtomicIsize::new(0);

#[global_allocator]
static MEMORY: Counted = Counted;

/// The allocator of the system, which counts bytes.
struct Counted;

fn count(change: isize) {
    let used = USED.fetch_add(change, Ordering::SeqCst) + change;
    PEAK.fetch_max(used, Ordering::SeqCst);
}

// SAFETY: All pointers come from `System` for the same layouts.
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: The caller promises what `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: As above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new: usize) -> *mut u8 {
        // If the memory moves, both blocks exist for a moment.
        count(new.cast_signed());
        // SAFETY: As above.
        let moved = unsafe { System.realloc(memory, layout, new) };
        count(-layout.size().cast_signed());
        moved
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: As above.
        unsafe { System.dealloc(memory, layout) }
    }
}

const ROWS: usize = 1600;
const COLUMNS: usize = 4500;

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Plain {
    single: Array2<f32>,
    many: Many<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Turned {
    #[ckpt(transpose)]
    single: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Split {
    #[ckpt(split(axis = 1))]
    single: [Array2<f32>; 3],
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Heads {
    #[ckpt(reshape[1600, 45, 100], permute(1, 2, 0))]
    single: Array3<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Joined {
    #[ckpt(concat(axis = 1, paths = ["single", "sliced"]))]
    single: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Cast {
    #[ckpt(cast)]
    half: Array2<f32>,
    #[ckpt(cast)]
    many: Many<f64>,
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct TurnedCast {
    #[ckpt(cast, transpose)]
    half: Array2<f32>,
    #[ckpt(transpose)]
    sliced: Array2<f32>,
}

#[derive(FromCheckpoint)]
struct Many<T: checkpoint_core::Element> {
    #[ckpt(path = "<i>", repeat)]
    all: Vec<Array1<T>>,
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Wide {
    #[ckpt(path = "wide<i>", repeat, transpose)]
    wide: Vec<Array2<f32>>,
}

trait Size {
    /// Returns the size of all elements, in bytes.
    fn size(&self) -> usize;
}

macro_rules! sizes {
    ($($type:ident: $($field:ident)*;)*) => {$(
        impl Size for $type {
            fn size(&self) -> usize {
                0 $(+ self.$field.size())*
            }
        }
    )*};
}

sizes! {
    Plain: single many;
    Turned: single;
    Split: single;
    Heads: single;
    Joined: single;
    Cast: half many;
    TurnedCast: half sliced;
    Wide: wide;
}

impl<T, D: ndarray::Dimension> Size for ndarray::Array<T, D> {
    fn size(&self) -> usize {
        self.len() * size_of::<T>()
    }
}

impl<T: Size> Size for [T; 3] {
    fn size(&self) -> usize {
        self.iter().map(Size::size).sum()
    }
}

impl<T: Size> Size for Vec<T> {
    fn size(&self) -> usize {
        self.iter().map(Size::size).sum()
    }
}

impl<T: checkpoint_core::Element> Size for Many<T> {
    fn size(&self) -> usize {
        self.all.size()
    }
}

/// Loads on this many threads, and checks the peak.
fn check<T: for<'c> FromCheckpoint<'c> + Owned + Size>(checkpoint: &Checkpoint, threads: usize) {
    let before = USED.load(Ordering::SeqCst);
    PEAK.store(before, Ordering::SeqCst);
    let options = LoadOptions::new().threads(threads);
    let (value, report): (T, LoadReport) = T::load_with(checkpoint, options).unwrap();
    let beyond = PEAK.load(Ordering::SeqCst) - before - value.size().cast_signed();
    let most = (threads * 8_000_000).min(20_000_000).cast_signed();
    assert!(beyond < most, "{} on {threads} threads: {beyond} bytes", report.model);
}

#[test]
fn a_load_takes_little_memory_beyond_its_tensors() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    let (shape, elements) = ([ROWS as u64, COLUMNS as u64], ROWS * COLUMNS);
    let bytes = vec![0x3f; 4 * elements];
    let bundle = Bundle::new()
        .tensor("single", DType::Float32, &shape, bytes.clone())
        .partition("sliced", DType::Float32, &shape, (1, &[1000, 3500]), &bytes)
        .tensor("half", DType::BFloat16, &shape, vec![0x3f; 2 * elements]);
    let bundle = (0..300)
        .fold(bundle, |bundle, number| bundle.f32(format!("many/{number}"), &[50], &[0.5; 50]));
    let bundle = (0..8).fold(bundle, |bundle, number| {
        let name = format!("wide{number}");
        bundle.tensor(name, DType::Float32, &[55, 20_000], bytes[..4 * 55 * 20_000].to_vec())
    });
    bundle.write(&prefix).unwrap();
    drop(bytes);
    let checkpoint = Checkpoint::open(&prefix).unwrap();
    for threads in [1, 2] {
        check::<Plain>(&checkpoint, threads);
        check::<Turned>(&checkpoint, threads);
        check::<Split>(&checkpoint, threads);
        check::<Heads>(&checkpoint, threads);
        check::<Joined>(&checkpoint, threads);
        check::<Cast>(&checkpoint, threads);
        check::<TurnedCast>(&checkpoint, threads);
    }
    check::<Wide>(&checkpoint, 8);
    let before = USED.load(Ordering::SeqCst);
    PEAK.store(before, Ordering::SeqCst);
    checkpoint.verify_many(["single", "sliced", "half"], LoadOptions::new().threads(2)).unwrap();
    assert!(PEAK.load(Ordering::SeqCst) - before < 1_000_000);
    for path in ["copy.ckpt", "copy.safetensors", "copy.npz"].map(|name| folder.path().join(name)) {
        save(&checkpoint, &path);
    }
}

/// Saves a checkpoint with tensors that are many times larger than the memory limit.
fn save(checkpoint: &Checkpoint, path: &Path) {
    let variables = checkpoint.variables();
    let is_held = |variable: &&Variable| {
        path.extension() != Some("npz".as_ref()) || variable.dtype == DType::Float32
    };
    let names: Vec<&Name> = variables.iter().filter(is_held).map(|it| &it.name).collect();
    if names.len() == variables.len() {
        let before = USED.load(Ordering::SeqCst);
        PEAK.store(before, Ordering::SeqCst);
        checkpoint.save_as(path, SaveOptions::new().threads(2).sync(false)).unwrap();
        let beyond = PEAK.load(Ordering::SeqCst) - before;
        assert!(beyond < 2_000_000, "{}: {beyond} bytes", path.display());
    }
    let options = SaveOptions::new().threads(2).sync(false).overwrite(true);
    let mut writer = Writer::create_with(path, options).unwrap();
    let (before, mut largest) = (USED.load(Ordering::SeqCst), 0);
    PEAK.store(before, Ordering::SeqCst);
    for name in names {
        let tensor = checkpoint.read(name).unwrap();
        largest = largest.max(tensor.as_bytes().len());
        writer.add_tensor(name.clone(), &tensor).unwrap();
    }
    writer.finish().unwrap();
    let beyond = PEAK.load(Ordering::SeqCst) - before - largest.cast_signed();
    assert!(beyond < 2_000_000, "{}: {beyond} bytes", path.display());
}
