//! The families of a table, packed into a few literals. The compiler reads these much faster than many expressions.

use std::collections::HashMap;

use crate::listing::catalog::Spec;
use crate::listing::dtype::DType;
use crate::manifest::{Family, FamilyPiece, GroupPiece, Table};
use crate::model::description::Preset;

/// The number of values for a preset packed beside a label, including "none".
const PRESETS: u32 = 4;

const _: () = assert!(Preset::ALL.len() < PRESETS as usize, "a preset does not fit");

/// The packed families of a table. In a constant, [`pieces`] and [`families`] unpack them.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    /// The texts in names, in order.
    pub texts: Vec<String>,
    /// The sets of numbers in names, without duplicates.
    pub ranges: Vec<Vec<(usize, usize)>>,
    /// The dtypes and shapes of variables, without duplicates.
    pub specs: Vec<Spec>,
    /// The globs and presets that ignore variables, without duplicates.
    pub labels: Vec<String>,
    /// Two 32-bit numbers for each piece.
    ///
    /// For a text, both are 0, and the piece is the next of `texts`. For a number, they are its digits and the one-based position
    /// of its values in `ranges`.
    pub pieces: Vec<u8>,
    /// Four 32-bit numbers for each family: the number of pieces, the position in `specs`, the number of variables, and a sum.
    ///
    /// The sum has three terms:
    ///
    /// - eight times the one-based position in `labels`;
    /// - four if the variables have other names;
    /// - the one-based position of the preset.
    pub families: Vec<u8>,
}

impl Packed {
    /// The number of bytes of a piece.
    const PIECE: usize = size_of::<u64>();
    /// The number of bytes of a family.
    const FAMILY: usize = size_of::<u128>();

    /// Packs the families of a table.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let mut packed = Self::default();
        let mut ranges = Positions::default();
        let (mut specs, mut labels) = (Positions::default(), Positions::default());
        for group in &table.groups {
            for piece in &group.pieces {
                let numbers = match piece {
                    GroupPiece::Text(text) => {
                        packed.texts.push(text.clone());
                        [0, 0]
                    }
                    GroupPiece::Number { digits, values } => {
                        [number(*digits), 1 + ranges.of(values)]
                    }
                };
                push(&mut packed.pieces, &numbers);
            }
            let label = group.ignored.as_ref().map_or(0, |label| 1 + labels.of(label));
            let preset = |preset| (1..).zip(Preset::ALL).find(|(_, known)| *known == preset);
            let preset = group.preset.and_then(preset).map_or(0, |(number, _)| number);
            push(
                &mut packed.families,
                &[
                    number(group.pieces.len()),
                    specs.of(&group.spec),
                    number(group.count),
                    2 * PRESETS * label + PRESETS * u32::from(group.aliased) + preset,
                ],
            );
        }
        (packed.ranges, packed.specs, packed.labels) = (ranges.all, specs.all, labels.all);
        packed
    }

    /// The number of pieces.
    #[must_use]
    pub fn piece_count(&self) -> usize {
        self.pieces.len() / Self::PIECE
    }

    /// The number of families.
    #[must_use]
    pub fn family_count(&self) -> usize {
        self.families.len() / Self::FAMILY
    }
}

/// Distinct values, and the position of each.
struct Positions<T> {
    all: Vec<T>,
    known: HashMap<T, u32>,
}

