//! From views of variables to layouts.
//!
//! The axes of a [`View`] walk over the variable's elements with strides, so each element is copied directly to its place.

use std::iter;

use smallvec::{SmallVec, smallvec};

use crate::fit::{Factor, View};
use crate::plan::Strides;
use crate::strided::{Axis, Layout};

/// The layouts of an array; nearly always one.
pub(super) type Layouts = SmallVec<[Layout; 1]>;

/// The layouts of a view's elements in an array with lengths `dims`, from index `start` on. There is one layout, or one for each
/// reordered block.
pub(super) fn layouts(view: &View, factors: &[Factor], dims: &[u64], start: &[u64]) -> Layouts {
    let (mut axes, mut ordered) = (SmallVec::<[Axis; 4]>::new(), Vec::new());
    let (mut stride, mut first) = (1_u64, 0_u64);
    for (axis, (&dim, &start)) in iter::zip(dims, start).enumerate().rev() {
        first = first.saturating_add(start.saturating_mul(stride));
        let mut into = stride;
        for factor in factors.iter().rev().filter(|factor| factor.axis == axis) {
            let own = Axis { len: factor.len, from: factor.stride, into };
            if factor.order.is_empty() {
                axes.push(own);
            } else {
                ordered.push((own, factor.order));
            }
            into = into.saturating_mul(factor.len);
        }
        stride = stride.saturating_mul(dim);
    }
    let one_by_one = |layouts: Layouts, (axis, order): &(Axis, &[usize])| {
        layouts.iter().flat_map(|layout| blocks(layout, axis, order)).collect()
    };
    ordered.iter().fold(smallvec![Layout::new(view.first, first, axes)], one_by_one)
}

/// Repeats a layout for each block of an axis, in the order of the array.
fn blocks(layout: &Layout, axis: &Axis, order: &[usize]) -> Vec<Layout> {
    let block = |(place, number): (u64, &usize)| {
        let number = u64::try_from(*number).unwrap_or(u64::MAX);
        Layout {
            from: layout.from.saturating_add(number.saturating_mul(axis.from)),
            into: layout.into.saturating_add(place.saturating_mul(axis.into)),
            axes: layout.axes.clone(),
        }
    };
    (0..).zip(order).map(block).collect()
}

