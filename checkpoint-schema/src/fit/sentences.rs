//! Formats the problems of fields as sentences.

use crate::each::each;
use crate::fit::memory::State;
use crate::fit::outline::{Item, roots_of};
use crate::fit::records::{Finding, Kind, UNKNOWN, Vote, Want};
use crate::fit::stack::{NONE, Span};
use crate::fit::text::same_lens;
use crate::fit::words::Word::{
    Again, Axes, Count, Field, Kept, Lens, Member, Name, Number, Op as Step, Root, Spec, Text,
    Variable,
};
use crate::fit::words::{Word, before_word};
use crate::listing::dtype::DType;
use crate::manifest::{Hash, find};
use crate::model::description::{Cast, Indices, Node, Op};
use crate::model::expression::{AxisLength, Expression};
use crate::problem::ProblemKind;
use crate::problem::wording as say;

impl<'a> State<'_, 'a> {
    /// Reports a finding at places that differ only in their indices. Missing variables are reported elsewhere, by cause. The
    /// same finding exists for `more` further fields of its struct.
    pub(crate) const fn tell_finding(&mut self, finding: &Finding<'a>, axes: Span, more: usize) {
        let several = matches!(
            finding.kind,
            Kind::Aliases
                | Kind::Hole
                | Kind::NoValue
                | Kind::NoNumber
                | Kind::Shapeless
                | Kind::Elements
        );
        // A list that starts later lacks its first element, and has no field for it.
        let later = matches!(finding.kind, Kind::Hole) && finding.numbers[2] > 0;
        let at = if later { Span { len: axes.len - 1, ..axes } } else { axes };
        let kind = kind_of(finding.kind);
        let mut told = match finding.kind {
            Kind::Beyond => self.begin_variable(kind, finding.item, axes),
            _ => self.begin_field(kind, finding.item, at, !several),
        };
        (told.count, told.family) = (self.places_in(axes), finding.family);
        self.tell_kind(finding, at, told.variable, later);
        if more > 0 {
            self.write(say::SO_ARE, &[Count(more), Member(finding.item)]);
        }
        told.wanted = self.wanted(finding);
        self.end(told);
    }

    /// Reports a finding by its kind; `later` is true for a list that starts later.
    const fn tell_kind(&mut self, finding: &Finding<'a>, axes: Span, variable: Span, later: bool) {
        let (name, spec, word) = (Again(variable), Spec(finding.family), Text(finding.word()));
        let [first, second, third, _] = finding.numbers;
        let item = first as usize;
        match finding.kind {
            Kind::Missing
            | Kind::FixedTwice
            | Kind::BoundAndFixed
            | Kind::Contradicted
            | Kind::Failed
            | Kind::Varied => {}
            Kind::Unreadable => self.write(say::UNREADABLE, &[name, word]),
            Kind::Ambiguous => self.tell_ambiguous(item, name),
            Kind::DType => self.tell_dtype(finding, name),
            Kind::Rank => self.tell_rank(finding, name),
            Kind::Shape => self.tell_shape(finding, name),
            Kind::NoNumber => {
                self.write(say::NO_NUMBER, &[Root(item)]);
                self.say_symbols_of(item, finding.scope);
            }
            Kind::Shapeless if finding.word().is_empty() => self.write(say::SHAPELESS, &[]),
            Kind::NoValue | Kind::Shapeless => self.write(say::NO_VALUE, &[word, word]),
            Kind::Elements => {
                self.write(say::ELEMENTS, &[Number(first), Number(second)]);
                self.say_symbols_of(third as usize, finding.scope);
            }
            Kind::Taken if second == 0 => {
                self.write(say::TAKEN, &[name, Field(item, Span::EMPTY)]);
            }
            Kind::Taken => {
                let (variable, field) = (Variable(item, Span::EMPTY), Field(item, Span::EMPTY));
                self.write(say::TAKEN_BY_ANOTHER_NAME, &[name, variable, field]);
            }
            Kind::Overlap => self.write(say::OVERLAP, &[name, spec, Field(item, Span::EMPTY)]),
            Kind::Gap => self.write(say::GAP, &[name, spec, Number(first)]),
            Kind::Aliases => self.tell_aliases(finding, axes),
            Kind::Hole => self.tell_hole_of(finding, axes, later),
            Kind::Beyond => self.tell_beyond(finding, axes, name),
            Kind::NeverThere => self.tell_never_there(finding.item, axes, name),
            Kind::Ignored => self.write(say::IGNORED, &[name, word]),
            Kind::Copy => self.write(say::COPY, &[name]),
            Kind::Tied => {
                let other = [Variable(item, axes), Spec(second as usize)];
                self.write(say::TIED, &[name, spec, other[0], other[1]]);
            }
            Kind::Undivided => self.tell_undivided(finding, name),
            _ => self.tell_step(finding, name),
        }
    }

    /// The expected dtype, rank or shape, if the variable differs.
    const fn wanted(&self, finding: &Finding<'_>) -> Want {
        match finding.kind {
            Kind::DType => match self.other_dtype(finding.item, finding.family) {
                Some(dtype) => Want::DType(dtype),
                None => Want::Nothing,
            },
            Kind::Rank => Want::Rank(finding.numbers[0] as usize),
            Kind::Shape => Want::Shape(finding.other),
            _ => Want::Nothing,
        }
    }

    /// Writes a variable with its dtype and shape, and its shape at the finding, if steps have changed that.
    const fn write_found(
        &mut self,
        finding: &Finding<'_>,
        sentence: &str,
        name: Word<'_>,
        changed: &str,
    ) {
        self.write(sentence, &[name, Spec(finding.family)]);
        if !same_lens(self.lens.part(finding.at), self.spec(finding.family).1) {
            self.write(changed, &[Lens(finding.at)]);
        }
    }

    const fn tell_ambiguous(&mut self, number: usize, name: Word<'_>) {
        let named =
            if number < self.input.ambiguous.len() { self.input.ambiguous[number] } else { &[] };
        let start = self.texts.len();
        let (shown, mut at) = (if named.len() > 4 { 4 } else { named.len() }, 0);
        while at < shown {
            self.texts.fill("{}`{}`", &[before_word(at, named.len()), named[at].path]);
            at += 1;
        }
        if shown < named.len() {
            self.texts.push(" and ");
            self.texts.number((named.len() - shown) as u64, 1);
            self.texts.push(" more");
        }
        let (paths, key) = (self.texts.since(start), if at > 0 { named[0].key } else { "" });
        self.write(say::AMBIGUOUS, &[name, Count(named.len()), Kept(paths), Text(key)]);
        self.texts.truncate(start);
        each!(0..named.len(), |at| {
            let key = Hash::of(named[at].key.as_bytes());
            if let Some((variable, _)) = find(self.input.manifest.slots, key)
                && variable < self.input.manifest.variables
            {
                self.taken[variable].unmapped = false;
            }
        });
    }

    const fn tell_dtype(&mut self, finding: &Finding<'_>, name: Word<'_>) {
        let Some(wanted) = self.other_dtype(finding.item, finding.family) else { return };
        let (found, _) = self.spec(finding.family);
        let (own, other) = (Text(wanted.short()), Text(found.short()));
        self.write(say::DTYPE, &[name, Spec(finding.family), own, other]);
        if Cast::Lossless.allows(found, wanted) {
            self.out.push(say::OR_CAST);
        } else if Cast::Any.allows(found, wanted) {
            self.out.push(say::OR_CAST_ANY);
        }
    }

    const fn tell_rank(&mut self, finding: &Finding<'_>, name: Word<'_>) {
        self.write_found(finding, say::IS, name, say::IN_THE_END);
        let (at, wanted) = (self.lens.part(finding.at), finding.numbers[0] as usize);
        let excess = at.len().saturating_sub(wanted);
        let squeezes = excess > 0 && excess <= units(at);
        let rank = at.len();
        let dimensions = Text(if wanted == 1 { "dimension" } else { "dimensions" });
        self.write(say::BUT_THE_FIELD_HAS, &[Count(wanted), dimensions]);
        if squeezes {
            self.out.push(say::SQUEEZE);
        } else if rank == 0 {
            let (dtype, _) = self.spec(finding.family);
            let string = matches!(dtype, DType::String);
            self.write(say::SCALAR, &[Text(if string { "String" } else { dtype.short() })]);
        } else {
            self.write(say::GIVE_IT, &[Count(rank)]);
        }
    }

    const fn tell_undivided(&mut self, finding: &Finding<'_>, name: Word<'_>) {
        if finding.family == NONE {
            self.write(say::BY_DEFAULT, &[Lens(finding.at)]);
        } else {
            self.write_found(finding, say::IS, name, say::HERE);
        }
        let (at, [axis, ranks, ..]) = (self.lens.part(finding.at), finding.numbers);
        let (number, of) = (Number(axis), Number(ranks));
        if axis as usize >= at.len() {
            return self.write(say::PARALLEL_NO_AXIS, &[number, number]);
        }
        let len = at[axis as usize];
        if len.is_multiple_of(ranks) {
            self.write(say::PARALLEL_TEARS, &[number, of]);
        } else {
            self.write(say::UNDIVIDED, &[number, number, Number(len), of]);
        }
    }

    const fn tell_step(&mut self, finding: &Finding<'_>, name: Word<'_>) {
        self.write_found(finding, say::IS, name, say::HERE);
        let (at, [op, one, two, three]) = (self.lens.part(finding.at), finding.numbers);
        let op = &self.item(finding.item).field.ops[op as usize];
        let len = Number(if (one as usize) < at.len() { at[one as usize] } else { 0 });
        let (rank, elements) = (Count(at.len()), Number(elements(at)));
        let (step, one, two, three) = (Step(op), Number(one), Number(two), Number(three));
        let (shape, half) = (finding.other, finding.other.len / 2);
        match finding.kind {
            Kind::SqueezeNoAxis => self.write(say::SQUEEZE_NO_AXIS, &[one]),
            Kind::SqueezeNotUnit => self.write(say::SQUEEZE_NOT_UNIT, &[one]),
            Kind::SqueezeAmbiguous => {
                let (first, second) = (shape.at, shape.at + half);
                let shapes = [Span { at: first, len: half }, Span { at: second, len: half }];
                self.write(say::SQUEEZE_AMBIGUOUS, &[Lens(shapes[0]), Lens(shapes[1])]);
            }
            Kind::NoAxis => self.write(say::NO_AXIS, &[one, step]),
            Kind::Axes => self.write(say::NAMES_AXES, &[step, one, rank]),
            Kind::OtherElements => self.write(say::OTHER_ELEMENTS, &[elements, step, one]),
            Kind::NoMultiple => self.write(say::NO_MULTIPLE, &[elements, step, one]),
            Kind::Indivisible => {
                let blocks = matches!(op, Op::Reorder { .. });
                let sentence = if blocks { say::NO_BLOCKS } else { say::INDIVISIBLE };
                self.write(sentence, &[step, one, len, two]);
            }
            Kind::OtherSizes => self.write(say::OTHER_SIZES, &[one, len, step, two]),
            Kind::NoRange => self.write(say::NO_RANGE, &[one, len, step, two, three]),
            Kind::NotJoined => {
                let stack = matches!(op, Op::Stack { .. });
                let sentence = if stack { say::NOT_STACKED } else { say::NOT_JOINED };
                self.write(sentence, &[step, Lens(shape)]);
            }
            _ => self.write(say::NOT_STRIDED, &[step]),
        }
    }

    const fn tell_shape(&mut self, finding: &Finding<'_>, name: Word<'_>) {
        let Op::Shape(axes) = self.item(finding.item).field.ops[finding.numbers[0] as usize] else {
            return;
        };
        self.write_found(finding, say::IS_IN_THE_CHECKPOINT, name, say::HERE);
        let (at, wanted) = (self.lens.part(finding.at), self.lens.part(finding.other));
        let known = !has_unknown(wanted);
        let is_found = same_lens(self.spec(finding.family).1, wanted);
        let turned = known && is_reversed(at, wanted) && !is_reversed(at, at);
        let squeeze = at.len() > axes.len() && at.len() - axes.len() <= units(at);
        let expand = at.len() < axes.len() && axes.len() - at.len() <= units(wanted);
        let symbolic = known && !is_written(wanted, axes);
        if symbolic {
            self.write(say::BUT_AS, &[Lens(finding.other), Axes(axes)]);
        } else {
            self.write(say::BUT, &[Axes(axes)]);
        }
        if let Node::Constant(_) = self.item(finding.item).field.node {
            return self.out.push(say::OF_CONSTANT);
        }
        let moved = self.moved_before(finding);
        if let Some(op) = moved
            && is_found
        {
            self.write(say::BEFORE_STEP, &[Step(op)]);
        } else if turned && moved.is_none() {
            self.out.push(say::TRANSPOSED);
            self.out.push(if self.renames(finding) { say::OR_SWAP } else { "" });
        } else if squeeze {
            self.write("; {}", &[Text(say::SQUEEZE)]);
        } else if expand {
            self.out.push(say::EXPAND);
        } else {
            self.values_of_shape(finding);
        }
    }

    /// The step that moves axes before the `shape` of a finding.
    const fn moved_before(&self, finding: &Finding<'_>) -> Option<&'a Op> {
        let ops = self.item(finding.item).field.ops;
        each!(0..finding.numbers[0] as usize, |at| {
            if matches!(ops[at], Op::Permute(_) | Op::Transpose) {
                return Some(&ops[at]);
            }
        });
        None
    }

    /// True if the outer field renames symbols of the struct.
    const fn renames(&self, finding: &Finding<'_>) -> bool {
        let outer = self.item(finding.item).outer;
        outer != NONE && self.item(outer).field.dims.len() > 1
    }

    /// Writes the values of the symbols of the mismatched axes.
    const fn values_of_shape(&mut self, finding: &Finding<'_>) {
        let start = self.collect_mismatched(finding);
        let varied = self.varies(finding.item, start);
        self.say_symbols(start);
        if let Some(symbol) = varied {
            let owner = self.item(finding.item).owner.name;
            let symbol = self.symbols.get(symbol).name();
            self.write(say::OR_LOCAL, &[Text(owner), Text(symbol)]);
        }
    }

    /// The first of the reported symbols from `start` on for which another place of the field implies another value: each place seems
    /// to have its own value.
    const fn varies(&self, item: usize, start: usize) -> Option<usize> {
        each!(start..self.symbols_said.len(), |at| {
            let symbol = self.symbols_said.get(at);
            let is_shared = symbol < self.input.outline.symbols.len();
            if let Some(value) = self.symbols.get(symbol).value
                && is_shared
                && let Some(Vote { last, .. }) = self.vote_for(symbol, value)
                && last != NONE
            {
                let other = self.instances.get(self.taken[last].by).item;
                if self.are_of_one_field(item, other) && self.item(item).outer != NONE {
                    return Some(symbol);
                }
            }
        });
        None
    }

    const fn tell_aliases(&mut self, finding: &Finding<'_>, axes: Span) {
        let start = self.texts.len();
        let Item { next, .. } = *self.item(finding.item);
        let (mut at, mut told, all) = (finding.item, 0, finding.numbers[0].count_ones() as usize);
        while at < next {
            let path = self.item(at).path;
            if finding.numbers[0] >> (if path < 64 { path } else { 63 }) & 1 == 1 {
                self.texts.fill("{}`", &[before_word(told, all)]);
                self.text_variable(at, axes);
                self.texts.push("`");
                self.explain_item(at);
                told += 1;
            }
            at = self.item(at).end;
        }
        self.write(say::ALIASES, &[Kept(self.texts.since(start))]);
        self.texts.truncate(start);
    }

    /// Reports a hole in a list, or a list that starts later.
    const fn tell_hole_of(&mut self, finding: &Finding<'_>, axes: Span, later: bool) {
        let [seen, variable, _, _] = finding.numbers;
        let Item { field, around, .. } = *self.item(finding.item);
        let variable = Name(variable as usize);
        if later {
            // The axes are those around the list or the stack.
            let (repeat, sentence) = match (field.repeat, field.stack()) {
                (Some(repeat), None) => (repeat, say::LATER_START),
                (Some(repeat), Some(_)) if axes.len <= around => (repeat, say::LATER_START),
                (_, Some((_, repeat))) => (*repeat, say::LATER_STACK),
                (None, None) => return,
            };
            let (start, index) = (Count(repeat.start), Text(repeat.index));
            return self.write(sentence, &[start, variable, index, Number(seen)]);
        }
        match field.repeat {
            Some(_) if axes.len <= around + 1 => {
                // The last index is that of the later element.
                let list = Field(finding.item, Span { len: around, ..axes });
                let from = self.item(finding.item).counted_from() as u64;
                self.write(say::HOLE, &[variable, list, Number(seen.saturating_sub(from))]);
            }
            _ => self.write(say::HOLE_OF_STACK, &[variable, Number(seen)]),
        }
    }

    /// Reports an element beyond the bounds of a list.
    const fn tell_beyond(&mut self, finding: &Finding<'_>, axes: Span, name: Word<'_>) {
        let list = finding.numbers[0] as usize;
        let field = Field(list, Span { len: axes.len - 1, ..axes });
        let listed = matches!(self.item(list).field.indices, Indices::Listed(_));
        if finding.numbers[1] == 1 {
            let sentence = if listed { say::UNLISTED_ONE } else { say::BEYOND_ONE };
            return self.write(sentence, &[name, Spec(finding.family), field]);
        }
        let count = Count(finding.numbers[1] as usize * self.places_in(axes));
        self.write(if listed { say::UNLISTED } else { say::BEYOND }, &[count, name, field]);
    }

    /// Reports an optional field that is in no manifest.
    const fn tell_never_there(&mut self, item: usize, axes: Span, name: Word<'_>) {
        let one = match &self.item(item).field.node {
            Node::Optional(inner) => matches!(**inner, Node::Tensor(_) | Node::Split(_)),
            _ => false,
        };
        if one {
            self.write(say::NO_MANIFEST_HAS, &[name]);
            self.may_be(item, axes, say::NEVER_THERE, true);
        } else {
            self.write(say::NO_MANIFEST_HAS_ANY, &[name]);
            self.out.push(say::NEVER_THERE);
        }
    }

    /// The root of the first expression of a step of an item.
    pub(crate) const fn root_of(&self, item: usize, op: usize) -> usize {
        let Item { field, roots, .. } = *self.item(item);
        let mut root = roots;
        each!(0..op, |at| {
            root += roots_of(&field.ops[at]);
        });
        root
    }
}

