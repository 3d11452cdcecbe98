//! Where the walk of a description is, and what the variables there are called.

use crate::check::sentence::same;
use crate::description::{Cast, Field, Path, Struct};
use crate::manifest::Hash;
use crate::template::{Form, Part};

/// How many lists, options and alternatives may be in each other; what is deeper is checked when it is loaded.
pub(super) const DEPTH: usize = 8;

/// How many parts a whole template may have; one that has more is checked when it is loaded.
pub(super) const PARTS: usize = 40;

/// A field on the way from the root.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) owner: &'a Struct,
    pub(super) field: &'a Field,
    /// The number of its path.
    pub(super) path: usize,
    pub(super) outer: Option<&'a Self>,
    pub(super) separator: &'a str,
    pub(super) cast: Cast,
    pub(super) template: Template<'a>,
    pub(super) axes: Axes<'a>,
    /// The axis of the elements of its list.
    pub(super) list: Option<usize>,
    /// The number of axes around the struct.
    pub(super) around: usize,
    /// The number of the first local symbol of the struct.
    pub(super) locals: usize,
}

/// What is counted on the way to a place: the elements of lists, or whether something is there (none or one).
#[derive(Clone, Copy)]
pub(super) struct Axes<'a> {
    pub(super) all: [Axis<'a>; DEPTH],
    pub(super) len: usize,
}

/// One of the things that are counted.
#[derive(Clone, Copy)]
pub(super) struct Axis<'a> {
    /// The name of the index; empty if there is none.
    pub(super) index: &'a str,
    /// The first value.
    pub(super) start: usize,
}

/// A whole template, from the root of the checkpoint.
#[derive(Clone, Copy)]
pub(super) struct Template<'a> {
    parts: [Part<'a>; PARTS],
    len: usize,
}

impl Axes<'_> {
    pub(super) const NONE: Self = Self { all: [Axis { index: "", start: 0 }; DEPTH], len: 0 };

    /// The number of the axis that an index counts.
    pub(super) const fn of(&self, index: &str) -> Option<usize> {
        let mut at = self.len;
        while at > 0 {
            at -= 1;
            if same(self.all[at].index, index) {
                return Some(at);
            }
        }
        None
    }
}

impl<'a> Template<'a> {
    pub(super) const EMPTY: Self = Self { parts: [Part::Text(""); PARTS], len: 0 };

    pub(super) const fn parts(&self) -> &[Part<'a>] {
        self.parts.split_at(self.len).0
    }

    /// With a path behind it, or with that alone if it is absolute.
    pub(super) const fn then(self, separator: &'a str, path: &Path) -> Self {
        let mut all = if path.absolute { Self::EMPTY } else { self };
        if all.len > 0 && !path.parts.is_empty() {
            all.push(Part::Text(separator));
        }
        let mut at = 0;
        while at < path.parts.len() {
            all.push(path.parts[at]);
            at += 1;
        }
        all
    }

    const fn push(&mut self, part: Part<'a>) {
        if self.len < PARTS {
            self.parts[self.len] = part;
            self.len += 1;
        }
    }

    /// Whether there may be parts that did not fit.
    pub(super) const fn is_full(&self) -> bool {
        self.len == PARTS
    }
}

impl<'a> Place<'a> {
    /// A field of a struct, by one of its paths.
    pub(super) const fn of(
        owner: &'a Struct,
        field: &'a Field,
        path: usize,
        outer: &Around<'a>,
    ) -> Self {
        let separator = match owner.separator {
            Some(separator) => separator,
            None => outer.separator,
        };
        let cast = match (field.cast, owner.cast) {
            (Some(cast), _) | (None, Some(cast)) => cast,
            (None, None) => outer.cast,
        };
        let own = if path < field.paths.len() { &field.paths[path] } else { &Path::EMPTY };
        let template = outer.template.then(separator, &owner.prefix).then(separator, own);
        let (axes, around, locals) = (outer.axes, outer.axes.len, outer.locals);
        let outer = outer.place;
        Self {
            owner,
            field,
            path,
            outer,
            separator,
            cast,
            template,
            axes,
            list: None,
            around,
            locals,
        }
    }

