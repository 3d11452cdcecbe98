//! Writes the messages of problems: sentences with words in place of `{}`.

use crate::fit::memory::State;
use crate::fit::names::write_member;
use crate::fit::records::{Instance, Told};
use crate::fit::shown::{Axes, write_field, write_variable};
use crate::fit::stack::Span;
use crate::model::description::Op;
use crate::model::expression::{Assertion, AxisLength};
use crate::problem::ProblemKind;
use crate::problem::wording as say;

/// A word of a message.
#[derive(Clone, Copy)]
pub(crate) enum Word<'w> {
    Text(&'w str),
    Number(u64),
    Count(usize),
    /// Text in the memory for texts.
    Kept(Span),
    /// Two texts in the memory for texts, as one.
    Joined(Span, Span),
    /// Text of the messages so far.
    Again(Span),
    /// Lengths of axes: `[1, 768, 2304]`.
    Lens(Span),
    Shape(&'w [u64]),
    /// Axes as written: `[n_ctx, 3 * n_embd]`.
    Axes(&'w [AxisLength]),
    /// A step as written: `permute(1, 0, 2)`.
    Op(&'w Op),
    Assertion(&'w Assertion),
    /// The expression of a root, as written.
    Root(usize),
    /// The dtype and shape of a family: `f32 [1, 768, 2304]`.
    Spec(usize),
    /// The name of a variable.
    Name(usize),
    /// The field that takes a variable.
    Taker(usize),
    /// The field of an item, at places: `Gpt2.blocks[0..12].ln.g`.
    Field(usize, Span),
    /// The field of an item, at a frame.
    FieldAt(usize, usize),
    /// The variable of an item, at places: `model/h<0..12>/ln/g`.
    Variable(usize, Span),
    /// The variable of an item, at a frame.
    VariableAt(usize, usize),
    /// The field of an item with its struct: `Block.ln`.
    Member(usize),
}

impl State<'_, '_> {
    /// Reports a problem in one sentence.
    pub(crate) const fn tell(
        &mut self,
        kind: ProblemKind,
        count: usize,
        sentence: &str,
        words: &[Word<'_>],
    ) {
        let told = self.begin(kind, count);
        self.write(sentence, words);
        self.end(told);
    }

    /// Begins the message of a problem.
    pub(crate) const fn begin(&self, kind: ProblemKind, count: usize) -> Told {
        Told { kind, count, message: self.out.since(self.out.len()), ..Told::NONE }
    }

    /// Begins the message of a problem with the field of an item, at places. Also writes the variable of the item, if `variable`.
    pub(crate) const fn begin_field(
        &mut self,
        kind: ProblemKind,
        item: usize,
        axes: Span,
        variable: bool,
    ) -> Told {
        let field = self.written(Word::Field(item, axes));
        let variable =
            if variable { self.written(Word::Variable(item, axes)) } else { Span::EMPTY };
        let told = Told { field, variable, ..self.begin(kind, self.places_in(axes)) };
        self.write(say::FIELD, &[Word::Again(field)]);
        told
    }

    /// Begins the message of a problem with a variable of an item, at places.
    pub(crate) const fn begin_variable(
        &mut self,
        kind: ProblemKind,
        item: usize,
        axes: Span,
    ) -> Told {
        let variable = self.written(Word::Variable(item, axes));
        Told { variable, ..self.begin(kind, self.places_in(axes)) }
    }

    /// Ends the message of a problem, and reports it.
    pub(crate) const fn end(&mut self, told: Told) {
        let message = self.out.since(told.message.at);
        let _ = self.told.push(Told { message, ..told });
    }

    /// True if another problem can be reported in full. Further ones are only counted.
    pub(crate) const fn has_room(&self) -> bool {
        self.told.len() < self.input.limit
    }

    /// Writes a sentence with these words in place of `{}`.
    pub(crate) const fn write(&mut self, sentence: &str, words: &[Word<'_>]) {
        let (mut rest, mut words) = (sentence, words);
        while let [word, more @ ..] = words {
            rest = self.out.before(rest);
            self.word(*word);
            words = more;
        }
        self.out.push(rest);
    }

    /// Writes a word. Returns its range.
    pub(crate) const fn written(&mut self, word: Word<'_>) -> Span {
        let start = self.out.len();
        self.word(word);
        self.out.since(start)
    }

    const fn word(&mut self, word: Word<'_>) {
        match word {
            Word::Text(text) => self.out.push(text),
            Word::Number(number) => self.out.number(number, 1),
            Word::Count(count) => self.out.number(count as u64, 1),
            Word::Kept(text) => self.out.push(self.texts.part(text)),
            Word::Joined(one, other) => {
                self.out.push(self.texts.part(one));
                self.out.push(self.texts.part(other));
            }
            Word::Again(text) => self.out.repeat(text),
            Word::Lens(lens) => self.out.lens(self.lens.part(lens)),
            Word::Shape(lens) => self.out.lens(lens),
            Word::Axes(axes) => {
                self.out.push("[");
                self.out.axes(axes);
                self.out.push("]");
            }
            Word::Op(op) => self.out.op(op),
            Word::Assertion(assertion) => self.out.assertion(assertion),
            Word::Root(root) => {
                if let Some(expression) = self.input.outline.roots[root].expression {
                    self.out.expression(expression);
                }
            }
            Word::Spec(family) => {
                let (dtype, shape) = self.spec(family);
                self.out.push(dtype.short());
                self.out.push(" ");
                self.out.lens(shape);
            }
            Word::Name(variable) => self.write_name(variable),
            Word::Taker(variable) => {
                let Instance { item, frame, .. } = self.instances.get(self.taken[variable].by);
                self.word(Word::FieldAt(item, frame));
            }
            Word::Field(item, axes) => {
                let axes = Axes { spans: self.boxes.part(axes), values: self.values.all() };
                write_field(&self.input.outline, item, axes, &mut self.out);
            }
            Word::FieldAt(item, frame) => {
                let axes = self.axes_at(frame);
                self.word(Word::Field(item, axes));
                self.boxes.truncate(axes.at);
            }
            Word::Variable(item, axes) => {
                let axes = Axes { spans: self.boxes.part(axes), values: self.values.all() };
                write_variable(&self.input.outline, item, axes, &mut self.out);
            }
            Word::VariableAt(item, frame) => {
                self.spell_at(item, frame);
                self.out.push_bytes(self.spelled.bytes());
            }
            Word::Member(item) => {
                let own = self.item(item);
                self.out.push(own.owner.name);
                self.out.push(".");
                self.out.push(own.field.name);
            }
        }
    }

    const fn write_name(&mut self, variable: usize) {
        let mut families = self.input.manifest.families;
        while let [family, rest @ ..] = families {
            if variable >= family.first && variable < family.first + family.count {
                write_member(family, variable - family.first, &mut self.out);
            }
            families = rest;
        }
    }

    /// Adds the place of a frame to the boxes.
    const fn axes_at(&mut self, frame: usize) -> Span {
        let (start, rank) = (self.tuples.len(), self.depth_at(frame));
        self.add_tuple(frame, rank);
        Span { at: self.fold_tuples(start, rank), len: rank }
    }

    /// The number of places.
    pub(crate) const fn places_in(&self, axes: Span) -> usize {
        Axes { spans: self.boxes.part(axes), values: self.values.all() }.count()
    }
}

/// The text between the words of a list: `a, b and c`.
pub(crate) const fn before_word(at: usize, all: usize) -> &'static str {
    match at {
        0 => "",
        _ if at + 1 == all => " and ",
        _ => ", ",
    }
}
