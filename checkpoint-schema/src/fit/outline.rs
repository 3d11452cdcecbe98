//! A description as tables: an item for each path of each field, with its whole template and its expressions.
//!
//! `Gpt2 { wte, blocks: [Block { ln }] }` becomes the items `wte`, `blocks`, `blocks.ln`. The fields of a struct follow the item
//! that contains the struct; [`Item::end`] is the item after them. Templates are joined and symbols are resolved once for each
//! item, not for each element of a list.

use std::iter;

use crate::each::each;
use crate::fit::stack::{NONE, Span, record};
use crate::fit::tables::{Builder, Outline};
use crate::fit::text::is_plain;
use crate::manifest::Hash;
use crate::model::check::is_keyed;
use crate::model::description::{Absent, Cast, Field, Ignore, Indices, Node, Op, Path, Struct};
use crate::model::dialect::{Dialect, Separators};
use crate::model::expression::{AxisLength, Expression, Operator};
use crate::model::template::{self, Form, Placeholder};
use crate::model::text::same;

/// The subject of a manifest.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The dialect of its names.
    pub dialect: Dialect<'a>,
    /// The number of the model: manifests of one model in several dialects have the same.
    pub model: usize,
}

record! {
    /// One path of a field.
    Item<'a> {
        owner: &'a Struct = &Struct::EMPTY,
        field: &'a Field = &Field::EMPTY,
        /// The field in the first dialect, with its differences in others.
        written: &'a Field = &Field::EMPTY,
        /// The number of the field, which is the same in all dialects and for all of its paths.
        number: usize = 0,
        /// The number of the path.
        path: usize = 0,
        /// The item that contains the struct; `NONE` for fields of the root.
        outer: usize = NONE,
        /// The struct in the field, once or several times.
        inner: usize = NONE,
        /// The item after those of the struct in the field.
        end: usize = 0,
        /// The item after all paths of the field.
        next: usize = 0,
        /// The whole template, from the root of the checkpoint.
        pieces: Span = Span::EMPTY,
        /// The template in the form used for hashes.
        keys: Span = Span::EMPTY,
        /// The number of indices around the field.
        around: usize = 0,
        /// The number of indices in its template: those around the field, and those of its list and its `stack`.
        depth: usize = 0,
        separator: &'a str = "/",
        separators: Separators<'a> = Separators::ROOT,
        /// The dtype conversions that the field allows.
        cast: Cast = Cast::Never,
        /// The first of its expressions among the roots: those of the steps.
        roots: usize = 0,
        /// The root of the end of its list, if that is written; then that of its `stack`. The symbol that a field stores is here, too.
        ends: usize = 0,
        /// The first of its renamed symbols among the roots, after all others.
        renamed: usize = 0,
        /// The number of scopes of local symbols around the field, including that of its own struct.
        scopes: usize = 0,
        /// True if its steps determine or need symbols.
        has_symbols: bool = false,
        /// True if only its `shape` steps use symbols. Then the result of its steps follows from the variable alone.
        is_simple: bool = false,
        /// True if it always takes exactly one variable.
        is_plain: bool = false,
        /// True if a struct around it, other than the root, ignores variables.
        is_ignorable: bool = false,
        /// The averages of its variables.
        shadow: Shadow<'a> = Shadow::NONE,
        /// The role of this name among those of the variable.
        role: Role = Role::Plain,
        /// The item of the plain name of the variable. It is the item itself if that has the plain name.
        base: usize = NONE,
    }
}

record! {
    /// The averages of variables, stored under separate names.
    Shadow<'a> {
        /// The name of an average below its variable.
        name: Option<&'a str> = None,
        /// True if averages are never taken.
        never: bool = false,
    }
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
}

