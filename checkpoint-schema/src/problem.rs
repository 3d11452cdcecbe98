//! What is wrong between a struct and a checkpoint, in sentences.

use std::fmt;

use crate::catalog::{Defect, Spec};
use crate::description::{Cast, Preset};
use crate::dtype::DType;
use crate::plan::TransformError;
use crate::problem::wording::{self as say, fill};
use crate::shape::Shape;

mod causes;
pub mod kind;
mod lists;
mod shapes;
pub(crate) mod wording;

/// A disagreement of a struct and a checkpoint, at one field or at several that differ only in their indices.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The field: `Gpt2.blocks[0..12].attn.c_attn.w`; `None` for a variable that no field takes.
    pub field: Option<String>,
    /// The variable: `model/h<0..12>/attn/c_attn/w`; `None` where it is about more than one.
    pub variable: Option<String>,
    /// The number of places that it is about.
    pub count: usize,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ProblemKind {
    /// The checkpoint has no such variable.
    Missing {
        /// The other paths that the field accepts.
        aliases: Vec<String>,
        /// What may have been meant.
        nearest: Option<Nearest>,
    },
    /// The checkpoint lists the variable, but it cannot be read.
    Unreadable(Defect),
    /// The checkpoint has none of the variables of a struct.
    Absent {
        /// How many there are in each place.
        variables: usize,
        /// One of them.
        example: String,
        /// Whether it is an element that the bounds of its list ask for.
        bounded: bool,
    },
    /// The variables of a struct are there under other names.
    Elsewhere {
        /// What these start with, in place of the path.
        found: String,
    },
    /// The elements are of another type.
    #[cfg_attr(feature = "serde", serde(rename = "dtype"))]
    DType {
        /// What the variable holds.
        found: Spec,
        /// What the field holds.
        wanted: DType,
        /// What `cast` has to be to convert it, if that can be done.
        cast: Option<Cast>,
    },
    /// The variables of many fields have one dtype, where the fields have another.
    DTypes {
        /// What the variables hold.
        found: DType,
        /// What the fields hold.
        wanted: DType,
        /// What `cast` has to be to convert them, if that can be done.
        cast: Option<Cast>,
        /// One of them.
        example: String,
    },
    /// The axes are more or fewer.
    Rank {
        /// What the variable holds.
        found: Spec,
        /// Its shape after what the field does to it.
        squeezed: Shape,
        /// The number of axes that the field has.
        wanted: usize,
    },
    /// A step of the field cannot be done.
    Step {
        /// What the variable holds.
        found: Spec,
        /// The shape that the step is given.
        at: Shape,
        /// The step, as it is written.
        op: String,
        /// Why.
        error: TransformError,
    },
    /// The shape is not the one that is written.
    Shape {
        /// What the variable holds.
        found: Spec,
        /// Its shape where the other is written.
        at: Shape,
        /// That one, as it is written: `[n_ctx, n_embd]`.
        written: String,
        /// Its lengths, where they are known.
        wanted: Vec<Option<u64>>,
        /// The symbols that disagree.
        symbols: Vec<SymbolValue>,
    },
    /// A symbol that is needed has no value.
    NoValue {
        /// The symbol.
        symbol: &'static str,
    },
    /// An expression is no length, though its symbols have values.
    NoNumber {
        /// The expression, as it is written: `n_embd / n_head`.
        expression: String,
        /// Its symbols.
        symbols: Vec<SymbolValue>,
    },
    /// The shape of zeros is not known.
    Shapeless {
        /// The symbol that has no value; `None` if no `shape` is written.
        symbol: Option<&'static str>,
    },
    /// A list has another number of elements than symbols say.
    Elements {
        /// How many the checkpoint has.
        found: u64,
        /// How many symbols say.
        wanted: u64,
        /// These symbols.
        symbols: Vec<SymbolValue>,
    },
    /// A part of a variable is taken by another field too.
    Overlap {
        /// What the variable holds.
        found: Spec,
        /// The other field.
        by: String,
    },
    /// No field takes a part of a variable.
    Gap {
        /// What the variable holds.
        found: Spec,
        /// The number of elements that are left.
        left: u64,
    },
    /// A symbol has one value, and all variables say another.
    Symbol {
        /// The symbol, and the value that it was given.
        given: SymbolValue,
        /// What variables say.
        found: u64,
        /// How many variables do; 0 if it is the number of elements of a list.
        variables: usize,
    },
    /// Variables say several values of a symbol that all structs share.
    Varied {
        /// The symbol.
        symbol: &'static str,
        /// These values.
        values: Vec<u64>,
    },
    /// Structs give a symbol several values, or the options of the load another one.
    Declared {
        /// The symbol, with one value.
        given: SymbolValue,
        /// The other value.
        other: u64,
    },
    /// An assertion does not hold.
    Assertion {
        /// The struct.
        owner: &'static str,
        /// The assertion: `n_embd % n_head == 0`.
        assertion: String,
        /// The symbols in it, with their values.
        values: Vec<(&'static str, u64)>,
    },
    /// The options of the load bind a symbol that no struct declares.
    Unbound {
        /// The symbol.
        symbol: String,
        /// What may have been meant.
        nearest: Option<&'static str>,
    },
    /// A field that only borrows cannot borrow from the checkpoint.
    NotBorrowed {
        /// What the variable holds; `None` for several fields for which the same is said.
        found: Option<Spec>,
        /// Why.
        why: NotBorrowed,
    },
    /// Most missing variables have another word in their names.
    Renamed {
        /// What the struct says.
        written: String,
        /// What the checkpoint has there.
        found: String,
    },
    /// The variables of many fields are there under other names: with a prefix, or without one.
    Prefix {
        /// What their names start with in the struct, up to and with a separator.
        written: String,
        /// What they start with in the checkpoint.
        found: String,
    },
    /// Of the variables that no field takes, many are in a documented list.
    Slots {
        /// The list.
        preset: Preset,
        /// How many there are in all.
        of: usize,
        /// One of them.
        example: String,
    },
    /// The name is that of several variables.
    Ambiguous {
        /// The paths of objects that lead to them.
        paths: Vec<String>,
        /// The keys under which they are stored.
        keys: Vec<String>,
    },
    /// Another field takes the variable too.
    Taken {
        /// That field.
        by: String,
        /// What that field calls the variable, if it is something else.
        other: Option<String>,
    },
    /// Several of the paths that a field accepts are there.
    Aliases {
        /// All that are.
        present: Vec<String>,
    },
    /// A list has an element missing before others.
    Hole {
        /// A later element, of which there is something.
        later: String,
        /// A variable of it.
        variable: String,
    },
    /// A variable is loaded, and ignored.
    Ignored {
        /// The glob or preset that matches it.
        glob: String,
    },
    /// No field takes the variable.
    Unmapped {
        /// What it holds.
        found: Spec,
        /// The documented list that it is in.
        preset: Option<Preset>,
    },
    /// The bounds of a list leave out an element that is there.
    Beyond {
        /// The element.
        element: String,
        /// What the first of its variables holds.
        found: Spec,
        /// How many variables are there.
        variables: usize,
    },
    /// The names that the struct uses come from an object graph, which the checkpoint does not have.
    NoGraph {
        /// The word for these names.
        keys: &'static str,
    },
    /// The struct uses keys, where the checkpoint has objects of those names.
    ObjectBased,
    /// What is loaded is not a struct, so that nothing says which variable it is.
    Nameless,
}

/// Why the elements of a variable cannot be borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum NotBorrowed {
    /// The checkpoint is not in memory.
    NotInMemory,
    /// They would have to be converted into this dtype.
    Converted(DType),
    /// They are not in memory in strides: several variables are joined, or axes are put together of others.
    NotStrided,
    /// They are stored in slices.
    Partitioned,
    /// They are stored in another form than in memory: in another byte order, or with bits that are no part of them.
    Encoded,
    /// They are not aligned, where they are in the file.
    Unaligned,
}

