//! Files of `PyTorch`: the same results as `PyTorch`, every way to open them, and errors of invalid pickles.

use std::fs;
use std::path::{Path, PathBuf};

use checkpoint_core::{
    Checkpoint, FromCheckpoint, Limits, LoadOptions, OpenOptions, Place, Tensor,
};
use checkpoint_tests::corpus::{arrays, sha256_of_tensor};
use checkpoint_tests::writer::npy::Order;
use checkpoint_tests::writer::safetensors::{index, safetensors};
use checkpoint_tests::writer::torch::{Pickle, archive, with_pickle};
use checkpoint_tests::writer::zip::{Entry, zip};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, ArrayView2, array};
use tempfile::TempDir;

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/pytorch").join(name)
}

#[test]
fn all_is_read_as_pytorch_reads_it() {
    for (path, expected) in arrays("pytorch").unwrap() {
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
        }
    }
}

#[test]
fn tensors_of_one_storage_share_its_bytes() {
    let checkpoint = Checkpoint::open(corpus("views.pth")).unwrap();
    let place = |name: &str| checkpoint.get(name).unwrap().place.clone();
    assert_eq!(place("whole"), place("tied"));
    assert!(place("whole").has_checksum());
    let Place::Whole(rows) = place("rows") else { panic!("rows are an extent") };
    let Place::Whole(whole) = place("whole") else { panic!("a tensor is an extent") };
    assert_eq!((rows.offset, rows.size), (whole.offset + 2 * 8 * 4, 3 * 8 * 4));
    assert!(!place("rows").has_checksum());
    assert_eq!(whole.offset % 64, 0);
    for name in ["transposed", "columns", "steps"] {
        let Place::Strided(strided) = place(name) else { panic!("`{name}` has strides") };
        assert_eq!(strided.extent, whole, "{name}");
    }
    assert_eq!(place("expanded"), Place::Opaque);
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
        lines.collect::<Vec<_>>().concat()
    };
    let said = Checkpoint::open(path)
        .map_or_else(|error| format!("{error}\n"), |checkpoint| line(&checkpoint));
    said.replace(&folder.display().to_string(), "D")
}

fn of_bytes(bytes: impl AsRef<[u8]>) -> String {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.pt");
    fs::write(&path, bytes).unwrap();
    said(folder.path(), &path)
}

fn storages() -> Vec<Vec<u8>> {
    vec![(0..24).collect(), vec![1; 8]]
}

/// Checks the errors of archives with these pickles, and a storage of six `float32`.
fn check(pickles: impl IntoIterator<Item = Pickle>, expected: &Expect) {
    let said =
        pickles.into_iter().map(|pickle| of_bytes(with_pickle(&pickle.end(), &storages(), false)));
    expected.assert_eq(&said.collect::<Vec<_>>().concat());
}

fn new() -> Pickle {
    Pickle::new()
}

fn tensor(view: (u64, &[u64], &[u64])) -> Pickle {
    new().raw(b"}").text("w").tensor("FloatStorage", "0", 6, view).raw(b"s")
}

