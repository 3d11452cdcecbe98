//! What is wrong with a text.

use thiserror::Error;

use crate::format::OverBudget;
use crate::listing::catalog::Name;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum TextProblem {
    /// It is no line of a manifest.
    #[error("this is no variable; write its name, dtype and shape: `model/wte  f32 [50257, 768]`")]
    Line,
    /// It has a dtype that there is not.
    #[error(
        "there is no dtype `{}`; write it as in messages: `f32`, `bf16`, `i64`, `string`",
        dtype.short()
    )]
    DType { dtype: Name },
    /// It has no shape.
    #[error(
        "`{}` is no shape; write the lengths of the axes: `[1, 768]`, or `[]` if there are none",
        shape.short()
    )]
    Shape { shape: Name },
    /// The shape is too large.
    #[error(
        "`{}` has more axes or elements than a tensor can have; write the shape of the variable",
        shape.short()
    )]
    TooLarge { shape: Name },
    /// There is something behind it.
    #[error("there is `{}` behind the variable; write `key NAME`, or nothing", rest.short())]
    Rest { rest: Name },
    /// The numbers of a family cannot be read.
    #[error(
        "`{}` is no set of numbers; write `<0..12>`, `<0,2..5>` or `<0..12:03>`, of at most 20 digits, and `<<` for a `<`",
        written.short()
    )]
    Number { written: Name },
    /// A character is escaped in a way that there is not.
    #[error(
        "`{}` is no escape; write `\\\\` for a backslash, `\\u{{20}}` for a blank, or `\\xff` for a byte",
        written.short()
    )]
    Escape { written: Name },
    /// A family has several names or a key.
    #[error("what has several names or a key is one variable; write a line for each, without `<`")]
    Several,
    /// It has a name that is too long.
    #[error("there is a name of {found} bytes, and the limit is {limit}; write a shorter one")]
    Long { found: u64, limit: u64 },
    /// It asks for more memory than the length of the text justifies.
    #[error(transparent)]
    Memory(#[from] OverBudget),
    /// It lists a variable again.
    #[error("`{}` is in line {before} already; remove one of them", name.short())]
    Twice { name: Name, before: usize },
    /// It says what kind of names there are, but not at the start.
    #[error("`naming` is said once, and before all variables; move or remove it")]
    NamingLate,
    /// It says a kind of names that there is not.
    #[error(
        "there are no names of the kind {}; write `naming = \"key\"`, `\"object_path\"` or `\"full_name\"`",
        written.short()
    )]
    Naming { written: Name },
}
