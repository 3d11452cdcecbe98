//! Saves: the files equal those of `TensorFlow`, and read back the same.

mod numpy;
mod safetensors;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, DType, Memory, Name, SaveOptions, Tensor, Writer};
use checkpoint_tests::corpus::{Case, Format, cases, real_cases};
use checkpoint_tests::writer::{Bundle, Extent, StateFile};
use expect_test::expect;
use ndarray::{Array2, arr0, array, s};
use tempfile::TempDir;

/// Returns options that do not wait for the disk.
fn quick<'a>() -> SaveOptions<'a> {
    SaveOptions::new().sync(false)
}

/// Returns the names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn with_suffix(prefix: &Path, suffix: &str) -> PathBuf {
    format!("{}{suffix}", prefix.display()).into()
}

/// True if opening and saving a checkpoint reproduces its bytes.
fn is_reproduced(case: &Case) -> bool {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("copy");
    let checkpoint = Checkpoint::open(&case.prefix).unwrap();
    checkpoint.save_as(&copy, quick()).unwrap();
    let saved = Checkpoint::open(&copy).unwrap();
    for variable in checkpoint.variables() {
        let (name, again) = (&variable.name, saved.read(&variable.name).unwrap());
        assert!(checkpoint.read(name).unwrap() == again, "{}: {name}", case.name);
    }
    assert_eq!(saved.variables().len(), checkpoint.variables().len());
    let same = |suffix: &str| {
        let [one, other] = [&case.prefix, &copy].map(|path| fs::read(with_suffix(path, suffix)));
        one.ok() == other.ok()
    };
    same(".index") && same(".data-00000-of-00001")
}

#[test]
fn checkpoints_of_tensorflow_are_saved_byte_for_byte() {
    let mut lines = String::new();
    let all = cases().unwrap().into_iter().chain(real_cases().unwrap());
    for case in all.filter(|case| !case.truth.index_only) {
        let is_reproduced = is_reproduced(&case);
        if case.name.starts_with("real/") {
            let is_v2 = case.truth.format == Format::V2;
            assert_eq!(is_reproduced, is_v2, "{}", case.name);
            continue;
        }
        let word = if is_reproduced { "the same bytes" } else { "the same tensors" };
        writeln!(lines, "{}: {word}", case.name).unwrap();
    }
    // The others have compressed or small blocks, big-endian numbers, slices or several files.
    expect![[r#"
        crafted/big-endian: the same tensors
        crafted/small-blocks: the same tensors
        crafted/snappy: the same tensors
        crafted/v1-snappy: the same tensors
        gen/dtypes: the same bytes
        gen/names: the same bytes
        gen/object-based: the same bytes
        gen/partitioned: the same tensors
        gen/scalars: the same bytes
        gen/sharded: the same tensors
        gen/state-relative: the same bytes
        gen/strings: the same bytes
        gen/v1-basic: the same tensors
        models/gpt2-nano: the same bytes
        models/gpt2-shakespeare: the same bytes
    "#]]
    .assert_eq(&lines);
}

#[test]
fn a_writer_leaves_exactly_the_files_of_the_checkpoint() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("new/model.ckpt");
    let matrix = Array2::from_shape_vec((3, 4), (0..12_u8).map(f32::from).collect()).unwrap();
    let mut writer = Writer::create_with(&path, quick().max_shard_size(100)).unwrap();
    writer.add("matrix", &matrix).unwrap();
    writer.add("columns", &matrix.slice(s![.., 1..3])).unwrap();
    writer.add("transposed", &matrix.t()).unwrap();
    writer.add("flags", &array![true, false]).unwrap();
    writer.add("names", &array!["a".to_owned(), String::new()]).unwrap();
    writer.add("step", &arr0(7_i64)).unwrap();
    let report = writer.finish().unwrap();
    assert_eq!(
        names(&folder.path().join("new")),
        ["model.ckpt.data-00000-of-00002", "model.ckpt.data-00001-of-00002", "model.ckpt.index"]
    );
    assert_eq!((report.variables, report.bytes, report.files.len()), (6, 137, 3));
    let said = report.to_string();
    let expected = format!("6 variables, 137 B, as {} (tensorflow, 3 files), in ", path.display());
    assert!(said.starts_with(&expected), "{said}");
    let saved = Checkpoint::open(&path).unwrap();
    assert_eq!(saved.read_array::<f32>("transposed").unwrap(), matrix.t().into_dyn());
    let columns = matrix.slice(s![.., 1..3]).into_dyn().to_owned();
    assert_eq!(saved.read_array::<f32>("columns").unwrap(), columns);
    assert_eq!(saved.read_array::<bool>("flags").unwrap(), array![true, false].into_dyn());
    assert_eq!(saved.read_array::<String>("names").unwrap()[0], "a");
}

#[test]
fn a_writer_writes_what_a_save_does() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let bundle = Bundle::new().f32("b", &[2], &[1.0, 2.0]).strings("s", &[2], &["hi", ""]);
    bundle.i64("a", &[], &[7]).write(&one).unwrap();
    let mut writer = Writer::create_with(&other, quick()).unwrap();
    writer.add("b", &array![1.0_f32, 2.0]).unwrap();
    writer.add_tensor("s", &Tensor::from_strings([2], ["hi", ""]).unwrap()).unwrap();
    writer.add("a", &arr0(7_i64)).unwrap();
    writer.finish().unwrap();
    for suffix in [".index", ".data-00000-of-00001"] {
        let [one, other] = [&one, &other].map(|path| fs::read(with_suffix(path, suffix)).unwrap());
        assert!(one == other, "{suffix}");
    }
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model");
    let mut writer = Writer::create_with(&path, quick()).unwrap();
    writer.add("a", &array![1.0_f32]).unwrap();
    assert!(Checkpoint::open(&path).is_err());
    drop(writer);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn an_index_of_many_blocks_is_that_of_the_other_writer() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let (mut bundle, mut writer) = (Bundle::new(), Writer::create_with(&other, quick()).unwrap());
    let long = "x".repeat(600_000);
    for number in 0..9000 {
        let name = if number == 4500 { long.clone() } else { format!("layer_{number}/kernel") };
        bundle = bundle.i32(&name, &[1], &[number]);
        writer.add(name, &array![number]).unwrap();
    }
    bundle.write(&one).unwrap();
    writer.finish().unwrap();
    for suffix in [".index", ".data-00000-of-00001"] {
        let [one, other] = [&one, &other].map(|path| fs::read(with_suffix(path, suffix)).unwrap());
        assert!(one == other, "{suffix}");
    }
}

