//! The description of a model: constants that the derive writes and that planning walks.
//!
//! Everything here can be built and walked in a constant.

use crate::listing::dtype::DType;
use crate::model::expression::{Assertion, AxisLength, Expression};
use crate::model::template::Piece;

/// The variables that a type takes from a checkpoint.
#[derive(Clone, Copy, Debug)]
pub enum Node {
    /// One variable.
    Tensor(Tensor),
    /// The fields of a struct.
    Struct(&'static Struct),
    /// The inner type, or nothing if the checkpoint has none of its variables.
    Optional(&'static Self),
    /// A list of items.
    List(&'static List),
    /// The parts of one variable, as `split` divides it.
    Split(&'static [Self]),
    /// No variable: the value of the symbol with this name, once it is known.
    Dim(&'static str),
    /// A variable that no field holds.
    Constant(&'static Constant),
}

impl Node {
    /// The naming of paths if this node is the root of a load.
    #[must_use]
    pub const fn naming(&self) -> Naming {
        match self {
            Self::Struct(Struct { naming: Some(naming), .. }) => *naming,
            _ => Naming::Key,
        }
    }

    /// The node in all options and lists.
    pub(crate) const fn innermost(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner.innermost(),
            Self::List(list) => list.element.innermost(),
            Self::Tensor(_)
            | Self::Struct(_)
            | Self::Split(_)
            | Self::Dim(_)
            | Self::Constant(_) => self,
        }
    }

    /// The struct in a field, once or several times.
    pub(crate) const fn inner_struct(&self) -> Option<&Struct> {
        match self.innermost() {
            Self::Struct(inner) => Some(inner),
            _ => None,
        }
    }

    /// The tensor of a field, once or several times; the first of the parts of a `split`.
    pub(crate) const fn tensor(&self) -> Option<&Tensor> {
        match self.innermost() {
            Self::Tensor(tensor) => Some(tensor),
            Self::Split([first, ..]) => first.tensor(),
            _ => None,
        }
    }

    /// The rank of a field's arrays, if its type has one.
    pub(crate) const fn rank(&self) -> Option<usize> {
        match self.tensor() {
            Some(tensor) => tensor.rank,
            None => None,
        }
    }

    /// The list in a field, if it is one.
    pub(crate) const fn list(&self) -> Option<&List> {
        match self {
            Self::List(list) => Some(list),
            Self::Optional(inner) => inner.list(),
            _ => None,
        }
    }

    /// True if a field holds variables, not structs.
    pub(crate) const fn is_variable(&self) -> bool {
        matches!(self.innermost(), Self::Tensor(_) | Self::Split(_))
    }
}

/// A variable that no field holds: `constant`. A load accepts any elements of its shape.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    /// The dtype of a save.
    pub dtype: DType,
    /// The value of each element of a save.
    pub value: Number,
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number; 0 or 1 for a `bool`.
    Integer(i128),
    /// A float.
    Float(f64),
}

/// One variable, as an array of some type.
#[derive(Clone, Copy, Debug)]
pub struct Tensor {
    /// The element dtype; `None` for any.
    pub dtype: Option<DType>,
    /// The number of axes; `None` for any.
    pub rank: Option<usize>,
    /// True if the bytes of one string can also fill it.
    pub or_string: bool,
    /// The way it borrows its elements from the checkpoint.
    pub borrow: Borrow,
}

impl Tensor {
    /// An array of any dtype and rank, which owns its elements.
    pub const ANY: Self = Self { dtype: None, rank: None, or_string: false, borrow: Borrow::Never };
}

/// The options for borrowing elements from a checkpoint in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Borrow {
    /// Owns its elements.
    Never,
    /// Borrows if possible, and owns a copy otherwise.
    May,
    /// Must borrow.
    Must,
}

/// A list of values, from a field with `repeat`.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// The node of an item.
    pub element: Node,
    /// The number of items, if the type fixes it (`[T; N]`).
    pub len: Option<usize>,
    /// True if items are keyed by the values of the index, as in a map. Otherwise they are counted from 0.
    pub is_keyed: bool,
}

/// A struct with `#[derive(FromCheckpoint)]`.
#[derive(Clone, Copy, Debug)]
pub struct Struct {
    /// The name of the type.
    pub name: &'static str,
    /// Prepended to the path of every field.
    pub prefix: Path,
    /// The naming of its paths and of nested structs; `None` inherits (keys at the root). All structs of a tree must agree.
    pub naming: Option<Naming>,
    /// The path separator of this struct and nested structs; `None` inherits (`/` at the root).
    pub separator: Option<&'static str>,
    /// The default dtype conversion of this struct and nested structs; `None` inherits (never at the root).
    pub cast: Option<Cast>,
    /// The name under a variable that stores its average, for this struct and nested structs; `None` inherits (no averages at the
    /// root).
    pub shadow: Option<&'static str>,
    /// The symbols that it declares.
    pub dims: &'static [Dim],
    /// The relations between symbols.
    pub asserts: &'static [Assertion],
    /// The loaded fields, in the order in which they are built.
    pub fields: &'static [Field],
    /// Pairs of fields that share a path, as positions. They are sorted by the second.
    pub shared: &'static [[usize; 2]],
    /// The variables to skip.
    pub ignore: &'static [Ignore<'static>],
    /// True if unexpected variables are allowed.
    pub allow_unmapped: bool,
    /// The dialects that the root declares for all structs of the tree. The other attributes describe the first one.
    pub declared: &'static [&'static str],
    /// The differences in other dialects.
    pub dialects: &'static [StructDialect],
    /// The constants that report mistakes in this struct.
    pub checks: Checks,
}

