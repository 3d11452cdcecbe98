//! Reports variables without a field: those beyond the bounds of lists, those of presets, and all others.

use crate::each::each;
use crate::fit::memory::State;
use crate::fit::names::{count, nth, write_family, write_values};
use crate::fit::records::{Finding, Kind, Outside, Told};
use crate::fit::shown::Axes;
use crate::fit::stack::{NONE, Span};
use crate::fit::text::Text as Out;
use crate::fit::words::Word::{Again, Count, Name, Spec, Text};
use crate::manifest::{Family, FamilyPiece};
use crate::model::description::Preset;
use crate::problem::ProblemKind;
use crate::problem::wording as say;

impl State<'_, '_> {
    /// Finds the elements that are excluded only by the bounds of a list.
    pub(crate) const fn find_beyond(&mut self) {
        each!(0..self.outside.len(), |at| {
            let Outside { variable, item, list, element, family } = self.outside.get(at);
            if self.taken[variable].unmapped {
                let count = self.explain_element(at);
                let numbers = [list as u64, count, 0, 0];
                let (kind, frame) = (Kind::Beyond, element);
                self.find(Finding { kind, item, frame, family, numbers, ..Finding::NONE });
            }
        });
    }

    /// Marks the variables of an excluded element as explained. Returns their number.
    const fn explain_element(&mut self, first: usize) -> u64 {
        let (own, mut count) = (self.outside.get(first), 0);
        each!(first..self.outside.len(), |at| {
            let other = self.outside.get(at);
            if self.same_element(&own, &other) && self.taken[other.variable].unmapped {
                self.taken[other.variable].unmapped = false;
                count += 1;
            }
        });
        count
    }

    const fn same_element(&self, one: &Outside, other: &Outside) -> bool {
        let (frame, other_frame) = (self.frames.get(one.element), self.frames.get(other.element));
        one.list == other.list
            && frame.outer == other_frame.outer
            && frame.index == other_frame.index
    }

    /// Reports the variables without a field that no other problem explains.
    pub(crate) const fn tell_unexpected(&mut self) {
        let of = self.left();
        self.tell_preset(Preset::Bookkeeping, of);
        self.tell_preset(Preset::Ema, of);
        self.tell_preset(Preset::Optimizer, of);
        self.tell_families(true);
        self.tell_families(false);
    }

    /// The number of unexplained variables without a field.
    const fn left(&self) -> usize {
        let mut left = 0;
        each!(0..self.input.manifest.families.len(), |at| {
            left += self.left_of(&self.input.manifest.families[at]);
        });
        left
    }

    pub(crate) const fn left_of(&self, family: &Family<'_>) -> usize {
        let mut left = 0;
        each!(family.first..family.first + family.count, |at| {
            left += self.taken[at].unmapped as usize;
        });
        left
    }

    /// The first unexplained variable of a family.
    pub(crate) const fn first_left(&self, family: &Family<'_>) -> usize {
        let mut at = family.first;
        while !self.taken[at].unmapped {
            at += 1;
        }
        at
    }

    /// Reports the remaining variables of a preset in one sentence, if there are several.
    const fn tell_preset(&mut self, preset: Preset, of: usize) {
        let (families, mut count, mut first) = (self.input.manifest.families, 0, NONE);
        each!(0..families.len(), |at| {
            let left = if is_of(&families[at], preset) { self.left_of(&families[at]) } else { 0 };
            first = if first == NONE && left > 0 { self.first_left(&families[at]) } else { first };
            count += left;
        });
        if count < 2 {
            return;
        }
        let told = self.begin(ProblemKind::Slots, count);
        let what = Text(preset.description());
        if count == of {
            self.write(say::ALL_UNMAPPED, &[Count(of), what, Name(first)]);
        } else {
            self.write(say::SOME_UNMAPPED, &[Count(count), Count(of), what, Name(first)]);
        }
        self.write(say::WRITE_IGNORE, &[Text(preset.word())]);
        self.end(told);
        each!(0..families.len(), |at| {
            if is_of(&families[at], preset) {
                self.explain_family(&families[at]);
            }
        });
    }