#[test]
fn there_can_be_more_shards_than_files_can_be_open() {
    let folder = TempDir::new().unwrap();
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    let mut writer = Writer::create_with(&one, quick().max_shard_size(1)).unwrap();
    for number in 0..1500_i32 {
        writer.add(format!("v{number}"), &arr0(number)).unwrap();
    }
    writer.finish().unwrap();
    let one = Checkpoint::open(&one).unwrap();
    assert_eq!((one.catalog().shards, one.variables().len()), (1500, 1500));
    let source = Memory::new((0..1500_i32).map(|number| {
        (Name::from(format!("v{number}")), Tensor::from_array(arr0(number)).unwrap())
    }));
    let source = Checkpoint::from_source("memory", source);
    source.save_as(&other, quick().max_shard_size(1)).unwrap();
    let other = Checkpoint::open(&other).unwrap();
    assert_eq!(other.read_array::<i32>("v1499").unwrap(), arr0(1499).into_dyn());
}

#[test]
fn tensors_start_at_multiples_of_the_alignment() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model");
    let mut writer = Writer::create_with(&path, quick().align(64)).unwrap();
    writer.add("a", &array![1_u8, 2, 3]).unwrap();
    writer.add("b", &array![1.0_f64]).unwrap();
    writer.finish().unwrap();
    let size = fs::metadata(with_suffix(&path, ".data-00000-of-00001")).unwrap().len();
    assert_eq!(size, 72);
    let saved = Checkpoint::open(&path).unwrap();
    assert_eq!(saved.read_array::<f64>("b").unwrap(), array![1.0].into_dyn());
}

