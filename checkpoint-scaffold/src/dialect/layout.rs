//! Steps from one layout of a variable to another.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

/// A number that is equal for shapes with the same lengths in any order, without axes of length 1. It is 0 for counters, which one
/// framework alone can have.
pub(super) fn sum(dims: &[u64]) -> u64 {
    if dims.is_empty() {
        return 0;
    }
    let mut dims: Vec<u64> = dims.iter().copied().filter(|len| *len != 1).collect();
    dims.sort_unstable();
    let mut hasher = DefaultHasher::new();
    dims.hash(&mut hasher);
    hasher.finish()
}

/// Steps, in this order.
#[derive(Clone, Debug)]
struct Way {
    /// Axes of length 1 to remove.
    squeezed: Range<usize>,
    /// The order of axes, if it changes.
    order: Option<&'static [usize]>,
    /// Axes of length 1 to add.
    expanded: Range<usize>,
}

/// Orders of axes that differ between frameworks: those of matrices, and of kernels of convolutions.
const ORDERS: [&[usize]; 4] = [&[1, 0], &[2, 1, 0], &[2, 3, 1, 0], &[2, 3, 0, 1]];

impl Way {
    /// The shape after the steps; `None` if they do not apply.
    fn apply(&self, dims: &[u64]) -> Option<Vec<u64>> {
        let mut dims = dims.to_vec();
        dims.get(self.squeezed.clone())?.iter().all(|len| *len == 1).then_some(())?;
        dims.drain(self.squeezed.clone());
        if let Some(order) = self.order {
            if order.len() != dims.len() {
                return None;
            }
            dims = order.iter().filter_map(|&axis| dims.get(axis).copied()).collect();
        }
        let start = self.expanded.start.min(dims.len());
        dims.splice(start..start, self.expanded.clone().map(|_| 1));
        Some(dims)
    }

    fn fits(&self, shapes: &[(Vec<u64>, Vec<u64>)]) -> bool {
        shapes.iter().all(|(to, from)| self.apply(from).is_some_and(|dims| dims == *to))
    }

    fn written(&self) -> Vec<String> {
        let order = self.order.map(|order| match order {
            [1, 0] => "transpose".to_owned(),
            order => {
                let axes: Vec<String> = order.iter().map(ToString::to_string).collect();
                format!("permute({})", axes.join(", "))
            }
        });
        let with_axes = |step: &str, axes: &Range<usize>| {
            let written: Vec<String> = axes.clone().map(|axis| axis.to_string()).collect();
            (!axes.is_empty()).then(|| format!("{step}({})", written.join(", ")))
        };
        let squeezed = with_axes("squeeze", &self.squeezed);
        let expanded = with_axes("expand", &self.expanded);
        [squeezed, order, expanded].into_iter().flatten().collect()
    }
}

/// All ways from a shape to another one.
fn ways(to: &[u64], from: &[u64]) -> impl Iterator<Item = Way> {
    let axes = |long: &[u64], short: &[u64]| -> Vec<Range<usize>> {
        let count = long.len().saturating_sub(short.len());
        let starts = if count == 0 { 0..1 } else { 0..short.len() + 1 };
        starts.map(|start| start..start + count).collect()
    };
    let (squeezed, expanded) = (axes(from, to), axes(to, from));
    let orders: Vec<_> = [None].into_iter().chain(ORDERS.map(Some)).collect();
    squeezed.into_iter().flat_map(move |squeezed| {
        let (orders, expanded) = (orders.clone(), expanded.clone());
        orders.into_iter().flat_map(move |order| {
            let squeezed = squeezed.clone();
            let way = move |expanded| Way { squeezed: squeezed.clone(), order, expanded };
            expanded.clone().into_iter().map(way)
        })
    })
}

/// The layout of a variable in another checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Conversion {
    /// The steps to the layout of the struct.
    pub(crate) steps: Vec<String>,
    /// True if another order of axes fits as well.
    pub(crate) is_guess: bool,
    /// True if a square matrix is not transposed.
    pub(crate) is_kept_square: bool,
}

/// The layout that leads from each second shape to the first one. If two orders of axes fit, `transposes` chooses.
pub(super) fn layout(shapes: &[(Vec<u64>, Vec<u64>)], transposes: bool) -> Option<Conversion> {
    let (to, from) = shapes.first()?;
    let fitting: Vec<Way> = ways(to, from).filter(|way| way.fits(shapes)).collect();
    let moved = fitting.iter().find(|way| way.order.is_some());
    let kept = fitting.iter().find(|way| way.order.is_none());
    let chosen = if transposes { moved.or(kept) } else { kept.or(moved) };
    let chosen = chosen?;
    let is_square = |(to, _): &(Vec<u64>, Vec<u64>)| {
        let dims: Vec<u64> = to.iter().copied().filter(|len| *len != 1).collect();
        matches!(dims[..], [rows, columns] if rows == columns)
    };
    Some(Conversion {
        steps: chosen.written(),
        is_guess: moved.is_some() && kept.is_some(),
        is_kept_square: chosen.order.is_none() && shapes.iter().any(is_square),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(shapes: &[(&[u64], &[u64])], transposes: bool) -> Option<(String, bool)> {
        let shapes: Vec<_> = shapes.iter().map(|(to, from)| (to.to_vec(), from.to_vec())).collect();
        layout(&shapes, transposes).map(|found| (found.steps.join(", "), found.is_guess))
    }

    #[test]
    fn all_shapes_of_a_field_decide() {
        let said = |steps: &str, is_guess| Some((steps.to_owned(), is_guess));
        assert_eq!(found(&[(&[3], &[3])], false), said("", false));
        assert_eq!(found(&[(&[3, 4], &[4, 3])], false), said("transpose", false));
        assert_eq!(found(&[(&[3, 3], &[3, 3])], true), said("transpose", true));
        assert_eq!(found(&[(&[3, 3], &[3, 3])], false), said("", true));
        assert_eq!(found(&[(&[3, 3], &[3, 3]), (&[2, 3], &[2, 3])], true), said("", false));
        assert_eq!(found(&[(&[1, 2, 3], &[2, 3])], false), said("expand(0)", false));
        assert_eq!(found(&[(&[1, 2, 3], &[3, 2])], false), said("transpose, expand(0)", false));
        assert_eq!(found(&[(&[2, 3], &[2, 1, 3])], false), said("squeeze(1)", false));
        let said_two = found(&[(&[1, 1, 2, 3], &[3, 2])], false);
        assert_eq!(said_two, said("transpose, expand(0, 1)", false));
        let kernel = [(&[5, 5, 3, 8][..], &[8, 3, 5, 5][..])];
        assert_eq!(found(&kernel, true), said("permute(2, 3, 1, 0)", false));
        assert_eq!(found(&[(&[3, 4], &[5, 3])], false), None);
    }
}
