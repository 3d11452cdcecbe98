//! Objects of a pickle: containers, scalars, and tensors with their storages.

use std::ops::Range;

use checkpoint_schema::format::{DAMAGED, OverBudget};
use checkpoint_schema::listing::catalog::Name;
use checkpoint_schema::listing::dtype::DType;
use thiserror::Error;

/// A scalar, or a reference to an object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item {
    None,
    Bool(bool),
    Int(i64),
    /// An integer that does not fit into 64 bits.
    Large,
    Float(f64),
    Text(Span),
    Bytes(Span),
    Global(Global),
    /// The index of an [`Object`].
    Object(u32),
}

/// A byte range of the pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Span {
    pub(super) fn of(self, pickle: &[u8]) -> &[u8] {
        let range = || -> Option<Range<usize>> {
            let start = usize::try_from(self.start).ok()?;
            Some(start..start.checked_add(usize::try_from(self.len).ok()?)?)
        };
        range().and_then(|range| pickle.get(range)).unwrap_or_default()
    }
}

/// An object that contains items.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    /// A list or a set.
    List(Vec<Item>),
    Tuple(Vec<Item>),
    Dict(Vec<(Item, Item)>),
    Storage(Storage),
    Tensor(Box<View>),
}

/// The storage of tensors: bytes in a file of the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    /// The file name.
    pub(super) key: Span,
    /// The dtype of the elements; `None` for an untyped storage.
    pub(super) dtype: Option<DType>,
    /// The number of elements, or of bytes for an untyped storage.
    pub(super) len: u64,
}

/// A view of a storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) storage: Storage,
    pub(super) dtype: DType,
    /// The index of the first element.
    pub(super) offset: u64,
    pub(super) dims: Vec<u64>,
    /// The strides of the axes, in elements.
    pub(super) strides: Vec<u64>,
}

/// The globals that a pickle may use. All others are rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    /// `collections.OrderedDict`
    OrderedDict,
    /// `set` and `frozenset`
    Set,
    /// `torch._utils._rebuild_tensor` and `_rebuild_tensor_v2`
    Tensor,
    /// `torch._utils._rebuild_tensor_v3`, which takes the dtype as an argument.
    TensorOfDType,
    /// `torch._utils._rebuild_parameter` and `_rebuild_parameter_with_state`
    Parameter,
    /// `torch.Size`
    Size,
    /// `torch.device`
    Device,
    /// `torch.FloatStorage`, ...
    Storage(DType),
    /// `torch.storage.UntypedStorage`
    UntypedStorage,
    /// `torch.float32`, ...
    DType(DType, &'static str),
}

/// The storage classes.
const STORAGES: [(&str, DType); 12] = [
    ("FloatStorage", DType::Float32),
    ("DoubleStorage", DType::Float64),
    ("HalfStorage", DType::Float16),
    ("BFloat16Storage", DType::BFloat16),
    ("LongStorage", DType::Int64),
    ("IntStorage", DType::Int32),
    ("ShortStorage", DType::Int16),
    ("CharStorage", DType::Int8),
    ("ByteStorage", DType::UInt8),
    ("BoolStorage", DType::Bool),
    ("ComplexFloatStorage", DType::Complex64),
    ("ComplexDoubleStorage", DType::Complex128),
];

/// The dtypes, by name.
const DTYPES: [(&str, DType); 20] = [
    ("torch.float32", DType::Float32),
    ("torch.float64", DType::Float64),
    ("torch.float16", DType::Float16),
    ("torch.bfloat16", DType::BFloat16),
    ("torch.int64", DType::Int64),
    ("torch.int32", DType::Int32),
    ("torch.int16", DType::Int16),
    ("torch.int8", DType::Int8),
    ("torch.uint8", DType::UInt8),
    ("torch.uint16", DType::UInt16),
    ("torch.uint32", DType::UInt32),
    ("torch.uint64", DType::UInt64),
    ("torch.bool", DType::Bool),
    ("torch.complex64", DType::Complex64),
    ("torch.complex128", DType::Complex128),
    ("torch.float8_e4m3fn", DType::Float8E4M3FN),
    ("torch.float8_e5m2", DType::Float8E5M2),
    ("torch.float8_e4m3fnuz", DType::Float8E4M3FNUZ),
    ("torch.float8_e5m2fnuz", DType::Float8E5M2FNUZ),
    ("torch.float8_e8m0fnu", DType::Float8E8M0FNU),
];

