//! Where each struct is in the checkpoint.

use std::collections::HashMap;

use crate::numbers::{Counted, Segment};
use crate::structs::{Field, Holds, Structs};
use crate::tree::Tree;

/// All values of structs that the checkpoint has, the outer ones first; the first is the root.
#[derive(Debug)]
pub(super) struct Places<'t> {
    /// All of them.
    pub(super) all: Vec<Place<'t>>,
    /// Of each struct, their numbers.
    of_structs: Vec<Vec<usize>>,
    /// Of each struct and field of it, the numbers of the places that the field holds.
    of_fields: HashMap<(usize, usize), Vec<usize>>,
}

/// A value of a struct.
#[derive(Debug)]
pub(super) struct Place<'t> {
    /// The struct.
    pub(super) is: usize,
    /// The place around it, and where it is there.
    pub(super) outer: Option<(usize, Element)>,
    /// Of each field, what it has, by the index.
    pub(super) fields: Vec<Vec<(usize, &'t Tree<'t>)>>,
}

/// A field, with the index of an element of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) field: usize,
    pub(super) index: usize,
}

impl<'t> Places<'t> {
    pub(super) fn of(structs: &Structs, tree: &'t Tree<'t>) -> Self {
        let mut all: Vec<Place<'t>> = Vec::new();
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
            all.push(Place { is, outer, fields });
            if let Some(numbers) = of_structs.get_mut(is) {
                numbers.push(next);
            }
            next += 1;
        }
        Self { all, of_structs, of_fields }
    }

    /// Those that a field of a struct holds.
    pub(super) fn of_field(
        &self,
        number: usize,
        field: usize,
    ) -> impl Iterator<Item = (usize, &Place<'t>)> {
        let numbers = self.of_fields.get(&(number, field)).into_iter().flatten();
        numbers.filter_map(|&number| Some((number, self.all.get(number)?)))
    }

    /// Those of a struct.
    pub(super) fn of_struct(&self, number: usize) -> impl Iterator<Item = (usize, &Place<'t>)> {
        let numbers = self.of_structs.get(number).into_iter().flatten();
        numbers.filter_map(|&number| Some((number, self.all.get(number)?)))
    }
}

/// The index of the list of a level, in whose elements a place is.
fn index_around(
    structs: &Structs,
    all: &[Place<'_>],
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

/// What a field has at a place, where the lists around have these indices.
fn elements<'t>(
    field: &Field,
    at: &'t Tree<'t>,
    around: impl Fn(usize) -> Option<usize>,
) -> Vec<(usize, &'t Tree<'t>)> {
    let descend = |index| descend(at, &field.path, index, &around);
    let Some(list) = field.list else {
        return descend(0).map(|tree| (0, tree)).into_iter().collect();
    };
    let indices = list.start..list.end.unwrap_or(usize::MAX);
    indices.map_while(|index| Some((index, descend(index)?))).collect()
}

/// What is at a path. The own variable of a place is there as the place itself.
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
