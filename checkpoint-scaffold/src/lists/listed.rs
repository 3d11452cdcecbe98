//! Lists of numbers that do not follow one another, and parts of variables.

use super::joined::Joined;
use super::{Child, FEW, ListField, NumberedSiblings};
use crate::content::{Content, List};

/// The maximum number of listed numbers.
const MAX_LISTED: usize = 12;

/// The minimum length of a list whose numbers double. A few such names may be widths of layers: `dense_64`, `dense_128`.
const DOUBLED: usize = 4;

impl NumberedSiblings<'_> {
    /// Returns lists of the members with the same content, if their numbers can be listed.
    pub(super) fn listed(
        &self,
        children: &[Child<'_>],
        members: &[(usize, usize)],
    ) -> Vec<ListField> {
        let mut found = Vec::new();
        let mut rest = members;
        while !rest.is_empty() && !self.needs_equal_shapes() {
            let mut joined = Joined::new(false);
            let same = rest.iter().take_while(|(number, child)| {
                children.get(*child).is_some_and(|child| joined.push(*number, child))
            });
            let (same, others) = rest.split_at(same.count());
            let numbers: Vec<usize> = same.iter().map(|(number, _)| *number).collect();
            if let Some(content) = joined.content().filter(|_| self.can_list(&numbers)) {
                found.push(self.field(self.number(1, 0), List::Numbers(numbers), content, same));
                rest = others;
            } else {
                rest = rest.get(1..).unwrap_or_default();
            }
        }
        found
    }

    /// True for the numbers of a list: resolutions, powers, and small ones with holes.
    fn can_list(&self, numbers: &[usize]) -> bool {
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return false };
        let is_dense = last - first < 2 * numbers.len();
        let doubles = || numbers.windows(2).all(|pair| pair[1] == 2 * pair[0]);
        let is_said = self.between.is_some() || is_dense || (numbers.len() >= DOUBLED && doubles());
        (FEW..=MAX_LISTED).contains(&numbers.len()) && is_said
    }

    /// Returns the axis along which a list is joined, if its elements are the parts of a variable.
    pub(super) fn parts(&self, children: &[Child<'_>], list: &ListField) -> Option<usize> {
        let is_part = self.before == "part_" && self.after.is_empty();
        let List::Range { start: 0, end: None } = list.field.list.as_ref()? else { return None };
        let Content::Leaf(leaf) = &list.field.content else { return None };
        let shapes = list.taken.iter().filter_map(|child| Some(children.get(*child)?.shape));
        let shapes: Vec<&[u64]> = shapes.collect();
        let first = *shapes.first()?;
        let differs =
            |axis: &usize| shapes.iter().any(|shape| shape.get(*axis) != first.get(*axis));
        let mut differing = (0..leaf.rank).filter(differs);
        let axis = differing.next().unwrap_or_default();
        (is_part && leaf.rank > 0 && differing.next().is_none()).then_some(axis)
    }
}
