//! Suggestions: the variable that a wrong path may mean.

use crate::fit::memory::State;
use crate::fit::names::{count, nth, position, write_member};
use crate::fit::outline::{Index, Item, Piece};
use crate::fit::shown::{Axes, write_pieces};
use crate::fit::stack::{NONE, Span};
use crate::fit::text::is_plain;
use crate::listing::dtype::DType;
use crate::manifest::{Family, FamilyPiece, Hash, find};
use crate::model::description::{Op, Preset};
use crate::model::expression::AxisLength;
use crate::model::template::Form;
use crate::model::text::starts;

/// The number of missing variables that are compared with every name.
pub(crate) const SUGGESTED: usize = 100;

/// The largest edit distance for the name of an optimizer slot or a counter.
const TYPO: usize = 2;

/// A similar name. The nearest has the lowest rank.
#[derive(Clone, Copy)]
pub(crate) struct Near {
    family: usize,
    member: usize,
    rank: usize,
}

impl<'a> State<'_, 'a> {
    /// The family of the variable that an item's path may mean, at places. Its name is in the memory for texts, with the range of
    /// an index if it shares one with the field. Variables with that name are no longer unmapped.
    pub(crate) const fn nearest(
        &mut self,
        item: usize,
        axes: Span,
        is_alone: bool,
    ) -> Option<(usize, Span)> {
        let own = self.item(item);
        self.go_to_last(axes);
        let start = self.texts.len();
        self.spelled.truncate(0);
        self.spell(item);
        self.texts.push_bytes(self.spelled.bytes());
        let name = self.texts.since(start);
        let mut near = self.meant(own, name, is_alone);
        if near.is_none() {
            near = self.near(own, name, dtype_of(own), false);
        }
        if near.is_none() {
            near = self.of_shape(own, axes, dtype_of(own));
        }
        if near.is_none() && is_alone {
            near = self.with_same_end(own, name, 1);
        }
        let Some(near) = near else {
            self.texts.truncate(start);
            return None;
        };
        let pieces = self.generalised(own, axes, &near);
        self.explain_pieces(pieces);
        self.explain_averages(own, pieces);
        let shown = self.texts.len();
        let axes = Axes { spans: self.boxes.part(axes), values: self.values.all() };
        write_pieces(self.patterns.part(pieces), axes, &mut self.texts);
        let shown = self.texts.since(shown);
        self.patterns.truncate(pieces.at);
        Some((near.family, shown))
    }

    /// Marks the averages of a template's variables as explained, too.
    const fn explain_averages(&mut self, item: &Item<'a>, pieces: Span) {
        let Some(name) = item.shadow.name else { return };
        let _ = self.patterns.push(Piece::Text { text: item.separator, plain: true });
        let _ = self.patterns.push(Piece::Text { text: name, plain: true });
        self.explain_pieces(self.patterns.since(pieces.at));
        self.patterns.truncate(pieces.end());
    }

    /// The unexplained variable without a field that a name may mean: one with a similar name, one below it, or one with the same
    /// end. `None` if several have the same end.
    pub(crate) const fn meant(
        &mut self,
        item: &Item<'_>,
        name: Span,
        is_alone: bool,
    ) -> Option<Near> {
        let near = self.near(item, name, dtype_of(item), true);
        if near.is_some() {
            return near;
        }
        let below = self.below(item, name);
        if below.is_some() || !is_alone { below } else { self.with_same_end(item, name, 2) }
    }

    /// The first variable below a name, treating the name as a folder.
    const fn below(&mut self, item: &Item<'_>, name: Span) -> Option<Near> {
        let mut number = 0;
        while number < self.input.manifest.families.len() {
            let family = &self.input.manifest.families[number];
            if let Some(member) = self.member_near(family, item, name.len, usize::MAX / 2, true) {
                self.spelled.truncate(0);
                write_member(family, member, &mut self.spelled);
                let (own, other) = (self.texts.part(name).as_bytes(), self.spelled.bytes());
                let slot = matches!(family.preset, Some(Preset::Optimizer | Preset::Bookkeeping));
                if !slot && starts(other, 0, own) && other.len() > own.len() {
                    let next = other[own.len()];
                    if matches!(next, b'/' | b'.') {
                        return Some(Near { family: number, member, rank: 0 });
                    }
                }
            }
            number += 1;
        }
        None
    }

    /// The variable whose name shares the most segments with a name, counted from the end; at least `least`. `None` if several do.
    const fn with_same_end(&mut self, item: &Item<'_>, name: Span, least: usize) -> Option<Near> {
        let (mut found, mut longest, mut several, mut number) = (None, least - 1, false, 0);
        while number < self.input.manifest.families.len() {
            let family = &self.input.manifest.families[number];
            if family.preset.is_none()
                && let Some(member) = self.member_near(family, item, name.len, usize::MAX / 2, true)
            {
                self.spelled.truncate(0);
                write_member(family, member, &mut self.spelled);
                let (own, other) = (self.texts.part(name).as_bytes(), self.spelled.bytes());
                let same = same_segments(own, other);
                if same > longest {
                    (found, longest, several) =
                        (Some(Near { family: number, member, rank: 0 }), same, false);
                } else if same == longest {
                    several = true;
                }
            }
            number += 1;
        }
        if several { None } else { found }
    }

    const fn explain_pieces(&mut self, pieces: Span) {
        let mut at = 0;
        // A copy, because explaining changes the state.
        let mut copy = [Piece::Text { text: "", plain: true }; 32];
        while at < pieces.len && at < copy.len() {
            copy[at] = self.patterns.get(pieces.at + at);
            at += 1;
        }
        if pieces.len <= copy.len() {
            self.explain(copy.split_at(pieces.len).0);
        }
    }

    /// Sets the indices of the walk to the last place.
    const fn go_to_last(&mut self, axes: Span) {
        let mut at = 0;
        while at < axes.len {
            let values = self.boxes.get(axes.at + at);
            self.indices[at] = self.values.get(values.end().saturating_sub(1)) as usize;
            at += 1;
        }
        self.depth = axes.len;
    }

    /// The most similar name among variables without a field; if `unmapped`, only unexplained ones. Prefers one of equal names with
    /// this dtype. A slot such as `w/adam_m` is not a suggestion for `w`.
    const fn near(
        &mut self,
        item: &Item<'_>,
        name: Span,
        dtype: Option<DType>,
        unmapped: bool,
    ) -> Option<Near> {
        let most = if name.len / 4 < 2 { 2 } else { name.len / 4 };
        let (mut best, mut number): (Option<Near>, _) = (None, 0);
        while number < self.input.manifest.families.len() {
            let family = &self.input.manifest.families[number];
            let limit = match best {
                Some(Near { rank, .. }) if rank / 2 < most => rank / 2,
                _ => most,
            };
            if let Some(member) = self.member_near(family, item, name.len, most, unmapped) {
                self.spelled.truncate(0);
                write_member(family, member, &mut self.spelled);
                let distance = self.distance(name, limit);
                let slot = family.preset.is_some() && distance > TYPO;
                let other_dtype = match dtype {
                    Some(dtype) => dtype as u8 != family.dtype as u8,
                    None => false,
                };
                let rank = distance * 2 + other_dtype as usize;
                let nearer = match best {
                    Some(best) => rank < best.rank,
                    None => true,
                };
                if distance <= most && !slot && nearer {
                    best = Some(Near { family: number, member, rank });
                }
            }
            number += 1;
        }
        best
    }

    /// The variable of a family that is most like an item, at the indices of the walk. Only variables without a field count.
    const fn member_near(
        &self,
        family: &Family<'_>,
        item: &Item<'_>,
        len: usize,
        most: usize,
        unmapped: bool,
    ) -> Option<usize> {
        if name_len(family).abs_diff(len) > most + digits_of(family) {
            return None;
        }
        let like = self.member_like(family, item);
        if self.is_free(family.first + like, unmapped) {
            return Some(like);
        }
        let mut member = 0;
        while member < family.count {
            if self.is_free(family.first + member, unmapped) {
                return Some(member);
            }
            member += 1;
        }
        None
    }

    const fn is_free(&self, variable: usize, unmapped: bool) -> bool {
        let taken = self.taken[variable];
        if unmapped {
            return taken.unmapped && !self.is_outside(variable);
        }
        taken.by == NONE && taken.spare.is_none() && !self.is_outside(variable)
    }

    /// True if a variable is outside the bounds of a list, which is reported.
    const fn is_outside(&self, variable: usize) -> bool {
        let mut at = 0;
        while at < self.outside.len() {
            if self.outside.get(at).variable == variable {
                return true;
            }
            at += 1;
        }
        false
    }

    /// The variable of a family whose numbers match an item's indices, as far as possible.
    const fn member_like(&self, family: &Family<'_>, item: &Item<'_>) -> usize {
        let (mut at, mut member, mut inner, mut piece) = (0, 0, family.count, item.pieces.at);
        while at < family.pieces.len() {
            if let FamilyPiece::Number { values, .. } = family.pieces[at] {
                let count = count(values);
                inner /= count;
                let index = self.next_index(item, &mut piece);
                let number = match index {
                    Some(index) => self.number_of(&index),
                    None => 0,
                };
                let position = match (position(values, number), values.last()) {
                    (Some(position), _) => position,
                    (None, Some((_, end))) if number >= *end => count - 1,
                    (None, _) => 0,
                };
                member += inner * position;
            }
            at += 1;
        }
        member
    }

    /// The next index of a template.
    const fn next_index(&self, item: &Item<'_>, piece: &mut usize) -> Option<Index<'a>> {
        while *piece < item.pieces.end() {
            let own = self.input.outline.pieces[*piece];
            *piece += 1;
            if let Piece::Index(index) = own {
                return Some(index);
            }
        }
        None
    }

    /// The number of an index in a name, at the indices of the walk.
    const fn number_of(&self, index: &Index<'_>) -> usize {
        let value = if index.depth < self.depth { self.indices[index.depth] } else { 0 };
        index.number(value)
    }

    /// Turns the name of a variable into a template. A number becomes an index of the item if two conditions are met: it has the
    /// index's value, and the name with another value of that index exists. The name is in the memory for names.
    const fn generalised(&mut self, item: &Item<'_>, axes: Span, near: &Near) -> Span {
        let family = &self.input.manifest.families[near.family];
        self.spelled.truncate(0);
        write_member(family, near.member, &mut self.spelled);
        let (start, mut piece, mut place) = (self.patterns.len(), item.pieces.at, 0);
        let mut next = self.next_index(item, &mut piece);
        let (mut at, mut left, mut inner) = (0, near.member, family.count);
        while at < family.pieces.len() {
            match &family.pieces[at] {
                FamilyPiece::Text(text) => {
                    let mut rest = *text;
                    while let Some(index) = next
                        && let Some((before, after)) = self.number_in(rest, place, &index, axes)
                    {
                        place += rest.len() - after.len();
                        let plain = is_plain(before);
                        let _ = self.patterns.push(Piece::Text { text: before, plain });
                        let _ = self.patterns.push(Piece::Index(index));
                        rest = after;
                        next = self.next_index(item, &mut piece);
                    }
                    let _ = self.patterns.push(Piece::Text { text: rest, plain: is_plain(rest) });
                    place += rest.len();
                }
                FamilyPiece::Number { digits, values } => {
                    inner /= count(values);
                    let number = nth(values, left / inner);
                    left %= inner;
                    let end = place + self.digits_at(place);
                    let own = match next {
                        Some(index) if self.stands_for(&index, axes, number, place, end) => {
                            next = self.next_index(item, &mut piece);
                            Piece::Index(index)
                        }
                        _ => Piece::Number { number, digits: *digits },
                    };
                    let _ = self.patterns.push(own);
                    place = end;
                }
            }
            at += 1;
        }
        self.patterns.since(start)
    }

    /// The first number in `text` that matches an index; `place` is the position of the text in the name. Returns the text before
    /// the number and the text after it.
    const fn number_in(
        &self,
        text: &'a str,
        place: usize,
        index: &Index<'_>,
        axes: Span,
    ) -> Option<(&'a str, &'a str)> {
        let mut at = 0;
        while at < text.len() {
            let digits = self.digits_at(place + at);
            let after = at > 0 && text.as_bytes()[at - 1].is_ascii_digit();
            if digits > 0 && !after && at + digits <= text.len() {
                let (mut number, mut digit) = (0_usize, 0);
                while digit < digits {
                    let value = (text.as_bytes()[at + digit] - b'0') as usize;
                    number = number.saturating_mul(10).saturating_add(value);
                    digit += 1;
                }
                if self.stands_for(index, axes, number, place + at, place + at + digits) {
                    return Some((text.split_at(at).0, text.split_at(at + digits).1));
                }
            }
            at += 1;
        }
        None
    }

    /// The number of digits at a position of the name.
    const fn digits_at(&self, place: usize) -> usize {
        let (name, mut end) = (self.spelled.bytes(), place);
        while end < name.len() && name[end].is_ascii_digit() {
            end += 1;
        }
        end - place
    }

    /// True if the number at `start..end` of the name matches an index, and the name also exists with another value.
    const fn stands_for(
        &self,
        index: &Index<'_>,
        axes: Span,
        number: usize,
        start: usize,
        end: usize,
    ) -> bool {
        if self.number_of(index) != number || index.depth >= axes.len {
            return false;
        }
        let own = self.values.part(self.boxes.get(axes.at + index.depth));
        let Some(first) = own.first() else { return false };
        let other = *first as usize + (own.len() == 1) as usize;
        let other = index.number(other);
        let name = self.spelled.bytes();
        let digits = match index.form {
            Form::Padded(digits) => digits,
            Form::Plain | Form::Suffix => 1,
        };
        let hash = Hash::of(name.split_at(start).0)
            .number(other, digits)
            .then(Hash::of(name.split_at(end).1));
        find(self.input.manifest.slots, hash).is_some()
    }

    /// The only unexplained variable with the shape of the item and the index of the walk in its name.
    const fn of_shape(
        &mut self,
        item: &Item<'_>,
        axes: Span,
        dtype: Option<DType>,
    ) -> Option<Near> {
        let (mut found, mut number): (Option<Near>, _) = (None, 0);
        while number < self.input.manifest.families.len() {
            let family = &self.input.manifest.families[number];
            let same = match dtype {
                Some(dtype) => dtype as u8 == family.dtype as u8,
                None => true,
            };
            let mut member = 0;
            while same && self.has_shape(item, family.shape) && member < family.count {
                self.spelled.truncate(0);
                write_member(family, member, &mut self.spelled);
                if self.taken[family.first + member].unmapped && self.has_index(axes) {
                    if found.is_some() {
                        return None;
                    }
                    found = Some(Near { family: number, member, rank: 0 });
                }
                member += 1;
            }
            number += 1;
        }
        found
    }

    /// True if the name in the memory for names contains the innermost index of the places as a number.
    const fn has_index(&self, axes: Span) -> bool {
        if axes.len == 0 {
            return true;
        }
        let (name, wanted) = (self.spelled.bytes(), self.indices[axes.len - 1]);
        let mut at = 0;
        while at < name.len() {
            let (mut value, first) = (0_usize, at);
            while at < name.len() && name[at].is_ascii_digit() {
                value = value.saturating_mul(10).saturating_add((name[at] - b'0') as usize);
                at += 1;
            }
            if at > first && value == wanted {
                return true;
            }
            at += 1;
        }
        false
    }

    /// True if a shape equals the item's first `shape`, ignoring axes of length 1.
    const fn has_shape(&self, item: &Item<'_>, shape: &[u64]) -> bool {
        let (ops, mut op) = (item.field.ops, 0);
        while op < ops.len() && matches!(ops[op], Op::Squeeze(_)) {
            op += 1;
        }
        if op == ops.len() {
            return false;
        }
        let Op::Shape(axes) = ops[op] else { return false };
        let (mut axis, mut dim) = (0, 0);
        while axis < axes.len() {
            let len = match axes[axis] {
                AxisLength::Any => None,
                AxisLength::Is(_) => {
                    let term = self.input.outline.roots[item.roots + axis].term;
                    let value = self.value(term, NONE);
                    if value.is_none() {
                        return false;
                    }
                    value
                }
            };
            axis += 1;
            if matches!(len, Some(1)) {
                continue;
            }
            while dim < shape.len() && shape[dim] == 1 {
                dim += 1;
            }
            if dim == shape.len() || matches!(len, Some(len) if len != shape[dim]) {
                return false;
            }
            dim += 1;
        }
        while dim < shape.len() && shape[dim] == 1 {
            dim += 1;
        }
        dim == shape.len()
    }

    /// The edit distance between a name and the name in the memory for names: insertions, deletions, changes, and swaps of adjacent
    /// letters. More than `most` if it exceeds that.
    const fn distance(&mut self, name: Span, most: usize) -> usize {
        let (one, other) = (self.texts.part(name).as_bytes(), self.spelled.bytes());
        if one.len().abs_diff(other.len()) > most {
            return most + 1;
        }
        // A common start and end do not affect the distance.
        let (mut start, mut end) = (0, 0);
        while start < one.len() && start < other.len() && one[start] == other[start] {
            start += 1;
        }
        let shorter = if one.len() < other.len() { one.len() } else { other.len() };
        while start + end < shorter && one[one.len() - 1 - end] == other[other.len() - 1 - end] {
            end += 1;
        }
        let one = one.split_at(one.len() - end).0.split_at(start).1;
        let other = other.split_at(other.len() - end).0.split_at(start).1;
        if one.is_empty() || other.is_empty() {
            return one.len() + other.len();
        }
        if least(one, other) > most {
            return most + 1;
        }
        let rows = self.lens.len();
        let mut at = 0;
        while at < 3 * (other.len() + 1) {
            let _ = self.lens.push(at as u64);
            at += 1;
        }
        let memory = self.lens.since(rows);
        let distance = if self.lens.is_full() {
            most + 1
        } else {
            edits(one, other, most, self.lens.part_mut(memory))
        };
        self.lens.truncate(rows);
        distance
    }
}