#[test]
fn shards_are_filled_in_order_and_a_tensor_is_never_cut() {
    let folder = TempDir::new().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    let bundle = Bundle::new().f32("a", &[2], &[1.0, 2.0]).f32("b", &[2], &[3.0, 4.0]);
    let bundle = bundle.in_shard(1).f32("c", &[6], &[5.0; 6]).in_shard(2).f32("d", &[1], &[6.0]);
    bundle.write(&one).unwrap();
    let checkpoint = Checkpoint::open(&one).unwrap();
    checkpoint.save_as(&other, quick().max_shard_size(16)).unwrap();
    for suffix in [0, 1, 2].map(|shard| format!(".data-0000{shard}-of-00003")) {
        let [one, other] = [&one, &other].map(|path| fs::read(with_suffix(path, &suffix)).unwrap());
        assert!(one == other, "{suffix}");
    }
    let [one, other] = [one, other].map(|path| fs::read(with_suffix(&path, ".index")).unwrap());
    assert!(one == other);
}

/// Returns the error of a save, with `D` for the folder.
fn refused(folder: &TempDir, result: Result<impl Sized, checkpoint_core::SaveError>) -> String {
    let error = result.err().expect("an error").to_string();
    error.replace(folder.path().to_str().unwrap(), "D")
}

#[test]
fn an_existing_checkpoint_is_kept_unless_it_is_to_be_overwritten() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model");
    Bundle::new().shards(2).f32("w", &[1], &[1.0]).write(&path).unwrap();
    let source = Checkpoint::open_in_memory(&path).unwrap();
    let said = refused(&folder, source.save_as(&path, quick()));
    expect!["`D/model.data-00000-of-00002` already exists; save to another path, or replace it with `SaveOptions::overwrite`"].assert_eq(&said);
    source.save_as(&path, quick().overwrite(true)).unwrap();
    assert_eq!(names(folder.path()), ["model.data-00000-of-00001", "model.index"]);
    let saved = Checkpoint::open(&path).unwrap();
    assert_eq!(saved.read_array::<f32>("w").unwrap(), array![1.0].into_dyn());
}