    /// The same field by another of its paths.
    pub(super) const fn by_path(&self, path: usize) -> Self {
        let mut outer = match self.outer {
            Some(outer) => Around::of(outer, self.locals),
            None => Around::root(self.locals),
        };
        outer.axes = self.axes;
        let place = Self::of(self.owner, self.field, path, &outer);
        Self { list: self.list, around: self.around, outer: self.outer, cast: self.cast, ..place }
    }

    /// With one more axis; `None` if there are too many.
    pub(super) const fn counting(&self, index: &'a str, start: usize) -> Option<Self> {
        let mut place = *self;
        if place.axes.len == DEPTH {
            return None;
        }
        place.axes.all[place.axes.len] = Axis { index, start };
        place.axes.len += 1;
        Some(place)
    }
}

/// What a struct is in.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) place: Option<&'a Place<'a>>,
    pub(super) template: Template<'a>,
    pub(super) separator: &'a str,
    pub(super) cast: Cast,
    pub(super) axes: Axes<'a>,
    pub(super) locals: usize,
}

impl<'a> Around<'a> {
    /// What the root is in.
    pub(super) const fn root(locals: usize) -> Self {
        Self {
            place: None,
            template: Template::EMPTY,
            separator: "/",
            cast: Cast::Never,
            axes: Axes::NONE,
            locals,
        }
    }

    /// What a struct is in that a field holds.
    pub(super) const fn of(place: &'a Place<'a>, locals: usize) -> Self {
        let Place { template, separator, cast, axes, .. } = *place;
        Self { place: Some(place), template, separator, cast, axes, locals }
    }
}

/// A template as it makes names.
#[derive(Clone, Copy)]
pub(super) struct Pattern {
    pieces: [Piece; PARTS],
    len: usize,
}

#[derive(Clone, Copy)]
enum Piece {
    Text(Hash),
    Number { axis: usize, factor: usize, offset: usize, form: Form },
}

impl Pattern {
    pub(super) const fn of(place: &Place<'_>) -> Self {
        let mut pattern = Self { pieces: [Piece::Text(Hash::EMPTY); PARTS], len: 0 };
        let parts = place.template.parts();
        let mut at = 0;
        while at < parts.len() {
            match &parts[at] {
                Part::Text(text) => pattern.text(Hash::of(text.as_bytes())),
                Part::Index(index) => match place.axes.of(index.index) {
                    Some(axis) => {
                        let (factor, offset, form) = (index.factor, index.offset, index.form);
                        pattern.push(Piece::Number { axis, factor, offset, form });
                    }
                    // `check::root` refuses it.
                    None => pattern.text(Hash::of(index.index.as_bytes())),
                },
            }
            at += 1;
        }
        pattern
    }

    const fn text(&mut self, text: Hash) {
        if self.len > 0
            && let Piece::Text(before) = self.pieces[self.len - 1]
        {
            self.pieces[self.len - 1] = Piece::Text(before.then(text));
        } else {
            self.push(Piece::Text(text));
        }
    }

    const fn push(&mut self, piece: Piece) {
        if self.len < PARTS {
            self.pieces[self.len] = piece;
            self.len += 1;
        }
    }

    /// The name at these values of the axes.
    pub(super) const fn name(&self, values: &[usize; DEPTH]) -> Hash {
        let mut name = Hash::EMPTY;
        let mut at = 0;
        while at < self.len {
            name = match self.pieces[at] {
                Piece::Text(text) => name.then(text),
                Piece::Number { axis, factor, offset, form } => {
                    let number = match (factor, offset) {
                        (1, 0) => values[axis],
                        _ => values[axis].saturating_mul(factor).saturating_add(offset),
                    };
                    match form {
                        Form::Plain => name.number(number, 1),
                        Form::Padded(digits) => name.number(number, digits),
                        Form::Suffix if number == 0 => name,
                        Form::Suffix => name.then(UNDERSCORE).number(number, 1),
                    }
                }
            };
            at += 1;
        }
        name
    }
}

const UNDERSCORE: Hash = Hash::of(b"_");
