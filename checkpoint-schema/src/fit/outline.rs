//! A description as tables: an item for each path of each field, with its whole template and its expressions.
//!
//! `Gpt2 { wte, blocks: [Block { ln }] }` becomes the items `wte`, `blocks`, `blocks.ln`. The fields of a struct follow the item
//! that contains the struct; [`Item::end`] is the item after them. Templates are joined and symbols are resolved once for each
//! item, not for each element of a list.

use crate::fit::stack::{NONE, Span, Stack};
use crate::fit::text::is_plain;
use crate::manifest::Hash;
use crate::model::check::is_keyed;
use crate::model::description::{
    Absent, Cast, Field, Ignore, Indices, Node, Op, Path, Repeat, Struct,
};
use crate::model::dialect::{Dialect, Separators};
use crate::model::expression::{AxisLength, Expression, Operator};
use crate::model::template::{self, Form};
use crate::model::text::same;

/// The subject of a manifest.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The dialect of its names.
    pub dialect: Dialect<'a>,
    /// The number of the model: manifests of one model in several dialects have the same.
    pub model: usize,
}

/// A description as tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline<'a> {
    pub(crate) items: &'a [Item<'a>],
    pub(crate) structs: &'a [Holder<'a>],
    pub(crate) pieces: &'a [Piece<'a>],
    pub(crate) keys: &'a [Key],
    pub(crate) terms: &'a [Term],
    pub(crate) roots: &'a [Root<'a>],
    pub(crate) symbols: &'a [Declared<'a>],
    /// The largest number of indices around a field.
    pub(crate) depth: usize,
    /// The prefix from the load options.
    pub(crate) prefix: &'a str,
}

/// One path of a field.
#[expect(clippy::struct_excessive_bools, reason = "independent facts of a field")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) owner: &'a Struct,
    pub(crate) field: &'a Field,
    /// The field in the first dialect, with its differences in others.
    pub(crate) written: &'a Field,
    /// The number of the field, which is the same in all dialects and for all of its paths.
    pub(crate) number: usize,
    /// The number of the path.
    pub(crate) path: usize,
    /// The item that contains the struct; `NONE` for fields of the root.
    pub(crate) outer: usize,
    /// The struct in the field, once or several times.
    pub(crate) inner: usize,
    /// The item after those of the struct in the field.
    pub(crate) end: usize,
    /// The item after all paths of the field.
    pub(crate) next: usize,
    /// The whole template, from the root of the checkpoint.
    pub(crate) pieces: Span,
    /// The template in the form used for hashes.
    pub(crate) keys: Span,
    /// The number of indices around the field.
    pub(crate) around: usize,
    /// The number of indices in its template: those around the field, and those of its list and its `stack`.
    pub(crate) depth: usize,
    pub(crate) separator: &'a str,
    pub(crate) separators: Separators<'a>,
    /// The dtype conversions that the field allows.
    pub(crate) cast: Cast,
    /// The first of its expressions among the roots. The order: the steps, the end of the list, the end of the `stack`, the renamed
    /// symbols.
    pub(crate) roots: usize,
    /// The number of scopes of local symbols around the field, including that of its own struct.
    pub(crate) scopes: usize,
    /// True if its steps determine or need symbols.
    pub(crate) has_symbols: bool,
    /// True if only its `shape` steps use symbols. Then the result of its steps follows from the variable alone.
    pub(crate) is_simple: bool,
    /// True if it always takes exactly one variable.
    pub(crate) is_plain: bool,
    /// True if a struct around it, other than the root, ignores variables.
    pub(crate) is_ignorable: bool,
    /// The averages of its variables.
    pub(crate) shadow: Shadow<'a>,
    /// The role of this name among those of the variable.
    pub(crate) role: Role,
    /// The item of the plain name of the variable. It is the item itself if that has the plain name.
    pub(crate) base: usize,
}

/// The averages of variables, stored under separate names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shadow<'a> {
    /// The name of an average below its variable.
    pub(crate) name: Option<&'a str>,
    /// True if averages are never taken.
    pub(crate) never: bool,
}

impl Shadow<'_> {
    pub(crate) const NONE: Self = Self { name: None, never: false };
}

/// The role of an item's name among those of its variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The name given by the path.
    Plain,
    /// The name of the average. Its item follows that of the plain name.
    Average,
    /// An alternative name of the same variable. Its item follows those of the plain name and the average.
    Tied,
}

