//! Builds the table of a [`Manifest`](super::Manifest) from variables.

use std::collections::{BTreeMap, HashMap};

use crate::listing::catalog::{Defect, Name, Spec};
use crate::listing::fold::{IndexValues, boxes, combinations};
use crate::manifest::{Family, FamilyPiece, Hash, Manifest, Slot};
use crate::model::description::Preset;
use crate::model::family::{Pattern, Piece, cut};
use crate::model::template::Form;

/// A variable in a manifest.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The names that the struct may use. The first is displayed.
    pub names: Vec<Name>,
    /// The dtype and shape.
    pub spec: Spec,
    /// The glob or preset that ignores the variable.
    pub ignored: Option<String>,
    /// The preset that the variable belongs to.
    pub preset: Option<Preset>,
    /// The defect of the variable, if it cannot be read, and its message.
    pub defect: Option<(Defect, String)>,
}

/// Families of entries, and the hash table of their names.
#[derive(Clone, Debug)]
pub struct Table {
    /// The families, in the order of their first names.
    pub groups: Vec<Group>,
    /// The bytes of [`Manifest::slots`](super::Manifest::slots).
    pub slots: Vec<u8>,
}

/// A defect of a variable, and its message.
type Said = (Defect, String);

/// A [`Family`](super::Family).
#[derive(Clone, Debug)]
pub struct Group {
    /// See [`Family::pieces`](super::Family::pieces).
    pub pieces: Vec<GroupPiece>,
    /// The dtype and shape of each variable.
    pub spec: Spec,
    /// The number of the first variable.
    pub first: usize,
    /// The number of variables.
    pub count: usize,
    /// See [`Entry::ignored`].
    pub ignored: Option<String>,
    /// See [`Entry::preset`].
    pub preset: Option<Preset>,
    /// See [`Family::aliased`](super::Family::aliased).
    pub aliased: bool,
    /// See [`Entry::defect`].
    pub defect: Option<(Defect, String)>,
}

/// A [`FamilyPiece`](super::FamilyPiece).
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "as in `FamilyPiece`")]
pub enum GroupPiece {
    Text(String),
    Number { digits: usize, values: Vec<(usize, usize)> },
}

/// The common properties of the variables of a family. A name with escaped characters gets a family of its own.
type Common<'e> =
    (Pattern, &'e Spec, Option<&'e str>, Option<Preset>, Option<&'e Said>, Option<usize>, bool);

/// The entry numbers of a family, each with the numbers in its name.
type Members = Vec<(Vec<usize>, usize)>;

impl Table {
    /// The table of these variables.
    #[must_use]
    pub fn of(entries: &[Entry]) -> Self {
        Self::with_ambiguous(entries, &[])
    }

    /// The table of these variables, with additional names that are ambiguous. These are numbered after all variables.
    pub(crate) fn with_ambiguous(entries: &[Entry], ambiguous: &[Name]) -> Self {
        let mut table = Self { groups: Vec::new(), slots: Vec::new() };
        let mut places = vec![(0, 0); entries.len()];
        let mut first = 0;
        for ((pattern, spec, ignored, preset, defect, _, aliased), members) in families(entries) {
            let pieces = pattern.pieces();
            let members: BTreeMap<Vec<usize>, usize> = members.into_iter().collect();
            for axes in boxes(members.keys().map(Vec::as_slice).collect()) {
                for (at, numbers) in combinations(&axes).iter().enumerate() {
                    places[members[numbers]] = (first + at, table.groups.len());
                }
                let count = axes.iter().map(IndexValues::len).product();
                table.groups.push(Group {
                    pieces: group_pieces(&pieces, &axes),
                    spec: spec.clone(),
                    first,
                    count,
                    ignored: ignored.map(str::to_owned),
                    preset,
                    aliased,
                    defect: defect.cloned(),
                });
                first += count;
            }
        }
        table.slots = slots(entries, &places, ambiguous);
        table
    }
}

impl Table {
    /// Calls a function with the table as a [`Manifest`], at run time.
    pub fn with<T>(&self, file: &str, then: impl FnOnce(Manifest<'_>) -> T) -> T {
        let pieces: Vec<Vec<FamilyPiece<'_>>> =
            self.groups.iter().map(|group| group.pieces.iter().map(Into::into).collect()).collect();
        let families: Vec<Family<'_>> =
            self.groups.iter().zip(&pieces).map(|(group, pieces)| group.family(pieces)).collect();
        let variables = self.groups.iter().map(|group| group.count).sum();
        let slots = Manifest::slots(&self.slots);
        then(Manifest { file, families: &families, variables, slots })
    }
}

impl Group {
    fn family<'a>(&'a self, pieces: &'a [FamilyPiece<'a>]) -> Family<'a> {
        Family {
            pieces,
            dtype: self.spec.dtype,
            shape: self.spec.shape.dims(),
            first: self.first,
            count: self.count,
            ignored: self.ignored.as_deref(),
            preset: self.preset,
            aliased: self.aliased,
            defect: self.defect.as_ref().map(|(defect, said)| (defect, &**said)),
        }
    }
}

