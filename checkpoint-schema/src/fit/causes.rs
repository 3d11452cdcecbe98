//! Finds one cause of many missing variables: names of objects, averages, another model.

use crate::each::each;
use crate::fit::invert::{invert, may_match};
use crate::fit::memory::State;
use crate::fit::names::write_member;
use crate::fit::outline::Role;
use crate::fit::problems::MANY;
use crate::fit::records::{Finding, Kind};
use crate::fit::stack::{NONE, Span, part};
use crate::fit::words::Word::{Count, FieldAt, Name, Text, VariableAt};
use crate::format::tensorflow::object_graph::VALUE_SUFFIX;
use crate::manifest::{Family, FamilyPiece, Hash, find};
use crate::model::shadow::Shadow;
use crate::model::text::ends;
use crate::problem::ProblemKind;
use crate::problem::wording as say;

/// The name of an average below its variable, as stored by `tf.train.ExponentialMovingAverage`.
const AVERAGE: &str = "ExponentialMovingAverage";

impl State<'_, '_> {
    /// The first missing variable without a reported cause, from a finding on.
    pub(crate) const fn missing_from(&self, from: usize) -> Option<usize> {
        each!(from..self.findings.len(), |at| {
            let finding = self.findings.get(at);
            if matches!(finding.kind, Kind::Missing) && !finding.told {
                return Some(at);
            }
        });
        None
    }

    /// The number of missing variables without a reported cause.
    pub(crate) const fn missing_left(&self) -> usize {
        let (mut missing, mut next) = (0, 0);
        while let Some(finding) = self.missing_from(next) {
            (missing, next) = (missing + 1, finding + 1);
        }
        missing
    }

    /// The variable with a name in the memory for names, and its family.
    pub(crate) const fn variable_named(&self, name: Span) -> Option<(usize, usize)> {
        match find(self.input.manifest.slots, Hash::of(part(self.spelled.bytes(), name))) {
            Some((variable, family)) if variable < self.input.manifest.variables => {
                Some((variable, family))
            }
            _ => None,
        }
    }

    /// Replaces the memory for names by the name of a variable of a family.
    pub(crate) const fn spell_member(&mut self, family: &Family<'_>, variable: usize) {
        self.spelled.truncate(0);
        write_member(family, variable - family.first, &mut self.spelled);
    }

    /// Marks the variables that match a template as explained. The template is among the patterns.
    pub(crate) const fn explain(&mut self, pieces: Span) {
        each!(0..self.input.manifest.families.len(), |number| {
            let family = &self.input.manifest.families[number];
            let may_match = may_match(self.patterns.part(pieces), family);
            let mut variable = family.first;
            while may_match && variable < family.first + family.count {
                if self.taken[variable].unmapped {
                    self.spell_member(family, variable);
                    let (pieces, name) = (self.patterns.part(pieces), self.spelled.bytes());
                    let matches = invert(pieces, name, true, self.found).is_some();
                    self.taken[variable].unmapped = !matches;
                }
                variable += 1;
            }
        });
    }

    /// Marks the variables that match the template of an item as explained.
    pub(crate) const fn explain_item(&mut self, item: usize) {
        let start = self.patterns.len();
        let mut pieces = part(self.input.outline.pieces, self.item(item).pieces);
        while let [piece, rest @ ..] = pieces {
            let _ = self.patterns.push(*piece);
            pieces = rest;
        }
        self.explain(self.patterns.since(start));
        self.patterns.truncate(start);
    }

    /// Marks a missing variable as reported, and the variable that exists in its place as explained.
    const fn found_as(&mut self, finding: usize, variable: usize) {
        self.findings.at(finding).told = true;
        self.taken[variable].unmapped = false;
    }

    /// Reports missing keys that are paths of existing objects. Marks the variables without a field as explained.
    pub(crate) const fn tell_object_keys(&mut self) {
        let (mut next, mut any) = (0, false);
        while let Some(finding) = self.missing_from(next)
            && self.input.are_keys
        {
            let Finding { item, frame, .. } = self.findings.get(finding);
            self.spell_at(item, frame);
            self.spelled.push(VALUE_SUFFIX);
            if let Some((variable, _)) = self.variable_named(self.spelled.since(0)) {
                any = true;
                self.found_as(finding, variable);
            }
            next = finding + 1;
        }
        if any {
            self.tell(ProblemKind::ObjectBased, 1, say::OBJECT_BASED, &[]);
        }
    }