impl Item<'_> {
    /// The checkpoint index of the list's first element, which has index 0 in Rust; 0 for keys of a map.
    pub(crate) const fn counted_from(&self) -> usize {
        match self.field.repeat {
            Some(repeat) if !is_keyed(&self.field.node) => repeat.start,
            _ => 0,
        }
    }

    /// The indices of the list's elements, if the field lists them and they are counted from 0 in Rust.
    pub(crate) const fn listed(&self) -> Option<&'static [usize]> {
        match self.field.indices {
            Indices::Listed(values) if !is_keyed(&self.field.node) => Some(values),
            _ => None,
        }
    }

    pub(crate) const NONE: Self = Self {
        owner: &Struct::EMPTY,
        field: &Field::EMPTY,
        written: &Field::EMPTY,
        number: 0,
        path: 0,
        outer: NONE,
        inner: NONE,
        end: 0,
        next: 0,
        pieces: Span::EMPTY,
        keys: Span::EMPTY,
        around: 0,
        depth: 0,
        separator: "/",
        separators: Separators::ROOT,
        cast: Cast::Never,
        roots: 0,
        scopes: 0,
        has_symbols: false,
        is_simple: false,
        is_plain: false,
        is_ignorable: false,
        shadow: Shadow::NONE,
        role: Role::Plain,
        base: NONE,
    };
}

/// A struct, and the item that contains it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder<'a> {
    pub(crate) owner: &'a Struct,
    /// Its prefix, and the variables that it skips, in the dialect.
    pub(crate) prefix: &'a Path,
    pub(crate) ignore: &'static [Ignore<'static>],
    /// The item; `NONE` for the root.
    pub(crate) item: usize,
    /// The items of its fields: the first, and the one after the last.
    pub(crate) first: usize,
    pub(crate) end: usize,
    /// The first assertion among the roots.
    pub(crate) roots: usize,
    pub(crate) scopes: usize,
    pub(crate) separator: &'a str,
    pub(crate) separators: Separators<'a>,
    pub(crate) shadow: Shadow<'a>,
    /// True if each instance has its own symbols.
    pub(crate) has_locals: bool,
    /// True if it has attributes about variables, or assertions.
    pub(crate) says: bool,
}

impl Holder<'_> {
    pub(crate) const NONE: Self = Self {
        owner: &Struct::EMPTY,
        prefix: &Path::EMPTY,
        ignore: &[],
        item: NONE,
        first: 0,
        end: 0,
        roots: 0,
        scopes: 0,
        separator: "/",
        separators: Separators::ROOT,
        shadow: Shadow::NONE,
        has_locals: false,
        says: false,
    };
}

/// A piece of a template.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece<'a> {
    Text {
        text: &'a str,
        plain: bool,
    },
    Index(Index<'a>),
    /// A number that is equal in all names.
    Number {
        number: usize,
        digits: usize,
    },
}

/// An index in a template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Index<'a> {
    pub(crate) name: &'a str,
    /// Its number among the indices around the field; `NONE` if nothing binds it.
    pub(crate) depth: usize,
    pub(crate) factor: usize,
    pub(crate) offset: isize,
    pub(crate) form: Form,
}

impl Index<'_> {
    /// The number in a name. It is not negative for any element: the check of the description ensures that.
    pub(crate) const fn number(&self, value: usize) -> usize {
        value.saturating_mul(self.factor).saturating_add_signed(self.offset)
    }
}

/// A piece of a template in the form used for hashes. Adjacent texts are merged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    Text(Hash),
    Number { depth: usize, factor: usize, offset: isize, form: Form },
}

/// A node of an expression with resolved symbols.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Term {
    /// `_`
    Any,
    Number(u64),
    /// A symbol shared by all structs, by number.
    Shared(usize),
    /// A local symbol of a struct instance: the number of scopes outwards, and its number there.
    Local {
        up: usize,
        number: usize,
    },
    /// A renamed symbol: an expression in a scope further out.
    Renamed {
        up: usize,
        term: usize,
    },
    /// A symbol that no struct declares.
    Unknown,
    Pair(Operator, usize, usize),
}

/// An expression as written, and its resolved form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Root<'a> {
    pub(crate) term: usize,
    /// None for `_`.
    pub(crate) expression: Option<&'a Expression>,
}

