//! What a check has gathered: tables in memory that is lent.

use crate::fit::memory::State;
use crate::fit::outline::{Item, NONE, Outline};
use crate::fit::stack::Span;
use crate::fit::text::equal;
use crate::listing::dtype::DType;
use crate::manifest::Manifest;
use crate::plan::Shadow;

/// What a check is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    pub(crate) outline: Outline<'a>,
    pub(crate) manifest: Manifest<'a>,
    /// At run time: the names that slots lead to, letter by letter. A slot has the number of its name in place of a family, and
    /// each variable is a family of its own.
    pub(crate) names: &'a [&'a [u8]],
    /// The names of several variables, which slots lead to behind all variables.
    pub(crate) ambiguous: &'a [&'a [Named<'a>]],
    /// Whether names are the keys under which variables are stored.
    pub(crate) are_keys: bool,
    /// Values that the options of a load give to symbols, by their numbers.
    pub(crate) bound: &'a [(usize, u64)],
    /// Whether the options of a load may give other symbols values, too.
    pub(crate) may_be_bound: bool,
    /// Whether the options of a load let variables pass that no field takes.
    pub(crate) allow_unmapped: bool,
    /// The names that variables with averages are read by.
    pub(crate) shadow: Shadow,
    /// How many problems are told in full.
    pub(crate) limit: usize,
}

/// One of several variables that have one name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    /// The path of the object that leads to it.
    pub(crate) path: &'a str,
    /// The key under which it is stored.
    pub(crate) key: &'a str,
}

/// An element of a list, or a piece of a `stack`: the indices around a place, from the innermost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) outer: usize,
    pub(crate) index: usize,
    /// How many indices there are, with those further out.
    pub(crate) depth: usize,
}

/// A variable of a field at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instance {
    pub(crate) item: usize,
    pub(crate) frame: usize,
    pub(crate) scope: usize,
    /// The variable and its family; none if it is missing, or for zeros.
    pub(crate) variable: usize,
    pub(crate) family: usize,
    /// The number of variables that are joined, on the first of them; 0 on the others.
    pub(crate) pieces: usize,
    /// Whether all of these are there, on the first of them.
    pub(crate) complete: bool,
}

/// The elements of a list at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements {
    pub(crate) item: usize,
    pub(crate) frame: usize,
    pub(crate) scope: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether they were counted, not written.
    pub(crate) counted: bool,
    /// What the number says of symbols: the root of the expression; none if nothing.
    pub(crate) says: usize,
    /// Whether they are the pieces of a `stack`.
    pub(crate) stacked: bool,
}

/// The symbols of one instance of a struct.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) outer: usize,
    /// The number of its first symbol.
    pub(crate) first: usize,
}

/// A symbol, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symbol<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) value: Option<u64>,
    pub(crate) origin: Origin,
    /// The first of the values that variables say.
    pub(crate) votes: usize,
    /// Whether something that is not there would say more of it.
    pub(crate) unsaid: bool,
    /// The value that it was given where all variables say another one, and how many do: none for a list.
    pub(crate) contradicted: Option<(u64, Origin, usize)>,
}

/// Where the value of a symbol is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Struct,
    Bound,
    Variables,
}

/// A value that variables say of a symbol.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vote {
    pub(crate) value: u64,
    /// How many variables do.
    pub(crate) variables: usize,
    /// The last of them.
    pub(crate) last: usize,
    /// Whether the number of elements of a list does.
    pub(crate) list: bool,
    pub(crate) next: usize,
}

/// `expression == found`, at a place: of several symbols, not solved yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Equation {
    pub(crate) term: usize,
    pub(crate) scope: usize,
    pub(crate) found: u64,
}

/// What becomes of a variable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken<'a> {
    /// The first instance that takes it.
    pub(crate) by: usize,
    /// The first instance of the only array that takes all of it.
    pub(crate) whole: usize,
    /// The first of the parts that arrays take, where there are several or not all is taken.
    pub(crate) parts: usize,
    /// Whether an array of it could not be built.
    pub(crate) broken: bool,
    /// Whether no field takes it, and nothing says why: a problem.
    pub(crate) unmapped: bool,
    /// Whether no field takes it, and a struct lets it pass.
    pub(crate) allowed: bool,
    /// The glob or preset by which it is ignored, and the place of the struct that does.
    pub(crate) ignored: Option<&'a str>,
    pub(crate) place: usize,
    /// The attribute that accounts for it if no field takes it.
    pub(crate) spare: Option<Spare>,
}

