//! Compares the name of an item with that of a variable, and finds the variables of a family by their numbers.
//!
//! Each look-up by hash is verified here. Names are compared piece by piece, without writing them, as far as their pieces match.

use crate::fit::memory::State;
use crate::fit::names::{count, nth, position, write_member};
use crate::fit::outline::Piece;
use crate::fit::records::Memo;
use crate::fit::stack::{ANY, NONE};
use crate::manifest::{Family, FamilyPiece};
use crate::model::template::Form;
use crate::model::text::{equal, rests};

/// The numbers in two equal names.
#[derive(Clone, Copy)]
struct Numbers {
    /// A bit for each index that is a number of the family, and one for each that is text in its names.
    free: u64,
    fixed: u64,
    /// A bit for each piece that is a number of the family, and text in the template.
    written: u64,
}

impl State<'_, '_> {
    /// True if a variable of a family has the item's name, at the indices of the walk.
    pub(super) const fn is_spelled(&mut self, item: usize, family: usize, member: usize) -> bool {
        let own = &self.input.manifest.families[family];
        if let Some(numbers) = self.matches(item, own, member) {
            self.align(item, family, member, numbers);
            return true;
        }
        // The names differ, or are cut into other pieces.
        self.spelled.truncate(0);
        self.spell(item);
        let half = self.spelled.len();
        write_member(own, member, &mut self.spelled);
        let (name, other) = self.spelled.bytes().split_at(half);
        equal(name, other)
    }

    /// The numbers in an item's name, if its pieces match those of a variable's name.
    const fn matches(&self, item: usize, family: &Family<'_>, member: usize) -> Option<Numbers> {
        let (pieces, span) = (self.input.outline.pieces, self.input.outline.items[item].pieces);
        let mut name =
            Name { family, rest: &[], next: 0, left: member, inner: family.count, written: 0 };
        let (mut free, mut fixed, mut piece, end) = (0_u64, 0_u64, span.at, span.end());
        while piece < end {
            match &pieces[piece] {
                Piece::Text { text, .. } if name.skip_text(text.as_bytes()) => {}
                Piece::Index(index) if index.depth < self.depth && index.depth < 64 => {
                    let (value, bit) = (self.indices[index.depth], 1 << index.depth);
                    let number = index.number(value);
                    let matched = match index.form {
                        _ if value == ANY => None,
                        Form::Plain => name.skip_number(number, 1),
                        Form::Padded(digits) => name.skip_number(number, digits),
                        Form::Suffix if number == 0 => Some(false),
                        Form::Suffix if name.skip_text(b"_") => name.skip_digits(number),
                        Form::Suffix => None,
                    };
                    match matched {
                        Some(true) => free |= bit,
                        Some(false) => fixed |= bit,
                        None => return None,
                    }
                }
                _ => return None,
            }
            piece += 1;
        }
        let written = name.written;
        if name.is_at_end() { Some(Numbers { free, fixed, written }) } else { None }
    }

    /// Records that the names of a family match an item's template. Its other variables are then found by their numbers.
    const fn align(&mut self, item: usize, family: usize, member: usize, numbers: Numbers) {
        let Numbers { free, fixed, written } = numbers;
        if free & fixed != 0 {
            return;
        }
        let own = self.input.manifest.families[family].pieces;
        let span = self.input.outline.items[item].pieces;
        let (mut number, mut piece, end) = (0, span.at, span.end());
        while number < own.len() && !matches!(own[number], FamilyPiece::Number { .. }) {
            number += 1;
        }
        while piece < end && !matches!(self.input.outline.pieces[piece], Piece::Index(_)) {
            piece += 1;
        }
        let memo = &mut self.memos[item];
        (memo.number, memo.piece) = (number, piece);
        (memo.aligned, memo.member, memo.fixed, memo.written) = (family, member, fixed, written);
        if fixed == 0 {
            return;
        }
        let (depth, mut at) = (self.input.outline.items[item].depth, 0);
        if memo.fixed_at == NONE {
            memo.fixed_at = self.fixed.len();
            while at < depth {
                let _ = self.fixed.push(NONE);
                at += 1;
            }
        }
        let (first, mut at) = (self.memos[item].fixed_at, 0);
        while at < depth {
            *self.fixed.at(first + at) = self.indices[at];
            at += 1;
        }
    }

    /// True if the indices that are text in the names of a family have the same values as before.
    const fn is_fixed_alike(&self, memo: &Memo) -> bool {
        let (mut left, mut depth) = (memo.fixed, 0);
        while left != 0 {
            if left & 1 == 1 && self.indices[depth] != self.fixed.get(memo.fixed_at + depth) {
                return false;
            }
            (left, depth) = (left >> 1, depth + 1);
        }
        true
    }