/// A symbol, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SymbolValue {
    /// Its name.
    pub name: &'static str,
    /// Its value, if it has one.
    pub value: Option<u64>,
    /// Who says so.
    pub says: Says,
    /// The variable, if only one says so.
    pub by: Option<String>,
}

/// Who says what a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Says {
    /// A struct.
    Struct,
    /// The options of the load.
    Options,
    /// Most of the variables.
    Variables,
}

/// A variable that may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Nearest {
    /// Its name, with the range of an index that it shares with the field.
    pub name: String,
    /// What it holds.
    pub spec: Spec,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            fill(f, say::FIELD, &[field])?;
        }
        let variable = self.variable.as_deref().unwrap_or_default();
        match &self.kind {
            ProblemKind::Missing { aliases, nearest } => missing(f, variable, aliases, nearest.as_ref()),
            ProblemKind::Unreadable(defect) => write!(f, "`{variable}` is {}: {defect}", defect.word()),
            ProblemKind::Absent { variables, example, bounded } => causes::absent(f, *variables, example, *bounded),
            ProblemKind::Elsewhere { found } => causes::elsewhere(f, variable, found),
            ProblemKind::DType { found, wanted, cast } => shapes::dtype(f, variable, found, *wanted, *cast),
            ProblemKind::DTypes { found, wanted, cast, example } => {
                causes::dtypes(f, self.count, [*found, *wanted], *cast, example)
            }
            ProblemKind::Rank { found, squeezed, wanted } => shapes::rank(f, variable, found, squeezed, *wanted),
            ProblemKind::Step { found, at, op, error } => shapes::step(f, variable, found, at, op, error),
            ProblemKind::Shape { found, at, written, wanted, symbols } => {
                shapes::shape(f, variable, &shapes::Differs { found, at, written, wanted, symbols })
            }
            ProblemKind::NoValue { symbol } => shapes::no_value(f, symbol),
            ProblemKind::NoNumber { expression, symbols } => {
                write!(f, "`{expression}` is no whole number from 0 on")?;
                shapes::values(f, symbols)
            }
            ProblemKind::Shapeless { symbol } => shapes::shapeless(f, *symbol),
            ProblemKind::Elements { found, wanted, symbols } => shapes::elements(f, *found, *wanted, symbols),
            ProblemKind::Overlap { found, by } => shapes::overlap(f, variable, found, by),
            ProblemKind::Gap { found, left } => shapes::gap(f, variable, found, *left),
            ProblemKind::Symbol { given, found, variables } => causes::symbol(f, given, *found, *variables),
            ProblemKind::Varied { symbol, values } => causes::varied(f, symbol, values),
            ProblemKind::Declared { given, other } => causes::declared(f, given, *other),
            ProblemKind::Assertion { owner, assertion, values } => causes::assertion(f, owner, assertion, values),
            ProblemKind::Unbound { symbol, nearest } => causes::unbound(f, symbol, *nearest),
            ProblemKind::NotBorrowed { found, why } => shapes::not_borrowed(f, variable, found.as_ref(), *why, self.count),
            ProblemKind::Prefix { written, found } => causes::prefix(f, self.count, written, found),
            ProblemKind::Renamed { written, found } => causes::renamed(f, self.count, written, found),
            ProblemKind::Slots { preset, of, example } => causes::slots(f, *preset, self.count, *of, example),
            ProblemKind::Ambiguous { paths, keys } => ambiguous(f, variable, paths, keys),
            ProblemKind::Taken { by, other } => taken(f, variable, by, other.as_deref()),
            ProblemKind::Aliases { present } => fill(f, say::ALIASES, &[&list(present, "and")]),
            ProblemKind::Hole { later, variable } => lists::hole(f, later, variable),
            ProblemKind::Ignored { glob } => fill(f, say::IGNORED, &[&variable, glob]),
            ProblemKind::Unmapped { found, preset } => unmapped(f, variable, found, *preset),
            ProblemKind::Beyond { element, found, variables } => lists::beyond(f, variable, element, found, *variables),
            ProblemKind::NoGraph { keys } => {
                write!(f, "the checkpoint has no object graph, from which the names of `keys = \"{keys}\"` come; take `keys` away")
            }
            ProblemKind::ObjectBased => f.write_str(
                "the keys of this checkpoint are paths of objects; write `keys = \"object\"` on the struct to call \
                 variables by these",
            ),
            ProblemKind::Nameless => {
                f.write_str("only a struct says which variables it takes; load a struct that has this as a field")
            }
        }
    }
}

