//! Sentences of dtypes and shapes.

use std::fmt;

use crate::catalog::Spec;
use crate::description::Cast;
use crate::dtype::DType;
use crate::plan::{Sentence, TransformError};
use crate::problem::wording::{self as say, fill};
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
    fill(f, say::DTYPE, &[&variable, found, &wanted, &dtype])?;
    match cast {
        Some(Cast::Lossless) => f.write_str(say::OR_CAST),
        Some(Cast::Any) => f.write_str(say::OR_CAST_ANY),
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
    fill(f, say::IS, &[&variable, found])?;
    if *squeezed != found.shape {
        fill(f, say::IN_THE_END, &[squeezed])?;
    }
    fill(f, say::BUT_THE_FIELD_HAS, &[&dimensions(wanted)])?;
    let units = squeezed.dims().iter().filter(|&&dim| dim == 1).count();
    let excess = squeezed.rank().saturating_sub(wanted);
    if excess > 0 && excess <= units {
        f.write_str(say::SQUEEZE)
    } else {
        fill(f, say::GIVE_IT, &[&squeezed.rank()])
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
    fill(f, say::IS, &[&variable, found])?;
    if *at != found.shape {
        fill(f, say::HERE, &[at])?;
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
    fill(f, say::IS_IN_THE_CHECKPOINT, &[&variable, found])?;
    if **at != found.shape {
        fill(f, say::HERE, &[at])?;
    }
    let known: Option<Vec<u64>> = wanted.iter().copied().collect();
    let shown =
        known.as_ref().and_then(|known| Shape::new(known.clone())).map(|shape| shape.to_string());
    match shown {
        Some(shown) if shown != *written => fill(f, say::BUT_AS, &[&shown, written])?,
        _ => fill(f, say::BUT, &[written])?,
    }
    let backwards: Vec<u64> = at.dims().iter().rev().copied().collect();
    if known.is_some_and(|known| known == backwards) && backwards != at.dims() {
        return f.write_str(say::TRANSPOSED);
    }
    if at.rank() > wanted.len() {
        let units = at.dims().iter().filter(|&&dim| dim == 1).count();
        if at.rank() - wanted.len() <= units {
            f.write_str("; ")?;
            return f.write_str(say::SQUEEZE);
        }
    }
    if at.rank() < wanted.len() {
        let units = wanted.iter().filter(|&&dim| dim == Some(1)).count();
        if wanted.len() - at.rank() <= units {
            return f.write_str(say::EXPAND);
        }
    }
    values(f, symbols)
}

/// `; n_embd is 768, as other variables say`
pub(super) fn values(f: &mut fmt::Formatter<'_>, symbols: &[SymbolValue]) -> fmt::Result {
    for SymbolValue { name, value, says, by } in symbols {
        let Some(value) = value else { continue };
        match (says, by) {
            (Says::Struct, _) => fill(f, say::AS_THE_STRUCT_SAYS, &[name, value])?,
            (Says::Options, _) => fill(f, say::AS_IT_IS_BOUND, &[name, value])?,
            (Says::Variables, Some(variable)) => {
                fill(f, say::AS_ONE_SAYS, &[name, value, variable])?;
            }
            (Says::Variables, None) => fill(f, say::AS_OTHERS_SAY, &[name, value])?,
        }
    }
    Ok(())
}

pub(super) fn elements(
    f: &mut fmt::Formatter<'_>,
    found: u64,
    wanted: u64,
    symbols: &[SymbolValue],
) -> fmt::Result {
    fill(f, say::ELEMENTS, &[&found, &wanted])?;
    values(f, symbols)
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
    count: usize,
) -> fmt::Result {
    match found {
        Some(found) => {
            fill(f, say::IS, &[&variable, found])?;
            f.write_str("which the field cannot borrow, since ")?;
        }
        None => write!(f, "{count} fields cannot borrow their elements, since ")?,
    }
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
    fill(f, say::OVERLAP, &[&variable, found, &by])
}

pub(super) fn gap(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    found: &Spec,
    left: u64,
) -> fmt::Result {
    fill(f, say::GAP, &[&variable, found, &left])
}
