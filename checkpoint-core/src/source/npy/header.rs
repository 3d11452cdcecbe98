//! The header of a `.npy` file: a Python dictionary literal before the elements.

use std::fmt;

use checkpoint_schema::format::DAMAGED;
use checkpoint_schema::listing::catalog::{Endianness, Name};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use thiserror::Error;

use crate::source::npy::literal::{Literal, Parser};
use crate::system::number::as_u64;

/// The magic number of the format.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// The size of the fixed prefix in bytes: the magic number, the version and the header length.
pub(crate) const PREFIX: u64 = 12;

/// The largest number of bytes before the elements. NumPy itself reads headers of 10,000 characters.
pub(crate) const MAX_HEADER: u64 = 64 << 10;

/// The header of a `.npy` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) elements: ElementType,
    /// True for column-major order: the first axis is the innermost one.
    pub(crate) is_fortran: bool,
    pub(crate) shape: Shape,
}

/// The type of the elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ElementType {
    /// Numbers, including bools and complex numbers.
    Numbers { dtype: DType, endianness: Endianness },
    /// Strings of `width` bytes, padded with zeros.
    Bytes { width: u64 },
    /// Strings of `width` characters of four bytes, padded with zeros.
    Text { width: u64, endianness: Endianness },
    /// An element type without support, with the reason.
    Unsupported { reason: Box<str> },
}

/// Errors of a header.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum HeaderError {
    #[error("the file ends within the header of the array; {DAMAGED}")]
    Short,
    #[error("the array does not start with the bytes of the format `.npy`; {DAMAGED}")]
    Magic,
    #[error(
        "the version of the format `.npy` is {major}, but only 1, 2 and 3 are supported; save the array with another NumPy"
    )]
    Version { major: u8 },
    #[error("the header of the array has {len} bytes, and the limit is {MAX_HEADER}; {DAMAGED}")]
    Long { len: u64 },
    #[error("the header of the array is wrong at byte {at}: expected {expected}; {DAMAGED}")]
    Syntax { at: u64, expected: &'static str },
    #[error("the header of the array has no `{key}`; {DAMAGED}")]
    Missing { key: &'static str },
    #[error("the header of the array has the shape {dims}, which no tensor has; {DAMAGED}")]
    Shape { dims: String },
    #[error("the elements of the array take {needed} bytes, but the file has {found}; {DAMAGED}")]
    Size { needed: u64, found: u64 },
}

impl Header {
    /// The number of bytes before the elements, from the first [`PREFIX`] bytes.
    pub(crate) fn len(start: &[u8]) -> Result<u64, HeaderError> {
        let Some(rest) = start.strip_prefix(MAGIC) else {
            let is_cut = start.len() < MAGIC.len() && MAGIC.starts_with(start);
            return Err(if is_cut { HeaderError::Short } else { HeaderError::Magic });
        };
        let len = match *rest {
            [1, _, low, high, ..] => u64::from(u16::from_le_bytes([low, high])).saturating_add(10),
            [2 | 3, _, a, b, c, d, ..] => {
                u64::from(u32::from_le_bytes([a, b, c, d])).saturating_add(12)
            }
            [major @ (0 | 4..), ..] => return Err(HeaderError::Version { major }),
            _ => return Err(HeaderError::Short),
        };
        if len > MAX_HEADER { Err(HeaderError::Long { len }) } else { Ok(len) }
    }

    /// Parses all bytes before the elements.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, HeaderError> {
        let text = if bytes.get(MAGIC.len()) == Some(&1) { 10 } else { 12 };
        let mut parser = Parser::new(bytes, text);
        let fields = parser.fields()?;
        let missing = |key| HeaderError::Missing { key };
        let dims = fields.shape.ok_or(missing("shape"))?;
        let is_fortran = fields.is_fortran.ok_or(missing("fortran_order"))?;
        let elements = match fields.descr.ok_or(missing("descr"))? {
            Literal::Text(descr) => ElementType::new(descr),
            Literal::List => ElementType::unsupported(
                "its elements are records of several fields; save each field as an array of its own",
            ),
        };
        let shape =
            Shape::new(&dims[..]).ok_or_else(|| HeaderError::Shape { dims: shown(&dims) })?;
        Ok(Self { elements, is_fortran, shape })
    }

    /// The size of the elements in bytes; `None` for an unsupported type.
    pub(crate) fn size(&self) -> Option<u64> {
        self.shape.elements().checked_mul(self.elements.width()?)
    }

    /// Checks that the elements have exactly this size.
    pub(crate) fn check_size(&self, found: u64) -> Result<(), HeaderError> {
        if matches!(self.elements, ElementType::Unsupported { .. }) {
            return Ok(());
        }
        let needed = self.size().unwrap_or(u64::MAX);
        if needed == found { Ok(()) } else { Err(HeaderError::Size { needed, found }) }
    }

    /// True if the elements are in row-major order. Column-major order is the same for at most one axis longer than 1.
    pub(crate) fn is_row_major(&self) -> bool {
        let long = self.shape.dims().iter().filter(|&&dim| dim != 1).count();
        !self.is_fortran || long < 2 || self.shape.elements() == 0
    }
}