/// An attribute that accounts for variables that no field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spare {
    /// The average of a variable that is taken, or the variable of an average.
    Shadow,
    /// Another name of a variable that is taken.
    Tie,
    /// A variable of which there are only copies, which is a problem.
    Copy,
}

impl Spare {
    /// The attribute.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Tie => "tie",
            Self::Copy => "copy",
        }
    }
}

impl Taken<'_> {
    pub(crate) const NOT: Self = Self {
        by: NONE,
        whole: NONE,
        parts: NONE,
        broken: false,
        unmapped: false,
        allowed: false,
        ignored: None,
        place: NONE,
        spare: None,
    };
}

/// Two variables that have to be equal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tie {
    /// The one that is taken.
    pub(crate) taken: usize,
    /// The other one.
    pub(crate) other: usize,
    pub(crate) site: Site,
}

/// A variable at an element that a list does not have, though it has later ones than those counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HoleAt {
    pub(crate) list: usize,
    /// The place of the list, and the index after its last element.
    pub(crate) frame: usize,
    pub(crate) end: usize,
    /// The element.
    pub(crate) seen: usize,
    pub(crate) variable: usize,
}

/// A variable at an element that the bounds of a list leave out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outside {
    pub(crate) variable: usize,
    pub(crate) family: usize,
    /// The item that would take it.
    pub(crate) item: usize,
    /// The list, and the frame of the element.
    pub(crate) list: usize,
    pub(crate) element: usize,
}

/// A part of a variable that an array takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) variable: usize,
    pub(crate) instance: usize,
    pub(crate) first: u64,
    pub(crate) elements: u64,
    /// The factors that walk over it, in any order.
    pub(crate) factors: Span,
    pub(crate) next: usize,
}

/// What was found of the last variables of an item: those that are alike are looked at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memo {
    /// The family whose names have the form of the item's template: only their numbers need to be compared.
    pub(crate) aligned: usize,
    /// The first number in the names of that, and the first index in the template.
    pub(crate) part: usize,
    pub(crate) piece: usize,
    /// The family whose dtype the item can hold.
    pub(crate) held: usize,
    /// The family of the last variables; none if they are not alike.
    pub(crate) family: usize,
    /// The first of them.
    pub(crate) instance: usize,
    /// How many they are, while symbols are solved.
    pub(crate) count: usize,
    /// What shapes say of them.
    pub(crate) facts: Span,
    /// What the arrays take of each, one view for each part.
    pub(crate) views: Span,
    /// Whether that is all of it.
    pub(crate) whole: bool,
    /// Whether it is absent somewhere, and need not be there.
    pub(crate) absent: bool,
}

impl Memo {
    pub(crate) const NONE: Self = Self {
        aligned: NONE,
        part: 0,
        piece: 0,
        held: NONE,
        family: NONE,
        instance: 0,
        count: 0,
        facts: Span::EMPTY,
        views: Span::EMPTY,
        whole: false,
        absent: false,
    };
}

/// The length of an axis of which a `shape` says something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    pub(crate) term: usize,
    pub(crate) len: u64,
}

/// An array whose steps need symbols that have no value yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) instance: usize,
    /// How many variables are like the first of it.
    pub(crate) weight: usize,
    /// How many lengths it said of symbols before.
    pub(crate) said: usize,
}

/// What is wrong at a place. Findings that differ only in their places are told at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finding<'a> {
    pub(crate) kind: Kind,
    pub(crate) item: usize,
    pub(crate) frame: usize,
    pub(crate) scope: usize,
    /// The family of the variable that it is about; none if it is about no variable or several.
    pub(crate) family: usize,
    /// The shape that a step is given, or that is compared.
    pub(crate) at: Span,
    /// More lengths: those of other shapes, [`UNKNOWN`] among them.
    pub(crate) other: Span,
    /// Numbers of the kind's own.
    pub(crate) numbers: [u64; 4],
    /// A symbol, a glob, or a reason.
    pub(crate) word: Option<&'a str>,
    /// The instance that is missing.
    pub(crate) instance: usize,
    /// Whether another problem tells it.
    pub(crate) told: bool,
}

/// A length that is not known.
pub(crate) const UNKNOWN: u64 = u64::MAX;

impl<'a> Finding<'a> {
    /// Its symbol, glob or reason; empty if it has none.
    pub(crate) const fn word(&self) -> &'a str {
        text(self.word)
    }

    pub(crate) const NONE: Self = Self {
        kind: Kind::Missing,
        item: 0,
        frame: NONE,
        scope: NONE,
        family: NONE,
        at: Span::EMPTY,
        other: Span::EMPTY,
        numbers: [0; 4],
        word: None,
        instance: NONE,
        told: false,
    };
}

