//! The names as a tree.

use std::collections::BTreeSet;

use smallvec::SmallVec;

use crate::choice::Choice;
use checkpoint_schema::format::{Budget, OverBudget};
use checkpoint_schema::listing::catalog::Name;
use checkpoint_schema::naming::Names;

/// The maximum number of segments in a name. The last one has the rest.
const MAX_DEPTH: usize = 24;

/// The memory of a place in the tree and of its results: its content, a field, a line of text.
const PLACE: u64 = 1000;

/// The memory of a prefix of another name.
const OTHER: u64 = 64;

/// The memory of each byte of a name.
const BYTE: u64 = 8;

/// The names with a common prefix of segments.
#[derive(Debug, Default)]
pub(super) struct Tree<'n> {
    /// The number of the variable that ends here.
    pub(super) variable: Option<usize>,
    /// The children by their segment, in the order of segments.
    pub(super) children: Vec<(&'n str, Self)>,
    /// The next segments of names that no field takes: further names of variables, and names of ignored ones. A list without an
    /// end would take them, too.
    pub(super) others: BTreeSet<&'n str>,
}

impl<'n> Tree<'n> {
    /// Creates the tree of the taken variables, and charges its places to the budget.
    pub(super) fn of(choice: &Choice<'n>, budget: &Budget) -> Result<Self, OverBudget> {
        let separator = choice.separator;
        let mut taken = choice.taken.clone();
        taken.sort_by(|(one, _), (other, _)| {
            segments(one, separator).cmp(&segments(other, separator))
        });
        let mut root = Self::default();
        for (name, number) in taken {
            let mut node = &mut root;
            for segment in segments(name, separator) {
                node = node.last_child(segment, budget)?;
            }
            node.variable = Some(number);
        }
        Ok(root)
    }

    /// Adds the prefixes of other names of variables.
    pub(super) fn with_others(
        mut self,
        names: &'n Names<'_>,
        separator: char,
        budget: &Budget,
    ) -> Result<Self, OverBudget> {
        let numbers = 0..names.catalog().variables().len();
        for name in numbers.flat_map(|number| names.of(number)).filter_map(Name::as_str) {
            let mut node = &mut self;
            for segment in segments(name, separator) {
                let child = node.children.binary_search_by(|(other, _)| (*other).cmp(segment));
                let Ok(number) = child else {
                    budget.charge("the fields of structs", OTHER)?;
                    node.others.insert(segment);
                    break;
                };
                node = &mut node.children[number].1;
            }
        }
        Ok(self)
    }

    /// Returns the child of this name. No existing child may come after it.
    fn last_child(&mut self, name: &'n str, budget: &Budget) -> Result<&mut Self, OverBudget> {
        if self.children.last().is_none_or(|(last, _)| *last != name) {
            let bytes = u64::try_from(name.len()).unwrap_or(u64::MAX).saturating_mul(BYTE);
            budget.charge("the fields of structs", PLACE.saturating_add(bytes))?;
            self.children.push((name, Self::default()));
        }
        let last = self.children.len().saturating_sub(1);
        Ok(&mut self.children[last].1)
    }

    /// Returns the child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        let number = self.children.binary_search_by(|(other, _)| (*other).cmp(name)).ok()?;
        self.children.get(number).map(|(_, child)| child)
    }

    /// Splits off the common prefix of all names. Returns the rest and the prefix.
    pub(super) fn without_prefix(mut self) -> (Self, Vec<String>) {
        let mut prefix = Vec::new();
        while self.variable.is_none()
            && let Some((segment, child)) = self.only_child()
        {
            prefix.push(segment.to_owned());
            self = child;
        }
        (self, prefix)
    }

    /// Takes the child, if it is the only one and has children of its own.
    fn only_child(&mut self) -> Option<(&'n str, Self)> {
        let [(_, only)] = &self.children[..] else { return None };
        if only.children.is_empty() { None } else { self.children.pop() }
    }

    /// True if it is a variable without children.
    pub(super) fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }
}

/// Splits a name into segments. An empty segment is joined to the one before it, or else to the one after it, because a path with
/// a leading `/` starts at the root.
fn segments(name: &str, separator: char) -> SmallVec<[&str; MAX_DEPTH]> {
    let mut segments: SmallVec<[&str; MAX_DEPTH]> = SmallVec::new();
    let (mut start, mut end) = (0, None);
    for piece in name.splitn(MAX_DEPTH, separator) {
        let piece_end = match end {
            None => piece.len(),
            Some(end) => {
                let before = name.get(start..end).unwrap_or_default();
                let joins = piece.is_empty()
                    || piece.starts_with(separator)
                    || before.chars().all(|letter| letter == separator);
                if !joins {
                    segments.push(before);
                    start = end + separator.len_utf8();
                }
                end + separator.len_utf8() + piece.len()
            }
        };
        end = Some(piece_end);
    }
    segments.push(name.get(start..).unwrap_or_default());
    segments
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn no_segment_begins_with_the_separator_but_the_first() {
        let check = |name: &str, expected: &[&str]| assert_eq!(segments(name, '/')[..], *expected);
        check("a/b", &["a", "b"]);
        check("a//b", &["a/", "b"]);
        check("a/", &["a/"]);
        check("/a/b", &["/a", "b"]);
        check("//a", &["//a"]);
        check("/", &["/"]);
        check("a///b//", &["a//", "b//"]);
    }
}
