//! The names of variables: writing, lookup by hash, and display.

use crate::fit::memory::State;
use crate::fit::outline::{Index, Key, Piece, Role};
use crate::fit::records::{Kind, Site, Spare, Tie};
use crate::fit::stack::{ANY, NONE};
use crate::fit::text::Text;
use crate::manifest::{Family, FamilyPiece, Hash, find};
use crate::model::shadow::Shadow;
use crate::model::template::Form;
use crate::model::text::equal;

const UNDERSCORE: Hash = Hash::of(b"_");

impl State<'_, '_> {
    /// The variable with an item's name at the indices of the walk, and its family.
    ///
    /// Names are compared letter by letter after the lookup by hash.
    pub(crate) const fn lookup(&mut self, item: usize) -> Option<(usize, usize)> {
        let aligned = self.memos[item].aligned;
        if aligned != NONE
            && let Some(variable) = self.member(item)
        {
            return Some((variable, aligned));
        }
        let Some((variable, family)) = find(self.input.manifest.slots, self.hash(item)) else {
            return None;
        };
        if matches!(self.input.names, [_, ..]) {
            self.spelled.truncate(0);
            self.spell(item);
            // At run time each variable is its own family, and the slot stores the number of the name.
            let is_it = equal(self.spelled.bytes(), self.input.names[family]);
            return if is_it { Some((variable, variable)) } else { None };
        }
        if variable >= self.input.manifest.variables {
            // A name shared by several variables.
            return Some((variable, family));
        }
        let own = &self.input.manifest.families[family];
        if own.aliased {
            return Some((variable, family));
        }
        if self.is_spelled(item, family, variable - own.first) {
            Some((variable, family))
        } else {
            None
        }
    }

    /// The item whose name is used for the variable of an item, at the indices of the walk.
    pub(crate) const fn taken_as(&mut self, item: usize) -> usize {
        let mut at = item + 1;
        if self.input.outline.has_role(at, Role::Average) {
            let average = match self.input.shadow {
                _ if self.item(item).shadow.never => false,
                Shadow::Plain => false,
                Shadow::Average => true,
                Shadow::PreferAverage => {
                    let found = self.lookup(at);
                    found.is_some()
                }
            };
            if average {
                return at;
            }
            at += 1;
        }
        if !self.input.outline.has_role(at, Role::Tied) || self.lookup(item).is_some() {
            return item;
        }
        while self.input.outline.has_role(at, Role::Tied) {
            if self.lookup(at).is_some() {
                return at;
            }
            at += 1;
        }
        item
    }

    /// True if the variable of an item exists, at the indices of the walk.
    pub(crate) const fn is_named(&mut self, item: usize) -> bool {
        let is_plain = self.input.outline.items[item].is_plain;
        let item = if is_plain { item } else { self.taken_as(item) };
        self.lookup(item).is_some()
    }

    /// Accounts for the variables under the other names of an item's variable. The item takes only the variable under its own name.
    pub(crate) const fn account_for_others(&mut self, item: usize) {
        let base = self.item(item).base;
        if base == item && (self.item(item).inner != NONE || self.item(item).end == item + 1) {
            return;
        }
        let taken = self.lookup(item);
        let mut at = base;
        while at == base
            || self.input.outline.has_role(at, Role::Average)
            || self.input.outline.has_role(at, Role::Tied)
        {
            if at != item
                && let Some((variable, family)) = self.lookup(at)
                && variable < self.input.manifest.variables
            {
                self.account_for(item, taken, at, variable, family);
            }
            at += 1;
        }
    }

    /// Marks a variable under another name as accounted for. Records that it must equal the taken variable, if both are tied.
    const fn account_for(
        &mut self,
        item: usize,
        taken: Option<(usize, usize)>,
        other: usize,
        variable: usize,
        family: usize,
    ) {
        let averaged = self.input.outline.has_role(item, Role::Average)
            || self.input.outline.has_role(other, Role::Average);
        self.taken[variable].spare = Some(if averaged { Spare::Shadow } else { Spare::Tie });
        let Some((own, own_family)) = taken else { return };
        // The values of an average differ from those of its variable.
        if averaged || own >= self.input.manifest.variables || own == variable {
            return;
        }
        if !self.same_spec(own_family, family) {
            let numbers = [item as u64, own_family as u64, 0, 0];
            return self.find_at(Kind::Tied, other, family, numbers);
        }
        let site = Site { item, frame: self.frame, scope: self.scope };
        let _ = self.ties.push(Tie { taken: own, other: variable, site });
    }

    /// The hash of an item's name at the indices of the walk.
    const fn hash(&self, item: usize) -> Hash {
        let (mut name, span) = (Hash::EMPTY, self.input.outline.items[item].keys);
        let mut at = span.at;
        while at < span.at + span.len {
            name = match self.input.outline.keys[at] {
                Key::Text(Hash { value, power }) => {
                    let joined = name.value as u128 * power as u128 + value as u128;
                    let power = name.power as u128 * power as u128;
                    Hash { value: joined as u64, power: power as u64 }
                }
                Key::Number { depth, factor, offset, form } => {
                    if depth >= self.depth {
                        return Hash::EMPTY;
                    }
                    let number = match (factor, offset) {
                        (1, 0) => self.indices[depth],
                        _ => {
                            self.indices[depth].saturating_mul(factor).saturating_add_signed(offset)
                        }
                    };
                    match form {
                        Form::Plain => name.number(number, 1),
                        Form::Padded(digits) => name.number(number, digits),
                        Form::Suffix if number == 0 => name,
                        Form::Suffix => name.then(UNDERSCORE).number(number, 1),
                    }
                }
            };
            at += 1;
        }
        name
    }

