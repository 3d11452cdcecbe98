//! Checkpoints that fit a struct.

use std::collections::BTreeMap;

use checkpoint_schema::listing::catalog::{Catalog, Name, Place as Stored, Variable};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::model::description::{
    Absent, Dim, Field, Indices, List, Node, Path, Renamed, Struct,
};
use checkpoint_schema::model::expression::Expression;
use checkpoint_schema::model::template;

use crate::chance::Chance;
use crate::structs::Written;

/// A variable of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) dtype: DType,
    pub(crate) shape: Vec<u64>,
}

impl Listed {
    /// Returns the number of its elements.
    pub(crate) fn elements(&self) -> u64 {
        self.shape.iter().product()
    }
}

/// The maximum number of variables in a checkpoint.
pub(crate) const MOST: usize = 96;

/// Returns variables that fit a struct, or `None` if there are too many.
pub(crate) fn fitting(written: &Written, chance: &mut Chance) -> Option<Vec<Listed>> {
    let mut names = Chance::new(written.seed);
    let averages = names.below(4).checked_sub(1);
    let mut walk = Walk { written, chance, names, averages, found: Vec::new() };
    walk.fields(&written.root, &Place::default());
    let mut found = walk.found;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup_by(|a, b| a.name == b.name);
    (found.len() <= MOST).then_some(found)
}

/// Returns the catalog of these variables.
pub(crate) fn catalog(listed: &[Listed]) -> Catalog {
    let variable = |listed: &Listed| Variable {
        name: Name::from(listed.name.as_str()),
        dtype: listed.dtype,
        shape: Shape::new(listed.shape.clone()).unwrap_or_default(),
        place: Stored::Slices(Box::default()),
    };
    Catalog::new(listed.iter().map(variable).collect(), 1)
}

/// A place in the tree, with the meanings of names.
#[derive(Clone, Default)]
struct Place {
    /// The name so far; `None` if no path has a variable.
    name: Option<String>,
    separator: Option<&'static str>,
    /// The suffix of averages after the names of their variables.
    shadow: Option<&'static str>,
    indices: BTreeMap<&'static str, usize>,
    symbols: Vec<Meaning>,
}

/// The meaning of some symbols, from a place on.
#[derive(Clone)]
enum Meaning {
    Local(BTreeMap<&'static str, u64>),
    Renamed(&'static [Renamed]),
}

struct Walk<'a> {
    written: &'a Written,
    chance: &'a mut Chance,
    names: Chance,
    /// The choice for all variables: plain (0), both (1) or averages (2); `None` if they differ.
    averages: Option<usize>,
    found: Vec<Listed>,
}

impl Walk<'_> {
    fn fields(&mut self, owner: &Struct, around: &Place) {
        let mut place = around.clone();
        place.separator = owner.separator.or(around.separator);
        place.shadow = owner.shadow.or(around.shadow);
        place.symbols.push(Meaning::Local(self.locals(owner.dims)));
        place.go(&owner.prefix);
        for field in owner.fields {
            if self.found.len() <= MOST {
                self.field(field, &place);
            }
        }
    }