impl Strides {
    /// The strides of a view, if each axis has a single stride.
    pub(super) fn of(view: &View, factors: &[Factor]) -> Option<Self> {
        let stride = |axis: usize| {
            let own: SmallVec<[&Factor; 4]> =
                factors.iter().filter(|factor| factor.axis == axis).collect();
            let walks_as_one = |pair: &[&Factor]| match pair {
                [outer, inner] => outer.stride == inner.stride.saturating_mul(inner.len),
                _ => true,
            };
            let stride = own.last().map_or(1, |inner| inner.stride);
            let is_ordered = own.iter().any(|factor| !factor.order.is_empty());
            (!is_ordered && own.windows(2).all(walks_as_one)).then_some(stride)
        };
        let strides = (0..view.rank).map(stride).collect::<Option<_>>()?;
        Some(Self { first: view.first, strides })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{self, NotStrided, Stack};
    use crate::listing::shape::Shape;

    /// A view with its factors.
    #[derive(Clone)]
    struct View {
        view: fit::View,
        factors: Vec<Factor>,
    }

    impl View {
        fn whole(shape: &Shape) -> Self {
            let mut new = Self { view: fit::View::NONE, factors: vec![Factor::NONE; 64] };
            let _ = new.make(|_, factors| Ok(fit::View::whole(shape.dims(), factors)));
            new
        }

        /// Replaces the view by another one. Its factors follow those of this one.
        fn make(
            &mut self,
            step: impl Fn(fit::View, &mut Stack<'_, Factor>) -> Result<fit::View, NotStrided>,
        ) -> Result<(), NotStrided> {
            let old = self.factors.clone();
            let mut stack = Stack::over(&mut self.factors);
            for factor in &old[..self.view.factors.end()] {
                let _ = stack.push(*factor);
            }
            self.view = step(self.view, &mut stack)?;
            assert!(!stack.is_full());
            Ok(())
        }

        fn squeeze(&mut self, axes: &[usize]) {
            self.make(|view, factors| Ok(view.squeeze(axes, factors))).unwrap();
        }

        fn expand(&mut self, axes: &[usize]) {
            self.make(|view, factors| Ok(view.expand(axes, factors))).unwrap();
        }

        fn permute(&mut self, order: &[usize]) {
            self.make(|view, factors| Ok(view.permute(order, factors))).unwrap();
        }

        fn reshape(&mut self, dims: &[u64]) -> Result<(), NotStrided> {
            self.make(|view, factors| view.reshape(dims, factors))
        }

        fn slice(&mut self, axis: usize, start: u64, count: u64) -> Result<(), NotStrided> {
            self.make(|view, factors| view.slice(axis, start, count, factors))
        }

        fn own(&self) -> &[Factor] {
            &self.factors[self.view.factors.at..self.view.factors.end()]
        }

        fn dims(&self) -> Vec<u64> {
            let own = |axis| self.own().iter().filter(move |factor| factor.axis == axis);
            (0..self.view.rank).map(|axis| own(axis).map(|factor| factor.len).product()).collect()
        }

        fn strides(&self) -> Option<Strides> {
            Strides::of(&self.view, self.own())
        }

        fn layout(&self, dims: &[u64], start: &[u64]) -> Layout {
            let [layout] = &layouts(&self.view, self.own(), dims, start)[..] else { panic!() };
            layout.clone()
        }
    }

    /// A reference implementation: an array of the numbers of a variable's elements. The steps are applied one by one, by the
    /// definition of row-major order.
    #[derive(Clone)]
    struct Elements {
        dims: Vec<u64>,
        numbers: Vec<u64>,
    }

    impl Elements {
        fn whole(dims: &[u64]) -> Self {
            Self { dims: dims.to_vec(), numbers: (0..dims.iter().product()).collect() }
        }

        /// The array with lengths `dims`. Its element at an index is this array's element at `place(index)`.
        fn gather(&self, dims: Vec<u64>, place: impl Fn(&[u64]) -> Vec<u64>) -> Self {
            let numbers = (0..dims.iter().product())
                .map(|number| {
                    let at = iter::zip(place(&index(&dims, number)), &self.dims)
                        .fold(0, |at, (index, dim)| at * dim + index);
                    self.numbers[usize::try_from(at).unwrap()]
                })
                .collect();
            Self { dims, numbers }
        }

        fn permute(&self, order: &[usize]) -> Self {
            let dims = order.iter().map(|&axis| self.dims[axis]).collect();
            self.gather(dims, |index| {
                let mut place = vec![0; index.len()];
                iter::zip(order, index).for_each(|(&axis, &index)| place[axis] = index);
                place
            })
        }

        fn slice(&self, axis: usize, start: u64, count: u64) -> Self {
            let mut dims = self.dims.clone();
            dims[axis] = count;
            self.gather(dims, |index| {
                let mut place = index.to_vec();
                place[axis] += start;
                place
            })
        }
    }

    fn index(dims: &[u64], mut number: u64) -> Vec<u64> {
        let mut index: Vec<u64> = dims
            .iter()
            .rev()
            .map(|&dim| {
                let at = number % dim;
                number /= dim;
                at
            })
            .collect();
        index.reverse();
        index
    }

    /// The element numbers at each position of an array with this number of elements.
    fn placed(layout: &Layout, places: u64) -> Vec<Option<u64>> {
        let mut numbers = vec![None; usize::try_from(places).unwrap()];
        let lens: Vec<u64> = layout.axes.iter().map(|axis| axis.len).collect();
        for number in 0..layout.elements() {
            let index = index(&lens, number);
            let at = |start, of: fn(&Axis) -> u64| {
                iter::zip(&layout.axes, &index)
                    .fold(start, |at, (axis, index)| at + index * of(axis))
            };
            let into = usize::try_from(at(layout.into, |axis| axis.into)).unwrap();
            assert_eq!(numbers[into], None);
            numbers[into] = Some(at(layout.from, |axis| axis.from));
        }
        numbers
    }

    fn check(view: &View, expected: &Elements) {
        assert_eq!(view.dims(), expected.dims);
        let layout = view.layout(&expected.dims, &vec![0; expected.dims.len()]);
        let numbers: Vec<_> = expected.numbers.iter().copied().map(Some).collect();
        assert_eq!(placed(&layout, layout.elements()), numbers, "{layout:?}");
        let (mut reach, mut axes) = (1, layout.axes.iter().rev());
        assert!(
            axes.all(|axis| (axis.from >= reach, reach = axis.from * axis.len).0),
            "{layout:?}"
        );
    }

    fn view(dims: &[u64]) -> View {
        View::whole(&Shape::new(dims).unwrap())
    }

    #[test]
    fn a_whole_variable_is_its_elements_in_order() {
        for dims in [&[][..], &[1], &[5], &[2, 3, 4], &[1, 4, 1]] {
            check(&view(dims), &Elements::whole(dims));
            assert!(view(dims).layout(dims, &vec![0; dims.len()]).is_run());
        }
        let strides = |dims: &[u64]| view(dims).strides().map(|all| (all.first, all.strides));
        assert_eq!(strides(&[2, 3, 4]), Some((0, vec![12, 4, 1])));
        assert_eq!(strides(&[]), Some((0, vec![])));
        assert_eq!(view(&[3, 0]).layout(&[3, 0], &[0, 0]).elements(), 0);
    }

    #[test]
    fn axes_of_length_1_come_and_go() {
        let mut view = view(&[1, 4, 1, 5]);
        view.squeeze(&[0, 2]);
        check(&view, &Elements::whole(&[4, 5]));
        view.expand(&[3, 0]);
        check(&view, &Elements::whole(&[1, 4, 5, 1]));
    }

    #[test]
    fn axes_are_permuted() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut view = view(&[2, 3, 4]);
            view.permute(&order);
            check(&view, &Elements::whole(&[2, 3, 4]).permute(&order));
        }
    }

