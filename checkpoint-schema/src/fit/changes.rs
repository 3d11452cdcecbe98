//! Finds the one change of names that explains most missing variables: another prefix, or another word.
//!
//! The names of a few missing variables are compared with those of all others. Each difference is a candidate. The candidate that
//! gives most missing variables a name that exists is the change.

use crate::each::each;
use crate::fit::invert::invert;
use crate::fit::memory::State;
use crate::fit::near::COMPARED;
use crate::fit::outline::{Holder, Item, Piece};
use crate::fit::records::{Change, Finding, Instance, Kind, Told};
use crate::fit::stack::{NONE, Span, part};
use crate::fit::words::Word::{Again, Count, Joined, Kept, Text};
use crate::manifest::{Family, FamilyPiece, Hash};
use crate::model::description::Path;
use crate::model::dialect::lacks;
use crate::model::template;
use crate::model::text::{ends, rests, starts};
use crate::problem::ProblemKind;
use crate::problem::wording as say;

/// The number of missing variables for which other names are searched, at most and at least.
const LOOKED_FOR: (usize, usize) = (8, 2);

/// The number of changes to try on the names of all missing variables.
const TRIED: usize = 16;

impl State<'_, '_> {
    /// Reports that most missing variables exist with another prefix. Returns true if the prefix of the whole struct differs. Marks
    /// the variables under that prefix as explained.
    pub(crate) const fn tell_prefix(&mut self) -> bool {
        let missing = self.missing_left();
        if missing < 2 {
            return false;
        }
        let texts = self.texts.len();
        let (best, mut whole) = (self.change(false, missing), false);
        if best.count > 0 {
            if best.written.len > self.root_text() || self.would_lose(&best) {
                self.tell_elsewhere(&best);
            } else if missing > self.takes {
                whole = true;
                self.tell_prefix_of(&best);
            }
        }
        self.texts.truncate(texts);
        whole
    }

    /// Reports the word that differs between nearly all missing variables and variables without a field. There must be several
    /// fields with this difference. Marks those variables as explained.
    pub(crate) const fn tell_renamed(&mut self) {
        let texts = self.texts.len();
        let best = self.change(true, self.missing_left());
        if best.count > 0 && self.is_of_several(&best) {
            let mut next = 0;
            while let Some(finding) = self.missing_from(next) {
                let is_told = self.changed(finding, &best).is_some();
                self.findings.at(finding).told = is_told;
                next = finding + 1;
            }
            let count = self.explain_change(&best, 0, self.input.outline.items.len());
            let words = [Count(count), Kept(best.found), Kept(best.written)];
            self.tell(ProblemKind::Renamed, count, say::RENAMED, &words);
        }
        self.texts.truncate(texts);
    }

    /// The change of a word or of a prefix that explains most missing variables, if it explains nearly all of them. The most frequent
    /// candidates are tried.
    const fn change(&mut self, is_word: bool, missing: usize) -> Change {
        let (from, mut looked, mut next) = (self.changes.len(), 0, 0);
        while let Some(finding) = self.missing_from(next)
            && looked < self.looked_for()
        {
            if is_word {
                self.add_words(finding);
            } else {
                self.add_prefixes(finding);
            }
            (looked, next) = (looked + 1, finding + 1);
        }
        let mut best = Change::NONE;
        each!(0..TRIED, |_| {
            let mut most = from;
            each!(from..self.changes.len, |at| {
                if self.changes.cells[at].count > self.changes.cells[most].count {
                    most = at;
                }
            });
            if most == self.changes.len() || self.changes.get(most).count == 0 {
                break;
            }
            let mut change = self.changes.get(most);
            self.changes.at(most).count = 0;
            // All but a tenth, and more than the best one.
            let least = missing - missing / 10;
            let least = if best.count < least { least } else { best.count + 1 };
            change.count = self.changed_by(&change, missing, least);
            if change.count >= least {
                best = change;
            }
        });
        self.changes.truncate(from);
        best
    }

    /// The number of missing variables for which other names are searched. There are fewer if each is compared with many families.
    pub(crate) const fn looked_for(&self) -> usize {
        let (most, least) = LOOKED_FOR;
        match COMPARED / (self.input.manifest.families.len() + 1) {
            many if many > most => most,
            few if few < least => least,
            number => number,
        }
    }

