//! The header of a safetensors file.

use std::borrow::Cow;

use serde::de::{Error as _, IgnoredAny, MapAccess};
use smallvec::SmallVec;

use crate::format::budget::{Budget, length};
use crate::format::safetensors::error::{HeaderError, JsonError, TensorProblem};
use crate::format::safetensors::json::{Document, Entries, Numbers, Object, Strings, Text};
use crate::listing::catalog::{Checksum, Defect, Endianness, Extent, Name, Place, Variable};
use crate::listing::dtype::DType;
use crate::listing::shape::{MAX_RANK, Shape};

/// The number of bytes before the header. They contain its length.
pub const PREFIX: u64 = 8;

/// The maximum length of a header, in bytes.
pub const MAX_HEADER: u64 = 100_000_000;

/// The usual number of bytes of a tensor in a header.
const USUAL: usize = 128;

/// The key of the metadata, which is not a tensor.
pub const METADATA: &str = "__metadata__";

/// The dtypes by their names in the format, with the bits per element. Elements of fewer than 8 bits are packed.
const DTYPES: [(&str, DType, u64); 22] = [
    ("BOOL", DType::Bool, 8),
    ("F4", DType::Float4E2M1FN, 4),
    ("F6_E2M3", DType::Unknown, 6),
    ("F6_E3M2", DType::Unknown, 6),
    ("U8", DType::UInt8, 8),
    ("I8", DType::Int8, 8),
    ("F8_E5M2", DType::Float8E5M2, 8),
    ("F8_E4M3", DType::Float8E4M3FN, 8),
    ("F8_E8M0", DType::Float8E8M0FNU, 8),
    ("F8_E4M3FNUZ", DType::Float8E4M3FNUZ, 8),
    ("F8_E5M2FNUZ", DType::Float8E5M2FNUZ, 8),
    ("I16", DType::Int16, 16),
    ("U16", DType::UInt16, 16),
    ("F16", DType::Float16, 16),
    ("BF16", DType::BFloat16, 16),
    ("I32", DType::Int32, 32),
    ("U32", DType::UInt32, 32),
    ("F32", DType::Float32, 32),
    ("C64", DType::Complex64, 64),
    ("F64", DType::Float64, 64),
    ("I64", DType::Int64, 64),
    ("U64", DType::UInt64, 64),
];

/// The name of a dtype in the format, and its position in the order of the format. `None` if the format has no such dtype,
/// or packs several elements into a byte.
#[must_use]
pub fn dtype_name(dtype: DType) -> Option<(usize, &'static str)> {
    let is_it = |(_, row): &(usize, &(&str, DType, u64))| row.1 == dtype && row.2 >= 8;
    DTYPES.iter().enumerate().find(is_it).map(|(number, row)| (number, row.0))
}

/// The validated header of a safetensors file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The tensors, in the order of their names. All are in data file 0.
    pub variables: Vec<Variable>,
}

/// A tensor, as described in the header.
struct Tensor<'d> {
    name: Cow<'d, str>,
    dtype: Cow<'d, str>,
    dims: SmallVec<[u64; 2]>,
    begin: u64,
    end: u64,
}

impl Header {
    /// True if a file of `size` bytes that starts with `start` can be a safetensors file.
    #[must_use]
    pub fn is_there(start: &[u8], size: u64) -> bool {
        let Some((len, [b'{', ..])) = start.split_first_chunk() else { return false };
        u64::from_le_bytes(*len) <= MAX_HEADER && size > PREFIX
    }

    /// The length of the header of a file of `size` bytes that starts with `start`.
    ///
    /// # Errors
    /// Returns an error if `start` is too short, or if the header exceeds the file.
    pub fn len(start: &[u8], size: u64) -> Result<u64, HeaderError> {
        let (len, left) =
            start.first_chunk().zip(size.checked_sub(PREFIX)).ok_or(HeaderError::Short { size })?;
        let len = u64::from_le_bytes(*len);
        if len > MAX_HEADER {
            return Err(HeaderError::Long { len });
        }
        if len > left {
            return Err(HeaderError::Beyond { len, left });
        }
        Ok(len)
    }

