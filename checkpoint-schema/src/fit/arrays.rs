//! Applies the steps of fields: turns variables into the arrays of fields, by changing views.

use crate::each::each;
use crate::fit::memory::State;
use crate::fit::outline::{Item, roots_of};
use crate::fit::records::{Fact, Finding, Instance, Kind, UNKNOWN, Waiting};
use crate::fit::stack::{NONE, Span};
use crate::fit::view::{NotStrided, View};
use crate::fit::walk::Arrays;
use crate::listing::dtype::DType;
use crate::model::description::{Op, Squeeze};
use crate::model::expression::{AxisLength, Expression};

/// The value of a result. An error returns from the function: `?` does not work in a constant.
macro_rules! ok {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(wrong) => return Err(wrong),
        }
    };
}

/// The steps of an array, while they are applied.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    /// The first instance of the array.
    pub(crate) first: usize,
    /// True if mistakes are recorded; false if the lengths in shapes are recorded as values of symbols.
    judge: bool,
    /// The number of variables like the first, and the number of lengths recorded before.
    weight: usize,
    told: usize,
    said: usize,
    /// The range of the current views.
    pub(crate) views: Span,
    /// The axis of a `concat` or `stack`, and the lengths of the joined array.
    pub(crate) joined: Option<(usize, Span)>,
    /// True if a `shape` of the wrong rank is written.
    lacks_axes: bool,
}

/// The reason why the steps of an array stop early.
#[derive(Clone, Copy)]
enum Stop {
    /// A symbol has no value.
    Waits,
    /// A step cannot be applied.
    Wrong,
}

/// Built arrays. Their views are in the stack of views.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Built {
    /// The first instance.
    pub(crate) first: usize,
    pub(crate) views: Span,
    /// The axis along which the views are joined, and the lengths of the joined array.
    pub(crate) joined: Option<(usize, Span)>,
}

impl Built {
    pub(crate) const NONE: Self = Self { first: NONE, views: Span::EMPTY, joined: None };
}