    /// The number of missing variables that exist after a change. The search ends early if there are fewer than `least`.
    const fn changed_by(&mut self, change: &Change, missing: usize, least: usize) -> usize {
        let (mut count, mut left, mut next) = (0, missing, 0);
        while count + left >= least
            && let Some(finding) = self.missing_from(next)
        {
            count += self.changed(finding, change).is_some() as usize;
            (left, next) = (left - 1, finding + 1);
        }
        count
    }

    /// The family of a missing variable after a change, if it exists and no field takes it.
    const fn changed(&mut self, finding: usize, change: &Change) -> Option<usize> {
        let Finding { item, frame, .. } = self.findings.get(finding);
        self.spell_at(item, frame);
        let Some(name) = self.change_name(change.is_word, change.written, change.found) else {
            return None;
        };
        match self.variable_named(name) {
            Some((variable, family)) if self.is_open(variable, change) => Some(family),
            _ => None,
        }
    }

    /// True if a change may explain a variable: no field takes it, and if a word differs, nothing else accounts for it.
    const fn is_open(&self, variable: usize, change: &Change) -> bool {
        let taken = &self.taken[variable];
        if change.is_word { taken.unmapped } else { taken.by == NONE }
    }

    /// Replaces text of the name in the memory for names: the first word, or the prefix. The changed name follows there.
    const fn change_name(&mut self, is_word: bool, from: Span, to: Span) -> Option<Span> {
        let (name, text) = (self.spelled.bytes(), self.texts.bytes_of(from));
        let at = match is_word {
            true => word_at(name, text),
            false if starts(name, 0, text) => Some(0),
            false => None,
        };
        let Some(at) = at else { return None };
        let (start, rest) = (name.len(), at + text.len());
        self.spelled.repeat(Span { at: 0, len: at });
        self.spelled.push(self.texts.part(to));
        self.spelled.repeat(Span { at: rest, len: start - rest });
        Some(self.spelled.since(start))
    }

    /// Marks the variables that items would take after a change as explained. Returns their number.
    ///
    /// A change concerns all names of a family alike. Most families have a missing variable, which is found by its hash. Those of
    /// optional fields are found by their names.
    const fn explain_change(&mut self, change: &Change, from: usize, end: usize) -> usize {
        let mut count = 0;
        each!(0..self.findings.len(), |at| {
            let finding = self.findings.get(at);
            if matches!(finding.kind, Kind::Missing)
                && from <= finding.item
                && finding.item < end
                && let Some(family) = self.changed(at, change)
            {
                count += self.explain_left(&self.input.manifest.families[family]);
            }
        });
        each!(0..self.input.manifest.families.len(), |number| {
            let family = &self.input.manifest.families[number];
            if self.left_of(family) > 0 {
                self.spell_member(family, self.first_left(family));
                if let Some(name) = self.change_name(change.is_word, change.found, change.written)
                    && self.is_any_named(name, from, end)
                {
                    count += self.explain_left(family);
                }
            }
        });
        count
    }

    /// Marks the unexplained variables of a family as explained. Returns their number.
    const fn explain_left(&mut self, family: &Family<'_>) -> usize {
        let left = self.left_of(family);
        self.explain_family(family);
        left
    }

    /// True if an item in a range has a name in the memory for names at some indices.
    const fn is_any_named(&mut self, name: Span, from: usize, end: usize) -> bool {
        each!(from..end, |item| {
            let pieces = part(self.input.outline.pieces, self.item(item).pieces);
            if invert(pieces, part(self.spelled.bytes(), name), true, self.found).is_some() {
                return true;
            }
        });
        false
    }

    /// Adds a candidate, or increments the count of a known one: text of a missing name, and of the name in the memory for names.
    const fn add_change(&mut self, is_word: bool, written: Span, found: Span) {
        let start = self.texts.len();
        self.texts.push_bytes(part(self.spelled.bytes(), found));
        let found = self.texts.since(start);
        let hash = Hash::of(self.texts.bytes_of(found)).value;
        each!(0..self.changes.len, |at| {
            // Without calls, since there may be thousands of candidates.
            if self.changes.cells[at].hash == hash
                && self.same_text(self.changes.cells[at].written, written)
                && self.same_text(self.changes.cells[at].found, found)
            {
                self.changes.cells[at].count += 1;
                return self.texts.truncate(start);
            }
        });
        let _ = self.changes.push(Change { is_word, written, found, hash, count: 1 });
    }

