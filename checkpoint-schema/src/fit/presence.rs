//! Checks which variables of a description exist: any of them, or all required ones.

use crate::fit::memory::State;
use crate::fit::outline::Item;
use crate::model::description::{Absent, Indices, Node};

impl State<'_, '_> {
    /// True if any variable of an item's node exists, at the indices of the walk.
    pub(crate) const fn is_present(&mut self, item: usize, node: &Node) -> bool {
        match node {
            Node::Tensor(_) | Node::Split(_) | Node::Constant(_) => self.any_piece_is_present(item),
            Node::Dim(_) => false,
            Node::Optional(inner) => self.is_present(item, inner),
            Node::Struct(_) => self.any_field_is_present(item),
            Node::List(list) => match self.item(item).field.indices {
                Indices::Range => {
                    let start = self.list_start(item);
                    self.element_is_present(item, &list.element, start)
                }
                Indices::Listed(values) => self.any_listed_is_present(item, &list.element, values),
                Indices::Any => self.any_element_is_there(item, &list.element),
            },
        }
    }

    const fn any_field_is_present(&mut self, item: usize) -> bool {
        let Item { end, .. } = *self.item(item);
        let mut at = item + 1;
        while at < end {
            let inner = &self.input.outline.items[at];
            if self.is_present(at, &inner.field.node) {
                return true;
            }
            at = inner.end;
        }
        false
    }

    /// The first index of a list.
    pub(crate) const fn list_start(&self, item: usize) -> usize {
        match self.item(item).field.repeat {
            Some(repeat) => repeat.start,
            None => 0,
        }
    }

    /// True if any variable of an element exists.
    pub(crate) const fn element_is_present(
        &mut self,
        item: usize,
        element: &Node,
        index: usize,
    ) -> bool {
        self.indices[self.depth] = index;
        self.depth += 1;
        let present = self.is_present(item, element);
        self.depth -= 1;
        present
    }

    /// True if any variable of an item's array exists.
    const fn any_piece_is_present(&mut self, item: usize) -> bool {
        let own = &self.input.outline.items[item];
        if own.is_plain {
            return self.lookup(item).is_some();
        }
        if let Some((_, repeat)) = own.field.stack() {
            return self.piece_is_present(item, repeat.start);
        }
        if self.is_named(item) {
            return true;
        }
        // The variables of all paths are joined.
        let mut at = own.end;
        while own.field.joins_paths() && at < own.next {
            if self.is_named(at) {
                return true;
            }
            at = self.item(at).end;
        }
        false
    }

    /// True if the variable at an index of a `stack` exists.
    pub(crate) const fn piece_is_present(&mut self, item: usize, index: usize) -> bool {
        self.indices[self.depth] = index;
        self.depth += 1;
        let present = self.is_named(item);
        self.depth -= 1;
        present
    }

    /// True if no required variable of an element is missing.
    pub(crate) const fn element_is_whole(
        &mut self,
        item: usize,
        element: &Node,
        index: usize,
    ) -> bool {
        self.indices[self.depth] = index;
        self.depth += 1;
        let whole = self.is_whole(item, element);
        self.depth -= 1;
        whole
    }

    /// True if no required variable of a node is missing.
    const fn is_whole(&mut self, item: usize, node: &Node) -> bool {
        match node {
            Node::Tensor(_) | Node::Split(_) | Node::List(_) => self.is_present(item, node),
            Node::Dim(_) | Node::Constant(_) | Node::Optional(_) => true,
            Node::Struct(_) => self.every_field_is_whole(item),
        }
    }

    const fn every_field_is_whole(&mut self, item: usize) -> bool {
        let Item { end, .. } = *self.item(item);
        let mut at = item + 1;
        while at < end {
            let Item { field, next, .. } = *self.item(at);
            let mut whole = !matches!(field.absent, Absent::Problem) || field.paths.is_empty();
            while at < next {
                whole = whole || self.is_whole(at, &field.node);
                at = self.item(at).end;
            }
            if !whole {
                return false;
            }
        }
        true
    }

    /// The index after the last element that exists, with no missing element before it.
    pub(crate) const fn count(&mut self, item: usize, element: &Node, start: usize) -> usize {
        // More elements than variables: the path does not use the index, so the loop would not end.
        let most = start.saturating_add(self.input.manifest.variables);
        let mut index = start;
        while index < most && self.element_is_present(item, element, index) {
            index += 1;
        }
        index
    }

    /// The end of the existing elements, if symbols say that it is `end`. Elements beyond `end`, and the last ones of a shorter
    /// list, count only if they are complete. Other fields may continue with the same numbers.
    pub(crate) const fn whole(
        &mut self,
        item: usize,
        element: &Node,
        start: usize,
        counted: usize,
        end: usize,
    ) -> usize {
        let mut index = if end > start { end } else { start };
        while index < counted {
            if !self.element_is_whole(item, element, index) {
                return index;
            }
            index += 1;
        }
        let mut index = counted;
        while counted < end && index > start {
            if self.element_is_whole(item, element, index - 1) {
                return index;
            }
            index -= 1;
        }
        counted
    }
}

/// The innermost node of a field; for a list, the node of an element.
pub(crate) const fn element(node: &Node) -> &Node {
    match node {
        Node::Optional(inner) => element(inner),
        Node::List(list) => &list.element,
        Node::Tensor(_) | Node::Struct(_) | Node::Split(_) | Node::Dim(_) | Node::Constant(_) => {
            node
        }
    }
}