/// The problem kind under which a finding is reported.
pub(crate) const fn kind_of(kind: Kind) -> ProblemKind {
    match kind {
        Kind::Missing => ProblemKind::Missing,
        Kind::Unreadable => ProblemKind::Unreadable,
        Kind::Ambiguous => ProblemKind::Ambiguous,
        Kind::DType => ProblemKind::DType,
        Kind::Rank => ProblemKind::Rank,
        Kind::Shape => ProblemKind::Shape,
        Kind::NoValue => ProblemKind::NoValue,
        Kind::NoNumber => ProblemKind::NoNumber,
        Kind::Shapeless => ProblemKind::Shapeless,
        Kind::Elements => ProblemKind::Elements,
        Kind::Taken => ProblemKind::Taken,
        Kind::Overlap => ProblemKind::Overlap,
        Kind::Gap => ProblemKind::Gap,
        Kind::Aliases => ProblemKind::Aliases,
        Kind::Hole => ProblemKind::Hole,
        Kind::Beyond => ProblemKind::Beyond,
        Kind::NeverThere => ProblemKind::NeverThere,
        Kind::FixedTwice | Kind::BoundAndFixed => ProblemKind::Declared,
        Kind::Contradicted => ProblemKind::Symbol,
        Kind::Failed => ProblemKind::Assertion,
        Kind::Varied => ProblemKind::Varied,
        Kind::Ignored => ProblemKind::Ignored,
        Kind::Tied => ProblemKind::Tied,
        Kind::Copy => ProblemKind::Copy,
        Kind::Undivided => ProblemKind::Parallel,
        _ => ProblemKind::Step,
    }
}

