//! Suggestions: the variable that a wrong path may mean.

use std::ops::Range;

use crate::each::each;
use crate::fit::memory::State;
use crate::fit::names::{count, nth, position};
use crate::fit::outline::{Index, Item, Piece};
use crate::fit::shown::{Axes, write_pieces};
use crate::fit::stack::{NONE, Span};
use crate::fit::text::is_plain;
use crate::manifest::{Family, FamilyPiece, Hash, find};
use crate::model::description::{Op, Preset, Tensor};
use crate::model::expression::AxisLength;
use crate::model::template::Form;
use crate::model::text::rests;

/// The number of names with which missing variables are compared. Further ones get no suggestion: in a constant, a comparison takes
/// milliseconds.
pub(crate) const COMPARED: usize = 4_000;

/// The largest edit distance for the name of an optimizer slot or a counter.
const TYPO: usize = 2;

/// The way in which a name is like that of a variable.
#[derive(Clone, Copy)]
enum Like {
    /// Few letters differ. The variables are unexplained, or those that another problem explains, if `explained`.
    Letters { explained: bool },
    /// The variable is below the name, as if that were a folder.
    Below,
    /// The last segments are equal, at least so many.
    End(usize),
    /// The shape is that of the field, and the name contains the innermost index of these places.
    Shape(Span),
}

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
            let others = [Like::Letters { explained: true }, Like::Shape(axes), Like::End(1)];
            near = self.first_like(own, name, &others, is_alone);
        }
        let Some(near) = near else {
            self.texts.truncate(start);
            return None;
        };
        let pieces = self.generalised(own, axes, &near);
        self.explain(pieces);
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
        self.explain(self.patterns.since(pieces.at));
        self.patterns.truncate(pieces.end());
    }

    /// The unexplained variable without a field that a name may mean: one with a similar name, one below it, or one with the same
    /// end.
    pub(crate) const fn meant(
        &mut self,
        item: &Item<'_>,
        name: Span,
        is_alone: bool,
    ) -> Option<Near> {
        let likes = [Like::Letters { explained: false }, Like::Below, Like::End(2)];
        self.first_like(item, name, &likes, is_alone)
    }

    /// The variable that is like a name in the first of some ways. The same end counts only for variables that are missing alone.
    const fn first_like(
        &mut self,
        item: &Item<'_>,
        name: Span,
        likes: &[Like],
        is_alone: bool,
    ) -> Option<Near> {
        each!(0..likes.len(), |at| {
            if is_alone || !matches!(likes[at], Like::End(_)) {
                let near = self.most_like(item, name, likes[at]);
                if near.is_some() {
                    return near;
                }
            }
        });
        None
    }

    /// The variable without a field that is most like a name. `None` if several have the same end, or the same shape.
    const fn most_like(&mut self, item: &Item<'_>, name: Span, like: Like) -> Option<Near> {
        let most = match like {
            Like::Letters { .. } if name.len / 4 < 2 => 2,
            Like::Letters { .. } => name.len / 4,
            _ => usize::MAX / 2,
        };
        let (mut best, mut several): (Option<Near>, _) = (None, false);
        each!(0..self.input.manifest.families.len(), |number| {
            let family = &self.input.manifest.families[number];
            let limit = match best {
                Some(Near { rank, .. }) if rank / 2 < most => rank / 2,
                _ => most,
            };
            each!(self.candidates(family, item, name.len, like, limit), |member| {
                self.compared += 1;
                self.spell_member(family, family.first + member);
                match (self.rank(item, name, like, family, limit), best) {
                    _ if !self.is_free(family.first + member, like) => {}
                    (Some(rank), Some(best)) if rank > best.rank => {}
                    (Some(rank), Some(best)) if rank == best.rank => several = true,
                    (Some(rank), _) => {
                        (best, several) = (Some(Near { family: number, member, rank }), false);
                    }
                    (None, _) => {}
                }
            });
        });
        if several && matches!(like, Like::End(_) | Like::Shape(_)) { None } else { best }
    }

    /// The variables of a family that may be like an item.
    const fn candidates(
        &self,
        family: &Family<'_>,
        item: &Item<'_>,
        len: usize,
        like: Like,
        most: usize,
    ) -> Range<usize> {
        match like {
            Like::Shape(_) if has_dtype(item, family) && self.has_shape(item, family.shape) => {
                0..family.count
            }
            Like::Shape(_) => 0..0,
            _ => match self.member_near(family, item, len, most, like) {
                Some(member) => member..member + 1,
                None => 0..0,
            },
        }
    }

    /// The rank of a variable whose name is in the memory for names, if that is like another name. A slot such as `w/adam_m` is not
    /// like `w`.
    const fn rank(
        &mut self,
        item: &Item<'_>,
        name: Span,
        like: Like,
        family: &Family<'_>,
        limit: usize,
    ) -> Option<usize> {
        let (own, other) = (self.texts.bytes_of(name), self.spelled.bytes());
        match (like, family.preset) {
            (Like::Letters { .. }, preset) => {
                // Of equally similar names, one with the dtype of the item is preferred.
                let other_dtype = !has_dtype(item, family);
                let distance = self.distance(name, limit);
                let is_like = distance <= limit && (preset.is_none() || distance <= TYPO);
                if is_like { Some(distance * 2 + other_dtype as usize) } else { None }
            }
            (Like::Below, Some(Preset::Optimizer | Preset::Bookkeeping)) => None,
            (Like::Below, _) => match rests(own, other) {
                Some(([], [b'/' | b'.', ..])) => Some(0),
                _ => None,
            },
            (Like::End(least), None) if same_segments(own, other) >= least => {
                Some(usize::MAX - same_segments(own, other))
            }
            (Like::End(_), _) => None,
            (Like::Shape(axes), _) => {
                if self.has_index(axes) {
                    Some(0)
                } else {
                    None
                }
            }
        }
    }

    /// Sets the indices of the walk to the last place.
    const fn go_to_last(&mut self, axes: Span) {
        each!(0..axes.len, |at| {
            let values = self.boxes.get(axes.at + at);
            self.indices[at] = self.values.get(values.end().saturating_sub(1)) as usize;
        });
        self.depth = axes.len;
    }

    /// The variable of a family that is most like an item, at the indices of the walk. Only variables without a field count.
    const fn member_near(
        &self,
        family: &Family<'_>,
        item: &Item<'_>,
        len: usize,
        most: usize,
        like: Like,
    ) -> Option<usize> {
        if name_len(family).abs_diff(len) > most + digits_of(family) {
            return None;
        }
        let nearest = self.member_like(family, item);
        if self.is_free(family.first + nearest, like) {
            return Some(nearest);
        }
        each!(0..family.count, |member| {
            if self.is_free(family.first + member, like) {
                return Some(member);
            }
        });
        None
    }

    /// True if no field takes a variable.
    const fn is_free(&self, variable: usize, like: Like) -> bool {
        let taken = self.taken[variable];
        let is_free = match like {
            Like::Letters { explained: true } => {
                taken.by == NONE && taken.spare.is_none() && !taken.unmapped
            }
            _ => taken.unmapped,
        };
        is_free && !self.is_outside(variable)
    }

    /// True if a variable is outside the bounds of a list, which is reported.
    const fn is_outside(&self, variable: usize) -> bool {
        each!(0..self.outside.len(), |at| {
            if self.outside.get(at).variable == variable {
                return true;
            }
        });
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
        self.spell_member(family, family.first + near.member);
        let (start, mut piece, mut place) = (self.patterns.len(), item.pieces.at, 0);
        let mut next = self.next_index(item, &mut piece);
        let (mut left, mut inner) = (near.member, family.count);
        each!(0..family.pieces.len(), |at| {
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
        });
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
        each!(0..text.len(), |at| {
            let digits = self.digits_at(place + at);
            let after = at > 0 && text.as_bytes()[at - 1].is_ascii_digit();
            if digits > 0 && !after && at + digits <= text.len() {
                let mut number = 0_usize;
                each!(0..digits, |digit| {
                    let value = (text.as_bytes()[at + digit] - b'0') as usize;
                    number = number.saturating_mul(10).saturating_add(value);
                });
                if self.stands_for(index, axes, number, place + at, place + at + digits) {
                    return Some((text.split_at(at).0, text.split_at(at + digits).1));
                }
            }
        });
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
        let (one, other) = (self.texts.bytes_of(name), self.spelled.bytes());
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
        let rows = self.lens.reserve(3 * (other.len() + 1));
        let distance = match rows.len {
            0 => most + 1,
            _ => edits(one, other, most, self.lens.part_mut(rows)),
        };
        self.lens.truncate(rows.at);
        distance
    }
}

