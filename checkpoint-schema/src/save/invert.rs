//! The steps of a field, backwards: from the shapes of its arrays to those of its variables.

use crate::fit::{Item, State, rank_after, roots_of};
use crate::listing::catalog::Spec;
use crate::listing::shape::Shape;
use crate::model::description::{Op, Squeeze};

/// The reason why a shape does not follow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Unsaid {
    /// The step does not say the shape before it.
    Step { op: Op, after: Vec<u64> },
    /// The arrays are parts of one, and differ in more than the axis.
    Parts { op: Op, first: Vec<u64>, other: Vec<u64> },
    /// The array has no such axes as the step makes.
    Axes { op: Op, after: Vec<u64> },
    /// It is a part of a variable, so long on the axis that other fields share.
    Part { len: u64 },
}

/// The known shapes and lengths of the variables of a field.
pub(super) struct Known<'a> {
    /// The shapes of variables that are there already.
    pub(super) variables: Vec<Option<&'a [u64]>>,
    /// The length of an axis of which several fields take parts.
    pub(super) total: Option<Total>,
}

/// The length of all parts of an axis.
#[derive(Clone, Copy)]
pub(super) struct Total {
    pub(super) len: u64,
    /// True if a load may leave elements after the parts. A variable that is there says how many.
    pub(super) leaves_the_end: bool,
}

pub(super) struct Inverse<'i, 'm, 'a> {
    pub(super) item: &'a Item<'a>,
    pub(super) scope: usize,
    pub(super) state: &'i mut State<'m, 'a>,
    pub(super) known: &'i Known<'i>,
}

type Dims = Vec<u64>;

