//! Fields that cannot borrow from a checkpoint.

use std::fmt;

use crate::listing::catalog::Spec;
use crate::listing::dtype::DType;
use crate::problem::wording as say;

/// The reason why a field cannot borrow the elements of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum NotBorrowed {
    /// The checkpoint is not in memory.
    NotInMemory,
    /// The elements would need a conversion to this dtype.
    Converted(DType),
    /// The elements have no strided layout in memory: variables are joined, or an axis combines several others.
    NotStrided,
    /// The variable is stored in slices.
    Partitioned,
    /// The stored form differs from the form in memory: another byte order, or extra bits.
    Encoded,
    /// The elements are not aligned in the file.
    Unaligned,
}

impl NotBorrowed {
    /// The message for a field and its variable.
    pub(crate) fn of_field(self, field: &str, variable: &str, found: &Spec) -> String {
        let (field, is) =
            (say::filled(say::FIELD, &[&field]), say::filled(say::IS, &[&variable, found]));
        format!("{field}{is}which the field cannot borrow, since {self}")
    }

    /// The message for several fields.
    pub(crate) fn of_fields(self, count: usize) -> String {
        format!("{count} fields cannot borrow their elements, since {self}")
    }
}

/// The reason, and a fix.
impl fmt::Display for NotBorrowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInMemory => {
                return f.write_str(
                    "the checkpoint is not in memory; open it with `Checkpoint::open_in_memory`, or map it",
                );
            }
            Self::Converted(dtype) => write!(f, "it would be converted into {dtype}")?,
            Self::NotStrided => f.write_str("its elements are not in that order in memory")?,
            Self::Partitioned => f.write_str("it is stored in slices")?,
            Self::Encoded => f.write_str("it is stored in another form than in memory")?,
            Self::Unaligned => f.write_str("it is not aligned where it is in the file")?,
        }
        f.write_str("; change the field to `CowArray`, which can own a copy")
    }
}
