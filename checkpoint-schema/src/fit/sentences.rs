//! Formats the problems of fields as sentences.

use crate::fit::memory::State;
use crate::fit::outline::Item;
use crate::fit::records::{Finding, Instance, Kind, Origin, Told, UNKNOWN, Vote, Want};
use crate::fit::shown::{Axes, write_field, write_variable};
use crate::fit::stack::{NONE, Span};
use crate::fit::text::same_lens;
use crate::listing::dtype::DType;
use crate::manifest::{Hash, find};
use crate::model::description::{Cast, Node, Op};
use crate::model::expression::AxisLength;
use crate::model::text::equal;
use crate::problem::ProblemKind;
use crate::problem::wording as say;

impl<'a> State<'_, 'a> {
    /// Ends a problem whose message begins at `start`.
    pub(crate) const fn tell(&mut self, kind: ProblemKind, count: usize, start: usize) {
        let message = self.out.since(start);
        let _ = self.told.push(Told { kind, message, count, ..Told::NONE });
    }

    /// Writes the field and the variable of a problem, and starts its message. Returns the start of the message.
    pub(crate) const fn about(
        &mut self,
        item: usize,
        axes: Span,
        told: &mut Told,
        variable: bool,
    ) -> usize {
        let start = self.out.len();
        self.put_field(item, axes);
        told.field = self.out.since(start);
        if variable {
            let start = self.out.len();
            self.put_variable(item, axes);
            told.variable = self.out.since(start);
        }
        let start = self.out.len();
        let rest = self.out.before(say::FIELD);
        self.out.repeat(told.field);
        self.out.push(rest);
        start
    }

    /// Writes the field of an item, at places.
    pub(crate) const fn put_field(&mut self, item: usize, axes: Span) {
        let axes = Axes { spans: self.boxes.part(axes), values: self.values.all() };
        write_field(&self.input.outline, item, axes, &mut self.out);
    }

    /// Writes the variable of an item, at places.
    pub(crate) const fn put_variable(&mut self, item: usize, axes: Span) {
        let axes = Axes { spans: self.boxes.part(axes), values: self.values.all() };
        write_variable(&self.input.outline, item, axes, &mut self.out);
    }

    /// The number of places.
    pub(crate) const fn places_in(&self, axes: Span) -> usize {
        Axes { spans: self.boxes.part(axes), values: self.values.all() }.count()
    }

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
        let mut told =
            Told { kind: kind_of(finding.kind), count: self.places_in(axes), ..Told::NONE };
        told.family = finding.family;
        let later = matches!(finding.kind, Kind::Hole) && finding.numbers[2] > 0;
        let axes = if later { Span { len: axes.len - 1, ..axes } } else { axes };
        let start = self.about(finding.item, axes, &mut told, !several);
        self.tell_kind(finding, axes, told.variable, later);
        if more > 0 {
            let rest = self.out.before(say::SO_ARE);
            self.out.number(more as u64, 1);
            let rest = self.out.before(rest);
            let _ = self.write_member_of(finding.item);
            self.out.push(rest);
        }
        told.wanted = self.wanted(finding);
        told.message = self.out.since(start);
        let _ = self.told.push(told);
    }

    /// Reports a finding by its kind; `later` is true for a list that starts later.
    const fn tell_kind(&mut self, finding: &Finding<'a>, axes: Span, variable: Span, later: bool) {
        match finding.kind {
            Kind::Missing => {}
            Kind::Unreadable => {
                let rest = self.out.before(say::UNREADABLE);
                self.out.repeat(variable);
                let rest = self.out.before(rest);
                self.out.push(finding.word());
                self.out.push(rest);
            }
            Kind::Ambiguous => self.tell_ambiguous(finding, variable),
            Kind::DType => self.tell_dtype(finding, variable),
            Kind::Rank => self.tell_rank(finding, variable),
            Kind::Shape => self.tell_shape(finding, variable),
            Kind::NoNumber => self.tell_no_number(finding),
            Kind::Shapeless if finding.word().is_empty() => self.out.push(say::SHAPELESS),
            Kind::NoValue | Kind::Shapeless => self.no_value(finding.word()),
            Kind::Elements => self.tell_elements(finding),
            Kind::Taken => self.tell_taken(finding, variable),
            Kind::Overlap => {
                let rest = self.start_is(say::OVERLAP, finding.family, variable);
                let rest = self.out.before(rest);
                self.field_of(finding.numbers[0]);
                self.out.push(rest);
            }
            Kind::Gap => {
                let rest = self.start_is(say::GAP, finding.family, variable);
                self.numbers(rest, &[finding.numbers[0]]);
            }
            Kind::Aliases => self.tell_aliases(finding, axes),
            Kind::Hole if later => self.tell_later_start(finding, axes),
            Kind::Hole => self.tell_hole_of(finding, axes),
            Kind::Ignored => {
                let rest = self.out.before(say::IGNORED);
                self.out.repeat(variable);
                let rest = self.out.before(rest);
                self.out.push(finding.word());
                self.out.push(rest);
            }
            Kind::Copy => {
                let rest = self.out.before(say::COPY);
                self.out.repeat(variable);
                self.out.push(rest);
            }
            Kind::Tied => self.tell_tied(finding, axes, variable),
            Kind::Undivided => self.tell_undivided(finding, variable),
            _ => self.tell_step(finding, variable),
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

    /// Writes the start of a sentence with a variable and its dtype and shape. Returns the rest of the sentence.
    const fn start_is(
        &mut self,
        sentence: &'static str,
        family: usize,
        variable: Span,
    ) -> &'static str {
        let rest = self.out.before(sentence);
        self.out.repeat(variable);
        let rest = self.out.before(rest);
        self.write_spec(family);
        rest
    }

    /// Writes the dtype and shape of a family: `f32 [1, 768, 2304]`.
    pub(crate) const fn write_spec(&mut self, family: usize) {
        let (dtype, shape) = self.spec(family);
        self.out.push(dtype.short());
        self.out.push(" ");
        self.out.lens(shape);
    }

    /// Writes the field of an item without indices.
    const fn field_of(&mut self, item: u64) {
        self.put_field(item as usize, Span::EMPTY);
    }

    const fn write_lens(&mut self, lens: Span) {
        self.out.lens(self.lens.part(lens));
    }

    const fn no_value(&mut self, symbol: &str) {
        self.out.fill(say::NO_VALUE, &[symbol, symbol]);
    }

    const fn tell_ambiguous(&mut self, finding: &Finding<'_>, variable: Span) {
        let rest = self.out.before(say::AMBIGUOUS);
        self.out.repeat(variable);
        let rest = self.out.before(rest);
        let number = finding.numbers[0] as usize;
        let named =
            if number < self.input.ambiguous.len() { self.input.ambiguous[number] } else { &[] };
        self.out.number(named.len() as u64, 1);
        let rest = self.out.before(rest);
        let (shown, mut at) = (if named.len() > 4 { 4 } else { named.len() }, 0);
        while at < shown {
            self.out.push(match at {
                0 => "`",
                _ if at + 1 == named.len() => " and `",
                _ => ", `",
            });
            self.out.push(named[at].path);
            self.out.push("`");
            at += 1;
        }
        if shown < named.len() {
            self.out.push(" and ");
            self.out.number((named.len() - shown) as u64, 1);
            self.out.push(" more");
        }
        let rest = self.out.before(rest);
        if !named.is_empty() {
            self.out.push(named[0].key);
        }
        self.out.push(rest);
        let mut at = 0;
        while at < named.len() {
            let key = Hash::of(named[at].key.as_bytes());
            if let Some((variable, _)) = find(self.input.manifest.slots, key)
                && variable < self.input.manifest.variables
            {
                self.taken[variable].unmapped = false;
            }
            at += 1;
        }
    }

    const fn tell_dtype(&mut self, finding: &Finding<'_>, variable: Span) {
        let Some(wanted) = self.other_dtype(finding.item, finding.family) else { return };
        let rest = self.start_is(say::DTYPE, finding.family, variable);
        let (found, _) = self.spec(finding.family);
        self.out.fill(rest, &[wanted.short(), found.short()]);
        if Cast::Lossless.allows(found, wanted) {
            self.out.push(say::OR_CAST);
        } else if Cast::Any.allows(found, wanted) {
            self.out.push(say::OR_CAST_ANY);
        }
    }

    const fn tell_rank(&mut self, finding: &Finding<'_>, variable: Span) {
        let rest = self.start_is(say::IS, finding.family, variable);
        self.out.push(rest);
        let (at, wanted) = (self.lens.part(finding.at), finding.numbers[0] as usize);
        let (_, found) = self.spec(finding.family);
        if !same_lens(at, found) {
            let rest = self.out.before(say::IN_THE_END);
            self.out.lens(at);
            self.out.push(rest);
        }
        let rest = self.out.before(say::BUT_THE_FIELD_HAS);
        self.out.number(wanted as u64, 1);
        self.out.push(if wanted == 1 { " dimension" } else { " dimensions" });
        self.out.push(rest);
        let excess = at.len().saturating_sub(wanted);
        if excess > 0 && excess <= units(at) {
            return self.out.push(say::SQUEEZE);
        }
        if at.is_empty() {
            let (dtype, _) = self.spec(finding.family);
            let string = matches!(dtype, DType::String);
            return self.out.fill(say::SCALAR, &[if string { "String" } else { dtype.short() }]);
        }
        let rest = self.out.before(say::GIVE_IT);
        self.out.number(at.len() as u64, 1);
        self.out.push(rest);
    }

    const fn tell_undivided(&mut self, finding: &Finding<'_>, variable: Span) {
        if finding.family == NONE {
            let rest = self.out.before(say::BY_DEFAULT);
            self.write_lens(finding.at);
            self.out.push(rest);
        } else {
            let rest = self.start_is(say::IS, finding.family, variable);
            self.out.push(rest);
            let (_, found) = self.spec(finding.family);
            if !same_lens(self.lens.part(finding.at), found) {
                let rest = self.out.before(say::HERE);
                self.write_lens(finding.at);
                self.out.push(rest);
            }
        }
        let (at, [axis, ranks, ..]) = (self.lens.part(finding.at), finding.numbers);
        let len = if (axis as usize) < at.len() { Some(at[axis as usize]) } else { None };
        match len {
            None => self.numbers(say::PARALLEL_NO_AXIS, &[axis, axis]),
            Some(len) if !len.is_multiple_of(ranks) => {
                self.numbers(say::UNDIVIDED, &[axis, axis, len, ranks]);
            }
            Some(_) => self.numbers(say::PARALLEL_TEARS, &[axis, ranks]),
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each step")]
    const fn tell_step(&mut self, finding: &Finding<'_>, variable: Span) {
        let rest = self.start_is(say::IS, finding.family, variable);
        self.out.push(rest);
        let at = self.lens.part(finding.at);
        let (_, found) = self.spec(finding.family);
        if !same_lens(at, found) {
            let rest = self.out.before(say::HERE);
            self.out.lens(at);
            self.out.push(rest);
        }
        let [op, one, two, three] = finding.numbers;
        let op = &self.item(finding.item).field.ops[op as usize];
        let len = if (one as usize) < at.len() { at[one as usize] } else { 0 };
        let (mut elements, mut axis) = (1_u64, 0);
        while axis < at.len() {
            elements = elements.saturating_mul(at[axis]);
            axis += 1;
        }
        match finding.kind {
            Kind::SqueezeNoAxis => self.numbers(say::SQUEEZE_NO_AXIS, &[one]),
            Kind::SqueezeNotUnit => self.numbers(say::SQUEEZE_NOT_UNIT, &[one]),
            Kind::SqueezeAmbiguous => {
                let half = finding.other.len / 2;
                let (one, other) = self.lens.part(finding.other).split_at(half);
                let rest = self.out.before(say::SQUEEZE_AMBIGUOUS);
                self.out.lens(one);
                let rest = self.out.before(rest);
                self.out.lens(other);
                self.out.push(rest);
            }
            Kind::NoAxis => {
                let rest = self.out.before(say::NO_AXIS);
                self.out.number(one, 1);
                self.with_op(rest, op, &[]);
            }
            Kind::Axes => self.with_op(say::NAMES_AXES, op, &[one, at.len() as u64]),
            Kind::OtherElements | Kind::NoMultiple => {
                let no_multiple = matches!(finding.kind, Kind::NoMultiple);
                let sentence = if no_multiple { say::NO_MULTIPLE } else { say::OTHER_ELEMENTS };
                let rest = self.out.before(sentence);
                self.out.number(elements, 1);
                self.with_op(rest, op, &[one]);
            }
            Kind::Indivisible => {
                let blocks = matches!(op, Op::Reorder { .. });
                let sentence = if blocks { say::NO_BLOCKS } else { say::INDIVISIBLE };
                self.with_op(sentence, op, &[one, len, two]);
            }
            Kind::OtherSizes | Kind::NoRange => {
                let range = matches!(finding.kind, Kind::NoRange);
                let sentence = if range { say::NO_RANGE } else { say::OTHER_SIZES };
                let rest = self.out.before(sentence);
                self.out.number(one, 1);
                let rest = self.out.before(rest);
                self.out.number(len, 1);
                let numbers = [two, three];
                let (own, _) = numbers.split_at(if range { 2 } else { 1 });
                self.with_op(rest, op, own);
            }
            Kind::NotJoined => {
                let stack = matches!(op, Op::Stack { .. });
                let rest = self.out.before(if stack { say::NOT_STACKED } else { say::NOT_JOINED });
                self.out.op(op);
                let rest = self.out.before(rest);
                self.write_lens(finding.other);
                self.out.push(rest);
            }
            _ => self.with_op(say::NOT_STRIDED, op, &[]),
        }
    }

    /// Writes the rest of a sentence with a step, then these numbers.
    const fn with_op(&mut self, sentence: &str, op: &Op, numbers: &[u64]) {
        let rest = self.out.before(sentence);
        self.out.op(op);
        self.numbers(rest, numbers);
    }

    /// Writes the rest of a sentence with these numbers.
    pub(crate) const fn numbers(&mut self, sentence: &str, numbers: &[u64]) {
        let (mut rest, mut at) = (sentence, 0);
        while at < numbers.len() {
            rest = self.out.before(rest);
            self.out.number(numbers[at], 1);
            at += 1;
        }
        self.out.push(rest);
    }

    const fn tell_shape(&mut self, finding: &Finding<'_>, variable: Span) {
        let rest = self.start_is(say::IS_IN_THE_CHECKPOINT, finding.family, variable);
        self.out.push(rest);
        let (at, wanted) = (self.lens.part(finding.at), self.lens.part(finding.other));
        let (_, found) = self.spec(finding.family);
        if !same_lens(at, found) {
            let rest = self.out.before(say::HERE);
            self.out.lens(at);
            self.out.push(rest);
        }
        let Op::Shape(axes) = self.item(finding.item).field.ops[finding.numbers[0] as usize] else {
            return;
        };
        let (known, is_found) = (!has_unknown(wanted), same_lens(found, wanted));
        let turned = known && is_reversed(at, wanted) && !is_reversed(at, at);
        let squeeze = at.len() > axes.len() && at.len() - axes.len() <= units(at);
        let expand = at.len() < axes.len() && axes.len() - at.len() <= units(wanted);
        if known && !self.is_written(finding.other, axes) {
            let rest = self.out.before(say::BUT_AS);
            self.write_lens(finding.other);
            let rest = self.out.before(rest);
            self.written(axes);
            self.out.push(rest);
        } else {
            let rest = self.out.before(say::BUT);
            self.written(axes);
            self.out.push(rest);
        }
        if let Node::Constant(_) = self.item(finding.item).field.node {
            return self.out.push(say::OF_CONSTANT);
        }
        let (moved, swaps) = (self.moved_before(finding), self.renames(finding));
        if let Some(op) = moved
            && is_found
        {
            let rest = self.out.before(say::BEFORE_STEP);
            self.out.op(op);
            self.out.push(rest);
        } else if turned && moved.is_none() {
            self.out.push(say::TRANSPOSED);
            self.out.push(if swaps { say::OR_SWAP } else { "" });
        } else if squeeze {
            self.out.push("; ");
            self.out.push(say::SQUEEZE);
        } else if expand {
            self.out.push(say::EXPAND);
        } else {
            self.values_of_shape(finding);
        }
    }

    /// The step that moves axes before the `shape` of a finding.
    const fn moved_before(&self, finding: &Finding<'_>) -> Option<&'a Op> {
        let (ops, mut at) = (self.item(finding.item).field.ops, 0);
        while at < finding.numbers[0] as usize {
            if matches!(ops[at], Op::Permute(_) | Op::Transpose) {
                return Some(&ops[at]);
            }
            at += 1;
        }
        None
    }

    /// True if the outer field renames symbols of the struct.
    const fn renames(&self, finding: &Finding<'_>) -> bool {
        let outer = self.item(finding.item).outer;
        outer != NONE && self.item(outer).field.dims.len() > 1
    }

    const fn written(&mut self, axes: &[AxisLength]) {
        self.out.push("[");
        self.out.axes(axes);
        self.out.push("]");
    }

    /// True if a shape is written as exactly these numbers.
    const fn is_written(&mut self, lens: Span, axes: &[AxisLength]) -> bool {
        let start = self.spelled.len();
        self.spelled.lens(self.lens.part(lens));
        let one = self.spelled.since(start);
        let start = self.spelled.len();
        self.spelled.push("[");
        self.spelled.axes(axes);
        self.spelled.push("]");
        let other = self.spelled.since(start);
        equal(self.spelled.part(one).as_bytes(), self.spelled.part(other).as_bytes())
    }

    /// Writes the values of the symbols of the mismatched axes.
    const fn values_of_shape(&mut self, finding: &Finding<'_>) {
        let (start, mut axis) = (self.symbols_said.len(), 0);
        while axis < finding.other.len {
            let wanted = self.lens.get(finding.other.at + axis);
            let same = axis < finding.at.len && self.lens.get(finding.at.at + axis) == wanted;
            if !same && axis < finding.at.len {
                let root = finding.numbers[1] as usize + axis;
                self.symbols_of(self.input.outline.roots[root].term, finding.scope, start);
            }
            axis += 1;
        }
        let varied = self.varies(finding.item, start);
        self.say_symbols(start);
        if let Some(symbol) = varied {
            let owner = self.item(finding.item).owner.name;
            self.out.fill(say::OR_LOCAL, &[owner, self.symbols.get(symbol).name()]);
        }
    }

    /// The first of the reported symbols from `start` on for which another place of the field implies another value: each place seems
    /// to have its own value.
    const fn varies(&self, item: usize, start: usize) -> Option<usize> {
        let (own, mut at) = (self.item(item), start);
        while at < self.symbols_said.len() {
            let symbol = self.symbols_said.get(at);
            let is_shared = symbol < self.input.outline.symbols.len();
            if let Some(value) = self.symbols.get(symbol).value
                && is_shared
                && let Some(Vote { last, .. }) = self.vote_for(symbol, value)
                && last != NONE
            {
                let other = self.item(self.instances.get(self.taken[last].by).item);
                let same = equal(own.owner.name.as_bytes(), other.owner.name.as_bytes())
                    && equal(own.field.name.as_bytes(), other.field.name.as_bytes());
                if same && own.outer != NONE {
                    return Some(symbol);
                }
            }
            at += 1;
        }
        None
    }

    /// Adds the symbols of an expression to the reported ones from `start` on, in order and without duplicates.
    const fn symbols_of(&mut self, term: usize, scope: usize, start: usize) {
        let mut number = 0;
        while let Some(symbol) = self.symbol_of(term, scope, number) {
            let mut at = start;
            while at < self.symbols_said.len() && self.symbols_said.get(at) < symbol {
                at += 1;
            }
            let known = at < self.symbols_said.len() && self.symbols_said.get(at) == symbol;
            if symbol != NONE && !known {
                let _ = self.symbols_said.push(symbol);
                let mut last = self.symbols_said.len() - 1;
                while last > at {
                    *self.symbols_said.at(last) = self.symbols_said.get(last - 1);
                    last -= 1;
                }
                *self.symbols_said.at(at) = symbol;
            }
            number += 1;
        }
    }

    /// Writes the values of symbols: `; n_embd is 768, as other variables say`.
    const fn say_symbols(&mut self, start: usize) {
        let mut at = start;
        while at < self.symbols_said.len() {
            self.say_symbol(self.symbols_said.get(at));
            at += 1;
        }
        self.symbols_said.truncate(start);
    }

    const fn say_symbol(&mut self, symbol: usize) {
        let own = self.symbols.get(symbol);
        let Some(value) = own.value else { return };
        let (voices, voter) = match self.vote_for(symbol, value) {
            Some(Vote { variables, last, .. }) => (variables, last),
            None => (0, NONE),
        };
        let sentence = match own.origin {
            Origin::Struct => say::AS_THE_STRUCT_SAYS,
            Origin::Bound => say::AS_IT_IS_BOUND,
            Origin::Variables if voter == NONE => say::AS_OTHERS_SAY,
            Origin::Variables if voices == 1 => say::AS_ONE_SAYS,
            Origin::Variables => say::AS_MANY_SAY,
        };
        let rest = self.out.before(sentence);
        self.out.push(own.name());
        let mut rest = self.out.before(rest);
        self.out.number(value, 1);
        if matches!(own.origin, Origin::Variables) && voter != NONE {
            if voices > 1 {
                rest = self.out.before(rest);
                self.out.number(voices as u64, 1);
            }
            rest = self.write_voter(rest, voter);
        }
        self.out.push(rest);
    }

    /// Writes a variable and its field in place of the next two `{}` of a sentence. Returns the rest of the sentence.
    pub(crate) const fn write_voter<'s>(&mut self, sentence: &'s str, variable: usize) -> &'s str {
        let rest = self.out.before(sentence);
        self.write_name(variable);
        let rest = self.out.before(rest);
        self.write_field_of(variable);
        rest
    }

    /// Writes the field that takes a variable.
    pub(crate) const fn write_field_of(&mut self, variable: usize) {
        let Instance { item, frame, .. } = self.instances.get(self.taken[variable].by);
        self.write_field_at(item, frame);
    }

    /// Writes the field of an item at a frame.
    pub(crate) const fn write_field_at(&mut self, item: usize, frame: usize) {
        let start = self.tuples.len();
        let rank = self.depth_at(frame);
        self.add_tuple(frame, rank);
        let axes = Span { at: self.fold_tuples(start, rank), len: rank };
        self.put_field(item, axes);
        self.boxes.truncate(axes.at);
    }

    const fn tell_no_number(&mut self, finding: &Finding<'_>) {
        let root = self.input.outline.roots[finding.numbers[0] as usize];
        let rest = self.out.before(say::NO_NUMBER);
        if let Some(expression) = root.expression {
            self.out.expression(expression);
        }
        self.out.push(rest);
        let start = self.symbols_said.len();
        self.symbols_of(root.term, finding.scope, start);
        self.say_symbols(start);
    }

    const fn tell_elements(&mut self, finding: &Finding<'_>) {
        let [found, wanted, root, _] = finding.numbers;
        self.numbers(say::ELEMENTS, &[found, wanted]);
        let start = self.symbols_said.len();
        self.symbols_of(self.input.outline.roots[root as usize].term, finding.scope, start);
        self.say_symbols(start);
    }

    const fn tell_taken(&mut self, finding: &Finding<'_>, variable: Span) {
        let by = finding.numbers[0];
        let renamed = finding.numbers[1] != 0;
        let rest = self.out.before(if renamed { say::TAKEN_BY_ANOTHER_NAME } else { say::TAKEN });
        self.out.repeat(variable);
        let mut rest = self.out.before(rest);
        if renamed {
            self.put_variable(by as usize, Span::EMPTY);
            rest = self.out.before(rest);
        }
        self.field_of(by);
        self.out.push(rest);
    }

    const fn tell_tied(&mut self, finding: &Finding<'_>, axes: Span, variable: Span) {
        let rest = self.start_is(say::TIED, finding.family, variable);
        let rest = self.out.before(rest);
        self.put_variable(finding.numbers[0] as usize, axes);
        let rest = self.out.before(rest);
        self.write_spec(finding.numbers[1] as usize);
        self.out.push(rest);
    }

    const fn tell_aliases(&mut self, finding: &Finding<'_>, axes: Span) {
        let rest = self.out.before(say::ALIASES);
        let Item { next, .. } = *self.item(finding.item);
        let (mut at, mut told, all) = (finding.item, 0, finding.numbers[0].count_ones());
        while at < next {
            let path = self.item(at).path;
            if finding.numbers[0] >> (if path < 64 { path } else { 63 }) & 1 == 1 {
                told += 1;
                self.out.push(match told {
                    1 => "`",
                    _ if told == all => " and `",
                    _ => ", `",
                });
                self.put_variable(at, axes);
                self.out.push("`");
                self.explain_item(at);
            }
            at = self.item(at).end;
        }
        self.out.push(rest);
    }

    const fn tell_later_start(&mut self, finding: &Finding<'_>, axes: Span) {
        let [seen, variable, _, _] = finding.numbers;
        let Item { field, around, .. } = *self.item(finding.item);
        // The axes are those around the list or the stack.
        let (repeat, sentence) = match (field.repeat, field.stack()) {
            (Some(repeat), None) => (repeat, say::LATER_START),
            (Some(repeat), Some(_)) if axes.len <= around => (repeat, say::LATER_START),
            (_, Some((_, repeat))) => (*repeat, say::LATER_STACK),
            (None, None) => return,
        };
        let mut rest = self.out.before(sentence);
        self.out.number(repeat.start as u64, 1);
        rest = self.out.before(rest);
        self.write_name(variable as usize);
        rest = self.out.before(rest);
        self.out.push(repeat.index);
        self.numbers(rest, &[seen]);
    }

    const fn tell_hole_of(&mut self, finding: &Finding<'_>, axes: Span) {
        let [seen, variable, _, _] = finding.numbers;
        let Item { field, around, .. } = *self.item(finding.item);
        let stacked = field.repeat.is_none() || axes.len > around + 1;
        let rest = self.out.before(if stacked { say::HOLE_OF_STACK } else { say::HOLE });
        self.write_name(variable as usize);
        let rest = self.out.before(rest);
        if stacked {
            self.out.number(seen, 1);
        } else {
            // The last index is that of the later element, which is written below.
            self.put_field(finding.item, Span { len: around, ..axes });
            self.out.push("[");
            let from = self.item(finding.item).counted_from() as u64;
            self.out.number(seen.saturating_sub(from), 1);
            self.out.push("]");
        }
        self.out.push(rest);
    }
}

/// The problem kind under which a finding is reported.
const fn kind_of(kind: Kind) -> ProblemKind {
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
        Kind::Ignored => ProblemKind::Ignored,
        Kind::Tied => ProblemKind::Tied,
        Kind::Copy => ProblemKind::Copy,
        Kind::Undivided => ProblemKind::Parallel,
        _ => ProblemKind::Step,
    }
}

/// The number of lengths that are 1.
pub(crate) const fn units(lens: &[u64]) -> usize {
    let (mut units, mut at) = (0, 0);
    while at < lens.len() {
        units += (lens[at] == 1) as usize;
        at += 1;
    }
    units
}

const fn has_unknown(lens: &[u64]) -> bool {
    let mut at = 0;
    while at < lens.len() {
        if lens[at] == UNKNOWN {
            return true;
        }
        at += 1;
    }
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
