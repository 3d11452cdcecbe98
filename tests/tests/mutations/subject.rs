//! A checkpoint whose files are changed, with its original contents.

use std::fs;
use std::path::PathBuf;

use checkpoint_core::{Checkpoint, Tensor};
use checkpoint_schema::format::tensorflow::object_graph::{KEY, ObjectGraph};
use checkpoint_schema::listing::catalog::{Catalog, Extent, Variable};
use checkpoint_tests::fuzz::directory::Files;
use checkpoint_tests::fuzz::{check_message, names, scratch};
use checkpoint_tests::random::Random;
use checkpoint_tests::writer::index::{index_path, shard_path};
use tempfile::TempDir;

use crate::memory::counted;
use crate::stated;

/// A checkpoint.
pub(crate) struct Subject {
    name: String,
    folder: TempDir,
    /// The index, or the one file of a V1 checkpoint; then the data files.
    files: Vec<(PathBuf, Vec<u8>)>,
    pub(crate) catalog: Catalog,
    /// The original tensors, by variable of the catalog.
    tensors: Vec<Tensor>,
    graph: Option<ObjectGraph>,
    tally: Tally,
}

/// The checksums after a change: the old ones, or recomputed ones.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Checksums {
    Wrong,
    Right,
}

/// The results of the changes.
#[derive(Default)]
struct Tally {
    /// The numbers of changes with invalid checksums: errors, and harmless ones.
    wrong: [usize; 2],
    /// The same for changes with valid checksums.
    right: [usize; 2],
    /// The peak memory of any change.
    peak: usize,
}

impl Subject {
    pub(crate) fn new(name: &str, files: Files) -> Self {
        let folder = scratch().unwrap();
        let prefix = folder.path().join("model");
        files.write(&prefix).unwrap();
        let checkpoint = Checkpoint::open(&prefix).unwrap();
        let variables = checkpoint.catalog().variables().iter();
        let tensors = variables.map(|variable| checkpoint.read(&variable.name).unwrap());
        let tensors = tensors.collect();
        let shards = u32::try_from(files.0.len() - 2).unwrap();
        let table = if shards == 0 { prefix.clone() } else { index_path(&prefix) };
        let data = (0..shards).map(|shard| shard_path(&prefix, shard, shards));
        let paths = std::iter::once(table).chain(data);
        Self {
            name: name.to_owned(),
            files: paths.zip(files.0.into_iter().skip(1)).collect(),
            catalog: checkpoint.catalog().clone(),
            tensors,
            graph: checkpoint.object_graph().unwrap(),
            tally: Tally::default(),
            folder,
        }
    }

    pub(crate) fn is_v1(&self) -> bool {
        self.files.len() == 1
    }

    /// Returns the bytes of the index, or of a V1 checkpoint.
    pub(crate) fn table(&self) -> &[u8] {
        &self.files[0].1
    }

    /// Returns the data files.
    pub(crate) fn data(&self) -> &[(PathBuf, Vec<u8>)] {
        &self.files[1..]
    }

    /// Returns the bytes of the object graph, if there is one.
    pub(crate) fn graph_bytes(&self) -> Option<Vec<u8>> {
        let tensor = self.tensors.get(self.catalog.position(KEY)?)?;
        tensor.as_strings()?.get(0).map(<[u8]>::to_vec)
    }

    /// Returns the memory limit of reads, for any contents of the files. The readers have buffers of 256 KiB.
    fn most_memory(&self) -> usize {
        let size: usize = self.files.iter().map(|(_, bytes)| bytes.len()).sum();
        (1 << 20) + 4 * size
    }

    /// Changes the index without its checksums. It must be refused, or read the same.
    pub(crate) fn change_table(&mut self, bytes: &[u8], random: &mut Random) {
        self.change(0, bytes, Checksums::Wrong, |subject, checkpoint| {
            assert_eq!(*checkpoint.catalog(), subject.catalog, "a change of the index is believed");
            let all = 0..subject.tensors.len();
            let read = if subject.is_v1() { all.collect() } else { vec![random.below(all.len())] };
            let mut errors = 0;
            for number in read {
                let sound = !subject.is_v1();
                errors += usize::from(!subject.is_same(checkpoint, number, sound));
            }
            errors == 0
        });
    }

    /// Changes a data file. A variable with changed bytes must be refused, or read the same.
    pub(crate) fn change_data(&mut self, shard: usize, bytes: &[u8], random: &mut Random) {
        self.change(shard + 1, bytes, Checksums::Wrong, |subject, checkpoint| {
            assert_eq!(*checkpoint.catalog(), subject.catalog);
            let mut errors = 0;
            let one = random.below(subject.tensors.len());
            for (number, variable) in subject.catalog.variables().iter().enumerate() {
                let sound = !subject.is_damaged(variable, shard, bytes);
                if !sound || number == one {
                    errors += usize::from(!subject.is_same(checkpoint, number, sound));
                }
            }
            match checkpoint.object_graph() {
                Ok(graph) => assert!(graph == subject.graph, "there is another object graph"),
                Err(error) => check_message(&error),
            }
            errors == 0
        });
    }

