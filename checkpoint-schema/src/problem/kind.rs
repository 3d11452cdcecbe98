//! The kinds of problems.

/// The kind of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ProblemKind {
    /// The variable is missing.
    Missing,
    /// The checkpoint lists the variable, but it cannot be read.
    Unreadable,
    /// All variables of a struct are missing.
    Absent,
    /// The variables of a struct exist under other names.
    Elsewhere,
    /// The dtype does not match.
    #[cfg_attr(feature = "serde", serde(rename = "dtype"))]
    DType,
    /// The variables of many fields have the same mismatched dtype.
    #[cfg_attr(feature = "serde", serde(rename = "dtypes"))]
    DTypes,
    /// The rank does not match.
    Rank,
    /// A step of the field fails.
    Step,
    /// The shape differs from the declared one.
    Shape,
    /// A symbol has no value.
    NoValue,
    /// An expression is not a valid length, although its symbols have values.
    NoNumber,
    /// The shape of zeros is unknown.
    Shapeless,
    /// The number of items in a list differs from the value of a symbol.
    Elements,
    /// Two fields take the same part of a variable.
    Overlap,
    /// No field takes a part of a variable.
    Gap,
    /// The value of a symbol differs from the one in all variables.
    Symbol,
    /// Variables give several values to a symbol that all structs share.
    Varied,
    /// A symbol has conflicting values: from several structs, or from a struct and the load options.
    Declared,
    /// An assertion fails.
    Assertion,
    /// The load options bind a symbol that no struct declares.
    Unbound,
    /// A borrowing field cannot borrow from the checkpoint.
    NotBorrowed,
    /// Most missing variables exist with one part of their names changed.
    Renamed,
    /// The variables of many fields exist under other names: with an extra prefix, or without one.
    Prefix,
    /// Many of the unexpected variables belong to one preset.
    Slots,
    /// The name matches several variables.
    Ambiguous,
    /// Another field already takes the variable.
    Taken,
    /// More than one of the paths that a field accepts exists.
    Aliases,
    /// An index of a list is missing before an existing one.
    Hole,
    /// A variable is both loaded and ignored.
    Ignored,
    /// The variable is unexpected: no field takes it.
    Unmapped,
    /// An existing item is outside the bounds of a list.
    Beyond,
    /// A glob of `ignore` matches nothing.
    Idle,
    /// Manifests of one model in several dialects differ, or no shape shows the layout of a matrix in them.
    Dialects,
    /// No manifest has any variable of an optional field.
    NeverThere,
    /// The struct uses names of an object graph, but the checkpoint has no graph.
    NoGraph,
    /// The struct uses keys, but the checkpoint has objects of those names.
    ObjectBased,
    /// No other field takes the variable of a copy.
    Copy,
    /// Ranks cannot have equal parts of an array.
    Parallel,
    /// Tied variables have different dtypes or shapes.
    Tied,
    /// Variables exist only as averages, or requested averages are missing.
    Averages,
    /// The loaded type is not a struct, so nothing names its variables.
    Nameless,
}