record! {
    /// A struct, and the item that contains it.
    Holder<'a> {
        owner: &'a Struct = &Struct::EMPTY,
        /// Its prefix, and the variables that it skips, in the dialect.
        prefix: &'a Path = &Path::EMPTY,
        ignore: &'static [Ignore<'static>] = &[],
        /// The item; `NONE` for the root.
        item: usize = NONE,
        /// The items of its fields: the first, and the one after the last.
        first: usize = 0,
        end: usize = 0,
        /// The first assertion among the roots.
        roots: usize = 0,
        scopes: usize = 0,
        separator: &'a str = "/",
        separators: Separators<'a> = Separators::ROOT,
        shadow: Shadow<'a> = Shadow::NONE,
        /// True if each instance has its own symbols.
        has_locals: bool = false,
        /// True if it has attributes about variables, or assertions.
        says: bool = false,
    }
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

    /// The placeholder, as in a path.
    pub(crate) const fn placeholder(&self) -> Placeholder<'_> {
        let Self { name: index, factor, offset, form, .. } = *self;
        Placeholder { index, factor, offset, form }
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
    /// A renamed symbol: an expression of several nodes in a scope further out.
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

impl<'a> Builder<'_, 'a> {
    /// Fills the tables from a struct below a prefix.
    pub(crate) const fn fill(&mut self, owner: &'a Struct, prefix: &'a str) {
        self.text(prefix, 0);
        let (pieces, keys) = (self.pieces.since(0), self.keys.since(0));
        let start = Item { pieces, keys, ..Item::NONE };
        self.start = start;
        self.declare_struct(owner);
        let _ = self.add_struct(owner, NONE, &start, 0);
    }

    /// Declares the symbols shared by all structs.
    const fn declare_struct(&mut self, owner: &'a Struct) {
        each!(0..owner.dims.len(), |at| {
            if !owner.dims[at].local {
                self.declare(owner.dims[at].name, owner.dims[at].value);
            }
        });
        each!(0..owner.fields.len(), |at| {
            if let Some(inner) = owner.fields[at].node.inner_struct() {
                self.declare_struct(inner);
            }
        });
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
        each!(0..self.symbols.len(), |at| {
            if same(self.symbols.get(at).name, name) {
                return at;
            }
        });
        NONE
    }

    /// Adds a struct in an item, and the items of its fields, which are numbered from `first_field`. Returns its number, and that
    /// after its last field.
    const fn add_struct(
        &mut self,
        owner: &'a Struct,
        item: usize,
        outer: &Item<'a>,
        first_field: usize,
    ) -> (usize, usize) {
        let shadow = match owner.shadow {
            // Other dialects have no averages.
            Some(name) if self.dialect.is_first() => Shadow { name: Some(name), never: false },
            _ => outer.shadow,
        };
        let separators = outer.separators.within(owner, self.dialect);
        let has_locals = has_locals(owner);
        let ignore = self.dialect.ignore(owner);
        let number = self.structs.len();
        let first = self.items.len();
        let holder = Holder {
            owner,
            prefix: self.dialect.prefix(owner, item == NONE),
            ignore,
            item,
            first,
            end: first,
            roots: self.asserts(owner, item),
            scopes: outer.scopes + has_locals as usize,
            separator: separators.joiner(),
            separators,
            shadow,
            has_locals,
            says: !ignore.is_empty() || owner.allow_unmapped || !owner.asserts.is_empty(),
        };
        let _ = self.structs.push(holder);
        let field = self.add_fields(owner.fields, &holder, outer, first_field);
        let field = self.add_fields(self.dialect.constants(owner), &holder, outer, field);
        self.structs.at(number).end = self.items.len();
        (number, field)
    }

    /// Adds the expressions of a struct's assertions. Returns the first root.
    const fn asserts(&mut self, owner: &'a Struct, item: usize) -> usize {
        let roots = self.roots.len();
        each!(0..owner.asserts.len(), |at| {
            self.root(&owner.asserts[at].left, owner, item);
            self.root(&owner.asserts[at].right, owner, item);
        });
        roots
    }

    /// Adds the items of fields, one for each path. Returns the number after those of the fields.
    const fn add_fields(
        &mut self,
        fields: &'a [Field],
        holder: &Holder<'a>,
        outer: &Item<'a>,
        first_field: usize,
    ) -> usize {
        let mut number = first_field;
        each!(0..fields.len(), |at| {
            let (first, paths) = (self.items.len(), self.dialect.field(&fields[at]).paths);
            let (mut path, mut after) = (0, number);
            while path == 0 || path < paths.len() {
                after = self.add_item(&fields[at], holder, outer, number, path);
                path += 1;
            }
            self.end_field(first, number);
            number = after;
        });
        number
    }

    /// Stores the end of a field's items in each of them.
    const fn end_field(&mut self, first: usize, number: usize) {
        let next = self.items.len();
        each!(first..next, |at| {
            let item = self.items.at(at);
            item.next = if item.number == number { next } else { item.next };
        });
    }

    const fn add_item(
        &mut self,
        written: &'a Field,
        holder: &Holder<'a>,
        outer: &Item<'a>,
        number: usize,
        path: usize,
    ) -> usize {
        let field = self.dialect.field(written);
        let Holder { owner, ignore, scopes, separator, separators, shadow, .. } = *holder;
        let shadow = Shadow { never: shadow.never || field.never_averaged, ..shadow };
        let around = outer.depth;
        let depth = around + field.repeat.is_some() as usize + field.stack().is_some() as usize;
        self.depth = if depth > self.depth { depth } else { self.depth };
        let base = self.items.len();
        let mut item = Item {
            owner,
            field,
            written,
            number,
            path,
            outer: holder.item,
            around,
            depth,
            separator,
            separators,
            cast: match (field.cast, owner.cast) {
                (Some(cast), _) | (None, Some(cast)) => cast,
                (None, None) => outer.cast,
            },
            scopes,
            is_plain: takes_one(field)
                && shadow.name.is_none()
                && field.ties.is_empty()
                && !field.copy,
            is_ignorable: holder.item != NONE && (!ignore.is_empty() || outer.is_ignorable),
            shadow,
            base,
            ..Item::NONE
        };
        let own = if path < field.paths.len() { &field.paths[path] } else { &Path::EMPTY };
        self.template(&mut item, holder, outer, own);
        self.expressions(&mut item);
        let _ = self.items.push(item);
        if field.node.is_variable() {
            self.add_names(&item, holder, outer);
        }
        let mut after = number + 1;
        if let Some(inner) = field.node.inner_struct() {
            (self.items.at(base).inner, after) = self.add_struct(inner, base, &item, after);
        }
        self.items.at(base).end = self.items.len();
        after
    }

    /// Adds the items of the other names of an item's variable.
    const fn add_names(&mut self, plain: &Item<'a>, holder: &Holder<'a>, outer: &Item<'a>) {
        if let Some(name) = plain.shadow.name {
            let (pieces, keys) = (self.pieces.len(), self.keys.len());
            self.copy(plain);
            self.text(plain.separator, keys);
            self.text(name, keys);
            let (pieces, keys) = (self.pieces.since(pieces), self.keys.since(keys));
            let end = self.items.len() + 1;
            let _ = self.items.push(Item { pieces, keys, end, role: Role::Average, ..*plain });
        }
        each!(0..plain.field.ties.len(), |tie| {
            let end = self.items.len() + 1;
            let mut tied = Item { role: Role::Tied, end, ..*plain };
            self.template(&mut tied, holder, outer, &plain.field.ties[tie]);
            let _ = self.items.push(tied);
        });
    }

    /// Joins the whole template of an item.
    const fn template(
        &mut self,
        item: &mut Item<'a>,
        holder: &Holder<'a>,
        outer: &Item<'a>,
        own: &Path,
    ) {
        let (pieces, keys) = (self.pieces.len(), self.keys.len());
        if own.absolute || holder.prefix.absolute {
            let start = self.start;
            self.copy(&start);
        } else {
            self.copy(outer);
        }
        if !own.absolute {
            self.join(holder.prefix, item, pieces, keys);
        }
        self.join(own, item, pieces, keys);
        (item.pieces, item.keys) = (self.pieces.since(pieces), self.keys.since(keys));
    }

    /// Repeats the template of an item.
    const fn copy(&mut self, item: &Item<'_>) {
        self.pieces.repeat(item.pieces);
        self.keys.repeat(item.keys);
    }

    /// Appends a path, with a separator if neither side is empty. The template starts at these pieces and keys.
    const fn join(&mut self, path: &Path, item: &Item<'a>, pieces: usize, keys: usize) {
        let separator = item.separators.joiner();
        if self.pieces.len() > pieces && !path.pieces.is_empty() {
            self.text(separator, keys);
        }
        each!(0..path.pieces.len(), |at| {
            match &path.pieces[at] {
                template::Piece::Text(text) => {
                    let mut rest = *text;
                    while let Some((before, after)) = item.separators.cut(rest) {
                        self.text(before, keys);
                        self.text(separator, keys);
                        rest = after;
                    }
                    self.text(rest, keys);
                }
                template::Piece::Index(placeholder) => {
                    let Placeholder { index: name, factor, offset, form } = *placeholder;
                    let depth = self.depth_of(item, name);
                    let index = Index { name, depth, factor, offset, form };
                    let _ = self.pieces.push(Piece::Index(index));
                    let _ = self.keys.push(Key::Number { depth, factor, offset, form });
                }
            }
        });
    }

    /// Appends text to a template, unless it is empty. Its keys start at `keys`.
    const fn text(&mut self, text: &'a str, keys: usize) {
        if text.is_empty() {
            return;
        }
        let _ = self.pieces.push(Piece::Text { text, plain: is_plain(text) });
        let hash = if self.keys.counts { Hash::EMPTY } else { Hash::of(text.as_bytes()) };
        if self.keys.len() > keys
            && let Key::Text(before) = self.keys.get(self.keys.len() - 1)
        {
            *self.keys.at(self.keys.len() - 1) = Key::Text(before.then(hash));
        } else {
            let _ = self.keys.push(Key::Text(hash));
        }
    }

    /// The number of an index, for an item. Searches the indices of and around the item for the name, innermost first.
    const fn depth_of(&self, item: &Item<'_>, name: &str) -> usize {
        let Item { field, outer, around, .. } = *item;
        if let Some((_, repeat)) = field.stack()
            && same(repeat.index, name)
        {
            return around + field.repeat.is_some() as usize;
        }
        if let Some(repeat) = field.repeat
            && same(repeat.index, name)
        {
            return around;
        }
        if outer == NONE { NONE } else { self.depth_of(self.items.see(outer), name) }
    }

    /// Adds the expressions of an item.
    const fn expressions(&mut self, item: &mut Item<'a>) {
        let Item { owner, field, outer, .. } = *item;
        item.roots = self.roots.len();
        each!(0..field.ops.len(), |op| {
            match &field.ops[op] {
                Op::Shape(axes) | Op::Reshape(axes) => self.axes(axes, owner, outer),
                Op::Slice { start, end, .. } => {
                    self.root(start, owner, outer);
                    self.end(end.as_ref(), owner, outer);
                }
                Op::Split { sizes: Some(sizes), .. } => {
                    each!(0..sizes.len(), |size| {
                        self.root(&sizes[size], owner, outer);
                    });
                }
                _ => {}
            }
        });
        item.ends = self.roots.len();
        item.has_symbols = self.any_symbol(item.roots);
        item.is_simple = only_shapes(field.ops);
        if let Some(repeat) = &field.repeat {
            self.end(repeat.end.as_ref(), owner, outer);
        }
        if let Some((_, repeat)) = field.stack() {
            self.end(repeat.end.as_ref(), owner, outer);
        }
        if let Node::Dim(name) = field.node {
            let term = self.resolve(name, owner, outer, 0);
            let term = self.terms.push(term);
            let _ = self.roots.push(Root { term, expression: None });
        }
        item.renamed = self.roots.len();
        each!(0..field.dims.len(), |renamed| {
            self.root(&field.dims[renamed].is, owner, outer);
        });
    }

    const fn axes(&mut self, axes: &'a [AxisLength], owner: &Struct, outer: usize) {
        each!(0..axes.len(), |axis| {
            match &axes[axis] {
                AxisLength::Any => {
                    let term = self.terms.push(Term::Any);
                    let _ = self.roots.push(Root { term, expression: None });
                }
                AxisLength::Is(expression) => self.root(expression, owner, outer),
            }
        });
    }

    const fn end(&mut self, end: Option<&'a Expression>, owner: &Struct, outer: usize) {
        if let Some(end) = end {
            self.root(end, owner, outer);
        }
    }

    /// True if any root from this one on contains a symbol.
    const fn any_symbol(&self, from: usize) -> bool {
        each!(from..self.roots.len(), |at| {
            if self.has_symbol(self.roots.get(at).term) {
                return true;
            }
        });
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
            // To count terms, any will do.
            Expression::Symbol(_) if self.terms.counts => Term::Any,
            Expression::Symbol(name) => self.resolve(name, owner, outer, 0),
            Expression::Pair(operator, [left, right]) => {
                let (left, right) = (self.term(left, owner, outer), self.term(right, owner, outer));
                Term::Pair(*operator, left, right)
            }
        };
        self.terms.push(term)
    }

    /// The meaning of a renamed symbol: a term in a scope further out.
    const fn further_out(&self, term: usize, up: usize) -> Term {
        match self.terms.get(term) {
            Term::Local { up: more, number } => Term::Local { up: up + more, number },
            Term::Renamed { up: more, term } => Term::Renamed { up: up + more, term },
            Term::Pair(..) => Term::Renamed { up, term },
            other => other,
        }
    }

    /// Resolves a symbol in a struct; `up` is the number of scopes outwards so far.
    const fn resolve(&self, name: &str, owner: &Struct, outer: usize, up: usize) -> Term {
        let mut number = 0;
        each!(0..owner.dims.len(), |at| {
            let dim = &owner.dims[at];
            if dim.local && same(dim.name, name) {
                return Term::Local { up, number };
            }
            number += dim.local as usize;
        });
        if outer == NONE {
            let symbol = self.shared(name);
            return if symbol == NONE { Term::Unknown } else { Term::Shared(symbol) };
        }
        let holder = self.items.see(outer);
        let up = up + has_locals(owner) as usize;
        let renamed = holder.field.dims;
        each!(0..renamed.len(), |at| {
            if same(renamed[at].name, name) {
                let root = self.roots.get(holder.renamed + at);
                return self.further_out(root.term, up);
            }
        });
        self.resolve(name, holder.owner, holder.outer, up)
    }
}

