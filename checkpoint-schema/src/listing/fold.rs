//! Folds places that differ only in their indices into one: `blocks[0..12]`.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::Hash;

/// The values of an index, in order: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexValues(Box<[usize]>);

impl From<usize> for IndexValues {
    fn from(value: usize) -> Self {
        Self(Box::from([value]))
    }
}

impl IndexValues {
    /// The value, if there is only one.
    pub(crate) fn single(&self) -> Option<usize> {
        self.0.first().copied().filter(|_| self.0.len() == 1)
    }

    /// The number of values.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Iterates over the values, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }

    /// The values as ranges that do not touch.
    pub(crate) fn ranges(&self) -> Vec<(usize, usize)> {
        let mut rest = self.iter().peekable();
        let mut ranges = Vec::new();
        while let Some(first) = rest.next() {
            let mut end = first.saturating_add(1);
            while rest.next_if_eq(&end).is_some() {
                end = end.saturating_add(1);
            }
            ranges.push((first, end));
        }
        ranges
    }
}

/// Prints `3`, `0..12`, or `1,3,7..9`.
impl fmt::Display for IndexValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for (first, end) in self.ranges() {
            f.write_str(comma)?;
            comma = ",";
            if end == first.saturating_add(1) {
                write!(f, "{first}")?;
            } else {
                write!(f, "{first}..{end}")?;
            }
        }
        Ok(())
    }
}

/// All combinations of values. The last varies fastest.
pub(crate) fn combinations(axes: &[IndexValues]) -> Vec<Vec<usize>> {
    let with = |tuples: Vec<Vec<usize>>, values: &IndexValues| {
        let longer = |start: &Vec<usize>| {
            let start = start.clone();
            values.iter().map(move |value| [start.as_slice(), &[value]].concat())
        };
        tuples.iter().flat_map(longer).collect()
    };
    axes.iter().fold(vec![Vec::new()], with)
}

/// Groups items that are equal except for their indices, in the order of their first occurrence. Each item is repeated for each box
/// of its indices.
pub(crate) fn fold<K: Clone + Eq + Hash, T: Borrow<[usize]> + Ord>(
    items: impl IntoIterator<Item = (K, T)>,
) -> Vec<(K, Vec<IndexValues>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    let mut known: HashMap<K, usize> = HashMap::new();
    let mut last = 0;
    for (key, indices) in items {
        // The fields of list elements repeat in the same order.
        let is_it = |group: &usize| groups.get(*group).is_some_and(|(known, _)| *known == key);
        let again = [last + 1, last].into_iter().find(is_it);
        last = again.unwrap_or_else(|| {
            *known.entry(key).or_insert_with_key(|key| {
                groups.push((key.clone(), Vec::new()));
                groups.len() - 1
            })
        });
        groups[last].1.push(indices);
    }
    let folded = groups
        .into_iter()
        .flat_map(|(key, tuples)| boxes(tuples).into_iter().map(move |axes| (key.clone(), axes)));
    folded.collect()
}

/// Groups tuples of indices into boxes. All tuples have the same length.
///
/// A box is a set of values for each position, and contains all combinations of them. The number of boxes is small, but not
/// always minimal.
pub(crate) fn boxes<T: Borrow<[usize]> + Ord>(mut tuples: Vec<T>) -> Vec<Vec<IndexValues>> {
    tuples.sort();
    tuples.dedup();
    let Some(rank) = tuples.first().map(|tuple| tuple.borrow().len()) else {
        return Vec::new();
    };
    let axes: Vec<IndexValues> = (0..rank)
        .map(|axis| {
            let values = tuples.iter().filter_map(|tuple| tuple.borrow().get(axis).copied());
            let mut values: Vec<usize> = values.collect();
            values.sort_unstable();
            values.dedup();
            IndexValues(values.into_boxed_slice())
        })
        .collect();
    let combinations =
        axes.iter().fold(1, |product: usize, values| product.saturating_mul(values.0.len()));
    if combinations == tuples.len() {
        return vec![axes];
    }
    by_first(tuples.iter().map(Borrow::borrow))
}

/// The boxes of sorted tuples grouped by their first values: first values with the same tails share their boxes.
fn by_first<'t>(tuples: impl Iterator<Item = &'t [usize]>) -> Vec<Vec<IndexValues>> {
    let mut tails_of: BTreeMap<usize, Vec<&[usize]>> = BTreeMap::new();
    for (first, tail) in tuples.filter_map(<[usize]>::split_first) {
        tails_of.entry(*first).or_default().push(tail);
    }
    let mut firsts_of: HashMap<Vec<&[usize]>, Vec<usize>> = HashMap::new();
    for (first, tails) in tails_of {
        firsts_of.entry(tails).or_default().push(first);
    }
    let mut groups: Vec<_> = firsts_of.into_iter().map(|(tails, values)| (values, tails)).collect();
    groups.sort();
    let boxes = groups.into_iter().flat_map(|(values, tails)| {
        let values = IndexValues(values.into_boxed_slice());
        let with_first = move |tail| std::iter::once(values.clone()).chain(tail).collect();
        boxes(tails).into_iter().map(with_first)
    });
    boxes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const N: usize>(tuples: &[[usize; N]], expected: &[&str]) {
        let shown: Vec<String> = boxes(tuples.to_vec())
            .iter()
            .map(|axes| axes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn neighbours_are_a_range_and_others_a_list() {
        check(&[[0], [1], [2], [3]], &["0..4"]);
        check(&[[1], [3], [7], [8]], &["1,3,7..9"]);
        check(&[[5]], &["5"]);
        check(&[[2], [0], [1], [0]], &["0..3"]);
        check::<0>(&[[]], &[""]);
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