    /// Reports missing variables that exist under other names: only as an average, or only without an average.
    pub(crate) const fn tell_averages(&mut self) {
        let (mut next, mut count, mut first) = (0, [0, 0], [NONE, NONE]);
        while let Some(finding) = self.missing_from(next) {
            if let Some((variable, averaged)) = self.under_other_name(finding) {
                let kind = averaged as usize;
                first[kind] = if count[kind] == 0 { variable } else { first[kind] };
                count[kind] += 1;
                self.found_as(finding, variable);
            }
            next = finding + 1;
        }
        if count[0] + count[1] > 0 {
            self.explain_names();
        }
        self.tell_other_names(count[0], first[0], say::NO_AVERAGE);
        let averages = match self.input.shadow {
            Shadow::PreferAverage => say::ONLY_AVERAGES,
            _ => say::ONLY_AVERAGES_TAKEN,
        };
        self.tell_other_names(count[1], first[1], averages);
    }

    /// The variable found in place of a missing one: its average (true), or the plain variable of a missing average (false).
    const fn under_other_name(&mut self, finding: usize) -> Option<(usize, bool)> {
        let Finding { item, frame, .. } = self.findings.get(finding);
        let own = self.item(item);
        let is_average = matches!(own.role, Role::Average);
        self.spell_at(if is_average { own.base } else { item }, frame);
        if !is_average {
            self.spelled.push(own.separator);
            self.spelled.push(match own.shadow.name {
                Some(name) => name,
                None => AVERAGE,
            });
        }
        match self.variable_named(self.spelled.since(0)) {
            Some((variable, _)) => Some((variable, !is_average)),
            None => None,
        }
    }

    /// Marks averages, and variables whose names match the struct, as explained. This includes later elements of lists without
    /// bounds: only the first element is reported as missing.
    const fn explain_names(&mut self) {
        each!(0..self.input.outline.items.len(), |item| {
            self.explain_item(item);
        });
        each!(0..self.input.manifest.families.len(), |family| {
            let own = &self.input.manifest.families[family];
            if let Some(FamilyPiece::Text(text)) = own.pieces.last()
                && ends(text.as_bytes(), AVERAGE.as_bytes())
            {
                self.explain_family(own);
            }
        });
    }

    const fn tell_other_names(&mut self, count: usize, first: usize, sentence: &str) {
        let have = Text(if count == 1 {
            "variable of the struct has"
        } else {
            "variables of the struct have"
        });
        if count > 0 {
            self.tell(ProblemKind::Averages, count, sentence, &[Count(count), have, Name(first)]);
        }
    }

    /// Reports that the checkpoint is of another model, in one sentence. The condition: almost no variables of the struct exist, and
    /// few of the missing names have a similar name.
    pub(crate) const fn tell_other_model(&mut self) {
        let missing = self.missing_left();
        if missing < 2 * MANY || self.takes * 10 > missing {
            return;
        }
        let (mut looked, mut like, mut first, mut next) = (0, 0, NONE, 0);
        while let Some(finding) = self.missing_from(next)
            && looked < self.looked_for()
            && like * 2 <= self.looked_for()
        {
            first = if first == NONE { finding } else { first };
            like += self.is_like_any(finding) as usize;
            (looked, next) = (looked + 1, finding + 1);
        }
        let (mut other, mut left) = (NONE, 0);
        each!(0..self.input.manifest.variables, |variable| {
            if self.taken[variable].unmapped {
                other = if other == NONE { variable } else { other };
                left += 1;
            }
        });
        if like * 2 > looked || other == NONE {
            return;
        }
        let Finding { item, frame, .. } = self.findings.get(first);
        let all = Text(if self.takes == 0 { "all" } else { "nearly all" });
        let root = Text(self.input.outline.structs[0].owner.name);
        let example = [VariableAt(item, frame), FieldAt(item, frame)];
        let words = [all, root, example[0], example[1], Count(left), Name(other)];
        // The count is larger than that of other dialects, which may explain only some variables.
        self.tell(ProblemKind::Absent, missing + left, say::ANOTHER_MODEL_S, &words);
        each!(0..self.findings.len(), |at| {
            self.findings.at(at).told = true;
        });
        each!(0..self.input.manifest.variables, |variable| {
            self.taken[variable].unmapped = false;
        });
    }

    /// True if a missing variable is similar to a variable without a field.
    const fn is_like_any(&mut self, finding: usize) -> bool {
        let Finding { item, frame, .. } = self.findings.get(finding);
        let name = self.text_missing(finding);
        self.go_to(frame);
        let compared = self.compared;
        let like = self.meant(self.item(item), name, true).is_some();
        self.compared = compared;
        self.texts.truncate(name.at);
        like
    }
}