#[test]
fn names_that_cannot_be_written_are_told_at_once() {
    let folder = TempDir::new().unwrap();
    let mut writer = Writer::create_with(folder.path().join("model"), quick()).unwrap();
    writer.add("a", &array![1.0_f32]).unwrap();
    let twice = refused(&folder, writer.add("a", &array![1.0_f32]));
    let empty = refused(&folder, writer.add("", &array![1.0_f32]));
    let scale = Tensor::from_bytes(DType::Float8E8M0FNU, [2], &[1, 2]).unwrap();
    let unsupported = refused(&folder, writer.add_tensor("scale", &scale));
    let path = folder.path().join("model.index");
    let index = refused(&folder, Writer::create(path));
    let format = refused(&folder, Writer::create_with("x", quick().format("hdf5")));
    let none = refused(&folder, Writer::create(""));
    let other = refused(&folder, Writer::create(folder.path().join("model.pt")));
    let busy = refused(&folder, Writer::create_with(folder.path().join("model"), quick()));
    let tensors =
        [("", scale.clone()), ("scale", scale), ("w", Tensor::from_array(arr0(1_u8)).unwrap())];
    let tensors = tensors.map(|(name, tensor)| (Name::from(name), tensor));
    let source = Checkpoint::from_source("memory", Memory::new(tensors.to_vec()));
    let several = refused(&folder, source.save_as(folder.path().join("other"), quick()));
    let all = [twice, empty, unsupported, several, index, format, none, other, busy].join("\n");
    expect![[r#"
        cannot save `D/model`: 1 problem
        - 2 variables have the name `a`; give each its own name
        cannot save `D/model`: 1 problem
        - a variable f32 [1] has an empty name; name it
        cannot save `D/model`: 1 problem
        - `scale` is f8_e8m0fnu [2], which TensorFlow cannot hold; convert it to another dtype, or save as safetensors
        cannot save `D/other`: 3 problems
        - a variable f8_e8m0fnu [2] has an empty name; name it
        - `` is f8_e8m0fnu [2], which TensorFlow cannot hold; convert it to another dtype, or save as safetensors
        - `scale` is f8_e8m0fnu [2], which TensorFlow cannot hold; convert it to another dtype, or save as safetensors
        cannot save a checkpoint as `D/model.index`: it is the name of one of its files; give the part before `.index` or `.data`
        unknown format `hdf5` to write; use `safetensors`, `npz`, `npy` or `tensorflow`
        cannot save a checkpoint as ``: it ends in no name of a file; add one, such as `model.ckpt`
        cannot save a checkpoint as `D/model.pt`: its end is that of a format that is not written; end it with `.safetensors` or `.npz`, or name a format with `SaveOptions::format`
        another save to `D/model` is running; wait for it, or save to another path"#]].assert_eq(&all);
    writer.finish().unwrap();
    assert_eq!(Checkpoint::open(folder.path().join("model")).unwrap().variables().len(), 1);
}

#[test]
fn a_damaged_variable_is_not_saved() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model");
    Bundle::new().f32("w", &[1], &[1.0]).f32("x", &[2], &[1.0, 2.0]).write(&path).unwrap();
    fs::write(with_suffix(&path, ".data-00000-of-00001"), [0; 12]).unwrap();
    let said = refused(
        &folder,
        Checkpoint::open(&path).unwrap().save_as(folder.path().join("copy"), quick().threads(1)),
    );
    expect!["cannot read `w`: the checksum of its 4 bytes at byte 0 of the data file `D/model.data-00000-of-00001` is 48674bc7, but the checkpoint says dd54c4ab; the file is damaged or of another checkpoint, fetch it again"].assert_eq(&said);
    assert_eq!(names(folder.path()), ["model.data-00000-of-00001", "model.index"]);
}

#[test]
fn the_latest_checkpoint_is_named_beside_the_others() {
    let folder = TempDir::new().unwrap();
    let save = |name: &str| {
        let options = quick().overwrite(true).state_file(true);
        let mut writer = Writer::create_with(folder.path().join(name), options).unwrap();
        writer.add("w", &array![1.0_f32]).unwrap();
        writer.finish().unwrap();
        fs::read_to_string(folder.path().join("checkpoint")).unwrap()
    };
    let first = StateFile::of("model-1").to_text();
    assert_eq!(save("model-1"), first);
    let mut state = StateFile::of("model's 2");
    state.all_model_checkpoint_paths.insert(0, "model-1".to_owned());
    assert_eq!(save("model's 2"), state.to_text());
    assert_eq!(Checkpoint::open(folder.path()).unwrap().path(), folder.path().join("model's 2"));
    state.all_model_checkpoint_paths.rotate_left(1);
    "model-1".clone_into(&mut state.model_checkpoint_path);
    assert_eq!(save("model-1"), state.to_text());
    // A checkpoint manager wrote the times, and needs them later.
    state.all_model_checkpoint_timestamps = vec![1.5, 1_795_347_521.004_074_8];
    state.last_preserved_timestamp = Some(0.25);
    state.write(folder.path()).unwrap();
    let text = save("model's 2");
    assert_eq!(text.matches("all_model_checkpoint_timestamps").count(), 2, "{text}");
    assert!(text.contains("all_model_checkpoint_timestamps: 1795347521.0040748\n"), "{text}");
    assert!(text.ends_with("last_preserved_timestamp: 0.25\n"), "{text}");
}

#[test]
fn a_state_file_that_cannot_be_written_is_told_before_a_byte_is() {
    let folder = TempDir::new().unwrap();
    let create = |name: &str| {
        let path = folder.path().join(name);
        refused(&folder, Writer::create_with(path, quick().state_file(true)))
    };
    fs::write(folder.path().join("checkpoint"), "model").unwrap();
    let all = [create("model"), create("checkpoint")].join("\n");
    expect![[r#"
        cannot add the checkpoint to `D/checkpoint`: line 1, column 6: expected `:`; remove that file, or save without `SaveOptions::state_file`
        cannot save a checkpoint as `D/checkpoint`: the file `checkpoint` needs this name; give another, such as `model.ckpt`"#]].assert_eq(&all);
    assert_eq!(names(folder.path()), ["checkpoint"]);
}

#[cfg(unix)]
#[test]
#[expect(unsafe_code, reason = "that is what is tested")]
fn a_mapped_checkpoint_is_replaced_and_still_has_its_bytes() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model");
    Bundle::new().f32("w", &[2], &[1.0, 2.0]).write(&path).unwrap();
    // SAFETY: nobody changes the file: a save creates another one.
    let mapped = unsafe { Checkpoint::open_mapped(&path) }.unwrap();
    let before = mapped.read("w").unwrap();
    let mut writer = Writer::create_with(&path, quick().overwrite(true)).unwrap();
    writer.add("w", &array![3.0_f32, 4.0]).unwrap();
    writer.finish().unwrap();
    assert_eq!(mapped.read("w").unwrap(), before);
    let saved = Checkpoint::open(&path).unwrap();
    assert_eq!(saved.read_array::<f32>("w").unwrap(), array![3.0, 4.0].into_dyn());
    mapped.save_as(&path, quick().overwrite(true)).unwrap();
    assert_eq!(Checkpoint::open(&path).unwrap().read("w").unwrap(), before);
    let plain = folder.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&with_suffix(&path, ".index")), mode(&plain));
}

