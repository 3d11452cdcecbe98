//! Checks at run time: with vectors for memory.

use crate::description::{Keys, Node, Struct};
use crate::fit::memory::{Room, State, Vectors};
use crate::fit::outline::{
    Builder, Declared, Holder, Item, Key, Outline, Piece, Root, Sizes, Term,
};
use crate::fit::sentences::Told;
use crate::fit::stack::{Span, Stack};
use crate::fit::state::{Input, Symbol};
use crate::manifest::Manifest;

/// The tables of an outline.
pub(crate) struct Outlined<'a> {
    items: Vec<Item<'a>>,
    structs: Vec<Holder<'a>>,
    pieces: Vec<Piece<'a>>,
    keys: Vec<Key>,
    terms: Vec<Term>,
    roots: Vec<Root<'a>>,
    symbols: Vec<Declared<'a>>,
    depth: usize,
}

impl<'a> Outlined<'a> {
    /// The outline of a struct that sits below a prefix.
    pub(crate) fn new(owner: &'a Struct, prefix: &'a str) -> Self {
        let sizes = Sizes::of_struct(owner);
        let mut items = vec![Item::NONE; sizes.items];
        let mut structs = vec![Holder::NONE; sizes.structs];
        let mut pieces = vec![Piece::Text { text: "", plain: true }; sizes.pieces];
        let mut keys =
            vec![
                Key::Number { depth: 0, factor: 1, offset: 0, form: crate::template::Form::Plain };
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
        Self { items, structs, pieces, keys, terms, roots, symbols, depth }
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
        }
    }
}

/// Does a check, with more memory until it is enough, and something with what came of it.
fn with_state<T>(
    input: &Input<'_>,
    there: &mut [bool],
    check: impl Fn(&mut State<'_, '_>),
    then: impl FnOnce(&mut State<'_, '_>) -> T,
) -> T {
    let mut room = Room::of(input.manifest.variables, input.outline.items.len());
    loop {
        let mut memory = Vectors::new(input, room, there.to_owned());
        let mut state = memory.state(input);
        check(&mut state);
        if !state.is_full() && !state.out.is_full() {
            let said = then(&mut state);
            there.clone_from_slice(state.there);
            return said;
        }
        room = room.more();
    }
}

/// What is said of a description and a manifest.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Said {
    /// All problems, a sentence each.
    pub problems: Vec<String>,
    /// The symbols that all structs share and that have values.
    pub symbols: Vec<(String, u64)>,
}

/// What the constant check says of a description and manifests, said at run time: of each manifest.
#[must_use]
pub fn check(node: &Node, manifests: &[Manifest<'_>]) -> Vec<Said> {
    let Node::Struct(owner) = node else { return Vec::new() };
    let outlined = Outlined::new(owner, "");
    let mut there = vec![false; outlined.items.len()];
    let said = |(number, manifest): (usize, &Manifest<'_>)| {
        let is_last = number + 1 == manifests.len();
        let input = Input {
            outline: outlined.outline(),
            manifest: *manifest,
            names: &[],
            ambiguous: &[],
            are_keys: node.keys() == Keys::Name,
            bound: &[],
            may_be_bound: true,
            allow_unmapped: false,
            limit: usize::MAX,
        };
        let run = |state: &mut State<'_, '_>| {
            state.check();
            if state.is_wrong() || (is_last && state.any_never_there()) {
                state.tell_all(is_last);
            }
        };
        with_state(&input, &mut there, run, |state| {
            let message = |told: &Told| state.out.part(told.message).to_owned();
            let problems = state.told.all().iter().map(message).collect();
            let symbols = state.symbols.all().iter().take(outlined.symbols.len());
            let value = |symbol: &Symbol<'_>| Some((symbol.name.to_owned(), symbol.value?));
            Said { problems, symbols: symbols.filter_map(value).collect() }
        })
    };
    manifests.iter().enumerate().map(said).collect()
}