fn missing(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    aliases: &[String],
    nearest: Option<&Nearest>,
) -> fmt::Result {
    let names: Vec<String> =
        std::iter::once(variable.to_owned()).chain(aliases.iter().cloned()).collect();
    fill(f, say::NO_VARIABLE, &[&list(&names, "or")])?;
    match nearest {
        Some(nearest) => fill(f, say::DID_YOU_MEAN, &[&nearest.name, &nearest.spec]),
        None => f.write_str(say::MAY_BE_ABSENT),
    }
}

fn taken(f: &mut fmt::Formatter<'_>, variable: &str, by: &str, other: Option<&str>) -> fmt::Result {
    match other {
        Some(other) => fill(f, say::TAKEN_BY_ANOTHER_NAME, &[&variable, &other, &by]),
        None => fill(f, say::TAKEN, &[&variable, &by]),
    }
}

fn ambiguous(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    paths: &[String],
    keys: &[String],
) -> fmt::Result {
    const SHOWN: usize = 4;
    write!(f, "`{variable}` is the full name of {} variables: ", paths.len())?;
    match paths.split_at_checked(SHOWN) {
        Some((shown, more)) if !more.is_empty() => {
            write!(f, "{} and {} more", quoted(shown).join(", "), more.len())?;
        }
        _ => f.write_str(&list(paths, "and"))?,
    }
    let key = keys.first().map_or("", String::as_str);
    write!(f, "; write the key of one as an absolute path: `/{key}`")
}

fn unmapped(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    found: &Spec,
    preset: Option<Preset>,
) -> fmt::Result {
    fill(f, say::UNMAPPED, &[&variable, found])?;
    match preset {
        Some(preset) => fill(f, say::WRITE_IGNORE, &[&preset.word()]),
        None => f.write_str(say::NAME_IN_IGNORE),
    }
}

/// `` `a`, `b` or `c` ``
fn list(names: &[String], conjunction: &str) -> String {
    match quoted(names).split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {conjunction} {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn quoted(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}

/// The field, the variable and the sentence, then what there is to say of the kind.
#[cfg(feature = "serde")]
impl serde::Serialize for Problem {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Fields<'a> {
            field: Option<&'a str>,
            variable: Option<&'a str>,
            count: usize,
            message: String,
            #[serde(flatten)]
            kind: &'a ProblemKind,
        }
        let (field, variable) = (self.field.as_deref(), self.variable.as_deref());
        Fields { field, variable, count: self.count, message: self.to_string(), kind: &self.kind }
            .serialize(serializer)
    }
}
