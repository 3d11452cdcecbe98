//! Equal places are one struct.

use std::collections::{HashMap, HashSet};

use crate::content::{Content, Field as Within, Group, Leaf, List};
use crate::numbers::{Segment, index_name};
use crate::tree::Tree;
use checkpoint_schema::listing::catalog::Catalog;

/// All structs, nested ones first. The last is the root.
#[derive(Debug)]
pub(super) struct Structs(Vec<Struct>);

/// The struct of all places with the same names, dtypes and ranks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Struct {
    pub(super) fields: Vec<Field>,
    /// The nesting depth of lists.
    pub(super) depth: usize,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Field {
    /// Its path; empty for the variable that has the name of the struct itself.
    pub(super) path: Vec<Segment>,
    /// The indices of the list, if the field is one.
    pub(super) list: Option<List>,
    pub(super) optional: bool,
    pub(super) holds: Holds,
}

/// The type of a field, or of each of its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Holds {
    Variable(Leaf),
    /// The struct with this number.
    Struct(usize),
}

impl Field {
    /// True if the field has several elements. The parts of a variable are one.
    pub(super) fn is_list(&self) -> bool {
        !matches!(self.list, None | Some(List::Parts { .. }))
    }
}

impl Structs {
    pub(super) fn of(tree: &Tree<'_>, catalog: &Catalog) -> Self {
        let mut known = HashMap::new();
        let mut structs = Self(Vec::new());
        if let Content::Group(mut group) = Content::of(tree, catalog) {
            group.fields.iter_mut().for_each(Within::collapse);
            group.count_by_levels(&mut Vec::new());
            let root = structs.holds(&group, &mut known);
            // A place within the root may be equal to it.
            if root + 1 < structs.0.len()
                && let Some(copy) = structs.0.get(root).cloned()
            {
                structs.0.push(copy);
            }
        }
        structs
    }

    /// Returns the struct of a group, which may be known already.
    fn holds(&mut self, group: &Group, known: &mut HashMap<Struct, usize>) -> usize {
        let fields: Vec<Field> = group
            .fields
            .iter()
            .map(|field| Field {
                path: field.path.clone(),
                list: field.list.clone(),
                optional: field.optional,
                holds: match &field.content {
                    Content::Leaf(leaf) => Holds::Variable(*leaf),
                    Content::Group(group) => Holds::Struct(self.holds(group, known)),
                },
            })
            .collect();
        let depth = fields.iter().map(|field| self.depth_of(field)).max().unwrap_or_default();
        let found = Struct { fields, depth };
        *known.entry(found).or_insert_with_key(|found| {
            self.0.push(found.clone());
            self.0.len() - 1
        })
    }

    /// The nesting depth of lists in a field, including itself.
    pub(super) fn depth_of(&self, field: &Field) -> usize {
        let within = match field.holds {
            Holds::Variable(_) => 0,
            Holds::Struct(number) => self.get(number).depth,
        };
        within + usize::from(field.list.is_some())
    }

    /// Returns the name of the field's index.
    pub(super) fn index(&self, field: &Field) -> &'static str {
        index_name(self.depth_of(field))
    }

    /// Returns the struct with this number.
    pub(super) fn get(&self, number: usize) -> &Struct {
        const NONE: &Struct = &Struct { fields: Vec::new(), depth: 0 };
        self.0.get(number).unwrap_or(NONE)
    }

    /// Returns the number of structs.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the number of the root.
    pub(super) fn root(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// Returns the numbers of the structs, each after that of the first struct that uses it.
    pub(super) fn in_order(&self) -> Vec<usize> {
        let mut order = vec![self.root()];
        let mut known = HashSet::from([self.root()]);
        let mut next = 0;
        while let Some(&number) = order.get(next) {
            for field in &self.get(number).fields {
                if let Holds::Struct(within) = field.holds
                    && known.insert(within)
                {
                    order.push(within);
                }
            }
            next += 1;
        }
        order
    }
}