/// The kind of a finding: what its numbers are, and which sentence tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No variable has the name.
    Missing,
    /// The variable cannot be read: why.
    Unreadable,
    /// The name is that of several variables: the number among the ambiguous names.
    Ambiguous,
    /// The dtype is another.
    DType,
    /// The rank is another: that of the field.
    Rank,
    /// `squeeze` names an axis that there is not: the step, the axis.
    SqueezeNoAxis,
    /// `squeeze` names an axis that is longer than 1: the step, the axis.
    SqueezeNotUnit,
    /// `squeeze` can go several ways, of which `other` has two: the step.
    SqueezeAmbiguous,
    /// There is no such axis: the step, the axis.
    NoAxis,
    /// The step names another number of axes: the step, the number.
    Axes,
    /// `reshape` gives other elements: the step, their number.
    OtherElements,
    /// `reshape` gives no multiple: the step, of what.
    NoMultiple,
    /// An axis cannot be cut into equal parts: the step, the axis, their number.
    Indivisible,
    /// Parts are longer or shorter than the axis: the step, the axis, their sum.
    OtherSizes,
    /// An axis does not have the range: the step, the axis, the start and the end.
    NoRange,
    /// A step would tear elements apart: the step.
    NotStrided,
    /// The first of the variables that are joined has another shape, in `other`: the step.
    NotJoined,
    /// The shape that a step writes is another; its lengths are in `other`: the step, its first root.
    Shape,
    /// A symbol has no value.
    NoValue,
    /// An expression is no number: its root.
    NoNumber,
    /// Nothing says the shape of zeros.
    Shapeless,
    /// A list has other elements than an expression says: both numbers, the root.
    Elements,
    /// Another item takes the variable: that item, whether by another name.
    Taken,
    /// Another item takes a part of it: that item.
    Overlap,
    /// So many elements are left.
    Gap,
    /// Several of the field's paths are there: a bit for each.
    Aliases,
    /// A list has none of an element, but of a later one: that, a variable of it.
    Hole,
    /// A variable is loaded and ignored.
    Ignored,
    /// No other field takes the variable of a copy.
    Copy,
    /// Another name is that of a variable that holds something else: the item and the family of the one that is taken.
    Tied,
}

impl Kind {
    /// Whether a step cannot be done.
    pub(crate) const fn is_step(self) -> bool {
        matches!(
            self,
            Self::SqueezeNoAxis
                | Self::SqueezeNotUnit
                | Self::SqueezeAmbiguous
                | Self::NoAxis
                | Self::Axes
                | Self::OtherElements
                | Self::NoMultiple
                | Self::Indivisible
                | Self::OtherSizes
                | Self::NoRange
                | Self::NotStrided
                | Self::NotJoined
        )
    }
}

/// What building meets, as the walk comes to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    /// The arrays that begin with an instance.
    Arrays(usize),
    /// Whether what may be absent is there, and follows.
    Present(bool),
    /// A field whose own function makes its value.
    Absent { item: usize, scope: usize },
    /// A field that is the value of a symbol.
    Dim { item: usize, scope: usize },
    /// The indices of the elements of a list, which follow.
    List { start: usize, end: usize },
}

/// An item at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) item: usize,
    pub(crate) frame: usize,
    pub(crate) scope: usize,
}

/// A struct that says of variables that they are ignored or let pass, or that asserts something, at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The number of the struct.
    pub(crate) holder: usize,
    pub(crate) frame: usize,
    pub(crate) scope: usize,
}

impl Instance {
    pub(crate) const NONE: Self = Self {
        item: 0,
        frame: NONE,
        scope: NONE,
        variable: NONE,
        family: NONE,
        pieces: 0,
        complete: false,
    };
}

impl Elements {
    pub(crate) const NONE: Self = Self {
        item: 0,
        frame: NONE,
        scope: NONE,
        start: 0,
        end: 0,
        counted: false,
        says: NONE,
        stacked: false,
    };
}

impl<'a> Symbol<'a> {
    pub(crate) const fn name(&self) -> &'a str {
        text(self.name)
    }

    pub(crate) const NONE: Self = Self {
        name: None,
        value: None,
        origin: Origin::Variables,
        votes: NONE,
        unsaid: false,
        contradicted: None,
    };
}

impl Vote {
    pub(crate) const NONE: Self =
        Self { value: 0, variables: 0, last: NONE, list: false, next: NONE };
}

impl Part {
    pub(crate) const NONE: Self =
        Self { variable: 0, instance: 0, first: 0, elements: 0, factors: Span::EMPTY, next: NONE };
}

