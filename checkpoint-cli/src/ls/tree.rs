//! Names as a tree. Names that differ only in numbers are one.
//!
//! There is no tree in memory: names are sorted by their segments, so that those with a common prefix are consecutive.

use std::cmp::Ordering;
use std::iter;

use checkpoint_core::Variable;
use checkpoint_schema::model::family::{Family, families};
use indicatif::DecimalBytes;

use super::{Row, shape, size};

/// The maximum number of segments in a name. The last one has the rest.
const MAX_DEPTH: usize = 64;

/// Returns the lines of the tree.
pub(super) fn rows(variables: &[&Variable]) -> Vec<Row> {
    let mut families = families(variables.iter().copied());
    families.sort_by(|one, other| segments(&one.name).cmp(segments(&other.name)));
    let mut rows = Vec::new();
    Beginning { start: 0, segments: 0, depth: 0 }.write_all(&families, &mut rows);
    rows
}

/// The common prefix of the names under one line.
#[derive(Clone, Copy)]
struct Beginning {
    /// The offset of the next segment.
    start: usize,
    /// The number of segments before it.
    segments: usize,
    /// The level of the line, which determines its indentation.
    depth: usize,
}

impl Beginning {
    /// Writes the names with this prefix.
    fn write_all(self, families: &[Family], rows: &mut Vec<Row>) {
        let next = |family: &Family| self.end(&family.name);
        for alike in families
            .chunk_by(|one, other| one.name.get(..next(one)) == other.name.get(..next(other)))
        {
            self.write(alike, rows);
        }
    }

    /// Writes the names that share the next segment, too.
    fn write(mut self, families: &[Family], rows: &mut Vec<Row>) {
        let [first, ..] = families else { return };
        let label = self.start;
        let mut end = self.end(&first.name);
        let mut own = 0;
        while let Some(last) = families.last() {
            self.segments += 1;
            self.start = end + 1;
            // Names that end here are before those that continue.
            own = families.partition_point(|family| family.name.len() == end);
            let next = self.end(&first.name);
            if own > 0 || first.name.get(..next) != last.name.get(..self.end(&last.name)) {
                break;
            }
            end = next;
        }
        let name = first.name.get(label..end).unwrap_or_default();
        let (ending, longer) = families.split_at(own);
        rows.extend(ending.iter().map(|family| self.row(family, name)));
        // The names below a variable are under its line.
        if ending.is_empty() {
            let sum = longer.iter().fold(0, |sum: u64, family| sum.saturating_add(family.size));
            rows.push(Row {
                size: DecimalBytes(sum).to_string(),
                depth: self.depth,
                name: format!("{name}/"),
                is_group: true,
                ..Row::default()
            });
        }
        self.depth += 1;
        self.write_all(longer, rows);
    }

    fn row(self, family: &Family, name: &str) -> Row {
        Row {
            size: size(family.size, family.spec.shape.elements()),
            count: if family.count > 1 { format!("{} x ", family.count) } else { String::new() },
            dtype: family.spec.dtype.to_string(),
            shape: shape(&family.spec),
            depth: self.depth,
            name: name.to_owned(),
            defect: None,
            is_group: false,
        }
    }

    /// Returns the offset of the end of a name's next segment.
    fn end(self, name: &str) -> usize {
        let rest = name.get(self.start..).unwrap_or_default();
        let slash = rest.find('/').filter(|_| self.segments + 1 < MAX_DEPTH);
        slash.map_or(name.len(), |len| self.start + len)
    }
}

/// Returns the segments of a name, at most [`MAX_DEPTH`].
fn segments(name: &str) -> impl Iterator<Item = Segment<'_>> {
    name.splitn(MAX_DEPTH, '/').map(Segment)
}

/// A segment of a name. In its order, `2` and `<3..9>` are before `10`.
#[derive(PartialEq, Eq)]
struct Segment<'n>(&'n str);

impl Ord for Segment<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        sort_keys(self.0).cmp(sort_keys(other.0)).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Segment<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Number(u64),
    Letter(char),
}

fn sort_keys(text: &str) -> impl Iterator<Item = SortKey> {
    let mut letters = text.chars().filter(|&letter| letter != '<').peekable();
    iter::from_fn(move || {
        let letter = letters.next()?;
        let Some(digit) = letter.to_digit(10) else { return Some(SortKey::Letter(letter)) };
        let mut number = u64::from(digit);
        while let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(10)) {
            number = number.saturating_mul(10).saturating_add(digit.into());
            letters.next();
        }
        Some(SortKey::Number(number))
    })
}
