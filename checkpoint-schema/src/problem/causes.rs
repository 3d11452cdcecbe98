//! Sentences of what is wrong with many variables at once.

use std::fmt;

use crate::description::{Cast, Preset};
use crate::dtype::DType;
use crate::problem::wording::{self as say, fill};
use crate::problem::{Says, SymbolValue};

pub(super) fn symbol(
    f: &mut fmt::Formatter<'_>,
    given: &SymbolValue,
    found: u64,
    variables: usize,
) -> fmt::Result {
    let SymbolValue { name, value, says, .. } = given;
    let value = value.unwrap_or_default();
    let bound = *says == Says::Options;
    fill(f, if bound { say::SYMBOL_BOUND } else { say::SYMBOL }, &[name, &value, &found])?;
    match variables {
        0 => f.write_str(say::SO_MANY)?,
        count => fill(f, say::AGREE, &[&count])?,
    }
    f.write_str(if bound { say::BIND_THAT } else { say::CHANGE })
}

pub(super) fn varied(f: &mut fmt::Formatter<'_>, symbol: &str, values: &[u64]) -> fmt::Result {
    const SHOWN: usize = 8;
    let shown: Vec<String> = values.iter().take(SHOWN).map(u64::to_string).collect();
    let more = if values.len() > SHOWN { ", ..." } else { "" };
    let shown = format!("{}{more}", shown.join(", "));
    fill(f, say::VARIED, &[&symbol, &values.len(), &shown])?;
    fill(f, say::WRITE_LOCAL, &[&symbol])
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
        _ => fill(f, say::FIXED_TWICE, &[name, &value, &other]),
    }
}

pub(super) fn assertion(
    f: &mut fmt::Formatter<'_>,
    owner: &str,
    assertion: &str,
    values: &[(&str, u64)],
) -> fmt::Result {
    fill(f, say::ASSERTS, &[&owner, &assertion])?;
    for (number, (name, value)) in values.iter().enumerate() {
        let comma = match number {
            0 => "",
            _ if number + 1 == values.len() => " and ",
            _ => ", ",
        };
        f.write_str(comma)?;
        fill(f, say::SYMBOL_IS, &[name, value])?;
    }
    f.write_str(say::ANOTHER_MODEL)
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
    let what = say::of_preset(preset);
    match of {
        1 => fill(f, say::THE_UNMAPPED, &[&what, &example])?,
        _ if count == of => fill(f, say::ALL_UNMAPPED, &[&of, &what, &example])?,
        _ => fill(f, say::SOME_UNMAPPED, &[&count, &of, &what, &example])?,
    }
    fill(f, say::WRITE_IGNORE, &[&preset.word()])
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
        say::MAY_BE_ABSENT
    })
}

pub(super) fn elsewhere(f: &mut fmt::Formatter<'_>, written: &str, found: &str) -> fmt::Result {
    write!(f, "no variables under `{written}`; did you mean `{found}`?")
}