/// The differences of a struct in another dialect.
#[derive(Clone, Copy, Debug)]
pub struct StructDialect {
    /// The dialect.
    pub name: &'static str,
    /// Its alternative prefixes, if they differ.
    pub prefixes: &'static [Path],
    /// The path separator, which also replaces that of the first dialect in its paths; `None` if it does not differ.
    pub separator: Option<&'static str>,
    /// The variables to skip; `None` if they do not differ.
    pub ignore: Option<&'static [Ignore<'static>]>,
    /// The constants that only this dialect has.
    pub constants: &'static [Field],
}

/// A field in another dialect.
#[derive(Clone, Copy, Debug)]
pub struct FieldDialect {
    /// The dialect.
    pub name: &'static str,
    /// The field with the paths and steps of the dialect. Its type is that of the first dialect.
    pub field: Field,
}

/// The constants that report mistakes in a struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// Those of the enclosing structs. The struct has parameters, or a manual description.
    Outer,
    /// Its own constants.
    Own,
    /// None. The derive already reported mistakes, and the description is empty.
    Refused,
}

impl Struct {
    /// A struct without fields and attributes.
    pub const EMPTY: Self = Self {
        name: "",
        prefix: Path::EMPTY,
        naming: None,
        separator: None,
        cast: None,
        shadow: None,
        dims: &[],
        asserts: &[],
        fields: &[],
        shared: &[],
        ignore: &[],
        allow_unmapped: false,
        declared: &[],
        dialects: &[],
        checks: Checks::Outer,
    };
}

/// A symbol that a struct declares: the length of an axis, or the number of items in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dim {
    /// Its name.
    pub name: &'static str,
    /// Its value, if the struct sets it.
    pub value: Option<usize>,
    /// True if each instance of the struct has its own value. Other symbols with the same name are shared across the tree.
    pub local: bool,
}

/// Allowed dtype conversions of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Cast {
    /// No conversion: the dtypes must match.
    Never,
    /// Conversions that are exact for every value.
    Lossless,
    /// All numeric conversions. Floats are rounded to the nearest; integer overflow is an error.
    Any,
}

impl Cast {
    /// All variants.
    pub const ALL: [Self; 3] = [Self::Never, Self::Lossless, Self::Any];

    /// True if a variable of dtype `found` can fill a field of dtype `wanted`.
    #[must_use]
    pub const fn allows(self, found: DType, wanted: DType) -> bool {
        match self {
            _ if found as u8 == wanted as u8 => true,
            Self::Never => false,
            Self::Lossless => found.casts_losslessly_to(wanted),
            Self::Any => found.casts_to(wanted),
        }
    }