/// The dtype of an item, if known.
const fn dtype_of(item: &Item<'_>) -> Option<DType> {
    match item.field.node.tensor() {
        Some(tensor) => tensor.dtype,
        None => None,
    }
}

/// The number of segments that two names share at their ends; larger by 2 if `one` is shared as a whole.
const fn same_segments(one: &[u8], other: &[u8]) -> usize {
    let (mut same, mut at) = (0, 1);
    while at <= one.len() && at <= other.len() && one[one.len() - at] == other[other.len() - at] {
        same += (one[one.len() - at] == b'/') as usize;
        at += 1;
    }
    let whole = at > one.len() && (at > other.len() || other[other.len() - at] == b'/');
    if whole { same + 2 } else { same }
}

/// The length of a family's names, with one digit for each number that differs.
const fn name_len(family: &Family<'_>) -> usize {
    let (mut len, mut at) = (0, 0);
    while at < family.pieces.len() {
        len += match &family.pieces[at] {
            FamilyPiece::Text(text) => text.len(),
            FamilyPiece::Number { digits, .. } => *digits,
        };
        at += 1;
    }
    len
}

/// The number of additional digits that a family's names may have.
const fn digits_of(family: &Family<'_>) -> usize {
    let (mut more, mut at) = (0, 0);
    while at < family.pieces.len() {
        more += if matches!(family.pieces[at], FamilyPiece::Number { .. }) { 4 } else { 0 };
        at += 1;
    }
    more
}