    #[test]
    fn elements_get_other_axes() {
        let permuted = Elements::whole(&[4, 6]).permute(&[1, 0]);
        for dims in [&[24][..], &[6, 4], &[2, 3, 4], &[3, 2, 2, 2], &[1, 12, 2], &[6, 2, 2]] {
            let mut view = view(&[4, 6]);
            view.permute(&[1, 0]);
            view.reshape(dims).unwrap();
            check(&view, &Elements { dims: dims.to_vec(), ..permuted.clone() });
        }
        // Reorders again, as long as no axis is split across its factors.
        let mut both = view(&[4, 6]);
        both.permute(&[1, 0]);
        both.reshape(&[2, 12]).unwrap();
        both.permute(&[1, 0]);
        check(&both, &Elements { dims: vec![2, 12], ..permuted }.permute(&[1, 0]));
        let mut torn = view(&[2, 3]);
        torn.permute(&[1, 0]);
        assert_eq!(torn.reshape(&[2, 3]), Err(NotStrided));
        view(&[0, 3]).reshape(&[3, 0, 2]).unwrap();
    }

    #[test]
    fn a_range_of_an_axis_is_taken() {
        for (axis, start, count) in [(0, 1, 2), (1, 0, 2), (1, 5, 1), (0, 0, 4), (1, 2, 0)] {
            let mut view = view(&[4, 6]);
            view.permute(&[0, 1]);
            view.slice(axis, start, count).unwrap();
            if count > 0 {
                check(&view, &Elements::whole(&[4, 6]).slice(axis, start, count));
            }
        }
    }

    #[test]
    fn a_range_is_taken_across_what_an_axis_was_put_together_of() {
        let joined = Elements { dims: vec![24], ..Elements::whole(&[4, 6]).permute(&[1, 0]) };
        for (start, count) in [(4, 8), (0, 20), (5, 2), (8, 4), (21, 3), (23, 1)] {
            let mut view = view(&[4, 6]);
            view.permute(&[1, 0]);
            view.reshape(&[24]).unwrap();
            view.slice(0, start, count).unwrap();
            check(&view, &joined.slice(0, start, count));
        }
        for (start, count) in [(3, 4), (2, 8), (0, 5)] {
            let mut view = view(&[4, 6]);
            view.permute(&[1, 0]);
            view.reshape(&[24]).unwrap();
            assert_eq!(view.slice(0, start, count), Err(NotStrided));
        }
    }

    #[test]
    fn a_part_of_an_array_is_filled() {
        let mut part = view(&[3, 2]);
        part.permute(&[1, 0]);
        let layout = part.layout(&[5, 3], &[2, 0]);
        let none = [None; 6];
        let expected = [0, 2, 4, 1, 3, 5].map(Some);
        assert_eq!(placed(&layout, 15)[..6], none);
        assert_eq!(placed(&layout, 15)[6..12], expected);
        let rows = view(&[2, 3]).layout(&[5, 3], &[2, 0]);
        assert_eq!((rows.into, rows.is_run()), (6, true));
    }
}
