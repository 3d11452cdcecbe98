//! Sentences of lists and their elements.

use std::fmt;

use crate::catalog::Spec;
use crate::problem::wording::{self as say, fill};

pub(super) fn hole(f: &mut fmt::Formatter<'_>, later: &str, variable: &str) -> fmt::Result {
    fill(f, say::HOLE, &[&variable, &later])
}

pub(super) fn beyond(
    f: &mut fmt::Formatter<'_>,
    variable: &str,
    element: &str,
    found: &Spec,
    variables: usize,
) -> fmt::Result {
    if variables == 1 {
        fill(f, say::BEYOND_ONE, &[&variable, found, &element])
    } else {
        fill(f, say::BEYOND, &[&variables, &element, &variable])
    }
}
