//! Saves that are killed, or that fill their disk. Either the old checkpoint or the new one opens, and never a mixture.
//!
//! `CHECKPOINT_KILLS` sets the number of killed processes.

#![cfg(unix)]

use std::env;
use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use checkpoint_core::{Checkpoint, OpenError, SaveError, SaveOptions, Writer, recover};
use checkpoint_tests::random::Random;
use ndarray::Array1;
use tempfile::TempDir;

/// Tells this program to save to the path until it is killed.
const PATH: &str = "CHECKPOINT_SAVE_UNTIL_KILLED";

/// The number of killed processes without `CHECKPOINT_KILLS`.
const KILLS: u32 = 12;

/// The paths to save to, and to open: one for each kind of checkpoint.
const KINDS: [(&str, &str); 4] = [
    ("model", "model"),
    ("model.safetensors", "model.safetensors.index.json"),
    ("model/", "model"),
    ("model.npz", "model.npz"),
];

/// Saves variables with this number. Every other save has other data files.
fn save(path: &Path, number: u32) -> Result<(), SaveError> {
    let shard = if number.is_multiple_of(2) { 1 << 16 } else { 1 << 17 };
    let options = SaveOptions::new().overwrite(true).max_shard_size(shard);
    let mut writer = Writer::create_with(path, options)?;
    for variable in 0..3 {
        let elements = Array1::from_elem(20_000 + 1000 * (number as usize % 3), number);
        writer.add(format!("variable_{variable}"), &elements)?;
    }
    writer.finish().map(drop)
}

/// The number in a checkpoint, whose variables must all be from the same save. Returns `None` if its files are some old and some new.
fn number(path: &Path) -> Option<u32> {
    let checkpoint = match Checkpoint::open(path) {
        Err(OpenError::CutShort { .. }) => return None,
        opened => opened.unwrap_or_else(|error| panic!("{error}")),
    };
    let arrays: Vec<_> = (0..3)
        .map(|variable| checkpoint.read_array::<u32>(format!("variable_{variable}")).unwrap())
        .collect();
    let number = arrays[0][[0]];
    let len = 20_000 + 1000 * (number as usize % 3);
    assert_eq!(checkpoint.variables().len(), 3);
    for array in &arrays {
        assert!(array.len() == len && array.iter().all(|&element| element == number), "mixed");
    }
    Some(number)
}

/// Not a test of its own: saves until the process is killed, and prints the number of each save that ended.
#[test]
fn saves_until_killed() {
    let Some(path) = env::var_os(PATH) else { return };
    let first = number(Path::new(&env::var_os("CHECKPOINT_OPENS").unwrap())).unwrap();
    for number in first + 1.. {
        save(Path::new(&path), number).unwrap();
        // The capture of the test harness is not flushed when the process is killed.
        writeln!(io::stderr(), "saved {number}").unwrap();
    }
}

/// Saves in another process, which is killed after a while. Returns the number of the last save that ended, if there was one.
fn killed(path: &Path, opens: &Path, after: Duration) -> Option<u32> {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "saves_until_killed", "--nocapture"]);
    child.env(PATH, path).env("CHECKPOINT_OPENS", opens);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let parse = |line: io::Result<String>| {
        let line = line.unwrap();
        let number = line.strip_prefix("saved ").and_then(|number| number.parse().ok());
        number.unwrap_or_else(|| panic!("the process said: {line}"))
    };
    // Starting takes longer than saving.
    let first = lines.next().map(parse);
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    lines.map(parse).last().or(first)
}

#[test]
fn a_save_that_is_killed_leaves_the_old_checkpoint_or_the_new_one() {
    let kills = env::var_os("CHECKPOINT_KILLS");
    let kills = kills.map_or(KILLS, |kills| kills.to_str().unwrap().parse().unwrap());
    let mut random = Random::new(1);
    let (mut old, mut new, mut cut_short) = (0, 0, 0);
    let folder = TempDir::new().unwrap();
    let kinds = KINDS.map(|paths| {
        let [path, opens] = [paths.0, paths.1].map(|name| folder.path().join("k").join(name));
        (path, opens)
    });
    for round in 0..kills {
        let (path, opens): &(PathBuf, PathBuf) = &kinds[round as usize % KINDS.len()];
        fs::create_dir_all(folder.path().join("k")).unwrap();
        save(path, 1).unwrap();
        let after = Duration::from_micros(random.below(40_000) as u64);
        let ended = killed(path, opens, after).unwrap();
        let found = number(opens).unwrap_or_else(|| {
            cut_short += 1;
            assert!(recover(path).unwrap(), "{}", path.display());
            number(opens).expect("the new checkpoint")
        });
        // The next save may have ended without a word.
        *(if found == ended { &mut old } else { &mut new }) += 1;
        assert!((ended..=ended + 1).contains(&found), "{found} after {ended}");
        // The next save removes all that the killed one left.
        save(path, 2).unwrap();
        assert_eq!(number(opens), Some(2));
        let left = names(&folder.path().join("k"));
        let is_own =
            |name: &String| ["temp", ".switch", ".lock"].iter().any(|own| name.contains(own));
        assert!(!left.iter().any(is_own), "{left:?}");
        fs::remove_dir_all(folder.path().join("k")).unwrap();
    }
    println!(
        "{kills} processes were killed: {old} left the old checkpoint, {new} the new one; {cut_short} needed `recover`"
    );
}

/// A file system in memory. It is unmounted when dropped.
struct Small(TempDir);

impl Small {
    /// Returns `None` if this process may not mount.
    fn mount(kilobytes: u64) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status();
        mount.is_ok_and(|status| status.success()).then_some(Self(folder))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// The name of a file that fills a disk.
const FILLER: &str = "filler";

/// Fills a disk, except for some pages.
fn fill(folder: &Path, pages: u64) {
    let filler = folder.join(FILLER);
    let _ = fs::remove_file(&filler);
    // Fails when the disk is full.
    let _ = fs::write(&filler, vec![0; 4 << 20]);
    let file = OpenOptions::new().write(true).open(&filler).unwrap();
    let len = file.metadata().unwrap().len() & !4095;
    file.set_len(len.saturating_sub(pages * 4096)).unwrap();
}

#[test]
fn a_save_that_fills_the_disk_leaves_the_old_checkpoint() {
    let Some(small) = Small::mount(2048) else {
        println!("notice: this process may not mount a file system, so no disk is filled");
        return;
    };
    let mut said: Vec<String> = Vec::new();
    for (path, opens) in KINDS {
        let folder = small.0.path().join("k");
        fs::create_dir(&folder).unwrap();
        let [path, opens] = [path, opens].map(|name| folder.join(name));
        save(&path, 1).unwrap();
        let before = names(&folder);
        // From a disk without any space to one with enough.
        let mut pages = 0;
        fill(small.0.path(), pages);
        while let Err(error) = save(&path, 2) {
            assert_eq!(number(&opens), Some(1), "{error}");
            assert_eq!(names(&folder), before, "{error}");
            said.push(error.to_string().replace(&folder.display().to_string(), "D"));
            pages += 3;
            fill(small.0.path(), pages);
        }
        assert_eq!(number(&opens), Some(2));
        assert!(pages > 20, "the disk was never full");
        fs::remove_file(small.0.path().join(FILLER)).unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }
    let advice = "no storage space; free some space, or save to another disk";
    for line in said {
        assert!(line.starts_with("cannot write `D/model") && line.ends_with(advice), "{line}");
    }
}