impl Global {
    /// The known global with this module and name.
    pub(super) fn find(module: &[u8], name: &[u8]) -> Option<Self> {
        Some(match (module, name) {
            (b"collections", b"OrderedDict") => Self::OrderedDict,
            (b"__builtin__" | b"builtins", b"set" | b"frozenset") => Self::Set,
            (b"torch._utils", b"_rebuild_tensor" | b"_rebuild_tensor_v2") => Self::Tensor,
            (b"torch._utils", b"_rebuild_tensor_v3") => Self::TensorOfDType,
            (b"torch._utils", b"_rebuild_parameter" | b"_rebuild_parameter_with_state") => {
                Self::Parameter
            }
            (b"torch", b"Size") => Self::Size,
            (b"torch", b"device") => Self::Device,
            (b"torch.storage" | b"torch", b"UntypedStorage") => Self::UntypedStorage,
            (b"torch" | b"torch.cuda", _) => {
                return Self::storage(name).or_else(|| Self::dtype(name));
            }
            _ => return None,
        })
    }

    fn storage(name: &[u8]) -> Option<Self> {
        STORAGES.iter().find(|row| row.0.as_bytes() == name).map(|row| Self::Storage(row.1))
    }

    fn dtype(name: &[u8]) -> Option<Self> {
        let is_it = |row: &&(&str, DType)| {
            row.0.as_bytes().strip_prefix(b"torch.").is_some_and(|known| known == name)
        };
        DTYPES.iter().find(is_it).map(|&(name, dtype)| Self::DType(dtype, name))
    }
}

/// Errors of a pickle. Positions are bytes of the pickle.
#[derive(Debug, Error)]
pub(crate) enum PickleError {
    #[error("the pickle `data.pkl` ends too early; {DAMAGED}")]
    Short,
    #[error(
        "the pickle `data.pkl` has {len} bytes, and the limit is {most}; save the tensors alone"
    )]
    Long { len: u64, most: u64 },
    #[error(
        "the pickle `data.pkl` has the operation {operation:#04x} at byte {at}, which is not known; save it again with \
         `torch.save`"
    )]
    Operation { operation: u8, at: u64 },
    #[error(
        "the pickle `data.pkl` asks for `{}` at byte {at}, which is neither a tensor, a container nor a number, and is never run; save the tensors \
         alone, as `torch.save(model.state_dict(), ...)` does", name.short()
    )]
    Global { name: Name, at: u64 },
    #[error(
        "the pickle `data.pkl` contradicts itself at byte {at}: expected {expected}; {DAMAGED}"
    )]
    Expected { expected: &'static str, at: u64 },
    #[error(
        "the pickle `data.pkl` has containers nested more than {most} deep; save the tensors alone"
    )]
    Deep { most: usize },
    #[error("the pickle `data.pkl` has two values of the name `{}`; save them under other names", .0.short())]
    Twice(Name),
    #[error(
        "the pickle `data.pkl` has a name of {len} bytes, and the limit is {limit}; if you trust the file, raise `Limits::key_bytes`"
    )]
    Name { len: u64, limit: u64 },
    #[error(
        "the keys of a dictionary in the pickle `data.pkl` are neither text nor numbers; save the tensors alone"
    )]
    Key,
    #[error(transparent)]
    Memory(#[from] OverBudget),
}