    /// The variable with the indices of the walk, in the family whose names match the item's template.
    pub(super) const fn member(&self, item: usize) -> Option<usize> {
        let memo = &self.memos[item];
        let (fixed, written) = (memo.fixed, memo.written);
        if fixed != 0 && !self.is_fixed_alike(memo) {
            return None;
        }
        let family = &self.input.manifest.families[memo.aligned];
        let (mut member, mut own, mut piece) = (0, memo.number, memo.piece);
        while own < family.pieces.len() {
            if let FamilyPiece::Number { values, .. } = &family.pieces[own] {
                if written != 0 && written >> own & 1 == 1 {
                    member = member * count(values) + position_at(family, memo.member, own);
                    own += 1;
                    continue;
                }
                let index = loop {
                    if let Piece::Index(index) = &self.input.outline.pieces[piece]
                        && (fixed == 0 || fixed >> index.depth & 1 == 0)
                    {
                        break index;
                    }
                    piece += 1;
                };
                piece += 1;
                let number = index.number(self.indices[index.depth]);
                // Most families have a single range of numbers.
                let (position, count) = match values {
                    [(start, end)] if number >= *start && number < *end => {
                        (number - *start, *end - *start)
                    }
                    _ => match position(values, number) {
                        Some(position) => (position, count(values)),
                        None => return None,
                    },
                };
                member = member * count + position;
            }
            own += 1;
        }
        Some(family.first + member)
    }
}

/// The name of a variable of a family, read from the front.
struct Name<'f> {
    family: &'f Family<'f>,
    /// The rest of the current text, and the piece after it.
    rest: &'f [u8],
    next: usize,
    /// The number of the variable among those with the same numbers so far, and the count of these.
    left: usize,
    inner: usize,
    /// A bit for each piece that is a number here, and text in the template.
    written: u64,
}

impl Name<'_> {
    /// Skips a text, which may contain numbers of the family. Returns false if the name does not continue with it.
    const fn skip_text(&mut self, text: &[u8]) -> bool {
        let mut text = text;
        while let [_, ..] = text {
            if !matches!(self.rest, [_, ..]) {
                if self.next >= self.family.pieces.len() || self.next >= 64 {
                    return false;
                }
                match &self.family.pieces[self.next] {
                    FamilyPiece::Text(own) => self.rest = own.as_bytes(),
                    FamilyPiece::Number { digits, values } => {
                        match without_number(text, self.next_number(values), *digits) {
                            Some(after) => text = after,
                            None => return false,
                        }
                        self.written |= 1 << self.next;
                    }
                }
                self.next += 1;
            }
            match rests(text, self.rest) {
                Some(after) => (text, self.rest) = after,
                None => return false,
            }
        }
        true
    }

    /// Skips a number. Returns true if it is a number of the family, and false if it is in a text.
    const fn skip_number(&mut self, number: usize, digits: usize) -> Option<bool> {
        if !matches!(self.rest, [_, ..])
            && self.next < self.family.pieces.len()
            && let FamilyPiece::Number { digits: width, values } = &self.family.pieces[self.next]
        {
            self.next += 1;
            let same = self.next_number(values) == number && *width == digits;
            return if same { Some(true) } else { None };
        }
        match without_number(self.rest, number, digits) {
            Some(after) => {
                self.rest = after;
                Some(false)
            }
            None => None,
        }
    }

    /// Skips a number that is not written in all names of its template, so that it counts as text.
    const fn skip_digits(&mut self, number: usize) -> Option<bool> {
        let next = self.next;
        match self.skip_number(number, 1) {
            Some(true) if next < 64 => {
                self.written |= 1 << next;
                Some(false)
            }
            Some(false) => Some(false),
            _ => None,
        }
    }

    /// The variable's value of the next number, which has these values.
    const fn next_number(&mut self, values: &[(usize, usize)]) -> usize {
        self.inner /= count(values);
        let number = nth(values, self.left / self.inner);
        self.left %= self.inner;
        number
    }

    const fn is_at_end(&self) -> bool {
        self.rest.is_empty() && self.next == self.family.pieces.len()
    }
}

/// The position of a variable's number among the values of a piece.
const fn position_at(family: &Family<'_>, member: usize, piece: usize) -> usize {
    let (mut left, mut inner, mut at) = (member, family.count, 0);
    loop {
        if let FamilyPiece::Number { values, .. } = &family.pieces[at] {
            inner /= count(values);
            if at == piece {
                return left / inner;
            }
            left %= inner;
        }
        at += 1;
    }
}

/// Removes a number with at least `digits` digits from the start of a text.
const fn without_number(text: &[u8], number: usize, digits: usize) -> Option<&[u8]> {
    let (mut rest, mut unit, mut left) = (text, 1, digits);
    while unit <= number / 10 || left > 1 {
        unit *= 10;
        left = left.saturating_sub(1);
    }
    while unit > 0 {
        match rest {
            &[digit, ref after @ ..] if digit == (number / unit % 10) as u8 + b'0' => rest = after,
            _ => return None,
        }
        unit /= 10;
    }
    Some(rest)
}
