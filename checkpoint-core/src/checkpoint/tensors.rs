//! Reading without a struct: variables by their names.

use std::num::NonZero;
use std::ops::Range;

use checkpoint_schema::listing::catalog::{Extent, Name, Place, Spec, Variable};
use checkpoint_schema::listing::shape::Shape;
use ndarray::ArrayD;

use crate::checkpoint::Checkpoint;
use crate::load::LoadOptions;
use crate::read::job::Part;
use crate::read::{ReadError, ReadErrorKind, Reading, failed, within};
use crate::tensor::buffer::Buffer;
use crate::tensor::element::Element;
use crate::tensor::{Tensor, TensorError};

impl Checkpoint {
    /// Reads one variable of any dtype.
    ///
    /// # Errors
    /// If there is none of this name, or if it cannot be read.
    pub fn read(&self, name: impl AsRef<[u8]>) -> Result<Tensor, ReadError> {
        let variable = self.find(name.as_ref())?;
        self.within_limits(&[variable])?;
        let mut buffers = self.reading(Some(NonZero::<usize>::MIN)).read(&[variable])?;
        // One variable gives one buffer.
        let buffer = buffers.pop().unwrap_or(Buffer::W8(Vec::new()));
        Ok(Tensor::new(variable.spec(), buffer))
    }

    /// Reads one variable as an array of its shape. Nothing is converted.
    ///
    /// # Errors
    /// As [`read`](Self::read); if its elements are of another type, before they are read.
    pub fn read_array<T: Element>(&self, name: impl AsRef<[u8]>) -> Result<ArrayD<T>, ReadError> {
        let variable = self.find_of::<T>(name.as_ref())?;
        let tensor = self.read(&variable.name)?;
        tensor.into_array().map_err(|error| failed(&variable.name, error.into()))
    }

    /// Reads one variable into memory for exactly as many elements, in row-major order. Nothing is converted.
    ///
    /// ```
    /// # use checkpoint_core::Checkpoint;
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// let mut wte = vec![0.0_f32; 300 * 16];
    /// Checkpoint::open(path)?.read_into("model/wte", &mut wte)?;
    /// # assert!(wte.iter().all(|&value| value != 0.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_array`](Self::read_array), or if `into` has another length. Where bytes cannot be read or are damaged,
    /// that is known when some are in `into` already.
    pub fn read_into<T: Element>(
        &self,
        name: impl AsRef<[u8]>,
        into: &mut [T],
    ) -> Result<(), ReadError> {
        let variable = self.find_of::<T>(name.as_ref())?;
        let (elements, room) = (variable.shape.elements(), into.len());
        if u64::try_from(room) != Ok(elements) {
            return Err(failed(&variable.name, ReadErrorKind::Room { elements, room }));
        }
        self.reading(Some(NonZero::<usize>::MIN)).read_into(variable, into)
    }

    /// Reads a range of the first axis of a variable, which keeps all of its axes.
    ///
    /// Of elements in data files, only the bytes of these rows are read; of a partitioned variable that is what its slices
    /// have of them. Strings, and what a source gives only as a whole (as V1 checkpoints do), are read whole.
    ///
    /// There is at most one checksum for all bytes of a variable, or of a slice of it. It is verified where all of these bytes
    /// are among those of the rows. Where they are not, **nothing is verified**: the checksum covers bytes that are not
    /// read, and damage in the rows is not seen.
    ///
    /// ```
    /// # use checkpoint_core::Checkpoint;
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// let tokens = Checkpoint::open(path)?.read_rows("model/wte", 20..24)?;
    /// assert_eq!(tokens.spec().to_string(), "f32 [4, 16]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`read`](Self::read), or if the variable has no axes or fewer rows.
    pub fn read_rows(&self, name: impl AsRef<[u8]>, rows: Range<u64>) -> Result<Tensor, ReadError> {
        let variable = self.find(name.as_ref())?;
        let part = rows_of(variable, rows).map_err(|kind| failed(&variable.name, kind));
        let (spec, elements) = part?;
        let reading = self.reading(Some(NonZero::<usize>::MIN));
        Ok(Tensor::new(spec, reading.read_elements(variable, elements)?))
    }

