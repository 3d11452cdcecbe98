//! V1 checkpoints: every dtype, in one file or in several, and errors of damaged ones.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, Tensor};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::writer::key::slice_key;
use checkpoint_tests::writer::table::write_table;
use checkpoint_tests::writer::wire::{bytes_field, varint};
use checkpoint_tests::writer::{Data, Extent, TableOptions, V1};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, s};
use tempfile::TempDir;

/// Writes a file to a folder of its own, and returns its path.
fn written(v1: &V1) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    v1.write(&path).unwrap();
    (folder, path)
}

fn read(path: &Path, name: &str) -> Tensor {
    Checkpoint::open(path).unwrap().read(name).unwrap()
}

/// The dtypes that V1 checkpoints have fields for.
fn dtypes() -> Vec<DType> {
    let missing = |dtype: &DType| dtype.name().starts_with("float8") || dtype.width().is_none();
    let few_bits = [DType::Int4, DType::UInt4, DType::Int2, DType::UInt2, DType::Float4E2M1FN];
    DType::all().filter(|dtype| !missing(dtype) && !few_bits.contains(dtype)).collect()
}

/// Returns elements with bits of all kinds; bools of 0 and 1.
fn elements(dtype: DType, count: usize) -> Vec<u8> {
    let bytes = (0..=u8::MAX).rev().cycle().take(count * dtype.width().unwrap());
    bytes.map(|byte| if dtype == DType::Bool { byte % 2 } else { byte }).collect()
}

/// Returns options for tables: the default, small blocks, compressed.
fn tables() -> [TableOptions; 4] {
    let table = TableOptions::default();
    let small = TableOptions { block_size: 200, restart_interval: 2, ..table };
    let compressed = TableOptions { snappy: true, ..table };
    [table, small, compressed, TableOptions { block_size: 1, ..compressed }]
}