impl Inverse<'_, '_, '_> {
    /// The shapes of the variables of these arrays.
    pub(super) fn shapes(mut self, arrays: &[Spec]) -> Result<Vec<Shape>, Unsaid> {
        let mut dims: Vec<Dims> = arrays.iter().map(|spec| spec.shape.dims().to_vec()).collect();
        let before = self.shapes_before(arrays.first().map(|spec| spec.shape.dims().len()));
        for (number, op) in self.item.field.ops.iter().enumerate().rev() {
            let known = |variable: usize| before.get(variable)?.get(number).map(Vec::as_slice);
            dims = match *op {
                Op::Split { axis, .. } => vec![joined(op, axis, &dims)?],
                Op::Concat { axis, .. } => self.cut(op, axis, &dims, known)?,
                Op::Stack { axis, .. } => unstacked(op, axis, &dims)?,
                _ => {
                    let one = |(at, dims): (usize, Dims)| self.before(number, &dims, known(at));
                    dims.into_iter().enumerate().map(one).collect::<Result<_, _>>()?
                }
            };
        }
        let shape = |dims: Dims| Shape::new(dims.clone()).ok_or_else(|| self.axes(0, dims));
        dims.into_iter().map(shape).collect()
    }

    /// The shapes of known variables before each step, as far as steps can be followed. `rank` is that of the field's arrays.
    fn shapes_before(&self, rank: Option<usize>) -> Vec<Vec<Dims>> {
        let of = |shape: Option<&[u64]>| {
            let mut dims = shape.map(<[u64]>::to_vec);
            let mut before = Vec::new();
            for number in 0..self.item.field.ops.len() {
                let Some(here) = dims.take() else { break };
                dims = self.after(number, &here, rank_after(self.item.field.ops, number, rank));
                before.push(here);
            }
            before
        };
        self.known.variables.iter().copied().map(of).collect()
    }

    /// The shape after a step; `None` where it takes more than a shape to know it. The result has rank `rank`, if that is known.
    fn after(&self, number: usize, dims: &[u64], rank: Option<usize>) -> Option<Dims> {
        match *self.item.field.ops.get(number)? {
            Op::Squeeze(Squeeze::Axes(axes)) => Some(without(dims, axes)),
            Op::Squeeze(Squeeze::ToRank) => {
                let mut units = units(dims);
                if let Some(rank) = rank {
                    units.truncate(dims.len().saturating_sub(rank));
                }
                Some(without(dims, &units))
            }
            Op::Expand(axes) => with_units(dims, axes),
            Op::Transpose => Some(dims.iter().rev().copied().collect()),
            Op::Permute(order) => order.iter().map(|&axis| dims.get(axis).copied()).collect(),
            Op::Shape(_) | Op::Reorder { .. } => Some(dims.to_vec()),
            Op::Reshape(_) => self.lengths(number, dims.iter().product()),
            _ => None,
        }
    }

    /// The shape before a step that makes one array of one.
    fn before(
        &mut self,
        number: usize,
        dims: &[u64],
        known: Option<&[u64]>,
    ) -> Result<Dims, Unsaid> {
        let Some(op) = self.item.field.ops.get(number) else { return Ok(dims.to_vec()) };
        let axes = || Unsaid::Axes { op: *op, after: dims.to_vec() };
        match *op {
            Op::Squeeze(Squeeze::Axes(squeezed)) => with_units(dims, squeezed).ok_or_else(axes),
            Op::Squeeze(Squeeze::ToRank) => unsqueezed(dims, known)
                .ok_or_else(|| Unsaid::Step { op: *op, after: dims.to_vec() }),
            Op::Expand(added) => Ok(without(dims, added)),
            Op::Transpose => Ok(dims.iter().rev().copied().collect()),
            Op::Permute(order) => unpermuted(dims, order).ok_or_else(axes),
            Op::Shape(_) => {
                let _ = self.learn(number, dims);
                Ok(dims.to_vec())
            }
            Op::Reshape(_) => {
                // A load cannot know these symbols by the variable.
                for symbol in self.learn(number, dims) {
                    self.state.symbols.at(symbol).unsaid = true;
                }
                self.unshaped(number, dims, known)
            }
            Op::Chunk { axis, of, .. } => {
                let of = u64::try_from(of).unwrap_or(u64::MAX);
                let len = dims.get(axis).ok_or_else(axes)?.saturating_mul(of);
                Ok(with_length(dims, axis, len))
            }
            Op::Slice { axis, .. } => {
                let len = *dims.get(axis).ok_or_else(axes)?;
                let total = self.known.total.ok_or(Unsaid::Part { len })?;
                let there = known.and_then(|known| known.get(axis)).copied();
                let there = there.filter(|_| total.leaves_the_end).unwrap_or_default();
                Ok(with_length(dims, axis, total.len.max(there)))
            }
            _ => Ok(dims.to_vec()),
        }
    }

    fn axes(&self, number: usize, after: Dims) -> Unsaid {
        let op = self.item.field.ops.get(number).copied().unwrap_or(Op::Transpose);
        Unsaid::Axes { op, after }
    }

    /// Notes what the lengths of axes say of symbols. Returns those that get a value.
    fn learn(&mut self, number: usize, dims: &[u64]) -> Vec<usize> {
        let terms: Vec<usize> = terms(self.state, self.item, number).collect();
        if terms.len() != dims.len() {
            return Vec::new();
        }
        let learn = |(&term, &len)| self.state.learn(term, self.scope, len);
        terms.iter().zip(dims).filter_map(learn).collect()
    }

    /// The shape before `reshape`: that of the variable which is there, or the one that is written right before.
    fn unshaped(&self, number: usize, dims: &[u64], known: Option<&[u64]>) -> Result<Dims, Unsaid> {
        let elements: u64 = dims.iter().product();
        let known = known.filter(|known| known.iter().product::<u64>() == elements);
        let written = || {
            let last = number.checked_sub(1)?;
            let is_shape = matches!(self.item.field.ops.get(last)?, Op::Shape(_));
            if is_shape { self.lengths(last, elements) } else { None }
        };
        let op = || self.item.field.ops.get(number).copied().unwrap_or(Op::Transpose);
        let before = known.map(<[u64]>::to_vec).or_else(written);
        before.ok_or_else(|| Unsaid::Step { op: op(), after: dims.to_vec() })
    }

    /// Lengths that are written; the only one that nothing says follows from the number of elements.
    fn lengths(&self, number: usize, elements: u64) -> Option<Dims> {
        let len = |term| self.state.value(term, self.scope);
        let lens: Vec<Option<u64>> = terms(self.state, self.item, number).map(len).collect();
        let product =
            lens.iter().flatten().fold(1, |product: u64, len| product.saturating_mul(*len));
        let rest = elements
            .checked_div(product)
            .filter(|rest| rest.checked_mul(product) == Some(elements));
        match lens.iter().filter(|len| len.is_none()).count() {
            0 | 1 => lens.into_iter().map(|len| len.or(rest)).collect(),
            _ => None,
        }
    }

    /// The variables that `concat` joined, each as long as the one that is there. Those of an index are otherwise as long as those that
    /// TensorFlow makes: all of one length, and the first longer by one where that leaves a rest.
    fn cut<'k>(
        &self,
        op: &Op,
        axis: usize,
        dims: &[Dims],
        known: impl Fn(usize) -> Option<&'k [u64]>,
    ) -> Result<Vec<Dims>, Unsaid> {
        let whole = dims.first().cloned().unwrap_or_default();
        let unsaid = || Unsaid::Step { op: *op, after: whole.clone() };
        let len = |variable: usize| known(variable)?.get(axis).copied();
        let piece = |variable| Some(with_length(&whole, axis, len(variable)?));
        let count = self.known.variables.len();
        let pieces = (0..count).map(piece).collect::<Option<_>>();
        let parts = || {
            let len = *whole.get(axis).filter(|_| self.item.field.stack().is_some())?;
            let parts = u64::try_from(count).ok()?;
            let (each, rest) = (len.checked_div(parts)?, len.checked_rem(parts)?);
            let len = |part: u64| each.saturating_add(u64::from(part < rest));
            Some((0..parts).map(|part| with_length(&whole, axis, len(part))).collect())
        };
        pieces.or_else(parts).ok_or_else(unsaid)
    }
}