    /// Shows the elements of a variable to `visit`, piece by piece in row-major order.
    ///
    /// The pieces together are what [`Tensor::as_bytes`] gives, and none cuts an element. A variable that cannot be had in
    /// pieces is read whole and shown as one piece. Whether what was shown is what was written is known when this returns; if it is
    /// not, the last piece is not shown.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_pieces(
        &self,
        name: impl AsRef<[u8]>,
        visit: impl FnMut(&[u8]),
    ) -> Result<(), ReadError> {
        let variable = self.find(name.as_ref())?;
        self.reading(Some(NonZero::<usize>::MIN)).read_pieces(variable, visit)
    }

    /// Reads several variables in one pass over the files, on all cores, as structs are loaded; the tensors are in the
    /// order of the names.
    ///
    /// # Errors
    /// As [`read`](Self::read); if one of the names is not there, before anything is read.
    pub fn read_many(
        &self,
        names: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Vec<Tensor>, ReadError> {
        self.read_many_with(names, LoadOptions::new())
    }

    /// Reads several variables as [`read_many`](Self::read_many) does. Of `options`, `threads`, `verify`, `max_bytes`,
    /// `on_progress` and `cancel` are heeded.
    ///
    /// ```
    /// # use checkpoint_core::{Checkpoint, LoadOptions};
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// let checkpoint = Checkpoint::open(path)?;
    /// let options = LoadOptions::new().threads(2).max_bytes(1 << 20);
    /// let tensors = checkpoint.read_many_with(["model/wte", "model/wpe"], options)?;
    /// assert_eq!(tensors[0].spec().to_string(), "f32 [300, 16]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_many`](Self::read_many); [`ReadErrorKind::Cancelled`] if it was cancelled.
    pub fn read_many_with(
        &self,
        names: impl IntoIterator<Item = impl AsRef<[u8]>>,
        options: LoadOptions<'_>,
    ) -> Result<Vec<Tensor>, ReadError> {
        let variables = names.into_iter().map(|name| self.find(name.as_ref()));
        let variables = variables.collect::<Result<Vec<_>, _>>()?;
        within(
            options.settings().limit(self),
            variables.iter().map(|variable| (*variable, variable.size())),
        )?;
        let buffers = options.settings().reading(self.source()).read(&variables)?;
        let tensors = variables.into_iter().zip(buffers);
        Ok(tensors.map(|(variable, buffer)| Tensor::new(variable.spec(), buffer)).collect())
    }

    /// Borrows the elements of a variable from a checkpoint in memory ([`open_in_memory`](Self::open_in_memory), or
    /// `open_mapped`): the bytes that [`Tensor::as_bytes`] has, without a copy.
    ///
    /// It is `None` if the data files are not in memory, or do not have the elements side by side as this machine has them:
    /// strings, the other byte order, partitioned and compressed variables. The bytes can start anywhere, also where elements
    /// of this type are not aligned. They are **not verified**: [`verify`](Self::verify) does that.
    ///
    /// ```
    /// # use checkpoint_core::Checkpoint;
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// let checkpoint = Checkpoint::open_in_memory(path)?;
    /// checkpoint.verify("model/wte")?;
    /// let bytes = checkpoint.borrow("model/wte")?.ok_or("not in memory")?;
    /// assert_eq!(bytes.len(), 300 * 16 * 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If there is none of this name, or if its data file cannot be opened or is too short.
    pub fn borrow(&self, name: impl AsRef<[u8]>) -> Result<Option<&[u8]>, ReadError> {
        let variable = self.find(name.as_ref())?;
        let extent = match &variable.place {
            Place::Whole(extent) if variable.dtype.width().is_some() => extent,
            _ => return Ok(None),
        };
        let part = Part::whole(self.source(), variable, extent);
        let part = part.map_err(|kind| failed(&variable.name, kind))?;
        Ok(part.bytes().filter(|_| part.native.is_nothing()))
    }

    /// Verifies the checksum of one variable, also of one whose elements are borrowed, and keeps nothing of it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn verify(&self, name: impl AsRef<[u8]>) -> Result<(), ReadError> {
        self.reading(Some(NonZero::<usize>::MIN)).check(&[self.find(name.as_ref())?])
    }

    /// Verifies the checksums of several variables in one pass over the files: of all that a load has borrowed,
    /// `report.borrowed.variables`. Of `options`, `threads`, `on_progress` and `cancel` are heeded.
    ///
    /// ```
    /// # use checkpoint_core::{Checkpoint, LoadOptions};
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// let checkpoint = Checkpoint::open(path)?;
    /// let names = checkpoint.variables().iter().map(|variable| &variable.name);
    /// checkpoint.verify_many(names, LoadOptions::new().threads(2))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_many`](Self::read_many): the first damage that is found.
    pub fn verify_many(
        &self,
        names: impl IntoIterator<Item = impl AsRef<[u8]>>,
        options: LoadOptions<'_>,
    ) -> Result<(), ReadError> {
        let variables = names.into_iter().map(|name| self.find(name.as_ref()));
        let mut variables = variables.collect::<Result<Vec<_>, _>>()?;
        variables.sort_unstable_by_key(|variable| &variable.name);
        variables.dedup_by_key(|variable| &variable.name);
        Reading { verify: true, ..options.settings().reading(self.source()) }.check(&variables)
    }

    /// Reads all variables one after another, in the order in which the files have them; where only the source knows, in
    /// that of their names. Each is read when it is asked for, so that memory is taken for one at a time.
    ///
    /// ```
    /// # use checkpoint_core::Checkpoint;
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
    /// let checkpoint = Checkpoint::open(path)?;
    /// let mut bytes = 0;
    /// for (_name, tensor) in checkpoint.tensors() {
    ///     bytes += tensor?.as_bytes().len() as u64;
    /// }
    /// let size: u64 = checkpoint.variables().iter().map(|variable| variable.size()).sum();
    /// assert_eq!(bytes, size);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tensors(&self) -> impl Iterator<Item = (&Name, Result<Tensor, ReadError>)> {
        let mut variables: Vec<_> = self.variables().iter().collect();
        // Of the same place, they keep the order of their names.
        variables.sort_by_key(|variable| start(&variable.place));
        variables.into_iter().map(|variable| (&variable.name, self.read(&variable.name)))
    }

    /// Fails if these variables take more memory than may be read at once.
    fn within_limits(&self, variables: &[&Variable]) -> Result<(), ReadError> {
        let sizes = variables.iter().map(|variable| (*variable, variable.size()));
        within(self.budget().limits().load_bytes, sizes)
    }

    /// The variable of this name, which has elements of this type.
    fn find_of<T: Element>(&self, name: &[u8]) -> Result<&Variable, ReadError> {
        let variable = self.find(name)?;
        let check = TensorError::check::<T>(variable.dtype);
        check.map_err(|error| failed(&variable.name, error.into()))?;
        Ok(variable)
    }
}