    /// The value in `cast = "..."`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Lossless => "lossless",
            Self::Any => "any",
        }
    }
}

/// The kind of names that paths are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Naming {
    /// The keys of the checkpoint, verbatim.
    Key,
    /// Object paths in the object graph.
    ObjectPath,
    /// Full names in the object graph: the names in TF1.
    FullName,
}

impl Naming {
    /// All variants.
    pub const ALL: [Self; 3] = [Self::Key, Self::ObjectPath, Self::FullName];

    /// The value in `naming = "..."`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::ObjectPath => "object_path",
            Self::FullName => "full_name",
        }
    }
}

/// A loaded field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name, or the position in a tuple struct.
    pub name: &'static str,
    /// The path and its aliases. For a `concat`, all joined variables. Empty for the value of a symbol. An empty path adds nothing
    /// (`flatten`).
    pub paths: &'static [Path],
    /// The index that the field binds, if it is a list.
    pub repeat: Option<Repeat>,
    /// The values of that index.
    pub indices: Indices,
    /// The steps for each variable of the field, in the order written.
    pub ops: &'static [Op],
    /// The axis of each array that ranks divide: `parallel`.
    pub parallel: Option<Parallel>,
    /// The allowed dtype conversions; `None` inherits from the struct.
    pub cast: Option<Cast>,
    /// True if another field takes the same variable: `copy`.
    pub copy: bool,
    /// Other names of its variable: `tie`. A checkpoint can have any of them, instead of the path or besides it.
    pub ties: &'static [Path],
    /// True if averages never replace its variables: `shadow = "never"`.
    pub never_averaged: bool,
    /// Renamed symbols of nested structs: `dims(n = d_model)`.
    pub dims: &'static [Renamed],
    /// The behaviour if the checkpoint lacks the field.
    pub absent: Absent,
    /// True if its elements have the same order in all dialects: `same_layout`.
    pub same_layout: bool,
    /// The field in the dialects that say something of it.
    pub dialects: &'static [FieldDialect],
    /// The node of its type.
    pub node: Node,
}

impl Field {
    /// A field without variables and attributes.
    pub const EMPTY: Self = Self {
        name: "",
        paths: &[],
        repeat: None,
        indices: Indices::Range,
        ops: &[],
        parallel: None,
        cast: None,
        copy: false,
        ties: &[],
        never_averaged: false,
        dims: &[],
        absent: Absent::Problem,
        same_layout: false,
        dialects: &[],
        node: Node::Struct(&Struct::EMPTY),
    };

    /// True if the variables of all paths are joined. Otherwise the paths are alternatives.
    #[must_use]
    pub const fn joins_paths(&self) -> bool {
        let mut at = 0;
        while at < self.ops.len() {
            if matches!(self.ops[at], Op::Concat { repeat: None, .. }) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The axis and the index along which its variables are stacked or joined; `None` if they are not.
    #[must_use]
    pub const fn stack(&self) -> Option<(usize, &'static Repeat)> {
        let mut at = 0;
        while at < self.ops.len() {
            let stack = self.ops[at].counts();
            if stack.is_some() {
                return stack;
            }
            at += 1;
        }
        None
    }
}

/// A path, relative to its struct or absolute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// True if it starts at the root of the checkpoint. The leading `/` is not among the pieces.
    pub absolute: bool,
    /// The template; empty if the path adds nothing.
    pub pieces: &'static [Piece<'static>],
}

impl Path {
    /// The empty path.
    pub const EMPTY: Self = Self { absolute: false, pieces: &[] };

    /// The path of a field that a dialect lacks. No checkpoint has this name.
    pub const LACKING: Self = Self { absolute: true, pieces: &[Piece::Text("\0absent")] };
}

/// `repeat(i = 0..12)`: the index of the items of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Repeat {
    /// The name of the index.
    pub index: &'static str,
    /// Its value for the first item.
    pub start: usize,
    /// The end of the range, if it is written.
    pub end: Option<Expression>,
}

