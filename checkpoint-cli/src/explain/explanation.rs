//! The description of a variable, as text and as JSON.

use std::io::{self, Write};

use checkpoint_core::{Checkpoint, Checksum, Extent, Name, Place, Variable};
use checkpoint_scaffold::{Field as Taken, Options};
use checkpoint_schema::model::family::family;
use checkpoint_schema::naming::Presets;
use serde::Serialize;

use super::slots::Slots;
use crate::failure::Failure;
use crate::line::{Line, write_line};
use crate::object_names::ObjectNames;
use crate::output::counted;
use crate::scaffold::best;
use crate::variable::{Row, facts, names, stored};

/// The full description.
#[derive(Serialize)]
pub(super) struct Explanation<'c> {
    #[serde(flatten)]
    line: Line<'c>,
    #[serde(skip)]
    variable: &'c Variable,
    /// The positions of the bytes; empty if only the source knows them.
    stored: Vec<Stored>,
    /// True if the checksum matches; `None` if it was not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verified: Option<bool>,
    objects: Vec<String>,
    full_names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<Family>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preset: Option<Preset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot_of: Option<String>,
    slots: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Field>,
}

/// The position of a whole variable, or of a slice.
#[derive(Serialize)]
struct Stored {
    data_file: u32,
    offset: u64,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    crc32c: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crc32: Option<String>,
    /// The index of the first element of a slice, and its shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    slice: Option<(Vec<u64>, Vec<u64>)>,
    #[serde(skip)]
    extent: Extent,
}

/// Names that differ only in numbers.
#[derive(Serialize)]
struct Family {
    name: String,
    variables: usize,
}

/// The preset that matches the variable.
#[derive(Serialize)]
struct Preset {
    name: &'static str,
    glob: &'static str,
}

/// The field that takes it.
#[derive(Serialize)]
struct Field {
    path: String,
    structure: String,
    text: String,
}

impl<'c> Explanation<'c> {
    pub(super) fn of(checkpoint: &'c Checkpoint, variable: &'c Variable) -> Result<Self, Failure> {
        let catalog = checkpoint.catalog();
        let object_names = ObjectNames::read(checkpoint)?;
        let [(_, objects), (_, full_names)] = names(checkpoint, &object_names, variable)?;
        let names = object_names.names(object_names.usual(), catalog)?;
        let number = catalog.position(&variable.name).unwrap_or_default();
        let presets = Presets::new();
        let (slot_of, slots) = match Slots::find(&presets, &names, number) {
            Slots::Of(owner) => (Some(owner.to_string()), Vec::new()),
            Slots::Are(slots) => (None, slots),
        };
        let path = checkpoint.path().display().to_string();
        let options = Options::new("Model", &path, checkpoint.budget());
        let (naming, _) = best(checkpoint, &object_names, options)?;
        let best = object_names.names(naming, catalog)?;
        let taken = Taken::of(&best, options, number)?;
        let family = family(checkpoint.variables().iter(), variable);
        let texts = |names: Vec<Name>| names.iter().map(Name::to_string).collect();
        Ok(Self {
            line: Line::with_size(variable, &variable.name),
            variable,
            stored: places(variable),
            verified: None,
            objects: texts(objects),
            full_names: texts(full_names),
            family: family
                .filter(|family| family.count > 1)
                .map(|family| Family { name: family.name, variables: family.count }),
            preset: presets
                .listed(&names, number)
                .map(|(preset, glob)| Preset { name: preset.word(), glob }),
            slot_of,
            slots: texts(slots),
            field: taken.map(Field::of),
        })
    }

    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        write_line(self, out)
    }

    /// Returns the lines of the text.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows = facts(self.variable);
        let slices = self.stored.iter().filter_map(|place| {
            let (start, shape) = place.slice.as_ref()?;
            Some(("slice", format!("{}: {}", ranges(start, shape), stored(&place.extent))))
        });
        rows.extend(slices);
        let checksum = |is_right| if is_right { "right" } else { "wrong" };
        rows.extend(self.verified.map(|is_right| ("checksum", checksum(is_right).to_owned())));
        rows.extend(self.objects.iter().map(|name| ("object", name.clone())));
        rows.extend(self.full_names.iter().map(|name| ("full name", name.clone())));
        rows.extend(self.family.as_ref().map(|Family { name, variables }| {
            ("family", format!("{name}, {}", counted(*variables as u64, "variable")))
        }));
        rows.extend(self.preset.as_ref().map(|Preset { name, glob }| {
            ("preset", format!("`ignore({name})` names it, by `{glob}`"))
        }));
        rows.extend(self.slot_of.iter().map(|name| ("slot of", name.clone())));
        rows.extend(self.slots.iter().map(|name| ("slot", name.clone())));
        if let Some(Field { path, structure, text }) = &self.field {
            rows.push(("field", format!("{path}, in `{structure}`:")));
            rows.extend(text.lines().map(|line| ("", line.to_owned())));
        }
        rows
    }
}

impl Field {
    fn of(taken: Taken) -> Self {
        let Taken { path, structure, text, .. } = taken;
        let lines: Vec<&str> =
            text.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
        Self { path, structure, text: lines.join("\n") }
    }
}

fn places(variable: &Variable) -> Vec<Stored> {
    let stored = |extent: Extent, slice| {
        let Extent { shard, offset, size, checksum, .. } = extent;
        let digits = Some(checksum.to_string());
        let (crc32c, crc32) = match checksum {
            Checksum::None => (None, None),
            Checksum::Crc32c(_) => (digits, None),
            Checksum::Crc32(_) => (None, digits),
        };
        Stored { data_file: shard, offset, size, crc32c, crc32, slice, extent }
    };
    match &variable.place {
        Place::Whole(extent) => vec![stored(*extent, None)],
        Place::Strided(strided) => vec![stored(strided.extent, None)],
        Place::Slices(slices) => slices
            .iter()
            .map(|slice| {
                let part = (slice.start.to_vec(), slice.shape.dims().to_vec());
                stored(slice.extent, Some(part))
            })
            .collect(),
        Place::Opaque | Place::Unreadable(_) => Vec::new(),
    }
}

/// Formats the ranges of a slice: `[0..4, 0..2]`.
fn ranges(start: &[u64], shape: &[u64]) -> String {
    let axes = start.iter().zip(shape);
    let axes = axes.map(|(start, len)| format!("{start}..{}", start.saturating_add(*len)));
    format!("[{}]", axes.collect::<Vec<_>>().join(", "))
}