    /// Writes another table with valid checksums. Reads must match its contents.
    pub(crate) fn replace_table(&mut self, bytes: &[u8], random: &mut Random) {
        self.change(0, bytes, Checksums::Right, |subject, checkpoint| {
            let one = random.below(subject.tensors.len());
            let mut errors = 0;
            for variable in checkpoint.catalog().variables() {
                let known = subject.knows(variable);
                if known.is_none_or(|number| number == one) {
                    errors += usize::from(!subject.is_as_stated(checkpoint, variable, known));
                }
            }
            match checkpoint.object_graph() {
                Ok(Some(graph)) => names::check(&graph, checkpoint.catalog()),
                Ok(None) => {}
                Err(error) => check_message(&error),
            }
            errors == 0
        });
    }

    /// Writes these bytes to a file, and opens the checkpoint. `check` returns true if all reads succeeded.
    fn change(
        &mut self,
        file: usize,
        bytes: &[u8],
        checksums: Checksums,
        check: impl FnOnce(&Self, &Checkpoint) -> bool,
    ) {
        let (path, original) = &self.files[file];
        fs::write(path, bytes).unwrap();
        let prefix = self.folder.path().join("model");
        let (read, peak) = counted(|| match Checkpoint::open(prefix) {
            Ok(checkpoint) => check(self, &checkpoint),
            Err(error) => {
                check_message(&error);
                false
            }
        });
        fs::write(path, original).unwrap();
        self.count(checksums, read, peak);
    }

    /// Counts a change.
    pub(crate) fn count(&mut self, checksums: Checksums, read: bool, peak: usize) {
        let most = self.most_memory();
        assert!(peak <= most, "{}: {peak} bytes of memory are more than {most}", self.name);
        let tally = &mut self.tally;
        let counts =
            if checksums == Checksums::Right { &mut tally.right } else { &mut tally.wrong };
        counts[usize::from(read)] += 1;
        tally.peak = tally.peak.max(peak);
    }

    /// True if these bytes of a data file change the bytes of a variable.
    fn is_damaged(&self, variable: &Variable, shard: usize, bytes: &[u8]) -> bool {
        let is_damaged = |extent: &Extent| {
            extent.shard as usize == shard
                && extent.size > 0
                && stated::stored(bytes, extent) != stated::stored(&self.data()[shard].1, extent)
        };
        let is_known = variable.place.extents().next().is_some();
        !is_known || variable.place.extents().any(is_damaged)
    }

    /// True if a variable is read with its original elements. A sound one must be read.
    fn is_same(&self, checkpoint: &Checkpoint, number: usize, sound: bool) -> bool {
        let variable = &self.catalog.variables()[number];
        match checkpoint.read(&variable.name) {
            Ok(tensor) => assert!(
                is_equal(&tensor, &self.tensors[number]),
                "{}: `{}` is read as something else",
                self.name,
                variable.name
            ),
            Err(error) => {
                check_message(&error);
                assert!(!sound, "{}: {error}", self.name);
                return false;
            }
        }
        true
    }

    /// Returns the number of a variable, if its description in the checkpoint is the original one.
    fn knows(&self, variable: &Variable) -> Option<usize> {
        let number = self.catalog.position(&variable.name)?;
        let same = self.catalog.variables()[number] == *variable;
        (same && !self.is_v1()).then_some(number)
    }

    /// True if a variable is read as the index describes it, or with its original elements if the description is unchanged.
    fn is_as_stated(
        &self,
        checkpoint: &Checkpoint,
        variable: &Variable,
        known: Option<usize>,
    ) -> bool {
        let tensor = match checkpoint.read(&variable.name) {
            Ok(tensor) => tensor,
            Err(error) => {
                check_message(&error);
                return false;
            }
        };
        if let Some(number) = known {
            assert!(is_equal(&tensor, &self.tensors[number]), "{}: {variable:?}", self.name);
        }
        stated::check(variable, &tensor, self.data());
        true
    }

    pub(crate) fn summary(&self) -> String {
        let Tally { wrong, right, peak } = self.tally;
        let changes = |[errors, read]: [usize; 2]| {
            format!("{} changes, {errors} errors, {read} harmless", errors + read)
        };
        let (name, wrong, right) = (&self.name, changes(wrong), changes(right));
        format!("{name}: {wrong}; with right checksums {right}; {peak} bytes of memory at most")
    }
}

fn is_equal(one: &Tensor, other: &Tensor) -> bool {
    one.spec() == other.spec()
        && one.as_bytes() == other.as_bytes()
        && one.as_strings() == other.as_strings()
}
