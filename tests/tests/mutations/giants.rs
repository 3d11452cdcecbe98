//! Variables of 8 GB, in small files and in sparse ones. Nothing allocates memory for them before their bytes are known to exist,
//! and memory that cannot be had is an error.

use std::fmt::Display;
use std::fs::{self, File};
use std::path::Path;

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, SaveOptions};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::fuzz::scratch;
use checkpoint_tests::writer::{Bundle, Extent, TableOptions, V1};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, ArrayView2};

use crate::memory::counted;

/// The lengths of the axes of a variable of 8 GB.
const SHAPE: [u64; 2] = [2 << 20, 1 << 10];

/// Its size in bytes, as `f32`.
const SIZE: u64 = 8 << 30;

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Whole {
    #[ckpt(path = "w")]
    _w: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Turned {
    #[ckpt(path = "w", transpose, cast)]
    _w: Array2<f64>,
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Borrowed<'c> {
    #[ckpt(path = "w")]
    _w: ArrayView2<'c, f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Other {
    b: Array1<f32>,
}

/// Writes a V2 checkpoint with 8 bytes of data, whose index has a variable `w` of 8 GB behind them.
fn write(prefix: &Path) {
    let mut index = Bundle::new()
        .f32("b", &[2], &[1.0, 2.0])
        .tensor("w", DType::Float32, &[0], Vec::new())
        .write_data(prefix)
        .unwrap();
    let entry = index.entry("w");
    entry.shape = SHAPE.map(u64::cast_signed).to_vec();
    (entry.offset, entry.size) = (8, SIZE.cast_signed());
    index.write(prefix).unwrap();
}

/// Runs everything that reads `w`. Returns the messages without repetitions.
fn read(path: &Path, folder: &Path) -> String {
    let checkpoint = match Checkpoint::open(path) {
        Ok(checkpoint) => checkpoint,
        Err(error) => return format!("{error}\n"),
    };
    // The others are read.
    assert_eq!(Other::load(path).unwrap().b, Array1::from(vec![1.0, 2.0]));
    let threads = |number| LoadOptions::new().threads(number);
    let save = |name: &str| {
        checkpoint.save_as(folder.join(name), SaveOptions::new()).map_err(|error| error.to_string())
    };
    let tried = [
        said(Whole::load_with(&checkpoint, threads(1))),
        said(Whole::load_with(&checkpoint, threads(2))),
        said(Turned::load_with(&checkpoint, threads(2))),
        said(checkpoint.read("w")),
        said(checkpoint.read_array::<f32>("w")),
        said(checkpoint.read_many(["b", "w"])),
        said(checkpoint.read_rows("w", 0..SHAPE[0])),
    ];
    let small = [
        said(checkpoint.read_rows("w", 5..6)),
        said(checkpoint.read_into("w", &mut [0.0_f32; 9])),
        said(
            Checkpoint::open_in_memory(path)
                .map(|it| said(Borrowed::load_with(&it, LoadOptions::new())) + &said(it.read("w"))),
        ),
    ];
    let mut all = [&tried[..], &small].concat();
    // These read every byte, which takes long if there are any.
    if tried.iter().all(|said| !said.contains("cannot allocate")) {
        all.push(said(checkpoint.verify("w")));
        all.push(said(checkpoint.verify_many(["w"], threads(2))));
        all.push(said(checkpoint.read_pieces("w", |_| {})));
        all.extend(["copy.ckpt", "copy.safetensors", "copy.npz"].map(save).map(said));
    }
    all.sort();
    all.dedup();
    all.concat()
}

/// Returns the message of an error.
fn said<T, E: Display>(result: Result<T, E>) -> String {
    let Err(error) = result else { return String::new() };
    let said = format!("{error}\n");
    assert!(said.len() < 1000, "{said}");
    said
}

/// Checks the messages, and the memory for a checkpoint in a folder.
fn check(what: &str, folder: &Path, name: &str, expected: &Expect) {
    let (said, peak) = counted(|| read(&folder.join(name), folder));
    println!("{what}: {peak} bytes of memory");
    assert!(peak < 64_000_000, "{what}: {peak} bytes of memory");
    expected.assert_eq(&said.replace(&folder.display().to_string(), "D"));
}

#[test]
fn in_a_small_data_file() {
    let folder = scratch().unwrap();
    write(&folder.path().join("model"));
    check(
        "V2",
        folder.path(),
        "model",
        &expect![[r#"
        cannot read `w`: it has 2147483648 elements, but the buffer has room for 9; give one of exactly 2147483648
        cannot read `w`: the data file `D/model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 8 of it; the file is damaged or of another checkpoint, fetch it again
        field `Turned._w`: cannot read `w`: the data file `D/model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 8 of it; the file is damaged or of another checkpoint, fetch it again
        field `Whole._w`: cannot read `w`: the data file `D/model.data-00000-of-00001` has 8 bytes, but the checkpoint has 8589934592 at byte 8 of it; the file is damaged or of another checkpoint, fetch it again
    "#]],
    );
}

#[test]
fn in_a_sparse_data_file() {
    let folder = scratch().unwrap();
    let prefix = folder.path().join("model");
    write(&prefix);
    let data = folder.path().join("model.data-00000-of-00001");
    File::options().write(true).open(&data).unwrap().set_len(8 + SIZE).unwrap();
    check(
        "sparse",
        folder.path(),
        "model",
        &expect![[r#"
        cannot read `w`: it has 2147483648 elements, but the buffer has room for 9; give one of exactly 2147483648
        cannot read `w`: out of memory: cannot allocate 8589934592 bytes
        field `Turned._w`: cannot read `w`: out of memory: cannot allocate 17179869184 bytes
        field `Whole._w`: cannot read `w`: out of memory: cannot allocate 8589934592 bytes
    "#]],
    );
    // A row is read without the others.
    let (row, peak) = counted(|| Checkpoint::open(&prefix).unwrap().read_rows("w", 9..10).unwrap());
    assert_eq!((row.as_bytes().len(), peak < 1_000_000), (4096, true));
}

#[test]
fn in_slices_of_a_small_data_file() {
    let folder = scratch().unwrap();
    let prefix = folder.path().join("model");
    let half = |start| [Extent::part(start, 1), Extent::WHOLE];
    let mut index = Bundle::new()
        .f32("b", &[2], &[1.0, 2.0])
        .slice("w", DType::Float32, &[2, 2], &half(0), vec![0; 8])
        .slice("w", DType::Float32, &[2, 2], &half(1), vec![0; 8])
        .write_data(&prefix)
        .unwrap();
    for (key, entry) in &mut index.entries {
        match key.first() {
            Some(b'w') => entry.shape = vec![2, 1 << 30],
            Some(0) => (entry.shape, entry.size) = (vec![1, 1 << 30], 4 << 30),
            _ => {}
        }
    }
    index.write(&prefix).unwrap();
    check(
        "slices",
        folder.path(),
        "model",
        &expect![[r#"
        cannot read `w`: it has 2147483648 elements, but the buffer has room for 9; give one of exactly 2147483648
        cannot read `w`: it is f32 [2, 1073741824], which does not have the rows 0..2097152; ask for rows within 0..2
        cannot read `w`: it is f32 [2, 1073741824], which does not have the rows 5..6; ask for rows within 0..2
        cannot read `w`: the data file `D/model.data-00000-of-00001` has 24 bytes, but the checkpoint has 4294967296 at byte 8 of it; the file is damaged or of another checkpoint, fetch it again
        field `Turned._w`: cannot read `w`: the data file `D/model.data-00000-of-00001` has 24 bytes, but the checkpoint has 4294967296 at byte 8 of it; the file is damaged or of another checkpoint, fetch it again
        field `Whole._w`: cannot read `w`: the data file `D/model.data-00000-of-00001` has 24 bytes, but the checkpoint has 4294967296 at byte 8 of it; the file is damaged or of another checkpoint, fetch it again
    "#]],
    );
}

/// Checks the messages of a variable of a V1 checkpoint with 4 kB of elements.
fn check_v1(snappy: bool, expected: &Expect) {
    let folder = scratch().unwrap();
    let bytes = V1::new()
        .f32("b", &[2], &[1.0, 2.0])
        .tensor("w", DType::Float32, &SHAPE, vec![0; 4096])
        .table(TableOptions { snappy, ..TableOptions::default() })
        .to_bytes()
        .unwrap();
    fs::write(folder.path().join("model"), bytes).unwrap();
    check("V1", folder.path(), "model", expected);
}

#[test]
fn in_a_v1_checkpoint() {
    check_v1(
        false,
        &expect![[r#"
        `Turned` does not fit the checkpoint `D/model`: 1 problem
        - field `Turned._w`: `w` is damaged: its entry at byte 24 is wrong: f32 [2097152, 1024] does not fit 94732 bytes; fetch the file again
        `Whole` does not fit the checkpoint `D/model`: 1 problem
        - field `Whole._w`: `w` is damaged: its entry at byte 24 is wrong: f32 [2097152, 1024] does not fit 94732 bytes; fetch the file again
        cannot read `w`: it has 2147483648 elements, but the buffer has room for 9; give one of exactly 2147483648
        cannot read `w`: it is damaged: its entry at byte 24 is wrong: f32 [2097152, 1024] does not fit 94732 bytes; fetch the file again
        cannot save `D/copy.ckpt`: 1 problem
        - `w` is damaged: its entry at byte 24 is wrong: f32 [2097152, 1024] does not fit 94732 bytes; fetch the file again
        cannot save `D/copy.npz`: 1 problem
        - `w` is damaged: its entry at byte 24 is wrong: f32 [2097152, 1024] does not fit 94732 bytes; fetch the file again
        cannot save `D/copy.safetensors`: 1 problem
        - `w` is damaged: its entry at byte 24 is wrong: f32 [2097152, 1024] does not fit 94732 bytes; fetch the file again
    "#]],
    );
    check_v1(
        true,
        &expect![[r#"
        `Turned` does not fit the checkpoint `D/model`: 1 problem
        - field `Turned._w`: `w` is damaged: its entry at byte 24 of what the block at byte 0 decompresses to is wrong: f32 [2097152, 1024] does not fit 8910 bytes; fetch the file again
        `Whole` does not fit the checkpoint `D/model`: 1 problem
        - field `Whole._w`: `w` is damaged: its entry at byte 24 of what the block at byte 0 decompresses to is wrong: f32 [2097152, 1024] does not fit 8910 bytes; fetch the file again
        cannot read `w`: it has 2147483648 elements, but the buffer has room for 9; give one of exactly 2147483648
        cannot read `w`: it is damaged: its entry at byte 24 of what the block at byte 0 decompresses to is wrong: f32 [2097152, 1024] does not fit 8910 bytes; fetch the file again
        cannot save `D/copy.ckpt`: 1 problem
        - `w` is damaged: its entry at byte 24 of what the block at byte 0 decompresses to is wrong: f32 [2097152, 1024] does not fit 8910 bytes; fetch the file again
        cannot save `D/copy.npz`: 1 problem
        - `w` is damaged: its entry at byte 24 of what the block at byte 0 decompresses to is wrong: f32 [2097152, 1024] does not fit 8910 bytes; fetch the file again
        cannot save `D/copy.safetensors`: 1 problem
        - `w` is damaged: its entry at byte 24 of what the block at byte 0 decompresses to is wrong: f32 [2097152, 1024] does not fit 8910 bytes; fetch the file again
    "#]],
    );
}

/// Checks the messages of a variable of 32 GB of strings.
fn check_strings(is_sparse: bool, expected: &Expect) {
    let folder = scratch().unwrap();
    let prefix = folder.path().join("model");
    let bundle = Bundle::new().strings("w", &[2], &["a", "b"]);
    let mut index = bundle.write_data(&prefix).unwrap();
    let entry = index.entry("w");
    entry.shape = SHAPE.map(u64::cast_signed).to_vec();
    entry.size = 4 * SIZE.cast_signed();
    index.write(&prefix).unwrap();
    if is_sparse {
        let data = folder.path().join("model.data-00000-of-00001");
        File::options().write(true).open(&data).unwrap().set_len(4 * SIZE).unwrap();
    }
    let checkpoint = Checkpoint::open(&prefix).unwrap();
    let read = || [said(checkpoint.read("w")), said(checkpoint.read_rows("w", 0..1))].concat();
    let (said, peak) = counted(read);
    assert!(peak < 64_000_000, "{peak} bytes of memory");
    expected.assert_eq(&said.replace(&folder.path().display().to_string(), "D"));
}

#[test]
fn of_strings() {
    check_strings(
        false,
        &expect![[r#"
        cannot read `w`: the data file `D/model.data-00000-of-00001` has 8 bytes, but the checkpoint has 34359738368 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again
        cannot read `w`: the data file `D/model.data-00000-of-00001` has 8 bytes, but the checkpoint has 34359738368 at byte 0 of it; the file is damaged or of another checkpoint, fetch it again
    "#]],
    );
    check_strings(
        true,
        &expect![[r#"
        cannot read `w`: out of memory: cannot allocate 17179869184 bytes
        cannot read `w`: out of memory: cannot allocate 17179869184 bytes
    "#]],
    );
}
