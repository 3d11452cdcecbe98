//! What of a description is there: whether a checkpoint has any of it, or all.

use std::cmp::Ordering;
use std::ops::Range;

use crate::description::{Absent, Field, Node};
use crate::plan::names::Found;
use crate::plan::route::RouteId;
use crate::plan::walk::Walk;

impl Walk<'_> {
    /// The index after the last element that is there, with none absent before it.
    pub(super) fn count(&mut self, route: RouteId, element: &'static Node, start: usize) -> usize {
        // More elements than variables: the path does not use the index, and would be there for ever.
        let most = start.saturating_add(self.catalog.variables().len());
        (start..most).find(|&index| !self.element_is_present(route, element, index)).unwrap_or(most)
    }

    pub(super) fn element_is_present(
        &mut self,
        route: RouteId,
        element: &'static Node,
        index: usize,
    ) -> bool {
        self.indices.push(index);
        let present = self.is_present(route, element);
        self.indices.pop();
        present
    }

    /// Whether any variable of a node is there.
    pub(super) fn is_present(&mut self, route: RouteId, node: &'static Node) -> bool {
        match node {
            Node::Tensor(_) | Node::Split(_) => self.any_piece_is_present(route),
            Node::Dim(_) => false,
            Node::Optional(inner) => self.is_present(route, inner),
            Node::Struct(owner) => owner.fields.iter().enumerate().any(|(number, field)| {
                (0..field.paths.len()).any(|path| {
                    let route = self.routes.add(Some(route), owner, number, path);
                    self.is_present(route, &field.node)
                })
            }),
            Node::List(list) => {
                let start = self.routes.get(route).field.repeat.map_or(0, |repeat| repeat.start);
                self.element_is_present(route, &list.element, start)
            }
        }
    }

    fn any_piece_is_present(&mut self, route: RouteId) -> bool {
        let field = self.routes.get(route).field;
        if let Some((_, repeat)) = field.stack() {
            return self.piece_is_present(route, repeat.start);
        }
        let paths = if field.joins_paths() { field.paths.len() } else { 1 };
        self.is_found(route)
            || (1..paths).any(|path| {
                let route = self.routes.by_path(route, path);
                self.is_found(route)
            })
    }

    /// Whether anything has the name of a route at this moment.
    fn is_found(&mut self, route: RouteId) -> bool {
        self.found(route) != Found::Nothing
    }

    pub(super) fn piece_is_present(&mut self, route: RouteId, index: usize) -> bool {
        self.indices.push(index);
        let present = self.is_found(route);
        self.indices.pop();
        present
    }

    /// The end of the elements that are there, where symbols say that it is `end`: of what is there beyond that, or before
    /// all of that, only elements of which nothing is absent count. Other fields may go on with the same numbers.
    pub(super) fn whole(
        &mut self,
        route: RouteId,
        element: &'static Node,
        counted: Range<usize>,
        end: usize,
    ) -> usize {
        let Range { start, end: last } = counted;
        let mut is_whole = |index: usize| {
            self.indices.push(index);
            let whole = self.is_whole(route, element);
            self.indices.pop();
            whole
        };
        match last.cmp(&end) {
            Ordering::Greater => {
                (end.max(start)..last).find(|&index| !is_whole(index)).unwrap_or(last)
            }
            Ordering::Less => {
                let whole = (start..last).rev().find(|&index| is_whole(index));
                whole.map_or(last, |index| index + 1)
            }
            Ordering::Equal => last,
        }
    }

    /// Whether nothing that must be there of an element of a list is absent.
    pub(super) fn element_is_whole(
        &mut self,
        list: RouteId,
        around: &[usize],
        index: usize,
    ) -> bool {
        let indices = [around, &[index]].concat();
        let outer = std::mem::replace(&mut self.indices, indices);
        let node = element(&self.routes.get(list).field.node);
        let whole = self.is_whole(list, node);
        self.indices = outer;
        whole
    }

    /// Whether nothing that must be there of a node is absent.
    fn is_whole(&mut self, route: RouteId, node: &'static Node) -> bool {
        match node {
            Node::Tensor(_) | Node::Split(_) | Node::List(_) => self.is_present(route, node),
            Node::Dim(_) | Node::Optional(_) => true,
            Node::Struct(owner) => (0..owner.fields.len()).all(|number| {
                let field: &'static Field = &owner.fields[number];
                field.absent != Absent::Problem
                    || field.paths.is_empty()
                    || (0..field.paths.len()).any(|path| {
                        let route = self.routes.add(Some(route), owner, number, path);
                        self.is_whole(route, &field.node)
                    })
            }),
        }
    }
}

/// What an element of a list takes.
fn element(node: &'static Node) -> &'static Node {
    match node {
        Node::Optional(inner) => element(inner),
        Node::List(list) => &list.element,
        Node::Tensor(_) | Node::Struct(_) | Node::Split(_) | Node::Dim(_) => node,
    }
}
