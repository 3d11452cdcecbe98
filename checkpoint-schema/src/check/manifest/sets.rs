//! Many places that differ only in their indices, said as one: `blocks[0..12]`.

use crate::check::manifest::place::{Axes, DEPTH, Place};
use crate::check::manifest::text::Words;
use crate::template::{Form, Part, Placeholder};

/// Below which number each value is told apart.
const TOLD: usize = 1024;

/// The values that an index has.
#[derive(Clone, Copy)]
pub(super) struct Values {
    told: [u64; TOLD / 64],
    first: usize,
    last: usize,
}

/// The values of all indices of some places.
#[derive(Clone, Copy)]
pub(super) struct Sets {
    all: [Values; DEPTH],
    /// How many places there are.
    pub(super) count: usize,
    /// The last of them.
    pub(super) last: [usize; DEPTH],
}

impl Values {
    const NONE: Self = Self { told: [0; TOLD / 64], first: usize::MAX, last: 0 };

    const fn add(&mut self, value: usize) {
        if value < TOLD {
            self.told[value / 64] |= 1 << (value % 64);
        }
        if value < self.first {
            self.first = value;
        }
        if value > self.last {
            self.last = value;
        }
    }

    const fn has(&self, value: usize) -> bool {
        value <= self.last && (value >= TOLD || self.told[value / 64] >> (value % 64) & 1 == 1)
    }

    pub(super) const fn single(&self) -> Option<usize> {
        if self.first == self.last { Some(self.first) } else { None }
    }

    /// `0..12`, or `1,3,7..9`.
    pub(super) const fn write(&self, out: &mut Words) {
        let (mut value, mut comma) = (self.first, "");
        while value <= self.last {
            if !self.has(value) {
                value += 1;
                continue;
            }
            let start = value;
            while self.has(value) {
                value += 1;
            }
            out.push(comma);
            comma = ",";
            range(start, value, out);
        }
    }
}

/// `0..12`, or `3`.
pub(super) const fn range(start: usize, end: usize, out: &mut Words) {
    out.number(start as u64, 1);
    if end - start > 1 {
        out.push("..");
        out.number(end as u64, 1);
    }
}

impl Sets {
    pub(super) const NONE: Self = Self { all: [Values::NONE; DEPTH], count: 0, last: [0; DEPTH] };

    pub(super) const fn add(&mut self, values: &[usize; DEPTH]) {
        let mut at = 0;
        while at < DEPTH {
            self.all[at].add(values[at]);
            at += 1;
        }
        self.count += 1;
        self.last = *values;
    }

    pub(super) const fn one(values: &[usize; DEPTH]) -> Self {
        let mut sets = Self::NONE;
        sets.add(values);
        sets
    }

    /// Whether they are all combinations of the values that the first axes have.
    pub(super) const fn are_all(&self, axes: usize) -> bool {
        let (mut product, mut axis) = (1_usize, 0);
        while axis < axes && axis < DEPTH {
            let (values, mut value, mut count) = (&self.all[axis], self.all[axis].first, 0);
            while value <= values.last {
                count += values.has(value) as usize;
                value += 1;
            }
            product = product.saturating_mul(count);
            axis += 1;
        }
        product == self.count
    }

    pub(super) const fn of(&self, axis: usize) -> &Values {
        &self.all[axis]
    }

    /// These places, but for another value of an axis.
    pub(super) const fn with(mut self, axis: usize, value: usize) -> Self {
        self.all[axis] = Values::NONE;
        self.all[axis].add(value);
        self
    }

    /// These places, but for a range of values of an axis.
    pub(super) const fn with_range(mut self, axis: usize, start: usize, end: usize) -> Self {
        self.all[axis] = Values::NONE;
        let mut value = start;
        while value < end {
            self.all[axis].add(value);
            value += 1;
        }
        self
    }
}

/// `Gpt2.blocks[0..12].attn.c_attn.w`; without any places, lists are `[]`.
pub(super) const fn write_field(place: &Place<'_>, sets: &Sets, out: &mut Words) {
    match place.outer {
        Some(outer) => write_field(outer, sets, out),
        None => out.push(place.owner.name),
    }
    out.push(".");
    out.push(place.field.name);
    if let Some(axis) = place.list {
        out.push("[");
        if sets.count > 0 {
            sets.of(axis).write(out);
        }
        out.push("]");
    }
}

/// The field with its list as a whole: `Gpt2.blocks`.
pub(super) const fn write_whole(place: &Place<'_>, sets: &Sets, out: &mut Words) {
    write_field(&Place { list: None, ..*place }, sets, out);
}

/// `model/h<0..12>/attn/c_attn/w`
pub(super) const fn write_variable(place: &Place<'_>, sets: &Sets, out: &mut Words) {
    let (parts, mut at) = (place.template.parts(), 0);
    while at < parts.len() {
        match &parts[at] {
            Part::Text(text) => out.push(text),
            Part::Index(index) => write_index(index, &place.axes, sets, out),
        }
        at += 1;
    }
}

/// The number of a single value, else `<0..12>`, as it is written in a template.
const fn write_index(index: &Placeholder<'_>, axes: &Axes<'_>, sets: &Sets, out: &mut Words) {
    let Some(axis) = axes.of(index.index) else { return };
    let values = sets.of(axis);
    if let Some(value) = values.single() {
        let number = value.saturating_mul(index.factor).saturating_add(index.offset) as u64;
        match index.form {
            Form::Plain => out.number(number, 1),
            Form::Padded(digits) => out.number(number, digits),
            Form::Suffix if number == 0 => {}
            Form::Suffix => {
                out.push("_");
                out.number(number, 1);
            }
        }
        return;
    }
    out.push("<");
    let plain = index.factor == 1 && index.offset == 0;
    if index.factor != 1 {
        out.number(index.factor as u64, 1);
        out.push("*");
    }
    out.push(if plain { "" } else { "(" });
    values.write(out);
    out.push(if plain { "" } else { ")" });
    if index.offset != 0 {
        out.push("+");
        out.number(index.offset as u64, 1);
    }
    match index.form {
        Form::Plain => {}
        Form::Padded(digits) => {
            out.push(":0");
            out.number(digits as u64, 1);
        }
        Form::Suffix => out.push(":_"),
    }
    out.push(">");
}
