//! Tensors as arrays of NumPy.

use checkpoint_core::{DType, Element, Name, Spec, Strings, Tensor, TensorError};
use ndarray::ArrayD;
use num_complex::Complex;
use numpy::{Element as NumPyElement, PyArray, PyArray1, PyArrayDescr};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::dtype_error;

/// The maximum number of axes of an array.
const AXES: usize = 32;

/// The representation of a variable's elements in NumPy.
pub(crate) struct Form<'py> {
    name: Name,
    spec: Spec,
    dtype: Bound<'py, PyArrayDescr>,
}

impl<'py> Form<'py> {
    /// Returns the form of a variable.
    ///
    /// # Errors
    /// Returns an error if NumPy cannot represent it, or if a required package is missing.
    pub(crate) fn new(py: Python<'py>, name: &Name, spec: Spec) -> PyResult<Self> {
        let refused = |problem: &str| {
            let sentence = format!("`{}` is {spec}, which {problem}", name.short());
            dtype_error(py, name, &spec, &sentence)
        };
        let width = spec.dtype.width().map_or(8, |width| width as u64);
        let others = spec.shape.dims().iter().filter(|&&dim| dim > 0);
        let bytes = others.fold(width, |bytes, &dim| bytes.saturating_mul(dim));
        if spec.shape.dims().len() > AXES || isize::try_from(bytes).is_err() {
            return Err(refused("has too many axes or elements for an array of NumPy"));
        }
        let dtype = match held_by(spec.dtype) {
            Held::NumPy(dtype) => PyArrayDescr::new(py, dtype)?,
            Held::MlDTypes => {
                let package = py.import("ml_dtypes").map_err(|_| {
                    refused(
                        "needs the package `ml_dtypes`; install it with `pip install ml_dtypes`",
                    )
                })?;
                let dtype = package.getattr(spec.dtype.name()).map_err(|_| {
                    refused("the package `ml_dtypes` is too old for; install a newer one")
                })?;
                PyArrayDescr::new(py, dtype)?
            }
            Held::Nobody => return Err(refused("no array of NumPy can hold")),
        };
        Ok(Self { name: name.clone(), spec, dtype })
    }

    fn py(&self) -> Python<'py> {
        self.dtype.py()
    }

    /// Moves the elements of a tensor into an array. Strings become objects.
    pub(crate) fn array(&self, tensor: Tensor) -> PyResult<Bound<'py, PyAny>> {
        match tensor.dtype() {
            DType::Float32 => self.own(tensor.into_array::<f32>()),
            DType::Float64 => self.own(tensor.into_array::<f64>()),
            DType::Complex64 => self.own(tensor.into_array::<Complex<f32>>()),
            DType::Complex128 => self.own(tensor.into_array::<Complex<f64>>()),
            DType::Bool => self.own(tensor.into_array::<bool>()),
            DType::Int64 => self.own(tensor.into_array::<i64>()),
            DType::UInt64 => self.own(tensor.into_array::<u64>()),
            DType::Int32 | DType::QInt32 => self.own(tensor.into_bits::<i32>()),
            DType::UInt32 => self.own(tensor.into_array::<u32>()),
            DType::Int16 | DType::QInt16 => self.own(tensor.into_bits::<i16>()),
            DType::UInt16 | DType::QUInt16 => self.own(tensor.into_bits::<u16>()),
            DType::Int8 | DType::QInt8 => self.own(tensor.into_bits::<i8>()),
            DType::UInt8 | DType::QUInt8 => self.own(tensor.into_bits::<u8>()),
            DType::String | DType::Variant => self.objects(&tensor),
            DType::Float16 | DType::BFloat16 => self.seen(&self.own(tensor.into_bits::<u16>())?),
            _ => self.seen(&self.own(tensor.into_bits::<u8>())?),
        }
    }

    /// Reinterprets an array of bytes with the dtype and the shape.
    pub(crate) fn view(&self, bytes: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.shaped(&self.seen(bytes)?)
    }

    fn shaped(&self, array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        array.call_method1(intern!(self.py(), "reshape"), (self.spec.shape.dims().to_vec(),))
    }

    fn seen(&self, array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        array.call_method1(intern!(self.py(), "view"), (&self.dtype,))
    }

    fn own<T: Element + NumPyElement>(
        &self,
        array: Result<ArrayD<T>, TensorError>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = array.map_err(|error| self.refused(&error))?;
        Ok(PyArray::from_owned_array(self.py(), array).into_any())
    }

    fn objects(&self, tensor: &Tensor) -> PyResult<Bound<'py, PyAny>> {
        let strings = tensor.as_strings().into_iter().flat_map(Strings::iter);
        let objects = strings.map(|string| PyBytes::new(self.py(), string).into_any().unbind());
        let array = PyArray1::from_vec(self.py(), objects.collect());
        self.shaped(array.as_any())
    }

    fn refused(&self, error: &TensorError) -> PyErr {
        let sentence = format!("cannot read `{}`: {error}", self.name.short());
        dtype_error(self.py(), &self.name, &self.spec, &sentence)
    }
}

/// The package that has a dtype.
enum Held {
    /// NumPy itself, under this name.
    NumPy(&'static str),
    /// The package `ml_dtypes`, under the same name as here.
    MlDTypes,
    /// No package.
    Nobody,
}

/// Returns the package of a dtype. Quantized numbers are the integers that they are stored as.
fn held_by(dtype: DType) -> Held {
    Held::NumPy(match dtype {
        DType::Unknown => return Held::Nobody,
        DType::String | DType::Variant => "object",
        DType::QInt8 => "int8",
        DType::QUInt8 => "uint8",
        DType::QInt16 => "int16",
        DType::QUInt16 => "uint16",
        DType::QInt32 => "int32",
        DType::Bool
        | DType::Int8
        | DType::Int16
        | DType::Int32
        | DType::Int64
        | DType::UInt8
        | DType::UInt16
        | DType::UInt32
        | DType::UInt64
        | DType::Float16
        | DType::Float32
        | DType::Float64
        | DType::Complex64
        | DType::Complex128 => dtype.name(),
        _ => return Held::MlDTypes,
    })
}
