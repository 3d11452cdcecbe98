//! The display of fields and variables at many places.

use crate::each::each;
use crate::fit::names::{write_index, write_placeholder, write_values};
use crate::fit::outline::{Item, Piece};
use crate::fit::stack::{ANY, NONE, Span, part};
use crate::fit::tables::Outline;
use crate::fit::text::Text;
use crate::fit::view::contains_number;

/// Places that differ only in their indices: the values of each index, ordered by index.
#[derive(Clone, Copy)]
pub(crate) struct Axes<'s> {
    pub(crate) spans: &'s [Span],
    pub(crate) values: &'s [u64],
}

impl<'s> Axes<'s> {
    /// The values of an index, if it has any.
    pub(crate) const fn of(&self, index: usize) -> Option<&'s [u64]> {
        if index < self.spans.len() && self.spans[index].end() <= self.values.len() {
            Some(part(self.values, self.spans[index]))
        } else {
            None
        }
    }

    /// The number of places.
    pub(crate) const fn count(&self) -> usize {
        let mut count = 1;
        each!(0..self.spans.len(), |at| {
            count *= self.spans[at].len;
        });
        count
    }
}

/// Writes a field: `Gpt2.blocks[0..12].attn.c_attn.w`. Writes the list itself if its index has no values.
pub(crate) const fn write_field(
    outline: &Outline<'_>,
    item: usize,
    axes: Axes<'_>,
    out: &mut Text<'_>,
) {
    let own = &outline.items[item];
    write_start(outline, own, axes, out);
    if own.field.repeat.is_some() && axes.of(own.around).is_some() {
        write_element(own, axes, out);
    }
}

const fn write_start(outline: &Outline<'_>, own: &Item<'_>, axes: Axes<'_>, out: &mut Text<'_>) {
    if own.outer == NONE {
        out.push(own.owner.name);
    } else {
        let outer = &outline.items[own.outer];
        write_start(outline, outer, axes, out);
        if outer.field.repeat.is_some() {
            write_element(outer, axes, out);
        }
    }
    out.push(".");
    out.push(own.field.name);
}

const fn write_element(own: &Item<'_>, axes: Axes<'_>, out: &mut Text<'_>) {
    out.push("[");
    if let Some(values) = axes.of(own.around) {
        match own.listed() {
            Some(listed) => write_positions(values, listed, out),
            None => write_values(values, own.counted_from() as u64, out),
        }
    }
    out.push("]");
}

/// Writes the positions of values in a list of a field: `0..12`, or `1,3,7..9`.
const fn write_positions(values: &[u64], listed: &[usize], out: &mut Text<'_>) {
    let (mut at, mut comma) = (0, "");
    while at < listed.len() {
        let start = at;
        while at < listed.len() && contains_number(values, listed[at] as u64) {
            at += 1;
        }
        if at > start {
            out.push(comma);
            comma = ",";
            out.range(start, at);
        } else {
            at += 1;
        }
    }
}

/// Writes a variable: `model/h<0..12>/attn/c_attn/w`.
pub(crate) const fn write_variable(
    outline: &Outline<'_>,
    item: usize,
    axes: Axes<'_>,
    out: &mut Text<'_>,
) {
    write_pieces(part(outline.pieces, outline.items[item].pieces), axes, out);
}

/// Writes a template with the values of its indices: a single value as a number, several as `<0..12>`.
pub(crate) const fn write_pieces(pieces: &[Piece<'_>], axes: Axes<'_>, out: &mut Text<'_>) {
    each!(0..pieces.len(), |at| {
        match &pieces[at] {
            Piece::Text { text, plain } => out.push_shown(text, *plain),
            Piece::Number { number, digits } => out.number(*number as u64, *digits),
            Piece::Index(index) => match axes.of(index.depth) {
                Some([value]) if *value == ANY as u64 => write_placeholder(index, None, out),
                Some([value]) => write_index(index, *value as usize, out),
                values => write_placeholder(index, values, out),
            },
        }
    });
}
