//! Finds missing indices of lists, and variables beyond the bounds of lists.

use crate::each::each;
use crate::fit::invert::invert;
use crate::fit::memory::State;
use crate::fit::outline::{Item, Piece};
use crate::fit::presence::element as element_of;
use crate::fit::records::{Finding, Frame, HoleAt, Kind, ListElements, Outside};
use crate::fit::stack::{NONE, part};
use crate::manifest::{Family, FamilyPiece};
use crate::model::description::Indices;

impl State<'_, '_> {
    /// Finds holes in lists: unexpected variables at an index after the last counted element. Variables explained by a hole are no
    /// longer unmapped. Variables outside the bounds of a list are recorded.
    pub(crate) const fn find_holes(&mut self) {
        if self.takes == self.input.manifest.variables || self.lists.len() == 0 {
            return;
        }
        let mut any = false;
        each!(0..self.input.manifest.families.len(), |family| {
            let own = &self.input.manifest.families[family];
            let mut first = NONE;
            each!(own.first..own.first + own.count, |variable| {
                let taken = &self.taken[variable];
                if taken.unmapped || taken.allowed {
                    if !any {
                        self.collect_letters();
                    }
                    any = true;
                    if first == NONE {
                        first = self.item_like(own, 0);
                    }
                    self.misplaced(variable, family, first);
                }
            });
        });
        each!(0..self.holes.len(), |hole| {
            self.tell_hole(hole);
        });
    }

    /// Collects the letters of the items in lists.
    const fn collect_letters(&mut self) {
        let outline = &self.input.outline;
        each!(0..outline.items.len(), |item| {
            let mut pieces = part(outline.pieces, outline.items[item].pieces);
            let mut hash = 0;
            while let [piece, more @ ..] = pieces {
                if let Piece::Text { text, .. } = piece {
                    hash = with_letters(hash, text);
                }
                pieces = more;
            }
            self.memos[item].letters = hash;
        });
    }

    /// The first item of a list with the letters of a family's names, from an item on; the number of items if there is none.
    const fn item_like(&self, family: &Family<'_>, from: usize) -> usize {
        let (letters, items) = (letters_of(family), self.input.outline.items);
        each!(from..items.len(), |item| {
            if items[item].depth > 0 && self.memos[item].letters == letters {
                return item;
            }
        });
        items.len()
    }

    /// Searches the field that would take a variable if a list had more elements. The first item with its letters is given.
    const fn misplaced(&mut self, variable: usize, family: usize, first: usize) {
        let (own, mut item) = (&self.input.manifest.families[family], first);
        while item < self.input.outline.items.len() {
            self.spell_member(own, variable);
            let pieces = part(self.input.outline.pieces, self.item(item).pieces);
            if invert(pieces, self.spelled.bytes(), true, self.found).is_some()
                && self.is_misplaced(item, variable, family)
            {
                return;
            }
            item = self.item_like(own, item + 1);
        }
    }

    /// True if a list around an item lacks one of the found indices.
    const fn is_misplaced(&mut self, item: usize, variable: usize, family: usize) -> bool {
        let Item { depth, .. } = *self.item(item);
        each!(0..depth, |number| {
            let binder = self.binder(item, number);
            let list = self.list_found(binder, number);
            let seen = self.found[number];
            if seen == NONE || list == NONE {
                return false;
            }
            let list = self.lists.get(list);
            // An empty list is walked with one element, whose own lists can have a hole.
            let is_walked = !list.stacked && list.end == list.start && seen == list.start;
            if !is_walked && !self.has_element(&list, seen) {
                if matches!(self.item(binder).field.indices, Indices::Any) && !list.stacked {
                    return false;
                }
                return self.is_out_of_list(item, variable, family, &list);
            }
        });
        false
    }

    /// The item that binds index `number`, among those around an item.
    const fn binder(&self, item: usize, number: usize) -> usize {
        let mut at = self.item(item).base;
        while self.item(at).around > number {
            at = self.item(at).outer;
        }
        at
    }

    /// The list or `stack` of an item, at a frame.
    pub(crate) const fn list_at(&self, item: usize, frame: usize) -> usize {
        each!(0..self.lists.len(), |at| {
            let list = self.lists.get(at);
            if list.item == item && list.frame == frame {
                return at;
            }
        });
        NONE
    }

    /// The list or `stack` of an item within `depth` indices, at the found values of these.
    const fn list_found(&self, item: usize, depth: usize) -> usize {
        each!(0..self.lists.len(), |at| {
            let list = self.lists.get(at);
            if list.item == item
                && self.depth_at(list.frame) == depth
                && self.found_is(list.frame, depth)
            {
                return at;
            }
        });
        NONE
    }