    /// Adds the prefixes of a missing variable, each with a replacement under which the rest of the name exists.
    const fn add_prefixes(&mut self, finding: usize) {
        let longest = self.text_before_index(self.item(self.findings.get(finding).item));
        let name = self.text_missing(finding);
        let (mut any, mut at) = (false, 0);
        while !any && at <= longest && at < name.len {
            if at == 0 || self.texts.bytes_of(name)[at - 1] == b'/' {
                any = self.add_prefixes_at(name, at);
            }
            at += 1;
        }
    }

    /// The length of a template's text before its first index.
    const fn text_before_index(&self, item: &Item<'_>) -> usize {
        let (mut len, mut pieces) = (0, part(self.input.outline.pieces, item.pieces));
        while let [Piece::Text { text, .. }, rest @ ..] = pieces {
            (len, pieces) = (len + text.len(), rest);
        }
        len
    }

    /// Adds the texts before the rest of a name, from a position on, in the names of all variables. Returns true if there are any.
    const fn add_prefixes_at(&mut self, name: Span, at: usize) -> bool {
        let mut any = false;
        each!(0..self.input.manifest.families.len(), |number| {
            let family = &self.input.manifest.families[number];
            let may_end = may_end(family, self.texts.bytes_of(name).split_at(at).1);
            let mut variable = family.first;
            while may_end && variable < family.first + family.count {
                self.spell_member(family, variable);
                let other = self.spelled.bytes();
                let rest = self.texts.bytes_of(name).split_at(at).1;
                let len = other.len().saturating_sub(rest.len());
                if ends(other, rest) && (len == 0 || matches!(other[len - 1], b'/' | b'.')) {
                    let written = Span { at: name.at, len: at };
                    self.add_change(false, written, Span { at: 0, len });
                    any = true;
                }
                variable += 1;
            }
        });
        any
    }

    /// Adds the words that differ between the name of a missing variable and the names of variables without a field.
    const fn add_words(&mut self, finding: usize) {
        let name = self.text_missing(finding);
        each!(0..self.input.manifest.families.len(), |number| {
            let family = &self.input.manifest.families[number];
            let may_differ = may_differ_in_word(family, self.texts.bytes_of(name));
            let mut variable = family.first;
            while may_differ && variable < family.first + family.count {
                if self.taken[variable].unmapped {
                    self.spell_member(family, variable);
                    let own = self.texts.bytes_of(name);
                    if let Some((at, len, found)) = words(own, self.spelled.bytes()) {
                        let written = Span { at: name.at + at, len };
                        self.add_change(true, written, Span { at, len: found });
                    }
                }
                variable += 1;
            }
        });
    }

    /// Appends the name of a missing variable to the memory for texts.
    pub(crate) const fn text_missing(&mut self, finding: usize) -> Span {
        let Finding { item, frame, .. } = self.findings.get(finding);
        self.spell_at(item, frame);
        let start = self.texts.len();
        self.texts.push_bytes(self.spelled.bytes());
        self.texts.since(start)
    }

    /// True if the missing variables that a word explains belong to several fields, or have several dtypes or shapes.
    const fn is_of_several(&mut self, change: &Change) -> bool {
        let (mut item, mut family, mut next) = (NONE, NONE, 0);
        while let Some(finding) = self.missing_from(next) {
            if let Some(other) = self.changed(finding, change) {
                let own = self.findings.get(finding).item;
                if (item != NONE && own != item)
                    || (family != NONE && !self.same_spec(family, other))
                {
                    return true;
                }
                (item, family) = (own, other);
            }
            next = finding + 1;
        }
        false
    }

    /// The length of the prefix from the root and the load options, including separators.
    const fn root_text(&self) -> usize {
        let Holder { prefix, separator, .. } = self.input.outline.structs[0];
        let (prefix, option) = (text_of(prefix).len(), self.input.outline.prefix.len());
        let separators = (prefix > 0) as usize + (option > 0) as usize;
        prefix + option + separators * separator.len()
    }

