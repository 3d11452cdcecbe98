//! The memory of an outline: stacks while it is filled, arrays in a constant, vectors at run time.

use crate::fit::outline::{Declared, Holder, Item, Key, Piece, Root, Sizes, Subject, Term};
use crate::fit::stack::Stack;
use crate::manifest::Hash;
use crate::model::description::{Node, Struct};
use crate::model::dialect::Dialect;

/// Declares the tables of an outline once, in all forms.
macro_rules! tables {
    ($($(#[$doc:meta])* $size:ident $room:ident $name:ident: $type:ty = $none:expr,)*) => {
        /// A description as tables.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct Outline<'a> {
            $($(#[$doc])* pub(crate) $name: &'a [$type],)*
            /// The largest number of indices around a field.
            pub(crate) depth: usize,
            /// The prefix from the load options.
            pub(crate) prefix: &'a str,
        }

        /// The tables, while they are filled.
        pub(crate) struct Builder<'m, 'a> {
            $(pub(crate) $name: Stack<'m, $type>,)*
            pub(crate) depth: usize,
            pub(crate) dialect: Dialect<'a>,
            /// The surroundings of the root: its template is the prefix from the load options.
            pub(crate) start: Item<'a>,
        }

        /// The number of cells that each table needs.
        struct Filled {
            $($name: usize,)*
            depth: usize,
        }

        impl Builder<'_, '_> {
            const fn filled(&self) -> Filled {
                Filled { $($name: self.$name.len(),)* depth: self.depth }
            }
        }

        /// Creates a builder over either kind of memory.
        macro_rules! builder {
            ($tables:ident, $stack:ident, $dialect:ident) => {
                Builder {
                    $($name: Stack::$stack(&mut $tables.$name),)*
                    depth: 0,
                    dialect: $dialect,
                    start: Item::NONE,
                }
            };
        }

        /// The tables in a constant.
        pub(crate) struct Tables<
            'a,
            const ITEMS: usize,
            const PIECES: usize,
            const TERMS: usize,
            const SYMBOLS: usize,
        > {
            $(pub(crate) $name: [$type; $room],)*
            filled: Filled,
        }

        impl<'a, const ITEMS: usize, const PIECES: usize, const TERMS: usize, const SYMBOLS: usize>
            Tables<'a, ITEMS, PIECES, TERMS, SYMBOLS>
        {
            /// Empty tables.
            pub(crate) const fn new() -> Self {
                Self {
                    $($name: [$none; $room],)*
                    filled: Filled { $($name: 0,)* depth: 0 },
                }
            }

            /// Fills the tables from a struct in a dialect.
            pub(crate) const fn fill(&mut self, owner: &'a Struct, dialect: Dialect<'a>) {
                let mut builder = builder!(self, over, dialect);
                builder.fill(owner, "");
                self.filled = builder.filled();
            }

            pub(crate) const fn outline(&self) -> Outline<'_> {
                Outline {
                    $($name: self.$name.split_at(self.filled.$name).0,)*
                    depth: self.filled.depth,
                    prefix: "",
                }
            }
        }

        impl Sizes {
            /// The sizes for a struct below a prefix. Counts what does not fit into tables of one cell.
            const fn of_struct(owner: &Struct, prefix: &str, dialect: Dialect<'_>) -> Self {
                let mut tables = Tables::<1, 1, 1, 1>::new();
                let mut builder = builder!(tables, counting, dialect);
                builder.fill(owner, prefix);
                let mut sizes = Self::LEAST;
                $(sizes.$size = larger(sizes.$size, builder.$name.len());)*
                sizes
            }
        }

        /// The tables at run time.
        #[derive(Debug)]
        pub(crate) struct Outlined<'a> {
            $(pub(crate) $name: Vec<$type>,)*
            pub(crate) depth: usize,
            prefix: &'a str,
        }

        impl<'a> Outlined<'a> {
            /// Creates the outline of a struct below a prefix, in a dialect.
            pub(crate) fn in_dialect(owner: &'a Struct, prefix: &'a str, dialect: Dialect<'a>) -> Self {
                let sizes = Sizes::of_struct(owner, prefix, dialect);
                let mut tables =
                    Self { $($name: vec![$none; sizes.$size],)* depth: 0, prefix };
                let mut builder = builder!(tables, over, dialect);
                builder.fill(owner, prefix);
                let filled = builder.filled();
                $(tables.$name.truncate(filled.$name);)*
                Self { depth: filled.depth, ..tables }
            }

            pub(crate) fn outline(&self) -> Outline<'_> {
                let Self { depth, prefix, .. } = *self;
                Outline { $($name: &self.$name,)* depth, prefix }
            }
        }
    };
}

// The size of each table at run time and in a constant. Each struct but the root is in an item.
tables! {
    items ITEMS items: Item<'a> = Item::NONE,
    items ITEMS structs: Holder<'a> = Holder::NONE,
    pieces PIECES pieces: Piece<'a> = Piece::Number { number: 0, digits: 0 },
    pieces PIECES keys: Key = Key::Text(Hash::EMPTY),
    terms TERMS terms: Term = Term::Any,
    terms TERMS roots: Root<'a> = Root { term: 0, expression: None },
    symbols SYMBOLS symbols: Declared<'a> = Declared { name: "", value: None, other: None },
}

impl Sizes {
    /// The sizes for an empty struct.
    const LEAST: Self = Self { items: 1, pieces: 1, terms: 1, symbols: 1 };

    /// Returns the sizes for a description and any of these subjects. Each is at least 1.
    #[must_use]
    pub const fn of(node: &Node, subjects: &[Subject<'_>]) -> Self {
        let owner = match node {
            Node::Struct(owner) => owner,
            _ => &Struct::EMPTY,
        };
        let (mut largest, mut at) = (Self::LEAST, 0);
        while at < subjects.len() {
            if at == 0 || !subjects[at].dialect.is(subjects[at - 1].dialect) {
                let own = Self::of_struct(owner, "", subjects[at].dialect);
                largest = Self {
                    items: larger(largest.items, own.items),
                    pieces: larger(largest.pieces, own.pieces),
                    terms: larger(largest.terms, own.terms),
                    symbols: larger(largest.symbols, own.symbols),
                };
            }
            at += 1;
        }
        largest
    }
}

const fn larger(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}
