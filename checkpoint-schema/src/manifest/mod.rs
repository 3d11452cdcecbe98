//! Manifests: recorded listings of checkpoints. A struct is checked against them at compile time.

mod listing;
mod text;

mod name_hash;
mod packed;
mod shapes;
mod table;

use crate::listing::catalog::Defect;
use crate::listing::dtype::DType;
use crate::model::description::Preset;

pub(crate) use self::listing::called;
pub use self::listing::{Listed, Listing, ListingError};
pub use self::name_hash::Hash;
pub use self::packed::{FamilyChunk, Packed, PieceChunk, chunks, families, pieces};
pub use self::shapes::Shapes;
pub use self::table::{Entry, Group, GroupPiece, Table};
pub use self::text::{Difference, TextProblem};

/// The variables of a checkpoint, as a constant written by the derive.
#[derive(Clone, Copy, Debug)]
pub struct Manifest<'a> {
    /// The file, as named in the struct.
    pub file: &'a str,
    /// Families of variables whose names differ only in numbers. Variables are numbered in this order.
    pub families: &'a [Family<'a>],
    /// The number of variables.
    pub variables: usize,
    /// The hash table from names to variables. Its length is a power of two.
    pub slots: &'a [Slot],
}

/// An entry of the hash table, in bytes; see [`Manifest::slots`].
pub type Slot = [u8; 16];

/// Variables of the same dtype and shape, whose names differ only in numbers. All combinations of the numbers exist.
#[derive(Clone, Copy, Debug)]
pub struct Family<'a> {
    /// The pieces of the displayed names.
    pub pieces: &'a [FamilyPiece<'a>],
    /// The dtype of each variable.
    pub dtype: DType,
    /// The shape of each variable.
    pub shape: &'a [u64],
    /// The number of the first variable.
    pub first: usize,
    /// The number of variables.
    pub count: usize,
    /// The glob or preset that ignores these variables, in the struct with this manifest.
    pub ignored: Option<&'a str>,
    /// The preset that the variables belong to.
    pub preset: Option<Preset>,
    /// True if the variables have other names, or if their displayed names contain escapes.
    pub aliased: bool,
    /// The defect of the variables, if they cannot be read, and its message.
    pub defect: Option<(&'a Defect, &'a str)>,
}

impl Family<'_> {
    /// A family without variables.
    pub const EMPTY: Self = Self {
        pieces: &[],
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
pub enum FamilyPiece<'a> {
    /// A text, the same in all names.
    Text(&'a str),
    /// A number.
    Number {
        /// The minimum number of digits.
        digits: usize,
        /// The values, as ascending ranges that do not touch.
        values: &'a [(usize, usize)],
    },
}

impl Manifest<'_> {
    /// A checkpoint without variables.
    pub const EMPTY: Self = Self { file: "", families: &[], variables: 0, slots: &[] };

    /// Splits bytes into slots.
    ///
    /// A slot contains the hash, then the number of the variable, then that of its family, all little-endian. The numbers
    /// are one-based; 0 means no variable.
    #[must_use]
    pub const fn slots(bytes: &[u8]) -> &[Slot] {
        bytes.as_chunks().0
    }
}

/// Finds the variable with this name. Returns its number, and that of its family.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "any bits of a hash do, and numbers are `u32`")]
pub const fn find(slots: &[Slot], name: Hash) -> Option<(usize, usize)> {
    let (hash, count) = (name.mixed(), slots.len());
    if count == 0 {
        return None;
    }
    let mut at = hash as usize & (count - 1);
    loop {
        let slot = u128::from_le_bytes(slots[at]);
        let (variable, family) = ((slot >> 64) as u32 as usize, (slot >> 96) as u32 as usize);
        if variable == 0 || family == 0 {
            return None;
        }
        if slot as u64 == hash {
            return Some((variable - 1, family - 1));
        }
        at = (at + 1) & (count - 1);
    }
}