#[test]
fn a_checkpoint_can_have_no_name_and_no_variables() {
    let folder = TempDir::new().unwrap();
    let options = quick().format("tensorflow").state_file(true);
    Writer::create_with(folder.path().join("new/"), options).unwrap().finish().unwrap();
    let new = folder.path().join("new");
    assert_eq!(names(&new), [".data-00000-of-00001", ".index", "checkpoint"]);
    assert_eq!(Checkpoint::open(&new).unwrap().variables().len(), 0);
    let (one, other) = (new.join(""), folder.path().join("other"));
    Bundle::new().write(&other).unwrap();
    for suffix in [".index", ".data-00000-of-00001"] {
        let [one, other] = [&one, &other].map(|path| fs::read(with_suffix(path, suffix)).unwrap());
        assert!(one == other, "{suffix}");
    }
    for name in ["none.safetensors", "none.npz"] {
        let path = folder.path().join(name);
        Writer::create_with(&path, quick()).unwrap().finish().unwrap();
        let opened = Checkpoint::open(&path).map(|checkpoint| checkpoint.variables().len());
        assert_eq!(opened.map_err(|error| error.to_string()), Ok(0));
    }
}

#[test]
fn variables_and_paths_that_cannot_be_saved_are_told() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let half = [Extent::part(0, 2)];
    let bundle = Bundle::new().f32("whole", &[1], &[1.0]);
    let bundle = bundle.slice("part", DType::Float32, &[4], &half, vec![0; 8]);
    bundle.slice("other", DType::Float32, &[4], &half, vec![0; 8]).write(at("source")).unwrap();
    let source = Checkpoint::open(at("source")).unwrap();
    let unreadable = refused(&folder, source.save_as(at("copy"), quick()));
    let axes = ndarray::ArrayD::<f32>::zeros(vec![1; 255]);
    let mut writer = Writer::create_with(at("model"), quick()).unwrap();
    let axes = refused(&folder, writer.add("axes", &axes)).replace("1, ", "");
    drop(writer);
    let all = [unreadable, axes].join("\n");
    expect![[r#"
        cannot save `D/copy`: 2 problems
        - `other` is incomplete: only 2 of its 4 elements were saved; load the others without it, or save it anew in TensorFlow
        - `part` is incomplete: only 2 of its 4 elements were saved; load the others without it, or save it anew in TensorFlow
        cannot save `axes`: no tensor has the shape [1]: too many axes or elements; take fewer"#]].assert_eq(&all);
    let before = names(folder.path());
    assert_eq!(before, ["source.data-00000-of-00001", "source.index"]);
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_text_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let folder = TempDir::new().unwrap();
    let path = folder.path().join(OsStr::from_bytes(b"model\xff"));
    let error = refused(&folder, Writer::create_with(path, quick()));
    expect!["cannot save a checkpoint as `D/model�`: its name is not UTF-8; save to another path"]
        .assert_eq(&error);
    assert_eq!(names(folder.path()), [""; 0]);
}