#[test]
fn tensors_of_every_dtype_are_read_from_blocks_of_any_size() {
    for table in tables() {
        let strings = ["", "ü\0", &"long".repeat(1000)];
        let mut v1 = V1::new().table(table).strings("string", &[3], &strings);
        for dtype in dtypes() {
            v1 = v1.tensor(dtype.name(), dtype, &[16, 5], elements(dtype, 80));
            v1 = v1.tensor(format!("none/{dtype}"), dtype, &[0, 3], vec![]);
        }
        let (_folder, path) = written(&v1);
        let checkpoint = Checkpoint::open(&path).unwrap();
        assert_eq!(checkpoint.variables().len(), 2 * dtypes().len() + 1);
        for dtype in dtypes() {
            let tensor = checkpoint.read(dtype.name()).unwrap();
            assert_eq!(tensor.spec().to_string(), format!("{dtype} [16, 5]"));
            assert!(tensor.as_bytes() == elements(dtype, 80), "{dtype}");
            let none = checkpoint.read(format!("none/{dtype}")).unwrap();
            assert_eq!((none.spec().shape.dims(), none.as_bytes()), (&[0, 3][..], &[][..]));
        }
        let read = checkpoint.read("string").unwrap();
        assert_eq!(read.as_strings(), Some(&strings.into_iter().collect()));
    }
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Model {
    b: Array1<i64>,
    step: f32,
    w: Array2<f32>,
}

fn model() -> Model {
    let value = |number: usize| f32::from(u16::try_from(number).unwrap());
    let w = Array2::from_shape_fn((50, 40), |(row, column)| value(row * 100 + column));
    Model { b: Array1::from(vec![-1, i64::MIN, 7]), step: 0.5, w }
}

/// Writes the model to three files, including a matrix in slices on both axes.
fn write_family(folder: &Path) {
    let Model { b, step, w } = model();
    let part = |rows: Range<u16>, columns: Range<u16>| {
        let range = |part: &Range<u16>| usize::from(part.start)..usize::from(part.end);
        let cut = w.slice(s![range(&rows), range(&columns)]).to_owned();
        let bytes: Vec<u8> = cut.iter().flat_map(|value| value.to_le_bytes()).collect();
        let extent =
            |part: Range<u16>| Extent::part(part.start.into(), (part.end - part.start).into());
        ([extent(rows), extent(columns)], bytes)
    };
    let add = |v1: V1, (extents, bytes): ([Extent; 2], Vec<u8>)| {
        v1.slice("w", DType::Float32, &[50, 40], &extents, bytes)
    };
    let b: Vec<u8> = b.iter().flat_map(|value| value.to_le_bytes()).collect();
    let files = [
        add(V1::new().f32("step", &[], &[step]), part(0..20, 0..15)),
        add(V1::new().tensor("b", DType::Int64, &[3], b), part(20..50, 0..15)),
        add(add(V1::new(), part(0..50, 16..40)), part(0..50, 15..16)),
    ];
    for (number, file) in files.iter().enumerate() {
        file.write(folder.join(format!("model.ckpt-{number:05}-of-00003"))).unwrap();
    }
}

#[test]
fn a_family_of_files_is_one_checkpoint_by_any_of_its_names() {
    let folder = tempfile::tempdir().unwrap();
    write_family(folder.path());
    for name in ["model.ckpt", "model.ckpt-00001-of-00003", "model.ckpt-?????-of-00003"] {
        assert_eq!(Model::load(folder.path().join(name)).unwrap(), model(), "{name}");
    }
    let checkpoint = Checkpoint::open(folder.path().join("model.ckpt")).unwrap();
    for threads in [1, 4] {
        let options = LoadOptions::new().threads(threads);
        let (loaded, report) = Model::load_with(&checkpoint, options).unwrap();
        assert_eq!((loaded, report.bytes), (model(), 24 + 4 + 8000));
    }
}

#[test]
fn files_of_any_names_are_one_checkpoint_by_their_pattern_or_as_a_list() {
    let folder = tempfile::tempdir().unwrap();
    write_family(folder.path());
    let names = ["ckpt-base", "ckpt-lstm", "ckpt-softmax"];
    let names = names.map(|name| folder.path().join(name));
    for (number, name) in names.iter().enumerate() {
        let before = folder.path().join(format!("model.ckpt-{number:05}-of-00003"));
        fs::rename(before, name).unwrap();
    }
    assert_eq!(Model::load(folder.path().join("ckpt-*")).unwrap(), model());
    let checkpoint = Checkpoint::open_files(&names).unwrap();
    let (loaded, _) = Model::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(loaded, model());
    // A single file has a part of the variables.
    let one = Checkpoint::open(&names[0]).unwrap();
    let defects = one.variables().iter().map(|variable| variable.defect().is_some());
    assert_eq!(defects.collect::<Vec<_>>(), [false, true]);
}

#[test]
fn slices_of_strings_are_put_together() {
    let data = |strings: &[&str]| {
        Data::Strings(strings.iter().map(|string| string.as_bytes().to_vec()).collect())
    };
    let slice = |v1: V1, column, strings: &[&str]| {
        let extents = [Extent::WHOLE, Extent::part(column, 1)];
        v1.slice("s", DType::String, &[2, 2], &extents, data(strings))
    };
    let v1 = slice(slice(V1::new(), 1, &["b", "dd"]), 0, &["", "ccc"]);
    let (_folder, path) = written(&v1);
    let expected = ["", "b", "ccc", "dd"].iter().collect();
    assert_eq!(read(&path, "s").as_strings(), Some(&expected));
}

/// Writes a file with these bytes in place of the value of a tensor.
fn with_value(v1: &V1, name: &str, rank: usize, value: &[u8]) -> (TempDir, PathBuf) {
    let key = slice_key(name.as_bytes(), &vec![Extent::WHOLE; rank]);
    let mut pairs = v1.pairs().unwrap();
    let mut message = Vec::new();
    bytes_field(&mut message, 3, value);
    let mut saved = Vec::new();
    bytes_field(&mut saved, 2, &message);
    pairs.iter_mut().find(|pair| pair.0 == key).unwrap().1 = saved;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    fs::write(&path, write_table(Vec::new(), TableOptions::default(), pairs).unwrap()).unwrap();
    (folder, path)
}

/// Returns a field: a number of four bytes, of eight, or a varint.
fn four(field: u64, bytes: [u8; 4]) -> Vec<u8> {
    [key(field, 5), bytes.to_vec()].concat()
}

fn eight(field: u64, bytes: [u8; 8]) -> Vec<u8> {
    [key(field, 1), bytes.to_vec()].concat()
}

fn number(field: u64, number: u64) -> Vec<u8> {
    let mut bytes = key(field, 0);
    varint(&mut bytes, number);
    bytes
}

fn packed(field: u64, bytes: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    bytes_field(&mut message, field, bytes);
    message
}

fn key(field: u64, wire_type: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint(&mut bytes, field << 3 | wire_type);
    bytes
}

#[test]
fn values_may_be_packed_or_not_and_mixed() {
    let check = |dtype: DType, value: &[Vec<u8>], expected: &[u8]| {
        let count = (expected.len() / dtype.width().unwrap()) as u64;
        let v1 = V1::new().tensor("w", dtype, &[count], expected);
        let (_folder, path) = with_value(&v1, "w", 1, &value.concat());
        assert_eq!(read(&path, "w").as_bytes(), expected, "{dtype}");
    };
    let [one, two] = [1.0_f32, 2.0].map(f32::to_le_bytes);
    let floats = [one, two, one].concat();
    check(DType::Float32, &[four(5, one), packed(5, &[two, one].concat())], &floats);
    let [one, two] = [1.0_f64, 2.0].map(f64::to_le_bytes);
    check(DType::Float64, &[packed(6, &one), eight(6, two)], &[one, two].concat());
    check(DType::Complex128, &[eight(12, one), eight(12, two)], &[one, two].concat());
    // Excess bits are dropped, and any bool but 0 is true.
    check(DType::Int8, &[number(7, 300), number(7, u64::MAX)], &[44, 0xff]);
    check(DType::Bool, &[packed(11, &[0, 0x80, 0x02]), number(11, 1)], &[0, 1, 1]);
    check(DType::Float16, &[number(13, 0xfc00)], &[0x00, 0xfc]);
    // Fields of other types and numbers are skipped.
    check(DType::Int32, &[four(7, [9; 4]), number(7, 5), number(10, 6)], &[5, 0, 0, 0]);
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn says(path: &Path, expected: Expect) {
    expected.assert_eq(&message(path));
}

/// Returns the error of reading `w`.
fn message(path: &Path) -> String {
    let error = Checkpoint::open(path).unwrap().read("w").unwrap_err().to_string();
    error.replace(&path.parent().unwrap().display().to_string(), "models")
}

#[test]
fn a_tensor_has_as_many_values_as_elements() {
    let v1 = V1::new().f32("w", &[2], &[1.0, 2.0]);
    says(
        &with_value(&v1, "w", 1, &packed(5, &[0; 4])).1,
        expect![
            "cannot read `w`: in `models/model.ckpt`, the entry of `w` at byte 37 is wrong: its elements take 2 values, but there are 1; the file is damaged, fetch it again"
        ],
    );
    says(
        &with_value(&v1, "w", 1, &packed(5, &[0; 12])).1,
        expect![
            "cannot read `w`: in `models/model.ckpt`, the entry of `w` at byte 37 is wrong: its elements take 2 values, but there are 3; the file is damaged, fetch it again"
        ],
    );
    says(
        &with_value(&v1, "w", 1, &packed(5, &[0; 9])).1,
        expect![
            "cannot read `w`: in `models/model.ckpt`, the entry of `w` at byte 37 is wrong: the value of a tensor at byte 51 is cut: it has 1 of 4 bytes; the file is damaged, fetch it again"
        ],
    );
    let v1 = V1::new().tensor("w", DType::Int64, &[2], vec![0; 16]);
    says(
        &with_value(&v1, "w", 1, &packed(10, &[0, 0, 0x80])).1,
        expect![
            "cannot read `w`: in `models/model.ckpt`, the entry of `w` at byte 37 is wrong: the value of a tensor at byte 46 is cut: it has 0 of 1 bytes; the file is damaged, fetch it again"
        ],
    );
    // The size is checked before memory is allocated for it.
    let v1 = V1::new().tensor("w", DType::Float32, &[1 << 40], vec![]);
    says(
        &written(&v1).1,
        expect![
            "cannot read `w`: it is damaged: its entry at byte 7 is wrong: f32 [1099511627776] does not fit 3212 bytes; fetch the file again"
        ],
    );
}

#[test]
fn what_no_v1_checkpoint_has_is_refused() {
    let v1 = V1::new().tensor("w", DType::Int4, &[0], vec![]);
    says(
        &written(&v1).1,
        expect![
            "cannot read `w`: in `models/model.ckpt`, the entry of `w` at byte 35 is wrong: V1 checkpoints have no elements of i4; the file is damaged, fetch it again"
        ],
    );
}

#[test]
fn a_tensor_that_is_listed_but_missing_is_named() {
    let v1 = V1::new().f32("v", &[1], &[1.0]).f32("w", &[1], &[1.0]);
    // The block exists without the key, or the block is missing.
    let messages = [2, 1].map(|number| {
        let mut pairs = v1.pairs().unwrap();
        pairs.truncate(number);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.ckpt");
        fs::write(&path, write_table(Vec::new(), TableOptions::default(), pairs).unwrap()).unwrap();
        message(&path)
    });
    expect![[r#"cannot read `w`: in `models/model.ckpt`, the key `\u{0}w\u{0}\u{1}\u{1}\u{1}\x80\u{7f}` has no value, but the file declares one; the file is damaged, fetch it again"#]].assert_eq(&messages[0]);
    assert_eq!(messages[0], messages[1]);
}

#[test]
fn a_damaged_block_is_named() {
    let table = TableOptions { block_size: 1, ..TableOptions::default() };
    let (_folder, path) = written(&V1::new().table(table).f32("w", &[2], &[1.0, 2.0]));
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(4).position(|window| window == 2.0_f32.to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    says(
        &path,
        expect![
            "cannot read `w`: in `models/model.ckpt`, the block at byte 39 has the checksum 5c48c7b8, but 6c9affdd is stored with it; the file is damaged, fetch it again"
        ],
    );
}