    /// Records a variable whose index is not in the list at a frame. Returns true if so.
    const fn is_out_of_list(
        &mut self,
        item: usize,
        variable: usize,
        family: usize,
        list: &ListElements,
    ) -> bool {
        let ListElements { item: binder, frame, end, .. } = *list;
        let number = self.depth_at(frame);
        let seen = self.found[number];
        if !list.counted || seen < list.start {
            if list.stacked || !self.taken[variable].unmapped {
                return true;
            }
            let element = self.frames.push(Frame { outer: frame, index: seen, depth: number + 1 });
            self.go_to(frame);
            let node = element_of(&self.item(binder).field.node);
            // An incomplete element does not show that the list is longer.
            if self.element_is_whole(binder, node, seen) {
                let own = Outside { variable, family, item, list: binder, element };
                let _ = self.outside.push(own);
            }
            return true;
        }
        // The element directly after the last one is incomplete. Its variables may belong to other fields.
        if seen == end && end > list.start {
            return true;
        }
        let _ = self.holes.push(HoleAt { list: binder, frame, end, seen, variable });
        self.taken[variable].unmapped = false;
        true
    }

    /// Reports a hole with the first variable after it.
    const fn tell_hole(&mut self, number: usize) {
        let hole = self.holes.get(number);
        let mut first = hole;
        each!(0..self.holes.len(), |at| {
            let other = self.holes.get(at);
            if other.list == hole.list && other.frame == hole.frame {
                if at < number {
                    return;
                }
                if other.seen < first.seen {
                    first = other;
                }
            }
        });
        self.explain_later(&hole);
        let HoleAt { list, frame, end, seen, variable, .. } = first;
        // An empty list is walked with one element. Its missing variables are the hole itself.
        let depth = self.depth_at(frame);
        each!(0..self.findings.len(), |at| {
            let finding = self.findings.get(at);
            let within = finding.item >= list && finding.item < self.item(list).end
                || self.item(finding.item).next == self.item(list).next;
            if matches!(finding.kind, Kind::Missing)
                && within
                && self.frame_of(finding.frame, depth) == frame
                && matches!(self.index_at(finding.frame, depth), Some(index) if index == end)
            {
                self.findings.at(at).told = true;
            }
        });
        let field = self.item(list).field;
        let start = match field.stack() {
            Some((_, stack)) if field.repeat.is_none() || depth > self.item(list).around => {
                stack.start
            }
            _ => self.list_start(list),
        };
        let later = end == start;
        let frame = self.frames.push(Frame { outer: frame, index: end, depth: depth + 1 });
        let numbers = [seen as u64, variable as u64, later as u64, 0];
        self.find(Finding { kind: Kind::Hole, item: list, frame, numbers, ..Finding::NONE });
    }

    /// Marks the variables of elements after a hole as explained, even if no field would take them.
    const fn explain_later(&mut self, hole: &HoleAt) {
        let pieces = self.item(hole.list).pieces;
        let depth = self.depth_at(hole.frame);
        let mut family = 0;
        while family < self.input.manifest.families.len() && pieces.len > 0 {
            let own = &self.input.manifest.families[family];
            each!(own.first..own.first + own.count, |variable| {
                if self.taken[variable].unmapped {
                    self.spell_member(own, variable);
                    let pieces = part(self.input.outline.pieces, pieces);
                    if let Some(rest) = invert(pieces, self.spelled.bytes(), false, self.found)
                        && !self.goes_on(rest)
                        && self.found_is(hole.frame, depth)
                        && self.is_later(hole, self.found[depth])
                    {
                        self.taken[variable].unmapped = false;
                    }
                }
            });
            family += 1;
        }
    }

    /// True if a word continues at a position of the name in the memory for names.
    const fn goes_on(&self, at: usize) -> bool {
        at < self.spelled.len() && self.spelled.bytes()[at].is_ascii_alphanumeric()
    }

    const fn is_later(&self, hole: &HoleAt, index: usize) -> bool {
        each!(0..self.holes.len(), |at| {
            let other = self.holes.get(at);
            if other.list == hole.list && other.frame == hole.frame && other.seen == index {
                return true;
            }
        });
        false
    }
}

/// A hash of the letters of a family's names. A template that matches a name has the same letters; numbers, and the `_` before
/// them, may differ.
const fn letters_of(family: &Family<'_>) -> u64 {
    let mut hash = 0;
    each!(0..family.pieces.len(), |at| {
        if let FamilyPiece::Text(text) = &family.pieces[at] {
            hash = with_letters(hash, text);
        }
    });
    hash
}

const fn with_letters(before: u64, text: &str) -> u64 {
    let (mut hash, mut rest) = (before, text.as_bytes());
    while let &[letter, ref more @ ..] = rest {
        if !matches!(letter, b'0'..=b'9' | b'_') {
            hash = (hash as u128 * 0x0100_0000_01b3 + letter as u128 + 1) as u64;
        }
        rest = more;
    }
    hash
}
