//! Equal places as one struct.

use std::collections::{HashMap, HashSet};

use crate::content::{Content, Field as Within, Group, Leaf, List};
use crate::numbers::{Segment, index_name};
use crate::tree::Tree;
use checkpoint_schema::listing::catalog::Catalog;

/// All structs, those within others before them; the last is the root.
#[derive(Debug)]
pub(super) struct Structs(Vec<Struct>);

/// What places with the same names, dtypes and ranks are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Struct {
    pub(super) fields: Vec<Field>,
    /// How many lists are within one another in it.
    pub(super) depth: usize,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Field {
    /// Its path; nothing for the variable that is called as the struct itself.
    pub(super) path: Vec<Segment>,
    /// If it is one for each value of the index.
    pub(super) list: Option<List>,
    pub(super) optional: bool,
    pub(super) holds: Holds,
}

/// What a field holds, or each of its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Holds {
    Variable(Leaf),
    /// The struct of this number.
    Struct(usize),
}

impl Structs {
    pub(super) fn of(tree: &Tree<'_>, catalog: &Catalog) -> Self {
        let mut known = HashMap::new();
        let mut structs = Self(Vec::new());
        if let Content::Group(mut group) = Content::of(tree, catalog) {
            group.fields.iter_mut().for_each(Within::collapse);
            group.count_by_levels(&mut Vec::new());
            let root = structs.holds(&group, &mut known);
            // A place within the root may be like it.
            if root + 1 < structs.0.len()
                && let Some(copy) = structs.0.get(root).cloned()
            {
                structs.0.push(copy);
            }
        }
        structs
    }

    /// The struct for a group, which may be known.
    fn holds(&mut self, group: &Group, known: &mut HashMap<Struct, usize>) -> usize {
        let fields: Vec<Field> = group
            .fields
            .iter()
            .map(|field| Field {
                path: field.path.clone(),
                list: field.list,
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

    /// How many lists are within one another in a field.
    pub(super) fn depth_of(&self, field: &Field) -> usize {
        let within = match field.holds {
            Holds::Variable(_) => 0,
            Holds::Struct(number) => self.get(number).depth,
        };
        within + usize::from(field.list.is_some())
    }

    /// The name of the index that a field counts.
    pub(super) fn index(&self, field: &Field) -> &'static str {
        index_name(self.depth_of(field))
    }

    /// The struct of this number.
    pub(super) fn get(&self, number: usize) -> &Struct {
        const NONE: &Struct = &Struct { fields: Vec::new(), depth: 0 };
        self.0.get(number).unwrap_or(NONE)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The number of the root.
    pub(super) fn root(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// The numbers, each after that of the first struct that uses it.
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
