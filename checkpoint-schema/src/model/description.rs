//! What a model wants of a checkpoint: the constants that the derive writes and that planning walks.
//!
//! Everything here can be built and walked in a constant.

use crate::listing::dtype::DType;
use crate::model::expression::{Assertion, Axis, Expression};
use crate::model::template::Part;

/// What a type takes from a checkpoint.
#[derive(Clone, Copy, Debug)]
pub enum Node {
    /// One variable.
    Tensor(Tensor),
    /// What each field takes.
    Struct(&'static Struct),
    /// What the inner type takes, or nothing if the checkpoint has none of it.
    Optional(&'static Self),
    /// What an element takes, as many times as there are elements.
    List(&'static List),
    /// What each part of one variable takes, which `split` cuts it into.
    Split(&'static [Self]),
    /// No variable: the value of the symbol of this name, once it is known.
    Dim(&'static str),
}

impl Node {
    /// What the paths call variables, if this is what is loaded.
    #[must_use]
    pub const fn naming(&self) -> Naming {
        match self {
            Self::Struct(Struct { naming: Some(naming), .. }) => *naming,
            _ => Naming::Key,
        }
    }
}

/// One variable, as an array of a type.
#[derive(Clone, Copy, Debug)]
pub struct Tensor {
    /// The type of the elements; `None` for any.
    pub dtype: Option<DType>,
    /// The number of axes; `None` for any.
    pub rank: Option<usize>,
    /// Whether one string fills it as well, with its bytes.
    pub or_string: bool,
    /// Whether it borrows its elements from the checkpoint.
    pub borrow: Borrow,
}

/// Whether an array borrows its elements from a checkpoint that is in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Borrow {
    /// It has its own.
    Never,
    /// It does where it can, and has its own else.
    May,
    /// It has none of its own.
    Must,
}

/// A sequence of values, which a field with `repeat` holds.
#[derive(Clone, Copy, Debug)]
pub struct List {
    /// What one of them takes.
    pub element: Node,
    /// The number of elements, where the type fixes it (`[T; N]`).
    pub len: Option<usize>,
    /// Whether elements are called by the values of the index, as those of a map; else they are counted from 0.
    pub is_keyed: bool,
}

/// A struct with `#[derive(FromCheckpoint)]`.
#[derive(Clone, Copy, Debug)]
pub struct Struct {
    /// The name of the type.
    pub name: &'static str,
    /// Put before the path of every field.
    pub prefix: Path,
    /// What its paths call variables, and the paths of the structs in it; `None` inherits (keys at the root). All structs
    /// of a tree agree.
    pub naming: Option<Naming>,
    /// The joiner of paths in this struct and those nested in it; `None` inherits (`/` at the root).
    pub separator: Option<&'static str>,
    /// Which dtypes are converted into those of fields, here and in the structs within; `None` inherits (never at the
    /// root).
    pub cast: Option<Cast>,
    /// The name below a variable under which its average is stored, here and in the structs within; `None` inherits (no
    /// averages at the root).
    pub shadow: Option<&'static str>,
    /// The symbols that it declares.
    pub dims: &'static [Dim],
    /// What holds for symbols.
    pub asserts: &'static [Assertion],
    /// The fields that are loaded, in the order in which they are built.
    pub fields: &'static [Field],
    /// The positions of two fields each that have a path in common, sorted by the second.
    pub shared: &'static [[usize; 2]],
    /// The variables that are not loaded on purpose.
    pub ignore: &'static [Ignore<'static>],
    /// Whether variables that no field takes are let pass.
    pub allow_unmapped: bool,
    /// The dialects that it declares for all structs of the tree, if it is the root; the first is the one that all else says.
    pub declared: &'static [&'static str],
    /// What it says of other dialects.
    pub dialects: &'static [StructDialect],
    /// Which constants report the mistakes in it.
    pub checks: Checks,
}

/// What is otherwise in a struct, in a dialect.
#[derive(Clone, Copy, Debug)]
pub struct StructDialect {
    /// The dialect.
    pub name: &'static str,
    /// Its prefixes, if it has others: one of them.
    pub prefixes: &'static [Path],
    /// The joiner of paths, which also stands for that of the first dialect in its paths; `None` for the same.
    pub separator: Option<&'static str>,
    /// The variables that are not loaded on purpose; `None` for the same.
    pub ignore: Option<&'static [Ignore<'static>]>,
}

/// What is otherwise with a field, in a dialect.
#[derive(Clone, Copy, Debug)]
pub struct FieldDialect {
    /// The dialect.
    pub name: &'static str,
    /// Its path and aliases; none for the same.
    pub paths: &'static [Path],
    /// Other names of its variable; none for the same.
    pub ties: &'static [Path],
    /// All that is done to its variable, but for the last `shape`.
    pub ops: &'static [Op],
    /// Whether it is not there.
    pub absent: bool,
}

/// Which constants report the mistakes in a struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// Those of the structs around it: it has parameters, or its description is written by hand.
    Outer,
    /// Its own.
    Own,
    /// None: the derive reported mistakes already, and the description is empty.
    Refused,
}