/// A shape for messages; only the first axes of a long one.
fn shown(dims: &[u64]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = dims.iter().take(SHOWN).map(u64::to_string).collect();
    let more = if dims.len() > SHOWN { ", ..." } else { "" };
    format!("[{}{more}]", shown.join(", "))
}

impl ElementType {
    /// Parses a type description such as `<f4`.
    fn new(descr: &[u8]) -> Self {
        Self::known(descr).unwrap_or_else(|| {
            let name = Name::from(descr);
            let name = name.short();
            Self::unsupported(&match descr {
                [_, b'O', ..] => "its elements are pickled Python objects, which are never loaded; save it as an \
                                  array of numbers or strings"
                    .to_owned(),
                [_, b'V', ..] => format!(
                    "its elements are bytes without a meaning (`{name}`), as NumPy writes `bfloat16` and `float8`; save \
                     them as float32, or in safetensors"
                ),
                [_, b'M' | b'm', ..] => {
                    format!("its elements are times (`{name}`); save them as integers, by `.astype(\"int64\")`")
                }
                _ => format!("its elements are `{name}`, which is not supported; save them as another dtype"),
            })
        })
    }

    fn unsupported(reason: &str) -> Self {
        Self::Unsupported { reason: reason.into() }
    }

    fn known(descr: &[u8]) -> Option<Self> {
        let (&order, rest) = descr.split_first()?;
        let endianness = match order {
            b'<' | b'|' => Endianness::Little,
            b'>' => Endianness::Big,
            _ => return None,
        };
        let (&kind, width) = rest.split_first()?;
        let width: u64 = std::str::from_utf8(width).ok()?.parse().ok()?;
        let dtype = match (kind, width) {
            (b'b', 1) => DType::Bool,
            (b'i', 1) => DType::Int8,
            (b'i', 2) => DType::Int16,
            (b'i', 4) => DType::Int32,
            (b'i', 8) => DType::Int64,
            (b'u', 1) => DType::UInt8,
            (b'u', 2) => DType::UInt16,
            (b'u', 4) => DType::UInt32,
            (b'u', 8) => DType::UInt64,
            (b'f', 2) => DType::Float16,
            (b'f', 4) => DType::Float32,
            (b'f', 8) => DType::Float64,
            (b'c', 8) => DType::Complex64,
            (b'c', 16) => DType::Complex128,
            (b'S' | b'a', _) => return Some(Self::Bytes { width }),
            (b'U', _) => return Some(Self::Text { width, endianness }),
            _ => return None,
        };
        // Numbers of several bytes need an explicit byte order.
        let is_said = order != b'|' || dtype.swap_unit() == Some(1);
        is_said.then_some(Self::Numbers { dtype, endianness })
    }

    /// The dtype of the variable.
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Self::Numbers { dtype, .. } => *dtype,
            Self::Bytes { .. } | Self::Text { .. } => DType::String,
            Self::Unsupported { .. } => DType::Unknown,
        }
    }

    /// The size of an element in the file, in bytes; `None` for an unsupported type.
    pub(crate) fn width(&self) -> Option<u64> {
        match self {
            Self::Numbers { dtype, .. } => dtype.width().map(as_u64),
            Self::Bytes { width } => Some(*width),
            Self::Text { width, .. } => width.checked_mul(4),
            Self::Unsupported { .. } => None,
        }
    }
}

/// The form in test messages.
impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { reason } => f.write_str(reason),
            _ => write!(f, "{}", self.dtype()),
        }
    }
}
