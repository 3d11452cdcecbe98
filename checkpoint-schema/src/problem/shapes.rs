//! Sentences of dtypes and shapes.

use std::fmt;

use crate::catalog::Spec;
use crate::description::Cast;
use crate::dtype::DType;
use crate::plan::{Sentence, TransformError};
use crate::problem::{NotBorrowed, Says, SymbolValue};
use crate::shape::Shape;

pub(super) fn dtype(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    found: &Spec,
    wanted: DType,
    cast: Option<Cast>,
) -> fmt::Result {
    let dtype = found.dtype;
    write!(
        f,
        "`{variable}` is {found}, but the field holds {wanted}; give the field elements of {dtype}"
    )?;
    match cast {
        Some(Cast::Lossless) => f.write_str(", or write `cast`"),
        Some(Cast::Any) => f.write_str(", or write `cast = \"any\"`"),
        Some(Cast::Never) | None => Ok(()),
    }
}

pub(super) fn rank(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    found: &Spec,
    squeezed: &Shape,
    wanted: usize,
) -> fmt::Result {
    write!(f, "`{variable}` is {found}, ")?;
    if *squeezed != found.shape {
        write!(f, "which is {squeezed} in the end, ")?;
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

pub(super) fn step(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    found: &Spec,
    at: &Shape,
    op: &str,
    error: &TransformError,
) -> fmt::Result {
    write!(f, "`{variable}` is {found}, ")?;
    if *at != found.shape {
        write!(f, "here {at}, ")?;
    }
    write!(f, "{}", Sentence { op, at, error })
}

/// A shape that is not the one that is written.
pub(super) struct Differs<'a> {
    pub(super) found: &'a Spec,
    pub(super) at: &'a Shape,
    pub(super) written: &'a str,
    pub(super) wanted: &'a [Option<u64>],
    pub(super) symbols: &'a [SymbolValue],
}

pub(super) fn shape(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    differs: &Differs<'_>,
) -> fmt::Result {
    let Differs { found, at, written, wanted, symbols } = differs;
    write!(f, "`{variable}` is {found} in the checkpoint, ")?;
    if **at != found.shape {
        write!(f, "here {at}, ")?;
    }
    let known: Option<Vec<u64>> = wanted.iter().copied().collect();
    let shown =
        known.as_ref().and_then(|known| Shape::new(known.clone())).map(|shape| shape.to_string());
    match shown {
        Some(shown) if shown != *written => write!(f, "but {shown} in the struct, as {written}")?,
        _ => write!(f, "but {written} in the struct")?,
    }
    let backwards: Vec<u64> = at.dims().iter().rev().copied().collect();
    if known.is_some_and(|known| known == backwards) && backwards != at.dims() {
        return f.write_str("; its axes are the other way round, so write `transpose` before");
    }
    if at.rank() > wanted.len() {
        let units = at.dims().iter().filter(|&&dim| dim == 1).count();
        if at.rank() - wanted.len() <= units {
            return f.write_str("; `squeeze` removes axes of length 1");
        }
    }
    if at.rank() < wanted.len() {
        let units = wanted.iter().filter(|&&dim| dim == Some(1)).count();
        if wanted.len() - at.rank() <= units {
            return f.write_str("; `expand` adds axes of length 1");
        }
    }
    f.write_str(&values(symbols))
}

/// `; n_embd is 768, as other variables say`
pub(super) fn values(symbols: &[SymbolValue]) -> String {
    symbols
        .iter()
        .filter_map(|symbol| {
            let SymbolValue { name, value, says, by } = symbol;
            let value = (*value)?;
            Some(match says {
                Says::Struct => format!("; `{name}` is {value}, as the struct says"),
                Says::Options => format!("; `{name}` is {value}, as it is bound"),
                Says::Variables => match by {
                    Some(variable) => format!("; `{name}` is {value}, as `{variable}` says"),
                    None => format!("; `{name}` is {value}, as other variables say"),
                },
            })
        })
        .collect()
}

pub(super) fn elements(
    f: &mut fmt::Formatter<'_>,
    found: u64,
    wanted: u64,
    symbols: &[SymbolValue],
) -> fmt::Result {
    let values = values(symbols);
    write!(f, "the checkpoint has {found} elements of it, but the struct {wanted}{values}")
}

pub(super) fn no_value(f: &mut fmt::Formatter<'_>, symbol: &str) -> fmt::Result {
    write!(
        f,
        "nothing says what `{symbol}` is; write `dims({symbol} = ...)` on the struct, or bind it with \
         `LoadOptions::bind`"
    )
}

pub(super) fn shapeless(f: &mut fmt::Formatter<'_>, symbol: Option<&str>) -> fmt::Result {
    match symbol {
        Some(symbol) => no_value(f, symbol),
        None => f.write_str("nothing says what shape its zeros have; write `shape = [...]`"),
    }
}

pub(super) fn not_borrowed(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    found: Option<&Spec>,
    why: NotBorrowed,
) -> fmt::Result {
    if let Some(found) = found {
        write!(f, "`{variable}` is {found}, ")?;
    }
    f.write_str("which the field cannot borrow, since ")?;
    match why {
        NotBorrowed::NotInMemory => {
            return f.write_str(
                "the checkpoint is not in memory; open it with `Checkpoint::open_in_memory`, or map it",
            );
        }
        NotBorrowed::Converted(dtype) => write!(f, "it would be converted into {dtype}")?,
        NotBorrowed::NotStrided => f.write_str("its elements are not in that order in memory")?,
        NotBorrowed::Partitioned => f.write_str("it is stored in slices")?,
        NotBorrowed::Encoded => f.write_str("it is stored in another form than in memory")?,
        NotBorrowed::Unaligned => f.write_str("it is not aligned where it is in the file")?,
    }
    f.write_str("; let the field be a `CowArray`, which has its own elements then")
}

pub(super) fn overlap(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    found: &Spec,
    by: &str,
) -> fmt::Result {
    write!(
        f,
        "`{variable}` is {found}, of which `{by}` takes some elements too; the parts of a variable do not overlap"
    )
}

pub(super) fn gap(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    found: &Spec,
    left: u64,
) -> fmt::Result {
    write!(
        f,
        "`{variable}` is {found}, of which no field takes {left} elements; take the other parts too"
    )
}