/// True if a family has the dtype of an item, or that has none.
const fn has_dtype(item: &Item<'_>, family: &Family<'_>) -> bool {
    match item.field.node.tensor() {
        Some(Tensor { dtype: Some(dtype), .. }) => *dtype as u8 == family.dtype as u8,
        _ => true,
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
    let mut len = 0;
    each!(0..family.pieces.len(), |at| {
        len += match &family.pieces[at] {
            FamilyPiece::Text(text) => text.len(),
            FamilyPiece::Number { digits, .. } => *digits,
        };
    });
    len
}

/// The number of additional digits that a family's names may have.
const fn digits_of(family: &Family<'_>) -> usize {
    let mut more = 0;
    each!(0..family.pieces.len(), |at| {
        more += if matches!(family.pieces[at], FamilyPiece::Number { .. }) { 4 } else { 0 };
    });
    more
}

/// The minimum number of letters of one name that the other lacks. This lower bound of the distance is cheaper to compute.
const fn least(one: &[u8], other: &[u8]) -> usize {
    let mut counts = [0_isize; 256];
    each!(0..one.len(), |at| {
        counts[one[at] as usize] += 1;
    });
    let mut more = 0;
    each!(0..other.len(), |at| {
        let count = &mut counts[other[at] as usize];
        *count -= 1;
        more += (*count < 0) as usize;
    });
    let fewer = (more + one.len()).saturating_sub(other.len());
    if more > fewer { more } else { fewer }
}

/// The edit distance, computed with three consecutive rows in `rows`. Visits only cells within `most` of the diagonal. All steps
/// are inline: in a constant, a call takes longer than the same number of steps.
const fn edits(one: &[u8], other: &[u8], most: usize, rows: &mut [u64]) -> usize {
    let (len, far) = (other.len() + 1, most as u64 + 1);
    // The starts of three rows: for the letter before the last, for the last letter, and for this one.
    let (mut before, mut last, mut row) = (2 * len, 0, len);
    each!(0..len, |at| {
        rows[at] = at as u64;
    });
    each!(0..one.len(), |number| {
        let start = number.saturating_sub(most);
        let end = if number + most + 1 < other.len() { number + most + 1 } else { other.len() };
        rows[row + start] = if start == 0 { number as u64 + 1 } else { far };
        let mut least = rows[row + start];
        each!(start..end, |at| {
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
        });
        if least > most as u64 {
            return most + 1;
        }
        (before, last, row) = (last, row, before);
    });
    rows[last + other.len()] as usize
}
