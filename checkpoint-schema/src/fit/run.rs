//! Checks at run time, with vectors as memory.

use std::fmt;

use crate::fit::invert::invert;
use crate::fit::memory::{State, Vectors};
use crate::fit::outline::{
    Builder, Declared, Holder, Item, Key, NONE, Outline, Piece, Role, Root, Sizes, Term,
};
use crate::fit::sentences::{Told, Want};
use crate::fit::shown::{Axes, write_field, write_variable};
use crate::fit::stack::{Span, Stack, part};
use crate::fit::state::{Globs, Input, Ranks, UNKNOWN};
use crate::fit::text::Text;
use crate::listing::catalog::Spec;
use crate::listing::fold::Values;
use crate::listing::shape::Shape;
use crate::manifest::Manifest;
use crate::model::description::{Naming, Node, Op, Struct};
use crate::plan::Shadow;
use crate::problem::{Problem, ProblemKind, Wanted};

/// The tables of an outline.
#[derive(Debug)]
pub(crate) struct Outlined<'a> {
    pub(crate) items: Vec<Item<'a>>,
    pub(crate) structs: Vec<Holder<'a>>,
    pieces: Vec<Piece<'a>>,
    keys: Vec<Key>,
    terms: Vec<Term>,
    roots: Vec<Root<'a>>,
    pub(crate) symbols: Vec<Declared<'a>>,
    depth: usize,
    prefix: &'a str,
}

impl<'a> Outlined<'a> {
    /// Creates the outline of a struct below a prefix.
    pub(crate) fn new(owner: &'a Struct, prefix: &'a str) -> Self {
        let sizes = Sizes::of_struct(owner);
        let mut items = vec![Item::NONE; sizes.items];
        let mut structs = vec![Holder::NONE; sizes.items];
        let mut pieces = vec![Piece::Text { text: "", plain: true }; sizes.pieces];
        let mut keys = vec![
            Key::Number {
                depth: 0,
                factor: 1,
                offset: 0,
                form: crate::model::template::Form::Plain
            };
            sizes.pieces
        ];
        let mut terms = vec![Term::Any; sizes.terms];
        let mut roots = vec![Root { term: 0, expression: None }; sizes.terms];
        let mut symbols = vec![Declared { name: "", value: None, other: None }; sizes.symbols];
        let mut builder = Builder {
            items: Stack::over(&mut items),
            structs: Stack::over(&mut structs),
            pieces: Stack::over(&mut pieces),
            keys: Stack::over(&mut keys),
            terms: Stack::over(&mut terms),
            roots: Stack::over(&mut roots),
            symbols: Stack::over(&mut symbols),
            start: Span::EMPTY,
            start_keys: Span::EMPTY,
            depth: 0,
        };
        builder.fill(owner, prefix);
        let (filled, depth) =
            ((builder.items.len(), builder.structs.len(), builder.symbols.len()), builder.depth);
        items.truncate(filled.0);
        structs.truncate(filled.1);
        symbols.truncate(filled.2);
        Self { items, structs, pieces, keys, terms, roots, symbols, depth, prefix }
    }

    pub(crate) fn outline(&self) -> Outline<'_> {
        Outline {
            items: &self.items,
            structs: &self.structs,
            pieces: &self.pieces,
            keys: &self.keys,
            terms: &self.terms,
            roots: &self.roots,
            symbols: &self.symbols,
            depth: self.depth,
            prefix: self.prefix,
        }
    }
}

impl Outlined<'_> {
    /// The field of an item at places: `Gpt2.blocks[0..12].attn.c_attn.w`.
    pub(crate) fn field(&self, item: usize, axes: &[Values]) -> String {
        written(axes, |axes, out| write_field(&self.outline(), item, axes, out))
    }

    /// The variable of an item at places: `model/h<0..12>/attn/c_attn/w`.
    pub(crate) fn variable(&self, item: usize, axes: &[Values]) -> String {
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
fn written(axes: &[Values], write: impl Fn(Axes<'_>, &mut Text<'_>)) -> String {
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
        message: state.out.part(told.message).to_owned(),
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

/// Runs the constant check of a description against manifests at run time. Returns one result for each manifest.
#[must_use]
pub fn check(node: &Node, manifests: &[Manifest<'_>]) -> Vec<Said> {
    let Node::Struct(owner) = node else { return Vec::new() };
    let outlined = Outlined::new(owner, "");
    let mut there = vec![false; outlined.items.len()];
    let mut globs = vec![Globs::NONE; outlined.structs.len()];
    let said = |(number, manifest): (usize, &Manifest<'_>)| {
        let input = Input {
            outline: outlined.outline(),
            manifest: *manifest,
            names: &[],
            ambiguous: &[],
            are_keys: node.naming() == Naming::Key,
            bound: &[],
            may_be_bound: true,
            allow_unmapped: false,
            shadow: Shadow::WhicheverIsThere,
            ranks: Ranks::Named,
            limit: usize::MAX,
        };
        let run = |state: &mut State<'_, '_>| {
            state.there.copy_from_slice(&there);
            state.globs.copy_from_slice(&globs);
            state.check_and_tell(number + 1 == manifests.len());
        };
        let (said, seen, matched) = with_state(&input, run, |state, ()| {
            let problems = state.told.all().iter().map(|told| problem(state, told)).collect();
            let symbols = state.symbols.all().iter().take(outlined.symbols.len());
            let values =
                symbols.filter_map(|symbol| Some((symbol.name().to_owned(), symbol.value?)));
            let said = Said { problems, symbols: values.collect() };
            (said, state.there.to_vec(), state.globs.to_vec())
        });
        (there, globs) = (seen, matched);
        said
    };
    manifests.iter().enumerate().map(said).collect()
}
