//! Saves that stop or fail. After each change to the disk, either the old checkpoint or the new one exists.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use checkpoint_schema::listing::catalog::Spec;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use expect_test::expect;
use ndarray::{Array1, array};
use tempfile::TempDir;

use crate::checkpoint::Checkpoint;
use crate::open::error::OpenError;
use crate::save::elements::{Elements, NOTHING};
use crate::save::error::SaveError;
use crate::save::lock::LOCK;
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::save::switch::recover;
use crate::save::write::write;
use crate::save::writer::Writer;
use crate::save::{finish_ranks, write_rank};
use crate::system::rank::Rank;

/// The names of the files in a folder.
fn names(folder: &TempDir) -> Vec<String> {
    crate::source::FileSystem::Local.names(folder.path())
}

/// Saves two variables with this number as `model`, in the given number of data files.
fn save(
    folder: &TempDir,
    number: i32,
    shards: u64,
    options: SaveOptions<'_>,
) -> Result<(), SaveError> {
    let options = options.max_shard_size(if shards == 2 { 1 } else { 1000 });
    save_as(&folder.path().join("model"), number, options)
}

/// Saves two variables with this number.
fn save_as(path: &Path, number: i32, options: SaveOptions<'_>) -> Result<(), SaveError> {
    let mut writer = Writer::create_with(path, options)?;
    writer.add("a", &Array1::from_elem(3, number))?;
    writer.add("b", &Array1::from_elem(3, number))?;
    writer.finish().map(drop)
}

/// The number in the checkpoint `model`. All its variables must be from the same save.
fn number(folder: &TempDir) -> Result<i32, OpenError> {
    number_of(&folder.path().join("model"))
}

fn number_of(path: &Path) -> Result<i32, OpenError> {
    let checkpoint = Checkpoint::open(path)?;
    let read = |name| checkpoint.read_array::<i32>(name).unwrap()[0];
    assert_eq!(read("a"), read("b"), "old and new are mixed");
    Ok(read("a"))
}

