//! The variables passed to a save.

use checkpoint_core::{
    Checkpoint, DType, Element, Name, SaveError, Tensor, TensorError, Variable, Writer,
};
use num_complex::Complex;
use numpy::{Element as NumPyElement, PyReadonlyArray1, PyReadonlyArrayDyn};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use crate::save::named;

/// The name of a variable, the name of its dtype, its shape and its elements, as `tfckpt.save` passes them.
///
/// The elements are an array of the dtype if NumPy has it, or a list of bytes for strings. Otherwise they are an array of bytes
/// with one axis.
pub(crate) type Passed<'py> = (PyBackedBytes, String, Vec<u64>, Bound<'py, PyAny>);

/// A variable that Python owns.
pub(crate) struct Given<'py> {
    name: Name,
    shape: Vec<u64>,
    elements: Box<dyn Lend + 'py>,
}

impl<'py> Given<'py> {
    /// Creates a variable from the arguments of `tfckpt.save`.
    ///
    /// # Errors
    /// Returns an error if the elements do not match the dtype.
    pub(crate) fn new((name, dtype, shape, elements): Passed<'py>) -> PyResult<Self> {
        Ok(Self { name: Name::from(&name[..]), shape, elements: lender(&dtype, &elements)? })
    }

    /// Returns the variable in a form that can be written without Python.
    pub(crate) fn outgoing(&self) -> Outgoing<'_> {
        let Self { name, shape, elements } = self;
        let name = name.clone();
        Outgoing { name, bytes: elements.bytes(), write: elements.lend(shape) }
    }
}

/// Writes a variable under a name.
type Write<'a> = Box<dyn Fn(&mut Writer<'_>, &Name) -> Result<(), SaveError> + Send + Sync + 'a>;

/// A variable to write.
pub(crate) struct Outgoing<'a> {
    pub(crate) name: Name,
    /// The size of its elements, in bytes.
    pub(crate) bytes: u64,
    write: Write<'a>,
}

impl<'a> Outgoing<'a> {
    /// Creates a variable from an opened checkpoint. It is verified when it is written.
    pub(crate) fn kept(checkpoint: &'a Checkpoint, variable: &'a Variable) -> Self {
        let write: Write<'a> = Box::new(|writer, name| {
            writer.add_tensor(name.clone(), &checkpoint.read(&variable.name)?)
        });
        Self { name: variable.name.clone(), bytes: variable.size(), write }
    }

    /// Writes the variable.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<(), SaveError> {
        (self.write)(writer, &self.name)
    }
}

/// An array that lends its elements to threads without Python.
trait Lend {
    fn bytes(&self) -> u64;

    fn lend<'a>(&'a self, shape: &'a [u64]) -> Write<'a>;
}

impl<T: Element + NumPyElement> Lend for PyReadonlyArrayDyn<'_, T> {
    fn bytes(&self) -> u64 {
        let view = self.as_array();
        (view.len() as u64).saturating_mul(size_of::<T>() as u64)
    }

    fn lend<'a>(&'a self, _: &'a [u64]) -> Write<'a> {
        let view = self.as_array();
        Box::new(move |writer, name| writer.add(name.clone(), &view))
    }
}

/// The bytes of elements of a dtype that NumPy lacks.
struct Bits<'py> {
    dtype: DType,
    bytes: PyReadonlyArray1<'py, u8>,
}

impl Lend for Bits<'_> {
    fn bytes(&self) -> u64 {
        self.bytes.as_array().len() as u64
    }

    fn lend<'a>(&'a self, shape: &'a [u64]) -> Write<'a> {
        let (dtype, view) = (self.dtype, self.bytes.as_array());
        Box::new(move |writer, name| {
            let tensor = Tensor::from_bytes(dtype, shape, view.as_slice().unwrap_or_default());
            writer.add_tensor(name.clone(), &tensor.map_err(|source| refused(name, source))?)
        })
    }
}

/// Strings, or the messages of variants.
struct Strings {
    dtype: DType,
    strings: Vec<PyBackedBytes>,
}

impl Lend for Strings {
    fn bytes(&self) -> u64 {
        self.strings.iter().map(|string| string.len() as u64).fold(0, u64::saturating_add)
    }

    fn lend<'a>(&'a self, shape: &'a [u64]) -> Write<'a> {
        let Self { dtype, strings } = self;
        Box::new(move |writer, name| {
            let tensor = match dtype {
                DType::Variant => Tensor::from_variants(shape, strings),
                _ => Tensor::from_strings(shape, strings),
            };
            writer.add_tensor(name.clone(), &tensor.map_err(|source| refused(name, source))?)
        })
    }
}

fn refused(name: &Name, source: TensorError) -> SaveError {
    SaveError::Tensor { name: name.clone(), source }
}

/// Returns the lender of elements of this dtype.
fn lender<'py>(dtype: &str, elements: &Bound<'py, PyAny>) -> PyResult<Box<dyn Lend + 'py>> {
    let dtype = named(dtype).ok_or_else(|| PyTypeError::new_err("no checkpoint has this dtype"))?;
    match dtype {
        DType::Bool => array::<bool>(elements),
        DType::Int8 => array::<i8>(elements),
        DType::Int16 => array::<i16>(elements),
        DType::Int32 => array::<i32>(elements),
        DType::Int64 => array::<i64>(elements),
        DType::UInt8 => array::<u8>(elements),
        DType::UInt16 => array::<u16>(elements),
        DType::UInt32 => array::<u32>(elements),
        DType::UInt64 => array::<u64>(elements),
        DType::Float32 => array::<f32>(elements),
        DType::Float64 => array::<f64>(elements),
        DType::Complex64 => array::<Complex<f32>>(elements),
        DType::Complex128 => array::<Complex<f64>>(elements),
        DType::String | DType::Variant => {
            Ok(Box::new(Strings { dtype, strings: elements.extract()? }))
        }
        _ => Ok(Box::new(Bits { dtype, bytes: elements.extract()? })),
    }
}

fn array<'py, T: Element + NumPyElement>(
    elements: &Bound<'py, PyAny>,
) -> PyResult<Box<dyn Lend + 'py>> {
    Ok(Box::new(elements.extract::<PyReadonlyArrayDyn<'py, T>>()?))
}
