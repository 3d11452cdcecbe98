//! Arrays of NumPy: the same results as NumPy's, every way to open them, and errors of invalid files.

use std::fs;
use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, FromCheckpoint, Limits, LoadOptions, OpenOptions, Tensor};
use checkpoint_tests::corpus::{arrays, sha256_of_tensor};
use checkpoint_tests::writer::npy::{Order, npy, with_header};
use checkpoint_tests::writer::safetensors::safetensors;
use checkpoint_tests::writer::zip::{Entry, zip};
use expect_test::{Expect, expect};
use ndarray::{Array2, ArrayView2, array};
use tempfile::TempDir;

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/numpy").join(name)
}

#[test]
fn all_is_read_as_numpy_reads_it() {
    for (path, expected) in arrays("numpy").unwrap() {
        let opened = [Checkpoint::open(&path).unwrap(), Checkpoint::open_in_memory(&path).unwrap()];
        for checkpoint in opened {
            let names = checkpoint.variables().iter().map(|variable| variable.name.to_string());
            assert_eq!(names.collect::<Vec<_>>(), expected.keys().cloned().collect::<Vec<_>>());
            for (name, array) in &expected {
                let tensor = checkpoint.read(name).unwrap();
                let dims = tensor.shape().dims();
                assert_eq!((tensor.dtype().name(), dims), (&*array.dtype, &*array.shape), "{name}");
                assert_eq!(
                    sha256_of_tensor(&tensor),
                    array.sha256,
                    "`{name}` of {}",
                    path.display()
                );
            }
            let names = checkpoint.variables().iter().map(|one| &one.name);
            checkpoint.verify_many(names, LoadOptions::new()).unwrap();
        }
    }
}

/// Returns the variables of a checkpoint, or its error. The folder is shown as `D`.
fn said(folder: &Path, path: &Path) -> String {
    let line = |checkpoint: &Checkpoint| {
        let lines = checkpoint.variables().iter().map(|variable| {
            let read = checkpoint.read(&variable.name);
            let read =
                read.map_or_else(|error| error.to_string(), |tensor| tensor.spec().to_string());
            format!("{}: {read}\n", variable.name)
        });
        lines.collect()
    };
    let said = Checkpoint::open(path)
        .map_or_else(|error| format!("{error}\n"), |checkpoint| line(&checkpoint));
    said.replace(&folder.display().to_string(), "D")
}

/// Returns the error of a file with these bytes.
fn of_bytes(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    said(folder.path(), &path)
}

fn check(files: impl IntoIterator<Item = Vec<u8>>, name: &str, expected: &Expect) {
    expected.assert_eq(&files.into_iter().map(|bytes| of_bytes(name, bytes)).collect::<String>());
}

