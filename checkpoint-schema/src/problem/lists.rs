//! Sentences of lists and their elements.

use std::fmt;

use crate::catalog::Spec;

pub(super) fn hole(f: &mut fmt::Formatter<'_>, later: &str, variable: &str) -> fmt::Result {
    write!(
        f,
        "the checkpoint has none of its variables, but has `{variable}` of `{later}`; the indices of a list have no holes"
    )
}

pub(super) fn beyond(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    element: &str,
    found: &Spec,
    variables: usize,
) -> fmt::Result {
    const BEYOND: &str = "is beyond the bounds of its list; widen them, or name";
    if variables == 1 {
        let start = format!("no field takes `{variable}`, {found}, since `{element}`");
        write!(f, "{start} {BEYOND} it in `ignore`")
    } else {
        let start = format!("no field takes the {variables} variables of `{element}`");
        write!(f, "{start}, such as `{variable}`, since it {BEYOND} them in `ignore`")
    }
}