/// Where the elements start in the files.
pub(crate) fn start(place: &Place) -> (u32, u64) {
    let start = |extent: &Extent| (extent.shard, extent.offset);
    match place {
        Place::Whole(extent) => start(extent),
        Place::Slices(slices) => {
            slices.iter().map(|slice| start(&slice.extent)).min().unwrap_or_default()
        }
        Place::Opaque | Place::Unreadable(_) => (0, 0),
    }
}

/// What a range of the first axis is by itself, and which elements of the whole it is.
fn rows_of(variable: &Variable, rows: Range<u64>) -> Result<(Spec, Range<u64>), ReadErrorKind> {
    let [count, others @ ..] = variable.shape.dims() else { return Err(ReadErrorKind::Scalar) };
    let dims = [&[rows.end.saturating_sub(rows.start)], others].concat();
    let shape = Shape::new(dims).filter(|_| rows.start <= rows.end && rows.end <= *count);
    let Some(shape) = shape else {
        return Err(ReadErrorKind::Rows { found: variable.spec(), rows });
    };
    let row = others.iter().fold(1, |product: u64, &dim| product.saturating_mul(dim));
    let elements = rows.start.saturating_mul(row)..rows.end.saturating_mul(row);
    Ok((Spec { dtype: variable.dtype, shape }, elements))
}