impl<'a> State<'_, 'a> {
    /// Solves all symbols: first from the numbers of elements of lists, then from shapes.
    pub(crate) const fn settle(&mut self) {
        each!(0..self.lists.len(), |at| {
            let list = self.lists.get(at);
            if list.says != NONE {
                let term = self.input.outline.roots[list.says].term;
                self.say(term, list.scope, list.end as u64, NONE, 1);
            }
        });
        self.solve();
        self.listen();
        let mut more = true;
        while more {
            self.solve();
            more = self.listen_again();
        }
    }

    /// Records the symbol values implied by all shapes. Variables that are alike count together, or reuse the facts of the first.
    const fn listen(&mut self) {
        let mut at = 0;
        while at < self.instances.len {
            let Instance { item, family, pieces, complete, variable, .. } =
                self.instances.cells[at];
            let own = &self.input.outline.items[item];
            if own.has_symbols && pieces > 0 && complete && variable != NONE {
                if pieces == 1 && self.memos[item].family == family && own.scopes == 0 {
                    self.memos[item].count += 1;
                } else if pieces == 1 && own.is_simple {
                    self.listen_to(at, item, family);
                } else {
                    let _ = self.steps(at, 1, 0);
                }
            }
            at += 1;
        }
        each!(0..self.input.outline.items.len(), |item| {
            self.flush(item);
            self.memos[item].family = NONE;
        });
    }

    /// Records the symbol values implied by the shape of an array of one variable. They follow from its family.
    const fn listen_to(&mut self, at: usize, item: usize, family: usize) {
        let scoped = self.input.outline.items[item].scopes > 0;
        let memo = self.memos[item];
        if memo.family == family {
            let Instance { scope, variable, .. } = self.instances.cells[at];
            let (mut fact, end) = (memo.facts.at, memo.facts.end());
            while fact < end {
                let Fact { term, len } = self.facts.cells[fact];
                self.say(term, scope, len, variable, 1);
                fact += 1;
            }
        } else {
            self.flush(item);
            let facts = self.facts.len();
            if scoped {
                let _ = self.steps(at, 1, 0);
            }
            let facts = self.facts.since(facts);
            let memo = &mut self.memos[item];
            (memo.family, memo.instance, memo.facts) = (family, at, facts);
            memo.count = !scoped as usize;
        }
    }

    const fn flush(&mut self, item: usize) {
        let memo = self.memos[item];
        if memo.count > 0 {
            let _ = self.steps(memo.instance, memo.count, 0);
            self.memos[item].count = 0;
        }
    }

    /// Applies the steps of an array to record the symbol values that its shapes imply. Returns true if there are new ones.
    const fn steps(&mut self, first: usize, weight: usize, told: usize) -> bool {
        let mut steps = Steps::of(first, false);
        (steps.weight, steps.told) = (weight, told);
        let (lens, factors, views) = (self.lens.len(), self.factors.len(), self.views.len());
        let stop = self.all_steps(&mut steps);
        self.lens.truncate(lens);
        self.factors.truncate(factors);
        self.views.truncate(views);
        if let Some(Stop::Waits) = stop {
            let said = if steps.said > told { steps.said } else { told };
            let _ = self.waiting.push(Waiting { instance: first, weight, said });
        }
        steps.said > told
    }

    /// Applies again the steps of arrays that wait for symbols. Returns true if any of them gave new values.
    const fn listen_again(&mut self) -> bool {
        let (count, mut more) = (self.waiting.len(), false);
        each!(0..count, |at| {
            let Waiting { instance, weight, said } = self.waiting.get(at);
            more |= self.steps(instance, weight, said);
        });
        // Arrays that still wait were pushed after the others.
        let still = self.waiting.len() - count;
        each!(0..still, |at| {
            *self.waiting.at(at) = self.waiting.get(count + at);
        });
        self.waiting.truncate(still);
        more
    }

    /// Applies the steps of the arrays that begin with an instance, and records mistakes. Built views stay in the stack, with
    /// their factors; a load keeps them.
    pub(crate) const fn judge(&mut self, first: usize) {
        let Instance { item, family, scope, pieces, variable, .. } = self.instances.cells[first];
        let own = &self.input.outline.items[item];
        let memo = &self.memos[item];
        if pieces == 1
            && variable != NONE
            && memo.family == family
            && (own.scopes == 0 || self.facts_hold(item, scope))
        {
            let (views, whole) = (memo.views, memo.whole);
            let taken = &mut self.taken[variable];
            if whole && taken.whole == NONE && taken.parts == NONE {
                taken.whole = first;
            } else {
                self.take(first, views);
            }
            return self.keep(Built { first, views, joined: None });
        }
        let mut steps = Steps::of(first, true);
        let (findings, lens, facts) = (self.findings.len(), self.lens.len(), self.facts.len());
        let (factors, views) = (self.factors.len(), self.views.len());
        let stop =
            if variable == NONE { self.zeros(&mut steps) } else { self.all_steps(&mut steps) };
        let ranks_fit = stop.is_none() && self.ranks_fit(&steps);
        if !ranks_fit {
            self.factors.truncate(factors);
            self.views.truncate(views);
            return self.breaks(first);
        }
        steps.views = self.compacted(steps.views, factors, views);
        // A mistake in the steps also makes other lengths.
        if self.findings.len() == findings {
            self.find_undivided(&steps);
        }
        if variable != NONE {
            self.take(first, steps.views);
        }
        let right = self.findings.len() == findings;
        if right && steps.joined.is_none() {
            self.lens.truncate(lens);
        }
        if pieces == 1 && variable != NONE && right && (own.scopes == 0 || own.is_simple) {
            let facts = self.facts.since(facts);
            let whole = steps.views.len == 1 && self.taken[variable].whole == first;
            let memo = &mut self.memos[item];
            (memo.family, memo.views, memo.facts, memo.whole) = (family, steps.views, facts, whole);
        }
        self.keep(Built { first, views: steps.views, joined: steps.joined });
    }

    const fn keep(&mut self, built: Built) {
        if self.marked {
            let _ = self.built.push(built);
        }
    }

    /// Moves views and their factors down to these cells, over those of earlier steps.
    const fn compacted(&mut self, span: Span, factors: usize, views: usize) -> Span {
        let (mut at, mut end) = (0, factors);
        // Parts of one axis may share factors. Factors are in the order of views.
        while at < span.len {
            let view = self.views.get(span.at + at);
            let (from, own) = (view.factors, end);
            each!(0..from.len, |factor| {
                *self.factors.at(end) = self.factors.get(from.at + factor);
                end += 1;
            });
            *self.views.at(views + at) = View { factors: Span { at: own, len: from.len }, ..view };
            at += 1;
        }
        self.factors.truncate(end);
        self.views.truncate(views + span.len);
        Span { at: views, len: span.len }
    }

    /// True if the facts from the shapes of similar variables are also true in another scope.
    const fn facts_hold(&self, item: usize, scope: usize) -> bool {
        let facts = self.memos[item].facts;
        let (mut fact, end) = (facts.at, facts.end());
        while fact < end {
            let Fact { term, len } = self.facts.cells[fact];
            match self.value(term, scope) {
                Some(value) if value == len => {}
                _ => return false,
            }
            fact += 1;
        }
        self.input.outline.items[item].is_simple
    }

    /// Marks the variables of an array as broken: their parts cannot be compared with those of other arrays.
    pub(crate) const fn breaks(&mut self, first: usize) {
        each!(first..first + self.instances.get(first).pieces, |at| {
            let variable = self.instances.get(at).variable;
            if variable < self.input.manifest.variables {
                self.taken[variable].broken = true;
            }
        });
    }

    const fn zeros(&mut self, steps: &mut Steps) -> Option<Stop> {
        let array = self.instances.get(steps.first);
        match self.written_shape(array.item, array.scope) {
            Ok(view) => {
                let at = self.views.push(view);
                steps.views = Span { at, len: 1 };
                None
            }
            Err(word) => {
                let finding = Finding::at(Kind::Shapeless, array.site());
                self.find(match self.axis_without_number(array.item, array.scope) {
                    Some(root) => {
                        let numbers = [root as u64, 0, 0, 0];
                        Finding { kind: Kind::NoNumber, numbers, ..finding }
                    }
                    None => Finding { word: Some(word), ..finding },
                });
                Some(Stop::Wrong)
            }
        }
    }

    /// The root of an axis of the last `shape` that is no number, although its symbols have values.
    const fn axis_without_number(&self, item: usize, scope: usize) -> Option<usize> {
        let Item { field, roots, .. } = *self.item(item);
        let Some((_, root, axes)) = last_shape(field.ops, roots) else { return None };
        each!(0..axes.len(), |axis| {
            let term = self.input.outline.roots[root + axis].term;
            if !matches!(axes[axis], AxisLength::Any)
                && self.value(term, scope).is_none()
                && self.without_value(root + axis, scope).is_empty()
            {
                return Some(root + axis);
            }
        });
        None
    }

    /// The shape of a field without variables, as far as its last `shape` determines it. Otherwise, the symbol without a value, if
    /// that is the reason.
    pub(crate) const fn written_shape(
        &mut self,
        item: usize,
        scope: usize,
    ) -> Result<View, &'a str> {
        let Item { field, roots, .. } = *self.item(item);
        let rank = field.node.rank();
        let Some((last, root, axes)) = last_shape(field.ops, roots) else {
            return if matches!(rank, Some(0)) { Ok(View::NONE) } else { Err("") };
        };
        if any_is_open(axes) {
            return Err("");
        }
        let lens = self.lens.len();
        each!(0..axes.len(), |axis| {
            let term = self.input.outline.roots[root + axis].term;
            match self.value(term, scope) {
                Some(len) => _ = self.lens.push(len),
                None => return Err(self.without_value(root + axis, scope)),
            }
        });
        let dims = self.lens.since(lens);
        let mut view = View::whole(self.lens.part(dims), &mut self.factors);
        let mut root = root + axes.len();
        each!(last + 1..field.ops.len(), |at| {
            match self.step(view, item, scope, at, root, rank_after(field.ops, at, rank)) {
                Ok(stepped) => view = stepped,
                Err(_) => return Err(""),
            }
            root += roots_of(&field.ops[at]);
        });
        Ok(view)
    }

    /// Applies all steps of an array.
    const fn all_steps(&mut self, steps: &mut Steps) -> Option<Stop> {
        let Instance { item, pieces, .. } = self.instances.get(steps.first);
        let Item { field, roots, .. } = *self.item(item);
        let start = self.views.len();
        each!(0..pieces, |at| {
            let (_, shape) = self.spec(self.instances.get(steps.first + at).family);
            let view = View::whole(shape, &mut self.factors);
            let _ = self.views.push(view);
        });
        steps.views = self.views.since(start);
        let rank = field.node.rank();
        let mut root = roots;
        each!(0..field.ops.len(), |at| {
            let rank = rank_after(field.ops, at, rank);
            if let Err(wrong) = self.apply(steps, at, root, rank) {
                return Some(self.stopped(steps, at, wrong));
            }
            root += roots_of(&field.ops[at]);
        });
        None
    }

    /// The shape of the first array that begins with an instance, among the lengths; `None` if a step cannot be applied.
    pub(crate) const fn shape_of(&mut self, first: usize) -> Option<Span> {
        let mut steps = Steps::of(first, true);
        match self.all_steps(&mut steps) {
            Some(_) => None,
            None => Some(self.dims_of(&steps, 0)),
        }
    }

    /// Applies a step to all views.
    const fn apply(
        &mut self,
        steps: &mut Steps,
        op: usize,
        root: usize,
        rank: Option<usize>,
    ) -> Result<(), Wrong<'a>> {
        let Instance { item, scope, .. } = self.instances.get(steps.first);
        match self.item(item).field.ops[op] {
            Op::Shape(axes) => self.shapes(steps, op, root, axes),
            Op::Concat { axis, .. } => return self.join(steps, axis, false),
            Op::Stack { axis, .. } => return self.join(steps, axis, true),
            Op::Split { axis, sizes } => return self.split(steps, root, axis, sizes),
            _ => {
                each!(0..steps.views.len, |number| {
                    let at = steps.views.at + number;
                    match self.step(self.views.get(at), item, scope, op, root, rank) {
                        Ok(view) => *self.views.at(at) = view,
                        Err(wrong) => return Err(Wrong { view: number, ..wrong }),
                    }
                });
            }
        }
        Ok(())
    }

    /// The lengths of one of the arrays, or of all of them joined.
    pub(crate) const fn dims_of(&mut self, steps: &Steps, number: usize) -> Span {
        match steps.joined {
            Some((_, whole)) => whole,
            None => self.views.get(steps.views.at + number).dims(&self.factors, &mut self.lens),
        }
    }

    /// Compares the shapes of all views with the written `shape`, or records the symbol values that they imply.
    const fn shapes(&mut self, steps: &mut Steps, op: usize, root: usize, axes: &[AxisLength]) {
        let count = if steps.joined.is_some() { 1 } else { steps.views.len };
        each!(0..count, |number| {
            let dims = self.dims_of(steps, number);
            self.shape(steps, steps.views.at + number, op, root, axes, dims);
        });
    }

    const fn shape(
        &mut self,
        steps: &mut Steps,
        view: usize,
        op: usize,
        root: usize,
        axes: &[AxisLength],
        dims: Span,
    ) {
        let piece = steps.piece(self, view);
        let piece = self.instances.get(piece);
        let Instance { scope, family, variable, .. } = piece;
        let (same_rank, mut fits) = (dims.len == axes.len(), dims.len == axes.len());
        let other = self.lens.len();
        each!(0..axes.len(), |axis| {
            let term = self.input.outline.roots[root + axis].term;
            let len = if axis < dims.len { self.lens.get(dims.at + axis) } else { UNKNOWN };
            let value = match axes[axis] {
                AxisLength::Any => Some(len),
                AxisLength::Is(_) => self.value(term, scope),
            };
            if matches!(axes[axis], AxisLength::Is(_)) && same_rank {
                let _ = self.facts.push(Fact { term, len });
            }
            if !steps.judge && same_rank {
                steps.said += 1;
                if steps.said > steps.told {
                    self.say(term, scope, len, variable, steps.weight);
                }
            }
            // A symbol without any value cannot disagree.
            fits &= match value {
                Some(value) => value == len,
                None => !self.is_known(term, scope),
            };
            let _ = self.lens.push(match value {
                Some(value) => value,
                None => UNKNOWN,
            });
        });
        if steps.judge && !fits {
            steps.lacks_axes |= !same_rank;
            let other = self.lens.since(other);
            let numbers = [op as u64, root as u64, 0, 0];
            let finding = Finding::at(Kind::Shape, piece.site());
            self.find(Finding { family, at: dims, other, numbers, ..finding });
        }
    }

    /// Joins the views along an axis; `stack` adds a new axis.
    const fn join(&mut self, steps: &mut Steps, axis: usize, stack: bool) -> Result<(), Wrong<'a>> {
        let first = self.views.get(steps.views.at);
        if axis > first.rank || (axis == first.rank && !stack) {
            return Err(Wrong::new(Kind::NoAxis, [axis as u64, 0, 0]));
        }
        let mut len = 0_u64;
        each!(0..steps.views.len, |number| {
            let at = steps.views.at + number;
            let own = self.views.get(at);
            let view = if stack { own.expand(&[axis], &mut self.factors) } else { own };
            *self.views.at(at) = view;
            let joined = self.views.get(steps.views.at);
            if !view.same_but(&joined, axis, &self.factors) {
                *self.views.at(at) = own;
                let other = first.dims(&self.factors, &mut self.lens);
                return Err(Wrong { view: number, other, ..Wrong::new(Kind::NotJoined, [0; 3]) });
            }
            len = len.saturating_add(view.len(axis, &self.factors));
        });
        let whole = self.views.get(steps.views.at).dims(&self.factors, &mut self.lens);
        *self.lens.at(whole.at + axis) = len;
        steps.joined = Some((axis, whole));
        Ok(())
    }

    /// Cuts the view into the number of parts of the field.
    const fn split(
        &mut self,
        steps: &mut Steps,
        root: usize,
        axis: usize,
        sizes: Option<&[Expression]>,
    ) -> Result<(), Wrong<'a>> {
        let Instance { item, scope, .. } = self.instances.get(steps.first);
        let parts = match Arrays::of(&self.item(item).field.node) {
            Some(arrays) => arrays.len(),
            None => 0,
        };
        let view = self.views.get(steps.views.at);
        let len = ok!(self.has_axis(&view, axis));
        let (count, equal) = match sizes {
            Some(sizes) => (sizes.len(), 0),
            None => (parts, ok!(self.equal(&view, axis, parts as u64))),
        };
        let (mut start, mut torn, views) = (0_u64, false, self.views.len());
        each!(0..count, |part| {
            let size = match sizes {
                Some(_) => ok!(self.number(root + part, scope)),
                None => equal,
            };
            if start.saturating_add(size) <= len {
                match view.slice(axis, start, size, &mut self.factors) {
                    Ok(view) => _ = self.views.push(view),
                    Err(_) => torn = true,
                }
            }
            start = start.saturating_add(size);
        });
        if start != len || count != parts {
            return Err(Wrong::new(Kind::OtherSizes, [axis as u64, start, 0]));
        }
        if torn {
            return Err(Wrong::new(Kind::NotStrided, [0; 3]));
        }
        steps.views = self.views.since(views);
        Ok(())
    }

    /// Records the reason why a step failed, if mistakes are recorded.
    const fn stopped(&mut self, steps: &Steps, op: usize, wrong: Wrong<'a>) -> Stop {
        let Wrong { kind, numbers, other, word, view } = wrong;
        if steps.judge {
            let view = steps.views.at + view;
            let [one, two, three] = numbers;
            let finding = if kind.is_step() {
                let piece = self.instances.get(steps.piece(self, view));
                let at = self.views.get(view).dims(&self.factors, &mut self.lens);
                let numbers = [op as u64, one, two, three];
                let family = piece.family;
                Finding { family, at, other, numbers, ..Finding::at(kind, piece.site()) }
            } else {
                let array = self.instances.get(steps.first);
                Finding { numbers: [one, 0, 0, 0], ..Finding::at(kind, array.site()) }
            };
            self.find(Finding { word: Some(word), ..finding });
        }
        if matches!(kind, Kind::NoValue) { Stop::Waits } else { Stop::Wrong }
    }

    /// The value of a root's expression, or the problem with it.
    const fn number(&self, root: usize, scope: usize) -> Result<u64, Wrong<'a>> {
        if let Some(value) = self.value(self.input.outline.roots[root].term, scope) {
            return Ok(value);
        }
        let word = self.without_value(root, scope);
        if word.is_empty() {
            return Err(Wrong::new(Kind::NoNumber, [root as u64, 0, 0]));
        }
        Err(Wrong { word, ..Wrong::new(Kind::NoValue, [0, 0, 0]) })
    }

    const fn has_axis(&self, view: &View, axis: usize) -> Result<u64, Wrong<'a>> {
        if axis < view.rank {
            Ok(view.len(axis, &self.factors))
        } else {
            Err(Wrong::new(Kind::NoAxis, [axis as u64, 0, 0]))
        }
    }

    /// The length of each part if an axis is cut into equal parts.
    const fn equal(&self, view: &View, axis: usize, parts: u64) -> Result<u64, Wrong<'a>> {
        let len = ok!(self.has_axis(view, axis));
        match len.checked_rem(parts) {
            Some(0) => Ok(len / parts),
            _ => Err(Wrong::new(Kind::Indivisible, [axis as u64, parts, 0])),
        }
    }

    /// Applies a step from one array to one array. The result must have rank `rank`, if that is known.
    const fn step(
        &mut self,
        view: View,
        item: usize,
        scope: usize,
        op: usize,
        root: usize,
        rank: Option<usize>,
    ) -> Result<View, Wrong<'a>> {
        match self.item(item).field.ops[op] {
            Op::Squeeze(Squeeze::Axes(axes)) => self.squeeze_axes(view, axes),
            Op::Squeeze(Squeeze::ToRank) => self.squeeze_to(view, rank),
            Op::Expand(axes) => {
                let wrong = first_from(axes, view.rank + axes.len());
                match wrong {
                    Some(axis) => Err(Wrong::new(Kind::NoAxis, [axis as u64, 0, 0])),
                    None => Ok(view.expand(axes, &mut self.factors)),
                }
            }
            Op::Transpose => Ok(view.permute(&[], &mut self.factors)),
            Op::Permute(order) => match first_from(order, view.rank) {
                _ if order.len() != view.rank => {
                    Err(Wrong::new(Kind::Axes, [order.len() as u64, 0, 0]))
                }
                Some(axis) => Err(Wrong::new(Kind::NoAxis, [axis as u64, 0, 0])),
                None => Ok(view.permute(order, &mut self.factors)),
            },
            Op::Reshape(axes) => self.reshape(view, axes, root, scope),
            Op::Chunk { axis, index, of } => {
                let part = ok!(self.equal(&view, axis, of as u64));
                self.slice(view, axis, part.saturating_mul(index as u64), part)
            }
            Op::Reorder { axis, order } => {
                let _ = ok!(self.equal(&view, axis, order.len() as u64));
                strided(view.reorder(axis, order, &mut self.factors))
            }
            Op::Slice { axis, end, .. } => self.range(view, axis, root, end.is_some(), scope),
            Op::Shape(_) | Op::Split { .. } | Op::Concat { .. } | Op::Stack { .. } => Ok(view),
        }
    }

    const fn squeeze_axes(&mut self, view: View, axes: &[usize]) -> Result<View, Wrong<'a>> {
        each!(0..axes.len(), |at| {
            let number = [axes[at] as u64, 0, 0];
            if axes[at] >= view.rank {
                return Err(Wrong::new(Kind::SqueezeNoAxis, number));
            }
            if view.len(axes[at], &self.factors) != 1 {
                return Err(Wrong::new(Kind::SqueezeNotUnit, number));
            }
        });
        Ok(view.squeeze(axes, &mut self.factors))
    }

    /// Removes the excess axes of length 1. Removes none if there are fewer of them; the rank mismatch is found later.
    const fn squeeze_to(&mut self, view: View, rank: Option<usize>) -> Result<View, Wrong<'a>> {
        let units = view.units(&self.factors);
        let excess = match rank {
            Some(rank) => view.rank.saturating_sub(rank),
            None => units,
        };
        if excess == 0 || excess > units {
            return Ok(view);
        }
        let lens = self.lens.len();
        let first = self.without_units(view, 0, excess);
        let last = self.without_units(view, units - excess, excess);
        let (one, other) =
            (first.dims(&self.factors, &mut self.lens), last.dims(&self.factors, &mut self.lens));
        // The choice is unambiguous if removing the first ones and removing the last ones gives the same result.
        if self.same_lens(one, other) {
            return Ok(first);
        }
        let mut wrong = Wrong::new(Kind::SqueezeAmbiguous, [0; 3]);
        wrong.other = self.lens.since(lens);
        Err(wrong)
    }

    /// Removes `count` axes of length 1, starting with number `first` among these axes.
    const fn without_units(&mut self, mut view: View, first: usize, count: usize) -> View {
        let (mut axis, mut unit, mut removed) = (0, 0, 0);
        while axis < view.rank {
            if view.len(axis, &self.factors) == 1 {
                unit += 1;
                if unit > first && removed < count {
                    view = view.squeeze(&[axis], &mut self.factors);
                    removed += 1;
                    continue;
                }
            }
            axis += 1;
        }
        view
    }

    const fn reshape(
        &mut self,
        view: View,
        axes: &[AxisLength],
        root: usize,
        scope: usize,
    ) -> Result<View, Wrong<'a>> {
        let (start, mut known, mut open) = (self.lens.len(), 1_u64, false);
        each!(0..axes.len(), |axis| {
            let len = match axes[axis] {
                AxisLength::Any => {
                    open = true;
                    UNKNOWN
                }
                AxisLength::Is(_) => {
                    let len = ok!(self.number(root + axis, scope));
                    known = known.saturating_mul(len);
                    len
                }
            };
            let _ = self.lens.push(len);
        });
        let elements = view.elements(&self.factors);
        let inferred = match elements.checked_div(known) {
            Some(inferred) => inferred,
            None => 0,
        };
        let mut asked = 1_u64;
        each!(start..self.lens.len(), |axis| {
            if matches!(axes[axis - start], AxisLength::Any) {
                *self.lens.at(axis) = inferred;
            }
            asked = asked.saturating_mul(self.lens.get(axis));
        });
        if asked != elements {
            let kind = if open { Kind::NoMultiple } else { Kind::OtherElements };
            return Err(Wrong::new(kind, [known, 0, 0]));
        }
        strided(view.reshape(self.lens.part(self.lens.since(start)), &mut self.factors))
    }

    const fn range(
        &mut self,
        view: View,
        axis: usize,
        root: usize,
        ends: bool,
        scope: usize,
    ) -> Result<View, Wrong<'a>> {
        let len = ok!(self.has_axis(&view, axis));
        let start = ok!(self.number(root, scope));
        let end = if ends { ok!(self.number(root + 1, scope)) } else { len };
        if start > end || end > len {
            return Err(Wrong::new(Kind::NoRange, [axis as u64, start, end]));
        }
        self.slice(view, axis, start, end - start)
    }

    const fn slice(
        &mut self,
        view: View,
        axis: usize,
        start: u64,
        count: u64,
    ) -> Result<View, Wrong<'a>> {
        strided(view.slice(axis, start, count, &mut self.factors))
    }

    /// True if the ranks of the arrays match the field. Records a mismatch.
    const fn ranks_fit(&mut self, steps: &Steps) -> bool {
        let array = self.instances.get(steps.first);
        let Instance { item, family, variable, .. } = array;
        let Some(arrays) = Arrays::of(&self.item(item).field.node) else { return true };
        let mut part = 0;
        while let Some(tensor) = arrays.tensor(part) {
            let rank = match steps.joined {
                Some((_, whole)) => whole.len,
                None => self.views.get(steps.views.at + part).rank,
            };
            let is_string = tensor.or_string
                && rank == 0
                && variable != NONE
                && matches!(self.spec(family).0, DType::String);
            if let Some(wanted) = tensor.rank
                && wanted != rank
                && !is_string
            {
                // A `shape` with the wrong number of axes is already reported.
                if !steps.lacks_axes && variable != NONE {
                    let (at, numbers) = (self.dims_of(steps, part), [wanted as u64, 0, 0, 0]);
                    let finding = Finding::at(Kind::Rank, array.site());
                    self.find(Finding { family, at, numbers, ..finding });
                }
                return false;
            }
            part += 1;
        }
        true
    }
}