    fn locals(&mut self, dims: &[Dim]) -> BTreeMap<&'static str, u64> {
        let locals = dims.iter().filter(|dim| dim.local);
        locals
            .map(|dim| {
                let value = dim.value.unwrap_or_else(|| 1 + self.chance.below(4));
                (dim.name, value as u64)
            })
            .collect()
    }

    fn field(&mut self, field: &Field, place: &Place) {
        if field.absent != Absent::Problem && self.chance.percent(40) {
            return;
        }
        let alone = field.paths.len() < 2 || field.joins_paths();
        let path = if alone { 0 } else { self.chance.below(field.paths.len()) };
        let mut place = place.clone();
        if !field.dims.is_empty() {
            place.symbols.push(Meaning::Renamed(field.dims));
        }
        self.node(field, path, &field.node, &place);
    }

    fn node(&mut self, field: &Field, path: usize, node: &Node, place: &Place) {
        match node {
            Node::Tensor(_) | Node::Split(_) => self.variables(field, path, place),
            Node::Struct(inner) => {
                let mut place = place.clone();
                if let Some(path) = field.paths.get(path) {
                    place.go(path);
                }
                self.fields(inner, &place);
            }
            Node::Optional(inner) => {
                if self.chance.percent(70) {
                    self.node(field, path, inner, place);
                }
            }
            Node::List(list) => self.list(field, path, list, place),
            Node::Constant(_) => {
                if self.chance.percent(70) {
                    self.variables(field, path, place);
                }
            }
            Node::Dim(_) => {}
        }
    }

    fn list(&mut self, field: &Field, path: usize, list: &List, place: &Place) {
        let Some(repeat) = field.repeat else { return };
        let written = repeat.end.map(|end| self.value(place, &end).unwrap_or(0) as usize);
        let counted = written.map(|end| end.saturating_sub(repeat.start));
        let count = list.len.or(counted).unwrap_or_else(|| 1 + self.chance.below(3));
        let indices = match field.indices {
            Indices::Range => (repeat.start..repeat.start + count.min(MOST)).collect(),
            Indices::Listed(values) => values.to_vec(),
            Indices::Any => (0..12).filter(|_| self.names.percent(20)).take(3).collect(),
        };
        for index in indices {
            let mut place = place.clone();
            place.indices.insert(repeat.index, index);
            self.node(field, path, &list.element, &place);
        }
    }

    fn variables(&mut self, field: &Field, path: usize, place: &Place) {
        let Some(source) = self.written.sources.get(field.name) else { return };
        if let Some((repeat, end)) = source.stacked {
            let end = self.value(place, &end).unwrap_or(0) as usize;
            for index in repeat.start..end.min(MOST) {
                let mut place = place.clone();
                place.indices.insert(repeat.index, index);
                self.variable(field, 0, &source.shapes[0], source.dtype, &place);
            }
        } else if field.joins_paths() {
            for (path, shape) in source.shapes.iter().enumerate() {
                self.variable(field, path, shape, source.dtype, place);
            }
        } else {
            self.variable(field, path, &source.shapes[0], source.dtype, place);
        }
    }

    fn variable(
        &mut self,
        field: &Field,
        path: usize,
        shape: &[Expression],
        dtype: DType,
        place: &Place,
    ) {
        let (around, mut place) = (place, place.clone());
        place.go(&field.paths[path]);
        let shape = shape.iter().map(|length| self.value(&place, length).unwrap_or(1)).collect();
        let name = place.name.unwrap_or_default();
        let plain = Listed { name, dtype, shape };
        let mut is_there = true;
        for tie in field.ties {
            if self.names.percent(60) {
                let mut place = around.clone();
                place.go(tie);
                is_there = self.names.percent(70);
                self.found.push(Listed { name: place.name.unwrap_or_default(), ..plain.clone() });
            }
        }
        if !is_there {
            return;
        }
        if let Some(shadow) = place.shadow {
            let name = format!("{}{}{shadow}", plain.name, place.separator.unwrap_or("/"));
            let average = Listed { name, ..plain.clone() };
            let kind = self.averages.unwrap_or_else(|| self.names.below(3));
            self.found.extend((kind > 0).then_some(average));
            self.found.extend((kind < 2).then_some(plain));
        } else {
            self.found.push(plain);
        }
    }

    /// Returns the value of an expression at a place.
    fn value(&self, place: &Place, expression: &Expression) -> Option<u64> {
        place.value(place.symbols.len(), expression, &self.written.symbols)
    }
}

impl Place {
    /// Follows a path.
    fn go(&mut self, path: &Path) {
        if path.absolute {
            self.name = None;
        }
        if path.pieces.is_empty() {
            return;
        }
        let mut name = match self.name.take() {
            Some(name) => name + self.separator.unwrap_or("/"),
            None => String::new(),
        };
        let index = |index: &str| self.indices.get(index).copied();
        template::render(path.pieces, index, &mut name).expect("all indices are bound");
        self.name = Some(name);
    }

    /// Returns the value of an expression, with this many meanings of symbols in scope.
    fn value(
        &self,
        within: usize,
        expression: &Expression,
        shared: &BTreeMap<&'static str, u64>,
    ) -> Option<u64> {
        expression.value(&mut |name| {
            for (at, meaning) in self.symbols.iter().enumerate().take(within).rev() {
                match meaning {
                    Meaning::Local(locals) => {
                        if let Some(value) = locals.get(name) {
                            return Some(*value);
                        }
                    }
                    Meaning::Renamed(all) => {
                        if let Some(renamed) = all.iter().find(|renamed| renamed.name == name) {
                            return self.value(at, &renamed.is, shared);
                        }
                    }
                }
            }
            shared.get(name).copied()
        })
    }
}
