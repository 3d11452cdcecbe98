//! Arrays of element numbers, to which steps are applied one by one.

use checkpoint_schema::model::description::{Op, Squeeze};
use checkpoint_schema::model::expression::{AxisLength, Expression};

use super::symbols::Length;

/// The reason why a step is not applied.
#[derive(Debug)]
pub(super) enum Stop {
    /// A length is unknown.
    Unknown,
    /// The step is not possible.
    Wrong(&'static str),
}

/// Some elements of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Array {
    pub(super) dims: Vec<u64>,
    /// Their numbers in the variable; `None` if they do not matter.
    pub(super) elements: Option<Vec<u64>>,
}

/// The context of a step.
pub(super) struct Steps<'a> {
    /// All steps of the field.
    pub(super) ops: &'a [Op],
    /// The rank of the field.
    pub(super) rank: Option<usize>,
    /// The number of parts in the field; `None` if it is one array.
    pub(super) parts: Option<usize>,
    pub(super) length: &'a dyn Fn(&Expression) -> Length,
}

impl Array {
    /// Returns all elements of a variable, with their numbers if `followed`.
    pub(super) fn whole(dims: &[u64], followed: bool) -> Self {
        let elements = followed.then(|| (0..dims.iter().product()).collect());
        Self { dims: dims.to_vec(), elements }
    }

    /// Returns the elements in a range of axis `axis`.
    fn slice(&self, axis: usize, start: u64, end: u64) -> Self {
        let inner: u64 = self.dims[axis + 1..].iter().product();
        let of_axis = |at: usize| at as u64 / inner % self.dims[axis];
        let within = |(at, _): &(usize, &u64)| (start..end).contains(&of_axis(*at));
        let elements = self.elements.as_ref().map(|elements| {
            elements.iter().enumerate().filter(within).map(|(_, it)| *it).collect()
        });
        let mut dims = self.dims.clone();
        dims[axis] = end - start;
        Self { dims, elements }
    }

    /// Reorders the indices of an axis. `from` returns the old index for each new one.
    fn reordered(&self, axis: usize, from: impl Fn(u64) -> u64) -> Self {
        let (inner, len): (u64, u64) = (self.dims[axis + 1..].iter().product(), self.dims[axis]);
        let element = |at: usize| {
            let (at, place) = (at as u64, at as u64 / inner % len);
            (at - place * inner + from(place) * inner) as usize
        };
        let moved = |all: &Vec<u64>| (0..all.len()).map(|at| all[element(at)]).collect();
        Self { dims: self.dims.clone(), elements: self.elements.as_ref().map(moved) }
    }

    /// Permutes the axes.
    fn permute(&self, order: &[usize]) -> Self {
        let dims: Vec<u64> = order.iter().map(|&axis| self.dims[axis]).collect();
        let strides: Vec<u64> =
            (0..order.len()).map(|axis| self.dims[axis + 1..].iter().product()).collect();
        let count: u64 = dims.iter().product();
        let from = |number: u64| {
            let (mut rest, mut from) = (number, 0);
            for (at, &axis) in order.iter().enumerate().rev() {
                from += rest % dims[at] * strides[axis];
                rest /= dims[at];
            }
            from as usize
        };
        let moved = |all: &Vec<u64>| (0..count).map(|number| all[from(number)]).collect();
        let elements = self.elements.as_ref().map(moved);
        Self { dims, elements }
    }
}

