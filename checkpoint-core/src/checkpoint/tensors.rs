//! Reading variables by name, without a struct.

use std::num::NonZero;
use std::ops::Range;

use checkpoint_schema::listing::catalog::{Name, Place, Spec, Variable};
use checkpoint_schema::listing::shape::Shape;
use ndarray::ArrayD;

use crate::checkpoint::Checkpoint;
use crate::load::options::LoadOptions;
use crate::read::job::PlacedExtent;
use crate::read::{ReadError, ReadErrorKind, Reading, failed, within};
use crate::tensor::buffer::Buffer;
use crate::tensor::element::Element;
use crate::tensor::{Tensor, TensorError};

impl Checkpoint {
    /// Reads a variable of any dtype.
    ///
    /// # Errors
    /// Returns an error if there is no such variable, or if it cannot be read.
    pub fn read(&self, name: impl AsRef<[u8]>) -> Result<Tensor, ReadError> {
        let variable = self.find(name.as_ref())?;
        self.within_limits(&[variable])?;
        let mut buffers = self.reading(Some(NonZero::<usize>::MIN)).read(&[variable])?;
        // One variable has one buffer.
        let buffer = buffers.pop().unwrap_or(Buffer::W8(Vec::new()));
        Ok(Tensor::new(variable.spec(), buffer))
    }

    /// Reads a variable as an array of its shape, without conversion.
    ///
    /// # Errors
    /// Returns the errors of [`read`](Self::read). Also returns an error if the element type differs, before anything is read.
    pub fn read_array<T: Element>(&self, name: impl AsRef<[u8]>) -> Result<ArrayD<T>, ReadError> {
        let variable = self.find_of::<T>(name.as_ref())?;
        let tensor = self.read(&variable.name)?;
        tensor.into_array().map_err(|error| failed(&variable.name, error.into()))
    }

    /// Reads a variable into `into`, in row-major order and without conversion.
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
    /// Returns the errors of [`read_array`](Self::read_array), or an error if `into` has another length. If a read fails or the data
    /// is damaged, `into` may already be filled in part.
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

    /// Reads a range of the first axis of a variable. The result keeps all axes.
    ///
    /// Only the bytes of these rows are read from data files, and only the slices that contain them for a partitioned variable.
    /// Strings are read whole. So are variables that a source only provides whole, as in V1 checkpoints.
    ///
    /// A checksum covers all bytes of a variable, or of one of its slices. It is verified if the rows include all of these bytes.
    /// Otherwise **nothing is verified**, and damage in the rows goes unnoticed.
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
    /// Returns the errors of [`read`](Self::read). Also returns an error if the variable has no axes, or has fewer rows.
    pub fn read_rows(&self, name: impl AsRef<[u8]>, rows: Range<u64>) -> Result<Tensor, ReadError> {
        let variable = self.find(name.as_ref())?;
        let part = rows_of(variable, rows).map_err(|kind| failed(&variable.name, kind));
        let (spec, elements) = part?;
        let reading = self.reading(Some(NonZero::<usize>::MIN));
        Ok(Tensor::new(spec, reading.read_elements(variable, elements)?))
    }

    /// Calls `visit` with the elements of a variable, piece by piece in row-major order.
    ///
    /// Together, the pieces equal [`Tensor::as_bytes`]. No piece splits an element. A variable that cannot be read in pieces is
    /// passed as one piece. The checksum is only verified at the end, when this returns. If it does not match, the last piece is
    /// not passed.
    ///
    /// # Errors
    /// Returns the errors of [`read`](Self::read).
    pub fn read_pieces(
        &self,
        name: impl AsRef<[u8]>,
        visit: impl FnMut(&[u8]),
    ) -> Result<(), ReadError> {
        let variable = self.find(name.as_ref())?;
        self.reading(Some(NonZero::<usize>::MIN)).read_pieces(variable, visit)
    }

    /// Reads several variables in one pass over the files, on all cores, as a load of a struct does. Returns the tensors in the
    /// order of the names.
    ///
    /// # Errors
    /// Returns the errors of [`read`](Self::read). If a name is missing, nothing is read.
    pub fn read_many(
        &self,
        names: impl IntoIterator<Item = impl AsRef<[u8]>>,
    ) -> Result<Vec<Tensor>, ReadError> {
        self.read_many_with(names, LoadOptions::new())
    }

