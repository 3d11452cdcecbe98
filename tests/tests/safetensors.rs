//! safetensors: every way to open, the same results as the crate `safetensors`, and errors of invalid files.

use std::collections::HashMap;
use std::fs;

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, Name, OpenOptions, Tensor};
use checkpoint_tests::memory::said;
use checkpoint_tests::writer::{Bundle, StateFile, safetensors as writer};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, CowArray, Ix1, array};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use tempfile::TempDir;

fn folder_with<const N: usize>(files: [(&str, Vec<u8>); N]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// Returns a file with a tensor of one number, of this name.
fn one(name: &str) -> Vec<u8> {
    let tensor = Tensor::from_array(array![1.0_f32]).unwrap();
    writer::safetensors(&[(Name::from(name), tensor)])
}

/// Checks the result for each path of a folder, which is shown as `D`.
fn opened<const N: usize>(folder: &TempDir, paths: [&str; N], expected: &Expect) {
    let root = folder.path().to_str().unwrap();
    let line = |path: &str| {
        let found = match Checkpoint::open(folder.path().join(path)) {
            Ok(checkpoint) => {
                let names = checkpoint.variables().iter().map(|variable| variable.name.to_string());
                format!("{}: {}", checkpoint.path().display(), names.collect::<Vec<_>>().join(", "))
            }
            Err(error) => error.to_string(),
        };
        format!("{path:?}: {}\n", found.replace(root, "D"))
    };
    expected.assert_eq(&paths.map(line).concat());
}

fn sharded(files: &[(&str, &str)]) -> Vec<u8> {
    writer::index(files.iter().copied()).into_bytes()
}

const FIRST: &str = "model-00001-of-00002.safetensors";
const SECOND: &str = "model-00002-of-00002.safetensors";
const INDEX: &str = "model.safetensors.index.json";

#[test]
fn a_file_is_opened_by_what_it_holds_whatever_its_name_is() {
    let folder = folder_with([("weights", one("a")), ("x.index", one("b"))]);
    opened(
        &folder,
        ["weights", "x.index", ""],
        &expect![[r#"
        "weights": D/weights: a
        "x.index": there are several checkpoints at `D/x.index`; open `D/x` (`tensorflow`) or `D/x.index` (`safetensors`), or pick one with `OpenOptions::format`
        "": the directory `D` has no `checkpoint` file that selects a checkpoint; open `D/x`
    "#]],
    );
    let folder = folder_with([("model.safetensors", one("a")), ("config.json", b"{}".to_vec())]);
    opened(
        &folder,
        ["model.safetensors", "", "config.json", "model"],
        &expect![[r#"
            "model.safetensors": D/model.safetensors: a
            "": D/model.safetensors: a
            "config.json": `D/config.json` is not a checkpoint of a known format, or its end is missing; check the path or fetch the file again
            "model": there is no checkpoint `D/model`: no such file or directory, and no `D/model.index`; check the path
        "#]],
    );
}

#[test]
fn several_files_are_opened_by_their_index_or_their_folder() {
    let index = sharded(&[("a", FIRST), ("b", SECOND)]);
    let folder = folder_with([(FIRST, one("a")), (SECOND, one("b")), (INDEX, index.clone())]);
    opened(
        &folder,
        ["", INDEX, FIRST],
        &expect![[r#"
        "": D/model.safetensors.index.json: a, b
        "model.safetensors.index.json": D/model.safetensors.index.json: a, b
        "model-00001-of-00002.safetensors": D/model-00001-of-00002.safetensors: a
    "#]],
    );
    fs::rename(folder.path().join(INDEX), folder.path().join("map")).unwrap();
    opened(
        &folder,
        ["", "map"],
        &expect![[r#"
            "": the checkpoint `D/` has no file `D/model.safetensors.index.json`; fetch it too
            "map": D/map: a, b
        "#]],
    );
    fs::rename(folder.path().join("map"), folder.path().join(INDEX)).unwrap();
    fs::remove_file(folder.path().join(SECOND)).unwrap();
    opened(
        &folder,
        [""],
        &expect![[r#"
        "": the checkpoint `D/model.safetensors.index.json` has no file `D/model-00002-of-00002.safetensors`; fetch it too
    "#]],
    );
    fs::create_dir(folder.path().join(SECOND)).unwrap();
    opened(
        &folder,
        [""],
        &expect![[r#"
        "": `D/model-00002-of-00002.safetensors` is not a regular file; check the path
    "#]],
    );
}

#[test]
fn an_index_that_disagrees_with_its_files_is_refused() {
    for (index, expected) in [
        (
            sharded(&[("a", FIRST), ("b", SECOND), ("c", FIRST)]),
            expect![[r#"
            "": cannot read `D/model.safetensors.index.json`: it says that `c` is in `model-00001-of-00002.safetensors`, which does not have it; fetch all files of one revision
        "#]],
        ),
        (
            sharded(&[("a", FIRST), ("c", SECOND)]),
            expect![[r#"
            "": cannot read `D/model.safetensors.index.json`: `model-00002-of-00002.safetensors` has `b`, which the index does not name there; fetch all files of one revision
        "#]],
        ),
        (
            sharded(&[("a", SECOND), ("b", FIRST)]),
            expect![[r#"
            "": cannot read `D/model.safetensors.index.json`: `model-00001-of-00002.safetensors` has `a`, which the index does not name there; fetch all files of one revision
        "#]],
        ),
        (
            sharded(&[("a", FIRST), ("b", "../b")]),
            expect![[r#"
            "": cannot read `D/model.safetensors.index.json`: it refers to the file `../b` for `b`, but only names of files beside it are allowed; write it again
        "#]],
        ),
        (
            b"{\"weight_map\": {\"a\": \"1\"".to_vec(),
            expect![[r#"
            "": cannot read `D/model.safetensors.index.json`: EOF while parsing an object at byte 23; write the file again
        "#]],
        ),
        (
            b"{\"metadata\": {}}".to_vec(),
            expect![[r#"
            "": cannot read `D/model.safetensors.index.json`: it has no `weight_map` from tensors to files; fetch it again
        "#]],
        ),
    ] {
        let folder = folder_with([(FIRST, one("a")), (SECOND, one("b")), (INDEX, index)]);
        opened(&folder, [""], &expected);
    }
}

#[test]
fn a_folder_with_several_checkpoints_lists_them() {
    let folder = folder_with([("a.safetensors", one("a")), ("b.safetensors", one("b"))]);
    opened(
        &folder,
        [""],
        &expect![[r#"
        "": there are several checkpoints at `D/`; open `D/a.safetensors` or `D/b.safetensors`
    "#]],
    );
    Bundle::new().f32("w", &[1], &[1.0]).write(folder.path().join("model.ckpt")).unwrap();
    StateFile::of("model.ckpt").write(folder.path()).unwrap();
    opened(
        &folder,
        ["", "model.ckpt", "a.safetensors"],
        &expect![[r#"
        "": there are several checkpoints at `D/`; open `D/model.ckpt` (`tensorflow`), `D/a.safetensors` (`safetensors`) or `D/b.safetensors` (`safetensors`), or pick one with `OpenOptions::format`
        "model.ckpt": D/model.ckpt: w
        "a.safetensors": D/a.safetensors: a
    "#]],
    );
    let open = |format: &str| {
        let opened = OpenOptions::new().format(format).open(folder.path());
        let root = folder.path().to_str().unwrap();
        opened.map_or_else(
            |error| error.to_string().replace(root, "D"),
            |checkpoint| checkpoint.variables()[0].name.to_string(),
        )
    };
    assert_eq!(open("tensorflow"), "w");
    expect!["there are several checkpoints at `D`; open `D/a.safetensors` or `D/b.safetensors`"]
        .assert_eq(&open("safetensors"));
    expect!["unknown format `hdf5`; write `tensorflow`, `safetensors`, `npz`, `npy` or `pytorch`"]
        .assert_eq(&open("hdf5"));
    fs::remove_file(folder.path().join("b.safetensors")).unwrap();
    assert_eq!(open("safetensors"), "a");
    fs::remove_file(folder.path().join("a.safetensors")).unwrap();
    expect!["`D` is not a checkpoint of the format `safetensors`; open it without `OpenOptions::format`, or check the path"].assert_eq(&open("safetensors"));
}

#[test]
fn files_that_are_something_else_are_named() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n".to_vec();
    let folder = folder_with([("model.safetensors", pointer)]);
    opened(
        &folder,
        ["", "model.safetensors"],
        &expect![[r#"
        "": `D/model.safetensors` is a pointer of Git LFS and not the file itself; run `git lfs pull`
        "model.safetensors": `D/model.safetensors` is a pointer of Git LFS and not the file itself; run `git lfs pull`
    "#]],
    );
    let folder = folder_with([("model.safetensors", Vec::new())]);
    opened(
        &folder,
        ["", "model.safetensors"],
        &expect![[r#"
        "": `D/model.safetensors` is empty; fetch it again
        "model.safetensors": `D/model.safetensors` is empty; fetch it again
    "#]],
    );
    let cut = one("a")[..40].to_vec();
    let folder = folder_with([
        ("cut.safetensors", cut),
        ("short.safetensors", vec![1, 2, 3]),
        ("text.safetensors", b"what is this, a text?".to_vec()),
    ]);
    opened(
        &folder,
        ["cut.safetensors", "short.safetensors", "text.safetensors"],
        &expect![[r#"
        "cut.safetensors": cannot read `D/cut.safetensors`: the header has 88 bytes by the first 8, but the file has only 32 more; the file is damaged, fetch it again
        "short.safetensors": cannot read `D/short.safetensors`: the file has 3 bytes, but it begins with the length of its header, of 8; the file is damaged, fetch it again
        "text.safetensors": cannot read `D/text.safetensors`: the header has 2338328219647830135 bytes by the first 8, but the format allows 100000000; the file is damaged, fetch it again
    "#]],
    );
}

/// The dtypes of the crate, with the bits of each.
const DTYPES: [(Dtype, &str); 22] = [
    (Dtype::BOOL, "bool"),
    (Dtype::F4, ""),
    (Dtype::F6_E2M3, ""),
    (Dtype::F6_E3M2, ""),
    (Dtype::U8, "u8"),
    (Dtype::I8, "i8"),
    (Dtype::F8_E5M2, "f8_e5m2"),
    (Dtype::F8_E4M3, "f8_e4m3fn"),
    (Dtype::F8_E8M0, "f8_e8m0fnu"),
    (Dtype::F8_E4M3FNUZ, "f8_e4m3fnuz"),
    (Dtype::F8_E5M2FNUZ, "f8_e5m2fnuz"),
    (Dtype::I16, "i16"),
    (Dtype::U16, "u16"),
    (Dtype::F16, "f16"),
    (Dtype::BF16, "bf16"),
    (Dtype::I32, "i32"),
    (Dtype::U32, "u32"),
    (Dtype::F32, "f32"),
    (Dtype::C64, "c64"),
    (Dtype::F64, "f64"),
    (Dtype::I64, "i64"),
    (Dtype::U64, "u64"),
];

#[test]
fn what_the_crate_writes_is_read_as_the_crate_reads_it() {
    let shapes: [&[usize]; 4] = [&[], &[0, 3], &[4], &[2, 3, 4]];
    let bytes: Vec<u8> = (0..=255).map(|byte: u8| byte.wrapping_mul(37)).collect();
    let mut views = Vec::new();
    for ((dtype, _), shape) in DTYPES.iter().flat_map(|row| shapes.map(|shape| (row, shape))) {
        let bits = shape.iter().product::<usize>() * dtype.bitsize();
        if bits % 8 == 0 {
            let view = TensorView::new(*dtype, shape.to_vec(), &bytes[..bits / 8]).unwrap();
            views.push((format!("{dtype}/{shape:?}"), view));
        }
    }
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let file = serialize(views, Some(metadata)).unwrap();
    let folder = folder_with([("model.safetensors", file.clone())]);
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    let theirs = SafeTensors::deserialize(&file).unwrap();
    assert_eq!(checkpoint.variables().len(), theirs.len());
    for (name, view) in theirs.iter() {
        let ours = checkpoint.get(name).unwrap();
        let dims: Vec<usize> =
            ours.shape.dims().iter().map(|&dim| usize::try_from(dim).unwrap()).collect();
        let short = DTYPES.iter().find(|row| row.0 == view.dtype()).unwrap().1;
        if short.is_empty() {
            let error = checkpoint.read(name).unwrap_err().to_string();
            assert!(error.contains("it is not supported: its elements are F"), "{error}");
            continue;
        }
        assert_eq!((ours.dtype.to_string().as_str(), &dims[..]), (short, view.shape()), "{name}");
        assert!(checkpoint.read(name).unwrap().as_bytes() == bytes_of(&view), "{name}");
    }
}

/// Returns the elements in the native byte order, as in `Tensor::as_bytes`.
fn bytes_of(view: &TensorView<'_>) -> Vec<u8> {
    let unit = match view.dtype() {
        Dtype::C64 => 4,
        // Every byte but 0 is true.
        Dtype::BOOL => return view.data().iter().map(|&byte| u8::from(byte != 0)).collect(),
        dtype => dtype.bitsize() / 8,
    };
    let mut bytes = view.data().to_vec();
    if cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
    }
    bytes
}

#[derive(FromCheckpoint, Debug, PartialEq)]
#[ckpt(separator = ".")]
struct Model {
    #[ckpt(path = "layers.<i>", repeat)]
    layers: Vec<Linear>,
    step: i64,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Linear {
    #[ckpt(transpose)]
    weight: Array2<f32>,
    #[ckpt(cast)]
    bias: Array1<f32>,
}

fn model() -> Vec<(Name, Tensor)> {
    let tensor = |tensor: Result<Tensor, _>| tensor.unwrap();
    let halves = Tensor::from_array(array![half::bf16::from_f32(0.5), half::bf16::from_f32(-2.0)]);
    vec![
        (Name::from("layers.0.weight"), tensor(Tensor::from_array(array![[1.0_f32, 2.0, 3.0]]))),
        (Name::from("layers.0.bias"), tensor(halves)),
        (Name::from("step"), tensor(Tensor::from_array(ndarray::arr0(7_i64)))),
    ]
}

#[test]
fn structs_are_loaded_and_the_report_says_that_there_are_no_checksums() {
    let folder = folder_with([("model.safetensors", writer::safetensors(&model()))]);
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    let (model, report) = Model::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(model.layers[0].weight, array![[1.0], [2.0], [3.0]]);
    assert_eq!(model.layers[0].bias, array![0.5, -2.0]);
    assert_eq!((report.verified, report.unverified, report.without_checksum), (false, 3, 3));
    let report = report.to_string().replace(folder.path().to_str().unwrap(), "D");
    expect![[r#"
        Model from D/model.safetensors
          field             variable         dtype        in the file    in the struct
          layers[0].weight  layers.0.weight  f32          [1, 3]      -> [3, 1]
          layers[0].bias    layers.0.bias    bf16 -> f32  [2]         -> [2]
          step              step             i64          []          -> []
        3 variables, 24 B, no checksums to verify,"#]]
    .assert_eq(report.rsplit_once(" in ").unwrap().0);
    assert!(checkpoint.verify("step").is_ok());
}

#[test]
fn paths_of_objects_are_names_where_there_is_no_object_graph() {
    #[derive(FromCheckpoint, Debug)]
    #[ckpt(naming = "object_path")]
    struct Objects {
        #[expect(dead_code, reason = "it is not loaded")]
        step: i64,
    }
    let folder = folder_with([("model.safetensors", writer::safetensors(&model()))]);
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    expect![[r#"
        `Objects` does not fit the checkpoint `D/model.safetensors`: 2 problems
        - unexpected variable `layers.0.bias`, bf16 [2]; add a field, or add it to `ignore`
        - unexpected variable `layers.0.weight`, f32 [1, 3]; add a field, or add it to `ignore`"#]]
    .assert_eq(&refused::<Objects>(&folder, &checkpoint));
}

fn refused<'c, T: FromCheckpoint<'c>>(folder: &TempDir, checkpoint: &'c Checkpoint) -> String {
    let error = said::<T>(checkpoint, LoadOptions::new());
    error.replace(folder.path().to_str().unwrap(), "D")
}

/// Returns a file with `odd`, which is not aligned, and `even`.
fn aligned_and_not() -> Vec<u8> {
    let header = br#"{"even":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"byte":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},"odd":{"dtype":"F32","shape":[1],"data_offsets":[9,13]}}"#;
    let padded =
        [&header[..], &b" ".repeat(header.len().next_multiple_of(8) - header.len())].concat();
    let numbers = [1.0_f32, 2.0, 3.0].map(f32::to_le_bytes);
    writer::with_header(&padded, &[&numbers[..2].concat()[..], &[7], &numbers[2]].concat())
}

#[test]
fn arrays_borrow_what_is_aligned() {
    #[derive(FromCheckpoint)]
    struct Views<'a> {
        even: ArrayView1<'a, f32>,
        odd: CowArray<'a, f32, Ix1>,
        byte: Array1<u8>,
    }
    #[derive(FromCheckpoint, Debug)]
    #[ckpt(allow_unmapped)]
    struct Odd<'a> {
        #[expect(dead_code, reason = "it is not loaded")]
        odd: ArrayView1<'a, f32>,
    }
    let folder = folder_with([("model.safetensors", aligned_and_not())]);
    let checkpoint = Checkpoint::open_in_memory(folder.path()).unwrap();
    let (views, report) = Views::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!((views.even, views.odd.view()), (array![1.0, 2.0].view(), array![3.0].view()));
    assert!(views.odd.is_owned());
    assert_eq!(views.byte, array![7]);
    let borrowed: Vec<_> = report.borrowed.variables.iter().map(Name::to_string).collect();
    assert_eq!((borrowed, report.borrowed.verified), (vec!["even".to_owned()], false));
    assert_eq!(report.without_checksum, 3);
    expect![[r#"
        `Odd` does not fit the checkpoint `D/model.safetensors`: 1 problem
        - field `Odd.odd`: `odd` is f32 [1], which the field cannot borrow, since it is not aligned where it is in the file; change the field to `CowArray`, which can own a copy"#]].assert_eq(&refused::<Odd<'_>>(&folder, &checkpoint));
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    expect![[r#"
        `Odd` does not fit the checkpoint `D/model.safetensors`: 1 problem
        - field `Odd.odd`: `odd` is f32 [1], which the field cannot borrow, since the checkpoint is not in memory; open it with `Checkpoint::open_in_memory`, or map it"#]].assert_eq(&refused::<Odd<'_>>(&folder, &checkpoint));
}

#[test]
fn transforms_of_a_file_in_memory_are_strides() {
    #[derive(FromCheckpoint)]
    #[ckpt(allow_unmapped)]
    struct Weight<'a> {
        #[ckpt(path = "layers.0.weight", transpose)]
        weight: ArrayView2<'a, f32>,
    }
    let folder = folder_with([("model.safetensors", writer::safetensors(&model()))]);
    let checkpoint = Checkpoint::open_in_memory(folder.path()).unwrap();
    let (weight, report) = Weight::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!((weight.weight, report.bytes), (array![[1.0], [2.0], [3.0]].view(), 0));
}

#[test]
fn a_file_that_gets_shorter_while_it_is_open_is_an_error() {
    let folder = folder_with([("model.safetensors", one("a"))]);
    let path = folder.path().join("model.safetensors");
    let checkpoint = Checkpoint::open(&path).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(10).unwrap();
    let error = checkpoint.read("a").unwrap_err().to_string();
    expect!["cannot read `a`: cannot read byte 96 of the data file `D/model.safetensors`: unexpected end of file"].assert_eq(&error.replace(folder.path().to_str().unwrap(), "D"));
}

#[test]
fn a_file_that_is_replaced_while_it_is_open_is_read_as_it_was() {
    let folder = folder_with([("model.safetensors", one("a"))]);
    let path = folder.path().join("model.safetensors");
    let checkpoint = Checkpoint::open(&path).unwrap();
    fs::write(folder.path().join("new"), vec![0; 1000]).unwrap();
    fs::rename(folder.path().join("new"), &path).unwrap();
    assert_eq!(checkpoint.read_array::<f32>("a").unwrap(), array![1.0].into_dyn());
}