impl Steps {
    const fn of(first: usize, judge: bool) -> Self {
        Self {
            first,
            judge,
            weight: 1,
            told: 0,
            said: 0,
            views: Span::EMPTY,
            joined: None,
            lacks_axes: false,
        }
    }

    /// The instance of a view. The parts of a split all belong to one variable.
    pub(crate) const fn piece(&self, state: &State<'_, '_>, view: usize) -> usize {
        let number = view - self.views.at;
        if number < state.instances.get(self.first).pieces {
            self.first + number
        } else {
            self.first
        }
    }
}

/// The problem with a step.
#[derive(Clone, Copy)]
struct Wrong<'a> {
    kind: Kind,
    numbers: [u64; 3],
    other: Span,
    word: &'a str,
    /// The number of the view.
    view: usize,
}

impl Wrong<'_> {
    const fn new(kind: Kind, numbers: [u64; 3]) -> Self {
        Self { kind, numbers, other: Span::EMPTY, word: "", view: 0 }
    }
}

const fn strided<'a>(view: Result<View, NotStrided>) -> Result<View, Wrong<'a>> {
    match view {
        Ok(view) => Ok(view),
        Err(NotStrided) => Err(Wrong::new(Kind::NotStrided, [0; 3])),
    }
}

/// The first of the axes that is at or above a rank.
const fn first_from(axes: &[usize], rank: usize) -> Option<usize> {
    each!(0..axes.len(), |at| {
        if axes[at] >= rank {
            return Some(axes[at]);
        }
    });
    None
}

/// The rank after the step of this number, if it follows from the rank of the field.
pub(crate) const fn rank_after(ops: &[Op], number: usize, field: Option<usize>) -> Option<usize> {
    let (mut rank, mut at) = (field, ops.len());
    while at > number + 1 {
        at -= 1;
        rank = ops[at].rank_before(rank);
    }
    match ops[number] {
        Op::Shape(axes) | Op::Reshape(axes) => Some(axes.len()),
        Op::Permute(axes) => Some(axes.len()),
        _ => rank,
    }
}

/// The number of the last `shape`, its first root, and its axes. The roots of the steps start at `root`.
const fn last_shape(ops: &[Op], mut root: usize) -> Option<(usize, usize, &[AxisLength])> {
    let (mut at, mut last) = (0, None);
    while at < ops.len() {
        if let Op::Shape(axes) = ops[at] {
            last = Some((at, root, axes));
        }
        root += roots_of(&ops[at]);
        at += 1;
    }
    last
}

/// True if the length of an axis is open (`_`).
const fn any_is_open(axes: &[AxisLength]) -> bool {
    each!(0..axes.len(), |at| {
        if matches!(axes[at], AxisLength::Any) {
            return true;
        }
    });
    false
}
