//! Checks at run time, with vectors as memory.

use std::fmt;

use crate::fit::agree::{self, Seen};
use crate::fit::invert::invert;
use crate::fit::memory::{State, Vectors};
use crate::fit::outline::{Piece, Role, Subject};
use crate::fit::records::{Globs, Input, Told, UNKNOWN, Want};
use crate::fit::shown::{Axes, write_field, write_variable};
use crate::fit::stack::{NONE, Span, part};
use crate::fit::tables::Outlined;
use crate::fit::text::Text;
use crate::listing::catalog::Spec;
use crate::listing::fold::IndexValues;
use crate::listing::shape::Shape;
use crate::manifest::Manifest;
use crate::model::description::{Node, Op};
use crate::model::dialect::Dialect;
use crate::problem::{Problem, ProblemKind, Wanted, cut};

impl Outlined<'_> {
    /// The field of an item at places: `Gpt2.blocks[0..12].attn.c_attn.w`.
    pub(crate) fn field(&self, item: usize, axes: &[IndexValues]) -> String {
        written(axes, |axes, out| write_field(&self.outline(), item, axes, out))
    }

    /// The variable of an item at places: `model/h<0..12>/attn/c_attn/w`.
    pub(crate) fn variable(&self, item: usize, axes: &[IndexValues]) -> String {
        written(axes, |axes, out| write_variable(&self.outline(), item, axes, out))
    }

    /// True if an item is the average of another.
    pub(crate) fn is_average(&self, item: usize) -> bool {
        self.items.get(item).is_some_and(|item| item.role == Role::Average)
    }

    /// True if a name matches an item at any indices.
    pub(crate) fn asks_for(&self, name: &[u8]) -> bool {
        let mut found = vec![NONE; self.depth + 1];
        self.items.iter().any(|item| {
            let pieces = part(&self.pieces, item.pieces);
            invert(pieces, name, true, &mut found).is_some()
        })
    }

    /// True if the name of an item may start with `start`.
    pub(crate) fn admits(&self, start: &[u8]) -> bool {
        self.items.iter().any(|item| admits(part(&self.pieces, item.pieces), start))
    }
}

/// True if a name that matches a template may start with `start`.
fn admits(pieces: &[Piece<'_>], start: &[u8]) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return start.is_empty() };
    match piece {
        _ if start.is_empty() => true,
        Piece::Text { text, .. } => {
            let len = text.len().min(start.len());
            text.as_bytes()[..len] == start[..len] && admits(rest, &start[len..])
        }
        Piece::Index(_) | Piece::Number { .. } => {
            let digits = start.strip_prefix(b"_").unwrap_or(start);
            let len = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
            len == digits.len() || admits(rest, &digits[len..]) || admits(rest, start)
        }
    }
}

/// Writes text with values of indices. Uses as much memory as needed.
fn written(axes: &[IndexValues], write: impl Fn(Axes<'_>, &mut Text<'_>)) -> String {
    let (mut spans, mut values) = (Vec::with_capacity(axes.len()), Vec::with_capacity(axes.len()));
    for axis in axes {
        let at = values.len();
        values.extend(axis.iter().map(|value| value as u64));
        spans.push(Span { at, len: values.len() - at });
    }
    let mut bytes = vec![0; 256];
    loop {
        let mut out = Text::over(&mut bytes);
        write(Axes { spans: &spans, values: &values }, &mut out);
        if !out.is_full() {
            return String::from_utf8_lossy(out.bytes()).into_owned();
        }
        bytes.resize(bytes.len().saturating_mul(4), 0);
    }
}

/// Formats the step as written in a struct.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(&[], |_, out| out.op(self)))
    }
}

/// Runs a check with growing memory until it is enough. Then passes the result to a function.
pub(crate) fn with_state<C, T>(
    input: &Input<'_>,
    check: impl Fn(&mut State<'_, '_>) -> C,
    then: impl FnOnce(&mut State<'_, '_>, C) -> T,
) -> T {
    let mut memory = Vectors::new(input);
    loop {
        let mut state = memory.state(input);
        let checked = check(&mut state);
        if !state.is_full() && !state.out.is_full() {
            return then(&mut state, checked);
        }
        let full = state.full();
        memory.grow(&full);
    }
}

/// Converts a reported problem.
pub(crate) fn problem(state: &State<'_, '_>, told: &Told) -> Problem {
    let text = |span: Span| Some(state.out.part(span).to_owned()).filter(|text| !text.is_empty());
    let found = (told.family != NONE).then(|| {
        let (dtype, shape) = state.spec(told.family);
        Spec { dtype, shape: Shape::new(shape).unwrap_or_default() }
    });
    let defect = || {
        let family = state.input.manifest.families.get(told.family)?;
        family.defect.map(|(defect, _)| defect.clone())
    };
    Problem {
        kind: told.kind,
        field: text(told.field),
        variable: text(told.variable),
        count: told.count,
        found,
        wanted: wanted(state, told.wanted),
        defect: defect().filter(|_| told.kind == ProblemKind::Unreadable),
        message: cut(state.out.part(told.message)),
    }
}

