//! Manifests: what a checkpoint holds, written down to be checked against when a struct is compiled.

mod listing;
mod text;

mod hash;
mod packed;
mod table;

use crate::listing::catalog::Defect;
use crate::listing::dtype::DType;
use crate::model::description::Preset;

pub use self::hash::Hash;
pub(crate) use self::listing::called;
pub use self::listing::{Listed, Listing, ListingError};
pub use self::packed::{FamilyChunk, Packed, PartChunk, chunks, families, parts};
pub use self::table::{Entry, Group, GroupPart, Table};
pub use self::text::{Difference, TextProblem};

/// The variables of a checkpoint, as a constant that the derive writes.
#[derive(Clone, Copy, Debug)]
pub struct Manifest<'a> {
    /// The file, as the struct names it.
    pub file: &'a str,
    /// Variables that differ only in the numbers of their names. Variables are numbered in this order.
    pub families: &'a [Family<'a>],
    /// The number of variables.
    pub variables: usize,
    /// Where to find a variable by the hash of a name: a power of two of them.
    pub slots: &'a [Slot],
}

/// The bytes of a place where a variable is found; see [`Manifest::slots`].
pub type Slot = [u8; 16];

/// Variables that hold the same, of names that differ only in numbers: those of all combinations of these.
#[derive(Clone, Copy, Debug)]
pub struct Family<'a> {
    /// What their names are made of, as it is shown.
    pub parts: &'a [FamilyPart<'a>],
    /// The type of the elements of each.
    pub dtype: DType,
    /// The lengths of the axes of each.
    pub shape: &'a [u64],
    /// The number of the first variable.
    pub first: usize,
    /// How many there are.
    pub count: usize,
    /// The glob or preset of the struct that has the manifest by which they are not loaded on purpose.
    pub ignored: Option<&'a str>,
    /// The documented list that they are in.
    pub preset: Option<Preset>,
    /// Whether they have other names, too, or names that are not shown letter by letter.
    pub aliased: bool,
    /// The reason why they cannot be read, and how it is said.
    pub defect: Option<(&'a Defect, &'a str)>,
}

impl Family<'_> {
    /// A family of no variables.
    pub const EMPTY: Self = Self {
        parts: &[],
        dtype: DType::Float32,
        shape: &[],
        first: 0,
        count: 0,
        ignored: None,
        preset: None,
        aliased: false,
        defect: None,
    };
}

/// A part of a name.
#[derive(Clone, Copy, Debug)]
pub enum FamilyPart<'a> {
    /// Text, which is the same in all names.
    Text(&'a str),
    /// A number.
    Number {
        /// The least number of digits.
        digits: usize,
        /// Its values: ranges, in order, that do not touch.
        values: &'a [(usize, usize)],
    },
}

impl Manifest<'_> {
    /// The slots that are in these bytes: of each the hash, the number of the variable and that of its family, each plus
    /// one (0: no variable), little-endian.
    #[must_use]
    pub const fn slots(bytes: &[u8]) -> &[Slot] {
        bytes.as_chunks().0
    }

    /// The numbers of the variable with this name, and of its family.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "any bits of a hash do, and numbers are `u32`"
    )]
    pub const fn find(&self, name: Hash) -> Option<(usize, usize)> {
        let (hash, slots) = (name.mixed(), self.slots.len());
        if slots == 0 {
            return None;
        }
        let mut at = hash as usize & (slots - 1);
        loop {
            let slot = u128::from_le_bytes(self.slots[at]);
            let (variable, family) = ((slot >> 64) as u32 as usize, (slot >> 96) as u32 as usize);
            if variable == 0 || family == 0 {
                return None;
            }
            if slot as u64 == hash {
                return Some((variable - 1, family - 1));
            }
            at = (at + 1) & (slots - 1);
        }
    }
}