impl Outline<'_> {
    /// The items of all paths of a field.
    pub(crate) fn paths(&self, first: usize) -> Vec<usize> {
        let next = self.items[first].next;
        let end = |&item: &usize| Some(self.items[item].end).filter(|end| *end < next);
        iter::successors(Some(first), end).collect()
    }

    /// The item of the average of an item's variable, if averages are taken.
    pub(crate) fn average(&self, item: usize) -> Option<usize> {
        let average = item + 1;
        (self.has_role(average, Role::Average) && !self.items[item].shadow.never).then_some(average)
    }

    /// The items of the other names in an item's `tie`.
    pub(crate) fn ties(&self, item: usize) -> impl Iterator<Item = usize> {
        let first = item + 1 + usize::from(self.has_role(item + 1, Role::Average));
        (first..self.items.len()).take_while(|&tie| self.has_role(tie, Role::Tied))
    }

    /// True if an item with this number exists and has this role.
    pub(crate) const fn has_role(&self, item: usize, role: Role) -> bool {
        item < self.items.len() && self.items[item].role as u8 == role as u8
    }
}

/// The root of the end of an item's `stack`.
pub(crate) const fn stack_end(item: &Item<'_>) -> usize {
    let list = match item.field.repeat {
        Some(repeat) => repeat.end.is_some() as usize,
        None => 0,
    };
    item.ends + list
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
    each!(0..ops.len(), |at| {
        if roots_of(&ops[at]) > 0 && !matches!(ops[at], Op::Shape(_)) {
            return false;
        }
    });
    true
}

/// True if a field takes exactly one required variable, by one path.
const fn takes_one(field: &Field) -> bool {
    matches!(field.node, Node::Tensor(_) | Node::Split(_))
        && matches!(field.absent, Absent::Problem)
        && field.paths.len() == 1
        && field.stack().is_none()
        && !field.joins_paths()
}

/// True if each instance of a struct has its own symbols.
const fn has_locals(owner: &Struct) -> bool {
    each!(0..owner.dims.len(), |at| {
        if owner.dims[at].local {
            return true;
        }
    });
    false
}
