//! Arrays that borrow from a checkpoint in memory.

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use checkpoint_core::{
    Checkpoint, DType, FromCheckpoint, LoadError, LoadOptions, Progress, ReadError,
};
use checkpoint_tests::memory::said;
use checkpoint_tests::writer::Bundle;
use expect_test::{Expect, expect};
use ndarray::{Array2, ArrayView1, ArrayView2, ArrayView3, CowArray, Ix1, Ix2, s};
use tempfile::TempDir;

const NUMBERS: [f32; 24] = {
    let mut numbers = [0.0; 24];
    let mut at = 1;
    while at < 24 {
        numbers[at] = numbers[at - 1] + 1.0;
        at += 1;
    }
    numbers
};

/// Returns a checkpoint of a few arrays. `odd` is not at a multiple of 4 bytes.
fn bundle() -> Bundle {
    Bundle::new()
        .f32("w", &[4, 6], &NUMBERS)
        .f32("q", &[1, 4, 6], &NUMBERS)
        .f32("x", &[1, 6], &[0.5; 6])
        .f64("wide", &[2], &[1.0, 2.0])
        .gap([0])
        .f32("odd", &[2], &[1.5, 2.5])
}

fn written(bundle: Bundle) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    bundle.write(folder.path().join("model")).unwrap();
    folder
}

fn in_memory(folder: &TempDir) -> Checkpoint {
    Checkpoint::open_in_memory(folder.path().join("model")).unwrap()
}

fn matrix() -> Array2<f32> {
    Array2::from_shape_vec((4, 6), NUMBERS.to_vec()).unwrap()
}

#[derive(FromCheckpoint, Debug)]
#[ckpt(allow_unmapped)]
struct Views<'a> {
    #[ckpt(path = "w", shape = [4, 6], transpose)]
    transposed: ArrayView2<'a, f32>,
    #[ckpt(path = "q", squeeze, reshape[4, 2, 3], permute(1, 0, 2))]
    heads: ArrayView3<'a, f32>,
}

#[test]
fn steps_are_strides_and_nothing_is_copied() {
    let folder = written(bundle());
    let checkpoint = in_memory(&folder);
    let (views, _) = Views::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(views.transposed, matrix().t());
    let heads = matrix().into_shape_with_order((4, 2, 3)).unwrap();
    assert_eq!(views.heads, heads.permuted_axes([1, 0, 2]));
    let (again, _) = Views::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(views.transposed.as_ptr(), again.transposed.as_ptr());
    // The rows of the view are columns of `w`, so they have the stride of one element.
    assert_eq!(views.transposed.strides(), [1, 6]);
}

#[test]
fn parts_of_a_variable_are_borrowed() {
    #[derive(FromCheckpoint)]
    #[ckpt(allow_unmapped)]
    struct Parts<'a> {
        #[ckpt(path = "w", split(axis = 1))]
        thirds: [ArrayView2<'a, f32>; 3],
        #[ckpt(path = "q", slice(axis = 1, range = 1..3), squeeze)]
        rows: ArrayView2<'a, f32>,
    }

    let folder = written(bundle());
    let checkpoint = in_memory(&folder);
    let (parts, _) = Parts::load_with(&checkpoint, LoadOptions::new()).unwrap();
    for (number, third) in parts.thirds.iter().enumerate() {
        assert_eq!(third, matrix().slice(s![.., 2 * number..2 * number + 2]));
    }
    assert_eq!(parts.rows, matrix().slice(s![1..3, ..]));
}

#[derive(FromCheckpoint)]
#[ckpt(allow_unmapped)]
struct Cows<'a> {
    w: CowArray<'a, f32, Ix2>,
    odd: CowArray<'a, f32, Ix1>,
    #[ckpt(cast = "any")]
    wide: CowArray<'a, f32, Ix1>,
}

#[test]
fn what_cannot_be_borrowed_is_owned_by_a_cow() {
    let folder = written(bundle());
    let checkpoint = in_memory(&folder);
    let (cows, _) = Cows::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert!(cows.w.is_view() && !cows.odd.is_view() && !cows.wide.is_view());
    assert_eq!(cows.w, matrix());
    assert_eq!((cows.odd[1], cows.wide[1]), (2.5, 2.0));
    let files = Checkpoint::open(folder.path().join("model")).unwrap();
    let (cows, _) = Cows::load_with(&files, LoadOptions::new()).unwrap();
    assert!(!cows.w.is_view());
    assert_eq!(cows.w, matrix());
}

