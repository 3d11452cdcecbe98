//! The walk of an outline beside the parts of a value: which arrays there are, and the names of their variables.

use std::{iter, slice};

use smallvec::SmallVec;

use crate::fit::{Arrays, Holder, Item, NONE, State, Term, stack_end};
use crate::listing::catalog::Spec;
use crate::listing::shape::Shape;
use crate::model::description::{Absent, Constant, Field, Indices, List, Node, Op, Repeat};
use crate::model::dialect;
use crate::plan::Binding;
use crate::save::invert::{Unsaid, terms};
use crate::save::problem::{At, ProblemAt, SaveProblemKind};
use crate::save::{Held, OtherName, SaveContext, SavedShadow, Tied};

/// The arrays of a field at one place, with the names of their variables.
#[derive(Debug)]
pub(super) struct Leaf<'a> {
    pub(super) item: &'a Item<'a>,
    pub(super) scope: usize,
    /// The names of the variables: one, or those that are joined.
    pub(super) names: Vec<String>,
    /// Other names to save variables under.
    pub(super) others: Vec<OtherName>,
    /// One array, or the parts of a `split`.
    pub(super) arrays: Vec<Spec>,
    at: At,
}

/// A variable that no field holds, at one place.
#[derive(Debug)]
pub(super) struct Fixed {
    pub(super) name: String,
    pub(super) constant: &'static Constant,
    scope: usize,
    at: At,
}

impl Fixed {
    /// Its shape, once the symbols in it have values.
    pub(super) fn shape(&self, state: &State<'_, '_>) -> Result<Shape, ProblemAt> {
        let item = state.item(self.at.item);
        let Some(shape) = item.field.ops.iter().position(|op| matches!(op, Op::Shape(_))) else {
            return Ok(Shape::default());
        };
        let len = |term| state.value(term, self.scope);
        let dims: Option<Vec<u64>> = terms(state, item, shape).map(len).collect();
        dims.and_then(Shape::new).ok_or_else(|| {
            let axes = item.field.ops[shape].to_string();
            ProblemAt { at: self.at.clone(), kind: SaveProblemKind::Constant { axes } }
        })
    }
}

impl Leaf<'_> {
    /// True if it is a part of its variable that says nothing of the others.
    pub(super) fn is_sliced(&self) -> bool {
        self.item.field.ops.iter().any(|op| matches!(op, Op::Slice { .. }))
    }

    /// True if a load may leave elements of a variable after its own: a struct around the name of the variable allows that.
    pub(super) fn may_leave_the_end(&self, name: &str, state: &mut State<'_, '_>) -> bool {
        let is_closed = |op: &Op| matches!(op, Op::Slice { end: Some(_), .. });
        if !self.item.field.ops.iter().any(is_closed) {
            return false;
        }
        state.spelled.truncate(0);
        state.spelled.push(name);
        let mut structs = state.input.outline.structs.iter().enumerate();
        structs.any(|(holder, own)| own.owner.allow_unmapped && state.below(holder).is_some())
    }

    /// True if it can hold the bytes of a string, too.
    pub(super) fn or_string(&self) -> bool {
        matches!(self.item.field.node.innermost(), Node::Tensor(tensor) if tensor.or_string)
    }

    pub(super) fn found(&self, kind: SaveProblemKind) -> ProblemAt {
        ProblemAt { at: self.at.clone(), kind }
    }
}

/// The result of a walk.
#[derive(Default)]
pub(super) struct Walked<'a> {
    pub(super) leaves: Vec<Leaf<'a>>,
    pub(super) constants: Vec<Fixed>,
    /// The values of symbols that all structs share, from fields with `dim`.
    pub(super) dims: Vec<Binding>,
    pub(super) problems: Vec<ProblemAt>,
}

impl Walked<'_> {
    /// The number of arrays and constants with variables.
    fn variables(&self) -> usize {
        self.leaves.len() + self.constants.len()
    }
}

/// The value does not hold the parts that its description names, so that the walk cannot go on.
struct Stop;

/// The name of a variable, and others to save it under.
type Saved = (String, Vec<OtherName>);

pub(super) struct Walk<'w, 'm, 'a> {
    state: &'w mut State<'m, 'a>,
    held: slice::Iter<'w, Held>,
    context: SaveContext<'w>,
    walked: Walked<'a>,
}