/// The number of lengths that are 1.
pub(crate) const fn units(lens: &[u64]) -> usize {
    let mut units = 0;
    each!(0..lens.len(), |at| {
        units += (lens[at] == 1) as usize;
    });
    units
}

const fn has_unknown(lens: &[u64]) -> bool {
    each!(0..lens.len(), |at| {
        if lens[at] == UNKNOWN {
            return true;
        }
    });
    false
}

/// True if one shape is the reverse of the other.
const fn is_reversed(one: &[u64], other: &[u64]) -> bool {
    let mut at = 0;
    while at < one.len() && one.len() == other.len() {
        if one[at] != other[one.len() - 1 - at] {
            return false;
        }
        at += 1;
    }
    one.len() == other.len()
}

/// True if axes are written as exactly these numbers.
const fn is_written(lens: &[u64], axes: &[AxisLength]) -> bool {
    let mut at = 0;
    while at < axes.len() && at < lens.len() {
        match axes[at] {
            AxisLength::Is(Expression::Number(len)) if len as u64 == lens[at] => at += 1,
            _ => return false,
        }
    }
    axes.len() == lens.len()
}

/// The number of elements of a shape.
const fn elements(lens: &[u64]) -> u64 {
    let mut elements = 1_u64;
    each!(0..lens.len(), |axis| {
        elements = elements.saturating_mul(lens[axis]);
    });
    elements
}
