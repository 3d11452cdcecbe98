//! Combines places that differ only in their indices, as in `blocks[0..12]`.

use crate::each::each;
use crate::fit::stack::{Span, Stack};
use crate::fit::text::same_lens;

/// Groups tuples of indices into boxes. A box is a set of values for each index; it contains all their combinations.
///
/// `tuples` contains `rank` values for each tuple. The values of boxes are added to `values`. `boxes` gets one range of these for
/// each index of each box. The number of boxes is not always minimal.
pub(crate) const fn boxes<'m>(
    tuples: &mut [u64],
    rank: usize,
    values: &mut Stack<'m, u64>,
    boxes: &mut Stack<'m, Span>,
    prefix: &mut [Span],
) {
    let count = sort_tuples(tuples, rank);
    let all = tuples.split_at(count * rank).0;
    let mut folding = Folding { rank, values, boxes, prefix };
    if rank > 0 && count > 0 {
        folding.fold(all, 0);
    }
}

struct Folding<'f, 'm> {
    rank: usize,
    values: &'f mut Stack<'m, u64>,
    boxes: &'f mut Stack<'m, Span>,
    /// The values of the earlier indices.
    prefix: &'f mut [Span],
}

impl Folding<'_, '_> {
    /// Adds the boxes of tuples that agree in all indices before this one.
    const fn fold(&mut self, tuples: &[u64], axis: usize) {
        let (count, start, mut product, mut at) =
            (tuples.len() / self.rank, self.values.len(), 1_usize, axis);
        while at < self.rank {
            self.prefix[at] = self.distinct(tuples, at);
            product = product.saturating_mul(self.prefix[at].len);
            at += 1;
        }
        if product == count {
            each!(0..self.rank, |at| {
                let _ = self.boxes.push(self.prefix[at]);
            });
            return;
        }
        self.values.truncate(start);
        let (mut rest, mut done) = (tuples, 0);
        while !rest.is_empty() {
            let (group, after) = self.group(rest, axis);
            if !self.is_repeated(tuples.split_at(done).0, group, axis) {
                self.prefix[axis] = self.with_same_tails(group, after, axis);
                self.fold_tails(group, axis);
            }
            done += group.len();
            rest = after;
        }
    }

    /// Folds the tuples of a group. Their values of this index are known.
    const fn fold_tails(&mut self, group: &[u64], axis: usize) {
        if axis + 1 < self.rank {
            let own = self.prefix[axis];
            self.fold(group, axis + 1);
            self.prefix[axis] = own;
        }
    }

    /// Splits off the leading tuples with the same value of an index. Returns them and the rest.
    const fn group<'t>(&self, tuples: &'t [u64], axis: usize) -> (&'t [u64], &'t [u64]) {
        let mut end = self.rank;
        while end < tuples.len() && tuples[end + axis] == tuples[axis] {
            end += self.rank;
        }
        tuples.split_at(end)
    }

    /// The values of an index in groups with the same later indices: in this group and in those after it.
    const fn with_same_tails(&mut self, group: &[u64], after: &[u64], axis: usize) -> Span {
        let start = self.values.len();
        let _ = self.values.push(group[axis]);
        let mut rest = after;
        while !rest.is_empty() {
            let (other, after) = self.group(rest, axis);
            if self.same_tails(group, other, axis) {
                let _ = self.values.push(other[axis]);
            }
            rest = after;
        }
        self.values.since(start)
    }

    /// True if an earlier group has the same later indices.
    const fn is_repeated(&self, before: &[u64], group: &[u64], axis: usize) -> bool {
        let mut rest = before;
        while !rest.is_empty() {
            let (other, after) = self.group(rest, axis);
            if self.same_tails(group, other, axis) {
                return true;
            }
            rest = after;
        }
        false
    }

    const fn same_tails(&self, one: &[u64], other: &[u64], axis: usize) -> bool {
        let mut at = 0;
        while at < one.len() && at < other.len() {
            let (own, _) = one.split_at(at).1.split_at(self.rank);
            let (its, _) = other.split_at(at).1.split_at(self.rank);
            if !same_lens(own.split_at(axis + 1).1, its.split_at(axis + 1).1) {
                return false;
            }
            at += self.rank;
        }
        one.len() == other.len()
    }

    /// The distinct values of an index in tuples, in order.
    const fn distinct(&mut self, tuples: &[u64], axis: usize) -> Span {
        let (start, mut at) = (self.values.len(), axis);
        while at < tuples.len() {
            insert(self.values, start, tuples[at]);
            at += self.rank;
        }
        self.values.since(start)
    }
}

