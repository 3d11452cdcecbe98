//! What is wrong between a struct and a checkpoint, in sentences.

use std::fmt;

use crate::catalog::Spec;
use crate::dtype::DType;
use crate::plan::SqueezeError;
use crate::shape::Shape;

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
    /// The elements are of another type.
    #[cfg_attr(feature = "serde", serde(rename = "dtype"))]
    DType {
        /// What the variable holds.
        found: Spec,
        /// What the field holds.
        wanted: DType,
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
    /// Axes cannot be removed.
    Squeeze {
        /// What the variable holds.
        found: Spec,
        /// Why.
        error: SqueezeError,
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
        /// The field of a list whose bounds leave it out.
        beyond: Option<String>,
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
            write!(f, "field `{field}`: ")?;
        }
        let variable = self.variable.as_deref().unwrap_or_default();
        match &self.kind {
            ProblemKind::Missing { aliases, nearest } => missing(f, variable, aliases, nearest.as_ref()),
            ProblemKind::DType { found, wanted } => write!(
                f,
                "`{variable}` is {found}, but the field holds {wanted}; give the field elements of {}",
                found.dtype
            ),
            ProblemKind::Rank { found, squeezed, wanted } => rank(f, variable, found, squeezed, *wanted),
            ProblemKind::Squeeze { found, error } => write!(f, "`{variable}` is {found}, {error}"),
            ProblemKind::Ambiguous { paths, keys } => ambiguous(f, variable, paths, keys),
            ProblemKind::Taken { by, other } => {
                write!(f, "`{variable}` is ")?;
                match other {
                    Some(other) => write!(f, "another name of `{other}`, which is loaded by `{by}` already")?,
                    None => write!(f, "loaded by `{by}` already")?,
                }
                f.write_str("; only one field can take a variable")
            }
            ProblemKind::Aliases { present } => {
                write!(f, "the checkpoint has {}, and the field takes one; take the other out of the field, and `ignore` it", list(present, "and"))
            }
            ProblemKind::Hole { later, variable } => write!(
                f,
                "the checkpoint has none of its variables, but has `{variable}` of `{later}`; the indices of a list have no holes"
            ),
            ProblemKind::Ignored { glob } => {
                write!(f, "`{variable}` is loaded, but `ignore` names it too, by `{glob}`; take one of the two away")
            }
            ProblemKind::Unmapped { found, beyond } => unmapped(f, variable, found, beyond.as_deref()),
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
    write!(f, "no variable {}; ", list(&names, "or"))?;
    match nearest {
        Some(nearest) => write!(f, "did you mean `{}`, {}?", nearest.name, nearest.spec),
        None => f.write_str("if it may be absent, make the field an `Option`"),
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

fn rank(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    found: &Spec,
    squeezed: &Shape,
    wanted: usize,
) -> fmt::Result {
    write!(f, "`{variable}` is {found}, ")?;
    if *squeezed != found.shape {
        write!(f, "which is squeezed to {squeezed}, ")?;
    }
    write!(f, "but the field has {}; ", dimensions(wanted))?;
    let units = squeezed.dims().iter().filter(|&&dim| dim == 1).count();
    let excess = squeezed.rank().saturating_sub(wanted);
    if excess > 0 && excess <= units {
        f.write_str("`squeeze` removes axes of length 1")
    } else {
        write!(f, "give it {}", squeezed.rank())
    }
}

fn dimensions(rank: usize) -> String {
    format!("{rank} dimension{}", if rank == 1 { "" } else { "s" })
}

fn unmapped(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    found: &Spec,
    beyond: Option<&str>,
) -> fmt::Result {
    write!(f, "no field takes `{variable}`, {found}")?;
    match beyond {
        Some(field) => write!(
            f,
            ", since `{field}` is beyond the bounds of its list; widen them, or name it in `ignore`"
        ),
        None => f.write_str("; add a field for it, or name it in `ignore`"),
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
