//! The walk over a description: it finds the variables of each field, the numbers of elements of lists, and missing variables.

use crate::fit::memory::State;
use crate::fit::outline::{Holder, Item, roots_of, stack_end};
use crate::fit::records::{Finding, HolderSite, Instance, Kind, ListElements, Mark, Scope, Site};
use crate::fit::stack::{ANY, NONE, Span};
use crate::listing::dtype::DType;
use crate::model::description::{Absent, Cast, Indices, Node, Op, Repeat, Tensor};
use crate::model::expression::Expression;

/// The arrays of a field.
#[derive(Clone, Copy)]
pub(crate) enum Arrays<'a> {
    One(&'a Tensor),
    Split(&'a [Node]),
}

impl<'a> Arrays<'a> {
    /// The arrays of a field's innermost node, if it has any.
    pub(crate) const fn of(node: &'a Node) -> Option<Self> {
        match node.innermost() {
            Node::Tensor(tensor) => Some(Self::One(tensor)),
            Node::Split(parts) => Some(Self::Split(parts)),
            Node::Constant(_) => Some(Self::One(&Tensor::ANY)),
            _ => None,
        }
    }

    pub(crate) const fn len(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Split(parts) => parts.len(),
        }
    }

    /// The array with this number.
    pub(crate) const fn tensor(self, number: usize) -> Option<&'a Tensor> {
        match self {
            Self::One(tensor) if number == 0 => Some(tensor),
            Self::Split(parts) if number < parts.len() => parts[number].tensor(),
            Self::One(_) | Self::Split(_) => None,
        }
    }
}