impl<'w, 'm, 'a> Walk<'w, 'm, 'a> {
    pub(super) fn new(
        state: &'w mut State<'m, 'a>,
        held: &'w [Held],
        context: SaveContext<'w>,
    ) -> Self {
        Self { state, held: held.iter(), context, walked: Walked::default() }
    }

    /// Walks all of a value.
    pub(super) fn all(mut self) -> Result<Walked<'a>, Vec<ProblemAt>> {
        self.state.add_shared();
        if self.fields(0).is_err() {
            return Err(self.walked.problems);
        }
        if self.held.next().is_some() {
            self.problem(NONE, SaveProblemKind::Order { wanted: "the end" });
        }
        Ok(self.walked)
    }

    /// The place of an item in the walk.
    fn at(&self, item: usize) -> At {
        At { item, indices: SmallVec::from_slice(&self.state.indices[..self.state.depth]) }
    }

    fn problem(&mut self, item: usize, kind: SaveProblemKind) {
        let at = self.at(item);
        self.walked.problems.push(ProblemAt { at, kind });
    }

    /// The next part of the value, of the kind that the description names.
    fn next<T>(
        &mut self,
        item: usize,
        wanted: &'static str,
        of: impl Fn(&'w Held) -> Option<T>,
    ) -> Result<T, Stop> {
        self.held.next().and_then(of).ok_or_else(|| {
            self.problem(item, SaveProblemKind::Order { wanted });
            Stop
        })
    }

    /// Walks the fields of a struct.
    fn fields(&mut self, holder: usize) -> Result<(), Stop> {
        let Holder { first, end, has_locals, .. } = self.state.input.outline.structs[holder];
        let scope = self.state.scope;
        if has_locals {
            self.state.open_scope(holder);
        }
        let mut at = first;
        while at < end {
            let Item { field, next, .. } = *self.state.item(at);
            self.node(at, &field.node)?;
            at = next;
        }
        self.state.scope = scope;
        Ok(())
    }

    fn node(&mut self, item: usize, node: &'a Node) -> Result<(), Stop> {
        match node {
            Node::Tensor(_) | Node::Split(_) => self.leaf(item),
            Node::Struct(_) => {
                let item = self.struct_item(item);
                self.fields(self.state.item(item).inner)
            }
            Node::Optional(inner) => {
                let present =
                    |held: &Held| if let Held::Present(is) = held { Some(*is) } else { None };
                if self.next(item, "an optional value", present)? {
                    self.node(item, inner)?;
                }
                Ok(())
            }
            Node::List(list) => self.list(item, list),
            Node::Constant(constant) => {
                self.constant(item, constant);
                Ok(())
            }
            Node::Dim(_) => self.dim(item),
        }
    }

    /// Notes the value of a symbol. A symbol that all structs share is bound to it.
    fn dim(&mut self, item: usize) -> Result<(), Stop> {
        let dim = |held: &Held| if let Held::Dim(value) = held { Some(*value) } else { None };
        let value = self.next(item, "the value of a symbol", dim)?;
        let outline = self.state.input.outline;
        let term = outline.roots[self.state.item(item).ends].term;
        let _ = self.state.learn(term, self.state.scope, value);
        if let Term::Shared(symbol) = outline.terms[term] {
            let name = outline.symbols[symbol].name;
            if !self.walked.dims.iter().any(|dim| dim.name == name) {
                let name = name.to_owned();
                self.walked.dims.push(Binding { name, value, required: false });
            }
        }
        Ok(())
    }

    /// Notes a variable that no field holds, unless the dialect lacks it.
    fn constant(&mut self, item: usize, constant: &'static Constant) {
        let name = self.name(item);
        if !dialect::is_absent(name.as_bytes()) {
            let (scope, at) = (self.state.scope, self.at(item));
            self.walked.constants.push(Fixed { name, constant, scope, at });
        }
    }

    fn list(&mut self, item: usize, list: &'a List) -> Result<(), Stop> {
        let own = self.state.item(item);
        let field = own.field;
        let start = self.state.list_start(item);
        let elements = |held: &'w Held| match held {
            Held::Elements(_) | Held::Keys(_) => Some(held),
            _ => None,
        };
        let held = self.next(item, "a list", elements)?;
        self.has_elements(item, list, held);
        if field.repeat.is_some_and(|repeat| repeat.end.is_some()) {
            let end = u64::try_from(start.saturating_add(held.elements())).unwrap_or(u64::MAX);
            let term = self.state.input.outline.roots[own.ends].term;
            let _ = self.state.learn(term, self.state.scope, end);
        }
        let indices: Vec<usize> = match (held, field.indices) {
            (Held::Keys(keys), _) => keys.clone(),
            (_, Indices::Listed(values)) => {
                let values = values.iter().copied().chain(iter::repeat(usize::MAX));
                values.take(held.elements()).collect()
            }
            _ => (start..start.saturating_add(held.elements())).collect(),
        };
        for (position, &index) in indices.iter().enumerate() {
            let (before, known) = (self.walked.variables(), self.walked.problems.len());
            let is_last = position > 0 && position + 1 == indices.len();
            self.within(index, |walk| {
                walk.node(item, &list.element)?;
                let is_empty = walk.walked.variables() == before;
                if is_empty && is_counted(field, list, is_last) {
                    walk.problem(item, SaveProblemKind::Uncounted);
                }
                Ok(())
            })?;
            // Problems of an item that is not listed follow from that.
            if index == usize::MAX {
                self.walked.problems.truncate(known);
            }
        }
        Ok(())
    }

    /// Does something at an index more.
    fn within<T>(&mut self, index: usize, then: impl FnOnce(&mut Self) -> T) -> T {
        self.state.indices[self.state.depth] = index;
        self.state.depth += 1;
        let result = then(self);
        self.state.depth -= 1;
        result
    }

    /// Checks that a list has the elements that a load asks for.
    fn has_elements(&mut self, item: usize, list: &List, held: &Held) {
        let (field, start) = (self.state.item(item).field, self.state.list_start(item));
        let kind = match (held, field.indices) {
            (Held::Elements(found), Indices::Listed(values)) => {
                let (found, listed) = (*found, values.len());
                (found != listed).then_some(SaveProblemKind::Listed { found, listed })
            }
            (Held::Keys(keys), Indices::Listed(values)) => {
                let missing = values.iter().find(|value| !keys.contains(value));
                let unlisted = keys.iter().find(|key| !values.contains(key));
                let missing = missing.map(|&missing| SaveProblemKind::Missing { missing });
                missing.or(unlisted.map(|&key| SaveProblemKind::Unlisted { key }))
            }
            (Held::Keys(keys), Indices::Range) => {
                let hole = (start..).zip(keys).find(|(wanted, key)| wanted != *key);
                hole.map(|(missing, _)| SaveProblemKind::Hole { missing, start })
            }
            _ => None,
        };
        let bounded = is_bounded(field, list) || kind.is_some();
        // A load counts at least one element of other lists.
        let may_be_empty = field.indices == Indices::Any && !asks_for_variables(&list.element);
        let needs_one = !bounded && !may_be_empty;
        let empty = (held.elements() == 0 && needs_one).then_some(SaveProblemKind::Empty);
        if let Some(kind) = kind.or(empty) {
            self.problem(item, kind);
        }
    }

    /// The path that a struct is saved under: the first, or the one below which the checkpoint to be like has most of its variables.
    fn struct_item(&mut self, first: usize) -> usize {
        let paths = self.state.input.outline.paths(first);
        if paths.len() == 1 || self.context.like.is_none() {
            return first;
        }
        // The first of equal ones.
        let most = paths.into_iter().rev().max_by_key(|&item| self.there_below(item));
        most.unwrap_or(first)
    }

    /// The number of variables of a struct that the checkpoint to be like has below a path. What the walk finds of symbols is the same
    /// below all paths, so it stays.
    fn there_below(&mut self, item: usize) -> usize {
        let (depth, scope) = (self.state.depth, self.state.scope);
        let (held, context) = (self.held.as_slice(), self.context);
        let mut walk = Walk::new(&mut *self.state, held, context);
        // The walk itself reports a value with other parts.
        let _ = walk.fields(walk.state.item(item).inner);
        let names = walk.walked.leaves.iter().flat_map(|leaf| &leaf.names);
        let there = names.filter(|name| self.has(name)).count();
        (self.state.depth, self.state.scope) = (depth, scope);
        there
    }

    fn leaf(&mut self, item: usize) -> Result<(), Stop> {
        let own = self.state.item(item);
        let array =
            |held: &Held| if let Held::Array(spec) = held { Some(spec.clone()) } else { None };
        let count = Arrays::of(&own.field.node).map_or(0, Arrays::len);
        let arrays = (0..count).map(|_| self.next(item, "an array", array));
        let mut arrays: Vec<Spec> = arrays.collect::<Result<_, _>>()?;
        self.make_whole(own.field, &mut arrays);
        match self.variables(item, arrays.first()) {
            Ok(saved) => {
                let (names, others): (_, Vec<_>) = saved.into_iter().unzip();
                let (at, scope, others) = (self.at(item), self.state.scope, others.concat());
                self.walked.leaves.push(Leaf { item: own, scope, names, others, arrays, at });
            }
            Err(unsaid) => self.problem(item, unsaid.into()),
        }
        Ok(())
    }

    /// The names of the variables of an array: one, or those that are joined.
    fn variables(&mut self, item: usize, array: Option<&Spec>) -> Result<Vec<Saved>, Unsaid> {
        let field = self.state.item(item).field;
        if let Some((axis, repeat)) = field.stack() {
            let count = self.pieces(item, axis, repeat, array)?;
            let indices = repeat.start..repeat.start.saturating_add(count);
            return Ok(indices.map(|index| self.within(index, |walk| walk.named(item))).collect());
        }
        let paths = self.state.input.outline.paths(item);
        if field.joins_paths() {
            return Ok(paths.into_iter().map(|item| self.shadowed(item, &[])).collect());
        }
        // The first, or the one that the checkpoint to be like has.
        let there = paths.into_iter().find(|&item| self.is_there(item));
        Ok(vec![self.named(there.unwrap_or(item))])
    }
}