/// The minimum number of letters of one name that the other lacks. This lower bound of the distance is cheaper to compute.
const fn least(one: &[u8], other: &[u8]) -> usize {
    let (mut counts, mut at) = ([0_isize; 256], 0);
    while at < one.len() {
        counts[one[at] as usize] += 1;
        at += 1;
    }
    let (mut more, mut at) = (0, 0);
    while at < other.len() {
        let count = &mut counts[other[at] as usize];
        *count -= 1;
        more += (*count < 0) as usize;
        at += 1;
    }
    let fewer = (more + one.len()).saturating_sub(other.len());
    if more > fewer { more } else { fewer }
}

/// The edit distance, computed with three consecutive rows in `rows`. Visits only cells within `most` of the diagonal. All steps
/// are inline: in a constant, a call takes longer than the same number of steps.
const fn edits(one: &[u8], other: &[u8], most: usize, rows: &mut [u64]) -> usize {
    let (len, far) = (other.len() + 1, most as u64 + 1);
    // The starts of three rows: for the letter before the last, for the last letter, and for this one.
    let (mut before, mut last, mut row) = (2 * len, 0, len);
    let mut number = 0;
    while number < one.len() {
        let start = number.saturating_sub(most);
        let end = if number + most + 1 < other.len() { number + most + 1 } else { other.len() };
        rows[row + start] = if start == 0 { number as u64 + 1 } else { far };
        let (mut at, mut least) = (start, rows[row + start]);
        while at < end {
            let mut cost = rows[last + at] + (one[number] != other[at]) as u64;
            let above = if at + 1 > number + most { far } else { rows[last + at + 1] + 1 };
            cost = if above < cost { above } else { cost };
            let left = rows[row + at] + 1;
            cost = if left < cost { left } else { cost };
            if number > 0 && at > 0 && one[number] == other[at - 1] && one[number - 1] == other[at]
            {
                let swapped = rows[before + at - 1] + 1;
                cost = if swapped < cost { swapped } else { cost };
            }
            rows[row + at + 1] = cost;
            least = if cost < least { cost } else { least };
            at += 1;
        }
        if least > most as u64 {
            return most + 1;
        }
        (before, last, row) = (last, row, before);
        number += 1;
    }
    rows[last + other.len()] as usize
}
