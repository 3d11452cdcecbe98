//! The places of each struct in the checkpoint.

use std::collections::HashMap;

use crate::numbers::{Counted, Segment};
use crate::structs::{Field, Holds, Structs};
use crate::tree::Tree;

/// All places of structs in the checkpoint, the outer ones first. The first is the root.
#[derive(Debug)]
pub(super) struct Places<'t> {
    /// All places.
    pub(super) all: Vec<Occurrence<'t>>,
    /// The indices of the places of each struct.
    of_structs: Vec<Vec<usize>>,
    /// The indices of the places in a field, by struct and field.
    of_fields: HashMap<(usize, usize), Vec<usize>>,
}

/// A place: one value of a struct.
#[derive(Debug)]
pub(super) struct Occurrence<'t> {
    /// The number of the struct.
    pub(super) is: usize,
    /// The index of the outer place, and the element of it.
    pub(super) outer: Option<(usize, Element)>,
    /// The elements of each field, with their indices.
    pub(super) fields: Vec<Vec<(usize, &'t Tree<'t>)>>,
}

/// A field, with the index of one of its elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) field: usize,
    pub(super) index: usize,
}

impl<'t> Places<'t> {
    pub(super) fn of(structs: &Structs, tree: &'t Tree<'t>) -> Self {
        let mut all: Vec<Occurrence<'t>> = Vec::new();
        let mut due = vec![(structs.root(), None, tree)];
        let mut of_structs = vec![Vec::new(); structs.len()];
        let mut of_fields: HashMap<_, Vec<usize>> = HashMap::new();
        let mut next = 0;
        while let Some(&(is, outer, at)) = due.get(next) {
            let around = |level| index_around(structs, &all, outer, level);
            let fields: Vec<_> =
                structs.get(is).fields.iter().map(|field| elements(field, at, around)).collect();
            for (number, (field, elements)) in
                structs.get(is).fields.iter().zip(&fields).enumerate()
            {
                let Holds::Struct(within) = field.holds else { continue };
                for &(index, tree) in elements {
                    of_fields.entry((is, number)).or_default().push(due.len());
                    due.push((within, Some((next, Element { field: number, index })), tree));
                }
            }
            all.push(Occurrence { is, outer, fields });
            if let Some(numbers) = of_structs.get_mut(is) {
                numbers.push(next);
            }
            next += 1;
        }
        Self { all, of_structs, of_fields }
    }

    /// Returns the places in a field of a struct.
    pub(super) fn of_field(
        &self,
        number: usize,
        field: usize,
    ) -> impl Iterator<Item = (usize, &Occurrence<'t>)> {
        let numbers = self.of_fields.get(&(number, field)).into_iter().flatten();
        numbers.filter_map(|&number| Some((number, self.all.get(number)?)))
    }

    /// Returns the places of a struct.
    pub(super) fn of_struct(
        &self,
        number: usize,
    ) -> impl Iterator<Item = (usize, &Occurrence<'t>)> {
        let numbers = self.of_structs.get(number).into_iter().flatten();
        numbers.filter_map(|&number| Some((number, self.all.get(number)?)))
    }
}

/// Returns the index of the list of this level that is around a place.
fn index_around(
    structs: &Structs,
    all: &[Occurrence<'_>],
    mut outer: Option<(usize, Element)>,
    level: usize,
) -> Option<usize> {
    loop {
        let (place, Element { field, index }) = outer?;
        let place = all.get(place)?;
        let field = structs.get(place.is).fields.get(field)?;
        if field.list.is_some() && structs.depth_of(field) == level {
            return Some(index);
        }
        outer = place.outer;
    }
}

/// Returns the elements of a field at a place, given the indices of the lists around.
fn elements<'t>(
    field: &Field,
    at: &'t Tree<'t>,
    around: impl Fn(usize) -> Option<usize>,
) -> Vec<(usize, &'t Tree<'t>)> {
    let descend = |index| descend(at, &field.path, index, &around);
    let Some(list) = &field.list else {
        return descend(0).map(|tree| (0, tree)).into_iter().collect();
    };
    list.indices().map_while(|index| Some((index, descend(index)?))).collect()
}

/// Returns the tree at a path. A place itself is the tree of its own variable.
fn descend<'t>(
    tree: &'t Tree<'t>,
    path: &[Segment],
    index: usize,
    around: &impl Fn(usize) -> Option<usize>,
) -> Option<&'t Tree<'t>> {
    path.iter().try_fold(tree, |tree, segment| {
        let index = match segment.number.map(|number| number.counted) {
            Some(Counted::Level(level)) => around(level)?,
            _ => index,
        };
        tree.child(&segment.at(index))
    })
}