impl Struct {
    /// A struct without fields, of which nothing is said.
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

/// A symbol that a struct declares: the length of axes, or the number of elements of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dim {
    /// Its name.
    pub name: &'static str,
    /// Its value, if the struct fixes it.
    pub value: Option<usize>,
    /// Whether each instance of the struct has its own. All others of one name are one, throughout the tree.
    pub local: bool,
}

/// Which dtypes are converted into that of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Cast {
    /// None: the variable has the field's.
    Never,
    /// Those of which each value is also one of the field's dtype.
    Lossless,
    /// All numbers: floats are rounded to the nearest, and what is out of the range of an integer is an error.
    Any,
}

impl Cast {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Never, Self::Lossless, Self::Any];

    /// Whether it lets a variable of one dtype fill a field of another.
    #[must_use]
    pub const fn allows(self, found: DType, wanted: DType) -> bool {
        match self {
            _ if found as u8 == wanted as u8 => true,
            Self::Never => false,
            Self::Lossless => found.casts_losslessly_to(wanted),
            Self::Any => found.casts_to(wanted),
        }
    }

    /// The word for it in `cast = "..."`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Lossless => "lossless",
            Self::Any => "any",
        }
    }
}

/// What paths call variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Naming {
    /// The keys under which they are stored, letter by letter.
    Key,
    /// The paths of objects that lead to them in the object graph.
    ObjectPath,
    /// Their full names in the object graph: what they were called in TF1.
    FullName,
}

impl Naming {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Key, Self::ObjectPath, Self::FullName];

    /// The word for it in `naming = "..."`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::ObjectPath => "object_path",
            Self::FullName => "full_name",
        }
    }
}

/// A field that is loaded.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name; the position in a tuple struct.
    pub name: &'static str,
    /// Where it is: the path, then the aliases, one at least; all variables of a `concat`; none of a symbol's value. An
    /// empty path adds nothing (`flatten`).
    pub paths: &'static [Path],
    /// The index that the field binds, if it is a list.
    pub repeat: Option<Repeat>,
    /// What is done to each variable of the field, in the order written.
    pub ops: &'static [Op],
    /// Which dtypes are converted into that of the field; `None` for what the struct says.
    pub cast: Option<Cast>,
    /// True if another field takes its variable, too: `copy`.
    pub copy: bool,
    /// Other names of its variable, any of which may be there in place of the path or with it: `tie`.
    pub ties: &'static [Path],
    /// True if its variables are never replaced by their averages: `shadow = "never"`.
    pub never_averaged: bool,
    /// What symbols of the structs within are called in this one: `dims(n = d_model)`.
    pub dims: &'static [Renamed],
    /// What happens when the checkpoint has none of it.
    pub absent: Absent,
    /// What is otherwise in other dialects.
    pub dialects: &'static [FieldDialect],
    /// What its type takes.
    pub node: Node,
}

impl Field {
    /// A field that takes nothing, of which nothing is said.
    pub const EMPTY: Self = Self {
        name: "",
        paths: &[],
        repeat: None,
        ops: &[],
        cast: None,
        copy: false,
        ties: &[],
        never_averaged: false,
        dims: &[],
        absent: Absent::Problem,
        dialects: &[],
        node: Node::Struct(&Struct::EMPTY),
    };

    /// Whether the variables of all its paths are joined; else they are alternatives.
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