impl<'a> State<'_, 'a> {
    /// Walks the fields of a struct.
    pub(crate) const fn walk(&mut self, holder: usize) {
        let Holder { first, end, has_locals, says, .. } = self.input.outline.structs[holder];
        let scope = self.scope;
        if has_locals {
            self.open_scope(holder);
        }
        if says {
            let (frame, scope) = (self.frame, self.scope);
            let _ = self.places.push(HolderSite { holder, frame, scope });
        }
        let mut at = first;
        while at < end {
            let own = &self.input.outline.items[at];
            if own.is_plain {
                self.plain(at);
                at = own.end;
                continue;
            }
            let Item { field, next, .. } = *own;
            if let Node::Dim(_) = field.node {
                self.mark(Mark::Dim { item: at, scope: self.scope });
                let _ = self.dims.push(self.site(at));
            } else if own.end == next {
                self.field(at);
            } else {
                let chosen = self.choose(at);
                self.field(chosen);
            }
            at = next;
        }
        self.scope = scope;
    }

    /// Takes the single variable of a field. Like [`Self::variables`], but faster if there are no problems.
    const fn plain(&mut self, item: usize) {
        let at = self.instances.len;
        let Some((variable, family)) = self.lookup(item) else { return self.variables(item) };
        let fits = variable < self.input.manifest.variables
            && self.taken[variable].by == NONE
            && at < self.instances.cells.len()
            && (self.memos[item].held == family || self.accepts(item, family));
        if !fits {
            return self.variables(item);
        }
        let (frame, scope) = (self.frame, self.scope);
        self.instances.cells[at] =
            Instance { item, frame, scope, variable, family, pieces: 1, complete: true };
        self.instances.len = at + 1;
        self.taken[variable].by = at;
        self.takes += 1;
        self.mark(Mark::Arrays(at));
    }

    /// True if the variables of a family are readable, and an item accepts their dtype.
    const fn accepts(&mut self, item: usize, family: usize) -> bool {
        let defect = self.input.manifest.families[family].defect;
        let accepts = defect.is_none() && self.other_dtype(item, family).is_none();
        if accepts {
            self.memos[item].held = family;
        }
        accepts
    }

    /// Creates the local symbols of a struct instance.
    pub(crate) const fn open_scope(&mut self, holder: usize) {
        let owner = self.input.outline.structs[holder].owner;
        let (first, mut at) = (self.symbols.len(), 0);
        while at < owner.dims.len() {
            if owner.dims[at].local {
                self.add_symbol(owner.dims[at].name, owner.dims[at].value);
            }
            at += 1;
        }
        self.scope = self.scopes.push(Scope { outer: self.scope, first });
    }

    /// The item of the field's path that exists; the first path if none does.
    const fn choose(&mut self, first: usize) -> usize {
        let Item { field, next, end, .. } = self.input.outline.items[first];
        if end == next || field.joins_paths() {
            return first;
        }
        let (mut at, mut chosen, mut there) = (first, NONE, 0_u64);
        while at < next {
            if self.is_present(at, &field.node) {
                chosen = if chosen == NONE { at } else { chosen };
                let path = self.item(at).path;
                there |= 1 << if path < 64 { path } else { 63 };
            }
            at = self.item(at).end;
        }
        if there.count_ones() > 1 {
            self.find_at(Kind::Aliases, first, NONE, [there, 0, 0, 0]);
        }
        if chosen == NONE { first } else { chosen }
    }

    const fn field(&mut self, item: usize) {
        let field = self.input.outline.items[item].field;
        let node = &field.node;
        match (field.absent, node) {
            (Absent::Problem, Node::Struct(_)) => self.walk(self.input.outline.items[item].inner),
            (Absent::Problem, _) => self.node(item, node),
            (Absent::Function, _) => {
                if self.is_present(item, node) {
                    self.mark(Mark::Present(true));
                    return self.node(item, node);
                }
                self.mark(Mark::Absent { item, scope: self.scope });
                let _ = self.absent.push(self.site(item));
            }
            (Absent::Zero, _) => {
                if !matches!(node, Node::Tensor(_)) || self.is_present(item, node) {
                    return self.node(item, node);
                }
                let _ = self.absent.push(self.site(item));
                let first = self.instances.len();
                self.instance(item, None);
                self.array(first, true);
            }
        }
    }

    const fn node(&mut self, item: usize, node: &'a Node) {
        match node {
            Node::Tensor(_) | Node::Split(_) => self.variables(item),
            Node::Struct(_) => self.walk(self.input.outline.items[item].inner),
            Node::Optional(inner) => {
                let present = self.is_present(item, inner);
                self.mark(Mark::Present(present));
                self.there[item] |= present;
                if present {
                    self.node(item, inner);
                } else {
                    self.memos[item].absent = true;
                    let _ = self.absent.push(self.site(item));
                }
            }
            Node::List(list) => self.list(item, &list.element, list.len),
            // A checkpoint may lack a constant.
            Node::Constant(_) if self.is_present(item, node) => self.variables(item),
            Node::Constant(_) | Node::Dim(_) => {}
        }
    }

    pub(crate) const fn mark(&mut self, mark: Mark) {
        if self.marked {
            let _ = self.marks.push(mark);
        }
    }

    /// Walks the elements of a list.
    const fn list(&mut self, item: usize, element: &'a Node, len: Option<usize>) {
        let none =
            ListElements { item, frame: self.frame, scope: self.scope, ..ListElements::NONE };
        let list = match self.item(item).field.indices {
            Indices::Range => self.counted(none, element, len),
            Indices::Listed(values) => {
                ListElements { end: values.len(), len: values.len(), ..none }
            }
            Indices::Any => {
                let met = self.elements_there(item, element, false);
                ListElements { counted: true, met, len: met.len, ..none }
            }
        };
        let number = self.lists.push(list);
        self.mark(Mark::List(number));
        let mut at = 0;
        while at < list.len && !self.instances.is_full && !self.symbols.is_full {
            self.enter(self.index_of(&list, at));
            self.node(item, element);
            self.leave();
            at += 1;
        }
        // Walking an element reports the missing variables.
        if list.len == 0 && matches!(self.item(item).field.indices, Indices::Any) {
            let marked = self.marked;
            self.marked = false;
            self.enter(ANY);
            self.node(item, element);
            self.leave();
            self.marked = marked;
        }
    }

    /// The elements of a list whose indices are a range: written in the struct, or counted.
    const fn counted(
        &mut self,
        none: ListElements,
        element: &Node,
        len: Option<usize>,
    ) -> ListElements {
        let item = none.item;
        let start = self.list_start(item);
        let fixed = match len {
            Some(len) => Some(start.saturating_add(len)),
            None => None,
        };
        let own = self.item(item);
        let bound = match &own.field.repeat {
            Some(Repeat { end: Some(end), .. }) => Some(end),
            _ => None,
        };
        let (written, says) = match bound {
            Some(Expression::Number(end)) => (Some(*end), NONE),
            Some(_) => self.bounded(item, element, start, fixed),
            None => (fixed, NONE),
        };
        let end = match written {
            Some(end) => end,
            None => self.count(item, element, start),
        };
        // A bound that no symbol has given a value before was counted, too.
        let value = match bound {
            Some(_) => self.value(self.input.outline.roots[own.ends].term, self.scope),
            None => None,
        };
        let counted = fixed.is_none() && !matches!(value, Some(value) if value == end as u64);
        if end == start && bound.is_some() {
            self.unsaid(self.input.outline.roots[own.ends].term, self.scope);
        }
        // An empty list is a mistake. Walking its first element reports the missing variables.
        let least = (written.is_none() && end == start) as usize;
        let len = end.saturating_sub(start) + least;
        ListElements { start, end, counted, says, len, ..none }
    }

    /// The end of a list whose bound has symbols, and the root of the bound if the count determines its symbols. The end is `None`
    /// if there are no elements and the bound has no value.
    ///
    /// Existing elements determine the symbols, with two exceptions. Earlier elements are missing if the last element within the
    /// bound exists. They are absent if that element may be absent.
    const fn bounded(
        &mut self,
        item: usize,
        element: &Node,
        start: usize,
        fixed: Option<usize>,
    ) -> (Option<usize>, usize) {
        let root = self.item(item).ends;
        let value = match self.value(self.input.outline.roots[root].term, self.scope) {
            Some(end) => Some(end as usize),
            None => None,
        };
        let counted = match (fixed, value) {
            (Some(fixed), _) => fixed,
            (None, Some(end)) => {
                let counted = self.count(item, element, start);
                self.whole(item, element, start, counted, end)
            }
            (None, None) => self.count(item, element, start),
        };
        if counted == start {
            return (value, NONE);
        }
        if let Some(end) = value
            && fixed.is_none()
            && counted < end
            && (self.element_is_present(item, element, end - 1)
                || self.element_is_whole(item, element, end - 1))
        {
            return (value, NONE);
        }
        (Some(counted), root)
    }

    /// Takes the variables of a field, at one place.
    const fn variables(&mut self, item: usize) {
        let Item { field, next, end, .. } = *self.item(item);
        let first = self.instances.len();
        let mut complete = true;
        if let Some((_, repeat)) = field.stack() {
            let (mut index, last) = self.stack(item, repeat);
            while index < last && !self.instances.is_full() {
                self.enter(index);
                complete &= self.piece(item);
                self.leave();
                index += 1;
            }
        } else {
            complete &= self.piece(item);
            let mut at = end;
            while field.joins_paths() && at < next {
                complete &= self.piece(at);
                at = self.item(at).end;
            }
        }
        self.array(first, complete);
    }

    /// The values of the index of a `stack`.
    const fn stack(&mut self, item: usize, repeat: &Repeat) -> (usize, usize) {
        let root = stack_end(self.item(item));
        let bound = match repeat.end {
            Some(_) => Some(self.input.outline.roots[root].term),
            None => None,
        };
        let written = match bound {
            Some(bound) => self.value(bound, self.scope),
            None => None,
        };
        let end = if let Some(end) = written {
            end as usize
        } else {
            let most = repeat.start.saturating_add(self.input.manifest.variables);
            let mut index = repeat.start;
            while index < most && self.piece_is_present(item, index) {
                index += 1;
            }
            index
        };
        let says = if bound.is_some() && written.is_none() { root } else { NONE };
        let (frame, scope, start) = (self.frame, self.scope, repeat.start);
        let (counted, stacked, met, len) = (written.is_none(), true, Span::EMPTY, 0);
        let own = ListElements { item, frame, scope, start, end, counted, says, stacked, met, len };
        let _ = self.lists.push(own);
        // Walking the first element reports the missing variables.
        let least = repeat.start.saturating_add(1);
        (repeat.start, if end > least { end } else { least })
    }

    /// Takes the variable of an item, at the place of the walk. Returns true if it exists.
    const fn piece(&mut self, item: usize) -> bool {
        let item = self.taken_as(item);
        self.account_for_others(item);
        let found = self.lookup(item);
        self.instance(item, found);
        let Some((variable, family)) = found else {
            self.missing(item);
            return false;
        };
        let ambiguous = self.input.manifest.variables;
        if variable >= ambiguous {
            let numbers = [(variable - ambiguous) as u64, 0, 0, 0];
            self.find_at(Kind::Ambiguous, item, NONE, numbers);
            return false;
        }
        if self.taken[variable].by == NONE && !self.item(item).field.copy {
            self.taken[variable].by = self.instances.len() - 1;
            self.takes += 1;
        }
        if let Some((_, reason)) = self.input.manifest.families[family].defect {
            self.leave_unsaid(item);
            let finding = Finding::at(Kind::Unreadable, self.site(item));
            self.find(Finding { family, word: Some(reason), ..finding });
            return false;
        }
        if self.other_dtype(item, family).is_some() {
            self.find_at(Kind::DType, item, family, [0; 4]);
        } else {
            self.memos[item].held = family;
        }
        true
    }

    /// Records a variable of an item, at the place of the walk.
    const fn instance(&mut self, item: usize, found: Option<(usize, usize)>) {
        let (variable, family) = match found {
            Some(found) => found,
            None => (NONE, NONE),
        };
        let (frame, scope) = (self.frame, self.scope);
        let own = Instance { item, frame, scope, variable, family, pieces: 0, complete: false };
        let _ = self.instances.push(own);
    }

    /// Records that the variables from this instance on form the arrays of a field. A constant has none to build.
    const fn array(&mut self, first: usize, complete: bool) {
        let pieces = self.instances.len() - first;
        let own = self.instances.at(first);
        (own.pieces, own.complete) = (pieces, complete);
        let item = own.item;
        if complete && !matches!(self.item(item).field.node, Node::Constant(_)) {
            self.mark(Mark::Arrays(first));
        }
    }

    /// The place of an item in the walk.
    const fn site(&self, item: usize) -> Site {
        Site { item, frame: self.frame, scope: self.scope }
    }

    /// Records a problem with an item, at the place of the walk.
    pub(crate) const fn find_at(
        &mut self,
        kind: Kind,
        item: usize,
        family: usize,
        numbers: [u64; 4],
    ) {
        self.find(Finding { family, numbers, ..Finding::at(kind, self.site(item)) });
    }

    /// Records a missing variable, and the symbols that its shape would determine.
    const fn missing(&mut self, item: usize) {
        self.leave_unsaid(item);
        let instance = self.instances.len() - 1;
        self.find(Finding { instance, ..Finding::at(Kind::Missing, self.site(item)) });
    }

    /// Marks the symbols that the shape of a variable would determine.
    const fn leave_unsaid(&mut self, item: usize) {
        let Item { field, roots, .. } = *self.item(item);
        let (mut op, mut root) = (0, roots);
        while op < field.ops.len() {
            let count = roots_of(&field.ops[op]);
            let mut at = 0;
            while at < count && matches!(field.ops[op], Op::Shape(_)) {
                self.unsaid(self.input.outline.roots[root + at].term, self.scope);
                at += 1;
            }
            root += count;
            op += 1;
        }
    }

    /// The dtype of an item, if a family's dtype differs and cannot be converted.
    pub(crate) const fn other_dtype(&self, item: usize, family: usize) -> Option<DType> {
        let Item { field, cast, .. } = *self.item(item);
        let (found, shape) = self.spec(family);
        let Some(arrays) = Arrays::of(&field.node) else { return None };
        let mut at = 0;
        while let Some(tensor) = arrays.tensor(at) {
            let string = tensor.or_string && matches!(found, DType::String) && shape.is_empty();
            if let Some(wanted) = tensor.dtype
                && !string
                && !Cast::allows(cast, found, wanted)
            {
                return Some(wanted);
            }
            at += 1;
        }
        None
    }
}
