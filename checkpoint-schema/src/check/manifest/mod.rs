//! A description against the manifests that a struct names: in a constant, what planning says of a checkpoint.

use crate::description::Node;
use crate::manifest::Manifest;

/// What came of checking a description against as many manifests.
#[derive(Clone, Copy, Debug)]
pub struct Checked<const MANIFESTS: usize> {
    _todo: [(); MANIFESTS],
}

/// Checks a description against manifests, none of which has more than so many variables.
#[must_use]
pub const fn manifests<const VARIABLES: usize, const MANIFESTS: usize>(
    _node: &Node,
    _manifests: &[Manifest<'_>; MANIFESTS],
) -> Checked<MANIFESTS> {
    Checked { _todo: [(); MANIFESTS] }
}

impl<const MANIFESTS: usize> Checked<MANIFESTS> {
    /// Makes sure that the description fits all manifests.
    ///
    /// # Panics
    /// With all problems, a line each: evaluated in a constant, this is a compile error.
    #[track_caller]
    pub const fn all_fit(&self) {}

    /// The value of a symbol in the manifest of this number.
    ///
    /// # Panics
    /// If nothing in it says what the symbol is: evaluated in a constant, this is a compile error.
    #[track_caller]
    #[must_use]
    pub const fn dim(&self, _manifest: usize, _symbol: &str) -> usize {
        0
    }
}