    /// True if a change of prefix would lose variables that are found now.
    const fn would_lose(&mut self, change: &Change) -> bool {
        each!(0..self.instances.len(), |at| {
            let Instance { item, frame, variable, .. } = self.instances.get(at);
            if variable != NONE && !self.is_absolute(item) {
                self.spell_at(item, frame);
                if starts(self.spelled.bytes(), 0, self.texts.bytes_of(change.written)) {
                    return true;
                }
            }
        });
        false
    }

    /// True if the names of an item do not start with the prefix of the root.
    const fn is_absolute(&self, item: usize) -> bool {
        let mut at = item;
        while at != NONE {
            let Item { field, path, outer, .. } = *self.item(at);
            let own = path < field.paths.len() && field.paths[path].absolute;
            let structs = self.input.outline.structs;
            if own || (outer != NONE && structs[self.item(outer).inner].prefix.absolute) {
                return true;
            }
            at = outer;
        }
        false
    }

    /// True if any path or any prefix of a nested struct is absolute.
    const fn has_absolute_paths(&self) -> bool {
        each!(0..self.input.outline.items.len(), |item| {
            if self.is_absolute(item) && !lacks(self.item(item).field) {
                return true;
            }
        });
        false
    }

    /// Reports each absent struct that exists with another prefix.
    const fn tell_elsewhere(&mut self, change: &Change) {
        let mut next = 0;
        while let Some(finding) = self.missing_from(next) {
            let top = self.top(finding);
            if top != NONE {
                self.tell_top_elsewhere(top, change);
            }
            next = finding + 1;
        }
    }

    const fn tell_top_elsewhere(&mut self, top: usize, change: &Change) {
        let location = self.text_variable(top, Span::EMPTY);
        let place = self.texts.bytes_of(location);
        let written = self.texts.bytes_of(change.written);
        // The location continues after the changed text, or equals it except for the separator.
        let below = starts(place, 0, written);
        let same = written.len() == place.len() + 1 && starts(written, 0, place);
        if location.len == 0 || !(below || same) {
            return self.texts.truncate(location.at);
        }
        let told = self.begin_field(ProblemKind::Elsewhere, top, Span::EMPTY, true);
        let (found, len) = if below {
            (change.found, change.written.len)
        } else {
            (self.without_separator(change.found), location.len)
        };
        let rest = Span { at: location.at + len, len: location.len - len };
        self.write(say::ELSEWHERE, &[Again(told.variable), Joined(found, rest)]);
        self.texts.truncate(location.at);
        let mut next = 0;
        while let Some(finding) = self.missing_from(next) {
            self.findings.at(finding).told = self.top(finding) == top;
            next = finding + 1;
        }
        let moved = self.explain_change(change, top + 1, self.item(top).end);
        self.end(Told { count: if moved > 0 { moved } else { 1 }, ..told });
    }

    /// Reports a different prefix of all paths.
    const fn tell_prefix_of(&mut self, change: &Change) {
        let mut next = 0;
        while let Some(finding) = self.missing_from(next) {
            self.findings.at(finding).told = true;
            next = finding + 1;
        }
        let moved = self.explain_change(change, 0, self.input.outline.items.len());
        let count = if moved > change.count { moved } else { change.count };
        self.explain_below(change.found);
        let told = self.begin(ProblemKind::Prefix, count);
        let (number, found, written) = (Count(count), Kept(change.found), Kept(change.written));
        match (change.written.len, change.found.len) {
            (0, _) => self.write(say::UNDER_PREFIX, &[number, found]),
            (_, 0) => self.write(say::WITHOUT_PREFIX, &[number, written]),
            _ => self.write(say::OTHER_PREFIX, &[number, found, written]),
        }
        self.write_way_to_prefix(change);
        self.end(told);
    }

    /// Marks all variables under a prefix as explained, unless it is empty.
    const fn explain_below(&mut self, prefix: Span) {
        let mut number = 0;
        while number < self.input.manifest.families.len() && prefix.len > 0 {
            let family = &self.input.manifest.families[number];
            each!(family.first..family.first + family.count, |variable| {
                if self.taken[variable].unmapped {
                    self.spell_member(family, variable);
                    let is_below = starts(self.spelled.bytes(), 0, self.texts.bytes_of(prefix));
                    self.taken[variable].unmapped = !is_below;
                }
            });
            number += 1;
        }
    }