impl<'a> From<&'a GroupPiece> for FamilyPiece<'a> {
    fn from(piece: &'a GroupPiece) -> Self {
        match piece {
            GroupPiece::Text(text) => Self::Text(text),
            GroupPiece::Number { digits, values } => Self::Number { digits: *digits, values },
        }
    }
}

/// Groups entries into families by the numbers in their names, in the order of their first entries.
fn families(entries: &[Entry]) -> Vec<(Common<'_>, Members)> {
    let mut families: Vec<(Common<'_>, Members)> = Vec::new();
    let mut known: HashMap<Common<'_>, usize> = HashMap::new();
    for (number, entry) in entries.iter().enumerate() {
        let name = entry.names.first().cloned().unwrap_or_default();
        let shown = name.to_string();
        let (pattern, numbers) = cut(&shown);
        let other = (name.as_bytes() != shown.as_bytes()).then_some(number);
        let aliased = other.is_some() || entry.names.len() > 1;
        let Entry { spec, ignored, preset, defect, .. } = entry;
        let (ignored, defect) = (ignored.as_deref(), defect.as_ref());
        let common = (pattern, spec, ignored, *preset, defect, other, aliased);
        let family = *known.entry(common).or_insert_with_key(|common| {
            families.push((common.clone(), Vec::new()));
            families.len() - 1
        });
        families[family].1.push((numbers, number));
    }
    families
}

/// The pieces of names. A number with a single value becomes text.
fn group_pieces(pieces: &[Piece], axes: &[IndexValues]) -> Vec<GroupPiece> {
    let mut made: Vec<GroupPiece> = Vec::new();
    let mut axes = axes.iter();
    for piece in pieces {
        let text = match piece {
            Piece::Text(text) => text.clone(),
            Piece::Number(form) => {
                let digits = if let Form::Padded(digits) = form { *digits } else { 1 };
                let Some(values) = axes.next() else { continue };
                let Some(value) = values.single() else {
                    made.push(GroupPiece::Number { digits, values: values.ranges() });
                    continue;
                };
                format!("{value:0digits$}")
            }
        };
        match made.last_mut() {
            Some(GroupPiece::Text(before)) => before.push_str(&text),
            _ => made.push(GroupPiece::Text(text)),
        }
    }
    made
}

/// The slots of all names. At most half of them are used.
#[expect(
    clippy::cast_possible_truncation,
    reason = "any bits of a hash do, and names are far fewer than a `u32`"
)]
fn slots(entries: &[Entry], places: &[(usize, usize)], ambiguous: &[Name]) -> Vec<u8> {
    let names: usize = entries.iter().map(|entry| entry.names.len()).sum();
    let count = (names + ambiguous.len()).saturating_mul(2).next_power_of_two();
    let mut slots: Vec<Option<(u64, (usize, usize))>> = vec![None; count];
    let all = entries.iter().zip(places);
    let of_one = all.flat_map(|(entry, &place)| entry.names.iter().map(move |name| (name, place)));
    let ambiguous = ambiguous.iter().zip(entries.len()..).map(|(name, number)| (name, (number, 0)));
    for (name, place) in of_one.chain(ambiguous) {
        let hash = Hash::of(name.as_bytes()).mixed();
        let mut at = hash as usize & (count - 1);
        while slots[at].is_some() {
            at = (at + 1) & (count - 1);
        }
        slots[at] = Some((hash, place));
    }
    let mut bytes = Vec::with_capacity(count.saturating_mul(size_of::<Slot>()));
    for slot in slots {
        let (hash, variable, family) = slot.map_or((0, 0, 0), |(hash, (variable, family))| {
            (hash, variable as u32 + 1, family as u32 + 1)
        });
        bytes.extend(hash.to_le_bytes());
        bytes.extend(variable.to_le_bytes());
        bytes.extend(family.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::dtype::DType;
    use crate::listing::shape::Shape;
    use crate::manifest::find;

    fn entry(name: &str, dims: &[u64]) -> Entry {
        let spec = Spec { dtype: DType::Float32, shape: Shape::new(dims).unwrap() };
        Entry { names: vec![Name::from(name)], spec, ignored: None, preset: None, defect: None }
    }

    #[test]
    fn every_name_leads_to_its_variable() {
        let names = ["h0/b", "h0/w", "h1/b", "h1/w", "h3/b", "step", "x\u{1}", "x\\u{1}"];
        let entries = names.map(|name| entry(name, if name.ends_with('w') { &[2] } else { &[] }));
        let table = Table::of(&entries);
        let slots = Manifest::slots(&table.slots);
        let found = names.map(|name| find(slots, Hash::of(name.as_bytes())).unwrap());
        assert_eq!(
            found,
            [(0, 0), (3, 1), (1, 0), (4, 1), (2, 0), (5, 2), (6, 3), (7, 4)],
            "{table:?}"
        );
        assert_eq!(find(slots, Hash::of(b"h2/b")), None);
        let counts: Vec<_> = table.groups.iter().map(|group| (group.first, group.count)).collect();
        assert_eq!(counts, [(0, 3), (3, 2), (5, 1), (6, 1), (7, 1)]);
        assert_eq!(find(&[], Hash::EMPTY), None);
    }
}