/// The terms of a step.
pub(super) fn terms(
    state: &State<'_, '_>,
    item: &Item<'_>,
    number: usize,
) -> impl Iterator<Item = usize> {
    let (before, own) = item.field.ops.split_at(number);
    let first = item.roots + before.iter().map(roots_of).sum::<usize>();
    let roots = state.input.outline.roots.iter().skip(first);
    roots.take(own.first().map_or(0, roots_of)).map(|root| root.term)
}

/// The array of which these are the parts along an axis.
fn joined(op: &Op, axis: usize, parts: &[Dims]) -> Result<Dims, Unsaid> {
    let Some(first) = parts.first() else { return Ok(Vec::new()) };
    let mut sum: u64 = 0;
    for part in parts {
        let len = part.get(axis).ok_or_else(|| Unsaid::Axes { op: *op, after: part.clone() })?;
        if with_length(part, axis, 0) != with_length(first, axis, 0) {
            return Err(Unsaid::Parts { op: *op, first: first.clone(), other: part.clone() });
        }
        sum = sum.saturating_add(*len);
    }
    Ok(with_length(first, axis, sum))
}

/// The variables that `stack` joined.
fn unstacked(op: &Op, axis: usize, dims: &[Dims]) -> Result<Vec<Dims>, Unsaid> {
    let whole = dims.first().cloned().unwrap_or_default();
    let len = whole.get(axis).ok_or_else(|| Unsaid::Axes { op: *op, after: whole.clone() })?;
    let count = usize::try_from(*len).unwrap_or(usize::MAX);
    Ok(std::iter::repeat_n(without(&whole, &[axis]), count).collect())
}

fn with_length(dims: &[u64], axis: usize, len: u64) -> Dims {
    let length = |(number, &dim): (usize, &u64)| if number == axis { len } else { dim };
    dims.iter().enumerate().map(length).collect()
}

fn without(dims: &[u64], axes: &[usize]) -> Dims {
    let left = dims.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
    left.map(|(_, dim)| *dim).collect()
}

/// The lengths with those of unit axes, which have these numbers afterwards.
fn with_units(dims: &[u64], axes: &[usize]) -> Option<Dims> {
    let mut dims = dims.to_vec();
    let mut axes = axes.to_vec();
    axes.sort_unstable();
    for axis in axes {
        if axis > dims.len() {
            return None;
        }
        dims.insert(axis, 1);
    }
    Some(dims)
}

/// The shape before `permute`.
fn unpermuted(dims: &[u64], order: &[usize]) -> Option<Dims> {
    let mut before = vec![0; dims.len()];
    if order.len() != dims.len() {
        return None;
    }
    for (&axis, &len) in order.iter().zip(dims) {
        *before.get_mut(axis)? = len;
    }
    Some(before)
}

/// The shape before a bare `squeeze`, with unit axes where the variable that is there has them.
fn unsqueezed(dims: &[u64], known: Option<&[u64]>) -> Option<Dims> {
    let known = known?;
    let excess = known.len().checked_sub(dims.len())?;
    // As in a load: all unit axes, or those of which it does not matter which.
    with_units(dims, units(known).get(..excess)?)
}

