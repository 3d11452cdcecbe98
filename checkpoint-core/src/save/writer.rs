//! Writing a checkpoint one tensor at a time.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use checkpoint_schema::listing::catalog::{Name, Spec};
use checkpoint_schema::listing::dtype::DType;
use ndarray::{ArrayBase, Data, Dimension};

use crate::save::disk::NewFile;
use crate::save::elements::Elements;
use crate::save::error::{NameProblem, SaveError};
use crate::save::file_names::{growing, temporary};
use crate::save::formats::sink;
use crate::save::layout::{FileRange, Sink};
use crate::save::options::SaveOptions;
use crate::save::outgoing::Outgoing;
use crate::save::report::SaveReport;
use crate::save::session::Session;
use crate::save::state;
use crate::save::tensorflow::{Entry, Shards, index};
use crate::save::transfer::{Transfer, swap};
use crate::save::write::{problems, write_in};
use crate::source::OpenFile;
use crate::system::number::as_u64;
use crate::tensor::Tensor;
use crate::tensor::element::Element;

/// A writer for a checkpoint, one tensor at a time. Tensors are not kept in memory, and are stored in the order of the calls.
///
/// The checkpoint exists after [`finish`](Self::finish). Dropping an unfinished writer removes its files.
///
/// ```
/// use checkpoint_core::{Checkpoint, Writer};
/// use ndarray::array;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.ckpt");
/// let mut writer = Writer::create(&path)?;
/// writer.add("w", &array![[1.0_f32, 2.0], [3.0, 4.0]])?;
/// writer.add("step", &ndarray::arr0(7_i64))?;
/// writer.finish()?;
///
/// assert_eq!(Checkpoint::open(&path)?.read_array::<i64>("step")?.sum(), 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writer<'a> {
    path: PathBuf,
    sink: &'static dyn Sink,
    options: SaveOptions<'a>,
    session: Session<'a>,
    shards: Shards,
    files: Vec<NewFile<'a>>,
    names: BTreeSet<Name>,
    written: Vec<Written>,
    bytes: u64,
    started: Instant,
}

/// A tensor in a data file.
struct Written {
    name: Name,
    spec: Spec,
    place: FileRange,
    checksum: u32,
}

impl Written {
    fn entry(&self) -> Entry<'_> {
        let Self { name, spec, place, checksum } = self;
        Entry { name, spec, place: *place, checksum: *checksum }
    }
}

impl Writer<'static> {
    /// Creates a writer for a checkpoint at `path`, with the default options.
    ///
    /// # Errors
    /// Returns an error if a checkpoint exists, or if files cannot be created.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, SaveError> {
        Self::create_with(path, SaveOptions::new())
    }
}

impl<'a> Writer<'a> {
    /// Creates a writer for a checkpoint at `path`. Progress counts the bytes added so far, and then the bytes that
    /// [`finish`](Self::finish) writes.
    ///
    /// # Errors
    /// Returns the errors of [`create`](Writer::create).
    pub fn create_with(
        path: impl AsRef<Path>,
        options: SaveOptions<'a>,
    ) -> Result<Self, SaveError> {
        let started = Instant::now();
        let path = path.as_ref().to_owned();
        let sink = sink(&path, &options)?;
        let base = sink.base(&path)?;
        state::check(&base, sink.name(), &options)?;
        options.go_on()?;
        let session = Session::begin(sink, &base, &options, &[])?;
        let shards = if sink.grows() { Shards::new(&options) } else { Shards::default() };
        let (files, names, written) = (Vec::new(), BTreeSet::new(), Vec::new());
        let mut writer =
            Self { path, sink, options, session, shards, files, names, written, bytes: 0, started };
        writer.grow()?;
        Ok(writer)
    }

    /// Adds an array of any shape and layout.
    ///
    /// # Errors
    /// Returns an error if the name is empty or already added, if the format does not support the elements, or if they cannot be
    /// written.
    pub fn add<T, S, D>(
        &mut self,
        name: impl Into<Name>,
        array: &ArrayBase<S, D>,
    ) -> Result<(), SaveError>
    where
        T: Element,
        S: Data<Elem = T>,
        D: Dimension,
    {
        self.outgoing(Outgoing::array(name, array)?)
    }

    /// Adds a tensor of any dtype.
    ///
    /// # Errors
    /// Returns the errors of [`add`](Self::add).
    pub fn add_tensor(&mut self, name: impl Into<Name>, tensor: &Tensor) -> Result<(), SaveError> {
        self.outgoing(Outgoing::tensor(name, tensor))
    }