#[test]
fn nothing_but_containers_scalars_and_tensors_is_made() {
    check(
        [
            new().global("os", "system").text("echo").raw(b"\x85R"),
            new().global("posix", "system"),
            new().global("builtins", "eval").text("1").raw(b"\x85R"),
            new().text("builtins").text("exec").raw(b"\x93"),
            new().global("torch", "load"),
            new().global("torch._utils", "_rebuild_qtensor"),
            new().global("argparse", "Namespace").raw(b")\x81"),
            new().global("__torch__", "Model"),
            new().global("torch.nn.modules.linear", "Linear"),
            new().global("numpy.core.multiarray", "scalar"),
            new().global("collections", "OrderedDict").raw(b")\x81"),
            new().raw(b"(ios\nsystem\n"),
            new().raw(b"\x82\x01"),
            new().raw(b"Pstorage\n"),
            new().global("collections", "OrderedDict").text("x").raw(b"b"),
        ],
        &expect![[r#"
            cannot read `D/a.pt`: the pickle `data.pkl` asks for `os.system` at byte 2, which is neither a tensor, a container nor a number, and is never run; save the tensors alone, as `torch.save(model.state_dict(), ...)` does
            cannot read `D/a.pt`: the pickle `data.pkl` asks for `posix.system` at byte 2, which is neither a tensor, a container nor a number, and is never run; save the tensors alone, as `torch.save(model.state_dict(), ...)` does
            cannot read `D/a.pt`: the pickle `data.pkl` asks for `builtins.eval` at byte 2, which is neither a tensor, a container nor a number, and is never run; save the tensors alone, as `torch.save(model.state_dict(), ...)` does
            cannot read `D/a.pt`: the pickle `data.pkl` asks for `builtins.exec` at byte 24, which is neither a tensor, a container nor a number, and is never run; save the tensors alone, as `torch.save(model.state_dict(), ...)` does
            cannot read `D/a.pt`: the pickle `data.pkl` asks for `torch.load` at byte 2, which is neither a tensor, a container nor a number, and is never run; save the tensors alone, as `torch.save(model.state_dict(), ...)` does
            cannot read `D/a.pt`: the pickle `data.pkl` asks for `torch._utils._rebuild_qtensor` at byte 2, which is neither a tensor, a container nor a number, and is never run; save the tensors alone, as `torch.save(model.state_dict(), ...)` does
            cannot read `D/a.pt`: the pickle `data.pkl` asks for `argparse.Namespace` at byte 2, which is neither a tensor, a container nor a number, and is never run; save the tensors alone, as `torch.save(model.state_dict(), ...)` does
            cannot read `D/a.pt`: the pickle `data.pkl` asks for `__torch__.Model` at byte 2, which is neither a tensor, a container nor a number, and is never run; save the tensors alone, as `torch.save(model.state_dict(), ...)` does
            cannot read `D/a.pt`: the pickle `data.pkl` asks for `torch.nn.modules.linear.Linear` at byte 2, which is neither a tensor, a container nor a number, and is never run; save the tensors alone, as `torch.save(model.state_dict(), ...)` does
            cannot read `D/a.pt`: the pickle `data.pkl` asks for `numpy.core.multiarray.scalar` at byte 2, which is neither a tensor, a container nor a number, and is never run; save the tensors alone, as `torch.save(model.state_dict(), ...)` does
            cannot read `D/a.pt`: the pickle `data.pkl` has the operation 0x81 at byte 28, which is not known; save it again with `torch.save`
            cannot read `D/a.pt`: the pickle `data.pkl` has the operation 0x69 at byte 3, which is not known; save it again with `torch.save`
            cannot read `D/a.pt`: the pickle `data.pkl` has the operation 0x82 at byte 2, which is not known; save it again with `torch.save`
            cannot read `D/a.pt`: the pickle `data.pkl` has the operation 0x50 at byte 2, which is not known; save it again with `torch.save`
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 33: expected a dictionary or a tensor; the file is damaged, fetch it again
        "#]],
    );
}

#[test]
fn pickles_that_contradict_themselves_are_refused() {
    let ordered = || new().global("collections", "OrderedDict");
    check(
        [
            new(),
            new().raw(b"("),
            new().raw(b"0"),
            new().raw(b"(N(0"),
            new().raw(b"1"),
            new().raw(b"t"),
            new().raw(b"N\x85\x86"),
            new().raw(b"2"),
            new().raw(b"h\x07"),
            new().raw(b"q\x07"),
            new().raw(b"Na"),
            new().raw(b"}Na"),
            new().raw(b"}NNs"),
            new().raw(b"X\xff\xff\xff\xffabc"),
            new().raw(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc"),
            new().raw(b"ctorch"),
            new().raw(b"NNR"),
            ordered().raw(b"NR"),
            ordered().text("x").raw(b"\x85R"),
            ordered().raw(b"]N\x85a\x85R"),
        ],
        &expect![[r#"
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 2: expected an object; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 3: expected an object; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 2: expected an object; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 5: expected an object; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 2: expected a mark; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 2: expected a mark; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 4: expected more objects; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 2: expected an object; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 3: expected an object that was noted; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 3: expected an object; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 3: expected a list or a dictionary, and what it gets; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 4: expected a list or a dictionary, and what it gets; the file is damaged, fetch it again
            cannot read `D/a.pt`: the keys of a dictionary in the pickle `data.pkl` are neither text nor numbers; save the tensors alone
            cannot read `D/a.pt`: the pickle `data.pkl` ends too early; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` ends too early; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` ends too early; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 4: expected a call of a global; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 28: expected the arguments of a call; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 34: expected a list of pairs; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 32: expected a list of pairs; the file is damaged, fetch it again
        "#]],
    );
}

#[test]
fn tensors_that_contradict_themselves_are_refused() {
    let storage = |len: i64| {
        new()
            .raw(b"(")
            .text("storage")
            .global("torch", "FloatStorage")
            .text("0")
            .text("cpu")
            .int(len)
            .raw(b"tQ")
    };
    check(
        [
            storage(-1),
            new().text("storage").raw(b"\x85Q"),
            new().global("torch._utils", "_rebuild_tensor_v2").raw(b")R"),
            tensor((u64::MAX, &[1], &[1])),
            tensor((0, &[1, 2], &[1])),
            tensor((0, &[u64::MAX], &[1])),
            tensor((0, &[1; 300], &[1; 300])),
        ],
        &expect![[r#"
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 60: expected the description of a storage; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 15: expected the description of a storage; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 36: expected other arguments; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 165: expected as many strides as axes; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 175: expected as many strides as axes; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 165: expected a tuple of numbers; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 6145: expected at most 254 axes; the file is damaged, fetch it again
        "#]],
    );
}

#[test]
fn tensors_that_are_not_within_their_storage_are_refused_alone() {
    let key = |key: &str, len: u64| {
        new().raw(b"}").text("w").tensor("FloatStorage", key, len, (0, &[1], &[1])).raw(b"s")
    };
    let untyped = new().raw(b"}").text("w").global("torch._utils", "_rebuild_tensor_v2").raw(b"(");
    let untyped = untyped.storage(("torch.storage", "UntypedStorage"), "0", 24);
    check(
        [
            tensor((0, &[6], &[1])),
            tensor((1, &[6], &[1])),
            tensor((0, &[2, 3], &[4, 1])),
            tensor((7, &[0], &[1])),
            tensor((0, &[0, 9], &[99, 99])),
            tensor((5, &[1, 1], &[99, 99])),
            tensor((0, &[2], &[1 << 62])),
            tensor((0, &[1 << 40, 1 << 40], &[0, 0])),
            tensor((0, &[1 << 40], &[0])),
            tensor((0, &[1 << 16], &[0])),
            key("2", 6),
            key("0", 7),
            key("0", 1 << 62),
            key("../data.pkl", 6),
            untyped.int(0).ints(&[6]).ints(&[1]).raw(b"tRs"),
        ],
        &expect![[r#"
            w: f32 [6]
            w: cannot read `w`: it is damaged: it ends behind its storage; the file is damaged, fetch it again
            w: cannot read `w`: it is damaged: it ends behind its storage; the file is damaged, fetch it again
            w: f32 [0]
            w: f32 [0, 9]
            w: f32 [1, 1]
            w: cannot read `w`: it is damaged: it ends behind its storage; the file is damaged, fetch it again
            w: cannot read `w`: it is damaged: no tensor has its shape; the file is damaged, fetch it again
            w: cannot read `w`: it is not supported: its 4398046511104 bytes repeat 24 stored ones, and the limit is 64005720; if you trust the file, raise `Limits::memory`
            w: f32 [65536]
            w: cannot read `w`: it is damaged: the archive has no file `model/data/2` for its elements; the file is damaged, fetch it again
            w: cannot read `w`: it is damaged: the file `model/data/0` has 24 bytes, and its storage 28; the file is damaged, fetch it again
            w: cannot read `w`: it is damaged: the file `model/data/0` has 24 bytes, and its storage more; the file is damaged, fetch it again
            w: cannot read `w`: it is damaged: the archive has no file `model/data/../data.pkl` for its elements; the file is damaged, fetch it again
            cannot read `D/a.pt`: the pickle `data.pkl` contradicts itself at byte 147: expected the dtype of a tensor; the file is damaged, fetch it again
        "#]],
    );
}

#[test]
fn containers_that_are_no_checkpoint_are_refused() {
    let deep = (0..70).fold(new(), |pickle, _| pickle.raw(b"]")).raw(&b"a".repeat(69));
    let around = new().raw(b"]q\0h\0a");
    // Each list contains the previous one twice.
    let laughs = (1..40).fold(new().raw(b"]q\0Na"), |pickle, number| {
        pickle.raw(&[b'0', b']', b'q', number, b'h', number - 1, b'a', b'h', number - 1, b'a'])
    });
    let long = "n".repeat(40_000);
    check(
        [
            deep,
            around,
            laughs,
            new()
                .raw(b"}")
                .text("a.b")
                .raw(b"K\x01s")
                .text("a")
                .raw(b"}")
                .text("b")
                .raw(b"K\x01ss"),
            new().raw(b"}NK\x01s"),
            new().raw(b"}").text(&long).raw(b"}").text(&long).raw(b"K\x01ss"),
            new().raw(b"\x8a\x09\0\0\0\0\0\0\0\0\x01"),
            new().raw(b"N"),
            new().raw(b"}"),
        ],
        &expect![[r#"
            cannot read `D/a.pt`: the pickle `data.pkl` has containers nested more than 64 deep; save the tensors alone
            cannot read `D/a.pt`: the pickle `data.pkl` has containers nested more than 64 deep; save the tensors alone
            cannot read `D/a.pt`: too much memory for the containers of a pickle: 64007784 bytes needed up to here, and the limit for a file of this length is 64007768; if you trust the file, raise `Limits::memory`
            cannot read `D/a.pt`: the pickle `data.pkl` has two values of the name `a.b`; save them under other names
            cannot read `D/a.pt`: the keys of a dictionary in the pickle `data.pkl` are neither text nor numbers; save the tensors alone
            cannot read `D/a.pt`: the pickle `data.pkl` has a name of 80001 bytes, and the limit is 65536; if you trust the file, raise `Limits::key_bytes`
            a: cannot read `a`: it is not supported: it is an integer of more than 64 bits; save it as a float or a text
        "#]],
    );
}

#[test]
fn scalars_of_all_forms_are_read() {
    let pickle = new().raw(b"](K\x07M\xff\xffJ\xff\xff\xff\xff\x8a\0\x8a\x01\x80\x8a\x02\0\x01e");
    let pickle = pickle.raw(b"\x8f(\x88\x89\x90").raw(b"\x86");
    let bytes = with_pickle(&pickle.end(), &[], false);
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.pt"), bytes).unwrap();
    let checkpoint = Checkpoint::open(folder.path().join("a.pt")).unwrap();
    let numbers = checkpoint.read_array::<i64>("0").unwrap();
    assert_eq!(numbers.iter().copied().collect::<Vec<_>>(), [7, 65_535, -1, 0, -128, 256]);
    assert_eq!(checkpoint.read_array::<bool>("1").unwrap(), array![true, false].into_dyn());
}

/// Returns an archive with a compressed pickle and a compressed storage of zeros, of this many bytes.
fn compressed(pickle: &[u8], zeros: usize) -> Vec<u8> {
    let entries =
        [Entry::deflated("m/data.pkl", pickle), Entry::deflated("m/data/0", &vec![0; zeros])];
    zip(&entries, false)
}

#[test]
fn a_small_compressed_file_does_not_become_a_large_tensor() {
    // 80 MB of zeros, in 80 kB.
    let len = 20_000_000;
    let dict = |pickle: Pickle| {
        let pickle = pickle.text("a").tensor("FloatStorage", "0", len, (0, &[len], &[1]));
        pickle.text("b").tensor("FloatStorage", "0", len, (7, &[2], &[3])).raw(b"u").end()
    };
    let pickle = dict(Pickle::new().raw(b"}("));
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.pt");
    let file = compressed(&pickle, 80_000_000);
    let size = file.len();
    fs::write(&path, file).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    for name in ["a", "b"] {
        let error = checkpoint.read(name).unwrap_err().to_string();
        let limit = 64_000_000 + 8 * size;
        assert!(error.contains(&format!("the limit is {limit}; if you trust the file")), "{error}");
        assert!(error.contains("its 80000000 bytes repeat"), "{error}");
    }
    // The limit can be raised.
    let mut limits = Limits::default();
    limits.memory = 100_000_000;
    let checkpoint = OpenOptions::new().limits(limits).open(&path).unwrap();
    assert_eq!(checkpoint.read("a").unwrap().shape().elements(), len);
    assert_eq!(checkpoint.read("b").unwrap().shape().dims(), [2]);
}

#[test]
fn a_compressed_storage_is_not_decompressed_for_very_many_tensors() {
    // 1,000 tensors of 4 bytes, each of which decompresses 1 MB.
    let all = (0..1000).fold(Pickle::new().raw(b"}("), |pickle, number: u64| {
        let view = (number, &[1][..], &[1][..]);
        pickle.text(&format!("{number:03}")).tensor("FloatStorage", "0", 250_000, view)
    });
    let file = compressed(&all.raw(b"u").end(), 1_000_000);
    let limit = 64_000_000 + 8 * file.len();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.pt");
    fs::write(&path, file).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    let is_read = |name: &&str| checkpoint.read(*name).is_ok();
    let names: Vec<String> = (0..1000).map(|number| format!("{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let [first, .., last] = &names[..] else { panic!("a thousand") };
    assert!(is_read(first) && !is_read(last));
    let readable = checkpoint.variables().iter().filter(|it| it.place == Place::Opaque).count();
    assert_eq!(readable, 1 + limit / 1_000_000);
    expect!["cannot read `999`: it is not supported: its storage is compressed, and the tensors that share storages decompress more than LIMIT bytes again; save the file without compression, or raise `Limits::memory`"]
        .assert_eq(&checkpoint.read(*last).unwrap_err().to_string().replace(&limit.to_string(), "LIMIT"));
}

#[test]
fn archives_that_are_not_of_pytorch_are_told() {
    let pickle = tensor((0, &[6], &[1])).end();
    let big = with_pickle(&pickle, &storages(), true);
    let file = |name: &str, bytes: &[u8]| Entry::stored(name, bytes);
    let number = file("m/data/0", &storages()[0]);
    let damaged = number.clone().with(|entry| entry.crc ^= 1);
    let unchecked = number.clone().with(|entry| entry.crc = 0);
    let files = [
        big,
        zip(&[file("m/data.pkl", &pickle), file("m/byteorder", b"middle"), number.clone()], false),
        zip(&[file("data.pkl", &pickle), file("data/0", &storages()[0])], false),
        zip(
            &[
                file("readme", b""),
                Entry::deflated("m/data.pkl", &pickle),
                Entry::deflated("m/data/0", &storages()[0]),
            ],
            false,
        ),
        zip(&[file("m/data.pkl", &pickle), damaged], false),
        zip(&[file("m/data.pkl", &pickle).with(|entry| entry.crc = 0), unchecked], false),
        zip(&[file("m/data.pkl", &pickle).with(|entry| entry.crc ^= 1), number.clone()], false),
        zip(&[file("m/data.pkl", &pickle), number.with(|entry| entry.flags = 1)], false),
        fs::read(corpus("legacy.pt")).unwrap(),
        tar("pickle"),
        with_pickle(&pickle, &storages(), false)[..100].to_vec(),
    ];
    expect![[r#"
        w: f32 [6]
        cannot read `D/a.pt`: the file `m/byteorder` of the archive names the byte order `middle`, but only `little` and `big` exist; the file is damaged, fetch it again
        w: f32 [6]
        w: f32 [6]
        w: cannot read `w`: the checksum of its 24 bytes at byte 246 of the data file `D/a.pt` is 8295a696, but the checkpoint says 8295a697; the file is damaged or of another checkpoint, fetch it again
        w: f32 [6]
        cannot read `D/a.pt`: the bytes of `m/data.pkl` have the checksum c9b83da8, but c9b83da9 is stored with them; the file is damaged, fetch it again
        cannot read `D/a.pt`: the file `m/data/0` is encrypted; save it without a password
        `D/a.pt` is a PyTorch checkpoint of an old format; load it with `torch.load`, and save it again with PyTorch 1.6 or newer
        `D/a.pt` is a PyTorch checkpoint of an old format; load it with `torch.load`, and save it again with PyTorch 1.6 or newer
        cannot read `D/a.pt`: the archive has no end; the file is cut, fetch it again
    "#]].assert_eq(&files.map(of_bytes).concat());
}

/// Returns the start of a tar archive with a file of this name.
fn tar(name: &str) -> Vec<u8> {
    let mut tar = vec![0; 1024];
    tar[..name.len()].copy_from_slice(name.as_bytes());
    tar[257..262].copy_from_slice(b"ustar");
    tar
}

fn one(name: &str) -> Vec<u8> {
    archive(&[(name.into(), Tensor::from_array(array![1.0_f32]).unwrap())], Order::default())
}

/// Writes files of many kinds, alone and side by side.
fn write_paths(root: &Path) {
    let write = |path: &str, bytes: &[u8]| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let map = index([("a", "x-1.bin"), ("b", "x-2.bin")]);
    write("weights", &one("w"));
    write("hub/pytorch_model.bin", &one("w"));
    write("hub/optimizer.pt", &one("o"));
    write("hub/training_args.bin", &one("t"));
    write("two/a.pt", &one("a"));
    write("two/b.pth", &one("b"));
    write(
        "both/model.safetensors",
        &safetensors(&[("s".into(), Tensor::from_array(array![1.0_f32]).unwrap())]),
    );
    write("both/pytorch_model.bin", &one("w"));
    write("shards/pytorch_model.bin.index.json", map.as_bytes());
    write("shards/x-1.bin", &one("a"));
    write("shards/x-2.bin", &one("b"));
    write("missing/pytorch_model.bin.index.json", map.as_bytes());
    write("missing/x-1.bin", &one("a"));
    write("other/pytorch_model.bin.index.json", map.as_bytes());
    write("other/x-1.bin", &one("a"));
    write("other/x-2.bin", &one("c"));
    write("foreign/pytorch_model.bin.index.json", map.as_bytes());
    write("foreign/x-1.bin", &one("a"));
    write("foreign/x-2.bin", b"<!doctype html>");
    write("alone/pytorch_model-00001-of-00002.bin", &one("a"));
    write("old/pytorch_model.bin", &fs::read(corpus("legacy.pt")).unwrap());
    write("beside/a.pt", &fs::read(corpus("legacy.pt")).unwrap());
    write("beside/b.pt", &one("b"));
}

#[test]
fn what_a_path_means_is_told_by_what_is_there() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    write_paths(root);
    let paths = [
        "weights", "hub", "two", "both", "shards", "missing", "other", "foreign", "alone", "old",
        "beside",
    ];
    let lines = paths.map(|path| format!("{path}:\n{}", said(root, &root.join(path))));
    expect![[r#"
        weights:
        w: f32 [1]
        hub:
        w: f32 [1]
        two:
        there are several checkpoints at `D/two`; open `D/two/a.pt` or `D/two/b.pth`
        both:
        s: f32 [1]
        shards:
        a: f32 [1]
        b: f32 [1]
        missing:
        the checkpoint `D/missing/pytorch_model.bin.index.json` has no file `D/missing/x-2.bin`; fetch it too
        other:
        cannot read `D/other/pytorch_model.bin.index.json`: `x-2.bin` has `c`, which the index does not name there; fetch all files of one revision
        foreign:
        `D/foreign/x-2.bin` is a web page and not the file itself; fetch what it links to
        alone:
        the checkpoint `D/alone` has no file `D/alone/pytorch_model.bin.index.json`; fetch it too
        old:
        `D/old/pytorch_model.bin` is a PyTorch checkpoint of an old format; load it with `torch.load`, and save it again with PyTorch 1.6 or newer
        beside:
        b: f32 [1]
    "#]].assert_eq(&lines.concat());
    let open = OpenOptions::new().format("pytorch").open(root.join("both")).unwrap();
    assert_eq!(open.variables()[0].name.as_str(), Some("w"));
}

#[derive(FromCheckpoint)]
#[ckpt(separator = ".", allow_unmapped)]
struct Training<'a> {
    #[ckpt(path = "model.0.weight")]
    weight: ArrayView2<'a, f32>,
    #[ckpt(path = "optimizer.state.0.exp_avg")]
    average: Array2<f32>,
    epoch: i64,
    loss: f64,
    best: bool,
    name: String,
    history: Array1<f64>,
    classes: Vec<String>,
    missing: Option<Array1<f32>>,
}

#[test]
fn structs_load_and_borrow() {
    let checkpoint = Checkpoint::open_in_memory(corpus("training.pt")).unwrap();
    let (training, report) = Training::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!((training.weight.dim(), training.average.dim()), ((4, 3), (4, 3)));
    assert_eq!((training.epoch, training.loss, training.best), (3, 0.25, true));
    assert_eq!((&*training.name, training.history), ("tiny ü", array![0.5, 0.25]));
    assert_eq!((training.classes, training.missing), (vec!["a".to_owned(), "b".to_owned()], None));
    assert_eq!((report.borrowed.variables.len(), report.unverified), (1, 0));
}
