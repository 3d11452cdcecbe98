//! The reasons why a value cannot be saved, as sentences.

use std::fmt;

use smallvec::SmallVec;

use crate::fit::{NONE, Outlined};
use crate::listing::fold::{IndexValues, fold};
use crate::save::invert::Unsaid;

/// A reason why a value cannot be saved, at one field or at several that differ only in their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SaveProblem {
    /// The field: `Gpt2.blocks[0..12].attn.c_attn.w`.
    pub field: String,
    /// The number of places that it is about.
    pub count: usize,
    /// The reason.
    pub kind: SaveProblemKind,
}

/// The reason why a value cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SaveProblemKind {
    /// A step does not say the shape that a variable had before it.
    Unsaid {
        /// The step, as it is written.
        op: String,
        /// The lengths of the axes after it.
        after: Vec<u64>,
        /// The attribute that would say it.
        way_out: &'static str,
    },
    /// The parts of one variable differ in more than the axis that was split.
    Parts {
        /// The step, as it is written.
        op: String,
        /// The lengths of the first part.
        first: Vec<u64>,
        /// Those of another.
        other: Vec<u64>,
    },
    /// An array does not have the axes that a step makes.
    Axes {
        /// The step, as it is written.
        op: String,
        /// The lengths of the axes of the array.
        found: Vec<u64>,
    },
    /// The keys of a map are not one after another.
    Hole {
        /// The first key that is missing.
        missing: usize,
        /// The number that keys start from.
        start: usize,
    },
    /// A list has more or fewer elements than `repeat` lists numbers.
    Listed {
        /// The number of elements.
        found: usize,
        /// The number of listed numbers.
        listed: usize,
    },
    /// A map lacks a number that `repeat` lists.
    Missing {
        /// The number.
        missing: usize,
    },
    /// A map has a key that `repeat` does not list.
    Unlisted {
        /// The key.
        key: usize,
    },
    /// A list has no elements, which a load would not take for a list.
    Empty,
    /// An item of a list has no variables, so that a load would not find it.
    Uncounted,
    /// Nothing says a length of a constant.
    Constant {
        /// The shape, as it is written.
        axes: String,
    },
    /// An implementation by hand puts something else than its `NODE` names.
    Order {
        /// The part that `NODE` names.
        wanted: &'static str,
    },
    /// Only a struct says which variables it has.
    Nameless,
}

/// An item of the outline, or the root (`NONE`), at one place.
#[derive(Clone, Debug)]
pub(super) struct At {
    pub(super) item: usize,
    pub(super) indices: SmallVec<[usize; 2]>,
}

/// A reason, at one place.
#[derive(Clone, Debug)]
pub(super) struct ProblemAt {
    pub(super) at: At,
    pub(super) kind: SaveProblemKind,
}

impl From<Unsaid> for SaveProblemKind {
    fn from(unsaid: Unsaid) -> Self {
        use crate::model::description::Op;
        match unsaid {
            Unsaid::Step { op, after } => {
                let way_out = match op {
                    Op::Squeeze(_) => "write its axes, as in `squeeze(0)`",
                    Op::Reshape(_) => {
                        "write the shape before it, as in `shape = [n, m], reshape[...]`"
                    }
                    Op::Concat { repeat: Some(_), .. } => {
                        "write their number, as in `concat(p = 0..4, axis = 0)`"
                    }
                    _ => "take the variables into fields of their own",
                };
                Self::Unsaid { op: op.to_string(), after, way_out }
            }
            Unsaid::Parts { op, first, other } => Self::Parts { op: op.to_string(), first, other },
            Unsaid::Axes { op, after } => Self::Axes { op: op.to_string(), found: after },
            // A part whose total is not known is one of a single axis, which `totals` adds up.
            Unsaid::Part { len } => Self::Axes { op: "slice".to_owned(), found: vec![len] },
        }
    }
}

impl SaveProblem {
    /// Equal reasons at places that differ in their indices as one.
    pub(super) fn fold(outlined: &Outlined<'_>, found: &[ProblemAt]) -> Vec<Self> {
        let key = |found: &ProblemAt| (found.at.item, found.at.indices.len(), found.kind.clone());
        let places = found.iter().map(|found| (key(found), &*found.at.indices));
        let problem = |((item, _, kind), axes): ((usize, usize, _), Vec<IndexValues>)| {
            let root = || outlined.structs.first().map_or("", |root| root.owner.name).to_owned();
            let field = if item == NONE { root() } else { outlined.field(item, &axes) };
            Self { field, count: axes.iter().map(IndexValues::len).product(), kind }
        };
        fold(places).into_iter().map(problem).collect()
    }
}

impl fmt::Display for SaveProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "field `{}`: {}", self.field, self.kind)
    }
}

impl fmt::Display for SaveProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsaid { op, after, way_out } => write!(
                f,
                "the shape of the variable before `{op}` is unknown; {way_out}, or save with `SaveOptions::like` and a \
                 checkpoint that has the variable (the shape after `{op}` is {after:?})"
            ),
            Self::Parts { op, first, other } => write!(
                f,
                "`{op}` cannot join parts of shapes {first:?} and {other:?}; the parts may differ \
                 only in the length of that axis"
            ),
            Self::Axes { op, found } => {
                write!(f, "`{op}` cannot result in the shape {found:?}; use the shape that a load returns")
            }
            Self::Hole { missing, start } => write!(
                f,
                "missing key {missing} in the map; its keys must be contiguous from {start}"
            ),
            Self::Listed { found, listed } => write!(
                f,
                "expected {listed} items, as `repeat` lists, found {found}; change the list or `repeat`"
            ),
            Self::Missing { missing } => write!(
                f,
                "missing key {missing} in the map; `repeat` lists it, so add a value, or remove it from `repeat`"
            ),
            Self::Unlisted { key } => {
                write!(f, "unexpected key {key} in the map; add it to `repeat`, or remove it from the map")
            }
            Self::Empty => f.write_str(
                "the list is empty, but a load needs at least one item; add one, or make the field an `Option`",
            ),
            Self::Uncounted => f.write_str(
                "the item has no variables, so a load would not find it; remove it from the list, or give it a value",
            ),
            Self::Constant { axes } => write!(
                f,
                "the lengths in `{axes}` are unknown; bind their symbols with `SaveOptions::bind`"
            ),
            Self::Order { wanted } => write!(
                f,
                "expected {wanted} from `put`, as in `NODE`; add the parts in the order of `NODE`"
            ),
            Self::Nameless => f.write_str("only a struct has paths of variables; save a struct with a field of this type"),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for SaveProblem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Fields<'a> {
            message: String,
            field: &'a str,
            count: usize,
            #[serde(flatten)]
            kind: &'a SaveProblemKind,
        }
        let Self { field, count, kind } = self;
        Fields { message: self.to_string(), field, count: *count, kind }.serialize(serializer)
    }
}