/// Saves while changes to the disk fail: all from this one on, as if the process stopped then, or only this one. Returns the
/// result, and whether the save got that far.
fn interrupted(
    at: usize,
    forever: bool,
    save: impl FnOnce(SaveOptions<'_>) -> Result<(), SaveError>,
) -> (Result<(), SaveError>, bool) {
    let count = AtomicUsize::new(0);
    let before = |_: &'static str, _: &Path| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let fails = if forever { number >= at } else { number == at };
        if fails { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
    };
    let result = save(SaveOptions::new().overwrite(true).before(&before));
    (result, count.into_inner() > at)
}

/// The number of saves that left the old checkpoint, the new one, and a mixture that cannot be opened.
#[derive(Debug, Default)]
struct Counts {
    old: usize,
    new: usize,
    cut_short: usize,
}

/// Stops a save over an old checkpoint before each change to the disk.
fn stopped(old: u64, new: u64) -> Counts {
    let mut counts = Counts::default();
    for at in 0.. {
        let folder = TempDir::new().unwrap();
        save(&folder, 1, old, SaveOptions::new()).unwrap();
        let (_, reached) = interrupted(at, true, |options| save(&folder, 2, new, options));
        if !reached {
            break;
        }
        match number(&folder) {
            Ok(1) => {
                counts.old += 1;
                assert!(!recover(folder.path().join("model")).unwrap());
                assert!(number(&folder).is_ok_and(|number| number == 1));
            }
            Ok(2) => counts.new += 1,
            Err(OpenError::CutShort { .. }) => {
                counts.cut_short += 1;
                assert!(recover(folder.path().join("model")).unwrap());
                assert!(number(&folder).is_ok_and(|number| number == 2));
            }
            other => panic!("stopped before change {at}: {other:?}"),
        }
        save(&folder, 3, 1, SaveOptions::new().overwrite(true)).unwrap();
        assert!(number(&folder).is_ok_and(|number| number == 3));
        assert_eq!(names(&folder), ["model.data-00000-of-00001", "model.index"]);
    }
    counts
}

#[test]
fn a_save_that_is_stopped_leaves_the_old_checkpoint_or_the_new_one() {
    let all = [(1, 1), (1, 2), (2, 1), (2, 2)].map(|(old, new)| stopped(old, new));
    expect![[r#"
        [
            Counts {
                old: 12,
                new: 1,
                cut_short: 6,
            },
            Counts {
                old: 14,
                new: 1,
                cut_short: 8,
            },
            Counts {
                old: 12,
                new: 1,
                cut_short: 8,
            },
            Counts {
                old: 14,
                new: 1,
                cut_short: 7,
            },
        ]
    "#]]
    .assert_debug_eq(&all);
}

/// Elements of which a rank has one of several equal parts, in little-endian order.
struct Half {
    bytes: Vec<u8>,
    own: Range<u64>,
}

impl Elements for Half {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        for (byte, at) in into.iter_mut().zip(offset..) {
            *byte =
                if self.own.contains(&at) { self.bytes[usize::try_from(at).unwrap()] } else { 0 };
        }
        Ok(())
    }

    fn held(&self, range: Range<u64>) -> Option<Vec<Range<u64>>> {
        let own = range.start.max(self.own.start)..range.end.min(self.own.end);
        Some(if own.is_empty() { Vec::new() } else { vec![own] })
    }
}

/// Two variables with this number. A rank of two has a half of `a`, and all of `b`.
fn parts(number: i32, index: u64) -> Vec<Outgoing<'static>> {
    let spec = Spec { dtype: DType::Int32, shape: Shape::new([4]).unwrap() };
    let bytes = [number; 4].map(i32::to_le_bytes).concat();
    let own = Half { bytes: bytes.clone(), own: 8 * index..8 * index + 8 };
    let a = Outgoing::new("a", spec.clone(), NOTHING);
    let b = Half { bytes, own: 0..16 };
    vec![Outgoing { own: Some(Box::new(own)), ..a }, Outgoing::new("b", spec, b)]
}

/// Saves two variables with this number by two ranks.
fn save_by_ranks(path: &Path, number: i32, options: &SaveOptions<'_>) -> Result<(), SaveError> {
    for index in 0..2_u8 {
        let rank = Rank::new(index.into(), 2).unwrap();
        write_rank(path, &parts(number, index.into()), options, "", rank)?;
    }
    finish_ranks(path, &parts(number, 0), options, "", 2).map(drop)
}

#[test]
fn ranks_that_are_stopped_leave_the_old_checkpoint_or_the_new_one() {
    for (file, old) in [("model", 0), ("model", 1), ("model.safetensors", 1), ("model.npz", 1)] {
        let mut counts = Counts::default();
        for at in 0.. {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join(file);
            if old > 0 {
                save_as(&path, 1, SaveOptions::new().sync(false)).unwrap();
            }
            if !interrupted(at, true, |options| save_by_ranks(&path, 2, &options.sync(false))).1 {
                break;
            }
            match number_of(&path) {
                Ok(1) => counts.old += 1,
                Ok(2) => counts.new += 1,
                Err(OpenError::CutShort { .. }) => {
                    counts.cut_short += 1;
                    assert!(recover(&path).unwrap());
                    assert_eq!(number_of(&path).unwrap(), 2);
                }
                Err(_) if old == 0 => counts.old += 1,
                other => panic!("{file}, stopped before change {at}: {other:?}"),
            }
            // The next save removes what is left, whatever its kind.
            let options = SaveOptions::new().overwrite(true).sync(false);
            if at % 2 == 0 {
                save_as(&path, 3, options).unwrap();
            } else {
                save_by_ranks(&path, 3, &options).unwrap();
            }
            assert_eq!(number_of(&path).unwrap(), 3);
            let files = if file == "model" { 2 } else { 1 };
            let mut names = names(&folder);
            // A rank that was stopped leaves its lock.
            names.retain(|name| !name.ends_with(LOCK));
            assert_eq!(names.len(), files, "{names:?}");
        }
        assert!(counts.old > 10 && counts.new > 0, "{file}: {counts:?}");
        assert_eq!(counts.cut_short > 0, old > 0 && file == "model", "{file}: {counts:?}");
    }
}

#[test]
fn other_formats_leave_the_old_checkpoint_or_the_new_one() {
    let formats = [
        ("model.safetensors", "model.safetensors.index.json", 3),
        ("model/", "model", 1),
        ("model.npz", "model.npz", 1),
    ];
    for (path, opens, files) in formats {
        let mut counts = Counts::default();
        for at in 0.. {
            let folder = TempDir::new().unwrap();
            let [path, opens] = [path, opens].map(|name| folder.path().join(name));
            save_as(&path, 1, SaveOptions::new().max_shard_size(1)).unwrap();
            let save = |options: SaveOptions<'_>| save_as(&path, 2, options.max_shard_size(1));
            if !interrupted(at, true, save).1 {
                break;
            }
            match number_of(&opens) {
                Ok(1) => counts.old += 1,
                Ok(2) => counts.new += 1,
                Err(OpenError::CutShort { .. }) => {
                    counts.cut_short += 1;
                    assert!(recover(&opens).unwrap());
                    assert_eq!(number_of(&opens).unwrap(), 2);
                }
                other => panic!("{}, stopped before change {at}: {other:?}", path.display()),
            }
            save_as(&path, 3, SaveOptions::new().max_shard_size(1).overwrite(true)).unwrap();
            assert_eq!(number_of(&opens).unwrap(), 3);
            assert_eq!(names(&folder).len(), files, "{:?}", names(&folder));
        }
        assert!(counts.old > 0 && counts.new > 0, "{counts:?}");
        assert_eq!(counts.cut_short > 0, opens != "model.npz");
    }
}

#[test]
fn a_switch_that_was_cut_short_is_ended_by_the_next_save() {
    for at in 0.. {
        let folder = TempDir::new().unwrap();
        save(&folder, 1, 2, SaveOptions::new()).unwrap();
        let (_, reached) = interrupted(at, true, |options| save(&folder, 2, 2, options));
        assert!(reached, "no save was cut short");
        if let Err(OpenError::CutShort { .. }) = number(&folder) {
            let error = save(&folder, 3, 1, SaveOptions::new()).unwrap_err();
            assert!(matches!(error, SaveError::Exists { .. }), "{error}");
            assert!(number(&folder).is_ok_and(|number| number == 2));
            break;
        }
    }
}

#[test]
fn a_new_checkpoint_is_there_when_all_of_it_is() {
    for at in 0.. {
        let folder = TempDir::new().unwrap();
        let (result, reached) = interrupted(at, true, |options| save(&folder, 2, 2, options));
        if !reached {
            break;
        }
        assert_eq!(number(&folder).is_ok(), folder.path().join("model.index").is_file());
        assert!(result.is_err() || number(&folder).is_ok());
        save(&folder, 3, 1, SaveOptions::new().overwrite(true)).unwrap();
        assert_eq!(names(&folder), ["model.data-00000-of-00001", "model.index"]);
    }
}

#[test]
fn a_save_that_fails_leaves_what_was_there() {
    for (old, at) in [0, 1, 2].into_iter().flat_map(|old| (0..100).map(move |at| (old, at))) {
        let folder = TempDir::new().unwrap();
        if old > 0 {
            save(&folder, 1, old, SaveOptions::new()).unwrap();
        }
        let before = names(&folder);
        let (result, _) = interrupted(at, false, |options| save(&folder, 2, 2, options));
        match (result, number(&folder)) {
            (Ok(()), Ok(2)) => {}
            (Err(SaveError::CutShort { .. }), Err(OpenError::CutShort { .. }) | Ok(_)) => {
                assert!(recover(folder.path().join("model")).unwrap());
                assert!(number(&folder).is_ok_and(|number| number == 2));
            }
            (Err(SaveError::Io { .. }), Ok(2)) => assert!(result_is_whole(&folder)),
            (Err(SaveError::Io { .. }), found) => {
                assert_eq!(names(&folder), before, "{old}, {at}");
                assert!(if old == 0 { found.is_err() } else { found.is_ok() });
            }
            (result, found) => panic!("{old}, {at}: {result:?}, {found:?}"),
        }
    }
}

#[test]
fn a_file_that_cannot_be_replaced_leaves_the_old_checkpoint() {
    let paths = ["model", "model.safetensors", "model.npz", "model/"];
    for (path, shards) in paths.into_iter().flat_map(|path| [1, 1000].map(|size| (path, size))) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(path);
        save_as(&path, 1, SaveOptions::new().max_shard_size(shards)).unwrap();
        let opens = folder.path().join("model.safetensors.index.json");
        let opens = if opens.exists() { opens } else { path.clone() };
        let files = names(&folder);
        let before = |action: &'static str, _: &Path| match action {
            // The error of Unix for a file that belongs to somebody else.
            "replace" => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
            _ => Ok(()),
        };
        let options = SaveOptions::new().overwrite(true).max_shard_size(shards).before(&before);
        let result = save_as(&path, 2, options);
        // A folder is moved aside.
        if path.is_dir() {
            result.unwrap();
            continue;
        }
        let error = result.unwrap_err().to_string();
        assert!(error.starts_with("cannot replace `"), "{error}");
        assert_eq!(number_of(&opens).unwrap(), 1);
        assert_eq!(names(&folder), files);
    }
}