    /// Marks the variables of a family as explained by another problem.
    pub(crate) const fn explain_family(&mut self, family: &Family<'_>) {
        each!(family.first..family.first + family.count, |at| {
            self.taken[at].unmapped = false;
        });
    }

    /// Reports the remaining variables of the families that match a preset, or of all others.
    const fn tell_families(&mut self, of_preset: bool) {
        let families = self.input.manifest.families;
        each!(0..families.len(), |at| {
            if families[at].preset.is_some() == of_preset && self.left_of(&families[at]) > 0 {
                self.tell_family(at);
            }
        });
    }

    const fn tell_family(&mut self, number: usize) {
        let family = &self.input.manifest.families[number];
        let left = self.left_of(family);
        if left == family.count {
            let start = self.out.len();
            write_family(family, &mut self.out);
            return self.tell_unmapped(number, self.out.since(start), left);
        }
        let rank = numbers(family);
        let start = self.tuples.len();
        each!(0..family.count, |member| {
            if self.taken[family.first + member].unmapped {
                self.add_numbers(family, member);
            }
        });
        let mut at = self.fold_tuples(start, rank);
        while at < self.boxes.len() && rank > 0 {
            let axes =
                Axes { spans: self.boxes.part(Span { at, len: rank }), values: self.values.all() };
            let (count, start) = (axes.count(), self.out.len());
            write_some(family, axes, &mut self.out);
            self.tell_unmapped(number, self.out.since(start), count);
            at += rank;
        }
    }

    const fn tell_unmapped(&mut self, family: usize, variable: Span, count: usize) {
        let told = Told { variable, family, ..self.begin(ProblemKind::Unmapped, count) };
        self.write(say::UNMAPPED, &[Again(variable), Spec(family)]);
        match self.input.manifest.families[family].preset {
            Some(preset) => self.write(say::WRITE_IGNORE, &[Text(preset.word())]),
            None => self.out.push(say::NAME_IN_IGNORE),
        }
        self.end(told);
    }

    /// Adds the numbers in the name of a variable of a family as a tuple.
    const fn add_numbers(&mut self, family: &Family<'_>, member: usize) {
        let (mut left, mut inner) = (member, family.count);
        each!(0..family.pieces.len(), |at| {
            if let FamilyPiece::Number { values, .. } = family.pieces[at] {
                inner /= count(values);
                let _ = self.tuples.push(nth(values, left / inner) as u64);
                left %= inner;
            }
        });
    }
}

/// The number of numbers that differ in the names of a family.
const fn numbers(family: &Family<'_>) -> usize {
    let mut count = 0;
    each!(0..family.pieces.len(), |at| {
        count += matches!(family.pieces[at], FamilyPiece::Number { .. }) as usize;
    });
    count
}

/// Writes some names of a family as one.
const fn write_some(family: &Family<'_>, axes: Axes<'_>, out: &mut Out<'_>) {
    let mut axis = 0;
    each!(0..family.pieces.len(), |at| {
        match &family.pieces[at] {
            FamilyPiece::Text(text) => out.push(text),
            FamilyPiece::Number { digits, .. } => {
                match axes.of(axis) {
                    Some([value]) => out.number(*value, *digits),
                    Some(values) => {
                        out.push("<");
                        write_values(values, 0, out);
                        if *digits > 1 {
                            out.push(":0");
                            out.number(*digits as u64, 1);
                        }
                        out.push(">");
                    }
                    None => {}
                }
                axis += 1;
            }
        }
    });
}

const fn is_of(family: &Family<'_>, preset: Preset) -> bool {
    match family.preset {
        Some(other) => other as u8 == preset as u8,
        None => false,
    }
}