    /// Completes the checkpoint.
    ///
    /// The data files of `TensorFlow` are complete at this point. Files of other formats are assembled here, from a temporary
    /// file in the same directory.
    ///
    /// # Errors
    /// Returns an error if files cannot be written. All files of the checkpoint are then removed.
    pub fn finish(self) -> Result<SaveReport, SaveError> {
        self.options.go_on()?;
        if self.sink.grows() { self.finish_grown() } else { self.finish_anew() }
    }

    /// Renames the data files.
    fn finish_grown(mut self) -> Result<SaveReport, SaveError> {
        let planned = self.shards.files(&self.session.base);
        let files: Vec<PathBuf> = planned.into_iter().map(|file| file.path).collect();
        let shards = files.len().saturating_sub(1);
        let index_path = files.last().map(|index| temporary(index)).unwrap_or_default();
        let names: Vec<PathBuf> = self.grown().into_iter().chain([index_path.clone()]).collect();
        let bytes = index(self.written.iter().map(Written::entry).collect(), as_u64(shards));
        self.session.will_create(&index_path);
        self.session.disk.write(&index_path, &bytes)?;
        self.files.iter().try_for_each(NewFile::sync)?;
        self.files.clear();
        let renames = names.into_iter().zip(files.iter().cloned()).collect();
        self.session.commit(renames, &self.options)?;
        let counts = (self.written.len(), self.bytes);
        Ok(SaveReport::new(self.path, self.sink.name(), counts, files, self.started))
    }

    /// Writes the files of the format from the temporary file.
    fn finish_anew(mut self) -> Result<SaveReport, SaveError> {
        let grown = self.grown();
        let open = |path: &PathBuf| {
            let opened = OpenFile::open(path).transpose();
            let opened = opened.unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()));
            opened.map_err(|error| SaveError::io("read", path, error))
        };
        let sources = grown.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let outgoing = self.written.iter().filter_map(|written| {
            let Written { name, spec, place, .. } = written;
            let (file, path) = (sources.get(place.file)?, grown.get(place.file)?);
            let elements = Grown { file, path, offset: place.offset, dtype: spec.dtype };
            Some(Outgoing::new(name.clone(), spec.clone(), elements))
        });
        let outgoing: Vec<_> = outgoing.collect();
        self.session.discard(grown.clone());
        write_in(self.session, self.sink, &outgoing, &self.options, self.started)
    }

    /// The paths of the data files so far.
    fn grown(&self) -> Vec<PathBuf> {
        let numbers = 0..self.files.len();
        numbers.map(|number| growing(&self.session.base, number)).collect()
    }

    /// Starts a data file. The previous one is complete.
    fn grow(&mut self) -> Result<(), SaveError> {
        if let Some(before) = self.files.last_mut() {
            before.close();
        }
        let path = growing(&self.session.base, self.files.len());
        self.session.will_create(&path);
        self.files.push(self.session.disk.create(&path, 0)?);
        Ok(())
    }

    /// Writes a variable.
    fn outgoing(&mut self, outgoing: Outgoing<'_>) -> Result<(), SaveError> {
        let mut problems = problems(self.sink, std::slice::from_ref(&outgoing));
        if self.names.contains(&outgoing.name) {
            problems.push(NameProblem::Twice { name: outgoing.name.clone(), count: 2 });
        }
        if !problems.is_empty() {
            return Err(SaveError::Variables { path: self.path.clone(), problems });
        }
        let place = self.shards.place(outgoing.size(self.sink)?);
        while self.files.len() <= place.file {
            self.grow()?;
        }
        let Self { sink, options, files, bytes, .. } = self;
        let transfer = Transfer::new(*sink, options, files, *bytes);
        let checksum = transfer.run(std::slice::from_ref(&outgoing), &[place])?.pop();
        *bytes = bytes.saturating_add(place.size);
        let Outgoing { name, spec, .. } = outgoing;
        self.names.insert(name.clone());
        self.written.push(Written { name, spec, place, checksum: checksum.unwrap_or_default() });
        Ok(())
    }
}

/// Little-endian elements in a data file of the writer.
struct Grown<'g> {
    file: &'g OpenFile,
    path: &'g Path,
    offset: u64,
    dtype: DType,
}

impl Elements for Grown<'_> {
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), SaveError> {
        let read = self.file.read(self.offset.saturating_add(offset), into);
        read.map_err(|error| SaveError::io("read", self.path, error))?;
        swap(self.dtype, into);
        Ok(())
    }
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let variables = self.written.len();
        f.debug_struct("Writer")
            .field("path", &self.path)
            .field("variables", &variables)
            .finish_non_exhaustive()
    }
}