/// True if all files of a checkpoint of two data files are there.
fn result_is_whole(folder: &TempDir) -> bool {
    let expected = ["model.data-00000-of-00002", "model.data-00001-of-00002", "model.index"];
    expected.iter().all(|file| names(folder).iter().any(|name| name == file))
}

#[test]
fn what_fails_is_told_with_its_file() {
    let folder = TempDir::new().unwrap();
    save(&folder, 1, 1, SaveOptions::new()).unwrap();
    let root = folder.path().to_str().unwrap();
    let mut said: Vec<String> = Vec::new();
    for at in 0.. {
        let (result, reached) = interrupted(at, true, |options| save(&folder, 2, 1, options));
        let Err(error) = result else { break };
        let error = error.to_string().replace(root, "D");
        if !said.contains(&error) {
            said.push(error);
        }
        if let Err(error @ OpenError::CutShort { .. }) = number(&folder) {
            let error = error.to_string().replace(root, "D");
            if !said.contains(&error) {
                said.push(error);
            }
        }
        assert!(reached);
    }
    expect![[r#"
        cannot create `D/model.data-00000.tempstate-ckpt`: no storage space; free some space, or save to another disk
        cannot write `D/model.data-00000.tempstate-ckpt`: no storage space; free some space, or save to another disk
        cannot create `D/model.index.tempstate-ckpt`: no storage space; free some space, or save to another disk
        cannot write `D/model.index.tempstate-ckpt`: no storage space; free some space, or save to another disk
        cannot sync `D/model.index.tempstate-ckpt`: no storage space; free some space, or save to another disk
        cannot sync `D/model.data-00000.tempstate-ckpt`: no storage space; free some space, or save to another disk
        cannot create `D/model.switch.tempstate-ckpt`: no storage space; free some space, or save to another disk
        cannot write `D/model.switch.tempstate-ckpt`: no storage space; free some space, or save to another disk
        cannot sync `D/model.switch.tempstate-ckpt`: no storage space; free some space, or save to another disk
        cannot sync `D`: no storage space; free some space, or save to another disk
        cannot create `D/model.switch`: no storage space; free some space, or save to another disk
        some files of `D/model` are old and some are new; save again, or finish with `ckpt recover` (cannot sync `D`: no storage space; free some space, or save to another disk)
        some files of the checkpoint `D/model` are old and some are new: `D/model.switch` is left from an interrupted save; save again, or run `ckpt recover`
        some files of `D/model` are old and some are new; save again, or finish with `ckpt recover` (cannot replace `D/model.index`: no storage space; free some space, or save to another disk)"#]].assert_eq(&said.join("\n"));
}

#[test]
fn a_file_that_says_how_to_end_a_switch_names_no_others() {
    let folder = TempDir::new().unwrap();
    save(&folder, 1, 1, SaveOptions::new()).unwrap();
    fs::write(folder.path().join("other"), "kept").unwrap();
    let texts = [
        "",
        r#"{"rename":[["model.index","model.other"]],"remove":[]}"#,
        r#"{"rename":[["other.tempstate-ckpt","model.index"]],"remove":[]}"#,
        r#"{"rename":[],"remove":["other"]}"#,
        r#"{"rename":[],"remove":["model.txt"]}"#,
        r#"{"rename":[["model.tempstate-ckpt","model.txt"]],"remove":[]}"#,
        r#"{"rename":[],"remove":["../model"]}"#,
        r#"{"rename":[],"remove":["model/../other"]}"#,
    ];
    for text in texts {
        fs::write(folder.path().join("model.switch"), text).unwrap();
        let error = recover(folder.path().join("model")).unwrap_err();
        assert!(matches!(error, SaveError::Switch { .. }), "{text}: {error}");
    }
    let error = recover(folder.path().join("model")).unwrap_err().to_string();
    expect!["`D/model.switch`, the record of an interrupted save, is damaged; remove it and all files of the checkpoint, and save again"].assert_eq(&error.replace(folder.path().to_str().unwrap(), "D"));
    assert_eq!(
        names(&folder),
        ["model.data-00000-of-00001", "model.index", "model.switch", "other"]
    );
}

#[test]
fn a_save_can_be_cancelled_and_tells_how_far_it_is() {
    let folder = TempDir::new().unwrap();
    let cancel = AtomicBool::new(false);
    let seen = Mutex::new(Vec::new());
    let on_progress = |progress: crate::read::Progress| {
        seen.lock().unwrap().push((progress.done, progress.total));
        cancel.store(progress.done > 30, Ordering::Relaxed);
    };
    let options = SaveOptions::new().on_progress(on_progress).cancel(&cancel);
    let mut writer = Writer::create_with(folder.path().join("model"), options).unwrap();
    writer.add("a", &array![1_i64, 2, 3]).unwrap();
    writer.add("b", &array![4_i64]).unwrap();
    let error = writer.add("c", &array![5_i64]).unwrap_err();
    assert!(matches!(error, SaveError::Cancelled), "{error}");
    drop(writer);
    assert_eq!(names(&folder), [""; 0]);
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen, [(0, 24), (24, 24), (24, 32), (32, 32), (32, 40)]);
}

#[test]
fn elements_that_are_not_as_many_as_their_shape_says_are_not_saved() {
    let folder = TempDir::new().unwrap();
    let spec = Spec { dtype: DType::Float32, shape: Shape::new([3]).unwrap() };
    let outgoing = vec![Outgoing::new("w", spec, &[0_u8; 8][..])];
    let error = write(&folder.path().join("model"), outgoing, &SaveOptions::new()).unwrap_err();
    expect!["the elements of `w` do not match its shape, or changed during the save; save again"]
        .assert_eq(&error.to_string());
    assert_eq!(names(&folder), [""; 0]);
}