impl<T> Default for Positions<T> {
    fn default() -> Self {
        Self { all: Vec::new(), known: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Positions<T> {
    fn of(&mut self, value: &T) -> u32 {
        if let Some(&known) = self.known.get(value) {
            return known;
        }
        let position = number(self.all.len());
        self.all.push(value.clone());
        self.known.insert(value.clone(), position);
        position
    }
}

/// Saturates: names are far fewer and shorter than a `u32` can count.
fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

fn push(bytes: &mut Vec<u8>, numbers: &[u32]) {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

/// The length of a piece of a constant.
///
/// The compiler replaces references in an array one after another, in time quadratic in the length of the array.
const CHUNK: usize = 128;

/// A piece of the pieces.
pub type PieceChunk<'a> = [FamilyPiece<'a>; CHUNK];

/// A piece of the families.
pub type FamilyChunk<'a> = [Family<'a>; CHUNK];

/// The number of pieces for `count` items.
#[must_use]
pub const fn chunks(count: usize) -> usize {
    count.div_ceil(CHUNK)
}

/// Unpacks the pieces of the names of all families, padded with empty pieces. It avoids calls, which are slow in a constant.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the numbers are of 32 bits")]
pub const fn pieces<'a, const CHUNKS: usize>(
    texts: &[&'a str],
    packed: &[u8],
    ranges: &[&'a [(usize, usize)]],
) -> [PieceChunk<'a>; CHUNKS] {
    let packed = packed.as_chunks().0;
    let mut pieces = [[FamilyPiece::Text(""); CHUNK]; CHUNKS];
    let (mut chunk, mut next, mut text) = (0, 0, 0);
    while chunk < CHUNKS {
        let mut own = [FamilyPiece::Text(""); CHUNK];
        let mut at = 0;
        while at < CHUNK && next < packed.len() {
            let numbers = u64::from_le_bytes(packed[next]);
            let (digits, values) = (numbers as u32 as usize, (numbers >> 32) as usize);
            own[at] = if values == 0 {
                text += 1;
                FamilyPiece::Text(texts[text - 1])
            } else {
                FamilyPiece::Number { digits, values: ranges[values - 1] }
            };
            at += 1;
            next += 1;
        }
        pieces[chunk] = own;
        chunk += 1;
    }
    pieces
}

/// Unpacks the families with these pieces, padded with empty families.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the numbers are of 32 bits")]
pub const fn families<'a, const CHUNKS: usize>(
    packed: &[u8],
    pieces: &'a [FamilyPiece<'a>],
    specs: &[(DType, &'a [u64])],
    labels: &[&'a str],
) -> [FamilyChunk<'a>; CHUNKS] {
    let packed = packed.as_chunks().0;
    let alone = pieces.as_chunks::<1>().0;
    let mut families = [[Family::EMPTY; CHUNK]; CHUNKS];
    let (mut chunk, mut next, mut first, mut piece) = (0, 0, 0, 0);
    while chunk < CHUNKS {
        let mut own = [Family::EMPTY; CHUNK];
        let mut at = 0;
        while at < CHUNK && next < packed.len() {
            let numbers = u128::from_le_bytes(packed[next]);
            let length = numbers as u32 as usize;
            let name = match length {
                1 => &alone[piece],
                _ => pieces.split_at(piece).1.split_at(length).0,
            };
            piece += length;
            let (dtype, shape) = specs[(numbers >> 32) as u32 as usize];
            let count = (numbers >> 64) as u32 as usize;
            let last = (numbers >> 96) as u32;
            let (label, preset) = ((last / (2 * PRESETS)) as usize, (last % PRESETS) as usize);
            let aliased = last / PRESETS % 2 == 1;
            let ignored = if label == 0 { None } else { Some(labels[label - 1]) };
            let preset = if preset == 0 { None } else { Some(Preset::ALL[preset - 1]) };
            own[at] = Family {
                pieces: name,
                dtype,
                shape,
                first,
                count,
                ignored,
                preset,
                aliased,
                defect: None,
            };
            first += count;
            at += 1;
            next += 1;
        }
        families[chunk] = own;
        chunk += 1;
    }
    families
}

/// The position of the dtype and shape of a packed family.
#[expect(clippy::cast_possible_truncation, reason = "the numbers are of 32 bits")]
pub(super) const fn spec(family: [u8; Packed::FAMILY]) -> usize {
    (u128::from_le_bytes(family) >> 32) as u32 as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Limits;
    use crate::manifest::Listing;
    use crate::model::description::Ignore;

    #[test]
    fn families_are_unpacked_as_they_were_packed() {
        let text = "h<0..3>/x<0,2:02>/w  f32 [2, 3]\nh<0..3>/w/Adam  f32 [2, 3]\nstep  i64 []\nß  string []";
        let listing = Listing::read(text.as_bytes(), &Limits::default()).unwrap();
        let ignore = [Ignore::Glob("step"), Ignore::Preset(Preset::Optimizer)];
        let table = Table::of(&listing.entries(&ignore));
        let packed = Packed::of(&table);
        assert_eq!((packed.family_count(), packed.piece_count()), (4, 10));
        let ranges: Vec<&[(usize, usize)]> = packed.ranges.iter().map(Vec::as_slice).collect();
        let specs = packed.specs.iter().map(|spec| (spec.dtype, spec.shape.dims()));
        let specs: Vec<_> = specs.collect();
        let labels: Vec<&str> = packed.labels.iter().map(String::as_str).collect();
        let texts: Vec<&str> = packed.texts.iter().map(String::as_str).collect();
        let pieces: [_; chunks(10)] = pieces(&texts, &packed.pieces, &ranges);
        let families: [_; chunks(4)] =
            families(&packed.families, pieces.as_flattened(), &specs, &labels);
        let (families, others) = families.as_flattened().split_at(4);
        assert!(others.iter().all(|family| family.count == 0));
        for (family, group) in families.iter().zip(&table.groups) {
            let own = group.pieces.iter().map(|piece| match piece {
                GroupPiece::Text(text) => FamilyPiece::Text(text),
                GroupPiece::Number { digits, values } => {
                    FamilyPiece::Number { digits: *digits, values }
                }
            });
            let expected = Family {
                pieces: &own.collect::<Vec<_>>(),
                dtype: group.spec.dtype,
                shape: group.spec.shape.dims(),
                first: group.first,
                count: group.count,
                ignored: group.ignored.as_deref(),
                preset: group.preset,
                aliased: group.aliased,
                defect: None,
            };
            assert_eq!(format!("{family:?}"), format!("{expected:?}"));
        }
        let counts: Vec<usize> = families.iter().map(|family| family.count).collect();
        assert_eq!(counts, [3, 6, 1, 1]);
    }
}
