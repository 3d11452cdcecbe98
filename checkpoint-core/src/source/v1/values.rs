//! Tensor values of V1 checkpoints: repeated protocol buffer fields.

use std::mem;

use checkpoint_schema::format::tensorflow::wire::{Field, Fields, Value};
use checkpoint_schema::format::{Cursor, EntryProblem, FormatError, WireError};
use checkpoint_schema::listing::catalog::{Endianness, Variable};
use checkpoint_schema::listing::dtype::DType;

use crate::system::number::as_u64;
use crate::tensor::buffer::Buffer;
use crate::tensor::native::ToNative;
use crate::tensor::strings::Strings;

/// The name in error messages.
const VALUE: &str = "the value of a tensor";

/// The value of a table key: elements of a variable in a `SavedTensorSlices` message.
pub(super) struct TableValue<'a> {
    pub(super) variable: &'a Variable,
    /// The expected number of elements.
    pub(super) elements: u64,
    pub(super) value: Cursor<'a>,
}

/// The storage of a dtype.
#[derive(Clone, Copy)]
struct Stored {
    /// The field number.
    field: u32,
    form: Form,
    /// The number of values per element.
    values: u64,
}

/// The encoding of a field.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// Fixed numbers of four bytes.
    Four,
    /// Fixed numbers of eight bytes.
    Eight,
    /// Varints.
    Varint,
    /// Byte strings.
    Bytes,
}

impl Stored {
    fn new(dtype: DType) -> Result<Self, EntryProblem> {
        let (field, form, values) = match dtype {
            DType::Float32 => (5, Form::Four, 1),
            DType::Float64 => (6, Form::Eight, 1),
            DType::Int8
            | DType::Int16
            | DType::Int32
            | DType::UInt8
            | DType::UInt16
            | DType::QInt8
            | DType::QInt16
            | DType::QInt32
            | DType::QUInt8
            | DType::QUInt16 => (7, Form::Varint, 1),
            DType::String => (8, Form::Bytes, 1),
            DType::Complex64 => (9, Form::Four, 2),
            DType::Int64 => (10, Form::Varint, 1),
            DType::Bool => (11, Form::Varint, 1),
            DType::Complex128 => (12, Form::Eight, 2),
            // The bit patterns of the numbers.
            DType::Float16 | DType::BFloat16 => (13, Form::Varint, 1),
            DType::UInt32 => (16, Form::Varint, 1),
            DType::UInt64 => (17, Form::Varint, 1),
            _ => return Err(EntryProblem::Unstorable { dtype }),
        };
        Ok(Self { field, form, values })
    }
}

impl<'a> TableValue<'a> {
    /// The elements; `None` if out of memory.
    pub(super) fn read(&self) -> Result<Option<Buffer>, FormatError> {
        self.decode().map_err(|problem| {
            let (name, at) = (self.variable.name.clone(), self.value.at());
            FormatError::Entry { name, at, problem }
        })
    }

    fn decode(&self) -> Result<Option<Buffer>, EntryProblem> {
        let dtype = self.variable.dtype;
        let stored = Stored::new(dtype)?;
        self.check_count(stored)?;
        if stored.form == Form::Bytes {
            let mut strings = Strings::default();
            self.each(stored, |value| {
                if let Value::Bytes(bytes) = value {
                    strings.push(bytes.rest());
                }
                Ok(())
            })?;
            return Ok(Some(Buffer::Strings(strings)));
        }
        let elements = usize::try_from(self.elements).unwrap_or(usize::MAX);
        let Some(mut buffer) = Buffer::zeroed(dtype, elements) else { return Ok(None) };
        let mut room = Room { left: buffer.bytes_mut(), dtype, form: stored.form };
        self.each(stored, |value| room.put(value))?;
        ToNative::new(dtype, Endianness::Little).apply(buffer.bytes_mut());
        Ok(Some(buffer))
    }

    /// Checks the number of values before memory is allocated.
    fn check_count(&self, stored: Stored) -> Result<(), EntryProblem> {
        let (mut found, expected) = (0_u64, self.elements.saturating_mul(stored.values));
        self.each(stored, |value| {
            found = found.saturating_add(count(value, stored.form)?);
            Ok(())
        })?;
        if found == expected { Ok(()) } else { Err(EntryProblem::Count { found, expected }) }
    }

    /// Calls `visit` with the value of each element field.
    fn each(
        &self,
        stored: Stored,
        mut visit: impl FnMut(Value<'a>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        for slice in messages(self.value, 2) {
            for tensor in messages(slice?, 3) {
                for field in Fields::new(tensor?, VALUE) {
                    let field = field?;
                    if field.number == stored.field {
                        visit(field.value)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The messages in fields with this number.
fn messages(bytes: Cursor<'_>, number: u32) -> impl Iterator<Item = Result<Cursor<'_>, WireError>> {
    Fields::new(bytes, VALUE).filter_map(move |field| match field {
        Ok(Field { number: found, value: Value::Bytes(bytes) }) if found == number => {
            Some(Ok(bytes))
        }
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

/// The number of values in a field: one, or several if packed.
fn count(value: Value<'_>, form: Form) -> Result<u64, WireError> {
    Ok(match (form, value) {
        (Form::Four, Value::Bytes(packed)) => groups(packed, 4)?,
        (Form::Eight, Value::Bytes(packed)) => groups(packed, 8)?,
        // The last byte of a varint is below 0x80.
        (Form::Varint, Value::Bytes(packed)) => {
            as_u64(packed.rest().iter().filter(|&&byte| byte < 0x80).count())
        }
        (Form::Four, Value::Fixed32(_))
        | (Form::Eight, Value::Fixed64(_))
        | (Form::Varint, Value::Varint(_))
        | (Form::Bytes, Value::Bytes(_)) => 1,
        // Protocol buffers skip values whose wire type does not match the field.
        _ => 0,
    })
}

/// The number of groups of `bytes` bytes.
fn groups(mut packed: Cursor<'_>, bytes: u64) -> Result<u64, WireError> {
    let len = as_u64(packed.rest().len());
    let groups = len.checked_div(bytes).unwrap_or(0);
    packed.take(groups.saturating_mul(bytes), VALUE)?;
    if !packed.is_empty() {
        packed.take(bytes, VALUE)?;
    }
    Ok(groups)
}

/// Allocated memory for elements, without the part that is filled.
struct Room<'b> {
    left: &'b mut [u8],
    dtype: DType,
    form: Form,
}

impl Room<'_> {
    /// Appends the values of a field.
    fn put(&mut self, value: Value<'_>) -> Result<(), WireError> {
        match (self.form, value) {
            (Form::Four, Value::Fixed32(number)) => self.put_bytes(&number),
            (Form::Eight, Value::Fixed64(number)) => self.put_bytes(&number),
            (Form::Varint, Value::Varint(number)) => self.put_number(number),
            (Form::Four | Form::Eight, Value::Bytes(packed)) => self.put_bytes(packed.rest()),
            (Form::Varint, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    self.put_number(packed.varint64(VALUE)?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn put_number(&mut self, number: u64) {
        let number = if self.dtype == DType::Bool { u64::from(number != 0) } else { number };
        // Bits beyond the width of the dtype are dropped, as in TensorFlow.
        let width = self.dtype.width().unwrap_or(0);
        self.put_bytes(number.to_le_bytes().get(..width).unwrap_or_default());
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        // `check_count` has counted the values, so they fit.
        if let Some((into, left)) = mem::take(&mut self.left).split_at_mut_checked(bytes.len()) {
            into.copy_from_slice(bytes);
            self.left = left;
        }
    }
}
