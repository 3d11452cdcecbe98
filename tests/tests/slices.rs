//! Variables in slices: any slices on any axes, of every dtype, at any positions.

use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, Tensor};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::writer::key::slice_key;
use checkpoint_tests::writer::{Bundle, Data, Extent};
use expect_test::{Expect, expect};
use ndarray::Array2;
use tempfile::TempDir;

fn written(bundle: Bundle) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    bundle.write(&prefix).unwrap();
    (folder, prefix)
}

fn read(prefix: &Path, name: &str) -> Tensor {
    Checkpoint::open(prefix).unwrap().read(name).unwrap()
}

/// Returns the elements of a variable of this shape that are in the slice, row-major, each `width` bytes.
fn cut(whole: &[u8], shape: &[u64], extents: &[Extent], width: usize) -> Vec<u8> {
    let mut places = vec![0];
    for (extent, &dim) in extents.iter().zip(shape) {
        let start = extent.start.unsigned_abs();
        let length = extent.length.map_or(dim, i64::unsigned_abs);
        let indices = |place: &u64| {
            let place = place * dim;
            (start..start + length).map(move |index| place + index)
        };
        places = places.iter().flat_map(indices).collect();
    }
    let element = |place: &u64| &whole[usize::try_from(*place).unwrap() * width..][..width];
    places.iter().flat_map(element).copied().collect()
}

/// Returns slices of a variable of shape `[4, 3, 5]`, of different sizes, along all axes.
fn extents() -> Vec<[Extent; 3]> {
    let (part, whole) = (Extent::part, Extent::WHOLE);
    vec![
        [part(0, 2), whole, part(0, 1)],
        [part(0, 1), part(0, 3), part(1, 4)],
        [part(1, 1), part(0, 1), part(1, 4)],
        [part(1, 1), part(1, 2), part(1, 2)],
        [part(1, 1), part(1, 2), part(3, 2)],
        [part(2, 2), whole, whole],
    ]
}

const SHAPE: [u64; 3] = [4, 3, 5];

#[test]
fn slices_on_all_axes_in_several_files_are_put_together_for_every_dtype() {
    for big_endian in [false, true] {
        let mut bundle = Bundle::new();
        let mut expected = Vec::new();
        for dtype in DType::all().filter(|dtype| dtype.width().is_some()) {
            let width = dtype.width().unwrap();
            // Bytes that are also valid for dtypes with fewer bits.
            let whole: Vec<u8> = (0..60 * width).map(|at| u8::from(at % 2 == 1)).collect();
            for (number, extents) in extents().iter().enumerate() {
                bundle = bundle.in_shard(u32::try_from(number % 3).unwrap()).slice(
                    dtype.name(),
                    dtype,
                    &SHAPE,
                    extents,
                    cut(&whole, &SHAPE, extents, width),
                );
            }
            expected.push((dtype.name(), whole));
        }
        let bundle = if big_endian { bundle.big_endian() } else { bundle };
        let (_folder, prefix) = written(bundle);
        let checkpoint = Checkpoint::open(prefix).unwrap();
        for (name, whole) in expected {
            let tensor = checkpoint.read(name).unwrap();
            let bits = if name == "int2" { 0x03 } else { 0xff };
            let bytes: Vec<u8> = tensor.as_bytes().iter().map(|byte| byte & bits).collect();
            assert!(bytes == whole, "{name}");
        }
    }
}

#[test]
fn slices_of_strings_are_put_together() {
    let whole: Vec<u8> = (0..60).collect();
    let text = |number: u8| "x".repeat(usize::from(number)) + &number.to_string();
    let bundle = extents().iter().fold(Bundle::new(), |bundle, extents| {
        let numbers = cut(&whole, &SHAPE, extents, 1);
        let strings = numbers.into_iter().map(|number| text(number).into_bytes()).collect();
        bundle.slice("s", DType::String, &SHAPE, extents, Data::Strings(strings))
    });
    let (_folder, prefix) = written(bundle);
    let expected = whole.iter().map(|&number| text(number)).collect();
    assert_eq!(read(&prefix, "s").as_strings(), Some(&expected));
}

#[derive(FromCheckpoint)]
struct Model {
    w: Array2<f32>,
}

/// Larger than the pieces of threads, with rows that pieces cut.
fn large() -> Array2<f32> {
    let value = |number: usize| f32::from(u16::try_from(number % 65_521).unwrap());
    Array2::from_shape_fn((1030, 1100), |(row, column)| value(row * 7919 + column))
}

/// Writes the large variable, cut along an axis.
fn write_large(axis: usize, lengths: &[u64]) -> (TempDir, PathBuf) {
    let bytes: Vec<u8> = large().iter().flat_map(|value| value.to_le_bytes()).collect();
    let bundle = Bundle::new().gap([1; 3]);
    written(bundle.partition("w", DType::Float32, &[1030, 1100], (axis, lengths), &bytes))
}

#[test]
fn large_slices_are_read_by_any_number_of_threads_along_any_axis() {
    for (axis, lengths) in [(0, &[1, 1000, 29][..]), (1, &[1000, 1, 99])] {
        let (_folder, prefix) = write_large(axis, lengths);
        let checkpoint = Checkpoint::open(prefix).unwrap();
        for threads in [1, 3] {
            let options = LoadOptions::new().threads(threads);
            let (model, report) = Model::load_with(&checkpoint, options).unwrap();
            assert!(model.w == large(), "axis {axis}, {threads} threads");
            assert_eq!(report.bytes, 4 * 1030 * 1100);
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn says(prefix: &Path, expected: Expect) {
    let error = Checkpoint::open(prefix).unwrap().read("w").unwrap_err().to_string();
    expected.assert_eq(&error.replace(&prefix.parent().unwrap().display().to_string(), "models"));
}

#[test]
fn damage_in_a_slice_is_found_wherever_it_is() {
    let (_folder, prefix) = write_large(1, &[1000, 100]);
    let data = prefix.with_file_name("model.ckpt.data-00000-of-00001");
    let mut bytes = std::fs::read(&data).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(data, bytes).unwrap();
    says(
        &prefix,
        expect![
            "cannot read `w`: the checksum of its 412000 bytes at byte 4120003 of the data file `models/model.ckpt.data-00000-of-00001` is 68f76c18, but the checkpoint says 9a9cef1b; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
    let options = LoadOptions::new().verify(false);
    let (model, _) = Model::load_with(&Checkpoint::open(prefix).unwrap(), options).unwrap();
    assert!(model.w != large());
}

#[test]
fn slices_that_share_their_bytes_are_refused_before_memory_is_taken() {
    let bundle =
        Bundle::new().partition("w", DType::UInt8, &[3 << 10], (0, &[1 << 10; 3]), &[0; 3 << 10]);
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    let mut index = bundle.write_data(&prefix).unwrap();
    for start in [0, 1 << 10, 2 << 10] {
        index.entry(slice_key(b"w", &[Extent::part(start, 1 << 10)])).offset = 0;
    }
    index.write(&prefix).unwrap();
    // The file is long enough for all of them, but they are not written.
    assert!(read(&prefix, "w").as_bytes() == [0; 3 << 10]);
    let data = prefix.with_file_name("model.ckpt.data-00000-of-00001");
    std::fs::OpenOptions::new().write(true).open(data).unwrap().set_len(2 << 10).unwrap();
    says(
        &prefix,
        expect![
            "cannot read `w`: its slices have 3072 bytes in all, but their data files have only 2048; the checkpoint is damaged, fetch it again"
        ],
    );
}
