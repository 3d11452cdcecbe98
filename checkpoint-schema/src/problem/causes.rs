//! Sentences of what is wrong with many variables at once.

use std::fmt;

use crate::description::{Cast, Preset};
use crate::dtype::DType;
use crate::problem::{Says, SymbolValue};

pub(super) fn symbol(
    f: &mut fmt::Formatter<'_>,
    given: &SymbolValue,
    found: u64,
    variables: usize,
) -> fmt::Result {
    let SymbolValue { name, value, says, .. } = given;
    let value = value.unwrap_or_default();
    match says {
        Says::Options => write!(f, "`{name}` is bound to {value}")?,
        Says::Struct | Says::Variables => write!(f, "`{name}` is {value} in the struct")?,
    }
    write!(f, ", but {found} in the checkpoint: ")?;
    match variables {
        0 => f.write_str("so many elements are there")?,
        count => write!(f, "{count} variables agree")?,
    }
    let way_out = if *says == Says::Options { "bind it to that" } else { "change the struct" };
    write!(f, "; {way_out}, or load another checkpoint")
}

pub(super) fn varied(f: &mut fmt::Formatter<'_>, symbol: &str, values: &[u64]) -> fmt::Result {
    const SHOWN: usize = 8;
    let shown: Vec<String> = values.iter().take(SHOWN).map(u64::to_string).collect();
    let more = if values.len() > SHOWN { ", ..." } else { "" };
    write!(
        f,
        "`{symbol}` has {} values in the checkpoint: {}{more}; ",
        values.len(),
        shown.join(", ")
    )?;
    write!(f, "if each instance of a struct has its own, write `local {symbol}` in its `dims`")
}

pub(super) fn declared(f: &mut fmt::Formatter<'_>, given: &SymbolValue, other: u64) -> fmt::Result {
    let SymbolValue { name, value, says, .. } = given;
    let value = value.unwrap_or_default();
    match says {
        Says::Options => {
            write!(
                f,
                "`{name}` is bound to {value}, but the struct fixes it to {other}; take one of the two away"
            )
        }
        _ => write!(
            f,
            "structs fix `{name}` to {value} and to {other}; give one of them another name, or make it `local`"
        ),
    }
}

pub(super) fn assertion(
    f: &mut fmt::Formatter<'_>,
    owner: &str,
    assertion: &str,
    values: &[(&str, u64)],
) -> fmt::Result {
    write!(f, "`{owner}` asserts that `{assertion}`, but ")?;
    for (number, (name, value)) in values.iter().enumerate() {
        let comma = match number {
            0 => "",
            _ if number + 1 == values.len() => " and ",
            _ => ", ",
        };
        write!(f, "{comma}`{name}` is {value}")?;
    }
    f.write_str("; this is another model")
}

pub(super) fn unbound(
    f: &mut fmt::Formatter<'_>,
    symbol: &str,
    nearest: Option<&str>,
) -> fmt::Result {
    write!(f, "`{symbol}` is bound, but no struct declares it; ")?;
    match nearest {
        Some(nearest) => write!(f, "did you mean `{nearest}`?"),
        None => write!(f, "write `dims({symbol})` on the struct, or bind nothing"),
    }
}

pub(super) fn prefix(
    f: &mut fmt::Formatter<'_>,
    count: usize,
    written: &str,
    found: &str,
) -> fmt::Result {
    let name = |prefix: &str| prefix.trim_end_matches(['/', '.']).to_owned();
    write!(f, "{count} variables are not where the struct says, but ")?;
    match (written, found) {
        ("", found) => write!(
            f,
            "under `{found}`; put `{0}` before the paths of the struct, or load with `LoadOptions::prefix(\"{0}\")`",
            name(found)
        ),
        (written, "") => {
            write!(
                f,
                "without `{written}`; take `{}` out of the paths, or out of `LoadOptions::prefix`",
                name(written)
            )
        }
        (written, found) => {
            write!(
                f,
                "under `{found}` in place of `{written}`; write `{}` in the paths",
                name(found)
            )
        }
    }
}

pub(super) fn renamed(
    f: &mut fmt::Formatter<'_>,
    count: usize,
    written: &str,
    found: &str,
) -> fmt::Result {
    write!(
        f,
        "{count} variables are called `{found}` where the struct says `{written}`; write that in the paths"
    )
}

pub(super) fn slots(
    f: &mut fmt::Formatter<'_>,
    preset: Preset,
    count: usize,
    of: usize,
    example: &str,
) -> fmt::Result {
    let what = match preset {
        Preset::Optimizer => "slots of an optimizer",
        Preset::Bookkeeping => "bookkeeping",
        Preset::Ema => "moving averages",
    };
    let all = match of {
        1 => "the variable that no field takes is".to_owned(),
        _ if count == of => format!("all {of} variables that no field takes are"),
        _ => format!("{count} of the {of} variables that no field takes are"),
    };
    write!(f, "{all} {what}, such as `{example}`; write `ignore({})`", preset.word())
}

pub(super) fn dtypes(
    f: &mut fmt::Formatter<'_>,
    count: usize,
    [found, wanted]: [DType; 2],
    cast: Option<Cast>,
    example: &str,
) -> fmt::Result {
    write!(
        f,
        "{count} variables are {found}, such as `{example}`, but their fields hold {wanted}; "
    )?;
    if let Some(cast) = cast {
        write!(f, "write `cast = \"{}\"` on the struct, or ", cast.word())?;
    }
    write!(f, "give the fields elements of {found}")
}

pub(super) fn absent(
    f: &mut fmt::Formatter<'_>,
    variables: usize,
    example: &str,
    bounded: bool,
) -> fmt::Result {
    write!(f, "the checkpoint has none of its {variables} variables, such as `{example}`; ")?;
    f.write_str(if bounded {
        "change the bounds of its list, or load another checkpoint"
    } else {
        "if it may be absent, make the field an `Option`"
    })
}

pub(super) fn elsewhere(f: &mut fmt::Formatter<'_>, written: &str, found: &str) -> fmt::Result {
    write!(f, "no variables under `{written}`; did you mean `{found}`?")
}