/// The expected value of a field, in structured form.
fn wanted(state: &State<'_, '_>, want: Want) -> Option<Wanted> {
    match want {
        Want::Nothing => None,
        Want::DType(dtype) => Some(Wanted::DType(dtype)),
        Want::Rank(rank) => Some(Wanted::Rank(rank)),
        Want::Shape(lens) => {
            let len = |&len: &u64| (len != UNKNOWN).then_some(len);
            Some(Wanted::Shape(state.lens.part(lens).iter().map(len).collect()))
        }
    }
}

/// The result of checking a description against a manifest.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Said {
    /// All problems.
    pub problems: Vec<Problem>,
    /// The shared symbols with values.
    pub symbols: Vec<(String, u64)>,
}

/// Runs the constant check of a description against manifests of the first dialect at run time. Returns one result for each manifest.
#[must_use]
pub fn check(node: &Node, manifests: &[Manifest<'_>]) -> Vec<Said> {
    let subject = |model: usize| Subject { dialect: Dialect::FIRST, model };
    let subjects: Vec<Subject<'_>> = (0..manifests.len()).map(subject).collect();
    check_in(node, manifests, &subjects)
}

/// Runs the constant check of a description against manifests of these subjects at run time. Those of a dialect follow one another.
/// Returns one result for each manifest.
#[must_use]
pub fn check_in<'a>(
    node: &'a Node,
    manifests: &[Manifest<'a>],
    subjects: &[Subject<'a>],
) -> Vec<Said> {
    let Node::Struct(owner) = node else { return Vec::new() };
    let outlines: Vec<Outlined<'_>> =
        subjects.iter().map(|subject| Outlined::in_dialect(owner, "", subject.dialect)).collect();
    let fields = outlines.iter().map(|outlined| outlined.items.len()).max().unwrap_or_default();
    let symbols = outlines.iter().map(|outlined| outlined.symbols.len()).max().unwrap_or_default();
    let mut there = vec![false; fields];
    let structs = outlines.iter().map(|outlined| outlined.structs.len()).max();
    let mut globs = vec![Globs::NONE; structs.unwrap_or_default()];
    let mut seen = vec![Seen::NONE; fields.saturating_mul(manifests.len())];
    let mut values = vec![None; symbols.saturating_mul(manifests.len())];
    let mut all: Vec<Said> = Vec::new();
    for (number, (manifest, outlined)) in manifests.iter().zip(&outlines).enumerate() {
        let is_other = |other: Option<usize>| {
            let other = other.and_then(|other| subjects.get(other));
            other.is_none_or(|other| other.dialect.name != subjects[number].dialect.name)
        };
        if is_other(number.checked_sub(1)) {
            there.fill(false);
            globs.fill(Globs::NONE);
        }
        let input = Input::of_manifest(node, outlined.outline(), *manifest, usize::MAX);
        let agrees = !owner.declared.is_empty() && all.iter().all(|said| said.problems.is_empty());
        let run = |state: &mut State<'_, '_>| {
            let (items, structs) = (state.there.len(), state.globs.len());
            state.there.copy_from_slice(&there[..items]);
            state.globs.copy_from_slice(&globs[..structs]);
            state.check_and_tell(is_other(Some(number + 1)));
            let (mut seen, mut values) = (seen.clone(), values.clone());
            let own = state.symbols.all().iter().take(outlined.symbols.len());
            for (value, symbol) in values.iter_mut().skip(number * symbols).zip(own) {
                *value = symbol.value;
            }
            if agrees && !state.is_full() && state.told.len() == 0 {
                state.see(&mut seen[number * fields..][..fields]);
                state.compare(&agree::Checked {
                    subjects,
                    manifests,
                    seen: &seen,
                    fields,
                    values: &values,
                    symbols,
                    number,
                    dialects: owner.declared.len(),
                });
            }
            (seen, values)
        };
        let kept = with_state(&input, run, |state, (own, found)| {
            let symbols = outlined.symbols.len();
            (said(state, symbols), state.there.to_vec(), state.globs.to_vec(), own, found)
        });
        let (said, is_there, matched, own, found) = kept;
        there[..is_there.len()].copy_from_slice(&is_there);
        globs[..matched.len()].copy_from_slice(&matched);
        (seen, values) = (own, found);
        all.push(said);
    }
    all
}

/// The problems and the first symbols of a state.
fn said(state: &State<'_, '_>, symbols: usize) -> Said {
    let problems = state.told.all().iter().map(|told| problem(state, told)).collect();
    let symbols = state.symbols.all().iter().take(symbols);
    let named = symbols.filter_map(|symbol| Some((symbol.name().to_owned(), symbol.value?)));
    Said { problems, symbols: named.collect() }
}