/// The axes of length 1.
fn units(dims: &[u64]) -> Vec<usize> {
    (0..dims.len()).filter(|&axis| dims.get(axis) == Some(&1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{Input, NONE, Outlined, with_state};
    use crate::listing::dtype::DType;
    use crate::manifest::Manifest;
    use crate::model::description::{Dim, Field, Node, Repeat, Struct};
    use crate::model::dialect::Dialect;
    use crate::model::expression::{AxisLength, Expression};

    fn shapes(
        field: &'static Field,
        arrays: &[&[u64]],
        like: &[&[u64]],
    ) -> Result<Vec<Dims>, Unsaid> {
        let spec =
            |dims: &&[u64]| Spec { dtype: DType::Float32, shape: Shape::new(*dims).unwrap() };
        let arrays: Vec<Spec> = arrays.iter().map(spec).collect();
        let like: Vec<Shape> = like.iter().map(|dims| Shape::new(*dims).unwrap()).collect();
        let variables = like.iter().map(|shape| Some(shape.dims())).collect();
        let known = Known { variables, total: None };
        let dims = &[
            Dim { name: "n", value: None, local: false },
            Dim { name: "h", value: None, local: false },
        ];
        let owner = Struct { fields: std::slice::from_ref(field), dims, ..Struct::EMPTY };
        let outlined = Outlined::in_dialect(&owner, "", Dialect::FIRST);
        let node = Node::Dim("");
        let input = Input::of_manifest(&node, outlined.outline(), Manifest::EMPTY, 0);
        let inverse = |state: &mut State<'_, '_>| {
            state.add_shared();
            let item = state.item(0);
            Inverse { item, scope: NONE, state, known: &known }.shapes(&arrays)
        };
        let shapes = with_state(&input, inverse, |_, shapes| shapes)?;
        Ok(shapes.iter().map(|shape| shape.dims().to_vec()).collect())
    }

    const fn field(ops: &'static [Op]) -> Field {
        Field { ops, ..Field::EMPTY }
    }

    const fn symbol(name: &'static str) -> AxisLength {
        AxisLength::Is(Expression::Symbol(name))
    }

    const REPEAT: Repeat = Repeat { index: "i", start: 0, end: None };
    const MOVED: Field = field(&[Op::Squeeze(Squeeze::Axes(&[0, 3])), Op::Permute(&[1, 2, 0])]);
    const EXPANDED: Field = field(&[Op::Transpose, Op::Expand(&[0])]);
    const CHUNK: Field = field(&[Op::Chunk { axis: 1, index: 0, of: 3 }]);
    const SPLIT: Field = field(&[Op::Split { axis: 0, sizes: None }, Op::Transpose]);
    const STACK: Field = field(&[Op::Stack { axis: 1, repeat: REPEAT }]);
    const SAID: Field = field(&[
        Op::Shape(&[symbol("n"), AxisLength::Any]),
        Op::Reshape(&[symbol("n"), symbol("h"), AxisLength::Any]),
    ]);
    const UNSAID: Field =
        field(&[Op::Reshape(&[AxisLength::Any, AxisLength::Is(Expression::Number(2))])]);
    const SQUEEZE: Field = field(&[Op::Squeeze(Squeeze::ToRank)]);

    #[test]
    fn steps_that_say_all_are_taken_back() {
        assert_eq!(shapes(&MOVED, &[&[3, 4, 2]], &[]).unwrap(), [[1, 2, 3, 1, 4]]);
        assert_eq!(shapes(&EXPANDED, &[&[1, 2, 3]], &[]).unwrap(), [[3, 2]]);
        assert_eq!(shapes(&CHUNK, &[&[2, 4]], &[]).unwrap(), [[2, 12]]);
    }

    #[test]
    fn parts_are_joined_and_what_is_stacked_is_taken_apart() {
        assert_eq!(shapes(&SPLIT, &[&[2, 3], &[2, 5]], &[]).unwrap(), [[8, 2]]);
        let other = shapes(&SPLIT, &[&[2, 3], &[4, 5]], &[]);
        assert!(matches!(other, Err(Unsaid::Parts { .. })), "{other:?}");
        assert_eq!(shapes(&STACK, &[&[2, 3, 4]], &[]).unwrap(), [[2, 4], [2, 4], [2, 4]]);
    }

    #[test]
    fn a_reshape_follows_from_the_shape_before_it() {
        assert_eq!(shapes(&SAID, &[&[6, 2, 5]], &[]).unwrap(), [[6, 10]]);
        assert!(matches!(shapes(&UNSAID, &[&[6, 2]], &[]), Err(Unsaid::Step { .. })));
        assert_eq!(shapes(&UNSAID, &[&[6, 2]], &[&[3, 4]]).unwrap(), [[3, 4]]);
        // One of as many elements, at least.
        assert!(shapes(&UNSAID, &[&[6, 2]], &[&[3, 5]]).is_err());
    }

    #[test]
    fn a_bare_squeeze_follows_from_the_variable_that_is_there() {
        assert!(matches!(shapes(&SQUEEZE, &[&[2, 3]], &[]), Err(Unsaid::Step { .. })));
        // Its other lengths may have changed.
        assert_eq!(shapes(&SQUEEZE, &[&[2, 3]], &[&[1, 2, 5]]).unwrap(), [[1, 2, 3]]);
        assert_eq!(shapes(&SQUEEZE, &[&[2, 3]], &[&[2, 3]]).unwrap(), [[2, 3]]);
    }
}
