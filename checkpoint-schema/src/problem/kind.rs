//! The kinds of problems.

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ProblemKind {
    /// The checkpoint has no such variable.
    Missing,
    /// The checkpoint lists the variable, but it cannot be read.
    Unreadable,
    /// The checkpoint has none of the variables of a struct.
    Absent,
    /// The variables of a struct are there under other names.
    Elsewhere,
    /// The elements are of another type.
    #[cfg_attr(feature = "serde", serde(rename = "dtype"))]
    DType,
    /// The variables of many fields have one dtype, where the fields have another.
    #[cfg_attr(feature = "serde", serde(rename = "dtypes"))]
    DTypes,
    /// The axes are more or fewer.
    Rank,
    /// A step of the field cannot be done.
    Step,
    /// The shape is not the one that is written.
    Shape,
    /// A symbol that is needed has no value.
    NoValue,
    /// An expression is no length, though its symbols have values.
    NoNumber,
    /// The shape of zeros is not known.
    Shapeless,
    /// A list has another number of elements than symbols say.
    Elements,
    /// A part of a variable is taken by another field too.
    Overlap,
    /// No field takes a part of a variable.
    Gap,
    /// A symbol has one value, and all variables say another.
    Symbol,
    /// Variables say several values of a symbol that all structs share.
    Varied,
    /// Structs give a symbol several values, or the options of the load another one.
    Declared,
    /// An assertion does not hold.
    Assertion,
    /// The options of the load bind a symbol that no struct declares.
    Unbound,
    /// A field that only borrows cannot borrow from the checkpoint.
    NotBorrowed,
    /// Most missing variables have another word in their names.
    Renamed,
    /// The variables of many fields are there under other names: with a prefix, or without one.
    Prefix,
    /// Of the variables that no field takes, many are in a documented list.
    Slots,
    /// The name is that of several variables.
    Ambiguous,
    /// Another field takes the variable too.
    Taken,
    /// Several of the paths that a field accepts are there.
    Aliases,
    /// A list has an element missing before others.
    Hole,
    /// A variable is loaded, and ignored.
    Ignored,
    /// No field takes the variable.
    Unmapped,
    /// The bounds of a list leave out an element that is there.
    Beyond,
    /// A glob of `ignore` matches nothing.
    Idle,
    /// No manifest has anything of an optional field.
    NeverThere,
    /// The names that the struct uses come from an object graph, which the checkpoint does not have.
    NoGraph,
    /// The struct uses keys, where the checkpoint has objects of those names.
    ObjectBased,
    /// No other field takes the variable of a copy.
    Copy,
    /// Variables that are tied hold something else.
    Tied,
    /// Variables are there only as averages, or averages that are asked for are missing.
    Averages,
    /// What is loaded is not a struct, so that nothing says which variable it is.
    Nameless,
}
