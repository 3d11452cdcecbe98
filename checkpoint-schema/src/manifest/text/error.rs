//! Errors in the text of a manifest.

use thiserror::Error;

use crate::format::OverBudget;
use crate::listing::catalog::Name;

/// An error in a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum TextProblem {
    /// The line is not a line of a manifest.
    #[error(
        "this is not a variable; write its name, dtype and shape: `model/wte  f32 [50257, 768]`"
    )]
    Line,
    /// The dtype is unknown.
    #[error(
        "unknown dtype `{}`; write it as in messages: `f32`, `bf16`, `i64`, `string`",
        dtype.short()
    )]
    DType { dtype: Name },
    /// The shape is missing or invalid.
    #[error(
        "`{}` is not a shape; write the lengths of the axes: `[1, 768]`, or `[]` if there are none",
        shape.short()
    )]
    Shape { shape: Name },
    /// The shape is too large.
    #[error(
        "`{}` has more axes or elements than a tensor can have; write the shape of the variable",
        shape.short()
    )]
    TooLarge { shape: Name },
    /// Unexpected text follows the variable.
    #[error("unexpected `{}` after the variable; write `key NAME`, or nothing", rest.short())]
    Rest { rest: Name },
    /// The numbers of a family are invalid.
    #[error(
        "`{}` is not a set of numbers; write `<0..12>`, `<0,2..5>` or `<0..12:03>`, of at most 20 digits, and `<<` for a `<`",
        written.short()
    )]
    Number { written: Name },
    /// An escape is invalid.
    #[error(
        "`{}` is not an escape; write `\\\\` for a backslash, `\\u{{20}}` for a blank, or `\\xff` for a byte",
        written.short()
    )]
    Escape { written: Name },
    /// A family has several names or a key.
    #[error("what has several names or a key is one variable; write a line for each, without `<`")]
    Several,
    /// A name is too long.
    #[error("there is a name of {found} bytes, and the limit is {limit}; write a shorter one")]
    Long { found: u64, limit: u64 },
    /// The text needs more memory than its length justifies.
    #[error(transparent)]
    Memory(#[from] OverBudget),
    /// The variable is already listed.
    #[error("`{}` is in line {before} already; remove one of them", name.short())]
    Twice { name: Name, before: usize },
    /// The kind of names is declared twice, or after a variable.
    #[error("`naming` must appear once, before all variables; move or remove it")]
    NamingLate,
    /// The kind of names is unknown.
    #[error(
        "unknown naming {}; write `naming = \"key\"`, `\"object_path\"` or `\"full_name\"`",
        written.short()
    )]
    Naming { written: Name },
}