    /// The header bytes in `start`, the first bytes of a file of `size` bytes. Truncated if `start` is.
    ///
    /// # Errors
    /// Returns the errors of [`len`](Self::len).
    pub fn within(start: &[u8], size: u64) -> Result<&[u8], HeaderError> {
        let len = usize::try_from(Self::len(start, size)?).unwrap_or(usize::MAX);
        let rest = start.split_first_chunk::<8>().map_or(&[][..], |(_, rest)| rest);
        Ok(rest.get(..len).unwrap_or(rest))
    }

    /// Reads the header of a file of `size` bytes. `json` is the [`len`](Self::len) bytes after the first 8.
    ///
    /// # Errors
    /// Returns an error if the header is invalid, contradicts itself or the length of the file, or exceeds `budget`.
    pub fn read(json: &[u8], size: u64, budget: &Budget) -> Result<Self, HeaderError> {
        if json.first() != Some(&b'{') {
            return Err(HeaderError::Start);
        }
        let document = Document::new(budget);
        let list = Vec::with_capacity(json.len() / USUAL);
        let tensors = Tensors { document: &document, list, has_metadata: false };
        let Tensors { list: mut tensors, .. } = document.read(json, PREFIX, Object(tensors))?;
        check_end(json)?;
        // Most writers sort by names, so a sort that makes use of runs is faster.
        tensors.sort_by(|one, other| one.name.cmp(&other.name));
        if let Some([twice, _]) = tensors.array_windows().find(|[a, b]| a.name == b.name) {
            return Err(JsonError::twice(&twice.name).into());
        }
        let data = PREFIX.saturating_add(length(json.len()));
        check_order(&tensors, size.saturating_sub(data))?;
        let limit = budget.limits().key_bytes;
        let variable = |tensor: &Tensor<'_>| {
            let bytes = length(tensor.name.len());
            let variable = if bytes > limit {
                Err(TensorProblem::Name { len: bytes, limit })
            } else {
                tensor.variable(data)
            };
            let name = || Name::from(tensor.name.as_bytes());
            variable.map_err(|problem| HeaderError::Tensor { name: name(), problem })
        };
        let mut variables = Vec::with_capacity(tensors.len());
        for tensor in &tensors {
            variables.push(variable(tensor)?);
        }
        Ok(Self { variables })
    }
}

/// Checks that only spaces follow the object.
fn check_end(json: &[u8]) -> Result<(), JsonError> {
    let end = json.iter().rposition(|&byte| byte == b'}').map_or(0, |at| at.saturating_add(1));
    let odd = json.iter().skip(end).position(|&byte| byte != b' ');
    odd.map_or(Ok(()), |odd| {
        let at = PREFIX.saturating_add(length(end)).saturating_add(length(odd));
        let problem =
            "only spaces may follow the object, but there is another character".to_owned();
        Err(JsonError::Syntax { at, problem })
    })
}