/// Checks the error of a checkpoint from which a struct cannot borrow.
fn refused<'c, T: FromCheckpoint<'c>>(
    checkpoint: &'c Checkpoint,
    folder: &TempDir,
    expected: Expect,
) {
    let said = said::<T>(checkpoint, LoadOptions::new());
    expected.assert_eq(&said.replace(&folder.path().display().to_string(), "D"));
}

#[test]
fn what_a_view_cannot_borrow_is_told_all_at_once() {
    #[derive(FromCheckpoint)]
    #[ckpt(allow_unmapped)]
    struct Impossible<'a> {
        #[ckpt(path = "odd")]
        _odd: ArrayView1<'a, f32>,
        #[ckpt(path = "wide", cast = "any")]
        _wide: ArrayView1<'a, f32>,
        #[ckpt(concat(axis = 0, paths = ["w", "x"]))]
        _joined: ArrayView2<'a, f32>,
    }

    let folder = written(bundle());
    refused::<Impossible<'_>>(
        &in_memory(&folder),
        &folder,
        expect![[r#"
            `Impossible` does not fit the checkpoint `D/model`: 3 problems
            - field `Impossible._odd`: `odd` is f32 [2], which the field cannot borrow, since it is not aligned where it is in the file; change the field to `CowArray`, which can own a copy
            - field `Impossible._wide`: `wide` is f64 [2], which the field cannot borrow, since it would be converted into f32; change the field to `CowArray`, which can own a copy
            - field `Impossible._joined`: `w` is f32 [4, 6], which the field cannot borrow, since its elements are not in that order in memory; change the field to `CowArray`, which can own a copy"#]],
    );
    let files = Checkpoint::open(folder.path().join("model")).unwrap();
    refused::<Views<'_>>(
        &files,
        &folder,
        expect![[r#"
        `Views` does not fit the checkpoint `D/model`: 1 problem
        - 2 fields cannot borrow their elements, since the checkpoint is not in memory; open it with `Checkpoint::open_in_memory`, or map it"#]],
    );
    let big = written(bundle().big_endian());
    refused::<Views<'_>>(
        &in_memory(&big),
        &big,
        expect![[r#"
        `Views` does not fit the checkpoint `D/model`: 2 problems
        - field `Views.transposed`: `w` is f32 [4, 6], which the field cannot borrow, since it is stored in another form than in memory; change the field to `CowArray`, which can own a copy
        - field `Views.heads`: `q` is f32 [1, 4, 6], which the field cannot borrow, since it is stored in another form than in memory; change the field to `CowArray`, which can own a copy"#]],
    );
}

#[test]
fn what_one_field_cannot_borrow_is_told_of_it() {
    #[derive(FromCheckpoint)]
    #[ckpt(cast = "any")]
    struct Model<'a> {
        #[ckpt(path = "wte")]
        _wte: ArrayView2<'a, f32>,
    }

    let said = |checkpoint: &Checkpoint| {
        let said = said::<Model<'_>>(checkpoint, LoadOptions::new());
        said.lines().nth(1).unwrap().replace("_wte", "wte")
    };
    let folder = written(Bundle::new().f32("wte", &[9, 4], &[0.5; 36]));
    let files = Checkpoint::open(folder.path().join("model")).unwrap();
    expect!["- field `Model.wte`: `wte` is f32 [9, 4], which the field cannot borrow, since the checkpoint is not in memory; open it with `Checkpoint::open_in_memory`, or map it"]
        .assert_eq(&said(&files));
    let folder = written(Bundle::new().f64("wte", &[9, 4], &[0.5; 36]));
    expect!["- field `Model.wte`: `wte` is f64 [9, 4], which the field cannot borrow, since it would be converted into f32; change the field to `CowArray`, which can own a copy"]
        .assert_eq(&said(&in_memory(&folder)));
}

#[test]
fn what_a_list_cannot_borrow_is_one_line() {
    #[derive(FromCheckpoint)]
    struct Layers<'a> {
        #[ckpt(path = "layer_<i>/w", repeat)]
        _layers: Vec<ArrayView1<'a, f32>>,
    }

    let layers = (0..3).fold(Bundle::new(), |bundle, layer| {
        bundle.f32(format!("layer_{layer}/w"), &[2], &[1.5, 2.5])
    });
    let folder = written(layers.big_endian());
    refused::<Layers<'_>>(
        &in_memory(&folder),
        &folder,
        expect![[r#"
            `Layers` does not fit the checkpoint `D/model`: 1 problem
            - field `Layers._layers[0..3]`: `layer_<0..3>/w` is f32 [2], which the field cannot borrow, since it is stored in another form than in memory; change the field to `CowArray`, which can own a copy"#]],
    );
}

#[test]
fn what_is_stored_in_slices_is_not_borrowed() {
    #[derive(FromCheckpoint)]
    struct Sliced<'a> {
        #[ckpt(path = "w")]
        _w: ArrayView2<'a, f32>,
    }

    let bytes: Vec<u8> = NUMBERS.iter().flat_map(|number| number.to_le_bytes()).collect();
    let bundle = Bundle::new().partition("w", DType::Float32, &[4, 6], (0, &[1, 3]), &bytes);
    let folder = written(bundle);
    refused::<Sliced<'_>>(
        &in_memory(&folder),
        &folder,
        expect![[r#"
        `Sliced` does not fit the checkpoint `D/model`: 1 problem
        - field `Sliced._w`: `w` is f32 [4, 6], which the field cannot borrow, since it is stored in slices; change the field to `CowArray`, which can own a copy"#]],
    );
}

#[test]
fn bytes_are_borrowed_wherever_they_start() {
    let folder = written(bundle());
    let checkpoint = in_memory(&folder);
    let bytes = |name| checkpoint.borrow(name).unwrap().unwrap();
    assert_eq!(bytes("odd"), [1.5_f32, 2.5].map(f32::to_ne_bytes).as_flattened());
    assert_ne!(bytes("odd").as_ptr().align_offset(4), 0);
    assert_eq!(bytes("w"), checkpoint.read("w").unwrap().as_bytes());
    let missing = checkpoint.borrow("v").unwrap_err().to_string();
    assert_eq!(
        missing,
        "cannot read `v`: the checkpoint has no such variable; did you mean `q`, `w` or `x`?"
    );

    let opened = Checkpoint::open(folder.path().join("model")).unwrap();
    assert_eq!(opened.borrow("w").unwrap(), None);
}

#[test]
fn damage_is_found_before_anything_is_borrowed() {
    let folder = damaged();
    let checkpoint = in_memory(&folder);
    refused::<Views<'_>>(
        &checkpoint,
        &folder,
        expect![
            "field `Views.heads`: cannot read `q`: the checksum of its 96 bytes at byte 96 of the data file `D/model.data-00000-of-00001` is 72cb4493, but the checkpoint says fa8204b0; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
    let options = LoadOptions::new().verify(false);
    let (views, _) = Views::load_with(&checkpoint, options).unwrap();
    assert_eq!(views.transposed, matrix().t());
    assert_ne!(views.heads[(0, 0, 1)].to_bits(), 1.0_f32.to_bits());
}

#[test]
fn a_mapped_file_is_borrowed_from_as_well() {
    let folder = written(bundle());
    #[expect(unsafe_code, reason = "the files are this test's own")]
    // SAFETY: the folder is new, and nothing else knows its name.
    let checkpoint = unsafe { Checkpoint::open_mapped(folder.path().join("model")) }.unwrap();
    let (cows, _) = Cows::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert!(cows.w.is_view() && !cows.odd.is_view());
    assert_eq!(cows.w, matrix());
    let (again, _) = Cows::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(cows.w.as_ptr(), again.w.as_ptr());
}

/// Damages `q`, the second variable of the data file.
fn damaged() -> TempDir {
    let folder = written(bundle());
    let data = folder.path().join("model.data-00000-of-00001");
    let mut bytes = fs::read(&data).unwrap();
    bytes[4 * 24 + 5] ^= 1;
    fs::write(&data, bytes).unwrap();
    folder
}

#[test]
fn what_is_borrowed_is_verified_when_it_is_wanted() {
    let folder = damaged();
    let checkpoint = in_memory(&folder);
    let options = LoadOptions::new().verify_borrowed(false);
    let (views, mut report) = Views::load_with(&checkpoint, options).unwrap();
    assert_eq!(views.transposed, matrix().t());
    report.elapsed = Duration::ZERO;
    report.checkpoint = "model".into();
    assert!(!report.verified && !report.borrowed.verified);
    assert_eq!((report.variables, report.bytes, report.unverified), (0, 0, 2));
    assert_eq!(report.borrowed.bytes, 2 * 96);
    expect![[r#"
        Views from model
          field       variable  dtype  in the file    in the struct
          transposed  w         f32    [4, 6]      -> [6, 4]
          heads       q         f32    [1, 4, 6]   -> [2, 4, 3]
          unused: odd
          unused: wide
          unused: x
        2 variables borrowed, 192 B, checksums not verified, in 0.0 ms"#]]
    .assert_eq(&report.to_string());
    let names: Vec<String> = report.borrowed.variables.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["q", "w"]);
    checkpoint.verify("w").unwrap();
    let said =
        |error: ReadError| error.to_string().replace(&folder.path().display().to_string(), "D");
    let expected = expect![
        "cannot read `q`: the checksum of its 96 bytes at byte 96 of the data file `D/model.data-00000-of-00001` is 72cb4493, but the checkpoint says fa8204b0; the file is damaged or of another checkpoint, fetch it again"
    ];
    expected.assert_eq(&said(checkpoint.verify("q:0").unwrap_err()));
    let all = checkpoint.verify_many(&report.borrowed.variables, LoadOptions::new());
    expected.assert_eq(&said(all.unwrap_err()));
    expect!["cannot read `ww`: the checkpoint has no such variable; did you mean `w`, `q` or `x`?"]
        .assert_eq(&said(checkpoint.verify("ww").unwrap_err()));
}

#[test]
fn what_is_read_is_verified_though_what_is_borrowed_is_not() {
    let folder = damaged();
    let checkpoint = in_memory(&folder);
    let options = LoadOptions::new().verify_borrowed(false);
    let (_, report) = Cows::load_with(&checkpoint, options).unwrap();
    assert_eq!((report.variables, report.unverified, report.verified), (2, 1, false));
    let last = report.to_string().lines().last().unwrap().to_owned();
    let (counts, _) = last.split_once(", in ").unwrap();
    expect!["2 variables, 24 B, 1 variable borrowed, 96 B, checksums verified but of 1 variable borrowed"]
        .assert_eq(counts);
    // For a file on disk, the checksum is computed during the read.
    let files = Checkpoint::open(folder.path().join("model")).unwrap();
    files.verify_many(["w", "odd", "wide"], LoadOptions::new().threads(2)).unwrap();
    assert!(files.verify("q").is_err());
}

#[test]
fn progress_counts_what_is_verified_where_it_is() {
    let folder = written(bundle());
    let checkpoint = in_memory(&folder);
    let seen = Mutex::new(Vec::new());
    let watch = |progress: Progress| seen.lock().unwrap().push((progress.done, progress.total));
    let options = LoadOptions::new().threads(1).on_progress(watch);
    let (_, report) = Cows::load_with(&checkpoint, options).unwrap();
    assert!(report.verified && report.borrowed.verified);
    assert_eq!((report.bytes, report.borrowed.bytes), (24, 96));
    assert_eq!(*seen.lock().unwrap(), [(0, 120), (96, 120), (112, 120), (120, 120)]);
    seen.lock().unwrap().clear();
    let options = LoadOptions::new().on_progress(watch).verify_borrowed(false);
    Views::load_with(&checkpoint, options).unwrap();
    assert_eq!(*seen.lock().unwrap(), [(0, 0)]);
}

#[test]
fn a_load_is_cancelled_before_anything_is_borrowed_or_read() {
    let folder = written(bundle());
    let cancel = AtomicBool::new(true);
    let options = || LoadOptions::new().cancel(&cancel);
    let checkpoint = in_memory(&folder);
    let error = Views::load_with(&checkpoint, options()).unwrap_err();
    assert!(matches!(error, LoadError::Cancelled));
    expect!["the load was cancelled"].assert_eq(&error.to_string());
    let error = checkpoint.verify_many(["w", "q"], options().threads(1)).unwrap_err();
    expect!["cannot read `w`: it was cancelled"].assert_eq(&error.to_string());
    let unverified = options().verify_borrowed(false);
    let error = Views::load_with(&checkpoint, unverified).unwrap_err();
    assert!(matches!(error, LoadError::Cancelled), "{error}");
}
