//! The families of a table in a few literals, which the compiler reads much faster than as many expressions.

use std::collections::HashMap;

use crate::listing::catalog::Spec;
use crate::listing::dtype::DType;
use crate::manifest::{Family, FamilyPart, GroupPart, Table};
use crate::model::description::Preset;

/// How many presets fit beside a label, with none as one of them.
const PRESETS: u32 = 4;

const _: () = assert!(Preset::ALL.len() < PRESETS as usize, "a preset does not fit");

/// The families of a table: [`parts`] and [`families`] make them of this in a constant.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    /// The texts in names, in order.
    pub texts: Vec<String>,
    /// The sets of numbers in names, each once.
    pub ranges: Vec<Vec<(usize, usize)>>,
    /// What variables hold, each once.
    pub specs: Vec<Spec>,
    /// By which globs and presets variables are ignored, each once.
    pub labels: Vec<String>,
    /// Two numbers of 32 bits for each part: zeros for the next text, or the digits of a number and the position of its
    /// values in `ranges`, counted from 1.
    pub parts: Vec<u8>,
    /// Four numbers of 32 bits for each family: its parts, the position in `specs`, the variables, and eight times the position
    /// in `labels`, counted from 1, beside four if they have other names, and the position in the presets, counted from 1, too.
    pub families: Vec<u8>,
}

impl Packed {
    /// The bytes of a part.
    const PART: usize = size_of::<u64>();
    /// The bytes of a family.
    const FAMILY: usize = size_of::<u128>();

    /// The families of a table.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let mut packed = Self::default();
        let mut ranges = Positions::default();
        let (mut specs, mut labels) = (Positions::default(), Positions::default());
        for group in &table.groups {
            for part in &group.parts {
                let numbers = match part {
                    GroupPart::Text(text) => {
                        packed.texts.push(text.clone());
                        [0, 0]
                    }
                    GroupPart::Number { digits, values } => {
                        [number(*digits), 1 + ranges.of(values)]
                    }
                };
                push(&mut packed.parts, &numbers);
            }
            let label = group.ignored.as_ref().map_or(0, |label| 1 + labels.of(label));
            let preset = |preset| (1..).zip(Preset::ALL).find(|(_, known)| *known == preset);
            let preset = group.preset.and_then(preset).map_or(0, |(number, _)| number);
            push(
                &mut packed.families,
                &[
                    number(group.parts.len()),
                    specs.of(&group.spec),
                    number(group.count),
                    2 * PRESETS * label + PRESETS * u32::from(group.aliased) + preset,
                ],
            );
        }
        (packed.ranges, packed.specs, packed.labels) = (ranges.all, specs.all, labels.all);
        packed
    }

    /// The number of parts.
    #[must_use]
    pub fn part_count(&self) -> usize {
        self.parts.len() / Self::PART
    }

    /// The number of families.
    #[must_use]
    pub fn family_count(&self) -> usize {
        self.families.len() / Self::FAMILY
    }
}

/// Values, and the position of each.
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

/// Names are far fewer, and shorter, than what this does not hold.
fn number(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

fn push(bytes: &mut Vec<u8>, numbers: &[u32]) {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

/// What constants are made in pieces of: the compiler takes a time that grows with the square of the length of an array, in
/// which one reference after another is replaced.
const CHUNK: usize = 128;

/// A piece of the parts.
pub type PartChunk<'a> = [FamilyPart<'a>; CHUNK];

/// A piece of the families.
pub type FamilyChunk<'a> = [Family<'a>; CHUNK];

/// How many pieces there are of so many.
#[must_use]
pub const fn chunks(count: usize) -> usize {
    count.div_ceil(CHUNK)
}

/// The parts of the names of all families, and some empty ones behind them. Calls are what takes time in a constant.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the numbers are of 32 bits")]
pub const fn parts<'a, const CHUNKS: usize>(
    texts: &[&'a str],
    packed: &[u8],
    ranges: &[&'a [(usize, usize)]],
) -> [PartChunk<'a>; CHUNKS] {
    let packed = packed.as_chunks().0;
    let mut parts = [[FamilyPart::Text(""); CHUNK]; CHUNKS];
    let (mut chunk, mut next, mut text) = (0, 0, 0);
    while chunk < CHUNKS {
        let mut own = [FamilyPart::Text(""); CHUNK];
        let mut at = 0;
        while at < CHUNK && next < packed.len() {
            let numbers = u64::from_le_bytes(packed[next]);
            let (digits, values) = (numbers as u32 as usize, (numbers >> 32) as usize);
            own[at] = if values == 0 {
                text += 1;
                FamilyPart::Text(texts[text - 1])
            } else {
                FamilyPart::Number { digits, values: ranges[values - 1] }
            };
            at += 1;
            next += 1;
        }
        parts[chunk] = own;
        chunk += 1;
    }
    parts
}

/// The families, of which these are the parts, and some empty ones behind them.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the numbers are of 32 bits")]
pub const fn families<'a, const CHUNKS: usize>(
    packed: &[u8],
    parts: &'a [FamilyPart<'a>],
    specs: &[(DType, &'a [u64])],
    labels: &[&'a str],
) -> [FamilyChunk<'a>; CHUNKS] {
    let packed = packed.as_chunks().0;
    let mut families = [[Family::EMPTY; CHUNK]; CHUNKS];
    let (mut chunk, mut next, mut first, mut part) = (0, 0, 0, 0);
    while chunk < CHUNKS {
        let mut own = [Family::EMPTY; CHUNK];
        let mut at = 0;
        while at < CHUNK && next < packed.len() {
            let numbers = u128::from_le_bytes(packed[next]);
            let length = numbers as u32 as usize;
            let name = match length {
                1 => std::slice::from_ref(&parts[part]),
                _ => parts.split_at(part).1.split_at(length).0,
            };
            part += length;
            let (dtype, shape) = specs[(numbers >> 32) as u32 as usize];
            let count = (numbers >> 64) as u32 as usize;
            let last = (numbers >> 96) as u32;
            let (label, preset) = ((last / (2 * PRESETS)) as usize, (last % PRESETS) as usize);
            let aliased = last / PRESETS % 2 == 1;
            let ignored = if label == 0 { None } else { Some(labels[label - 1]) };
            let preset = if preset == 0 { None } else { Some(Preset::ALL[preset - 1]) };
            own[at] = Family {
                parts: name,
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
        assert_eq!((packed.family_count(), packed.part_count()), (4, 10));
        let ranges: Vec<&[(usize, usize)]> = packed.ranges.iter().map(Vec::as_slice).collect();
        let specs = packed.specs.iter().map(|spec| (spec.dtype, spec.shape.dims()));
        let specs: Vec<_> = specs.collect();
        let labels: Vec<&str> = packed.labels.iter().map(String::as_str).collect();
        let texts: Vec<&str> = packed.texts.iter().map(String::as_str).collect();
        let parts: [_; chunks(10)] = parts(&texts, &packed.parts, &ranges);
        let families: [_; chunks(4)] =
            families(&packed.families, parts.as_flattened(), &specs, &labels);
        let (families, others) = families.as_flattened().split_at(4);
        assert!(others.iter().all(|family| family.count == 0));
        for (family, group) in families.iter().zip(&table.groups) {
            let own = group.parts.iter().map(|part| match part {
                GroupPart::Text(text) => FamilyPart::Text(text),
                GroupPart::Number { digits, values } => {
                    FamilyPart::Number { digits: *digits, values }
                }
            });
            let expected = Family {
                parts: &own.collect::<Vec<_>>(),
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
