//! Files of `PyTorch`: a pickle, and the storages of its tensors.

use checkpoint_core::{DType, Name, Tensor};

use crate::writer::npy::{Order, elements};
use crate::writer::zip::{Entry, zip};

/// The classes of storages.
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

/// The dtypes without a storage class of their own.
const UNTYPED: [(&str, DType); 7] = [
    ("uint16", DType::UInt16),
    ("uint32", DType::UInt32),
    ("uint64", DType::UInt64),
    ("float8_e4m3fn", DType::Float8E4M3FN),
    ("float8_e5m2", DType::Float8E5M2),
    ("float8_e4m3fnuz", DType::Float8E4M3FNUZ),
    ("float8_e5m2fnuz", DType::Float8E5M2FNUZ),
];

fn find(rows: &[(&'static str, DType)], dtype: DType) -> Option<&'static str> {
    rows.iter().find(|row| row.1 == dtype).map(|row| row.0)
}

/// True if the format has a dtype.
#[must_use]
pub fn is_held(dtype: DType) -> bool {
    find(&STORAGES, dtype).or_else(|| find(&UNTYPED, dtype)).is_some()
}

/// A pickle, operation by operation.
#[derive(Clone, Debug, Default)]
pub struct Pickle(Vec<u8>);

impl Pickle {
    /// Starts a pickle of protocol 2.
    #[must_use]
    pub fn new() -> Self {
        Self(vec![0x80, 2])
    }

    /// Adds raw bytes.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// Adds a text.
    ///
    /// # Panics
    /// If it is too long.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        let len = u32::try_from(text.len()).expect("a short text").to_le_bytes();
        self.raw(b"X").raw(&len).raw(text.as_bytes())
    }

    /// Adds a number.
    #[must_use]
    pub fn int(self, number: i64) -> Self {
        self.raw(&[0x8a, 8]).raw(&number.to_le_bytes())
    }

    /// Adds a tuple of numbers.
    #[must_use]
    pub fn ints(self, numbers: &[u64]) -> Self {
        let pickle = self.raw(b"(");
        numbers.iter().fold(pickle, |pickle, number| pickle.int(number.cast_signed())).raw(b"t")
    }

    /// Adds the object of a module and a name.
    #[must_use]
    pub fn global(self, module: &str, name: &str) -> Self {
        self.raw(format!("c{module}\n{name}\n").as_bytes())
    }

    /// Adds a storage of this class.
    #[must_use]
    pub fn storage(self, class: (&str, &str), key: &str, len: u64) -> Self {
        let pickle = self.raw(b"(").text("storage").global(class.0, class.1).text(key);
        pickle.text("cpu").int(len.cast_signed()).raw(b"tQ")
    }

    /// Adds a tensor of the storage on top of the stack: its offset, shape and strides.
    #[must_use]
    pub fn tensor(self, class: &str, key: &str, len: u64, view: (u64, &[u64], &[u64])) -> Self {
        let pickle = self.global("torch._utils", "_rebuild_tensor_v2").raw(b"(");
        let pickle = pickle.storage(("torch", class), key, len).int(view.0.cast_signed());
        let pickle = pickle.ints(view.1).ints(view.2).raw(b"\x89");
        pickle.global("collections", "OrderedDict").raw(b")RtR")
    }

    /// Ends the pickle, and returns its bytes.
    #[must_use]
    pub fn end(self) -> Vec<u8> {
        self.raw(b".").0
    }
}

/// Returns an archive with this pickle and these storages. Their names are their numbers.
#[must_use]
pub fn with_pickle(pickle: &[u8], storages: &[Vec<u8>], is_big: bool) -> Vec<u8> {
    let order: &[u8] = if is_big { b"big" } else { b"little" };
    let mut entries =
        vec![Entry::stored("model/data.pkl", pickle), Entry::stored("model/byteorder", order)];
    let mut at: usize =
        entries.iter().map(|entry| 30 + entry.name.len() + entry.stored.len()).sum();
    for (number, storage) in storages.iter().enumerate() {
        let name = format!("model/data/{number}");
        let header = 30 + name.len();
        let padding = (at + header).next_multiple_of(64) - at - header;
        at += header + padding + storage.len();
        let padding = u16::try_from(padding).unwrap_or_default();
        entries.push(Entry::stored(&name, storage).with(|entry| entry.padding = padding));
    }
    zip(&entries, false)
}

/// Returns an archive of these tensors, each with a storage of its own.
///
/// # Panics
/// If the format lacks a dtype, or if a name is not UTF-8.
#[must_use]
pub fn archive(tensors: &[(Name, Tensor)], order: Order) -> Vec<u8> {
    let mut pickle = Pickle::new().global("collections", "OrderedDict").raw(b")R(");
    let mut storages = Vec::new();
    for (number, (name, tensor)) in tensors.iter().enumerate() {
        let (dtype, dims) = (tensor.dtype(), tensor.shape().dims());
        let (key, len) = (number.to_string(), tensor.shape().elements());
        let strides = strides(dims, order.is_fortran);
        let bytes = elements(tensor, order);
        pickle = pickle.text(name.as_str().expect("UTF-8"));
        pickle = if let Some(class) = find(&STORAGES, dtype) {
            pickle.tensor(class, &key, len, (0, dims, &strides))
        } else {
            let name = find(&UNTYPED, dtype).expect("a dtype of the format");
            let pickle = pickle.global("torch._utils", "_rebuild_tensor_v3").raw(b"(");
            let class = ("torch.storage", "UntypedStorage");
            let pickle = pickle.storage(class, &key, bytes.len() as u64).int(0);
            let pickle = pickle.ints(dims).ints(&strides).raw(b"\x89N");
            pickle.global("torch", name).raw(b"tR")
        };
        storages.push(bytes);
    }
    with_pickle(&pickle.raw(b"u").end(), &storages, order.is_big)
}

fn strides(dims: &[u64], is_fortran: bool) -> Vec<u64> {
    let mut stride = 1;
    let mut next = |dim: &u64| {
        let this = stride;
        stride *= dim;
        this
    };
    if is_fortran {
        return dims.iter().map(next).collect();
    }
    let mut strides: Vec<u64> = dims.iter().rev().map(&mut next).collect();
    strides.reverse();
    strides
}
