//! Which variables of a description are there: whether any, or all that must be.

use crate::fit::memory::State;
use crate::fit::outline::{Item, stacked};
use crate::model::description::{Absent, Node};

impl State<'_, '_> {
    /// Whether any variable of a node of an item is there, at the indices of the walk.
    pub(crate) const fn is_present(&mut self, item: usize, node: &Node) -> bool {
        match node {
            Node::Tensor(_) | Node::Split(_) => self.any_piece_is_present(item),
            Node::Dim(_) => false,
            Node::Optional(inner) => self.is_present(item, inner),
            Node::Struct(_) => self.any_field_is_present(item),
            Node::List(list) => {
                let start = self.list_start(item);
                self.element_is_present(item, &list.element, start)
            }
        }
    }

    const fn any_field_is_present(&mut self, item: usize) -> bool {
        let Item { end, .. } = *self.item(item);
        let mut at = item + 1;
        while at < end {
            let inner = self.item(at);
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

    /// Whether any variable of an element is there.
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

    /// Whether any of the variables that an item's array is made of is there.
    const fn any_piece_is_present(&mut self, item: usize) -> bool {
        let own = self.item(item);
        if let Some(repeat) = stacked(own.field) {
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

    /// Whether the variable of an index of a `stack` is there.
    pub(crate) const fn piece_is_present(&mut self, item: usize, index: usize) -> bool {
        self.indices[self.depth] = index;
        self.depth += 1;
        let present = self.is_named(item);
        self.depth -= 1;
        present
    }

    /// Whether nothing that must be there of an element is absent.
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

    /// Whether nothing that must be there of a node is absent.
    const fn is_whole(&mut self, item: usize, node: &Node) -> bool {
        match node {
            Node::Tensor(_) | Node::Split(_) | Node::List(_) => self.is_present(item, node),
            Node::Dim(_) | Node::Optional(_) => true,
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

    /// The index after the last element that is there, with none absent before it.
    pub(crate) const fn count(&mut self, item: usize, element: &Node, start: usize) -> usize {
        // More elements than variables: the path does not use the index, and would be there for ever.
        let most = start.saturating_add(self.input.manifest.variables);
        let mut index = start;
        while index < most && self.element_is_present(item, element, index) {
            index += 1;
        }
        index
    }

    /// The end of the elements that are there, where symbols say that it is `end`: of what is there beyond that, or before
    /// all of that, only elements of which nothing is absent count. Other fields may go on with the same numbers.
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

/// The innermost node of what a field holds: that of an element, for a list.
pub(crate) const fn element(node: &Node) -> &Node {
    match node {
        Node::Optional(inner) => element(inner),
        Node::List(list) => &list.element,
        Node::Tensor(_) | Node::Struct(_) | Node::Split(_) | Node::Dim(_) => node,
    }
}
