//! Whether what fields take of a variable are parts that do not overlap, and all of it.

use std::ops::Range;

use crate::plan::Read;
use crate::plan::layout::Layout;

/// What is wrong with what is taken of a variable: the numbers of the reads that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The second takes what the first takes already.
    Overlap(usize, usize),
    /// As many elements are left by the first and all others.
    Gap(usize, u64),
}

/// What is wrong with the variables that are read, of which a number tells the elements.
pub(super) fn wrong(reads: &[Read], elements: impl Fn(usize) -> u64) -> Vec<Wrong> {
    let mut by_variable: Vec<usize> = (0..reads.len()).collect();
    by_variable.sort_by_key(|&number| reads[number].variable);
    let mut wrong = Vec::new();
    for numbers in by_variable.chunk_by(|&one, &next| reads[one].variable == reads[next].variable) {
        let layout = |number: usize| &reads[number].layout;
        let (all, mut taken) = (elements(reads[numbers[0]].variable), 0_u64);
        for (at, &number) in numbers.iter().enumerate() {
            taken = taken.saturating_add(layout(number).elements());
            let mut before = numbers[..at].iter();
            let before = before.position(|&before| overlap(layout(before), layout(number), all));
            wrong.extend(before.map(|before| Wrong::Overlap(numbers[before], numbers[at])));
        }
        if taken < all {
            wrong.push(Wrong::Gap(numbers[0], all - taken));
        }
    }
    wrong
}

/// Whether two layouts of a variable of so many elements take an element in common. Of those that are cut in ways which
/// have nothing to do with each other it is taken for granted.
fn overlap(first: &Layout, second: &Layout, elements: u64) -> bool {
    if first.elements() == 0 || second.elements() == 0 {
        return false;
    }
    let mut strides: Vec<u64> =
        [first, second].iter().flat_map(|layout| &layout.axes).map(|axis| axis.from).collect();
    strides.push(1);
    strides.sort_unstable_by(|a, b| b.cmp(a));
    strides.dedup();
    match (ranges(first, &strides, elements), ranges(second, &strides, elements)) {
        (Some(first), Some(second)) => first
            .iter()
            .zip(&second)
            .all(|(first, second)| first.start < second.end && second.start < first.end),
        _ => true,
    }
}

/// The digits of a layout's elements, if they are all combinations of a range of each: the numbers of elements are written
/// with a digit for each stride, the largest first.
fn ranges(layout: &Layout, strides: &[u64], elements: u64) -> Option<Vec<Range<u64>>> {
    let mut ranges = Vec::new();
    let mut outer = elements;
    for &stride in strides {
        let radix = outer.checked_div(stride).filter(|radix| radix * stride == outer)?;
        let start = layout.from / stride % radix.max(1);
        ranges.push((start..start + 1, radix));
        outer = stride;
    }
    for axis in &layout.axes {
        let mut digit = strides.iter().position(|stride| *stride == axis.from)?;
        let mut len = axis.len;
        // An axis that is longer than its digit goes on in the next larger one.
        while len > 1 {
            let (range, radix) = ranges.get_mut(digit)?;
            let here = if range.start + len <= *radix { len } else { *radix };
            if here < len && (range.start > 0 || len % here > 0) {
                return None;
            }
            range.end = range.start + here;
            len /= here;
            digit = if len > 1 { digit.checked_sub(1)? } else { digit };
        }
    }
    Some(ranges.into_iter().map(|(range, _)| range).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::layout::View;
    use crate::shape::Shape;

    /// A range of each axis of a variable.
    fn part(dims: &[u64], ranges: &[Range<u64>]) -> Layout {
        let mut view = View::whole(&Shape::new(dims).unwrap());
        for (axis, range) in ranges.iter().enumerate() {
            view.slice(axis, range.start, range.end - range.start).unwrap();
        }
        let dims = view.dims();
        view.layout(&dims, &vec![0; dims.len()])
    }

    #[test]
    fn boxes_overlap_where_all_their_ranges_do() {
        let dims = [4, 6, 5];
        let ranges = |len: u64| {
            (0..len).flat_map(move |start| (start + 1..=len).map(move |end| start..end)).step_by(3)
        };
        let all: Vec<[Range<u64>; 3]> = ranges(4)
            .flat_map(|a| ranges(6).map(move |b| (a.clone(), b)))
            .flat_map(|(a, b)| ranges(5).map(move |c| [a.clone(), b.clone(), c]))
            .collect();
        for first in &all {
            for second in &all {
                let expected =
                    first.iter().zip(second).all(|(a, b)| a.start < b.end && b.start < a.end);
                let found = overlap(&part(&dims, first), &part(&dims, second), 120);
                assert_eq!(found, expected, "{first:?} {second:?}");
            }
        }
    }
}