impl Site {
    pub(crate) const NONE: Self = Self { item: 0, frame: NONE, scope: NONE };
}

impl Tie {
    pub(crate) const NONE: Self = Self { taken: NONE, other: NONE, site: Site::NONE };
}

impl HoleAt {
    pub(crate) const NONE: Self = Self { list: 0, frame: NONE, end: 0, seen: 0, variable: 0 };
}

impl Outside {
    pub(crate) const NONE: Self = Self { variable: 0, family: 0, item: 0, list: 0, element: NONE };
}

impl<'a> State<'_, 'a> {
    pub(crate) const fn item(&self, item: usize) -> &'a Item<'a> {
        &self.input.outline.items[item]
    }

    /// The value of the index of this number at a frame, if it has it.
    pub(crate) const fn index_at(&self, frame: usize, number: usize) -> Option<usize> {
        let mut at = frame;
        while at != NONE {
            let Frame { outer, index, depth } = self.frames.get(at);
            if depth == number + 1 {
                return Some(index);
            }
            if depth <= number {
                return None;
            }
            at = outer;
        }
        None
    }

    /// The number of indices at a frame.
    pub(crate) const fn depth_at(&self, frame: usize) -> usize {
        if frame == NONE { 0 } else { self.frames.get(frame).depth }
    }

    /// The frame around another with this many indices.
    pub(crate) const fn frame_of(&self, frame: usize, depth: usize) -> usize {
        let mut at = frame;
        while at != NONE && self.frames.get(at).depth > depth {
            at = self.frames.get(at).outer;
        }
        at
    }

    /// Sets the indices of the walk to those of a frame.
    pub(crate) const fn go_to(&mut self, frame: usize) {
        let mut at = frame;
        self.depth = self.depth_at(frame);
        while at != NONE {
            let Frame { outer, index, depth } = self.frames.get(at);
            self.indices[depth - 1] = index;
            at = outer;
        }
        self.frame = frame;
    }

    /// Enters an element: its index is the innermost.
    pub(crate) const fn enter(&mut self, index: usize) {
        self.indices[self.depth] = index;
        self.depth += 1;
        let depth = self.depth;
        self.frame = self.frames.push(Frame { outer: self.frame, index, depth });
    }

    /// Leaves it.
    pub(crate) const fn leave(&mut self) {
        self.depth -= 1;
        self.frame = self.frames.get(self.frame).outer;
    }

    /// Notes what is wrong with a field; what was noted of the same place just before, only once.
    pub(crate) const fn find(&mut self, finding: Finding<'a>) {
        if self.findings.len() > 0 {
            let last = self.findings.get(self.findings.len() - 1);
            if last.frame == finding.frame && self.alike(&last, &finding) {
                return;
            }
        }
        let _ = self.findings.push(finding);
    }

    /// Whether two findings say the same of one field, at whatever places.
    pub(crate) const fn alike(&self, one: &Finding<'_>, other: &Finding<'_>) -> bool {
        one.item == other.item
            && one.kind as u8 == other.kind as u8
            && one.numbers[0] == other.numbers[0]
            && one.numbers[1] == other.numbers[1]
            && one.numbers[2] == other.numbers[2]
            && one.numbers[3] == other.numbers[3]
            && self.same_lens(one.at, other.at)
            && self.same_lens(one.other, other.other)
            && equal(one.word().as_bytes(), other.word().as_bytes())
            && self.same_spec(one.family, other.family)
    }

    const fn same_lens(&self, one: Span, other: Span) -> bool {
        same_lens(self.lens.part(one), self.lens.part(other))
    }

    /// Whether the variables of two families hold the same.
    pub(crate) const fn same_spec(&self, one: usize, other: usize) -> bool {
        if one == other || one == NONE || other == NONE {
            return one == other;
        }
        let ((dtype, shape), (other_dtype, other_shape)) = (self.spec(one), self.spec(other));
        dtype as u8 == other_dtype as u8 && same_lens(shape, other_shape)
    }

    /// The dtype and shape of the variables of a family.
    pub(crate) const fn spec(&self, family: usize) -> (DType, &'a [u64]) {
        let family = &self.input.manifest.families[family];
        (family.dtype, family.shape)
    }
}

/// Text that may not be there. Memory of a constant begins without references: where a cell has one, each write to any of
/// them costs the compiler a time that grows with their number.
const fn text(text: Option<&str>) -> &str {
    match text {
        Some(text) => text,
        None => "",
    }
}

/// Whether two shapes are equal.
pub(crate) const fn same_lens(one: &[u64], other: &[u64]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
