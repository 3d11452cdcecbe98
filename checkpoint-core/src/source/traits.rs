//! The traits of sources and data files.

use std::fmt;
use std::io;
use std::path::Path;

use checkpoint_schema::listing::catalog::{Catalog, Variable};

use crate::source::access::Access;
use crate::source::error::SourceError;
use crate::tensor::Tensor;

/// A catalog of variables, with access to their elements.
///
/// Loading depends on this trait alone. Your crate can implement it for another format or service; pass the source to
/// [`Checkpoint::from_source`](crate::Checkpoint::from_source). A source has data files, returns whole tensors, or does both.
/// The [`Place`](crate::Place) of each variable in the [catalog](Catalog) selects the method:
///
/// - **In data files** ([`Whole`](crate::Place::Whole), [`Strided`](crate::Place::Strided), [`Slices`](crate::Place::Slices)): the
///   elements are bytes of a file, in row-major order or with strides. Each [`Extent`](crate::Extent) has the byte order and the optional
///   checksum. The source returns the [`DataFile`] for each shard number, and the reader does the rest. It checks the lengths of files before it allocates memory. It reads files
///   in order, on several threads, straight into their destination. It verifies checksums, and can read some rows without the
///   others.
///   Strings and variants are stored as in `TensorFlow`. A `DataFile` can be a memory-mapped file or a remote file.
/// - **Elsewhere** ([`Opaque`](crate::Place::Opaque)): the source returns each variable as a whole [`Tensor`], in native byte
///   order. It needs no files, offsets or checksums. A source with checksums verifies them itself.
///
/// Several threads call a source at once, also for the same variable. Put a library that is not thread-safe in a `Mutex`. The
/// catalog must not change while the source lives. Return a [`SourceError`] for a failure or an unsupported operation;
/// [`SourceError::other`] converts any error. A tensor whose dtype or shape differs from the catalog is an error.
///
/// ```
/// use checkpoint_core::{Catalog, Checkpoint, DType, Name, Place, Shape, Source, SourceError, Tensor, Variable};
///
/// /// A checkpoint of one variable, `iota`, which is computed.
/// #[derive(Debug)]
/// struct Iota(Catalog);
///
/// impl Iota {
///     fn new(len: u64) -> Option<Self> {
///         let (name, shape) = (Name::from("iota"), Shape::new([len])?);
///         let variable = Variable { name, dtype: DType::Int64, shape, place: Place::Opaque };
///         Some(Self(Catalog::new(vec![variable], 0)))
///     }
/// }
///
/// impl Source for Iota {
///     fn catalog(&self) -> &Catalog {
///         &self.0
///     }
///
///     fn tensor(&self, variable: &Variable) -> Result<Tensor, SourceError> {
///         let len = i64::try_from(variable.shape.elements()).map_err(SourceError::other)?;
///         Tensor::from_array((0..len).collect::<ndarray::Array1<_>>()).map_err(SourceError::other)
///     }
/// }
///
/// let checkpoint = Checkpoint::from_source("computed", Iota::new(5).ok_or("too long")?);
/// assert_eq!(checkpoint.read_array::<i64>("iota")?.sum(), 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Source: fmt::Debug + Send + Sync {
    /// Returns the catalog. It is called often, so build the catalog once.
    fn catalog(&self) -> &Catalog;

    /// Returns the data file with this shard number of the catalog.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened, or if the source has no data files.
    fn data_file(&self, _shard: u32) -> Result<&dyn DataFile, SourceError> {
        Err(SourceError::Source { problem: "its catalog has data files, but it gives none" })
    }

    /// Returns all elements of a variable whose place is [`Opaque`](crate::Place::Opaque). The source verifies its checksums,
    /// if it has any.
    ///
    /// # Errors
    /// Returns an error if the elements cannot be read, or if all variables are in data files.
    fn tensor(&self, _variable: &Variable) -> Result<Tensor, SourceError> {
        Err(SourceError::Source { problem: "its catalog has tensors, but it gives none" })
    }
}

/// A file with random access to its bytes, from several threads at once.
///
/// Bytes that are changed or truncated during a read result in arbitrary bytes or an error. Checksums detect this.
pub trait DataFile: fmt::Debug + Send + Sync {
    /// The path that messages show.
    fn path(&self) -> &Path;

    /// The number of bytes. It is called before the bytes are read.
    fn size(&self) -> u64;

    /// Fills `into` with the bytes from offset `offset`.
    ///
    /// # Errors
    /// Returns an error if any of the bytes cannot be read.
    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;

    /// The access pattern that suits the file; by default, that of a local file. It is called often, and always returns the same.
    fn access(&self) -> Access {
        Access::default()
    }

    /// The whole contents, if they are in memory, so that arrays can borrow them.
    fn bytes(&self) -> Option<&[u8]> {
        None
    }
}