    /// Reads several variables as [`read_many`](Self::read_many) does. It uses `threads`, `verify`, `max_bytes`, `on_progress` and
    /// `cancel` of `options`.
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
    /// Returns the errors of [`read_many`](Self::read_many), and [`ReadErrorKind::Cancelled`] if it was cancelled.
    pub fn read_many_with(
        &self,
        names: impl IntoIterator<Item = impl AsRef<[u8]>>,
        options: LoadOptions<'_>,
    ) -> Result<Vec<Tensor>, ReadError> {
        let variables = self.find_many(names)?;
        within(
            options.settings().limit(self),
            variables.iter().map(|variable| (*variable, variable.size())),
        )?;
        let buffers = options.settings().reading(self.source()).read(&variables)?;
        let tensors = variables.into_iter().zip(buffers);
        Ok(tensors.map(|(variable, buffer)| Tensor::new(variable.spec(), buffer)).collect())
    }

    /// Borrows the elements of a variable from a checkpoint in memory ([`open_in_memory`](Self::open_in_memory), or
    /// `open_mapped`). The bytes are the same as in [`Tensor::as_bytes`], without a copy.
    ///
    /// Returns `None` if the data files are not in memory, or if they do not store the elements contiguously as this machine does:
    /// strings, the other byte order, partitioned and compressed variables. The bytes may not be aligned for their element type.
    /// They are **not verified**: call [`verify`](Self::verify).
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
    /// Returns an error if there is no such variable, or if its data file cannot be opened or is too short.
    pub fn borrow(&self, name: impl AsRef<[u8]>) -> Result<Option<&[u8]>, ReadError> {
        let variable = self.find(name.as_ref())?;
        let extent = match &variable.place {
            Place::Whole(extent) if variable.dtype.width().is_some() => extent,
            _ => return Ok(None),
        };
        let part = PlacedExtent::whole(self.source(), variable, extent);
        let part = part.map_err(|kind| failed(&variable.name, kind))?;
        Ok(part.bytes().filter(|_| part.native.is_nothing()))
    }

    /// Verifies the checksum of a variable, borrowed or not, and discards its elements.
    ///
    /// # Errors
    /// Returns the errors of [`read`](Self::read).
    pub fn verify(&self, name: impl AsRef<[u8]>) -> Result<(), ReadError> {
        self.reading(Some(NonZero::<usize>::MIN)).check(&[self.find(name.as_ref())?])
    }

    /// Verifies the checksums of several variables in one pass over the files, such as `report.borrowed.variables` after a load.
    /// It uses `threads`, `on_progress` and `cancel` of `options`.
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
    /// Returns the errors of [`read_many`](Self::read_many). Damage is reported for the first variable found.
    pub fn verify_many(
        &self,
        names: impl IntoIterator<Item = impl AsRef<[u8]>>,
        options: LoadOptions<'_>,
    ) -> Result<(), ReadError> {
        let mut variables = self.find_many(names)?;
        variables.sort_unstable_by_key(|variable| &variable.name);
        variables.dedup_by_key(|variable| &variable.name);
        Reading { verify: true, ..options.settings().reading(self.source()) }.check(&variables)
    }

    /// Reads all variables one after another, in file order, or in name order if only the source knows the file order. Each is
    /// read when the iterator reaches it, so only one is in memory.
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
        // Variables at the same place keep the order of their names.
        variables.sort_by_key(|variable| variable.place.start());
        variables.into_iter().map(|variable| (&variable.name, self.read(&variable.name)))
    }

    /// Returns an error if these variables together exceed the memory limit.
    fn within_limits(&self, variables: &[&Variable]) -> Result<(), ReadError> {
        let sizes = variables.iter().map(|variable| (*variable, variable.size()));
        within(self.budget().limits().load_bytes, sizes)
    }

    /// The variable with this name, if its elements have this type.
    fn find_of<T: Element>(&self, name: &[u8]) -> Result<&Variable, ReadError> {
        let variable = self.find(name)?;
        let check = TensorError::check::<T>(variable.dtype);
        check.map_err(|error| failed(&variable.name, error.into()))?;
        Ok(variable)
    }
}

/// The dtype and shape of a range of the first axis, and its range of elements in the variable.
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