/// Inserts a value into the sorted values from `start` on, unless it is present.
const fn insert(values: &mut Stack<'_, u64>, start: usize, value: u64) {
    let mut at = values.len();
    while at > start && values.get(at - 1) > value {
        at -= 1;
    }
    if at > start && values.get(at - 1) == value {
        return;
    }
    let _ = values.push(value);
    let mut last = values.len() - 1;
    while last > at {
        *values.at(last) = values.get(last - 1);
        last -= 1;
    }
    *values.at(at) = value;
}

/// Sorts tuples and removes duplicates. Returns the number of tuples.
pub(crate) const fn sort_tuples(tuples: &mut [u64], rank: usize) -> usize {
    // Full memory may have only the start of a tuple.
    if rank == 0 || tuples.len() < rank {
        return 0;
    }
    let count = tuples.len() / rank;
    // A heap, whose largest tuple is the first. Then the largest one moves behind the others, again and again.
    let mut first = count / 2;
    while first > 0 {
        first -= 1;
        sift(tuples, first, count, rank);
    }
    let mut end = count;
    while end > 1 {
        end -= 1;
        swap(tuples, 0, end, rank);
        sift(tuples, 0, end, rank);
    }
    let mut kept = 1;
    each!(1..count, |next| {
        if compare(tuples, kept - 1, next, rank) != 0 {
            swap(tuples, kept, next, rank);
            kept += 1;
        }
    });
    kept
}

/// Moves a tuple of a heap down until no child is larger.
const fn sift(tuples: &mut [u64], first: usize, end: usize, rank: usize) {
    let mut at = first;
    loop {
        let mut child = 2 * at + 1;
        if child >= end {
            return;
        }
        if child + 1 < end && compare(tuples, child, child + 1, rank) < 0 {
            child += 1;
        }
        if compare(tuples, at, child, rank) >= 0 {
            return;
        }
        swap(tuples, at, child, rank);
        at = child;
    }
}

/// Compares two tuples: below 0, 0 or above 0.
const fn compare(tuples: &[u64], one: usize, other: usize, rank: usize) -> i8 {
    each!(0..rank, |at| {
        let (one, other) = (tuples[one * rank + at], tuples[other * rank + at]);
        if one != other {
            return if one < other { -1 } else { 1 };
        }
    });
    0
}

const fn swap(tuples: &mut [u64], one: usize, other: usize, rank: usize) {
    let mut at = 0;
    while at < rank && one != other {
        tuples.swap(one * rank + at, other * rank + at);
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::names::write_values;
    use crate::fit::text::Text;

    fn check<const N: usize>(tuples: &[[u64; N]], expected: &[&str]) {
        let mut flat = tuples.concat();
        let (mut values, mut ranges, mut prefix) = ([0; 100], [Span::EMPTY; 100], [Span::EMPTY; 4]);
        let (mut values, mut ranges) = (Stack::over(&mut values), Stack::over(&mut ranges));
        boxes(&mut flat, N, &mut values, &mut ranges, &mut prefix);
        let shown = |axis: &Span| {
            let mut bytes = [0; 50];
            let mut text = Text::over(&mut bytes);
            write_values(values.part(*axis), 0, &mut text);
            String::from_utf8(text.bytes().to_vec()).unwrap()
        };
        let shown: Vec<String> = ranges
            .all()
            .chunks(N)
            .map(|axes| axes.iter().map(shown).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn neighbours_are_a_range_and_others_a_list() {
        check(&[[0], [1], [2], [3]], &["0..4"]);
        check(&[[8], [1], [3], [7], [3]], &["1,3,7..9"]);
        check(&[[5]], &["5"]);
        check::<1>(&[], &[]);
    }

    #[test]
    fn all_combinations_are_one_box_and_others_several() {
        check(&[[0, 0], [0, 1], [1, 0], [1, 1]], &["0..2 0..2"]);
        check(&[[0, 0], [0, 1], [1, 0], [1, 1], [2, 0]], &["0..2 0..2", "2 0"]);
        check(&[[0, 5], [1, 6]], &["0 5", "1 6"]);
        check(&[[0, 5], [1, 6], [2, 5], [3, 7], [4, 6]], &["0,2 5", "1,4 6", "3 7"]);
    }
}