/// True if the type or the range of a list fixes the number of its items.
fn is_bounded(field: &Field, list: &List) -> bool {
    list.len.is_some() || field.repeat.is_some_and(|repeat| repeat.end.is_some())
}

/// True if a load only finds an item of a list by its variables. It counts up to the last item with any, and at least one item.
fn is_counted(field: &Field, list: &List, is_last: bool) -> bool {
    match field.indices {
        Indices::Range => is_last && !is_bounded(field, list),
        Indices::Listed(_) => false,
        Indices::Any => true,
    }
}

impl Walk<'_, '_, '_> {
    /// True if the checkpoint to be like has a variable of this name.
    fn has(&self, name: &str) -> bool {
        self.context.like.is_some_and(|like| like.variable(name).is_some())
    }

    /// True if the checkpoint to be like has the variable of an item.
    fn has_item(&mut self, item: usize) -> bool {
        self.context.like.is_some() && {
            let name = self.name(item);
            self.has(&name)
        }
    }

    /// True if the checkpoint to be like has the variable of an item, or its average.
    fn is_there(&mut self, item: usize) -> bool {
        self.has_item(item) || self.average(item).is_some_and(|average| self.has_item(average))
    }

    /// The item of the average of an item's variable, if there are averages.
    fn average(&self, item: usize) -> Option<usize> {
        self.state.input.outline.average(item)
    }

    /// An item, and those of the other names in its `tie`.
    fn and_ties(&self, item: usize) -> Vec<usize> {
        iter::once(item).chain(self.state.input.outline.ties(item)).collect()
    }

    /// The number of variables that an array is saved as: as many as a stack is long, or as `concat` says; otherwise as many as the
    /// checkpoint to be like has.
    fn pieces(
        &mut self,
        item: usize,
        axis: usize,
        repeat: &Repeat,
        array: Option<&Spec>,
    ) -> Result<usize, Unsaid> {
        let own = self.state.item(item);
        let dims = array.map(|spec| spec.shape.dims()).unwrap_or_default();
        let Some(op) = own.field.ops.iter().find(|op| matches!(op, Op::Concat { .. })) else {
            let len = dims.get(axis).map(|len| usize::try_from(*len).unwrap_or_default());
            return Ok(len.unwrap_or_default());
        };
        let outline = self.state.input.outline;
        let end = repeat.end.map(|_| outline.roots[stack_end(own)].term);
        let end = end.and_then(|end| self.state.value(end, self.state.scope));
        let written = end.and_then(|end| usize::try_from(end).ok()?.checked_sub(repeat.start));
        let SaveContext { like, manifests, .. } = self.context;
        let names = self.and_ties(item);
        let mut count = written;
        if let (None, Some(like)) = (count, like) {
            let variables = like.catalog().variables().len();
            count = self.count(repeat, &names, variables, Self::is_there);
        }
        for manifest in manifests {
            count = count.or_else(|| {
                self.count(repeat, &names, manifest.variables, |walk, item| {
                    manifest.of(&walk.name(item)).is_some()
                })
            });
        }
        count
            .filter(|count| *count > 0)
            .ok_or_else(|| Unsaid::Step { op: *op, after: dims.to_vec() })
    }

    /// The number of variables from the first on that are there under any name. There are no more than all variables.
    fn count(
        &mut self,
        repeat: &Repeat,
        names: &[usize],
        variables: usize,
        is_there: impl Fn(&mut Self, usize) -> bool,
    ) -> Option<usize> {
        let indices = repeat.start..repeat.start.saturating_add(variables);
        let mut any = |index: usize| {
            self.within(index, |walk| names.iter().any(|&item| is_there(walk, item)))
        };
        Some(indices.take_while(|&index| any(index)).count()).filter(|count| *count > 0)
    }

    /// Sets the shapes of a rank's parts to those of the whole arrays.
    fn make_whole(&self, field: &Field, arrays: &mut [Spec]) {
        let (Some(parallel), Some(share)) = (field.parallel, self.context.share) else { return };
        for spec in arrays {
            let mut dims = spec.shape.dims().to_vec();
            if let Some(len) = dims.get_mut(parallel.axis) {
                *len = len.saturating_mul(u64::try_from(share.ranks).unwrap_or(u64::MAX));
            }
            // An overflow leaves the part, whose shape then differs from that of a load.
            spec.shape = Shape::new(dims).unwrap_or_else(|| spec.shape.clone());
        }
    }

    /// The names to save the variable of an item under that can have several.
    fn named(&mut self, item: usize) -> Saved {
        let all = self.and_ties(item);
        let there: Vec<usize> = all.iter().copied().filter(|&item| self.is_there(item)).collect();
        match self.context.tied {
            Some(Tied::Each) => self.shadowed(item, &all[1..]),
            None if let [first, ties @ ..] = there.as_slice() => self.shadowed(*first, ties),
            None | Some(Tied::First) => self.shadowed(item, &[]),
        }
    }

    /// The name to save the variable of an item under, and others with it: its average if both are saved, and those of ties.
    fn shadowed(&mut self, item: usize, ties: &[usize]) -> Saved {
        let (first, base) = (self.name(item), self.state.item(item).base);
        let average = self.average(base).map(|average| self.name(average));
        let there = (self.has(&first), average.as_ref().is_some_and(|average| self.has(average)));
        let saved = self.context.shadow.unwrap_or(match there {
            (false, true) => SavedShadow::Average,
            (true, true) => SavedShadow::Both,
            (_, false) => SavedShadow::Plain,
        });
        let (name, average) = match (saved, average) {
            (SavedShadow::Average, Some(average)) => (average, None),
            (SavedShadow::Both, average) => (first, average),
            (SavedShadow::Plain, _) | (SavedShadow::Average, None) => (first, None),
        };
        let other = |other, tied| OtherName { name: other, of: name.clone(), tied };
        let average = average.map(|average| other(average, false)).into_iter();
        let others = average.chain(ties.iter().map(|&tie| other(self.name(tie), true))).collect();
        (name, others)
    }

    /// The name of an item's variable, at the indices of the walk.
    fn name(&mut self, item: usize) -> String {
        self.state.spelled.truncate(0);
        self.state.spell(item);
        String::from_utf8_lossy(self.state.spelled.bytes()).into_owned()
    }
}

/// True if a load of the node fails without variables.
fn asks_for_variables(node: &Node) -> bool {
    let field = |field: &Field| field.absent == Absent::Problem && asks_for_variables(&field.node);
    match node {
        Node::Tensor(_) | Node::Split(_) => true,
        Node::Struct(inner) => inner.fields.iter().any(field),
        Node::List(list) => asks_for_variables(&list.element),
        Node::Optional(_) | Node::Dim(_) | Node::Constant(_) => false,
    }
}