/// Checks that the tensors cover the data without holes or overlaps.
fn check_order(tensors: &[Tensor<'_>], data: u64) -> Result<(), HeaderError> {
    let mut order: Vec<&Tensor<'_>> = tensors.iter().collect();
    order.sort_by_key(|tensor| (tensor.begin, tensor.end));
    let (mut end, mut last) = (0, None::<&Tensor<'_>>);
    for tensor in order {
        let &Tensor { begin, .. } = tensor;
        let problem = match last {
            _ if tensor.end < begin => TensorProblem::Reversed { begin, end: tensor.end },
            Some(other) if begin < end => {
                TensorProblem::Overlap { begin, other: Name::from(other.name.as_bytes()) }
            }
            _ if begin > end => TensorProblem::Hole { begin, end },
            _ => {
                (end, last) = (tensor.end, Some(tensor));
                continue;
            }
        };
        return Err(HeaderError::Tensor { name: Name::from(tensor.name.as_bytes()), problem });
    }
    if end == data { Ok(()) } else { Err(HeaderError::Size { end, size: data }) }
}

impl Tensor<'_> {
    /// The variable, with a byte range relative to the start of the file. The data starts at byte `data`.
    fn variable(&self, data: u64) -> Result<Variable, TensorProblem> {
        let &Self { ref name, ref dtype, ref dims, begin, end } = self;
        let known = DTYPES.iter().find(|row| row.0 == dtype);
        let unknown = || TensorProblem::DType { dtype: Name::from(dtype.as_bytes()) };
        let &(stored, dtype, width) = known.ok_or_else(unknown)?;
        let shape = Shape::new(dims).ok_or(TensorProblem::Shape)?;
        let spec = || format!("{stored} {shape}");
        let bits = shape.elements().checked_mul(width).ok_or(TensorProblem::Shape)?;
        if !bits.is_multiple_of(8) {
            return Err(TensorProblem::Torn { spec: spec() });
        }
        let (needed, size) = (bits / 8, end.saturating_sub(begin));
        if needed != size {
            return Err(TensorProblem::Size { spec: spec(), needed, size });
        }
        let offset = data.saturating_add(begin);
        let (endianness, checksum) = (Endianness::Little, Checksum::None);
        let extent = Extent { shard: 0, offset, size, endianness, checksum };
        let place = if width < 8 {
            let reason =
                format!("its elements are {stored}, several in a byte; load the others without it");
            Place::Unreadable(Box::new(Defect::Unsupported { reason: reason.into() }))
        } else {
            Place::Whole(extent)
        };
        Ok(Variable { name: Name::from(name.as_bytes()), dtype, shape, place })
    }
}

/// The tensors of a header, in the order of the header.
struct Tensors<'s, 'b, 'd> {
    document: &'s Document<'b>,
    list: Vec<Tensor<'d>>,
    has_metadata: bool,
}

impl<'d> Entries<'d> for Tensors<'_, '_, 'd> {
    const WHAT: &'static str = "an object of tensors";

    fn entry<M: MapAccess<'d>>(&mut self, key: Cow<'d, str>, map: &mut M) -> Result<(), M::Error> {
        if key == METADATA {
            if std::mem::replace(&mut self.has_metadata, true) {
                return Err(self.document.stop(JsonError::twice(&key)));
            }
            let metadata = map.next_value_seed(Strings::new(self.document))?;
            return metadata.sorted().map(drop);
        }
        let fields = Fields { document: self.document, dtype: None, dims: None, offsets: None };
        let Fields { dtype, dims, offsets, .. } = map.next_value_seed(Object(fields))?;
        let missing = M::Error::missing_field;
        let dtype = dtype.ok_or_else(|| missing("dtype"))?;
        let dims = dims.ok_or_else(|| missing("shape"))?;
        let offsets = offsets.ok_or_else(|| missing("data_offsets"))?;
        let &[begin, end] = &offsets[..] else {
            return Err(M::Error::invalid_length(offsets.len(), &"two offsets"));
        };
        self.document.charge_variable(&key, dims.len())?;
        self.list.push(Tensor { name: key, dtype, dims, begin, end });
        Ok(())
    }
}

/// The header fields of a tensor.
struct Fields<'s, 'b, 'd> {
    document: &'s Document<'b>,
    dtype: Option<Cow<'d, str>>,
    dims: Option<SmallVec<[u64; 2]>>,
    offsets: Option<SmallVec<[u64; 2]>>,
}

impl<'d> Entries<'d> for Fields<'_, '_, 'd> {
    const WHAT: &'static str = "an object with `dtype`, `shape` and `data_offsets`";

    fn entry<M: MapAccess<'d>>(&mut self, key: Cow<'d, str>, map: &mut M) -> Result<(), M::Error> {
        let is_again = match &*key {
            "dtype" => self.dtype.replace(map.next_value_seed(Text)?).is_some(),
            // One more than the limit, so that a list beyond the limit is detected.
            "shape" => {
                let dims = Numbers { most: MAX_RANK.saturating_add(1) };
                self.dims.replace(map.next_value_seed(dims)?).is_some()
            }
            "data_offsets" => {
                self.offsets.replace(map.next_value_seed(Numbers { most: 3 })?).is_some()
            }
            // Readers of the format ignore unknown keys.
            _ => map.next_value::<IgnoredAny>().map(|_| false)?,
        };
        if is_again { Err(self.document.stop(JsonError::twice(&key))) } else { Ok(()) }
    }
}