/// The values of the index of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Indices {
    /// Those of the range of its `repeat`.
    Range,
    /// `repeat(r in [8, 16, 32])`: these, in this order. The `start` of its `repeat` is the smallest of them.
    Listed(&'static [usize]),
    /// `repeat(r = any)`: all that the checkpoint has, in ascending order.
    Any,
}

/// `parallel(axis = 1, of = [1, 2, 4])`: each rank takes an equal part of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parallel {
    /// The axis of the field's array, after all steps.
    pub axis: usize,
    /// The possible numbers of ranks. None is 0.
    pub of: &'static [usize],
}

/// `dims(n = d_model)`: a renamed symbol of a nested struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// Its name in the nested struct.
    pub name: &'static str,
    /// Its value, in symbols of the struct with the field.
    pub is: Expression,
}

/// A step from the variable to the value of the field. Axes are counted from 0, in the input shape of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Removes unit axes.
    Squeeze(Squeeze),
    /// Inserts unit axes at these positions of the result.
    Expand(&'static [usize]),
    /// Reverses the order of the axes.
    Transpose,
    /// Reorders the axes.
    Permute(&'static [usize]),
    /// Changes the shape and keeps the order of elements. One `_` is inferred.
    Reshape(&'static [AxisLength]),
    /// Checks the shape at this point, without changing anything.
    Shape(&'static [AxisLength]),
    /// Splits an axis into as many parts as the field has.
    Split {
        /// The axis.
        axis: usize,
        /// The lengths of the parts; `None` for equal parts.
        sizes: Option<&'static [Expression]>,
    },
    /// Takes one of several equal parts of an axis.
    Chunk {
        /// The axis.
        axis: usize,
        /// The index of the part, from 0.
        index: usize,
        /// The number of parts.
        of: usize,
    },
    /// Takes a range of an axis.
    Slice {
        /// The axis.
        axis: usize,
        /// The first index.
        start: Expression,
        /// The end index, exclusive; `None` for the end of the axis.
        end: Option<Expression>,
    },
    /// Reorders equal blocks of an axis.
    Reorder {
        /// The axis.
        axis: usize,
        /// The blocks in their new order: a permutation of the block indices.
        order: &'static [usize],
    },
    /// Joins variables along an existing axis: those of all paths, or one for each value of an index.
    Concat {
        /// The axis.
        axis: usize,
        /// The index; `None` for all paths.
        repeat: Option<Repeat>,
    },
    /// Joins variables along a new axis, one for each value of an index.
    Stack {
        /// The position of the new axis.
        axis: usize,
        /// The index.
        repeat: Repeat,
    },
}

impl Op {
    /// The axis and the index of the variables that it joins, if it counts them.
    #[must_use]
    pub const fn counts(&self) -> Option<(usize, &Repeat)> {
        match self {
            Self::Stack { axis, repeat } | Self::Concat { axis, repeat: Some(repeat) } => {
                Some((*axis, repeat))
            }
            _ => None,
        }
    }

    /// The expression after so many others, if there are more.
    pub(crate) const fn expression(&self, number: usize) -> Option<AxisLength> {
        match self {
            Self::Reshape(axes) | Self::Shape(axes) if number < axes.len() => Some(axes[number]),
            Self::Split { sizes: Some(sizes), .. } if number < sizes.len() => {
                Some(AxisLength::Is(sizes[number]))
            }
            Self::Slice { start, .. } if number == 0 => Some(AxisLength::Is(*start)),
            Self::Slice { end: Some(end), .. } if number == 1 => Some(AxisLength::Is(*end)),
            Self::Stack { repeat: Repeat { end: Some(end), .. }, .. }
            | Self::Concat { repeat: Some(Repeat { end: Some(end), .. }), .. }
                if number == 0 =>
            {
                Some(AxisLength::Is(*end))
            }
            _ => None,
        }
    }

    /// The rank before the step, if it follows from the rank after it.
    pub(crate) const fn rank_before(&self, after: Option<usize>) -> Option<usize> {
        match (self, after) {
            (Self::Permute(axes), _) => Some(axes.len()),
            (Self::Shape(axes), _) => Some(axes.len()),
            (Self::Squeeze(Squeeze::ToRank) | Self::Reshape(_), _) | (_, None) => None,
            (Self::Squeeze(Squeeze::Axes(axes)), Some(after)) => Some(after + axes.len()),
            (Self::Expand(axes), Some(after)) => after.checked_sub(axes.len()),
            (Self::Stack { .. }, Some(after)) => after.checked_sub(1),
            (
                Self::Transpose
                | Self::Split { .. }
                | Self::Chunk { .. }
                | Self::Slice { .. }
                | Self::Reorder { .. }
                | Self::Concat { .. },
                after,
            ) => after,
        }
    }

    /// True if it joins several variables.
    #[must_use]
    pub const fn joins(&self) -> bool {
        matches!(self, Self::Concat { .. } | Self::Stack { .. })
    }

    /// True if it leaves parts of a variable to other fields.
    #[must_use]
    pub const fn takes_a_part(&self) -> bool {
        matches!(self, Self::Chunk { .. } | Self::Slice { .. })
    }
}

/// Describes the error in the order of `reorder`, if any. It must be a permutation of several blocks, and not the identity.
#[must_use]
pub fn order_problem(order: &[usize]) -> Option<String> {
    let example = "write all of them, as in `order = [0, 2, 1, 3]`";
    if let Some(missing) = (0..order.len()).find(|block| !order.contains(block)) {
        return Some(format!(
            "`order` has {} blocks, but no block {missing}; {example}",
            order.len()
        ));
    }
    order.is_sorted().then(|| format!("`order` changes nothing; remove `reorder`, or {example}"))
}

/// The axes that `squeeze` removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Squeeze {
    /// As many axes as needed for the rank of the field. For a field of any rank, all unit axes.
    ToRank,
    /// These axes, counted in the input shape.
    Axes(&'static [usize]),
}

/// The behaviour if the checkpoint has no variables for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The load fails.
    Problem,
    /// The field becomes zeros, with the known shape.
    Zero,
    /// A function of the field makes the value.
    Function,
}

/// Variables to skip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignore<'a> {
    /// Variables whose names match the glob, relative to the struct.
    Glob(&'a str),
    /// A glob that may match nothing.
    Optional(&'a str),
    /// Variables that match a preset.
    Preset(Preset),
}

/// A preset: a named list of globs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Preset {
    /// Optimizer slots.
    Optimizer,
    /// Counters of steps and saves, and the object graph.
    Bookkeeping,
    /// Exponential moving averages.
    Ema,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Optimizer, Self::Bookkeeping, Self::Ema];

    /// The name in `ignore(...)`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Optimizer => "optimizer",
            Self::Bookkeeping => "bookkeeping",
            Self::Ema => "ema",
        }
    }

    /// The variables that match, in messages.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Optimizer => "slots of an optimizer",
            Self::Bookkeeping => "bookkeeping",
            Self::Ema => "moving averages",
        }
    }

    /// Its globs.
    #[must_use]
    pub const fn globs(self) -> &'static [&'static str] {
        match self {
            Self::Optimizer => &[
                "**/adam_[mv]",
                "**/Adam",
                "**/Adam_1",
                "**/Momentum",
                "**/RMSProp*",
                "**/Adagrad",
                "**/Adadelta*",
                "**/Ftrl*",
                "**_slot_v",
                "**_slot_v[rc]",
                "beta[12]_power",
                "**/.OPTIMIZER_SLOT/**",
                // Keras 3 stores the weights of a model as `optimizer/_trainable_variables/0`.
                "optimizer/[!_]**",
                "optimizer/_[!t]**",
            ],
            Self::Bookkeeping => {
                &["global_step", "_step", "save_counter/**", "_CHECKPOINTABLE_OBJECT_GRAPH"]
            }
            Self::Ema => &["**/ExponentialMovingAverage"],
        }
    }
}