#[test]
fn what_is_no_tensor_is_listed_and_refused_alone() {
    let path = corpus("unsupported.npz");
    expect![[r#"
        good: f64 [3]
        long: cannot read `long`: it is not supported: its elements are `<f16`, which is not supported; save them as another dtype
        objects: cannot read `objects`: it is not supported: its elements are pickled Python objects, which are never loaded; save it as an array of numbers or strings
        raw: cannot read `raw`: it is not supported: its elements are bytes without a meaning (`|V2`), as NumPy writes `bfloat16` and `float8`; save them as float32, or in safetensors
        record: cannot read `record`: it is not supported: its elements are records of several fields; save each field as an array of its own
        time: cannot read `time`: it is not supported: its elements are times (`<M8[D]`); save them as integers, by `.astype("int64")`
    "#]].assert_eq(&said(path.parent().unwrap(), &path));
}

fn matrix() -> Tensor {
    Tensor::from_array(array![[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]]).unwrap()
}

fn f4(shape: &str, elements: &[u8]) -> Vec<u8> {
    with_header(
        &format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"),
        elements,
    )
}

#[test]
fn headers_of_all_forms_are_read() {
    let good = [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
        "{\"shape\":(1L,),\"fortran_order\":False,\"descr\":\"<f4\"}",
        "  { 'descr' : '<f4' , 'fortran_order':True,'shape':( 1 , ) } ",
        "{'descr': '<f4', 'fortran_order': True, 'shape': ()}",
        "{'descr': '|S4', 'fortran_order': True, 'shape': (1, 1)}",
        "{'descr': '>U1', 'fortran_order': True, 'shape': (1, 1)}",
        "{'descr': '|b1', 'fortran_order': True, 'shape': (2, 2)}",
    ];
    check(
        good.map(|header| with_header(header, &[0; 4])),
        "a.npy",
        &expect![[r#"
        a: f32 [1]
        a: f32 [1]
        a: f32 [1]
        a: f32 []
        a: string [1, 1]
        a: string [1, 1]
        a: bool [2, 2]
    "#]],
    );
}

#[test]
fn headers_that_are_wrong_are_refused() {
    let dict = |text: &str| with_header(text, &[0; 4]);
    let long =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({})}}", "1,".repeat(300));
    let files = vec![
        b"\x93NUMPY".to_vec(),
        b"\x93NUMPY\x01\0\x40\0{'descr'".to_vec(),
        b"\x93NUMPY\x04\0\x40\0{'descr'".to_vec(),
        b"\x93NUMPY\x02\0\xff\xff\xff\xff{'descr'".to_vec(),
        dict(""),
        dict("{}"),
        dict("{'descr': '<f4', 'fortran_order': False}"),
        dict("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}"),
        dict("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"),
        dict("{'descr': '<f4', 'fortran_order': False, 'shape': (1 1)}"),
        dict("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}"),
        dict("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} more"),
        dict("{'descr': '<f4"),
        dict("{'descr': [('a', '<f4'), "),
        dict("__import__('os')"),
        dict(&long),
        f4("(18446744073709551615,)", &[]),
        f4("(18446744073709551616,)", &[]),
        f4("(4294967296, 4294967296)", &[]),
        f4("(2,)", &[0; 4]),
        f4("(2,)", &[0; 12]),
    ];
    check(
        files,
        "a.npy",
        &expect![[r#"
            cannot read `D/a.npy`: the file ends within the header of the array; the file is damaged, fetch it again
            cannot read `D/a.npy`: the file ends within the header of the array; the file is damaged, fetch it again
            cannot read `D/a.npy`: the version of the format `.npy` is 4, but only 1, 2 and 3 are supported; save the array with another NumPy
            cannot read `D/a.npy`: the header of the array has 4294967307 bytes, and the limit is 65536; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 64: expected a dictionary; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array has no `shape`; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array has no `shape`; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 44: expected `True` or `False`; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 61: expected a length; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 63: expected `,` or `)`; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 27: expected one each of `descr`, `fortran_order` and `shape`; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 66: expected nothing more; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 20: expected the end of the text; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 64: expected the end of the list; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 10: expected a dictionary; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 571: expected fewer axes; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array has the shape [18446744073709551615], which no tensor has; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array is wrong at byte 61: expected a length; the file is damaged, fetch it again
            cannot read `D/a.npy`: the header of the array has the shape [4294967296, 4294967296], which no tensor has; the file is damaged, fetch it again
            cannot read `D/a.npy`: the elements of the array take 8 bytes, but the file has 4; the file is damaged, fetch it again
            cannot read `D/a.npy`: the elements of the array take 8 bytes, but the file has 12; the file is damaged, fetch it again
        "#]],
    );
}

#[test]
fn dtypes_without_a_meaning_are_refused() {
    let descr = [
        "|O",
        "<V2",
        "|V1",
        "<M8[ns]",
        "<m8[s]",
        "<f16",
        "<c32",
        "=f4",
        "|f4",
        "f4",
        "<i3",
        "",
        "<",
        "|S0",
        "<U4611686018427387904",
        "<U\\n",
    ];
    let files = descr.map(|descr| {
        with_header(
            &format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,)}}"),
            &[0; 4],
        )
    });
    check(
        files,
        "a.npy",
        &expect![[r#"
        a: cannot read `a`: it is not supported: its elements are pickled Python objects, which are never loaded; save it as an array of numbers or strings
        a: cannot read `a`: it is not supported: its elements are bytes without a meaning (`<V2`), as NumPy writes `bfloat16` and `float8`; save them as float32, or in safetensors
        a: cannot read `a`: it is not supported: its elements are bytes without a meaning (`|V1`), as NumPy writes `bfloat16` and `float8`; save them as float32, or in safetensors
        a: cannot read `a`: it is not supported: its elements are times (`<M8[ns]`); save them as integers, by `.astype("int64")`
        a: cannot read `a`: it is not supported: its elements are times (`<m8[s]`); save them as integers, by `.astype("int64")`
        a: cannot read `a`: it is not supported: its elements are `<f16`, which is not supported; save them as another dtype
        a: cannot read `a`: it is not supported: its elements are `<c32`, which is not supported; save them as another dtype
        a: cannot read `a`: it is not supported: its elements are `=f4`, which is not supported; save them as another dtype
        a: cannot read `a`: it is not supported: its elements are `|f4`, which is not supported; save them as another dtype
        a: cannot read `a`: it is not supported: its elements are `f4`, which is not supported; save them as another dtype
        a: cannot read `a`: it is not supported: its elements are `<i3`, which is not supported; save them as another dtype
        a: cannot read `a`: it is not supported: its elements are ``, which is not supported; save them as another dtype
        a: cannot read `a`: it is not supported: its elements are `<`, which is not supported; save them as another dtype
        cannot read `D/a.npy`: the elements of the array take 0 bytes, but the file has 4; the file is damaged, fetch it again
        cannot read `D/a.npy`: the elements of the array take 18446744073709551615 bytes, but the file has 4; the file is damaged, fetch it again
        a: cannot read `a`: it is not supported: its elements are `<U\n`, which is not supported; save them as another dtype
    "#]],
    );
}

#[test]
fn strings_that_are_no_text_are_refused() {
    let file = with_header(
        "{'descr': '<U1', 'fortran_order': False, 'shape': (2,)}",
        &[65, 0, 0, 0, 0, 0xd8, 0, 0],
    );
    check(
        [file],
        "a.npy",
        &expect![[r#"
        a: cannot read `a`: in `D/a.npy`, the string number 1 (from 0) of `a` has the character 0xd800, which Unicode does not have; save it again
    "#]],
    );
}

#[test]
fn archives_that_are_wrong_are_refused() {
    let bytes = npy(&matrix(), Order::default());
    let good = || Entry::stored("a.npy", &bytes);
    let other = || Entry::stored("b.npy", &bytes);
    let named = |name: &str| Entry::stored(name, &bytes);
    let whole = zip(&[good(), other()], false);
    let cut = |len: usize| whole[..len].to_vec();
    let archive = |entries: &[Entry]| zip(entries, false);
    // A file in the bytes of another one.
    let outer = Entry::stored("a.npy", &zip(&[other()], false));
    let place = 35 - i64::try_from(35 + outer.stored.len()).unwrap();
    let files = vec![
        archive(&[outer, other().with(|entry| entry.moved = place)]),
        cut(whole.len() - 30),
        cut(100),
        [&whole[..whole.len() - 22], &[0; 22]].concat(),
        archive(&[good(), good()]),
        archive(&[
            good(),
            other().with(|entry| entry.moved = -(i64::try_from(bytes.len()).unwrap() + 35)),
        ]),
        archive(&[good(), other().with(|entry| entry.moved = 1)]),
        archive(&[good(), other().with(|entry| entry.local_name = b"c.npy".to_vec())]),
        archive(&[good(), other().with(|entry| entry.flags = 1)]),
        archive(&[good(), other().with(|entry| entry.method = 12)]),
        archive(&[good(), other().with(|entry| entry.size += 1)]),
        archive(&[good(), named("../b.npy")]),
        archive(&[good(), named("/b.npy")]),
        archive(&[good(), named("x\\..\\b.npy")]),
        archive(&[good(), Entry::deflated("b.npy", &bytes).with(|entry| entry.size = 1 << 31)]),
    ];
    check(
        files,
        "a.npz",
        &expect![[r#"
            cannot read `D/a.npz`: the files `a.npy` and `b.npy` of the archive share bytes; the file is damaged, fetch it again
            cannot read `D/a.npz`: the archive has no end; the file is cut, fetch it again
            cannot read `D/a.npz`: the archive has no end; the file is cut, fetch it again
            cannot read `D/a.npz`: the archive has no end; the file is cut, fetch it again
            cannot read `D/a.npz`: the archive has two files `a.npy`; the file is damaged, fetch it again
            cannot read `D/a.npz`: the file `b.npy` has another name in its own header; the file is damaged, fetch it again
            cannot read `D/a.npz`: the directory of the archive is wrong; the file is damaged, fetch it again
            cannot read `D/a.npz`: the file `b.npy` has another name in its own header; the file is damaged, fetch it again
            cannot read `D/a.npz`: the file `b.npy` is encrypted; save it without a password
            cannot read `D/a.npz`: the file `b.npy` is compressed by the method 12, but only stored and deflated files are supported; save it again
            cannot read `D/a.npz`: the file `b.npy` does not lie within the archive; the file is damaged, fetch it again
            cannot read `D/a.npz`: the name `../b.npy` leads out of the archive; do not trust it, and fetch the file from elsewhere
            cannot read `D/a.npz`: the name `/b.npy` leads out of the archive; do not trust it, and fetch the file from elsewhere
            cannot read `D/a.npz`: the name `x\..\b.npy` leads out of the archive; do not trust it, and fetch the file from elsewhere
            cannot read `D/a.npz`: the file `b.npy` cannot have 2147483648 bytes in 103 compressed ones; the file is damaged, fetch it again
        "#]],
    );
    let mut said = zip(&[good()], true);
    let count = said.len() - 22 - 20 - 56 + 24;
    said[count] = 7;
    check(
        [said],
        "a.npz",
        &expect![[r#"
        cannot read `D/a.npz`: the archive declares 7 files, but its directory lists 1; the file is damaged, fetch it again
    "#]],
    );
}

#[test]
fn what_is_beyond_the_limits_is_refused() {
    let folder = TempDir::new().unwrap();
    let bytes = npy(&matrix(), Order::default());
    let (long, many) = (folder.path().join("long.npz"), folder.path().join("many.npz"));
    fs::write(&long, zip(&[Entry::stored("long.npy", &bytes)], false)).unwrap();
    let names = (0..400).map(|number| Entry::stored(&format!("{number}.npy"), &bytes[..10]));
    fs::write(&many, zip(&names.collect::<Vec<_>>(), false)).unwrap();
    fs::write(folder.path().join("a.npy"), &bytes).unwrap();
    fs::write(folder.path().join("b.npy"), &bytes).unwrap();
    let mut limits = Limits::default();
    (limits.key_bytes, limits.memory, limits.shards) = (7, 1000, 1);
    let refused = |format: &str, path: &Path| {
        let options = OpenOptions::new().limits(limits.clone()).format(format);
        let error = options.open(path).unwrap_err().to_string();
        error.replace(&folder.path().display().to_string(), "D") + "\n"
    };
    let said = [refused("npz", &long), refused("npz", &many), refused("npy", folder.path())];
    expect![[r#"
        cannot read `D/long.npz`: a file of the archive has a name of 8 bytes, and the limit is 7; if you trust the file, raise `Limits::key_bytes`
        cannot read `D/many.npz`: too much memory for the variables: 319492 bytes needed up to here, and the limit for a file of this length is 319416; if you trust the file, raise `Limits::memory`
        the checkpoint `D` has more than 1 files; if you trust it, raise `Limits::shards`
    "#]].assert_eq(&said.concat());
}

#[test]
fn entries_that_are_damaged_are_refused_alone() {
    let bytes = npy(&matrix(), Order::default());
    let fortran = npy(&matrix(), Order { is_fortran: true, is_big: false });
    let changed = |at: usize, bytes: &[u8]| {
        let mut stored = bytes.to_vec();
        stored[at] ^= 1;
        stored
    };
    let entries = [
        Entry::stored("good.npy", &bytes),
        Entry::stored("data.npy", &bytes).with(|entry| entry.stored = changed(130, &bytes)),
        Entry::stored("header.npy", &bytes).with(|entry| entry.stored = changed(120, &bytes)),
        Entry::stored("fortran.npy", &fortran).with(|entry| entry.stored = changed(130, &fortran)),
        Entry::stored("short.npy", &bytes[..130]),
        Entry::stored("text.npy", b"no array"),
        Entry::stored("empty.npy", b""),
        Entry::stored("readme.txt", b"read me"),
        Entry::deflated("cut.npy", &bytes).with(|entry| entry.stored.truncate(60)),
        Entry::deflated("long.npy", &bytes).with(|entry| entry.size += 4),
        Entry::deflated("less.npy", &bytes).with(|entry| entry.size -= 4),
        Entry::deflated("checksum.npy", &bytes).with(|entry| entry.crc ^= 1),
        Entry::deflated("no-deflate.npy", &bytes).with(|entry| entry.stored.fill(0xff)),
        Entry::deflated("more.npy", &[&bytes[..], &[0; 9]].concat()),
    ];
    check(
        [zip(&entries, false)],
        "a.npz",
        &expect![[r#"
            checksum: cannot read `checksum`: in `D/a.npz`, the bytes of `checksum` have the checksum 9ae90c81, but 9ae90c80 is stored with them; the file is damaged, fetch it again
            cut: cannot read `cut`: it is damaged: `cut` does not have the 152 bytes that the archive lists; the file is damaged, fetch it again
            data: cannot read `data`: the checksum of its 24 bytes at byte 356 of the data file `D/a.npz` is 0e1181e4, but the checkpoint says 1939e524; the file is damaged or of another checkpoint, fetch it again
            empty: cannot read `empty`: it is damaged: the file ends within the header of the array; the file is damaged, fetch it again
            fortran: cannot read `fortran`: the checksum of its 24 bytes at byte 741 of the data file `D/a.npz` is b8da88c6, but the checkpoint says aff2ec06; the file is damaged or of another checkpoint, fetch it again
            good: f32 [2, 3]
            header: cannot read `header`: it is damaged: the header of the array is wrong at byte 120: expected nothing more; the file is damaged, fetch it again
            less: cannot read `less`: it is damaged: the elements of the array take 24 bytes, but the file has 20; the file is damaged, fetch it again
            long: cannot read `long`: it is damaged: the elements of the array take 24 bytes, but the file has 28; the file is damaged, fetch it again
            more: cannot read `more`: it is damaged: the elements of the array take 24 bytes, but the file has 33; the file is damaged, fetch it again
            no-deflate: cannot read `no-deflate`: it is damaged: the compressed bytes of `no-deflate` cannot be decompressed; the file is damaged, fetch it again
            readme.txt: cannot read `readme.txt`: it is not supported: it is a file of the archive, but not an array; read it with another program
            short: cannot read `short`: it is damaged: the elements of the array take 24 bytes, but the file has 2; the file is damaged, fetch it again
            text: cannot read `text`: it is damaged: the array does not start with the bytes of the format `.npy`; the file is damaged, fetch it again
        "#]],
    );
}

/// Writes files of many kinds, alone and side by side.
fn write_paths(root: &Path) {
    let bytes = npy(&matrix(), Order::default());
    let archive = zip(&[Entry::stored("a.npy", &bytes)], false);
    let write = |path: &str, bytes: &[u8]| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write("archive/weights", &archive);
    write("archive/weights.npz", &archive);
    write("archives/a.npz", &archive);
    write("archives/b.npz", &archive);
    write("both/a.npz", &archive);
    write("both/b.npy", &bytes);
    write("tree/w.npy", &bytes);
    write("tree/h0/.hidden", &bytes);
    write("tree/h0/attn/w.npy", &bytes);
    write("tree/h0/w.npy", b"cut");
    write("flat/w.npy", &bytes);
    write("flat/readme.txt", &bytes);
    write("flat/h0/w.npy", &bytes);
    write("beside/model.safetensors", &safetensors(&[("s".into(), matrix())]));
    write("beside/a.npz", &archive);
    write("empty.npz", &zip(&[], false));
    write("odd.npz", &zip(&[Entry::stored("readme", b""), Entry::stored("a.npy", &bytes)], false));
    write("other.zip", &zip(&[Entry::stored("readme", b"")], false));
    write("w.array", &bytes);
}

#[test]
fn what_a_path_means_is_told_by_what_is_there() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    write_paths(root);
    let paths = [
        "archive/weights",
        "archive/",
        "archives",
        "both",
        "tree",
        "flat",
        "beside",
        "empty.npz",
        "odd.npz",
        "other.zip",
        "w.array",
        "none",
    ];
    let lines = paths.map(|path| format!("{path}:\n{}", said(root, &root.join(path))));
    expect![[r#"
        archive/weights:
        a: f32 [2, 3]
        archive/:
        a: f32 [2, 3]
        archives:
        there are several checkpoints at `D/archives`; open `D/archives/a.npz` or `D/archives/b.npz`
        both:
        there are several checkpoints at `D/both`; open `D/both/a.npz` (`npz`) or `D/both` (`npy`), or pick one with `OpenOptions::format`
        tree:
        h0/attn/w: f32 [2, 3]
        h0/w: cannot read `h0/w`: it is damaged: the array does not start with the bytes of the format `.npy`; the file is damaged, fetch it again
        w: f32 [2, 3]
        flat:
        w: f32 [2, 3]
        beside:
        s: f32 [2, 3]
        empty.npz:
        odd.npz:
        a: f32 [2, 3]
        readme: cannot read `readme`: it is not supported: it is a file of the archive, but not an array; read it with another program
        other.zip:
        `D/other.zip` is a zip archive, which is not read; unpack it if it holds a checkpoint, or load it in Keras and save it with `tf.train.Checkpoint(model=model).write(...)`
        w.array:
        w: f32 [2, 3]
        none:
        there is no checkpoint `D/none`: no such file or directory, and no `D/none.index`; check the path
    "#]].assert_eq(&lines.concat());
    let open =
        |format: &str, path: &str| OpenOptions::new().format(format).open(root.join(path)).unwrap();
    assert_eq!(open("npy", "both").variables()[0].name.as_str(), Some("b"));
    assert_eq!(open("npz", "both").variables()[0].name.as_str(), Some("a"));
    assert_eq!(open("npz", "beside").variables()[0].name.as_str(), Some("a"));
}

#[test]
fn a_file_that_changes_after_it_was_opened_is_refused() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("w.npy"), npy(&matrix(), Order::default())).unwrap();
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    fs::write(folder.path().join("w.npy"), b"another").unwrap();
    let error = checkpoint.read("w").unwrap_err().to_string();
    expect!["cannot read `w`: cannot read byte 128 of the data file `D/w.npy`: it has changed since the checkpoint was opened"].assert_eq(&error.replace(&folder.path().display().to_string(), "D"));
}

#[test]
fn strings_without_bytes_are_empty_and_their_number_is_limited() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.npy");
    let write = |descr: &str, shape: &str| {
        let header = format!("{{'descr': '{descr}', 'fortran_order': True, 'shape': ({shape}), }}");
        fs::write(&path, with_header(&header, &[])).unwrap();
    };
    for descr in ["|S0", "<U0"] {
        write(descr, "2, 70000");
        let tensor = Checkpoint::open(&path).unwrap().read("a").unwrap();
        let strings = tensor.as_strings().unwrap();
        assert_eq!((strings.len(), strings.iter().flatten().count()), (140_000, 0));
        write(descr, "10000000000,");
        let error = Checkpoint::open(&path).unwrap_err().to_string();
        assert!(error.contains("too much memory for the empty strings"), "{error}");
    }
}

#[test]
fn a_load_can_be_limited_in_the_strings_that_it_takes() {
    #[derive(FromCheckpoint, Debug)]
    struct Strings {
        #[ckpt(path = "a")]
        _a: Vec<String>,
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.npz");
    let header = "{'descr': '|S1', 'fortran_order': False, 'shape': (1000,), }";
    let bytes = with_header(header, &[0; 1000]);
    fs::write(&path, zip(&[Entry::deflated("a.npy", &bytes)], false)).unwrap();
    let load = |most| {
        let checkpoint = Checkpoint::open(&path).unwrap();
        Strings::load_with(&checkpoint, LoadOptions::new().max_bytes(most)).map(drop)
    };
    load(8000).unwrap();
    expect!["field `Strings._a`: cannot read `a`: with it, the tensors take 8000 bytes of memory, and the limit is 7999; load less, or raise `LoadOptions::max_bytes` or `Limits::load_bytes`"].assert_eq(&load(7999).unwrap_err().to_string());
}

#[derive(FromCheckpoint, Debug, PartialEq)]
#[ckpt(prefix = "numbers", allow_unmapped)]
struct Numbers {
    f4: Array2<f32>,
    #[ckpt(cast, transpose)]
    f2: Array2<f32>,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
#[ckpt(allow_unmapped)]
struct Fortran {
    #[ckpt(path = "fortran/matrix", transpose)]
    matrix: Array2<f32>,
}

#[derive(FromCheckpoint)]
struct Borrowed<'a> {
    #[ckpt(path = "a")]
    w: ArrayView2<'a, f32>,
}

#[test]
fn structs_load_and_borrow() {
    let (numbers, report) =
        Numbers::load_with(&Checkpoint::open(corpus("stored.npz")).unwrap(), LoadOptions::new())
            .unwrap();
    assert_eq!((numbers.f4.dim(), numbers.f2.dim(), report.unverified), ((3, 5), (5, 3), 0));
    let fortran = Fortran::load(corpus("stored.npz")).unwrap();
    assert_eq!(fortran.matrix.dim(), (7, 5));

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.npz");
    let bytes = npy(&matrix(), Order::default());
    let mut refused = Vec::new();
    for padding in 0..4 {
        let entry = Entry::stored("a.npy", &bytes).with(|entry| entry.padding = padding);
        fs::write(&path, zip(&[entry], false)).unwrap();
        let checkpoint = Checkpoint::open_in_memory(&path).unwrap();
        match Borrowed::load_with(&checkpoint, LoadOptions::new()) {
            Ok((borrowed, report)) => {
                assert_eq!((borrowed.w[[1, 0]], report.borrowed.variables.len()), (4.0, 1));
                // It follows 30 bytes of the archive, and 5 of the name.
                assert_eq!(padding, 1);
            }
            Err(error) => {
                refused.push(error.to_string().replace(&folder.path().display().to_string(), "D"));
            }
        }
    }
    refused.dedup();
    expect![[r#"
        `Borrowed` does not fit the checkpoint `D/a.npz`: 1 problem
        - field `Borrowed.w`: `a` is f32 [2, 3], which the field cannot borrow, since it is not aligned where it is in the file; change the field to `CowArray`, which can own a copy"#]].assert_eq(&refused.join("\n"));
}

#[test]
fn a_small_archive_does_not_become_a_large_tensor() {
    // 80 MB of zeros, in 80 kB.
    let len = 20_000_000;
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({len},)}}");
    let zeros = with_header(&header, &vec![0; 4 * len]);
    let small = npy(&matrix(), Order::default());
    let file = zip(&[Entry::deflated("a.npy", &zeros), Entry::deflated("b.npy", &small)], false);
    let size = file.len();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    std::fs::write(&path, file).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    let error = checkpoint.read("a").unwrap_err().to_string();
    let limit = 64_000_000 + 8 * size;
    assert!(error.contains(&format!("the limit is {limit}; if you trust the file")), "{error}");
    assert!(error.contains("its 80000128 bytes are compressed to"), "{error}");
    assert!(checkpoint.read("b").is_ok());
    // The limit can be raised.
    let mut limits = Limits::default();
    limits.memory = 100_000_000;
    let checkpoint = OpenOptions::new().limits(limits).open(&path).unwrap();
    assert_eq!(checkpoint.read("a").unwrap().spec().shape.elements(), 20_000_000);
}

#[test]
fn a_column_major_array_is_borrowed_and_read_in_parts() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.npy");
    fs::write(&path, npy(&matrix(), Order { is_fortran: true, is_big: false })).unwrap();
    let checkpoint = Checkpoint::open_in_memory(&path).unwrap();
    let expected = matrix().into_array::<f32>().unwrap();
    let (borrowed, report) = Borrowed::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(report.borrowed.variables.len(), 1);
    assert_eq!(
        (borrowed.w.view().into_dyn(), borrowed.w.strides()),
        (expected.view(), &[1, 2][..])
    );
    let rows = checkpoint.read_rows("a", 1..2).unwrap().into_array::<f32>().unwrap();
    assert_eq!(rows, expected.slice_axis(ndarray::Axis(0), (1..2).into()));
}