/// A symbol shared by all structs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declared<'a> {
    pub(crate) name: &'a str,
    /// The value that a struct fixes.
    pub(crate) value: Option<u64>,
    /// A different value that another struct fixes.
    pub(crate) other: Option<u64>,
}

/// The number of cells that an outline takes.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Items; at least as many as structs.
    pub items: usize,
    /// Pieces of templates.
    pub pieces: usize,
    /// Nodes and roots of expressions.
    pub terms: usize,
    /// Symbols, including repeated declarations.
    pub symbols: usize,
}

impl Sizes {
    /// Returns the sizes for a description and any of these subjects. Each is at least 1.
    #[must_use]
    pub const fn of(node: &Node, subjects: &[Subject<'_>]) -> Self {
        let owner = match node {
            Node::Struct(owner) => owner,
            _ => &Struct::EMPTY,
        };
        let mut largest = Self { items: 1, pieces: 1, terms: 1, symbols: 1 };
        let mut at = 0;
        while at < subjects.len() {
            if at == 0 || !subjects[at].dialect.is(subjects[at - 1].dialect) {
                let own = Self::of_struct(owner, subjects[at].dialect);
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

    pub(crate) const fn of_struct(owner: &Struct, dialect: Dialect<'_>) -> Self {
        let mut sizes = Self { items: 2, pieces: 2, terms: 1, symbols: 1 };
        let around = Around { pieces: 1, shadowed: false, separators: Separators::ROOT, dialect };
        sizes.add_struct(owner, around, true);
        sizes
    }

    /// Adds the items within a field.
    const fn add(&mut self, node: &Node, around: Around<'_>) {
        match node {
            Node::Tensor(_) | Node::Split(_) if around.shadowed => {
                self.items += 1;
                self.pieces += around.pieces + 2;
            }
            Node::Tensor(_) | Node::Split(_) | Node::Dim(_) | Node::Constant(_) => {}
            Node::Optional(inner) => self.add(inner, around),
            Node::List(list) => self.add(&list.element, around),
            Node::Struct(owner) => self.add_struct(owner, around, false),
        }
    }

    const fn add_struct(&mut self, owner: &Struct, around: Around<'_>, is_root: bool) {
        let dialect = around.dialect;
        let shadowed = around.shadowed || owner.shadow.is_some();
        let separators = around.separators.within(owner, dialect);
        let prefix = pieces(dialect.prefix(owner, is_root), separators);
        self.symbols += owner.dims.len();
        let mut at = 0;
        while at < owner.asserts.len() {
            self.terms += nodes(&owner.asserts[at].left) + nodes(&owner.asserts[at].right);
            at += 1;
        }
        let around = Around { shadowed, separators, ..around };
        self.add_fields(owner.fields, prefix, around);
        self.add_fields(dialect.constants(owner), prefix, around);
    }

    const fn add_fields(&mut self, fields: &[Field], prefix: usize, around: Around<'_>) {
        let Around { separators, dialect, .. } = around;
        let mut at = 0;
        while at < fields.len() {
            let field = dialect.field(&fields[at]);
            let mut path = 0;
            while path < paths(field) {
                let own = if path < field.paths.len() {
                    pieces(&field.paths[path], separators)
                } else {
                    0
                };
                let mut tie = 0;
                while tie < field.ties.len() {
                    self.items += 1;
                    self.pieces +=
                        around.pieces + prefix + pieces(&field.ties[tie], separators) + 2;
                    tie += 1;
                }
                // A separator before the prefix of the struct, and one before the path.
                let pieces = around.pieces + prefix + own + 2;
                self.items += 1;
                self.pieces += pieces;
                self.terms += nodes_of(field);
                self.add(&field.node, Around { pieces, ..around });
                path += 1;
            }
            at += 1;
        }
    }
}

/// The surroundings of a struct, while its sizes are counted.
#[derive(Clone, Copy)]
struct Around<'a> {
    /// The number of pieces in its name.
    pieces: usize,
    /// True if variables have averages.
    shadowed: bool,
    separators: Separators<'a>,
    dialect: Dialect<'a>,
}

const fn larger(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

/// The number of pieces of a path.
const fn pieces(path: &Path, separators: Separators<'_>) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < path.pieces.len() {
        count += 1;
        if let template::Piece::Text(text) = path.pieces[at] {
            let mut rest = text;
            while let Some((_, after)) = separators.cut(rest) {
                count += 2;
                rest = after;
            }
        }
        at += 1;
    }
    count
}

/// The number of items of a field.
const fn paths(field: &Field) -> usize {
    if field.paths.is_empty() { 1 } else { field.paths.len() }
}

const fn nodes(expression: &Expression) -> usize {
    match expression {
        Expression::Number(_) | Expression::Symbol(_) => 1,
        Expression::Pair(_, [left, right]) => 1 + nodes(left) + nodes(right),
    }
}

const fn nodes_of(field: &Field) -> usize {
    // The ends of a list and of a `stack`, and the symbol of a field that stores one.
    let (mut count, mut at) = (3, 0);
    while at < field.ops.len() {
        count += match &field.ops[at] {
            Op::Shape(axes) | Op::Reshape(axes) => nodes_of_axes(axes),
            Op::Slice { start, end: Some(end), .. } => nodes(start) + nodes(end),
            Op::Slice { start, end: None, .. } => nodes(start),
            Op::Split { sizes: Some(sizes), .. } => nodes_of_all(sizes),
            Op::Stack { repeat, .. } | Op::Concat { repeat: Some(repeat), .. } => {
                nodes_of_end(repeat.end.as_ref())
            }
            _ => 0,
        };
        at += 1;
    }
    let mut at = 0;
    while at < field.dims.len() {
        count += nodes(&field.dims[at].is);
        at += 1;
    }
    match field.repeat {
        Some(repeat) => count + nodes_of_end(repeat.end.as_ref()),
        None => count,
    }
}

const fn nodes_of_end(end: Option<&Expression>) -> usize {
    match end {
        Some(end) => nodes(end),
        None => 0,
    }
}

const fn nodes_of_axes(axes: &[AxisLength]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < axes.len() {
        count += match &axes[at] {
            AxisLength::Any => 1,
            AxisLength::Is(expression) => nodes(expression),
        };
        at += 1;
    }
    count
}

const fn nodes_of_all(expressions: &[Expression]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < expressions.len() {
        count += nodes(&expressions[at]);
        at += 1;
    }
    count
}

/// The cells of an outline, while they are filled.
pub(crate) struct Builder<'m, 'a> {
    pub(crate) items: Stack<'m, Item<'a>>,
    pub(crate) structs: Stack<'m, Holder<'a>>,
    pub(crate) pieces: Stack<'m, Piece<'a>>,
    pub(crate) keys: Stack<'m, Key>,
    pub(crate) terms: Stack<'m, Term>,
    pub(crate) roots: Stack<'m, Root<'a>>,
    pub(crate) symbols: Stack<'m, Declared<'a>>,
    /// The template of the root's location.
    pub(crate) start: Span,
    pub(crate) start_keys: Span,
    pub(crate) depth: usize,
    pub(crate) dialect: Dialect<'a>,
}

impl<'a> Builder<'_, 'a> {
    /// Fills the tables from a struct below a prefix.
    pub(crate) const fn fill(&mut self, owner: &'a Struct, prefix: &'a str) {
        if !prefix.is_empty() {
            self.text(prefix, 0);
        }
        (self.start, self.start_keys) = (self.pieces.since(0), self.keys.since(0));
        self.declare_struct(owner);
        let _ = self.add_struct(owner, NONE, 0);
    }

    /// Declares the symbols shared by all structs.
    const fn declare_struct(&mut self, owner: &'a Struct) {
        let mut at = 0;
        while at < owner.dims.len() {
            if !owner.dims[at].local {
                self.declare(owner.dims[at].name, owner.dims[at].value);
            }
            at += 1;
        }
        let mut at = 0;
        while at < owner.fields.len() {
            if let Some(inner) = owner.fields[at].node.inner_struct() {
                self.declare_struct(inner);
            }
            at += 1;
        }
    }

    const fn declare(&mut self, name: &'a str, value: Option<usize>) {
        let value = match value {
            Some(value) => Some(value as u64),
            None => None,
        };
        let known = self.shared(name);
        if known == NONE {
            let _ = self.symbols.push(Declared { name, value, other: None });
            return;
        }
        let symbol = self.symbols.at(known);
        match (symbol.value, value) {
            (None, _) => symbol.value = value,
            (Some(first), Some(second)) if first != second => symbol.other = Some(second),
            _ => {}
        }
    }

    /// The number of a shared symbol.
    const fn shared(&self, name: &str) -> usize {
        let mut at = 0;
        while at < self.symbols.len() {
            if same(self.symbols.get(at).name, name) {
                return at;
            }
            at += 1;
        }
        NONE
    }

    /// Adds a struct and the items of its fields, which are numbered from `first_field`; returns its number, and that after its last
    /// field.
    const fn add_struct(
        &mut self,
        owner: &'a Struct,
        holder: usize,
        first_field: usize,
    ) -> (usize, usize) {
        let (separators, cast, scopes, shadow) = if holder == NONE {
            (Separators::ROOT, Cast::Never, 0, Shadow::NONE)
        } else {
            let outer = self.items.get(holder);
            (outer.separators, outer.cast, outer.scopes, outer.shadow)
        };
        let shadow = match owner.shadow {
            // Other dialects have no averages.
            Some(name) if self.dialect.is_first() => Shadow { name: Some(name), never: false },
            _ => shadow,
        };
        let separators = separators.within(owner, self.dialect);
        let cast = match owner.cast {
            Some(cast) => cast,
            None => cast,
        };
        let has_locals = has_locals(owner);
        let scopes = scopes + has_locals as usize;
        let ignore = self.dialect.ignore(owner);
        let says = !ignore.is_empty() || owner.allow_unmapped || !owner.asserts.is_empty();
        let first = self.items.len();
        let own = Holder {
            owner,
            prefix: self.dialect.prefix(owner, holder == NONE),
            ignore,
            item: holder,
            first,
            end: first,
            roots: 0,
            scopes,
            separator: separators.joiner(),
            separators,
            shadow,
            has_locals,
            says,
        };
        let number = self.structs.push(own);
        self.asserts(number);
        let (mut at, mut field) = (0, first_field);
        while at < owner.fields.len() {
            field = self.add_field(number, &owner.fields[at], field, cast);
            at += 1;
        }
        let constants = self.dialect.constants(owner);
        let mut at = 0;
        while at < constants.len() {
            field = self.add_field(number, &constants[at], field, cast);
            at += 1;
        }
        self.structs.at(number).end = self.items.len();
        (number, field)
    }

    const fn asserts(&mut self, number: usize) {
        let Holder { owner, item, .. } = self.structs.get(number);
        let roots = self.roots.len();
        let mut at = 0;
        while at < owner.asserts.len() {
            let (left, right) = (&owner.asserts[at].left, &owner.asserts[at].right);
            self.root(left, owner, item);
            self.root(right, owner, item);
            at += 1;
        }
        self.structs.at(number).roots = roots;
    }

    /// Adds the items of a field, one for each path; returns the number after those of its fields.
    const fn add_field(
        &mut self,
        holder: usize,
        written: &'a Field,
        number: usize,
        cast: Cast,
    ) -> usize {
        let first = self.items.len();
        let (mut path, mut after) = (0, number);
        while path < paths(self.dialect.field(written)) {
            after = self.add_item(holder, written, number, path, cast);
            path += 1;
        }
        let next = self.items.len();
        let mut at = first;
        while at < next {
            self.items.at(at).next = next;
            let end = self.items.get(at).end;
            at += 1;
            while at < end && !matches!(self.items.get(at).role, Role::Plain) {
                self.items.at(at).next = next;
                at += 1;
            }
            at = end;
        }
        after
    }

    const fn add_item(
        &mut self,
        holder: usize,
        written: &'a Field,
        number: usize,
        path: usize,
        cast: Cast,
    ) -> usize {
        let field = self.dialect.field(written);
        let Holder { owner, ignore, item: outer, scopes, separator, separators, shadow, .. } =
            self.structs.get(holder);
        let shadow = Shadow { never: shadow.never || field.never_averaged, ..shadow };
        let around = if outer == NONE { 0 } else { self.items.get(outer).depth };
        let stack = field.stack();
        let depth = around + field.repeat.is_some() as usize + stack.is_some() as usize;
        self.depth = if depth > self.depth { depth } else { self.depth };
        let at = self.items.push(Item {
            owner,
            field,
            written,
            number,
            path,
            outer,
            inner: NONE,
            end: 0,
            next: 0,
            pieces: Span::EMPTY,
            keys: Span::EMPTY,
            around,
            depth,
            separator,
            separators,
            cast: match field.cast {
                Some(cast) => cast,
                None => cast,
            },
            roots: 0,
            scopes,
            has_symbols: false,
            is_simple: false,
            is_plain: takes_one(field)
                && shadow.name.is_none()
                && field.ties.is_empty()
                && !field.copy,
            is_ignorable: outer != NONE
                && (!ignore.is_empty() || self.items.get(outer).is_ignorable),
            shadow,
            role: Role::Plain,
            base: self.items.len(),
        });
        let own = if path < field.paths.len() { &field.paths[path] } else { &Path::EMPTY };
        self.template(at, own);
        self.expressions(at);
        if let Some(name) = shadow.name
            && field.node.is_variable()
        {
            self.add_average(at, name);
        }
        if field.node.is_variable() {
            self.add_ties(at, field.ties);
        }
        let mut after = number + 1;
        if let Some(inner) = field.node.inner_struct() {
            let (inner, fields) = self.add_struct(inner, at, after);
            (self.items.at(at).inner, after) = (inner, fields);
        }
        self.items.at(at).end = self.items.len();
        after
    }

    /// Adds the items of the other names of an item's variable.
    const fn add_ties(&mut self, at: usize, ties: &[Path]) {
        let mut tie = 0;
        while tie < ties.len() {
            let plain = self.items.get(at);
            let tied = self.items.push(Item { role: Role::Tied, ..plain });
            self.template(tied, &ties[tie]);
            self.items.at(tied).end = self.items.len();
            tie += 1;
        }
    }

    /// Adds the item of the averages of an item's variables.
    const fn add_average(&mut self, base: usize, name: &'a str) {
        let plain = self.items.get(base);
        let (pieces, keys) = (self.pieces.len(), self.keys.len());
        self.copy(plain.pieces, plain.keys);
        if !plain.separator.is_empty() {
            self.text(plain.separator, keys);
        }
        self.text(name, keys);
        let (pieces, keys) = (self.pieces.since(pieces), self.keys.since(keys));
        let end = self.items.len() + 1;
        let _ = self.items.push(Item { pieces, keys, end, role: Role::Average, ..plain });
    }

    /// Joins the whole template of an item.
    const fn template(&mut self, at: usize, own: &Path) {
        let Item { owner, outer, separators, .. } = self.items.get(at);
        let prefix = self.dialect.prefix(owner, outer == NONE);
        let (pieces, keys) = (self.pieces.len(), self.keys.len());
        let (around, around_keys) = if outer == NONE {
            (self.start, self.start_keys)
        } else {
            (self.items.get(outer).pieces, self.items.get(outer).keys)
        };
        let (around, around_keys) = if own.absolute || prefix.absolute {
            (self.start, self.start_keys)
        } else {
            (around, around_keys)
        };
        self.copy(around, around_keys);
        if !own.absolute {
            self.join(prefix, separators, at, pieces, keys);
        }
        self.join(own, separators, at, pieces, keys);
        let item = self.items.at(at);
        (item.pieces, item.keys) = (self.pieces.since(pieces), self.keys.since(keys));
    }

    const fn copy(&mut self, pieces: Span, keys: Span) {
        let mut at = pieces.at;
        while at < pieces.end() {
            let _ = self.pieces.push(self.pieces.get(at));
            at += 1;
        }
        let mut at = keys.at;
        while at < keys.end() {
            let _ = self.keys.push(self.keys.get(at));
            at += 1;
        }
    }

    /// Appends a path, with a separator if neither side is empty.
    const fn join(
        &mut self,
        path: &Path,
        separators: Separators<'a>,
        item: usize,
        pieces: usize,
        keys: usize,
    ) {
        let separator = separators.joiner();
        if self.pieces.len() > pieces && !path.pieces.is_empty() && !separator.is_empty() {
            self.text(separator, keys);
        }
        let mut at = 0;
        while at < path.pieces.len() {
            match &path.pieces[at] {
                template::Piece::Text(text) => {
                    let mut rest = *text;
                    while let Some((before, after)) = separators.cut(rest) {
                        self.text(before, keys);
                        self.text(separator, keys);
                        rest = after;
                    }
                    self.text(rest, keys);
                }
                template::Piece::Index(placeholder) => {
                    let depth = self.depth_of(item, placeholder.index);
                    let (factor, offset, form) =
                        (placeholder.factor, placeholder.offset, placeholder.form);
                    let name = placeholder.index;
                    let index = Index { name, depth, factor, offset, form };
                    let _ = self.pieces.push(Piece::Index(index));
                    let _ = self.keys.push(Key::Number { depth, factor, offset, form });
                }
            }
            at += 1;
        }
    }

    /// Appends text to a template, unless it is empty. Its keys start at `keys`.
    const fn text(&mut self, text: &'a str, keys: usize) {
        if text.is_empty() {
            return;
        }
        let _ = self.pieces.push(Piece::Text { text, plain: is_plain(text) });
        let hash = Hash::of(text.as_bytes());
        if self.keys.len() > keys
            && let Key::Text(before) = self.keys.get(self.keys.len() - 1)
        {
            *self.keys.at(self.keys.len() - 1) = Key::Text(before.then(hash));
        } else {
            let _ = self.keys.push(Key::Text(hash));
        }
    }

    /// The number of an index, for an item. Searches the indices of and around the item for the name, innermost first.
    const fn depth_of(&self, item: usize, name: &str) -> usize {
        let Item { field, outer, around, .. } = self.items.get(item);
        let mut own = around;
        let list = field.repeat;
        if list.is_some() {
            own += 1;
        }
        if let Some((_, repeat)) = field.stack()
            && same(repeat.index, name)
        {
            return own;
        }
        if let Some(repeat) = list
            && same(repeat.index, name)
        {
            return around;
        }
        if outer == NONE { NONE } else { self.depth_of(outer, name) }
    }

    /// Adds the expressions of an item.
    const fn expressions(&mut self, at: usize) {
        let Item { owner, field, outer, .. } = self.items.get(at);
        let roots = self.roots.len();
        let mut op = 0;
        while op < field.ops.len() {
            match &field.ops[op] {
                Op::Shape(axes) | Op::Reshape(axes) => self.axes(axes, owner, outer),
                Op::Slice { start, end, .. } => {
                    self.root(start, owner, outer);
                    self.end(end.as_ref(), owner, outer);
                }
                Op::Split { sizes: Some(sizes), .. } => {
                    let mut size = 0;
                    while size < sizes.len() {
                        self.root(&sizes[size], owner, outer);
                        size += 1;
                    }
                }
                _ => {}
            }
            op += 1;
        }
        let has_symbols = self.any_symbol(roots);
        if let Some(repeat) = &field.repeat {
            self.end(repeat.end.as_ref(), owner, outer);
        }
        if let Some(repeat) = stacked(field) {
            self.end(repeat.end.as_ref(), owner, outer);
        }
        if let Node::Dim(name) = field.node {
            let term = self.resolve(name, owner, outer, 0);
            let term = self.terms.push(term);
            let _ = self.roots.push(Root { term, expression: None });
        }
        let mut renamed = 0;
        while renamed < field.dims.len() {
            self.root(&field.dims[renamed].is, owner, outer);
            renamed += 1;
        }
        let item = self.items.at(at);
        (item.roots, item.has_symbols) = (roots, has_symbols);
        item.is_simple = only_shapes(field.ops);
    }

    const fn axes(&mut self, axes: &'a [AxisLength], owner: &Struct, outer: usize) {
        let mut axis = 0;
        while axis < axes.len() {
            match &axes[axis] {
                AxisLength::Any => {
                    let term = self.terms.push(Term::Any);
                    let _ = self.roots.push(Root { term, expression: None });
                }
                AxisLength::Is(expression) => self.root(expression, owner, outer),
            }
            axis += 1;
        }
    }

    const fn end(&mut self, end: Option<&'a Expression>, owner: &Struct, outer: usize) {
        if let Some(end) = end {
            self.root(end, owner, outer);
        }
    }

    /// True if any root from this one on contains a symbol.
    const fn any_symbol(&self, from: usize) -> bool {
        let mut at = from;
        while at < self.roots.len() {
            if self.has_symbol(self.roots.get(at).term) {
                return true;
            }
            at += 1;
        }
        false
    }

    const fn has_symbol(&self, term: usize) -> bool {
        match self.terms.get(term) {
            Term::Any | Term::Number(_) => false,
            Term::Pair(_, left, right) => self.has_symbol(left) || self.has_symbol(right),
            Term::Shared(_) | Term::Local { .. } | Term::Renamed { .. } | Term::Unknown => true,
        }
    }

    const fn root(&mut self, expression: &'a Expression, owner: &Struct, outer: usize) {
        let term = self.term(expression, owner, outer);
        let _ = self.roots.push(Root { term, expression: Some(expression) });
    }

    /// Adds an expression of a struct. The item `outer` contains the struct.
    const fn term(&mut self, expression: &Expression, owner: &Struct, outer: usize) -> usize {
        let term = match expression {
            Expression::Number(number) => Term::Number(*number as u64),
            Expression::Symbol(name) => self.resolve(name, owner, outer, 0),
            Expression::Pair(operator, [left, right]) => {
                let (left, right) = (self.term(left, owner, outer), self.term(right, owner, outer));
                Term::Pair(*operator, left, right)
            }
        };
        self.terms.push(term)
    }

    /// Resolves a symbol in a struct; `up` is the number of scopes outwards so far.
    const fn resolve(&self, name: &str, owner: &Struct, outer: usize, up: usize) -> Term {
        let (mut number, mut at) = (0, 0);
        while at < owner.dims.len() {
            let dim = &owner.dims[at];
            if dim.local && same(dim.name, name) {
                return Term::Local { up, number };
            }
            number += dim.local as usize;
            at += 1;
        }
        if outer == NONE {
            let symbol = self.shared(name);
            return if symbol == NONE { Term::Unknown } else { Term::Shared(symbol) };
        }
        let holder = self.items.get(outer);
        let up = up + has_locals(owner) as usize;
        let renamed = holder.field.dims;
        let mut at = 0;
        while at < renamed.len() {
            if same(renamed[at].name, name) {
                let root = self.roots.get(renames(&holder) + at);
                return Term::Renamed { up, term: root.term };
            }
            at += 1;
        }
        self.resolve(name, holder.owner, holder.outer, up)
    }
}

/// The first root of an item's renamed symbols, after those of its steps and ends.
const fn renames(item: &Item<'_>) -> usize {
    let mut at = list_end(item);
    at += match item.field.repeat {
        Some(repeat) => repeat.end.is_some() as usize,
        None => 0,
    };
    at += match item.field.stack() {
        Some((_, repeat)) => repeat.end.is_some() as usize,
        None => 0,
    };
    at + matches!(item.field.node, Node::Dim(_)) as usize
}

/// The root of the end of an item's list, or of the symbol that a field stores. It follows those of the steps.
pub(crate) const fn list_end(item: &Item<'_>) -> usize {
    let (ops, mut at, mut root) = (item.field.ops, 0, item.roots);
    while at < ops.len() {
        root += roots_of(&ops[at]);
        at += 1;
    }
    root
}

/// The index of a field's `stack`.
pub(crate) const fn stacked(field: &Field) -> Option<&Repeat> {
    let mut at = 0;
    while at < field.ops.len() {
        if let Op::Stack { repeat, .. } | Op::Concat { repeat: Some(repeat), .. } = &field.ops[at] {
            return Some(repeat);
        }
        at += 1;
    }
    None
}

/// The root of the end of an item's `stack`.
pub(crate) const fn stack_end(item: &Item<'_>) -> usize {
    let list = match item.field.repeat {
        Some(repeat) => repeat.end.is_some() as usize,
        None => 0,
    };
    list_end(item) + list
}

/// The number of roots of a step.
pub(crate) const fn roots_of(op: &Op) -> usize {
    match op {
        Op::Shape(axes) | Op::Reshape(axes) => axes.len(),
        Op::Slice { end, .. } => 1 + end.is_some() as usize,
        Op::Split { sizes: Some(sizes), .. } => sizes.len(),
        _ => 0,
    }
}

/// True if no step but `shape` has an expression.
const fn only_shapes(ops: &[Op]) -> bool {
    let mut at = 0;
    while at < ops.len() {
        if roots_of(&ops[at]) > 0 && !matches!(ops[at], Op::Shape(_)) {
            return false;
        }
        at += 1;
    }
    true
}

/// True if a field takes exactly one required variable, by one path.
const fn takes_one(field: &Field) -> bool {
    matches!(field.node, Node::Tensor(_) | Node::Split(_))
        && matches!(field.absent, Absent::Problem)
        && field.paths.len() == 1
        && stacked(field).is_none()
        && !field.joins_paths()
}

/// True if each instance of a struct has its own symbols.
const fn has_locals(owner: &Struct) -> bool {
    let mut at = 0;
    while at < owner.dims.len() {
        if owner.dims[at].local {
            return true;
        }
        at += 1;
    }
    false
}