    /// The axis and the index along which its variables are stacked or joined, if they are.
    #[must_use]
    pub const fn stack(&self) -> Option<(usize, Repeat)> {
        let mut at = 0;
        while at < self.ops.len() {
            if let Op::Stack { axis, repeat } | Op::Concat { axis, repeat: Some(repeat) } =
                self.ops[at]
            {
                return Some((axis, repeat));
            }
            at += 1;
        }
        None
    }
}

/// A path: relative to the struct that it stands in, or absolute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    /// Whether it starts at the root of the checkpoint (a leading `/`, which is not among the parts).
    pub absolute: bool,
    /// The template; empty for a path that adds nothing.
    pub parts: &'static [Part<'static>],
}

impl Path {
    /// The path that adds nothing.
    pub const EMPTY: Self = Self { absolute: false, parts: &[] };
}

/// `repeat(i = 0..12)`: the index that the elements of a list are counted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Repeat {
    /// The name of the index.
    pub index: &'static str,
    /// Its value for the first element.
    pub start: usize,
    /// The value after the last, if it is written.
    pub end: Option<Expression>,
}

/// `dims(n = d_model)`: a symbol of the structs within a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// Its name in there.
    pub name: &'static str,
    /// What it is, in symbols of the struct that has the field.
    pub is: Expression,
}

/// A step from the variable in the file to the value of the field. Axes are counted from 0, in the shape that the step
/// is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Op {
    /// Removes unit axes.
    Squeeze(Squeeze),
    /// Adds unit axes, which have these numbers afterwards.
    Expand(&'static [usize]),
    /// Puts all axes the other way round.
    Transpose,
    /// Takes the axes in this order.
    Permute(&'static [usize]),
    /// Gives the elements, in their order, these axes; the length of one `_` follows from the others.
    Reshape(&'static [Axis]),
    /// Changes nothing: says what the shape is here.
    Shape(&'static [Axis]),
    /// Cuts an axis into as many parts as the field holds.
    Split {
        /// The axis.
        axis: usize,
        /// The lengths of the parts; `None` for equal ones.
        sizes: Option<&'static [Expression]>,
    },
    /// Takes one of several equal parts of an axis.
    Chunk {
        /// The axis.
        axis: usize,
        /// Which part, from 0.
        index: usize,
        /// How many parts there are.
        of: usize,
    },
    /// Takes a range of an axis.
    Slice {
        /// The axis.
        axis: usize,
        /// The first index.
        start: Expression,
        /// The index after the last; `None` for the end of the axis.
        end: Option<Expression>,
    },
    /// Puts equal blocks of an axis in another order.
    Reorder {
        /// The axis.
        axis: usize,
        /// The block that comes first, then the second, ...: each number below their count once.
        order: &'static [usize],
    },
    /// Joins variables along an axis that they have: those of all paths of the field, or one for each value of an index.
    Concat {
        /// The axis.
        axis: usize,
        /// The index; `None` for all paths.
        repeat: Option<Repeat>,
    },
    /// Joins variables along a new axis, one for each value of an index.
    Stack {
        /// The number of the new axis.
        axis: usize,
        /// The index.
        repeat: Repeat,
    },
}

/// What is wrong with the order of `reorder`, if anything: it names each of several blocks once, and not in their order.
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

/// Which axes `squeeze` removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Squeeze {
    /// As many as the field has fewer than the variable; of a field of any rank, all that are 1.
    ToRank,
    /// These, counted in the shape that the step is given.
    Axes(&'static [usize]),
}

/// What happens when the checkpoint has nothing for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// It is a problem.
    Problem,
    /// The field is zeros, of the shape that is known.
    Zero,
    /// The field's own function makes the value.
    Function,
}

/// Variables that are not loaded on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignore<'a> {
    /// Those whose names match the glob, from where the struct sits.
    Glob(&'a str),
    /// As a glob, which may match nothing.
    Optional(&'a str),
    /// Those that match one of the documented lists.
    Preset(Preset),
}

/// A documented list of globs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Preset {
    /// The slots of optimizers.
    Optimizer,
    /// Counters of steps and saves, and the object graph.
    Bookkeeping,
    /// Exponential moving averages.
    Ema,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 3] = [Self::Optimizer, Self::Bookkeeping, Self::Ema];

    /// The word for it in `ignore(...)`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Optimizer => "optimizer",
            Self::Bookkeeping => "bookkeeping",
            Self::Ema => "ema",
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