    /// The current value of an index in the walk.
    const fn value_of(&self, index: usize) -> Option<usize> {
        if index < self.depth { Some(self.indices[index]) } else { None }
    }

    /// Appends an item's name at the indices of the walk.
    pub(crate) const fn spell(&mut self, item: usize) {
        let span = self.input.outline.items[item].pieces;
        let mut at = span.at;
        while at < span.end() {
            match &self.input.outline.pieces[at] {
                Piece::Text { text, .. } => self.spelled.push(text),
                Piece::Number { number, digits } => self.spelled.number(*number as u64, *digits),
                Piece::Index(index) => match self.value_of(index.depth) {
                    // Any number does. Similar names are searched with one.
                    Some(ANY) => write_index(index, 0, &mut self.spelled),
                    Some(value) => write_index(index, value, &mut self.spelled),
                    None => write_placeholder(index, None, &mut self.spelled),
                },
            }
            at += 1;
        }
    }
}

/// Writes the number of an index in a name.
pub(crate) const fn write_index(index: &Index<'_>, value: usize, out: &mut Text<'_>) {
    let number = index.number(value) as u64;
    match index.form {
        Form::Plain => out.number(number, 1),
        Form::Padded(digits) => out.number(number, digits),
        Form::Suffix if number == 0 => {}
        Form::Suffix => {
            out.push("_");
            out.number(number, 1);
        }
    }
}

/// Writes an index as in a template. Its values, if it has any, replace its name: `<0..12>`.
pub(crate) const fn write_placeholder(
    index: &Index<'_>,
    values: Option<&[u64]>,
    out: &mut Text<'_>,
) {
    let placeholder = index.placeholder();
    let Some(values) = values else { return out.placeholder(&placeholder) };
    let plain = index.factor == 1 && index.offset == 0;
    out.before_index(&placeholder);
    out.push(if plain { "" } else { "(" });
    write_values(values, 0, out);
    out.push(if plain { "" } else { ")" });
    out.after_index(&placeholder);
}

/// Writes sorted values relative to `from`: `0..12`, or `1,3,7..9`.
pub(crate) const fn write_values(values: &[u64], from: u64, out: &mut Text<'_>) {
    let (mut at, mut comma) = (0, "");
    while at < values.len() {
        let start = values[at];
        let mut end = start + 1;
        at += 1;
        if start == ANY as u64 {
            out.push(comma);
            out.push("any");
            continue;
        }
        while at < values.len() && values[at] == end {
            at += 1;
            end += 1;
        }
        out.push(comma);
        comma = ",";
        out.range(start.saturating_sub(from) as usize, end.saturating_sub(from) as usize);
    }
}

/// Writes the name of a variable of a family, as displayed.
pub(crate) const fn write_member(family: &Family<'_>, member: usize, out: &mut Text<'_>) {
    let (mut at, mut left, mut inner) = (0, member, family.count);
    while at < family.pieces.len() {
        match &family.pieces[at] {
            FamilyPiece::Text(text) => out.push(text),
            FamilyPiece::Number { digits, values } => {
                inner /= count(values);
                out.number(nth(values, left / inner) as u64, *digits);
                left %= inner;
            }
        }
        at += 1;
    }
}

/// Writes the names of all variables of a family as one: `model/h<0..12>/w`.
pub(crate) const fn write_family(family: &Family<'_>, out: &mut Text<'_>) {
    let mut at = 0;
    while at < family.pieces.len() {
        match &family.pieces[at] {
            FamilyPiece::Text(text) => out.push(text),
            FamilyPiece::Number { digits, values } => {
                out.push("<");
                let mut number = 0;
                while number < values.len() {
                    out.push(if number > 0 { "," } else { "" });
                    out.range(values[number].0, values[number].1);
                    number += 1;
                }
                if *digits > 1 {
                    out.push(":0");
                    out.number(*digits as u64, 1);
                }
                out.push(">");
            }
        }
        at += 1;
    }
}

/// The number of values in ranges; at least 1.
pub(crate) const fn count(values: &[(usize, usize)]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < values.len() {
        count += values[at].1 - values[at].0;
        at += 1;
    }
    if count == 0 { 1 } else { count }
}

/// The value at a position in ranges.
pub(crate) const fn nth(values: &[(usize, usize)], mut number: usize) -> usize {
    let mut at = 0;
    while at < values.len() {
        let (start, end) = values[at];
        if number < end - start {
            return start + number;
        }
        number -= end - start;
        at += 1;
    }
    0
}

/// The position of a value in ranges.
pub(crate) const fn position(values: &[(usize, usize)], number: usize) -> Option<usize> {
    let (mut at, mut before) = (0, 0);
    while at < values.len() {
        let (start, end) = values[at];
        if number >= start && number < end {
            return Some(before + number - start);
        }
        before += end - start;
        at += 1;
    }
    None
}