impl Steps<'_> {
    fn known(&self, expression: &Expression) -> Result<u64, Stop> {
        match (self.length)(expression) {
            Length::Known(value) => Ok(value),
            Length::Unknown => Err(Stop::Unknown),
            Length::None => Err(Stop::Wrong("there is no such length")),
        }
    }

    /// Applies a step to an array. The result is one or more arrays.
    pub(super) fn done(&self, at: usize, array: &Array) -> Result<Vec<Array>, Stop> {
        let rank = array.dims.len();
        let there = |axis: usize| {
            if axis < rank { Ok(()) } else { Err(Stop::Wrong("there is no such axis")) }
        };
        let with = |dims: Vec<u64>| vec![Array { dims, elements: array.elements.clone() }];
        Ok(match self.ops[at] {
            Op::Squeeze(Squeeze::Axes(axes)) => with(without(&array.dims, axes)?),
            Op::Squeeze(Squeeze::ToRank) => with(self.squeezed(at, &array.dims)?),
            Op::Expand(axes) => {
                let mut dims = array.dims.clone();
                let mut axes = axes.to_vec();
                axes.sort_unstable();
                for axis in axes {
                    if axis > dims.len() {
                        return Err(Stop::Wrong("there is no such axis"));
                    }
                    dims.insert(axis, 1);
                }
                with(dims)
            }
            Op::Transpose => vec![array.permute(&(0..rank).rev().collect::<Vec<_>>())],
            Op::Permute(order) if order.len() == rank => vec![array.permute(order)],
            Op::Permute(_) => return Err(Stop::Wrong("`permute` names other axes")),
            Op::Reshape(axes) => with(self.reshaped(axes, array.dims.iter().product())?),
            Op::Split { axis, sizes } => {
                there(axis)?;
                self.split(array, axis, sizes)?
            }
            Op::Chunk { axis, index, of } => {
                there(axis)?;
                let (length, of, index) = (array.dims[axis], of as u64, index as u64);
                if length % of != 0 {
                    return Err(Stop::Wrong("`chunk` does not divide the axis"));
                }
                let part = length / of;
                vec![array.slice(axis, index * part, (index + 1) * part)]
            }
            Op::Reorder { axis, order } => {
                there(axis)?;
                if !array.dims[axis].is_multiple_of(order.len() as u64) {
                    return Err(Stop::Wrong("`reorder` does not divide the axis"));
                }
                let block = array.dims[axis] / order.len() as u64;
                let moved = |at: u64| order[(at / block) as usize] as u64 * block + at % block;
                vec![array.reordered(axis, moved)]
            }
            Op::Slice { axis, start, end } => {
                there(axis)?;
                let start = self.known(&start)?;
                let end = end.map_or(Ok(array.dims[axis]), |end| self.known(&end))?;
                if start > end || end > array.dims[axis] {
                    return Err(Stop::Wrong("`slice` is beyond the axis"));
                }
                vec![array.slice(axis, start, end)]
            }
            _ => vec![array.clone()],
        })
    }

    fn split(
        &self,
        array: &Array,
        axis: usize,
        sizes: Option<&[Expression]>,
    ) -> Result<Vec<Array>, Stop> {
        let Some(count) = self.parts else { return Err(Stop::Wrong("the field holds one array")) };
        let (length, parts) = (array.dims[axis], count as u64);
        let sizes: Vec<u64> = match sizes {
            Some(sizes) => sizes.iter().map(|size| self.known(size)).collect::<Result<_, _>>()?,
            None if length.is_multiple_of(parts) => vec![length / parts; count],
            None => return Err(Stop::Wrong("`split` does not divide the axis")),
        };
        if sizes.len() != count || sizes.iter().sum::<u64>() != length {
            return Err(Stop::Wrong("the `sizes` are not all of the axis"));
        }
        let mut start = 0;
        let cut = |size: &u64| {
            start += size;
            array.slice(axis, start - size, start)
        };
        Ok(sizes.iter().map(cut).collect())
    }

    fn reshaped(&self, axes: &[AxisLength], elements: u64) -> Result<Vec<u64>, Stop> {
        let mut dims = Vec::new();
        for axis in axes {
            dims.push(match axis {
                AxisLength::Is(expression) => self.known(expression)?,
                AxisLength::Any => 1,
            });
        }
        let product: u64 = dims.iter().product();
        if let Some(open) = axes.iter().position(|axis| matches!(axis, AxisLength::Any)) {
            if product == 0 || !elements.is_multiple_of(product) {
                return Err(Stop::Wrong("`reshape` asks for other elements"));
            }
            dims[open] = elements / product;
        } else if product != elements {
            return Err(Stop::Wrong("`reshape` asks for other elements"));
        }
        Ok(dims)
    }

    /// Removes as many axes of length 1 as exceed the rank of the field. The choice among them must not matter.
    fn squeezed(&self, at: usize, dims: &[u64]) -> Result<Vec<u64>, Stop> {
        let units: Vec<usize> = (0..dims.len()).filter(|&axis| dims[axis] == 1).collect();
        let count = match self.rank_after(at) {
            Some(rank) => dims.len().saturating_sub(rank),
            None => units.len(),
        };
        if count > units.len() {
            return Ok(dims.to_vec());
        }
        let mut shapes: Vec<Vec<u64>> = Vec::new();
        for choice in 0..1_u32 << units.len() {
            let chosen = units.iter().enumerate().filter(|(bit, _)| choice >> bit & 1 == 1);
            let chosen: Vec<usize> = chosen.map(|(_, &axis)| axis).collect();
            if chosen.len() == count {
                shapes.push(without(dims, &chosen)?);
            }
        }
        match shapes.split_first() {
            Some((shape, others)) if others.iter().all(|other| other == shape) => Ok(shape.clone()),
            _ => Err(Stop::Wrong("it matters which axes are removed")),
        }
    }

    /// Returns the only rank after a step with which the remaining steps are possible, and lead to the rank of the field.
    fn rank_after(&self, at: usize) -> Option<usize> {
        let fits = |start: &usize| {
            let mut ranks = vec![*start];
            for op in &self.ops[at + 1..] {
                ranks = ranks.into_iter().flat_map(|rank| ranks_of(op, rank)).collect();
            }
            self.rank.map_or(!ranks.is_empty(), |rank| ranks.contains(&rank))
        };
        let mut all = (0..10).filter(fits);
        all.next().filter(|_| all.next().is_none())
    }
}

/// Returns the possible ranks after a step, for this rank before it.
fn ranks_of(op: &Op, rank: usize) -> Vec<usize> {
    match op {
        Op::Squeeze(Squeeze::Axes(axes)) => rank.checked_sub(axes.len()).into_iter().collect(),
        Op::Squeeze(Squeeze::ToRank) => (0..=rank).collect(),
        Op::Expand(axes) => vec![rank + axes.len()],
        Op::Permute(axes) => (axes.len() == rank).then_some(rank).into_iter().collect(),
        Op::Shape(axes) => (axes.len() == rank).then_some(rank).into_iter().collect(),
        Op::Reshape(axes) => vec![axes.len()],
        Op::Stack { .. } => vec![rank + 1],
        _ => vec![rank],
    }
}

/// Removes these axes, each of length 1.
fn without(dims: &[u64], axes: &[usize]) -> Result<Vec<u64>, Stop> {
    if axes.iter().any(|&axis| dims.get(axis) != Some(&1)) {
        return Err(Stop::Wrong("only axes of length 1 are removed"));
    }
    let kept = dims.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
    Ok(kept.map(|(_, &length)| length).collect())
}