    /// Writes how to change the prefix of the root.
    const fn write_way_to_prefix(&mut self, change: &Change) {
        let Holder { owner, prefix, .. } = self.input.outline.structs[0];
        let option = Kept(self.without_separator(change.found));
        if !self.input.outline.prefix.is_empty() {
            return self.out.push(say::CHANGE_OPTION);
        }
        // The attribute does not move absolute paths.
        if change.written.len == 0 && self.has_absolute_paths() {
            return self.write(say::LOAD_WITH, &[option]);
        }
        // The new prefix: the found text, and the rest of the old one.
        let (start, own, written) = (self.texts.len(), text_of(prefix), change.written.len);
        self.texts.repeat(change.found);
        if written < own.len() {
            self.texts.push(own.split_at(written).1);
        }
        let prefix = self.without_separator(self.texts.since(start));
        if prefix.len == 0 {
            self.write(say::REMOVE_PREFIX, &[Text(owner.name)]);
        } else {
            self.write(say::WRITE_PREFIX, &[Kept(prefix), Text(owner.name)]);
        }
        self.texts.truncate(start);
        if written == 0 {
            self.out.push(", or ");
            self.write(say::LOAD_WITH, &[option]);
        }
    }

    const fn without_separator(&self, text: Span) -> Span {
        let mut bytes = self.texts.bytes_of(text);
        while let [rest @ .., b'/' | b'.'] = bytes {
            bytes = rest;
        }
        Span { len: bytes.len(), ..text }
    }
}

/// The text of a path, up to its first index.
const fn text_of(path: &Path) -> &str {
    match path.pieces {
        [template::Piece::Text(text), ..] => text,
        _ => "",
    }
}

/// Compares two names that differ in a single word. Returns the start of the word, and its length in each name.
pub(crate) const fn words(name: &[u8], other: &[u8]) -> Option<(usize, usize, usize)> {
    let (mut start, mut end) = (0, 0);
    while start < name.len() && start < other.len() && name[start] == other[start] {
        start += 1;
    }
    let shorter = if name.len() < other.len() { name.len() } else { other.len() };
    while start + end < shorter && name[name.len() - 1 - end] == other[other.len() - 1 - end] {
        end += 1;
    }
    if differs(name, start, name.len() - end) || differs(other, start, other.len() - end) {
        return None;
    }
    // The word starts with its segment, and extends to the last letter.
    let mut from = start;
    while from > 0 && name[from - 1] != b'/' {
        from -= 1;
    }
    while end > 0 && is_letter(name[name.len() - end]) {
        end -= 1;
    }
    let (one, two) = (name.len() - end - from, other.len() - end - from);
    if one == 0 || two == 0 || (one == two && start >= name.len() - end) {
        return None;
    }
    Some((from, one, two))
}

/// True if the range contains more than a single word.
const fn differs(name: &[u8], start: usize, end: usize) -> bool {
    each!(start..end, |at| {
        if name[at] == b'/' || name[at].is_ascii_digit() {
            return true;
        }
    });
    false
}

/// The start of the first segment that begins with a word.
pub(crate) const fn word_at(name: &[u8], word: &[u8]) -> Option<usize> {
    each!(0..name.len(), |at| {
        if (at == 0 || name[at - 1] == b'/') && starts(name, at, word) {
            let end = at + word.len();
            if end == name.len() || !is_letter(name[end]) {
                return Some(at);
            }
        }
    });
    None
}

/// False if no name of a family differs from a name in a single word: then its first or its last text is the same.
const fn may_differ_in_word(family: &Family<'_>, name: &[u8]) -> bool {
    match family.pieces {
        [FamilyPiece::Text(first), .., FamilyPiece::Text(last)] => {
            let (first, last) = (first.as_bytes(), last.as_bytes());
            matches!(rests(name, first), Some((_, []))) || ends(name, last)
        }
        _ => true,
    }
}

/// False if no name of a family ends with a text.
const fn may_end(family: &Family<'_>, end: &[u8]) -> bool {
    let [.., FamilyPiece::Text(text)] = family.pieces else { return true };
    let text = text.as_bytes();
    if text.len() < end.len() {
        family.pieces.len() > 1 && ends(end, text)
    } else {
        ends(text, end)
    }
}

const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}
