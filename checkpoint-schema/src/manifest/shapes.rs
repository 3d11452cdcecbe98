//! The shapes of the variables in a manifest, for saves.

use crate::listing::dtype::DType;
use crate::manifest::{Hash, Slot, find, packed};

/// The shapes of the variables in a manifest, found by name.
///
/// A struct gives them to other crates. The compiler follows each reference in such a constant, also those that lead to one place, so
/// a [`Manifest`](super::Manifest) of many families would take it long.
#[derive(Clone, Copy, Debug)]
pub struct Shapes<'a> {
    /// See [`Manifest::variables`](super::Manifest::variables).
    pub variables: usize,
    /// See [`Manifest::slots`](super::Manifest::slots).
    pub slots: &'a [Slot],
    /// See [`Packed::families`](super::Packed::families).
    pub families: &'a [u8],
    /// See [`Packed::specs`](super::Packed::specs).
    pub specs: &'a [(DType, &'a [u64])],
}

impl Shapes<'_> {
    /// Returns the shape of the variable with this name.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&[u64]> {
        let (_, family) = find(self.slots, Hash::of(name.as_bytes()))?;
        let numbers = self.families.as_chunks().0.get(family)?;
        let (_, shape) = self.specs.get(packed::spec(*numbers))?;
        Some(shape)
    }
}
